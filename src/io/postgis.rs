//! Reading a table, a view or a query of a PostgreSQL database, with geometries of PostGIS.

use std::env;
use std::error::Error;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use postgres::Client;
use postgres::Config;
use postgres::NoTls;
use postgres::config::SslMode;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::Type;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::parts::Found;
use crate::io::place;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::read::chosen;
use crate::io::read::shown;
use crate::io::wkb;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Record;
use crate::table::Value;

/// A server that has not let us in after so long is taken for one that never will.
const PATIENCE: Duration = Duration::from_secs(15);

/// Names of the column that numbers the rows, which is no field of the data.
const ROW_NUMBERS: [&str; 2] = ["fid", "ogc_fid"];

/// Tables that PostGIS keeps for itself.
const OF_POSTGIS: &str =
    "'spatial_ref_sys', 'geometry_columns', 'geography_columns', 'raster_columns', 'raster_overviews'";

/// What is read: a listed table or view, or a query.
struct Relation {
    /// As the list of layers has it.
    name: String,
    /// Schema and table; empty for a query.
    schema: String,
    table: String,
    /// As it stands behind `FROM`.
    from: String,
    /// Whether it has a geometry.
    is_spatial: bool,
    /// Whether it is a table of rows that lie in the database, and not a view.
    is_stored: bool,
}

/// How a column is asked for, and what becomes of it.
enum Column {
    /// A value of this kind.
    Value(FieldKind),
    /// The geometry of the record.
    Geometry,
    /// Not used: why, with the issue's code.
    LeftOut(&'static str, &'static str),
    /// The number of the row.
    Number,
}

/// How an address asks for encryption, which there is none of here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    /// It says nothing of it, or that there is to be none.
    Unasked,
    /// It is to be used where it can be (`sslmode=prefer`, `allow`).
    Wished,
}

/// What to do about a server that is reached through an open network.
const TUNNEL: &str = "reach a server elsewhere through a tunnel (ssh -L 5432:localhost:5432 HOST)";

/// What an address says, with its scheme in lower case and without its wish for encryption.
fn parsed(address: &str) -> Result<(Config, Encryption), String> {
    let (scheme, rest) = address.split_once("://").ok_or("the address has no scheme: write postgresql://…")?;
    let (place, query) = rest.split_once('?').map_or((rest, ""), |(place, query)| (place, query));
    let mut wish = Encryption::Unasked;
    let mut others = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("sslmode", "disable") => {}
            ("sslmode", "prefer" | "allow") => wish = Encryption::Wished,
            ("sslmode", "require" | "verify-ca" | "verify-full") => {
                return Err(format!("connections are not encrypted here: leave out sslmode, and {TUNNEL}"));
            }
            ("sslmode", other) => {
                return Err(format!("the address is not understood: no sslmode is called \"{other}\"; leave it out"));
            }
            _ => others.push(pair),
        }
    }
    let query = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
    let address = format!("{}://{place}{query}", scheme.to_lowercase());
    let config = address.parse().map_err(|error| format!("the address is not understood: {}", cause(&error)))?;
    Ok((config, wish))
}

/// Opens a connection that finds the types and functions of PostGIS wherever its schema is.
///
/// A password that the address leaves out is taken from `PGPASSWORD`; the connection is not encrypted.
/// # Errors
/// What is wrong, without the password.
pub(super) fn connect(path: &Path) -> Result<Client, String> {
    let (mut config, _) = parsed(path.to_str().ok_or("the address is not UTF-8")?)?;
    config.ssl_mode(SslMode::Disable);
    if config.get_user().is_none() {
        return Err("the address names no user: write postgresql://USER@HOST/DATABASE".to_owned());
    }
    if config.get_password().is_none()
        && let Ok(password) = env::var("PGPASSWORD")
    {
        config.password(password);
    }
    config.application_name("tongda").connect_timeout(PATIENCE);
    // A server may take the connection and then say nothing.
    let (done, opened) = mpsc::channel();
    thread::spawn(move || drop(done.send(config.connect(NoTls))));
    let mut client = match opened.recv_timeout(PATIENCE) {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => {
            let what = cause(&error);
            // what a server says that lets in encrypted connections only
            let hint = if what.contains("no encryption") || what.contains("SSL off") {
                format!("; connections are not encrypted here: {TUNNEL}")
            } else {
                String::new()
            };
            return Err(format!("the server can not be used: {what}{hint}"));
        }
        Err(_) => return Err(format!("the server does not answer within {} s", PATIENCE.as_secs())),
    };
    find_postgis(&mut client).map_err(|error| cause(&error))?;
    Ok(client)
}

/// Adds the schema of PostGIS to the search path where it is off it, as in many managed databases.
fn find_postgis(client: &mut Client) -> Result<(), postgres::Error> {
    let text = "SELECT set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), quote_ident(n.nspname)), false) \
                FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace \
                WHERE e.extname = 'postgis' AND n.nspname <> ALL (current_schemas(true)) AND has_schema_privilege(n.oid, 'USAGE')";
    client.query(text, &[]).map(|_| ())
}

/// What the server says, or why it could not be asked.
pub(super) fn cause(error: &postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => {
            let more = [said.detail(), said.hint()].into_iter().flatten().map(|more| format!(" ({more})"));
            format!("{}{}", said.message(), more.collect::<String>())
        }
        (None, Some(source)) => format!("{error}: {source}").replace("error connecting to server: ", ""),
        (None, None) => error.to_string(),
    }
}

/// A name as SQL has it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn content(request: &ReadRequest<'_>, what: String) -> ReadError {
    ReadError::Content { shown: shown_as(request), what }
}

/// Without a password, whoever made the request.
fn shown_as(request: &ReadRequest<'_>) -> String {
    shown(Path::new(request.shown))
}

/// A connection that can not change anything, and prints dates and moments in one way.
fn open(request: &ReadRequest<'_>) -> Result<Client, ReadError> {
    let mut client = connect(request.path).map_err(|what| content(request, what))?;
    let setup = "SET default_transaction_read_only = on; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'iso_8601'; \
                 SET timezone = 'UTC'; SET extra_float_digits = 3; SET client_encoding = 'UTF8'; \
                 BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    client.batch_execute(setup).map_err(|error| content(request, cause(&error)))?;
    Ok(client)
}

/// Names the tables and views that the user may read: those with a geometry first, each by name; with their schema where the
/// search path does not find them.
/// # Errors
/// [`ReadError::Content`] when the server can not be reached or refuses.
pub(super) fn layers(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    let mut client = open(request)?;
    Ok(listed(&mut client, request)?.into_iter().map(|relation| relation.name).collect())
}

fn listed(client: &mut Client, request: &ReadRequest<'_>) -> Result<Vec<Relation>, ReadError> {
    let text = format!(
        "SELECT n.nspname::text, c.relname::text, pg_table_is_visible(c.oid), c.relkind IN ('r', 'm'), \
             EXISTS (SELECT 1 FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND t.typname IN ('geometry', 'geography')) AS spatial \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition \
             AND n.nspname NOT IN ('information_schema', 'topology', 'tiger', 'tiger_data') AND n.nspname NOT LIKE 'pg\\_%' \
             AND c.relname NOT IN ({OF_POSTGIS}) AND has_schema_privilege(n.oid, 'USAGE') \
             AND has_table_privilege(c.oid, 'SELECT') \
         ORDER BY spatial DESC, n.nspname COLLATE \"C\", c.relname COLLATE \"C\""
    );
    let rows = client.query(&text, &[]).map_err(|error| content(request, cause(&error)))?;
    let relation = |row: &postgres::Row| -> Result<Relation, postgres::Error> {
        let (schema, table): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        Ok(Relation {
            schema: schema.clone(),
            table: table.clone(),
            name: if row.try_get(2)? { table.clone() } else { format!("{schema}.{table}") },
            from: format!("{}.{}", quoted(&schema), quoted(&table)),
            is_stored: row.try_get(3)?,
            is_spatial: row.try_get(4)?,
        })
    };
    rows.iter().map(relation).collect::<Result<_, _>>().map_err(|error| content(request, cause(&error)))
}

/// The query that a layer is: what stands in brackets, or begins with SELECT or WITH; semicolons at its end do not count.
fn query(layer: &str) -> Option<String> {
    let ended = |text: &str| text.trim_end_matches(|c: char| c == ';' || c.is_whitespace()).to_owned();
    let text = ended(layer.trim());
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        return Some(format!("({})", ended(inner)));
    }
    let first = text.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let is_query = ["select", "with"].iter().any(|word| first.eq_ignore_ascii_case(word)) && first.len() < text.len();
    is_query.then(|| format!("({text})"))
}

/// A name as SQL takes it, by its parts: what is quoted as it stands, the rest in lower case. `None` where a quote is not closed.
fn parts(name: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut chars = name.trim().chars().peekable();
    let mut is_quoted = false;
    while let Some(c) = chars.next() {
        let last = parts.last_mut()?;
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                last.push('"');
            }
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => parts.push(String::new()),
            c if is_quoted => last.push(c),
            c => last.extend(c.to_lowercase()),
        }
    }
    (!is_quoted).then_some(parts)
}

/// What the request means: a query, or a table of the list by its name there, with its schema, or as SQL writes it.
fn relation(client: &mut Client, request: &ReadRequest<'_>) -> Result<Relation, ReadError> {
    let mut relations = listed(client, request)?;
    let names: Vec<String> = relations.iter().map(|relation| relation.name.clone()).collect();
    if let Some(layer) = request.layer.filter(|layer| !names.iter().any(|name| name == layer)) {
        let is_full = |relation: &Relation| layer.split_once('.') == Some((&relation.schema, &relation.table));
        let named = parts(layer.trim_end_matches(|c: char| c == ';' || c.is_whitespace()));
        let as_sql = |relation: &Relation| match named.as_deref() {
            Some([table]) => *table == relation.table && *table == relation.name,
            Some([schema, table]) => *schema == relation.schema && *table == relation.table,
            _ => false,
        };
        let found = relations.iter().position(is_full).or_else(|| relations.iter().position(as_sql));
        if let Some(at) = found {
            return Ok(relations.swap_remove(at));
        }
        if let Some(query) = query(layer) {
            let from = format!("{query} AS of_the_config");
            let (schema, table) = (String::new(), String::new());
            return Ok(Relation { name: query, schema, table, from, is_spatial: true, is_stored: false });
        }
    }
    let likely: Vec<usize> = (0..relations.len()).filter(|at| relations[*at].is_spatial).collect();
    let shown = shown_as(request);
    let at = chosen(&ReadRequest { shown: &shown, ..*request }, &names, &likely)?;
    Ok(relations.swap_remove(at))
}

/// Reads a table, a view or a query to its end; memory is bounded by a few rows.
///
/// Rows come in the order of the primary key; those of a table without one as they lie in the database, those of a view or a query as
/// the server gives them. All is read as it stood at one moment. The first column of geometries or geographies is the place;
/// whole and binary numbers stay numbers, `numeric` is the nearest binary number, moments are in UTC, everything else is the text that
/// the server prints. Z and M are left out.
/// # Errors
/// [`ReadError::Layer`]; [`ReadError::Content`] when the server can not be reached, refuses, or breaks off, and when the geometries are
/// in several CRSs; [`ReadError::Header`] for columns that are not there or bear one name.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let mut client = open(request)?;
    if let Some(Ok((_, Encryption::Wished))) = request.path.to_str().map(parsed) {
        let what = "the address wishes for encryption where it can be had (sslmode); there is none here, and the connection is open";
        sink.issue(Issue::new(Severity::Warning, "not-encrypted", shown_as(request), what));
    }
    let failed = |error: postgres::Error| content(request, cause(&error));
    let header = |what: String| ReadError::Header { shown: shown_as(request), what };
    let relation = relation(&mut client, request)?;
    let keys = primary_key(&mut client, &relation).map_err(failed)?;
    let described = client.prepare(&format!("SELECT * FROM {}", relation.from)).map_err(failed)?;

    let mut wanted: Vec<String> = Vec::new();
    let mut columns: Vec<(Column, usize)> = Vec::new();
    let mut fields: Vec<Field> = Vec::new();
    let mut place_column = None;
    for column in described.columns() {
        let name = column.name();
        if described.columns().iter().filter(|other| other.name() == name).count() > 1 {
            return Err(header(format!(
                "two columns bear the name \"{name}\"; give them names of their own: … AS other_name"
            )));
        }
        let numbers_rows = keys.len() == 1 && keys[0] == name && ROW_NUMBERS.contains(&name);
        let (how, what) = asked(name, column.type_(), place_column.is_some(), numbers_rows);
        wanted.push(how);
        match what {
            Column::Value(kind) => {
                columns.push((Column::Value(kind), fields.len()));
                fields.push(Field { name: name.to_owned(), title: Text::default(), kind, choices: Vec::new() });
            }
            Column::Geometry => {
                place_column = Some(name.to_owned());
                columns.push((Column::Geometry, 0));
            }
            Column::LeftOut(code, why) => {
                let issue = Issue::new(Severity::Warning, code, shown_as(request), why);
                sink.issue(issue.in_field(name.to_owned()));
                columns.push((what, 0));
            }
            Column::Number => columns.push((Column::Number, 0)),
        }
    }
    if place_column.is_some() && (request.x.is_some() || request.y.is_some() || request.wkt.is_some()) {
        return Err(header(format!("\"{}\" has geometries of its own; leave out x, y and wkt", relation.name)));
    }
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let places = match &place_column {
        // its columns are no place beside a geometry
        Some(_) => place::columns(request, &[]),
        None => place::columns(request, &names),
    };
    let places = places.map_err(header)?;
    let crs = match &place_column {
        Some(column) => declared_crs(&mut client, &relation, column, request)?,
        None => DeclaredCrs::Unknown,
    };

    let order = match (&keys[..], relation.is_stored) {
        ([], true) => " ORDER BY ctid".to_owned(),
        ([], false) => String::new(),
        (keys, _) => format!(" ORDER BY {}", keys.iter().map(|key| quoted(key)).collect::<Vec<_>>().join(", ")),
    };
    let text = format!("SELECT {} FROM {}{order}", wanted.join(", "), relation.from);
    let mut rows = client.query_raw(&text, Vec::<i32>::new()).map_err(failed)?;
    let mut records = 0;
    while let Some(row) = rows.next().map_err(failed)? {
        records += 1;
        let mut record = Record { number: records, geometry: None, values: vec![Value::Null; fields.len()] };
        let mut found = Ok(Found::default());
        for (at, (column, field)) in columns.iter().enumerate() {
            match column {
                Column::Value(kind) => {
                    let (value, trouble) = value(&row, at, *kind).map_err(failed)?;
                    record.values[*field] = value;
                    if let Some(what) = trouble {
                        let issue =
                            Issue::new(Severity::Warning, "bad-value", shown_as(request), what).at_record(records);
                        sink.issue(issue.in_field(names[*field].clone()));
                    }
                }
                Column::Geometry => {
                    found = match row.try_get::<_, Option<&[u8]>>(at).map_err(failed)? {
                        None => Err(("no-geometry", "has no geometry".to_owned())),
                        Some(bytes) => match wkb::geometry(bytes) {
                            Ok(Found { geometry: None, .. }) => {
                                Err(("no-geometry", "the geometry is empty".to_owned()))
                            }
                            Ok(found) => Ok(found),
                            Err(what) => Err(("bad-geometry", what)),
                        },
                    };
                }
                Column::LeftOut(..) | Column::Number => {}
            }
        }
        let (found, field) = match &place_column {
            Some(column) => (found, Some(column.clone())),
            None => match place::geometry(&places, &record) {
                Ok(found) => (Ok(found), None),
                Err((code, at, what)) => (Err((code, what)), names.get(at).cloned()),
            },
        };
        let trouble = match found {
            Ok(found) => {
                record.geometry = found.geometry;
                for told in found.told {
                    sink.issue(told.issue(&shown_as(request), records, field.as_deref()));
                }
                None
            }
            Err((code, what)) => {
                let issue = Issue::new(Severity::Error, code, shown_as(request), what).at_record(records);
                Some(Issue { field, ..issue })
            }
        };
        sink.record(&fields, record, trouble);
    }
    Ok(LayerInfo { driver: "PostGIS", layer: Some(relation.name), fields, records, crs, encoding: "UTF-8" })
}

/// How a column of a type is asked for, and what becomes of it.
fn asked(name: &str, kind: &Type, has_place: bool, numbers_rows: bool) -> (String, Column) {
    let column = quoted(name);
    if numbers_rows {
        return ("NULL::text".to_owned(), Column::Number);
    }
    match kind.name() {
        "geometry" | "geography" if has_place => {
            let why = "a second geometry is not used; a query as layer names the one that is meant";
            ("NULL::text".to_owned(), Column::LeftOut("second-geometry", why))
        }
        "geometry" => (format!("ST_AsBinary(ST_Force2D({column}), 'NDR')"), Column::Geometry),
        "geography" => (format!("ST_AsBinary(ST_Force2D({column}::geometry), 'NDR')"), Column::Geometry),
        "bool" => (column, Column::Value(FieldKind::Bool)),
        "int2" | "int4" | "int8" => (format!("{column}::int8"), Column::Value(FieldKind::Int)),
        // 0.1 of four bytes is meant as 0.1, not as the 0.10000000149 that stands there
        "float4" => (format!("{column}::text::float8"), Column::Value(FieldKind::Real)),
        "float8" | "numeric" => (format!("{column}::float8"), Column::Value(FieldKind::Real)),
        "bytea" => {
            let why = "holds binary data, which is left out of every record";
            ("NULL::text".to_owned(), Column::LeftOut("binary-value", why))
        }
        _ => (format!("{column}::text"), Column::Value(FieldKind::Text)),
    }
}

/// A value, and what is wrong with it.
fn value(row: &postgres::Row, at: usize, kind: FieldKind) -> Result<(Value, Option<String>), postgres::Error> {
    Ok(match kind {
        FieldKind::Bool => (Value::from(row.try_get::<_, Option<bool>>(at)?), None),
        FieldKind::Int => (row.try_get::<_, Option<i64>>(at)?.map_or(Value::Null, Value::Int), None),
        FieldKind::Real => match row.try_get::<_, Option<f64>>(at)? {
            Some(number) if !number.is_finite() => (Value::Null, Some(format!("{number} is no finite number"))),
            number => (Value::from(number), None),
        },
        FieldKind::Text => (Value::from(row.try_get::<_, Option<String>>(at)?), None),
    })
}

/// Columns of the primary key, in its order; none for views and queries.
fn primary_key(client: &mut Client, relation: &Relation) -> Result<Vec<String>, postgres::Error> {
    if !relation.is_stored {
        return Ok(Vec::new());
    }
    let text = "SELECT a.attname::text FROM pg_index i \
                CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place) \
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
                WHERE i.indrelid = to_regclass($1) AND i.indisprimary ORDER BY k.place";
    client.query(text, &[&relation.from])?.iter().map(|row| row.try_get(0)).collect()
}

/// The one CRS of the geometries: its code where the authority is EPSG, else its well-known text.
fn declared_crs(
    client: &mut Client,
    relation: &Relation,
    column: &str,
    request: &ReadRequest<'_>,
) -> Result<DeclaredCrs, ReadError> {
    let failed = |error: postgres::Error| content(request, cause(&error));
    let column = quoted(column);
    let text = format!(
        "SELECT g.srid, g.records, s.auth_name::text, s.auth_srid, s.srtext::text FROM \
             (SELECT ST_SRID({column}::geometry) AS srid, count(*) AS records FROM {} WHERE {column} IS NOT NULL GROUP BY 1) g \
         LEFT JOIN spatial_ref_sys s ON s.srid = g.srid ORDER BY g.srid",
        relation.from
    );
    let rows = client.query(&text, &[]).map_err(failed)?;
    let mut found = Vec::new();
    for row in &rows {
        let (number, records): (i32, i64) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
        let authority: Option<String> = row.try_get(2).map_err(failed)?;
        let (code, text): (Option<i32>, Option<String>) =
            (row.try_get(3).map_err(failed)?, row.try_get(4).map_err(failed)?);
        let crs = match (authority, code, text) {
            _ if number <= 0 => DeclaredCrs::Unknown,
            (Some(authority), Some(code), _) if authority.eq_ignore_ascii_case("EPSG") => {
                DeclaredCrs::Carried(format!("EPSG:{code}"))
            }
            (_, _, Some(text)) => DeclaredCrs::Carried(text),
            _ => DeclaredCrs::Unknown,
        };
        found.push((number, records, crs));
    }
    match &mut found[..] {
        // no geometry at all: the column may say it
        [] => empty_crs(client, relation, &column).map_err(failed),
        [(_, _, crs)] => Ok(std::mem::replace(crs, DeclaredCrs::Unknown)),
        several => {
            let list: Vec<String> =
                several.iter().map(|(srid, records, _)| format!("{srid} ({records} records)")).collect();
            let what = format!(
                "{}: the geometries are in several CRSs, SRID {}; bring them into one with a query as layer: \
                 (SELECT …, ST_Transform({column}, 4326) AS geom FROM …)",
                relation.name,
                list.join(", ")
            );
            Err(content(request, what))
        }
    }
}

/// What the type of a column says of the CRS of geometries that are not there.
fn empty_crs(client: &mut Client, relation: &Relation, column: &str) -> Result<DeclaredCrs, postgres::Error> {
    let text = "SELECT s.auth_name::text || ':' || s.auth_srid FROM pg_attribute a \
                JOIN spatial_ref_sys s ON s.srid = postgis_typmod_srid(a.atttypmod) \
                WHERE a.attrelid = to_regclass($1) AND quote_ident(a.attname) IN ($2, trim(both '\"' from $2)) \
                    AND a.atttypmod > 0";
    let of_query = relation.from.starts_with('(');
    let row = if of_query { None } else { client.query_opt(text, &[&relation.from, &column])? };
    Ok(match row {
        Some(row) => DeclaredCrs::Carried(row.try_get(0)?),
        None => DeclaredCrs::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_and_names_are_taken_as_sql_writes_them() {
        for (layer, want) in [
            ("(SELECT 1)", Some("(SELECT 1)")),
            ("(SELECT 1);", Some("(SELECT 1)")),
            ("(SELECT 1 ; ) ; ", Some("(SELECT 1 )")),
            ("select * from a", Some("(select * from a)")),
            ("WITH t AS (SELECT 1) SELECT * FROM t;", Some("(WITH t AS (SELECT 1) SELECT * FROM t)")),
            ("selected", None),
            ("select", None),
            ("public.a", None),
        ] {
            assert_eq!(
                query(layer).map(|text| text.replace(" )", ")")),
                want.map(|text| text.replace(" )", ")")),
                "{layer}"
            );
        }
        for (name, want) in [
            ("Public.A", Some(vec!["public", "a"])),
            ("public.\"Schools 学校\"", Some(vec!["public", "Schools 学校"])),
            ("\"a.\"\"b\"", Some(vec!["a.\"b"])),
            ("\"a", None),
        ] {
            assert_eq!(parts(name), want.map(|parts| parts.into_iter().map(str::to_owned).collect()), "{name}");
        }
    }

    #[test]
    fn the_address_says_what_is_wished() {
        for (address, want) in [
            ("PostgreSQL://u@h/d", Ok(Encryption::Unasked)),
            ("postgres://u@h/d?sslmode=disable&connect_timeout=3", Ok(Encryption::Unasked)),
            ("postgresql://u@h/d?sslmode=prefer", Ok(Encryption::Wished)),
            ("postgresql://u@h/d?sslmode=allow", Ok(Encryption::Wished)),
            ("postgresql://u@h/d?sslmode=verify-full", Err("ssh -L")),
            ("postgresql://u@h/d?a=b&sslmode=verify-ca", Err("ssh -L")),
            ("postgresql://u@h/d?sslmode=require", Err("ssh -L")),
            ("postgresql://u@h/d?sslmode=on", Err("\"on\"")),
            ("postgresql://u@h:port/d", Err("not understood")),
        ] {
            match (parsed(address), want) {
                (Ok((_, found)), Ok(want)) => assert_eq!(found, want, "{address}"),
                (Err(found), Err(want)) => assert!(found.contains(want), "{address}: {found}"),
                (found, want) => panic!("{address}: {:?}, not {want:?}", found.map(|(_, wish)| wish)),
            }
        }
    }
}
