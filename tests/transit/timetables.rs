//! GTFS feeds become stops, patterns and trips; every row is accounted for, and what is missing or wrong is told.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::support::feed::FeedText;
use tempfile::TempDir;
use tongda::app::init;
use tongda::base::clock::ServiceTime;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::ingest;
use tongda::model::study::Study;
use tongda::model::transit::Mode;
use tongda::model::transit::Transit;

/// A square around the synthetic feed, and a study of it.
fn study_in(folder: &Path, study: &str) -> Result<Study, String> {
    study_with(folder, "", study)
}

/// The same with keys before the first table.
fn study_with(folder: &Path, keys: &str, study: &str) -> Result<Study, String> {
    let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"320101","name":"x"},
        "geometry":{"type":"Polygon","coordinates":[[[118.0,32.0],[119.5,32.0],[119.5,33.0],[118.0,33.0],[118.0,32.0]]]}}]}"#;
    fs::write(folder.join("square.geojson"), square).unwrap();
    let text =
        format!("title = \"x\"\n{keys}[study]\nregions = {{ path = \"square.geojson\", level = \"county\" }}\n{study}");
    let plan = config::parse(&text, "study.toml", folder).map_err(|error| format!("{error:?}"))?;
    let study = ingest::study(&plan.study, &Silent).map_err(|error| error.to_string())?;
    for ledger in &study.ledgers {
        assert!(ledger.balances(), "{ledger:?}");
    }
    Ok(study)
}

fn read(feed: &FeedText, keys: &str) -> Result<Study, String> {
    let folder = tempfile::tempdir().unwrap();
    feed.write(&folder.path().join("feed"));
    study_in(folder.path(), &format!("transit = {{ gtfs = \"feed/\", {keys} }}\n"))
}

fn transit(study: &Study) -> &Transit {
    study.transit.as_ref().unwrap()
}

/// Route, direction, stops, trips a day, first, last, headway of every pattern.
fn patterns(transit: &Transit) -> Vec<String> {
    let mut all = Vec::new();
    for service in &transit.services {
        for pattern in &service.patterns {
            let stops: Vec<&str> = pattern.stops.iter().map(|stop| transit.stop(*stop).id.as_str()).collect();
            let time = |time: Option<ServiceTime>| time.map(|time| time.to_string()).unwrap_or_default();
            all.push(format!(
                "{} {} {} {} {} {} {:?}",
                service.id,
                pattern.direction,
                stops.join("-"),
                pattern.trips_per_day,
                time(pattern.first),
                time(pattern.last),
                pattern.headway_min,
            ));
        }
    }
    all
}

/// Arrival and departure of each call of a trip, in seconds.
fn times(transit: &Transit, id: &str) -> Vec<(u32, u32)> {
    let trips = transit.services.iter().flat_map(|service| &service.patterns).flat_map(|pattern| &pattern.trips);
    let trip = trips.into_iter().find(|trip| trip.id == id).unwrap_or_else(|| panic!("no trip {id}"));
    trip.calls.iter().map(|call| (call.arrives.0, call.leaves.0)).collect()
}

fn issues(study: &Study) -> Vec<String> {
    study.issues.iter().map(|one| format!("{} {:?}", one.code, one.record)).collect()
}

fn dropped(study: &Study, file: &str) -> Vec<(&'static str, u64)> {
    let ledger = study.ledgers.iter().find(|ledger| ledger.source.ends_with(file)).unwrap();
    ledger.dropped.iter().map(|(reason, count)| (*reason, *count)).collect()
}

#[test]
fn trips_of_one_route_direction_and_stops_make_a_pattern() {
    let study = read(&FeedText::sound(), "date = 2026-03-04").unwrap();
    let transit = transit(&study);
    // line 2: every 20 minutes from 06:00 until before 10:00 are 12 departures; the trip of the holiday does not run
    assert_eq!(patterns(transit), ["1 0 A-B-C 2 08:00 09:00 Some(60.0)", "2 1 C-B 12 06:00 09:40 Some(20.0)"]);
    let pattern = &transit.services[0].patterns[0];
    let doors: Vec<(bool, bool)> = pattern.trips[0].calls.iter().map(|call| (call.boards, call.alights)).collect();
    assert_eq!(doors, [(true, false), (true, true), (false, true)]);
    assert_eq!(times(transit, "t1"), [(28_800, 28_800), (29_400, 29_460), (30_000, 30_000)]);
    let headways = &transit.services[1].patterns[0].frequencies[0];
    assert_eq!((headways.first.0, headways.last.0, headways.headway_s), (21_600, 34_800, 1200));
    assert_eq!(headways.calls[1].arrives.0, 600);
    // platform B belongs to station S
    assert_eq!(transit.stops[1].station.map(|at| transit.stop(at).id.as_str()), Some("S"));
    assert_eq!(transit.feeds[0].zone.as_deref(), Some("Asia/Shanghai"));
    let names: Vec<&str> = transit.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["1路", "2路"]);
    // the transfer from C to station S is one to its platform B
    let transfers: Vec<(u32, u32, Option<u32>)> =
        transit.transfers.iter().map(|one| (one.from.0, one.to.0, one.least_s)).collect();
    assert_eq!(transfers, [(1, 1, Some(60)), (2, 1, Some(120))]);
    assert_eq!(issues(&study), [] as [&str; 0]);
    // eleven tables and the regions
    assert_eq!(study.ledgers.len(), 12);
    assert!(study.ledgers.iter().all(|ledger| ledger.read == ledger.used && ledger.read > 0));
}

#[test]
fn an_archive_a_folder_in_it_and_a_folder_are_alike() {
    let folder = tempfile::tempdir().unwrap();
    let feed = FeedText::sound();
    feed.write(&folder.path().join("a"));
    feed.write(&folder.path().join("b/inner"));
    feed.zip(&folder.path().join("c.zip"), "");
    feed.zip(&folder.path().join("d.zip"), "feed/");
    let all: Vec<Vec<String>> = ["a", "b/", "c.zip", "d.zip"]
        .iter()
        .map(|path| {
            patterns(transit(&study_in(folder.path(), &format!("transit = {{ gtfs = \"{path}\" }}\n")).unwrap()))
        })
        .collect();
    assert!(all.iter().all(|one| one == &all[0] && one.len() == 2), "{all:?}");
    let study = study_in(folder.path(), "transit = { gtfs = [\"a\", \"c.zip\"], complete-for = [\"32\"] }\n").unwrap();
    let both = transit(&study);
    assert_eq!((both.stops.len(), both.services.len(), both.feeds.len(), both.calendars.len()), (8, 4, 2, 4));
    assert_eq!((both.stops[4].id.as_str(), both.stops[5].station.map(|at| at.0)), ("c:A", Some(7)));
    assert_eq!((both.services[2].id.as_str(), both.services[2].feed.0), ("c:1", 1));
    assert_eq!(both.services[2].patterns[0].trips[0].calendar.0, 2);
    assert_eq!(both.services[3].patterns[0].frequencies[0].calendar.map(|at| at.0), Some(2));
    assert!(both.is_complete_for("320101"));
}

#[test]
fn a_timetable_and_a_route_table_end_up_together() {
    let folder = tempfile::tempdir().unwrap();
    FeedText::sound().write(&folder.path().join("feed"));
    let table = "route,sequence,stop,lon,lat,trips_per_day\nR,1,P,118.5,32.5,5\nR,2,Q,118.6,32.5,5\n";
    fs::write(folder.path().join("bus.csv"), table).unwrap();
    let keys = "services = { path = \"bus.csv\", x = \"lon\", y = \"lat\", datum = \"wgs-84\", complete-for = [\"3201\"] }\n\
                transit = { gtfs = \"feed\" }\n";
    let study = study_in(folder.path(), keys).unwrap();
    let both = transit(&study);
    let of: Vec<(&str, u32)> = both.services.iter().map(|service| (service.id.as_str(), service.feed.0)).collect();
    assert_eq!(of, [("R", 0), ("feed:1", 1), ("feed:2", 1)]);
    assert_eq!(both.services[1].patterns[0].stops.iter().map(|at| at.0).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(both.date.is_some() && both.is_complete_for("320199") && !both.is_complete_for("3202"));
}

#[test]
fn the_day_is_the_ordinary_weekday_with_the_most_trips_where_none_is_named() {
    let study = read(&FeedText::sound(), "").unwrap();
    // Tuesday 3 March is the first of the Tuesdays to Thursdays with 14 trips
    assert_eq!(transit(&study).date.unwrap().to_string(), "2026-03-03");
    let note = &study.issues[0];
    assert_eq!(note.code, "date-chosen");
    assert!(note.what.contains("2026-03-03") && note.what.contains("14 in this feed"), "{}", note.what);
    // on the holiday one trip runs
    let study = read(&FeedText::sound(), "date = 2026-03-05").unwrap();
    assert_eq!(patterns(transit(&study)), ["1 0 A-B-C 0   None", "2 1 C-B 1 10:00 10:00 None"]);
}

#[test]
fn a_day_without_service_is_refused_with_the_days_that_have_it() {
    let sunday = read(&FeedText::sound(), "date = 2026-03-08").unwrap_err();
    let want = "feed nothing runs on 2026-03-08; write a date with trips: 2026-03-02 to 2026-03-06, 2026-03-09 to 2026-03-13, \
                2026-03-16 to 2026-03-20, 2026-03-23 to 2026-03-27, 2026-03-30 to 2026-03-31";
    assert_eq!(sunday, want);
    let later = read(&FeedText::sound(), "date = 2027-03-04").unwrap_err();
    assert!(later.contains("is not valid on 2027-03-04; write a date on which it has trips: 2026-03-02 to"), "{later}");
    // of two feeds one runs on Sundays: the other is told
    let folder = tempfile::tempdir().unwrap();
    FeedText::sound().write(&folder.path().join("a"));
    FeedText::sound().with("calendar.txt", "1,1,1,1,1,0,0", "0,0,0,0,0,0,1").write(&folder.path().join("b"));
    let keys = "transit = { gtfs = [\"a\", \"b\"], date = 2026-03-08 }\n";
    let error = study_in(folder.path(), keys).map(|study| issues(&study));
    assert_eq!(error.unwrap(), ["date-without-service None"]);
}

#[test]
fn either_calendar_table_is_enough() {
    let only_days = FeedText::sound()
        .without("calendar.txt")
        .file("calendar_dates.txt", "service_id,date,exception_type\nWD,20260304,1\nHOL,20260305,1\n");
    let study = read(&only_days, "date = 2026-03-04").unwrap();
    assert_eq!(patterns(transit(&study)).len(), 2);
    assert_eq!(transit(&study).calendars[0].dates.len(), 1);
    let only_weeks = FeedText::sound().without("calendar_dates.txt").with("trips.txt", "2,HOL,h,1,,\n", "");
    let only_weeks = only_weeks.with("stop_times.txt", "h,10:00:00,10:00:00,C,1,,\nh,10:10:00,10:10:00,B,2,,\n", "");
    let study = read(&only_weeks, "date = 2026-03-05").unwrap();
    // 22 weekdays of March 2026 from the 2nd
    assert_eq!(transit(&study).calendars[0].dates.len(), 22);
}

#[test]
fn missing_times_lie_between_by_distance() {
    // A to C are 0.02°, B half-way; the feed says nothing of distances
    let blank = FeedText::sound().with("stop_times.txt", "t2,09:10:00,09:10:00,B", "t2,,,B");
    let study = read(&blank, "date = 2026-03-04").unwrap();
    assert_eq!(times(transit(&study), "t2"), [(32_400, 32_400), (33_000, 33_000), (33_600, 33_600)]);
    assert_eq!(issues(&study), ["time-worked-out None"]);
    // by shape_dist_traveled B is a quarter of the way: 20 min / 4 = 5 min
    let said = FeedText::sound().file(
        "stop_times.txt",
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled\n\
         t1,08:00:00,08:00:00,A,1,0\nt1,,,B,2,470\nt1,08:20:00,08:20:00,C,3,1880\n\
         t2,09:00:00,,A,1,\nt2,,,B,2,10\nt2,,09:20:00,C,3,20\nf,00:00:00,00:00:00,C,1,\nf,00:10:00,00:10:00,B,2,\n\
         h,10:00:00,10:00:00,C,1,\nh,10:10:00,10:10:00,B,2,\n",
    );
    let study = read(&said, "date = 2026-03-04").unwrap();
    assert_eq!(times(transit(&study), "t1")[1], (29_100, 29_100));
    // of t2 the first call has no distance: straight lines count; one time alone is both
    assert_eq!(times(transit(&study), "t2"), [(32_400, 32_400), (33_000, 33_000), (33_600, 33_600)]);
}

#[test]
fn loops_stops_twice_and_hops_of_no_time_survive() {
    let odd = FeedText::sound().and("trips.txt", "1,WD,loop,0,,\n1,WD,night,1,,\n").and(
        "stop_times.txt",
        "loop,07:00:00,07:00:00,A,1,,\nloop,07:05:00,07:05:00,B,2,,\nloop,07:05:00,07:05:00,B,3,,\n\
             loop,07:10:00,07:10:00,C,4,,\nloop,07:10:00,07:10:00,A,5,,\n\
             night,25:10:00,25:10:00,C,9,,\nnight,23:50:00,23:50:00,A,3,,\nnight,24:30:00,24:30:00,B,7,,\n",
    );
    let study = read(&odd, "date = 2026-03-04").unwrap();
    assert_eq!(
        patterns(transit(&study)),
        [
            "1 0 A-B-C 2 08:00 09:00 Some(60.0)",
            "1 0 A-B-B-C-A 1 07:00 07:00 None",
            "1 1 A-B-C 1 23:50 23:50 None",
            "2 1 C-B 12 06:00 09:40 Some(20.0)",
        ]
    );
    assert_eq!(times(transit(&study), "night"), [(85_800, 85_800), (88_200, 88_200), (90_600, 90_600)]);
}

#[test]
fn exact_headways_are_trips() {
    let exact = FeedText::sound().with("frequencies.txt", "1200,0", "3600,1");
    let study = read(&exact, "date = 2026-03-04").unwrap();
    let pattern = &transit(&study).services[1].patterns[0];
    assert_eq!((pattern.trips_per_day, pattern.frequencies.len()), (4.0, 0));
    // 06:00, 07:00, 08:00, 09:00 and not 10:00; the holiday's trip at 10:00 is in the pattern too
    let ids: Vec<&str> = pattern.trips.iter().map(|trip| trip.id.as_str()).collect();
    assert_eq!(ids, ["f 06:00:00", "f 07:00:00", "f 08:00:00", "f 09:00:00", "h"]);
    assert_eq!(times(transit(&study), "f 07:00:00"), [(25_200, 25_200), (25_800, 25_800)]);
}

#[test]
fn two_spans_of_one_headway_have_that_headway() {
    // 12 departures until 10:00 and 6 until 12:00
    let spans = FeedText::sound().and("frequencies.txt", "f,10:00:00,12:00:00,1200,\n");
    let study = read(&spans, "date = 2026-03-04").unwrap();
    assert_eq!(patterns(transit(&study))[1], "2 1 C-B 18 06:00 11:40 Some(20.0)");
    let every_second = FeedText::sound().and("frequencies.txt", "f,10:00:00,12:00:00,1,0\n");
    let study = read(&every_second, "date = 2026-03-04 }\nmax-loss = \"50 %\"\n#").unwrap();
    assert_eq!(dropped(&study, "frequencies.txt"), [("number_out_of_range", 1)]);
}

#[test]
fn feeds_in_two_time_zones_are_told() {
    let folder = tempfile::tempdir().unwrap();
    FeedText::sound().write(&folder.path().join("a"));
    FeedText::sound().with("agency.txt", "Asia/Shanghai", "Asia/Urumqi").write(&folder.path().join("b"));
    let study = study_in(folder.path(), "transit = { gtfs = [\"a\", \"b\"], date = 2026-03-04 }\n").unwrap();
    assert_eq!(issues(&study), ["zones-differ None"]);
}

#[test]
fn init_drafts_a_study_that_reads_the_feed() {
    let folder = tempfile::tempdir().unwrap();
    FeedText::sound().zip(&folder.path().join("bus.zip"), "");
    study_in(folder.path(), "transit = { gtfs = \"bus.zip\" }\n").unwrap();
    let files = ["square.geojson", "bus.zip"].map(|name| folder.path().join(name));
    let draft = init::draft(&files, &folder.path().join("x.toml")).unwrap();
    assert!(
        draft.found.iter().any(|line| line.ends_with("bus.zip: a timetable, 3 stops, 10 calls")),
        "{:?}",
        draft.found
    );
    let plan =
        config::parse(&draft.text, "x.toml", folder.path()).unwrap_or_else(|error| panic!("{error:?}\n{}", draft.text));
    let study = ingest::study(&plan.study, &Silent).unwrap();
    assert_eq!(transit(&study).date.unwrap().to_string(), "2026-03-03");
    assert_eq!(plan.indicators[0].id, "bus-reach");
}

#[test]
fn rows_that_can_not_be_used_are_left_out_for_a_reason() {
    let broken = FeedText::sound()
        .and("stops.txt", "E,入口,32.5,118.9,2,S\nZ,零,0,0,,\nY,无,,,,\nA,又,32.5,118.9,,\n")
        .and("routes.txt", "9,X,9路,,99,\n3,X,3路,,3,\n")
        .and("trips.txt", "9,WD,t9,0,,\n8,WD,t8,0,,\n1,NO,t7,0,,\n1,WD,t1,0,,\n1,WD,one,0,,\n1,WD,back,0,,\n1,WD,edge,0,,\n1,WD,none,0,,\n")
        .and(
            "stop_times.txt",
            "t9,08:00:00,08:00:00,A,1,,\nwho,08:00:00,08:00:00,A,1,,\nt1,08:30:00,08:30:00,Z,9,,\nt1,08:30:00,08:30:00,Q,10,,\n\
             t1,08:00:00,08:00:00,C,5,,\none,08:00:00,08:00:00,A,1,,\nback,08:00:00,08:00:00,A,1,,\nback,07:00:00,07:00:00,B,2,,\n\
             edge,,,A,1,,\nedge,07:00:00,07:00:00,B,2,,\nt1,8:00,8:00,A,x,,\nt1,too,many,fields,here,,,x\n",
        );
    let study = read(&broken, "date = 2026-03-04 }\nmax-loss = \"90 %\"\n#").unwrap();
    assert_eq!(patterns(transit(&study))[0], "1 0 A-B-C 2 08:00 09:00 Some(60.0)");
    assert_eq!(
        dropped(&study, "stops.txt"),
        [("duplicate_key", 1), ("entrance", 1), ("point_near_origin", 1), ("stop_without_location", 1)]
    );
    assert_eq!(dropped(&study, "routes.txt"), [("route-without-trips", 1), ("unexpected_enum_value", 1)]);
    assert_eq!(
        dropped(&study, "trips.txt"),
        [
            ("duplicate_key", 1),
            ("foreign_key_violation", 2),
            ("missing_trip_edge", 1),
            ("row_of_a_record_left_out", 1),
            ("stop_time_with_arrival_before_previous_departure_time", 1),
            ("unusable_trip", 1),
            ("unused_trip", 1),
        ]
    );
    // left out with their trips: one of "one", two each of "back" and "edge"; with what they name: t9 and the stop at 0, 0
    assert_eq!(
        dropped(&study, "stop_times.txt"),
        [
            ("duplicate_key", 1),
            ("foreign_key_violation", 2),
            ("invalid_integer", 1),
            ("invalid_row_length", 1),
            ("missing_trip_edge", 2),
            ("row_of_a_record_left_out", 2),
            ("stop_time_with_arrival_before_previous_departure_time", 2),
            ("unusable_trip", 1),
        ]
    );
    let error = read(&broken, "date = 2026-03-04").unwrap_err();
    assert!(error.contains("feed/routes.txt lost 1 of 4") || error.contains("lost"), "{error}");
}

#[test]
fn feeds_that_can_not_be_meant_are_refused() {
    for (feed, want) in [
        (FeedText::sound().without("trips.txt"), "feed has no trips.txt; a timetable needs it"),
        (FeedText::sound().without("calendar.txt").without("calendar_dates.txt"), "feed has neither calendar.txt nor"),
        (FeedText::sound().with("stops.txt", "stop_lat,stop_lon", "stop_lon,stop_lat"), "number_out_of_range 4"),
        (
            FeedText::sound().with("stop_times.txt", "trip_id", "tripid"),
            "feed/stop_times.txt: there is no column trip_id",
        ),
        (FeedText::default_only_readme(), "holds no table of GTFS"),
    ] {
        let error = read(&feed, "").unwrap_err();
        assert!(error.contains(want), "{error}\nwanted {want}");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.zip"), "no archive").unwrap();
    for (path, want) in [("x.zip", "neither a folder nor a sound ZIP archive"), ("y.zip", "cannot open \"y.zip\"")] {
        let error = study_in(folder.path(), &format!("transit = {{ gtfs = \"{path}\" }}\n")).unwrap_err();
        assert!(error.contains(want), "{error}");
    }
    for (keys, want) in [
        ("gtfs = []", "no feeds"),
        ("gtfs = [\"a.zip\", \"a.zip\"]", "named twice"),
        ("gtfs = \"stops.txt\"", "more than one table"),
        ("gtfs = \"a.zip\", date = 2026-03-04T08:00:00", "no plain date"),
    ] {
        let error = study_in(folder.path(), &format!("transit = {{ {keys} }}\n")).unwrap_err();
        assert!(error.contains(want), "{error}");
    }
}

#[test]
fn a_feed_in_gcj02_is_moved_back_when_told_so() {
    let study = read(&FeedText::sound(), "datum = \"gcj-02\", date = 2026-03-04").unwrap();
    let moved = transit(&study).stops[0].at.lonlat;
    // GCJ-02 lies some 500 m south-east of WGS 84 in Jiangsu
    assert!((moved.lon - 118.9).abs() > 0.003 && (moved.lon - 118.9).abs() < 0.008, "{moved:?}");
}

#[test]
fn damaged_feeds_are_read_with_balanced_accounts_or_refused() {
    let seed = std::env::var("TONGDA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7u64);
    println!("TONGDA_SEED={seed}");
    let mut state = seed;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let (mut read_well, mut refused) = (0, 0);
    for _ in 0..80 {
        let mut feed = FeedText::sound();
        let files: Vec<String> = feed.0.keys().cloned().collect();
        for _ in 0..1 + random(4) {
            let bytes = feed.0.get_mut(&files[random(files.len())]).unwrap();
            let at = random(bytes.len());
            bytes[at] = b"\",\n-90:.SWt"[random(11)];
        }
        // the accounts are looked at as they are read
        match read(&feed, "date = 2026-03-04 }\nmax-loss = \"100 %\"\n#") {
            Ok(_) => read_well += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(read_well > 20 && refused > 0, "{read_well} read, {refused} refused");
}

const TRANSLATIONS: &str = "table_name,field_name,language,translation,record_id,record_sub_id,field_value\n";

/// The names of the stops and of the lines in a study of such a language, by a feed with these translations.
fn names(lang: &str, rows: &str) -> (Study, Vec<String>) {
    let folder = TempDir::new().unwrap();
    FeedText::sound().file("translations.txt", format!("{TRANSLATIONS}{rows}")).write(&folder.path().join("feed"));
    let keys = "transit = { gtfs = \"feed/\", date = 2026-03-04 }\n";
    let study = study_with(folder.path(), lang, keys).unwrap();
    let stops = transit(&study).stops.iter().map(|stop| stop.name.clone());
    let names = stops.chain(transit(&study).services.iter().map(|service| service.name.clone())).collect();
    (study, names)
}

#[test]
fn names_are_in_the_language_of_the_study_where_they_are_translated() {
    // A by its id, and by its value, which goes behind; B by its value; S by a longer code of English only; line 1 by its short name; line 2
    // not at all; C only in French
    let rows = "stops,stop_name,en,Value A,,,甲站\nstops,stop_name,en,Stop A,A,,\nstops,stop_name,en,Stop B,,,乙站\n\
        stops,stop_name,en-GB,Complex S,S,,\nstops,stop_name,fr,Arrêt C,C,,\nroutes,route_short_name,en,Line 1,1,,\n\
        trips,trip_headsign,en,To C,t1,,\n";
    let own = ["甲站", "乙站", "丙站", "乙站综合体", "1路", "2路"];
    let (study, english) = names("lang = \"en\"\n", rows);
    assert_eq!(english, ["Stop A", "Stop B", "丙站", "Complex S", "Line 1", "2路"]);
    // all but the French row and the headsign, which nothing is made of
    assert_eq!(dropped(&study, "translations.txt"), [("other-language", 1), ("translation_not_used", 1)]);
    let told = study.issues.iter().find(|issue| issue.code == "names-translated").unwrap();
    assert!(told.what.starts_with("3 of 4 stops and 1 of 2 routes"), "{}", told.what);
    assert_eq!(names("lang = \"zh\"\n", rows).1, own);
    let (study, untold) = names("", rows);
    assert_eq!(untold, own);
    assert_eq!(dropped(&study, "translations.txt"), [("other-language", 6), ("translation_not_used", 1)]);
    assert!(study.issues.iter().any(|issue| issue.code == "names-not-translated"));
}

#[test]
fn translations_of_what_is_not_there_are_left_out_for_a_reason() {
    // of nine rows the first is used; t1 calls with stop_sequence 5, not 3
    let rows = "stops,stop_name,en,Stop A,A,,\nstops,stop_name,en,Again,A,,\nstops,stop_name,en,Stop Z,Z,,\nstop,stop_name,en,Stop B,B,,\n\
        pathways,signposted_as,en,Out,p,,\nstops,stop_name,en,Both,B,,乙站\nstops,stop_name,en,None,,,\n\
        stop_times,stop_headsign,en,To C,t1,5,\nstop_times,stop_headsign,en,To C,t1,3,\nfeed_info,feed_publisher_name,en,Test,1,,\n\
        routes,route_long_name,en,1 to 2,1,0,\n";
    let (study, english) = names("lang = \"en\"\n", rows);
    assert_eq!(english[..3], ["Stop A", "乙站", "丙站"]);
    let want = [
        ("duplicate_key", 1),
        ("missing_required_field", 1),
        ("translation_foreign_key_violation", 2),
        ("translation_not_used", 1),
        ("translation_unexpected_value", 3),
        ("translation_unknown_table_name", 2),
    ];
    assert_eq!(dropped(&study, "translations.txt"), want);
}

#[test]
fn translations_of_an_older_form_stop_nothing() {
    // trans_id, lang, translation: the form that came before GTFS had one of its own
    let folder = TempDir::new().unwrap();
    let feed =
        FeedText::sound().file("translations.txt", "trans_id,lang,translation\n甲站,en,Stop A\n乙站,en,Stop B\n");
    feed.write(&folder.path().join("feed"));
    let study =
        study_with(folder.path(), "lang = \"en\"\n", "transit = { gtfs = \"feed/\", date = 2026-03-04 }\n").unwrap();
    assert_eq!(transit(&study).stops[0].name, "甲站");
    assert_eq!(dropped(&study, "translations.txt").iter().map(|(_, count)| count).sum::<u64>(), 2);
}

#[test]
fn a_holiday_is_not_chosen_as_the_ordinary_day() {
    // ten trips more on Wednesday 2026-03-18, of a service of its own, make it the busiest; told to be a holiday it is passed over
    let mut feed = FeedText::sound().and("calendar_dates.txt", "EXTRA,20260318,1\n");
    for nth in 0..10 {
        feed = feed.and("trips.txt", &format!("1,EXTRA,x{nth},0,sh,\n")).and(
            "stop_times.txt",
            &format!("x{nth},1{nth}:00:00,1{nth}:00:00,A,1,,\nx{nth},1{nth}:10:00,1{nth}:10:00,C,2,,\n"),
        );
    }
    let date = |keys: &str| transit(&read(&feed, keys).unwrap()).date.unwrap().to_string();
    assert_eq!(date(""), "2026-03-18");
    // the first Tuesday of the calendar
    assert_eq!(date("holidays = [2026-03-18]"), "2026-03-03");
    assert_eq!(date("holidays = [2026-03-18, 2026-03-03]"), "2026-03-04");
    let told = read(&feed, "holidays = [2026-03-18]").unwrap();
    let told = told.issues.iter().find(|issue| issue.code == "date-chosen").unwrap();
    assert!(
        told.what.contains("2026-03-03 is measured, the Tuesday, Wednesday or Thursday that is no holiday,"),
        "{}",
        told.what
    );
    let wrong = read(&feed, "holidays = [2026-03-18T08:00:00]").unwrap_err();
    assert!(wrong.contains("a holiday is a date"), "{wrong}");
}

/// The two feeds of Porto Alegre; `None` where they are not at hand.
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
fn porto_alegre_is_what_an_independent_reader_counts() {
    let Some(data) = porto_alegre() else { return };
    let folder = TempDir::new().unwrap();
    let keys = format!(
        "transit = {{ gtfs = [\"{0}/poa_eptc.zip\", \"{0}/poa_trensurb.zip\"], date = 2019-05-13 }}\n",
        data.display()
    );
    let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"1","name":"x"},
        "geometry":{"type":"Polygon","coordinates":[[[-51.5,-30.5],[-50.5,-30.5],[-50.5,-29.5],[-51.5,-29.5],[-51.5,-30.5]]]}}]}"#;
    fs::write(folder.path().join("poa.geojson"), square).unwrap();
    let text = format!("title = \"x\"\n[study]\nregions = {{ path = \"poa.geojson\", level = \"county\" }}\n{keys}");
    let plan = config::parse(&text, "study.toml", folder.path()).unwrap();
    let study = ingest::study(&plan.study, &Silent).unwrap();
    assert!(study.ledgers.iter().all(|ledger| ledger.balances()));
    let both = transit(&study);
    // tests/oracles/gtfs_counts.py, Python 3.11.7 with its csv module, 2026-11-25: routes with trips, stops, trips, calls, calls without a
    // time, patterns, trips on 2019-05-13, first and last departure of that day
    let count = |feed: u32| {
        let services: Vec<_> = both.services.iter().filter(|service| service.feed.0 == feed).collect();
        let patterns: Vec<_> = services.iter().flat_map(|service| &service.patterns).collect();
        let prefix = ["poa_eptc:", "poa_trensurb:"][feed as usize];
        let trips: Vec<_> = patterns.iter().flat_map(|pattern| &pattern.trips).collect();
        (
            services.len(),
            both.stops.iter().filter(|stop| stop.id.starts_with(prefix)).count(),
            trips.len(),
            trips.iter().map(|trip| trip.calls.len()).sum::<usize>(),
            patterns.len(),
            patterns.iter().map(|pattern| pattern.trips_per_day).sum::<f64>(),
            patterns.iter().filter_map(|pattern| pattern.first).min().unwrap().to_string(),
            patterns.iter().filter_map(|pattern| pattern.last).max().unwrap().to_string(),
        )
    };
    assert_eq!(count(0), (115, 3986, 2374, 130_019, 201, 2374.0, "11:20".into(), "16:00".into()));
    assert_eq!(count(1), (2, 24, 1248, 14_855, 25, 529.0, "00:01".into(), "23:37".into()));
    assert_eq!(both.services[0].mode, Mode::Bus);
    assert_eq!(both.services[115].mode, Mode::Rail);
    // the same script: shapes that patterns follow, their points, and the calls that can not be placed on them, 25 and 2, by trying every 10 m
    let shapes: Vec<usize> = both.shapes.iter().map(|shape| shape.points.len()).collect();
    assert_eq!((shapes.len(), shapes.iter().sum::<usize>()), (201 + 3, 57_723 + 963));
    let patterns = || both.services.iter().flat_map(|service| &service.patterns);
    assert!(patterns().all(|pattern| pattern.course.is_some()));
    let courses = || patterns().filter_map(|pattern| pattern.course.as_ref());
    let off = courses().flat_map(|course| &course.stops).filter(|stop| stop.is_none()).count();
    assert_eq!(off, 25 + 2);
    let note = study.issues.iter().find(|issue| issue.code == "shapes-cut").unwrap();
    assert!(
        note.what.starts_with("201 patterns follow a shape, 0 have none; 25 of their calls are more"),
        "{}",
        note.what
    );
    let blank = study.issues.iter().find(|issue| issue.code == "time-worked-out").unwrap();
    assert!(blank.what.starts_with("125271 calls of 2374 trips have no time"), "{}", blank.what);
}
