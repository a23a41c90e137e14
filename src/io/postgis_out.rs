//! A table as a table of a PostgreSQL database with PostGIS.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use postgres::Transaction;

use crate::io::atomic::WriteError;
use crate::io::gpkg;
use crate::io::gpkg_blob;
use crate::io::gpkg_schema::srs;
use crate::io::postgis::cause;
use crate::io::postgis::connect;
use crate::io::postgis::quoted;
use crate::io::qml;
use crate::io::read::shown;
use crate::io::sound;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Table;
use crate::table::Value;

const GEOMETRY: &str = "geom";
const NUMBER: &str = "fid";

/// How the comment of a table of ours ends; a table without it is somebody's, and is not replaced.
const MARK: &str = "[tongda]";

/// Names that are longer are cut by the server without a word.
const MOST_BYTES: usize = 63;

/// Writes one table of the table's name into the first schema of the search path, in one transaction, replacing one that an earlier
/// run wrote; never one that somebody else made.
///
/// `fid` numbers the rows from 1 and is the primary key; `geom` has the index. Titles and the description are comments. A schema of
/// its own is chosen by the address: `?options=-csearch_path%3Dname,public`.
///
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when the table is not sound, or has names or texts that the server can not hold;
/// [`WriteError::Server`] when it can not be reached or refuses. Nothing is changed then.
pub(super) fn write(path: &Path, table: &Table) -> Result<(), WriteError> {
    sound::check(table, &[GEOMETRY, NUMBER])?;
    if let Some(field) = table.fields.iter().find(|field| field.name.len() > MOST_BYTES) {
        let what = format!("the field name \"{}\" has more than {MOST_BYTES} bytes; shorten it", field.name);
        return Err(WriteError::Table { table: table.name.clone(), what });
    }
    let lines = lines(table)?;
    let failed = |what: String| WriteError::Server { shown: shown(path), what };
    let mut client = connect(path).map_err(failed)?;
    let fill = |work: &mut Transaction<'_>| -> Result<Option<String>, postgres::Error> {
        work.batch_execute("SET LOCAL client_encoding = 'UTF8'; SET LOCAL client_min_messages = warning")?;
        let found = work.query_one(
            "SELECT to_regclass($1) IS NOT NULL, coalesce(obj_description(to_regclass($1), 'pg_class'), '')",
            &[&quoted(&table.name)],
        )?;
        let (is_there, comment): (bool, String) = (found.try_get(0)?, found.try_get(1)?);
        if is_there && !comment.ends_with(MARK) {
            return Ok(Some(format!(
                "a table \"{}\" is there that tongda did not write; rename or drop it, or choose another schema with \
                 ?options=-csearch_path%3DSCHEMA,public at the end of the address",
                table.name
            )));
        }
        work.batch_execute(&definition(table, is_there))?;
        let mut copy = work.copy_in(&format!("COPY {} FROM STDIN", quoted(&table.name)))?;
        let sent = copy.write_all(lines.as_bytes());
        copy.finish()?;
        if let Err(error) = sent {
            return Ok(Some(error.to_string()));
        }
        if table.geometry != GeometryKind::None {
            let (name, column) = (quoted(&table.name), quoted(GEOMETRY));
            work.batch_execute(&format!("CREATE INDEX ON {name} USING gist ({column})"))?;
        }
        work.batch_execute(&format!("ANALYZE {}", quoted(&table.name)))?;
        Ok(None)
    };
    let mut work = client.transaction().map_err(|error| failed(cause(&error)))?;
    match fill(&mut work) {
        Ok(None) => work.commit().map_err(|error| failed(cause(&error))),
        Ok(Some(what)) => Err(failed(what)),
        Err(error) => Err(failed(cause(&error))),
    }
}

fn definition(table: &Table, is_there: bool) -> String {
    let name = quoted(&table.name);
    let mut columns = vec![format!("{} bigint PRIMARY KEY", quoted(NUMBER))];
    columns.extend(table.fields.iter().map(|field| {
        let kind = match field.kind {
            FieldKind::Bool => "boolean",
            FieldKind::Int => "bigint",
            FieldKind::Real => "double precision",
            FieldKind::Text => "text",
        };
        format!("{} {kind}", quoted(&field.name))
    }));
    let shape = match table.geometry {
        GeometryKind::None => None,
        GeometryKind::Point => Some("Point"),
        GeometryKind::MultiLineString => Some("MultiLineString"),
        GeometryKind::MultiPolygon => Some("MultiPolygon"),
    };
    columns.extend(shape.map(|shape| format!("{} geometry({shape}, {})", quoted(GEOMETRY), srs(table.crs).id)));
    let mut text = if is_there { format!("DROP TABLE {name};\n") } else { String::new() };
    let _ = writeln!(text, "CREATE TABLE {name} ({});", columns.join(", "));
    let comment = format!("{}. {} {MARK}", table.display_title(), gpkg::description(table));
    let _ = writeln!(text, "COMMENT ON TABLE {name} IS {};", literal(&comment));
    for field in &table.fields {
        let title = qml::bilingual(&field.title);
        if !title.is_empty() {
            let _ = writeln!(text, "COMMENT ON COLUMN {name}.{} IS {};", quoted(&field.name), literal(&title));
        }
    }
    text
}

/// A text as SQL has it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

/// The rows in the text form of COPY.
fn lines(table: &Table) -> Result<String, WriteError> {
    let mut out = String::new();
    let number = srs(table.crs).id;
    for (at, row) in table.rows.iter().enumerate() {
        let _ = write!(out, "{}", at + 1);
        for (value, field) in row.values.iter().zip(&table.fields) {
            out.push('\t');
            match value {
                Value::Null => out.push_str("\\N"),
                Value::Text(text) if text.contains('\0') => {
                    return Err(WriteError::Row {
                        table: table.name.clone(),
                        row: at + 1,
                        field: field.name.clone(),
                        what: "a text of PostgreSQL can not hold the character U+0000".to_owned(),
                    });
                }
                Value::Text(text) => text.chars().for_each(|c| match c {
                    '\\' => out.push_str("\\\\"),
                    '\t' => out.push_str("\\t"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    other => out.push(other),
                }),
                Value::Real(number) => {
                    let _ = write!(out, "{number:e}");
                }
                other => {
                    let _ = write!(out, "{other}");
                }
            }
        }
        if table.geometry != GeometryKind::None {
            match sound::shape_of(table, at)? {
                None => out.push_str("\t\\N"),
                Some(shape) => {
                    // extended well-known binary: the number of the CRS stands behind the kind
                    out.push('\t');
                    let plain = gpkg_blob::wkb(&shape);
                    let (head, body) = plain.split_at(plain.len().min(5));
                    let mut extended = head.to_vec();
                    if let Some(flags) = extended.get_mut(4) {
                        *flags |= 0x20;
                    }
                    extended.extend(number.to_le_bytes());
                    extended.iter().chain(body).for_each(|byte| {
                        let _ = write!(out, "{byte:02x}");
                    });
                }
            }
        }
        out.push('\n');
    }
    Ok(out)
}
