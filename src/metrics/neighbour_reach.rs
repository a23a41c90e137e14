//! 毗邻县公交通达率: which neighbouring regions a bus joins, and the share of pairs that one does.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::clock::ServiceDate;
use crate::base::clock::ServiceTime;
use crate::base::units::KmPerHour;
use crate::base::units::Metres;
use crate::base::units::Seconds;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::adjacency::Rule;
use crate::metrics::departures::Needs;
use crate::metrics::neighbour_report;
pub use crate::metrics::neighbour_report::ConventionalRates;
pub use crate::metrics::neighbour_report::conventional_rates;
use crate::metrics::neighbour_survey::Survey;
use crate::model::region::Level;
use crate::model::transit::Mode;

/// When a pair counts as connected (definitions D0 to D6 of the methods page).
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
    /// D6: D1, or journeys by timetable with `transfers` changes at most.
    Journey,
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

/// Which ends of a pair must be among the regions that are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AmongEnds {
    /// One at least: the regions with all their neighbours.
    #[default]
    Either,
    /// Both: pairs inside the group.
    Both,
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
    /// The first departure in each direction leaves no later, e.g. `07:00`, included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_by: Option<ServiceTime>,
    /// The last departure in each direction leaves no earlier, e.g. `18:00`, included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_from: Option<ServiceTime>,
    /// Departures count that take no longer, included: from the best stop to the best stop, or from centre to centre under
    /// definition `centre`; waits at changes are part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_time: Option<Seconds>,
    /// Further days on which the pair must be connected too, beside that of the timetable: a Saturday, a school holiday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<ServiceDate>,
    /// A stop counts in a region that it lies so near to, included, when the line's other stop lies in the other region.
    pub border_walk: Metres,
    /// Changes that a passenger may have to make: 0, 1 or 2. By timetable (definition `journey`) where there is one, else one change
    /// on foot across the border (definition `transfer`).
    pub transfers: u8,
    /// When a pair counts as connected.
    pub definition: Definition,
    pub scope: Scope,
    /// Codes of regions, or their beginnings: only pairs with such a region at an end are there for the headline; empty is all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub among: Vec<String>,
    /// Whether one end is enough.
    pub among_ends: AmongEnds,
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
    /// Definitions `transfer` and `journey`: longest walk between two stops, included.
    pub transfer_walk: Metres,
    /// Longest wait at a change by timetable, included.
    pub max_wait: Seconds,
    /// Speed of walks at changes and to centres.
    pub walk_speed: KmPerHour,
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
            among: Vec::new(),
            among_ends: AmongEnds::Either,
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
            first_by: None,
            last_from: None,
            max_time: None,
            on: Vec::new(),
            border_walk: Metres(0.0),
            max_wait: Seconds(1800.0),
            walk_speed: KmPerHour(5.0),
        }
    }
}

impl NeighbourReach {
    /// The definition of the headline without a timetable: `transfers = 1` asks for [`Definition::Transfer`].
    pub fn effective_definition(&self) -> Definition {
        if self.transfers > 0 && self.definition == Definition::Direct { Definition::Transfer } else { self.definition }
    }

    /// What is wanted of the departures in each direction.
    pub fn needs(&self) -> Needs {
        Needs {
            trips: self.min_trips_per_day,
            first_by: self.first_by,
            last_from: self.last_from,
            max_time: self.max_time,
        }
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
        if self.transfers > 2 {
            return wrong("transfers", format!("{} is not offered; write 0, 1 or 2", self.transfers));
        }
        if self.transfers > 0
            && matches!(self.definition, Definition::Geometry | Definition::Deep | Definition::Declared)
        {
            let what = format!(
                "{} goes with definition \"direct\", \"transfer\", \"journey\" or \"centre\" only",
                self.transfers
            );
            return wrong("transfers", what);
        }
        if self.definition == Definition::Journey && self.transfers == 0 {
            return wrong("definition", "\"journey\" needs transfers = 1 or 2".to_owned());
        }
        if let (Some(first), Some(last)) = (self.first_by, self.last_from)
            && last < first
        {
            return wrong("last-from", format!("{} is before first-by, {}", last.exact(), first.exact()));
        }
        if self.walk_speed.0 <= 0.0 {
            return wrong("walk-speed", "nobody gets anywhere at no speed; write for example \"5 km/h\"".to_owned());
        }
        if self.definition == Definition::Centre && self.centre_kind.is_none() {
            return wrong(
                "definition",
                "\"centre\" needs centre-kind, the facility kind that marks a centre".to_owned(),
            );
        }
        if self.among_ends == AmongEnds::Both && self.among.is_empty() {
            return wrong("among-ends", "goes with among = [\"code\", …] only".to_owned());
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
