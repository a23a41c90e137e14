//! Where the numbers of files come to lie on the ground: limits, borders, straight sides, regions over each other, and planes that do not fit.

use std::fmt::Write;
use std::fs;

use tempfile::TempDir;
use tongda::app::run;
use tongda::app::run::Finished;
use tongda::app::run::RunOptions;
use tongda::base::issue::Issue;
use tongda::base::progress::Silent;
use tongda::base::units::Lang;
use tongda::config;
use tongda::config::plan::Plan;
use tongda::indicators::scorecard::Scorecard;
use tongda::ingest;
use tongda::model::study::Study;

/// A study that was run: its card, its issues, what was read, and the layers that it wrote as CSV.
struct Done {
    card: Scorecard,
    issues: Vec<Issue>,
    plan: Plan,
    desk: TempDir,
}

impl Done {
    /// What was read.
    fn study(&self) -> Study {
        ingest::study(&self.plan.study, &Silent).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A column of a layer that was written.
    fn column(&self, file: &str, field: &str) -> Vec<String> {
        let mut reader = csv::Reader::from_path(self.desk.path().join(file)).unwrap();
        let at =
            reader.headers().unwrap().iter().position(|name| name.trim_start_matches('\u{feff}') == field).unwrap();
        reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
    }
}

/// Runs a study of some files; `layers` are written, each as `layer.csv`.
fn study(files: &[(&str, String)], config: &str, layers: &[&str]) -> Done {
    let desk = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(desk.path().join(name), text).unwrap();
    }
    let outputs: String =
        layers.iter().map(|layer| format!("[[output]]\npath = \"{layer}.csv\"\nlayer = \"{layer}\"\n")).collect();
    let config = format!("{config}{outputs}");
    let plan = config::parse(&config, "study.toml", desk.path()).unwrap_or_else(|error| panic!("{error:?}"));
    let options = RunOptions { write_nothing: layers.is_empty(), out_dir: None, lang: Some(Lang::En) };
    let Finished { card, issues, .. } = run::run(&plan, options, &Silent).unwrap_or_else(|error| panic!("{error}"));
    Done { card, issues, plan, desk }
}

/// Part and whole of an indicator.
fn part_and_whole(done: &Done, id: &str) -> (f64, f64) {
    let figure = &done.card.indicators.iter().find(|row| row.id == id).unwrap().figure;
    (figure.part.unwrap(), figure.whole.unwrap())
}

/// A grid of 13 by 13 villages of 100 people, a clinic in its middle, and a county whose border runs through the outer ones; whole metres.
fn grid([x, y]: [i64; 2], step: i64) -> [(&'static str, String); 3] {
    let mut villages = "id,x,y,people\n".to_owned();
    for i in 0..13 {
        for j in 0..13 {
            writeln!(villages, "{i}-{j},{},{},100", x + i * step, y + j * step).unwrap();
        }
    }
    let (east, north) = (x + 12 * step, y + 12 * step);
    let county =
        format!("code,name,wkt\n320101,A,\"POLYGON(({x} {y},{east} {y},{east} {north},{x} {north},{x} {y}))\"\n");
    let clinic = format!("id,x,y\nc1,{},{}\n", x + 6 * step, y + 6 * step);
    [("villages.csv", villages), ("county.csv", county), ("clinic.csv", clinic)]
}

#[test]
fn a_limit_is_decided_by_the_numbers_of_the_file() {
    // whole metres of a CRS that is the plane, that is the plane by another name, and that differs from it by 40,000 km in the easting
    let named_otherwise = "+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m";
    let frames = [
        ("EPSG:4549", "EPSG:4549", [500_000, 3_500_000]),
        ("EPSG:32650", "EPSG:32650", [630_000, 3_541_000]),
        (named_otherwise, "EPSG:4549", [501_237, 3_500_411]),
        ("EPSG:4528", "EPSG:4549", [40_500_000, 3_500_000]),
    ];
    for (crs, plane, corner) in frames {
        for (limit, step) in [(1, 200), (2, 400), (5, 1000), (10, 2000)] {
            let config = format!(
                r#"
title = "grid"
[study]
plane = "{plane}"
regions = {{ path = "county.csv", level = "county", code = "code", name = "name", wkt = "wkt", crs = "{crs}" }}
facilities = {{ path = "clinic.csv", id = "id", kind = "clinic", x = "x", y = "y", crs = "{crs}" }}
demand = {{ name = "v", path = "villages.csv", id = "id", x = "x", y = "y", crs = "{crs}", people = "people" }}
[[indicator]]
id = "near"
measure.covered-share = {{ kind = "clinic", within = "{limit} km", by = "straight-line" }}
target = {{ at-least = "47.5 %" }}
[[indicator]]
id = "inside"
measure.overlay-share = {{ of = "demand", inside = {{ kind = "clinic", radius = "{limit} km" }} }}
"#
            );
            // 3-4-5: twelve of the villages are at the limit itself
            let within = (-6..=6i64).flat_map(|i| (-6..=6i64).map(move |j| i * i + j * j)).filter(|sum| *sum <= 25);
            let expected = (within.count() * 100) as f64;
            assert_eq!(expected, 8100.0);
            let done = study(&grid(corner, step), &config, &[]);
            for id in ["near", "inside"] {
                assert_eq!(part_and_whole(&done, id), (expected, 16_900.0), "{id}: {crs}, {limit} km");
            }
        }
    }
}

#[test]
fn of_facilities_as_near_the_first_of_the_file_serves() {
    // a village between two clinics on either side of it, in degrees and in metres of other planes: the first of the file is the nearest
    for (crs, plane, [x, y]) in
        [("EPSG:4549", "EPSG:4549", [501_000, 3_500_000]), ("EPSG:4528", "EPSG:4549", [40_501_000, 3_500_000])]
    {
        let mut villages = "id,x,y,people\n".to_owned();
        let mut clinics = "id,x,y\n".to_owned();
        for k in 0..40 {
            let north = y + 10_000 * k;
            writeln!(villages, "v{k},{x},{north},1").unwrap();
            writeln!(clinics, "a{k},{},{}\nb{k},{},{}", x + 300, north - 401, x - 300, north + 401).unwrap();
        }
        let county = format!(
            "code,name,wkt\n320101,A,\"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))\"\n",
            west = x - 900,
            south = y - 900,
            east = x + 900,
            north = y + 400_000
        );
        let files = [("v.csv", villages), ("c.csv", clinics), ("r.csv", county)];
        let config = format!(
            r#"
title = "ties"
[study]
plane = "{plane}"
regions = {{ path = "r.csv", level = "county", code = "code", name = "name", wkt = "wkt", crs = "{crs}" }}
facilities = {{ path = "c.csv", id = "id", kind = "clinic", x = "x", y = "y", crs = "{crs}" }}
demand = {{ name = "v", path = "v.csv", id = "id", x = "x", y = "y", crs = "{crs}", people = "people" }}
[[indicator]]
id = "near"
measure.nearest = {{ kind = "clinic", statistic = "mean", by = "straight-line" }}
"#
        );
        let served = study(&files, &config, &["near_points"]).column("near_points.csv", "facility");
        assert_eq!(served.len(), 40);
        assert!(served.iter().all(|id| id.starts_with('a')), "{crs}: {served:?}");
    }
}

#[test]
fn sides_are_straight_in_the_coordinates_of_their_file() {
    // two counties below one that is twice as wide: the border along 34° is a parallel, which the plane bends by 350 m
    let region = |code: &str, [west, south, east, north]: [i32; 4]| {
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}","name":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}"#
        )
    };
    let regions = format!(
        r#"{{"type":"FeatureCollection","features":[{},{},{}]}}"#,
        region("320101", [118, 34, 120, 35]),
        region("320102", [118, 33, 119, 34]),
        region("320103", [119, 33, 120, 34])
    );
    // some 20 cm and 20 m on either side of the border, and on it
    let mut people = "id,lon,lat,people\n".to_owned();
    let mut north = 0;
    for k in 1..40 {
        for (nth, lat) in ["34.000002", "33.999998", "34.0002", "33.9998", "34"].iter().enumerate() {
            writeln!(people, "{k}-{nth},{},{lat},1", 118.0 + f64::from(k) * 0.05).unwrap();
            north += i32::from(nth == 0 || nth == 2);
        }
    }
    let lines = "route,sequence,stop,lon,lat,trips_per_day\nr,1,s1,118.5,33.9,10\nr,2,s2,118.5,34.1,10\n".to_owned();
    let config = r#"
title = "straight"
[study]
regions = { path = "regions.geojson", level = "county", code = "code", name = "name" }
demand = { path = "people.csv", id = "id", people = "people", x = "lon", y = "lat", datum = "wgs-84" }
facilities = { path = "clinics.csv", id = "id", kind = "clinic", x = "lon", y = "lat", datum = "wgs-84" }
services = { path = "lines.csv", x = "lon", y = "lat", datum = "wgs-84", complete-for = ["32"] }
[[indicator]]
id = "reach"
measure.neighbour-reach = { scope = "all" }
[[indicator]]
id = "near"
measure.covered-share = { kind = "clinic", within = "5 km" }
over = ["county"]
"#;
    let clinics = "id,lon,lat\nc,119,33.99\n".to_owned();
    let files = [("regions.geojson", regions), ("people.csv", people), ("clinics.csv", clinics), ("lines.csv", lines)];
    let done = study(&files, config, &["reach_borders"]);
    let near = done.card.indicators.iter().find(|row| row.id == "near").unwrap();
    assert_eq!(near.figure.whole, Some(195.0), "nobody lies outside");
    let of = |code: &str| near.regions.iter().find(|one| one.code == code).and_then(|one| one.figure.whole).unwrap();
    // those on the border are the smaller regions'
    assert_eq!(of("320101"), f64::from(north));
    assert_eq!(of("320102") + of("320103"), 195.0 - f64::from(north));
    let shared: Vec<f64> = done.column("reach_borders.csv", "shared_km").iter().map(|km| km.parse().unwrap()).collect();
    // the parallel of 34° is 92.393 km long a degree, the meridian from 33° to 34° 110.917 km (GRS 80), in a plane that is off by 0.02 %
    assert_eq!(shared.len(), 3, "{shared:?}");
    for (got, want) in shared.iter().zip([92.393, 92.393, 110.917]) {
        assert!((got / want - 1.0).abs() < 5e-4, "{shared:?}");
    }
}

#[test]
fn a_point_belongs_to_the_smallest_region_that_holds_it_in_any_order() {
    let square = |code: &str, [west, south, east, north]: [f64; 4]| {
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}","name":"r{code}"}},"geometry":{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}"#
        )
    };
    // one in the other in a third; a fourth lies half over the largest
    let regions = [
        square("320101", [119.0, 32.0, 119.2, 32.2]),
        square("320102", [119.05, 32.05, 119.15, 32.15]),
        square("320103", [119.09, 32.09, 119.11, 32.11]),
        square("320104", [119.18, 32.0, 119.22, 32.04]),
    ];
    let people = "id,lon,lat,people\na,119.1,32.1,1\nb,119.06,32.06,10\nc,119.02,32.02,100\nd,119.19,32.02,1000\ne,119.21,32.02,1000\n";
    let config = r#"
title = "nested"
[study]
regions = { path = "regions.geojson", level = "county", code = "code", name = "name" }
demand = { path = "people.csv", id = "id", people = "people", x = "lon", y = "lat", datum = "wgs-84" }
facilities = { path = "clinics.csv", id = "id", kind = "clinic", x = "lon", y = "lat", datum = "wgs-84" }
[[indicator]]
id = "near"
measure.covered-share = { kind = "clinic", within = "3 km" }
over = ["county"]
"#;
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let features: Vec<&str> = order.iter().map(|at: &usize| regions[*at].as_str()).collect();
        let files = [
            ("regions.geojson", format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))),
            ("people.csv", people.to_owned()),
            ("clinics.csv", "id,lon,lat\nc,119.1,32.1\n".to_owned()),
        ];
        let done = study(&files, config, &[]);
        let near = done.card.indicators.iter().find(|row| row.id == "near").unwrap();
        for (code, whole) in [("320101", 100.0), ("320102", 10.0), ("320103", 1.0), ("320104", 2000.0)] {
            let got = near.regions.iter().find(|one| one.code == code).and_then(|one| one.figure.whole);
            assert_eq!(got, Some(whole), "{code} in the order {order:?}");
        }
        let mut told: Vec<String> = done
            .issues
            .iter()
            .filter(|issue| issue.code == "regions-overlap")
            .map(|issue| {
                let mut codes: Vec<&str> = ["320101", "320102", "320103", "320104"]
                    .into_iter()
                    .filter(|code| issue.what.contains(code))
                    .collect();
                codes.sort_unstable();
                format!(
                    "{} {}",
                    codes.join("-"),
                    issue.what.split("each other: ").nth(1).unwrap().split(" lie").next().unwrap()
                )
            })
            .collect();
        told.sort();
        // the clinic lies in three of them too
        let expected =
            ["320101-320102 3 places", "320101-320103 2 places", "320101-320104 1 place", "320102-320103 2 places"];
        let told: Vec<&str> = told.iter().map(|one| one.trim_end_matches("s lies").trim_end()).collect();
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected), "{told} and not {expected}");
        }
    }
}

/// Counties of a degree by a degree between the 38th and 39th parallel, and three far in the east.
fn wide() -> String {
    let square = |code: &str, west: f64, south: f64| {
        let mut corners: Vec<String> = Vec::new();
        let mut side = |from: [f64; 2], to: [f64; 2]| {
            for k in 0..20 {
                let at = [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * f64::from(k) / 20.0);
                corners.push(format!("[{},{}]", at[0], at[1]));
            }
        };
        let (east, north) = (west + 1.0, south + 1.0);
        side([west, south], [east, south]);
        side([east, south], [east, north]);
        side([east, north], [west, north]);
        side([west, north], [west, south]);
        corners.push(corners[0].clone());
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}","name":"r{code}"}},"geometry":{{"type":"Polygon","coordinates":[[{}]]}}}}"#,
            corners.join(",")
        )
    };
    let regions = [
        square("650101", 74.0, 38.0),
        square("650102", 75.0, 38.0),
        square("420101", 104.5, 30.0),
        square("420102", 105.5, 30.0),
        square("230101", 133.0, 47.0),
        square("230102", 134.0, 47.0),
    ];
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, regions.join(","))
}

#[test]
fn a_study_that_no_plane_fits_is_measured_on_the_ellipsoid_and_told() {
    let config = |plane: &str| {
        format!(
            r#"
title = "wide"
[study]
{plane}
regions = {{ path = "regions.geojson", level = "county", code = "code", name = "name" }}
services = {{ path = "lines.csv", x = "lon", y = "lat", datum = "wgs-84", complete-for = ["65", "42", "23"] }}
demand = {{ path = "d.csv", id = "id", people = "people", x = "lon", y = "lat", datum = "wgs-84" }}
facilities = {{ path = "f.csv", id = "id", kind = "c", x = "lon", y = "lat", datum = "wgs-84" }}
[[study.records]]
name = "reserve"
path = "reserve.geojson"
[[indicator]]
id = "reach"
measure.neighbour-reach = {{ scope = "all" }}
[[indicator]]
id = "share"
measure.overlay-share = {{ inside = {{ records = "reserve" }} }}
target = {{ at-most = "34 %" }}
[[indicator]]
id = "near"
measure.nearest = {{ kind = "c", statistic = "mean", by = "straight-line" }}
"#
        )
    };
    let files = [
        ("regions.geojson", wide()),
        ("reserve.geojson", r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"r"},"geometry":{"type":"Polygon","coordinates":[[[74,38],[76,38],[76,39],[74,39],[74,38]]]}}]}"#.to_owned()),
        ("lines.csv", "route,sequence,stop,lon,lat,trips_per_day\nr,1,s1,74.5,38.5,10\nr,2,s2,75.5,38.5,10\n".to_owned()),
        ("d.csv", "id,lon,lat,people\nd,74.5,38.5,1\n".to_owned()),
        ("f.csv", "id,lon,lat\nf,74.6,38.5\n".to_owned()),
    ];
    let done = study(&files, &config(""), &["reach_borders"]);
    // GeographicLib on GRS 80: 9,683 km², 111.0 km, 8,723 m
    let read = done.study();
    let area = |code: &str| {
        let region = read.regions.iter().find(|(_, region)| region.code == code).unwrap().1;
        region.shape.as_ref().unwrap().area_m2 / 1e6
    };
    assert!((area("650101") / 9_683.3 - 1.0).abs() < 1e-3, "{}", area("650101"));
    let km: f64 = done.column("reach_borders.csv", "shared_km")[0].parse().unwrap();
    assert!((km / 110.999 - 1.0).abs() < 1e-3, "{km}");
    let near = done.card.indicators.iter().find(|row| row.id == "near").unwrap().figure.value.unwrap();
    assert!((near / 8_723.0 - 1.0).abs() < 1e-3, "{near}");
    let (part, whole) = part_and_whole(&done, "share");
    // 2 · 9,683 of 2 · 9,683 + 2 · 10,662 + 2 · 8,406 (spherical zones, to 0.5 %)
    assert!((part / whole - 0.337).abs() < 0.002, "{part} of {whole}");
    let doubt = done.card.plane.doubt.as_ref().expect("the width of the study is told");
    assert!(doubt.en.contains('%') && doubt.zh.contains('%'), "{doubt:?}");
    assert!(done.issues.iter().any(|issue| issue.code == "plane-does-not-fit"));
    // a plane that is written is measured in, and doubted
    let named = study(&files, &config("plane = \"EPSG:4544\""), &[]);
    let doubt = named.card.plane.doubt.as_ref().expect("the plane is doubted");
    assert!(doubt.en.contains("EPSG:4544") && doubt.en.contains("r650101"), "{doubt:?}");
}

#[test]
fn the_plane_of_a_province_is_right_to_a_thousandth() {
    // boxes of provinces: west, south, east, north
    for (name, [west, south, east, north]) in [
        ("Jiangsu", [116.3, 30.7, 122.0, 35.2]),
        ("Taiwan", [120.0, 21.8, 122.1, 25.4]),
        ("Gansu east", [103.0, 32.6, 108.8, 37.6]),
        ("Shandong", [114.7, 34.3, 122.8, 38.5]),
        ("Hainan", [108.5, 18.1, 111.2, 20.2]),
    ] {
        let regions = format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"code":"320101","name":"A"}},"geometry":{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}]}}"#
        );
        let files = [("regions.geojson", regions), ("f.csv", "id,kind,lon,lat\nf,c,0,0\n".to_owned())];
        let config = r#"
title = "province"
[study]
regions = { path = "regions.geojson", level = "county", code = "code", name = "name" }
facilities = { path = "f.csv", id = "id", kind-field = "kind", x = "lon", y = "lat", datum = "wgs-84" }
[[indicator]]
id = "count"
measure.facility-count = { kind = "c" }
"#;
        let done = study(&files, config, &[]);
        assert_eq!(done.card.plane.doubt, None, "{name}");
        let plane = done.study().plane;
        let (low, high) = (plane.scale_min, plane.scale_max);
        assert!(low > 0.9988 && high < 1.0012, "{name}: {low} to {high} in {}", plane.name);
        assert!(plane.wkt1.starts_with("PROJCS"), "{name}");
    }
}

/// A county on both sides of 180 degrees (GIScience/openrouteservice#1278), a place on the one and a clinic on the other.
#[test]
fn a_county_across_the_180th_meridian_is_one() {
    let home = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
    put(
        "region.geojson",
        r#"{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "320101", "name": "X"}, "geometry":
        {"type": "MultiPolygon", "coordinates": [[[[179.7, -17.15], [180, -17.15], [180, -16.55], [179.7, -16.55], [179.7, -17.15]]],
        [[[-180, -17.15], [-179.7, -17.15], [-179.7, -16.55], [-180, -16.55], [-180, -17.15]]]]}}]}"#,
    );
    put("homes.csv", "id,people,lon,lat\nH,10,179.99,-16.85\n");
    put("fac.csv", "id,lon,lat\nC,-179.99,-16.85\n");
    put(
        "study.toml",
        r#"
        title = "180"
        lang = "en"
        [study]
        regions = { path = "region.geojson", level = "county", code = "code", name = "name" }
        facilities = { path = "fac.csv", kind = "clinic", id = "id", x = "lon", y = "lat", datum = "wgs-84" }
        demand = { path = "homes.csv", id = "id", people = "people", x = "lon", y = "lat", datum = "wgs-84" }
        [[indicator]]
        id = "s"
        measure.covered-share = { kind = "clinic", within = "5 km", by = "straight-line", catchments = { bands = ["5 km"] } }
        [[indicator]]
        id = "n"
        measure.nearest = { kind = "clinic", by = "straight-line" }
        [[output]]
        path = "t.json"
        [[output]]
        path = "area.geojson"
        layer = "s_catchments"
        "#,
    );
    assert_cmd::Command::cargo_bin("tongda")
        .unwrap()
        .args(["run", "study.toml"])
        .current_dir(home.path())
        .assert()
        .success();
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(home.path().join(name)).unwrap()).unwrap()
    };
    let card = json("t.json");
    assert_eq!(card["indicators"][0]["figure"]["text"], "100 %");
    // pyproj 3.7.2, Geod(ellps="WGS84").inv: 2,131.4 m
    let nearest = card["indicators"][1]["figure"]["value"].as_f64().unwrap();
    assert!((nearest - 2131.4).abs() < 1.0, "{nearest}");
    // the circle of 5 km is cut at the meridian, and nothing of it is anywhere else
    let area = json("area.geojson");
    let parts = area["features"][0]["geometry"]["coordinates"].as_array().unwrap();
    assert_eq!(parts.len(), 2);
    let mut spans: Vec<[f64; 2]> = Vec::new();
    for part in parts {
        let lons: Vec<f64> = part[0].as_array().unwrap().iter().map(|at| at[0].as_f64().unwrap()).collect();
        spans.push([lons.iter().copied().fold(f64::MAX, f64::min), lons.iter().copied().fold(f64::MIN, f64::max)]);
    }
    spans.sort_by(|a, b| a[0].total_cmp(&b[0]));
    // 5 km are 0.04693 degrees there
    for (found, want) in spans.iter().flatten().zip([-180.0, -179.943_07, 179.963_07, 180.0]) {
        assert!((found - want).abs() < 3e-4, "{spans:?}");
    }
}
