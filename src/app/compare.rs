//! Two runs side by side: verdicts, figures and evidence that differ.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::units::Text;
use crate::indicators::scorecard::EvidenceRow;
use crate::indicators::scorecard::Row;
use crate::indicators::scorecard::Scorecard;
use crate::indicators::verdict::Verdict;

/// How two runs differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub before: Text,
    pub after: Text,
    pub indicators: Vec<IndicatorChange>,
    /// Ids that only one of the runs has.
    pub only_before: Vec<String>,
    pub only_after: Vec<String>,
}

/// How one indicator differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndicatorChange {
    pub id: String,
    pub title: Text,
    pub verdict: (Verdict, Verdict),
    /// Figures as texts, and after minus before in the figure's unit.
    pub figure: (String, String),
    pub difference: Option<f64>,
    /// Evidence whose outcome differs, by key.
    pub evidence: Vec<EvidenceChange>,
}

/// One piece of evidence that differs; `None` where a run does not have it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceChange {
    pub key: String,
    pub before: Option<String>,
    pub after: Option<String>,
    /// Who it is about, from whichever run has it.
    pub text: Text,
}

/// How `after` differs from `before`, indicator by indicator.
pub fn compare(before: &Scorecard, after: &Scorecard) -> Comparison {
    let ids = |card: &Scorecard| card.indicators.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    let (had, has) = (ids(before), ids(after));
    Comparison {
        before: before.title.clone(),
        after: after.title.clone(),
        indicators: before
            .indicators
            .iter()
            .filter_map(|row| Some((row, after.indicators.iter().find(|other| other.id == row.id)?)))
            .map(|(row, other)| change(row, other))
            .collect(),
        only_before: had.iter().filter(|id| !has.contains(id)).cloned().collect(),
        only_after: has.iter().filter(|id| !had.contains(id)).cloned().collect(),
    }
}

fn change(before: &Row, after: &Row) -> IndicatorChange {
    let index = |row: &Row| -> BTreeMap<String, EvidenceRow> {
        row.evidence.iter().map(|evidence| (evidence.key.clone(), evidence.clone())).collect()
    };
    let (had, has) = (index(before), index(after));
    let mut keys: Vec<&String> = had.keys().chain(has.keys()).collect();
    keys.sort();
    keys.dedup();
    let evidence = keys
        .into_iter()
        .filter_map(|key| {
            let (x, y) = (had.get(key), has.get(key));
            let state = |row: Option<&EvidenceRow>| row.map(|row| row.state.clone());
            if state(x) == state(y) {
                return None;
            }
            Some(EvidenceChange {
                key: key.clone(),
                before: state(x),
                after: state(y),
                text: x.or(y).map(|row| row.text.clone()).unwrap_or_default(),
            })
        })
        .collect();
    IndicatorChange {
        id: before.id.clone(),
        title: before.title.clone(),
        verdict: (before.verdict, after.verdict),
        figure: (before.figure.text.clone(), after.figure.text.clone()),
        difference: before.figure.value.zip(after.figure.value).map(|(x, y)| y - x),
        evidence,
    }
}
