//! Scenes of the benchmark on a graph of streets, given as tables of nodes and links.

use std::path::Path;

use arrow_array::Float64Array;
use arrow_array::Int64Array;
use serde_json::Value;
use serde_json::json;

use crate::cli::bench::Args;
use crate::cli::bench::BenchError;
use crate::cli::bench::Phases;
use crate::cli::bench::RowGroups;
use crate::cli::bench::column;
use crate::cli::bench::rounded;
use crate::impedance::chains::Chains;
use crate::impedance::dijkstra::Graph;

/// The nearest facility of every node: one search from all facilities.
/// # Errors
/// [`BenchError`] when a file of the scene is not there or not as the generator writes it.
pub(super) fn nearest(args: &Args, phases: &mut Phases) -> Result<Value, BenchError> {
    let weights = reals(&file(args, "nodes"), "pop")?;
    let links = links(&file(args, "edges"))?;
    let facilities = wholes(&file(args, "fac"), "node")?;
    phases.end("load");
    let graph = Graph::of_links(weights.len(), &links);
    phases.end("build");
    let field = graph.field((0u32..).zip(&facilities).map(|(at, node)| (*node as u32, 0.0, at)));
    phases.end("query");
    Ok(sums_of(&field.iter().map(|(cost, _)| *cost).collect::<Vec<_>>()))
}

/// The weight within a radius of every node, along streets: one bounded search a node.
/// # Errors
/// As [`nearest`].
pub(super) fn sums(args: &Args, phases: &mut Phases) -> Result<Value, BenchError> {
    let weights = reals(&file(args, "nodes"), "pop")?;
    let links = links(&file(args, "edges"))?;
    phases.end("load");
    let chains = Chains::new(&weights, &links);
    phases.end("build");
    let sums = chains.sums_within(args.radius);
    phases.end("query");
    Ok(sums_of(&sums))
}

fn file(args: &Args, table: &str) -> std::path::PathBuf {
    args.data.join(format!("graph_{}_{table}.parquet", args.n))
}

/// A column of numbers.
pub(super) fn reals(path: &Path, name: &'static str) -> Result<Vec<f64>, BenchError> {
    let groups = RowGroups::open(path, &[name], 1 << 16)?;
    let mut all = Vec::new();
    for group in 0..groups.count() {
        for batch in groups.batches(group)? {
            all.extend_from_slice(column::<Float64Array>(path, &batch?, name)?.values());
        }
    }
    Ok(all)
}

fn wholes(path: &Path, name: &'static str) -> Result<Vec<i64>, BenchError> {
    let groups = RowGroups::open(path, &[name], 1 << 16)?;
    let mut all = Vec::new();
    for group in 0..groups.count() {
        for batch in groups.batches(group)? {
            all.extend_from_slice(column::<Int64Array>(path, &batch?, name)?.values());
        }
    }
    Ok(all)
}

fn links(path: &Path) -> Result<Vec<(u32, u32, f64)>, BenchError> {
    let (from, to, length) = (wholes(path, "u")?, wholes(path, "v")?, reals(path, "len_m")?);
    Ok(from.into_iter().zip(to).zip(length).map(|((u, v), length)| (u as u32, v as u32, length)).collect())
}

/// The harness's `sum_vector`.
pub(super) fn sums_of(values: &[f64]) -> Value {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    json!({
        "rows": values.len(),
        "finite": finite().count(),
        "zero": finite().filter(|value| *value == 0.0).count(),
        "sum": significant(finite().sum(), 9),
        "sumsq": significant(finite().map(|value| value * value).sum(), 8),
        "max": significant(finite().fold(0.0, f64::max), 9),
    })
}

fn significant(value: f64, digits: i32) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let places = digits - 1 - value.abs().log10().floor() as i32;
    if places >= 0 {
        rounded(value, places)
    } else {
        let scale = 10f64.powi(-places);
        (value / scale).round() * scale
    }
}
