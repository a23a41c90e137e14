//! From the files of a feed to its tables: rows that name what is not there, or what is there already, are left out and told.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::collections::hash_map::Entry;

use crate::base::clock::ServiceDate;
use crate::io::gtfs::archive::Archive;
use crate::io::gtfs::feed::Agency;
use crate::io::gtfs::feed::FeedInfo;
use crate::io::gtfs::feed::Location;
use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::feed::RawFrequency;
use crate::io::gtfs::feed::RawService;
use crate::io::gtfs::feed::RawStop;
use crate::io::gtfs::feed::RawTransfer;
use crate::io::gtfs::feed::RawTrip;
use crate::io::gtfs::feed::Route;
use crate::io::gtfs::ids::Found;
use crate::io::gtfs::ids::Ids;
use crate::io::gtfs::ids::duplicate;
use crate::io::gtfs::ids::second;
use crate::io::gtfs::modes;
use crate::io::gtfs::modes::Use;
use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::schema;
use crate::io::gtfs::schema::Spec;
use crate::io::gtfs::table;
use crate::io::gtfs::table::Row;
use crate::io::gtfs::table::Take;
use crate::io::read::ReadError;

/// Degrees around 0, 0 and the poles where no service runs.
const NOWHERE_DEGREES: f64 = 1.0;

/// Departures of one span of headways: one every half minute all through two days.
const MOST_DEPARTURES: u32 = 5760;

/// Routes of one kind that is not used.
struct Unused {
    row: u64,
    kind: u32,
    routes: u64,
    trips: u64,
}

/// Tells of vehicles that stop anywhere along their way: they are boarded and left at their stops only.
pub(super) fn continuous(row: &Row<'_, '_>, file: &'static str, notices: &mut Notices) {
    let columns = ["continuous_pickup", "continuous_drop_off"];
    if let Some(column) = columns.into_iter().find(|column| matches!(row.text(column).as_ref(), "0" | "2" | "3")) {
        notices.add(Rule::ContinuousStoppingNotUsed, file, |notice| {
            notice.at_row(row.number()).at(column, &row.text(column))
        });
    }
}

/// A feed while it is read.
pub(super) struct Reading<'a> {
    pub archive: &'a mut Archive,
    pub feed: RawFeed,
    pub stops: Ids,
    pub routes: Ids,
    services: Ids,
    pub shapes: Ids,
    pub trips: Ids,
    /// Routes that are not used, by the words for what runs on them; and these words by route_id.
    unused: BTreeMap<&'static str, Unused>,
    unused_routes: HashMap<String, &'static str>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(archive: &'a mut Archive, shown: &str) -> Reading<'a> {
        let feed = RawFeed {
            shown: shown.to_owned(),
            agencies: Vec::new(),
            stops: Vec::new(),
            routes: Vec::new(),
            services: Vec::new(),
            shapes: Vec::new(),
            shape_points: Vec::new(),
            shape_distances: Vec::new(),
            trips: Vec::new(),
            calls: Vec::new(),
            call_distances: Vec::new(),
            frequencies: Vec::new(),
            transfers: Vec::new(),
            translations: Vec::new(),
            info: None,
            tables: Vec::new(),
            notices: Notices::default(),
        };
        let ids = Ids::default;
        let (unused, unused_routes) = (BTreeMap::new(), HashMap::new());
        Reading {
            archive,
            feed,
            stops: ids(),
            routes: ids(),
            services: ids(),
            shapes: ids(),
            trips: ids(),
            unused,
            unused_routes,
        }
    }

    /// Reads a file where it is there; hands back the keys of rows that were left out.
    pub(super) fn table(
        &mut self,
        spec: &'static Spec,
        key: &'static str,
        taker: &mut dyn Take,
    ) -> Result<Vec<(String, Rule)>, ReadError> {
        let Some(bytes) = self.archive.bytes(spec.file)? else {
            if spec.is_required {
                self.feed.notices.add(Rule::MissingRequiredFile, spec.file, |mut notice| {
                    notice.what = format!("there is no {}", spec.file);
                    notice
                });
            }
            return Ok(Vec::new());
        };
        let outcome = table::read(spec, key, bytes, &mut self.feed.notices, taker);
        self.feed.tables.push(outcome.count);
        Ok(outcome.left_out)
    }

    pub(super) fn agencies(&mut self) -> Result<(), ReadError> {
        let (mut ids, mut agencies) = (Ids::default(), Vec::<Agency>::new());
        let file = schema::AGENCY.file;
        self.table(&schema::AGENCY, "agency_id", &mut |row: &Row<'_, '_>, notices: &mut Notices| {
            let id = row.text("agency_id").into_owned();
            let agency = Agency {
                name: row.text("agency_name").into_owned(),
                url: row.text("agency_url").into_owned(),
                zone: row.some("agency_timezone").filter(|zone| crate::base::clock::is_zone(zone)),
                row: row.number(),
                id,
            };
            if let Found::At(at) = ids.find(&agency.id) {
                let known = &agencies[at as usize];
                let is_same = *known == Agency { row: known.row, ..agency.clone() };
                return Some(second(row, file, "agency_id", &agency.id, is_same, notices));
            }
            ids.insert(&agency.id, agencies.len());
            agencies.push(agency);
            None
        })?;
        self.feed.agencies = agencies;
        Ok(())
    }

    pub(super) fn stops(&mut self) -> Result<(), ReadError> {
        let file = schema::STOPS.file;
        let (mut ids, mut stops) = (Ids::default(), Vec::<RawStop>::new());
        let lost = self.table(&schema::STOPS, "stop_id", &mut |row: &Row<'_, '_>, notices: &mut Notices| {
            let id = row.text("stop_id").into_owned();
            let location = match row.choice("location_type", 4) {
                1 => Location::Station,
                2 => Location::Entrance,
                3 => Location::Node,
                4 => Location::BoardingArea,
                _ => Location::Stop,
            };
            let needs_place = matches!(location, Location::Stop | Location::Station | Location::Entrance);
            let lonlat = row.number_in("stop_lon").zip(row.number_in("stop_lat")).map(|(lon, lat)| [lon, lat]);
            let misplaced = match lonlat {
                None if needs_place => Some((Rule::StopWithoutLocation, "it has no coordinates".to_owned())),
                Some([lon, lat]) if lat.abs() >= 90.0 - NOWHERE_DEGREES => {
                    Some((Rule::PointNearPole, format!("{lon} {lat} is at a pole")))
                }
                Some([lon, lat]) if lon.abs() <= NOWHERE_DEGREES && lat.abs() <= NOWHERE_DEGREES => {
                    Some((Rule::PointNearOrigin, format!("{lon} {lat} is at 0, 0, where nothing is")))
                }
                _ => None,
            };
            if let Some((rule, what)) = misplaced {
                notices.left_out(rule, file, |notice| {
                    let mut notice = notice.at_row(row.number()).at("stop_id", &id);
                    notice.what = what;
                    notice
                });
                return Some(rule);
            }
            let stop = RawStop {
                id,
                name: row.text("stop_name").into_owned(),
                description: row.text("stop_desc").into_owned(),
                url: row.text("stop_url").into_owned(),
                location,
                lonlat,
                parent: None,
                parent_id: row.text("parent_station").into_owned(),
                row: row.number(),
            };
            if let Found::At(at) = ids.find(&stop.id) {
                let known = &stops[at as usize];
                let is_same = *known == RawStop { row: known.row, ..stop.clone() };
                return Some(second(row, file, "stop_id", &stop.id, is_same, notices));
            }
            ids.insert(&stop.id, stops.len());
            if stop.name.is_empty() && needs_place {
                notices
                    .add(Rule::StopWithoutStopName, file, |notice| notice.at_row(row.number()).at("stop_id", &stop.id));
            }
            stops.push(stop);
            None
        })?;
        ids.lose(lost);
        (self.stops, self.feed.stops) = (ids, stops);
        for at in 0..self.feed.stops.len() {
            let stop = &self.feed.stops[at];
            let (row, id) = (stop.row, stop.parent_id.clone());
            match self.stops.find(&id) {
                _ if id.is_empty() => {}
                Found::At(parent) => self.feed.stops[at].parent = Some(parent),
                Found::LeftOut(_) => {}
                Found::Nothing => self.feed.notices.add(Rule::ForeignKeyViolation, file, |notice| {
                    let mut notice = notice.at_row(row).at("parent_station", &id);
                    notice.what = format!("stops.txt has no stop_id \"{id}\"; the stop is taken to have no station");
                    notice
                }),
            }
        }
        Ok(())
    }

    pub(super) fn routes(&mut self) -> Result<(), ReadError> {
        let file = schema::ROUTES.file;
        let (mut ids, mut routes) = (Ids::default(), Vec::<Route>::new());
        let (mut unused, mut unused_routes) = (BTreeMap::<&'static str, Unused>::new(), HashMap::new());
        let agencies: HashMap<String, u32> =
            self.feed.agencies.iter().zip(0..).map(|(agency, at)| (agency.id.clone(), at)).collect();
        let lost = self.table(&schema::ROUTES, "route_id", &mut |row: &Row<'_, '_>, notices: &mut Notices| {
            let id = row.text("route_id").into_owned();
            let kind = row.whole("route_type").unwrap_or(u32::MAX);
            let mode = match modes::of(kind) {
                Use::As(mode) => mode,
                Use::Not(what) => {
                    if unused_routes.insert(id, what).is_none() {
                        let new = || Unused { row: row.number(), kind, routes: 0, trips: 0 };
                        unused.entry(what).or_insert_with(new).routes += 1;
                    }
                    return Some(Rule::RouteTypeNotUsed);
                }
                Use::Unknown => {
                    notices.left_out(Rule::UnexpectedEnumValue, file, |notice| {
                        let mut notice = notice.at_row(row.number()).at("route_type", &row.text("route_type"));
                        notice.what = format!(
                            "route_type {kind} of route {id} is not known; its trips are left out; write {}",
                            modes::WORDS
                        );
                        notice
                    });
                    return Some(Rule::UnexpectedEnumValue);
                }
            };
            let named = row.some("agency_id");
            let agency = match &named {
                Some(agency) => agencies.get(agency).copied(),
                None => (agencies.len() == 1).then_some(0),
            };
            if let (Some(named), None) = (&named, agency) {
                notices.add(Rule::ForeignKeyViolation, file, |notice| {
                    let mut notice = notice.at_row(row.number()).at("agency_id", named);
                    notice.what = format!("agency.txt has no agency_id \"{named}\"");
                    notice
                });
            }
            continuous(row, file, notices);
            let route = Route {
                id,
                agency,
                short_name: row.text("route_short_name").into_owned(),
                long_name: row.text("route_long_name").into_owned(),
                description: row.text("route_desc").into_owned(),
                url: row.text("route_url").into_owned(),
                kind,
                mode,
                row: row.number(),
            };
            if let Found::At(at) = ids.find(&route.id) {
                let known = &routes[at as usize];
                let is_same = *known == Route { row: known.row, ..route.clone() };
                return Some(second(row, file, "route_id", &route.id, is_same, notices));
            }
            ids.insert(&route.id, routes.len());
            routes.push(route);
            None
        })?;
        ids.lose(lost);
        (self.routes, self.feed.routes) = (ids, routes);
        (self.unused, self.unused_routes) = (unused, unused_routes);
        Ok(())
    }

    pub(super) fn services(&mut self) -> Result<(), ReadError> {
        let file = schema::CALENDAR.file;
        let (mut ids, mut services) = (Ids::default(), Vec::<RawService>::new());
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let lost = self.table(&schema::CALENDAR, "service_id", &mut |row: &Row<'_, '_>, notices: &mut Notices| {
            let id = row.text("service_id").into_owned();
            let weekdays = days.iter().zip(0..).map(|(day, bit)| row.choice(day, 1) << bit).sum();
            let span = row.date("start_date").zip(row.date("end_date"));
            if let Found::At(at) = ids.find(&id) {
                let known = &services[at as usize];
                let is_same = (known.weekdays, known.span) == (weekdays, span);
                return Some(second(row, file, "service_id", &id, is_same, notices));
            }
            ids.insert(&id, services.len());
            services.push(RawService { id, row: Some(row.number()), weekdays, span, exceptions: Vec::new() });
            None
        })?;
        ids.lose(lost);
        let file = schema::CALENDAR_DATES.file;
        let mut seen: HashMap<(usize, ServiceDate), u32> = HashMap::new();
        self.table(&schema::CALENDAR_DATES, "", &mut |row: &Row<'_, '_>, notices: &mut Notices| {
            let (id, kind) = (row.text("service_id"), row.whole("exception_type").unwrap_or(0));
            let Some(date) = row.date("date") else { return Some(Rule::InvalidDate) };
            if !(1..=2).contains(&kind) {
                notices.left_out(Rule::UnexpectedEnumValue, file, |notice| {
                    let mut notice = notice.at_row(row.number()).at("exception_type", &kind.to_string());
                    notice.what = format!("{kind} stands for nothing; write 1 for a day added, 2 for one removed");
                    notice
                });
                return Some(Rule::UnexpectedEnumValue);
            }
            let at = match ids.find(&id) {
                Found::At(at) => at as usize,
                // without its weeks a service would seem to run on its exceptions only
                Found::LeftOut(_) => {
                    return ids.need(row, file, ("service_id", "calendar.txt"), notices).err();
                }
                Found::Nothing => {
                    ids.insert(&id, services.len());
                    services.push(RawService { id: id.clone().into_owned(), ..RawService::default() });
                    services.len() - 1
                }
            };
            match seen.entry((at, date)) {
                Entry::Vacant(place) => {
                    place.insert(kind);
                }
                Entry::Occupied(known) => {
                    let (key, is_same) = (format!("{id}, {date}"), *known.get() == kind);
                    return Some(second(row, file, "service_id, date", &key, is_same, notices));
                }
            }
            services[at].exceptions.push((date, kind == 1));
            None
        })?;
        let has = |spec: &Spec| self.feed.table(spec.file).is_some();
        if !has(&schema::CALENDAR) && !has(&schema::CALENDAR_DATES) {
            self.feed.notices.add(Rule::MissingCalendarAndCalendarDateFiles, schema::CALENDAR.file, |notice| notice);
        }
        (self.services, self.feed.services) = (ids, services);
        Ok(())
    }

    pub(super) fn trips(&mut self) -> Result<(), ReadError> {
        let file = schema::TRIPS.file;
        let (routes, services) = (std::mem::take(&mut self.routes), std::mem::take(&mut self.services));
        let shapes = std::mem::take(&mut self.shapes);
        let (mut ids, mut trips) = (Ids::default(), Vec::<RawTrip>::new());
        let (mut unused, unused_routes) = (std::mem::take(&mut self.unused), std::mem::take(&mut self.unused_routes));
        let lost = self.table(&schema::TRIPS, "trip_id", &mut |row: &Row<'_, '_>, notices: &mut Notices| {
            let route = match routes.need(row, file, ("route_id", "routes.txt"), notices) {
                Ok(route) => route,
                Err(rule) => {
                    let kind = unused_routes.get(&*row.text("route_id"));
                    if let Some(unused) = kind.and_then(|kind| unused.get_mut(kind)) {
                        unused.trips += 1;
                    }
                    return Some(rule);
                }
            };
            let calendars = ("service_id", "calendar.txt and calendar_dates.txt");
            let service = match services.need(row, file, calendars, notices) {
                Ok(service) => service,
                Err(rule) => return Some(rule),
            };
            let id = row.text("trip_id").into_owned();
            let known = ids.find(&id);
            let shape = row.text("shape_id");
            let shape = match shapes.find(&shape) {
                Found::At(at) => Some(at),
                Found::Nothing if !shape.is_empty() && known == Found::Nothing => {
                    notices.add(Rule::ForeignKeyViolation, file, |notice| {
                        let mut notice = notice.at_row(row.number()).at("shape_id", &shape);
                        notice.what = format!("shapes.txt has no shape_id \"{shape}\"; the trip is used without");
                        notice
                    });
                    None
                }
                Found::LeftOut(_) | Found::Nothing => None,
            };
            let trip = RawTrip {
                id,
                route,
                service,
                direction: row.whole("direction_id").filter(|way| *way <= 1).map(|way| way as u8),
                shape,
                block: row.some("block_id"),
                calls: 0..0,
                row: row.number(),
            };
            if let Found::At(at) = known {
                let known = &trips[at as usize];
                let is_same = *known == RawTrip { row: known.row, ..trip.clone() };
                return Some(second(row, file, "trip_id", &trip.id, is_same, notices));
            }
            ids.insert(&trip.id, trips.len());
            trips.push(trip);
            None
        })?;
        ids.lose(lost);
        (self.trips, self.feed.trips, self.routes) = (ids, trips, routes);
        for (words, unused) in unused {
            let rule = Rule::RouteTypeNotUsed;
            self.feed.notices.left_out(rule, schema::ROUTES.file, |notice| {
                let mut notice = notice.at_row(unused.row).at("route_type", &unused.kind.to_string());
                let routes = if unused.routes == 1 { "route is" } else { "routes are" };
                let trips = if unused.trips == 1 { "trip" } else { "trips" };
                notice.what = format!("{} {routes} of {words}, with {} {trips}: not used", unused.routes, unused.trips);
                notice
            });
        }
        Ok(())
    }

    pub(super) fn frequencies(&mut self) -> Result<(), ReadError> {
        let file = schema::FREQUENCIES.file;
        let (trips, mut frequencies, mut seen) = (std::mem::take(&mut self.trips), Vec::new(), HashSet::new());
        self.table(&schema::FREQUENCIES, "", &mut |row: &Row<'_, '_>, notices: &mut Notices| {
            let trip = match trips.need(row, file, ("trip_id", "trips.txt"), notices) {
                Ok(trip) => trip,
                Err(rule) => return Some(rule),
            };
            let (start, end) = row.time("start_time").zip(row.time("end_time"))?;
            if start >= end {
                let rule = if start == end { Rule::StartAndEndRangeEqual } else { Rule::StartAndEndRangeOutOfOrder };
                notices.left_out(rule, file, |notice| {
                    let mut notice = notice.at_row(row.number()).at("end_time", &row.text("end_time"));
                    notice.what = format!("the span starts at {}", row.text("start_time"));
                    notice
                });
                return Some(rule);
            }
            if !seen.insert((trip, start)) {
                let key = format!("{}, {}", row.text("trip_id"), row.text("start_time"));
                return Some(duplicate(row, file, "trip_id, start_time", &key, notices));
            }
            let headway_s = row.whole("headway_secs")?;
            let is_exact = row.choice("exact_times", 1) == 1;
            let departures = (end - start) / headway_s.max(1);
            if departures > MOST_DEPARTURES {
                notices.left_out(Rule::NumberOutOfRange, file, |notice| {
                    let mut notice = notice.at_row(row.number()).at("headway_secs", &headway_s.to_string());
                    notice.what =
                        format!("{departures} departures in one span; no more than {MOST_DEPARTURES} can be meant");
                    notice
                });
                return Some(Rule::NumberOutOfRange);
            }
            frequencies.push(RawFrequency { trip, start, end, headway_s, is_exact, row: row.number() });
            None
        })?;
        (self.trips, self.feed.frequencies) = (trips, frequencies);
        Ok(())
    }

    pub(super) fn transfers(&mut self) -> Result<(), ReadError> {
        let file = schema::TRANSFERS.file;
        let (stops, mut transfers) = (std::mem::take(&mut self.stops), Vec::new());
        let (routes, trips) = (std::mem::take(&mut self.routes), std::mem::take(&mut self.trips));
        self.table(&schema::TRANSFERS, "", &mut |row: &Row<'_, '_>, notices: &mut Notices| {
            let kind = row.choice("transfer_type", 5);
            let is_in_seat = kind >= 4;
            let mut of = |ids: &Ids, column: &'static str, of: &'static str, is_needed: bool| {
                match (row.text(column).is_empty(), is_needed) {
                    (true, false) => return Ok(None),
                    (true, true) => {
                        notices.left_out(Rule::MissingRequiredField, file, |notice| {
                            let mut notice = notice.at_row(row.number()).at(column, "");
                            notice.what = format!("a transfer of type {kind} needs {column}");
                            notice
                        });
                        return Err(Rule::MissingRequiredField);
                    }
                    _ => {}
                }
                ids.need(row, file, (column, of), notices).map(Some)
            };
            let mut read = || {
                Ok(RawTransfer {
                    from: of(&stops, "from_stop_id", "stops.txt", !is_in_seat)?,
                    to: of(&stops, "to_stop_id", "stops.txt", !is_in_seat)?,
                    kind,
                    least_s: row.whole("min_transfer_time").filter(|_| kind == 2),
                    from_route: of(&routes, "from_route_id", "routes.txt", false)?,
                    to_route: of(&routes, "to_route_id", "routes.txt", false)?,
                    from_trip: of(&trips, "from_trip_id", "trips.txt", is_in_seat)?,
                    to_trip: of(&trips, "to_trip_id", "trips.txt", is_in_seat)?,
                    row: row.number(),
                })
            };
            match read() {
                Ok(transfer) => transfers.push(transfer),
                Err(rule) => return Some(rule),
            }
            None
        })?;
        (self.stops, self.routes, self.trips, self.feed.transfers) = (stops, routes, trips, transfers);
        Ok(())
    }

    pub(super) fn info(&mut self) -> Result<(), ReadError> {
        let mut info = None;
        self.table(&schema::FEED_INFO, "", &mut |row: &Row<'_, '_>, _: &mut Notices| {
            info.get_or_insert_with(|| FeedInfo {
                publisher: row.text("feed_publisher_name").into_owned(),
                version: row.text("feed_version").into_owned(),
                start: row.date("feed_start_date"),
                end: row.date("feed_end_date"),
            });
            None
        })?;
        self.feed.info = info;
        Ok(())
    }
}
