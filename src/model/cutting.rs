//! Areas cut along a grid of the study plane into pieces that a point can stand for.

use geo_types::Coord;
use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;

use crate::base::plane::Rect;

/// A piece of an area, and the point that stands for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    pub area_m2: f64,
    /// The centre of gravity, or, where that lies outside the piece, a point of it.
    pub at: [f64; 2],
}

/// Part of a cell below which a piece is a crumb, that rounding made.
const CRUMB: f64 = 1e-9;

/// A ring without its closing corner; shells turn left, holes right.
type Ring = Vec<[f64; 2]>;

/// Cuts every part of an area along the lines x, y = k · `side_m` of the plane.
///
/// A part that is no wider and no higher than a cell stays whole. So no point of a piece is farther than √2 · `side_m` from any other, and
/// while the point is the centre of gravity, the piece's mean place is kept. Areas add up to that of the area, but for crumbs of less than a
/// thousand-millionth of a cell, which are left out. Order: by part, then cell
/// by cell from the south, in a row from the west. Empty for an empty area and for a side that is not above 0.
pub fn pieces(area: &MultiPolygon<f64>, side_m: f64) -> Vec<Piece> {
    let mut found = Vec::new();
    if !(side_m > 0.0 && side_m.is_finite()) {
        return found;
    }
    for part in area {
        let rings = rings_of(part);
        let rect = Rect::of(rings.iter().flatten());
        let span = |axis: usize| rect.max[axis] - rect.min[axis];
        if !(span(0).is_finite() && span(1).is_finite()) {
            continue;
        }
        if span(0) <= side_m && span(1) <= side_m {
            found.extend(piece(&rings));
            continue;
        }
        let low = |axis: usize| (rect.min[axis] / side_m).floor() as i64;
        let high = |axis: usize| ((rect.max[axis] / side_m).ceil() as i64).max(low(axis) + 1);
        let mut cells = Vec::new();
        split(rings, [low(0), low(1)], [high(0), high(1)], side_m, &mut cells);
        cells.retain(|(_, piece)| piece.area_m2 >= CRUMB * side_m * side_m);
        cells.sort_by_key(|(cell, _)| (cell[1], cell[0]));
        found.extend(cells.into_iter().map(|(_, piece)| piece));
    }
    found
}

/// What of an area lies in a rectangle, as rings in which a part that the rectangle cuts in two may hang together along its sides: to be read
/// by the even-odd rule.
pub(crate) fn within(area: &MultiPolygon<f64>, rect: &Rect) -> MultiPolygon<f64> {
    let closed = |ring: Ring| LineString(ring.into_iter().map(|[x, y]| Coord { x, y }).collect());
    let clipped = |part: &Polygon<f64>| {
        let mut rings = rings_of(part);
        for axis in [0, 1] {
            rings = beyond(&rings, axis, rect.min[axis], Side::Above);
            rings = beyond(&rings, axis, rect.max[axis], Side::Below);
        }
        let mut rings = rings.into_iter().map(closed);
        Some(Polygon::new(rings.next()?, rings.collect()))
    };
    MultiPolygon(area.iter().filter_map(clipped).collect())
}

fn rings_of(part: &Polygon<f64>) -> Vec<Ring> {
    let open = |ring: &LineString<f64>, turns_left: bool| {
        let mut corners: Ring = ring.coords().map(|at| [at.x, at.y]).collect();
        if corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        let origin = corners.first().copied().unwrap_or_default();
        if (moments(&corners, origin)[0] > 0.0) != turns_left {
            corners.reverse();
        }
        corners
    };
    let holes = part.interiors().iter().map(|ring| open(ring, false));
    std::iter::once(open(part.exterior(), true)).chain(holes).collect()
}

/// Halves the cells from `low` to `high` until one is left.
fn split(rings: Vec<Ring>, low: [i64; 2], high: [i64; 2], side_m: f64, cells: &mut Vec<([i64; 2], Piece)>) {
    if rings.is_empty() {
        return;
    }
    let count = [high[0] - low[0], high[1] - low[1]];
    if count == [1, 1] {
        cells.extend(piece(&rings).map(|piece| (low, piece)));
        return;
    }
    let axis = usize::from(count[1] > count[0]);
    let middle = low[axis] + count[axis] / 2;
    let line = middle as f64 * side_m;
    let (mut end, mut start) = (high, low);
    (end[axis], start[axis]) = (middle, middle);
    split(beyond(&rings, axis, line, Side::Below), low, end, side_m, cells);
    split(beyond(&rings, axis, line, Side::Above), start, high, side_m, cells);
}

#[derive(Clone, Copy)]
enum Side {
    Below,
    Above,
}

/// What of the rings lies on one side of a line (Sutherland and Hodgman 1974).
fn beyond(rings: &[Ring], axis: usize, line: f64, side: Side) -> Vec<Ring> {
    let is_in = |at: &[f64; 2]| match side {
        Side::Below => at[axis] <= line,
        Side::Above => at[axis] >= line,
    };
    let clipped = |ring: &Ring| {
        if ring.iter().all(is_in) {
            return ring.clone();
        }
        let mut kept: Ring = Vec::with_capacity(ring.len() + 4);
        for (nth, to) in ring.iter().enumerate() {
            let from = &ring[(nth + ring.len() - 1) % ring.len()];
            if is_in(from) != is_in(to) {
                let share = (line - from[axis]) / (to[axis] - from[axis]);
                let mut crossing = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
                crossing[axis] = line;
                kept.push(crossing);
            }
            if is_in(to) {
                kept.push(*to);
            }
        }
        kept.dedup();
        kept
    };
    rings.iter().map(clipped).filter(|ring| ring.len() >= 3).collect()
}

/// Area, and area times the place of its centre seen from `origin`.
fn moments(ring: &[[f64; 2]], origin: [f64; 2]) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for (nth, to) in ring.iter().enumerate() {
        let from = ring[(nth + ring.len() - 1) % ring.len()];
        let [ax, ay, bx, by] = [from[0] - origin[0], from[1] - origin[1], to[0] - origin[0], to[1] - origin[1]];
        let cross = ax * by - bx * ay;
        sums[0] += cross / 2.0;
        sums[1] += (ax + bx) * cross / 6.0;
        sums[2] += (ay + by) * cross / 6.0;
    }
    sums
}

/// `None` for what has no area.
fn piece(rings: &[Ring]) -> Option<Piece> {
    let origin = *rings.first()?.first()?;
    let sums = rings
        .iter()
        .map(|ring| moments(ring, origin))
        .fold([0.0; 3], |[a, x, y], [da, dx, dy]| [a + da, x + dx, y + dy]);
    let area_m2 = sums[0];
    if !(area_m2 > 0.0 && area_m2.is_finite()) {
        return None;
    }
    let centre = [origin[0] + sums[1] / area_m2, origin[1] + sums[2] / area_m2];
    Some(Piece { area_m2, at: point_of(rings, centre) })
}

/// `centre` where it lies in the rings, or else the middle of the widest stretch of a line from west to east through them, near it.
fn point_of(rings: &[Ring], centre: [f64; 2]) -> [f64; 2] {
    if stretches(rings, centre[1]).iter().any(|(west, east)| *west < centre[0] && centre[0] < *east) {
        return centre;
    }
    let mut heights: Vec<f64> = rings.iter().flatten().map(|at| at[1]).collect();
    heights.sort_by(f64::total_cmp);
    heights.dedup();
    // between two corners that follow each other in height no stretch begins or ends
    let mut lines: Vec<f64> = heights.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
    lines.push(centre[1]);
    lines.sort_by(|x, y| (x - centre[1]).abs().total_cmp(&(y - centre[1]).abs()));
    for y in lines {
        let widest = stretches(rings, y).into_iter().max_by(|x, y| (x.1 - x.0).total_cmp(&(y.1 - y.0)));
        if let Some((west, east)) = widest.filter(|(west, east)| west < east) {
            return [(west + east) / 2.0, y];
        }
    }
    centre
}

/// Where a line from west to east is within the rings, by the even-odd rule.
fn stretches(rings: &[Ring], y: f64) -> Vec<(f64, f64)> {
    let mut crossings: Vec<f64> = Vec::new();
    for ring in rings {
        for (nth, to) in ring.iter().enumerate() {
            let from = ring[(nth + ring.len() - 1) % ring.len()];
            if (from[1] <= y) != (to[1] <= y) {
                crossings.push(from[0] + (y - from[1]) / (to[1] - from[1]) * (to[0] - from[0]));
            }
        }
    }
    crossings.sort_by(f64::total_cmp);
    crossings.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use geo::Area;
    use geo::Contains;
    use geo_types::Point;

    use super::*;

    fn polygon(exterior: &[[f64; 2]], holes: &[&[[f64; 2]]]) -> Polygon<f64> {
        let ring = |corners: &[[f64; 2]]| LineString(corners.iter().map(|[x, y]| Coord { x: *x, y: *y }).collect());
        Polygon::new(ring(exterior), holes.iter().map(|hole| ring(hole)).collect())
    }

    fn area(parts: Vec<Polygon<f64>>) -> MultiPolygon<f64> {
        MultiPolygon(parts)
    }

    #[test]
    fn cells_come_from_the_south_and_the_west_with_their_centres() {
        // 300 m by 150 m from (50, 0) along lines of 100 m: columns of 50, 100, 100 and 50 m, rows of 100 and 50 m
        let box_ = area(vec![polygon(&[[50.0, 0.0], [350.0, 0.0], [350.0, 150.0], [50.0, 150.0]], &[])]);
        let found = pieces(&box_, 100.0);
        let at: Vec<[f64; 2]> = found.iter().map(|piece| piece.at).collect();
        let [x0, x1, x2, x3] = [75.0, 150.0, 250.0, 325.0];
        let want = [[x0, 50.0], [x1, 50.0], [x2, 50.0], [x3, 50.0], [x0, 125.0], [x1, 125.0], [x2, 125.0], [x3, 125.0]];
        assert_eq!(at, want);
        let areas: Vec<f64> = found.iter().map(|piece| piece.area_m2).collect();
        assert_eq!(areas, [5000.0, 10_000.0, 10_000.0, 5000.0, 2500.0, 5000.0, 5000.0, 2500.0]);
    }

    #[test]
    fn a_part_no_larger_than_a_cell_stays_whole() {
        // it lies across a line of the grid all the same
        let house = polygon(&[[95.0, 95.0], [115.0, 95.0], [115.0, 105.0], [95.0, 105.0]], &[]);
        assert_eq!(pieces(&area(vec![house]), 100.0), [Piece { area_m2: 200.0, at: [105.0, 100.0] }]);
    }

    #[test]
    fn the_point_lies_in_the_piece_where_the_centre_of_gravity_does_not() {
        // a square ring: the centre lies in its hole. A U: the centre lies between its arms
        let frame = polygon(
            &[[0.0, 0.0], [90.0, 0.0], [90.0, 90.0], [0.0, 90.0]],
            &[&[[10.0, 10.0], [10.0, 80.0], [80.0, 80.0], [80.0, 10.0]]],
        );
        let u = polygon(
            &[[0.0, 0.0], [90.0, 0.0], [90.0, 90.0], [80.0, 90.0], [80.0, 5.0], [10.0, 5.0], [10.0, 90.0], [0.0, 90.0]],
            &[],
        );
        for shape in [frame, u] {
            let found = pieces(&area(vec![shape.clone()]), 100.0);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].area_m2, shape.unsigned_area());
            assert!(shape.contains(&Point::from(found[0].at)), "{:?}", found[0].at);
        }
    }

    #[test]
    fn areas_add_up_and_points_lie_within_whatever_the_shape() {
        let seed: u64 = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        for round in 0..300 {
            // a star around a point far from the origin, with a hole around the same point
            let corners = 5 + (random() * 30.0) as usize;
            let (cx, cy) = (400_000.0 + random() * 1000.0, 3_500_000.0 + random() * 1000.0);
            let mut star = |least: f64, most: f64| -> Vec<[f64; 2]> {
                let at = |nth: usize, radius: f64| {
                    let angle = nth as f64 / corners as f64 * std::f64::consts::TAU;
                    [cx + radius * angle.cos(), cy + radius * angle.sin()]
                };
                (0..corners).map(|nth| at(nth, least + random() * (most - least))).collect()
            };
            let (outer, inner) = (star(300.0, 1500.0), star(20.0, 200.0));
            let shape = area(vec![polygon(&outer, &[&inner])]);
            let side = 60.0 + random() * 400.0;
            let found = pieces(&shape, side);
            let (sum, whole) = (found.iter().map(|piece| piece.area_m2).sum::<f64>(), shape.unsigned_area());
            assert!((sum - whole).abs() <= 1e-8 * whole, "seed {seed}, round {round}: {sum} of {whole}");
            for piece in &found {
                let is_in = shape.contains(&Point::from(piece.at));
                assert!(is_in || piece.area_m2 < 1e-3, "seed {seed}, round {round}: {piece:?} is outside");
            }
        }
    }

    #[test]
    fn what_two_areas_share_is_the_same_in_a_rectangle_around_one() {
        let seed: u64 = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut shared = 0;
        for round in 0..300 {
            let mut star = |x: f64, y: f64, least: f64, most: f64| -> Vec<[f64; 2]> {
                let corner = |nth: usize, radius: f64| {
                    let angle = nth as f64 / 24.0 * std::f64::consts::TAU;
                    [400_000.0 + x + radius * angle.cos(), 3_500_000.0 + y + radius * angle.sin()]
                };
                (0..24).map(|nth| corner(nth, least + random() * (most - least))).collect()
            };
            let region = (star(0.0, 0.0, 800.0, 3000.0), star(0.0, 0.0, 100.0, 700.0));
            let region = area(vec![polygon(&region.0, &[&region.1])]);
            let at = star(0.0, 0.0, 0.0, 2500.0)[0];
            let house = star(at[0] - 400_000.0, at[1] - 3_500_000.0, 50.0, 400.0);
            let house_area = area(vec![polygon(&house, &[])]);
            // what the whole region gives, by the same overlay and without the cut; it rounds corners to some 10⁻⁹ of the extent, 6 km
            let want = geo::BooleanOps::intersection(&house_area, &region).unsigned_area();
            let near = within(&region, &Rect::of(&house).grown(1.0));
            let got = geo::BooleanOps::intersection(&house_area, &near).unsigned_area();
            assert!((got - want).abs() < 0.05, "seed {seed}, round {round}: {got} instead of {want}");
            shared += usize::from(want > 0.0 && want < house_area.unsigned_area());
        }
        assert!(shared > 50, "{shared}");
    }

    #[test]
    fn nothing_has_no_pieces() {
        assert!(pieces(&area(Vec::new()), 100.0).is_empty());
        let box_ = area(vec![polygon(&[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]], &[])]);
        for side in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(pieces(&box_, side).is_empty(), "{side}");
        }
        let line = area(vec![polygon(&[[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]], &[])]);
        assert!(pieces(&line, 100.0).is_empty());
    }
}
