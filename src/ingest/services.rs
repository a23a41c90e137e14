//! Services: a route table, one row a stop, into stops and patterns.
//!
//! A row that can not be used is dropped and listed, and what is known of it stays as a call that was left out of its line: a pair of
//! regions that it may join is not one without a line.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::clock::ServiceTime;
use crate::base::idx::FeedIdx;
use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::issue::Issue;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::base::units::Text;
use crate::base::units::trim_zeros;
use crate::config::file::ServiceColumns;
use crate::config::plan::ServiceSource;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::account::Number;
use crate::ingest::account::key;
use crate::ingest::account::name;
use crate::ingest::account::number;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::door::point_of;
use crate::ingest::ground::Ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::homes::Homes;
use crate::ingest::route_words;
use crate::ingest::route_words::Count;
use crate::ingest::route_words::WAY_CHOICES;
use crate::ingest::route_words::Way;
use crate::ingest::same_stop;
use crate::ingest::same_stop::Named;
use crate::ingest::stop_places;
use crate::ingest::stop_places::StopPlaces;
use crate::io::read;
use crate::model::doubtful::DoubtfulLine;
use crate::model::doubtful::LooseCall;
use crate::model::doubtful::LoosePlace;
use crate::model::place::Place;
use crate::model::transit::Feed;
use crate::model::transit::Mode;
use crate::model::transit::More;
use crate::model::transit::Pattern;
use crate::model::transit::Service;
use crate::model::transit::Stop;
use crate::model::transit::Transit;
use crate::table::Record;

/// Two groups of rows of one line are its two directions when the ends of one lie so near the opposite ends of the other.
const SAME_END_M: f64 = 500.0;
/// Lines and stops that a remark names.
const NAMED: usize = 5;

struct Fields {
    route: usize,
    route_name: Option<usize>,
    mode: Option<usize>,
    direction: Option<usize>,
    sequence: usize,
    stop: usize,
    stop_name: Option<usize>,
    trips: Option<usize>,
    first: Option<usize>,
    last: Option<usize>,
    headway: Option<usize>,
    region: Option<usize>,
    synthetic: Option<usize>,
}

/// One row, as far as it can be read.
struct Row {
    record: u64,
    route: Option<String>,
    route_name: Option<String>,
    mode: Option<Mode>,
    direction: String,
    sequence: Option<f64>,
    stop: Option<String>,
    stop_name: Option<String>,
    region: Option<String>,
    raw: Option<[f64; 2]>,
    trips: Count,
    first: Option<ServiceTime>,
    last: Option<ServiceTime>,
    headway: Count,
    synthetic: bool,
    /// Why it can not be used, for readers.
    flaw: Option<Text>,
    /// It can not be used because others of its line can not.
    is_left_over: bool,
}

struct Collector<'s> {
    columns: &'s ServiceColumns,
    fields: Option<Fields>,
    rows: Vec<Row>,
}

impl Collect for Collector<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        let names = self.columns;
        // a column that the config names must be there; the usual ones may be missing
        let maybe = |given: &Option<String>, usual: &str, what: &'static str| match given {
            Some(field) => columns.need(field, what).map(Some),
            None => Ok(columns.find(usual)),
        };
        let stop_name = maybe(&names.stop_name, names.stop_name(), "the name of the stop")?;
        // where a table has names of stops alone, they are the ids
        let stop = match (columns.find(names.stop()), stop_name) {
            (None, Some(name)) if names.stop.is_none() => name,
            _ => columns.need(names.stop(), "the stop")?,
        };
        self.fields = Some(Fields {
            route: columns.need(names.route(), "the route")?,
            route_name: maybe(&names.route_name, names.route_name(), "the name of the route")?,
            mode: maybe(&names.mode, names.mode(), "the mode")?,
            direction: maybe(&names.direction, names.direction(), "the direction")?,
            sequence: columns.need(names.sequence(), "the place of the stop in the line")?,
            stop,
            stop_name: stop_name.filter(|name| *name != stop),
            trips: maybe(&names.trips_per_day, names.trips_per_day(), "the departures a day")?,
            first: maybe(&names.first, names.first(), "the first departure")?,
            last: maybe(&names.last, names.last(), "the last departure")?,
            headway: maybe(&names.headway_min, names.headway_min(), "the minutes between departures")?,
            region: maybe(&names.region, names.region(), "the code or name of the region")?,
            synthetic: columns.find("synthetic"),
        });
        Ok(())
    }

    fn take(&mut self, record: Record, trouble: Option<Issue>, account: &mut Account) {
        let Some(fields) = &self.fields else { return };
        let synthetic = account.synthetic(&record, fields.synthetic);
        let at = record.number;
        let (route, stop) = (key(&record, fields.route), key(&record, fields.stop));
        // the first flaw is the one that is told
        let mut flaw: Option<(&'static str, String, Text)> = None;
        let mut flawed = |code, what: String, why: Text| {
            flaw.get_or_insert((code, what, why));
        };
        if route.is_none() || stop.is_none() {
            let why = match route {
                None => Text::new("the line is not named", "缺线路编号"),
                Some(_) => Text::new("the stop is not named", "缺站点名称"),
            };
            flawed("no-code", "the row names no route or no stop".to_owned(), why);
        }
        let sequence = match number(&record, fields.sequence) {
            Number::Is(sequence) => Some(sequence),
            Number::Missing => {
                let what = "the place of the stop in the line is missing";
                flawed("bad-number", what.to_owned(), Text::new(what, "缺站序"));
                None
            }
            Number::Wrong(text) => {
                let what = format!("the place of the stop in the line is \"{text}\", which is not a number");
                let why = Text::new(what.clone(), format!("站序“{text}”不是数字"));
                flawed("bad-number", what, why);
                None
            }
        };
        let mode = match fields.mode.and_then(|at| key(&record, at)) {
            None => Some(Mode::Bus),
            Some(word) => match word.parse::<Mode>() {
                Ok(mode) => Some(mode),
                Err(what) => {
                    let why = Text::new(format!("unknown mode \"{word}\""), format!("类型“{word}”无法识别"));
                    flawed("unknown-mode", what, why);
                    None
                }
            },
        };
        let raw = match point_of(&record, trouble) {
            Ok(raw) => Some(raw),
            Err((reason, what)) => {
                let why = Text::new(format!("no coordinates: {what}"), "坐标缺失或无法识别");
                flawed(reason, what, why);
                None
            }
        };
        let id = route.clone().or_else(|| stop.clone());
        let mut count = |field: Option<usize>, word: &str, read: &dyn Fn(&str) -> Count| -> Count {
            let Some(field) = field else { return Count::Missing };
            let found = match number(&record, field) {
                Number::Missing => Count::Missing,
                Number::Is(number) if number >= 0.0 => Count::Is { number, is_plain: true },
                Number::Is(number) => Count::Words(number.to_string()),
                Number::Wrong(text) => read(&text),
            };
            if let Count::Words(text) = &found {
                let what = format!("{word} \"{text}\" is not a number of 0 or more; it is taken as not given");
                account.warned("bad-number", at, what).id = id.clone();
            }
            found
        };
        let trips = count(fields.trips, "departures a day", &route_words::trips);
        let headway = count(fields.headway, "minutes between departures", &route_words::minutes);
        let mut time = |field: Option<usize>, word: &str| -> Option<ServiceTime> {
            let text = field
                .and_then(|field| key(&record, field))
                .filter(|text| text.parse::<f64>().is_err() || text.len() > 2)?;
            let found = route_words::time(&text);
            if found.is_none() {
                let what =
                    format!("{word} departure: \"{text}\" is no time of day, write 06:30; it is taken as not given");
                account.warned("bad-time", at, what).id = id.clone();
            }
            found
        };
        let (first, last) = (time(fields.first, "first"), time(fields.last, "last"));
        let flaw = match flaw {
            None => {
                account.used();
                None
            }
            Some((code, what, why)) => {
                account.dropped(code, at, what).id = id;
                Some(why)
            }
        };
        self.rows.push(Row {
            record: at,
            route_name: fields.route_name.and_then(|at| name(&record, at)),
            mode,
            direction: fields.direction.and_then(|at| key(&record, at)).unwrap_or_default(),
            sequence,
            stop_name: fields.stop_name.and_then(|at| name(&record, at)),
            region: fields.region.and_then(|at| key(&record, at)),
            raw,
            trips,
            first,
            last,
            headway,
            synthetic,
            flaw,
            is_left_over: false,
            route,
            stop,
        });
    }
}

/// The stops and services of a route table; both in the order in which the file first names them.
pub(crate) fn read(
    source: &ServiceSource,
    ground: &Ground,
    homes: &Homes<'_>,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(Transit, Account), IngestError> {
    let mut account = Account::new(&source.source, "rows of services");
    let mut collector = Collector { columns: &source.columns, fields: None, rows: Vec::new() };
    let carried = door::read(&source.source, &mut collector, &mut account, progress)?;
    let fields = collector.fields.as_ref();
    if fields.is_some_and(|fields| fields.mode.is_none()) && !collector.rows.is_empty() {
        account.noted("no-mode", None, "there is no column of the mode; every line is taken for a bus");
    }
    let feed = Feed { name: source.source.shown.clone(), zone: None };
    let mut transit = Transit { complete_for: source.complete_for.clone(), feeds: vec![feed], ..Transit::default() };
    let mut rows = collector.rows;
    // rows that name nothing of a line, e.g. a footnote, are no calls
    rows.retain(|row| row.flaw.is_none() || row.stop.is_some() || row.raw.is_some() || row.sequence.is_some());
    if !rows.is_empty() {
        // a map draws its stops and its directions; a table is typed
        let is_map = read::is_extract(&source.source.path);
        let degrees = ToDegrees::new(&source.source, &carried)?;
        let sound: Vec<[f64; 2]> = rows.iter().filter(|row| row.flaw.is_none()).filter_map(|row| row.raw).collect();
        degrees.doubt(&sound, ground.extent.as_ref())?;
        let raws: Vec<[f64; 2]> = rows.iter().filter_map(|row| row.raw).collect();
        let mut found = ground.places_of(&degrees, &raws).into_iter();
        let mut places = Vec::with_capacity(rows.len());
        for row in &mut rows {
            let place = if row.raw.is_some() { found.next().flatten() } else { None };
            places.push(place);
            if let Some(raw) = row.raw.filter(|_| place.is_none()) {
                let what = format!("{} {} is outside the area of {}", raw[0], raw[1], degrees.name());
                let why =
                    Text::new(what.clone(), format!("坐标 {} {} 超出 {} 的适用范围", raw[0], raw[1], degrees.name()));
                let stop = row.stop.clone();
                leave_out(row, "outside-crs-area", what, why, stop, &mut account);
            }
        }
        let table = Table { source, is_map, homes, has_names: fields_have_names(&rows) };
        table.lines(rows, places, &mut transit, &mut account);
    }
    account.close(max_loss)?;
    Ok((transit, account))
}

/// Takes a row back that was counted as used.
fn leave_out(row: &mut Row, code: &'static str, what: String, why: Text, id: Option<String>, account: &mut Account) {
    if row.flaw.is_none() {
        account.taken_back(code, row.record, what).id = id;
        row.flaw = Some(why);
    }
}

/// Whether the stops have ids of their own beside their names.
fn fields_have_names(rows: &[Row]) -> bool {
    rows.iter().any(|row| row.stop_name.is_some() && row.stop_name != row.stop)
}

/// The rows of one route and direction, by place in the line.
struct Group {
    route: String,
    direction: String,
    rows: Vec<usize>,
}

struct Table<'t> {
    source: &'t ServiceSource,
    is_map: bool,
    homes: &'t Homes<'t>,
    has_names: bool,
}

impl Table<'_> {
    fn lines(&self, mut rows: Vec<Row>, places: Vec<Option<Place>>, transit: &mut Transit, account: &mut Account) {
        let placed: Vec<usize> = (0..rows.len()).filter(|at| places[*at].is_some()).collect();
        let mut stops = StopPlaces::new(self.homes, self.has_names, self.is_map);
        let regions: Vec<Option<String>> = rows
            .iter()
            .map(|row| {
                let text = row.region.as_deref()?;
                let id = row.stop.as_deref();
                Some(stops.declare(text, row.record, id, account))
            })
            .collect();
        let named: Vec<Named> = placed
            .iter()
            .filter_map(|at| {
                let at = *at;
                let key = rows[at].stop.clone().unwrap_or_else(|| format!("record {}", rows[at].record));
                Some(Named { key, region: regions[at].clone(), at: places[at]?.xy })
            })
            .collect();
        let (spot_of, spots) = same_stop::spots(&named);
        let mut spot_of_row: Vec<Option<usize>> = vec![None; rows.len()];
        for (at, spot) in placed.iter().zip(&spot_of) {
            spot_of_row[*at] = Some(*spot);
        }
        let first_rows = stop_places::first_rows(&spot_of, spots.len());
        let origins: Vec<stop_places::Origin<'_>> = first_rows
            .iter()
            .filter_map(|nth| {
                let at = placed[*nth];
                Some(stop_places::Origin {
                    record: rows[at].record,
                    at: places[at]?,
                    name: rows[at].stop_name.as_deref(),
                })
            })
            .collect();
        let made = stops.make(&spots, &origins, account);
        transit.remarks.extend(stops.remarks(&spots));

        fill_directions(&mut rows, account);
        let groups = groups(&rows, &spot_of_row, account);
        let modes = modes(&groups, &rows);
        let ways = self.ways(&groups, &mut rows, &spot_of_row, &made, transit, account);
        let mut list = StopList { made: &made, idx_of: vec![None; made.len()], list: Vec::new() };
        let mut services: BTreeMap<String, usize> = BTreeMap::new();
        let mut told = Told::default();
        for (group, way) in groups.iter().zip(ways) {
            let Some(way) = way else { continue };
            let calls: Vec<usize> = group.rows.iter().copied().filter(|at| rows[*at].flaw.is_none()).collect();
            let distinct: BTreeSet<usize> = calls.iter().filter_map(|at| spot_of_row[*at]).collect();
            let called = group.called();
            if distinct.len() < 2 {
                for (nth, at) in calls.iter().enumerate() {
                    let what = match nth {
                        0 => format!("{called} has only {} stop(s); a line needs two", distinct.len()),
                        _ => format!("left out with {called}"),
                    };
                    let why = Text::new("the line has no other stop that can be used", "该线路无其他可用站点");
                    leave_out(&mut rows[*at], "too-few-stops", what, why, Some(group.route.clone()), account);
                    rows[*at].is_left_over = true;
                }
                continue;
            }
            let own: Vec<&Row> = calls.iter().map(|at| &rows[*at]).collect();
            let (mut pattern, is_assumed) = self.pattern(group, &own, way, &mut told, account);
            let at = *services.entry(group.route.clone()).or_insert_with(|| {
                transit.services.push(Service {
                    id: group.route.clone(),
                    name: own[0].route_name.clone().unwrap_or_else(|| group.route.clone()),
                    mode: modes.get(group.route.as_str()).copied().unwrap_or(Mode::Bus),
                    patterns: Vec::new(),
                    feed: FeedIdx(0),
                    synthetic: false,
                });
                transit.services.len() - 1
            });
            if is_assumed && transit.assumed.last() != Some(&ServiceIdx::new(at)) {
                transit.assumed.push(ServiceIdx::new(at));
            }
            let service = &mut transit.services[at];
            for row in own {
                if row.mode != Some(service.mode) {
                    let what = "another mode than the first row of its route; that of the first row counts";
                    account.warned("mode-differs", row.record, what).id = row.route.clone();
                }
                service.synthetic |= row.synthetic;
            }
            pattern.stops = calls.iter().filter_map(|at| spot_of_row[*at]).map(|spot| list.find(spot)).collect();
            if pattern.is_loop && pattern.stops.first() != pattern.stops.last() {
                let first = pattern.stops[0];
                pattern.stops.push(first);
            }
            service.patterns.push(pattern);
        }
        transit.assumed.sort_unstable();
        transit.assumed.dedup();
        transit.doubtful = doubtful(&rows, &regions, &spot_of_row, &spots, &mut list);
        transit.stops = list.list;
        transit.remarks.extend(told.remarks());
        transit.remarks.extend(left_out(&transit.doubtful));
    }

    /// How each group runs; `None` where its word is not known, and then its rows are left out.
    fn ways(
        &self,
        groups: &[Group],
        rows: &mut [Row],
        spot_of_row: &[Option<usize>],
        stops: &[Stop],
        transit: &mut Transit,
        account: &mut Account,
    ) -> Vec<Option<Way>> {
        let mut of_route: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (nth, group) in groups.iter().enumerate() {
            of_route.entry(&group.route).or_default().push(nth);
        }
        let ends = |nth: usize, rows: &[Row]| {
            let mut own = groups[nth].rows.iter().filter(|at| rows[**at].flaw.is_none());
            let first = spot_of_row[*own.next()?]?;
            Some((&stops[first], &stops[spot_of_row[*own.next_back()?]?]))
        };
        let is_near =
            |a: &Stop, b: &Stop| a.id == b.id || a.name == b.name || a.at.xy.distance_m(b.at.xy) <= SAME_END_M;
        let mut by_course: Vec<String> = Vec::new();
        let ways = (0..groups.len())
            .map(|nth| {
                let group = &groups[nth];
                if let Some(way) = route_words::way(&group.direction) {
                    return Some(way);
                }
                if self.is_map {
                    return Some(Way::Single);
                }
                // two labels for two courses that run opposite ways, e.g. 南京→镇江 and 镇江→南京
                let other = match of_route[group.route.as_str()][..] {
                    [a, b] => Some(if a == nth { b } else { a }),
                    _ => None,
                };
                let two = ends(nth, rows).zip(other.and_then(|other| ends(other, rows)));
                if let Some(((start, end), (first, last))) = two
                    && is_near(start, last)
                    && is_near(end, first)
                    && !is_near(start, end)
                {
                    by_course.push(format!("{} \"{}\"", group.route, group.direction));
                    return Some(Way::Single);
                }
                let what = format!("unknown direction \"{}\"; {WAY_CHOICES}", group.direction);
                let why = Text::new(
                    format!("unknown direction \"{}\"", group.direction),
                    format!("方向“{}”无法识别", group.direction),
                );
                for at in &group.rows {
                    let id = Some(group.route.clone());
                    leave_out(&mut rows[*at], "unknown-direction", what.clone(), why.clone(), id, account);
                }
                None
            })
            .collect();
        if !by_course.is_empty() {
            let listed = first_of(&by_course);
            transit.remarks.push(Text::new(
                format!("words for directions that are not known, read as two directions because the stops run opposite ways: {}", listed.0),
                format!("方向用语无法识别，因两组站点首末相反，按两个方向读取：{}", listed.1),
            ));
        }
        ways
    }

    /// What the rows of one route and direction say of it, the stops still left out, and whether its departures are assumed.
    fn pattern(
        &self,
        group: &Group,
        rows: &[&Row],
        way: Way,
        told: &mut Told,
        account: &mut Account,
    ) -> (Pattern, bool) {
        let (called, record, id) = (group.called(), rows[0].record, Some(group.route.clone()));
        let first = rows.iter().filter_map(|row| row.first).min();
        let last = rows.iter().filter_map(|row| row.last).max();
        let headway =
            spread(rows.iter().map(|row| &row.headway)).filter(|(_, longest, _)| *longest > 0.0 && longest.is_finite());
        let given = spread(rows.iter().map(|row| &row.trips));
        let by_headway = |minutes: f64| match first.zip(last) {
            Some((first, last)) if first <= last && minutes > 0.0 => {
                Some((f64::from(last.0 - first.0) / (minutes * 60.0)).floor() + 1.0)
            }
            _ => None,
        };
        let derived = headway.and_then(|(shortest, longest, _)| {
            let least = by_headway(longest)?;
            Some((least, by_headway(shortest).unwrap_or(least)))
        });
        let mut is_assumed = false;
        let (trips_per_day, more) = match (given, derived, self.source.default_trips) {
            (Some((least, most, is_plain)), ..) => {
                let differ = rows.iter().map(|row| &row.trips).filter(|trips| **trips != Count::Missing);
                let written: Vec<&Count> = differ.collect();
                if let Some(other) = written.iter().position(|trips| trips != &written[0]) {
                    let record = rows
                        .iter()
                        .filter(|row| row.trips != Count::Missing)
                        .nth(other)
                        .map_or(record, |row| row.record);
                    let what = format!(
                        "{called}: another number of departures than its first row; at least {} count",
                        trim_zeros(least, 2)
                    );
                    account.warned("trips-differ", record, what).id = id;
                } else if !is_plain {
                    account
                        .noted(
                            "trips-in-words",
                            Some(record),
                            format!("{called}: {} departures a day, read from words", range(least, most).0),
                        )
                        .id = id;
                }
                if written.iter().any(|trips| **trips == Count::Suspended) {
                    told.suspended.push(group.route.clone());
                } else if most > least {
                    told.ranges.push(format!("{} {}", group.route, range(least, most).0));
                } else if !is_plain {
                    told.words.push(format!("{} = {}", group.route, trim_zeros(least, 2)));
                }
                (least, up_to(least, most))
            }
            (None, Some((least, most)), _) => {
                let what = format!("{called}: {} departures a day, from first, last and headway", range(least, most).0);
                account.noted("derived-trips", Some(record), what).id = id;
                (least, up_to(least, most))
            }
            (None, None, Some(assumed)) => {
                let what =
                    format!("{called}: {assumed} departures a day, as the config assumes where the file says nothing");
                account.noted("assumed-trips", Some(record), what).id = id;
                is_assumed = true;
                (assumed, More::No)
            }
            (None, None, None) => {
                let what = format!(
                    "{called} gives neither departures a day nor first, last and headway: it is kept as a line of which nobody knows how often it runs"
                );
                account.warned("no-trips", record, what).id = id;
                told.unknown.push(group.route.clone());
                (0.0, More::Unknown)
            }
        };
        let pattern = Pattern {
            direction: group.direction.clone(),
            stops: Vec::new(),
            trips_per_day,
            more,
            both_ways: way == Way::Both,
            is_loop: way == Way::Loop,
            first,
            last,
            headway_min: headway.map(|(_, longest, _)| longest),
            trips: Vec::new(),
            frequencies: Vec::new(),
            course: None,
        };
        (pattern, is_assumed)
    }
}

fn up_to(least: f64, most: f64) -> More {
    match most {
        _ if most == f64::INFINITY => More::Unknown,
        _ if most > least => More::UpTo(most),
        _ => More::No,
    }
}

/// From the least to the most, for readers.
fn range(least: f64, most: f64) -> (String, String) {
    let (low, high) = (trim_zeros(least, 2), trim_zeros(most, 2));
    match most {
        _ if most == f64::INFINITY => (format!("at least {low}"), format!("不少于 {low}")),
        _ if most > least => (format!("{low} to {high}"), format!("{low}—{high}")),
        _ => (low.clone(), low),
    }
}

/// The least and the most of some counts, infinite where nobody says, and whether all are plain numbers; `None` without any.
fn spread<'c>(counts: impl Iterator<Item = &'c Count>) -> Option<(f64, f64, bool)> {
    let mut found: Option<(f64, f64, bool)> = None;
    for count in counts {
        let (low, high, is_plain) = match count {
            Count::Missing | Count::Words(_) => continue,
            Count::Is { number, is_plain } => (*number, *number, *is_plain),
            Count::Range(low, high) => (*low, *high, false),
            Count::AtLeast(low) => (*low, f64::INFINITY, false),
            Count::Suspended => (0.0, 0.0, false),
        };
        let (least, most, all) = found.unwrap_or((low, high, is_plain));
        found = Some((least.min(low), most.max(high), all && is_plain));
    }
    found
}

impl Group {
    fn called(&self) -> String {
        match self.direction.is_empty() {
            true => self.route.clone(),
            false => format!("{}, direction {}", self.route, self.direction),
        }
    }
}

/// A direction that stands in some rows of a line only, as in merged cells, is that of its other rows too, where they fit together.
fn fill_directions(rows: &mut [Row], account: &mut Account) {
    let mut of_route: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.flaw.is_none()) {
        of_route.entry(row.route.clone().unwrap_or_default()).or_default().push(at);
    }
    for (route, own) in of_route {
        let words: BTreeSet<&str> = own.iter().map(|at| rows[*at].direction.as_str()).collect();
        let mut sequences: Vec<f64> = own.iter().filter_map(|at| rows[*at].sequence).collect();
        let all = sequences.len();
        sequences.sort_by(f64::total_cmp);
        sequences.dedup();
        let (2, true, Some(word)) = (words.len(), words.contains(""), words.last()) else { continue };
        if sequences.len() < all {
            continue;
        }
        let word = (*word).to_owned();
        let what = format!("{route}: rows without a direction are taken for \"{word}\", that of its other rows");
        let record = own.iter().map(|at| rows[*at].record).min();
        account.noted("direction-filled", record, what).id = Some(route);
        own.iter().for_each(|at| rows[*at].direction.clone_from(&word));
    }
}

/// The mode of each line: that of its first stop in the first of its directions.
fn modes<'g>(groups: &'g [Group], rows: &[Row]) -> BTreeMap<&'g str, Mode> {
    let mut first: BTreeMap<&str, (&str, Mode)> = BTreeMap::new();
    for group in groups {
        let Some(mode) = group.rows.first().and_then(|at| rows[*at].mode) else { continue };
        let known = first.entry(&group.route).or_insert((&group.direction, mode));
        if group.direction.as_str() < known.0 {
            *known = (&group.direction, mode);
        }
    }
    first.into_iter().map(|(route, (_, mode))| (route, mode)).collect()
}

/// Rows by route and direction, in the order of their first rows, sorted along the line. Rows of one place in the line stand by what they
/// say, whatever their order in the file.
fn groups(rows: &[Row], spot_of_row: &[Option<usize>], account: &mut Account) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let (Some(route), None) = (&row.route, &row.flaw) else { continue };
        let key = (route.clone(), row.direction.clone());
        let nth = *known.entry(key).or_insert_with(|| {
            groups.push(Group { route: route.clone(), direction: row.direction.clone(), rows: Vec::new() });
            groups.len() - 1
        });
        groups[nth].rows.push(at);
    }
    for group in &mut groups {
        let place = |at: usize| rows[at].sequence.unwrap_or(f64::MAX);
        group.rows.sort_by(|a, b| place(*a).total_cmp(&place(*b)).then(spot_of_row[*a].cmp(&spot_of_row[*b])));
        let called = group.called();
        let same = |pair: &[usize]| place(pair[0]) == place(pair[1]);
        let twice: Vec<(u64, u64, f64)> = group
            .rows
            .windows(2)
            .filter(|pair| same(pair))
            .map(|pair| {
                let records = [rows[pair[0]].record, rows[pair[1]].record];
                (records[0].min(records[1]), records[0].max(records[1]), place(pair[0]))
            })
            .collect();
        for (first, second, place) in twice {
            let what =
                format!("{called}: place {place} in the line is that of record {first} too; they stand by their names");
            account.warned("duplicate-sequence", second, what).id = Some(group.route.clone());
        }
    }
    groups
}

/// Stops in the order in which lines first call at them.
struct StopList<'m> {
    made: &'m [Stop],
    idx_of: Vec<Option<StopIdx>>,
    list: Vec<Stop>,
}

impl StopList<'_> {
    fn find(&mut self, spot: usize) -> StopIdx {
        *self.idx_of[spot].get_or_insert_with(|| {
            self.list.push(self.made[spot].clone());
            StopIdx::new(self.list.len() - 1)
        })
    }
}

/// The lines of rows that were left out.
fn doubtful(
    rows: &[Row],
    regions: &[Option<String>],
    spot_of_row: &[Option<usize>],
    spots: &[same_stop::Spot],
    stops: &mut StopList<'_>,
) -> Vec<DoubtfulLine> {
    let mut spots_of_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (nth, spot) in spots.iter().enumerate() {
        spots_of_key.entry(&spot.key).or_default().push(nth);
    }
    let mut by_line: BTreeMap<(bool, &str), Vec<usize>> = BTreeMap::new();
    let without: Vec<String> = rows.iter().map(|row| format!("{:020}", row.record)).collect();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.flaw.is_some()) {
        let key = match &row.route {
            Some(route) => (true, route.as_str()),
            None => (false, without[at].as_str()),
        };
        by_line.entry(key).or_default().push(at);
    }
    by_line.values_mut().for_each(|own| own.sort_by_key(|at| rows[*at].is_left_over));
    let mut rows_of_route: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate().filter(|(at, _)| spot_of_row[*at].is_some()) {
        if let Some(route) = &row.route {
            rows_of_route.entry(route).or_default().push(at);
        }
    }
    by_line
        .into_iter()
        .map(|((is_named, line), own)| {
            let beside = rows_of_route.get(line).filter(|_| is_named).map(Vec::as_slice).unwrap_or_default();
            let mut calls: Vec<LooseCall> = Vec::new();
            // one stop is all that the table tells of it
            let told: BTreeSet<Option<usize>> = own.iter().chain(beside).map(|at| spot_of_row[*at]).collect();
            let is_alone = told.len() == 1 && (own.len() == 1 || !told.contains(&None));
            for at in &own {
                let row = &rows[*at];
                let Some(flaw) = &row.flaw else { continue };
                let at_key = row.stop.as_deref().and_then(|key| spots_of_key.get(key));
                let place = if let Some(spot) = spot_of_row[*at] {
                    LoosePlace::At(vec![stops.find(spot)])
                } else if let Some(code) = regions[*at].as_deref().filter(|region| stop_places::is_code(region)) {
                    LoosePlace::In(code.to_owned())
                } else if let Some(known) = at_key {
                    LoosePlace::At(known.iter().map(|spot| stops.find(*spot)).collect())
                } else {
                    let along = |other: &&usize| rows[**other].direction == row.direction;
                    let (mut before, mut after): (Option<usize>, Option<usize>) = (None, None);
                    if let Some(sequence) = row.sequence {
                        let place = |at: usize| rows[at].sequence.unwrap_or(f64::NAN);
                        for other in beside.iter().filter(along) {
                            let here = place(*other);
                            if here < sequence && before.is_none_or(|known| here > place(known)) {
                                before = Some(*other);
                            }
                            if here > sequence && after.is_none_or(|known| here < place(known)) {
                                after = Some(*other);
                            }
                        }
                    }
                    let mut find = |at: Option<usize>| at.and_then(|at| spot_of_row[at]).map(|spot| stops.find(spot));
                    LoosePlace::Between(find(before), find(after))
                };
                let record = row.record;
                let why = Text::new(format!("record {record}: {}", flaw.en), format!("第{record}条记录{}", flaw.zh));
                if is_alone && calls.is_empty() {
                    // it calls somewhere else too
                    let here = spot_of_row[*at].map(|spot| stops.find(spot));
                    calls.push(LooseCall { why: why.clone(), place: LoosePlace::Between(here, here) });
                }
                calls.push(LooseCall { why, place });
            }
            let row = &rows[own[0]];
            let name = own.iter().chain(beside).find_map(|at| rows[*at].route_name.clone()).filter(|_| is_named);
            let modes: BTreeSet<Option<Mode>> = own.iter().map(|at| rows[*at].mode).collect();
            let known = beside.iter().filter(|at| rows[**at].flaw.is_none()).find_map(|at| rows[*at].mode);
            DoubtfulLine {
                id: row.route.clone(),
                name: name.or_else(|| row.route.clone()).unwrap_or_default(),
                mode: known.or_else(|| modes.first().copied().flatten().filter(|_| modes.len() == 1)),
                feed: FeedIdx(0),
                calls,
            }
        })
        .collect()
}

/// What was read where the table leaves room, by line.
#[derive(Default)]
struct Told {
    words: Vec<String>,
    ranges: Vec<String>,
    suspended: Vec<String>,
    unknown: Vec<String>,
}

impl Told {
    fn remarks(&self) -> Vec<Text> {
        let mut remarks = Vec::new();
        for (lines, en, zh) in [
            (&self.words, "departures a day read from words", "班次由文字读出"),
            (&self.ranges, "departures a day given as a range, counted at its lower end", "班次为区间，按下限计"),
            (&self.suspended, "lines that the table calls suspended", "表中注明停运的线路"),
            (
                &self.unknown,
                "lines of which nobody knows how often they run, so that what they alone join has no data",
                "班次不详的线路，仅由其连接的县对视为无数据",
            ),
        ] {
            if !lines.is_empty() {
                let listed = first_of(lines);
                remarks.push(Text::new(format!("{en}: {}", listed.0), format!("{zh}：{}", listed.1)));
            }
        }
        remarks
    }
}

fn left_out(lines: &[DoubtfulLine]) -> Option<Text> {
    let named: Vec<(String, String)> = lines
        .iter()
        .filter_map(|line| {
            let why = &line.calls.first()?.why;
            let id = line.id.as_deref().unwrap_or_default();
            Some((format!("{id} ({})", why.en).trim().to_owned(), format!("{id}（{}）", why.zh)))
        })
        .collect();
    let (en, zh): (Vec<String>, Vec<String>) = named.into_iter().unzip();
    (!en.is_empty()).then(|| {
        Text::new(
            format!("rows left out; what their lines may join besides has no data: {}", first_of(&en).0),
            format!("未采用的记录，其线路可能另外连接的县对视为无数据：{}", first_of(&zh).1),
        )
    })
}

/// The first of some words, and how many more there are; for English and for Chinese.
pub(crate) fn first_of(words: &[String]) -> (String, String) {
    let named = &words[..words.len().min(NAMED)];
    match words.len() - named.len() {
        0 => (named.join(", "), named.join("、")),
        more => (format!("{} and {more} more", named.join(", ")), format!("{}等 {} 项", named.join("、"), words.len())),
    }
}
