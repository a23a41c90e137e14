//! Travel times by timetable: against a naive twin, against closed forms, and over the days of a calendar.

mod areas;
mod cells;
mod days;
mod known_services;
mod metrics;
mod ridden;
mod theory;
mod twin;

use tongda::base::clock::ServiceDate;
use tongda::base::idx::CalendarIdx;
use tongda::base::idx::FeedIdx;
use tongda::base::idx::StopIdx;
use tongda::impedance::walks::Walker;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::place::PlaneXy;
use tongda::model::study::Plane;
use tongda::model::transit::Calendar;
use tongda::model::transit::Call;
use tongda::model::transit::Mode;
use tongda::model::transit::Pattern;
use tongda::model::transit::Service;
use tongda::model::transit::Stop;
use tongda::model::transit::Transit;
use tongda::model::transit::Trip;
use tongda::model::travel::Travel;

use crate::support::scene::place;

/// Degrees of a metre at the equator, on the ellipsoid: along it, and along the meridian.
const LON: f64 = 1.0 / 111_319.490_793;
const LAT: f64 = 1.0 / 110_574.275_822;

pub fn at(x: f64, y: f64) -> Place {
    Place { lonlat: LonLat { lon: x * LON, lat: y * LAT }, xy: PlaneXy { x, y } }
}

pub fn plane() -> Plane {
    Plane {
        name: "test".to_owned(),
        epsg: None,
        wkt1: String::new(),
        scale_min: 0.999,
        scale_max: 1.001,
        distortion: None,
        doubt: None,
    }
}

/// xorshift64*, after Vigna (2016).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// From 0 to below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        ((self.next() >> 33) % u64::from(limit)) as u32
    }

    pub fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }
}

pub fn seed() -> u64 {
    let seed = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_190_513);
    println!("TONGDA_SEED={seed}");
    seed
}

pub fn date(text: &str) -> ServiceDate {
    text.parse().unwrap()
}

/// Calendars of the day, of the day before, of both and the day after, of no day near, and of two days before.
pub fn calendars() -> Vec<Calendar> {
    let calendar = |id: &str, dates: &[&str]| Calendar {
        id: id.to_owned(),
        feed: FeedIdx(0),
        dates: dates.iter().map(|text| date(text)).collect(),
    };
    vec![
        calendar("day", &["2026-03-04"]),
        calendar("before", &["2026-03-03"]),
        calendar("three", &["2026-03-03", "2026-03-04", "2026-03-05"]),
        calendar("never", &["2026-06-01"]),
        calendar("two before", &["2026-03-02"]),
    ]
}

pub fn pattern(stops: Vec<u32>) -> Pattern {
    Pattern {
        direction: String::new(),
        stops: stops.into_iter().map(StopIdx).collect(),
        trips_per_day: 0.0,
        both_ways: false,
        is_loop: false,
        more: Default::default(),
        first: None,
        last: None,
        headway_min: None,
        trips: Vec::new(),
        frequencies: Vec::new(),
        course: None,
    }
}

pub fn service(number: usize, patterns: Vec<Pattern>) -> Service {
    Service {
        id: format!("L{number}"),
        name: format!("L{number}"),
        mode: Mode::Bus,
        patterns,
        feed: FeedIdx(0),
        synthetic: true,
    }
}

pub fn walker<'a>(plane: &'a Plane, travel: &Travel) -> Walker<'a> {
    Walker::Straight { plane, speed: travel.walk_speed, detour: travel.walk_detour }
}

/// Stops a, b and c, 20 km apart; a vehicle every half hour from 06:00, 10 min from stop to stop.
pub fn half_hourly() -> Transit {
    let calls = |start: u32| (0..3).map(|nth| Call::new(start + 600 * nth, start + 600 * nth)).collect();
    let trips =
        (0..20).map(|nth| Trip { id: nth.to_string(), calendar: CalendarIdx(0), calls: calls(6 * 3600 + 1800 * nth) });
    let line = Pattern { trips: trips.collect(), ..pattern(vec![0, 1, 2]) };
    let stops = ["a", "b", "c"].into_iter().zip([0.0, 20_000.0, 40_000.0]);
    Transit {
        stops: stops.map(|(id, x)| Stop::new(id, id, place(x, 0.0))).collect(),
        services: vec![service(0, vec![line])],
        calendars: calendars(),
        date: Some(date("2026-03-04")),
        ..Transit::default()
    }
}
