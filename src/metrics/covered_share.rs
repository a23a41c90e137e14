//! Share of demand within a distance of a facility.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::units::Metres;
use crate::impedance::By;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::reach::Whose;
use crate::model::region::Level;

/// `measure.covered-share`: share of demand within a distance of a facility, the distance itself included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CoveredShare {
    /// Kind of facility that is to be reached.
    pub kind: String,
    /// The distance; at exactly this distance a point is covered.
    pub within: Metres,
    /// How distance is measured.
    #[serde(default)]
    pub by: By,
    /// The demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// What to weigh by: `people`, `count`, or another group of the demand layer. May be left out only when the layer has
    /// `people`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Whose facilities count.
    #[serde(default)]
    pub whose: Whose,
    /// The level that `whose` speaks of.
    #[serde(default = "county")]
    pub whose_level: Level,
}

pub(crate) fn county() -> Level {
    Level::County
}

impl Metric for CoveredShare {
    fn measure(&self, _: &Context<'_>) -> Result<Output, MetricError> {
        Ok(Output::default())
    }

    fn kinds(&self) -> Vec<&str> {
        vec![&self.kind]
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
