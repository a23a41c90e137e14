//! Heights of the ground from a raster, for slopes.

use crate::base::units::thousands;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::source_name;
use crate::ingest::ground::ToDegrees;
use crate::io::geokeys::Grid;
use crate::io::geotiff::GeoTiff;
use crate::io::geotiff::Piece;
use crate::io::geotiff::Window;
use crate::io::read::ReadRequest;
use crate::io::reproject::Reprojector;
use crate::model::place::LonLat;

/// Cells that are held at most: 1.6 GB.
const MOST_CELLS: u64 = 400_000_000;

/// Heights around some places, metres above whatever the raster counts from.
pub(crate) struct Heights {
    grid: Grid,
    window: Window,
    /// Row by row; not a number where there is none.
    metres: Vec<f32>,
    to_raster: Reprojector,
}

/// How many times longer a stretch takes on foot for its slope, over the flat: Tobler (1993), Three presentations on geographical
/// analysis and modeling, NCGIA 93-1, hiking function W = 6 e^(−3.5 |S + 0.05|) km/h. `rise` is rise over run along the way. The
/// fastest slope is 5 % downhill, e^(−0.175) of the flat's time.
pub(crate) fn tobler(rise: f64) -> f64 {
    (3.5 * ((rise + 0.05).abs() - 0.05)).exp()
}

impl Heights {
    /// The heights around `places`, and the account: cells that are read, used or without a height.
    /// # Errors
    /// [`IngestError::Read`], [`IngestError::NoCrs`] and its like; [`IngestError::Implausible`] for a raster that has none of the places,
    /// or more than 400 million cells around them.
    pub(crate) fn read(
        source: &Source,
        places: impl Iterator<Item = LonLat>,
    ) -> Result<(Heights, Account), IngestError> {
        let shown = source_name(source);
        let mut account = Account::new(source, "cells of heights");
        let request = ReadRequest { layer: source.layer.as_deref(), ..ReadRequest::new(&source.path, &shown) };
        let mut raster = GeoTiff::open(&request)?;
        let degrees = ToDegrees::new(source, &raster.crs)?;
        let to_raster = degrees.back()?;
        let grid = raster.grid;
        let mut around: Option<[f64; 4]> = None;
        for at in places {
            let Some(at) = to_raster.point([at.lon, at.lat]) else { continue };
            let [column, row] = grid.cell_at(at);
            if column >= 0.0 && row >= 0.0 && column <= f64::from(grid.columns) && row <= f64::from(grid.rows) {
                let [west, north, east, south] = around.unwrap_or([column, row, column, row]);
                around = Some([west.min(column), north.min(row), east.max(column), south.max(row)]);
            }
        }
        let implausible = |what: String| IngestError::Implausible { path: shown.clone(), what };
        let Some([west, north, east, south]) = around else {
            return Err(implausible(format!(
                "none of the places whose heights are wanted lies on them; look whether the raster's CRS ({}) is right",
                degrees.name()
            )));
        };
        // a height lies between the middles of four cells; `as` keeps within the range of u32
        let span = |low: f64, high: f64, most: u32| {
            ((low - 1.0).floor().max(0.0) as u32, ((high + 1.0).ceil() as u32).min(most))
        };
        let window = Window { columns: span(west, east, grid.columns), rows: span(north, south, grid.rows) };
        if window.cells() > MOST_CELLS {
            return Err(implausible(format!(
                "{} cells lie around the places, more than {}; give a coarser raster",
                thousands(window.cells() as f64),
                thousands(MOST_CELLS as f64)
            )));
        }
        let mut metres = vec![f32::NAN; window.cells() as usize];
        let width = (window.columns.1 - window.columns.0) as usize;
        let no_data = raster.no_data();
        let mut known = 0u64;
        raster.read(window, &mut |piece| {
            if let Piece::Cells { column, row, values } = piece {
                let start = (row - window.rows.0) as usize * width + (column - window.columns.0) as usize;
                for (cell, value) in metres[start..].iter_mut().zip(values) {
                    if !no_data.is(*value) && value.is_finite() {
                        *cell = *value as f32;
                        known += 1;
                    }
                }
            }
        })?;
        account.ledger.read = window.cells();
        account.ledger.used = known;
        if known < window.cells() {
            account.ledger.dropped.insert("no-data", window.cells() - known);
        }
        Ok((Heights { grid, window, metres, to_raster }, account))
    }

    /// The height of a place, between the middles of the four cells around it (bilinear); at the edge of the raster that of the nearest
    /// middles. `None` outside the raster, and where one of the cells has no height.
    pub(crate) fn at(&self, at: LonLat) -> Option<f64> {
        let [column, row] = self.grid.cell_at(self.to_raster.point([at.lon, at.lat])?);
        let (columns, rows) = (f64::from(self.grid.columns), f64::from(self.grid.rows));
        if !(0.0..=columns).contains(&column) || !(0.0..=rows).contains(&row) {
            return None;
        }
        between([column, row], [columns, rows], |column, row| self.cell(column, row))
    }

    fn cell(&self, column: u32, row: u32) -> Option<f64> {
        let (columns, rows) = (self.window.columns, self.window.rows);
        let is_in = (columns.0..columns.1).contains(&column) && (rows.0..rows.1).contains(&row);
        let width = (columns.1 - columns.0) as usize;
        let metres =
            *self.metres.get(is_in.then(|| (row - rows.0) as usize * width + (column - columns.0) as usize)?)?;
        (!metres.is_nan()).then(|| f64::from(metres))
    }
}

/// The value between the middles of cells, by columns and rows from the corner of the first cell.
fn between([column, row]: [f64; 2], [columns, rows]: [f64; 2], cell: impl Fn(u32, u32) -> Option<f64>) -> Option<f64> {
    let split = |at: f64, most: f64| {
        let at = (at - 0.5).clamp(0.0, most - 1.0);
        (at.floor() as u32, at - at.floor())
    };
    let ((column, right), (row, down)) = (split(column, columns), split(row, rows));
    let line = |row: u32| {
        let here = cell(column, row)?;
        if right == 0.0 { Some(here) } else { Some(here + right * (cell(column + 1, row)? - here)) }
    };
    let here = line(row)?;
    if down == 0.0 { Some(here) } else { Some(here + down * (line(row + 1)? - here)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_height_lies_between_the_middles_of_cells() {
        // z = 10 + 2 column + 3 row at the middles
        let cell = |column: u32, row: u32| Some(10.0 + 2.0 * f64::from(column) + 3.0 * f64::from(row));
        for ([column, row], wanted) in [
            ([0.5, 0.5], 10.0),
            ([1.5, 0.5], 12.0),
            ([1.25, 2.0], 10.0 + 2.0 * 0.75 + 3.0 * 1.5),
            // beyond the outer middles nothing is known to rise or fall
            ([0.0, 0.0], 10.0),
            ([4.0, 3.0], 10.0 + 2.0 * 3.0 + 3.0 * 2.0),
        ] {
            let found = between([column, row], [4.0, 3.0], cell).unwrap();
            assert!((found - wanted).abs() < 1e-12, "{column} {row}: {found}");
        }
        let holed = |column: u32, row: u32| (column != 2).then(|| f64::from(row));
        assert_eq!(between([1.5, 0.5], [4.0, 3.0], holed), Some(0.0));
        assert_eq!(between([1.6, 0.5], [4.0, 3.0], holed), None);
    }

    #[test]
    fn speed_on_foot_is_toblers() {
        // his figures: 6 km/h at 5 % downhill, 5.04 km/h on the flat, 5.04 · e^(−0.35) uphill at 10 %
        let speed = |rise: f64| 6.0 * (-0.175_f64).exp() / tobler(rise);
        for (rise, wanted) in [(-0.05, 6.0), (0.0, 5.0367), (0.1, 3.5493), (-0.1, 5.0367), (0.5, 0.8752)] {
            assert!((speed(rise) - wanted).abs() < 1e-3, "{rise}: {}", speed(rise));
        }
    }
}
