//! The same questions asked of another demand: totals spread otherwise, and the people of a region put together.
//!
//! A layer takes the place of the one that an indicator weighs, under its name, and the whole measure is done once more. So this holds
//! for every metric, and a metric knows nothing of it.

use std::collections::BTreeMap;

use crate::app::run::asked;
use crate::base::progress::Progress;
use crate::base::units::Text;
use crate::config::plan::IndicatorPlan;
use crate::config::plan::Plan;
use crate::indicators::verdict::format_value;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::Variant;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::networks::Networks;
use crate::model::gathered::gathered;
use crate::model::region::Level;
use crate::model::study::Study;

/// Points of a share by which aggregation may change it without a word.
const SHARE_APART: f64 = 0.01;
/// Part of any other figure by which it may.
const PART_APART: f64 = 0.05;

/// Measures indicators once more where what they weigh may be meant otherwise, and adds rows to their definition matrices.
///
/// `outputs` are those of the plan's indicators, in their order. Headlines keep their values; what is uncertain of them, and of figures of
/// regions, is widened by another spread, and by no aggregation. The study is the same afterwards.
pub(crate) fn measure(plan: &Plan, study: &mut Study, outputs: &mut [Output], progress: &dyn Progress) {
    spread_otherwise(plan, study, outputs, progress);
    put_together(plan, study, outputs, progress);
}

fn spread_otherwise(plan: &Plan, study: &mut Study, outputs: &mut [Output], progress: &dyn Progress) {
    for at in 0..study.demand.len() {
        let name = study.demand[at].name.clone();
        let asking = indicators(plan, |indicator| indicator.weighs.as_ref().is_some_and(|it| it.layer == name));
        let Some(told) = study.demand[at].spreading.as_ref().map(|spreading| spreading.told.clone()) else { continue };
        for indicator in &asking {
            outputs[*indicator]
                .notes
                .push(Text::new(format!("\"{name}\": {}", told.en), format!("“{name}”：{}", told.zh)));
        }
        let instead = study.demand[at].spreading.as_mut().map(|it| std::mem::take(&mut it.instead)).unwrap_or_default();
        let mut back = Vec::new();
        for mut one in instead {
            std::mem::swap(&mut study.demand[at], &mut one.layer);
            for (indicator, found) in again(plan, study, &asking, progress) {
                let output = &mut outputs[indicator];
                own_row_first(output, &Text::new("totals spread as the config says", "按配置分配总数"));
                let figure = figure_of(&found, output.headline.unit);
                if let Ok(found) = &found {
                    widen(output, found);
                }
                tell_spread(output, &figure, &one.label);
                output.variants.push(row(one.code.to_owned(), one.label.clone(), figure, false));
            }
            std::mem::swap(&mut study.demand[at], &mut one.layer);
            back.push(one);
        }
        if let Some(spreading) = &mut study.demand[at].spreading {
            spreading.instead = back;
        }
    }
}

fn put_together(plan: &Plan, study: &mut Study, outputs: &mut [Output], progress: &dyn Progress) {
    // what is put together the same way is measured in one go
    let mut jobs: BTreeMap<(usize, String, Level), Vec<usize>> = BTreeMap::new();
    for (nth, indicator) in plan.indicators.iter().enumerate() {
        let Some(weighed) = &indicator.weighs else { continue };
        let Some(at) = study.demand.iter().position(|layer| layer.name == weighed.layer) else { continue };
        for level in &indicator.areal_check {
            jobs.entry((at, weighed.group.clone(), *level)).or_default().push(nth);
        }
    }
    for ((at, group, level), asking) in jobs {
        let layer = gathered(&study.demand[at], &group, level, &study.regions, study.lattice.as_ref());
        let Some(mut layer) = layer else { continue };
        let alone = layer.home.iter().filter(|home| home.is_none_or(|it| study.regions.get(it).level != level)).count();
        let regions = layer.len() - alone;
        std::mem::swap(&mut study.demand[at], &mut layer);
        let found = again(plan, study, &asking, progress);
        std::mem::swap(&mut study.demand[at], &mut layer);
        let (en, zh) = level.title();
        let mut label = Text::new(
            format!("everyone of a {en} at its mean centre ({regions} places)"),
            format!("各{zh}人口集中于其加权重心（{regions}处）"),
        );
        if alone > 0 {
            label.en += &format!(", and {alone} points that are in no {en} where they are");
            label.zh += &format!("，另有{alone}个点不属于任何{zh}，位置不变");
        }
        for (indicator, found) in found {
            let output = &mut outputs[indicator];
            own_row_first(output, &Text::new("the demand as it was read", "按读入的需求点"));
            let figure = figure_of(&found, output.headline.unit);
            tell_aggregation(output, &figure, level);
            output.variants.push(row(format!("at-{level}"), label.clone(), figure, true));
        }
    }
}

fn indicators(plan: &Plan, is_meant: impl Fn(&IndicatorPlan) -> bool) -> Vec<usize> {
    plan.indicators.iter().enumerate().filter(|(_, indicator)| is_meant(indicator)).map(|(nth, _)| nth).collect()
}

/// What some indicators find in a study whose demand has changed.
fn again(
    plan: &Plan,
    study: &Study,
    asking: &[usize],
    progress: &dyn Progress,
) -> Vec<(usize, Result<Output, MetricError>)> {
    if asking.is_empty() {
        return Vec::new();
    }
    progress.stage("measure another demand", Some(asking.len() as u64));
    let networks = Networks::new(study);
    let found = |nth: &usize| {
        let indicator = &plan.indicators[*nth];
        let metric = indicator.measure.metric();
        let (context, bare) = (asked(study, indicator, progress), metric.figures_only());
        let found = bare.as_deref().unwrap_or(metric).measure_over(&context, &networks);
        progress.advance(1);
        (*nth, found)
    };
    let found = asking.iter().map(found).collect();
    progress.done();
    found
}

fn figure_of(found: &Result<Output, MetricError>, unit: FigureUnit) -> Figure {
    match found {
        Ok(output) => Figure { uncertainty: None, ..output.headline.clone() },
        Err(error) => Figure::no_data(unit, error.to_string(), error.to_string()),
    }
}

fn row(code: String, label: Text, figure: Figure, informative_only: bool) -> Variant {
    Variant { code, label, figure, others: Vec::new(), informative_only }
}

/// A matrix begins with the headline's own definition.
fn own_row_first(output: &mut Output, label: &Text) {
    if output.variants.is_empty() {
        output.variants.push(row("as-judged".to_owned(), label.clone(), output.headline.clone(), false));
    }
}

/// Lets the figures say how far they hang on the spread.
fn widen(output: &mut Output, found: &Output) {
    let maybe = |figure: &mut Figure, other: &Figure| {
        if let (Some(_), Some(value)) = (figure.value, other.value) {
            *figure = std::mem::take(figure).or_maybe(value);
        }
    };
    maybe(&mut output.headline, &found.headline);
    let others: BTreeMap<_, _> = found.regions.iter().map(|one| ((one.level, one.region), &one.figure)).collect();
    for one in &mut output.regions {
        if let Some(other) = others.get(&(one.level, one.region)) {
            maybe(&mut one.figure, other);
        }
    }
}

fn shown(figure: &Figure) -> Option<String> {
    figure.value.map(|value| format_value(value, figure.unit))
}

fn tell_spread(output: &mut Output, other: &Figure, label: &Text) {
    let (Some(own), Some(value)) = (shown(&output.headline), shown(other)) else { return };
    output.notes.push(Text::new(
        format!("where people live within a region is an estimate: {own}, and {value} if they are {}", label.en),
        format!("区域内的人口位置为估计：本口径为{own}，若{}则为{value}", label.zh),
    ));
}

fn tell_aggregation(output: &mut Output, other: &Figure, level: Level) {
    let (en, zh) = level.title();
    let (Some(own), Some(value)) = (output.headline.value, other.value) else { return };
    let is_apart = match output.headline.unit {
        FigureUnit::Share => (value - own).abs() > SHARE_APART,
        _ => (value - own).abs() > PART_APART * own.abs(),
    };
    if !is_apart {
        return;
    }
    let (own, value) = (format_value(own, output.headline.unit), format_value(value, other.unit));
    output.notes.push(Text::new(
        format!(
            "aggregation hides a difference: with everyone of a {en} at its mean centre the figure would be {value}, not {own}; \
             what differs within a {en} is lost in figures at that level"
        ),
        format!("汇总会掩盖差异：若各{zh}人口集中于其重心，数值为{value}而非{own}；{zh}内部的差异在该层级不可见"),
    ));
}
