//! Streets, paths and ferries: ways with a `highway` tag or `route=ferry`, as lines with the tags that say who may use them.

use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;

use crate::base::issue::Severity;
use crate::io::osm::Out;
use crate::io::osm::block::Block;
use crate::io::osm::extract::Coordinates;
use crate::io::osm::extract::Extract;
use crate::io::osm::extract::Kind;
use crate::io::osm::extract::Kinds;
use crate::io::osm::extract::Way;
use crate::io::osm::tag;
use crate::io::read::ReadError;
use crate::table::FieldKind;
use crate::table::Value;

/// Tags that become fields as they are.
const TAGS: &[&str] = &[
    "highway",
    "route",
    "name",
    "ref",
    "foot",
    "foot:forward",
    "foot:backward",
    "foot:conditional",
    "bicycle",
    "bicycle:forward",
    "bicycle:backward",
    "bicycle:conditional",
    "vehicle",
    "vehicle:forward",
    "vehicle:backward",
    "vehicle:conditional",
    "motor_vehicle",
    "motor_vehicle:forward",
    "motor_vehicle:backward",
    "motor_vehicle:conditional",
    "motorcar",
    "motorcar:forward",
    "motorcar:backward",
    "motorcar:conditional",
    "motorroad",
    "access",
    "access:forward",
    "access:backward",
    "access:conditional",
    "sidewalk",
    "sidewalk:both",
    "sidewalk:left",
    "sidewalk:right",
    "oneway",
    "oneway:bicycle",
    "oneway:foot",
    "oneway:vehicle",
    "oneway:motor_vehicle",
    "oneway:motorcar",
    "oneway:conditional",
    "conveying",
    "cycleway",
    "cycleway:both",
    "cycleway:left",
    "cycleway:right",
    "cycleway:oneway",
    "cycleway:both:oneway",
    "cycleway:left:oneway",
    "cycleway:right:oneway",
    "junction",
    "maxspeed",
    "maxspeed:forward",
    "maxspeed:backward",
    "maxspeed:conditional",
    "lanes",
    "surface",
    "service",
    "bridge",
    "tunnel",
    "layer",
    "duration",
];

/// Ways with a `highway` tag, and ferries, in the order of the file; areas (`area=yes`) and those that are planned, being built or gone are left out.
pub(super) fn read(out: &mut Out<'_>) -> Result<(), ReadError> {
    let fields: Vec<(&str, FieldKind)> =
        std::iter::once("osm_id").chain(TAGS.iter().copied()).map(|name| (name, FieldKind::Text)).collect();
    out.open(&fields);
    let mut extract = Extract::new(out.request);
    let mut ways: Vec<Way> = Vec::new();
    extract.scan(Kinds::WAYS, find, |found: Vec<Way>| ways.extend(found))?;
    let mut coordinates = extract.coordinates(ways.iter().flat_map(|way| way.nodes.iter().copied()))?;
    // of two nodes at one place one is above the other: ways do not meet there
    coordinates.set_apart();
    let (mut cut, mut first_cut) = (0u64, None);
    for way in &ways {
        let id = Kind::Way.id(way.id);
        let pieces = pieces(way, &coordinates);
        if way.nodes.iter().any(|node| coordinates.get(*node).is_none()) {
            cut += 1;
            first_cut = first_cut.or(Some(id.clone()));
        }
        let line = match <[LineString<f64>; 1]>::try_from(pieces) {
            Ok([line]) => Ok(Geometry::LineString(line)),
            Err(none) if none.is_empty() => Err(("bad-geometry", "a street of fewer than two places".to_owned())),
            Err(several) => Ok(Geometry::MultiLineString(MultiLineString(several))),
        };
        let mut values = vec![Value::from(id.as_str())];
        values.extend(TAGS.iter().map(|key| tag(&way.tags, key)));
        out.record(line, &id, values);
    }
    if let Some(first) = first_cut {
        let what =
            format!("{cut} streets reach beyond the extract, and only what is in it is read; the first is {first}");
        out.issue(Severity::Warning, "outside-extract", &first, what);
    }
    Ok(())
}

/// What the extract holds of a way: its places that follow each other, in lines of two at least.
fn pieces(way: &Way, coordinates: &Coordinates) -> Vec<LineString<f64>> {
    let places: Vec<Option<[f64; 2]>> = way.nodes.iter().map(|node| coordinates.get(*node)).collect();
    let runs = places.split(Option::is_none).filter(|run| run.len() >= 2);
    runs.map(|run| run.iter().flatten().map(|[x, y]| Coord { x: *x, y: *y }).collect()).collect()
}

fn find(block: &Block<'_>) -> Vec<Way> {
    const NOT_THERE: [&[u8]; 6] = [b"proposed", b"planned", b"construction", b"razed", b"abandoned", b"no"];
    let is_street = |key: &[u8], value: &[u8]| {
        (key == b"highway" && !NOT_THERE.contains(&value)) || (key == b"route" && value == b"ferry")
    };
    let is_area = |key: &[u8], value: &[u8]| key == b"area" && value == b"yes";
    block.ways(&|_, tags| tags.any(&is_street) && !tags.any(&is_area))
}
