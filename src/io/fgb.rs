//! Reading FlatGeobuf (version 3): features behind a header that names the columns and the CRS.

use std::fs::File;
use std::io::BufReader;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;

use flatgeobuf::ColumnType;
use flatgeobuf::GeometryType;
use flatgeobuf::Header;
use geo_types::Coord;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::curves;
use crate::io::encoding;
use crate::io::parts;
use crate::io::parts::DEEPEST;
use crate::io::parts::Found;
use crate::io::parts::Made;
use crate::io::parts::Raw;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::wkb;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Record;
use crate::table::Value;

/// What a file starts with; the version of the standard is the fourth byte, the last one is not looked at.
const MAGIC: [u8; 7] = *b"fgb\x03fgb";
/// Bytes of the largest header that is read; those of thousand columns take a hundredth of it.
const MOST_HEADER: u64 = 64 << 20;
/// Bytes of a node of the index.
const NODE: u128 = 40;

/// What the header says of every feature.
struct Layout {
    columns: Vec<ColumnType>,
    /// `Unknown` where every feature says its own.
    geometry: GeometryType,
    /// Whether a feature without a geometry is one that lacks it.
    is_spatial: bool,
}

/// Reads a file to its end, in the order of the file. Z, M and T are left out. With a rectangle in the request, only the features that
/// the index finds in it are read; the index is passed over otherwise, and one that lies is told and not used.
///
/// Columns of binary data are null, with an issue. Text that is not UTF-8, against the standard, is read as GB18030, with an issue. A
/// damaged feature is a record without a geometry. Memory is bounded by the largest feature.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Content`] for a file that is no FlatGeobuf, is of another version, or breaks off.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let not_open = |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
    let content = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
    let file = File::open(request.path).map_err(not_open)?;
    let length = file.metadata().map_err(not_open)?.len();
    let mut bytes = Bytes { file: BufReader::with_capacity(1 << 18, file), left: length, taken: Vec::new() };
    let magic = bytes.take(8).map_err(content)?;
    match magic.get(..7) {
        Some(magic) if magic == MAGIC => {}
        Some([b'f', b'g', b'b', version, ..]) => {
            return Err(content(format!("is FlatGeobuf of version {version}; only version 3 is read")));
        }
        _ => return Err(content("is no FlatGeobuf: it does not start like one".to_owned())),
    }
    let header = bytes.sized(MOST_HEADER).map_err(|what| content(format!("the header {what}")))?;
    let header = flatgeobuf::size_prefixed_root_as_header(header)
        .map_err(|error| content(format!("the header is damaged: {error}")))?;
    let (fields, layout, crs) = (fields(&header), layout(&header), declared_crs(&header));
    let (expected, node_size) = (header.features_count(), header.index_node_size());
    let index = index_bytes(expected, node_size).map_err(content)?;
    let wanted = match request.bbox {
        Some(bbox) if index > 0 => match bytes.wanted(expected, node_size, bbox) {
            Ok(wanted) => Some(wanted),
            Err(what) => {
                let what = format!("the index is damaged and not used: {what}");
                sink.issue(Issue::new(Severity::Warning, "bad-index", request.shown, what));
                None
            }
        },
        _ => {
            bytes.skip(index).map_err(|what| content(format!("the index {what}")))?;
            None
        }
    };
    for (field, _) in fields.iter().zip(&layout.columns).filter(|(_, column)| **column == ColumnType::Binary) {
        let what = "holds binary data, which is left out of every record";
        sink.issue(Issue::new(Severity::Warning, "binary-value", request.shown, what).in_field(field.name.clone()));
    }

    if let Some(wanted) = wanted {
        sink.passed_over(expected - wanted.len() as u64);
        let (start, end) = (bytes.place().map_err(content)?, length);
        for (number, offset) in wanted {
            let place = start.saturating_add(offset);
            bytes.go_to(place, end).map_err(|what| content(format!("feature {number} {what}")))?;
            let feature = bytes.sized(u64::MAX).map_err(|what| content(format!("feature {number} {what}")))?;
            hand_over(request, sink, &layout, &fields, number, feature);
        }
        return Ok(LayerInfo { driver: "FlatGeobuf", layer: None, fields, records: expected, crs, encoding: "UTF-8" });
    }
    let mut records = 0;
    // A count of nothing means that whoever wrote the file did not know it.
    while if expected > 0 { records < expected } else { bytes.left > 0 } {
        records += 1;
        let of = if expected > 0 { format!(" of {expected}") } else { String::new() };
        let feature =
            bytes.sized(u64::MAX).map_err(|what| content(format!("the file is cut: feature {records}{of} {what}")))?;
        hand_over(request, sink, &layout, &fields, records, feature);
    }
    if bytes.left > 0 {
        let what = format!("{} bytes follow the {expected} features of the header; they are not read", bytes.left);
        sink.issue(Issue::new(Severity::Warning, "more-bytes", request.shown, what));
    }
    Ok(LayerInfo { driver: "FlatGeobuf", layer: None, fields, records, crs, encoding: "UTF-8" })
}

fn hand_over(
    request: &ReadRequest<'_>,
    sink: &mut dyn Sink,
    layout: &Layout,
    fields: &[Field],
    number: u64,
    feature: &[u8],
) {
    let (record, troubles, trouble) = record(layout, number, feature);
    for ValueTrouble { severity, code, column, what } in troubles {
        let issue = Issue::new(severity, code, request.shown, what).at_record(number);
        sink.issue(Issue { field: column.and_then(|at| fields.get(at)).map(|field| field.name.clone()), ..issue });
    }
    let trouble = trouble.map(|(code, what)| Issue::new(Severity::Error, code, request.shown, what).at_record(number));
    sink.record(fields, record, trouble);
}

/// A file and how much of it is left: no size in it is believed beyond that.
struct Bytes {
    file: BufReader<File>,
    left: u64,
    /// What was taken last.
    taken: Vec<u8>,
}

impl Bytes {
    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        self.taken.clear();
        self.append(count as u64)?;
        Ok(&self.taken)
    }

    fn append(&mut self, count: u64) -> Result<(), String> {
        if count > self.left {
            return Err(format!("breaks off: {count} bytes are promised, and {} are there", self.left));
        }
        let start = self.taken.len();
        let length = usize::try_from(count).map_err(|_| "does not fit into memory".to_owned())?;
        self.taken.resize(start + length, 0);
        self.file.read_exact(&mut self.taken[start..]).map_err(|error| format!("can not be read: {error}"))?;
        self.left -= count;
        Ok(())
    }

    /// A buffer behind its size, with the size.
    fn sized(&mut self, most: u64) -> Result<&[u8], String> {
        self.taken.clear();
        self.append(4)?;
        let size = self.taken.first_chunk::<4>().map_or(0, |size| u64::from(u32::from_le_bytes(*size)));
        if size > most {
            return Err(format!("has {size} bytes, more than any sound file"));
        }
        self.append(size)?;
        Ok(&self.taken)
    }

    fn skip(&mut self, count: u64) -> Result<(), String> {
        if count > self.left {
            return Err(format!("breaks off: it takes {count} bytes, and {} are there", self.left));
        }
        let at = self.file.stream_position().and_then(|at| self.file.seek(SeekFrom::Start(at + count)));
        at.map_err(|error| format!("can not be read: {error}"))?;
        self.left -= count;
        Ok(())
    }
}

impl Bytes {
    fn place(&mut self) -> Result<u64, String> {
        self.file.stream_position().map_err(|error| format!("can not be read: {error}"))
    }

    fn go_to(&mut self, place: u64, end: u64) -> Result<(), String> {
        if place > end {
            return Err(format!("is said to lie at byte {place}, and the file has {end}"));
        }
        let here = self.place()?;
        let by = place as i64 - here as i64;
        self.file.seek_relative(by).map_err(|error| format!("can not be read: {error}"))?;
        self.left = end - place;
        Ok(())
    }

    /// Numbers of the features whose rectangles meet `bbox`, from 1, and their places behind the index, in the order of the file; the
    /// index is behind us then, whatever is wrong with it.
    ///
    /// The tree lies level by level, the root first; nodes of a level but the last say where their first child is. Every place is looked
    /// at before it is believed: the crate's own search takes them as they stand.
    fn wanted(
        &mut self,
        features: u64,
        size: u16,
        [west, south, east, north]: [f64; 4],
    ) -> Result<Vec<(u64, u64)>, String> {
        let start = self.place()?;
        let length = index_bytes(features, size)?;
        let end = start + self.left;
        if length > self.left {
            return Err(format!("it takes {length} bytes, and {} are there", self.left));
        }
        let behind = start + length;
        // first node and number of nodes of each level, the root first
        let mut levels = vec![(0, features)];
        while levels[0].1 > 1 || levels.len() == 1 {
            levels.insert(0, (0, levels[0].1.div_ceil(u64::from(size))));
        }
        let mut first = 0;
        for level in &mut levels {
            level.0 = first;
            first += level.1;
        }
        let mut search = || -> Result<Vec<(u64, u64)>, String> {
            let mut groups = vec![0];
            for (depth, (first, count)) in levels.iter().enumerate() {
                let is_last = depth + 1 == levels.len();
                let mut below = Vec::new();
                for group in std::mem::take(&mut groups) {
                    if group < *first || group >= first + count || (group - first) % u64::from(size) != 0 {
                        return Err(format!("a node points to node {group}, which is not where its children are"));
                    }
                    let nodes = u64::from(size).min(first + count - group);
                    self.go_to(start + group * NODE as u64, end)?;
                    let bytes = self.take((nodes * NODE as u64) as usize)?;
                    for (at, node) in bytes.chunks_exact(NODE as usize).enumerate() {
                        let part = |part: usize| node[8 * part..8 * part + 8].try_into().unwrap_or([0; 8]);
                        let side = |at: usize| f64::from_le_bytes(part(at));
                        if side(0) <= east && side(2) >= west && side(1) <= north && side(3) >= south {
                            let number = group - first + at as u64 + 1;
                            let points_to = u64::from_le_bytes(part(4));
                            below.push(if is_last { (number, points_to) } else { (points_to, 0) });
                        }
                    }
                }
                if is_last {
                    below.sort_unstable();
                    return Ok(below);
                }
                groups = below.into_iter().map(|(points_to, _)| points_to).collect();
                groups.sort_unstable();
                groups.dedup();
            }
            Ok(Vec::new())
        };
        let found = search();
        self.go_to(behind, end)?;
        found
    }
}

/// Bytes of the index of `features`.
fn index_bytes(features: u64, node_size: u16) -> Result<u64, String> {
    match (features, node_size) {
        (0, _) | (_, 0) => return Ok(0),
        (_, 1) => return Err("the header is damaged: nodes of its index have one child".to_owned()),
        _ => {}
    }
    let (mut level, mut nodes) = (u128::from(features), u128::from(features));
    loop {
        level = level.div_ceil(u128::from(node_size));
        nodes += level;
        if level <= 1 {
            break;
        }
    }
    // What is more than any file has breaks off where it is looked for.
    Ok(u64::try_from(nodes * NODE).unwrap_or(u64::MAX))
}

fn fields(header: &Header<'_>) -> Vec<Field> {
    let kind = |column| match column {
        ColumnType::Bool => FieldKind::Bool,
        ColumnType::Float | ColumnType::Double => FieldKind::Real,
        ColumnType::String | ColumnType::Json | ColumnType::DateTime | ColumnType::Binary => FieldKind::Text,
        _ => FieldKind::Int,
    };
    let columns = header.columns().into_iter().flatten();
    columns
        .map(|column| Field {
            // The verifier lets texts through that are not UTF-8.
            name: encoding::text(column.name().as_bytes()).0,
            title: Text::default(),
            kind: kind(column.type_()),
            choices: Vec::new(),
        })
        .collect()
}

fn layout(header: &Header<'_>) -> Layout {
    let bounds = header.envelope().map(|envelope| envelope.iter().collect::<Vec<f64>>()).unwrap_or_default();
    Layout {
        columns: header.columns().into_iter().flatten().map(|column| column.type_()).collect(),
        geometry: header.geometry_type(),
        is_spatial: header.geometry_type() != GeometryType::Unknown
            || (!bounds.is_empty() && bounds.iter().all(|bound| bound.is_finite())),
    }
}

/// What the header says of the CRS: its code where the organisation is EPSG or not named, else its well-known text, else the code.
fn declared_crs(header: &Header<'_>) -> DeclaredCrs {
    let Some(crs) = header.crs() else { return DeclaredCrs::Unknown };
    let organisation = crs.org().map_or("", str::trim);
    let code = match crs.code() {
        code if code > 0 => code.to_string(),
        _ => crs.code_string().map_or("", str::trim).to_owned(),
    };
    let well_known = crs.wkt().map_or("", str::trim);
    match (organisation.to_uppercase().as_str(), code.as_str(), well_known) {
        ("" | "EPSG", code, _) if !code.is_empty() => DeclaredCrs::Carried(format!("EPSG:{code}")),
        (.., text) if !text.is_empty() => DeclaredCrs::Carried(text.to_owned()),
        (organisation, code, _) if !organisation.is_empty() && !code.is_empty() => {
            DeclaredCrs::Carried(format!("{organisation}:{code}"))
        }
        _ => DeclaredCrs::Unknown,
    }
}

/// What is to be told of a value, or of the whole feature.
struct ValueTrouble {
    severity: Severity,
    code: &'static str,
    column: Option<usize>,
    what: String,
}

impl ValueTrouble {
    fn new(code: &'static str, column: Option<usize>, what: impl Into<String>) -> ValueTrouble {
        ValueTrouble { severity: Severity::Warning, code, column, what: what.into() }
    }
}

/// A feature as a record, what is wrong with its values, and why it has no geometry.
fn record(layout: &Layout, number: u64, bytes: &[u8]) -> (Record, Vec<ValueTrouble>, Option<(&'static str, String)>) {
    let mut record = Record { number, geometry: None, values: vec![Value::Null; layout.columns.len()] };
    let mut troubles = Vec::new();
    let feature = match flatgeobuf::size_prefixed_root_as_feature(bytes) {
        Ok(feature) => feature,
        Err(error) => {
            let what = format!("the feature is damaged: {}", first_line(&error.to_string()));
            return (record, troubles, Some(("bad-geometry", what)));
        }
    };
    if feature.columns().is_some_and(|columns| !columns.is_empty()) {
        let what = "the feature has columns of its own, which are not read".to_owned();
        troubles.push(ValueTrouble::new("own-columns", None, what));
    } else if let Some(properties) = feature.properties()
        && let Err(what) = values(&layout.columns, properties.bytes(), &mut record.values, &mut troubles)
    {
        troubles.push(ValueTrouble::new("bad-value", None, what));
    }
    let found = feature.geometry().map(|shape| geometry(layout.geometry, &shape));
    let trouble = match found {
        Some(Ok(Found { geometry: Some(geometry), told })) => {
            record.geometry = Some(geometry);
            for told in told {
                troubles.push(ValueTrouble { severity: told.severity, code: told.code, column: None, what: told.what });
            }
            None
        }
        Some(Err(what)) => Some(("bad-geometry", what)),
        Some(Ok(_)) | None if layout.is_spatial => Some(("no-geometry", "has no geometry".to_owned())),
        Some(Ok(_)) | None => None,
    };
    (record, troubles, trouble)
}

/// The verifier tells its way through the buffer on further lines.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Fills in the values of a feature: each is the number of its column and then as many bytes as its type takes.
fn values(
    columns: &[ColumnType],
    mut bytes: &[u8],
    values: &mut [Value],
    troubles: &mut Vec<ValueTrouble>,
) -> Result<(), String> {
    fn number<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], String> {
        let (number, rest) = bytes.split_first_chunk::<N>().ok_or("the values break off")?;
        *bytes = rest;
        Ok(*number)
    }
    fn sized<'b>(bytes: &mut &'b [u8]) -> Result<&'b [u8], String> {
        let size = u32::from_le_bytes(number(bytes)?) as usize;
        let (text, rest) = bytes.split_at_checked(size).ok_or("the values break off")?;
        *bytes = rest;
        Ok(text)
    }
    let bytes = &mut bytes;
    while !bytes.is_empty() {
        let at = usize::from(u16::from_le_bytes(number(bytes)?));
        let (Some(column), Some(slot)) = (columns.get(at), values.get_mut(at)) else {
            return Err(format!("a value is of column {at}, and there are {}", columns.len()));
        };
        let mut real = |value: f64| {
            if !value.is_finite() {
                troubles.push(ValueTrouble::new("bad-value", Some(at), "the number is not finite"));
            }
            Value::from(value)
        };
        *slot = match *column {
            ColumnType::Byte => Value::Int(i64::from(i8::from_le_bytes(number(bytes)?))),
            ColumnType::UByte => Value::Int(i64::from(u8::from_le_bytes(number(bytes)?))),
            ColumnType::Bool => Value::Bool(number::<1>(bytes)? != [0]),
            ColumnType::Short => Value::Int(i64::from(i16::from_le_bytes(number(bytes)?))),
            ColumnType::UShort => Value::Int(i64::from(u16::from_le_bytes(number(bytes)?))),
            ColumnType::Int => Value::Int(i64::from(i32::from_le_bytes(number(bytes)?))),
            ColumnType::UInt => Value::Int(i64::from(u32::from_le_bytes(number(bytes)?))),
            ColumnType::Long => Value::Int(i64::from_le_bytes(number(bytes)?)),
            ColumnType::ULong => Value::from(u64::from_le_bytes(number(bytes)?)),
            ColumnType::Float => real(f64::from(f32::from_le_bytes(number(bytes)?))),
            ColumnType::Double => real(f64::from_le_bytes(number(bytes)?)),
            ColumnType::String | ColumnType::Json | ColumnType::DateTime => {
                let (text, wrong) = encoding::text(sized(bytes)?);
                troubles.extend(wrong.map(|what| ValueTrouble::new("bad-text", Some(at), what)));
                Value::Text(text)
            }
            ColumnType::Binary => {
                sized(bytes)?;
                Value::Null
            }
            ColumnType(other) => {
                return Err(format!("column {at} is of type {other}, which the standard does not have"));
            }
        };
    }
    Ok(())
}

/// The geometry of a feature.
fn geometry(declared: GeometryType, shape: &flatgeobuf::Geometry<'_>) -> Result<Found, String> {
    let kind = if declared == GeometryType::Unknown { shape.type_() } else { declared };
    if kind == GeometryType::Unknown && shape.xy().is_none_or(|xy| xy.is_empty()) && shape.parts().is_none() {
        return Ok(Found::default());
    }
    let mut made = Made::default();
    let raw = raw(kind, shape, &mut made, 0)?;
    parts::found(raw, made)
}

/// A geometry of a type; the parts of collections, curves and surfaces say their own.
fn raw(kind: GeometryType, shape: &flatgeobuf::Geometry<'_>, made: &mut Made, depth: usize) -> Result<Raw, String> {
    if depth > DEEPEST {
        return Err(format!("more than {DEEPEST} geometries lie within each other"));
    }
    // the codes of the types are those of well-known binary
    let code = u32::from(kind.0);
    if let (Some(allowed), false) = (wkb::members(code), matches!(code, 4 | 5)) {
        let usual = match code {
            6 | 15 => GeometryType::Polygon,
            16 => GeometryType::Triangle,
            _ => GeometryType::Unknown,
        };
        let mut members = Vec::new();
        match shape.parts() {
            Some(parts) => {
                for part in parts {
                    let said = part.type_();
                    let kind = if said == GeometryType::Unknown || code == 6 { usual } else { said };
                    if !allowed.contains(&u32::from(kind.0)) {
                        let name = wkb::type_name(code).unwrap_or_default();
                        let held =
                            wkb::type_name(u32::from(kind.0)).unwrap_or("geometry of a type that does not exist");
                        return Err(format!("a {name} holds a {held}"));
                    }
                    members.push(raw(kind, &part, made, depth + 1)?);
                }
            }
            None if matches!(code, 6 | 15) => members.push(Raw::Polygon(lines(shape)?)),
            // each ring is a triangle
            None if code == 16 => members.extend(lines(shape)?.into_iter().map(|ring| Raw::Polygon(vec![ring]))),
            None => {}
        }
        return wkb::held(code, members, made);
    }
    Ok(match kind {
        GeometryType::Point => match positions(shape)?[..] {
            [] => Raw::Several(Vec::new()),
            [at] => Raw::Point(at),
            _ => return Err("a point has several positions".to_owned()),
        },
        GeometryType::MultiPoint => Raw::Several(positions(shape)?.into_iter().map(Raw::Point).collect()),
        GeometryType::LineString => Raw::Line(positions(shape)?),
        GeometryType::MultiLineString => Raw::Several(lines(shape)?.into_iter().map(Raw::Line).collect()),
        GeometryType::Polygon | GeometryType::Triangle => Raw::Polygon(lines(shape)?),
        GeometryType::CircularString => {
            let positions = positions(shape)?;
            made.of_arcs |= !positions.is_empty();
            Raw::Line(curves::straightened(&positions)?)
        }
        other => {
            let name = other.variant_name().unwrap_or("geometry of a type the standard does not have");
            return Err(format!(
                "a {name} is not used; bring the file into simple types: ogr2ogr -nlt CONVERT_TO_LINEAR"
            ));
        }
    })
}

fn positions(shape: &flatgeobuf::Geometry<'_>) -> Result<Vec<Coord<f64>>, String> {
    let bytes = shape.xy().map_or(&[][..], |xy| xy.bytes());
    let (numbers, _) = bytes.as_chunks::<8>();
    let (pairs, odd) = numbers.as_chunks::<2>();
    if !odd.is_empty() {
        return Err("the last position has no y".to_owned());
    }
    Ok(pairs.iter().map(|[x, y]| Coord { x: f64::from_le_bytes(*x), y: f64::from_le_bytes(*y) }).collect())
}

/// The lines or rings of a geometry: `ends` says where each ends, and is left away where there is one.
fn lines(shape: &flatgeobuf::Geometry<'_>) -> Result<Vec<Vec<Coord<f64>>>, String> {
    let positions = positions(shape)?;
    let ends = shape.ends().filter(|ends| !ends.is_empty());
    let Some(ends) = ends else {
        return Ok(if positions.is_empty() { Vec::new() } else { vec![positions] });
    };
    let mut start = 0;
    let mut lines = Vec::with_capacity(ends.len());
    for end in ends {
        let end = end as usize;
        let line = positions.get(start..end).ok_or("the ends of its parts are not in order")?;
        lines.push(line.to_vec());
        start = end;
    }
    if start == positions.len() { Ok(lines) } else { Err("some positions belong to no part".to_owned()) }
}
