//! The best of what a search comes upon: one destination, or the nearest few.

use std::collections::BTreeMap;

use crate::base::same::is_within;
use crate::base::same::order;

/// The cheaper of two answers, ties by destination.
pub(super) fn better(a: Option<(u32, f64)>, b: (u32, f64)) -> Option<(u32, f64)> {
    let Some(a) = a else { return Some(b) };
    match is_within(a.1, b.1) && is_within(b.1, a.1) {
        true => Some((a.0.min(b.0), a.1.min(b.1))),
        false => Some(if a.1 < b.1 { a } else { b }),
    }
}

/// The nearest few destinations within a limit, each with the smallest of the costs at which it was come upon.
pub(super) struct Few {
    row: BTreeMap<u32, f64>,
    /// What costs more is of no use; it falls once there are as many as are wanted.
    pub limit: f64,
    most: usize,
}

impl Few {
    /// None so far; at most so many, all within the limit, the limit included.
    pub(super) fn new(limit: f64, most: usize) -> Few {
        Few { row: BTreeMap::new(), limit, most }
    }

    /// A destination at a cost.
    pub(super) fn offer(&mut self, at: u32, cost: f64) {
        if !is_within(cost, self.limit) {
            return;
        }
        let known = self.row.entry(at).or_insert(cost);
        *known = known.min(cost);
        if self.row.len() >= self.most {
            let mut costs: Vec<f64> = self.row.values().copied().collect();
            costs.sort_by(f64::total_cmp);
            self.limit = self.limit.min(costs[self.most - 1]);
        }
    }

    /// Cheapest first, ties by destination.
    pub(super) fn into_row(self) -> Vec<(u32, f64)> {
        let mut row: Vec<(u32, f64)> = self.row.into_iter().filter(|(_, cost)| is_within(*cost, self.limit)).collect();
        order(&mut row);
        row.truncate(self.most);
        row
    }
}
