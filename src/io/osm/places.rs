//! Places: everything with a tag that says what people find there, as a point.

use geo::Centroid;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::Point;
use geo_types::Polygon;

use crate::base::issue::Severity;
use crate::io::osm::Out;
use crate::io::osm::block::Block;
use crate::io::osm::extract::Coordinates;
use crate::io::osm::extract::Extract;
use crate::io::osm::extract::Kind;
use crate::io::osm::extract::Kinds;
use crate::io::osm::extract::Relation;
use crate::io::osm::extract::Tags;
use crate::io::osm::extract::Way;
use crate::io::osm::rings;
use crate::io::osm::rings::Assembled;
use crate::io::osm::tag;
use crate::io::read::ReadError;
use crate::table::FieldKind;
use crate::table::Value;

/// Tags that become fields as they are.
const TAGS: [&str; 29] = [
    "name",
    "name:zh",
    "name:en",
    "amenity",
    "healthcare",
    "emergency",
    "leisure",
    "sport",
    "social_facility",
    "shop",
    "public_transport",
    "highway",
    "railway",
    "bus",
    "building",
    "tourism",
    "office",
    "access",
    "operator",
    "isced:level",
    "shelter_type",
    "assembly_point",
    "disaster:type",
    "capacity",
    "capacity:persons",
    "beds",
    "opening_hours",
    "ref",
    "note",
];

/// Keys that make a place, whatever their value.
const KEYS: [&[u8]; 8] = [
    b"amenity",
    b"healthcare",
    b"emergency",
    b"leisure",
    b"social_facility",
    b"public_transport",
    b"shop",
    b"assembly_point",
];

/// Whether a tag makes a place.
fn makes_a_place(key: &[u8], value: &[u8]) -> bool {
    KEYS.contains(&key)
        || (key == b"highway" && value == b"bus_stop")
        || (key == b"railway" && matches!(value, b"station" | b"halt" | b"tram_stop" | b"subway_entrance"))
}

/// What one block holds.
struct Found {
    nodes: Vec<(i64, Tags, [f64; 2])>,
    ways: Vec<Way>,
    relations: Vec<Relation>,
}

/// Nodes, then ways, then multipolygons, each in the order of the file. The place of an area is its centroid, that of an open way the
/// centroid of its line, both in degrees.
pub(super) fn read(out: &mut Out<'_>) -> Result<(), ReadError> {
    let mut fields = vec![("osm_id", FieldKind::Text)];
    fields.extend(TAGS.map(|key| (key, FieldKind::Text)));
    out.open(&fields);
    let mut extract = Extract::new(out.request);
    let (mut nodes, mut ways, mut relations) = (Vec::new(), Vec::new(), Vec::new());
    extract.scan(Kinds::ALL, find, |found: Found| {
        nodes.extend(found.nodes);
        ways.extend(found.ways);
        relations.extend(found.relations);
    })?;
    for (id, tags, [x, y]) in &nodes {
        put(out, Kind::Node, *id, tags, Ok(Point::new(*x, *y).into()));
    }
    drop(nodes);
    let members = extract.ways(relations.iter().flat_map(|relation| relation.ids(Kind::Way)))?;
    let all_nodes = ways.iter().chain(members.iter()).flat_map(|way| way.nodes.iter().copied());
    let coordinates = extract.coordinates(all_nodes)?;
    for way in &ways {
        let at = match line(way, &coordinates) {
            Err(missing) => {
                beyond(out, Kind::Way, way.id, &way.tags, missing, way.nodes.len());
                continue;
            }
            Ok(line) if line.is_closed() && line.0.len() >= 4 => Polygon::new(line, Vec::new()).centroid(),
            Ok(line) => line.centroid(),
        };
        let at = at.map(Geometry::Point).ok_or_else(|| ("no-geometry", "a way without nodes".to_owned()));
        put(out, Kind::Way, way.id, &way.tags, at);
    }
    for relation in &relations {
        let at = match rings::area(relation, &members, &coordinates) {
            Assembled::Area(area) => area.centroid().ok_or_else(|| ("no-geometry", "an area of nothing".to_owned())),
            Assembled::Broken(what) => Err(("broken-ring", what)),
            Assembled::Cut { missing, ways } => {
                beyond(out, Kind::Relation, relation.id, &relation.tags, missing, ways);
                continue;
            }
        };
        put(out, Kind::Relation, relation.id, &relation.tags, at.map(Geometry::Point));
    }
    Ok(())
}

fn find(block: &Block<'_>) -> Found {
    let is_area = |tags: &Tags| {
        tags.get("type") == Some("multipolygon")
            && tags.any(|key, value| makes_a_place(key.as_bytes(), value.as_bytes()))
    };
    Found {
        nodes: block.nodes(&makes_a_place),
        ways: block.ways(&|_, tags| tags.any(&makes_a_place)),
        relations: block.relations(&is_area),
    }
}

/// The line of a way, in degrees.
/// # Errors
/// The number of its nodes that the file does not hold.
pub(super) fn line(way: &Way, coordinates: &Coordinates) -> Result<LineString<f64>, usize> {
    let places: Vec<Coord<f64>> =
        way.nodes.iter().filter_map(|node| coordinates.get(*node)).map(|[x, y]| Coord { x, y }).collect();
    match way.nodes.len() - places.len() {
        0 => Ok(LineString(places)),
        missing => Err(missing),
    }
}

/// Says that the extract cuts an object.
pub(super) fn beyond(out: &mut Out<'_>, kind: Kind, id: i64, tags: &Tags, missing: usize, of: usize) {
    let id = kind.id(id);
    let what = format!(
        "{} reaches beyond the extract ({missing} of its {of} parts are not in the file) and is left out",
        super::called(tags, &id)
    );
    out.issue(Severity::Warning, "outside-extract", &id, what);
}

fn put(out: &mut Out<'_>, kind: Kind, id: i64, tags: &Tags, at: Result<Geometry<f64>, (&'static str, String)>) {
    let id = kind.id(id);
    let mut values = vec![Value::from(id.as_str())];
    values.extend(TAGS.map(|key| tag(tags, key)));
    out.record(at, &id, values);
}
