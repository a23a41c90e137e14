//! Geometries of any JSON, with what is wrong with those that can not be used.

use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPoint;
use geo_types::MultiPolygon;
use geo_types::Point;
use geo_types::Polygon;
use serde_json::Value as Json;

/// The types of geometries that are used.
pub(super) const KINDS: [&str; 6] = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"];

/// The geometry of a GeoJSON object, with the demands of RFC 7946, section 3.1.
/// # Errors
/// What is wrong with it.
pub(in crate::io) fn geometry_of(json: &Json) -> Result<Geometry<f64>, String> {
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
