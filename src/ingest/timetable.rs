//! Timetables: GTFS feeds into stops and services, with the study's day.

mod calls;
mod lines;
mod names;
mod shapes;
mod transfers;
mod twice;

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use crate::base::clock::ServiceDate;
use crate::base::idx::FeedIdx;
use crate::base::idx::StopIdx;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::progress::Progress;
use crate::base::units::Lang;
use crate::base::units::Share;
use crate::base::units::Text;
use crate::base::units::thousands;
use crate::config::error::nearest_match;
use crate::config::plan::Source;
use crate::config::plan::TransitSource;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::ground::Ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::timetable::lines::Lines;
use crate::ingest::timetable::lines::Stops;
use crate::ingest::timetable::shapes::Cuts;
use crate::ingest::timetable::transfers::Changes;
use crate::io::gtfs;
use crate::io::gtfs::days;
use crate::io::gtfs::days::Days;
use crate::io::gtfs::feed::Location;
use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::notice::Notice;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::preflight;
use crate::io::read::DeclaredCrs;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::transit::Calendar;
use crate::model::transit::Feed;
use crate::model::transit::Stop;
use crate::model::transit::Transit;

/// Trips that a note names.
const NAMED: usize = 5;

/// Notices of one rule that become issues of a run, where no record is left out; all of them are in `tongda inspect`.
const MOST_TOLD: u64 = 20;

/// Reasons for which a row is left out that are no loss: it says nothing that is measured.
const NO_LOSS: [&str; 8] = [
    "entrance",
    "generic-node",
    "boarding-area",
    "route-without-trips",
    "end-is-no-stop",
    "transfer-not-used",
    "shape-without-line",
    "other-language",
];

/// Tables without which nothing can be measured.
const NEEDED: [&str; 4] = ["stops.txt", "routes.txt", "trips.txt", "stop_times.txt"];

/// Tables whose rows are measured: one that loses more than `max-loss` stops the run. Of the others (names, publishers, drawn ways) that is a
/// warning. What rows of others belong to goes before them, so that the table to blame is told.
const MEASURED: [&str; 8] = [
    "stops.txt",
    "routes.txt",
    "calendar.txt",
    "calendar_dates.txt",
    "trips.txt",
    "stop_times.txt",
    "frequencies.txt",
    "transfers.txt",
];

/// Whether rows that are left out for a reason are lost.
fn is_loss(reason: &str) -> bool {
    !NO_LOSS.contains(&reason) && Rule::ALL.iter().all(|rule| rule.name() != reason || rule.is_loss())
}

/// The stops and services of the feeds: stops and stations in the order of stops.txt, services in that of routes.txt. Ids have the name of
/// their feed before them when `are_several`.
///
/// One account a table. The day is the plan's, or [`days::ordinary_day`].
/// # Errors
/// [`IngestError::Read`]; [`IngestError::Timetable`] for a feed without a table that is needed, without any service, or without service on the
/// day; [`IngestError::Implausible`] for coordinates that can not be what they are said to be; [`IngestError::TooMuchLost`].
pub(crate) fn read(
    plan: &TransitSource,
    ground: &Ground,
    are_several: bool,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(Transit, Vec<Account>), IngestError> {
    let (mut feeds, mut sources, mut holders, mut notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for source in &plan.feeds {
        progress.stage(&source.shown, None);
        let parts = gtfs::parts(&source.path, &source.shown)?;
        let first = feeds.len();
        for part in &parts {
            let own = Source { shown: part.shown(&source.shown), ..source.clone() };
            let feed = gtfs::read_part(part, &own.shown)?;
            fit(&own, &feed)?;
            if let Some(twin) = feeds[first..].iter().position(|other| are_alike(other, &feed)) {
                let what = format!("holds one feed twice, in {} and in {}: take one out", parts[twin].name, part.name);
                return Err(unfit(source, what));
            }
            feeds.push(feed);
            sources.push(own);
            let name = if part.name.is_empty() { source.path.as_path() } else { Path::new(&part.name) };
            holders.push(name.to_owned());
        }
        progress.done();
        if parts.len() > 1 {
            let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
            let what = format!(
                "holds {} feeds: {}; all are read, and ids have the name of their feed before them",
                parts.len(),
                names.join(", ")
            );
            notes.push(Issue::new(Severity::Note, "several-feeds", source.shown.clone(), what));
        }
    }
    let are_several = are_several || feeds.len() > 1;
    let days: Vec<Days> = feeds.iter().map(Days::of).collect();
    feeds.iter_mut().zip(&days).for_each(|(feed, days)| preflight::check(feed, days, None));
    // rows that are lost may be those of the days: they are told before it is said that nothing runs
    for (feed, source) in feeds.iter().zip(&sources) {
        let mut books = Books::new(feed, source);
        books.tell(feed);
        books.check(max_loss)?;
    }
    let date = day(plan, &sources, &feeds, &days)?;
    let mut transit = Transit { complete_for: plan.complete_for.clone(), date: Some(date), ..Transit::default() };
    let mut accounts: Vec<Account> = Vec::new();
    let names = prefixes(&holders);
    let first_zone = feeds.first().and_then(|feed| feed.zone().map(str::to_owned));
    for (((mut feed, days), source), name) in feeds.into_iter().zip(&days).zip(&sources).zip(names) {
        let named = |id: &str| if are_several { format!("{name}:{id}") } else { id.to_owned() };
        let mut books = Books::new(&feed, source);
        if plan.date.is_none() && accounts.is_empty() {
            let trips = days.trips.get(&date).copied().unwrap_or(0);
            let is_ordinary = (1..=3).contains(&date.0.weekday().to_monday_zero_offset());
            let is_holiday = plan.holidays.contains(&date);
            let which = match (is_ordinary, is_holiday, plan.holidays.is_empty()) {
                (true, false, true) => "Tuesday, Wednesday or Thursday",
                (true, false, false) => "Tuesday, Wednesday or Thursday that is no holiday,",
                (_, true, _) => "holiday, for nothing runs on other days,",
                (false, false, _) => "day",
            };
            let what = format!(
                "the config names no date; {date} is measured, the {which} with the most trips ({trips} in this feed)"
            );
            books.of("trips.txt").noted("date-chosen", None, what);
        }
        if !days.trips.contains_key(&date) {
            let what = match days.trips.is_empty() {
                true => "nothing in it runs by a timetable".to_owned(),
                false => format!("nothing runs on {date}; days with trips: {}", days::runs(days.trips.keys())),
            };
            let account = books.of("trips.txt");
            account.issues.push(account.issue(Severity::Warning, "date-without-service", what));
        }
        if let Some(zone) = feed.zone().filter(|zone| first_zone.as_deref().is_some_and(|first| first != *zone)) {
            let first = first_zone.as_deref().unwrap_or_default();
            let what = format!("its times are in {zone}, those of the first feed in {first}");
            let account = books.of("agency.txt");
            account.issues.push(account.issue(Severity::Warning, "zones-differ", what));
        }
        translate(&mut feed, plan.lang, &mut books);
        transit.append(model(&feed, days, date, source, ground, &named, &mut books)?);
        books.tell(&feed);
        accounts.extend(books.close(max_loss)?);
    }
    if let Some(first) = accounts.first_mut() {
        first.issues.extend(notes);
    }
    let warnings = [("trips-twice", twice::told(&transit)), ("few-trips-on-date", few_trips(&days, date, plan))];
    for (code, text) in warnings {
        let Some(text) = text else { continue };
        if let Some(account) = accounts.first_mut() {
            let shown: Vec<&str> = plan.feeds.iter().map(|one| one.shown.as_str()).collect();
            account.issues.push(Issue::new(Severity::Warning, code, shown.join(", "), text.en.clone()));
        }
        transit.warnings.push(text);
    }
    Ok((transit, accounts))
}

fn unfit(source: &Source, what: String) -> IngestError {
    IngestError::Timetable { path: source.shown.clone(), what }
}

/// Whether a feed has what is needed of a timetable.
fn fit(source: &Source, feed: &RawFeed) -> Result<(), IngestError> {
    if let Some(missing) = NEEDED.iter().find(|file| feed.table(file).is_none()) {
        let others = feed.notices.first.iter().filter(|notice| notice.rule == Rule::UnknownFile);
        let others: Vec<&str> = others.filter_map(|notice| notice.value.as_deref()).collect();
        let near = nearest_match(missing, others).map(|near| format!(", but {near}: rename it")).unwrap_or_default();
        return Err(unfit(source, format!("has no {missing}{near}; a timetable needs it")));
    }
    if feed.table("calendar.txt").is_none() && feed.table("calendar_dates.txt").is_none() {
        return Err(unfit(
            source,
            "has neither calendar.txt nor calendar_dates.txt; a timetable needs one of them".to_owned(),
        ));
    }
    // of a table whose header can not be used no row is
    let header = [Rule::WrongSeparator, Rule::CsvParsingFailed, Rule::MissingRequiredColumn];
    let is_header = |notice: &&Notice| notice.left_out && notice.row.is_none() && header.contains(&notice.rule);
    let measured = feed.notices.first.iter().filter(is_header).find(|notice| MEASURED.contains(&notice.file));
    if let Some(notice) = measured {
        let what = &notice.what;
        return Err(IngestError::Timetable { path: format!("{}/{}:", source.shown, notice.file), what: what.clone() });
    }
    if let Some(empty) = NEEDED.iter().find(|file| feed.table(file).is_some_and(|table| table.read == 0)) {
        return Err(unfit(source, format!("has no row in {empty}; a timetable needs it")));
    }
    Ok(())
}

/// Whether two feeds have the same trips, with the same calls at stops in the same places.
fn are_alike(a: &RawFeed, b: &RawFeed) -> bool {
    let place = |feed: &RawFeed| -> Vec<Option<[f64; 2]>> { feed.stops.iter().map(|stop| stop.lonlat).collect() };
    !a.calls.is_empty() && a.calls == b.calls && a.trips == b.trips && place(a) == place(b)
}

/// Whether a feed has no trip by a timetable though none is lost.
fn is_rightly_idle(feed: &RawFeed) -> bool {
    let trips = feed.table("trips.txt");
    trips.is_some_and(|table| table.used() == 0 && table.dropped.keys().all(|reason| !is_loss(reason)))
}

/// Why a feed has no trip: the rows left out, table by table, and the trips that can not be used.
fn without_trips(feed: &RawFeed) -> String {
    let mut why: Vec<String> = Vec::new();
    for table in feed.tables.iter().filter(|table| MEASURED.contains(&table.file) && !table.dropped.is_empty()) {
        let reasons: Vec<String> = table.dropped.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        let dropped: u64 = table.dropped.values().sum();
        why.push(format!("{} {dropped} of {} ({})", table.file, table.read, reasons.join(", ")));
    }
    let told = |rule: Rule| feed.tables.iter().any(|table| table.dropped.contains_key(rule.name()));
    for (rule, count) in feed.notices.counts.iter().filter(|(rule, count)| count.left_out > 0 && !told(**rule)) {
        why.push(format!("{rule} {}", count.left_out));
    }
    let first = feed.notices.first.iter().find(|notice| notice.left_out && MEASURED.contains(&notice.file));
    let first = first.map(|notice| format!("; first: {}: {}", notice.file, notice.what)).unwrap_or_default();
    let idle = feed.notices.first.iter().find(|notice| notice.rule == Rule::ServiceWithoutDates);
    let idle = idle.map(|notice| format!("; {}: {}", notice.file, notice.what)).unwrap_or_default();
    if why.is_empty() { format!("none{idle}") } else { why.join(", ") + &first + &idle }
}

/// The study's day.
fn day(plan: &TransitSource, sources: &[Source], feeds: &[RawFeed], days: &[Days]) -> Result<ServiceDate, IngestError> {
    for ((source, feed), days) in sources.iter().zip(feeds).zip(days) {
        let Some((first, last)) = days.span() else {
            // a feed of trips on demand beside others
            if feeds.len() > 1 && is_rightly_idle(feed) {
                continue;
            }
            let why = without_trips(feed);
            let what = format!("has no trip on any day; rows left out: {why}; look at it with tongda inspect");
            return Err(unfit(source, what));
        };
        if let Some(date) = plan.date.filter(|date| *date < first || last < *date) {
            let listed = days::runs(days.trips.keys());
            let lost = feed
                .tables
                .iter()
                .any(|table| table.file.starts_with("calendar") && table.dropped.keys().any(|reason| is_loss(reason)));
            let why = if lost { format!("; rows left out: {}", without_trips(feed)) } else { String::new() };
            let what = format!("is not valid on {date}; write a date on which it has trips: {listed}{why}");
            return Err(unfit(source, what));
        }
    }
    match plan.date {
        None => days::ordinary_day(days, &plan.holidays).map(|(date, _)| date).ok_or_else(|| {
            let what = "has no trip on any day; look at it with tongda inspect".to_owned();
            IngestError::Timetable { path: sources.first().map(|one| one.shown.clone()).unwrap_or_default(), what }
        }),
        Some(date) if days.iter().any(|days| days.trips.contains_key(&date)) => Ok(date),
        Some(date) => {
            let mut all: Vec<ServiceDate> = days.iter().flat_map(|days| days.trips.keys().copied()).collect();
            all.sort_unstable();
            all.dedup();
            let names: Vec<&str> = sources.iter().map(|one| one.shown.as_str()).collect();
            let what = format!("nothing runs on {date}; write a date with trips: {}", days::runs(all.iter()));
            Err(IngestError::Timetable { path: names.join(", "), what })
        }
    }
}

/// Of an ordinary day's trips, a day with fewer than this share is told.
const FEW: f64 = 0.25;

/// What is to be said of a day that the config names and on which little runs; `None` for others.
fn few_trips(days: &[Days], date: ServiceDate, plan: &TransitSource) -> Option<Text> {
    plan.date?;
    let (usual, most) = days::ordinary_day(days, &plan.holidays)?;
    let own: u64 = days.iter().filter_map(|days| days.trips.get(&date)).sum();
    if own as f64 >= FEW * most as f64 {
        return None;
    }
    let [own, most] = [own, most].map(|count| thousands(count as f64));
    Some(Text::new(
        format!(
            "only {own} trips run on {date}, on {usual} {most}; write date = {usual} under [study.transit] for an ordinary day"
        ),
        format!("{date}仅有{own}个班次，{usual}有{most}个；如需普通工作日，请在[study.transit]中写date = {usual}"),
    ))
}

/// A name for each feed, of which no two are alike: that of its file or folder without ending.
fn prefixes(holders: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for holder in holders {
        let stem = holder.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let mut name = stem.clone();
        let mut nth = 2;
        while names.contains(&name) {
            name = format!("{stem}-{nth}");
            nth += 1;
        }
        names.push(name);
    }
    names
}

/// The accounts of the tables of one feed.
struct Books {
    accounts: BTreeMap<&'static str, Account>,
    /// Where issues of tables that are not there go.
    rest: Account,
}

impl Books {
    fn new(feed: &RawFeed, source: &Source) -> Books {
        let account = |table: &gtfs::table::TableCount| {
            let source = Source { shown: format!("{}/{}", feed.shown, table.file), ..source.clone() };
            let mut account = Account::new(&source, table.records);
            (account.ledger.read, account.ledger.used) = (table.read, table.used());
            account.ledger.dropped = table.dropped.clone();
            (table.file, account)
        };
        Books { accounts: feed.tables.iter().map(account).collect(), rest: Account::new(source, "files") }
    }

    fn of(&mut self, file: &str) -> &mut Account {
        self.accounts.get_mut(file).unwrap_or(&mut self.rest)
    }

    /// The notices of the feed as issues.
    fn tell(&mut self, feed: &RawFeed) {
        let mut told: BTreeMap<Rule, u64> = BTreeMap::new();
        let severity = |rule: Rule, left_out: bool| match rule.severity() {
            Severity::Note => Severity::Note,
            _ if left_out && rule.is_loss() => Severity::Error,
            _ => Severity::Warning,
        };
        for notice in &feed.notices.first {
            let so_far = told.entry(notice.rule).or_default();
            if !notice.left_out && *so_far >= MOST_TOLD {
                continue;
            }
            *so_far += 1;
            let account = self.of(notice.file);
            let mut issue = account.issue(severity(notice.rule, notice.left_out), notice.rule.name(), &notice.what);
            if let Some(value) = notice.value.as_deref().filter(|_| notice.what == notice.rule.about()) {
                issue.what = format!("{} (\"{value}\")", notice.what);
            }
            if let Some(line) = notice.line.filter(|_| notice.row.is_none()) {
                issue.what = format!("line {line}: {}", issue.what);
            }
            (issue.record, issue.field) = (notice.row, notice.field.clone());
            account.issues.push(issue);
        }
        for (rule, count) in &feed.notices.counts {
            let rest = count.all - told.get(rule).copied().unwrap_or(0);
            if rest > 0 {
                let what = format!("{rest} more: {}; tongda inspect {} shows them", rule.about(), feed.shown);
                let severity = severity(*rule, count.left_out > 0);
                self.rest.issues.push(Issue::new(severity, rule.name(), feed.shown.clone(), what));
            }
        }
    }

    /// Whether every table of which something is measured lost no more than it may.
    fn check(&self, max_loss: Share) -> Result<(), IngestError> {
        for account in MEASURED.iter().filter_map(|file| self.accounts.get(file)) {
            let ledger = &account.ledger;
            let mut lost: Vec<(&str, u64)> = ledger
                .dropped
                .iter()
                .filter(|(reason, _)| is_loss(reason))
                .map(|(code, count)| (*code, *count))
                .collect();
            let dropped: u64 = lost.iter().map(|(_, count)| count).sum();
            let meant = ledger.read - (ledger.total_dropped() - dropped);
            if dropped as f64 > max_loss.0 * meant as f64 {
                let reasons = lost.iter().map(|(code, count)| format!("{code} {count}")).collect();
                lost.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
                let first = self.example(account, &lost);
                let path = ledger.source.clone();
                return Err(IngestError::TooMuchLost { path, dropped, read: meant, max_loss, reasons, first });
            }
        }
        Ok(())
    }

    /// The accounts of the tables, in the order in which they stand in an archive: by name.
    fn close(mut self, max_loss: Share) -> Result<Vec<Account>, IngestError> {
        self.check(max_loss)?;
        for (file, account) in &mut self.accounts {
            let lost = account.ledger.dropped.iter().filter(|(reason, _)| is_loss(reason)).map(|(_, count)| *count);
            let dropped: u64 = lost.sum();
            let meant = account.ledger.read - (account.ledger.total_dropped() - dropped);
            if !MEASURED.contains(file) && dropped as f64 > max_loss.0 * meant as f64 {
                account.tell_much_lost(dropped, meant, max_loss);
            }
        }
        let mut accounts: Vec<Account> = self.accounts.into_values().collect();
        if let Some(first) = accounts.first_mut() {
            first.issues.extend(self.rest.issues);
        }
        Ok(accounts)
    }
}

impl Books {
    /// An example of what an account lost, for these reasons: of its own issues, or of those of the table that is to blame.
    fn example(&self, account: &Account, lost: &[(&str, u64)]) -> String {
        let of = |issues: &[Issue], code: &str| {
            issues.iter().find(|one| one.severity == Severity::Error && one.code == code).map(Issue::to_string)
        };
        let all = || std::iter::once(account).chain(self.accounts.values()).chain([&self.rest]);
        let found = lost.iter().find_map(|(code, _)| all().find_map(|one| of(&one.issues, code)));
        let about = |code: &str| Rule::ALL.iter().find(|rule| rule.name() == code).map(|rule| rule.about());
        let by_rule = || lost.first().map(|(code, _)| format!("[{code}] {}", about(code).unwrap_or(code)));
        found.or_else(by_rule).unwrap_or_default()
    }
}

/// One feed alone as a model.
fn model(
    feed: &RawFeed,
    days: &Days,
    date: ServiceDate,
    source: &Source,
    ground: &Ground,
    named: &dyn Fn(&str) -> String,
    books: &mut Books,
) -> Result<Transit, IngestError> {
    let shown = Source { shown: format!("{}/stops.txt", feed.shown), ..source.clone() };
    let degrees = ToDegrees::new(&shown, &DeclaredCrs::ByFormat("EPSG:4326".to_owned()))?;
    let places = places(feed, &degrees, ground, books)?;
    let mut idx: Vec<Option<StopIdx>> = vec![None; feed.stops.len()];
    let mut stops: Vec<Stop> = Vec::new();
    for (at, stop) in feed.stops.iter().enumerate() {
        let passed_over = match stop.location {
            Location::Stop | Location::Station => None,
            Location::Entrance => Some("entrance"),
            Location::Node => Some("generic-node"),
            Location::BoardingArea => Some("boarding-area"),
        };
        if let Some(reason) = passed_over {
            books.of("stops.txt").ledger.take_back(reason);
            continue;
        }
        let Some(place) = places[at] else { continue };
        let name = if stop.name.is_empty() { &stop.id } else { &stop.name };
        idx[at] = Some(StopIdx::new(stops.len()));
        stops.push(Stop::new(named(&stop.id), name, place));
    }
    for (at, stop) in feed.stops.iter().enumerate() {
        let is_station = |parent: &u32| feed.stops[*parent as usize].location == Location::Station;
        if let (Some(idx_here), Some(parent)) = (idx[at], stop.parent.filter(is_station)) {
            stops[idx_here.at()].station = idx[parent as usize];
        }
    }
    let calendar = |(service, dates): (&gtfs::feed::RawService, &Vec<ServiceDate>)| Calendar {
        id: named(&service.id),
        feed: FeedIdx(0),
        dates: dates.clone(),
    };
    let calendars: Vec<Calendar> = feed.services.iter().zip(&days.of_service).map(calendar).collect();
    let mut lines = Lines::of(feed, &Stops { idx: &idx, places: &places }, &calendars, date, named);
    let synthetic = books.of("trips.txt").ledger.synthetic;
    lines.services.iter_mut().for_each(|service| service.synthetic = synthetic);
    enter(&lines, books);
    let place = |points: &[[f64; 2]]| ground.places(&degrees.points(points));
    let cuts = shapes::cut(feed, &mut lines.services, &lines.drawn, &stops, &place);
    enter_shapes(feed, &cuts, books);
    let changes = Changes::of(feed, (&idx, &lines.services), named);
    enter_changes(&changes, books);
    Ok(Transit {
        transfers: changes.transfers,
        narrow_transfers: changes.narrow,
        blocks: changes.blocks,
        in_seat: changes.in_seat,
        stops,
        services: lines.services,
        complete_for: Vec::new(),
        assumed: Vec::new(),
        feeds: vec![Feed { name: feed.shown.clone(), zone: feed.zone().map(str::to_owned) }],
        calendars,
        shapes: cuts.shapes,
        ..Transit::default()
    })
}

/// Where each stop is; `None` for those that need no place and for those that the plane has none for.
fn places(
    feed: &RawFeed,
    degrees: &ToDegrees,
    ground: &Ground,
    books: &mut Books,
) -> Result<Vec<Option<Place>>, IngestError> {
    let raws: Vec<[f64; 2]> = feed.stops.iter().filter_map(|stop| stop.lonlat).collect();
    degrees.doubt(&raws, ground.extent.as_ref())?;
    let found: Vec<Option<LonLat>> = degrees.points(&raws);
    let mut found = ground.places(&found).into_iter();
    let mut places = Vec::with_capacity(feed.stops.len());
    for stop in &feed.stops {
        let place = stop.lonlat.and_then(|_| found.next()).flatten();
        if let ([lon, lat], None, Location::Stop | Location::Station) =
            (stop.lonlat.unwrap_or_default(), place, stop.location)
        {
            let what = format!("{lon} {lat} is outside the area of {}", degrees.name());
            books.of("stops.txt").taken_back("outside-crs-area", stop.row, what).id = Some(stop.id.clone());
        }
        places.push(place);
    }
    Ok(places)
}

/// Enters what became of the trips.
fn enter(lines: &Lines, books: &mut Books) {
    for (rule, trips, calls) in &lines.lost {
        books.of("trips.txt").ledger.take_back_all(rule.name(), *trips);
        books.of("stop_times.txt").ledger.take_back_all(rule.name(), *calls);
    }
    for (rule, stranded) in &lines.stranded {
        let trips = match stranded.trips {
            1 => format!("trip {} is", stranded.id),
            more => format!("trip {} and {} more are", stranded.id, more - 1),
        };
        let what = format!("{trips} left out: too few of the stops on the way can be used ({})", rule.about());
        let account = books.of("trips.txt");
        let mut issue = account.issue(Severity::Error, rule.name(), what);
        (issue.record, issue.id) = (Some(stranded.row), Some(stranded.id.clone()));
        account.issues.push(issue);
    }
    let left_out = Rule::TripOfRowLeftOut.name();
    books.of("frequencies.txt").ledger.take_back_all(left_out, lines.lost_frequencies);
    books.of("stop_times.txt").ledger.take_back_all(left_out, lines.lost_calls);
    books.of("routes.txt").ledger.take_back_all("route-without-trips", lines.idle_routes);
    if lines.lost_calls > 0 {
        let what =
            format!("{} calls are at stops that are left out; the trips are used without them", lines.lost_calls);
        let account = books.of("stop_times.txt");
        account.issues.push(account.issue(Severity::Error, left_out, what));
    }
    if lines.worked_out.0 > 0 {
        let what = format!(
            "{} calls of {} trips have no time; it was worked out between the times before and after, by the distance",
            lines.worked_out.0, lines.worked_out.1
        );
        books.of("stop_times.txt").noted("time-worked-out", None, what);
    }
}

/// Enters what became of the transfers.
fn enter_changes(changes: &Changes, books: &mut Books) {
    let account = books.of("transfers.txt");
    account.ledger.take_back_all("end-is-no-stop", changes.without_stop);
    account.ledger.take_back_all("route-without-trips", changes.idle);
    if changes.not_used.is_empty() {
        return;
    }
    account.ledger.take_back_all("transfer-not-used", changes.not_used.len() as u64);
    let named: Vec<&str> = changes.not_used.iter().take(NAMED).map(|(_, trip)| trip.as_str()).collect();
    let more = if changes.not_used.len() > NAMED { " …" } else { "" };
    let what = format!(
        "{} rows are about trips at headways or trips that are left out, of which no vehicle is known: {}{more}",
        changes.not_used.len(),
        named.join(", ")
    );
    account.noted("transfer-not-used", changes.not_used.first().map(|(row, _)| *row), what);
}

/// Takes the names in the language of the study.
fn translate(feed: &mut RawFeed, lang: Option<Lang>, books: &mut Books) {
    if feed.translations.is_empty() {
        return;
    }
    let account = books.of("translations.txt");
    let Some(lang) = lang else {
        account.ledger.take_back_all("other-language", feed.translations.len() as u64);
        let what = "the config names no lang; stops and routes have the names that the feed gives them, untranslated";
        account.noted("names-not-translated", None, what);
        return;
    };
    let renamed = names::rename(feed, lang);
    account.ledger.take_back_all("other-language", renamed.not_wanted);
    let what = format!(
        "{} of {} stops and {} of {} routes have names in the language of the config (lang); the others keep their own",
        renamed.stops,
        feed.stops.len(),
        renamed.routes,
        feed.routes.len()
    );
    account.noted("names-translated", None, what);
}

/// Enters what became of the shapes.
fn enter_shapes(feed: &RawFeed, cuts: &Cuts, books: &mut Books) {
    if feed.shapes.is_empty() {
        return;
    }
    let account = books.of("shapes.txt");
    account.ledger.take_back_all("shape-without-line", cuts.idle_points);
    for (at, points) in &cuts.outside {
        account.ledger.take_back_all("outside-crs-area", *points);
        let shape = &feed.shapes[*at];
        let what = format!("{points} points of shape {} are no place of the study plane; it is used without", shape.id);
        let mut issue = account.issue(Severity::Error, "outside-crs-area", what);
        (issue.record, issue.id) = (Some(shape.row), Some(shape.id.clone()));
        account.issues.push(issue);
    }
    // a line without any shape is straight on the map, and the layers say so
    if cuts.off + cuts.other_trips == 0 {
        return;
    }
    let mut what = format!("{} patterns follow a shape, {} have none", cuts.patterns, cuts.without);
    if cuts.off > 0 {
        what += &format!(
            "; {} of their calls are more than 100 m (rail and metro 400 m) from it or not in its order, and the line is straight from the \
             stop before to the stop after",
            cuts.off
        );
    }
    if cuts.other_trips > 0 {
        what += &format!("; {} trips have another shape than most of their pattern, which counts", cuts.other_trips);
    }
    account.noted("shapes-cut", None, what);
}
