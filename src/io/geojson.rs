//! GeoJSON: a FeatureCollection, a single feature or geometry, one a line, or an RFC 8142 sequence; streamed, features in parallel. Other JSON is told by
//! its content: TopoJSON, Esri JSON and lists of records are read, the rest is refused by its name.
//!
//! Coordinates are WGS 84 longitude and latitude (RFC 7946, section 4) unless a `crs` member of the 2008 format says otherwise.

mod content;
mod esri;
mod feature;
pub(super) mod geometry;
mod records;
mod split;

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::io::Read;
use std::ops::Range;

use encoding_rs::UTF_8;
use rayon::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeSeed;
use serde::de::Deserializer;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::Map;
use serde_json::Value as Json;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::encoding;
use crate::io::encoding::Malformed;
use crate::io::encoding::Utf8;
use crate::io::geojson::content::Content;
use crate::io::geojson::feature::Asked;
use crate::io::geojson::feature::Draft;
use crate::io::geojson::feature::Piece;
use crate::io::geojson::feature::Plain;
use crate::io::geojson::geometry::geometry_of;
use crate::io::geojson::geometry::kind_of;
use crate::io::geojson::split::Between;
use crate::io::geojson::split::Next;
use crate::io::geojson::split::Shape;
use crate::io::geojson::split::Window;
use crate::io::parts::Found;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::topojson;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Record;
use crate::table::Value;

/// What has been read so far, and where it goes.
pub(super) struct State<'a> {
    sink: &'a mut dyn Sink,
    shown: &'a str,
    pub(super) fields: Vec<Field>,
    /// Whether a field has had a value that is not null.
    is_typed: Vec<bool>,
    pub(super) records: u64,
    crs: Option<String>,
    /// Values that JSON does not have, as NaN, and the record of the first.
    no_json: (u64, Option<u64>),
}

/// Pieces of a document that are parsed at a time by one thread have about so many bytes.
const PIECE: usize = 256 << 10;

/// A document in a sequence that is longer than this is not held in memory as a whole.
const LONG_DOCUMENT: usize = 64 << 20;

/// Reads a GeoJSON file to its end; memory is bounded by some megabytes and the largest feature.
///
/// Features are parsed in parallel and handed over in file order, the same on any number of threads.
/// # Errors
/// [`ReadError::Open`], and [`ReadError::Broken`] with line and column for broken JSON or a document that is no GeoJSON.
pub fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let encoding = match request.encoding {
        Some(name) => {
            encoding::by_name(name).map_err(|what| ReadError::Header { shown: request.shown.to_owned(), what })?
        }
        None => UTF_8,
    };
    let is_of_itself = match content::look(&mut opened(request, encoding)?) {
        Content::Topology => return topojson::read(request, sink),
        Content::Esri => return esri::read(request, &content::whole(request, encoding)?, sink),
        Content::Records => return records::read(request, &content::whole(request, encoding)?, sink),
        Content::Refused(what) => return Err(ReadError::Content { shown: request.shown.to_owned(), what }),
        Content::Script => false,
        Content::GeoJson => true,
    };
    if let Some(layer) = request.layer {
        let what = format!("is one layer, which has no name; leave out layer = \"{layer}\"");
        return Err(ReadError::Layer { shown: request.shown.to_owned(), what });
    }
    if request.x.is_some() || request.y.is_some() || request.wkt.is_some() {
        let what = "is GeoJSON, which has geometries of its own; leave out x, y and wkt".to_owned();
        return Err(ReadError::Header { shown: request.shown.to_owned(), what });
    }
    let text: Box<dyn Read> = match is_of_itself {
        true => Box::new(opened(request, encoding)?),
        // what stands around the object of a script is cut off
        false => {
            let what = "is a script that holds GeoJSON; what stands around the object is passed over";
            sink.issue(Issue::new(Severity::Note, "script-around", request.shown, what));
            Box::new(std::io::Cursor::new(content::within_script(&content::whole(request, encoding)?).into_bytes()))
        }
    };
    let state = RefCell::new(State::new(request, sink));
    let ending = request.path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    // one feature a line and no line is a layer without features; a document has to be one
    let may_be_empty = !matches!(ending.as_str(), "geojson" | "json" | "");
    documents(Separators(text), &state, may_be_empty).map_err(|Fault { line, column, what }| ReadError::Broken {
        shown: request.shown.to_owned(),
        line,
        column,
        what,
    })?;
    let mut state = state.into_inner();
    state.tell_no_json();
    Ok(LayerInfo {
        driver: "GeoJSON",
        layer: None,
        fields: state.fields,
        records: state.records,
        crs: match state.crs {
            Some(crs) => DeclaredCrs::Carried(crs),
            None => DeclaredCrs::ByFormat("EPSG:4326".to_owned()),
        },
        encoding: encoding::title(encoding),
    })
}

/// Names the objects of a TopoJSON file; empty for any other content, which is one layer.
/// # Errors
/// As [`read`].
pub fn layers(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    let encoding = request.encoding.and_then(|name| encoding::by_name(name).ok()).unwrap_or(UTF_8);
    match content::look(&mut opened(request, encoding)?) {
        Content::Topology => topojson::layers(request),
        _ => Ok(Vec::new()),
    }
}

/// The text of the file.
fn opened(request: &ReadRequest<'_>, encoding: &'static encoding_rs::Encoding) -> Result<Utf8<File>, ReadError> {
    let file = File::open(request.path).map_err(|source| ReadError::Open {
        shown: request.shown.to_owned(),
        path: request.path.to_owned(),
        source,
    })?;
    Ok(Utf8::new(file, encoding))
}

/// Where the text is broken, from 1, and how.
struct Fault {
    line: u64,
    column: u64,
    what: String,
}

impl Fault {
    /// A fault of a text that begins at this place of the file.
    fn of(error: &serde_json::Error, (line, column): (u64, u64)) -> Fault {
        let (own_line, own_column) = (error.line() as u64, error.column() as u64);
        Fault {
            line: line + own_line.saturating_sub(1),
            column: if own_line <= 1 { column + own_column.saturating_sub(1) } else { own_column },
            what: without_position(error),
        }
    }

    /// The text can not be read at all, at or behind this place.
    fn unreadable(error: &std::io::Error, (line, column): (u64, u64)) -> Fault {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Malformed>()) {
            Some(malformed) => Fault { line: malformed.line, column: 1, what: malformed.to_string() },
            None => Fault { line, column, what: error.to_string() },
        }
    }
}

/// All documents of a text: features in parallel where they can be told from the beginning, else one by one.
fn documents<R: Read>(reader: R, state: &RefCell<State<'_>>, may_be_empty: bool) -> Result<(), Fault> {
    let mut window = Window::new(reader);
    let shape = window.shape().map_err(|error| Fault::unreadable(&error, (1, 1)))?;
    if may_be_empty && window.is_over() && window.bytes().trim_ascii().is_empty() {
        return Ok(());
    }
    match shape {
        // a document whose beginning does not show its features is read as it comes, and so is one value alone
        Shape::Unclear => one_by_one(window.rest(), state, 0, |place| place),
        Shape::Collection { features_at } => collection(window, features_at, state),
        Shape::Sequence => {
            in_parallel(&mut window, Between::Nothing, state)?;
            match window.is_over() && window.bytes().is_empty() {
                true => Ok(()),
                // a long document that is not to be held whole
                false => {
                    let from = window.place(0);
                    one_by_one(window.rest(), state, 1, |place| moved(place, (1, 1), from))
                }
            }
        }
    }
}

/// A collection whose features begin at a byte: these in parallel, then everything around them as one document without features.
fn collection<R: Read>(mut window: Window<R>, features_at: usize, state: &RefCell<State<'_>>) -> Result<(), Fault> {
    let mut around = window.bytes()[..features_at].to_vec();
    window.forget(features_at);
    let cut = window.place(0);
    in_parallel(&mut window, Between::Commas { is_first: true }, state)?;
    around.push(b']');
    let around = content::without_nan(&around).map_or(around, |(mended, _)| mended);
    let (line, column) = window.place(0);
    one_by_one(std::io::Cursor::new(around).chain(window.rest()), state, 0, |place| {
        moved(place, (cut.0, cut.1 + 1), (line, column))
    })
}

/// A place counted on from `from` as if that were `to`.
fn moved(place: (u64, u64), from: (u64, u64), to: (u64, u64)) -> (u64, u64) {
    match place {
        (line, column) if line == from.0 && column >= from.1 => (to.0, to.1 + (column - from.1)),
        (line, column) if line > from.0 => (to.0 + (line - from.0), column),
        before => before,
    }
}

/// The values of a list, in parallel; stops behind it, or before a document that is too long to be held.
fn in_parallel<R: Read>(window: &mut Window<R>, mut between: Between, state: &RefCell<State<'_>>) -> Result<(), Fault> {
    let is_sequence = between == Between::Nothing;
    loop {
        let mut found = Vec::new();
        let next = split::values(window.bytes(), &mut between, window.is_over(), &mut found);
        features(window, &found, is_sequence, state)?;
        match next {
            Next::End(at) => {
                window.forget(at);
                return Ok(());
            }
            Next::More(from) => {
                window.forget(from);
                if is_sequence && window.bytes().len() > LONG_DOCUMENT {
                    return Ok(());
                }
                let read = window.read_on();
                read.map_err(|error| Fault::unreadable(&error, window.place(0)))?;
            }
            Next::Wrong(at) => {
                let (line, column) = window.place(at);
                let what = match window.bytes().get(at) {
                    None => "EOF while parsing a list",
                    Some(b']') => "trailing comma",
                    Some(b',' | b':') => "expected value",
                    Some(_) => "expected `,` or `]`",
                };
                return Err(Fault { line, column, what: what.to_owned() });
            }
        }
    }
}

/// Features at these places of the window, in their order.
fn features<R: Read>(
    window: &Window<R>,
    found: &[Range<usize>],
    is_sequence: bool,
    state: &RefCell<State<'_>>,
) -> Result<(), Fault> {
    let bytes = window.bytes();
    let mut groups: Vec<&[Range<usize>]> = Vec::new();
    let mut first = 0;
    for (nth, place) in found.iter().enumerate() {
        if place.end - found[first].start >= PIECE || nth + 1 == found.len() {
            groups.push(&found[first..=nth]);
            first = nth + 1;
        }
    }
    let known: Vec<String> = state.borrow().fields.iter().map(|field| field.name.clone()).collect();
    let asked = if is_sequence { Asked::Type } else { Asked::Nothing };
    let pieces: Vec<Piece> = groups.par_iter().map(|places| feature::piece(bytes, places, &known, asked)).collect();
    for piece in pieces {
        let mut positions: Vec<usize> = (0..known.len()).collect();
        for draft in piece.drafts {
            match draft {
                Draft::Plain(plain) => state.borrow_mut().plain(&piece.names, &mut positions, plain),
                Draft::Other(place) => {
                    let slice = &bytes[place.clone()];
                    let read = |slice: &[u8]| {
                        let mut json = serde_json::Deserializer::from_slice(slice);
                        let outcome = match is_sequence {
                            true => (Document { state }).deserialize(&mut json),
                            false => Json::deserialize(&mut json).map(|feature| state.borrow_mut().member(feature)),
                        };
                        outcome.and_then(|()| json.end())
                    };
                    // NaN and its like are null, where nothing else is wrong
                    let mended = content::without_nan(slice);
                    let outcome = match &mended {
                        Some((mended, count)) => {
                            state.borrow_mut().note_no_json(*count);
                            read(mended)
                        }
                        None => read(slice),
                    };
                    outcome.map_err(|error| Fault::of(&error, window.place(place.start)))?;
                }
            }
        }
    }
    Ok(())
}

/// Documents one after the other, each feature as it comes. `before`: how many documents there were before these; `placed`: from line and
/// column of this text to those of the file.
fn one_by_one(
    reader: impl Read,
    state: &RefCell<State<'_>>,
    before: u64,
    placed: impl Fn((u64, u64)) -> (u64, u64),
) -> Result<(), Fault> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, reader));
    let broken = |error: serde_json::Error| {
        let place = placed((error.line() as u64, error.column() as u64));
        if error.is_io() {
            return Fault::unreadable(&std::io::Error::from(error), place);
        }
        Fault { line: place.0, column: place.1, what: without_position(&error) }
    };
    let mut documents = before;
    loop {
        match (Document { state }).deserialize(&mut json) {
            Ok(()) => documents += 1,
            Err(error) if documents > 0 && error.is_eof() && at_end(&error) => return Ok(()),
            Err(error) => return Err(broken(error)),
        }
        match json.end() {
            Ok(()) => return Ok(()),
            Err(error) if error.is_eof() || error.is_io() => return Err(broken(error)),
            // more documents follow: one a line
            Err(_) => {}
        }
    }
}

/// Whether an end-of-file error met an empty rest and not a broken document.
fn at_end(error: &serde_json::Error) -> bool {
    without_position(error).starts_with("EOF while parsing a value")
}

pub(super) fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// Turns record separators (RFC 8142) into spaces.
struct Separators<R>(R);

impl<R: Read> Read for Separators<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(buffer)?;
        for byte in buffer[..count].iter_mut().filter(|byte| **byte == 0x1e) {
            *byte = b' ';
        }
        Ok(count)
    }
}

/// A whole document: a collection or a feature.
struct Document<'s, 'a> {
    state: &'s RefCell<State<'a>>,
}

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a GeoJSON FeatureCollection or Feature")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut kind: Option<String> = None;
        let mut has_features = false;
        let (mut geometry, mut properties, mut id, mut bare) = (None, None, None, Map::new());
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => kind = map.next_value::<Json>()?.as_str().map(str::to_owned),
                "features" => {
                    has_features = true;
                    map.next_value_seed(Features { state: self.state })?;
                }
                "crs" => self.state.borrow_mut().crs = crs_name(&map.next_value::<Json>()?),
                "geometry" => geometry = Some(map.next_value::<Json>()?),
                "properties" => properties = Some(map.next_value::<Json>()?),
                "id" => id = Some(map.next_value::<Json>()?),
                "coordinates" | "geometries" => drop(bare.insert(key, map.next_value::<Json>()?)),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let wrong = |what: String| Err(serde::de::Error::custom(what));
        match kind.as_deref() {
            Some("FeatureCollection") if has_features => Ok(()),
            Some("FeatureCollection") => wrong("the FeatureCollection has no \"features\"".to_owned()),
            Some("Feature") => {
                self.state.borrow_mut().feature(geometry, properties, id);
                Ok(())
            }
            Some("Topology") => wrong("TopoJSON begins behind something else".to_owned()),
            Some("GeometryCollection") if bare.contains_key("geometries") => {
                self.state.borrow_mut().members_of(bare.remove("geometries").unwrap_or_default(), 0);
                Ok(())
            }
            Some("GeometryCollection") => wrong(match has_features {
                true => {
                    "a GeometryCollection has \"geometries\"; what has \"features\" is a FeatureCollection".to_owned()
                }
                false => "the GeometryCollection has no \"geometries\"".to_owned(),
            }),
            Some(kind) if bare.contains_key("coordinates") && geometry::KINDS.contains(&kind) => {
                bare.insert("type".to_owned(), Json::String(kind.to_owned()));
                self.state.borrow_mut().feature(Some(Json::Object(bare)), None, None);
                Ok(())
            }
            Some(other) => wrong(format!("type \"{other}\" is neither FeatureCollection nor Feature nor a geometry")),
            None => wrong("there is no \"type\": this is not GeoJSON".to_owned()),
        }
    }
}

/// The features of a collection.
struct Features<'s, 'a> {
    state: &'s RefCell<State<'a>>,
}

impl<'de> DeserializeSeed<'de> for Features<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of features")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut features: S) -> Result<(), S::Error> {
        while let Some(feature) = features.next_element::<Json>()? {
            self.state.borrow_mut().member(feature);
        }
        Ok(())
    }
}

impl<'a> State<'a> {
    pub(super) fn new(request: &ReadRequest<'a>, sink: &'a mut dyn Sink) -> State<'a> {
        State {
            sink,
            shown: request.shown,
            fields: Vec::new(),
            is_typed: Vec::new(),
            records: 0,
            crs: None,
            no_json: (0, None),
        }
    }

    fn trouble(&self, code: &'static str, record: u64, what: String) -> Issue {
        Issue::new(Severity::Error, code, self.shown, what).at_record(record)
    }

    /// Notes values of the next record that JSON does not have.
    fn note_no_json(&mut self, count: u64) {
        self.no_json.0 += count;
        self.no_json.1.get_or_insert(self.records + 1);
    }

    /// Tells of values that JSON does not have.
    fn tell_no_json(&mut self) {
        if let (count, Some(record)) = self.no_json {
            let what =
                format!("{count} value(s) are NaN or Infinity, which JSON does not have; they are read as empty");
            self.sink.issue(Issue::new(Severity::Warning, "bad-value", self.shown, what).at_record(record));
        }
    }

    /// The geometries of a bare collection, each a record without fields; those of collections within too.
    fn members_of(&mut self, geometries: Json, depth: usize) {
        let Json::Array(geometries) = geometries else { return self.feature(Some(geometries), None, None) };
        for mut geometry in geometries {
            let is_collection = geometry.get("type").and_then(Json::as_str) == Some("GeometryCollection");
            match geometry.get_mut("geometries").map(Json::take) {
                Some(inner) if is_collection && depth < 32 => self.members_of(inner, depth + 1),
                _ => self.feature(Some(geometry), None, None),
            }
        }
    }

    /// A member of a list of features.
    fn member(&mut self, feature: Json) {
        match feature {
            Json::Object(mut feature) => {
                let (geometry, properties, id) =
                    (feature.remove("geometry"), feature.remove("properties"), feature.remove("id"));
                self.feature(geometry, properties, id);
            }
            other => {
                self.records += 1;
                let record = self.records;
                let trouble = self.trouble("bad-feature", record, format!("is {} and no feature", kind_of(&other)));
                self.sink.record(&self.fields, Record { number: record, ..Record::default() }, Some(trouble));
            }
        }
    }

    /// A feature whose values stand at the positions of `names`; `positions` are those of the names among the fields, as far as records
    /// brought them.
    fn plain(&mut self, names: &[String], positions: &mut Vec<usize>, plain: Plain) {
        self.records += 1;
        while positions.len() < plain.values.len() {
            positions.push(self.field(&names[positions.len()]));
        }
        let mut values = plain.values;
        if positions.iter().take(values.len()).enumerate().any(|(at, position)| at != *position) {
            let mut moved = Vec::new();
            for (value, at) in values.into_iter().zip(positions.iter()) {
                if moved.len() <= *at {
                    moved.resize(*at + 1, Value::Null);
                }
                moved[*at] = value;
            }
            values = moved;
        }
        for (at, value) in values.iter().enumerate() {
            self.see(at, value);
        }
        let trouble =
            plain.geometry.is_none().then(|| self.trouble("no-geometry", self.records, "has no geometry".to_owned()));
        let record = Record { number: self.records, geometry: plain.geometry, values };
        self.sink.record(&self.fields, record, trouble);
    }

    fn feature(&mut self, geometry: Option<Json>, properties: Option<Json>, id: Option<Json>) {
        let found = match geometry {
            None | Some(Json::Null) => Ok(Found::default()),
            Some(json) => geometry_of(&json),
        };
        self.found(found, properties, id);
    }

    /// Hands over a feature whose geometry is known, missing, or wrong.
    pub(super) fn found(&mut self, geometry: Result<Found, String>, properties: Option<Json>, id: Option<Json>) {
        self.records += 1;
        let mut record = Record { number: self.records, ..Record::default() };
        if let Some(Json::Object(properties)) = properties {
            self.values(properties, &mut record.values);
        }
        if let Some(id) = id.filter(|id| !id.is_null()) {
            self.put("id", value(id), &mut record.values);
        }
        let mut trouble = None;
        match geometry {
            Ok(Found { geometry: None, .. }) => {
                trouble = Some(self.trouble("no-geometry", self.records, "has no geometry".to_owned()));
            }
            Ok(Found { geometry, told }) => {
                record.geometry = geometry;
                told.into_iter().for_each(|told| self.sink.issue(told.issue(self.shown, self.records, None)));
            }
            Err(what) => trouble = Some(self.trouble("bad-geometry", self.records, what)),
        }
        self.sink.record(&self.fields, record, trouble);
    }

    fn values(&mut self, properties: Map<String, Json>, values: &mut Vec<Value>) {
        for (name, json) in properties {
            self.put(&name, value(json), values);
        }
    }

    /// The position of a field, added when it is new.
    fn field(&mut self, name: &str) -> usize {
        self.fields.iter().position(|field| field.name == name).unwrap_or_else(|| {
            let kind = FieldKind::Text;
            self.fields.push(Field { name: name.to_owned(), title: Text::default(), kind, choices: Vec::new() });
            self.is_typed.push(false);
            self.fields.len() - 1
        })
    }

    /// The kind of a field is one that holds all its values.
    fn see(&mut self, at: usize, value: &Value) {
        let kind = match value {
            Value::Null => return,
            Value::Bool(_) => FieldKind::Bool,
            Value::Int(_) => FieldKind::Int,
            Value::Real(_) => FieldKind::Real,
            Value::Text(_) => FieldKind::Text,
        };
        let known = &mut self.fields[at].kind;
        *known = match (*known, kind) {
            _ if !self.is_typed[at] => kind,
            (FieldKind::Int, FieldKind::Real) | (FieldKind::Real, FieldKind::Int) => FieldKind::Real,
            (known, kind) if known == kind => kind,
            _ => FieldKind::Text,
        };
        self.is_typed[at] = true;
    }

    /// Puts a value at its field; an `id` beside the properties does not replace one in them.
    fn put(&mut self, name: &str, value: Value, values: &mut Vec<Value>) {
        let at = self.field(name);
        self.see(at, &value);
        if values.len() <= at {
            values.resize(at + 1, Value::Null);
        }
        if values[at].is_null() {
            values[at] = value;
        }
    }
}

pub(super) fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(real)) => Value::from(real),
            (None, None) => Value::Text(number.to_string()),
        },
        Json::String(text) => Value::Text(text),
        nested => Value::Text(nested.to_string()),
    }
}

/// `EPSG:4490` out of `{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}}`.
pub(super) fn crs_name(json: &Json) -> Option<String> {
    let name = json.get("properties")?.get("name")?.as_str()?;
    if name.ends_with("CRS84") {
        return Some("EPSG:4326".to_owned());
    }
    match name.strip_prefix("urn:ogc:def:crs:") {
        Some(urn) => {
            let mut parts = urn.split(':');
            Some(format!("{}:{}", parts.next()?, parts.next_back()?))
        }
        None => Some(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::read::read_all;
    use std::io::Write;

    fn from(text: &str) -> Result<(LayerInfo, crate::io::read::Collected), ReadError> {
        let mut file = tempfile::Builder::new().suffix(".geojson").tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read_all(&ReadRequest::new(file.path(), "test.geojson"))
    }

    /// What is read in parallel, and what is read one by one: records, fields, issues, CRS, or the place of the fault.
    fn twins(text: &str) -> [String; 2] {
        [true, false].map(|in_parallel| {
            let mut sink = crate::io::read::Collected::default();
            let state = RefCell::new(State {
                sink: &mut sink,
                shown: "test",
                fields: Vec::new(),
                is_typed: Vec::new(),
                records: 0,
                crs: None,
                no_json: (0, None),
            });
            let reader = Separators(Utf8::new(text.as_bytes(), UTF_8));
            let outcome = match in_parallel {
                true => documents(reader, &state, false),
                false => one_by_one(reader, &state, 0, |place| place),
            };
            let State { fields, crs, .. } = state.into_inner();
            match outcome {
                Ok(()) => format!("{fields:?} {crs:?} {sink:?}"),
                Err(Fault { line, column, .. }) => format!("broken at {line} {column}"),
            }
        })
    }

    #[test]
    fn reading_in_parallel_is_reading_one_by_one() {
        let features = [
            POINT,
            r#"{"type":"Feature","properties":{"a":1,"a":2,"n":null},"geometry":{"coordinates":[[0,0],[1,1,9]],"type":"LineString"}}"#,
            r#"{"id":"x","properties":{"id":"own","z":[1,{"b":2}],"t":"a\"}]","f":-0.0,"u":18446744073709551615},"geometry":null}"#,
            r#"{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]],[[0,0],[1,0],[1,1],[0,0]]]}}"#,
            r#"{"type":"Feature","properties":null,"geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,1]]]]}}"#,
            r#"{"type":"Feature","properties":{},"geometry":{"type":"MultiPoint","coordinates":[[1,2],[3,4]],"bbox":[1]},"extra":{"features":[1]}}"#,
            r#"{"type":"Feature","properties":{"w":true},"geometry":{"type":"Point","coordinates":[1]},"geometry":null}"#,
            "7",
            "null",
        ];
        let crs = r#""crs":{"type":"name","properties":{"name":"EPSG:4490"}}"#;
        let all = features.join(",\n ");
        let mut texts = vec![
            features[..7].join("\n"),
            format!(r#"{{"type":"FeatureCollection","features":[{all}],{crs}}}"#),
            format!("{{{crs},\n\"features\" :\n[ {all}\n] ,\n\"type\":\"FeatureCollection\"}}\n{POINT}\n"),
            format!(r#"{{"features":[{POINT}],"features":[{POINT},{POINT}],"type":"FeatureCollection"}} "#),
            format!("{}{{\"type\":\"FeatureCollection\",\"features\":[{all}]}}", features[0]),
            format!(r#"{{"features":[{POINT}],"type":"Topology"}}"#),
            format!(r#"{{"type":"FeatureCollection","features":[{POINT}],"name":"x"#),
            String::new(),
        ];
        for broken in ["{}}", "{\"a\"}", ",", "]", "{\"geometry\":[1,2}", "\"x", "nul", "\u{1e}", "{\"id\":1e999}"] {
            texts.push(format!("{{\"type\":\"FeatureCollection\",\n\"features\":[{POINT},\n{broken}, {POINT}]}}"));
            texts.push(format!("{POINT}\n{POINT} {broken}\n{POINT}"));
        }
        for text in &texts {
            let [parallel, single] = twins(text);
            let is_fault = parallel.starts_with("broken at") && single.starts_with("broken at");
            // where a comma or half a word is out of place the two may give up some bytes apart, over the end of the line
            let line = |fault: &str| fault.split(' ').nth(2).and_then(|line| line.parse::<u64>().ok()).unwrap_or(0);
            let is_near = is_fault && line(&parallel).abs_diff(line(&single)) <= 1;
            assert!(parallel == single || is_near, "{text}\n{parallel}\n{single}");
        }
        // cut anywhere, and long enough for several pieces
        let long = texts[1].clone();
        for cut in 0..long.len() {
            if let Some(text) = long.get(..cut) {
                let [parallel, single] = twins(text);
                assert_eq!(parallel.starts_with("broken"), single.starts_with("broken"), "{text}");
            }
        }
        let many: Vec<String> = (0..40_000)
            .map(|n| format!(r#"{{"type":"Feature","properties":{{"n":{n},"f{}":{}.5}},"geometry":{{"type":"Point","coordinates":[{n},1]}}}}"#, n / 9_000, n))
            .collect();
        let [parallel, single] =
            twins(&format!("{{\"features\":[{}],\"type\":\"FeatureCollection\"}}", many.join(",")));
        assert!(parallel == single);
        let [parallel, single] = twins(&many.join("\n"));
        assert!(parallel == single);
    }

    const POINT: &str = r#"{"type":"Feature","id":7,"properties":{"name":"白下","n":3},"geometry":{"type":"Point","coordinates":[118.8,32.0]}}"#;

    #[test]
    fn collections_single_features_lines_and_sequences_read_alike() {
        let forms = [
            format!(r#"{{"type":"FeatureCollection","name":"x","features":[{POINT},{POINT}]}}"#),
            format!("{POINT}\n{POINT}\n"),
            format!("{POINT}\n{POINT}"),
            format!("\u{1e}{POINT}\n\u{1e}{POINT}\n"),
            format!("\u{feff}{POINT} {POINT}\n\n  "),
            format!(r#"{{"features":[{POINT},{POINT}],"type":"FeatureCollection"}}"#),
        ];
        for text in forms {
            let (info, read) = from(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!((info.records, read.records.len(), read.issues.len()), (2, 2, 0), "{text}");
            let names: Vec<&str> = info.fields.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(names, ["name", "n", "id"], "{text}");
            assert_eq!(read.records[1].values, [Value::from("白下"), Value::Int(3), Value::Int(7)]);
        }
    }

    #[test]
    fn broken_json_is_located() {
        let text = "{\"type\":\"FeatureCollection\",\n\"features\":[\n{\"type\":\"Feature\",,}]}";
        match from(text) {
            Err(ReadError::Broken { line: 3, column: 19, .. }) => {}
            other => panic!("{other:?}"),
        }
        for text in ["", "{\"type\":\"FeatureCollection\"}", "{\"type\":\"Featu", "7"] {
            assert!(matches!(from(text), Err(ReadError::Broken { .. })), "{text}");
        }
        let cut = format!("{POINT}\n{}", &POINT[..40]);
        assert!(matches!(from(&cut), Err(ReadError::Broken { line: 2, .. })), "{:?}", from(&cut));
    }

    #[test]
    fn features_without_a_usable_geometry_are_handed_over_with_the_reason() {
        let cases = [
            ("null", "has no geometry"),
            (r#"{"type":"Point","coordinates":[118.8]}"#, "1 numbers"),
            (r#"{"type":"Point","coordinates":["a",32]}"#, "not a number"),
            (r#"{"type":"Point","coordinates":[null,32]}"#, "not a number"),
            (r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}"#, "3 positions"),
            (r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}"#, "does not end where it starts"),
            (r#"{"type":"Polygon","coordinates":[]}"#, "empty"),
            (r#"{"type":"MultiPolygon","coordinates":[]}"#, "empty"),
            (r#"{"type":"Blob","coordinates":[]}"#, "does not exist"),
            (r#"{"type":"GeometryCollection","geometries":[]}"#, "GeometryCollection"),
            ("7", "no type"),
        ];
        for (geometry, want) in cases {
            let text = format!(
                r#"{{"type":"FeatureCollection","features":[{POINT},{{"type":"Feature","properties":null,"geometry":{geometry}}}]}}"#
            );
            let (info, read) = from(&text).unwrap();
            assert_eq!((info.records, read.issues.len()), (2, 1), "{geometry}");
            assert!(read.issues[0].what.contains(want), "{geometry}: {}", read.issues[0].what);
            assert_eq!(read.issues[0].record, Some(2));
        }
    }

    #[test]
    fn the_crs_is_the_formats_unless_a_member_says_otherwise() {
        let with = |crs: &str| from(&format!(r#"{{"type":"FeatureCollection",{crs}"features":[]}}"#)).unwrap().0.crs;
        assert_eq!(with(""), DeclaredCrs::ByFormat("EPSG:4326".into()));
        let member = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},"#;
        assert_eq!(with(member), DeclaredCrs::Carried("EPSG:4490".into()));
        let member = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},"#;
        assert_eq!(with(member), DeclaredCrs::Carried("EPSG:4326".into()));
    }

    #[test]
    fn a_field_is_of_the_kind_that_holds_all_its_values() {
        let features: Vec<String> = [
            r#"{"a":null,"b":1,"c":1,"d":1,"e":{"x":[1]}}"#,
            r#"{"a":3,"b":2.5,"c":"x","d":2,"f":true}"#,
            r#"{"a":4,"b":null,"c":2}"#,
        ]
        .iter()
        .map(|properties| format!(r#"{{"type":"Feature","properties":{properties},"geometry":null}}"#))
        .collect();
        let (info, read) = from(&features.join("\n")).unwrap();
        let kinds: Vec<(&str, FieldKind)> = info.fields.iter().map(|field| (field.name.as_str(), field.kind)).collect();
        let want = [
            ("a", FieldKind::Int),
            ("b", FieldKind::Real),
            ("c", FieldKind::Text),
            ("d", FieldKind::Int),
            ("e", FieldKind::Text),
            ("f", FieldKind::Bool),
        ];
        assert_eq!(kinds, want);
        assert_eq!(read.records[0].values[4], Value::from(r#"{"x":[1]}"#));
    }

    #[test]
    fn another_encoding_is_read_when_asked_for_and_never_guessed_at() {
        let text = format!("{POINT}\n{POINT}\n");
        let (bytes, ..) = encoding_rs::GB18030.encode(&text);
        let mut file = tempfile::Builder::new().suffix(".geojson").tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let request = ReadRequest::new(file.path(), "gbk.geojson");
        match read_all(&request) {
            Err(ReadError::Broken { line: 1, what, .. }) => assert!(what.contains("not UTF-8"), "{what}"),
            other => panic!("{other:?}"),
        }
        let (info, read) = read_all(&ReadRequest { encoding: Some("gbk"), ..request }).unwrap();
        assert_eq!((info.encoding, &read.records[1].values[0]), ("GBK", &Value::from("白下")));
    }

    #[test]
    fn a_missing_file_an_empty_layer_and_numbers_that_json_does_not_have() {
        let request = ReadRequest::new(std::path::Path::new("/nowhere/a.geojson"), "a.geojson");
        assert!(matches!(read_all(&request), Err(ReadError::Open { .. })));
        let (info, read) = from(r#"{"type":"FeatureCollection","features":[]}"#).unwrap();
        assert_eq!((info.records, read.records.len(), read.issues.len()), (0, 0, 0));
        let text = POINT.replace("118.8", "1e999");
        assert!(matches!(from(&text), Err(ReadError::Broken { line: 1, .. })));
        // numbers that Python writes: no coordinates, and no end of the file
        for number in ["NaN", "Infinity", "-Infinity"] {
            let (info, read) = from(&POINT.replace("118.8", number)).unwrap();
            let codes: Vec<&str> = read.issues.iter().map(|issue| issue.code).collect();
            assert_eq!((info.records, &codes[..]), (1, &["bad-geometry", "bad-value"][..]), "{number}");
        }
    }
}
