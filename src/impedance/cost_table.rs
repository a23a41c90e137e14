//! THE seam: what metrics see of distance, whoever measured it.

use rayon::prelude::*;

use crate::base::units::Limit;
use crate::base::units::trim_zeros;
use crate::impedance::Prepared;
use crate::impedance::Want;
use crate::model::place::Place;

/// The unit of the costs of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CostUnit {
    #[default]
    Metres,
    Seconds,
}

impl CostUnit {
    /// A cost for people: `1.2 km`, `14.5 min`.
    pub fn shown(self, cost: f64) -> String {
        match self {
            CostUnit::Metres if cost >= 1000.0 => format!("{} km", trim_zeros(cost / 1000.0, 2)),
            CostUnit::Metres => format!("{} m", trim_zeros(cost, 0)),
            CostUnit::Seconds => format!("{} min", trim_zeros(cost / 60.0, 1)),
        }
    }
}

impl From<Limit> for CostUnit {
    fn from(limit: Limit) -> CostUnit {
        match limit {
            Limit::Length(_) => CostUnit::Metres,
            Limit::Time(_) => CostUnit::Seconds,
        }
    }
}

/// Costs from origins to destinations: one sparse row an origin, cheapest first, ties by destination index.
///
/// What is not in a row is not reachable or not asked for. Never infinite, NaN or negative.
#[derive(Debug, Clone, PartialEq)]
pub struct CostTable {
    unit: CostUnit,
    /// Start of each row in `destinations` and `costs`; one more than there are origins.
    first: Vec<usize>,
    destinations: Vec<u32>,
    costs: Vec<f64>,
}

impl CostTable {
    /// A table from its rows, each cheapest first, ties by index.
    pub fn from_rows(unit: CostUnit, rows: impl IntoIterator<Item = Vec<(u32, f64)>>) -> CostTable {
        let mut table = CostTable { unit, first: vec![0], destinations: Vec::new(), costs: Vec::new() };
        for row in rows {
            debug_assert!(row.iter().all(|(_, cost)| cost.is_finite() && *cost >= 0.0));
            for (destination, cost) in row {
                table.destinations.push(destination);
                table.costs.push(cost);
            }
            table.first.push(table.destinations.len());
        }
        table
    }

    /// The table of `origins` (absent ones have an empty row), in parallel; the same for any number of threads.
    ///
    /// `admits(origin, destination)` tells which pairs count at all, e.g. only facilities of another county.
    pub fn measure(
        unit: CostUnit,
        prepared: &dyn Prepared,
        origins: &[Option<Place>],
        want: Want,
        admits: &(dyn Fn(usize, u32) -> bool + Sync),
    ) -> CostTable {
        let rows: Vec<Vec<(u32, f64)>> = origins
            .par_iter()
            .enumerate()
            .map(|(at, origin)| match origin {
                Some(place) => prepared.row(place, want, &|destination| admits(at, destination)),
                None => Vec::new(),
            })
            .collect();
        CostTable::from_rows(unit, rows)
    }

    /// Metres or seconds.
    pub fn unit(&self) -> CostUnit {
        self.unit
    }

    /// Number of origins.
    pub fn origins(&self) -> usize {
        self.first.len() - 1
    }

    /// Destinations of one origin with their costs, cheapest first.
    pub fn row(&self, origin: usize) -> impl Iterator<Item = (u32, f64)> {
        let range = self.first[origin]..self.first[origin + 1];
        self.destinations[range.clone()].iter().copied().zip(self.costs[range].iter().copied())
    }

    /// Destinations of one origin and their costs, as two columns, cheapest first.
    pub fn columns(&self, origin: usize) -> (&[u32], &[f64]) {
        let range = self.first[origin]..self.first[origin + 1];
        (&self.destinations[range.clone()], &self.costs[range])
    }

    /// What it costs from an origin to a destination; `None` where it is not in the row.
    pub fn cost(&self, origin: usize, destination: u32) -> Option<f64> {
        self.row(origin).find(|(at, _)| *at == destination).map(|(_, cost)| cost)
    }

    /// Number of all pairs.
    pub fn pairs(&self) -> usize {
        self.costs.len()
    }

    /// The largest cost; 0 without any.
    pub fn largest(&self) -> f64 {
        self.costs.iter().copied().fold(0.0, f64::max)
    }

    /// The cheapest destination of one origin.
    pub fn nearest(&self, origin: usize) -> Option<(u32, f64)> {
        self.row(origin).next()
    }
}
