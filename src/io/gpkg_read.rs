//! Reading a GeoPackage (OGC 12-128r18): feature layers, views and attribute tables.

use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::types::ValueRef;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::encoding;
use crate::io::parts::Found;
use crate::io::place;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::read::chosen;
use crate::io::sqlite;
use crate::io::sqlite::Database;
use crate::io::sqlite::Fault;
use crate::io::wkb;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Record;
use crate::table::Value;

/// Names of the column that numbers the rows, which is no field of the data.
const ROW_NUMBERS: [&str; 5] = ["fid", "ogc_fid", "objectid", "rowid", "_row_number"];

/// Told once for a column, not for each of its values.
const BINARY: &str = "binary-value";

/// A layer as `gpkg_contents` lists it.
struct Layer {
    name: String,
    /// Geometry column and the number of its CRS; `None` for attribute tables.
    geometry: Option<(String, i64)>,
}

/// A column that becomes a field.
struct Column {
    name: String,
    kind: FieldKind,
}

/// Names the layers: features first, as `gpkg_contents` has them by name.
/// # Errors
/// [`ReadError::Open`], and [`ReadError::Content`] for a file that is no GeoPackage.
pub(super) fn layers(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    let database = open(request)?;
    Ok(listed(&database.connection, request)?.into_iter().map(|layer| layer.name).collect())
}

/// Reads one layer to its end, in the order of its rows. Memory is bounded by the largest row.
///
/// The column that numbers the rows (`fid`) is left out where it is the primary key, and columns of binary data are null, with an
/// issue. Text that is not UTF-8, against the standard, is read as GB18030, with an issue.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Layer`], and [`ReadError::Content`] for a file that is no GeoPackage or is damaged.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let database = open(request)?;
    let package = &database.connection;
    if let Some(what) = &database.told {
        sink.issue(Issue::new(Severity::Note, "unmerged-changes", request.shown, what.clone()));
    }
    let damaged = |error: rusqlite::Error| damaged(request, &error);
    let mut layers = listed(package, request)?;
    let names: Vec<String> = layers.iter().map(|layer| layer.name.clone()).collect();
    let of_likely = |is_likely: fn(&Layer) -> bool| (0..layers.len()).filter(|at| is_likely(&layers[*at])).collect();
    let mut likely: Vec<usize> = of_likely(|layer| layer.geometry.is_some());
    if likely.is_empty() {
        // where QGIS keeps the styles of layers: nobody means it
        likely = of_likely(|layer| layer.name != "layer_styles");
    }
    let layer = layers.swap_remove(chosen(request, &names, &likely)?);
    let crs = match &layer.geometry {
        Some((_, number)) => declared_crs(package, *number).map_err(damaged)?,
        None => DeclaredCrs::Unknown,
    };
    let geometry_column = layer.geometry.as_ref().map(|(column, _)| column.as_str());
    let columns = columns(package, &layer.name, geometry_column).map_err(damaged)?;
    if columns.is_empty() && geometry_column.is_none() {
        return Err(content(request, format!("the table \"{}\" that the contents list is not there", layer.name)));
    }
    let fields: Vec<Field> = columns
        .iter()
        .map(|column| Field {
            name: column.name.clone(),
            title: Text::default(),
            kind: column.kind,
            choices: Vec::new(),
        })
        .collect();
    let field_names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    if geometry_column.is_some() && (request.x.is_some() || request.y.is_some() || request.wkt.is_some()) {
        let what = format!("the layer \"{}\" has geometries of its own; leave out x, y and wkt", layer.name);
        return Err(ReadError::Header { shown: request.shown.to_owned(), what });
    }
    let places = place::columns(request, &field_names)
        .map_err(|what| ReadError::Header { shown: request.shown.to_owned(), what })?;

    let wanted: Vec<String> =
        columns.iter().map(|column| column.name.as_str()).chain(geometry_column).map(quoted).collect();
    let text = format!("SELECT {} FROM {}", wanted.join(", "), quoted(&layer.name));
    let mut statement = package.prepare(&text).map_err(damaged)?;
    let mut rows = statement.query([]).map_err(damaged)?;
    let mut records = 0;
    let mut told: BTreeSet<usize> = BTreeSet::new();
    while let Some(row) = rows.next().map_err(damaged)? {
        records += 1;
        let mut values = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter().enumerate() {
            let (value, trouble) = value(row.get_ref(at).map_err(damaged)?, column.kind);
            values.push(value);
            if let Some((code, what)) = trouble
                && (code != BINARY || told.insert(at))
            {
                let issue = Issue::new(Severity::Warning, code, request.shown, what).at_record(records);
                sink.issue(issue.in_field(column.name.clone()));
            }
        }
        let mut record = Record { number: records, geometry: None, values };
        let (geometry, field) = match geometry_column {
            Some(column) => {
                let found = match row.get_ref(columns.len()).map_err(damaged)? {
                    ValueRef::Null => Err(("no-geometry", "has no geometry".to_owned())),
                    ValueRef::Blob(bytes) => match blob(bytes) {
                        Ok(Found { geometry: None, .. }) => Err(("no-geometry", "the geometry is empty".to_owned())),
                        Ok(found) => Ok(found),
                        Err(what) => Err(("bad-geometry", what)),
                    },
                    _ => Err(("bad-geometry", "the geometry column holds no geometry".to_owned())),
                };
                (found, Some(column.to_owned()))
            }
            None => match place::geometry(&places, &record) {
                Ok(found) => (Ok(found), None),
                Err((code, at, what)) => (Err((code, what)), Some(field_names[at].clone())),
            },
        };
        let trouble = match geometry {
            Ok(found) => {
                record.geometry = found.geometry;
                for told in found.told {
                    sink.issue(told.issue(request.shown, records, field.as_deref()));
                }
                None
            }
            Err((code, what)) => {
                let issue = Issue::new(Severity::Error, code, request.shown, what).at_record(records);
                Some(Issue { field, ..issue })
            }
        };
        sink.record(&fields, record, trouble);
    }
    Ok(LayerInfo { driver: "GeoPackage", layer: Some(layer.name), fields, records, crs, encoding: "UTF-8" })
}

fn content(request: &ReadRequest<'_>, what: String) -> ReadError {
    ReadError::Content { shown: request.shown.to_owned(), what }
}

fn damaged(request: &ReadRequest<'_>, error: &rusqlite::Error) -> ReadError {
    content(request, format!("the GeoPackage is damaged or not readable: {error}"))
}

/// Opens the file for reading only; it is never changed, and no file is left beside it.
fn open(request: &ReadRequest<'_>) -> Result<Database, ReadError> {
    sqlite::open(request.path).map_err(|fault| match fault {
        Fault::Open(source) => {
            ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source }
        }
        Fault::NotOne => content(request, "is no GeoPackage: it does not start like an SQLite database".to_owned()),
        Fault::Content(what) => content(request, format!("the GeoPackage is damaged or not readable: {what}")),
    })
}

fn listed(package: &Connection, request: &ReadRequest<'_>) -> Result<Vec<Layer>, ReadError> {
    let has = |table: &str| -> Result<bool, rusqlite::Error> {
        let text = "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?1";
        Ok(package.query_row(text, [table], |_| Ok(())).optional()?.is_some())
    };
    let damaged = |error| damaged(request, &error);
    if !has("gpkg_contents").map_err(damaged)? {
        let what = "is an SQLite database but no GeoPackage: it has no table gpkg_contents";
        return Err(content(request, what.to_owned()));
    }
    let columns = if has("gpkg_geometry_columns").map_err(damaged)? {
        "gpkg_geometry_columns"
    } else {
        "(SELECT NULL AS table_name, NULL AS column_name, NULL AS srs_id)"
    };
    let text = format!(
        "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c \
         LEFT JOIN {columns} g ON g.table_name = c.table_name \
         WHERE c.data_type IN ('features', 'attributes', 'aspatial') \
         ORDER BY c.data_type <> 'features', c.table_name"
    );
    let list = || -> Result<Vec<Layer>, rusqlite::Error> {
        let mut statement = package.prepare(&text)?;
        let rows = statement.query_map([], |row| {
            let geometry = match (row.get::<_, Option<String>>(1)?, row.get::<_, Option<i64>>(2)?) {
                (Some(column), number) => Some((column, number.unwrap_or(-1))),
                _ => None,
            };
            Ok(Layer { name: row.get(0)?, geometry })
        })?;
        rows.collect()
    };
    list().map_err(damaged)
}

/// What the package says of a CRS: its code where the organisation is EPSG, else its well-known text.
fn declared_crs(package: &Connection, number: i64) -> Result<DeclaredCrs, rusqlite::Error> {
    // -1 and 0 are undefined systems, by the standard
    if number <= 0 {
        return Ok(DeclaredCrs::Unknown);
    }
    let text = "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?1";
    let row = package
        .query_row(text, [number], |row| {
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, Option<String>>(2)?))
        })
        .optional()?;
    Ok(match row {
        Some((Some(organisation), Some(code), _)) if organisation.eq_ignore_ascii_case("EPSG") && code > 0 => {
            DeclaredCrs::Carried(format!("EPSG:{code}"))
        }
        Some((_, _, Some(definition))) if !matches!(definition.trim(), "" | "undefined") => {
            DeclaredCrs::Carried(definition)
        }
        _ => DeclaredCrs::Unknown,
    })
}

fn columns(package: &Connection, table: &str, geometry: Option<&str>) -> Result<Vec<Column>, rusqlite::Error> {
    let mut statement = package.prepare("SELECT name, type, pk FROM pragma_table_info(?1)")?;
    let rows = statement.query_map([table], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?.to_uppercase(), row.get::<_, i64>(2)? > 0))
    })?;
    let mut columns = Vec::new();
    for row in rows {
        let (name, declared, is_key) = row?;
        let numbers_rows = is_key && declared == "INTEGER" && ROW_NUMBERS.contains(&name.to_lowercase().as_str());
        if numbers_rows || geometry == Some(name.as_str()) {
            continue;
        }
        let kind = match declared.split('(').next().unwrap_or_default().trim() {
            "BOOLEAN" => FieldKind::Bool,
            "INTEGER" | "INT" | "MEDIUMINT" | "SMALLINT" | "TINYINT" | "BIGINT" => FieldKind::Int,
            "REAL" | "DOUBLE" | "FLOAT" | "NUMERIC" => FieldKind::Real,
            _ => FieldKind::Text,
        };
        columns.push(Column { name, kind });
    }
    Ok(columns)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value, and what is wrong with it.
fn value(value: ValueRef<'_>, kind: FieldKind) -> (Value, Option<(&'static str, String)>) {
    match value {
        ValueRef::Null => (Value::Null, None),
        ValueRef::Integer(0 | 1) if kind == FieldKind::Bool => (Value::Bool(value.as_i64() == Ok(1)), None),
        ValueRef::Integer(number) => (Value::Int(number), None),
        ValueRef::Real(number) if number.is_finite() => (Value::Real(number), None),
        ValueRef::Real(_) => (Value::Null, Some(("bad-value", "the number is not finite".to_owned()))),
        ValueRef::Text(bytes) => {
            let (text, wrong) = encoding::text(bytes);
            (Value::Text(text), wrong.map(|what| ("bad-text", what.to_owned())))
        }
        ValueRef::Blob(_) => {
            (Value::Null, Some((BINARY, "holds binary data, which is left out of every record".to_owned())))
        }
    }
}

/// The geometry of a GeoPackage blob (OGC 12-128r18, 2.1.3).
fn blob(bytes: &[u8]) -> Result<Found, String> {
    let [b'G', b'P', _, flags, ..] = bytes else {
        return Err("the geometry does not start like one of a GeoPackage".to_owned());
    };
    if flags & 0x20 != 0 {
        return Err("an extended geometry of a GeoPackage is not read".to_owned());
    }
    let envelope = match (flags >> 1) & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return Err("the geometry's header is broken".to_owned()),
    };
    let body = bytes.get(8 + envelope..).ok_or("the geometry breaks off in its header")?;
    if flags & 0x10 != 0 {
        return Ok(Found::default());
    }
    wkb::geometry(body)
}
