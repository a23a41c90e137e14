//! The config resolved, checked and ready to be run.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;
use toml::value::Datetime;

use crate::base::clock::ServiceDate;
use crate::base::units::KmPerHour;
use crate::base::units::Lang;
use crate::base::units::Metres;
use crate::base::units::Seconds;
use crate::base::units::Share;
use crate::base::units::Text;
use crate::config::check;
use crate::config::error;
use crate::config::error::ConfigError;
use crate::config::file::CodeSystem;
use crate::config::file::Codes;
use crate::config::file::ConfigFile;
use crate::config::file::Datum;
use crate::config::file::DemandFile;
use crate::config::file::DistrictsFile;
use crate::config::file::FacilitiesFile;
use crate::config::file::GeometryUse;
use crate::config::file::HazardsFile;
use crate::config::file::ParentFile;
use crate::config::file::Reading;
use crate::config::file::RecordsFile;
use crate::config::file::RegionsFile;
use crate::config::file::ReportLang;
use crate::config::file::ServiceColumns;
use crate::config::file::SpreadFile;
use crate::config::file::StreetsFile;
use crate::config::file::SurfaceFile;
use crate::config::file::TransitFile;
use crate::config::file::TravelFile;
use crate::config::file::WaterFile;
use crate::config::inputs;
use crate::config::inputs::Input;
use crate::config::norms::Norms;
use crate::config::profile::Profile;
use crate::config::scenario::ScenarioPlan;
use crate::config::spans::Spans;
use crate::impedance::By;
use crate::indicators::norm::Norm;
use crate::indicators::target::Target;
use crate::io::geotiff::is_raster;
use crate::io::osm;
use crate::io::read::is_address;
use crate::io::read::is_extract;
use crate::io::read::shown;
use crate::metrics::Measure;
use crate::metrics::figure::FigureUnit;
use crate::model::region::Level;
use crate::model::streets::Mode;
use crate::model::study::Study;
use crate::model::surface::Neighbours;
use crate::model::travel::Travel;
use crate::table::rule::Rule;

/// A share of lost records above which a source stops the run, where the config does not say.
pub const DEFAULT_MAX_LOSS: Share = Share(0.2);

/// Everything that a run needs to know, checked as far as it can be without reading the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub title: Text,
    /// `None` leaves it to the locale.
    pub lang: Option<Lang>,
    /// Approval number of the maps.
    pub map_approval: Option<String>,
    /// The day that the data speaks of.
    pub as_of: Option<Date>,
    pub study: StudyPlan,
    /// Files of norms.
    pub norms: Vec<Source>,
    pub indicators: Vec<IndicatorPlan>,
    /// Tables that somebody may deliver.
    pub inputs: Vec<Input>,
    pub outputs: Vec<OutputPlan>,
    /// What messages call the config, mostly its path.
    pub name: String,
    /// The text itself.
    pub text: Arc<str>,
    /// What is otherwise; `None` for the study as it stands.
    pub scenario: Option<ScenarioPlan>,
}

/// What is read.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyPlan {
    pub title: Text,
    /// The study plane as written; `None` is the fitting zone.
    pub plane: Option<String>,
    pub max_loss: Share,
    pub regions: Vec<RegionSource>,
    pub code_changes: Option<CodeChangesSource>,
    /// Which regions are judged, by level; empty is all.
    pub evaluate: BTreeMap<Level, Codes>,
    pub facilities: Vec<FacilitySource>,
    pub hazards: Vec<HazardSource>,
    pub districts: Vec<DistrictSource>,
    pub demand: Vec<DemandSource>,
    pub records: Vec<RecordSource>,
    pub services: Option<ServiceSource>,
    pub transit: Option<TransitSource>,
    /// How one travels by timetable.
    pub travel: Travel,
    /// Whether an indicator asks how long ways by timetable take.
    pub rides: bool,
    pub streets: Option<StreetSource>,
    pub surface: Option<SurfaceSource>,
    pub water: Option<WaterSource>,
    pub pair_overrides: Option<Source>,
    pub declared_pairs: Option<Source>,
    pub reported: Vec<Source>,
}

/// One file and how it is to be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Source {
    /// Ready to be opened.
    pub path: PathBuf,
    /// As the config writes it: what messages and ledgers call the file.
    pub shown: String,
    pub layer: Option<String>,
    pub crs: Option<String>,
    pub datum: Option<Datum>,
    pub x: Option<String>,
    pub y: Option<String>,
    pub wkt: Option<String>,
    pub encoding: Option<String>,
    /// Which records are meant; `None` is all.
    pub filter: Option<Rule>,
    /// West, south, east and north of what is read, in the file's own coordinates; `None` is all.
    pub bbox: Option<[f64; 4]>,
    /// Whether the config says that the data is made up; `None` leaves it to the file's name and columns.
    pub synthetic: Option<bool>,
    /// As the config words it.
    pub licence: Option<String>,
    /// Whom the licence asks to be named.
    pub credit: Option<String>,
    /// Of what time the data is, as the config words it.
    pub dated: Option<String>,
    /// Whether an indicator measures anything of it: what is lost of a source that nobody measures stops no run.
    pub is_measured: bool,
}

/// Regions of one level.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionSource {
    pub source: Source,
    pub level: Level,
    /// Field of the code.
    pub code: String,
    /// As the config says; `None` leaves it to the codes.
    pub code_system: Option<CodeSystem>,
    /// Field of the name; `None` takes `name` where there is one.
    pub name: Option<String>,
    /// Fields of the regions above, by level.
    pub parents: BTreeMap<Level, ParentFile>,
    pub geometry: GeometryUse,
    /// Field that says whether a region is a district.
    pub district: Option<String>,
    pub repair: bool,
}

/// A table of changed codes.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeChangesSource {
    pub source: Source,
    /// Field of the old code.
    pub old: String,
    /// Field of the new code.
    pub new: String,
}

/// What the facilities of a source are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindPlan {
    /// All are of one kind.
    All(String),
    /// The kind stands in a field.
    Field(String),
    /// Kinds by what the fields say, in the order of their names.
    Rules(Vec<(String, Rule)>),
}

/// One source of facilities.
#[derive(Debug, Clone, PartialEq)]
pub struct FacilitySource {
    pub source: Source,
    pub kind: KindPlan,
    pub id: Option<String>,
    pub name: Option<String>,
    pub capacity: Option<String>,
    /// Field of a region code.
    pub region: Option<String>,
}

/// One layer of demand points.
#[derive(Debug, Clone, PartialEq)]
pub struct DemandSource {
    pub source: Source,
    /// As indicators call it.
    pub name: String,
    pub id: Option<String>,
    pub label: Option<String>,
    /// Field of the number of people.
    pub people: Option<String>,
    /// Field of each further weight.
    pub groups: BTreeMap<String, String>,
    /// The cells of a raster are the points, and their values the people.
    pub is_raster: bool,
    /// Further rasters on the same grid, by the weight that they give; `groups` is empty then.
    pub rasters: BTreeMap<String, Source>,
    /// Field of a region code.
    pub region: Option<String>,
    /// Field that tells the records apart.
    pub class: Option<String>,
    pub locate: Option<LocateSource>,
    /// Of totals of regions: how they are spread.
    pub spread: Option<SpreadSource>,
}

/// How totals of regions are spread within them.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadSource {
    /// Side of the cells.
    pub cell: Metres,
    pub by: SpreadBy,
}

/// What says where in a region people live.
#[derive(Debug, Clone, PartialEq)]
pub enum SpreadBy {
    /// Nothing does: they live everywhere alike.
    Even,
    /// Points or polygons.
    Records {
        source: Box<Source>,
        /// Field of the weight of a point, or of each square metre of a polygon.
        weight: Option<String>,
        /// Field of the weight of a whole record.
        amount: Option<String>,
        repair: bool,
    },
    /// A raster of counts, or of classes with the weight of a square metre of each.
    Raster { source: Box<Source>, classes: BTreeMap<i64, f64> },
}

impl SpreadSource {
    /// The file, where there is one.
    pub fn source(&self) -> Option<&Source> {
        match &self.by {
            SpreadBy::Even => None,
            SpreadBy::Records { source, .. } | SpreadBy::Raster { source, .. } => Some(source),
        }
    }
}

impl DemandSource {
    /// Names of the weights that the layer offers: `people` where it has them, the further groups, `count`.
    pub fn weights(&self) -> Vec<&str> {
        let people = (self.people.is_some() || self.is_raster).then_some("people");
        let further = self.groups.keys().chain(self.rasters.keys());
        people.into_iter().chain(further.map(String::as_str)).chain(["count"]).collect()
    }
}

/// A file that gives places by a key.
#[derive(Debug, Clone, PartialEq)]
pub struct LocateSource {
    pub source: Source,
    pub key: String,
}

/// The route table.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceSource {
    pub source: Source,
    pub complete_for: Vec<String>,
    /// Departures a day of lines that give none; `None` leaves them unknown.
    pub default_trips: Option<f64>,
    pub columns: ServiceColumns,
}

/// Timetables.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitSource {
    /// GTFS feeds; at least one.
    pub feeds: Vec<Source>,
    /// The study's day; `None` is the ordinary weekday with the most trips.
    pub date: Option<ServiceDate>,
    /// Days that are no ordinary ones.
    pub holidays: Vec<ServiceDate>,
    pub complete_for: Vec<String>,
    /// The language in which names are taken where the feeds translate them; `None` leaves them as they are.
    pub lang: Option<Lang>,
}

/// Streets.
#[derive(Debug, Clone, PartialEq)]
pub struct StreetSource {
    pub source: Source,
    /// Farthest place that is on the network.
    pub max_snap: Metres,
    /// Shortest part of the network that is no island.
    pub min_component: Metres,
    /// Whether they are a layer of the output.
    pub show: bool,
    /// How near a line's end is to meet; `None` where only shared corners do.
    pub join_within: Option<Metres>,
    /// Field of the level, for joining.
    pub level_field: Option<String>,
    /// Streets that are closed.
    pub closed_where: Option<Rule>,
    /// Areas in which streets are closed.
    pub closures: Option<WaterSource>,
    /// Heights of the ground, metres, for walking.
    pub heights: Option<Source>,
    /// How each mode that an indicator asks for uses the streets.
    pub profiles: Vec<Profile>,
    /// Layers of barriers and of restricted turns: of an extract.
    pub barriers: Option<Source>,
    pub turns: Option<Source>,
}

/// A raster cost surface.
#[derive(Debug, Clone, PartialEq)]
pub struct SurfaceSource {
    /// Side of a cell.
    pub cell: Metres,
    pub speeds: SpeedSource,
    pub neighbours: Neighbours,
    /// How far it reaches beyond all regions.
    pub halo: Metres,
    /// Whether cells with a street take its speed.
    pub streets: bool,
    /// Areas that are closed.
    pub closures: Option<WaterSource>,
    /// Heights of the ground, metres.
    pub heights: Option<Source>,
}

/// Where the speeds of cells are from.
#[derive(Debug, Clone, PartialEq)]
pub enum SpeedSource {
    Uniform(KmPerHour),
    /// A raster of classes, and the speed of each class that is walked over.
    Landcover {
        source: Box<Source>,
        speeds: BTreeMap<i64, KmPerHour>,
    },
}

const DEFAULT_CELL: Metres = Metres(100.0);
/// Side of the cells that totals are spread over.
const DEFAULT_SPREAD_CELL: Metres = Metres(250.0);
const DEFAULT_HALO: Metres = Metres(5000.0);
const DEFAULT_MAX_SNAP: Metres = Metres(250.0);
const DEFAULT_MIN_COMPONENT: Metres = Metres(1000.0);

/// Water areas.
#[derive(Debug, Clone, PartialEq)]
pub struct WaterSource {
    pub source: Source,
    pub repair: bool,
}

/// The demand layer and the group of it that an indicator weighs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weighed {
    pub layer: String,
    pub group: String,
}

/// Hazard areas of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct HazardSource {
    pub source: Source,
    /// What messages and layers call the hazard.
    pub name: String,
    /// Field of the name of each area; `None` takes `name` where there is one.
    pub label: Option<String>,
    pub closes_streets: bool,
    pub takes_facilities: bool,
    pub repair: bool,
}

/// Districts of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct DistrictSource {
    pub source: Source,
    /// As indicators call them.
    pub name: String,
    /// Field of the facility's id.
    pub facility: String,
    /// Field of the district's name; `None` takes `name` where there is one.
    pub label: Option<String>,
    pub repair: bool,
}

/// Records with all their fields.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordSource {
    pub source: Source,
    /// As indicators call them.
    pub name: String,
    pub id: Option<String>,
    /// Field of the name; `None` takes `name` where there is one.
    pub label: Option<String>,
    /// Field of the code of the region; `None` leaves it to the place.
    pub region: Option<String>,
    pub repair: bool,
}

/// One indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct IndicatorPlan {
    pub id: String,
    /// The metric's own title where the config gives none.
    pub title: Text,
    pub cites: Option<String>,
    /// Number of the item of the plan.
    pub item: Option<u32>,
    /// What must be given before it can be measured; with it, missing inputs are no data. `None` stops the run.
    pub needs: Option<Text>,
    /// Ids of the inputs that it needs.
    pub inputs: Vec<String>,
    /// The unit of its figure.
    pub unit: FigureUnit,
    /// Those that it measures by.
    pub norms: Vec<Norm>,
    pub measure: Measure,
    /// Whom it weighs; `None` for one that weighs no demand.
    pub weighs: Option<Weighed>,
    pub over: Vec<Level>,
    /// Levels at which the people of each region are put together for a comparison.
    pub areal_check: Vec<Level>,
    /// `None` is measured and not judged.
    pub target: Option<Target>,
    pub note: Option<Text>,
}

/// The format of an output, told by the ending of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// All layers with styles, and a QGIS project beside it.
    GeoPackage,
    /// One layer in the format of its ending.
    Layer,
    /// The scorecard as a table.
    CsvScorecard,
    /// The scorecard for programs.
    JsonScorecard,
    /// The report.
    Report,
    /// The scorecard as a workbook.
    Workbook,
}

/// One file to write.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputPlan {
    /// Ready to be written to.
    pub path: PathBuf,
    /// As the config writes it.
    pub shown: String,
    pub format: OutputFormat,
    /// Of formats that hold one layer.
    pub layer: Option<String>,
    /// Of a report or a workbook; `None` is that of the run.
    pub lang: Option<ReportLang>,
}

impl Plan {
    /// What is wrong with the plan now that the data is known: kinds, levels and codes that the data does not have.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with every such word underlined.
    pub fn check_against(&self, study: &Study) -> Result<(), ConfigError> {
        let findings = check::against_study(self, study, &Spans::of(&self.text));
        if findings.is_empty() { Ok(()) } else { Err(error::invalid(&self.name, &self.text, findings)) }
    }
}

/// The plan of a file, checked.
pub(crate) fn resolve(file: &ConfigFile, text: &Arc<str>, name: &str, base_dir: &Path) -> Result<Plan, ConfigError> {
    let spans = Spans::of(text);
    let mut norms = Norms::read(file, &spans, base_dir)?;
    let mut findings = check::file(file, &spans, base_dir);
    findings.append(&mut norms.findings);
    if !findings.is_empty() {
        return Err(error::invalid(name, text, findings));
    }
    let (file, inputs) = &inputs::adopt(file, base_dir);
    let study = &file.study;
    let named = |path: &String| source(Reading { path: path.clone(), ..Reading::default() }, base_dir);
    let mut plan = Plan {
        title: file.title.clone(),
        lang: file.lang,
        map_approval: file.map_approval.clone(),
        as_of: file.as_of.as_ref().and_then(check::day),
        study: StudyPlan {
            title: file.title.clone(),
            plane: study.plane.clone(),
            max_loss: study.max_loss.unwrap_or(DEFAULT_MAX_LOSS),
            regions: study.regions.iter().map(|one| regions(one, base_dir)).collect(),
            code_changes: study.code_changes.as_ref().map(|one| CodeChangesSource {
                source: source(one.reading(), base_dir),
                old: one.old.clone().unwrap_or_else(|| "old".to_owned()),
                new: one.new.clone().unwrap_or_else(|| "new".to_owned()),
            }),
            evaluate: study.evaluate.clone(),
            facilities: study.facilities.iter().filter_map(|one| facilities(one, base_dir)).collect(),
            hazards: study.hazards.iter().map(|one| hazards(one, base_dir)).collect(),
            districts: study.districts.iter().map(|one| districts(one, base_dir)).collect(),
            records: study.records.iter().map(|one| records(one, base_dir)).collect(),
            demand: study.demand.iter().map(|one| demand(one, base_dir)).collect(),
            services: study.services.as_ref().map(|one| ServiceSource {
                source: source(one.reading(), base_dir),
                complete_for: one.complete_for.clone(),
                default_trips: one.default_trips_per_day,
                columns: one.columns.clone(),
            }),
            travel: study.travel.as_ref().map(travel).unwrap_or_default(),
            rides: false,
            transit: study.transit.as_ref().map(|one| transit(one, file.lang, base_dir)),
            streets: study.streets.as_ref().map(|one| streets(one, &modes(file), base_dir)),
            surface: study.surface.as_ref().and_then(|one| surface(one, base_dir)),
            water: study.water.as_ref().map(|one| water(one, base_dir)),
            pair_overrides: study.pair_overrides.as_ref().map(named),
            declared_pairs: study.declared_pairs.as_ref().map(named),
            reported: study.reported.iter().map(|one| source(one.reading(), base_dir)).collect(),
        },
        norms: file.norms.iter().map(named).collect(),
        indicators: file
            .indicator
            .iter()
            .map(|one| (one, inputs::needs(one.needs.as_ref(), &file.input)))
            .map(|(one, (needs, named))| IndicatorPlan {
                id: one.id.clone(),
                title: one.title.clone().unwrap_or_else(|| {
                    let (en, zh) = one.measure.info().title;
                    Text::new(en, zh)
                }),
                cites: one.cites.clone(),
                item: one.item,
                needs,
                inputs: named,
                unit: check::unit(&one.measure),
                norms: norms.of(one),
                measure: check::with_years(&one.measure, one.target.as_ref()),
                weighs: check::weighed(file, &one.measure),
                over: one.over.clone(),
                areal_check: one.areal_check.clone(),
                target: one.target.as_ref().and_then(|target| check::target(target, &one.measure).ok()),
                note: one.note.clone(),
            })
            .collect(),
        inputs: inputs.clone(),
        outputs: file
            .output
            .iter()
            .filter_map(|one| {
                let format = check::output_format(one).ok()?;
                Some(OutputPlan {
                    path: located(base_dir, &one.path),
                    shown: shown(Path::new(&one.path)),
                    format,
                    layer: one.layer.clone(),
                    lang: one.lang,
                })
            })
            .collect(),
        name: name.to_owned(),
        text: Arc::clone(text),
        scenario: None,
    };
    mark_unmeasured(&mut plan);
    Ok(plan)
}

/// Marks the sources of which no indicator measures anything.
fn mark_unmeasured(plan: &mut Plan) {
    let measures = || plan.indicators.iter().map(|one| &one.measure);
    let kinds: BTreeSet<&str> = measures().flat_map(|one| one.metric().kinds()).collect();
    let layers: BTreeSet<&str> =
        plan.indicators.iter().filter_map(|one| Some(one.weighs.as_ref()?.layer.as_str())).collect();
    let records: BTreeSet<&str> = measures()
        .flat_map(|one| match one {
            Measure::AttributeShare(it) => vec![it.records.as_str()],
            Measure::OverlayShare(it) => it.inside.records.iter().chain(&it.zones).map(String::as_str).collect(),
            _ => Vec::new(),
        })
        .collect();
    let districts: Vec<Option<&str>> = measures()
        .filter_map(|one| if let Measure::Districts(it) = one { Some(it.districts.as_deref()) } else { None })
        .collect();
    let rides = measures().any(|one| one.metric().by().contains(&By::Transit));
    let study = &mut plan.study;
    study.rides = rides;
    for one in &mut study.facilities {
        one.source.is_measured = match &one.kind {
            KindPlan::All(kind) => kinds.contains(kind.as_str()),
            KindPlan::Rules(rules) => rules.iter().any(|(kind, _)| kinds.contains(kind.as_str())),
            KindPlan::Field(_) => !kinds.is_empty(),
        };
    }
    for one in &mut study.demand {
        let is_measured = layers.contains(one.name.as_str());
        one.source.is_measured = is_measured;
        one.rasters.values_mut().for_each(|raster| raster.is_measured = is_measured);
        one.locate.iter_mut().for_each(|locate| locate.source.is_measured = is_measured);
        let spread = one.spread.as_mut().map(|spread| &mut spread.by);
        if let Some(SpreadBy::Records { source, .. } | SpreadBy::Raster { source, .. }) = spread {
            source.is_measured = is_measured;
        }
    }
    for one in &mut study.records {
        one.source.is_measured = records.contains(one.name.as_str());
    }
    for one in &mut study.districts {
        one.source.is_measured = districts.iter().any(|name| name.is_none_or(|name| name == one.name));
    }
}

/// A path of the config: seen from the config's folder, unless it is the address of a server.
pub(crate) fn located(base_dir: &Path, path: &str) -> PathBuf {
    if let Some((before, file)) = file_of_gdal(path) {
        return PathBuf::from(format!("{before}{}", base_dir.join(file).display()));
    }
    if is_address(Path::new(path)) { PathBuf::from(path) } else { base_dir.join(path) }
}

/// The relative path of a file in an address for GDAL, and what stands before it: `gdal://`, folders of archives (`/vsizip/`) too. `None` for
/// absolute paths, services and connections (`WFS:…`).
pub(crate) fn file_of_gdal(path: &str) -> Option<(&str, &str)> {
    const SCHEME: &str = "gdal://";
    let mut at = SCHEME.len();
    if !path.get(..at).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME)) {
        return None;
    }
    while let Some(packed) =
        ["/vsizip/", "/vsigzip/", "/vsitar/"].iter().find(|packed| path[at..].starts_with(**packed))
    {
        at += packed.len();
    }
    let (before, file) = path.split_at(at);
    let is_file = !file.is_empty() && !file.starts_with(['/', '\\', '{', '<']) && !file.contains([':', '"']);
    is_file.then_some((before, file))
}

pub(crate) fn source(reading: Reading, base_dir: &Path) -> Source {
    Source {
        path: located(base_dir, &reading.path),
        shown: shown(Path::new(&reading.path)),
        layer: reading.layer,
        crs: reading.crs,
        datum: reading.datum,
        x: reading.x,
        y: reading.y,
        wkt: reading.wkt,
        encoding: reading.encoding,
        filter: reading.filter.and_then(|lines| Rule::new(&lines.0).ok()),
        bbox: reading.bbox,
        synthetic: reading.synthetic,
        licence: reading.licence,
        credit: reading.credit,
        dated: reading.dated,
        is_measured: true,
    }
}

fn transit(file: &TransitFile, lang: Option<Lang>, base_dir: &Path) -> TransitSource {
    let feed = |path: &String| {
        let source = source(Reading { path: path.clone(), ..Reading::default() }, base_dir);
        let shown = source.shown.trim_end_matches(['/', '\\']).to_owned();
        Source { shown, datum: Some(file.datum.unwrap_or(Datum::Wgs84)), synthetic: file.synthetic, ..source }
    };
    TransitSource {
        feeds: file.gtfs.iter().map(feed).collect(),
        date: file.date.as_ref().and_then(service_date),
        holidays: file.holidays.iter().filter_map(service_date).collect(),
        complete_for: file.complete_for.clone(),
        lang,
    }
}

/// The day of a date without a time.
pub(crate) fn service_date(date: &Datetime) -> Option<ServiceDate> {
    if date.time.is_some() { None } else { date.to_string().parse().ok() }
}

fn streets(file: &StreetsFile, modes: &BTreeSet<Mode>, base_dir: &Path) -> StreetSource {
    let source = source(file.reading(), base_dir);
    let is_extract = is_extract(&source.path);
    let profile = |mode: &Mode| {
        let said = match mode {
            Mode::Walk => &file.walk,
            Mode::Bicycle => &file.bicycle,
            Mode::Drive => &file.drive,
        };
        Profile::new(*mode, said.as_ref(), is_extract)
    };
    let beside = |layer: &str| Source { layer: Some(layer.to_owned()), filter: None, bbox: None, ..source.clone() };
    StreetSource {
        max_snap: file.max_snap.unwrap_or(DEFAULT_MAX_SNAP),
        min_component: file.min_component.unwrap_or(DEFAULT_MIN_COMPONENT),
        show: file.show,
        join_within: file.join_within,
        level_field: file.level_field.clone(),
        closed_where: file.closed_where.as_ref().and_then(|lines| Rule::new(&lines.0).ok()),
        closures: file.closures.as_ref().map(|one| water(one, base_dir)),
        heights: file
            .heights
            .as_ref()
            .filter(|_| modes.contains(&Mode::Walk))
            .map(|one| self::source(one.reading(), base_dir)),
        profiles: modes.iter().map(profile).collect(),
        barriers: is_extract.then(|| beside(osm::BARRIERS)),
        turns: (is_extract && modes.contains(&Mode::Drive)).then(|| beside(osm::TURNS)),
        source,
    }
}

/// `None` for one that says no speed, or in two ways, which is found before.
fn surface(file: &SurfaceFile, base_dir: &Path) -> Option<SurfaceSource> {
    let speeds = match (file.uniform, &file.landcover) {
        (Some(speed), None) => SpeedSource::Uniform(speed),
        (None, Some(classes)) => SpeedSource::Landcover {
            source: Box::new(source(classes.reading(), base_dir)),
            speeds: classes.speeds.iter().filter_map(|(class, speed)| Some((class.parse().ok()?, *speed))).collect(),
        },
        _ => return None,
    };
    Some(SurfaceSource {
        cell: file.cell.unwrap_or(DEFAULT_CELL),
        speeds,
        neighbours: if file.neighbours == Some(8) { Neighbours::Eight } else { Neighbours::Sixteen },
        halo: file.halo.unwrap_or(DEFAULT_HALO),
        streets: file.streets,
        closures: file.closures.as_ref().map(|one| water(one, base_dir)),
        heights: file.heights.as_ref().map(|one| source(one.reading(), base_dir)),
    })
}

/// What is left out is as usual; `check` has found what is wrong.
fn travel(file: &TravelFile) -> Travel {
    let usual = Travel::default();
    let time = |text: &String| text.parse().ok();
    let whole = |seconds: Seconds| seconds.0.round() as u32;
    let hours = file.line_hours.as_ref().and_then(|[first, last]| Some((time(first)?, time(last)?)));
    Travel {
        date: None,
        from: file.from.as_ref().and_then(time).unwrap_or(usual.from),
        minutes: file.window.map_or(usual.minutes, |window| whole(Seconds(window.0 / 60.0))),
        clock: file.clock.unwrap_or(usual.clock),
        percentile: file.percentile.unwrap_or(usual.percentile),
        longest_s: file.longest.map_or(usual.longest_s, whole),
        max_walk: file.max_walk.unwrap_or(usual.max_walk),
        walk_speed: file.walk_speed.unwrap_or(usual.walk_speed),
        walk_detour: file.walk_detour.unwrap_or(usual.walk_detour),
        transfers: file.transfers.unwrap_or(usual.transfers),
        change_s: file.change.map_or(usual.change_s, whole),
        modes: file.modes.clone().unwrap_or(usual.modes),
        wait: file.wait.unwrap_or(usual.wait),
        line_speed: file.line_speed.unwrap_or(usual.line_speed),
        line_detour: file.line_detour.unwrap_or(usual.line_detour),
        line_hours: hours.unwrap_or(usual.line_hours),
    }
}

fn water(file: &WaterFile, base_dir: &Path) -> WaterSource {
    WaterSource { source: source(file.reading(), base_dir), repair: file.repair }
}

fn hazards(file: &HazardsFile, base_dir: &Path) -> HazardSource {
    let source = source(file.reading(), base_dir);
    HazardSource {
        name: file.name.clone().unwrap_or_else(|| source.shown.clone()),
        label: file.label.clone(),
        closes_streets: file.closes_streets.unwrap_or(true),
        takes_facilities: file.takes_facilities.unwrap_or(true),
        repair: file.repair,
        source,
    }
}

fn districts(file: &DistrictsFile, base_dir: &Path) -> DistrictSource {
    DistrictSource {
        source: source(file.reading(), base_dir),
        name: districts_name(file).to_owned(),
        facility: file.facility.clone(),
        label: file.label.clone(),
        repair: file.repair,
    }
}

fn records(file: &RecordsFile, base_dir: &Path) -> RecordSource {
    RecordSource {
        source: source(file.reading(), base_dir),
        name: file.name.clone(),
        id: file.id.clone(),
        label: file.label.clone(),
        region: file.region.clone(),
        repair: file.repair,
    }
}

/// What indicators call districts.
pub(crate) fn districts_name(file: &DistrictsFile) -> &str {
    file.name.as_deref().unwrap_or("districts")
}

/// The modes that the indicators ask for, or the cost surface; on foot when none does.
fn modes(file: &ConfigFile) -> BTreeSet<Mode> {
    let mut asked: BTreeSet<Mode> =
        file.indicator.iter().flat_map(|one| one.measure.metric().by()).filter_map(By::mode).collect();
    if file.study.surface.as_ref().is_some_and(|surface| surface.streets) {
        asked.insert(Mode::Walk);
    }
    if asked.is_empty() { BTreeSet::from([Mode::Walk]) } else { asked }
}

fn regions(file: &RegionsFile, base_dir: &Path) -> RegionSource {
    let mut parents = file.parents.clone();
    if let (Some(field), Some(above)) = (&file.parent, level_above(file.level)) {
        parents.entry(above).or_default().code = Some(field.clone());
    }
    RegionSource {
        source: source(file.reading(), base_dir),
        level: file.level,
        code: file.code.clone().unwrap_or_else(|| "code".to_owned()),
        code_system: file.code_system,
        name: file.name.clone(),
        parents,
        geometry: file.geometry,
        district: file.district.clone(),
        repair: file.repair,
    }
}

/// The level right above; `None` above provinces.
pub(crate) fn level_above(level: Level) -> Option<Level> {
    Level::ALL.into_iter().rev().find(|above| *above < level)
}

fn facilities(file: &FacilitiesFile, base_dir: &Path) -> Option<FacilitySource> {
    let kind = match (&file.kind, &file.kind_field) {
        (Some(kind), _) => KindPlan::All(kind.clone()),
        (None, Some(field)) => KindPlan::Field(field.clone()),
        (None, None) if file.kinds.is_empty() => return None,
        (None, None) => KindPlan::Rules(
            file.kinds.iter().filter_map(|(kind, lines)| Some((kind.clone(), Rule::new(&lines.0).ok()?))).collect(),
        ),
    };
    Some(FacilitySource {
        source: source(file.reading(), base_dir),
        kind,
        id: file.id.clone(),
        name: file.name.clone(),
        capacity: file.capacity.clone(),
        region: file.region.clone(),
    })
}

fn demand(file: &DemandFile, base_dir: &Path) -> DemandSource {
    let is_raster = is_raster(&located(base_dir, &file.path));
    let raster = |(group, path): (&String, &String)| {
        let reading = Reading { path: path.clone(), layer: None, ..file.reading() };
        (group.clone(), source(reading, base_dir))
    };
    DemandSource {
        is_raster,
        rasters: file.groups.iter().filter(|_| is_raster).map(raster).collect(),
        source: source(file.reading(), base_dir),
        name: demand_name(file).to_owned(),
        id: file.id.clone(),
        label: file.label.clone(),
        people: file.people.clone(),
        groups: if is_raster { BTreeMap::new() } else { file.groups.clone() },
        region: file.region.clone(),
        class: file.class.clone(),
        locate: file
            .locate
            .as_ref()
            .map(|one| LocateSource { source: source(one.reading(), base_dir), key: one.key.clone() }),
        spread: file
            .spread
            .as_ref()
            .map(|one| SpreadSource { cell: file.cell.unwrap_or(DEFAULT_SPREAD_CELL), by: spread(one, base_dir) }),
    }
}

fn spread(file: &SpreadFile, base_dir: &Path) -> SpreadBy {
    let SpreadFile::Weights(file) = file else { return SpreadBy::Even };
    let source = Box::new(source(file.reading(), base_dir));
    if is_raster(&located(base_dir, &file.path)) {
        let class = |(class, weight): (&String, &f64)| Some((class.parse().ok()?, *weight));
        return SpreadBy::Raster { source, classes: file.classes.iter().filter_map(class).collect() };
    }
    SpreadBy::Records { source, weight: file.weight.clone(), amount: file.amount.clone(), repair: file.repair }
}

/// What indicators call a demand layer.
pub(crate) fn demand_name(file: &DemandFile) -> &str {
    file.name.as_deref().unwrap_or("demand")
}
