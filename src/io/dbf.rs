//! dBASE tables: by themselves, and as the attributes of a shapefile.
//!
//! Read here and not by a crate, because the one there is reads `F` numbers with seven digits and skips deleted rows, which the
//! shapes beside them do not.

use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::path::Path;

use encoding_rs::Encoding;
use encoding_rs::GB18030;
use encoding_rs::UTF_8;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::encoding;
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

/// One column.
struct Column {
    name: String,
    /// The letter of its type.
    kind: u8,
    at: usize,
    length: usize,
    decimals: u8,
}

/// A table, open at its first row.
pub(super) struct Dbf {
    file: BufReader<File>,
    columns: Vec<Column>,
    pub(super) fields: Vec<Field>,
    pub(super) encoding: &'static Encoding,
    /// Rows by the header, deleted ones included.
    pub(super) rows: u64,
    row: Vec<u8>,
    read: u64,
}

/// One row.
pub(super) struct Row {
    pub(super) values: Vec<Value>,
    pub(super) is_deleted: bool,
    /// What is wrong with single values: code, position of the field, text.
    pub(super) troubles: Vec<(&'static str, usize, String)>,
}

/// Reads a table to its end; rows that are marked as deleted are left out, with an issue each.
///
/// Blank cells are null: dBASE knows no empty text. Memo and binary columns are null, with an issue.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Header`] for place columns that are not there, [`ReadError::Content`] for a file that is no
/// dBASE table or breaks off.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let header = |what: String| ReadError::Header { shown: request.shown.to_owned(), what };
    let mut table = Dbf::open(request, request.path, sink)?;
    let names: Vec<String> = table.fields.iter().map(|field| field.name.clone()).collect();
    let places = place::columns(request, &names).map_err(header)?;
    let mut records = 0;
    while let Some(row) = table.next(request)? {
        records += 1;
        for (code, at, what) in row.troubles {
            let issue = Issue::new(Severity::Warning, code, request.shown, what).at_record(records);
            sink.issue(issue.in_field(names[at].clone()));
        }
        if row.is_deleted {
            let what = "the row is marked as deleted, and left out";
            sink.issue(Issue::new(Severity::Note, "deleted-row", request.shown, what).at_record(records));
            continue;
        }
        let mut record = Record { number: records, geometry: None, values: row.values };
        let trouble = match place::geometry(&places, &record) {
            Ok(geometry) => {
                record.geometry = geometry;
                None
            }
            Err((code, at, what)) => {
                let issue = Issue::new(Severity::Error, code, request.shown, what).at_record(records);
                Some(issue.in_field(names[at].clone()))
            }
        };
        sink.record(&table.fields, record, trouble);
    }
    places.tell(request, sink);
    Ok(LayerInfo {
        driver: "dBASE",
        layer: None,
        encoding: encoding::title(table.encoding),
        fields: table.fields,
        records,
        crs: DeclaredCrs::Unknown,
    })
}

impl Dbf {
    /// Opens the table at `path`, which may be another file than that of the request.
    ///
    /// Its text is in the encoding that the request names, or the `.cpg` file beside it, or the header; else it is UTF-8 where
    /// every text fits it, and GB18030 where not.
    /// # Errors
    /// [`ReadError::Open`], [`ReadError::Content`].
    pub(super) fn open(request: &ReadRequest<'_>, path: &Path, sink: &mut dyn Sink) -> Result<Dbf, ReadError> {
        let not_open =
            |source: io::Error| ReadError::Open { shown: request.shown.to_owned(), path: path.to_owned(), source };
        let content = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
        let file = File::open(path).map_err(not_open)?;
        let length = file.metadata().map_err(not_open)?.len();
        let mut file = BufReader::with_capacity(1 << 16, file);
        let mut head = [0u8; 32];
        let short = |_| content("the .dbf breaks off in its header".to_owned());
        file.read_exact(&mut head).map_err(short)?;
        let rows = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let start = usize::from(u16::from_le_bytes([head[8], head[9]]));
        let row = usize::from(u16::from_le_bytes([head[10], head[11]]));
        if start < 33 || row < 1 {
            return Err(content("the .dbf has no header of a dBASE table".to_owned()));
        }
        let mut descriptors = vec![0u8; start - 32];
        file.read_exact(&mut descriptors).map_err(short)?;
        let found = length.saturating_sub(start as u64) / row as u64;
        if found < rows {
            return Err(content(format!("the .dbf breaks off: its header says {rows} rows, and {found} are there")));
        }
        let raw: Vec<&[u8]> = descriptors.chunks_exact(32).take_while(|one| one[0] != 0x0d && one[0] != 0).collect();
        let mut columns = Vec::with_capacity(raw.len());
        let mut at = 1;
        for one in &raw {
            let name = one[..11].split(|byte| *byte == 0).next().unwrap_or_default();
            let length = usize::from(one[16]);
            columns.push((name.to_vec(), Column { name: String::new(), kind: one[11], at, length, decimals: one[17] }));
            at += length;
        }
        if columns.is_empty() || at != row {
            return Err(content(format!("the columns of the .dbf take {at} bytes a row, its header says {row}")));
        }
        let told = told_encoding(request, path, head[29])?;
        let mut table =
            Dbf { file, columns: Vec::new(), fields: Vec::new(), encoding: UTF_8, rows, row: vec![0; row], read: 0 };
        let names: Vec<Vec<u8>> = columns.iter().map(|(name, _)| name.clone()).collect();
        table.columns = columns.into_iter().map(|(_, column)| column).collect();
        table.encoding = match told {
            Some(encoding) => encoding,
            None => {
                let detected = table.detect(&names).map_err(not_open)?;
                if detected != UTF_8 {
                    let title = encoding::title(detected);
                    let what = format!(
                        "says no encoding and is not UTF-8; read as {title} (write encoding = \"{title}\" to say so)"
                    );
                    sink.issue(Issue::new(Severity::Note, "encoding-detected", request.shown, what));
                }
                table.file.seek(SeekFrom::Start(start as u64)).map_err(not_open)?;
                table.read = 0;
                detected
            }
        };
        for (at, name) in names.iter().enumerate() {
            let name = decoded(name, table.encoding).0;
            if table.columns[..at].iter().any(|column| column.name == name) {
                return Err(ReadError::Header {
                    shown: request.shown.to_owned(),
                    what: format!("the .dbf names column \"{name}\" twice"),
                });
            }
            table.columns[at].name = name;
        }
        table.fields = table.columns.iter().map(field).collect();
        for column in table.columns.iter().filter(|column| !b"CNFLDI+OBY".contains(&column.kind)) {
            let what = format!("columns of type {} are not read", char::from(column.kind).escape_default());
            let issue = Issue::new(Severity::Warning, "binary-value", request.shown, what);
            sink.issue(issue.in_field(column.name.clone()));
        }
        Ok(table)
    }

    /// The next row; `None` after the last.
    /// # Errors
    /// [`ReadError::Open`] when the disk fails.
    pub(super) fn next(&mut self, request: &ReadRequest<'_>) -> Result<Option<Row>, ReadError> {
        let failed =
            |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
        if !self.advance().map_err(failed)? {
            return Ok(None);
        }
        let mut troubles = Vec::new();
        let mut values = Vec::with_capacity(self.columns.len());
        for (at, column) in self.columns.iter().enumerate() {
            let (value, trouble) = value(column, &self.row[column.at..column.at + column.length], self.encoding);
            values.push(value);
            troubles.extend(trouble.map(|(code, what)| (code, at, what)));
        }
        Ok(Some(Row { values, is_deleted: self.row[0] == b'*', troubles }))
    }

    fn advance(&mut self) -> io::Result<bool> {
        if self.read == self.rows {
            return Ok(false);
        }
        self.file.read_exact(&mut self.row)?;
        self.read += 1;
        Ok(true)
    }

    /// UTF-8 where every text is UTF-8, but for a last character that the width of its column cuts off; else GB18030.
    fn detect(&mut self, names: &[Vec<u8>]) -> io::Result<&'static Encoding> {
        let fits = |bytes: &[u8]| std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
        if !names.iter().all(|name| fits(name)) {
            return Ok(GB18030);
        }
        while self.advance()? {
            let texts = self.columns.iter().filter(|column| column.kind == b'C');
            if !texts.map(|column| &self.row[column.at..column.at + column.length]).all(fits_trimmed) {
                return Ok(GB18030);
            }
        }
        Ok(UTF_8)
    }
}

fn fits_trimmed(bytes: &[u8]) -> bool {
    std::str::from_utf8(trimmed(bytes)).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// The encoding that the request, the `.cpg` beside the table or the mark in its header names.
fn told_encoding(request: &ReadRequest<'_>, path: &Path, mark: u8) -> Result<Option<&'static Encoding>, ReadError> {
    let header = |what: String| ReadError::Header { shown: request.shown.to_owned(), what };
    if let Some(name) = request.encoding {
        return encoding::by_name(name).map(Some).map_err(header);
    }
    if let Some(text) = beside(path, "cpg") {
        let text = String::from_utf8_lossy(&text).trim().trim_start_matches('\u{feff}').to_owned();
        let name = text.to_uppercase().replace("ANSI ", "").replace("CP", "");
        let name = match name.as_str() {
            "65001" | "UTF8" => "UTF-8",
            "936" | "54936" | "OEM" if name != "OEM" => "GB18030",
            "950" => "Big5",
            "1252" | "88591" => "windows-1252",
            _ => text.as_str(),
        };
        // a code page that nobody knows says nothing
        if let Ok(encoding) = encoding::by_name(name) {
            return Ok(Some(encoding));
        }
    }
    Ok(match mark {
        0x4d | 0x7a => Some(GB18030),
        0x4f | 0x78 => Some(encoding_rs::BIG5),
        0x4e | 0x79 => Some(encoding_rs::EUC_KR),
        0x13 | 0x7b => Some(encoding_rs::SHIFT_JIS),
        // 0x57 and 0x03 stand in files of every encoding
        _ => None,
    })
}

/// The small file beside `path` with another ending, in any case; `None` where there is none.
pub(super) fn beside(path: &Path, ending: &str) -> Option<Vec<u8>> {
    const MOST: u64 = 1 << 20;
    let path = path_beside(path, ending)?;
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The path of the file beside `path` with another ending, in lower or upper case.
pub(super) fn path_beside(path: &Path, ending: &str) -> Option<std::path::PathBuf> {
    [ending.to_owned(), ending.to_uppercase()]
        .into_iter()
        .map(|ending| path.with_extension(ending))
        .find(|path| path.is_file())
}

fn field(column: &Column) -> Field {
    let kind = match column.kind {
        b'L' => FieldKind::Bool,
        b'N' | b'F' if column.decimals == 0 => FieldKind::Int,
        b'I' | b'+' => FieldKind::Int,
        b'N' | b'F' | b'O' | b'B' | b'Y' => FieldKind::Real,
        _ => FieldKind::Text,
    };
    Field { name: column.name.clone(), title: Text::default(), kind, choices: Vec::new() }
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, b' ' | 0)).map_or(0, |last| last + 1);
    &bytes[..end]
}

/// A text, and whether some of it could not be read.
fn decoded(bytes: &[u8], encoding: &'static Encoding) -> (String, bool) {
    let (text, lossy) = encoding.decode_without_bom_handling(bytes);
    (text.into_owned(), lossy)
}

/// A cell's value, and what is wrong with it.
fn value(column: &Column, bytes: &[u8], encoding: &'static Encoding) -> (Value, Option<(&'static str, String)>) {
    let cell = trimmed(bytes);
    let bad = |what: String| (Value::Null, Some(("bad-value", what)));
    match column.kind {
        b'C' => {
            if cell.iter().all(|byte| *byte == b' ') {
                return (Value::Null, None);
            }
            let (mut text, lossy) = decoded(cell, encoding);
            if !lossy {
                return (Value::Text(text), None);
            }
            // a character that the width of the column cuts off
            if bytes.len() == cell.len() && text.ends_with('\u{fffd}') && text.matches('\u{fffd}').count() == 1 {
                text.pop();
                return (
                    Value::Text(text),
                    Some(("cut-text", "the last character is cut off by the column's width".to_owned())),
                );
            }
            let what = format!("is not {}; what could not be read is marked with �", encoding::title(encoding));
            (Value::Text(text), Some(("bad-text", what)))
        }
        b'N' | b'F' => {
            let text = String::from_utf8_lossy(cell);
            let text = text.trim();
            if text.is_empty() || text.bytes().all(|byte| byte == b'*') {
                return (Value::Null, None);
            }
            if let Ok(number) = text.parse::<i64>() {
                return (Value::Int(number), None);
            }
            match text.replace(',', ".").parse::<f64>() {
                Ok(number) if number.is_finite() => (Value::Real(number), None),
                _ => bad(format!("\"{text}\" is no number")),
            }
        }
        b'L' => match cell.first() {
            Some(b'Y' | b'y' | b'T' | b't') => (Value::Bool(true), None),
            Some(b'N' | b'n' | b'F' | b'f') => (Value::Bool(false), None),
            None | Some(b'?' | b' ') => (Value::Null, None),
            Some(other) => bad(format!("\"{}\" is neither yes nor no", char::from(*other).escape_default())),
        },
        b'D' => {
            let text = String::from_utf8_lossy(cell);
            let text = text.trim();
            match text.len() {
                0 => (Value::Null, None),
                _ if text.bytes().all(|byte| byte == b'0') => (Value::Null, None),
                8 if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    (Value::Text(format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])), None)
                }
                _ => bad(format!("\"{text}\" is no date")),
            }
        }
        b'I' | b'+' => match <[u8; 4]>::try_from(bytes) {
            Ok(bytes) => (Value::Int(i64::from(i32::from_le_bytes(bytes))), None),
            Err(_) => bad("the number has not four bytes".to_owned()),
        },
        b'O' | b'B' => match <[u8; 8]>::try_from(bytes) {
            Ok(bytes) => (Value::from(f64::from_le_bytes(bytes)), None),
            Err(_) => bad("the number has not eight bytes".to_owned()),
        },
        b'Y' => match <[u8; 8]>::try_from(bytes) {
            Ok(bytes) => (Value::Real(i64::from_le_bytes(bytes) as f64 / 1e4), None),
            Err(_) => bad("the number has not eight bytes".to_owned()),
        },
        _ => (Value::Null, None),
    }
}
