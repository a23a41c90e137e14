//! How much more must count for a target to be met, by the rule that the verdict goes by.

use crate::base::noun::Noun;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::base::units::trim_zeros;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::figure::quotient;

/// A whole unit in millionths.
const ONE: i128 = 1_000_000;

/// The least that must count besides, to the millionth: with it the target is met, with a millionth less it is not. Never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing(i128);

impl Missing {
    /// What a figure's part lacks to be at least `bound`, whatever the unknown turns out to be.
    ///
    /// `None` where the bound is met, where what is unknown decides whether it is, and for a figure that is not a part of something. Found by
    /// halving an interval of whole millionths, each tried by the rule itself.
    pub fn of(figure: &Figure, bound: f64) -> Option<Missing> {
        if figure.not_applicable || figure.settled(|value| value >= bound) != Some(false) {
            return None;
        }
        let part = figure.part?;
        let whole = match figure.unit {
            FigureUnit::Amount => 1.0,
            FigureUnit::Share | FigureUnit::Rate => figure.whole? + figure.unknown,
            FigureUnit::Metres | FigureUnit::Seconds => return None,
        };
        let is_met = |more: i128| quotient(with(part, more), whole) >= bound;
        let mut most = (((bound * whole - part) * ONE as f64).ceil() as i128).clamp(1, 1 << 100);
        while !is_met(most) {
            most = most.checked_mul(2)?;
        }
        let mut least = 0;
        while most - least > 1 {
            let middle = least + (most - least) / 2;
            if is_met(middle) { most = middle } else { least = middle }
        }
        Some(Missing(most))
    }

    /// To the millionth.
    pub fn exact(self) -> Weight {
        Weight::from_micros(self.0)
    }

    /// Whole units, rounded up: with them the target is met, with one less it is not.
    pub fn whole(self) -> u64 {
        self.steps(ONE)
    }

    fn steps(self, step: i128) -> u64 {
        u64::try_from((self.0 - 1) / step + 1).unwrap_or(u64::MAX)
    }

    /// Whole units for people.
    pub fn shown(self) -> String {
        thousands(self.whole() as f64)
    }

    /// A measured amount in units of 10 to the power `exponent`, to two decimals, rounded up.
    pub fn shown_in(self, exponent: u32) -> String {
        let step = 10i128.pow(exponent) * ONE / 100;
        trim_zeros(self.steps(step) as f64 / 100.0, 2)
    }

    /// A number of whatever it is, to four digits and never fewer than are needed for whole ones, rounded up.
    pub fn shown_in_four_digits(self) -> String {
        let digits = self.0.checked_ilog10().unwrap_or(0);
        let step = 10i128.pow(digits.saturating_sub(3).min(6));
        match step {
            ONE => self.shown(),
            step => trim_zeros((self.steps(step) as i128 * step) as f64 / ONE as f64, 6),
        }
    }

    /// The verb for whole units: `is` for one, `are` for more.
    pub fn are(self) -> &'static str {
        if self.whole() == 1 { "is" } else { "are" }
    }

    /// An amount of what the noun says: whole ones, or where it is measured two decimals, rounded up.
    pub fn amount(self, noun: &Noun) -> String {
        if noun.is_measured() { self.shown_in(0) } else { self.shown() }
    }

    /// `1 more person`, `2 more people`; in Chinese the number with its word.
    pub fn more(self, noun: &Noun) -> Text {
        noun.more(&self.shown())
    }
}

/// The capacity that so many take up, rounded up to a whole one; the last bit of a product must not ask for one more.
pub(crate) fn capacity_for(people: u64, each: f64) -> f64 {
    (people as f64 * each * (1.0 - 1e-12)).ceil()
}

/// A part and so many millionths more; whole millionths stay whole.
fn with(part: f64, more: i128) -> f64 {
    let micros = (part * ONE as f64).round();
    match micros / ONE as f64 == part {
        true => Weight::from_micros(micros as i128 + more).to_f64(),
        false => part + Weight::from_micros(more).to_f64(),
    }
}

/// What must become of what is missing: the words before and behind `0.44 km² more`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remedy {
    pub en: (&'static str, &'static str),
    pub zh: (&'static str, &'static str),
}

impl Remedy {
    /// The sentence.
    pub fn told(&self, more: &Text) -> Text {
        Text::new(format!("{}{}{}", self.en.0, more.en, self.en.1), format!("{}{}{}", self.zh.0, more.zh, self.zh.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_is_missing_is_told_by_the_verdicts_own_rule() {
        let missing = |figure: &Figure, bound| Missing::of(figure, bound).map(|missing| missing.exact().micros());
        // 55 of 100 are 55 %, whatever 0.55 · 100 is in binary
        assert_eq!(missing(&Figure::share(55.0, 100.0, 0.0), 0.55), None);
        assert_eq!(missing(&Figure::share(54.0, 100.0, 0.0), 0.55), Some(1_000_000));
        // 0.605 of 1.1 is 55 %, and a millionth less is not
        assert_eq!(missing(&Figure::share(0.605, 1.1, 0.0), 0.55), None);
        assert_eq!(missing(&Figure::share(0.604_999, 1.1, 0.0), 0.55), Some(1));
        // 5 of 10, 2 more unknown: 7 of 12 at most. All of 12 counted, 60 % are 7.2
        assert_eq!(missing(&Figure::share(5.0, 10.0, 2.0), 0.6), Some(2_200_000));
        // 50 % may be met: 5 to 7 of 12
        assert_eq!(missing(&Figure::share(5.0, 10.0, 2.0), 0.5), None);
        assert_eq!(missing(&Figure::share(0.0, 0.0, 0.0), 0.5), None);
        // 20 beds for 10 000 people, 2.5 for 1000 wanted
        let beds = |more| Figure::ratio(FigureUnit::Rate, 20.0, 10_000.0, 0.0, more);
        assert_eq!(missing(&beds(Some(0.0)), 0.0025), Some(5_000_000));
        // nobody knows how many more beds there are
        assert_eq!(missing(&beds(None), 0.0025), None);
        let square =
            Figure { unit: FigureUnit::Amount, value: Some(12.566_371), part: Some(12.566_371), ..Figure::default() };
        assert_eq!(missing(&square, 13.0), Some(433_629));
        assert_eq!(missing(&square, 12.0), None);
    }

    #[test]
    fn what_is_shown_is_never_too_little() {
        let shown = |micros| {
            let missing = Missing(micros);
            (missing.shown(), missing.shown_in_four_digits(), missing.shown_in(0))
        };
        let texts = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(shown(1), texts("1", "0.000001", "0.01"));
        assert_eq!(shown(433_629), texts("1", "0.4337", "0.44"));
        assert_eq!(shown(1_000_000), texts("1", "1", "1"));
        assert_eq!(shown(33_333_334), texts("34", "33.34", "33.34"));
        assert_eq!(shown(1_234_000_001), texts("1\u{202f}235", "1\u{202f}235", "1234.01"));
        assert_eq!(Missing(433_629 * 1_000_000).shown_in(6), "0.44");
    }
}
