//! Two runs side by side: verdicts, figures of every region, people and evidence that differ.

pub mod layers;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::units::Text;
use crate::base::units::Weight;
use crate::indicators::pace::Pace;
use crate::indicators::pace::between;
use crate::indicators::scorecard::EvidenceRow;
use crate::indicators::scorecard::FigureRow;
use crate::indicators::scorecard::OutcomeRow;
use crate::indicators::scorecard::RegionRow;
use crate::indicators::scorecard::Row;
use crate::indicators::scorecard::Scorecard;
use crate::indicators::verdict::Verdict;
use crate::metrics::figure::FigureUnit;
use crate::model::region::Level;

/// Places named for one kind of change.
const NAMED: usize = 5;

/// How two runs differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub before: Text,
    pub after: Text,
    pub indicators: Vec<IndicatorChange>,
    /// Verdicts that differ, of the whole area and of regions, by indicator, level and code.
    pub verdicts: Vec<VerdictChange>,
    /// Ids that only one of the runs has.
    pub only_before: Vec<String>,
    pub only_after: Vec<String>,
}

/// A verdict that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerdictChange {
    /// The indicator's id and title.
    pub id: String,
    pub title: Text,
    /// `None` for the whole area.
    pub region: Option<(Level, String, String)>,
    pub verdict: (Verdict, Verdict),
    /// Figures as texts; empty for no data.
    pub figure: (String, String),
}

/// How one indicator differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndicatorChange {
    pub id: String,
    pub title: Text,
    pub verdict: (Verdict, Verdict),
    /// Figures as texts, and after minus before in the figure's unit; `None` where one of them is no data.
    pub figure: (String, String),
    pub difference: Option<f64>,
    pub unit: FigureUnit,
    /// Whether more is better, as the target says, or else the unit.
    pub larger_is_better: bool,
    /// A part of the whole has no data in one of the runs, and the difference may be that part's.
    pub uncertain: bool,
    /// Why the figures are not compared.
    pub apart: Option<Text>,
    /// How the figure moved between the days of the two runs, and how it must to meet a target that it misses.
    pub pace: Option<Pace>,
    /// People by what became of them, those whose outcome differs first; empty where a run does not say it point by point.
    pub people: Vec<PeopleChange>,
    /// How many come nearer and how many are farther off, of those with a distance or time in both runs.
    pub ways: Option<WayChange>,
    /// The same people by region and by class of demand; empty where a run does not say where they are.
    pub moved: Vec<Moved>,
    /// Regions with a figure in both runs, the greatest loss first.
    pub regions: Vec<RegionChange>,
    /// Regions that are not compared, because one of the runs has no figure for them.
    pub regions_apart: Vec<RegionApart>,
    /// Evidence whose outcome differs, by key.
    pub evidence: Vec<EvidenceChange>,
}

/// Points with the same outcome before, and the same after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PeopleChange {
    /// `None` where the run does not have the point.
    pub before: Option<String>,
    pub after: Option<String>,
    pub points: usize,
    /// What they weigh in each run; 0 in one that does not have them.
    pub weight: (f64, f64),
    /// What is weighed, e.g. `people`.
    pub unit: String,
    /// The heaviest of them, with their weight.
    pub most: Vec<(String, f64)>,
}

/// Weight by how its way changes, as the run after weighs it; less than a metre or a second is no change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WayChange {
    pub nearer: f64,
    pub same: f64,
    pub farther: f64,
}

/// Who gained and who lost in one region or class, as the run after weighs them: only points that both runs have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    /// Level and code of the region; `None` for a class.
    pub region: Option<(Level, String)>,
    /// Name of the region or the class; empty for points without a class where others have one.
    pub name: String,
    /// Within reach after and not before, and the other way round; of points with data in both runs.
    pub gained: f64,
    pub lost: f64,
    /// With a way that is shorter, or longer, by a metre or a second at least.
    pub nearer: f64,
    pub farther: f64,
    /// All of them.
    pub all: f64,
}

/// One region with a figure in both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegionChange {
    pub level: Level,
    pub code: String,
    pub name: String,
    pub before: f64,
    pub after: f64,
    pub text: (String, String),
    /// After minus before, in the figure's unit.
    pub difference: f64,
    /// A part of the region has no data in one of the runs, and the difference may be that part's.
    pub uncertain: bool,
    pub verdict: (Verdict, Verdict),
}

/// One region without a figure in one of the runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegionApart {
    pub level: Level,
    pub code: String,
    pub name: String,
    /// As texts; empty for no data, `None` where the run does not have the region.
    pub before: Option<String>,
    pub after: Option<String>,
    /// `None` where one of the runs does not have the region.
    pub verdict: Option<(Verdict, Verdict)>,
    /// What is missing, and in which run.
    pub why: Text,
}

impl RegionApart {
    /// Whether the runs say different things of it; of the others there is nothing to tell.
    pub fn is_news(&self) -> bool {
        self.before != self.after || self.verdict.is_none_or(|(before, after)| before != after)
    }
}

/// One piece of evidence that differs; `None` where a run does not have it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceChange {
    pub key: String,
    pub before: Option<String>,
    pub after: Option<String>,
    /// Who it is about, from whichever run has it.
    pub text: Text,
}

/// How `after` differs from `before`, indicator by indicator.
pub fn compare(before: &Scorecard, after: &Scorecard) -> Comparison {
    let ids = |card: &Scorecard| card.indicators.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    let (had, has) = (ids(before), ids(after));
    let indicators: Vec<IndicatorChange> = before
        .indicators
        .iter()
        .filter_map(|row| Some((row, after.indicators.iter().find(|other| other.id == row.id)?)))
        .map(|(row, other)| IndicatorChange { pace: pace_of((before, row), (after, other)), ..change(row, other) })
        .collect();
    Comparison {
        before: before.title.clone(),
        after: after.title.clone(),
        verdicts: indicators.iter().flat_map(verdicts).collect(),
        indicators,
        only_before: had.iter().filter(|id| !has.contains(id)).cloned().collect(),
        only_after: has.iter().filter(|id| !had.contains(id)).cloned().collect(),
    }
}

fn change(before: &Row, after: &Row) -> IndicatorChange {
    let apart = apart(before, after);
    let is_same_question = before.metric == after.metric && before.figure.unit == after.figure.unit;
    let (regions, regions_apart) = match is_same_question {
        true => regions(before, after),
        false => Default::default(),
    };
    IndicatorChange {
        id: before.id.clone(),
        title: before.title.clone(),
        verdict: (before.verdict, after.verdict),
        figure: (before.figure.text.clone(), after.figure.text.clone()),
        difference: known(&before.figure).zip(known(&after.figure)).map(|(x, y)| y - x).filter(|_| apart.is_none()),
        unit: after.figure.unit,
        larger_is_better: larger_is_better(after),
        uncertain: is_uncertain(&before.figure, before.verdict) || is_uncertain(&after.figure, after.verdict),
        apart,
        pace: None,
        people: if is_same_question { people(before, after) } else { Vec::new() },
        ways: ways(before, after).filter(|_| is_same_question),
        moved: if is_same_question { moved(before, after) } else { Vec::new() },
        regions,
        regions_apart,
        evidence: evidence(before, after),
    }
}

/// The pace between two runs, of figures that can be compared.
fn pace_of((before, row): (&Scorecard, &Row), (after, other): (&Scorecard, &Row)) -> Option<Pace> {
    if other.verdict != Verdict::Missed || row.figure.unit != other.figure.unit || apart(row, other).is_some() {
        return None;
    }
    let moments = before.as_of.as_deref().zip(row.figure.value).zip(after.as_of.as_deref().zip(other.figure.value));
    let (was, is) = moments?;
    between(was, is, other.figure.unit, other.target.as_ref()?)
}

/// The verdicts of an indicator that differ: of the whole first, then of regions by level and code. That one of the runs has no data is
/// a verdict too.
fn verdicts(change: &IndicatorChange) -> Vec<VerdictChange> {
    let one = |region: Option<(Level, String, String)>, verdict: (Verdict, Verdict), figure: &(String, String)| {
        let (id, title) = (change.id.clone(), change.title.clone());
        (verdict.0 != verdict.1).then(|| VerdictChange { id, title, region, verdict, figure: figure.clone() })
    };
    let mut regions: Vec<VerdictChange> = change
        .regions
        .iter()
        .filter_map(|it| one(Some((it.level, it.code.clone(), it.name.clone())), it.verdict, &it.text))
        .collect();
    regions.extend(change.regions_apart.iter().filter_map(|it| {
        let figure = it.before.clone().zip(it.after.clone())?;
        one(Some((it.level, it.code.clone(), it.name.clone())), it.verdict?, &figure)
    }));
    regions.sort_by(|x, y| x.region.cmp(&y.region));
    one(None, change.verdict, &change.figure).into_iter().chain(regions).collect()
}

/// The value of a figure that can be compared: there is one, and it is not only a bound. What its verdict is does not matter.
fn known(figure: &FigureRow) -> Option<f64> {
    figure.value.filter(|_| figure.least.is_none())
}

/// Whether a part of it has no data, or it is held between bounds only.
fn is_uncertain(figure: &FigureRow, verdict: Verdict) -> bool {
    verdict == Verdict::NoData || figure.unknown > 0.0 || figure.bounds.is_some_and(|(low, high)| low < high)
}

/// Why a region has no figure that can be compared in one run, `A` or `B`; `None` where it has.
fn lack(region: Option<&RegionRow>, run: &str) -> Option<Text> {
    let Some(region) = region else {
        return Some(Text::new(format!("not in {run}"), format!("{run} 无此区域")));
    };
    match (region.figure.value, region.figure.least) {
        (Some(_), None) => None,
        (Some(_), Some(_)) => Some(Text::new(format!("{run} knows only a lower bound"), format!("{run} 仅知下限"))),
        (None, _) if region.verdict == Verdict::NotApplicable => {
            Some(Text::new(format!("not applicable in {run}"), format!("{run} 不适用")))
        }
        (None, _) => Some(Text::new(format!("no data in {run}"), format!("{run} 无数据"))),
    }
}

/// Why two figures are not compared.
fn apart(before: &Row, after: &Row) -> Option<Text> {
    if before.metric != after.metric {
        let (a, b) = (&before.metric, &after.metric);
        return Some(Text::new(
            format!("measured by {a} before and by {b} after"),
            format!("前后指标算法不同：{a}、{b}"),
        ));
    }
    if before.figure.unit != after.figure.unit {
        return Some(Text::new("the figures are in different units", "前后数值单位不同"));
    }
    let missing = |row: &Row| known(&row.figure).is_none();
    let (en, zh) = match (missing(before), missing(after)) {
        (false, false) => return None,
        (true, false) => ("no data before: no change is claimed", "前次无数据，不判断变化"),
        (false, true) => ("no data after: no change is claimed", "后次无数据，不判断变化"),
        (true, true) => ("no data before and after", "前后均无数据"),
    };
    Some(Text::new(en, zh))
}

/// Whether a larger figure is a better one: as the target says, and else as the unit does.
fn larger_is_better(row: &Row) -> bool {
    match (&row.target, row.figure.unit) {
        (Some(target), _) => target.at_least,
        // a Gini coefficient is a share that is better small
        (None, FigureUnit::Share) => row.metric != "equity",
        (None, FigureUnit::Rate | FigureUnit::Amount) => true,
        (None, FigureUnit::Metres | FigureUnit::Seconds) => false,
    }
}

/// Two reasons in one.
fn both(before: Option<Text>, after: Option<Text>) -> Text {
    match (before, after) {
        (Some(x), Some(y)) => Text::new(format!("{}, {}", x.en, y.en), format!("{}，{}", x.zh, y.zh)),
        (one, other) => one.or(other).unwrap_or_default(),
    }
}

fn regions(before: &Row, after: &Row) -> (Vec<RegionChange>, Vec<RegionApart>) {
    let index = |row: &Row| -> BTreeMap<(Level, String), RegionRow> {
        row.regions.iter().map(|region| ((region.level, region.code.clone()), region.clone())).collect()
    };
    let (mut had, has) = (index(before), index(after));
    let (mut changes, mut apart) = (Vec::new(), Vec::new());
    for (key, after) in has {
        let before = had.remove(&key);
        let why = both(lack(before.as_ref(), "A"), lack(Some(&after), "B"));
        let values = before.as_ref().and_then(|before| known(&before.figure).zip(known(&after.figure)));
        match (before, values) {
            (Some(before), Some((x, y))) => changes.push(RegionChange {
                level: after.level,
                code: after.code,
                name: after.name,
                before: x,
                after: y,
                difference: y - x,
                uncertain: is_uncertain(&before.figure, before.verdict) || is_uncertain(&after.figure, after.verdict),
                verdict: (before.verdict, after.verdict),
                text: (before.figure.text, after.figure.text),
            }),
            (before, _) => apart.push(RegionApart {
                level: after.level,
                code: after.code,
                name: after.name,
                verdict: before.as_ref().map(|before| (before.verdict, after.verdict)),
                before: before.map(|before| before.figure.text),
                after: Some(after.figure.text),
                why,
            }),
        }
    }
    apart.extend(had.into_values().map(|region| RegionApart {
        why: both(lack(Some(&region), "A"), lack(None, "B")),
        level: region.level,
        code: region.code,
        name: region.name,
        before: Some(region.figure.text),
        after: None,
        verdict: None,
    }));
    apart.sort_by(|x, y| y.level.cmp(&x.level).then_with(|| x.code.cmp(&y.code)));
    let sign = if larger_is_better(after) { 1.0 } else { -1.0 };
    changes.sort_by(|x, y| {
        let loss = (sign * x.difference).total_cmp(&(sign * y.difference));
        y.level.cmp(&x.level).then(loss).then_with(|| x.code.cmp(&y.code))
    });
    (changes, apart)
}

/// The outcome of one point before and after; `None` where a run does not have the point.
type Pair<'r> = (Option<&'r OutcomeRow>, Option<&'r OutcomeRow>);

/// The outcomes of both runs by point; of points with the same key, the first of one run is the first of the other.
fn pairs<'r>(before: &'r Row, after: &'r Row) -> Vec<Pair<'r>> {
    if before.outcomes.is_empty() || after.outcomes.is_empty() {
        return Vec::new();
    }
    let mut pairs: BTreeMap<(&str, usize), Pair<'_>> = BTreeMap::new();
    for (is_after, row) in [(false, before), (true, after)] {
        let mut nth: BTreeMap<&str, usize> = BTreeMap::new();
        for outcome in &row.outcomes {
            let count = nth.entry(&outcome.key).or_default();
            let pair = pairs.entry((&outcome.key, *count)).or_default();
            *(if is_after { &mut pair.1 } else { &mut pair.0 }) = Some(outcome);
            *count += 1;
        }
    }
    pairs.into_values().collect()
}

fn weight(outcome: &OutcomeRow) -> Weight {
    Weight::from_f64(outcome.weight).unwrap_or_default()
}

/// States of a point before and after, and the weight that it had and has in them.
type Shift<'r> = ((Option<&'r str>, Option<&'r str>), (Weight, Weight));

/// The weight of a point by its states before and after. Parts of a point stay in their state as far as they can; what is left goes from
/// the parts that became less to those that became more, in their order. What a point weighs more or less than before is added to or
/// taken from its last part.
fn shifts<'r>(before: Option<&'r OutcomeRow>, after: Option<&'r OutcomeRow>) -> Vec<Shift<'r>> {
    let of = |outcome: Option<&OutcomeRow>| outcome.map(weight).unwrap_or_default();
    let (Some(x), Some(y)) = (before, after) else {
        let states = (before.map(|it| it.state.as_str()), after.map(|it| it.state.as_str()));
        return vec![(states, (of(before), of(after)))];
    };
    if x.parts.is_empty() && y.parts.is_empty() {
        return vec![((Some(&x.state), Some(&y.state)), (weight(x), weight(y)))];
    }
    let parts = |row: &'r OutcomeRow| -> Vec<(&'r str, Weight)> {
        match row.parts.is_empty() {
            true => vec![(row.state.as_str(), weight(row))],
            false => row
                .parts
                .iter()
                .map(|(state, part)| (state.as_str(), Weight::from_f64(*part).unwrap_or_default()))
                .collect(),
        }
    };
    let (mut had, mut has) = (parts(x), parts(y));
    let mut shifts = Vec::new();
    for is_same in [true, false] {
        for (was, left) in &mut had {
            for (is, more) in has.iter_mut().filter(|(is, _)| !is_same || is == was) {
                let moved = (*left).min(*more);
                if moved > Weight::ZERO {
                    (*left, *more) = (*left - moved, *more - moved);
                    shifts.push(((Some(*was), Some(*is)), (moved, moved)));
                }
            }
        }
    }
    let rest = |parts: &[(&str, Weight)]| parts.iter().map(|(_, left)| *left).sum::<Weight>();
    match shifts.last_mut() {
        Some((_, last)) => *last = (last.0 + rest(&had), last.1 + rest(&has)),
        None => shifts.push(((Some(&x.state), Some(&y.state)), (rest(&had), rest(&has)))),
    }
    shifts
}

fn people(before: &Row, after: &Row) -> Vec<PeopleChange> {
    type Sum<'r> = ((Weight, Weight), Vec<(Weight, &'r str)>);
    let mut sums: BTreeMap<(Option<&str>, Option<&str>), Sum<'_>> = BTreeMap::new();
    for (x, y) in pairs(before, after) {
        let name = y.or(x).map(|it| it.name.as_deref().unwrap_or(&it.key)).unwrap_or_default();
        for (states, (was, is)) in shifts(x, y) {
            let sum = sums.entry(states).or_default();
            sum.0.0 += was;
            sum.0.1 += is;
            sum.1.push((is.max(was), name));
        }
    }
    let unit = after.weights.first().map(|ledger| ledger.unit.clone()).unwrap_or_default();
    let mut changes: Vec<PeopleChange> = sums
        .into_iter()
        .map(|((x, y), (weight, mut points))| {
            points.sort_by(|x, y| y.0.cmp(&x.0).then(x.1.cmp(y.1)));
            PeopleChange {
                before: x.map(str::to_owned),
                after: y.map(str::to_owned),
                points: points.len(),
                weight: (weight.0.to_f64(), weight.1.to_f64()),
                unit: unit.clone(),
                most: points.iter().take(NAMED).map(|(weight, name)| ((*name).to_owned(), weight.to_f64())).collect(),
            }
        })
        .collect();
    // a stable sort: kinds of change stay in the order of their words
    changes.sort_by_key(|change| change.before == change.after);
    changes
}

fn ways(before: &Row, after: &Row) -> Option<WayChange> {
    let [mut nearer, mut same, mut farther] = [Weight::ZERO; 3];
    let mut is_any = false;
    for (x, y) in pairs(before, after) {
        let (Some(x), Some(y)) = (x, y) else { continue };
        let Some((was, is)) = x.cost.zip(y.cost) else { continue };
        is_any = true;
        *(match is - was {
            less if less <= -1.0 => &mut nearer,
            more if more >= 1.0 => &mut farther,
            _ => &mut same,
        }) += weight(y);
    }
    is_any.then(|| WayChange { nearer: nearer.to_f64(), same: same.to_f64(), farther: farther.to_f64() })
}

/// Whether a state is one that is wished for; `None` for one that says nothing of it.
fn is_good(state: &str) -> Option<bool> {
    match state {
        "covered" | "measured" | "present" | "served" | "finds-room" | "held" | "at-level" | "within-reach"
        | "nearest" | "all" | "direct" => Some(true),
        "uncovered" | "no-facility" | "absent" | "unserved" | "no-room" | "too-far" | "broken" | "below"
        | "out-of-reach" | "farther" | "no-way" | "lacking" | "not-direct" => Some(false),
        _ => None,
    }
}

/// Regions by level and code, then classes by name, those without one last; a region holds those of the regions in it.
fn moved(before: &Row, after: &Row) -> Vec<Moved> {
    let rows: BTreeMap<&str, &RegionRow> = after.regions.iter().map(|row| (row.code.as_str(), row)).collect();
    /// Level and code of a region, or whether a class has no name, and its name.
    type Key<'r> = (Option<(Level, &'r str)>, bool, &'r str);
    let mut sums: BTreeMap<Key<'_>, [Weight; 5]> = BTreeMap::new();
    let has_classes = after.outcomes.iter().any(|outcome| outcome.class.is_some());
    for (x, y) in pairs(before, after) {
        let (Some(x), Some(y)) = (x, y) else { continue };
        let home = y.region.as_deref().or(x.region.as_deref()).and_then(|code| rows.get(code));
        let above = home.iter().flat_map(|row| &row.parents).filter_map(|code| rows.get(code.as_str()));
        let mut keys: Vec<Key<'_>> = home
            .into_iter()
            .chain(above)
            .map(|row| (Some((row.level, row.code.as_str())), false, row.name.as_str()))
            .collect();
        if has_classes {
            keys.push((None, y.class.is_none(), y.class.as_deref().unwrap_or_default()));
        }
        let way = x.cost.zip(y.cost).map(|(was, is)| is - was);
        let turned = |good: (bool, bool)| -> Weight {
            let is_so = |states: &(Option<&str>, Option<&str>)| {
                states.0.and_then(is_good).zip(states.1.and_then(is_good)) == Some(good)
            };
            shifts(Some(x), Some(y)).iter().filter(|(states, _)| is_so(states)).map(|(_, (_, is))| *is).sum()
        };
        let all_if = |is_so: bool| if is_so { weight(y) } else { Weight::ZERO };
        let parts = [
            turned((false, true)),
            turned((true, false)),
            all_if(way.is_some_and(|way| way <= -1.0)),
            all_if(way.is_some_and(|way| way >= 1.0)),
            weight(y),
        ];
        for key in keys {
            sums.entry(key).or_default().iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
        }
    }
    let mut found: Vec<Moved> = sums
        .into_iter()
        .map(|((region, _, name), sums)| {
            let [gained, lost, nearer, farther, all] = sums.map(Weight::to_f64);
            let region = region.map(|(level, code)| (level, code.to_owned()));
            Moved { region, name: name.to_owned(), gained, lost, nearer, farther, all }
        })
        .collect();
    // a stable sort: classes behind the regions
    found.sort_by_key(|one| one.region.is_none());
    found
}

fn evidence(before: &Row, after: &Row) -> Vec<EvidenceChange> {
    let index = |row: &Row| -> BTreeMap<String, EvidenceRow> {
        row.evidence.iter().map(|evidence| (evidence.key.clone(), evidence.clone())).collect()
    };
    let (had, has) = (index(before), index(after));
    let mut keys: Vec<&String> = had.keys().chain(has.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .filter_map(|key| {
            let (x, y) = (had.get(key), has.get(key));
            let state = |row: Option<&EvidenceRow>| row.map(|row| row.state.clone());
            if state(x) == state(y) {
                return None;
            }
            Some(EvidenceChange {
                key: key.clone(),
                before: state(x),
                after: state(y),
                text: x.or(y).map(|row| row.text.clone()).unwrap_or_default(),
            })
        })
        .collect()
}
