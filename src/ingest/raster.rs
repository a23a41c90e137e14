//! A raster of counts as demand: each cell with people in a region of the study is a point at its centre.
//!
//! Counts are never interpolated or resampled. A cell that no border cuts counts whole; one that borders cut is shared by the area that lies
//! in each region, each part a point of its own in its middle. Cells are told by the millions, so an issue speaks of all cells of one fate
//! together and names the first.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use geo_types::Coord;

use crate::base::idx::RegionIdx;
use crate::base::issue::Severity;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::base::units::Weight;
use crate::base::units::fixed;
use crate::base::units::thousands;
use crate::config::plan::DemandSource;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::source_name;
use crate::ingest::cell_shares::CellShares;
use crate::ingest::cell_shares::Part;
use crate::ingest::demand::close_weights;
use crate::ingest::ground;
use crate::ingest::ground::Extent;
use crate::ingest::ground::Ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::homes::Homes;
use crate::io::geokeys::Grid;
use crate::io::geotiff::GeoTiff;
use crate::io::geotiff::Piece;
use crate::io::geotiff::Window;
use crate::io::read::ReadRequest;
use crate::io::reproject::Reprojector;
use crate::model::demand::DemandLayer;
use crate::model::demand::WeightGroup;
use crate::model::dropped::Dropped;
use crate::model::dropped::Home;
use crate::model::dropped::Lost;
use crate::model::place::Place;

/// Degrees around the regions that are read beside them: more than the shift of any datum.
const MARGIN_DEGREES: f64 = 0.02;
/// Cells around the window, for what lies between the places that were looked at.
const MARGIN_CELLS: f64 = 2.0;
/// Steps along a side of the box of the regions, for sides that are bent in the raster's CRS.
const STEPS: u32 = 32;
/// Share by which the sum that became demand may differ from the sum that was read.
const MOST_DRIFT: f64 = 1e-3;
/// Codes of regions that a message names.
const NAMED: usize = 5;

/// A cell that has people and lies in a region, or the part of one that does.
struct Cell {
    row: u32,
    column: u32,
    /// Which part of the cell, from 0.
    part: u16,
    /// Of the cell's area.
    share: f64,
    at: Place,
    home: RegionIdx,
    weight: Weight,
}

impl Cell {
    fn key(&self) -> (u32, u32, u16) {
        (self.row, self.column, self.part)
    }
}

/// What the rasters of one layer have in common.
struct Common {
    grid: Grid,
    crs: String,
    /// `Err` says why cells count whole where their middle lies.
    shares: Result<CellShares, &'static str>,
}

/// Cells of one fate.
#[derive(Default)]
struct Fate {
    count: u64,
    sum: f64,
    first: Option<(u32, u32, f64)>,
}

impl Fate {
    fn add(&mut self, row: u32, column: u32, value: f64) {
        self.count += 1;
        self.sum += value;
        // pieces come tile by tile; the first cell is the first by row, whatever the tiles
        if self.first.is_none_or(|(r, c, _)| (row, column) < (r, c)) {
            self.first = Some((row, column, value));
        }
    }
}

/// What became of all cells of a window.
#[derive(Default)]
struct Fates {
    read: u64,
    no_data: u64,
    empty: u64,
    negative: Fate,
    no_number: Fate,
    too_small: Fate,
    outside_crs: Fate,
    outside_regions: Fate,
    /// Cells that are taken over, in parts or whole, and their sum as it stands in the file, of what lies in regions.
    used: u64,
    taken: f64,
    /// Cells that borders cut, with all that they hold; of it, what lies outside all regions.
    cut: Fate,
    cut_off: f64,
}

/// A demand layer with the accounts of its rasters: the counts first, then the groups in the order of their names.
///
/// Points come row by row, whatever the tiles of the file. The weight of a cell in a group whose raster has no count there is 0.
/// # Errors
/// [`IngestError::Read`] for a file that can not be read, [`IngestError::NoCrs`] and its like, [`IngestError::Implausible`] when no
/// cell with a count lies in a region or a group lies on another grid, [`IngestError::Drift`], [`IngestError::TooMuchLost`].
pub(crate) fn read(
    source: &DemandSource,
    ground: &Ground,
    homes: &Homes<'_>,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(DemandLayer, Vec<Account>), IngestError> {
    let (mut accounts, mut rasters, mut common) = (Vec::new(), Vec::new(), None);
    let names: Vec<&str> = std::iter::once("people").chain(source.rasters.keys().map(String::as_str)).collect();
    let sources = std::iter::once(&source.source).chain(source.rasters.values());
    for (nth, (group, one)) in names.iter().zip(sources).enumerate() {
        let records = if nth == 0 { source.name.clone() } else { format!("{}: {group}", source.name) };
        let mut account = Account::new(one, format!("cells of demand ({records})"));
        progress.stage(&account.ledger.source, None);
        let read = one_raster(one, &mut account, ground, homes, &mut common, max_loss);
        progress.done();
        rasters.push(read?);
        for one in &mut account.lost {
            let Lost::Demand { layer, weights } = &mut one.what else { continue };
            layer.clone_from(&source.name);
            let own = weights.remove("");
            // what is wrong in one raster is right in the others
            weights.extend(names.iter().filter(|name| *name != group).map(|name| ((*name).to_owned(), Weight::ZERO)));
            weights.extend(own.map(|weight| ((*group).to_owned(), weight)));
            weights.insert("count".to_owned(), Weight::whole(one.count));
        }
        let weights = rasters.last().map(|cells| cells.iter().map(|cell| cell.weight).collect()).unwrap_or_default();
        close_weights(&mut account, &[WeightGroup { name: (*group).to_owned(), weights }], max_loss)?;
        accounts.push(account);
    }
    let all = joined(&rasters);
    let mut layer = DemandLayer {
        cells: all.iter().map(|cell| [cell.column, cell.row]).collect(),
        at: all.iter().map(|cell| Some(cell.at)).collect(),
        home: all.iter().map(|cell| Some(cell.home)).collect(),
        ..DemandLayer::default()
    };
    layer.name = source.name.clone();
    layer.synthetic = accounts.iter().any(|account| account.ledger.synthetic);
    for (nth, (group, cells)) in names.iter().zip(&rasters).enumerate() {
        let mut own = cells.iter().peekable();
        let mut weights = Vec::with_capacity(all.len());
        for one in &all {
            let weight = own.next_if(|cell| cell.key() == one.key()).map(|cell| cell.weight);
            weights.push(weight.unwrap_or(Weight::ZERO));
        }
        if let (Some(people), true) = (layer.groups.first(), nth > 0) {
            let mut alone =
                (0..weights.len()).filter(|at| people.weights[*at] == Weight::ZERO && weights[*at] > Weight::ZERO);
            if let Some(first) = alone.next() {
                let what = format!(
                    "cells that have a count here and none in {}, where they weigh 0: {}; the first is {}",
                    source.source.shown,
                    thousands((1 + alone.count()) as f64),
                    layer.id(first)
                );
                let issue = accounts[nth].issue(Severity::Warning, "groups-differ", what);
                accounts[nth].issues.push(issue);
            }
        }
        layer.groups.push(WeightGroup { name: (*group).to_owned(), weights });
    }
    // of a cell that is cut each part counts for its share
    let count = |cell: &&Cell| Weight::from_f64(cell.share).unwrap_or(Weight::ONE);
    layer.groups.push(WeightGroup { name: "count".to_owned(), weights: all.iter().map(count).collect() });
    Ok((layer, accounts))
}

/// The cells, and parts of cells, that any of the rasters has, row by row. Each raster's cells are in that order already.
fn joined(rasters: &[Vec<Cell>]) -> Vec<&Cell> {
    let mut all: Vec<&Cell> = rasters.iter().flatten().collect();
    if rasters.len() > 1 {
        all.sort_by_key(|cell| cell.key());
        all.dedup_by_key(|cell| cell.key());
    }
    all
}

/// The cells of one raster that have people and lie in a region, and its account.
fn one_raster(
    source: &Source,
    account: &mut Account,
    ground: &Ground,
    homes: &Homes<'_>,
    common: &mut Option<Common>,
    max_loss: Share,
) -> Result<Vec<Cell>, IngestError> {
    let shown = source_name(source);
    let implausible = |what: String| IngestError::Implausible { path: shown.clone(), what };
    let request = ReadRequest { layer: source.layer.as_deref(), ..ReadRequest::new(&source.path, &shown) };
    let mut raster = GeoTiff::open(&request)?;
    if let (None, None, None, Some(citation)) = (&source.crs, source.datum, raster.crs.text(), &raster.crs_citation) {
        return Err(implausible(format!(
            "describes its CRS (\"{citation}\") and gives no code; write crs = \"EPSG:…\" beside its path"
        )));
    }
    let degrees = ToDegrees::new(source, &raster.crs)?;
    if let Some(what) = ground::overruled(source, &raster.crs) {
        account.issues.push(account.issue(Severity::Warning, "crs-overruled", what));
    }
    let back = degrees.back()?;
    let window = window(&raster.grid, ground.extent.as_ref(), &back);
    if window.cells() == 0 {
        return Err(implausible(format!(
            "lies nowhere near the regions of the study; look whether its CRS ({}) is right",
            degrees.name()
        )));
    }
    if let Some(Common { grid, crs, .. }) = common {
        if let Some(difference) = grid.difference(&raster.grid) {
            return Err(implausible(format!("lies on another grid than the raster of its layer: {difference}")));
        }
        if crs != degrees.name() {
            return Err(implausible(format!("is in {}, the raster of its layer in {crs}", degrees.name())));
        }
    }
    let common = common.get_or_insert_with(|| Common {
        grid: raster.grid,
        crs: degrees.name().to_owned(),
        shares: shares(&raster.grid, window, ground, homes, &degrees, &back),
    });
    let shares = common.shares.as_ref().ok();
    let mut sorter =
        Sorter { raster_grid: raster.grid, degrees, ground, homes, shares, fates: Fates::default(), cells: Vec::new() };
    let (nodata_is_declared, mut waiting): (bool, Vec<(u32, u32, f64)>) = (raster.nodata.is_some(), Vec::new());
    let no_data = raster.no_data();
    raster.read(window, &mut |piece| match piece {
        Piece::Cells { column, row, values } => {
            for (column, value) in (column..).zip(values) {
                sorter.fates.read += 1;
                match *value {
                    value if no_data.is(value) => sorter.fates.no_data += 1,
                    0.0 => sorter.fates.empty += 1,
                    value if !value.is_finite() || value > 1e18 => sorter.fates.no_number.add(row, column, value),
                    value if value < 0.0 => sorter.fates.negative.add(row, column, value),
                    value => waiting.push((row, column, value)),
                }
            }
        }
        Piece::Absent { cells } => {
            sorter.fates.read += cells;
            let fate = if nodata_is_declared { &mut sorter.fates.no_data } else { &mut sorter.fates.empty };
            *fate += cells;
        }
        Piece::Above { .. } => sorter.locate(&mut waiting),
    })?;
    let Sorter { fates, cells, degrees, .. } = sorter;
    settle(account, &raster, window, &fates, &cells, max_loss)?;
    tell_shares(account, &fates, common.shares.as_ref().err());
    if raster.colours.is_some()
        && cells.iter().all(|cell| cell.share < 1.0 || cell.weight.micros() % Weight::ONE.micros() == 0)
    {
        tell_colours(account, &cells);
    }
    if cells.is_empty() {
        return Err(implausible(format!(
            "no cell with a count lies in a region of the study ({} cells were read); look whether its CRS ({}) is right",
            thousands(fates.read as f64),
            degrees.name()
        )));
    }
    let short = beyond(&raster.grid, homes, &back);
    if !short.is_empty() {
        let more = if short.len() > NAMED { ", …" } else { "" };
        let what = format!(
            "the raster ends inside {} judged regions, and nothing is known of the people beyond: {}{more}",
            short.len(),
            short[..short.len().min(NAMED)].join(", ")
        );
        account.issues.push(account.issue(Severity::Warning, "raster-ends", what));
    }
    Ok(cells)
}

/// The cells that borders cut, or why they are not looked for.
fn shares(
    grid: &Grid,
    window: Window,
    ground: &Ground,
    homes: &Homes<'_>,
    degrees: &ToDegrees,
    back: &Reprojector,
) -> Result<CellShares, &'static str> {
    if ground.extent.as_ref().is_some_and(Extent::is_over_180) {
        return Err("the regions lie on both sides of the 180th meridian");
    }
    if degrees.is_shifted() {
        return Err("its coordinates are shifted (datum)");
    }
    let to_cells = |xy: [f64; 2]| {
        let at = ground.degrees_of(xy)?;
        Some(grid.cell_at(back.point([at.lon, at.lat])?)).filter(|at| at.iter().all(|value| value.is_finite()))
    };
    CellShares::new(homes, window, to_cells).ok_or("its CRS has no place for a corner of a region")
}

/// Says what became of the cells that borders cut.
fn tell_shares(account: &mut Account, fates: &Fates, why_not: Option<&&'static str>) {
    if let Some(why) = why_not {
        let what = format!("a cell that a border cuts counts whole in the region where its middle lies, for {why}");
        account.issues.push(account.issue(Severity::Warning, "cells-by-centre", what));
    }
    if fates.cut.count > 0 {
        let all = fates.taken + fates.cut_off;
        let what = format!(
            "cells that borders of regions cut: {} with {} in them, {} % of all in the regions; each region has the share of the cell's area \
             that lies in it, as if all lived evenly within the cell; what lies outside all regions, {}, is left out",
            thousands(fates.cut.count as f64),
            thousands(fates.cut.sum),
            fixed(if all > 0.0 { fates.cut.sum / all * 100.0 } else { 0.0 }, 1),
            thousands(fates.cut_off),
        );
        account.issues.push(account.issue(Severity::Note, "cells-shared", what));
    }
}

/// Warns where few whole numbers with colours look like classes of land cover, or like a picture.
fn tell_colours(account: &mut Account, cells: &[Cell]) {
    const FEW_CLASSES: usize = 32;
    const MANY_CELLS: usize = 1000;
    let whole = cells.iter().filter(|cell| cell.share >= 1.0);
    let values: BTreeSet<i128> = whole.map(|cell| cell.weight.micros()).take(1_000_000).collect();
    if values.len() <= FEW_CLASSES && cells.len() > MANY_CELLS {
        let what = format!(
            "it has a colour table, and its cells hold {} whole numbers, as a raster of classes or a picture does; they are taken for people",
            values.len()
        );
        account.issues.push(account.issue(Severity::Warning, "looks-like-classes", what));
    }
}

/// Finds the region of cells, a band of rows at a time.
struct Sorter<'r, 'h> {
    raster_grid: Grid,
    degrees: ToDegrees,
    ground: &'r Ground,
    homes: &'r Homes<'h>,
    shares: Option<&'r CellShares>,
    fates: Fates,
    cells: Vec<Cell>,
}

impl Sorter<'_, '_> {
    fn locate(&mut self, waiting: &mut Vec<(u32, u32, f64)>) {
        waiting.sort_unstable_by_key(|(row, column, _)| (*row, *column));
        let raws: Vec<[f64; 2]> =
            waiting.iter().map(|(row, column, _)| self.raster_grid.centre(*column, *row)).collect();
        let places = self.ground.places_of(&self.degrees, &raws);
        let homes = self.homes.by_place(&places);
        for (((row, column, value), place), home) in waiting.drain(..).zip(places).zip(homes) {
            let parts = place.and_then(|place| self.shares?.parts(self.homes, row, column, &place));
            match (place, home, Weight::from_f64(value), parts) {
                (None, ..) => self.fates.outside_crs.add(row, column, value),
                (Some(at), _, Some(weight), Some(parts)) if !parts.is_empty() => {
                    self.share(row, column, value, weight, at, &parts);
                }
                (Some(_), None, ..) | (Some(_), _, _, Some(_)) => self.fates.outside_regions.add(row, column, value),
                (_, _, None | Some(Weight::ZERO), _) => self.fates.too_small.add(row, column, value),
                (Some(at), Some(home), Some(weight), None) => {
                    self.fates.taken += value;
                    self.fates.used += 1;
                    self.cells.push(Cell { row, column, part: 0, share: 1.0, at, home, weight });
                }
            }
        }
    }

    /// Shares a cell that borders cut; the parts and what lies outside make up the whole, to the millionth that weights have.
    fn share(&mut self, row: u32, column: u32, value: f64, weight: Weight, at: Place, parts: &[Part]) {
        if weight == Weight::ZERO {
            self.fates.too_small.add(row, column, value);
            return;
        }
        let inside: f64 = parts.iter().map(|part| part.share).sum();
        if parts.len() > 1 || parts[0].middle.is_some() {
            self.fates.cut.add(row, column, value);
        }
        let off = if inside < 1.0 - 1e-9 { value * (1.0 - inside) } else { 0.0 };
        self.fates.cut_off += off;
        self.fates.outside_regions.sum += off;
        self.fates.taken += value - off;
        self.fates.used += 1;
        let middles: Vec<[f64; 2]> = parts
            .iter()
            .map(|part| part.middle.unwrap_or([f64::from(column) + 0.5, f64::from(row) + 0.5]))
            .map(|[column, row]| self.raster_grid.at(column, row))
            .collect();
        let places = self.ground.places_of(&self.degrees, &middles);
        let (mut so_far, mut given) = (0.0, 0);
        for (nth, (part, place)) in parts.iter().zip(places).enumerate() {
            so_far += part.share;
            let is_last = nth + 1 == parts.len();
            let up_to =
                if is_last && off == 0.0 { weight.micros() } else { (weight.micros() as f64 * so_far).round() as i128 };
            let own = Weight::from_micros(up_to - given);
            given = up_to;
            let place = if part.middle.is_none() { Some(at) } else { place };
            // `as` is enough: no cell lies in 65 535 regions
            let cell = Cell {
                row,
                column,
                part: nth as u16,
                share: part.share,
                at: place.unwrap_or(at),
                home: part.home,
                weight: own,
            };
            if own > Weight::ZERO {
                self.cells.push(cell);
            }
        }
    }
}

/// The cells that may lie in a region.
pub(crate) fn window(grid: &Grid, extent: Option<&Extent>, back: &Reprojector) -> Window {
    let whole = Window { columns: (0, grid.columns), rows: (0, grid.rows) };
    // a grid of degrees ends at the 180th meridian, and begins again on its other side
    let Some(Extent { min, max }) = extent.filter(|extent| !extent.is_over_180()) else { return whole };
    let (min, max) = (min.map(|value| value - MARGIN_DEGREES), max.map(|value| value + MARGIN_DEGREES));
    let along = |axis: usize, step: u32| min[axis] + (max[axis] - min[axis]) * f64::from(step) / f64::from(STEPS);
    let mut bounds: Option<[f64; 4]> = None;
    for i in 0..=STEPS {
        for j in 0..=STEPS {
            // a place that the CRS of the raster does not have says nothing of where to stop
            let Some(at) = back.point([along(0, i), along(1, j)]) else { return whole };
            let [column, row] = grid.cell_at(at);
            let [west, north, east, south] = bounds.unwrap_or([column, row, column, row]);
            bounds = Some([west.min(column), north.min(row), east.max(column), south.max(row)]);
        }
    }
    let Some([west, north, east, south]) = bounds.filter(|bounds| bounds.iter().all(|value| value.is_finite())) else {
        return whole;
    };
    // `as` keeps within the range of u32
    let span = |low: f64, high: f64, most: u32| {
        let low = (low - MARGIN_CELLS).floor().clamp(0.0, f64::from(most)) as u32;
        let high = (high + MARGIN_CELLS).ceil().clamp(0.0, f64::from(most)) as u32;
        (low, high)
    };
    Window { columns: span(west, east, grid.columns), rows: span(north, south, grid.rows) }
}

/// Codes of judged regions that reach beyond the raster by more than a cell.
fn beyond(grid: &Grid, homes: &Homes<'_>, back: &Reprojector) -> Vec<String> {
    let is_beyond = |at: &Coord<f64>| {
        let Some(at) = back.point([at.x, at.y]) else { return true };
        let [column, row] = grid.cell_at(at);
        !(-1.0..=f64::from(grid.columns) + 1.0).contains(&column) || !(-1.0..=f64::from(grid.rows) + 1.0).contains(&row)
    };
    let reaches_out = |shape: &crate::model::region::Shape| {
        shape.lonlat.iter().flat_map(|part| part.exterior().coords()).any(is_beyond)
    };
    homes.judged_outlines().filter(|(_, shape)| reaches_out(shape)).map(|(region, _)| region.code.clone()).collect()
}

/// Writes the account: every cell by its fate, an issue a fate, and the sums.
fn settle(
    account: &mut Account,
    raster: &GeoTiff,
    window: Window,
    fates: &Fates,
    cells: &[Cell],
    max_loss: Share,
) -> Result<(), IngestError> {
    let used = fates.used;
    account.ledger.read = fates.read;
    account.ledger.used = used;
    let at = |(row, column, value): (u32, u32, f64)| {
        let [x, y] = raster.grid.centre(column, row);
        format!("the first is r{row}c{column} at {x} {y}, {value}")
    };
    let fates_with_reason: [(&'static str, Severity, &Fate, &str); 5] = [
        ("negative-count", Severity::Error, &fates.negative, "below 0"),
        ("bad-number", Severity::Error, &fates.no_number, "that are no finite numbers, or above 10¹⁸"),
        (
            "outside-crs-area",
            Severity::Error,
            &fates.outside_crs,
            "outside the area of their CRS or of the study plane",
        ),
        ("too-small", Severity::Warning, &fates.too_small, "below the millionth that is kept"),
        ("outside-regions", Severity::Note, &fates.outside_regions, "outside all regions of the study"),
    ];
    for (reason, severity, fate, what) in fates_with_reason {
        if let Some(first) = fate.first {
            account.ledger.dropped.insert(reason, fate.count);
            let what = format!("cells {what}: {}; {}", thousands(fate.count as f64), at(first));
            let issue = account.issue(severity, reason, what).with_id(format!("r{}c{}", first.0, first.1));
            account.issues.push(issue);
        }
    }
    for (reason, count) in [("no-data", fates.no_data), ("empty", fates.empty)] {
        if count > 0 {
            account.ledger.dropped.insert(reason, count);
        }
    }
    let unknown = (fates.negative.count + fates.no_number.count, BTreeMap::new());
    let outside = Weight::from_f64(fates.outside_crs.sum).map(|weight| (String::new(), weight));
    for (count, weights) in [unknown, (fates.outside_crs.count, outside.into_iter().collect())] {
        if count > 0 {
            let (what, source) = (Lost::Demand { layer: String::new(), weights }, account.ledger.source.clone());
            account.lost.push(Dropped { what, source, record: None, count, reason: "bad-number", home: Home::Unknown });
        }
    }
    let total: Weight = cells.iter().map(|cell| cell.weight).sum();
    let in_regions = fates.taken + fates.too_small.sum;
    if (in_regions - total.to_f64()).abs() > MOST_DRIFT * in_regions {
        return Err(IngestError::Drift { path: account.ledger.source.clone(), read: in_regions, used: total });
    }
    let read = in_regions + fates.outside_regions.sum + fates.outside_crs.sum;
    let no_data = match raster.nodata {
        Some(value) => format!("{} are no data ({value})", thousands(fates.no_data as f64)),
        None => "the file has no value for no data".to_owned(),
    };
    let what = format!(
        "columns {} to {} and rows {} to {} of {} × {} cells were read, the rest lies away from the regions; they sum to {read}, of \
         which {total} in {} cells of the regions is taken over and {} lies outside; {no_data}, {} are 0",
        window.columns.0,
        window.columns.1.saturating_sub(1),
        window.rows.0,
        window.rows.1.saturating_sub(1),
        raster.grid.columns,
        raster.grid.rows,
        thousands(used as f64),
        fates.outside_regions.sum,
        thousands(fates.empty as f64),
    );
    account.issues.push(account.issue(Severity::Note, "raster-sums", what));
    let bad = fates.negative.count + fates.no_number.count + fates.outside_crs.count;
    let with_count = used + bad + fates.outside_regions.count + fates.too_small.count;
    if bad as f64 > max_loss.0 * with_count as f64 {
        if !account.is_measured() {
            account.tell_much_lost(bad, with_count, max_loss);
            return Ok(());
        }
        let first = account.issues.iter().find(|issue| issue.severity == Severity::Error);
        let reasons = ["negative-count", "bad-number", "outside-crs-area"];
        let count = |reason: &&str| Some(format!("{reason} {}", account.ledger.dropped.get(*reason)?));
        return Err(IngestError::TooMuchLost {
            path: account.ledger.source.clone(),
            dropped: bad,
            read: with_count,
            max_loss,
            reasons: reasons.iter().filter_map(count).collect(),
            first: first.map(|issue| issue.to_string()).unwrap_or_default(),
        });
    }
    Ok(())
}
