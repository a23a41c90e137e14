//! Tables in text: CSV with commas, semicolons, tabs or bars; places in two columns or in a well-known-text column.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;

use encoding_rs::UTF_8;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::encoding;
use crate::io::encoding::Detected;
use crate::io::encoding::Malformed;
use crate::io::encoding::Mended;
use crate::io::encoding::OddLines;
use crate::io::encoding::UnixLines;
use crate::io::encoding::Utf8;
use crate::io::header;
use crate::io::header::Row;
use crate::io::parts::Told;
use crate::io::place;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Record;
use crate::table::Value;

/// Lines that a cell in quotes may run over before it is taken for a quote that was never closed.
const LONGEST_CELL: u64 = 100;

/// Reads a table to its end. All values are texts as they stand (but for line ends within quotes, which become line feeds);
/// an empty cell is null. Streamed.
///
/// The delimiter is the one of comma, semicolon, tab and bar that the first line with one has most of, or what `sep=` says. Titles and units above
/// the header, and notes below the records, are left out and told (`io::header`). A row with too few or too many cells
/// is handed over with an issue, what is missing being null and what is too much left out.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Header`] for a header that is empty, names a column twice or lacks a column that was asked
/// for, and [`ReadError::Broken`] for bytes that do not belong to the encoding.
pub fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let header_error = |what: String| ReadError::Header { shown: request.shown.to_owned(), what };
    let Detected { encoding, is_whole } = match request.encoding {
        Some(name) => Detected { encoding: encoding::by_name(name).map_err(header_error)?, is_whole: true },
        None => encoding::detect(open(request)?).map_err(|source| not_open(request, source))?,
    };
    if encoding != UTF_8 && request.encoding.is_none() {
        let title = encoding::title(encoding);
        let what = format!("is not UTF-8; read as {title} (write encoding = \"{title}\" to say so)");
        sink.issue(Issue::new(Severity::Note, "encoding-detected", request.shown, what));
    }
    let broken = |error: csv::Error| broken(request, &error);
    let (decoded, odd): (Box<dyn Read>, OddLines) = if is_whole {
        (Box::new(Utf8::new(open(request)?, encoding)), OddLines::default())
    } else {
        let (mended, odd) = Mended::new(BufReader::with_capacity(1 << 16, open(request)?), encoding);
        (Box::new(mended), odd)
    };
    let mut text = BufReader::with_capacity(1 << 16, UnixLines::new(decoded));
    let delimiter = delimiter(text.fill_buf().map_err(|error| broken(error.into()))?);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text);
    // rows that are looked at for the header, with the line behind each
    let mut ahead: VecDeque<(csv::StringRecord, u64)> = VecDeque::new();
    let mut row = csv::StringRecord::new();
    while ahead.len() < header::LOOK && reader.read_record(&mut row).map_err(broken)? {
        ahead.push_back((row.clone(), reader.position().line().saturating_sub(1)));
    }
    if is_separator_line(ahead.front()) {
        ahead.pop_front();
    }
    if ahead.is_empty() {
        return Err(header_error("is empty; the first line must name the columns".to_owned()));
    }
    let (first, told) = header_row(&ahead, request.shown);
    for issue in told {
        sink.issue(issue);
    }
    let usual_width = first.1;
    let (heading, heading_end) = ahead.drain(..=first.0).next_back().unwrap_or_default();
    tell_odd(request, &odd, heading_end.max(1), None, sink);
    let names: Vec<String> = heading.iter().map(|cell| cell.trim().to_owned()).collect();
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) && !name.is_empty() {
            return Err(header_error(format!("the header names column \"{name}\" twice")));
        }
    }
    if names.iter().all(String::is_empty) {
        return Err(header_error("the first line is blank; it must name the columns".to_owned()));
    }
    let place = place::columns(request, &names).map_err(header_error)?;
    let fields: Vec<Field> = names
        .iter()
        .map(|name| Field { name: name.clone(), title: Text::default(), kind: FieldKind::Text, choices: Vec::new() })
        .collect();

    let mut records = 0;
    // cells of a row that has no more of them than it should; some programs end every row but the header with a separator
    let mut usual = names.len();
    loop {
        // the reader's own position of a row is that of the blank lines before it
        let end = match ahead.pop_front() {
            Some((next, end)) => {
                row = next;
                end
            }
            None if reader.read_record(&mut row).map_err(broken)? => reader.position().line().saturating_sub(1),
            None => break,
        };
        let line = end.saturating_sub(row.iter().map(|cell| cell.matches('\n').count() as u64).sum());
        let is_short = row.iter().filter(|cell| !cell.trim().is_empty()).count() < usual_width;
        if is_short && header::is_note(&cells_of(&row, line), usual_width) {
            let text: String = row.iter().collect::<Vec<_>>().join(" ").trim().chars().take(80).collect();
            let what = format!("line {line} is a note and no record: \"{text}\"");
            sink.issue(Issue::new(Severity::Note, "skipped-rows", request.shown, what));
            continue;
        }
        records += 1;
        if records == 1 && row.iter().skip(names.len()).all(|cell| cell.trim().is_empty()) {
            usual = usual.max(row.len());
        }
        tell_odd(request, &odd, end, Some(records), sink);
        let warn = |sink: &mut dyn Sink, code, what| {
            sink.issue(Issue::new(Severity::Warning, code, request.shown, what).at_record(records));
        };
        let is_torn = row.len() > usual || row.iter().skip(names.len()).any(|cell| !cell.trim().is_empty());
        if is_torn {
            let what = format!(
                "line {line} has {} cells, the header {}: no value can be told for certain, and none is read; put values that hold a \
                 separator, as 12,345, in quotes",
                row.len(),
                names.len()
            );
            warn(sink, "ragged-row", what);
            row.clear();
        } else if row.len() < names.len() {
            let what = format!("line {line} has {} cells, the header {}", row.len(), names.len());
            warn(sink, "ragged-row", what);
        }
        if end > line + LONGEST_CELL {
            let what =
                format!("a cell in quotes runs from line {line} to line {end}; its closing quote may be missing");
            warn(sink, "open-quote", what);
        }
        let values: Vec<Value> = row
            .iter()
            .take(names.len())
            .map(|cell| if cell.trim().is_empty() { Value::Null } else { Value::from(cell) })
            .collect();
        let mut record = Record { number: records, geometry: None, values };
        let trouble = match place::geometry(&place, &record) {
            Ok(found) => {
                record.geometry = found.geometry;
                for told in found.told {
                    let told = Told { what: format!("line {line}: {}", told.what), ..told };
                    sink.issue(told.issue(request.shown, records, None));
                }
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
    place.tell(request, sink);
    Ok(LayerInfo {
        driver: "CSV",
        layer: None,
        fields,
        records,
        crs: DeclaredCrs::Unknown,
        encoding: encoding::title(encoding),
    })
}

/// Tells of lines up to one that are not in the encoding of the file.
fn tell_odd(request: &ReadRequest<'_>, odd: &OddLines, up_to: u64, record: Option<u64>, sink: &mut dyn Sink) {
    let mut odd = odd.borrow_mut();
    while odd.front().is_some_and(|(line, _)| *line <= up_to) {
        let Some((line, what)) = odd.pop_front() else { break };
        let issue = Issue::new(Severity::Warning, "bad-text", request.shown, format!("line {line} {what}"));
        sink.issue(Issue { record, ..issue });
    }
}

fn open(request: &ReadRequest<'_>) -> Result<File, ReadError> {
    File::open(request.path).map_err(|source| not_open(request, source))
}

fn not_open(request: &ReadRequest<'_>, source: io::Error) -> ReadError {
    ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source }
}

/// A reader's error with the line it met.
fn broken(request: &ReadRequest<'_>, error: &csv::Error) -> ReadError {
    let malformed = match error.kind() {
        csv::ErrorKind::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref::<Malformed>()),
        _ => None,
    };
    let (line, what) = match malformed {
        Some(malformed) => (malformed.line, malformed.to_string()),
        None => (error.position().map_or(0, csv::Position::line), error.to_string()),
    };
    ReadError::Broken { shown: request.shown.to_owned(), line, column: 1, what }
}

/// Whether a row is the line by which Excel is told the separator: `sep=;`.
fn is_separator_line(row: Option<&(csv::StringRecord, u64)>) -> bool {
    row.is_some_and(|(row, _)| {
        let start = row.get(0).unwrap_or_default();
        start.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep=")) && row.iter().skip(1).all(str::is_empty)
    })
}

/// The cells of a row that hold something.
fn cells_of(row: &csv::StringRecord, line: u64) -> Row {
    let filled = |(at, cell): (usize, &str)| (!cell.trim().is_empty()).then(|| (at, Value::from(cell)));
    Row { number: line, cells: row.iter().enumerate().filter_map(filled).collect() }
}

/// Which row is the header, below titles and units of tables that were workbooks before, how many cells most rows have, and what is to be told.
fn header_row(ahead: &VecDeque<(csv::StringRecord, u64)>, shown: &str) -> ((usize, usize), Vec<Issue>) {
    let rows: Vec<Row> = ahead.iter().map(|(row, end)| cells_of(row, *end)).collect();
    let Some(found) = header::find(&rows, &[]) else { return ((0, 0), Vec::new()) };
    let at = rows.iter().position(|row| row.number == found.row).unwrap_or(0);
    // lines that stand over each other are for workbooks: a text says nothing of merged cells
    let usual = found.usual;
    let issues = if at == 0 { Vec::new() } else { found.above().issues(shown) };
    ((at, usual), issues)
}

/// The delimiter that stands most often outside quotes in the first line that has one; the comma where none does.
fn delimiter(text: &[u8]) -> u8 {
    let mut rest = text;
    for _ in 0..10 {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        // what Excel is told
        if let [a, b, c, b'=', own @ (b',' | b';' | b'\t' | b'|'), ..] = rest
            && [*a, *b, *c].eq_ignore_ascii_case(b"sep")
        {
            return *own;
        }
        if rest[..end].iter().any(|byte| matches!(byte, b',' | b';' | b'\t' | b'|')) || end == rest.len() {
            break;
        }
        rest = &rest[end..];
    }
    most_frequent(rest)
}

fn most_frequent(text: &[u8]) -> u8 {
    const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
    // in the first line, and in the one behind it
    let mut counts = [[0usize; 4]; 2];
    let (mut quoted, mut line) = (false, 0);
    for byte in text {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted && line == 1 => break,
            b'\n' if !quoted => line = 1,
            _ if quoted => {}
            byte => {
                if let Some(at) = DELIMITERS.iter().position(|delimiter| delimiter == byte) {
                    counts[line][at] += 1;
                }
            }
        }
    }
    // of several with the same count the one that divides the next line in the same way, else the first
    let most = counts[0].iter().max().copied().unwrap_or(0);
    let alike: Vec<usize> = (0..4).filter(|at| counts[0][*at] == most).collect();
    let best = alike.iter().find(|at| counts[1][**at] == most).or(alike.first());
    DELIMITERS[best.copied().unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::read::Collected;
    use crate::io::read::read_all;
    use encoding_rs::GB18030;
    use geo_types::Geometry;
    use geo_types::Point;
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
        assert_eq!(info.encoding, "GB18030");
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
        let rows = [
            ("POLYGON ((0 0, 1 0, 1 1, 0 0))", ""),
            ("POINT EMPTY", "empty"),
            ("POINT (", "not well-known text"),
            ("POLYGON ((0 0, 1 0, 1 1, 0 1))", "does not end where it starts"),
            ("MULTIPOLYGON (((0 0, 1 0, 0 0)))", "3 positions"),
            ("POINT (nan 1)", "not"),
            ("GEOMETRYCOLLECTION (POINT (1 2), NOTHING)", "not well-known text"),
        ];
        let text: String = rows.iter().enumerate().map(|(at, (wkt, _))| format!("{at}\t{wkt}\n")).collect();
        let (_, read) = from(format!("id\twkt\n{text}").as_bytes()).unwrap();
        assert!(matches!(read.records[0].geometry, Some(Geometry::Polygon(_))));
        assert_eq!(read.issues.len(), rows.len() - 1, "{:?}", read.issues);
        for (issue, (wkt, want)) in read.issues.iter().zip(&rows[1..]) {
            assert!(issue.code == "bad-geometry" && issue.what.contains(want), "{wkt}: {}", issue.what);
        }
    }

    #[test]
    fn headers_that_can_not_be_used_are_errors() {
        for (bytes, want) in [(b"" as &[u8], "is empty"), (b"a,b,a\n1,2,3\n", "twice"), (b",,\n1,2,3\n", "blank")] {
            let message = from(bytes).unwrap_err().to_string();
            assert!(message.contains(want), "{message}");
        }
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        file.write_all(b"id,lonn,lat\n1,2,3\n").unwrap();
        let request = ReadRequest { x: Some("lon"), y: Some("lat"), ..ReadRequest::new(file.path(), "t.csv") };
        let message = read_all(&request).unwrap_err().to_string();
        assert!(message.contains("did you mean \"lonn\""), "{message}");
    }

    #[test]
    fn every_usual_delimiter_is_found_outside_quotes() {
        for (text, want) in [
            ("id,lon,lat\n", b','),
            ("id;lon;lat\n1,5;2;3\n", b';'),
            ("id\tlon\tlat", b'\t'),
            ("id|lon|lat\n", b'|'),
            ("\"a;b;c;d\",lon,lat\n", b','),
            ("name\n", b','),
        ] {
            assert_eq!(delimiter(text.as_bytes()), want, "{text:?}");
        }
        // 鐋 is E8 7C in GB18030: a bar for whoever splits the bytes
        let (bytes, ..) = GB18030.encode("id|name|lon|lat\n1|鑭区|118.8|32\n");
        let (_, read) = from(&bytes).unwrap();
        assert_eq!(read.records[0].values[1], Value::from("鑭区"));
        assert!(read.records[0].geometry.is_some());
    }

    #[test]
    fn bytes_of_another_encoding_are_never_replaced() {
        let (bytes, ..) = GB18030.encode("id,name,lon,lat\n1,玄武区,118.8,32\n");
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let request = ReadRequest { encoding: Some("UTF-8"), ..ReadRequest::new(file.path(), "t.csv") };
        match read_all(&request) {
            Err(ReadError::Broken { line: 2, what, .. }) => assert!(what.contains("not UTF-8"), "{what}"),
            other => panic!("{other:?}"),
        }
        // neither UTF-8 nor GB18030
        let (_, read) = from(b"id,name\n1,a\n2,\xff\xff\n").unwrap();
        assert_eq!((read.issues[0].code, read.issues[0].record), ("bad-text", Some(2)));
        assert!(read.issues[0].what.starts_with("line 3 is not UTF-8"), "{:?}", read.issues);
        let request = ReadRequest { encoding: Some("klingon"), ..ReadRequest::new(file.path(), "t.csv") };
        assert!(read_all(&request).unwrap_err().to_string().contains("GB18030"));
    }

    #[test]
    fn utf_16_from_excel_is_read() {
        let text = "编号\t经度\t纬度\n1\t118.8\t32\n";
        let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let (info, read) = from(&bytes).unwrap();
        assert_eq!((info.encoding, info.fields[0].name.as_str()), ("UTF-16LE", "编号"));
        assert_eq!(read.records[0].geometry, Some(Geometry::Point(Point::new(118.8, 32.0))));
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told() {
        let mut text = "id,name\n1,\"open\n".to_owned();
        (0..200).for_each(|at| text.push_str(&format!("{at},x\n")));
        let (info, read) = from(text.as_bytes()).unwrap();
        assert_eq!((info.records, read.issues[0].code), (1, "open-quote"));
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let (_, read) = from(b"id,lon,lat\r\n\r\n\r\n1,x,2\r\n\"a\nb\",y,2\r\n3,z,2").unwrap();
        let lines: Vec<&str> = read.issues.iter().filter_map(|issue| issue.what.split(':').next()).collect();
        assert_eq!(lines, ["line 4", "line 5", "line 7"]);
        let (_, read) = from(b"id,lon,lat\n\n1,x,2\n").unwrap();
        assert!(read.issues[0].what.starts_with("line 3:"), "{}", read.issues[0].what);
    }

    #[test]
    fn a_missing_file_and_a_header_alone() {
        let request = ReadRequest::new(std::path::Path::new("/nowhere/a.csv"), "a.csv");
        assert!(matches!(read_all(&request), Err(ReadError::Open { .. })));
        let (info, read) = from(b"id,lon,lat\n").unwrap();
        assert_eq!((info.records, info.fields.len(), read.issues.len()), (0, 3, 0));
    }
}
