//! How a street may be used, from what its record says.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::units::KmPerHour;
use crate::config::profile::Areas;
use crate::config::profile::Profile;
use crate::ingest::IngestError;
use crate::ingest::account::Columns;
use crate::model::streets::Kind;
use crate::model::streets::Way;
use crate::table::Record;
use crate::table::rule::Rule;

/// How a line may be used, as far as its record says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Use {
    pub way: Way,
    /// Seconds for the whole line, which win over the speed.
    pub duration_s: Option<f64>,
}

/// One profile bound to the fields of a source.
pub(crate) struct Reader<'p> {
    profile: &'p Profile,
    positions: BTreeMap<String, usize>,
    /// Words of the fields for one-way and for speed that say nothing known, with the field and how often.
    pub unread: BTreeMap<(String, String), u64>,
}

/// Which way one may go.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ways {
    Both,
    Along,
    Against,
    None,
}

impl<'p> Reader<'p> {
    pub(crate) fn new(profile: &'p Profile) -> Reader<'p> {
        Reader { profile, positions: BTreeMap::new(), unread: BTreeMap::new() }
    }

    /// Finds the fields.
    /// # Errors
    /// [`IngestError::MissingField`] for one that the config names and nobody has.
    pub(crate) fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        let profile = self.profile;
        let rules = [&profile.usable, &profile.oneway_where, &profile.both_ways_where, &profile.through_where];
        let rules = rules.into_iter().flatten().chain(&profile.level_where);
        let rules = rules.chain(profile.speeds.iter().chain(&profile.most).map(|(rule, _)| rule));
        let rules = rules.chain(profile.kinds.iter().map(|(rule, _)| rule));
        for name in rules.flat_map(Rule::fields).collect::<BTreeSet<_>>() {
            self.positions.insert(name.to_owned(), columns.need(name, "the use of streets")?);
        }
        for name in profile.oneway.iter().chain(&profile.speed_field).chain(&profile.duration_field) {
            self.positions.insert(name.clone(), columns.need(name, "the use of streets")?);
        }
        Ok(())
    }

    /// Whether areas are nothing for this mode.
    pub(crate) fn leaves_areas_out(&self) -> bool {
        self.profile.areas == Areas::LeftOut
    }

    /// Whether an area among the streets is a fault of the file.
    pub(crate) fn refuses_areas(&self) -> bool {
        self.profile.areas == Areas::Wrong
    }

    fn fits(&self, rule: &Rule, record: &Record) -> bool {
        rule.fits(record, &|name| self.positions.get(name).copied())
    }

    fn is(&self, rule: &Option<Rule>, record: &Record) -> bool {
        rule.as_ref().is_some_and(|rule| self.fits(rule, record))
    }

    fn text(&self, field: &str, record: &Record) -> Option<String> {
        record.value(*self.positions.get(field)?).as_key().filter(|text| !text.trim().is_empty())
    }

    /// How the line may be used; `None` for one that may not.
    pub(crate) fn read(&mut self, record: &Record) -> Option<Use> {
        let profile = self.profile;
        if profile.usable.as_ref().is_some_and(|rule| !self.fits(rule, record)) {
            return None;
        }
        let by_class = profile.speeds.iter().find(|(rule, _)| self.fits(rule, record)).map(|(_, speed)| *speed);
        let mut speed = by_class.unwrap_or(profile.speed);
        if let Some(field) = &profile.speed_field
            && let Some(text) = self.text(field, record)
        {
            match speed_of(&text) {
                Some(said) => speed = KmPerHour(said * profile.speed_share),
                None if is_a_word_for_speed(&text) => {}
                None => *self.unread.entry((field.clone(), text)).or_default() += 1,
            }
        }
        let caps = profile.most.iter().filter(|(rule, _)| self.fits(rule, record)).map(|(_, most)| most.0);
        let speed = KmPerHour(caps.fold(speed.0, f64::min));
        let duration_s = profile.duration_field.as_ref().and_then(|field| duration_of(&self.text(field, record)?));
        let none = KmPerHour(0.0);
        let speed = match self.ways(record) {
            Ways::Both => [speed, speed],
            Ways::Along => [speed, none],
            Ways::Against => [none, speed],
            Ways::None => return None,
        };
        let is_through = self.is(&profile.through_where, record);
        let kind =
            profile.kinds.iter().find(|(rule, _)| self.fits(rule, record)).map_or(Kind::Street, |(_, kind)| *kind);
        let is_level = self.is(&profile.level_where, record);
        Some(Use { way: Way { speed, is_through, is_level, kind }, duration_s })
    }

    fn ways(&mut self, record: &Record) -> Ways {
        let profile = self.profile;
        if self.is(&profile.both_ways_where, record) {
            return Ways::Both;
        }
        for field in &profile.oneway {
            let Some(text) = self.text(field, record) else { continue };
            match ways_of(&text) {
                Some(ways) => return ways,
                None => *self.unread.entry((field.clone(), text)).or_default() += 1,
            }
        }
        if self.is(&profile.oneway_where, record) { Ways::Along } else { Ways::Both }
    }
}

/// The words of OpenStreetMap, of its shapefiles, of Esri's road data, and numbers.
fn ways_of(text: &str) -> Option<Ways> {
    Some(match text.trim().to_lowercase().as_str() {
        "yes" | "true" | "1" | "f" | "ft" | "forward" => Ways::Along,
        "-1" | "reverse" | "t" | "tf" | "backward" => Ways::Against,
        "no" | "false" | "0" | "b" | "both" | "alternating" => Ways::Both,
        "reversible" => Ways::None,
        _ => return None,
    })
}

/// Kilometres an hour; `None` for words, and for a speed of nothing.
fn speed_of(text: &str) -> Option<f64> {
    let text = text.trim();
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite());
    number().or_else(|| text.parse::<KmPerHour>().ok().map(|speed| speed.0)).filter(|speed| *speed > 0.0)
}

/// Words that leave the speed to the class: no limit, a limit by signs, the usual limit of a kind of road in a country.
fn is_a_word_for_speed(text: &str) -> bool {
    let text = text.trim();
    matches!(text, "none" | "signals" | "variable" | "walk" | "national" | "default") || text.contains(':')
}

/// Seconds of `hh:mm`, `hh:mm:ss`, minutes as a number, or ISO 8601 such as `PT1H20M`.
fn duration_of(text: &str) -> Option<f64> {
    let text = text.trim();
    let seconds = if let Some(iso) = text.strip_prefix("PT") {
        let (mut total, mut digits) = (0.0, String::new());
        for letter in iso.chars() {
            let unit = match letter {
                'H' => 3600.0,
                'M' => 60.0,
                'S' => 1.0,
                _ => {
                    digits.push(letter);
                    continue;
                }
            };
            total += std::mem::take(&mut digits).parse::<f64>().ok()? * unit;
        }
        total
    } else {
        let parts: Vec<f64> = text.split(':').map(|part| part.parse::<f64>().ok()).collect::<Option<_>>()?;
        match parts[..] {
            [minutes] => minutes * 60.0,
            [hours, minutes] => hours * 3600.0 + minutes * 60.0,
            [hours, minutes, seconds] => hours * 3600.0 + minutes * 60.0 + seconds,
            _ => return None,
        }
    };
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_directions_speeds_and_times() {
        // OpenStreetMap wiki, Key:oneway, Key:maxspeed and Key:duration
        for (text, ways) in [
            ("yes", Some(Ways::Along)),
            ("-1", Some(Ways::Against)),
            ("no", Some(Ways::Both)),
            ("T", Some(Ways::Against)),
            ("reversible", Some(Ways::None)),
            ("perhaps", None),
        ] {
            assert_eq!(ways_of(text), ways, "{text}");
        }
        for (text, speed) in [("50", Some(50.0)), ("30 mph", Some(48.28032)), ("none", None), ("0", None), ("-5", None)]
        {
            assert_eq!(speed_of(text), speed, "{text}");
        }
        for (text, seconds) in [
            ("20", Some(1200.0)),
            ("01:30", Some(5400.0)),
            ("PT1H20M", Some(4800.0)),
            ("soon", None),
            ("0", None),
            ("1:2:3:4", None),
        ] {
            assert_eq!(duration_of(text), seconds, "{text}");
        }
    }
}
