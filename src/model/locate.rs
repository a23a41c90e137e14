//! Which region holds a point, and how far the point is from the region's border.

use geo_types::MultiPolygon;
use rayon::prelude::*;

use crate::base::plane::Rect;
use crate::base::plane::curve_order;
use crate::base::plane::distance_to_segment;
use crate::base::plane::side;
use crate::base::same::SAME;
use crate::model::boxes::BoxTree;
use crate::model::region::Region;
use crate::model::rings::Rings;

/// Answers "in which region?" for points of the plane.
///
/// Regions are closed sets: a point on an edge or a vertex, of a hole as well, belongs to its region, and so does one that is off it by
/// no more than [`SAME`]. Inside and outside are told apart exactly (no rounding decides it), so in a coverage whose neighbours share
/// their vertices no point is lost. Where several regions hold the point (a shared border, regions that lie over each other) the smallest
/// is the answer, of equal ones the one whose code comes first; of shapes without codes ([`RegionLocator::new`]) the lowest index.
///
/// A part of a region follows the even-odd rule over its rings; a region is the union of its parts.
#[derive(Debug, Clone)]
pub struct RegionLocator {
    rings: Rings,
    bands: Bands,
    tree: BoxTree,
    region_of_part: Vec<u32>,
    /// Of regions that hold a point the one with the lowest rank is the answer; by index.
    rank: Vec<u32>,
    /// How far off a border is still on it, in the unit of the coordinates.
    same: f64,
}

impl RegionLocator {
    /// The locator of `shapes`; region `k` is the `k`-th of them. Coordinates in metres, finite.
    pub fn new<'s>(shapes: impl IntoIterator<Item = &'s MultiPolygon<f64>>) -> RegionLocator {
        RegionLocator::of_rings(Rings::of(shapes))
    }

    /// The locator of regions that are flat already.
    pub fn of_rings(rings: Rings) -> RegionLocator {
        let bands = Bands::new(&rings);
        let tree = BoxTree::new(&bands.rects);
        let region_of_part = rings.region_of_parts();
        let rank = (0..rings.region_count() as u32).collect();
        RegionLocator { rings, bands, tree, region_of_part, rank, same: SAME }
    }

    /// The locator of `shapes` whose coordinates are degrees, as those of the places that it is asked about.
    pub fn in_degrees<'s>(shapes: impl IntoIterator<Item = &'s MultiPolygon<f64>>) -> RegionLocator {
        // metres of a degree of the meridian, some 0.5 % more or less
        RegionLocator { same: SAME / 111_000.0, ..RegionLocator::new(shapes) }
    }

    /// The locator of regions of one level; region `k` is the `k`-th of them. One without an outline holds nothing.
    pub fn of_regions<'r>(regions: impl IntoIterator<Item = &'r Region>) -> RegionLocator {
        let regions: Vec<&Region> = regions.into_iter().collect();
        let nothing = MultiPolygon(Vec::new());
        let outline = |region: &&'r Region| region.shape.as_ref().map_or(&nothing, |shape| &shape.plane);
        let mut locator = RegionLocator::new(regions.iter().map(outline));
        // areas to the square metre: what was drawn equal is equal
        let area = |at: u32| regions[at as usize].shape.as_ref().map_or(0.0, |shape| shape.area_m2.round());
        let code = |at: u32| regions[at as usize].code.as_str();
        let mut order: Vec<u32> = (0..regions.len() as u32).collect();
        order.sort_by(|a, b| area(*a).total_cmp(&area(*b)).then_with(|| code(*a).cmp(code(*b))));
        (0u32..).zip(order).for_each(|(rank, at)| locator.rank[at as usize] = rank);
        locator
    }

    /// How many regions there are, empty ones included.
    pub fn region_count(&self) -> usize {
        self.rings.region_count()
    }

    /// The region that holds `at`, the smallest of several; `None` outside of all and for a point that is not finite.
    pub fn locate(&self, at: [f64; 2]) -> Option<u32> {
        let mut best: Option<u32> = None;
        let rank = |region: u32| self.rank[region as usize];
        self.tree.meeting(&Rect { min: at, max: at }.grown(self.same), |part| {
            let region = self.region_of_part[part as usize];
            if best.is_none_or(|best| rank(region) < rank(best)) && self.part_holds(part as usize, at) {
                best = Some(region);
            }
        });
        best
    }

    /// Whether a part holds `at`, its border to the millimetre included.
    fn part_holds(&self, part: usize, at: [f64; 2]) -> bool {
        self.bands.rects[part].holds(at) && self.bands.part_holds(&self.rings, part, at)
            || self.bands.is_on_border(&self.rings, part, at, self.same)
    }

    /// Whether `at` lies within the region and off its border.
    pub fn is_inside(&self, region: u32, at: [f64; 2]) -> bool {
        self.holds(region, at)
            && !self.parts(region).any(|part| self.bands.is_on_border(&self.rings, part, at, self.same))
    }

    /// [`locate`](RegionLocator::locate) for each of many points, in their order, on all threads.
    pub fn locate_all(&self, points: &[[f64; 2]]) -> Vec<Option<u32>> {
        let mut answers = vec![None; points.len()];
        // Near points read the same edges: along the curve they find them in the cache.
        let order = curve_order(points);
        let found: Vec<Option<u32>> =
            order.par_iter().with_min_len(256).map(|&k| self.locate(points[k as usize])).collect();
        order.iter().zip(found).for_each(|(&k, answer)| answers[k as usize] = answer);
        answers
    }

    /// Whether the closed region holds `at`; `false` for a region that does not exist.
    pub fn holds(&self, region: u32, at: [f64; 2]) -> bool {
        self.parts(region).any(|part| self.part_holds(part, at))
    }

    /// Distance in metres from `at`, inside or outside, to the region's own boundary, holes and all parts included.
    ///
    /// 0 on the boundary. `None` for a region that does not exist or has no boundary, and for a point that is not finite.
    pub fn distance_to_border(&self, at: [f64; 2], region: u32) -> Option<f64> {
        let mut best = f64::INFINITY;
        for part in self.parts(region) {
            if self.bands.rects[part].distance(at) <= best {
                best = best.min(self.bands.border_distance(&self.rings, part, at, best));
            }
        }
        best.is_finite().then_some(best)
    }

    /// The regions whose closed polygon lies within `radius` metres of `at`, the limit included, in order of index.
    pub fn within_distance(&self, at: [f64; 2], radius: f64) -> Vec<u32> {
        let radius = radius + self.same;
        let mut near = Vec::new();
        self.tree.meeting(&Rect { min: at, max: at }.grown(radius), |part| {
            let at_part = part as usize;
            if self.bands.rects[at_part].holds(at) && self.bands.part_holds(&self.rings, at_part, at)
                || self.bands.border_distance(&self.rings, at_part, at, radius) <= radius
            {
                near.push(self.region_of_part[at_part]);
            }
        });
        near.sort_unstable();
        near.dedup();
        near
    }

    fn parts(&self, region: u32) -> std::ops::Range<usize> {
        if (region as usize) < self.rings.region_count() { self.rings.parts_of_region(region as usize) } else { 0..0 }
    }
}

/// The edges of every part, sorted into horizontal bands of equal height.
///
/// A ray to the east meets only edges of its own band: about ten, whatever the number of vertices. Edges that follow each other
/// on a ring are listed as one run, which takes less memory than a list of edges and is read in one go.
#[derive(Debug, Clone)]
pub(crate) struct Bands {
    pub(crate) rects: Vec<Rect>,
    /// First band of each part, and the number of bands.
    first: Vec<u32>,
    /// First run of each band, and the number of runs.
    start: Vec<u32>,
    runs: Vec<Run>,
}

/// Edges that follow each other: from vertex `first` to vertex `last`.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    first: u32,
    last: u32,
}

impl Run {
    fn vertices(self) -> std::ops::RangeInclusive<usize> {
        self.first as usize..=self.last as usize
    }
}

/// Edges a band should hold; fewer only cost memory.
const EDGES_PER_BAND: f64 = 8.0;
/// Bound on how often the boundary of a part may go from band to band, on average for each of its edges.
const STEPS_PER_EDGE: f64 = 1.0;

/// The bands of one part: monotone in y even in rounded arithmetic, so an edge is listed wherever its points fall.
#[derive(Clone, Copy)]
struct Scale {
    low: f64,
    per_metre: f64,
    count: usize,
}

impl Scale {
    fn of(rect: &Rect, count: usize) -> Scale {
        let per_metre = count as f64 / (rect.max[1] - rect.min[1]);
        Scale { low: rect.min[1], per_metre: if per_metre.is_finite() { per_metre } else { 0.0 }, count }
    }

    #[inline]
    fn band(&self, y: f64) -> usize {
        (((y - self.low) * self.per_metre) as usize).min(self.count - 1)
    }
}

/// What a walk along a ring does to a band.
enum Step {
    /// The edge from this vertex is the first of a run.
    Enter(usize),
    /// The edge to this vertex was the last of a run.
    Leave(usize),
}

/// Walks along the rings of a part and tells which bands each edge is the first or the last of a run in.
///
/// Edges that follow each other share a vertex and with it a band, so most of them neither enter nor leave.
#[inline]
fn walk(rings: &Rings, part: usize, scale: &Scale, mut step: impl FnMut(usize, Step)) {
    let coords = rings.coords();
    for ring in rings.rings_of_part(part) {
        let ring = rings.ring(ring);
        let mut from = scale.band(coords[ring.start][1]);
        // the bands of the edge before, none before the first one
        let (mut low, mut high) = (from, from);
        step(from, Step::Enter(ring.start));
        for k in ring.start..ring.end - 1 {
            let to = scale.band(coords[k + 1][1]);
            if (from, to) != (low, low) || low != high {
                let (next_low, next_high) = (from.min(to), from.max(to));
                (low..=high)
                    .filter(|band| !(next_low..=next_high).contains(band))
                    .for_each(|band| step(band, Step::Leave(k)));
                (next_low..=next_high)
                    .filter(|band| !(low..=high).contains(band))
                    .for_each(|band| step(band, Step::Enter(k)));
                (low, high) = (next_low, next_high);
            }
            from = to;
        }
        (low..=high).for_each(|band| step(band, Step::Leave(ring.end - 1)));
    }
}

impl Bands {
    pub(crate) fn new(rings: &Rings) -> Bands {
        let coords = rings.coords();
        let sizes: Vec<(Rect, u32)> = (0..rings.part_count())
            .into_par_iter()
            .with_min_len(64)
            .map(|part| {
                let rect = rings.part_rect(part);
                let edges = (rings.vertices_of_part(part).len() - rings.rings_of_part(part).len()) as f64;
                let rise: f64 = edges_of(rings, part).map(|k| (coords[k + 1][1] - coords[k][1]).abs()).sum();
                // An edge of rise r enters at most r / height * count + 1 bands.
                let most = STEPS_PER_EDGE * edges * ((rect.max[1] - rect.min[1]) / rise);
                (rect, (edges / EDGES_PER_BAND).min(most).max(1.0) as u32)
            })
            .collect();
        let mut first = Vec::with_capacity(sizes.len() + 1);
        first.push(0);
        first.extend(sizes.iter().scan(0, |at, size| {
            *at += size.1;
            Some(*at)
        }));
        // Runs of each band, counted; then the counts become starts.
        let mut start = vec![0u32; first[sizes.len()] as usize + 1];
        let counts = each_part(&sizes, &mut start[1..], |size| size.1);
        counts.into_par_iter().with_min_len(64).for_each(|(part, counts)| {
            walk(rings, part, &Scale::of(&sizes[part].0, counts.len()), |band, step| {
                counts[band] += u32::from(matches!(step, Step::Enter(_)));
            });
        });
        let mut at = 0;
        start.iter_mut().for_each(|count| {
            at += *count;
            *count = at;
        });
        let mut runs = vec![Run::default(); at as usize];
        let bounds = |part: usize| [first[part], first[part + 1]].map(|band| start[band as usize]);
        let lengths: Vec<u32> = (0..sizes.len()).map(bounds).map(|[from, to]| to - from).collect();
        let lists = each_part(&lengths, &mut runs, |length| *length);
        lists.into_par_iter().with_min_len(64).for_each_init(Vec::new, |next: &mut Vec<u32>, (part, list)| {
            let starts = &start[first[part] as usize..first[part + 1] as usize];
            next.clear();
            next.extend(starts.iter().map(|at| at - starts[0]));
            walk(rings, part, &Scale::of(&sizes[part].0, starts.len()), |band, step| match step {
                Step::Enter(k) => {
                    list[next[band] as usize].first = k as u32;
                    next[band] += 1;
                }
                Step::Leave(k) => list[next[band] as usize - 1].last = k as u32,
            });
        });
        Bands { rects: sizes.into_iter().map(|size| size.0).collect(), first, start, runs }
    }

    fn scale(&self, part: usize) -> Scale {
        Scale::of(&self.rects[part], (self.first[part + 1] - self.first[part]) as usize)
    }

    fn runs(&self, part: usize, band: usize) -> &[Run] {
        let band = self.first[part] as usize + band;
        &self.runs[self.start[band] as usize..self.start[band + 1] as usize]
    }

    /// Whether the closed part holds `at`, which lies in the part's box.
    #[inline]
    pub(crate) fn part_holds(&self, rings: &Rings, part: usize, at: [f64; 2]) -> bool {
        let coords = rings.coords();
        let mut inside = false;
        for run in self.runs(part, self.scale(part).band(at[1])) {
            for edge in coords[run.vertices()].windows(2) {
                match crossing(edge[0], edge[1], at) {
                    Crossing::On => return true,
                    Crossing::East => inside = !inside,
                    Crossing::None => {}
                }
            }
        }
        inside
    }

    /// Whether `at` is off the boundary of the part by at most `same`.
    #[inline]
    fn is_on_border(&self, rings: &Rings, part: usize, at: [f64; 2], same: f64) -> bool {
        let rect = &self.rects[part];
        let reach = Rect { min: at, max: at }.grown(same);
        if !rect.meets(&reach) {
            return false;
        }
        let coords = rings.coords();
        let scale = self.scale(part);
        (scale.band(reach.min[1])..=scale.band(reach.max[1])).any(|band| {
            self.runs(part, band).iter().any(|run| {
                coords[run.vertices()].windows(2).any(|edge| {
                    let (a, b) = (edge[0], edge[1]);
                    // most edges lie off by their heights alone
                    (a[1] <= reach.max[1] || b[1] <= reach.max[1])
                        && (a[1] >= reach.min[1] || b[1] >= reach.min[1])
                        && Rect::of([&a, &b]).meets(&reach)
                        && distance_to_segment(at, a, b) <= same
                })
            })
        })
    }

    /// Distance from `at` to the boundary of the part, or infinity where it is clearly more than `limit`.
    fn border_distance(&self, rings: &Rings, part: usize, at: [f64; 2], limit: f64) -> f64 {
        let coords = rings.coords();
        let rect = &self.rects[part];
        let scale = self.scale(part);
        let home = scale.band(at[1].clamp(rect.min[1], rect.max[1]));
        let height = (rect.max[1] - rect.min[1]) / scale.count as f64;
        let mut best = f64::INFINITY;
        let scan = |band: usize, best: &mut f64| {
            for run in self.runs(part, band) {
                for edge in coords[run.vertices()].windows(2) {
                    *best = best.min(distance_to_segment(at, edge[0], edge[1]));
                }
            }
        };
        scan(home, &mut best);
        // Bands farther away than the best distance hold nothing nearer; one band more covers all rounding.
        for away in 1..scale.count {
            let (below, above) = (home.checked_sub(away), Some(home + away).filter(|band| *band < scale.count));
            if (away as f64 - 2.0) * height > best.min(limit) || (below.is_none() && above.is_none()) {
                break;
            }
            below.into_iter().chain(above).for_each(|band| scan(band, &mut best));
        }
        best
    }
}

/// Whether the closed part holds `at`, by a look at every edge.
pub(crate) fn holds_by_scan(rings: &Rings, part: usize, at: [f64; 2]) -> bool {
    let coords = rings.coords();
    let mut inside = false;
    for k in edges_of(rings, part) {
        match crossing(coords[k], coords[k + 1], at) {
            Crossing::On => return true,
            Crossing::East => inside = !inside,
            Crossing::None => {}
        }
    }
    inside
}

/// The edges of a part, by their first vertex.
fn edges_of(rings: &Rings, part: usize) -> impl Iterator<Item = usize> {
    rings.rings_of_part(part).flat_map(move |ring| {
        let ring = rings.ring(ring);
        ring.start..ring.end - 1
    })
}

/// The slots of each item in `all`, which lie one after the other, as many as `length` says.
fn each_part<'a, I, T>(items: &[I], mut all: &'a mut [T], length: impl Fn(&I) -> u32) -> Vec<(usize, &'a mut [T])> {
    let mut parts = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let (own, rest) = all.split_at_mut(length(item) as usize);
        all = rest;
        parts.push((at, own));
    }
    parts
}

/// What the edge from `a` to `b` does to a ray from a point eastward.
enum Crossing {
    /// The point lies on the edge.
    On,
    /// The ray crosses the edge; of its ends the lower one counts.
    East,
    None,
}

#[inline]
fn crossing(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> Crossing {
    if (a[1] > p[1]) == (b[1] > p[1]) {
        // Both ends above, or both at the height of the point or below: the edge can only touch, at that height.
        let on = a == p || b == p || (a[1] == p[1] && b[1] == p[1] && (a[0] < p[0]) != (b[0] < p[0]));
        return if on { Crossing::On } else { Crossing::None };
    }
    if p[0] > a[0].max(b[0]) {
        return Crossing::None;
    }
    if p[0] < a[0].min(b[0]) {
        return Crossing::East;
    }
    let turn = side(a, b, p);
    if turn == 0.0 {
        return Crossing::On;
    }
    // East of the point means: the point is left of the edge that goes up.
    if (turn > 0.0) == (b[1] > a[1]) { Crossing::East } else { Crossing::None }
}

#[cfg(test)]
mod tests {
    use geo::Distance;
    use geo::Euclidean;
    use geo::Intersects;
    use geo_types::Point;
    use geo_types::coord;
    use geo_types::polygon;
    use proptest::prelude::*;

    use super::*;

    fn square(x: f64, y: f64, side: f64) -> MultiPolygon<f64> {
        let at = |dx: f64, dy: f64| coord! { x: x + dx, y: y + dy };
        MultiPolygon::new(vec![geo_types::Polygon::new(
            vec![at(0.0, 0.0), at(side, 0.0), at(side, side), at(0.0, side)].into(),
            vec![],
        )])
    }

    #[test]
    fn a_point_on_a_shared_border_belongs_to_the_lowest_index() {
        let shapes =
            [square(0.0, 0.0, 10.0), square(10.0, 0.0, 10.0), square(0.0, 10.0, 10.0), square(10.0, 10.0, 10.0)];
        let locator = RegionLocator::new(&shapes);
        for (at, region) in [
            ([5.0, 5.0], Some(0)),
            ([15.0, 5.0], Some(1)),
            ([10.0, 5.0], Some(0)),
            ([10.0, 10.0], Some(0)),
            ([15.0, 10.0], Some(1)),
            ([10.0, 15.0], Some(2)),
            ([20.0, 20.0], Some(3)),
            ([0.0, 0.0], Some(0)),
            ([20.0, 0.0], Some(1)),
            ([20.000_4, 0.0], Some(1)),
            ([20.001, 0.0], None),
            ([f64::NAN, 0.0], None),
            ([f64::INFINITY, 0.0], None),
        ] {
            assert_eq!(locator.locate(at), region, "{at:?}");
        }
        assert_eq!(locator.within_distance([10.0, 10.0], 0.0), [0, 1, 2, 3]);
        assert_eq!(locator.within_distance([25.0, 5.0], 5.0), [1], "the limit is included");
        assert!(locator.within_distance([25.0, 5.0], 4.999).is_empty());
    }

    #[test]
    fn holes_and_exclaves_are_parts_of_the_answer() {
        let outer = MultiPolygon::new(vec![
            polygon!(exterior: [(x: 0.0, y: 0.0), (x: 30.0, y: 0.0), (x: 30.0, y: 30.0), (x: 0.0, y: 30.0)],
                     interiors: [[(x: 10.0, y: 10.0), (x: 20.0, y: 10.0), (x: 20.0, y: 20.0), (x: 10.0, y: 20.0)]]),
            polygon![(x: 14.0, y: 14.0), (x: 16.0, y: 14.0), (x: 16.0, y: 16.0), (x: 14.0, y: 16.0)],
        ]);
        let locator = RegionLocator::new([&outer]);
        assert_eq!(locator.locate([12.0, 12.0]), None, "in the hole");
        assert_eq!(locator.locate([10.0, 12.0]), Some(0), "on the border of the hole");
        assert_eq!(locator.locate([15.0, 15.0]), Some(0), "in the exclave in the hole");
        assert_eq!(locator.distance_to_border([12.0, 15.0], 0), Some(2.0));
        assert_eq!(locator.distance_to_border([5.0, 5.0], 0), Some(5.0));
        assert_eq!(locator.distance_to_border([33.0, 34.0], 0), Some(5.0));
        assert_eq!(locator.distance_to_border([5.0, 0.0], 0), Some(0.0));
        assert_eq!(locator.distance_to_border([5.0, 0.0], 7), None);
        assert!(locator.holds(0, [10.0, 12.0]) && !locator.holds(0, [12.0, 12.0]) && !locator.holds(9, [12.0, 12.0]));
    }

    #[test]
    fn no_regions_and_empty_regions_hold_nothing() {
        assert_eq!(RegionLocator::new([]).locate([0.0, 0.0]), None);
        let shapes = [MultiPolygon::new(vec![]), square(0.0, 0.0, 1.0)];
        let locator = RegionLocator::new(&shapes);
        assert_eq!(locator.locate_all(&[[0.5, 0.5], [2.0, 2.0]]), [Some(1), None]);
        assert_eq!(locator.distance_to_border([0.5, 0.5], 0), None);
        assert_eq!(locator.region_count(), 2);
    }

    /// A star around (`x`, `y`) on whole coordinates, so that points fall on its vertices and edges.
    fn star(x: i32, y: i32, radii: &[i32]) -> geo_types::Polygon<f64> {
        let ring: Vec<geo_types::Coord<f64>> = radii
            .iter()
            .enumerate()
            .map(|(k, r)| {
                let turn = std::f64::consts::TAU * k as f64 / radii.len() as f64;
                let at = |centre: i32, part: f64| (f64::from(centre) + f64::from(*r) * part).round();
                coord! { x: at(x, turn.cos()), y: at(y, turn.sin()) }
            })
            .collect();
        geo_types::Polygon::new(ring.into(), vec![])
    }

    fn crossing_free(polygon: &geo_types::Polygon<f64>) -> bool {
        use geo::algorithm::Validation;
        polygon.is_valid()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn the_locator_agrees_with_geo(
            stars in prop::collection::vec((-20..20i32, -20..20i32, prop::collection::vec(4..14i32, 3..24)), 1..6),
            points in prop::collection::vec((-60..60i32, -60..60i32), 1..60),
            offset in prop::sample::select(vec![0.0, 500_000.0, 40_386_383.0]),
            radius in 0..12i32,
        ) {
            use geo::Translate;
            let shapes: Vec<MultiPolygon<f64>> = stars
                .iter()
                .map(|(x, y, radii)| star(*x, *y, radii))
                .filter(crossing_free)
                .map(|polygon| MultiPolygon::new(vec![polygon]).translate(offset, -offset))
                .collect();
            let locator = RegionLocator::new(&shapes);
            let points: Vec<[f64; 2]> =
                points.iter().map(|(x, y)| [f64::from(*x) * 0.5 + offset, f64::from(*y) * 0.5 - offset]).collect();
            let radius = f64::from(radius) * 0.5;
            let answers = locator.locate_all(&points);
            for (at, answer) in points.iter().zip(&answers) {
                let point = Point::new(at[0], at[1]);
                let expected = shapes.iter().position(|shape| shape.intersects(&point)).map(|k| k as u32);
                prop_assert_eq!(*answer, expected, "{:?}", at);
                let mut near = Vec::new();
                for (k, shape) in shapes.iter().enumerate() {
                    let to_border = shape.0[0].exterior().lines()
                        .map(|line| Euclidean.distance(&point, &line)).fold(f64::INFINITY, f64::min);
                    let got = locator.distance_to_border(*at, k as u32).expect("a star has a border");
                    prop_assert!((got - to_border).abs() < 1e-6, "{:?}: {} and {}", at, got, to_border);
                    if shape.intersects(&point) || got <= radius + SAME {
                        near.push(k as u32);
                    }
                }
                prop_assert_eq!(locator.within_distance(*at, radius), near);
            }
        }
    }
}
