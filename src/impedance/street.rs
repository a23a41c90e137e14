//! Along the streets, metres, after Dijkstra (1959), Numerische Mathematik 1.
//!
//! A way is: from the place straight to the nearest point of its street, along streets, and straight to the facility. For the nearest
//! facility one search from all facilities at once answers every place of the network; where some facilities do not count for some
//! places, and for all within a limit, one search a place.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::impedance::Impedance;
use crate::impedance::Prepared;
use crate::impedance::Want;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::segments::OffStreet;
use crate::impedance::segments::Snap;
use crate::impedance::segments::Snapper;
use crate::model::place::Place;
use crate::model::streets::StreetNetwork;
use crate::model::study::Plane;

/// Along the streets of a network, both ways alike.
pub struct Walk<'n> {
    pub network: &'n StreetNetwork,
}

/// Destinations on the network.
struct PreparedWalk<'n> {
    network: &'n StreetNetwork,
    snapper: Snapper<'n>,
    /// Where each destination meets the network.
    snaps: Vec<Option<Snap>>,
    /// Destinations on each edge: where those of an edge start in `on_edge`.
    first: Vec<u32>,
    on_edge: Vec<u32>,
    /// The nearest destination of each junction; `u32::MAX` where there is none.
    field: Vec<(f64, u32)>,
}

/// A junction that may be reached at this cost; the smallest of all comes first, ties by destination, then by junction.
#[derive(Clone, Copy, PartialEq)]
struct Open {
    cost: f64,
    destination: u32,
    junction: u32,
}

impl Eq for Open {}

impl Ord for Open {
    fn cmp(&self, other: &Open) -> Ordering {
        other
            .cost
            .total_cmp(&self.cost)
            .then(other.destination.cmp(&self.destination))
            .then(other.junction.cmp(&self.junction))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Open) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

const NOBODY: u32 = u32::MAX;

/// Costs of the junctions of one search; what an earlier one left is told by the number of the search.
#[derive(Default)]
struct Scratch {
    costs: Vec<(u32, f64)>,
    search: u32,
    heap: BinaryHeap<Open>,
}

impl Scratch {
    fn begin(&mut self, junctions: usize) {
        if self.search == u32::MAX || self.costs.len() < junctions {
            self.costs = vec![(0, f64::INFINITY); junctions];
            self.search = 0;
        }
        self.search += 1;
        self.heap.clear();
    }

    fn cost(&self, junction: u32) -> f64 {
        let (search, cost) = self.costs[junction as usize];
        if search == self.search { cost } else { f64::INFINITY }
    }

    fn offer(&mut self, junction: u32, cost: f64) {
        if cost < self.cost(junction) {
            self.costs[junction as usize] = (self.search, cost);
            self.heap.push(Open { cost, destination: NOBODY, junction });
        }
    }

    /// The next junction in the order of cost.
    fn settle(&mut self) -> Option<(u32, f64)> {
        while let Some(Open { cost, junction, .. }) = self.heap.pop() {
            if cost == self.cost(junction) {
                return Some((junction, cost));
            }
        }
        None
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Impedance for Walk<'_> {
    fn unit(&self) -> CostUnit {
        CostUnit::Metres
    }

    fn prepare<'p>(&'p self, _: &Plane, destinations: &[Place]) -> Box<dyn Prepared + 'p> {
        let network = self.network;
        let snapper = Snapper::new(network);
        let snaps: Vec<Option<Snap>> = destinations.iter().map(|place| snapper.snap(place).ok()).collect();
        let mut by_edge: Vec<(u32, u32)> =
            (0u32..).zip(&snaps).filter_map(|(at, snap)| snap.map(|snap| (snap.edge, at))).collect();
        by_edge.sort_unstable();
        let mut first = vec![0u32; network.edges().len() + 1];
        by_edge.iter().for_each(|(edge, _)| first[*edge as usize + 1] += 1);
        (0..network.edges().len()).for_each(|at| first[at + 1] += first[at]);
        let on_edge = by_edge.into_iter().map(|(_, at)| at).collect();
        let field = field(network, &snaps);
        Box::new(PreparedWalk { network, snapper, snaps, first, on_edge, field })
    }
}

/// Cost to the ends of an edge from a point on it, its own way to the street included.
fn to_ends(network: &StreetNetwork, snap: &Snap) -> [(u32, f64); 2] {
    let edge = &network.edges()[snap.edge as usize];
    let back = (edge.length_m - snap.along_m).max(0.0);
    [(edge.from, snap.off_m + snap.along_m), (edge.to, snap.off_m + back)]
}

/// The nearest destination of every junction, by one search from all destinations.
fn field(network: &StreetNetwork, snaps: &[Option<Snap>]) -> Vec<(f64, u32)> {
    let mut best = vec![(f64::INFINITY, NOBODY); network.junctions()];
    let mut heap: BinaryHeap<Open> = BinaryHeap::new();
    let offer = |heap: &mut BinaryHeap<Open>, best: &mut [(f64, u32)], junction: u32, cost: f64, destination: u32| {
        let known = &mut best[junction as usize];
        if cost < known.0 || (cost == known.0 && destination < known.1) {
            *known = (cost, destination);
            heap.push(Open { cost, destination, junction });
        }
    };
    for (destination, snap) in (0u32..).zip(snaps) {
        for (junction, cost) in snap.iter().flat_map(|snap| to_ends(network, snap)) {
            offer(&mut heap, &mut best, junction, cost, destination);
        }
    }
    while let Some(Open { cost, destination, junction }) = heap.pop() {
        if best[junction as usize] != (cost, destination) {
            continue;
        }
        for arc in network.arcs(junction) {
            offer(&mut heap, &mut best, arc.to, cost + arc.length_m, destination);
        }
    }
    best
}

impl PreparedWalk<'_> {
    fn on(&self, edge: u32) -> &[u32] {
        &self.on_edge[self.first[edge as usize] as usize..self.first[edge as usize + 1] as usize]
    }

    /// Destinations on the very edge, without a junction between.
    fn beside(&self, origin: &Snap) -> impl Iterator<Item = (u32, f64)> {
        self.on(origin.edge).iter().filter_map(move |at| {
            let snap = self.snaps[*at as usize]?;
            Some((*at, origin.off_m + (snap.along_m - origin.along_m).abs() + snap.off_m))
        })
    }

    /// Looks from a place outward: every destination with its cost as it is come upon, perhaps several times, until none can be
    /// within `limit`, which `found` may lower.
    fn search(&self, origin: &Snap, limit: f64, mut found: impl FnMut(u32, f64) -> f64) {
        let mut limit = limit;
        for (at, cost) in self.beside(origin) {
            limit = limit.min(found(at, cost));
        }
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.begin(self.network.junctions());
            for (junction, cost) in to_ends(self.network, origin) {
                scratch.offer(junction, cost);
            }
            while let Some((junction, cost)) = scratch.settle() {
                if cost > limit {
                    break;
                }
                for arc in self.network.arcs(junction) {
                    for at in self.on(arc.edge) {
                        let Some(snap) = self.snaps[*at as usize] else { continue };
                        for (end, rest) in to_ends(self.network, &snap) {
                            if end == junction {
                                limit = limit.min(found(*at, cost + rest));
                            }
                        }
                    }
                    scratch.offer(arc.to, cost + arc.length_m);
                }
            }
        });
    }

    fn nearest(&self, origin: &Snap, admits: &dyn Fn(u32) -> bool) -> Option<(u32, f64)> {
        let better = |a: Option<(u32, f64)>, b: (u32, f64)| match a {
            Some(a) if (a.1, a.0) <= (b.1, b.0) => Some(a),
            _ => Some(b),
        };
        let by_ends = to_ends(self.network, origin).into_iter().filter_map(|(junction, cost)| {
            let (rest, destination) = self.field[junction as usize];
            (destination != NOBODY).then_some((destination, cost + rest))
        });
        let best = by_ends.chain(self.beside(origin)).fold(None, better)?;
        if admits(best.0) {
            return Some(best);
        }
        let mut best = None;
        self.search(origin, f64::INFINITY, |at, cost| {
            if admits(at) {
                best = better(best, (at, cost));
            }
            best.map_or(f64::INFINITY, |(_, cost)| cost)
        });
        best
    }
}

impl Prepared for PreparedWalk<'_> {
    fn row(&self, origin: &Place, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)> {
        let Ok(origin) = self.snapper.snap(origin) else { return Vec::new() };
        match want {
            Want::Nearest => self.nearest(&origin, admits).into_iter().collect(),
            Want::Within(limit) => {
                let mut row: Vec<(u32, f64)> = Vec::new();
                self.search(&origin, limit, |at, cost| {
                    if cost <= limit && admits(at) {
                        row.push((at, cost));
                    }
                    limit
                });
                row.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
                row.dedup_by_key(|(at, _)| *at);
                row.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
                row
            }
        }
    }

    fn off_street(&self, origin: &Place) -> Option<OffStreet> {
        self.snapper.snap(origin).err()
    }
}
