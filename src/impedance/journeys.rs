//! One journey with its legs, for one minute of the window: what stands behind a travel time.

use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::impedance::Direction;
use crate::impedance::by_transit::ByTransit;
use crate::impedance::headways;
use crate::impedance::raptor::Labels;
use crate::impedance::raptor::start;
use crate::impedance::times::UNREACHED;
use crate::impedance::timetable::NEVER;
use crate::impedance::timetable::Runs;
use crate::impedance::transit::Ends;
use crate::impedance::transit::TransitNetwork;
use crate::impedance::walks::Walker;
use crate::model::place::Place;
use crate::model::transit::Call;
use crate::model::transit::Transit;
use crate::model::travel::Clock;
use crate::model::travel::Travel;

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

/// A journey that takes as long as a cost says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfCost {
    /// Minute of the window, from 0: the first with this cost.
    pub minute: usize,
    pub journey: Journey,
}

impl ByTransit<'_> {
    /// The journey between a demand point and one of the facilities whose time is the cost, at the first minute of the window that has it; a
    /// percentile is always the time of some minute. `None` where no minute has it.
    pub fn journey_of(&self, point: &Place, facilities: &[Place], facility: u32, cost_s: u32) -> Option<OfCost> {
        let network = self.network;
        let is_at_point = (self.direction == Direction::ToFacility) == (network.travel.clock == Clock::DepartAt);
        let other = *facilities.get(facility as usize)?;
        let (start, ends, end) = match is_at_point {
            true => (*point, network.ends(facilities), facility),
            false => (other, network.ends(std::slice::from_ref(point)), 0),
        };
        let times = network.times(&start, &ends);
        let takes = |journey: &Journey| i64::from(journey.arrives) - i64::from(journey.leaves);
        (0..network.minutes())
            .filter(|minute| times.at(end as usize, *minute) == Some(cost_s))
            .filter_map(|minute| Some(OfCost { minute, journey: network.journey(&start, &ends, end, minute)? }))
            .find(|found| takes(&found.journey) == i64::from(cost_s))
    }
}

impl<'a> TransitNetwork<'a> {
    /// The stops and services that it was made of.
    pub fn transit(&self) -> &'a Transit {
        self.transit
    }

    /// How people travel with it.
    pub fn travel(&self) -> &Travel {
        &self.travel
    }

    /// How one walks.
    pub fn walker(&self) -> Walker<'a> {
        self.walker
    }

    /// The headway of a ride without a trip, seconds; `None` where there is a single departure, or none can be told.
    pub fn headway_s(&self, service: ServiceIdx, pattern: u32, from: StopIdx, leaves: i32) -> Option<u32> {
        let pattern = self.transit.services.get(service.at())?.patterns.get(pattern as usize)?;
        let (runs, _) = headways::of(pattern, &self.transit.stops, &self.travel);
        let day = self.travel.date.or(self.transit.date);
        let days = [day, day.map(|day| day.yesterday()), day.map(|day| day.tomorrow())];
        days.into_iter()
            .zip([0, -86_400, 86_400])
            .find_map(|(date, shift)| {
                let is_it = |run: &&headways::Run| {
                    let frequency = &run.frequency;
                    let calendar = frequency.calendar.map(|calendar| self.transit.calendars.get(calendar.at()));
                    let runs = calendar.is_none_or(|one| one.zip(date).is_some_and(|(one, date)| one.runs_on(date)));
                    let calls =
                        |nth: usize| pattern.stops.get(if run.is_back { pattern.stops.len() - 1 - nth } else { nth });
                    let hours = |calls_s: u32| {
                        let at = i64::from(calls_s) + shift;
                        i64::from(frequency.first.0) + at..=i64::from(frequency.last.0) + at
                    };
                    let is_then = |(nth, call): (usize, &Call)| {
                        calls(nth) == Some(&from) && hours(call.leaves.0).contains(&i64::from(leaves))
                    };
                    runs && frequency.calls.len() == pattern.stops.len()
                        && frequency.calls.iter().enumerate().any(is_then)
                };
                runs.iter().find(is_it).map(|run| run.frequency.headway_s)
            })
            .filter(|seconds| *seconds > 0)
    }
}
