//! OpenStreetMap extracts (.osm.pbf, .osm): administrative boundaries, places, public transport routes, buildings, streets and what bars them, each a layer.

mod block;
mod boundaries;
mod buildings;
mod extract;
mod hindrances;
mod places;
mod rings;
mod routes;
mod streets;
mod text;

use geo_types::Geometry;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::osm::extract::Tags;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::read::chosen;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Record;
use crate::table::Value;

/// The name of the layer of administrative boundaries.
pub const BOUNDARIES: &str = "boundaries";
/// The name of the layer of facilities, stops and other places.
pub const PLACES: &str = "places";
/// The name of the layer of stops of public transport routes, one row a call.
pub const ROUTES: &str = "routes";
/// The name of the layer of buildings.
pub const BUILDINGS: &str = "buildings";

/// The name of the layer of streets and paths.
pub const STREETS: &str = "streets";

/// The name of the layer of what streets can be barred by.
pub const BARRIERS: &str = "barriers";
/// Tags of a barrier, or of another point of a street, that become fields as they are: what says who passes it, and its name.
pub const BARRIER_TAGS: [&str; 17] = [
    "barrier",
    "name",
    "access",
    "foot",
    "bicycle",
    "vehicle",
    "motor_vehicle",
    "motorcar",
    "highway",
    "crossing",
    "bollard",
    "access:conditional",
    "foot:conditional",
    "bicycle:conditional",
    "vehicle:conditional",
    "motor_vehicle:conditional",
    "motorcar:conditional",
];
/// The name of the layer of turns that are restricted.
pub const TURNS: &str = "turns";

const LAYERS: [&str; 7] = [BOUNDARIES, PLACES, ROUTES, BUILDINGS, STREETS, BARRIERS, TURNS];

/// The layers of an extract: always the same seven, whether or not they hold anything.
/// # Errors
/// None so far; the file is not looked at.
pub(super) fn layers(_: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    Ok(LAYERS.iter().map(|name| (*name).to_owned()).collect())
}

/// Reads a layer of an extract. Coordinates are degrees of WGS 84.
///
/// Objects that the extract cuts (a boundary with a missing way, a stop outside) are no records: they are counted in issues
/// `outside-extract`. Memory holds what the layer is made of, not the file.
/// # Errors
/// [`ReadError::Layer`] when no layer is named; [`ReadError::Open`]; [`ReadError::Content`] for a file that is no extract or is damaged.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let names = layers(request)?;
    let layer = LAYERS[chosen(request, &names, &[])?];
    let mut out = Out { request, sink, fields: Vec::new(), records: 0 };
    match layer {
        BOUNDARIES => boundaries::read(&mut out)?,
        PLACES => places::read(&mut out)?,
        ROUTES => routes::read(&mut out)?,
        STREETS => streets::read(&mut out)?,
        BARRIERS => hindrances::barriers(&mut out)?,
        TURNS => hindrances::turns(&mut out)?,
        _ => buildings::read(&mut out)?,
    }
    Ok(LayerInfo {
        driver: "OpenStreetMap",
        layer: Some(layer.to_owned()),
        fields: out.fields,
        records: out.records,
        crs: DeclaredCrs::ByFormat("EPSG:4326".to_owned()),
        encoding: "UTF-8",
    })
}

/// Where a layer goes: its records are numbered in the order in which they come.
struct Out<'o> {
    request: &'o ReadRequest<'o>,
    sink: &'o mut dyn Sink,
    fields: Vec<Field>,
    records: u64,
}

impl Out<'_> {
    fn open(&mut self, fields: &[(&str, FieldKind)]) {
        let field = |(name, kind): &(&str, FieldKind)| Field {
            name: (*name).to_owned(),
            title: Text::default(),
            kind: *kind,
            choices: Vec::new(),
        };
        self.fields = fields.iter().map(field).collect();
    }

    fn record(&mut self, geometry: Result<Geometry<f64>, (&'static str, String)>, id: &str, values: Vec<Value>) {
        self.records += 1;
        let number = self.records;
        let (geometry, trouble) = match geometry {
            Ok(geometry) => (Some(geometry), None),
            Err((code, what)) => {
                let issue = Issue::new(Severity::Error, code, self.request.shown, what);
                (None, Some(issue.at_record(number).with_id(id)))
            }
        };
        self.sink.record(&self.fields, Record { number, geometry, values }, trouble);
    }

    fn issue(&mut self, severity: Severity, code: &'static str, id: &str, what: String) {
        self.sink.issue(Issue::new(severity, code, self.request.shown, what).with_id(id));
    }
}

/// The value of a tag.
fn tag(tags: &Tags, key: &str) -> Value {
    tags.get(key).map_or(Value::Null, Value::from)
}

/// The value of a tag that is meant as a number; words stay out.
fn number(tags: &Tags, key: &str) -> Value {
    Value::from(tags.get(key).and_then(|text| text.trim().parse::<f64>().ok()))
}

/// How an object is called in messages, whose id stands beside them: its name, or else the id.
fn called<'t>(tags: &'t Tags, id: &'t str) -> &'t str {
    tags.get("name").unwrap_or(id)
}
