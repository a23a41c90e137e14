//! What `inspect` says of real files, and of files with a fault each.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const GCJ02: &str = "geodata/jiangsu/counties_gcj02_test.geojson";
const WGS84: &str = "geodata/jiangsu/counties_wgs84.geojson";

/// Exit code, standard output, standard error; run where the project lies.
fn tongda(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("tongda")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("LANG", "C")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The finding on the one file named.
fn finding(arguments: &[&str]) -> Value {
    let (code, out, error) = tongda(&[&["inspect", "--json"], arguments].concat());
    assert_eq!(code, 0, "{error}");
    let mut list: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert_eq!(list.len(), 1);
    list.remove(0)
}

struct Desk(TempDir);

impl Desk {
    fn new() -> Desk {
        Desk(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn finding(&self, name: &str, content: impl AsRef<[u8]>) -> Value {
        finding(&[self.file(name, content).to_str().unwrap()])
    }
}

fn counts(finding: &Value) -> Vec<(&str, u64)> {
    let counts = finding["problems"]["counts"].as_object().unwrap();
    counts.iter().map(|(code, count)| (code.as_str(), count.as_u64().unwrap())).collect()
}

#[test]
fn counties_in_gcj02_are_told_from_those_in_wgs84_and_by_how_many_metres() {
    let found = finding(&[GCJ02, "--against", WGS84]);
    let against = &found["against"];
    assert_eq!(against["conclusion"]["says"], "looks-like", "{against}");
    assert_eq!(against["conclusion"]["datum"], "gcj-02");
    // The shift of the 300 vertices in tests/oracles/gcj02_vertices.csv, by eviltransform's inverse: computed here from
    // its numbers, on a sphere. Over the province it goes from 390 to 560 m east and from 120 to 300 m south.
    let oracle = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/gcj02_vertices.csv"));
    let (mut east, mut north) = (Vec::new(), Vec::new());
    for line in oracle.unwrap().lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit())) {
        let n: Vec<f64> = line.split(',').skip(1).map(|cell| cell.parse().unwrap()).collect();
        let metres = 6_371_000_f64.to_radians();
        east.push((n[0] - n[2]) * metres * n[3].to_radians().cos());
        north.push((n[1] - n[3]) * metres);
    }
    let middle = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (east, north) = (middle(&mut east), middle(&mut north));
    for by in ["same_codes", "slid"] {
        let (e, n) = (against[by]["east_m"].as_f64().unwrap(), against[by]["north_m"].as_f64().unwrap());
        assert!((e - east).abs() < 25.0 && (n - north).abs() < 25.0, "{by}: {e}, {n} for {east}, {north}");
    }
    let undone = &against["hypotheses"][1];
    assert_eq!(undone["supposed"]["file"], "gcj-02");
    assert!(undone["median_m"].as_f64().unwrap() < 5.0, "{undone}");

    let (_, en, _) = tongda(&["inspect", GCJ02, "--against", WGS84, "--lang", "en"]);
    assert!(en.contains("looks like GCJ-02: 510 m off as it stands") && en.contains("datum = \"gcj-02\""), "{en}");
    let (_, zh, _) = tongda(&["inspect", GCJ02, "--against", WGS84, "--lang", "zh"]);
    assert!(zh.contains("疑为 GCJ-02：现状偏移 510 m"), "{zh}");
}

#[test]
fn a_file_that_fits_is_left_alone() {
    for arguments in [
        &[GCJ02, "--datum", "gcj-02", "--against", WGS84] as &[&str],
        // drawn by another source, up to some hundred metres off here and there, but not shifted
        &["geodata/jiangsu/counties_tianditu.geojson", "--against", WGS84],
        &[WGS84, "--against", WGS84],
    ] {
        let found = finding(arguments);
        assert_eq!(found["against"]["conclusion"]["says"], "fits-as-it-stands", "{arguments:?} {}", found["against"]);
    }
    // and the other way round it is the reference that is shifted
    let found = finding(&[WGS84, "--against", GCJ02]);
    assert_eq!(found["against"]["conclusion"]["says"], "reference-looks-like", "{}", found["against"]);
}

#[test]
fn fields_are_known_by_their_values() {
    let found = finding(&[WGS84]);
    assert_eq!((&found["code_field"], &found["name_field"]), (&"adcode".into(), &"name".into()));
    assert_eq!((found["records"].as_u64(), found["driver"].as_str()), (Some(176), Some("GeoJSON")));
    // the county in which a settlement lies is no code of its own: 1284 settlements share 160 of them
    let found = finding(&["geodata/jiangsu/settlements.csv"]);
    assert_eq!(found["code_field"], Value::Null);
    assert_eq!(counts(&found), []);
    assert_eq!((&found["crs"]["said_by"], &found["crs"]["candidates"]), (&"nobody".into(), &Value::from([4326])));
}

/// Expected by shapely 2.2 (GEOS 3.14) and pyproj in EPSG:4549: the intersections of all pairs, and the holes of the union.
#[test]
fn overlaps_and_gaps_between_counties_are_those_of_geos() {
    let found = finding(&["geodata/jiangsu/counties_tianditu.geojson"]);
    let sides = &found["sides"];
    assert_eq!((sides["overlaps"].as_u64(), sides["gaps"].as_u64()), (Some(1), Some(1)), "{sides}");
    let (overlap, gap) = (&sides["largest_overlaps"][0], &sides["largest_gaps"][0]);
    let near = |value: &Value, want: f64| (value.as_f64().unwrap() / want - 1.0).abs() < 1e-6;
    assert_eq!(overlap["areas"], Value::from(["320703", "371103"].map(Value::from).to_vec()));
    assert!(near(&overlap["area_m2"], 268_113.0) && near(&overlap["width_m"], 141.8), "{overlap}");
    // an enclave of another county, which the file does not hold
    assert_eq!(gap["areas"], Value::from(vec![Value::from("341802")]));
    assert!(near(&gap["area_m2"], 39_062_664.0), "{gap}");
    let found = finding(&[WGS84]);
    assert_eq!((found["sides"]["overlaps"].as_u64(), found["sides"]["gaps"].as_u64()), (Some(0), Some(1)));
    let (_, out, _) = tongda(&["inspect", WGS84, "--lang", "en"]);
    assert!(out.contains("no overlaps; 1 gap, 39.7 km² (EPSG:4549)"), "{out}");
    // without a CRS nobody knows how large they are
    assert!(finding(&["tests/oracles/formats/areas_bare.shp"])["sides"].is_null());
}

#[test]
fn every_fault_is_counted_and_placed() {
    let desk = Desk::new();
    let square = |x: f64| format!("[[{x},32.0],[{},32.0],[{},32.5],[{x},32.5],[{x},32.0]]", x + 0.5, x + 0.5);
    let feature = |code: &str, geometry: &str| {
        format!("{{\"type\":\"Feature\",\"properties\":{{\"code\":{code}}},\"geometry\":{geometry}}}")
    };
    let polygon = |rings: &str| format!("{{\"type\":\"Polygon\",\"coordinates\":[{rings}]}}");
    let bow_tie = "[[119.0,32.0],[119.5,32.5],[119.5,32.0],[119.0,32.5],[119.0,32.0]]";
    let text = format!(
        "{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}",
        [
            feature("\"320101\"", &polygon(&square(118.0))),
            feature("\"320101\"", &polygon(&square(118.5))),
            feature("\"320103\"", &polygon(bow_tie)),
            feature("\"320104\"", "null"),
            feature("null", &polygon(&square(119.5))),
        ]
        .join(",\n")
    );
    let found = desk.finding("faulty.geojson", &text);
    assert_eq!(
        counts(&found),
        [("duplicate-code", 1), ("no-code", 1), ("no-geometry", 1), ("self-intersection", 1)],
        "{}",
        found["problems"]
    );
    let records: Vec<(&str, u64)> = found["problems"]["first"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| (issue["code"].as_str().unwrap(), issue["record"].as_u64().unwrap()))
        .collect();
    for placed in [("duplicate-code", 2), ("self-intersection", 3), ("no-geometry", 4), ("no-code", 5)] {
        assert!(records.contains(&placed), "{records:?}");
    }
}

#[test]
fn numbers_that_can_not_be_meant_are_told() {
    let desk = Desk::new();
    // metres of a Gauss-Krüger zone in a format that is degrees by its standard
    let metres = r#"{"type":"Feature","properties":{"code":"a"},"geometry":{"type":"Point","coordinates":[40500000.0,3550000.0]}}"#;
    let found = desk.finding("metres.geojson", metres);
    assert!(found["crs"]["doubt"].is_string(), "{}", found["crs"]);
    // zone 40 of the CGCS2000 3-degree zones with the number in front of the easting
    let candidates: Vec<u64> =
        found["crs"]["candidates"].as_array().unwrap().iter().map(|code| code.as_u64().unwrap()).collect();
    assert!(candidates.contains(&4528), "{candidates:?}");
    // latitude first
    let swapped: String = "lon,lat\n".chars().chain((0..30).flat_map(|_| "32.05,118.8\n".chars())).collect();
    let found = desk.finding("swapped.csv", swapped);
    assert!(found["crs"]["looks_like"].to_string().contains("north-first"), "{}", found["crs"]);
}

#[test]
fn a_file_that_can_not_be_read_is_named() {
    let desk = Desk::new();
    let broken = desk.file("broken.geojson", "{\"type\":\"FeatureCollection\",\n\"features\":[{]}");
    for (arguments, want) in [
        (&["nowhere.geojson"] as &[&str], "nowhere.geojson"),
        (&[broken.to_str().unwrap()], "line 2"),
        (&[WGS84, "--crs", "EPSG:999999"], "EPSG:999999"),
        (&[WGS84, "--against", "geodata/jiangsu/settlements.csv"], "does not say in which CRS"),
    ] {
        let (code, _, error) = tongda(&[&["inspect"], arguments].concat());
        assert!(code == 2 && error.contains(want), "{arguments:?}: {code} {error}");
    }
}

#[test]
fn a_raster_is_told_by_its_grid_and_its_cells() {
    let path = "tests/oracles/rasters/f32_lzw_p3_tiles_synthetic.tif";
    let (code, out, _) = tongda(&["inspect", path]);
    assert_eq!(code, 0, "{out}");
    for want in ["67 × 45", "EPSG:4490", "0.03 × 0.03", "float32", "tiles 16 × 16, LZW, predictor 3", "-9999"] {
        assert!(out.contains(want), "{want}: {out}");
    }
    let (_, out, _) = tongda(&["inspect", "--json", path]);
    let found: Value = serde_json::from_str(&out).unwrap();
    let cells = &found[0]["cells"];
    let parts: u64 =
        ["data", "zero", "no_data", "negative", "no_number"].iter().map(|key| cells[*key].as_u64().unwrap()).sum();
    assert_eq!((parts, cells["all"].as_u64().unwrap()), (67 * 45, 67 * 45));
    let row = fs::read_to_string("tests/oracles/rasters/sums.csv").unwrap();
    let row: Vec<&str> = row.lines().find(|line| line.starts_with("f32_lzw_p3_tiles")).unwrap().split(',').collect();
    assert_eq!(cells["data"].to_string(), row[7]);
    assert!((found[0]["sum"].as_f64().unwrap() - row[8].parse::<f64>().unwrap()).abs() < 1e-6);
    let (_, out, _) = tongda(&["inspect", "tests/oracles/rasters/bands_synthetic.tif"]);
    assert!(out.contains("band 3 / 3"), "{out}");
}
