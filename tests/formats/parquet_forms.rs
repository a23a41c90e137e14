//! Forms of Parquet that other programs write (`tests/oracles/parquet_forms.py`): native encodings, geometries by the type of their column,
//! moments of 96 bits, UUIDs and checksums. One table each.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use geo_types::Geometry;
use geo_types::Point;
use tongda::io::read;
use tongda::io::read::Collected;
use tongda::io::read::DeclaredCrs;
use tongda::io::read::LayerInfo;
use tongda::io::read::ReadError;
use tongda::io::read::ReadRequest;
use tongda::table::Value;
use wkt::ToWkt;

fn oracle(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/formats").join(format!("pq_{name}.parquet"))
}

fn layer(path: &Path) -> Result<(LayerInfo, Collected), ReadError> {
    read::read_all(&ReadRequest::new(path, "test"))
}

fn told(read: &Collected) -> Vec<(&str, Option<u64>, Option<&str>)> {
    read.issues.iter().map(|issue| (issue.code, issue.record, issue.field.as_deref())).collect()
}

#[test]
fn native_encodings_of_geoparquet_1_1_are_read() {
    // what went in, by the script
    for (name, want) in [
        ("linestring", "LINESTRING(118 32,119 33.5,120 32)"),
        ("linestring_z", "LINESTRING(118 32,119 33)"),
        ("polygon", "POLYGON((118 32,119 32,119 33,118 33,118 32),(118.25 32.25,118.25 32.5,118.5 32.5,118.25 32.25))"),
        ("multipoint", "MULTIPOINT((118 32),(119 33))"),
        ("multilinestring", "MULTILINESTRING((118 32,119 33),(120 32,120 33,121 33))"),
        (
            "multipolygon",
            "MULTIPOLYGON(((118 32,119 32,119 33,118 32)),((120 32,121 32,121 33,120 32),(120.5 32.125,120.75 32.125,120.75 32.25,\
             120.5 32.125)))",
        ),
    ] {
        let (info, read) = layer(&oracle(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(info.crs, DeclaredCrs::Carried("EPSG:4490".into()), "{name}");
        let found = read.records[0].geometry.as_ref().map(|shape| shape.wkt_string());
        assert_eq!(found.as_deref(), Some(want), "{name}");
        if read.records.len() > 1 {
            assert_eq!(told(&read), [("no-geometry", Some(2), Some("geometry"))], "{name}");
        }
    }
}

#[test]
fn columns_of_type_geometry_are_geometries_without_metadata() {
    // Parquet's "Geospatial logical types": no CRS means longitude and latitude
    for (name, crs) in [
        ("logical", DeclaredCrs::ByFormat("OGC:CRS84".into())),
        ("logical_4490", DeclaredCrs::Carried("EPSG:4490".into())),
        ("logical_srid", DeclaredCrs::Carried("EPSG:4549".into())),
        ("logical_sphere", DeclaredCrs::ByFormat("OGC:CRS84".into())),
    ] {
        let (info, read) = layer(&oracle(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((info.records, info.crs), (3, crs), "{name}");
        let fields: Vec<&str> = info.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(fields, ["code", "wkt"], "{name}");
        assert_eq!(read.records[0].geometry, Some(Geometry::Point(Point::new(118.5, 32.25))), "{name}");
        let want = [
            ("nested-column", None, Some("bbox")),
            ("no-geometry", Some(2), Some("place")),
            ("no-geometry", Some(3), Some("place")),
        ];
        assert_eq!(told(&read), want, "{name}");
    }
}

#[test]
fn values_are_those_that_went_in() {
    let (info, read) = layer(&oracle("values")).unwrap();
    let text = |text: &str| Value::from(text);
    let column = |name: &str| -> Vec<Value> {
        let at = info.fields.iter().position(|field| field.name == name).unwrap_or_else(|| panic!("{name}"));
        read.records.iter().map(|record| record.value(at).clone()).collect()
    };
    let id = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    for (name, want) in [
        ("id", [text(id), Value::Null, text("00000000-0000-0000-0000-000000000001")]),
        ("hash", [Value::Null, Value::Null, Value::Null]),
        ("until", [text("9999-12-31T00:00:00"), text("1600-01-01T00:00:00.25"), Value::Null]),
        ("price", [Value::Real(12.125), Value::Null, Value::Real(-0.001)]),
        // more digits than a number has: an id
        ("whole", [Value::Int(9_007_199_254_740_993), Value::Null, text("99999999999999999999")]),
        ("kind", [text("学校"), text("学校"), Value::Null]),
    ] {
        assert_eq!(column(name), want, "{name}");
    }
    assert_eq!(told(&read), [("binary-value", None, Some("hash")), ("nested-column", None, Some("list"))]);
}

#[test]
fn a_page_whose_checksum_is_wrong_is_damage() {
    let path = oracle("checksum");
    assert_eq!(layer(&path).unwrap().0.records, 100);
    let mut bytes = fs::read(&path).unwrap();
    // the number 77 as it lies in its page
    let at = bytes.windows(8).position(|eight| eight == 77_i64.to_le_bytes()).unwrap();
    bytes[at] = 78;
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.parquet");
    fs::write(&damaged, bytes).unwrap();
    let error = layer(&damaged).unwrap_err().to_string();
    assert!(error.contains("damaged") && error.to_lowercase().contains("crc"), "{error}");
}
