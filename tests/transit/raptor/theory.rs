//! Times whose whole distribution follows from the headways, in the manner of R5's tests in a perfect grid ("Simpson Desert").

use std::collections::BTreeMap;

use tongda::base::clock::ServiceTime;
use tongda::base::idx::CalendarIdx;
use tongda::base::units::KmPerHour;
use tongda::base::units::Limit;
use tongda::base::units::Metres;
use tongda::base::units::Seconds;
use tongda::impedance::transit::TransitNetwork;
use tongda::model::transit::Call;
use tongda::model::transit::Frequency;
use tongda::model::transit::Pattern;
use tongda::model::transit::Stop;
use tongda::model::transit::Transit;
use tongda::model::transit::Trip;
use tongda::model::travel::Travel;
use tongda::model::travel::Wait;

use crate::raptor::at;
use crate::raptor::calendars;
use crate::raptor::date;
use crate::raptor::pattern;
use crate::raptor::plane;
use crate::raptor::service;
use crate::raptor::walker;

fn stop(x: f64, y: f64) -> Stop {
    Stop::new(format!("{x} {y}"), format!("{x} {y}"), at(x, y))
}

/// A line with a departure every so many minutes from 05:00 to 15:00, and a ride of so many minutes from stop to stop.
fn line(stops: Vec<u32>, headway_min: u32, offset_min: u32, ride_min: u32) -> Pattern {
    let length = stops.len() as u32;
    let trip = |nth: u32| Trip {
        id: nth.to_string(),
        calendar: CalendarIdx(0),
        calls: (0..length)
            .map(|position| 60 * (300 + nth * headway_min + offset_min + position * ride_min))
            .map(|time| Call::new(time, time))
            .collect(),
    };
    Pattern { trips: (0..600 / headway_min).map(trip).collect(), ..pattern(stops) }
}

fn transit(stops: Vec<Stop>, patterns: Vec<Pattern>) -> Transit {
    Transit {
        stops,
        services: patterns.into_iter().enumerate().map(|(nth, pattern)| service(nth, vec![pattern])).collect(),
        calendars: calendars(),
        date: Some(date("2026-03-04")),
        ..Transit::default()
    }
}

/// Nobody walks anywhere but at a stop itself.
fn travel(minutes: u32) -> Travel {
    Travel { minutes, max_walk: Limit::Time(Seconds(0.0)), change_s: 0, ..Travel::default() }
}

/// How often each time, in minutes, occurs.
fn histogram(transit: &Transit, travel: &Travel, from: usize, to: usize) -> BTreeMap<u32, u32> {
    let plane = plane();
    let network = TransitNetwork::new(transit, travel, walker(&plane, travel));
    let times = network.times(&transit.stops[from].at, &network.ends(&[transit.stops[to].at]));
    let mut counts = BTreeMap::new();
    for minute in 0..times.minutes() {
        let seconds = times.at(0, minute).unwrap();
        assert_eq!(seconds % 60, 0);
        *counts.entry(seconds / 60).or_insert(0) += 1;
    }
    counts
}

#[test]
fn waiting_for_one_line_is_uniform_over_its_headway() {
    // a departure every 10 min, a ride of 12 min: over 60 min every wait of 0 to 9 min occurs 6 times
    let transit = transit(vec![stop(0.0, 0.0), stop(50_000.0, 0.0)], vec![line(vec![0, 1], 10, 3, 12)]);
    let expected: BTreeMap<u32, u32> = (12..=21).map(|time| (time, 6)).collect();
    assert_eq!(histogram(&transit, &travel(60), 0, 1), expected);
    // rank ⌈p/100 · 60⌉ of six 12s, six 13s, …: p1 is the 1st, p50 the 30th (the last 16), p51 the 31st, p99 the 60th
    let (plane, travel) = (plane(), travel(60));
    let network = TransitNetwork::new(&transit, &travel, walker(&plane, &travel));
    let times = network.times(&transit.stops[0].at, &network.ends(&[transit.stops[1].at]));
    let ranks = times.percentiles(0, &[0.0, 1.0, 10.0, 10.1, 50.0, 51.0, 90.0, 99.0, 100.0]);
    let minutes: Vec<u32> = ranks.into_iter().map(|seconds| seconds.unwrap() / 60).collect();
    assert_eq!(minutes, [12, 12, 12, 13, 16, 17, 20, 21, 21]);
    // departures at 08:03, 08:13, …, 08:53 and 09:03
    assert_eq!(times.departures(0), 7);
}

#[test]
fn waits_for_two_lines_with_coprime_headways_add_as_if_independent() {
    // Every 10 min from 0 to 1, then every 11 min from 1 to 2. In 110 min eleven vehicles of the first line come, and each meets the second
    // line at another of its 11 phases; before each vehicle there are 10 waits. So each pair of waits (0 to 9, 0 to 10) occurs once, and the
    // time is 12 + 7 plus their sum: a trapezium.
    let stops = vec![stop(0.0, 0.0), stop(50_000.0, 0.0), stop(50_000.0, 50_000.0)];
    let transit = transit(stops, vec![line(vec![0, 1], 10, 4, 12), line(vec![1, 2], 11, 5, 7)]);
    let mut expected = BTreeMap::new();
    (0..10).flat_map(|a| (0..11).map(move |b| a + b)).for_each(|wait| *expected.entry(19 + wait).or_insert(0) += 1);
    assert_eq!(expected[&19], 1);
    assert_eq!(expected[&28], 10);
    assert_eq!(histogram(&transit, &travel(110), 0, 2), expected);
}

/// A grid of 5 × 5 stops 10 km apart: a line along every row every 10 min, along every column every 20 min, both ways, a minute from stop to stop.
fn grid() -> Transit {
    let stops = (0..25).map(|at| stop(f64::from(at % 5) * 10_000.0, f64::from(at / 5) * 10_000.0)).collect();
    let frequency = |minutes: u32| Frequency {
        calendar: None,
        first: ServiceTime(5 * 3600),
        last: ServiceTime(20 * 3600),
        headway_s: minutes * 60,
        calls: (0..5).map(|at| Call::new(60 * at, 60 * at)).collect(),
    };
    let mut patterns = Vec::new();
    for at in 0..5 {
        let row = Pattern {
            frequencies: vec![frequency(10)],
            both_ways: true,
            ..pattern((0..5).map(|x| 5 * at + x).collect())
        };
        let column = pattern((0..5).map(|y| 5 * y + at).collect());
        patterns.extend([row, Pattern { frequencies: vec![frequency(20)], both_ways: true, ..column }]);
    }
    transit(stops, patterns)
}

#[test]
fn in_a_grid_of_headways_every_time_is_half_the_headways_and_the_rides() {
    let (grid, plane) = (grid(), plane());
    // waits of a row and of a column, minutes
    for (wait, row, column) in [(Wait::Best, 0, 0), (Wait::Mean, 5, 10), (Wait::Worst, 10, 20)] {
        let travel = Travel { wait, transfers: 1, ..travel(7) };
        let network = TransitNetwork::new(&grid, &travel, walker(&plane, &travel));
        let places: Vec<_> = grid.stops.iter().map(|stop| stop.at).collect();
        let ends = network.ends(&places);
        assert_eq!(network.basis().headways, 10);
        for from in 0..25u32 {
            let times = network.times(&places[from as usize], &ends);
            for to in 0..25u32 {
                let (dx, dy) = ((from % 5).abs_diff(to % 5), (from / 5).abs_diff(to / 5));
                let waits = if dx > 0 { row } else { 0 } + if dy > 0 { column } else { 0 };
                for minute in 0..7 {
                    assert_eq!(times.at(to as usize, minute), Some(60 * (dx + dy + waits)), "{from} to {to}");
                }
            }
        }
    }
}

#[test]
fn without_a_change_only_the_own_row_and_column_are_reached() {
    let (grid, plane) = (grid(), plane());
    let travel = Travel { transfers: 0, ..travel(1) };
    let network = TransitNetwork::new(&grid, &travel, walker(&plane, &travel));
    let places: Vec<_> = grid.stops.iter().map(|stop| stop.at).collect();
    let times = network.times(&places[7], &network.ends(&places));
    let reached: Vec<usize> = (0..25).filter(|end| times.at(*end, 0).is_some()).collect();
    assert_eq!(reached, [2, 5, 6, 7, 8, 9, 12, 17, 22]);
}

#[test]
fn the_first_and_the_last_vehicle_at_a_headway_are_known() {
    // departures from 05:00 to 20:00, every 10 min: a ride of 1 min
    let at_clock = |hours: u32, minutes: u32, wait: Wait| {
        let travel = Travel { from: ServiceTime(3600 * hours + 60 * minutes), wait, ..travel(1) };
        let plane = plane();
        let grid = grid();
        let network = TransitNetwork::new(&grid, &travel, walker(&plane, &travel));
        let times = network.times(&grid.stops[0].at, &network.ends(&[grid.stops[1].at]));
        times.at(0, 0).map(|seconds| seconds / 60)
    };
    // before the first one waits for it and no longer; after it half the headway
    assert_eq!(at_clock(4, 55, Wait::Mean), Some(6));
    assert_eq!(at_clock(5, 0, Wait::Mean), Some(1));
    assert_eq!(at_clock(5, 1, Wait::Mean), Some(6));
    // the last leaves at 20:00: who comes at 19:58 waits 2 min, whatever the rule but the best; at 20:01 there is none
    assert_eq!(at_clock(19, 58, Wait::Best), Some(1));
    assert_eq!(at_clock(19, 58, Wait::Mean), Some(3));
    assert_eq!(at_clock(19, 58, Wait::Worst), Some(3));
    assert_eq!(at_clock(20, 0, Wait::Worst), Some(1));
    assert_eq!(at_clock(20, 1, Wait::Best), None);
}

#[test]
fn a_line_of_a_route_table_runs_at_the_declared_speed_over_the_declared_hours() {
    // 2 km × 1.3 at 20 km/h are 468 s; 13 departures from 06:30 to 18:30 are one an hour: half an hour of waiting
    let table = Pattern { trips_per_day: 13.0, both_ways: true, ..pattern(vec![0, 1]) };
    let transit = transit(vec![stop(0.0, 0.0), stop(2000.0, 0.0)], vec![table]);
    let plane = plane();
    let travel = Travel { max_walk: Limit::Length(Metres(1.0)), walk_speed: KmPerHour(1.0), ..travel(10) };
    let network = TransitNetwork::new(&transit, &travel, walker(&plane, &travel));
    let places: Vec<_> = transit.stops.iter().map(|stop| stop.at).collect();
    let ends = network.ends(&places);
    assert_eq!((network.basis().assumed, network.basis().trips), (1, 0));
    assert_eq!(network.times(&places[0], &ends).at(1, 0), Some(1800 + 468));
    assert_eq!(network.times(&places[1], &ends).at(0, 0), Some(1800 + 468));
    // with its own hours nothing is assumed: 07:00 to 19:00, 13 departures, the same headway
    let mut known = transit.clone();
    let pattern = &mut known.services[0].patterns[0];
    (pattern.first, pattern.last) = (Some(ServiceTime(7 * 3600)), Some(ServiceTime(19 * 3600)));
    let network = TransitNetwork::new(&known, &travel, walker(&plane, &travel));
    assert_eq!((network.basis().assumed, network.basis().spread), (0, 1));
    assert_eq!(network.times(&places[0], &ends).at(1, 0), Some(1800 + 468));
}
