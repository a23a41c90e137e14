//! Tables as people have them: workbooks of bureaus, coordinates in all ways of writing, JSON of several kinds, tables of statistics.
//!
//! One table of cases a kind; each row has the smallest input and the right answer.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use geo_types::Geometry;
use tempfile::TempDir;
use tongda::base::progress::Silent;
use tongda::base::units::Weight;
use tongda::config;
use tongda::ingest;
use tongda::io::read;
use tongda::io::read::Collected;
use tongda::io::read::DeclaredCrs;
use tongda::io::read::LayerInfo;
use tongda::io::read::ReadError;
use tongda::io::read::ReadRequest;
use tongda::model::study::Study;

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
}

fn layer(path: &Path, layer: Option<&str>) -> Result<(LayerInfo, Collected), ReadError> {
    read::read_all(&ReadRequest { layer, ..ReadRequest::new(path, "test") })
}

fn names(info: &LayerInfo) -> Vec<&str> {
    info.fields.iter().map(|field| field.name.as_str()).collect()
}

/// Values of all records as text, `;` between fields and `/` between records.
fn values(read: &Collected) -> String {
    let record = |record: &tongda::table::Record| {
        record.values.iter().map(|value| value.to_string()).collect::<Vec<_>>().join(";")
    };
    read.records.iter().map(record).collect::<Vec<_>>().join("/")
}

fn points(read: &Collected) -> Vec<Option<[f64; 2]>> {
    let point = |record: &tongda::table::Record| match &record.geometry {
        Some(Geometry::Point(at)) => Some([at.x(), at.y()]),
        _ => None,
    };
    read.records.iter().map(point).collect()
}

fn codes(read: &Collected) -> Vec<&'static str> {
    read.issues.iter().map(|issue| issue.code).collect()
}

/// A sheet of a workbook: name, state, rows as XML, merged cells.
struct Sheet {
    name: &'static str,
    state: &'static str,
    rows: String,
    merged: &'static [&'static str],
}

/// Rows of cells: whole numbers and decimals as numbers, `=` in front as a formula without a value, `#` in front as XML of the cell, blanks as no cell.
fn rows(lines: &[&[&str]]) -> String {
    let cell = |row: usize, (column, text): (usize, &&str)| {
        let at = format!("{}{}", char::from(b'A' + column as u8), row + 1);
        match *text {
            "" => String::new(),
            text if text.starts_with('=') => format!("<c r=\"{at}\"><f>{}</f></c>", &text[1..]),
            text if text.starts_with('#') => format!("<c r=\"{at}\" t=\"n\">{}</c>", &text[1..]),
            text if text.parse::<f64>().is_ok() => format!("<c r=\"{at}\"><v>{text}</v></c>"),
            text => format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
        }
    };
    let line = |(row, line): (usize, &&[&str])| {
        let cells: String = line.iter().enumerate().map(|one| cell(row, one)).collect();
        format!("<row r=\"{}\">{cells}</row>", row + 1)
    };
    lines.iter().enumerate().map(line).collect()
}

fn sheet(name: &'static str, lines: &[&[&str]]) -> Sheet {
    Sheet { name, state: "visible", rows: rows(lines), merged: &[] }
}

/// The bytes of a workbook.
fn workbook(sheets: &[Sheet]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut put = |name: &str, text: String| {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}").as_bytes()).unwrap();
    };
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let each = |text: &dyn Fn(usize, &Sheet) -> String| -> String {
        sheets.iter().enumerate().map(|(at, sheet)| text(at + 1, sheet)).collect()
    };
    let types = each(&|at, _| {
        format!(
            "<Override PartName=\"/xl/worksheets/sheet{at}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
        )
    });
    put(
        "[Content_Types].xml",
        format!(
            "<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/>{types}</Types>"
        ),
    );
    put(
        "_rels/.rels",
        format!(
            "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        ),
    );
    let list = each(&|at, sheet| {
        format!("<sheet name=\"{}\" sheetId=\"{at}\" state=\"{}\" r:id=\"rId{at}\"/>", sheet.name, sheet.state)
    });
    put(
        "xl/workbook.xml",
        format!("<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets>{list}</sheets></workbook>"),
    );
    let rels = each(&|at, _| {
        format!("<Relationship Id=\"rId{at}\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet{at}.xml\"/>")
    });
    put(
        "xl/_rels/workbook.xml.rels",
        format!("<Relationships xmlns=\"{package}/relationships\">{rels}</Relationships>"),
    );
    for (at, one) in sheets.iter().enumerate() {
        let merged: String = one.merged.iter().map(|cells| format!("<mergeCell ref=\"{cells}\"/>")).collect();
        let merged = if merged.is_empty() { merged } else { format!("<mergeCells>{merged}</mergeCells>") };
        let text = format!("<worksheet xmlns=\"{main}\"><sheetData>{}</sheetData>{merged}</worksheet>", one.rows);
        put(&format!("xl/worksheets/sheet{}.xml", at + 1), text);
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn workbooks_of_bureaus_are_read_from_their_header_on() {
    type Case<'c> = (&'c str, Sheet, &'c [&'c str], &'c str, &'c [&'c str]);
    let merged = |merged: &'static [&'static str], lines: &[&[&str]]| Sheet { merged, ..sheet("a", lines) };
    let cases: Vec<Case<'_>> = vec![
        ("a header in the first row", sheet("a", &[&["代码", "人口"], &["1", "2"]]), &["代码", "人口"], "1;2", &[]),
        (
            "a title and a unit above it",
            merged(
                &["A1:B1"],
                &[&["2023年某市卫生院一览表"], &["单位：个"], &["编号", "名称"], &["1", "甲院"], &["2", "乙院"]],
            ),
            &["编号", "名称"],
            "1;甲院/2;乙院",
            &["skipped-rows"],
        ),
        (
            "numbers in ten thousands are told",
            sheet("a", &[&["表1 人口"], &["", "单位：万人"], &["代码", "人口"], &["1", "2.5"], &["3", "4"]]),
            &["代码", "人口"],
            "1;2.5/3;4",
            &["skipped-rows", "unit-row"],
        ),
        (
            "groups of columns over two lines",
            merged(&["A1:A2", "B1:C1"], &[&["地区", "人口"], &["", "男", "女"], &["玄武", "1", "2"]]),
            &["地区", "人口 男", "人口 女"],
            "玄武;1;2",
            &[],
        ),
        (
            "a line of units, a line of numbers, and notes",
            sheet("a", &[&["地区", "人口"], &["甲", "1"], &["x", "7"], &["注：常住人口"], &["数据来源：统计局"]]),
            &["地区", "人口"],
            "x;7",
            &["skipped-rows", "skipped-rows", "skipped-rows"],
        ),
        (
            "numbers with blanks, as R writes them",
            sheet("a", &[&["class", "label"], &["#<v>  1</v>", "c1"], &["#<v> 15 </v>", "c15"]]),
            &["class", "label"],
            "1;c1/15;c15",
            &[],
        ),
        (
            "a merged cell has its value in every row",
            merged(&["A2:A3"], &[&["区", "院"], &["玄武", "甲院"], &["", "乙院"], &["秦淮", "丙院"]]),
            &["区", "院"],
            "玄武;甲院/玄武;乙院/秦淮;丙院",
            &[],
        ),
        (
            "an amount that is merged is doubtful",
            merged(&["B2:B3"], &[&["村", "人口"], &["a", "10"], &["b"]]),
            &["村", "人口"],
            "a;10/b;10",
            &["merged-cells"],
        ),
        (
            "a formula that was never computed is no number",
            sheet("a", &[&["村", "人口"], &["a", "=1+1"], &["b", "3"]]),
            &["村", "人口"],
            "a;/b;3",
            &["bad-value"],
        ),
        (
            "columns without a name are told",
            sheet("a", &[&["id", "name"], &["1", "x", "5"], &["2", "y", "6"]]),
            &["id", "name"],
            "1;x/2;y",
            &["no-column-name"],
        ),
        (
            "a header that is repeated",
            sheet("a", &[&["id", "name"], &["1", "x"], &["id", "name"], &["2", "y"]]),
            &["id", "name"],
            "1;x/2;y",
            &["skipped-rows"],
        ),
    ];
    let desk = Desk::new();
    for (what, one, want_names, want, want_codes) in cases {
        let path = desk.file("a.xlsx", workbook(&[one]));
        let (info, read) = layer(&path, None).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((names(&info), values(&read).as_str()), (want_names.to_vec(), want), "{what}");
        assert_eq!(codes(&read), want_codes, "{what}: {:?}", read.issues);
    }
}

#[test]
fn the_only_sheet_with_rows_is_taken() {
    let full = |name| sheet(name, &[&["id", "name"], &["1", "x"]]);
    let empty = |name| sheet(name, &[]);
    let hidden = |name| Sheet { state: "hidden", ..full(name) };
    let desk = Desk::new();
    let open = |sheets: &[Sheet]| desk.file("a.xlsx", workbook(sheets));
    // what R and Excel leave empty
    let path = open(&[full("Sheet1"), empty("Sheet2"), empty("Sheet3")]);
    let (info, read) = layer(&path, None).unwrap();
    assert_eq!((info.layer.as_deref(), info.records, codes(&read)), (Some("Sheet1"), 1, vec!["empty-sheet"]));
    assert_eq!(read::layers(&ReadRequest::new(&path, "a")).unwrap(), ["Sheet1"]);
    assert!(layer(&path, Some("Sheet2")).unwrap_err().to_string().contains("is empty"));
    let path = open(&[hidden("code list"), full("data")]);
    let (info, read) = layer(&path, None).unwrap();
    assert_eq!((info.layer.as_deref(), codes(&read)), (Some("data"), vec!["hidden-sheet"]));
    assert_eq!(layer(&path, Some("code list")).unwrap().0.records, 1);
    let path = open(&[full("2022"), empty("Sheet2"), full("2023")]);
    let message = layer(&path, None).unwrap_err().to_string();
    assert!(message.contains("holds 2 layers") && message.contains("2022, 2023"), "{message}");
}

#[test]
fn workbooks_are_known_by_their_content() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/formats");
    let desk = Desk::new();
    for (name, driver) in [("clinics.xls", "Excel"), ("clinics.ods", "OpenDocument")] {
        let (info, read) = layer(&folder.join(name), None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(info.driver, driver);
        assert!(info.records > 0 && points(&read).iter().all(Option::is_some), "{name}: {:?}", read.records);
    }
    // the ending is wrong, as often
    let path = desk.file("a.xls", workbook(&[sheet("a", &[&["id"], &["1"]])]));
    assert_eq!(layer(&path, None).unwrap().0.records, 1);
    for (content, want) in [
        (&b"<html><table>"[..], "HTML"),
        (b"id\tname\n1\tx\n", "text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
        (b"\0\0\0\0", "damaged"),
    ] {
        let message = layer(&desk.file("b.xls", content), None).unwrap_err().to_string();
        assert!(message.contains(want), "{message}");
    }
}

#[test]
fn coordinates_are_found_by_the_names_that_files_have() {
    // header, a row, the place; codes of what is told
    let at = Some([118.1, 32.1]);
    type Row<'r> = (&'r str, &'r str, Option<[f64; 2]>, &'r [&'r str]);
    let table: &[Row<'_>] = &[
        ("id,X坐标,Y坐标", "1,118.1,32.1", at, &[]),
        ("id,东经,北纬", "1,118.1,32.1", at, &[]),
        ("id,经度(°),纬度(°)", "1,118.1,32.1", at, &[]),
        ("id,POINT_X,POINT_Y", "1,118.1,32.1", at, &[]),
        ("id,lng_wgs84,lat_wgs84", "1,118.1,32.1", at, &[]),
        ("id,lng_gcj02,lat_gcj02,lng_wgs84,lat_wgs84", "1,9,9,118.1,32.1", at, &["several-places"]),
        ("id,lng_gcj02,lat_gcj02", "1,118.1,32.1", at, &["datum-in-name"]),
        ("id,百度经度,百度纬度", "1,118.1,32.1", at, &["datum-in-name"]),
        ("id,x,y,lon,lat", "1,500000,3550000,118.1,32.1", at, &["several-places"]),
        ("id;lon;lat", "1;118,1;32,1", at, &["decimal-comma"]),
        ("id;lon;lat", "1;118,100;32,100", at, &["decimal-comma"]),
        ("id;x;y", "1;386,383;3,549", None, &["bad-geometry"]),
        ("id;经度;纬度", "1;118°6′0″E;32°6′0″N", at, &["sexagesimal"]),
        ("id;经度;纬度", "1;118-06-00;32-06-00", at, &["sexagesimal"]),
        ("id;经度;纬度", "1;32°6′N;118°6′E", None, &["bad-geometry"]),
        ("id;坐标", "1;118.1,32.1", at, &["pair-order"]),
        ("id;location", "1;32.1,118.1", at, &["pair-order"]),
        ("id;name;lat,lon", "1;x;32.1,118.1", at, &[]),
        ("id;latlng", "1;32.1 118.1", at, &[]),
        ("id;location", "1;40.5,-75.2", None, &["bad-geometry"]),
        ("id|location", "1|{\"lng\":118.1,\"lat\":32.1}", at, &[]),
        ("id|geometry", "1|SRID=4490;POINT(118.1 32.1)", at, &["srid-not-used"]),
        ("id|.geo", "1|{\"type\":\"Point\",\"coordinates\":[118.1,32.1]}", at, &[]),
        ("id,name", "1,x", None, &[]),
    ];
    let desk = Desk::new();
    for (header, row, want, want_codes) in table {
        let path = desk.file("a.csv", format!("{header}\n{row}\n"));
        let (_, read) = layer(&path, None).unwrap_or_else(|error| panic!("{header}: {error}"));
        let near = match (points(&read)[0], want) {
            (Some(got), Some(want)) => got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-9),
            (got, want) => got == *want,
        };
        assert!(near, "{header} / {row}: {:?}", points(&read));
        assert_eq!(codes(&read), *want_codes, "{header}: {:?}", read.issues);
    }
}

#[test]
fn text_tables_that_were_workbooks_are_read_from_their_header_on() {
    let desk = Desk::new();
    for (text, want_names, want) in [
        ("2023年人口,,\n单位：人,,\ncode,name,people\n1,x,5\n", &["code", "name", "people"][..], "1;x;5"),
        ("sep=;\ncode;people\n1;5\n", &["code", "people"], "1;5"),
        ("code,people\n1,5\n注：估计数,\n", &["code", "people"], "1;5"),
    ] {
        let (info, read) = layer(&desk.file("a.csv", text), None).unwrap();
        assert_eq!((names(&info), values(&read).as_str()), (want_names.to_vec(), want), "{text}");
    }
}

#[test]
fn json_is_read_by_its_content_or_refused_by_its_name() {
    let square = "[[118,32],[118.5,32],[118.5,32.5],[118,32.5],[118,32]]";
    let esri_square = "[[118,32],[118,32.5],[118.5,32.5],[118.5,32],[118,32]]";
    let hole = "[[118.1,32.1],[118.2,32.1],[118.2,32.2],[118.1,32.2],[118.1,32.1]]";
    let topology = r#"{"type":"Topology","arcs":[[[118,32],[118.5,32],[118.5,32.5],[118,32]]],"objects":{"a":{"type":"Polygon","arcs":[[0]],"id":"1"}}}"#;
    // text, records, of them with a geometry, driver
    let read_cases: Vec<(&str, String, usize, usize, &str)> = vec![
        ("a.geojson", format!(r#"{{"type":"Polygon","coordinates":[{square}]}}"#), 1, 1, "GeoJSON"),
        (
            "a.json",
            format!(
                r#"{{"type":"GeometryCollection","geometries":[{{"type":"Polygon","coordinates":[{square}]}},{{"type":"GeometryCollection","geometries":[{{"type":"Point","coordinates":[1,2]}}]}}]}}"#
            ),
            2,
            2,
            "GeoJSON",
        ),
        (
            "a.json",
            "{\"type\":\"Point\",\"coordinates\":[1,2]}\n{\"type\":\"Point\",\"coordinates\":[3,4]}\n".to_owned(),
            2,
            2,
            "GeoJSON",
        ),
        ("a.json", topology.to_owned(), 1, 1, "TopoJSON"),
        ("a.geojson", topology.to_owned(), 1, 1, "TopoJSON"),
        (
            "a.json",
            format!(
                r#"{{"geometryType":"esriGeometryPolygon","spatialReference":{{"wkid":4490}},"features":[{{"attributes":{{"code":"1"}},"geometry":{{"rings":[{hole},{esri_square}]}}}},{{"attributes":{{"code":"2"}}}}]}}"#
            ),
            2,
            1,
            "Esri JSON",
        ),
        (
            "a.json",
            r#"[{"id":1,"lon":118.1,"lat":32.1},{"id":2,"lon":118.2,"lat":32.2,"x":null}]"#.to_owned(),
            2,
            2,
            "JSON",
        ),
        ("a.json", r#"{"status":"1","pois":[{"id":1,"location":"118.1,32.1"}]}"#.to_owned(), 1, 1, "JSON"),
        ("a.json", "{\"id\":1,\"lon\":118.1,\"lat\":32.1}\n{\"id\":2,\"lon\":1,\"lat\":2}\n".to_owned(), 2, 2, "JSON"),
        ("a.json", r#"[{"type":"Feature","properties":{"a":1},"geometry":null}]"#.to_owned(), 1, 0, "GeoJSON"),
        (
            "a.json",
            format!(
                "var x = {{\"type\":\"FeatureCollection\",\"features\":[{{\"type\":\"Feature\",\"properties\":{{}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[{square}]}}}}]}};\n"
            ),
            1,
            1,
            "GeoJSON",
        ),
        ("a.geojson", "\u{feff}cb({\"type\":\"Point\",\"coordinates\":[1,2]});".to_owned(), 1, 1, "GeoJSON"),
    ];
    let desk = Desk::new();
    for (name, text, records, placed, driver) in &read_cases {
        let path = desk.file(name, text);
        let (info, read) = layer(&path, None).unwrap_or_else(|error| panic!("{text}: {error}"));
        let with_place = read.records.iter().filter(|record| record.geometry.is_some()).count();
        assert_eq!(
            (info.records as usize, with_place, info.driver),
            (*records, *placed, *driver),
            "{text}: {:?}",
            read.issues
        );
    }
    let (info, read) = layer(&desk.file("a.json", &read_cases[5].1), None).unwrap();
    assert_eq!(info.crs, DeclaredCrs::Carried("EPSG:4490".into()));
    // the hole comes before its shell
    let area = geo::Area::unsigned_area(read.records[0].geometry.as_ref().unwrap());
    assert!((area - 0.24).abs() < 1e-9, "{area}");
    let nan = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"rate":NaN,"name":"NaN"},"geometry":null},{"type":"Feature","properties":{"rate":-Infinity},"geometry":null}]}"#;
    let (_, read) = layer(&desk.file("a.geojson", nan), None).unwrap();
    assert_eq!(values(&read), ";NaN/");
    assert_eq!(codes(&read), ["no-geometry", "no-geometry", "bad-value"]);

    for (text, want) in [
        (r#"{"version":0.6,"generator":"Overpass API","osm3s":{},"elements":[{"type":"node"}]}"#, "Overpass"),
        (r#"{"error":{"code":498,"message":"Invalid token"}}"#, "error occurred"),
        ("[[1,2],[3,4]]", "list of lists"),
        ("<html></html>", "HTML"),
        (r#"{"geometryType":"esriGeometryPolygon","exceededTransferLimit":true,"features":[7"#, "line 1"),
    ] {
        let message = layer(&desk.file("a.json", text), None).unwrap_err().to_string();
        assert!(message.contains(want), "{message}");
    }
    let curves = r#"{"features":[{"attributes":{},"geometry":{"curveRings":[]}}],"geometryType":"esriGeometryPolygon","exceededTransferLimit":true}"#;
    let (_, read) = layer(&desk.file("a.json", curves), None).unwrap();
    assert_eq!(codes(&read), ["cut-answer", "bad-geometry"]);
}

#[test]
fn files_that_say_something_of_the_data_are_no_layers() {
    let desk = Desk::new();
    let packed = |files: &[(&str, &str)]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, text) in files {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        desk.file("a.zip", zip.finish().unwrap().into_inner())
    };
    let table = "id,lon,lat\n1,118,32\n";
    let path = packed(&[
        ("data/clinics.csv", table),
        ("clinics.VERSION.txt", "4.1.0\n"),
        ("README.txt", "a, b\n"),
        ("how to.txt", "read me first\n"),
    ]);
    let (info, _) = layer(&path, None).unwrap();
    assert_eq!((info.layer.as_deref(), info.records), (Some("data/clinics"), 1));
    let path = packed(&[("a.csv", table), ("b.txt", table)]);
    assert!(layer(&path, None).unwrap_err().to_string().contains("a.csv, b.txt"));
    for name in ["a", "a.csv"] {
        assert_eq!(layer(&path, Some(name)).unwrap().0.layer.as_deref(), Some("a"));
    }
}

#[test]
fn files_that_are_no_layers_are_told_what_to_do() {
    for (name, want) in [
        ("https://example.org/a.geojson", "download"),
        ("a.shx", ".shp"),
        ("a.rar", "unpack"),
        ("a.docx", "save its table"),
        ("a.et", "save it as .xlsx"),
        ("a.qgz", "file of the data"),
        ("a.geojsn", "did you mean .geojson"),
    ] {
        let message = layer(Path::new(name), None).unwrap_err().to_string();
        assert!(message.contains(want), "{name}: {message}");
    }
}

/// A study of four counties whose totals are spread evenly; what was read, or why not.
fn study(desk: &Desk, file: &str, table: &str) -> Result<Study, String> {
    let counties: Vec<String> = [("320102", "玄武区", 0, 0), ("320104", "秦淮区", 1, 0), ("320105", "建邺区", 0, 1), ("320106", "鼓楼区", 1, 1)]
        .iter()
        .map(|(code, name, x, y)| {
            let (w, s) = (118.0 + f64::from(*x) * 0.01, 32.0 + f64::from(*y) * 0.01);
            let (e, n) = (w + 0.01, s + 0.01);
            format!(
                r#"{{"type":"Feature","properties":{{"code":"{code}","name":"{name}"}},"geometry":{{"type":"Polygon","coordinates":[[[{w},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{s}]]]}}}}"#
            )
        })
        .collect();
    desk.file("counties.geojson", format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, counties.join(",")));
    desk.file(file, table);
    let config = format!(
        "title = \"t\"\n[study]\nregions = {{ path = \"counties.geojson\", code = \"code\", name = \"name\", level = \"county\" }}\n\
         demand = {{ path = \"{file}\", region = \"code\", people = \"people\", spread = \"even\" }}\n"
    );
    let plan = config::parse(&config, "study.toml", desk.0.path()).unwrap_or_else(|error| panic!("{error:?}"));
    ingest::study(&plan.study, &Silent).map_err(|error| error.to_string())
}

#[test]
fn totals_are_no_people_and_codes_are_those_of_the_regions() {
    let four = "320102,玄武区,1000\n320104,秦淮区,2000\n320105,建邺区,3000\n320106,鼓楼区,4000\n";
    let with = |rows: &str| format!("code,name,people\n{four}{rows}");
    // the table, people on points, a code of what is told
    let cases: Vec<(String, u64, Option<&str>)> = vec![
        (with(""), 10_000, None),
        (with(",合计,10000\n"), 10_000, Some("total-row")),
        (with("合计,,10000\n"), 10_000, Some("total-row")),
        (with("000000,,10000\n"), 10_000, Some("total-row")),
        (with("320100,南京市,10000\n"), 10_000, Some("total-row")),
        (with("320000,江苏省,10000\n320100,南京市,10000\n"), 10_000, Some("total-row")),
        // rows may be missing: the word decides, and the sum is told
        (with(",Total,12000\n"), 10_000, Some("total-row")),
        (
            "code,name,people\n,总计,10000\n320102,玄武区,1000\n320104,秦淮区,2000\n,小计,3000\n320105,建邺区,3000\n320106,鼓楼区,4000\n,小 计,7000\n".to_owned(),
            10_000,
            Some("total-row"),
        ),
        ("code,people\n320102000000,1000\n320104000000,2000\n".to_owned(), 3000, Some("code-read")),
        ("code,people\n320102001001,1000\n320102001002,500\n".to_owned(), 1500, Some("code-read")),
        ("code,people\n320102000000,1500\n320102001001,1000\n320102001002,500\n".to_owned(), 1500, Some("total-row")),
        ("code,people\n3.20102E+05,1000\n320104.0,2000\n\"320,105\",3000\n'320106,4000\n".to_owned(), 10_000, Some("code-read")),
        ("code,people\n３２０１０２,1000\n 320104 ,2000\n".to_owned(), 3000, None),
    ];
    let desk = Desk::new();
    for (table, people, code) in cases {
        let study = study(&desk, "people.csv", &table).unwrap_or_else(|error| panic!("{table}\n{error}"));
        let layer = &study.demand[0];
        let group = layer.groups.iter().find(|group| group.name == "people").unwrap();
        let sum: Weight = group.weights.iter().copied().sum();
        let placed: Weight =
            group.weights.iter().zip(&layer.at).filter(|(_, at)| at.is_some()).map(|(weight, _)| *weight).sum();
        assert_eq!((sum, placed), (Weight::whole(people), Weight::whole(people)), "{table}");
        let codes: Vec<&str> = study.issues.iter().map(|issue| issue.code).collect();
        match code {
            Some(code) => assert!(codes.contains(&code), "{table}: {:?}", study.issues),
            None => assert!(!codes.iter().any(|code| ["total-row", "code-read"].contains(code)), "{:?}", study.issues),
        }
        for ledger in &study.ledgers {
            assert!(ledger.balances(), "{ledger:?}");
        }
    }
    for (table, want) in [
        // more than its districts: it is no sum of theirs
        (with("320100,南京市,20000\n"), "count twice"),
        // the last digits are lost
        ("code,people\n3.20102E+11,1000\n".to_owned(), "3.20102E+11"),
        ("code,people\n990000,1000\n".to_owned(), "320102"),
    ] {
        let message = study(&desk, "people.csv", &table).err().unwrap_or_default();
        assert!(message.contains(want), "{table}: {message}");
    }
}
