//! Streets, paths, platforms, squares and ferries: ways and multipolygons with the tags that say who may use them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;
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

/// Tags that become fields as they are; `area` is `yes` for every record that is an area.
const TAGS: &[&str] = &[
    "highway",
    "route",
    "railway",
    "public_transport",
    "man_made",
    "area",
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
    "level",
    "duration",
];

/// Tags that say nothing of what an object is: a multipolygon with no others has its tags on its outer ways.
const SAYS_NOTHING: [&str; 8] = ["type", "name", "source", "note", "created_by", "fixme", "FIXME", "description"];

/// What is counted of areas, and the first of each.
#[derive(Default)]
struct Told {
    cut: Count,
    open: Count,
    cut_areas: Count,
}

#[derive(Default)]
struct Count {
    number: u64,
    first: Option<String>,
}

impl Count {
    fn add(&mut self, id: &str) {
        self.number += 1;
        self.first.get_or_insert_with(|| id.to_owned());
    }
}

/// Ways with a `highway` tag, platforms, and ferries, in the order of the file, then multipolygons of these. What is drawn as an area is a
/// polygon. Those that are planned, being built or gone are left out.
pub(super) fn read(out: &mut Out<'_>) -> Result<(), ReadError> {
    let fields: Vec<(&str, FieldKind)> =
        std::iter::once("osm_id").chain(TAGS.iter().copied()).map(|name| (name, FieldKind::Text)).collect();
    out.open(&fields);
    let mut extract = Extract::new(out.request);
    let (mut ways, mut relations): (Vec<Way>, Vec<Relation>) = (Vec::new(), Vec::new());
    let wanted = Kinds { relations: true, ..Kinds::WAYS };
    let find = |block: &Block<'_>| (find(block), block.relations(&is_multipolygon));
    extract.scan(wanted, find, |(some, more)| {
        ways.extend(some);
        relations.extend(more);
    })?;
    let is_outline = |way: &&Way| is_drawn_as_area(way) || is_square(&way.tags) || is_platform(&way.tags);
    let drawn: BTreeMap<i64, &Way> = ways.iter().filter(is_outline).map(|way| (way.id, way)).collect();
    let multipolygons: Vec<(&Relation, &Tags)> =
        relations.iter().filter_map(|relation| Some((relation, tags_of(relation, &drawn)?))).collect();
    let outlines: BTreeSet<i64> = multipolygons.iter().flat_map(|(relation, _)| outer(relation)).collect();
    let members = extract.ways(multipolygons.iter().flat_map(|(relation, _)| relation.ids(Kind::Way)))?;
    let nodes = ways.iter().chain(members.iter()).flat_map(|way| way.nodes.iter().copied());
    let mut coordinates = extract.coordinates(nodes)?;
    // of two nodes at one place one is above the other: ways do not meet there
    coordinates.set_apart();
    let mut told = Told::default();
    for way in &ways {
        let id = Kind::Way.id(way.id);
        let (is_area, is_outline) = (is_drawn_as_area(way), outlines.contains(&way.id));
        if is_area && is_outline {
            // one with the multipolygon: alone it would have no holes
            continue;
        }
        let mut pieces = pieces(&way.nodes, &coordinates);
        let is_whole = way.nodes.iter().all(|node| coordinates.get(*node).is_some());
        if !is_whole {
            told.cut.add(&id);
        }
        if is_area && !is_whole {
            told.cut_areas.add(&id);
        }
        if !is_area && !is_outline && way.tags.get("area") == Some("yes") {
            told.open.add(&id);
        }
        let geometry = match pieces.pop() {
            Some(ring) if is_area && is_whole && pieces.is_empty() => Ok(Polygon::new(ring, Vec::new()).into()),
            Some(last) => Ok(lines(pieces, last)),
            None => Err(("bad-geometry", "a street of fewer than two places".to_owned())),
        };
        record(out, &id, &way.tags, geometry);
    }
    for (relation, tags) in multipolygons {
        let id = Kind::Relation.id(relation.id);
        let geometry = match rings::area(relation, &members, &coordinates) {
            Assembled::Area(area) => Ok(Geometry::MultiPolygon(area)),
            unfinished => {
                match unfinished {
                    Assembled::Cut { .. } => {
                        told.cut.add(&id);
                        told.cut_areas.add(&id);
                    }
                    _ => told.open.add(&id),
                }
                let ways = relation.ids(Kind::Way).filter_map(|id| members.get(id));
                let mut pieces: Vec<LineString<f64>> = ways.flat_map(|way| pieces(&way.nodes, &coordinates)).collect();
                match pieces.pop() {
                    Some(last) => Ok(lines(pieces, last)),
                    None => Err(("bad-geometry", "no part of its outline is in the extract".to_owned())),
                }
            }
        };
        record(out, &id, tags, geometry);
    }
    told.tell(out);
    Ok(())
}

fn record(out: &mut Out<'_>, id: &str, tags: &Tags, geometry: Result<Geometry<f64>, (&'static str, String)>) {
    let is_area = matches!(geometry, Ok(Geometry::Polygon(_) | Geometry::MultiPolygon(_)));
    let mut values = vec![Value::from(id)];
    values.extend(TAGS.iter().map(|key| if is_area && *key == "area" { "yes".into() } else { tag(tags, key) }));
    out.record(geometry, id, values);
}

impl Told {
    fn tell(self, out: &mut Out<'_>) {
        let mut say = |severity, code, count: Count, what: &str| {
            if let Some(first) = count.first {
                out.issue(severity, code, &first, format!("{} {what}; the first is {first}", count.number));
            }
        };
        let what = "streets reach beyond the extract, and only what is in it is read";
        say(Severity::Warning, "outside-extract", self.cut, what);
        let what = "areas reach beyond the extract and are walked along what is in it of their outline, not over";
        say(Severity::Warning, "area-outline-only", self.cut_areas, what);
        let what = "areas do not close and are walked along what is drawn of their outline, not over";
        say(Severity::Warning, "area-outline-only", self.open, what);
    }
}

fn lines(mut pieces: Vec<LineString<f64>>, last: LineString<f64>) -> Geometry<f64> {
    if pieces.is_empty() {
        return Geometry::LineString(last);
    }
    pieces.push(last);
    Geometry::MultiLineString(MultiLineString(pieces))
}

/// What the extract holds of a way: its places that follow each other, in lines of two at least.
fn pieces(nodes: &[i64], coordinates: &Coordinates) -> Vec<LineString<f64>> {
    let places: Vec<Option<[f64; 2]>> = nodes.iter().map(|node| coordinates.get(*node)).collect();
    let runs = places.split(Option::is_none).filter(|run| run.len() >= 2);
    runs.map(|run| run.iter().flatten().map(|[x, y]| Coord { x: *x, y: *y }).collect()).collect()
}

fn is_street(key: &[u8], value: &[u8]) -> bool {
    const NOT_THERE: [&[u8]; 6] = [b"proposed", b"planned", b"construction", b"razed", b"abandoned", b"no"];
    match key {
        b"highway" => !NOT_THERE.contains(&value),
        b"route" => value == b"ferry",
        b"railway" | b"public_transport" => value == b"platform",
        b"man_made" => value == b"pier",
        _ => false,
    }
}

fn find(block: &Block<'_>) -> Vec<Way> {
    block.ways(&|_, tags| tags.any(&is_street))
}

fn is_a_street(tags: &Tags) -> bool {
    tags.any(|key, value| is_street(key.as_bytes(), value.as_bytes()))
}

fn is_square(tags: &Tags) -> bool {
    tags.get("highway") == Some("pedestrian")
}

fn is_platform(tags: &Tags) -> bool {
    let is_pier = tags.get("man_made") == Some("pier");
    is_pier || ["highway", "railway", "public_transport"].iter().any(|key| tags.get(key) == Some("platform"))
}

/// Whether a way is an area: one that closes and says so, or is a platform and does not deny it.
fn is_drawn_as_area(way: &Way) -> bool {
    let is_closed = way.nodes.len() >= 4 && way.nodes.first() == way.nodes.last();
    match way.tags.get("area") {
        Some("yes") => is_closed,
        Some("no") => false,
        _ => is_closed && is_platform(&way.tags),
    }
}

fn is_multipolygon(tags: &Tags) -> bool {
    tags.get("type") == Some("multipolygon") && (is_a_street(tags) || !tags.any(|key, _| !SAYS_NOTHING.contains(&key)))
}

/// The ways that are its outline, by their roles.
fn outer(relation: &Relation) -> impl Iterator<Item = i64> {
    let is_outer = |role: &str| matches!(role, "outer" | "");
    relation.members.iter().filter(move |one| one.kind == Kind::Way && is_outer(&one.role)).map(|one| one.id)
}

/// The tags of a multipolygon that is walked on: its own, or else those of its outer ways where each is an area, a pedestrian street or a
/// platform.
fn tags_of<'t>(relation: &'t Relation, drawn: &BTreeMap<i64, &'t Way>) -> Option<&'t Tags> {
    if is_a_street(&relation.tags) {
        return Some(&relation.tags);
    }
    let mut found = outer(relation).map(|id| drawn.get(&id).map(|way| &way.tags));
    let first = found.next()??;
    found.all(|tags| tags.is_some()).then_some(first)
}
