//! The verdicts of regions, in the layers of regions of all metrics.

use std::collections::BTreeMap;

use crate::base::units::Text;
use crate::indicators::target::Bound;
use crate::indicators::target::Quantity;
use crate::indicators::target::Target;
use crate::indicators::verdict::Verdict;
use crate::indicators::verdict::judge;
use crate::metrics::Output;
use crate::metrics::layer::is_of_regions;
use crate::metrics::layer::region_fill;
use crate::model::study::Study;
use crate::table::Table;
use crate::table::style::Class;
use crate::table::style::Filter;
use crate::table::style::counts;
use crate::table::style::palette;

/// Puts the verdict on each region, that of the scorecard, into the layers of an indicator, and draws apart which values meet the target. Rows of
/// regions without a figure keep what the metric said of them.
pub fn judged(study: &Study, target: Option<&Target>, output: &mut Output) {
    let mut verdicts: BTreeMap<(&str, &str), &'static str> = BTreeMap::new();
    for found in output.units.iter().chain(&output.regions) {
        let code = study.regions.get(found.region).code.as_str();
        verdicts.insert((found.level.title().0, code), judge(&found.figure, target).0.word());
    }
    for table in output.tables.iter_mut().filter(|table| is_of_regions(table)) {
        let at = ["code", "level", "verdict"].map(|name| table.field(name));
        let [Some(code), Some(level), Some(verdict)] = at else { continue };
        for row in &mut table.rows {
            let (Some(code), Some(level)) = (row.values[code].as_key(), row.values[level].as_key()) else { continue };
            if let Some(word) = verdicts.get(&(level.as_str(), code.as_str())) {
                row.values[verdict] = (*word).into();
            }
        }
        // of a share that is to be reached the metric's own classes end at the target
        if let Some(bound) = target.map(|target| target.bound)
            && !matches!(bound, Bound::AtLeast(Quantity::Share(_)))
        {
            part_by_verdict(table, bound);
        }
    }
}

/// Makes two of each class of values, those that meet the target blue and those that miss it orange; classes without a row are left away.
fn part_by_verdict(table: &mut Table, bound: Bound) {
    let Some(style) = &table.style else { return };
    let (mut values, others): (Vec<Class>, Vec<Class>) =
        style.classes.iter().cloned().partition(|class| values_of(class).is_some());
    values.sort_by(|a, b| lower_end(a).total_cmp(&lower_end(b)));
    if matches!(bound, Bound::AtLeast(_)) {
        values.reverse();
    }
    let drawn = |classes: Vec<Class>| -> Vec<Class> {
        let counts = counts(table, &classes);
        classes.into_iter().zip(counts).filter(|(_, count)| *count > 0).map(|(class, _)| class).collect()
    };
    let mut classes = Vec::new();
    for (verdict, colors) in [(Verdict::Met, palette::MET), (Verdict::Missed, palette::MISSED)] {
        let (title, is) = (verdict.title(), Filter::equals("verdict", verdict.word()));
        let with_verdict = |class: &Class| {
            let label =
                Text::new(format!("{} ({})", class.label.en, title.en), format!("{}（{}）", class.label.zh, title.zh));
            let filter = Filter::All(vec![is.clone(), values_of(class)?.clone()]);
            Some(Class { label, filter, ..class.clone() })
        };
        let found = drawn(values.iter().filter_map(with_verdict).collect());
        let last = found.len().saturating_sub(1).max(1);
        classes.extend(
            found
                .into_iter()
                .enumerate()
                .map(|(at, class)| Class { symbol: region_fill(colors[at * (colors.len() - 1) / last]), ..class }),
        );
    }
    classes.extend(others);
    if let Some(style) = &mut table.style {
        style.classes = classes;
    }
}

/// The values of a class of measured values; `None` for a class of something else.
fn values_of(class: &Class) -> Option<&Filter> {
    match &class.filter {
        Filter::All(filters) => match &filters[..] {
            [Filter::OneOf { .. }, values @ Filter::Range { .. }] => Some(values),
            _ => None,
        },
        _ => None,
    }
}

fn lower_end(class: &Class) -> f64 {
    match values_of(class) {
        Some(Filter::Range { from: Some(bound), .. }) => bound.value,
        _ => f64::MIN,
    }
}
