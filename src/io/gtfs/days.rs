//! On which days a feed runs, and how much.

use std::collections::BTreeMap;

use crate::base::clock::ServiceDate;
use crate::io::gtfs::feed::RawFeed;

/// The days of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// Dates of each service, rising.
    pub of_service: Vec<Vec<ServiceDate>>,
    /// Trips by date: those with two calls and more, and every departure of those at headways.
    pub trips: BTreeMap<ServiceDate, u64>,
}

impl Days {
    pub fn of(feed: &RawFeed) -> Days {
        let frequencies = feed.frequencies_by_trip();
        let mut weights = vec![0u64; feed.services.len()];
        for (at, trip) in feed.trips.iter().enumerate() {
            if trip.calls.len() >= 2 {
                let runs = match frequencies.get(at).filter(|list| !list.is_empty()) {
                    Some(list) => list.iter().map(|one| one.departures()).sum(),
                    None => 1,
                };
                weights[trip.service as usize] += runs;
            }
        }
        let of_service: Vec<Vec<ServiceDate>> = feed.services.iter().map(|service| service.dates()).collect();
        let mut trips = BTreeMap::new();
        for (dates, weight) in of_service.iter().zip(weights).filter(|(_, weight)| *weight > 0) {
            for date in dates {
                *trips.entry(*date).or_default() += weight;
            }
        }
        Days { of_service, trips }
    }

    /// The first and the last day with a trip.
    pub fn span(&self) -> Option<(ServiceDate, ServiceDate)> {
        Some((*self.trips.first_key_value()?.0, *self.trips.last_key_value()?.0))
    }
}

/// The Tuesday, Wednesday or Thursday with the most trips of all feeds together, the first of several, and its trips. Days on which every
/// feed is valid go before others; where no such weekday has a trip, the day with the most. Holidays are no such days: one is chosen only
/// where nothing runs on any other day. `None` where nothing ever runs.
pub fn ordinary_day(feeds: &[Days], holidays: &[ServiceDate]) -> Option<(ServiceDate, u64)> {
    let mut all: BTreeMap<ServiceDate, u64> = BTreeMap::new();
    for (date, trips) in feeds.iter().flat_map(|days| &days.trips) {
        *all.entry(*date).or_default() += trips;
    }
    let spans: Vec<_> = feeds.iter().filter_map(Days::span).collect();
    let in_all = |date: &ServiceDate| spans.iter().all(|(first, last)| first <= date && date <= last);
    let is_free = |date: &ServiceDate| !holidays.contains(date);
    let is_ordinary = |date: &ServiceDate| (1..=3).contains(&date.0.weekday().to_monday_zero_offset()) && is_free(date);
    let best = |fits: &dyn Fn(&ServiceDate) -> bool| {
        let fitting = all.iter().filter(|(date, _)| fits(date)).map(|(date, trips)| (*date, *trips));
        fitting.reduce(|best, one| if one.1 > best.1 { one } else { best })
    };
    best(&|date| in_all(date) && is_ordinary(date))
        .or_else(|| best(&is_ordinary))
        .or_else(|| best(&is_free))
        .or_else(|| best(&|_| true))
}

/// Runs of days that are named.
const MOST_RUNS: usize = 8;

/// Dates as runs of days, for people: `2026-03-02 to 2026-03-06, 2026-03-09`.
pub fn runs<'d>(dates: impl Iterator<Item = &'d ServiceDate>) -> String {
    let mut runs: Vec<(ServiceDate, ServiceDate)> = Vec::new();
    for date in dates {
        match runs.last_mut() {
            Some((_, last)) if last.tomorrow() == *date => *last = *date,
            _ => runs.push((*date, *date)),
        }
    }
    let named: Vec<String> = runs
        .iter()
        .take(MOST_RUNS)
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first} to {last}") })
        .collect();
    let more = match runs.last().filter(|_| runs.len() > MOST_RUNS) {
        Some((_, last)) => format!(" and {} more spans up to {last}", runs.len() - MOST_RUNS),
        None => String::new(),
    };
    named.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(list: &[(&str, u64)]) -> Days {
        Days {
            of_service: Vec::new(),
            trips: list.iter().map(|(date, trips)| (date.parse().unwrap(), *trips)).collect(),
        }
    }

    #[test]
    fn the_ordinary_day_is_a_tuesday_to_thursday_with_the_most_trips() {
        // 2026-03-02 is a Monday
        let date = |text: &str| text.parse::<ServiceDate>().unwrap();
        let week = days(&[("2026-03-02", 99), ("2026-03-03", 7), ("2026-03-04", 9), ("2026-03-05", 9)]);
        assert_eq!(ordinary_day(std::slice::from_ref(&week), &[]), Some((date("2026-03-04"), 9)));
        // the other feed begins on Thursday only
        let late = days(&[("2026-03-05", 1), ("2026-03-06", 50)]);
        assert_eq!(ordinary_day(&[week, late.clone()], &[]), Some((date("2026-03-05"), 10)));
        assert_eq!(ordinary_day(&[days(&[("2026-03-07", 3), ("2026-03-08", 4)])], &[]), Some((date("2026-03-08"), 4)));
        assert_eq!(ordinary_day(&[days(&[])], &[]), None);
    }

    #[test]
    fn a_holiday_is_no_ordinary_day() {
        // 2026-10-01, a Thursday, has the most trips of the week: holiday traffic
        let date = |text: &str| text.parse::<ServiceDate>().unwrap();
        let week = days(&[("2026-09-30", 7), ("2026-10-01", 9), ("2026-10-02", 8)]);
        let chosen = |holidays: &[&str]| {
            let holidays: Vec<ServiceDate> = holidays.iter().map(|day| date(day)).collect();
            ordinary_day(std::slice::from_ref(&week), &holidays)
        };
        assert_eq!(chosen(&[]), Some((date("2026-10-01"), 9)));
        assert_eq!(chosen(&["2026-10-01"]), Some((date("2026-09-30"), 7)));
        // a Friday that is no holiday goes before a Thursday that is one
        assert_eq!(chosen(&["2026-09-30", "2026-10-01"]), Some((date("2026-10-02"), 8)));
        assert_eq!(chosen(&["2026-09-30", "2026-10-01", "2026-10-02"]), Some((date("2026-10-01"), 9)));
    }

    #[test]
    fn dates_are_told_as_runs() {
        let dates: Vec<ServiceDate> =
            ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-04"].map(|d| d.parse().unwrap()).into();
        assert_eq!(runs(dates.iter()), "2026-02-27 to 2026-03-01, 2026-03-04");
        let sundays: Vec<ServiceDate> = (1..=10).map(|k| format!("2026-01-{:02}", 2 * k).parse().unwrap()).collect();
        assert!(
            runs(sundays.iter()).ends_with("2026-01-16 and 2 more spans up to 2026-01-20"),
            "{}",
            runs(sundays.iter())
        );
    }
}
