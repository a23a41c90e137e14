//! The program as a user meets it: exit codes, messages, files.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

const COUNTIES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"code":"320101","name":"甲区"},"geometry":{"type":"Polygon","coordinates":[[[119.0,32.0],[119.1,32.0],[119.1,32.1],[119.0,32.1],[119.0,32.0]]]}},
{"type":"Feature","properties":{"code":"320102","name":"乙区"},"geometry":{"type":"Polygon","coordinates":[[[119.1,32.0],[119.2,32.0],[119.2,32.1],[119.1,32.1],[119.1,32.0]]]}},
{"type":"Feature","properties":{"code":"320103","name":"丙区"},"geometry":{"type":"Polygon","coordinates":[[[119.0,32.1],[119.2,32.1],[119.2,32.2],[119.0,32.2],[119.0,32.1]]]}}
]}"#;

const LINES: &str = "route,direction,sequence,stop,lon,lat,trips_per_day
1,both,1,a,119.05,32.05,10
1,both,2,b,119.15,32.05,10
2,both,1,c,119.05,32.06,10
2,both,2,d,119.05,32.15,10
";

const CLINICS: &str = "id,name,lon,lat\nk1,一院,119.05,32.05\n";
const PEOPLE: &str = "id,lon,lat,people\np1,119.05,32.06,100\np2,119.15,32.05,300\n";

const CONFIG: &str = r#"
title = { en = "Three districts", zh = "三区" }
[study]
regions = [ { path = "counties.geojson", level = "county", code = "code", name = "name" } ]
services = { path = "lines.csv", datum = "wgs-84" }
facilities = [ { path = "clinics.csv", kind = "clinic", id = "id", name = "name", datum = "wgs-84" } ]
demand = { name = "residents", path = "people.csv", id = "id", people = "people", datum = "wgs-84" }

[[indicator]]
id = "bus-reach"
measure.neighbour-reach = { level = "county", min-border = "500 m" }
target = { at-least = "60 %" }

[[indicator]]
id = "clinic-2-km"
measure.covered-share = { kind = "clinic", within = "2 km" }
target = { at-least = "20 %" }

[[output]]
path = "out/three.gpkg"
[[output]]
path = "out/three.json"
[[output]]
path = "out/three.csv"
[[output]]
path = "out/pairs.geojson"
layer = "bus_reach_pairs"
"#;

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Desk {
        let desk = Desk { folder: TempDir::new().unwrap() };
        for (name, text) in [
            ("counties.geojson", COUNTIES),
            ("lines.csv", LINES),
            ("clinics.csv", CLINICS),
            ("people.csv", PEOPLE),
            ("study.toml", CONFIG),
        ] {
            desk.write(name, text);
        }
        desk
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.folder.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Exit code, standard output, standard error.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::cargo_bin("tongda")
            .unwrap()
            .args(arguments)
            .current_dir(self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn fails(&self, wants: &[&str]) {
        let (code, _, error) = self.run(&["run", "study.toml"]);
        assert_eq!(code, 2, "{error}");
        // a message may be broken into lines of a frame
        let flat: String = error.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        for want in wants {
            assert!(flat.contains(want), "wanted: {want}\n{error}");
        }
        assert!(!self.path("out").join("three.gpkg").exists(), "nothing is written by a run that fails");
    }
}

#[test]
fn a_run_prints_the_scorecard_and_writes_what_the_config_asks_for() {
    let desk = Desk::new();
    let (code, out, error) = desk.run(&["run", "study.toml"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    // 甲–乙 by line 1, 甲–丙 by line 2, 乙–丙 by none: 2 of 3
    assert!(out.contains("2 of 3") && out.contains("66.6 %") && out.contains("met"), "{out}");
    // p1 is 1.1 km from the clinic, p2 9.4 km: 100 of 400 people
    assert!(out.contains("100 of 400") && out.contains("25 %"), "{out}");
    assert!(out.contains("ledger: 10 records read from 4 sources"), "{out}");
    for name in ["three.gpkg", "three.qgz", "three.json", "three.csv", "pairs.geojson"] {
        assert!(desk.path("out").join(name).exists() && out.contains(name), "{name}");
    }
    let (_, out, _) = desk.run(&["run", "study.toml", "--lang", "zh"]);
    assert!(out.contains("达标") && out.contains("三区"), "{out}");
}

#[test]
fn the_same_bytes_come_out_on_any_number_of_threads() {
    let desk = Desk::new();
    let files = |folder: &str, threads: &str| {
        let status = Command::cargo_bin("tongda")
            .unwrap()
            .args(["run", "study.toml", "--quiet", "--out-dir", folder])
            .env("RAYON_NUM_THREADS", threads)
            .current_dir(desk.folder.path())
            .output()
            .unwrap();
        assert!(status.status.success() && status.stdout.is_empty());
        ["three.gpkg", "three.qgz", "three.json", "three.csv", "pairs.geojson"]
            .map(|name| fs::read(desk.path(folder).join(name)).unwrap())
    };
    let (one, two, again) = (files("one", "1"), files("two", "2"), files("again", "2"));
    assert!(one == two && two == again);
}

#[test]
fn check_tells_by_its_exit_code() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["check", "study.toml"]).0, 0);
    assert!(!desk.path("out").exists(), "check writes nothing");
    desk.edit("study.toml", "at-least = \"60 %\"", "at-least = \"90 %\"");
    assert_eq!(desk.run(&["check", "study.toml"]).0, 1, "one target is missed");
    // without line 2 nothing is known of 丙: no data is no pass
    let desk = Desk::new();
    desk.write("lines.csv", &LINES[..LINES.find("2,both").unwrap()]);
    let (code, out, _) = desk.run(&["check", "study.toml"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("no data"), "{out}");
    desk.write("counties.geojson", "{");
    assert_eq!(desk.run(&["check", "study.toml"]).0, 2, "it could not run");
}

#[test]
fn bad_input_is_told_with_where_and_what_to_write_instead() {
    type Case<'c> = (&'c str, &'c dyn Fn(&Desk), &'c [&'c str]);
    let cases: &[Case<'_>] = &[
        ("missing file", &|d| fs::remove_file(d.path("lines.csv")).unwrap(), &["lines.csv", "cannot open"]),
        (
            "broken JSON",
            &|d| d.edit("counties.geojson", "\"features\":[", "\"features\":[,"),
            &["counties.geojson", "line 1", "column 41"],
        ),
        (
            "empty layer",
            &|d| d.write("counties.geojson", r#"{"type":"FeatureCollection","features":[]}"#),
            &["counties.geojson", "holds no regions"],
        ),
        (
            "swapped axes",
            &|d| d.write("clinics.csv", "id,name,lon,lat\nk1,一院,32.05,119.05\n"),
            &["clinics.csv", "latitude first"],
        ),
        (
            "projected numbers",
            &|d| d.write("clinics.csv", "id,name,lon,lat\nk1,一院,40386383.9,3549167.2\n"),
            &["clinics.csv", "projected metres"],
        ),
        (
            "unknown CRS",
            &|d| d.edit("study.toml", "level = \"county\", code", "crs = \"EPSG:999999\", level = \"county\", code"),
            &["EPSG:999999", "EPSG:4490"],
        ),
        ("length without unit", &|d| d.edit("study.toml", "\"500 m\"", "\"500\""), &["no unit", "500 m"]),
        ("length as a number", &|d| d.edit("study.toml", "\"500 m\"", "500"), &["no unit"]),
        ("unknown key", &|d| d.edit("study.toml", "min-border", "min-boarder"), &["min-boarder", "min-border"]),
        (
            "unknown kind",
            &|d| d.edit("study.toml", "{ kind = \"clinic\", within", "{ kind = \"clinc\", within"),
            &["clinc", "clinic"],
        ),
        ("no such field", &|d| d.edit("study.toml", "code = \"code\"", "code = \"codee\""), &["codee", "code"]),
        (
            "small min-border",
            &|d| d.edit("study.toml", "min-border = \"500 m\"", "min-border = \"200 m\""),
            &["four times"],
        ),
        ("broken TOML", &|d| d.edit("study.toml", "[study]", "[study"), &["study.toml"]),
        (
            "no such layer",
            &|d| d.edit("study.toml", "layer = \"bus_reach_pairs\"", "layer = \"bus_pairs\""),
            &["bus_pairs"],
        ),
        ("unknown format", &|d| d.edit("study.toml", "clinics.csv", "clinics.cvs"), &["cvs"]),
    ];
    for (name, spoil, wants) in cases {
        let desk = Desk::new();
        spoil(&desk);
        let (code, _, error) = desk.run(&["run", "study.toml"]);
        assert_eq!(code, 2, "{name}: {error}");
        desk.fails(wants);
    }
}

#[test]
fn records_that_can_not_be_used_are_listed_and_counted() {
    let desk = Desk::new();
    // every record but one must be usable, else the source stops the run: allow half
    desk.edit("study.toml", "[study]", "[study]\nmax-loss = \"50 %\"");
    desk.write(
        "people.csv",
        "id,lon,lat,people\np1,119.05,32.06,100\np2,119.15,32.05,300\np3,NaN,32.05,5\np4,119.15,32.05,-7\n",
    );
    let (code, out, error) = desk.run(&["run", "study.toml"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("dropped"), "{out}");
    let card: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(desk.path("out/three.json")).unwrap()).unwrap();
    let source = card["sources"].as_array().unwrap().iter().find(|s| s["source"] == "people.csv").unwrap();
    let (read, used) = (source["read"].as_u64().unwrap(), source["used"].as_u64().unwrap());
    let dropped: u64 = source["dropped"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!((read, read), (4, used + dropped), "{source}");
}

#[test]
fn an_unwritable_folder_is_named() {
    let desk = Desk::new();
    desk.write("out", "a file where the folder should be");
    let (code, _, error) = desk.run(&["run", "study.toml"]);
    assert_eq!(code, 2);
    assert!(error.contains("out"), "{error}");
}

#[test]
fn figures_can_be_followed_to_their_rows() {
    let desk = Desk::new();
    desk.run(&["run", "study.toml"]);
    let (code, out, error) = desk.run(&["explain", "--why", "bus-reach"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("2 / 3") && out.contains("乙区 – 丙区: not connected"), "{out}");
    let (code, out, _) = desk.run(&["explain", "--why", "320103"]);
    assert!(code == 0 && out.contains("丙区"), "{out}");
    assert_eq!(desk.run(&["explain", "--why", "nowhere"]).0, 2);
    let (code, out, _) = desk.run(&["explain", "neighbour-reach"]);
    assert!(code == 0 && out.starts_with("# "), "{out}");
    let (code, _, error) = desk.run(&["explain", "neighbor-reach"]);
    assert!(code == 2 && error.contains("did you mean \"neighbour-reach\""), "{error}");
    assert_eq!(desk.run(&["compare", "out/three.json", "out/three.json"]).0, 0);
}

#[test]
fn the_program_tells_what_it_can() {
    let desk = Desk::new();
    for (arguments, want) in [
        (&["formats"] as &[&str], "GeoJSON"),
        (&["schema"], "\"$schema\""),
        (&["completions", "bash"], "tongda"),
        (&["explain"], "covered-share"),
        (&["--version"], "tongda 0.1.0"),
        (&["inspect", "counties.geojson"], "counties.geojson"),
        (&["inspect", "lines.csv", "--json"], "\"lines.csv\""),
    ] {
        let (code, out, error) = desk.run(arguments);
        assert!(code == 0 && out.contains(want), "{arguments:?}: {out}{error}");
    }
    assert!(Path::new(env!("CARGO_BIN_EXE_tongda")).exists());
}

#[test]
fn a_config_drafted_from_files_runs() {
    let home = tempfile::tempdir().unwrap();
    let geodata = Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata/jiangsu");
    let files = [
        "counties_wgs84.geojson",
        "synthetic/residents_synthetic.csv",
        "synthetic/clinics_synthetic.csv",
        "synthetic/bus_routes_synthetic.csv",
    ];
    let mut init = Command::cargo_bin("tongda").unwrap();
    let drafted = init
        .current_dir(home.path())
        .arg("init")
        .args(files.map(|file| geodata.join(file)))
        .args(["--out", "draft.toml"])
        .assert()
        .success();
    let said = String::from_utf8_lossy(&drafted.get_output().stdout).into_owned();
    for want in [
        "176 regions (county)",
        "points of demand, people = people",
        "facilities, kind-field = \"kind\"",
        "rows of services",
    ] {
        assert!(said.contains(want), "{want}: {said}");
    }
    let mut run = Command::cargo_bin("tongda").unwrap();
    let ran = run.current_dir(home.path()).args(["run", "draft.toml", "--lang", "en"]).assert().success();
    let said = String::from_utf8_lossy(&ran.get_output().stdout).into_owned();
    assert!(said.contains("synthetic") && said.contains("verdicts:"), "{said}");
    assert!(home.path().join("out/draft.gpkg").exists());

    // an extract without regions of its own, beside a file that has them
    let town = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/formats/town_synthetic.osm.pbf");
    let square = r#"{"type":"Feature","properties":{"code":"1","name":"镇"},"geometry":{"type":"Polygon","coordinates":[[[120,32],[120.2,32],[120.2,32.2],[120,32.2],[120,32]]]}}"#;
    std::fs::write(home.path().join("area.geojson"), square).unwrap();
    let tongda = |args: &[&str]| {
        let mut command = Command::cargo_bin("tongda").unwrap();
        command.current_dir(home.path()).args(args).assert().success();
    };
    tongda(&["init", "area.geojson", town.to_str().unwrap()]);
    tongda(&["run", "area.toml"]);
}

#[test]
fn the_way_of_a_point_is_told_leg_by_leg_and_drawn() {
    let folder = TempDir::new().unwrap();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/helsinki.toml");
    let tongda = |args: &[&str]| {
        let mut command = Command::cargo_bin("tongda").unwrap();
        command.current_dir(folder.path()).args(["--lang", "en", "explain", "--study"]).arg(&config).args(args).assert()
    };
    let told = tongda(&["--why", "relation/167265", "--path", "way.geojson"]).success();
    let text = String::from_utf8(told.get_output().stdout.clone()).unwrap();
    assert_eq!(text.matches("along streets").count(), 3, "{text}");
    assert!(text.contains("Homes within 15 min on foot of a shelter (shelters)") && text.contains("more than 15 min"));
    let drawn: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("way.geojson")).unwrap()).unwrap();
    let features = drawn["features"].as_array().unwrap();
    assert_eq!(features.len(), 3);
    for feature in features {
        let number = |name: &str| feature["properties"][name].as_f64().unwrap();
        // off the streets one walks 5 km/h
        let told = number("off_m") * 3.6 / 5.0 + number("street_s");
        assert!((number("cost") - told).abs() < 1e-3, "{feature}");
        let geometry = &feature["geometry"]["coordinates"];
        let line = if geometry[0][0].is_array() { &geometry[0] } else { geometry };
        assert!(line.as_array().unwrap().len() > 2);
    }
    let unknown = tongda(&["--why", "nobody"]).code(2);
    assert!(String::from_utf8_lossy(&unknown.get_output().stderr).contains("\"nobody\""));
    let strange = tongda(&["--why", "relation/167265", "--path", "way.docx"]).code(2);
    assert!(String::from_utf8_lossy(&strange.get_output().stderr).contains("way.geojson"));
    assert!(!folder.path().join("way.docx").exists());
}
