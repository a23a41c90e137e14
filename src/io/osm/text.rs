//! OpenStreetMap XML (.osm): what JOSM, the website's export, Overpass and `osmium cat` write.

use std::fs::File;
use std::io::BufReader;

use encoding_rs::UTF_8;
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;
use quick_xml::events::Event;

use crate::io::encoding::Utf8;
use crate::io::osm::block::Elements;
use crate::io::osm::extract::Kind;
use crate::io::osm::extract::Member;
use crate::io::osm::extract::Relation;
use crate::io::osm::extract::Tags;
use crate::io::osm::extract::Way;

/// Elements that are handed over at a time.
const BATCH: usize = 8192;

/// Elements within each other, beyond which a document is no extract.
const DEEPEST: usize = 16;

/// What an element that is open has said so far.
#[derive(Default)]
struct Open {
    kind: Option<Kind>,
    id: i64,
    at: Option<[f64; 2]>,
    /// Deleted, in an editor or long ago: not there.
    is_gone: bool,
    tags: Vec<(String, String)>,
    nodes: Vec<i64>,
    members: Vec<Member>,
}

struct Document<'t> {
    take: &'t mut dyn FnMut(&Elements),
    elements: Elements,
    open: Option<Open>,
    depth: usize,
    is_osm: bool,
    /// Kind and id of the element before: a second version of it follows in a file with history.
    before: Option<(Kind, i64)>,
}

/// Reads a file to its end; hands over its elements in parts, in the order of the file.
/// # Errors
/// What is wrong with the file, as a sentence without its subject.
pub(super) fn read(file: File, take: &mut dyn FnMut(&Elements)) -> Result<(), String> {
    let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 16, Utf8::new(file, UTF_8)));
    let mut document =
        Document { take, elements: Elements::default(), open: None, depth: 0, is_osm: false, before: None };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let position = reader.buffer_position();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|error| format!("is no sound XML, near byte {position}: {error}"))?;
        let near = |what: String| format!("{what} (near byte {position})");
        match event {
            Event::Start(element) => document.start(&element).map_err(near)?,
            Event::Empty(element) => {
                document.start(&element).map_err(near)?;
                document.end().map_err(near)?;
            }
            Event::End(_) => document.end().map_err(near)?,
            Event::Eof if document.depth > 0 => return Err("breaks off: elements are open at its end".to_owned()),
            Event::Eof if !document.is_osm => return Err("is no OpenStreetMap XML: it has no element osm".to_owned()),
            Event::Eof => break,
            _ => {}
        }
    }
    document.hand_over();
    Ok(())
}

/// The value of an attribute; `None` where the element does not have it.
fn value(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let Some(found) = element.try_get_attribute(name).map_err(|error| error.to_string())? else { return Ok(None) };
    let text = found.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
    Ok(Some(text.into_owned()))
}

fn number(element: &BytesStart<'_>, name: &str) -> Result<i64, String> {
    let tag = element.local_name();
    let tag = tag.as_ref().to_owned();
    let text = value(element, name)?.ok_or_else(|| format!("has an element {tag} without {name}"))?;
    text.trim()
        .parse()
        .map_err(|_| format!("has an element {tag} with {name} = \"{text}\", which is not a whole number"))
}

/// Degrees of an element with `lat` and `lon`; `None` where it has none, or they are no place on the earth.
fn place(element: &BytesStart<'_>) -> Result<Option<[f64; 2]>, String> {
    let degrees = |name: &str, most: f64| -> Result<Option<f64>, String> {
        let number = value(element, name)?.and_then(|text| text.trim().parse::<f64>().ok());
        Ok(number.filter(|degrees| degrees.abs() <= most))
    };
    Ok(degrees("lon", 180.0)?.zip(degrees("lat", 90.0)?).map(|(lon, lat)| [lon, lat]))
}

impl Document<'_> {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("is no OpenStreetMap XML: elements stand more than {DEEPEST} deep in each other"));
        }
        let name = element.local_name();
        let name = name.as_ref();
        if self.depth == 1 {
            return self.root(name);
        }
        let kind = match name {
            "node" => Some(Kind::Node),
            "way" => Some(Kind::Way),
            "relation" => Some(Kind::Relation),
            _ => None,
        };
        if let (2, Some(kind)) = (self.depth, kind) {
            let id = number(element, "id")?;
            if self.before.replace((kind, id)) == Some((kind, id)) {
                return Err(format!("holds several versions of {}; take an extract of one day", kind.id(id)));
            }
            let is_gone = value(element, "action")?.as_deref() == Some("delete")
                || value(element, "visible")?.as_deref() == Some("false");
            let at = if kind == Kind::Node { place(element)? } else { None };
            self.open = Some(Open { kind: Some(kind), id, at, is_gone, ..Open::default() });
            return Ok(());
        }
        let Some(open) = self.open.as_mut().filter(|_| self.depth == 3) else { return Ok(()) };
        match name {
            "tag" => {
                if let (Some(key), Some(text)) = (value(element, "k")?, value(element, "v")?) {
                    open.tags.push((key, text));
                }
            }
            "nd" => {
                let node = number(element, "ref")?;
                open.nodes.push(node);
                if let Some(at) = place(element)? {
                    self.elements.places.push((node, at));
                }
            }
            "member" => {
                let kind = match value(element, "type")?.as_deref() {
                    Some("node") => Kind::Node,
                    Some("way") => Kind::Way,
                    _ => Kind::Relation,
                };
                let role = value(element, "role")?.unwrap_or_default();
                open.members.push(Member { kind, id: number(element, "ref")?, role });
            }
            _ => {}
        }
        Ok(())
    }

    fn root(&mut self, name: &str) -> Result<(), String> {
        match name {
            "osm" => {
                self.is_osm = true;
                Ok(())
            }
            "osmChange" => Err("is a file of changes; put them into an extract first: osmium apply-changes".to_owned()),
            other => Err(format!("is no OpenStreetMap XML: its outermost element is {other}, not osm")),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        self.depth = self.depth.saturating_sub(1);
        if self.depth != 1 {
            return Ok(());
        }
        let Some(open) = self.open.take().filter(|open| !open.is_gone) else { return Ok(()) };
        let tags = Tags::from_pairs(open.tags);
        match open.kind {
            Some(Kind::Node) => self.elements.nodes.extend(open.at.map(|at| (open.id, tags, at))),
            Some(Kind::Way) => self.elements.ways.push(Way { id: open.id, tags, nodes: open.nodes }),
            Some(Kind::Relation) => {
                self.elements.relations.push(Relation { id: open.id, tags, members: open.members });
            }
            None => {}
        }
        if self.elements.len() >= BATCH {
            self.hand_over();
        }
        Ok(())
    }

    fn hand_over(&mut self) {
        (self.take)(&self.elements);
        self.elements = Elements::default();
    }
}
