//! What a drawing of areas that should lie side by side leaves to be mended: slivers, borders that nearly meet, islands, exclaves.
//!
//! Overlaps and enclosed gaps are found by [`topology`]; this file looks at their form, and at what is neither.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;

use geo::Area;
use geo::Length;
use geo::LinesIter;
use geo::line_measures::Euclidean;
use geo_types::Coord;
use geo_types::Line;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;
use rayon::prelude::*;

use crate::base::units::Metres;
use crate::metrics::borders::contacts;
use crate::metrics::topology::BESIDE_M;
use crate::metrics::topology::Topology;
use crate::metrics::topology::size;
use crate::metrics::topology::topology;
use crate::model::locate::RegionLocator;

/// Mean width in metres below which a long overlap or gap is a sliver: half a millimetre on a map of 1:50 000, the scale of most
/// public county boundaries. Wider ones may be ground that nobody drew, e.g. a river.
pub const SLIVER_WIDTH_M: f64 = 25.0;
/// A sliver is at least so many times as long (half its perimeter) as it is wide in the mean.
pub const SLIVER_LENGTHS: f64 = 20.0;
/// Borders nearer to each other than this, metres, should be one: the tolerance with which `neighbour-reach` takes them for shared.
pub const UNMATCHED_M: f64 = 50.0;
/// Shorter stretches are left out, metres: outlines that part at a corner run within the tolerance of each other for a while.
pub const UNMATCHED_LENGTH_M: f64 = 4.0 * UNMATCHED_M;
/// Borders are looked at every so many metres.
const STEP_M: f64 = UNMATCHED_M / 2.0;
/// Steps of one edge at most, whatever its length.
const MOST_STEPS: f64 = 10_000.0;

/// A long and narrow overlap or gap.
#[derive(Debug, Clone, PartialEq)]
pub struct Sliver {
    /// Covered twice, or by none.
    pub is_overlap: bool,
    /// The areas that overlap, or that lie around the gap.
    pub areas: Vec<usize>,
    pub shape: Polygon<f64>,
    /// m².
    pub area_m2: f64,
    /// Mean width, metres.
    pub width_m: f64,
}

/// Borders of two areas that run side by side within [`UNMATCHED_M`] and are not one, with no ground between them that is enclosed.
#[derive(Debug, Clone, PartialEq)]
pub struct Unmatched {
    /// Index of the first area, and of the second, which is greater.
    pub pair: (usize, usize),
    /// The stretches, of either area.
    pub lines: MultiLineString<f64>,
    /// Length of the border, metres: of both sides together, halved; of one side where only that is long enough.
    pub length_m: f64,
    /// Mean distance of the two, metres.
    pub width_m: f64,
    /// Length times width, m².
    pub area_m2: f64,
}

/// A part of an area that lies apart from the rest of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Apart {
    pub area: usize,
    /// No part of the area touches another one.
    pub is_whole: bool,
    pub shape: Polygon<f64>,
    /// m².
    pub area_m2: f64,
    /// Other areas that the part touches, in order of index; none for an island.
    pub beside: Vec<usize>,
}

/// Everything that was found; overlaps, gaps and slivers with the largest first, the rest in order of index.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Audit {
    pub topology: Topology,
    /// Long and narrow pieces of overlaps and gaps, which are among those too.
    pub slivers: Vec<Sliver>,
    pub unmatched: Vec<Unmatched>,
    /// Parts that touch no other area.
    pub islands: Vec<Apart>,
    /// Parts but the largest one of their area that touch another area.
    pub exclaves: Vec<Apart>,
}

/// Looks at areas in a plane in metres; areas should be valid. Touching is being nearer than 5 cm.
pub fn audit(areas: &[MultiPolygon<f64>]) -> Audit {
    let topology = topology(areas);
    let slivers = slivers(&topology);
    let unmatched = unmatched(areas, &topology);
    let (islands, exclaves) = apart(areas);
    Audit { topology, slivers, unmatched, islands, exclaves }
}

fn slivers(topology: &Topology) -> Vec<Sliver> {
    let overlaps = topology.overlaps.iter().flat_map(|overlap| {
        let areas = vec![overlap.pair.0, overlap.pair.1];
        overlap.shape.iter().map(move |piece| (true, areas.clone(), piece))
    });
    let gaps = topology.gaps.iter().map(|gap| (false, gap.beside.clone(), &gap.shape));
    let mut slivers: Vec<Sliver> = overlaps
        .chain(gaps)
        .filter_map(|(is_overlap, areas, piece)| {
            let (area_m2, width_m) = size(piece);
            // half the perimeter
            let length_m = area_m2 / width_m;
            let is_sliver = width_m < SLIVER_WIDTH_M && length_m >= SLIVER_LENGTHS * width_m;
            is_sliver.then(|| Sliver { is_overlap, areas, shape: piece.clone(), area_m2, width_m })
        })
        .collect();
    slivers.sort_by(|one, other| other.area_m2.total_cmp(&one.area_m2).then(one.areas.cmp(&other.areas)));
    slivers
}

/// A stretch of the border of one area near that of another.
struct Run {
    other: usize,
    line: Vec<Coord<f64>>,
    length: f64,
    /// Distance times length.
    weighed: f64,
}

/// The stretches of both areas of a pair.
#[derive(Default)]
struct Sides {
    lines: Vec<LineString<f64>>,
    /// Of the first area, and of the second.
    lengths: [f64; 2],
    /// Distance times length, of both.
    weighed: f64,
}

fn unmatched(areas: &[MultiPolygon<f64>], topology: &Topology) -> Vec<Unmatched> {
    let locator = RegionLocator::new(areas);
    let gaps: Vec<MultiPolygon<f64>> = topology.gaps.iter().map(|gap| MultiPolygon(vec![gap.shape.clone()])).collect();
    let gap_locator = RegionLocator::new(&gaps);
    let shared = shared_edges(areas);
    // which area is near without touching, and how near
    let near = |own: usize, at: [f64; 2]| -> Option<(usize, f64)> {
        let around = locator.within_distance(at, UNMATCHED_M);
        let others: Vec<u32> = around.into_iter().filter(|other| *other as usize != own).collect();
        if others.is_empty()
            || locator.within_distance(at, BESIDE_M).iter().any(|other| *other as usize != own)
            || !gap_locator.within_distance(at, BESIDE_M).is_empty()
        {
            return None;
        }
        let distances =
            others.iter().filter_map(|other| Some((*other as usize, locator.distance_to_border(at, *other)?)));
        distances.min_by(|one, other| one.1.total_cmp(&other.1).then(one.0.cmp(&other.0)))
    };
    let runs: Vec<(usize, Vec<Run>)> = (0..areas.len())
        .into_par_iter()
        .map(|own| {
            let rings = areas[own].iter().flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors()));
            (own, rings.flat_map(|ring| runs(ring, &shared, &|at| near(own, at))).collect())
        })
        .collect();
    let mut pairs: BTreeMap<(usize, usize), Sides> = BTreeMap::new();
    for (own, run) in runs.into_iter().flat_map(|(own, runs)| runs.into_iter().map(move |run| (own, run))) {
        let pair = (own.min(run.other), own.max(run.other));
        let sides = pairs.entry(pair).or_default();
        sides.lines.push(LineString(run.line));
        sides.lengths[usize::from(own > run.other)] += run.length;
        sides.weighed += run.weighed;
    }
    pairs
        .into_iter()
        .map(|(pair, Sides { lines, lengths: [one, other], weighed })| {
            let both = one + other;
            let length_m = if one > 0.0 && other > 0.0 { both / 2.0 } else { both };
            let width_m = weighed / both;
            Unmatched { pair, lines: MultiLineString(lines), length_m, width_m, area_m2: length_m * width_m }
        })
        .collect()
}

/// An edge by the bits of its ends, the same from either side.
type Edge = [u64; 4];

fn edge_of(line: &Line<f64>) -> Edge {
    let [a, b] = [line.start, line.end].map(|at| [at.x.to_bits(), at.y.to_bits()]);
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    [first[0], first[1], second[0], second[1]]
}

/// Edges that two areas have alike: most borders of a sound file, which need not be measured.
fn shared_edges(areas: &[MultiPolygon<f64>]) -> HashSet<Edge> {
    let mut first: HashMap<Edge, usize> = HashMap::new();
    let mut shared = HashSet::new();
    for (own, area) in areas.iter().enumerate() {
        for edge in area.lines_iter().map(|line| edge_of(&line)) {
            if *first.entry(edge).or_insert(own) != own {
                shared.insert(edge);
            }
        }
    }
    shared
}

/// The stretches of a ring that run near one other area, those of some length; edges that are shared run along it.
fn runs(ring: &LineString<f64>, shared: &HashSet<Edge>, near: &dyn Fn([f64; 2]) -> Option<(usize, f64)>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut is_open = false;
    let mut starts_open = false;
    let mut is_first = true;
    for edge in ring.lines() {
        if shared.contains(&edge_of(&edge)) {
            is_open = false;
            is_first = false;
            continue;
        }
        let length = Euclidean.length(&edge);
        let steps = (length / STEP_M).ceil().clamp(1.0, MOST_STEPS);
        let at = |share: f64| Coord {
            x: edge.start.x + (edge.end.x - edge.start.x) * share,
            y: edge.start.y + (edge.end.y - edge.start.y) * share,
        };
        for step in 0..steps as u32 {
            let (from, to) = (f64::from(step) / steps, (f64::from(step) + 1.0) / steps);
            let middle = at((from + to) / 2.0);
            let Some((other, distance)) = near([middle.x, middle.y]) else {
                is_open = false;
                is_first = false;
                continue;
            };
            let part = length / steps;
            match runs.last_mut().filter(|run| is_open && run.other == other) {
                Some(run) => {
                    run.line.push(at(to));
                    run.length += part;
                    run.weighed += part * distance;
                }
                None => runs.push(Run { other, line: vec![at(from), at(to)], length: part, weighed: part * distance }),
            }
            starts_open |= is_first;
            is_first = false;
            is_open = true;
        }
    }
    // a stretch over the first vertex of the ring is one
    if is_open
        && starts_open
        && runs.len() > 1
        && runs.first().map(|run| run.other) == runs.last().map(|run| run.other)
        && let Some(mut last) = runs.pop()
        && let Some(first) = runs.first_mut()
    {
        last.line.extend(first.line.drain(..).skip(1));
        last.length += first.length;
        last.weighed += first.weighed;
        *first = last;
    }
    runs.retain(|run| run.length >= UNMATCHED_LENGTH_M);
    runs
}

/// Islands and exclaves.
fn apart(areas: &[MultiPolygon<f64>]) -> (Vec<Apart>, Vec<Apart>) {
    let owners: Vec<usize> = areas.iter().enumerate().flat_map(|(own, area)| area.iter().map(move |_| own)).collect();
    let parts: Vec<MultiPolygon<f64>> =
        areas.iter().flat_map(|area| area.iter().map(|part| MultiPolygon(vec![part.clone()]))).collect();
    let mut beside: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); parts.len()];
    for contact in contacts(&parts, Metres(BESIDE_M)) {
        let (a, b) = (contact.a as usize, contact.b as usize);
        if owners[a] != owners[b] {
            beside[a].insert(owners[b]);
            beside[b].insert(owners[a]);
        }
    }
    let (mut islands, mut exclaves) = (Vec::new(), Vec::new());
    let mut first = 0;
    for (own, area) in areas.iter().enumerate() {
        let range = first..first + area.0.len();
        first = range.end;
        let sizes: Vec<f64> = area.iter().map(|part| part.unsigned_area()).collect();
        // of equal parts the first is the main one
        let main = (0..sizes.len()).rev().max_by(|one, other| sizes[*one].total_cmp(&sizes[*other]));
        let is_whole = beside[range.clone()].iter().all(BTreeSet::is_empty);
        for (nth, part) in area.iter().enumerate() {
            let beside: Vec<usize> = beside[range.start + nth].iter().copied().collect();
            let found = Apart { area: own, is_whole, shape: part.clone(), area_m2: sizes[nth], beside };
            if found.beside.is_empty() {
                islands.push(found);
            } else if Some(nth) != main {
                exclaves.push(found);
            }
        }
    }
    (islands, exclaves)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::Rect as Square;

    fn square(x0: f64, y0: f64, x1: f64, y1: f64) -> Polygon<f64> {
        Square::new((x0, y0), (x1, y1)).to_polygon()
    }

    #[test]
    fn a_strip_that_opens_to_the_outside_is_an_unmatched_border() {
        // 30 m apart along 10 km, open at both ends
        let areas = [
            MultiPolygon(vec![square(0.0, 0.0, 10_000.0, 10_000.0)]),
            MultiPolygon(vec![square(10_030.0, 0.0, 20_000.0, 10_000.0)]),
        ];
        let found = audit(&areas);
        assert!(found.topology.gaps.is_empty() && found.topology.overlaps.is_empty());
        let [strip] = &found.unmatched[..] else { panic!("{:?}", found.unmatched) };
        assert_eq!(strip.pair, (0, 1));
        // the edges that go away from the strip are near the other area for 20 m at each end: one step of 25 m, its middle 42.5 m away
        assert!((strip.length_m - 10_050.0).abs() < 1.0, "{}", strip.length_m);
        assert!((strip.width_m - 30.0).abs() < 0.1, "{}", strip.width_m);
        // neither touches the other
        assert_eq!(
            found.islands.iter().map(|one| (one.area, one.is_whole)).collect::<Vec<_>>(),
            [(0, true), (1, true)]
        );
        // farther apart than the tolerance they have nothing to do with each other
        let far = [areas[0].clone(), MultiPolygon(vec![square(10_051.0, 0.0, 20_000.0, 10_000.0)])];
        assert!(audit(&far).unmatched.is_empty());
    }

    #[test]
    fn borders_that_part_at_a_corner_are_not_unmatched() {
        let areas = [
            MultiPolygon(vec![square(0.0, 0.0, 10_000.0, 10_000.0)]),
            MultiPolygon(vec![square(10_000.0, 0.0, 20_000.0, 5_000.0)]),
            MultiPolygon(vec![square(20_000.0, 5_000.0, 30_000.0, 10_000.0)]),
        ];
        let found = audit(&areas);
        assert_eq!(found, Audit::default(), "{found:?}");
    }

    #[test]
    fn slivers_are_long_and_narrow() {
        // an overlap of 10 m × 10 km, and one of 300 m × 300 m
        let areas = [
            MultiPolygon(vec![square(0.0, 0.0, 10_000.0, 10_000.0)]),
            MultiPolygon(vec![square(9_990.0, 0.0, 20_000.0, 10_000.0)]),
            MultiPolygon(vec![square(-5_000.0, 9_700.0, 300.0, 20_000.0)]),
        ];
        let found = audit(&areas);
        assert_eq!(found.topology.overlaps.len(), 2);
        let [sliver] = &found.slivers[..] else { panic!("{:?}", found.slivers) };
        assert!(sliver.is_overlap && sliver.areas == [0, 1] && (sliver.area_m2 - 1e5).abs() < 1.0);
    }

    #[test]
    fn parts_apart_are_islands_or_exclaves() {
        let areas = [
            // a main part, an island, and a part beside the second area
            MultiPolygon(vec![
                square(0.0, 0.0, 10_000.0, 10_000.0),
                square(0.0, 20_000.0, 1_000.0, 21_000.0),
                square(20_000.0, 0.0, 21_000.0, 1_000.0),
            ]),
            MultiPolygon(vec![square(10_000.0, 0.0, 20_000.0, 10_000.0)]),
            MultiPolygon(vec![square(50_000.0, 0.0, 51_000.0, 1_000.0)]),
        ];
        let found = audit(&areas);
        let islands: Vec<(usize, bool, f64)> =
            found.islands.iter().map(|it| (it.area, it.is_whole, it.area_m2)).collect();
        assert_eq!(islands, [(0, false, 1e6), (2, true, 1e6)]);
        let [exclave] = &found.exclaves[..] else { panic!("{:?}", found.exclaves) };
        assert_eq!((exclave.area, &exclave.beside[..], exclave.area_m2), (0, &[1][..], 1e6));
    }
}
