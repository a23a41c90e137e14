//! Floor 5: from the records of files to the model, one file an entity.
//!
//! A record that can not be used is dropped for a stated reason and listed; a source that can not be meant stops the run.

mod access;
pub(crate) mod account;
mod cell_shares;
pub(crate) mod changes;
pub mod demand;
mod districts;
pub(crate) mod door;
pub mod facilities;
pub(crate) mod ground;
mod hazards;
mod heights;
pub(crate) mod homes;
pub(crate) mod outline;
pub mod pairs;
pub(crate) mod raster;
mod records;
mod region_names;
pub mod regions;
mod reported;
mod route_words;
mod same_stop;
mod scenario;
pub mod services;
mod speeds;
pub(crate) mod spread;
pub(crate) mod statistics;
mod stop_places;
mod street_lines;
pub mod streets;
mod surface;
pub(crate) mod timetable;
mod unread;
pub mod water;
mod ways;
mod written;
mod zones;

use std::collections::BTreeMap;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::ledger::Ledger;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::base::units::Weight;
use crate::config::plan::StudyPlan;
use crate::config::scenario::Edits;
use crate::indicators::split::Change;
use crate::ingest::account::Account;
use crate::ingest::account::source_name;
use crate::ingest::changes::Changes;
use crate::ingest::ground::Ground;
use crate::ingest::hazards::Hazards;
use crate::ingest::homes::Homes;
use crate::ingest::scenario::Door;
use crate::ingest::scenario::Editor;
use crate::io::read::ReadError;
use crate::io::reproject::CrsError;
use crate::model::demand::DemandLayer;
use crate::model::district::DistrictLayer;
use crate::model::dropped::Dropped;
use crate::model::facility::Excluded;
use crate::model::facility::Facility;
use crate::model::hazard::HazardZone;
use crate::model::records::RecordLayer;
use crate::model::reported::Reported;
use crate::model::streets::Mode as StreetMode;
use crate::model::study::Study;
use crate::model::transit::Mode;
use crate::model::transit::Transit;

/// Why the data of a plan can not be read as it is meant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// A file is missing, broken, or of no known format.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A source has no record at all.
    #[error("{path} holds no {records}; name a file or a layer that has records")]
    Empty { path: String, records: String },
    /// A source has records, and none of them is meant.
    #[error(
        "{path}: none of its {passed_over} records is what the config asks for as {records}; look at the values with \
         tongda inspect, and at where and kinds in the config"
    )]
    NoneMeant { path: String, records: String, passed_over: u64 },
    /// A field that the config names, or that is always needed, is not in the file.
    #[error("{path} has no field \"{field}\" for {what}; {}fields: {fields}", meant(near))]
    MissingField { path: String, field: String, what: &'static str, near: Option<String>, fields: String },
    /// Neither the file nor the config says what the coordinates are.
    #[error(
        "{path} declares no CRS; write crs = \"EPSG:…\" beside its path, or datum = \"…\": wgs-84, cgcs2000, gcj-02 (Amap, \
         Tencent) or bd-09 (Baidu)"
    )]
    NoCrs { path: String },
    /// The CRS of a source is not known.
    #[error("{path}: {source}")]
    Crs { path: String, source: CrsError },
    /// The study plane is not known or not fit to measure in.
    #[error("study.plane: {0}")]
    Plane(#[from] CrsError),
    /// Neither the config nor any outline says where the study is.
    #[error("no region has an outline, so no plane can be chosen; write plane = \"EPSG:…\" in [study]")]
    NoPlane,
    /// The study plane has no coordinates for the regions.
    #[error(
        "the study plane {plane} has no coordinates where the regions are; write another plane in [study], or leave it out"
    )]
    PlaneElsewhere { plane: String },
    /// Most coordinates of a source can not be what the source or the config says they are.
    #[error("{path}: {what}")]
    Implausible { path: String, what: String },
    /// A cost surface can not be laid out as it is asked for.
    #[error("study.surface: {what}")]
    Surface { what: String },
    /// What became demand is not what a raster holds.
    #[error(
        "{path}: its cells sum to {read}, what was made of them to {used}: more than 0.1 % apart, because many cells are below the \
         millionth of a person that is kept; multiply the raster, or use a coarser one"
    )]
    Drift { path: String, read: f64, used: Weight },
    /// A timetable that can not be used, or has no service when it is wanted.
    #[error("{path} {what}")]
    Timetable { path: String, what: String },
    /// A scenario names what the study does not have.
    #[error("{patch}: {what}")]
    Scenario { patch: String, what: String },
    /// A source lost more of its records than it may.
    #[error(
        "{path} lost {dropped} of {read} records ({}), more than max-loss = \"{max_loss}\"{}",
        reasons.join(", "),
        example(first)
    )]
    TooMuchLost { path: String, dropped: u64, read: u64, max_loss: Share, reasons: Vec<String>, first: String },
    /// A source lost more of what its records weigh than it may.
    #[error("{path} lost {lost}, more than max-loss = \"{max_loss}\"{}", example(first))]
    TooMuchWeightLost { path: String, lost: String, max_loss: Share, first: String },
}

fn meant(near: &Option<String>) -> String {
    near.as_ref().map(|near| format!("did you mean \"{near}\"? ")).unwrap_or_default()
}

/// The first record that was lost, where one is told.
fn example(first: &str) -> String {
    if first.is_empty() { String::new() } else { format!("; first: {first}") }
}

/// What is known so far of all sources together.
#[derive(Default)]
struct Books {
    ledgers: Vec<Ledger>,
    issues: Vec<Issue>,
    dropped: Vec<Dropped>,
}

impl Books {
    fn enter(&mut self, account: Account) {
        self.ledgers.push(account.ledger);
        self.issues.extend(account.issues);
        self.dropped.extend(account.lost);
    }
}

/// Reads everything that the plan names.
///
/// Ledgers come in the order of the plan: regions, code changes, hazards, facilities, districts, demand, records, services, timetables,
/// streets, water, surface, overrides, declared pairs, reported values; issues by source in the same order.
///
/// # Errors
/// [`IngestError`] at the first source that is missing or can not be meant as the plan says.
pub fn study(plan: &StudyPlan, progress: &dyn Progress) -> Result<Study, IngestError> {
    study_with(plan, &Edits::default(), progress).map(|(study, _)| study)
}

/// The same with what a scenario changes in it, and what these changes are; the facilities that open have a ledger behind that of the
/// facilities, and the lines that run as well one behind that of the timetables.
///
/// # Errors
/// As [`study`], and [`IngestError::Scenario`].
pub fn study_with(
    plan: &StudyPlan,
    edits: &Edits,
    progress: &dyn Progress,
) -> Result<(Study, Vec<Change>), IngestError> {
    let mut editor = Editor::new(edits);
    let mut books = Books::default();
    let mut read: Vec<regions::Read> = Vec::new();
    for source in &plan.regions {
        read.push(regions::read(source, plan.max_loss, progress)?);
    }
    let ground = Ground::choose(plan.plane.as_deref(), regions::extent(&read), &regions::judged(&read, plan))?;
    if let Some(doubt) = &ground.plane.doubt {
        books.issues.push(Issue::new(Severity::Warning, "plane-does-not-fit", "study.plane", doubt.en.clone()));
    }
    let mut changes = Changes::default();
    let mut changes_account = None;
    if let Some(source) = &plan.code_changes {
        let (found, account) = changes::read(source, regions::codes(&read), plan.max_loss, progress)?;
        changes = found;
        changes_account = Some(account);
    }
    let (tree, accounts) = regions::tree(read, &ground, plan, &changes)?;
    accounts.into_iter().chain(changes_account).for_each(|account| books.enter(account));
    let homes = Homes::new(&tree, &changes);

    let mut zones: Vec<HazardZone> = Vec::new();
    for source in &plan.hazards {
        let (found, account) = hazards::read(source, &ground, plan.max_loss, progress)?;
        zones.extend(found);
        books.enter(account);
    }
    let closed = hazards::closures(&zones);
    let hazards = Hazards::new(&zones);
    let mut all_facilities: Vec<Facility> = Vec::new();
    let mut excluded: Vec<Excluded> = Vec::new();
    let door = Door { ground: &ground, homes: &homes, hazards: &hazards };
    for (nth, source) in plan.facilities.iter().enumerate() {
        let (mut found, mut outside, mut account) =
            facilities::read(source, &ground, &homes, &hazards, plan.max_loss, progress)?;
        editor.facilities(nth, source, (&mut found, &mut outside), &mut account, &door)?;
        all_facilities.extend(found);
        excluded.extend(outside);
        books.enter(account);
    }
    editor.opened().into_iter().for_each(|account| books.enter(account));
    editor.tell_hazards(&excluded);
    let mut district_layers: Vec<DistrictLayer> = Vec::new();
    for source in &plan.districts {
        let (layer, account) = districts::read(source, &ground, plan.max_loss, progress)?;
        district_layers.push(layer);
        books.enter(account);
    }
    let mut layers: Vec<DemandLayer> = Vec::new();
    for source in &plan.demand {
        let (layer, accounts) = if source.is_raster {
            raster::read(source, &ground, &homes, plan.max_loss, progress)?
        } else {
            demand::read(source, &ground, &homes, plan.max_loss, progress)?
        };
        layers.push(layer);
        accounts.into_iter().for_each(|account| books.enter(account));
    }
    editor.people(&mut layers, &homes)?;
    let mut record_layers: Vec<RecordLayer> = Vec::new();
    for source in &plan.records {
        let (layer, account) = records::read(source, &ground, &homes, plan.max_loss, progress)?;
        record_layers.push(layer);
        books.enter(account);
    }
    let mut transit = None;
    if let Some(source) = &plan.services {
        let (found, account) = services::read(source, &ground, &homes, plan.max_loss, progress)?;
        transit = Some(found);
        books.enter(account);
    }
    if let Some(source) = &plan.transit {
        let are_several = source.feeds.len() > 1 || transit.is_some();
        let (found, accounts) = timetable::read(source, &ground, are_several, plan.max_loss, progress)?;
        transit.get_or_insert_default().append(found);
        accounts.into_iter().for_each(|account| books.enter(account));
    }
    let added = editor.lines(plan.max_loss, &mut transit, (&ground, &homes), progress)?;
    added.into_iter().for_each(|account| books.enter(account));
    if let Some(transit) = transit.as_ref().filter(|_| plan.rides) {
        books.issues.extend(not_ridden(transit, &plan.travel.modes));
    }
    let mut networks = Vec::new();
    if let Some(source) = &plan.streets {
        let (found, accounts) = streets::read(source, &ground, &homes, &closed, plan.max_loss, progress)?;
        networks = found;
        let stops = || transit.iter().flat_map(|transit| transit.stops.iter().map(|stop| stop.at.lonlat));
        let walked = networks.iter_mut().filter(|network| network.mode == StreetMode::Walk);
        walked.for_each(|network| network.set_stops(stops()));
        accounts.into_iter().for_each(|account| books.enter(account));
    }
    let mut areas = None;
    if let Some(source) = &plan.water {
        let (found, account) = water::read(source, "water areas", &ground, plan.max_loss, progress)?;
        areas = Some(found);
        books.enter(account);
    }
    let mut cells = None;
    if let Some(source) = &plan.surface {
        let water = areas.as_deref().unwrap_or(&[]);
        let beneath = surface::Beneath { networks: &networks, water, closed: &closed };
        let (found, accounts, note) = surface::read(source, &ground, &beneath, plan.max_loss, progress)?;
        cells = Some(found);
        accounts.into_iter().for_each(|account| books.enter(account));
        books.issues.push(note);
    }
    let mut overrides = Vec::new();
    if let Some(source) = &plan.pair_overrides {
        let (found, account) = pairs::overrides(source, &homes, progress)?;
        overrides = found;
        books.enter(account);
    }
    let mut declared = None;
    if let Some(source) = &plan.declared_pairs {
        let (found, account) = pairs::declared(source, &homes, progress)?;
        declared = Some(found);
        books.enter(account);
    }
    let mut values: Option<Vec<Reported>> = None;
    for source in &plan.reported {
        let (found, account) = reported::read(source, &homes, progress)?;
        values.get_or_insert_default().extend(found);
        books.enter(account);
    }
    let stops = transit.iter().flat_map(|transit: &Transit| &transit.stops);
    homes.by_place(&stops.map(|stop| Some(stop.at)).collect::<Vec<_>>());
    let from = |level| plan.regions.iter().find(|one| one.level == level).map(|one| source_name(&one.source));
    books.issues.extend(homes.overlap_issues(&|level| from(level).unwrap_or_default()));
    drop(homes);
    let study = Study {
        title: plan.title.clone(),
        frame: ground.frame,
        lattice: ground.lattice(),
        plane: ground.plane,
        regions: tree,
        facilities: all_facilities,
        excluded,
        hazards: zones,
        districts: district_layers,
        demand: layers,
        records: record_layers,
        transit: transit.map(|found| Transit { travel: plan.travel.clone(), ..found }),
        water: areas,
        streets: networks,
        surface: cells,
        overrides,
        declared,
        reported: values,
        synthetic: books.ledgers.iter().any(|ledger| ledger.synthetic),
        dropped: books.dropped,
        ledgers: books.ledgers,
        issues: books.issues,
    };
    Ok((study, editor.changes))
}

/// Notes on the lines that nobody rides because `modes` of the study's travel has not their mode.
fn not_ridden(transit: &Transit, modes: &[Mode]) -> Vec<Issue> {
    let mut lines: BTreeMap<Mode, (u64, f64)> = BTreeMap::new();
    for service in transit.services.iter().filter(|service| !modes.contains(&service.mode)) {
        let (count, trips) = lines.entry(service.mode).or_default();
        *count += 1;
        *trips += service.patterns.iter().map(|pattern| pattern.trips_per_day).sum::<f64>();
    }
    let note = |(mode, (count, trips)): (Mode, (u64, f64))| {
        let are = if count == 1 { "line is" } else { "lines are" };
        let is_default = modes == Mode::FOR_ALL;
        let why = match mode {
            Mode::SchoolBus if is_default => "it is for pupils alone",
            Mode::OnDemand if is_default => "what runs on demand has no timetable",
            _ => "modes in [study.travel] does not name it",
        };
        let what = format!(
            "{count} {are} not ridden, with {} departures on the day: its mode is {}, and {why}",
            (trips * 10.0).round() / 10.0,
            mode.id()
        );
        Issue::new(Severity::Note, "mode-not-ridden", "study.travel", what)
    };
    lines.into_iter().map(note).collect()
}
