//! What a scenario changes in what was read: facilities, lines and people. Whatever it names must be there.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::idx::FeedIdx;
use crate::base::issue::Severity;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::base::units::trim_zeros;
use crate::config::error::nearest_match;
use crate::config::plan::FacilitySource;
use crate::config::plan::KindPlan;
use crate::config::plan::Source;
use crate::config::scenario::Edits;
use crate::config::scenario::FacilityChange;
use crate::config::scenario::NewCapacity;
use crate::config::scenario::Opened;
use crate::config::scenario::Scale;
use crate::config::scenario::Spot;
use crate::indicators::split::Change;
use crate::indicators::split::Group;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::source_name;
use crate::ingest::ground::Ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::hazards::Hazards;
use crate::ingest::homes::Homes;
use crate::ingest::homes::Located;
use crate::ingest::services;
use crate::io::read::DeclaredCrs;
use crate::model::demand::DemandLayer;
use crate::model::facility::Excluded;
use crate::model::facility::ExcludedBy;
use crate::model::facility::Facility;
use crate::model::place::PlaneXy;
use crate::model::region::Region;
use crate::model::region::RegionTree;
use crate::model::transit::Transit;
use crate::table::Record;
use crate::table::Value;

/// Names that a message lists where nothing is like the one that is meant.
const NAMED: usize = 5;

/// The changes of a scenario while a study is read.
pub(crate) struct Editor<'e> {
    edits: &'e Edits,
    /// The account of the facilities that open.
    opened: Account,
    pub changes: Vec<Change>,
}

/// What places and regions are told by.
pub(crate) struct Door<'d> {
    pub ground: &'d Ground,
    pub homes: &'d Homes<'d>,
    pub hazards: &'d Hazards<'d>,
}

impl<'e> Editor<'e> {
    pub(crate) fn new(edits: &'e Edits) -> Editor<'e> {
        let patch = Source { shown: edits.patch.clone(), path: edits.patch.clone().into(), ..Source::default() };
        Editor { edits, opened: Account::new(&patch, "facilities (opened)"), changes: Vec::new() }
    }

    fn wrong<T>(&self, what: String) -> Result<T, IngestError> {
        Err(IngestError::Scenario { patch: self.edits.patch.clone(), what })
    }

    fn told(&mut self, group: Group, text: Text, has_effect: bool) {
        self.changes.push(Change { group, text, has_effect });
    }

    /// Opens and closes facilities of the `nth` source, and changes their capacity, in the order of the patch.
    /// # Errors
    /// [`IngestError::Scenario`] for an id that is not there, that is there already, or that several facilities have.
    pub(crate) fn facilities(
        &mut self,
        nth: usize,
        source: &FacilitySource,
        (found, excluded): (&mut Vec<Facility>, &mut Vec<Excluded>),
        account: &mut Account,
        door: &Door<'_>,
    ) -> Result<(), IngestError> {
        for edit in self.edits.facilities.iter().filter(|edit| edit.source == nth) {
            match &edit.what {
                FacilityChange::Open(opened) => self.open(opened, source, (found, excluded), door)?,
                FacilityChange::Close { id, kind } => {
                    let named = Named { source, id, kind: kind.as_deref() };
                    self.close(&named, (found, excluded), account)?;
                }
                FacilityChange::Capacity { id, kind, to } => {
                    let named = Named { source, id, kind: kind.as_deref() };
                    self.resize(&named, *to, (found, excluded))?;
                }
            }
        }
        Ok(())
    }

    /// Whether a facility is there, or lies in a hazard area.
    fn look_up(&self, named: &Named<'_>, found: &[Facility], excluded: &[Excluded]) -> Result<(), IngestError> {
        let all: Vec<&Facility> = found.iter().chain(excluded.iter().map(|one| &one.facility)).collect();
        let meant: Vec<&Facility> = all.iter().filter(|one| named.is(one)).copied().collect();
        let (name, id) = (source_name(&named.source.source), named.id);
        let Some(first) = meant.first() else {
            let ids = all.iter().map(|one| one.id.as_str());
            let near = nearest_match(id, ids.clone()).map(|near| format!("; did you mean \"{near}\"?"));
            let listed = || format!("; its ids begin with {}", first_of(ids));
            return self.wrong(format!("{name} has no facility \"{id}\"{}", near.unwrap_or_else(listed)));
        };
        // a record of several kinds is several facilities at one place
        if meant.iter().any(|one| one.at != first.at) {
            let kinds: BTreeSet<&str> = meant.iter().map(|one| one.kind.as_str()).collect();
            let kinds: Vec<&str> = kinds.into_iter().collect();
            return self.wrong(format!(
                "\"{id}\" is the id of {} facilities of {name}; add kind = \"…\", one of {}",
                meant.len(),
                kinds.join(", ")
            ));
        }
        Ok(())
    }

    fn close(
        &mut self,
        named: &Named<'_>,
        (found, excluded): (&mut Vec<Facility>, &mut Vec<Excluded>),
        account: &mut Account,
    ) -> Result<(), IngestError> {
        self.look_up(named, found, excluded)?;
        let (closed, rest): (Vec<Facility>, Vec<Facility>) = found.drain(..).partition(|one| named.is(one));
        *found = rest;
        let name = match closed.first().or(excluded.iter().map(|one| &one.facility).find(|one| named.is(one))) {
            Some(facility) => facility.name.clone(),
            None => named.id.to_owned(),
        };
        let (mut en, mut zh) = (format!("closes {name} ({})", named.id), format!("关闭{name}（{}）", named.id));
        if closed.is_empty() {
            en += "; it does not count without it either";
            zh += "；其本已不计入";
        } else {
            account.ledger.take_back("closed-by-scenario");
            let what = format!("{name} is closed by {}", self.edits.patch);
            let mut issue = account.issue(Severity::Note, "closed-by-scenario", what);
            issue.id = Some(named.id.to_owned());
            account.issues.push(issue);
        }
        self.told(Group::Facilities, Text::new(en, zh), !closed.is_empty());
        excluded.extend(closed.into_iter().map(|facility| Excluded { facility, by: ExcludedBy::Scenario }));
        Ok(())
    }

    fn resize(
        &mut self,
        named: &Named<'_>,
        to: NewCapacity,
        (found, excluded): (&mut [Facility], &mut [Excluded]),
    ) -> Result<(), IngestError> {
        self.look_up(named, found, excluded)?;
        let shown = |capacity: Option<f64>| capacity.map_or("–".to_owned(), |it| trim_zeros(it, 3));
        let (mut has_effect, mut name, mut told) = (false, String::new(), (None, None));
        let mut unknown = false;
        for facility in found.iter_mut().filter(|one| named.is(one)) {
            let was = facility.capacity;
            facility.capacity = match (to, was) {
                (NewCapacity::Is(capacity), _) => Some(capacity),
                (NewCapacity::Times(times), Some(was)) => Some(was * times),
                (NewCapacity::Times(_), None) => {
                    unknown = true;
                    None
                }
            };
            has_effect |= facility.capacity != was;
            name.clone_from(&facility.name);
            told = (was, facility.capacity);
        }
        if unknown {
            let id = named.id;
            return self.wrong(format!("the capacity of \"{id}\" is not known; write capacity = … instead of times"));
        }
        let text = match name.is_empty() {
            true => Text::new(
                format!("capacity of {}: it does not count, whatever it holds", named.id),
                format!("{}的容量：其不计入", named.id),
            ),
            false => Text::new(
                format!("capacity of {name} ({}): {} → {}", named.id, shown(told.0), shown(told.1)),
                format!("{name}（{}）容量：{} → {}", named.id, shown(told.0), shown(told.1)),
            ),
        };
        self.told(Group::Facilities, text, has_effect);
        Ok(())
    }

    fn open(
        &mut self,
        opened: &Opened,
        source: &FacilitySource,
        (found, excluded): (&mut Vec<Facility>, &mut Vec<Excluded>),
        door: &Door<'_>,
    ) -> Result<(), IngestError> {
        let (name, id) = (source_name(&source.source), opened.id.as_str());
        let kinds = self.kinds(opened, source)?;
        let is_there = |one: &Facility| one.id == id && kinds.contains(&one.kind);
        if found.iter().chain(excluded.iter().map(|one| &one.facility)).any(is_there) {
            return self.wrong(format!("{name} has a facility \"{id}\" already; give the one that opens another id"));
        }
        let place = match opened.at {
            Spot::Plane([x, y]) => door.ground.place_at(PlaneXy { x, y }),
            Spot::Degrees(at, datum) => {
                let source = Source { datum: Some(datum), shown: self.edits.patch.clone(), ..Source::default() };
                door.ground.places_of(&ToDegrees::new(&source, &DeclaredCrs::Unknown)?, &[at]).pop().flatten()
            }
        };
        let Some(at) = place.filter(|at| door.ground.is_near([at.lonlat.lon, at.lonlat.lat])) else {
            let numbers = match opened.at {
                Spot::Degrees([lon, lat], _) => format!("lon = {lon}, lat = {lat}"),
                Spot::Plane([x, y]) => format!("x = {x}, y = {y}"),
            };
            return self
                .wrong(format!("\"{id}\" opens far from all regions of the study: {numbers}; x is east, y is north"));
        };
        self.opened.used();
        self.opened.ledger.synthetic |= opened.synthetic;
        let number = self.opened.ledger.read;
        let located = Located { number, id, code: opened.region.as_deref(), at: Some(at) };
        let home = door.homes.find(&[located], &mut self.opened).pop().flatten();
        let capacity = opened.capacity.map(|it| trim_zeros(it, 3));
        let (with, holds) = match &capacity {
            Some(capacity) => (format!(", with a capacity of {capacity}"), format!("，容量{capacity}")),
            None => Default::default(),
        };
        let (mut en, mut zh) = (
            format!("opens {} ({id}): {}{with}", opened.name, kinds.join(", ")),
            format!("新增{}（{id}）：{}{holds}", opened.name, kinds.join("、")),
        );
        let facility = |kind: &String| Facility {
            id: id.to_owned(),
            name: opened.name.clone(),
            kind: kind.clone(),
            at,
            home,
            capacity: opened.capacity,
            synthetic: opened.synthetic,
        };
        let facilities: Vec<Facility> = kinds.iter().map(facility).collect();
        let (rest, taken) = door.hazards.exclude(facilities, &vec![number; kinds.len()], &mut self.opened);
        if !taken.is_empty() {
            en += "; it lies in a hazard area and does not count";
            zh += "；位于灾害区内，不计入";
        }
        self.told(Group::Facilities, Text::new(en, zh), !rest.is_empty());
        found.extend(rest);
        excluded.extend(taken);
        Ok(())
    }

    /// What the source would take the facility for.
    fn kinds(&self, opened: &Opened, source: &FacilitySource) -> Result<Vec<String>, IngestError> {
        let (name, id) = (source_name(&source.source), opened.id.as_str());
        match (&source.kind, &opened.kind) {
            (KindPlan::All(kind), None) => Ok(vec![kind.clone()]),
            (KindPlan::All(kind), Some(said)) if kind == said => Ok(vec![kind.clone()]),
            (KindPlan::All(kind), Some(said)) => self.wrong(format!(
                "{name} holds facilities of kind \"{kind}\" only; \"{id}\" is a \"{said}\": leave kind out"
            )),
            (KindPlan::Field(_), Some(kind)) => Ok(vec![kind.clone()]),
            (KindPlan::Field(field), None) => self.wrong(format!(
                "what \"{id}\" is is not said: {name} says it in the field \"{field}\"; add kind = \"…\""
            )),
            (KindPlan::Rules(rules), said) => {
                let names: Vec<&String> = opened.fields.keys().collect();
                let values = opened.fields.values().map(|value| Value::from(value.as_str())).collect();
                let record = Record { number: 0, geometry: None, values };
                let position = |field: &str| names.iter().position(|name| *name == field);
                let fits = rules.iter().filter(|(_, rule)| rule.fits(&record, &position));
                let kinds: Vec<String> = fits.map(|(kind, _)| kind.clone()).collect();
                if said.is_some() || kinds.is_empty() {
                    let mut asked: Vec<&str> = rules.iter().flat_map(|(_, rule)| rule.fields()).collect();
                    asked.sort_unstable();
                    asked.dedup();
                    let all: Vec<&str> = rules.iter().map(|(kind, _)| kind.as_str()).collect();
                    let fields: Vec<String> = asked.iter().map(|field| format!("{field} = \"…\"")).collect();
                    return self.wrong(format!(
                        "what \"{id}\" is is not said: {name} tells {} by its columns; write fields = {{ {} }}",
                        all.join(", "),
                        fields.join(", ")
                    ));
                }
                Ok(kinds)
            }
        }
    }

    /// How many facilities the hazards of the scenario take.
    pub(crate) fn tell_hazards(&mut self, excluded: &[Excluded]) {
        for name in &self.edits.hazards {
            let in_it = |one: &&Excluded| matches!(&one.by, ExcludedBy::Hazard { hazard, .. } if hazard == name);
            let ids: BTreeSet<(&str, [u64; 2])> = excluded
                .iter()
                .filter(in_it)
                .map(|one| (one.facility.id.as_str(), one.facility.at.xy.array().map(f64::to_bits)))
                .collect();
            let count = ids.len();
            self.changes.push(Change {
                group: Group::Facilities,
                text: Text::new(
                    format!("hazard \"{name}\": not counted in its areas: {count} facilities"),
                    format!("灾害“{name}”：区内{count}处设施不计入"),
                ),
                has_effect: count > 0,
            });
        }
    }

    /// The account of what opens; `None` where nothing does.
    pub(crate) fn opened(&mut self) -> Option<Account> {
        let nothing = Account::new(&Source::default(), "");
        Some(std::mem::replace(&mut self.opened, nothing)).filter(|account| account.ledger.read > 0)
    }

    /// Adds the lines that run as well, and takes out those that do not; their stops stay.
    /// # Errors
    /// [`IngestError`] for a table that can not be read, [`IngestError::Scenario`] for a line that is not there.
    pub(crate) fn lines(
        &mut self,
        max_loss: Share,
        transit: &mut Option<Transit>,
        (ground, homes): (&Ground, &Homes<'_>),
        progress: &dyn Progress,
    ) -> Result<Vec<Account>, IngestError> {
        for id in &self.edits.withdrawn {
            let name = transit.as_mut().and_then(|transit| transit.withdraw(id));
            let Some(name) = name else {
                let ids = transit.iter().flat_map(|transit| &transit.services).map(|one| one.id.as_str());
                let near = nearest_match(id, ids.clone()).map(|near| format!("; did you mean \"{near}\"?"));
                let listed = || format!("; ids of lines begin with {}", first_of(ids));
                return self.wrong(format!("no line has the id \"{id}\"{}", near.unwrap_or_else(listed)));
            };
            let text = Text::new(format!("withdraws line {id}, {name}"), format!("撤销线路{id}：{name}"));
            self.told(Group::Network, text, true);
        }
        let mut accounts = Vec::new();
        for source in &self.edits.lines {
            let (mut found, account) = services::read(source, ground, homes, max_loss, progress)?;
            found.supposed = (0..found.feeds.len()).map(FeedIdx::new).collect();
            for service in &found.services {
                let (id, name) = (&service.id, &service.name);
                let stops = service.patterns.iter().map(|pattern| pattern.stops.len()).max().unwrap_or(0);
                let text = Text::new(
                    format!("adds line {id}, {name}: {stops} stops"),
                    format!("新增线路{id}：{name}，{stops}站"),
                );
                self.changes.push(Change { group: Group::Network, text, has_effect: true });
            }
            transit.get_or_insert_default().append(found);
            accounts.push(account);
        }
        Ok(accounts)
    }

    /// Scales the people of the layers that the patch names, each point by the factor of its smallest region that has one.
    /// # Errors
    /// [`IngestError::Scenario`] for a code that no region has.
    pub(crate) fn people(&mut self, layers: &mut [DemandLayer], homes: &Homes<'_>) -> Result<(), IngestError> {
        for scale in &self.edits.scales {
            if let Some(code) = scale.regions.keys().find(|code| homes.by_code(code).is_none()) {
                let near = nearest_region(code, homes.tree()).map(|region| match region.name == region.code {
                    true => format!("; did you mean \"{}\"?", region.code),
                    false => format!("; did you mean \"{}\", {}?", region.code, region.name),
                });
                return self.wrong(format!("no region has the code \"{code}\"{}", near.unwrap_or_default()));
            }
            let Some(layer) = layers.iter_mut().find(|layer| layer.name == scale.demand) else { continue };
            let sums = |layer: &DemandLayer| -> BTreeMap<String, Weight> {
                let of = layer.groups.iter().filter(|group| is_scaled(scale, &group.name));
                of.map(|group| (group.name.clone(), group.weights.iter().copied().sum())).collect()
            };
            let before = sums(layer);
            scaled(layer, scale, homes.tree());
            for one in layer.spreading.iter_mut().flat_map(|spreading| &mut spreading.instead) {
                scaled(&mut one.layer, scale, homes.tree());
            }
            for (group, sum) in sums(layer) {
                let was = before.get(&group).copied().unwrap_or_default();
                let (from, to) = (thousands(was.to_f64()), thousands(sum.to_f64()));
                let (name, has_effect) = (&scale.demand, was != sum);
                let text = Text::new(
                    format!("demand \"{name}\", {group}: {from} → {to}"),
                    format!("需求层“{name}”{group}：{from} → {to}"),
                );
                self.changes.push(Change { group: Group::People, text, has_effect });
            }
        }
        Ok(())
    }
}

/// The first few, each once.
fn first_of<'i>(ids: impl Iterator<Item = &'i str>) -> String {
    let mut named: Vec<&str> = Vec::new();
    for id in ids {
        if named.len() < NAMED && !named.contains(&id) {
            named.push(id);
        }
    }
    named.join(", ")
}

/// The region that a code which no region has most likely means: the largest one whose code begins so (`320100` for `3201`), or else the one that a
/// slip leads away from.
fn nearest_region<'t>(code: &str, tree: &'t RegionTree) -> Option<&'t Region> {
    let begins = tree.iter().map(|(_, region)| region).filter(|region| region.code.starts_with(code));
    begins.min_by(|x, y| x.level.cmp(&y.level).then_with(|| x.code.cmp(&y.code))).or_else(|| {
        let near = nearest_match(code, tree.iter().map(|(_, region)| region.code.as_str()))?;
        tree.iter().map(|(_, region)| region).find(|region| region.code == near)
    })
}

/// Facilities as a patch names them.
struct Named<'n> {
    source: &'n FacilitySource,
    id: &'n str,
    kind: Option<&'n str>,
}

impl Named<'_> {
    fn is(&self, facility: &Facility) -> bool {
        facility.id == self.id && self.kind.is_none_or(|kind| facility.kind == kind)
    }
}

fn is_scaled(scale: &Scale, group: &str) -> bool {
    if scale.groups.is_empty() { group != "count" } else { scale.groups.iter().any(|one| one == group) }
}

/// Weights times their factors, to the nearest millionth.
fn scaled(layer: &mut DemandLayer, scale: &Scale, tree: &RegionTree) {
    let factor = |at: usize| {
        let mut here = layer.home[at];
        while let Some(region) = here {
            if let Some(factor) = scale.regions.get(&tree.get(region).code) {
                return *factor;
            }
            here = tree.get(region).parent;
        }
        scale.by.unwrap_or(1.0)
    };
    let factors: Vec<f64> = (0..layer.len()).map(factor).collect();
    for group in layer.groups.iter_mut().filter(|group| is_scaled(scale, &group.name)) {
        for (weight, factor) in group.weights.iter_mut().zip(&factors).filter(|(_, factor)| **factor != 1.0) {
            *weight = Weight::from_f64(weight.to_f64() * factor).unwrap_or(*weight);
        }
    }
}
