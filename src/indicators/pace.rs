//! How fast a figure must move to meet its target in time, and how fast it moved so far.

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::base::units::Text;
use crate::base::units::trim_zeros;
use crate::impedance::cost_table::CostUnit;
use crate::indicators::scorecard::TargetRow;
use crate::indicators::target::Bound;
use crate::indicators::target::Target;
use crate::metrics::Moment;
use crate::metrics::figure::FigureUnit;

const DAYS_A_YEAR: f64 = 365.25;

/// The way from a missed target's figure to its bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// The day of the figure, `YYYY-MM-DD`.
    pub as_of: String,
    /// The day of the promise.
    pub by: String,
    /// Change a year that reaches the bound on that day, in the unit of the figure; `None` when the day is past.
    pub needed_per_year: Option<f64>,
    /// Change a year since the oldest value that is known; `None` where only one day is known.
    pub so_far_per_year: Option<f64>,
    /// In words.
    pub says: Text,
}

/// Days between two days, as years of 365.25 days.
fn years(from: Date, to: Date) -> f64 {
    f64::from((to - from).get_days()) / DAYS_A_YEAR
}

/// A change a year in words: points for a share.
fn told(change: f64, unit: FigureUnit) -> (String, String) {
    let sign = if change < 0.0 { "\u{2212}" } else { "+" };
    let size = change.abs();
    let (en, zh) = match unit {
        FigureUnit::Share => {
            let points = trim_zeros(size * 100.0, 2);
            (format!("{points} points"), format!("{points}个百分点"))
        }
        FigureUnit::Metres => (CostUnit::Metres.shown(size), CostUnit::Metres.shown(size)),
        FigureUnit::Seconds => (CostUnit::Seconds.shown(size), CostUnit::Seconds.shown(size)),
        FigureUnit::Rate => {
            let rate = trim_zeros(size * 1000.0, 4);
            (format!("{rate} per 1000"), format!("{rate}/千"))
        }
        FigureUnit::Amount => (trim_zeros(size, 2), trim_zeros(size, 2)),
    };
    (format!("{sign}{en}"), format!("{sign}{zh}"))
}

/// The pace of a figure that misses its target, on a day; `None` for a target without a day and where no day of the figure is known.
///
/// Days are counted as they are, a year has 365.25 of them. A figure of the promised day itself, or later, has no time left.
pub fn pace(value: f64, unit: FigureUnit, target: &Target, as_of: Option<Date>, history: &[Moment]) -> Option<Pace> {
    let as_of = history.last().map(|moment| moment.day).or(as_of)?;
    let (Bound::AtLeast(quantity) | Bound::AtMost(quantity)) = target.bound;
    Some(toward(quantity.value(), (target.by?, target.by_is_assumed), (as_of, value), unit, history))
}

/// The pace between two runs whose data speaks of different days, toward a target that the second misses; `None` where one of the days is not
/// said, or the second is not the later one, or the target has no day.
pub fn between(before: (&str, f64), after: (&str, f64), unit: FigureUnit, target: &TargetRow) -> Option<Pace> {
    // a year that was missed can not be caught up
    if target.every_year {
        return None;
    }
    let moment = |(day, value): (&str, f64)| Some(Moment { day: day.parse().ok()?, value });
    let history = [moment(before)?, moment(after)?];
    let by = target.by.as_deref()?.parse().ok()?;
    let [first, last] = history;
    (first.day < last.day)
        .then(|| toward(target.value, (by, target.by_is_assumed), (last.day, last.value), unit, &history))
}

fn toward(
    bound: f64,
    (by, is_assumed): (Date, bool),
    (as_of, value): (Date, f64),
    unit: FigureUnit,
    history: &[Moment],
) -> Pace {
    let left = years(as_of, by);
    let needed_per_year = (left > 0.0).then(|| (bound - value) / left);
    let so_far = history.first().zip(history.last()).filter(|(first, last)| first.day < last.day);
    let so_far_per_year = so_far.map(|(first, last)| (last.value - first.value) / years(first.day, last.day));
    let assumed = if is_assumed { ("; the day is assumed", "（期限为假设）") } else { ("", "") };
    let (mut en, mut zh) = match needed_per_year {
        Some(needed) => {
            let (en, zh) = told(needed, unit);
            (
                format!("{en} a year are needed from {as_of} to {by}{}", assumed.0),
                format!("{as_of}至{by}每年需变化{zh}{}", assumed.1),
            )
        }
        None => (
            format!("the day of the promise, {by}, has come by {as_of}{}", assumed.0),
            format!("截至{as_of}，期限{by}已到{}", assumed.1),
        ),
    };
    if let (Some(change), Some((first, last))) = (so_far_per_year, so_far) {
        let (told_en, told_zh) = told(change, unit);
        en += &format!("; {told_en} a year came from {} to {}", first.day, last.day);
        zh += &format!("；{}至{}每年实际变化{told_zh}", first.day, last.day);
    }
    Pace { as_of: as_of.to_string(), by: by.to_string(), needed_per_year, so_far_per_year, says: Text::new(en, zh) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::indicators::target::HoldsFor;

    #[test]
    fn the_pace_reaches_the_bound_on_the_day() {
        let by = Some(date(2029, 12, 31));
        let target = Target { by, ..Target::from(Bound::AtLeast("90 %".parse().unwrap())) };
        let history = [(date(2023, 12, 31), 0.80), (date(2025, 12, 31), 0.82)];
        let history = history.map(|(day, value)| Moment { day, value });
        let found = pace(0.82, FigureUnit::Share, &target, None, &history).unwrap();
        // 1461 days are 4 years of 365.25: 8 points in 4 years; and 2 points in 731 days came
        assert!((found.needed_per_year.unwrap() - 0.02).abs() < 1e-12);
        assert!((found.so_far_per_year.unwrap() - 0.02 / (731.0 / 365.25)).abs() < 1e-12);
        assert_eq!(
            found.says.en,
            "+2 points a year are needed from 2025-12-31 to 2029-12-31; +1 point a year came from 2023-12-31 to 2025-12-31"
        );
        // one day of the figure, given by the study
        let found = pace(0.82, FigureUnit::Share, &target, Some(date(2025, 12, 31)), &[]).unwrap();
        assert_eq!((found.needed_per_year.is_some(), found.so_far_per_year), (true, None));
        // too late
        let found = pace(0.82, FigureUnit::Share, &target, Some(date(2030, 1, 1)), &[]).unwrap();
        assert_eq!(found.needed_per_year, None);
        assert!(found.says.en.contains("has come"));
        // the same of two runs
        let row = TargetRow {
            text: "≥ 90 %".into(),
            text_zh: String::new(),
            at_least: true,
            value: 0.9,
            by: Some("2029-12-31".into()),
            by_is_assumed: false,
            origin: None,
            holds_for: HoldsFor::default(),
            every_year: false,
        };
        let (before, after) = (("2023-12-31", 0.80), ("2025-12-31", 0.82));
        let found = between(before, after, FigureUnit::Share, &row).unwrap();
        assert!((found.needed_per_year.unwrap() - 0.02).abs() < 1e-12);
        assert!((found.so_far_per_year.unwrap() - 0.02 / (731.0 / 365.25)).abs() < 1e-12);
        // the second run speaks of no later day
        assert_eq!(between(after, before, FigureUnit::Share, &row), None);
        assert_eq!(between(after, after, FigureUnit::Share, &row), None);
        // no day of the promise, or none of the figure
        assert_eq!(pace(0.82, FigureUnit::Share, &target, None, &[]), None);
        let none = Target { by: None, ..target };
        assert_eq!(pace(0.82, FigureUnit::Share, &none, Some(date(2025, 1, 1)), &[]), None);
    }
}
