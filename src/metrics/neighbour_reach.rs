//! 毗邻县公交通达率: which neighbouring regions a bus joins, and the share of pairs that one does.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::units::Metres;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::adjacency::Rule;
use crate::metrics::neighbour_report;
pub use crate::metrics::neighbour_report::ConventionalRates;
pub use crate::metrics::neighbour_report::conventional_rates;
use crate::metrics::neighbour_survey::Survey;
use crate::model::region::Level;
use crate::model::transit::Mode;

/// When a pair counts as connected (definitions D0 to D5 of the methods page).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Definition {
    /// D0: a line's path runs through both regions, whether or not it stops.
    Geometry,
    /// D1: one line, without change, with a stop in each.
    #[default]
    Direct,
    /// D2: D1 with more trips and with stops well inside.
    Deep,
    /// D3: D1 with stops near a named centre on both sides.
    Centre,
    /// D4: D1, or two lines whose stops lie within walking distance across the border.
    Transfer,
    /// D5: the pair stands in the bureau's own ledger.
    Declared,
}

/// Which pairs the headline counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Both regions in one province.
    #[default]
    WithinProvince,
    /// Regions of two provinces.
    AcrossProvinces,
    All,
}

/// Which rate the target judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rate {
    /// Connected pairs over pairs.
    #[default]
    Pairs,
    /// Regions whose every neighbour is reached over regions that have neighbours.
    Regions,
}

/// What kind of contact makes neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContactRule {
    /// At least `min-border` of shared border (rook contact).
    #[default]
    Border,
    /// Any contact within the tolerance, a point too (queen contact).
    Point,
}

/// What becomes of a pair whose border lies in water.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaterRule {
    /// Not neighbours when less than `min-border` of the border is on land; needs `study.water`.
    #[default]
    Exclude,
    /// Water makes no difference.
    Include,
}

/// Which regions count as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnitMerge {
    /// Every region for itself.
    #[default]
    None,
    /// The districts of one city are one unit.
    CityProper,
}

/// `measure.neighbour-reach`: share of neighbouring pairs of regions that a bus joins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct NeighbourReach {
    /// Level of the regions.
    pub level: Level,
    /// Least shared border of neighbours; must exceed four times the tolerance.
    pub min_border: Metres,
    /// How far apart two outlines of one border may run.
    pub tolerance: Metres,
    /// Least departures a day in each direction, the number itself included.
    pub min_trips_per_day: f64,
    /// Changes that a passenger may have to make: 0, or 1 for a change on foot across the border (definition `transfer`).
    pub transfers: u8,
    /// When a pair counts as connected.
    pub definition: Definition,
    pub scope: Scope,
    /// Which rate the target judges.
    pub judge: Rate,
    pub contact: ContactRule,
    pub water: WaterRule,
    pub unit_merge: UnitMerge,
    /// Modes that count as bus.
    pub modes: Vec<Mode>,
    /// Definition `deep`: least departures a day in each direction.
    pub deep_trips_per_day: f64,
    /// Definition `deep`: least distance of the stops from the border of their region.
    pub deep_inside: Metres,
    /// Definition `centre`: kind of facility that marks a centre, e.g. `county-seat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub centre_kind: Option<String>,
    /// Definition `centre`: farthest distance of a stop from a centre, included.
    pub centre_within: Metres,
    /// Definition `transfer`: longest walk between two stops, included.
    pub transfer_walk: Metres,
}

impl Default for NeighbourReach {
    fn default() -> NeighbourReach {
        NeighbourReach {
            level: Level::County,
            min_border: Metres(500.0),
            tolerance: Metres(50.0),
            min_trips_per_day: 1.0,
            transfers: 0,
            definition: Definition::Direct,
            scope: Scope::WithinProvince,
            judge: Rate::Pairs,
            contact: ContactRule::Border,
            water: WaterRule::Exclude,
            unit_merge: UnitMerge::None,
            modes: vec![Mode::Bus],
            deep_trips_per_day: 2.0,
            deep_inside: Metres(100.0),
            centre_kind: None,
            centre_within: Metres(1000.0),
            transfer_walk: Metres(500.0),
        }
    }
}

impl NeighbourReach {
    /// The definition of the headline: `transfers = 1` asks for [`Definition::Transfer`].
    pub fn effective_definition(&self) -> Definition {
        if self.transfers > 0 && self.definition == Definition::Direct { Definition::Transfer } else { self.definition }
    }

    /// The neighbour rule.
    pub fn rule(&self) -> Rule {
        Rule {
            min_border_m: self.min_border.0,
            tolerance_m: self.tolerance.0,
            point_contact: self.contact == ContactRule::Point,
            exclude_water: self.water == WaterRule::Exclude,
        }
    }
}

impl Metric for NeighbourReach {
    fn check(&self) -> Result<(), MetricError> {
        let wrong = |key, what: String| Err(MetricError::Parameter { key, what });
        if self.contact == ContactRule::Border && self.min_border.0 <= 4.0 * self.tolerance.0 {
            return wrong(
                "min-border",
                format!(
                    "{} must exceed four times the tolerance ({}): outlines that meet in one point already run within the \
                     tolerance of each other for twice its length",
                    self.min_border, self.tolerance
                ),
            );
        }
        if self.transfers > 1 {
            return wrong("transfers", format!("{} is not offered; write 0 or 1", self.transfers));
        }
        if self.transfers == 1 && !matches!(self.definition, Definition::Direct | Definition::Transfer) {
            return wrong("transfers", "1 goes with definition \"direct\" or \"transfer\" only".to_owned());
        }
        if self.definition == Definition::Centre && self.centre_kind.is_none() {
            return wrong(
                "definition",
                "\"centre\" needs centre-kind, the facility kind that marks a centre".to_owned(),
            );
        }
        if self.modes.is_empty() {
            return wrong("modes", "names no mode; write for example [\"bus\"]".to_owned());
        }
        for (key, trips) in
            [("min-trips-per-day", self.min_trips_per_day), ("deep-trips-per-day", self.deep_trips_per_day)]
        {
            if !trips.is_finite() || trips <= 0.0 {
                return wrong(key, format!("{trips} is not a number of departures; write 1 or more"));
            }
        }
        Ok(())
    }

    fn kinds(&self) -> Vec<&str> {
        self.centre_kind.as_deref().into_iter().collect()
    }

    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.check()?;
        let survey = Survey::new(context.study, self)?;
        Ok(neighbour_report::output(&survey, context))
    }
}
