//! Areas of OpenStreetMap: rings joined from the ways of a relation by their end nodes, shells and holes told by what lies in what.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use geo::Area;
use geo::Orient;
use geo::coordinate_position::CoordPos;
use geo::coordinate_position::coord_pos_relative_to_ring;
use geo::orient::Direction;
use geo_types::Coord;
use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;

use crate::io::osm::extract::Coordinates;
use crate::io::osm::extract::Kind;
use crate::io::osm::extract::Relation;
use crate::io::osm::extract::Ways;

/// What became of the outline of a relation.
pub(super) enum Assembled {
    /// Every ring is closed.
    Area(MultiPolygon<f64>),
    /// Some of its ways, or of their nodes, are not in the file.
    Cut { missing: usize, ways: usize },
    /// All is there, but the ways do not close: what is wrong, with the place.
    Broken(String),
}

/// The area of a relation.
///
/// Roles are not asked: what lies in an odd number of rings is a hole. A way that is a member twice counts once. Rings may touch in nodes, and
/// run beside each other along nodes that they share: two holes are one then, two parts too, as
/// <https://wiki.openstreetmap.org/wiki/Relation:multipolygon> has it ("touching inner rings").
pub(super) fn area(relation: &Relation, ways: &Ways, coordinates: &Coordinates) -> Assembled {
    let ids: BTreeSet<i64> = relation.ids(Kind::Way).collect();
    let found: Vec<&[i64]> = ids.iter().filter_map(|id| ways.get(*id)).map(|way| way.nodes.as_slice()).collect();
    let is_whole = |nodes: &&[i64]| nodes.iter().all(|node| coordinates.get(*node).is_some());
    let whole = found.iter().copied().filter(is_whole).count();
    if whole < ids.len() {
        return Assembled::Cut { missing: ids.len() - whole, ways: ids.len() };
    }
    let pieces = unshared(&found);
    let are_fewer = pieces.is_some();
    let found: Vec<&[i64]> = pieces.as_ref().map_or(found, |pieces| pieces.iter().map(Vec::as_slice).collect());
    match join(&split(&found), &|node| coordinates.get(node)) {
        Ok(rings) if rings.is_empty() && are_fewer => {
            Assembled::Broken("has no outline: its rings run over each other and cancel out".to_owned())
        }
        Ok(rings) if rings.is_empty() => Assembled::Broken("has no outline: no member is a way".to_owned()),
        Ok(rings) => Assembled::Area(nested(&rings, coordinates)),
        Err(ends) => {
            let first = ends[0];
            let place = coordinates.get(first).map(|[lon, lat]| format!(" at {lon} {lat}")).unwrap_or_default();
            Assembled::Broken(format!(
                "the outline does not close: {} loose end(s), the first at node/{first}{place}",
                ends.len()
            ))
        }
    }
}

/// The ways without the sides that two of them have in common, in pieces; `None` where there are no such sides. A side that is there an odd
/// number of times stays once: the ground on both sides of it is not of one kind.
fn unshared(ways: &[&[i64]]) -> Option<Vec<Vec<i64>>> {
    let side = |two: &[i64]| if two[0] <= two[1] { (two[0], two[1]) } else { (two[1], two[0]) };
    let mut sides: Vec<(i64, i64)> =
        ways.iter().flat_map(|way| way.windows(2)).filter(|two| two[0] != two[1]).map(side).collect();
    sides.sort_unstable();
    if sides.windows(2).all(|two| two[0] != two[1]) {
        return None;
    }
    // how often a side is there, of those that are there more than once
    let several: BTreeMap<(i64, i64), usize> =
        sides.chunk_by(|a, b| a == b).filter(|equal| equal.len() > 1).map(|equal| (equal[0], equal.len())).collect();
    let mut kept_once: BTreeSet<(i64, i64)> = BTreeSet::new();
    let mut pieces = Vec::new();
    for way in ways {
        let mut piece: Vec<i64> = Vec::new();
        for two in way.windows(2).filter(|two| two[0] != two[1]) {
            let stays = several.get(&side(two)).is_none_or(|count| count % 2 == 1 && kept_once.insert(side(two)));
            if stays {
                if piece.is_empty() {
                    piece.push(two[0]);
                }
                piece.push(two[1]);
            } else if !piece.is_empty() {
                pieces.push(std::mem::take(&mut piece));
            }
        }
        if !piece.is_empty() {
            pieces.push(piece);
        }
    }
    Some(pieces)
}

/// The ways, cut where more than two sides meet in a node: which of them go on to which is not for the way to say.
fn split<'w>(ways: &[&'w [i64]]) -> Vec<&'w [i64]> {
    let mut ends: Vec<i64> = Vec::new();
    for way in ways {
        ends.extend(way.first());
        ends.extend(way.last());
        if let Some(inner) = way.get(1..way.len().saturating_sub(1)) {
            inner.iter().for_each(|node| ends.extend([*node, *node]));
        }
    }
    ends.sort_unstable();
    let crowded: BTreeSet<i64> =
        ends.chunk_by(|a, b| a == b).filter(|equal| equal.len() > 2).map(|equal| equal[0]).collect();
    if crowded.is_empty() {
        return ways.to_vec();
    }
    let mut pieces = Vec::new();
    for way in ways {
        let mut first = 0;
        for at in 1..way.len() {
            if at + 1 == way.len() || crowded.contains(&way[at]) {
                pieces.push(&way[first..=at]);
                first = at;
            }
        }
    }
    pieces
}

/// An end of a way: which way, and whether it is its first node.
type End = (usize, bool);

/// Which end of a way goes on to which, where more than two meet in a node: those beside each other, seen from above, so that no ring crosses
/// another there.
fn partners(
    at_end: &BTreeMap<i64, Vec<usize>>,
    ways: &[&[i64]],
    place: &dyn Fn(i64) -> Option<[f64; 2]>,
) -> BTreeMap<End, End> {
    let mut partners = BTreeMap::new();
    for (node, meeting) in at_end.iter().filter(|(_, meeting)| meeting.len() > 2) {
        let mut ends: Vec<(f64, End)> = Vec::with_capacity(meeting.len());
        for nth in meeting {
            let way = ways[*nth];
            let is_first = way[0] == *node;
            let next = if is_first { way[1] } else { way[way.len() - 2] };
            if let (Some([x, y]), Some([to_x, to_y])) = (place(*node), place(next)) {
                ends.push(((to_y - y).atan2(to_x - x), (*nth, is_first)));
            }
        }
        ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for two in ends.chunks_exact(2) {
            partners.insert(two[0].1, two[1].1);
            partners.insert(two[1].1, two[0].1);
        }
    }
    partners
}

/// Closed rings of node ids; `place` is where a node lies.
///
/// # Errors
/// Nodes in which an odd number of ways end, in order.
fn join(ways: &[&[i64]], place: &dyn Fn(i64) -> Option<[f64; 2]>) -> Result<Vec<Vec<i64>>, Vec<i64>> {
    let mut rings: Vec<Vec<i64>> = Vec::new();
    let mut at_end: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (nth, nodes) in ways.iter().enumerate() {
        match (nodes.first(), nodes.last()) {
            (Some(first), Some(last)) if first == last => rings.push(nodes.to_vec()),
            (Some(first), Some(last)) => {
                at_end.entry(*first).or_default().push(nth);
                at_end.entry(*last).or_default().push(nth);
            }
            _ => {}
        }
    }
    let loose: Vec<i64> = at_end.iter().filter(|(_, ends)| ends.len() % 2 == 1).map(|(node, _)| *node).collect();
    if !loose.is_empty() {
        return Err(loose);
    }
    let partners = partners(&at_end, ways, place);
    let mut is_used = vec![false; ways.len()];
    for start in 0..ways.len() {
        if is_used[start] || ways[start].first() == ways[start].last() {
            continue;
        }
        // a walk that closes a ring whenever it comes back to a node where ways of the walk meet
        let mut walk: Vec<(i64, usize)> = Vec::new();
        let (mut at, mut way) = (ways[start][0], start);
        loop {
            is_used[way] = true;
            walk.push((at, way));
            let is_forwards = at == ways[way][0];
            at = if is_forwards { ways[way][ways[way].len() - 1] } else { ways[way][0] };
            if let Some(from) = walk.iter().position(|(node, _)| *node == at) {
                rings.push(ring(&walk[from..], ways));
                walk.truncate(from);
            }
            // the end that was reached is the last node of a way that was walked forwards
            let free = |next: &usize| !is_used[*next];
            let partner = partners.get(&(way, !is_forwards)).map(|(next, _)| *next).filter(free);
            let any = || at_end.get(&at).and_then(|ends| ends.iter().copied().find(free));
            match partner.or_else(|| if walk.is_empty() { None } else { any() }) {
                Some(next) => way = next,
                None => break,
            }
        }
    }
    rings.retain(|ring| ring.len() >= 4);
    Ok(rings)
}

/// The nodes of ways that follow one another, each with the node where it is entered; closed.
fn ring(walk: &[(i64, usize)], ways: &[&[i64]]) -> Vec<i64> {
    let mut nodes = Vec::new();
    for (from, way) in walk {
        let mut own = ways[*way].to_vec();
        if own.first() != Some(from) {
            own.reverse();
        }
        own.pop();
        nodes.append(&mut own);
    }
    nodes.extend(nodes.first().copied());
    nodes
}

/// A ring whose place among the others is known.
struct Placed {
    line: LineString<f64>,
    nodes: BTreeSet<i64>,
    /// Rings around it.
    depth: usize,
    /// The polygon that it is a part of.
    polygon: usize,
}

/// Shells with their holes, the largest shell first; shells run counter-clockwise.
fn nested(rings: &[Vec<i64>], coordinates: &Coordinates) -> MultiPolygon<f64> {
    let line = |ring: &Vec<i64>| -> LineString<f64> {
        let places = ring.iter().filter_map(|node| coordinates.get(*node));
        places.map(|[x, y]| Coord { x, y }).collect()
    };
    let mut order: Vec<(f64, usize)> = rings
        .iter()
        .enumerate()
        .map(|(nth, ring)| (Polygon::new(line(ring), Vec::new()).unsigned_area(), nth))
        .collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut placed: Vec<Placed> = Vec::new();
    let mut polygons: Vec<Polygon<f64>> = Vec::new();
    for (_, nth) in order {
        let own = line(&rings[nth]);
        // the last of the larger rings that lies around is the smallest one
        let around = placed.iter().rev().find(|shell| lies_in(&rings[nth], &own, &shell.line, &shell.nodes));
        let depth = around.map_or(0, |shell| shell.depth + 1);
        let polygon = match around {
            Some(shell) if depth % 2 == 1 => {
                polygons[shell.polygon].interiors_push(own.clone());
                shell.polygon
            }
            _ => {
                polygons.push(Polygon::new(own.clone(), Vec::new()));
                polygons.len() - 1
            }
        };
        placed.push(Placed { line: own, nodes: rings[nth].iter().copied().collect(), depth, polygon });
    }
    MultiPolygon(polygons).orient(Direction::Default)
}

/// Whether a ring lies in a larger one that it does not cross: told by a vertex that both do not share, else by the middle of an edge.
fn lies_in(nodes: &[i64], ring: &LineString<f64>, shell: &LineString<f64>, shell_nodes: &BTreeSet<i64>) -> bool {
    let own = nodes.iter().zip(ring.coords()).find(|(node, _)| !shell_nodes.contains(node)).map(|(_, at)| *at);
    let middle = || ring.lines().map(|edge| (edge.start + edge.end) / 2.0);
    let mut witnesses = own.into_iter().chain(middle());
    witnesses
        .find_map(|at| match coord_pos_relative_to_ring(at, shell) {
            CoordPos::OnBoundary => None,
            CoordPos::Inside => Some(true),
            CoordPos::Outside => Some(false),
        })
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_in_any_order_and_sense_join_to_rings() {
        let ways: [&[i64]; 4] = [&[1, 2, 3], &[5, 4, 3], &[1, 6, 5], &[7, 8, 9, 7]];
        let rings = join(&ways, &|_| None).unwrap();
        assert_eq!(rings, [vec![7, 8, 9, 7], vec![1, 2, 3, 4, 5, 6, 1]]);
    }

    #[test]
    fn rings_that_touch_in_a_node_are_two_rings() {
        // a bow tie through node 1, its four ways listed crosswise
        let ways: [&[i64]; 4] = [&[1, 2, 3], &[1, 12, 13], &[3, 4, 1], &[13, 14, 1]];
        let mut rings = join(&ways, &|_| None).unwrap();
        rings.iter_mut().for_each(|ring| ring.sort_unstable());
        assert_eq!(rings, [vec![1, 1, 2, 3, 4], vec![1, 1, 12, 13, 14]]);
    }

    #[test]
    fn sides_that_rings_share_fall_out() {
        // two squares beside each other: 2-3 is their common side, listed both ways round; the rest is one ring
        for (what, ways, want) in [
            ("closed ways", vec![vec![1, 2, 3, 4, 1], vec![2, 5, 6, 3, 2]], 1),
            ("of several ways", vec![vec![1, 2, 3], vec![3, 4, 1], vec![2, 5, 6], vec![6, 3, 2]], 1),
            ("three in a row", vec![vec![1, 2, 3, 4, 1], vec![2, 5, 6, 3, 2], vec![5, 7, 8, 6, 5]], 1),
            ("the same way twice under two numbers", vec![vec![1, 2, 3, 1], vec![1, 3, 2, 1]], 0),
            ("there and back", vec![vec![1, 2, 3, 4, 1], vec![4, 9, 4]], 1),
        ] {
            let ways: Vec<&[i64]> = ways.iter().map(Vec::as_slice).collect();
            let pieces = unshared(&ways).unwrap();
            let pieces: Vec<&[i64]> = pieces.iter().map(Vec::as_slice).collect();
            let rings = join(&pieces, &|_| None).unwrap();
            assert_eq!(rings.len(), want, "{what}: {rings:?}");
        }
        assert_eq!(unshared(&[&[1, 2, 3, 1], &[3, 4, 5, 3]]), None);
    }

    #[test]
    fn loose_ends_are_named() {
        let ways: [&[i64]; 2] = [&[1, 2, 3], &[3, 4, 5]];
        assert_eq!(join(&ways, &|_| None).unwrap_err(), [1, 5]);
    }

    #[test]
    fn islands_in_holes_are_parts_of_their_own() {
        let square = |id: i64, x: f64, side: f64| -> Vec<(i64, [f64; 2])> {
            let corners = [[x, x], [x + side, x], [x + side, x + side], [x, x + side]];
            corners.into_iter().enumerate().map(|(nth, at)| (id + nth as i64, at)).collect()
        };
        let mut all: Vec<(i64, [f64; 2])> =
            [square(0, 0.0, 10.0), square(10, 1.0, 8.0), square(20, 2.0, 2.0), square(30, 20.0, 1.0)].concat();
        let rings: Vec<Vec<i64>> =
            all.chunks(4).map(|four| four.iter().map(|(id, _)| *id).chain([four[0].0]).collect()).rev().collect();
        all.sort_by_key(|(id, _)| *id);
        let coordinates = Coordinates::for_test(all);
        let area = nested(&rings, &coordinates);
        let shape: Vec<(f64, usize)> = area.iter().map(|part| (part.unsigned_area(), part.interiors().len())).collect();
        assert_eq!(shape, [(36.0, 1), (4.0, 0), (1.0, 0)]);
    }
}
