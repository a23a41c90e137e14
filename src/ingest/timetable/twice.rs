//! Departures that stand twice in the timetables of the study's day.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;

use crate::base::idx::CalendarIdx;
use crate::base::idx::StopIdx;
use crate::base::units::Text;
use crate::base::units::thousands;
use crate::model::transit::Call;
use crate::model::transit::Mode;
use crate::model::transit::Transit;

/// Lines that are named.
const NAMED: usize = 5;

/// What one vehicle, or one row of headways, does: the same twice is a copy.
#[derive(PartialEq)]
struct Run<'t> {
    line: (&'t str, Mode),
    /// Time zone of its times.
    zone: Option<&'t str>,
    stops: &'t [(u64, u64)],
    calls: &'t [Call],
    /// First and last departure and headway, where it has one.
    hours: Option<(u32, u32, u32)>,
}

impl Run<'_> {
    fn print(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.line.0, self.stops, self.hours).hash(&mut hasher);
        self.calls.iter().for_each(|call| (call.arrives.0, call.leaves.0).hash(&mut hasher));
        hasher.finish()
    }
}

/// Departures of a line on the day, and how many of them are copies of others.
#[derive(Default, Clone, Copy)]
struct Departures {
    all: u64,
    copies: u64,
}

/// What is to be said of departures that stand there twice on the study's day: of lines of one name and mode, from stop to stop at the same
/// places and times, under whatever service, route or feed. `None` where there are none.
pub(super) fn told(transit: &Transit) -> Option<Text> {
    let date = transit.date?;
    let mut of_line: BTreeMap<(&str, Mode), Departures> = BTreeMap::new();
    let place = |stop: &StopIdx| {
        let at = transit.stop(*stop).at.lonlat;
        (at.lon.to_bits(), at.lat.to_bits())
    };
    let patterns = transit.services.iter().flat_map(|service| &service.patterns);
    let stops: Vec<Vec<(u64, u64)>> = patterns.map(|pattern| pattern.stops.iter().map(place).collect()).collect();
    let mut stops = stops.iter();
    let mut seen: HashMap<u64, Vec<Run<'_>>> = HashMap::new();
    for service in &transit.services {
        let line = (service.name.as_str(), service.mode);
        let zone = transit.feeds.get(service.feed.at()).and_then(|feed| feed.zone.as_deref());
        for pattern in &service.patterns {
            let runs_on =
                |calendar: CalendarIdx| transit.calendars.get(calendar.at()).is_some_and(|one| one.runs_on(date));
            let trips = pattern.trips.iter().filter(|trip| runs_on(trip.calendar)).map(|trip| (&trip.calls, None));
            let spans = pattern.frequencies.iter().filter(|one| one.calendar.is_none_or(runs_on));
            let spans = spans.map(|one| (&one.calls, Some((one.first.0, one.last.0, one.headway_s))));
            let Some(stops) = stops.next() else { continue };
            for (calls, hours) in trips.chain(spans) {
                let run = Run { line, zone, stops, calls, hours };
                let count = hours.map_or(1, |(first, last, headway)| u64::from((last - first) / headway.max(1)) + 1);
                let like = seen.entry(run.print()).or_default();
                let is_copy = like.contains(&run);
                let own = of_line.entry(line).or_default();
                own.all += count;
                own.copies += if is_copy { count } else { 0 };
                if !is_copy {
                    like.push(run);
                }
            }
        }
    }
    let mut twice: Vec<(&str, Departures)> =
        of_line.iter().filter(|(_, own)| own.copies > 0).map(|((name, _), own)| (*name, *own)).collect();
    twice.sort_by_key(|(name, own)| (std::cmp::Reverse(own.copies), *name));
    let (copies, all) = of_line.values().fold((0, 0), |(copies, all), own| (copies + own.copies, all + own.all));
    if copies == 0 {
        return None;
    }
    let more = twice.len().saturating_sub(NAMED);
    let count = |count: u64| thousands(count as f64);
    let listed = |from: &str, by: &str| {
        let one = |(name, own): &(&str, Departures)| {
            format!("{from}{name} {} → {}", count(own.all), count(own.all - own.copies))
        };
        twice.iter().take(NAMED).map(one).collect::<Vec<_>>().join(by)
    };
    let (more_en, more_zh) = match more {
        0 => Default::default(),
        more => (format!(" and {more} more lines"), format!("等另{more}条线路")),
    };
    let (copies, all) = (count(copies), count(all));
    Some(Text::new(
        format!(
            "{copies} of {all} departures on {date} stand twice in the timetables (same line, stops and times, under services that both run that \
             day); all are counted, which overstates departures a day; without the copies: {}{more_en}",
            listed("line ", ", ")
        ),
        format!(
            "{date}的{all}个班次中有{copies}个在时刻表中重复（线路、站点与时刻相同，所属服务当日均运行）；全部计入，日班次数偏高；去除重复后：{}{more_zh}",
            listed("线路", "、")
        ),
    ))
}
