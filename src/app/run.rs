//! A run: read, measure, judge, write.

use std::fs;
use std::fs::File;
use std::io::Read;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use sha2::Digest;
use sha2::Sha256;

use crate::app::otherwise;
use crate::app::package;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::progress::Progress;
use crate::base::units::Lang;
use crate::base::units::Text;
use crate::config::error::ConfigError;
use crate::config::error::nearest_match;
use crate::config::file::ReportLang;
use crate::config::inputs;
use crate::config::inputs::Input;
use crate::config::plan::IndicatorPlan;
use crate::config::plan::OutputFormat;
use crate::config::plan::OutputPlan;
use crate::config::plan::Plan;
use crate::config::plan::Source;
use crate::config::plan::SpeedSource;
use crate::config::scenario::Edits;
use crate::indicators::norm::Norm;
use crate::indicators::ranking::ranking;
use crate::indicators::scorecard;
use crate::indicators::scorecard::PlaneNote;
use crate::indicators::scorecard::Promise;
use crate::indicators::scorecard::Provenance;
use crate::indicators::scorecard::ScenarioRow;
use crate::indicators::scorecard::Scorecard;
use crate::indicators::scorecard::SourceRow;
use crate::indicators::target::Bound;
use crate::indicators::target::Quantity;
use crate::ingest;
use crate::ingest::IngestError;
use crate::ingest::account::source_name;
use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::io::csv_out;
use crate::io::html;
use crate::io::read;
use crate::io::read::Kept;
use crate::io::read::ReadRequest;
use crate::io::read::companions;
use crate::io::read::driver;
use crate::io::read::is_address;
use crate::io::read::is_extract;
use crate::io::workbook;
use crate::layers;
use crate::metrics::Context;
use crate::metrics::METRICS;
use crate::metrics::MetricError;
use crate::metrics::MetricInfo;
use crate::metrics::Output;
use crate::metrics::dropped;
use crate::metrics::figure::Figure;
use crate::metrics::networks::Networks;
use crate::metrics::roll_up;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::Record;
use crate::table::Table;

/// What a run may do beside what the config says.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunOptions<'a> {
    /// Every output goes here under its own file name, wherever the config would put it.
    pub out_dir: Option<&'a Path>,
    /// Judge only; write nothing.
    pub write_nothing: bool,
    /// Language of reports and workbooks that name none.
    pub lang: Option<Lang>,
}

/// Why a run could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The config does not fit the data.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data can not be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// A metric lacks what it is asked to use.
    #[error("indicator \"{indicator}\": {source}")]
    Metric { indicator: String, source: MetricError },
    /// An output asks for a layer that the run does not make.
    #[error("output \"{output}\": there is no layer \"{layer}\"; layers of this run: {layers}")]
    NoSuchLayer { output: String, layer: String, layers: String },
    /// No indicator has such a point.
    #[error("no demand layer of an indicator that measures ways has a point with the id or name \"{id}\"")]
    NoSuchPoint { id: String },
    /// Lines can not be written so.
    #[error("\"{path}\" is no format that a layer can be written in; write for example way.geojson or way.fgb")]
    NoWriter { path: String },
    /// A file can not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// An input can not be read again for its hash.
    #[error("cannot read \"{path}\": {source}")]
    Hash { path: String, source: std::io::Error },
}

/// What came of a run.
#[derive(Debug)]
pub struct Finished {
    pub card: Scorecard,
    /// Everything that was wrong with the data, in the order in which it was met.
    pub issues: Vec<Issue>,
    /// Files written, in the order of the config; a project beside its GeoPackage.
    pub written: Vec<PathBuf>,
}

/// Reads, measures, judges and writes what a plan asks for. Nothing is written unless everything was measured.
/// # Errors
/// [`RunError`]; files that were written before a file that can not be written stay.
pub fn run(plan: &Plan, options: RunOptions<'_>, progress: &dyn Progress) -> Result<Finished, RunError> {
    let _kept = Kept::begin();
    let measured = measure(plan, progress)?;
    finish(plan, measured, options, progress)
}

/// What was measured, before anything is written.
pub(crate) struct Measured {
    study: Study,
    pub card: Scorecard,
    /// The indicators' own layers.
    tables: Vec<Table>,
}

/// Reads, measures and judges what a plan asks for.
/// # Errors
/// As [`run`], but for what is written.
pub(crate) fn measure(plan: &Plan, progress: &dyn Progress) -> Result<Measured, RunError> {
    let nothing = Edits::default();
    let edits = plan.scenario.as_ref().map_or(&nothing, |scenario| &scenario.edits);
    let (mut study, mut changes) = ingest::study_with(&plan.study, edits, progress)?;
    plan.check_against(&study)?;
    let (mut card, tables) = judge(plan, &mut study, progress)?;
    card.scenario = plan.scenario.as_ref().map(|scenario| {
        changes.extend(scenario.changes.iter().cloned());
        // a stable sort: within a group, as they were met
        changes.sort_by_key(|change| change.group);
        ScenarioRow {
            id: scenario.id.clone(),
            title: scenario.title.clone(),
            patch: file_name(&scenario.name),
            changes,
            split: Vec::new(),
        }
    });
    Ok(Measured { study, card, tables })
}

/// Writes what a plan asks for. Nothing is written when an output asks for a layer that is not there.
/// # Errors
/// As [`run`], but for what is measured.
pub(crate) fn finish(
    plan: &Plan,
    measured: Measured,
    options: RunOptions<'_>,
    progress: &dyn Progress,
) -> Result<Finished, RunError> {
    let Measured { study, mut card, tables: own_tables } = measured;
    card.provenance = provenance(plan)?;
    let shows_streets = plan.study.streets.as_ref().is_some_and(|streets| streets.show);
    let tables = layers::all(&study, &card, own_tables, shows_streets);
    // a layer that does not exist is found out before anything is written
    for output in &plan.outputs {
        layer_of(output, &tables)?;
    }
    let mut written = Vec::new();
    if !options.write_nothing {
        progress.stage("write", Some(plan.outputs.len() as u64));
        for output in &plan.outputs {
            written.extend(write(plan, output, options, &study, &card, &tables)?);
            progress.advance(1);
        }
        progress.done();
    }
    Ok(Finished { card, issues: study.issues, written })
}

/// Measures and judges every indicator; what metrics find wrong joins the study's issues.
fn judge(plan: &Plan, study: &mut Study, progress: &dyn Progress) -> Result<(Scorecard, Vec<Table>), RunError> {
    progress.stage("measure", Some(plan.indicators.len() as u64));
    let (mut rows, mut tables, mut issues) = (Vec::new(), Vec::new(), not_asked(plan, study));
    let mut outputs = Vec::new();
    let networks = Networks::new(study);
    for indicator in &plan.indicators {
        let found = indicator.measure.metric().measure_over(&asked(study, indicator, progress), &networks);
        let mut output = match (found, &indicator.needs) {
            (Ok(output), _) => output,
            (Err(MetricError::Missing { what, .. }), Some(_)) => missing(indicator, &what),
            (Err(source), _) => return Err(RunError::Metric { indicator: indicator.id.clone(), source }),
        };
        tell_needs(plan, study, indicator, &mut output);
        roll_up::tell(study, &mut output);
        if let Some(note) = &indicator.note {
            output.notes.insert(0, note.clone());
        }
        outputs.push(output);
        progress.advance(1);
    }
    let mut warnings = study.transit.as_ref().map_or(Vec::new(), |transit| transit.warnings.clone());
    for text in networks.warnings() {
        issues.push(Issue::new(Severity::Warning, "window-without-service", "study.travel", text.en.clone()));
        warnings.push(text);
    }
    drop(networks);
    progress.done();
    otherwise::measure(plan, study, &mut outputs, progress);
    for (indicator, output) in plan.indicators.iter().zip(&mut outputs) {
        dropped::open(study, &indicator.measure, output);
    }
    for (indicator, mut output) in plan.indicators.iter().zip(outputs) {
        let promise = Promise {
            id: indicator.id.clone(),
            title: indicator.title.clone(),
            cites: indicator.cites.clone().unwrap_or_default(),
            item: indicator.item,
            target: indicator.target.clone(),
            as_of: plan.as_of,
        };
        let mut row = scorecard::row(study, &promise, indicator.measure.info(), &output);
        row.norms = indicator.norms.iter().map(Norm::row).collect();
        rows.push(row);
        layers::judged(study, indicator.target.as_ref(), &mut output);
        tables.append(&mut output.tables);
        issues.append(&mut output.issues);
    }
    // several indicators may meet the same doubtful stop: it is listed once
    for issue in issues {
        if !study.issues.contains(&issue) {
            study.issues.push(issue);
        }
    }
    let card = Scorecard {
        generator: concat!("tongda ", env!("CARGO_PKG_VERSION")).to_owned(),
        title: plan.title.clone(),
        scenario: None,
        synthetic: study.synthetic,
        plane: PlaneNote {
            name: study.plane.name.clone(),
            epsg: study.plane.epsg,
            scale_min: study.plane.scale_min,
            scale_max: study.plane.scale_max,
            doubt: study.plane.doubt.clone(),
        },
        as_of: plan.as_of.map(|day| day.to_string()),
        ranking: ranking(&rows),
        warnings,
        indicators: rows,
        sources: study.ledgers.iter().map(SourceRow::from).collect(),
        issues: scorecard::count_issues(study.issues.iter().filter(|issue| issue.severity > Severity::Note)),
        provenance: Vec::new(),
    };
    Ok((card, tables))
}

/// The answer of an indicator whose inputs are not there.
fn missing(indicator: &IndicatorPlan, what: &str) -> Output {
    let zh = format!("所需数据不全（{what}）");
    Output { headline: Figure::no_data(indicator.unit, what, zh), ..Output::default() }
}

/// An indicator without a value says what it needs: which kind, table or column is missing, and how the table is written.
fn tell_needs(plan: &Plan, study: &Study, indicator: &IndicatorPlan, output: &mut Output) {
    let figure = &mut output.headline;
    let Some(needs) = indicator.needs.as_ref().filter(|_| figure.value.is_none() && !figure.not_applicable) else {
        return;
    };
    let why = inputs::missing(plan, study, indicator).or(figure.reason.take()).unwrap_or_default();
    let joined = |needs: String, why: &str, by: &str| if why.is_empty() { needs } else { format!("{needs}{by}{why}") };
    figure.reason = Some(match indicator.inputs.is_empty() {
        false if !why.en.is_empty() => why,
        _ => Text::new(
            joined(format!("needs {}", needs.en), &why.en, "; "),
            joined(format!("需要{}", needs.zh), &why.zh, "；"),
        ),
    });
    output.notes.extend(inputs::of(plan, indicator).into_iter().filter_map(Input::note));
}

/// Rows of reported values that no indicator asks for.
fn not_asked(plan: &Plan, study: &Study) -> Vec<Issue> {
    let asked: Vec<&str> = plan.indicators.iter().filter_map(|one| one.measure.series(&one.id)).collect();
    let mut seen: Vec<&str> = Vec::new();
    let mut issues = Vec::new();
    for one in study.reported.iter().flatten() {
        if asked.contains(&one.series.as_str()) || seen.contains(&one.series.as_str()) {
            continue;
        }
        seen.push(&one.series);
        let what = match nearest_match(&one.series, asked.iter().copied()) {
            Some(near) => format!("no indicator reads values of \"{}\"; did you mean \"{near}\"?", one.series),
            None => format!("no indicator reads values of \"{}\"", one.series),
        };
        let mut issue = Issue::new(Severity::Warning, "not-asked", one.file.clone(), what).with_id(&one.series);
        (issue.record, issue.field) = (Some(one.record), Some("indicator".to_owned()));
        issues.push(issue);
    }
    issues
}

/// What the metric of an indicator may look at.
pub(crate) fn asked<'a>(study: &'a Study, indicator: &'a IndicatorPlan, progress: &'a dyn Progress) -> Context<'a> {
    let target_share = match indicator.target.as_ref().map(|target| target.bound) {
        Some(Bound::AtLeast(Quantity::Share(share))) => Some(share),
        _ => None,
    };
    Context { study, progress, id: &indicator.id, title: &indicator.title, over: &indicator.over, target_share }
}

/// The last part of a path.
fn file_name(path: &str) -> String {
    Path::new(path).file_name().map_or(path.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The name and the text of the config as it was written, without the changes of a scenario.
pub(super) fn as_written(plan: &Plan) -> (&str, &str) {
    match &plan.scenario {
        Some(scenario) => (&scenario.study_name, &scenario.study_text),
        None => (&plan.name, &plan.text),
    }
}

/// Every input with its hash, the config first, and then the patch of a scenario.
fn provenance(plan: &Plan) -> Result<Vec<Provenance>, RunError> {
    let text = |name: &str, text: &str| Provenance {
        path: file_name(name),
        sha256: hex(&Sha256::digest(text.as_bytes())),
        bytes: text.len() as u64,
    };
    let (name, written) = as_written(plan);
    let mut inputs = vec![text(name, written)];
    inputs.extend(plan.scenario.as_ref().map(|scenario| text(&scenario.name, &scenario.text)));
    for source in sources(plan) {
        if inputs.iter().any(|input| input.path == source.shown) {
            continue;
        }
        if is_address(&source.path) {
            let (sha256, bytes) = hash_of_records(source)?;
            let path = source_name(source);
            inputs.retain(|input| input.path != path);
            inputs.push(Provenance { path, sha256, bytes });
            continue;
        }
        if source.path.is_dir() {
            for (path, shown) in tables_of(source)? {
                inputs.push(hash_of_file(&path, shown)?);
            }
            continue;
        }
        inputs.push(hash_of_file(&source.path, source.shown.clone())?);
    }
    Ok(inputs)
}

/// A file with its hash.
fn hash_of_file(path: &Path, shown: String) -> Result<Provenance, RunError> {
    let failed = |error| RunError::Hash { path: shown.clone(), source: error };
    let mut file = File::open(path).map_err(failed)?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0u64, vec![0u8; 1 << 16]);
    loop {
        let count = file.read(&mut buffer).map_err(failed)?;
        if count == 0 {
            break;
        }
        bytes += count as u64;
        hash.update(&buffer[..count]);
    }
    Ok(Provenance { path: shown, sha256: hex(&hash.finalize()), bytes })
}

/// The tables in the folder of a timetable, and in the folders within it, by name.
fn tables_of(source: &Source) -> Result<Vec<(PathBuf, String)>, RunError> {
    let failed = |error| RunError::Hash { path: source.shown.clone(), source: error };
    let (mut tables, mut folders) = (Vec::new(), vec![(source.path.clone(), source.shown.clone(), 0)]);
    while let Some((folder, shown, depth)) = folders.pop() {
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, shown) = (entry.path(), format!("{shown}/{}", entry.file_name().to_string_lossy()));
            if path.is_dir() && depth == 0 {
                folders.push((path, shown, 1));
            } else if path.extension().is_some_and(|ending| ending == "txt") {
                tables.push((path, shown));
            }
        }
    }
    tables.sort();
    Ok(tables)
}

/// What a server has no file for: the hash of the records as they are read, and the bytes that went into it.
fn hash_of_records(source: &Source) -> Result<(String, u64), RunError> {
    struct Hashed(Sha256, u64);
    impl read::Sink for Hashed {
        fn record(&mut self, _: &[Field], record: Record, _: Option<Issue>) {
            let text = format!("{:?}\n", (record.number, record.geometry, record.values));
            self.0.update(text.as_bytes());
            self.1 += text.len() as u64;
        }

        fn issue(&mut self, _: Issue) {}
    }
    let mut sink = Hashed(Sha256::new(), 0);
    let request = ReadRequest {
        layer: source.layer.as_deref(),
        bbox: source.bbox,
        ..ReadRequest::new(&source.path, &source.shown)
    };
    let info = read::read(&request, &mut sink).map_err(IngestError::from)?;
    sink.0.update(format!("{:?}", (info.crs, info.fields)).as_bytes());
    Ok((hex(&sink.0.finalize()), sink.1))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every file that a plan reads, in the order of the config.
pub(super) fn sources(plan: &Plan) -> Vec<&Source> {
    let study = &plan.study;
    let mut all: Vec<&Source> = plan.norms.iter().collect();
    all.extend(study.regions.iter().map(|one| &one.source));
    all.extend(study.code_changes.as_ref().map(|one| &one.source));
    all.extend(study.facilities.iter().map(|one| &one.source));
    all.extend(study.hazards.iter().map(|one| &one.source));
    all.extend(study.districts.iter().map(|one| &one.source));
    all.extend(study.records.iter().map(|one| &one.source));
    for demand in &study.demand {
        all.push(&demand.source);
        all.extend(demand.locate.as_ref().map(|locate| &locate.source));
        all.extend(demand.rasters.values());
        all.extend(demand.spread.as_ref().and_then(|spread| spread.source()));
    }
    all.extend(study.services.as_ref().map(|one| &one.source));
    all.extend(study.transit.iter().flat_map(|one| &one.feeds));
    all.extend(plan.scenario.iter().flat_map(|one| &one.edits.lines).map(|one| &one.source));
    all.extend(study.streets.as_ref().map(|one| &one.source));
    all.extend(study.streets.as_ref().and_then(|one| Some(&one.closures.as_ref()?.source)));
    all.extend(study.streets.as_ref().and_then(|one| one.heights.as_ref()));
    if let Some(surface) = &study.surface {
        if let SpeedSource::Landcover { source, .. } = &surface.speeds {
            all.push(source);
        }
        all.extend(surface.closures.as_ref().map(|one| &one.source));
        all.extend(surface.heights.as_ref());
    }
    all.extend(study.water.as_ref().map(|one| &one.source));
    all.extend(study.pair_overrides.as_ref());
    all.extend(study.declared_pairs.as_ref());
    all.extend(&study.reported);
    all
}

/// The layer that an output of one layer asks for; `None` for outputs of other kinds.
fn layer_of<'t>(output: &OutputPlan, tables: &'t [Table]) -> Result<Option<&'t Table>, RunError> {
    let Some(name) = &output.layer else { return Ok(None) };
    let found = tables.iter().find(|table| table.name == *name);
    found.map(Some).ok_or_else(|| RunError::NoSuchLayer {
        output: output.shown.clone(),
        layer: name.clone(),
        layers: tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>().join(", "),
    })
}

fn write(
    plan: &Plan,
    output: &OutputPlan,
    options: RunOptions<'_>,
    study: &Study,
    card: &Scorecard,
    tables: &[Table],
) -> Result<Vec<PathBuf>, RunError> {
    let path = match (options.out_dir, output.path.file_name()) {
        _ if is_address(&output.path) => output.path.clone(),
        (Some(folder), Some(name)) => folder.join(name),
        _ => without_detours(&output.path),
    };
    match output.format {
        OutputFormat::GeoPackage => {
            let mut written = vec![path.clone()];
            written.extend(package::write(plan, &map_langs(plan, output), &path, study, card, tables)?);
            return Ok(written);
        }
        OutputFormat::Layer => {
            let write = driver(&path).and_then(|driver| driver.write);
            if let (Some(table), Some(write)) = (layer_of(output, tables)?, write) {
                match &plan.scenario {
                    // a database has one table of a name, and it is the study's
                    Some(scenario) if is_address(&path) => {
                        let name = format!("{}_{}", table.name, scenario.id.replace('-', "_"));
                        write(&path, &Table { name, ..table.clone() })?;
                    }
                    _ => write(&path, table)?,
                }
                let mut written = vec![path.clone()];
                written.extend(companions(&path));
                return Ok(written);
            }
        }
        OutputFormat::Report => write_report(plan, output, options, &path, card, tables)?,
        OutputFormat::Workbook => {
            let issues = tables.iter().find(|table| table.name == "issues");
            workbook::write(&path, &workbook::Book { card, issues, langs: &langs(plan, output, options) })?;
        }
        OutputFormat::CsvScorecard => {
            csv_out::write(&path, &layers::scorecard(card, study.frame))?;
            if let Some(split) = tables.iter().find(|table| table.name == layers::SPLIT) {
                let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                let beside = path.with_file_name(format!("{stem}-split.csv"));
                csv_out::write(&beside, split)?;
                return Ok(vec![path, beside]);
            }
        }
        OutputFormat::JsonScorecard => atomic::write_bytes(&path, json(card).as_bytes())?,
    }
    Ok(vec![path])
}

/// `configs/../out/x.gpkg` as `out/x.gpkg`, when `configs` is a folder and no link to one elsewhere.
fn without_detours(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for part in path.components() {
        let plain = matches!(straight.components().next_back(), Some(Component::Normal(_)));
        if part == Component::ParentDir && plain && !straight.is_symlink() {
            straight.pop();
        } else {
            straight.push(part);
        }
    }
    straight
}

/// The scorecard as JSON, with a line feed at the end.
pub fn json(card: &Scorecard) -> String {
    serde_json::to_string_pretty(card).map(|text| text + "\n").unwrap_or_default()
}

/// What the licences of the inputs ask to be shown with every map.
fn credit(plan: &Plan) -> Text {
    let is_osm = sources(plan).iter().any(|source| is_extract(&source.path));
    match is_osm {
        true => Text::new("Data © OpenStreetMap contributors (ODbL). ", "数据 © OpenStreetMap 贡献者（ODbL）。"),
        false => Text::default(),
    }
}

/// The languages of printed maps in a project; both where neither the output nor the config says, whatever the locale.
fn map_langs(plan: &Plan, output: &OutputPlan) -> Vec<Lang> {
    match (output.lang, plan.lang) {
        (Some(ReportLang::Zh), _) => vec![Lang::Zh],
        (Some(ReportLang::En), _) => vec![Lang::En],
        (None, Some(lang)) => vec![lang],
        (Some(ReportLang::Both), _) | (None, None) => vec![Lang::Zh, Lang::En],
    }
}

/// The languages of a report or a workbook; Chinese where nobody says.
fn langs(plan: &Plan, output: &OutputPlan, options: RunOptions<'_>) -> Vec<Lang> {
    match output.lang {
        Some(ReportLang::Both) => vec![Lang::Zh, Lang::En],
        Some(ReportLang::Zh) => vec![Lang::Zh],
        Some(ReportLang::En) => vec![Lang::En],
        None => vec![options.lang.or(plan.lang).unwrap_or(Lang::Zh)],
    }
}

fn write_report(
    plan: &Plan,
    output: &OutputPlan,
    options: RunOptions<'_>,
    path: &Path,
    card: &Scorecard,
    tables: &[Table],
) -> Result<(), RunError> {
    let is_used = |info: &&MetricInfo| card.indicators.iter().any(|row| row.metric == info.id);
    let methods: Vec<(&str, Text, &str)> = METRICS
        .iter()
        .filter(is_used)
        .map(|info| (info.id, Text::new(info.title.0, info.title.1), info.methods))
        .collect();
    let report = html::Report {
        card,
        tables,
        langs: &langs(plan, output, options),
        approval: plan.map_approval.as_deref(),
        credit: &credit(plan),
        methods: &methods,
    };
    Ok(html::write(path, &report)?)
}
