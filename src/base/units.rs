//! Quantities with their unit in the type, and the only place where text such as `"15 km"` becomes a number.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;
use std::ops::AddAssign;
use std::ops::Sub;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use thiserror::Error;

use crate::base::grammar::agree;

/// Why a text is not a quantity of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnitError {
    /// The text has a number but no unit.
    #[error("\"{text}\" has no unit; write for example {example}")]
    NoUnit { text: String, example: &'static str },
    /// The text has a unit that this quantity does not know.
    #[error("\"{text}\": unknown unit \"{unit}\"; write for example {example}")]
    UnknownUnit { text: String, unit: String, example: &'static str },
    /// The text does not start with a number.
    #[error("\"{text}\" is not a number with a unit; write for example {example}")]
    NotANumber { text: String, example: &'static str },
    /// The number is negative, infinite or not a number.
    #[error("\"{text}\" is out of range; write a finite number that is not negative")]
    OutOfRange { text: String },
}

/// The digits and the unit of a quantity; the number behind the digits is checked, and read again with its scale.
fn split_unit<'t>(text: &'t str, example: &'static str) -> Result<(&'t str, &'t str), UnitError> {
    let trimmed = text.trim();
    let end = trimmed
        .char_indices()
        .find(|(i, c)| !(c.is_ascii_digit() || *c == '.' || ((*c == '-' || *c == '+') && *i == 0)))
        .map_or(trimmed.len(), |(i, _)| i);
    let number: f64 = trimmed[..end].parse().map_err(|_| UnitError::NotANumber { text: text.to_owned(), example })?;
    if !number.is_finite() || number < 0.0 {
        return Err(UnitError::OutOfRange { text: text.to_owned() });
    }
    Ok((&trimmed[..end], trimmed[end..].trim()))
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $example:literal, { $($unit:literal => ($factor:literal, $exponent:literal)),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "QuantityText", into = "String")]
        pub struct $name(pub f64);

        impl FromStr for $name {
            type Err = UnitError;

            fn from_str(text: &str) -> Result<Self, UnitError> {
                let (number, unit) = split_unit(text, $example)?;
                let (factor, exponent): (f64, &str) = match unit {
                    $($unit => ($factor, $exponent),)+
                    "" => return Err(UnitError::NoUnit { text: text.to_owned(), example: $example }),
                    other => return Err(UnitError::UnknownUnit {
                        text: text.to_owned(), unit: other.to_owned(), example: $example }),
                };
                // "57 %" is read as 57e-2 and so is the number nearest to 0.57; 57 × 0.01 would be another one
                let value = format!("{number}{exponent}").parse::<f64>().unwrap_or(f64::NAN) * factor;
                if !value.is_finite() {
                    return Err(UnitError::OutOfRange { text: text.to_owned() });
                }
                Ok($name(value))
            }
        }

        impl TryFrom<QuantityText> for $name {
            type Error = UnitError;

            fn try_from(text: QuantityText) -> Result<Self, UnitError> {
                match text {
                    QuantityText::Text(text) => text.parse(),
                    QuantityText::Int(number) => Err(UnitError::NoUnit { text: number.to_string(), example: $example }),
                    QuantityText::Real(number) => Err(UnitError::NoUnit { text: number.to_string(), example: $example }),
                }
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String { value.to_string() }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "examples": [$example.trim_matches('"')] })
            }
        }
    };
}

/// What a config may hold where a quantity is wanted; a bare number is refused with its own message.
#[derive(Deserialize)]
#[serde(untagged)]
enum QuantityText {
    Text(String),
    Int(i64),
    Real(f64),
}

quantity!(
    /// A length on the ground or in the study plane, in metres; never negative.
    Metres, "\"500 m\" or \"15 km\"", {
        "m" => (1.0, ""), "km" => (1.0, "e3"), "米" => (1.0, ""), "公里" => (1.0, "e3"), "千米" => (1.0, "e3") }
);
quantity!(
    /// A duration in seconds; never negative.
    Seconds, "\"15 min\" or \"1 h\"", {
        "s" => (1.0, ""), "min" => (60.0, ""), "h" => (3600.0, ""),
        "秒" => (1.0, ""), "分钟" => (60.0, ""), "小时" => (3600.0, "") }
);
quantity!(
    /// A speed in kilometres an hour; never negative.
    KmPerHour, "\"5 km/h\" or \"3 mph\"", {
        "km/h" => (1.0, ""), "kph" => (1.0, ""), "mph" => (1.609344, ""), "m/s" => (3.6, ""), "knots" => (1.852, ""),
        "公里/小时" => (1.0, ""), "千米/小时" => (1.0, "") }
);
quantity!(
    /// A share of a whole, 1.0 is all of it; written with `%`. May exceed 1 (load, growth).
    Share, "\"90 %\"", { "%" => (1.0, "e-2"), "％" => (1.0, "e-2") }
);

impl fmt::Display for Metres {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 1000.0 {
            write!(out, "{} km", trim_zeros(self.0 / 1000.0, 3))
        } else {
            write!(out, "{} m", trim_zeros(self.0, 3))
        }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 3600.0 && self.0 % 3600.0 == 0.0 {
            write!(out, "{} h", trim_zeros(self.0 / 3600.0, 3))
        } else if self.0 >= 60.0 {
            write!(out, "{} min", trim_zeros(self.0 / 60.0, 3))
        } else {
            write!(out, "{} s", trim_zeros(self.0, 3))
        }
    }
}

impl KmPerHour {
    /// Seconds for so many metres; infinite at no speed.
    pub fn seconds(self, metres: f64) -> f64 {
        metres * 3.6 / self.0
    }
}

impl fmt::Display for KmPerHour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} km/h", trim_zeros(self.0, 3))
    }
}

/// How far is near enough: a length or a time, as the unit says. At exactly the limit is within it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "QuantityText", into = "String")]
pub enum Limit {
    Length(Metres),
    Time(Seconds),
}

impl Limit {
    /// Metres or seconds.
    pub fn value(self) -> f64 {
        match self {
            Limit::Length(Metres(value)) | Limit::Time(Seconds(value)) => value,
        }
    }
}

impl FromStr for Limit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        const EXAMPLE: &str = "\"500 m\", \"15 km\" or \"15 min\"";
        match (text.parse().map(Limit::Length), text.parse().map(Limit::Time)) {
            (Ok(limit), _) | (_, Ok(limit)) => Ok(limit),
            (Err(UnitError::UnknownUnit { text, unit, .. }), _) => {
                Err(UnitError::UnknownUnit { text, unit, example: EXAMPLE })
            }
            (Err(UnitError::NoUnit { text, .. }), _) => Err(UnitError::NoUnit { text, example: EXAMPLE }),
            (Err(UnitError::NotANumber { text, .. }), _) => Err(UnitError::NotANumber { text, example: EXAMPLE }),
            (Err(other), _) => Err(other),
        }
    }
}

impl TryFrom<QuantityText> for Limit {
    type Error = UnitError;

    fn try_from(text: QuantityText) -> Result<Self, UnitError> {
        match text {
            QuantityText::Text(text) => text.parse(),
            QuantityText::Int(number) => number.to_string().parse(),
            QuantityText::Real(number) => number.to_string().parse(),
        }
    }
}

impl From<Limit> for String {
    fn from(limit: Limit) -> String {
        limit.to_string()
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Length(metres) => metres.fmt(out),
            Limit::Time(seconds) => seconds.fmt(out),
        }
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "examples": ["500 m", "15 min"] })
    }
}

impl fmt::Display for Share {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} %", trim_zeros(self.0 * 100.0, 4))
    }
}

/// `value` with `places` decimals; what rounds to nothing is `0`, never `-0`.
pub fn fixed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.strip_prefix('-') {
        Some(size) if size.bytes().all(|byte| matches!(byte, b'0' | b'.')) => size.to_owned(),
        _ => text,
    }
}

/// A difference with `places` decimals and its sign; what rounds to nothing has none.
pub fn signed(value: f64, places: usize) -> String {
    let text = fixed(value, places);
    let has_sign = text.starts_with('-') || text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if has_sign { text } else { format!("+{text}") }
}

/// `value` with at most `places` decimals and without trailing zeros: 12.500 becomes `12.5`.
pub fn trim_zeros(value: f64, places: usize) -> String {
    let text = fixed(value, places);
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number as it is, and one of more than some twenty digits in powers of ten: `118.5`, `1e300`.
pub fn readable(value: f64) -> String {
    let size = value.abs();
    if size >= 1e18 || (size > 0.0 && size < 1e-12) { format!("{value:e}") } else { format!("{value}") }
}

/// A whole number with a narrow space between thousands: 80539975 becomes `80 539 975`. Fractions are rounded, halves away from zero.
pub fn thousands(value: f64) -> String {
    grouped(&fixed(value.round(), 0))
}

/// The text of a number with a narrow space between thousands.
fn grouped(text: &str) -> String {
    let (sign, size) = text.strip_prefix('-').map_or(("", text), |size| ("-", size));
    let (digits, decimals) = size.split_at(size.find('.').unwrap_or(size.len()));
    let mut grouped = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped + decimals
}

/// An amount as people are told it: whole numbers with their thousands, and one decimal where the amount itself has fractions and is no count of
/// people or places.
pub fn amount(value: f64, is_count: bool) -> String {
    if is_count { thousands(value) } else { grouped(&trim_zeros(value, 1)) }
}

/// A part of a whole as whole numbers, with what is left: the part is cut as shares are, never rounded up, but for one that is all of it; the rest is
/// what the two printed numbers leave. So part and rest make up the whole.
pub fn part_of(part: f64, whole: f64) -> (f64, f64, f64) {
    let all = whole.round();
    // sums of millionths come as floating-point numbers: a part in 10⁹ is none
    let part = if part >= whole { all } else { (part + 1e-9 * whole).floor().clamp(0.0, all.max(0.0)) };
    (part, all - part, all)
}

/// Parts as whole numbers that add up to the rounded sum of them: each is cut, and the largest remainders are rounded up, ties by position.
pub fn whole_parts(parts: &[f64]) -> Vec<f64> {
    let mut units: Vec<f64> = parts.iter().map(|part| part.floor()).collect();
    let missing = parts.iter().sum::<f64>().round() - units.iter().sum::<f64>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let rest = |at: usize| parts[at] - parts[at].floor();
    order.sort_by(|x, y| rest(*y).total_cmp(&rest(*x)).then(x.cmp(y)));
    for at in order.into_iter().take(missing.max(0.0) as usize) {
        units[at] += 1.0;
    }
    units
}

/// A number of things with their word: `1 pair`, `2 pairs`, `12 345 pairs`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count as f64), if count == 1 { one } else { many })
}

/// A share of two whole numbers, in per cent, cut (never rounded up) after one decimal.
///
/// 8996 of 10000 is `89.9`, so that no label can show a target as met that is not. A whole of 0 has no share
/// and yields `None`.
pub fn percent_floor(part: i128, whole: i128) -> Option<f64> {
    if whole <= 0 {
        return None;
    }
    Some((part * 1000).div_euclid(whole) as f64 / 10.0)
}

/// A number that is not negative with its first four digits, cut (never rounded up): 2.49999 is `2.499`, 0.0063529 is `0.006352`, 12345.6 is
/// `12345`.
pub fn four_digits(value: f64) -> String {
    if !(value > 0.0 && value.is_finite()) {
        return "0".to_owned();
    }
    let places = (3 - value.log10().floor() as i32).clamp(0, 12);
    let scale = 10f64.powi(places);
    // a part in 10¹² absorbs the last bit of 2.5 and the like before the cut
    trim_zeros((value * scale * (1.0 + 1e-12)).floor() / scale, places as usize)
}

/// An amount of people, villages or whatever a demand is weighed by, in fixed point (10⁻⁶ of one).
///
/// Sums of such amounts do not depend on their order, so partial results of threads, tiles and machines merge exactly.
/// Values that carry more than six decimals are rounded half away from zero on entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Weight(i128);

impl Weight {
    /// Nothing at all.
    pub const ZERO: Weight = Weight(0);
    /// Exactly one.
    pub const ONE: Weight = Weight(Self::SCALE);
    const SCALE: i128 = 1_000_000;

    /// `value` as a weight; `None` when it is negative, infinite, not a number or above 10¹⁸.
    pub fn from_f64(value: f64) -> Option<Weight> {
        if !value.is_finite() || !(0.0..=1e18).contains(&value) {
            return None;
        }
        Some(Weight((value * Self::SCALE as f64).round() as i128))
    }

    /// A whole number of ones.
    pub fn whole(count: u64) -> Weight {
        Weight(i128::from(count) * Self::SCALE)
    }

    /// The nearest floating-point number, for display and division.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::SCALE as f64
    }

    /// The amount as a text for programs, to a thousandth.
    pub fn exact(self) -> String {
        trim_zeros(self.to_f64(), 3)
    }

    /// An amount in millionths.
    pub fn from_micros(micros: i128) -> Weight {
        Weight(micros)
    }

    /// The amount in millionths, exact.
    pub fn micros(self) -> i128 {
        self.0
    }

    /// `self / whole`; `None` when the whole is zero.
    pub fn share_of(self, whole: Weight) -> Option<Share> {
        (whole.0 > 0).then(|| Share(self.0 as f64 / whole.0 as f64))
    }
}

impl Add for Weight {
    type Output = Weight;
    fn add(self, other: Weight) -> Weight {
        Weight(self.0 + other.0)
    }
}

impl AddAssign for Weight {
    fn add_assign(&mut self, other: Weight) {
        self.0 += other.0;
    }
}

impl Sub for Weight {
    type Output = Weight;
    fn sub(self, other: Weight) -> Weight {
        Weight(self.0 - other.0)
    }
}

impl Sum for Weight {
    fn sum<I: Iterator<Item = Weight>>(weights: I) -> Weight {
        weights.fold(Weight::ZERO, Add::add)
    }
}

/// For sentences: a whole number with its thousands, and `< 1` for what is less than half of one but not nothing.
impl fmt::Display for Weight {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match thousands(self.to_f64()) {
            nothing if nothing == "0" && self.0 > 0 => out.write_str("< 1"),
            amount => out.write_str(&amount),
        }
    }
}

/// A text for people, in English and, where there is one, in Chinese.
///
/// In a config: `title = "Bus reach"` or `title = { en = "Bus reach", zh = "公交通达" }`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(from = "TextForm")]
pub struct Text {
    pub en: String,
    pub zh: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum TextForm {
    One(String),
    Both(BothTexts),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BothTexts {
    #[serde(default)]
    en: String,
    #[serde(default)]
    zh: String,
}

impl From<TextForm> for Text {
    fn from(form: TextForm) -> Text {
        match form {
            TextForm::One(text) => Text { en: text.clone(), zh: text },
            TextForm::Both(BothTexts { en, zh }) if en.is_empty() => Text { en: zh.clone(), zh },
            TextForm::Both(BothTexts { en, zh }) if zh.is_empty() => Text { zh: en.clone(), en },
            TextForm::Both(BothTexts { en, zh }) => Text { en, zh },
        }
    }
}

impl Text {
    /// Both languages at once; the English one agrees with its counts.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Text {
        Text { en: agree(en.into()), zh: zh.into() }
    }

    /// The same text, put together of several, agreeing with its counts.
    pub fn agreed(&self) -> Text {
        Text::new(self.en.as_str(), self.zh.as_str())
    }

    /// The text in `lang`.
    pub fn in_lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// The language of what people read. File names, field names and codes are always English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    En,
    Zh,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_speeds_read_with_their_unit() {
        assert_eq!("15 min".parse(), Ok(Limit::Time(Seconds(900.0))));
        assert_eq!("1.25 km".parse(), Ok(Limit::Length(Metres(1250.0))));
        assert!("15".parse::<Limit>().unwrap_err().to_string().contains("15 min"));
        assert!("15 parsec".parse::<Limit>().is_err() && "-1 min".parse::<Limit>().is_err());
        assert_eq!("36 km/h".parse::<KmPerHour>().map(|speed| speed.seconds(100.0)), Ok(10.0));
        assert_eq!("10 m/s".parse(), Ok(KmPerHour(36.0)));
    }

    #[test]
    fn lengths_read_with_their_unit() {
        let cases = [("500 m", 500.0), ("15km", 15_000.0), ("1.5 km", 1500.0), (" 2 公里 ", 2000.0), ("0 m", 0.0)];
        for (text, metres) in cases {
            assert_eq!(text.parse::<Metres>(), Ok(Metres(metres)), "{text}");
        }
    }

    #[test]
    fn a_percentage_is_the_number_nearest_to_it() {
        // 57 × 0.01 is 0.5700000000000001 in binary: 57 of 100 would then miss a 57 % target
        for percent in 0..=1000 {
            let share: Share = format!("{} %", f64::from(percent) / 10.0).parse().unwrap();
            assert_eq!(share.0, f64::from(percent) / 1000.0, "{percent}");
        }
    }

    #[test]
    fn a_length_without_a_unit_is_refused_with_an_example() {
        let message = "500".parse::<Metres>().unwrap_err().to_string();
        assert!(message.contains("no unit") && message.contains("500 m"), "{message}");
        assert!("500 furlongs".parse::<Metres>().unwrap_err().to_string().contains("unknown unit"));
        assert!("far".parse::<Metres>().is_err() && "-5 m".parse::<Metres>().is_err());
    }

    #[test]
    fn labels_next_to_a_target_are_cut_not_rounded() {
        // 8996 of 10000 is 89.96 %: rounding would print 90.0 beside a missed 90 % target.
        assert_eq!(percent_floor(8996, 10_000), Some(89.9));
        assert_eq!(percent_floor(57, 100), Some(57.0));
        assert_eq!(percent_floor(0, 0), None);
    }

    #[test]
    fn weights_add_to_the_same_sum_in_any_order() {
        let parts: Vec<Weight> = (1..1000).map(|i| Weight::from_f64(0.1 * f64::from(i)).unwrap()).collect();
        let forward: Weight = parts.iter().copied().sum();
        let backward: Weight = parts.iter().rev().copied().sum();
        assert_eq!(forward, backward);
        assert_eq!(forward.to_f64(), 49_950.0);
    }

    #[test]
    fn a_weight_is_never_negative_infinite_or_nan() {
        for value in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Weight::from_f64(value), None, "{value}");
        }
    }

    /// Numbers of Knuth's MMIX generator, of all sizes and both signs.
    fn numbers(count: usize) -> (u64, Vec<f64>) {
        let seed = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_304);
        let mut state: u64 = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut found = vec![0.0, -0.0, 0.5, -0.5, 0.049, -0.049, -1e-12, 999.5, 999_999.5, -999.5];
        found.extend((0..count).map(|_| (next() - 0.5) * 10f64.powf(next() * 18.0 - 9.0)));
        (seed, found)
    }

    fn number_of(text: &str) -> f64 {
        text.replace('\u{202f}', "").parse().unwrap()
    }

    #[test]
    fn no_text_of_a_number_is_a_negative_zero_and_each_reads_as_itself() {
        let (seed, numbers) = numbers(20_000);
        type Formatter = (&'static str, fn(f64) -> String);
        let formatters: [Formatter; 9] = [
            ("fixed 0", |value| fixed(value, 0)),
            ("fixed 1", |value| fixed(value, 1)),
            ("fixed 3", |value| fixed(value, 3)),
            ("signed 1", |value| signed(value, 1)),
            ("trim_zeros 1", |value| trim_zeros(value, 1)),
            ("trim_zeros 6", |value| trim_zeros(value, 6)),
            ("thousands", thousands),
            ("amount", |value| amount(value, false)),
            ("amount of people", |value| amount(value, true)),
        ];
        for (name, formatter) in formatters {
            for value in &numbers {
                let text = formatter(*value);
                let read = number_of(&text);
                assert!(!(read == 0.0 && text.contains(['-', '+'])), "seed {seed}: {name} of {value:e} is {text}");
                assert_eq!(formatter(read), text, "seed {seed}: {name} of {value:e}");
            }
        }
        for value in numbers.iter().map(|value| value.abs()) {
            let text = four_digits(value);
            assert_eq!(four_digits(number_of(&text)), text, "seed {seed}: {value:e}");
            assert!(
                amount(value, true).parse::<f64>().map_or(true, |read| read.fract() == 0.0),
                "seed {seed}: {value:e}"
            );
        }
        let cases = [(1234.5, "1\u{202f}235"), (-0.4, "0"), (-1234.0, "-1\u{202f}234"), (999.5, "1\u{202f}000")];
        for (value, want) in cases {
            assert_eq!(thousands(value), want);
        }
        assert_eq!(
            [signed(0.04, 1), signed(-0.04, 1), signed(0.05, 1), signed(-1.26, 1)],
            ["0.0", "0.0", "+0.1", "-1.3"]
        );
        assert_eq!([counted(1, "pair", "pairs"), counted(0, "pair", "pairs")], ["1 pair", "0 pairs"]);
    }

    #[test]
    fn printed_parts_make_up_the_printed_whole() {
        let cases = [
            ((0.5, 1.0), (0.0, 1.0, 1.0)),
            ((0.5, 0.5), (1.0, 0.0, 1.0)),
            ((99.9, 100.0), (99.0, 1.0, 100.0)),
            ((0.0, 3.0), (0.0, 3.0, 3.0)),
            ((2.6, 2.6), (3.0, 0.0, 3.0)),
            ((60.0, 100.4), (60.0, 40.0, 100.0)),
        ];
        for ((part, whole), want) in cases {
            assert_eq!(part_of(part, whole), want, "{part} of {whole}");
        }
        let (seed, numbers) = numbers(3_000);
        for of in numbers.windows(3) {
            let parts: Vec<f64> = of.iter().map(|value| value.abs().min(1e9)).collect();
            let whole: f64 = parts.iter().sum();
            let (part, rest, all) = part_of(parts[0], whole);
            assert!(part + rest == all && part >= 0.0 && rest >= 0.0, "seed {seed}: {parts:?}");
            let units = whole_parts(&parts);
            assert_eq!(units.iter().sum::<f64>(), whole.round(), "seed {seed}: {parts:?}");
            assert!(units.iter().zip(&parts).all(|(unit, part)| (unit - part).abs() < 1.0), "seed {seed}: {parts:?}");
        }
    }
}
