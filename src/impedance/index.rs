//! The nearest of many points in the plane.

use rayon::prelude::*;

use crate::base::plane::Rect;
use crate::base::plane::distance;

/// A frozen index over points of the plane, metres.
///
/// Distances are exactly `(dx * dx + dy * dy).sqrt()`; of points at the same distance the lowest index comes first, so
/// every answer is the one a scan of all points would give. A point that is not finite is never found, nor is anything
/// near such a place.
///
/// A balanced tree of halves (Bentley 1975) over a copy of the points in leaf order; docs/decisions/0002 compares it.
#[derive(Debug, Clone, Default)]
pub struct PointIndex {
    /// Points in leaf order; those of one place in order of their index.
    places: Vec<[f64; 2]>,
    items: Vec<u32>,
    /// The splits of a complete binary tree, a node before its first half's nodes and these before its second half's.
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// Points of the first half lie at or below this, those of the second at or above.
    at: f64,
    axis: Axis,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Axis {
    X,
    Y,
    /// All points of the node lie in one place.
    #[default]
    Same,
}

/// Points that are compared one by one rather than split further.
const LEAF: usize = 8;

/// The best answer so far.
#[derive(Clone, Copy)]
struct Best {
    item: u32,
    distance: f64,
    /// No square above this can have a root as small as `distance`.
    square: f64,
}

impl Best {
    const NONE: Best = Best { item: u32::MAX, distance: f64::INFINITY, square: f64::INFINITY };

    #[inline]
    fn offer(&mut self, item: u32, distance: f64) {
        if distance < self.distance || (distance == self.distance && item < self.item) {
            *self = Best { item, distance, square: upper_square(distance) };
        }
    }

    fn answer(&self) -> Option<(u32, f64)> {
        self.distance.is_finite().then_some((self.item, self.distance))
    }
}

/// A number that no square exceeds whose rounded root is at most `distance`.
#[inline]
fn upper_square(distance: f64) -> f64 {
    distance * distance * (1.0 + 4.0 * f64::EPSILON) + f64::MIN_POSITIVE
}

impl PointIndex {
    /// The index of `points`; the answers are positions in this slice.
    pub fn new(points: &[[f64; 2]]) -> PointIndex {
        let mut slots: Vec<([f64; 2], u32)> = (0u32..)
            .zip(points)
            .filter(|(_, p)| p[0].is_finite() && p[1].is_finite())
            .map(|(item, p)| (*p, item))
            .collect();
        let mut depth = 0;
        while slots.len() >> depth > LEAF {
            depth += 1;
        }
        let mut nodes = vec![Node::default(); (1 << depth) - 1];
        split(&mut slots, &mut nodes);
        PointIndex {
            places: slots.iter().map(|slot| slot.0).collect(),
            items: slots.iter().map(|slot| slot.1).collect(),
            nodes,
        }
    }

    /// How many points there are to find.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The nearest point and its distance in metres; the lowest index of several; `None` only when there is none.
    pub fn nearest(&self, at: [f64; 2]) -> Option<(u32, f64)> {
        let mut best = Best::NONE;
        self.walk(
            at,
            &mut best,
            |best| best.square,
            |best, slots, same| {
                // The points of one place stand in order of index: the first speaks for all.
                let slots = if same { slots.start..slots.start + 1 } else { slots };
                for slot in slots {
                    let place = self.places[slot];
                    let (dx, dy) = (place[0] - at[0], place[1] - at[1]);
                    let square = dx * dx + dy * dy;
                    if square <= best.square {
                        best.offer(self.items[slot], square.sqrt());
                    }
                }
            },
        );
        best.answer()
    }

    /// The nearest of the points that `wanted` accepts; it may be asked about any point, in any order, more than once.
    pub fn nearest_where(&self, at: [f64; 2], wanted: &mut dyn FnMut(u32) -> bool) -> Option<(u32, f64)> {
        let mut best = Best::NONE;
        self.walk(
            at,
            &mut best,
            |best| best.square,
            |best, slots, _| {
                for slot in slots {
                    let distance = distance(self.places[slot], at);
                    let item = self.items[slot];
                    let nearer = distance < best.distance || (distance == best.distance && item < best.item);
                    if nearer && wanted(item) {
                        best.offer(item, distance);
                    }
                }
            },
        );
        best.answer()
    }

    /// The `count` nearest points, or all where there are fewer, sorted by distance, then by index.
    pub fn nearest_k(&self, at: [f64; 2], count: usize) -> Vec<(u32, f64)> {
        let mut best: Vec<(u32, f64)> = Vec::new();
        let reach = |best: &Vec<(u32, f64)>| match best.last() {
            Some((_, far)) if best.len() >= count => upper_square(*far),
            _ => f64::INFINITY,
        };
        if count == 0 || !(at[0].is_finite() && at[1].is_finite()) {
            return best;
        }
        self.walk(at, &mut best, reach, |best, slots, _| {
            for slot in slots {
                let (item, distance) = (self.items[slot], distance(self.places[slot], at));
                let rank = best.partition_point(|(i, d)| *d < distance || (*d == distance && *i < item));
                if rank < count {
                    best.truncate(count - 1);
                    best.insert(rank.min(best.len()), (item, distance));
                }
            }
        });
        best
    }

    /// Calls `found` with every point within `radius` metres, the limit included, in the order of the tree: the same at every call.
    pub fn each_within(&self, at: [f64; 2], radius: f64, mut found: impl FnMut(u32, f64)) {
        if !(radius >= 0.0 && at[0].is_finite() && at[1].is_finite()) {
            return;
        }
        let square = upper_square(radius);
        self.walk(
            at,
            &mut (),
            |()| square,
            |(), slots, _| {
                for (place, item) in self.places[slots.clone()].iter().zip(&self.items[slots]) {
                    let (dx, dy) = (place[0] - at[0], place[1] - at[1]);
                    let squared = dx * dx + dy * dy;
                    // most leaves end outside: a root is drawn only where it may be within
                    if squared <= square && squared.sqrt() <= radius {
                        found(*item, squared.sqrt());
                    }
                }
            },
        );
    }

    /// Calls `found` with every point within `radius` metres, the limit included, in order of index.
    pub fn within(&self, at: [f64; 2], radius: f64, found: &mut dyn FnMut(u32, f64)) {
        let mut near: Vec<(u32, f64)> = Vec::new();
        self.each_within(at, radius, |item, distance| near.push((item, distance)));
        near.sort_unstable_by_key(|(item, _)| *item);
        near.into_iter().for_each(|(item, distance)| found(item, distance));
    }

    /// The nearest point of each query, in the order of the queries, on all threads.
    ///
    /// Where the index is empty or a query is not finite its answer is `None`.
    pub fn nearest_all(&self, queries: &[[f64; 2]]) -> Vec<Option<(u32, f64)>> {
        queries.par_iter().with_min_len(256).map(|at| self.nearest(*at)).collect()
    }

    /// Shows `visit` the slots of every leaf that may hold a point whose squared distance is at most `reach`, near ones
    /// first; the flag says that all slots are one place.
    ///
    /// Bounds are computed as the distances themselves are, and rounding is monotone: no bound exceeds a distance.
    #[inline]
    fn walk<S>(
        &self,
        at: [f64; 2],
        state: &mut S,
        reach: impl Fn(&S) -> f64,
        mut visit: impl FnMut(&mut S, std::ops::Range<usize>, bool),
    ) {
        /// A half that waits: its first node, how many nodes it has, its slots, and how far the query lies outside of it
        /// along x and y.
        #[derive(Clone, Copy)]
        struct Waiting {
            node: usize,
            nodes: usize,
            slots: (u32, u32),
            gap: [f64; 2],
        }
        if self.items.is_empty() || at[0].is_nan() || at[1].is_nan() {
            return;
        }
        // One half waits on each level, and there are fewer levels than bits in an index.
        let whole = Waiting { node: 0, nodes: self.nodes.len(), slots: (0, self.items.len() as u32), gap: [0.0; 2] };
        let mut waiting = [whole; 33];
        let mut count = 1;
        while count > 0 {
            count -= 1;
            let Waiting { mut node, mut nodes, slots: (mut start, mut end), gap } = waiting[count];
            if gap[0] * gap[0] + gap[1] * gap[1] > reach(state) {
                continue;
            }
            let mut same = false;
            while nodes > 0 {
                let Node { at: line, axis } = self.nodes[node];
                if axis == Axis::Same {
                    same = true;
                    break;
                }
                let axis = axis as usize;
                let middle = start + (end - start) / 2;
                nodes /= 2;
                let mut far = Waiting { node: node + 1, nodes, slots: (start, middle), gap };
                far.gap[axis] = (at[axis] - line).abs();
                if at[axis] <= line {
                    (far.node, far.slots) = (node + 1 + nodes, (middle, end));
                    (node, end) = (node + 1, middle);
                } else {
                    (node, start) = (node + 1 + nodes, middle);
                }
                if far.gap[0] * far.gap[0] + far.gap[1] * far.gap[1] <= reach(state) {
                    waiting[count] = far;
                    count += 1;
                }
            }
            visit(state, start as usize..end as usize, same);
        }
    }
}

/// Orders `slots` into leaves and writes the splits of their subtree.
fn split(slots: &mut [([f64; 2], u32)], nodes: &mut [Node]) {
    let Some((node, rest)) = nodes.split_first_mut() else { return };
    let rect = Rect::of(slots.iter().map(|slot| &slot.0));
    let (width, height) = (rect.max[0] - rect.min[0], rect.max[1] - rect.min[1]);
    if width == 0.0 && height == 0.0 {
        *node = Node { at: 0.0, axis: Axis::Same };
        slots.sort_unstable_by_key(|slot| slot.1);
        return;
    }
    let axis = if width >= height { Axis::X } else { Axis::Y };
    let middle = slots.len() / 2;
    let by = |a: &([f64; 2], u32), b: &([f64; 2], u32)| a.0[axis as usize].total_cmp(&b.0[axis as usize]);
    let (_, pivot, _) = slots.select_nth_unstable_by(middle, by);
    *node = Node { at: pivot.0[axis as usize], axis };
    let large = slots.len() > 4096;
    let (first, second) = slots.split_at_mut(middle);
    let (first_nodes, second_nodes) = rest.split_at_mut(rest.len() / 2);
    if large {
        rayon::join(|| split(first, first_nodes), || split(second, second_nodes));
    } else {
        split(first, first_nodes);
        split(second, second_nodes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(points: &[[f64; 2]], at: [f64; 2]) -> Vec<(u32, f64)> {
        let mut all: Vec<(u32, f64)> = (0u32..).zip(points).map(|(k, p)| (k, distance(*p, at))).collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        all
    }

    fn agrees(points: &[[f64; 2]], queries: &[[f64; 2]], radius: f64) {
        let index = PointIndex::new(points);
        let all = index.nearest_all(queries);
        for (at, of_batch) in queries.iter().zip(all) {
            let expected = scan(points, *at);
            assert_eq!(index.nearest(*at), expected.first().copied(), "{at:?}");
            assert_eq!(of_batch, expected.first().copied(), "{at:?}");
            let odd = expected.iter().find(|(k, _)| k % 3 == 1).copied();
            assert_eq!(index.nearest_where(*at, &mut |k| k % 3 == 1), odd, "{at:?}");
            for count in [0, 1, 3, 10, points.len() + 1] {
                assert_eq!(index.nearest_k(*at, count), expected[..count.min(expected.len())], "{at:?} {count}");
            }
            let mut near = Vec::new();
            index.within(*at, radius, &mut |k, d| near.push((k, d)));
            let mut inside: Vec<(u32, f64)> = expected.iter().filter(|(_, d)| *d <= radius).copied().collect();
            inside.sort_by_key(|(k, _)| *k);
            assert_eq!(near, inside, "{at:?}");
        }
    }

    #[test]
    fn an_empty_index_finds_nothing_and_one_point_is_always_nearest() {
        let empty = PointIndex::new(&[]);
        assert!(empty.is_empty() && empty.nearest([0.0, 0.0]).is_none() && empty.nearest_k([0.0, 0.0], 3).is_empty());
        assert_eq!(empty.nearest_all(&[[0.0, 0.0]]), [None]);
        let one = PointIndex::new(&[[3.0, 4.0]]);
        assert_eq!((one.len(), one.nearest([0.0, 0.0])), (1, Some((0, 5.0))));
    }

    #[test]
    fn of_equal_distances_the_lowest_index_wins() {
        let points = [[10.0, 0.0], [-10.0, 0.0], [0.0, 10.0], [10.0, 0.0]];
        assert_eq!(PointIndex::new(&points).nearest([0.0, 0.0]), Some((0, 10.0)));
        let many: Vec<[f64; 2]> =
            (0..5000).map(|k| if k % 7 == 0 { [1.0, 1.0] } else { [2.0, f64::from(k)] }).collect();
        agrees(&many, &[[1.0, 1.0], [0.0, 0.0], [2.0, 1.0], [1.5, 1.0], [5.0, 4999.0]], 1.0);
        agrees(&vec![[7.0, 7.0]; 300], &[[7.0, 7.0], [0.0, 0.0]], 10.0);
    }

    #[test]
    fn places_without_a_number_are_never_found_and_find_nothing() {
        let index = PointIndex::new(&[[f64::NAN, 0.0], [0.0, f64::INFINITY], [5.0, 0.0]]);
        assert_eq!(index.nearest([0.0, 0.0]), Some((2, 5.0)));
        assert_eq!(index.nearest([f64::NAN, 0.0]), None);
        assert_eq!(index.nearest([f64::INFINITY, 0.0]), None);
        assert!(index.nearest_k([f64::NAN, 0.0], 2).is_empty());
        assert_eq!(index.nearest_all(&[[f64::NAN, 0.0], [5.0, 1.0]]), [None, Some((2, 1.0))]);
        let mut found = 0;
        index.within([0.0, 0.0], f64::NAN, &mut |_, _| found += 1);
        index.within([0.0, 0.0], -1.0, &mut |_, _| found += 1);
        assert_eq!(found, 0);
    }

    #[test]
    fn a_point_exactly_at_the_radius_is_within_and_a_hair_farther_is_not() {
        let index = PointIndex::new(&[[500.0, 0.0], [300.0, 400.0], [500.0_f64.next_up(), 0.0]]);
        let mut near = Vec::new();
        index.within([0.0, 0.0], 500.0, &mut |k, d| near.push((k, d)));
        assert_eq!(near, [(0, 500.0), (1, 500.0)]);
    }

    #[test]
    fn the_batch_is_the_same_on_any_number_of_threads() {
        let points: Vec<[f64; 2]> =
            (0..3000).map(|k| [f64::from(k * 7919 % 1009), f64::from(k * 104_729 % 1013)]).collect();
        let queries: Vec<[f64; 2]> = (0..5000).map(|k| [f64::from(k * 31 % 1201), f64::from(k * 17 % 997)]).collect();
        let index = PointIndex::new(&points);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a small pool");
            pool.install(|| index.nearest_all(&queries))
        };
        assert_eq!(on(1), on(3));
    }

    proptest! {
        #[test]
        fn the_index_agrees_with_a_scan(
            points in prop::collection::vec((-30..30i32, -30..30i32), 0..200),
            queries in prop::collection::vec((-40..40i32, -40..40i32), 1..20),
            step in prop::sample::select(vec![1.0, 0.1, 1e-9, 1e7]),
            offset in prop::sample::select(vec![0.0, 500_000.0, 4.0386e7, -1e15]),
            flat in prop::sample::select(vec![1.0, 0.0]),
            radius in 0..50i32,
        ) {
            let place = |p: &(i32, i32)| [f64::from(p.0) * step + offset, f64::from(p.1) * step * flat - offset];
            let points: Vec<[f64; 2]> = points.iter().map(place).collect();
            let queries: Vec<[f64; 2]> = queries.iter().map(place).collect();
            agrees(&points, &queries, f64::from(radius) * step);
        }
    }
}
