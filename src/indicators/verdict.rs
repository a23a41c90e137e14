//! From a figure and a target to a verdict, and how firm it is.

use serde::Deserialize;
use serde::Serialize;

use crate::base::units::Text;
use crate::base::units::four_digits;
use crate::base::units::percent_floor;
use crate::impedance::cost_table::CostUnit;
use crate::indicators::target::Bound;
use crate::indicators::target::Target;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;

/// The answer to "is the promise met?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Met,
    Missed,
    /// Too little is known: neither met nor missed.
    NoData,
    /// There is nothing to measure.
    NotApplicable,
    /// Measured, but nothing was promised.
    NoTarget,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Verdict; 5] =
        [Verdict::Met, Verdict::Missed, Verdict::NoData, Verdict::NotApplicable, Verdict::NoTarget];

    /// In files for programs.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::NoData => "no-data",
            Verdict::NotApplicable => "not-applicable",
            Verdict::NoTarget => "no-target",
        }
    }

    /// What people call it.
    pub fn title(self) -> Text {
        match self {
            Verdict::Met => Text::new("met", "达标"),
            Verdict::Missed => Text::new("missed", "未达标"),
            Verdict::NoData => Text::new("no data", "无数据"),
            Verdict::NotApplicable => Text::new("not applicable", "不适用"),
            Verdict::NoTarget => Text::new("no target", "未设目标"),
        }
    }
}

/// Whether a verdict stands when what is uncertain is taken otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Firmness {
    /// The verdict is the same under everything that was tried.
    Robust,
    /// The verdict flips under something that was tried.
    Fragile,
    /// Nothing was tried, or there is no verdict to try.
    Untested,
}

/// Whether a number meets a bound; the bound itself does. Numbers are compared unrounded.
pub fn meets(value: f64, bound: Bound) -> bool {
    match bound {
        Bound::AtLeast(quantity) => value >= quantity.value(),
        Bound::AtMost(quantity) => value <= quantity.value(),
    }
}

/// The verdict on a figure, with the reason when there is no answer.
///
/// When part of the whole is unknown, the figure is judged at both of its bounds: where they disagree, the verdict is
/// `NoData`, never a guess.
pub fn judge(figure: &Figure, target: Option<&Target>) -> (Verdict, Option<Text>) {
    if figure.not_applicable {
        return (Verdict::NotApplicable, figure.reason.clone());
    }
    let Some(value) = figure.value else {
        return (Verdict::NoData, figure.reason.clone());
    };
    let Some(target) = target else {
        return (Verdict::NoTarget, None);
    };
    let verdict = |value| if meets(value, target.bound) { Verdict::Met } else { Verdict::Missed };
    if figure.is_certain() {
        return (verdict(value), None);
    }
    if let Some(least) = figure.least {
        // more of it could only be more
        let settled = match target.bound {
            Bound::AtLeast(_) => Some(Verdict::Met).filter(|_| verdict(least) == Verdict::Met),
            Bound::AtMost(_) => Some(Verdict::Missed).filter(|_| verdict(least) == Verdict::Missed),
        };
        return (settled.unwrap_or(Verdict::NoData), figure.reason.clone());
    }
    match figure.bounds {
        Some((low, high)) if verdict(low) == verdict(high) => (verdict(low), figure.reason.clone()),
        Some((low, high)) => {
            let reason = figure.reason.clone().unwrap_or_default();
            let range = (format_value(low, figure.unit), format_value(high, figure.unit));
            let between = Text::new(
                format!("the true value is between {} and {}", range.0, range.1),
                format!("真实值介于 {} 与 {} 之间", range.0, range.1),
            );
            (Verdict::NoData, Some(join(&between, &reason)))
        }
        None => (Verdict::NoData, figure.reason.clone()),
    }
}

fn join(first: &Text, second: &Text) -> Text {
    if second.en.is_empty() {
        return first.clone();
    }
    Text::new(format!("{}; {}", first.en, second.en), format!("{}；{}", first.zh, second.zh))
}

/// How firm a verdict is under the figure's own uncertainty and under other definitions.
///
/// A figure without a verdict for want of data is fragile when the definitions that do have one contradict each other.
/// `others` are figures of definitions that a reasonable planner could have meant; those without a verdict of met or missed
/// say nothing.
pub fn firmness<'f>(
    figure: &Figure,
    target: Option<&Target>,
    others: impl IntoIterator<Item = &'f Figure>,
) -> Firmness {
    let (verdict, _) = judge(figure, target);
    let decided = |verdict: Verdict| matches!(verdict, Verdict::Met | Verdict::Missed);
    let Some(target) = target.filter(|_| decided(verdict) || verdict == Verdict::NoData) else {
        return Firmness::Untested;
    };
    let mut answers: Vec<Verdict> =
        others.into_iter().map(|other| judge(other, Some(target)).0).filter(|answer| decided(*answer)).collect();
    if decided(verdict)
        && let Some((low, high)) = figure.uncertainty
    {
        let at = |value| if meets(value, target.bound) { Verdict::Met } else { Verdict::Missed };
        answers.extend([at(low), at(high)]);
    }
    let tried = !answers.is_empty();
    answers.extend(Some(verdict).filter(|verdict| decided(*verdict)));
    if answers.iter().any(|answer| *answer != answers[0]) {
        Firmness::Fragile
    } else if tried && decided(verdict) {
        Firmness::Robust
    } else {
        Firmness::Untested
    }
}

/// A value for people: shares cut (never rounded up) after one decimal, supply after four digits, lengths in m or km.
pub fn format_value(value: f64, unit: FigureUnit) -> String {
    match unit {
        FigureUnit::Share => {
            // a thousand-millionth absorbs the last bit of 0.57 and the like before the cut
            let nano = (value * 1e9).round() as i128;
            format!("{} %", percent_floor(nano, 1_000_000_000).unwrap_or(0.0))
        }
        FigureUnit::Metres => CostUnit::Metres.shown(value),
        FigureUnit::Seconds => CostUnit::Seconds.shown(value),
        FigureUnit::Rate => format!("{} per 1000", four_digits(value * 1000.0)),
        FigureUnit::Amount => format!("{} units", four_digits(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::target::Quantity;

    fn at_least(text: &str) -> Target {
        Target { bound: Bound::AtLeast(text.parse::<Quantity>().unwrap()), by: None }
    }

    #[test]
    fn the_bound_itself_meets_the_target() {
        let target = at_least("90 %");
        let cases = [((9.0, 10.0), Verdict::Met), ((90.0, 100.0), Verdict::Met), ((8996.0, 10_000.0), Verdict::Missed)];
        for ((part, whole), want) in cases {
            assert_eq!(judge(&Figure::share(part, whole, 0.0), Some(&target)).0, want, "{part}/{whole}");
        }
        // every share that equals a round percentage meets it exactly
        for percent in 1..=100 {
            let target = at_least(&format!("{percent} %"));
            assert!(meets(f64::from(percent) / 100.0, target.bound), "{percent}");
            assert!(meets(f64::from(percent * 7) / 700.0, target.bound), "{percent}");
        }
    }

    #[test]
    fn a_value_just_below_a_target_is_not_shown_as_the_target() {
        assert_eq!(format_value(0.8996, FigureUnit::Share), "89.9 %");
        assert_eq!(format_value(0.57, FigureUnit::Share), "57 %");
        assert_eq!(format_value(0.002_499_99, FigureUnit::Rate), "2.499 per 1000");
        assert_eq!(format_value(0.0025, FigureUnit::Rate), "2.5 per 1000");
        assert_eq!(format_value(30.0, FigureUnit::Amount), "30 units");
    }

    #[test]
    fn the_unknown_decides_only_when_it_can() {
        let target = at_least("90 %");
        // 95 of 96 known and 4 unknown: at least 95 % whatever they are
        assert_eq!(judge(&Figure::share(95.0, 96.0, 4.0), Some(&target)).0, Verdict::Met);
        // 89 of 96 known and 4 unknown: between 89 and 93 %
        let (verdict, reason) = judge(&Figure::share(89.0, 96.0, 4.0), Some(&target));
        assert_eq!(verdict, Verdict::NoData);
        assert!(reason.unwrap().en.contains("between 89 % and 93 %"));
        // 80 of 96 known and 4 unknown: at most 84 %
        assert_eq!(judge(&Figure::share(80.0, 96.0, 4.0), Some(&target)).0, Verdict::Missed);
    }

    #[test]
    fn a_figure_that_is_at_least_so_much_settles_one_side_only() {
        // 30 beds for 10 000 people and a hospital whose beds nobody knows: at least 3 per 1000
        let figure = Figure::ratio(FigureUnit::Rate, 30.0, 10_000.0, 0.0, None);
        let target =
            |bound: fn(Quantity) -> Bound, text: &str| Target { bound: bound(text.parse().unwrap()), by: None };
        for (bound, text, want) in [
            (Bound::AtLeast as fn(Quantity) -> Bound, "3 per 1000", Verdict::Met),
            (Bound::AtLeast, "3.1 per 1000", Verdict::NoData),
            (Bound::AtMost, "2.9 per 1000", Verdict::Missed),
            (Bound::AtMost, "3 per 1000", Verdict::NoData),
        ] {
            assert_eq!(judge(&figure, Some(&target(bound, text))).0, want, "{text}");
        }
    }

    #[test]
    fn no_data_and_nothing_to_measure_are_verdicts_of_their_own() {
        let target = at_least("90 %");
        assert_eq!(judge(&Figure::share(0.0, 0.0, 0.0), Some(&target)).0, Verdict::NotApplicable);
        assert_eq!(judge(&Figure::share(0.0, 0.0, 5.0), Some(&target)).0, Verdict::NoData);
        assert_eq!(judge(&Figure::share(1.0, 2.0, 0.0), None).0, Verdict::NoTarget);
        assert_eq!(firmness(&Figure::share(1.0, 2.0, 0.0), None, []), Firmness::Untested);
    }

    #[test]
    fn a_verdict_that_flips_among_definitions_is_fragile() {
        let target = at_least("90 %");
        let headline = Figure::share(92.0, 100.0, 0.0);
        assert_eq!(firmness(&headline, Some(&target), [&Figure::share(95.0, 100.0, 0.0)]), Firmness::Robust);
        assert_eq!(firmness(&headline, Some(&target), [&Figure::share(62.5, 100.0, 0.0)]), Firmness::Fragile);
        assert_eq!(firmness(&headline.clone().or_maybe(0.89), Some(&target), []), Firmness::Fragile);
        // without a verdict of its own the headline hangs on the definition when the others contradict each other
        let unknown = Figure::share(89.0, 96.0, 4.0);
        let (met, missed) = (Figure::share(95.0, 100.0, 0.0), Figure::share(62.5, 100.0, 0.0));
        assert_eq!(firmness(&unknown, Some(&target), [&met, &missed]), Firmness::Fragile);
        assert_eq!(firmness(&unknown, Some(&target), [&met]), Firmness::Untested);
        // a definition without data says nothing
        let no_data = Figure::no_data(FigureUnit::Share, "none", "无");
        assert_eq!(firmness(&headline, Some(&target), [&no_data]), Firmness::Untested);
    }
}
