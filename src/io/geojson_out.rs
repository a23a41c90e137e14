//! A table as GeoJSON after RFC 7946: one feature a line, degrees with 7 decimals (about a centimetre).

use std::fmt::Write;
use std::path::Path;

use geo_types::Coord;
use geo_types::LineString;
use serde_json::Value as Json;
use serde_json::json;

use crate::base::units::trim_zeros;
use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::io::qml;
use crate::io::sound;
use crate::io::sound::Shape;
use crate::table::OutputCrs;
use crate::table::Table;
use crate::table::Value;

/// Writes one table: `.geojson` and `.json` as a FeatureCollection, other endings one feature a line.
///
/// Exterior rings run counter-clockwise. `name`, `title`, `description`, `crs_note` and, where it is so,
/// `"synthetic": true` are members of the collection beside the standard's. Tables without geometry have features
/// with a null geometry.
///
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when the table is not sound; the errors of [`atomic::write_bytes`].
pub fn write(path: &Path, table: &Table) -> Result<(), WriteError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let text = if matches!(ending.as_str(), "geojson" | "json") { text(table)? } else { lines(table)? };
    atomic::write_bytes(path, text.as_bytes())
}

/// The features one a line (RFC 8142 without its separators, as GDAL and tippecanoe write it); where the table is synthetic, every feature
/// says so in a last property `synthetic`.
///
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when the table is not sound.
pub fn lines(table: &Table) -> Result<String, WriteError> {
    sound::check(table, if table.synthetic { &["synthetic"] } else { &[] })?;
    let mut out = String::new();
    for at in 0..table.rows.len() {
        feature(&mut out, table, at, table.synthetic)?;
        out.push('\n');
    }
    Ok(out)
}

/// The FeatureCollection as text, with a line feed at the end.
///
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when the table is not sound.
pub fn text(table: &Table) -> Result<String, WriteError> {
    sound::check(table, &[])?;
    let crs_note = match table.crs {
        OutputCrs::Wgs84 => "WGS 84 longitude and latitude (EPSG:4326)",
        OutputCrs::Cgcs2000 => "CGCS2000 longitude and latitude (EPSG:4490), within a metre of WGS 84",
    };
    let mut out = format!(
        "{{\"type\":\"FeatureCollection\",\"name\":{},\"title\":{},\"description\":{},\"crs_note\":{}",
        json!(table.name),
        json!(table.display_title()),
        json!(qml::bilingual(&table.description)),
        json!(crs_note),
    );
    if table.synthetic {
        out.push_str(",\"synthetic\":true");
    }
    out.push_str(",\"features\":[");
    for at in 0..table.rows.len() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        feature(&mut out, table, at, false)?;
    }
    out.push_str("\n]}\n");
    Ok(out)
}

/// One row as a feature; `is_marked` adds the mark of made-up data.
fn feature(out: &mut String, table: &Table, at: usize, is_marked: bool) -> Result<(), WriteError> {
    out.push_str("{\"type\":\"Feature\",\"properties\":{");
    for (n, (field, value)) in table.fields.iter().zip(&table.rows[at].values).enumerate() {
        let comma = if n == 0 { "" } else { "," };
        // Writing to a String can not fail.
        let _ = write!(out, "{comma}{}:{}", json!(field.name), json_of(value));
    }
    if is_marked {
        out.push_str(if table.fields.is_empty() { "\"synthetic\":true" } else { ",\"synthetic\":true" });
    }
    out.push_str("},\"geometry\":");
    match sound::shape_of(table, at)? {
        None => out.push_str("null"),
        Some(shape) => geometry(out, &shape),
    }
    out.push('}');
    Ok(())
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => json!(flag),
        Value::Int(number) => json!(number),
        Value::Real(number) => json!(number),
        Value::Text(text) => json!(text),
    }
}

fn geometry(out: &mut String, shape: &Shape) {
    match shape {
        Shape::Point(point) => {
            out.push_str("{\"type\":\"Point\",\"coordinates\":");
            position(out, point.0);
        }
        Shape::Lines(lines) => {
            out.push_str("{\"type\":\"MultiLineString\",\"coordinates\":");
            list(out, &lines.0, positions);
        }
        Shape::Polygons(polygons) => {
            out.push_str("{\"type\":\"MultiPolygon\",\"coordinates\":");
            list(out, &polygons.0, |out, polygon| {
                let rings: Vec<&LineString<f64>> =
                    std::iter::once(polygon.exterior()).chain(polygon.interiors()).collect();
                list(out, &rings, |out, ring| positions(out, ring));
            });
        }
    }
    out.push('}');
}

fn list<T>(out: &mut String, items: &[T], mut each: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(']');
}

fn positions(out: &mut String, line: &LineString<f64>) {
    list(out, &line.0, |out, c| position(out, *c));
}

fn position(out: &mut String, c: Coord<f64>) {
    let _ = write!(out, "[{},{}]", degrees(c.x), degrees(c.y));
}

/// Degrees with at most 7 decimals, without trailing zeros.
pub(super) fn degrees(value: f64) -> String {
    trim_zeros(value, 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_have_seven_decimals_at_most() {
        assert_eq!(degrees(118.123_456_789), "118.1234568");
        assert_eq!(degrees(120.0), "120");
        assert_eq!(degrees(-0.000_000_01), "0");
    }
}
