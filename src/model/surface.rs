//! A raster cost surface: square cells of the study plane, each with how fast one walks over it, and the moves between their middles.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use geo_types::Coord;
use geo_types::LineString;
use geo_types::MultiPolygon;

use crate::base::units::KmPerHour;
use crate::base::units::Text;
use crate::model::lattice::Lattice;
use crate::model::place::Place;
use crate::model::place::PlaneXy;

/// Moves to the neighbours of a cell, columns east and rows north: four straight, four aslant, and eight of a knight. The move at `k ^ 1` is
/// that at `k` turned round.
pub const MOVES: [(i32, i32); 16] = [
    (1, 0),
    (-1, 0),
    (0, 1),
    (0, -1),
    (1, 1),
    (-1, -1),
    (1, -1),
    (-1, 1),
    (2, 1),
    (-2, -1),
    (1, 2),
    (-1, -2),
    (1, -2),
    (-1, 2),
    (2, -1),
    (-2, 1),
];

/// How many neighbours one moves to from a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbours {
    /// A king's moves: a way in the open is up to 8.24 % too long.
    Eight,
    /// A king's and a knight's: up to 2.75 %.
    Sixteen,
}

impl Neighbours {
    /// As a number.
    pub fn count(self) -> usize {
        match self {
            Neighbours::Eight => 8,
            Neighbours::Sixteen => 16,
        }
    }
}

/// What a cell is to people on foot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ground {
    /// Walked over at this speed.
    Open(KmPerHour),
    /// Nobody walks over it: water, a class without a speed.
    Barred,
    /// In a closed area: who is there goes nowhere.
    Closed,
    /// Nothing is known of it, and nobody is led over it.
    Unknown,
}

/// Where the cells of a surface are: in rows from the south-west, counted row by row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cells {
    /// The south-west corner of the first.
    pub low: PlaneXy,
    /// Side of a cell, metres of the plane.
    pub side_m: f64,
    pub columns: usize,
    pub rows: usize,
}

impl Cells {
    /// The cells over a rectangle of the plane (smallest x and y, largest x and y). Their corners are at whole multiples of the side, so that
    /// a larger rectangle has the same cells and more.
    pub fn over([west, south, east, north]: [f64; 4], side_m: f64) -> Cells {
        let low = |value: f64| (value / side_m).floor();
        // a cell at least; `as` keeps within the range of usize
        let count = |from: f64, to: f64| ((to / side_m).ceil() - low(from)).max(1.0) as usize;
        Cells {
            low: PlaneXy { x: low(west) * side_m, y: low(south) * side_m },
            side_m,
            columns: count(west, east),
            rows: count(south, north),
        }
    }

    /// Number of cells.
    pub fn count(&self) -> usize {
        self.columns.saturating_mul(self.rows)
    }

    /// Smallest x and y, largest x and y.
    pub fn extent(&self) -> [f64; 4] {
        let far = |low: f64, count: usize| low + count as f64 * self.side_m;
        [self.low.x, self.low.y, far(self.low.x, self.columns), far(self.low.y, self.rows)]
    }

    /// The middle of a cell.
    pub fn middle(&self, cell: u32) -> PlaneXy {
        let at = |low: f64, count: usize| low + (count as f64 + 0.5) * self.side_m;
        let cell = cell as usize;
        PlaneXy { x: at(self.low.x, cell % self.columns), y: at(self.low.y, cell / self.columns) }
    }

    /// The cell that a place is in; on a border between two, the eastern or northern. `None` outside.
    pub fn at(&self, xy: PlaneXy) -> Option<u32> {
        let [x, y] = self.in_cells(xy);
        self.cell(x.floor(), y.floor())
    }

    /// Columns and rows from the south-west corner.
    fn in_cells(&self, xy: PlaneXy) -> [f64; 2] {
        [(xy.x - self.low.x) / self.side_m, (xy.y - self.low.y) / self.side_m]
    }

    fn cell(&self, column: f64, row: f64) -> Option<u32> {
        let is_in = column >= 0.0 && row >= 0.0 && column < self.columns as f64 && row < self.rows as f64;
        is_in.then(|| (row as usize * self.columns + column as usize) as u32)
    }

    /// The cell that a move leads to; `None` over the edge.
    fn moved(&self, cell: u32, (east, north): (i32, i32)) -> Option<u32> {
        let (column, row) = (cell as usize % self.columns, cell as usize / self.columns);
        let (column, row) = (column as i64 + i64::from(east), row as i64 + i64::from(north));
        let is_in = (0..self.columns as i64).contains(&column) && (0..self.rows as i64).contains(&row);
        is_in.then(|| (row * self.columns as i64 + column) as u32)
    }

    /// Tells every cell whose middle lies in one of the areas, of each polygon once; a middle on a border is in on the west and the south.
    pub fn within(&self, areas: &[MultiPolygon<f64>], take: &mut dyn FnMut(u32)) {
        let after = |value: f64, low: f64, most: usize| {
            ((value - low) / self.side_m - 0.5).ceil().clamp(0.0, most as f64) as usize
        };
        for polygon in areas.iter().flatten() {
            let mut crossings: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
            for side in std::iter::once(polygon.exterior()).chain(polygon.interiors()).flat_map(LineString::lines) {
                let (low, high) =
                    if side.start.y <= side.end.y { (side.start, side.end) } else { (side.end, side.start) };
                // rows whose middle is at or above the lower end, and below the upper
                for row in after(low.y, self.low.y, self.rows)..after(high.y, self.low.y, self.rows) {
                    let share = (self.low.y + (row as f64 + 0.5) * self.side_m - low.y) / (high.y - low.y);
                    crossings.entry(row).or_default().push(low.x + share * (high.x - low.x));
                }
            }
            for (row, mut xs) in crossings {
                xs.sort_by(f64::total_cmp);
                for pair in xs.chunks_exact(2) {
                    let span = pair[0]..pair[1];
                    let columns =
                        after(span.start, self.low.x, self.columns)..after(span.end, self.low.x, self.columns);
                    columns.for_each(|column| take((row * self.columns + column) as u32));
                }
            }
        }
    }

    /// The cells that a straight line passes through, in its order; `None` where it is outside. One that is touched at a corner is not
    /// passed through.
    fn along(&self, a: PlaneXy, b: PlaneXy, take: &mut dyn FnMut(Option<u32>)) {
        let ([ax, ay], [bx, by]) = (self.in_cells(a), self.in_cells(b));
        let mut cuts = vec![0.0, 1.0];
        for (from, to, most) in [(ax, bx, self.columns), (ay, by, self.rows)] {
            let (low, high) = (from.min(to).max(-1.0).ceil(), from.max(to).min(most as f64 + 1.0).floor());
            // a line along a border has no way across it
            if from != to && low <= high {
                cuts.extend((low as i64..=high as i64).map(|at| (at as f64 - from) / (to - from)));
            }
        }
        cuts.retain(|share| (0.0..=1.0).contains(share));
        cuts.sort_by(f64::total_cmp);
        for span in cuts.windows(2).filter(|span| span[1] - span[0] > 1e-12) {
            let share = (span[0] + span[1]) / 2.0;
            take(self.cell((ax + share * (bx - ax)).floor(), (ay + share * (by - ay)).floor()));
        }
    }
}

/// Heights of the middles of cells, and what slopes do to speed.
#[derive(Debug, Clone)]
pub struct Slopes {
    /// Metres, in the order of the cells; not a number where it is not known.
    pub heights: Vec<f32>,
    /// Time over that on the flat, for a rise over run.
    pub factor: fn(f64) -> f64,
}

/// A surface in the making: what is said last of a cell holds.
pub struct SurfaceDraft {
    cells: Cells,
    kinds: Vec<u32>,
    grounds: Vec<Ground>,
    known: BTreeMap<(u8, u64), u32>,
    /// Moves that nobody makes, whatever the cells are: a bit a move.
    barred: Vec<u16>,
    /// Cells with the moves aslant by which a street leaves them, right through the corner.
    through_corners: BTreeSet<(u32, usize)>,
}

impl SurfaceDraft {
    /// Cells that are all alike.
    pub fn new(cells: Cells, ground: Ground) -> SurfaceDraft {
        let count = cells.count();
        let mut draft = SurfaceDraft {
            cells,
            kinds: vec![0; count],
            grounds: Vec::new(),
            known: BTreeMap::new(),
            barred: vec![0; count],
            through_corners: BTreeSet::new(),
        };
        draft.kind(ground);
        draft
    }

    fn kind(&mut self, ground: Ground) -> u32 {
        let key = match ground {
            Ground::Open(speed) => (0, speed.0.to_bits()),
            Ground::Barred => (1, 0),
            Ground::Closed => (2, 0),
            Ground::Unknown => (3, 0),
        };
        *self.known.entry(key).or_insert_with(|| {
            self.grounds.push(ground);
            self.grounds.len() as u32 - 1
        })
    }

    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    pub fn ground(&self, cell: u32) -> Ground {
        self.grounds[self.kinds[cell as usize] as usize]
    }

    /// Says what a cell is.
    pub fn set(&mut self, cell: u32, ground: Ground) {
        self.kinds[cell as usize] = self.kind(ground);
    }

    /// Areas that nobody enters: cells whose middle lies in them are `ground`, and no move leads over their borders, so that an arm of water
    /// narrower than a cell is not stepped over either.
    pub fn bar(&mut self, areas: &[MultiPolygon<f64>], ground: Ground) {
        let (cells, kind) = (self.cells, self.kind(ground));
        cells.within(areas, &mut |cell| self.kinds[cell as usize] = kind);
        let rings = areas.iter().flatten().flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors()));
        for side in rings.flat_map(LineString::lines) {
            self.bar_across(side.start, side.end);
        }
    }

    /// Bars every move whose straight line from middle to middle meets the side of an area between its ends.
    fn bar_across(&mut self, start: Coord<f64>, end: Coord<f64>) {
        // counted in cells, the middle of the first at 0, 0
        let at = |value: f64, low: f64| (value - low) / self.cells.side_m - 0.5;
        let a = [at(start.x, self.cells.low.x), at(start.y, self.cells.low.y)];
        let b = [at(end.x, self.cells.low.x), at(end.y, self.cells.low.y)];
        let most = [self.cells.columns as f64 + 2.0, self.cells.rows as f64 + 2.0];
        if (0..2).any(|axis| a[axis].max(b[axis]) < -2.0 || a[axis].min(b[axis]) > most[axis]) {
            return;
        }
        // in pieces of a cell, so that few cells are near each; of a side that is far longer than the surface, only so many as it has cells
        let length = (b[0] - a[0]).hypot(b[1] - a[1]);
        let pieces = length.ceil().max(1.0);
        let mix = |share: f64| [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
        let clip = clipped(a, b, most);
        let (first, last) = ((clip.0 * pieces).floor(), (clip.1 * pieces).ceil());
        let mut piece = first;
        while piece < last {
            let (p, q) = (mix(piece / pieces), mix(if piece + 1.0 >= pieces { 1.0 } else { (piece + 1.0) / pieces }));
            self.bar_near(p, q);
            piece += 1.0;
        }
    }

    fn bar_near(&mut self, p: [f64; 2], q: [f64; 2]) {
        let range = |axis: usize, count: usize| {
            let (low, high) = (p[axis].min(q[axis]), p[axis].max(q[axis]));
            let low = (low.floor() - 2.0).clamp(0.0, count as f64) as usize;
            low..((high.ceil() + 3.0).clamp(0.0, count as f64) as usize)
        };
        for row in range(1, self.cells.rows) {
            for column in range(0, self.cells.columns) {
                let cell = (row * self.cells.columns + column) as u32;
                for (k, step) in MOVES.iter().enumerate().step_by(2) {
                    if !meets([column as f64, row as f64], *step, p, q) {
                        continue;
                    }
                    if let Some(to) = self.cells.moved(cell, *step) {
                        self.barred[cell as usize] |= 1 << k;
                        self.barred[to as usize] |= 1 << (k ^ 1);
                    }
                }
            }
        }
    }

    /// Lays a street over the cells that it passes through: they take its speed, whatever they were, and the moves along it are open, also
    /// over the border of an area that nobody enters: a bridge. Where streets share a cell, the fastest holds; `streets` are the cells
    /// that have one so far.
    pub fn lay(&mut self, line: &[Place], speed: KmPerHour, streets: &mut [bool]) {
        let cells = self.cells;
        let mut before: [Option<u32>; 3] = [None; 3];
        for ends in line.windows(2) {
            cells.along(ends[0].xy, ends[1].xy, &mut |cell| {
                if cell.is_some() && cell == before[0] {
                    return;
                }
                let Some(cell) = cell else {
                    before = [None; 3];
                    return;
                };
                let is_faster = match self.ground(cell) {
                    Ground::Open(known) if streets[cell as usize] => speed.0 > known.0,
                    _ => true,
                };
                if is_faster {
                    self.set(cell, Ground::Open(speed));
                }
                streets[cell as usize] = true;
                for (nth, from) in before.into_iter().enumerate().filter_map(|(nth, from)| Some((nth, from?))) {
                    let column = |cell: u32| i64::from(cell) % cells.columns as i64;
                    let row = |cell: u32| i64::from(cell) / cells.columns as i64;
                    let step = (column(cell) - column(from), row(cell) - row(from));
                    let found = MOVES.iter().position(|(east, north)| (i64::from(*east), i64::from(*north)) == step);
                    if let Some(k) = found {
                        self.barred[from as usize] &= !(1 << k);
                        self.barred[cell as usize] &= !(1 << (k ^ 1));
                        if nth == 0 && (4..8).contains(&k) {
                            self.through_corners.extend([(from, k), (cell, k ^ 1)]);
                        }
                    }
                }
                before = [Some(cell), before[0], before[1]];
            });
        }
    }

    /// The surface, frozen. `lattice` knows the degrees of the plane, `about` says where the speeds are from.
    pub fn freeze(
        self,
        neighbours: Neighbours,
        slopes: Option<Slopes>,
        lattice: Option<Lattice>,
        about: Text,
    ) -> Surface {
        let paces: Vec<f64> = self
            .grounds
            .iter()
            .map(|ground| match ground {
                Ground::Open(speed) if speed.0 > 0.0 => 3.6 / speed.0,
                _ => f64::INFINITY,
            })
            .collect();
        let mut surface = Surface {
            cells: self.cells,
            neighbours,
            kinds: self.kinds,
            grounds: self.grounds,
            paces,
            open: self.barred,
            slopes,
            lattice,
            about,
            synthetic: false,
        };
        for cell in 0..surface.cells.count() as u32 {
            let barred = surface.open[cell as usize];
            let is_open = |k: &usize| {
                let is_laid = || self.through_corners.contains(&(cell, *k));
                barred & (1 << k) == 0 && surface.is_passed(cell, *k, &is_laid)
            };
            surface.open[cell as usize] = (0..neighbours.count()).filter(is_open).fold(0, |open, k| open | 1 << k);
        }
        surface
    }
}

/// The shares of a side from a to b between which it may be near the cells, which go from −2 to `most` on both axes.
fn clipped(a: [f64; 2], b: [f64; 2], most: [f64; 2]) -> (f64, f64) {
    let (mut first, mut last) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let run = b[axis] - a[axis];
        if run != 0.0 {
            let (p, q) = ((-2.0 - a[axis]) / run, (most[axis] - a[axis]) / run);
            first = first.max(p.min(q));
            last = last.min(p.max(q));
        }
    }
    (first, last.max(first))
}

/// Whether a move from a middle meets the piece from p to q, ends of the piece included, ends of the move not.
fn meets([x, y]: [f64; 2], (east, north): (i32, i32), p: [f64; 2], q: [f64; 2]) -> bool {
    let (dx, dy) = (f64::from(east), f64::from(north));
    let (sx, sy) = (q[0] - p[0], q[1] - p[1]);
    let cross = dx * sy - dy * sx;
    if cross == 0.0 {
        return false;
    }
    let (px, py) = (p[0] - x, p[1] - y);
    let (share, along) = ((px * sy - py * sx) / cross, (px * dy - py * dx) / cross);
    share > 0.0 && share < 1.0 && (0.0..=1.0).contains(&along)
}

/// Cells with their speeds, frozen: 4 bytes a cell for what it is, 2 for the moves that are open, and 4 for its height where slopes count.
///
/// A move goes straight from middle to middle: its length times the mean of the paces (seconds a metre) of the cells that it passes through,
/// half and half for the nearest eight, a quarter each for the four cells of a knight's move, which is the pace along the very line. All
/// of those cells must be open; a move aslant touches two more at a corner, and is made unless both of them are not and no street leads
/// through the corner.
#[derive(Debug, Clone)]
pub struct Surface {
    cells: Cells,
    neighbours: Neighbours,
    kinds: Vec<u32>,
    grounds: Vec<Ground>,
    /// Seconds a metre of each ground; infinite where nobody walks.
    paces: Vec<f64>,
    /// Moves that are open: a bit a move.
    open: Vec<u16>,
    slopes: Option<Slopes>,
    lattice: Option<Lattice>,
    /// Where the speeds are from, for people.
    pub about: Text,
    /// Whether any of it is made up.
    pub synthetic: bool,
}

impl Surface {
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    pub fn neighbours(&self) -> Neighbours {
        self.neighbours
    }

    /// Whether slopes count.
    pub fn is_sloped(&self) -> bool {
        self.slopes.is_some()
    }

    /// What a cell is.
    pub fn ground(&self, cell: u32) -> Ground {
        self.grounds[self.kinds[cell as usize] as usize]
    }

    /// Seconds for a metre over a cell on the flat; infinite where nobody walks.
    pub fn pace(&self, cell: u32) -> f64 {
        self.paces[self.kinds[cell as usize] as usize]
    }

    /// The moves that are open from a cell, each with where it leads to.
    pub fn moves(&self, cell: u32) -> impl Iterator<Item = (usize, u32)> {
        let open = self.open[cell as usize];
        let to = move |k: usize| {
            let (east, north) = MOVES[k];
            (i64::from(cell) + i64::from(north) * self.cells.columns as i64 + i64::from(east)) as u32
        };
        (0..self.neighbours.count()).filter(move |k| open & (1 << k) != 0).map(move |k| (k, to(k)))
    }

    /// Length of a move, metres.
    pub fn metres(&self, k: usize) -> f64 {
        let factor = match k {
            0..4 => 1.0,
            4..8 => std::f64::consts::SQRT_2,
            _ => 5.0_f64.sqrt(),
        };
        factor * self.cells.side_m
    }

    /// Seconds of an open move from a cell to another, its slope from the one middle to the other minded.
    pub fn seconds(&self, from: u32, k: usize, to: u32) -> f64 {
        let ends = self.pace(from) + self.pace(to);
        let pace = match self.passed(from, k) {
            Some([a, b]) => (ends + self.pace(a) + self.pace(b)) / 4.0,
            None => ends / 2.0,
        };
        let metres = self.metres(k);
        let factor = self.slopes.as_ref().map_or(1.0, |slopes| {
            let rise = f64::from(slopes.heights[to as usize]) - f64::from(slopes.heights[from as usize]);
            // a height that is not known is taken for flat ground
            if rise.is_nan() { 1.0 } else { (slopes.factor)(rise / metres) }
        });
        metres * pace * factor
    }

    /// The two cells that a knight's move passes through on its way; `None` for other moves.
    fn passed(&self, cell: u32, k: usize) -> Option<[u32; 2]> {
        let (east, north) = MOVES[k];
        let [a, b] = match (east.abs(), north.abs()) {
            (2, 1) => [(east / 2, 0), (east / 2, north)],
            (1, 2) => [(0, north / 2), (east, north / 2)],
            _ => return None,
        };
        Some([self.cells.moved(cell, a)?, self.cells.moved(cell, b)?])
    }

    /// Whether the cells let a move pass; `is_laid` tells whether a street leads through the corner.
    fn is_passed(&self, cell: u32, k: usize, is_laid: &dyn Fn() -> bool) -> bool {
        let is_open = |cell: u32| self.pace(cell).is_finite();
        let Some(to) = self.cells.moved(cell, MOVES[k]) else { return false };
        if !is_open(cell) || !is_open(to) {
            return false;
        }
        let (east, north) = MOVES[k];
        match (east.abs(), north.abs()) {
            (1, 1) => {
                let sides = [(east, 0), (0, north)].map(|side| self.cells.moved(cell, side));
                sides.into_iter().any(|side| side.is_some_and(is_open)) || is_laid()
            }
            (1, 0) | (0, 1) => true,
            _ => self.passed(cell, k).is_some_and(|passed| passed.into_iter().all(is_open)),
        }
    }

    /// The middle of a cell with its degrees; `None` where degrees are not known.
    pub fn place(&self, cell: u32) -> Option<Place> {
        self.lattice.as_ref().map(|lattice| lattice.place(self.cells.middle(cell)))
    }

    /// The highest speed of any cell, slopes minded, kilometres an hour; 0 without any that is open.
    pub fn top_speed(&self) -> KmPerHour {
        let flat = self.paces.iter().filter(|pace| pace.is_finite()).map(|pace| 3.6 / pace).fold(0.0, f64::max);
        // Tobler is fastest 5 % downhill
        KmPerHour(self.slopes.as_ref().map_or(flat, |slopes| flat / (slopes.factor)(-0.05)))
    }
}
