//! What is to be mended in a drawing of areas: counts and areas are those of GEOS, and every finding is in a layer.
//!
//! `tests/oracles/boundaries.py` looked at the same files with shapely and wrote `boundaries.csv`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use rusqlite::Connection;
use serde_json::Value;

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

fn oracle() -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/boundaries.csv")).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| names.iter().map(|name| (*name).to_owned()).zip(line.split(',').map(str::to_owned)).collect())
        .collect()
}

#[test]
fn counts_and_areas_are_those_of_geos_and_every_finding_is_in_a_layer() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("out.gpkg");
    for row in oracle() {
        let file = &row["file"];
        let place = if file.starts_with("drawn") { "tests/oracles" } else { "geodata/jiangsu" };
        let layers = package.to_str().unwrap();
        let (code, out, error) = tongda(&["inspect", "--json", "--layers", layers, &format!("{place}/{file}")]);
        assert_eq!(code, 0, "{error}");
        let found: Value = serde_json::from_str(&out).unwrap();
        let sides = &found[0]["sides"];
        let database = Connection::open(&package).unwrap();
        for what in ["overlaps", "gaps", "slivers", "islands", "exclaves"] {
            let (count, area): (u64, f64) = (row[what].parse().unwrap(), row[&format!("{what}_m2")].parse().unwrap());
            let got = (sides[what].as_u64().unwrap(), sides[format!("{what}_m2")].as_f64().unwrap());
            assert_eq!(got.0, count, "{file}: {what}");
            assert!((got.1 - area).abs() <= 1.0 + area * 1e-5, "{file}: {what} {} not {area}", got.1);
            let query = format!("SELECT count(*), coalesce(sum(area_m2), 0) FROM {what}");
            let (rows, sum): (u64, f64) = database.query_row(&query, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            assert_eq!(rows, count, "{file}: {what}");
            assert!((sum - area).abs() <= 1.0 + area * 1e-5, "{file}: {what} {sum} not {area}");
        }
        let borders: u64 = database.query_row("SELECT count(*) FROM unmatched_borders", [], |row| row.get(0)).unwrap();
        assert_eq!(Some(borders), sides["unmatched_borders"].as_u64(), "{file}");
        let styles: u64 = database.query_row("SELECT count(*) FROM layer_styles", [], |row| row.get(0)).unwrap();
        assert_eq!(styles, 6, "{file}");
        let titles: u64 = database
            .query_row("SELECT count(*) FROM gpkg_contents WHERE identifier LIKE '%synthetic%'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(titles > 0, file.contains("synthetic"), "{file}");
    }
}

#[test]
fn findings_name_the_areas() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("out.gpkg");
    let file = "geodata/jiangsu/counties_tianditu.geojson";
    let (code, out, error) = tongda(&["inspect", "--layers", package.to_str().unwrap(), file]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("11 exclaves, 255.5 km²; 8 parts touch no other area, 402.5 km²"), "{out}");
    let database = Connection::open(&package).unwrap();
    let overlap: (String, String) =
        database.query_row("SELECT codes, names FROM overlaps", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(overlap.0, "320703; 371103");
    assert!(overlap.1.contains("连云区"), "{overlap:?}");
}

#[test]
fn layers_need_one_layer_of_areas_and_a_geopackage() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (code, _, error) = tongda(&["inspect", "--layers", &path("a.gpkg"), "geodata/jiangsu/township_seats.csv"]);
    assert!(code == 2 && error.contains("nothing to write"), "{code} {error}");
    let file = "tests/oracles/drawn_twice_synthetic.geojson";
    let (code, _, error) = tongda(&["inspect", "--layers", &path("a.json"), file]);
    assert!(code == 2 && error.contains("ends with .gpkg"), "{code} {error}");
    let (code, _, error) = tongda(&["inspect", "--layers", &path("a.gpkg"), file, file]);
    assert!(code == 2 && error.contains("several layers"), "{code} {error}");
}
