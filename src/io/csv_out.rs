//! A table as CSV that Excel, QGIS and DuckDB read: UTF-8 with a byte order mark, texts in quotes.

use std::path::Path;

use geo_types::Coord;
use geo_types::LineString;

use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::io::geojson_out::degrees;
use crate::io::sound;
use crate::io::sound::Shape;
use crate::table::GeometryKind;
use crate::table::Table;
use crate::table::Value;

/// Writes one table; the header is the field names.
///
/// A `.tsv` has tabs between its cells, every other ending commas. Texts are always in quotes, numbers never, so that the code "0012" is told from the number 12; null is nothing at
/// all, an empty text is `""`. Points become the columns `lon` and `lat`, other geometries a column `wkt`, in degrees with
/// 7 decimals. A synthetic table has a last column `synthetic` that says `true`.
///
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when the table is not sound or has fields of these names; the errors of
/// [`atomic::write_bytes`].
pub fn write(path: &Path, table: &Table) -> Result<(), WriteError> {
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    let is_tsv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("tsv"));
    bytes.extend(delimited(table, if is_tsv { "\t" } else { "," })?.as_bytes());
    atomic::write_bytes(path, &bytes)
}

/// The rows as text with commas, without the byte order mark; lines end with a line feed.
///
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when the table is not sound or has fields of these names.
pub fn text(table: &Table) -> Result<String, WriteError> {
    delimited(table, ",")
}

fn delimited(table: &Table, delimiter: &str) -> Result<String, WriteError> {
    let mut added: Vec<&str> = match table.geometry {
        GeometryKind::None => vec![],
        GeometryKind::Point => vec!["lon", "lat"],
        GeometryKind::MultiLineString | GeometryKind::MultiPolygon => vec!["wkt"],
    };
    if table.synthetic {
        added.push("synthetic");
    }
    sound::check(table, &added)?;
    let names = table.fields.iter().map(|field| header(&field.name));
    let mut out = names.chain(added.iter().map(|name| (*name).to_owned())).collect::<Vec<_>>().join(delimiter);
    out.push('\n');
    for (at, row) in table.rows.iter().enumerate() {
        let mut cells: Vec<String> = row.values.iter().map(cell).collect();
        match sound::shape_of(table, at)? {
            None => {}
            Some(Shape::Point(point)) => cells.extend([degrees(point.x()), degrees(point.y())]),
            Some(shape) => cells.push(quoted(&wkt(&shape))),
        }
        if table.synthetic {
            cells.push("true".to_owned());
        }
        out.push_str(&cells.join(delimiter));
        out.push('\n');
    }
    Ok(out)
}

fn header(name: &str) -> String {
    if name.chars().all(|c| c.is_alphanumeric() || c == '_') { name.to_owned() } else { quoted(name) }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        other => other.to_string(),
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The geometry as well-known text, degrees with 7 decimals.
pub(super) fn wkt(shape: &Shape) -> String {
    match shape {
        Shape::Point(point) => format!("POINT ({})", position(&point.0)),
        Shape::Lines(lines) => format!("MULTILINESTRING ({})", join(lines.0.iter().map(ring))),
        Shape::Polygons(polygons) => {
            let polygon = polygons.0.iter().map(|polygon| {
                format!("({})", join(std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring)))
            });
            format!("MULTIPOLYGON ({})", join(polygon))
        }
    }
}

fn ring(line: &LineString<f64>) -> String {
    format!("({})", join(line.0.iter().map(position)))
}

fn position(c: &Coord<f64>) -> String {
    format!("{} {}", degrees(c.x), degrees(c.y))
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
