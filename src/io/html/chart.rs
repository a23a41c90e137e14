//! Charts of a report: how the regions' figures are spread, and the Lorenz curve.

use crate::base::units::Lang;
use crate::indicators::scorecard::Row;
use crate::indicators::verdict::format_value;
use crate::io::xml::escape;
use crate::metrics::figure::FigureUnit;
use crate::table::Table;
use crate::table::style::palette;

const BINS: usize = 10;
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 196.0;
const LEFT: f64 = 34.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 30.0;
/// Width of a letter of a label, at most, and the least room between two labels.
const LETTER: f64 = 6.6;
const GAP: f64 = 8.0;

/// A histogram of values, with a line at the target; `None` for fewer than five values or where all are alike.
///
/// Shares have ten classes from 0 to 100 %; others ten between the least and the largest. A class holds its lower end, the last its upper end
/// too.
pub(super) fn histogram(values: &[f64], row: &Row, title: &str, lang: Lang) -> Option<String> {
    let unit = row.figure.unit;
    let (mut low, mut high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    if values.len() < 5 || low >= high {
        return None;
    }
    if unit == FigureUnit::Share && low >= 0.0 && high <= 1.0 {
        (low, high) = (0.0, 1.0);
    }
    let mut counts = [0usize; BINS];
    for value in values {
        let at = ((value - low) / (high - low) * BINS as f64) as usize;
        counts[at.min(BINS - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    let (wide, tall) = (WIDTH - LEFT - 12.0, HEIGHT - TOP - BOTTOM);
    let x = |value: f64| LEFT + (value - low) / (high - low) * wide;
    let target = row.target.as_ref();
    let bound = target.map(|target| target.value).filter(|value| (low..=high).contains(value));
    let mut out =
        format!("<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">", escape(title));
    for (at, count) in counts.iter().enumerate() {
        let from = low + (high - low) * at as f64 / BINS as f64;
        let to = low + (high - low) * (at + 1) as f64 / BINS as f64;
        // coloured where the whole class is on one side of the target; a class ends before its upper end
        let color = match target {
            Some(target) if target.at_least && from >= target.value => palette::VERDICT[1],
            Some(target) if target.at_least && to <= target.value => palette::VERDICT[0],
            Some(target) if !target.at_least && to <= target.value => palette::VERDICT[1],
            Some(target) if !target.at_least && from > target.value => palette::VERDICT[0],
            Some(_) => "#d9d9d9",
            None => "#7a9cc0",
        };
        let high = *count as f64 / most * tall;
        let label = format!("{} – {}: {count}", format_value(from, unit), format_value(to, unit));
        out.push_str(&format!(
            "<rect class=\"f\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{high:.1}\" fill=\"{color}\"><title>{}</title></rect>",
            x(from) + 1.0,
            TOP + tall - high,
            wide / BINS as f64 - 2.0,
            escape(&label)
        ));
        if *count > 0 {
            out.push_str(&format!(
                "<text class=\"s\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{count}</text>",
                (x(from) + x(to)) / 2.0,
                TOP + tall - high - 4.0
            ));
        }
    }
    let base = TOP + tall;
    out.push_str(&format!("<path d=\"M{LEFT} {base}H{:.1}\" stroke=\"#555\" fill=\"none\"/>", LEFT + wide));
    let tick = |at: usize| format_value(low + (high - low) * at as f64 / BINS as f64, unit);
    // the first label begins at its tick and the next has its middle there: beside each other they take one and a half of their width
    let widest = (0..=BINS).map(|at| tick(at).chars().count()).max().unwrap_or(0) as f64 * LETTER;
    let step = if 1.5 * widest + GAP <= wide * 2.0 / BINS as f64 { 2 } else { BINS / 2 };
    for at in (0..=BINS).step_by(step) {
        let value = low + (high - low) * at as f64 / BINS as f64;
        let anchor = if at == BINS {
            "end"
        } else if at == 0 {
            "start"
        } else {
            "middle"
        };
        out.push_str(&format!(
            "<text class=\"s\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            x(value),
            base + 15.0,
            escape(&tick(at))
        ));
    }
    if let (Some(bound), Some(target)) = (bound, target) {
        let at = x(bound);
        let anchor = if at > WIDTH / 2.0 { "end" } else { "start" };
        let shift = if at > WIDTH / 2.0 { -5.0 } else { 5.0 };
        let word = if lang == Lang::Zh { "目标" } else { "target" };
        out.push_str(&format!(
            "<path d=\"M{at:.1} 17V{base}\" stroke=\"#111\" stroke-dasharray=\"4 3\" fill=\"none\"/>\
             <text class=\"s\" x=\"{:.1}\" y=\"12\" text-anchor=\"{anchor}\">{word} {}</text>",
            at + shift,
            escape(target.in_lang(lang))
        ));
    }
    out.push_str("</svg>");
    Some(out)
}

/// The Lorenz curve of a layer with `people` and `held`, shares from 0 to 1; `None` without them.
pub(super) fn lorenz(table: &Table, title: &str, lang: Lang) -> Option<String> {
    let [people, held] = [table.field("people")?, table.field("held")?];
    let points: Vec<[f64; 2]> = table
        .rows
        .iter()
        .filter_map(|row| Some([row.values.get(people)?.as_f64()?, row.values.get(held)?.as_f64()?]))
        .collect();
    if points.len() < 3 {
        return None;
    }
    let side = 220.0;
    let at = |[x, y]: [f64; 2]| format!("{:.1} {:.1}", 40.0 + x * side, 10.0 + (1.0 - y) * side);
    let curve: Vec<String> = points.iter().map(|point| at(*point)).collect();
    let (across, up) = match lang {
        Lang::En => ("people, nearest first", "of all distance"),
        Lang::Zh => ("人口（由近到远累计）", "占总距离"),
    };
    let mut out =
        format!("<svg class=\"lorenz\" viewBox=\"0 0 290 275\" role=\"img\" aria-label=\"{}\">", escape(title));
    out.push_str(&format!("<path d=\"M{}L{}L{}z\" fill=\"#f4f4f4\"/>", at([0.0, 0.0]), at([1.0, 1.0]), at([1.0, 0.0])));
    out.push_str(&format!(
        "<path d=\"M{}L{}\" stroke=\"#999\" stroke-dasharray=\"4 3\" fill=\"none\"/>",
        at([0.0, 0.0]),
        at([1.0, 1.0])
    ));
    out.push_str(&format!(
        "<path d=\"M{}\" stroke=\"{}\" stroke-width=\"2.5\" fill=\"none\"/>",
        curve.join("L"),
        palette::VERDICT[1]
    ));
    out.push_str(&format!(
        "<path d=\"M{}L{}L{}\" stroke=\"#555\" fill=\"none\"/>",
        at([0.0, 1.0]),
        at([0.0, 0.0]),
        at([1.0, 0.0])
    ));
    for share in [0.0, 0.5, 1.0] {
        let text = format!("{:.0} %", share * 100.0);
        let (x, y) = (40.0 + share * side, 10.0 + (1.0 - share) * side);
        out.push_str(&format!("<text class=\"s\" x=\"{x:.0}\" y=\"245\" text-anchor=\"middle\">{text}</text>"));
        out.push_str(&format!("<text class=\"s\" x=\"36\" y=\"{:.0}\" text-anchor=\"end\">{text}</text>", y + 4.0));
    }
    out.push_str(&format!(
        "<text class=\"s\" x=\"150\" y=\"266\" text-anchor=\"middle\">{across}</text>\
         <text class=\"s\" x=\"46\" y=\"22\">{up}</text></svg>"
    ));
    Some(out)
}
