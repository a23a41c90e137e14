//! Vector files as people have them: curves, indexes, rings, parts that are broken, encodings that do not fit, databases in use.
//!
//! One table a kind of fault. The right values come from the standards named in each table, from GDAL 3.6 (`ogrinfo`), or by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use assert_cmd::Command;
use geo::Area;
use geo_types::Geometry;
use rusqlite::Connection;
use tempfile::TempDir;
use tongda::io::read;
use tongda::io::read::Collected;
use tongda::io::read::LayerInfo;
use tongda::io::read::ReadError;
use tongda::io::read::ReadRequest;
use tongda::table::Value;

fn layer(path: &Path) -> Result<(LayerInfo, Collected), ReadError> {
    read::read_all(&ReadRequest::new(path, "test"))
}

fn kind(geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(_) => "point",
        Geometry::LineString(_) => "line",
        Geometry::Polygon(_) => "polygon",
        Geometry::MultiPoint(_) => "points",
        Geometry::MultiLineString(_) => "lines",
        Geometry::MultiPolygon(_) => "polygons",
        _ => "something else",
    }
}

fn codes(read: &Collected) -> Vec<&str> {
    read.issues.iter().map(|issue| issue.code).collect()
}

struct Bench(TempDir);

impl Bench {
    fn new() -> Bench {
        Bench(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(self.0.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

// Curves and surfaces

/// How the numbers of a geometry are written down.
#[derive(Debug, Clone, Copy)]
struct Form {
    name: &'static str,
    is_little: bool,
    is_extended: bool,
    z: bool,
    m: bool,
}

const FORMS: [Form; 6] = [
    Form { name: "XY", is_little: true, is_extended: false, z: false, m: false },
    Form { name: "ISO Z, big endian", is_little: false, is_extended: false, z: true, m: false },
    Form { name: "ISO M", is_little: true, is_extended: false, z: false, m: true },
    Form { name: "ISO ZM", is_little: true, is_extended: false, z: true, m: true },
    Form { name: "extended Z", is_little: true, is_extended: true, z: true, m: false },
    Form { name: "extended ZM, big endian", is_little: false, is_extended: true, z: true, m: true },
];

/// A geometry as text, which every format writes in its own way.
enum Shape {
    Positions(u32, &'static [[f64; 2]]),
    Rings(u32, &'static [&'static [[f64; 2]]]),
    Members(u32, Vec<Shape>),
}

impl Form {
    fn whole(self, out: &mut Vec<u8>, number: u32) {
        out.extend(if self.is_little { number.to_le_bytes() } else { number.to_be_bytes() });
    }

    fn positions(self, out: &mut Vec<u8>, list: &[[f64; 2]]) {
        self.whole(out, list.len() as u32);
        for at in list {
            let more = [7.0, 8.0];
            let numbers = at.iter().chain(&more[..usize::from(self.z) + usize::from(self.m)]);
            numbers.for_each(|one| out.extend(if self.is_little { one.to_le_bytes() } else { one.to_be_bytes() }));
        }
    }

    fn wkb(self, out: &mut Vec<u8>, shape: &Shape) {
        let (Shape::Positions(code, _) | Shape::Rings(code, _) | Shape::Members(code, _)) = shape;
        out.push(u8::from(self.is_little));
        let (z, m) = (u32::from(self.z), u32::from(self.m));
        self.whole(out, if self.is_extended { code | z << 31 | m << 30 } else { code + 1000 * z + 2000 * m });
        match shape {
            Shape::Positions(_, list) => self.positions(out, list),
            Shape::Rings(_, rings) => {
                self.whole(out, rings.len() as u32);
                rings.iter().for_each(|ring| self.positions(out, ring));
            }
            Shape::Members(_, members) => {
                self.whole(out, members.len() as u32);
                members.iter().for_each(|member| self.wkb(out, member));
            }
        }
    }
}

const SQUARE: &[[f64; 2]] = &[[118.0, 32.0], [118.5, 32.0], [118.5, 32.5], [118.0, 32.5], [118.0, 32.0]];
const NEXT: &[[f64; 2]] = &[[118.5, 32.0], [119.0, 32.0], [119.0, 32.5], [118.5, 32.5], [118.5, 32.0]];
/// A full circle around (118, 32) with radius 0.5: from its start through the place opposite and back.
const CIRCLE: &[[f64; 2]] = &[[118.5, 32.0], [117.5, 32.0], [118.5, 32.0]];
/// The upper half of it.
const ARC: &[[f64; 2]] = &[[118.5, 32.0], [118.0, 32.5], [117.5, 32.0]];
const CHORD: &[[f64; 2]] = &[[117.5, 32.0], [118.5, 32.0]];

/// Curves and surfaces with what they are, the area in square degrees and what is told. Arcs have a corner every 4 degrees, as GDAL's
/// `OGR_ARC_STEPSIZE`: the area of a circle is that of 90 triangles, r² / 2 sin 4° each.
fn curves() -> Vec<(&'static str, Shape, &'static str, f64, &'static [&'static str])> {
    let circle = 90.0 / 2.0 * 0.25 * 4f64.to_radians().sin();
    let rings = |code, ring: &'static [&'static [[f64; 2]]]| Shape::Rings(code, ring);
    vec![
        ("CIRCULARSTRING", Shape::Positions(8, ARC), "line", 0.0, &["arcs"]),
        (
            "COMPOUNDCURVE",
            Shape::Members(9, vec![Shape::Positions(8, ARC), Shape::Positions(2, CHORD)]),
            "line",
            0.0,
            &["arcs"],
        ),
        ("CURVEPOLYGON of a line", Shape::Members(10, vec![Shape::Positions(2, SQUARE)]), "polygon", 0.25, &[]),
        (
            "CURVEPOLYGON of a circle",
            Shape::Members(10, vec![Shape::Positions(8, CIRCLE)]),
            "polygon",
            circle,
            &["arcs"],
        ),
        (
            "CURVEPOLYGON of a COMPOUNDCURVE",
            Shape::Members(10, vec![Shape::Members(9, vec![Shape::Positions(8, ARC), Shape::Positions(2, CHORD)])]),
            "polygon",
            circle / 2.0,
            &["arcs"],
        ),
        (
            "MULTICURVE",
            Shape::Members(11, vec![Shape::Positions(8, ARC), Shape::Positions(2, CHORD)]),
            "lines",
            0.0,
            &["arcs"],
        ),
        (
            "MULTISURFACE",
            Shape::Members(12, vec![rings(3, &[NEXT]), Shape::Members(10, vec![Shape::Positions(2, SQUARE)])]),
            "polygons",
            0.5,
            &[],
        ),
        (
            "POLYHEDRALSURFACE",
            Shape::Members(15, vec![rings(3, &[SQUARE]), rings(3, &[NEXT])]),
            "polygons",
            0.5,
            &["faces"],
        ),
        (
            "TIN",
            Shape::Members(16, vec![rings(17, &[&[[118.0, 32.0], [119.0, 32.0], [118.0, 33.0], [118.0, 32.0]]])]),
            "polygons",
            0.5,
            &["faces"],
        ),
        ("TRIANGLE", rings(17, &[&[[118.0, 32.0], [119.0, 32.0], [118.0, 33.0], [118.0, 32.0]]]), "polygon", 0.5, &[]),
        (
            "GEOMETRYCOLLECTION of curves",
            Shape::Members(7, vec![Shape::Positions(8, ARC), Shape::Members(10, vec![Shape::Positions(8, CIRCLE)])]),
            "polygon",
            circle,
            &["left-out-part", "arcs"],
        ),
    ]
}

fn package(path: &Path, blobs: &[Vec<u8>]) {
    let package = Connection::open(path).unwrap();
    package
        .execute_batch(
            "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT);
             CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
             CREATE TABLE gpkg_spatial_ref_sys (srs_id INTEGER, organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
             INSERT INTO gpkg_spatial_ref_sys VALUES (4490, 'EPSG', 4490, '');
             CREATE TABLE counties (fid INTEGER PRIMARY KEY, geom BLOB, code TEXT);
             INSERT INTO gpkg_contents VALUES ('counties', 'features');
             INSERT INTO gpkg_geometry_columns VALUES ('counties', 'geom', 4490);",
        )
        .unwrap();
    for (nth, wkb) in blobs.iter().enumerate() {
        let mut blob = vec![b'G', b'P', 0, 1];
        blob.extend(4490u32.to_le_bytes());
        blob.extend(wkb);
        package.execute("INSERT INTO counties (geom, code) VALUES (?1, ?2)", (blob, format!("32010{nth}"))).unwrap();
    }
}

#[test]
fn curves_and_surfaces_are_straight_lines_and_polygons_in_every_form() {
    let bench = Bench::new();
    for form in FORMS {
        let rows = curves();
        let blobs: Vec<Vec<u8>> = rows
            .iter()
            .map(|(_, shape, ..)| {
                let mut wkb = Vec::new();
                form.wkb(&mut wkb, shape);
                wkb
            })
            .collect();
        let path = bench.0.path().join("curves.gpkg");
        let _ = fs::remove_file(&path);
        package(&path, &blobs);
        let hex = |wkb: &Vec<u8>| wkb.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        let table: String = blobs.iter().enumerate().map(|(nth, wkb)| format!("{nth},{}\n", hex(wkb))).collect();
        let table = bench.put("curves.csv", format!("code,wkb\n{table}"));
        for path in [&path, &table] {
            let (_, read) = layer(path).unwrap();
            for (nth, (name, _, wanted, area, told)) in rows.iter().enumerate() {
                let at = format!("{name}, {}, {}", form.name, path.display());
                let shape = read.records[nth].geometry.as_ref().unwrap_or_else(|| panic!("{at}: {:?}", read.issues));
                assert_eq!(kind(shape), *wanted, "{at}");
                assert!((shape.unsigned_area() - area).abs() < 1e-9, "{at}: {} not {area}", shape.unsigned_area());
                let said: Vec<&str> = read
                    .issues
                    .iter()
                    .filter(|issue| issue.record == Some(nth as u64 + 1))
                    .map(|issue| issue.code)
                    .collect();
                assert_eq!(said, *told, "{at}");
            }
        }
    }
}

// The index of a shapefile

fn square_record(number: u32, x: f64, y: f64, turned: bool) -> Vec<u8> {
    let mut ring = [[x, y], [x, y + 0.5], [x + 0.5, y + 0.5], [x + 0.5, y], [x, y]];
    if turned {
        ring.reverse();
    }
    polygon_record(number, &[&ring])
}

fn polygon_record(number: u32, rings: &[&[[f64; 2]]]) -> Vec<u8> {
    let all: Vec<[f64; 2]> = rings.iter().flat_map(|ring| ring.iter().copied()).collect();
    let mut content = 5i32.to_le_bytes().to_vec();
    let side = |axis: usize, pick: fn(f64, f64) -> f64| all.iter().map(|at| at[axis]).reduce(pick).unwrap_or(0.0);
    for bound in [side(0, f64::min), side(1, f64::min), side(0, f64::max), side(1, f64::max)] {
        content.extend(bound.to_le_bytes());
    }
    content.extend((rings.len() as i32).to_le_bytes());
    content.extend((all.len() as i32).to_le_bytes());
    let mut first = 0i32;
    for ring in rings {
        content.extend(first.to_le_bytes());
        first += ring.len() as i32;
    }
    all.iter().flatten().for_each(|number| content.extend(number.to_le_bytes()));
    let mut record = number.to_be_bytes().to_vec();
    record.extend((content.len() as u32 / 2).to_be_bytes());
    record.extend(content);
    record
}

fn shape_header(length: usize) -> Vec<u8> {
    let mut head = vec![0u8; 100];
    head[..4].copy_from_slice(&9994i32.to_be_bytes());
    head[24..28].copy_from_slice(&(length as i32 / 2).to_be_bytes());
    head[28..32].copy_from_slice(&1000i32.to_le_bytes());
    head[32..36].copy_from_slice(&5i32.to_le_bytes());
    head
}

/// The `.shp` of records as they stand, and the place of each.
fn shp(records: &[Vec<u8>]) -> (Vec<u8>, Vec<(u32, u32)>) {
    let body: Vec<u8> = records.concat();
    let mut file = shape_header(100 + body.len());
    let mut places = Vec::new();
    for record in records {
        places.push((file.len() as u32 / 2, record.len() as u32 / 2 - 4));
        file.extend(record);
    }
    (file, places)
}

fn shx(places: &[(u32, u32)]) -> Vec<u8> {
    let mut file = shape_header(100 + 8 * places.len());
    places.iter().for_each(|(at, size)| file.extend([at.to_be_bytes(), size.to_be_bytes()].concat()));
    file
}

/// A dBASE table of one text column.
fn dbf(name: &str, rows: &[&[u8]]) -> Vec<u8> {
    table(&[(name, b'C', 20, 0)], &rows.iter().map(|row| vec![row.to_vec()]).collect::<Vec<_>>(), true)
}

/// A dBASE table: name, type, length and decimals of each column.
fn table(columns: &[(&str, u8, u8, u8)], rows: &[Vec<Vec<u8>>], has_end: bool) -> Vec<u8> {
    let width = 1 + columns.iter().map(|(.., length, _)| u16::from(*length)).sum::<u16>();
    let start = 32 + 32 * columns.len() as u16 + u16::from(has_end);
    let mut file = vec![0u8; 32];
    file[0] = 3;
    file[4..8].copy_from_slice(&(rows.len() as u32).to_le_bytes());
    file[8..10].copy_from_slice(&start.to_le_bytes());
    file[10..12].copy_from_slice(&width.to_le_bytes());
    for (name, kind, length, decimals) in columns {
        let mut column = [0u8; 32];
        column[..name.len()].copy_from_slice(name.as_bytes());
        (column[11], column[16], column[17]) = (*kind, *length, *decimals);
        file.extend(column);
    }
    file.extend(vec![0x0d; usize::from(has_end)]);
    for row in rows {
        file.push(b' ');
        for (cell, (.., length, _)) in row.iter().zip(columns) {
            let mut cell = cell.clone();
            cell.resize(usize::from(*length), b' ');
            file.extend(cell);
        }
    }
    file.push(0x1a);
    file
}

#[test]
fn attributes_belong_to_the_shape_that_the_index_says() {
    // places of four squares: a, b, c, d are x = 1, 2, 3, 4
    let square = |number: u32, x: f64| square_record(number, x, 0.0, false);
    let stale = square_record(1, 100.0, 20.0, false);
    let four: [&[u8]; 4] = [b"a", b"b", b"c", b"d"];
    let in_order: Vec<Vec<u8>> = (1..=4).map(|nth| square(nth, f64::from(nth))).collect();
    let turned: Vec<Vec<u8>> = (1..=4).rev().map(|nth| square(nth, f64::from(nth))).collect();
    let unnumbered: Vec<Vec<u8>> = (1..=4).map(|nth| square(0, f64::from(nth))).collect();
    let rewritten = [vec![stale.clone()], in_order[1..].to_vec(), vec![in_order[0].clone()]].concat();
    let mut cut = shx(&shp(&in_order).1);
    cut.truncate(cut.len() - 3);
    let mut elsewhere = shp(&in_order).1;
    elsewhere[2].0 = 1_000_000;
    let mut twice = shp(&in_order).1;
    twice[2] = twice[1];
    let mut gone = shp(&in_order).1;
    gone[1] = (0, 0);
    let pick = |places: Vec<(u32, u32)>, order: [usize; 4]| order.map(|at| places[at]).to_vec();
    type Row<'r> = (
        &'static str,
        Vec<Vec<u8>>,
        Option<Vec<u8>>,
        usize,
        Result<&'static str, &'static str>,
        &'static [&'static str],
    );
    let cases: Vec<Row<'_>> = vec![
        ("as it should be", in_order.clone(), Some(shx(&shp(&in_order).1)), 4, Ok("a1 b2 c3 d4"), &[]),
        (
            "records in another order",
            turned.clone(),
            Some(shx(&pick(shp(&turned).1, [3, 2, 1, 0]))),
            4,
            Ok("a1 b2 c3 d4"),
            &[],
        ),
        (
            "a record that was written anew at the end",
            rewritten.clone(),
            Some(shx(&pick(shp(&rewritten).1, [4, 1, 2, 3]))),
            4,
            Ok("a1 b2 c3 d4"),
            &[],
        ),
        (
            "a record that the index marks as gone",
            in_order.clone(),
            Some(shx(&gone)),
            4,
            Ok("a1 b- c3 d4"),
            &["no-geometry"],
        ),
        ("no index", in_order.clone(), None, 4, Ok("a1 b2 c3 d4"), &["no-index"]),
        ("no index, and records in another order", turned.clone(), None, 4, Ok("a1 b2 c3 d4"), &["no-index"]),
        ("no index and no numbers", unnumbered, None, 4, Ok("a1 b2 c3 d4"), &["no-index"]),
        ("no index, and more shapes than rows", rewritten.clone(), None, 4, Err("not certain"), &[]),
        ("an index that is cut", in_order.clone(), Some(cut), 4, Ok("a1 b2 c3 d4"), &["no-index"]),
        (
            "an index that leads out of the file",
            in_order.clone(),
            Some(shx(&elsewhere)),
            4,
            Ok("a1 b2 c3 d4"),
            &["no-index"],
        ),
        ("an index with one place twice", in_order.clone(), Some(shx(&twice)), 4, Ok("a1 b2 c3 d4"), &["no-index"]),
        (
            "an index that is none, and a stale record",
            rewritten.clone(),
            Some(vec![7; 132]),
            4,
            Err("not certain"),
            &[],
        ),
        (
            "an index that is older than the rest",
            in_order.clone(),
            Some(shx(&shp(&in_order).1[..3])),
            4,
            Ok("a1 b2 c3 d4"),
            &["no-index"],
        ),
        (
            "an index of fewer shapes than either",
            rewritten.clone(),
            Some(shx(&shp(&rewritten).1[..3])),
            2,
            Err("not certain"),
            &[],
        ),
        (
            "rows beyond the shapes",
            in_order.clone(),
            Some(shx(&shp(&in_order).1)),
            5,
            Ok("a1 b2 c3 d4"),
            &["more-attributes"],
        ),
    ];
    for (what, records, index, rows, want, told) in cases {
        let bench = Bench::new();
        let path = bench.put("a.shp", shp(&records).0);
        let names: Vec<&[u8]> = four.iter().copied().chain([b"e" as &[u8]]).take(rows).collect();
        bench.put("a.dbf", dbf("name", &names));
        if let Some(index) = index {
            bench.put("a.shx", index);
        }
        match (layer(&path), want) {
            (Ok((_, read)), Ok(want)) => {
                let got: Vec<String> = read
                    .records
                    .iter()
                    .map(|record| {
                        let x = match &record.geometry {
                            Some(Geometry::Polygon(polygon)) => polygon.exterior().0[0].x.to_string(),
                            _ => "-".to_owned(),
                        };
                        format!("{}{x}", record.values[0])
                    })
                    .collect();
                assert_eq!(got.join(" "), want, "{what}");
                assert_eq!(codes(&read), told, "{what}: {:?}", read.issues);
            }
            (Err(error), Err(want)) => assert!(error.to_string().contains(want), "{what}: {error}"),
            (got, _) => panic!("{what}: {got:?}"),
        }
    }
}

#[test]
fn one_damaged_shape_is_one_record_without_a_geometry() {
    let bench = Bench::new();
    let mut bad = square_record(2, 2.0, 0.0, false);
    bad[8] = 77;
    let records = [square_record(1, 1.0, 0.0, false), bad, square_record(3, 3.0, 0.0, false)];
    let (file, places) = shp(&records);
    let path = bench.put("a.shp", file);
    bench.put("a.shx", shx(&places));
    bench.put("a.dbf", dbf("name", &[b"a", b"b", b"c"]));
    let (_, read) = layer(&path).unwrap();
    let have: Vec<bool> = read.records.iter().map(|record| record.geometry.is_some()).collect();
    assert_eq!((have, codes(&read)), (vec![true, false, true], vec!["bad-geometry"]));
}

// The sense of rings

#[test]
fn what_lies_within_a_ring_is_its_hole_whichever_way_it_runs() {
    let ring = |x: f64, side: f64, is_clockwise: bool| -> Vec<[f64; 2]> {
        let mut ring = vec![[x, x], [x, x + side], [x + side, x + side], [x + side, x], [x, x]];
        if !is_clockwise {
            ring.reverse();
        }
        ring
    };
    // a square of 10 with a hole of 6, an island of 2 in it; areas by hand: 100 - 36 + 4
    for (what, shell, hole, island, order, told) in [
        ("as ESRI has it", true, false, true, [0, 1, 2], vec![]),
        ("as RFC 7946 has it", false, true, false, [0, 1, 2], vec!["ring-sense"]),
        ("all clockwise", true, true, true, [0, 1, 2], vec!["ring-sense"]),
        ("all counter-clockwise, the hole first", false, false, false, [1, 2, 0], vec!["ring-sense"]),
    ] {
        let rings = [ring(0.0, 10.0, shell), ring(2.0, 6.0, hole), ring(4.0, 2.0, island)];
        let rings: Vec<&[[f64; 2]]> = order.iter().map(|at| rings[*at].as_slice()).collect();
        let bench = Bench::new();
        let path = bench.put("a.shp", shp(&[polygon_record(1, &rings)]).0);
        let (_, read) = layer(&path).unwrap();
        let Some(Geometry::MultiPolygon(parts)) = &read.records[0].geometry else { panic!("{what}") };
        let mut shapes: Vec<(f64, usize)> =
            parts.iter().map(|part| (part.unsigned_area(), part.interiors().len())).collect();
        shapes.sort_by(|a, b| b.0.total_cmp(&a.0));
        assert_eq!(shapes, [(64.0, 1), (4.0, 0)], "{what}");
        let said: Vec<&str> = codes(&read).into_iter().filter(|code| *code != "no-attributes").collect();
        assert_eq!(said, told, "{what}");
    }
}

// dBASE tables that others read

#[test]
fn tables_that_are_not_quite_dbase_are_read() {
    let cell = |text: &str| text.as_bytes().to_vec();
    let plain = [("name", b'C', 4, 0), ("pop", b'N', 5, 0)];
    let rows = [vec![cell("a"), cell("   12")], vec![cell("b"), cell("*****")]];
    // a row longer than its columns, as some programs leave it
    let mut wide = table(&[("name", b'C', 4, 0), ("gap", b'C', 3, 0)], &[vec![cell("a"), cell("x")]], true);
    wide.drain(64..96);
    let start = u16::from_le_bytes([wide[8], wide[9]]) - 32;
    wide[8..10].copy_from_slice(&start.to_le_bytes());
    // FoxPro: 0x30 for its version, and 263 bytes behind the columns
    let mut fox = table(&plain, &rows, true);
    fox[0] = 0x30;
    let start = u16::from_le_bytes([fox[8], fox[9]]);
    fox.splice(usize::from(start)..usize::from(start), vec![0u8; 263]);
    fox[8..10].copy_from_slice(&(start + 263).to_le_bytes());
    // Clipper: a text of 300 characters, its length in two bytes
    let mut clipper = table(&[("text", b'C', 44, 1)], &[vec![vec![b'x'; 44]]], true);
    clipper[10..12].copy_from_slice(&301u16.to_le_bytes());
    let end = clipper.len() - 1;
    clipper.splice(end..end, vec![b'y'; 256]);
    // 2024-12-05 08:30: day 2 460 650 of the Julian count
    let moment = [2_460_650i32.to_le_bytes(), (8 * 3_600_000 + 1_800_000i32).to_le_bytes()].concat();
    let dates = table(
        &[("d", b'D', 8, 0), ("e", b'D', 8, 0), ("t", b'T', 8, 0), ("m", b'M', 10, 0), ("f", b'0', 1, 0)],
        &[vec![cell("20241205"), cell("  /  /  "), moment, cell("1"), vec![0]]],
        true,
    );
    let odd_numbers =
        table(&[("n", b'N', 8, 2), ("z", b'N', 8, 0)], &[vec![cell("\0\0  1.50"), cell("        ")]], true);
    for (what, bytes, want, told) in [
        ("as it should be", table(&plain, &rows, true), vec!["name=a pop=12", "name=b pop="], vec![]),
        ("no end of the header", table(&plain, &rows, false), vec!["name=a pop=12", "name=b pop="], vec![]),
        ("no columns", table(&[], &[vec![], vec![]], true), vec!["", ""], vec![]),
        (
            "two columns of one name",
            table(
                &[("name", b'C', 4, 0), ("name", b'C', 4, 0), ("name_1", b'C', 4, 0)],
                &[vec![cell("a"), cell("b"), cell("c")]],
                true,
            ),
            vec!["name=a name_1=b name_1_1=c"],
            vec!["renamed-column", "renamed-column"],
        ),
        ("a row that is longer than its columns", wide, vec!["name=a"], vec![]),
        ("FoxPro", fox, vec!["name=a pop=12", "name=b pop="], vec![]),
        ("Clipper", clipper, vec!["text=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"], vec![]),
        ("dates", dates, vec!["d=2024-12-05 e= t=2024-12-05T08:30:00 m="], vec!["binary-value"]),
        ("numbers", odd_numbers, vec!["n=1.5 z="], vec![]),
    ] {
        let bench = Bench::new();
        let path = bench.put("a.dbf", bytes);
        let (info, read) = layer(&path).unwrap_or_else(|error| panic!("{what}: {error}"));
        let got: Vec<String> = read
            .records
            .iter()
            .map(|record| {
                let cells = info.fields.iter().zip(&record.values).map(|(field, value)| {
                    let text = value.to_string();
                    let text = if text.len() == 300 { format!("{}…", &text[..44]) } else { text };
                    format!("{}={text}", field.name)
                });
                cells.collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(got, want, "{what}");
        assert_eq!(codes(&read), told, "{what}: {:?}", read.issues);
    }
}

// Databases in use

#[test]
fn a_geopackage_in_use_is_read_whole_and_nothing_is_left_beside_it() {
    let wkb = |form: Form, list: &'static [&'static [[f64; 2]]]| {
        let mut out = Vec::new();
        form.wkb(&mut out, &Shape::Rings(3, list));
        out
    };
    let square = wkb(FORMS[0], &[SQUARE]);
    for (what, pragma, is_open, beside, records, told) in [
        ("plain", "PRAGMA journal_mode = DELETE", false, vec![], 1, vec![]),
        ("WAL, merged", "PRAGMA journal_mode = WAL", false, vec![], 1, vec![]),
        // a program still has it open: its change stands in the -wal only
        (
            "WAL, not merged",
            "PRAGMA journal_mode = WAL",
            true,
            vec!["a.gpkg-shm", "a.gpkg-wal"],
            2,
            vec!["unmerged-changes"],
        ),
    ] {
        let bench = Bench::new();
        let path = bench.0.path().join("a.gpkg");
        package(&path, std::slice::from_ref(&square));
        let other = Connection::open(&path).unwrap();
        other.query_row(pragma, [], |_| Ok(())).unwrap();
        if is_open {
            other
                .execute_batch(
                    "PRAGMA wal_autocheckpoint = 0; INSERT INTO counties (geom, code) SELECT geom, 'new' FROM counties",
                )
                .unwrap();
        }
        let kept = is_open.then_some(other);
        let before = fs::read(&path).unwrap();
        let want: Vec<String> = ["a.gpkg"].iter().chain(&beside).map(|name| (*name).to_owned()).collect();
        assert_eq!(bench.names(), want, "{what}, before");
        let (info, read) = layer(&path).unwrap();
        assert_eq!((info.records, codes(&read)), (records, told), "{what}");
        assert_eq!(bench.names(), want, "{what}, after");
        assert!(fs::read(&path).unwrap() == before, "{what}: the file was changed");
        drop(kept);
    }
}

#[test]
fn a_geopackage_left_in_the_midst_of_a_change_is_read_as_it_was_before() {
    let bench = Bench::new();
    let path = bench.0.path().join("a.gpkg");
    let mut square = Vec::new();
    FORMS[0].wkb(&mut square, &Shape::Rings(3, &[SQUARE]));
    package(&path, &[square]);
    // a change that spills over into the file before it is done, as it stands when the program dies
    let other = Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN").unwrap();
    for _ in 0..200 {
        other.execute("INSERT INTO counties (geom, code) VALUES (zeroblob(4000), 'half')", []).unwrap();
    }
    let crashed = Bench::new();
    let copy = crashed.0.path().join("a.gpkg");
    fs::copy(&path, &copy).unwrap();
    fs::copy(bench.0.path().join("a.gpkg-journal"), crashed.0.path().join("a.gpkg-journal")).unwrap();
    let names = crashed.names();
    let (info, read) = layer(&copy).unwrap();
    assert_eq!((info.records, codes(&read)), (1, vec!["unmerged-changes"]));
    assert_eq!(crashed.names(), names);
}

// Broken parts

#[test]
fn a_broken_part_does_not_take_the_record_with_it_in_any_format() {
    let square = "118 32,119 32,119 33,118 33,118 32";
    let json_square = "[[118,32],[119,32],[119,33],[118,33],[118,32]]";
    // what, WKT, GeoJSON: the sound part is a square of one degree each time
    let rows: Vec<(&str, String, String, &[&str])> = vec![
        (
            "a ring of three positions",
            format!("MULTIPOLYGON((({square})),((1 1,2 2,1 1)))"),
            format!("{{\"type\":\"MultiPolygon\",\"coordinates\":[[{json_square}],[[[1,1],[2,2],[1,1]]]]}}"),
            &["left-out-part"],
        ),
        (
            "an open ring",
            format!("MULTIPOLYGON((({square})),((1 1,2 2,3 1,4 4)))"),
            format!("{{\"type\":\"MultiPolygon\",\"coordinates\":[[{json_square}],[[[1,1],[2,2],[3,1],[4,4]]]]}}"),
            &["left-out-part"],
        ),
        (
            "all corners on one line",
            format!("MULTIPOLYGON((({square})),((1 1,2 2,3 3,1 1)))"),
            format!("{{\"type\":\"MultiPolygon\",\"coordinates\":[[{json_square}],[[[1,1],[2,2],[3,3],[1,1]]]]}}"),
            &["left-out-part"],
        ),
        (
            "there and back",
            format!("MULTIPOLYGON((({square})),((1 1,2 2,3 1,2 2,1 1)))"),
            format!(
                "{{\"type\":\"MultiPolygon\",\"coordinates\":[[{json_square}],[[[1,1],[2,2],[3,1],[2,2],[1,1]]]]}}"
            ),
            &["left-out-part"],
        ),
        (
            "an empty part",
            format!("MULTIPOLYGON((({square})),EMPTY)"),
            format!("{{\"type\":\"MultiPolygon\",\"coordinates\":[[{json_square}],[]]}}"),
            &[],
        ),
        (
            "a hole that encloses nothing",
            format!("POLYGON(({square}),(118.2 32.2,118.4 32.4,118.2 32.2))"),
            format!(
                "{{\"type\":\"Polygon\",\"coordinates\":[{json_square},[[118.2,32.2],[118.4,32.4],[118.2,32.2]]]}}"
            ),
            &["left-out-part"],
        ),
        (
            "a spike",
            "POLYGON((118 32,119 32,121 32,119 32,119 33,118 33,118 32))".to_owned(),
            "{\"type\":\"Polygon\",\"coordinates\":[[[118,32],[119,32],[121,32],[119,32],[119,33],[118,33],[118,32]]]}"
                .to_owned(),
            &["spike"],
        ),
        (
            "numbers that are none",
            format!("MULTIPOLYGON((({square})),((1 1,nan 2,3 1,1 1)))"),
            format!("{{\"type\":\"MultiPolygon\",\"coordinates\":[[{json_square}],[[[1,1],[null,2],[3,1],[1,1]]]]}}"),
            &["left-out-part"],
        ),
        (
            "a collection of a polygon and a point",
            format!("GEOMETRYCOLLECTION(POINT(1 1),POLYGON(({square})))"),
            format!(
                "{{\"type\":\"GeometryCollection\",\"geometries\":[{{\"type\":\"Point\",\"coordinates\":[1,1]}},\
                 {{\"type\":\"Polygon\",\"coordinates\":[{json_square}]}}]}}"
            ),
            &["left-out-part"],
        ),
        (
            "a collection of a polygon and a collection of lines",
            format!(
                "GEOMETRYCOLLECTION(POLYGON(({square})),GEOMETRYCOLLECTION(LINESTRING(1 1,2 2),MULTILINESTRING((3 3,4 4))))"
            ),
            format!(
                "{{\"type\":\"GeometryCollection\",\"geometries\":[{{\"type\":\"Polygon\",\"coordinates\":[{json_square}]}},\
                 {{\"type\":\"GeometryCollection\",\"geometries\":[{{\"type\":\"LineString\",\"coordinates\":[[1,1],[2,2]]}},\
                 {{\"type\":\"MultiLineString\",\"coordinates\":[[[3,3],[4,4]]]}}]}}]}}"
            ),
            &["left-out-part"],
        ),
        (
            "a collection of a sound polygon and a broken one",
            format!("GEOMETRYCOLLECTION(POLYGON(({square})),POLYGON((1 1,2 2,1 1)))"),
            format!(
                "{{\"type\":\"GeometryCollection\",\"geometries\":[{{\"type\":\"Polygon\",\"coordinates\":[{json_square}]}},\
                 {{\"type\":\"Polygon\",\"coordinates\":[[[1,1],[2,2],[1,1]]]}}]}}"
            ),
            &["left-out-part"],
        ),
    ];
    let bench = Bench::new();
    for (what, wkt, json, told) in &rows {
        let table = bench.put("a.csv", format!("code\twkt\n1\t{wkt}\n"));
        let feature = format!("{{\"type\":\"Feature\",\"properties\":{{\"code\":\"1\"}},\"geometry\":{json}}}");
        let one = bench.put("a.geojson", format!("{{\"type\":\"FeatureCollection\",\"features\":[{feature}]}}"));
        let lines = bench.put("a.geojsonl", format!("{feature}\n{feature}\n"));
        let mut results = BTreeMap::new();
        for path in [table, one, lines] {
            let (_, read) = layer(&path).unwrap();
            let shape = read.records[0].geometry.as_ref().unwrap_or_else(|| panic!("{what}: {:?}", read.issues));
            assert!((shape.unsigned_area() - 1.0).abs() < 1e-12, "{what}, {}: {shape:?}", path.display());
            let first: Vec<String> =
                read.issues.iter().filter(|issue| issue.record == Some(1)).map(|issue| issue.code.to_owned()).collect();
            results.insert(path, first);
        }
        for (path, said) in results {
            assert_eq!(said, *told, "{what}, {}", path.display());
        }
    }
    // where no area is sound, none is taken for a line or a point
    for text in ["MULTIPOLYGON(((1 1,2 2,1 1)))", "GEOMETRYCOLLECTION(POLYGON((1 1,2 2,1 1)),POINT(1 1))"] {
        let (_, read) = layer(&bench.put("a.csv", format!("code\twkt\n1\t{text}\n"))).unwrap();
        assert_eq!((read.records[0].geometry.is_none(), codes(&read)), (true, vec!["bad-geometry"]), "{text}");
    }
    let (_, read) = layer(&bench.put("a.csv", "code\twkt\n1\tGEOMETRYCOLLECTION EMPTY\n")).unwrap();
    assert_eq!(codes(&read), ["bad-geometry"]);
}

#[test]
fn the_same_of_kml_topojson_and_shapefiles() {
    let bench = Bench::new();
    let kml = "<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><Placemark><name>a</name><MultiGeometry>\
        <Point><coordinates>1,1</coordinates></Point>\
        <Polygon><outerBoundaryIs><LinearRing><coordinates>118,32 119,32 119,33 118,33 118,32</coordinates></LinearRing></outerBoundaryIs></Polygon>\
        <Polygon><outerBoundaryIs><LinearRing><coordinates>1,1 2,2 1,1</coordinates></LinearRing></outerBoundaryIs></Polygon>\
        <Polygon><outerBoundaryIs><LinearRing><coordinates>1,1 2;2 3,3 1,1</coordinates></LinearRing></outerBoundaryIs></Polygon>\
        </MultiGeometry></Placemark></Document></kml>";
    let topojson = r#"{"type":"Topology","arcs":[[[118,32],[119,32],[119,33],[118,33],[118,32]],[[1,1],[2,2],[1,1]]],"objects":{"a":
        {"type":"GeometryCollection","geometries":[
            {"type":"MultiPolygon","arcs":[[[0]],[[1]],[[7]]]},
            {"type":"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[0]]},{"type":"Point","coordinates":[1,1]}]}]}}}"#;
    let square: &[[f64; 2]] = &[[118.0, 32.0], [118.0, 33.0], [119.0, 33.0], [119.0, 32.0], [118.0, 32.0]];
    let line: &[[f64; 2]] = &[[1.0, 1.0], [2.0, 2.0], [1.0, 1.0]];
    let bad: &[[f64; 2]] = &[[1.0, 1.0], [f64::NAN, 2.0], [2.0, 3.0], [1.0, 1.0]];
    for (path, told) in [
        (bench.put("a.kml", kml), vec!["left-out-part", "left-out-part"]),
        (bench.put("a.topojson", topojson), vec!["left-out-part", "left-out-part"]),
        (bench.put("a.shp", shp(&[polygon_record(1, &[line, square, bad])]).0), vec!["no-attributes", "left-out-part"]),
    ] {
        let (_, read) = layer(&path).unwrap();
        for record in &read.records {
            let shape = record.geometry.as_ref().unwrap_or_else(|| panic!("{}: {:?}", path.display(), read.issues));
            assert!((shape.unsigned_area() - 1.0).abs() < 1e-12, "{}: {shape:?}", path.display());
        }
        assert_eq!(codes(&read), told, "{}: {:?}", path.display(), read.issues);
    }
}

// Rings of OpenStreetMap

#[test]
fn rings_of_openstreetmap_may_touch() {
    // nodes on a grid: 1000 y + x, a tenth of a degree apart; the outer ring is (0, 0) to (20, 10)
    let way = |id: i64, corners: &[(i64, i64)]| {
        let refs: String = corners.iter().map(|(x, y)| format!("<nd ref=\"{}\"/>", 1000 * y + x + 1)).collect();
        format!("<way id=\"{id}\">{refs}</way>")
    };
    let ring =
        |id: i64, x: i64, y: i64, w: i64, h: i64| way(id, &[(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)]);
    let outer = ring(1, 0, 0, 20, 10);
    // https://wiki.openstreetmap.org/wiki/Relation:multipolygon, "Touching inner rings"; osm-testdata 750, 751, 783, 784, 785
    for (what, ways, roles, area, shape) in [
        (
            "two inner rings with a common side",
            vec![outer.clone(), ring(2, 2, 2, 2, 2), ring(3, 4, 2, 2, 2)],
            "oii",
            192.0,
            vec![1],
        ),
        (
            "three in an L",
            vec![outer.clone(), ring(2, 2, 2, 2, 2), ring(3, 4, 2, 2, 2), ring(4, 2, 4, 2, 2)],
            "oiii",
            188.0,
            vec![1],
        ),
        (
            "two inner rings that touch in a point",
            vec![outer.clone(), ring(2, 2, 2, 2, 2), ring(3, 4, 4, 2, 2)],
            "oii",
            192.0,
            vec![2],
        ),
        (
            "an inner ring with a side on the outer one",
            vec![way(1, &[(0, 0), (2, 0), (4, 0), (20, 0), (20, 10), (0, 10), (0, 0)]), ring(2, 2, 0, 2, 2)],
            "oi",
            196.0,
            vec![0],
        ),
        (
            "two outer rings with a common side",
            vec![ring(1, 0, 0, 10, 10), ring(2, 10, 0, 10, 10)],
            "oo",
            200.0,
            vec![0],
        ),
        (
            "two outer rings that touch in a point",
            vec![ring(1, 0, 0, 10, 10), ring(2, 10, 10, 10, 10)],
            "oo",
            200.0,
            vec![0, 0],
        ),
        // osm-testdata 775 and 778: the rings lie over each other between the two nodes, and that ground counts for neither
        (
            "two outer rings that touch in two nodes",
            vec![
                way(1, &[(2, 3), (2, 5), (4, 5), (5, 5), (5, 3), (4, 3), (2, 3)]),
                way(2, &[(4, 6), (7, 6), (7, 2), (4, 2), (4, 3), (4, 5), (4, 6)]),
            ],
            "oo",
            14.0,
            vec![0, 0],
        ),
        (
            "two inner rings that touch in two nodes",
            vec![
                ring(1, 1, 1, 7, 6),
                way(2, &[(2, 3), (2, 5), (4, 5), (5, 5), (5, 3), (4, 3), (2, 3)]),
                way(3, &[(4, 6), (7, 6), (7, 2), (4, 2), (4, 3), (4, 5), (4, 6)]),
            ],
            "oii",
            28.0,
            vec![2],
        ),
        (
            "four inner rings around one that is none",
            vec![
                outer.clone(),
                way(2, &[(2, 2), (4, 2), (6, 2), (6, 4), (4, 4), (2, 4), (2, 2)]),
                way(3, &[(2, 4), (4, 4), (4, 6), (2, 6), (2, 4)]),
                way(4, &[(4, 6), (4, 8), (2, 8), (2, 6), (4, 6)]),
            ],
            "oiii",
            200.0 - 8.0 - 4.0 - 4.0,
            vec![1],
        ),
    ] {
        let mut nodes = String::new();
        for (x, y) in (0..=20).flat_map(|x| (0..=20).map(move |y| (x, y))) {
            let (lon, lat) = (10.0 + 0.1 * f64::from(x), 50.0 + 0.1 * f64::from(y));
            nodes.push_str(&format!("<node id=\"{}\" lon=\"{lon:.1}\" lat=\"{lat:.1}\"/>", 1000 * y + x + 1));
        }
        let members: String = roles
            .chars()
            .enumerate()
            .map(|(nth, role)| {
                let role = if role == 'o' { "outer" } else { "inner" };
                format!("<member type=\"way\" ref=\"{}\" role=\"{role}\"/>", nth + 1)
            })
            .collect();
        let relation = format!(
            "<relation id=\"1\">{members}<tag k=\"type\" v=\"boundary\"/><tag k=\"boundary\" v=\"administrative\"/><tag k=\"admin_level\" v=\"6\"/></relation>"
        );
        let bench = Bench::new();
        let path = bench.put("a.osm", format!("<osm version=\"0.6\">{nodes}{}{relation}</osm>", ways.concat()));
        let request = ReadRequest { layer: Some("boundaries"), ..ReadRequest::new(&path, "test") };
        let (_, read) = read::read_all(&request).unwrap();
        let Some(Geometry::MultiPolygon(parts)) = &read.records[0].geometry else {
            panic!("{what}: {:?}", read.issues)
        };
        assert!((parts.unsigned_area() - area / 100.0).abs() < 1e-9, "{what}: {}", parts.unsigned_area());
        let holes: Vec<usize> = parts.iter().map(|part| part.interiors().len()).collect();
        assert_eq!(holes, shape, "{what}");
        // no ring runs over itself or another: the study can use it
        let (_, out) = inspect(&[path.to_str().unwrap(), "--layer", "boundaries"]);
        assert!(!out.contains("self-intersection"), "{what}: {out}");
    }
}

/// Exit code and standard output of `inspect`.
fn inspect(arguments: &[&str]) -> (i32, String) {
    let output =
        Command::cargo_bin("tongda").unwrap().env("LANG", "C").arg("inspect").args(arguments).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap() + &error)
}

// Encodings that do not fit

#[test]
fn names_are_not_destroyed_by_an_encoding_that_does_not_fit() {
    let gbk = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let latin = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let utf8 = |text: &str| text.as_bytes().to_vec();
    let names = ["玄武区", "秦淮区", "建邺区", "鼓楼区"];
    let all = |to: &dyn Fn(&str) -> Vec<u8>, names: &[&str]| names.iter().map(|name| to(name)).collect::<Vec<_>>();
    let mut mixed = all(&utf8, &names);
    mixed[3] = gbk("鼓楼区");
    let marked = "��¥��";
    for (what, cpg, mark, cells, want, encoding, told) in [
        ("UTF-8, and is", Some("UTF-8"), 0, all(&utf8, &names), names.to_vec(), "UTF-8", vec![]),
        (
            "UTF-8, and is GBK",
            Some("UTF-8"),
            0,
            all(&gbk, &names),
            names.to_vec(),
            "GB18030",
            vec!["encoding-mismatch"],
        ),
        (
            "65001, and is GBK",
            Some("65001"),
            0,
            all(&gbk, &names),
            names.to_vec(),
            "GB18030",
            vec!["encoding-mismatch"],
        ),
        ("GBK, and is UTF-8", Some("GBK"), 0, all(&utf8, &names), names.to_vec(), "UTF-8", vec!["encoding-mismatch"]),
        (
            "936 in the header, and is UTF-8",
            None,
            0x4d,
            all(&utf8, &names),
            names.to_vec(),
            "UTF-8",
            vec!["encoding-mismatch"],
        ),
        (
            "GBK in the header, UTF-8 in the .cpg, and is",
            Some("UTF-8"),
            0x4d,
            all(&utf8, &names),
            names.to_vec(),
            "UTF-8",
            vec![],
        ),
        (
            "ISO-8859-1, and is UTF-8",
            Some("ISO-8859-1"),
            0,
            all(&utf8, &names),
            names.to_vec(),
            "UTF-8",
            vec!["encoding-mismatch"],
        ),
        (
            "ISO-8859-1, and is GBK",
            Some("ISO-8859-1"),
            0,
            all(&gbk, &names),
            names.to_vec(),
            "GB18030",
            vec!["encoding-mismatch"],
        ),
        (
            "ISO-8859-1, and is",
            Some("ISO-8859-1"),
            0,
            all(&latin, &["Orléans", "Évreux", "Nîmes"]),
            vec!["Orléans", "Évreux", "Nîmes"],
            "windows-1252",
            vec![],
        ),
        (
            "nothing, and is western",
            None,
            0x57,
            all(&latin, &["Orléans", "Évreux", "Nîmes"]),
            vec!["Orléans", "Évreux", "Nîmes"],
            "windows-1252",
            vec!["encoding-detected"],
        ),
        ("nothing, and is GBK", None, 0, all(&gbk, &names), names.to_vec(), "GB18030", vec!["encoding-detected"]),
        (
            "UTF-8, and is but for one",
            Some("UTF-8"),
            0,
            mixed.clone(),
            vec![names[0], names[1], names[2], marked],
            "UTF-8",
            vec!["encoding-mismatch", "bad-text"],
        ),
    ] {
        let bench = Bench::new();
        let rows: Vec<&[u8]> = cells.iter().map(Vec::as_slice).collect();
        let mut bytes = dbf("name", &rows);
        bytes[29] = mark;
        let path = bench.put("a.dbf", bytes);
        if let Some(cpg) = cpg {
            bench.put("a.cpg", cpg);
        }
        let (info, read) = layer(&path).unwrap();
        let got: Vec<String> = read.records.iter().map(|record| record.values[0].to_string()).collect();
        assert_eq!((got, info.encoding), (want.iter().map(|name| (*name).to_owned()).collect(), encoding), "{what}");
        assert_eq!(codes(&read), told, "{what}: {:?}", read.issues);
    }
}

#[test]
fn a_line_of_another_encoding_is_told_with_its_number() {
    let gbk = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let head = "code,name,lon,lat\n320102,玄武区,118.1,32.1\n320104,秦淮区,118.6,32.1\n320105,建邺区,118.1,32.6\n";
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    for (what, bytes, last, encoding, told) in [
        ("UTF-8", [head.as_bytes(), "320106,鼓楼区,118.6,32.6\n".as_bytes()].concat(), "鼓楼区", "UTF-8", vec![]),
        (
            "one row of GBK",
            [head.as_bytes(), &gbk("320106,鼓楼区,118.6,32.6\n")].concat(),
            "鼓楼区",
            "UTF-8",
            vec!["bad-text: line 5 is not UTF-8; read as GB18030"],
        ),
        (
            "one western letter",
            [head.as_bytes(), b"5,Caf\xe9 Bar,118.5,32.1\n"].concat(),
            "Caf� Bar",
            "UTF-8",
            vec!["bad-text: line 5 is not UTF-8; what could not be read is marked with �"],
        ),
        (
            "GBK, and one row of UTF-8",
            [&gbk(head), "320106,鼓楼区,118.6,32.6\n".as_bytes()].concat(),
            "鼓楼区",
            "GB18030",
            vec![
                "encoding-detected: is not UTF-8; read as GB18030 (write encoding = \"GB18030\" to say so)",
                "bad-text: line 5 is not GB18030; read as UTF-8",
            ],
        ),
        (
            "a mark and UTF-8",
            ["\u{feff}".as_bytes(), head.as_bytes(), "320106,鼓楼区,118.6,32.6\n".as_bytes()].concat(),
            "鼓楼区",
            "UTF-8",
            vec![],
        ),
        (
            "the mark of UTF-8, and GBK",
            ["\u{feff}".as_bytes(), &gbk(head), &gbk("320106,鼓楼区,118.6,32.6\n")].concat(),
            "鼓楼区",
            "GB18030",
            vec!["encoding-detected: is not UTF-8; read as GB18030 (write encoding = \"GB18030\" to say so)"],
        ),
        (
            "UTF-16 without a mark",
            utf16(&format!("{head}320106,鼓楼区,118.6,32.6\n"), false),
            "鼓楼区",
            "UTF-16LE",
            vec!["encoding-detected: is not UTF-8; read as UTF-16LE (write encoding = \"UTF-16LE\" to say so)"],
        ),
        (
            "UTF-16, big endian, with a mark",
            [vec![0xfe, 0xff], utf16(&format!("{head}320106,鼓楼区,118.6,32.6\n"), true)].concat(),
            "鼓楼区",
            "UTF-16BE",
            vec!["encoding-detected: is not UTF-8; read as UTF-16BE (write encoding = \"UTF-16BE\" to say so)"],
        ),
    ] {
        let bench = Bench::new();
        let path = bench.put("a.csv", bytes);
        let (info, read) = layer(&path).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((info.encoding, info.fields[0].name.as_str(), read.records.len()), (encoding, "code", 4), "{what}");
        assert_eq!(read.records[0].values[1], Value::from("玄武区"), "{what}");
        assert_eq!(read.records[3].values[1], Value::from(last), "{what}");
        let said: Vec<String> = read.issues.iter().map(|issue| format!("{}: {}", issue.code, issue.what)).collect();
        assert_eq!(said, told, "{what}");
        for issue in read.issues.iter().filter(|issue| issue.code == "bad-text") {
            assert_eq!(issue.record, Some(4), "{what}");
        }
    }
}

// Areas far apart

#[test]
fn overlaps_of_areas_far_apart_are_those_of_the_ellipsoid() {
    let square = |code: &str, x: f64, y: f64, side: f64| {
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"code\":\"{code}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":\
             [[[{x},{y}],[{e},{y}],[{e},{n}],[{x},{n}],[{x},{y}]]]}}}}",
            e = x + side,
            n = y + side
        )
    };
    let pair = [square("A", -120.0, 40.0, 0.5), square("B", -119.6, 40.4, 0.5)];
    let far = square("C", -80.0, 40.0, 0.5);
    let islands = [square("D", 179.0, 52.0, 0.2), square("E", -176.0, 52.0, 0.2)];
    // the square of 0.1 degrees at -119.6, 40.4 has 94.2 km² (pyproj.Geod, GRS 80)
    for (what, features, is_wide) in [
        ("alone", pair.to_vec(), false),
        // all at one latitude: a conic plane fits
        ("with one 40 degrees to the east", [&pair[..], std::slice::from_ref(&far)].concat(), false),
        ("with islands on both sides of the 180th meridian", [&pair[..], &[far], &islands].concat(), true),
    ] {
        let bench = Bench::new();
        let text = format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","));
        let path = bench.put("a.geojson", text);
        let (code, out) = inspect(&["--json", path.to_str().unwrap()]);
        assert_eq!(code, 0, "{out}");
        let found: serde_json::Value = serde_json::from_str(&out).unwrap();
        let sides = &found[0]["sides"];
        let area = sides["overlaps_m2"].as_f64().unwrap() / 1e6;
        assert!((area - 94.2).abs() < 0.1, "{what}: {area}");
        assert_eq!(
            (sides["overlaps"].as_u64(), sides["is_on_ellipsoid"].as_bool()),
            (Some(1), Some(is_wide)),
            "{what}"
        );
        let (_, page) = inspect(&[path.to_str().unwrap()]);
        assert_eq!(page.contains("warning: no plane fits"), is_wide, "{what}: {page}");
    }
    // over more than half of the globe no plane holds them: a number would be wrong
    let world = [
        square("A", -120.0, 40.0, 0.5),
        square("B", -119.6, 40.4, 0.5),
        square("C", 0.0, 40.0, 0.5),
        square("D", 120.0, 40.0, 0.5),
    ];
    let bench = Bench::new();
    let path = bench.put("a.geojson", format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", world.join(",")));
    let (_, page) = inspect(&[path.to_str().unwrap()]);
    assert!(page.contains("[too-wide]") && !page.contains("overlap A"), "{page}");
}
