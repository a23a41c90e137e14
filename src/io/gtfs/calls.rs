//! The two long tables of a feed: stop_times.txt and shapes.txt, a row at a time without a copy of its texts.

use std::borrow::Cow;

use crate::io::gtfs::feed::MaybeTime;
use crate::io::gtfs::feed::RawCall;
use crate::io::gtfs::feed::Shape;
use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::read::Found;
use crate::io::gtfs::read::Ids;
use crate::io::gtfs::read::Reading;
use crate::io::gtfs::read::continuous;
use crate::io::gtfs::rows::Rows;
use crate::io::gtfs::schema;
use crate::io::gtfs::table::Row;
use crate::io::gtfs::table::Take;
use crate::io::gtfs::value;
use crate::io::read::ReadError;

struct Calls<'i> {
    trips: &'i Ids,
    stops: &'i Ids,
    calls: Vec<RawCall>,
    distances: Vec<f64>,
    /// The trip of the row before: rows of one trip mostly stand together.
    last: (String, u32),
}

impl Calls<'_> {
    fn push(&mut self, call: RawCall, distance: Option<f64>) {
        if distance.is_some() && self.distances.is_empty() {
            self.distances.resize(self.calls.len(), f64::NAN);
        }
        if distance.is_some() || !self.distances.is_empty() {
            self.distances.push(distance.unwrap_or(f64::NAN));
        }
        self.calls.push(call);
    }
}

/// A field of a row of which nothing is known.
fn field<'t>(rows: &Rows<'t>, at: Option<usize>) -> Cow<'t, str> {
    at.map_or(Cow::Borrowed(""), |at| rows.field(at))
}

/// `Some` for what is empty or can be read.
fn maybe<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    if text.is_empty() { Some(None) } else { read(text).map(Some) }
}

impl Take for Calls<'_> {
    fn wanted(&self) -> &[&'static str] {
        &[
            "trip_id",
            "arrival_time",
            "departure_time",
            "stop_id",
            "stop_sequence",
            "pickup_type",
            "drop_off_type",
            "shape_dist_traveled",
            "timepoint",
            "continuous_pickup",
            "continuous_drop_off",
        ]
    }

    fn fast(&mut self, rows: &Rows<'_>, positions: &[Option<usize>]) -> bool {
        let [trip, arrives, leaves, stop, sequence, pickup, drop_off, distance, timepoint, continuous @ ..] = positions
        else {
            return false;
        };
        if continuous.iter().any(|at| !matches!(field(rows, *at).as_ref(), "" | "1")) {
            return false;
        }
        let id = field(rows, *trip);
        let trip = if id == self.last.0 && !id.is_empty() {
            self.last.1
        } else {
            let Found::At(at) = self.trips.find(&id) else { return false };
            self.last.0.clear();
            self.last.0.push_str(&id);
            self.last.1 = at;
            at
        };
        let Found::At(stop) = self.stops.find(&field(rows, *stop)) else { return false };
        let choice = |at: Option<usize>, most: u32| {
            maybe(&field(rows, at), value::whole).filter(|value| value.is_none_or(|value| value <= most))
        };
        let length = |text: &str| value::number(text).filter(|length| *length >= 0.0);
        let times = maybe(&field(rows, *arrives), value::time).zip(maybe(&field(rows, *leaves), value::time));
        let (Some((arrives, leaves)), Some(sequence)) = (times, value::whole(&field(rows, *sequence))) else {
            return false;
        };
        let (Some(pickup), Some(drop_off), Some(_)) = (choice(*pickup, 3), choice(*drop_off, 3), choice(*timepoint, 1))
        else {
            return false;
        };
        let Some(distance) = maybe(&field(rows, *distance), length) else { return false };
        let call = RawCall {
            trip,
            stop,
            sequence,
            arrives: MaybeTime::new(arrives),
            leaves: MaybeTime::new(leaves),
            row: rows.number() as u32,
            pickup: pickup.unwrap_or(0) as u8,
            drop_off: drop_off.unwrap_or(0) as u8,
        };
        self.push(call, distance);
        true
    }

    fn take(&mut self, row: &Row<'_, '_>, notices: &mut Notices) -> Option<Rule> {
        let file = schema::STOP_TIMES.file;
        let trip = match self.trips.need(row, file, ("trip_id", "trips.txt"), notices) {
            Ok(trip) => trip,
            Err(rule) => return Some(rule),
        };
        let stop = match self.stops.need(row, file, ("stop_id", "stops.txt"), notices) {
            Ok(stop) => stop,
            Err(rule) => return Some(rule),
        };
        let call = RawCall {
            trip,
            stop,
            sequence: row.whole("stop_sequence")?,
            arrives: MaybeTime::new(row.time("arrival_time")),
            leaves: MaybeTime::new(row.time("departure_time")),
            row: row.number() as u32,
            pickup: row.choice("pickup_type", 3),
            drop_off: row.choice("drop_off_type", 3),
        };
        continuous(row, file, notices);
        self.push(call, row.length("shape_dist_traveled"));
        None
    }
}

struct Points {
    ids: Ids,
    names: Vec<(String, u64)>,
    /// Shape, sequence, place, row, distance.
    points: Vec<(u32, u32, [f64; 2], u32, f64)>,
    last: (String, u32),
}

impl Points {
    fn shape(&mut self, id: &str, row: u64) -> u32 {
        if id == self.last.0 && !self.names.is_empty() {
            return self.last.1;
        }
        let at = match self.ids.find(id) {
            Found::At(at) => at,
            Found::LeftOut | Found::Nothing => {
                let at = self.names.len();
                self.ids.insert(id, at);
                self.names.push((id.to_owned(), row));
                at as u32
            }
        };
        self.last = (id.to_owned(), at);
        at
    }
}

impl Take for Points {
    fn wanted(&self) -> &[&'static str] {
        &["shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence", "shape_dist_traveled"]
    }

    fn fast(&mut self, rows: &Rows<'_>, positions: &[Option<usize>]) -> bool {
        let [id, lat, lon, sequence, distance] = positions else { return false };
        let degrees = |at: Option<usize>, most: f64| value::number(&field(rows, at)).filter(|d| d.abs() <= most);
        let id = field(rows, *id);
        let (Some(lat), Some(lon)) = (degrees(*lat, 90.0), degrees(*lon, 180.0)) else { return false };
        let length = |text: &str| value::number(text).filter(|length| *length >= 0.0);
        let distance = maybe(&field(rows, *distance), length);
        let (Some(sequence), Some(distance)) = (value::whole(&field(rows, *sequence)), distance) else { return false };
        if id.is_empty() {
            return false;
        }
        let shape = self.shape(&id, rows.number());
        self.points.push((shape, sequence, [lon, lat], rows.number() as u32, distance.unwrap_or(f64::NAN)));
        true
    }

    fn take(&mut self, row: &Row<'_, '_>, _: &mut Notices) -> Option<Rule> {
        let shape = self.shape(&row.text("shape_id"), row.number());
        let place = [row.number_in("shape_pt_lon")?, row.number_in("shape_pt_lat")?];
        let sequence = row.whole("shape_pt_sequence")?;
        let distance = row.length("shape_dist_traveled").unwrap_or(f64::NAN);
        self.points.push((shape, sequence, place, row.number() as u32, distance));
        None
    }
}

impl Reading<'_> {
    pub(super) fn calls(&mut self) -> Result<(), ReadError> {
        let file = schema::STOP_TIMES.file;
        let (trips, stops) = (std::mem::take(&mut self.trips), std::mem::take(&mut self.stops));
        let mut taker =
            Calls { trips: &trips, stops: &stops, calls: Vec::new(), distances: Vec::new(), last: (String::new(), 0) };
        self.table(&schema::STOP_TIMES, "", &mut taker)?;
        let (mut calls, mut distances) = (taker.calls, taker.distances);
        if !calls.is_sorted_by_key(|call| (call.trip, call.sequence)) {
            let mut order: Vec<u32> = (0..calls.len() as u32).collect();
            order.sort_by_key(|at| (calls[*at as usize].trip, calls[*at as usize].sequence));
            calls = order.iter().map(|at| calls[*at as usize]).collect();
            if !distances.is_empty() {
                distances = order.iter().map(|at| distances[*at as usize]).collect();
            }
        }
        // of two rows with one place in the trip the first counts
        let same = |a: &RawCall, b: &RawCall| a.trip == b.trip && a.sequence == b.sequence;
        if calls.windows(2).any(|pair| same(&pair[0], &pair[1])) {
            let mut kept: Vec<RawCall> = Vec::with_capacity(calls.len());
            let mut kept_distances = Vec::new();
            for (at, call) in calls.iter().enumerate() {
                if kept.last().is_some_and(|last| same(last, call)) {
                    let id = &self.feed.trips[call.trip as usize].id;
                    self.feed.notices.left_out(Rule::DuplicateKey, file, |notice| {
                        let value = format!("{id}, {}", call.sequence);
                        let mut notice = notice.at_row(call.row()).at("trip_id, stop_sequence", &value);
                        notice.what = format!("stop_sequence {} stands twice in trip {id}", call.sequence);
                        notice
                    });
                    if let Some(table) = self.feed.tables.iter_mut().find(|table| table.file == file) {
                        *table.dropped.entry(Rule::DuplicateKey.name()).or_default() += 1;
                    }
                    continue;
                }
                kept.push(*call);
                kept_distances.extend(distances.get(at));
            }
            (calls, distances) = (kept, kept_distances);
        }
        let mut at = 0;
        while at < calls.len() {
            let trip = calls[at].trip;
            let end = at + calls[at..].iter().take_while(|call| call.trip == trip).count();
            self.feed.trips[trip as usize].calls = at..end;
            at = end;
        }
        (self.feed.calls, self.feed.call_distances) = (calls, distances);
        (self.trips, self.stops) = (trips, stops);
        Ok(())
    }

    pub(super) fn shapes(&mut self) -> Result<(), ReadError> {
        let file = schema::SHAPES.file;
        let mut taker = Points { ids: Ids::default(), names: Vec::new(), points: Vec::new(), last: (String::new(), 0) };
        self.table(&schema::SHAPES, "", &mut taker)?;
        let mut points = taker.points;
        if !points.is_sorted_by_key(|point| (point.0, point.1)) {
            points.sort_by_key(|point| (point.0, point.1));
        }
        let mut dropped = 0;
        points.dedup_by(|b, a| {
            let is_same = (a.0, a.1) == (b.0, b.1);
            if is_same {
                dropped += 1;
                let id = &taker.names[a.0 as usize].0;
                self.feed.notices.left_out(Rule::DuplicateKey, file, |notice| {
                    let mut notice =
                        notice.at_row(u64::from(b.3)).at("shape_id, shape_pt_sequence", &format!("{id}, {}", b.1));
                    notice.what = format!("shape_pt_sequence {} stands twice in shape {id}", b.1);
                    notice
                });
            }
            is_same
        });
        if dropped > 0
            && let Some(table) = self.feed.tables.iter_mut().find(|table| table.file == file)
        {
            *table.dropped.entry(Rule::DuplicateKey.name()).or_default() += dropped;
        }
        let mut at = 0;
        for (shape, (id, row)) in taker.names.into_iter().enumerate() {
            let end = at + points[at..].iter().take_while(|point| point.0 as usize == shape).count();
            self.feed.shapes.push(Shape { id, points: at..end, row });
            at = end;
        }
        if points.iter().any(|point| !point.4.is_nan()) {
            self.feed.shape_distances = points.iter().map(|point| point.4).collect();
        }
        self.feed.shape_points = points.iter().map(|point| point.2).collect();
        self.shapes = taker.ids;
        Ok(())
    }
}
