//! Time of a service day, which may run past midnight.

use std::fmt;
use std::str::FromStr;

/// Seconds since the start of the service day; trips after midnight exceed 86 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceTime(pub u32);

/// A text that is not `HH:MM` or `HH:MM:SS` with hours up to 47.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a time of day; write HH:MM or HH:MM:SS, hours may exceed 23 for trips after midnight")]
pub struct ClockError {
    pub text: String,
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
}
