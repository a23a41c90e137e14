//! Whether what a feed says makes sense: checks after the rules of the canonical GTFS validator, table by table.

mod calendars;
mod places;
mod routes;
mod shapes;
mod trips;

use crate::base::clock::ServiceDate;
use crate::io::gtfs::days::Days;
use crate::io::gtfs::feed::RawFeed;

/// Mean radius of the earth (IUGG), metres.
const EARTH_M: f64 = 6_371_008.8;

/// Adds what does not make sense to the notices of a feed, and finds the line of every notice.
///
/// Linear in the rows but for sorting; shapes are looked at once for each shape and list of stops. Rules that need a day to count from are
/// asked only where `today` is given.
pub fn check(feed: &mut RawFeed, days: &Days, today: Option<ServiceDate>) {
    let mut notices = std::mem::take(&mut feed.notices);
    places::check(feed, &mut notices);
    routes::check(feed, &mut notices);
    calendars::check(feed, days, today, &mut notices);
    trips::check(feed, days, &mut notices);
    shapes::check(feed, &mut notices);
    for notice in &mut notices.first {
        if let (Some(row), Some(table)) = (notice.row, feed.tables.iter().find(|table| table.file == notice.file)) {
            notice.line = Some(table.lines.of(row));
        }
    }
    feed.notices = notices;
}

/// A place on the unit sphere.
type Direction = [f64; 3];

fn direction([lon, lat]: [f64; 2]) -> Direction {
    let (lon, lat) = (lon.to_radians(), lat.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// Metres along the great circle between two places.
fn metres(a: Direction, b: Direction) -> f64 {
    let half: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt() / 2.0;
    2.0 * EARTH_M * half.min(1.0).asin()
}

/// Where each stop is; `None` for those that need no place.
fn directions(feed: &RawFeed) -> Vec<Option<Direction>> {
    feed.stops.iter().map(|stop| stop.lonlat.map(direction)).collect()
}

/// A time as a feed writes it.
fn clock(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_of_a_great_circle_is_111_km() {
        // 2 π × 6 371 008.8 m / 360
        assert!((metres(direction([118.0, 0.0]), direction([119.0, 0.0])) - 111_195.08).abs() < 0.01);
        assert!((metres(direction([0.0, 32.0]), direction([0.0, 33.0])) - 111_195.08).abs() < 0.01);
        assert_eq!(metres(direction([5.0, 5.0]), direction([5.0, 5.0])), 0.0);
    }
}
