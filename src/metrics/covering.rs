//! The ground within a distance of places, lines and areas of the plane: as an area, and asked point by point.

use geo::BooleanOps;
use geo::Orient;
use geo::algorithm::unary_union;
use geo::orient::Direction;
use geo_types::Coord;
use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;

use crate::base::plane::Rect;
use crate::base::same::SAME;
use crate::base::same::is_within;
use crate::model::boxes::BoxTree;
use crate::model::locate::RegionLocator;

/// Corners of the polygon that stands for a circle. It has the circle's area, so that no corner is farther than the radius by more than a part of
/// (2π / n)² / 12 = 0.02 %, and no side nearer by more than half of that.
pub const CORNERS: usize = 128;

/// Places, lines and areas, with all that is within a distance of any of them; what overlaps is one.
pub struct Covering {
    radius: f64,
    /// Ends of each straight piece; of a place, twice the place.
    pieces: Vec<[[f64; 2]; 2]>,
    piece_tree: BoxTree,
    areas: Vec<MultiPolygon<f64>>,
    area_tree: BoxTree,
    locator: RegionLocator,
}

fn rect_of(area: &MultiPolygon<f64>) -> Rect {
    let mut rect = Rect::EMPTY;
    area.iter().flat_map(|part| part.exterior().coords()).for_each(|at| rect.add([at.x, at.y]));
    rect
}

impl Covering {
    /// Of places, lines and areas in metres, and a radius that is not negative.
    pub fn new(
        places: impl IntoIterator<Item = [f64; 2]>,
        lines: impl IntoIterator<Item = LineString<f64>>,
        areas: Vec<MultiPolygon<f64>>,
        radius: f64,
    ) -> Covering {
        let mut pieces: Vec<[[f64; 2]; 2]> = places.into_iter().map(|at| [at, at]).collect();
        for line in lines {
            pieces.extend(line.lines().map(|piece| [[piece.start.x, piece.start.y], [piece.end.x, piece.end.y]]));
        }
        let areas: Vec<MultiPolygon<f64>> = areas.into_iter().map(|area| area.orient(Direction::Default)).collect();
        let rects: Vec<Rect> = pieces.iter().map(|piece| Rect::of(piece).grown(radius)).collect();
        let area_rects: Vec<Rect> = areas.iter().map(|area| rect_of(area).grown(radius)).collect();
        Covering {
            radius,
            piece_tree: BoxTree::new(&rects),
            area_tree: BoxTree::new(&area_rects),
            locator: RegionLocator::new(&areas),
            pieces,
            areas,
        }
    }

    /// Whether a point is within the distance of any, the distance itself included; exact, no circle is replaced by a polygon.
    pub fn holds(&self, at: [f64; 2]) -> bool {
        if !self.locator.within_distance(at, self.radius).is_empty() {
            return true;
        }
        let mut is_in = false;
        self.piece_tree.meeting(&Rect { min: at, max: at }.grown(SAME), |nth| {
            is_in |= is_within(distance(at, &self.pieces[nth as usize]), self.radius);
        });
        is_in
    }

    /// All that is covered, as far as it may meet a rectangle; circles are polygons of [`CORNERS`] corners with the circle's area.
    pub(crate) fn near(&self, rect: &Rect) -> MultiPolygon<f64> {
        let mut parts: Vec<Polygon<f64>> = Vec::new();
        let mut near = Vec::new();
        self.area_tree.meeting(rect, |nth| near.push(nth as usize));
        near.sort_unstable();
        for nth in near {
            parts.extend(self.areas[nth].0.iter().cloned());
            if self.radius > 0.0 {
                let rings =
                    self.areas[nth].iter().flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors()));
                for piece in rings.flat_map(|ring| ring.lines()) {
                    self.grow(&[[piece.start.x, piece.start.y], [piece.end.x, piece.end.y]], &mut parts);
                }
            }
        }
        let mut near = Vec::new();
        self.piece_tree.meeting(rect, |nth| near.push(nth as usize));
        near.sort_unstable();
        near.into_iter().for_each(|nth| self.grow(&self.pieces[nth], &mut parts));
        unary_union(&parts)
    }

    /// A straight piece with all around it: a rectangle and a circle at either end.
    fn grow(&self, [from, to]: &[[f64; 2]; 2], parts: &mut Vec<Polygon<f64>>) {
        if self.radius <= 0.0 {
            return;
        }
        parts.push(circle(*from, self.radius));
        let along = [to[0] - from[0], to[1] - from[1]];
        let length = along[0].hypot(along[1]);
        if length <= 0.0 {
            return;
        }
        parts.push(circle(*to, self.radius));
        let [x, y] = [-along[1] / length * self.radius, along[0] / length * self.radius];
        let corner = |at: &[f64; 2], side: f64| Coord { x: at[0] + side * x, y: at[1] + side * y };
        let ring = vec![corner(from, -1.0), corner(to, -1.0), corner(to, 1.0), corner(from, 1.0), corner(from, -1.0)];
        parts.push(Polygon::new(LineString(ring), Vec::new()));
    }
}

/// From a point to a straight piece.
fn distance(at: [f64; 2], [from, to]: &[[f64; 2]; 2]) -> f64 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let square = along[0] * along[0] + along[1] * along[1];
    let share = match square > 0.0 {
        true => (((at[0] - from[0]) * along[0] + (at[1] - from[1]) * along[1]) / square).clamp(0.0, 1.0),
        false => 0.0,
    };
    (at[0] - from[0] - share * along[0]).hypot(at[1] - from[1] - share * along[1])
}

/// A regular polygon with the area of a circle, turning left.
fn circle(middle: [f64; 2], radius: f64) -> Polygon<f64> {
    let step = std::f64::consts::TAU / CORNERS as f64;
    let radius = radius * (step / step.sin()).sqrt();
    let corner = |nth: usize| {
        let (sin, cos) = (nth as f64 * step).sin_cos();
        Coord { x: middle[0] + radius * cos, y: middle[1] + radius * sin }
    };
    let mut ring: Vec<Coord<f64>> = (0..CORNERS).map(corner).collect();
    ring.push(ring[0]);
    Polygon::new(LineString(ring), Vec::new())
}

/// Areas that may overlap or turn either way, as one.
pub(crate) fn union<'a>(areas: impl IntoIterator<Item = &'a MultiPolygon<f64>>) -> MultiPolygon<f64> {
    let areas: Vec<MultiPolygon<f64>> = areas.into_iter().map(|area| area.orient(Direction::Default)).collect();
    unary_union(&areas)
}

/// What of an area is covered, and what is not.
pub(crate) fn split(area: &MultiPolygon<f64>, cover: &Covering) -> [MultiPolygon<f64>; 2] {
    let near = cover.near(&rect_of(area));
    [area.intersection(&near), area.difference(&near)]
}

#[cfg(test)]
mod tests {
    use geo::Area;

    use super::*;

    fn square(low: f64, high: f64) -> MultiPolygon<f64> {
        let at = |x, y| Coord { x, y };
        // turning right, as many files have it
        let ring = vec![at(low, low), at(low, high), at(high, high), at(high, low), at(low, low)];
        MultiPolygon(vec![Polygon::new(LineString(ring), Vec::new())])
    }

    fn area(cover: &Covering, of: &MultiPolygon<f64>) -> f64 {
        split(of, cover)[0].unsigned_area()
    }

    #[test]
    fn a_lone_circle_has_the_area_of_a_circle_far_from_the_origin_too() {
        for shift in [0.0, 3_500_000.0] {
            let cover = Covering::new([[shift, shift]], [], Vec::new(), 500.0);
            let want = std::f64::consts::PI * 250_000.0;
            let found = area(&cover, &square(shift - 1000.0, shift + 1000.0));
            assert!((found / want - 1.0).abs() < 1e-6, "{found} instead of {want}");
        }
    }

    #[test]
    fn what_two_discs_both_cover_counts_once() {
        // lens of two discs of radius r whose middles are d apart: 2 r² acos(d / 2r) - d / 2 · √(4r² - d²)
        let (r, whole) = (500.0f64, square(-2000.0, 3000.0));
        for d in [100.0f64, 500.0, 700.0, 999.0] {
            let lens = 2.0 * r * r * (d / (2.0 * r)).acos() - d / 2.0 * (4.0 * r * r - d * d).sqrt();
            let want = 2.0 * std::f64::consts::PI * r * r - lens;
            let found = area(&Covering::new([[0.0, 0.0], [d, 0.0]], [], Vec::new(), r), &whole);
            assert!((found / want - 1.0).abs() < 2e-4, "{d}: {found} instead of {want}");
        }
    }

    #[test]
    fn around_a_line_and_around_a_square() {
        // 1000 m of line: 1000 · 2r + π r²; a square of 1000 m: 1000² + 4 · 1000 r + π r²
        let (r, whole) = (200.0, square(-3000.0, 3000.0));
        let disc = std::f64::consts::PI * r * r;
        let line = LineString::from(vec![(0.0, 0.0), (400.0, 0.0), (1000.0, 0.0)]);
        let found = area(&Covering::new([], [line], Vec::new(), r), &whole);
        assert!((found / (1000.0 * 2.0 * r + disc) - 1.0).abs() < 2e-4, "{found}");
        let found = area(&Covering::new([], [], vec![square(0.0, 1000.0)], r), &whole);
        assert!((found / (1e6 + 4000.0 * r + disc) - 1.0).abs() < 2e-4, "{found}");
        let found = area(&Covering::new([], [], vec![square(0.0, 1000.0), square(500.0, 1500.0)], 0.0), &whole);
        assert!((found - 1.75e6).abs() < 1.0, "{found}");
    }

    #[test]
    fn a_point_exactly_at_the_distance_is_within() {
        let line = LineString::from(vec![(0.0, 0.0), (100.0, 0.0)]);
        let cover = Covering::new([[0.0, 1000.0]], [line], vec![square(2000.0, 2100.0)], 50.0);
        for (at, want) in [
            ([50.0, 50.0], true),
            ([50.0, 50.001], false),
            ([130.0, 40.0], true),
            ([130.0, 40.001], false),
            ([30.0, 1040.0], true),
            ([30.0, 1040.001], false),
            ([2050.0, 1950.0], true),
            ([2050.0, 1949.999], false),
            ([2050.0, 2050.0], true),
        ] {
            assert_eq!(cover.holds(at), want, "{at:?}");
        }
        let cover = Covering::new([], [], vec![square(0.0, 100.0)], 0.0);
        assert!(cover.holds([100.0, 50.0]) && !cover.holds([100.001, 50.0]));
        assert!(!Covering::new([], [], Vec::new(), 50.0).holds([0.0, 0.0]));
    }

    #[test]
    fn random_covers_have_the_area_that_thrown_points_find() {
        let seed: u64 = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(11);
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        for round in 0..20 {
            let places: Vec<[f64; 2]> = (0..12).map(|_| [random() * 1000.0, random() * 1000.0]).collect();
            let corners: Vec<(f64, f64)> = (0..4).map(|_| (random() * 1000.0, random() * 1000.0)).collect();
            let low = random() * 800.0;
            let areas = vec![square(low, low + 150.0)];
            let cover = Covering::new(places, [LineString::from(corners)], areas, 20.0 + random() * 80.0);
            let found = area(&cover, &square(0.0, 1000.0)) / 1e6;
            // a grid of 200 by 200 points: off by less than its cells along the border
            let hits = (0..40_000)
                .filter(|nth| cover.holds([((nth % 200) as f64 + 0.5) * 5.0, ((nth / 200) as f64 + 0.5) * 5.0]));
            let want = hits.count() as f64 / 40_000.0;
            assert!((found - want).abs() < 0.003, "seed {seed}, round {round}: {found} instead of {want}");
        }
    }
}
