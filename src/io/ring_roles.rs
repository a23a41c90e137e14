//! Which of many rings are shells and which are holes, told by what lies in what, whatever their order and sense.

use geo::Area;
use geo::BoundingRect;
use geo::coordinate_position::CoordPos;
use geo::coordinate_position::coord_pos_relative_to_ring;
use geo_types::Coord;
use geo_types::LineString;
use geo_types::Polygon;
use geo_types::Rect;

use crate::io::parts::Raw;

/// Corners of a ring that are looked at where its sense does not say that it is a hole: a ring that crosses another one lies not in it.
const LOOKED_AT: usize = 64;

/// How many rings run otherwise than their roles want.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Against {
    /// The other way round than ESRI has it: shells clockwise, holes counter-clockwise.
    pub turned: usize,
    /// Holes that run the same way as the ring around them: by their sense they would be parts.
    pub alike: usize,
}

/// Rings with their places in the file: a shell and its holes.
type Rings = Vec<(usize, Vec<Coord<f64>>)>;

struct Ring {
    line: LineString<f64>,
    area: f64,
    around: Rect<f64>,
    is_clockwise: bool,
    /// Rings around it.
    depth: usize,
    /// The polygon that it is the shell or a hole of.
    polygon: usize,
}

/// Polygons of rings: what lies in an odd number of other rings is a hole of the smallest of them. Rings that enclose nothing, or whose
/// numbers are broken, are polygons by themselves, which are told as broken parts.
pub(super) fn assembled(rings: Vec<Vec<Coord<f64>>>) -> (Vec<Raw>, Against) {
    // most shapes are one ring
    if rings.len() < 2 {
        let is_turned = rings.iter().any(|ring| signed(ring) > 0.0);
        let against = Against { turned: usize::from(is_turned), alike: 0 };
        return (rings.into_iter().map(|ring| Raw::Polygon(vec![ring])).collect(), against);
    }
    let mut sound: Vec<(usize, Ring)> = Vec::new();
    let mut polygons: Vec<(usize, Rings)> = Vec::new();
    for (nth, ring) in rings.into_iter().enumerate() {
        let is_finite = ring.iter().all(|at| at.x.is_finite() && at.y.is_finite());
        let signed = if is_finite { signed(&ring) } else { 0.0 };
        let line = LineString(ring);
        match line.bounding_rect() {
            Some(around) if signed != 0.0 && line.is_closed() => {
                let (area, is_clockwise) = (signed.abs(), signed < 0.0);
                sound.push((nth, Ring { line, area, around, is_clockwise, depth: 0, polygon: 0 }));
            }
            _ if line.0.is_empty() => {}
            _ => polygons.push((nth, vec![(nth, line.0)])),
        }
    }
    sound.sort_by(|a, b| b.1.area.total_cmp(&a.1.area).then(a.0.cmp(&b.0)));
    let mut against = Against::default();
    for at in 0..sound.len() {
        let (larger, rest) = sound.split_at_mut(at);
        let Some((nth, ring)) = rest.first_mut() else { break };
        // the last of the larger rings that lies around is the smallest one
        let around = larger.iter().rev().map(|(_, shell)| shell).find(|shell| lies_in(ring, shell));
        ring.depth = around.map_or(0, |shell| shell.depth + 1);
        let is_hole = ring.depth % 2 == 1;
        against.turned += usize::from(ring.is_clockwise == is_hole);
        against.alike += usize::from(is_hole && around.is_some_and(|shell| shell.is_clockwise == ring.is_clockwise));
        ring.polygon = match around {
            Some(shell) if is_hole => {
                polygons[shell.polygon].1.push((*nth, ring.line.0.clone()));
                shell.polygon
            }
            _ => {
                polygons.push((*nth, vec![(*nth, ring.line.0.clone())]));
                polygons.len() - 1
            }
        };
    }
    // in the order of the file again: polygons, and holes within each
    polygons.sort_by_key(|(nth, _)| *nth);
    let polygon = |(_, mut rings): (usize, Rings)| {
        if let Some((_, holes)) = rings.split_first_mut() {
            holes.sort_by_key(|(nth, _)| *nth);
        }
        Raw::Polygon(rings.into_iter().map(|(_, ring)| ring).collect())
    };
    (polygons.into_iter().map(polygon).collect(), against)
}

/// The area with a sign: positive for a ring that runs counter-clockwise.
fn signed(ring: &[Coord<f64>]) -> f64 {
    Polygon::new(LineString(ring.to_vec()), Vec::new()).signed_area()
}

/// Whether a ring lies in a larger one. Rings may touch; two that are the same do not lie in each other.
fn lies_in(ring: &Ring, shell: &Ring) -> bool {
    let (inner, outer) = (ring.around, shell.around);
    let is_boxed = outer.min().x <= inner.min().x
        && outer.min().y <= inner.min().y
        && outer.max().x >= inner.max().x
        && outer.max().y >= inner.max().y;
    if !is_boxed || ring.area >= shell.area {
        return false;
    }
    // one corner does where the sense says that it is a hole; else it may cross the other ring, and lie in it in part only
    let wanted = if ring.is_clockwise == shell.is_clockwise { LOOKED_AT } else { 1 };
    let corners = &ring.line.0;
    let step = if wanted == 1 { 1 } else { (corners.len() / wanted).max(1) };
    let mut inside = 0;
    let middle = ring.line.lines().map(|edge| (edge.start + edge.end) / 2.0);
    for at in corners.iter().step_by(step).copied().chain(middle) {
        match coord_pos_relative_to_ring(at, &shell.line) {
            CoordPos::OnBoundary => {}
            CoordPos::Outside => return false,
            CoordPos::Inside => {
                inside += 1;
                if inside >= wanted {
                    return true;
                }
            }
        }
    }
    inside > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(x: f64, y: f64, side: f64, is_clockwise: bool) -> Vec<Coord<f64>> {
        let mut ring: Vec<Coord<f64>> = [(x, y), (x, y + side), (x + side, y + side), (x + side, y), (x, y)]
            .into_iter()
            .map(|(x, y)| Coord { x, y })
            .collect();
        if !is_clockwise {
            ring.reverse();
        }
        ring
    }

    fn told(polygons: &[Raw]) -> Vec<(f64, usize)> {
        let tell = |raw: &Raw| match raw {
            Raw::Polygon(rings) => {
                let line = |ring: &Vec<Coord<f64>>| LineString(ring.clone());
                let polygon = Polygon::new(line(&rings[0]), rings[1..].iter().map(line).collect());
                (polygon.unsigned_area(), rings.len() - 1)
            }
            _ => (f64::NAN, 0),
        };
        polygons.iter().map(tell).collect()
    }

    #[test]
    fn holes_find_their_shells_in_any_order_and_sense() {
        // an island in the lake of an island, with a pond; the hole of the large one comes before its shell
        let squares = [(2.0, 2.0, 6.0, false), (4.0, 4.0, 2.0, true), (0.0, 0.0, 10.0, true), (4.5, 4.5, 0.5, false)];
        for (how, sense, turned, alike) in [
            ("as ESRI has it", None, 0, 0),
            ("all turned round", Some([true, false, false, true]), 4, 0),
            ("all clockwise", Some([true; 4]), 2, 2),
            ("all counter-clockwise", Some([false; 4]), 2, 2),
        ] {
            let senses = sense.unwrap_or(squares.map(|(.., is_clockwise)| is_clockwise));
            let rings = squares.iter().zip(senses).map(|((x, y, side, _), sense)| ring(*x, *y, *side, sense)).collect();
            let (polygons, against) = assembled(rings);
            assert_eq!(told(&polygons), [(4.0 - 0.25, 1), (100.0 - 36.0, 1)], "{how}");
            assert_eq!(against, Against { turned, alike }, "{how}");
        }
    }

    #[test]
    fn rings_that_cross_touch_or_are_the_same_are_parts() {
        for (what, rings, want) in [
            ("beside", vec![ring(0.0, 0.0, 1.0, true), ring(1.0, 0.0, 1.0, true)], vec![(1.0, 0), (1.0, 0)]),
            ("crossing", vec![ring(0.0, 0.0, 4.0, true), ring(3.0, 3.0, 2.0, true)], vec![(16.0, 0), (4.0, 0)]),
            ("the same", vec![ring(0.0, 0.0, 4.0, true), ring(0.0, 0.0, 4.0, false)], vec![(16.0, 0), (16.0, 0)]),
            ("a hole at the corner", vec![ring(0.0, 0.0, 4.0, true), ring(0.0, 0.0, 2.0, true)], vec![(12.0, 1)]),
        ] {
            assert_eq!(told(&assembled(rings).0), want, "{what}");
        }
    }
}
