//! All indicators of a run with their verdicts: what is printed, written and compared.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::issue::Issue;
use crate::base::ledger::Ledger;
use crate::base::noun::Noun;
use crate::base::units::Lang;
use crate::base::units::Text;
use crate::base::units::amount;
use crate::base::units::part_of;
use crate::base::units::thousands;
use crate::base::units::whole_parts;
use crate::indicators::norm::NormRow;
use crate::indicators::pace::Pace;
use crate::indicators::pace::pace;
use crate::indicators::ranking::Ranked;
use crate::indicators::split::Change;
use crate::indicators::split::SplitRow;
use crate::indicators::target::Bound;
use crate::indicators::target::HoldsFor;
use crate::indicators::target::Origin;
use crate::indicators::target::Target;
use crate::indicators::verdict::Firmness;
use crate::indicators::verdict::Status;
use crate::indicators::verdict::Verdict;
use crate::indicators::verdict::firmness as firmness_of;
use crate::indicators::verdict::judge;
use crate::metrics::Evidence;
use crate::metrics::MetricInfo;
use crate::metrics::Outcome;
use crate::metrics::Output;
use crate::metrics::belonging::whole_areas;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::figure::told_value;
use crate::metrics::missing::Missing;
use crate::model::region::Level;
use crate::model::study::Study;

/// The scorecard of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    /// Which program and version wrote it, e.g. `tongda 0.1.0`.
    pub generator: String,
    pub title: Text,
    /// What is otherwise than in the study; `None` for the study as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<ScenarioRow>,
    /// Whether any input says that it is made up.
    pub synthetic: bool,
    pub plane: PlaneNote,
    /// The day that the data speaks of, `YYYY-MM-DD`, where the config says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// What whoever reads the figures must know first: of the timetables that they rest on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Text>,
    pub indicators: Vec<Row>,
    /// Regions by the share of targets that they meet, level by level; empty where no indicator with a target has figures by region.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranking: Vec<Ranked>,
    pub sources: Vec<SourceRow>,
    /// Number of issues by code.
    pub issues: BTreeMap<String, u64>,
    /// Inputs with their hash, the config among them.
    pub provenance: Vec<Provenance>,
}

/// The scenario of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioRow {
    pub id: String,
    pub title: Text,
    /// The patch, as the command names it.
    pub patch: String,
    pub changes: Vec<Change>,
    /// How the change of each figure is split among the groups of changes; empty where that was not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub split: Vec<SplitRow>,
}

impl ScenarioRow {
    /// Whether nothing is otherwise.
    pub fn changes_nothing(&self) -> bool {
        !self.changes.iter().any(|change| change.has_effect)
    }

    /// What it changes, in sentences: one line for each change, or one that says that there is none.
    pub fn told(&self) -> Vec<Text> {
        let no_effect = |change: &Change| match change.has_effect {
            true => change.text.clone(),
            false => Text::new(format!("{} (without effect)", change.text.en), format!("{}（无影响）", change.text.zh)),
        };
        let nothing = self
            .changes_nothing()
            .then(|| Text::new("this scenario changes nothing in the study", "该情景未改变研究中的任何内容"));
        nothing.into_iter().chain(self.changes.iter().map(no_effect)).collect()
    }
}

/// Where lengths were measured, and how far the plane stretches them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaneNote {
    pub name: String,
    pub epsg: Option<u32>,
    pub scale_min: f64,
    pub scale_max: f64,
    /// What must be said of the plane where it does not fit the study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Text>,
}

/// One input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// As the config names it; of a table of a server with the layer's name, and without a password.
    pub path: String,
    /// Of the bytes of a file; of a table of a server, of its records as they were read.
    pub sha256: String,
    pub bytes: u64,
}

/// The account of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    pub source: String,
    pub records: String,
    pub read: u64,
    pub used: u64,
    pub dropped: BTreeMap<String, u64>,
    pub synthetic: bool,
}

/// One indicator, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: String,
    pub title: Text,
    pub metric: String,
    /// Number of the item of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// Document, number and clause that the target comes from; empty where the config gives none.
    pub cites: String,
    /// Norms that it measures by, and what of them is still to be checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub norms: Vec<NormRow>,
    pub verdict: Verdict,
    pub firmness: Firmness,
    pub status: Status,
    /// Why there is no verdict, or what it rests on.
    pub reason: Option<Text>,
    pub target: Option<TargetRow>,
    pub figure: FigureRow,
    /// The definition matrix.
    pub variants: Vec<VariantRow>,
    pub regions: Vec<RegionRow>,
    /// Classes of demand points, e.g. urban and rural.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassRow>,
    pub closing_the_gap: Option<Text>,
    /// Of a target that is missed and has a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    pub notes: Vec<Text>,
    /// Weight by outcome, exact to a millionth, as texts; the parts add up to the total.
    pub weights: Vec<WeightRow>,
    /// The verdict rests on made-up data.
    pub synthetic: bool,
    pub evidence: Vec<EvidenceRow>,
    /// What became of each point, for comparing runs; empty where they are too many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<OutcomeRow>,
    /// Layers that hold the evidence.
    pub layers: Vec<String>,
}

/// A target as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetRow {
    /// E.g. `≥ 90 %`.
    pub text: String,
    /// The same in Chinese; empty where it is no other.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text_zh: String,
    pub at_least: bool,
    pub value: f64,
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_is_assumed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    #[serde(default, skip_serializing_if = "is_for_everything")]
    pub holds_for: HoldsFor,
    #[serde(default, skip_serializing_if = "is_false")]
    pub every_year: bool,
}

fn is_for_everything(holds_for: &HoldsFor) -> bool {
    *holds_for == HoldsFor::Everything
}

impl TargetRow {
    /// E.g. `≥ 13 km²`, `≥ 13 平方公里`.
    pub fn in_lang(&self, lang: Lang) -> &str {
        in_lang(&self.text, &self.text_zh, lang)
    }

    /// When and of what it is to hold, in brackets: the day, with the word for one that is assumed, each year, the levels; empty where nothing
    /// is said.
    pub fn day(&self) -> Text {
        let mut told: Vec<Text> = Vec::new();
        told.extend(self.by.as_ref().map(|by| Text::new(by, by)));
        told.extend(self.by_is_assumed.then(|| Text::new("assumed", "假设")));
        told.extend(self.every_year.then(|| Text::new("every year", "每年")));
        told.extend(self.holds_for.told());
        if told.is_empty() {
            return Text::default();
        }
        let join = |word: fn(&Text) -> &str, by| told.iter().map(word).collect::<Vec<_>>().join(by);
        Text::new(format!("({})", join(|text| &text.en, ", ")), format!("（{}）", join(|text| &text.zh, "，")))
    }
}

/// A figure, with a text that is safe to print beside a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureRow {
    /// E.g. `89.9 %` or `12.4 km`; empty without a value.
    pub text: String,
    /// The same in Chinese; empty where it is no other.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text_zh: String,
    pub unit: FigureUnit,
    /// What an amount counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Noun>,
    pub value: Option<f64>,
    pub part: Option<f64>,
    pub whole: Option<f64>,
    pub unknown: f64,
    pub bounds: Option<(f64, f64)>,
    /// The least that it can be where nothing says how much more it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<f64>,
    /// Nothing says how small or how large it may be.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_open: bool,
    pub uncertainty: Option<(f64, f64)>,
}

/// One row of a definition matrix, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantRow {
    pub code: String,
    pub label: Text,
    pub figure: FigureRow,
    pub verdict: Verdict,
    pub reason: Option<Text>,
    /// Says nothing of the headline's firmness.
    pub informative_only: bool,
    /// How many more of the whole would meet the target; `None` when it is met or can not be told.
    pub needed: Option<f64>,
    pub others: Vec<(Text, FigureRow)>,
}

/// The figure of one region, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegionRow {
    pub level: Level,
    pub code: String,
    pub name: String,
    pub figure: FigureRow,
    pub verdict: Verdict,
    pub status: Status,
    /// Rests on few points or people.
    #[serde(default, skip_serializing_if = "is_false")]
    pub small: bool,
    /// Codes of the regions that it is in, the next one up first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
}

/// The figure of one class of demand points, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassRow {
    /// `None` for the points whose record says no class.
    pub class: Option<String>,
    pub points: u64,
    pub figure: FigureRow,
    pub verdict: Verdict,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// An account of weight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightRow {
    pub unit: String,
    pub total: String,
    pub parts: Vec<(String, String)>,
}

/// One line of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRow {
    /// What it is about, the same in every run on the same territory.
    pub key: String,
    /// A short fixed word for the outcome.
    pub state: String,
    pub about: Vec<String>,
    pub text: Text,
}

/// What became of one point or region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomeRow {
    pub key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub state: String,
    pub weight: f64,
    /// Parts of the weight by what became of each; empty where all of it is in one state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(String, f64)>,
    /// Metres or seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// Code of the smallest region with a figure that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Of the demand point, e.g. `urban`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

impl OutcomeRow {
    fn of(study: &Study, outcome: &Outcome, levels: &BTreeSet<Level>) -> OutcomeRow {
        let mut region = outcome.region;
        while let Some(here) = region.filter(|here| !levels.contains(&study.regions.get(*here).level)) {
            region = study.regions.get(here).parent;
        }
        OutcomeRow {
            key: outcome.key.clone(),
            name: outcome.name.clone(),
            state: outcome.state.to_owned(),
            weight: outcome.weight.to_f64(),
            parts: outcome.parts.iter().map(|(state, part)| ((*state).to_owned(), part.to_f64())).collect(),
            cost: outcome.cost,
            region: region.map(|region| study.regions.get(region).code.clone()),
            class: outcome.class.clone(),
        }
    }
}

/// Codes of the regions that a region is in, the next one up first; of levels that the study asks for or has figures of.
fn parents(study: &Study, region: RegionIdx, levels: &BTreeSet<Level>) -> Vec<String> {
    let above = std::iter::successors(study.regions.get(region).parent, |one| study.regions.get(*one).parent);
    above
        .map(|one| study.regions.get(one))
        .filter(|one| study.regions.is_asked(one.level) || levels.contains(&one.level))
        .map(|one| one.code.clone())
        .collect()
}

/// The Chinese of a text where it is another than the English.
fn other_than(text: &Text) -> String {
    if text.zh == text.en { String::new() } else { text.zh.clone() }
}

fn in_lang<'t>(en: &'t str, zh: &'t str, lang: Lang) -> &'t str {
    if lang == Lang::En || zh.is_empty() { en } else { zh }
}

impl FigureRow {
    /// The value with its unit; empty without one.
    pub fn in_lang(&self, lang: Lang) -> &str {
        in_lang(&self.text, &self.text_zh, lang)
    }

    /// A number in the unit of the figure.
    pub fn told(&self, value: f64) -> Text {
        told_value(value, self.unit, self.counts.as_ref())
    }

    /// Part, whole and unknown of a share as texts; counts of people, pairs or places are whole numbers, the part cut as the share is.
    pub fn share_of(&self, is_count: bool) -> Option<(String, String, String)> {
        let (part, whole) = (self.part?, self.whole?);
        let (part, whole) = if is_count { (part_of(part, whole).0, part_of(part, whole).2) } else { (part, whole) };
        let unknown = match amount(self.unknown, is_count) {
            nothing if nothing == "0" && self.unknown > 0.0 => "< 1".to_owned(),
            unknown => unknown,
        };
        Some((amount(part, is_count), amount(whole, is_count), unknown))
    }
}

impl Row {
    /// Whether parts and wholes are counts: of people, pairs or regions, and no amounts of records or areas.
    pub fn is_count(&self) -> bool {
        !matches!(self.metric.as_str(), "attribute-share" | "overlay-share" | "reported")
    }

    /// What is not reached of a region or class, and all of it, as texts.
    pub fn left_of(&self, figure: &FigureRow) -> (String, String) {
        let (part, whole) = (figure.part.unwrap_or(0.0), figure.whole.unwrap_or(0.0));
        match self.is_count() {
            true => (thousands(part_of(part, whole).1), thousands(part_of(part, whole).2)),
            false => (amount(whole - part, false), amount(whole, false)),
        }
    }
}

impl WeightRow {
    /// The parts that are not nothing and their total as texts: whole numbers that add up where it counts, and else as they are.
    pub fn shown(&self, is_count: bool) -> (Vec<(&str, String)>, String) {
        let read = |text: &String| text.parse::<f64>().unwrap_or(0.0);
        let parts: Vec<f64> = self.parts.iter().map(|(_, part)| read(part)).collect();
        let (told, total) = match is_count {
            true => {
                let whole = whole_parts(&parts);
                let total = whole.iter().sum();
                (whole, total)
            }
            false => (parts.clone(), read(&self.total)),
        };
        let parts = self.parts.iter().zip(parts).zip(told).filter(|((_, part), _)| *part != 0.0);
        (parts.map(|(((name, _), _), told)| (name.as_str(), amount(told, is_count))).collect(), amount(total, is_count))
    }
}

impl From<&Figure> for FigureRow {
    fn from(figure: &Figure) -> FigureRow {
        let told = |value: f64| told_value(value, figure.unit, figure.counts.as_ref());
        let text = match (figure.value, figure.least) {
            (Some(_), Some(least)) => Text::new(format!("≥ {}", told(least).en), format!("≥ {}", told(least).zh)),
            (Some(value), None) => told(value),
            (None, _) => Text::default(),
        };
        FigureRow {
            text_zh: other_than(&text),
            text: text.en,
            unit: figure.unit,
            counts: figure.counts.clone(),
            value: figure.value,
            part: figure.part,
            whole: figure.whole,
            unknown: figure.unknown,
            bounds: figure.bounds,
            least: figure.least,
            is_open: figure.is_open,
            uncertainty: figure.uncertainty,
        }
    }
}

impl From<&Ledger> for SourceRow {
    fn from(ledger: &Ledger) -> SourceRow {
        SourceRow {
            source: ledger.source.clone(),
            records: ledger.records.clone(),
            read: ledger.read,
            used: ledger.used,
            dropped: ledger.dropped.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect(),
            synthetic: ledger.synthetic,
        }
    }
}

impl From<&Evidence> for EvidenceRow {
    fn from(evidence: &Evidence) -> EvidenceRow {
        EvidenceRow {
            key: evidence.key.clone(),
            state: evidence.state.to_owned(),
            about: evidence.about.clone(),
            text: evidence.text.clone(),
        }
    }
}

/// What an indicator says of itself, beside its measure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Promise {
    pub id: String,
    pub title: Text,
    pub cites: String,
    pub item: Option<u32>,
    pub target: Option<Target>,
    /// The day that the data speaks of.
    pub as_of: Option<Date>,
}

/// Number of issues by code.
pub fn count_issues<'i>(issues: impl IntoIterator<Item = &'i Issue>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for issue in issues {
        *counts.entry(issue.code.to_owned()).or_default() += 1;
    }
    counts
}

/// One indicator's row: its output, judged.
pub fn row(study: &Study, promise: &Promise, info: &MetricInfo, output: &Output) -> Row {
    let promised = promise.target.as_ref();
    let whole = whole_areas(study);
    let is_held = |target: &&Target| match whole.iter().map(|it| study.regions.get(*it).level).collect::<Vec<_>>()[..] {
        [] => target.holds_for.whole(None),
        ref levels => levels.iter().any(|level| target.holds_for.whole(Some(*level))),
    };
    let target = promised.filter(is_held);
    let (verdict, mut reason) = judge(&output.headline, target);
    if let Some(told) = promised.filter(|_| target.is_none()).and_then(|target| target.holds_for.told()) {
        reason = reason.or(Some(Text::new(
            format!("the target is {}, which the area that is judged is not: shown without a verdict", told.en),
            format!("该目标为{}，与评价范围不符，仅列数值不作判定", told.zh),
        )));
    }
    let others = output
        .variants
        .iter()
        .filter(|variant| output.fragile_among_variants && !variant.informative_only)
        .map(|variant| &variant.figure);
    let firmness = firmness_of(&output.headline, target, others);
    let levels: BTreeSet<Level> = output.regions.iter().map(|one| one.level).collect();
    Row {
        id: promise.id.clone(),
        title: promise.title.clone(),
        metric: info.id.to_owned(),
        item: promise.item,
        cites: promise.cites.clone(),
        norms: Vec::new(),
        verdict,
        firmness,
        status: Status::of(verdict, firmness, &output.headline, target),
        reason,
        target: promised.map(|target| TargetRow {
            text: target.bound.told(output.headline.counts.as_ref()).en,
            text_zh: other_than(&target.bound.told(output.headline.counts.as_ref())),
            at_least: matches!(target.bound, Bound::AtLeast(_)),
            value: target.bound.quantity().value(),
            by: target.by.map(|day| day.to_string()),
            by_is_assumed: target.by_is_assumed,
            origin: target.origin,
            holds_for: target.holds_for.clone(),
            every_year: target.every_year,
        }),
        figure: FigureRow::from(&output.headline),
        variants: output
            .variants
            .iter()
            .map(|variant| {
                let (verdict, reason) = judge(&variant.figure, target);
                VariantRow {
                    code: variant.code.clone(),
                    label: variant.label.clone(),
                    figure: FigureRow::from(&variant.figure),
                    verdict,
                    reason,
                    informative_only: variant.informative_only,
                    needed: needed(&variant.figure, target),
                    others: variant
                        .others
                        .iter()
                        .map(|(label, figure)| (label.clone(), FigureRow::from(figure)))
                        .collect(),
                }
            })
            .collect(),
        regions: output
            .regions
            .iter()
            .map(|figure| {
                let region = study.regions.get(figure.region);
                let is_whole = whole.contains(&figure.region);
                let target = promised.filter(|target| target.holds_for.region(figure.level, is_whole));
                let verdict = judge(&figure.figure, target).0;
                let untested = firmness_of(&figure.figure, target, []);
                RegionRow {
                    level: figure.level,
                    code: region.code.clone(),
                    name: region.name.clone(),
                    figure: FigureRow::from(&figure.figure),
                    verdict,
                    status: Status::of(verdict, untested, &figure.figure, target),
                    small: figure.figure.is_small,
                    parents: parents(study, figure.region, &levels),
                }
            })
            .collect(),
        classes: output
            .classes
            .iter()
            .map(|one| ClassRow {
                class: one.class.clone(),
                points: one.figure.points.unwrap_or(0),
                figure: FigureRow::from(&one.figure),
                verdict: judge(&one.figure, target).0,
            })
            .collect(),
        closing_the_gap: Some(verdict).filter(|verdict| *verdict == Verdict::Missed).and_then(|_| {
            let told = output.closing_the_gap.as_ref().map(Text::agreed);
            told.or_else(|| missing_amount(output, target))
        }),
        // a year that was missed can not be caught up
        pace: target.filter(|target| verdict == Verdict::Missed && !target.every_year).and_then(|target| {
            let figure = &output.headline;
            pace(figure.value?, figure.unit, target, promise.as_of, &output.history)
        }),
        notes: output.notes.iter().map(Text::agreed).collect(),
        weights: output
            .weights
            .iter()
            .map(|ledger| WeightRow {
                unit: ledger.unit.clone(),
                total: ledger.total.exact(),
                parts: ledger.parts.iter().map(|(name, part)| ((*name).to_owned(), part.exact())).collect(),
            })
            .collect(),
        synthetic: output.synthetic,
        evidence: output.evidence.iter().map(EvidenceRow::from).collect(),
        outcomes: output.outcomes.iter().map(|outcome| OutcomeRow::of(study, outcome, &levels)).collect(),
        layers: output.tables.iter().map(|table| table.name.clone()).collect(),
    }
}

/// How much more would meet a target of at least so much, or so much a person; everybody who may be one of them counted.
fn missing_amount(output: &Output, target: Option<&Target>) -> Option<Text> {
    let figure = &output.headline;
    let missing = missing(figure, target).filter(|_| figure.unit != FigureUnit::Share)?;
    let noun = figure.counts.clone().unwrap_or_else(Noun::units);
    let (shown, given) = (missing.amount(&noun), figure.part?);
    if let Some(remedy) = &output.remedy {
        return Some(remedy.told(&noun.more(&shown)));
    }
    let (more, given) = (noun.more(&shown), noun.told(&thousands(given.floor())));
    let is = if missing.whole() == 1 { "is" } else { "are" };
    Some(Text::new(
        format!(
            "{} {is} wanted; there {} {}",
            more.en,
            if given.en.starts_with("1 ") { "is" } else { "are" },
            given.en
        ),
        format!("还需增加 {}；现有 {}", more.zh, given.zh),
    ))
}

/// What a figure lacks to meet a target of at least so much.
fn missing(figure: &Figure, target: Option<&Target>) -> Option<Missing> {
    let Some(Target { bound: Bound::AtLeast(quantity), .. }) = target else { return None };
    Missing::of(figure, quantity.value())
}

/// How many more of the whole would meet a target of at least a share, the unknown counted as not reached.
fn needed(figure: &Figure, target: Option<&Target>) -> Option<f64> {
    missing(figure, target).filter(|_| figure.unit == FigureUnit::Share).map(|missing| missing.whole() as f64)
}
