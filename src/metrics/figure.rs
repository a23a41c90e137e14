//! One number with what it is a share of, how far it may be off, and what is not known.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::noun::Noun;
use crate::base::units::Text;
use crate::base::units::four_digits;
use crate::base::units::percent_floor;
use crate::impedance::cost_table::CostUnit;

/// The unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FigureUnit {
    /// 0 to 1.
    #[default]
    Share,
    Metres,
    Seconds,
    /// Supply per person: doctors, beds, seats.
    Rate,
    /// Supply, in its own unit.
    Amount,
}

impl From<CostUnit> for FigureUnit {
    fn from(unit: CostUnit) -> FigureUnit {
        match unit {
            CostUnit::Metres => FigureUnit::Metres,
            CostUnit::Seconds => FigureUnit::Seconds,
        }
    }
}

/// A measured number, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Figure {
    pub unit: FigureUnit,
    /// What an amount counts; `None` where nothing says so, and for other units.
    pub counts: Option<Noun>,
    /// The number itself, unrounded; of what has data. `None` when nothing has.
    pub value: Option<f64>,
    /// For shares: what counts, and what it is a share of (pairs, people, villages), as far as there is data.
    pub part: Option<f64>,
    pub whole: Option<f64>,
    /// What is part of the territory but has no data, in the unit of `whole`.
    pub unknown: f64,
    /// The least and the most that the value can be, whatever the unknown turns out to be.
    pub bounds: Option<(f64, f64)>,
    /// The least that the value can be where nothing says how much more it may be: facilities whose capacity is not known.
    pub least: Option<f64>,
    /// What is not known may move the value by any amount: it has neither a least nor a most.
    pub is_open: bool,
    /// The least and the most of the value under the declared uncertainties (stops near a border, the rule's numbers):
    /// a verdict that flips between them is fragile. `None` when none was tried.
    pub uncertainty: Option<(f64, f64)>,
    /// Why there is no value, or why it may be off.
    pub reason: Option<Text>,
    /// How many demand points it rests on, where the metric says so.
    pub points: Option<u64>,
    /// It rests on so few points or people that one of them can turn it.
    pub is_small: bool,
    /// There is nothing to measure here, e.g. an island without neighbours: not missed, not met, not unknown.
    pub not_applicable: bool,
}

impl Figure {
    /// A share `part / whole` with `unknown` more of the whole about which nothing is known.
    ///
    /// The bounds count the unknown once as not reached and once as reached. A whole of 0 with nothing unknown is not
    /// applicable; with something unknown it has no value.
    pub fn share(part: f64, whole: f64, unknown: f64) -> Figure {
        let total = whole + unknown;
        Figure {
            unit: FigureUnit::Share,
            value: (whole > 0.0).then(|| quotient(part, whole)),
            part: Some(part),
            whole: Some(whole),
            unknown,
            bounds: (total > 0.0).then(|| (quotient(part, total), quotient(part + unknown, total))),
            not_applicable: total <= 0.0,
            ..Figure::default()
        }
    }

    /// A distance or a time; `unknown` of the demand has none. A whole of 0 with nothing unknown is not applicable.
    pub fn cost(unit: CostUnit, value: Option<f64>, whole: f64, unknown: f64) -> Figure {
        Figure {
            unit: unit.into(),
            value,
            whole: Some(whole),
            unknown,
            bounds: value.filter(|_| unknown <= 0.0).map(|cost| (cost, cost)),
            not_applicable: whole + unknown <= 0.0,
            ..Figure::default()
        }
    }

    /// A mean over what is known of a `whole`; `unknown` more of it has no value, and may have any.
    ///
    /// A whole of 0 with nothing unknown is not applicable.
    pub fn mean(unit: FigureUnit, value: Option<f64>, whole: f64, unknown: f64) -> Figure {
        Figure {
            unit,
            value,
            whole: Some(whole),
            unknown,
            bounds: value.filter(|_| unknown <= 0.0).map(|mean| (mean, mean)),
            not_applicable: whole + unknown <= 0.0,
            ..Figure::default()
        }
    }

    /// A supply over the people who share it. `unknown` more people may belong to them, and up to `more` of supply; `None` where nobody knows
    /// how much more, and the ratio is "at least".
    ///
    /// Without people, and without any who may be, it is not applicable.
    pub fn ratio(unit: FigureUnit, supply: f64, people: f64, unknown: f64, more: Option<f64>) -> Figure {
        let all = people + unknown;
        let low = (all > 0.0).then(|| quotient(supply, all));
        let high = more.filter(|_| people > 0.0).map(|more| quotient(supply + more, people));
        Figure {
            unit,
            value: (people > 0.0).then(|| quotient(supply, people)),
            part: Some(supply),
            whole: Some(people),
            unknown,
            bounds: low.zip(high),
            least: low.filter(|_| more.is_none()),
            not_applicable: all <= 0.0,
            ..Figure::default()
        }
    }

    /// Whether nothing that is not known can change the value.
    pub fn is_certain(&self) -> bool {
        self.unknown <= 0.0
            && !self.is_open
            && self.least.is_none()
            && self.bounds.is_none_or(|(low, high)| low >= high)
    }

    /// What a rule says of the value, whatever the unknown turns out to be; `None` where it hangs on that, or there is no value.
    ///
    /// The rule must be one that only turns once as the value grows. This is what verdicts go by.
    pub fn settled(&self, rule: impl Fn(f64) -> bool) -> Option<bool> {
        let value = self.value?;
        if self.is_certain() {
            return Some(rule(value));
        }
        // where nothing says how much more it may be, it may be anything more
        let (low, high) = self.least.map(|least| (least, f64::INFINITY)).or(self.bounds)?;
        (rule(low) == rule(high)).then(|| rule(low))
    }

    /// No value, for a reason.
    pub fn no_data(unit: FigureUnit, en: impl Into<String>, zh: impl Into<String>) -> Figure {
        Figure { unit, reason: Some(Text::new(en, zh)), ..Figure::default() }
    }

    /// The same amount with what it counts; other figures as they are.
    pub fn counting(mut self, noun: &Noun) -> Figure {
        self.counts = Some(noun.clone()).filter(|_| self.unit == FigureUnit::Amount);
        self
    }

    /// The same figure with a reason.
    pub fn because(mut self, reason: Text) -> Figure {
        self.reason = Some(reason);
        self
    }

    /// The same figure with its uncertainty widened to hold `value`.
    pub fn or_maybe(mut self, value: f64) -> Figure {
        let (low, high) = self.uncertainty.or(self.value.map(|own| (own, own))).unwrap_or((value, value));
        self.uncertainty = Some((low.min(value), high.max(value)));
        self
    }
}

/// `part / whole`; of two numbers of whole millionths the number nearest to their ratio, so that 0.605 of 1.1 is 0.55 and not the next number
/// below.
pub(crate) fn quotient(part: f64, whole: f64) -> f64 {
    let micros = |value: f64| {
        let micros = (value * 1e6).round();
        // whole numbers below 2⁵³ are exact, and so the quotient of two is rounded once
        (micros.abs() < 9_007_199_254_740_992.0 && micros / 1e6 == value).then_some(micros)
    };
    match micros(part).zip(micros(whole)) {
        Some((part, whole)) => part / whole,
        None => part / whole,
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

/// [`format_value`] in both languages, an amount with the word for what it counts.
pub fn told_value(value: f64, unit: FigureUnit, counts: Option<&Noun>) -> Text {
    match (unit, counts) {
        (FigureUnit::Amount, Some(noun)) => noun.told(&four_digits(value)),
        (FigureUnit::Amount, None) => Noun::units().told(&four_digits(value)),
        (FigureUnit::Rate, _) => Text::new(format_value(value, unit), format!("{} /千人", four_digits(value * 1000.0))),
        _ => Text::new(format_value(value, unit), format_value(value, unit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unknown_widens_the_bounds_and_stays_out_of_the_value() {
        // 6 of 8 known, 2 unknown: 75 % of the known; between 6/10 and 8/10 of all
        let figure = Figure::share(6.0, 8.0, 2.0);
        assert_eq!((figure.value, figure.bounds), (Some(0.75), Some((0.6, 0.8))));
    }

    #[test]
    fn a_ratio_is_held_between_what_its_unknown_people_and_supply_make_of_it() {
        // 30 beds for 10 000 people; 2000 more may live there, and 6 more beds may stand there
        let figure = Figure::ratio(FigureUnit::Rate, 30.0, 10_000.0, 2000.0, Some(6.0));
        assert_eq!((figure.value, figure.bounds), (Some(0.003), Some((0.0025, 0.0036))));
        assert!(!figure.is_certain() && Figure::ratio(FigureUnit::Rate, 30.0, 10_000.0, 0.0, Some(0.0)).is_certain());
        // a hospital with nobody knows how many beds
        let figure = Figure::ratio(FigureUnit::Rate, 30.0, 10_000.0, 0.0, None);
        assert_eq!((figure.value, figure.bounds, figure.least), (Some(0.003), None, Some(0.003)));
        assert!(!figure.is_certain());
        let nobody = Figure::ratio(FigureUnit::Rate, 30.0, 0.0, 0.0, Some(0.0));
        assert!(nobody.not_applicable && nobody.value.is_none() && nobody.bounds.is_none());
    }

    #[test]
    fn nothing_to_measure_is_neither_zero_nor_all() {
        let empty = Figure::share(0.0, 0.0, 0.0);
        assert!(empty.not_applicable && empty.value.is_none() && empty.bounds.is_none());
        let unknown = Figure::share(0.0, 0.0, 3.0);
        assert!(!unknown.not_applicable && unknown.value.is_none());
    }
}
