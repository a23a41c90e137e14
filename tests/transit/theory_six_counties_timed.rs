//! The worked example of six counties by timetable: trips, first and last departures, a Saturday, a line that stops short, changes.
//!
//! The counties of `theory_six_counties.rs` without the lake. A to E are in province P, F in Q; neighbours within P are
//! AB AD BC BE DE, across CF EF. Times are those at the first stop named; `+1h` means every hour.
//!
//! ```text
//! line    from            to              there (weekdays)      back (weekdays)       on the way   Saturdays
//! R1      A1 ( 8.0,15.0)  B1 (12.0,15.0)  07:00 … 18:00 +1h 12  07:00 … 18:00 +1h 12  10 min       09:00, 15:00 each way
//! R2      B0 (15.0,15.0)  B2 (19.7,15.0)  06:00 … 15:00 +1h 10  06:30 … 15:30 +1h 10  12 min       the same
//! R3      A3 ( 5.0,12.0)  D3 ( 5.0, 8.0)  07:40              1  16:00              1   8 min       the same
//! R4      B4 (15.0,12.0)  E4 (15.0, 9.98) 10:00 … 17:00 +1h  8  06:30 … 13:30 +1h  8   5 min       none
//! R5      C5 (20.4,15.0)  C0 (25.0,15.0)  06:25 … 15:25 +1h 10  06:05 … 15:05 +1h 10  12 min       the same
//! R6      C6 (25.0,12.0)  F6 (25.0, 8.0)  06:00 … 11:00 +1h  6  12:00 … 17:00 +1h  6  10 min       none
//! R7      A3 ( 5.0,12.0)  B4 (15.0,12.0)  16:20              1  06:50              1  20 min       the same
//! R9      E9 (18.0, 5.0)  F9 (22.0, 5.0)  a coach: 06:00 … 11:00 +1h 6 each way        5 min       the same
//! ```

use std::collections::BTreeMap;

use crate::support::scene::Scene;
use crate::support::scene::clock;
use crate::support::scene::day;
use crate::support::scene::rectangle;
use geo_types::Geometry;
use tongda::base::clock::ServiceTime;
use tongda::base::progress::Silent;
use tongda::base::units::Metres;
use tongda::base::units::Seconds;
use tongda::base::units::Share;
use tongda::base::units::Text;
use tongda::metrics::Context;
use tongda::metrics::Metric;
use tongda::metrics::Output;
use tongda::metrics::neighbour_reach::Definition;
use tongda::metrics::neighbour_reach::NeighbourReach;
use tongda::metrics::neighbour_reach::Scope;
use tongda::model::lattice::Lattice;
use tongda::model::place::LonLat;
use tongda::model::place::PlaneXy;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::model::transit::Mode;
use tongda::table::Table;
use tongda::table::Value;

/// So many trips of a calendar, an hour apart.
fn hourly(calendar: &'static str, first: &str, count: u32) -> Vec<(&'static str, String)> {
    let first = clock(first).0;
    (0..count).map(|nth| (calendar, ServiceTime(first + nth * 3600).exact())).collect()
}

fn line(
    scene: Scene,
    id: &str,
    mode: Mode,
    (from, to): ((&str, f64, f64), (&str, f64, f64)),
    minutes: u32,
    there: &[(&str, String)],
    back: &[(&str, String)],
) -> Scene {
    let there: Vec<(&str, &str)> = there.iter().map(|(calendar, time)| (*calendar, time.as_str())).collect();
    let back: Vec<(&str, &str)> = back.iter().map(|(calendar, time)| (*calendar, time.as_str())).collect();
    scene.timed(id, mode, &[from, to], &[minutes * 60], &there).timed(id, mode, &[to, from], &[minutes * 60], &back)
}

fn with_counties() -> Scene {
    Scene::default()
        .county("A", rectangle(0.0, 10_000.0, 10_000.0, 20_000.0), "city1", "P", true)
        .county("B", rectangle(10_000.0, 10_000.0, 20_000.0, 20_000.0), "city1", "P", true)
        .county("C", rectangle(20_000.0, 10_000.0, 30_000.0, 20_000.0), "city2", "P", false)
        .county("D", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "city1", "P", false)
        .county("E", rectangle(10_000.0, 0.0, 20_000.0, 10_000.0), "city2", "P", false)
        .county("F", rectangle(20_000.0, 0.0, 30_000.0, 9_970.0), "city9", "Q", false)
}

fn six_counties_timed() -> Study {
    let scene = with_counties()
        .on("2026-03-04")
        .calendar("weekday", &["2026-03-04"])
        .calendar("saturday", &["2026-03-07"])
        .calendar("daily", &["2026-03-04", "2026-03-07"]);
    let with_saturdays = |mut trips: Vec<(&'static str, String)>| {
        trips.extend([("saturday", "09:00".to_owned()), ("saturday", "15:00".to_owned())]);
        trips
    };
    let scene = line(
        scene,
        "R1",
        Mode::Bus,
        (("A1", 8_000.0, 15_000.0), ("B1", 12_000.0, 15_000.0)),
        10,
        &with_saturdays(hourly("weekday", "07:00", 12)),
        &with_saturdays(hourly("weekday", "07:00", 12)),
    );
    let scene = line(
        scene,
        "R2",
        Mode::Bus,
        (("B0", 15_000.0, 15_000.0), ("B2", 19_700.0, 15_000.0)),
        12,
        &hourly("daily", "06:00", 10),
        &hourly("daily", "06:30", 10),
    );
    let scene = line(
        scene,
        "R3",
        Mode::Bus,
        (("A3", 5_000.0, 12_000.0), ("D3", 5_000.0, 8_000.0)),
        8,
        &hourly("daily", "07:40", 1),
        &hourly("daily", "16:00", 1),
    );
    let scene = line(
        scene,
        "R4",
        Mode::Bus,
        (("B4", 15_000.0, 12_000.0), ("E4", 15_000.0, 9_980.0)),
        5,
        &hourly("weekday", "10:00", 8),
        &hourly("weekday", "06:30", 8),
    );
    let scene = line(
        scene,
        "R5",
        Mode::Bus,
        (("C5", 20_400.0, 15_000.0), ("C0", 25_000.0, 15_000.0)),
        12,
        &hourly("daily", "06:25", 10),
        &hourly("daily", "06:05", 10),
    );
    let scene = line(
        scene,
        "R6",
        Mode::Bus,
        (("C6", 25_000.0, 12_000.0), ("F6", 25_000.0, 8_000.0)),
        10,
        &hourly("weekday", "06:00", 6),
        &hourly("weekday", "12:00", 6),
    );
    let scene = line(
        scene,
        "R7",
        Mode::Bus,
        (("A3", 5_000.0, 12_000.0), ("B4", 15_000.0, 12_000.0)),
        20,
        &hourly("daily", "16:20", 1),
        &hourly("daily", "06:50", 1),
    );
    let scene = line(
        scene,
        "R9",
        Mode::Coach,
        (("E9", 18_000.0, 5_000.0), ("F9", 22_000.0, 5_000.0)),
        5,
        &hourly("daily", "06:00", 6),
        &hourly("daily", "06:00", 6),
    );
    scene.build()
}

fn measure(study: &Study, params: &NeighbourReach) -> Output {
    let context = Context {
        study,
        progress: &Silent,
        id: "bus-reach",
        title: &Text::new("bus reach", "通达"),
        over: &[],
        target_share: Some(Share(0.9)),
    };
    params.measure(&context).unwrap_or_else(|error| panic!("{error}"))
}

/// Pairs by state: connected, not connected, no data, each `AB CF …`.
fn states(output: &Output) -> [String; 3] {
    ["connected", "unconnected", "no-data"].map(|state| {
        let pairs = output.evidence.iter().filter(|evidence| evidence.state == state);
        pairs.map(|evidence| evidence.about[..2].concat()).collect::<Vec<_>>().join(" ")
    })
}

fn connected(study: &Study, params: &NeighbourReach) -> String {
    let [connected, _, unknown] = states(&measure(study, params));
    assert_eq!(unknown, "", "every county of the scene has service data");
    connected
}

fn text_of(output: &Output, key: &str) -> String {
    output.evidence.iter().find(|evidence| evidence.key == key).map(|evidence| evidence.text.en.clone()).unwrap()
}

/// The values of one row of the pairs layer, by column.
fn pair_row(output: &Output, a: &str, b: &str) -> BTreeMap<String, Value> {
    let table: &Table = output.tables.iter().find(|table| table.name == "bus_reach_pairs").unwrap();
    let row = table.rows.iter().find(|row| row.values[0] == Value::from(a) && row.values[2] == Value::from(b)).unwrap();
    table.fields.iter().map(|field| field.name.clone()).zip(row.values.iter().cloned()).collect()
}

#[test]
fn every_row_of_the_table_of_timed_definitions() {
    let study = six_counties_timed();
    let default = NeighbourReach { scope: Scope::All, ..NeighbourReach::default() };
    let rows: Vec<(&str, NeighbourReach, &str)> = vec![
        // R1 and R7 join AB, R3 AD, R4 BE, R6 CF. R2 and R5 stay in their counties, R9 is a coach, nothing runs from D to E.
        ("default", default.clone(), "AB AD BE CF"),
        // R1 has 12 trips each way, R4 8, R6 6, R3 and R7 1
        ("4 trips", NeighbourReach { min_trips_per_day: 4.0, ..default.clone() }, "AB BE CF"),
        ("6 trips, the number included", NeighbourReach { min_trips_per_day: 6.0, ..default.clone() }, "AB BE CF"),
        ("7 trips", NeighbourReach { min_trips_per_day: 7.0, ..default.clone() }, "AB BE"),
        ("8 trips", NeighbourReach { min_trips_per_day: 8.0, ..default.clone() }, "AB BE"),
        ("9 trips", NeighbourReach { min_trips_per_day: 9.0, ..default.clone() }, "AB"),
        ("12 trips", NeighbourReach { min_trips_per_day: 12.0, ..default.clone() }, "AB"),
        ("13 trips: services are not added up", NeighbourReach { min_trips_per_day: 13.0, ..default.clone() }, ""),
        // both directions: R1 starts at 07:00 each way; R4 at 10:00 there, R6 at 12:00 back, R3 at 16:00 back
        ("first by 07:00", NeighbourReach { first_by: Some(clock("07:00")), ..default.clone() }, "AB"),
        ("first by 06:59:59", NeighbourReach { first_by: Some(clock("06:59:59")), ..default.clone() }, ""),
        ("first by 10:00", NeighbourReach { first_by: Some(clock("10:00")), ..default.clone() }, "AB BE"),
        ("first by 09:59:59", NeighbourReach { first_by: Some(clock("09:59:59")), ..default.clone() }, "AB"),
        // last: R1 18:00 each way; R4 17:00 and 13:30; R6 11:00 and 17:00; R3 07:40 and 16:00
        ("last from 18:00", NeighbourReach { last_from: Some(clock("18:00")), ..default.clone() }, "AB"),
        ("last from 18:00:01", NeighbourReach { last_from: Some(clock("18:00:01")), ..default.clone() }, ""),
        ("last from 13:30", NeighbourReach { last_from: Some(clock("13:30")), ..default.clone() }, "AB BE"),
        ("last from 13:30:01", NeighbourReach { last_from: Some(clock("13:30:01")), ..default.clone() }, "AB"),
        // R2 stops at x = 19 700, 300 m before C at 20 000; R5 400 m from B
        ("border walk 300 m", NeighbourReach { border_walk: Metres(300.0), ..default.clone() }, "AB AD BC BE CF"),
        ("border walk 299.999 m", NeighbourReach { border_walk: Metres(299.999), ..default.clone() }, "AB AD BE CF"),
        // minutes on the way: R1 10, R3 8, R4 5, R6 10, R7 20
        ("10 min", NeighbourReach { max_time: Some(Seconds(600.0)), ..default.clone() }, "AB AD BE CF"),
        ("9 min 59 s", NeighbourReach { max_time: Some(Seconds(599.0)), ..default.clone() }, "AD BE"),
        // R2 reaches B2 at :12; 700 m to C5 at 5 km/h take 504 s: there at :20:24, R5 leaves at :25. Back: R5 is in C5 at :17, R2
        // leaves B2 at :30 and the walk ends at :25:24. Ten such journeys each way.
        (
            "1 change, 700 m",
            NeighbourReach { transfers: 1, transfer_walk: Metres(700.0), ..default.clone() },
            "AB AD BC BE CF",
        ),
        (
            "1 change, 699.9 m",
            NeighbourReach { transfers: 1, transfer_walk: Metres(699.9), ..default.clone() },
            "AB AD BE CF",
        ),
        // both changes wait 4 min 36 s at the stop after the walk
        (
            "1 change, wait 276 s",
            NeighbourReach { transfers: 1, transfer_walk: Metres(700.0), max_wait: Seconds(276.0), ..default.clone() },
            "AB AD BC BE CF",
        ),
        (
            "1 change, wait 275 s",
            NeighbourReach { transfers: 1, transfer_walk: Metres(700.0), max_wait: Seconds(275.0), ..default.clone() },
            "AB AD BE CF",
        ),
        (
            "10 journeys each way",
            NeighbourReach { transfers: 1, transfer_walk: Metres(700.0), min_trips_per_day: 10.0, ..default.clone() },
            "AB BC",
        ),
        (
            "11 journeys each way",
            NeighbourReach { transfers: 1, transfer_walk: Metres(700.0), min_trips_per_day: 11.0, ..default.clone() },
            "AB",
        ),
        // D3 16:00 – A3 16:08, wait 12 min, A3 16:20 – B4 16:40, wait 20 min, B4 17:00 – E4 17:05: 65 min. Back E4 06:30 – B4 06:35, wait
        // 15 min, B4 06:50 – A3 07:10, wait 30 min, A3 07:40 – D3 07:48: 78 min.
        ("2 changes", NeighbourReach { transfers: 2, ..default.clone() }, "AB AD BE CF DE"),
        (
            "2 changes, wait 30 min",
            NeighbourReach { transfers: 2, max_wait: Seconds(1800.0), ..default.clone() },
            "AB AD BE CF DE",
        ),
        (
            "2 changes, wait 29:59",
            NeighbourReach { transfers: 2, max_wait: Seconds(1799.0), ..default.clone() },
            "AB AD BE CF",
        ),
        (
            "2 changes, 78 min",
            NeighbourReach { transfers: 2, max_time: Some(Seconds(4680.0)), ..default.clone() },
            "AB AD BE CF DE",
        ),
        (
            "2 changes, 77:59",
            NeighbourReach { transfers: 2, max_time: Some(Seconds(4679.0)), ..default.clone() },
            "AB AD BE CF",
        ),
        ("1 change is not enough for DE", NeighbourReach { transfers: 1, ..default.clone() }, "AB AD BE CF"),
        // of R9's coaches too
        ("coach counts", NeighbourReach { modes: vec![Mode::Bus, Mode::Coach], ..default.clone() }, "AB AD BE CF EF"),
        // on the Saturday R1 has 2 trips each way, R3 1; R4 and R6 do not run
        ("Saturday too", NeighbourReach { on: vec![day("2026-03-07")], ..default.clone() }, "AB AD"),
        (
            "Saturday too, 2 trips",
            NeighbourReach { on: vec![day("2026-03-07")], min_trips_per_day: 2.0, ..default.clone() },
            "AB",
        ),
    ];
    for (name, params, want) in rows {
        assert_eq!(connected(&study, &params), want, "{name}");
    }
}

#[test]
fn each_day_is_a_row_of_the_definition_matrix() {
    let study = six_counties_timed();
    let params = NeighbourReach { scope: Scope::All, on: vec![day("2026-03-07")], ..NeighbourReach::default() };
    let output = measure(&study, &params);
    let part = |code: &str| output.variants.iter().find(|row| row.code == code).and_then(|row| row.figure.part);
    // both days AB AD; Wednesday AB AD BE CF; Saturday AB AD
    assert_eq!((output.headline.part, output.headline.whole), (Some(2.0), Some(7.0)));
    assert_eq!((part("D1"), part("2026-03-04"), part("2026-03-07")), (Some(2.0), Some(4.0), Some(2.0)));
    let label = &output.variants.iter().find(|row| row.code == "2026-03-07").unwrap().label;
    assert_eq!((label.en.as_str(), label.zh.as_str()), ("on Saturday 2026-03-07 alone", "仅 2026-03-07（周六）"));
    assert!(text_of(&output, "B–E").contains("on Saturday 2026-03-07: R4 does not run"), "{}", text_of(&output, "B–E"));
}

#[test]
fn a_day_without_any_service_is_no_data_but_where_the_data_claims_to_be_complete() {
    let mut study = six_counties_timed();
    let params = NeighbourReach { scope: Scope::All, on: vec![day("2026-03-08")], ..NeighbourReach::default() };
    // what does not join on the Wednesday is not connected whatever the Sunday holds
    assert_eq!(states(&measure(&study, &params)), ["", "BC DE EF", "AB AD BE CF"].map(str::to_owned));
    study.transit.as_mut().unwrap().complete_for = vec![String::new()];
    assert_eq!(states(&measure(&study, &params)), ["", "AB AD BC BE CF DE EF", ""].map(str::to_owned));
}

#[test]
fn the_evidence_tells_every_journey_and_the_nearest_miss_in_numbers() {
    let study = six_counties_timed();
    let strict = NeighbourReach {
        scope: Scope::All,
        min_trips_per_day: 4.0,
        first_by: Some(clock("07:00")),
        border_walk: Metres(200.0),
        ..NeighbourReach::default()
    };
    let output = measure(&study, &strict);
    let has = |key: &str, want: &str| {
        let text = text_of(&output, key);
        assert!(text.contains(want), "{text}\nwithout: {want}");
    };
    has(
        "A–B",
        "A – B: connected (border 10 km): R1: 12 trips a day each way; R1: A1 → B1 12 a day 07:00–18:00 in 10 min, back B1 → A1 12 a day 07:00–18:00 in 10 min [timetable]",
    );
    // R3 leaves A at 07:40 and D at 16:00, once each
    has("A–D", "R3: 1 trip a day < 4; first at 07:40 after 07:00 (A to D); first at 16:00 after 07:00 (D to A)");
    has("B–C", "R2: last stop 300 m before the border > 200 m");
    has("E–F", "only R9 (Coach), which does not count as bus");
    let row = pair_row(&output, "A", "B");
    for (column, want) in [
        ("first_there", Value::from("07:00")),
        ("last_back", Value::from("18:00")),
        ("trips_there", Value::Real(12.0)),
        ("min_back", Value::Real(10.0)),
        ("source", Value::from("timetable")),
        ("day", Value::from("2026-03-04")),
    ] {
        assert_eq!(row[column], want, "{column}");
    }
    let changes = NeighbourReach { scope: Scope::All, transfers: 2, ..NeighbourReach::default() };
    let output = measure(&study, &changes);
    let text = text_of(&output, "D–E");
    for want in [
        "no direct line; 1 journeys a day each way with 2 changes",
        "R3 16:00 D3 → 16:08 A3, R7 16:20 A3 → 16:40 B4, R4 17:00 B4 → 17:05 E4",
        "R4 06:30 E4 → 06:35 B4, R7 06:50 B4 → 07:10 A3, R3 07:40 A3 → 07:48 D3",
        "in 65 min",
        "in 78 min",
    ] {
        assert!(text.contains(want), "{text}\nwithout: {want}");
    }
    assert_eq!(pair_row(&output, "D", "E")["changes"], Value::Int(2));
    let basis = output.notes.iter().find(|note| note.en.starts_with("the figures rest on")).unwrap();
    assert_eq!(basis.en, "the figures rest on: timetable (of Wednesday 2026-03-04)");
    let misses = measure(&study, &strict).notes;
    assert!(
        misses.iter().any(|note| note.en.contains("near misses: ") && note.en.contains("A–D (R3: 1 trip a day < 4"))
    );
}

#[test]
fn from_door_to_door_the_walks_count() {
    // seats of A and B 1 000 m from A1 and 500 m from B1: 720 s and 360 s at 5 km/h, and R1's 600 s: 28 min
    let mut study = six_counties_timed();
    let home = |study: &Study, code: &str| study.regions.find(Level::County, code);
    let scene = Scene::default().facility("a", "seat", 7_000.0, 15_000.0).facility("b", "seat", 12_000.0, 15_500.0);
    study.facilities = scene.study.facilities;
    (study.facilities[0].home, study.facilities[1].home) = (home(&study, "A"), home(&study, "B"));
    let within = |seconds: f64| {
        let params = NeighbourReach {
            definition: Definition::Centre,
            centre_kind: Some("seat".into()),
            max_time: Some(Seconds(seconds)),
            ..NeighbourReach::default()
        };
        connected(&study, &params)
    };
    assert_eq!((within(1680.0).as_str(), within(1679.0).as_str()), ("AB", ""));
}

#[test]
fn flags_midnight_and_headways_are_counted_as_the_calls_say() {
    let stops =
        [("A", 9_000.0, 15_000.0), ("a", 9_500.0, 15_000.0), ("B", 11_000.0, 15_000.0), ("b", 11_500.0, 15_000.0)];
    let back = [stops[3], stops[2], stops[1], stops[0]];
    let base = || with_counties().on("2026-03-04").calendar("daily", &["2026-03-04"]);
    let both = |trips: &[(&str, &str)]| {
        base().timed("R", Mode::Bus, &stops, &[60; 3], trips).timed("R", Mode::Bus, &back, &[60; 3], trips)
    };
    let row = |study: &Study| pair_row(&measure(study, &NeighbourReach::default()), "A", "B");
    // 23:30 and 24:30 belong to one service day; the quickest ride leaves the last stop before the border, a minute later, for a minute
    let late = both(&[("daily", "23:30"), ("daily", "24:30")]).build();
    let late = row(&late);
    assert_eq!((late["trips_there"].clone(), late["last_there"].clone()), (Value::Real(2.0), Value::from("24:31")));
    assert_eq!(late["min_there"], Value::Real(1.0));
    // to set down only in A at both stops: nobody gets on, and R runs from B to A alone
    let mut study = both(&[("daily", "08:00")]).build();
    for call in &mut study.transit.as_mut().unwrap().services[0].patterns[0].trips[0].calls[..2] {
        call.boards = false;
    }
    assert_eq!(row(&study)["reason"], Value::from("one-way"));
    // at the last stop in A only: passengers get on at the first, two minutes before the border stop
    study.transit.as_mut().unwrap().services[0].patterns[0].trips[0].calls[0].boards = true;
    let early = row(&study);
    assert_eq!((early["first_there"].clone(), early["min_there"].clone()), (Value::from("08:00"), Value::Real(2.0)));
    // to pick up only at both stops in B: nobody gets off
    for call in &mut study.transit.as_mut().unwrap().services[0].patterns[0].trips[0].calls[2..] {
        call.alights = false;
    }
    assert_eq!(row(&study)["reason"], Value::from("one-way"));
    // 06:00, 06:30 … 08:00, the last one included: five; until 07:59 four
    let runs = |last: &str| {
        let scene = base().frequent("R", &stops, &[60; 3], ("daily", "06:00", last, 1800));
        scene.frequent("R", &back, &[60; 3], ("daily", "06:00", last, 1800)).build()
    };
    assert_eq!(row(&runs("08:00"))["trips_back"], Value::Real(5.0));
    assert_eq!(row(&runs("07:59"))["trips_back"], Value::Real(4.0));
    // patterns of one service add up: a short run from a to B beside the long one
    let scene = both(&[("daily", "08:00")]);
    let short = scene.timed("R", Mode::Bus, &stops[1..3], &[60], &[("daily", "09:00")]).build();
    assert_eq!(row(&short)["trips_there"], Value::Real(2.0));
    assert_eq!(row(&short)["trips_back"], Value::Real(1.0));
}

#[test]
fn a_route_table_has_first_and_last_departures_at_most_and_says_so() {
    let mut study = with_counties().line("R1", Mode::Bus, 12.0, &[(8_000.0, 15_000.0), (12_000.0, 15_000.0)]).build();
    let params = NeighbourReach { first_by: Some(clock("07:00")), ..NeighbourReach::default() };
    let state = |study: &Study, params: &NeighbourReach| {
        let output = measure(study, params);
        let evidence = output.evidence.iter().find(|evidence| evidence.key == "A–B").unwrap().clone();
        (evidence.state, evidence.text.en)
    };
    // no file says when the first one leaves: not known, which is not "too late"
    let (word, text) = state(&study, &params);
    assert_eq!(word, "no-data");
    assert!(text.contains("R1: first and last departure are not known"), "{text}");
    let pattern = &mut study.transit.as_mut().unwrap().services[0].patterns[0];
    (pattern.first, pattern.last) = (Some(clock("07:00")), Some(clock("18:00")));
    let (word, text) = state(&study, &params);
    assert_eq!(word, "connected");
    assert!(text.contains("12 a day 07:00–18:00 from the first stop") && text.contains("[route-table]"), "{text}");
    let later = NeighbourReach { first_by: Some(clock("06:59:59")), ..NeighbourReach::default() };
    assert_eq!(state(&study, &later).0, "unconnected");
    // how long they take is not known either
    let quick = NeighbourReach { max_time: Some(Seconds(3600.0)), ..NeighbourReach::default() };
    assert_eq!(state(&study, &quick).0, "no-data");
    // and a route table is the same every day
    let on = NeighbourReach { on: vec![day("2026-03-07")], ..NeighbourReach::default() };
    let context = Context {
        study: &study,
        progress: &Silent,
        id: "x",
        title: &Text::new("x", "x"),
        over: &[],
        target_share: None,
    };
    assert!(on.measure(&context).unwrap_err().to_string().contains("the study has no timetable"));
    // trips that the config assumes are told as such
    study.transit.as_mut().unwrap().assumed = vec![tongda::base::idx::ServiceIdx(0)];
    let output = measure(&study, &NeighbourReach::default());
    assert!(text_of(&output, "A–B").ends_with("[assumed]"), "{}", text_of(&output, "A–B"));
    assert!(output.notes.iter().any(|note| note.en == "the figures rest on: assumed trips (the same every day)"));
}

#[test]
fn shared_borders_are_drawn_as_the_first_county_runs_and_coloured_by_status() {
    let mut study = six_counties_timed();
    let degrees = |xy: PlaneXy| Some(LonLat { lon: xy.x / 1e5, lat: xy.y / 1e5 });
    study.lattice = Lattice::over([0.0, 0.0, 30_000.0, 20_000.0], degrees);
    let output = measure(&study, &NeighbourReach { scope: Scope::All, ..NeighbourReach::default() });
    let table = output.tables.iter().find(|table| table.name == "bus_reach_borders").unwrap();
    let found: Vec<(String, Value, f64)> = table
        .rows
        .iter()
        .map(|row| {
            let Some(Geometry::MultiLineString(lines)) = &row.geometry else { panic!("a border is a line") };
            // the scene's degrees are metres / 100 000
            let metres =
                lines.iter().flat_map(|line| line.lines()).map(|line| line.dx().hypot(line.dy()) * 1e5).sum::<f64>();
            (format!("{}{}", row.values[0], row.values[2]), row.values[5].clone(), metres)
        })
        .collect();
    // all but those of F: 10 000 m, and 50 m round the corner at either end
    let states: Vec<(&str, &Value)> = found.iter().map(|(pair, status, _)| (pair.as_str(), status)).collect();
    let (yes, no) = (Value::from("connected"), Value::from("unconnected"));
    assert_eq!(states, [("AB", &yes), ("AD", &yes), ("BC", &no), ("BE", &yes), ("CF", &yes), ("DE", &no), ("EF", &no)]);
    for (pair, _, metres) in found.iter().filter(|(pair, ..)| !pair.contains('F')) {
        assert!((metres - 10_100.0).abs() < 1e-6, "{pair}: {metres}");
    }
    // C's bottom edge lies 30 m above F over its whole length, and its sides up to 50 m from F: 20 m each
    let cf = found.iter().find(|(pair, ..)| pair == "CF").unwrap().2;
    assert!((cf - 10_040.0).abs() < 1e-6, "{cf}");
}
