//! A raster cost surface: speeds of cells from one number or from land cover, with water, streets, closures and heights laid over.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use geo_types::MultiPolygon;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::progress::Progress;
use crate::base::units::KmPerHour;
use crate::base::units::Metres;
use crate::base::units::Share;
use crate::base::units::Text;
use crate::base::units::thousands;
use crate::config::plan::Source;
use crate::config::plan::SpeedSource;
use crate::config::plan::SurfaceSource;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::source_name;
use crate::ingest::ground;
use crate::ingest::ground::Ground as Frame;
use crate::ingest::ground::ToDegrees;
use crate::ingest::heights::Heights;
use crate::ingest::heights::tobler;
use crate::ingest::water;
use crate::io::geotiff::GeoTiff;
use crate::io::geotiff::Piece;
use crate::io::geotiff::Window;
use crate::io::read::ReadRequest;
use crate::model::lattice::Lattice;
use crate::model::place::PlaneXy;
use crate::model::streets::Mode;
use crate::model::streets::StreetNetwork;
use crate::model::surface::Cells;
use crate::model::surface::Ground;
use crate::model::surface::Neighbours;
use crate::model::surface::Slopes;
use crate::model::surface::Surface;
use crate::model::surface::SurfaceDraft;

/// Cells that are laid out at most: with the search for the nearest facility, some 650 MB.
const MOST_CELLS: f64 = 25e6;
/// Sides that a message proposes, metres.
const SIDES: [f64; 12] = [10.0, 20.0, 25.0, 50.0, 100.0, 200.0, 250.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0];
/// Classes that a message names.
const NAMED: usize = 8;

/// What else the study has that cells lie on.
pub(crate) struct Beneath<'b> {
    pub networks: &'b [StreetNetwork],
    pub water: &'b [MultiPolygon<f64>],
    /// Areas of hazards that close it.
    pub closed: &'b [MultiPolygon<f64>],
}

/// The surface with the accounts of its files (land cover, closures, heights) and a note that says what it is.
/// # Errors
/// [`IngestError::Surface`] without any outline, and for more than 25 million cells; [`IngestError::Read`], [`IngestError::NoCrs`] and
/// their like for its files.
pub(crate) fn read(
    source: &SurfaceSource,
    ground: &Frame,
    beneath: &Beneath<'_>,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(Surface, Vec<Account>, Issue), IngestError> {
    let cells = layout(source, ground)?;
    let refuse = |what: &str| IngestError::Surface { what: what.to_owned() };
    let lattice = ground
        .lattice_over(cells.extent())
        .ok_or_else(|| refuse("the study plane has no degrees for some of its cells; write a smaller halo"))?;
    let mut accounts = Vec::new();
    progress.stage("cost surface", None);
    let mut draft = match &source.speeds {
        SpeedSource::Uniform(speed) => SurfaceDraft::new(cells, Ground::Open(*speed)),
        SpeedSource::Landcover { source, speeds } => {
            let (draft, account) = landcover(source, speeds, cells, (ground, &lattice))?;
            accounts.push(account);
            draft
        }
    };
    draft.bar(beneath.water, Ground::Barred);
    let mut synthetic = false;
    let network = beneath.networks.iter().find(|one| source.streets && one.mode == Mode::Walk);
    let mut crossed = vec![false; if network.is_some() { cells.count() } else { 0 }];
    if let Some(network) = network {
        synthetic |= network.synthetic;
        for edge in 0..network.edges().len() as u32 {
            let Some(speed) = network.flat_speed(edge) else { continue };
            let line: Vec<_> = network.corners(edge).iter().map(|corner| corner.place).collect();
            draft.lay(&line, speed, &mut crossed);
        }
    }
    if let Some(closures) = &source.closures {
        let (areas, account) = water::read(closures, "closures of the surface", ground, max_loss, progress)?;
        draft.bar(&areas, Ground::Closed);
        accounts.push(account);
    }
    draft.bar(beneath.closed, Ground::Closed);
    let mut slopes = None;
    if let Some(heights) = &source.heights {
        let (found, account) = heights_of(heights, cells, &lattice)?;
        slopes = Some(Slopes { heights: found, factor: tobler });
        accounts.push(account);
    }
    progress.done();
    synthetic |= accounts.iter().any(|account| account.ledger.synthetic);
    let [open, barred, closed, unknown] = counted(&draft);
    let crossed = crossed.into_iter().filter(|is| *is).count() as u64;
    let note = Issue::new(
        Severity::Note,
        "cost-surface",
        "study.surface",
        format!(
            "{} cells of {} ({} by {}), {} neighbours: {} are walked over, {} of them have a street; nobody walks over {}; {} are closed, and of \
             {} nothing is known",
            thousands(cells.count() as f64),
            Metres(cells.side_m),
            cells.columns,
            cells.rows,
            source.neighbours.count(),
            thousands(open as f64),
            thousands(crossed as f64),
            thousands(barred as f64),
            thousands(closed as f64),
            thousands(unknown as f64)
        ),
    );
    let about = about(source, !beneath.water.is_empty());
    let mut surface = draft.freeze(source.neighbours, slopes, Some(lattice), about);
    surface.synthetic = synthetic;
    Ok((surface, accounts, note))
}

/// The cells over all regions and the halo.
fn layout(source: &SurfaceSource, ground: &Frame) -> Result<Cells, IngestError> {
    let refuse = |what: String| IngestError::Surface { what };
    let Some(regions) = ground.lattice() else {
        return Err(refuse(
            "cells are laid over the outlines of regions, and none has one; give regions with outlines".to_owned(),
        ));
    };
    let [west, south, east, north] = regions.extent();
    let halo = source.halo.0;
    let around = [west - halo, south - halo, east + halo, north + halo];
    let count = |side: f64| {
        let cells = Cells::over(around, side);
        cells.columns as f64 * cells.rows as f64
    };
    if count(source.cell.0) > MOST_CELLS {
        let side = SIDES.into_iter().find(|side| count(*side) <= MOST_CELLS).unwrap_or(20_000.0);
        return Err(refuse(format!(
            "cells of {} are {} over all regions and {} around them, more than {}; write cell = \"{}\", or a smaller halo",
            source.cell,
            thousands(count(source.cell.0)),
            source.halo,
            thousands(MOST_CELLS),
            Metres(side)
        )));
    }
    Ok(Cells::over(around, source.cell.0))
}

/// A cell of the raster that cells of the surface take their class from.
struct Wanted {
    row: u32,
    column: u32,
    cell: u32,
}

/// A surface by the classes at the middles of its cells, and the account: its cells by what is known of them.
fn landcover(
    source: &Source,
    speeds: &BTreeMap<i64, KmPerHour>,
    cells: Cells,
    (frame, lattice): (&Frame, &Lattice),
) -> Result<(SurfaceDraft, Account), IngestError> {
    let shown = source_name(source);
    let mut account = Account::new(source, "cells of land cover");
    let request = ReadRequest { layer: source.layer.as_deref(), ..ReadRequest::new(&source.path, &shown) };
    let mut raster = GeoTiff::open(&request)?;
    let degrees = ToDegrees::new(source, &raster.crs)?;
    if let Some(what) = ground::overruled(source, &raster.crs) {
        account.issues.push(account.issue(Severity::Warning, "crs-overruled", what));
    }
    let to_raster = degrees.back()?;
    let grid = raster.grid;
    let mut draft = SurfaceDraft::new(cells, Ground::Unknown);
    let mut wanted: Vec<Wanted> = Vec::new();
    let is_of_plane = frame.is_of_plane(&degrees);
    let place_of = |middle: PlaneXy| {
        if is_of_plane {
            return Some(middle.array());
        }
        let at = lattice.place(middle).lonlat;
        to_raster.point([at.lon, at.lat])
    };
    for cell in 0..cells.count() as u32 {
        let Some(at) = place_of(cells.middle(cell)) else { continue };
        let [column, row] = grid.cell_at(at).map(f64::floor);
        if column >= 0.0 && row >= 0.0 && column < f64::from(grid.columns) && row < f64::from(grid.rows) {
            wanted.push(Wanted { row: row as u32, column: column as u32, cell });
        }
    }
    account.ledger.read = cells.count() as u64;
    let beyond = cells.count() as u64 - wanted.len() as u64;
    wanted.sort_unstable_by_key(|one| (one.row, one.column, one.cell));
    let (Some(first), Some(last)) = (wanted.first(), wanted.last()) else {
        return Err(IngestError::Implausible {
            path: shown,
            what: format!(
                "lies nowhere near the regions of the study; look whether its CRS ({}) is right",
                degrees.name()
            ),
        });
    };
    let columns = wanted.iter().fold((u32::MAX, 0), |(low, high), one| (low.min(one.column), high.max(one.column + 1)));
    let window = Window { columns, rows: (first.row, last.row + 1) };
    let no_data = raster.no_data();
    let (mut known, mut unnamed) = (0u64, BTreeMap::<i64, u64>::new());
    let (mut no_class, mut met) = (0u64, BTreeSet::<i64>::new());
    raster.read(window, &mut |piece| {
        let Piece::Cells { column, row, values } = piece else { return };
        let from = wanted.partition_point(|one| (one.row, one.column) < (row, column));
        let end = column + values.len() as u32;
        for one in wanted[from..].iter().take_while(|one| one.row == row && one.column < end) {
            let value = values[(one.column - column) as usize];
            if no_data.is(value) || value.is_nan() {
                continue;
            }
            // `as` keeps within the range of i64
            let class = value as i64;
            if class as f64 != value {
                no_class += 1;
                continue;
            }
            known += 1;
            let ground = match speeds.get(&class) {
                Some(speed) => {
                    met.insert(class);
                    Ground::Open(*speed)
                }
                None => {
                    *unnamed.entry(class).or_default() += 1;
                    Ground::Barred
                }
            };
            draft.set(one.cell, ground);
        }
    })?;
    account.ledger.used = known;
    let without = cells.count() as u64 - beyond - known - no_class;
    for (code, count, what) in [
        ("no-data", without, "have no land cover"),
        ("outside-raster", beyond, "lie beyond the land cover"),
        ("bad-number", no_class, "have a number that is no class, not being whole"),
    ] {
        if count > 0 {
            account.ledger.dropped.insert(code, count);
            let what =
                format!("cells of the surface that {what}, and over which nobody is led: {}", thousands(count as f64));
            account.issues.push(account.issue(Severity::Warning, code, what));
        }
    }
    if !unnamed.is_empty() {
        let mut by_count: Vec<(i64, u64)> = unnamed.into_iter().collect();
        by_count.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let named: Vec<String> = by_count
            .iter()
            .take(NAMED)
            .map(|(class, count)| format!("{class} ({} cells)", thousands(*count as f64)))
            .collect();
        let more = if by_count.len() > NAMED { ", …" } else { "" };
        let what = format!("classes without a speed, over which nobody walks: {}{more}", named.join(", "));
        account.issues.push(account.issue(Severity::Warning, "class-without-speed", what));
    }
    let unused: Vec<String> = speeds.keys().filter(|class| !met.contains(class)).map(i64::to_string).collect();
    if !unused.is_empty() {
        let what = format!("classes with a speed that no cell of the surface has: {}", unused.join(", "));
        account.issues.push(account.issue(Severity::Note, "class-not-met", what));
    }
    Ok((draft, account))
}

/// Heights of the middles of cells.
fn heights_of(source: &Source, cells: Cells, lattice: &Lattice) -> Result<(Vec<f32>, Account), IngestError> {
    let middles = || (0..cells.count() as u32).map(|cell| lattice.place(cells.middle(cell)).lonlat);
    let (heights, mut account) = Heights::read(source, middles())?;
    let metres: Vec<f32> = middles().map(|at| heights.at(at).map_or(f32::NAN, |metres| metres as f32)).collect();
    let unknown = metres.iter().filter(|metres| metres.is_nan()).count();
    if unknown > 0 {
        let what = format!(
            "{} cells of the surface have no height; moves from them and to them are taken for flat",
            thousands(unknown as f64)
        );
        account.issues.push(account.issue(Severity::Warning, "no-height", what));
    }
    Ok((metres, account))
}

/// Cells that are open, barred, closed and unknown.
fn counted(draft: &SurfaceDraft) -> [u64; 4] {
    let mut counts = [0; 4];
    for cell in 0..draft.cells().count() as u32 {
        let at = match draft.ground(cell) {
            Ground::Open(_) => 0,
            Ground::Barred => 1,
            Ground::Closed => 2,
            Ground::Unknown => 3,
        };
        counts[at] += 1;
    }
    counts
}

/// What every figure says of the surface.
fn about(source: &SurfaceSource, has_water: bool) -> Text {
    let (cell, count) = (source.cell, source.neighbours.count());
    let most = match source.neighbours {
        Neighbours::Eight => "8.2 %",
        Neighbours::Sixteen => "2.8 %",
    };
    let (mut en, mut zh) = (
        format!("cells of {cell} with {count} neighbours, which makes ways in the open up to {most} too long"),
        format!("网格边长{cell}，{count}邻域（空旷处路程至多偏长{most}）"),
    );
    match &source.speeds {
        SpeedSource::Uniform(speed) => {
            en += &format!("; {speed} everywhere");
            zh += &format!("；步速一律为{speed}");
        }
        SpeedSource::Landcover { source, speeds } => {
            en += &format!("; speeds by land cover ({}, {} classes)", source.shown, speeds.len());
            zh += &format!("；步速按地类（{}，{}类）", source.shown, speeds.len());
        }
    }
    if source.streets {
        en += "; cells with a street have its speed";
        zh += "；有道路的网格取道路步速";
    }
    if has_water {
        en += if source.streets { "; water is crossed on streets only" } else { "; water is not crossed" };
        zh += if source.streets { "；水域仅可经道路跨越" } else { "；水域不可穿越" };
    }
    if source.heights.is_some() {
        en += "; slopes after Tobler (1993)";
        zh += "；坡度按Tobler（1993）计";
    }
    Text::new(en, zh)
}
