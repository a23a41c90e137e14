//! One journey with its legs, for one minute of the window: what stands behind a travel time.

use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::impedance::Direction;
use crate::impedance::by_transit::ByTransit;
use crate::impedance::geodesic::geodesic_m;
use crate::impedance::raptor::Labels;
use crate::impedance::raptor::start;
use crate::impedance::times::UNREACHED;
use crate::impedance::timetable::NEVER;
use crate::impedance::timetable::Runs;
use crate::impedance::transit::Ends;
use crate::impedance::transit::TransitNetwork;
use crate::impedance::walks::Walker;
use crate::model::place::Place;
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
    /// In the vehicle, from the last stop of a trip to the first of that as which it goes on.
    Stay { from: StopIdx, to: StopIdx, seconds: u32 },
    /// By a vehicle. Where only its headway is known there is no trip, and it leaves after the wait that the settings say.
    Ride { service: ServiceIdx, pattern: u32, trip: Option<u32>, from: StopIdx, to: StopIdx, leaves: i32, arrives: i32 },
}

/// A ride as the search sees it: the last part of it, and what was ridden in the same vehicle before, the last first.
struct Found {
    /// Node at which it is boarded.
    from: u32,
    parts: Vec<Part>,
}

/// What is ridden on one trip.
#[derive(Clone, Copy)]
struct Part {
    service: u32,
    pattern: u32,
    trip: Option<u32>,
    from: u32,
    leaves: i32,
    to: u32,
    arrives: i32,
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
            let nodes = 0..self.timetable.nodes.len() as u32;
            let by_ride = nodes
                .filter_map(|stop| {
                    let walks = ends.walks.from(self.timetable.nodes.stop(stop));
                    let (_, seconds) = *walks.iter().find(|(to, _)| *to == end)?;
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
            for (nth, part) in found.parts.iter().enumerate() {
                if let Some(after) = nth.checked_sub(1).and_then(|after| found.parts.get(after)) {
                    let seconds = after.leaves.saturating_sub(part.arrives).max(0) as u32;
                    legs.push(Leg::Stay { from: StopIdx(part.to), to: StopIdx(after.from), seconds });
                }
                legs.push(Leg::Ride {
                    service: ServiceIdx(part.service),
                    pattern: part.pattern,
                    trip: part.trip,
                    from: StopIdx(part.from),
                    to: StopIdx(part.to),
                    leaves: part.leaves,
                    arrives: part.arrives,
                });
            }
            let ready = labels.ready(rides - 1, found.from);
            let before = (0..rides).find(|before| labels.ready(*before, found.from) == ready)?;
            if before == 0 {
                legs.push(Leg::Walk { seconds: (ready - at).max(0) as u32 });
                legs.reverse();
                return Some(legs);
            }
            let of = |node: u32| StopIdx(self.timetable.nodes.stop(node));
            let change = (0..self.timetable.nodes.len() as u32).find_map(|from| {
                let gets_off = labels.ride(before, from);
                let own = self.changes.from(from).iter().find(|(to, _)| *to == found.from)?;
                let is_it = gets_off != NEVER && gets_off.checked_add_unsigned(own.1) == Some(ready);
                is_it.then_some((from, own.1))
            });
            let (from, seconds) = change?;
            legs.push(Leg::Change { from: of(from), to: of(found.from), seconds });
            rides = (1..=before).find(|rides| labels.ride(*rides, from) == labels.ride(before, from))?;
            stop = from;
        }
    }

    /// A ride that is at a node at a time, boarded after one ride less; the first lane, boarded as late as can be.
    fn ride_to(&self, labels: &Labels, rides: usize, node: u32, arrives: i32) -> Option<Found> {
        let timetable = &self.timetable;
        let stop = timetable.nodes.stop(node);
        timetable.calls_at(stop).iter().find_map(|(number, position)| {
            let lane = &timetable.lanes[*number as usize];
            let position = *position as usize;
            if !timetable.alights_of(lane)[position] || timetable.off_of(lane)[position] != node {
                return None;
            }
            match lane.runs {
                Runs::Headway { first, last, wait, .. } => {
                    let on = timetable.on_of(lane);
                    let comes = timetable.arrivals(lane, 0)[position];
                    let boarded = |from: usize| {
                        let ready = labels.ready(rides - 1, on[from]);
                        let leaves = timetable.departures(lane, from as u32)[0];
                        if ready == NEVER || !timetable.boards(lane, from as u32) {
                            return None;
                        }
                        let starts = start(first, last, wait, ready - leaves);
                        (starts != NEVER && starts + comes == arrives).then(|| Found {
                            from: on[from],
                            parts: vec![Part {
                                service: lane.service,
                                pattern: lane.pattern,
                                trip: None,
                                from: timetable.nodes.stop(on[from]),
                                leaves: starts + leaves,
                                to: stop,
                                arrives,
                            }],
                        })
                    };
                    (0..position).rev().find_map(boarded)
                }
                Runs::Trips(count) => (0..count)
                    .filter(|vehicle| timetable.arrivals(lane, *vehicle)[position] == arrives)
                    .find_map(|vehicle| {
                        let mut seen = Vec::new();
                        self.boarded(labels, rides, (*number, vehicle), (position, stop, arrives), &mut seen)
                    }),
            }
        })
    }

    /// How one comes to sit in a vehicle before a call, which is told with its stop and the time there: boarded at one of its stops, as late as
    /// can be, or before it went on as this trip.
    fn boarded(
        &self,
        labels: &Labels,
        rides: usize,
        (number, vehicle): (u32, u32),
        (position, stop, arrives): (usize, u32, i32),
        seen: &mut Vec<(u32, u32)>,
    ) -> Option<Found> {
        let timetable = &self.timetable;
        let lane = &timetable.lanes[number as usize];
        let on = timetable.on_of(lane);
        let part = |from: usize| Part {
            service: lane.service,
            pattern: lane.pattern,
            trip: Some(timetable.trip(lane, vehicle)),
            from: timetable.nodes.stop(on[from]),
            leaves: timetable.departures(lane, from as u32)[vehicle as usize],
            to: stop,
            arrives,
        };
        let is_caught = |from: &usize| {
            let ready = labels.ready(rides - 1, on[*from]);
            let leaves = timetable.departures(lane, *from as u32)[vehicle as usize];
            ready != NEVER && timetable.boards(lane, *from as u32) && ready <= leaves
        };
        if let Some(from) = (0..position).rev().find(is_caught) {
            return Some(Found { from: on[from], parts: vec![part(from)] });
        }
        seen.push((number, vehicle));
        timetable.stays.before((number, vehicle)).iter().find_map(|(_, before)| {
            if seen.contains(before) {
                return None;
            }
            let lane = &timetable.lanes[before.0 as usize];
            let last = timetable.off_of(lane).len().checked_sub(1)?;
            let at_end = (timetable.nodes.stop(timetable.off_of(lane)[last]), timetable.arrivals(lane, before.1)[last]);
            let mut found = self.boarded(labels, rides, *before, (last, at_end.0, at_end.1), seen)?;
            found.parts.insert(0, part(0));
            Some(found)
        })
    }
}

/// A journey of the mirrored timetable as it is travelled.
fn turned(at: i32, arrives: i32, mut legs: Vec<Leg>) -> Journey {
    legs.reverse();
    for leg in &mut legs {
        match leg {
            Leg::Walk { .. } => {}
            Leg::Change { from, to, .. } | Leg::Stay { from, to, .. } => std::mem::swap(from, to),
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

    /// The way on foot from stop to stop where one changes: along the streets, or straight through a station where that is shorter, or where
    /// there is no street; metres and corners.
    pub fn change_way(&self, from: StopIdx, to: StopIdx) -> (f64, Vec<Place>) {
        let (a, b) = (&self.transit.stop(from).at, &self.transit.stop(to).at);
        let detour = match self.walker {
            Walker::Streets(_) => self.travel.walk_detour,
            Walker::Straight { detour, .. } => detour,
        };
        let straight = (geodesic_m(a.lonlat, b.lonlat) * detour, vec![*a, *b]);
        let station = self.transit.stop(from).station;
        let is_within = station.is_some() && station == self.transit.stop(to).station;
        match self.walker.way(a, b) {
            Some(way) if !is_within || way.0 <= straight.0 => way,
            _ => straight,
        }
    }

    /// How one walks.
    pub fn walker(&self) -> Walker<'a> {
        self.walker
    }

    /// The headway of a ride without a trip, seconds; `None` where there is a single departure, or none can be told.
    pub fn headway_s(&self, service: ServiceIdx, pattern: u32, from: StopIdx, leaves: i32) -> Option<u32> {
        let timetable = &self.timetable;
        let lanes = timetable.lanes.iter().filter(|lane| (lane.service, lane.pattern) == (service.0, pattern));
        lanes
            .filter_map(|lane| match lane.runs {
                Runs::Trips(_) => None,
                Runs::Headway { first, last, headway_s, .. } => Some((lane, first..=last, headway_s)),
            })
            .find(|(lane, hours, _)| {
                let starts = |position: usize| match self.is_mirrored() {
                    false => leaves.saturating_sub(timetable.departures(lane, position as u32)[0]),
                    true => (-leaves).saturating_sub(timetable.arrivals(lane, 0)[position]),
                };
                let nodes = if self.is_mirrored() { timetable.off_of(lane) } else { timetable.on_of(lane) };
                (0..nodes.len()).any(|nth| timetable.nodes.stop(nodes[nth]) == from.0 && hours.contains(&starts(nth)))
            })
            .filter(|(_, hours, headway_s)| hours.start() < hours.end() && *headway_s > 0)
            .map(|(.., headway_s)| headway_s)
    }
}
