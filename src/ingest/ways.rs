//! How a street may be used, from what its record says.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::units::KmPerHour;
use crate::config::profile::Areas;
use crate::config::profile::Profile;
use crate::ingest::IngestError;
use crate::ingest::access::Access;
use crate::ingest::access::Going;
use crate::ingest::access::Side;
use crate::ingest::access::text;
use crate::ingest::account::Columns;
use crate::ingest::speeds::Speed;
use crate::ingest::speeds::duration_of;
use crate::ingest::speeds::speed_of;
use crate::ingest::unread::Unread;
use crate::ingest::unread::Why;
use crate::model::streets::Kind;
use crate::model::streets::Mode;
use crate::model::streets::Way;
use crate::table::Record;
use crate::table::rule::Rule;

/// How a line may be used, as far as its record says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Use {
    pub way: Way,
    /// Seconds for the whole line, which win over the speed: of ferries.
    pub duration_s: Option<f64>,
}

/// One profile bound to the fields of a source.
pub(crate) struct Reader<'p> {
    profile: &'p Profile,
    positions: BTreeMap<String, usize>,
    access: Option<Access>,
    /// The field of the speed along the line, and against it.
    sided_speeds: [Option<(String, usize)>; 2],
    /// Kinds of cycle lane and their direction, side by side: `cycleway:left` and `cycleway:left:oneway`.
    lanes: Vec<[Option<usize>; 2]>,
    conveying: Option<usize>,
    id: Option<usize>,
    /// What is not applied as it is written.
    pub unread: Unread,
}

/// Which way one may go.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ways {
    Both,
    Along,
    Against,
    None,
}

impl Ways {
    fn allow(self, side: Side) -> bool {
        match self {
            Ways::Both => true,
            Ways::Along => side == Side::Forward,
            Ways::Against => side == Side::Backward,
            Ways::None => false,
        }
    }
}

impl<'p> Reader<'p> {
    pub(crate) fn new(profile: &'p Profile) -> Reader<'p> {
        Reader {
            profile,
            positions: BTreeMap::new(),
            access: None,
            sided_speeds: [None, None],
            lanes: Vec::new(),
            conveying: None,
            id: None,
            unread: Unread::default(),
        }
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
        if let Some(field) = &profile.speed_field {
            self.sided_speeds = ["forward", "backward"].map(|side| {
                let name = format!("{field}:{side}");
                columns.find(&name).map(|at| (name, at))
            });
        }
        // the conventions of OpenStreetMap ask for fields that every extract has
        if profile.conventions != Default::default() {
            self.access = Some(Access::new(profile.mode, &|name| columns.find(name)));
            self.lanes = ["cycleway", "cycleway:both", "cycleway:left", "cycleway:right"]
                .map(|lane| [columns.find(lane), columns.find(&format!("{lane}:oneway"))])
                .to_vec();
            self.conveying = columns.find("conveying");
            for name in ["oneway", "oneway:foot", "oneway:conditional", "maxspeed:conditional"] {
                if let Some(at) = columns.find(name) {
                    self.positions.insert(name.to_owned(), at);
                }
            }
        }
        self.id = columns.find("osm_id");
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

    fn told(&mut self, kind: Why, field: &str, said: &str, record: &Record) {
        let id = self.id.and_then(|at| record.value(at).as_key());
        self.unread.add(kind, field, said, id);
    }

    /// How the line may be used; `None` for one that may not.
    pub(crate) fn read(&mut self, record: &Record) -> Option<Use> {
        let profile = self.profile;
        if profile.usable.as_ref().is_some_and(|rule| !self.fits(rule, record)) {
            return None;
        }
        let is_ferry = self.access.as_ref().is_some_and(|access| access.is_ferry(record));
        let going = self.going(record);
        if going == [Going::No; 2] {
            return None;
        }
        let by_class = profile.speeds.iter().find(|(rule, _)| self.fits(rule, record)).map(|(_, speed)| *speed);
        let by_class = by_class.unwrap_or(profile.speed).0;
        let caps = profile.most.iter().filter(|(rule, _)| self.fits(rule, record)).map(|(_, most)| most.0);
        let cap = caps.fold(f64::INFINITY, f64::min);
        let speed = Side::BOTH.map(|side| {
            let own = match going[side as usize] {
                Going::No => return KmPerHour(0.0),
                _ => self.signed(side, record).unwrap_or(by_class),
            };
            let pushed = profile.conventions.pushing.filter(|_| going[side as usize] == Going::Pushed);
            KmPerHour(own.min(cap).min(pushed.map_or(f64::INFINITY, |pushed| pushed.0)))
        });
        let duration_s = if is_ferry { self.duration(record) } else { None };
        let is_through = self.is(&profile.through_where, record);
        let kind =
            profile.kinds.iter().find(|(rule, _)| self.fits(rule, record)).map_or(Kind::Street, |(_, kind)| *kind);
        let is_level = self.is(&profile.level_where, record);
        Some(Use { way: Way { speed, is_through, is_level, kind }, duration_s })
    }

    /// How each direction may be used: by the access words, and by what is one-way.
    fn going(&mut self, record: &Record) -> [Going; 2] {
        let conventions = self.profile.conventions;
        let ways = self.ways(record);
        if conventions.access
            && let Some(access) = self.access.take()
        {
            self.tell(&access, record);
            self.access = Some(access);
        }
        let Some(access) = &self.access else {
            return Side::BOTH.map(|side| if ways.allow(side) { Going::Yes } else { Going::No });
        };
        let may = Side::BOTH.map(|side| match access.going(side, record) {
            going if conventions.access || going == Going::Pushed => going,
            _ => Going::Yes,
        });
        let lanes = if conventions.both_ways { self.lanes(record) } else { [false; 2] };
        let afoot = self.afoot(record);
        // where a bicycle may be pushed, it goes as people on foot do
        let is_pushed = conventions.both_ways && self.profile.mode == Mode::Bicycle && access.is_for_walking(record);
        Side::BOTH.map(|side| match may[side as usize] {
            Going::No => Going::No,
            Going::Pushed if conventions.both_ways => {
                if afoot.allow(side) {
                    Going::Pushed
                } else {
                    Going::No
                }
            }
            going if ways.allow(side) || lanes[side as usize] => going,
            going if conventions.access && access.is_let_in(side, record) => going,
            _ if is_pushed && afoot.allow(side) => Going::Pushed,
            _ => Going::No,
        })
    }

    /// Unknown words and what holds at certain times only.
    fn tell(&mut self, access: &Access, record: &Record) {
        let mut found: Vec<(Why, String, String)> = Vec::new();
        access.tell(record, |why, key, said| found.push((why, key, said.to_owned())));
        let by_mode = match self.profile.mode {
            Mode::Walk => &[][..],
            Mode::Bicycle => &["oneway:conditional"][..],
            Mode::Drive => &["oneway:conditional", "maxspeed:conditional"][..],
        };
        let timed = by_mode.iter().filter(|name| self.text(name, record).is_some());
        found.extend(timed.map(|name| (Why::Timed, (*name).to_owned(), String::new())));
        for (why, key, said) in found {
            self.told(why, &key, &said, record);
        }
    }

    /// The speed that a sign says, as far as it is reached.
    fn signed(&mut self, side: Side, record: &Record) -> Option<f64> {
        let profile = self.profile;
        let field = profile.speed_field.as_ref()?;
        let sided = self.sided_speeds[side as usize].clone();
        let sided = sided.and_then(|(name, at)| Some((name, record.value(at).as_key()?)));
        let both = self.text(field, record).map(|said| (field.clone(), said));
        for (field, said) in sided.into_iter().chain(both) {
            // a field of both directions is told once
            let is_first = side == Side::Forward || Some(&field) != profile.speed_field.as_ref();
            let mut tell = |kind: Why| {
                if is_first {
                    self.told(kind, &field, &said, record);
                }
            };
            match speed_of(&said) {
                Speed::Of(speed) => return Some(speed * profile.speed_share),
                Speed::LowestOf(speed) => {
                    tell(Why::Several);
                    return Some(speed * profile.speed_share);
                }
                Speed::OfClass => return None,
                Speed::Doubtful => tell(Why::Doubtful),
                Speed::Unknown => tell(Why::Unknown),
            }
        }
        None
    }

    fn duration(&mut self, record: &Record) -> Option<f64> {
        let field = self.profile.duration_field.as_ref()?;
        let said = self.text(field, record)?;
        let seconds = duration_of(&said);
        if seconds.is_none() {
            self.told(Why::Unknown, field, &said, record);
        }
        seconds
    }

    fn ways(&mut self, record: &Record) -> Ways {
        let profile = self.profile;
        if self.is(&profile.both_ways_where, record) {
            return Ways::Both;
        }
        for field in &profile.oneway {
            let Some(said) = self.text(field, record) else { continue };
            match ways_of(&said) {
                Some(ways) => return ways,
                None => self.told(Why::Unknown, field, &said, record),
            }
        }
        if profile.mode == Mode::Walk && profile.conventions.oneway {
            return self.afoot(record);
        }
        if self.is(&profile.oneway_where, record) { Ways::Along } else { Ways::Both }
    }

    /// Which way people on foot go: ferries and escalators carry them one way. Streets are both ways for them.
    fn afoot(&self, record: &Record) -> Ways {
        let oneway = || self.text("oneway", record).and_then(|said| ways_of(&said));
        if let Some(ways) = self.text("oneway:foot", record).and_then(|said| ways_of(&said)) {
            return ways;
        }
        let Some(access) = &self.access else { return Ways::Both };
        if access.is_ferry(record) {
            return oneway().unwrap_or(Ways::Both);
        }
        if !access.is_for_walking(record) {
            return Ways::Both;
        }
        match text(self.conveying, record) {
            Some("forward") if oneway() != Some(Ways::Both) => Ways::Along,
            Some("backward") if oneway() != Some(Ways::Both) => Ways::Against,
            // without a direction of its own, the one of the line
            Some("yes") => oneway().unwrap_or(Ways::Both),
            _ => Ways::Both,
        }
    }

    /// Directions in which a cycle lane leads, whatever way the street goes. Nothing but the lane's own tag says so, and `oneway:bicycle` wins.
    fn lanes(&self, record: &Record) -> [bool; 2] {
        let mut leads = [false; 2];
        if self.profile.mode != Mode::Bicycle || self.text("oneway:bicycle", record).is_some() {
            return leads;
        }
        for [lane, oneway] in &self.lanes {
            let kind = text(*lane, record).unwrap_or_default();
            if kind == "opposite" || kind.starts_with("opposite_") {
                return [true; 2];
            }
            let is_there = !matches!(kind, "no" | "none" | "separate");
            if let Some(ways) = text(*oneway, record).filter(|_| is_there).and_then(ways_of) {
                Side::BOTH.into_iter().filter(|side| ways.allow(*side)).for_each(|side| leads[side as usize] = true);
            }
        }
        leads
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_directions() {
        // OpenStreetMap wiki, Key:oneway; the shapefiles of OpenStreetMap and of Esri
        for (text, ways) in [
            ("yes", Some(Ways::Along)),
            ("-1", Some(Ways::Against)),
            ("no", Some(Ways::Both)),
            ("alternating", Some(Ways::Both)),
            ("T", Some(Ways::Against)),
            ("reversible", Some(Ways::None)),
            ("perhaps", None),
        ] {
            assert_eq!(ways_of(text), ways, "{text}");
        }
    }
}
