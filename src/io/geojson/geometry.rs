//! Geometries of any JSON, with what is wrong with those that can not be used.

use geo_types::Coord;
use serde_json::Value as Json;

use crate::io::parts;
use crate::io::parts::DEEPEST;
use crate::io::parts::Found;
use crate::io::parts::Made;
use crate::io::parts::Raw;

/// The types of geometries that are used.
pub(super) const KINDS: [&str; 6] = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"];

/// The geometry of a GeoJSON object, with the demands of RFC 7946, section 3.1. Broken parts are left out and told.
/// # Errors
/// What is wrong with it.
pub(in crate::io) fn geometry_of(json: &Json) -> Result<Found, String> {
    let found = parts::found(raw(json, 0)?, Made::default())?;
    match found.geometry {
        Some(_) => Ok(found),
        None => Err(format!("the {} is empty", json.get("type").and_then(Json::as_str).unwrap_or("geometry"))),
    }
}

fn raw(json: &Json, depth: usize) -> Result<Raw, String> {
    let kind = json.get("type").and_then(Json::as_str).ok_or("the geometry has no type")?;
    if depth > DEEPEST {
        return Err(format!("more than {DEEPEST} geometries lie within each other"));
    }
    if kind == "GeometryCollection" {
        let members = json.get("geometries").ok_or("the GeometryCollection has no geometries")?;
        let member = |json: &Json| match (raw(json, depth + 1), json.get("type").and_then(Json::as_str)) {
            (Ok(raw), _) => raw,
            (Err(what), Some("Polygon" | "MultiPolygon")) => Raw::BrokenArea(what),
            (Err(what), _) => Raw::Broken(what),
        };
        return Ok(Raw::Collection(list(members)?.iter().map(member).collect()));
    }
    let coordinates = json.get("coordinates").ok_or_else(|| format!("the {kind} has no coordinates"))?;
    let several = |part: fn(&Json) -> Raw| Ok(Raw::Several(list(coordinates)?.iter().map(part).collect()));
    match kind {
        "Point" => Ok(Raw::Point(position(coordinates)?)),
        "MultiPoint" => several(|json| position(json).map_or_else(Raw::Broken, Raw::Point)),
        "LineString" => Ok(Raw::Line(line(coordinates)?)),
        "MultiLineString" => several(|json| line(json).map_or_else(Raw::Broken, Raw::Line)),
        "Polygon" => Ok(Raw::Polygon(polygon(coordinates)?)),
        "MultiPolygon" => several(|json| polygon(json).map_or_else(Raw::BrokenArea, Raw::Polygon)),
        other => Err(format!("geometry type \"{other}\" does not exist")),
    }
}

fn list(json: &Json) -> Result<&Vec<Json>, String> {
    json.as_array().ok_or_else(|| format!("coordinates hold {} where a list is wanted", kind_of(json)))
}

/// A position of a GeoJSON geometry; what follows x and y is left out.
/// # Errors
/// What is wrong with it.
pub(in crate::io) fn position(json: &Json) -> Result<Coord<f64>, String> {
    let numbers = list(json)?;
    match (numbers.first(), numbers.get(1)) {
        (Some(x), Some(y)) => match (x.as_f64(), y.as_f64()) {
            (Some(x), Some(y)) if x.is_finite() && y.is_finite() => Ok(Coord { x, y }),
            _ => Err(format!("a coordinate is not a number: {json}")),
        },
        _ => Err(format!("a position has {} numbers where two are wanted", numbers.len())),
    }
}

fn line(json: &Json) -> Result<Vec<Coord<f64>>, String> {
    list(json)?.iter().map(position).collect()
}

fn polygon(json: &Json) -> Result<Vec<Vec<Coord<f64>>>, String> {
    list(json)?.iter().map(line).collect()
}

/// What a JSON value is, in words.
pub(super) fn kind_of(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
