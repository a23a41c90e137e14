//! TopoJSON: areas and lines put together from arcs that they share; each object is a layer.

use std::fs;

use geo_types::Coord;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value as Json;

use crate::io::encoding;
use crate::io::geojson;
use crate::io::geojson::State;
use crate::io::geojson::geometry;
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
use crate::io::read::chosen;

/// How many positions the features of a layer may have in all: so many, or so many times those of the arcs. Neighbours share an arc
/// twice; a file that uses one a thousand times would fill the memory.
const MOST_POSITIONS: usize = 10_000_000;
const MOST_USES: usize = 32;

#[derive(Deserialize)]
struct Topology {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    transform: Option<Transform>,
    #[serde(default)]
    arcs: Vec<Vec<Vec<f64>>>,
    #[serde(default)]
    objects: Map<String, Json>,
    #[serde(default)]
    crs: Option<Json>,
}

/// Makes whole numbers coordinates again.
#[derive(Deserialize, Clone, Copy)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

impl Transform {
    fn of(self, x: f64, y: f64) -> Coord<f64> {
        Coord { x: x * self.scale[0] + self.translate[0], y: y * self.scale[1] + self.translate[1] }
    }
}

/// The arcs of a file as coordinates.
struct Arcs {
    arcs: Vec<Vec<Coord<f64>>>,
    transform: Option<Transform>,
    /// Positions that may still be handed over.
    left: usize,
}

/// Names the objects, in the order of the file.
/// # Errors
/// As [`read`].
pub(super) fn layers(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    Ok(topology(request)?.objects.keys().cloned().collect())
}

/// Reads one object to its end: the members of a collection, or the one geometry. The whole file is held in memory.
///
/// Coordinates are WGS 84 unless a `crs` member says otherwise. Fields are the properties, and `id` where it is given.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Layer`], [`ReadError::Broken`] with line and column for broken JSON, [`ReadError::Content`] for
/// JSON that is no TopoJSON, or uses its arcs so often that the memory would not do.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let content = |what: &str| ReadError::Content { shown: request.shown.to_owned(), what: what.to_owned() };
    let mut topology = topology(request)?;
    let names: Vec<String> = topology.objects.keys().cloned().collect();
    let name = names.get(chosen(request, &names, &[])?).cloned().unwrap_or_default();
    let object = topology.objects.shift_remove(&name).unwrap_or_default();
    let crs = match topology.crs.as_ref().and_then(geojson::crs_name) {
        Some(crs) => DeclaredCrs::Carried(crs),
        None => DeclaredCrs::ByFormat("EPSG:4326".to_owned()),
    };
    let mut arcs = Arcs::of(topology.arcs, topology.transform);
    let features = match object {
        Json::Object(mut object) if is_collection(&object) => match object.remove("geometries") {
            Some(Json::Array(features)) => features,
            _ => return Err(content(&format!("the collection \"{name}\" has no \"geometries\""))),
        },
        single => vec![single],
    };
    let mut state = State::new(request, sink);
    for mut feature in features {
        let geometry = arcs.geometry(&feature).map_err(|error| match error {
            Wrong::Geometry(what) => Ok(what),
            Wrong::TooMuch => Err(content("uses its arcs so often that the memory would not do")),
        });
        let geometry = match geometry {
            Ok(geometry) => Ok(geometry),
            Err(what) => Err(what?),
        };
        let mut member = |name: &str| feature.as_object_mut().and_then(|feature| feature.remove(name));
        let (properties, id) = (member("properties"), member("id"));
        state.found(geometry, properties, id);
    }
    let (fields, records) = (state.fields, state.records);
    Ok(LayerInfo { driver: "TopoJSON", layer: Some(name), fields, records, crs, encoding: "UTF-8" })
}

fn is_collection(object: &Map<String, Json>) -> bool {
    object.get("type").and_then(Json::as_str) == Some("GeometryCollection")
}

fn topology(request: &ReadRequest<'_>) -> Result<Topology, ReadError> {
    let not_open = |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
    let bytes = fs::read(request.path).map_err(not_open)?;
    let content = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
    let encoding = match request.encoding {
        Some(name) => {
            encoding::by_name(name).map_err(|what| ReadError::Header { shown: request.shown.to_owned(), what })?
        }
        None => encoding_rs::UTF_8,
    };
    let (text, _, is_lossy) = encoding.decode(&bytes);
    if is_lossy {
        let title = encoding::title(encoding);
        return Err(content(format!("there are bytes that are not {title}; save the file as UTF-8")));
    }
    let topology: Topology = serde_json::from_str(&text).map_err(|error| {
        let what = geojson::without_position(&error);
        ReadError::Broken {
            shown: request.shown.to_owned(),
            line: error.line() as u64,
            column: error.column() as u64,
            what,
        }
    })?;
    match topology.kind.as_str() {
        "Topology" => Ok(topology),
        other => Err(content(format!("is no TopoJSON: its type is \"{other}\", not \"Topology\""))),
    }
}

/// Why a geometry can not be put together.
enum Wrong {
    Geometry(String),
    /// More positions than may be.
    TooMuch,
}

impl From<String> for Wrong {
    fn from(what: String) -> Wrong {
        Wrong::Geometry(what)
    }
}

impl From<&str> for Wrong {
    fn from(what: &str) -> Wrong {
        Wrong::Geometry(what.to_owned())
    }
}

impl Arcs {
    /// With a transform, each position of an arc is told from the one before.
    fn of(arcs: Vec<Vec<Vec<f64>>>, transform: Option<Transform>) -> Arcs {
        let positions = |arc: Vec<Vec<f64>>| {
            let (mut x, mut y) = (0.0, 0.0);
            arc.iter()
                .map(|position| {
                    // What is not there comes out as not finite, and is told with the geometry.
                    let part = |at: usize| position.get(at).copied().unwrap_or(f64::NAN);
                    match transform {
                        Some(transform) => {
                            (x, y) = (x + part(0), y + part(1));
                            transform.of(x, y)
                        }
                        None => Coord { x: part(0), y: part(1) },
                    }
                })
                .collect::<Vec<Coord<f64>>>()
        };
        let arcs: Vec<Vec<Coord<f64>>> = arcs.into_iter().map(positions).collect();
        let stored: usize = arcs.iter().map(Vec::len).sum();
        Arcs { arcs, transform, left: MOST_POSITIONS.max(stored.saturating_mul(MOST_USES)) }
    }

    /// The geometry of an object; an empty one for an object of no type.
    fn geometry(&mut self, object: &Json) -> Result<Found, Wrong> {
        let kind = match object.get("type") {
            None | Some(Json::Null) => return Ok(Found::default()),
            Some(kind) => kind.as_str().ok_or("the geometry has no type")?,
        };
        let found = parts::found(self.raw(object, kind, 0)?, Made::default())?;
        if found.geometry.is_none() { Err(format!("the {kind} is empty").into()) } else { Ok(found) }
    }

    fn raw(&mut self, object: &Json, kind: &str, depth: usize) -> Result<Raw, Wrong> {
        if depth > DEEPEST {
            return Err(format!("more than {DEEPEST} geometries lie within each other").into());
        }
        let member = |name: &str| object.get(name).ok_or_else(|| Wrong::Geometry(format!("the {kind} has no {name}")));
        Ok(match kind {
            "Point" => Raw::Point(self.position(member("coordinates")?)?),
            "MultiPoint" => {
                let points = list(member("coordinates")?)?.iter();
                Raw::Several(
                    points.map(|at| self.position(at).map(Raw::Point)).map(broken_line).collect::<Result<_, _>>()?,
                )
            }
            "LineString" => Raw::Line(self.line(member("arcs")?)?),
            "MultiLineString" => {
                let lines = list(member("arcs")?)?.iter();
                Raw::Several(
                    lines.map(|line| self.line(line).map(Raw::Line)).map(broken_line).collect::<Result<_, _>>()?,
                )
            }
            "Polygon" => Raw::Polygon(self.polygon(member("arcs")?)?),
            "MultiPolygon" => {
                let parts = list(member("arcs")?)?.iter();
                let part = |part| self.polygon(part).map(Raw::Polygon);
                Raw::Several(parts.map(part).map(broken_area).collect::<Result<_, _>>()?)
            }
            "GeometryCollection" => {
                let mut members = Vec::new();
                for held in list(member("geometries")?)? {
                    let Some(kind) = held.get("type").and_then(Json::as_str) else { continue };
                    let raw = self.raw(held, kind, depth + 1);
                    let is_area = matches!(kind, "Polygon" | "MultiPolygon");
                    members.push(if is_area { broken_area(raw)? } else { broken_line(raw)? });
                }
                Raw::Collection(members)
            }
            other => return Err(format!("geometry type \"{other}\" does not exist").into()),
        })
    }

    fn position(&self, json: &Json) -> Result<Coord<f64>, Wrong> {
        let at = geometry::position(json)?;
        Ok(self.transform.map_or(at, |transform| transform.of(at.x, at.y)))
    }

    /// Arcs one after another; each starts where the one before ends, and that position is told once. A negative number is that of an arc
    /// taken backwards: -1 for arc 0.
    fn line(&mut self, json: &Json) -> Result<Vec<Coord<f64>>, Wrong> {
        let mut positions: Vec<Coord<f64>> = Vec::new();
        for number in list(json)? {
            let number = number.as_i64().ok_or("an arc is told by something that is no whole number")?;
            let at = usize::try_from(if number < 0 { !number } else { number }).unwrap_or(usize::MAX);
            let arc = self.arcs.get(at).ok_or_else(|| format!("arc {number} is not there"))?;
            self.left = self.left.checked_sub(arc.len()).ok_or(Wrong::TooMuch)?;
            let skipped = usize::from(!positions.is_empty());
            if number < 0 {
                positions.extend(arc.iter().rev().skip(skipped));
            } else {
                positions.extend(arc.iter().skip(skipped));
            }
        }
        match positions.len() {
            0 | 1 => Err("a line has fewer than two positions".into()),
            _ => Ok(positions),
        }
    }

    fn polygon(&mut self, json: &Json) -> Result<Vec<Vec<Coord<f64>>>, Wrong> {
        list(json)?.iter().map(|ring| self.line(ring)).collect()
    }
}

/// A part of an area that can not be put together, as such.
fn broken_area(part: Result<Raw, Wrong>) -> Result<Raw, Wrong> {
    match part {
        Err(Wrong::Geometry(what)) => Ok(Raw::BrokenArea(what)),
        other => other,
    }
}

/// The same of a line or a point.
fn broken_line(part: Result<Raw, Wrong>) -> Result<Raw, Wrong> {
    match part {
        Err(Wrong::Geometry(what)) => Ok(Raw::Broken(what)),
        other => other,
    }
}

fn list(json: &Json) -> Result<&Vec<Json>, Wrong> {
    json.as_array().ok_or_else(|| "there is no list where one is wanted".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::read::Collected;
    use crate::table::Value;
    use geo::Area;
    use geo_types::Geometry;
    use geo_types::Point;

    fn read_text(text: &str, layer: Option<&str>) -> Result<(LayerInfo, Collected), ReadError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.topojson");
        fs::write(&path, text).unwrap();
        let mut sink = Collected::default();
        let request = ReadRequest { layer, ..ReadRequest::new(&path, "a.topojson") };
        Ok((read(&request, &mut sink)?, sink))
    }

    /// Two squares of 10 by 10 steps beside each other; arc 0 is the border between them, from below.
    const SQUARES: &str = r#"{"type": "Topology",
        "transform": {"scale": [0.1, 0.2], "translate": [118, 32]},
        "arcs": [[[10, 0], [0, 10]], [[10, 10], [-10, 0], [0, -10], [10, 0]], [[10, 0], [10, 0], [0, 10], [-10, 0]]],
        "objects": {
            "counties": {"type": "GeometryCollection", "geometries": [
                {"type": "Polygon", "arcs": [[0, 1]], "id": "320102", "properties": {"name": "玄武区", "people": 7}},
                {"type": "MultiPolygon", "arcs": [[[2, -1]]], "properties": {"name": "秦淮区"}},
                {"type": null, "properties": {"name": "none"}},
                {"type": "Polygon", "arcs": [[0, 9]]},
                {"type": "Polygon", "arcs": [[0]]}]},
            "seat": {"type": "Point", "coordinates": [5, 5], "properties": {"name": "seat"}},
            "border": {"type": "LineString", "arcs": [0]}}}"#;

    #[test]
    fn neighbours_share_their_arcs() {
        let (info, read) = read_text(SQUARES, Some("counties")).unwrap();
        assert_eq!((info.records, info.crs), (5, DeclaredCrs::ByFormat("EPSG:4326".into())));
        let names: Vec<&str> = info.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["name", "people", "id"]);
        assert_eq!(read.records[0].values, [Value::from("玄武区"), Value::Int(7), Value::from("320102")]);
        // 1 degree by 2
        for record in &read.records[..2] {
            let shape = record.geometry.as_ref().unwrap();
            assert!((shape.unsigned_area() - 2.0).abs() < 1e-9, "{shape:?}");
        }
        let told: Vec<(&str, Option<u64>)> = read.issues.iter().map(|issue| (issue.code, issue.record)).collect();
        assert_eq!(told, [("no-geometry", Some(3)), ("bad-geometry", Some(4)), ("bad-geometry", Some(5))]);
        assert!(read.issues[1].what.contains("arc 9 is not there"));

        let (_, seat) = read_text(SQUARES, Some("seat")).unwrap();
        assert_eq!(seat.records[0].geometry, Some(Geometry::Point(Point::new(118.5, 33.0))));
        let (_, border) = read_text(SQUARES, Some("border")).unwrap();
        assert_eq!(border.records[0].geometry, Some(Geometry::LineString(vec![(119.0, 32.0), (119.0, 34.0)].into())));
        let message = read_text(SQUARES, None).unwrap_err().to_string();
        assert!(message.contains("holds 3 layers") && message.contains("counties, seat, border"), "{message}");
    }

    #[test]
    fn arcs_without_a_transform_are_coordinates() {
        let text = r#"{"type":"Topology","arcs":[[[1,2],[3,4,99]]],"objects":{"a":{"type":"LineString","arcs":[-1]}}}"#;
        let (info, read) = read_text(text, None).unwrap();
        assert_eq!(info.layer.as_deref(), Some("a"));
        assert_eq!(read.records[0].geometry, Some(Geometry::LineString(vec![(3.0, 4.0), (1.0, 2.0)].into())));
    }

    #[test]
    fn files_that_lie_are_refused() {
        for (text, want) in [
            ("{\"type\":\"Topology\",\"arcs\":[", "line 1"),
            ("{\"type\":\"FeatureCollection\"}", "is no TopoJSON"),
            ("[]", "line 1"),
            ("{\"type\":\"Topology\"}", "holds no layer"),
        ] {
            let message = read_text(text, None).unwrap_err().to_string();
            assert!(message.contains(want), "{message}");
        }
        // an arc of 4,000 positions, used 4,000 times
        let arc = vec!["[1,1]"; 4000].join(",");
        let uses = vec!["0"; 4000].join(",");
        let text = format!(
            "{{\"type\":\"Topology\",\"arcs\":[[{arc}]],\"objects\":{{\"a\":{{\"type\":\"LineString\",\"arcs\":[{uses}]}}}}}}"
        );
        assert!(read_text(&text, None).unwrap_err().to_string().contains("uses its arcs so often"));
    }

    #[test]
    fn no_damage_makes_the_reader_panic() {
        // the same bytes every time: a linear congruential generator (Knuth, MMIX)
        let mut state = 20_241_205_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.topojson");
        let mut refused = 0;
        for _ in 0..1000 {
            let mut bytes = SQUARES.as_bytes().to_vec();
            for _ in 0..1 + next(3) {
                let at = next(bytes.len());
                bytes[at] = b"0-9[]{},\"e\xff"[next(11)];
            }
            fs::write(&path, &bytes).unwrap();
            let request = ReadRequest { layer: Some("counties"), ..ReadRequest::new(&path, "a.topojson") };
            refused += usize::from(read(&request, &mut Collected::default()).is_err());
        }
        assert!(refused > 0);
    }
}
