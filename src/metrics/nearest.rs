//! Distance from each demand point to its nearest facility.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::impedance::By;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::covered_share::county;
use crate::metrics::reach::Whose;
use crate::model::region::Level;

/// Which number stands for the distances of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    #[default]
    Mean,
    Median,
    P90,
    Max,
}

/// `measure.nearest`: distance from each demand point to its nearest facility.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Nearest {
    /// Kind of facility that is to be reached.
    pub kind: String,
    /// Which statistic of the weighted distances is the figure.
    #[serde(default)]
    pub statistic: Statistic,
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

impl Metric for Nearest {
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
