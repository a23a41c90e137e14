//! What a plan promises: a bound on a figure, and the day by which it is to hold.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::noun::Noun;
use crate::base::units::Metres;
use crate::base::units::Seconds;
use crate::base::units::Share;
use crate::base::units::Text;
use crate::base::units::UnitError;
use crate::base::units::trim_zeros;
use crate::metrics::figure::FigureUnit;
use crate::model::region::Level;

/// A number with its unit, of either kind that a figure can have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Quantity {
    Share(Share),
    Metres(Metres),
    Seconds(Seconds),
    /// Supply per person, written `2.5 per 1000`.
    Rate(f64),
    /// Supply in its own unit, written `30 units`.
    Amount(f64),
}

impl Quantity {
    /// The unit of the figures that it can be compared with.
    pub fn unit(self) -> FigureUnit {
        match self {
            Quantity::Share(_) => FigureUnit::Share,
            Quantity::Metres(_) => FigureUnit::Metres,
            Quantity::Seconds(_) => FigureUnit::Seconds,
            Quantity::Rate(_) => FigureUnit::Rate,
            Quantity::Amount(_) => FigureUnit::Amount,
        }
    }

    /// The bare number in the unit of figures: 1.0 is all of a whole, lengths are in metres, times in seconds, supply is per person.
    pub fn value(self) -> f64 {
        match self {
            Quantity::Share(share) => share.0,
            Quantity::Metres(metres) => metres.0,
            Quantity::Seconds(seconds) => seconds.0,
            Quantity::Rate(value) | Quantity::Amount(value) => value,
        }
    }
}

impl FromStr for Quantity {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Quantity, UnitError> {
        const EXAMPLE: &str =
            "\"90 %\", \"15 km\", \"15 min\", \"2.5 per 1000\", \"13 km²\", \"5 people\" or \"30 units\"";
        if let Ok(share) = text.parse() {
            return Ok(Quantity::Share(share));
        }
        if let Ok(seconds) = text.parse() {
            return Ok(Quantity::Seconds(seconds));
        }
        if let Some(supply) = supply(text) {
            return Ok(supply);
        }
        text.parse().map(Quantity::Metres).map_err(|error| match error {
            UnitError::NoUnit { text, .. } => UnitError::NoUnit { text, example: EXAMPLE },
            UnitError::UnknownUnit { text, unit, .. } => UnitError::UnknownUnit { text, unit, example: EXAMPLE },
            UnitError::NotANumber { text, .. } => UnitError::NotANumber { text, example: EXAMPLE },
            other => other,
        })
    }
}

/// `2.5 per 1000` or `30 units`.
fn supply(text: &str) -> Option<Quantity> {
    let number = |text: &str| text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    if let Some(amount) = text.trim().strip_suffix("units") {
        return number(amount).map(Quantity::Amount);
    }
    let (supply, people) = text.split_once("per")?;
    let people = number(people).filter(|people| *people > 0.0)?;
    number(supply).map(|supply| supply / people).filter(|rate| rate.is_finite()).map(Quantity::Rate)
}

impl TryFrom<String> for Quantity {
    type Error = UnitError;

    fn try_from(text: String) -> Result<Quantity, UnitError> {
        text.parse()
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> String {
        quantity.to_string()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quantity::Share(share) => share.fmt(out),
            Quantity::Metres(metres) => metres.fmt(out),
            Quantity::Seconds(seconds) => seconds.fmt(out),
            Quantity::Rate(rate) => write!(out, "{} per 1000", trim_zeros(rate * 1000.0, 6)),
            Quantity::Amount(amount) => write!(out, "{} units", trim_zeros(*amount, 6)),
        }
    }
}

/// The side on which a figure must lie; the bound itself always meets the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    AtLeast(Quantity),
    AtMost(Quantity),
}

impl Bound {
    /// The number on the bound.
    pub fn quantity(self) -> Quantity {
        match self {
            Bound::AtLeast(quantity) | Bound::AtMost(quantity) => quantity,
        }
    }
}

impl Bound {
    /// With the sign, in both languages; an amount with the word for what it counts.
    pub fn told(self, counts: Option<&Noun>) -> Text {
        let sign = if matches!(self, Bound::AtLeast(_)) { "≥" } else { "≤" };
        let text = match self.quantity() {
            Quantity::Amount(amount) => counts.cloned().unwrap_or_else(Noun::units).told(&trim_zeros(amount, 6)),
            Quantity::Rate(rate) => {
                Text::new(self.quantity().to_string(), format!("{} /千人", trim_zeros(rate * 1000.0, 6)))
            }
            other => Text::new(other.to_string(), other.to_string()),
        };
        Text::new(format!("{sign} {}", text.en), format!("{sign} {}", text.zh))
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::AtLeast(quantity) => write!(out, "≥ {quantity}"),
            Bound::AtMost(quantity) => write!(out, "≤ {quantity}"),
        }
    }
}

/// Whose bound a target is. A plan's own number is not mixed with what others ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A number that the plan itself states.
    PlanNumber,
    /// Words of the plan read as a number: "all" as 100 %.
    PlanWording,
    /// Another plan or programme of the same government.
    OtherPlan,
    /// A standard or a code of the nation.
    Standard,
    /// An international comparison.
    International,
    /// An example or an assumption, without a document.
    Assumption,
}

impl Origin {
    /// All of them, the plan's own first.
    pub const ALL: [Origin; 6] = [
        Origin::PlanNumber,
        Origin::PlanWording,
        Origin::OtherPlan,
        Origin::Standard,
        Origin::International,
        Origin::Assumption,
    ];

    /// Whether it is a promise of the plan that is judged.
    pub fn is_plan(self) -> bool {
        matches!(self, Origin::PlanNumber | Origin::PlanWording)
    }

    /// What people call it.
    pub fn title(self) -> Text {
        match self {
            Origin::PlanNumber => Text::new("the plan's number", "本文件数值"),
            Origin::PlanWording => Text::new("the plan's words, read as a number", "本文件表述（折算为数值）"),
            Origin::OtherPlan => Text::new("another plan, not this one", "其他文件（非本文件）"),
            Origin::Standard => Text::new("a standard, not in the plan", "标准规范（非本文件）"),
            Origin::International => Text::new("an international comparison, not in the plan", "国际比较（非本文件）"),
            Origin::Assumption => Text::new("an assumption, no document", "假设（无文件依据）"),
        }
    }
}

/// What is promised of one figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub bound: Bound,
    /// The last day on which the promise may come true.
    pub by: Option<Date>,
    /// No document names the day: it is a reading.
    pub by_is_assumed: bool,
    /// `None` where the config does not say.
    pub origin: Option<Origin>,
    pub holds_for: HoldsFor,
    /// It holds in every year, not by a day alone.
    pub every_year: bool,
}

/// What a bound holds for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldsFor {
    /// The whole area and every region in it.
    #[default]
    Everything,
    /// The whole area alone: a total of it says nothing of its parts.
    Whole,
    /// Regions of these levels; the whole area where it is one region of such a level.
    Levels(Vec<Level>),
}

impl HoldsFor {
    /// Whether it holds for a region of a level; `is_whole` for the one that is the whole area.
    pub fn region(&self, level: Level, is_whole: bool) -> bool {
        match self {
            HoldsFor::Everything => true,
            HoldsFor::Whole => is_whole,
            HoldsFor::Levels(levels) => levels.contains(&level),
        }
    }

    /// Whether it holds for the whole area, which is one region of a level or none.
    pub fn whole(&self, level: Option<Level>) -> bool {
        match self {
            HoldsFor::Everything | HoldsFor::Whole => true,
            HoldsFor::Levels(levels) => level.is_some_and(|level| levels.contains(&level)),
        }
    }

    /// In words; `None` for what holds for everything.
    pub fn told(&self) -> Option<Text> {
        match self {
            HoldsFor::Everything => None,
            HoldsFor::Whole => Some(Text::new("of the whole area", "全域合计")),
            HoldsFor::Levels(levels) => {
                let join = |word: fn(&Level) -> &'static str, by| levels.iter().map(word).collect::<Vec<_>>().join(by);
                let (en, zh) = (join(|level| level.title().0, " and "), join(|level| level.title().1, "、"));
                Some(Text::new(format!("of the {en}"), format!("{zh}级目标")))
            }
        }
    }
}

impl From<Bound> for Target {
    /// A bound without a day.
    fn from(bound: Bound) -> Target {
        Target {
            bound,
            by: None,
            by_is_assumed: false,
            origin: None,
            holds_for: HoldsFor::default(),
            every_year: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_knows_its_kind_by_its_unit() {
        assert_eq!("90 %".parse(), Ok(Quantity::Share(Share(0.9))));
        assert_eq!("15 km".parse(), Ok(Quantity::Metres(Metres(15_000.0))));
        assert_eq!("15 min".parse(), Ok(Quantity::Seconds(Seconds(900.0))));
        assert_eq!("2.5 per 1000".parse(), Ok(Quantity::Rate(0.0025)));
        assert_eq!("1 per 10000".parse::<Quantity>().map(|rate| rate.to_string()), Ok("0.1 per 1000".to_owned()));
        assert_eq!("30 units".parse(), Ok(Quantity::Amount(30.0)));
        for text in ["2 per 0", "-1 per 1000", "per 1000", "2 per", "NaN units", "units"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
        let message = "15".parse::<Quantity>().unwrap_err().to_string();
        assert!(message.contains("no unit") && message.contains("90 %") && message.contains("15 km"), "{message}");
    }
}
