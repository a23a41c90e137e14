//! From files to the model: every bad input is told, counted and placed, and the ledgers balance.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tongda::base::frame::OutputCrs;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::config::plan::Plan;
use tongda::ingest;
use tongda::model::region::Level;
use tongda::model::study::Study;

const SQUARES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"code":"320101","name":"West"},"geometry":{"type":"Polygon","coordinates":[[[118.0,32.0],[119.0,32.0],[119.0,33.0],[118.0,33.0],[118.0,32.0]]]}},
{"type":"Feature","properties":{"code":"320102","name":"East"},"geometry":{"type":"Polygon","coordinates":[[[119.0,32.0],[120.0,32.0],[120.0,33.0],[119.0,33.0],[119.0,32.0]]]}}
]}"#;

/// A folder with the two squares, further files and a config.
struct Scene {
    folder: TempDir,
    study: String,
}

impl Scene {
    fn new(study: &str) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("squares.geojson"), SQUARES).unwrap();
        Scene { folder, study: study.to_owned() }
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Scene {
        fs::write(self.folder.path().join(name), content).unwrap();
        self
    }

    fn plan(&self) -> Plan {
        let regions = if self.study.contains("regions") {
            ""
        } else {
            "regions = { path = \"squares.geojson\", level = \"county\" }\n"
        };
        let text = format!("title = \"Test\"\n[study]\n{regions}{}", self.study);
        config::parse(&text, "study.toml", self.folder.path()).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
    }

    fn read(&self) -> Study {
        let study = ingest::study(&self.plan().study, &Silent).unwrap_or_else(|error| panic!("{error}"));
        for ledger in &study.ledgers {
            assert!(ledger.balances(), "{ledger:?}");
        }
        study
    }

    fn refusal(&self) -> String {
        match ingest::study(&self.plan().study, &Silent) {
            Ok(study) => panic!("read, with issues {:?}", study.issues),
            Err(error) => error.to_string(),
        }
    }
}

/// Code and record of every issue.
fn issues(study: &Study) -> Vec<(&'static str, Option<u64>)> {
    study.issues.iter().map(|issue| (issue.code, issue.record)).collect()
}

fn feature(code: &str, ring: &str) -> String {
    let code = if code.is_empty() { "null".to_owned() } else { format!("\"{code}\"") };
    let geometry = if ring.is_empty() {
        "null".to_owned()
    } else {
        format!("{{\"type\":\"Polygon\",\"coordinates\":[[{ring}]]}}")
    };
    format!("{{\"type\":\"Feature\",\"properties\":{{\"code\":{code}}},\"geometry\":{geometry}}}")
}

fn collection(features: &[String]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}", features.join(",\n"))
}

const SQUARE: &str = "[118.0,32.0],[119.0,32.0],[119.0,33.0],[118.0,33.0],[118.0,32.0]";
const BOW_TIE: &str = "[118.0,32.0],[119.0,33.0],[119.0,32.0],[118.0,33.0],[118.0,32.0]";

#[test]
fn regions_become_a_tree_in_the_fitting_plane() {
    let scene = Scene::new(
        "regions = [{ path = \"squares.geojson\", level = \"county\" }, { path = \"towns.csv\", level = \"township\", \
         parent = \"county\", geometry = \"none\" }]\nevaluate = { county = { codes = [\"320102\"] } }",
    )
    .with("towns.csv", "code,name,county\n320101001,甲镇,320101\n３２０１０２００１,乙镇,320102\n");
    let study = scene.read();
    // the middle is 119° E, nearest to the zone of 120°
    assert_eq!((study.plane.epsg, study.frame), (Some(4549), OutputCrs::Cgcs2000));
    let east = study.regions.find(Level::County, "320102").unwrap();
    let town = study.regions.find(Level::Township, "320102001").unwrap();
    assert_eq!(study.regions.ancestor(town, Level::County), Some(east));
    let judged: Vec<&str> = study.regions.iter().filter(|(_, it)| it.judged).map(|(_, it)| it.code.as_str()).collect();
    assert_eq!(judged, ["320102", "320102001", "320000", "320100"]);
    // a degree by a degree between 32 and 33° N is 94 km by 111 km
    let area = study.regions.get(east).shape.as_ref().unwrap().area_m2 / 1e6;
    assert!((10_380.0..10_440.0).contains(&area), "{area} km²");
    assert_eq!(study.ledgers.iter().map(|it| (it.read, it.used)).collect::<Vec<_>>(), [(2, 2), (2, 2)]);
    assert!(study.issues.is_empty() && !study.synthetic);
}

#[test]
fn regions_without_code_or_outline_or_with_a_code_twice_are_dropped_and_listed() {
    let features = [feature("1", SQUARE), feature("", SQUARE), feature("2", ""), feature("1", SQUARE)];
    let scene = Scene::new("regions = { path = \"r.geojson\", level = \"county\" }\nmax-loss = \"90 %\"")
        .with("r.geojson", collection(&features));
    let study = scene.read();
    assert_eq!(issues(&study), [("no-code", Some(2)), ("no-geometry", Some(3)), ("duplicate-code", Some(4))]);
    assert_eq!((study.ledgers[0].read, study.ledgers[0].used), (4, 1));
    assert!(study.issues[2].what.contains("record 1") && study.issues[2].id.as_deref() == Some("1"));
    let scene =
        Scene::new("regions = { path = \"r.geojson\", level = \"county\" }").with("r.geojson", collection(&features));
    let message = scene.refusal();
    assert!(message.contains("r.geojson lost 3 of 4 records") && message.contains("max-loss = \"20 %\""), "{message}");
    assert!(message.contains("duplicate-code 1") && message.contains("first: error [no-code]"), "{message}");
}

#[test]
fn a_self_intersecting_region_is_repaired_only_when_told_so_and_always_listed() {
    let file = collection(&[feature("1", BOW_TIE), feature("2", SQUARE)]);
    let config =
        |repair: &str| format!("regions = {{ path = \"r.geojson\", level = \"county\"{repair} }}\nmax-loss = \"50 %\"");
    let study = Scene::new(&config("")).with("r.geojson", &file).read();
    assert_eq!(issues(&study), [("self-intersection", Some(1))]);
    assert!(study.regions.find(Level::County, "1").is_none());
    assert!(study.issues[0].what.contains("repair = true"), "{}", study.issues[0]);
    let study = Scene::new(&config(", repair = true")).with("r.geojson", &file).read();
    // what is left of it lies over the square
    assert_eq!(issues(&study), [("self-intersection", Some(1)), ("regions-overlap", None)]);
    assert!(study.issues[0].what.contains("repaired"), "{}", study.issues[0]);
    let area = |code: &str| {
        let idx = study.regions.find(Level::County, code).unwrap();
        study.regions.get(idx).shape.as_ref().unwrap().area_m2
    };
    // two of the four triangles of the square, by symmetry about half of it
    assert!((area("1") / area("2") - 0.5).abs() < 0.01, "{} {}", area("1"), area("2"));
}

#[test]
fn sources_that_can_not_be_meant_are_refused_with_what_to_write() {
    let swapped = "[32.0,118.0],[32.0,119.0],[33.0,119.0],[33.0,118.0],[32.0,118.0]";
    let metres = "[40405000.0,3540000.0],[40500000.0,3540000.0],[40500000.0,3650000.0],[40405000.0,3540000.0]";
    let one = |ring: &str| collection(&[feature("1", ring)]);
    let regions = |more: &str| format!("regions = {{ path = \"r.geojson\", level = \"county\"{more} }}");
    let clinics = |more: &str| format!("facilities = {{ path = \"c.csv\", kind = \"clinic\"{more} }}");
    let point = "id,lon,lat\na,118.5,32.5\n";
    let cases: Vec<(String, &str, String, &[&str])> = vec![
        (regions(""), "r.geojson", one(swapped), &["r.geojson", "latitude first", "exchange"]),
        (regions(""), "r.geojson", one(metres), &["r.geojson", "metres", "EPSG:4528"]),
        (regions(", crs = \"EPSG:4549\""), "r.geojson", one(SQUARE), &["r.geojson", "look like degrees"]),
        (regions(", crs = \"EPSG:99999\""), "r.geojson", one(SQUARE), &["unknown CRS \"EPSG:99999\"", "EPSG:4490"]),
        (regions(""), "r.geojson", collection(&[]), &["r.geojson holds no regions"]),
        (regions(", name = \"nmae\""), "r.geojson", one(SQUARE), &["no field \"nmae\" for the name", "fields: code"]),
        (regions(", code = \"cod\""), "r.geojson", one(SQUARE), &["no field \"cod\"", "did you mean \"code\"?"]),
        (regions(""), "other", String::new(), &["r.geojson", "cannot open"]),
        (regions(""), "r.geojson", "{\"type\":\"FeatureCollection\",\n\"features\":[{]}".into(), &["line 2, column"]),
        (clinics(""), "c.csv", point.into(), &["c.csv declares no CRS", "datum"]),
        (
            clinics(", x = \"lat\", y = \"lon\", datum = \"wgs-84\""),
            "c.csv",
            point.into(),
            &["c.csv", "latitude first"],
        ),
        (
            clinics(", datum = \"wgs-84\", capacity = \"bed\""),
            "c.csv",
            point.into(),
            &["no field \"bed\" for the capacity"],
        ),
        (clinics(", x = \"lo\", y = \"lat\", datum = \"wgs-84\""), "c.csv", point.into(), &["did you mean \"lon\"?"]),
        (clinics(", datum = \"wgs-84\""), "c.csv", "id,lon,lat\n".into(), &["c.csv holds no facilities (clinic)"]),
        (
            clinics(", crs = \"EPSG:4526\""),
            "c.csv",
            "lon,lat\n40500000,3500000\n".into(),
            &["zone number 40", "has 38"],
        ),
        (clinics(", crs = \"EPSG:32650\""), "c.csv", "lon,lat\n40500000,3500000\n".into(), &["far outside the area"]),
        ("plane = \"EPSG:4326\"".into(), "other", String::new(), &["study.plane", "degrees"]),
        ("plane = \"EPSG:3857\"".into(), "other", String::new(), &["study.plane", "Web Mercator"]),
        ("plane = \"EPSG:1\"".into(), "other", String::new(), &["study.plane", "unknown CRS"]),
    ];
    for (study, name, content, wanted) in cases {
        let message = Scene::new(&study).with(name, content).refusal();
        for part in wanted {
            assert!(message.contains(part), "{study}\n  wanted {part:?}\n  got {message}");
        }
    }
}

#[test]
fn swapped_points_are_found_where_both_numbers_could_be_latitudes() {
    let helsinki = feature("1", "[24.8,60.1],[25.1,60.1],[25.1,60.3],[24.8,60.3],[24.8,60.1]");
    let scene = Scene::new(
        "regions = { path = \"r.geojson\", level = \"county\" }\n\
         facilities = { path = \"c.csv\", kind = \"clinic\", x = \"lat\", y = \"lon\", datum = \"wgs-84\" }",
    )
    .with("r.geojson", collection(&[helsinki]))
    .with("c.csv", "lon,lat\n24.9,60.2\n25.0,60.2\n");
    let message = scene.refusal();
    assert!(message.contains("c.csv") && message.contains("exchange the x and y"), "{message}");
}

#[test]
fn a_facility_file_with_a_wrong_record_keeps_the_others() {
    let csv = "id,name,kind,lon,lat,beds,county\n\
               a,甲,clinic,118.5,32.5,10,320101\n\
               b,乙,clinic,x,32.5,10,\n\
               c,丙,,118.5,32.5,10,\n\
               a,丁,clinic,119.5,32.5,many,\n\
               e,戊,clinic,118.6,32.5,-3,999999\n\
               f,己,clinic,32.5,118.5,1,\n\
               g,庚,school,118.5,32.5,,320102\n\
               h,辛,school,121.5,32.5,NaN,\n";
    let scene = Scene::new(
        "max-loss = \"50 %\"\nfacilities = { path = \"c.csv\", kind-field = \"kind\", id = \"id\", name = \"name\", \
         datum = \"wgs-84\", capacity = \"beds\", region = \"county\" }",
    )
    .with("c.csv", csv);
    let study = scene.read();
    let found: Vec<(&str, &str, Option<f64>)> =
        study.facilities.iter().map(|it| (it.id.as_str(), it.kind.as_str(), it.capacity)).collect();
    assert_eq!(
        found,
        [
            ("a", "clinic", Some(10.0)),
            ("a#4", "clinic", None),
            ("e", "clinic", None),
            ("g", "school", None),
            ("h", "school", None)
        ]
    );
    let homes: Vec<Option<&str>> =
        study.facilities.iter().map(|it| it.home.map(|home| study.regions.get(home).code.as_str())).collect();
    // the code wins over the place; a code that no region has does not
    assert_eq!(homes, [Some("320101"), Some("320102"), Some("320101"), Some("320102"), None]);
    let mut codes: Vec<(Option<u64>, &str)> = study.issues.iter().map(|it| (it.record, it.code)).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            (Some(2), "bad-geometry"),
            (Some(3), "unknown-kind"),
            (Some(4), "bad-number"),
            (Some(4), "duplicate-id"),
            (Some(5), "bad-number"),
            (Some(5), "unknown-region"),
            (Some(6), "outside-crs-area"),
            (Some(7), "region-differs"),
            (Some(8), "bad-number"),
            (Some(8), "outside-regions"),
        ]
    );
    assert_eq!((study.ledgers[1].read, study.ledgers[1].used), (8, 5));
}

#[test]
fn chinese_encodings_and_byte_order_marks_make_no_difference() {
    let text = "编号,名称,经度,纬度\n０１,卫生院,118.5,32.5\n";
    let config =
        "facilities = { path = \"c.csv\", kind = \"clinic\", id = \"编号\", name = \"名称\", datum = \"wgs-84\" }";
    let gb18030 = encoding_rs::GB18030.encode(text).0.into_owned();
    for bytes in [text.as_bytes().to_vec(), format!("\u{feff}{text}").into_bytes(), gb18030] {
        let study = Scene::new(config).with("c.csv", bytes).read();
        assert_eq!((study.facilities[0].id.as_str(), study.facilities[0].name.as_str()), ("01", "卫生院"));
    }
}

#[test]
fn shifted_datums_are_undone() {
    let config = |datum: &str| format!("facilities = {{ path = \"c.csv\", kind = \"clinic\", datum = \"{datum}\" }}");
    let at = |datum: &str| {
        let study = Scene::new(&config(datum)).with("c.csv", "lon,lat\n118.8,32.05\n").read();
        study.facilities[0].at.xy
    };
    let (plain, gcj02, bd09) = (at("wgs-84"), at("gcj-02"), at("bd-09"));
    // GCJ-02 is some 500 m off near Nanjing, BD-09 another kilometre
    let shift = plain.distance_m(gcj02);
    assert!((300.0..800.0).contains(&shift), "{shift} m");
    assert!(plain.distance_m(bd09) > 800.0, "{} m", plain.distance_m(bd09));
    assert_eq!(plain, at("cgcs2000"));
}

#[test]
fn counties_declared_in_gcj02_land_where_an_independent_inverse_puts_them() {
    let counties = fs::read("geodata/jiangsu/counties_gcj02_test.geojson").unwrap();
    let study = Scene::new(
        "regions = { path = \"gcj.geojson\", level = \"county\", code = \"adcode\", datum = \"gcj-02\" }\nplane = \"EPSG:4549\"",
    )
    .with("gcj.geojson", counties)
    .read();
    // 300 of their vertices, by eviltransform 0.1.1; 10⁻⁵ degrees is about a metre
    let oracle = fs::read_to_string("tests/oracles/gcj02_vertices.csv").unwrap();
    let mut apart: Vec<f64> = oracle
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let (lon, lat): (f64, f64) = (cells[3].parse().unwrap(), cells[4].parse().unwrap());
            let region = study.regions.find(Level::County, cells[0]).unwrap();
            let outline = &study.regions.get(region).shape.as_ref().unwrap().lonlat;
            outline
                .iter()
                .flat_map(|part| part.exterior().coords().chain(part.interiors().iter().flat_map(|ring| ring.coords())))
                .map(|at| (at.x - lon).abs().max((at.y - lat).abs()) * 111_320.0)
                .fold(f64::INFINITY, f64::min)
        })
        .collect();
    apart.sort_by(f64::total_cmp);
    assert_eq!(apart.len(), 300);
    assert!(apart[150] < 5.0 && apart[299] < 5.0, "median {} m, most {} m", apart[150], apart[299]);
}

#[test]
fn demand_keeps_the_weight_of_those_whose_place_is_not_known() {
    let csv =
        "code,people,villages\n320101001,100,3\n320101002,200.5,4\n320102001,,5\n320102002,-1,5\n320102003,many,5\n";
    let places = "code,lon,lat\n320101001,118.5,32.5\n320101001,118.6,32.5\n,118.6,32.5\n";
    let scene = Scene::new(
        "max-loss = \"70 %\"\ndemand = { name = \"towns\", path = \"towns.csv\", id = \"code\", people = \"people\", \
         groups = { villages = \"villages\" }, locate = { path = \"places.csv\", key = \"code\", datum = \"wgs-84\" } }",
    )
    .with("towns.csv", csv)
    .with("places.csv", places);
    let study = scene.read();
    let layer = &study.demand[0];
    assert_eq!(layer.ids, ["320101001", "320101002"]);
    assert_eq!(layer.at.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
    let total =
        |group: &str| layer.group(group).unwrap().weights.iter().copied().sum::<tongda::base::units::Weight>().to_f64();
    assert_eq!((total("people"), total("villages"), total("count")), (300.5, 7.0, 2.0));
    assert_eq!(
        issues(&study),
        [
            ("no-weight", Some(3)),
            ("negative-weight", Some(4)),
            ("bad-number", Some(5)),
            ("no-location", Some(2)),
            ("weight-unknown", None),
            ("duplicate-code", Some(2)),
            ("no-code", Some(3)),
        ]
    );
    let ledgers: Vec<(&str, u64, u64)> =
        study.ledgers.iter().map(|it| (it.records.as_str(), it.read, it.used)).collect();
    assert_eq!(ledgers, [("regions (county)", 2, 2), ("demand (towns)", 5, 2), ("places of demand (towns)", 3, 1)]);
}

#[test]
fn rows_of_stops_become_services() {
    let csv = "route,route_name,mode,direction,sequence,stop,lon,lat,trips_per_day,first,last,headway_min\n\
               1,一路,公交,both,2,B,119.5,32.5,12,,,\n\
               1,一路,公交,both,1,A,118.5,32.5,12,,,\n\
               2,二路,coach,0,1,A,118.51,32.5,,06:00,18:00,60\n\
               2,二路,coach,0,2,B,119.5,32.5,,06:00,18:00,60\n\
               2,二路,coach,1,1,B,119.5,32.5,3,25:99,,\n\
               2,二路,coach,1,2,A,118.5,32.5,3,,,\n\
               3,三路,bus,,1,A,118.5,32.5,5,,,\n\
               4,四路,bus,,1,A,118.5,32.5,,,,\n\
               4,四路,bus,,2,B,119.5,32.5,,,,\n\
               5,五路,cable car,,1,A,118.5,32.5,5,,,\n\
               5,五路,bus,,first,B,119.5,32.5,5,,,\n";
    let scene = Scene::new(
        "max-loss = \"60 %\"\nservices = { path = \"bus.csv\", datum = \"wgs-84\", complete-for = [\"32\"] }",
    )
    .with("bus.csv", csv);
    let study = scene.read();
    let transit = study.transit.as_ref().unwrap();
    assert_eq!(transit.stops.iter().map(|stop| stop.id.as_str()).collect::<Vec<_>>(), ["A", "B", "A (2)"]);
    let patterns: Vec<(&str, &str, Vec<u32>, f64, bool)> = transit
        .services
        .iter()
        .flat_map(|service| service.patterns.iter().map(move |pattern| (service, pattern)))
        .map(|(service, it)| {
            let stops = it.stops.iter().map(|stop| stop.0).collect();
            (service.id.as_str(), it.direction.as_str(), stops, it.trips_per_day, it.both_ways)
        })
        .collect();
    // from 06:00 to 18:00 every 60 minutes are 13 departures
    let want = [
        ("1", "both", vec![0, 1], 12.0, true),
        // one id some 900 m apart is another stop
        ("2", "0", vec![2, 1], 13.0, false),
        ("2", "1", vec![1, 0], 3.0, false),
        // nobody knows how often it runs
        ("4", "", vec![0, 1], 0.0, true),
    ];
    assert_eq!(patterns, want);
    assert_eq!(
        issues(&study),
        [
            ("bad-time", Some(5)),
            ("unknown-mode", Some(10)),
            ("bad-number", Some(11)),
            ("stop-moved", Some(3)),
            ("derived-trips", Some(3)),
            ("too-few-stops", Some(7)),
            ("no-trips", Some(8)),
        ]
    );
    assert_eq!((study.ledgers[1].read, study.ledgers[1].used), (11, 8));
    assert!(transit.is_complete_for("320101") && !transit.is_complete_for("330101"));
}

#[test]
fn pairs_name_regions_that_exist() {
    let overrides = "code_a,code_b,action,reason\n320101,320102,exclude,lake\n320102,320101,include,\n\
                     320101,999999,include,x\n320101,320101,include,x\n320101,,include,x\n";
    let declared = "code_a,code_b,line,opened,closed,trips_per_day\n320101,320102,1路,2020-01-01,,8\n\
                    320101,320102,2路,2020-01-01,2021-01-01,many\n320101,1,3路,,,\n";
    let scene = Scene::new("pair-overrides = \"o.csv\"\ndeclared-pairs = \"d.csv\"")
        .with("o.csv", overrides)
        .with("d.csv", declared);
    let study = scene.read();
    assert_eq!((study.overrides.len(), study.overrides[0].neighbours), (1, false));
    let pairs = study.declared.as_ref().unwrap();
    assert_eq!(pairs.iter().map(|it| it.trips_per_day).collect::<Vec<_>>(), [Some(8.0), None]);
    assert_eq!(pairs[1].closed.as_deref(), Some("2021-01-01"));
    let codes: Vec<&str> = study.issues.iter().map(|it| it.code).collect();
    assert_eq!(codes, ["duplicate-pair", "unknown-region", "same-region", "no-code", "bad-number", "unknown-region"]);
}

#[test]
fn what_is_made_up_says_so() {
    let csv = "lon,lat,synthetic\n118.5,32.5,true\n";
    let clinics = |path: &str, more: &str| {
        format!("facilities = {{ path = \"{path}\", kind = \"clinic\", datum = \"wgs-84\"{more} }}")
    };
    let cases = [
        ("c.csv", "", csv, true),
        ("clinics_synthetic.csv", "", "lon,lat\n118.5,32.5\n", true),
        ("c.csv", ", synthetic = true", "lon,lat\n118.5,32.5\n", true),
        ("c.csv", "", "lon,lat,synthetic\n118.5,32.5,false\n", false),
        ("c.csv", "", "lon,lat\n118.5,32.5\n", false),
    ];
    for (name, more, content, want) in cases {
        let study = Scene::new(&clinics(name, more)).with(name, content).read();
        let got = (study.synthetic, study.ledgers[1].synthetic, study.facilities[0].synthetic);
        assert_eq!(got, (want, want, want), "{name}{more} {content}");
    }
}

#[test]
fn kinds_and_levels_that_the_data_lacks_are_underlined_after_reading() {
    let scene = Scene::new(
        "facilities = { path = \"c.csv\", kind-field = \"kind\", datum = \"wgs-84\" }\n\
         demand = { path = \"c.csv\", datum = \"wgs-84\" }\n\
         evaluate = { county = { starts-with = \"33\" } }\n[[indicator]]\nid = \"a\"\n\
         measure.covered-share = { kind = \"clinik\", within = \"5 km\", weight = \"count\" }\nover = [\"township\"]\n",
    )
    .with("c.csv", "kind,lon,lat\nclinic,118.5,32.5\n");
    let study = scene.read();
    let error = scene.plan().check_against(&study).unwrap_err();
    let underlined: Vec<&str> = error.problems().iter().filter_map(|problem| problem.underlined()).collect();
    assert_eq!(underlined, ["{ starts-with = \"33\" }", "\"clinik\"", "\"township\""]);
    assert!(error.problems()[1].help.as_ref().unwrap().contains("did you mean \"clinic\"?"));
}

#[test]
fn the_demo_s_configs_are_read_without_losing_a_record() {
    for (name, frame) in [("jiangsu.toml", OutputCrs::Cgcs2000), ("jiangsu-tianditu.toml", OutputCrs::Cgcs2000)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(name);
        let plan = config::load(&path).unwrap_or_else(|error| panic!("{error:?}"));
        let study = ingest::study(&plan.study, &Silent).unwrap_or_else(|error| panic!("{name}: {error}"));
        plan.check_against(&study).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(study.frame, frame);
        for ledger in &study.ledgers {
            assert!(ledger.balances() && ledger.total_dropped() == 0, "{name}: {ledger:?}");
        }
        // 176 counties, 95 of them of Jiangsu, which has 103 740 km² (102 767 km² on Tianditu's boundaries)
        let counties = study.regions.at_level(Level::County);
        let jiangsu: Vec<_> = counties.iter().filter(|idx| study.regions.get(**idx).judged).collect();
        assert_eq!((counties.len(), jiangsu.len()), (176, 95));
        let area: f64 =
            jiangsu.iter().filter_map(|idx| study.regions.get(**idx).shape.as_ref()).map(|it| it.area_m2).sum();
        let want = if name == "jiangsu.toml" { 103_740.0 } else { 102_767.0 };
        assert!((area / 1e6 - want).abs() < 1.0, "{name}: {} km²", area / 1e6);
        let towns = &study.demand[0];
        assert_eq!((towns.len(), towns.at.iter().flatten().count()), (2577, 778));
        assert!(study.synthetic && !towns.synthetic && study.demand[1].synthetic);
    }
}

#[test]
fn outlines_that_leap_over_the_antimeridian_are_dropped_and_listed() {
    // Taveuni in Fiji, cut at the antimeridian as RFC 7946 (3.1.9) has it, and drawn across it; and a cap around the pole
    let cut = r#"[[[[179,-17],[180,-17],[180,-16],[179,-16],[179,-17]]],[[[-180,-17],[-179.5,-17],[-179.5,-16],[-180,-16],[-180,-17]]]]"#;
    let text = format!(
        r#"{{"type":"FeatureCollection","features":[
        {{"type":"Feature","properties":{{"code":"1"}},"geometry":{{"type":"MultiPolygon","coordinates":{cut}}}}},
        {{"type":"Feature","properties":{{"code":"2"}},"geometry":{{"type":"Polygon","coordinates":[[[179,-19],[-179,-19],[-179,-18],[179,-18],[179,-19]]]}}}},
        {{"type":"Feature","properties":{{"code":"3"}},"geometry":{{"type":"Polygon","coordinates":[[[-180,80],[180,80],[180,90],[-180,90],[-180,80]]]}}}}]}}"#
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("regions.geojson"), text).unwrap();
    let text = "title = \"t\"\n[study]\nmax-loss = \"100 %\"\nplane = \"EPSG:3460\"\n[[study.regions]]\npath = \"regions.geojson\"\nlevel = \"county\"\n";
    let plan = config::parse(text, "t.toml", folder.path()).unwrap();
    let study = ingest::study(&plan.study, &Silent).unwrap();
    let told: Vec<_> =
        study.issues.iter().filter(|issue| issue.code == "crosses-antimeridian").map(|issue| issue.record).collect();
    assert_eq!(told, [Some(2), Some(3)]);
    assert_eq!(study.ledgers[0].used, 1);
    // half a degree to the east, one to the west of it, at 16.5 degrees south: 1.5° × 106.7 km × 110.7 km
    let area = study.regions.iter().find_map(|(_, region)| region.shape.as_ref()).unwrap().area_m2 / 1e6;
    assert!((area - 1.5 * 106.75 * 110.66).abs() < 100.0, "{area}");
}
