//! Files of every format, written by other programs, whole and broken.
//!
//! `tests/oracles/formats.py` wrote the files with GDAL 3.6; the values expected here are those in it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use geo::Area;
use geo::CoordsIter;
use geo_types::Geometry;
use rusqlite::Connection;
use tempfile::TempDir;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::ingest;
use tongda::io::read;
use tongda::io::read::Collected;
use tongda::io::read::DeclaredCrs;
use tongda::io::read::LayerInfo;
use tongda::io::read::ReadError;
use tongda::io::read::ReadRequest;
use tongda::table::FieldKind;
use tongda::table::Value;

fn oracle(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/formats").join(name)
}

fn layer(path: &Path, layer: Option<&str>) -> Result<(LayerInfo, Collected), ReadError> {
    read::read_all(&ReadRequest { layer, ..ReadRequest::new(path, "test") })
}

fn text(value: &str) -> Value {
    Value::from(value)
}

/// The three areas: code, name, people, share, opened.
fn areas(second_name: &str) -> Vec<Vec<Value>> {
    vec![
        vec![text("000101"), text("玄武区"), Value::Int(12_345_678_901), Value::Real(0.25), text("2024-12-05")],
        vec![text("000102"), text(second_name), Value::Null, Value::Real(1e-7), Value::Null],
        vec![text("000103"), Value::Null, Value::Int(0), Value::Null, text("1999-01-31")],
    ]
}

fn check_shapes(read: &Collected) {
    // a square with a hole, and a triangle beside it; a square; nothing
    let shape = |at: usize| read.records[at].geometry.as_ref().unwrap();
    assert!((shape(0).unsigned_area() - (1.0 - 0.04 + 0.125)).abs() < 1e-12);
    assert!((shape(1).unsigned_area() - 1.0).abs() < 1e-12);
    assert_eq!((shape(0).coords_count(), shape(1).coords_count()), (14, 5));
    assert_eq!(read.records[2].geometry, None);
    let codes: Vec<(&str, Option<u64>)> = read.issues.iter().map(|issue| (issue.code, issue.record)).collect();
    assert!(codes.contains(&("no-geometry", Some(3))), "{codes:?}");
}

#[test]
fn a_layer_of_a_geopackage_is_read_whole() {
    let path = oracle("places.gpkg");
    let (info, read) = layer(&path, Some("areas")).unwrap();
    assert_eq!((info.records, info.crs), (3, DeclaredCrs::Carried("EPSG:4490".into())));
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
    for ((record, mut want), checked) in
        read.records.iter().zip(areas("鼓楼区（㙍）")).zip([Value::Bool(true), Value::Bool(false), Value::Null])
    {
        want.push(checked);
        assert_eq!(record.values, want);
    }
    check_shapes(&read);

    let (info, read) = layer(&path, Some("stops")).unwrap();
    assert_eq!(info.crs, DeclaredCrs::Carried("EPSG:4549".into()));
    let at = |x, y| Some(Geometry::Point(geo_types::Point::new(x, y)));
    let places: Vec<_> = read.records.iter().map(|record| record.geometry.clone()).collect();
    assert_eq!(places, [at(500_000.0, 3_550_000.0), at(501_000.5, 3_551_000.25), None]);

    let (info, read) = layer(&path, Some("notes")).unwrap();
    assert_eq!((info.crs, &read.records[0].values), (DeclaredCrs::Unknown, &vec![text("内部"), Value::Null]));
    assert_eq!(read.issues[0].code, "binary-value");
}

#[test]
fn shapefiles_are_read_in_the_encoding_they_are_in() {
    for (name, encoding, second, crs) in [
        ("areas_utf8.shp", "UTF-8", "鼓楼区（㙍）", true),
        ("areas_gbk.shp", "GBK", "鼓楼区", true),
        ("areas_bare.shp", "GB18030", "鼓楼区", false),
    ] {
        let (info, read) = layer(&oracle(name), None).unwrap();
        assert_eq!((info.encoding, info.records), (encoding, 3), "{name}");
        for (record, want) in read.records.iter().zip(areas(second)) {
            assert_eq!(record.values, want, "{name}");
        }
        check_shapes(&read);
        match info.crs {
            DeclaredCrs::Carried(wkt) => assert!(crs && wkt.starts_with("GEOGCS[\"GCS_China"), "{name}: {wkt}"),
            other => assert!(!crs, "{name}: {other:?}"),
        }
    }
    // the attributes by themselves
    let (info, read) = layer(&oracle("areas_bare.dbf"), None).unwrap();
    assert_eq!((info.driver, info.encoding, read.records.len()), ("dBASE", "GB18030", 3));
}

#[test]
fn a_sheet_is_a_table() {
    let (info, read) = layer(&oracle("list.xlsx"), Some("卫生院")).unwrap();
    assert_eq!((info.layer.as_deref(), info.records), (Some("卫生院"), 3));
    let want = vec![
        text("0012"),
        text("白下卫生院"),
        Value::Real(118.8),
        Value::Real(32.05),
        Value::Int(40),
        text("2001-03-04"),
    ];
    assert_eq!(read.records[0].values, want);
    assert!(read.records[0].geometry.is_some() && read.records[1].geometry.is_none());
    assert_eq!((read.issues.len(), read.issues[0].code, read.issues[0].record), (1, "no-geometry", Some(2)));
}

#[test]
fn placemarks_are_records() {
    let (info, read) = layer(&oracle("areas.kml"), None).unwrap();
    assert_eq!((info.records, info.crs), (3, DeclaredCrs::ByFormat("EPSG:4326".into())));
    let names: Vec<&str> = info.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["name", "code", "称呼", "folder"]);
    let second = [text("鼓楼区（㙍）"), text("000102"), text("鼓楼区（㙍） <&>"), text("areas")];
    assert_eq!(read.records[1].values, second);
    assert_eq!(read.records[2].values, [Value::Null, text("000103"), Value::Null, text("areas")]);
    check_shapes(&read);

    // what Google Earth, Ovital and people write; GBK by its first line
    let document =
        |body: &str| format!("<?xml version=\"1.0\" encoding=\"GBK\"?><kml><Document>{body}</Document></kml>");
    let place = |inner: &str| format!("<Placemark><name>地点&#65;&nbsp;</name>{inner}</Placemark>");
    let at = |positions: &str| format!("<coordinates>{positions}</coordinates>");
    let body = [
        place(&format!("<Point>{}</Point>", at("\n 118.8,32.05,0 \n"))),
        place(&format!("<ExtendedData><Data name=\"床位\"><value><![CDATA[ 40 ]]></value></Data></ExtendedData><LineString>{}</LineString>", at("118,32 119,33"))),
        place(&format!("<Point>{}</Point>", at("118.8, 32.05"))),
        place(&format!("<MultiGeometry><Point>{}</Point><LineString>{}</LineString></MultiGeometry>", at("1,2"), at("1,2 3,4"))),
        place(&format!("<Polygon><outerBoundaryIs><LinearRing>{}</LinearRing></outerBoundaryIs></Polygon>", at("0,0 1,0 1,1 0,1"))),
    ]
    .concat();
    let bytes = encoding_rs::GB18030.encode(&document(&body)).0.into_owned();
    let bench = Bench::with(&bytes, "a.kml");
    let (info, read) = layer(&bench.0.path().join("a.kml"), None).unwrap();
    assert_eq!((info.encoding, &read.records[0].values[0]), ("GBK", &text("地点A&nbsp;")));
    assert_eq!(read.records[0].geometry, Some(Geometry::Point(geo_types::Point::new(118.8, 32.05))));
    assert_eq!(read.records[1].values[1], text("40"));
    let told: Vec<(Option<u64>, &str)> = read.issues.iter().map(|issue| (issue.record, issue.what.as_str())).collect();
    for (issue, (record, part)) in
        told.iter().zip([(3, "is no position"), (4, "its lines are used"), (5, "does not end where it starts")])
    {
        assert!(issue.0 == Some(record) && issue.1.contains(part), "{told:?}");
    }
    assert_eq!(told.len(), 3);
    zipped(&bench.0.path().join("a.kmz"), &[("doc.kml", &bytes)]);
    assert_eq!(layer(&bench.0.path().join("a.kmz"), None).unwrap().0.driver, "KML");
    for (content, want) in [
        ("<kml><Document>", "breaks off"),
        ("<kml><a></b></kml>", "no sound KML"),
        ("<html></html>", "is no KML"),
        ("code,name\n", "is no KML"),
        (&"<a>".repeat(1000), "within each other"),
    ] {
        bench.put("b.kml", content.as_bytes());
        assert!(bench.message("b.kml").contains(want), "{content:.30}: {}", bench.message("b.kml"));
    }
}

#[test]
fn of_several_layers_one_has_to_be_named() {
    for (name, wanted, parts) in [
        ("places.gpkg", None, &["holds 3 layers", "layer = ", "areas, stops, notes"] as &[&str]),
        ("places.gpkg", Some("area"), &["has no layer \"area\"", "did you mean \"areas\"?"]),
        ("list.xlsx", None, &["holds 2 layers", "卫生院, second"]),
    ] {
        let message = layer(&oracle(name), wanted).unwrap_err().to_string();
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
    let request = ReadRequest::new(Path::new("x.csv"), "x.csv");
    assert!(read::layers(&request).unwrap().is_empty());
}

/// A folder with copies of the files, to be broken.
struct Bench(TempDir);

impl Bench {
    fn with(bytes: &[u8], name: &str) -> Bench {
        let bench = Bench(tempfile::tempdir().unwrap());
        bench.put(name, bytes);
        bench
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn message(&self, name: &str) -> String {
        layer(&self.0.path().join(name), None).unwrap_err().to_string()
    }
}

#[test]
fn files_that_break_off_or_are_something_else_are_refused() {
    let bytes = |name: &str| fs::read(oracle(name)).unwrap();
    let cut = |name: &str, keep: usize| {
        let whole = bytes(name);
        whole[..whole.len() * keep / 100].to_vec()
    };
    for (name, content, want) in [
        ("a.gpkg", cut("places.gpkg", 60), "damaged"),
        ("a.gpkg", b"PK\x03\x04".to_vec(), "does not start like an SQLite database"),
        ("a.gpkg", Vec::new(), "does not start like an SQLite database"),
        ("a.shp", cut("areas_gbk.shp", 70), "breaks off"),
        ("a.shp", b"code,name\n".to_vec(), "is no shapefile"),
        ("a.dbf", cut("areas_gbk.dbf", 80), "breaks off"),
        ("a.dbf", cut("areas_gbk.dbf", 20), "breaks off"),
        ("a.dbf", b"code,name\n".to_vec(), "breaks off"),
        ("a.xlsx", cut("list.xlsx", 70), "is no Excel workbook"),
        ("a.xlsx", b"code,name\n".to_vec(), "is no Excel workbook"),
    ] {
        let message = Bench::with(&content, name).message(name);
        assert!(message.contains(want), "{name}: {message}");
    }
    let database = Bench::with(b"", "plain.gpkg");
    let path = database.0.path().join("plain.gpkg");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    assert!(database.message("plain.gpkg").contains("no GeoPackage"));
}

#[test]
fn a_workbook_that_would_fill_the_memory_is_refused() {
    let mut bytes = fs::read(oracle("list.xlsx")).unwrap();
    // sizes of the unpacked parts, in the list at the end of the archive
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(4).position(|four| four == b"PK\x01\x02") {
        bytes[at + found + 24..at + found + 28].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
        at += found + 28;
    }
    let message = Bench::with(&bytes, "a.xlsx").message("a.xlsx");
    assert!(message.contains("would unpack to"), "{message}");
}

#[test]
fn a_shapefile_without_its_other_files_says_so() {
    let bytes = |name: &str| fs::read(oracle(name)).unwrap();
    let bench = Bench::with(&bytes("areas_gbk.shp"), "a.shp");
    let path = bench.0.path().join("a.shp");
    let (info, read) = layer(&path, None).unwrap();
    assert!(info.fields.is_empty() && read.records.len() == 3 && read.issues[0].code == "no-attributes");
    // attributes of another shapefile, with a row less by its header
    let mut short = bytes("areas_gbk.dbf");
    short[4] = 2;
    bench.put("a.dbf", &short);
    assert!(bench.message("a.shp").contains("more shapes"));
    // a row that was deleted takes its shape with it
    let mut deleted = bytes("areas_gbk.dbf");
    let start = usize::from(u16::from_le_bytes([deleted[8], deleted[9]]));
    deleted[start] = b'*';
    bench.put("a.dbf", &deleted);
    let (info, read) = layer(&path, None).unwrap();
    assert_eq!((info.records, read.records.len(), read.records[0].number), (3, 2, 2));
    assert!(
        read.issues.iter().any(|issue| (issue.code, issue.record) == ("deleted-row", Some(1))),
        "{:?}",
        read.issues
    );
}

#[test]
fn no_damage_makes_the_readers_panic() {
    // the same bytes every time: a linear congruential generator (Knuth, MMIX)
    let mut state = 20_241_205_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for (name, rounds) in
        [("areas_gbk.shp", 600), ("areas_gbk.dbf", 600), ("list.xlsx", 300), ("places.gpkg", 200), ("areas.kml", 600)]
    {
        let whole = fs::read(oracle(name)).unwrap();
        let broken = format!("a.{}", name.rsplit('.').next().unwrap());
        let bench = Bench::with(&whole, &broken);
        if name.ends_with("shp") {
            bench.put("a.dbf", &fs::read(oracle("areas_gbk.dbf")).unwrap());
        }
        let path = bench.0.path().join(&broken);
        let mut refused = 0;
        for _ in 0..rounds {
            let mut bytes = whole.clone();
            for _ in 0..1 + next(4) {
                let at = next(bytes.len());
                bytes[at] = [0, 0xff, 0x7f, bytes[at] ^ (1 << next(8))][next(4)];
            }
            fs::write(&path, &bytes).unwrap();
            let named = if name.ends_with("gpkg") { Some("areas") } else { None };
            let sheet = if name.ends_with("xlsx") { Some("卫生院") } else { named };
            refused += usize::from(layer(&path, sheet).is_err());
        }
        assert!(refused > 0, "{name}: no damage was noticed");
    }
}

#[test]
fn text_in_a_geopackage_that_is_not_utf8_is_read_and_told() {
    let bench = Bench::with(b"", "gbk.gpkg");
    let path = bench.0.path().join("gbk.gpkg");
    fs::remove_file(&path).unwrap();
    let package = Connection::open(&path).unwrap();
    package
        .execute_batch(
            "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT);
             CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, \"odd \"\" name\" REAL);
             CREATE VIEW v AS SELECT name, id FROM t;
             INSERT INTO gpkg_contents VALUES ('t', 'attributes'), ('v', 'attributes');",
        )
        .unwrap();
    package
        .execute("INSERT INTO t VALUES (7, CAST(?1 AS TEXT), 1.5)", [encoding_rs::GB18030.encode("玄武").0.as_ref()])
        .unwrap();
    drop(package);
    let (_, read) = layer(&path, Some("t")).unwrap();
    assert_eq!(read.records[0].values, [Value::Int(7), text("玄武"), Value::Real(1.5)]);
    assert_eq!((read.issues[0].code, read.issues[0].field.as_deref()), ("bad-text", Some("name")));
    let (_, read) = layer(&path, Some("v")).unwrap();
    assert_eq!(read.records[0].values, [text("玄武"), Value::Int(7)]);
}

fn zipped(path: &Path, files: &[(&str, &[u8])]) {
    let mut archive = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
}

#[test]
fn packed_files_are_read_as_what_they_hold() {
    let bench = Bench(tempfile::tempdir().unwrap());
    let path = |name: &str| bench.0.path().join(name);
    let parts: Vec<(String, Vec<u8>)> = ["shp", "dbf", "prj", "cpg", "shx"]
        .iter()
        .map(|ending| (format!("数据/区县.{ending}"), fs::read(oracle(&format!("areas_gbk.{ending}"))).unwrap()))
        .collect();
    let files: Vec<(&str, &[u8])> = parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    zipped(&path("areas.zip"), &files);
    let (info, read) = layer(&path("areas.zip"), None).unwrap();
    assert_eq!((info.driver, info.encoding, read.records[0].values[1].clone()), ("Shapefile", "GBK", text("玄武区")));
    check_shapes(&read);

    let list = "id,lon,lat\n0012,118.8,32.0\n".as_bytes();
    zipped(&path("two.zip"), &[("a.csv", list), ("b.csv", list), ("__MACOSX/a.csv", list), ("../c.csv", list)]);
    let message = bench.message("two.zip");
    assert!(message.contains("holds 2 layers") && message.contains("a.csv, b.csv"), "{message}");
    assert_eq!(layer(&path("two.zip"), Some("b.csv")).unwrap().1.records[0].values[0], text("0012"));
    assert!(!bench.0.path().parent().unwrap().join("c.csv").exists());

    let gpkg = fs::read(oracle("places.gpkg")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&gpkg).unwrap();
    let mut packed = packed.finish().unwrap();
    bench.put("places.gpkg.gz", &packed);
    let (info, _) = layer(&path("places.gpkg.gz"), Some("stops")).unwrap();
    assert_eq!((info.driver, info.records), ("GeoPackage", 3));
    assert_eq!(read::layers(&ReadRequest::new(&path("places.gpkg.gz"), "x")).unwrap(), ["areas", "stops", "notes"]);

    packed.truncate(packed.len() / 2);
    bench.put("cut.gpkg.gz", &packed);
    bench.put("no.zip", list);
    zipped(&path("empty.zip"), &[("readme.md", b"none")]);
    for (name, want) in
        [("cut.gpkg.gz", "damaged"), ("no.zip", "no sound ZIP archive"), ("empty.zip", "no file of a format")]
    {
        let message = bench.message(name);
        assert!(message.contains(want), "{name}: {message}");
    }
}

/// The same areas as a study in each format that holds them.
#[test]
fn a_study_is_the_same_from_every_format() {
    let mut areas_m2 = Vec::new();
    for source in [
        "path = \"places.gpkg\", layer = \"areas\"",
        "path = \"areas_utf8.shp\"",
        "path = \"areas_gbk.shp\"",
        "path = \"areas_bare.shp\", crs = \"EPSG:4490\"",
        // its .prj says the same in the words of another program
        "path = \"areas_gbk.shp\", crs = \"EPSG:4490\"",
        "path = \"areas.kml\"",
    ] {
        let text = format!(
            "title = \"Test\"\n[study]\nplane = \"EPSG:4549\"\nmax-loss = \"50 %\"\n\
             regions = {{ {source}, level = \"county\", code = \"code\", name = \"{}\" }}",
            if source.contains("kml") { "name" } else { "名称" }
        );
        let plan = config::parse(&text, "study.toml", &oracle("")).unwrap_or_else(|error| panic!("{error:?}"));
        let study = ingest::study(&plan.study, &Silent).unwrap_or_else(|error| panic!("{source}: {error}"));
        let ledger = &study.ledgers[0];
        assert!(ledger.balances() && (ledger.read, ledger.used) == (3, 2), "{ledger:?}");
        assert!(study.issues.iter().all(|issue| issue.code != "crs-overruled"), "{:?}", study.issues);
        let area = |(_, region): (_, &tongda::model::region::Region)| {
            region.shape.as_ref().map(|shape| (shape.area_m2 * 1e-4).round())
        };
        areas_m2.push(study.regions.iter().filter_map(area).collect::<Vec<f64>>());
    }
    assert!(areas_m2[0].len() == 2 && areas_m2.iter().all(|one| *one == areas_m2[0]), "{areas_m2:?}");
}

#[test]
fn a_crs_that_contradicts_the_files_own_is_told() {
    let told = |source: &str| -> Vec<String> {
        let text = format!(
            "title = \"Test\"\n[study]\nplane = \"EPSG:4549\"\nmax-loss = \"50 %\"\n\
             regions = {{ path = \"places.gpkg\", layer = \"areas\", level = \"county\", name = \"名称\" }}\n\
             facilities = {{ {source}, kind = \"stop\" }}"
        );
        let plan = config::parse(&text, "study.toml", &oracle("")).unwrap_or_else(|error| panic!("{error:?}"));
        let study = ingest::study(&plan.study, &Silent).unwrap_or_else(|error| panic!("{source}: {error}"));
        let told = study.issues.iter().filter(|issue| issue.code == "crs-overruled");
        told.map(|issue| issue.what.clone()).collect()
    };
    let stops = "path = \"places.gpkg\", layer = \"stops\", id = \"stop\"";
    assert!(told(stops).is_empty());
    assert!(told(&format!("{stops}, crs = \"EPSG:4549\"")).is_empty());
    // the same plane in other words
    let words = "+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m";
    assert!(told(&format!("{stops}, crs = \"{words}\"")).is_empty());
    // the zone beside it: the numbers fit it as well, three degrees further west
    let told = told(&format!("{stops}, crs = \"EPSG:4548\""));
    assert!(told.len() == 1 && told[0].contains("CM 120E") && told[0].contains("CM 117E"), "{told:?}");
}
