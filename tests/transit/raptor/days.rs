//! Days and their edges, and the oddities of lines: each expected time is worked out by hand.

use tongda::base::clock::ServiceTime;
use tongda::base::idx::CalendarIdx;
use tongda::base::idx::FeedIdx;
use tongda::base::idx::StopIdx;
use tongda::base::units::Limit;
use tongda::base::units::Seconds;
use tongda::impedance::transit::TransitNetwork;
use tongda::model::transit::Calendar;
use tongda::model::transit::Call;
use tongda::model::transit::Feed;
use tongda::model::transit::Mode;
use tongda::model::transit::Pattern;
use tongda::model::transit::Stop;
use tongda::model::transit::Transfer;
use tongda::model::transit::Transit;
use tongda::model::transit::Trip;
use tongda::model::travel::Travel;

use crate::raptor::at;
use crate::raptor::calendars;
use crate::raptor::date;
use crate::raptor::pattern;
use crate::raptor::plane;
use crate::raptor::service;
use crate::raptor::walker;

fn clock(text: &str) -> u32 {
    text.parse::<ServiceTime>().unwrap().0
}

/// A vehicle that stands at its stops for no time.
fn trip(calendar: u32, times: &[&str]) -> Trip {
    let calls = times.iter().map(|text| Call::new(clock(text), clock(text))).collect();
    Trip { id: times[0].to_owned(), calendar: CalendarIdx(calendar), calls }
}

fn line(stops: &[u32], trips: Vec<Trip>) -> Pattern {
    Pattern { trips, ..pattern(stops.to_vec()) }
}

/// Stops 20 km apart in a row.
fn transit(stops: u32, patterns: Vec<Pattern>) -> Transit {
    Transit {
        stops: (0..stops)
            .map(|nth| Stop::new(nth.to_string(), nth.to_string(), at(f64::from(nth) * 20_000.0, 0.0)))
            .collect(),
        services: patterns.into_iter().enumerate().map(|(nth, pattern)| service(nth, vec![pattern])).collect(),
        feeds: vec![Feed { name: "made_up".to_owned(), zone: Some("Asia/Shanghai".to_owned()) }],
        calendars: calendars(),
        date: Some(date("2026-03-04")),
        ..Transit::default()
    }
}

fn travel(from: &str) -> Travel {
    Travel {
        from: ServiceTime(clock(from)),
        minutes: 1,
        max_walk: Limit::Time(Seconds(60.0)),
        change_s: 0,
        ..Travel::default()
    }
}

/// Minutes from one stop to another; 20 km are not walked within two hours.
fn minutes(transit: &Transit, travel: &Travel, from: usize, to: usize) -> Option<u32> {
    let plane = plane();
    let network = TransitNetwork::new(transit, travel, walker(&plane, travel));
    let times = network.times(&transit.stops[from].at, &network.ends(&[transit.stops[to].at]));
    times.at(0, 0).map(|seconds| seconds / 60)
}

#[test]
fn a_vehicle_of_the_day_before_is_caught_after_midnight() {
    // calendar 1 is the day before: its 24:30 is 00:30 of the day, and its 23:50 is gone by then
    let transit = transit(2, vec![line(&[0, 1], vec![trip(1, &["24:30", "24:50"]), trip(1, &["23:50", "24:05"])])]);
    assert_eq!(minutes(&transit, &travel("00:20"), 0, 1), Some(30));
    assert_eq!(minutes(&transit, &travel("00:31"), 0, 1), None);
    // the same hours of the day itself are of the night after
    let own = Transit { services: transit.services.clone(), ..transit.clone() };
    assert_eq!(minutes(&own, &travel("24:20"), 0, 1), None);
}

#[test]
fn a_window_past_midnight_sees_the_day_after() {
    // calendar 2 runs on the day and on the day after: its 00:10 comes at 24:10
    let transit = transit(2, vec![line(&[0, 1], vec![trip(2, &["00:10", "00:40"])])]);
    assert_eq!(minutes(&transit, &travel("23:55"), 0, 1), Some(45));
    assert_eq!(minutes(&transit, &travel("24:05"), 0, 1), Some(35));
}

#[test]
fn on_the_day_the_clocks_change_the_night_before_ends_an_hour_later_by_the_days_own_clock() {
    // Berlin, 2024-03-31: noon minus 12 h is 23:00 CET of the day before. 24:30 of the day before is 00:30 CET, an hour and a half later:
    // 01:30. On the day after, an ordinary one, it is 00:30.
    let calendar = |id: &str, day: &str| Calendar { id: id.to_owned(), feed: FeedIdx(0), dates: vec![date(day)] };
    let mut transit = transit(2, vec![line(&[0, 1], vec![trip(0, &["24:30", "24:50"]), trip(1, &["24:30", "24:50"])])]);
    transit.feeds[0].zone = Some("Europe/Berlin".to_owned());
    transit.calendars = vec![calendar("saturday", "2024-03-30"), calendar("sunday", "2024-03-31")];
    let on = |day: &str, from: &str| minutes(&transit, &Travel { date: Some(date(day)), ..travel(from) }, 0, 1);
    assert_eq!(on("2024-03-31", "01:00"), Some(50));
    assert_eq!(on("2024-03-31", "01:31"), None);
    assert_eq!(on("2024-04-01", "00:20"), Some(30));
    assert_eq!(on("2024-04-01", "00:31"), None);
}

#[test]
fn feeds_of_other_time_zones_are_seen_by_the_first_ones_clock() {
    // 09:00 in Tokyo is 08:00 in Shanghai
    let mut transit = transit(2, vec![line(&[0, 1], vec![trip(0, &["09:00", "09:30"])])]);
    transit.feeds.push(Feed { name: "other".to_owned(), zone: Some("Asia/Tokyo".to_owned()) });
    transit.services[0].feed = FeedIdx(1);
    assert_eq!(minutes(&transit, &travel("07:50"), 0, 1), Some(40));
    assert_eq!(minutes(&transit, &travel("08:01"), 0, 1), None);
}

#[test]
fn on_a_day_without_service_nobody_rides() {
    let transit = transit(2, vec![line(&[0, 1], vec![trip(3, &["08:10", "08:30"])])]);
    assert_eq!(minutes(&transit, &travel("08:00"), 0, 1), None);
    let on_its_day = Travel { date: Some(date("2026-06-01")), ..travel("08:00") };
    assert_eq!(minutes(&transit, &on_its_day, 0, 1), Some(30));
}

#[test]
fn a_mode_that_does_not_count_is_not_there() {
    let mut transit = transit(2, vec![line(&[0, 1], vec![trip(0, &["08:10", "08:30"])])]);
    transit.services[0].mode = Mode::SchoolBus;
    assert_eq!(minutes(&transit, &travel("08:00"), 0, 1), None);
    let with_it = Travel { modes: vec![Mode::SchoolBus], ..travel("08:00") };
    assert_eq!(minutes(&transit, &with_it, 0, 1), Some(30));
}

#[test]
fn on_a_loop_one_stays_on_through_its_end() {
    // 0 1 2 0 1: from 2 to 1 without a change, past stop 0 again
    let times = ["08:00", "08:10", "08:20", "08:30", "08:40"];
    let transit = transit(3, vec![line(&[0, 1, 2, 0, 1], vec![trip(0, &times)])]);
    let direct = |from: &str| Travel { transfers: 0, ..travel(from) };
    assert_eq!(minutes(&transit, &direct("08:15"), 2, 1), Some(25));
    // the first call at 1 is the better one from 0; who is there at 08:05 takes the second round
    assert_eq!(minutes(&transit, &direct("08:00"), 0, 1), Some(10));
    assert_eq!(minutes(&transit, &direct("08:05"), 0, 1), Some(35));
}

#[test]
fn a_vehicle_that_overtakes_is_taken_though_it_leaves_later() {
    // the slow one leaves at 08:05 and is there at 09:00, the fast one at 08:15 and 08:35
    let slow = trip(0, &["08:05", "09:00"]);
    let transit = transit(2, vec![line(&[0, 1], vec![slow, trip(0, &["08:15", "08:35"])])]);
    assert_eq!(minutes(&transit, &travel("08:00"), 0, 1), Some(35));
    assert_eq!(minutes(&transit, &travel("08:16"), 0, 1), None);
}

#[test]
fn hops_of_no_time_are_rides_like_others() {
    let transit =
        transit(4, vec![line(&[0, 1, 2], vec![trip(0, &["08:10"; 3])]), line(&[2, 3], vec![trip(0, &["08:10"; 2])])]);
    assert_eq!(minutes(&transit, &travel("08:00"), 0, 2), Some(10));
    assert_eq!(minutes(&transit, &travel("08:00"), 0, 3), Some(10));
    // a change takes its time all the same
    assert_eq!(minutes(&transit, &Travel { change_s: 60, ..travel("08:00") }, 0, 3), None);
}

#[test]
fn nobody_gets_on_or_off_where_it_is_not_allowed() {
    let mut transit = transit(3, vec![line(&[0, 1, 2], vec![trip(0, &["08:10", "08:20", "08:30"])])]);
    let call = |transit: &mut Transit, boards: bool, alights: bool| {
        let call = &mut transit.services[0].patterns[0].trips[0].calls[1];
        (call.boards, call.alights) = (boards, alights);
    };
    call(&mut transit, false, true);
    assert_eq!(minutes(&transit, &travel("08:00"), 0, 1), Some(20));
    assert_eq!(minutes(&transit, &travel("08:00"), 1, 2), None);
    call(&mut transit, true, false);
    assert_eq!(minutes(&transit, &travel("08:00"), 0, 1), None);
    assert_eq!(minutes(&transit, &travel("08:00"), 1, 2), Some(30));
    assert_eq!(minutes(&transit, &travel("08:00"), 0, 2), Some(30));
}

#[test]
fn what_the_feed_says_of_a_change_holds() {
    // arrives 08:20; onward at 08:22 and 08:30
    let on = line(&[1, 2], vec![trip(0, &["08:22", "08:40"]), trip(0, &["08:30", "08:48"])]);
    let mut transit = transit(3, vec![line(&[0, 1], vec![trip(0, &["08:10", "08:20"])]), on]);
    let usual = Travel { change_s: 120, ..travel("08:00") };
    // exactly two minutes are enough for two minutes
    assert_eq!(minutes(&transit, &usual, 0, 2), Some(40));
    let told = |least_s: Option<u32>, is_forbidden: bool| {
        vec![Transfer { from: StopIdx(1), to: StopIdx(1), least_s, is_forbidden }]
    };
    transit.transfers = told(Some(300), false);
    assert_eq!(minutes(&transit, &usual, 0, 2), Some(48));
    transit.transfers = told(Some(0), false);
    assert_eq!(minutes(&transit, &Travel { change_s: 300, ..travel("08:00") }, 0, 2), Some(40));
    transit.transfers = told(None, true);
    assert_eq!(minutes(&transit, &usual, 0, 2), None);
    // who may not change does not
    transit.transfers.clear();
    assert_eq!(minutes(&transit, &Travel { transfers: 0, ..usual }, 0, 2), None);
}

#[test]
fn the_longest_time_is_within_itself() {
    let transit = transit(2, vec![line(&[0, 1], vec![trip(0, &["08:10", "08:30"])])]);
    assert_eq!(minutes(&transit, &Travel { longest_s: 1800, ..travel("08:00") }, 0, 1), Some(30));
    assert_eq!(minutes(&transit, &Travel { longest_s: 1799, ..travel("08:00") }, 0, 1), None);
}
