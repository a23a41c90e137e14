//! A scenario: the study with a patch, and how much of each change comes from which group of changes.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::app::run;
use crate::app::run::Finished;
use crate::app::run::RunError;
use crate::app::run::RunOptions;
use crate::base::progress::Progress;
use crate::config::scenario::Scenario;
use crate::indicators::scorecard::Row;
use crate::indicators::scorecard::ScenarioRow;
use crate::indicators::scorecard::Scorecard;
use crate::indicators::split::Group;
use crate::indicators::split::SplitRow;
use crate::io::read::Kept;

/// Whether the changes of figures are split among the groups of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    No,
    /// Every figure is measured once for each choice of groups: 2^k times for k groups that change anything.
    Yes,
}

/// Runs a study with the changes of a scenario.
/// # Errors
/// As [`run::run`]; a patch that names what the study does not have is a [`RunError::Config`] or a [`RunError::Ingest`].
pub fn run(
    scenario: &Scenario,
    split: Split,
    options: RunOptions<'_>,
    progress: &dyn Progress,
) -> Result<Finished, RunError> {
    let _kept = Kept::begin();
    let plan = scenario.plan()?;
    let mut measured = run::measure(&plan, progress)?;
    if split == Split::Yes {
        let rows = rows(scenario, &measured.card, progress)?;
        if let Some(row) = &mut measured.card.scenario {
            row.split = rows;
        }
    }
    run::finish(&plan, measured, options, progress)
}

/// The split of every indicator's change; `whole` is the scorecard with all changes.
fn rows(scenario: &Scenario, whole: &Scorecard, progress: &dyn Progress) -> Result<Vec<SplitRow>, RunError> {
    let told = |row: &ScenarioRow, group: Group| row.changes.iter().any(|one| one.group == group && one.has_effect);
    let has_effect = |group: &Group| whole.scenario.as_ref().is_some_and(|row| told(row, *group));
    let groups: Vec<Group> = scenario.groups()?.into_iter().filter(has_effect).collect();
    let all = (1usize << groups.len()) - 1;
    let mut figures: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
    for set in 0..=all {
        let chosen: BTreeSet<Group> =
            groups.iter().enumerate().filter(|(nth, _)| set & (1 << nth) != 0).map(|(_, group)| *group).collect();
        let measured = match set == all {
            true => None,
            false => Some(run::measure(&scenario.with(&chosen)?, progress)?.card),
        };
        for row in &measured.as_ref().unwrap_or(whole).indicators {
            let value = row.figure.value.filter(|_| row.figure.least.is_none());
            if let Some(of_whole) = whole.indicators.iter().find(|one| one.id == row.id) {
                figures.entry(&of_whole.id).or_default().push(value);
            }
        }
    }
    let row = |row: &Row| {
        let figures = figures.get(row.id.as_str()).map_or(&[][..], Vec::as_slice);
        SplitRow::new(&row.id, &row.title, row.figure.unit, &groups, figures)
    };
    Ok(whole.indicators.iter().map(row).collect())
}
