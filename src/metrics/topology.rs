//! Overlaps and gaps between areas that should lie side by side.

use geo::Area;
use geo::BooleanOps;
use geo::InteriorPoint;
use geo::Length;
use geo::algorithm::unary_union;
use geo::line_measures::Euclidean;
use geo_types::MultiPolygon;
use geo_types::Polygon;
use rayon::prelude::*;

use crate::base::plane::Rect;
use crate::model::boxes::BoxTree;
use crate::model::locate::RegionLocator;

/// Mean width in metres below which an overlap or a gap is a rounding error: boundaries are put on a grid of at most a millimetre
/// before they are cut.
const ROUNDING_M: f64 = 0.01;
/// Distance in metres within which an area is beside a gap.
pub(crate) const BESIDE_M: f64 = 0.05;

/// Ground that two areas both cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlap {
    /// Index of the first area, and of the second, which is greater.
    pub pair: (usize, usize),
    /// All pieces together, m².
    pub area_m2: f64,
    /// Mean width, metres: twice the area by the perimeter.
    pub width_m: f64,
    /// A place within the largest piece.
    pub at: [f64; 2],
    /// The pieces.
    pub shape: MultiPolygon<f64>,
}

/// Ground that no area covers and that areas enclose.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// m².
    pub area_m2: f64,
    /// Mean width, metres.
    pub width_m: f64,
    /// A place within.
    pub at: [f64; 2],
    /// The areas around it, in order of index.
    pub beside: Vec<usize>,
    /// Its outline; areas may lie within.
    pub shape: Polygon<f64>,
}

/// Overlaps and gaps, the largest first; of equal ones that of the lower indices, or further west.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Topology {
    pub overlaps: Vec<Overlap>,
    pub gaps: Vec<Gap>,
}

/// The overlaps and gaps of areas in a plane in metres; areas should be valid.
///
/// A gap is ground enclosed by the union of all areas. A strip between two areas that opens to the outside at one of its ends is no
/// gap here. What is narrower than a centimetre in the mean is left out as rounding. No areas, or one: what its own holes enclose.
pub fn topology(areas: &[MultiPolygon<f64>]) -> Topology {
    let rects: Vec<Rect> = areas
        .iter()
        .map(|area| {
            let mut rect = Rect::EMPTY;
            for at in area.iter().flat_map(|part| part.exterior().coords()) {
                rect.join(&Rect { min: [at.x, at.y], max: [at.x, at.y] });
            }
            rect
        })
        .collect();
    let tree = BoxTree::new(&rects);
    let mut overlaps: Vec<Overlap> = (0..areas.len())
        .into_par_iter()
        .flat_map_iter(|a| {
            let mut near = Vec::new();
            tree.meeting(&rects[a], |b| near.extend(Some(b as usize).filter(|b| *b > a)));
            near.sort_unstable();
            near.into_iter().filter_map(move |b| overlap(areas, a, b))
        })
        .collect();
    overlaps.sort_by(|one, other| other.area_m2.total_cmp(&one.area_m2).then(one.pair.cmp(&other.pair)));

    let locator = RegionLocator::new(areas);
    let union = unary_union(areas);
    let holes = union.iter().flat_map(|part| part.interiors());
    let mut gaps: Vec<Gap> = holes
        .filter_map(|hole| {
            let hole = Polygon::new(hole.clone(), Vec::new());
            let (area_m2, width_m) = size(&hole);
            if width_m < ROUNDING_M {
                return None;
            }
            let at = hole.interior_point()?;
            let mut beside: Vec<usize> = hole
                .exterior()
                .coords()
                .flat_map(|at| locator.within_distance([at.x, at.y], BESIDE_M))
                .map(|region| region as usize)
                .collect();
            beside.sort_unstable();
            beside.dedup();
            Some(Gap { area_m2, width_m, at: [at.x(), at.y()], beside, shape: hole })
        })
        .collect();
    gaps.sort_by(|one, other| other.area_m2.total_cmp(&one.area_m2).then(one.at[0].total_cmp(&other.at[0])));
    Topology { overlaps, gaps }
}

fn overlap(areas: &[MultiPolygon<f64>], a: usize, b: usize) -> Option<Overlap> {
    let shared = areas[a].intersection(&areas[b]);
    let pieces: Vec<(&Polygon<f64>, (f64, f64))> =
        shared.iter().map(|piece| (piece, size(piece))).filter(|(_, (_, width))| *width >= ROUNDING_M).collect();
    let largest = pieces.iter().max_by(|one, other| one.1.0.total_cmp(&other.1.0))?;
    let at = largest.0.interior_point()?;
    let area_m2: f64 = pieces.iter().map(|(_, (area, _))| area).sum();
    let perimeter: f64 = pieces.iter().map(|(_, (area, width))| 2.0 * area / width).sum();
    let shape = MultiPolygon(pieces.iter().map(|(piece, _)| (*piece).clone()).collect());
    Some(Overlap { pair: (a, b), area_m2, width_m: 2.0 * area_m2 / perimeter, at: [at.x(), at.y()], shape })
}

/// Area in m² and mean width in metres, 0 for what has no boundary.
pub(crate) fn size(piece: &Polygon<f64>) -> (f64, f64) {
    let area = piece.unsigned_area();
    let rings = std::iter::once(piece.exterior()).chain(piece.interiors());
    let perimeter: f64 = rings.map(|ring| Euclidean.length(ring)).sum();
    (area, if perimeter > 0.0 { 2.0 * area / perimeter } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::Rect as Square;

    fn square(x0: f64, y0: f64, x1: f64, y1: f64) -> MultiPolygon<f64> {
        MultiPolygon(vec![Square::new((x0, y0), (x1, y1)).to_polygon()])
    }

    #[test]
    fn squares_that_overlap_and_leave_a_gap() {
        let areas = [
            square(0.0, 0.0, 10_000.0, 10_000.0),
            // 10 m into the first, along 10 km
            square(9_990.0, 0.0, 20_000.0, 10_000.0),
            // 30 m above both, and closed at the ends by the last two
            square(0.0, 10_030.0, 20_000.0, 20_000.0),
            square(-1_000.0, 0.0, 0.0, 20_000.0),
            square(20_000.0, 0.0, 21_000.0, 20_000.0),
        ];
        let found = topology(&areas);
        assert_eq!(found.overlaps.len(), 1);
        let overlap = &found.overlaps[0];
        assert_eq!(overlap.pair, (0, 1));
        // 10 m × 10 km; twice the area by the perimeter of 20,020 m
        assert!((overlap.area_m2 - 1e5).abs() < 1.0, "{overlap:?}");
        assert!((overlap.width_m - 2e5 / 20_020.0).abs() < 0.001, "{overlap:?}");
        assert!((9_990.0..10_000.0).contains(&overlap.at[0]), "{overlap:?}");
        assert_eq!(found.gaps.len(), 1);
        let gap = &found.gaps[0];
        assert!((gap.area_m2 - 6e5).abs() < 1.0 && gap.beside == [0, 1, 2, 3, 4], "{gap:?}");
        assert!((10_000.0..10_030.0).contains(&gap.at[1]), "{gap:?}");
    }

    #[test]
    fn areas_that_fit_have_neither() {
        let areas: Vec<MultiPolygon<f64>> = (0..25)
            .map(|k| (f64::from(k % 5) * 1e5, f64::from(k / 5) * 1e5))
            .map(|(x, y)| square(x, y, x + 1e5, y + 1e5))
            .collect();
        assert_eq!(topology(&areas), Topology::default());
        assert_eq!(topology(&[]), Topology::default());
        // less than a centimetre is rounding
        assert_eq!(topology(&[square(0.0, 0.0, 1e4, 1e4), square(9_999.995, 0.0, 2e4, 1e4)]), Topology::default());
    }
}
