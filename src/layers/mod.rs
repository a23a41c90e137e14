//! Floor 5: what a run shows beside its indicators' own layers: facilities, lines, outlines for orientation, issues, and the
//! scorecard as a table.

mod antimeridian;
pub mod audit;
mod corridors;
mod facilities;
mod hazards;
mod issues;
mod outlines;
mod ranking;
mod scenario;
mod scorecard;
mod services;
mod stops;
mod streets;
mod verdicts;

use crate::base::units::Text;
use crate::indicators::scorecard::Scorecard;
use crate::model::study::Study;
use crate::table::Table;
use crate::table::style::Group;

pub use crate::layers::scenario::SPLIT;
pub use crate::layers::scorecard::scorecard;
pub use crate::layers::verdicts::judged;

/// All layers of a run in the order in which they are written: scorecard, the indicators' own, then what they rest on.
/// Tables without a row are left out; the streets are there when they are to be shown.
pub fn all(study: &Study, card: &Scorecard, own: Vec<Table>, shows_streets: bool) -> Vec<Table> {
    let mut tables = vec![scorecard(card, study.frame)];
    tables.extend(scenario::tables(card, study.frame));
    tables.extend(own);
    tables.extend(ranking::table(study, card));
    tables.extend(facilities::tables(study));
    tables.extend(hazards::tables(study));
    tables.extend(stops::tables(study));
    tables.extend(corridors::table(study));
    tables.extend(services::table(study));
    if shows_streets {
        tables.extend(streets::tables(study));
    }
    tables.extend(issues::tables(study, card));
    tables.extend(outlines::table(study));
    tables.retain(|table| !table.rows.is_empty());
    if study.is_over_180() {
        antimeridian::cut_all(&mut tables);
    }
    open_with_something(&mut tables);
    tables
}

/// What the layers that are no indicator's own are called together, in the order of a layer panel; outlines lie below everything.
pub fn shelves(tables: &[Table]) -> Vec<(Text, Vec<String>)> {
    type Fits = fn(&str) -> bool;
    let shelves: [(&str, &str, Fits); 6] = [
        ("Facilities", "设施", |name| name.starts_with("facilities_")),
        ("Transit", "公共交通", |name| name.starts_with("transit_") || name == "lines"),
        ("Streets", "道路", |name| name.starts_with("streets_")),
        ("Hazards", "灾害", |name| name == "hazard_areas" || name == "excluded_facilities"),
        ("Scorecard, issues and ledger", "评分表、问题与台账", |name| {
            ["scorecard", "scenario_changes", "scenario_split", "ranking", "issues", "ledger"].contains(&name)
        }),
        ("Base map", "底图", |name| name == "outlines"),
    ];
    shelves
        .iter()
        .map(|(en, zh, fits)| {
            let names = tables.iter().map(|table| table.name.clone()).filter(|name| fits(name));
            (Text::new(*en, *zh), names.collect())
        })
        .collect()
}

/// A project never opens empty: if nothing of the results asks to be seen, the first of them is, with the facilities
/// that it speaks of, unless they are too many for a map.
fn open_with_something(tables: &mut [Table]) {
    const MOST_FACILITIES: usize = 200;
    let is_result = |table: &Table| table.style.as_ref().is_some_and(|style| style.group == Group::Results);
    if tables.iter().any(|table| is_result(table) && table.style.as_ref().is_some_and(|style| style.visible)) {
        return;
    }
    let first = tables.iter().position(is_result);
    for (at, table) in tables.iter_mut().enumerate() {
        let is_few = table.name.starts_with("facilities_") && table.rows.len() <= MOST_FACILITIES;
        if let Some(style) = &mut table.style
            && (Some(at) == first || first.is_some() && is_few)
        {
            style.visible = true;
        }
    }
}
