//! Why a pair is connected or not: its journeys in numbers, or the nearest miss, and what that is known by.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::clock::ServiceDate;
use crate::base::clock::ServiceTime;
use crate::base::idx::StopIdx;
use crate::base::units::Text;
use crate::base::units::trim_zeros;
use crate::metrics::Evidence;
use crate::metrics::adjacency::Pair;
use crate::metrics::connection::NearBorder;
use crate::metrics::connection::Network;
use crate::metrics::connection::Walk;
use crate::metrics::departures::Departures;
use crate::metrics::departures::Lack;
use crate::metrics::departures::Needs;
use crate::metrics::departures::minutes;
use crate::metrics::joins;
use crate::metrics::joins::Join;
use crate::metrics::joins::Joins;
use crate::metrics::journeys::Journeys;
use crate::metrics::neighbour_reach::Definition;
use crate::metrics::neighbour_reach::Scope;
use crate::metrics::neighbour_survey::Answer;
use crate::metrics::neighbour_survey::JourneyPair;
use crate::metrics::neighbour_survey::Survey;
use crate::metrics::service_day::Source;

/// A line that stops this far from the other region, and no farther, is told as a near miss; metres.
const NEAR_MISS_M: f64 = 2_000.0;

/// Everything known of one pair: what layers, evidence and lists are made of.
pub struct PairReport<'s> {
    pub pair: &'s Pair,
    pub answer: Answer,
    /// Direct services whose departures in both directions are as wanted.
    pub joins: Vec<&'s Join>,
    /// From the pair's first region to its second, and back, by these services or by journeys with changes.
    pub there: Way,
    pub back: Way,
    /// Of the quickest journey; 0 for a direct line.
    pub changes: u8,
    /// A short fixed word: `joined`, `journey`, `no-data`, `not-running`, `one-way`, `too-few-trips`, `too-slow`, `span`, `stricter`,
    /// `walk`, `other-mode`, `passes-through`, `no-line`.
    pub reason: &'static str,
    pub text: Text,
    /// Each journey that qualifies, in numbers.
    pub lines: Vec<Text>,
    /// The line that comes closest to joining a pair that is not connected, and what it lacks.
    pub miss: Option<Text>,
    /// What it rests on: `timetable`, `route-table`, `assumed`, `ledger`, or several of them.
    pub source: String,
    /// The day that it is told of: the study's, or the one on which the pair is not connected.
    pub day: Option<ServiceDate>,
    /// The closest two stops, one on each side, that any counted mode serves.
    pub gap: Option<Walk>,
    /// In the bureau's ledger; `None` without one.
    pub declared: Option<bool>,
    pub within_province: bool,
}

/// One direction of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Way {
    pub trips: f64,
    pub first: Option<ServiceTime>,
    pub last: Option<ServiceTime>,
    pub quickest_s: Option<u32>,
}

impl Way {
    fn of<'d>(all: impl Iterator<Item = &'d Departures>) -> Way {
        let mut way = Way::default();
        for departures in all {
            way.trips += departures.trips();
            if let Some((first, last)) = departures.first_and_last() {
                way.first = Some(way.first.map_or(first, |own| own.min(first)));
                way.last = way.last.max(Some(last));
            }
            if let Some(ride) = departures.quickest() {
                way.quickest_s = Some(way.quickest_s.map_or(ride.takes_s, |own| own.min(ride.takes_s)));
            }
        }
        way
    }
}

/// Texts one after the other.
pub fn en_list(texts: &[Text]) -> String {
    texts.iter().map(|text| text.en.as_str()).collect::<Vec<_>>().join("; ")
}

/// Texts one after the other.
pub fn zh_list(texts: &[Text]) -> String {
    texts.iter().map(|text| text.zh.as_str()).collect::<Vec<_>>().join("；")
}

/// A report on each pair, in order.
pub fn reports<'s>(survey: &'s Survey<'_>, pairs: &[&'s Pair], answers: &[Answer]) -> Vec<PairReport<'s>> {
    let declared = survey.declared_pairs();
    // the day that decides: the first one that is not connected
    let mut days: Vec<usize> = vec![0; pairs.len()];
    for day in (0..survey.days.len()).rev() {
        if let Ok(on_day) = survey.answers_on(day, pairs, survey.definition(), NearBorder::AsLocated) {
            for (at, answer) in on_day.iter().enumerate() {
                if *answer == answers[at] && *answer != Answer::Connected {
                    days[at] = day;
                }
            }
        }
    }
    let mut missed: BTreeMap<usize, BTreeSet<(usize, usize)>> = BTreeMap::new();
    for (at, pair) in pairs.iter().enumerate().filter(|(at, _)| answers[*at] == Answer::NotConnected) {
        missed.entry(days[at]).or_default().insert((pair.a, pair.b));
    }
    let reach_m = NEAR_MISS_M.max(survey.params.border_walk.0);
    let nearly: BTreeMap<usize, Joins> =
        missed.iter().map(|(day, keys)| (*day, survey.nearly(*day, keys, reach_m))).collect();
    pairs
        .iter()
        .enumerate()
        .map(|(at, pair)| {
            let (answer, day) = (answers[at], days[at]);
            let case = Case { survey, pair, answer, day };
            let joins = match survey.days.get(day) {
                Some(view) => survey.good_joins(&view.direct, pair, &survey.params.needs()),
                None => Vec::new(),
            };
            let by_changes = case.journeys().filter(|_| joins.is_empty() && answer == Answer::Connected);
            let gap = survey
                .network
                .as_ref()
                .and_then(|network| network.shortest_walk(pair.a, pair.b, &survey.params.modes, None));
            let miss = nearly.get(&day).and_then(|nearly| case.miss(nearly)).filter(|_| answer == Answer::NotConnected);
            let (reason, text) = case.reason(&joins, gap, miss.as_ref());
            let (there, back) = match &by_changes {
                Some(pair) => {
                    let (there, back) = (pair.there.departures(), pair.back.departures());
                    (Way::of([&there].into_iter()), Way::of([&back].into_iter()))
                }
                None => (Way::of(joins.iter().map(|join| &join.there)), Way::of(joins.iter().map(|join| &join.back))),
            };
            let changes = by_changes
                .as_ref()
                .map_or(0, |pair| pair.there.quickest.len().max(pair.back.quickest.len()).saturating_sub(1) as u8);
            PairReport {
                pair,
                answer,
                lines: case.lines(&joins, by_changes.as_ref()),
                there,
                back,
                changes,
                reason,
                text,
                miss: miss.map(|miss| miss.0),
                source: case.source(&joins, by_changes.as_ref()),
                day: survey.days.get(day).and_then(|view| view.day.date),
                joins,
                gap,
                declared: declared.as_ref().map(|declared| declared.contains(&(pair.a, pair.b))),
                within_province: survey.units[pair.a].province == survey.units[pair.b].province,
            }
        })
        .collect()
}

/// A pair with its answer, on the day that decides.
struct Case<'s, 'a> {
    survey: &'s Survey<'a>,
    pair: &'s Pair,
    answer: Answer,
    day: usize,
}

impl<'s, 'a> Case<'s, 'a> {
    fn names(&self) -> (&'s str, &'s str) {
        (&self.survey.units[self.pair.a].name, &self.survey.units[self.pair.b].name)
    }

    fn network(&self) -> Option<&'s Network<'a>> {
        self.survey.network.as_ref()
    }

    /// Journeys with changes in both directions, where they were looked for and found.
    fn journeys(&self) -> Option<JourneyPair> {
        let journeys = self.survey.journeys(self.day, self.pair)?;
        let is_good = |way: &Journeys| way.departures().lacks(&self.survey.params.needs()).is_empty();
        (is_good(&journeys.there) && is_good(&journeys.back)).then_some(journeys)
    }

    fn line(&self, join: &Join) -> &'s str {
        self.network().map_or("", |network| &network.service(join.service).name)
    }

    /// The line of `nearly` that comes closest: one that stops in both regions before one that stops short, then by what it lacks, how far
    /// it stops short, and its trips; and whether it stops short.
    fn miss(&self, nearly: &Joins) -> Option<(Text, bool)> {
        let survey = self.survey;
        let border_walk_m = survey.params.border_walk.0;
        let is_short = |join: &Join| join.short_m > border_walk_m;
        let leads = |join: &&Join| !(is_short(join) && join.there.is_empty() && join.back.is_empty());
        let best = nearly.get(&(self.pair.a, self.pair.b))?.iter().filter(leads).min_by(|x, y| {
            let rank = |join: &Join| (is_short(join), join.lacks(&survey.params.needs()).len());
            let by_lacks = rank(x).cmp(&rank(y)).then(x.short_m.total_cmp(&y.short_m));
            by_lacks.then(y.trips().total_cmp(&x.trips())).then(x.service.cmp(&y.service))
        })?;
        let mut parts: Vec<Text> = Vec::new();
        if is_short(best) {
            let metres = best.short_m.ceil();
            let (en, zh) = (format!("last stop {metres} m before the border"), format!("末站距边界 {metres} 米"));
            parts.push(match border_walk_m > 0.0 {
                true => Text::new(format!("{en} > {border_walk_m} m"), format!("{zh} > {border_walk_m} 米")),
                false => Text::new(en, zh),
            });
        }
        parts.extend(self.lacks(best));
        if parts.is_empty() {
            return None;
        }
        let name = self.line(best);
        let text = Text::new(format!("{name}: {}", en_list(&parts)), format!("{name}：{}", zh_list(&parts)));
        Some((text, is_short(best)))
    }

    /// What a line lacks, in numbers; what both directions lack alike is told once.
    fn lacks(&self, join: &Join) -> Vec<Text> {
        let (a, b) = self.names();
        let lacks = join.lacks(&self.survey.params.needs());
        let mut told: Vec<Text> = Vec::new();
        for (way, lack) in &lacks {
            let (from, to, departures) = match way {
                joins::Way::There => (a, b, &join.there),
                joins::Way::Back => (b, a, &join.back),
            };
            if departures.is_empty()
                && matches!(lack, Lack::Trips { .. })
                && !(join.there.is_empty() && join.back.is_empty())
            {
                told.push(Text::new(format!("no trip from {from} to {to}"), format!("无 {from}→{to} 班次")));
                continue;
            }
            let text = lack.told();
            let is_alike = lacks.iter().any(|(other, same)| other != way && same.told() == text);
            if !is_alike {
                told.push(Text::new(format!("{} ({from} to {to})", text.en), format!("{}（{from}→{to}）", text.zh)));
            } else if !told.contains(&text) {
                told.push(text);
            }
        }
        told
    }

    fn reason(&self, joins: &[&Join], gap: Option<Walk>, miss: Option<&(Text, bool)>) -> (&'static str, Text) {
        let (reason, text) = self.reason_on_the_day(joins, gap);
        let (mut en, mut zh) = (text.en, text.zh);
        if let Some((miss, _)) = miss.filter(|(_, is_short)| *is_short && self.is_without_line(reason)) {
            en = format!("{en}; {}", miss.en);
            zh = format!("{zh}；{}", miss.zh);
        }
        let shown = self.survey.days.get(self.day).and_then(|view| view.day.shown());
        if let Some(shown) = shown.filter(|_| self.survey.days.len() > 1 && self.answer != Answer::Connected) {
            en = format!("on {}: {en}", shown.en);
            zh = format!("{}：{zh}", shown.zh);
        }
        (reason, Text::new(en, zh))
    }

    fn is_without_line(&self, reason: &str) -> bool {
        matches!(reason, "walk" | "other-mode" | "passes-through" | "no-line")
    }

    fn reason_on_the_day(&self, joins: &[&Join], gap: Option<Walk>) -> (&'static str, Text) {
        let (survey, pair) = (self.survey, self.pair);
        let Some((network, view)) = survey.network.as_ref().zip(survey.days.get(self.day)) else {
            return match self.answer {
                Answer::Connected => ("joined", Text::new("in the bureau's ledger", "见主管部门台账")),
                _ => ("no-line", Text::new("not in the bureau's ledger", "未列入主管部门台账")),
            };
        };
        if !joins.is_empty() {
            let text = self.joined(joins);
            if self.answer == Answer::NotConnected {
                let (en, zh) = ("not as the definition wants", "但不符合所选口径");
                return ("stricter", Text::new(format!("{}, but {en}", text.en), format!("{}，{zh}", text.zh)));
            }
            return ("joined", text);
        }
        let direct = view.direct.get(&(pair.a, pair.b)).map(Vec::as_slice).unwrap_or_default();
        let best = direct.iter().max_by(|x, y| x.trips().total_cmp(&y.trips()));
        if self.answer == Answer::NoData {
            return ("no-data", self.unknown(network, direct));
        }
        if self.answer == Answer::Connected
            && let Some(journeys) = self.journeys()
        {
            return ("journey", self.by_changes(&journeys));
        }
        if let Some(best) = best {
            let name = self.line(best);
            let lacks = self.lacks(best);
            let told = Text::new(format!("{name}: {}", en_list(&lacks)), format!("{name}：{}", zh_list(&lacks)));
            let (a, b) = self.names();
            return match (best.there.is_empty(), best.back.is_empty()) {
                (true, true) => ("not-running", Text::new(format!("{name} does not run"), format!("{name}不开行"))),
                (false, false) => (lacking_word(best, &survey.params.needs()), told),
                (_, back) => {
                    let (from, to) = if back { (a, b) } else { (b, a) };
                    let zh = format!("{name}仅单向运行（{from}→{to}）");
                    ("one-way", Text::new(format!("{name} runs from {from} to {to} only"), zh))
                }
            };
        }
        if let Some(walk) = survey.walk(self.day, pair) {
            let (from, to) = (network.stop(walk.from), network.stop(walk.to));
            let metres = walk.metres.ceil();
            return (
                "walk",
                Text::new(
                    format!("two lines, {metres} m on foot between {} and {}", from.name, to.name),
                    format!("两条线路需步行换乘 {metres} 米（{}—{}）", from.name, to.name),
                ),
            );
        }
        let of_any_mode = survey.any_mode(self.day).and_then(|joins| joins.get(&(pair.a, pair.b)));
        if let Some(best) = of_any_mode.and_then(|joins| joins.iter().max_by(|x, y| x.trips().total_cmp(&y.trips()))) {
            let service = network.service(best.service);
            return (
                "other-mode",
                Text::new(
                    format!("only {} ({:?}), which does not count as bus", service.name, service.mode),
                    format!("仅有{}（{:?}），不计入公交", service.name, service.mode),
                ),
            );
        }
        if let Some(through) = survey.passing_through(pair) {
            let name = &network.service(through).name;
            return (
                "passes-through",
                Text::new(
                    format!("{name} runs through both but does not stop in both"),
                    format!("{name}经过两县但未在两侧均设站"),
                ),
            );
        }
        let Some(gap) = gap else { return ("no-line", Text::new("no line", "无线路")) };
        let (from, to) = (network.stop(gap.from), network.stop(gap.to));
        let km = trim_zeros((gap.metres / 100.0).ceil() / 10.0, 1);
        (
            "no-line",
            Text::new(
                format!("no line; closest stops {km} km apart: {} – {}", from.name, to.name),
                format!("无线路；两侧最近站点相距 {km} 公里：{}—{}", from.name, to.name),
            ),
        )
    }

    /// Why nothing can be said.
    fn unknown(&self, network: &Network<'_>, direct: &[Join]) -> Text {
        let Some(view) = self.survey.days.get(self.day) else { return Text::default() };
        let without: Vec<&str> = [self.pair.a, self.pair.b]
            .into_iter()
            .filter(|unit| !network.has_data(*unit, &view.day))
            .map(|unit| self.survey.units[unit].name.as_str())
            .collect();
        let doubts = self.survey.doubts(self.pair);
        if without.is_empty() && !doubts.is_empty() {
            let (named, more) = (&doubts[..doubts.len().min(3)], doubts.len().saturating_sub(3));
            let (en, zh) =
                if more > 0 { (format!("; +{more}"), format!("；另 {more} 条")) } else { Default::default() };
            return Text::new(format!("{}{en}", en_list(named)), format!("{}{zh}", zh_list(named)));
        }
        if without.is_empty() {
            let open = direct.iter().find(|join| {
                let lacks = join.lacks(&self.survey.params.needs());
                !lacks.is_empty() && lacks.iter().all(|(_, lack)| lack.is_unknown())
            });
            return open.map_or(Text::new("not known", "不详"), |join| {
                let (name, lacks) = (self.line(join), self.lacks(join));
                Text::new(format!("{name}: {}", en_list(&lacks)), format!("{name}：{}", zh_list(&lacks)))
            });
        }
        Text::new(format!("no service data for {}", without.join(" and ")), format!("{}无线路数据", without.join("、")))
    }

    fn joined(&self, joins: &[&Join]) -> Text {
        let names: Vec<&str> = joins.iter().take(3).map(|join| self.line(join)).collect();
        let more = if joins.len() > 3 { format!(" +{}", joins.len() - 3) } else { String::new() };
        let trips = trim_zeros(joins.iter().map(|join| join.trips()).sum(), 1);
        Text::new(
            format!("{}{more}: {trips} trips a day each way", names.join(", ")),
            format!("{}{more}：每日每方向 {trips} 班", names.join("、")),
        )
    }

    fn by_changes(&self, journeys: &JourneyPair) -> Text {
        let changes = journeys.there.quickest.len().max(journeys.back.quickest.len()).saturating_sub(1);
        let trips = journeys.there.by_vehicle.len().min(journeys.back.by_vehicle.len());
        let plural = if changes == 1 { "change" } else { "changes" };
        Text::new(
            format!("no direct line; {trips} journeys a day each way with {changes} {plural}"),
            format!("无直达线路；换乘 {changes} 次，每日每方向 {trips} 个班次可达"),
        )
    }

    /// Every journey that qualifies, in numbers.
    fn lines(&self, joins: &[&Join], by_changes: Option<&JourneyPair>) -> Vec<Text> {
        let Some(network) = self.network() else { return Vec::new() };
        let mut lines: Vec<Text> = joins
            .iter()
            .map(|join| {
                let name = self.line(join);
                let (there, back) = (told(network, &join.there), told(network, &join.back));
                let short = if join.short_m > 0.0 {
                    let metres = join.short_m.ceil();
                    (format!(", stops {metres} m before the border"), format!("，末站距边界 {metres} 米"))
                } else {
                    Default::default()
                };
                Text::new(
                    format!("{name}: {}, back {}{}", there.en, back.en, short.0),
                    format!("{name}：{}，返程 {}{}", there.zh, back.zh, short.1),
                )
            })
            .collect();
        for way in by_changes.into_iter().flat_map(|pair| [&pair.there, &pair.back]) {
            let legs: Vec<String> = way
                .quickest
                .iter()
                .map(|leg| {
                    let name = &network.service(leg.service).name;
                    let (from, to) = (&network.stop(leg.from).name, &network.stop(leg.to).name);
                    format!("{name} {} {from} → {} {to}", leg.leaves.exact(), leg.arrives.exact())
                })
                .collect();
            let summary = told(network, &way.departures());
            lines.push(Text::new(
                format!("{} (quickest: {})", summary.en, legs.join(", ")),
                format!("{}（最快：{}）", summary.zh, legs.join("，")),
            ));
        }
        lines
    }

    fn source(&self, joins: &[&Join], by_changes: Option<&JourneyPair>) -> String {
        if self.survey.definition() == Definition::Declared {
            return "ledger".to_owned();
        }
        let Some((network, view)) = self.network().zip(self.survey.days.get(self.day)) else {
            return "ledger".to_owned();
        };
        let sources: BTreeSet<Source> = if by_changes.is_some() {
            [Source::Timetable].into()
        } else if joins.is_empty() {
            let of = |unit| network.sources(unit, &view.day);
            of(self.pair.a).into_iter().chain(of(self.pair.b)).collect()
        } else {
            // the best known of the lines that join the pair carries it
            joins.iter().map(|join| view.day.source(join.service)).min().into_iter().collect()
        };
        sources.into_iter().map(Source::word).collect::<Vec<_>>().join(", ")
    }
}

/// The word for what a line that runs both ways lacks.
fn lacking_word(join: &Join, needs: &Needs) -> &'static str {
    let lacks = join.lacks(needs);
    let slow = |lack: &Lack| matches!(lack, Lack::Trips { slow, .. } if *slow > 0.0);
    if lacks.iter().any(|(_, lack)| slow(lack)) {
        "too-slow"
    } else if lacks.iter().any(|(_, lack)| matches!(lack, Lack::Trips { .. })) {
        "too-few-trips"
    } else {
        "span"
    }
}

/// Departures of one direction: between which stops, how many, first and last, minutes on the way.
fn told(network: &Network<'_>, departures: &Departures) -> Text {
    let stops: Option<(StopIdx, StopIdx)> = departures.quickest().map(|ride| (ride.from, ride.to)).or(departures.stops);
    let name = |stop: StopIdx| network.stop(stop).name.as_str();
    let way = stops.map_or(String::new(), |(from, to)| format!("{} → {} ", name(from), name(to)));
    let trips = trim_zeros(departures.trips(), 2);
    let (mut en, mut zh) = (format!("{way}{trips} a day"), format!("{way}每日 {trips} 班"));
    if let Some((first, last)) = departures.first_and_last() {
        let at_start = departures.rides.is_empty();
        en.push_str(&format!(" {first}–{last}{}", if at_start { " from the first stop" } else { "" }));
        zh.push_str(&format!(" {first}–{last}{}", if at_start { "（首站发车）" } else { "" }));
    }
    if let Some(ride) = departures.quickest() {
        en.push_str(&format!(" in {} min", minutes(ride.takes_s)));
        zh.push_str(&format!(" {} 分钟", minutes(ride.takes_s)));
    }
    Text::new(en, zh)
}

/// What the figures rest on, and which pairs miss by how little.
pub fn notes(survey: &Survey<'_>, reports: &[PairReport<'_>]) -> Vec<Text> {
    let mut notes = Vec::new();
    let Some(view) = survey.days.first() else { return notes };
    let params = survey.params;
    let mut basis: Vec<Text> = Vec::new();
    for source in [Source::Timetable, Source::RouteTable, Source::Assumed] {
        let feeds = view.day.feeds_of(source);
        if feeds.is_empty() {
            continue;
        }
        let title = source.title();
        let days: Vec<Text> = survey.days.iter().filter_map(|view| view.day.shown()).collect();
        let (en, zh) = match source {
            Source::Timetable => (format!("of {}", en_list(&days)), zh_list(&days)),
            _ => ("the same every day".to_owned(), "每日相同".to_owned()),
        };
        let names: Vec<&str> = feeds.into_iter().filter(|name| !name.is_empty()).collect();
        basis.push(Text::new(
            format!("{} {} ({en})", title.en, names.join(", ")).replace("  ", " "),
            format!("{} {}（{zh}）", title.zh, names.join("、")).replace(" （", "（"),
        ));
    }
    if !basis.is_empty() {
        notes.push(Text::new(
            format!("the figures rest on: {}", en_list(&basis)),
            format!("数据来源：{}", zh_list(&basis)),
        ));
    }
    if params.transfers > 0 && survey.definition() == Definition::Transfer {
        notes.push(Text::new(
            "no timetable: a change is two lines with enough trips and a walk across the border, whenever they run",
            "无时刻表：换乘仅按两条线路班次与跨界步行距离判定，不核对时刻",
        ));
    }
    let by_table = view.day.transit.services.iter().any(|service| !view.day.is_timed(service));
    if by_table && (params.first_by.is_some() || params.last_from.is_some()) {
        notes.push(Text::new(
            "first and last departures of a route table are those at the line's first stop",
            "线路表的首末班时间为首站发车时间",
        ));
    }
    let in_scope = |report: &&PairReport<'_>| survey.in_scope(report.pair, params.scope);
    let short =
        |report: &PairReport<'_>| !report.joins.is_empty() && report.joins.iter().all(|join| join.short_m > 0.0);
    let only_near = reports.iter().filter(in_scope).filter(|report| short(report)).count();
    if only_near > 0 {
        notes.push(Text::new(
            format!(
                "{only_near} pairs are joined only by lines that stop up to {} before the border",
                params.border_walk
            ),
            format!("{only_near} 对仅由未出县境、末站距边界不超过 {} 的线路连接", params.border_walk),
        ));
    }
    let pair_name =
        |report: &PairReport<'_>| (survey.units[report.pair.a].name.clone(), survey.units[report.pair.b].name.clone());
    let misses: Vec<Text> = reports
        .iter()
        .filter(in_scope)
        .filter_map(|report| {
            let (miss, (a, b)) = (report.miss.as_ref()?, pair_name(report));
            let day = report.day.filter(|_| survey.days.len() > 1).map_or(String::new(), |day| format!("{day}: "));
            Some(Text::new(format!("{a}–{b} ({day}{})", miss.en), format!("{a}—{b}（{day}{}）", miss.zh)))
        })
        .collect();
    if !misses.is_empty() {
        let more = misses.len().saturating_sub(5);
        let shown = &misses[..misses.len() - more];
        let (en, zh) = if more > 0 { (format!("; +{more}"), format!("；另 {more} 对")) } else { Default::default() };
        notes.push(Text::new(
            format!("near misses: {}{en}", en_list(shown)),
            format!("差距最小的未通达县对：{}{zh}", zh_list(shown)),
        ));
    }
    notes
}

/// One line of evidence on a pair, under a key that is the same in every run.
pub fn evidence(survey: &Survey<'_>, report: &PairReport<'_>) -> Evidence {
    let (a, b) = (&survey.units[report.pair.a], &survey.units[report.pair.b]);
    let (state, en, zh) = match report.answer {
        Answer::Connected => ("connected", "connected", "已通达"),
        Answer::NotConnected => ("unconnected", "not connected", "未通达"),
        Answer::NoData => ("no-data", "no data", "无数据"),
    };
    let km = trim_zeros(report.pair.shared_m / 1000.0, 2);
    let mut en_parts = vec![report.text.en.clone()];
    let mut zh_parts = vec![report.text.zh.clone()];
    for text in report.lines.iter().chain(&report.miss) {
        // a miss may be the reason already
        if !report.text.en.contains(&text.en) {
            en_parts.push(text.en.clone());
            zh_parts.push(text.zh.clone());
        }
    }
    debug_assert!(survey.in_scope(report.pair, Scope::All));
    let source = if report.source.is_empty() { String::new() } else { format!(" [{}]", report.source) };
    Evidence {
        key: format!("{}–{}", a.code.clone().min(b.code.clone()), a.code.clone().max(b.code.clone())),
        state,
        about: vec![a.code.clone(), b.code.clone(), a.name.clone(), b.name.clone()],
        text: Text::new(
            format!("{} – {}: {en} (border {km} km): {}{source}", a.name, b.name, en_parts.join("; ")),
            format!("{}—{}：{zh}（共有边界 {km} 公里）：{}{source}", a.name, b.name, zh_parts.join("；")),
        ),
    }
}
