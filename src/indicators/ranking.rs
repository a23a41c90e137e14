//! How many promises each region keeps, and its place among the others: what is not known makes a range of places, never a lower one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::indicators::scorecard::Row;
use crate::indicators::target::Origin;
use crate::indicators::verdict::Status;
use crate::indicators::verdict::Verdict;
use crate::model::region::Level;

/// A region among those of its level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranked {
    pub level: Level,
    pub code: String,
    pub name: String,
    /// Targets with a figure for the region, or without data there; not applicable ones are left out.
    pub targets: u64,
    pub met: u64,
    pub missed: u64,
    /// Of those missed, how many are close.
    pub close: u64,
    pub no_data: u64,
    /// Targets that do not apply to the region.
    pub not_applicable: u64,
    /// The best place that the region can have among its level, and the worst, whatever the data that is missing says. `None` for a region that no
    /// target applies to.
    pub places: Option<(u64, u64)>,
    /// Any of its verdicts rests on made-up data.
    pub synthetic: bool,
}

impl Ranked {
    /// Shares of targets met in lowest terms of the cross product: met for certain, and met if all that is unknown were.
    fn range(&self) -> Option<((u64, u64), (u64, u64))> {
        (self.targets > 0).then_some(((self.met, self.targets), (self.met + self.no_data, self.targets)))
    }
}

/// Whether share `x` is larger than share `y`.
fn above(x: (u64, u64), y: (u64, u64)) -> bool {
    u128::from(x.0) * u128::from(y.1) > u128::from(y.0) * u128::from(x.1)
}

/// The indicators whose targets count: the plan's own, or all where no target says that it is the plan's.
fn promises(rows: &[Row]) -> impl Iterator<Item = &Row> {
    let is_plan = |row: &&Row| {
        let origin = row.target.as_ref().and_then(|target| target.origin);
        origin.is_some_and(Origin::is_plan)
    };
    let has_plan = rows.iter().any(|row| is_plan(&row));
    rows.iter().filter(move |row| row.target.is_some() && (!has_plan || is_plan(row)))
}

/// All regions of which an indicator with a target has a figure: by level, the largest first; within a level by the share of targets that are met
/// for certain, then by the share that may be, then by code.
///
/// A region's best place is 1 more than the regions that meet a larger share of their targets for certain than it may meet; its worst, than those
/// that may meet a larger share than it does for certain. Regions with equal shares share a place. Each indicator counts the same. Where some
/// targets are the plan's own numbers or words, only these count: what others ask for is no promise of the plan.
pub fn ranking(rows: &[Row]) -> Vec<Ranked> {
    let mut found: BTreeMap<(Level, &str), Ranked> = BTreeMap::new();
    for row in promises(rows) {
        for region in &row.regions {
            let one = found.entry((region.level, &region.code)).or_insert_with(|| Ranked {
                level: region.level,
                code: region.code.clone(),
                name: region.name.clone(),
                targets: 0,
                met: 0,
                missed: 0,
                close: 0,
                no_data: 0,
                not_applicable: 0,
                places: None,
                synthetic: false,
            });
            let count = match region.verdict {
                Verdict::Met => &mut one.met,
                Verdict::Missed => &mut one.missed,
                Verdict::NoData => &mut one.no_data,
                Verdict::NotApplicable | Verdict::NoTarget => &mut one.not_applicable,
            };
            *count += 1;
            if matches!(region.verdict, Verdict::Met | Verdict::Missed | Verdict::NoData) {
                one.targets += 1;
                one.synthetic |= row.synthetic;
            }
            one.close += u64::from(region.status == Status::Close);
        }
    }
    let mut ranked: Vec<Ranked> = found.into_values().collect();
    let places: Vec<Option<(u64, u64)>> = ranked
        .iter()
        .map(|one| {
            let (low, high) = one.range()?;
            let others = || ranked.iter().filter(|other| other.level == one.level && other.code != one.code);
            let ranges = || others().filter_map(Ranked::range);
            let better_for_certain = ranges().filter(|(other_low, _)| above(*other_low, high)).count();
            let perhaps_better = ranges().filter(|(_, other_high)| above(*other_high, low)).count();
            Some((better_for_certain as u64 + 1, perhaps_better as u64 + 1))
        })
        .collect();
    for (one, places) in ranked.iter_mut().zip(places) {
        one.places = places;
    }
    let none = ((0, 1), (0, 1));
    ranked.sort_by(|x, y| {
        let ((x_low, x_high), (y_low, y_high)) = (x.range().unwrap_or(none), y.range().unwrap_or(none));
        let larger = |x, y| above(y, x).cmp(&above(x, y));
        x.level
            .cmp(&y.level)
            .then(y.range().is_some().cmp(&x.range().is_some()))
            .then(larger(x_low, y_low))
            .then(larger(x_high, y_high))
            .then(x.code.cmp(&y.code))
    });
    ranked
}

/// The level whose ranking is shown first: counties where they are ranked, else the smallest level.
pub fn shown_level(ranking: &[Ranked]) -> Option<Level> {
    let levels = || ranking.iter().map(|one| one.level);
    levels().find(|level| *level == Level::County).or_else(|| levels().max())
}
