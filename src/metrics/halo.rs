//! What may lie beyond the end of the streets: points that a facility outside might reach are counted, and their regions named.
//!
//! The streets end at the rectangle around all of them, a cost surface at that of its cells. A way that leaves it is at least as long as the straight line to it, and no faster than the
//! fastest street. So a point can be understated only when it is nearer to that end than the limit, or than its own facility.

use std::collections::BTreeSet;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::same::is_within;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::fixed;
use crate::impedance::By;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::reach::Ground;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;

/// Regions that a sentence names.
const NAMED: usize = 5;

/// Points whose answer a facility beyond the end of the streets might change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Halo {
    pub points: Vec<usize>,
    pub weight: Weight,
    /// Names of the points' regions, in the order of their codes.
    regions: Vec<String>,
    limit: Option<String>,
    is_surface: bool,
}

/// The judged points that are not within `limit` (included) and nearer than it to the end of the streets; without a limit, those that are
/// nearer to it than to their facility. `None` where there are no streets to end, or no such point.
pub(crate) fn halo(reach: &Reach<'_>, limit: Option<f64>) -> Option<Halo> {
    // a vehicle may leave the streets and come back
    if reach.by == By::Transit {
        return None;
    }
    let Ground { extent: [west, south, east, north], top_speed } = reach.ground()?;
    let points: Vec<usize> = reach
        .judged
        .iter()
        .copied()
        .filter(|at| {
            let Some(place) = reach.layer.at[*at] else { return false };
            let (x, y) = (place.xy.x, place.xy.y);
            let end_m = (x - west).min(east - x).min(y - south).min(north - y).max(0.0);
            let end = match reach.unit {
                CostUnit::Metres => end_m,
                CostUnit::Seconds => top_speed.seconds(end_m),
            };
            match (reach.reached(*at), limit) {
                (Reached::At(_, cost), Some(limit)) => !is_within(cost, limit) && end <= limit,
                (Reached::NoFacility, Some(limit)) => end <= limit,
                (Reached::At(_, cost), None) => end < cost,
                (Reached::NoFacility, None) => true,
                (Reached::NoPlace | Reached::OffStreets | Reached::AtMost(_), _) => false,
            }
        })
        .collect();
    if points.is_empty() {
        return None;
    }
    let homes: BTreeSet<(&str, &str)> = points
        .iter()
        .filter_map(|at| reach.layer.home[*at])
        .map(|home| reach.study.regions.get(home))
        .map(|region| (region.code.as_str(), region.name.as_str()))
        .collect();
    Some(Halo {
        weight: points.iter().map(|at| reach.weight(*at)).sum(),
        regions: homes.into_iter().map(|(_, name)| name.to_owned()).collect(),
        limit: limit.map(|limit| reach.unit.shown(limit)),
        is_surface: reach.by == By::Surface,
        points,
    })
}

impl Halo {
    /// In a sentence; `whole` is the weight that the figure rests on.
    pub fn told(&self, whole: f64) -> Text {
        let (count, weight) = (self.points.len(), self.weight);
        let more = self.regions.len().saturating_sub(NAMED);
        let named = self.regions[..self.regions.len().min(NAMED)].join(", ");
        let (etc_en, etc_zh) = if more > 0 {
            (format!(" and {more} more"), format!("等{}个区域", self.regions.len()))
        } else {
            Default::default()
        };
        let (ends_en, end_zh) = match self.is_surface {
            true => ("the cost surface ends", "成本面边缘"),
            false => ("the streets end", "路网边缘"),
        };
        match &self.limit {
            Some(limit) => {
                let share = if whole > 0.0 { (self.weight.to_f64() / whole * 1000.0).ceil() / 10.0 } else { 0.0 };
                let share = fixed(share, 1);
                Text::new(
                    format!(
                        "{ends_en} within {limit} of {count} points out of reach ({weight}): facilities beyond might reach them, and the \
                         share be up to {share} points higher; in {named}{etc_en}"
                    ),
                    format!(
                        "{count}个未覆盖的点（{weight}）距{end_zh}不足{limit}，其外的设施可能覆盖它们，覆盖率至多可再高{share}个百分点；涉及{named}{etc_zh}"
                    ),
                )
            }
            None => Text::new(
                format!(
                    "{ends_en} nearer than the facility of {count} points ({weight}): a nearer one may lie beyond, and the figure be \
                     overstated; in {named}{etc_en}"
                ),
                format!(
                    "{count}个点（{weight}）距{end_zh}比距设施更近，其外或有更近的设施，数值可能偏大；涉及{named}{etc_zh}"
                ),
            ),
        }
    }

    /// As an issue of the run.
    pub fn issue(&self, source: &str, whole: f64) -> Issue {
        Issue::new(
            Severity::Warning,
            if self.is_surface { "beyond-surface" } else { "beyond-streets" },
            source,
            self.told(whole).en,
        )
    }
}
