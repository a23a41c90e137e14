//! How people travel by timetable: when, how far they walk, how often they change.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::clock::ServiceDate;
use crate::base::clock::ServiceTime;
use crate::base::units::KmPerHour;
use crate::base::units::Limit;
use crate::base::units::Metres;
use crate::model::transit::Mode;

/// How long one waits for a vehicle of which only the headway is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// Not at all: the bound below.
    Best,
    /// Half the headway.
    #[default]
    Mean,
    /// The whole headway: the bound above.
    Worst,
}

impl Wait {
    /// Seconds of waiting at a headway, half seconds up.
    pub fn seconds(self, headway_s: u32) -> u32 {
        match self {
            Wait::Best => 0,
            Wait::Mean => headway_s.div_ceil(2),
            Wait::Worst => headway_s,
        }
    }
}

/// Which end of the way the clock of the window hangs at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// One leaves at every minute of the window, and is there as early as can be.
    #[default]
    DepartAt,
    /// One is there by every minute of the window, and leaves as late as can be.
    ArriveBy,
}

/// When and how one travels.
#[derive(Debug, Clone, PartialEq)]
pub struct Travel {
    /// The service day; `None` takes that of the timetables, see [`Transit::date`](crate::model::transit::Transit::date).
    pub date: Option<ServiceDate>,
    /// The window holds one minute after another from here …
    pub from: ServiceTime,
    /// … so many of them, at least one.
    pub minutes: u32,
    pub clock: Clock,
    /// Which of the times over the window stands for all, from 0 to 100: the nearest-rank percentile.
    pub percentile: f64,
    /// Longest time that is looked for, seconds, itself included; at most 18 hours.
    pub longest_s: u32,
    /// Longest walk to a stop, between stops and from a stop. A length is taken for the time that it takes at walking speed.
    pub max_walk: Limit,
    /// Walking speed where there are no streets; on streets they say.
    pub walk_speed: KmPerHour,
    /// How many times longer than the straight line a walk is, where there are no streets.
    pub walk_detour: f64,
    /// How often one changes at most.
    pub transfers: u8,
    /// Least seconds between getting off and on, beside the walk; where a feed gives a time for the change that holds instead.
    pub change_s: u32,
    /// What counts.
    pub modes: Vec<Mode>,
    pub wait: Wait,
    /// Speed of lines that give no times, stops included.
    pub line_speed: KmPerHour,
    /// How many times longer than the straight line the way between two stops of such a line is.
    pub line_detour: f64,
    /// First and last departure of lines that give none.
    pub line_hours: (ServiceTime, ServiceTime),
}

impl Default for Travel {
    fn default() -> Travel {
        Travel {
            date: None,
            from: ServiceTime(8 * 3600),
            minutes: 60,
            clock: Clock::DepartAt,
            percentile: 50.0,
            longest_s: 2 * 3600,
            max_walk: Limit::Length(Metres(1000.0)),
            walk_speed: KmPerHour(5.0),
            walk_detour: 1.3,
            transfers: 3,
            change_s: 60,
            modes: Mode::FOR_ALL.to_vec(),
            wait: Wait::Mean,
            line_speed: KmPerHour(20.0),
            line_detour: 1.3,
            line_hours: (ServiceTime(6 * 3600 + 1800), ServiceTime(18 * 3600 + 1800)),
        }
    }
}
