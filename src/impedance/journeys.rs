//! One journey with its legs, for one minute of the window: what stands behind a travel time.

use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::impedance::raptor::Labels;
use crate::impedance::raptor::start;
use crate::impedance::times::UNREACHED;
use crate::impedance::timetable::NEVER;
use crate::impedance::timetable::Runs;
use crate::impedance::transit::Ends;
use crate::impedance::transit::TransitNetwork;
use crate::model::place::Place;

/// A journey as it is travelled. Times are seconds of the day's own clock, and may lie before the day or after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    pub leaves: i32,
    pub arrives: i32,
    pub legs: Vec<Leg>,
}

/// A part of a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leg {
    /// All the way, to the first stop, or from the last one.
    Walk { seconds: u32 },
    /// From where one gets off to where one gets on, the same stop or another: the walk and the least time that a change takes.
    Change { from: StopIdx, to: StopIdx, seconds: u32 },
    /// By a vehicle. Where only its headway is known there is no trip, and it leaves after the wait that the settings say.
    Ride { service: ServiceIdx, pattern: u32, trip: Option<u32>, from: StopIdx, to: StopIdx, leaves: i32, arrives: i32 },
}

/// A ride as the search sees it.
struct Found {
    service: u32,
    pattern: u32,
    trip: Option<u32>,
    /// Stop at which it is boarded.
    from: u32,
    leaves: i32,
}

impl TransitNetwork<'_> {
    /// The fastest journey between a start and one of the ends at a minute of the window; of those as fast the one with the fewest rides, then
    /// by the first stop. `None` where there is none within the longest time.
    pub fn journey(&self, at_start: &Place, ends: &Ends<'_>, end: u32, minute: usize) -> Option<Journey> {
        let at = self.time(minute);
        let access = self.access(at_start);
        let walk = ends.on_foot(at_start, self.longest_s())[end as usize];
        let rounds = self.rounds();
        self.with_departure(&access, at, |labels| {
            let stops = 0..self.timetable.stop_count as u32;
            let by_ride = stops
                .filter_map(|stop| {
                    let (_, seconds) = *ends.walks.from(stop).iter().find(|(to, _)| *to == end)?;
                    let arrives = labels.ride(rounds, stop);
                    let rides = (1..=rounds).find(|rides| labels.ride(*rides, stop) == arrives)?;
                    let total = arrives.checked_add_unsigned(seconds)?;
                    (arrives != NEVER).then_some((total, rides, stop, seconds))
                })
                .min()
                .filter(|(total, ..)| *total <= at.saturating_add_unsigned(self.longest_s()));
            let on_foot = (walk != UNREACHED).then(|| at + i32::from(walk));
            let (arrives, legs) = match (by_ride, on_foot) {
                (Some((total, rides, stop, seconds)), on_foot) if on_foot.is_none_or(|on_foot| total < on_foot) => {
                    (total, self.legs(labels, at, rides, stop, seconds)?)
                }
                (_, Some(arrives)) => (arrives, vec![Leg::Walk { seconds: u32::from(walk) }]),
                (_, None) => return None,
            };
            Some(if self.is_mirrored() { turned(at, arrives, legs) } else { Journey { leaves: at, arrives, legs } })
        })
    }

    /// The legs of a search to a stop, walked from so many seconds, as the search sees them.
    fn legs(&self, labels: &Labels, at: i32, rides: usize, stop: u32, egress_s: u32) -> Option<Vec<Leg>> {
        let mut legs = vec![Leg::Walk { seconds: egress_s }];
        let (mut rides, mut stop) = (rides, stop);
        loop {
            let arrives = labels.ride(rides, stop);
            let found = self.ride_to(labels, rides, stop, arrives)?;
            legs.push(Leg::Ride {
                service: ServiceIdx(found.service),
                pattern: found.pattern,
                trip: found.trip,
                from: StopIdx(found.from),
                to: StopIdx(stop),
                leaves: found.leaves,
                arrives,
            });
            let ready = labels.ready(rides - 1, found.from);
            let before = (0..rides).find(|before| labels.ready(*before, found.from) == ready)?;
            if before == 0 {
                legs.push(Leg::Walk { seconds: (ready - at).max(0) as u32 });
                legs.reverse();
                return Some(legs);
            }
            let change = (0..self.timetable.stop_count as u32).find_map(|from| {
                let gets_off = labels.ride(before, from);
                let own = self.changes.from(from).iter().find(|(to, _)| *to == found.from)?;
                let is_it = gets_off != NEVER && gets_off.checked_add_unsigned(own.1) == Some(ready);
                is_it.then_some((from, own.1))
            });
            let (from, seconds) = change?;
            legs.push(Leg::Change { from: StopIdx(from), to: StopIdx(found.from), seconds });
            rides = (1..=before).find(|rides| labels.ride(*rides, from) == labels.ride(before, from))?;
            stop = from;
        }
    }

    /// A ride that is at a stop at a time, boarded after one ride less; the first lane, boarded as late as can be.
    fn ride_to(&self, labels: &Labels, rides: usize, stop: u32, arrives: i32) -> Option<Found> {
        let timetable = &self.timetable;
        timetable.calls_at(stop).iter().find_map(|(number, position)| {
            let lane = &timetable.lanes[*number as usize];
            let (stops, position) = (timetable.stops_of(lane), *position as usize);
            if !timetable.alights_of(lane)[position] {
                return None;
            }
            let boarded = |vehicle: u32| {
                let comes = timetable.arrivals(lane, vehicle)[position];
                (0..position).rev().filter(|from| timetable.boards(lane, *from as u32)).find_map(|from| {
                    let ready = labels.ready(rides - 1, stops[from]);
                    let leaves = timetable.departures(lane, from as u32)[vehicle as usize];
                    let found = |trip: Option<u32>, leaves: i32| Found {
                        service: lane.service,
                        pattern: lane.pattern,
                        trip,
                        from: stops[from],
                        leaves,
                    };
                    if ready == NEVER {
                        return None;
                    }
                    match lane.runs {
                        Runs::Trips(_) => (comes == arrives && ready <= leaves)
                            .then(|| found(Some(timetable.trip(lane, vehicle)), leaves)),
                        Runs::Headway { first, last, wait } => {
                            let starts = start(first, last, wait, ready - leaves);
                            (starts != NEVER && starts + comes == arrives).then(|| found(None, starts + leaves))
                        }
                    }
                })
            };
            let count = match lane.runs {
                Runs::Trips(count) => count,
                Runs::Headway { .. } => 1,
            };
            (0..count).find_map(boarded)
        })
    }
}

/// A journey of the mirrored timetable as it is travelled.
fn turned(at: i32, arrives: i32, mut legs: Vec<Leg>) -> Journey {
    legs.reverse();
    for leg in &mut legs {
        match leg {
            Leg::Walk { .. } => {}
            Leg::Change { from, to, .. } => std::mem::swap(from, to),
            Leg::Ride { from, to, leaves, arrives, .. } => {
                std::mem::swap(from, to);
                (*leaves, *arrives) = (-*arrives, -*leaves);
            }
        }
    }
    Journey { leaves: -arrives, arrives: -at, legs }
}
