//! The timetable of one day, frozen for searching.
//!
//! All times are seconds of the day's own clock ("noon minus 12 h" of the first time zone), also those of trips that belong to the day before
//! or after. Trips over the same stops are parted into lanes in which none overtakes another, so that the first to be caught is the best.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::clock::ServiceDate;
use crate::base::idx::CalendarIdx;
use crate::base::idx::ServiceIdx;
use crate::impedance::headways;
use crate::impedance::headways::Source;
use crate::impedance::nodes::Nodes;
use crate::impedance::nodes::Rules;
use crate::impedance::stays;
use crate::impedance::stays::Instance;
use crate::impedance::stays::Stays;
use crate::model::transit::Call;
use crate::model::transit::Service;
use crate::model::transit::Transit;
use crate::model::transit::TripAt;
use crate::model::travel::Travel;

/// No time at all.
pub(crate) const NEVER: i32 = i32::MAX;
/// Times are kept within so many seconds of the day, far more than any service has.
const FARTHEST: i64 = 1 << 28;
const DAY_S: i64 = 86_400;
/// Vehicles that left so many days ago are looked for, and no farther.
const MOST_DAYS: i64 = 366;

/// What a lane runs on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Runs {
    /// Single vehicles, so many.
    Trips(u32),
    /// Vehicles at a headway: departures of the first stop lie from `first` to `last`, and one waits so long, but for the first and the last
    /// vehicle, which are known.
    Headway { first: i32, last: i32, wait: i32, headway_s: u32 },
}

/// Vehicles over the same stops that do not overtake each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lane {
    /// Where its stops begin in `stops`.
    first_stop: u32,
    pub len: u32,
    pub runs: Runs,
    /// Where its times begin; at a headway they are counted from the departure of the first stop.
    first_time: u32,
    /// Where its vehicles begin in `vehicles`.
    first_vehicle: u32,
    pub service: u32,
    pub pattern: u32,
}

/// How many vehicles or lanes the times rest on, by what is known of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Basis {
    /// Vehicles with their times, within the hours that were asked for.
    pub trips: u32,
    /// Headways that a timetable or a table gives.
    pub headways: u32,
    /// Headways that follow from the departures a day.
    pub spread: u32,
    /// Headways over hours that the settings assume.
    pub assumed: u32,
    /// Lines left out because they run less than once a day, or nothing is known of when.
    pub without_times: u32,
    /// From one trip to the next of the same vehicle, so often one may stay in it.
    pub stays: u32,
}

/// The timetable of one day, or the same mirrored in time.
#[derive(Debug, Clone, PartialEq)]
pub struct Timetable {
    pub(crate) stop_count: usize,
    pub(crate) lanes: Vec<Lane>,
    /// Call by call where one gets off and where one gets on: the stop, or a node beside it.
    off: Vec<u32>,
    on: Vec<u32>,
    boards: Vec<bool>,
    alights: Vec<bool>,
    /// Vehicle by vehicle.
    arrivals: Vec<i32>,
    /// Stop by stop.
    departures: Vec<i32>,
    /// Position of each trip in its pattern.
    vehicles: Vec<u32>,
    pub(crate) nodes: Nodes,
    pub(crate) stays: Stays,
    /// Where the calls at each stop begin in `at`.
    first: Vec<u32>,
    /// Lane, and position in it.
    at: Vec<(u32, u32)>,
    pub basis: Basis,
}

/// What distinguishes patterns but for their times: where one gets off and on, and whether one may get on, and off.
type Shape = (Vec<u32>, Vec<u32>, Vec<bool>, Vec<bool>);

impl Timetable {
    /// The vehicles that are under way at any time from `hours.0` to `hours.1` (both included) on the day of `travel`, by its modes.
    ///
    /// Without a day only what runs every day is there: lines with headways.
    pub fn new(transit: &Transit, travel: &Travel, hours: (i32, i32)) -> Timetable {
        let stays = stays::trips(transit);
        let nodes = Nodes::new(transit.stops.len());
        let (rules, runs) = (Rules::of(transit), Vec::new());
        let mut build = Build { hours, rules, nodes, stays, vehicles: BTreeMap::new(), runs, basis: Basis::default() };
        let day = travel.date.or(transit.date);
        let home = transit.feeds.iter().find_map(|feed| feed.zone.as_deref());
        for (service_at, service) in (0u32..).zip(&transit.services) {
            if !travel.modes.contains(&service.mode) {
                continue;
            }
            let zone = transit.feeds.get(service.feed.at()).and_then(|feed| feed.zone.as_deref()).or(home);
            // the days whose vehicles may be under way, as they are seen from the day
            let days = days(day, (zone, home), nth_days(service, hours));
            let runs_on = |calendar: CalendarIdx, date: Option<ServiceDate>| {
                date.is_some_and(|date| transit.calendars.get(calendar.at()).is_some_and(|one| one.runs_on(date)))
            };
            for (pattern_at, pattern) in (0u32..).zip(&service.patterns) {
                let of = (service_at, pattern_at);
                let stops: Vec<u32> = pattern.stops.iter().map(|stop| stop.0).collect();
                for (trip_at, trip) in (0u32..).zip(&pattern.trips) {
                    for (date, shift) in &days {
                        if build.is_under_way(&trip.calls, *shift) && runs_on(trip.calendar, *date) {
                            build.trip(of, trip_at, &stops, &trip.calls, *shift);
                        }
                    }
                }
                let (runs, source) = headways::of(pattern, &transit.stops, travel);
                let mut is_used = false;
                for run in &runs {
                    let wait_s = travel.wait.seconds(run.frequency.headway_s);
                    for (date, shift) in &days {
                        if run.frequency.calendar.is_none_or(|calendar| runs_on(calendar, *date)) {
                            is_used |= build.run(of, &stops, run, wait_s, *shift);
                        }
                    }
                }
                match source {
                    Source::None if pattern.trips.is_empty() => build.basis.without_times += 1,
                    Source::None => {}
                    Source::Given => build.basis.headways += u32::from(is_used),
                    Source::Spread => build.basis.spread += u32::from(is_used),
                    Source::Assumed => build.basis.assumed += u32::from(is_used),
                }
            }
        }
        build.freeze(transit)
    }

    /// The same with time running backwards: who arrives earliest there leaves latest here. Times are negated.
    pub fn mirrored(&self) -> Timetable {
        let mut other = self.clone();
        for lane in &mut other.lanes {
            let stops = lane.first_stop as usize..(lane.first_stop + lane.len) as usize;
            let mirrored = |list: &[bool]| list[stops.clone()].iter().rev().copied().collect::<Vec<bool>>();
            let (boards, alights) = (mirrored(&self.boards), mirrored(&self.alights));
            let turned = |list: &[u32]| list[stops.clone()].iter().rev().copied().collect::<Vec<u32>>();
            other.off[stops.clone()].copy_from_slice(&turned(&self.on));
            other.on[stops.clone()].copy_from_slice(&turned(&self.off));
            other.boards[stops.clone()].copy_from_slice(&alights);
            other.alights[stops.clone()].copy_from_slice(&boards);
            let count = vehicles(lane.runs) as usize;
            for vehicle in 0..count {
                for position in 0..lane.len as usize {
                    let there = (count - 1 - vehicle, lane.len as usize - 1 - position);
                    let (own, mirror) = (lane.times(vehicle, position), lane.times(there.0, there.1));
                    other.arrivals[own.0] = -self.departures[mirror.1];
                    other.departures[own.1] = -self.arrivals[mirror.0];
                }
            }
            match &mut lane.runs {
                Runs::Trips(_) => {
                    let own = lane.first_vehicle as usize..lane.first_vehicle as usize + count;
                    other.vehicles[own].reverse();
                }
                Runs::Headway { first, last, .. } => (*first, *last) = (-*last, -*first),
            }
        }
        other.nodes = self.nodes.mirrored();
        other.stays = self.stays.mirrored(&|(lane, vehicle)| {
            let count = self.lanes.get(lane as usize).map_or(1, |lane| vehicles(lane.runs));
            (lane, count - 1 - vehicle)
        });
        other.index();
        other
    }

    fn index(&mut self) {
        let (nodes, off, lanes) = (&self.nodes, &self.off, &self.lanes);
        let calls = || {
            (0u32..).zip(lanes).flat_map(|(number, lane)| {
                let stop = move |position: u32| nodes.stop(off[(lane.first_stop + position) as usize]);
                (0..lane.len).map(move |position| (stop(position), number, position))
            })
        };
        let mut first = vec![0u32; self.stop_count + 1];
        calls().for_each(|(stop, ..)| first[stop as usize + 1] += 1);
        (0..self.stop_count).for_each(|at| first[at + 1] += first[at]);
        let (mut next, mut at) = (first.clone(), vec![(0, 0); first[self.stop_count] as usize]);
        for (stop, lane, position) in calls() {
            at[next[stop as usize] as usize] = (lane, position);
            next[stop as usize] += 1;
        }
        (self.first, self.at) = (first, at);
    }

    /// Lanes that call at a stop, with the position of the call.
    pub(crate) fn calls_at(&self, stop: u32) -> &[(u32, u32)] {
        &self.at[self.first[stop as usize] as usize..self.first[stop as usize + 1] as usize]
    }

    /// Where one gets off a lane, call by call.
    pub(crate) fn off_of(&self, lane: &Lane) -> &[u32] {
        &self.off[lane.first_stop as usize..(lane.first_stop + lane.len) as usize]
    }

    /// Where one gets on.
    pub(crate) fn on_of(&self, lane: &Lane) -> &[u32] {
        &self.on[lane.first_stop as usize..(lane.first_stop + lane.len) as usize]
    }

    /// Number of a vehicle among all.
    pub(crate) fn number(&self, (lane, vehicle): (u32, u32)) -> usize {
        (self.lanes[lane as usize].first_vehicle + vehicle) as usize
    }

    /// Number of all vehicles whose times are kept.
    pub(crate) fn vehicle_count(&self) -> usize {
        self.vehicles.len()
    }

    pub(crate) fn alights_of(&self, lane: &Lane) -> &[bool] {
        &self.alights[lane.first_stop as usize..(lane.first_stop + lane.len) as usize]
    }

    pub(crate) fn boards(&self, lane: &Lane, position: u32) -> bool {
        self.boards[(lane.first_stop + position) as usize]
    }

    /// Arrivals of one vehicle at the stops of its lane.
    pub(crate) fn arrivals(&self, lane: &Lane, vehicle: u32) -> &[i32] {
        let start = (lane.first_time + vehicle * lane.len) as usize;
        &self.arrivals[start..start + lane.len as usize]
    }

    /// Departures of all vehicles of a lane from one of its stops, rising.
    pub(crate) fn departures(&self, lane: &Lane, position: u32) -> &[i32] {
        let count = vehicles(lane.runs);
        let start = (lane.first_time + position * count) as usize;
        &self.departures[start..start + count as usize]
    }

    /// Position in its pattern of a trip of a lane.
    pub(crate) fn trip(&self, lane: &Lane, vehicle: u32) -> u32 {
        self.vehicles[(lane.first_vehicle + vehicle) as usize]
    }
}

/// Vehicles whose times are kept.
fn vehicles(runs: Runs) -> u32 {
    match runs {
        Runs::Trips(count) => count,
        Runs::Headway { .. } => 1,
    }
}

impl Lane {
    /// Where the arrival and the departure of a call stand.
    fn times(&self, vehicle: usize, position: usize) -> (usize, usize) {
        let (start, len, count) = (self.first_time as usize, self.len as usize, vehicles(self.runs) as usize);
        (start + vehicle * len + position, start + position * count + vehicle)
    }
}

/// Which days may have vehicles of a service under way within the hours: how many days after the study's day, the first and the last. The day
/// before and the day after are always looked at; a trip that takes more than a day may have left many days before.
fn nth_days(service: &Service, hours: (i32, i32)) -> (i64, i64) {
    let spans = service.patterns.iter().flat_map(|pattern| {
        let trips = pattern.trips.iter().map(|trip| (0, 0, &trip.calls));
        let runs = pattern.frequencies.iter().map(|run| (run.first.0, run.last.0, &run.calls));
        trips.chain(runs).filter_map(|(first, last, calls)| {
            let (starts, ends) = (calls.first()?.leaves.0, calls.last()?.arrives.0);
            Some((i64::from(starts) + i64::from(first), i64::from(ends) + i64::from(last)))
        })
    });
    let (earliest, latest) =
        spans.fold((0, 0), |(earliest, latest), (starts, ends)| (i64::min(earliest, starts), i64::max(latest, ends)));
    // the clocks may change, and zones differ: a day more
    let back = (latest - i64::from(hours.0)).div_euclid(DAY_S) + 1;
    let ahead = (i64::from(hours.1) - earliest).div_euclid(DAY_S) + 1;
    (-back.clamp(1, MOST_DAYS), ahead.clamp(1, MOST_DAYS))
}

/// Days from one to another, counted from the study's day, each with what is added to its times to make them those of the study's day.
fn days(
    day: Option<ServiceDate>,
    (zone, home): (Option<&str>, Option<&str>),
    (first, last): (i64, i64),
) -> Vec<(Option<ServiceDate>, i64)> {
    let Some(day) = day else { return (first..=last).map(|nth| (None, nth * DAY_S)).collect() };
    let mut all = vec![day];
    (0..-first).for_each(|_| all.push(all[all.len() - 1].yesterday()));
    all.reverse();
    (0..last).for_each(|_| all.push(all[all.len() - 1].tomorrow()));
    all.dedup();
    all.into_iter().map(|other| (Some(other), other.start_s(zone) - day.start_s(home))).collect()
}

/// One vehicle with its times in the day's clock.
struct Vehicle {
    trip: u32,
    arrivals: Vec<i32>,
    departures: Vec<i32>,
}

/// Vehicles of one pattern and shape.
struct Build<'t> {
    hours: (i32, i32),
    rules: Rules<'t>,
    nodes: Nodes,
    /// Trips that may be gone on in as others.
    stays: BTreeSet<TripAt>,
    vehicles: BTreeMap<(u32, u32), BTreeMap<Shape, Vec<Vehicle>>>,
    runs: Vec<((u32, u32), Shape, Runs, Vehicle)>,
    basis: Basis,
}

fn clamped(time: i64) -> i32 {
    time.clamp(-FARTHEST, FARTHEST) as i32
}

impl Build<'_> {
    fn times(calls: &[Call], shift: i64) -> (Vec<i32>, Vec<i32>) {
        // rising whatever the data says
        let mut latest = i32::MIN;
        calls
            .iter()
            .map(|call| {
                let arrives = clamped(i64::from(call.arrives.0) + shift).max(latest);
                latest = clamped(i64::from(call.leaves.0) + shift).max(arrives);
                (arrives, latest)
            })
            .unzip()
    }

    fn shape(&mut self, of: (u32, u32), trip: Option<u32>, stops: &[u32], calls: &[Call]) -> Shape {
        let (rules, nodes) = (&self.rules, &mut self.nodes);
        let mut at = |is_on: bool| -> Vec<u32> {
            if rules.is_empty() {
                return stops.to_vec();
            }
            stops.iter().map(|stop| nodes.at(rules, *stop, (of, trip), is_on)).collect()
        };
        // nobody gets on where a trip ends, nor off where it begins
        let (first, last) = (0, calls.len().saturating_sub(1));
        (
            at(false),
            at(true),
            calls.iter().enumerate().map(|(nth, call)| call.boards && nth < last).collect(),
            calls.iter().enumerate().map(|(nth, call)| call.alights && nth > first).collect(),
        )
    }

    /// Whether a trip is under way within the hours.
    fn is_under_way(&self, calls: &[Call], shift: i64) -> bool {
        let (Some(first), Some(last)) = (calls.first(), calls.last()) else { return false };
        i64::from(last.arrives.0) + shift >= i64::from(self.hours.0)
            && i64::from(first.leaves.0) + shift <= i64::from(self.hours.1)
    }

    fn trip(&mut self, of: (u32, u32), trip: u32, stops: &[u32], calls: &[Call], shift: i64) {
        let (arrivals, departures) = Build::times(calls, shift);
        if calls.len() != stops.len() || calls.is_empty() {
            return;
        }
        self.basis.trips += 1;
        let shape = self.shape(of, Some(trip), stops, calls);
        let shapes = self.vehicles.entry(of).or_default();
        shapes.entry(shape).or_default().push(Vehicle { trip, arrivals, departures });
    }

    /// Whether any of it lies within the hours.
    fn run(&mut self, of: (u32, u32), stops: &[u32], run: &headways::Run, wait_s: u32, shift: i64) -> bool {
        let calls = &run.frequency.calls;
        let (arrivals, departures) = Build::times(calls, 0);
        let Some(ends) = arrivals.last() else { return false };
        let first = clamped(i64::from(run.frequency.first.0) + shift);
        let last = clamped(i64::from(run.frequency.last.0) + shift);
        if calls.len() != stops.len() || last < first || last + ends < self.hours.0 || first > self.hours.1 {
            return false;
        }
        let mut stops = stops.to_vec();
        if run.is_back {
            stops.reverse();
        }
        let headway_s = run.frequency.headway_s;
        let runs = Runs::Headway { first, last, wait: clamped(i64::from(wait_s)), headway_s };
        let shape = self.shape(of, None, &stops, calls);
        self.runs.push((of, shape, runs, Vehicle { trip: 0, arrivals, departures }));
        true
    }

    fn freeze(self, transit: &Transit) -> Timetable {
        let mut timetable = Timetable {
            stop_count: transit.stops.len(),
            lanes: Vec::new(),
            off: Vec::new(),
            on: Vec::new(),
            boards: Vec::new(),
            alights: Vec::new(),
            arrivals: Vec::new(),
            departures: Vec::new(),
            vehicles: Vec::new(),
            nodes: self.nodes,
            stays: Stays::default(),
            first: Vec::new(),
            at: Vec::new(),
            basis: self.basis,
        };
        let mut instances: BTreeMap<TripAt, Vec<Instance>> = BTreeMap::new();
        for (of, shapes) in self.vehicles {
            for (shape, vehicles) in shapes {
                for lane in lanes(vehicles) {
                    let number = timetable.lanes.len() as u32;
                    for (nth, vehicle) in (0u32..).zip(&lane).filter(|_| !self.stays.is_empty()) {
                        let at = TripAt { service: ServiceIdx(of.0), pattern: of.1, trip: vehicle.trip };
                        let ends = vehicle.departures.first().zip(vehicle.arrivals.last());
                        if let Some((starts, ends)) = ends.filter(|_| self.stays.contains(&at)) {
                            let instance = Instance { starts: *starts, ends: *ends, vehicle: (number, nth) };
                            instances.entry(at).or_default().push(instance);
                        }
                    }
                    timetable.add(of, &shape, Runs::Trips(lane.len() as u32), &lane);
                }
            }
        }
        for (of, shape, runs, vehicle) in self.runs {
            timetable.add(of, &shape, runs, std::slice::from_ref(&vehicle));
        }
        timetable.stays = Stays::of(transit, &instances);
        timetable.basis.stays = timetable.stays.len() as u32;
        timetable.index();
        timetable
    }
}

impl Timetable {
    fn add(&mut self, of: (u32, u32), shape: &Shape, runs: Runs, vehicles: &[Vehicle]) {
        let lane = Lane {
            first_stop: self.off.len() as u32,
            len: shape.0.len() as u32,
            runs,
            first_time: self.arrivals.len() as u32,
            first_vehicle: self.vehicles.len() as u32,
            service: of.0,
            pattern: of.1,
        };
        self.off.extend(&shape.0);
        self.on.extend(&shape.1);
        self.boards.extend(&shape.2);
        self.alights.extend(&shape.3);
        vehicles.iter().for_each(|vehicle| self.arrivals.extend(&vehicle.arrivals));
        for position in 0..shape.0.len() {
            self.departures.extend(vehicles.iter().map(|vehicle| vehicle.departures[position]));
        }
        self.vehicles.extend(vehicles.iter().map(|vehicle| vehicle.trip));
        self.lanes.push(lane);
    }
}

/// Parts vehicles into lanes in which every call of one comes no earlier than that of the one before. Each goes to the first lane that it fits.
fn lanes(mut vehicles: Vec<Vehicle>) -> Vec<Vec<Vehicle>> {
    vehicles.sort_by(|a, b| (&a.departures, &a.arrivals, a.trip).cmp(&(&b.departures, &b.arrivals, b.trip)));
    let follows = |before: &[i32], after: &[i32]| before.iter().zip(after).all(|(before, after)| before <= after);
    let mut lanes: Vec<Vec<Vehicle>> = Vec::new();
    for vehicle in vehicles {
        let fits = |lane: &&mut Vec<Vehicle>| {
            lane.last().is_some_and(|last| {
                follows(&last.arrivals, &vehicle.arrivals) && follows(&last.departures, &vehicle.departures)
            })
        };
        match lanes.iter_mut().find(fits) {
            Some(lane) => lane.push(vehicle),
            None => lanes.push(vec![vehicle]),
        }
    }
    lanes
}
