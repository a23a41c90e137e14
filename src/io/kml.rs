//! KML (OGC 12-007r2): the placemarks of a document with their extended data. A `.kmz` is unpacked first.

use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Read;

use encoding_rs::Encoding;
use encoding_rs::UTF_8;
use geo_types::Coord;
use quick_xml::Reader;
use quick_xml::events::BytesStart;
use quick_xml::events::Event;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::encoding;
use crate::io::encoding::Utf8;
use crate::io::parts;
use crate::io::parts::Found;
use crate::io::parts::Made;
use crate::io::parts::Raw;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Record;
use crate::table::Value;

/// Elements within each other, beyond which a document is taken for an attack.
const DEEPEST: usize = 200;

/// Reads all placemarks, in document order; memory is bounded by the largest one.
///
/// Fields are `name`, `description`, `folder` (names of the folders around it, with `/` between), and those of `ExtendedData` as they
/// first appear; all are texts. Several geometries of one kind become one of many parts; heights are left out.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Header`] for an encoding that is not known, [`ReadError::Content`] for a document that is no KML
/// or breaks off.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let not_open = |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
    let encoding = match request.encoding {
        Some(name) => {
            encoding::by_name(name).map_err(|what| ReadError::Header { shown: request.shown.to_owned(), what })?
        }
        None => declared(File::open(request.path).map_err(not_open)?).map_err(not_open)?,
    };
    let file = File::open(request.path).map_err(not_open)?;
    let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 16, Utf8::new(file, encoding)));
    let mut document = Document::default();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let broken = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
        let position = reader.buffer_position();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|error| broken(format!("is no sound KML, near byte {position}: {error}")))?;
        match event {
            Event::Start(element) => document.start(&element).map_err(broken)?,
            Event::Empty(element) => {
                document.start(&element).map_err(broken)?;
                document.end(request, sink);
            }
            Event::End(_) => document.end(request, sink),
            Event::Text(text) => document.text.push_str(&text.xml10_content()),
            Event::CData(text) => document.text.push_str(&text.xml10_content()),
            Event::GeneralRef(name) => document.text.push_str(&entity(&name)),
            Event::Eof if !document.open.is_empty() => {
                return Err(broken("the document breaks off: elements are open at its end".to_owned()));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !document.is_kml {
        return Err(ReadError::Content {
            shown: request.shown.to_owned(),
            what: "is no KML: its outermost element is not kml".to_owned(),
        });
    }
    Ok(LayerInfo {
        driver: "KML",
        layer: None,
        fields: document.fields,
        records: document.records,
        crs: DeclaredCrs::ByFormat("EPSG:4326".to_owned()),
        encoding: encoding::title(encoding),
    })
}

/// The encoding that the first line of an XML document names; UTF-8 where it names none.
fn declared(file: File) -> io::Result<&'static Encoding> {
    let mut head = Vec::new();
    file.take(200).read_to_end(&mut head)?;
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let line = head.split("?>").next().unwrap_or_default();
    let name = line.split("encoding=").nth(1).map(|rest| rest.trim_start_matches(['"', '\'']));
    let name = name.and_then(|rest| rest.split(['"', '\'']).next());
    Ok(name.and_then(|name| encoding::by_name(name).ok()).unwrap_or(UTF_8))
}

/// What an entity stands for; one that XML does not know stays as it is.
fn entity(name: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = name.resolve_char_ref() {
        return character.to_string();
    }
    match &name.xml10_content()[..] {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        other => format!("&{other};"),
    }
}

/// What has been read so far.
#[derive(Default)]
struct Document {
    is_kml: bool,
    /// Local names of the open elements, outermost first.
    open: Vec<String>,
    text: String,
    /// Names of the open folders, empty where they have none yet.
    folders: Vec<String>,
    fields: Vec<Field>,
    records: u64,
    placemark: Option<Placemark>,
    /// The field that a `Data` or `SimpleData` element fills.
    data: Option<String>,
}

/// The placemark at hand.
#[derive(Default)]
struct Placemark {
    values: Vec<Value>,
    /// What it is made of.
    parts: Vec<Raw>,
    /// The outer ring of the polygon at hand, and its holes.
    shell: Option<Vec<Coord<f64>>>,
    holes: Vec<Vec<Coord<f64>>>,
    /// The first thing that is wrong with the polygon at hand.
    trouble: Option<String>,
}

impl Document {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        let name = element.local_name().as_ref().to_owned();
        if self.open.len() >= DEEPEST {
            return Err(format!("has more than {DEEPEST} elements within each other"));
        }
        match name.as_str() {
            "kml" if self.open.is_empty() => self.is_kml = true,
            "Folder" => self.folders.push(String::new()),
            "Placemark" => self.placemark = Some(Placemark::default()),
            "Polygon" => {
                if let Some(placemark) = &mut self.placemark {
                    (placemark.shell, placemark.holes, placemark.trouble) = (None, Vec::new(), None);
                }
            }
            "Data" | "SimpleData" => {
                let named = element.try_get_attribute("name").map_err(|error| error.to_string())?;
                self.data = named.map(|name| {
                    name.normalized_value(quick_xml::XmlVersion::Implicit1_0)
                        .map(|name| name.into_owned())
                        .unwrap_or_default()
                });
            }
            _ => {}
        }
        self.open.push(name);
        self.text.clear();
        Ok(())
    }

    fn end(&mut self, request: &ReadRequest<'_>, sink: &mut dyn Sink) {
        let Some(name) = self.open.pop() else { return };
        let within = self.open.last().map(String::as_str).unwrap_or_default();
        let text = std::mem::take(&mut self.text);
        match (name.as_str(), within) {
            ("name", "Folder") => {
                if let Some(folder) = self.folders.last_mut() {
                    *folder = text.trim().to_owned();
                }
            }
            ("Folder", _) => {
                self.folders.pop();
            }
            ("name" | "description", "Placemark") => self.set(&name, &text),
            ("value", "Data") | ("SimpleData", _) => {
                if let Some(field) = self.data.take_if(|field| !field.is_empty()) {
                    self.set(&field, &text);
                }
            }
            ("coordinates", _) => self.coordinates(&text),
            ("Polygon", _) => {
                if let Some(placemark) = &mut self.placemark {
                    let holes = std::mem::take(&mut placemark.holes);
                    match (placemark.trouble.take(), placemark.shell.take()) {
                        (Some(what), _) => placemark.parts.push(Raw::BrokenArea(what)),
                        (None, Some(shell)) => {
                            placemark.parts.push(Raw::Polygon(std::iter::once(shell).chain(holes).collect()));
                        }
                        (None, None) => {}
                    }
                }
            }
            ("Placemark", _) => self.placemark(request, sink),
            _ => {}
        }
    }

    fn set(&mut self, field: &str, text: &str) {
        let at = self.field(field);
        let Some(placemark) = &mut self.placemark else { return };
        if placemark.values.len() <= at {
            placemark.values.resize(at + 1, Value::Null);
        }
        let text = text.trim();
        placemark.values[at] = if text.is_empty() { Value::Null } else { Value::from(text) };
    }

    /// Position of a field, which is added where it is new.
    fn field(&mut self, name: &str) -> usize {
        self.fields.iter().position(|field| field.name == name).unwrap_or_else(|| {
            self.fields.push(Field {
                name: name.to_owned(),
                title: Text::default(),
                kind: FieldKind::Text,
                choices: Vec::new(),
            });
            self.fields.len() - 1
        })
    }

    /// Takes positions in; which they are is told by the elements around them.
    fn coordinates(&mut self, text: &str) {
        let Some(placemark) = &mut self.placemark else { return };
        let around = |name: &str| self.open.iter().rev().take(3).any(|open| open == name);
        let is_ring = around("outerBoundaryIs") || around("innerBoundaryIs");
        let positions = match positions(text) {
            Ok(positions) => positions,
            Err(what) if is_ring => {
                placemark.trouble.get_or_insert(what);
                return;
            }
            Err(what) => return placemark.parts.push(Raw::Broken(what)),
        };
        match self.open.last().map(String::as_str) {
            Some("Point") if positions.len() == 1 => placemark.parts.push(Raw::Point(positions[0])),
            Some("Point") => placemark.parts.push(Raw::Broken(format!("a point has {} positions", positions.len()))),
            Some("LinearRing") if around("outerBoundaryIs") => placemark.shell = Some(positions),
            Some("LinearRing") if is_ring => placemark.holes.push(positions),
            Some("LineString" | "LinearRing") => placemark.parts.push(Raw::Line(positions)),
            _ => {}
        }
    }

    fn placemark(&mut self, request: &ReadRequest<'_>, sink: &mut dyn Sink) {
        let folder: Vec<&str> = self.folders.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        if !folder.is_empty() {
            let folder = folder.join("/");
            self.set("folder", &folder);
        }
        let Some(placemark) = self.placemark.take() else { return };
        self.records += 1;
        let mut record = Record { number: self.records, geometry: None, values: placemark.values.clone() };
        let issue =
            |code, what: String| Some(Issue::new(Severity::Error, code, request.shown, what).at_record(self.records));
        let trouble = match placemark.geometry() {
            Ok(Found { geometry: None, .. }) => issue("no-geometry", "has no point, line or polygon".to_owned()),
            Ok(Found { geometry, told }) => {
                record.geometry = geometry;
                told.into_iter().for_each(|told| sink.issue(told.issue(request.shown, self.records, None)));
                None
            }
            Err(what) => issue("bad-geometry", what),
        };
        sink.record(&self.fields, record, trouble);
    }
}

impl Placemark {
    fn geometry(mut self) -> Result<Found, String> {
        let raw = if self.parts.len() == 1 { self.parts.remove(0) } else { Raw::Collection(self.parts) };
        parts::found(raw, Made::default())
    }
}

/// Positions of a `coordinates` element: `lon,lat[,height]` with white space between them.
fn positions(text: &str) -> Result<Vec<Coord<f64>>, String> {
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<f64>().ok());
    text.split_whitespace()
        .map(|position| {
            let mut parts = position.split(',');
            match (number(parts.next()), number(parts.next())) {
                (Some(x), Some(y)) => Ok(Coord { x, y }),
                _ => Err(format!("\"{position}\" is no position; write longitude,latitude without a space")),
            }
        })
        .collect()
}
