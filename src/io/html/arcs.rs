//! Outlines for a screen: snapped to a fine grid and made simpler arc by arc, so that what two regions share stays shared.

use std::collections::HashMap;

use geo::SimplifyVw;
use geo_types::Coord;
use geo_types::LineString;
use geo_types::MultiPolygon;

/// A corner on the screen's grid.
pub(super) type Dot = [i32; 2];

/// From degrees to the grid, y downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub west: f64,
    pub north: f64,
    /// Grid steps a degree of longitude and of latitude.
    pub scale: [f64; 2],
}

impl Frame {
    /// The dot nearest to a place; far ones stay within what the grid can hold.
    pub(super) fn dot(&self, at: Coord<f64>) -> Dot {
        let within = |number: f64| number.round().clamp(-1e8, 1e8) as i32;
        [within((at.x - self.west) * self.scale[0]), within((self.north - at.y) * self.scale[1])]
    }
}

/// The rings of each shape, simplified: corners that stand for less than `area` (in grid steps squared, Visvalingam and Whyatt 1993) are
/// left away, those where three or more borders meet never are. Rings are open; those that become less than a triangle are left out.
pub(super) fn rings(shapes: &[&MultiPolygon<f64>], frame: &Frame, area: f64) -> Vec<Vec<Vec<Dot>>> {
    let snapped: Vec<Vec<Vec<Dot>>> = shapes
        .iter()
        .map(|shape| {
            let all = shape.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
            all.map(|ring| snap(ring, frame)).filter(|ring| ring.len() > 2).collect()
        })
        .collect();
    let junctions = Junctions::of(snapped.iter().flatten());
    snapped
        .iter()
        .map(|rings| {
            rings.iter().map(|ring| simplified(ring, &junctions, area)).filter(|ring| ring.len() > 2).collect()
        })
        .collect()
}

fn snap(ring: &LineString<f64>, frame: &Frame) -> Vec<Dot> {
    let mut dots: Vec<Dot> = ring.coords().map(|at| frame.dot(*at)).collect();
    dots.dedup();
    while dots.len() > 1 && dots.first() == dots.last() {
        dots.pop();
    }
    dots
}

/// Dots with the two different neighbours that they have, or more.
struct Junctions(HashMap<Dot, ([Dot; 2], bool)>);

impl Junctions {
    fn of<'r>(rings: impl Iterator<Item = &'r Vec<Dot>>) -> Junctions {
        let mut seen: HashMap<Dot, ([Dot; 2], bool)> = HashMap::new();
        for ring in rings {
            for at in 0..ring.len() {
                let (before, after) = (ring[(at + ring.len() - 1) % ring.len()], ring[(at + 1) % ring.len()]);
                let known = seen.entry(ring[at]).or_insert(([before, after], false));
                known.1 |= [before, after].iter().any(|dot| !known.0.contains(dot));
            }
        }
        Junctions(seen)
    }

    fn has(&self, dot: Dot) -> bool {
        self.0.get(&dot).is_some_and(|(_, is_junction)| *is_junction)
    }
}

fn simplified(ring: &[Dot], junctions: &Junctions, area: f64) -> Vec<Dot> {
    let first = (0..ring.len()).find(|at| junctions.has(ring[*at]));
    // an island begins at its least dot, wherever its file begins
    let start = first.or_else(|| (0..ring.len()).min_by_key(|at| ring[*at])).unwrap_or(0);
    let mut turned: Vec<Dot> = ring[start..].iter().chain(&ring[..=start]).copied().collect();
    if first.is_none() {
        turned = arc(&turned, area);
        turned.pop();
        return turned;
    }
    let mut out: Vec<Dot> = Vec::new();
    let mut from = 0;
    for at in 1..turned.len() {
        if at + 1 == turned.len() || junctions.has(turned[at]) {
            out.extend(&arc(&turned[from..=at], area)[1..]);
            from = at;
        }
    }
    out.dedup();
    out
}

/// An arc with fewer corners, the same from either side.
fn arc(dots: &[Dot], area: f64) -> Vec<Dot> {
    let is_turned = dots.iter().gt(dots.iter().rev());
    let ordered: Vec<Dot> = if is_turned { dots.iter().rev().copied().collect() } else { dots.to_vec() };
    let line: LineString<f64> =
        ordered.iter().map(|[x, y]| Coord { x: f64::from(*x), y: f64::from(*y) }).collect::<Vec<_>>().into();
    let mut kept: Vec<Dot> = line.simplify_vw(area).coords().map(|at| [at.x as i32, at.y as i32]).collect();
    if is_turned {
        kept.reverse();
    }
    kept
}

/// The rings as the data of an SVG path.
pub(super) fn path_data(rings: &[Vec<Dot>]) -> String {
    let mut out = String::new();
    for ring in rings {
        let mut last = [0, 0];
        for (at, [x, y]) in ring.iter().enumerate() {
            match at {
                0 => out.push_str(&format!("M{x} {y}l")),
                _ => out.push_str(&format!("{} {} ", x - last[0], y - last[1])),
            }
            last = [*x, *y];
        }
        out.truncate(out.trim_end().len());
        out.push('z');
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use geo_types::polygon;

    use super::*;

    const FRAME: Frame = Frame { west: 0.0, north: 10.0, scale: [100.0, 100.0] };

    /// Two squares with a wiggly border between them.
    fn neighbours() -> [MultiPolygon<f64>; 2] {
        let wiggle: Vec<(f64, f64)> =
            (0..=50).map(|at| (5.0 + 0.02 * f64::from(at % 3), f64::from(at) / 5.0)).collect();
        let mut left = vec![(0.0, 10.0), (0.0, 0.0)];
        left.extend(&wiggle);
        let mut right = vec![(10.0, 0.0), (10.0, 10.0)];
        right.extend(wiggle.iter().rev());
        [left, right].map(|ring| {
            let ring = LineString::from(ring);
            MultiPolygon::from(vec![geo_types::Polygon::new(ring, Vec::new())])
        })
    }

    fn sides(rings: &[Vec<Dot>]) -> BTreeSet<[Dot; 2]> {
        let side = |a: Dot, b: Dot| if a < b { [a, b] } else { [b, a] };
        rings.iter().flat_map(|ring| (0..ring.len()).map(|at| side(ring[at], ring[(at + 1) % ring.len()]))).collect()
    }

    #[test]
    fn what_two_regions_share_stays_shared_when_corners_are_left_away() {
        let [left, right] = neighbours();
        let found = rings(&[&left, &right], &FRAME, 60.0);
        let shared = sides(&found[0]).intersection(&sides(&found[1])).count();
        // the left region has three sides of its own, and nothing else that its neighbour has not
        assert_eq!(sides(&found[0]).len(), shared + 3);
        assert!(found[0][0].len() < 40, "{} corners are left of 53", found[0][0].len());
    }

    #[test]
    fn an_island_is_the_same_wherever_its_ring_begins() {
        let one = polygon![(x: 1.0, y: 1.0), (x: 2.0, y: 1.0), (x: 2.0, y: 2.0), (x: 1.5, y: 2.001), (x: 1.0, y: 2.0)];
        let two = polygon![(x: 2.0, y: 2.0), (x: 1.5, y: 2.001), (x: 1.0, y: 2.0), (x: 1.0, y: 1.0), (x: 2.0, y: 1.0)];
        let simple = |polygon| rings(&[&MultiPolygon::from(vec![polygon])], &FRAME, 20.0);
        assert_eq!(simple(one.clone()), simple(two));
        assert_eq!(simple(one)[0][0].len(), 4);
    }

    #[test]
    fn a_shape_below_the_grid_has_no_ring() {
        let speck = polygon![(x: 1.0, y: 1.0), (x: 1.001, y: 1.0), (x: 1.001, y: 1.001)];
        assert!(rings(&[&MultiPolygon::from(vec![speck])], &FRAME, 1.0)[0].is_empty());
    }

    #[test]
    fn paths_are_written_in_steps() {
        assert_eq!(path_data(&[vec![[1, 2], [4, 2], [4, 6]]]), "M1 2l3 0 0 4z");
    }
}
