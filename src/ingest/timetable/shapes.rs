//! Where lines run: the shapes of a feed, each once, cut at the stops of the patterns that follow them.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::base::idx::ShapeIdx;
use crate::base::idx::StopIdx;
use crate::io::gtfs::feed::RawFeed;
use crate::model::course::Along;
use crate::model::course::Course;
use crate::model::course::FARTHEST_M;
use crate::model::course::Shape;
use crate::model::place::Place;
use crate::model::place::PlaneXy;
use crate::model::transit::Mode;
use crate::model::transit::Service;
use crate::model::transit::Stop;

/// A stop farther than this from a shape is not on it, metres; of rail, whose stations are long, [`FARTHEST_M`]. As the preflight has it.
const TOO_FAR_M: f64 = 100.0;

/// What it costs to place one stop less: more than to place all others badly.
const SKIPPED: f64 = 1e12;

/// Shapes are looked at in pieces of so many to the distance that is too far: within one piece the order of stops is not searched, and a later
/// stop is put where an earlier one is.
const PIECES: f64 = 5.0;

/// A part of a shape is cut into no more than so many pieces, whatever a wrong point does to its length.
const MOST_PIECES: f64 = 10_000.0;

/// The trips of one pattern that follow one shape.
#[derive(Debug, Clone)]
pub(super) struct Followers {
    pub trips: u64,
    /// Position of the first of them among the feed's trips, and its calls at stops that are used.
    pub first: usize,
    pub calls: Vec<usize>,
}

/// The shapes of the trips of one pattern; trips without one are under `None`.
pub(super) type Drawn = BTreeMap<Option<u32>, Followers>;

/// Finds the places of raw points; `None` for those that the plane has none for.
pub(super) type Placing<'a> = dyn Fn(&[[f64; 2]]) -> Vec<Option<Place>> + 'a;

/// What became of the shapes of a feed.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    /// Those that a pattern follows.
    pub shapes: Vec<Shape>,
    /// Points of shapes that none follows.
    pub idle_points: u64,
    /// Shapes, by position in the feed, and how many of their points the plane has no place for.
    pub outside: Vec<(usize, u64)>,
    /// Patterns that follow one, at least in part.
    pub patterns: u64,
    /// Patterns whose trips have none that can be used.
    pub without: u64,
    /// Calls of patterns with a shape that are too far from it or not in its order.
    pub off: u64,
    /// Trips on other shapes than the one that their pattern is drawn by.
    pub other_trips: u64,
}

/// One shape on the ground.
struct Ground {
    shape: Shape,
    /// The feed's own measure along it, one a point; empty where not all points have one that never falls.
    distances: Vec<f64>,
    idx: Option<ShapeIdx>,
}

/// Gives each pattern the shape that most of its trips follow, the one of the earliest trip of several, cut at its stops.
///
/// `drawn` has the shapes of each pattern of `services`; `place` finds the places of points. A stop is placed by `shape_dist_traveled` where
/// all calls and points have it and no stop ends up too far from its place; else by [`projected`].
pub(super) fn cut(
    feed: &RawFeed,
    services: &mut [Service],
    drawn: &[Vec<Drawn>],
    stops: &[Stop],
    place: &Placing<'_>,
) -> Cuts {
    let mut cuts = Cuts::default();
    let mut grounds: BTreeMap<u32, Option<Ground>> = BTreeMap::new();
    for (service, drawn) in services.iter_mut().zip(drawn) {
        let most = if matches!(service.mode, Mode::Rail | Mode::Metro) { FARTHEST_M } else { TOO_FAR_M };
        for (pattern, drawn) in service.patterns.iter_mut().zip(drawn) {
            let shaped = drawn.iter().filter_map(|(shape, followers)| shape.map(|shape| (shape, followers)));
            let best = shaped.max_by_key(|(_, followers)| (followers.trips, std::cmp::Reverse(followers.first)));
            let ground = best.and_then(|(shape, followers)| {
                let known = grounds.entry(shape).or_insert_with(|| on_ground(feed, shape as usize, place, &mut cuts));
                known.as_mut().map(|ground| (ground, shape, followers))
            });
            let Some((ground, shape, followers)) = ground else {
                cuts.without += 1;
                continue;
            };
            let others = drawn.iter().filter(|(other, _)| other.is_some_and(|other| other != shape));
            cuts.other_trips += others.map(|(_, followers)| followers.trips).sum::<u64>();
            let places: Vec<PlaneXy> = pattern.stops.iter().map(|stop: &StopIdx| stops[stop.at()].at.xy).collect();
            let distances: Option<Vec<f64>> = followers.calls.iter().map(|call| feed.call_distance(*call)).collect();
            let measured = distances.and_then(|distances| measured(ground, &distances, &places, most));
            let found = measured.unwrap_or_else(|| projected(&ground.shape.points, &places, most));
            cuts.off += found.iter().filter(|stop| stop.is_none()).count() as u64;
            if found.iter().flatten().count() < 2 {
                continue;
            }
            let idx = *ground.idx.get_or_insert_with(|| {
                cuts.shapes.push(ground.shape.clone());
                ShapeIdx::new(cuts.shapes.len() - 1)
            });
            cuts.patterns += 1;
            pattern.course = Some(Course { shape: idx, stops: found });
        }
    }
    let is_idle = |at: usize| {
        let ground = grounds.get(&(at as u32)).and_then(Option::as_ref);
        ground.is_none_or(|ground| ground.idx.is_none())
    };
    let lost: BTreeMap<usize, u64> = cuts.outside.iter().copied().collect();
    for (at, shape) in feed.shapes.iter().enumerate().filter(|(at, _)| is_idle(*at)) {
        cuts.idle_points += shape.points.len() as u64 - lost.get(&at).copied().unwrap_or(0);
    }
    cuts
}

/// A shape in the plane; `None` where fewer than two of its points are in it.
fn on_ground(feed: &RawFeed, at: usize, place: &Placing<'_>, cuts: &mut Cuts) -> Option<Ground> {
    let points: Range<usize> = feed.shapes[at].points.clone();
    let places = place(&feed.shape_points[points.clone()]);
    let outside = places.iter().filter(|place| place.is_none()).count();
    if outside > 0 {
        cuts.outside.push((at, outside as u64));
    }
    let inside = points.zip(&places).filter(|(_, place)| place.is_some());
    let distances: Option<Vec<f64>> = inside.map(|(point, _)| feed.shape_distance(point)).collect();
    let grows = |distances: &Vec<f64>| {
        distances.is_sorted() && distances.first().zip(distances.last()).is_some_and(|(first, last)| first < last)
    };
    let distances = distances.filter(grows).unwrap_or_default();
    let points: Vec<Place> = places.into_iter().flatten().collect();
    (points.len() > 1).then_some(Ground { shape: Shape { points }, distances, idx: None })
}

/// Stops placed by how far along the shape their calls say that they are; `None` where that can not be, or puts one too far from its stop.
fn measured(ground: &Ground, calls: &[f64], stops: &[PlaneXy], most: f64) -> Option<Vec<Option<Along>>> {
    let distances = &ground.distances;
    if distances.is_empty() || !calls.is_sorted() {
        return None;
    }
    let placed = calls.iter().zip(stops).map(|(call, stop)| {
        let after = distances.partition_point(|distance| distance < call).clamp(1, distances.len() - 1);
        let (from, to) = (distances[after - 1], distances[after]);
        let share = if to > from { ((call - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 };
        let along = Along { point: after as u32 - 1, share };
        let is_near = ground.shape.place(along)?.xy.distance_m(*stop) <= most;
        is_near.then_some(Some(along))
    });
    placed.collect()
}

/// Stops placed on the nearest places of a shape that follow each other in the order of the stops.
///
/// As many stops as possible are placed, and of the ways to do so, one with hardly more than the least sum of squared distances; the earlier
/// passing of two that are as good. So a line that comes by a stop twice is cut where it calls there. `points` are two or more. Costs stops × pieces.
fn projected(points: &[Place], stops: &[PlaneXy], most: f64) -> Vec<Option<Along>> {
    let pieces = pieces(points, most / PIECES);
    // of the best way that ends on a piece: its cost, and how far along the piece its last stop is
    let mut best = vec![(f64::INFINITY, 0.0); pieces.len()];
    best[0].0 = 0.0;
    let mut steps: Vec<Vec<Step>> = Vec::with_capacity(stops.len());
    for stop in stops {
        let mut next = Vec::with_capacity(pieces.len());
        let mut taken = Vec::with_capacity(pieces.len());
        let mut before: (f64, usize) = (f64::INFINITY, 0);
        for (at, (cost, share)) in best.iter().copied().enumerate() {
            let mut chosen = (cost + SKIPPED, share);
            let mut step = Step { from: at as u32, share: None };
            let Piece { from: a, to: b, .. } = pieces[at];
            let own = foot(*stop, a, b);
            let later = own.max(share);
            for (from, base, share) in [(before.1, before.0, own), (at, cost, later)] {
                let apart = on(a, b, share).distance_m(*stop);
                let total = base + apart * apart;
                if apart <= most && total < chosen.0 {
                    chosen = (total, share);
                    step = Step { from: from as u32, share: Some(share) };
                }
            }
            if cost < before.0 {
                before = (cost, at);
            }
            next.push(chosen);
            taken.push(step);
        }
        best = next;
        steps.push(taken);
    }
    let ends = best.iter().enumerate().min_by(|(_, a), (_, b)| a.0.total_cmp(&b.0));
    let mut at = ends.map_or(0, |(at, _)| at);
    let mut found = vec![None; stops.len()];
    for (nth, taken) in steps.iter().enumerate().rev() {
        let Step { from, share } = taken[at];
        let Piece { part, first, last, .. } = pieces[at];
        found[nth] = share.map(|share| Along { point: part, share: first + share * (last - first) });
        at = from as usize;
    }
    found
}

/// A piece of one part of a shape, a part being what lies between two of its points.
#[derive(Clone, Copy)]
struct Piece {
    part: u32,
    /// How much of the part lies before its ends.
    first: f64,
    last: f64,
    from: PlaneXy,
    to: PlaneXy,
}

/// The parts of a line in pieces of at most `longest` metres.
fn pieces(points: &[Place], longest: f64) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (part, pair) in (0u32..).zip(points.windows(2)) {
        let (a, b) = (pair[0].xy, pair[1].xy);
        let count = (a.distance_m(b) / longest).ceil().clamp(1.0, MOST_PIECES);
        for nth in 0..count as u32 {
            let (first, last) = (f64::from(nth) / count, f64::from(nth + 1) / count);
            pieces.push(Piece { part, first, last, from: on(a, b, first), to: on(a, b, last) });
        }
    }
    pieces
}

/// How a stop was placed on a piece of a shape: the piece of the stop before, and how far along; `None` when it was passed over.
#[derive(Clone, Copy)]
struct Step {
    from: u32,
    share: Option<f64>,
}

/// How far along a stretch the place nearest to a point is, in [0, 1].
fn foot(at: PlaneXy, a: PlaneXy, b: PlaneXy) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = dx * dx + dy * dy;
    if length > 0.0 { (((at.x - a.x) * dx + (at.y - a.y) * dy) / length).clamp(0.0, 1.0) } else { 0.0 }
}

fn on(a: PlaneXy, b: PlaneXy, share: f64) -> PlaneXy {
    PlaneXy { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::place::LonLat;

    fn line(points: &[[f64; 2]]) -> Vec<Place> {
        points
            .iter()
            .map(|[x, y]| Place { lonlat: LonLat { lon: *x, lat: *y }, xy: PlaneXy { x: *x, y: *y } })
            .collect()
    }

    /// How far along the line each stop is placed, metres; -1 where it is not.
    fn placed(points: &[[f64; 2]], stops: &[[f64; 2]]) -> Vec<f64> {
        let points = line(points);
        let xy: Vec<PlaneXy> = stops.iter().map(|[x, y]| PlaneXy { x: *x, y: *y }).collect();
        let metres = |along: Along| {
            let part = |at: usize| points[at].xy.distance_m(points[at + 1].xy);
            (0..along.point as usize).map(part).sum::<f64>() + along.share * part(along.point as usize)
        };
        let round = |metres: f64| (metres * 1e6).round() / 1e6;
        projected(&points, &xy, TOO_FAR_M).into_iter().map(|stop| stop.map_or(-1.0, |at| round(metres(at)))).collect()
    }

    #[test]
    fn stops_are_placed_in_the_order_of_travel() {
        // east 1000 m, north 1000 m; the stops are 20 m to the right
        let bend = [[0.0, 0.0], [1000.0, 0.0], [1000.0, 1000.0]];
        assert_eq!(placed(&bend, &[[0.0, -20.0], [600.0, -20.0], [1020.0, 400.0]]), [0.0, 600.0, 1400.0]);
        // against the order only one can be placed: the first of those that are as good
        assert_eq!(
            placed(&bend, &[[1000.0, 700.0], [1000.0, 0.0], [0.0, 0.0]]).iter().filter(|at| **at >= 0.0).count(),
            1
        );
    }

    #[test]
    fn a_ring_begins_and_ends_at_one_stop() {
        let ring = [[0.0, 0.0], [1000.0, 0.0], [1000.0, 1000.0], [0.0, 1000.0], [0.0, 0.0]];
        let stops = [[0.0, 0.0], [1000.0, 500.0], [500.0, 1000.0], [0.0, 0.0]];
        assert_eq!(placed(&ring, &stops), [0.0, 1500.0, 2500.0, 4000.0]);
    }

    #[test]
    fn a_line_that_passes_a_stop_twice_is_cut_where_it_calls() {
        // out 1000 m and back on the same road, which is one part each way: called at out, at the end, and on the way back
        let spur = [[0.0, 0.0], [1000.0, 0.0], [0.0, 0.0]];
        assert_eq!(placed(&spur, &[[100.0, 0.0], [1000.0, 0.0], [500.0, 0.0]]), [100.0, 1000.0, 1500.0]);
        // without a call at the end: 900 m out, then 500 m from the start, which can only be on the way back
        assert_eq!(placed(&spur, &[[900.0, 0.0], [500.0, 0.0], [100.0, 0.0]]), [900.0, 1500.0, 1900.0]);
        // the same stop out and back
        assert_eq!(placed(&spur, &[[500.0, 0.0], [1000.0, 0.0], [500.0, 0.0]]), [500.0, 1000.0, 1500.0]);
    }

    #[test]
    fn a_stop_as_far_as_the_limit_is_placed_and_one_beyond_is_not() {
        let straight = [[0.0, 0.0], [1000.0, 0.0]];
        assert_eq!(placed(&straight, &[[0.0, 0.0], [400.0, 100.0], [900.0, 100.001]]), [0.0, 400.0, -1.0]);
    }

    #[test]
    fn as_many_stops_are_placed_as_can_be() {
        // the second stop belongs to another part of the town
        let straight = [[0.0, 0.0], [500.0, 0.0], [1000.0, 0.0]];
        let stops = [[0.0, 5.0], [500.0, 3000.0], [700.0, 5.0], [1000.0, 0.0]];
        assert_eq!(placed(&straight, &stops), [0.0, -1.0, 700.0, 1000.0]);
    }

    /// Squared distances of the best way to place all stops, or `None` where no way places all: every combination of places a metre apart.
    fn tried(points: &[Place], stops: &[PlaneXy], most: f64) -> Option<f64> {
        let mut places: Vec<PlaneXy> = Vec::new();
        for pair in points.windows(2) {
            let metres = pair[0].xy.distance_m(pair[1].xy).ceil().max(1.0) as usize;
            places.extend((0..=metres).map(|m| on(pair[0].xy, pair[1].xy, m as f64 / metres as f64)));
        }
        let mut best = vec![0.0; places.len()];
        for stop in stops {
            let mut least = f64::INFINITY;
            for (at, place) in places.iter().enumerate() {
                least = least.min(best[at]);
                let apart = place.distance_m(*stop);
                best[at] = if apart <= most { least + apart * apart } else { f64::INFINITY };
            }
        }
        best.into_iter().min_by(f64::total_cmp).filter(|cost| cost.is_finite())
    }

    #[test]
    fn no_finer_search_places_stops_much_better() {
        // shapes that wander on a grid of 60 m and often cover themselves, stops dropped beside them in their order: all are placed, in order,
        // and all together at most a fiftieth worse than by trying every metre. Nothing better is promised: of stops on one part of a shape in
        // the wrong order the later is put where the earlier is, not both halfway
        let mut state = std::env::var("TONGDA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_125u64);
        let seed = state;
        let mut roll = |sides: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % sides
        };
        let (mut cost, mut want, mut count) = (0.0, 0.0, 0);
        for _ in 0..300 {
            let mut at = [0.0, 0.0];
            let mut points = vec![at];
            for _ in 0..4 + roll(10) {
                at[roll(2) as usize] += [-60.0, 60.0, 120.0][roll(3) as usize];
                points.push(at);
            }
            let points = line(&points);
            let mut stops = Vec::new();
            let mut part = 0;
            while part < points.len() - 1 {
                let beside = on(points[part].xy, points[part + 1].xy, 0.5);
                stops.push(PlaneXy { x: beside.x + roll(41) as f64 - 20.0, y: beside.y + roll(41) as f64 - 20.0 });
                part += 1 + roll(3) as usize;
            }
            let found = projected(&points, &stops, TOO_FAR_M);
            assert!(found.iter().all(Option::is_some), "seed {seed}: {points:?} {stops:?} {found:?}");
            assert!(found.is_sorted(), "seed {seed}: {points:?} {stops:?} {found:?}");
            let shape = Shape { points: points.clone() };
            let squares = found.iter().flatten().zip(&stops);
            cost += squares.map(|(at, stop)| shape.place(*at).unwrap().xy.distance_m(*stop).powi(2)).sum::<f64>();
            want += tried(&points, &stops, TOO_FAR_M).unwrap();
            count += stops.len();
        }
        assert!(count > 900 && want > 10_000.0, "seed {seed}: too little was tried: {count} stops, {want}");
        assert!(cost <= 1.02 * want, "seed {seed}: {cost} and {want}");
    }
}
