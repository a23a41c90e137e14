//! The changes of a patch, made in the config of its study or told as edits of what is read; everything that the study does not have is a
//! finding at its word.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Table;
use toml::Value;

use crate::base::units::Text;
use crate::config::check;
use crate::config::error;
use crate::config::error::Finding;
use crate::config::error::suggestion;
use crate::config::file::ConfigFile;
use crate::config::file::Datum;
use crate::config::file::FacilitiesFile;
use crate::config::file::HazardsFile;
use crate::config::file::OneOrMany;
use crate::config::file::SpreadFile;
use crate::config::file::TargetFile;
use crate::config::file::WaterFile;
use crate::config::plan;
use crate::config::plan::ServiceSource;
use crate::config::plan::demand_name;
use crate::config::plan::file_of_gdal;
use crate::config::plan::located;
use crate::config::scenario::Edits;
use crate::config::scenario::FacilityChange;
use crate::config::scenario::FacilityEdit;
use crate::config::scenario::NewCapacity;
use crate::config::scenario::Opened;
use crate::config::scenario::Scale;
use crate::config::scenario::Scenario;
use crate::config::scenario::Spot;
use crate::config::scenario::seen_from;
use crate::config::scenario_file::OpenFile;
use crate::config::spans::Spans;
use crate::config::spans::Step;
use crate::config::spans::way;
use crate::indicators::split::Change;
use crate::indicators::split::Group;
use crate::io::geotiff::is_raster;
use crate::io::read::is_address;
use crate::metrics::Measure;
use crate::table::rule::Rule;

/// A config with the changes, the edits beside it, and what is told of the changes in the config.
pub(super) struct Made {
    pub file: ConfigFile,
    pub edits: Edits,
    pub changes: Vec<Change>,
    /// Groups with a change that can change a figure.
    pub groups: BTreeSet<Group>,
}

/// Keys of an indicator's patch that are no parameters of its metric.
const OWN_KEYS: [&str; 2] = ["target", "norm"];

struct Work<'s> {
    scenario: &'s Scenario,
    asked: &'s BTreeSet<Group>,
    spans: Spans<'s>,
    made: Made,
    findings: Vec<Finding>,
}

/// The study with the changes of the asked groups. The whole patch is looked at, whatever is asked.
/// # Errors
/// Everything in the patch that can not be meant.
pub(super) fn apply(scenario: &Scenario, asked: &BTreeSet<Group>, id: &str) -> Result<Made, Vec<Finding>> {
    let edits = Edits { patch: scenario.patch_name.clone(), ..Edits::default() };
    let made = Made { file: scenario.study.clone(), edits, changes: Vec::new(), groups: BTreeSet::new() };
    let spans = Spans::of(&scenario.patch_text);
    let mut work = Work { scenario, asked, spans, made, findings: Vec::new() };
    work.named(id);
    work.facilities();
    work.hazards();
    work.network();
    work.people();
    work.definitions();
    if work.findings.is_empty() { Ok(work.made) } else { Err(work.findings) }
}

impl Work<'_> {
    fn find(&mut self, way: &[Step], what: impl Into<String>, label: &str, help: impl Into<String>) {
        let help = Some(help.into()).filter(|help| !help.is_empty());
        let span = self.spans.value(way);
        self.findings.push(Finding { what: what.into(), label: label.to_owned(), help, span });
    }

    fn find_key(&mut self, way: &[Step], what: impl Into<String>, label: &str, help: impl Into<String>) {
        self.find(way, what, label, help);
        if let Some(last) = self.findings.last_mut() {
            last.span = self.spans.key(way);
        }
    }

    /// Whether a group is asked for; it is one of the patch's either way.
    fn takes(&mut self, group: Group) -> bool {
        self.made.groups.insert(group);
        self.asked.contains(&group)
    }

    fn located(&self, path: &str) -> String {
        if let Some((before, file)) = file_of_gdal(path) {
            return format!("{before}{}", seen_from(&self.scenario.base_dir, &self.scenario.patch_dir, file));
        }
        if is_address(Path::new(path)) {
            return path.to_owned();
        }
        seen_from(&self.scenario.base_dir, &self.scenario.patch_dir, path)
    }

    /// The title, and names of outputs that do not overwrite those of the study.
    fn named(&mut self, id: &str) {
        let is_plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || !id.chars().all(is_plain) {
            let what = format!("\"{id}\" can not be an id");
            self.find(&way!["id"], what, "output files are named after it", "write letters, digits and hyphens");
        }
        let title = &self.scenario.patch.title;
        let file = &mut self.made.file;
        file.title =
            Text::new(format!("{} · {}", file.title.en, title.en), format!("{} · {}", file.title.zh, title.zh));
        let written: BTreeSet<String> = file.output.iter().map(|one| one.path.clone()).collect();
        for output in file.output.iter_mut().filter(|one| !is_address(Path::new(&one.path))) {
            output.path = suffixed(&output.path, id);
        }
        let clash = file.output.iter().find(|one| !is_address(Path::new(&one.path)) && written.contains(&one.path));
        if let Some(path) = clash.map(|one| one.path.clone()) {
            let what = format!("\"{path}\" is an output of the study already");
            self.find(&way!["id"], what, "would be overwritten", "write another id = \"…\"");
        }
    }

    fn facilities(&mut self) {
        let changes = &self.scenario.patch.facilities;
        for (at, one) in changes.open.iter().enumerate() {
            let way = way!["facilities", "open", at];
            let source = self.source(&one.of, &way);
            let opened = self.opened(one, &way);
            self.edit(source, opened.map(|opened| FacilityChange::Open(Box::new(opened))));
        }
        for (at, one) in changes.close.iter().enumerate() {
            let way = way!["facilities", "close", at];
            let source = self.source(&one.of, &way);
            for id in one.id.iter() {
                self.edit(source, Some(FacilityChange::Close { id: id.clone(), kind: one.kind.clone() }));
            }
        }
        for (at, one) in changes.capacity.iter().enumerate() {
            let way = way!["facilities", "capacity", at];
            let source = self.source(&one.of, &way);
            if let Some(at) = source
                && self.scenario.study.study.facilities.0[at].capacity.is_none()
            {
                let what = format!("the facilities of \"{}\" have no capacity in the study", one.of);
                self.find(
                    &below(&way, "of"),
                    what,
                    "no field of a capacity",
                    "write capacity = \"field\" in the study",
                );
            }
            let to = match (one.capacity, one.times) {
                (Some(capacity), None) if capacity >= 0.0 && capacity.is_finite() => Some(NewCapacity::Is(capacity)),
                (None, Some(times)) if times >= 0.0 && times.is_finite() => Some(NewCapacity::Times(times)),
                (Some(_), None) | (None, Some(_)) => {
                    self.find(&way, "no capacity", "less than 0", "write a number of 0 or more");
                    None
                }
                _ => {
                    let help = "write capacity = 500, or times = 1.5";
                    self.find(&way, "capacity or times is wanted, one of the two", "how much?", help);
                    None
                }
            };
            for id in one.id.iter() {
                let change = |to| FacilityChange::Capacity { id: id.clone(), kind: one.kind.clone(), to };
                self.edit(source, to.map(change));
            }
        }
    }

    fn edit(&mut self, source: Option<usize>, what: Option<FacilityChange>) {
        if let (Some(source), Some(what)) = (source, what)
            && self.takes(Group::Facilities)
        {
            self.made.edits.facilities.push(FacilityEdit { source, what });
        }
    }

    fn opened(&mut self, one: &OpenFile, way: &[Step]) -> Option<Opened> {
        let at = match (one.lon.zip(one.lat), one.x.zip(one.y)) {
            (Some((lon, lat)), None) if one.x.is_none() && one.y.is_none() => {
                if !(-180.0..=180.0).contains(&lon) || !(-90.0..=90.0).contains(&lat) {
                    self.find(&below(way, "lon"), "no place", "lon, lat", "write degrees, the longitude as lon");
                    return None;
                }
                Spot::Degrees([lon, lat], one.datum.unwrap_or(Datum::Wgs84))
            }
            (None, Some((x, y))) if one.lon.is_none() && one.lat.is_none() && one.datum.is_none() => {
                Spot::Plane([x, y])
            }
            _ => {
                let help = "write lon = … and lat = … in degrees, or x = … and y = … in metres of the study plane";
                self.find(way, format!("where \"{}\" opens is not said in one way", one.id), "where?", help);
                return None;
            }
        };
        if one.capacity.is_some_and(|capacity| !(capacity >= 0.0 && capacity.is_finite())) {
            self.find(&below(way, "capacity"), "no capacity", "less than 0", "write a number of 0 or more");
        }
        Some(Opened {
            id: one.id.trim().to_owned(),
            name: one.name.clone().unwrap_or_else(|| one.id.clone()),
            kind: one.kind.clone(),
            at,
            capacity: one.capacity,
            region: one.region.clone(),
            fields: one.fields.clone(),
            synthetic: one.synthetic,
        })
    }

    /// The source of facilities that the patch calls so.
    fn source(&mut self, called: &str, way: &[Step]) -> Option<usize> {
        let sources = &self.scenario.study.study.facilities.0;
        let stem = |one: &FacilitiesFile| Path::new(&one.path).file_stem().map(|it| it.to_string_lossy().into_owned());
        let name = |one: &FacilitiesFile| Path::new(&one.path).file_name().map(|it| it.to_string_lossy().into_owned());
        let is_called = |one: &FacilitiesFile| {
            one.path == called || name(one).is_some_and(|it| it == called) || stem(one).is_some_and(|it| it == called)
        };
        let is_kind = |one: &FacilitiesFile| one.kind.as_deref() == Some(called) || one.kinds.contains_key(called);
        let mut found: Vec<usize> = (0..sources.len()).filter(|at| is_called(&sources[*at])).collect();
        if found.is_empty() {
            found = (0..sources.len()).filter(|at| is_kind(&sources[*at])).collect();
        }
        if let [at] = found[..] {
            return Some(at);
        }
        let names: Vec<String> = sources
            .iter()
            .flat_map(|one| stem(one).into_iter().chain(one.kind.clone()).chain(one.kinds.keys().cloned()))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match found.len() {
            0 => {
                let what = format!("the study has no facilities called \"{called}\"");
                let help = suggestion(called, "files and kinds of the study", &names);
                self.find(&below(way, "of"), what, "no such facilities", help);
            }
            count => {
                let what = format!("{count} sources of the study are called \"{called}\"");
                self.find(&below(way, "of"), what, "which of them?", "write the path as the study has it");
            }
        }
        None
    }

    /// A hazard takes facilities and closes streets: the two are switched apart.
    fn hazards(&mut self) {
        let has_ground = self.made.file.study.streets.is_some() || self.made.file.study.surface.is_some();
        let is_taken = |one: &HazardsFile| one.takes_facilities.unwrap_or(true);
        for one in self.scenario.patch.hazards.iter() {
            let takes = is_taken(one) && self.takes(Group::Facilities);
            let closes = one.closes_streets.unwrap_or(true) && has_ground && self.takes(Group::Network);
            if !takes && !closes {
                continue;
            }
            let name = one.name.clone().unwrap_or_else(|| self.located(&one.path));
            if closes {
                self.told(
                    Group::Network,
                    format!("hazard \"{name}\": streets in its areas are closed"),
                    format!("灾害“{name}”：区内道路封闭"),
                );
            }
            if takes {
                self.made.edits.hazards.push(name.clone());
            }
            self.made.file.study.hazards.0.push(HazardsFile {
                path: self.located(&one.path),
                name: Some(name),
                takes_facilities: Some(takes),
                closes_streets: Some(closes),
                ..one.clone()
            });
        }
    }

    fn told(&mut self, group: Group, en: String, zh: String) {
        self.made.changes.push(Change { group, text: Text::new(en, zh), has_effect: true });
    }

    fn network(&mut self) {
        let changes = &self.scenario.patch.network;
        for one in changes.add_lines.iter() {
            let mut reading = one.reading();
            reading.path = self.located(&one.path);
            if self.takes(Group::Network) {
                let source = plan::source(reading, &self.scenario.base_dir);
                self.made.edits.lines.push(ServiceSource {
                    source,
                    complete_for: Vec::new(),
                    default_trips: one.default_trips_per_day,
                    columns: one.columns.clone(),
                });
            }
        }
        let study = &self.scenario.study.study;
        let has_lines = study.services.is_some() || study.transit.is_some();
        for (at, id) in changes.withdraw_lines.iter().enumerate() {
            if !has_lines {
                let what = "the study has no lines";
                self.find(&way!["network", "withdraw-lines", at], what, "nothing to withdraw", "leave it out");
            } else if self.takes(Group::Network) {
                self.made.edits.withdrawn.push(id.clone());
            }
        }
        self.closures();
    }

    fn closures(&mut self) {
        let changes = &self.scenario.patch.network;
        let study = &self.scenario.study.study;
        let has_ground = study.streets.is_some() || study.surface.is_some();
        for (at, one) in changes.close_areas.iter().enumerate() {
            if !has_ground {
                let what = "the study has neither streets nor a cost surface";
                let help = "give [study.streets], or leave it out: straight distances pass over everything";
                self.find(&way!["network", "close-areas", at], what, "nothing to close", help);
            } else if self.takes(Group::Network) {
                let path = self.located(&one.path);
                self.told(
                    Group::Network,
                    format!("streets in the areas of \"{path}\" are closed"),
                    format!("“{path}”范围内道路封闭"),
                );
                self.made.file.study.hazards.0.push(closed_areas(one, path));
            }
        }
        let lines = &changes.close_streets.0;
        if lines.is_empty() {
            return;
        }
        if let Err(what) = Rule::new(lines) {
            self.find(&way!["network", "close-streets"], what, "no condition", "");
        }
        if study.streets.is_none() {
            let what = "the study has no streets";
            self.find(&way!["network", "close-streets"], what, "nothing to close", "give [study.streets]");
        } else if self.takes(Group::Network)
            && let Some(streets) = &mut self.made.file.study.streets
        {
            streets.closed_where.get_or_insert_default().0.extend(lines.iter().cloned());
            let all = lines.join("; ");
            self.told(Group::Network, format!("closed streets: {all}"), format!("封闭道路：{all}"));
        }
    }

    fn people(&mut self) {
        let layers: Vec<String> =
            self.scenario.study.study.demand.iter().map(|one| demand_name(one).to_owned()).collect();
        let names: Vec<&str> = layers.iter().map(String::as_str).collect();
        let unknown = |called: &str| {
            let help = suggestion(called, "demand layers of the study", &names);
            (format!("the study has no demand layer \"{called}\""), help)
        };
        for (at, one) in self.scenario.patch.people.scale.iter().enumerate() {
            let way = way!["people", "scale", at];
            let demand = match (&one.demand, &names[..]) {
                (Some(called), _) if names.contains(&called.as_str()) => called.clone(),
                (None, [only]) => (*only).to_owned(),
                (Some(called), _) => {
                    let (what, help) = unknown(called);
                    self.find(&below(&way, "demand"), what, "no such layer", help);
                    continue;
                }
                (None, _) => {
                    let help = suggestion("", "demand layers of the study", &names);
                    self.find(&way, "which demand layer is scaled is not said", "demand = \"…\"", help);
                    continue;
                }
            };
            if one.by.is_none() && one.regions.is_empty() {
                let help = "write by = 1.02, or regions = { \"3201\" = 1.05 }";
                self.find(&way, "no factor", "how many times?", help);
            }
            if one.by.iter().chain(one.regions.values()).any(|factor| !(*factor >= 0.0 && factor.is_finite())) {
                self.find(&way, "a factor below 0", "how many times?", "write 0 or more: 1.02 is 2 % more");
            }
            let layer = self.scenario.study.study.demand.iter().find(|layer| demand_name(layer) == demand);
            let groups: Vec<&str> = layer.map_or(Vec::new(), |layer| {
                let people = layer.people.is_some() || is_raster(&located(&self.scenario.base_dir, &layer.path));
                people.then_some("people").into_iter().chain(layer.groups.keys().map(String::as_str)).collect()
            });
            for (nth, group) in one.groups.iter().enumerate().filter(|(_, group)| !groups.contains(&group.as_str())) {
                let what = format!("\"{demand}\" has no group \"{group}\" that can be scaled");
                let help = suggestion(group, "its groups", &groups);
                self.find(&below(&below(&way, "groups"), nth), what, "no such group", help);
            }
            if self.takes(Group::People) {
                self.made.edits.scales.push(Scale {
                    demand,
                    groups: one.groups.0.clone(),
                    by: one.by,
                    regions: one.regions.clone(),
                });
            }
        }
        for (at, one) in self.scenario.patch.people.replace.iter().enumerate() {
            let called = demand_name(one);
            let Some(nth) = names.iter().position(|name| *name == called) else {
                let (what, help) = unknown(called);
                self.find(&way!["people", "replace", at], what, "name = \"…\" says which layer", help);
                continue;
            };
            if !self.takes(Group::People) {
                continue;
            }
            let mut other = one.clone();
            other.path = self.located(&one.path);
            if let Some(locate) = &mut other.locate {
                locate.path = self.located(&locate.path);
            }
            if let Some(SpreadFile::Weights(weights)) = &mut other.spread {
                weights.path = self.located(&weights.path);
            }
            if is_raster(&located(&self.scenario.base_dir, &other.path)) {
                for path in other.groups.values_mut() {
                    *path = seen_from(&self.scenario.base_dir, &self.scenario.patch_dir, path);
                }
            }
            let (was, is) = (self.made.file.study.demand.0[nth].path.clone(), other.path.clone());
            self.told(
                Group::People,
                format!("demand \"{called}\": {was} → {is}"),
                format!("需求层“{called}”：{was} → {is}"),
            );
            if let Some(change) = self.made.changes.last_mut() {
                change.has_effect = self.made.file.study.demand.0[nth] != other;
            }
            self.made.file.study.demand.0[nth] = other;
        }
    }

    fn definitions(&mut self) {
        let ids: Vec<&str> = self.scenario.study.indicator.iter().map(|one| one.id.as_str()).collect();
        for (id, said) in &self.scenario.patch.indicator {
            let way = way!["indicator", id.as_str()];
            let Some(at) = ids.iter().position(|one| one == id) else {
                let help = suggestion(id, "indicators of the study", &ids);
                self.find_key(&way, format!("the study has no indicator \"{id}\""), "no such indicator", help);
                continue;
            };
            self.definition(at, id, said, &way);
        }
    }

    fn definition(&mut self, at: usize, id: &str, said: &Table, way: &[Step]) {
        let indicator = &self.scenario.study.indicator[at];
        let Ok(Value::Table(mut whole)) = Value::try_from(&indicator.measure) else { return };
        let metric = indicator.measure.info().id;
        let Some(Value::Table(params)) = whole.get_mut(metric) else { return };
        let mut told: Vec<String> = Vec::new();
        for (key, value) in said.iter().filter(|(key, _)| !OWN_KEYS.contains(&key.as_str())) {
            let was = params.insert(key.clone(), value.clone()).map_or("–".to_owned(), |was| was.to_string());
            told.push(format!("{key} {was} → {value}"));
            // one key at a time, so that a misfit is underlined where it stands
            if let Err(error) = Measure::deserialize(Value::Table(Table::from_iter([(
                metric.to_owned(),
                Value::Table(params.clone()),
            )]))) {
                let mut finding =
                    error::from_serde(error.message().trim(), self.spans.value(&below(way, key.as_str())));
                if finding.what.starts_with("unknown key") {
                    finding.span = self.spans.key(&below(way, key.as_str()));
                }
                self.findings.push(finding);
                params.remove(key);
            }
        }
        let Ok(measure) = Measure::deserialize(Value::Table(whole)) else { return };
        let has_effect = measure != indicator.measure;
        if !told.is_empty() {
            let asked =
                if has_effect { self.takes(Group::Definition) } else { self.asked.contains(&Group::Definition) };
            if asked {
                let text = format!("{id}: {}", told.join(", "));
                self.made.changes.push(Change { group: Group::Definition, text: Text::new(&text, &text), has_effect });
                self.made.file.indicator[at].measure = measure;
            }
        }
        if let Some(value) = said.get("norm") {
            match OneOrMany::deserialize(value.clone()) {
                Ok(norm) if self.asked.contains(&Group::Definition) => self.made.file.indicator[at].norm = norm,
                Ok(_) => {}
                Err(error) => {
                    let span = self.spans.value(&below(way, "norm"));
                    self.findings.push(error::from_serde(error.message().trim(), span));
                }
            }
        }
        let Some(value) = said.get("target") else { return };
        match TargetFile::deserialize(value.clone()) {
            Err(error) => {
                let span = self.spans.value(&below(way, "target"));
                self.findings.push(error::from_serde(error.message().trim(), span));
            }
            Ok(target) if self.asked.contains(&Group::Definition) => {
                let shown = |target: Option<&TargetFile>| {
                    let bound = target
                        .and_then(|target| Some(check::target(target, &indicator.measure).ok()?.bound.to_string()));
                    bound.unwrap_or_else(|| "–".to_owned())
                };
                let (was, is) = (shown(indicator.target.as_ref()), shown(Some(&target)));
                self.made.changes.push(Change {
                    group: Group::Definition,
                    text: Text::new(format!("{id}: target {was} → {is}"), format!("{id}：目标 {was} → {is}")),
                    has_effect: indicator.target.as_ref() != Some(&target),
                });
                self.made.file.indicator[at].target = Some(target);
            }
            Ok(_) => {}
        }
    }
}

fn below(way: &[Step], key: impl Into<Step>) -> Vec<Step> {
    let mut way = way.to_vec();
    way.push(key.into());
    way
}

/// `out/jiangsu.gpkg` as `out/jiangsu-ID.gpkg`.
fn suffixed(path: &str, id: &str) -> String {
    let whole = Path::new(path);
    let (Some(stem), ending) = (whole.file_stem(), whole.extension()) else { return path.to_owned() };
    let ending = ending.map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    let name = format!("{}-{id}{ending}", stem.to_string_lossy());
    let folder: PathBuf = whole.parent().map(Path::to_owned).unwrap_or_default();
    folder.join(name).to_string_lossy().replace('\\', "/")
}

/// Areas that close streets and leave facilities alone, as a hazard says it.
fn closed_areas(areas: &WaterFile, path: String) -> HazardsFile {
    HazardsFile {
        name: Some(path.clone()),
        path,
        layer: areas.layer.clone(),
        crs: areas.crs.clone(),
        datum: areas.datum,
        x: areas.x.clone(),
        y: areas.y.clone(),
        wkt: areas.wkt.clone(),
        encoding: areas.encoding.clone(),
        filter: areas.filter.as_ref().map(|lines| OneOrMany(lines.0.clone())),
        bbox: areas.bbox,
        synthetic: areas.synthetic,
        licence: None,
        credit: None,
        dated: None,
        label: None,
        closes_streets: Some(true),
        takes_facilities: Some(false),
        repair: areas.repair,
    }
}
