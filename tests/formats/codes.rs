//! Codes of regions: what follows from those of GB/T 2260, and that nothing follows from others.

use std::fs;

use tongda::base::progress::Silent;
use tongda::config;
use tongda::ingest;
use tongda::model::region::Level;
use tongda::model::study::Study;

/// Regions of one source, squares of a tenth of a degree from a place eastwards; with further keys of the source.
fn study(level: &str, codes: &[&str], [lon, lat]: [f64; 2], keys: &str) -> Study {
    let folder = tempfile::tempdir().unwrap();
    let features: Vec<String> = codes
        .iter()
        .enumerate()
        .map(|(at, code)| {
            let (west, east) = (lon + at as f64 * 0.1, lon + (at + 1) as f64 * 0.1);
            let (south, north) = (lat, lat + 0.1);
            format!(
                "{{\"type\":\"Feature\",\"properties\":{{\"code\":\"{code}\",\"name\":\"N{code}\",\"in\":\"Upland\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":\
                 [[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}"
            )
        })
        .collect();
    let text = format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","));
    fs::write(folder.path().join("regions.geojson"), text).unwrap();
    let config =
        format!("title = \"t\"\n[study]\nregions = {{ path = \"regions.geojson\", level = \"{level}\"{keys} }}\n");
    let plan = config::parse(&config, "study.toml", folder.path()).unwrap_or_else(|error| panic!("{error:?}"));
    ingest::study(&plan.study, &Silent).unwrap_or_else(|error| panic!("{error}"))
}

/// Codes of a study's regions above those that were read, by level and code.
fn above(study: &Study, level: Level) -> Vec<String> {
    let mut codes: Vec<String> = study
        .regions
        .iter()
        .filter(|(_, it)| it.level < level)
        .map(|(_, it)| format!("{} {}", it.level, it.code))
        .collect();
    codes.sort();
    codes
}

const NANJING: [f64; 2] = [118.8, 32.0];

#[test]
fn regions_above_follow_from_codes_of_gb_t_2260_alone() {
    type Case<'c> = (&'c str, &'c str, &'c [&'c str], [f64; 2], &'c str, &'c [&'c str]);
    let cases: [Case<'_>; 17] = [
        ("Nanjing", "county", &["320102", "320104"], NANJING, "", &["city 320100", "province 320000"]),
        ("twelve digits", "county", &["320102000000"], NANJING, "", &["city 320100", "province 320000"]),
        ("cities", "city", &["320100", "320300"], NANJING, "", &["province 320000"]),
        ("townships", "township", &["320102001"], NANJING, "", &["city 320100", "county 320102", "province 320000"]),
        ("Hongkong", "county", &["810001"], [114.1, 22.3], "", &["province 810000"]),
        // one slip in twelve: the others are what they are
        (
            "a slip",
            "county",
            &[
                "320102", "320104", "320105", "320106", "320111", "320113", "320114", "320115", "320116", "320117",
                "320118", "32o1o2",
            ],
            NANJING,
            "",
            &["city 320100", "province 320000"],
        ),
        ("Liechtenstein", "township", &["7001", "7002", "7011"], [9.5, 47.1], "", &[]),
        ("an extract", "township", &["1155956", "115595"], [9.5, 47.1], "", &[]),
        ("FIPS", "county", &["32031", "32003"], [-119.8, 39.5], "", &[]),
        ("FIPS tracts", "township", &["32031002300"], [-119.8, 39.5], "", &[]),
        ("NUTS", "county", &["DE212", "DE21H"], [11.5, 48.1], "", &[]),
        ("Japan, five digits", "county", &["13101", "13102"], [139.7, 35.7], "", &[]),
        ("Japan, six digits", "county", &["131016", "131024"], [139.7, 35.7], "", &[]),
        ("India, post codes", "county", &["411001", "411002"], [73.8, 18.5], "", &[]),
        ("Russia, post codes", "county", &["652300", "652301"], [85.7, 53.7], "", &[]),
        // the config has the last word
        (
            "said to be",
            "county",
            &["320102"],
            [9.5, 47.1],
            ", code-system = \"gb-t-2260\"",
            &["city 320100", "province 320000"],
        ),
        ("said not to be", "county", &["320102"], NANJING, ", code-system = \"other\"", &[]),
    ];
    for (name, level, codes, at, keys, want) in cases {
        let study = study(level, codes, at, keys);
        assert_eq!(above(&study, level.parse().unwrap()), want, "{name}");
        assert!(study.issues.is_empty(), "{name}: {:?}", study.issues);
        // nobody asked for what follows: it is there to be named, and no figure is given of it
        let usual = study.regions.usual_levels();
        assert!(usual.iter().all(|usual| usual.to_string() == level), "{name}: {usual:?}");
    }
}

#[test]
fn a_region_above_that_only_has_a_name_has_that_for_its_code() {
    let study = study("township", &["7001", "7002"], [9.5, 47.1], ", parents = { county = { name = \"in\" } }");
    assert_eq!(above(&study, Level::Township), ["county Upland"]);
    assert_eq!(study.regions.usual_levels(), [Level::County]);
}

#[test]
fn a_level_above_that_nothing_tells_is_told() {
    let study = study("township", &["7001", "7002"], [9.5, 47.1], ", parents = { county = {} }");
    assert!(above(&study, Level::Township).is_empty());
    let told: Vec<_> = study.issues.iter().map(|issue| (issue.code, issue.id.as_deref())).collect();
    assert_eq!(told, [("no-parent-code", Some("7001")), ("no-parent-code", Some("7002"))]);
    assert!(study.issues[0].what.contains("parents = { county = { code ="), "{}", study.issues[0].what);
}
