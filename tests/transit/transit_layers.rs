//! The layers of lines and stops: each stretch once, departures by stop and by hour.

use std::collections::BTreeMap;

use crate::support::scene::Scene;
use crate::support::scene::place;
use crate::support::scene::rectangle;
use tongda::base::clock::ServiceTime;
use tongda::base::idx::CalendarIdx;
use tongda::base::idx::FeedIdx;
use tongda::base::idx::StopIdx;
use tongda::base::units::Text;
use tongda::indicators::scorecard::PlaneNote;
use tongda::indicators::scorecard::Scorecard;
use tongda::layers;
use tongda::model::study::Study;
use tongda::model::transit::Calendar;
use tongda::model::transit::Call;
use tongda::model::transit::Mode;
use tongda::model::transit::Stop;
use tongda::model::transit::Trip;
use tongda::table::GeometryKind;
use tongda::table::Table;
use tongda::table::Value;

fn layers_of(study: &Study) -> Vec<Table> {
    let card = Scorecard {
        generator: "test".into(),
        title: Text::new("t", "题"),
        scenario: None,
        synthetic: false,
        plane: PlaneNote { name: "scene".into(), epsg: None, scale_min: 1.0, scale_max: 1.0, doubt: None },
        as_of: None,
        ranking: Vec::new(),
        warnings: Vec::new(),
        indicators: Vec::new(),
        sources: Vec::new(),
        issues: BTreeMap::new(),
        provenance: Vec::new(),
    };
    let tables = layers::all(study, &card, Vec::new(), false);
    for table in tables.iter().filter(|table| table.name.starts_with("transit_")) {
        for row in &table.rows {
            assert_eq!(row.values.len(), table.fields.len(), "{}", table.name);
            assert_eq!(row.geometry.is_some(), table.geometry != GeometryKind::None, "{}", table.name);
        }
        assert_eq!(table.style.is_some(), table.geometry != GeometryKind::None, "{}", table.name);
    }
    tables
}

fn layer(tables: &[Table], name: &str) -> Table {
    tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no layer {name}")).clone()
}

fn values(table: &Table, names: &[&str]) -> Vec<Vec<Value>> {
    let at: Vec<usize> = names.iter().map(|name| table.field(name).unwrap_or_else(|| panic!("no {name}"))).collect();
    table.rows.iter().map(|row| at.iter().map(|at| row.values[*at].clone()).collect()).collect()
}

/// L1 runs 6 times each way over a, b and c; L2 three times from c' over b to a, where c' is a platform of c's station.
fn scene() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
        .line("L1", Mode::Bus, 6.0, &[(1_000.0, 1_000.0), (2_000.0, 1_000.0), (3_000.0, 1_000.0)])
        .line("L2", Mode::Coach, 3.0, &[(3_000.0, 1_050.0), (9_000.0, 9_000.0), (9_000.0, 9_000.0)])
        .build();
    let transit = study.transit.as_mut().unwrap();
    let pattern = &mut transit.services[1].patterns[0];
    (pattern.stops, pattern.both_ways) = (vec![StopIdx(3), StopIdx(1), StopIdx(0)], false);
    transit.stops.push(Stop::new("station", "Station", place(3_000.0, 1_025.0)));
    for platform in [2, 3] {
        transit.stops[platform].station = Some(StopIdx(6));
    }
    study
}

#[test]
fn a_stretch_is_drawn_once_with_all_that_runs_on_it() {
    // a–b and b–station: 6 there, 6 back, and 3 of L2
    let lines = layer(&layers_of(&scene()), "transit_lines");
    let text = |text: &str| Value::Text(text.into());
    let row = |from: &str, to: &str| {
        vec![text(from), text(to), Value::Real(15.0), Value::Int(2), text("L1, L2"), text("bus, coach")]
    };
    let fields = ["from_stop", "to_stop", "trips_per_day", "lines", "line_names", "modes"];
    assert_eq!(values(&lines, &fields), [row("L1.0", "L1.1"), row("L1.1", "station")]);
}

#[test]
fn stops_have_what_leaves_them() {
    // a: 6 of L1, L2 ends there; b: 12 and 3; c: 6; its other platform: 3. The station itself, and the stops that no line calls at, are not drawn
    let stops = layer(&layers_of(&scene()), "transit_stops");
    let text = |text: &str| Value::Text(text.into());
    let row = |stop: &str, departures, lines| vec![text(stop), Value::Real(departures), Value::Int(lines)];
    let want = [row("L1.0", 6.0, 1), row("L1.1", 15.0, 2), row("L1.2", 6.0, 1), row("L2.0", 3.0, 1)];
    assert_eq!(values(&stops, &["stop", "departures", "lines"]), want);
    // without any time there is nothing to show by hour
    let tables = layers_of(&scene());
    assert!(!tables.iter().any(|table| table.name == "transit_hours" || table.name == "transit_line_hours"));
}

#[test]
fn departures_are_told_by_the_hour_in_which_they_leave_the_stop() {
    // L1 leaves a at 06:55, 07:00, 07:59:59 and 24:30 and b ten minutes later: a has 1, 2 and 1, b has 07:05, 07:10, 08:09:59 and 24:40
    let mut study = scene();
    let transit = study.transit.as_mut().unwrap();
    transit.date = Some("2026-03-04".parse().unwrap());
    transit.calendars = vec![Calendar { id: "c".into(), feed: FeedIdx(0), dates: vec!["2026-03-04".parse().unwrap()] }];
    let pattern = &mut transit.services[0].patterns[0];
    pattern.both_ways = false;
    pattern.trips = ["06:55", "07:00", "07:59:59", "24:30"]
        .iter()
        .map(|text| {
            let starts = text.parse::<ServiceTime>().unwrap().0;
            let calls = [0, 600, 1200].map(|after| Call::new(starts + after, starts + after)).to_vec();
            Trip { id: (*text).into(), calendar: CalendarIdx(0), calls }
        })
        .collect();
    let tables = layers_of(&study);
    let hours = layer(&tables, "transit_hours");
    let fields = ["stop", "h06", "h07", "h08", "h24_later", "untimed", "busiest", "busy_hour"];
    let row = |stop: &str, counts: [f64; 6], hour| {
        let mut row = vec![Value::Text(stop.into())];
        row.extend(counts.map(Value::Real));
        row.push(Value::Int(hour));
        row
    };
    // L2 has no times: its three departures from b are known by number only
    let want = [row("L1.0", [1.0, 2.0, 0.0, 1.0, 0.0, 2.0], 7), row("L1.1", [0.0, 2.0, 1.0, 1.0, 3.0, 2.0], 7)];
    assert_eq!(values(&hours, &fields), want);
    let stops = layer(&tables, "transit_stops");
    let ends = &values(&stops, &["first", "last"])[0];
    assert_eq!(*ends, [Value::Text("06:55".into()), Value::Text("24:30".into())]);
    let lines = layer(&tables, "transit_line_hours");
    let want = [Value::Text("L1".into()), Value::Real(4.0), Value::Real(2.0)];
    assert_eq!(values(&lines, &["line", "trips_per_day", "h07"]), [want]);
}

#[test]
fn made_up_lines_say_so_on_every_layer() {
    let is_synthetic = |study: &Study| -> Vec<bool> {
        let tables = layers_of(study);
        tables.iter().filter(|table| table.name.starts_with("transit_")).map(|table| table.synthetic).collect()
    };
    let mut study = scene();
    assert_eq!(is_synthetic(&study), [false, false]);
    study.transit.as_mut().unwrap().services[1].synthetic = true;
    assert_eq!(is_synthetic(&study), [true, true]);
}
