//! Staying in a vehicle that goes on as another trip.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::idx::StopIdx;
use crate::impedance::geodesic::geodesic_m;
use crate::model::transit::Transit;
use crate::model::transit::TripAt;

/// A vehicle that stands longer between two trips of a block is not stayed in: passengers are mostly asked to get off.
const LONGEST_LAYOVER_S: i32 = 30 * 60;
/// The last stop of a trip and the first of the next are no farther apart where they are neither one stop nor of one station; OpenTripPlanner's
/// `maxInterlineDistance`.
const NEAR_M: f64 = 200.0;
/// Seconds within which the second of two trips that a feed links leaves: perhaps on the next day.
const LINKED_S: i32 = 86_400;

/// Lane, and vehicle in it.
pub(crate) type Vehicle = (u32, u32);

/// From which vehicle one goes on in which other without getting off.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Stays {
    /// Rising.
    onward: Vec<(Vehicle, Vehicle)>,
    /// The other way round, rising.
    back: Vec<(Vehicle, Vehicle)>,
}

/// A run of a trip on a day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instance {
    /// Departure from its first stop, arrival at its last.
    pub starts: i32,
    pub ends: i32,
    pub vehicle: Vehicle,
}

/// Trips that may be gone on in, or from.
pub(super) fn trips(transit: &Transit) -> BTreeSet<TripAt> {
    let linked = transit.in_seat.iter().filter(|one| one.is_allowed).flat_map(|one| [one.from, one.to]);
    transit.blocks.iter().flatten().copied().chain(linked).collect()
}

impl Stays {
    /// Of the runs of trips. Trips of one block follow each other where the next leaves from the stop at which the one before ends, from one
    /// of the same station or within [`NEAR_M`], no later than [`LONGEST_LAYOVER_S`] after it has arrived.
    pub(super) fn of(transit: &Transit, runs: &BTreeMap<TripAt, Vec<Instance>>) -> Stays {
        let ends = |at: TripAt| {
            let pattern = transit.services.get(at.service.at())?.patterns.get(at.pattern as usize)?;
            Some((*pattern.stops.first()?, *pattern.stops.last()?))
        };
        let is_near = |from: TripAt, to: TripAt| {
            let Some(((_, last), (first, _))) = ends(from).zip(ends(to)) else { return false };
            let place = |stop: StopIdx| transit.stop(stop).at.lonlat;
            transit.station_of(last) == transit.station_of(first) || geodesic_m(place(last), place(first)) <= NEAR_M
        };
        let barred: BTreeSet<(TripAt, TripAt)> =
            transit.in_seat.iter().filter(|one| !one.is_allowed).map(|one| (one.from, one.to)).collect();
        let mut links: BTreeSet<(Vehicle, Vehicle)> = BTreeSet::new();
        for block in &transit.blocks {
            let mut own: Vec<(i32, i32, TripAt, Vehicle)> = block
                .iter()
                .flat_map(|at| runs.get(at).into_iter().flatten().map(|run| (run.starts, run.ends, *at, run.vehicle)))
                .collect();
            own.sort_unstable();
            for pair in own.windows(2) {
                let [(_, ends, from, before), (starts, _, to, after)] = pair else { continue };
                let layover = starts.saturating_sub(*ends);
                if (0..=LONGEST_LAYOVER_S).contains(&layover) && !barred.contains(&(*from, *to)) && is_near(*from, *to)
                {
                    links.insert((*before, *after));
                }
            }
        }
        for link in transit.in_seat.iter().filter(|one| one.is_allowed && !barred.contains(&(one.from, one.to))) {
            let onward = runs.get(&link.to).map_or(&[][..], Vec::as_slice);
            for before in runs.get(&link.from).into_iter().flatten() {
                let later = onward.iter().filter(|after| {
                    (0..LINKED_S).contains(&after.starts.saturating_sub(before.ends)) && after.vehicle != before.vehicle
                });
                links.extend(later.min_by_key(|after| after.starts).map(|after| (before.vehicle, after.vehicle)));
            }
        }
        Stays::made(links.into_iter().collect())
    }

    fn made(mut onward: Vec<(Vehicle, Vehicle)>) -> Stays {
        onward.sort_unstable();
        let mut back: Vec<(Vehicle, Vehicle)> = onward.iter().map(|(from, to)| (*to, *from)).collect();
        back.sort_unstable();
        Stays { onward, back }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.onward.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.onward.len()
    }

    /// Seen from the other end of the way; `vehicle` says where a vehicle stands there.
    pub(super) fn mirrored(&self, vehicle: &dyn Fn(Vehicle) -> Vehicle) -> Stays {
        Stays::made(self.onward.iter().map(|(from, to)| (vehicle(*to), vehicle(*from))).collect())
    }

    /// From the vehicles of a lane from one to before another, to what they go on as.
    pub(crate) fn onward(&self, lane: u32, from: u32, until: u32) -> &[(Vehicle, Vehicle)] {
        of(&self.onward, (lane, from), (lane, until))
    }

    /// What a vehicle was before, each with the vehicle itself in front.
    pub(crate) fn before(&self, vehicle: Vehicle) -> &[(Vehicle, Vehicle)] {
        of(&self.back, vehicle, (vehicle.0, vehicle.1 + 1))
    }
}

fn of(list: &[(Vehicle, Vehicle)], from: Vehicle, until: Vehicle) -> &[(Vehicle, Vehicle)] {
    let first = list.partition_point(|(own, _)| *own < from);
    let last = list.partition_point(|(own, _)| *own < until);
    &list[first..last.max(first)]
}
