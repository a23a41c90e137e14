//! Floor 0: units, indices, issues, ledgers, the clock and progress. Knows nothing of regions or files.

pub mod apportion;
pub mod clock;
pub mod frame;
pub mod grammar;
pub mod idx;
pub mod issue;
pub mod ledger;
pub mod noun;
pub(crate) mod plane;
pub mod progress;
pub mod same;
pub mod units;
pub mod words;
