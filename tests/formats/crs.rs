//! One study in four coordinate systems: the figures must not depend on the one that the files are in.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use geo::CoordsIter;
use geo::MapCoords;
use geo_types::Coord;
use geo_types::Geometry;
use tongda::app::run;
use tongda::app::run::RunOptions;
use tongda::base::progress::Silent;
use tongda::base::units::Lang;
use tongda::config;
use tongda::io::read;
use tongda::io::read::ReadRequest;
use tongda::io::reproject::Crs;
use tongda::io::reproject::Reprojector;

/// Every figure of the study that is measured with regions and clinics written in `crs`.
fn figures(crs: &str) -> Vec<(String, f64)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = root.join("geodata/jiangsu");
    let desk = tempfile::tempdir().unwrap();
    let way = Reprojector::new(&Crs::new("EPSG:4326").unwrap(), &Crs::new(crs).unwrap()).unwrap();
    let there = |at: Coord<f64>| {
        let [x, y] = way.point([at.x, at.y]).unwrap();
        Coord { x, y }
    };
    let (_, counties) = read::read_all(&ReadRequest::new(&data.join("counties_wgs84.geojson"), "counties")).unwrap();
    let mut text = "adcode;name;wkt\n".to_owned();
    for record in counties.records {
        let outline = record.geometry.unwrap().map_coords(there);
        assert!(outline.coords_count() > 3);
        let parts = match outline {
            Geometry::Polygon(part) => vec![part],
            Geometry::MultiPolygon(parts) => parts.0,
            other => panic!("{other:?}"),
        };
        let ring = |ring: &geo_types::LineString<f64>| {
            let corners: Vec<String> = ring.coords().map(|at| format!("{} {}", at.x, at.y)).collect();
            format!("({})", corners.join(","))
        };
        let part = |part: &geo_types::Polygon<f64>| {
            let rings: Vec<String> = std::iter::once(part.exterior()).chain(part.interiors()).map(ring).collect();
            format!("({})", rings.join(","))
        };
        let parts: Vec<String> = parts.iter().map(part).collect();
        writeln!(text, "{};{};MULTIPOLYGON({})", record.values[0], record.values[1], parts.join(",")).unwrap();
    }
    fs::write(desk.path().join("counties.csv"), text).unwrap();
    let clinics = data.join("synthetic/clinics_synthetic.csv");
    let (info, clinics) = read::read_all(&ReadRequest::new(&clinics, "clinics")).unwrap();
    let kind = info.fields.iter().position(|field| field.name == "kind").unwrap();
    let mut text = "id,kind,x,y\n".to_owned();
    for record in clinics.records {
        let Some(Geometry::Point(point)) = record.geometry else { panic!("no place") };
        let at = there(point.0);
        writeln!(text, "{},{},{},{}", record.number, record.values[kind], at.x, at.y).unwrap();
    }
    fs::write(desk.path().join("clinics.csv"), text).unwrap();
    let residents = data.join("synthetic/residents_synthetic.csv");
    let lines = data.join("synthetic/bus_routes_synthetic.csv");
    let config = format!(
        r#"
title = "Test"
[study]
plane = "EPSG:4549"
regions = {{ path = "counties.csv", level = "county", code = "adcode", name = "name", wkt = "wkt", crs = "{crs}" }}
evaluate = {{ county = {{ starts-with = "32" }} }}
facilities = {{ path = "clinics.csv", kind-field = "kind", id = "id", x = "x", y = "y", crs = "{crs}" }}
demand = {{ name = "residents", path = "{}", id = "id", people = "people", x = "lon", y = "lat", datum = "wgs-84", synthetic = true }}
services = {{ path = "{}", x = "lon", y = "lat", datum = "wgs-84", synthetic = true }}
[[indicator]]
id = "bus"
measure.neighbour-reach = {{ level = "county" }}
over = ["county", "city"]
[[indicator]]
id = "share"
measure.covered-share = {{ kind = "clinic", within = "5 km", demand = "residents" }}
over = ["county"]
[[indicator]]
id = "plane"
measure.covered-share = {{ kind = "clinic", within = "5 km", demand = "residents", by = "straight-line" }}
[[indicator]]
id = "mean"
measure.nearest = {{ kind = "clinic", statistic = "mean", demand = "residents" }}
"#,
        residents.display(),
        lines.display(),
    );
    let plan = config::parse(&config, "study.toml", desk.path()).unwrap_or_else(|error| panic!("{error:?}"));
    let options = RunOptions { write_nothing: true, out_dir: None, lang: Some(Lang::En) };
    let finished = run::run(&plan, options, &Silent).unwrap_or_else(|error| panic!("{crs}: {error}"));
    let mut figures = Vec::new();
    for row in &finished.card.indicators {
        figures.push((row.id.clone(), row.figure.value.unwrap()));
        for region in &row.regions {
            figures.extend(region.figure.value.map(|value| (format!("{} {}", row.id, region.code), value)));
        }
        for variant in &row.variants {
            figures.extend(variant.figure.value.map(|value| (format!("{} {}", row.id, variant.code), value)));
        }
    }
    figures
}

#[test]
fn figures_do_not_depend_on_the_crs_of_the_files() {
    let degrees = figures("EPSG:4326");
    assert!(degrees.len() > 150, "{}", degrees.len());
    for crs in ["EPSG:4490", "EPSG:4549", "EPSG:3857"] {
        let others = figures(crs);
        assert_eq!(degrees.len(), others.len(), "{crs}");
        for ((what, a), (other, b)) in degrees.iter().zip(&others) {
            assert_eq!(what, other);
            assert!((a - b).abs() <= 0.001 * a.abs(), "{crs}: {what} is {b} and not {a}");
        }
    }
}
