//! Route types and what is ridden: the mode of each number, and the lines that are not ridden, told by mode.

use std::fs;

use crate::support::feed::FeedText;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::ingest;
use tongda::io::gtfs::modes;
use tongda::io::gtfs::modes::Use;
use tongda::model::study::Study;
use tongda::model::transit::Mode;
use tongda::model::travel::Travel;

/// Numbers, from and to, and what they are. Basic ones: GTFS reference, routes.txt. Extended ones: developers.google.com/transit/gtfs/
/// reference/extended-route-types; numbers between, and 300 to 399: ranges of OpenTripPlanner (TransitModeMapper) and of R5
/// (TransitLayer.getTransitModes), which agree where neither is noted.
const TYPES: &[(u32, u32, Option<Mode>)] = &[
    (0, 0, Some(Mode::Tram)),
    (1, 1, Some(Mode::Metro)),
    (2, 2, Some(Mode::Rail)),
    (3, 3, Some(Mode::Bus)),
    (4, 4, Some(Mode::Ferry)),
    (5, 7, Some(Mode::Cable)),
    // trolleybus, monorail
    (11, 11, Some(Mode::Bus)),
    (12, 12, Some(Mode::Metro)),
    (100, 117, Some(Mode::Rail)),
    (118, 199, Some(Mode::Rail)),
    (200, 209, Some(Mode::Coach)),
    (210, 299, Some(Mode::Coach)),
    (300, 399, Some(Mode::Rail)),
    // urban railway, metro, underground, monorail; the peers take 400, 403 and 404 for rail
    (400, 405, Some(Mode::Metro)),
    (500, 699, Some(Mode::Metro)),
    (700, 711, Some(Mode::Bus)),
    (712, 712, Some(Mode::SchoolBus)),
    // "School and Public Service Bus": all may board
    (713, 714, Some(Mode::Bus)),
    (715, 715, Some(Mode::OnDemand)),
    (716, 716, Some(Mode::Bus)),
    // "Share Taxi Service"
    (717, 717, Some(Mode::Bus)),
    (718, 799, Some(Mode::Bus)),
    (800, 899, Some(Mode::Bus)),
    (900, 906, Some(Mode::Tram)),
    (907, 999, Some(Mode::Tram)),
    (1000, 1015, Some(Mode::Ferry)),
    // "School Boat": a ferry, as OpenTripPlanner and R5 take it
    (1016, 1016, Some(Mode::Ferry)),
    (1017, 1021, Some(Mode::Ferry)),
    (1022, 1099, Some(Mode::Ferry)),
    (1100, 1199, None),
    (1200, 1299, Some(Mode::Ferry)),
    (1300, 1307, Some(Mode::Cable)),
    (1400, 1402, Some(Mode::Cable)),
    (1500, 1500, None),
    // "Communal Taxi Service: Please use 717"
    (1501, 1501, Some(Mode::Bus)),
    (1502, 1599, None),
    // the peers take self drive for buses; nobody is carried there
    (1600, 1699, None),
    (1700, 1700, None),
    // "Cable Car"
    (1701, 1701, Some(Mode::Cable)),
    (1702, 1702, None),
];

#[test]
fn every_route_type_has_a_mode_or_is_left_out_by_name() {
    for (from, to, want) in TYPES {
        for kind in *from..=*to {
            let found = modes::of(kind);
            match want {
                Some(mode) => assert_eq!(found, Use::As(*mode), "{kind}"),
                None => assert!(matches!(found, Use::Not(_)), "{kind}: {found:?}"),
            }
        }
    }
    for kind in [8, 9, 10, 13, 42, 99, 1800, 9999] {
        assert_eq!(modes::of(kind), Use::Unknown, "{kind}");
    }
}

#[test]
fn all_that_everybody_may_board_is_ridden_by_default() {
    let all = [Mode::Bus, Mode::Coach, Mode::Metro, Mode::Rail, Mode::Tram, Mode::Ferry, Mode::Cable];
    assert_eq!(Travel::default().modes, all);
}

/// The feed in a study that asks for a way by timetable; `travel` are keys of [study.travel].
fn study(feed: &FeedText, travel: &str) -> Result<Study, String> {
    let folder = tempfile::tempdir().unwrap();
    let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"320101","name":"x"},
        "geometry":{"type":"Polygon","coordinates":[[[118.0,32.0],[119.5,32.0],[119.5,33.0],[118.0,33.0],[118.0,32.0]]]}}]}"#;
    fs::write(folder.path().join("square.geojson"), square).unwrap();
    fs::write(folder.path().join("homes.csv"), "id,people,lon,lat\nh,10,118.90,32.5\n").unwrap();
    fs::write(folder.path().join("clinics.csv"), "id,lon,lat\nc,118.92,32.5\n").unwrap();
    feed.write(&folder.path().join("feed"));
    let text = format!(
        "title = \"x\"\n[study]\nregions = {{ path = \"square.geojson\", level = \"county\" }}\n\
         demand = {{ path = \"homes.csv\", people = \"people\", x = \"lon\", y = \"lat\", datum = \"wgs-84\" }}\n\
         facilities = {{ path = \"clinics.csv\", kind = \"clinic\", x = \"lon\", y = \"lat\", datum = \"wgs-84\" }}\n\
         transit = {{ gtfs = \"feed\", date = 2026-03-04 }}\ntravel = {{ {travel} }}\n\
         [[indicator]]\nid = \"t\"\nmeasure.nearest = {{ kind = \"clinic\", by = \"transit\", cost = \"time\" }}\n"
    );
    let plan = config::parse(&text, "study.toml", folder.path()).map_err(|error| format!("{error:?}"))?;
    ingest::study(&plan.study, &Silent).map_err(|error| error.to_string())
}

#[test]
fn lines_that_are_not_ridden_or_not_used_are_told_with_their_number() {
    let of = |kind: &str, travel: &str| {
        let study = study(&FeedText::sound().with("routes.txt", "700", kind), travel).unwrap();
        study
            .issues
            .iter()
            .map(|issue| format!("{} {}: {}", issue.severity, issue.code, issue.what))
            .collect::<Vec<_>>()
    };
    // line 2 has 12 departures on a weekday, of 2 trips in trips.txt
    let not_ridden = |why: &str| {
        vec![format!("note mode-not-ridden: 1 line is not ridden, with 12 departures on the day: its mode is {why}")]
    };
    for kind in ["0", "4", "7", "900", "1004", "1302", "1701", "713"] {
        assert_eq!(of(kind, ""), [] as [&str; 0], "{kind}");
    }
    assert_eq!(of("712", ""), not_ridden("school-bus, and it is for pupils alone"));
    assert_eq!(of("715", ""), not_ridden("on-demand, and what runs on demand has no timetable"));
    let tram = not_ridden("tram, and modes in [study.travel] does not name it");
    assert_eq!(of("0", "modes = [\"bus\"]"), tram);
    for (kind, words) in [
        ("1102", "aircraft"),
        ("1505", "taxis"),
        ("1601", "hired vehicles that one drives"),
        ("1702", "horse-drawn carriages"),
        ("1700", "vehicles of no named kind (miscellaneous)"),
    ] {
        // its trips, calls and headways are no loss
        let want = format!("note route_type_not_used: 1 route is of {words}, with 2 trips: not used");
        assert_eq!(of(kind, ""), [want]);
    }
    let unknown = study(&FeedText::sound().with("routes.txt", "700", "99"), "").unwrap_err();
    let want = "feed/routes.txt lost 1 of 2 records (unexpected_enum_value 1), more than max-loss = \"20 %\"; first: error \
                [unexpected_enum_value] feed/routes.txt, record 2, field \"route_type\": route_type 99 of route 2 is not known; its trips are \
                left out; write 0 for trams, 1 metro, 2 rail, 3 buses, ";
    assert!(unknown.starts_with(want), "{unknown}");
}
