//! Who has a served stop within reach: a small town whose numbers are derived in the comments, limits to the millimetre, the second and the
//! trip, what is not known, and a naive twin on random towns.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::support::scene::Scene;
use crate::support::scene::place;
use crate::support::scene::rectangle;
use tempfile::TempDir;
use tongda::base::clock::ServiceDate;
use tongda::base::clock::ServiceTime;
use tongda::base::idx::CalendarIdx;
use tongda::base::idx::FeedIdx;
use tongda::base::idx::ServiceIdx;
use tongda::base::idx::StopIdx;
use tongda::base::progress::Silent;
use tongda::base::units::Limit;
use tongda::base::units::Metres;
use tongda::base::units::Share;
use tongda::base::units::Text;
use tongda::base::units::Weight;
use tongda::config;
use tongda::impedance::By;
use tongda::ingest;
use tongda::metrics::Context;
use tongda::metrics::Measure;
use tongda::metrics::MetricError;
use tongda::metrics::Output;
use tongda::metrics::covered_share::CoveredShare;
use tongda::metrics::figure::Figure;
use tongda::metrics::stop_coverage::Empty;
use tongda::metrics::stop_coverage::Judge;
use tongda::metrics::stop_coverage::ServedWhen;
use tongda::metrics::stop_coverage::StopCoverage;
use tongda::metrics::stop_departures::Between;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::model::transit::Calendar;
use tongda::model::transit::Call;
use tongda::model::transit::Feed;
use tongda::model::transit::Frequency;
use tongda::model::transit::Mode;
use tongda::model::transit::Pattern;
use tongda::model::transit::Service;
use tongda::model::transit::Stop;
use tongda::model::transit::Transit;
use tongda::model::transit::Trip;
use tongda::table::Table;
use tongda::table::Value;

/// Three counties of 10 km by 10 km in a row, A, B and C; C has no stop.
///
/// | line | trips each way | stops | departures |
/// | --- | --- | --- | --- |
/// | L1 bus | 6 | (1000, 5000), (5000, 5000), (15 000, 5000) | 6 at either end, 6 + 6 = 12 between |
/// | L2 bus | 3, one way | (5000, 5400), (5000, 8000) | 3 at the first; none at the last: nobody can go on |
/// | L3 coach | 20 | (9000, 9000), (9000, 1000) | 20 at either end |
/// | L4 bus | 12 | (19 800, 5000), (15 000, 5100) | 12 at either end |
fn town() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
        .county("B", rectangle(10_000.0, 0.0, 20_000.0, 10_000.0), "c", "P", false)
        .county("C", rectangle(20_000.0, 0.0, 30_000.0, 10_000.0), "c", "P", false)
        .line("L1", Mode::Bus, 6.0, &[(1_000.0, 5_000.0), (5_000.0, 5_000.0), (15_000.0, 5_000.0)])
        .line("L2", Mode::Bus, 3.0, &[(5_000.0, 5_400.0), (5_000.0, 8_000.0)])
        .line("L3", Mode::Coach, 20.0, &[(9_000.0, 9_000.0), (9_000.0, 1_000.0)])
        .line("L4", Mode::Bus, 12.0, &[(19_800.0, 5_000.0), (15_000.0, 5_100.0)])
        .people(&[
            ("p1", 5_000.0, 5_500.0, 100),   // 500 m from L1.1 (12 a day), 100 m from L2.0 (3)
            ("p2", 5_000.0, 5_500.001, 200), // 500.001 m from L1.1
            ("p3", 1_300.0, 5_000.0, 50),    // 300 m from L1.0 (6)
            ("p4", 9_000.0, 9_000.0, 70),    // at the coach stop
            ("p5", 25_000.0, 5_000.0, 30),   // in C: nothing is known
            ("p6", 20_100.0, 5_000.0, 40),   // in C, 300 m from L4.0 in B (12)
            ("p7", 0.0, 0.0, 10),            // its place is not known
            ("p8", 5_000.0, 8_100.0, 7),     // 100 m from the end of L2, where nothing departs
        ])
        .build();
    study.transit.as_mut().unwrap().services[1].patterns[0].both_ways = false;
    study.demand[0].at[6] = None;
    live_in(&mut study, &["A", "A", "A", "A", "C", "C", "A", "A"]);
    study
}

fn live_in(study: &mut Study, homes: &[&str]) {
    study.demand[0].home = homes.iter().map(|code| study.regions.find(Level::County, code)).collect();
}

fn within(metres: f64) -> StopCoverage {
    StopCoverage {
        within: Some(Limit::Length(Metres(metres))),
        by: By::StraightLine,
        min_departures_per_day: 12.0,
        ..StopCoverage::default()
    }
}

fn counties() -> StopCoverage {
    StopCoverage {
        judge: Judge::Regions,
        level: Some(Level::County),
        min_departures_per_day: 12.0,
        ..StopCoverage::default()
    }
}

fn try_measure(study: &Study, what: &StopCoverage) -> Result<Output, MetricError> {
    Measure::StopCoverage(what.clone()).metric().measure(&Context {
        study,
        progress: &Silent,
        id: "stops",
        title: &Text::new("stops", "站点"),
        over: &[],
        target_share: Some(Share(0.9)),
    })
}

fn measure(study: &Study, what: &StopCoverage) -> Output {
    try_measure(study, what).unwrap()
}

fn parts(figure: &Figure) -> (f64, f64, f64) {
    (figure.part.unwrap(), figure.whole.unwrap(), figure.unknown)
}

fn table<'o>(output: &'o Output, name: &str) -> &'o Table {
    output.tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no layer {name}"))
}

fn column(table: &Table, name: &str) -> Vec<Value> {
    let at = table.field(name).unwrap();
    table.rows.iter().map(|row| row.values[at].clone()).collect()
}

#[test]
fn people_are_covered_by_a_stop_that_is_served_often_enough() {
    // covered: p1 100 (500 m is within 500 m), p6 40 (across the border); not: p2 200, p3 50, p4 70 (a coach is no bus), p8 7;
    // unknown: p5 30 (C without data), p7 10
    let output = measure(&town(), &within(500.0));
    assert_eq!(parts(&output.headline), (140.0, 467.0, 40.0));
    assert_eq!(output.headline.bounds, Some((140.0 / 507.0, 180.0 / 507.0)));
    let weights: Vec<(&str, String)> =
        output.weights[0].parts.iter().map(|(part, weight)| (*part, weight.to_string())).collect();
    let want = [("covered", "140"), ("uncovered", "327"), ("without-service-data", "30"), ("without-place", "10")];
    assert_eq!(weights, want.map(|(part, weight)| (part, weight.to_owned())));
    // C: 40 of 40 known, 30 unknown; A: 100 of 427 known, 10 unknown; B has nobody: nothing to serve
    let by_code = |code: &str| {
        let study = town();
        let idx = study.regions.find(Level::County, code).unwrap();
        output.regions.iter().find(|figure| figure.region == idx).unwrap().figure.clone()
    };
    assert_eq!(parts(&by_code("C")), (40.0, 40.0, 30.0));
    assert_eq!(parts(&by_code("A")), (100.0, 427.0, 10.0));
    assert!(by_code("B").not_applicable);
}

#[test]
fn the_limit_is_included_to_the_millimetre() {
    // p1 is 500 m from L1.1, p2 500.001 m, p6 300 m from L4.0
    let cases = [(299.999, 0.0), (300.0, 40.0), (499.999, 40.0), (500.0, 140.0), (500.0005, 140.0), (500.0015, 340.0)];
    for (limit, part) in cases {
        assert_eq!(measure(&town(), &within(limit)).headline.part, Some(part), "{limit} m");
    }
}

#[test]
fn the_number_of_departures_is_included_to_the_trip() {
    // within 500 m: p1 12, p2 3, p3 6, p6 12
    let cases = [(13.0, 0.0), (12.0, 140.0), (11.0, 140.0), (7.0, 140.0), (6.0, 190.0), (4.0, 190.0), (3.0, 390.0)];
    for (least, part) in cases {
        let what = StopCoverage { min_departures_per_day: least, ..within(500.0) };
        assert_eq!(measure(&town(), &what).headline.part, Some(part), "{least} departures");
    }
}

#[test]
fn departures_that_are_no_whole_number_add_up_without_a_rounding_error() {
    // 0.1 + 0.2 is more than 0.3 in floating point, and three times 0.1 less; here it is 0.3
    let mut scene = Scene::default().county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false);
    for (id, trips) in [("a", 0.1), ("b", 0.2)] {
        scene = scene.line(id, Mode::Bus, trips, &[(1_000.0, 1_000.0), (2_000.0, 1_000.0)]);
    }
    let mut study = scene.people(&[("p", 1_000.0, 1_000.0, 1)]).build();
    live_in(&mut study, &["A"]);
    // both lines at one stop
    study.transit.as_mut().unwrap().services[1].patterns[0].stops = vec![StopIdx(0), StopIdx(1)];
    let part = |least| measure(&study, &StopCoverage { min_departures_per_day: least, ..within(1.0) }).headline.part;
    assert_eq!((part(0.3), part(0.300_001)), (Some(1.0), Some(0.0)));
}

#[test]
fn only_the_modes_asked_for_count() {
    // p4 stands at the coach stop with 20 departures
    let what = StopCoverage { modes: vec![Mode::Bus, Mode::Coach], ..within(500.0) };
    assert_eq!(measure(&town(), &what).headline.part, Some(210.0));
    // of coaches alone nothing is known in C, as of buses; A has a coach stop, so the others there are not covered
    let what = StopCoverage { modes: vec![Mode::Coach], ..within(500.0) };
    assert_eq!(parts(&measure(&town(), &what).headline), (70.0, 427.0, 80.0));
}

#[test]
fn platforms_of_a_station_are_one_stop_when_asked() {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
        .line("out", Mode::Bus, 6.0, &[(1_000.0, 1_000.0), (9_000.0, 1_000.0)])
        .line("in", Mode::Bus, 5.0, &[(1_400.0, 1_000.0), (9_000.0, 2_000.0)])
        .people(&[("p", 1_000.0, 900.0, 1)])
        .build();
    live_in(&mut study, &["A"]);
    let transit = study.transit.as_mut().unwrap();
    transit.stops.push(Stop::new("station", "station", place(1_200.0, 1_000.0)));
    for platform in [0, 2] {
        transit.stops[platform].station = Some(StopIdx(4));
    }
    // one platform is 100 m away with 6 departures; the other, with 5, is out of reach and counts all the same: 11 together
    let part = |by_station, least| {
        let what = StopCoverage { by_station, min_departures_per_day: least, ..within(150.0) };
        measure(&study, &what).headline.part.unwrap()
    };
    assert_eq!([part(true, 11.0), part(true, 12.0), part(false, 6.0), part(false, 7.0)], [1.0, 0.0, 1.0, 0.0]);
    // the station itself is left by nobody: it is no place to board, though it is nearest
    let what = StopCoverage { min_departures_per_day: 1.0, ..within(50.0) };
    let mut by_the_station = study.clone();
    by_the_station.demand[0].at[0] = Some(place(1_200.0, 1_000.0));
    assert_eq!(measure(&by_the_station, &what).headline.part, Some(0.0));
}

fn time(text: &str) -> ServiceTime {
    text.parse().unwrap()
}

/// A county with one timed pattern over three stops, 0, 10 and 20 minutes from the first, and a point at the second.
fn timed(departures: &[&str]) -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
        .line("L", Mode::Bus, 0.0, &[(1_000.0, 1_000.0), (2_000.0, 1_000.0), (3_000.0, 1_000.0)])
        .people(&[("p", 2_000.0, 1_000.0, 1)])
        .build();
    live_in(&mut study, &["A"]);
    let transit = study.transit.as_mut().unwrap();
    let day = |text: &str| text.parse::<ServiceDate>().unwrap();
    transit.date = Some(day("2026-03-04"));
    transit.feeds = vec![Feed { name: "synthetic.zip".into(), zone: None }];
    let calendar = |id: &str, date| Calendar { id: id.into(), feed: FeedIdx(0), dates: vec![day(date)] };
    transit.calendars = vec![calendar("today", "2026-03-04"), calendar("tomorrow", "2026-03-05")];
    let pattern = &mut transit.services[0].patterns[0];
    pattern.both_ways = false;
    pattern.trips_per_day = departures.len() as f64;
    pattern.trips = departures.iter().map(|text| trip(time(text).0, CalendarIdx(0))).collect();
    study
}

fn trip(starts: u32, calendar: CalendarIdx) -> Trip {
    let calls = [0, 600, 1200].map(|after| Call::new(starts + after, starts + after)).to_vec();
    Trip { id: format!("t{starts}"), calendar, calls }
}

fn departures_at_the_point(study: &Study, between: Option<[&str; 2]>) -> f64 {
    let between = between.map(|[from, to]| Between { from: time(from), to: time(to) });
    let output = measure(study, &StopCoverage { between, min_departures_per_day: 0.5, ..within(0.0) });
    match column(table(&output, "stops_points"), "departures")[..] {
        [Value::Real(count)] => count,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn a_departure_at_either_end_of_the_time_asked_for_counts_to_the_second() {
    // the second stop is left ten minutes later: 06:59:59, 07:00:00, 08:00, 09:00:00, 09:00:01
    let study = timed(&["06:49:59", "06:50:00", "07:50", "08:50:00", "08:50:01"]);
    assert_eq!(departures_at_the_point(&study, Some(["07:00", "09:00"])), 3.0);
    assert_eq!(departures_at_the_point(&study, Some(["07:00:01", "08:59:59"])), 1.0);
    assert_eq!(departures_at_the_point(&study, None), 5.0);
}

#[test]
fn trips_past_midnight_belong_to_their_service_day() {
    let study = timed(&["23:55", "24:55"]);
    assert_eq!(departures_at_the_point(&study, Some(["24:00", "26:00"])), 2.0);
    assert_eq!(departures_at_the_point(&study, Some(["00:00", "02:00"])), 0.0);
}

#[test]
fn only_trips_of_the_day_that_take_passengers_and_go_on_depart() {
    let mut study = timed(&["08:00", "09:00", "10:00"]);
    let trips = &mut study.transit.as_mut().unwrap().services[0].patterns[0].trips;
    trips[0].calendar = CalendarIdx(1);
    trips[1].calls[1].boards = false;
    assert_eq!(departures_at_the_point(&study, None), 1.0);
    // the last stop is not left at all
    study.demand[0].at[0] = Some(place(3_000.0, 1_000.0));
    let output = measure(&study, &StopCoverage { min_departures_per_day: 1.0, ..within(0.0) });
    assert_eq!(parts(&output.headline), (0.0, 1.0, 0.0));
}

#[test]
fn vehicles_at_a_headway_are_counted_one_by_one() {
    // 07:00, 07:10, … 08:00 from the first stop are 7 vehicles; at the second 07:10 to 08:10; from 07:30 to 08:10 they are 5
    let mut study = timed(&[]);
    study.transit.as_mut().unwrap().services[0].patterns[0].frequencies = vec![Frequency {
        calendar: Some(CalendarIdx(0)),
        first: time("07:00"),
        last: time("08:00"),
        headway_s: 600,
        calls: [0, 600, 1200].map(|after| Call::new(after, after)).to_vec(),
    }];
    assert_eq!(departures_at_the_point(&study, None), 7.0);
    assert_eq!(departures_at_the_point(&study, Some(["07:30", "08:10"])), 5.0);
    study.transit.as_mut().unwrap().services[0].patterns[0].frequencies[0].calendar = Some(CalendarIdx(1));
    assert_eq!(departures_at_the_point(&study, None), 0.0);
}

#[test]
fn a_number_of_trips_is_spread_from_first_to_last_and_the_figure_says_how_far_that_carries() {
    // 5 trips from 06:00 to 10:00 are those at 6, 7, 8, 9 and 10 o'clock; three of them from 07:00 to 09:00
    let mut study = timed(&[]);
    let pattern = &mut study.transit.as_mut().unwrap().services[0].patterns[0];
    (pattern.trips_per_day, pattern.first, pattern.last) = (5.0, Some(time("06:00")), Some(time("10:00")));
    assert_eq!(departures_at_the_point(&study, Some(["07:00", "09:00"])), 3.0);
    let morning = Some(Between { from: time("07:00"), to: time("09:00") });
    let figure = |least| {
        measure(&study, &StopCoverage { between: morning, min_departures_per_day: least, ..within(0.0) }).headline
    };
    // three: covered by the even spread, not when none lies in the time; four or five: covered only if they bunch; six: never
    assert_eq!((figure(3.0).value, figure(3.0).uncertainty), (Some(1.0), Some((0.0, 1.0))));
    assert_eq!((figure(4.0).value, figure(4.0).uncertainty), (Some(0.0), Some((0.0, 1.0))));
    assert_eq!((figure(6.0).value, figure(6.0).uncertainty), (Some(0.0), None));
}

#[test]
fn trips_of_which_no_time_is_known_leave_it_open_whether_they_are_in_time() {
    let mut study = timed(&[]);
    study.transit.as_mut().unwrap().services[0].patterns[0].trips_per_day = 5.0;
    let morning = Some(Between { from: time("07:00"), to: time("09:00") });
    let figure = |least| {
        measure(&study, &StopCoverage { between: morning, min_departures_per_day: least, ..within(0.0) }).headline
    };
    // five may all leave in that time: whether three do is not known, that six do not is
    assert_eq!(parts(&figure(3.0)), (0.0, 0.0, 1.0));
    assert_eq!(figure(3.0).value, None);
    assert_eq!(parts(&figure(6.0)), (0.0, 1.0, 0.0));
}

#[test]
fn a_region_without_a_stop_has_no_data_unless_the_table_claims_to_be_complete_there() {
    let mut study = town();
    study.transit.as_mut().unwrap().complete_for = vec!["C".into()];
    // p5 is now known not to be covered
    assert_eq!(parts(&measure(&study, &within(500.0)).headline), (140.0, 497.0, 10.0));
    let output = measure(&town(), &within(500.0));
    let state = |key: &str| output.evidence.iter().find(|line| line.key == key).map(|line| line.state);
    assert_eq!(state("p5"), Some("no-service-data"));
    assert_eq!(state("p7"), Some("no-place"));
    assert_eq!(state("p3"), Some("uncovered"));
    assert_eq!(state("p1"), None);
}

#[test]
fn classes_hold_everybody_once() {
    // best stop within 500 m: p1 12, p2 3, p3 6, p4 none, p6 12, p8 none; p5 and p7 are not known
    let output = measure(&town(), &within(500.0));
    let classes = table(&output, "stops_classes");
    let want = [77.0, 200.0, 50.0, 140.0, 0.0, 0.0, 40.0];
    assert_eq!(column(classes, "weight"), want.map(Value::Real));
    assert_eq!(column(classes, "points"), [2, 1, 1, 2, 0, 0, 2].map(Value::Int));
    let names = ["< 1", "1 – < 4", "4 – < 12", "12 – < 36", "36 – < 72", "≥ 72", "no data"];
    assert_eq!(column(classes, "class"), names.map(Value::from));
    // beside the headline: at least 1, 4, 36 and 72 departures (12 is the headline's own)
    let rows: Vec<(&str, Option<f64>)> =
        output.variants.iter().map(|row| (row.code.as_str(), row.figure.part)).collect();
    let want = [("n>=12", 140.0), ("n>=1", 390.0), ("n>=4", 190.0), ("n>=36", 0.0), ("n>=72", 0.0)];
    assert_eq!(rows, want.map(|(code, part)| (code, Some(part))));
}

#[test]
fn the_gap_is_told_by_what_would_close_it() {
    // 90 % of 507 people are 456.3; 140 are covered: 316.3 more. Of 327 not covered, p2 and p3 (250) have a stop that is served too seldom
    let gap = measure(&town(), &within(500.0)).closing_the_gap.unwrap().en;
    assert!(gap.starts_with("317 more people must have a served stop within 500 m"), "{gap}");
    assert!(gap.contains("250 out of reach have a stop there that too few departures leave"), "{gap}");
    assert!(gap.ends_with("most are in A (327)"), "{gap}");
}

#[test]
fn regions_are_served_by_a_stop_inside() {
    // at least 12 departures: A by L1.1, B by L4.0; of C nothing is known. At least 13: A and B are not served
    let study = town();
    assert_eq!(parts(&measure(&study, &counties()).headline), (2.0, 2.0, 1.0));
    let more = StopCoverage { min_departures_per_day: 13.0, ..counties() };
    assert_eq!(parts(&measure(&study, &more).headline), (0.0, 2.0, 1.0));
    let mut complete = town();
    complete.transit.as_mut().unwrap().complete_for = vec!["C".into()];
    let output = measure(&complete, &counties());
    assert_eq!(parts(&output.headline), (2.0, 3.0, 0.0));
    let figures: Vec<(Level, Option<f64>, Option<f64>)> =
        output.regions.iter().map(|row| (row.level, row.figure.part, row.figure.whole)).collect();
    let want = [
        (Level::County, Some(1.0), Some(1.0)),
        (Level::County, Some(1.0), Some(1.0)),
        (Level::County, Some(0.0), Some(1.0)),
        (Level::City, Some(2.0), Some(3.0)),
        (Level::Province, Some(2.0), Some(3.0)),
    ];
    assert_eq!(figures, want);
    // 90 % of 3 is 2.7: one more
    assert!(output.closing_the_gap.unwrap().en.starts_with("1 more region must be served"));
    assert!(output.weights.iter().all(|ledger| ledger.balances()));
}

#[test]
fn regions_are_served_by_a_stop_within_reach_of_a_point_of_theirs() {
    // A by p1; C by p6, whose stop is in B; nobody lives in B, so there is nothing to serve there
    let what = StopCoverage { served_when: ServedWhen::PointWithin, ..within(500.0) };
    let what = StopCoverage { judge: Judge::Regions, level: Some(Level::County), ..what };
    let output = measure(&town(), &what);
    assert_eq!(parts(&output.headline), (2.0, 2.0, 0.0));
    let states: Vec<&str> = output.evidence.iter().map(|line| line.state).collect();
    assert_eq!(states, ["served", "nothing-to-serve", "served"]);
    // with 250 m, p6 is not reached: C has p5 and p6, of whom nothing is known; A has p7 without a place, who might be reached
    let near = StopCoverage { within: Some(Limit::Length(Metres(250.0))), ..what.clone() };
    assert_eq!(parts(&measure(&town(), &near).headline), (0.0, 0.0, 2.0));
    // a region without a point is full marks when asked so
    let full = StopCoverage { empty: Empty::Full, ..what };
    assert_eq!(parts(&measure(&town(), &full).headline), (3.0, 3.0, 0.0));
}

#[test]
fn a_region_without_points_is_what_the_config_says() {
    let study = town();
    let b = study.regions.find(Level::County, "B").unwrap();
    let figure = |empty| {
        let output = measure(&study, &StopCoverage { empty, ..within(500.0) });
        output.regions.into_iter().find(|row| row.region == b).unwrap().figure
    };
    assert!(figure(Empty::NotApplicable).not_applicable);
    assert_eq!(figure(Empty::NotApplicable).value, None);
    assert_eq!((figure(Empty::Full).value, figure(Empty::Full).not_applicable), (Some(1.0), false));
}

#[test]
fn villages_are_counted_as_points_within_two_kilometres() {
    // 建制村通客车率: each point is a village. Within 2 km of a stop with a departure: p1 and p2 (L1.1), p3 (L1.0), p6 (L4.0); p4 is 4.1 km from the
    // nearest bus stop that is left, p8 2.7 km; p5 and p7 are not known
    let what = StopCoverage { weight: Some("count".into()), min_departures_per_day: 1.0, ..within(2_000.0) };
    assert_eq!(parts(&measure(&town(), &what).headline), (4.0, 6.0, 2.0));
}

#[test]
fn it_is_said_what_the_departures_rest_on() {
    let notes = |study: &Study| {
        let output = measure(study, &within(500.0));
        output.notes.iter().map(|note| note.en.clone()).collect::<Vec<_>>().join("\n")
    };
    let mut study = town();
    assert!(notes(&study).contains("departures: 3 by the number of departures that a route table gives"));
    study.transit.as_mut().unwrap().assumed = vec![ServiceIdx(3)];
    let told = notes(&study);
    assert!(told.contains("2 by the number") && told.contains("1 by a number that is ASSUMED"), "{told}");
    assert!(notes(&timed(&["08:00"])).contains("1 line by timetable on 2026-03-04 (synthetic.zip)"));
    study.transit.as_mut().unwrap().services[0].synthetic = true;
    let output = measure(&study, &within(500.0));
    assert!(output.synthetic && output.tables.iter().all(|table| table.synthetic));
}

#[test]
fn requests_that_contradict_themselves_are_refused() {
    let message = |what: StopCoverage| try_measure(&town(), &what).unwrap_err().to_string();
    assert!(message(StopCoverage { within: None, ..within(1.0) }).starts_with("within: is needed"));
    assert!(message(StopCoverage { within: within(1.0).within, ..counties() }).starts_with("within: is not used"));
    assert!(message(StopCoverage { level: None, ..counties() }).starts_with("judge: \"regions\" needs a level"));
    assert!(message(StopCoverage { classes: vec![4.0, 1.0], ..within(1.0) }).starts_with("classes: must rise"));
    assert!(message(StopCoverage { min_departures_per_day: 0.0, ..within(1.0) }).contains("write 1 or more"));
    let backwards = Some(Between { from: time("09:00"), to: time("07:00") });
    assert!(message(StopCoverage { between: backwards, ..within(1.0) }).starts_with("between: ends before"));
    let mut study = town();
    study.transit = None;
    assert!(try_measure(&study, &within(1.0)).unwrap_err().to_string().contains("no stops"));
}

/// Small steps of a seeded generator (Knuth's 64-bit LCG).
struct Dice(u64);

impl Dice {
    /// A whole number from `least` to `most`, both included.
    fn roll(&mut self, least: u32, most: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        least + ((self.0 >> 33) % u64::from(most - least + 1)) as u32
    }

    /// True once in so many throws.
    fn once_in(&mut self, throws: u32) -> bool {
        self.roll(1, throws) == 1
    }
}

#[test]
fn a_config_means_what_it_says() {
    let parsed = |measure: &str| {
        let text = format!(
            "title = \"x\"\n[study]\nregions = {{ path = \"r.geojson\", level = \"county\" }}\n\
             demand = {{ path = \"d.csv\", people = \"people\" }}\ntransit = {{ gtfs = \"feed.zip\" }}\n\
             [[indicator]]\nid = \"stops\"\ntitle = \"x\"\nmeasure.stop-coverage = {{ {measure} }}\n"
        );
        config::parse(&text, "study.toml", Path::new("."))
    };
    let plan = parsed("within = \"500 m\", min-departures-per-day = 12, between = [\"07:00\", \"25:30\"]").unwrap();
    let want = StopCoverage {
        between: Some(Between { from: time("07:00"), to: time("25:30") }),
        by: By::Geodesic,
        ..within(500.0)
    };
    assert_eq!(plan.indicators[0].measure, Measure::StopCoverage(want));
    let plan = parsed("judge = \"regions\", level = \"county\", min-departures-per-day = 12").unwrap();
    assert_eq!(plan.indicators[0].measure, Measure::StopCoverage(counties()));
    for wrong in
        ["within = \"500\"", "between = [\"7\", \"9\"], within = \"500 m\"", "", "within = \"500 m\", kind = \"x\""]
    {
        assert!(parsed(wrong).is_err(), "{wrong}");
    }
}

/// A random town: 2 × 2 counties of 2 km, some without a stop, lines by number and by timetable, stations, points everywhere.
fn random_town(random: &mut Dice) -> Study {
    let mut scene = Scene::default();
    for (code, x, y) in [("A", 0.0, 0.0), ("B", 2_000.0, 0.0), ("C", 0.0, 2_000.0), ("D", 2_000.0, 2_000.0)] {
        scene = scene.county(code, rectangle(x, y, x + 2_000.0, y + 2_000.0), "c", "P", false);
    }
    let points: Vec<(String, f64, f64, u64)> = (0..60)
        .map(|at| {
            // off the borders: there the region would hang on the index
            let mut coordinate = || f64::from(random.roll(0, 3_999)) + 0.5;
            (format!("p{at}"), coordinate(), coordinate(), u64::from(random.roll(0, 49)))
        })
        .collect();
    let points: Vec<(&str, f64, f64, u64)> = points.iter().map(|(id, x, y, n)| (id.as_str(), *x, *y, *n)).collect();
    let mut study = scene.people(&points).build();
    let county = |x: f64, y: f64| ["A", "B", "C", "D"][usize::from(x > 2_000.0) + 2 * usize::from(y > 2_000.0)];
    let homes: Vec<&str> = points.iter().map(|(_, x, y, _)| county(*x, *y)).collect();
    live_in(&mut study, &homes);
    for at in study.demand[0].at.iter_mut() {
        *at = at.filter(|_| !random.once_in(20));
    }
    let day: ServiceDate = "2026-03-04".parse().unwrap();
    let calendar = |id: &str, dates| Calendar { id: id.into(), feed: FeedIdx(0), dates };
    let mut transit = Transit {
        date: Some(day),
        calendars: vec![calendar("on", vec![day]), calendar("off", vec![])],
        complete_for: if random.once_in(2) { vec!["D".into()] } else { Vec::new() },
        ..Transit::default()
    };
    // the north-east has no stop
    for at in 0..14u32 {
        let (x, y) = loop {
            let (x, y) = (f64::from(random.roll(0, 3_999)), f64::from(random.roll(0, 3_999)));
            if x < 2_000.0 || y < 2_000.0 {
                break (x + 0.25, y + 0.25);
            }
        };
        let mut stop = Stop::new(format!("s{at}"), format!("s{at}"), place(x, y));
        stop.station = (at >= 2 && random.once_in(3)).then_some(StopIdx(at % 2));
        transit.stops.push(stop);
    }
    for at in 0..6 {
        let length = random.roll(2, 5);
        // a stop may come twice
        let stops: Vec<StopIdx> = (0..length).map(|_| StopIdx(random.roll(0, 13))).collect();
        let is_timed = random.once_in(2);
        let mut pattern = Pattern {
            direction: String::new(),
            stops,
            trips_per_day: f64::from(random.roll(0, 7)),
            both_ways: !is_timed && random.once_in(2),
            is_loop: false,
            more: Default::default(),
            first: None,
            last: None,
            headway_min: None,
            trips: Vec::new(),
            frequencies: Vec::new(),
            course: None,
        };
        if is_timed {
            for _ in 0..random.roll(1, 8) {
                let starts = random.roll(20_000, 39_999);
                let calls = (0..length)
                    .map(|nth| Call { boards: !random.once_in(5), ..Call::new(starts + nth * 300, starts + nth * 300) })
                    .collect();
                let calendar = CalendarIdx(u32::from(random.once_in(4)));
                pattern.trips.push(Trip { id: String::new(), calendar, calls });
            }
        }
        let mode = if random.once_in(4) { Mode::Metro } else { Mode::Bus };
        transit.services.push(Service {
            id: format!("L{at}"),
            name: format!("L{at}"),
            mode,
            patterns: vec![pattern],
            feed: FeedIdx(0),
            synthetic: false,
        });
    }
    study.transit = Some(transit);
    study
}

/// Part, whole and unknown by the definition, point by point and stop by stop, in whole numbers.
fn naive(study: &Study, limit: f64, least: u64, between: Option<(u32, u32)>, by_station: bool) -> (f64, f64, f64) {
    let transit = study.transit.as_ref().unwrap();
    let counties = ["A", "B", "C", "D"];
    let county_of = |x: f64, y: f64| usize::from(x > 2_000.0) + 2 * usize::from(y > 2_000.0);
    // by stop: departures that count, those of which no time is known, and whether it is left or called at at all
    let (mut counted, mut untimed) = (vec![0u64; 14], vec![0u64; 14]);
    let (mut is_left, mut is_called) = ([false; 14], [false; 14]);
    for service in transit.services.iter().filter(|service| service.mode == Mode::Bus) {
        let pattern = &service.patterns[0];
        for (position, stop) in pattern.stops.iter().enumerate() {
            is_called[stop.at()] = true;
            for trip in pattern.trips.iter().filter(|trip| trip.calendar == CalendarIdx(0)) {
                let call = trip.calls[position];
                if position + 1 < pattern.stops.len() && call.boards {
                    is_left[stop.at()] = true;
                    let leaves = call.leaves.0;
                    counted[stop.at()] += u64::from(between.is_none_or(|(from, to)| from <= leaves && leaves <= to));
                }
            }
            let is_numbered = pattern.trips.is_empty();
            let ways = u64::from(position + 1 < pattern.stops.len()) + u64::from(pattern.both_ways && position > 0);
            let number = if is_numbered { ways * pattern.trips_per_day as u64 } else { 0 };
            is_left[stop.at()] |= number > 0;
            match between {
                None => counted[stop.at()] += number,
                Some(_) => untimed[stop.at()] += number,
            }
        }
    }
    let station = |at: usize| transit.stops[at].station.map_or(at, StopIdx::at);
    let sum = |of: &[u64], at: usize| match by_station {
        true => (0..14).filter(|other| station(*other) == station(at)).map(|other| of[other]).sum(),
        false => of[at],
    };
    let (mut part, mut whole, mut unknown) = (0, 0, 0);
    let layer = &study.demand[0];
    for at in 0..layer.len() {
        let weight = (layer.group("people").unwrap().weights[at].micros() / 1_000_000) as u64;
        let Some(here) = layer.at[at] else {
            unknown += weight;
            continue;
        };
        let near = || (0..14).filter(|stop| is_left[*stop] && transit.stops[*stop].at.xy.distance_m(here.xy) <= limit);
        let home = county_of(here.xy.x, here.xy.y);
        let has_data = transit.complete_for.iter().any(|code| code == counties[home])
            || (0..14).any(|stop| {
                let there = transit.stops[stop].at.xy;
                is_called[stop] && county_of(there.x, there.y) == home
            });
        let counts = |stop: usize| -> u64 { sum(&counted, stop) };
        let may: bool = near().any(|stop| sum(&counted, stop) + sum(&untimed, stop) >= least);
        if near().any(|stop| counts(stop) >= least) {
            part += weight;
            whole += weight;
        } else if !has_data || may {
            unknown += weight;
        } else {
            whole += weight;
        }
    }
    (part as f64, whole as f64, unknown as f64)
}

#[test]
fn a_naive_count_over_all_points_and_stops_agrees_on_random_towns() {
    let seed: u64 = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_304);
    let mut random = Dice(seed);
    let (mut covered, mut unknown) = (0, 0);
    for round in 0..300 {
        let study = random_town(&mut random);
        let limit = f64::from(random.roll(100, 1_499));
        let least = random.roll(1, 11);
        let between = random.once_in(2).then(|| (25_000, random.roll(25_000, 35_999)));
        let by_station = random.once_in(2);
        let what = StopCoverage {
            min_departures_per_day: f64::from(least),
            between: between.map(|(from, to)| Between { from: ServiceTime(from), to: ServiceTime(to) }),
            by_station,
            ..within(limit)
        };
        let output = measure(&study, &what);
        let want = naive(&study, limit, u64::from(least), between, by_station);
        assert_eq!(parts(&output.headline), want, "seed {seed}, round {round}, {what:?}");
        assert!(output.weights[0].balances());
        // a farther limit, or fewer departures, never covers fewer people
        let farther =
            measure(&study, &StopCoverage { within: Some(Limit::Length(Metres(limit + 100.0))), ..what.clone() });
        let fewer = measure(&study, &StopCoverage { min_departures_per_day: f64::from(least) / 2.0, ..what.clone() });
        for other in [&farther, &fewer] {
            assert!(other.headline.part >= output.headline.part, "seed {seed}, round {round}, {what:?}");
        }
        covered += usize::from(want.0 > 0.0);
        unknown += usize::from(want.2 > 0.0);
    }
    assert!(covered > 100 && unknown > 100, "the scenes must try something: {covered} {unknown}");
}

/// The data of Porto Alegre; `None` where it is not at hand.
fn porto_alegre() -> Option<PathBuf> {
    let shared = std::env::var_os("TONGDA_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let folder = shared.join("data/porto-alegre");
    if !folder.join("poa_eptc.zip").exists() {
        eprintln!("skipped: needs {}", folder.display());
        return None;
    }
    Some(fs::canonicalize(folder).unwrap())
}

#[test]
fn people_around_the_stops_of_porto_alegre_are_those_that_pandas_finds() {
    let Some(data) = porto_alegre() else { return };
    let folder = TempDir::new().unwrap();
    let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"1","name":"x"},
        "geometry":{"type":"Polygon","coordinates":[[[-51.5,-30.5],[-50.5,-30.5],[-50.5,-29.5],[-51.5,-29.5],[-51.5,-30.5]]]}}]}"#;
    fs::write(folder.path().join("poa.geojson"), square).unwrap();
    let text = format!(
        "title = \"Porto Alegre\"\n[study]\nregions = {{ path = \"poa.geojson\", level = \"county\" }}\n\
         transit = {{ gtfs = \"{0}/poa_eptc.zip\", date = 2019-05-13 }}\n\
         demand = {{ path = \"{0}/poa_hexgrid.csv\", name = \"hexagons\", id = \"id\", x = \"lon\", y = \"lat\", datum = \"wgs-84\", people = \"population\" }}\n",
        data.display()
    );
    let plan = config::parse(&text, "study.toml", folder.path()).unwrap();
    let study = ingest::study(&plan.study, &Silent).unwrap();
    // tests/oracles/stops_porto_alegre.py, Python 3.11.7 with pandas 3.1.1, numpy 2.4.6 and pyproj 3.7.2, 2026-11-25
    let cases = [
        (300.0, 694_448.0, [79_984.0, 968.0, 37_535.0, 222_842.0, 150_109.0, 321_497.0]),
        (500.0, 778_698.0, [26_821.0, 202.0, 7_214.0, 153_777.0, 134_690.0, 490_231.0]),
    ];
    for (limit, part, classes) in cases {
        let output = measure(&study, &StopCoverage { by: By::Geodesic, ..within(limit) });
        assert_eq!(parts(&output.headline), (part, 812_935.0, 0.0), "{limit} m");
        assert_eq!(column(table(&output, "stops_classes"), "weight"), classes.map(Value::Real), "{limit} m");
    }
}

#[test]
fn stops_as_facilities_are_covered_alike() {
    // every bus stop with at least 12 departures as a facility: covered-share has the same part, with C's people not covered
    let mut study = town();
    for (id, x) in [("L1.1", 5_000.0), ("L4.0", 19_800.0)] {
        let mut facility = Scene::default().facility(id, "stop", x, 5_000.0).build().facilities;
        study.facilities.append(&mut facility);
    }
    let by_facilities = CoveredShare {
        kind: "stop".into(),
        within: Limit::Length(Metres(500.0)),
        at_least_facilities: std::num::NonZeroU32::MIN,
        by: By::StraightLine,
        direction: Default::default(),
        demand: None,
        weight: None,
        whose: Default::default(),
        whose_level: Level::County,
        catchments: None,
    };
    let covered = Measure::CoveredShare(by_facilities).metric().measure(&Context {
        study: &study,
        progress: &Silent,
        id: "stops",
        title: &Text::new("stops", "站点"),
        over: &[],
        target_share: None,
    });
    let (covered, mine) = (covered.unwrap(), measure(&study, &within(500.0)));
    assert_eq!(covered.headline.part, mine.headline.part);
    assert_eq!(covered.weights[0].total, mine.weights[0].total);
    assert_eq!(mine.weights[0].total, Weight::whole(507));
}
