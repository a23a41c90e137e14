//! Totals of regions spread over the places in them where people live, from files to verdicts. All data is made here.

use std::fs;

use tempfile::TempDir;
use tongda::app::run;
use tongda::app::run::RunOptions;
use tongda::base::progress::Silent;
use tongda::base::units::Weight;
use tongda::base::units::thousands;
use tongda::config;
use tongda::config::plan::Plan;
use tongda::indicators::scorecard::Row;
use tongda::indicators::scorecard::VariantRow;
use tongda::indicators::verdict::Firmness;
use tongda::indicators::verdict::Verdict;
use tongda::ingest;
use tongda::model::demand::DemandLayer;
use tongda::model::gathered::gathered;
use tongda::model::region::Level;
use tongda::model::study::Study;

/// West and south of everything, in metres of EPSG:4549; whole multiples of 250 m.
const X: f64 = 500_000.0;
const Y: f64 = 3_550_000.0;

/// A rectangle as WKT, seen from that corner.
fn wkt([west, south, east, north]: [f64; 4]) -> String {
    let [w, s, e, n] = [X + west, Y + south, X + east, Y + north];
    format!("\"POLYGON (({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}))\"")
}

/// A folder with files in the study plane and a config over them.
struct Scene {
    folder: TempDir,
    study: String,
}

impl Scene {
    /// Townships with their rectangles, in a county without an outline of its own.
    fn new(townships: &[(&str, [f64; 4])], study: &str) -> Scene {
        let mut text = "code,name,shape\n".to_owned();
        for (code, rectangle) in townships {
            text += &format!("{code},T{code},{}\n", wkt(*rectangle));
        }
        Scene { folder: tempfile::tempdir().unwrap(), study: study.to_owned() }.with("towns.csv", text)
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Scene {
        fs::write(self.folder.path().join(name), content).unwrap();
        self
    }

    fn text(&self, rest: &str) -> String {
        format!(
            "title = \"Test\"\n[study]\nplane = \"EPSG:4549\"\n{}\n{}\n{rest}",
            "regions = { path = \"towns.csv\", level = \"township\", wkt = \"shape\", crs = \"EPSG:4549\" }",
            self.study
        )
    }

    fn plan(&self, rest: &str) -> Plan {
        let text = self.text(rest);
        config::parse(&text, "study.toml", self.folder.path()).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
    }

    fn read(&self) -> Study {
        let study = ingest::study(&self.plan("").study, &Silent).unwrap_or_else(|error| panic!("{error}"));
        for ledger in &study.ledgers {
            assert!(ledger.balances(), "{ledger:?}");
        }
        study
    }

    fn refusal(&self) -> String {
        match ingest::study(&self.plan("").study, &Silent) {
            Ok(study) => panic!("read, with issues {:?}", study.issues),
            Err(error) => error.to_string(),
        }
    }

    fn judged(&self, rest: &str) -> Vec<Row> {
        let options = RunOptions { write_nothing: true, ..RunOptions::default() };
        match run::run(&self.plan(rest), options, &Silent) {
            Ok(finished) => finished.card.indicators,
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn codes(study: &Study) -> Vec<&'static str> {
    study.issues.iter().map(|issue| issue.code).filter(|code| !code.starts_with("spread-")).collect()
}

fn variant<'r>(row: &'r Row, code: &str) -> &'r VariantRow {
    row.variants.iter().find(|variant| variant.code == code).unwrap_or_else(|| panic!("{}: no {code}", row.id))
}

/// The sum of a group over the points whose home is a region or lies in it.
fn sum(study: &Study, layer: &DemandLayer, group: &str, level: Level, code: &str) -> Weight {
    let region = study.regions.find(level, code).unwrap();
    let weights = &layer.group(group).unwrap().weights;
    let is_in = |at: &usize| layer.home[*at].and_then(|home| study.regions.ancestor(home, level)) == Some(region);
    (0..layer.len()).filter(is_in).map(|at| weights[at]).sum()
}

/// A GeoTIFF of bytes in EPSG:4549, uncompressed, in one strip: TIFF 6.0 and OGC 19-008r4.
fn tif(columns: u16, rows: u16, side_m: f64, values: &[u8]) -> Vec<u8> {
    assert_eq!(values.len(), usize::from(columns) * usize::from(rows));
    let scale: Vec<u8> = [side_m, side_m, 0.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let north = Y + f64::from(rows) * side_m;
    let tie: Vec<u8> = [0.0, 0.0, 0.0, X, north, 0.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    // projected, pixels are areas, EPSG:4549
    let keys: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 4549];
    let keys: Vec<u8> = keys.iter().flat_map(|value| value.to_le_bytes()).collect();
    let start = 8 + 2 + 11 * 12 + 4;
    let (at_scale, at_tie) = (start, start + scale.len());
    let at_keys = at_tie + tie.len();
    let at_values = at_keys + keys.len();
    let (short, long, double) = (3u16, 4u16, 12u16);
    let entries: [(u16, u16, usize, usize); 11] = [
        (256, short, 1, usize::from(columns)),
        (257, short, 1, usize::from(rows)),
        (258, short, 1, 8),
        (259, short, 1, 1),
        (262, short, 1, 1),
        (273, long, 1, at_values),
        (278, short, 1, usize::from(rows)),
        (279, long, 1, values.len()),
        (33550, double, 3, at_scale),
        (33922, double, 6, at_tie),
        (34735, short, 16, at_keys),
    ];
    let mut file = b"II\x2a\x00\x08\x00\x00\x00\x0b\x00".to_vec();
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend((count as u32).to_le_bytes());
        file.extend((value as u32).to_le_bytes());
    }
    file.extend([0; 4]);
    for part in [&scale[..], &tie, &keys, values] {
        file.extend(part);
    }
    file
}

const TOWN: &str = "320102001";

/// A township of 40 km by 250 m, one row of 160 cells: classes of 2, 3 and 5 km² (8, 12 and 20 km of it), and clinics at 8, 24 and
/// 28 km, which cover within 4 km from 4 to 12 and from 20 to 32 km: 1 km² of the first class, 1 of the second and 3 of the third.
fn strip(spread: &str) -> Scene {
    let study = format!(
        "facilities = {{ path = \"clinics.csv\", kind = \"clinic\", x = \"x\", y = \"y\", crs = \"EPSG:4549\", capacity = \"beds\" }}\n\
         demand = {{ name = \"residents\", path = \"totals.csv\", region = \"code\", people = \"people\", spread = {spread} }}"
    );
    let clinic = |at: f64| format!("{},{},300\n", X + at, Y + 125.0);
    let mut classes = "shape,weight\n".to_owned();
    for (west, east, weight) in [(0.0, 8_000.0, 10), (8_000.0, 20_000.0, 3), (20_000.0, 40_000.0, 0)] {
        classes += &format!("{},{weight}\n", wkt([west, 0.0, east, 250.0]));
    }
    let raster = |numbers: [u8; 3]| {
        // 125 m: four cells of the raster in one of the spread
        let row: Vec<u8> =
            (0..320).map(|column| numbers[usize::from(column >= 64) + usize::from(column >= 160)]).collect();
        tif(320, 2, 125.0, &[row.clone(), row].concat())
    };
    Scene::new(&[(TOWN, [0.0, 0.0, 40_000.0, 250.0])], &study)
        .with("clinics.csv", format!("x,y,beds\n{}{}{}", clinic(8_000.0), clinic(24_000.0), clinic(28_000.0)))
        .with("totals.csv", format!("code,people\n{TOWN},1000\n"))
        .with("classes.csv", classes)
        .with("landcover.tif", raster([50, 30, 10]))
        .with("counts.tif", raster([10, 3, 0]))
}

const COVERED: &str = "[[indicator]]\nid = \"clinics\"\ntarget = { at-least = \"47 %\" }\nareal-check = [\"township\"]\n\
                       measure.covered-share = { kind = \"clinic\", within = \"4 km\", by = \"straight-line\" }";

#[test]
fn a_thousand_people_by_area_and_by_classes() {
    // INDICATORS, section 5: classes of 2, 3 and 5 km² with weights 10, 3 and 0, of which 1, 1 and 3 km² are covered:
    // 1000 · (10 + 3)/(20 + 9) = 448.2759 by weight, 1000 · 5/10 = 500 by area
    // cells of 250 m are 353.6 m across; a cell of the raster, 125 m, has 88.4 m from its middle to a corner
    for (spread, off) in [
        ("{ path = \"classes.csv\", wkt = \"shape\", crs = \"EPSG:4549\", weight = \"weight\" }", "at most 354 m off"),
        ("{ path = \"landcover.tif\", classes = { \"50\" = 10, \"30\" = 3 } }", "at most 442 m off"),
        ("{ path = \"counts.tif\" }", "at most 442 m off"),
    ] {
        let rows = strip(spread).judged(COVERED);
        let row = &rows[0];
        let part = row.figure.part.unwrap();
        assert!((part - 448.275_862).abs() < 1e-4, "{spread}: {part}");
        assert_eq!((row.figure.whole, row.figure.unknown), (Some(1000.0), 0.0), "{spread}");
        let even = variant(row, "even-spread");
        assert!((even.figure.part.unwrap() - 500.0).abs() < 1e-4, "{spread}: {:?}", even.figure);
        // 44.8 % misses 47 %, 50 % would meet it
        assert_eq!((row.verdict, even.verdict, row.firmness), (Verdict::Missed, Verdict::Met, Firmness::Fragile));
        let (low, high) = row.figure.uncertainty.unwrap();
        assert!((low - 0.448_276).abs() < 1e-6 && (high - 0.5).abs() < 1e-6, "{low} {high}");
        assert!(!even.informative_only);
        assert!(row.notes.iter().any(|note| note.en.contains("44.8 %, and 50 % if they are")), "{:?}", row.notes);
        assert!(row.notes.iter().any(|note| note.en.contains(off)), "{:?}", row.notes);
    }
}

#[test]
fn an_even_spread_has_no_other() {
    let rows = strip("\"even\"").judged(COVERED);
    assert!((rows[0].figure.part.unwrap() - 500.0).abs() < 1e-4);
    assert!(rows[0].variants.iter().all(|variant| variant.code != "even-spread"));
    assert_eq!((rows[0].verdict, rows[0].firmness), (Verdict::Met, Firmness::Untested));
    assert!(rows[0].notes.iter().any(|note| note.en.contains("evenly over each region")), "{:?}", rows[0].notes);
}

#[test]
fn aggregation_is_shown_and_judges_nothing() {
    // everyone at the mean centre: (4 km · 320 + 14 km · 144)/464 = 7.1 km, which is 0.9 km from the clinic at 8 km: all are covered
    let rows = strip("{ path = \"counts.tif\" }").judged(COVERED);
    let row = &rows[0];
    let at = variant(row, "at-township");
    assert_eq!((at.figure.value, at.informative_only, at.verdict), (Some(1.0), true, Verdict::Met));
    assert!((row.figure.value.unwrap() - 0.448_276).abs() < 1e-6 && row.verdict == Verdict::Missed);
    assert!(row.figure.uncertainty.unwrap().1 < 0.6, "aggregation is no uncertainty of the spread");
    let told = row.notes.iter().any(|note| note.en.contains("the figure would be 100 %, not 44.8 %"));
    assert!(told, "{:?}", row.notes);
    // the even spread has its centre at 20 km, 4 km from the clinic at 24 km, the limit included
    let even = strip("\"even\"").judged(COVERED);
    assert_eq!(variant(&even[0], "at-township").figure.value, Some(1.0));
}

#[test]
fn every_metric_that_weighs_people_is_measured_on_the_other_spread() {
    let rows = strip("{ path = \"counts.tif\" }").judged(
        "[[indicator]]\nid = \"a\"\nmeasure.nearest = { kind = \"clinic\", by = \"straight-line\", statistic = \"mean\" }\n\
         [[indicator]]\nid = \"b\"\nmeasure.equity = { kind = \"clinic\", by = \"straight-line\" }\n\
         [[indicator]]\nid = \"c\"\nmeasure.served-share = { kind = \"clinic\", within = \"4 km\", by = \"straight-line\" }\n\
         [[indicator]]\nid = \"d\"\nmeasure.accessibility = { kind = \"clinic\", within = \"4 km\", by = \"straight-line\" }",
    );
    for row in &rows {
        let even = variant(row, "even-spread");
        assert!(even.figure.value.is_some(), "{}: {:?}", row.id, even);
        assert_ne!(even.figure.value, row.figure.value, "{}", row.id);
        let (low, high) = row.figure.uncertainty.unwrap();
        for value in [even.figure.value.unwrap(), row.figure.value.unwrap()] {
            assert!(low <= value && value <= high, "{}: {value} is not within {low} and {high}", row.id);
        }
    }
}

/// Four townships of 2 km by 2 km in two counties: 320102001 and 320102002 in the south, 320103001 and 320103002 in the north.
const SQUARES: [(&str, [f64; 4]); 4] = [
    ("320102001", [0.0, 0.0, 2_000.0, 2_000.0]),
    ("320102002", [2_000.0, 0.0, 4_000.0, 2_000.0]),
    ("320103001", [0.0, 2_000.0, 2_000.0, 4_000.0]),
    ("320103002", [2_000.0, 2_000.0, 4_000.0, 4_000.0]),
];

fn squares(totals: &str, spread: &str) -> Scene {
    let study = format!(
        "demand = {{ name = \"residents\", path = \"totals.csv\", region = \"code\", people = \"people\", groups = {{ children = \
         \"age_6_15\" }}, spread = {spread} }}"
    );
    Scene::new(&SQUARES, &study).with("totals.csv", format!("code,people,age_6_15\n{totals}"))
}

const HOMES: &str = "{ path = \"homes.csv\", x = \"x\", y = \"y\", crs = \"EPSG:4549\", weight = \"floor_area\" }";

fn homes(points: &[(f64, f64, &str)]) -> String {
    let lines = points.iter().map(|(x, y, weight)| format!("{},{},{weight}\n", X + x, Y + y));
    format!("x,y,floor_area\n{}", lines.collect::<String>())
}

#[test]
fn points_take_their_part_and_every_weight_is_accounted_for() {
    let points = [
        (500.0, 500.0, "300"),
        (1_500.0, 500.0, "100"),
        // the corner that all four share is of the region with the lowest index
        (2_000.0, 2_000.0, "100"),
        (3_000.0, 3_000.0, "7"),
        (9_000.0, 500.0, "50"),
        (600.0, 600.0, "0"),
        (700.0, 700.0, ""),
        (800.0, 800.0, "-2"),
    ];
    // of eight records two can not be used: less than 40 % of those that are meant
    let scene = squares("320102001,1001,10\n320102002,500,5\n", HOMES).with("homes.csv", homes(&points));
    let scene = Scene { study: format!("max-loss = \"50 %\"\n{}", scene.study), ..scene };
    let study = scene.read();
    let layer = &study.demand[0];
    // 3/5, 1/5 and 1/5 of 1001 and 10
    assert_eq!(layer.ids, ["320102001#1", "320102001#2", "320102001#3", "320102002"]);
    let people: Vec<f64> = layer.group("people").unwrap().weights.iter().map(|weight| weight.to_f64()).collect();
    assert_eq!(people, [600.6, 200.2, 200.2, 500.0]);
    let children: Vec<f64> = layer.group("children").unwrap().weights.iter().map(|weight| weight.to_f64()).collect();
    assert_eq!(children, [6.0, 2.0, 2.0, 5.0]);
    // in the second township is no weight: its people stay, without a place
    assert_eq!((layer.at[3], layer.names[3].as_str()), (None, "T320102002"));
    assert_eq!(sum(&study, layer, "people", Level::Township, "320102002"), Weight::whole(500));
    let ledger = study.ledgers.iter().find(|ledger| ledger.source == "homes.csv").unwrap();
    assert_eq!((ledger.read, ledger.used), (8, 3));
    let dropped: Vec<(&str, u64)> = ledger.dropped.iter().map(|(code, count)| (*code, *count)).collect();
    let one_each = ["negative-weight", "no-total", "no-weight", "outside-regions", "zero-weight"].map(|code| (code, 1));
    assert_eq!(dropped, one_each);
    let issue = study.issues.iter().find(|issue| issue.code == "no-weight-in-region").unwrap();
    assert_eq!((issue.record, issue.id.as_deref()), (Some(2), Some("320102002")));
    assert!(
        issue.what.contains("people 500, children 5") && issue.what.contains("spread = \"even\""),
        "{}",
        issue.what
    );
}

#[test]
fn a_polygon_gives_each_region_the_part_that_lies_in_it() {
    // 1 km by 100 m, 700 m of it in the west; alone in the east, and in the west beside a square of 300 m by 100 m with the same density: 70 and 30 %
    let shapes = format!(
        "shape,persons\n{},1\n{},1\n{},4\n",
        wkt([1_300.0, 500.0, 2_300.0, 600.0]),
        wkt([100.0, 500.0, 400.0, 600.0]),
        // half of it lies in the north, which has no total, and a quarter outside of everything
        wkt([3_000.0, 1_000.0, 5_000.0, 3_000.0]),
    );
    let file = |field: &str| {
        format!("{{ path = \"shapes.csv\", wkt = \"shape\", crs = \"EPSG:4549\", {field} = \"persons\" }}")
    };
    let totals = "320102001,1000,0\n320102002,600,0\n";
    let study = squares(totals, &file("weight")).with("shapes.csv", &shapes).read();
    let layer = &study.demand[0];
    let people = &layer.group("people").unwrap().weights;
    let within = |study: &Study, west: f64, east: f64, south: f64, north: f64| -> f64 {
        let layer = &study.demand[0];
        let people = &layer.group("people").unwrap().weights;
        let is_in = |at: &usize| {
            layer.at[*at]
                .is_some_and(|at| (west..east).contains(&(at.xy.x - X)) && (south..north).contains(&(at.xy.y - Y)))
        };
        (0..layer.len()).filter(is_in).map(|at| people[at].to_f64()).sum()
    };
    assert!((within(&study, 1_300.0, 2_000.0, 500.0, 600.0) - 700.0).abs() < 1e-3, "{people:?}");
    assert!((within(&study, 100.0, 400.0, 500.0, 600.0) - 300.0).abs() < 1e-3);
    // in the east 300 m · 100 m · 1 = 30 000 and 1 km · 1 km · 4 = 4 000 000 of 4 030 000
    assert!((within(&study, 2_000.0, 2_300.0, 500.0, 600.0) - 600.0 * 3.0 / 403.0).abs() < 1e-3);
    let partly = study.issues.iter().find(|issue| issue.code == "partly-outside").unwrap();
    // three of its four km² with 4 a square metre lie beyond
    assert!(partly.what.contains(": 1;") && partly.what.contains(&thousands(12e6)), "{}", partly.what);
    // as amounts: the polygon of 1 km has 1 in all, 0.7 in the west, where the square of 300 m has 1
    let study = squares(totals, &file("amount")).with("shapes.csv", &shapes).read();
    assert!((within(&study, 1_300.0, 2_000.0, 500.0, 600.0) - 1000.0 * 0.7 / 1.7).abs() < 1e-3);
    // 0.3 in the east beside a quarter of 4
    assert!((within(&study, 2_000.0, 2_300.0, 500.0, 600.0) - 600.0 * 0.3 / 1.3).abs() < 1e-3);
}

#[test]
fn totals_of_counties_are_spread_over_their_townships() {
    // neither county has an outline: the townships below it have
    let study = squares("320102,1000,0\n320103,10,0\n", "\"even\"").read();
    let layer = &study.demand[0];
    // 2 km by 4 km of 250 m: 128 cells each
    assert_eq!(layer.len(), 256);
    for (code, want) in [("320102001", 500), ("320102002", 500), ("320103001", 5), ("320103002", 5)] {
        assert_eq!(sum(&study, layer, "people", Level::Township, code), Weight::whole(want), "{code}");
    }
    assert_eq!(sum(&study, layer, "people", Level::County, "320102"), Weight::whole(1000));
    assert_eq!(
        (layer.ids[0].as_str(), layer.ids[127].as_str(), layer.ids[128].as_str()),
        ("320102#1", "320102#128", "320103#1")
    );
    assert_eq!(codes(&study), Vec::<&str>::new());
}

#[test]
fn people_of_regions_that_are_not_known_stay() {
    let study = squares("320102001,1000,1\n999,70,2\n,5,1\n320102002,0,0\n320102001,3,3\n", "\"even\"").read();
    let layer = &study.demand[0];
    let lost: Vec<(&str, f64, bool)> = (0..layer.len())
        .filter(|at| layer.at[*at].is_none())
        .map(|at| {
            (layer.ids[at].as_str(), layer.group("people").unwrap().weights[at].to_f64(), layer.home[at].is_some())
        })
        .collect();
    assert_eq!(lost, [("999", 70.0, false), ("record 3", 5.0, false), ("320102002", 0.0, true)]);
    // a region that nobody lives in is no matter of concern; of 7 children 3 are lost, which no indicator measures
    assert_eq!(codes(&study), ["unknown-region", "no-code", "duplicate-code", "much-lost"]);
    assert_eq!((study.ledgers[1].read, study.ledgers[1].used), (5, 4));
}

#[test]
fn two_codes_that_became_one_are_one_total() {
    let scene =
        squares("320102001,1000,1\n320102009,70,2\n", "\"even\"").with("changes.csv", "old,new\n320102009,320102001\n");
    let scene = Scene { study: format!("code-changes = {{ path = \"changes.csv\" }}\n{}", scene.study), ..scene };
    let study = scene.read();
    assert_eq!(sum(&study, &study.demand[0], "people", Level::Township, "320102001"), Weight::whole(1070));
    assert_eq!(sum(&study, &study.demand[0], "children", Level::Township, "320102001"), Weight::whole(3));
}

#[test]
fn what_can_not_be_meant_is_refused_with_what_to_write() {
    let nested = squares("320102001,1000,1\n320102,3000,2\n", "\"even\"").refusal();
    assert!(nested.contains("\"320102\"") && nested.contains("count twice") && nested.contains("where = "), "{nested}");
    let nowhere = squares("320102001,1000,1\n", HOMES).with("homes.csv", homes(&[(9_000.0, 0.0, "1")])).refusal();
    assert!(nowhere.contains("no weight lies in a region with a total of totals.csv"), "{nowhere}");
    let small = squares("320102001,1000,1\n", "\"even\", cell = \"0.5 m\"").refusal();
    assert!(small.contains(&thousands(16e6)) && small.contains("write cell = \"50 m\""), "{small}");
    let unknown = squares("1,1000,1\n", "\"even\"").refusal();
    assert!(unknown.contains("no total of a region with an outline"), "{unknown}");
}

#[test]
fn a_config_that_can_not_be_meant_is_underlined() {
    let base = "region = \"code\", people = \"people\"";
    let indicator = |rest: &str| {
        format!("[[indicator]]\nid = \"i\"\nmeasure.covered-share = {{ kind = \"clinic\", within = \"4 km\"{rest} }}")
    };
    let cases = [
        ("people = \"people\", spread = \"even\"".to_owned(), String::new(), "spread", "region = \"…\""),
        ("region = \"code\", spread = \"even\"".to_owned(), String::new(), "spread", "people = \"…\""),
        (format!("{base}, cell = \"250 m\""), String::new(), "cell", "leave cell out"),
        (format!("{base}, spread = \"even\", cell = \"0 m\""), String::new(), "\"0 m\"", "250 m"),
        (format!("{base}, spread = \"evenly\""), String::new(), "\"evenly\"", ""),
        (
            format!("{base}, spread = \"even\", locate = {{ path = \"p.csv\", key = \"k\" }}"),
            String::new(),
            "locate",
            "",
        ),
        (
            format!("{base}, spread = {{ path = \"a.csv\", classes = {{ \"1\" = 2 }} }}"),
            String::new(),
            "classes",
            "leave classes out",
        ),
        (
            format!("{base}, spread = {{ path = \"a.tif\", weight = \"w\" }}"),
            String::new(),
            "weight",
            "leave weight out",
        ),
        (format!("{base}, spread = {{ path = \"a.tif\", classes = {{ town = 2 }} }}"), String::new(), "town", "\"50\""),
        (
            format!("{base}, spread = {{ path = \"a.tif\", classes = {{ \"1\" = -2 }} }}"),
            String::new(),
            "-2",
            "0 where nobody does",
        ),
        (
            format!("{base}, spread = {{ path = \"a.tif\", classes = {{ \"1\" = 0 }} }}"),
            String::new(),
            "{ \"1\" = 0 }",
            "one class",
        ),
        (
            format!("{base}, spread = {{ path = \"a.gpkg\", weight = \"w\", amount = \"a\" }}"),
            String::new(),
            "amount",
            "weight for a density",
        ),
        (format!("{base}, spread = \"even\""), indicator(", weight = \"childern\""), "\"childern\"", "people"),
        (format!("{base}, spread = \"even\""), indicator(", weight = \"count\""), "\"count\"", "people"),
        (
            format!("{base}, spread = \"even\""),
            format!("{}\nareal-check = [\"county\", \"county\"]", indicator("")),
            "\"county\"",
            "once",
        ),
    ];
    for (demand, indicators, underlined, help) in cases {
        let study = format!(
            "facilities = {{ path = \"clinics.csv\", kind = \"clinic\" }}\ndemand = {{ path = \"totals.csv\", {demand} }}"
        );
        let scene = Scene::new(&SQUARES, &study);
        let error = config::parse(&scene.text(&indicators), "study.toml", scene.folder.path()).err();
        let error = error.unwrap_or_else(|| panic!("{demand} was meant"));
        let fits = error.problems().iter().any(|problem| {
            problem.underlined() == Some(underlined) && problem.help.as_deref().unwrap_or_default().contains(help)
        });
        let got: Vec<_> = error.problems().iter().map(|it| (it.underlined(), &it.what, &it.help)).collect();
        assert!(fits, "{demand}: wanted {underlined} and {help}, got {got:?}");
    }
    let raster = Scene::new(&SQUARES, "demand = { path = \"people.tif\", spread = \"even\" }");
    let error = config::parse(&raster.text(""), "study.toml", raster.folder.path()).err().unwrap();
    assert!(error.problems().iter().any(|problem| problem.underlined() == Some("spread")), "{error:?}");
}

#[test]
fn a_raster_of_classes_that_is_taken_for_counts_is_told() {
    // 16 by 16 km of 250 m: 4096 cells of three classes, over townships that end at 4 km; those beyond are outside
    let values: Vec<u8> = (0..160 * 160).map(|at| [10, 30, 50][at % 3]).collect();
    let raster = tif(160, 160, 25.0, &values);
    let totals = "320102001,1000,1\n320102002,1,1\n320103001,1,1\n320103002,1,1\n";
    let study = squares(totals, "{ path = \"cover.tif\" }").with("cover.tif", &raster).read();
    assert_eq!(codes(&study), ["looks-like-classes"]);
    let classes = "{ path = \"cover.tif\", classes = { \"50\" = 10, \"60\" = 1 } }";
    let study = squares(totals, classes).with("cover.tif", &raster).read();
    let mut found = codes(&study);
    found.sort_unstable();
    assert_eq!(found, ["class-not-met", "class-without-weight"]);
}

#[test]
fn people_put_together_are_as_many_and_stand_at_their_mean_centre() {
    let points = [(500.0, 500.0, "3"), (1_500.0, 500.0, "1"), (3_000.0, 2_500.0, "2"), (3_000.0, 3_500.0, "2")];
    let totals = "320102001,1000,8\n320102002,40,1\n320103002,80,3\n999,7,0\n";
    let study = squares(totals, HOMES).with("homes.csv", homes(&points)).read();
    let layer = &study.demand[0];
    let put = |level| gathered(layer, "people", level, &study.regions, study.lattice.as_ref()).unwrap();
    let townships = put(Level::Township);
    // 320102002 has no weight and no place; 999 is no region
    assert_eq!(townships.ids, ["320102001", "320102002", "320103002", "999"]);
    let at: Vec<Option<[f64; 2]>> =
        townships.at.iter().map(|at| at.map(|at| [at.xy.x - X, at.xy.y - Y].map(|value| value.round()))).collect();
    // (3 · 500 m + 1 · 1500 m)/4 = 750 m; midway between 2.5 and 3.5 km
    assert_eq!(at, [Some([750.0, 500.0]), None, Some([3_000.0, 3_000.0]), None]);
    // in the county those without a place stay beside those with one
    let counties = put(Level::County);
    assert_eq!(counties.ids, ["320102", "320102", "320103", "999"]);
    let people = |layer: &DemandLayer| -> Vec<f64> {
        layer.group("people").unwrap().weights.iter().map(|weight| weight.to_f64()).collect()
    };
    assert_eq!(people(&counties), [1000.0, 40.0, 80.0, 7.0]);
    for put in [&townships, &counties] {
        for group in ["people", "children", "count"] {
            let sum = |layer: &DemandLayer| layer.group(group).unwrap().weights.iter().copied().sum::<Weight>();
            assert_eq!(sum(put), sum(layer), "{group}");
        }
    }
    // degrees go with the place in the plane: 250 m on a sphere, which is off by some 0.3 %
    let ([put, first], own) = ([&townships, layer].map(|layer| layer.at[0].unwrap()), 250.0);
    let metres = (put.lonlat.lon - first.lonlat.lon).to_radians() * 6_378_137.0 * put.lonlat.lat.to_radians().cos();
    assert!((metres - own).abs() < 2.0, "{metres}");
    assert!(gathered(layer, "patients", Level::County, &study.regions, None).is_none());
}

#[test]
fn totals_are_kept_to_the_millionth_whatever_they_are_spread_by() {
    let seed: u64 = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(17);
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    for round in 0..6 {
        let mut totals = String::new();
        let mut wanted = Vec::new();
        for (code, _) in SQUARES {
            let (people, children) = ((random() * 1e11).round() / 1e6, (random() * 1e9).round() / 1e6);
            totals += &format!("{code},{people:.6},{children:.6}\n");
            wanted.push((code, people, children));
        }
        let point = |x: f64, y: f64, weight: f64| format!("{},{},{weight}\n", X + x, Y + y);
        let mut points = "x,y,floor_area\n".to_owned();
        let mut shapes = "shape,floor_area\n".to_owned();
        for _ in 0..200 {
            let (x, y, weight) = (random() * 4_500.0 - 250.0, random() * 4_500.0 - 250.0, random() * 1000.0);
            points += &point(x, y, weight);
            // spikes: triangles, some of them slim
            let corner = |x: f64, y: f64| format!("{} {}", X + x, Y + y);
            let (a, b, c) = (
                corner(x, y),
                corner(x + random() * 900.0, y + random() * 20.0),
                corner(x + random() * 300.0, y + 20.0 + random() * 900.0),
            );
            shapes += &format!("\"POLYGON (({a}, {b}, {c}, {a}))\",{weight}\n");
        }
        let cells: Vec<u8> = (0..90 * 90).map(|_| (random() * 40.0) as u8).collect();
        let area = "{ path = \"shapes.csv\", wkt = \"shape\", crs = \"EPSG:4549\", weight = \"floor_area\" }";
        for spread in [HOMES, area, "{ path = \"counts.tif\" }", "\"even\""] {
            let study = squares(&totals, spread)
                .with("homes.csv", &points)
                .with("shapes.csv", &shapes)
                .with("counts.tif", tif(90, 90, 50.0, &cells))
                .read();
            let layer = &study.demand[0];
            let other = layer.spreading.as_ref().unwrap().instead.first().map(|instead| &instead.layer);
            assert_eq!(other.is_some(), spread != "\"even\"");
            for layer in std::iter::once(layer).chain(other) {
                assert!(layer.len() > 100 && layer.at.iter().all(Option::is_some), "seed {seed}, {spread}");
                for (code, people, children) in &wanted {
                    let got = ["people", "children"].map(|group| sum(&study, layer, group, Level::Township, code));
                    let want = [people, children].map(|value| Weight::from_f64(*value).unwrap());
                    assert_eq!(got, want, "seed {seed}, round {round}, {spread}, {code}");
                }
                // and every point lies in the township that it is of
                for at in 0..layer.len() {
                    let code = &study.regions.get(layer.home[at].unwrap()).code;
                    let (_, [west, south, east, north]) = SQUARES.iter().find(|(own, _)| own == code).unwrap();
                    let xy = layer.at[at].unwrap().xy;
                    let is_in = (west - 1e-3..=east + 1e-3).contains(&(xy.x - X))
                        && (south - 1e-3..=north + 1e-3).contains(&(xy.y - Y));
                    assert!(is_in, "seed {seed}, round {round}, {spread}: {} at {xy:?}", layer.ids[at]);
                }
            }
        }
    }
}
