//! The scene of the benchmark on floating catchments: E2SFCA as the crow flies, in a city.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use serde_json::Value;

use crate::base::units::Limit;
use crate::base::units::Metres;
use crate::base::units::Weight;
use crate::cli::bench::Args;
use crate::cli::bench::BenchError;
use crate::cli::bench::Phases;
use crate::cli::bench::read_points;
use crate::cli::bench_streets::reals;
use crate::cli::bench_streets::sums_of;
use crate::impedance::index::PointIndex;
use crate::metrics::decay::Decay;
use crate::metrics::floating_catchment::Market;
use crate::metrics::floating_catchment::Method;
use crate::metrics::floating_catchment::Rows;

/// Bands and weights of the scene; the limits are included.
const BANDS: [(f64, f64); 3] = [(500.0, 1.0), (1000.0, 0.68), (2000.0, 0.22)];

/// Facilities around each point, found anew at every call.
struct Around<'a> {
    index: &'a PointIndex,
    points: &'a [[f64; 2]],
    radius: f64,
    /// Pairs that were found, over all calls.
    pairs: AtomicUsize,
}

impl Rows for Around<'_> {
    fn origins(&self) -> usize {
        self.points.len()
    }

    fn row(&self, origin: usize, row: &mut Vec<(u32, f64)>) {
        self.index.each_within(self.points[origin], self.radius, |facility, cost| row.push((facility, cost)));
        self.pairs.fetch_add(row.len(), Ordering::Relaxed);
    }
}

/// The accessibility of every point in two passes, without a table of pairs.
/// # Errors
/// [`BenchError`] when a file of the scene is not there or not as the generator writes it.
pub(super) fn two_steps(args: &Args, phases: &mut Phases) -> Result<Value, BenchError> {
    let (demand, supply) = (
        args.data.join(format!("city_points_{}.parquet", args.n)),
        args.data.join(format!("city_facilities_{}.parquet", args.m)),
    );
    let (points, facilities) = (read_points(&demand)?, read_points(&supply)?);
    let weights = reals(&demand, "w")?;
    let people: Vec<Weight> = weights.into_iter().map(|weight| Weight::from_f64(weight).unwrap_or_default()).collect();
    let supply: Vec<Option<f64>> = reals(&supply, "s")?.into_iter().map(Some).collect();
    phases.end("load");
    let index = PointIndex::new(&facilities.places);
    phases.end("build");
    let steps = BANDS.iter().map(|(end, weight)| (Limit::Length(Metres(*end)), *weight)).collect();
    let curve = Decay::Steps(steps).curve(None)?;
    let rows = Around { index: &index, points: &points.places, radius: curve.limit(), pairs: AtomicUsize::new(0) };
    let market = Market { people: &people, supply: &supply, rows: &rows, curve: &curve };
    let floated = market.float(Method::Enhanced);
    phases.end("query");
    let values: Vec<f64> = floated.points.iter().map(|point| point.value).collect();
    let mut result = sums_of(&values);
    // every pair is found once in each step
    result["pairs"] = (rows.pairs.into_inner() / 2).into();
    Ok(result)
}
