//! What is in a file: its form, the CRS it names and what its numbers look like, fields, extent, problems.

pub mod against;
mod ground;
pub mod mending;
mod page;
pub mod raster;
mod reference;
pub mod sides;
mod survey;
pub mod timetable;
mod wide;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::app::inspect::against::Against;
use crate::app::inspect::ground::Ground;
use crate::app::inspect::reference::Reference;
use crate::app::inspect::sides::Sides;
use crate::app::inspect::survey::Survey;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::io::atomic::WriteError;
use crate::io::datum::Datum;
use crate::io::numbers::Form;
use crate::io::peek;
use crate::io::read;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::reproject::CrsError;
use crate::table::FieldKind;

pub use crate::app::inspect::page::render;

/// How a file is looked at; everything that is `None` is found out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// A file to compare with, whose CRS and datum are right.
    pub against: Option<&'a Path>,
    /// CRS to take the coordinates in.
    pub crs: Option<&'a str>,
    /// Datum to take degrees in.
    pub datum: Option<Datum>,
    /// Column of the longitude or easting.
    pub x: Option<&'a str>,
    /// Column of the latitude or northing.
    pub y: Option<&'a str>,
    /// Column of a geometry in well-known text.
    pub wkt: Option<&'a str>,
    /// Text encoding.
    pub encoding: Option<&'a str>,
    /// Layer, table or sheet, of formats that hold several.
    pub layer: Option<&'a str>,
    /// Whether what lies between areas is wanted as layers too.
    pub layers: bool,
}

/// Why a file can not be inspected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The file, or the one it is compared with, can not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The CRS that was asked for, or that of the file compared with, can not be used.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// One of several layers can not be looked at.
    #[error("layer \"{layer}\": {source}")]
    Layer { layer: String, source: Box<InspectError> },
    /// Layers are wanted of none or of several layers of areas.
    #[error("{what}")]
    NoLayers { what: String },
    /// The layers can not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The file compared with does not say what its coordinates are.
    #[error("\"{shown}\" does not say in which CRS it is; compare with a file that does, e.g. GeoJSON")]
    ReferenceWithoutCrs { shown: String },
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// As it was named.
    pub path: String,
    /// Of formats that hold several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    pub driver: &'static str,
    pub bytes: u64,
    pub encoding: &'static str,
    pub records: u64,
    pub crs: CrsFinding,
    pub geometry: GeometryFinding,
    pub fields: Vec<FieldFinding>,
    /// The field that holds the records' own codes, by its name and its values.
    pub code_field: Option<String>,
    /// The field that holds the records' names.
    pub name_field: Option<String>,
    pub problems: Problems,
    /// Overlaps and gaps between areas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sides: Option<Sides>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
}

/// Who says in which CRS a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SaidBy {
    /// The one who inspects.
    Option,
    /// The file itself.
    File,
    /// The standard of its format.
    Format,
    Nobody,
}

/// The CRS that a file names, and what its numbers look like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrsFinding {
    pub said_by: SaidBy,
    /// As it is written, e.g. `EPSG:4490`.
    pub said: Option<String>,
    /// Its own name.
    pub name: Option<String>,
    /// Its EPSG code, also where it is written as WKT without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epsg: Option<u32>,
    /// The datum that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datum: Option<Datum>,
    /// What the numbers look like by their size: the form of most of the sampled vertices; `None` without a geometry.
    pub looks_like: Option<Form>,
    /// How many of every hundred sampled vertices have that form.
    pub looks_like_percent: f64,
    /// EPSG codes that fit the numbers, where the CRS is not said or can not be meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<u32>,
    /// West, south, east, north in the file's own numbers.
    pub extent: Option<[f64; 4]>,
    /// West, south, east, north in degrees, by the CRS that is said.
    pub degrees: Option<[f64; 4]>,
    /// Why the CRS that is said can not be meant.
    pub doubt: Option<String>,
}

/// Which geometries there are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GeometryFinding {
    /// Records by the kind of their geometry, e.g. `MultiPolygon`.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Records without a usable geometry.
    pub without: u64,
    pub vertices: u64,
    /// `Z`, `M` or `ZM`: heights and measures that the file has and that are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<&'static str>,
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// No value at all.
    Empty,
    YesNo,
    WholeNumber,
    Number,
    /// Digits that are no quantity: with zeros in front, or 6, 9 or 12 of them as administrative codes have.
    Code,
    Text,
}

/// One field and what its values look like, whatever the file calls its type.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldFinding {
    pub name: String,
    pub kind: Kind,
    /// The type that the file says, of formats whose fields have types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Kind>,
    pub nulls: u64,
    /// Different values.
    pub distinct: u64,
    /// There are more; counting was stopped.
    pub distinct_at_least: bool,
    /// Least and greatest, of numbers.
    pub range: Option<[f64; 2]>,
    /// The first five different values, long ones cut.
    pub samples: Vec<String>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Problems {
    /// How often, by kind of trouble.
    pub counts: BTreeMap<&'static str, u64>,
    /// Those of each kind, at most 10,000, in file order.
    pub first: Vec<Issue>,
}

/// Looks at every layer of a file, or at the one that the options name.
/// # Errors
/// As [`inspect`]; that of the first layer that can not be looked at.
pub fn inspect_all(path: &Path, options: &Options<'_>) -> Result<Vec<Inspection>, InspectError> {
    inspect_each(path, options)?.into_iter().collect()
}

/// The same, layer by layer: one that can not be looked at, as there is in most databases, takes nothing from the others.
/// # Errors
/// As [`inspect`] where the layers can not be listed, or the only one can not be looked at; else [`InspectError::Layer`] for each.
pub fn inspect_each(path: &Path, options: &Options<'_>) -> Result<Vec<Result<Inspection, InspectError>>, InspectError> {
    let _kept = read::Kept::begin();
    let shown = read::shown(path);
    let layers = match options.layer {
        Some(_) => Vec::new(),
        None => read::layers(&request(path, &shown, options))?,
    };
    match &layers[..] {
        [] => inspect(path, options).map(|only| vec![Ok(only)]),
        [only] => inspect(path, &Options { layer: Some(only), ..*options }).map(|only| vec![Ok(only)]),
        several => {
            let look = |layer: &String| {
                inspect(path, &Options { layer: Some(layer), ..*options })
                    .map_err(|source| InspectError::Layer { layer: layer.clone(), source: Box::new(source) })
            };
            Ok(several.iter().map(look).collect())
        }
    }
}

fn request<'a>(path: &'a Path, shown: &'a str, options: &Options<'a>) -> ReadRequest<'a> {
    ReadRequest {
        path,
        shown,
        x: options.x,
        y: options.y,
        wkt: options.wkt,
        encoding: options.encoding,
        layer: options.layer,
        bbox: None,
    }
}

/// The findings with the types that the file says.
fn declared(mut findings: Vec<FieldFinding>, info: &LayerInfo) -> Vec<FieldFinding> {
    const TYPED: [&str; 6] = ["GeoPackage", "FlatGeobuf", "GeoParquet", "PostGIS", "Shapefile", "dBASE"];
    if TYPED.contains(&info.driver) {
        for (finding, field) in findings.iter_mut().zip(&info.fields) {
            finding.declared = Some(match field.kind {
                FieldKind::Bool => Kind::YesNo,
                FieldKind::Int => Kind::WholeNumber,
                FieldKind::Real => Kind::Number,
                FieldKind::Text => Kind::Text,
            });
        }
    }
    findings
}

/// Looks at a file of one layer, or at the layer that the options name; memory is bounded but for the hashes by which repeated
/// geometries are found.
/// # Errors
/// [`InspectError::Read`] when the file or the one to compare with can not be read, [`InspectError::Crs`] when the CRS that was
/// asked for is not known. A CRS that the file itself names and nobody knows is a finding.
pub fn inspect(path: &Path, options: &Options<'_>) -> Result<Inspection, InspectError> {
    let shown = read::shown(path);
    let request = request(path, &shown, options);
    let mut survey = Survey::new(&shown);
    let info = read::read(&request, &mut survey)?;
    if survey.is_without_places()
        && let Some(what) = read::no_columns_of_places(&request, &info.fields)
    {
        survey.note(Issue::new(Severity::Note, "no-coordinates", &shown, what));
    }
    let reference = options.against.map(Reference::read).transpose()?;
    let near = reference.as_ref().and_then(Reference::centre);
    let ground = Ground::of(&survey, &info.crs, options, near)?;
    let against = reference.map(|reference| against::compare(&survey, &ground, &reference));
    let mut too_wide = None;
    let sides = sides::of(&survey, &ground, options, &mut too_wide);
    too_wide.into_iter().for_each(|issue| survey.issue(issue));
    Ok(Inspection {
        bytes: fs::metadata(path).map(|file| file.len()).unwrap_or(0),
        layer: info.layer.clone(),
        driver: info.driver,
        encoding: info.encoding,
        records: info.records,
        crs: ground.finding,
        geometry: GeometryFinding { left_out: peek::left_out(path, info.layer.as_deref()), ..survey.geometry() },
        fields: declared(survey.field_findings(), &info),
        code_field: survey.code_field(),
        name_field: survey.name_field(),
        problems: survey.problems(),
        sides,
        against,
        path: shown,
    })
}
