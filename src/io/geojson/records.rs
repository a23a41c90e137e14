//! JSON of records: a list of objects, alone, as the only list of an object, or one object a line. A table whose places stand in columns.

use serde_json::Map;
use serde_json::Value as Json;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::geojson::State;
use crate::io::geojson::content;
use crate::io::geojson::geometry::KINDS;
use crate::io::geojson::value;
use crate::io::place;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Record;
use crate::table::Value;

/// Reads a list of objects as a table: a field for every name, in the order in which they come; what is nested becomes text. A list of GeoJSON
/// features or geometries is read as such. The whole text is held in memory.
/// # Errors
/// [`ReadError::Broken`], [`ReadError::Header`] for columns that were asked for and are not there, [`ReadError::Content`] for lists of other things.
pub(super) fn read(request: &ReadRequest<'_>, text: &str, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let content = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
    let (list, within, no_json) = list_of(request, text)?;
    let is_feature = |json: &Json| {
        let kind = json.get("type").and_then(Json::as_str).unwrap_or_default();
        kind == "Feature" || (KINDS.contains(&kind) && json.get("coordinates").is_some())
    };
    if list.first().is_some_and(is_feature) {
        let mut state = State::new(request, sink);
        for one in list {
            let is_bare = one.get("coordinates").is_some();
            if is_bare { state.feature(Some(one), None, None) } else { state.member(one) }
        }
        let (fields, records) = (state.fields, state.records);
        let crs = DeclaredCrs::ByFormat("EPSG:4326".to_owned());
        return Ok(LayerInfo { driver: "GeoJSON", layer: None, fields, records, crs, encoding: "UTF-8" });
    }
    let mut names: Vec<String> = Vec::new();
    for (nth, one) in list.iter().enumerate() {
        let Json::Object(object) = one else {
            return Err(content(format!("record {} is no object with names for its values", nth + 1)));
        };
        for name in object.keys() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    if let Some(within) = within {
        let what = format!("the records are the list \"{within}\"; what stands beside it is passed over");
        sink.issue(Issue::new(Severity::Note, "records-within", request.shown, what));
    }
    if no_json > 0 {
        let what = format!("{no_json} value(s) are NaN or Infinity, which JSON does not have; they are read as empty");
        sink.issue(Issue::new(Severity::Warning, "bad-value", request.shown, what));
    }
    let places =
        place::columns(request, &names).map_err(|what| ReadError::Header { shown: request.shown.to_owned(), what })?;
    let field = |name: &String| Field {
        name: name.clone(),
        title: Text::default(),
        kind: FieldKind::Text,
        choices: Vec::new(),
    };
    let fields: Vec<Field> = names.iter().map(field).collect();
    let mut number = 0;
    for one in list {
        number += 1;
        let Json::Object(mut object) = one else { continue };
        let values = names.iter().map(|name| object.shift_remove(name).map_or(Value::Null, own_value)).collect();
        let mut record = Record { number, geometry: None, values };
        let trouble = match place::geometry(&places, &record) {
            Ok(found) => {
                record.geometry = found.geometry;
                for told in found.told {
                    sink.issue(told.issue(request.shown, number, None));
                }
                None
            }
            Err((code, at, what)) => {
                let issue = Issue::new(Severity::Error, code, request.shown, what).at_record(number);
                Some(issue.in_field(names[at].clone()))
            }
        };
        sink.record(&fields, record, trouble);
    }
    places.tell(request, sink);
    Ok(LayerInfo { driver: "JSON", layer: None, fields, records: number, crs: DeclaredCrs::Unknown, encoding: "UTF-8" })
}

/// An empty text is no value, as in a table.
fn own_value(json: Json) -> Value {
    match value(json) {
        Value::Text(text) if text.trim().is_empty() => Value::Null,
        other => other,
    }
}

/// The records, the name of the list that they are where it stands in an object, and how many values JSON does not have.
fn list_of(request: &ReadRequest<'_>, text: &str) -> Result<(Vec<Json>, Option<String>, u64), ReadError> {
    let text = text.trim_start_matches('\u{feff}');
    let is_alone = |object: &Map<String, Json>| {
        object.values().any(|value| matches!(value, Json::Array(list) if list.iter().any(Json::is_object)))
    };
    match content::parsed(request, text) {
        Ok((Json::Array(list), no_json)) => Ok((list, None, no_json)),
        Ok((Json::Object(object), no_json)) if is_alone(&object) => {
            let is_records = |value: &Json| matches!(value, Json::Array(list) if list.iter().any(Json::is_object));
            let found = object.into_iter().find(|(_, value)| is_records(value));
            match found {
                Some((name, Json::Array(list))) => Ok((list, Some(name), no_json)),
                _ => Ok((Vec::new(), None, no_json)),
            }
        }
        Ok((one, no_json)) => Ok((vec![one], None, no_json)),
        Err(error) => {
            // one object a line
            let mut list = Vec::new();
            let mut no_json = 0;
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                match content::parsed(request, line) {
                    Ok((one, count)) => {
                        list.push(one);
                        no_json += count;
                    }
                    Err(_) => return Err(error),
                }
            }
            Ok((list, None, no_json))
        }
    }
}
