//! Points of the plane: boxes, the exact side of a line, and an order in which near points follow each other.
//!
//! Coordinates are `[x, y]` in metres, x east and y north.

use geo::Coord;
use geo::algorithm::kernels::Kernel;
use geo::algorithm::kernels::Orientation;
use geo::algorithm::kernels::RobustKernel;
use rayon::prelude::*;

/// An axis-parallel box with its border.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub min: [f64; 2],
    pub max: [f64; 2],
}

impl Rect {
    /// The box of nothing: it meets no box and grows to whatever is added.
    pub(crate) const EMPTY: Rect = Rect { min: [f64::INFINITY; 2], max: [f64::NEG_INFINITY; 2] };

    pub(crate) fn of<'p>(points: impl IntoIterator<Item = &'p [f64; 2]>) -> Rect {
        let mut rect = Rect::EMPTY;
        points.into_iter().for_each(|p| rect.add(*p));
        rect
    }

    pub(crate) fn add(&mut self, p: [f64; 2]) {
        self.join(&Rect { min: p, max: p });
    }

    pub(crate) fn join(&mut self, other: &Rect) {
        for axis in 0..2 {
            self.min[axis] = self.min[axis].min(other.min[axis]);
            self.max[axis] = self.max[axis].max(other.max[axis]);
        }
    }

    /// The box with `by` added on every side, rounded outward.
    pub(crate) fn grown(&self, by: f64) -> Rect {
        if by == 0.0 {
            return *self;
        }
        let low = |v: f64| (v - by).next_down();
        let high = |v: f64| (v + by).next_up();
        Rect { min: self.min.map(low), max: self.max.map(high) }
    }

    #[inline]
    pub(crate) fn meets(&self, other: &Rect) -> bool {
        self.min[0] <= other.max[0]
            && self.max[0] >= other.min[0]
            && self.min[1] <= other.max[1]
            && self.max[1] >= other.min[1]
    }

    #[inline]
    pub(crate) fn holds(&self, p: [f64; 2]) -> bool {
        self.min[0] <= p[0] && p[0] <= self.max[0] && self.min[1] <= p[1] && p[1] <= self.max[1]
    }

    pub(crate) fn holds_rect(&self, other: &Rect) -> bool {
        self.holds(other.min) && self.holds(other.max)
    }

    /// Distance from `p` to the box, 0 inside.
    pub(crate) fn distance(&self, p: [f64; 2]) -> f64 {
        let gap = |axis: usize| (self.min[axis] - p[axis]).max(p[axis] - self.max[axis]).max(0.0);
        let (dx, dy) = (gap(0), gap(1));
        (dx * dx + dy * dy).sqrt()
    }

    pub(crate) fn centre(&self) -> [f64; 2] {
        [0, 1].map(|axis| self.min[axis] * 0.5 + self.max[axis] * 0.5)
    }
}

/// Distance of two points; 0 for equal points, infinite where it exceeds the numbers.
#[inline]
pub(crate) fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
    (dx * dx + dy * dy).sqrt()
}

/// Distance from `p` to the segment from `a` to `b`, both ends included.
#[inline]
pub(crate) fn distance_to_segment(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let d = [b[0] - a[0], b[1] - a[1]];
    let v = [p[0] - a[0], p[1] - a[1]];
    let along = v[0] * d[0] + v[1] * d[1];
    let square = d[0] * d[0] + d[1] * d[1];
    if along <= 0.0 || square == 0.0 {
        return distance(p, a);
    }
    if along >= square {
        return distance(p, b);
    }
    // The cross product keeps its digits where subtracting the foot of the perpendicular would lose them.
    ((d[0] * v[1] - d[1] * v[0]) / square.sqrt()).abs()
}

/// On which side of the directed line from `a` to `b` the point `p` lies: positive left, negative right, 0 on it.
///
/// The sign is exact (Shewchuk 1997, "Adaptive precision floating-point arithmetic and fast robust geometric
/// predicates"); the size means nothing.
#[inline]
pub(crate) fn side(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> f64 {
    let left = (a[0] - p[0]) * (b[1] - p[1]);
    let right = (a[1] - p[1]) * (b[0] - p[0]);
    let det = left - right;
    // Shewchuk's bound for the first filter, (3 + 16 eps) eps.
    if det.abs() >= 3.330_669_073_875_471_6e-16 * (left.abs() + right.abs()) {
        return det;
    }
    exact_side(a, b, p)
}

#[cold]
fn exact_side(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> f64 {
    let coord = |v: [f64; 2]| Coord { x: v[0], y: v[1] };
    match RobustKernel::orient2d(coord(a), coord(b), coord(p)) {
        Orientation::CounterClockwise => 1.0,
        Orientation::Clockwise => -1.0,
        Orientation::Collinear => 0.0,
    }
}

/// Steps of the curve along each axis, as a power of two; two digits of the radix sort below.
const CURVE_BITS: u32 = 11;

/// The order in which the points lie along a Hilbert curve through their box; equal places keep their order.
///
/// Work done in this order finds in the cache what its neighbour has just read.
pub(crate) fn curve_order(points: &[[f64; 2]]) -> Vec<u32> {
    let rect = points.par_chunks(1 << 16).map(Rect::of).reduce(
        || Rect::EMPTY,
        |mut a, b| {
            a.join(&b);
            a
        },
    );
    let steps = f64::from(1u32 << CURVE_BITS);
    let scale = [0, 1].map(|axis| {
        let scale = steps / (rect.max[axis] - rect.min[axis]);
        if scale.is_finite() { scale } else { 0.0 }
    });
    // `as` saturates and takes NaN to 0, so no point falls outside the curve.
    let cell =
        |p: &[f64; 2], axis: usize| (((p[axis] - rect.min[axis]) * scale[axis]) as u32).min((1 << CURVE_BITS) - 1);
    let keys: Vec<u32> = points.par_iter().map(|p| hilbert(cell(p, 0), cell(p, 1))).collect();
    let mut order: Vec<u32> = (0..points.len() as u32).collect();
    let mut next = vec![0u32; points.len()];
    for digit in 0..2 {
        let of = |k: u32| (keys[k as usize] >> (digit * CURVE_BITS)) as usize & ((1 << CURVE_BITS) - 1);
        let mut start = vec![0u32; (1 << CURVE_BITS) + 1];
        order.iter().for_each(|&k| start[of(k) + 1] += 1);
        for at in 0..1 << CURVE_BITS {
            start[at + 1] += start[at];
        }
        for &k in &order {
            let slot = &mut start[of(k)];
            next[*slot as usize] = k;
            *slot += 1;
        }
        std::mem::swap(&mut order, &mut next);
    }
    order
}

/// Position of a cell on the Hilbert curve of [`CURVE_BITS`] steps.
fn hilbert(mut x: u32, mut y: u32) -> u32 {
    let mut key = 0;
    for bit in (0..CURVE_BITS).rev() {
        let (rx, ry) = ((x >> bit) & 1, (y >> bit) & 1);
        key = key << 2 | ((3 * rx) ^ ry);
        if ry == 0 {
            if rx == 1 {
                (x, y) = (!x, !y);
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_side_is_exact_where_rounding_would_lie() {
        // 0.1 + 0.2 style neighbours of a line through the origin: the double next to 0.5 is off the diagonal.
        let (a, b) = ([0.0, 0.0], [1e9, 1e9]);
        assert_eq!(side(a, b, [0.5, 0.5]), 0.0);
        assert!(side(a, b, [0.5, 0.5_f64.next_up()]) > 0.0);
        assert!(side(a, b, [0.5_f64.next_up(), 0.5]) < 0.0);
    }

    #[test]
    fn the_curve_visits_every_point_once_and_its_neighbours_are_near() {
        let points: Vec<[f64; 2]> =
            (0..64 * 64).map(|k| [f64::from(k * 37 % 64), f64::from(k * 37 / 64 % 64)]).collect();
        let order = curve_order(&points);
        let mut seen = order.clone();
        seen.sort_unstable();
        assert_eq!(seen, (0..64 * 64).collect::<Vec<u32>>());
        let step = |w: &[u32]| distance(points[w[0] as usize], points[w[1] as usize]);
        assert!(order.windows(2).all(|w| step(w) <= 1.0), "the curve of a full grid goes from cell to cell");
        assert!(curve_order(&[]).is_empty());
        assert_eq!(curve_order(&[[5.0, 5.0], [5.0, 5.0]]), [0, 1]);
    }

    #[test]
    fn distance_to_a_segment_counts_its_ends() {
        let (a, b) = ([0.0, 0.0], [10.0, 0.0]);
        assert_eq!(distance_to_segment([5.0, 3.0], a, b), 3.0);
        assert_eq!(distance_to_segment([-3.0, 4.0], a, b), 5.0);
        assert_eq!(distance_to_segment([13.0, 4.0], a, b), 5.0);
        assert_eq!(distance_to_segment([3.0, 4.0], a, a), 5.0);
    }
}
