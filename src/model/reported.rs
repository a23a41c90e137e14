//! What somebody reported: values and milestones, with the day and the source of each.

use jiff::civil::Date;

use crate::base::idx::RegionIdx;

/// One reported value.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    /// What it is a value of: mostly the id of an indicator.
    pub series: String,
    /// `None` is the whole judged area.
    pub region: Option<RegionIdx>,
    /// The last day that it speaks of: of a year its last day.
    pub day: Date,
    /// As written: `2025` or `2025-06-30`.
    pub day_text: String,
    /// As written, with its unit.
    pub value: String,
    /// Who says so; may be empty.
    pub source: String,
    /// Number of the record in its file.
    pub record: u64,
    /// The file, as ledgers call it.
    pub file: String,
    pub synthetic: bool,
}
