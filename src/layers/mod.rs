//! Floor 5: what a run shows beside its indicators' own layers: facilities, lines, outlines for orientation, issues, and the
//! scorecard as a table.

pub mod audit;
mod facilities;
mod issues;
mod outlines;
mod scorecard;
mod services;

use crate::indicators::scorecard::Scorecard;
use crate::model::study::Study;
use crate::table::Table;
use crate::table::style::Group;
use crate::table::style::Style;

pub use crate::layers::scorecard::scorecard;

/// All layers of a run in the order in which they are written: scorecard, the indicators' own, then what they rest on.
/// Tables without a row are left out.
pub fn all(study: &Study, card: &Scorecard, own: Vec<Table>) -> Vec<Table> {
    let mut tables = vec![scorecard(card, study.frame)];
    tables.extend(own);
    tables.extend(facilities::tables(study));
    tables.extend(services::table(study));
    tables.extend(issues::tables(study, card));
    tables.extend(outlines::table(study));
    tables.retain(|table| !table.rows.is_empty());
    // a project never opens empty: if nothing of the results asks to be seen, the first of them is
    let mut results =
        tables.iter_mut().filter_map(|table| table.style.as_mut()).filter(|style| style.group == Group::Results);
    let is_seen = |style: &Style| style.visible && style.group == Group::Results;
    if !results.by_ref().any(|style| is_seen(style)) {
        let first =
            tables.iter_mut().filter_map(|table| table.style.as_mut()).find(|style| style.group == Group::Results);
        if let Some(style) = first {
            style.visible = true;
        }
    }
    tables
}
