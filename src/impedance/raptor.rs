//! Range-RAPTOR: earliest arrivals for one departure after another, round by round, after Delling, Pajor and Werneck (2012), "Round-Based Public
//! Transit Routing", ALENEX, sections 3.1 and 4.2.
//!
//! A round is one ride. Departures come latest first, and labels stay: whoever leaves earlier can wait for what a later departure takes, so
//! that only what gets better is looked at anew.

use crate::impedance::timetable::Lane;
use crate::impedance::timetable::NEVER;
use crate::impedance::timetable::Runs;
use crate::impedance::timetable::Timetable;
use crate::impedance::walks::Walks;

/// No vehicle, no lane position.
const NONE: u32 = u32::MAX;

/// What is searched.
#[derive(Clone, Copy)]
pub(crate) struct Search<'t> {
    pub timetable: &'t Timetable,
    /// From where one gets off to where one gets on again, with the seconds that must lie between; of each stop the shortest first.
    pub changes: &'t Walks,
    /// Rides at most, one or more.
    pub rounds: usize,
}

/// Labels of one search, and room to work in.
#[derive(Default)]
pub(crate) struct Labels {
    stops: usize,
    /// Earliest arrival by vehicle with at most so many rides: rides × stops.
    ride: Vec<i32>,
    /// When one can get on with at most so many rides behind oneself.
    ready: Vec<i32>,
    /// Stops at which one is ready earlier than before, in this round and for the next.
    marked: Vec<u32>,
    is_marked: Vec<bool>,
    next: Vec<u32>,
    is_next: Vec<bool>,
    /// Lanes to look along, with the position to begin at.
    queue: Vec<u32>,
    begin: Vec<u32>,
    /// Stops reached earlier in this round.
    reached: Vec<u32>,
    is_reached: Vec<bool>,
    /// Stops whose arrival with any number of rides is earlier by the last departure.
    better: Vec<u32>,
    is_better: Vec<bool>,
    /// By rides and lane, the first vehicle from which on all were gone on in as other trips; empty where nothing goes on.
    swept: Vec<u32>,
    /// The fewest rides with which one came to sit in each vehicle before its first stop.
    seated: Vec<u16>,
    /// Vehicles in which one goes on.
    onward: Vec<(u32, u32)>,
}

impl Labels {
    /// Forgets all departures.
    pub(crate) fn begin(&mut self, search: &Search<'_>) {
        let stops = search.timetable.nodes.len();
        self.stops = stops;
        self.ride.clear();
        self.ride.resize((search.rounds + 1) * stops, NEVER);
        self.ready.clear();
        self.ready.resize((search.rounds + 1) * stops, NEVER);
        self.marked.clear();
        self.better.clear();
        for flags in [&mut self.is_marked, &mut self.is_next, &mut self.is_reached, &mut self.is_better] {
            flags.clear();
            flags.resize(stops, false);
        }
        self.begin.clear();
        self.begin.resize(search.timetable.lanes.len(), NONE);
        self.swept.clear();
        self.seated.clear();
        if !search.timetable.stays.is_empty() {
            self.swept.resize((search.rounds + 1) * search.timetable.lanes.len(), NONE);
            self.seated.resize(search.timetable.vehicle_count(), u16::MAX);
        }
    }

    /// Nodes that the last departure reaches earlier than those before it.
    pub(crate) fn better(&self) -> &[u32] {
        &self.better
    }

    /// Earliest arrival by vehicle with at most so many rides; [`NEVER`] where there is none.
    pub(crate) fn ride(&self, rides: usize, stop: u32) -> i32 {
        self.ride[rides * self.stops + stop as usize]
    }

    /// When one can get on after at most so many rides.
    pub(crate) fn ready(&self, rides: usize, stop: u32) -> i32 {
        self.ready[rides * self.stops + stop as usize]
    }
}

/// Lowers a label, and those of more rides as far as they are not lower already. Whether it was the last of them too.
fn lower(labels: &mut [i32], stops: usize, from: usize, stop: usize, time: i32) -> bool {
    let mut at = from * stops + stop;
    while at < labels.len() {
        if labels[at] <= time {
            return false;
        }
        labels[at] = time;
        at += stops;
    }
    true
}

/// When the vehicle starts that one catches who could catch one that starts at `ready`.
pub(super) fn start(first: i32, last: i32, wait: i32, ready: i32) -> i32 {
    if ready <= first {
        first
    } else if ready <= last {
        last.min(ready + wait)
    } else {
        NEVER
    }
}

impl Search<'_> {
    /// One more departure, not later than those before, with the walks to stops; arrivals after `latest` do not count.
    pub(crate) fn depart(&self, labels: &mut Labels, access: &[(u32, u32)], at: i32, latest: i32) {
        for stop in labels.better.drain(..) {
            labels.is_better[stop as usize] = false;
        }
        for (stop, seconds) in access {
            let (stop, time) = (*stop as usize, at.saturating_add_unsigned(*seconds));
            if time <= latest && time < labels.ready[stop] {
                lower(&mut labels.ready, labels.stops, 0, stop, time);
                if !std::mem::replace(&mut labels.is_next[stop], true) {
                    labels.next.push(stop as u32);
                }
            }
        }
        for round in 1..=self.rounds {
            std::mem::swap(&mut labels.marked, &mut labels.next);
            std::mem::swap(&mut labels.is_marked, &mut labels.is_next);
            if labels.marked.is_empty() {
                break;
            }
            for stop in &labels.marked {
                for (lane, position) in self.timetable.calls_at(self.timetable.nodes.stop(*stop)) {
                    // the stop and the nodes beside it have their calls in one list
                    if self.timetable.on_of(&self.timetable.lanes[*lane as usize])[*position as usize] != *stop {
                        continue;
                    }
                    let begin = &mut labels.begin[*lane as usize];
                    if *begin == NONE {
                        labels.queue.push(*lane);
                    }
                    *begin = (*begin).min(*position);
                }
            }
            for at in 0..labels.queue.len() {
                let number = labels.queue[at] as usize;
                let begin = std::mem::replace(&mut labels.begin[number], NONE);
                let lane = &self.timetable.lanes[number];
                match lane.runs {
                    Runs::Trips(count) => self.along_trips(labels, (number as u32, lane), count, begin, round, latest),
                    Runs::Headway { .. } => self.along_headway(labels, lane, begin, round, latest),
                }
            }
            labels.queue.clear();
            for stop in labels.marked.drain(..) {
                labels.is_marked[stop as usize] = false;
            }
            self.change(labels, round, latest);
        }
        // marked for a round that there is not
        for stop in labels.next.drain(..) {
            labels.is_next[stop as usize] = false;
        }
    }

    fn along_trips(
        &self,
        labels: &mut Labels,
        (number, lane): (u32, &Lane),
        count: u32,
        begin: u32,
        round: usize,
        latest: i32,
    ) {
        let (off, on) = (self.timetable.off_of(lane), self.timetable.on_of(lane));
        let alights = self.timetable.alights_of(lane);
        let (behind, ahead) = ((round - 1) * labels.stops, round * labels.stops);
        let mut vehicle = count;
        let mut arrivals: &[i32] = &[];
        for position in begin as usize..off.len() {
            if vehicle < count {
                let (time, stop) = (arrivals[position], off[position] as usize);
                if time > latest {
                    vehicle = count;
                } else if time < labels.ride[ahead + stop] && alights[position] {
                    reach(labels, round, stop, time);
                }
            }
            let stop = on[position] as usize;
            if labels.is_marked[stop] && self.timetable.boards(lane, position as u32) {
                let ready = labels.ready[behind + stop];
                let departures = self.timetable.departures(lane, position as u32);
                // only one before the vehicle that one is on can be better
                if vehicle > 0 && departures[vehicle as usize - 1] >= ready {
                    vehicle = departures[..vehicle as usize].partition_point(|time| *time < ready) as u32;
                    arrivals = self.timetable.arrivals(lane, vehicle);
                }
            }
        }
        if vehicle < count && !self.timetable.stays.is_empty() {
            self.stay(labels, (number, lane), vehicle, round, latest);
        }
    }

    /// On in the vehicles of a lane that go on as other trips. Whoever catches a vehicle catches those behind it too, and one of those may be the
    /// only one that goes on.
    fn stay(&self, labels: &mut Labels, (number, lane): (u32, &Lane), vehicle: u32, round: usize, latest: i32) {
        let (timetable, lanes) = (self.timetable, self.timetable.lanes.len());
        let until = labels.swept[round * lanes + number as usize];
        if vehicle >= until {
            return;
        }
        for rides in round..=self.rounds {
            let swept = &mut labels.swept[rides * lanes + number as usize];
            *swept = (*swept).min(vehicle);
        }
        let ends = |vehicle: u32| timetable.arrivals(lane, vehicle).last().copied().unwrap_or(NEVER);
        let links = timetable.stays.onward(number, vehicle, until).iter();
        labels.onward.extend(links.filter(|((_, from), _)| ends(*from) <= latest).map(|(_, to)| *to));
        while let Some((number, vehicle)) = labels.onward.pop() {
            let seated = &mut labels.seated[timetable.number((number, vehicle))];
            if usize::from(*seated) <= round {
                continue;
            }
            *seated = round as u16;
            let lane = &timetable.lanes[number as usize];
            let (off, alights) = (timetable.off_of(lane), timetable.alights_of(lane));
            let arrivals = timetable.arrivals(lane, vehicle);
            for ((time, stop), alights) in arrivals.iter().zip(off).zip(alights) {
                if *time > latest {
                    break;
                }
                if *alights && *time < labels.ride[round * labels.stops + *stop as usize] {
                    reach(labels, round, *stop as usize, *time);
                }
            }
            if arrivals.last().is_some_and(|time| *time <= latest) {
                labels.onward.extend(timetable.stays.onward(number, vehicle, vehicle + 1).iter().map(|(_, to)| *to));
            }
        }
    }

    fn along_headway(&self, labels: &mut Labels, lane: &Lane, begin: u32, round: usize, latest: i32) {
        let Runs::Headway { first, last, wait, .. } = lane.runs else { return };
        let (off, on) = (self.timetable.off_of(lane), self.timetable.on_of(lane));
        let alights = self.timetable.alights_of(lane);
        let (behind, ahead) = ((round - 1) * labels.stops, round * labels.stops);
        let arrivals = self.timetable.arrivals(lane, 0);
        let mut starts = NEVER;
        for position in begin as usize..off.len() {
            if starts != NEVER {
                let (time, stop) = (starts + arrivals[position], off[position] as usize);
                if time > latest {
                    starts = NEVER;
                } else if time < labels.ride[ahead + stop] && alights[position] {
                    reach(labels, round, stop, time);
                }
            }
            let stop = on[position] as usize;
            if labels.is_marked[stop] && self.timetable.boards(lane, position as u32) {
                let ready = labels.ready[behind + stop] - self.timetable.departures(lane, position as u32)[0];
                starts = starts.min(start(first, last, wait, ready));
            }
        }
    }

    /// From the stops reached in this round to those where one can get on in the next.
    fn change(&self, labels: &mut Labels, round: usize, latest: i32) {
        let ahead = round * labels.stops;
        for at in 0..labels.reached.len() {
            let stop = labels.reached[at];
            labels.is_reached[stop as usize] = false;
            if round == self.rounds {
                continue;
            }
            let arrives = labels.ride[ahead + stop as usize];
            for (to, seconds) in self.changes.from(stop) {
                let (to, time) = (*to as usize, arrives.saturating_add_unsigned(*seconds));
                // shortest changes first
                if time > latest {
                    break;
                }
                if time < labels.ready[ahead + to] {
                    lower(&mut labels.ready, labels.stops, round, to, time);
                    if !std::mem::replace(&mut labels.is_next[to], true) {
                        labels.next.push(to as u32);
                    }
                }
            }
        }
        labels.reached.clear();
    }
}

fn reach(labels: &mut Labels, round: usize, stop: usize, time: i32) {
    let is_best = lower(&mut labels.ride, labels.stops, round, stop, time);
    if !std::mem::replace(&mut labels.is_reached[stop], true) {
        labels.reached.push(stop as u32);
    }
    if is_best && !std::mem::replace(&mut labels.is_better[stop], true) {
        labels.better.push(stop as u32);
    }
}
