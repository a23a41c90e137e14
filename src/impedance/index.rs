//! Nearest points in the plane.

/// An index of points.
#[derive(Debug, Clone)]
pub struct PointIndex {
    points: Vec<[f64; 2]>,
}

impl PointIndex {
    /// An index of `points`.
    pub fn new(points: &[[f64; 2]]) -> PointIndex {
        PointIndex { points: points.to_vec() }
    }

    /// The nearest admitted.
    pub fn nearest_where(&self, at: [f64; 2], admits: &mut dyn FnMut(u32) -> bool) -> Option<(u32, f64)> {
        let mut best: Option<(u32, f64)> = None;
        for (i, p) in self.points.iter().enumerate() {
            let d = ((p[0] - at[0]) * (p[0] - at[0]) + (p[1] - at[1]) * (p[1] - at[1])).sqrt();
            if best.is_none_or(|(_, b)| d < b) && admits(i as u32) {
                best = Some((i as u32, d));
            }
        }
        best
    }

    /// All within.
    pub fn within(&self, at: [f64; 2], radius: f64, found: &mut dyn FnMut(u32, f64)) {
        for (i, p) in self.points.iter().enumerate() {
            let d = ((p[0] - at[0]) * (p[0] - at[0]) + (p[1] - at[1]) * (p[1] - at[1])).sqrt();
            if d <= radius {
                found(i as u32, d);
            }
        }
    }
}
