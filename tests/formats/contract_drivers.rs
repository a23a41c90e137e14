//! What every format owes: a table that is written and read again is the same, but for what the format is known to lose.
//!
//! Every driver of `DRIVERS` that writes is run, with every ending it has, on the scenes below. `KNOWN` says of each what is lost;
//! a loss that is not listed fails, and so does one that is listed and does not happen any more. A driver without a list fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use geo::MapCoords;
use geo::Orient;
use geo::orient::Direction;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPolygon;
use geo_types::Point;
use geo_types::Polygon;
use geo_types::polygon;
use tongda::base::units::Text;
use tongda::io::atomic::WriteError;
use tongda::io::read;
use tongda::io::read::Collected;
use tongda::io::read::DRIVERS;
use tongda::io::read::DeclaredCrs;
use tongda::io::read::Driver;
use tongda::io::read::LayerInfo;
use tongda::io::read::ReadRequest;
use tongda::io::reproject::Crs;
use tongda::table::Field;
use tongda::table::FieldKind;
use tongda::table::GeometryKind;
use tongda::table::OutputCrs;
use tongda::table::Record;
use tongda::table::Row;
use tongda::table::Table;
use tongda::table::Value;

/// What a format does not bring back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    /// The writer refuses the scene, and says what to write instead.
    Refused(&'static str),
    /// The CRS is not said in the file.
    Crs,
    /// CGCS2000 comes back as WGS 84.
    Frame,
    /// Coordinates have 7 decimals.
    CoordinateDigits,
    /// The geometry of one row is gone.
    Geometry,
    /// Names are cut.
    Names,
    /// A layer without rows has no fields.
    FieldsOfEmptyLayer,
    /// The kind of a field that only holds nulls, or of all fields of a layer without rows.
    KindOfNoValues,
    /// The kind of a field.
    Kinds,
    /// A field that was not there: of the place, or the mark of made-up data in a file that can say it elsewhere.
    PlaceFields,
    EmptyText,
    /// A text of blanks is null.
    BlankText,
    TrailingBlanks,
    /// Carriage returns are line feeds.
    CarriageReturns,
    ControlCharacters,
    BoolIsText,
    NumberIsText,
    /// A whole number of more than 15 digits is a text.
    LargeIntIsText,
    /// The real 5.0 is the whole number 5.
    WholeRealIsInt,
    IntIsReal,
    /// Rows come in another order.
    Order,
}

/// What each driver is known to lose over all scenes; endings that it reads but refuses to write.
const KNOWN: &[(&str, &[&str], &[Loss])] = &[
    // RFC 7946 knows one CRS and no list of fields
    ("GeoJSON", &[], &[Loss::Frame, Loss::CoordinateDigits, Loss::FieldsOfEmptyLayer, Loss::KindOfNoValues]),
    // cells are texts, and nothing is written beside them
    (
        "CSV",
        &[],
        &[
            Loss::Crs,
            Loss::CoordinateDigits,
            Loss::KindOfNoValues,
            Loss::Kinds,
            Loss::PlaceFields,
            Loss::EmptyText,
            Loss::BlankText,
            Loss::CarriageReturns,
            Loss::BoolIsText,
            Loss::NumberIsText,
            Loss::LargeIntIsText,
        ],
    ),
    ("GeoPackage", &[], &[]),
    // rows follow a Hilbert curve, for the index
    ("FlatGeobuf", &[], &[Loss::Order]),
    #[cfg(feature = "geoparquet")]
    ("GeoParquet", &[], &[Loss::Order]),
    #[cfg(feature = "postgis")]
    ("PostGIS", &[], &[]),
    // a workbook with the ending of macros and none in it is opened by nobody
    (
        "Excel",
        &["xlsm"],
        &[
            Loss::Refused("long_outline"),
            Loss::Refused("long_text"),
            Loss::Crs,
            Loss::KindOfNoValues,
            Loss::Kinds,
            Loss::PlaceFields,
            Loss::EmptyText,
            Loss::BlankText,
            Loss::LargeIntIsText,
            Loss::WholeRealIsInt,
        ],
    ),
    (
        "Shapefile",
        &[],
        &[
            Loss::Refused("numbers"),
            Loss::Refused("long_text"),
            Loss::Names,
            Loss::EmptyText,
            Loss::BlankText,
            Loss::TrailingBlanks,
        ],
    ),
    (
        "dBASE",
        &[],
        &[
            Loss::Refused("areas"),
            Loss::Refused("long_outline"),
            Loss::Refused("lines"),
            Loss::Refused("long_text"),
            Loss::Crs,
            Loss::CoordinateDigits,
            Loss::Names,
            Loss::PlaceFields,
            Loss::EmptyText,
            Loss::BlankText,
            Loss::TrailingBlanks,
        ],
    ),
];

// ---------------------------------------------------------------------------------------------------- scenes

fn table(name: &str, geometry: GeometryKind, fields: Vec<Field>, rows: Vec<Row>) -> Table {
    Table {
        name: name.to_owned(),
        title: Text::new("Scene of the contract", "契约场景"),
        description: Text::new("One \"scene\" & <its> values", "一个场景"),
        synthetic: false,
        crs: OutputCrs::Wgs84,
        geometry,
        fields,
        rows,
        style: None,
    }
}

fn field(name: &str, kind: FieldKind) -> Field {
    Field::new(name, kind, &format!("{name} in English"), &format!("{name} 的中文"))
}

fn at(lon: f64, lat: f64) -> Option<Geometry<f64>> {
    Some(Geometry::Point(Point::new(lon, lat)))
}

/// One text field of one row each, beside the id.
fn texts(name: &str, values: &[&str]) -> Table {
    let row = |(number, text): (usize, &&str)| Row {
        geometry: at(118.5, 32.0 + number as f64 / 10.0),
        values: vec![format!("r{number:03}").into(), (*text).into()],
    };
    let fields = vec![field("id", FieldKind::Text), field("word", FieldKind::Text)];
    table(name, GeometryKind::Point, fields, values.iter().enumerate().map(row).collect())
}

fn square(x: f64, y: f64, side: f64) -> LineString<f64> {
    vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)].into()
}

fn areas() -> Table {
    let hole = Polygon::new(square(118.0, 32.0, 1.0), vec![square(118.25, 32.25, 0.125), square(118.5, 32.5, 0.25)]);
    // an island in the lake of an island, each a part of its own, and one far off
    let parts = MultiPolygon(vec![
        Polygon::new(square(120.0, 30.0, 1.0), vec![square(120.25, 30.25, 0.5)]),
        Polygon::new(square(120.375, 30.375, 0.25), vec![square(120.4375, 30.4375, 0.125)]),
        polygon![(x: 121.0, y: 31.0), (x: 121.5, y: 31.0), (x: 121.25, y: 31.3333333), (x: 121.0, y: 31.0)],
    ]);
    let row = |id: &str, name: Option<&str>, geometry: Geometry<f64>| Row {
        geometry: Some(geometry),
        values: vec![id.into(), Value::from(name)],
    };
    let mut areas = table(
        "areas",
        GeometryKind::MultiPolygon,
        vec![field("id", FieldKind::Text), field("名称", FieldKind::Text)],
        vec![
            row("0012", Some("玄武区"), hole.into()),
            row("0013", None, parts.into()),
            // clockwise as it stands
            row("0014", Some("鼓楼区（㙍𠮷）"), Polygon::new(square(119.0, 33.0, -0.5), vec![]).into()),
        ],
    );
    areas.crs = OutputCrs::Cgcs2000;
    areas
}

/// An outline of more characters in WKT than a cell of Excel takes.
fn long_outline() -> Table {
    let positions = (0..3000).map(|at| f64::from(at) / 3000.0 * std::f64::consts::TAU).map(|angle| {
        let round = |value: f64| (value * 1e7).round() / 1e7;
        Coord { x: round(118.0 + angle.cos()), y: round(32.0 + angle.sin()) }
    });
    let mut ring: Vec<Coord<f64>> = positions.collect();
    ring.push(ring[0]);
    let fields = vec![field("id", FieldKind::Text)];
    let row = Row { geometry: Some(Polygon::new(LineString(ring), vec![]).into()), values: vec!["a".into()] };
    table("long_outline", GeometryKind::MultiPolygon, fields, vec![row])
}

fn lines() -> Table {
    let one: LineString<f64> = vec![(118.0, 32.0), (118.5, 32.25), (119.0, 32.0)].into();
    let two: LineString<f64> = vec![(120.0, 31.0), (120.1234567, 31.7654321)].into();
    let row = |id: &str, length: Option<f64>, geometry| Row {
        geometry: Some(geometry),
        values: vec![id.into(), Value::from(length)],
    };
    table(
        "lines",
        GeometryKind::MultiLineString,
        vec![field("id", FieldKind::Text), field("length_m", FieldKind::Real)],
        vec![row("a", Some(1234.5), one.clone().into()), row("b", None, MultiLineString(vec![two, one]).into())],
    )
}

/// Every kind of value, and nulls of each; western and southern places too.
fn values() -> Table {
    let row = |geometry, values: [Value; 5]| Row { geometry, values: values.to_vec() };
    table(
        "values",
        GeometryKind::Point,
        vec![
            field("id", FieldKind::Text),
            field("flag", FieldKind::Bool),
            field("count", FieldKind::Int),
            field("share", FieldKind::Real),
            field("nothing", FieldKind::Real),
        ],
        vec![
            row(at(118.8, 32.05), ["a".into(), true.into(), Value::Int(7), 0.25.into(), Value::Null]),
            row(at(-51.2, -30.0333333), ["b".into(), Value::Null, Value::Null, Value::Null, Value::Null]),
            row(at(0.0, 0.0), ["c".into(), false.into(), Value::Int(-1), (-0.5).into(), Value::Null]),
        ],
    )
}

/// Numbers as large and as fine as they can be.
fn numbers() -> Table {
    let edge = 1_i64 << 53;
    let whole = [0, 999_999_999_999_999, edge - 1, edge, edge + 1, -edge - 1, i64::MAX, i64::MIN];
    let real = [
        0.1 + 0.2,
        5.0,
        1e-7,
        1e22,
        -1.234_567_890_123_456_7e-300,
        f64::MAX,
        f64::MIN_POSITIVE,
        118.796_877_123_456_78,
    ];
    let row = |(number, (whole, real)): (usize, (&i64, &f64))| Row {
        geometry: None,
        values: vec![format!("r{number}").into(), Value::Int(*whole), Value::Real(*real)],
    };
    let fields = vec![field("id", FieldKind::Text), field("whole", FieldKind::Int), field("real", FieldKind::Real)];
    table("numbers", GeometryKind::None, fields, whole.iter().zip(&real).enumerate().map(row).collect())
}

fn long_names() -> Table {
    let names = [
        "id",
        "population_2024",
        "population_2025",
        "毗邻县公交通达率",
        "毗邻县公交通达数",
        "ten_bytes_",
        "with blank",
        "a\"b,c",
    ];
    let fields = names.iter().map(|name| field(name, FieldKind::Text)).collect();
    let values = (0..names.len()).map(|at| Value::from(format!("v{at}"))).collect();
    table("long_names", GeometryKind::Point, fields, vec![Row { geometry: at(118.5, 32.5), values }])
}

fn digits() -> Table {
    let mut digits = texts("digits", &["a"]);
    digits.rows[0].geometry = at(118.796_877_123_456_78, 32.060_255_987_654_32);
    digits
}

fn scenes() -> Vec<Table> {
    let mut empty = values();
    (empty.name, empty.rows) = ("empty".to_owned(), Vec::new());
    let mut made_up = values();
    (made_up.name, made_up.synthetic) = ("made_up".to_owned(), true);
    vec![
        values(),
        areas(),
        long_outline(),
        lines(),
        empty,
        made_up,
        numbers(),
        long_names(),
        digits(),
        texts("codes", &["0012", "320102", "1e5", "+7", "１２", "TRUE", "null", "NaN", "=1+1", "#N/A", "'0012"]),
        texts("dates", &["2024-12-05", "2024-12-05T08:30:00", "2024-12-05T08:30:00+08:00", "08:30", "25:10:00"]),
        texts(
            "signs",
            &["a,b;c\td|e", "say \"yes\"", "two\nlines", "<a> & 'b'", "back\\slash", "{\"a\": [1]}", " leading"],
        ),
        texts("empty_text", &["", "a"]),
        texts("blank_text", &["  ", "a"]),
        texts("trailing_blanks", &["a  ", "b"]),
        texts("carriage_returns", &["a\r\nb", "c\rd"]),
        texts("control_characters", &["a\u{1}b", "_x0041_", "\u{feff}mark", "line\u{2028}separator"]),
        texts("long_text", &[&"南".repeat(100), &"long ".repeat(8000)]),
    ]
}

// ---------------------------------------------------------------------------------------------------- comparison

/// One shape for all ways to say the same geometry: parts always in a list, exteriors counter-clockwise.
fn promoted(geometry: &Geometry<f64>) -> Geometry<f64> {
    match geometry {
        Geometry::Polygon(one) => MultiPolygon(vec![one.orient(Direction::Default)]).into(),
        Geometry::MultiPolygon(many) => many.orient(Direction::Default).into(),
        Geometry::LineString(one) => MultiLineString(vec![one.clone()]).into(),
        other => other.clone(),
    }
}

fn geometry_loss(want: &Geometry<f64>, got: Option<&Geometry<f64>>) -> Result<Option<Loss>, String> {
    let Some(got) = got else { return Ok(Some(Loss::Geometry)) };
    let (want, got) = (promoted(want), promoted(got));
    if want == got {
        return Ok(None);
    }
    let rounded =
        |geometry: &Geometry<f64>| geometry.map_coords(|c| Coord { x: (c.x * 1e7).round(), y: (c.y * 1e7).round() });
    if rounded(&want) == rounded(&got) { Ok(Some(Loss::CoordinateDigits)) } else { Err(format!("{want:?} is {got:?}")) }
}

fn value_loss(want: &Value, got: &Value) -> Result<Option<Loss>, String> {
    Ok(Some(match (want, got) {
        _ if want == got => return Ok(None),
        (Value::Text(text), Value::Null) if text.is_empty() => Loss::EmptyText,
        (Value::Text(text), Value::Null) if text.trim().is_empty() => Loss::BlankText,
        (Value::Text(a), Value::Text(b)) if a.trim_end_matches(' ') == b => Loss::TrailingBlanks,
        (Value::Text(a), Value::Text(b)) if a.replace("\r\n", "\n").replace('\r', "\n") == *b => Loss::CarriageReturns,
        (Value::Text(a), Value::Text(b)) if a.chars().filter(|c| !c.is_control()).eq(b.chars()) => {
            Loss::ControlCharacters
        }
        (Value::Bool(a), Value::Text(b)) if a.to_string() == *b => Loss::BoolIsText,
        (Value::Int(a), Value::Text(b)) if a.to_string() == *b => {
            if a.unsigned_abs() < 1_000_000_000_000_000 {
                Loss::NumberIsText
            } else {
                Loss::LargeIntIsText
            }
        }
        (Value::Real(a), Value::Text(b)) if b.parse() == Ok(*a) => Loss::NumberIsText,
        (Value::Real(a), Value::Int(b)) if *a == *b as f64 => Loss::WholeRealIsInt,
        (Value::Int(a), Value::Real(b)) if *a as f64 == *b => Loss::IntIsReal,
        _ => return Err(format!("{want:?} is {got:?}")),
    }))
}

/// What is lost of a table that was read again; an error for a difference that is no loss of a kind that formats may have.
fn losses(table: &Table, info: &LayerInfo, read: &Collected) -> Result<BTreeSet<Loss>, String> {
    let mut lost = BTreeSet::new();
    if table.geometry != GeometryKind::None {
        match &info.crs {
            DeclaredCrs::Unknown => {
                lost.insert(Loss::Crs);
            }
            DeclaredCrs::Carried(text) | DeclaredCrs::ByFormat(text) => {
                let crs = Crs::new(text).map_err(|error| error.to_string())?;
                if !crs.is_geographic() {
                    return Err(format!("the CRS is {text}"));
                }
                match (table.crs, crs.frame()) {
                    (a, b) if a == b => {}
                    (OutputCrs::Cgcs2000, OutputCrs::Wgs84) => drop(lost.insert(Loss::Frame)),
                    (a, b) => return Err(format!("{a:?} is {b:?}")),
                }
            }
        }
    }
    let names: Vec<&str> = info.fields.iter().map(|field| field.name.as_str()).collect();
    if names.is_empty() && table.rows.is_empty() {
        lost.insert(Loss::FieldsOfEmptyLayer);
    } else {
        for (at, field) in table.fields.iter().enumerate() {
            let Some(got) = info.fields.get(at) else {
                return Err(format!("the field {} is gone: {names:?}", field.name));
            };
            if got.name != field.name {
                let cut = got.name.len() <= 10 && got.name.chars().next() == field.name.chars().next();
                if !cut {
                    return Err(format!("the field {} is called {}", field.name, got.name));
                }
                lost.insert(Loss::Names);
            }
            let is_null = table.rows.iter().all(|row| row.values[at].is_null());
            match got.kind == field.kind {
                true => {}
                false if is_null => drop(lost.insert(Loss::KindOfNoValues)),
                false => drop(lost.insert(Loss::Kinds)),
            }
        }
    }
    match names.get(table.fields.len()..).unwrap_or_default() {
        [] => {}
        ["synthetic"] if table.synthetic => {}
        ["lon", "lat"] | ["wkt"] => drop(lost.insert(Loss::PlaceFields)),
        ["lon", "lat", "synthetic"] | ["wkt", "synthetic"] if table.synthetic => drop(lost.insert(Loss::PlaceFields)),
        more => return Err(format!("there are fields that nobody wrote: {more:?}")),
    }
    if read.records.len() != table.rows.len() || info.records != table.rows.len() as u64 {
        return Err(format!("{} rows are {} records", table.rows.len(), read.records.len()));
    }
    let id = |record: &Record| record.value(0).to_string();
    let ids: Vec<String> = table.rows.iter().map(|row| row.values[0].to_string()).collect();
    if !read.records.iter().map(id).eq(ids.iter().cloned()) {
        lost.insert(Loss::Order);
    }
    for (row, own) in table.rows.iter().zip(&ids) {
        let wrong = |what: String| format!("row {own}: {what}");
        let record =
            read.records.iter().find(|record| id(record) == *own).ok_or_else(|| wrong("is gone".to_owned()))?;
        for (at, want) in row.values.iter().enumerate() {
            lost.extend(value_loss(want, record.value(at)).map_err(wrong)?);
        }
        if table.synthetic && names.contains(&"synthetic") {
            let mark = record.value(names.len() - 1);
            if mark.as_bool() != Some(true) {
                return Err(wrong(format!("the mark of made-up data is {mark:?}")));
            }
        }
        match &row.geometry {
            Some(want) => lost.extend(geometry_loss(want, record.geometry.as_ref()).map_err(wrong)?),
            None if record.geometry.is_some() => return Err(wrong("has got a geometry".to_owned())),
            None => {}
        }
    }
    Ok(lost)
}

/// Every file of a folder by name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())
    };
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(entry).collect();
    files.sort();
    files
}

/// Writes a scene into a database twice over and reads it again; run through `.ci/with_postgis`.
fn round_of_server(driver: &Driver, start: &str, table: &Table) -> Result<BTreeSet<Loss>, String> {
    let address = std::env::var("TONGDA_TEST_POSTGIS").map_err(|_| "no server; run through .ci/with_postgis")?;
    let (_, rest) = address.split_once("://").ok_or("no address")?;
    let path = PathBuf::from(format!("{start}{rest}"));
    for _ in 0..2 {
        driver.write.unwrap()(&path, table).map_err(|error| error.to_string())?;
    }
    let request = ReadRequest { layer: Some(&table.name), ..ReadRequest::new(&path, "scene") };
    let (info, read) = read::read_all(&request).map_err(|error| error.to_string())?;
    if (info.driver, info.layer.as_deref()) != (driver.name, Some(&table.name)) {
        return Err(format!("is read as {} of {:?}", info.driver, info.layer));
    }
    losses(table, &info, &read)
}

/// Writes a scene twice over and reads it again.
fn round(driver: &Driver, ending: &str, table: &Table) -> Result<BTreeSet<Loss>, String> {
    let write = driver.write.unwrap();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    if ending.contains("://") {
        return round_of_server(driver, ending, table);
    }
    let path = |at: usize| folders[at].path().join(format!("{}.{ending}", table.name));
    match (write(&path(0), table), write(&path(1), table)) {
        (Ok(()), Ok(())) => {}
        (Err(WriteError::Table { what, .. } | WriteError::Row { what, .. }), Err(_)) => {
            if !what.contains("write ") || !files(folders[0].path()).is_empty() {
                return Err(format!("is refused without a way out, or leaves files: {what}"));
            }
            return Ok(BTreeSet::from([Loss::Refused(table.name.clone().leak())]));
        }
        (one, two) => return Err(format!("can not be written: {one:?} {two:?}")),
    }
    let written = files(folders[0].path());
    if written != files(folders[1].path()) {
        return Err("has other bytes when it is written again".to_owned());
    }
    let names: BTreeSet<PathBuf> = written.iter().map(|(name, _)| folders[0].path().join(name)).collect();
    let told: BTreeSet<PathBuf> = read::companions(&path(0)).into_iter().chain([path(0)]).collect();
    if names != told {
        return Err(format!("{names:?} were written, {told:?} are told"));
    }
    let (info, read) = read::read_all(&ReadRequest::new(&path(0), "scene")).map_err(|error| error.to_string())?;
    if info.driver != driver.name {
        return Err(format!("is read as {}", info.driver));
    }
    let is_marked = info.fields.iter().any(|field| field.name == "synthetic")
        || written.iter().any(|(_, bytes)| bytes.windows(9).any(|part| part.eq_ignore_ascii_case(b"synthetic")));
    if table.synthetic != is_marked {
        return Err(format!("made up is {}, and the file says {is_marked}", table.synthetic));
    }
    losses(table, &info, &read)
}

#[test]
fn what_is_written_is_read_again_but_for_the_losses_that_are_listed() {
    let mut broken = Vec::new();
    for driver in DRIVERS.iter().filter(|driver| driver.write.is_some()) {
        let listed = KNOWN.iter().find(|(name, ..)| *name == driver.name);
        if listed.is_none() {
            broken.push(format!("{}: no list of losses; add one to KNOWN", driver.name));
        }
        let (_, refused, known) = listed.copied().unwrap_or(("", &[], &[]));
        let known: BTreeSet<Loss> = known.iter().copied().collect();
        for ending in driver.extensions {
            let mut found = BTreeSet::new();
            let mut refusals = 0;
            for table in scenes() {
                match round(driver, ending, &table) {
                    Ok(lost) => {
                        refusals += lost.iter().filter(|loss| matches!(loss, Loss::Refused(_))).count();
                        found.extend(lost);
                    }
                    Err(what) => broken.push(format!("{} .{ending}, {}: {what}", driver.name, table.name)),
                }
            }
            if refused.contains(ending) {
                if refusals < scenes().len() {
                    broken.push(format!("{} .{ending}: is listed as refused and writes", driver.name));
                }
            } else if found != known {
                let more: Vec<_> = found.difference(&known).collect();
                let less: Vec<_> = known.difference(&found).collect();
                broken.push(format!("{} .{ending}: not listed: {more:?}; listed and not lost: {less:?}", driver.name));
            }
        }
    }
    for (name, ..) in KNOWN {
        if DRIVERS.iter().all(|driver| driver.name != *name || driver.write.is_none()) {
            broken.push(format!("{name}: is listed and does not write"));
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}
