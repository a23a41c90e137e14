//! Floor 7: the command line: arguments in, text out. The only place that prints.

pub mod args;
#[cfg(feature = "bench")]
pub mod bench;
#[cfg(feature = "bench")]
mod bench_catchments;
#[cfg(feature = "bench")]
mod bench_streets;
#[cfg(feature = "bench")]
mod bench_transit;
mod card;
mod comparison;
mod progress;
mod text;

use std::io::IsTerminal;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::Parser;
use serde::Serialize;

use crate::app::compare;
use crate::app::explain;
use crate::app::init;
use crate::app::inspect;
use crate::app::inspect::InspectError;
use crate::app::inspect::Inspection;
use crate::app::inspect::raster::RasterInspection;
use crate::app::inspect::timetable::FeedInspection;
use crate::app::run;
use crate::app::run::RunError;
use crate::app::run::RunOptions;
use crate::app::scenario;
use crate::app::scenario::Split;
use crate::app::way;
use crate::base::units::Lang;
use crate::cli::args::Args;
use crate::cli::args::Command;
use crate::cli::args::ProgressArg;
use crate::cli::progress::Bar;
use crate::cli::progress::Shown;
use crate::config;
use crate::config::error::ConfigError;
use crate::config::scenario::Scenario;
use crate::indicators::verdict::Verdict;
use crate::io::geotiff::is_raster;
use crate::io::gtfs;
use crate::io::read;
use crate::io::read::DRIVERS;
use crate::io::reproject;
use crate::metrics::METRICS;

/// The exit code for "it could not be done".
const COULD_NOT: u8 = 2;

/// Parses the command line, does what it says and tells how it went: 0 done (for `check`: every target is met), 1 a target is
/// missed or not shown to be met, 2 it could not be done.
pub fn main() -> ExitCode {
    reproject::ignore_foreign_proj_data();
    let args = Args::parse();
    let lang = args.lang.map(Lang::from);
    let shown = match (args.progress, args.quiet) {
        (ProgressArg::Lines, _) => Shown::Lines,
        (ProgressArg::Bar, false) if std::io::stderr().is_terminal() => Shown::Bar,
        (ProgressArg::Bar, _) => Shown::Nothing,
    };
    match args.command {
        Command::Run { config, out_dir, scenario, split } => {
            let split = if split { Split::Yes } else { Split::No };
            let asked = Asked { config: &config, scenario: scenario.as_deref(), split, out_dir: out_dir.as_deref() };
            run_config(&asked, lang, shown, Mode::Run, args.quiet)
        }
        Command::Check { config, scenario } => {
            let asked = Asked { config: &config, scenario: scenario.as_deref(), split: Split::No, out_dir: None };
            run_config(&asked, lang, shown, Mode::Check, args.quiet)
        }
        Command::Inspect(what) => inspect_files(&what, lang.unwrap_or_else(locale)),
        Command::Init { files, out, force } => init_config(&files, out, force, args.quiet),
        Command::Explain { why: Some(point), study: Some(study), path, .. } => {
            explain_way(&study, &point, path.as_deref(), lang, shown)
        }
        Command::Explain { metric, why, run, .. } => {
            explain(metric.as_deref(), why.as_deref(), run.as_deref(), lang.unwrap_or_else(locale))
        }
        Command::Compare { before, after, out, regions, indicator, json } => {
            let runs = Runs { before: &before, after: &after, out: out.as_deref(), regions: regions.as_deref() };
            compare_runs(&runs, indicator.as_deref(), json, lang.unwrap_or_else(locale))
        }
        Command::Formats => {
            let rows = DRIVERS.iter().map(|driver| {
                let ways = match (driver.read.is_some(), driver.write.is_some()) {
                    (true, true) => "read, write",
                    (true, false) => "read",
                    (false, true) => "write",
                    (false, false) if driver.name == "GeoTIFF" => "read as demand",
                    (false, false) => "",
                };
                let endings: Vec<String> = driver.extensions.iter().map(|ending| read::told(ending)).collect();
                vec![driver.name.to_owned(), ways.to_owned(), endings.join(" "), driver.about.to_owned()]
            });
            let timetables = ["GTFS", "read as transit", ".zip, folder", gtfs::ABOUT].map(str::to_owned).to_vec();
            let rows: Vec<Vec<String>> = rows.chain([timetables]).collect();
            say(&text::table(&["format", "", "endings", "what is understood"], rows))
        }
        Command::Schema { scenario } => say(&match scenario {
            true => config::schema::scenario_schema(),
            false => config::schema::json_schema(),
        }),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "tongda", &mut script);
            say(&String::from_utf8_lossy(&script))
        }
        #[cfg(feature = "bench")]
        Command::Bench(what) => match bench::run(&what) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&error.to_string()),
        },
    }
}

/// Prints to standard output; a reader that went away (`| head`) is no error.
fn say(text: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(COULD_NOT),
    }
}

fn complain(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(COULD_NOT)
}

/// A config error with its text and the words underlined.
fn complain_of_config(error: ConfigError) -> ExitCode {
    eprintln!("{:?}", miette::Report::new(error));
    ExitCode::from(COULD_NOT)
}

/// Chinese where the environment's locale is, else English.
fn locale() -> Lang {
    let chinese = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .is_some_and(|value| value.to_lowercase().starts_with("zh"));
    if chinese { Lang::Zh } else { Lang::En }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Run,
    Check,
}

/// What is to be run.
struct Asked<'a> {
    config: &'a Path,
    scenario: Option<&'a Path>,
    split: Split,
    out_dir: Option<&'a Path>,
}

fn run_config(asked: &Asked<'_>, lang: Option<Lang>, shown: Shown, mode: Mode, quiet: bool) -> ExitCode {
    let scenario = asked.scenario.map(|patch| Scenario::load(asked.config, patch)).transpose();
    let loaded = scenario.and_then(|scenario| match scenario {
        None => config::load(asked.config).map(|plan| (plan, None)),
        Some(scenario) => scenario.plan().map(|plan| (plan, Some(scenario))),
    });
    let (plan, scenario) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => return complain_of_config(error),
    };
    let lang = lang.or(plan.lang).unwrap_or_else(locale);
    let bar = Bar::new(shown);
    let options = RunOptions { out_dir: asked.out_dir, write_nothing: mode == Mode::Check, lang: Some(lang) };
    let finished = match &scenario {
        None => run::run(&plan, options, &bar),
        Some(scenario) => scenario::run(scenario, asked.split, options, &bar),
    };
    let finished = match finished {
        Ok(finished) => finished,
        Err(RunError::Config(error)) => return complain_of_config(error),
        Err(error) => return complain(&error.to_string()),
    };
    bar.clear();
    if !quiet {
        let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        say(&card::render(&finished.card, &finished.issues, &finished.written, lang, color));
    }
    let judged = |verdict: Verdict| finished.card.indicators.iter().any(|row| row.verdict == verdict);
    match mode {
        Mode::Check if judged(Verdict::Missed) || judged(Verdict::NoData) => ExitCode::from(1),
        _ => ExitCode::SUCCESS,
    }
}

/// What was found in a layer of records, or in a band of a raster.
#[derive(Serialize)]
#[serde(untagged)]
enum Inspected {
    Layer(Box<Inspection>),
    Raster(Box<RasterInspection>),
    Feed(Box<FeedInspection>),
    Failed(FailedLayer),
}

/// A layer that can not be looked at, beside others that can.
#[derive(Serialize)]
struct FailedLayer {
    path: String,
    error: String,
}

fn inspect_files(what: &args::InspectArgs, lang: Lang) -> ExitCode {
    let options = inspect::Options {
        against: what.against.as_deref(),
        crs: what.crs.as_deref(),
        datum: what.datum,
        x: what.x.as_deref(),
        y: what.y.as_deref(),
        wkt: what.wkt.as_deref(),
        encoding: what.encoding.as_deref(),
        layer: what.layer.as_deref(),
        layers: what.layers.is_some(),
    };
    let (mut found, mut code) = (Vec::new(), ExitCode::SUCCESS);
    for path in &what.files {
        let looked = if gtfs::is_feed(path) {
            inspect::timetable::inspect_all(path, what.today)
                .map(|feeds| feeds.into_iter().map(|feed| Inspected::Feed(Box::new(feed))).collect())
        } else if is_raster(path) {
            inspect::raster::inspect_all(path, &options)
                .map(|bands| bands.into_iter().map(|band| Inspected::Raster(Box::new(band))).collect())
        } else {
            let one = |layer: Result<Inspection, InspectError>| match layer {
                Ok(layer) => Inspected::Layer(Box::new(layer)),
                Err(error) => {
                    let error = error.to_string();
                    Inspected::Failed(FailedLayer { path: read::shown(path), error })
                }
            };
            inspect::inspect_each(path, &options).map(|layers| layers.into_iter().map(one).collect::<Vec<_>>())
        };
        match looked {
            Ok(layers) => {
                for layer in &layers {
                    if let Inspected::Failed(failed) = layer {
                        code = complain(&failed.error);
                    }
                }
                found.extend(layers);
            }
            Err(error) => code = complain(&error.to_string()),
        }
    }
    if let Some(path) = &what.layers {
        let layers = found.iter().filter_map(|inspected| match inspected {
            Inspected::Layer(layer) => Some(layer.as_ref()),
            Inspected::Raster(_) | Inspected::Feed(_) | Inspected::Failed(_) => None,
        });
        if let Err(error) = inspect::mending::write(path, &layers.collect::<Vec<_>>(), lang) {
            code = complain(&error.to_string());
        }
    }
    if what.json {
        match serde_json::to_string_pretty(&found) {
            Ok(text) => say(&(text + "\n")),
            Err(error) => return complain(&error.to_string()),
        };
    } else {
        let page = |inspected: &Inspected| match inspected {
            Inspected::Layer(layer) => Some(inspect::render(layer, lang)),
            Inspected::Raster(raster) => Some(inspect::raster::render(raster, lang)),
            Inspected::Feed(feed) => Some(inspect::timetable::render(feed, lang)),
            // told already
            Inspected::Failed(_) => None,
        };
        let pages: Vec<String> = found.iter().filter_map(page).collect();
        say(&pages.join("\n"));
    }
    code
}

fn init_config(files: &[PathBuf], out: Option<PathBuf>, may_replace: bool, quiet: bool) -> ExitCode {
    let out = out.unwrap_or_else(|| init::default_out(&files[0]));
    let drafted = init::draft(files, &out).and_then(|draft| init::write(&draft, &out, may_replace).map(|()| draft));
    match drafted {
        Ok(_) if quiet => ExitCode::SUCCESS,
        Ok(draft) => {
            let found: String = draft.found.iter().map(|line| format!("  {line}\n")).collect();
            say(&format!("{found}wrote {}; now: tongda run {}\n", out.display(), out.display()))
        }
        Err(error) => complain(&error.to_string()),
    }
}

fn explain(metric: Option<&str>, why: Option<&str>, run: Option<&Path>, lang: Lang) -> ExitCode {
    if let Some(id) = why {
        let answer = match run {
            Some(path) => Ok(path.to_owned()),
            None => explain::last_run(Path::new("out")),
        }
        .and_then(|path| explain::card(&path))
        .and_then(|card| explain::why(&card, id, lang));
        return match answer {
            Ok(text) => say(&text),
            Err(error) => complain(&error.to_string()),
        };
    }
    match metric {
        Some(name) => match explain::metric(name) {
            Ok(info) => say(info.methods),
            Err(error) => complain(&error.to_string()),
        },
        None => {
            let rows = METRICS.iter().map(|info| {
                let title = match lang {
                    Lang::En => info.title.0,
                    Lang::Zh => info.title.1,
                };
                vec![info.id.to_owned(), title.to_owned()]
            });
            say(&text::table(&["metric", ""], rows.collect()))
        }
    }
}

fn explain_way(study: &Path, point: &str, path: Option<&Path>, lang: Option<Lang>, shown: Shown) -> ExitCode {
    let plan = match config::load(study) {
        Ok(plan) => plan,
        Err(error) => return complain_of_config(error),
    };
    let lang = lang.or(plan.lang).unwrap_or_else(locale);
    let bar = Bar::new(shown);
    let told = way::explain(&plan, point, path, lang, &bar);
    bar.clear();
    match told {
        Ok(text) => say(&text),
        Err(RunError::Config(error)) => complain_of_config(error),
        Err(error) => complain(&error.to_string()),
    }
}

/// Which runs are compared.
struct Runs<'a> {
    before: &'a Path,
    after: &'a Path,
    /// Where the differences of regions are written.
    out: Option<&'a Path>,
    /// Where the outlines are.
    regions: Option<&'a Path>,
}

fn compare_runs(runs: &Runs<'_>, indicator: Option<&str>, json: bool, lang: Lang) -> ExitCode {
    let cards = explain::card(runs.before).and_then(|before| Ok((before, explain::card(runs.after)?)));
    let (before, after) = match cards {
        Ok(cards) => cards,
        Err(error) => return complain(&error.to_string()),
    };
    let comparison = compare::compare(&before, &after);
    let mut written = Vec::new();
    if let Some(path) = runs.out {
        let request = compare::layers::Request { path, indicator, lang };
        let done = compare::layers::Outlines::beside(runs.regions, runs.before, runs.after)
            .and_then(|outlines| compare::layers::write(&comparison, &after, &outlines, &request));
        match done {
            Ok(paths) => written = paths,
            Err(error) => return complain(&error.to_string()),
        }
    }
    if !json {
        return say(&comparison::render(&comparison, &written, lang));
    }
    match serde_json::to_string_pretty(&comparison) {
        Ok(text) => say(&(text + "\n")),
        Err(error) => complain(&error.to_string()),
    }
}
