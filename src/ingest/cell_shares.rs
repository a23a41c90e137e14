//! Cells of a raster that borders of regions cut: which share of each cell's area lies in which region.
//!
//! Exact areas of cell and outline in the rows and columns of the raster, as exactextract has them (Baston 2024, "exactextract"; there the
//! coverage fraction). Only cells that a border crosses are cut: windows of cells are halved until no border is left in them.

use std::cmp::Ordering;
use std::collections::HashMap;

use geo_types::LineString;
use rayon::prelude::*;

use crate::base::idx::RegionIdx;
use crate::ingest::homes::Homes;
use crate::io::geotiff::Window;
use crate::model::place::Place;
use crate::model::region::RegionTree;
use crate::model::region::Shape;

/// Shares below this are rounding, or two drawings of one border.
const LEAST_SHARE: f64 = 1e-6;
/// A side longer than this gets corners on its way, for what is straight in the plane may be bent in the CRS of the raster, metres.
const LONG_M: f64 = 2_000.0;

/// What lies of a region in a cell.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Position of the level among those with outlines, the smallest regions first.
    level: usize,
    region: RegionIdx,
    /// Of the cell's area.
    share: f64,
    /// Column and row of its centre of gravity, with fractions.
    middle: [f64; 2],
}

/// A part of a cell that belongs to one region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Part {
    pub home: RegionIdx,
    /// Of the cell's area, above 0, 1 at most.
    pub share: f64,
    /// Column and row of its centre of gravity, with fractions; `None` for the middle of the cell.
    pub middle: Option<[f64; 2]>,
}

/// Cells that borders cut.
#[derive(Debug, Default)]
pub(crate) struct CellShares {
    /// By row and column: pieces by level, and within it the region that comes first where several hold a place.
    cells: HashMap<(u32, u32), Vec<Piece>>,
}

impl CellShares {
    /// The cells of a window that the outlines of any level cut. `to_cells` leads from the study plane to columns and rows; `None` where it
    /// does not know the way for a corner.
    pub(crate) fn new(
        homes: &Homes<'_>,
        window: Window,
        to_cells: impl Fn([f64; 2]) -> Option<[f64; 2]>,
    ) -> Option<CellShares> {
        let mut jobs: Vec<(usize, RegionIdx, Vec<Ring>)> = Vec::new();
        for (level, (regions, _)) in homes.outlined().enumerate() {
            let shape = |region: &RegionIdx| homes.tree().get(*region).shape.as_ref();
            let mut ranked: Vec<RegionIdx> = regions.iter().copied().filter(|region| shape(region).is_some()).collect();
            ranked
                .sort_by(|a, b| rank(homes.tree(), *a).partial_cmp(&rank(homes.tree(), *b)).unwrap_or(Ordering::Equal));
            for region in ranked {
                if let Some(shape) = shape(&region) {
                    jobs.push((level, region, rings(shape, &to_cells)?));
                }
            }
        }
        let found: Vec<Vec<((u32, u32), Piece)>> = jobs
            .into_par_iter()
            .map(|(level, region, rings)| {
                let mut pieces = Vec::new();
                cut(rings, window, &mut |row, column, share, middle| {
                    pieces.push(((row, column), Piece { level, region, share, middle }));
                });
                pieces
            })
            .collect();
        let mut cells: HashMap<(u32, u32), Vec<Piece>> = HashMap::new();
        for (cell, piece) in found.into_iter().flatten() {
            cells.entry(cell).or_default().push(piece);
        }
        Some(CellShares { cells })
    }

    /// The parts of a cell with its middle at `place`, the smallest regions first; `None` for one that no border cuts. What is missing to 1
    /// lies outside all regions. Where regions of one level lie over each other, the smaller one has its share first.
    pub(crate) fn parts(&self, homes: &Homes<'_>, row: u32, column: u32, place: &Place) -> Option<Vec<Part>> {
        let pieces = self.cells.get(&(row, column))?;
        let mut parts: Vec<Part> = Vec::new();
        for (level, (regions, locator)) in homes.outlined().enumerate() {
            let cut = pieces.iter().filter(|piece| piece.level == level);
            let mut own: Vec<(RegionIdx, f64, Option<[f64; 2]>)> =
                cut.map(|piece| (piece.region, piece.share, Some(piece.middle))).collect();
            // a region that holds the middle of the cell and does not cut it holds all of it
            let around = locator.within_distance(place.xy.array(), 0.0).into_iter().map(|nth| regions[nth as usize]);
            let whole: Vec<RegionIdx> = around.filter(|region| own.iter().all(|(other, ..)| other != region)).collect();
            if !whole.is_empty() {
                own.extend(whole.into_iter().map(|region| (region, 1.0, None)));
                own.sort_by(|(a, ..), (b, ..)| {
                    rank(homes.tree(), *a).partial_cmp(&rank(homes.tree(), *b)).unwrap_or(Ordering::Equal)
                });
            }
            for (region, share, middle) in own {
                take(&mut parts, homes.tree(), region, share, middle);
            }
        }
        let all: f64 = parts.iter().map(|part| part.share).sum();
        if 1.0 - all < LEAST_SHARE {
            parts.iter_mut().for_each(|part| part.share /= all);
        }
        if let [only] = &mut parts[..]
            && 1.0 - only.share < LEAST_SHARE
        {
            only.middle = None;
        }
        Some(parts)
    }
}

/// Of regions that hold a place the one that comes first has it, as the locator has it: the smallest, of equal ones by code.
fn rank(tree: &RegionTree, region: RegionIdx) -> (f64, &str) {
    let region = tree.get(region);
    (region.shape.as_ref().map_or(0.0, |shape| shape.area_m2.round()), &region.code)
}

/// Adds what a region has of a cell beyond the parts of its own regions below, as far as there is anything left.
fn take(parts: &mut Vec<Part>, tree: &RegionTree, region: RegionIdx, share: f64, middle: Option<[f64; 2]>) {
    let is_below = |mut here: RegionIdx| {
        while let Some(above) = tree.get(here).parent {
            if above == region {
                return true;
            }
            here = above;
        }
        false
    };
    let below: f64 = parts.iter().filter(|part| is_below(part.home)).map(|part| part.share).sum();
    let left = 1.0 - parts.iter().map(|part| part.share).sum::<f64>();
    let share = (share - below).min(left);
    if share > LEAST_SHARE {
        parts.push(Part { home: region, share, middle });
    }
}

/// A closed ring in columns and rows, its last corner left out; rings around a region run one way, those around its holes the other.
type Ring = Vec<[f64; 2]>;

fn rings(shape: &Shape, to_cells: &impl Fn([f64; 2]) -> Option<[f64; 2]>) -> Option<Vec<Ring>> {
    let mut rings = Vec::new();
    for part in &shape.plane {
        let own = std::iter::once((part.exterior(), 1.0)).chain(part.interiors().iter().map(|ring| (ring, -1.0)));
        for (ring, sign) in own {
            let mut ring = in_cells(ring, to_cells)?;
            if doubled_area(&ring, [0.0; 2]) * sign < 0.0 {
                ring.reverse();
            }
            rings.push(ring);
        }
    }
    Some(rings)
}

fn in_cells(ring: &LineString<f64>, to_cells: &impl Fn([f64; 2]) -> Option<[f64; 2]>) -> Option<Ring> {
    let mut found = Vec::with_capacity(ring.0.len());
    for side in ring.lines() {
        let (dx, dy) = (side.dx(), side.dy());
        let steps = (dx.hypot(dy) / LONG_M).ceil().max(1.0);
        let mut step = 0.0;
        while step < steps {
            found.push(to_cells([side.start.x + dx * step / steps, side.start.y + dy * step / steps])?);
            step += 1.0;
        }
    }
    Some(found)
}

/// Twice the area within a ring, seen from a place near it; below 0 where it runs the other way.
fn doubled_area(ring: &[[f64; 2]], from: [f64; 2]) -> f64 {
    sides(ring).map(|(a, b)| cross(a, b, from)).sum()
}

fn cross(a: [f64; 2], b: [f64; 2], from: [f64; 2]) -> f64 {
    (a[0] - from[0]) * (b[1] - from[1]) - (b[0] - from[0]) * (a[1] - from[1])
}

fn sides(ring: &[[f64; 2]]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> {
    let last = ring.last().copied();
    last.into_iter().chain(ring.iter().copied()).zip(ring.iter().copied())
}

/// Halves a window until it is one cell, which is handed over with its share and the middle of what lies in it, or no border is left in it.
fn cut(rings: Vec<Ring>, window: Window, take: &mut impl FnMut(u32, u32, f64, [f64; 2])) {
    let bounds = [window.columns, window.rows].map(|(low, high)| (f64::from(low), f64::from(high)));
    // the first time what lies beside the window is cut off; later there is nothing beside it
    let mut clipped = rings;
    for (axis, (low, high)) in bounds.into_iter().enumerate() {
        clipped = clipped.iter().map(|ring| half(&half(ring, axis, low, 1.0), axis, high, -1.0)).collect();
    }
    clipped.retain(|ring| ring.len() > 2);
    halve(clipped, window, take);
}

fn halve(rings: Vec<Ring>, window: Window, take: &mut impl FnMut(u32, u32, f64, [f64; 2])) {
    let ((west, east), (north, south)) = (window.columns, window.rows);
    if rings.is_empty() || west >= east || north >= south {
        return;
    }
    let corner = [f64::from(west), f64::from(north)];
    let opposite = [f64::from(east), f64::from(south)];
    let whole = (opposite[0] - corner[0]) * (opposite[1] - corner[1]);
    // below 0 in the half of a ring that crosses itself
    let area = rings.iter().map(|ring| doubled_area(ring, corner)).sum::<f64>() / 2.0;
    let is_on_edge = |at: &[f64; 2]| (0..2).any(|axis| at[axis] == corner[axis] || at[axis] == opposite[axis]);
    if (area.abs() - whole).abs() < LEAST_SHARE && rings.iter().flatten().all(is_on_edge) {
        return;
    }
    if east - west == 1 && south - north == 1 {
        let share = area.abs().min(1.0);
        if share > 0.0 {
            take(north, west, share, middle(&rings, corner, area));
        }
        return;
    }
    let axis = usize::from(south - north > east - west);
    let (low, high) = [window.columns, window.rows][axis];
    let at = low + (high - low) / 2;
    let half_of = |keep: f64| -> Vec<Ring> {
        rings.iter().map(|ring| half(ring, axis, f64::from(at), keep)).filter(|ring| ring.len() > 2).collect()
    };
    let (first, second) = (half_of(-1.0), half_of(1.0));
    drop(rings);
    let part = |low, high| match axis {
        0 => Window { columns: (low, high), ..window },
        _ => Window { rows: (low, high), ..window },
    };
    halve(first, part(low, at), take);
    halve(second, part(at, high), take);
}

/// What of a ring lies where `keep` times the coordinate is `keep` times `at` or more (Sutherland and Hodgman 1974). Where a ring leaves and
/// comes back it runs along the line, to and fro: that has no area.
fn half(ring: &[[f64; 2]], axis: usize, at: f64, keep: f64) -> Ring {
    let depth = |corner: [f64; 2]| (corner[axis] - at) * keep;
    if ring.iter().all(|corner| depth(*corner) >= 0.0) {
        return ring.to_vec();
    }
    let mut kept = Vec::with_capacity(ring.len() / 2 + 4);
    for (from, to) in sides(ring) {
        let (a, b) = (depth(from), depth(to));
        if a < 0.0 && b > 0.0 || a > 0.0 && b < 0.0 {
            let mut crossing = [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * (a / (a - b)));
            crossing[axis] = at;
            kept.push(crossing);
        }
        if b >= 0.0 {
            kept.push(to);
        }
    }
    kept
}

/// The centre of gravity of rings in the cell with its first corner at `corner`; the middle of the cell where they have next to no area.
fn middle(rings: &[Ring], corner: [f64; 2], area: f64) -> [f64; 2] {
    let of_cell = corner.map(|at| at + 0.5);
    if area.abs() < LEAST_SHARE {
        return of_cell;
    }
    let moment = |axis: usize| {
        let own = |(a, b): ([f64; 2], [f64; 2])| (a[axis] + b[axis] - 2.0 * corner[axis]) * cross(a, b, corner);
        rings.iter().flat_map(|ring| sides(ring)).map(own).sum::<f64>() / 6.0
    };
    [0, 1].map(|axis| corner[axis] + (moment(axis) / area).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Cut = Vec<((u32, u32), f64, [f64; 2])>;

    fn shares(rings: &[&[[f64; 2]]], columns: (u32, u32), rows: (u32, u32)) -> Cut {
        let mut found = Vec::new();
        let rings = rings.iter().map(|ring| ring.to_vec()).collect();
        cut(rings, Window { columns, rows }, &mut |row, column, share, middle| {
            found.push(((row, column), share, middle))
        });
        found.sort_by_key(|(cell, ..)| *cell);
        found
    }

    #[test]
    fn a_rectangle_has_the_shares_of_its_sides() {
        // columns 0.25 to 3, rows 0.5 to 3 of 4 × 4 cells
        let found = shares(&[&[[0.25, 0.5], [3.0, 0.5], [3.0, 3.0], [0.25, 3.0]]], (0, 4), (0, 4));
        let want = [((0, 0), 0.375), ((0, 1), 0.5), ((0, 2), 0.5), ((1, 0), 0.75), ((2, 0), 0.75)];
        assert_eq!(found.iter().map(|(cell, share, _)| (*cell, *share)).collect::<Vec<_>>(), want);
        assert_eq!(found[0].2, [0.625, 0.75]);
        // the window cuts the same region
        let part = shares(&[&[[0.25, 0.5], [3.0, 0.5], [3.0, 3.0], [0.25, 3.0]]], (0, 1), (1, 2));
        assert_eq!(part, [((1, 0), 0.75, [0.625, 1.5])]);
    }

    #[test]
    fn a_triangle_and_its_rest_make_up_every_cell() {
        let (triangle, rest): (Ring, Ring) =
            (vec![[0.0, 0.0], [5.0, 0.0], [0.0, 3.0]], vec![[5.0, 0.0], [5.0, 3.0], [0.0, 3.0]]);
        let (one, other) = (shares(&[&triangle], (0, 5), (0, 3)), shares(&[&rest], (0, 5), (0, 3)));
        let mut sums: HashMap<(u32, u32), f64> = HashMap::new();
        for (cell, share, middle) in one.iter().chain(&other) {
            *sums.entry(*cell).or_default() += share;
            assert!((0..2).all(|axis| middle[axis] >= f64::from([cell.1, cell.0][axis])), "{middle:?}");
        }
        assert!(sums.values().all(|sum| (sum - 1.0).abs() < 1e-12), "{sums:?}");
        // the side meets 5 + 3 - 1 cells, as 5 and 3 have no common factor
        assert_eq!(sums.len(), 7);
    }

    #[test]
    fn a_hole_is_no_part_and_two_parts_add_up() {
        // a hole of 0.5 × 0.5 in the middle of the one cell, runs the other way
        let around = [[0.0, 0.0], [3.0, 0.0], [3.0, 3.0], [0.0, 3.0]];
        let hole = [[1.25, 1.25], [1.25, 1.75], [1.75, 1.75], [1.75, 1.25]];
        assert_eq!(shares(&[&around, &hole], (0, 3), (0, 3)), [((1, 1), 0.75, [1.5, 1.5])]);
        // a comb of two teeth: what runs along the cut has no area
        let comb = [[0.0, 0.0], [0.2, 0.0], [0.2, 1.5], [0.8, 1.5], [0.8, 0.0], [1.0, 0.0], [1.0, 2.0], [0.0, 2.0]];
        let found = shares(&[&comb], (0, 1), (0, 2));
        assert_eq!(found.len(), 2);
        // a ring that crosses itself: two triangles of a quarter of the cells each
        let bow = [[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0]];
        let crossed: f64 = shares(&[&bow], (0, 2), (0, 2)).iter().map(|(_, share, _)| share).sum();
        assert!((crossed - 2.0).abs() < 1e-12, "{crossed}");
        assert!((found[0].1 - 0.4).abs() < 1e-12 && (found[1].1 - 0.7).abs() < 1e-12, "{found:?}");
    }
}
