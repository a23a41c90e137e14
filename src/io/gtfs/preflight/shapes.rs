//! Shapes, and the stops along them.

use std::collections::HashSet;

use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::feed::RawTrip;
use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::preflight::EARTH_M;
use crate::io::gtfs::preflight::direction;
use crate::io::gtfs::preflight::metres;
use crate::model::transit::Mode;

/// A stop farther than this from the shape of its trip is too far; of rail, whose stations are long, four times as much.
const TOO_FAR_M: f64 = 100.0;
const STATIONS: f64 = 4.0;

/// Points that are as good as one, and ends of a shape and of a trip that are: the thresholds of the canonical validator.
const ONE_PLACE_M: f64 = 1.11;
const ONE_END_M: f64 = 11.1;

const FILE: &str = "shapes.txt";

pub(super) fn check(feed: &RawFeed, notices: &mut Notices) {
    let mut is_used = vec![false; feed.shapes.len()];
    let mut seen: HashSet<(u32, u64)> = HashSet::new();
    let mut too_far: HashSet<(u32, u32)> = HashSet::new();
    for trip in &feed.trips {
        let Some(shape) = trip.shape else { continue };
        is_used[shape as usize] = true;
        // trips of one shape and one list of stops are looked at once
        let stops = feed.calls[trip.calls.clone()].iter();
        let print = stops
            .fold(0xcbf2_9ce4_8422_2325u64, |hash, call| (hash ^ u64::from(call.stop)).wrapping_mul(0x100_0000_01b3));
        if seen.insert((shape, print)) {
            distances_from(feed, trip, shape, &mut too_far, notices);
            beyond(feed, trip, shape, notices);
        }
    }
    for (at, shape) in feed.shapes.iter().enumerate() {
        if !is_used[at] {
            notices.add(Rule::UnusedShape, FILE, |notice| notice.at_row(shape.row).at("shape_id", &shape.id));
        }
        growth(feed, at, notices);
    }
}

/// Whether the distances along a shape grow.
fn growth(feed: &RawFeed, shape: usize, notices: &mut Notices) {
    let shape = &feed.shapes[shape];
    for at in shape.points.clone().skip(1) {
        let (Some(a), Some(b)) = (feed.shape_distance(at - 1), feed.shape_distance(at)) else { continue };
        let rule = if b < a {
            Rule::DecreasingShapeDistance
        } else if b > a {
            continue;
        } else if feed.shape_points[at - 1] == feed.shape_points[at] {
            Rule::EqualShapeDistanceSameCoordinates
        } else if metres(direction(feed.shape_points[at - 1]), direction(feed.shape_points[at])) >= ONE_PLACE_M {
            Rule::EqualShapeDistanceDiffCoordinates
        } else {
            continue;
        };
        notices.add(rule, FILE, |mut notice| {
            notice = notice.at("shape_dist_traveled", &b.to_string());
            let nth = at - shape.points.start + 1;
            notice.what = format!("shape {}: {b} at its point {nth}, after {a}", shape.id);
            notice
        });
    }
}

/// Whether a trip goes on behind the end of its shape.
fn beyond(feed: &RawFeed, trip: &RawTrip, shape: u32, notices: &mut Notices) {
    let shape = &feed.shapes[shape as usize];
    let longest = |range: std::ops::Range<usize>, of: &dyn Fn(usize) -> Option<f64>| {
        range.filter_map(of).fold(None, |most: Option<f64>, one| Some(most.map_or(one, |most| most.max(one))))
    };
    let of_trip = longest(trip.calls.clone(), &|at| feed.call_distance(at));
    let of_shape = longest(shape.points.clone(), &|at| feed.shape_distance(at));
    let (Some(of_trip), Some(of_shape)) = (of_trip, of_shape) else { return };
    let ends = feed.calls[trip.calls.clone()].last().and_then(|call| feed.stops[call.stop as usize].lonlat);
    let ends = ends.zip(feed.shape_points[shape.points.clone()].last().copied());
    let apart = ends.map_or(0.0, |(stop, point)| metres(direction(stop), direction(point)));
    if of_trip > of_shape && apart >= ONE_END_M {
        notices.add(Rule::TripDistanceExceedsShapeDistance, "trips.txt", |notice| {
            let mut notice = notice.at_row(trip.row).at("trip_id", &trip.id);
            notice.what = format!("trip {} is {of_trip} long, its shape {} only {of_shape}", trip.id, shape.id);
            notice
        });
    }
}

/// How far the stops of a trip are from its shape.
fn distances_from(
    feed: &RawFeed,
    trip: &RawTrip,
    shape: u32,
    too_far: &mut HashSet<(u32, u32)>,
    notices: &mut Notices,
) {
    let points = &feed.shape_points[feed.shapes[shape as usize].points.clone()];
    if points.len() < 2 {
        return;
    }
    let is_rail = matches!(feed.routes[trip.route as usize].mode, Mode::Rail | Mode::Metro);
    let most = if is_rail { TOO_FAR_M * STATIONS } else { TOO_FAR_M };
    // stops mostly come in the order of the shape: the search goes on where the last stop was found
    let mut from = 0;
    for call in &feed.calls[trip.calls.clone()] {
        let Some(stop) = feed.stops[call.stop as usize].lonlat else { continue };
        let segments = points.len() - 1;
        let mut nearest = f64::INFINITY;
        for step in 0..segments {
            let at = (from + step) % segments;
            let apart = to_segment(stop, points[at], points[at + 1]);
            nearest = nearest.min(apart);
            if apart <= most {
                from = at;
                break;
            }
        }
        if nearest > most && too_far.insert((shape, call.stop)) {
            notices.add(Rule::StopTooFarFromShape, "stop_times.txt", |notice| {
                let (stop, shape) = (&feed.stops[call.stop as usize], &feed.shapes[shape as usize].id);
                let mut notice = notice.at_row(call.row()).at("stop_id", &stop.id);
                notice.what = format!("{nearest:.0} m from shape {shape} of trip {}, more than {most} m", trip.id);
                notice
            });
        }
    }
}

/// Metres from a place to a stretch of line, on a plane that touches the earth at the place: good over some kilometres.
fn to_segment(at: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let metre = EARTH_M.to_radians();
    let shrink = at[1].to_radians().cos();
    let flat = |point: [f64; 2]| [(point[0] - at[0]) * shrink * metre, (point[1] - at[1]) * metre];
    let ([ax, ay], [bx, by]) = (flat(a), flat(b));
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let share = if length > 0.0 { (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (ax + share * dx).hypot(ay + share * dy)
}
