//! What hinders on streets: barriers, and turns that are restricted, both as points.

use std::collections::BTreeSet;

use crate::base::issue::Severity;
use crate::io::osm::BARRIER_TAGS;
use crate::io::osm::Out;
use crate::io::osm::block::Block;
use crate::io::osm::extract::Extract;
use crate::io::osm::extract::Kind;
use crate::io::osm::extract::Kinds;
use crate::io::osm::extract::Relation;
use crate::io::osm::extract::Tags;
use crate::io::osm::tag;
use crate::io::read::ReadError;
use crate::table::FieldKind;
use crate::table::Value;

/// Tags that say who passes a node, barrier or not.
const ACCESS: [&[u8]; 6] = [b"access", b"foot", b"bicycle", b"vehicle", b"motor_vehicle", b"motorcar"];

/// Nodes with `barrier`, and nodes of streets that say who passes them, in the order of the file.
pub(super) fn barriers(out: &mut Out<'_>) -> Result<(), ReadError> {
    let fields: Vec<(&str, FieldKind)> =
        std::iter::once("osm_id").chain(BARRIER_TAGS).map(|name| (name, FieldKind::Text)).collect();
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
        let each = |block: &Block<'_>| nodes_of_streets(block, &plain);
        extract.scan(Kinds::WAYS, each, |some: Vec<i64>| met.extend(some))?;
        found.retain(|(id, tags, _)| tags.get("barrier").is_some() || met.contains(id));
    }
    for (id, tags, [x, y]) in &found {
        let id = Kind::Node.id(*id);
        let mut values = vec![Value::from(id.as_str())];
        values.extend(BARRIER_TAGS.map(|key| tag(tags, key)));
        out.record(Ok(geo_types::Point::new(*x, *y).into()), &id, values);
    }
    Ok(())
}

fn find(block: &Block<'_>) -> Vec<(i64, Tags, [f64; 2])> {
    block.nodes(&|key, _| key == b"barrier" || ACCESS.contains(&key))
}

/// Keys that say that a restriction holds at some hours only, as they were written before `restriction:conditional`.
const HOURS: [&str; 4] = ["hour_on", "hour_off", "day_on", "day_off"];

/// Issues of restrictions that are no record, each with what it says and the first few that it speaks of.
struct LeftOut(Vec<(&'static str, &'static str, u64, Vec<String>)>);

impl LeftOut {
    fn add(&mut self, code: &str, id: &str) {
        if let Some((_, _, count, first)) = self.0.iter_mut().find(|(known, ..)| *known == code) {
            *count += 1;
            if first.len() < 5 {
                first.push(id.to_owned());
            }
        }
    }
}

/// Those of the nodes `wanted`, which are sorted, that a street goes through.
fn nodes_of_streets(block: &Block<'_>, wanted: &[i64]) -> Vec<i64> {
    let is_street = |key: &[u8], value: &[u8]| key == b"highway" || (key == b"route" && value == b"ferry");
    let ways = block.ways(&|_, tags| tags.any(&is_street));
    let nodes = ways.into_iter().flat_map(|way| way.nodes);
    nodes.filter(|node| wanted.binary_search(node).is_ok()).collect()
}

/// Relations `type=restriction` at a node, one record for every pair of way from and way to, and for every kind of vehicle that they are said
/// for: `vehicle` is empty for all, else `motorcar`, `hgv`, `bicycle` and the like, after the key (`restriction:hgv`).
///
/// Those over a way, those of certain hours only, and those that the extract cuts, are counted in issues.
pub(super) fn turns(out: &mut Out<'_>) -> Result<(), ReadError> {
    out.open(&["osm_id", "restriction", "vehicle", "from", "to", "except"].map(|name| (name, FieldKind::Text)));
    let mut extract = Extract::new(out.request);
    let relations = extract.relations(|tags| tags.get("type") == Some("restriction"))?;
    let members = |relation: &Relation, role: &str, kind: Kind| -> Vec<i64> {
        relation.members.iter().filter(|one| one.role == role && one.kind == kind).map(|one| one.id).collect()
    };
    let coordinates =
        extract.coordinates(relations.iter().flat_map(|relation| members(relation, "via", Kind::Node)))?;
    let mut left_out = LeftOut(vec![
        ("turn-over-way", "lead over a way instead of a node and are not applied", 0, Vec::new()),
        (
            "turn-by-hours",
            "hold at some hours or for some vehicles only (conditional) and are not applied",
            0,
            Vec::new(),
        ),
        ("outside-extract", "lie beyond the extract", 0, Vec::new()),
        ("bad-restriction", "lack a way from, a way to, or a word no_… or only_…", 0, Vec::new()),
    ]);
    for relation in &relations {
        let id = Kind::Relation.id(relation.id);
        let is_by_hours = HOURS.iter().any(|key| relation.tags.get(key).is_some());
        let is_conditional = |key: &str| key.starts_with("restriction") && key.ends_with(":conditional");
        if is_by_hours || relation.tags.any(|key, _| is_conditional(key)) {
            left_out.add("turn-by-hours", &id);
        }
        let mut said: Vec<(&str, &str)> = Vec::new();
        if is_by_hours {
            continue;
        }
        for (key, value) in relation.tags.pairs().filter(|(key, _)| !is_conditional(key)) {
            match key.strip_prefix("restriction") {
                Some("") => said.push(("", value)),
                Some(vehicle) => said.extend(vehicle.strip_prefix(':').map(|vehicle| (vehicle, value))),
                None => {}
            }
        }
        if said.is_empty() && relation.tags.any(|key, _| is_conditional(key)) {
            continue;
        }
        let is_word = |value: &str| value.starts_with("no_") || value.starts_with("only_");
        let (from, to) = (members(relation, "from", Kind::Way), members(relation, "to", Kind::Way));
        said.retain(|(_, value)| is_word(value));
        if said.is_empty() || from.is_empty() || to.is_empty() {
            left_out.add("bad-restriction", &id);
            continue;
        }
        let [via] = members(relation, "via", Kind::Node)[..] else {
            left_out.add("turn-over-way", &id);
            continue;
        };
        let Some([x, y]) = coordinates.get(via) else {
            left_out.add("outside-extract", &id);
            continue;
        };
        for (vehicle, restriction) in said {
            for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to))) {
                let values = vec![
                    Value::from(id.as_str()),
                    Value::from(restriction),
                    if vehicle.is_empty() { Value::Null } else { Value::from(vehicle) },
                    Value::from(Kind::Way.id(from).as_str()),
                    Value::from(Kind::Way.id(to).as_str()),
                    tag(&relation.tags, "except"),
                ];
                out.record(Ok(geo_types::Point::new(x, y).into()), &id, values);
            }
        }
    }
    for (code, what, count, first) in left_out.0.into_iter().filter(|(_, _, count, _)| *count > 0) {
        let (some, rest) = (first.join(", "), if count as usize > first.len() { ", …" } else { "" });
        let id = first.first().map_or("", String::as_str);
        out.issue(Severity::Warning, code, id, format!("{count} turn restrictions {what}: {some}{rest}"));
    }
    Ok(())
}
