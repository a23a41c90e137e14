//! From a figure and a target to a verdict, and how firm it is.

use serde::Deserialize;
use serde::Serialize;

use crate::base::units::Text;
use crate::indicators::target::Bound;
use crate::indicators::target::Target;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
pub use crate::metrics::figure::format_value;
use crate::metrics::figure::told_value;
use crate::metrics::layer::VERDICTS;

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
        VERDICTS[self as usize].0
    }

    /// What people call it.
    pub fn title(self) -> Text {
        let (_, en, zh) = VERDICTS[self as usize];
        Text::new(en, zh)
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

/// What a scorecard shows of an indicator or a region: the verdict, with near misses and verdicts that hang on a definition told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Met,
    /// Met or missed, and something that was tried turns it.
    Fragile,
    /// Missed by no more than [`CLOSE_POINTS`], or [`CLOSE_PART`] of the bound.
    Close,
    NotMet,
    NoData,
    NotApplicable,
    NoTarget,
}

/// A share is close to its target within two points (0.02), the difference itself included: a reading of this program, no norm.
pub const CLOSE_POINTS: f64 = 0.02;
/// Any other figure is close within this part of the bound, the difference itself included: a reading of this program, no norm.
pub const CLOSE_PART: f64 = 0.02;

impl Status {
    /// All of them.
    pub const ALL: [Status; 7] = [
        Status::Met,
        Status::Fragile,
        Status::Close,
        Status::NotMet,
        Status::NoData,
        Status::NotApplicable,
        Status::NoTarget,
    ];

    /// Of a figure with its verdict. Only what is known for certain can be close.
    pub fn of(verdict: Verdict, firmness: Firmness, figure: &Figure, target: Option<&Target>) -> Status {
        match (verdict, firmness) {
            (Verdict::Met | Verdict::Missed, Firmness::Fragile) => Status::Fragile,
            (Verdict::Met, _) => Status::Met,
            (Verdict::Missed, _) => match target {
                Some(target) if is_close(figure, target) => Status::Close,
                _ => Status::NotMet,
            },
            (Verdict::NoData, _) => Status::NoData,
            (Verdict::NotApplicable, _) => Status::NotApplicable,
            (Verdict::NoTarget, _) => Status::NoTarget,
        }
    }

    /// In files for programs.
    pub fn word(self) -> &'static str {
        match self {
            Status::Met => "met",
            Status::Fragile => "fragile",
            Status::Close => "close",
            Status::NotMet => "not-met",
            Status::NoData => "no-data",
            Status::NotApplicable => "not-applicable",
            Status::NoTarget => "no-target",
        }
    }

    /// What people call it.
    pub fn title(self) -> Text {
        match self {
            Status::Met => Text::new("met", "达标"),
            Status::Fragile => Text::new("fragile", "脆弱"),
            Status::Close => Text::new("close", "接近达标"),
            Status::NotMet => Text::new("not met", "未达标"),
            Status::NoData => Text::new("no data", "无数据"),
            Status::NotApplicable => Text::new("not applicable", "不适用"),
            Status::NoTarget => Text::new("no target", "未设目标"),
        }
    }
}

/// Whether a missed target is missed by little, at both ends of what the figure can be.
fn is_close(figure: &Figure, target: &Target) -> bool {
    let bound = target.bound.quantity();
    let within = match bound.unit() {
        FigureUnit::Share => CLOSE_POINTS,
        _ => CLOSE_PART * bound.value(),
    };
    let Some(value) = figure.value else { return false };
    let (low, high) = figure.bounds.or(figure.least.map(|least| (least, value))).unwrap_or((value, value));
    let worst = match target.bound {
        Bound::AtLeast(_) => bound.value() - low.min(value),
        Bound::AtMost(_) => high.max(value) - bound.value(),
    };
    // a thousand-millionth absorbs the last bit of 0.9 - 0.88
    worst <= within + 1e-9 * bound.value().abs().max(1.0)
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
    if figure.value.is_none() {
        return (Verdict::NoData, figure.reason.clone());
    }
    let Some(target) = target else {
        return (Verdict::NoTarget, None);
    };
    if let Some(is_met) = figure.settled(|value| meets(value, target.bound)) {
        let reason = figure.reason.clone().filter(|_| !figure.is_certain());
        return (if is_met { Verdict::Met } else { Verdict::Missed }, reason);
    }
    let reason = match figure.bounds.filter(|_| figure.least.is_none()) {
        Some((low, high)) => {
            let reason = figure.reason.clone().unwrap_or_default();
            let told = |value| told_value(value, figure.unit, figure.counts.as_ref());
            let (low, high) = (told(low), told(high));
            let between = Text::new(
                format!("the true value is between {} and {}", low.en, high.en),
                format!("真实值介于 {} 与 {} 之间", low.zh, high.zh),
            );
            Some(join(&between, &reason))
        }
        None => figure.reason.clone(),
    };
    (Verdict::NoData, reason)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impedance::cost_table::CostUnit;
    use crate::indicators::target::Quantity;

    fn at_least(text: &str) -> Target {
        Target::from(Bound::AtLeast(text.parse::<Quantity>().unwrap()))
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
        let target = |bound: fn(Quantity) -> Bound, text: &str| Target::from(bound(text.parse().unwrap()));
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
    fn a_near_miss_is_close_and_a_verdict_that_flips_is_fragile() {
        let target = at_least("90 %");
        let status = |figure: &Figure| {
            let verdict = judge(figure, Some(&target)).0;
            Status::of(verdict, firmness(figure, Some(&target), []), figure, Some(&target))
        };
        // two points below the bound are still close, the difference itself included
        for (percent, want) in
            [(90.0, Status::Met), (89.999, Status::Close), (88.0, Status::Close), (87.999, Status::NotMet)]
        {
            assert_eq!(status(&Figure::share(percent, 100.0, 0.0)), want, "{percent}");
        }
        // missed whatever the two unknown are, but at worst by 2.7 points: not close
        assert_eq!(status(&Figure::share(87.3, 98.0, 2.0)), Status::NotMet);
        // 9 of 10 known, one unknown: between 81.8 and 90.9 %
        assert_eq!(status(&Figure::share(9.0, 10.0, 1.0)), Status::NoData);
        assert_eq!(status(&Figure::share(91.0, 100.0, 0.0).or_maybe(0.89)), Status::Fragile);
        assert_eq!(status(&Figure::share(0.0, 0.0, 0.0)), Status::NotApplicable);
        let at_most = Target::from(Bound::AtMost("15 min".parse().unwrap()));
        for (seconds, want) in [(900.0, Status::Met), (918.0, Status::Close), (918.1, Status::NotMet)] {
            let figure = Figure::cost(CostUnit::Seconds, Some(seconds), 10.0, 0.0);
            let verdict = judge(&figure, Some(&at_most)).0;
            assert_eq!(Status::of(verdict, Firmness::Untested, &figure, Some(&at_most)), want, "{seconds}");
        }
        let mut words: Vec<&str> = Status::ALL.iter().map(|status| status.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Status::ALL.len());
    }

    #[test]
    fn every_verdict_has_its_own_words() {
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_string(&verdict).unwrap(), format!("\"{}\"", verdict.word()));
        }
        assert_eq!(Verdict::NotApplicable.title(), Text::new("not applicable", "不适用"));
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
