//! Which services lead from one unit to another without a change, trip by trip.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::clock::ServiceTime;
use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::metrics::connection::NearBorder;
use crate::metrics::connection::Nearness;
use crate::metrics::connection::Network;
use crate::metrics::departures::Departures;
use crate::metrics::departures::Lack;
use crate::metrics::departures::Needs;
use crate::metrics::departures::Ride;
use crate::metrics::service_day::ServiceDay;
use crate::metrics::service_day::departures;
use crate::model::transit::Call;
use crate::model::transit::Mode;
use crate::model::transit::More;
use crate::model::transit::Pattern;

/// One service between two units on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    pub service: ServiceIdx,
    /// From the pair's first unit to its second.
    pub there: Departures,
    /// From the second to the first.
    pub back: Departures,
    /// How far the service stops short of one of the units; 0 when it stops in both. Metres.
    pub short_m: f64,
}

impl Join {
    /// What both directions lack, there before back.
    pub fn lacks(&self, needs: &Needs) -> Vec<(Way, Lack)> {
        let there = self.there.lacks(needs).into_iter().map(|lack| (Way::There, lack));
        there.chain(self.back.lacks(needs).into_iter().map(|lack| (Way::Back, lack))).collect()
    }

    /// Trips a day of the weaker direction.
    pub fn trips(&self) -> f64 {
        self.there.trips().min(self.back.trips())
    }
}

/// From a pair's first unit to its second, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    There,
    Back,
}

/// Joins by unit pair (`a < b`), in the order of the services.
pub type Joins = BTreeMap<(usize, usize), Vec<Join>>;

/// Which stops count as ends of a way from unit to unit.
#[derive(Clone, Copy)]
pub struct Ends<'e> {
    pub near_border: NearBorder,
    /// Seconds to walk between a stop and the unit's centre where centres are asked for, else 0; `None` when the stop does not count.
    pub walk_s: &'e dyn Fn(StopIdx, usize) -> Option<u32>,
    /// Units that a stop outside of them serves too; empty for none.
    pub nearness: &'e Nearness,
}

/// A stop that is an end in a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// It is counted in the unit, not only near it.
    pub inside: bool,
    pub walk_s: u32,
    /// Distance to the unit, 0 inside; metres.
    pub short_m: f64,
}

impl Ends<'_> {
    /// The units that a stop is an end in, inside or near.
    pub fn of(&self, network: &Network<'_>, stop: StopIdx) -> Vec<(usize, Spot)> {
        let inside = network.units_of(stop, self.near_border);
        let mut found: Vec<(usize, Spot)> = Vec::new();
        for unit in &inside {
            if let Some(walk_s) = (self.walk_s)(stop, *unit) {
                found.push((*unit, Spot { inside: true, walk_s, short_m: 0.0 }));
            }
        }
        for (unit, short_m) in self.nearness.get(stop.at()).into_iter().flatten() {
            if !inside.contains(unit) {
                found.push((*unit, Spot { inside: false, walk_s: 0, short_m: *short_m }));
            }
        }
        found
    }
}

/// Spots of one pattern in one unit, by position along it.
type Spots = Vec<(usize, Spot)>;

/// The services of `modes` that lead from one unit to another and back, of those pairs that are asked for.
///
/// A trip leads from one unit to another when one can get on in the first and off in the second later on. At one end the stop must lie in
/// its unit, at the other it may be near it only. Trips of all patterns of a service add up; a trip counts once a direction. A pattern
/// that runs both ways is counted in reverse too, by number.
pub fn joins(
    network: &Network<'_>,
    day: &ServiceDay<'_>,
    modes: &[Mode],
    ends: Ends<'_>,
    pairs: &BTreeSet<(usize, usize)>,
) -> Joins {
    let mut found = Joins::new();
    for (at, service) in day.transit.services.iter().enumerate() {
        if !modes.contains(&service.mode) {
            continue;
        }
        let mut mine: BTreeMap<(usize, usize), Join> = BTreeMap::new();
        for pattern in &service.patterns {
            let spots = spots(network, pattern, ends);
            for (i, of_i) in &spots {
                for (j, of_j) in spots.range(i + 1..) {
                    if !pairs.contains(&(*i, *j)) {
                        continue;
                    }
                    let empty = || Join {
                        service: ServiceIdx::new(at),
                        there: Departures::default(),
                        back: Departures::default(),
                        short_m: f64::INFINITY,
                    };
                    let join = mine.entry((*i, *j)).or_insert_with(empty);
                    let short =
                        |spots: &Spots| spots.iter().map(|(_, spot)| spot.short_m).fold(f64::INFINITY, f64::min);
                    join.short_m = join.short_m.min(short(of_i).max(short(of_j)));
                    add(day, pattern, of_i, of_j, &mut join.there);
                    add(day, pattern, of_j, of_i, &mut join.back);
                }
            }
        }
        for (key, mut join) in mine {
            join.there.rides.sort_by_key(|ride| (ride.leaves, ride.takes_s));
            join.back.rides.sort_by_key(|ride| (ride.leaves, ride.takes_s));
            found.entry(key).or_default().push(join);
        }
    }
    found
}

fn spots(network: &Network<'_>, pattern: &Pattern, ends: Ends<'_>) -> BTreeMap<usize, Spots> {
    let mut spots: BTreeMap<usize, Spots> = BTreeMap::new();
    for (position, stop) in pattern.stops.iter().enumerate() {
        for (unit, spot) in ends.of(network, *stop) {
            spots.entry(unit).or_default().push((position, spot));
        }
    }
    spots
}

/// Adds the departures of a pattern from the spots of one unit to those of another.
fn add(day: &ServiceDay<'_>, pattern: &Pattern, from: &Spots, to: &Spots, sum: &mut Departures) {
    let stop_at = |position: usize| pattern.stops[position];
    let ride = |calls: &[Call], later: u32| {
        let call = |position: usize| calls.get(position).copied().unwrap_or_default();
        let best = quickest(from, to, &call, &stop_at)?;
        Some(Ride {
            leaves: ServiceTime(call(best.from).leaves.0.saturating_add(later)),
            takes_s: best.takes_s,
            from: pattern.stops[best.from],
            to: pattern.stops[best.to],
        })
    };
    let is_dated = day.is_dated(pattern);
    let span = pattern.first.zip(pattern.last).filter(|_| !is_dated);
    let last = pattern.stops.len().saturating_sub(1);
    // the place in the line is all there is of time
    let in_order = |position: usize| Call::new(position as u32, position as u32);
    let untimed = |sum: &mut Departures, from: &Spots, to: &Spots, stop: &dyn Fn(usize) -> StopIdx, trips: f64| {
        let there_may_be = trips > 0.0 || pattern.more != More::No;
        let Some(best) = quickest(from, to, &in_order, stop).filter(|_| there_may_be) else { return };
        sum.add_untimed(trips, pattern.more);
        sum.stops = sum.stops.or(Some((stop(best.from), stop(best.to))));
        match span {
            Some((first, last)) => {
                let own = sum.span.unwrap_or((first, last));
                sum.span = Some((own.0.min(first), own.1.max(last)));
            }
            None => sum.spanless = true,
        }
    };
    if is_dated {
        sum.rides.extend(day.trips(pattern).filter_map(|trip| ride(&trip.calls, 0)));
        for runs in day.frequencies(pattern) {
            sum.rides.extend(departures(runs).filter_map(|leaves| ride(&runs.calls, leaves.0)));
        }
    } else {
        // round and round: what lies before the first stop is called at after it too
        let again = |(at, spot): &(usize, Spot)| (at + last, *spot);
        let around = to.iter().filter(|_| pattern.is_loop).map(again).filter(|(at, _)| *at > last);
        let to: Spots = to.iter().copied().chain(around).collect();
        let stop = |position: usize| pattern.stops[if position > last { position - last } else { position }];
        untimed(sum, from, &to, &stop, pattern.trips_per_day);
    }
    if pattern.both_ways {
        let mirrored = |spots: &Spots| spots.iter().rev().map(|(at, spot)| (last - at, *spot)).collect::<Spots>();
        let stop = |position: usize| pattern.stops[last - position];
        untimed(sum, &mirrored(from), &mirrored(to), &stop, day.trips_per_day(pattern));
    }
}

/// Adds the departures of a pattern from some of its stops to others, both by rising position along it.
pub(crate) fn between(day: &ServiceDay<'_>, pattern: &Pattern, from: &[usize], to: &[usize], sum: &mut Departures) {
    let spots = |positions: &[usize]| -> Spots {
        positions.iter().map(|position| (*position, Spot { inside: true, walk_s: 0, short_m: 0.0 })).collect()
    };
    add(day, pattern, &spots(from), &spots(to), sum);
}

/// Positions of the stops of the quickest way.
struct Best {
    from: usize,
    to: usize,
    takes_s: u32,
}

/// Departures that are ready: the latest, and the latest from another stop than that one.
#[derive(Default)]
struct Ready {
    latest: Option<(usize, i64)>,
    other: Option<(usize, i64)>,
}

impl Ready {
    fn add(&mut self, start: usize, at: i64, stop: &dyn Fn(usize) -> StopIdx) {
        let later = |held: &Option<(usize, i64)>| held.is_none_or(|(_, known)| at > known);
        let is_same = self.latest.is_some_and(|(known, _)| stop(known) == stop(start));
        if later(&self.latest) {
            if !is_same {
                self.other = self.latest;
            }
            self.latest = Some((start, at));
        } else if !is_same && later(&self.other) {
            self.other = Some((start, at));
        }
    }

    /// The latest from another stop than that at a position.
    fn to(&self, end: usize, stop: &dyn Fn(usize) -> StopIdx) -> Option<(usize, i64)> {
        let is_other = |held: &(usize, i64)| stop(held.0) != stop(end);
        self.latest.filter(is_other).or(self.other.filter(is_other))
    }
}

/// The quickest way from one of some spots to a later one of others at another stop, the earliest of several; both in the order of travel.
/// Who comes back to the stop where he got on has gone nowhere.
fn quickest(from: &Spots, to: &Spots, call: &dyn Fn(usize) -> Call, stop: &dyn Fn(usize) -> StopIdx) -> Option<Best> {
    let mut best: Option<Best> = None;
    // departures from spots inside, and from any
    let (mut inside, mut any) = (Ready::default(), Ready::default());
    let mut waiting = from.iter().peekable();
    for (end, spot) in to {
        let here = call(*end);
        while let Some((start, origin)) = waiting.next_if(|(start, _)| start < end) {
            let leaves = call(*start);
            if !leaves.boards {
                continue;
            }
            let ready = i64::from(leaves.leaves.0) - i64::from(origin.walk_s);
            any.add(*start, ready, stop);
            if origin.inside {
                inside.add(*start, ready, stop);
            }
        }
        let origin = if spot.inside { any.to(*end, stop) } else { inside.to(*end, stop) };
        let Some((start, ready)) = origin.filter(|_| here.alights) else { continue };
        let takes = i64::from(here.arrives.0) + i64::from(spot.walk_s) - ready;
        let takes_s = u32::try_from(takes.max(0)).unwrap_or(u32::MAX);
        if best.as_ref().is_none_or(|best| takes_s < best.takes_s) {
            best = Some(Best { from: start, to: *end, takes_s });
        }
    }
    best
}
