//! Metrics by transit, by a line whose times are worked out by hand; and the settings of a config.

use std::path::Path;

use tongda::base::clock::ServiceTime;
use tongda::base::progress::Silent;
use tongda::base::units::KmPerHour;
use tongda::base::units::Limit;
use tongda::base::units::Seconds;
use tongda::base::units::Text;
use tongda::config;
use tongda::metrics::Context;
use tongda::metrics::Measure;
use tongda::metrics::MetricError;
use tongda::metrics::networks::Networks;
use tongda::model::study::Study;
use tongda::model::transit::Mode;
use tongda::model::travel::Clock;
use tongda::model::travel::Travel;
use tongda::model::travel::Wait;

use crate::raptor::date;
use crate::raptor::half_hourly;
use crate::support::scene::Scene;
use crate::support::scene::measure;

/// Stops a, b and c, 20 km apart; a vehicle every half hour from 06:00, 10 min from stop to stop; a hospital at c; people at a and b, and some
/// whom no line reaches.
///
/// Leaving at a minute from 08:00 to 08:59, one waits 0 to 29 min, each twice: from a 20 to 49 min, from b 10 to 39. The median is the 30th of
/// 60, the last of the 15th pair: 34 and 24 min.
fn study() -> Study {
    let mut study = Scene::default()
        .facility("h", "hospital", 40_000.0, 0.0)
        .people(&[("a", 0.0, 0.0, 100), ("b", 20_000.0, 0.0, 200), ("far", 0.0, 300_000.0, 50)])
        .build();
    study.transit = Some(half_hourly());
    study
}

const COVERED: &str = "covered-share = { kind = \"hospital\", within = \"30 min\", by = \"transit\" }";

#[test]
fn the_median_over_the_window_is_what_is_held_against_the_limit() {
    let mut study = study();
    // 24 min from b is within 30, 34 from a is not: 200 of 350
    let output = measure(&study, COVERED).unwrap();
    assert_eq!(output.headline.value, Some(200.0 / 350.0));
    assert!(output.synthetic, "the line says that it is made up");
    // at exactly 34 min a is within
    let at_limit = COVERED.replace("30 min", "34 min");
    assert_eq!(measure(&study, &at_limit).unwrap().headline.value, Some(300.0 / 350.0));
    assert_eq!(measure(&study, &COVERED.replace("30 min", "2039 s")).unwrap().headline.value, Some(200.0 / 350.0));
    // the 54th of 60, the last of the 27th pair: 46 and 36 min
    study.transit.as_mut().unwrap().travel.percentile = 90.0;
    assert_eq!(measure(&study, &at_limit).unwrap().headline.value, Some(0.0));
    assert_eq!(measure(&study, &COVERED.replace("30 min", "36 min")).unwrap().headline.value, Some(200.0 / 350.0));
}

#[test]
fn who_must_be_there_by_a_minute_waits_at_the_other_end() {
    // at the hospital by a minute: 0 to 29 min too early, each twice; the same medians, searched from the hospital
    let mut study = study();
    study.transit.as_mut().unwrap().travel.clock = Clock::ArriveBy;
    let nearest = "nearest = { kind = \"hospital\", by = \"transit\", cost = \"time\", statistic = \"max\" }";
    assert_eq!(measure(&study, nearest).unwrap().headline.value, Some(34.0 * 60.0));
    assert_eq!(measure(&study, COVERED).unwrap().headline.value, Some(200.0 / 350.0));
}

#[test]
fn the_nearest_by_transit_is_a_time_and_some_have_none() {
    // (100 × 34 + 200 × 24) / 300 min; nothing is known of the 50 but that they reach nothing
    let nearest = "nearest = { kind = \"hospital\", by = \"transit\", cost = \"time\" }";
    let output = measure(&study(), nearest).unwrap();
    assert_eq!(output.headline.value, Some((100.0 * 34.0 + 200.0 * 24.0) / 300.0 * 60.0));
    assert_eq!(output.headline.unknown, 50.0);
    let wrong = measure(&study(), &nearest.replace(", cost = \"time\"", ""));
    assert!(matches!(wrong, Err(MetricError::Parameter { key: "cost", .. })), "{wrong:?}");
}

#[test]
fn centres_within_reach_by_transit_are_counted() {
    let text = "reachable-within = { centres = \"hospital\", within = \"30 min\", by = [\"transit\"] }";
    let output = measure(&study(), text).unwrap();
    assert_eq!(output.headline.value, Some(200.0 / 350.0));
}

#[test]
fn metrics_share_a_network_that_is_made_once() {
    let study = study();
    let networks = Networks::new(&study);
    let within = "reachable-within = { centres = \"hospital\", within = \"30 min\", by = [\"transit\"] }";
    let from = COVERED.replace(" }", ", direction = \"from-facility\" }");
    for text in [COVERED, within, &from, COVERED] {
        let what: Measure = toml::from_str::<toml::Table>(text).unwrap().try_into().unwrap();
        let title = Text::new("t", "题");
        let context =
            Context { study: &study, progress: &Silent, id: "i", title: &title, over: &[], target_share: None };
        let shared = what.metric().measure_over(&context, &networks).unwrap();
        let alone = measure(&study, text).unwrap();
        assert_eq!(shared.headline, alone.headline, "{text}");
        assert_eq!(
            (shared.notes, shared.tables, shared.evidence),
            (alone.notes, alone.tables, alone.evidence),
            "{text}"
        );
    }
    assert!(std::ptr::eq(networks.transit().unwrap(), networks.transit().unwrap()));
}

#[test]
fn what_a_figure_by_transit_rests_on_is_said() {
    let output = measure(&study(), COVERED).unwrap();
    let told = &output.notes[0].en;
    for part in [
        "on 2026-03-04, leaving every minute from 08:00 to 08:59, percentile 50 of 60 times",
        "on foot at 5 km/h over 1.3 times the straight line, at most 1 km to a stop",
        "up to 3 changes of at least 1 min",
        "ways over 120 min are none",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn what_can_not_be_measured_by_transit_is_refused() {
    let plain = study();
    let mut bare = study();
    bare.transit = None;
    let refused = |study: &Study, text: &str| measure(study, text).unwrap_err().to_string();
    assert!(refused(&bare, COVERED).contains("no timetable and no route table"));
    let too_long = refused(&plain, &COVERED.replace("30 min", "3 h"));
    assert!(too_long.contains("longest = \"3 h\""), "{too_long}");
    let mut idle = study();
    idle.transit.as_mut().unwrap().date = Some(date("2026-03-08"));
    assert!(refused(&idle, COVERED).contains("nothing runs on 2026-03-08"));
    let drawn = COVERED.replace(" }", ", catchments = {} }");
    assert!(refused(&plain, &drawn).contains("outlines"));
}

#[test]
fn a_config_says_how_one_travels() {
    let head = "title = \"t\"\n[study]\nregions = { path = \"r.geojson\", level = \"county\" }\n[study.travel]\n";
    let text = "from = \"07:30\"\nwindow = \"2 h\"\nclock = \"arrive-by\"\npercentile = 85\nlongest = \"90 min\"\nmax-walk = \"10 min\"\n\
                walk-speed = \"4 km/h\"\nwalk-detour = 1.25\ntransfers = 1\nchange = \"2 min\"\nmodes = [\"bus\", \"ferry\"]\nwait = \"worst\"\n\
                line-speed = \"25 km/h\"\nline-detour = 1.2\nline-hours = [\"06:00\", \"25:00\"]\n";
    let plan = config::parse(&format!("{head}{text}"), "t", Path::new(".")).unwrap();
    let expected = Travel {
        date: None,
        from: ServiceTime(27_000),
        minutes: 120,
        clock: Clock::ArriveBy,
        percentile: 85.0,
        longest_s: 5400,
        max_walk: Limit::Time(Seconds(600.0)),
        walk_speed: KmPerHour(4.0),
        walk_detour: 1.25,
        transfers: 1,
        change_s: 120,
        modes: vec![Mode::Bus, Mode::Ferry],
        wait: Wait::Worst,
        line_speed: KmPerHour(25.0),
        line_detour: 1.2,
        line_hours: (ServiceTime(21_600), ServiceTime(90_000)),
    };
    assert_eq!(plan.study.travel, expected);
    assert_eq!(config::parse(head, "t", Path::new(".")).unwrap().study.travel, Travel::default());
    let wrong = [
        "from = \"noon\"",
        "window = \"90 s\"",
        "percentile = 101",
        "longest = \"19 h\"",
        "walk-speed = \"0 km/h\"",
        "walk-detour = 0.9",
        "modes = []",
        "line-hours = [\"20:00\", \"06:00\"]",
    ];
    for line in wrong {
        assert!(config::parse(&format!("{head}{line}\n"), "t", Path::new(".")).is_err(), "{line}");
    }
}

#[test]
fn a_config_without_lines_can_not_ride() {
    let text = "title = \"t\"\n[study]\nregions = { path = \"r.geojson\", level = \"county\" }\n\
                facilities = { path = \"f.csv\", kind = \"hospital\" }\ndemand = { path = \"d.csv\", people = \"p\" }\n[[indicator]]\nid = \"i\"\n\
                measure.covered-share = { kind = \"hospital\", within = \"30 min\", by = \"transit\" }\n";
    let refused = format!("{:?}", config::parse(text, "t", Path::new(".")).unwrap_err());
    assert!(refused.contains("nothing to ride on"), "{refused}");
    let with_table = text.replace("demand =", "services = { path = \"s.csv\" }\ndemand =");
    assert!(config::parse(&with_table, "t", Path::new(".")).is_ok());
}

#[test]
fn a_direct_line_needs_no_change() {
    let mut study = study();
    study.transit.as_mut().unwrap().travel.transfers = 0;
    assert_eq!(measure(&study, COVERED).unwrap().headline.value, Some(200.0 / 350.0));
}
