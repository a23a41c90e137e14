//! What a JSON file is, by its beginning: GeoJSON, another form of features, a table, or something that is no layer.

use std::borrow::Cow;
use std::io::Read;

use encoding_rs::Encoding;
use serde_json::Value as Json;

use crate::io::geojson::opened;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;

/// Bytes that are looked at.
const LOOK: usize = 1 << 18;
/// Bytes of a file that is read whole.
const MOST_BYTES: u64 = 1 << 30;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// GeoJSON, or broken JSON.
    GeoJson,
    /// GeoJSON with a line of script around it.
    Script,
    Topology,
    Esri,
    /// A list of objects.
    Records,
    /// Something else, and what to do with it.
    Refused(String),
}

/// A member at the top of an object: its name, and the beginning of its value.
type Member<'t> = (&'t str, &'t str);

/// What a text is, by its beginning. Whatever can not be told is left to the reader of GeoJSON, which finds out what is wrong.
pub(super) fn look(text: &mut impl Read) -> Content {
    let mut bytes = Vec::new();
    // bytes that can not be read are told by the reader
    if text.take(LOOK as u64).read_to_end(&mut bytes).is_err() {
        return Content::GeoJson;
    }
    let start = match std::str::from_utf8(&bytes) {
        Ok(start) => start,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    };
    of(start)
}

fn of(start: &str) -> Content {
    let start = start.trim_start_matches(['\u{feff}', '\u{1e}']).trim_start();
    match start.as_bytes().first() {
        Some(b'{') => of_object(start),
        Some(b'[') => of_list(start),
        _ if script_start(start).is_some() => Content::Script,
        Some(b'<') => {
            Content::Refused("is XML or a page of HTML, not JSON; a server may have answered with an error".to_owned())
        }
        _ => Content::GeoJson,
    }
}

fn of_object(start: &str) -> Content {
    let members = members(start);
    let find = |name: &str| members.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let kind = find("type").map(|value| value.trim_matches('"'));
    let refuse = |what: &str| Content::Refused(what.to_owned());
    if matches!(kind, Some("Topology")) || (kind.is_none() && find("arcs").is_some() && find("objects").is_some()) {
        return Content::Topology;
    }
    let is_esri_geometry = |value: &str| {
        ["\"rings\"", "\"paths\"", "\"x\"", "\"points\"", "\"curve"].iter().any(|word| value.contains(word))
    };
    if kind.is_none() {
        let says_esri = [
            "geometryType",
            "fieldAliases",
            "spatialReference",
            "displayFieldName",
            "exceededTransferLimit",
            "objectIdFieldName",
        ];
        if find("features").is_some() && says_esri.iter().any(|name| find(name).is_some())
            || find("features").is_some_and(|value| value.contains("\"attributes\""))
            || find("attributes").is_some_and(|value| value.starts_with('{'))
                && find("geometry").is_some_and(is_esri_geometry)
        {
            return Content::Esri;
        }
        if find("rings").is_some() || find("paths").is_some() && find("spatialReference").is_some() {
            return Content::Esri;
        }
        if find("error").is_some_and(|value| value.starts_with('{')) && find("features").is_none() {
            return refuse("is the answer of a server that an error occurred, and no data; ask the server again");
        }
        if find("layers").is_some() && (find("currentVersion").is_some() || find("capabilities").is_some()) {
            return refuse(
                "describes a service of ArcGIS and holds no features; ask a layer: …/0/query?where=1=1&outFields=*&f=geojson",
            );
        }
        if find("elements").is_some()
            && (find("osm3s").is_some() || find("generator").is_some() || find("version").is_some())
        {
            return refuse(
                "is OpenStreetMap in JSON, as Overpass answers; ask with [out:xml] and save it as .osm, or make GeoJSON of it with osmtogeojson",
            );
        }
    }
    if kind == Some("CityJSON") || find("CityObjects").is_some() {
        return refuse("is CityJSON, which is not read; export the footprints as GeoJSON or GeoPackage");
    }
    if find("stac_version").is_some() {
        return refuse("is a STAC catalogue, which describes data and holds none; download an asset of it");
    }
    let is_list = |value: &str| value.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{'));
    let is_known =
        kind.is_some_and(|kind| kind == "Feature" || kind == "FeatureCollection" || kind == "GeometryCollection");
    if !is_known
        && find("coordinates").is_none()
        && find("features").is_none()
        && members.iter().filter(|(_, value)| is_list(value)).count() == 1
    {
        return Content::Records;
    }
    // objects one a line that are no features are records too
    let is_flat = kind.is_none() && members.len() > 1 && find("geometry").is_none() && find("features").is_none();
    let lines: Vec<&str> = start.lines().map(str::trim).filter(|line| !line.is_empty()).take(3).collect();
    let is_object = |line: &&str| line.starts_with('{') && line.ends_with('}');
    if is_flat && find("coordinates").is_none() && lines.len() > 1 && lines.iter().take(2).all(is_object) {
        return Content::Records;
    }
    Content::GeoJson
}

fn of_list(start: &str) -> Content {
    let inner = start[1..].trim_start();
    match inner.as_bytes().first() {
        Some(b'{' | b']') => Content::Records,
        Some(b'[') => Content::Refused(
            "is a list of lists, with no names for its columns; save it as .csv with a header, or as a list of objects"
                .to_owned(),
        ),
        _ => Content::Refused("is a list of single values, and no records".to_owned()),
    }
}

/// The members at the top of the first object, as far as they begin within the text; of each value the first 2000 characters.
fn members(text: &str) -> Vec<Member<'_>> {
    let bytes = text.as_bytes();
    let (mut found, mut depth, mut at) = (Vec::new(), 0usize, 0usize);
    let (mut key, mut is_value) = ("", false);
    let cut = |from: usize| {
        let mut end = (from + 2000).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        &text[from..end]
    };
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let from = at + 1;
                at = from;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                if depth == 1 && at <= bytes.len() {
                    match is_value {
                        false => key = text.get(from..at).unwrap_or_default(),
                        true => {
                            found.push((key, text.get(from - 1..(at + 1).min(text.len())).unwrap_or_default()));
                            is_value = false;
                            key = "";
                        }
                    }
                }
            }
            b':' if depth == 1 && !is_value => {
                is_value = true;
                let from = at + 1 + text[at + 1..].len() - text[at + 1..].trim_start().len();
                if !text[from..].starts_with('"') {
                    found.push((key, cut(from)));
                    is_value = false;
                    key = "";
                }
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return found;
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Where the object or list of a script begins: behind `var x =`, `callback(`, `export default`, `)]}'`.
fn script_start(text: &str) -> Option<usize> {
    let at = text.find(['{', '['])?;
    let before = text[..at].trim_end();
    let is_guard = before.starts_with(")]}'") || before == "while(1);" || before == "for(;;);";
    let is_prefix = before.ends_with(['=', '(']) || before.ends_with("default");
    let is_word = |c: char| c.is_alphanumeric() || "_$.=( \t\n\r;/*'\"-,".contains(c);
    let is_named = before.chars().next().is_some_and(|c| c.is_alphabetic() || "_$/;(".contains(c));
    (is_guard || (is_prefix && is_named && at < 4096 && before.chars().all(is_word))).then_some(at)
}

/// What a script holds between its first bracket and the last one of the same kind.
pub(super) fn within_script(text: &str) -> String {
    let Some(from) = script_start(text.trim_start_matches('\u{feff}').trim_start()) else { return text.to_owned() };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let close = if text[from..].starts_with('{') { '}' } else { ']' };
    let to = text.rfind(close).map_or(text.len(), |at| at + 1);
    text.get(from..to).unwrap_or_default().to_owned()
}

/// The whole text of a file.
/// # Errors
/// [`ReadError::Open`]; [`ReadError::Content`] for one that is larger than 1 GiB, or bytes that do not belong to the encoding.
pub(super) fn whole(request: &ReadRequest<'_>, encoding: &'static Encoding) -> Result<String, ReadError> {
    let content = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
    let mut text = String::new();
    let read = opened(request, encoding)?.take(MOST_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| content(error.to_string()))?;
    if text.len() as u64 > MOST_BYTES {
        return Err(content(format!("has more than {} MB; save it as GeoJSON, GeoPackage or CSV", MOST_BYTES >> 20)));
    }
    Ok(text)
}

/// A value with all NaN and infinities as null.
/// # Errors
/// [`ReadError::Broken`] with line and column.
pub(super) fn parsed(request: &ReadRequest<'_>, text: &str) -> Result<(Json, u64), ReadError> {
    let mended = without_nan(text.as_bytes());
    let (bytes, count) =
        mended.map_or((Cow::Borrowed(text.as_bytes()), 0), |(bytes, count)| (Cow::Owned(bytes), count));
    let json = serde_json::from_slice(&bytes).map_err(|error| ReadError::Broken {
        shown: request.shown.to_owned(),
        line: error.line() as u64,
        column: error.column() as u64,
        what: super::without_position(&error),
    })?;
    Ok((json, count))
}

/// The text with each `NaN`, `Infinity` and `-Infinity` outside quotes as `null`, and how many there are; `None` without any.
pub(super) fn without_nan(text: &[u8]) -> Option<(Vec<u8>, u64)> {
    memchr::memmem::find(text, b"NaN").or_else(|| memchr::memmem::find(text, b"Infinity"))?;
    let (mut out, mut count, mut at) = (Vec::with_capacity(text.len()), 0, 0);
    let mut in_text = false;
    while at < text.len() {
        let byte = text[at];
        if in_text {
            if byte == b'\\' {
                out.push(byte);
                at += 1;
            } else if byte == b'"' {
                in_text = false;
            }
            if let Some(byte) = text.get(at) {
                out.push(*byte);
            }
            at += 1;
            continue;
        }
        let rest = &text[at..];
        let word = [&b"-Infinity"[..], b"Infinity", b"-NaN", b"NaN"].into_iter().find(|word| rest.starts_with(word));
        match word {
            Some(word) => {
                out.extend_from_slice(b"null");
                count += 1;
                at += word.len();
            }
            None => {
                in_text = byte == b'"';
                out.push(byte);
                at += 1;
            }
        }
    }
    (count > 0).then_some((out, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_its_content() {
        let refused = |text: &str| matches!(of(text), Content::Refused(_));
        for (text, want) in [
            (r#"{"type":"FeatureCollection","features":[{"a":1}]}"#, Content::GeoJson),
            (r#"{"features":[{"type":"Feature"}],"crs":null,"type":"FeatureCollection"}"#, Content::GeoJson),
            (r#"{"type":"Feature","properties":{"arcs":1},"geometry":null}"#, Content::GeoJson),
            (r#"{"type":"Polygon","coordinates":[]}"#, Content::GeoJson),
            (r#"{"arcs":[],"type":"Topology"}"#, Content::Topology),
            (r#"{"geometryType":"esriGeometryPoint","features":[]}"#, Content::Esri),
            (r#"{"features":[{"attributes":{"a":1},"geometry":{"x":1,"y":2}}]}"#, Content::Esri),
            (r#"[{"a":1}]"#, Content::Records),
            (r#"{"status":1,"data":[{"a":1}]}"#, Content::Records),
            ("{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":4}\n", Content::Records),
            ("var x = {\"type\":\"FeatureCollection\"};", Content::Script),
            ("cb({\"type\":\"FeatureCollection\"})", Content::Script),
            ("export default {\"type\":1}", Content::Script),
            ("7", Content::GeoJson),
            ("", Content::GeoJson),
        ] {
            assert_eq!(of(text), want, "{text}");
        }
        for text in [
            r#"{"version":0.6,"osm3s":{},"elements":[{"type":"node"}]}"#,
            r#"{"error":{"code":400}}"#,
            "[[1,2]]",
            "[1]",
            "<html>",
            r#"{"type":"CityJSON","CityObjects":{}}"#,
        ] {
            assert!(refused(text), "{text}: {:?}", of(text));
        }
        assert_eq!(within_script("var x = {\"a\":[1]};\n"), "{\"a\":[1]}");
        assert_eq!(within_script("/**/cb([{\"a\":1}]);"), "[{\"a\":1}]");
    }

    #[test]
    fn numbers_that_json_does_not_have_are_null_outside_texts() {
        let (text, count) = without_nan(br#"{"a":NaN,"b":"NaN \" NaN","c":[-Infinity,Infinity]}"#).unwrap();
        assert_eq!(std::str::from_utf8(&text).unwrap(), r#"{"a":null,"b":"NaN \" NaN","c":[null,null]}"#);
        assert_eq!(count, 3);
        assert!(without_nan(br#"{"a":"NaN"}"#).is_none());
    }
}
