//! Sums over all that lies within bands of straight-line distance, without a table of pairs: two steps of a floating catchment in the plane.
//!
//! Both steps gather. A facility adds up the people around it, in whole millionths; a point adds up the ratios of the facilities around it. So
//! no two threads write to one sum, and the number of threads changes nothing. Places lie in square cells, row by row: of each row of cells
//! those that a circle may touch are one stretch of memory.

use rayon::prelude::*;

/// Places in square cells, each row of cells one after the other.
pub(crate) struct Cells {
    origin: [f64; 2],
    side: f64,
    columns: usize,
    rows: usize,
    /// Start of each cell among the places; one more than there are cells.
    first: Vec<u32>,
    x: Vec<f64>,
    y: Vec<f64>,
    /// What the places were called.
    items: Vec<u32>,
}

impl Cells {
    /// Cells of a side of about `side` metres, larger where the places lie far apart. Places that are not finite are left out.
    pub fn new(places: &[[f64; 2]], side: f64) -> Cells {
        let is_place = |at: &[f64; 2]| at[0].is_finite() && at[1].is_finite();
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for at in places.iter().filter(|at| is_place(at)) {
            for axis in 0..2 {
                low[axis] = low[axis].min(at[axis]);
                high[axis] = high[axis].max(at[axis]);
            }
        }
        let origin = if low[0] <= high[0] { low } else { [0.0; 2] };
        let (width, height) = ((high[0] - low[0]).max(0.0), (high[1] - low[1]).max(0.0));
        // not so many cells that most would be empty
        let most = places.len() as f64 / 4.0 + 1024.0;
        let mut side = if side > 0.0 && side.is_finite() { side } else { 1.0 };
        while (width / side + 1.0) * (height / side + 1.0) > most {
            side *= 2.0;
        }
        let (columns, rows) = ((width / side) as usize + 1, (height / side) as usize + 1);
        let mut cells = Cells {
            origin,
            side,
            columns,
            rows,
            first: vec![0; columns * rows + 1],
            x: Vec::new(),
            y: Vec::new(),
            items: Vec::new(),
        };
        let homes: Vec<u32> =
            places.iter().map(|at| if is_place(at) { cells.home(*at) as u32 } else { u32::MAX }).collect();
        for home in homes.iter().filter(|home| **home != u32::MAX) {
            cells.first[*home as usize + 1] += 1;
        }
        for at in 1..cells.first.len() {
            cells.first[at] += cells.first[at - 1];
        }
        let count = cells.first[columns * rows] as usize;
        (cells.x, cells.y, cells.items) = (vec![0.0; count], vec![0.0; count], vec![0; count]);
        let mut next = cells.first.clone();
        for (item, (home, at)) in homes.iter().zip(places).enumerate().filter(|(_, (home, _))| **home != u32::MAX) {
            let slot = &mut next[*home as usize];
            let to = *slot as usize;
            (cells.x[to], cells.y[to], cells.items[to]) = (at[0], at[1], item as u32);
            *slot += 1;
        }
        cells
    }

    fn home(&self, at: [f64; 2]) -> usize {
        self.row(at[1]) * self.columns + self.column(at[0])
    }

    /// A float that is negative or too large becomes the first or the last.
    fn column(&self, x: f64) -> usize {
        (((x - self.origin[0]) / self.side) as usize).min(self.columns - 1)
    }

    fn row(&self, y: f64) -> usize {
        (((y - self.origin[1]) / self.side) as usize).min(self.rows - 1)
    }

    /// The places in the order of the cells, under their names.
    pub fn items(&self) -> &[u32] {
        &self.items
    }

    /// Stretches of places that hold all within `reach` of a place.
    #[inline]
    fn stretches(&self, at: [f64; 2], reach: f64, mut each: impl FnMut(std::ops::Range<usize>)) {
        // rounding of coordinates, and then some
        let hair = 1e-9 * (at[0].abs() + at[1].abs() + reach + self.origin[0].abs() + self.origin[1].abs()) + 1e-9;
        let (x, y) = (at[0], at[1]);
        if !(x.is_finite() && y.is_finite()) {
            return;
        }
        for row in self.row(y - reach - hair)..=self.row(y + reach + hair) {
            let south = self.origin[1] + row as f64 * self.side;
            // the first and the last row hold what rounding puts there
            let aside = (south - y).max(y - south - self.side).max(0.0) - hair;
            let half = reach * reach - aside * aside.max(0.0);
            if half < 0.0 {
                continue;
            }
            let half = half.sqrt() + hair;
            let line = row * self.columns;
            let (from, to) = (line + self.column(x - half), line + self.column(x + half));
            let stretch = self.first[from] as usize..self.first[to + 1] as usize;
            if !stretch.is_empty() {
                each(stretch);
            }
        }
    }
}

/// The largest square whose rounded root is at most `distance`: comparing squares with it is comparing distances with the limit, to the last bit.
pub(crate) fn largest_square(distance: f64) -> f64 {
    let mut square = distance * distance;
    while square.is_finite() && square.sqrt() <= distance {
        square = square.next_up();
    }
    while square.sqrt() > distance {
        square = square.next_down();
    }
    square
}

/// For each place of `around`: the sum of `amounts` over the places of `cells` (in their order) whose squared distance is at most each of
/// `squares`, which rise.
pub(crate) fn sums_within<const BANDS: usize>(
    cells: &Cells,
    amounts: &[u64],
    around: &[[f64; 2]],
    squares: [f64; BANDS],
) -> Vec<[u64; BANDS]> {
    let reach = squares.last().copied().unwrap_or(0.0).sqrt();
    around
        .par_iter()
        .with_min_len(16)
        .map(|at| {
            let mut sums = [0u64; BANDS];
            cells.stretches(*at, reach, |stretch| {
                let places = cells.x[stretch.clone()].iter().zip(&cells.y[stretch.clone()]);
                for ((x, y), amount) in places.zip(&amounts[stretch]) {
                    let (dx, dy) = (x - at[0], y - at[1]);
                    let square = dx * dx + dy * dy;
                    for (sum, most) in sums.iter_mut().zip(squares) {
                        *sum += amount & u64::from(square <= most).wrapping_neg();
                    }
                }
            });
            sums
        })
        .collect()
}

/// How many are near a place, and the weighed sum of what they have.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Near {
    pub count: u32,
    pub sum: f64,
}

/// For each place of `around`, in the order of its cells: how many places of `cells` are within the last of `squares`, and the sum of `amounts`
/// (in the order of `cells`) times the weight of the first square that is not exceeded.
///
/// The places of one cell are answered together: what lies in one band of all of them is added once for all.
pub(crate) fn weighed_sums<const BANDS: usize>(
    cells: &Cells,
    amounts: &[f64],
    around: &Cells,
    squares: [f64; BANDS],
    weights: [f64; BANDS],
) -> Vec<Near> {
    let reach = squares.last().copied().unwrap_or(0.0).sqrt();
    let row = |row: usize| {
        let cells_of_row = around.first[row * around.columns..=(row + 1) * around.columns].windows(2);
        let mut found: Vec<Near> = Vec::new();
        let (mut sums, mut counts) = (Vec::new(), Vec::new());
        for cell in cells_of_row.filter(|cell| cell[0] < cell[1]) {
            let places = cell[0] as usize..cell[1] as usize;
            let (xs, ys) = (&around.x[places.clone()], &around.y[places]);
            let ends = |of: &[f64]| {
                of.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(*at), high.max(*at)))
            };
            let ((west, east), (south, north)) = (ends(xs), ends(ys));
            let (mut base, mut base_count) = (0.0, 0u32);
            sums.clear();
            sums.resize(xs.len(), 0.0f64);
            counts.clear();
            counts.resize(xs.len(), 0.0f64);
            let middle = [(west + east) / 2.0, (south + north) / 2.0];
            let corner = ((east - west) / 2.0).hypot((north - south) / 2.0);
            cells.stretches(middle, reach + corner, |stretch| {
                let them = cells.x[stretch.clone()].iter().zip(&cells.y[stretch.clone()]).zip(&amounts[stretch]);
                for ((x, y), amount) in them {
                    // rounding is monotone: no square of a place of the cell is below `least` or above `most`, to the last bit
                    let (from_west, from_east) = (west - x, east - x);
                    let (from_south, from_north) = (south - y, north - y);
                    let beside = from_west.max(-from_east).max(0.0);
                    let aside = from_south.max(-from_north).max(0.0);
                    let least = beside * beside + aside * aside;
                    if least > squares[BANDS - 1] {
                        continue;
                    }
                    let (across, along) = (from_east.max(-from_west), from_north.max(-from_south));
                    let most = across * across + along * along;
                    let first = squares.iter().take_while(|square| least > **square).count();
                    if most <= squares[first] {
                        base += amount * weights[first];
                        base_count += 1;
                        continue;
                    }
                    for (((own_x, own_y), sum), count) in xs.iter().zip(ys).zip(&mut sums).zip(&mut counts) {
                        let (dx, dy) = (own_x - x, own_y - y);
                        let square = dx * dx + dy * dy;
                        let mut weight = 0.0;
                        for band in (0..BANDS).rev() {
                            weight = if square <= squares[band] { weights[band] } else { weight };
                        }
                        *count += if square <= squares[BANDS - 1] { 1.0 } else { 0.0 };
                        *sum += amount * weight;
                    }
                }
            });
            found.extend(
                sums.iter()
                    .zip(&counts)
                    .map(|(sum, count)| Near { count: base_count + *count as u32, sum: base + sum }),
            );
        }
        found
    };
    let rows: Vec<Vec<Near>> = (0..around.rows).into_par_iter().map(row).collect();
    rows.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparing_squares_is_comparing_distances_to_the_last_bit() {
        for distance in [0.0, 0.001, 1.0 / 3.0, 500.0, 1000.0, 1e7 / 3.0, 1e9] {
            let square = largest_square(distance);
            assert!(square.sqrt() <= distance && square.next_up().sqrt() > distance, "{distance}: {square}");
        }
    }

    #[test]
    fn a_place_at_the_limit_is_within_however_the_cells_fall() {
        // 3, 4 and 5: at the limit of 500; a hair farther is not. Cells of any side, places far from the origin
        let shift = |at: [f64; 2]| [at[0] + 4.0e7, at[1] - 3.5e6];
        let places = [[300.0, 400.0], [-300.0, -400.0], [500.0, 0.0], [0.0, -500.0], [300.0, 400.001]].map(shift);
        let squares = [largest_square(500.0)];
        for side in [1.0, 62.5, 250.0, 499.999, 500.0, 5e6, 0.0, f64::NAN] {
            let cells = Cells::new(&places, side);
            let amounts: Vec<u64> = cells.items().iter().map(|item| 1 << item).collect();
            assert_eq!(sums_within(&cells, &amounts, &[shift([0.0, 0.0])], squares), [[0b01111]], "{side}");
            let ratios: Vec<f64> = amounts.iter().map(|amount| *amount as f64).collect();
            let own = Cells::new(&[shift([0.0, 0.0])], side);
            let near = weighed_sums(&cells, &ratios, &own, squares, [0.5]);
            assert_eq!(near, [Near { count: 4, sum: 7.5 }], "{side}");
        }
        let none = Cells::new(&[[f64::NAN, 0.0]], 10.0);
        assert!(none.items().is_empty());
        assert_eq!(sums_within(&none, &[], &[[0.0, 0.0], [f64::NAN, 0.0]], squares), [[0], [0]]);
    }
}
