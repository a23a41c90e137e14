//! What `nearest` and `covered-share` have in common: who is to reach what, weighed how, and how it rolls up.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::impedance::By;
use crate::model::region::Level;

/// Whose facilities count for a demand point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// Any facility, whatever border lies between.
    #[default]
    Any,
    /// Only facilities in the same region of `whose-level`.
    SameRegion,
    /// Only facilities in another region of `whose-level`.
    OtherRegion,
}

/// Who is to reach what, and how it is weighed.
#[derive(Debug, Clone, PartialEq)]
pub struct Question<'a> {
    pub kind: &'a str,
    pub demand: Option<&'a str>,
    pub weight: Option<&'a str>,
    pub by: By,
    pub whose: Whose,
    pub whose_level: Level,
}
