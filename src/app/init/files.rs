//! The draft for files of any format: what each layer can be is told by what it holds.

use std::fmt::Write;

use crate::app::init::Draft;
use crate::app::init::InitError;
use crate::app::init::Named;
use crate::app::init::extract;
use crate::app::init::extract::Lines;
use crate::app::init::outputs;
use crate::app::init::quoted;
use crate::app::init::route_columns;
use crate::app::init::slug;
use crate::app::inspect;
use crate::app::inspect::Inspection;
use crate::app::inspect::Kind;
use crate::app::inspect::Options;
use crate::app::inspect::SaidBy;
use crate::base::units::thousands;
use crate::io::geotiff::is_raster;
use crate::io::gtfs;
use crate::io::read;

/// Names of fields that hold a number of people, in the order of preference.
const PEOPLE: [&str; 9] =
    ["people", "population", "pop", "residents", "inhabitants", "pop_total", "人口", "人数", "常住人口"];

/// Names of fields that say what a facility is.
const KINDS: [&str; 6] = ["kind", "type", "category", "class", "类别", "类型"];

/// What a layer can be in a study.
enum Use {
    Regions {
        level: &'static str,
        code: String,
    },
    /// The keys that say which column is which, where they have other names than the usual ones.
    Services(Vec<String>),
    Demand {
        people: String,
    },
    Facilities,
    Nothing(&'static str),
}

/// A study of the files, as far as their content says what they are.
pub(super) fn draft(files: &[Named<'_>]) -> Result<Draft, InitError> {
    let (mut found, mut regions, mut tables) = (Vec::new(), String::new(), String::new());
    let mut feeds: Vec<(&str, Option<String>)> = Vec::new();
    let (mut extracts, mut drafted) = (Vec::new(), String::new());
    let (mut levels, mut kinds, mut demand, mut services) = (Vec::new(), Vec::new(), Vec::new(), None);
    for file in files {
        if read::is_extract(file.path) {
            extracts.push(file);
            continue;
        }
        if gtfs::is_feed(file.path) {
            for feed in inspect::timetable::inspect_all(file.path, None)? {
                let calls =
                    feed.tables.iter().find(|table| table.file == "stop_times.txt").map_or(0, |table| table.used);
                let within = feed.path.strip_prefix(&read::shown(file.path)).unwrap_or_default();
                found.push(format!("{}{within}: a timetable, {} stops, {calls} calls", file.shown, feed.stops));
                feeds.push((file.shown, feed.ordinary_day));
            }
            continue;
        }
        if is_raster(file.path) {
            let bands = inspect::raster::inspect_all(file.path, &Options::default())?;
            match &bands[..] {
                [one] if one.cells.data > 0 => {
                    let (cells, sum) = (thousands(one.cells.data as f64), thousands(one.sum));
                    found.push(format!(
                        "{}: a raster, {cells} cells above 0, {sum} in all: people, if they are counts a cell",
                        file.shown
                    ));
                    let name =
                        unique(slug(file.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("raster")), &demand);
                    let crs = if one.crs_said_by == SaidBy::Nobody { "crs = \"EPSG:4326\"\n" } else { "" };
                    let _ = writeln!(
                        tables,
                        "\n[[study.demand]]\n# counts a cell, no densities; a cell that a border cuts is shared by the area that lies in each region\n\
                         name = \"{name}\"\npath = {}\n{crs}",
                        quoted(file.shown)
                    );
                    demand.push(name);
                }
                [_] => found.push(format!("{}: not used: a raster without a cell above 0", file.shown)),
                several => found.push(format!(
                    "{}: not used: a raster of {} bands or files; name one as demand: layer = \"…\"",
                    file.shown,
                    several.len()
                )),
            }
            continue;
        }
        for layer in inspect::inspect_all(file.path, &Options::default())? {
            let called = match &layer.layer {
                Some(name) => format!("{} ({name})", file.shown),
                None => file.shown.to_owned(),
            };
            let mut keys = source(file, &layer);
            // Writing to a String can not fail.
            match purpose(&layer) {
                Use::Regions { level, code } => {
                    found.push(format!("{called}: {} regions ({level})", layer.records));
                    keys.extend([format!("level = \"{level}\""), format!("code = {}", quoted(&code))]);
                    keys.extend(key("name", layer.name_field.as_deref()));
                    let _ = writeln!(regions, "    {{ {} }},", keys.join(", "));
                    levels.push(level);
                }
                Use::Services(columns) => {
                    let named = if columns.is_empty() { String::new() } else { format!("; {}", columns.join(", ")) };
                    found.push(format!("{called}: {} rows of services{named}", layer.records));
                    if services.is_some() {
                        found.push(format!("{called}: not used: a study has one table of services"));
                        continue;
                    }
                    if !columns.is_empty() {
                        keys.push(format!("columns = {{ {} }}", columns.join(", ")));
                    }
                    services = Some(format!("services = {{ {} }}\n", keys.join(", ")));
                }
                Use::Demand { people } => {
                    found.push(format!("{called}: {} points of demand, people = {people}", layer.records));
                    let name = unique(slug(file.stem_or(&layer)), &demand);
                    keys.insert(0, format!("name = \"{name}\""));
                    keys.push(format!("people = {}", quoted(&people)));
                    let _ = writeln!(tables, "\n[[study.demand]]\n{}", keys.join("\n"));
                    demand.push(name);
                }
                Use::Facilities => {
                    let by_field = layer.fields.iter().find(|field| {
                        KINDS.contains(&field.name.to_lowercase().as_str()) && field.distinct <= 20 && field.nulls == 0
                    });
                    let own = match by_field {
                        Some(field) => {
                            kinds.extend(field.samples.iter().cloned());
                            format!("kind-field = {}", quoted(&field.name))
                        }
                        None => {
                            let kind = unique(slug(file.stem_or(&layer)), &kinds);
                            kinds.push(kind.clone());
                            format!("kind = {}", quoted(&kind))
                        }
                    };
                    found.push(format!("{called}: {} facilities, {own}", layer.records));
                    keys.push(own);
                    keys.extend(key("name", layer.name_field.as_deref()));
                    let _ = writeln!(tables, "\n[[study.facilities]]\n{}", keys.join("\n"));
                }
                Use::Nothing(why) => found.push(format!("{called}: not used: {why}")),
            }
        }
    }
    let Some(level) = levels.last() else {
        return Err(InitError::NoRegions {
            files: files.iter().map(|file| file.shown).collect::<Vec<_>>().join(", "),
            instead: "name a file of areas with a code each, or an OpenStreetMap extract (.osm.pbf) alone".to_owned(),
        });
    };
    for file in extracts {
        let lines = if services.is_some() || !feeds.is_empty() { Lines::Elsewhere } else { Lines::Wanted };
        let parts = extract::parts(file, level, lines)?;
        found.extend(parts.found.iter().map(|line| format!("{}: {line}", file.shown)));
        tables.push('\n');
        tables.push_str(&parts.tables);
        drafted.push_str(&parts.indicators);
    }
    let stem = files.first().map_or("study", |file| file.stem);
    let mut text = format!("# {stem}: drafted by tongda init from\n");
    for line in &found {
        let _ = writeln!(text, "#   {line}");
    }
    let _ = write!(
        text,
        "# Look at every line before you trust a figure: levels, kinds and CRS are guesses from the files. Then:\n#   tongda run {stem}.toml\n\n\
         title = {{ en = {}, zh = {} }}\n\n[study]\nregions = [\n{regions}]\n{}{tables}",
        quoted(&format!("{stem}: services within reach")),
        quoted(&format!("{stem}：公共服务可达性")),
        services.as_deref().unwrap_or_default().to_owned() + &transit(&feeds),
    );
    if services.is_some() || !feeds.is_empty() {
        let _ = write!(
            text,
            "\n[[indicator]]\nid = \"bus-reach\"\nmeasure.neighbour-reach = {{ level = \"{level}\", scope = \"all\" }}\ntarget = {{ at-least = \"90 %\" }}\n"
        );
    }
    for kind in &kinds {
        if let Some(name) = demand.first() {
            let _ = write!(
                text,
                "\n[[indicator]]\nid = \"{}-1-km\"\nmeasure.covered-share = {{ kind = {}, within = \"1 km\", demand = \"{name}\", weight = \"people\" }}\nover = [\"{level}\"]\n",
                slug(kind),
                quoted(kind)
            );
        }
    }
    let _ = write!(text, "\n{drafted}{}", outputs(stem));
    Ok(Draft { text, found })
}

/// The timetables, and the day that is measured: of several feeds the one that they agree on, else it is left to the run.
fn transit(feeds: &[(&str, Option<String>)]) -> String {
    if feeds.is_empty() {
        return String::new();
    }
    let mut paths: Vec<String> = feeds.iter().map(|(path, _)| quoted(path)).collect();
    // an archive of several feeds is named once
    paths.dedup();
    let day = feeds[0].1.as_ref().filter(|day| feeds.iter().all(|(_, other)| other.as_ref() == Some(day)));
    let date = day.map(|day| format!(", date = {day}")).unwrap_or_default();
    format!("transit = {{ gtfs = [{}]{date} }}\n", paths.join(", "))
}

impl Named<'_> {
    /// What a layer of this file is called: its own name, else the file's.
    fn stem_or<'l>(&'l self, layer: &'l Inspection) -> &'l str {
        let own = self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("layer");
        layer.layer.as_deref().unwrap_or(own)
    }
}

fn purpose(layer: &Inspection) -> Use {
    let fields: Vec<&str> = layer.fields.iter().map(|field| field.name.as_str()).collect();
    let count = |kinds: &[&str]| -> u64 { kinds.iter().filter_map(|kind| layer.geometry.kinds.get(kind)).sum() };
    let (areas, points) = (count(&["Polygon", "MultiPolygon"]), count(&["Point", "MultiPoint"]));
    if layer.records == 0 {
        return Use::Nothing("it is empty");
    }
    if areas * 2 > layer.records {
        let Some(code) = &layer.code_field else {
            return Use::Nothing("areas without a field that is different for each; add a code");
        };
        let digits = layer
            .fields
            .iter()
            .find(|field| field.name == *code)
            .and_then(|field| field.samples.first())
            .filter(|sample| sample.bytes().all(|b| b.is_ascii_digit()))
            .map_or(0, String::len);
        let level = match digits {
            2 => "province",
            4 => "city",
            9 => "township",
            12 => "village",
            _ => "county",
        };
        return Use::Regions { level, code: code.clone() };
    }
    if let Some(columns) = route_columns::columns(&fields) {
        return Use::Services(columns);
    }
    if points * 2 <= layer.records {
        return Use::Nothing("neither areas nor points");
    }
    let is_number = |name: &&&str| {
        let field = layer.fields.iter().find(|field| field.name.to_lowercase() == **name);
        field.is_some_and(|field| matches!(field.kind, Kind::WholeNumber | Kind::Number))
    };
    match PEOPLE.iter().find(is_number) {
        Some(name) => {
            let own = fields.iter().find(|field| field.to_lowercase() == *name).unwrap_or(name);
            Use::Demand { people: (*own).to_owned() }
        }
        None => Use::Facilities,
    }
}

/// The keys that say which file is read and what its coordinates are.
fn source(file: &Named<'_>, layer: &Inspection) -> Vec<String> {
    let mut keys = vec![format!("path = {}", quoted(file.shown))];
    keys.extend(key("layer", layer.layer.as_deref()));
    if layer.crs.said_by == SaidBy::Nobody {
        keys.push(match layer.crs.candidates.first() {
            Some(epsg) => format!("crs = \"EPSG:{epsg}\""),
            None => "datum = \"wgs-84\"".to_owned(),
        });
    }
    keys
}

fn key(name: &str, value: Option<&str>) -> Option<String> {
    value.map(|value| format!("{name} = {}", quoted(value)))
}

/// The word, with a number where it is taken.
fn unique(word: String, taken: &[String]) -> String {
    let word = if word.is_empty() { "layer".to_owned() } else { word };
    let mut name = word.clone();
    let mut nth = 2;
    while taken.contains(&name) {
        name = format!("{word}-{nth}");
        nth += 1;
    }
    name
}
