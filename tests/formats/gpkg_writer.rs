//! The files of `io`: a GeoPackage with styles and a project, GeoJSON and CSV, read again by other programs.

use std::env;
use std::fs;
use std::io::Read;
use std::path::Path;

use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Point;
use geo_types::Polygon;
use geo_types::Rect;
use geo_types::polygon;
use rusqlite::Connection;
use tongda::base::units::Lang;
use tongda::base::units::Text;
use tongda::io::atomic::WriteError;
use tongda::io::csv_out;
use tongda::io::geojson_out;
use tongda::io::gpkg;
use tongda::io::gpkg::Package;
use tongda::io::qgis_contents::Contents;
use tongda::io::qgis_project::ProjectCrs;
use tongda::table::Field;
use tongda::table::FieldKind;
use tongda::table::GeometryKind;
use tongda::table::OutputCrs;
use tongda::table::Row;
use tongda::table::Table;
use tongda::table::Value;
use tongda::table::style::Class;
use tongda::table::style::Group;
use tongda::table::style::Label;
use tongda::table::style::Shape;
use tongda::table::style::Style;
use tongda::table::style::Symbol;
use tongda::table::style::excluding;
use tongda::table::style::including;
use tongda::table::style::palette;

const PROVENANCE: &str = r#"{"program":"tongda 0.1.0","inputs":[{"path":"counties.geojson"}]}"#;

const EPSG_4549: &str = r#"PROJCS["CGCS2000 / 3-degree Gauss-Kruger CM 120E",GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101,AUTHORITY["EPSG","1024"]],AUTHORITY["EPSG","1043"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4490"]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",120],PARAMETER["scale_factor",1],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Northing",NORTH],AXIS["Easting",EAST],AUTHORITY["EPSG","4549"]]"#;

fn project_crs(extent: Rect<f64>) -> ProjectCrs {
    ProjectCrs {
        epsg: Some(4549),
        name: "CGCS2000 / 3-degree Gauss-Kruger CM 120E".to_owned(),
        wkt1: EPSG_4549.to_owned(),
        extent,
    }
}

// ---------------------------------------------------------------------------------------------------- scene

/// Code, name, connected of all neighbours, shape.
type County = (String, String, Option<(u64, u64)>, Geometry<f64>);

fn rates(shapes: Vec<County>) -> Table {
    let [under_half, under_three_quarters, under_target, met, all] = palette::DIVERGING_AT_TARGET;
    let fill = |color| Symbol::Fill { color, outline: "#ffffff", outline_mm: 0.3 };
    let class = |from, to, en: &str, zh: &str, color| Class::range("rate", from, to, Text::new(en, zh), fill(color));
    Table {
        name: "county_rate".to_owned(),
        title: Text::new("Neighbouring counties joined by bus", "毗邻县（市、区）公交通达率"),
        description: Text::new("Share of neighbours <one ride> away & \"why\"", "可直达的毗邻县占比"),
        synthetic: true,
        crs: OutputCrs::Cgcs2000,
        geometry: GeometryKind::MultiPolygon,
        fields: vec![
            Field::new("code", FieldKind::Text, "Code", "代码"),
            Field::new("name", FieldKind::Text, "Name", "名称"),
            Field::new("rate", FieldKind::Real, "Rate", "通达率"),
            Field::new("rate_label", FieldKind::Text, "Rate in per cent", "通达率（%）"),
            Field::new("neighbours", FieldKind::Int, "Neighbours", "毗邻县数"),
            Field::new("coastal", FieldKind::Bool, "On the coast", "沿海"),
            Field::new("verdict", FieldKind::Text, "Verdict", "结论").with_choices(&[
                ("met", "met", "达标"),
                ("missed", "missed", "未达标"),
                ("no-data", "no data", "无数据"),
            ]),
        ],
        rows: shapes
            .into_iter()
            .map(|(code, name, counts, geometry)| {
                let rate = counts.map(|(part, whole)| part as f64 / whole as f64);
                let verdict = rate.map_or("no-data", |rate| if rate >= 0.9 { "met" } else { "missed" });
                let label = counts.map(|(part, whole)| format!("{}%", (part * 1000 / whole) as f64 / 10.0));
                Row {
                    geometry: Some(geometry),
                    values: vec![
                        code.into(),
                        name.into(),
                        rate.into(),
                        label.into(),
                        counts.map(|(_, whole)| whole).into(),
                        true.into(),
                        verdict.into(),
                    ],
                }
            })
            .collect(),
        style: Some(Style {
            classes: vec![
                class(including(1.0), None, "all neighbours", "100%（全部毗邻县通达）", all),
                class(including(0.9), excluding(1.0), "90% to <100%, met", "90% – <100%（达标）", met),
                class(including(0.75), excluding(0.9), "75% to <90%, missed", "75% – <90%（未达标）", under_target),
                class(including(0.5), excluding(0.75), "50% – <75%", "50% – <75%", under_three_quarters),
                class(None, excluding(0.5), "< 50%", "< 50%", under_half),
                Class::otherwise(
                    Text::new("No data: not assessed", "无数据，未评估"),
                    Symbol::NoDataFill { outline: "#ffffff", outline_mm: 0.3 },
                ),
            ],
            label: Some(Label {
                field: "name".to_owned(),
                second_line: Some("rate_label".to_owned()),
                size_pt: 7.0,
                bold: true,
                below_scale: None,
            }),
            opacity: 1.0,
            visible: true,
            group: Group::Results,
        }),
    }
}

fn pairs(lines: Vec<(String, &'static str, LineString<f64>)>) -> Table {
    let line = |color, width_mm, dash, casing| Symbol::Line { color, width_mm, dash, casing, trim_percent: 20 };
    let class = |value: &str, en: &str, zh: &str, symbol| Class::equals("status", value, Text::new(en, zh), symbol);
    let [unconnected, connected, unknown] = palette::PAIRS;
    Table {
        name: "county_pairs".to_owned(),
        title: Text::new("Pairs of neighbours", "毗邻县对"),
        description: Text::new("One line a pair", "每对毗邻县一条线"),
        synthetic: true,
        crs: OutputCrs::Cgcs2000,
        geometry: GeometryKind::MultiLineString,
        fields: vec![
            Field::new("pair", FieldKind::Text, "Pair", "县对"),
            Field::new("status", FieldKind::Text, "Status", "状态").with_choices(&[
                ("unconnected", "no bus", "未通达"),
                ("connected", "bus", "已通达"),
                ("unknown", "no data", "无数据"),
            ]),
        ],
        rows: lines
            .into_iter()
            .map(|(pair, status, line)| Row { geometry: Some(line.into()), values: vec![pair.into(), status.into()] })
            .collect(),
        style: Some(Style {
            classes: vec![
                class("unconnected", "no bus", "未通达", line(unconnected, 1.0, Some("2.2;1.2"), true)),
                class("connected", "bus", "已通达", line(connected, 0.45, None, true)),
                Class::otherwise(Text::new("no data", "无数据"), line(unknown, 0.5, Some("0.5;1.3"), false)),
            ],
            label: None,
            opacity: 1.0,
            visible: true,
            group: Group::Evidence,
        }),
    }
}

fn stops(points: Vec<(String, Option<f64>, Point<f64>)>) -> Table {
    let marker = |color, size_mm| Symbol::Marker { shape: Shape::Circle, color, size_mm, outline: "#4d4d4d" };
    let [near, _, far, beyond] = palette::DISTANCE;
    let km = |from, to, label: &str, symbol| Class::range("metres", from, to, Text::new(label, label), symbol);
    Table {
        name: "towns".to_owned(),
        title: Text::new("Town seats by distance to a stop", "乡镇驻地到站距离"),
        description: Text::new("Distance to the nearest stop", "到最近站点的距离"),
        synthetic: false,
        crs: OutputCrs::Wgs84,
        geometry: GeometryKind::Point,
        fields: vec![
            Field::new("name", FieldKind::Text, "Name", "名称"),
            Field::new("metres", FieldKind::Real, "Metres", "米"),
        ],
        rows: points
            .into_iter()
            .map(|(name, metres, point)| Row { geometry: Some(point.into()), values: vec![name.into(), metres.into()] })
            .collect(),
        style: Some(Style {
            classes: vec![
                km(None, including(5000.0), "≤ 5 km", marker(near, 1.3)),
                km(excluding(5000.0), including(15_000.0), "5–15 km", marker(far, 1.6)),
                km(excluding(15_000.0), None, "> 15 km", marker(beyond, 1.9)),
                Class::otherwise(
                    Text::new("out of reach", "不可达"),
                    Symbol::Marker { shape: Shape::XMark, color: "#000000", size_mm: 2.2, outline: "#000000" },
                ),
            ],
            label: Some(Label {
                field: "name".to_owned(),
                second_line: None,
                size_pt: 6.5,
                bold: false,
                below_scale: Some(600_000),
            }),
            opacity: 1.0,
            visible: true,
            group: Group::Evidence,
        }),
    }
}

fn outlines(shapes: Vec<(String, Geometry<f64>)>) -> Table {
    let outline = |color| Symbol::Outline { color, width_mm: 0.5 };
    Table {
        name: "context".to_owned(),
        title: Text::new("Context", "背景"),
        description: Text::new("Outlines for orientation", "参考边界"),
        synthetic: false,
        crs: OutputCrs::Cgcs2000,
        geometry: GeometryKind::MultiPolygon,
        fields: vec![Field::new("city", FieldKind::Text, "City", "市")],
        rows: shapes
            .into_iter()
            .map(|(city, geometry)| Row { geometry: Some(geometry), values: vec![city.into()] })
            .collect(),
        style: Some(Style {
            classes: vec![
                Class::equals("city", "苏州市", Text::new("Suzhou", "苏州市"), outline("#000000")),
                Class::otherwise(Text::new("other cities", "其他市"), outline("#636363")),
            ],
            label: None,
            opacity: 1.0,
            visible: true,
            group: Group::Context,
        }),
    }
}

fn scorecard() -> Table {
    Table {
        name: "scorecard".to_owned(),
        title: Text::new("Scorecard", "成绩单"),
        description: Text::default(),
        synthetic: true,
        crs: OutputCrs::Cgcs2000,
        geometry: GeometryKind::None,
        fields: vec![
            Field::new("indicator", FieldKind::Text, "Indicator", "指标"),
            Field::new("value", FieldKind::Real, "Value", "数值"),
        ],
        rows: vec![
            Row { geometry: None, values: vec!["bus, \"direct\"".into(), Value::Real(0.6)] },
            Row { geometry: None, values: vec!["0012".into(), Value::Null] },
        ],
        style: None,
    }
}

/// Six square counties in a row, one in each class; the first is wound clockwise.
fn small_scene() -> Vec<Table> {
    let square = |n: f64| -> Polygon<f64> {
        let x = 118.0 + n * 0.5;
        polygon![(x: x, y: 32.0), (x: x, y: 32.5), (x: x + 0.5, y: 32.5), (x: x + 0.5, y: 32.0)]
    };
    let counts = [Some((4, 4)), Some((9, 10)), Some((3, 4)), Some((1, 2)), Some((0, 3)), None];
    let counties = (0u32..)
        .zip(counts)
        .map(|(n, counts)| (format!("0{n}"), format!("县{n} & <市>"), counts, square(f64::from(n)).into()))
        .collect();
    let line = |n: f64| LineString::from(vec![(118.25 + n * 0.5, 32.25), (118.75 + n * 0.5, 32.25)]);
    let lines = vec![
        ("0-1".to_owned(), "connected", line(0.0)),
        ("1-2".to_owned(), "unconnected", line(1.0)),
        ("2-3".to_owned(), "unknown", line(2.0)),
    ];
    let towns = [Some(5000.0), Some(5000.5), Some(20_000.0), None];
    let towns = (0u32..)
        .zip(towns)
        .map(|(n, metres)| (format!("镇{n}"), metres, Point::new(118.1 + f64::from(n) * 0.123_456_789, 32.1)));
    let context = vec![("苏州市".to_owned(), square(0.0).into()), ("无锡市".to_owned(), square(1.0).into())];
    vec![rates(counties), pairs(lines), stops(towns.collect()), outlines(context), scorecard()]
}

fn write_scene(path: &Path, tables: &[Table]) -> Result<(), WriteError> {
    let (title, summary) = (Text::new("Bus reach", "公交通达"), Text::new("A test", "测试"));
    let note = Text::new("Made by a test", "测试数据");
    let crs = project_crs(Rect::new((310_000.0, 3_540_000.0), (595_000.0, 3_600_000.0)));
    let package = Package {
        title: &title,
        summary: &summary,
        note: &note,
        tables,
        project: Some(&crs),
        provenance_json: PROVENANCE,
        langs: &[Lang::Zh],
        contents: &Contents::default(),
    };
    gpkg::write_with_project(path, &package).map(|_| ())
}

fn one<T: rusqlite::types::FromSql>(db: &Connection, sql: &str) -> T {
    db.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

// ---------------------------------------------------------------------------------------------------- tests

#[test]
fn a_package_holds_data_index_styles_metadata_and_a_project() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("结果/result.gpkg");
    write_scene(&path, &small_scene()).unwrap();
    let db = Connection::open(&path).unwrap();
    assert_eq!(one::<i64>(&db, "PRAGMA application_id"), 0x4750_4B47);
    assert_eq!(one::<i64>(&db, "PRAGMA user_version"), 10_200);
    assert_eq!(one::<String>(&db, "PRAGMA integrity_check"), "ok");
    for (table, rows) in [("county_rate", 6), ("county_pairs", 3), ("towns", 4), ("context", 2)] {
        for counted in [table.to_owned(), format!("rtree_{table}_geom")] {
            assert_eq!(one::<i64>(&db, &format!("SELECT count(*) FROM \"{counted}\"")), rows, "{counted}");
        }
        let listed = format!("SELECT feature_count FROM gpkg_ogr_contents WHERE table_name='{table}'");
        assert_eq!(one::<i64>(&db, &listed), rows, "{table}");
        let style = format!("SELECT styleQML FROM layer_styles WHERE f_table_name='{table}' AND f_table_schema=''");
        assert!(one::<String>(&db, &style).contains("RuleRenderer"), "{table}");
    }
    let kind: String = one(&db, "SELECT data_type FROM gpkg_contents WHERE table_name='scorecard'");
    assert_eq!(kind, "attributes");
    let title: String = one(&db, "SELECT identifier FROM gpkg_contents WHERE table_name='county_rate'");
    assert!(title.contains("公交通达率") && title.contains("joined by bus") && title.contains("synthetic"), "{title}");
    let json: String = one(&db, "SELECT metadata FROM gpkg_metadata WHERE mime_type='application/json'");
    assert_eq!(json, PROVENANCE);
    let (code, rate): (String, Option<f64>) = db
        .query_row("SELECT code, rate FROM county_rate WHERE fid = 6", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!((code.as_str(), rate), ("05", None));
    let values: i64 =
        one(&db, "SELECT count(*) FROM gpkg_data_column_constraints WHERE constraint_name='county_rate_verdict'");
    assert_eq!(values, 3);
    assert_eq!(one::<i64>(&db, "SELECT count(*) FROM qgis_projects WHERE name='tongda'"), 1);
    let triggers: i64 = one(&db, "SELECT count(*) FROM sqlite_master WHERE type='trigger'");
    assert_eq!(triggers, 4 * 6 + 5 * 2);
}

#[test]
fn exterior_rings_run_counter_clockwise_and_blobs_carry_their_rectangle() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("result.gpkg");
    write_scene(&path, &small_scene()).unwrap();
    let db = Connection::open(&path).unwrap();
    let blob: Vec<u8> = one(&db, "SELECT geom FROM county_rate WHERE fid = 1");
    assert_eq!(&blob[..8], b"GP\x00\x03\x8a\x11\x00\x00", "magic, version, envelope flag, 4490");
    let numbers: Vec<f64> = blob[8..40].chunks(8).map(|eight| f64::from_le_bytes(eight.try_into().unwrap())).collect();
    assert_eq!(numbers, [118.0, 118.5, 32.0, 32.5]);
    // Multi polygon, 1 part, polygon, 1 ring, 5 positions.
    assert_eq!(&blob[40..49], [1, 6, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(&blob[49..62], [1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0]);
    let ring: Vec<f64> = blob[62..].chunks(8).map(|eight| f64::from_le_bytes(eight.try_into().unwrap())).collect();
    let double_area: f64 = ring.chunks(2).zip(ring.chunks(2).skip(1)).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    assert!((double_area - 0.5).abs() < 1e-9, "{double_area}");
}

#[test]
fn the_same_tables_give_the_same_bytes() {
    let home = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for run in ["a", "b"] {
        let path = home.path().join(run).join("result.gpkg");
        write_scene(&path, &small_scene()).unwrap();
        seen.push((fs::read(&path).unwrap(), fs::read(path.with_extension("qgz")).unwrap()));
        // Written again over itself.
        write_scene(&path, &small_scene()).unwrap();
        assert!(fs::read(&path).unwrap() == seen[0].0);
        assert_eq!(fs::read_dir(home.path().join(run)).unwrap().count(), 2);
    }
    assert!(seen[0] == seen[1]);
}

#[test]
fn the_project_beside_the_package_is_the_one_inside() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("result.gpkg");
    write_scene(&path, &small_scene()).unwrap();
    let beside = fs::read(path.with_extension("qgz")).unwrap();
    let db = Connection::open(&path).unwrap();
    let inside: String = one(&db, "SELECT content FROM qgis_projects");
    assert_eq!(inside, beside.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(beside)).unwrap();
    let mut xml = String::new();
    archive.by_name("project.qgs").unwrap().read_to_string(&mut xml).unwrap();
    for wanted in [
        "./result.gpkg|layername=county_rate",
        "结果 Results",
        "依据 Evidence",
        "背景 Context",
        "数据表 Tables",
        "<custom-order enabled=\"1\">",
        "含合成数据",
        "PROJCS[&quot;CGCS2000",
    ] {
        assert!(xml.contains(wanted), "{wanted}");
    }
}

#[test]
fn tables_that_break_their_promises_are_refused_and_nothing_is_written() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("result.gpkg");
    let refused = |change: &dyn Fn(&mut Vec<Table>), wanted: &str| {
        let mut tables = small_scene();
        change(&mut tables);
        let message = write_scene(&path, &tables).unwrap_err().to_string();
        assert!(message.contains(wanted), "{message}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "{message}");
    };
    refused(&|t| t[1].name = "County_Rate".to_owned(), "another table");
    refused(&|t| t[0].name = "gpkg_mine".to_owned(), "gpkg_");
    refused(&|t| t[0].name = "a\" b".to_owned(), "table name");
    refused(&|t| t[0].fields[1].name = "CODE".to_owned(), "two fields");
    refused(&|t| t[0].fields[1].name = "geom".to_owned(), "taken");
    refused(&|t| t[0].rows[2].values[6] = "perhaps".into(), "row 3, field \"verdict\": \"perhaps\"");
    refused(&|t| t[0].rows[2].values[2] = Value::Real(f64::NAN), "row 3");
    refused(&|t| t[0].rows[2].values[0] = Value::Int(12), "no Text");
    refused(&|t| drop(t[0].rows[0].values.pop()), "6 values for 7 fields");
    refused(&|t| t[0].rows[0].geometry = None, "row 1, field \"geometry\": is missing");
    refused(&|t| t[0].rows[0].geometry = Some(Point::new(1.0, 2.0).into()), "no MultiPolygon");
    refused(&|t| t[0].rows[0].geometry = Some(MultiPolygon::<f64>(vec![]).into()), "empty");
    refused(&|t| t[2].rows[1].geometry = Some(Point::new(500_000.0, 3_500_000.0).into()), "degrees");
    refused(&|t| t[0].fields[3].name = "other".to_owned(), "style names the field");
}

#[test]
fn a_folder_that_can_not_be_written_is_named() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("file"), b"").unwrap();
    let error = write_scene(&home.path().join("file/result.gpkg"), &small_scene()).unwrap_err();
    assert!(matches!(error, WriteError::Folder { .. }), "{error:?}");
    assert!(error.to_string().contains("file\""), "{error}");
}

#[test]
fn csv_keeps_codes_as_text_and_says_what_is_synthetic() {
    let scene = small_scene();
    let rates = csv_out::text(&scene[0]).unwrap();
    let lines: Vec<&str> = rates.lines().collect();
    assert_eq!(lines[0], "code,name,rate,rate_label,neighbours,coastal,verdict,wkt,synthetic");
    assert!(
        lines[1].starts_with("\"00\",\"县0 & <市>\",1,\"100%\",4,true,\"met\",\"MULTIPOLYGON (((118 32"),
        "{}",
        lines[1]
    );
    assert!(lines[6].starts_with("\"05\",\"县5 & <市>\",,,,true,\"no-data\""), "{}", lines[6]);
    let towns = csv_out::text(&scene[2]).unwrap();
    assert!(
        towns.starts_with("name,metres,lon,lat\n\"镇0\",5000,118.1,32.1\n\"镇1\",5000.5,118.2234568,32.1\n"),
        "{towns}"
    );
    let score = csv_out::text(&scene[4]).unwrap();
    assert_eq!(score, "indicator,value,synthetic\n\"bus, \"\"direct\"\"\",0.6,true\n\"0012\",,true\n");
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("score.csv");
    csv_out::write(&path, &scene[4]).unwrap();
    assert_eq!(&fs::read(&path).unwrap()[..3], b"\xef\xbb\xbf");
}

#[test]
fn geojson_is_readable_and_right_handed() {
    let scene = small_scene();
    let text = geojson_out::text(&scene[0]).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["name"], "county_rate");
    assert_eq!(json["synthetic"], true);
    let features = json["features"].as_array().unwrap();
    assert_eq!(features.len(), 6);
    assert_eq!(features[5]["properties"]["rate"], serde_json::Value::Null);
    assert_eq!(features[0]["geometry"]["type"], "MultiPolygon");
    let ring = features[0]["geometry"]["coordinates"][0][0].as_array().unwrap();
    let at = |n: usize, axis: usize| ring[n][axis].as_f64().unwrap();
    let double_area: f64 = (0..4).map(|n| at(n, 0) * at(n + 1, 1) - at(n + 1, 0) * at(n, 1)).sum();
    assert!(double_area > 0.0);
    let score: serde_json::Value = serde_json::from_str(&geojson_out::text(&scene[4]).unwrap()).unwrap();
    assert_eq!(score["features"][0]["geometry"], serde_json::Value::Null);
}

/// Writes files for a look in QGIS: the small scene, and real counties from the GeoJSON named by `TONGDA_QGIS_COUNTIES`
/// (properties `adcode`, `name`, `city`, `province`), with made-up rates.
#[test]
#[ignore = "writes files for a look in QGIS into the folder named by TONGDA_QGIS_OUT"]
fn files_for_a_look_in_qgis() {
    let Some(out) = env::var_os("TONGDA_QGIS_OUT") else { return };
    let out = Path::new(&out);
    write_scene(&out.join("small.gpkg"), &small_scene()).unwrap();
    // more classes than a page has room for
    let mut long = small_scene();
    let fill = Symbol::Fill { color: "#9ecae1", outline: "#ffffff", outline_mm: 0.3 };
    let class = |n: usize| {
        Class::equals("code", &format!("{n:02}"), Text::new(format!("county {n}"), format!("第 {n} 县")), fill.clone())
    };
    if let Some(style) = &mut long[0].style {
        style.classes = (0..90).map(class).collect();
    }
    write_scene(&out.join("long_legend.gpkg"), &long).unwrap();
    let Some(counties) = env::var_os("TONGDA_QGIS_COUNTIES") else { return };
    let text = fs::read_to_string(counties).unwrap();
    let tables = real_scene(&text.parse().unwrap());
    let title = Text::new("Neighbouring counties joined by bus, Jiangsu", "江苏省毗邻县（市、区）公交通达率");
    let summary = Text::new("Real boundaries, made-up rates", "真实边界，虚构数值");
    let note = Text::new(
        "Boundaries: real counties, WGS 84\nTarget: 90 % of neighbours joined by direct bus\ntongda 0.1.0",
        "边界：真实县界，WGS 84\n目标：毗邻县公交通达率 ≥ 90%（苏政发〔2024〕102号 第19项）\ntongda 0.1.0",
    );
    let crs = project_crs(Rect::new((166_246.9, 3_404_499.6), (687_024.3, 3_888_723.4)));
    let nothing = Contents::default();
    for (lang, name) in [(Lang::Zh, "jiangsu.gpkg"), (Lang::En, "jiangsu_en.gpkg")] {
        let package = Package {
            title: &title,
            summary: &summary,
            note: &note,
            tables: &tables,
            project: Some(&crs),
            provenance_json: PROVENANCE,
            langs: &[lang],
            contents: &nothing,
        };
        gpkg::write_with_project(&out.join(name), &package).unwrap();
    }
    let degrees = ProjectCrs {
        epsg: None,
        name: "CGCS2000".to_owned(),
        wkt1: EPSG_4549[EPSG_4549.find("GEOGCS").unwrap()..EPSG_4549.find(",PROJECTION").unwrap()].to_owned(),
        extent: Rect::new((116.357, 30.76), (121.971, 35.125)),
    };
    let many: Vec<Table> = (0..4)
        .map(|n| Table { name: format!("rate_{n}"), synthetic: false, ..tables[0].clone() })
        .chain([tables[1].clone()])
        .collect();
    let package = Package {
        title: &title,
        summary: &summary,
        note: &note,
        tables: &many,
        project: Some(&degrees),
        provenance_json: PROVENANCE,
        langs: &[Lang::En],
        contents: &nothing,
    };
    gpkg::write_with_project(&out.join("many_degrees.gpkg"), &package).unwrap();
    let one_point = vec![stops(vec![("村".to_owned(), Some(20_000.0), Point::new(120.0, 32.0))])];
    let crs = project_crs(Rect::new((500_000.0, 3_541_852.4), (500_000.0, 3_541_852.4)));
    let package = Package { tables: &one_point, project: Some(&crs), ..package };
    gpkg::write_with_project(&out.join("one_point.gpkg"), &package).unwrap();
    for table in &tables {
        geojson_out::write(&out.join(format!("{}.geojson", table.name)), table).unwrap();
        csv_out::write(&out.join(format!("{}.csv", table.name)), table).unwrap();
    }
}

fn real_scene(json: &serde_json::Value) -> Vec<Table> {
    use geo::BoundingRect;
    use geo::InteriorPoint;
    let mut counties = Vec::new();
    let mut towns = Vec::new();
    let mut context = Vec::new();
    let mut centres: Vec<(String, Point<f64>)> = Vec::new();
    for feature in json["features"].as_array().unwrap() {
        let text = |key: &str| feature["properties"][key].as_str().unwrap().to_owned();
        if text("province") != "江苏省" {
            continue;
        }
        let polygons = multi_polygon(&feature["geometry"]);
        let n = counties.len() as u64;
        let counts = (n % 13 != 5).then_some([(7, 7), (9, 10), (4, 5), (5, 9), (1, 4), (6, 6)][(n % 6) as usize]);
        let inside = polygons.interior_point().unwrap();
        let around = polygons.bounding_rect().unwrap();
        centres.push((text("name"), inside));
        let metres = (n % 11 != 3).then_some(((n * 977) % 19_000) as f64);
        towns.push((
            format!("{}驻地", text("name")),
            metres,
            Point::new(inside.x() + around.width() * 0.1, inside.y()),
        ));
        context.push((text("city"), polygons.clone().into()));
        counties.push((text("adcode"), text("name"), counts, polygons.into()));
    }
    let mut lines = Vec::new();
    for (at, (name, from)) in centres.iter().enumerate() {
        for (other, to) in &centres[at + 1..] {
            if (from.x() - to.x()).hypot(from.y() - to.y()) < 0.3 {
                let status = ["connected", "unconnected", "connected", "unknown"][lines.len() % 4];
                lines.push((format!("{name}–{other}"), status, LineString::from(vec![*from, *to])));
            }
        }
    }
    vec![rates(counties), pairs(lines), stops(towns), outlines(context), scorecard()]
}

fn multi_polygon(geometry: &serde_json::Value) -> MultiPolygon<f64> {
    let ring = |ring: &serde_json::Value| -> LineString<f64> {
        let position = |c: &serde_json::Value| (c[0].as_f64().unwrap(), c[1].as_f64().unwrap());
        ring.as_array().unwrap().iter().map(position).collect()
    };
    let polygon = |rings: &serde_json::Value| {
        let mut rings: Vec<LineString<f64>> = rings.as_array().unwrap().iter().map(ring).collect();
        let exterior = rings.remove(0);
        Polygon::new(exterior, rings)
    };
    match geometry["type"].as_str() {
        Some("Polygon") => MultiPolygon(vec![polygon(&geometry["coordinates"])]),
        _ => MultiPolygon(geometry["coordinates"].as_array().unwrap().iter().map(polygon).collect()),
    }
}
