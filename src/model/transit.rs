//! Stops and services, as a plain route table knows them.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::clock::ServiceTime;
use crate::base::idx::StopIdx;
use crate::model::place::Place;

/// What runs on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// City, rural, town–village and neighbour bus, and coach lines run as buses (班线公交化).
    Bus,
    /// Ordinary coach (班车).
    Coach,
    Metro,
    Rail,
    Ferry,
    OnDemand,
    SchoolBus,
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Mode, String> {
        Ok(match text.trim().to_lowercase().as_str() {
            "bus" | "公交" | "城市公交" | "城乡公交" | "镇村公交" | "毗邻公交" | "班线公交化" => {
                Mode::Bus
            }
            "coach" | "班车" | "班线" | "长途客运" => Mode::Coach,
            "metro" | "subway" | "地铁" | "轨道交通" => Mode::Metro,
            "rail" | "铁路" | "城际" | "市域铁路" => Mode::Rail,
            "ferry" | "轮渡" => Mode::Ferry,
            "on-demand" | "定制公交" | "需求响应" => Mode::OnDemand,
            "school-bus" | "校车" => Mode::SchoolBus,
            _ => {
                return Err(format!(
                    "unknown mode \"{text}\"; write bus, coach, metro, rail, ferry, on-demand or school-bus"
                ));
            }
        })
    }
}

/// A place where a service can be boarded and left.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// From the file; stops with one id are one stop.
    pub id: String,
    pub name: String,
    pub at: Place,
    /// The region code that the file itself gives; it wins over geometry near a border.
    pub declared_region: Option<String>,
}

/// One line that passengers know by one name, with all its directions.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    pub id: String,
    pub name: String,
    pub mode: Mode,
    pub patterns: Vec<Pattern>,
    pub synthetic: bool,
}

/// One direction of a service: stops in the order in which they are called at.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    pub direction: String,
    pub stops: Vec<StopIdx>,
    /// Departures a day on an ordinary day.
    pub trips_per_day: f64,
    /// The same stops are called at in the reverse order with as many trips.
    pub both_ways: bool,
    pub first: Option<ServiceTime>,
    pub last: Option<ServiceTime>,
    pub headway_min: Option<f64>,
}

/// All stops and services of a study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Transit {
    pub stops: Vec<Stop>,
    pub services: Vec<Service>,
    /// Regions (by code prefix) for which the file claims to hold every service: where there is none, there is none.
    /// For all others, no service means no data. An empty prefix claims all.
    pub complete_for: Vec<String>,
}

impl Transit {
    /// Whether the data claims to be complete for the region with `code`.
    pub fn is_complete_for(&self, code: &str) -> bool {
        self.complete_for.iter().any(|prefix| code.starts_with(prefix.as_str()))
    }

    /// The stop at an index.
    pub fn stop(&self, idx: StopIdx) -> &Stop {
        &self.stops[idx.at()]
    }
}
