//! Calendars, frequencies and the span of the feed.

use crate::base::clock::ServiceDate;
use crate::io::gtfs::days::Days;
use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::preflight::clock;

/// Days that most trips should still run on, and that a feed should still be valid.
const WEEK: i32 = 7;
const MONTH: i32 = 30;

/// A day with this share of the most trips of any day is one on which most run.
const MOST_TRIPS: f64 = 0.75;

pub(super) fn check(feed: &RawFeed, days: &Days, today: Option<ServiceDate>, notices: &mut Notices) {
    services(feed, days, today, notices);
    overlaps(feed, notices);
    info(feed, today, notices);
    let Some(today) = today else { return };
    let most = days.trips.values().max().copied().unwrap_or(0) as f64 * MOST_TRIPS;
    let full = || days.trips.iter().filter(|(_, trips)| **trips as f64 >= most).map(|(date, _)| *date);
    if let (Some(first), Some(last)) = (full().next(), full().next_back())
        && (first > today || last.days() < today.days() + WEEK)
    {
        notices.add(Rule::TripCoverageNotActiveForNext7Days, "trips.txt", |mut notice| {
            notice.what = format!("most trips run from {first} to {last}; today is {today}");
            notice
        });
    }
}

fn services(feed: &RawFeed, days: &Days, today: Option<ServiceDate>, notices: &mut Notices) {
    let mut is_used = vec![false; feed.services.len()];
    feed.trips.iter().for_each(|trip| is_used[trip.service as usize] = true);
    for (at, service) in feed.services.iter().enumerate() {
        let file = if service.row.is_some() { "calendar.txt" } else { "calendar_dates.txt" };
        let mut tell = |rule: Rule, field: &str, value: &str, what: String| {
            notices.add(rule, file, |mut notice| {
                notice = notice.at(field, value);
                (notice.row, notice.what) = (service.row, what);
                notice
            });
        };
        if let Some((first, last)) = service.span.filter(|(first, last)| first > last) {
            let what = format!("service {} ends on {last}, before it starts on {first}", service.id);
            tell(Rule::StartAndEndRangeOutOfOrder, "end_date", &last.to_string(), what);
        }
        if service.row.is_some() && service.weekdays == 0 {
            let what = format!("service {} runs on no day of the week", service.id);
            tell(Rule::ServiceHasNoActiveDayOfTheWeek, "service_id", &service.id, what);
        }
        match (days.of_service[at].last(), today) {
            (None, _) if is_used[at] => {
                let what = format!("service {} runs on no date, and its trips never run", service.id);
                tell(Rule::ServiceWithoutDates, "service_id", &service.id, what);
            }
            (Some(last), Some(today)) if *last < today => {
                let what = format!("service {} ran for the last time on {last}; today is {today}", service.id);
                tell(Rule::ExpiredCalendar, "service_id", &service.id, what);
            }
            _ => {}
        }
    }
}

fn overlaps(feed: &RawFeed, notices: &mut Notices) {
    let mut rows = feed.frequencies.clone();
    rows.sort_by_key(|row| (row.trip, row.start, row.row));
    for pair in rows.windows(2) {
        let [a, b] = pair else { continue };
        if a.trip == b.trip && b.start < a.end {
            notices.add(Rule::OverlappingFrequency, "frequencies.txt", |notice| {
                let id = &feed.trips[a.trip as usize].id;
                let mut notice = notice.at_row(b.row).at("start_time", &clock(b.start));
                notice.what = format!(
                    "trip {id}: {} to {} overlaps {} to {} of row {}; both count",
                    clock(b.start),
                    clock(b.end),
                    clock(a.start),
                    clock(a.end),
                    a.row
                );
                notice
            });
        }
    }
}

fn info(feed: &RawFeed, today: Option<ServiceDate>, notices: &mut Notices) {
    let file = "feed_info.txt";
    if feed.table(file).is_none() {
        notices.add(Rule::MissingRecommendedFile, file, |notice| notice);
    }
    let Some(info) = &feed.info else { return };
    match (info.start, info.end) {
        (Some(_), None) | (None, Some(_)) => {
            let field = if info.end.is_none() { "feed_end_date" } else { "feed_start_date" };
            notices.add(Rule::MissingFeedInfoDate, file, |notice| {
                let mut notice = notice.at_row(1).at(field, "");
                notice.value = None;
                notice
            });
        }
        (Some(start), Some(end)) if end < start => notices.add(Rule::StartAndEndRangeOutOfOrder, file, |notice| {
            let mut notice = notice.at_row(1).at("feed_end_date", &end.to_string());
            notice.what = format!("the feed starts on {start}");
            notice
        }),
        _ => {}
    }
    if let (Some(end), Some(today)) = (info.end, today)
        && end.days() <= today.days() + MONTH
    {
        notices.add(Rule::FeedExpirationDate30Days, file, |notice| {
            let mut notice = notice.at_row(1).at("feed_end_date", &end.to_string());
            notice.what = format!("the feed ends on {end}; today is {today}");
            notice
        });
    }
}
