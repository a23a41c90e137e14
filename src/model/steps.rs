//! Places on a wide area for those who live or wait there: along its rings, and in a grid inside.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::model::areas::Area;
use crate::model::areas::SideKey;
use crate::model::areas::side_key;
use crate::model::place::Place;
use crate::model::sight::Node;
use crate::model::sight::Role;
use crate::model::sight::Walls;
use crate::model::streets::key;

/// Places along rings, to be put into them, and inside.
pub(super) struct Steps {
    /// Area, ring, side, how far along it, place.
    along: Vec<(usize, usize, usize, f64, Place)>,
    inside: Vec<Place>,
}

impl Steps {
    pub(super) fn count(&self) -> usize {
        self.along.len() + self.inside.len()
    }

    /// Puts those along rings into them, and gives them all as nodes.
    pub(super) fn put(self, areas: &mut [Area]) -> Vec<Node> {
        let node = |place: Place| Node { place, role: Role::Step };
        let mut made: BTreeMap<(i64, i64), Node> = BTreeMap::new();
        let mut along = self.along;
        along.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)).then(a.3.total_cmp(&b.3)));
        for (area, ring, side, _, place) in along.into_iter().rev() {
            areas[area].rings[ring].insert(side + 1, place);
            made.insert(key(place.lonlat), node(place));
        }
        made.into_values().chain(self.inside.into_iter().map(node)).collect()
    }
}

/// Places that divide the rings between their nodes into even parts of a step at most, and those of a grid of steps inside.
pub(super) fn steps(
    group: &[usize],
    areas: &[Area],
    is_node: &BTreeSet<(i64, i64)>,
    walls: &Walls,
    sides: &[[Place; 2]],
    step_m: f64,
) -> Steps {
    let walled: BTreeSet<SideKey> = sides.iter().map(|[a, b]| side_key(a, b)).collect();
    let mut along = Vec::new();
    for at in group {
        for (nth, ring) in areas[*at].rings.iter().enumerate() {
            let count = ring.len() - 1;
            // from node to node; a ring without any from its first corner round to it
            let mut stops: Vec<usize> = (0..count).filter(|at| is_node.contains(&key(ring[*at].lonlat))).collect();
            if stops.is_empty() {
                stops.push(0);
            }
            for (turn, from) in stops.iter().enumerate() {
                let to = stops.get(turn + 1).copied().unwrap_or(stops[0] + count);
                let mut part: Vec<usize> = (*from..to).map(|side| side % count).collect();
                // a side that two areas share is divided alike in both
                let is_turned = key(ring[*from].lonlat) > key(ring[to % count].lonlat);
                if is_turned {
                    part.reverse();
                }
                let ends = |side: usize| {
                    let (a, b) = (ring[side], ring[side + 1]);
                    if is_turned { [b, a] } else { [a, b] }
                };
                let is_walled = part.iter().all(|side| walled.contains(&side_key(&ring[*side], &ring[*side + 1])));
                let length = |side: usize| ends(side)[0].xy.distance_m(ends(side)[1].xy);
                let total: f64 = part.iter().map(|side| length(*side)).sum();
                let parts = (total / step_m).ceil();
                if !(is_walled && total > 0.0 && parts.is_finite()) {
                    continue;
                }
                let (mut done, mut next) = (0.0, 1.0);
                for side in part {
                    let [a, b] = ends(side);
                    let own = length(side);
                    while next < parts && total * next / parts <= done + own {
                        let share = if own > 0.0 { (total * next / parts - done) / own } else { 0.0 };
                        let place = a.towards(&b, share);
                        along.push((*at, nth, side, if is_turned { 1.0 - share } else { share }, place));
                        next += 1.0;
                    }
                    done += own;
                }
            }
        }
    }
    Steps { along, inside: walls.grid(sides, step_m) }
}
