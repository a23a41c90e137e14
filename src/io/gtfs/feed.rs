//! A feed as it is written: rows of its tables, with the ids that they name looked up.

use std::ops::Range;

use crate::base::clock::ServiceDate;
use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::table::TableCount;
use crate::model::transit::Mode;

/// The tables of a feed. Rows that can not be used are not in it; those that are, are in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct RawFeed {
    /// What messages call it.
    pub shown: String,
    pub agencies: Vec<Agency>,
    pub stops: Vec<RawStop>,
    pub routes: Vec<Route>,
    pub services: Vec<RawService>,
    pub shapes: Vec<Shape>,
    /// Degrees of longitude and latitude, by shape and sequence.
    pub shape_points: Vec<[f64; 2]>,
    /// Distances along the shapes, one a point, NaN where there is none; empty where no row gives one.
    pub(super) shape_distances: Vec<f64>,
    pub trips: Vec<RawTrip>,
    /// By trip and sequence.
    pub calls: Vec<RawCall>,
    /// Distances along the trips, one a call, NaN where there is none; empty where no row gives one.
    pub(super) call_distances: Vec<f64>,
    pub frequencies: Vec<RawFrequency>,
    pub transfers: Vec<RawTransfer>,
    /// Of names that are used.
    pub translations: Vec<RawTranslation>,
    pub info: Option<FeedInfo>,
    /// What became of the rows of each file that was read.
    pub tables: Vec<TableCount>,
    pub notices: Notices,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    pub id: String,
    pub name: String,
    pub url: String,
    /// Its time zone, where it is one.
    pub zone: Option<String>,
    pub row: u64,
}

/// What a row of stops.txt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// A stop or platform.
    Stop,
    Station,
    Entrance,
    Node,
    BoardingArea,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RawStop {
    pub id: String,
    pub name: String,
    pub description: String,
    pub url: String,
    pub location: Location,
    /// Degrees; `None` for nodes and boarding areas, which need none.
    pub lonlat: Option<[f64; 2]>,
    /// Position of its parent.
    pub parent: Option<u32>,
    pub(super) parent_id: String,
    pub row: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub id: String,
    pub agency: Option<u32>,
    pub short_name: String,
    pub long_name: String,
    pub description: String,
    pub url: String,
    pub kind: u32,
    pub mode: Mode,
    pub row: u64,
}

/// The days of a service: those of calendar.txt, and the exceptions of calendar_dates.txt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RawService {
    pub id: String,
    /// Its row in calendar.txt, where it has one.
    pub row: Option<u64>,
    /// Bit 0 is Monday.
    pub weekdays: u8,
    pub span: Option<(ServiceDate, ServiceDate)>,
    /// Days and whether they are added, in the order of the file.
    pub exceptions: Vec<(ServiceDate, bool)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    pub id: String,
    pub points: Range<usize>,
    pub row: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawTrip {
    pub id: String,
    pub route: u32,
    pub service: u32,
    /// 0 or 1, where it is given.
    pub direction: Option<u8>,
    pub shape: Option<u32>,
    /// The vehicle that runs several trips.
    pub block: Option<String>,
    pub calls: Range<usize>,
    pub row: u64,
}

/// A time that may be missing, in four bytes: there are millions of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaybeTime(u32);

impl MaybeTime {
    pub(super) fn new(seconds: Option<u32>) -> MaybeTime {
        MaybeTime(seconds.unwrap_or(u32::MAX))
    }

    /// Seconds since the start of the service day.
    pub fn get(self) -> Option<u32> {
        (self.0 != u32::MAX).then_some(self.0)
    }
}

/// A row of stop_times.txt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawCall {
    pub(super) trip: u32,
    pub stop: u32,
    pub sequence: u32,
    pub arrives: MaybeTime,
    pub leaves: MaybeTime,
    pub(super) row: u32,
    /// pickup_type and drop_off_type.
    pub pickup: u8,
    pub drop_off: u8,
}

impl RawCall {
    /// The arrival, or the departure where only that is given.
    pub fn arrival(&self) -> Option<u32> {
        self.arrives.get().or(self.leaves.get())
    }

    /// The departure, or the arrival where only that is given.
    pub fn departure(&self) -> Option<u32> {
        self.leaves.get().or(self.arrives.get())
    }

    /// Row of stop_times.txt, from 1.
    pub fn row(&self) -> u64 {
        u64::from(self.row)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawFrequency {
    pub trip: u32,
    pub start: u32,
    /// Vehicles leave before it.
    pub end: u32,
    pub headway_s: u32,
    /// The vehicles leave exactly then, as if each were a trip.
    pub is_exact: bool,
    pub row: u64,
}

impl RawFrequency {
    /// Departures from the first stop.
    pub fn departures(&self) -> u64 {
        u64::from(self.end - self.start).div_ceil(u64::from(self.headway_s))
    }
}

/// A row of transfers.txt. Both stops are there but for transfers within a vehicle (types 4 and 5), which have both trips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawTransfer {
    pub from: Option<u32>,
    pub to: Option<u32>,
    pub kind: u8,
    pub least_s: Option<u32>,
    /// Routes and trips that the row is only about.
    pub from_route: Option<u32>,
    pub to_route: Option<u32>,
    pub from_trip: Option<u32>,
    pub to_trip: Option<u32>,
    pub row: u64,
}

impl RawTransfer {
    /// Whether it is about staying in a vehicle.
    pub fn is_in_seat(&self) -> bool {
        self.kind >= 4
    }

    /// Whether it is about certain routes or trips only.
    pub fn is_narrow(&self) -> bool {
        [self.from_route, self.to_route, self.from_trip, self.to_trip].iter().any(Option::is_some)
    }
}

/// A name that may be translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TranslatedField {
    StopName,
    RouteShortName,
    RouteLongName,
}

/// What a translation is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Translated {
    /// The name of the stop or route at a position.
    Record(u32),
    /// Every name that reads exactly so.
    Value(String),
}

/// A row of translations.txt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawTranslation {
    pub field: TranslatedField,
    /// As the feed writes it.
    pub language: String,
    pub text: String,
    pub of: Translated,
    pub row: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedInfo {
    pub publisher: String,
    pub version: String,
    pub start: Option<ServiceDate>,
    pub end: Option<ServiceDate>,
}

/// So many days of one service are looked at: a calendar without an end is written with a far year.
const MOST_DAYS: i32 = 36_525;

impl RawService {
    /// The days on which it runs, rising. Of a span of more than 100 years, the first 100 count.
    pub fn dates(&self) -> Vec<ServiceDate> {
        let mut dates = Vec::new();
        if let Some((first, last)) = self.span {
            let (mut day, mut left) = (first, MOST_DAYS);
            while day <= last && left > 0 {
                let weekday = day.0.weekday().to_monday_zero_offset();
                if self.weekdays >> weekday & 1 == 1 {
                    dates.push(day);
                }
                let next = day.tomorrow();
                if next == day {
                    break;
                }
                (day, left) = (next, left - 1);
            }
        }
        for (day, is_added) in &self.exceptions {
            match (dates.binary_search(day), is_added) {
                (Ok(at), false) => drop(dates.remove(at)),
                (Err(at), true) => dates.insert(at, *day),
                _ => {}
            }
        }
        dates
    }
}

impl RawFeed {
    /// How far along the trip a call is, in the feed's own measure.
    pub fn call_distance(&self, at: usize) -> Option<f64> {
        self.call_distances.get(at).copied().filter(|distance| !distance.is_nan())
    }

    /// How far along its shape a point is, in the feed's own measure.
    pub fn shape_distance(&self, at: usize) -> Option<f64> {
        self.shape_distances.get(at).copied().filter(|distance| !distance.is_nan())
    }

    /// The time zone of the first agency that has one.
    pub fn zone(&self) -> Option<&str> {
        self.agencies.iter().find_map(|agency| agency.zone.as_deref())
    }

    /// What became of the rows of a file; `None` for one that was not there.
    pub fn table(&self, file: &str) -> Option<&TableCount> {
        self.tables.iter().find(|table| table.file == file)
    }

    /// Counts rows of a file that were taken as left out after all.
    pub(super) fn drop_rows(&mut self, file: &str, rule: Rule, rows: u64) {
        if let Some(table) = self.tables.iter_mut().find(|table| table.file == file).filter(|_| rows > 0) {
            *table.dropped.entry(rule.name()).or_default() += rows;
        }
    }

    /// Every frequency of each trip, by trip.
    pub fn frequencies_by_trip(&self) -> Vec<Vec<RawFrequency>> {
        let mut by_trip = vec![Vec::new(); if self.frequencies.is_empty() { 0 } else { self.trips.len() }];
        for frequency in &self.frequencies {
            by_trip[frequency.trip as usize].push(*frequency);
        }
        by_trip
    }
}
