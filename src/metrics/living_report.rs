//! What `living-circle` says: notes, the kinds one by one, lines of evidence, and what became of each point.

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::ledger::WeightLedger;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::base::units::trim_zeros;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::Outcome;
use crate::metrics::Output;
use crate::metrics::Variant;
use crate::metrics::covered_share;
use crate::metrics::figure::Figure;
use crate::metrics::living_circle::Answer;
use crate::metrics::living_circle::Circle;
use crate::metrics::living_circle::Statistic;
use crate::metrics::reach::Reached;
use crate::metrics::reach_layers;
use crate::metrics::reach_layers::MOST_CELL_LINES;
use crate::metrics::reach_layers::MOST_CELLS;

/// Names of the kinds of which the study has no facility at all.
fn without_facility(answer: &Answer<'_>) -> Vec<String> {
    answer.circles.iter().filter(|circle| circle.reach.is_none()).map(|circle| circle.wanted.name()).collect()
}

/// Why the figure does not speak for all.
pub(crate) fn unknown_reason(answer: &Answer<'_>, ledger: &WeightLedger) -> Text {
    let without = without_facility(answer);
    if !without.is_empty() {
        return Text::new(
            format!("no facility of kind {} was read, so that nobody knows who has one", without.join(", ")),
            format!("未读到{}设施，其可达情况未知", without.join("、")),
        );
    }
    let later = ledger.parts.iter().find(|(part, _)| *part == "a-kind-unknown");
    if let Some((_, weight)) = later.filter(|(_, weight)| *weight > Weight::ZERO) {
        return Text::new(
            format!("of {weight} (by weight) a kind is not known, or more of them can not be measured from"),
            format!("{weight}（按权重）有设施类别未知，或另有无法测算者"),
        );
    }
    let base = answer.base();
    let limit =
        answer.circles.iter().filter(|circle| circle.reach.is_some()).map(|circle| circle.wanted.within.value());
    covered_share::unknown_reason(base, ledger, limit.reduce(f64::min))
}

/// The kinds in words, what is lacking most, and the mean number.
pub(crate) fn notes(answer: &Answer<'_>) -> Vec<Text> {
    let base = answer.base();
    let told = |circle: &Circle<'_>| {
        let (name, within) = (circle.wanted.name(), circle.wanted.within);
        let by = answer.params.by_of(&circle.wanted);
        // how most of them are measured stands before
        match by == base.by {
            true => (format!("{name} {within}"), format!("{name} {within}")),
            false => (format!("{name} {within} ({})", by.caveat().0), format!("{name} {within}（{}）", by.caveat().1)),
        }
    };
    let (en, zh): (Vec<String>, Vec<String>) = answer.circles.iter().map(told).unzip();
    let mut notes = vec![
        base.caveat(),
        Text::new(
            format!("the kinds and their limits: {}", en.join("; ")),
            format!("设施类别与限值：{}", zh.join("；")),
        ),
    ];
    let mean = answer.mean(&base.judged);
    if let Some(share) = mean.value {
        let (number, all) = (trim_zeros(share * answer.circles.len() as f64, 2), answer.circles.len());
        notes.push(Text::new(
            format!("of the {all} kinds {number} are within reach on average, of those of which it is known"),
            format!("{all} 类设施中平均可达 {number} 类（仅计已知者）"),
        ));
    }
    if let Some((nth, weight)) = answer.most_lacking() {
        let name = answer.circles[nth].wanted.name();
        let alone = answer.by_kind(nth, &base.judged)[3];
        let (people, alone) = (thousands(weight.to_f64()), thousands(alone.to_f64()));
        notes.push(Text::new(
            format!("most lack {name}: {people}, of whom {alone} have everything else"),
            format!("缺{name}者最多：{people}，其中 {alone} 仅缺此类"),
        ));
    }
    let without = without_facility(answer);
    if !without.is_empty() {
        notes.push(Text::new(
            format!("no data: no facility of kind {} was read; that is not counted as having none", without.join(", ")),
            format!("无数据：未读到{}设施，不视为缺失", without.join("、")),
        ));
    }
    if let (Statistic::Regions, Some(level), Some(least)) =
        (answer.params.figure, answer.params.level, answer.params.at_least)
    {
        let (has, all) = (answer.units.iter().filter(|unit| unit.has == Some(true)).count(), answer.units.len());
        notes.push(Text::new(
            format!("in {has} of {all} regions of level {level} at least {least} have every kind"),
            format!("{all} 个{}中有 {has} 个至少 {least} 享有全部设施", level.title().1),
        ));
    }
    notes
}

/// What the figure does not know: of each way of measuring the kind with the longest limit says it, and each names its facilities that
/// nobody reaches.
pub(crate) fn tell_gaps(answer: &Answer<'_>, context: &Context<'_>, headline: &Figure, output: &mut Output) {
    let mut longest: Vec<usize> = Vec::new();
    for (nth, circle) in answer.circles.iter().enumerate() {
        let Some(reach) = &circle.reach else { continue };
        let is_same = |known: &&mut usize| {
            let other = answer.circles[**known].reach.as_ref();
            other.is_some_and(|other| (other.by, other.unit) == (reach.by, reach.unit))
        };
        match longest.iter_mut().find(is_same) {
            Some(known) => {
                if circle.wanted.within.value() > answer.circles[*known].wanted.within.value() {
                    *known = nth;
                }
            }
            None => longest.push(nth),
        }
    }
    for (nth, circle) in answer.circles.iter().enumerate() {
        match &circle.reach {
            None => output.issues.push(Issue::new(
                Severity::Warning,
                "kind-without-facility",
                context.id,
                format!("no facility of kind {} was read: who has one is not known", circle.wanted.name()),
            )),
            Some(reach) if longest.contains(&nth) => {
                let limit = circle.wanted.within.value();
                reach_layers::tell_gaps(reach, context, Some(limit), headline, output);
            }
            Some(reach) => output.issues.extend(reach_layers::off_facilities(reach)),
        }
    }
}

/// The figure, the other ways of putting it, and each kind by itself.
pub(crate) fn variants(answer: &Answer<'_>, headline: &Figure) -> Vec<Variant> {
    let judged = &answer.base().judged;
    let row = |code: &str, label: Text, figure: Figure, informative_only: bool| Variant {
        code: code.to_owned(),
        label,
        figure,
        others: Vec::new(),
        informative_only,
    };
    let figure = answer.params.figure;
    let mut rows = Vec::new();
    if let (Statistic::Regions, Some(level), Some(least)) = (figure, answer.params.level, answer.params.at_least) {
        let label = Text::new(
            format!("regions of level {level} where at least {least} have every kind"),
            format!("至少 {least} 享有全部设施的{}", level.title().1),
        );
        rows.push(row("regions", label, headline.clone(), false));
    }
    let all = row("all", Text::new("every kind", "全部设施"), answer.share_of_all(judged), figure != Statistic::All);
    let mean = row(
        "mean",
        Text::new("mean share of the kinds", "平均可达类别比例"),
        answer.mean(judged),
        figure != Statistic::Mean,
    );
    rows.extend(if figure == Statistic::Mean { [mean, all] } else { [all, mean] });
    for (nth, circle) in answer.circles.iter().enumerate() {
        let (name, within) = (circle.wanted.name(), circle.wanted.within);
        let [has, lacks, unknown, _] = answer.by_kind(nth, judged);
        let label = Text::new(format!("{name} within {within}"), format!("{name} {within} 以内"));
        let figure = Figure::share(has.to_f64(), (has + lacks).to_f64(), unknown.to_f64());
        rows.push(row(&format!("kind-{}", nth + 1), label, figure, true));
    }
    rows
}

/// What of a kind a point lacks, in English and Chinese.
fn lack(circle: &Circle<'_>, at: usize) -> (String, String) {
    let (name, within) = (circle.wanted.name(), circle.wanted.within);
    let nearest = circle.reach.as_ref().and_then(|reach| match reach.reached(at) {
        Reached::At(facility, cost) => {
            let told = reach_layers::told(reach.unit, cost);
            let facility = &reach.facilities[facility as usize].name;
            Some((
                format!(" (nearest {facility}, {})", told.0),
                format!("（最近为{facility}，{}）", told.1.trim_start()),
            ))
        }
        _ => None,
    });
    let (near_en, near_zh) = nearest.unwrap_or_default();
    (format!("no {name} within {within}{near_en}"), format!("{within} 内无{name}{near_zh}"))
}

/// One line for each judged point that lacks a kind or of which a kind is not known: most weight first; of cells the first thousand.
pub(crate) fn evidence(answer: &Answer<'_>) -> Vec<Evidence> {
    let base = answer.base();
    let mut points: Vec<usize> =
        base.judged.iter().copied().filter(|at| answer.tally(*at).has_all() != Some(true)).collect();
    points.sort_by(|a, b| base.weight(*b).cmp(&base.weight(*a)).then(a.cmp(b)));
    if base.layer.is_grid() {
        points.truncate(MOST_CELL_LINES);
    }
    let line = |at: usize| {
        let (id, name) = (base.layer.id(at).into_owned(), base.layer.point_name(at).into_owned());
        let tally = answer.tally(at);
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        for circle in &answer.circles {
            match circle.has(at) {
                Some(true) => {}
                Some(false) => {
                    let (lack_en, lack_zh) = lack(circle, at);
                    en.push(lack_en);
                    zh.push(lack_zh);
                }
                None => {
                    en.push(format!("{} not known", circle.wanted.name()));
                    zh.push(format!("{}未知", circle.wanted.name()));
                }
            }
        }
        let mut about = vec![id.clone(), name.clone()];
        about.extend(base.layer.home[at].map(|home| base.study.regions.get(home).code.clone()));
        let (has, all) = (tally.has, answer.circles.len());
        Evidence {
            key: id.clone(),
            state: if tally.lacks > 0 { "lacking" } else { "unknown" },
            about,
            text: Text::new(
                format!("{name} ({id}): {has} of {all} kinds; {}", en.join(", ")),
                format!("{name}（{id}）：{all} 类中有 {has} 类；{}", zh.join("，")),
            ),
        }
    };
    points.into_iter().map(line).collect()
}

/// What became of each judged point; of cells, and of very many points, nothing.
pub(crate) fn outcomes(answer: &Answer<'_>) -> Vec<Outcome> {
    let base = answer.base();
    if base.layer.is_grid() || base.judged.len() > MOST_CELLS {
        return Vec::new();
    }
    let outcome = |at: &usize| {
        let key = base.layer.id(*at).into_owned();
        Outcome {
            name: Some(base.layer.point_name(*at).into_owned()).filter(|name| *name != key),
            key,
            state: match answer.tally(*at).has_all() {
                Some(true) => "all",
                Some(false) => "lacking",
                None => "unknown",
            },
            weight: base.weight(*at),
            parts: Vec::new(),
            cost: None,
            region: base.layer.home[*at],
            class: base.layer.class(*at).map(str::to_owned),
        }
    };
    base.judged.iter().map(outcome).collect()
}
