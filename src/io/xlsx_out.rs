//! A table as an Excel workbook: one sheet of rows, and one that says what the fields are.

use std::path::Path;

use rust_xlsxwriter::DocProperties;
use rust_xlsxwriter::ExcelDateTime;
use rust_xlsxwriter::Format;
use rust_xlsxwriter::Workbook;
use rust_xlsxwriter::Worksheet;
use rust_xlsxwriter::XlsxError;
use unicode_width::UnicodeWidthStr;

use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::io::csv_out::wkt;
use crate::io::qml::bilingual;
use crate::io::sound;
use crate::io::sound::Shape;
use crate::table::GeometryKind;
use crate::table::Table;
use crate::table::Value;

/// The sheet that says what the fields are; readers pass it over.
pub(super) const FIELDS_SHEET: &str = "说明 fields";

/// Characters that a cell holds, by Excel's own limits.
const MOST_CHARACTERS: usize = 32_767;
/// Rows of a sheet, the header among them.
const MOST_ROWS: usize = 1_048_576;
/// Columns of a sheet.
const MOST_COLUMNS: usize = 16_384;
/// Characters of a sheet's name.
const MOST_OF_NAME: usize = 31;
/// Whole numbers up to here have no more digits than a cell keeps.
const LARGEST_WHOLE: u64 = 999_999_999_999_999;
/// Widths of columns, in characters of the usual font; a Chinese character takes two.
const WIDTHS: (usize, usize) = (6, 48);

/// Writes one table: the first sheet has the rows, its first line the field names; the second lists names, titles and description.
///
/// Texts are texts, so that the code "0012" keeps its zeros; whole numbers of more than 15 digits are texts too, because a cell has no more.
/// Null is an empty cell. Points become the columns `lon` and `lat` in degrees, other geometries a column `wkt`. A synthetic table has a
/// last column `synthetic` that is true. The same table gives the same bytes.
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when the table is not sound, has fields of these names, or does not fit: 1,048,575 rows,
/// 16,384 columns, 32,767 characters a cell; the errors of [`atomic::write_bytes`].
pub(super) fn write(path: &Path, table: &Table) -> Result<(), WriteError> {
    let mut added: Vec<&str> = match table.geometry {
        GeometryKind::None => vec![],
        GeometryKind::Point => vec!["lon", "lat"],
        GeometryKind::MultiLineString | GeometryKind::MultiPolygon => vec!["wkt"],
    };
    if table.synthetic {
        added.push("synthetic");
    }
    sound::check(table, &added)?;
    let refuse = |what: String| WriteError::Table { table: table.name.clone(), what };
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsm")) {
        return Err(refuse("a workbook without macros can not end in .xlsm; write .xlsx instead".to_owned()));
    }
    if table.rows.len() >= MOST_ROWS || table.fields.len() + added.len() > MOST_COLUMNS {
        let what = "does not fit on a sheet (1,048,576 rows, 16,384 columns); write a GeoPackage or .csv instead";
        return Err(refuse(what.to_owned()));
    }
    let names: Vec<&str> = table.fields.iter().map(|field| field.name.as_str()).chain(added.iter().copied()).collect();
    let rows = rows(table, &names)?;
    let bytes = workbook(table, &names, &rows).map_err(|error| refuse(error.to_string()))?;
    atomic::write_bytes(path, &bytes)
}

/// The cells of every row, the added columns too.
fn rows(table: &Table, names: &[&str]) -> Result<Vec<Vec<Value>>, WriteError> {
    let mut rows = Vec::with_capacity(table.rows.len());
    for (at, row) in table.rows.iter().enumerate() {
        let mut cells = row.values.clone();
        match sound::shape_of(table, at)? {
            None => {}
            Some(Shape::Point(point)) => cells.extend([Value::from(point.x()), Value::from(point.y())]),
            Some(shape) => cells.push(Value::from(wkt(&shape))),
        }
        if table.synthetic {
            cells.push(Value::Bool(true));
        }
        for (cell, name) in cells.iter().zip(names) {
            if let Value::Text(text) = cell
                && text.chars().count() > MOST_CHARACTERS
            {
                return Err(WriteError::Row {
                    table: table.name.clone(),
                    row: at + 1,
                    field: (*name).to_owned(),
                    what: "more than the 32,767 characters that a cell holds; write a GeoPackage instead".to_owned(),
                });
            }
        }
        rows.push(cells);
    }
    Ok(rows)
}

fn workbook(table: &Table, names: &[&str], rows: &[Vec<Value>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // a fixed day, so that the same table gives the same bytes
    let day = ExcelDateTime::from_ymd(2026, 1, 1)?;
    book.set_properties(&DocProperties::new().set_title(table.display_title()).set_creation_datetime(&day));
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet();
    sheet.set_name(sheet_name(&table.name))?;
    let mut widths: Vec<usize> = names.iter().map(|name| name.width() + 3).collect();
    for (column, name) in names.iter().enumerate() {
        sheet.write_string_with_format(0, column as u16, *name, &bold)?;
    }
    for (at, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let width = put(sheet, at as u32 + 1, column as u16, cell)?;
            widths[column] = widths[column].max(width + 1);
        }
    }
    for (column, width) in widths.iter().enumerate() {
        sheet.set_column_width(column as u16, (*width).clamp(WIDTHS.0, WIDTHS.1) as f64)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    if let (Some(last), false) = (names.len().checked_sub(1), rows.is_empty()) {
        sheet.autofilter(0, 0, rows.len() as u32, last as u16)?;
    }

    let notes = book.add_worksheet();
    notes.set_name(FIELDS_SHEET)?;
    for (column, (name, width)) in [("field", 28.0), ("中文", 36.0), ("English", 48.0)].into_iter().enumerate() {
        notes.write_string_with_format(0, column as u16, name, &bold)?;
        notes.set_column_width(column as u16, width)?;
    }
    notes.set_freeze_panes(1, 0)?;
    let mut line = 1;
    for field in &table.fields {
        for (column, text) in [&field.name, &field.title.zh, &field.title.en].into_iter().enumerate() {
            notes.write_string(line, column as u16, text)?;
        }
        line += 1;
    }
    notes.write_string(line + 1, 0, table.display_title())?;
    let about: String = bilingual(&table.description).chars().take(MOST_CHARACTERS).collect();
    notes.write_string(line + 2, 0, about)?;
    book.save_to_buffer()
}

/// Writes a cell; how many characters wide it is shown.
fn put(sheet: &mut Worksheet, row: u32, column: u16, cell: &Value) -> Result<usize, XlsxError> {
    let shown = match cell {
        Value::Null => return Ok(0),
        Value::Bool(flag) => {
            sheet.write_boolean(row, column, *flag)?;
            return Ok(6);
        }
        Value::Int(number) if number.unsigned_abs() <= LARGEST_WHOLE => {
            sheet.write_number(row, column, *number as f64)?;
            number.to_string()
        }
        Value::Int(number) => {
            sheet.write_string(row, column, number.to_string())?;
            number.to_string()
        }
        Value::Real(number) => {
            sheet.write_number(row, column, *number)?;
            // the General format shows some ten digits
            return Ok(number.to_string().len().min(12));
        }
        Value::Text(text) => {
            if !text.is_empty() {
                sheet.write_string(row, column, text)?;
            }
            text.lines().next().unwrap_or_default().to_owned()
        }
    };
    Ok(shown.width())
}

/// The name of a table as a sheet may be called.
fn sheet_name(name: &str) -> String {
    let allowed = name.chars().map(|c| if "[]:*?/\\".contains(c) { '_' } else { c });
    let name: String = allowed.take(MOST_OF_NAME).collect();
    if name == FIELDS_SHEET || name.trim_matches('\'').is_empty() { "table".to_owned() } else { name }
}
