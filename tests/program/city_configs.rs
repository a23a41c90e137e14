//! The configs that run on one OpenStreetMap extract, on that of central Helsinki; and records with their fields, from files to figures.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tongda::app::run;
use tongda::app::run::Finished;
use tongda::app::run::RunOptions;
use tongda::base::progress::Silent;
use tongda::base::units::Lang;
use tongda::config;
use tongda::indicators::scorecard::Row;
use tongda::model::region::Level;

fn judged(path: &Path) -> Finished {
    let plan = config::load(path).unwrap_or_else(|error| panic!("{error:?}"));
    let options = RunOptions { write_nothing: true, out_dir: None, lang: Some(Lang::En) };
    run::run(&plan, options, &Silent).unwrap_or_else(|error| panic!("{error}"))
}

fn row<'f>(finished: &'f Finished, id: &str) -> &'f Row {
    finished.card.indicators.iter().find(|row| row.id == id).unwrap()
}

/// A config of the repository with more indicators behind it.
fn with(name: &str, more: &str, folder: &TempDir) -> Finished {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("configs").join(name)).unwrap();
    let text = text
        .replace("../geodata", root.join("geodata").to_str().unwrap())
        .replace("norms.toml", root.join("configs/norms.toml").to_str().unwrap());
    let path = folder.path().join(name);
    let (study, outputs) = text.split_at(text.find("[[output]]").unwrap());
    fs::write(&path, format!("{study}{more}{outputs}")).unwrap();
    judged(&path)
}

fn uncovered(row: &Row) -> BTreeSet<String> {
    row.evidence.iter().map(|line| line.key.clone()).collect()
}

#[test]
fn who_has_everything_within_fifteen_minutes_has_each_kind_within_them() {
    let kinds = ["food", "school", "health", "culture", "green", "sports", "eating", "stop"];
    let single = |minutes: u32| -> String {
        let one = |kind: &&str| {
            format!(
                "[[indicator]]\nid = \"{kind}-{minutes}\"\ntitle = \"{kind}\"\nmeasure.covered-share = {{ kind = \"{kind}\", within = \"{minutes} \
                 min\", by = \"walk\", weight = \"floor-area\" }}\n\n"
            )
        };
        kinds.iter().map(one).collect()
    };
    let folder = TempDir::new().unwrap();
    let finished = with("fifteen-minute-city.toml", &(single(15) + &single(5)), &folder);
    for (id, minutes) in [("all-on-foot", 15), ("all-in-five", 5)] {
        let all = row(&finished, id);
        let mut lacking: BTreeSet<String> = BTreeSet::new();
        for (nth, kind) in kinds.iter().enumerate() {
            let one = row(&finished, &format!("{kind}-{minutes}"));
            let variant = all.variants.iter().find(|row| row.code == format!("kind-{}", nth + 1)).unwrap();
            assert_eq!(
                (variant.figure.part, variant.figure.whole, variant.figure.unknown),
                (one.figure.part, one.figure.whole, one.figure.unknown),
                "{kind} within {minutes} min"
            );
            lacking.extend(uncovered(one));
        }
        assert_eq!(uncovered(all), lacking, "{id}");
        assert!(all.figure.whole.unwrap() > 0.0);
    }
    // the mean of the kinds is the mean of their shares, where all are known of the same homes
    let mean = row(&finished, "kinds-on-foot");
    let of_kinds: f64 =
        kinds.iter().map(|kind| row(&finished, &format!("{kind}-15")).figure.value.unwrap()).sum::<f64>() / 8.0;
    assert!((mean.figure.value.unwrap() - of_kinds).abs() < 1e-12);
    // a bicycle is no slower
    let bicycle = row(&finished, "all-by-bicycle").figure.value.unwrap();
    assert!(bicycle >= row(&finished, "all-on-foot").figure.value.unwrap());
}

#[test]
fn the_living_circles_run_on_an_extract_and_cite_their_norms() {
    let folder = TempDir::new().unwrap();
    let finished = with("living-circle.toml", "", &folder);
    for id in ["circle-5", "circle-5-mean", "circle-10", "circle-15", "all-circles", "circle-5-by-distance"] {
        let row = row(&finished, id);
        assert!(row.figure.bounds.is_some(), "{id}");
        assert!(!row.norms.is_empty(), "{id}");
    }
    let all = row(&finished, "circle-5").figure.bounds.unwrap();
    let mean = row(&finished, "circle-5-mean").figure.bounds.unwrap();
    assert!(all.0 <= mean.0 && all.1 <= mean.1, "who has all has the mean: {all:?}, {mean:?}");
}

#[test]
fn a_norm_that_no_kind_is_measured_by_is_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("configs/living-circle.toml")).unwrap();
    let folder = TempDir::new().unwrap();
    let text = text.replace("norms.toml", root.join("configs/norms.toml").to_str().unwrap()).replacen(
        "within = \"5 min\"",
        "within = \"6 min\"",
        5,
    );
    fs::write(folder.path().join("x.toml"), text).unwrap();
    let error = config::load(&folder.path().join("x.toml")).unwrap_err();
    assert!(format!("{error:?}").contains("living-circle-5-time"), "{error:?}");
}

const RECORDS: &str = r#"
title = "records"
[study]
plane = "EPSG:4549"
[[study.regions]]
path = "counties.geojson"
level = "county"
code = "code"
name = "name"
[[study.demand]]
path = "people.csv"
name = "people"
people = "people"
x = "x"
y = "y"
datum = "wgs-84"
[[study.records]]
path = "plots.geojson"
name = "plots"
id = "id"
[[study.records]]
path = "villages.csv"
name = "villages"
region = "county"

[[indicator]]
id = "gas"
title = "gas"
measure.attribute-share = { records = "villages", yes = "gas = yes" }
[[indicator]]
id = "done"
title = "done"
measure.attribute-share = { records = "plots", yes = "state = done", weight = "ha" }
[[indicator]]
id = "near"
title = "near"
measure.overlay-share = { of = "demand", inside = { records = "plots", radius = "1 km" } }
[[output]]
path = "out.json"
"#;

#[test]
fn records_come_with_their_place_and_all_their_fields() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let county = |code: &str, west: f64| {
        let east = west + 0.1;
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}","name":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[[[{west},32],[{east},32],[{east},32.1],[{west},32.1],[{west},32]]]}}}}"#
        )
    };
    write(
        "counties.geojson",
        &format!(
            r#"{{"type":"FeatureCollection","features":[{},{}]}}"#,
            county("320101", 120.0),
            county("320102", 120.1)
        ),
    );
    // an area in the first county, a line through both, a point in the second, and one that crosses itself
    write(
        "plots.geojson",
        r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a","state":"done","ha":2.5},"geometry":{"type":"Polygon","coordinates":[[[120.04,32.04],[120.06,32.04],[120.06,32.06],[120.04,32.06],[120.04,32.04]]]}},
{"type":"Feature","properties":{"id":"l","state":"open","ha":1},"geometry":{"type":"LineString","coordinates":[[120.01,32.09],[120.19,32.09]]}},
{"type":"Feature","properties":{"id":"p","state":"done","ha":0.5},"geometry":{"type":"Point","coordinates":[120.15,32.02]}},
{"type":"Feature","properties":{"id":"x","state":null,"ha":4},"geometry":{"type":"Polygon","coordinates":[[[120.01,32.01],[120.02,32.02],[120.02,32.01],[120.01,32.02],[120.01,32.01]]]}}
]}"#,
    );
    write("villages.csv", "name,county,gas\n甲,320101,yes\n乙,320101,no\n丙,320102,\n丁,999999,yes\n");
    // in the area; 800 m beside the line; 300 m from the point; 3 km from all
    write("people.csv", "x,y,people\n120.05,32.05,10\n120.10,32.0828,20\n120.153,32.02,40\n120.10,32.05,80\n");
    write("study.toml", RECORDS);
    let finished = judged(&folder.path().join("study.toml"));
    let figure = |id: &str| {
        let figure = &row(&finished, id).figure;
        (figure.part, figure.whole, figure.unknown)
    };
    // 丙 says nothing; 丁 names a county that there is not, and may be anywhere
    assert_eq!(figure("gas"), (Some(2.0), Some(3.0), 1.0));
    // a and p are done, of x nobody knows; it has no place, as the line has no county, and both may lie anywhere
    assert_eq!(figure("done"), (Some(3.0), Some(4.0), 4.0));
    assert_eq!(figure("near"), (Some(70.0), Some(150.0), 0.0));
    // x has no place: more may be near
    assert_eq!(row(&finished, "near").figure.bounds, Some((70.0 / 150.0, 1.0)));
    let by_county: Vec<(Option<f64>, Option<f64>)> = row(&finished, "done")
        .regions
        .iter()
        .filter(|region| region.level == Level::County)
        .map(|region| (region.figure.part, region.figure.whole))
        .collect();
    assert_eq!(by_county, [(Some(2.5), Some(2.5)), (Some(0.5), Some(0.5))]);
}
