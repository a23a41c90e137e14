//! Tables as a GeoPackage that QGIS opens styled: data, spatial index, styles, field titles, metadata and a project.

use std::ffi::OsStr;
use std::iter;
use std::path::Path;
use std::path::PathBuf;

use geo_types::Rect;
use rusqlite::Connection;
use rusqlite::ToSql;
use rusqlite::params;
use rusqlite::types::ToSqlOutput;
use rusqlite::types::ValueRef;

use crate::base::units::Lang;
use crate::base::units::Text;
use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::io::gpkg_blob::blob;
use crate::io::gpkg_schema;
use crate::io::gpkg_schema::srs;
use crate::io::qgis_contents::Contents;
use crate::io::qgis_metadata;
use crate::io::qgis_project;
use crate::io::qgis_project::Project;
use crate::io::qgis_project::ProjectCrs;
use crate::io::qml;
use crate::io::sound;
use crate::io::sound::Shape;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::OutputCrs;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;

/// The time stamp of everything inside a package and a project.
///
/// A constant, so that the same run gives the same bytes; it says nothing about when the run was.
pub const TIMESTAMP: &str = "2026-01-01T00:00:00.000Z";

/// The name of the project inside the package: `geopackage:x.gpkg?projectName=tongda`.
pub const PROJECT_NAME: &str = "tongda";

/// Field names that the package keeps for itself: the row number and the geometry.
const RESERVED: [&str; 3] = ["fid", "geom", "ogc_fid"];
/// Names of tables that mean something else to SQLite, the standard or QGIS.
const RESERVED_TABLES: [&str; 5] = ["gpkg_", "rtree_", "sqlite_", "layer_styles", "qgis_projects"];

/// What goes into one file.
#[derive(Debug, Clone)]
pub struct Package<'a> {
    pub title: &'a Text,
    /// A paragraph for the project's metadata.
    pub summary: &'a Text,
    /// Lines at the foot of the printed maps: approval, sources, version. That data is synthetic need not be said
    /// here; it is said wherever a table is.
    pub note: &'a Text,
    /// Written in this order; tables without geometry are registered as attributes.
    pub tables: &'a [Table],
    /// The CRS and the extent of the QGIS project; without it no project is written, only layers with their styles.
    pub project: Option<&'a ProjectCrs>,
    /// Inputs, parameters and versions of the run, as JSON; kept in `gpkg_metadata`.
    pub provenance_json: &'a str,
    /// The languages of the printed maps, each map in one of them; titles of layers and fields are in both.
    pub langs: &'a [Lang],
    /// Groups, themes and printed maps of the project, and where the data comes from.
    pub contents: &'a Contents,
}

/// Writes the package, replacing what is there; the same package gives the same bytes.
///
/// Layers point to the file by its name: a copy under another name keeps data and layer styles, but its project
/// inside finds no layers.
///
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when a table is not sound, before anything is written; the errors of
/// [`atomic::write_with`]; [`WriteError::Database`].
pub fn write(path: &Path, package: &Package) -> Result<(), WriteError> {
    write_and_keep_project(path, package).map(|_| ())
}

/// The same; the project inside, as the bytes of a `.qgz`.
fn write_and_keep_project(path: &Path, package: &Package) -> Result<Option<Vec<u8>>, WriteError> {
    sound::check_names(package.tables)?;
    for table in package.tables {
        sound::check(table, &RESERVED)?;
        if let Some(prefix) = RESERVED_TABLES.iter().find(|prefix| table.name.to_lowercase().starts_with(**prefix)) {
            let what = format!("table names that start with \"{prefix}\" are taken by the format; choose another one");
            return Err(WriteError::Table { table: table.name.clone(), what });
        }
    }
    let qgz = match project_of(path, package) {
        Some(project) => Some(qgis_project::qgz(&project).map_err(zip_error(path))?),
        None => None,
    };
    atomic::write_with(path, |temporary| {
        fill(temporary, package, qgz.as_deref()).map_err(|failure| match failure {
            Failure::Unsound(error) => error,
            Failure::Database(source) => WriteError::Database { path: path.to_owned(), source },
        })
    })?;
    Ok(qgz)
}

/// Writes one table as a package of its own: data, spatial index, style and metadata, without a project.
///
/// # Errors
/// As [`write()`].
pub fn write_alone(path: &Path, table: &Table) -> Result<(), WriteError> {
    let nothing = Text::default();
    let contents = Contents::default();
    let package = Package {
        title: &table.title,
        summary: &table.description,
        note: &nothing,
        tables: std::slice::from_ref(table),
        project: None,
        provenance_json: "{}",
        langs: &[],
        contents: &contents,
    };
    write(path, &package)
}

/// Writes the package, and beside it the project as a `.qgz` of the same name, whose path is returned.
///
/// A package without a project CRS writes no `.qgz` and returns `None`.
///
/// # Errors
/// As [`write()`].
pub fn write_with_project(path: &Path, package: &Package) -> Result<Option<PathBuf>, WriteError> {
    let Some(qgz) = write_and_keep_project(path, package)? else { return Ok(None) };
    let beside = path.with_extension("qgz");
    atomic::write_bytes(&beside, &qgz)?;
    Ok(Some(beside))
}

fn zip_error(path: &Path) -> impl FnOnce(zip::result::ZipError) -> WriteError {
    move |source| WriteError::Zip { path: path.to_owned(), source }
}

fn project_of<'a>(path: &Path, package: &Package<'a>) -> Option<Project<'a>> {
    let data_file = path.file_name().and_then(OsStr::to_str).unwrap_or("result.gpkg").to_owned();
    package.project.map(|crs| Project {
        title: package.title,
        summary: package.summary,
        note: package.note,
        tables: package.tables,
        crs,
        data_file,
        langs: package.langs,
        contents: package.contents,
    })
}

/// Why a half-made file is given up.
enum Failure {
    Unsound(WriteError),
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Failure {
        Failure::Database(error)
    }
}

fn fill(path: &Path, package: &Package, qgz: Option<&[u8]>) -> Result<(), Failure> {
    let mut connection = Connection::open(path)?;
    // The file is thrown away on any error: a journal would only cost time.
    connection.execute_batch(
        "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA auto_vacuum=NONE; \
         PRAGMA encoding='UTF-8'; PRAGMA application_id=1196444487; PRAGMA user_version=10200;",
    )?;
    let db = connection.transaction()?;
    for sql in [
        gpkg_schema::CORE,
        gpkg_schema::COLUMNS,
        gpkg_schema::METADATA,
        gpkg_schema::LAYER_STYLES,
        gpkg_schema::PROJECTS,
    ] {
        db.execute_batch(sql)?;
    }
    reference_systems(&db, package.tables)?;
    let mut identifiers: Vec<String> = Vec::new();
    for table in package.tables {
        let mut identifier = table.display_title();
        if identifiers.contains(&identifier) {
            identifier = format!("{identifier} ({})", table.name);
        }
        write_table(&db, table, &identifier)?;
        identifiers.push(identifier);
        describe_columns(&db, table)?;
        add_metadata(
            &db,
            "http://mrcc.com/qgis.dtd",
            "text/xml",
            &qgis_metadata(table, package.contents),
            Some(&table.name),
        )?;
    }
    add_metadata(&db, "https://www.rfc-editor.org/rfc/rfc8259", "application/json", package.provenance_json, None)?;
    write_styles(&db, package.tables)?;
    if let Some(qgz) = qgz {
        let about = format!(r#"{{"last_modified_time": "{}", "last_modified_user": "tongda" }}"#, &TIMESTAMP[..19]);
        let content: String = qgz.iter().map(|byte| format!("{byte:02x}")).collect();
        db.execute("INSERT INTO qgis_projects VALUES (?, ?, ?)", params![PROJECT_NAME, about, content])?;
    }
    // Last, because the triggers call functions that this connection does not have.
    for table in package.tables {
        if table.geometry != GeometryKind::None {
            db.execute_batch(&gpkg_schema::INDEX_TRIGGERS.replace("{t}", &table.name))?;
        }
        db.execute_batch(&gpkg_schema::COUNT_TRIGGERS.replace("{t}", &table.name))?;
    }
    db.commit()?;
    connection.close().map_err(|(_, error)| Failure::Database(error))
}

fn reference_systems(db: &Connection, tables: &[Table]) -> rusqlite::Result<()> {
    let insert = "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)";
    for (name, id, what) in [("Cartesian", -1, "cartesian"), ("geographic", 0, "geographic")] {
        let (title, description) =
            (format!("Undefined {name} SRS"), format!("undefined {what} coordinate reference system"));
        db.execute(insert, params![title, id, "NONE", id, "undefined", description])?;
    }
    // The standard asks for 4326 in every file.
    for crs in iter::once(OutputCrs::Wgs84).chain(tables.iter().map(|table| table.crs)) {
        let srs = srs(crs);
        db.execute(insert, params![srs.name, srs.id, "EPSG", srs.id, srs.wkt1, None::<String>])?;
    }
    Ok(())
}

/// Writes rows, index and registration of one table.
fn write_table(db: &Connection, table: &Table, identifier: &str) -> Result<(), Failure> {
    let name = &table.name;
    let columns: String =
        table.fields.iter().map(|f| format!(", {} {}", quoted(&f.name), column_type(f.kind))).collect();
    let geometry = match table.geometry {
        GeometryKind::None => None,
        GeometryKind::Point => Some("POINT"),
        GeometryKind::MultiLineString => Some("MULTILINESTRING"),
        GeometryKind::MultiPolygon => Some("MULTIPOLYGON"),
    };
    let geometry_column = geometry.map(|kind| format!(", \"geom\" {kind}")).unwrap_or_default();
    db.execute_batch(&format!(
        "CREATE TABLE \"{name}\" (\"fid\" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL{geometry_column}{columns})"
    ))?;

    let slots = ", ?".repeat(table.fields.len() + usize::from(geometry.is_some()));
    let mut insert = db.prepare(&format!("INSERT INTO \"{name}\" VALUES (?{slots})"))?;
    let mut bounds: Vec<Rect<f64>> = Vec::new();
    for (at, row) in table.rows.iter().enumerate() {
        let shape = sound::shape_of(table, at).map_err(Failure::Unsound)?;
        let around = shape.as_ref().map(Shape::bounds);
        let blob = shape.as_ref().zip(around).map(|(shape, around)| blob(shape, around, srs(table.crs).id));
        insert_row(&mut insert, at, blob, row)?;
        bounds.extend(around);
    }

    let extent = bounds.iter().copied().reduce(sound::enclosing);
    let kind = if geometry.is_some() { "features" } else { "attributes" };
    db.execute(
        "INSERT INTO gpkg_contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            name,
            kind,
            identifier,
            description(table),
            TIMESTAMP,
            extent.map(|e| e.min().x),
            extent.map(|e| e.min().y),
            extent.map(|e| e.max().x),
            extent.map(|e| e.max().y),
            geometry.map_or(0, |_| srs(table.crs).id),
        ],
    )?;
    db.execute("INSERT INTO gpkg_ogr_contents VALUES (?, ?)", params![name, table.rows.len()])?;
    if let Some(kind) = geometry {
        let srs_id = srs(table.crs).id;
        db.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", params![name, kind, srs_id])?;
        index(db, name, &bounds)?;
    }
    Ok(())
}

fn insert_row(insert: &mut rusqlite::Statement, at: usize, blob: Option<Vec<u8>>, row: &Row) -> rusqlite::Result<()> {
    insert.raw_bind_parameter(1, at + 1)?;
    let mut slot = 2;
    if let Some(blob) = blob {
        insert.raw_bind_parameter(slot, blob)?;
        slot += 1;
    }
    for value in &row.values {
        insert.raw_bind_parameter(slot, Cell(value))?;
        slot += 1;
    }
    insert.raw_execute().map(|_| ())
}

/// A value on its way into a column.
struct Cell<'a>(&'a Value);

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Bool(flag) => ValueRef::Integer(i64::from(*flag)),
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn index(db: &Connection, name: &str, bounds: &[Rect<f64>]) -> rusqlite::Result<()> {
    db.execute_batch(&format!("CREATE VIRTUAL TABLE \"rtree_{name}_geom\" USING rtree(id, minx, maxx, miny, maxy)"))?;
    let mut insert = db.prepare(&format!("INSERT INTO \"rtree_{name}_geom\" VALUES (?, ?, ?, ?, ?)"))?;
    for (at, around) in bounds.iter().enumerate() {
        insert.execute(params![at + 1, around.min().x, around.max().x, around.min().y, around.max().y])?;
    }
    db.execute(
        "INSERT INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index', \
         'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
        [name],
    )?;
    Ok(())
}

fn describe_columns(db: &Connection, table: &Table) -> rusqlite::Result<()> {
    let mut titles: Vec<String> = Vec::new();
    for field in &table.fields {
        let title = Some(qml::bilingual(&field.title)).filter(|title| !title.is_empty());
        // `name` must be unique within a table, `title` need not be.
        let name = title.clone().filter(|title| !titles.contains(title));
        titles.extend(name.clone());
        let constraint = (!field.choices.is_empty()).then(|| format!("{}_{}", table.name, field.name));
        for (value, text) in &field.choices {
            db.execute(
                "INSERT INTO gpkg_data_column_constraints(constraint_name, constraint_type, value, description) \
                 VALUES (?, 'enum', ?, ?)",
                params![constraint, value, qml::bilingual(text)],
            )?;
        }
        db.execute(
            "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, NULL, NULL, ?)",
            params![table.name, field.name, name, title, constraint],
        )?;
    }
    Ok(())
}

fn add_metadata(db: &Connection, uri: &str, mime: &str, content: &str, table: Option<&str>) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO gpkg_metadata(md_scope, md_standard_uri, mime_type, metadata) VALUES ('dataset', ?, ?, ?)",
        params![uri, mime, content],
    )?;
    let scope = if table.is_some() { "table" } else { "geopackage" };
    db.execute(
        "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, NULL)",
        params![scope, table, TIMESTAMP, db.last_insert_rowid()],
    )?;
    Ok(())
}

fn write_styles(db: &Connection, tables: &[Table]) -> rusqlite::Result<()> {
    let with_geometry = || tables.iter().filter(|table| table.geometry != GeometryKind::None);
    db.execute(
        "INSERT INTO gpkg_contents(table_name, data_type, identifier, description, last_change, srs_id) \
         VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
        [TIMESTAMP],
    )?;
    db.execute("INSERT INTO gpkg_ogr_contents VALUES ('layer_styles', ?)", [with_geometry().count()])?;
    for table in with_geometry() {
        // QGIS ignores the style when the schema is null instead of empty.
        db.execute(
            "INSERT INTO layer_styles(f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, \
             styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) \
             VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', NULL, ?)",
            params![table.name, table.name, qml::document(table), table.display_title(), TIMESTAMP],
        )?;
    }
    Ok(())
}

/// Description in both languages, and the warning where the data is synthetic.
pub(super) fn description(table: &Table) -> String {
    let warning = if table.synthetic {
        "合成数据，不代表实际情况。 Synthetic data, not the real world. "
    } else {
        ""
    };
    format!("{warning}{}", qml::bilingual(&table.description))
}

fn qgis_metadata(table: &Table, contents: &Contents) -> String {
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22.0\">{}</qgis>\n",
        qgis_metadata::of_table(table, contents)
    )
}

fn column_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Bool => "BOOLEAN",
        FieldKind::Int => "INTEGER",
        FieldKind::Real => "DOUBLE",
        FieldKind::Text => "TEXT",
    }
}

/// A column name in SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
