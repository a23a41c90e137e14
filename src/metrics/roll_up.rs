//! What must be said of the figures of regions, whatever was measured: that their plain mean is another number than the figure of all,
//! and which of them rest on next to nothing.

use std::collections::BTreeSet;

use crate::base::units::Text;
use crate::base::units::percent_floor;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::figure::FigureUnit;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Value;

/// A region with fewer demand points than this rests on few. An own default: no norm stands behind it.
pub const FEW_POINTS: u64 = 5;
/// A region with fewer people than this rests on few. An own default: no norm stands behind it.
pub const FEW_PEOPLE: f64 = 100.0;
/// Shares that differ by more than this are told side by side: a point.
const POINT: f64 = 0.01;
/// Regions that a note names.
const NAMED: usize = 8;

/// Whether the figure of a region rests on few points or people, as far as the metric says. `unit` is what is weighed.
fn is_small(found: &RegionFigure, unit: Option<&str>) -> bool {
    let figure = &found.figure;
    let Some(points) = figure.points.filter(|_| figure.value.is_some()) else { return false };
    let people = figure.whole.filter(|_| unit == Some("people"));
    points < FEW_POINTS || people.is_some_and(|people| people + figure.unknown < FEW_PEOPLE)
}

/// Adds to an output what its regions ask for: notes, and a column `small` in its layer of regions.
pub fn tell(study: &Study, output: &mut Output) {
    let unit = output.weights.first().map(|ledger| ledger.unit.clone());
    let means = means(output);
    output.notes.extend(means);
    for found in &mut output.regions {
        found.figure.is_small = is_small(found, unit.as_deref());
    }
    if output.regions.iter().all(|found| found.figure.points.is_none()) {
        return;
    }
    let name = |found: &RegionFigure| {
        let region = study.regions.get(found.region);
        (found.level.title().0, region.code.as_str(), region.name.as_str())
    };
    let small: Vec<(&str, &str, &str)> =
        output.regions.iter().filter(|found| found.figure.is_small).map(name).collect();
    let codes: BTreeSet<(&str, &str)> = small.iter().map(|(level, code, _)| (*level, *code)).collect();
    for table in output.tables.iter_mut().filter(|table| table.name.ends_with("_regions")) {
        let (Some(code), Some(level)) = (table.field("code"), table.field("level")) else { continue };
        table.fields.push(Field::new("small", FieldKind::Bool, "Rests on few points or people", "样本过少"));
        for row in &mut table.rows {
            let is_small = match (&row.values[level], &row.values[code]) {
                (Value::Text(level), Value::Text(code)) => codes.contains(&(level.as_str(), code.as_str())),
                _ => false,
            };
            row.values.push(is_small.into());
        }
    }
    if small.is_empty() {
        return;
    }
    let (count, all) = (small.len(), output.regions.len());
    let names: Vec<&str> = small.iter().take(NAMED).map(|(.., name)| *name).collect();
    let (more_en, more_zh) = match count - names.len() {
        0 => (String::new(), String::new()),
        more => (format!(" and {more} more"), format!("等另{more}个")),
    };
    output.notes.push(Text::new(
        format!(
            "{count} of {all} regions rest on fewer than {FEW_POINTS} points or {FEW_PEOPLE} people, and one place can turn their figure: {}{more_en}",
            names.join(", ")
        ),
        format!(
            "{all}个区域中有{count}个的数值基于不足{FEW_POINTS}个点或{FEW_PEOPLE}人，个别点即可改变其数值：{}{more_zh}",
            names.join("、")
        ),
    ));
}

/// Levels whose plain mean of shares is more than a point off the figure of all.
fn means(output: &Output) -> Option<Text> {
    let headline = &output.headline;
    let (Some(value), Some(_), FigureUnit::Share) = (headline.value, headline.part, headline.unit) else {
        return None;
    };
    // cut like the figure itself, so that the two texts on a card agree
    let shown = |share: f64| percent_floor((share * 1e9).round() as i128, 1_000_000_000).unwrap_or(0.0);
    let (mut en, mut zh) = (Vec::new(), Vec::new());
    for of_level in output.regions.chunk_by(|x, y| x.level == y.level) {
        let shares: Vec<f64> = of_level.iter().filter_map(|found| found.figure.value).collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        if shares.len() < 2 || (mean - value).abs() <= POINT {
            continue;
        }
        let (level, count, all) = (of_level[0].level.title(), shares.len(), of_level.len());
        let (of_en, of_zh) = match all - count {
            0 => (format!("{count}"), format!("{count}个")),
            _ => (format!("{count} of {all} with a figure"), format!("共{all}个，有数值者{count}个")),
        };
        en.push(format!("by {} {} % ({of_en})", level.0, shown(mean)));
        zh.push(format!("按{} {} %（{of_zh}）", level.1, shown(mean)));
    }
    if en.is_empty() {
        return None;
    }
    Some(Text::new(
        format!(
            "the plain mean of regions, each counting the same, is another figure: {}; the figure of all, which counts what they hold, is {} %",
            en.join(", "),
            shown(value)
        ),
        format!("各区域等权的简单平均与总体数值不同：{}；总体数值按总量计为 {} %", zh.join("，"), shown(value)),
    ))
}
