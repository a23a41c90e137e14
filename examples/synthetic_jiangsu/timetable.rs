//! The lines of the route table once more, as a timetable: a GTFS feed with a trip for each departure.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Cursor;
use std::io::Write as _;

use zip::CompressionMethod;
use zip::DateTime;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::buses::Network;
use super::buses::Pattern;
use super::land::metres;

/// Straight from stop to stop, in km/h.
fn speed(mode: &str) -> f64 {
    match mode {
        "coach" => 50.0,
        "metro" => 40.0,
        _ => 30.0,
    }
}

/// Lines whose number divides by this do not run at weekends.
const WEEKDAYS_ONLY: u32 = 9;

/// A trip for each departure a day on weekdays; at weekends every second one runs, and some lines not at all.
pub fn feed(network: &Network) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut stops: BTreeMap<&str, String> = BTreeMap::new();
    let mut routes: BTreeMap<&str, String> = BTreeMap::new();
    let mut trips = "route_id,service_id,trip_id,direction_id\n".to_owned();
    let mut calls = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n".to_owned();
    for pattern in network.patterns() {
        let kind = match pattern.mode {
            "coach" => 200,
            "metro" => 1,
            _ => 3,
        };
        routes
            .entry(&pattern.route)
            .or_insert_with(|| format!("{},synthetic,{},{kind}\n", pattern.route, pattern.name));
        for stop in &pattern.stops {
            stops.entry(&stop.id).or_insert_with(|| format!("{},{},{},{}\n", stop.id, stop.name, stop.at.y, stop.at.x));
        }
        let directions: &[u8] = match pattern.direction {
            "out" => &[0],
            "back" => &[1],
            _ => &[0, 1],
        };
        for direction in directions {
            // one that says "both" runs its stops in reverse on the way back
            let is_reversed = directions.len() > 1 && *direction == 1;
            run(pattern, *direction, is_reversed, &mut trips, &mut calls)?;
        }
    }
    let table = |header: &str, rows: BTreeMap<&str, String>| {
        rows.into_values().fold(header.to_owned(), |text, row| text + &row)
    };
    let files = [
        (
            "agency.txt",
            "agency_id,agency_name,agency_url,agency_timezone,agency_lang\n\
             synthetic,合成公交（不存在的线路） synthetic,https://example.org/synthetic,Asia/Shanghai,zh\n"
                .to_owned(),
        ),
        (
            "feed_info.txt",
            "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date,feed_end_date,feed_version\n\
             tongda synthetic demo data,https://example.org/synthetic,zh,20260101,20261231,synthetic-1\n"
                .to_owned(),
        ),
        (
            "calendar.txt",
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n\
             daily,1,1,1,1,1,1,1,20260101,20261231\n\
             weekday,1,1,1,1,1,0,0,20260101,20261231\n"
                .to_owned(),
        ),
        ("stops.txt", table("stop_id,stop_name,stop_lat,stop_lon\n", stops)),
        ("routes.txt", table("route_id,agency_id,route_long_name,route_type\n", routes)),
        ("trips.txt", trips),
        ("stop_times.txt", calls),
    ];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (name, text) in files {
        archive.start_file(name, options)?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

fn run(
    pattern: &Pattern,
    direction: u8,
    is_reversed: bool,
    trips: &mut String,
    calls: &mut String,
) -> Result<(), Box<dyn Error>> {
    let mut stops: Vec<_> = pattern.stops.iter().collect();
    if is_reversed {
        stops.reverse();
    }
    let number: u32 =
        pattern.route.chars().filter_map(|digit| digit.to_digit(10)).fold(0, |all, digit| (all * 10 + digit) % 9_009);
    let is_weekdays_only = pattern.mode == "bus" && number.is_multiple_of(WEEKDAYS_ONLY);
    let span = pattern.last_minute - pattern.first_minute;
    for nth in 0..pattern.trips {
        let service = if is_weekdays_only || nth % 2 == 1 { "weekday" } else { "daily" };
        let trip = format!("{}-{direction}-{nth}", pattern.route);
        writeln!(trips, "{},{service},{trip},{direction}", pattern.route)?;
        let later = if pattern.trips > 1 { (nth * span) / (pattern.trips - 1) } else { 0 };
        let mut second = 60 * (pattern.first_minute + later);
        for (at, stop) in stops.iter().enumerate() {
            if at > 0 {
                second += (metres(stops[at - 1].at, stop.at) * 3.6 / speed(pattern.mode)).ceil() as u64;
            }
            let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
            writeln!(calls, "{trip},{time},{time},{},{}", stop.id, at + 1)?;
        }
    }
    Ok(())
}
