//! The report: one self-contained HTML file, without a script, for people who decide.
//!
//! Every figure is taken from the scorecard as it stands there, with its own text; nothing is computed anew.

mod arcs;
mod chart;
mod draw;
mod map;
mod page;

use std::path::Path;

use crate::base::units::Lang;
use crate::base::units::Text;
use crate::indicators::scorecard::Scorecard;
use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::table::Table;

/// What a report shows.
pub struct Report<'a> {
    pub card: &'a Scorecard,
    /// All layers of the run; those that an indicator names are drawn on its map.
    pub tables: &'a [Table],
    /// One language, or both: then the reader chooses.
    pub langs: &'a [Lang],
    /// Approval number of the maps (审图号); `None` where none is given, and the maps say that they are not for publication in China.
    pub approval: Option<&'a str>,
    /// What the licences of the data ask to be shown with every map.
    pub credit: &'a Text,
    /// The methods pages of the metrics that the scorecard uses: id, title, Markdown.
    pub methods: &'a [(&'a str, Text, &'a str)],
}

/// The report as HTML.
pub fn text(report: &Report<'_>) -> String {
    page::page(report)
}

/// Writes the report.
/// # Errors
/// [`WriteError`] of the file or its folder; what stood there before still stands.
pub fn write(path: &Path, report: &Report<'_>) -> Result<(), WriteError> {
    atomic::write_bytes(path, text(report).as_bytes())
}
