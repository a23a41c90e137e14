//! How a plane that is too narrow for a study distorts lengths and areas, place by place, so that they can be told as they are on the ground.

use geo::Area;
use geo_types::MultiPolygon;

use crate::base::plane::distance;
use crate::model::cutting;

/// A net of points of the plane with what a metre of it is on the ellipsoid; between them it is interpolated (bilinear).
#[derive(Debug, Clone, PartialEq)]
pub struct Distortion {
    low: [f64; 2],
    step: [f64; 2],
    /// Row by row from the south.
    nodes: Vec<Stretch>,
}

/// Ground covered by a small step of the plane: its square is `xx` dx² + 2 `xy` dx dy + `yy` dy².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    pub xx: f64,
    pub xy: f64,
    pub yy: f64,
}

/// Steps longer than this are measured piece by piece, metres.
const STEP_M: f64 = 20_000.0;

impl Distortion {
    /// Columns and rows of the net, both ends included.
    pub const SIDE: usize = 65;

    /// The net over a rectangle of the plane (smallest x and y, largest x and y); `None` for an empty one, or where `stretch` has no answer.
    pub fn over(
        [west, south, east, north]: [f64; 4],
        stretch: impl Fn([f64; 2]) -> Option<Stretch>,
    ) -> Option<Distortion> {
        let step = [(east - west) / (Self::SIDE - 1) as f64, (north - south) / (Self::SIDE - 1) as f64];
        if !(step[0] > 0.0 && step[1] > 0.0 && step[0].is_finite() && step[1].is_finite()) {
            return None;
        }
        let nodes = (0..Self::SIDE * Self::SIDE).map(|at| {
            let (column, row) = ((at % Self::SIDE) as f64, (at / Self::SIDE) as f64);
            stretch([west + column * step[0], south + row * step[1]])
        });
        Some(Distortion { low: [west, south], step, nodes: nodes.collect::<Option<_>>()? })
    }

    fn at(&self, at: [f64; 2]) -> Stretch {
        let field = |axis: usize| {
            let place = ((at[axis] - self.low[axis]) / self.step[axis]).clamp(0.0, (Self::SIDE - 1) as f64);
            let column = place.floor().min((Self::SIDE - 2) as f64);
            (column as usize, place - column)
        };
        let ((column, u), (row, v)) = (field(0), field(1));
        let node = |right: usize, up: usize| self.nodes[(row + up) * Self::SIDE + column + right];
        let mix = |of: fn(&Stretch) -> f64| {
            let along = |up: usize| (1.0 - u) * of(&node(0, up)) + u * of(&node(1, up));
            (1.0 - v) * along(0) + v * along(1)
        };
        Stretch { xx: mix(|one| one.xx), xy: mix(|one| one.xy), yy: mix(|one| one.yy) }
    }

    /// Length on the ground of a straight line of the plane, metres.
    pub fn length_m(&self, from: [f64; 2], to: [f64; 2]) -> f64 {
        let count = (distance(from, to) / STEP_M).ceil().max(1.0);
        let [dx, dy] = [0, 1].map(|axis| (to[axis] - from[axis]) / count);
        let piece = |nth: u32| {
            let middle = [from[0] + (f64::from(nth) + 0.5) * dx, from[1] + (f64::from(nth) + 0.5) * dy];
            let Stretch { xx, xy, yy } = self.at(middle);
            (xx * dx * dx + 2.0 * xy * dx * dy + yy * dy * dy).max(0.0).sqrt()
        };
        (0..count as u32).map(piece).sum()
    }

    /// Area on the ground of an area of the plane, m².
    pub fn area_m2(&self, area: &MultiPolygon<f64>) -> f64 {
        let ground = |at: [f64; 2]| {
            let Stretch { xx, xy, yy } = self.at(at);
            (xx * yy - xy * xy).max(0.0).sqrt()
        };
        let (mut plane_m2, mut ground_m2) = (0.0, 0.0);
        for piece in cutting::pieces(area, STEP_M) {
            plane_m2 += piece.area_m2;
            ground_m2 += piece.area_m2 * ground(piece.at);
        }
        // what is too small to be a piece counts as the rest does
        if plane_m2 > 0.0 { area.unsigned_area() * (ground_m2 / plane_m2) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use geo_types::Rect;

    use super::*;

    #[test]
    fn lengths_and_areas_are_those_of_the_ground() {
        // a plane that is twice as wide as the ground in the east and true in the west, over 1000 km
        let stretch = |[x, _]: [f64; 2]| {
            let shrink = 1.0 / (1.0 + x / 1e6);
            Some(Stretch { xx: shrink * shrink, xy: 0.0, yy: 1.0 })
        };
        let distortion = Distortion::over([0.0, 0.0, 1e6, 1e6], stretch).unwrap();
        // the integral of 1 / (1 + x) from 0 to 1 is ln 2
        let east = distortion.length_m([0.0, 5e5], [1e6, 5e5]);
        assert!((east / (1e6 * 2f64.ln()) - 1.0).abs() < 1e-4, "{east}");
        assert!((distortion.length_m([3e5, 0.0], [3e5, 1e6]) / 1e6 - 1.0).abs() < 1e-9);
        let square = MultiPolygon(vec![Rect::new((0.0, 0.0), (1e6, 1e6)).to_polygon()]);
        assert!((distortion.area_m2(&square) / (1e12 * 2f64.ln()) - 1.0).abs() < 1e-4);
        assert!(Distortion::over([0.0, 0.0, 0.0, 1.0], stretch).is_none());
    }
}
