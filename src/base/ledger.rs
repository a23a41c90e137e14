//! Every record read is used or dropped for a stated reason, and the counts add up.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::units::Weight;

/// The account of one source: read = used + dropped, reason by reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Ledger {
    /// The file as the user named it.
    pub source: String,
    /// What its records are: `regions`, `facilities (clinic)`, `stops`.
    pub records: String,
    pub read: u64,
    pub used: u64,
    /// Records left out, by the issue code of the reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// The source says of itself that it is made up.
    pub synthetic: bool,
}

impl Ledger {
    /// An empty account.
    pub fn new(source: impl Into<String>, records: impl Into<String>) -> Ledger {
        Ledger { source: source.into(), records: records.into(), ..Ledger::default() }
    }

    /// One more record, used.
    pub fn count_used(&mut self) {
        self.read += 1;
        self.used += 1;
    }

    /// One more record, left out because of `reason`.
    pub fn count_dropped(&mut self, reason: &'static str) {
        self.read += 1;
        *self.dropped.entry(reason).or_default() += 1;
    }

    /// A record counted as used before turns out to be of no use.
    pub fn take_back(&mut self, reason: &'static str) {
        self.used -= 1;
        *self.dropped.entry(reason).or_default() += 1;
    }

    /// The same of `count` records; none more than are used.
    pub fn take_back_all(&mut self, reason: &'static str, count: u64) {
        let count = count.min(self.used);
        if count > 0 {
            self.used -= count;
            *self.dropped.entry(reason).or_default() += count;
        }
    }

    /// Records left out, all reasons together.
    pub fn total_dropped(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// Whether read = used + dropped.
    pub fn balances(&self) -> bool {
        self.read == self.used + self.total_dropped()
    }
}

/// The account of a weight (people, villages): in = covered + uncovered + without place or data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightLedger {
    /// What is weighed, e.g. `people` or `villages`.
    pub unit: String,
    pub total: Weight,
    /// Weight by outcome, in the order in which the outcomes are to be shown.
    pub parts: Vec<(&'static str, Weight)>,
}

impl WeightLedger {
    /// Whether the parts add up to the total, exactly.
    pub fn balances(&self) -> bool {
        self.parts.iter().map(|(_, weight)| *weight).sum::<Weight>() == self.total
    }
}
