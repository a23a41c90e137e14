//! The values of a feed's fields.

use crate::base::clock::ServiceDate;
use crate::table::half_width;

/// Seconds since the start of the service day, of `H:MM:SS` with any number of hours up to 999.
pub(super) fn time(text: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    let colon = bytes.len().checked_sub(6).filter(|at| (1..=3).contains(at))?;
    if bytes[colon] != b':' || bytes[colon + 3] != b':' {
        return None;
    }
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
    };
    let (hours, minutes, seconds) =
        (number(&bytes[..colon])?, number(&bytes[colon + 1..colon + 3])?, number(&bytes[colon + 4..])?);
    (minutes < 60 && seconds < 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// The time that is meant by one without seconds, or with other marks, as GTFS writes it; `None` where it is not clear.
pub(super) fn meant_time(text: &str) -> Option<String> {
    let text = half_width(text).replace(['.', 'h', '-'], ":");
    let number = |part: &str| part.trim().parse::<u32>().ok();
    let parts: Vec<u32> = text.split(':').map(number).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes] => (hours, minutes, 0),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    (hours < 48 && minutes < 60 && seconds < 60).then(|| format!("{hours:02}:{minutes:02}:{seconds:02}"))
}

/// The date that is meant by one with marks between year, month and day, as GTFS writes it; `None` where it is not clear.
pub(super) fn meant_date(text: &str) -> Option<String> {
    let text = half_width(text);
    let parts: Vec<&str> = text.split(['-', '/', '.', '年', '月', '日']).filter(|part| !part.is_empty()).collect();
    let [year, month, day] = parts[..] else { return None };
    let digits = format!("{year:0>4}{month:0>2}{day:0>2}");
    if year.len() == 4 && date(&digits).is_some() { Some(digits) } else { None }
}

/// A date of eight digits.
pub(super) fn date(text: &str) -> Option<ServiceDate> {
    if text.len() == 8 { text.parse().ok() } else { None }
}

/// A whole number that is not below 0; also with a point and zeros behind it, as programs write it that know fractions only.
pub(super) fn whole(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let digits = match digits.split_once('.') {
        Some((digits, zeros)) if zeros.bytes().all(|digit| digit == b'0') => digits,
        _ => digits,
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) { None } else { digits.parse().ok() }
}

/// A finite number.
pub(super) fn number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    if is_plain { text.parse().ok().filter(|number: &f64| number.is_finite()) } else { None }
}

/// Six hexadecimal digits.
pub(super) fn is_colour(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// An address of the web.
pub(super) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '[') && !rest.contains(' '))
}

/// A language as in BCP 47: letters, then parts of letters and digits.
pub(super) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts
        .next()
        .is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|letter| letter.is_ascii_alphabetic()));
    first && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_seconds_and_may_exceed_a_day() {
        for (text, want) in [
            ("05:06:07", Some(18_367)),
            ("5:06:07", Some(18_367)),
            ("25:00:00", Some(90_000)),
            ("100:00:00", Some(360_000)),
            ("05:06", None),
            ("05:60:00", None),
            ("05:00:60", None),
            ("-5:00:00", None),
            ("05:0a:00", None),
            ("0005:00:00", None),
            (":00:00", None),
            ("", None),
            ("１:00:00", None),
        ] {
            assert_eq!(time(text), want, "{text}");
        }
    }

    #[test]
    fn what_is_meant_is_told_where_it_is_clear() {
        for (text, want) in [
            ("8:00", Some("08:00:00")),
            ("8:0:5", Some("08:00:05")),
            ("８：００：００", Some("08:00:00")),
            ("9h10", Some("09:10:00")),
            ("8", None),
            ("-1", None),
            ("8:00:00 AM", None),
            ("", None),
        ] {
            assert_eq!(meant_time(text).as_deref(), want, "{text}");
        }
        for (text, want) in [
            ("2026-03-02", Some("20260302")),
            ("2026/3/2", Some("20260302")),
            ("2026年3月2日", Some("20260302")),
            ("02/03/2026", None),
            ("2026-13-02", None),
            ("20260302", None),
        ] {
            assert_eq!(meant_date(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn numbers_are_plain() {
        assert_eq!(
            ["12", "007", "3.0", "3.00", "", "-1", "1.5", ".0", "99999999999"].map(whole),
            [Some(12), Some(7), Some(3), Some(3), None, None, None, None, None]
        );
        assert_eq!(
            ["1.5", "-30.02", "1e3", "nan", "inf", "1,5", ""].map(number),
            [Some(1.5), Some(-30.02), Some(1000.0), None, None, None, None]
        );
        assert!(is_colour("00ff7F") && !is_colour("#00ff7") && !is_colour("0"));
        assert!(is_url("https://例.cn/x") && !is_url("www.example.org") && !is_url("http://"));
        assert!(is_language("zh-Hans") && is_language("pt") && !is_language("chinese") && !is_language("z"));
    }
}
