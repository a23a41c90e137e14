//! Service days, and times of a service day, which may run past midnight.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde::de;

use crate::base::units::Text;

/// Seconds since the start of the service day ("noon minus 12 h"); trips after midnight exceed 86 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceTime(pub u32);

/// A text that is not `HH:MM` or `HH:MM:SS` with hours up to 47.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a time of day; write HH:MM or HH:MM:SS, hours may exceed 23 for trips after midnight")]
pub struct ClockError {
    pub text: String,
}

/// A day on which services run. A config writes it as a date or as a text: `2026-03-07`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceDate(pub Date);

/// A text that is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a date; write YYYYMMDD or YYYY-MM-DD")]
pub struct DateError {
    pub text: String,
}

impl FromStr for ServiceDate {
    type Err = DateError;

    fn from_str(text: &str) -> Result<ServiceDate, DateError> {
        let wrong = || DateError { text: text.to_owned() };
        let text = text.trim();
        let digits: String = match text.len() {
            8 => text.to_owned(),
            10 if text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' => text.split('-').collect(),
            _ => return Err(wrong()),
        };
        if digits.len() != 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(wrong());
        }
        let number = |range: std::ops::Range<usize>| digits[range].parse::<i16>().map_err(|_| wrong());
        let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
        Date::new(year, month as i8, day as i8).map(ServiceDate).map_err(|_| wrong())
    }
}

impl fmt::Display for ServiceDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl Serialize for ServiceDate {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServiceDate {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<ServiceDate, D::Error> {
        source.deserialize_any(Written)
    }
}

/// A date as a text, or as TOML hands its own dates over: a table with one text in it.
struct Written;

impl<'de> de::Visitor<'de> for Written {
    type Value = ServiceDate;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a date such as 2026-03-07")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ServiceDate, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<ServiceDate, A::Error> {
        let entry: Option<(String, String)> = map.next_entry()?;
        let (_, text) = entry.ok_or_else(|| de::Error::custom("no date"))?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for ServiceDate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ServiceDate".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date", "examples": ["2026-03-07"] })
    }
}

impl ServiceDate {
    /// The day of the week.
    pub fn weekday(self) -> Text {
        let (en, zh) = match self.0.weekday() {
            Weekday::Monday => ("Monday", "周一"),
            Weekday::Tuesday => ("Tuesday", "周二"),
            Weekday::Wednesday => ("Wednesday", "周三"),
            Weekday::Thursday => ("Thursday", "周四"),
            Weekday::Friday => ("Friday", "周五"),
            Weekday::Saturday => ("Saturday", "周六"),
            Weekday::Sunday => ("Sunday", "周日"),
        };
        Text::new(en, zh)
    }

    /// The day before; itself on the first day that there is.
    pub fn yesterday(self) -> ServiceDate {
        ServiceDate(self.0.yesterday().unwrap_or(self.0))
    }

    /// The day after; itself on the last day that there is.
    pub fn tomorrow(self) -> ServiceDate {
        ServiceDate(self.0.tomorrow().unwrap_or(self.0))
    }

    /// Days from 1970-01-01.
    pub fn days(self) -> i32 {
        self.0.since(Date::constant(1970, 1, 1)).map_or(0, |span| span.get_days())
    }

    /// When the day's times start, "noon minus 12 h" in a time zone by its name, in seconds from 1970-01-01 UTC. A zone that is not known,
    /// or none, is UTC.
    pub fn start_s(self, zone: Option<&str>) -> i64 {
        let zone = zone.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
        match self.0.at(12, 0, 0, 0).to_zoned_datetime(zone) {
            Ok(noon) => noon.timestamp().as_second() - 12 * 3600,
            Err(_) => i64::from(self.days()) * 86_400,
        }
    }
}

/// Whether a time zone of this name is known.
pub fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

impl FromStr for ServiceTime {
    type Err = ClockError;

    fn from_str(text: &str) -> Result<ServiceTime, ClockError> {
        let wrong = || ClockError { text: text.to_owned() };
        let parts: Vec<&str> = text.trim().split([':', '：']).collect();
        let number = |part: &str, limit: u32| {
            part.parse::<u32>().ok().filter(|n| *n <= limit && part.len() <= 2).ok_or_else(wrong)
        };
        match parts[..] {
            [hours, minutes] => Ok(ServiceTime(number(hours, 47)? * 3600 + number(minutes, 59)? * 60)),
            [hours, minutes, seconds] => {
                Ok(ServiceTime(number(hours, 47)? * 3600 + number(minutes, 59)? * 60 + number(seconds, 59)?))
            }
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for ServiceTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:02}:{:02}", self.0 / 3600, self.0 / 60 % 60)
    }
}

impl ServiceTime {
    /// With the seconds, where there are any: `07:00`, `07:00:30`.
    pub fn exact(self) -> String {
        match self.0 % 60 {
            0 => self.to_string(),
            seconds => format!("{self}:{seconds:02}"),
        }
    }
}

impl TryFrom<String> for ServiceTime {
    type Error = ClockError;

    fn try_from(text: String) -> Result<ServiceTime, ClockError> {
        text.parse()
    }
}

impl From<ServiceTime> for String {
    fn from(time: ServiceTime) -> String {
        time.exact()
    }
}

impl JsonSchema for ServiceTime {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ServiceTime".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "examples": ["07:00", "25:10:30"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_after_midnight_keep_counting() {
        assert_eq!("25:10".parse(), Ok(ServiceTime(90_600)));
        assert_eq!("6:05:30".parse(), Ok(ServiceTime(21_930)));
        for text in ["6", "6:75", "noon", "99:00", "6:5:3:1", ""] {
            assert!(text.parse::<ServiceTime>().is_err(), "{text}");
        }
    }
    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!("20240229".parse::<ServiceDate>().unwrap().to_string(), "2024-02-29");
        assert_eq!("2019-05-13".parse::<ServiceDate>().unwrap().days(), 18_029); // date -d 2019-05-13 +%s / 86 400
        for text in ["20230229", "2023-2-9", "2023", "", "２０２３０１０１", "2023010１", "20-3-01-1x"] {
            assert!(text.parse::<ServiceDate>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_of_a_clock_change_starts_twelve_hours_before_noon() {
        // Berlin put its clocks forward on 2024-03-31 at 02:00: noon is 10:00 UTC, and "noon minus 12 h" is 23:00 the day before by the
        // clock of winter
        let day = |text: &str| text.parse::<ServiceDate>().unwrap();
        let start = |text: &str| day(text).start_s(Some("Europe/Berlin"));
        assert_eq!(start("2024-03-31") - start("2024-03-30"), 23 * 3600);
        assert_eq!(start("2024-10-27") - start("2024-10-26"), 25 * 3600);
        assert_eq!(start("2024-06-02") - start("2024-06-01"), 24 * 3600);
        assert_eq!(day("2024-06-01").start_s(None), i64::from(day("2024-06-01").days()) * 86_400);
    }
}
