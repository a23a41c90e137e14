//! Speeds and durations as they are written in OpenStreetMap and in road data.

use jiff::Span;
use jiff::SpanRelativeTo;
use jiff::Unit;

use crate::base::units::KmPerHour;
use crate::table::half_width;

/// Kilometres an hour that are believed to be a limit, ends included.
const BELIEVED: std::ops::RangeInclusive<f64> = 1.0..=200.0;
/// Kilometres an hour of a ferry that are believed, ends included.
const FERRY: std::ops::RangeInclusive<f64> = 0.5..=100.0;
/// `walk`: what OSRM takes for Germany's walking pace.
const WALKING_PACE: f64 = 7.0;

/// What a text says of a speed, kilometres an hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Speed {
    Of(f64),
    /// The lowest of several that are written in one.
    LowestOf(f64),
    /// A known word that leaves the speed to the class: no limit, one by signs, the usual one of a country.
    OfClass,
    /// A number that nobody can mean.
    Doubtful,
    Unknown,
}

/// Reads a limit: a number, km/h unless it says another unit; `walk`; words; a country before either (`DE:zone:30`, `GB:nsl_single`); several
/// parted by `;` or `|`.
/// Source: OpenStreetMap wiki, Key:maxspeed.
pub(crate) fn speed_of(text: &str) -> Speed {
    let text = half_width(text).trim().to_lowercase();
    let all: Vec<Speed> = text.split([';', '|']).map(str::trim).filter(|one| !one.is_empty()).map(one).collect();
    let numbers: Vec<f64> =
        all.iter().filter_map(|speed| if let Speed::Of(number) = speed { Some(*number) } else { None }).collect();
    let lowest = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    match &all[..] {
        [] => Speed::Unknown,
        [one] => *one,
        _ if numbers.is_empty() => {
            let is = |wanted: Speed| all.contains(&wanted).then_some(wanted);
            is(Speed::Doubtful).or(is(Speed::Unknown)).unwrap_or(Speed::OfClass)
        }
        all if all.iter().all(|speed| *speed == Speed::Of(lowest)) => Speed::Of(lowest),
        _ => Speed::LowestOf(lowest),
    }
}

fn one(text: &str) -> Speed {
    let believed = |number: f64| if BELIEVED.contains(&number) { Speed::Of(number) } else { Speed::Doubtful };
    if let Some((country, rest)) = text.split_once(':')
        && is_country(country)
    {
        let miles = matches!(country, "gb" | "uk" | "us") && number_of(zone(rest)).is_some();
        return match one(rest) {
            Speed::Of(number) if miles => believed(number * 1.609344),
            Speed::Unknown if is_word(rest) => Speed::OfClass,
            other => other,
        };
    }
    let text = zone(text);
    if let Some(number) = number_of(text) {
        return believed(number);
    }
    match text {
        "walk" | "walking" | "walking_pace" | "walking pace" => return Speed::Of(WALKING_PACE),
        "none" | "no" | "unlimited" | "signals" | "variable" | "national" | "default" | "implicit" | "unknown"
        | "unposted" | "urban" | "rural" | "living_street" | "motorway" | "trunk" | "nsl" | "nsl_single"
        | "nsl_dual" | "nsl_restricted" => return Speed::OfClass,
        _ => {}
    }
    let unit_at = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit = match unit.trim() {
        "km/h" | "kmh" | "kph" | "kmph" | "km/hr" | "km/hour" | "km/u" | "km" | "kmh-1" | "k/h" => "km/h",
        "mph" | "mp/h" | "mi/h" | "m.p.h." | "miles/h" => "mph",
        "knots" | "knot" | "kn" | "kt" | "kts" => "knots",
        own => own,
    };
    format!("{number} {unit}").parse::<KmPerHour>().map_or(Speed::Unknown, |speed| believed(speed.0))
}

/// What follows `zone`, `zone:` or `zone ` where that is a number; else the text.
fn zone(text: &str) -> &str {
    let rest = text.strip_prefix("zone").map(|rest| rest.trim_start_matches([':', ' ', '_', '-']));
    rest.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(text)
}

fn number_of(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Two letters, also with a part of the country: `de`, `be-vlg`.
fn is_country(text: &str) -> bool {
    let (country, part) = text.split_once('-').unwrap_or((text, "x"));
    country.len() == 2
        && country.chars().all(|c| c.is_ascii_alphabetic())
        && !part.is_empty()
        && part.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':'))
}

/// Seconds of `hh:mm`, `hh:mm:ss`, minutes as a number, ISO 8601 such as `PT1H20M`, or a number with its unit such as `20 min`; `None` for
/// anything else and for no time at all. Days have 24 hours.
/// Source: OpenStreetMap wiki, Key:duration.
pub(crate) fn duration_of(text: &str) -> Option<f64> {
    let text = half_width(text).trim().to_owned();
    let clock: Option<Vec<f64>> = text.split(':').map(|part| number_of(part.trim())).collect();
    let seconds = match clock.as_deref() {
        Some([minutes]) => minutes * 60.0,
        Some([hours, minutes]) => hours * 3600.0 + minutes * 60.0,
        Some([hours, minutes, seconds]) => hours * 3600.0 + minutes * 60.0 + seconds,
        Some(_) => return None,
        None => {
            let span: Span = text.parse().ok()?;
            span.total((Unit::Second, SpanRelativeTo::days_are_24_hours())).ok()?
        }
    };
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}

/// The speed of a ferry that takes so many seconds for so many metres; `None` where nobody can mean that.
pub(crate) fn ferry_speed(metres: f64, seconds: f64) -> Option<KmPerHour> {
    let speed = metres / seconds * 3.6;
    FERRY.contains(&speed).then_some(KmPerHour(speed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_in_all_written_forms() {
        use Speed::*;
        // OpenStreetMap wiki, Key:maxspeed; OSRM profiles/car.lua and lib/measure.lua; GraphHopper OSMValueExtractor; Valhalla lua/graph.lua
        for (text, speed) in [
            ("50", Of(50.0)),
            (" 50 ", Of(50.0)),
            ("５０", Of(50.0)),
            ("7.5", Of(7.5)),
            ("50 km/h", Of(50.0)),
            ("50km/h", Of(50.0)),
            ("50 kmh", Of(50.0)),
            ("50kph", Of(50.0)),
            ("50 公里/小时", Of(50.0)),
            ("30 mph", Of(48.28032)),
            ("30mph", Of(48.28032)),
            ("30 MPH", Of(48.28032)),
            ("10 knots", Of(18.52)),
            ("10 kn", Of(18.52)),
            ("walk", Of(7.0)),
            ("DE:walk", Of(7.0)),
            ("none", OfClass),
            ("signals", OfClass),
            ("variable", OfClass),
            ("national", OfClass),
            ("DE:urban", OfClass),
            ("RO:urban", OfClass),
            ("GB:nsl_single", OfClass),
            ("BE-VLG:rural", OfClass),
            ("DE:living_street", OfClass),
            ("DE:zone:30", Of(30.0)),
            ("DE:zone30", Of(30.0)),
            ("DE:30", Of(30.0)),
            ("zone:30", Of(30.0)),
            ("zone30", Of(30.0)),
            ("zone 30", Of(30.0)),
            ("FR:50", Of(50.0)),
            ("GB:zone:20", Of(20.0 * 1.609344)),
            ("GB:30 mph", Of(48.28032)),
            ("50;30", LowestOf(30.0)),
            ("50|70", LowestOf(50.0)),
            ("50; 30 mph", LowestOf(48.28032)),
            ("50;signals", LowestOf(50.0)),
            ("50;50", Of(50.0)),
            ("none;signals", OfClass),
            ("5000", Doubtful),
            ("201", Doubtful),
            ("200", Of(200.0)),
            ("200 mph", Doubtful),
            ("0", Doubtful),
            ("0 mph", Doubtful),
            ("-5", Doubtful),
            ("inf", Unknown),
            ("nan", Unknown),
            ("fast", Unknown),
            ("50 parsec", Unknown),
            ("50 @ (22:00-06:00)", Unknown),
            ("", Unknown),
            (";", Unknown),
        ] {
            assert_eq!(speed_of(text), speed, "{text}");
        }
    }

    #[test]
    fn durations_in_all_written_forms() {
        // OpenStreetMap wiki, Key:duration
        for (text, seconds) in [
            ("20", Some(1200.0)),
            ("0:20", Some(1200.0)),
            ("00:20", Some(1200.0)),
            ("01:30", Some(5400.0)),
            ("24:00", Some(86_400.0)),
            ("00:20:30", Some(1230.0)),
            ("PT1H20M", Some(4800.0)),
            ("PT20M", Some(1200.0)),
            ("P0DT1H", Some(3600.0)),
            ("P1D", Some(86_400.0)),
            ("P1DT2H", Some(93_600.0)),
            ("20 min", Some(1200.0)),
            ("1h 20min", Some(4800.0)),
            ("2 h", Some(7200.0)),
            ("soon", None),
            ("0", None),
            ("0:00", None),
            ("-20", None),
            ("-PT20M", None),
            ("1:2:3:4", None),
            ("", None),
        ] {
            assert_eq!(duration_of(text), seconds, "{text}");
        }
    }

    #[test]
    fn a_ferry_is_neither_a_train_nor_at_anchor() {
        assert_eq!(ferry_speed(1000.0, 360.0), Some(KmPerHour(10.0)));
        assert_eq!(ferry_speed(100_000.0, 3600.0), Some(KmPerHour(100.0)));
        assert_eq!(ferry_speed(101_000.0, 3600.0), None);
        assert_eq!(ferry_speed(100.0, 3600.0), None);
        assert_eq!(ferry_speed(0.0, 60.0), None);
    }
}
