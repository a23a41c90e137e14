//! GeoJSON: a FeatureCollection, a single feature, one feature a line, or an RFC 8142 sequence; streamed feature by feature.
//!
//! Coordinates are WGS 84 longitude and latitude (RFC 7946, section 4) unless a `crs` member of the 2008 format says otherwise.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::io::Read;

use encoding_rs::UTF_8;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPoint;
use geo_types::MultiPolygon;
use geo_types::Point;
use geo_types::Polygon;
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
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
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
}

/// Reads a GeoJSON file to its end; memory is bounded by the largest feature.
/// # Errors
/// [`ReadError::Open`], and [`ReadError::Broken`] with line and column for broken JSON or a document that is no GeoJSON.
pub fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let file = File::open(request.path).map_err(|source| ReadError::Open {
        shown: request.shown.to_owned(),
        path: request.path.to_owned(),
        source,
    })?;
    let encoding = match request.encoding {
        Some(name) => {
            encoding::by_name(name).map_err(|what| ReadError::Header { shown: request.shown.to_owned(), what })?
        }
        None => UTF_8,
    };
    let reader = Separators(Utf8::new(file, encoding));
    let state = RefCell::new(State::new(request, sink));
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, reader));
    let broken = |error: serde_json::Error| {
        let (mut line, mut column, mut what) = (error.line() as u64, error.column() as u64, without_position(&error));
        if error.is_io() {
            let error = std::io::Error::from(error);
            if let Some(malformed) = error.get_ref().and_then(|inner| inner.downcast_ref::<Malformed>()) {
                (line, column, what) = (malformed.line, 1, malformed.to_string());
            }
        }
        ReadError::Broken { shown: request.shown.to_owned(), line, column, what }
    };
    let mut documents = 0;
    loop {
        match (Document { state: &state }).deserialize(&mut json) {
            Ok(()) => documents += 1,
            Err(error) if documents > 0 && error.is_eof() && at_end(&error) => break,
            Err(error) => return Err(broken(error)),
        }
        match json.end() {
            Ok(()) => break,
            Err(error) if error.is_eof() || error.is_io() => return Err(broken(error)),
            // more documents follow: one a line
            Err(_) => {}
        }
    }
    let state = state.into_inner();
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
        let (mut geometry, mut properties, mut id) = (None, None, None);
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
            Some("Topology") => wrong("this is TopoJSON, not GeoJSON; let its name end in .topojson".to_owned()),
            Some(other) => wrong(format!("type \"{other}\" is neither FeatureCollection nor Feature")),
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
            let mut state = self.state.borrow_mut();
            match feature {
                Json::Object(mut feature) => {
                    let (geometry, properties, id) =
                        (feature.remove("geometry"), feature.remove("properties"), feature.remove("id"));
                    state.feature(geometry, properties, id);
                }
                other => {
                    state.records += 1;
                    let record = state.records;
                    let trouble =
                        state.trouble("bad-feature", record, format!("is {} and no feature", kind_of(&other)));
                    let state = &mut *state;
                    state.sink.record(&state.fields, Record { number: record, ..Record::default() }, Some(trouble));
                }
            }
        }
        Ok(())
    }
}

impl<'a> State<'a> {
    pub(super) fn new(request: &ReadRequest<'a>, sink: &'a mut dyn Sink) -> State<'a> {
        State { sink, shown: request.shown, fields: Vec::new(), is_typed: Vec::new(), records: 0, crs: None }
    }

    fn trouble(&self, code: &'static str, record: u64, what: String) -> Issue {
        Issue::new(Severity::Error, code, self.shown, what).at_record(record)
    }

    fn feature(&mut self, geometry: Option<Json>, properties: Option<Json>, id: Option<Json>) {
        let found = match geometry {
            None | Some(Json::Null) => Ok(None),
            Some(json) => geometry_of(&json).map(Some),
        };
        self.found(found, properties, id);
    }

    /// Hands over a feature whose geometry is known, missing, or wrong.
    pub(super) fn found(
        &mut self,
        geometry: Result<Option<Geometry<f64>>, String>,
        properties: Option<Json>,
        id: Option<Json>,
    ) {
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
            Ok(None) => trouble = Some(self.trouble("no-geometry", self.records, "has no geometry".to_owned())),
            Ok(geometry) => record.geometry = geometry,
            Err(what) => trouble = Some(self.trouble("bad-geometry", self.records, what)),
        }
        self.sink.record(&self.fields, record, trouble);
    }

    fn values(&mut self, properties: Map<String, Json>, values: &mut Vec<Value>) {
        for (name, json) in properties {
            self.put(&name, value(json), values);
        }
    }

    /// Puts a value at its field, the field added when it is new; an `id` beside the properties does not replace one in them.
    fn put(&mut self, name: &str, value: Value, values: &mut Vec<Value>) {
        let at = match self.fields.iter().position(|field| field.name == name) {
            Some(at) => at,
            None => {
                let kind = FieldKind::Text;
                self.fields.push(Field { name: name.to_owned(), title: Text::default(), kind, choices: Vec::new() });
                self.is_typed.push(false);
                self.fields.len() - 1
            }
        };
        let kind = match value {
            Value::Null => None,
            Value::Bool(_) => Some(FieldKind::Bool),
            Value::Int(_) => Some(FieldKind::Int),
            Value::Real(_) => Some(FieldKind::Real),
            Value::Text(_) => Some(FieldKind::Text),
        };
        if let Some(kind) = kind {
            let known = &mut self.fields[at].kind;
            *known = match (*known, kind) {
                _ if !self.is_typed[at] => kind,
                (FieldKind::Int, FieldKind::Real) | (FieldKind::Real, FieldKind::Int) => FieldKind::Real,
                (known, kind) if known == kind => kind,
                _ => FieldKind::Text,
            };
            self.is_typed[at] = true;
        }
        if values.len() <= at {
            values.resize(at + 1, Value::Null);
        }
        if values[at].is_null() {
            values[at] = value;
        }
    }
}

fn value(json: Json) -> Value {
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

fn kind_of(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
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

fn geometry_of(json: &Json) -> Result<Geometry<f64>, String> {
    let kind = json.get("type").and_then(Json::as_str).ok_or("the geometry has no type")?;
    if kind == "GeometryCollection" {
        return Err("a GeometryCollection is not used; give polygons, lines or points".to_owned());
    }
    let coordinates = json.get("coordinates").ok_or_else(|| format!("the {kind} has no coordinates"))?;
    let geometry = match kind {
        "Point" => Geometry::Point(Point(position(coordinates)?)),
        "MultiPoint" => Geometry::MultiPoint(MultiPoint(
            list(coordinates)?.iter().map(|c| position(c).map(Point)).collect::<Result<_, _>>()?,
        )),
        "LineString" => Geometry::LineString(line(coordinates)?),
        "MultiLineString" => {
            Geometry::MultiLineString(MultiLineString(list(coordinates)?.iter().map(line).collect::<Result<_, _>>()?))
        }
        "Polygon" => Geometry::Polygon(polygon(coordinates)?),
        "MultiPolygon" => {
            Geometry::MultiPolygon(MultiPolygon(list(coordinates)?.iter().map(polygon).collect::<Result<_, _>>()?))
        }
        other => return Err(format!("geometry type \"{other}\" does not exist")),
    };
    let empty = match &geometry {
        Geometry::MultiPoint(points) => points.0.is_empty(),
        Geometry::MultiLineString(lines) => lines.0.is_empty(),
        Geometry::MultiPolygon(polygons) => polygons.0.is_empty(),
        _ => false,
    };
    if empty { Err(format!("the {kind} is empty")) } else { Ok(geometry) }
}

fn list(json: &Json) -> Result<&Vec<Json>, String> {
    json.as_array().ok_or_else(|| format!("coordinates hold {} where a list is wanted", kind_of(json)))
}

pub(super) fn position(json: &Json) -> Result<Coord<f64>, String> {
    let numbers = list(json)?;
    match (numbers.first(), numbers.get(1)) {
        (Some(x), Some(y)) => match (x.as_f64(), y.as_f64()) {
            (Some(x), Some(y)) if x.is_finite() && y.is_finite() => Ok(Coord { x, y }),
            _ => Err(format!("a coordinate is not a number: {json}")),
        },
        _ => Err(format!("a position has {} numbers where two are wanted", numbers.len())),
    }
}

fn line(json: &Json) -> Result<LineString<f64>, String> {
    let positions: Vec<Coord<f64>> = list(json)?.iter().map(position).collect::<Result<_, _>>()?;
    if positions.len() < 2 {
        return Err(format!("a line has {} positions where at least two are wanted", positions.len()));
    }
    Ok(LineString(positions))
}

fn polygon(json: &Json) -> Result<Polygon<f64>, String> {
    let mut rings = Vec::new();
    for ring in list(json)? {
        let positions: Vec<Coord<f64>> = list(ring)?.iter().map(position).collect::<Result<_, _>>()?;
        if positions.len() < 4 {
            return Err(format!("a ring has {} positions where at least four are wanted", positions.len()));
        }
        if positions.first() != positions.last() {
            return Err("a ring does not end where it starts".to_owned());
        }
        rings.push(LineString(positions));
    }
    if rings.is_empty() {
        return Err("the Polygon is empty".to_owned());
    }
    let exterior = rings.remove(0);
    Ok(Polygon::new(exterior, rings))
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
        for text in
            ["", "[1,2]", "{\"type\":\"Topology\"}", "{\"type\":\"FeatureCollection\"}", "{\"type\":\"Featu", "7"]
        {
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
        for number in ["NaN", "Infinity", "-Infinity", "1e999"] {
            let text = POINT.replace("118.8", number);
            assert!(matches!(from(&text), Err(ReadError::Broken { line: 1, .. })), "{number}");
        }
    }
}
