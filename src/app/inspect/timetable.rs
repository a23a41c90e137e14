//! What is in a GTFS feed: its tables, its days, and what is wrong with it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::app::inspect::InspectError;
use crate::base::clock::ServiceDate;
use crate::base::issue::Severity;
use crate::base::units::Lang;
use crate::io::gtfs;
use crate::io::gtfs::Part;
use crate::io::gtfs::days;
use crate::io::gtfs::days::Days;
use crate::io::gtfs::feed::Location;
use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::notice::Notice;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::preflight;
use crate::io::read;
use crate::io::read::ReadError;
use crate::model::transit::Mode;

/// What is in a feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedInspection {
    /// As it was named.
    pub path: String,
    pub driver: &'static str,
    /// Of the tables, unpacked.
    pub bytes: u64,
    pub publisher: Option<String>,
    pub version: Option<String>,
    pub agencies: Vec<String>,
    /// Time zone of its times.
    pub zone: Option<String>,
    /// The days for which the feed says it holds.
    pub said_valid: [Option<String>; 2],
    pub tables: Vec<TableFinding>,
    /// Routes with their mode, and their trips.
    pub modes: BTreeMap<Mode, ModeFinding>,
    pub stops: u64,
    pub stations: u64,
    /// Trips at headways, and calls without a time.
    pub trips_at_headways: u64,
    pub calls_without_time: u64,
    /// West, south, east, north of the stops, degrees.
    pub extent: Option<[f64; 4]>,
    /// The Tuesday to Thursday with the most trips, which a study without a date measures.
    pub ordinary_day: Option<String>,
    /// Trips by date; days on which none runs are not in it.
    pub trips_by_date: BTreeMap<String, u64>,
    /// By rule, errors first.
    pub notices: Vec<RuleFinding>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableFinding {
    pub file: &'static str,
    pub rows: u64,
    pub used: u64,
    pub dropped: BTreeMap<&'static str, u64>,
}

/// What runs in one mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ModeFinding {
    pub routes: u64,
    pub trips: u64,
}

/// How often a rule is broken, and where first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleFinding {
    pub rule: Rule,
    pub severity: Severity,
    pub about: &'static str,
    pub count: u64,
    /// Rows that were left out because of it.
    pub left_out: u64,
    /// The first of them.
    pub first: Vec<Notice>,
}

/// Looks at every feed of a path, one after the other by name. Rules that need a day to count from are asked where `today` is given.
/// # Errors
/// [`InspectError::Read`] for what is no feed, and where which one is meant is not clear.
pub fn inspect_all(path: &Path, today: Option<ServiceDate>) -> Result<Vec<FeedInspection>, InspectError> {
    let shown = read::shown(path);
    let parts = gtfs::parts(path, &shown)?;
    parts.iter().map(|part| look(path, part, part.shown(&shown), today)).collect()
}

/// Looks at the only feed of a path.
/// # Errors
/// As [`inspect_all`]; [`InspectError::Read`] where there are several.
pub fn inspect(path: &Path, today: Option<ServiceDate>) -> Result<FeedInspection, InspectError> {
    let mut all = inspect_all(path, today)?;
    match (all.pop(), all.len()) {
        (Some(only), 0) => Ok(only),
        (_, more) => {
            let what = format!("holds {} feeds", more + 1);
            Err(InspectError::Read(ReadError::Content { shown: read::shown(path), what }))
        }
    }
}

fn look(path: &Path, part: &Part, shown: String, today: Option<ServiceDate>) -> Result<FeedInspection, InspectError> {
    let mut feed = gtfs::read_part(part, &shown)?;
    let days = Days::of(&feed);
    preflight::check(&mut feed, &days, today);
    let mut modes: BTreeMap<Mode, ModeFinding> = BTreeMap::new();
    feed.routes.iter().for_each(|route| modes.entry(route.mode).or_default().routes += 1);
    for trip in &feed.trips {
        modes.entry(feed.routes[trip.route as usize].mode).or_default().trips += 1;
    }
    let count = |location: Location| feed.stops.iter().filter(|stop| stop.location == location).count() as u64;
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let info = feed.info.clone().unwrap_or_default();
    Ok(FeedInspection {
        driver: if path.is_dir() { "GTFS, folder" } else { "GTFS" },
        bytes: fs::metadata(path).map_or(0, |file| if file.is_dir() { 0 } else { file.len() }),
        publisher: text(&info.publisher),
        version: text(&info.version),
        agencies: feed.agencies.iter().map(|agency| agency.name.clone()).collect(),
        zone: feed.zone().map(str::to_owned),
        said_valid: [info.start, info.end].map(|date| date.map(|date| date.to_string())),
        tables: feed
            .tables
            .iter()
            .map(|one| TableFinding { file: one.file, rows: one.read, used: one.used(), dropped: one.dropped.clone() })
            .collect(),
        modes,
        stops: count(Location::Stop),
        stations: count(Location::Station),
        trips_at_headways: feed.frequencies_by_trip().iter().filter(|list| !list.is_empty()).count() as u64,
        calls_without_time: feed.calls.iter().filter(|call| call.arrival().is_none()).count() as u64,
        extent: extent(&feed),
        ordinary_day: days::ordinary_day(std::slice::from_ref(&days), &[]).map(|(date, _)| date.to_string()),
        trips_by_date: days.trips.iter().map(|(date, trips)| (date.to_string(), *trips)).collect(),
        notices: rules(&feed),
        path: shown,
    })
}

fn extent(feed: &RawFeed) -> Option<[f64; 4]> {
    feed.stops.iter().filter_map(|stop| stop.lonlat).fold(None, |so_far: Option<[f64; 4]>, [lon, lat]| {
        let [west, south, east, north] = so_far.unwrap_or([lon, lat, lon, lat]);
        Some([west.min(lon), south.min(lat), east.max(lon), north.max(lat)])
    })
}

fn rules(feed: &RawFeed) -> Vec<RuleFinding> {
    let of = |rule: Rule| feed.notices.first.iter().filter(move |notice| notice.rule == rule).cloned().collect();
    let mut found: Vec<RuleFinding> = feed
        .notices
        .counts
        .iter()
        .map(|(rule, count)| RuleFinding {
            rule: *rule,
            severity: rule.severity(),
            about: rule.about(),
            count: count.all,
            left_out: count.left_out,
            first: of(*rule),
        })
        .collect();
    found.sort_by_key(|one| (std::cmp::Reverse(one.severity), one.rule));
    found
}

/// Examples of one rule that a page shows.
const EXAMPLES: usize = 3;

/// Columns before the text of an entry.
const MARGIN: usize = 12;

/// The inspection as text, ending with a line feed.
pub fn render(found: &FeedInspection, lang: Lang) -> String {
    let say = |en: &'static str, zh: &'static str| match lang {
        Lang::En => en,
        Lang::Zh => zh,
    };
    let mut page = format!("{}  {}", found.path, found.driver);
    if found.bytes > 0 {
        // Writing to a String can not fail.
        let _ = write!(page, ", {:.1} kB", found.bytes as f64 / 1e3);
    }
    page.push('\n');
    let mut entry = |name: &str, text: String| {
        let blanks = " ".repeat(MARGIN.saturating_sub(name.width()));
        page.push_str(format!("  {name}{blanks}{text}").trim_end());
        page.push('\n');
    };
    let version = found.version.as_ref().map(|version| format!(", {} {version}", say("version", "版本")));
    let publisher = found.publisher.as_deref().unwrap_or(say("not said", "未写明"));
    entry(say("publisher", "发布者"), format!("{publisher}{}", version.unwrap_or_default()));
    entry(say("agencies", "运营者"), found.agencies.join(", "));
    entry(say("time zone", "时区"), found.zone.clone().unwrap_or_else(|| say("not said", "未写明").to_owned()));
    if let Some([west, south, east, north]) = found.extent {
        entry(say("extent", "范围"), format!("{west:.5}° … {east:.5}°, {south:.5}° … {north:.5}° (WGS 84)"));
    }
    let modes: Vec<String> = found
        .modes
        .iter()
        .map(|(mode, one)| format!("{} {} ({} {})", one.routes, word(*mode), one.trips, say("trips", "班次")))
        .collect();
    entry(say("routes", "线路"), modes.join(", "));
    let stops = format!("{} + {} {}", found.stops, found.stations, say("stations", "个车站"));
    entry(say("stops", "站点"), stops);
    if found.trips_at_headways > 0 {
        entry("", format!("{} {}", found.trips_at_headways, say("trips at headways", "个按间隔发车的班次")));
    }
    if found.calls_without_time > 0 {
        let text = say("calls without a time, to be worked out by distance", "次停站无时刻，将按距离推算");
        entry("", format!("{} {text}", found.calls_without_time));
    }
    entry(say("tables", "数据表"), String::new());
    for table in &found.tables {
        let dropped: Vec<String> = table.dropped.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let dropped = if dropped.is_empty() { String::new() } else { format!(" ({})", dropped.join(", ")) };
        entry(
            "",
            format!(
                "{:<19}{:>9} {}, {} {}{dropped}",
                table.file,
                table.rows,
                say("rows", "行"),
                table.used,
                say("used", "可用")
            ),
        );
    }
    let dates = found.trips_by_date.keys();
    let span = dates.clone().next().zip(dates.last()).map(|(first, last)| format!("{first} … {last}"));
    entry(say("service", "运营日期"), span.unwrap_or_else(|| say("on no day", "无").to_owned()));
    if let [Some(first), Some(last)] = &found.said_valid {
        entry("", format!("{} {first} … {last}", say("said to be valid", "声明有效期")));
    }
    if let Some(day) = &found.ordinary_day {
        entry("", format!("{} {day}", say("ordinary day", "典型工作日")));
    }
    page.push_str(&calendar(&found.trips_by_date, lang));
    if found.notices.is_empty() {
        let _ = writeln!(page, "  {}  {}", say("problems", "问题"), say("none found", "未发现"));
    } else {
        let _ = writeln!(page, "  {}", say("notices", "检查结果"));
    }
    for rule in &found.notices {
        let left_out = match rule.left_out {
            0 => String::new(),
            count => format!(", {} {count}", say("left out", "剔除")),
        };
        let _ = writeln!(page, "    {} [{}] {}{left_out}: {}", rule.severity, rule.rule, rule.count, rule.about);
        for notice in rule.first.iter().take(EXAMPLES) {
            let _ = writeln!(page, "      {}", place(notice));
        }
    }
    page
}

/// A notice on a line of its own: file, line, field and value, and what is wrong where that says more than the rule.
fn place(notice: &Notice) -> String {
    let mut text = notice.file.to_owned();
    if let Some(line) = notice.line {
        let _ = write!(text, "{}line {line}", if text.is_empty() { "" } else { ", " });
    }
    if let Some(field) = &notice.field {
        let _ = write!(text, ", {field}");
        if let Some(value) = &notice.value {
            let _ = write!(text, " \"{value}\"");
        }
    }
    if notice.what != notice.rule.about() {
        let _ = write!(text, "{}{}", if text.is_empty() { "" } else { ": " }, notice.what);
    }
    text
}

fn word(mode: Mode) -> String {
    serde_json::to_value(mode).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Trips by date, a week a line from Monday to Sunday; weeks like the one before are counted.
pub fn calendar(trips_by_date: &BTreeMap<String, u64>, lang: Lang) -> String {
    let mut weeks: BTreeMap<ServiceDate, [u64; 7]> = BTreeMap::new();
    for (date, trips) in trips_by_date {
        let Ok(date) = date.parse::<ServiceDate>() else { continue };
        let weekday = date.0.weekday().to_monday_zero_offset() as usize;
        let monday = (0..weekday).fold(date, |day, _| day.yesterday());
        weeks.entry(monday).or_default()[weekday] = *trips;
    }
    let most = weeks.values().flatten().max().copied().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let width = most.to_string().len().max(3) + 1;
    let names = match lang {
        Lang::En => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        Lang::Zh => ["一", "二", "三", "四", "五", "六", "日"],
    };
    let (head, alike) = match lang {
        Lang::En => ("week of", "weeks alike"),
        Lang::Zh => ("周一", "周相同"),
    };
    let mut text = format!("    {head}{}", " ".repeat(10usize.saturating_sub(head.width())));
    for name in names {
        let _ = write!(text, "{}{name}", " ".repeat(width.saturating_sub(name.width())));
    }
    text.push('\n');
    // a week that follows at once and is the same is not shown again
    let mut shown: Option<(ServiceDate, [u64; 7], u64)> = None;
    let line = |(monday, days, count): (ServiceDate, [u64; 7], u64)| {
        let cell = |trips: u64| if trips == 0 { "·".to_owned() } else { trips.to_string() };
        let cells: String = days.iter().map(|trips| format!("{:>width$}", cell(*trips))).collect();
        let more = if count > 1 { format!("  {count} {alike}") } else { String::new() };
        format!("    {monday}{cells}{more}\n")
    };
    for (monday, days) in weeks {
        match &mut shown {
            Some((first, same, count)) if *same == days && first.days() + 7 * *count as i32 == monday.days() => {
                *count += 1
            }
            _ => {
                text.extend(shown.map(line));
                shown = Some((monday, days, 1));
            }
        }
    }
    text.extend(shown.map(line));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_has_a_week_a_line_and_counts_like_ones() {
        // 2026-03-02 is a Monday; weekdays have 12 trips, one Saturday 5, a week without service lies between
        let mut trips = BTreeMap::new();
        for day in [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 30] {
            trips.insert(format!("2026-03-{day:02}"), 12);
        }
        trips.insert("2026-03-21".to_owned(), 5);
        let want = "    week of    Mon Tue Wed Thu Fri Sat Sun\n    \
                    2026-03-02  12  12  12  12  12   ·   ·  2 weeks alike\n    \
                    2026-03-16  12  12  12  12  12   5   ·\n    \
                    2026-03-30  12   ·   ·   ·   ·   ·   ·\n";
        assert_eq!(calendar(&trips, Lang::En), want);
        assert_eq!(calendar(&BTreeMap::new(), Lang::En), "");
    }
}
