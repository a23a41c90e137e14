//! Along the streets, metres or seconds.
//!
//! A way is: from the place straight to the nearest point of its street, along streets, and straight to the facility; or all of it the
//! other way round. For the nearest facility one search from all facilities at once answers every place of the network; where some
//! facilities do not count for some places, for the nearest few, and for all within a limit, one search a place.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;

use crate::base::same::is_within;
use crate::impedance::Direction;
use crate::impedance::Impedance;
use crate::impedance::Prepared;
use crate::impedance::Want;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::dijkstra::Graph;
use crate::impedance::dijkstra::NOBODY;
use crate::impedance::dijkstra::Scratch;
use crate::impedance::few::Few;
use crate::impedance::few::better;
use crate::impedance::segments::OffStreet;
use crate::impedance::segments::Snap;
use crate::impedance::segments::Snapper;
use crate::impedance::stretches::Stretch;
use crate::model::place::Place;
use crate::model::streets::StreetNetwork;
use crate::model::study::Plane;

/// Along the streets of a network, to the facility or from it, by length or by time.
///
/// By length the shortest way, by time the fastest; a way by length may take longer than need be.
pub struct Streets<'n> {
    pub network: &'n StreetNetwork,
    pub unit: CostUnit,
    pub direction: Direction,
}

/// Destinations on the network.
pub struct PreparedStreets<'n> {
    pub(super) network: &'n StreetNetwork,
    unit: CostUnit,
    pub(super) direction: Direction,
    snapper: Snapper<'n>,
    /// As one travels from the origin, or turned when one travels to it.
    outward: Graph,
    /// The same the other way, for those who ask from a destination.
    inward: OnceLock<Graph>,
    /// Where each destination meets the network.
    snaps: Vec<Option<Snap>>,
    /// Destinations on each edge: where those of an edge start in `on_edge`.
    first: Vec<u32>,
    on_edge: Vec<u32>,
    /// Destinations at each junction: those are reached whichever way one comes.
    at_junction: HashMap<u32, Vec<u32>>,
    /// The nearest destination of each state.
    field: Vec<(f64, u32)>,
}

/// A way from an origin to a destination, or back, as it is travelled.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Metres straight from where it begins to the street, and from the street to where it ends.
    pub off_m: [f64; 2],
    /// Seconds of the same.
    pub off_s: [f64; 2],
    /// Along streets.
    pub street_m: f64,
    pub street_s: f64,
    /// Every corner, from where it begins to where it ends, both ends included.
    pub places: Vec<Place>,
    /// The way leads over the cells of a surface: for the street read the cells, and the middle of the first and the last.
    pub is_over_cells: bool,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
    /// Costs of destinations while a search lasts, infinite between searches.
    static COSTS: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
}

impl<'n> Streets<'n> {
    /// The destinations, made ready for many origins.
    pub fn ready(&self, destinations: &[Place]) -> PreparedStreets<'n> {
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
        let mut at_junction: HashMap<u32, Vec<u32>> = HashMap::new();
        for (at, snap) in (0u32..).zip(&snaps) {
            if let Some(junction) = snap.as_ref().and_then(|snap| junction(network, snap)) {
                at_junction.entry(junction).or_default().push(at);
            }
        }
        let (unit, direction) = (self.unit, self.direction);
        let is_turned = direction == Direction::FromFacility;
        let outward = Graph::new(network, unit, is_turned);
        let mut ready = PreparedStreets {
            network,
            unit,
            direction,
            snapper,
            outward,
            inward: OnceLock::new(),
            snaps,
            first,
            on_edge,
            at_junction,
            field: Vec::new(),
        };
        let starts = (0u32..).zip(&ready.snaps).flat_map(|(at, snap)| {
            let ends = snap.as_ref().map(|snap| ready.ends(snap, is_turned)).unwrap_or_default();
            ends.into_iter().map(move |(state, cost)| (state, cost, at))
        });
        ready.field = Graph::new(network, unit, !is_turned).field(starts);
        ready
    }
}

impl Impedance for Streets<'_> {
    fn unit(&self) -> CostUnit {
        self.unit
    }

    fn prepare<'p>(&'p self, _: &Plane, destinations: &[Place]) -> Box<dyn Prepared + 'p> {
        Box::new(self.ready(destinations))
    }
}

/// The junction at which a place meets the network, if it does so at one: then it is on all streets there.
fn junction(network: &StreetNetwork, snap: &Snap) -> Option<u32> {
    let edge = &network.edges()[snap.edge as usize];
    match snap.along_m {
        0.0 => Some(edge.from),
        along if along == edge.length_m => Some(edge.to),
        _ => None,
    }
}

impl PreparedStreets<'_> {
    pub(super) fn on(&self, edge: u32) -> &[u32] {
        &self.on_edge[self.first[edge as usize] as usize..self.first[edge as usize + 1] as usize]
    }

    /// Cost of the way to the street.
    pub(super) fn off(&self, snap: &Snap) -> f64 {
        match self.unit {
            CostUnit::Metres => snap.off_m,
            CostUnit::Seconds => self.network.off_speed.seconds(snap.off_m),
        }
    }

    /// Cost from the tail of a half edge to a point on it, and from the point to its head; infinite where there is no way.
    fn parts(&self, snap: &Snap, way: usize) -> [f64; 2] {
        let edge = &self.network.edges()[snap.edge as usize];
        if edge.seconds[way].is_infinite() {
            return [f64::INFINITY; 2];
        }
        match self.unit {
            CostUnit::Metres => {
                let rest = (edge.length_m - snap.along_m).max(0.0);
                if way == 0 { [snap.along_m, rest] } else { [rest, snap.along_m] }
            }
            CostUnit::Seconds => {
                let to = self.network.seconds_to(snap.edge, snap.along_m)[way];
                [to, (edge.seconds[way] - to).max(0.0)]
            }
        }
    }

    /// Cost from one point of an edge to one farther along it, or back when `way` is 1; infinite where there is no way.
    pub(super) fn span(&self, edge: u32, from_m: f64, to_m: f64, way: usize) -> f64 {
        if self.network.edges()[edge as usize].seconds[way].is_infinite() {
            return f64::INFINITY;
        }
        match self.unit {
            CostUnit::Metres => to_m - from_m,
            CostUnit::Seconds => {
                let seconds = [from_m, to_m].map(|along_m| self.network.seconds_to(edge, along_m)[way]);
                (seconds[1] - seconds[0]).abs()
            }
        }
    }

    /// States next to a place on an edge with the cost to them, or, when one arrives, from them; its own way to the street included.
    fn ends(&self, snap: &Snap, is_leaving: bool) -> Vec<(u32, f64)> {
        let off = self.off(snap);
        let mut ends = Vec::with_capacity(3);
        if let Some(junction) = junction(self.network, snap) {
            match is_leaving {
                true => ends.push((junction, off)),
                false => ends.extend(self.network.states_of(junction).map(|state| (state, off))),
            }
        }
        for way in [0, 1] {
            let half = 2 * snap.edge + way;
            let [to, rest] = self.parts(snap, way as usize);
            match is_leaving {
                _ if to.is_infinite() => {}
                true => ends.push((self.network.head(half), off + rest)),
                false => ends.extend(self.network.tails(half).map(|tail| (tail, off + to))),
            }
        }
        ends
    }

    fn origin_ends(&self, snap: &Snap) -> Vec<(u32, f64)> {
        self.ends(snap, self.direction == Direction::ToFacility)
    }

    /// From one point to another of the same edge, as one travels, both ways to the street included; infinite where there is no way.
    fn between(&self, origin: &Snap, destination: &Snap) -> f64 {
        let (a, b) = match self.direction {
            Direction::ToFacility => (origin, destination),
            Direction::FromFacility => (destination, origin),
        };
        if a.along_m == b.along_m {
            return self.off(a) + self.off(b);
        }
        let way = usize::from(b.along_m < a.along_m);
        let [from, to] = [self.parts(a, way)[0], self.parts(b, way)[0]];
        if from.is_infinite() { from } else { self.off(a) + (to - from).max(0.0) + self.off(b) }
    }

    /// Destinations on the very edge, without a junction between.
    fn beside(&self, origin: &Snap) -> impl Iterator<Item = (u32, f64)> {
        self.on(origin.edge).iter().filter_map(move |at| {
            let cost = self.between(origin, self.snaps[*at as usize].as_ref()?);
            cost.is_finite().then_some((*at, cost))
        })
    }

    /// Looks from a place outward: every destination with its cost as it is come upon, perhaps several times, until none can be
    /// within `limit`, which `found` may lower. `found` is also told the state and the half edge that lead to it, if any.
    fn search(&self, origin: &Snap, limit: f64, mut found: impl FnMut(u32, f64, Option<(u32, u32)>) -> f64) {
        let mut limit = limit;
        for (at, cost) in self.beside(origin) {
            limit = limit.min(found(at, cost, None));
        }
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.begin(self.outward.states());
            for (state, cost) in self.origin_ends(origin) {
                scratch.offer(state, cost, (NOBODY, NOBODY));
            }
            while let Some((state, cost)) = scratch.settle() {
                if !is_within(cost, limit) {
                    break;
                }
                if let Some(here) = self.at_junction.get(&self.network.junction(state)) {
                    for at in here {
                        let off = self.snaps[*at as usize].as_ref().map_or(0.0, |snap| self.off(snap));
                        limit = limit.min(found(*at, cost + off, Some((state, NOBODY))));
                    }
                }
                for arc in self.outward.arcs(state) {
                    for at in self.on(arc.half / 2) {
                        let Some(snap) = &self.snaps[*at as usize] else { continue };
                        let [to, rest] = self.parts(snap, arc.half as usize % 2);
                        let part = if self.direction == Direction::ToFacility { to } else { rest };
                        limit = limit.min(found(*at, cost + part + self.off(snap), Some((state, arc.half))));
                    }
                    scratch.offer(arc.to, cost + arc.cost, (state, arc.half));
                }
            }
        });
    }

    fn nearest(&self, origin: &Snap, admits: &dyn Fn(u32) -> bool) -> Option<(u32, f64)> {
        let by_ends = self.origin_ends(origin).into_iter().filter_map(|(state, cost)| {
            let (rest, destination) = self.field[state as usize];
            (destination != NOBODY).then_some((destination, cost + rest))
        });
        let best = by_ends.chain(self.beside(origin)).fold(None, better)?;
        if admits(best.0) {
            return Some(best);
        }
        let mut best = None;
        self.search(origin, f64::INFINITY, |at, cost, _| {
            if admits(at) {
                best = better(best, (at, cost));
            }
            best.map_or(f64::INFINITY, |(_, cost)| cost)
        });
        best
    }

    /// Destinations with their smallest costs, cheapest first, ties by index.
    fn several(&self, origin: &Snap, limit: f64, most: usize, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)> {
        let mut few = Few::new(limit, most);
        self.search(origin, limit, |at, cost, _| {
            if admits(at) {
                few.offer(at, cost);
            }
            few.limit
        });
        few.into_row()
    }

    /// All destinations within a limit, the limit included, in no order.
    pub(super) fn costs_within(&self, origin: &Snap, limit: f64) -> Vec<(u32, f64)> {
        COSTS.with_borrow_mut(|costs| {
            if costs.len() < self.snaps.len() {
                costs.resize(self.snaps.len(), f64::INFINITY);
            }
            let mut found = Vec::new();
            self.search(origin, limit, |at, cost, _| {
                let known = &mut costs[at as usize];
                if is_within(cost, limit) && known.is_infinite() {
                    found.push(at);
                }
                if is_within(cost, limit) {
                    *known = known.min(cost);
                }
                limit
            });
            found.into_iter().map(|at| (at, std::mem::replace(&mut costs[at as usize], f64::INFINITY))).collect()
        })
    }

    /// Where a place meets the network.
    /// # Errors
    /// [`OffStreet`] when it does not.
    pub fn snap(&self, place: &Place) -> Result<Snap, OffStreet> {
        self.snapper.snap(place)
    }

    /// Where a destination meets the network; `None` for one that does not.
    pub fn snap_of(&self, destination: u32) -> Option<Snap> {
        self.snaps[destination as usize]
    }

    /// The nearest destination of whoever is in a state; infinite and `u32::MAX` where there is none.
    pub fn field(&self, state: u32) -> (f64, u32) {
        self.field[state as usize]
    }

    /// The cheapest way between an origin and one destination, as it is travelled; `None` when there is none.
    pub fn route(&self, origin: &Place, destination: u32, to: &Place) -> Option<Route> {
        let start = self.snapper.snap(origin).ok()?;
        let end = self.snaps[destination as usize]?;
        let mut best: Option<(f64, Option<(u32, u32)>)> = None;
        self.search(&start, f64::INFINITY, |at, cost, by| {
            if at == destination && best.is_none_or(|(known, _)| cost < known) {
                best = Some((cost, by));
            }
            best.map_or(f64::INFINITY, |(cost, _)| cost)
        });
        let (_, by) = best?;
        // stretches as they are come upon from the origin: the half edge, and metres along its edge from where to where
        let mut stretches: Vec<(u32, f64, f64)> = Vec::new();
        let whole = |half: u32| self.network.edges()[half as usize / 2].length_m;
        let is_to = self.direction == Direction::ToFacility;
        match by {
            None => {
                let way = u32::from(if is_to { end.along_m < start.along_m } else { start.along_m < end.along_m });
                stretches.push((2 * start.edge + way, start.along_m, end.along_m));
            }
            Some((state, last)) => {
                let (first, halves) = SCRATCH.with_borrow(|scratch| scratch.way_to(state));
                // from the origin to the state where the search began, unless it began at the origin
                let begins_here = junction(self.network, &start) == Some(self.network.junction(first));
                let ends = self.origin_ends(&start);
                let half = (0..2u32).map(|way| 2 * start.edge + way).filter(|half| {
                    if is_to {
                        self.network.head(*half) == first
                    } else {
                        self.network.tails(*half).any(|at| at == first)
                    }
                });
                let cost_of = |half: u32| {
                    let [to, rest] = self.parts(&start, half as usize % 2);
                    if is_to { rest } else { to }
                };
                let half =
                    half.filter(|half| cost_of(*half).is_finite()).min_by(|a, b| cost_of(*a).total_cmp(&cost_of(*b)));
                debug_assert!(ends.iter().any(|(state, _)| *state == first));
                // towards the last corner of the edge, as one looks from the origin
                let goes_on = |half: u32| half.is_multiple_of(2) == is_to;
                if let Some(half) = half.filter(|_| !begins_here) {
                    stretches.push((half, start.along_m, if goes_on(half) { whole(half) } else { 0.0 }));
                }
                for half in halves {
                    let ends = if goes_on(half) { (0.0, whole(half)) } else { (whole(half), 0.0) };
                    stretches.push((half, ends.0, ends.1));
                }
                if last != NOBODY {
                    stretches.push((last, if goes_on(last) { 0.0 } else { whole(last) }, end.along_m));
                }
            }
        }
        let mut route = Route {
            off_m: [start.off_m, end.off_m],
            off_s: [start.off_m, end.off_m].map(|metres| self.network.off_speed.seconds(metres)),
            street_m: 0.0,
            street_s: 0.0,
            places: vec![*origin],
            is_over_cells: false,
        };
        for (half, from, to) in stretches {
            let (edge, way) = (half / 2, half as usize % 2);
            route.street_m += (to - from).abs();
            let seconds = [from, to].map(|along| self.network.seconds_to(edge, along)[way]);
            route.street_s += if from == to { 0.0 } else { (seconds[1] - seconds[0]).abs() };
            let mut places = self.network.between(edge, from, to);
            if route.places.last() == places.first() {
                places.remove(0);
            }
            route.places.extend(places);
        }
        route.places.push(*to);
        if !is_to {
            route.places.reverse();
            route.off_m.reverse();
            route.off_s.reverse();
        }
        Some(route)
    }
}

impl PreparedStreets<'_> {
    /// The cost between one destination and each place on the network, where it is within the limit; one search from the destination.
    fn costs_from(&self, destination: u32, limit: f64, at: &[(Place, Option<Snap>)]) -> Vec<Option<f64>> {
        let Some(here) = self.snaps[destination as usize] else { return vec![None; at.len()] };
        let is_turned = self.direction == Direction::FromFacility;
        let inward = self.inward.get_or_init(|| Graph::new(self.network, self.unit, !is_turned));
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.begin(inward.states());
            for (state, cost) in self.ends(&here, is_turned) {
                scratch.offer(state, cost, (NOBODY, NOBODY));
            }
            while let Some((state, cost)) = scratch.settle() {
                if !is_within(cost, limit) {
                    break;
                }
                for arc in inward.arcs(state) {
                    scratch.offer(arc.to, cost + arc.cost, (state, arc.half));
                }
            }
            let cost = |snap: &Snap| {
                let by_ends = self.origin_ends(snap).into_iter().map(|(state, cost)| cost + scratch.cost(state));
                let beside = if snap.edge == here.edge { self.between(snap, &here) } else { f64::INFINITY };
                let cost = by_ends.fold(beside, f64::min);
                is_within(cost, limit).then_some(cost)
            };
            at.iter().map(|(_, snap)| snap.as_ref().and_then(cost)).collect()
        })
    }
}

impl Prepared for PreparedStreets<'_> {
    fn costs_of(&self, destination: u32, limit: f64, at: &[(Place, Option<Snap>)]) -> Vec<Option<f64>> {
        self.costs_from(destination, limit, at)
    }

    fn row(&self, origin: &Place, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)> {
        let Ok(origin) = self.snapper.snap(origin) else { return Vec::new() };
        match want {
            Want::Nearest => self.nearest(&origin, admits).into_iter().collect(),
            Want::First(most) => self.several(&origin, f64::INFINITY, most, admits),
            Want::Within(limit) => self.several(&origin, limit, usize::MAX, admits),
        }
    }

    fn snapped(&self, origin: &Place) -> Result<Option<Snap>, OffStreet> {
        self.snapper.snap(origin).map(Some)
    }

    fn nearest_beside(&self, origin: &Place, most_m: f64) -> Option<(u32, f64)> {
        let snap = self.snapper.snap(origin).ok().filter(|snap| is_within(snap.off_m, most_m))?;
        self.nearest(&snap, &|_| true)
    }

    fn route(&self, origin: &Place, destination: u32, to: &Place) -> Option<Route> {
        PreparedStreets::route(self, origin, destination, to)
    }

    fn stretches(&self, breaks: &[f64]) -> Vec<Stretch> {
        PreparedStreets::stretches(self, breaks)
    }
}
