//! Hazard areas, from files to figures: who lies in one does not count, is listed, and is drawn; streets in one are closed.

use std::fs;

use tempfile::TempDir;
use tongda::app::run::Finished;
use tongda::app::run::RunOptions;
use tongda::app::run::run;
use tongda::base::issue::Severity;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::config::plan::Plan;
use tongda::ingest;
use tongda::layers;
use tongda::model::facility::ExcludedBy;
use tongda::model::study::Study;
use tongda::table::Value;

const SQUARE: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"320101","name":"West"},
"geometry":{"type":"Polygon","coordinates":[[[118.0,32.0],[119.0,32.0],[119.0,33.0],[118.0,33.0],[118.0,32.0]]]}}]}"#;

/// a lies in the river's area and the hill's, b at a corner of the river's, c 0.0001° (9 m) east of it, d far away.
const SHELTERS: &str =
    "id,kind,lon,lat\na,shelter,118.45,32.45\nb,shelter,118.5,32.5\nc,shelter,118.5001,32.5\nd,depot,118.9,32.9\n";
const PEOPLE: &str = "id,people,lon,lat\np,100,118.5001,32.5\nq,300,118.45,32.45\n";

fn area(name: &str, [west, south, east, north]: [f64; 4]) -> String {
    format!(
        "{{\"type\":\"Feature\",\"properties\":{{\"name\":\"{name}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[{west},{south}],\
         [{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}"
    )
}

fn collection(features: &[String]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
}

/// A folder with all files, and the plan of a config with these lines under `[study]`.
fn plan(study: &str, by: &str) -> (TempDir, Plan) {
    let folder = tempfile::tempdir().unwrap();
    let river = area("river", [118.4, 32.4, 118.5, 32.5]);
    let hill = area("hill", [118.44, 32.44, 118.46, 32.46]);
    let all = area("all", [117.0, 31.0, 120.0, 34.0]);
    let street = "{\"type\":\"Feature\",\"properties\":{},\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[118.3,32.45],[118.6,32.45]]}}";
    for (name, text) in [
        ("square.geojson", SQUARE.to_owned()),
        ("shelters.csv", SHELTERS.to_owned()),
        ("people.csv", PEOPLE.to_owned()),
        ("flood.geojson", collection(&[river, hill])),
        ("all.geojson", collection(&[all])),
        ("streets.geojson", collection(&[street.to_owned()])),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let text = format!(
        "title = \"Test\"\n[study]\nregions = {{ path = \"square.geojson\", level = \"county\" }}\n\
         facilities = {{ path = \"shelters.csv\", kind-field = \"kind\", id = \"id\", x = \"lon\", y = \"lat\", crs = \"EPSG:4490\" }}\n\
         demand = {{ path = \"people.csv\", id = \"id\", people = \"people\", x = \"lon\", y = \"lat\", crs = \"EPSG:4490\" }}\n{study}\n\
         [[indicator]]\nid = \"shelters\"\nmeasure.covered-share = {{ kind = \"shelter\", within = \"1 km\"{by} }}\n"
    );
    let plan = config::parse(&text, "study.toml", folder.path()).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    (folder, plan)
}

fn read(study: &str) -> Study {
    let (_folder, plan) = plan(study, "");
    let study = ingest::study(&plan.study, &Silent).unwrap_or_else(|error| panic!("{error}"));
    for ledger in &study.ledgers {
        assert!(ledger.balances(), "{ledger:?}");
    }
    study
}

fn finished(study: &str, by: &str) -> Finished {
    let (_folder, plan) = plan(study, by);
    let options = RunOptions { write_nothing: true, ..RunOptions::default() };
    run(&plan, options, &Silent).unwrap_or_else(|error| panic!("{error}"))
}

const FLOOD: &str = "hazards = { name = \"flood\", path = \"flood.geojson\" }";

#[test]
fn a_facility_in_an_area_or_on_its_border_is_dropped_for_that_reason_and_named() {
    let study = read(FLOOD);
    let ids: Vec<&str> = study.facilities.iter().map(|facility| facility.id.as_str()).collect();
    assert_eq!(ids, ["c", "d"]);
    // the first area of the file that holds it names it
    let by = || ExcludedBy::Hazard { hazard: "flood".into(), zone: "river".into() };
    let out: Vec<(&str, &ExcludedBy)> = study.excluded.iter().map(|one| (one.facility.id.as_str(), &one.by)).collect();
    assert_eq!(out, [("a", &by()), ("b", &by())]);
    let ledger = study.ledgers.iter().find(|ledger| ledger.records.starts_with("facilities")).unwrap();
    // half of them, and still no loss above max-loss: they are no broken records
    assert_eq!((ledger.read, ledger.used, ledger.dropped.get("in-hazard")), (4, 2, Some(&2)));
    let issues: Vec<_> = study.issues.iter().filter(|issue| issue.code == "in-hazard").collect();
    assert_eq!(issues.len(), 2);
    assert_eq!((issues[1].severity, issues[1].record, issues[1].id.as_deref()), (Severity::Note, Some(2), Some("b")));
    assert_eq!(
        issues[1].what,
        "b at 118.500000 32.500000 lies in the hazard area \"river\" (flood) and counts for no indicator"
    );
    let zones: Vec<(&str, bool)> = study.hazards.iter().map(|zone| (zone.name.as_str(), zone.closes_streets)).collect();
    assert_eq!(zones, [("river", true), ("hill", true)]);
    assert_eq!(read("").facilities.len(), 4);
}

#[test]
fn a_record_of_several_kinds_is_counted_once() {
    let rules = "kinds = { shelter = \"kind = shelter\", refuge = \"kind = shelter\" }, id = \"id\"";
    let (_folder, mut plan) = plan(FLOOD, "");
    let text = plan.text.replace("kind-field = \"kind\", id = \"id\"", rules);
    plan = config::parse(&text, "study.toml", _folder.path()).unwrap();
    let study = ingest::study(&plan.study, &Silent).unwrap();
    let ledger = study.ledgers.iter().find(|ledger| ledger.records.starts_with("facilities")).unwrap();
    assert!(ledger.balances());
    assert_eq!((ledger.read, ledger.used, ledger.dropped.get("in-hazard")), (3, 1, Some(&2)));
    assert_eq!((study.facilities.len(), study.excluded.len()), (2, 4));
}

#[test]
fn the_figure_the_note_and_the_layers_say_what_the_flood_takes() {
    // c is where p lives, a where q lives
    let share = |study: &str| finished(study, "").card.indicators[0].figure.part;
    assert_eq!(share(""), Some(400.0));
    assert_eq!(share(FLOOD), Some(100.0));
    let card = finished(FLOOD, "").card;
    let told = "2 further facilities lie in hazard areas and do not count";
    assert!(card.indicators[0].notes.iter().any(|note| note.en.contains(told)), "{:?}", card.indicators[0].notes);
    let study = read(FLOOD);
    let tables = layers::all(&study, &card, Vec::new(), false);
    let table = |name: &str| tables.iter().find(|table| table.name == name).unwrap();
    let excluded = table("excluded_facilities");
    let state = excluded.field("state").unwrap();
    assert_eq!(excluded.rows.iter().map(|row| &row.values[state]).collect::<Vec<_>>(), [&Value::from("excluded"); 2]);
    assert_eq!((table("hazard_areas").rows.len(), table("facilities_shelter").rows.len()), (2, 1));
}

#[test]
fn where_all_of_a_kind_are_taken_nobody_reaches_one() {
    let row = finished("hazards = { path = \"all.geojson\" }", "").card.indicators.remove(0);
    assert_eq!((row.figure.part, row.figure.whole), (Some(0.0), Some(400.0)));
}

#[test]
fn streets_in_an_area_are_closed_unless_it_is_said_otherwise() {
    let streets = "\nstreets = { path = \"streets.geojson\", max-snap = \"20 km\" }";
    let closed = |study: &str| {
        let study = read(&format!("{study}{streets}"));
        let note = study.issues.iter().find(|issue| issue.code == "street-network").unwrap().what.clone();
        note.split("; ").find(|part| part.contains("closed")).map(str::to_owned)
    };
    assert_eq!(closed(""), None);
    // 0.1° at 32.45° N is 9.4 km
    assert_eq!(closed(FLOOD), Some("9.4 km are closed".to_owned()));
    assert_eq!(closed(&FLOOD.replace(" }", ", closes-streets = false }")), None);
    // one area from both is closed once
    let both =
        "\nstreets = { path = \"streets.geojson\", max-snap = \"20 km\", closures = { path = \"flood.geojson\" } }";
    let study = read(&format!("{FLOOD}{both}"));
    assert!(study.issues.iter().any(|issue| issue.what.contains("9.4 km are closed")));
}

#[test]
fn cells_in_an_area_are_closed_as_by_closures_of_the_surface() {
    let note = |study: &str| {
        let study = read(study);
        let note = study.issues.iter().find(|issue| issue.code == "cost-surface").unwrap().what.clone();
        note.split("; ").find(|part| part.contains("are closed")).map(str::to_owned).unwrap()
    };
    let surface = "\nsurface = { uniform = \"5 km/h\", cell = \"1 km\", halo = \"0 m\" }";
    let closures = surface.replace("halo", "closures = { path = \"flood.geojson\" }, halo");
    let by_hazard = note(&format!("{FLOOD}{surface}"));
    assert_eq!(by_hazard, note(&closures));
    // 9.4 km by 11.1 km in cells of 1 km
    let closed: f64 = by_hazard.split(' ').next().unwrap().parse().unwrap();
    assert!((80.0..=130.0).contains(&closed), "{by_hazard}");
    assert!(
        note(&format!("{}{surface}", FLOOD.replace(" }", ", closes-streets = false }"))).starts_with("0 are closed")
    );
}

#[test]
fn areas_without_a_name_have_the_number_of_their_record_and_a_wrong_field_is_refused() {
    let study = read("hazards = { path = \"flood.geojson\", label = \"name\" }");
    assert_eq!((study.hazards[1].name.as_str(), study.hazards[1].hazard.as_str()), ("hill", "flood.geojson"));
    let (_folder, plan) = plan("hazards = { path = \"flood.geojson\", label = \"nam\" }", "");
    let error = ingest::study(&plan.study, &Silent).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("no field \"nam\" for the name of the area; did you mean \"name\"?"), "{error}");
}
