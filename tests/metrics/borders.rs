//! Shared borders against GEOS, on random polygons and on the counties of Jiangsu.
//!
//! The numbers stand in `tests/oracles/borders_*.csv`, made by `tests/oracles/borders.py`.

use std::path::PathBuf;

use geo::Euclidean;
use geo::Length;
use geo::MapCoords;
use geo_types::MultiPolygon;
use tongda::base::units::Metres;
use tongda::metrics::borders::Borders;
use tongda::metrics::borders::contacts;
use tongda::model::locate::RegionLocator;
use wkt::TryFromWkt;

fn rows(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

#[test]
fn random_polygons_measure_as_in_geos() {
    let number = |text: &str| text.parse::<f64>().expect("the oracle holds numbers");
    let polygon = |text: &str| {
        let polygon = geo_types::Polygon::<f64>::try_from_wkt_str(text).expect("the oracle holds polygons");
        MultiPolygon::from(polygon)
    };
    let mut cases = 0;
    for row in rows(include_str!("../oracles/borders_random.csv")) {
        let fields: Vec<&str> = row.split(';').collect();
        let [tolerance, apart, within] = [number(fields[0]), number(fields[1]), number(fields[2])];
        let found = contacts(&[polygon(fields[3]), polygon(fields[4])], Metres(tolerance));
        cases += 1;
        assert_eq!(found.len(), usize::from(apart <= tolerance), "{apart} m apart, tolerance {tolerance}\n{row}");
        // GEOS's round ends are polygons: 256 segments a quarter turn, off by up to 2e-6 of the tolerance square on, and
        // by about the root of that where a boundary leaves them at a flat angle.
        let got = found.first().map_or(0.0, |contact| contact.within_m);
        assert!((got - within).abs() < 1e-3 * tolerance + 1e-5, "{got} and in GEOS {within}\n{row}");
    }
    assert_eq!(cases, 90);
}

struct Counties {
    codes: Vec<String>,
    shapes: Vec<MultiPolygon<f64>>,
}

/// The counties in EPSG:4549; `None` where the data is not at hand.
fn counties(file: &str, crs: &str) -> Option<Counties> {
    let shared = std::env::var_os("TONGDA_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let path = shared.join("data/jiangsu").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: needs {}", path.display());
        return None;
    };
    let collection: geojson::FeatureCollection = text.parse().expect("the file is GeoJSON");
    let projection = proj::Proj::new_known_crs(crs, "EPSG:4549", None).expect("PROJ knows both systems");
    let mut counties = Counties { codes: Vec::new(), shapes: Vec::new() };
    for feature in collection.features {
        let code = feature.property("adcode").expect("every county has a code");
        counties.codes.push(code.as_str().map_or_else(|| code.to_string(), str::to_owned));
        let geometry = feature.geometry.as_ref().expect("every county has a shape");
        let shape = match geo_types::Geometry::<f64>::try_from(geometry).expect("every shape is well formed") {
            geo_types::Geometry::Polygon(polygon) => polygon.into(),
            geo_types::Geometry::MultiPolygon(shape) => shape,
            other => panic!("a county is {other:?}"),
        };
        counties.shapes.push(shape.map_coords(|c| {
            let (x, y) = projection.convert((c.x, c.y)).expect("Jiangsu lies within the projection's area");
            geo_types::coord! { x: x, y: y }
        }));
    }
    Some(counties)
}

#[test]
fn the_counties_of_jiangsu_measure_as_in_geos() {
    for (file, crs, touching) in [("counties_wgs84", "EPSG:4326", 244), ("counties_tianditu", "EPSG:4490", 242)] {
        let Some(counties) = counties(&format!("{file}.geojson"), crs) else { return };
        let borders = Borders::new(&counties.shapes);
        let code = |region: u32| counties.codes[region as usize].as_str();
        let in_province = |region: u32| code(region).starts_with("32");
        let measured = |tolerance: f64| {
            let started = std::time::Instant::now();
            let found = borders.contacts(Metres(tolerance));
            eprintln!("{file}: {} contacts at {tolerance} m in {:?}", found.len(), started.elapsed());
            found
        };
        let (exact, near) = (measured(0.0), measured(50.0));
        let judged = |found: &[tongda::metrics::borders::Contact]| -> (usize, usize, usize) {
            let inner = || found.iter().filter(|c| in_province(c.a) && in_province(c.b));
            let any = found.iter().filter(|c| in_province(c.a) || in_province(c.b));
            let long = |c: &&tongda::metrics::borders::Contact| c.shared_m >= 500.0;
            (inner().count(), inner().filter(long).count(), any.filter(long).count())
        };
        assert_eq!(judged(&exact), (touching, 241, 311), "{file}, exact");
        assert_eq!((judged(&near).1, judged(&near).2), (241, 311), "{file}, at 50 m");

        let mut expected = Vec::new();
        for row in rows(include_str!("../oracles/borders_jiangsu.csv")).skip(1) {
            let fields: Vec<&str> = row.split(',').collect();
            let number = |at: usize| fields[at].parse::<f64>().expect("the oracle holds numbers");
            if fields[0] == file {
                expected.push((fields[1], fields[2], fields[3] == "1", number(4), number(5)));
            }
        }
        let pair = |c: &tongda::metrics::borders::Contact| {
            let (a, b) = (code(c.a), code(c.b));
            (a.min(b).to_owned(), a.max(b).to_owned())
        };
        let mut got: Vec<_> = near
            .iter()
            .filter(|c| in_province(c.a) || in_province(c.b))
            .map(|c| {
                let exact = exact.iter().find(|e| (e.a, e.b) == (c.a, c.b));
                let (a, b) = pair(c);
                let line = borders.contact_line(c.a, c.b, Metres(50.0));
                let back = borders.contact_line(c.b, c.a, Metres(50.0));
                let drawn = 0.5 * (Euclidean.length(&line) + Euclidean.length(&back));
                assert!((drawn - c.within_m).abs() < 1e-6, "{a}-{b}: drawn {drawn}, measured {}", c.within_m);
                (a, b, exact.is_some(), exact.map_or(0.0, |e| e.within_m), c.within_m)
            })
            .collect();
        got.sort_by(|x, y| (&x.0, &x.1).cmp(&(&y.0, &y.1)));
        assert_eq!(got.len(), expected.len(), "{file}");
        for (got, expected) in got.iter().zip(&expected) {
            assert_eq!((got.0.as_str(), got.1.as_str(), got.2), (expected.0, expected.1, expected.2), "{file}");
            assert!((got.3 - expected.3).abs() < 2e-3, "{file}: {got:?} and in GEOS {expected:?}");
            // GEOS's buffer of a county is simplified and its round ends are polygons.
            assert!((got.4 - expected.4).abs() < 0.2, "{file}: {got:?} and in GEOS {expected:?}");
        }
        let short = |c: &&tongda::metrics::borders::Contact| in_province(c.a) && in_province(c.b) && c.shared_m < 500.0;
        let short: Vec<_> = exact.iter().filter(short).map(|c| (pair(c), c.shared_m.round())).collect();
        let of = |a: &str, b: &str, m: f64| ((a.to_owned(), b.to_owned()), m);
        if file == "counties_wgs84" {
            let mut short = short;
            short.sort_by(|x, y| x.0.cmp(&y.0));
            let across_the_yangtze =
                [of("320281", "321283", 376.0), of("321002", "321111", 0.0), of("321003", "321102", 0.0)];
            assert_eq!(short, across_the_yangtze);
        }

        // Every vertex of every county belongs to a county, and to the lowest that has it.
        let locator = RegionLocator::new(&counties.shapes);
        for (region, shape) in (0u32..).zip(&counties.shapes) {
            for vertex in shape.iter().flat_map(|polygon| polygon.exterior().coords()) {
                let found = locator.locate([vertex.x, vertex.y]);
                assert!(found.is_some_and(|found| found <= region), "{file}: {vertex:?} of {region} lies in {found:?}");
            }
        }
    }
}
