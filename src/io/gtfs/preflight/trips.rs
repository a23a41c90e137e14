//! Trips: their times, speeds, twins and vehicles.

use std::collections::BTreeMap;
use std::collections::HashMap;

use crate::io::gtfs::days::Days;
use crate::io::gtfs::feed::RawCall;
use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::feed::RawTrip;
use crate::io::gtfs::notice::MOST_KEPT;
use crate::io::gtfs::notice::Notice;
use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::preflight::Direction;
use crate::io::gtfs::preflight::clock;
use crate::io::gtfs::preflight::directions;
use crate::io::gtfs::preflight::metres;
use crate::model::transit::Mode;

/// Stops farther apart than this are far.
const FAR_M: f64 = 10_000.0;

/// Seconds that a vehicle may stand at a stop in the middle of its trip.
const LONG_DWELL_S: u32 = 30 * 60;

const FILE: &str = "stop_times.txt";

/// The speed above which a vehicle is too fast, by the straight line from stop to stop, km/h; those of the canonical validator.
fn fastest(mode: Mode) -> f64 {
    match mode {
        Mode::Rail => 500.0,
        Mode::Bus | Mode::Coach | Mode::OnDemand | Mode::SchoolBus | Mode::Metro => 150.0,
        Mode::Tram => 100.0,
        Mode::Ferry => 80.0,
        Mode::Cable => 50.0,
    }
}

pub(super) fn check(feed: &RawFeed, days: &Days, notices: &mut Notices) {
    let places = directions(feed);
    let mut along: Vec<f64> = Vec::new();
    for trip in &feed.trips {
        let calls = &feed.calls[trip.calls.clone()];
        match calls {
            [] => notices.left_out(Rule::UnusedTrip, "trips.txt", |notice| {
                let mut notice = notice.at_row(trip.row).at("trip_id", &trip.id);
                notice.what = format!("trip {} has no call at a stop; it is left out", trip.id);
                notice
            }),
            [only] => notices.left_out(Rule::UnusableTrip, "trips.txt", |notice| {
                let mut notice = notice.at_row(trip.row).at("trip_id", &trip.id);
                let stop = &feed.stops[only.stop as usize].id;
                notice.what = format!("trip {} has one call only, at {stop}; it is left out", trip.id);
                notice
            }),
            calls => {
                times(feed, trip, calls, notices);
                speeds(feed, trip, calls, &places, &mut along, notices);
            }
        }
    }
    twins(feed, days, notices);
    blocks(feed, days, notices);
}

fn times(feed: &RawFeed, trip: &RawTrip, calls: &[RawCall], notices: &mut Notices) {
    let mut before: Option<u32> = None;
    let last = calls.len() - 1;
    for (nth, call) in calls.iter().enumerate() {
        let (arrives, leaves) = (call.arrives.get(), call.leaves.get());
        if arrives.is_some() != leaves.is_some() {
            let field = if arrives.is_none() { "arrival_time" } else { "departure_time" };
            notices.add(Rule::StopTimeWithOnlyArrivalOrDepartureTime, FILE, |notice| {
                let mut notice = notice.at_row(call.row()).at(field, "");
                (notice.value, notice.what) = (None, format!("trip {}: the other of the two counts for both", trip.id));
                notice
            });
        }
        if (nth == 0 && call.departure().is_none()) || (nth == last && call.arrival().is_none()) {
            let is_told = |other: &&Notice| other.rule == Rule::InvalidTime && other.row == Some(call.row());
            let is_kept = notices.count(Rule::MissingTripEdge) < MOST_KEPT;
            let wrong = notices.first.iter().filter(|other| is_kept && other.file == FILE).find(is_told);
            let wrong = wrong.map(|other| format!(" ({})", other.what)).unwrap_or_default();
            notices.left_out(Rule::MissingTripEdge, FILE, |notice| {
                let edge = if nth == 0 { "first" } else { "last" };
                let mut notice = notice.at_row(call.row()).at("trip_id", &trip.id);
                notice.what = format!("the {edge} stop of trip {} has no time{wrong}; the trip is left out", trip.id);
                notice
            });
        }
        if let (Some(arrives), Some(leaves)) = (call.arrival(), call.departure()) {
            if leaves < arrives {
                notices.left_out(Rule::StartAndEndRangeOutOfOrder, FILE, |notice| {
                    let mut notice = notice.at_row(call.row()).at("departure_time", &clock(leaves));
                    notice.what =
                        format!("trip {} leaves before it arrives at {}; it is left out", trip.id, clock(arrives));
                    notice
                });
            } else if leaves - arrives > LONG_DWELL_S && nth > 0 && nth < last {
                notices.add(Rule::LongDwell, FILE, |notice| {
                    let mut notice = notice.at_row(call.row()).at("departure_time", &clock(leaves));
                    notice.what = format!("trip {} stands for {} min", trip.id, (leaves - arrives) / 60);
                    notice
                });
            }
            if let Some(before) = before.filter(|before| arrives < *before) {
                notices.left_out(Rule::StopTimeWithArrivalBeforePreviousDepartureTime, FILE, |notice| {
                    let mut notice = notice.at_row(call.row()).at("arrival_time", &clock(arrives));
                    notice.what = format!("trip {} left the stop before at {}; it is left out", trip.id, clock(before));
                    notice
                });
            }
            before = Some(leaves.max(arrives));
        }
        let distance = |at: usize| feed.call_distance(trip.calls.start + at);
        if nth > 0
            && let (Some(a), Some(b)) = (distance(nth - 1), distance(nth))
            && b <= a
        {
            notices.add(Rule::DecreasingOrEqualStopTimeDistance, FILE, |notice| {
                let mut notice = notice.at_row(call.row()).at("shape_dist_traveled", &b.to_string());
                notice.what = format!("trip {} is at {a} at the stop before", trip.id);
                notice
            });
        }
    }
}

/// Kilometres an hour; times of whole minutes may be off by one.
fn speed(metres: f64, leaves: u32, arrives: u32) -> f64 {
    let slack = if leaves.is_multiple_of(60) && arrives.is_multiple_of(60) { 60 } else { 0 };
    let seconds = f64::from((arrives.saturating_sub(leaves) + slack).max(1));
    metres / seconds * 3.6
}

fn speeds(
    feed: &RawFeed,
    trip: &RawTrip,
    calls: &[RawCall],
    places: &[Option<Direction>],
    along: &mut Vec<f64>,
    notices: &mut Notices,
) {
    let mode = feed.routes[trip.route as usize].mode;
    let most = fastest(mode);
    along.clear();
    along.push(0.0);
    for pair in calls.windows(2) {
        let [a, b] = pair else { continue };
        let ends = places[a.stop as usize].zip(places[b.stop as usize]);
        let apart = ends.map_or(0.0, |(a, b)| metres(a, b));
        along.push(along.last().copied().unwrap_or(0.0) + apart);
    }
    let mut tell = |rule: Rule, from: usize, to: usize| {
        let (a, b) = (&calls[from], &calls[to]);
        let (Some(leaves), Some(arrives)) = (a.departure(), b.arrival()) else { return false };
        let apart = along[to] - along[from];
        let found = speed(apart, leaves, arrives);
        // times that fall are told elsewhere
        if found <= most || arrives < leaves {
            return false;
        }
        notices.add(rule, FILE, |notice| {
            let mut notice = notice.at_row(b.row()).at("arrival_time", &clock(arrives));
            notice.what = format!(
                "trip {} goes {:.1} km from {} to {} in {} s, {found:.0} km/h; more than {most} is too fast",
                trip.id,
                apart / 1000.0,
                feed.stops[a.stop as usize].id,
                feed.stops[b.stop as usize].id,
                arrives - leaves
            );
            notice
        });
        true
    };
    for to in 1..calls.len() {
        tell(Rule::FastTravelBetweenConsecutiveStops, to - 1, to);
    }
    let mut from = 0;
    for to in 2..calls.len() {
        // the last stop before that is far
        while from + 1 < to && along[to] - along[from + 1] > FAR_M {
            from += 1;
        }
        if along[to] - along[from] > FAR_M && from + 1 < to && tell(Rule::FastTravelBetweenFarStops, from, to) {
            return;
        }
    }
}

/// Whether two services run on one day, each pair looked at once.
struct Shared<'d> {
    days: &'d Days,
    known: HashMap<(u32, u32), usize>,
}

impl<'d> Shared<'d> {
    fn new(days: &'d Days) -> Shared<'d> {
        Shared { days, known: HashMap::new() }
    }

    /// On how many days both run.
    fn days(&mut self, a: u32, b: u32) -> usize {
        let days = self.days;
        *self.known.entry((a.min(b), a.max(b))).or_insert_with(|| {
            let (one, other) = (&days.of_service[a as usize], &days.of_service[b as usize]);
            one.iter().filter(|date| other.binary_search(date).is_ok()).count()
        })
    }
}

/// Trips that are one another's copies on a day.
fn twins(feed: &RawFeed, days: &Days, notices: &mut Notices) {
    let at_headways = feed.frequencies_by_trip();
    let mut groups: HashMap<u64, Vec<u32>> = HashMap::new();
    for (at, trip) in feed.trips.iter().enumerate() {
        if trip.calls.len() >= 2 && at_headways.get(at).is_none_or(Vec::is_empty) {
            groups.entry(print(feed, trip)).or_default().push(at as u32);
        }
    }
    let mut shared = Shared::new(days);
    let mut found: Vec<(u32, u32, usize)> = Vec::new();
    for group in groups.values().filter(|group| group.len() > 1) {
        for (nth, at) in group.iter().enumerate() {
            let twin = group[..nth].iter().filter(|other| are_twins(feed, **other, *at)).find_map(|other| {
                let services = [feed.trips[*other as usize].service, feed.trips[*at as usize].service];
                // a service without any day is told as such, and its copies with it
                let days = shared.days(services[0], services[1]);
                (days > 0 || services[0] == services[1]).then_some((*at, *other, days))
            });
            found.extend(twin);
        }
    }
    found.sort_unstable();
    for (at, twin, days) in found {
        let (trip, twin) = (&feed.trips[at as usize], &feed.trips[twin as usize]);
        notices.add(Rule::DuplicateTrip, "trips.txt", |notice| {
            let mut notice = notice.at_row(trip.row).at("trip_id", &trip.id);
            notice.what = if trip.service == twin.service {
                format!("trip {} has the route, days, stops and times of trip {}; both count", trip.id, twin.id)
            } else {
                let services = [trip.service, twin.service].map(|service| &feed.services[service as usize].id);
                format!(
                    "trip {} has the route, stops and times of trip {}, and both services ({} and {}) run on {days} days; both count",
                    trip.id, twin.id, services[0], services[1]
                )
            };
            notice
        });
    }
}

/// A number that copies have in common (FNV-1a).
fn print(feed: &RawFeed, trip: &RawTrip) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut add = |value: u32| hash = (hash ^ u64::from(value)).wrapping_mul(0x100_0000_01b3);
    add(trip.route);
    add(trip.direction.map_or(9, u32::from));
    for call in &feed.calls[trip.calls.clone()] {
        add(call.stop);
        add(call.arrival().map_or(u32::MAX, |time| time));
        add(call.departure().map_or(u32::MAX, |time| time));
    }
    hash
}

fn are_twins(feed: &RawFeed, a: u32, b: u32) -> bool {
    let (a, b) = (&feed.trips[a as usize], &feed.trips[b as usize]);
    let calls = |trip: &RawTrip| {
        feed.calls[trip.calls.clone()].iter().map(|call| (call.stop, call.arrival(), call.departure()))
    };
    (a.route, a.direction) == (b.route, b.direction) && calls(a).eq(calls(b))
}

/// Vehicles that would be in two places at once.
fn blocks(feed: &RawFeed, days: &Days, notices: &mut Notices) {
    let at_headways = feed.frequencies_by_trip();
    // first departure, last arrival, trip
    let mut of_block: BTreeMap<&str, Vec<(u32, u32, usize)>> = BTreeMap::new();
    for (at, trip) in feed.trips.iter().enumerate() {
        let calls = &feed.calls[trip.calls.clone()];
        let ends = calls.first().and_then(RawCall::departure).zip(calls.last().and_then(RawCall::arrival));
        if let (Some(block), Some((start, end))) = (&trip.block, ends)
            && calls.len() >= 2
            && at_headways.get(at).is_none_or(Vec::is_empty)
        {
            of_block.entry(block).or_default().push((start, end, at));
        }
    }
    let mut shared = Shared::new(days);
    for (block, mut trips) in of_block {
        trips.sort_unstable();
        for (nth, (_, end, a)) in trips.iter().enumerate() {
            for (start, _, b) in trips[nth + 1..].iter().take_while(|(start, ..)| start < end) {
                let (a, b) = (&feed.trips[*a], &feed.trips[*b]);
                if shared.days(a.service, b.service) > 0 {
                    notices.add(Rule::BlockTripsWithOverlappingStopTimes, "trips.txt", |notice| {
                        let mut notice = notice.at_row(b.row).at("block_id", block);
                        notice.what = format!(
                            "trip {} starts at {}, before trip {} of the same vehicle ends at {}",
                            b.id,
                            clock(*start),
                            a.id,
                            clock(*end)
                        );
                        notice
                    });
                }
            }
        }
    }
}
