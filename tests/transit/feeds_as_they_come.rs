//! Feeds as they come: what others read is read, with a word on it, and what is refused says why.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::io::Write;
use std::path::Path;

use crate::support::feed::FeedText;
use crate::support::feed::archive;
use tongda::app::init;
use tongda::app::inspect::timetable;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::ingest;
use tongda::model::study::Study;

/// A study of one county around the feed, which is `feed` in the folder.
fn study_of(folder: &Path, feed: &str) -> Result<Study, String> {
    let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"320101","name":"x"},
        "geometry":{"type":"Polygon","coordinates":[[[118.0,32.0],[119.5,32.0],[119.5,33.0],[118.0,33.0],[118.0,32.0]]]}}]}"#;
    fs::write(folder.join("square.geojson"), square).unwrap();
    let text = format!(
        "title = \"x\"\n[study]\nregions = {{ path = \"square.geojson\", level = \"county\" }}\n\
         transit = {{ gtfs = \"{feed}\", date = 2026-03-04 }}\n"
    );
    let plan = config::parse(&text, "study.toml", folder).map_err(|error| format!("{error:?}"))?;
    let study = ingest::study(&plan.study, &Silent).map_err(|error| error.to_string())?;
    for ledger in &study.ledgers {
        assert!(ledger.balances(), "{ledger:?}");
    }
    Ok(study)
}

/// Departures on the day of each line, then what is told, once each: `1=2 2=12 | warning empty_row`.
fn told(study: &Study) -> String {
    let transit = study.transit.as_ref().unwrap();
    let lines: Vec<String> = transit
        .services
        .iter()
        .map(|line| format!("{}={}", line.id, line.patterns.iter().map(|one| one.trips_per_day).sum::<f64>()))
        .collect();
    let issues: BTreeSet<String> = study.issues.iter().map(|one| format!("{} {}", one.severity, one.code)).collect();
    let issues: Vec<String> = issues.into_iter().collect();
    if issues.is_empty() { lines.join(" ") } else { format!("{} | {}", lines.join(" "), issues.join(", ")) }
}

/// What is at `feed` in the folder.
enum Form {
    Folder(FeedText),
    /// Files and folders.
    Files(Vec<(String, Vec<u8>)>),
    /// A file `feed.zip`.
    File(Vec<u8>),
}

impl Form {
    fn write(&self, folder: &Path) -> &'static str {
        match self {
            Form::Folder(feed) => feed.write(&folder.join("feed")),
            Form::Files(files) => {
                for (name, bytes) in files {
                    let path = folder.join("feed").join(name);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, bytes).unwrap();
                }
            }
            Form::File(bytes) => {
                fs::write(folder.join("feed.zip"), bytes).unwrap();
                return "feed.zip";
            }
        }
        "feed"
    }
}

/// One form: what it is and who has it, and what becomes of it, or how the message begins.
struct Case(&'static str, Form, Result<&'static str, &'static str>);

fn sound() -> FeedText {
    FeedText::sound()
}

fn with(file: &str, from: &str, to: &str) -> Form {
    Form::Folder(sound().with(file, from, to))
}

fn and(file: &str, rows: &str) -> Form {
    Form::Folder(sound().and(file, rows))
}

/// The sound feed with a header and rows of stop times in place of its own.
fn with_calls(header: &str, rows: &str) -> FeedText {
    sound().file("stop_times.txt", format!("{header}\n{rows}"))
}

const WINDOWS: &str = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,location_id,location_group_id,start_pickup_drop_off_window,\
    end_pickup_drop_off_window,pickup_type,drop_off_type";

/// The calls of the sound feed under that header.
const FIXED: &str = "t1,08:00:00,08:00:00,A,1,,,,,,\nt1,08:10:00,08:11:00,B,2,,,,,,\nt1,08:20:00,08:20:00,C,5,,,,,,\n\
    t2,09:00:00,09:00:00,A,1,,,,,,\nt2,09:10:00,09:10:00,B,2,,,,,,\nt2,09:20:00,09:20:00,C,3,,,,,,\n\
    f,00:00:00,00:00:00,C,1,,,,,,\nf,00:10:00,00:10:00,B,2,,,,,,\nh,10:00:00,10:00:00,C,1,,,,,,\nh,10:10:00,10:10:00,B,2,,,,,,\n";

const ZONES: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"zone1","properties":{},"geometry":{"type":"Polygon",
    "coordinates":[[[118.9,32.5],[118.92,32.5],[118.92,32.51],[118.9,32.5]]]}}]}"#;

/// The sound feed with trips on demand beside its own.
fn flexible(trips: &str, calls: &str) -> FeedText {
    with_calls(WINDOWS, &format!("{FIXED}{calls}")).and("trips.txt", trips).file("locations.geojson", ZONES)
}

fn entries(parts: &[(&str, &FeedText)]) -> Vec<(String, Vec<u8>)> {
    parts.iter().flat_map(|(inner, feed)| feed.entries(inner)).collect()
}

/// An archive of archives.
fn nested(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    archive(&parts.iter().map(|(name, bytes)| (name.to_string(), bytes.clone())).collect::<Vec<_>>())
}

/// Another feed: its trips are one hour later, so that it is no copy of the sound one.
fn later() -> FeedText {
    sound().each(|text| text.replace(",08:", ",07:"))
}

const BOTH: &str = "1=2 2=12";

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let twice = |text: &str| { let (_, rows) = text.split_once('\n').unwrap(); format!("{text}{rows}") };
    let packed = |feed: &FeedText| archive(&feed.entries(""));
    let many = |name: &str| entries(&[("bus/", &sound()), (name, &later())]);
    let quoted = |text: &str| {
        text.lines().map(|line| line.split(',').map(|one| format!("\"{one}\"")).collect::<Vec<_>>().join(",") + "\r\n").collect::<String>()
    };
    let mut cases = vec![
        // rows shorter or longer than the header; google/transit#562, opentripplanner/OpenTripPlanner#138, the sample feed of the specification
        Case("optional fields left off", with("stop_times.txt", "B,2,,\nt1", "B,2\nt1"), Ok("1=2 2=12 | warning invalid_row_length")),
        Case("all rows short", Form::Folder(sound().each(|text| text.replace(",,\n", "\n"))), Ok("1=2 2=12 | warning invalid_row_length")),
        Case("a needed field left off", and("routes.txt", "7,X\n"), Err(
            "feed/routes.txt lost 1 of 3 records (missing_required_field 1), more than max-loss = \"20 %\"; first: error [missing_required_field] \
             feed/routes.txt, record 3, field \"route_type\": route_type is empty")),
        Case("commas at the end", with("routes.txt", "700,\n", "700,,, ,\n"), Ok("1=2 2=12 | warning invalid_row_length")),
        Case("a decimal comma without quotes", with("stops.txt", "32.5,118.90", "32,5,118,90"), Err(
            "feed/stops.txt lost 1 of 4 records (invalid_row_length 1), more than max-loss = \"20 %\"; first: error [invalid_row_length] \
             feed/stops.txt, record 1: 8 fields; the header has 6: a value that holds a comma stands in quotes, and a decimal is written with a point")),
        // left by Excel, conveyal/gtfs-lib#69
        Case("rows of commas and blanks", and("routes.txt", ",,,,,\n , ,,,,\n\"\",,,,,\n\n"), Ok("1=2 2=12 | warning empty_row")),
        // values of a row: others than H:MM:SS and YYYYMMDD no peer reads (OpenTripPlanner, R5 and the canonical validator refuse them)
        Case("an hour of one digit", with("stop_times.txt", "t1,08:00:00,08:00:00", "t1,8:00:00,8:00:00 "), Ok("1=2 2=12")),
        Case("midnight as 24", with("stop_times.txt", "h,10:10:00,10:10:00", "h,24:00:00,24:00:00"), Ok(BOTH)),
        Case("times without seconds", with("stop_times.txt", "t1,08:00:00,08:00:00", "t1,8:00,8:00"), Err(
            "feed/trips.txt lost 1 of 4 records (missing_trip_edge 1), more than max-loss = \"20 %\"; first: error [missing_trip_edge] \
             feed/stop_times.txt, record 1, field \"trip_id\": the first stop of trip t1 has no time (\"8:00\" is not a time; write HH:MM:SS, here \
             08:00:00; hours may exceed 23); the trip is left out")),
        Case("-1 for no time", with("stop_times.txt", "t2,09:10:00,09:10:00", "t2,-1,-1"), Ok("1=2 2=12 | note time-worked-out, warning invalid_time")),
        // as pandas writes columns in which some values are missing
        Case("whole numbers with a point", Form::Folder(sound().with("stops.txt", "118.90,0,", "118.90,0.0,").with("trips.txt", "t1,0,", "t1,0.0,").with("stop_times.txt", "B,2,,", "B,2.0,0.0,0.0")), Ok(BOTH)),
        Case("dates with hyphens", with("calendar.txt", "20260302", "2026-03-02"), Err(
            "feed/calendar.txt lost 1 of 1 records (invalid_date 1), more than max-loss = \"20 %\"; first: error [invalid_date] feed/calendar.txt, \
             record 1, field \"start_date\": \"2026-03-02\" is not a date; write YYYYMMDD, here 20260302")),
        Case("a decimal comma in quotes", with("stops.txt", "32.5,118.90", "\"32,5\",118.90"), Err(
            "feed/stops.txt lost 1 of 4 records (invalid_float 1), more than max-loss = \"20 %\"; first: error [invalid_float] feed/stops.txt, \
             record 1, field \"stop_lat\": \"32,5\" is not a number; write 32.5")),
        // a second row with one key: São Paulo's feed has each agency and each calendar twice, ipea/gtfstools#31
        Case("every row twice", Form::Folder(sound().each(twice)), Ok("1=2 2=12 | warning repeated_row")),
        Case("what differs is not used", and("routes.txt", "2,X,2路,丙站–乙站,700,FFFFFF\n"), Ok("1=2 2=12 | warning repeated_row")),
        Case("what differs is used", and("routes.txt", "2,X,2路,丙站–乙站,3,\n"), Err(
            "feed/routes.txt lost 1 of 3 records (duplicate_key 1), more than max-loss = \"20 %\"; first: error [duplicate_key] feed/routes.txt, \
             record 3, field \"route_id\": route_id 2 stands in a row before; the first counts")),
        Case("a call at two times", and("stop_times.txt", "t1,08:30:00,08:30:00,C,5,1,0\n"), Ok("1=2 2=12 | error duplicate_key")),
        // tables that nothing is measured of
        Case("two agencies of one id", and("agency.txt", "X,另一家,https://example.org,Asia/Shanghai,zh\n"), Ok("1=2 2=12 | error duplicate_key, warning much-lost")),
        Case("no agency", Form::Folder(sound().without("agency.txt")), Ok("1=2 2=12 | warning foreign_key_violation, warning missing_required_file")),
        Case("several agencies and routes of none", Form::Folder(sound().and("agency.txt", "Y,乙,https://example.org,Asia/Shanghai,zh\n").with("routes.txt", "1,X,", "1,,")), Ok(BOTH)),
        Case("shapes that can not be read", Form::Folder(sound().with("shapes.txt", "118.91", "x").with("shapes.txt", "118.92", "y")), Ok("1=2 2=12 | error invalid_float, warning much-lost")),
        Case("translations of an older form", Form::Folder(sound().file("translations.txt", "trans_id,lang,translation\n甲站,en,A\n")), Ok("1=2 2=12 | error missing_required_column, note unknown_column, warning much-lost")),
        // calendars
        Case("only calendar_dates", Form::Folder(sound().without("calendar.txt").file("calendar_dates.txt", "service_id,date,exception_type\nWD,20260304,1\nHOL,20260305,1\n")), Ok(BOTH)),
        Case("no day of the week, and days added", Form::Folder(sound().with("calendar.txt", "1,1,1,1,1,0,0", "0,0,0,0,0,0,0").and("calendar_dates.txt", "WD,20260304,1\n")), Ok("1=2 2=12 | warning service_has_no_active_day_of_the_week")),
        Case("days that can not be read, another day", Form::Folder(sound().with("calendar.txt", "20260302", "2.3.26").with("calendar_dates.txt", "HOL,20260305,1", "HOL,20260304,1")), Err(
            "feed/calendar.txt lost 1 of 1 records (invalid_date 1), more than max-loss = \"20 %\"; first: error [invalid_date]")),
        Case("trips of no day", with("calendar.txt", "1,1,1,1,1,0,0,20260302,20260331", "0,0,0,0,0,1,1,20260302,20260303"), Err("feed is not valid on 2026-03-04; write a date on which it has trips: 2026-03-05")),
        Case("no trip of any day", Form::Folder(sound().without("calendar_dates.txt").with("calendar.txt", "WD,1,1,1,1,1,0,0,20260302,20260331", "WD,0,0,0,0,0,1,1,20260302,20260303\nHOL,0,0,0,0,0,0,0,20260302,20260303")), Err(
            "feed has no trip on any day; rows left out: none; calendar.txt: service WD runs on no date, and its trips never run; look at it")),
        Case("no calendar at all", Form::Folder(sound().without("calendar.txt").without("calendar_dates.txt")), Err("feed has neither calendar.txt nor calendar_dates.txt; a timetable needs one of them")),
        // trips on demand, GTFS-Flex: OneBusAway/onebusaway-gtfs-modules#152, MobilityData/gtfs-validator#1754, etalab/transport-validator#221
        Case("a trip within a zone", Form::Folder(flexible("1,WD,x,0,,\n", "x,,,,1,zone1,,07:00:00,19:00:00,2,1\nx,,,,2,zone1,,07:00:00,19:00:00,1,2\n")), Ok("1=2 2=12 | note file_not_used, note flexible_trip_not_used")),
        Case("among groups of stops", Form::Folder(flexible("1,WD,x,0,,\n", "x,,,,1,,g,07:00:00,19:00:00,2,1\nx,,,,2,,g,07:00:00,19:00:00,1,2\n")
            .file("location_groups.txt", "location_group_id\ng\n").file("location_group_stops.txt", "location_group_id,stop_id\ng,A\n")), Ok("1=2 2=12 | note file_not_used, note flexible_trip_not_used")),
        Case("a span of time at stops, R5's flex/pointstop", Form::Folder(flexible("1,WD,x,0,,\n", "x,,,A,1,,,07:00:00,19:00:00,2,1\nx,,,C,2,,,07:00:00,19:00:00,1,2\n")), Ok("1=2 2=12 | note file_not_used, note flexible_trip_not_used")),
        // OpenTripPlanner's aspen-flex-on-demand and cobblinc-scheduled-deviated-flex: a stop_id that is a zone of locations.geojson
        Case("a zone as stop_id", Form::Folder(sound().and("trips.txt", "1,WD,x,0,,\n").and("stop_times.txt", "x,,,zone1,1,2,1\nx,,,zone1,2,1,2\n").file("locations.geojson", ZONES)), Ok("1=2 2=12 | note file_not_used, note flexible_trip_not_used")),
        // as OpenTripPlanner: a vehicle that leaves its way between two stops is at these at its times
        Case("a line that deviates", Form::Folder(flexible("1,WD,x,0,,\n", "x,10:00:00,10:00:00,A,1,,,,,,\nx,,,,2,zone1,,10:00:00,10:20:00,2,2\nx,10:20:00,10:20:00,C,3,,,,,,\n")), Ok("1=3 2=12 | note file_not_used, note flexible_trip_not_used")),
        Case("one stop alone beside a zone", Form::Folder(flexible("1,WD,x,0,,\n", "x,10:00:00,10:00:00,A,1,,,,,,\nx,,,,2,zone1,,10:00:00,10:20:00,2,2\n")), Ok("1=2 2=12 | note file_not_used, note flexible_trip_not_used")),
        Case("more of them than of others", Form::Folder(flexible("1,WD,x,0,,\n1,WD,y,0,,\n1,WD,z,0,,\n1,WD,u,0,,\n1,WD,v,0,,\n",
            &["x", "y", "z", "u", "v"].map(|trip| format!("{trip},,,,1,zone1,,07:00:00,19:00:00,2,1\n{trip},,,,2,zone1,,07:00:00,19:00:00,1,2\n")).concat())), Ok("1=2 2=12 | note file_not_used, note flexible_trip_not_used")),
        Case("a call nowhere", Form::Folder(sound().with("stop_times.txt", "t1,08:10:00,08:11:00,B,2", "t1,08:10:00,08:11:00,,2")), Ok("1=2 2=12 | error missing_required_field")),
        // calls at locations that are no stops: mfdz/GTFS-Issues#55, google/transit#257, rule location_with_unexpected_stop_time
        Case("a call at a boarding area", Form::Folder(sound().and("stops.txt", "A1,甲站前,32.5,118.90,4,A\n").with("stop_times.txt", "08:00:00,A,1", "08:00:00,A1,1")), Ok("1=2 2=12 | warning location_with_unexpected_stop_time")),
        Case("a call at a station", with("stop_times.txt", "08:11:00,B,2", "08:11:00,S,2"), Ok("1=2 2=12 | warning location_with_unexpected_stop_time")),
        Case("a call at an entrance", Form::Folder(sound().and("stops.txt", "E,入口,32.5,118.91,2,S\n").with("stop_times.txt", "08:11:00,B,2", "08:11:00,E,2")), Ok("1=2 2=12 | warning location_with_unexpected_stop_time")),
        Case("a call at a node of no station", Form::Folder(sound().and("stops.txt", "N,,,,3,\n").with("stop_times.txt", "08:11:00,B,2", "08:11:00,N,2")), Ok("1=2 2=12 | error location_with_unexpected_stop_time, warning location_without_parent_station")),
        // the message names the trip: the validator's unusable_trip
        Case("trips of one call", Form::Folder(sound().and("trips.txt", "1,WD,o,0,,\n1,WD,p,0,,\n").and("stop_times.txt", "o,08:00:00,08:00:00,A,1,,\np,08:00:00,08:00:00,A,1,,\n")), Err(
            "feed/trips.txt lost 2 of 6 records (unusable_trip 2), more than max-loss = \"20 %\"; first: error [unusable_trip] feed/trips.txt, \
             record 5, field \"trip_id\": trip o has one call only, at A; it is left out")),
        Case("a trip of one call among few calls", Form::Folder(with_calls("trip_id,arrival_time,departure_time,stop_id,stop_sequence", "t1,08:00:00,08:00:00,A,1\nt1,08:10:00,08:11:00,B,2\nt2,09:00:00,09:00:00,A,1\n")
            .file("trips.txt", "route_id,service_id,trip_id\n1,WD,t1\n1,WD,t2\n").without("frequencies.txt")), Err(
            "feed/trips.txt lost 1 of 2 records (unusable_trip 1), more than max-loss = \"20 %\"; first: error [unusable_trip] feed/trips.txt, \
             record 2, field \"trip_id\": trip t2 has one call only, at A; it is left out")),
        Case("trips without calls", Form::Folder(sound().and("trips.txt", "1,WD,o,0,,\n1,WD,p,0,,\n")), Err(
            "feed/trips.txt lost 2 of 6 records (unused_trip 2), more than max-loss = \"20 %\"; first: error [unused_trip] feed/trips.txt, record 5, \
             field \"trip_id\": trip o has no call at a stop; it is left out")),
        // separators: files saved by Excel
        Case("semicolons", Form::Folder(sound().each(|text| text.replace(',', ";"))), Err("feed/stops.txt: the separator is a semicolon, GTFS wants commas: save the table with commas between the fields")),
        Case("tabs", Form::Folder(sound().each(|text| text.replace(',', "\t"))), Err("feed/stops.txt: the separator is a tab, GTFS wants commas")),
        Case("semicolons and quotes", Form::Folder(sound().each(|text| quoted(text).replace(',', ";"))), Err("feed/stops.txt: the separator is a semicolon, GTFS wants commas")),
        Case("semicolons in one table", Form::Folder(sound().with("routes.txt", "", "").renamed("routes.txt", "x").file("routes.txt", "route_id;agency_id;route_short_name;route_type\n1;X;1;3\n2;X;2;700\n")), Err("feed/routes.txt: the separator is a semicolon, GTFS wants commas")),
        Case("semicolons where nothing is measured", Form::Folder(sound().file("feed_info.txt", "feed_publisher_name;feed_publisher_url;feed_lang\n测试;https://example.org;zh\n")), Ok("1=2 2=12 | error wrong_separator, warning much-lost")),
        // headers
        Case("quotes around all, CRLF", Form::Folder(sound().each(quoted)), Ok(BOTH)),
        Case("byte order marks, tidytransit's sample-feed-bom", Form::Folder(sound().each(|text| format!("\u{feff}{text}"))), Ok(BOTH)),
        Case("byte order mark behind a quote", Form::Folder(sound().each(|text| format!("\"\u{feff}{}", text.replacen(',', "\",", 1)))), Ok("1=2 2=12 | warning leading_or_trailing_whitespaces")),
        Case("two files put together", Form::Folder(sound().each(|text| text.replacen('\n', "\n\u{feff}", 1))), Ok("1=2 2=12 | warning leading_or_trailing_whitespaces")),
        Case("capitals, blanks and hyphens", with("stops.txt", "stop_id,stop_name,stop_lat,stop_lon", "Stop_ID,Stop Name,STOP-LAT,stop_lon\u{a0}"), Ok("1=2 2=12 | warning leading_or_trailing_whitespaces, warning wrong_column_name")),
        Case("an own column beside the right one", with("stops.txt", "parent_station", "parent_station,Stop_Id"), Ok("1=2 2=12 | note unknown_column, warning invalid_row_length")),
        Case("ends of lines mixed", with("trips.txt", "1,WD,t1,0,sh,\n", "1,WD,t1,0,sh,\r\n"), Ok(BOTH)),
        Case("no column for ids", with("stops.txt", "stop_id", "id"), Err("feed/stops.txt: there is no column stop_id")),
        Case("nothing but a header", Form::Folder(sound().file("stops.txt", "stop_id,stop_name,stop_lat,stop_lon\n")), Err("feed has no row in stops.txt; a timetable needs it")),
        Case("an empty file", Form::Folder(sound().file("stop_times.txt", "")), Err("feed has no row in stop_times.txt; a timetable needs it")),
        // names of files: transitland/transitland#300
        Case("capitals", Form::Folder(sound().renamed("stops.txt", "Stops.txt").renamed("trips.txt", "TRIPS.TXT")), Ok("1=2 2=12 | warning wrong_file_name")),
        Case("a blank behind", Form::File(archive(&sound().renamed("stops.txt", "stops.txt ").entries("")),), Ok("1=2 2=12 | warning wrong_file_name")),
        Case(".csv", Form::Folder(sound().renamed("stops.txt", "stops.csv")), Ok("1=2 2=12 | warning wrong_file_name")),
        Case("two endings", Form::Folder(sound().renamed("stops.txt", "stops.txt.txt")), Ok("1=2 2=12 | warning wrong_file_name")),
        Case("the right name goes before", Form::Folder(sound().file("STOPS.TXT", "nonsense")), Ok("1=2 2=12 | note unknown_file")),
        Case("another name", Form::Folder(sound().renamed("stops.txt", "stop.txt")), Err("feed has no stops.txt, but stop.txt: rename it; a timetable needs it")),
        // several feeds: transitland/transitland-datastore#316, google/transit#377
        Case("two folders in an archive", Form::File(archive(&many("metro/"))), Ok("bus:1=2 bus:2=12 metro:1=2 metro:2=12 | note several-feeds, warning trips-twice")),
        Case("two folders in a folder", Form::Files(many("metro/")), Ok("bus:1=2 bus:2=12 metro:1=2 metro:2=12 | note several-feeds, warning trips-twice")),
        Case("two folders of one name", Form::File(archive(&entries(&[("a/gtfs/", &sound()), ("b/gtfs/", &later())]))), Ok("a:1=2 a:2=12 b:1=2 b:2=12 | note several-feeds, warning trips-twice")),
        Case("an archive in an archive", Form::File(nested(&[("gtfs.zip", packed(&sound()))])), Ok(BOTH)),
        Case("archives in an archive", Form::File(nested(&[("bus.zip", packed(&sound())), ("metro.ZIP", archive(&later().entries("gtfs/"))), ("readme.txt", b"x".to_vec())])), Ok("bus:1=2 bus:2=12 metro:1=2 metro:2=12 | note several-feeds, warning trips-twice")),
        Case("archives in a folder", Form::Files(vec![("bus.zip".to_owned(), packed(&sound())), ("metro.zip".to_owned(), packed(&later()))]), Ok("bus:1=2 bus:2=12 metro:1=2 metro:2=12 | note several-feeds, warning trips-twice")),
        Case("the archive beside its tables", Form::Files([entries(&[("", &sound())]), vec![("feed.zip".to_owned(), packed(&sound()))]].concat()), Ok("1=2 2=12 | note unknown_file")),
        Case("twice in each other", Form::File(nested(&[("a.zip", nested(&[("b.zip", packed(&sound()))]))])), Ok(BOTH)),
        Case("deeper than that", Form::File(nested(&[("a.zip", nested(&[("b.zip", nested(&[("c.zip", packed(&sound()))]))]))])), Err("\"feed.zip\": holds no table of GTFS, such as stops.txt")),
        Case("trips on demand alone beside a feed", Form::File(archive(&entries(&[("bus/", &sound()), ("call/", &with_calls(WINDOWS, "x,,,,1,zone1,,07:00:00,19:00:00,2,1\nx,,,,2,zone1,,07:00:00,19:00:00,1,2\n")
            .file("trips.txt", "route_id,service_id,trip_id\n1,WD,x\n").without("frequencies.txt").file("locations.geojson", ZONES))]))), Ok(
            "bus:1=2 bus:2=12 | note file_not_used, note flexible_trip_not_used, note several-feeds, warning date-without-service, warning stop_without_stop_time, warning unused_shape")),
        Case("the same feed twice", Form::File(archive(&entries(&[("bus/", &sound()), ("copy/", &sound())]))), Err("feed.zip holds one feed twice, in bus and in copy: take one out")),
        Case("a feed in a feed", Form::File(archive(&entries(&[("", &sound()), ("old/", &later())]))), Err("\"feed.zip\": holds a feed at its top and more within it (old), so that which is meant is not clear; unpack it")),
        Case("one of two is not whole", Form::File(archive(&entries(&[("bus/", &sound()), ("metro/", &later().without("trips.txt"))]))), Err("feed.zip/metro has no trips.txt; a timetable needs it")),
        Case("other files beside it", Form::File(archive(&[entries(&[("gtfs/", &sound()), ("__MACOSX/gtfs/", &sound())]), vec![("doc/readme.txt".to_owned(), b"x".to_vec())]].concat())), Ok(BOTH)),
        Case("backslashes between folders", Form::File(archive(&entries(&[("feed\\", &sound())]))), Ok(BOTH)),
        Case("ZIP64", Form::File(zip64(&sound())), Ok(BOTH)),
        // what is no archive says what it is
        Case("gzip", Form::File(b"\x1f\x8b\x08\0\0\0\0\0".to_vec()), Err("\"feed.zip\": is neither a folder nor a sound ZIP archive: it is packed by gzip (.gz, .tar.gz); unpack it")),
        Case("tar", Form::File([vec![b'a'; 257], b"ustar".to_vec(), vec![0; 300]].concat()), Err("\"feed.zip\": is neither a folder nor a sound ZIP archive: it is a TAR archive; unpack it")),
        Case("7z", Form::File(b"7z\xbc\xaf\x27\x1c\0\0".to_vec()), Err("\"feed.zip\": is neither a folder nor a sound ZIP archive: it is packed in another form (7z, RAR")),
        Case("a page of the web", Form::File(b"<!DOCTYPE html><html>404</html>".to_vec()), Err("\"feed.zip\": is neither a folder nor a sound ZIP archive: it is a page of the web")),
        Case("an archive that breaks off", Form::File(packed(&sound())[..900].to_vec()), Err("\"feed.zip\": is neither a folder nor a sound ZIP archive: it is an archive that breaks off")),
        Case("a table", Form::File(b"stop_id,stop_name\n".to_vec()), Err("\"feed.zip\": is neither a folder nor a sound ZIP archive: it is a table; name the folder of all tables")),
        Case("nothing", Form::File(Vec::new()), Err("\"feed.zip\": is neither a folder nor a sound ZIP archive: it is empty")),
        Case("an encrypted archive", Form::File(encrypted(packed(&sound()))), Err("\"feed.zip/agency.txt\": is encrypted; unpack it with its password")),
    ];
    // a row again, letter by letter, at the end of each table
    for (file, row) in [
        ("agency.txt", "X,测试 synthetic,https://example.org,Asia/Shanghai,zh\n"),
        ("stops.txt", "A,甲站,32.5,118.90,0,\n"),
        ("routes.txt", "1,X,1路,甲站–丙站,3,00AA7F\n"),
        ("calendar.txt", "WD,1,1,1,1,1,0,0,20260302,20260331\n"),
        ("calendar_dates.txt", "WD,20260305,2\n"),
        ("trips.txt", "1,WD,t1,0,sh,\n"),
        ("stop_times.txt", "t1,08:10:00,08:11:00,B,2,,\n"),
        ("frequencies.txt", "f,06:00:00,10:00:00,1200,0\n"),
        ("shapes.txt", "sh,32.5,118.90,1,0\n"),
        ("transfers.txt", "B,B,2,60\n"),
        ("feed_info.txt", "测试,https://example.org,zh,20260302,20260331,1\n"),
    ] {
        cases.push(Case(file, and(file, row), Ok("1=2 2=12 | warning repeated_row")));
    }
    cases
}

/// An archive whose entries have sizes of 64 bits.
fn zip64(feed: &FeedText) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in feed.entries("") {
        zip.start_file(name, zip::write::SimpleFileOptions::default().large_file(true)).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The archive with the mark of encryption on every entry.
fn encrypted(mut zip: Vec<u8>) -> Vec<u8> {
    for at in 0..zip.len() - 10 {
        match &zip[at..at + 4] {
            b"PK\x03\x04" => zip[at + 6] |= 1,
            b"PK\x01\x02" => zip[at + 8] |= 1,
            _ => {}
        }
    }
    zip
}

#[test]
fn what_others_read_is_read_and_what_is_refused_says_why() {
    let mut failures = Vec::new();
    for Case(name, form, want) in cases() {
        let folder = tempfile::tempdir().unwrap();
        let feed = form.write(folder.path());
        let found = study_of(folder.path(), feed).map(|study| told(&study));
        let is_met = match (&found, &want) {
            (Ok(found), Ok(want)) => found == want,
            (Err(found), Err(want)) => found.starts_with(want),
            _ => false,
        };
        // no message ends where an example should stand
        let is_whole = found.as_ref().err().is_none_or(|error| !error.trim_end().ends_with("first:"));
        if !is_met || !is_whole {
            failures.push(format!("{name}\n  want  {want:?}\n  found {found:?}"));
        }
    }
    assert!(failures.is_empty(), "{} cases\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn calls_at_parts_of_a_station_are_at_its_stops() {
    let folder = tempfile::tempdir().unwrap();
    sound()
        .and("stops.txt", "A1,甲站前,32.5,118.90,4,A\nE,入口,32.5,118.91,2,S\n")
        .with("stop_times.txt", "08:00:00,A,1", "08:00:00,A1,1")
        .with("stop_times.txt", "08:11:00,B,2", "08:11:00,E,2")
        .write(&folder.path().join("feed"));
    let study = study_of(folder.path(), "feed").unwrap();
    let transit = study.transit.as_ref().unwrap();
    let stops = transit.services[0]
        .patterns
        .iter()
        .map(|one| one.stops.iter().map(|at| transit.stop(*at).id.as_str()).collect::<Vec<_>>());
    assert_eq!(stops.collect::<Vec<_>>(), [vec!["A", "S", "C"], vec!["A", "B", "C"]]);
    let told: Vec<&str> = study
        .issues
        .iter()
        .filter(|one| one.code == "location_with_unexpected_stop_time")
        .map(|one| one.what.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "1 call at the boarding area A1 (first: trip t1), taken to be at its stop A",
            "1 call at the entrance E (first: trip t1), taken to be at its station S",
        ]
    );
}

#[test]
fn an_inspection_shows_every_feed_of_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feed.zip");
    fs::write(&path, archive(&entries(&[("bus/", &sound()), ("metro/", &later())]))).unwrap();
    let found = timetable::inspect_all(&path, None).unwrap();
    let names: Vec<&str> = found.iter().map(|one| one.path.rsplit("feed.zip").next().unwrap()).collect();
    assert_eq!(names, ["/bus", "/metro"]);
    // what can not be read by its header is counted there as in a run
    sound().each(|text| text.replace(',', ";")).write(&folder.path().join("feed"));
    let found = timetable::inspect_all(&folder.path().join("feed"), None).unwrap();
    let wrong = found[0].notices.iter().find(|one| one.rule.name() == "wrong_separator").unwrap();
    let rows: u64 = found[0].tables.iter().map(|one| one.rows - one.used).sum();
    assert_eq!((wrong.count, wrong.left_out), (11, rows));
}

#[test]
fn init_drafts_a_study_of_all_feeds_of_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    study_of(folder.path(), Form::Folder(sound()).write(folder.path())).unwrap();
    let path = folder.path().join("both.zip");
    fs::write(&path, archive(&entries(&[("bus/", &sound()), ("metro/", &later())]))).unwrap();
    let files = [folder.path().join("square.geojson"), path];
    let draft = init::draft(&files, &folder.path().join("x.toml")).unwrap();
    let feeds: Vec<&String> = draft.found.iter().filter(|line| line.contains("a timetable")).collect();
    assert_eq!(feeds.len(), 2, "{feeds:?}");
    assert!(feeds[1].ends_with("both.zip/metro: a timetable, 3 stops, 10 calls"), "{feeds:?}");
    assert_eq!(draft.text.matches("both.zip\"]").count(), 1, "{}", draft.text);
}
