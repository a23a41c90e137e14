//! Excel workbooks: a sheet whose first line that is not empty names the columns.

use std::fs::File;
use std::io::BufReader;

use calamine::DataRef;
use calamine::ExcelDateTime;
use calamine::Reader;
use calamine::Xlsx;
use calamine::XlsxError;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::parts::Told;
use crate::io::place;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::read::chosen;
use crate::io::xlsx_out::FIELDS_SHEET;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Record;
use crate::table::Value;

/// Bytes that a workbook may unpack to.
const MOST_BYTES: u64 = 2 << 30;
/// Columns that are read.
const MOST_COLUMNS: usize = 4096;

/// Names the sheets, in the order of the workbook.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Content`] for a file that is no workbook.
pub(super) fn layers(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    Ok(open(request)?.sheet_names())
}

/// Reads a sheet to its end, row by row; the texts that its cells share are held in memory.
///
/// Cells have the values that were last computed; dates are texts as ISO 8601 writes them, errors such as `#N/A` are null with an
/// issue. A row without any value is no record. A column without a name is left out, with an issue.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Layer`], [`ReadError::Header`] for a header that names a column twice or lacks one that was
/// asked for, [`ReadError::Content`] for a file that is no workbook, is damaged, or would unpack to more than 2 GiB.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let header = |what: String| ReadError::Header { shown: request.shown.to_owned(), what };
    let damaged = |error: XlsxError| content(request, format!("the workbook is damaged: {error}"));
    let mut book = open(request)?;
    let mut names = book.sheet_names();
    // what this program writes has a second sheet, which nobody means
    let likely: Vec<usize> = (0..names.len()).filter(|at| names[*at] != FIELDS_SHEET).collect();
    let sheet = names.swap_remove(chosen(request, &names, &likely)?);
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(damaged)?;
    let mut rows = Rows { row: 0, cells: Vec::new() };
    let mut table: Option<Table> = None;
    let mut records = 0;
    loop {
        let cell = cells.next_cell().map_err(damaged)?;
        let ends = cell.as_ref().is_none_or(|cell| cell.get_position().0 != rows.row);
        if ends && rows.cells.iter().any(|(_, cell)| !cell.0.is_null() || cell.1.is_some()) {
            match &table {
                None => table = Some(Table::named(request, &rows, sink)?),
                Some(table) => {
                    records += 1;
                    table.record(request, records, &rows, sink);
                }
            }
        }
        let Some(cell) = cell else { break };
        let (row, column) = cell.get_position();
        if ends {
            rows.row = row;
            rows.cells.clear();
        }
        if (column as usize) < MOST_COLUMNS {
            rows.cells.push((column as usize, value(cell.get_value())));
        }
    }
    let table =
        table.ok_or_else(|| header(format!("the sheet \"{sheet}\" is empty; its first line must name the columns")))?;
    Ok(LayerInfo {
        driver: "Excel",
        layer: Some(sheet),
        fields: table.fields,
        records,
        crs: DeclaredCrs::Unknown,
        encoding: "UTF-8",
    })
}

/// The cells of the row at hand: column, value and what is wrong with it.
struct Rows {
    row: u32,
    cells: Vec<(usize, (Value, Option<String>))>,
}

/// What the header says.
struct Table {
    fields: Vec<Field>,
    names: Vec<String>,
    /// Position of the field in each column of the sheet.
    columns: Vec<Option<usize>>,
    places: place::PlaceColumns,
}

impl Table {
    fn named(request: &ReadRequest<'_>, header: &Rows, sink: &mut dyn Sink) -> Result<Table, ReadError> {
        let refuse = |what: String| ReadError::Header { shown: request.shown.to_owned(), what };
        let mut names: Vec<String> = Vec::new();
        let mut columns = Vec::new();
        for (column, (value, _)) in &header.cells {
            let name = value.to_string().trim().to_owned();
            if name.is_empty() {
                continue;
            }
            if names.contains(&name) {
                return Err(refuse(format!("the header names column \"{name}\" twice")));
            }
            columns.resize(column + 1, None);
            columns[*column] = Some(names.len());
            names.push(name);
        }
        let unnamed = columns.iter().filter(|at| at.is_none()).count();
        if unnamed > 0 {
            let what = format!("{unnamed} column(s) have no name in row {} and are left out", header.row + 1);
            sink.issue(Issue::new(Severity::Warning, "no-column-name", request.shown, what));
        }
        let places = place::columns(request, &names).map_err(refuse)?;
        let field = |name: &String| Field {
            name: name.clone(),
            title: Text::default(),
            kind: FieldKind::Text,
            choices: Vec::new(),
        };
        Ok(Table { fields: names.iter().map(field).collect(), names, columns, places })
    }

    fn record(&self, request: &ReadRequest<'_>, number: u64, row: &Rows, sink: &mut dyn Sink) {
        let mut record = Record { number, geometry: None, values: vec![Value::Null; self.names.len()] };
        for (column, (value, trouble)) in &row.cells {
            let Some(at) = self.columns.get(*column).copied().flatten() else { continue };
            record.values[at] = value.clone();
            if let Some(what) = trouble {
                let issue = Issue::new(Severity::Warning, "bad-value", request.shown, what.clone()).at_record(number);
                sink.issue(issue.in_field(self.names[at].clone()));
            }
        }
        let trouble = match place::geometry(&self.places, &record) {
            Ok(found) => {
                record.geometry = found.geometry;
                for told in found.told {
                    let told = Told { what: format!("row {}: {}", row.row + 1, told.what), ..told };
                    sink.issue(told.issue(request.shown, number, None));
                }
                None
            }
            Err((code, at, what)) => {
                let what = format!("row {}: {what}", row.row + 1);
                let issue = Issue::new(Severity::Error, code, request.shown, what).at_record(number);
                Some(issue.in_field(self.names[at].clone()))
            }
        };
        sink.record(&self.fields, record, trouble);
    }
}

fn content(request: &ReadRequest<'_>, what: String) -> ReadError {
    ReadError::Content { shown: request.shown.to_owned(), what }
}

/// Opens a workbook, after a look at how large it is unpacked: a small file can hold a huge one.
fn open(request: &ReadRequest<'_>) -> Result<Xlsx<BufReader<File>>, ReadError> {
    let not_open = |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
    let none = |what: String| content(request, format!("is no Excel workbook: {what}"));
    let file = File::open(request.path).map_err(not_open)?;
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|error| none(error.to_string()))?;
    let mut bytes = 0u64;
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at).map_err(|error| none(error.to_string()))?;
        bytes = bytes.saturating_add(entry.size());
    }
    if bytes > MOST_BYTES {
        let what = format!("the workbook would unpack to {} MB; save the sheet as CSV", bytes >> 20);
        return Err(content(request, what));
    }
    let file = File::open(request.path).map_err(not_open)?;
    Xlsx::new(BufReader::new(file)).map_err(|error| none(error.to_string()))
}

/// A cell's value, and what is wrong with it.
fn value(cell: &DataRef<'_>) -> (Value, Option<String>) {
    match cell {
        DataRef::Empty => (Value::Null, None),
        DataRef::Int(number) => (Value::Int(*number), None),
        // Excel knows no whole numbers of its own
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => (Value::Int(*number as i64), None),
        DataRef::Float(number) => (Value::from(*number), None),
        DataRef::Bool(flag) => (Value::Bool(*flag), None),
        DataRef::String(text) => (text_value(text), None),
        DataRef::SharedString(text) => (text_value(text), None),
        DataRef::DateTime(when) => (date(when), None),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (Value::from(text.as_str()), None),
        DataRef::Error(error) => (Value::Null, Some(format!("the cell holds the error {error}"))),
    }
}

fn text_value(text: &str) -> Value {
    if text.trim().is_empty() { Value::Null } else { Value::from(text) }
}

/// `2024-12-05`, `2024-12-05T08:30:00`, or `25:10:00` for a length of time.
fn date(when: &ExcelDateTime) -> Value {
    let days = when.as_f64();
    if when.is_duration() || (0.0..1.0).contains(&days) {
        let seconds = (days * 86_400.0).round() as i64;
        return Value::Text(format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    }
    let (year, month, day, hour, minute, second, _) = when.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if days.fract() == 0.0 {
        Value::Text(date)
    } else {
        Value::Text(format!("{date}T{hour:02}:{minute:02}:{second:02}"))
    }
}
