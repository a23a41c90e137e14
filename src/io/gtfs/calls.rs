//! The two long tables of a feed: stop_times.txt and shapes.txt, a row at a time without a copy of its texts.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::HashSet;

use crate::io::gtfs::feed::Location;
use crate::io::gtfs::feed::MaybeTime;
use crate::io::gtfs::feed::RawCall;
use crate::io::gtfs::feed::RawStop;
use crate::io::gtfs::feed::RawTrip;
use crate::io::gtfs::feed::Shape;
use crate::io::gtfs::flexible::COLUMNS;
use crate::io::gtfs::ids::Found;
use crate::io::gtfs::ids::Ids;
use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::read::Reading;
use crate::io::gtfs::read::continuous;
use crate::io::gtfs::rows::Rows;
use crate::io::gtfs::schema;
use crate::io::gtfs::table::Row;
use crate::io::gtfs::table::Take;
use crate::io::gtfs::value;
use crate::io::read::ReadError;

/// Calls at one location that is no stop.
struct Odd {
    calls: u64,
    /// The first trip that has one.
    trip: u32,
    /// Where the calls are taken to be.
    place: u32,
}

struct Calls<'i> {
    trips: &'i Ids,
    stops: &'i Ids,
    rows: &'i [RawStop],
    names: &'i [RawTrip],
    /// Ids of areas and groups of stops for flexible calls; drafts of GTFS-Flex wrote them as stop_id.
    zones: HashSet<String>,
    /// Trips with flexible calls, and these.
    flexible: BTreeMap<u32, u64>,
    odd: BTreeMap<u32, Odd>,
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
            COLUMNS[0],
            COLUMNS[1],
            COLUMNS[2],
            COLUMNS[3],
            COLUMNS[4],
            COLUMNS[5],
            "continuous_pickup",
            "continuous_drop_off",
        ]
    }

    fn fast(&mut self, rows: &Rows<'_>, positions: &[Option<usize>]) -> bool {
        let [trip, arrives, leaves, stop, sequence, pickup, drop_off, distance, timepoint, rest @ ..] = positions
        else {
            return false;
        };
        let (flexible, continuous) = rest.split_at(rest.len().min(COLUMNS.len()));
        if flexible.iter().any(|at| at.is_some() && !field(rows, *at).is_empty())
            || continuous.iter().any(|at| !matches!(field(rows, *at).as_ref(), "" | "1"))
        {
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
        if self.rows[stop as usize].location != Location::Stop {
            return false;
        }
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
        let id = row.text("stop_id");
        let is_zone = || self.stops.find(&id) == Found::Nothing && self.zones.contains(&*id);
        if COLUMNS.iter().any(|column| !row.text(column).is_empty()) || is_zone() {
            *self.flexible.entry(trip).or_default() += 1;
            return Some(Rule::FlexibleTripNotUsed);
        }
        if id.is_empty() {
            let rule = if row.has("stop_id") { Rule::MissingRequiredField } else { Rule::MissingRequiredColumn };
            notices.left_out(rule, file, |notice| {
                let mut notice = notice.at_row(row.number()).at("stop_id", "");
                let what = if row.has("stop_id") { "stop_id is empty" } else { "there is no column stop_id" };
                (notice.value, notice.what) = (None, what.to_owned());
                notice
            });
            return Some(rule);
        }
        let stop = match self.stops.need(row, file, ("stop_id", "stops.txt"), notices) {
            Ok(stop) => stop,
            Err(rule) => return Some(rule),
        };
        let stop = match self.rows[stop as usize].location {
            Location::Stop => stop,
            location => {
                let Some(place) = place(self.rows, stop) else {
                    notices.left_out(Rule::LocationWithUnexpectedStopTime, file, |notice| {
                        let mut notice = notice.at_row(row.number()).at("stop_id", &id);
                        let trip = &self.names[trip as usize].id;
                        notice.what = format!(
                            "trip {trip} calls at {} {id}, which belongs to no stop or station; write the stop_id of a stop",
                            word(location)
                        );
                        notice
                    });
                    return Some(Rule::LocationWithUnexpectedStopTime);
                };
                self.odd.entry(stop).or_insert(Odd { calls: 0, trip, place }).calls += 1;
                place
            }
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

/// Where a call at a location that may be no stop is: the stop or station itself, or that to which it belongs.
fn place(stops: &[RawStop], stop: u32) -> Option<u32> {
    // a boarding area is of a platform, an entrance or a node of a station; longer ways are none
    let belongs = |at: &u32| stops[*at as usize].parent;
    let is_place = |at: &u32| matches!(stops[*at as usize].location, Location::Stop | Location::Station);
    let way = [Some(stop), belongs(&stop), belongs(&stop).and_then(|at| belongs(&at))];
    way.into_iter().flatten().find(is_place)
}

/// What a location is called.
pub(super) fn word(location: Location) -> &'static str {
    match location {
        Location::Stop => "stop",
        Location::Station => "station",
        Location::Entrance => "entrance",
        Location::Node => "node",
        Location::BoardingArea => "boarding area",
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
            Found::LeftOut(_) | Found::Nothing => {
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
        let (rows, names) = (std::mem::take(&mut self.feed.stops), std::mem::take(&mut self.feed.trips));
        let mut taker = Calls {
            trips: &trips,
            stops: &stops,
            rows: &rows,
            names: &names,
            zones: self.zones()?,
            flexible: BTreeMap::new(),
            odd: BTreeMap::new(),
            calls: Vec::new(),
            distances: Vec::new(),
            last: (String::new(), 0),
        };
        self.table(&schema::STOP_TIMES, "", &mut taker)?;
        let (mut calls, mut distances) = (taker.calls, taker.distances);
        let (flexible, odd) = (taker.flexible, taker.odd);
        (self.feed.stops, self.feed.trips) = (rows, names);
        self.tell_odd(&odd);
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
        let says = |call: &RawCall| (call.stop, call.arrives, call.leaves, call.pickup, call.drop_off);
        if calls.windows(2).any(|pair| same(&pair[0], &pair[1])) {
            let mut kept: Vec<RawCall> = Vec::with_capacity(calls.len());
            let mut kept_distances = Vec::new();
            for (at, call) in calls.iter().enumerate() {
                if let Some(last) = kept.last().filter(|last| same(last, call)) {
                    let id = &self.feed.trips[call.trip as usize].id;
                    let rule = if says(last) == says(call) { Rule::RepeatedRow } else { Rule::DuplicateKey };
                    self.feed.notices.left_out(rule, file, |notice| {
                        let value = format!("{id}, {}", call.sequence);
                        let mut notice = notice.at_row(call.row()).at("trip_id, stop_sequence", &value);
                        let alike = if rule == Rule::RepeatedRow { ", both rows alike" } else { "" };
                        notice.what = format!("stop_sequence {} stands twice in trip {id}{alike}", call.sequence);
                        notice
                    });
                    self.feed.drop_rows(file, rule, 1);
                    continue;
                }
                kept.push(*call);
                kept_distances.extend(distances.get(at));
            }
            (calls, distances) = (kept, kept_distances);
        }
        let mut trips = trips;
        self.lose_flexible(&flexible, &mut calls, &mut distances, &mut trips);
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

    /// Tells of locations that trips call at and that are no stops.
    fn tell_odd(&mut self, odd: &BTreeMap<u32, Odd>) {
        for (at, odd) in odd {
            let (stop, place) = (&self.feed.stops[*at as usize], &self.feed.stops[odd.place as usize]);
            let trip = &self.feed.trips[odd.trip as usize].id;
            self.feed.notices.add(Rule::LocationWithUnexpectedStopTime, schema::STOPS.file, |notice| {
                let mut notice = notice.at_row(stop.row).at("stop_id", &stop.id);
                let calls = if odd.calls == 1 { "1 call".to_owned() } else { format!("{} calls", odd.calls) };
                let read = if odd.place == *at {
                    "taken for a stop".to_owned()
                } else {
                    format!("taken to be at its {} {}", word(place.location), place.id)
                };
                notice.what =
                    format!("{calls} at the {} {} (first: trip {trip}), {read}", word(stop.location), stop.id);
                notice
            });
        }
    }

    pub(super) fn shapes(&mut self) -> Result<(), ReadError> {
        let file = schema::SHAPES.file;
        let mut taker = Points { ids: Ids::default(), names: Vec::new(), points: Vec::new(), last: (String::new(), 0) };
        self.table(&schema::SHAPES, "", &mut taker)?;
        let mut points = taker.points;
        if !points.is_sorted_by_key(|point| (point.0, point.1)) {
            points.sort_by_key(|point| (point.0, point.1));
        }
        let mut dropped = [(Rule::DuplicateKey, 0), (Rule::RepeatedRow, 0)];
        points.dedup_by(|b, a| {
            let is_same = (a.0, a.1) == (b.0, b.1);
            if is_same {
                let says_same = a.2 == b.2 && a.4.to_bits() == b.4.to_bits();
                let (rule, count) = &mut dropped[usize::from(says_same)];
                *count += 1;
                let id = &taker.names[a.0 as usize].0;
                self.feed.notices.left_out(*rule, file, |notice| {
                    let mut notice =
                        notice.at_row(u64::from(b.3)).at("shape_id, shape_pt_sequence", &format!("{id}, {}", b.1));
                    let alike = if says_same { ", both rows alike" } else { "" };
                    notice.what = format!("shape_pt_sequence {} stands twice in shape {id}{alike}", b.1);
                    notice
                });
            }
            is_same
        });
        for (rule, count) in dropped {
            self.feed.drop_rows(file, rule, count);
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
