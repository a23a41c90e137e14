//! The draft for an OpenStreetMap extract: regions, facilities, buildings and bus lines from one file.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::app::init::Draft;
use crate::app::init::InitError;
use crate::app::init::Named;
use crate::app::init::outputs;
use crate::app::init::quoted;
use crate::base::issue::Issue;
use crate::io::osm;
use crate::io::read;
use crate::io::read::ReadRequest;
use crate::model::region::Level;
use crate::table::Field;
use crate::table::Record;
use crate::table::Value;
use crate::table::rule::Rule;

/// Kinds of facilities with the tags that mean them (wiki.openstreetmap.org/wiki/Map_features, and the pages of the tags). A shelter at
/// a bus stop, against rain or for a picnic is none in an emergency.
const KINDS: [(&str, &[&str]); 14] = [
    ("assembly_point", &["emergency = assembly_point"]),
    ("bus_stop", &["highway = bus_stop"]),
    ("clinic", &["amenity = clinic", "healthcare = clinic|centre"]),
    ("doctors", &["amenity = doctors", "healthcare = doctor"]),
    ("fire_station", &["amenity = fire_station"]),
    ("hospital", &["amenity = hospital", "healthcare = hospital"]),
    ("kindergarten", &["amenity = kindergarten"]),
    ("library", &["amenity = library"]),
    ("park", &["leisure = park"]),
    ("pharmacy", &["amenity = pharmacy", "healthcare = pharmacy"]),
    ("school", &["amenity = school"]),
    (
        "shelter",
        &[
            "emergency = assembly_point",
            "amenity = shelter & shelter_type != public_transport|weather_shelter|picnic_shelter|sun_shelter|gazebo|field_shelter|lean_to|rock_shelter",
        ],
    ),
    ("sports", &["leisure = sports_centre|pitch|stadium|swimming_pool & access != private"]),
    ("townhall", &["amenity = townhall"]),
];

/// Buildings that people may live in; `yes` is a building of which nobody said more.
const HOMES: &str = "building = yes|house|residential|apartments|detached|semidetached_house|semi|terrace|bungalow|dormitory|farm|hut|cabin|static_caravan";

/// Levels of boundaries that are looked at, with what they are called here. OpenStreetMap's own use differs from country to country
/// (wiki.openstreetmap.org/wiki/Tag:boundary=administrative); these are those of China, and near those of most others.
const LEVELS: [(u8, Level); 7] = [
    (4, Level::Province),
    (5, Level::City),
    (6, Level::County),
    (7, Level::County),
    (8, Level::Township),
    (9, Level::Village),
    (10, Level::Village),
];

/// Departures a day that a line is taken to have where the map says nothing.
const TRIPS: u32 = 10;

/// What indicators are drafted: kind, distance, titles.
const WITHIN: [(&str, &str, &str, &str); 6] = [
    ("school", "1 km", "Homes within 1 km of a school", "距学校1公里以内的住房"),
    ("kindergarten", "500 m", "Homes within 500 m of a kindergarten", "距幼儿园500米以内的住房"),
    ("pharmacy", "1 km", "Homes within 1 km of a pharmacy", "距药店1公里以内的住房"),
    ("clinic", "2 km", "Homes within 2 km of a clinic", "距诊所2公里以内的住房"),
    ("bus_stop", "500 m", "Homes within 500 m of a bus stop", "距公交站500米以内的住房"),
    ("park", "1 km", "Homes within 1 km of a park", "距公园1公里以内的住房"),
];

/// What indicators of distance are drafted.
const NEAREST: [(&str, &str, &str); 3] = [
    ("shelter", "Distance from homes to the nearest shelter or assembly point", "住房到最近应急避难场所或集合点的距离"),
    ("hospital", "Distance from homes to the nearest hospital", "住房到最近医院的距离"),
    ("fire_station", "Distance from homes to the nearest fire station", "住房到最近消防站的距离"),
];

/// What a layer holds, counted and not kept.
#[derive(Default)]
struct Counted {
    /// Records that fit each rule.
    fits: BTreeMap<&'static str, u64>,
    /// Records by the value of a field.
    by_value: BTreeMap<String, u64>,
    /// Distinct values of a field.
    records: u64,
    /// Objects that the extract cuts.
    cut: u64,
}

struct Counter<'c> {
    rules: &'c [(&'static str, Rule)],
    field: &'c str,
    counted: Counted,
}

impl read::Sink for Counter<'_> {
    fn record(&mut self, fields: &[Field], record: Record, trouble: Option<Issue>) {
        if trouble.is_some() {
            return;
        }
        self.counted.records += 1;
        let position = |name: &str| fields.iter().position(|field| field.name == name);
        for (kind, rule) in self.rules {
            if rule.fits(&record, &position) {
                *self.counted.fits.entry(kind).or_default() += 1;
            }
        }
        if let Some(Value::Text(value)) = position(self.field).map(|at| record.value(at)) {
            *self.counted.by_value.entry(value.clone()).or_default() += 1;
        }
    }

    fn issue(&mut self, issue: Issue) {
        self.counted.cut += u64::from(issue.code == "outside-extract");
    }
}

fn count(file: &Named<'_>, layer: &str, field: &str, rules: &[(&'static str, Rule)]) -> Result<Counted, InitError> {
    let request = ReadRequest { layer: Some(layer), ..ReadRequest::new(file.path, file.shown) };
    let mut counter = Counter { rules, field, counted: Counted::default() };
    read::read(&request, &mut counter)?;
    Ok(counter.counted)
}

fn rule(lines: &[&str]) -> Rule {
    Rule::new(lines).expect("the rules above are rules: a test reads them")
}

/// A study of the regions that the extract holds whole.
pub(super) fn draft(file: &Named<'_>) -> Result<Draft, InitError> {
    let boundaries = count(file, osm::BOUNDARIES, "admin_level", &[])?;
    let levels: Vec<(u8, Level, u64)> = LEVELS
        .iter()
        .filter_map(|(number, level)| Some((*number, *level, *boundaries.by_value.get(&number.to_string())?)))
        .collect();
    // the level with the most regions down to towns; villages only where there is nothing else
    let towns = levels.iter().filter(|(number, ..)| *number <= 8);
    let chosen = towns.max_by_key(|(number, _, count)| (*count, *number)).or(levels.first());
    let Some((admin_level, level, regions)) = chosen.copied() else {
        return Err(InitError::NoRegions {
            files: file.shown.to_owned(),
            instead: format!(
                "the extract holds no administrative boundary of levels 4 to 10 whole ({} are cut by its edge); take a larger extract, or \
                 a file of boundaries of its own: tongda init boundaries.gpkg {}",
                boundaries.cut, file.shown
            ),
        });
    };
    let counts = |list: &[(u8, Level, u64)]| {
        list.iter().map(|(number, _, count)| format!("{count} of level {number}")).collect::<Vec<_>>().join(", ")
    };
    let parts = parts(file, &level.to_string(), Lines::Wanted)?;
    let mut found = vec![format!(
        "boundaries: {} whole, {} cut by the edge of the extract; the {regions} of admin_level {admin_level} are judged",
        counts(&levels),
        boundaries.cut
    )];
    found.extend(parts.found);
    let mut text = head(file, &found);
    let path = quoted(file.shown);
    // Writing to a String can not fail.
    let _ = write!(
        text,
        "[study]\n\
         # Levels that the extract holds whole: {}.\n\
         regions = {{ path = {path}, layer = \"{}\", where = \"admin_level = {admin_level}\", level = \"{level}\", code = \"osm_id\", name = \"name\" }}\n",
        counts(&levels),
        osm::BOUNDARIES,
    );
    text.push_str(&parts.tables);
    text.push_str(&parts.indicators);
    text.push_str(&outputs(file.stem));
    Ok(Draft { text, found })
}

/// What an extract gives a study beside regions.
pub(super) struct Parts {
    /// What was found, a line each.
    pub found: Vec<String>,
    /// Facilities, demand and services, in tables of `[study]`.
    pub tables: String,
    /// What can be measured with them.
    pub indicators: String,
}

/// Whether bus lines are taken from an extract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    Wanted,
    /// Another file has them.
    Elsewhere,
}

/// Facilities, homes and bus lines of an extract, and indicators for regions of `level`.
pub(super) fn parts(file: &Named<'_>, level: &str, lines: Lines) -> Result<Parts, InitError> {
    let path = quoted(file.shown);
    let (mut tables, mut indicators) = (String::new(), String::new());
    let rules: Vec<(&'static str, Rule)> = KINDS.iter().map(|(kind, lines)| (*kind, rule(lines))).collect();
    let places = count(file, osm::PLACES, "amenity", &rules)?;
    let homes = count(file, osm::BUILDINGS, "building", &[("homes", rule(&[HOMES]))])?;
    let routes = count(file, osm::ROUTES, "route", &[("bus", rule(&["mode = bus"]))])?;
    let (homes, bus_calls) =
        (homes.fits.get("homes").copied().unwrap_or(0), routes.fits.get("bus").copied().unwrap_or(0));

    let kinds: Vec<String> =
        KINDS.iter().filter_map(|(kind, _)| places.fits.get(kind).map(|count| format!("{count} {kind}"))).collect();
    let found = vec![
        format!("places: {}", if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") }),
        format!("buildings that may be homes: {homes}"),
        format!("bus lines: {bus_calls} calls at stops"),
    ];
    if places.fits.values().any(|count| *count > 0) {
        tables.push_str("# What counts as what: conditions on tags. Change them as the map is used where you are.\n");
        let _ = writeln!(
            tables,
            "[[study.facilities]]\npath = {path}\nlayer = \"{}\"\nid = \"osm_id\"\nname = \"name\"\n[study.facilities.kinds]",
            osm::PLACES
        );
        for (kind, lines) in KINDS {
            let list: Vec<String> = lines.iter().map(|line| quoted(line)).collect();
            let _ = match &list[..] {
                [one] => writeln!(tables, "{kind} = {one}"),
                _ => writeln!(tables, "{kind} = [{}]", list.join(", ")),
            };
        }
        tables.push('\n');
    }
    if homes > 0 {
        let _ = write!(
            tables,
            "# Floor area of buildings stands in for people: footprint times levels, one level where the map gives none. Put a file with people\n\
             # in its place and every share is one of people.\n\
             [[study.demand]]\nname = \"homes\"\npath = {path}\nlayer = \"{}\"\nwhere = {}\nid = \"osm_id\"\ngroups = {{ floor-area = \"floor_area_m2\" }}\n\n",
            osm::BUILDINGS,
            quoted(HOMES),
        );
    }
    if bus_calls > 0 && lines == Lines::Wanted {
        let _ = write!(
            tables,
            "# Lines and stops of the map. It holds no timetable: every line without an interval is taken to run {TRIPS} times a day and direction,\n\
             # which decides nothing while min-trips-per-day is at most {TRIPS}. A region without any stop has no data; where the map is known to be\n\
             # complete, say so: complete-for = [\"\"] claims it for every code.\n\
             [study.services]\npath = {path}\nlayer = \"{}\"\nwhere = \"mode = bus\"\ndefault-trips-per-day = {TRIPS}\n\n",
            osm::ROUTES,
        );
        let _ = write!(
            indicators,
            "[[indicator]]\nid = \"bus-reach\"\ntitle = {{ en = \"Neighbouring regions joined by bus\", zh = \"毗邻地区公交通达率\" }}\n\
             measure.neighbour-reach = {{ level = \"{level}\", min-border = \"500 m\", scope = \"all\" }}\n\
             target = {{ at-least = \"90 %\" }}\n{}\n",
            note(
                "Lines and stops as OpenStreetMap has them: a line that is not mapped is not counted.",
                "线路与站点取自OpenStreetMap，未标注的线路不计。"
            ),
        );
    }
    if homes > 0 {
        let has = |kind: &str| places.fits.get(kind).is_some_and(|count| *count > 0);
        for (kind, within, en, zh) in WITHIN.iter().filter(|(kind, ..)| has(kind)) {
            let _ = write!(
                indicators,
                "[[indicator]]\nid = \"{}-near\"\ntitle = {{ en = \"{en}\", zh = \"{zh}\" }}\n\
                 measure.covered-share = {{ kind = \"{kind}\", within = \"{within}\", demand = \"homes\", weight = \"floor-area\" }}\nover = [\"{level}\"]\n\n",
                kind.replace('_', "-"),
            );
        }
        for (kind, en, zh) in NEAREST.iter().filter(|(kind, ..)| has(kind)) {
            let _ = write!(
                indicators,
                "[[indicator]]\nid = \"{}-distance\"\ntitle = {{ en = \"{en}\", zh = \"{zh}\" }}\n\
                 measure.nearest = {{ kind = \"{kind}\", statistic = \"mean\", demand = \"homes\", weight = \"floor-area\" }}\nover = [\"{level}\"]\n\n",
                kind.replace('_', "-"),
            );
        }
    }
    Ok(Parts { found, tables, indicators })
}

fn note(en: &str, zh: &str) -> String {
    format!("note = {{ en = {}, zh = {} }}\n", quoted(en), quoted(zh))
}

fn head(file: &Named<'_>, found: &[String]) -> String {
    let mut text = format!(
        "# {}: a study from one OpenStreetMap extract, drafted by tongda init. It runs as it stands:\n#\n#   tongda run {}.toml\n#\n\
         # Found in {}:\n",
        file.stem, file.stem, file.shown
    );
    for line in found {
        let _ = writeln!(text, "#   {line}");
    }
    let _ = write!(
        text,
        "# Distances are straight lines. Targets and distances are examples: put your own in their place.\n\
         # Data © OpenStreetMap contributors, ODbL 1.0 (openstreetmap.org/copyright): say so wherever results are shown.\n\n\
         title = {{ en = {}, zh = {} }}\n\n",
        quoted(&format!("{}: services within reach (© OpenStreetMap contributors)", file.stem)),
        quoted(&format!("{}：公共服务可达性（© OpenStreetMap 贡献者）", file.stem)),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_one() {
        for (_, lines) in KINDS {
            rule(lines);
        }
        rule(&[HOMES]);
    }

    #[test]
    fn every_drafted_indicator_has_a_kind() {
        let kinds = KINDS.map(|(kind, _)| kind);
        for kind in WITHIN.map(|it| it.0).into_iter().chain(NEAREST.map(|it| it.0)) {
            assert!(kinds.contains(&kind), "{kind}");
        }
    }
}
