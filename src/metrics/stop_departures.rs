//! What leaves each stop in a day: counted trip by trip where there is a timetable, by number where there is only a number.
//!
//! A departure is a call from which the vehicle goes on to another stop and at which passengers may get on. The last call of a trip is
//! none; a trip that calls twice at one stop leaves it twice.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::clock::ClockError;
use crate::base::clock::ServiceTime;
use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::units::Weight;
use crate::model::transit::Call;
use crate::model::transit::Mode;
use crate::model::transit::More;
use crate::model::transit::Pattern;
use crate::model::transit::Transit;

/// One departure from a stop, or several of which nothing more is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Departure {
    pub stop: StopIdx,
    pub service: ServiceIdx,
    /// How many; not whole where a route table gives a number such as 2.5 a day.
    pub count: Weight,
    pub leaves: Leaves,
    /// At the stop where the trip begins.
    pub is_start: bool,
}

/// When a departure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// By the timetable, or by a headway that a timetable gives.
    At(ServiceTime),
    /// One of a number that is spread evenly from first to last, by the clock of the line's first stop.
    About(ServiceTime),
    /// Some time of the day.
    Sometime,
}

/// Two times of the service day, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "[String; 2]", into = "[String; 2]")]
#[schemars(with = "[String; 2]")]
pub struct Between {
    pub from: ServiceTime,
    pub to: ServiceTime,
}

impl TryFrom<[String; 2]> for Between {
    type Error = ClockError;

    fn try_from([from, to]: [String; 2]) -> Result<Between, ClockError> {
        Ok(Between { from: from.parse()?, to: to.parse()? })
    }
}

impl From<Between> for [String; 2] {
    fn from(between: Between) -> [String; 2] {
        [between.from.to_string(), between.to.to_string()]
    }
}

impl Between {
    fn holds(self, time: ServiceTime) -> bool {
        self.from <= time && time <= self.to
    }
}

/// Every departure of a day of the services that `counts` lets pass: those of the study's day where there is a timetable, else those of an
/// ordinary day. Services come in order, their patterns in order, and of each pattern trips before headways; a pattern that runs both
/// ways comes once more in reverse, where no times are known of single trips.
pub fn each(transit: &Transit, counts: &dyn Fn(ServiceIdx) -> bool, visit: &mut dyn FnMut(Departure)) {
    for (at, service) in transit.services.iter().enumerate() {
        let idx = ServiceIdx::new(at);
        if !counts(idx) {
            continue;
        }
        for pattern in &service.patterns {
            let mut leave = |stop: StopIdx, count: Weight, leaves: Leaves, is_start: bool| {
                visit(Departure { stop, service: idx, count, leaves, is_start });
            };
            match pattern.trips.is_empty() && pattern.frequencies.is_empty() {
                true => by_number(pattern, &mut leave),
                false => by_time(transit, pattern, &mut leave),
            }
        }
    }
}

/// Stops of a pattern that a vehicle leaves for another, with their position; in the order of the stops.
fn left(pattern: &Pattern) -> impl Iterator<Item = (usize, StopIdx)> {
    pattern.stops.iter().copied().enumerate().take(pattern.stops.len().saturating_sub(1))
}

fn by_time(transit: &Transit, pattern: &Pattern, leave: &mut dyn FnMut(StopIdx, Weight, Leaves, bool)) {
    let runs = |calendar: usize| match transit.date {
        Some(date) => transit.calendars.get(calendar).is_some_and(|calendar| calendar.runs_on(date)),
        None => true,
    };
    let mut back = 0u64;
    let boards = |calls: &[Call], position: usize| calls.get(position).filter(|call| call.boards).copied();
    for trip in pattern.trips.iter().filter(|trip| runs(trip.calendar.at())) {
        back += 1;
        for (position, stop) in left(pattern) {
            if let Some(call) = boards(&trip.calls, position) {
                leave(stop, Weight::ONE, Leaves::At(call.leaves), position == 0);
            }
        }
    }
    for run in pattern.frequencies.iter().filter(|run| run.calendar.is_none_or(|calendar| runs(calendar.at()))) {
        let vehicles = match run.headway_s {
            0 => 0,
            headway => run.last.0.checked_sub(run.first.0).map_or(0, |span| span / headway + 1),
        };
        back += u64::from(vehicles);
        for (position, stop) in left(pattern) {
            let Some(call) = boards(&run.calls, position) else { continue };
            for nth in 0..vehicles {
                let leaves = (run.first.0 + nth * run.headway_s).saturating_add(call.leaves.0);
                leave(stop, Weight::ONE, Leaves::At(ServiceTime(leaves)), position == 0);
            }
        }
    }
    if pattern.both_ways && back > 0 {
        for (from_end, stop) in pattern.stops.iter().skip(1).rev().enumerate() {
            leave(*stop, Weight::whole(back), Leaves::Sometime, from_end == 0);
        }
    }
}

fn by_number(pattern: &Pattern, leave: &mut dyn FnMut(StopIdx, Weight, Leaves, bool)) {
    let Some(count) = Weight::from_f64(pattern.trips_per_day).filter(|count| *count > Weight::ZERO) else { return };
    let spread = spread(pattern, count);
    for (position, stop) in left(pattern) {
        spread.iter().for_each(|(count, leaves)| leave(stop, *count, *leaves, position == 0));
    }
    if pattern.both_ways {
        for (from_end, stop) in pattern.stops.iter().skip(1).rev().enumerate() {
            spread.iter().for_each(|(count, leaves)| leave(*stop, *count, *leaves, from_end == 0));
        }
    }
}

/// Departures that a pattern may have beyond those that are known.
fn maybe(pattern: &Pattern) -> Weight {
    // more than any number that is asked for
    const MANY: u64 = 1_000_000;
    match pattern.more {
        More::No => Weight::ZERO,
        More::UpTo(most) => Weight::from_f64(most - pattern.trips_per_day).unwrap_or(Weight::ZERO),
        More::Unknown => Weight::whole(MANY),
    }
}

/// A number of departures, evenly from first to last: as many as the number, rounded up, each of an equal part of it.
fn spread(pattern: &Pattern, count: Weight) -> Vec<(Weight, Leaves)> {
    const MOST: f64 = 10_000.0;
    let (Some(first), Some(last)) = (pattern.first, pattern.last) else { return vec![(count, Leaves::Sometime)] };
    let departures = count.to_f64().ceil();
    if last < first || departures > MOST {
        return vec![(count, Leaves::Sometime)];
    }
    let departures = departures as u32;
    let part = Weight::from_f64(count.to_f64() / f64::from(departures)).unwrap_or(Weight::ZERO);
    let mut rest = count;
    (0..departures)
        .map(|nth| {
            // the last of them takes what rounding left
            let mine = if nth + 1 == departures { rest } else { part.min(rest) };
            rest = rest - mine;
            let gaps = f64::from(departures - 1).max(1.0);
            let seconds = f64::from(last.0 - first.0) * f64::from(nth) / gaps;
            (mine, Leaves::About(ServiceTime(first.0 + seconds.round() as u32)))
        })
        .collect()
}

/// Departures of one stop in a day, or between two times of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Those that are known to be in time; without two times, all.
    pub sure: Weight,
    /// Those that are in time when a number of trips is spread evenly from first to last.
    pub spread: Weight,
    /// All of the day that are so spread, in time or not.
    pub spread_all_day: Weight,
    /// Those of which the time is not known at all, or whether there are any.
    pub untimed: Weight,
}

impl Tally {
    /// What is counted: the sure ones, and those that an even spread puts into the time.
    pub fn counted(self) -> Weight {
        self.sure + self.spread
    }

    /// What it may be at most, whenever those depart of which no time is known.
    pub fn possible(self) -> Weight {
        self.counted() + self.untimed
    }

    /// What it may be at most, wherever between first and last the spread ones lie.
    pub fn most(self) -> Weight {
        self.sure + self.spread_all_day
    }

    fn add(&mut self, departure: &Departure, between: Option<Between>) {
        let Some(between) = between else {
            self.sure += departure.count;
            return;
        };
        match departure.leaves {
            Leaves::At(time) if between.holds(time) => self.sure += departure.count,
            Leaves::At(_) => {}
            Leaves::About(time) => {
                self.spread_all_day += departure.count;
                if between.holds(time) {
                    self.spread += departure.count;
                }
            }
            Leaves::Sometime => self.untimed += departure.count,
        }
    }

    fn join(&mut self, other: Tally) {
        self.sure += other.sure;
        self.spread += other.spread;
        self.spread_all_day += other.spread_all_day;
        self.untimed += other.untimed;
    }
}

/// Which departures are counted, and for whom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count<'c> {
    pub modes: &'c [Mode],
    pub between: Option<Between>,
    /// The platforms of one station have the departures of all of them.
    pub by_station: bool,
}

/// Departures by stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Departures {
    /// By stop; of a platform, with `by_station`, those of its station.
    pub tallies: Vec<Tally>,
    /// Stops that a vehicle of the modes leaves at all on that day, at whatever time.
    pub is_left: Vec<bool>,
    /// Stops that a service of the modes calls at on any day, whether or not it leaves them, as far as the data says so and no scenario.
    pub is_called: Vec<bool>,
    /// Services with departures, by how their times are known.
    pub timed_services: Vec<ServiceIdx>,
    pub numbered_services: Vec<ServiceIdx>,
}

impl Departures {
    /// The departures of every stop.
    pub fn new(transit: &Transit, count: Count<'_>) -> Departures {
        let stops = transit.stops.len();
        let is_wanted = |service: ServiceIdx| count.modes.contains(&transit.services[service.at()].mode);
        let mut own = vec![Tally::default(); stops];
        let (mut is_left, mut is_called) = (vec![false; stops], vec![false; stops]);
        let (mut timed_services, mut numbered_services) = (Vec::new(), Vec::new());
        each(transit, &is_wanted, &mut |departure| {
            own[departure.stop.at()].add(&departure, count.between);
            is_left[departure.stop.at()] = true;
            let list: &mut Vec<ServiceIdx> = match departure.leaves {
                Leaves::At(_) => &mut timed_services,
                Leaves::About(_) | Leaves::Sometime => &mut numbered_services,
            };
            // services come in order
            if list.last() != Some(&departure.service) {
                list.push(departure.service);
            }
        });
        for (at, service) in transit.services.iter().enumerate().filter(|(at, _)| is_wanted(ServiceIdx::new(*at))) {
            for pattern in service.patterns.iter().filter(|pattern| pattern.more != More::No) {
                let more = maybe(pattern);
                let back = pattern.stops.iter().skip(1).copied().filter(|_| pattern.both_ways);
                for stop in left(pattern).map(|(_, stop)| stop).chain(back) {
                    own[stop.at()].untimed += more;
                    is_left[stop.at()] = true;
                }
                if numbered_services.last() != Some(&ServiceIdx::new(at)) {
                    numbered_services.push(ServiceIdx::new(at));
                }
            }
        }
        numbered_services.sort_unstable();
        numbered_services.dedup();
        for service in transit.witnesses().filter(|service| count.modes.contains(&service.mode)) {
            service.patterns.iter().flat_map(|pattern| &pattern.stops).for_each(|stop| is_called[stop.at()] = true);
        }
        let tallies = match count.by_station {
            true => by_station(transit, &own),
            false => own,
        };
        Departures { tallies, is_left, is_called, timed_services, numbered_services }
    }
}

/// The stop's station, or the stop itself.
pub fn station(transit: &Transit, stop: StopIdx) -> StopIdx {
    transit.stop(stop).station.unwrap_or(stop)
}

fn by_station(transit: &Transit, own: &[Tally]) -> Vec<Tally> {
    let of = |at: usize| station(transit, StopIdx::new(at)).at();
    let mut together = vec![Tally::default(); own.len()];
    for (at, tally) in own.iter().enumerate() {
        together[of(at)].join(*tally);
    }
    (0..own.len()).map(|at| together[of(at)]).collect()
}
