//! FlatGeobuf: files that GDAL 3.6 wrote (`tests/oracles/formats.py`), whole and broken, and files of our own.

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

#[test]
fn areas_are_read_in_the_order_of_the_index() {
    let (info, read) = layer(&oracle("areas.fgb")).unwrap();
    assert_eq!((info.driver, info.records, info.crs), ("FlatGeobuf", 2, DeclaredCrs::Carried("EPSG:4490".into())));
    let fields: Vec<(&str, FieldKind)> = info.fields.iter().map(|field| (field.name.as_str(), field.kind)).collect();
    let want = [
        ("code", FieldKind::Text),
        ("名称", FieldKind::Text),
        ("people", FieldKind::Int),
        ("share", FieldKind::Real),
        ("opened", FieldKind::Text),
        ("checked", FieldKind::Bool),
    ];
    assert_eq!(fields, want);
    let first = [text("000102"), text("鼓楼区（㙍）"), Value::Null, Value::Real(1e-7), Value::Null, Value::Bool(false)];
    assert_eq!(read.records[0].values, first);
    let second = [
        text("000101"),
        text("玄武区"),
        Value::Int(12_345_678_901),
        Value::Real(0.25),
        text("2024-12-05T00:00:00"),
        Value::Bool(true),
    ];
    assert_eq!(read.records[1].values, second);
    let area = |at: usize| read.records[at].geometry.as_ref().map(|shape| shape.unsigned_area()).unwrap();
    assert!((area(0) - 1.0).abs() < 1e-12 && (area(1) - (1.0 - 0.04 + 0.125)).abs() < 1e-12);
    assert!(read.issues.is_empty(), "{:?}", read.issues);
}

#[test]
fn every_type_of_geometry_and_of_column_is_read_or_told() {
    let (info, read) = layer(&oracle("shapes.fgb")).unwrap();
    assert_eq!((info.records, info.crs), (8, DeclaredCrs::Carried("EPSG:4549".into())));
    let values = [
        Value::Int(7),
        Value::Int(-7),
        Value::Real(0.5),
        text("2024-12-05T08:30:00Z"),
        text("{\"a\": [1]}"),
        Value::Null,
    ];
    assert!(read.records.iter().all(|record| record.values == values), "{:?}", read.records[0].values);
    let kinds: Vec<&str> = read
        .records
        .iter()
        .map(|record| match &record.geometry {
            Some(Geometry::Point(at)) if at.x() == 500_000.0 => "point",
            Some(Geometry::LineString(line)) if line.0.len() == 3 => "line",
            Some(Geometry::Polygon(polygon)) if polygon.unsigned_area() == 15.0 => "polygon",
            Some(Geometry::MultiPoint(points)) if points.0.len() == 2 => "points",
            Some(Geometry::MultiLineString(lines)) if lines.0[1].0.len() == 3 => "lines",
            Some(Geometry::MultiPolygon(polygons)) if polygons.unsigned_area() == 15.5 => "polygons",
            // of the collection the line; a quarter or so of a circle
            Some(Geometry::LineString(_)) => "another line",
            None => "none",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["point", "line", "polygon", "points", "lines", "polygons", "another line", "another line"]);
    let told: Vec<(&str, Option<u64>)> = read.issues.iter().map(|issue| (issue.code, issue.record)).collect();
    assert_eq!(told, [("binary-value", None), ("left-out-part", Some(7)), ("arcs", Some(8))]);
}

/// A copy of a file to be broken.
fn broken(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.fgb");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn a_count_that_is_not_known_is_found_out() {
    let mut bytes = fs::read(oracle("shapes.fgb")).unwrap();
    let at = (8..bytes.len()).find(|at| bytes[*at..].starts_with(&8_u64.to_le_bytes())).unwrap();
    bytes[at] = 0;
    let (_folder, path) = broken(&bytes);
    assert_eq!(layer(&path).unwrap().1.records.len(), 8);
    // one less than there are: the last one is told
    bytes[at] = 7;
    fs::write(&path, &bytes).unwrap();
    let (_, read) = layer(&path).unwrap();
    assert_eq!((read.records.len(), read.issues.last().map(|issue| issue.code)), (7, Some("more-bytes")));
    // more than there are, and more than any file has
    for count in [9, u64::MAX] {
        bytes[at..at + 8].copy_from_slice(&count.to_le_bytes());
        fs::write(&path, &bytes).unwrap();
        let message = layer(&path).unwrap_err().to_string();
        assert!(message.contains("the file is cut: feature 9"), "{message}");
    }
}

#[test]
fn sizes_in_a_file_are_not_believed() {
    let whole = fs::read(oracle("areas.fgb")).unwrap();
    let message = |bytes: &[u8]| layer(&broken(bytes).1).unwrap_err().to_string();
    let with = |at: usize, bytes: &[u8]| {
        let mut all = whole.clone();
        all[at..at + bytes.len()].copy_from_slice(bytes);
        message(&all)
    };
    for size in [0x7fff_ffff_u32, u32::MAX] {
        assert!(with(8, &size.to_le_bytes()).contains("more than any sound file"));
    }
    assert!(with(3, &[9]).contains("version 9"));
    assert!(message(b"").contains("breaks off") && message(b"code,name\n").contains("is no FlatGeobuf"));
    assert!(message(&whole[..whole.len() - 10]).contains("the file is cut: feature 2 of 2"));
    assert!(message(&whole[..40]).contains("the header breaks off"));
    // two gigabytes where a feature starts: behind the header and three nodes of the index
    let header = u32::from_le_bytes(whole[8..12].try_into().unwrap()) as usize;
    assert!(with(12 + header + 3 * 40, &0x7fff_ffff_u32.to_le_bytes()).contains("feature 1 of 2 breaks off"));
}

#[test]
fn no_damage_makes_the_reader_panic() {
    // the same bytes every time: a linear congruential generator (Knuth, MMIX)
    let mut state = 20_241_205_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for name in ["areas.fgb", "shapes.fgb"] {
        let whole = fs::read(oracle(name)).unwrap();
        let (_folder, path) = broken(&whole);
        let (mut refused, mut told) = (0, 0);
        for _ in 0..600 {
            let mut bytes = whole.clone();
            for _ in 0..1 + next(4) {
                let at = next(bytes.len());
                bytes[at] = [0, 0xff, 0x7f, bytes[at] ^ (1 << next(8))][next(4)];
            }
            fs::write(&path, &bytes).unwrap();
            match layer(&path) {
                Ok((_, read)) => told += read.issues.len(),
                Err(_) => refused += 1,
            }
        }
        assert!(refused > 0 && told > 0, "{name}: no damage was noticed");
    }
}

fn table(geometry: GeometryKind, rows: Vec<Row>) -> Table {
    Table {
        name: "clinics".into(),
        title: Text::new("Clinics", "卫生院"),
        description: Text::new("One a town.", "每乡镇一所。"),
        synthetic: true,
        crs: OutputCrs::Cgcs2000,
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
    let values = match at % 3 {
        0 => vec![text(&format!("{at:04}")), Value::Int(at as i64), Value::Real(0.1), Value::Bool(true)],
        1 => vec![text(&format!("{at:04}")), Value::Null, Value::Int(1), Value::Bool(false)],
        _ => vec![text(&format!("{at:04}")), Value::Int(i64::MIN), Value::Null, Value::Null],
    };
    Row { geometry, values }
}

/// What a value is after it was written: whole numbers of a column of fractions are fractions.
fn written(row: &Row) -> Vec<Value> {
    let mut values = row.values.clone();
    if values[2] == Value::Int(1) {
        values[2] = Value::Real(1.0);
    }
    values
}

/// The geometry of each row.
type Shapes<'a> = &'a dyn Fn(usize) -> Option<Geometry<f64>>;

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.fgb");
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
        Geometry::MultiPolygon(
            vec![Polygon::new(ring(x, y, 0.008), vec![hole]), Polygon::new(ring(x, y + 1.0, 0.001), vec![])].into(),
        )
    };
    let line = |at: usize| {
        let line = |y: f64| LineString::from(vec![(118.0 + at as f64 / 100.0, y), (119.0, 33.0), (119.5, 33.0)]);
        if at.is_multiple_of(2) {
            return Geometry::MultiLineString(geo_types::MultiLineString(vec![line(32.0)]));
        }
        Geometry::MultiLineString(geo_types::MultiLineString(vec![line(32.0), line(31.0)]))
    };
    let shapes: [(GeometryKind, Shapes<'_>); 4] = [
        (GeometryKind::Point, &|at| Some(point(at))),
        (GeometryKind::MultiPolygon, &|at| Some(square(at))),
        (GeometryKind::MultiLineString, &|at| Some(line(at))),
        (GeometryKind::None, &|_| None),
    ];
    for (kind, shape) in shapes {
        let table = table(kind, (0..100).map(|at| row(at, shape(at))).collect());
        write(&path, &table).unwrap();
        let bytes = fs::read(&path).unwrap();
        write(&path, &table).unwrap();
        assert_eq!(bytes, fs::read(&path).unwrap(), "{kind:?}: the same table, other bytes");
        let (info, read) = layer(&path).unwrap();
        assert!(read.issues.is_empty(), "{kind:?}: {:?}", read.issues.first());
        let crs = match kind {
            GeometryKind::None => DeclaredCrs::Unknown,
            _ => DeclaredCrs::Carried("EPSG:4490".into()),
        };
        assert_eq!((info.records, info.crs), (100, crs));
        let mut records = read.records;
        records.sort_by_key(|record| record.value(0).to_string());
        for (record, row) in records.iter().zip(&table.rows) {
            assert_eq!((&record.values, &record.geometry), (&written(row), &row.geometry), "{kind:?}");
        }
    }
    for kind in [GeometryKind::Point, GeometryKind::None] {
        write(&path, &table(kind, Vec::new())).unwrap();
        assert_eq!(layer(&path).unwrap().0.records, 0, "{kind:?}");
    }
}

/// Records and how many were passed over.
#[derive(Default)]
struct Counted(Collected, u64);

impl read::Sink for Counted {
    fn record(&mut self, fields: &[Field], record: tongda::table::Record, trouble: Option<tongda::base::issue::Issue>) {
        self.0.record(fields, record, trouble);
    }

    fn issue(&mut self, issue: tongda::base::issue::Issue) {
        self.0.issue(issue);
    }

    fn passed_over(&mut self, records: u64) {
        self.1 += records;
    }
}

fn cut(path: &Path, bbox: [f64; 4]) -> (Result<LayerInfo, ReadError>, Counted) {
    let mut sink = Counted::default();
    let info = read::read(&ReadRequest { bbox: Some(bbox), ..ReadRequest::new(path, "test") }, &mut sink);
    (info, sink)
}

#[test]
fn a_rectangle_is_read_through_the_index_as_if_all_were_read() {
    let place = |at: usize| ((at * 7919 % 1000) as f64 / 100.0 + 110.0, (at * 104_729 % 997) as f64 / 100.0 + 30.0);
    let point = |at: usize| Some(Geometry::Point(Point::new(place(at).0, place(at).1)));
    let folder = tempfile::tempdir().unwrap();
    let write = |ending: &str, rows: usize| {
        let path = folder.path().join(format!("points{rows}.{ending}"));
        let rows = (0..rows).map(|at| row(at, point(at))).collect();
        read::driver(&path).unwrap().write.unwrap()(&path, &table(GeometryKind::Point, rows)).unwrap();
        path
    };
    let boxes = [
        [112.0, 33.0, 113.5, 34.25],
        // a line on which points lie, and nothing at all
        [115.0, 30.0, 115.0, 40.0],
        [0.0, 0.0, 1.0, 1.0],
        [100.0, 20.0, 130.0, 50.0],
    ];
    for rows in [1, 16, 17, 300, 5000] {
        let (indexed, plain) = (write("fgb", rows), write("geojson", rows));
        for bbox in boxes {
            let [west, south, east, north] = bbox;
            let meant = (0..rows)
                .filter(|at| (west..=east).contains(&place(*at).0) && (south..=north).contains(&place(*at).1))
                .count();
            let mut found = Vec::new();
            for path in [&indexed, &plain] {
                let (info, Counted(read, passed_over)) = cut(path, bbox);
                assert_eq!(info.unwrap().records, rows as u64);
                assert_eq!((read.records.len(), passed_over), (meant, (rows - meant) as u64), "{path:?} {bbox:?}");
                let mut values: Vec<String> = read.records.iter().map(|record| record.value(0).to_string()).collect();
                values.sort();
                found.push(values);
            }
            assert_eq!(found[0], found[1]);
        }
        // each record bears the number that it has when all are read
        let (_, all) = layer(&indexed).unwrap();
        for record in cut(&indexed, boxes[0]).1.0.records {
            assert_eq!(all.records[record.number as usize - 1], record);
        }
    }
    // a file that GDAL wrote: of three areas the one at 118 degrees, touched at its corner
    let (_, all) = layer(&oracle("areas.fgb")).unwrap();
    for record in all.records.iter().filter(|record| record.geometry.is_some()) {
        let around = geo::BoundingRect::bounding_rect(record.geometry.as_ref().unwrap()).unwrap();
        let corner = [around.max().x, around.max().y, around.max().x, around.max().y];
        let (_, Counted(read, _)) = cut(&oracle("areas.fgb"), corner);
        assert!(read.records.contains(record), "{corner:?}");
    }
}

#[test]
fn an_index_that_lies_is_told_and_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.fgb");
    let rows = (0..300).map(|at| row(at, Some(Point::new(110.0 + at as f64 / 100.0, 30.0).into()))).collect();
    read::driver(&path).unwrap().write.unwrap()(&path, &table(GeometryKind::Point, rows)).unwrap();
    let whole = fs::read(&path).unwrap();
    let header = u32::from_le_bytes(whole[8..12].try_into().unwrap()) as usize + 12;
    let mut told = 0;
    // the root's first pointer, and then every byte of the first three levels
    for at in (header + 32..header + 40).chain(header..header + 40 * 60) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        let (_folder, path) = broken(&bytes);
        let (info, Counted(read, passed_over)) = cut(&path, [110.0, 29.0, 110.5, 31.0]);
        if info.is_ok() {
            assert!(read.records.len() as u64 + passed_over == 300, "byte {at}");
        }
        told += u32::from(read.issues.iter().any(|issue| issue.code == "bad-index"));
    }
    assert!(told > 50, "{told}");
}
