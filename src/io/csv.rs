//! Tables in text: CSV with commas, semicolons or tabs; places in two columns or in a well-known-text column.

use std::fs::File;
use std::io::BufReader;
use std::io::Read;

use encoding_rs::Encoding;
use encoding_rs::GB18030;
use encoding_rs::UTF_8;
use geo_types::Geometry;
use geo_types::Point;
use wkt::TryFromWkt;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Record;
use crate::table::Value;
use crate::table::half_width;

/// Usual names of columns that hold a place, in lower case.
const X_NAMES: [&str; 8] = ["lon", "lng", "long", "longitude", "x", "经度", "easting", "东坐标"];
const Y_NAMES: [&str; 7] = ["lat", "latitude", "y", "纬度", "northing", "北坐标", "latitud"];
const WKT_NAMES: [&str; 4] = ["wkt", "geometry", "geom", "the_geom"];

/// Where a record's place stands.
enum PlaceColumns {
    None,
    Xy(usize, usize),
    Wkt(usize),
}

/// Reads a table to its end. All values are texts as they stand; an empty cell is null. Streamed.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Header`] for a header that is empty, names a column twice or lacks a column that was asked
/// for, and [`ReadError::Broken`] for text that is in no encoding that is understood.
pub fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let (encoding, delimiter) = examine(request)?;
    if encoding == GB18030 && request.encoding.is_none() {
        sink.issue(Issue::new(
            Severity::Note,
            "encoding-detected",
            request.shown,
            "is not UTF-8; read as GB18030 (write encoding = \"GB18030\" to say so)",
        ));
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(BufReader::with_capacity(1 << 16, open(request)?));
    let header_error = |what: String| ReadError::Header { shown: request.shown.to_owned(), what };
    let mut row = csv::ByteRecord::new();
    let broken = |error: csv::Error| {
        let (line, what) = (error.position().map_or(0, csv::Position::line), error.to_string());
        ReadError::Broken { shown: request.shown.to_owned(), line, column: 1, what }
    };
    if !reader.read_byte_record(&mut row).map_err(broken)? {
        return Err(header_error("is empty; the first line must name the columns".to_owned()));
    }
    let names: Vec<String> =
        row.iter().map(|cell| decode(encoding, cell).trim_start_matches('\u{feff}').trim().to_owned()).collect();
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) && !name.is_empty() {
            return Err(header_error(format!("the header names column \"{name}\" twice")));
        }
    }
    if names.iter().all(String::is_empty) {
        return Err(header_error("the first line is blank; it must name the columns".to_owned()));
    }
    let place = place_columns(request, &names).map_err(header_error)?;
    let fields: Vec<Field> = names
        .iter()
        .map(|name| Field { name: name.clone(), title: Text::default(), kind: FieldKind::Text, choices: Vec::new() })
        .collect();

    let mut records = 0;
    while reader.read_byte_record(&mut row).map_err(broken)? {
        records += 1;
        let line = row.position().map_or(0, csv::Position::line);
        if row.len() != names.len() {
            let what = format!("line {line} has {} cells, the header {}", row.len(), names.len());
            sink.issue(Issue::new(Severity::Warning, "ragged-row", request.shown, what).at_record(records));
        }
        let values: Vec<Value> = row
            .iter()
            .take(names.len())
            .map(|cell| {
                let text = decode(encoding, cell);
                if text.trim().is_empty() { Value::Null } else { Value::Text(text) }
            })
            .collect();
        let mut record = Record { number: records, geometry: None, values };
        let trouble = match geometry(&place, &record) {
            Ok(geometry) => {
                record.geometry = geometry;
                None
            }
            Err((code, field, what)) => {
                let what = format!("line {line}: {what}");
                let issue = Issue::new(Severity::Error, code, request.shown, what).at_record(records);
                Some(issue.in_field(names[field].clone()))
            }
        };
        sink.record(&fields, record, trouble);
    }
    Ok(LayerInfo {
        driver: "CSV",
        fields,
        records,
        crs: DeclaredCrs::Unknown,
        encoding: if encoding == UTF_8 { "UTF-8" } else { encoding.name() },
    })
}

fn open(request: &ReadRequest<'_>) -> Result<File, ReadError> {
    File::open(request.path).map_err(|source| ReadError::Open {
        shown: request.shown.to_owned(),
        path: request.path.to_owned(),
        source,
    })
}

/// One pass over the file for its encoding (declared, else strict UTF-8, else GB18030), and its delimiter by the first line.
fn examine(request: &ReadRequest<'_>) -> Result<(&'static Encoding, u8), ReadError> {
    let declared = match request.encoding {
        Some(name) => Some(Encoding::for_label(name.as_bytes()).ok_or_else(|| ReadError::Header {
            shown: request.shown.to_owned(),
            what: format!("encoding \"{name}\" is not known; write UTF-8 or GB18030"),
        })?),
        None => None,
    };
    let mut file = BufReader::with_capacity(1 << 16, open(request)?);
    let mut first_line: Vec<u8> = Vec::new();
    let mut in_first = true;
    let mut utf8 = UTF_8.new_decoder_without_bom_handling();
    let mut scratch = vec![0u16; 1 << 16];
    let (mut is_utf8, mut buffer, mut at_start) = (true, vec![0u8; 1 << 16], true);
    loop {
        let count = file.read(&mut buffer).map_err(|source| ReadError::Open {
            shown: request.shown.to_owned(),
            path: request.path.to_owned(),
            source,
        })?;
        if at_start && (buffer.starts_with(b"\xff\xfe") || buffer.starts_with(b"\xfe\xff")) {
            return Err(ReadError::Header {
                shown: request.shown.to_owned(),
                what: "is in UTF-16; save it as UTF-8 (in Excel: CSV UTF-8)".to_owned(),
            });
        }
        at_start = false;
        if in_first {
            let end = buffer[..count].iter().position(|byte| *byte == b'\n');
            first_line.extend(&buffer[..end.unwrap_or(count)]);
            in_first = end.is_none();
        }
        if is_utf8 && declared.is_none() {
            let mut rest = &buffer[..count];
            loop {
                let (result, read, _) = utf8.decode_to_utf16_without_replacement(rest, &mut scratch, count == 0);
                rest = &rest[read..];
                match result {
                    encoding_rs::DecoderResult::InputEmpty => break,
                    encoding_rs::DecoderResult::OutputFull => {}
                    encoding_rs::DecoderResult::Malformed(..) => {
                        is_utf8 = false;
                        break;
                    }
                }
            }
        }
        if count == 0 || (!in_first && (!is_utf8 || declared.is_some())) {
            break;
        }
    }
    let count = |delimiter: u8| first_line.iter().filter(|byte| **byte == delimiter).count();
    let delimiter =
        [b',', b'\t', b';'].into_iter().max_by_key(|delimiter| (count(*delimiter), *delimiter == b',')).unwrap_or(b',');
    let encoding = declared.unwrap_or(if is_utf8 { UTF_8 } else { GB18030 });
    Ok((encoding, delimiter))
}

fn decode(encoding: &'static Encoding, cell: &[u8]) -> String {
    encoding.decode_without_bom_handling(cell).0.into_owned()
}

fn place_columns(request: &ReadRequest<'_>, names: &[String]) -> Result<PlaceColumns, String> {
    let find = |wanted: &str| {
        names.iter().position(|name| name == wanted).ok_or_else(|| {
            let nearest = names
                .iter()
                .map(|name| (strsim::damerau_levenshtein(name, wanted), name))
                .min()
                .filter(|(edits, _)| *edits <= 2)
                .map(|(_, name)| format!("; did you mean \"{name}\"?"))
                .unwrap_or_default();
            format!("has no column \"{wanted}\"{nearest} (columns: {})", names.join(", "))
        })
    };
    match (request.wkt, request.x, request.y) {
        (Some(wkt), None, None) => return Ok(PlaceColumns::Wkt(find(wkt)?)),
        (None, Some(x), Some(y)) => return Ok(PlaceColumns::Xy(find(x)?, find(y)?)),
        (None, None, None) => {}
        (Some(_), ..) => return Err("give either wkt or x and y, not both".to_owned()),
        _ => return Err("x and y go together; give both".to_owned()),
    }
    let usual = |usual: &[&str]| names.iter().position(|name| usual.contains(&name.to_lowercase().as_str()));
    Ok(match (usual(&WKT_NAMES), usual(&X_NAMES), usual(&Y_NAMES)) {
        (_, Some(x), Some(y)) => PlaceColumns::Xy(x, y),
        (Some(wkt), ..) => PlaceColumns::Wkt(wkt),
        _ => PlaceColumns::None,
    })
}

/// The place of a record, or a code, a column and what is wrong with it.
fn geometry(place: &PlaceColumns, record: &Record) -> Result<Option<Geometry<f64>>, (&'static str, usize, String)> {
    match place {
        PlaceColumns::None => Ok(None),
        PlaceColumns::Xy(x, y) => {
            let number = |at: usize| match record.value(at) {
                Value::Null => Err(("no-geometry", at, "the coordinate is empty".to_owned())),
                value => value.as_f64().ok_or_else(|| ("bad-geometry", at, format!("\"{value}\" is not a coordinate"))),
            };
            Ok(Some(Geometry::Point(Point::new(number(*x)?, number(*y)?))))
        }
        PlaceColumns::Wkt(at) => match record.value(*at) {
            Value::Null => Err(("no-geometry", *at, "the geometry is empty".to_owned())),
            value => {
                let text = half_width(&value.to_string());
                let geometry = Geometry::<f64>::try_from_wkt_str(&text)
                    .map_err(|error| ("bad-geometry", *at, format!("is not well-known text: {error}")))?;
                use geo::CoordsIter;
                let finite = geometry.coords_iter().all(|c| c.x.is_finite() && c.y.is_finite());
                if !finite || geometry.coords_count() == 0 {
                    return Err(("bad-geometry", *at, "the geometry is empty or holds no numbers".to_owned()));
                }
                Ok(Some(geometry))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::read::Collected;
    use crate::io::read::read_all;
    use std::io::Write;

    fn from(bytes: &[u8]) -> Result<(LayerInfo, Collected), ReadError> {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        file.write_all(bytes).unwrap();
        read_all(&ReadRequest::new(file.path(), "test.csv"))
    }

    #[test]
    fn a_byte_order_mark_and_full_width_digits_do_no_harm() {
        let (info, read) = from("\u{feff}编号,名称,经度,纬度\n0012,白下,１１８.8,32.0\n".as_bytes()).unwrap();
        assert_eq!(info.fields[0].name, "编号");
        assert_eq!(read.records[0].values[0], Value::from("0012"));
        assert_eq!(read.records[0].geometry, Some(Geometry::Point(Point::new(118.8, 32.0))));
        assert!(read.issues.is_empty());
    }

    #[test]
    fn gb18030_is_found_out_and_said() {
        let (bytes, ..) = GB18030.encode("code;name;lon;lat\n320102;玄武区;118.8;32.0\n");
        let (info, read) = from(&bytes).unwrap();
        assert_eq!(info.encoding, "gb18030");
        assert_eq!(read.records[0].values[1], Value::from("玄武区"));
        assert_eq!(read.issues[0].code, "encoding-detected");
    }

    #[test]
    fn broken_places_are_listed_with_line_and_field() {
        let (_, read) = from(b"id,lon,lat\na,118,32\nb,,32\nc,NaN,32\nd,inf,32\ne,x,32\nf,118\n").unwrap();
        let listed: Vec<(&str, Option<u64>, Option<&str>)> =
            read.issues.iter().map(|issue| (issue.code, issue.record, issue.field.as_deref())).collect();
        let want = [
            ("no-geometry", Some(2), Some("lon")),
            ("bad-geometry", Some(3), Some("lon")),
            ("bad-geometry", Some(4), Some("lon")),
            ("bad-geometry", Some(5), Some("lon")),
            ("ragged-row", Some(6), None),
            ("no-geometry", Some(6), Some("lat")),
        ];
        assert_eq!(listed, want);
        assert_eq!(read.records.len(), 6);
    }

    #[test]
    fn well_known_text_is_a_geometry() {
        let (_, read) = from(b"id\twkt\n1\tPOLYGON ((0 0, 1 0, 1 1, 0 0))\n2\tPOINT EMPTY\n3\tPOINT (\n").unwrap();
        assert!(matches!(read.records[0].geometry, Some(Geometry::Polygon(_))));
        assert_eq!(read.issues.iter().map(|issue| issue.code).collect::<Vec<_>>(), ["bad-geometry", "bad-geometry"]);
    }

    #[test]
    fn headers_that_can_not_be_used_are_errors() {
        for (bytes, want) in [
            (b"" as &[u8], "is empty"),
            (b"a,b,a\n1,2,3\n", "twice"),
            (b",,\n1,2,3\n", "blank"),
            (b"\xff\xfea\x00", "UTF-16"),
        ] {
            let message = from(bytes).unwrap_err().to_string();
            assert!(message.contains(want), "{message}");
        }
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        file.write_all(b"id,lonn,lat\n1,2,3\n").unwrap();
        let request = ReadRequest { x: Some("lon"), y: Some("lat"), ..ReadRequest::new(file.path(), "t.csv") };
        let message = read_all(&request).unwrap_err().to_string();
        assert!(message.contains("did you mean \"lonn\""), "{message}");
    }
}
