//! GeoParquet: files that geopandas and Arrow wrote (`tests/oracles/geoparquet.py`), whole and broken, and files of our own.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use geo::Area;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::Point;
use geo_types::Polygon;
use tongda::base::units::Text;
use tongda::io::read;
use tongda::io::read::Collected;
use tongda::io::read::DeclaredCrs;
use tongda::io::read::LayerInfo;
use tongda::io::read::ReadError;
use tongda::io::read::ReadRequest;
use tongda::io::reproject::Crs;
use tongda::table::Field;
use tongda::table::FieldKind;
use tongda::table::GeometryKind;
use tongda::table::OutputCrs;
use tongda::table::Row;
use tongda::table::Table;
use tongda::table::Value;

fn oracle(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/formats").join(name)
}

fn layer(path: &Path) -> Result<(LayerInfo, Collected), ReadError> {
    read::read_all(&ReadRequest::new(path, "test"))
}

fn text(value: &str) -> Value {
    Value::from(value)
}

fn told(read: &Collected) -> Vec<(&str, Option<u64>, Option<&str>)> {
    read.issues.iter().map(|issue| (issue.code, issue.record, issue.field.as_deref())).collect()
}

#[test]
fn areas_of_geopandas_are_read() {
    let (info, read) = layer(&oracle("gp_geopandas.parquet")).unwrap();
    assert_eq!((info.driver, info.records, info.crs), ("GeoParquet", 3, DeclaredCrs::Carried("EPSG:4490".into())));
    let fields: Vec<(&str, FieldKind)> = info.fields.iter().map(|field| (field.name.as_str(), field.kind)).collect();
    let want = [
        ("code", FieldKind::Text),
        ("名称", FieldKind::Text),
        ("people", FieldKind::Int),
        ("share", FieldKind::Real),
        ("opened", FieldKind::Text),
        ("checked", FieldKind::Bool),
    ];
    assert_eq!(fields, want, "neither the rectangles nor the second geometry");
    let want = [
        vec![
            text("000101"),
            text("玄武区"),
            Value::Int(12_345_678_901),
            Value::Real(0.25),
            text("2024-12-05"),
            Value::Bool(true),
        ],
        vec![text("000102"), text("鼓楼区（㙍）"), Value::Null, Value::Real(1e-7), Value::Null, Value::Bool(false)],
        vec![text("000103"), Value::Null, Value::Int(0), Value::Null, text("1999-01-31"), Value::Null],
    ];
    for (record, want) in read.records.iter().zip(want) {
        assert_eq!(record.values, want);
    }
    let area = |at: usize| read.records[at].geometry.as_ref().map(|shape| shape.unsigned_area());
    assert!((area(0).unwrap() - (1.0 - 0.04 + 0.125)).abs() < 1e-12 && area(1) == Some(1.0) && area(2).is_none());
    assert_eq!(told(&read), [("second-geometry", None, Some("second")), ("no-geometry", Some(3), Some("geometry"))]);
}

#[test]
fn points_and_lines_of_their_own_encoding_are_read() {
    let (info, read) = layer(&oracle("gp_points.parquet")).unwrap();
    assert_eq!(info.crs, DeclaredCrs::Carried("EPSG:4549".into()));
    let at = |x, y| Some(Geometry::Point(Point::new(x, y)));
    let places: Vec<_> = read.records.iter().map(|record| record.geometry.clone()).collect();
    assert_eq!(places, [at(500_000.0, 3_550_000.0), at(501_000.5, 3_551_000.25), None]);
    let (_, read) = layer(&oracle("gp_lines.parquet")).unwrap();
    let line: LineString = vec![(0.0, 0.0), (1.0, 1.0)].into();
    assert_eq!(read.records[0].geometry, Some(line.into()));
}

#[test]
fn without_a_crs_it_is_longitude_and_latitude() {
    let (info, read) = layer(&oracle("gp_bare.parquet")).unwrap();
    assert_eq!(info.crs, DeclaredCrs::ByFormat("OGC:CRS84".into()));
    assert!(Crs::new("OGC:CRS84").is_ok());
    assert_eq!(read.records[0].geometry, Some(Geometry::Point(Point::new(118.8, 32.05))));
    let kinds: Vec<&Value> = read.records.iter().map(|record| record.value(0)).collect();
    assert_eq!(kinds, [&text("a"), &text("b"), &text("a")]);
    assert_eq!(told(&read), [("bad-geometry", Some(2), Some("g")), ("no-geometry", Some(3), Some("g"))]);
}

#[test]
fn every_type_of_column_is_read_or_told() {
    let (info, read) = layer(&oracle("gp_types.parquet")).unwrap();
    assert_eq!(info.crs, DeclaredCrs::Unknown);
    let want = [
        ("int8", Value::Int(-8)),
        ("uint8", Value::Int(200)),
        ("uint32", Value::Int(4_000_000_000)),
        ("uint64", Value::Real(1.8e19)),
        ("float16", Value::Real(0.5)),
        ("float32", Value::Real(0.25)),
        ("date32", text("2024-12-05")),
        ("date64", text("2024-12-05")),
        ("second", text("2024-12-05T08:30:00")),
        ("micro", text("2024-12-05T08:30:00.1234")),
        ("zoned", text("2024-12-05T08:30:00.1234Z")),
        ("time", text("08:30:00")),
        ("decimal", Value::Real(12_345_678_901_234_567_890.25)),
        ("whole", Value::Int(42)),
        ("large", text("大")),
        ("category", text("x")),
        ("bytes", Value::Null),
        ("nothing", Value::Null),
        ("lon", Value::Real(118.8)),
        ("lat", Value::Real(32.05)),
    ];
    let values = info.fields.iter().map(|field| field.name.as_str()).zip(read.records[0].values.clone());
    assert_eq!(values.collect::<Vec<_>>(), want);
    assert!(read.records[1].values.iter().all(Value::is_null), "{:?}", read.records[1].values);
    // a table may hold its places in columns
    assert_eq!(read.records[0].geometry, Some(Geometry::Point(Point::new(118.8, 32.05))));
    let want = [
        ("binary-value", None, Some("bytes")),
        ("nested-column", None, Some("list")),
        ("nested-column", None, Some("group")),
        ("bad-value", Some(2), Some("float32")),
        ("no-geometry", Some(2), Some("lon")),
    ];
    assert_eq!(told(&read), want);
}

#[test]
fn files_that_break_off_or_are_something_else_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let whole = fs::read(oracle("gp_bare.parquet")).unwrap();
    let mut lies = whole.clone();
    let end = lies.len();
    lies[end - 8..end - 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    for content in [&whole[..whole.len() / 2], &whole[..whole.len() - 3], b"", b"code,name\n", b"PAR1PAR1", &lies] {
        fs::write(&path, content).unwrap();
        let message = layer(&path).unwrap_err().to_string();
        assert!(message.contains("damaged or not readable"), "{message}");
    }
}

#[test]
fn no_damage_makes_the_reader_panic() {
    // the same bytes every time: a linear congruential generator (Knuth, MMIX)
    let mut state = 20_241_205_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    for name in ["gp_geopandas.parquet", "gp_bare.parquet", "gp_types.parquet"] {
        let whole = fs::read(oracle(name)).unwrap();
        let mut refused = 0;
        for _ in 0..1000 {
            let mut bytes = whole.clone();
            for _ in 0..1 + next(4) {
                let at = next(bytes.len());
                bytes[at] = [0, 0xff, 0x7f, bytes[at] ^ (1 << next(8))][next(4)];
            }
            fs::write(&path, &bytes).unwrap();
            refused += usize::from(layer(&path).is_err());
        }
        assert!(refused > 0, "{name}: no damage was noticed");
    }
}

fn table(geometry: GeometryKind, crs: OutputCrs, rows: Vec<Row>) -> Table {
    Table {
        name: "clinics".into(),
        title: Text::new("Clinics", "卫生院"),
        description: Text::new("One a town.", "每乡镇一所。"),
        synthetic: true,
        crs,
        geometry,
        fields: vec![
            Field::new("code", FieldKind::Text, "Code", "代码"),
            Field::new("beds", FieldKind::Int, "Beds", "床位"),
            Field::new("share", FieldKind::Real, "Share", "比例"),
            Field::new("met", FieldKind::Bool, "Met", "达标"),
        ],
        rows,
        style: None,
    }
}

fn row(at: usize, geometry: Option<Geometry<f64>>) -> Row {
    let code = text(&format!("{at:04}"));
    let values = match at % 3 {
        0 => vec![code, Value::Int(at as i64), Value::Real(0.1), Value::Bool(true)],
        1 => vec![code, Value::Null, Value::Real(1.0), Value::Bool(false)],
        _ => vec![code, Value::Int(i64::MIN), Value::Null, Value::Null],
    };
    Row { geometry, values }
}

/// The geometry of each row.
type Shapes<'a> = &'a dyn Fn(usize) -> Option<Geometry<f64>>;

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let write = read::driver(&path).unwrap().write.unwrap();
    let point = |at: usize| {
        Geometry::Point(Point::new(118.0 + (at * 37 % 100) as f64 / 100.0, 32.0 + (at * 61 % 100) as f64 / 100.0))
    };
    let square = |at: usize| {
        let (x, y) = (118.0 + at as f64 / 100.0, 32.0);
        let ring = |x: f64, y: f64, side: f64| {
            LineString::from(vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)])
        };
        let mut hole = ring(x + 0.002, y + 0.002, 0.001);
        hole.0.reverse();
        Geometry::MultiPolygon(vec![Polygon::new(ring(x, y, 0.008), vec![hole])].into())
    };
    let shapes: [(GeometryKind, OutputCrs, &str, Shapes<'_>); 3] = [
        (GeometryKind::Point, OutputCrs::Wgs84, "OGC:CRS84", &|at| Some(point(at))),
        (GeometryKind::MultiPolygon, OutputCrs::Cgcs2000, "EPSG:4490", &|at| Some(square(at))),
        (GeometryKind::None, OutputCrs::Wgs84, "", &|_| None),
    ];
    for (kind, crs, name, shape) in shapes {
        let table = table(kind, crs, (0..100).map(|at| row(at, shape(at))).collect());
        write(&path, &table).unwrap();
        let bytes = fs::read(&path).unwrap();
        write(&path, &table).unwrap();
        assert_eq!(bytes, fs::read(&path).unwrap(), "{kind:?}: the same table, other bytes");
        let (info, read) = layer(&path).unwrap();
        assert!(read.issues.is_empty(), "{kind:?}: {:?}", read.issues.first());
        assert_eq!((info.records, info.crs.text()), (100, Some(name).filter(|name| !name.is_empty())));
        let mut records = read.records;
        records.sort_by_key(|record| record.value(0).to_string());
        for (record, row) in records.iter().zip(&table.rows) {
            assert_eq!((&record.values, &record.geometry), (&row.values, &row.geometry), "{kind:?}");
        }
        write(&path, &Table { rows: Vec::new(), ..table }).unwrap();
        assert_eq!(layer(&path).unwrap().0.records, 0, "{kind:?}");
    }
}
