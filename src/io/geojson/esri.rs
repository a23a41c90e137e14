//! Esri JSON, as ArcGIS servers answer with `f=json`: features with `attributes`, and rings, paths or points for geometries.

use geo::Area;
use geo::Contains;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPoint;
use geo_types::MultiPolygon;
use geo_types::Point;
use geo_types::Polygon;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::io::geojson::State;
use crate::io::geojson::content;
use crate::io::geojson::geometry::position;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::wkb;

/// Codes from here on are Esri's own unless EPSG has them too; those below are EPSG's.
const ESRI_FROM: u64 = 37_000;

/// Reads the features of Esri JSON. Fields are the attributes, dates as ISO 8601; Z and M are left out, curves are refused by name. The CRS is that of
/// `spatialReference`. The whole text is held in memory.
///
/// Rings are told apart by enclosure: one inside an odd number of others is a hole of the smallest around it, whatever its sense.
/// # Errors
/// [`ReadError::Broken`] for JSON that is broken, [`ReadError::Content`] for what holds no features.
pub(super) fn read(request: &ReadRequest<'_>, text: &str, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let (mut json, no_json) = content::parsed(request, text.trim_start_matches('\u{feff}'))?;
    if json.get("exceededTransferLimit").and_then(Json::as_bool) == Some(true) {
        let what = "the server cut its answer (exceededTransferLimit): records are missing; ask for the rest with resultOffset";
        sink.issue(Issue::new(Severity::Warning, "cut-answer", request.shown, what));
    }
    if no_json > 0 {
        let what = format!("{no_json} value(s) are NaN or Infinity, which JSON does not have; they are read as empty");
        sink.issue(Issue::new(Severity::Warning, "bad-value", request.shown, what));
    }
    let dates: Vec<String> = json
        .get("fields")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter(|field| field.get("type").and_then(Json::as_str) == Some("esriFieldTypeDate"))
        .filter_map(|field| Some(field.get("name")?.as_str()?.to_owned()))
        .collect();
    let own = json.get("spatialReference").cloned();
    let features = match json.get_mut("features").map(Json::take) {
        Some(Json::Array(features)) => features,
        Some(_) => {
            let what = "\"features\" is no list".to_owned();
            return Err(ReadError::Content { shown: request.shown.to_owned(), what });
        }
        None if json.get("attributes").is_some() => vec![json],
        None => vec![Json::Object([("geometry".to_owned(), json)].into_iter().collect())],
    };
    let inner = features.iter().find_map(|feature| feature.get("geometry")?.get("spatialReference"));
    let crs = own.as_ref().or(inner).and_then(crs_of).map_or(DeclaredCrs::Unknown, DeclaredCrs::Carried);
    let mut state = State::new(request, sink);
    for mut feature in features {
        let mut attributes = feature.get_mut("attributes").map(Json::take);
        if let Some(Json::Object(attributes)) = &mut attributes {
            for name in &dates {
                if let Some(value) = attributes.get_mut(name)
                    && let Some(when) = value.as_i64().and_then(|number| Timestamp::from_millisecond(number).ok())
                {
                    *value = Json::String(when.to_string());
                }
            }
        }
        let geometry = match feature.get("geometry") {
            None | Some(Json::Null) => Ok(None),
            Some(geometry) => geometry_of(geometry),
        };
        state.found(geometry, attributes, None);
    }
    let (fields, records) = (state.fields, state.records);
    Ok(LayerInfo { driver: "Esri JSON", layer: None, fields, records, crs, encoding: "UTF-8" })
}

/// The CRS of a spatial reference: the newer code where there are two, or a WKT.
fn crs_of(json: &Json) -> Option<String> {
    let code = |name: &str| json.get(name).and_then(Json::as_u64).filter(|code| *code > 0);
    match code("latestWkid").or_else(|| code("wkid")) {
        // Web Mercator had several of Esri's numbers
        Some(102_100 | 102_113 | 900_913) => Some("EPSG:3857".to_owned()),
        Some(code) if code >= ESRI_FROM => Some(format!("ESRI:{code}")),
        Some(code) => Some(format!("EPSG:{code}")),
        None => json.get("wkt").and_then(Json::as_str).map(str::to_owned),
    }
}

fn geometry_of(json: &Json) -> Result<Option<Geometry<f64>>, String> {
    for curves in ["curveRings", "curvePaths"] {
        if json.get(curves).is_some() {
            return Err(format!("has curves ({curves}), which are not used; ask the server with returnTrueCurves=false"));
        }
    }
    let list = |name: &str| json.get(name).and_then(Json::as_array);
    let lines = |parts: &Vec<Json>| -> Result<Vec<LineString<f64>>, String> {
        let line = |part: &Json| -> Result<LineString<f64>, String> {
            let positions = part.as_array().ok_or("a part is no list of positions")?;
            positions.iter().map(position).collect::<Result<Vec<Coord<f64>>, _>>().map(LineString)
        };
        parts.iter().map(line).collect()
    };
    let geometry = if let Some(rings) = list("rings") {
        let rings = lines(rings)?;
        if rings.is_empty() {
            return Ok(None);
        }
        Geometry::MultiPolygon(MultiPolygon(assembled(rings)?))
    } else if let Some(paths) = list("paths") {
        let paths = lines(paths)?;
        if paths.is_empty() {
            return Ok(None);
        }
        Geometry::MultiLineString(MultiLineString(paths))
    } else if let Some(points) = list("points") {
        if points.is_empty() {
            return Ok(None);
        }
        Geometry::MultiPoint(MultiPoint(points.iter().map(|at| position(at).map(Point)).collect::<Result<_, _>>()?))
    } else if let (Some(x), Some(y)) = (json.get("x"), json.get("y")) {
        match (x.as_f64(), y.as_f64()) {
            (Some(x), Some(y)) => Geometry::Point(Point::new(x, y)),
            // an empty point is told by NaN or null
            _ if x.is_null() || x.as_str() == Some("NaN") => return Ok(None),
            _ => return Err(format!("a coordinate is not a number: {x}, {y}")),
        }
    } else if json.as_object().is_some_and(|object| object.is_empty()) {
        return Ok(None);
    } else {
        return Err("is neither rings, paths, points nor a point".to_owned());
    };
    wkb::sound(simple(geometry))
}

/// A geometry of one part as such.
fn simple(geometry: Geometry<f64>) -> Geometry<f64> {
    match geometry {
        Geometry::MultiPolygon(mut parts) if parts.0.len() == 1 => Geometry::Polygon(parts.0.remove(0)),
        Geometry::MultiLineString(mut parts) if parts.0.len() == 1 => Geometry::LineString(parts.0.remove(0)),
        other => other,
    }
}

/// Polygons of rings, by enclosure.
fn assembled(rings: Vec<LineString<f64>>) -> Result<Vec<Polygon<f64>>, String> {
    for ring in &rings {
        wkb::ring(ring)?;
    }
    let mut rings: Vec<Polygon<f64>> = rings.into_iter().map(|ring| Polygon::new(ring, Vec::new())).collect();
    if rings.len() == 1 {
        return Ok(rings);
    }
    // the largest first, so that what is around a ring is known before it
    rings.sort_by(|a, b| b.unsigned_area().total_cmp(&a.unsigned_area()));
    let mut polygons: Vec<Polygon<f64>> = Vec::new();
    // of each ring the place of its polygon where it is a shell
    let mut shells: Vec<Option<usize>> = Vec::new();
    for at in 0..rings.len() {
        let inside = inner_point(&rings[at]);
        let around: Vec<usize> = (0..at).filter(|other| rings[*other].contains(&inside)).collect();
        let shell = around.iter().rev().find_map(|other| shells[*other]);
        match shell.filter(|_| around.len() % 2 == 1) {
            Some(shell) => {
                polygons[shell].interiors_push(rings[at].exterior().clone());
                shells.push(None);
            }
            None => {
                shells.push(Some(polygons.len()));
                polygons.push(rings[at].clone());
            }
        }
    }
    Ok(polygons)
}

/// A point of a ring's inside; its first corner where it has none.
fn inner_point(ring: &Polygon<f64>) -> Point<f64> {
    use geo::InteriorPoint;
    let corner = || ring.exterior().0.first().map_or(Point::new(f64::NAN, f64::NAN), |at| Point(*at));
    ring.interior_point().unwrap_or_else(corner)
}
