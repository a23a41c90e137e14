//! A table as dBASE: by itself, and as the attributes of a shapefile. UTF-8, said so by a `.cpg` beside it.
//!
//! Field names have ten bytes by the format; `x.fields.csv` beside `x.dbf` holds the whole names and the titles.

use std::collections::HashSet;
use std::path::Path;
use std::path::PathBuf;

use crate::base::units::Text;
use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::io::csv_out::quoted;
use crate::io::geojson_out::degrees;
use crate::io::gpkg::TIMESTAMP;
use crate::io::sound;
use crate::io::sound::Shape;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Table;
use crate::table::Value;

/// Bytes of a field name.
const NAME: usize = 10;
/// Bytes of the longest text.
const TEXT: usize = 254;
/// Digits and sign of a whole number that every reader takes for one; GDAL reads wider columns as reals.
const WHOLE: usize = 18;
/// As above, for numbers that need it: every `i64` fits.
const WHOLE_WIDE: usize = 20;
/// Characters of a real: every `f64` fits, and GDAL writes this width too.
const REAL: usize = 24;
/// Fields of a table, by dBASE IV.
const FIELDS: usize = 255;
/// Bytes of a file: beyond 2 GiB many programs read rubbish.
pub(super) const MOST_BYTES: u64 = (1 << 31) - 1;

/// Endings of the files beside a `.dbf`.
pub(super) const BESIDE: [&str; 2] = ["cpg", "fields.csv"];

/// Writes one table with its `.cpg` and `.fields.csv`, all or none, replacing what is there.
///
/// Points become the fields `lon` and `lat` in degrees with 7 decimals. Null is blank, and `?` for yes or no; an empty text
/// is null. Whole numbers are kept, and reals in as many digits as bring the same number back. A synthetic table has a last
/// field `synthetic` that is true.
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when the table is not sound, has lines or polygons, or does not fit the
/// format: more than 255 fields, a text of more than 254 bytes, 2 GiB; the errors of [`atomic::write_together`].
pub(super) fn write(path: &Path, table: &Table) -> Result<(), WriteError> {
    let places = match table.geometry {
        GeometryKind::None => None,
        GeometryKind::Point => Some(positions(table)?),
        GeometryKind::MultiLineString | GeometryKind::MultiPolygon => {
            let what =
                "a .dbf holds no lines and polygons; write a shapefile (.shp) or a GeoPackage instead".to_owned();
            return Err(WriteError::Table { table: table.name.clone(), what });
        }
    };
    let [(_, dbf), cpg, fields] = files(path, table, places)?;
    atomic::write_together(&[cpg, fields, (path.to_owned(), dbf)], &[])
}

/// The texts of `lon` and `lat` of every row.
fn positions(table: &Table) -> Result<Vec<[String; 2]>, WriteError> {
    let mut all = Vec::with_capacity(table.rows.len());
    for at in 0..table.rows.len() {
        if let Some(Shape::Point(point)) = sound::shape_of(table, at)? {
            all.push([degrees(point.x()), degrees(point.y())]);
        }
    }
    Ok(all)
}

/// The content of the `.dbf`, the `.cpg` and the `.fields.csv` of a path with whatever ending.
/// # Errors
/// As [`write`], but for what the file system says.
pub(super) fn files(
    path: &Path,
    table: &Table,
    places: Option<Vec<[String; 2]>>,
) -> Result<[(PathBuf, Vec<u8>); 3], WriteError> {
    let mut added: Vec<&str> = if places.is_some() { vec!["lon", "lat"] } else { Vec::new() };
    if table.synthetic {
        added.push("synthetic");
    }
    sound::check(table, &added)?;
    let mut columns: Vec<Column<'_>> = Vec::new();
    for (at, field) in table.fields.iter().enumerate() {
        columns.push(Column::of(table, at, field)?);
    }
    if let Some(places) = &places {
        for axis in 0..2 {
            let cells = places.iter().map(|place| place[axis].clone()).collect();
            columns.push(Column { kind: b'N', width: 13, decimals: 7, cells: Cells::Given(cells) });
        }
    }
    if table.synthetic {
        columns.push(Column { kind: b'L', width: 1, decimals: 0, cells: Cells::Same("T") });
    }
    let full: Vec<&str> = table.fields.iter().map(|field| field.name.as_str()).chain(added.iter().copied()).collect();
    let short = short_names(&full);
    let bytes = bytes(table, &columns, &short)?;
    let beside = |ending: &str| path.with_extension(ending);
    Ok([
        (beside("dbf"), bytes),
        (beside(BESIDE[0]), b"UTF-8".to_vec()),
        (beside(BESIDE[1]), field_list(table, &full, &short)),
    ])
}

/// One column and where its cells come from.
struct Column<'t> {
    /// The letter of its type.
    kind: u8,
    width: usize,
    decimals: u8,
    cells: Cells<'t>,
}

enum Cells<'t> {
    /// A field of the table, by position.
    Field(&'t Table, usize),
    Given(Vec<String>),
    Same(&'static str),
}

impl<'t> Column<'t> {
    fn of(table: &'t Table, at: usize, field: &Field) -> Result<Column<'t>, WriteError> {
        let (kind, width, decimals) = match field.kind {
            FieldKind::Bool => (b'L', 1, 0),
            FieldKind::Int => {
                let longest = table.rows.iter().map(|row| row.values[at].to_string().len()).max().unwrap_or(0);
                (b'N', if longest > WHOLE { WHOLE_WIDE } else { WHOLE }, 0)
            }
            // more than 0 decimals, or readers take it for whole numbers
            FieldKind::Real => (b'N', REAL, 15),
            FieldKind::Text => (b'C', longest_text(table, at, field)?.max(1), 0),
        };
        Ok(Column { kind, width, decimals, cells: Cells::Field(table, at) })
    }

    /// The cell of a row, without the blanks that fill its width.
    fn cell(&self, row: usize) -> String {
        match &self.cells {
            Cells::Given(cells) => cells[row].clone(),
            Cells::Same(cell) => (*cell).to_owned(),
            Cells::Field(table, at) => match &table.rows[row].values[*at] {
                Value::Null if self.kind == b'L' => "?".to_owned(),
                Value::Null => String::new(),
                Value::Bool(flag) => if *flag { "T" } else { "F" }.to_owned(),
                Value::Int(number) => number.to_string(),
                Value::Real(number) => real(*number),
                Value::Text(text) => text.clone(),
            },
        }
    }
}

/// The width in bytes that the texts of a field need.
fn longest_text(table: &Table, at: usize, field: &Field) -> Result<usize, WriteError> {
    let mut longest = 0;
    for (row, values) in table.rows.iter().map(|row| &row.values).enumerate() {
        let Value::Text(text) = &values[at] else { continue };
        let refuse =
            |what| WriteError::Row { table: table.name.clone(), row: row + 1, field: field.name.clone(), what };
        if text.len() > TEXT {
            let what = format!(
                "the text has {} bytes in UTF-8, and dBASE takes {TEXT}; write a GeoPackage or CSV instead",
                text.len()
            );
            return Err(refuse(what));
        }
        if text.contains('\0') {
            let what = "the text holds the character 0, which ends a text in dBASE; write a GeoPackage instead";
            return Err(refuse(what.to_owned()));
        }
        longest = longest.max(text.len());
    }
    Ok(longest)
}

/// A real in at most 24 characters that read back as the same number, and never look like a whole one.
fn real(number: f64) -> String {
    let mut plain = number.to_string();
    if !plain.contains('.') {
        plain.push_str(".0");
    }
    if plain.len() <= REAL { plain } else { format!("{number:e}") }
}

/// Names of at most ten bytes, cut on a character and unique whatever the case: `verylongname` and `verylongnames` become
/// `verylongna` and `verylong_1`. Names that are short enough keep theirs.
fn short_names(full: &[&str]) -> Vec<String> {
    let cut = |name: &str, most: usize| {
        let end = (0..=most.min(name.len())).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
        name[..end].trim_end().to_owned()
    };
    let fits = |name: &&&str| name.len() <= NAME;
    let mut taken: HashSet<String> = full.iter().filter(fits).map(|name| name.to_lowercase()).collect();
    let mut short = Vec::with_capacity(full.len());
    for name in full {
        if fits(&name) {
            short.push((*name).to_owned());
            continue;
        }
        let mut candidate = cut(name, NAME);
        let mut number = 0;
        while !taken.insert(candidate.to_lowercase()) {
            number += 1;
            let ending = format!("_{number}");
            candidate = cut(name, NAME - ending.len()) + &ending;
        }
        short.push(candidate);
    }
    short
}

fn bytes(table: &Table, columns: &[Column<'_>], names: &[String]) -> Result<Vec<u8>, WriteError> {
    let refuse = |what: String| WriteError::Table { table: table.name.clone(), what };
    if columns.is_empty() {
        return Err(refuse("has no fields, and dBASE wants one at least; write a GeoPackage instead".to_owned()));
    }
    if columns.len() > FIELDS {
        let what = format!("has {} fields, and dBASE takes {FIELDS}; write a GeoPackage instead", columns.len());
        return Err(refuse(what));
    }
    // at most 255 fields of at most 254 bytes: both fit their two bytes of the header
    let start = 32 * (columns.len() + 1) + 1;
    let row_bytes = 1 + columns.iter().map(|column| column.width).sum::<usize>();
    let whole = start as u64 + row_bytes as u64 * table.rows.len() as u64 + 1;
    if whole > MOST_BYTES {
        let what = format!("would take {} MB, and a .dbf has at most 2 GiB; write a GeoPackage instead", whole >> 20);
        return Err(refuse(what));
    }
    let mut out = Vec::with_capacity(whole as usize);
    out.push(3);
    out.extend(day());
    out.extend((table.rows.len() as u32).to_le_bytes());
    out.extend((start as u16).to_le_bytes());
    out.extend((row_bytes as u16).to_le_bytes());
    // no mark of a code page: the .cpg says it
    out.extend([0; 20]);
    for (column, name) in columns.iter().zip(names) {
        let mut descriptor = [0u8; 32];
        descriptor[..name.len()].copy_from_slice(name.as_bytes());
        descriptor[11] = column.kind;
        descriptor[16] = column.width as u8;
        descriptor[17] = column.decimals;
        out.extend(descriptor);
    }
    out.push(0x0d);
    for row in 0..table.rows.len() {
        out.push(b' ');
        for column in columns {
            let cell = column.cell(row);
            let blanks = column.width.saturating_sub(cell.len());
            // texts to the left, numbers to the right
            if column.kind == b'N' {
                out.resize(out.len() + blanks, b' ');
                out.extend(cell.as_bytes());
            } else {
                out.extend(cell.as_bytes());
                out.resize(out.len() + blanks, b' ');
            }
        }
    }
    out.push(0x1a);
    Ok(out)
}

/// The day of the header: that of every file of ours, as years since 1900, month and day.
fn day() -> [u8; 3] {
    let number = |range: std::ops::Range<usize>| TIMESTAMP[range].parse::<u16>().unwrap_or(0);
    [number(0..4).saturating_sub(1900) as u8, number(5..7) as u8, number(8..10) as u8]
}

/// The list of names and titles, as CSV.
fn field_list(table: &Table, full: &[&str], short: &[String]) -> Vec<u8> {
    let untitled = Text::default();
    let mut out = "\u{feff}field,name,zh,en\n".to_owned();
    for (at, (short, full)) in short.iter().zip(full).enumerate() {
        let title = table.fields.get(at).map_or(&untitled, |field| &field.title);
        let cells = [short.as_str(), full, &title.zh, &title.en].map(quoted);
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_on_characters_and_stay_different() {
        let full = [
            "verylongname",
            "verylongnames",
            "VERYLONGNA",
            "毗邻县公交通达率",
            "毗邻县公交通达数",
            "name",
            "ten bytes and more",
        ];
        let want = ["verylong_1", "verylong_2", "VERYLONGNA", "毗邻县", "毗邻_1", "name", "ten bytes"];
        assert_eq!(short_names(&full), want);
        assert_eq!(short_names(&["verylongname", "verylongnames"]), ["verylongna", "verylong_1"]);
        let many: Vec<String> = (0..250).map(|at| format!("population_{at}")).collect();
        let short = short_names(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(short.iter().collect::<HashSet<_>>().len(), 250);
        assert!(short.iter().all(|name| name.len() <= NAME));
    }

    #[test]
    fn reals_come_back_as_they_were() {
        for number in
            [0.0, 5.0, -0.1, 1e-7, 0.1 + 0.2, 1e22, -1.234_567_890_123_456_7e-300, f64::MAX, f64::MIN_POSITIVE, -0.0]
        {
            let text = real(number);
            assert!(text.len() <= REAL && text.contains(['.', 'e']), "{text}");
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{text}");
        }
    }
}
