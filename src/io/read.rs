//! Reading a layer: the list of formats, what a reader is asked and what it hands over, record by record.

use std::path::Path;
use std::path::PathBuf;

use crate::base::issue::Issue;
use crate::io::csv;
use crate::io::geojson;
use crate::table::Field;
use crate::table::Record;

/// Which layer is read, and how its columns are to be understood.
#[derive(Debug, Clone, Copy)]
pub struct ReadRequest<'a> {
    pub path: &'a Path,
    /// What messages call the file.
    pub shown: &'a str,
    /// Column of the easting or longitude, of formats without geometry of their own; `None` looks for the usual names.
    pub x: Option<&'a str>,
    /// Column of the northing or latitude.
    pub y: Option<&'a str>,
    /// Column of a geometry in well-known text.
    pub wkt: Option<&'a str>,
    /// Name of the text encoding, of formats that have several; `None` finds out.
    pub encoding: Option<&'a str>,
}

impl<'a> ReadRequest<'a> {
    /// Everything by default.
    pub fn new(path: &'a Path, shown: &'a str) -> ReadRequest<'a> {
        ReadRequest { path, shown, x: None, y: None, wkt: None, encoding: None }
    }
}

/// Takes what a reader hands over.
pub trait Sink {
    /// One record, in file order. `fields` are those known so far: formats without a header find more as they go, and never
    /// change the order. `trouble` says why the record has no geometry although its format gives it one.
    fn record(&mut self, fields: &[Field], record: Record, trouble: Option<Issue>);

    /// Something else that is wrong, of the whole source or of a record.
    fn issue(&mut self, issue: Issue);
}

/// Which CRS a file itself speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeclaredCrs {
    /// The file names it.
    Carried(String),
    /// The format fixes it.
    ByFormat(String),
    /// Neither file nor format says.
    Unknown,
}

impl DeclaredCrs {
    /// The CRS as PROJ understands it.
    pub fn text(&self) -> Option<&str> {
        match self {
            DeclaredCrs::Carried(crs) | DeclaredCrs::ByFormat(crs) => Some(crs),
            DeclaredCrs::Unknown => None,
        }
    }
}

/// What is known of a layer after it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerInfo {
    pub driver: &'static str,
    pub fields: Vec<Field>,
    pub records: u64,
    pub crs: DeclaredCrs,
    /// Text encoding, e.g. `UTF-8` or `GB18030`.
    pub encoding: &'static str,
}

/// Why a layer can not be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file is not there or can not be opened.
    #[error("cannot open \"{shown}\" ({path}): {source}", path = path.display())]
    Open { shown: String, path: PathBuf, source: std::io::Error },
    /// No format has this ending.
    #[error("\"{shown}\": no format is known by its ending; known endings: {known}{nearest}")]
    UnknownFormat { shown: String, known: String, nearest: String },
    /// The file breaks off or breaks the rules of its format.
    #[error("\"{shown}\", line {line}, column {column}: {what}")]
    Broken { shown: String, line: u64, column: u64, what: String },
    /// The header of a table can not be used.
    #[error("\"{shown}\": {what}")]
    Header { shown: String, what: String },
}

/// One format.
pub struct Driver {
    pub name: &'static str,
    /// Endings without the dot, lower case.
    pub extensions: &'static [&'static str],
    pub can_read: bool,
    pub can_write: bool,
    /// One line on what is understood.
    pub about: &'static str,
    /// Reads a layer to its end; `None` for formats that are written only.
    pub read: Option<ReadLayer>,
}

/// Reads a layer to its end.
pub type ReadLayer = fn(&ReadRequest<'_>, &mut dyn Sink) -> Result<LayerInfo, ReadError>;

/// All formats.
pub const DRIVERS: &[Driver] = &[
    Driver {
        name: "GeoJSON",
        extensions: &["geojson", "json", "geojsonl", "ndjson", "geojsons", "jsonl"],
        can_read: true,
        can_write: true,
        about: "FeatureCollection, one feature a line, or RFC 8142 sequence; WGS 84 unless a crs member says otherwise",
        read: Some(geojson::read),
    },
    Driver {
        name: "CSV",
        extensions: &["csv", "tsv", "txt"],
        can_read: true,
        can_write: true,
        about: "header line; x/y columns or a WKT column; comma, semicolon or tab; UTF-8 or GB18030",
        read: Some(csv::read),
    },
    Driver {
        name: "GeoPackage",
        extensions: &["gpkg"],
        can_read: false,
        can_write: true,
        about: "all layers with styles, aliases, metadata and a QGIS project; a .qgz beside it",
        read: None,
    },
];

/// The format of a path by its ending, in any case.
pub fn driver(path: &Path) -> Option<&'static Driver> {
    let ending = path.extension()?.to_str()?.to_lowercase();
    DRIVERS.iter().find(|driver| driver.extensions.contains(&ending.as_str()))
}

/// Reads a layer to its end with the format that its ending names.
/// # Errors
/// [`ReadError`]; what is wrong with single records goes to the sink instead.
pub fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    match driver(request.path).and_then(|driver| driver.read) {
        Some(read) => read(request, sink),
        None => Err(unknown_format(request)),
    }
}

fn unknown_format(request: &ReadRequest<'_>) -> ReadError {
    let readable: Vec<&str> =
        DRIVERS.iter().filter(|driver| driver.can_read).flat_map(|driver| driver.extensions).copied().collect();
    let ending = request.path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_lowercase();
    let nearest = readable
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, &ending), *known))
        .min()
        .filter(|(edits, _)| *edits <= 2 && !ending.is_empty())
        .map(|(_, known)| format!("; did you mean .{known}?"))
        .unwrap_or_default();
    ReadError::UnknownFormat { shown: request.shown.to_owned(), known: readable.join(", "), nearest }
}

/// A sink that keeps everything.
#[derive(Debug, Default)]
pub struct Collected {
    pub records: Vec<Record>,
    /// Why records have no geometry, and everything else that is wrong, in file order.
    pub issues: Vec<Issue>,
}

impl Sink for Collected {
    fn record(&mut self, _: &[Field], record: Record, trouble: Option<Issue>) {
        self.records.push(record);
        self.issues.extend(trouble);
    }

    fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }
}

/// Reads a whole layer into memory.
/// # Errors
/// As [`read`].
pub fn read_all(request: &ReadRequest<'_>) -> Result<(LayerInfo, Collected), ReadError> {
    let mut sink = Collected::default();
    let info = read(request, &mut sink)?;
    Ok((info, sink))
}
