//! Who may use which streets, and how fast: what the config says, laid over what is usual.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::units::KmPerHour;
use crate::base::units::Share;
use crate::config::file::OneOrMany;
use crate::model::streets::Kind;
use crate::model::streets::Mode;
use crate::table::rule::Rule;

/// A speed for the streets that fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SpeedFile {
    /// Which streets: conditions as under `where`.
    #[serde(rename = "where")]
    pub filter: OneOrMany<String>,
    pub speed: KmPerHour,
}

/// How one mode uses the streets. What is left out is, for an OpenStreetMap extract, as docs/streets.md says, and else one speed both ways.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProfileFile {
    /// Which streets may be used: conditions as under `where` of any source. They take the place of the access words of OpenStreetMap.
    #[serde(rename = "where")]
    pub filter: Option<OneOrMany<String>>,
    /// Speed where no other says.
    pub speed: Option<KmPerHour>,
    /// Speeds by class: of those that fit, the first holds.
    pub speeds: Option<Vec<SpeedFile>>,
    /// Speeds that are not exceeded, whatever else says: all that fit hold.
    pub most: Option<Vec<SpeedFile>>,
    /// Field of the speed, km/h unless the text says another unit; wins over `speeds`.
    pub speed_field: Option<String>,
    /// Share of the speed in `speed-field` that is reached.
    pub speed_share: Option<Share>,
    /// Field that says which way one may go.
    pub oneway: Option<String>,
    /// Streets that are one-way unless the field `oneway` says otherwise.
    pub oneway_where: Option<OneOrMany<String>>,
    /// Streets that are open both ways whatever the field says.
    pub both_ways_where: Option<OneOrMany<String>>,
    /// Streets along which nobody gets on or off.
    pub through_where: Option<OneOrMany<String>>,
    /// Barriers that can not be passed.
    pub barred_where: Option<OneOrMany<String>>,
}

/// Which conventions of OpenStreetMap hold beside the rules: each where the config does not say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Conventions {
    /// Access words say who may use a street; `where` takes their place.
    pub access: bool,
    /// Access words and the kind of a barrier say who passes a point; `barred-where` takes their place.
    pub barriers: bool,
    /// Ferries and escalators go one way where they say so; `oneway` takes its place.
    pub oneway: bool,
    /// Bicycles ride against a one-way street where a lane is marked, and are pushed both ways; `both-ways-where` takes its place.
    pub both_ways: bool,
    /// How fast a bicycle is pushed; `speeds` takes its place.
    pub pushing: Option<KmPerHour>,
}

/// How one mode uses the streets, ready.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    pub mode: Mode,
    pub conventions: Conventions,
    pub usable: Option<Rule>,
    pub speed: KmPerHour,
    pub speeds: Vec<(Rule, KmPerHour)>,
    pub most: Vec<(Rule, KmPerHour)>,
    pub speed_field: Option<String>,
    pub speed_share: f64,
    /// Fields that say which way, the first that says anything wins.
    pub oneway: Vec<String>,
    pub oneway_where: Option<Rule>,
    pub both_ways_where: Option<Rule>,
    pub through_where: Option<Rule>,
    pub barred_where: Option<Rule>,
    /// Field of the time that a whole line takes: of ferries.
    pub duration_field: Option<String>,
    /// Lines that are even from end to end whatever the ground does.
    pub level_where: Option<Rule>,
    /// What lines are drawn for; the first that fits holds, else they are streets.
    pub kinds: Vec<(Rule, Kind)>,
    pub areas: Areas,
    /// Whether restricted turns are minded.
    pub turns: bool,
}

/// What polygons among the streets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Areas {
    /// Squares, platforms: they are crossed.
    Crossed,
    /// Nothing for this mode.
    LeftOut,
    /// No streets at all.
    Wrong,
}

/// Speed on foot, to the street and along it.
pub const WALKING: KmPerHour = KmPerHour(5.0);

/// Speed of a bicycle that is pushed, after OSRM's profiles/bicycle.lua.
const PUSHING: KmPerHour = KmPerHour(4.0);

/// What is usual in OpenStreetMap for a mode.
struct Usual {
    speed: f64,
    speeds: &'static [(&'static str, f64)],
    most: &'static [(&'static str, f64)],
    oneway: &'static [&'static str],
    oneway_where: &'static [&'static str],
    through_where: &'static [&'static str],
}

/// Under the ground and above it nobody gets on or off: what is nearest from above is not near. Passages through buildings are level.
const UNDERGROUND: &str = "tunnel = * & tunnel != no|building_passage|covered|arcade|avalanche_protector";
const ABOVE: &str = "bridge = * & bridge != no|boardwalk";

/// Platforms, by any of their keys, and piers are walked on like paths. Those below the ground or above it are for those who wait there: nobody who
/// lives beside them gets on or off.
const PLATFORM: [&str; 4] =
    ["railway = platform", "public_transport = platform", "highway = platform", "man_made = pier & highway != *"];

/// On foot. Who may walk where is in `ingest/access.rs`, as for the others.
const WALK: Usual = Usual {
    speed: WALKING.0,
    speeds: &[("route = ferry & highway != *", 5.0)],
    most: &[],
    oneway: &["oneway:foot"],
    oneway_where: &[],
    through_where: &[
        "route = ferry & highway != *",
        UNDERGROUND,
        ABOVE,
        "highway = elevator",
        "area = yes & layer = -1|-2|-3|-4|-5",
        "railway = platform & layer = * & layer != 0",
        "public_transport = platform & layer = * & layer != 0",
        "highway = platform & layer = * & layer != 0",
    ],
};

/// By bicycle: speeds by class and surface after OSRM's profiles/bicycle.lua (BSD 2-Clause; 15 km/h, 4 km/h where the bicycle is pushed).
const BICYCLE: Usual = Usual {
    speed: 15.0,
    speeds: &[
        ("route = ferry & highway != *", 5.0),
        ("highway = steps", 2.0),
        (
            "highway = footway|pedestrian & bicycle = yes|designated|permissive|official|destination|customers|residents|permit",
            15.0,
        ),
        ("highway = footway|pedestrian", 4.0),
        ("highway = track", 12.0),
        ("highway = path", 13.0),
    ],
    most: &[
        ("surface = wood|metal|cobblestone:flattened|paving_stones|compacted|fine_gravel|ground", 10.0),
        ("surface = sett", 9.0),
        ("surface = dirt", 8.0),
        ("surface = cobblestone", 7.0),
        ("surface = unpaved|gravel|pebblestone|grass_paver|earth|grass", 6.0),
        ("surface = mud|sand|woodchips", 3.0),
    ],
    oneway: &["oneway:bicycle", "oneway:vehicle", "oneway"],
    oneway_where: &["junction = roundabout|circular"],
    through_where: &["route = ferry & highway != *", UNDERGROUND, ABOVE],
};

/// By car: speeds by class after OSRM's profiles/car.lua (BSD 2-Clause), four fifths of a signed limit, no traffic.
const DRIVE: Usual = Usual {
    speed: 10.0,
    speeds: &[
        ("route = ferry & highway != *", 5.0),
        ("highway = motorway", 90.0),
        ("highway = motorway_link", 75.0),
        ("highway = trunk", 85.0),
        ("highway = trunk_link", 70.0),
        ("highway = primary", 65.0),
        ("highway = primary_link", 60.0),
        ("highway = secondary", 55.0),
        ("highway = secondary_link", 50.0),
        ("highway = tertiary", 40.0),
        ("highway = tertiary_link", 30.0),
        ("highway = unclassified|residential", 25.0),
        ("highway = living_street", 10.0),
        ("highway = service", 15.0),
    ],
    most: &[
        ("surface = paving_stones", 60.0),
        ("surface = metal|compacted|sett|bricks|cement|grass_paver", 45.0),
        ("surface = cobblestone|wood|stone|rocky|gravel|fine_gravel|unpaved|ground|dirt|grass|pebblestone", 30.0),
        ("surface = clay", 20.0),
        ("surface = sand|earth|mud", 15.0),
    ],
    oneway: &["oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"],
    oneway_where: &["junction = roundabout|circular", "highway = motorway|motorway_link"],
    through_where: &["highway = motorway|motorway_link", "route = ferry & highway != *", UNDERGROUND, ABOVE],
};

fn rule(lines: &[impl AsRef<str>]) -> Option<Rule> {
    Rule::new(lines).ok()
}

fn kinds(lines: &[&str], kind: Kind) -> impl Iterator<Item = (Rule, Kind)> {
    rule(lines).into_iter().map(move |rule| (rule, kind))
}

fn speeds(speeds: &[SpeedFile]) -> Vec<(Rule, KmPerHour)> {
    speeds.iter().filter_map(|one| Some((rule(&one.filter.0)?, one.speed))).collect()
}

impl Profile {
    /// What the config says of a mode, laid over what is usual in an extract, or over nothing.
    pub fn new(mode: Mode, said: Option<&ProfileFile>, is_extract: bool) -> Profile {
        let usual = match mode {
            Mode::Walk => &WALK,
            Mode::Bicycle => &BICYCLE,
            Mode::Drive => &DRIVE,
        };
        let ours = |lines: &'static [&'static str]| if is_extract { rule(lines) } else { None };
        let by_class = |list: &'static [(&'static str, f64)]| -> Vec<(Rule, KmPerHour)> {
            let all = if is_extract { list } else { &[] };
            all.iter().filter_map(|(line, speed)| Some((rule(&[line])?, KmPerHour(*speed)))).collect()
        };
        let nothing = ProfileFile::default();
        let said = said.unwrap_or(&nothing);
        let own = |lines: &Option<OneOrMany<String>>| lines.as_ref().and_then(|lines| rule(&lines.0));
        let speed_field = said.speed_field.clone();
        let speed_field = speed_field.or((is_extract && mode == Mode::Drive).then(|| "maxspeed".to_owned()));
        let pushes = is_extract && mode == Mode::Bicycle && said.speeds.is_none();
        Profile {
            mode,
            conventions: Conventions {
                access: is_extract && said.filter.is_none(),
                barriers: is_extract && said.barred_where.is_none(),
                oneway: is_extract && said.oneway.is_none(),
                both_ways: is_extract && said.both_ways_where.is_none(),
                pushing: pushes.then_some(PUSHING),
            },
            usable: own(&said.filter),
            speed: said.speed.unwrap_or(KmPerHour(usual.speed)),
            // a speed for all wins over the usual ones by class
            speeds: match (&said.speeds, said.speed) {
                (Some(said), _) => speeds(said),
                (None, Some(_)) => by_class(&usual.speeds[..usize::from(is_extract)]),
                (None, None) => by_class(usual.speeds),
            },
            most: said.most.as_ref().map_or(by_class(usual.most), |said| speeds(said)),
            speed_share: said.speed_share.map_or(if said.speed_field.is_some() { 1.0 } else { 0.8 }, |share| share.0),
            speed_field,
            oneway: match &said.oneway {
                Some(field) => vec![field.clone()],
                None if is_extract => usual.oneway.iter().map(|field| (*field).to_owned()).collect(),
                None => Vec::new(),
            },
            oneway_where: own(&said.oneway_where).or(ours(usual.oneway_where)),
            both_ways_where: own(&said.both_ways_where),
            through_where: own(&said.through_where).or(ours(usual.through_where)),
            barred_where: own(&said.barred_where),
            duration_field: is_extract.then(|| "duration".to_owned()),
            kinds: match is_extract {
                true => kinds(&PLATFORM, Kind::Platform)
                    .chain(kinds(&["highway = elevator"], Kind::Lift))
                    .chain(kinds(&[ABOVE], Kind::Bridge))
                    .collect(),
                false => Vec::new(),
            },
            areas: match (is_extract, mode) {
                (false, _) => Areas::Wrong,
                (true, Mode::Drive) => Areas::LeftOut,
                (true, _) => Areas::Crossed,
            },
            level_where: ours(&["bridge = *", "tunnel = *", "route = ferry"]),
            turns: mode == Mode::Drive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_rule_is_one() {
        for usual in [&WALK, &BICYCLE, &DRIVE] {
            let lists = [usual.oneway_where, usual.through_where];
            for lines in lists.into_iter().filter(|lines| !lines.is_empty()) {
                Rule::new(lines).unwrap_or_else(|what| panic!("{what}"));
            }
            for (line, speed) in usual.speeds.iter().chain(usual.most) {
                Rule::new(&[line]).unwrap_or_else(|what| panic!("{what}"));
                assert!(*speed > 0.0);
            }
        }
    }
}
