//! A raster of counts, or of classes with weights, that says where in a region people live.
//!
//! Cells of the raster that are smaller than those of the spread are put together: those of one region in one cell, at their mean place.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::issue::Severity;
use crate::base::units::Metres;
use crate::base::units::thousands;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::source_name;
use crate::ingest::ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::raster;
use crate::ingest::spread::Around;
use crate::ingest::spread::NO_LOSS;
use crate::ingest::spread::Outlines;
use crate::ingest::spread::Site;
use crate::ingest::spread::Weighed;
use crate::ingest::spread::across;
use crate::io::geokeys::Grid;
use crate::io::geotiff::GeoTiff;
use crate::io::geotiff::Piece;
use crate::io::geotiff::Window;
use crate::io::read::ReadRequest;
use crate::model::place::Place;

/// Distinct whole numbers up to which counts look like classes.
const FEW_CLASSES: usize = 32;
/// Cells from which on so few numbers are strange.
const MANY_CELLS: u64 = 1000;
/// Classes that a message names.
const NAMED: usize = 8;

/// Cells of the raster in one cell of the spread and one outline.
struct Gathered {
    share: f64,
    /// Share times the place, seen from `heaviest`.
    moments: [f64; 2],
    heaviest: (f64, Place),
    /// The first, that the moments are seen from.
    origin: [f64; 2],
    is_one: bool,
}

/// What became of the cells.
#[derive(Default)]
struct Fates {
    read: u64,
    used: u64,
    no_data: u64,
    zero: u64,
    negative: u64,
    no_number: u64,
    outside_crs: u64,
    outside_regions: u64,
    no_total: u64,
}

struct Sorter<'r, 'o> {
    grid: Grid,
    middle: u32,
    degrees: ToDegrees,
    around: &'r Around<'o>,
    outlines: &'r Outlines<'o>,
    /// Whether a cell is as heavy as it is large.
    by_area: bool,
    side_m: f64,
    fates: Fates,
    gathered: BTreeMap<(u32, i64, i64), Gathered>,
}

/// The sites that cells near the regions are.
/// # Errors
/// [`IngestError::Read`], [`IngestError::NoCrs`] and its like, [`IngestError::Implausible`] away from the regions, and
/// [`IngestError::TooMuchLost`].
pub(super) fn read(
    source: &Source,
    classes: &BTreeMap<i64, f64>,
    cell: Metres,
    outlines: &Outlines<'_>,
    around: &Around<'_>,
) -> Result<Weighed, IngestError> {
    let mut account = Account::new(source, "cells of a spread");
    let shown = source_name(source);
    around.progress.stage(&shown, None);
    let request = ReadRequest { layer: source.layer.as_deref(), ..ReadRequest::new(&source.path, &shown) };
    let mut raster = GeoTiff::open(&request)?;
    let degrees = ToDegrees::new(source, &raster.crs)?;
    if let Some(what) = ground::overruled(source, &raster.crs) {
        account.issues.push(account.issue(Severity::Warning, "crs-overruled", what));
    }
    let window = raster::window(&raster.grid, around.ground.extent.as_ref(), &degrees.back()?);
    if window.cells() == 0 {
        let what =
            format!("lies nowhere near the regions of the study; look whether its CRS ({}) is right", degrees.name());
        return Err(IngestError::Implausible { path: shown, what });
    }
    let mut sorter = Sorter {
        grid: raster.grid,
        middle: window.columns.0 + (window.columns.1 - window.columns.0) / 2,
        degrees,
        around,
        outlines,
        by_area: !classes.is_empty(),
        side_m: cell.0,
        fates: Fates::default(),
        gathered: BTreeMap::new(),
    };
    let mut seen = Seen::default();
    sorter.take(&mut raster, window, classes, &mut seen)?;
    let half = sorter.corners(window.rows.0 + (window.rows.1 - window.rows.0) / 2);
    let half = half.map_or(0.0, |[a, _, c, _]| (a[0] - c[0]).hypot(a[1] - c[1]) / 2.0);
    let Sorter { fates, gathered, .. } = sorter;
    let off_m = if gathered.values().all(|one| one.is_one) { half } else { half + across(cell) };
    around.progress.done();
    settle(&mut account, &fates, cell, gathered.len());
    seen.tell(classes, &fates, &mut account);
    account.close_but(around.max_loss, &NO_LOSS)?;
    let mut sites: Vec<Vec<Site>> = outlines.shapes.iter().map(|_| Vec::new()).collect();
    for ((outline, ..), one) in gathered {
        sites[outline as usize].push(Site { at: one.place(outline, outlines), share: one.share });
    }
    Ok(Weighed { sites, off_m, account })
}

/// Numbers that were met.
#[derive(Default)]
struct Seen {
    classes: BTreeSet<i64>,
    without_weight: BTreeMap<i64, u64>,
    /// Whole numbers above 0 of a raster of counts, as long as they are few.
    few: Option<BTreeSet<i64>>,
    is_broken: bool,
}

impl Sorter<'_, '_> {
    fn take(
        &mut self,
        raster: &mut GeoTiff,
        window: Window,
        classes: &BTreeMap<i64, f64>,
        seen: &mut Seen,
    ) -> Result<(), IngestError> {
        let no_data = raster.no_data();
        let nodata_is_declared = raster.nodata.is_some();
        let mut waiting: Vec<(u32, u32, f64)> = Vec::new();
        raster.read(window, &mut |piece| match piece {
            Piece::Cells { column, row, values } => {
                for (column, value) in (column..).zip(values) {
                    self.fates.read += 1;
                    if no_data.is(*value) {
                        self.fates.no_data += 1;
                        continue;
                    }
                    match seen.weight(*value, classes) {
                        Some(weight) if weight > 0.0 => waiting.push((row, column, weight)),
                        Some(0.0) => self.fates.zero += 1,
                        Some(_) => self.fates.negative += 1,
                        None => self.fates.no_number += 1,
                    }
                }
            }
            Piece::Absent { cells } => {
                self.fates.read += cells;
                let fate = if nodata_is_declared { &mut self.fates.no_data } else { &mut self.fates.zero };
                *fate += cells;
            }
            Piece::Above { .. } => self.locate(&mut waiting),
        })?;
        self.locate(&mut waiting);
        Ok(())
    }

    /// Puts cells, a band of rows at a time, where they belong.
    fn locate(&mut self, waiting: &mut Vec<(u32, u32, f64)>) {
        waiting.sort_unstable_by_key(|(row, column, _)| (*row, *column));
        let raws: Vec<[f64; 2]> = waiting.iter().map(|(row, column, _)| self.grid.centre(*column, *row)).collect();
        let places = self.around.ground.places_of(&self.degrees, &raws);
        let points: Vec<[f64; 2]> = places.iter().map(|at| at.map_or([f64::NAN; 2], |at| at.xy.array())).collect();
        let found = self.outlines.locator.locate_all(&points);
        let lost: Vec<Option<Place>> =
            places.iter().zip(&found).map(|(at, found)| at.filter(|_| found.is_none())).collect();
        let homes = self.around.homes.by_place(&lost);
        let mut size = (u32::MAX, None);
        for (nth, (row, _, weight)) in waiting.drain(..).enumerate() {
            if size.0 != row && self.by_area {
                size = (row, self.area(row));
            }
            let area = if self.by_area { size.1 } else { Some(1.0) };
            match (places[nth], found[nth], area) {
                (None, ..) | (.., None) => self.fates.outside_crs += 1,
                (Some(at), Some(outline), Some(area)) => {
                    self.fates.used += 1;
                    self.gather(outline, at, weight * area);
                }
                (Some(_), None, _) if homes[nth].is_some() => self.fates.no_total += 1,
                (Some(_), None, _) => self.fates.outside_regions += 1,
            }
        }
    }

    /// Corners of a cell of a row in the study plane, taken at the middle of the window.
    fn corners(&self, row: u32) -> Option<[[f64; 2]; 4]> {
        let (column, row) = (f64::from(self.middle), f64::from(row));
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].map(|(x, y)| self.grid.at(column + x, row + y));
        let places = self.around.ground.places_of(&self.degrees, &corners);
        match places[..] {
            [Some(a), Some(b), Some(c), Some(d)] => Some([a, b, c, d].map(|place| place.xy.array())),
            _ => None,
        }
    }

    /// Area of a cell of a row.
    fn area(&self, row: u32) -> Option<f64> {
        let [a, b, c, d] = self.corners(row)?;
        Some(((c[0] - a[0]) * (d[1] - b[1]) - (d[0] - b[0]) * (c[1] - a[1])).abs() / 2.0)
    }

    fn gather(&mut self, outline: u32, at: Place, share: f64) {
        let xy = at.xy.array();
        let cell = |axis: usize| (xy[axis] / self.side_m).floor() as i64;
        let first = Gathered { share: 0.0, moments: [0.0; 2], heaviest: (share, at), origin: xy, is_one: true };
        let key = (outline, cell(1), cell(0));
        let one = self.gathered.entry(key).or_insert(first);
        one.is_one = one.share == 0.0;
        one.share += share;
        one.moments[0] += share * (xy[0] - one.origin[0]);
        one.moments[1] += share * (xy[1] - one.origin[1]);
        if share > one.heaviest.0 {
            one.heaviest = (share, at);
        }
    }
}

impl Gathered {
    /// The mean place, or that of the heaviest cell where the mean lies outside the region.
    fn place(&self, outline: u32, outlines: &Outlines<'_>) -> Place {
        let mean = [0, 1].map(|axis| self.origin[axis] + self.moments[axis] / self.share);
        if self.is_one || !outlines.locator.holds(outline, mean) {
            return self.heaviest.1;
        }
        outlines.place(mean)
    }
}

impl Seen {
    /// The weight of a cell; `None` for a number that is neither a class nor a count.
    fn weight(&mut self, value: f64, classes: &BTreeMap<i64, f64>) -> Option<f64> {
        if !value.is_finite() || value.abs() > 1e18 {
            return None;
        }
        // `as` keeps within the range of i64
        let class = value as i64;
        let is_whole = class as f64 == value;
        if classes.is_empty() {
            if value > 0.0 && !self.is_broken {
                let few = self.few.get_or_insert_default();
                few.insert(class);
                self.is_broken = !is_whole || few.len() > FEW_CLASSES;
            }
            return Some(value);
        }
        if !is_whole {
            return None;
        }
        match classes.get(&class) {
            Some(weight) => {
                self.classes.insert(class);
                Some(*weight)
            }
            None => {
                *self.without_weight.entry(class).or_default() += 1;
                Some(0.0)
            }
        }
    }

    fn tell(&self, classes: &BTreeMap<i64, f64>, fates: &Fates, account: &mut Account) {
        let unused: Vec<String> =
            classes.keys().filter(|class| !self.classes.contains(class)).map(i64::to_string).collect();
        if !unused.is_empty() {
            let what = format!("classes with a weight that no cell near the regions has: {}", unused.join(", "));
            account.issues.push(account.issue(Severity::Warning, "class-not-met", what));
        }
        if !self.without_weight.is_empty() {
            let mut by_count: Vec<(&i64, &u64)> = self.without_weight.iter().collect();
            by_count.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
            let named: Vec<String> = by_count
                .iter()
                .take(NAMED)
                .map(|(class, count)| format!("{class} ({} cells)", thousands(**count as f64)))
                .collect();
            let more = if by_count.len() > NAMED { ", …" } else { "" };
            let what =
                format!("classes without a weight, in which nobody is taken to live: {}{more}", named.join(", "));
            account.issues.push(account.issue(Severity::Note, "class-without-weight", what));
        }
        if let Some(few) = self.few.as_ref().filter(|_| !self.is_broken && fates.used > MANY_CELLS) {
            let named: Vec<String> = few.iter().take(NAMED).map(i64::to_string).collect();
            let what = format!(
                "its cells hold {} whole numbers ({}, …), as a raster of classes does, and are taken for counts; if they are classes, \
                 write classes = {{ \"{}\" = … }}",
                few.len(),
                named.join(", "),
                named.first().map_or("1", String::as_str)
            );
            account.issues.push(account.issue(Severity::Warning, "looks-like-classes", what));
        }
    }
}

fn settle(account: &mut Account, fates: &Fates, cell: Metres, sites: usize) {
    account.ledger.read = fates.read;
    account.ledger.used = fates.used;
    for (reason, severity, count, what) in [
        ("negative-weight", Severity::Error, fates.negative, "below 0"),
        ("bad-number", Severity::Error, fates.no_number, "that are no number, or no whole one where a class is wanted"),
        ("outside-crs-area", Severity::Error, fates.outside_crs, "outside the area of their CRS or of the study plane"),
        ("outside-regions", Severity::Note, fates.outside_regions, "with a weight outside all regions of the study"),
        ("no-total", Severity::Note, fates.no_total, "with a weight in regions that no total is given for"),
    ] {
        if count > 0 {
            account.ledger.dropped.insert(reason, count);
            let what = format!("cells {what}: {}", thousands(count as f64));
            account.issues.push(account.issue(severity, reason, what));
        }
    }
    for (reason, count) in [("no-data", fates.no_data), ("zero-weight", fates.zero)] {
        if count > 0 {
            account.ledger.dropped.insert(reason, count);
        }
    }
    let what = format!(
        "{} cells with a weight lie in regions with a total; put together in cells of {cell} they are {} places",
        thousands(fates.used as f64),
        thousands(sites as f64)
    );
    account.issues.push(account.issue(Severity::Note, "spread-cells", what));
}
