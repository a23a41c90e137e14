//! Esri JSON, as ArcGIS servers answer with `f=json`: features with `attributes`, and rings, paths or points for geometries.

use geo_types::Coord;
use geo_types::Geometry;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::io::geojson::State;
use crate::io::geojson::content;
use crate::io::geojson::geometry::position;
use crate::io::parts;
use crate::io::parts::Found;
use crate::io::parts::Made;
use crate::io::parts::Raw;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::ring_roles;

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
            None | Some(Json::Null) => Ok(Found::default()),
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

fn geometry_of(json: &Json) -> Result<Found, String> {
    for curves in ["curveRings", "curvePaths"] {
        if json.get(curves).is_some() {
            return Err(format!(
                "has curves ({curves}), which are not used; ask the server with returnTrueCurves=false"
            ));
        }
    }
    let list = |name: &str| json.get(name).and_then(Json::as_array);
    let line = |part: &Json| -> Result<Vec<Coord<f64>>, String> {
        part.as_array().ok_or("a part is no list of positions")?.iter().map(position).collect()
    };
    let raw = if let Some(rings) = list("rings") {
        let mut sound = Vec::new();
        let mut parts = Vec::new();
        for ring in rings {
            match line(ring) {
                Ok(ring) => sound.push(ring),
                Err(what) => parts.push(Raw::BrokenArea(what)),
            }
        }
        parts.extend(ring_roles::assembled(sound).0);
        Raw::Several(parts)
    } else if let Some(paths) = list("paths") {
        Raw::Several(paths.iter().map(|path| line(path).map_or_else(Raw::Broken, Raw::Line)).collect())
    } else if let Some(points) = list("points") {
        Raw::Several(points.iter().map(|at| position(at).map_or_else(Raw::Broken, Raw::Point)).collect())
    } else if let (Some(x), Some(y)) = (json.get("x"), json.get("y")) {
        match (x.as_f64(), y.as_f64()) {
            (Some(x), Some(y)) => Raw::Point(Coord { x, y }),
            // an empty point is told by NaN or null
            _ if x.is_null() || x.as_str() == Some("NaN") => return Ok(Found::default()),
            _ => return Err(format!("a coordinate is not a number: {x}, {y}")),
        }
    } else if json.as_object().is_some_and(|object| object.is_empty()) {
        return Ok(Found::default());
    } else {
        return Err("is neither rings, paths, points nor a point".to_owned());
    };
    let found = parts::found(raw, Made::default())?;
    Ok(Found { geometry: found.geometry.map(simple), ..found })
}

/// A geometry of one part as such.
fn simple(geometry: Geometry<f64>) -> Geometry<f64> {
    match geometry {
        Geometry::MultiPolygon(mut parts) if parts.0.len() == 1 => Geometry::Polygon(parts.0.remove(0)),
        Geometry::MultiLineString(mut parts) if parts.0.len() == 1 => Geometry::LineString(parts.0.remove(0)),
        other => other,
    }
}
