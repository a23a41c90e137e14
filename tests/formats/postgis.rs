//! A real PostgreSQL with PostGIS, filled by psql: `.ci/with_postgis cargo test --features postgis --test postgis`.

use std::env;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use assert_cmd::cargo::cargo_bin;
use geo_types::Geometry;
use geo_types::Point;
use tongda::io::read;
use tongda::io::read::Collected;
use tongda::io::read::DeclaredCrs;
use tongda::io::read::LayerInfo;
use tongda::io::read::ReadError;
use tongda::io::read::ReadRequest;
use tongda::table::FieldKind;
use tongda::table::Value;

fn server() -> String {
    env::var("TONGDA_TEST_POSTGIS").expect("run through .ci/with_postgis")
}

/// A database of the test's own, filled by psql.
fn filled(name: &str, sql: &str) -> String {
    psql(&server(), &format!("CREATE DATABASE {name}"));
    let address = server().replace("/tongda", &format!("/{name}"));
    psql(&address, &format!("CREATE EXTENSION postgis; {sql}"));
    address
}

fn psql(address: &str, sql: &str) -> String {
    let mut psql = Command::new("psql")
        .args([address, "-AtqX", "-v", "ON_ERROR_STOP=1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    psql.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
    let done = psql.wait_with_output().unwrap();
    assert!(done.status.success(), "{sql}");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn layer(address: &str, name: Option<&str>) -> Result<(LayerInfo, Collected), ReadError> {
    read::read_all(&ReadRequest { layer: name, ..ReadRequest::new(Path::new(address), address) })
}

fn told(read: &Collected) -> Vec<(&str, Option<u64>, Option<&str>)> {
    read.issues.iter().map(|issue| (issue.code, issue.record, issue.field.as_deref())).collect()
}

const KINDS: &str = "
    CREATE TABLE \"Schools 学校\" (code char(6) PRIMARY KEY, \"名称\" text, seats int4, many int8, small float4, share float8,
        price numeric(12,3), is_open bool, built date, seen timestamptz, photo bytea, door geometry(PointZ, 4490), yard geometry);
    INSERT INTO \"Schools 学校\" VALUES
        ('000102', '鼓楼区（㙍）', NULL, 9007199254740993, 0.1, 1e-7, 12.125, false, NULL, NULL, NULL, NULL, NULL),
        ('000101', '玄武区', 7, -1, NULL, 'NaN', NULL, true, '2024-12-05', '2024-12-05 08:30:00+08', '\\x00ff',
            'SRID=4490;POINT Z (118.5 32.25 7)', 'POINT(1 2)');
    CREATE VIEW open_ones AS SELECT code, seats, door FROM \"Schools 学校\" WHERE is_open;
    CREATE TABLE without_place (id int PRIMARY KEY, lon float8, lat float8);
    INSERT INTO without_place VALUES (2, 119, 33), (1, 118, 32);
    CREATE TABLE around (id text, spot geography(Point));
    INSERT INTO around VALUES ('b', 'POINT(118 32)'), ('a', 'POINT EMPTY');
    CREATE TABLE mixed (id int, geom geometry);
    INSERT INTO mixed VALUES (1, 'SRID=4326;POINT(1 2)'), (2, 'SRID=4549;POINT(1 2)'), (3, 'SRID=4549;POINT(3 4)');
    CREATE TABLE nobody (id int, geom geometry(Point, 4549));";

#[test]
fn tables_views_and_queries_are_read() {
    let address = filled("kinds", KINDS);
    let request = ReadRequest::new(Path::new(&address), "test");
    let names = read::layers(&request).unwrap();
    assert_eq!(names, ["Schools 学校", "around", "mixed", "nobody", "open_ones", "without_place"]);

    let (info, read) = layer(&address, Some("Schools 学校")).unwrap();
    assert_eq!((info.records, &info.crs), (2, &DeclaredCrs::Carried("EPSG:4490".to_owned())));
    let fields: Vec<(&str, FieldKind)> = info.fields.iter().map(|field| (field.name.as_str(), field.kind)).collect();
    let want = [
        ("code", FieldKind::Text),
        ("名称", FieldKind::Text),
        ("seats", FieldKind::Int),
        ("many", FieldKind::Int),
        ("small", FieldKind::Real),
        ("share", FieldKind::Real),
        ("price", FieldKind::Real),
        ("is_open", FieldKind::Bool),
        ("built", FieldKind::Text),
        ("seen", FieldKind::Text),
    ];
    assert_eq!(fields, want);
    let text = |text: &str| Value::from(text);
    let first = [
        text("000101"),
        text("玄武区"),
        Value::Int(7),
        Value::Int(-1),
        Value::Null,
        Value::Null,
        Value::Null,
        Value::Bool(true),
        text("2024-12-05"),
        text("2024-12-05 00:30:00+00"),
    ];
    let second = [
        text("000102"),
        text("鼓楼区（㙍）"),
        Value::Null,
        Value::Int(9_007_199_254_740_993),
        Value::Real(0.1),
        Value::Real(1e-7),
        Value::Real(12.125),
        Value::Bool(false),
        Value::Null,
        Value::Null,
    ];
    assert_eq!(read.records[0].values, first, "in the order of the key");
    assert_eq!(read.records[1].values, second);
    assert_eq!(read.records[0].geometry, Some(Geometry::Point(Point::new(118.5, 32.25))));
    let want = [
        ("binary-value", None, Some("photo")),
        ("second-geometry", None, Some("yard")),
        ("bad-value", Some(1), Some("share")),
        ("no-geometry", Some(2), Some("door")),
    ];
    assert_eq!(told(&read), want);

    let (info, read) = layer(&address, Some("open_ones")).unwrap();
    assert_eq!((info.records, read.issues.len()), (1, 0));
    let (info, read) = layer(&address, Some("without_place")).unwrap();
    let points: Vec<_> = read.records.iter().map(|record| record.geometry.clone()).collect();
    assert_eq!(info.crs, DeclaredCrs::Unknown);
    assert_eq!(points, [Some(Point::new(118.0, 32.0).into()), Some(Point::new(119.0, 33.0).into())]);
    let (info, read) = layer(&address, Some("around")).unwrap();
    assert_eq!(info.crs, DeclaredCrs::Carried("EPSG:4326".to_owned()));
    assert_eq!((&read.records[0].values[0], told(&read)), (&text("b"), vec![("no-geometry", Some(2), Some("spot"))]));
    let (info, _) = layer(&address, Some("nobody")).unwrap();
    assert_eq!((info.records, info.crs), (0, DeclaredCrs::Carried("EPSG:4549".to_owned())));
    let query = "(SELECT id, ST_Transform(geom, 4326) AS at FROM mixed WHERE id = 1 ORDER BY id)";
    let (info, read) = layer(&address, Some(query)).unwrap();
    assert_eq!(
        (info.crs, &read.records[0].values[..]),
        (DeclaredCrs::Carried("EPSG:4326".to_owned()), &[Value::Int(1)][..])
    );
}

#[test]
fn what_can_not_be_read_is_said() {
    let address = filled("wrong", KINDS);
    let asked = "(SELECT 1 AS a, 2 AS a)";
    let unread = "(DELETE FROM mixed RETURNING *)";
    let database = format!("{}_not_there", server());
    let nobody = server().replace("planner", "nobody");
    let password = server().split([':', '@']).nth(2).unwrap().to_owned();
    for (address, layer_name, want) in [
        (address.as_str(), Some("school"), "has no layer \"school\""),
        (&address, None, "holds 6 layers; say which"),
        (&address, Some("mixed"), "mixed: the geometries are in several CRSs, SRID 4326 (1 records), 4549 (2 records)"),
        (&address, Some(asked), "two columns bear the name \"a\""),
        (&address, Some("(SELECT * FROM nowhere)"), "relation \"nowhere\" does not exist"),
        (&address, Some(unread), "syntax error"),
        (&database, None, "database \"tongda_not_there\" does not exist"),
        (&nobody, None, "password authentication failed for user \"nobody\""),
        ("postgresql://planner:secret@127.0.0.1:1/tongda", None, "refused"),
        ("postgresql://127.0.0.1/tongda", None, "names no user"),
        ("postgresql://planner@127.0.0.1/tongda?sslmode=require", None, "not encrypted"),
        ("postgresql://planner@127.0.0.1/tongda?sslmode=verify-full", None, "through a tunnel"),
        ("POSTGRESQL://planner:secret@127.0.0.1:1/tongda?sslmode=prefer", None, "refused"),
        ("postgresql://planner@127.0.0.1:port/tongda", None, "not understood"),
    ] {
        let error = layer(address, layer_name).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(want), "{address} {layer_name:?}: {error}");
        assert!(!error.contains(&password) && !error.contains("secret"), "{error}");
    }
    assert_eq!(psql(&address, "SELECT count(*) FROM mixed"), "3");
}

#[test]
fn names_and_queries_are_taken_as_sql_writes_them() {
    let address = filled("named", KINDS);
    for (name, records) in [
        ("public.mixed", Err("several CRSs")),
        ("public.nobody", Ok(0)),
        ("PUBLIC.Nobody", Ok(0)),
        ("\"nobody\"", Ok(0)),
        ("nobody;", Ok(0)),
        ("Schools 学校", Ok(2)),
        ("public.Schools 学校", Ok(2)),
        ("public.\"Schools 学校\"", Ok(2)),
        ("SELECT * FROM without_place", Ok(2)),
        ("select * from without_place;", Ok(2)),
        ("(SELECT * FROM without_place);", Ok(2)),
        ("WITH t AS (SELECT 1 AS a) SELECT * FROM t", Ok(1)),
        ("elsewhere.nobody", Err("has no layer \"elsewhere.nobody\"")),
    ] {
        match (layer(&address, Some(name)), records) {
            (Ok((info, _)), Ok(want)) => assert_eq!(info.records, want, "{name}"),
            (Err(error), Err(want)) => assert!(error.to_string().contains(want), "{name}: {error}"),
            (found, _) => panic!("{name}: {:?}", found.map(|(info, _)| info)),
        }
    }
    let upper = address.replace("postgresql://", "PostgreSQL://");
    assert_eq!(layer(&upper, Some("nobody")).unwrap().0.records, 0);
    let wished = format!("{address}?sslmode=prefer");
    let (_, read) = layer(&wished, Some("nobody")).unwrap();
    assert_eq!(told(&read), [("not-encrypted", None, None)]);
}

#[test]
fn postgis_in_a_schema_off_the_path_is_found() {
    psql(&server(), "CREATE DATABASE apart");
    let address = server().replace("/tongda", "/apart");
    psql(
        &address,
        "CREATE SCHEMA ext; CREATE EXTENSION postgis SCHEMA ext;
         CREATE TABLE s (id int PRIMARY KEY, g ext.geometry(Point, 4490)); INSERT INTO s VALUES (1, 'SRID=4490;POINT(118.5 32.25)');
         CREATE TABLE e (id int PRIMARY KEY, g ext.geometry(Point, 4549)); CREATE TABLE h (id int, g ext.geography(Point));
         INSERT INTO h VALUES (1, 'POINT(118 32)');",
    );
    for (name, crs, records) in [("s", "EPSG:4490", 1), ("e", "EPSG:4549", 0), ("public.h", "EPSG:4326", 1)] {
        let (info, read) = layer(&address, Some(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((info.crs, info.records), (DeclaredCrs::Carried(crs.to_owned()), records), "{name}");
        assert!(read.issues.is_empty(), "{:?}", read.issues);
    }
}

#[test]
fn one_bad_table_takes_nothing_from_the_others() {
    let address = filled("mostly", KINDS);
    let done = Command::new(cargo_bin("tongda")).args(["inspect", &address]).output().unwrap();
    let (said, wrong) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    for name in ["Schools 学校", "around", "nobody", "open_ones", "without_place"] {
        assert!(said.contains(name), "{name}: {said}");
    }
    assert_eq!(done.status.code(), Some(2));
    assert!(wrong.contains("mixed") && wrong.contains("several CRSs") && wrong.lines().count() == 1, "{wrong}");
    let done = Command::new(cargo_bin("tongda")).args(["inspect", "--json", &address]).output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let failed: Vec<&serde_json::Value> =
        found.as_array().unwrap().iter().filter(|one| one.get("error").is_some()).collect();
    assert_eq!((found.as_array().unwrap().len(), failed.len()), (6, 1));
    assert!(failed[0]["error"].as_str().unwrap().contains("mixed"));
}

#[test]
fn a_server_that_says_nothing_is_left_after_a_while() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("postgresql://planner@{}/tongda", silent.local_addr().unwrap());
    let error = layer(&address, None).unwrap_err().to_string();
    assert!(error.contains("does not answer within 15 s"), "{error}");
}

const CONFIG: &str = r#"
title = "Two squares, synthetic"

[[study.regions]]
path = "ADDRESS"
layer = "(SELECT * FROM squares ORDER BY code)"
level = "county"
code = "code"
name = "name"
synthetic = true

[[study.facilities]]
path = "ADDRESS"
layer = "halls"
kind = "hall"
synthetic = true

[[study.demand]]
path = "ADDRESS"
layer = "homes"
name = "homes"
people = "people"
synthetic = true

[[indicator]]
id = "halls"
measure.covered-share = { kind = "hall", within = "1 km", demand = "homes", weight = "people" }
over = ["county"]

[[output]]
path = "ADDRESS"
layer = "LAYER"
"#;

#[test]
fn a_study_lives_in_a_database() {
    let address = filled(
        "study",
        "CREATE TABLE squares (code text, name text, geom geometry(Polygon, 4326));
         INSERT INTO squares VALUES ('1', '甲', ST_MakeEnvelope(118, 32, 118.1, 32.1, 4326)),
             ('2', '乙', ST_MakeEnvelope(118.1, 32, 118.2, 32.1, 4326));
         CREATE TABLE halls (id text PRIMARY KEY, geom geometry(Point, 4326));
         INSERT INTO halls VALUES ('h', 'SRID=4326;POINT(118.05 32.05)');
         CREATE TABLE homes (id text PRIMARY KEY, people int, geom geometry(Point, 4326));
         INSERT INTO homes VALUES ('a', 30, 'SRID=4326;POINT(118.051 32.05)'), ('b', 70, 'SRID=4326;POINT(118.15 32.05)');",
    );
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("study.toml");
    let run = |layer: &str| {
        let text = CONFIG.replace("ADDRESS", &address).replace("LAYER", layer);
        let text = format!("{text}\n[[output]]\npath = \"card.json\"\n");
        fs::write(&config, text).unwrap();
        let done = Command::new(cargo_bin("tongda")).args(["run", config.to_str().unwrap()]).output().unwrap();
        (
            done.status.success(),
            format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)),
        )
    };
    let (_, told) = run("no_such_layer");
    let layers = told.split("layers of this run: ").nth(1).unwrap_or_else(|| panic!("{told}"));
    let layer = layers.split([',', '\n']).map(str::trim).find(|name| name.starts_with("halls")).unwrap().to_owned();
    let (done, told) = run(&layer);
    assert!(done, "{told}");
    let card = fs::read_to_string(folder.path().join("card.json")).unwrap();
    // 30 of 100 people live 94 m from the hall, the others 9 km
    let json: serde_json::Value = serde_json::from_str(&card).unwrap();
    assert_eq!(json["indicators"][0]["figure"]["value"], 0.3, "{card}");
    let password = server().split([':', '@']).nth(2).unwrap().to_owned();
    assert!(!told.contains(&password) && !card.contains(&password), "{told}");
    let hash: Vec<&str> = card.split("\"sha256\": \"").skip(1).map(|rest| &rest[..64]).collect();
    assert_eq!(hash.len(), 4, "the config and three tables: {card}");

    let count = psql(&address, &format!("SELECT count(*) > 0 FROM {layer}"));
    assert_eq!(count, "t");
    let index = psql(
        &address,
        &format!("SELECT indexdef FROM pg_indexes WHERE tablename = '{layer}' AND indexdef LIKE '%gist%'"),
    );
    assert!(index.contains("(geom)"), "{index}");
    assert_eq!(psql(&address, &format!("SELECT DISTINCT ST_SRID(geom) FROM {layer}")), "4490");
    let (again, told) = run(&layer);
    assert!(again, "a table of an earlier run is replaced: {told}");
    psql(&address, &format!("COMMENT ON TABLE {layer} IS 'mine'"));
    let before = psql(&address, &format!("SELECT md5(string_agg(t::text, '' ORDER BY fid)) FROM {layer} t"));
    let (replaced, told) = run(&layer);
    assert!(!replaced && told.contains("that tongda did not write"), "{told}");
    assert!(!told.contains(&password), "{told}");
    assert_eq!(psql(&address, &format!("SELECT md5(string_agg(t::text, '' ORDER BY fid)) FROM {layer} t")), before);
}

#[test]
fn inspect_looks_at_every_table_and_shows_no_password() {
    let address = filled("looked_at", KINDS);
    let done =
        Command::new(cargo_bin("tongda")).args(["inspect", &address, "--layer", "Schools 学校"]).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(said.contains("EPSG:4490") && said.contains("玄武区"), "{said}{}", String::from_utf8_lossy(&done.stderr));
    let password = server().split([':', '@']).nth(2).unwrap().to_owned();
    assert!(!said.contains(&password), "{said}");
}
