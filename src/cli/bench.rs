//! `tongda bench`: the scenes of the side-by-side benchmark, read from the files of its generator.
//!
//! Prints one line of JSON with the phases' seconds, the peak of memory and the checksums that its peers print.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use arrow_array::Array;
use arrow_array::BinaryArray;
use arrow_array::Float64Array;
use arrow_array::Int64Array;
use arrow_array::RecordBatch;
use geo_types::Geometry;
use geo_types::MultiPolygon;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::iter::Either;
use rayon::prelude::*;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use thiserror::Error;

use crate::base::issue::Issue;
use crate::base::units::Metres;
use crate::base::units::Text;
use crate::cli::bench_catchments;
use crate::cli::bench_streets;
use crate::cli::bench_transit;
use crate::config::error::ConfigError;
use crate::impedance::index::PointIndex;
use crate::ingest::IngestError;
use crate::io::atomic::WriteError;
use crate::io::gpkg;
use crate::io::read;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::metrics::MetricError;
use crate::metrics::borders::Borders;
use crate::model::locate::RegionLocator;
use crate::model::rings::Rings;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::OutputCrs;
use crate::table::Record;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value as Cell;

/// Which scene, at which size.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The scene: W1 nearest facility, W2 points in polygons, W3 adjacency and shared borders, W4 floating catchments, W5near nearest facility of every node of a graph, W5agg weight within a radius of every node, W6grid a synthetic timetable from all stops to all, W6real zones of a real city by timetable at 08:00, W6range the same over 120 minutes with five percentiles, W8 GeoJSON and GeoPackage in, GeoPackage out
    pub workload: Workload,
    /// Number of points
    #[arg(long, default_value_t = 100_000)]
    pub n: u64,
    /// Number of facilities
    #[arg(long, default_value_t = 1_000)]
    pub m: u64,
    /// Number of polygons
    #[arg(long, default_value_t = 1_300)]
    pub p: u64,
    /// Radius in metres, for scenes that have one
    #[arg(long, default_value_t = 1_000.0)]
    pub radius: f64,
    /// Tolerance of W3 in metres; the peers' is 0
    #[arg(long, default_value_t = 0.0)]
    pub tolerance: f64,
    /// Threads to use
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
    /// Folder with the generator's files
    #[arg(long)]
    pub data: PathBuf,
    /// Folder for results; only W8 writes one
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Print JSON, which is what it always prints
    #[arg(long)]
    pub json: bool,
    /// Ignored: a limit of other scenes
    #[arg(long, hide = true)]
    pub limit: Option<f64>,
    /// Ignored: an instance of other scenes
    #[arg(long, hide = true)]
    pub inst: Option<String>,
}

/// The scenes of the benchmark that tongda runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Workload {
    #[value(name = "W1")]
    W1,
    #[value(name = "W2")]
    W2,
    #[value(name = "W3")]
    W3,
    #[value(name = "W4")]
    W4,
    #[value(name = "W5near")]
    W5near,
    #[value(name = "W5agg")]
    W5agg,
    #[value(name = "W6grid")]
    W6grid,
    #[value(name = "W6real")]
    W6real,
    #[value(name = "W6range")]
    W6range,
    #[value(name = "W8")]
    W8,
}

/// Why a scene could not run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A file of the generator is not there.
    #[error("can not open {path}; write it with the benchmark's gen.py", path = path.display())]
    Open { path: PathBuf, source: std::io::Error },
    /// A file is not readable as Parquet.
    #[error("can not read {path}", path = path.display())]
    Parquet { path: PathBuf, source: parquet::errors::ParquetError },
    /// A batch of rows is not readable.
    #[error("can not read rows of {path}: {what}", path = path.display())]
    Rows { path: PathBuf, what: String },
    /// A column is missing or of another type.
    #[error("{path} has no column \"{column}\" of type {wanted}", path = path.display())]
    Column { path: PathBuf, column: &'static str, wanted: &'static str },
    /// A geometry is not what the scene works on.
    #[error("{path}, row {row} of its row group: the geometry is not a polygon in little-endian WKB", path = path.display())]
    Geometry { path: PathBuf, row: usize },
    /// A file of W8 can not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The result of W8 can not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The weights of W4 are no curve.
    #[error(transparent)]
    Curve(#[from] MetricError),
    /// The study of W6 does not fit together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file of W6 can not be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// A file of W6 holds no timetable.
    #[error("{path} gives no timetable", path = path.display())]
    NoTimetable { path: PathBuf },
    /// The thread pool could not be made.
    #[error("can not start {threads} threads")]
    Threads { threads: usize, source: rayon::ThreadPoolBuildError },
}

/// Runs one scene and prints its line.
///
/// # Errors
/// Any [`BenchError`]: a file of the scene is missing or not as the generator writes it.
pub fn run(args: &Args) -> Result<(), BenchError> {
    let threads = args.threads;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|source| BenchError::Threads { threads, source })?;
    // never dropped: its threads would tidy up after themselves while the process ends around them
    let pool = ManuallyDrop::new(pool);
    let mut phases = Phases { last: Instant::now(), seconds: Map::new() };
    let result = pool.install(|| match args.workload {
        Workload::W1 => nearest(args, &mut phases),
        Workload::W2 => counts(args, &mut phases),
        Workload::W3 => adjacency(args, &mut phases),
        Workload::W4 => bench_catchments::two_steps(args, &mut phases),
        Workload::W5near => bench_streets::nearest(args, &mut phases),
        Workload::W5agg => bench_streets::sums(args, &mut phases),
        Workload::W6grid => bench_transit::grid(args, &mut phases),
        Workload::W6real => bench_transit::real(args, 1, &mut phases),
        Workload::W6range => bench_transit::real(args, 120, &mut phases),
        Workload::W8 => end_to_end(args, &mut phases),
    })?;
    let total: f64 = phases.seconds.values().filter_map(Value::as_f64).sum();
    phases.seconds.insert("total".to_owned(), json!(rounded(total, 4)));
    let line = json!({
        "peer": "tongda",
        "version": env!("CARGO_PKG_VERSION"),
        "workload": format!("{:?}", args.workload),
        "seconds": phases.seconds,
        "cpu_seconds": { "total": cpu_seconds() },
        "peak_rss_mb": peak_rss_mb(),
        "result": result,
    });
    println!("{line}");
    Ok(())
}

/// The clock of the phases, which follow each other without a gap.
pub(super) struct Phases {
    last: Instant,
    seconds: Map<String, Value>,
}

impl Phases {
    pub(super) fn end(&mut self, phase: &str) {
        let now = Instant::now();
        self.seconds.insert(phase.to_owned(), json!(rounded((now - self.last).as_secs_f64(), 4)));
        self.last = now;
    }
}

fn nearest(args: &Args, phases: &mut Phases) -> Result<Value, BenchError> {
    let (points, facilities) = rayon::join(
        || read_points(&args.data.join(format!("points_{}.parquet", args.n))),
        || read_points(&args.data.join(format!("facilities_{}.parquet", args.m))),
    );
    let (points, facilities) = (points?, facilities?);
    phases.end("load");
    let index = PointIndex::new(&facilities.places);
    phases.end("build");
    let found = index.nearest_all(&points.places);
    phases.end("query");
    let found: Vec<(i64, i64, f64)> = found
        .into_iter()
        .zip(&points.ids)
        .filter_map(|(found, id)| found.map(|(item, distance)| (*id, facilities.ids[item as usize], distance)))
        .collect();
    Ok(json!({
        "rows": found.len(),
        "pairs": mix(found.iter().map(|(id, item, _)| (*id, *item))),
        "sum_m": rounded(found.iter().map(|found| found.2).sum(), 2),
        "max_m": rounded(found.iter().map(|found| found.2).fold(0.0, f64::max), 4),
    }))
}

fn counts(args: &Args, phases: &mut Phases) -> Result<Value, BenchError> {
    let (ids, rings) = read_polygons(&args.data.join(format!("polygons_{}.parquet", args.p)))?;
    let points = read_points(&args.data.join(format!("points_{}.parquet", args.n)))?;
    phases.end("load");
    let locator = RegionLocator::of_rings(rings);
    phases.end("build");
    let mut counts = vec![0i64; ids.len()];
    locator.locate_all(&points.places).into_iter().flatten().for_each(|region| counts[region as usize] += 1);
    phases.end("query");
    let hit = || ids.iter().zip(&counts).filter(|(_, count)| **count > 0);
    Ok(json!({
        "polygons": hit().count(),
        "total": counts.iter().sum::<i64>(),
        "counts": mix(hit().map(|(id, count)| (*id, *count))),
    }))
}

fn adjacency(args: &Args, phases: &mut Phases) -> Result<Value, BenchError> {
    let (ids, rings) = read_polygons(&args.data.join(format!("polygons_{}.parquet", args.p)))?;
    phases.end("load");
    let borders = Borders::of_rings(rings);
    phases.end("build");
    let contacts = borders.contacts(Metres(args.tolerance));
    phases.end("query");
    Ok(json!({
        "queen": contacts.len(),
        "rook": contacts.iter().filter(|contact| contact.shared_m > 1e-6).count(),
        "pairs": mix(contacts.iter().map(|contact| (ids[contact.a as usize], ids[contact.b as usize]))),
        "shared_m": rounded(contacts.iter().map(|contact| contact.shared_m).sum(), 1),
    }))
}

fn end_to_end(args: &Args, phases: &mut Phases) -> Result<Value, BenchError> {
    let mut points = Weighted::default();
    let path = args.data.join(format!("w8_points_{}.geojson", args.n));
    read::read(&ReadRequest::new(&path, &path.display().to_string()), &mut points)?;
    let mut areas = Areas::default();
    let path = args.data.join(format!("w8_polygons_{}.gpkg", args.p));
    read::read(&ReadRequest::new(&path, &path.display().to_string()), &mut areas)?;
    phases.end("load");
    let locator = RegionLocator::new(areas.shapes.iter());
    let mut found = vec![(0u64, 0f64); areas.shapes.len()];
    for (region, weight) in locator.locate_all(&points.places).into_iter().zip(&points.weights) {
        if let Some(region) = region {
            let (count, sum) = &mut found[region as usize];
            (*count, *sum) = (*count + 1, *sum + weight);
        }
    }
    drop(points);
    phases.end("query");
    let field = |name: &str, kind| Field::new(name, kind, name, name);
    let rows = areas.ids.iter().zip(areas.names).zip(areas.shapes).zip(&found).map(|(((id, name), shape), found)| {
        let (count, sum) = *found;
        let rate = if sum > 0.0 { Cell::from(count as f64 / sum) } else { Cell::Null };
        Row {
            geometry: Some(Geometry::MultiPolygon(shape)),
            values: vec![Cell::Int(*id), Cell::from(name), Cell::from(count), Cell::from(sum), rate],
        }
    });
    let table = Table {
        name: "coverage".to_owned(),
        title: Text::new("Points and weight by area", "各区点数与权重"),
        description: Text::default(),
        synthetic: true,
        crs: OutputCrs::Wgs84,
        geometry: GeometryKind::MultiPolygon,
        fields: vec![
            field("id", FieldKind::Int),
            field("name", FieldKind::Text),
            field("n", FieldKind::Int),
            field("w", FieldKind::Real),
            field("per_w", FieldKind::Real),
        ],
        rows: rows.collect(),
        style: None,
    };
    if let Some(out) = &args.out {
        gpkg::write_alone(&out.join("w8_tongda.gpkg"), &table)?;
    }
    phases.end("write");
    let hit = || areas.ids.iter().zip(&found).filter(|(_, (count, _))| *count > 0);
    Ok(json!({
        "polygons": hit().count(),
        "total": found.iter().map(|(count, _)| count).sum::<u64>(),
        "counts": mix(hit().map(|(id, (count, _))| (*id, *count as i64))),
        "w": found.iter().map(|(_, sum)| sum).sum::<f64>(),
    }))
}

/// Points with the weight `w`.
#[derive(Default)]
struct Weighted {
    places: Vec<[f64; 2]>,
    weights: Vec<f64>,
}

impl Sink for Weighted {
    fn record(&mut self, fields: &[Field], record: Record, _: Option<Issue>) {
        let weight = fields.iter().position(|field| field.name == "w").and_then(|at| record.value(at).as_f64());
        if let (Some(Geometry::Point(at)), Some(weight)) = (record.geometry, weight) {
            self.places.push([at.x(), at.y()]);
            self.weights.push(weight);
        }
    }

    fn issue(&mut self, _: Issue) {}
}

/// Areas with id and name.
#[derive(Default)]
struct Areas {
    ids: Vec<i64>,
    names: Vec<String>,
    shapes: Vec<MultiPolygon<f64>>,
}

impl Sink for Areas {
    fn record(&mut self, fields: &[Field], record: Record, _: Option<Issue>) {
        let of = |name: &str| fields.iter().position(|field| field.name == name).map(|at| record.value(at).clone());
        let shape = match record.geometry.clone() {
            Some(Geometry::Polygon(shape)) => MultiPolygon(vec![shape]),
            Some(Geometry::MultiPolygon(shape)) => shape,
            _ => return,
        };
        if let Some(Cell::Int(id)) = of("id") {
            self.ids.push(id);
            self.names.push(of("name").map(|name| name.to_string()).unwrap_or_default());
            self.shapes.push(shape);
        }
    }

    fn issue(&mut self, _: Issue) {}
}

/// Points with their ids.
pub(super) struct Points {
    pub(super) ids: Vec<i64>,
    pub(super) places: Vec<[f64; 2]>,
}

pub(super) fn read_points(path: &Path) -> Result<Points, BenchError> {
    let groups = RowGroups::open(path, &["id", "x", "y"], 1 << 16)?;
    let rows = (0..groups.count()).map(|group| groups.rows(group)).sum();
    let mut points = Points { ids: vec![0; rows], places: vec![[0.0; 2]; rows] };
    let (mut ids, mut places) = (&mut points.ids[..], &mut points.places[..]);
    let mut tasks = Vec::with_capacity(groups.count());
    for group in 0..groups.count() {
        let (own_ids, rest_ids) = ids.split_at_mut(groups.rows(group));
        let (own_places, rest_places) = places.split_at_mut(groups.rows(group));
        (ids, places) = (rest_ids, rest_places);
        tasks.push((group, own_ids, own_places));
    }
    let read = |(group, ids, places): (usize, &mut [i64], &mut [[f64; 2]])| {
        let mut slots = ids.iter_mut().zip(places);
        for batch in groups.batches(group)? {
            let batch = batch?;
            let id = column::<Int64Array>(path, &batch, "id")?.values();
            let (x, y) = (column::<Float64Array>(path, &batch, "x")?, column::<Float64Array>(path, &batch, "y")?);
            for ((row, slot), (x, y)) in id.iter().zip(slots.by_ref()).zip(x.values().iter().zip(y.values())) {
                (*slot.0, *slot.1) = (*row, [*x, *y]);
            }
        }
        Ok(())
    };
    tasks.into_par_iter().with_max_len(1).map(read).collect::<Result<(), BenchError>>()?;
    Ok(points)
}

fn read_polygons(path: &Path) -> Result<(Vec<i64>, Rings), BenchError> {
    let groups = RowGroups::open(path, &["id", "geometry"], 256)?;
    let (mut ids, mut rings) = (Vec::new(), Rings::default());
    // A vertex is 16 bytes of well-known binary; what is reserved beyond need is never touched.
    rings.reserve((0..groups.count()).map(|group| groups.bytes(group)).sum::<usize>() / 16);
    let mut take = |batch: RecordBatch| {
        ids.extend_from_slice(column::<Int64Array>(path, &batch, "id")?.values());
        let shapes = column::<BinaryArray>(path, &batch, "geometry")?;
        for row in 0..shapes.len() {
            let wrong = || BenchError::Geometry { path: path.to_owned(), row };
            push_wkb(&mut rings, shapes.value(row)).ok_or_else(wrong)?;
            rings.end_region();
        }
        Ok::<(), BenchError>(())
    };
    let batches = (0..groups.count()).map(|group| groups.batches(group));
    if rayon::current_num_threads() == 1 {
        for group in batches {
            group?.try_for_each(|batch| take(batch?))?;
        }
    } else {
        // One thread decodes while the other fills the one array, a few batches apart: memory touched for the first time
        // costs more than reading does, and a scratch for each thread would be such memory.
        std::thread::scope(|threads| {
            let (send, receive) = sync_channel(4);
            threads.spawn(move || {
                let sent = |batch| send.send(batch).is_ok();
                batches
                    .flat_map(|group| match group {
                        Ok(group) => Either::Left(group),
                        Err(error) => Either::Right(std::iter::once(Err(error))),
                    })
                    .all(sent)
            });
            receive.into_iter().try_for_each(|batch| take(batch?))
        })?;
    }
    Ok((ids, rings))
}

/// The row groups of a file, read some columns only, each by whatever thread asks for it.
pub(super) struct RowGroups<'f> {
    path: &'f Path,
    metadata: ArrowReaderMetadata,
    mask: ProjectionMask,
    batch_size: usize,
}

impl<'f> RowGroups<'f> {
    pub(super) fn open(path: &'f Path, columns: &[&str], batch_size: usize) -> Result<RowGroups<'f>, BenchError> {
        let file = File::open(path).map_err(|source| BenchError::Open { path: path.to_owned(), source })?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
            .map_err(|source| BenchError::Parquet { path: path.to_owned(), source })?;
        let mask = ProjectionMask::columns(metadata.parquet_schema(), columns.iter().copied());
        Ok(RowGroups { path, metadata, mask, batch_size })
    }

    pub(super) fn count(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// Bytes of the wanted columns of a row group, uncompressed.
    fn bytes(&self, group: usize) -> usize {
        let columns = self.metadata.metadata().row_group(group).columns().iter().enumerate();
        let wanted = columns.filter(|(at, _)| self.mask.leaf_included(*at));
        wanted.map(|(_, column)| usize::try_from(column.uncompressed_size()).unwrap_or(0)).sum()
    }

    fn rows(&self, group: usize) -> usize {
        usize::try_from(self.metadata.metadata().row_group(group).num_rows()).unwrap_or(0)
    }

    pub(super) fn batches(
        &self,
        group: usize,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, BenchError>>, BenchError> {
        let path = self.path;
        let file = File::open(path).map_err(|source| BenchError::Open { path: path.to_owned(), source })?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_row_groups(vec![group])
            .with_projection(self.mask.clone())
            .with_batch_size(self.batch_size)
            .build()
            .map_err(|source| BenchError::Parquet { path: path.to_owned(), source })?;
        let rows = move |what: String| BenchError::Rows { path: path.to_owned(), what };
        Ok(reader.map(move |batch| batch.map_err(|error| rows(error.to_string()))))
    }
}

/// A column of the batch as the array type it must have.
pub(super) fn column<'b, A: Array + 'static>(
    path: &Path,
    batch: &'b RecordBatch,
    name: &'static str,
) -> Result<&'b A, BenchError> {
    let wanted = std::any::type_name::<A>();
    let column = batch.column_by_name(name).and_then(|column| column.as_any().downcast_ref());
    column.ok_or_else(|| BenchError::Column { path: path.to_owned(), column: name, wanted })
}

/// Adds the rings of a polygon or multipolygon; `None` when the bytes are something else.
fn push_wkb(rings: &mut Rings, bytes: &[u8]) -> Option<()> {
    const POLYGON: u32 = 3;
    const MULTI_POLYGON: u32 = 6;
    fn word(bytes: &mut &[u8]) -> Option<u32> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        *bytes = rest;
        Some(u32::from_le_bytes(*head))
    }
    fn kind(bytes: &mut &[u8]) -> Option<u32> {
        let (1, rest) = bytes.split_first()? else { return None };
        *bytes = rest;
        word(bytes)
    }
    fn polygon(rings: &mut Rings, bytes: &mut &[u8]) -> Option<()> {
        for _ in 0..word(bytes)? {
            let length = (word(bytes)? as usize).checked_mul(16)?;
            let (ring, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            let (numbers, _) = ring.as_chunks::<8>();
            let (vertices, _) = numbers.as_chunks::<2>();
            rings.push_ring(vertices.iter().map(|vertex| vertex.map(f64::from_le_bytes)));
        }
        rings.end_part();
        Some(())
    }
    let bytes = &mut { bytes };
    match kind(bytes)? {
        POLYGON => polygon(rings, bytes),
        MULTI_POLYGON => {
            for _ in 0..word(bytes)? {
                if kind(bytes)? != POLYGON {
                    return None;
                }
                polygon(rings, bytes)?;
            }
            Some(())
        }
        _ => None,
    }
}

/// The benchmark's checksum of pairs of whole numbers, whatever their order.
fn mix(pairs: impl Iterator<Item = (i64, i64)>) -> String {
    let hash = |(id, value): (i64, i64)| {
        let id = (id as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut hash = id ^ (value as u64).wrapping_add(1).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
        hash ^= hash >> 31;
        hash = hash.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash ^ hash >> 29
    };
    format!("{:016x}", pairs.map(hash).fold(0, u64::wrapping_add))
}

pub(super) fn rounded(value: f64, places: i32) -> f64 {
    let scale = 10f64.powi(places);
    (value * scale).round() / scale
}

/// Most memory this process ever held, in MB; 0 where the system does not tell.
fn peak_rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.split_whitespace().next()).and_then(|kb| kb.parse::<f64>().ok());
    rounded(kb.unwrap_or(0.0) / 1024.0, 1)
}

/// Processor time of all threads so far, in seconds; 0 where the system does not tell.
fn cpu_seconds() -> f64 {
    // Fields 14 and 15 of proc(5)'s stat, counted after the name in brackets; Linux gives them in hundredths.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_harness() {
        // python: common.mix([0, 1, 2], [5, 0, 123456789])
        assert_eq!(mix([(0, 5), (1, 0), (2, 123_456_789)].into_iter()), "f99b004138bf9465");
        assert_eq!(mix([(2, 123_456_789), (0, 5), (1, 0)].into_iter()), "f99b004138bf9465");
    }

    #[test]
    fn geometry_that_is_cut_off_or_no_polygon_is_refused() {
        let mut bytes = vec![1, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0];
        for v in [0.0, 0.0, 9.0, 0.0, 9.0, 9.0, 0.0, 0.0_f64] {
            bytes.extend(v.to_le_bytes());
        }
        let mut rings = Rings::default();
        assert_eq!(push_wkb(&mut rings, &bytes), Some(()));
        assert_eq!(rings.vertex_count(), 4);
        for cut in 0..bytes.len() {
            assert_eq!(push_wkb(&mut Rings::default(), &bytes[..cut]), None, "{cut} bytes");
        }
        bytes[1] = 1;
        assert_eq!(push_wkb(&mut Rings::default(), &bytes), None);
    }
}
