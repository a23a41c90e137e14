//! What hinders on streets: barriers, and turns that are restricted, both as points.

use std::collections::BTreeSet;

use osmpbf::PrimitiveBlock;

use crate::base::issue::Severity;
use crate::io::osm::Out;
use crate::io::osm::extract::Extract;
use crate::io::osm::extract::Kind;
use crate::io::osm::extract::Kinds;
use crate::io::osm::extract::Relation;
use crate::io::osm::extract::Tags;
use crate::io::osm::extract::any_tag;
use crate::io::osm::extract::degrees;
use crate::io::osm::extract::pairs;
use crate::io::osm::extract::signed_pairs;
use crate::io::osm::tag;
use crate::io::read::ReadError;
use crate::table::FieldKind;
use crate::table::Value;

/// Tags of a barrier that become fields as they are.
const TAGS: [&str; 17] = [
    "barrier",
    "name",
    "access",
    "foot",
    "bicycle",
    "vehicle",
    "motor_vehicle",
    "motorcar",
    "highway",
    "crossing",
    "bollard",
    "access:conditional",
    "foot:conditional",
    "bicycle:conditional",
    "vehicle:conditional",
    "motor_vehicle:conditional",
    "motorcar:conditional",
];
/// Tags that say who passes a node, barrier or not.
const ACCESS: [&[u8]; 6] = [b"access", b"foot", b"bicycle", b"vehicle", b"motor_vehicle", b"motorcar"];

/// Nodes with `barrier`, and nodes of streets that say who passes them, in the order of the file.
pub(super) fn barriers(out: &mut Out<'_>) -> Result<(), ReadError> {
    let fields: Vec<(&str, FieldKind)> =
        std::iter::once("osm_id").chain(TAGS).map(|name| (name, FieldKind::Text)).collect();
    out.open(&fields);
    let mut found: Vec<(i64, Tags, [f64; 2])> = Vec::new();
    let mut extract = Extract::new(out.request);
    extract.scan(Kinds::NODES, find, |some: Vec<(i64, Tags, [f64; 2])>| found.extend(some))?;
    // what is no barrier counts on streets only: shops and car parks say who may enter them
    let mut plain: Vec<i64> =
        found.iter().filter(|(_, tags, _)| tags.get("barrier").is_none()).map(|(id, ..)| *id).collect();
    if !plain.is_empty() {
        plain.sort_unstable();
        let mut met: BTreeSet<i64> = BTreeSet::new();
        let each = |block: &PrimitiveBlock| nodes_of_streets(block, &plain);
        extract.scan(Kinds::WAYS, each, |some: Vec<i64>| met.extend(some))?;
        found.retain(|(id, tags, _)| tags.get("barrier").is_some() || met.contains(id));
    }
    for (id, tags, [x, y]) in &found {
        let id = Kind::Node.id(*id);
        let mut values = vec![Value::from(id.as_str())];
        values.extend(TAGS.map(|key| tag(tags, key)));
        out.record(Ok(geo_types::Point::new(*x, *y).into()), &id, values);
    }
    Ok(())
}

fn find(block: &PrimitiveBlock) -> Vec<(i64, Tags, [f64; 2])> {
    let is_barrier = |key: &[u8], _: &[u8]| key == b"barrier" || ACCESS.contains(&key);
    let mut found = Vec::new();
    for group in block.groups() {
        for node in group.dense_nodes() {
            if any_tag(block, signed_pairs(node.raw_tags()), &is_barrier)
                && let Some(at) = degrees([node.nano_lon(), node.nano_lat()])
            {
                found.push((node.id(), Tags::of(block, signed_pairs(node.raw_tags())), at));
            }
        }
        for node in group.nodes() {
            if any_tag(block, pairs(node.raw_tags()), &is_barrier)
                && let Some(at) = degrees([node.nano_lon(), node.nano_lat()])
            {
                found.push((node.id(), Tags::of(block, pairs(node.raw_tags())), at));
            }
        }
    }
    found
}

/// Those of the nodes `wanted`, which are sorted, that a street goes through.
fn nodes_of_streets(block: &PrimitiveBlock, wanted: &[i64]) -> Vec<i64> {
    let is_street = |key: &[u8], value: &[u8]| key == b"highway" || (key == b"route" && value == b"ferry");
    let ways = block.groups().flat_map(|group| group.ways());
    ways.filter(|way| any_tag(block, pairs(way.raw_tags()), &is_street))
        .flat_map(|way| way.refs().collect::<Vec<i64>>())
        .filter(|node| wanted.binary_search(node).is_ok())
        .collect()
}

/// Relations `type=restriction` at a node, one record for every pair of way from and way to. Those over a way, and those that the extract
/// cuts, are counted in issues.
pub(super) fn turns(out: &mut Out<'_>) -> Result<(), ReadError> {
    out.open(&["osm_id", "restriction", "from", "to", "except"].map(|name| (name, FieldKind::Text)));
    let mut extract = Extract::new(out.request);
    let relations = extract.relations(|tags| tags.get("type") == Some("restriction"))?;
    let members = |relation: &Relation, role: &str, kind: Kind| -> Vec<i64> {
        relation.members.iter().filter(|one| one.role == role && one.kind == kind).map(|one| one.id).collect()
    };
    let coordinates =
        extract.coordinates(relations.iter().flat_map(|relation| members(relation, "via", Kind::Node)))?;
    let mut left_out: Vec<(&str, &str, u64, String)> = vec![
        ("turn-over-way", "lead over a way instead of a node and are not applied", 0, String::new()),
        ("outside-extract", "lie beyond the extract", 0, String::new()),
        ("bad-restriction", "lack a way from, a way to, or what is restricted", 0, String::new()),
    ];
    for relation in &relations {
        let id = Kind::Relation.id(relation.id);
        let mut leave_out = |why: usize| {
            left_out[why].2 += 1;
            if left_out[why].3.is_empty() {
                left_out[why].3.clone_from(&id);
            }
        };
        let restriction = relation.tags.get("restriction").or_else(|| relation.tags.get("restriction:motorcar"));
        let (from, to) = (members(relation, "from", Kind::Way), members(relation, "to", Kind::Way));
        let via = members(relation, "via", Kind::Node);
        let (Some(restriction), false, false) = (restriction, from.is_empty(), to.is_empty()) else {
            leave_out(2);
            continue;
        };
        let [via] = via[..] else {
            leave_out(0);
            continue;
        };
        let Some([x, y]) = coordinates.get(via) else {
            leave_out(1);
            continue;
        };
        for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to))) {
            let values = vec![
                Value::from(id.as_str()),
                Value::from(restriction),
                Value::from(Kind::Way.id(from).as_str()),
                Value::from(Kind::Way.id(to).as_str()),
                tag(&relation.tags, "except"),
            ];
            out.record(Ok(geo_types::Point::new(x, y).into()), &id, values);
        }
    }
    for (code, what, count, first) in left_out.into_iter().filter(|(_, _, count, _)| *count > 0) {
        out.issue(Severity::Warning, code, &first, format!("{count} turn restrictions {what}; the first is {first}"));
    }
    Ok(())
}
