//! The scene of the benchmark on floating catchments: E2SFCA as the crow flies, in a city.

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
use crate::metrics::decay::Decay;
use crate::metrics::plane_catchments::PlaneMarket;

/// Bands and weights of the scene; the limits are included.
const BANDS: [(f64, f64); 3] = [(500.0, 1.0), (1000.0, 0.68), (2000.0, 0.22)];

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
    let supply = reals(&supply, "s")?;
    phases.end("load");
    let steps = BANDS.iter().map(|(end, weight)| (Limit::Length(Metres(*end)), *weight)).collect();
    let curve = Decay::Steps(steps).curve(None)?;
    let market = PlaneMarket {
        people: &people,
        points: &points.places,
        supply: &supply,
        facilities: &facilities.places,
        curve: &curve,
    };
    let Some((floated, pairs)) = market.float_counting() else {
        return Err(BenchError::Rows { path: demand, what: "weights or supplies are no amounts".to_owned() });
    };
    phases.end("query");
    let values: Vec<f64> = floated.points.iter().map(|point| point.value).collect();
    let mut result = sums_of(&values);
    result["pairs"] = pairs.into();
    Ok(result)
}
