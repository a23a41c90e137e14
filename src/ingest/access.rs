//! Who may use a street or pass a point of it, by the access keys of OpenStreetMap.
//!
//! Keys go from the mode's own to `access`; the first that says anything decides, `key:forward` and `key:backward` before `key`
//! (OpenStreetMap wiki, Key:access, land-based transport). What the words say is one table, after the wiki and the profiles of OSRM,
//! Valhalla and GraphHopper.

use crate::ingest::unread::Why;
use crate::model::streets::Mode;
use crate::table::Record;
use crate::table::Value;

/// Keys from the most special to the most general.
const WALK: &[&str] = &["foot", "access"];
const BICYCLE: &[&str] = &["bicycle", "vehicle", "access"];
const DRIVE: &[&str] = &["motorcar", "motor_vehicle", "vehicle", "access"];

/// What a word says to a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Word {
    /// Nothing: as if the key were not there.
    Silent,
    Closed,
    /// The bicycle is pushed.
    Push,
    /// Who delivers may drive: streets of motor traffic are open, for those who live on them; no others become so.
    Delivery,
    Open,
}

use Word::Closed;
use Word::Delivery;
use Word::Open;
use Word::Push;
use Word::Silent;

/// Words, parted by `|`, and what they say on foot, by bicycle and by car. The name of a vehicle lets that vehicle in and keeps others out;
/// it does not speak of people on foot.
const WORDS: &[(&str, [Word; 3])] = &[
    ("yes|designated|permissive|public|allowed|true|1", [Open, Open, Open]),
    ("destination|customers|residents|resident|permit|visitors|guests|local|local_traffic", [Open, Open, Open]),
    ("discouraged|unsuitable|limited", [Open, Open, Open]),
    ("official", [Open, Open, Closed]),
    ("delivery|loading", [Closed, Closed, Delivery]),
    ("no|none|false|0|private|restricted|service|staff|employees|employee|members|authorized|authorised", [Closed; 3]),
    ("military|emergency|emergency_vehicle|emergency_vehicles|agricultural|forestry", [Closed; 3]),
    ("use_sidepath|sidepath|separate", [Closed, Closed, Silent]),
    ("dismount", [Silent, Push, Silent]),
    ("lane|track|shared|shared_lane|share_busway|crossing|sidewalk|footway|passable", [Open, Open, Silent]),
    ("optional|optional_sidepath|mandatory|obligatory|compulsory", [Open, Open, Silent]),
    ("foot|pedestrian", [Open, Closed, Closed]),
    ("bicycle", [Silent, Open, Closed]),
    ("vehicle", [Silent, Open, Open]),
    ("motor_vehicle|motorcar|car|hov|carpool", [Silent, Closed, Open]),
    ("psv|bus|taxi|share_taxi|minibus|tourist_bus|school_bus|coach|trolleybus|tram", [Silent, Closed, Closed]),
    ("hgv|goods|motorcycle|moped|mofa|horse|ski|snowmobile|atv|ohv|disabled", [Silent, Closed, Closed]),
    ("unknown|variable", [Silent; 3]),
];

/// Roads that everybody uses unless something is said against it. Trunk roads are among them: see docs/streets.md.
const ROADS: &[&str] = &[
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
];
/// Streets that are walked beside them unless something is said against it.
const WALKED: &[&str] =
    &["footway", "path", "pedestrian", "steps", "track", "bridleway", "platform", "corridor", "elevator", "pier"];
/// Streets that are walked where `foot` or `sidewalk` says so.
const WALKED_BY_SIGN: &[&str] = &["cycleway", "motorway", "motorway_link", "busway"];
/// Streets that are ridden beside them unless something is said against it.
const RIDDEN: &[&str] = &["cycleway", "track", "path"];
/// Streets that are ridden where `bicycle` or `cycleway` says so.
const RIDDEN_BY_SIGN: &[&str] = &["bridleway", "motorway", "motorway_link", "busway"];
/// Streets for people on foot, along which a bicycle is pushed.
const PUSHED: &[&str] = &["footway", "pedestrian", "steps"];
/// Streets that are driven beside them unless something is said against it.
const DRIVEN: &[&str] = &["motorway", "motorway_link"];
/// Streets that are driven where `motorcar`, `motor_vehicle` or `vehicle` says so; a track also where `access` does.
const DRIVEN_BY_SIGN: &[&str] = &["track", "pedestrian", "footway", "path", "cycleway", "bridleway", "busway"];

/// Barriers that end a street on foot and by bicycle.
const WALLS: &[&str] = &["wall", "fence", "hedge"];
/// Barriers that cars pass.
const GATES: &[&str] = &[
    "cattle_grid",
    "border_control",
    "toll_booth",
    "sally_port",
    "gate",
    "lift_gate",
    "swing_gate",
    "sliding_gate",
    "no",
    "entrance",
    "height_restrictor",
    "arch",
    "kerb",
];

/// How a street may be used in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Going {
    No,
    /// A bicycle is pushed.
    Pushed,
    Yes,
}

/// Along the line, or against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Forward,
    Backward,
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::Forward, Side::Backward];
}

/// An access key bound to its fields: itself, along, against and by time.
struct Key {
    name: &'static str,
    at: Option<usize>,
    sides: [Option<usize>; 2],
    conditional: Option<usize>,
}

impl Key {
    fn new(name: &'static str, find: &dyn Fn(&str) -> Option<usize>) -> Key {
        let suffixed = |suffix: &str| find(&format!("{name}:{suffix}"));
        let sides = [suffixed("forward"), suffixed("backward")];
        Key { name, at: find(name), sides, conditional: suffixed("conditional") }
    }

    /// What it says for one direction, or for a point.
    fn said(&self, mode: Mode, side: Option<Side>, record: &Record) -> Word {
        let sided = side.and_then(|side| self.sides[side as usize]);
        let first = sided.map_or(Silent, |at| word_at(mode, at, record));
        if first != Silent { first } else { self.at.map_or(Silent, |at| word_at(mode, at, record)) }
    }
}

/// The fields of a layer that say who may go there.
pub(crate) struct Access {
    mode: Mode,
    keys: Vec<Key>,
    /// `foot` and `access`: where a bicycle is pushed.
    foot: Vec<Key>,
    highway: Option<usize>,
    /// What is walked without being a highway: platforms and piers.
    beside: Vec<(usize, &'static str)>,
    route: Option<usize>,
    service: Option<usize>,
    motorroad: Option<usize>,
    crossing: Option<usize>,
    barrier: Option<usize>,
    bollard: Option<usize>,
    sidewalks: Vec<usize>,
    cycleways: Vec<usize>,
}

impl Access {
    /// `find` says where a field is; those that a layer has not say nothing.
    pub(crate) fn new(mode: Mode, find: &dyn Fn(&str) -> Option<usize>) -> Access {
        let keys = |names: &[&'static str]| names.iter().map(|name| Key::new(name, find)).collect();
        let those = |names: &[&str]| names.iter().filter_map(|name| find(name)).collect();
        Access {
            mode,
            keys: keys(match mode {
                Mode::Walk => WALK,
                Mode::Bicycle => BICYCLE,
                Mode::Drive => DRIVE,
            }),
            foot: keys(WALK),
            highway: find("highway"),
            beside: [("railway", "platform"), ("public_transport", "platform"), ("man_made", "pier")]
                .into_iter()
                .filter_map(|(key, kind)| Some((find(key)?, kind)))
                .collect(),
            route: find("route"),
            service: find("service"),
            motorroad: find("motorroad"),
            crossing: find("crossing"),
            barrier: find("barrier"),
            bollard: find("bollard"),
            sidewalks: those(&["sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right"]),
            cycleways: those(&["cycleway", "cycleway:both", "cycleway:left", "cycleway:right"]),
        }
    }

    /// Whether the record is a ferry, or a train that takes vehicles.
    pub(crate) fn is_ferry(&self, record: &Record) -> bool {
        self.highway.is_none_or(|at| record.value(at).is_null())
            && matches!(text(self.route, record), Some("ferry" | "shuttle_train"))
    }

    /// The kind of street: `highway`, or else what it is walked as; empty for none.
    fn class<'r>(&self, record: &'r Record) -> &'r str {
        let beside =
            || self.beside.iter().find(|(at, kind)| text(Some(*at), record) == Some(kind)).map(|(_, kind)| *kind);
        text(self.highway, record).or_else(beside).unwrap_or_default()
    }

    /// Whether people on foot are at home there and a bicycle is pushed.
    pub(crate) fn is_for_walking(&self, record: &Record) -> bool {
        text(self.highway, record).is_some_and(|class| PUSHED.contains(&class))
    }

    /// How the street may be used in one direction.
    pub(crate) fn going(&self, side: Side, record: &Record) -> Going {
        let (rank, said) = decided(&self.keys, self.mode, Some(side), record);
        let is_own = rank == 0;
        let class = self.class(record);
        let is_motorroad = text(self.motorroad, record) == Some("yes");
        let is_ferry = self.is_ferry(record);
        let is_usual_for = |others: &[&str]| ROADS.contains(&class) || others.contains(&class);
        let yes = |is_open: bool| if is_open { Going::Yes } else { Going::No };
        match self.mode {
            Mode::Walk => {
                let is_marked = (is_own && said == Open) || (said != Closed && self.has_sidewalk(record));
                let is_usual = is_ferry || (is_usual_for(WALKED) && !is_motorroad);
                let is_known = is_usual_for(WALKED) || WALKED_BY_SIGN.contains(&class);
                yes(if is_usual { said != Closed } else { is_known && is_marked })
            }
            Mode::Bicycle if is_ferry => yes(said != Closed),
            Mode::Bicycle if PUSHED.contains(&class) => match said {
                Open if is_own => Going::Yes,
                Closed if is_own => Going::No,
                Push if is_own => Going::Pushed,
                _ if decided(&self.foot, Mode::Walk, Some(side), record).1 == Closed => Going::No,
                _ => Going::Pushed,
            },
            Mode::Bicycle => {
                let is_usual = is_usual_for(RIDDEN) && !is_motorroad;
                let is_known = is_usual_for(RIDDEN) || RIDDEN_BY_SIGN.contains(&class);
                match said {
                    Push if is_known => Going::Pushed,
                    Closed => Going::No,
                    Open if is_own => yes(is_known),
                    _ => yes(is_usual || (is_known && self.has_cycle_lane(record))),
                }
            }
            Mode::Drive => {
                let is_by_key = said == Open && self.keys.get(rank).is_some_and(|key| key.name != "access");
                if is_ferry || (DRIVEN_BY_SIGN.contains(&class) && class != "track") {
                    yes(is_by_key)
                } else if class == "track" {
                    yes(said == Open)
                } else {
                    let is_for_rescue = text(self.service, record) == Some("emergency_access") && !is_by_key;
                    yes(is_usual_for(DRIVEN) && said != Closed && !is_for_rescue)
                }
            }
        }
    }

    /// Whether a key of the mode itself opens this direction by name, as `bicycle:backward=yes` on a one-way street.
    pub(crate) fn is_let_in(&self, side: Side, record: &Record) -> bool {
        let own = self.keys.iter().filter(|key| !matches!(key.name, "vehicle" | "access"));
        own.filter_map(|key| key.sides[side as usize])
            .map(|at| word_at(self.mode, at, record))
            .find(|word| *word != Silent)
            .is_some_and(|word| word == Open)
    }

    /// Whether nobody passes the point: by its words, or else by the kind of its barrier.
    pub(crate) fn is_barred(&self, record: &Record) -> bool {
        let is_crossing = matches!(text(self.highway, record), Some("crossing" | "traffic_signals"))
            || self.crossing.is_some_and(|at| !record.value(at).is_null());
        // at a crossing the words for feet and bicycles are about those who cross
        let keys = if is_crossing && self.mode != Mode::Drive { &self.keys[1..] } else { &self.keys[..] };
        match decided(keys, self.mode, None, record).1 {
            Closed => true,
            Open | Delivery | Push => false,
            Silent => match text(self.barrier, record) {
                None => false,
                Some(kind) if self.mode == Mode::Drive => {
                    !GATES.contains(&kind) && text(self.bollard, record) != Some("rising")
                }
                Some(kind) => WALLS.contains(&kind),
            },
        }
    }

    /// Words of the access keys that nobody knows, and keys that hold at certain times only, to be told.
    pub(crate) fn tell(&self, record: &Record, mut told: impl FnMut(Why, String, &str)) {
        for key in &self.keys {
            let fields = [(key.at, ""), (key.sides[0], ":forward"), (key.sides[1], ":backward")];
            for (at, suffix) in fields {
                if let Some(text) = text(at, record)
                    && parts(text).any(|part| word(self.mode, part).is_none())
                {
                    told(Why::Unknown, format!("{}{suffix}", key.name), text);
                }
            }
            if text(key.conditional, record).is_some() {
                told(Why::Timed, format!("{}:conditional", key.name), "");
            }
        }
    }

    fn has_sidewalk(&self, record: &Record) -> bool {
        let is_one = |at: &usize| matches!(text(Some(*at), record), Some("both" | "left" | "right" | "yes"));
        self.sidewalks.iter().any(is_one)
    }

    fn has_cycle_lane(&self, record: &Record) -> bool {
        let is_one = |word: &str| {
            matches!(word, "lane" | "track" | "shared" | "shared_lane" | "share_busway" | "buffered_lane")
                || word.starts_with("opposite_")
        };
        self.cycleways.iter().any(|at| text(Some(*at), record).is_some_and(is_one))
    }
}

/// The rank of the first key that says anything, and what it says; beyond all keys where none does.
fn decided(keys: &[Key], mode: Mode, side: Option<Side>, record: &Record) -> (usize, Word) {
    let mut said = keys.iter().map(|key| key.said(mode, side, record)).enumerate();
    said.find(|(_, word)| *word != Silent).unwrap_or((keys.len(), Silent))
}

/// What a field says; of a list with semicolons the part that lets in most.
fn word_at(mode: Mode, at: usize, record: &Record) -> Word {
    let all = text(Some(at), record);
    all.and_then(|all| parts(all).filter_map(|part| word(mode, part)).max()).unwrap_or(Silent)
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', ',']).map(str::trim).filter(|part| !part.is_empty())
}

/// What a word says; `None` for one that nobody knows.
fn word(mode: Mode, text: &str) -> Option<Word> {
    let is_it = |known: &str| known.eq_ignore_ascii_case(text);
    let row = WORDS.iter().find(|(words, _)| words.split('|').any(is_it));
    row.map(|(_, says)| match mode {
        Mode::Walk => says[0],
        Mode::Bicycle => says[1],
        Mode::Drive => says[2],
    })
}

/// The text of a field; `None` for none and for an empty one.
pub(crate) fn text(at: Option<usize>, record: &Record) -> Option<&str> {
    match record.value(at?) {
        Value::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    }
}
