//! Departures of one line from one region into another on one day, and what a definition wants of them.

use crate::base::clock::ServiceTime;
use crate::base::idx::StopIdx;
use crate::base::units::Seconds;
use crate::base::units::Text;
use crate::base::units::trim_zeros;
use crate::model::transit::More;

/// One vehicle's way from a stop of one region to a stop of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ride {
    pub leaves: ServiceTime,
    /// From that departure to the arrival; walks to centres come on top where centres are asked for.
    pub takes_s: u32,
    pub from: StopIdx,
    pub to: StopIdx,
}

/// Departures of one service from one unit to another on one day.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Departures {
    /// Those whose times are known, by departure. Of a trip with several stops on either side it is the quickest ride.
    pub rides: Vec<Ride>,
    /// Those known by number only.
    pub untimed: f64,
    /// So many more there may be: the file gives a range.
    pub more: f64,
    /// Nobody knows how many more there are.
    pub is_open: bool,
    /// First and last departure at the line's first stop, of those known by number only; `None` where no file says.
    pub span: Option<(ServiceTime, ServiceTime)>,
    /// Some known by number only have no such span.
    pub spanless: bool,
    /// Stops between which the untimed run, the closest along the line.
    pub stops: Option<(StopIdx, StopIdx)>,
}

/// What a definition wants of the departures in each direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Needs {
    /// Least number a day, included.
    pub trips: f64,
    /// The first leaves no later, included.
    pub first_by: Option<ServiceTime>,
    /// The last leaves no earlier, included.
    pub last_from: Option<ServiceTime>,
    /// Departures that take longer do not count; the limit included.
    pub max_time: Option<Seconds>,
}

/// What departures lack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lack {
    /// Too few a day; `slow` more take longer than allowed, the quickest of them so many seconds.
    Trips {
        has: f64,
        wants: f64,
        slow: f64,
        quickest_s: Option<u32>,
    },
    FirstLate {
        first: ServiceTime,
        by: ServiceTime,
    },
    LastEarly {
        last: ServiceTime,
        from: ServiceTime,
    },
    /// No file says when the first and the last one leave.
    SpanUnknown,
    /// No file says how long they take.
    TimeUnknown,
    /// There may be enough of them: the file gives a range, or does not tell how many there are.
    TripsUnknown {
        has: f64,
        wants: f64,
    },
}

impl Lack {
    /// Whether it is not known to be lacking.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Lack::SpanUnknown | Lack::TimeUnknown | Lack::TripsUnknown { .. })
    }

    /// For readers, in numbers: `1 trip a day < 4`, `first at 07:40 after 07:00`.
    pub fn told(&self) -> Text {
        match self {
            Lack::Trips { has, wants, slow, quickest_s } => {
                let (has, wants) = (trim_zeros(*has, 2), trim_zeros(*wants, 2));
                let plural = if has == "1" { "trip" } else { "trips" };
                let (mut en, mut zh) = (format!("{has} {plural} a day < {wants}"), format!("每日 {has} 班 < {wants}"));
                if let Some(quickest) = quickest_s.filter(|_| *slow > 0.0) {
                    let (slow, minutes) = (trim_zeros(*slow, 2), minutes(quickest));
                    en.push_str(&format!(", {slow} more take {minutes} min or longer"));
                    zh.push_str(&format!("，另有 {slow} 班用时 {minutes} 分钟以上"));
                }
                Text::new(en, zh)
            }
            Lack::FirstLate { first, by } => Text::new(
                format!("first at {} after {}", first.exact(), by.exact()),
                format!("首班 {} 晚于 {}", first.exact(), by.exact()),
            ),
            Lack::LastEarly { last, from } => Text::new(
                format!("last at {} before {}", last.exact(), from.exact()),
                format!("末班 {} 早于 {}", last.exact(), from.exact()),
            ),
            Lack::SpanUnknown => Text::new("first and last departure are not known", "首末班时间不详"),
            Lack::TimeUnknown => Text::new("times on the way are not known", "行程时间不详"),
            Lack::TripsUnknown { has, .. } if *has <= 0.0 => {
                Text::new("departures a day are not known", "每日班次不详")
            }
            Lack::TripsUnknown { has, wants } => {
                let (has, wants) = (trim_zeros(*has, 2), trim_zeros(*wants, 2));
                Text::new(
                    format!("{has} or more departures a day, {wants} wanted: not known whether there are so many"),
                    format!("每日 {has} 班或更多，要求 {wants} 班，是否达到不详"),
                )
            }
        }
    }
}

/// Seconds as minutes with at most one decimal.
pub fn minutes(seconds: u32) -> String {
    trim_zeros(f64::from(seconds) / 60.0, 1)
}

impl Departures {
    /// A day, however they are known.
    pub fn trips(&self) -> f64 {
        self.rides.len() as f64 + self.untimed
    }

    /// Adds departures known by number only, and how many more of them there may be.
    pub fn add_untimed(&mut self, trips: f64, more: More) {
        self.untimed += trips;
        match more {
            More::No => {}
            More::UpTo(most) => self.more += (most - trips).max(0.0),
            More::Unknown => self.is_open = true,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rides.is_empty() && self.untimed <= 0.0 && self.more <= 0.0 && !self.is_open
    }

    /// Whether there may be `wanted` a day, as far as anybody knows.
    pub fn may_be(&self, wanted: f64) -> bool {
        self.is_open || self.trips() + self.more >= wanted
    }

    /// The first and the last known departure.
    pub fn first_and_last(&self) -> Option<(ServiceTime, ServiceTime)> {
        let timed = self.rides.first().zip(self.rides.last()).map(|(first, last)| (first.leaves, last.leaves));
        match (timed, self.span) {
            (Some(timed), Some(span)) => Some((timed.0.min(span.0), timed.1.max(span.1))),
            (timed, span) => timed.or(span),
        }
    }

    /// The quickest ride, the earliest of several.
    pub fn quickest(&self) -> Option<&Ride> {
        self.rides.iter().min_by_key(|ride| ride.takes_s)
    }

    /// What is lacking; empty when nothing is.
    pub fn lacks(&self, needs: &Needs) -> Vec<Lack> {
        let is_quick = |ride: &&Ride| needs.max_time.is_none_or(|limit| f64::from(ride.takes_s) <= limit.0);
        let fitting: Vec<&Ride> = self.rides.iter().filter(is_quick).collect();
        let mut lacks = Vec::new();
        let untimed = if needs.max_time.is_none() { self.untimed } else { 0.0 };
        let has = fitting.len() as f64 + untimed;
        if has < needs.trips {
            if has + self.untimed - untimed >= needs.trips {
                lacks.push(Lack::TimeUnknown);
            } else if self.may_be(needs.trips) && (self.is_open || self.more > 0.0) {
                lacks.push(Lack::TripsUnknown { has, wants: needs.trips });
            } else {
                let slow = (self.rides.len() - fitting.len()) as f64;
                let quickest_s = self.rides.iter().filter(|ride| !is_quick(ride)).map(|ride| ride.takes_s).min();
                lacks.push(Lack::Trips { has, wants: needs.trips, slow, quickest_s });
            }
        }
        let span = self.span.filter(|_| needs.max_time.is_none());
        let first = fitting.first().map(|ride| ride.leaves).into_iter().chain(span.map(|span| span.0)).min();
        let last = fitting.last().map(|ride| ride.leaves).into_iter().chain(span.map(|span| span.1)).max();
        // a departure that no file tells the time of might be the one
        let open = self.untimed > 0.0 && (self.spanless || needs.max_time.is_some());
        let mut is_open = false;
        if let Some(by) = needs.first_by {
            match first {
                Some(first) if first <= by => {}
                _ if open => is_open = true,
                Some(first) => lacks.push(Lack::FirstLate { first, by }),
                None => {}
            }
        }
        if let Some(from) = needs.last_from {
            match last {
                Some(last) if last >= from => {}
                _ if open => is_open = true,
                Some(last) => lacks.push(Lack::LastEarly { last, from }),
                None => {}
            }
        }
        if is_open {
            lacks.push(Lack::SpanUnknown);
        }
        lacks
    }
}
