//! Times by transit for very many places, e.g. the cells of an area: one search a facility, whichever end the clock hangs at; places only
//! look at the stops that they walk to.
//!
//! Where the clock hangs at the facility the search gives a time at each stop for each minute. Where it hangs at the place, who walks to a stop
//! is there at seconds that depend on the walk; so a profile is kept for each stop: by when one must be there to be at the facility at what
//! time. It comes from the same search against the way, begun at every second at which something calls near the facility. Nothing slower than
//! a limit is kept.

use std::ops::Range;

use rayon::prelude::*;

use crate::base::units::KmPerHour;
use crate::impedance::Direction;
use crate::impedance::Prepared;
use crate::impedance::Want;
use crate::impedance::by_transit::ByTransit;
use crate::impedance::segments::OffStreet;
use crate::impedance::segments::Snap;
use crate::impedance::times::UNREACHED;
use crate::impedance::times::nearest_rank;
use crate::impedance::timetable::Runs;
use crate::impedance::transit::TransitNetwork;
use crate::impedance::walks::Targets;
use crate::impedance::walks::Walker;
use crate::impedance::walks::Walks;
use crate::model::place::Place;
use crate::model::travel::Clock;

/// Facilities seen from the stops. Costs are those of [`ByTransit`] as far as the limit; what is beyond it is not there.
pub struct ByStops<'n> {
    network: &'n TransitNetwork<'n>,
    stops: Targets<'n>,
    direct: Targets<'n>,
    limit_s: u32,
    /// Where the facilities of each stop begin in `seen`.
    first: Vec<u32>,
    seen: Vec<Seen>,
    known: Known,
}

/// A facility from a stop.
#[derive(Debug, Clone, Copy)]
struct Seen {
    facility: u32,
    /// Seconds of the fastest way of all, without the walk to the stop.
    least_s: u32,
    /// Where what is known of it stands.
    from: u32,
    until: u32,
}

/// What is known of facilities from stops.
enum Known {
    /// Seconds for each minute of the window.
    Minutes(Vec<u16>),
    /// Runs, rising; the minutes of the window as the search sees them, rising too.
    Profiles(Vec<Run>, Vec<i32>),
}

/// Whoever is at the stop by `stop` is at the facility by `facility`; and so on, second by second, `count` times.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    stop: i32,
    facility: i32,
    count: i32,
}

/// Facilities from stops, each with the walk to the stop.
type Through<'s> = Vec<(&'s Seen, u32)>;

/// What one facility is from each stop that is within the limit: seconds of the fastest way, and what is known.
type Found<T> = Vec<(u32, u32, Vec<T>)>;

impl ByTransit<'_> {
    /// Facilities seen from the stops, as far as so many seconds, the limit included, or the longest time of the network.
    pub fn by_stops(&self, facilities: &[Place], limit_s: f64) -> ByStops<'_> {
        let network = &self.network;
        let limit_s = limit_s.clamp(0.0, f64::from(network.longest_s())).floor() as u32;
        let is_at_place = (self.direction == Direction::ToFacility) == (network.travel.clock == Clock::DepartAt);
        let (first, seen, known) = if is_at_place {
            let turned = network.turned();
            let mut minutes: Vec<i32> = (0..network.minutes()).map(|minute| network.time(minute)).collect();
            minutes.sort_unstable();
            let found = facilities.par_iter().map(|at| profiles(&turned, at, &minutes, limit_s)).collect::<Vec<_>>();
            let (first, seen, runs) = by_stop(found, network.transit.stops.len());
            (first, seen, Known::Profiles(runs, minutes))
        } else {
            let found = facilities.par_iter().map(|at| minutes_at_stops(network, at, limit_s)).collect::<Vec<_>>();
            let (first, seen, minutes) = by_stop(found, network.transit.stops.len());
            (first, seen, Known::Minutes(minutes))
        };
        ByStops {
            stops: network.stops_seen(self.direction),
            direct: network.walker.targets(facilities, self.direction),
            network,
            limit_s,
            first,
            seen,
            known,
        }
    }
}

fn minutes_at_stops(network: &TransitNetwork<'_>, facility: &Place, limit_s: u32) -> Found<u16> {
    let times = network.times_at_stops(std::slice::from_ref(facility));
    let Some(times) = times.first() else { return Vec::new() };
    let of = |stop: usize| {
        let own = times.by_vehicle(stop);
        let least_s = own.iter().copied().min().filter(|seconds| *seconds != UNREACHED).map(u32::from)?;
        (least_s <= limit_s).then(|| (stop as u32, least_s, own.to_vec()))
    };
    (0..times.len()).filter_map(of).collect()
}

/// The profile of every stop towards a facility, for who is at a place at the minutes (as the search along the way sees them, rising).
fn profiles(turned: &TransitNetwork<'_>, facility: &Place, minutes: &[i32], limit_s: u32) -> Found<Run> {
    let (Some(earliest), Some(latest)) = (minutes.first().copied(), minutes.last().copied()) else { return Vec::new() };
    let access = turned.access(facility);
    let (low, high) = (earliest, latest.saturating_add_unsigned(limit_s));
    // against the way times are negated
    let (mut starts, mut is_any_second): (Vec<i32>, bool) = (Vec::new(), false);
    for (stop, seconds) in &access {
        // the access names the stop beside its nodes, and all calls are in its list
        if turned.timetable.nodes.stop(*stop) != *stop {
            continue;
        }
        for (lane, position) in turned.timetable.calls_at(*stop) {
            let lane = &turned.timetable.lanes[*lane as usize];
            if !turned.timetable.boards(lane, *position) {
                continue;
            }
            match lane.runs {
                Runs::Headway { .. } => is_any_second = true,
                Runs::Trips(_) => {
                    let departures = turned.timetable.departures(lane, *position).iter();
                    let times = departures.map(|time| time.saturating_sub_unsigned(*seconds));
                    starts.extend(times.filter(|time| (low..=high).contains(&-time)));
                }
            }
        }
    }
    if is_any_second {
        starts = (low..=high).map(|time| -time).collect();
    }
    starts.sort_unstable_by(|a, b| b.cmp(a));
    starts.dedup();
    let enough = latest.saturating_add(turned.max_walk_s.ceil() as i32);
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); turned.transit.stops.len()];
    turned.departures(&access, &starts, limit_s, |labels, start| {
        for node in labels.better() {
            let (at_stop, at_facility) = (-labels.ride(turned.rounds(), *node), -start);
            let own = &mut runs[turned.timetable.nodes.stop(*node) as usize];
            // another node of the stop may be as good already
            if own.last().is_some_and(|last| last.stop + last.count > at_stop) {
                continue;
            }
            let is_enough = own.last().is_some_and(|last| last.stop + last.count > enough);
            if is_enough || at_stop < low || at_facility.saturating_sub(at_stop) > limit_s as i32 {
                continue;
            }
            match own.last_mut() {
                Some(last) if (last.stop + last.count, last.facility + last.count) == (at_stop, at_facility) => {
                    last.count += 1;
                }
                _ => own.push(Run { stop: at_stop, facility: at_facility, count: 1 }),
            }
        }
    });
    let of = |(stop, runs): (u32, Vec<Run>)| {
        let least_s = runs.iter().map(|run| run.facility - run.stop).min()?;
        Some((stop, least_s.max(0) as u32, runs))
    };
    (0u32..).zip(runs).filter_map(of).collect()
}

/// The facilities of each stop, rising.
fn by_stop<T: Clone>(found: Vec<Found<T>>, stops: usize) -> (Vec<u32>, Vec<Seen>, Vec<T>) {
    let mut first = vec![0u32; stops + 1];
    found.iter().flatten().for_each(|(stop, ..)| first[*stop as usize + 1] += 1);
    (0..stops).for_each(|stop| first[stop + 1] += first[stop]);
    let mut next = first.clone();
    let mut seen = vec![Seen { facility: 0, least_s: 0, from: 0, until: 0 }; first[stops] as usize];
    let mut known = Vec::with_capacity(found.iter().flatten().map(|(.., own)| own.len()).sum());
    for (facility, found) in (0u32..).zip(found) {
        for (stop, least_s, own) in found {
            let from = known.len() as u32;
            known.extend(own);
            seen[next[stop as usize] as usize] = Seen { facility, least_s, from, until: known.len() as u32 };
            next[stop as usize] += 1;
        }
    }
    (first, seen, known)
}

impl ByStops<'_> {
    fn at(&self, stop: u32) -> &[Seen] {
        &self.seen[self.first[stop as usize] as usize..self.first[stop as usize + 1] as usize]
    }

    /// Walks to the stops from which a facility is within the limit, place by place: what places need that are asked about one facility after
    /// another.
    pub fn walks(&self, at: &[(Place, Option<Snap>)]) -> Walks {
        let rows: Vec<Vec<(u32, u32)>> = at.par_iter().map(|(place, _)| self.access(place)).collect();
        Walks::of(&rows)
    }

    fn access(&self, place: &Place) -> Vec<(u32, u32)> {
        let mut access = self.stops.within(place, self.network.max_walk_s);
        access.retain(|(stop, _)| !self.at(*stop).is_empty());
        access
    }

    /// Stops from which one facility is within a limit, with the seconds of the fastest way of all.
    pub fn stops_of(&self, facility: u32, limit_s: f64) -> Vec<(u32, u32)> {
        let of = |stop: u32| self.of(stop, facility).map(|seen| (stop, seen.least_s));
        let stops = (0..self.first.len().saturating_sub(1) as u32).filter_map(of);
        stops.filter(|(_, seconds)| f64::from(*seconds) <= limit_s).collect()
    }

    fn of(&self, stop: u32, facility: u32) -> Option<&Seen> {
        let own = self.at(stop);
        own.binary_search_by_key(&facility, |seen| seen.facility).ok().map(|at| &own[at])
    }

    /// The longest walk to a stop, seconds.
    pub fn max_walk_s(&self) -> f64 {
        self.network.max_walk_s
    }

    /// The farthest that a walk of so many seconds leads, metres of a straight line.
    pub fn walked_m(&self, seconds: f64) -> f64 {
        let metres_of = |speed: KmPerHour| seconds * speed.0 / 3.6;
        match self.network.walker {
            Walker::Streets(network) => metres_of(KmPerHour(network.top_speed().0.max(network.off_speed.0))),
            Walker::Straight { speed, detour, .. } => metres_of(speed) / detour,
        }
    }

    /// Lowers the seconds of each minute to those through one stop, after a walk to it.
    fn lower(&self, best: &mut [u16], seen: &Seen, walk_s: u32) {
        let own: Range<usize> = seen.from as usize..seen.until as usize;
        match &self.known {
            Known::Minutes(seconds) => {
                for (best, ride) in best.iter_mut().zip(&seconds[own]) {
                    let whole = u32::from(*ride) + walk_s;
                    if *ride != UNREACHED && whole <= self.limit_s {
                        *best = (*best).min(whole as u16);
                    }
                }
            }
            Known::Profiles(runs, minutes) => {
                let mut runs = runs[own].iter();
                let Some(mut run) = runs.next() else { return };
                for (best, minute) in best.iter_mut().zip(minutes) {
                    let there = minute.saturating_add_unsigned(walk_s);
                    while run.stop + run.count <= there {
                        let Some(next) = runs.next() else { return };
                        run = next;
                    }
                    let seconds = run.facility + (there - run.stop).max(0) - minute;
                    if seconds <= self.limit_s as i32 {
                        *best = (*best).min(seconds.max(0) as u16);
                    }
                }
            }
        }
    }

    /// The percentile by vehicle through several stops, each with the walk to it; `None` beyond the limit.
    fn percentile<'s>(&self, through: impl Iterator<Item = (&'s Seen, u32)>) -> Option<u32> {
        let mut best = vec![UNREACHED; self.network.minutes()];
        through.for_each(|(seen, walk_s)| self.lower(&mut best, seen, walk_s));
        let rank = nearest_rank(self.network.travel.percentile, best.len()).min(best.len() - 1);
        let (_, seconds, _) = best.select_nth_unstable(rank);
        (*seconds != UNREACHED).then_some(u32::from(*seconds))
    }

    /// Facilities by vehicle from the stops that are walked to, each with the seconds of its fastest way: that one first.
    fn ways(&self, access: &[(u32, u32)]) -> Vec<(u32, u32, Through<'_>)> {
        let mut through: Vec<(&Seen, u32)> =
            access.iter().flat_map(|(stop, walk_s)| self.at(*stop).iter().map(|seen| (seen, *walk_s))).collect();
        through.retain(|(seen, walk_s)| seen.least_s + walk_s <= self.limit_s);
        through.sort_by_key(|(seen, _)| seen.facility);
        let mut ways: Vec<(u32, u32, Through<'_>)> = through
            .chunk_by(|a, b| a.0.facility == b.0.facility)
            .filter_map(|own| {
                let least_s = own.iter().map(|(seen, walk_s)| seen.least_s + walk_s).min()?;
                Some((least_s, own[0].0.facility, own.to_vec()))
            })
            .collect();
        ways.sort_by_key(|(least_s, facility, _)| (*least_s, *facility));
        ways
    }

    fn nearest(&self, origin: &Place) -> Option<(u32, f64)> {
        let mut best: Option<(u32, u32)> =
            self.direct.nearest(origin, self.limit_s).map(|(facility, seconds)| (seconds, facility));
        for (least_s, facility, through) in self.ways(&self.access(origin)) {
            // a percentile is never less than the fastest way
            if best.is_some_and(|(seconds, _)| least_s > seconds) {
                break;
            }
            if let Some(seconds) = self.percentile(through.into_iter()) {
                best = best.into_iter().chain([(seconds, facility)]).min();
            }
        }
        best.map(|(seconds, facility)| (facility, f64::from(seconds)))
    }

    /// The cost between one facility and some of the places of [`ByStops::walks`], where it is within the limit; in the order of `asked`.
    pub fn costs_along(
        &self,
        facility: u32,
        limit: f64,
        (at, walks): (&[(Place, Option<Snap>)], &Walks),
        asked: &[u32],
    ) -> Vec<Option<f64>> {
        let limit = limit.min(f64::from(self.limit_s));
        let places: Vec<(Place, Option<Snap>)> = asked.iter().map(|place| at[*place as usize]).collect();
        let on_foot = self.direct.seconds_of(facility, limit, &places);
        let cost = |(place, on_foot): (&u32, Option<u32>)| {
            let most_s = on_foot.map_or(limit, f64::from);
            let through: Vec<(&Seen, u32)> = walks
                .from(*place)
                .iter()
                .filter_map(|(stop, walk_s)| Some((self.of(*stop, facility)?, *walk_s)))
                .filter(|(seen, walk_s)| f64::from(seen.least_s + walk_s) <= most_s)
                .collect();
            let by_vehicle = if through.is_empty() { None } else { self.percentile(through.into_iter()) };
            let seconds = f64::from(on_foot.into_iter().chain(by_vehicle).min()?);
            (seconds <= limit).then_some(seconds)
        };
        asked.par_iter().zip(on_foot).map(cost).collect()
    }
}

impl Prepared for ByStops<'_> {
    fn row(&self, origin: &Place, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)> {
        let mut costs: Vec<(u32, u32)> = self.direct.within(origin, f64::from(self.limit_s));
        for (_, facility, through) in self.ways(&self.access(origin)) {
            costs.extend(self.percentile(through.into_iter()).map(|seconds| (facility, seconds)));
        }
        costs.retain(|(facility, _)| admits(*facility));
        costs.sort_unstable();
        costs.dedup_by_key(|(facility, _)| *facility);
        costs.sort_unstable_by_key(|(facility, seconds)| (*seconds, *facility));
        let mut row: Vec<(u32, f64)> =
            costs.into_iter().map(|(facility, seconds)| (facility, f64::from(seconds))).collect();
        match want {
            Want::Nearest => row.truncate(1),
            Want::First(most) => row.truncate(most),
            Want::Within(limit) => row.retain(|(_, cost)| *cost <= limit),
        }
        row
    }

    fn snapped(&self, place: &Place) -> Result<Option<Snap>, OffStreet> {
        self.stops.snapped(place)
    }

    fn nearest_beside(&self, origin: &Place, most_m: f64) -> Option<(u32, f64)> {
        let snap = self.snapped(origin).ok()?;
        if snap.is_some_and(|snap| snap.off_m > most_m) { None } else { self.nearest(origin) }
    }

    fn costs_of(&self, destination: u32, limit: f64, at: &[(Place, Option<Snap>)]) -> Vec<Option<f64>> {
        let all: Vec<u32> = (0..at.len() as u32).collect();
        self.costs_along(destination, limit, (at, &self.walks(at)), &all)
    }
}
