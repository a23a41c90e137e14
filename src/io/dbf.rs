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
            Ok(found) => {
                record.geometry = found.geometry;
                for told in found.told {
                    sink.issue(told.issue(request.shown, records, None));
                }
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
        if head[0] & 7 == 4 {
            return Err(content(
                "the .dbf is a table of dBASE 7, which is not read; save it as dBASE III or IV".to_owned(),
            ));
        }
        let rows = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let start = usize::from(u16::from_le_bytes([head[8], head[9]]));
        let row = usize::from(u16::from_le_bytes([head[10], head[11]]));
        if start < 32 || row < 1 {
            return Err(content("the .dbf has no header of a dBASE table".to_owned()));
        }
        let mut descriptors = vec![0u8; start - 32];
        file.read_exact(&mut descriptors).map_err(short)?;
        let found = length.saturating_sub(start as u64) / row as u64;
        if found < rows {
            return Err(content(format!("the .dbf breaks off: its header says {rows} rows, and {found} are there")));
        }
        let raw: Vec<&[u8]> = descriptors.chunks_exact(32).take_while(|one| one[0] != 0x0d && one[0] != 0).collect();
        // Clipper and FoxPro write the length of a wide text in two bytes
        let length = |one: &[u8], is_wide: bool| match one[11] {
            b'C' if is_wide => usize::from(one[16]) + 256 * usize::from(one[17]),
            _ => usize::from(one[16]),
        };
        let width = |is_wide: bool| 1 + raw.iter().map(|one| length(one, is_wide)).sum::<usize>();
        let is_wide = width(false) != row && width(true) == row;
        let mut columns = Vec::with_capacity(raw.len());
        let mut at = 1;
        for one in &raw {
            let name = one[..11].split(|byte| *byte == 0).next().unwrap_or_default();
            let length = length(one, is_wide);
            columns.push((name.to_vec(), Column { name: String::new(), kind: one[11], at, length, decimals: one[17] }));
            at += length;
        }
        // a row may be longer than its columns, not shorter
        if at > row {
            return Err(content(format!("the columns of the .dbf take {at} bytes a row, its header says {row}")));
        }
        let told = told_encoding(request, path, head[29])?;
        let system = columns.iter().map(|(_, column)| column.kind == b'0').collect::<Vec<bool>>();
        let mut is_kept = system.iter().map(|is_system| !is_system);
        columns.retain(|_| is_kept.next().unwrap_or(true));
        let mut table =
            Dbf { file, columns: Vec::new(), fields: Vec::new(), encoding: UTF_8, rows, row: vec![0; row], read: 0 };
        let names: Vec<Vec<u8>> = columns.iter().map(|(name, _)| name.clone()).collect();
        table.columns = columns.into_iter().map(|(_, column)| column).collect();
        table.encoding = match told {
            Some((encoding, Says::Request)) => encoding,
            told => {
                let census = table.census(&names, told.map(|(encoding, _)| encoding)).map_err(not_open)?;
                table.file.seek(SeekFrom::Start(start as u64)).map_err(not_open)?;
                table.read = 0;
                let (encoding, issue) = settled(told, census);
                if let Some((severity, code, what)) = issue {
                    sink.issue(Issue::new(severity, code, request.shown, what));
                }
                encoding
            }
        };
        for (at, name) in names.iter().enumerate() {
            let own = decoded(name, table.encoding).0;
            let is_taken = |name: &str| table.columns[..at].iter().any(|column| column.name == name);
            let mut name = own.clone();
            if is_taken(&own) {
                name = (1..).map(|nth| format!("{own}_{nth}")).find(|name| !is_taken(name)).unwrap_or_default();
                let what = format!("two columns are called \"{own}\"; the later one is read as \"{name}\"");
                sink.issue(Issue::new(Severity::Warning, "renamed-column", request.shown, what).in_field(name.clone()));
            }
            table.columns[at].name = name;
        }
        table.fields = table.columns.iter().map(field).collect();
        for column in table.columns.iter().filter(|column| !b"CNFLDI+OBYT@".contains(&column.kind)) {
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

    /// Reads every text, to see which encodings fit.
    fn census(&mut self, names: &[Vec<u8>], told: Option<&'static Encoding>) -> io::Result<Census> {
        let mut census = Census { told_fits: true, ..Census::default() };
        names.iter().for_each(|name| census.take(name, told));
        while self.advance()? {
            for column in self.columns.iter().filter(|column| column.kind == b'C') {
                census.take(trimmed(&self.row[column.at..column.at + column.length]), told);
            }
        }
        Ok(census)
    }
}

/// Who says which encoding it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Request,
    /// The `.cpg` file.
    CodePage,
    /// The mark in the header.
    Header,
}

/// Texts that are not plain ASCII, by what they can be. A last character that the width of the column cuts off does not count.
#[derive(Debug, Clone, Copy, Default)]
struct Census {
    utf8: usize,
    not_utf8: usize,
    /// Of those that are not UTF-8.
    gb18030: usize,
    /// Texts that look like GB 2312 whatever else they may be.
    like_gb: usize,
    /// Whether all fit the encoding that the file says.
    told_fits: bool,
}

impl Census {
    fn take(&mut self, text: &[u8], told: Option<&'static Encoding>) {
        if text.is_ascii() {
            return;
        }
        let is_utf8 = std::str::from_utf8(text).map_or_else(|error| error.error_len().is_none(), |_| true);
        let like_gb = encoding::looks_like_gb(text);
        self.like_gb += usize::from(like_gb);
        if is_utf8 {
            self.utf8 += 1;
        } else {
            self.not_utf8 += 1;
            self.gb18030 += usize::from(like_gb);
        }
        if let Some(told) = told.filter(|told| *told != UTF_8) {
            let (text, is_lossy) = decoded(text, told);
            let is_cut = text.ends_with('\u{fffd}') && text.matches('\u{fffd}').count() == 1;
            self.told_fits &= !is_lossy || is_cut;
        }
    }

    /// What the texts are by themselves.
    fn found(self) -> &'static Encoding {
        match self {
            // some texts of another encoding are two letters of UTF-8 by chance
            Census { utf8, not_utf8, .. } if utf8 >= 2 * not_utf8 => UTF_8,
            Census { not_utf8, gb18030, .. } if 2 * gb18030 >= not_utf8 => GB18030,
            _ => encoding_rs::WINDOWS_1252,
        }
    }
}

/// The encoding that is read, and what to tell of it: what the file says, if its texts can be that.
fn settled(
    told: Option<(&'static Encoding, Says)>,
    census: Census,
) -> (&'static Encoding, Option<(Severity, &'static str, String)>) {
    let Some((told, says)) = told else {
        let found = census.found();
        let title = encoding::title(found);
        let what =
            format!("says no encoding and is not UTF-8; read as {title} (write encoding = \"{title}\" to say so)");
        return (found, (found != UTF_8).then_some((Severity::Note, "encoding-detected", what)));
    };
    let by = if says == Says::CodePage { "the .cpg file says" } else { "the header of the .dbf says" };
    let title = encoding::title(told);
    let is_western = told == encoding_rs::WINDOWS_1252 || told.name().starts_with("ISO-8859");
    let texts = census.utf8 + census.not_utf8;
    let other = if texts == 0 {
        None
    } else if told == UTF_8 {
        // all that is not UTF-8 is GB18030, and hardly anything is UTF-8
        (census.not_utf8 > 0 && census.found() == GB18030 && 10 * census.gb18030 >= 9 * census.not_utf8)
            .then_some(GB18030)
    } else if census.not_utf8 == 0 && census.utf8 > 0 {
        Some(UTF_8)
    } else if (!census.told_fits || is_western) && 10 * census.like_gb >= 9 * texts {
        (told != GB18030).then_some(GB18030)
    } else {
        None
    };
    match other {
        Some(other) => {
            let read = encoding::title(other);
            let what = format!(
                "{by} {title}, and the texts are {read}; read as {read} (write encoding = \"{read}\" to say so)"
            );
            (other, Some((Severity::Warning, "encoding-mismatch", what)))
        }
        None if told == UTF_8 && census.not_utf8 > 0 => {
            let what = format!(
                "{by} UTF-8, and {} of {texts} texts are not; write encoding = \"gbk\", \"windows-1252\" or what they are",
                census.not_utf8
            );
            (told, Some((Severity::Warning, "encoding-mismatch", what)))
        }
        None => (told, None),
    }
}

/// The encoding that the request, the `.cpg` beside the table or the mark in its header names.
fn told_encoding(
    request: &ReadRequest<'_>,
    path: &Path,
    mark: u8,
) -> Result<Option<(&'static Encoding, Says)>, ReadError> {
    let header = |what: String| ReadError::Header { shown: request.shown.to_owned(), what };
    if let Some(name) = request.encoding {
        return encoding::by_name(name).map(|encoding| Some((encoding, Says::Request))).map_err(header);
    }
    if let Some(text) = beside(path, "cpg") {
        let text = String::from_utf8_lossy(&text).trim().trim_start_matches('\u{feff}').to_owned();
        // GDAL writes the mark of the header there
        if let Some(mark) = text.to_uppercase().strip_prefix("LDID/").and_then(|mark| mark.parse().ok()) {
            return Ok(marked(mark).map(|encoding| (encoding, Says::CodePage)));
        }
        let name = text.to_uppercase().replace("ANSI ", "").replace("CP", "");
        let name = match name.as_str() {
            "65001" | "UTF8" => "UTF-8",
            "936" | "54936" => "GB18030",
            "950" => "Big5",
            "1252" | "88591" => "windows-1252",
            _ => text.as_str(),
        };
        // a code page that nobody knows says nothing
        if let Ok(encoding) = encoding::by_name(name) {
            return Ok(Some((encoding, Says::CodePage)));
        }
    }
    Ok(marked(mark).map(|encoding| (encoding, Says::Header)))
}

/// The encoding of a mark of dBASE or ESRI; 0x57 and 0x03 stand in files of every encoding.
fn marked(mark: u8) -> Option<&'static Encoding> {
    match mark {
        0x4d | 0x7a => Some(GB18030),
        0x4f | 0x78 => Some(encoding_rs::BIG5),
        0x4e | 0x79 => Some(encoding_rs::EUC_KR),
        0x13 | 0x7b => Some(encoding_rs::SHIFT_JIS),
        0x26 | 0x65 => Some(encoding_rs::IBM866),
        0x50 | 0x7c => Some(encoding_rs::WINDOWS_874),
        0x7d => Some(encoding_rs::WINDOWS_1255),
        0x7e => Some(encoding_rs::WINDOWS_1256),
        0xc8 => Some(encoding_rs::WINDOWS_1250),
        0xc9 => Some(encoding_rs::WINDOWS_1251),
        0xca => Some(encoding_rs::WINDOWS_1254),
        0xcb => Some(encoding_rs::WINDOWS_1253),
        0xcc => Some(encoding_rs::WINDOWS_1257),
        _ => None,
    }
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
            let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
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
                // nothing, zeros, or the signs of a form that nobody filled in
                _ if !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) => (Value::Null, None),
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
        b'T' | b'@' => match bytes.first_chunk::<8>() {
            Some(eight) => moment(*eight),
            None => bad("the moment has not eight bytes".to_owned()),
        },
        b'Y' => match <[u8; 8]>::try_from(bytes) {
            Ok(bytes) => (Value::Real(i64::from_le_bytes(bytes) as f64 / 1e4), None),
            Err(_) => bad("the number has not eight bytes".to_owned()),
        },
        _ => (Value::Null, None),
    }
}

/// A day of the Julian calendar's count and the milliseconds of it, as a text.
fn moment(bytes: [u8; 8]) -> (Value, Option<(&'static str, String)>) {
    let [a, b, c, d, e, f, g, h] = bytes;
    let (day, milliseconds) =
        (i64::from(i32::from_le_bytes([a, b, c, d])), i64::from(i32::from_le_bytes([e, f, g, h])));
    if day == 0 {
        return (Value::Null, None);
    }
    // the first of January 1970 is day 2 440 588
    let seconds = (day - 2_440_588) * 86_400 + milliseconds.div_euclid(1000);
    match jiff::Timestamp::from_second(seconds) {
        Ok(at) => (Value::Text(at.to_string().trim_end_matches('Z').to_owned()), None),
        Err(_) => (Value::Null, Some(("bad-value", format!("day {day} is no date")))),
    }
}
