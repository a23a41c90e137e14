//! What may stand on the command line.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;

use crate::base::clock::ServiceDate;
use crate::base::units::Lang;
use crate::io::datum::Datum;

/// Who is within reach of what, and is the plan's promise met: service coverage of regions.
#[derive(Debug, Parser)]
#[command(name = "tongda", version, propagate_version = true, arg_required_else_help = true)]
pub struct Args {
    /// Language of what is printed [default: the config's, else the locale's]
    #[arg(long, global = true, value_enum)]
    pub lang: Option<LangArg>,
    /// Print nothing but errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// How progress is shown on standard error: a bar on a terminal and nothing in a pipe, or lines for programs, `PROGRESS 42 measure`
    #[arg(long, global = true, value_enum, default_value = "bar")]
    pub progress: ProgressArg,
    #[command(subcommand)]
    pub command: Command,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressArg {
    Bar,
    Lines,
}

/// A language by its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    En,
    Zh,
}

impl From<LangArg> for Lang {
    fn from(lang: LangArg) -> Lang {
        match lang {
            LangArg::En => Lang::En,
            LangArg::Zh => Lang::Zh,
        }
    }
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read, measure, judge, write layers and print the scorecard
    Run {
        /// Study file (TOML)
        config: PathBuf,
        /// Write every output into this folder, wherever the config would put it
        #[arg(long, value_name = "DIR")]
        out_dir: Option<PathBuf>,
        /// A patch over the study (TOML): what would be otherwise; its id ends the names of the outputs
        #[arg(long, value_name = "PATCH")]
        scenario: Option<PathBuf>,
        /// Split the change of every figure among facilities, network, people and definition
        #[arg(long, requires = "scenario")]
        split: bool,
    },
    /// Judge and write nothing: exit 0 every target is met, 1 one is missed or not shown to be met, 2 it could not run
    Check {
        /// Study file (TOML)
        config: PathBuf,
        /// A patch over the study (TOML): what would be otherwise
        #[arg(long, value_name = "PATCH")]
        scenario: Option<PathBuf>,
    },
    /// What is in a file: CRS declared and likely, fields, extent, problems
    Inspect(InspectArgs),
    /// A first config from the data at hand: an OpenStreetMap extract alone, or files of regions, facilities, demand, services
    Init {
        /// Files of any format that can be read
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The config to write [default: the first file's name with .toml, here]
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Replace the config where it is there already
        #[arg(long)]
        force: bool,
    },
    /// How a metric is defined, or the chain behind one figure of a run
    Explain {
        /// A metric, e.g. neighbour-reach; without one, all are listed
        metric: Option<String>,
        /// An indicator's id, or the code or name of a region, a pair or a point of the last run
        #[arg(long, value_name = "ID", conflicts_with = "metric")]
        why: Option<String>,
        /// The JSON scorecard to look in [default: the only one in out/]
        #[arg(long, value_name = "FILE", requires = "why")]
        run: Option<PathBuf>,
        /// A study file: the way of a demand point to its facility is measured anew and told leg by leg
        #[arg(long, value_name = "STUDY", requires = "why", conflicts_with = "run")]
        study: Option<PathBuf>,
        /// Write that way as a layer, e.g. way.geojson
        #[arg(long, value_name = "FILE", requires = "study")]
        path: Option<PathBuf>,
    },
    /// How two runs differ: verdicts, figures and evidence
    Compare {
        /// JSON scorecard of a run
        before: PathBuf,
        /// JSON scorecard of another run
        after: PathBuf,
        /// Write the differences of regions as layers: a .gpkg with styles and a QGIS project, or one layer, e.g. .geojson
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The GeoPackage of a run that has the outlines of the regions [default: the one beside a scorecard]
        #[arg(long, value_name = "FILE.gpkg", requires = "out")]
        regions: Option<PathBuf>,
        /// Write only the layer of this indicator
        #[arg(long, value_name = "ID", requires = "out")]
        indicator: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the formats that can be read and written
    Formats,
    /// Print the JSON schema of study files
    Schema {
        /// That of patches over a study
        #[arg(long)]
        scenario: bool,
    },
    /// Print a completion script for a shell
    Completions {
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Run a scene of the side-by-side benchmark
    #[cfg(feature = "bench")]
    Bench(crate::cli::bench::Args),
}

/// Which files are looked at, and how.
#[derive(Debug, ClapArgs)]
pub struct InspectArgs {
    /// Files of any format that can be read; a GTFS feed may be a folder
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// A file of known datum to compare with: tells GCJ-02 and BD-09
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
    /// CRS to take the coordinates in, e.g. EPSG:4549
    #[arg(long)]
    pub crs: Option<String>,
    /// Datum to take the degrees in: wgs-84, cgcs2000, gcj-02 or bd-09
    #[arg(long, value_parser = |text: &str| text.parse::<Datum>())]
    pub datum: Option<Datum>,
    /// Column of the longitude or easting
    #[arg(long)]
    pub x: Option<String>,
    /// Column of the latitude or northing
    #[arg(long)]
    pub y: Option<String>,
    /// Column of a geometry in well-known text
    #[arg(long)]
    pub wkt: Option<String>,
    /// Text encoding, e.g. GB18030
    #[arg(long)]
    pub encoding: Option<String>,
    /// Day from which the expiry of a timetable is told, e.g. 2026-03-04; without one, it is not
    #[arg(long, value_name = "DATE", value_parser = |text: &str| text.parse::<ServiceDate>())]
    pub today: Option<ServiceDate>,
    /// Layer, table or sheet, of formats that hold several; without it, all of them
    #[arg(long)]
    pub layer: Option<String>,
    /// Write overlaps, gaps, slivers, borders that nearly meet, islands and exclaves of areas into this GeoPackage
    #[arg(long, value_name = "FILE.gpkg")]
    pub layers: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
