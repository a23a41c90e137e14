//! Changes between vehicles: at the stop itself, on foot, through a station, and as the feeds say.

use rayon::prelude::*;

use crate::impedance::geodesic::geodesic_m;
use crate::impedance::timetable::Timetable;
use crate::impedance::walks::ROUNDING_S;
use crate::impedance::walks::Targets;
use crate::impedance::walks::Walker;
use crate::impedance::walks::Walks;
use crate::impedance::walks::whole;
use crate::model::place::Place;
use crate::model::transit::Transit;
use crate::model::travel::Travel;

/// A walk of the straight line, for where no street is.
struct Straight<'a> {
    places: &'a [Place],
    metre_s: f64,
    max_walk_s: f64,
}

impl Straight<'_> {
    /// Seconds from stop to stop, where they are within the longest walk.
    fn between(&self, from: u32, to: u32) -> Option<u32> {
        let (a, b) = (self.places.get(from as usize)?, self.places.get(to as usize)?);
        let seconds = geodesic_m(a.lonlat, b.lonlat) * self.metre_s;
        (seconds <= self.max_walk_s + ROUNDING_S).then(|| whole(seconds))
    }
}

/// Every change that can be made, by where one gets off, with the seconds that must lie between; the shortest first.
///
/// - On foot within the longest walk: along the streets, or straight. Between two platforms of one station the straight line counts, times the
///   detour, where that is shorter or no street leads from one to the other.
/// - Where a feed gives a time for the change that holds instead, whatever the walk; where it says that nobody can change, nobody does. A change
///   that it names without a time is made straight where no street leads to it.
/// - Rules of certain services or trips go before those, the most exact first.
pub(super) fn changes(
    transit: &Transit,
    travel: &Travel,
    timetable: &Timetable,
    (walker, stops): (Walker<'_>, &Targets<'_>),
    max_walk_s: f64,
) -> Walks {
    let places: Vec<Place> = transit.stops.iter().map(|stop| stop.at).collect();
    let (speed, detour) = match walker {
        Walker::Streets(network) => (network.off_speed, travel.walk_detour),
        Walker::Straight { speed, detour, .. } => (speed, detour),
    };
    let straight = Straight { places: &places, metre_s: speed.seconds(detour), max_walk_s };
    let mut told: Vec<Vec<(u32, Option<u32>, bool)>> = vec![Vec::new(); places.len()];
    for transfer in &transit.transfers {
        if let Some(list) = told.get_mut(transfer.from.at()).filter(|_| transfer.to.at() < places.len()) {
            list.push((transfer.to.0, transfer.least_s, transfer.is_forbidden));
        }
    }
    let mut platforms: Vec<Vec<u32>> = vec![Vec::new(); places.len()];
    for (at, stop) in (0u32..).zip(&transit.stops) {
        if let Some(list) = stop.station.and_then(|station| platforms.get_mut(station.at())) {
            list.push(at);
        }
    }
    let walks = |from: u32| {
        let mut row: Vec<(u32, u32)> = stops.within(&places[from as usize], max_walk_s);
        row.retain(|(to, _)| *to != from);
        let station = transit.stops[from as usize].station;
        for to in station.into_iter().flat_map(|station| &platforms[station.at()]).filter(|to| **to != from) {
            let Some(seconds) = straight.between(from, *to) else { continue };
            match row.iter_mut().find(|(other, _)| other == to) {
                Some((_, known)) => *known = (*known).min(seconds),
                None => row.push((*to, seconds)),
            }
        }
        row.push((from, 0));
        row
    };
    let rows: Vec<Vec<(u32, u32)>> = (0..places.len() as u32)
        .into_par_iter()
        .map(|from| {
            let mut row = walks(from);
            for (_, seconds) in &mut row {
                *seconds += travel.change_s;
            }
            let own = &told[from as usize];
            for (nth, (to, ..)) in own.iter().enumerate() {
                if own[..nth].iter().any(|(other, ..)| other == to) {
                    continue;
                }
                let same = || own.iter().filter(|(other, ..)| other == to);
                let is_ruled = same().any(|(_, least_s, is_forbidden)| *is_forbidden || least_s.is_some());
                let seconds = if is_ruled {
                    row.retain(|(other, _)| other != to);
                    same().filter(|(.., is_forbidden)| !is_forbidden).filter_map(|(_, least_s, _)| *least_s).min()
                } else if row.iter().any(|(other, _)| other == to) {
                    None
                } else {
                    straight.between(from, *to).map(|seconds| seconds + travel.change_s)
                };
                row.extend(seconds.map(|seconds| (*to, seconds)));
            }
            row.sort_unstable_by_key(|(to, seconds)| (*seconds, *to));
            row
        })
        .collect();
    if transit.narrow_transfers.is_empty() {
        return Walks::of(&rows);
    }
    let walked = |from: u32, to: u32| {
        let walk = walks(from).into_iter().find(|(other, _)| *other == to).map(|(_, seconds)| seconds);
        walk.or_else(|| straight.between(from, to)).map(|seconds| seconds + travel.change_s)
    };
    Walks::of(&timetable.nodes.changes(transit, rows, &walked))
}
