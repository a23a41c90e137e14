//! What runs on one day, and what is known of it: by timetable, by a route table, or by an assumption.

use std::collections::BTreeSet;

use crate::base::clock::ServiceDate;
use crate::base::clock::ServiceTime;
use crate::base::idx::ServiceIdx;
use crate::base::units::Text;
use crate::model::transit::Frequency;
use crate::model::transit::Pattern;
use crate::model::transit::Service;
use crate::model::transit::Transit;
use crate::model::transit::Trip;

/// What the departures of a service are known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Trips or headways of a calendar.
    Timetable,
    /// A table that gives departures a day, the same every day.
    RouteTable,
    /// Departures a day that the config assumes because the file does not give them.
    Assumed,
}

impl Source {
    /// A short fixed word.
    pub fn word(self) -> &'static str {
        match self {
            Source::Timetable => "timetable",
            Source::RouteTable => "route-table",
            Source::Assumed => "assumed",
        }
    }

    /// For readers.
    pub fn title(self) -> Text {
        match self {
            Source::Timetable => Text::new("timetable", "时刻表"),
            Source::RouteTable => Text::new("route table", "线路表"),
            Source::Assumed => Text::new("assumed trips", "假定班次"),
        }
    }
}

/// One day of all feeds. A trip belongs to the day of its calendar, after midnight too.
#[derive(Debug, Clone)]
pub struct ServiceDay<'a> {
    pub transit: &'a Transit,
    /// `None` where there is no timetable: an ordinary day.
    pub date: Option<ServiceDate>,
    /// By calendar.
    runs: Vec<bool>,
    /// By feed: whether anything runs on the day.
    feed_runs: Vec<bool>,
}

impl<'a> ServiceDay<'a> {
    /// The day of a date. Calendars run by it; a route table runs every day.
    pub fn new(transit: &'a Transit, date: Option<ServiceDate>) -> ServiceDay<'a> {
        let runs = transit.calendars.iter().map(|calendar| date.is_some_and(|date| calendar.runs_on(date))).collect();
        let all = || transit.services.iter().chain(&transit.withdrawn);
        let feeds = all().map(|service| service.feed.at() + 1).max().unwrap_or(0);
        let mut day = ServiceDay { transit, date, runs, feed_runs: vec![false; feeds] };
        for service in all() {
            let at = service.feed.at();
            day.feed_runs[at] = day.feed_runs[at] || service.patterns.iter().any(|pattern| day.runs(pattern));
        }
        day
    }

    fn runs(&self, pattern: &Pattern) -> bool {
        !self.is_dated(pattern) || self.trips(pattern).next().is_some() || self.frequencies(pattern).next().is_some()
    }

    /// Whether a pattern's departures are those of a calendar.
    pub fn is_dated(&self, pattern: &Pattern) -> bool {
        self.date.is_some()
            && (!pattern.trips.is_empty() || pattern.frequencies.iter().any(|runs| runs.calendar.is_some()))
    }

    /// The runs of single vehicles over a pattern on the day.
    pub fn trips<'p>(&self, pattern: &'p Pattern) -> impl Iterator<Item = &'p Trip> {
        let runs = |trip: &&Trip| self.runs.get(trip.calendar.at()).copied().unwrap_or(false);
        pattern.trips.iter().filter(runs)
    }

    /// The headways of a pattern on the day.
    pub fn frequencies<'p>(&self, pattern: &'p Pattern) -> impl Iterator<Item = &'p Frequency> {
        let runs = |one: &&Frequency| {
            one.calendar.is_none_or(|calendar| self.runs.get(calendar.at()).copied().unwrap_or(false))
        };
        pattern.frequencies.iter().filter(runs)
    }

    /// Departures a day in the order of the stops.
    pub fn trips_per_day(&self, pattern: &Pattern) -> f64 {
        if !self.is_dated(pattern) {
            return pattern.trips_per_day;
        }
        let by_headway: usize = self.frequencies(pattern).map(|runs| departures(runs).count()).sum();
        (self.trips(pattern).count() + by_headway) as f64
    }

    /// Whether anything is known of a service on the day: its feed has service on it.
    pub fn knows(&self, service: &Service) -> bool {
        self.feed_runs.get(service.feed.at()).copied().unwrap_or(false)
    }

    /// Whether single vehicles of a service are known by their times on the day.
    pub fn is_timed(&self, service: &Service) -> bool {
        self.date.is_some() && service.patterns.iter().any(|pattern| self.trips(pattern).next().is_some())
    }

    /// What the departures of a service are known by.
    pub fn source(&self, service: ServiceIdx) -> Source {
        if self.transit.assumed.binary_search(&service).is_ok() {
            Source::Assumed
        } else if self.transit.services[service.at()].patterns.iter().any(|pattern| self.is_dated(pattern)) {
            Source::Timetable
        } else {
            Source::RouteTable
        }
    }

    /// Feeds of a source that have services of it, by name, in the order of the feeds.
    pub fn feeds_of(&self, source: Source) -> Vec<&'a str> {
        let feeds: BTreeSet<usize> = (0..self.transit.services.len())
            .map(ServiceIdx::new)
            .filter(|service| self.source(*service) == source)
            .map(|service| self.transit.services[service.at()].feed.at())
            .collect();
        feeds.into_iter().map(|feed| self.transit.feeds.get(feed).map_or("", |feed| feed.name.as_str())).collect()
    }

    /// The day for readers: `Saturday 2026-03-07`; nothing where there is no timetable.
    pub fn shown(&self) -> Option<Text> {
        let date = self.date?;
        let weekday = date.weekday();
        Some(Text::new(format!("{} {date}", weekday.en), format!("{date}（{}）", weekday.zh)))
    }
}

/// When vehicles at a headway leave the first stop if they keep to it from the first on; the last one included.
pub fn departures(runs: &Frequency) -> impl Iterator<Item = ServiceTime> {
    let last = runs.last.0;
    (runs.first.0..=last).step_by(runs.headway_s.max(1) as usize).map(ServiceTime)
}
