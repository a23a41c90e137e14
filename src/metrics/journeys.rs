//! Journeys with changes, by timetable: from the stops of one region to those of another.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::rc::Rc;

use crate::base::clock::ServiceTime;
use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::same::SAME;
use crate::base::units::KmPerHour;
use crate::base::units::Seconds;
use crate::impedance::index::PointIndex;
use crate::metrics::departures::Departures;
use crate::metrics::departures::Ride;
use crate::metrics::service_day::ServiceDay;
use crate::model::transit::Mode;
use crate::model::transit::Trip;

/// How one may change from vehicle to vehicle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Changing {
    /// Longest walk, straight in the study plane, metres, included. Platforms of one station need none of it.
    pub walk_m: f64,
    pub walk_speed: KmPerHour,
    /// Longest wait at the stop after the walk, included.
    pub max_wait: Seconds,
}

/// One vehicle of a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    pub service: ServiceIdx,
    pub from: StopIdx,
    pub leaves: ServiceTime,
    pub to: StopIdx,
    pub arrives: ServiceTime,
}

/// The journeys from one set of stops to another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Journeys {
    /// The quickest journey by each vehicle that it can begin with, by the vehicle's number in the timetable.
    pub by_vehicle: BTreeMap<usize, Ride>,
    /// The legs of the quickest of all, the earliest of several.
    pub quickest: Vec<Leg>,
    /// How long that one takes, and when it leaves.
    best: Option<(u32, i64)>,
}

impl Journeys {
    /// These and others together.
    pub fn or(mut self, other: Journeys) -> Journeys {
        for (vehicle, ride) in other.by_vehicle {
            let own = self.by_vehicle.entry(vehicle).or_insert(ride);
            if ride.takes_s < own.takes_s {
                *own = ride;
            }
        }
        if other.best.is_some_and(|best| self.best.is_none_or(|own| best < own)) {
            (self.best, self.quickest) = (other.best, other.quickest);
        }
        self
    }

    /// One departure a vehicle, as those of a line.
    pub fn departures(&self) -> Departures {
        let mut rides: Vec<Ride> = self.by_vehicle.values().copied().collect();
        rides.sort_by_key(|ride| (ride.leaves, ride.takes_s));
        Departures { rides, ..Departures::default() }
    }
}

/// A pattern with its trips of the day.
struct Runs<'a> {
    service: ServiceIdx,
    stops: &'a [StopIdx],
    trips: Vec<&'a Trip>,
    /// Added to its times to make them those of the first feed's zone.
    offset_s: i64,
    /// Number of the first trip among all.
    first: usize,
    /// No trip overtakes another.
    in_order: bool,
}

/// The timetable of one day, ready for journeys.
pub struct Timetable<'a> {
    runs: Vec<Runs<'a>>,
    /// By stop: patterns that call there, and where along them.
    callers: Vec<Vec<(u32, u32)>>,
    /// By stop: stops that one can change to, with the seconds on foot.
    changes: Vec<Vec<(StopIdx, i64)>>,
    /// By stop: stops from which one can change to it.
    changes_into: Vec<Vec<StopIdx>>,
    changing: Changing,
}

/// Nobody arrives then; it stays inside this file.
const NEVER: i64 = i64::MAX;

impl<'a> Timetable<'a> {
    /// The trips of some modes on a day. Services for whose vehicles no times are known take no part.
    pub fn new(day: &ServiceDay<'a>, modes: &[Mode], changing: Changing) -> Timetable<'a> {
        let transit = day.transit;
        let start_s = |feed: usize| {
            let zone = transit.feeds.get(feed).and_then(|feed| feed.zone.as_deref());
            day.date.map_or(0, |date| date.start_s(zone))
        };
        let mut runs: Vec<Runs<'a>> = Vec::new();
        let mut first = 0;
        for (at, service) in transit.services.iter().enumerate().filter(|(_, one)| modes.contains(&one.mode)) {
            for pattern in &service.patterns {
                let mut trips: Vec<&Trip> = day.trips(pattern).collect();
                trips.retain(|trip| trip.calls.len() == pattern.stops.len());
                trips.sort_by_key(|trip| trip.calls.first().map(|call| call.leaves));
                if trips.is_empty() {
                    continue;
                }
                let follows = |pair: &[&Trip]| {
                    let [one, next] = pair else { return true };
                    one.calls.iter().zip(&next.calls).all(|(one, next)| one.leaves <= next.leaves)
                };
                let in_order = trips.windows(2).all(follows);
                let offset_s = start_s(service.feed.at()) - start_s(0);
                let count = trips.len();
                runs.push(Runs {
                    service: ServiceIdx::new(at),
                    stops: &pattern.stops,
                    trips,
                    offset_s,
                    first,
                    in_order,
                });
                first += count;
            }
        }
        let mut callers = vec![Vec::new(); transit.stops.len()];
        for (at, one) in runs.iter().enumerate() {
            for (position, stop) in one.stops.iter().enumerate() {
                callers[stop.at()].push((at as u32, position as u32));
            }
        }
        let changes = changes(day, &callers, changing);
        let mut changes_into = vec![Vec::new(); callers.len()];
        for (from, ways) in changes.iter().enumerate() {
            for (to, _) in ways {
                changes_into[to.at()].push(StopIdx::new(from));
            }
        }
        Timetable { runs, callers, changes, changes_into, changing }
    }

    /// A search for journeys with at most so many changes to some stops, each with the seconds to walk from there.
    pub fn towards<'t>(&'t self, targets: &'t BTreeMap<StopIdx, u32>, changes: u8) -> Search<'t, 'a> {
        Search::new(self, targets, changes)
    }

    /// The trips of a pattern that leave a position between two times, both included.
    fn leaving(&self, at: usize, position: usize, from: i64, to: i64) -> impl Iterator<Item = usize> {
        let runs = &self.runs[at];
        let leaves = move |nth: usize| i64::from(runs.trips[nth].calls[position].leaves.0) + runs.offset_s;
        let (low, high) = match runs.in_order {
            true => {
                let before =
                    |limit: i64| move |trip: &&Trip| i64::from(trip.calls[position].leaves.0) + runs.offset_s < limit;
                (runs.trips.partition_point(before(from)), runs.trips.partition_point(before(to.saturating_add(1))))
            }
            false => (0, runs.trips.len()),
        };
        (low..high).filter(move |nth| runs.trips[*nth].calls[position].boards && (from..=to).contains(&leaves(*nth)))
    }
}

/// The stops that one can change to from each: itself, the platforms of its station, those within the walk.
fn changes(day: &ServiceDay<'_>, callers: &[Vec<(u32, u32)>], changing: Changing) -> Vec<Vec<(StopIdx, i64)>> {
    let transit = day.transit;
    let called: Vec<StopIdx> = (0..callers.len()).filter(|at| !callers[*at].is_empty()).map(StopIdx::new).collect();
    let points: Vec<[f64; 2]> = called.iter().map(|stop| transit.stop(*stop).at.xy.array()).collect();
    let index = PointIndex::new(&points);
    let station = |stop: StopIdx| transit.stop(stop).station.unwrap_or(stop);
    let mut platforms: BTreeMap<StopIdx, Vec<StopIdx>> = BTreeMap::new();
    for stop in &called {
        platforms.entry(station(*stop)).or_default().push(*stop);
    }
    let mut rules = BTreeMap::new();
    for rule in &transit.transfers {
        rules.insert((rule.from, rule.to), rule);
    }
    let mut changes = vec![Vec::new(); callers.len()];
    for from in &called {
        let here = transit.stop(*from).at.xy;
        let mut near: BTreeMap<StopIdx, f64> = BTreeMap::new();
        index.within(here.array(), changing.walk_m + SAME, &mut |at, metres| {
            near.insert(called[at as usize], metres);
        });
        for stop in platforms.get(&station(*from)).into_iter().flatten() {
            near.entry(*stop).or_insert_with(|| here.distance_m(transit.stop(*stop).at.xy));
        }
        for (to, metres) in near {
            let keys = [(*from, to), (*from, station(to)), (station(*from), to), (station(*from), station(to))];
            let rule = keys.iter().find_map(|key| rules.get(key));
            if rule.is_some_and(|rule| rule.is_forbidden) {
                continue;
            }
            let walk = if metres > 0.0 { changing.walk_speed.seconds(metres).ceil() as i64 } else { 0 };
            let least = rule.and_then(|rule| rule.least_s).map_or(0, i64::from);
            changes[from.at()].push((to, walk.max(least)));
        }
    }
    changes
}

/// A search towards some stops, backwards, with what was found so far: one serves many origins.
pub struct Search<'t, 'a> {
    timetable: &'t Timetable<'a>,
    targets: &'t BTreeMap<StopIdx, u32>,
    changes: u8,
    /// By changes left and pattern: the last position at which getting off leads to a target.
    last: Vec<Vec<Option<usize>>>,
    /// By changes left and trip: the earliest arrival for who is on board after each call.
    known: Vec<HashMap<usize, Rc<[i64]>>>,
}

impl<'t, 'a> Search<'t, 'a> {
    fn new(timetable: &'t Timetable<'a>, targets: &'t BTreeMap<StopIdx, u32>, changes: u8) -> Search<'t, 'a> {
        let ends = |runs: &Runs<'_>| runs.stops.iter().rposition(|stop| targets.contains_key(stop));
        let mut last: Vec<Vec<Option<usize>>> = vec![timetable.runs.iter().map(ends).collect()];
        for left in 0..usize::from(changes) {
            let mut next = last[left].clone();
            // stops at which boarding leads on, and those from which one can change to them
            let mut seen = vec![false; timetable.callers.len()];
            for (at, end) in last[left].iter().enumerate() {
                for stop in &timetable.runs[at].stops[..end.unwrap_or(0)] {
                    if std::mem::replace(&mut seen[stop.at()], true) {
                        continue;
                    }
                    for from in &timetable.changes_into[stop.at()] {
                        for (caller, position) in &timetable.callers[from.at()] {
                            let own = &mut next[*caller as usize];
                            *own = (*own).max(Some(*position as usize));
                        }
                    }
                }
            }
            last.push(next);
        }
        Search { timetable, targets, changes, known: vec![HashMap::new(); last.len()], last }
    }

    /// The journeys from some stops, each with the seconds to walk there. A journey's time runs from the departure less that walk to the
    /// arrival and the walk after it.
    pub fn from(&mut self, origins: &BTreeMap<StopIdx, u32>) -> Journeys {
        let (timetable, changes) = (self.timetable, self.changes);
        let mut found = Journeys::default();
        let mut first: Option<(usize, usize, usize)> = None;
        for (at, runs) in timetable.runs.iter().enumerate() {
            let Some(end) = self.last[usize::from(changes)][at] else { continue };
            let starts: Vec<(usize, i64)> = runs.stops[..end]
                .iter()
                .enumerate()
                .filter_map(|(position, stop)| Some((position, i64::from(*origins.get(stop)?))))
                .collect();
            if starts.is_empty() {
                continue;
            }
            for nth in 0..runs.trips.len() {
                let arrivals = self.arrivals(changes, at, nth);
                let calls = &runs.trips[nth].calls;
                let ways = starts.iter().filter(|(start, _)| calls[*start].boards && arrivals[*start] < NEVER);
                let quickest = ways
                    .map(|(start, walk)| {
                        let leaves = i64::from(calls[*start].leaves.0) + runs.offset_s;
                        (arrivals[*start] - leaves + walk, leaves, *start)
                    })
                    .min();
                let Some((takes, leaves, start)) = quickest else { continue };
                let takes_s = u32::try_from(takes).unwrap_or(u32::MAX);
                if found.best.is_none_or(|best| (takes_s, leaves) < best) {
                    (found.best, first) = (Some((takes_s, leaves)), Some((at, nth, start)));
                }
                let from = runs.stops[start];
                found
                    .by_vehicle
                    .insert(runs.first + nth, Ride { leaves: calls[start].leaves, takes_s, from, to: from });
            }
        }
        if let Some((at, nth, start)) = first {
            self.trace(changes, at, nth, start, &mut found.quickest);
        }
        found
    }

    /// The earliest arrival at a target for who is on board a trip after each call, with so many changes left.
    fn arrivals(&mut self, left: u8, at: usize, nth: usize) -> Rc<[i64]> {
        let runs = &self.timetable.runs[at];
        let key = runs.first + nth;
        if let Some(known) = self.known[usize::from(left)].get(&key) {
            return known.clone();
        }
        let end = self.last[usize::from(left)][at];
        let mut arrivals = vec![NEVER; runs.stops.len()];
        let mut best = NEVER;
        for position in (0..=end.unwrap_or(0)).rev() {
            arrivals[position] = best;
            best = best.min(self.getting_off(left, at, nth, position, &mut |_, _, _, _, _| {}));
        }
        let arrivals: Rc<[i64]> = arrivals.into();
        self.known[usize::from(left)].insert(key, arrivals.clone());
        arrivals
    }

    /// The earliest arrival for who gets off at a position. Each way on that is as good or better than those before is shown: stop,
    /// pattern, trip, position, arrival.
    fn getting_off(
        &mut self,
        left: u8,
        at: usize,
        nth: usize,
        position: usize,
        shown: &mut dyn FnMut(StopIdx, usize, usize, usize, i64),
    ) -> i64 {
        let timetable = self.timetable;
        let runs = &timetable.runs[at];
        let call = runs.trips[nth].calls[position];
        if !call.alights {
            return NEVER;
        }
        let (stop, arrives) = (runs.stops[position], i64::from(call.arrives.0) + runs.offset_s);
        let mut best = self.targets.get(&stop).map_or(NEVER, |walk| arrives + i64::from(*walk));
        if left == 0 {
            return best;
        }
        let waits = timetable.changing.max_wait.0 as i64;
        for (other, walk) in &timetable.changes[stop.at()] {
            let ready = arrives + walk;
            for (next, place) in &timetable.callers[other.at()] {
                let (next, place) = (*next as usize, *place as usize);
                if self.last[usize::from(left) - 1][next].is_none_or(|end| place >= end) {
                    continue;
                }
                for trip in timetable.leaving(next, place, ready, ready + waits) {
                    let arrival = self.arrivals(left - 1, next, trip)[place];
                    if arrival < best {
                        best = arrival;
                        shown(*other, next, trip, place, arrival);
                    }
                }
            }
        }
        best
    }

    /// The legs of the best way on for who is on board a trip after a call.
    fn trace(&mut self, left: u8, at: usize, nth: usize, start: usize, legs: &mut Vec<Leg>) {
        let timetable = self.timetable;
        let runs = &timetable.runs[at];
        let goal = self.arrivals(left, at, nth)[start];
        // with as few changes as it takes
        let left = (0..left).find(|left| self.arrivals(*left, at, nth)[start] == goal).unwrap_or(left);
        let leg = |end: usize| Leg {
            service: runs.service,
            from: runs.stops[start],
            leaves: runs.trips[nth].calls[start].leaves,
            to: runs.stops[end],
            arrives: runs.trips[nth].calls[end].arrives,
        };
        for end in start + 1..runs.stops.len() {
            let mut on: Option<(usize, usize, usize)> = None;
            let arrival = self.getting_off(left, at, nth, end, &mut |_, next, trip, place, arrival| {
                if arrival == goal && on.is_none() {
                    on = Some((next, trip, place));
                }
            });
            if arrival == goal {
                legs.push(leg(end));
                if let Some((next, trip, place)) = on {
                    self.trace(left - 1, next, trip, place, legs);
                }
                return;
            }
        }
    }
}
