//! Each planted error is found under its name, at its line, and nothing else is.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;

use crate::support::feed::FeedText;
use tongda::app::inspect::timetable;
use tongda::base::units::Lang;
use tongda::io::gtfs;
use tongda::io::gtfs::days::Days;
use tongda::io::gtfs::feed::RawFeed;
use tongda::io::gtfs::notice::Rule;
use tongda::io::gtfs::preflight;

fn checked(feed: &FeedText, today: Option<&str>) -> RawFeed {
    let folder = tempfile::tempdir().unwrap();
    feed.write(folder.path());
    let mut feed = gtfs::read(folder.path(), "feed").unwrap();
    let days = Days::of(&feed);
    preflight::check(&mut feed, &days, today.map(|date| date.parse().unwrap()));
    feed
}

/// One planted error: the feed, what is found and how often, and file and line of the first notice of the first rule.
struct Case {
    feed: FeedText,
    today: Option<&'static str>,
    found: &'static [(&'static str, u64)],
    at: &'static str,
}

fn case(feed: FeedText, found: &'static [(&'static str, u64)], at: &'static str) -> Case {
    Case { feed, today: None, found, at }
}

/// The sound feed with a change.
fn with(file: &str, from: &str, to: &str) -> FeedText {
    FeedText::sound().with(file, from, to)
}

fn and(file: &str, rows: &str) -> FeedText {
    FeedText::sound().and(file, rows)
}

/// The sound feed with distances along the first trip.
fn with_distances(values: [&str; 3]) -> FeedText {
    let feed = FeedText::sound();
    let text = String::from_utf8(feed.0["stop_times.txt"].clone()).unwrap();
    let column = ["shape_dist_traveled"].into_iter().chain(values).chain(std::iter::repeat(""));
    let text: String = text.lines().zip(column).map(|(line, value)| format!("{line},{value}\n")).collect();
    feed.file("stop_times.txt", text)
}

/// The sound feed with translations.
fn translated(rows: &str) -> FeedText {
    let header = "table_name,field_name,language,translation,record_id,record_sub_id,field_value\n";
    FeedText::sound().file("translations.txt", format!("{header}{rows}"))
}

const NO_PLACE: [(&str, u64); 2] = [("row_of_a_record_left_out", 5), ("unusable_trip", 2)];

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let copy = "t3,09:00:00,09:00:00,A,1,0,1\nt3,09:10:00,09:10:00,B,2,,\nt3,09:20:00,09:20:00,C,3,1,0\n";
    vec![
        // the files
        case(FeedText::sound().without("agency.txt"), &[("missing_required_file", 1), ("foreign_key_violation", 2)], "agency.txt"),
        case(FeedText::sound().without("feed_info.txt"), &[("missing_recommended_file", 1)], "feed_info.txt"),
        // without days no trip can be used, and nothing that belongs to it
        case(
            FeedText::sound().without("calendar.txt").without("calendar_dates.txt"),
            &[
                ("missing_calendar_and_calendar_date_files", 1), ("foreign_key_violation", 4), ("row_of_a_record_left_out", 11),
                ("stop_without_stop_time", 3), ("unused_shape", 1),
            ],
            "calendar.txt",
        ),
        case(FeedText::sound().file("notes.txt", "x"), &[("unknown_file", 1)], ""),
        case(FeedText::sound().file("pathways.txt", "x"), &[("file_not_used", 1)], "pathways.txt"),
        case(FeedText::sound().file("transfers.txt", ""), &[("empty_file", 1)], "transfers.txt"),
        case(FeedText::sound().file("transfers.txt", "from_stop_id,to_stop_id\n"), &[("empty_file", 1)], "transfers.txt"),
        case(
            FeedText::sound().file("stops.txt", encoding_rs::GB18030.encode(crate::support::feed::SOUND[1].1).0),
            &[("not_utf_8", 1)], "stops.txt:2",
        ),
        // headers, rows and quotes
        case(with("agency.txt", "agency_name", "agency_nam"), &[("missing_required_column", 1), ("unknown_column", 1)], "agency.txt"),
        case(with("routes.txt", "route_color", "colour"), &[("unknown_column", 1)], "routes.txt"),
        case(with("routes.txt", "route_color", "route_type"), &[("duplicated_column", 1)], "routes.txt"),
        case(with("routes.txt", "route_color", ""), &[("empty_column_name", 1)], "routes.txt:1"),
        case(and("routes.txt", "7,X,7路,x,3,,y\n"), &[("invalid_row_length", 1)], "routes.txt:4"),
        case(and("routes.txt", "7,X\n"), &[("invalid_row_length", 1), ("missing_required_field", 1)], "routes.txt:4"),
        case(and("routes.txt", "1,X,1路,甲站–丙站,3,00AA7F\n"), &[("repeated_row", 1)], "routes.txt:4"),
        case(with("routes.txt", "route_color", "Route Color"), &[("wrong_column_name", 1)], "routes.txt:1"),
        case(FeedText::sound().file("Pathways.txt", "x"), &[("wrong_file_name", 1), ("file_not_used", 1)], "pathways.txt"),
        case(FeedText::sound().file("feed_info.txt", "feed_publisher_name;feed_lang\na;zh\n"), &[("wrong_separator", 1)], "feed_info.txt:1"),
        case(and("routes.txt", "7,\"X\n"), &[("csv_parsing_failed", 1)], "routes.txt:4"),
        case(and("routes.txt", "\n"), &[("empty_row", 1)], "routes.txt:4"),
        case(with("routes.txt", "X,1路", "X, 1路"), &[("leading_or_trailing_whitespaces", 1)], "routes.txt:2"),
        case(with("stops.txt", "甲站", "\"甲\n站\""), &[("new_line_in_value", 1)], "stops.txt:2"),
        // the line counts, not the row: a line break stands before it
        case(with("stops.txt", "甲站", "\"甲\n站\"").and("stops.txt", "D,丁站,32.5,118.93,,\n"), &[("stop_without_stop_time", 1), ("new_line_in_value", 1)], "stops.txt:7"),
        // values
        case(with("trips.txt", "2,HOL,h", ",HOL,h"), &[("missing_required_field", 1), ("row_of_a_record_left_out", 2)], "trips.txt:5"),
        case(and("agency.txt", ",b,https://b.org,Asia/Shanghai,zh\n"), &[("missing_required_field", 1)], "agency.txt:3"),
        case(and("stops.txt", "A,又,32.5,118.9,,\n"), &[("duplicate_key", 1)], "stops.txt:6"),
        case(and("stop_times.txt", "t1,08:30:00,08:30:00,C,5,,\n"), &[("duplicate_key", 1)], "stop_times.txt:12"),
        case(and("shapes.txt", "sh,32.5,118.93,3,1880\n"), &[("duplicate_key", 1)], "shapes.txt:5"),
        case(and("stop_times.txt", "t1,08:30:00,08:30:00,Q,9,,\n"), &[("foreign_key_violation", 1)], "stop_times.txt:12"),
        case(with("stops.txt", "118.91,0,S", "118.91,0,Q"), &[("foreign_key_violation", 1), ("unused_station", 1)], "stops.txt:3"),
        case(with("stop_times.txt", "t2,09:10:00", "t2,9h10"), &[("invalid_time", 1), ("stop_time_with_only_arrival_or_departure_time", 1)], "stop_times.txt:6"),
        // the service, its exception, its 3 trips, their 8 calls and the headway go; A is called at no more
        case(with("calendar.txt", "20260331", "20260332"), &[("invalid_date", 1), ("row_of_a_record_left_out", 13), ("stop_without_stop_time", 1), ("unused_shape", 1)], "calendar.txt:2"),
        case(with("feed_info.txt", "20260331", "2026-03-31"), &[("invalid_date", 1), ("missing_feed_info_date", 1)], "feed_info.txt:2"),
        case(with("routes.txt", "00AA7F", "#0A7F"), &[("invalid_color", 1)], "routes.txt:2"),
        case(with("agency.txt", "https://", ""), &[("invalid_url", 1)], "agency.txt:2"),
        case(with("agency.txt", "Asia/Shanghai", "Asia/Peking"), &[("invalid_timezone", 1)], "agency.txt:2"),
        case(with("agency.txt", "Shanghai,zh", "Shanghai,chinese"), &[("invalid_language_code", 1)], "agency.txt:2"),
        case(with("shapes.txt", "32.5003", "north"), &[("invalid_float", 1)], "shapes.txt:3"),
        case(with("frequencies.txt", "1200", "20 min"), &[("invalid_integer", 1)], "frequencies.txt:2"),
        case(with("stops.txt", "32.5,118.92", "92.5,118.92"), &[("number_out_of_range", 1), NO_PLACE[0], NO_PLACE[1]], "stops.txt:4"),
        case(with("stop_times.txt", "B,2,,", "B,2,7,"), &[("unexpected_enum_value", 1)], "stop_times.txt:3"),
        // its 2 trips, their 4 calls and the headway
        case(with("routes.txt", "700", "99"), &[("unexpected_enum_value", 1), ("row_of_a_record_left_out", 7)], "routes.txt:3"),
        case(with("routes.txt", "700", "1700"), &[("route_type_not_used", 1)], "routes.txt:3"),
        // no stop has the id, but a group of stops for trips on demand; the trip is left with one call
        case(
            with("stop_times.txt", "f,00:00:00,00:00:00,C", "f,,,G").file("location_groups.txt", "location_group_id\nG\n"),
            &[("flexible_trip_not_used", 1), ("file_not_used", 1)], "trips.txt:4",
        ),
        case(with("stop_times.txt", "08:11:00,B,2", "08:11:00,S,2"), &[("location_with_unexpected_stop_time", 1)], "stops.txt:5"),
        // places
        case(with("stops.txt", "32.5,118.92", "0.1,0.2"), &[("point_near_origin", 1), NO_PLACE[0], NO_PLACE[1]], "stops.txt:4"),
        case(with("stops.txt", "32.5,118.92", "-89.5,118.92"), &[("point_near_pole", 1), NO_PLACE[0], NO_PLACE[1]], "stops.txt:4"),
        case(with("stops.txt", "32.5,118.92", ","), &[("stop_without_location", 1), NO_PLACE[0], NO_PLACE[1]], "stops.txt:4"),
        case(with("stops.txt", "A,甲站", "A,"), &[("stop_without_stop_name", 1)], "stops.txt:2"),
        case(with("stops.txt", "118.9101,1,", "118.9101,1,S"), &[("station_with_parent_station", 1)], "stops.txt:5"),
        case(with("stops.txt", "118.91,0,S", "118.91,0,A"), &[("wrong_parent_location_type", 1), ("unused_station", 1)], "stops.txt:3"),
        case(and("stops.txt", "E,入口,32.5,118.9,2,\n"), &[("location_without_parent_station", 1)], "stops.txt:6"),
        case(and("stops.txt", "T,空站,32.5,118.9,1,\n"), &[("unused_station", 1)], "stops.txt:6"),
        case(and("stops.txt", "D,丁站,32.5,118.93,,\n"), &[("stop_without_stop_time", 1)], "stops.txt:6"),
        case(
            FeedText::sound().file("stops.txt", "stop_id,stop_name,stop_lat,stop_lon,stop_desc,stop_url,location_type,parent_station\n\
                A,甲站,32.5,118.90,甲站,,,\nB,乙站,32.5,118.91,,https://example.org,0,S\nC,丙站,32.5,118.92,,,,\nS,乙站综合体,32.5,118.9101,,,1,\n"),
            &[("same_name_and_description_for_stop", 1), ("same_stop_and_agency_url", 1)], "stops.txt:2",
        ),
        // agencies and routes
        case(and("agency.txt", "Y,b,https://b.org,Asia/Urumqi,zh\n"), &[("inconsistent_agency_timezone", 1)], "agency.txt:3"),
        case(with("routes.txt", "1路,甲站–丙站", ","), &[("route_both_short_and_long_name_missing", 1)], "routes.txt:2"),
        case(with("routes.txt", "2路", "二路二路二路二路二路二路二路"), &[("route_short_name_too_long", 1)], "routes.txt:3"),
        case(with("routes.txt", "丙站–乙站", "2路 丙站–乙站"), &[("route_long_name_contains_short_name", 1)], "routes.txt:3"),
        case(with("routes.txt", "route_color", "route_desc").with("routes.txt", "700,", "700,2路"), &[("same_name_and_description_for_route", 1)], "routes.txt:3"),
        case(with("routes.txt", "route_color", "route_url").with("routes.txt", "00AA7F", "https://example.org"), &[("same_route_and_agency_url", 1)], "routes.txt:2"),
        case(and("routes.txt", "3,X,1路,甲站–丙站,3,\n"), &[("duplicate_route_name", 1)], "routes.txt:4"),
        // days
        case(with("calendar.txt", "1,1,1,1,1,0,0", "0,0,0,0,0,0,0"), &[("service_has_no_active_day_of_the_week", 1), ("service_without_dates", 1)], "calendar.txt:2"),
        case(with("calendar.txt", "20260302,20260331", "20260331,20260302"), &[("start_and_end_range_out_of_order", 1), ("service_without_dates", 1)], "calendar.txt:2"),
        case(with("frequencies.txt", "06:00:00,10", "10:00:00,06"), &[("start_and_end_range_out_of_order", 1)], "frequencies.txt:2"),
        case(with("frequencies.txt", "10:00:00", "06:00:00"), &[("start_and_end_range_equal", 1)], "frequencies.txt:2"),
        case(and("frequencies.txt", "f,09:30:00,11:00:00,600,0\n"), &[("overlapping_frequency", 1)], "frequencies.txt:3"),
        case(with("feed_info.txt", "20260331", ""), &[("missing_feed_info_date", 1)], "feed_info.txt:2"),
        // WD ends on 31 March, HOL on the 5th; on 3 March the feed has 28 days to go
        Case {
            today: Some("2026-04-01"),
            ..case(FeedText::sound(), &[("expired_calendar", 2), ("feed_expiration_date30_days", 1), ("trip_coverage_not_active_for_next7_days", 1)], "calendar.txt:2")
        },
        Case { today: Some("2026-03-03"), ..case(FeedText::sound(), &[("feed_expiration_date30_days", 1)], "feed_info.txt:2") },
        // trips
        case(and("trips.txt", "1,WD,none,0,,\n"), &[("unused_trip", 1)], "trips.txt:6"),
        case(and("trips.txt", "1,WD,one,0,,\n").and("stop_times.txt", "one,08:00:00,08:00:00,A,1,,\n"), &[("unusable_trip", 1)], "trips.txt:6"),
        case(and("trips.txt", "1,WD,t3,0,,\n").and("stop_times.txt", copy), &[("duplicate_trip", 1)], "trips.txt:6"),
        // the same under another service: on the one day that both run, and on none
        case(and("calendar_dates.txt", "HOL,20260304,1\n").and("trips.txt", "1,HOL,t3,0,,\n").and("stop_times.txt", copy),
            &[("duplicate_trip", 1)], "trips.txt:6"),
        case(and("trips.txt", "1,HOL,t3,0,,\n").and("stop_times.txt", copy), &[], ""),
        case(with("routes.txt", "route_color\n", "route_color,continuous_pickup\n").with("routes.txt", "00AA7F\n", "00AA7F,0\n")
            .with("routes.txt", "700,\n", "700,,1\n"), &[("continuous_stopping_not_used", 1)], "routes.txt:2"),
        case(with("stop_times.txt", "t2,09:20:00,09:20:00", "t2,09:05:00,09:05:00"), &[("stop_time_with_arrival_before_previous_departure_time", 1)], "stop_times.txt:7"),
        case(with("stop_times.txt", "08:10:00,08:11:00", "08:11:00,08:10:00"), &[("start_and_end_range_out_of_order", 1)], "stop_times.txt:3"),
        case(with("stop_times.txt", "t2,09:10:00,09:10:00", "t2,09:10:00,"), &[("stop_time_with_only_arrival_or_departure_time", 1)], "stop_times.txt:6"),
        case(with("stop_times.txt", "t2,09:20:00,09:20:00", "t2,,"), &[("missing_trip_edge", 1)], "stop_times.txt:7"),
        // 0.94 km in 10 s
        case(with("stop_times.txt", "t2,09:10:00,09:10:00", "t2,09:00:10,09:00:10"), &[("fast_travel_between_consecutive_stops", 1)], "stop_times.txt:6"),
        // 4.69 km a minute, which may have been nearly two: 141 km/h; 14.07 km in 3 minutes, which may have been 4: 211 km/h
        case(
            and("stops.txt", "D,a,32.5,118.95,,\nE,b,32.5,119.00,,\nF,c,32.5,119.05,,\n").and("trips.txt", "1,WD,fast,0,,\n").and(
                "stop_times.txt",
                "fast,08:00:00,08:00:00,A,1,,\nfast,08:01:00,08:01:00,D,2,,\nfast,08:02:00,08:02:00,E,3,,\nfast,08:03:00,08:03:00,F,4,,\n",
            ),
            &[("fast_travel_between_far_stops", 1)], "stop_times.txt:15",
        ),
        case(
            with("stop_times.txt", "08:10:00,08:11:00", "08:10:00,08:45:00").with("stop_times.txt", "t1,08:20:00,08:20:00", "t1,08:50:00,08:50:00"),
            &[("long_dwell", 1)], "stop_times.txt:3",
        ),
        case(
            with("trips.txt", "t1,0,sh,", "t1,0,sh,bus").and("trips.txt", "1,WD,t3,0,,bus\n")
                .and("stop_times.txt", "t3,08:10:00,08:10:00,A,1,,\nt3,08:30:00,08:30:00,B,2,,\n"),
            &[("block_trips_with_overlapping_stop_times", 1)], "trips.txt:6",
        ),
        // the same vehicle on days that the two services do not share
        case(with("trips.txt", "t1,0,sh,", "t1,0,sh,bus").and("trips.txt", "1,HOL,t3,0,,bus\n")
            .and("stop_times.txt", "t3,08:10:00,08:10:00,A,1,,\nt3,08:30:00,08:30:00,B,2,,\n"), &[], ""),
        case(and("transfers.txt", "A,B,4,\n"), &[("missing_required_field", 1)], "transfers.txt:4"),
        // translations
        case(translated("stops,stop_name,en,Stop Z,Z,,\n"), &[("translation_foreign_key_violation", 1)], "translations.txt:2"),
        case(translated("stop_times,stop_headsign,en,To C,t1,3,\n"), &[("translation_foreign_key_violation", 1)], "translations.txt:2"),
        case(translated("stop_times,stop_headsign,en,To C,t1,5,\n"), &[("translation_not_used", 1)], "translations.txt:2"),
        case(translated("stops,stop_name,en,Both,B,,乙站\n"), &[("translation_unexpected_value", 1)], "translations.txt:2"),
        case(translated("stops,stop_name,en,Stop B,B,1,\n"), &[("translation_unexpected_value", 1)], "translations.txt:2"),
        case(translated("feed_info,feed_publisher_name,en,Test,1,,\n"), &[("translation_unexpected_value", 1)], "translations.txt:2"),
        case(translated("stop,stop_name,en,Stop B,B,,\n"), &[("translation_unknown_table_name", 1)], "translations.txt:2"),
        case(translated("pathways,signposted_as,en,Out,p,,\n"), &[("translation_unknown_table_name", 1)], "translations.txt:2"),
        case(translated("stops,stop_name,en,No one,,,\n"), &[("missing_required_field", 1)], "translations.txt:2"),
        case(translated("agency,agency_name,en,Test,X,,\n"), &[("translation_not_used", 1)], "translations.txt:2"),
        case(translated("stops,stop_name,en,B,B,,\nstops,stop_name,en,C,B,,\n"), &[("duplicate_key", 1)], "translations.txt:3"),
        // shapes
        case(with_distances(["0", "940", "940"]), &[("decreasing_or_equal_stop_time_distance", 1)], "stop_times.txt:4"),
        case(with_distances(["0", "940", "5000"]).with("shapes.txt", "118.92,3", "118.9205,3"), &[("trip_distance_exceeds_shape_distance", 1)], "trips.txt:2"),
        case(with("shapes.txt", "3,1880", "3,900"), &[("decreasing_shape_distance", 1)], "shapes.txt"),
        case(and("shapes.txt", "sh,32.5,118.92,4,1880\n"), &[("equal_shape_distance_same_coordinates", 1)], "shapes.txt"),
        case(and("shapes.txt", "sh,32.5,118.93,4,1880\n"), &[("equal_shape_distance_diff_coordinates", 1)], "shapes.txt"),
        case(with("shapes.txt", "32.5003", "32.52"), &[("stop_too_far_from_shape", 1)], "stop_times.txt:3"),
        case(and("shapes.txt", "xx,32.5,118.9,1,\nxx,32.5,118.91,2,\n"), &[("unused_shape", 1)], "shapes.txt:5"),
    ]
}

#[test]
fn the_sound_feed_has_no_notices() {
    let feed = checked(&FeedText::sound(), None);
    assert!(feed.notices.first.is_empty(), "{:?}", feed.notices.first);
}

#[test]
fn each_planted_error_is_found_at_its_line_and_nothing_else() {
    let mut failures = Vec::new();
    for (nth, case) in cases().iter().enumerate() {
        let feed = checked(&case.feed, case.today);
        let found: BTreeMap<&str, u64> =
            feed.notices.counts.iter().map(|(rule, count)| (rule.name(), count.all)).collect();
        let want: BTreeMap<&str, u64> = case.found.iter().copied().collect();
        let at = case.found.first().and_then(|(name, _)| {
            let notice = feed.notices.first.iter().find(|notice| notice.rule.name() == *name)?;
            let line = notice.line.map(|line| format!(":{line}")).unwrap_or_default();
            Some(format!("{}{line}", notice.file))
        });
        if found != want || at.unwrap_or_default() != case.at {
            failures.push(format!("case {nth} {:?} at {}: {:#?}", case.found, case.at, feed.notices));
        }
    }
    assert!(failures.is_empty(), "{} cases\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_rule_is_planted_and_documented() {
    let planted: BTreeSet<&str> = cases().iter().flat_map(|case| case.found).map(|(name, _)| *name).collect();
    let all: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(all.difference(&planted).collect::<Vec<_>>(), [] as [&&str; 0]);
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/timetables.md")).unwrap();
    for rule in Rule::ALL {
        let own = if rule.is_own() { " (ours)" } else { "" };
        let severity = rule.severity();
        let row = format!("| `{rule}`{own} | {severity} | {} |", rule.about());
        assert!(page.contains(&row), "docs/timetables.md lacks: {row}");
    }
}

#[test]
fn rows_are_counted_whatever_is_wrong_with_them() {
    for (nth, case) in cases().iter().enumerate() {
        for table in checked(&case.feed, None).tables {
            let text = String::from_utf8_lossy(&case.feed.0[table.file]).into_owned();
            let dropped: u64 = table.dropped.values().sum();
            assert_eq!(table.read, table.used() + dropped, "case {nth}: {table:?}");
            // rows, but for the header, empty ones, and breaks within quotes
            let lines = text.lines().skip(1).filter(|line| !line.trim().is_empty()).count() as u64;
            let breaks = text.matches("\"甲\n站\"").count() as u64;
            assert_eq!(table.read, lines - breaks, "case {nth}: {table:?}");
        }
    }
}

#[test]
fn an_inspection_shows_counts_days_and_notices() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feed.zip");
    and("stops.txt", "Z,零,0,0,,\n").zip(&path, "");
    let found = timetable::inspect(&path, None).unwrap();
    let page = timetable::render(&found, Lang::En);
    // 14 trips a day: two of line 1, and every 20 minutes for 4 hours of line 2; on the holiday one
    for line in [
        "  agencies    测试 synthetic",
        "  time zone   Asia/Shanghai",
        "  routes      2 bus (4 trips)",
        "  stops       3 + 1 stations",
        "              stops.txt                  5 rows, 4 used (1 point_near_origin)",
        "  service     2026-03-02 … 2026-03-31",
        "              ordinary day 2026-03-03",
        "    2026-03-02  14  14  14   1  14   ·   ·",
        "    2026-03-09  14  14  14  14  14   ·   ·  3 weeks alike",
        "    2026-03-30  14  14   ·   ·   ·   ·   ·",
        "    error [point_near_origin] 1, left out 1: a place within 1 degree of 0, 0",
        "      stops.txt, line 6, stop_id \"Z\": 0 0 is at 0, 0, where nothing is",
    ] {
        assert!(page.lines().any(|other| other == line), "no line {line:?} in\n{page}");
    }
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["trips_by_date"]["2026-03-05"], 1);
    assert_eq!(json["modes"]["bus"]["routes"], 2);
    assert_eq!(json["notices"][0]["rule"], "point_near_origin");
    assert!(timetable::render(&found, Lang::Zh).contains("  时区        Asia/Shanghai"));
}

#[test]
fn damaged_feeds_never_panic_and_every_row_is_counted() {
    let seed = std::env::var("TONGDA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_304u64);
    let mut state = seed;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let odd = [b'"', b',', b'\n', b'\r', b'-', b'9', b' ', 0, 0xff, b':', b'.', b'e'];
    for round in 0..400 {
        let mut feed = FeedText::sound();
        let files: Vec<String> = feed.0.keys().cloned().collect();
        for _ in 0..1 + random(6) {
            let bytes = feed.0.get_mut(&files[random(files.len())]).unwrap();
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] = odd[random(odd.len())],
                1 => bytes.insert(at, odd[random(odd.len())]),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let outcome = std::panic::catch_unwind(|| checked(&feed, Some("2026-03-10")));
        let Ok(read) = outcome else { panic!("seed {seed}, round {round}: {feed:?}") };
        for table in &read.tables {
            assert_eq!(table.read, table.used() + table.dropped.values().sum::<u64>(), "seed {seed}, round {round}");
        }
    }
    // an archive that is cut or changed is refused or read
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feed.zip");
    FeedText::sound().zip(&path, "");
    let bytes = fs::read(&path).unwrap();
    for round in 0..200 {
        let mut damaged = bytes.clone();
        let at = random(damaged.len());
        if random(3) == 0 {
            damaged.truncate(at)
        } else {
            damaged[at] ^= 1 << random(8)
        }
        fs::write(&path, damaged).unwrap();
        let outcome = std::panic::catch_unwind(|| gtfs::is_feed(&path) && gtfs::read(&path, "feed").is_ok());
        assert!(outcome.is_ok(), "seed {seed}, round {round}: byte {at}");
    }
}
