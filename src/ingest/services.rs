//! Services: a route table, one row a stop, into stops and patterns.

use std::collections::BTreeMap;

use crate::base::clock::ServiceTime;
use crate::base::idx::FeedIdx;
use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::issue::Issue;
use crate::base::progress::Progress;
use crate::base::units::Share;
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
use crate::model::place::Place;
use crate::model::transit::Feed;
use crate::model::transit::Mode;
use crate::model::transit::Pattern;
use crate::model::transit::Service;
use crate::model::transit::Stop;
use crate::model::transit::Transit;
use crate::table::Record;

/// Places of one stop farther apart than this are doubtful.
const SAME_STOP_M: f64 = 100.0;

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

/// One row that can be used as far as itself goes.
struct Row {
    record: u64,
    route: String,
    route_name: Option<String>,
    mode: Mode,
    direction: String,
    sequence: f64,
    stop: String,
    stop_name: Option<String>,
    region: Option<String>,
    raw: [f64; 2],
    trips: Option<f64>,
    first: Option<ServiceTime>,
    last: Option<ServiceTime>,
    headway: Option<f64>,
    synthetic: bool,
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
        self.fields = Some(Fields {
            route: columns.need(names.route(), "the route")?,
            route_name: maybe(&names.route_name, names.route_name(), "the name of the route")?,
            mode: maybe(&names.mode, names.mode(), "the mode")?,
            direction: maybe(&names.direction, names.direction(), "the direction")?,
            sequence: columns.need(names.sequence(), "the place of the stop in the line")?,
            stop: columns.need(names.stop(), "the stop")?,
            stop_name: maybe(&names.stop_name, names.stop_name(), "the name of the stop")?,
            trips: maybe(&names.trips_per_day, names.trips_per_day(), "the departures a day")?,
            first: maybe(&names.first, names.first(), "the first departure")?,
            last: maybe(&names.last, names.last(), "the last departure")?,
            headway: maybe(&names.headway_min, names.headway_min(), "the minutes between departures")?,
            region: maybe(&names.region, names.region(), "the code of the region")?,
            synthetic: columns.find("synthetic"),
        });
        Ok(())
    }

    fn take(&mut self, record: Record, trouble: Option<Issue>, account: &mut Account) {
        let Some(fields) = &self.fields else { return };
        let synthetic = account.synthetic(&record, fields.synthetic);
        let at = record.number;
        let (Some(route), Some(stop)) = (key(&record, fields.route), key(&record, fields.stop)) else {
            account.dropped("no-code", at, "the row names no route or no stop");
            return;
        };
        let sequence = match number(&record, fields.sequence) {
            Number::Is(sequence) => sequence,
            Number::Missing => {
                account.dropped("bad-number", at, "the place of the stop in the line is missing").id = Some(route);
                return;
            }
            Number::Wrong(text) => {
                let what = format!("the place of the stop in the line is \"{text}\", which is not a number");
                account.dropped("bad-number", at, what).id = Some(route);
                return;
            }
        };
        let mode = match fields.mode.and_then(|at| key(&record, at)) {
            None => Mode::Bus,
            Some(word) => match word.parse() {
                Ok(mode) => mode,
                Err(what) => {
                    let what: String = what;
                    account.dropped("unknown-mode", at, what).id = Some(route);
                    return;
                }
            },
        };
        let raw = match point_of(&record, trouble) {
            Ok(raw) => raw,
            Err((reason, what)) => {
                account.dropped(reason, at, what).id = Some(stop);
                return;
            }
        };
        let mut amount = |field: Option<usize>, word: &str| match field.map(|field| number(&record, field)) {
            None | Some(Number::Missing) => None,
            Some(Number::Is(value)) if value >= 0.0 => Some(value),
            Some(Number::Is(_) | Number::Wrong(_)) => {
                let what = format!("{word} is not a number of 0 or more; it is taken as not given");
                account.warned("bad-number", at, what).id = Some(route.clone());
                None
            }
        };
        let trips = amount(fields.trips, "departures a day");
        let headway = amount(fields.headway, "minutes between departures");
        let mut time = |field: Option<usize>, word: &str| -> Option<ServiceTime> {
            let text = field.and_then(|field| key(&record, field))?;
            text.parse()
                .map_err(|wrong| {
                    let what = format!("{word} departure: {wrong}; it is taken as not given");
                    account.warned("bad-time", at, what).id = Some(route.clone());
                })
                .ok()
        };
        let (first, last) = (time(fields.first, "first"), time(fields.last, "last"));
        account.used();
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
            route,
            stop,
        });
    }
}

/// The stops and services of a route table; both in the order in which the file first names them.
pub(crate) fn read(
    source: &ServiceSource,
    ground: &Ground,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(Transit, Account), IngestError> {
    let mut account = Account::new(&source.source, "rows of services");
    let mut collector = Collector { columns: &source.columns, fields: None, rows: Vec::new() };
    let carried = door::read(&source.source, &mut collector, &mut account, progress)?;
    if collector.fields.as_ref().is_some_and(|fields| fields.mode.is_none()) && !collector.rows.is_empty() {
        account.noted("no-mode", None, "there is no column of the mode; every line is taken for a bus");
    }
    let feed = Feed { name: source.source.shown.clone(), zone: None };
    let mut transit = Transit { complete_for: source.complete_for.clone(), feeds: vec![feed], ..Transit::default() };
    if !collector.rows.is_empty() {
        let degrees = ToDegrees::new(&source.source, &carried)?;
        let raws: Vec<[f64; 2]> = collector.rows.iter().map(|row| row.raw).collect();
        degrees.doubt(&raws, ground.extent.as_ref())?;
        let places = ground.places_of(&degrees, &raws);
        let mut placed: Vec<(Row, Place)> = Vec::with_capacity(places.len());
        for (row, place) in collector.rows.into_iter().zip(places) {
            match place {
                Some(place) => placed.push((row, place)),
                None => {
                    let what = format!("{} {} is outside the area of {}", row.raw[0], row.raw[1], degrees.name());
                    account.taken_back("outside-crs-area", row.record, what).id = Some(row.stop);
                }
            }
        }
        group(placed, source.default_trips, &mut transit, &mut account);
    }
    account.close(max_loss)?;
    Ok((transit, account))
}

fn group(rows: Vec<(Row, Place)>, default_trips: Option<f64>, transit: &mut Transit, account: &mut Account) {
    // (route, direction) in the order of their first rows
    let mut keys: Vec<(String, String)> = Vec::new();
    let mut groups: BTreeMap<(String, String), Vec<(Row, Place)>> = BTreeMap::new();
    for (row, place) in rows {
        let key = (row.route.clone(), row.direction.clone());
        let group = groups.entry(key.clone()).or_default();
        if group.is_empty() {
            keys.push(key);
        }
        group.push((row, place));
    }
    let mut stops = Stops::default();
    let mut services: BTreeMap<String, usize> = BTreeMap::new();
    for key in keys {
        let Some(mut rows) = groups.remove(&key) else { continue };
        rows.sort_by(|a, b| a.0.sequence.total_cmp(&b.0.sequence));
        let Some((mut pattern, is_assumed)) = pattern(&key, &rows, default_trips, account) else { continue };
        let at = *services.entry(key.0.clone()).or_insert_with(|| {
            let row = &rows[0].0;
            transit.services.push(Service {
                id: key.0.clone(),
                name: row.route_name.clone().unwrap_or_else(|| key.0.clone()),
                mode: row.mode,
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
        for (row, place) in rows {
            if row.mode != service.mode {
                let what = "another mode than the first row of its route; that of the first row counts";
                account.warned("mode-differs", row.record, what).id = Some(row.route.clone());
            }
            service.synthetic |= row.synthetic;
            pattern.stops.push(stops.find(row, place, account));
        }
        service.patterns.push(pattern);
    }
    transit.assumed.sort_unstable();
    transit.assumed.dedup();
    transit.stops = stops.list;
}

/// What the rows of one route and direction say of it, the stops still left out, and whether its departures are assumed; `None` when
/// it can not be used, and then its rows are taken back.
fn pattern(
    key: &(String, String),
    rows: &[(Row, Place)],
    default_trips: Option<f64>,
    account: &mut Account,
) -> Option<(Pattern, bool)> {
    let (route, direction) = key;
    let called = if direction.is_empty() { route.clone() } else { format!("{route}, direction {direction}") };
    for pair in rows.windows(2) {
        let [(a, _), (b, _)] = pair else { continue };
        if a.sequence == b.sequence {
            let what = format!(
                "{called}: place {} in the line is that of record {} too; file order decides",
                b.sequence, a.record
            );
            account.warned("duplicate-sequence", b.record, what).id = Some(route.clone());
        }
    }
    let mut give_up = |code: &'static str, what: String| {
        for (nth, (row, _)) in rows.iter().enumerate() {
            let what = if nth == 0 { what.clone() } else { format!("left out with {called}") };
            account.taken_back(code, row.record, what).id = Some(route.clone());
        }
    };
    let mut distinct: Vec<&str> = rows.iter().map(|(row, _)| row.stop.as_str()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 2 {
        give_up("too-few-stops", format!("{called} has only {} stop(s); a line needs two", distinct.len()));
        return None;
    }
    let first = rows.iter().find_map(|(row, _)| row.first);
    let last = rows.iter().find_map(|(row, _)| row.last);
    let headway_min = rows.iter().find_map(|(row, _)| row.headway).filter(|minutes| *minutes > 0.0);
    let given = rows.iter().find_map(|(row, _)| row.trips);
    let trips_per_day = match (given, first, last, headway_min) {
        (Some(trips), _, _, _) => trips,
        (None, Some(first), Some(last), Some(headway)) if last >= first => {
            (f64::from(last.0 - first.0) / (headway * 60.0)).floor() + 1.0
        }
        _ if default_trips.is_some() => default_trips.unwrap_or_default(),
        _ => {
            give_up("no-trips", format!("{called} gives neither departures a day nor first, last and headway"));
            return None;
        }
    };
    let is_derived = headway_min.is_some() && first.zip(last).is_some_and(|(first, last)| first <= last);
    if given.is_none() {
        let (code, source) = match is_derived {
            true => ("derived-trips", "from first, last and headway"),
            false => ("assumed-trips", "as the config assumes where the file says nothing"),
        };
        let what = format!("{called}: {trips_per_day} departures a day, {source}");
        account.noted(code, Some(rows[0].0.record), what).id = Some(route.clone());
    }
    if let Some((row, _)) = rows.iter().find(|(row, _)| row.trips.is_some_and(|trips| Some(trips) != given)) {
        let what = format!("{called}: another number of departures than its first row; that of the first row counts");
        account.warned("trips-differ", row.record, what).id = Some(route.clone());
    }
    let word = direction.to_lowercase();
    let both_ways = matches!(word.as_str(), "" | "both" | "双向" | "上下行");
    let pattern = Pattern {
        direction: direction.clone(),
        stops: Vec::new(),
        trips_per_day,
        both_ways,
        first,
        last,
        headway_min,
        trips: Vec::new(),
        frequencies: Vec::new(),
        course: None,
    };
    Some((pattern, given.is_none() && !is_derived))
}

/// Stops by id, in the order in which patterns first call at them.
#[derive(Default)]
struct Stops {
    list: Vec<Stop>,
    by_id: BTreeMap<String, StopIdx>,
}

impl Stops {
    fn find(&mut self, row: Row, place: Place, account: &mut Account) -> StopIdx {
        let Some(idx) = self.by_id.get(&row.stop).copied() else {
            let idx = StopIdx::new(self.list.len());
            self.by_id.insert(row.stop.clone(), idx);
            self.list.push(Stop {
                name: row.stop_name.unwrap_or_else(|| row.stop.clone()),
                id: row.stop,
                at: place,
                declared_region: row.region,
                station: None,
            });
            return idx;
        };
        let stop = &mut self.list[idx.at()];
        let apart = stop.at.xy.distance_m(place.xy);
        if apart > SAME_STOP_M {
            let what = format!("lies {apart:.0} m from where the stop was first; the first place is used");
            account.warned("stop-moved", row.record, what).id = Some(row.stop);
        }
        if stop.declared_region.is_none() {
            stop.declared_region = row.region;
        }
        idx
    }
}
