//! What a plan promises and nothing here can measure: it stays on the scorecard, without data and with the reason.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;

/// `measure.unmeasured`: a promise without a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unmeasured {
    /// The unit that its figure would have.
    pub unit: FigureUnit,
}

impl Metric for Unmeasured {
    fn measure(&self, _: &Context<'_>) -> Result<Output, MetricError> {
        let headline = Figure::no_data(self.unit, "there is no metric for this yet", "暂无量测该指标的方法");
        Ok(Output { headline, ..Output::default() })
    }
}
