//! Public transport routes: relations with type=route, one row a call at a stop, in the old and the present scheme of members.

use std::collections::BTreeMap;

use geo::Centroid;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::Point;

use crate::base::issue::Severity;
use crate::io::osm::Out;
use crate::io::osm::block::Block;
use crate::io::osm::called;
use crate::io::osm::extract::Extract;
use crate::io::osm::extract::Kind;
use crate::io::osm::extract::Kinds;
use crate::io::osm::extract::Member;
use crate::io::osm::extract::Relation;
use crate::io::osm::extract::Tags;
use crate::io::osm::tag;
use crate::io::read::ReadError;
use crate::table::FieldKind;
use crate::table::Value;

/// A stop and a platform next to each other in the list of members, and no farther apart than this, are one call, degrees (some 200 m).
const ONE_CALL_DEGREES: f64 = 0.002;

/// Which way along a relation something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Both,
    Forward,
    Backward,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Stop,
    Platform,
}

/// What the role of a member says: `None` for members that are no calls, as the ways that the line runs on.
fn part_of(member: &Member) -> Option<(Part, Sense)> {
    let role = member.role.trim();
    let sense = match role {
        _ if role.starts_with("forward") => Sense::Forward,
        _ if role.starts_with("backward") => Sense::Backward,
        _ => Sense::Both,
    };
    if role.contains("platform") {
        return Some((Part::Platform, sense));
    }
    // nodes have nothing to say in a route but where it calls; ways with such a role are mistakes for platforms
    let is_stop = role.contains("stop") || (member.kind == Kind::Node && role.is_empty());
    is_stop.then_some((Part::Stop, sense))
}

/// The mode of a `route` tag in the words of route tables; `None` for what carries no passengers by timetable.
fn mode(route: &str) -> Option<&'static str> {
    Some(match route {
        "bus" | "trolleybus" | "minibus" => "bus",
        "coach" => "coach",
        "share_taxi" => "on-demand",
        "school_bus" => "school-bus",
        "train" => "rail",
        "subway" | "monorail" => "metro",
        "tram" | "light_rail" => "tram",
        "funicular" | "aerialway" => "cable",
        "ferry" => "ferry",
        _ => return None,
    })
}

/// A stop as far as the file knows it.
#[derive(Debug, Clone)]
struct Stop {
    at: [f64; 2],
    name: Option<String>,
}

/// One row for each call of each direction. Directions of one line are told by their route_master, else, in the present scheme
/// (public_transport:version=2), by one ref, network and operator; in the old scheme one relation is both directions.
///
/// Calls at stops that the file does not hold are left out, with an issue for each relation.
pub(super) fn read(out: &mut Out<'_>) -> Result<(), ReadError> {
    out.open(&[
        ("route", FieldKind::Text),
        ("route_name", FieldKind::Text),
        ("mode", FieldKind::Text),
        ("direction", FieldKind::Text),
        ("sequence", FieldKind::Int),
        ("stop", FieldKind::Text),
        ("stop_name", FieldKind::Text),
        ("headway_min", FieldKind::Real),
        ("osm_route", FieldKind::Text),
        ("ref", FieldKind::Text),
        ("network", FieldKind::Text),
        ("operator", FieldKind::Text),
        ("from", FieldKind::Text),
        ("to", FieldKind::Text),
        ("valid_to", FieldKind::Text),
    ]);
    let mut extract = Extract::new(out.request);
    let wanted = |tags: &Tags| match tags.get("type") {
        Some("route") => tags.get("route").and_then(mode).is_some(),
        kind => kind == Some("route_master"),
    };
    let (masters, routes): (Vec<Relation>, Vec<Relation>) =
        extract.relations(wanted)?.into_iter().partition(|one| one.tags.get("type") == Some("route_master"));
    let stops = stops(&mut extract, &routes)?;
    let lines = lines(&masters, &routes);
    for (route, line) in routes.iter().zip(&lines) {
        put(out, route, line, &stops);
    }
    Ok(())
}

/// Every stop and platform that a route calls at and the file holds.
fn stops(extract: &mut Extract<'_>, routes: &[Relation]) -> Result<BTreeMap<(Kind, i64), Stop>, ReadError> {
    let calls = || routes.iter().flat_map(|route| &route.members).filter(|member| part_of(member).is_some());
    let mut nodes: Vec<i64> = calls().filter(|member| member.kind == Kind::Node).map(|member| member.id).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let mut stops = BTreeMap::new();
    let name = |tags: &Tags| tags.get("name").map(str::to_owned);
    let find = |block: &Block<'_>| {
        let mut found: Vec<(i64, Stop)> = Vec::new();
        block.each_node(|id, at, tags| {
            if nodes.binary_search(&id).is_ok() {
                found.push((id, Stop { at, name: name(&tags.tags()) }));
            }
        });
        found
    };
    if !nodes.is_empty() {
        extract.scan(Kinds::NODES, find, |found| {
            stops.extend(found.into_iter().map(|(id, stop)| ((Kind::Node, id), stop)));
        })?;
    }
    let platforms = extract.ways(calls().filter(|member| member.kind == Kind::Way).map(|member| member.id))?;
    let corners = extract.coordinates(platforms.iter().flat_map(|way| way.nodes.iter().copied()))?;
    for way in platforms.iter() {
        let places: LineString<f64> =
            way.nodes.iter().filter_map(|node| corners.get(*node)).map(|[x, y]| Coord { x, y }).collect();
        if let Some(at) = places.centroid() {
            stops.insert((Kind::Way, way.id), Stop { at: [at.x(), at.y()], name: name(&way.tags) });
        }
    }
    Ok(stops)
}

/// The id and the name of the line that each route is a part of.
fn lines(masters: &[Relation], routes: &[Relation]) -> Vec<(String, String)> {
    let name = |relation: &Relation, id: &str| -> String {
        let tags = &relation.tags;
        tags.get("name").or_else(|| tags.get("ref")).unwrap_or(id).to_owned()
    };
    let master_of: BTreeMap<i64, &Relation> =
        masters.iter().flat_map(|master| master.ids(Kind::Relation).map(move |id| (id, master))).collect();
    let mut first_of: BTreeMap<[&str; 4], &Relation> = BTreeMap::new();
    let mut lines = Vec::with_capacity(routes.len());
    for route in routes {
        let tags = &route.tags;
        let line = match (master_of.get(&route.id), tags.get("ref")) {
            (Some(master), _) => *master,
            (None, Some(number)) if is_present_scheme(tags) => {
                let [mode, network, operator] = ["route", "network", "operator"].map(|key| tags.get(key).unwrap_or(""));
                first_of.entry([mode, network, operator, number]).or_insert(route)
            }
            (None, _) => route,
        };
        let id = Kind::Relation.id(line.id);
        let name = name(line, &id);
        lines.push((id, name));
    }
    lines
}

fn is_present_scheme(tags: &Tags) -> bool {
    tags.get("public_transport:version") == Some("2")
}

/// The rows of one relation.
fn put(out: &mut Out<'_>, route: &Relation, line: &(String, String), stops: &BTreeMap<(Kind, i64), Stop>) {
    let tags = &route.tags;
    let id = Kind::Relation.id(route.id);
    let calls: Vec<(&Member, Part, Sense)> =
        route.members.iter().filter_map(|member| part_of(member).map(|(part, sense)| (member, part, sense))).collect();
    let known = calls.iter().filter(|(member, ..)| stops.contains_key(&(member.kind, member.id))).count();
    if known < calls.len() {
        let what = format!(
            "{}: {} of its {} stops and platforms are not in the file; the line is known as far as the others go",
            called(tags, &id),
            calls.len() - known,
            calls.len()
        );
        out.issue(Severity::Warning, "outside-extract", &id, what);
    }
    if calls.is_empty() {
        let what = format!("{}: no member is a stop or a platform; the line is left out", called(tags, &id));
        out.issue(Severity::Warning, "no-stops", &id, what);
    }
    if let Some(day) = tags.get("valid_to") {
        let what = format!("{}: the map says that it was valid to {day}; it is used all the same", called(tags, &id));
        out.issue(Severity::Note, "out-of-date", &id, what);
    }
    let mode = tags.get("route").and_then(mode).map_or(Value::Null, Value::from);
    for (direction, members) in directions(tags, &id, &calls, stops) {
        for (nth, member) in members.iter().enumerate() {
            let Some(stop) = stops.get(&(member.kind, member.id)) else { continue };
            let [x, y] = stop.at;
            let values = vec![
                Value::from(line.0.as_str()),
                Value::from(line.1.as_str()),
                mode.clone(),
                Value::from(direction.as_str()),
                Value::Int(nth as i64 + 1),
                Value::from(member.kind.id(member.id)),
                Value::from(stop.name.clone()),
                Value::from(tags.get("interval").and_then(minutes)),
                tag(tags, "route"),
                tag(tags, "ref"),
                tag(tags, "network"),
                tag(tags, "operator"),
                tag(tags, "from"),
                tag(tags, "to"),
                tag(tags, "valid_to"),
            ];
            out.record(Ok(Geometry::Point(Point::new(x, y))), &id, values);
        }
    }
}

/// The calls of each direction, in the order of travel.
fn directions<'m>(
    tags: &Tags,
    id: &str,
    calls: &[(&'m Member, Part, Sense)],
    stops: &BTreeMap<(Kind, i64), Stop>,
) -> Vec<(String, Vec<&'m Member>)> {
    let at = |member: &Member| stops.get(&(member.kind, member.id)).map(|stop| stop.at);
    let of = |unwanted: Sense| -> Vec<&'m Member> {
        let wanted: Vec<(&'m Member, Part)> =
            calls.iter().filter(|(.., sense)| *sense != unwanted).map(|(member, part, _)| (*member, *part)).collect();
        once_each(&wanted, &at)
    };
    let has_senses = calls.iter().any(|(.., sense)| *sense != Sense::Both);
    match (has_senses, is_present_scheme(tags)) {
        (false, true) => vec![(id.to_owned(), of(Sense::Backward))],
        (false, false) => vec![("both".to_owned(), of(Sense::Backward))],
        (true, _) => {
            let (forward, mut backward) = (of(Sense::Backward), of(Sense::Forward));
            // stops of the way back are listed along the way there, or in the order of travel: the nearer end tells
            let ends = |list: &[&Member]| (list.iter().find_map(|m| at(m)), list.iter().rev().find_map(|m| at(m)));
            if let ((Some(start), Some(end)), (Some(first), Some(last))) = (ends(&forward), ends(&backward)) {
                let apart = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
                if apart(first, start) + apart(last, end) <= apart(first, end) + apart(last, start) {
                    backward.reverse();
                }
            }
            vec![("forward".to_owned(), forward), ("backward".to_owned(), backward)]
        }
    }
}

/// The calls of a list that names a stop, its platform, or both: a stop and a platform beside each other are one call at the stop.
/// Where all stops come first and then all platforms, the longer of the two lists is taken.
fn once_each<'m>(list: &[(&'m Member, Part)], at: &dyn Fn(&Member) -> Option<[f64; 2]>) -> Vec<&'m Member> {
    let of = |part: Part| -> Vec<&'m Member> {
        list.iter().filter(|(_, own)| *own == part).map(|(member, _)| *member).collect()
    };
    let changes = list.windows(2).filter(|two| two[0].1 != two[1].1).count();
    if changes == 0 {
        return list.iter().map(|(member, _)| *member).collect();
    }
    let (marked, platforms) = (of(Part::Stop), of(Part::Platform));
    if changes == 1 && marked.len() > 1 && platforms.len() > 1 {
        return if marked.len() >= platforms.len() { marked } else { platforms };
    }
    let mut calls: Vec<&Member> = Vec::new();
    let mut nth = 0;
    while nth < list.len() {
        let (member, part) = list[nth];
        let partner = list.get(nth + 1).filter(|(other, own)| *own != part && is_near(at(member), at(other)));
        match partner {
            Some((other, Part::Stop)) => calls.push(other),
            _ => calls.push(member),
        }
        nth += if partner.is_some() { 2 } else { 1 };
    }
    calls
}

/// Whether two places are one call; places that are not known are taken to be, as members in pairs are.
fn is_near(a: Option<[f64; 2]>, b: Option<[f64; 2]>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            let east = (a[0] - b[0]) * a[1].to_radians().cos();
            east.hypot(a[1] - b[1]) <= ONE_CALL_DEGREES
        }
        _ => true,
    }
}

/// Minutes of an `interval`: `20`, `00:20` or `00:20:00`.
fn minutes(text: &str) -> Option<f64> {
    let parts: Vec<f64> = text.trim().split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let minutes = match parts[..] {
        [minutes] => minutes,
        [hours, minutes] => hours * 60.0 + minutes,
        [hours, minutes, seconds] => hours * 60.0 + minutes + seconds / 60.0,
        _ => return None,
    };
    (minutes.is_finite() && minutes > 0.0).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: i64, role: &str) -> Member {
        Member { kind: Kind::Node, id, role: role.to_owned() }
    }

    /// Stops 1, 2, 3… stand a degree apart along the equator; 11, 12, 13… are their platforms beside them.
    fn calls(members: &[Member], version: &str) -> Vec<(String, Vec<i64>)> {
        let stops = members
            .iter()
            .map(|member| ((Kind::Node, member.id), Stop { at: [(member.id % 10) as f64, 0.0], name: None }))
            .collect();
        let tags = Tags::for_test(&[("public_transport:version", version)]);
        let calls: Vec<_> = members.iter().filter_map(|m| part_of(m).map(|(part, sense)| (m, part, sense))).collect();
        directions(&tags, "relation/7", &calls, &stops)
            .into_iter()
            .map(|(direction, members)| (direction, members.iter().map(|member| member.id).collect()))
            .collect()
    }

    #[test]
    fn a_stop_and_its_platform_are_one_call() {
        let paired = [member(1, "stop"), member(11, "platform"), member(2, "stop"), member(13, "platform_exit_only")];
        assert_eq!(calls(&paired, "2"), [("relation/7".to_owned(), vec![1, 2, 13])]);
        let platform_first = [member(11, "platform"), member(1, "stop"), member(12, "platform"), member(2, "stop")];
        assert_eq!(calls(&platform_first, "2"), [("relation/7".to_owned(), vec![1, 2])]);
        let lists = [
            member(1, "stop"),
            member(2, "stop"),
            member(11, "platform"),
            member(12, "platform"),
            member(13, "platform"),
        ];
        assert_eq!(calls(&lists, "2"), [("relation/7".to_owned(), vec![11, 12, 13])]);
    }

    #[test]
    fn the_old_scheme_has_both_directions_in_one_relation() {
        assert_eq!(calls(&[member(1, "stop"), member(2, "")], "1"), [("both".to_owned(), vec![1, 2])]);
        let there_and_back = |back: [i64; 2]| {
            [
                member(1, "forward_stop"),
                member(3, "forward:stop:2"),
                member(back[0], "backward_stop"),
                member(back[1], "backward_stop"),
            ]
        };
        let want = [("forward".to_owned(), vec![1, 3]), ("backward".to_owned(), vec![13, 11])];
        assert_eq!(calls(&there_and_back([13, 11]), ""), want, "listed in the order of travel");
        assert_eq!(calls(&there_and_back([11, 13]), ""), want, "listed along the way there");
    }

    #[test]
    fn intervals_are_minutes() {
        let cases = [("20", Some(20.0)), ("00:20", Some(20.0)), ("1:30:00", Some(90.0)), ("0", None), ("often", None)];
        for (text, want) in cases {
            assert_eq!(minutes(text), want, "{text}");
        }
    }
}
