//! What `neighbour-reach` says: the headline, the definition matrix, each region's share, each pair's reason.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::idx::RegionIdx;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::noun::Noun;
use crate::base::units::Text;
use crate::base::units::fixed;
use crate::base::units::percent_floor;
use crate::metrics::Context;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::adjacency::Pair;
use crate::metrics::adjacency::Standing;
use crate::metrics::connection::NearBorder;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::neighbour_evidence;
use crate::metrics::neighbour_evidence::PairReport;
use crate::metrics::neighbour_layers;
use crate::metrics::neighbour_reach::AmongEnds;
use crate::metrics::neighbour_reach::Definition;
use crate::metrics::neighbour_reach::NeighbourReach;
use crate::metrics::neighbour_reach::Rate;
use crate::metrics::neighbour_reach::Scope;
use crate::metrics::neighbour_reach::UnitMerge;
use crate::metrics::neighbour_survey::Answer;
use crate::metrics::neighbour_survey::Survey;
use crate::metrics::neighbour_survey::tally;
use crate::model::region::Level;

/// The output of the metric.
pub fn output(survey: &Survey<'_>, context: &Context<'_>) -> Output {
    let params = survey.params;
    let definition = survey.definition();
    let pairs: Vec<&Pair> = survey.adjacency.neighbours().collect();
    let mut output = Output { fragile_among_variants: true, ..Output::default() };
    output.synthetic = is_synthetic(survey, definition);

    let answers = match survey.answers(definition, NearBorder::AsLocated) {
        Ok(answers) => answers,
        Err(reason) => {
            output.headline = Figure::no_data(FigureUnit::Share, reason.en, reason.zh);
            return output;
        }
    };
    output.headline = headline(survey, &pairs, &answers, definition);
    output.variants = matrix(survey, &pairs, &answers);

    let reports: Vec<PairReport<'_>> = neighbour_evidence::reports(survey, &pairs, &answers);
    let in_scope: Vec<&PairReport<'_>> =
        reports.iter().filter(|report| survey.in_scope(report.pair, params.scope)).collect();
    output.regions = region_figures(survey, &pairs, &answers, context.over);
    output.closing_the_gap = closing_the_gap(survey, &in_scope, &output.headline, context);
    output.issues = issues(survey);
    output.notes = notes(survey, &pairs, &answers, &reports);
    output.evidence = reports
        .iter()
        .filter(|report| survey.in_scope(report.pair, Scope::All))
        .map(|report| neighbour_evidence::evidence(survey, report))
        .collect();
    output.tables = neighbour_layers::tables(survey, &reports, &output.regions, context, output.synthetic);
    output
}

fn is_synthetic(survey: &Survey<'_>, definition: Definition) -> bool {
    if definition == Definition::Declared {
        return survey.study.synthetic;
    }
    survey.study.transit.as_ref().is_some_and(|transit| transit.services.iter().any(|service| service.synthetic))
}

/// The figure that the target judges, with the range that doubtful stops and sensitive pairs open.
fn headline(survey: &Survey<'_>, pairs: &[&Pair], answers: &[Answer], definition: Definition) -> Figure {
    let params = survey.params;
    let rate = |pairs: &[&Pair], answers: &[Answer]| survey.rate(pairs, answers, params.scope, params.judge);
    let mut figure = rate(pairs, answers);
    if figure.value.is_none() && !figure.not_applicable {
        figure = figure.because(Text::new("no region has service data", "各县均无线路数据"));
    }
    for near_border in [NearBorder::Nowhere, NearBorder::Everywhere] {
        let Ok(answers) = survey.answers(definition, near_border) else { continue };
        let tried = rate(pairs, &answers);
        if let Some(value) = tried.value {
            figure = figure.or_maybe(value);
        }
        // where part is unknown the bounds say where the true value lies: stops near a border may lie on either side of it too
        if figure.unknown > 0.0
            && let (Some((low, high)), Some((least, most))) = (figure.bounds, tried.bounds)
        {
            figure.bounds = Some((low.min(least), high.max(most)));
        }
    }
    // the neighbour rule with half and double its numbers: pairs that would come or go
    for trial in ["min-border ÷ 2", "min-border × 2", "tolerance ÷ 2", "tolerance × 2"] {
        let changed: Vec<&Pair> = survey
            .adjacency
            .pairs
            .iter()
            .filter(|pair| match pair.standing {
                Standing::Added(_) => true,
                Standing::Removed(_) | Standing::WaterOnly => false,
                Standing::Neighbours | Standing::ShortContact => {
                    pair.standing.counts() != pair.sensitive.contains(&trial)
                }
            })
            .collect();
        if let Ok(answers) = survey.answers_for(&changed, definition, NearBorder::AsLocated)
            && let Some(value) = rate(&changed, &answers).value
        {
            figure = figure.or_maybe(value);
        }
    }
    figure
}

const DEFINITIONS: [(Definition, &str, &str, &str); 7] = [
    (Definition::Direct, "D1", "direct: one line, a stop on each side", "直达：一条线路、两侧各有站点"),
    (Definition::Geometry, "D0", "a line passes through both, stop or not", "线路经过两县（不论是否设站）"),
    (Definition::Deep, "D2", "deep: more trips, stops well inside", "深入：班次更多、站点深入县境"),
    (Definition::Centre, "D3", "centre to centre", "中心到中心"),
    (Definition::Transfer, "D4", "direct, or two lines and a walk across", "直达，或两条线路跨界步行换乘"),
    (Definition::Declared, "D5", "declared in the bureau's ledger", "主管部门台账所列"),
    (Definition::Journey, "D6", "direct, or by timetable with changes", "直达，或按时刻表换乘可达"),
];

fn matrix(survey: &Survey<'_>, pairs: &[&Pair], answers: &[Answer]) -> Vec<Variant> {
    let params = survey.params;
    let own = survey.definition();
    let variant = |code: &str, label: Text, pairs: &[&Pair], answers: &[Answer], informative_only: bool| Variant {
        code: code.to_owned(),
        label,
        figure: survey.rate(pairs, answers, params.scope, params.judge),
        others: scopes(survey, pairs, answers, params.judge),
        informative_only,
    };
    let mut rows = Vec::new();
    let own_first = DEFINITIONS.iter().filter(|(d, ..)| *d == own);
    for (definition, code, en, zh) in own_first.chain(DEFINITIONS.iter().filter(|(d, ..)| *d != own)) {
        if *definition == Definition::Journey && own != Definition::Journey && !survey.has_timed() {
            continue;
        }
        let label = match (definition, survey.changes()) {
            (Definition::Journey, 1) => Text::new(format!("{en} (1 at most)"), format!("{zh}（至多 1 次）")),
            (Definition::Journey, most) => {
                Text::new(format!("{en} ({most} at most)"), format!("{zh}（至多 {most} 次）"))
            }
            _ => Text::new(*en, *zh),
        };
        match survey.answers_for(pairs, *definition, NearBorder::AsLocated) {
            Ok(answers) => rows.push(variant(code, label, pairs, &answers, false)),
            Err(reason) => rows.push(Variant {
                code: (*code).to_owned(),
                label,
                figure: Figure::no_data(FigureUnit::Share, reason.en, reason.zh),
                others: Vec::new(),
                informative_only: true,
            }),
        }
    }
    for (at, view) in survey.days.iter().enumerate().filter(|_| survey.days.len() > 1) {
        if let (Ok(answers), Some(date), Some(shown)) =
            (survey.answers_on(at, pairs, own, NearBorder::AsLocated), view.day.date, view.day.shown())
        {
            let label = Text::new(format!("on {} alone", shown.en), format!("仅 {}", shown.zh));
            rows.push(variant(&date.to_string(), label, pairs, &answers, false));
        }
    }
    let other_rate = match params.judge {
        Rate::Pairs => (Rate::Regions, "regions", "regions whose every neighbour is reached", "全部毗邻县均通达的县"),
        Rate::Regions => (Rate::Pairs, "pairs", "connected pairs", "已通达的毗邻县对"),
    };
    rows.push(Variant {
        code: other_rate.1.to_owned(),
        label: Text::new(other_rate.2, other_rate.3),
        figure: survey.rate(pairs, answers, params.scope, other_rate.0),
        others: scopes(survey, pairs, answers, other_rate.0),
        informative_only: true,
    });
    let touching = survey.touching();
    if touching.len() != pairs.len()
        && let Ok(answers) = survey.answers_for(&touching, own, NearBorder::AsLocated)
    {
        let label = Text::new("neighbours by any contact, a point too", "任意接触（含点接触）即视为毗邻");
        rows.push(variant("contact", label, &touching, &answers, false));
    }
    if params.unit_merge == UnitMerge::None {
        let merged = NeighbourReach { unit_merge: UnitMerge::CityProper, ..params.clone() };
        if let Ok(survey) = Survey::new(survey.study, &merged)
            && survey.units.len() < survey.study.regions.at_level(params.level).len()
            && let Ok(answers) = survey.answers(own, NearBorder::AsLocated)
        {
            let pairs: Vec<&Pair> = survey.adjacency.neighbours().collect();
            rows.push(Variant {
                code: "city-proper".to_owned(),
                label: Text::new("districts of a city count as one", "市辖区合并为一个单元"),
                figure: survey.rate(&pairs, &answers, params.scope, params.judge),
                others: scopes(&survey, &pairs, &answers, params.judge),
                informative_only: false,
            });
        }
    }
    rows
}

fn scopes(survey: &Survey<'_>, pairs: &[&Pair], answers: &[Answer], rate: Rate) -> Vec<(Text, Figure)> {
    [
        (Scope::WithinProvince, "within the province", "省内"),
        (Scope::AcrossProvinces, "across provinces", "省际"),
        (Scope::All, "all", "全部"),
    ]
    .into_iter()
    .map(|(scope, en, zh)| (Text::new(en, zh), survey.rate(pairs, answers, scope, rate)))
    .collect()
}

/// Each region's share of its neighbours reached, and each ancestor's share of the pairs that touch it.
fn region_figures(survey: &Survey<'_>, pairs: &[&Pair], answers: &[Answer], over: &[Level]) -> Vec<RegionFigure> {
    let level = survey.params.level;
    let wanted = |wanted: Level| match over.is_empty() {
        true => wanted == level || survey.study.regions.is_asked(wanted),
        false => over.contains(&wanted),
    };
    let mut by_region: BTreeMap<(Level, RegionIdx), Vec<Answer>> = BTreeMap::new();
    for (at, unit) in survey.units.iter().enumerate() {
        for member in unit.members.iter().filter(|member| survey.study.regions.get(**member).judged) {
            by_region.entry((level, *member)).or_default();
            for higher in Level::ALL.into_iter().filter(|higher| *higher < level) {
                if let Some(ancestor) = survey.study.regions.ancestor(*member, higher) {
                    by_region.entry((higher, ancestor)).or_default();
                }
            }
        }
        let _ = at;
    }
    for (pair, answer) in pairs.iter().zip(answers).filter(|(pair, _)| survey.in_scope(pair, survey.params.scope)) {
        // a pair between two regions of one city counts once in that city
        let mut touched: BTreeSet<(Level, RegionIdx)> = BTreeSet::new();
        for member in [pair.a, pair.b].into_iter().flat_map(|unit| survey.units[unit].members.iter()) {
            for here in Level::ALL.into_iter().filter(|here| *here <= level) {
                if let Some(region) = survey.study.regions.ancestor(*member, here) {
                    touched.insert((here, region));
                }
            }
        }
        for key in touched {
            if let Some(answers) = by_region.get_mut(&key) {
                answers.push(*answer);
            }
        }
    }
    let mut figures: Vec<RegionFigure> = by_region
        .into_iter()
        .filter(|((here, _), _)| wanted(*here))
        .map(|((level, region), answers)| RegionFigure { region, level, figure: tally(answers.into_iter()) })
        .collect();
    figures.sort_by(|x, y| {
        let code = |figure: &RegionFigure| survey.study.regions.get(figure.region).code.clone();
        y.level.cmp(&x.level).then_with(|| code(x).cmp(&code(y)))
    });
    figures
}

fn closing_the_gap(
    survey: &Survey<'_>,
    reports: &[&PairReport<'_>],
    headline: &Figure,
    context: &Context<'_>,
) -> Option<Text> {
    let missing = context.missing(headline).filter(|_| survey.params.judge == Rate::Pairs)?;
    let mut candidates: Vec<&&PairReport<'_>> =
        reports.iter().filter(|report| report.answer == Answer::NotConnected).collect();
    candidates.sort_by(|x, y| {
        let gap = |report: &PairReport<'_>| report.gap.map_or(f64::MAX, |gap| gap.metres);
        let ease = |report: &PairReport<'_>| match report.reason {
            "one-way" | "too-few-trips" | "too-slow" | "span" | "not-running" => 0,
            "walk" => 1,
            _ => 2,
        };
        ease(x).cmp(&ease(y)).then(gap(x).total_cmp(&gap(y)))
    });
    let named: Vec<String> = candidates
        .iter()
        .take(missing.whole().min(3) as usize)
        .map(|report| format!("{}–{}", survey.units[report.pair.a].name, survey.units[report.pair.b].name))
        .collect();
    let (list_en, list_zh) = (named.join(", "), named.join("、"));
    let (more, are) = (missing.more(&Noun::new("pair", "pairs", "对")), missing.are());
    Some(Text::new(
        format!("{} {are} needed; closest to it: {list_en}", more.en),
        format!("还需新增 {}通达；最易实现：{list_zh}", more.zh),
    ))
}

fn issues(survey: &Survey<'_>) -> Vec<Issue> {
    let mut issues = survey.adjacency.issues.clone();
    let Some((network, transit)) = survey.network.as_ref().zip(survey.study.transit.as_ref()) else {
        return issues;
    };
    for (place, stop) in network.places().iter().zip(&transit.stops) {
        let listed = |code, severity, what: String| {
            Issue::new(severity, code, "services", what).with_id(format!("{} {}", stop.id, stop.name).trim().to_owned())
        };
        if place.unit.is_none() {
            let near = if place.near.is_empty() { "" } else { ", though near one" };
            issues.push(listed(
                "stop-outside-regions",
                Severity::Warning,
                match stop.doubt {
                    None => format!("lies outside all regions{near}, and joins none; check its coordinates or its datum"),
                    Some(_) => format!(
                        "lies in no region for certain{near}; check its coordinates, its datum and its region: what it may join has no data"
                    ),
                },
            ));
        } else if !place.near.is_empty() {
            let names: Vec<&str> = place.near.iter().map(|unit| survey.units[*unit].name.as_str()).collect();
            issues.push(listed(
                "stop-near-border",
                Severity::Note,
                format!(
                    "lies within {} of the border to {}; counted in {} (a region column would settle it)",
                    survey.params.tolerance,
                    names.join(", "),
                    place.unit.map_or("", |unit| survey.units[unit].name.as_str()),
                ),
            ));
        } else if place.moved_by_declaration {
            issues.push(listed(
                "stop-region-differs",
                Severity::Note,
                "its declared region is not the one that contains it; the declaration is used".to_owned(),
            ));
        }
    }
    issues
}

fn notes(survey: &Survey<'_>, pairs: &[&Pair], answers: &[Answer], reports: &[PairReport<'_>]) -> Vec<Text> {
    let mut notes = Vec::new();
    let count = |scope| pairs.iter().filter(|pair| survey.in_scope(pair, scope)).count();
    let (within, across) = (count(Scope::WithinProvince), count(Scope::AcrossProvinces));
    notes.push(Text::new(
        format!("{within} neighbouring pairs within the province, {across} across provinces"),
        format!("省内毗邻县对 {within} 对，省际 {across} 对"),
    ));
    if !survey.params.among.is_empty() {
        let codes = survey.params.among.join(", ");
        let (en, zh) = match survey.params.among_ends {
            AmongEnds::Either => ("with one of these at an end", "至少一端属于"),
            AmongEnds::Both => ("between these", "两端均属于"),
        };
        notes.push(Text::new(format!("only pairs {en}: {codes}"), format!("仅计{zh}下列代码的毗邻对：{codes}")));
    }
    notes.extend(neighbour_evidence::notes(survey, reports));
    let name = |at: usize| survey.units[at].name.as_str();
    let scoped = |pair: &&Pair| survey.in_scope(pair, Scope::All);
    let short: Vec<String> = survey
        .adjacency
        .pairs
        .iter()
        .filter(|pair| pair.standing == Standing::ShortContact && pair.within_m > 0.0)
        .filter(scoped)
        .map(|pair| format!("{}–{} ({} m)", name(pair.a), name(pair.b), fixed(pair.shared_m, 0)))
        .collect();
    if !short.is_empty() {
        notes.push(Text::new(
            format!("touch, but share less than {}: {}", survey.params.min_border, short.join(", ")),
            format!("相接但共有边界不足 {}：{}", survey.params.min_border, short.join("、")),
        ));
    }
    let sensitive: Vec<String> = survey
        .adjacency
        .pairs
        .iter()
        .filter(|pair| !pair.sensitive.is_empty())
        .filter(scoped)
        .map(|pair| format!("{}–{} ({})", name(pair.a), name(pair.b), pair.sensitive.join(", ")))
        .collect();
    if !sensitive.is_empty() {
        notes.push(Text::new(
            format!("pairs that hang on the neighbour rule's numbers: {}", sensitive.join("; ")),
            format!("随毗邻判定参数变化的县对：{}", sensitive.join("；")),
        ));
    }
    for pair in survey.adjacency.pairs.iter().filter(scoped) {
        let (verb, reason) = match &pair.standing {
            Standing::Added(reason) => (("added", "人工增加"), reason),
            Standing::Removed(reason) => (("removed", "人工剔除"), reason),
            _ => continue,
        };
        notes.push(Text::new(
            format!("pair {} by hand: {}–{}: {reason}", verb.0, name(pair.a), name(pair.b)),
            format!("{}县对：{}—{}：{reason}", verb.1, name(pair.a), name(pair.b)),
        ));
    }
    let water: Vec<String> = survey
        .adjacency
        .pairs
        .iter()
        .filter(|pair| pair.standing == Standing::WaterOnly)
        .filter(scoped)
        .map(|pair| format!("{}–{}", name(pair.a), name(pair.b)))
        .collect();
    if !water.is_empty() {
        notes.push(Text::new(
            format!("not counted, because the border lies in water: {}", water.join(", ")),
            format!("边界位于水域、不计入：{}", water.join("、")),
        ));
    }
    let with_walk = reports
        .iter()
        .filter(|report| report.reason == "walk" && survey.in_scope(report.pair, survey.params.scope))
        .count();
    if with_walk > 0 {
        notes.push(Text::new(
            format!(
                "{with_walk} pairs are joined only by two lines and a walk of at most {} (not counted as direct)",
                survey.params.transfer_walk
            ),
            format!("{with_walk} 对仅可经两条线路跨界步行（≤{}）换乘，不计为直达", survey.params.transfer_walk),
        ));
    }
    if survey.definition() != Definition::Declared {
        notes.extend(survey.study.transit.iter().flat_map(|transit| transit.remarks.iter().cloned()));
    }
    notes.extend(ledger_note(survey, reports));
    notes.push(conventions(survey, pairs, answers));
    notes
}

/// How the bureau's ledger and the geometry disagree, in one sentence.
fn ledger_note(survey: &Survey<'_>, reports: &[PairReport<'_>]) -> Option<Text> {
    let declared = survey.declared_pairs()?;
    let in_scope = |report: &&PairReport<'_>| survey.in_scope(report.pair, survey.params.scope);
    let only_ledger = reports
        .iter()
        .filter(in_scope)
        .filter(|report| report.declared == Some(true) && report.answer != Answer::Connected)
        .count();
    let only_lines = reports
        .iter()
        .filter(in_scope)
        .filter(|report| report.declared == Some(false) && report.answer == Answer::Connected)
        .count();
    let neighbours: BTreeSet<(usize, usize)> = survey.adjacency.neighbours().map(|pair| (pair.a, pair.b)).collect();
    let strangers = declared.iter().filter(|key| !neighbours.contains(key)).count();
    Some(Text::new(
        format!(
            "the bureau's ledger and the lines differ: {only_ledger} pairs stand in the ledger only, {only_lines} in the \
             lines only, {strangers} of the ledger are not neighbours"
        ),
        format!(
            "台账与线路数据的差异：仅台账有 {only_ledger} 对，仅线路有 {only_lines} 对，台账中 {strangers} 对并不毗邻"
        ),
    ))
}

/// The rates under the other conventions of the field, in one sentence.
fn conventions(survey: &Survey<'_>, pairs: &[&Pair], answers: &[Answer]) -> Text {
    let rates = conventional_rates(survey, pairs, answers);
    let percent = |share: Option<f64>| {
        share.map_or("–".to_owned(), |share| {
            format!("{} %", percent_floor((share * 1e9) as i128, 1_000_000_000).map_or(0.0, |percent| percent))
        })
    };
    Text::new(
        format!(
            "other conventions: mean of the regions' shares {}, regions with at least one neighbour reached {}, weighted by \
             border length {}",
            percent(rates.mean),
            percent(rates.node),
            percent(rates.by_length)
        ),
        format!(
            "其他口径：各县通达率均值 {}，至少通达一个毗邻县的县 {}，按边界长度加权 {}",
            percent(rates.mean),
            percent(rates.node),
            percent(rates.by_length)
        ),
    )
}

/// Rates under other conventions, over pairs with data in the headline's scope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConventionalRates {
    /// Mean over judged regions of their share of neighbours reached.
    pub mean: Option<f64>,
    /// Judged regions with at least one neighbour reached over those that have neighbours.
    pub node: Option<f64>,
    /// Length of border of connected pairs over length of border of all.
    pub by_length: Option<f64>,
}

/// The rates of [`ConventionalRates`]. Lengths are those within the tolerance.
pub fn conventional_rates(survey: &Survey<'_>, pairs: &[&Pair], answers: &[Answer]) -> ConventionalRates {
    let mut by_unit: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    let (mut joined_m, mut all_m) = (0.0, 0.0);
    for (pair, answer) in pairs.iter().zip(answers) {
        if !survey.in_scope(pair, survey.params.scope) || *answer == Answer::NoData {
            continue;
        }
        let joined = *answer == Answer::Connected;
        all_m += pair.within_m;
        joined_m += if joined { pair.within_m } else { 0.0 };
        for unit in [pair.a, pair.b].into_iter().filter(|unit| survey.units[*unit].judged) {
            let counts = by_unit.entry(unit).or_default();
            counts.0 += f64::from(u8::from(joined));
            counts.1 += 1.0;
        }
    }
    let regions = by_unit.len() as f64;
    ConventionalRates {
        mean: (regions > 0.0).then(|| by_unit.values().map(|(joined, all)| joined / all).sum::<f64>() / regions),
        node: (regions > 0.0).then(|| by_unit.values().filter(|(joined, _)| *joined > 0.0).count() as f64 / regions),
        by_length: (all_m > 0.0).then(|| joined_m / all_m),
    }
}
