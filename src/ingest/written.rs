//! Amounts as people write them: with separators between thousands, in full width, in ten thousands (万).

use crate::table::half_width;

/// What may stand between thousands: comma, blank of several kinds, apostrophe.
const SEPARATORS: [char; 8] = [',', ' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '’', '_'];
/// Units that may stand behind, and how much one of them is.
const UNITS: [(&str, i32); 6] = [("万人", 4), ("亿人", 8), ("万", 4), ("亿", 8), ("人", 0), ("口", 0)];

/// The amount that a text says, where it can be read in one way only; 0 or more.
///
/// Between thousands stands one and the same separator, and behind each are three digits: `12,345` is twelve thousand, `12,34` and
/// `1,2345` are nothing. `0,123` is nothing, because no amount begins with 0: it is a fraction with a decimal comma.
pub(crate) fn amount(text: &str) -> Option<f64> {
    let text = half_width(text);
    let text = text.trim();
    let unit = UNITS.iter().find_map(|(unit, power)| Some((text.strip_suffix(unit)?.trim_end(), *power)));
    let (digits, power) = unit.unwrap_or((text, 0));
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if !fraction.is_none_or(is_digits) {
        return None;
    }
    let plain = match whole.chars().find(|c| SEPARATORS.contains(c)) {
        None => is_digits(whole).then(|| whole.to_owned())?,
        Some(separator) => {
            let groups: Vec<&str> = whole.split(separator).collect();
            let (first, rest) = groups.split_first()?;
            let is_sound = is_digits(first)
                && first.len() <= 3
                && !first.starts_with('0')
                && rest.iter().all(|group| group.len() == 3 && is_digits(group));
            is_sound.then(|| groups.concat())?
        }
    };
    // the exponent is read with the digits, so that 1.2万 is 12000 and not its neighbour
    format!("{plain}.{}e{power}", fraction.unwrap_or("0")).parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether a text that is an amount with a comma between thousands may as well be a fraction: `12,345`, but not `1,234,567`.
pub(crate) fn may_be_decimal_comma(text: &str) -> bool {
    half_width(text).matches(',').count() == 1
}

/// Whether a text is a number with a decimal comma and can be nothing else: `12,5`, `0,123`.
pub(crate) fn is_decimal_comma(text: &str) -> bool {
    let text = half_width(text);
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    text.trim().split_once(',').is_some_and(|(whole, fraction)| is_digits(whole) && is_digits(fraction))
        && amount(&text).is_none()
}

#[cfg(test)]
mod tests {
    use super::amount;
    use super::is_decimal_comma;

    #[test]
    fn what_can_be_read_in_one_way_is_read_and_nothing_else() {
        let table: [(&str, Option<f64>); 30] = [
            ("12,345", Some(12_345.0)),
            ("1,234,567.5", Some(1_234_567.5)),
            ("1 234", Some(1234.0)),
            ("1\u{a0}234", Some(1234.0)),
            ("1\u{202f}234", Some(1234.0)),
            ("1'234", Some(1234.0)),
            ("１２，３４５", Some(12_345.0)),
            ("１２３４５", Some(12_345.0)),
            ("1.2万", Some(12_000.0)),
            ("1.2 万人", Some(12_000.0)),
            ("3万", Some(30_000.0)),
            ("0.35万", Some(3500.0)),
            ("1,200人", Some(1200.0)),
            ("850 人", Some(850.0)),
            ("1.4亿", Some(140_000_000.0)),
            ("12,34", None),
            ("1,2345", None),
            ("0,123", None),
            ("1.234,5", None),
            ("1,234 567", None),
            ("1,,234", None),
            (",234", None),
            ("1,234,", None),
            ("-1,234", None),
            ("约500", None),
            ("500-800", None),
            ("1e3x", None),
            ("万", None),
            ("", None),
            ("n/a", None),
        ];
        for (text, right) in table {
            assert_eq!(amount(text), right, "{text:?}");
        }
        assert!(is_decimal_comma("12,34") && is_decimal_comma("0,123") && is_decimal_comma("１，５"));
        assert!(!is_decimal_comma("12,345") && !is_decimal_comma("1,,5") && !is_decimal_comma("12.5"));
    }
}
