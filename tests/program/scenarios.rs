//! Scenarios, from a patch to figures: who moves when a shelter closes, what is split how, and what a patch may not say. Every number is derived
//! beside it, or by brute force.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tongda::app::compare;
use tongda::app::run::Finished;
use tongda::app::run::RunOptions;
use tongda::app::scenario;
use tongda::app::scenario::Split;
use tongda::base::progress::Silent;
use tongda::base::units::Lang;
use tongda::config;
use tongda::config::scenario::Scenario;
use tongda::indicators::scorecard::Scorecard;
use tongda::indicators::split::Group;
use tongda::indicators::verdict::Verdict;
use tongda::ingest;
use tongda::model::study::Study;

/// Two counties side by side, of one city each.
const COUNTIES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"code":"320101","name":"West"},"geometry":{"type":"Polygon","coordinates":[[[118.0,32.0],[118.5,32.0],[118.5,32.5],[118.0,32.5],[118.0,32.0]]]}},
{"type":"Feature","properties":{"code":"320201","name":"East"},"geometry":{"type":"Polygon","coordinates":[[[118.5,32.0],[119.0,32.0],[119.0,32.5],[118.5,32.5],[118.5,32.0]]]}}
]}"#;

/// A folder with a study and a patch.
struct Desk {
    folder: TempDir,
}

const NEAR: &str = "[[indicator]]\nid = \"near\"\nmeasure.covered-share = { kind = \"shelter\", within = \"1 km\" }\nover = [\"county\", \"city\"]\n\
                    target = { at-least = \"60 %\" }\n";

impl Desk {
    /// With these shelters (`id,lon,lat,capacity,level`) and people (`id,lon,lat,people,class`), and these indicators and outputs.
    fn new(shelters: &str, people: &str, rest: &str) -> Desk {
        let desk = Desk { folder: tempfile::tempdir().unwrap() };
        desk.write("counties.geojson", COUNTIES);
        desk.write("shelters.csv", &format!("id,lon,lat,capacity,level\n{shelters}"));
        desk.write("people.csv", &format!("id,lon,lat,people,class\n{people}"));
        desk.write(
            "study.toml",
            &format!(
                "title = \"Study\"\n[study]\nplane = \"EPSG:4549\"\n\
                 regions = {{ path = \"counties.geojson\", level = \"county\" }}\n\
                 facilities = {{ path = \"shelters.csv\", kinds = {{ shelter = \"id = *\", large = \"level = long\" }}, id = \"id\", \
                 capacity = \"capacity\", datum = \"wgs-84\" }}\n\
                 demand = {{ path = \"people.csv\", id = \"id\", people = \"people\", class = \"class\", datum = \"wgs-84\" }}\n{rest}"
            ),
        );
        desk
    }

    /// The worked example: two hamlets in the west around k1, one in the east at k2.
    fn hamlets() -> Desk {
        Desk::new(
            "k1,118.2,32.2,150,long\nk2,118.8,32.2,300,short\n",
            "a,118.2,32.2,100,town\nb,118.205,32.2,100,village\nc,118.8,32.2,200,town\n",
            NEAR,
        )
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn scenario(&self, patch: &str) -> Result<Scenario, String> {
        self.write("patch.toml", &format!("title = \"Patch\"\n{patch}"));
        let folder = self.folder.path();
        Scenario::load(&folder.join("study.toml"), &folder.join("patch.toml")).map_err(|error| format!("{error:?}"))
    }

    fn finished(&self, patch: &str, split: Split) -> Result<Finished, String> {
        let scenario = self.scenario(patch)?;
        scenario::run(&scenario, split, RunOptions::default(), &Silent).map_err(|error| format!("{error:?}"))
    }

    fn run(&self, patch: &str) -> Scorecard {
        self.finished(patch, Split::No).unwrap_or_else(|error| panic!("{patch}\n{error}")).card
    }

    /// Without a patch.
    fn base(&self) -> Scorecard {
        let plan = config::load(&self.folder.path().join("study.toml")).unwrap();
        tongda::app::run::run(&plan, RunOptions::default(), &Silent).unwrap().card
    }

    fn study(&self) -> Study {
        let plan = config::load(&self.folder.path().join("study.toml")).unwrap();
        ingest::study(&plan.study, &Silent).unwrap()
    }

    /// What is said of a patch that can not be meant.
    fn refused(&self, patch: &str) -> String {
        match self.finished(patch, Split::No) {
            Err(error) => error,
            Ok(_) => panic!("not refused: {patch}"),
        }
    }
}

fn value(card: &Scorecard, id: &str) -> Option<f64> {
    card.indicators.iter().find(|row| row.id == id).unwrap().figure.value
}

fn told(card: &Scorecard) -> Vec<String> {
    card.scenario.as_ref().unwrap().told().into_iter().map(|text| text.en).collect()
}

/// Numbers of Knuth's MMIX generator, from 0 to below 1.
fn numbers(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn seed() -> u64 {
    std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_304)
}

#[test]
fn when_a_shelter_closes_just_its_people_move_each_to_the_second_nearest() {
    let seed = seed();
    let mut next = numbers(seed);
    let mut places = |count: usize, line: &dyn Fn(usize, f64, f64, f64) -> String| -> String {
        (0..count).map(|at| line(at, 118.05 + 0.9 * next(), 32.05 + 0.4 * next(), next())).collect()
    };
    let shelters = places(12, &|at, x, y, _| format!("s{at},{x:.6},{y:.6},100,short\n"));
    let people = places(400, &|at, x, y, z| format!("p{at},{x:.6},{y:.6},{},town\n", 1 + (z * 900.0) as u32));
    let layers = "[[output]]\npath = \"out/points.csv\"\nlayer = \"far_points\"\n";
    let far = "[[indicator]]\nid = \"far\"\nmeasure.nearest = { kind = \"shelter\", by = \"straight-line\" }\nover = [\"county\"]\n";
    let desk = Desk::new(&shelters, &people, &format!("{far}{layers}"));
    let (before, after) = (desk.base(), desk.run("facilities.close = { of = \"shelters\", id = \"s5\" }"));

    // brute force over all pairs, in the plane
    let study = desk.study();
    let layer = &study.demand[0];
    let (mut moved, mut stay) = (0i128, 0i128);
    let read = |name: &str| -> BTreeMap<String, (String, f64)> {
        let text = fs::read_to_string(desk.folder.path().join("out").join(name)).unwrap();
        let mut lines = text
            .trim_start_matches('\u{feff}')
            .lines()
            .map(|line| line.split(',').map(|cell| cell.trim_matches('"')).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let at = |name: &str| header.iter().position(|field| *field == name).unwrap_or_else(|| panic!("{header:?}"));
        let (point, facility, cost) = (at("point"), at("facility"), at("dist_m"));
        lines.map(|line| (line[point].to_owned(), (line[facility].to_owned(), line[cost].parse().unwrap()))).collect()
    };
    let (was, is) = (read("points.csv"), read("points-patch.csv"));
    assert_eq!((was.len(), is.len()), (400, 400));
    for at in 0..layer.len() {
        let xy = layer.at[at].unwrap().xy;
        let mut order: Vec<(f64, &str)> =
            study.facilities.iter().map(|one| (one.at.xy.distance_m(xy), one.id.as_str())).collect();
        order.sort_by(|x, y| x.0.total_cmp(&y.0));
        let weight = layer.group("people").unwrap().weights[at].micros();
        let (old, new) = (&was[&*layer.id(at)], &is[&*layer.id(at)]);
        let want = if order[0].1 == "s5" { order[1] } else { order[0] };
        *(if order[0].1 == "s5" { &mut moved } else { &mut stay }) += weight;
        let shown = format!("seed {seed}, {}: {order:?}, {old:?}, {new:?}", layer.id(at));
        assert_eq!(old.0, order[0].1, "{shown}");
        assert_eq!(new.0, want.1, "{shown}");
        assert!((old.1 - order[0].0).abs() < 0.001 && (new.1 - want.0).abs() < 0.001, "{shown}");
    }
    assert!(moved > 0, "seed {seed}: nobody lives nearest to s5");
    let comparison = compare::compare(&before, &after);
    let ways = comparison.indicators[0].ways.as_ref().unwrap();
    // to the person: all whose nearest it was go farther, nobody else does
    let whole = |micros: i128| micros as f64 / 1e6;
    assert_eq!((ways.nearer, ways.same, ways.farther), (0.0, whole(stay), whole(moved)), "seed {seed}");
    // and the regions add up to the same
    let by_county: f64 = comparison.indicators[0]
        .moved
        .iter()
        .filter(|one| one.region.as_ref().is_some_and(|(level, _)| level.title().0 == "county"))
        .map(|one| one.farther)
        .sum();
    assert_eq!(by_county, whole(moved), "seed {seed}");
}

#[test]
fn when_room_shrinks_just_those_who_do_not_fit_are_left() {
    let seed = seed();
    let mut next = numbers(seed);
    // clusters 0.1° apart, each with one shelter in reach
    let (mut shelters, mut people, mut room, mut wish) = (String::new(), String::new(), Vec::new(), Vec::new());
    for at in 0..8 {
        let x = 118.1 + 0.1 * f64::from(at);
        let capacity = (next() * 500.0) as u64;
        shelters += &format!("s{at},{x:.2},32.2,{capacity},short\n");
        let mut sum = 0;
        for nth in 0..5 {
            let count = 1 + (next() * 150.0) as u64;
            sum += count;
            people += &format!("p{at}-{nth},{:.4},32.2,{count},town\n", x + 0.001 * f64::from(nth));
        }
        room.push(capacity);
        wish.push(sum);
    }
    let served = "[[indicator]]\nid = \"room\"\nmeasure.served-share = { kind = \"shelter\", within = \"2 km\", weight = \"people\", rule = \"nearest-first\" }\n";
    let desk = Desk::new(&shelters, &people, served);
    let fits = |room: &[u64]| -> u64 { room.iter().zip(&wish).map(|(room, wish)| room.min(wish)).sum() };
    let part = |card: &Scorecard| card.indicators[0].figure.part.unwrap();
    assert_eq!(part(&desk.base()), fits(&room) as f64, "seed {seed}");
    for (patch, change) in [
        ("facilities.capacity = { of = \"shelters\", id = \"s3\", capacity = 7 }", (3, 7)),
        ("facilities.capacity = { of = \"shelters\", id = \"s4\", times = 0 }", (4, 0)),
        ("facilities.close = { of = \"shelters\", id = \"s2\" }", (2, 0)),
    ] {
        let mut other = room.clone();
        other[change.0] = change.1;
        assert_eq!(part(&desk.run(patch)), fits(&other) as f64, "seed {seed}: {patch}");
    }
    // one that opens beside the fullest takes who is left there, up to its room
    let patch = "facilities.open = { of = \"shelters\", id = \"new\", lon = 118.1, lat = 32.2001, capacity = 40, fields = { id = \"new\" } }";
    let mut other = room.clone();
    other[0] += 40;
    assert_eq!(part(&desk.run(patch)), fits(&other) as f64, "seed {seed}");
}

#[test]
fn every_change_is_told_and_an_idle_one_is_said_to_be_idle() {
    let desk = Desk::hamlets();
    // 500 m from a to b along the parallel: all are within 1 km
    assert_eq!(value(&desk.base(), "near"), Some(1.0));
    assert!(desk.base().scenario.is_none());
    let card = desk.run("facilities.close = { of = \"shelter\", id = \"k2\" }");
    assert_eq!((value(&card, "near"), card.title.en.as_str()), (Some(0.5), "Study · Patch"));
    assert_eq!(told(&card), ["closes k2 (k2)"]);
    let note = &card.indicators[0].notes[0].en;
    assert!(note.contains("1 further facilities are closed by the scenario"), "{note}");
    // the ledger of the file still adds up: 2 read = 1 used + 1 closed
    let shelters = card.sources.iter().find(|source| source.source == "shelters.csv").unwrap();
    assert_eq!((shelters.read, shelters.used, shelters.dropped["closed-by-scenario"]), (2, 1, 1));
    assert_eq!(card.provenance[0].path, "study.toml");
    assert_eq!(card.provenance[1].path, "patch.toml");

    // all shelters closed is an answer: nobody reaches one
    let card = desk.run("facilities.close = { of = \"shelters.csv\", id = [\"k1\", \"k2\"] }");
    assert_eq!(value(&card, "near"), Some(0.0));

    let card = desk.run("");
    assert_eq!(told(&card), ["this scenario changes nothing in the study"]);
    let idle = "facilities.capacity = { of = \"shelters\", id = \"k1\", capacity = 150 }\npeople.scale = { by = 1.0 }\n\
                [indicator.near]\nwithin = \"1000 m\"\ntarget = { at-least = \"60 %\" }\n";
    let card = desk.run(idle);
    assert_eq!(
        told(&card),
        [
            "this scenario changes nothing in the study",
            "capacity of k1 (k1): 150 → 150 (without effect)",
            "demand \"demand\", people: 400 → 400 (without effect)",
            "near: within \"1 km\" → \"1000 m\" (without effect)",
            "near: target ≥ 60 % → ≥ 60 % (without effect)",
        ]
    );
}

#[test]
fn a_facility_opens_by_degrees_or_in_the_plane_and_is_of_the_kinds_that_its_columns_say() {
    let desk = Desk::hamlets();
    let study = desk.study();
    let k1 = study.facilities[0].at;
    let close = "facilities.close = { of = \"shelters\", id = \"k1\" }\n";
    let open = |place: &str| {
        format!(
            "{close}facilities.open = {{ of = \"shelters\", id = \"n\", {place}, capacity = 9, fields = {{ id = \"n\", level = \"long\" }} }}"
        )
    };
    for place in ["lon = 118.2, lat = 32.2".to_owned(), format!("x = {}, y = {}", k1.xy.x, k1.xy.y)] {
        let scenario = desk.scenario(&open(&place)).unwrap();
        let plan = scenario.plan().unwrap();
        let edits = &plan.scenario.as_ref().unwrap().edits;
        let (study, changes) = ingest::study_with(&plan.study, edits, &Silent).unwrap();
        let opened: Vec<_> = study.facilities.iter().filter(|one| one.id == "n").collect();
        assert_eq!(opened.iter().map(|one| one.kind.as_str()).collect::<Vec<_>>(), ["large", "shelter"], "{place}");
        for one in opened {
            assert!(one.at.xy.distance_m(k1.xy) < 0.01, "{place}");
            assert_eq!(
                (one.capacity, one.home.map(|home| study.regions.get(home).code.as_str())),
                (Some(9.0), Some("320101"))
            );
        }
        assert_eq!(changes[0].text.en, "opens n (n): large, shelter, with a capacity of 9");
        let ledger = study.ledgers.iter().find(|ledger| ledger.records == "facilities (opened)").unwrap();
        assert_eq!((ledger.read, ledger.used), (1, 1));
    }
    // it takes the place of the one that closes: nobody moves
    assert_eq!(value(&desk.run(&open("lon = 118.2, lat = 32.2")), "near"), Some(1.0));
}

#[test]
fn a_flood_takes_facilities_and_people_of_another_year_weigh_otherwise() {
    let desk = Desk::hamlets();
    desk.write(
        "flood.geojson",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"river"},"geometry":{"type":"Polygon",
"coordinates":[[[118.79,32.19],[118.81,32.19],[118.81,32.21],[118.79,32.21],[118.79,32.19]]]}}]}"#,
    );
    let card = desk.run("hazards = { name = \"flood\", path = \"flood.geojson\" }");
    // the people in the area still count: 200 of 400
    assert_eq!(value(&card, "near"), Some(0.5));
    assert_eq!(told(&card), ["hazard \"flood\": not counted in its areas: 1 facility"]);
    let both = "facilities.close = { of = \"shelters\", id = \"k2\" }\n";
    // west × 1.5: 300 of 500; the smaller region stands before the city, and both before "by"
    let card = desk.run(&format!(
        "{both}people.scale = {{ by = 7, regions = {{ \"320100\" = 9, \"320101\" = 1.5, \"320201\" = 1 }} }}"
    ));
    assert_eq!((value(&card, "near"), told(&card)[1].as_str()), (Some(0.6), "demand \"demand\", people: 400 → 500"));
    // another file in the place of the layer
    desk.write("people2030.csv", "id,lon,lat,people\nz,118.2,32.2,30\ny,118.8,32.2,10\n");
    let card = desk.run(&format!(
        "{both}people.replace = {{ path = \"people2030.csv\", id = \"id\", people = \"people\", datum = \"wgs-84\" }}"
    ));
    assert_eq!(
        (value(&card, "near"), told(&card)[1].as_str()),
        (Some(0.75), "demand \"demand\": people.csv → people2030.csv")
    );
}

#[test]
fn other_definitions_and_targets_are_measured_and_told() {
    let desk = Desk::hamlets();
    // b is 471 m from k1: beyond 400 m
    let card = desk.run("[indicator.near]\nwithin = \"400 m\"\ntarget = { at-least = \"80 %\" }\n");
    assert_eq!((value(&card, "near"), card.indicators[0].verdict), (Some(0.75), Verdict::Missed));
    assert_eq!(told(&card), ["near: within \"1 km\" → \"400 m\"", "near: target ≥ 60 % → ≥ 80 %"]);
}

#[test]
fn what_a_patch_names_must_be_there() {
    let desk = Desk::hamlets();
    let cases = [
        (
            "facilities.close = { of = \"shelter\", id = \"k11\" }",
            "shelters.csv has no facility \"k11\"; did you mean \"k1\"?",
        ),
        ("facilities.close = { of = \"shelter\", id = \"zz\" }", "its ids begin with k1, k2"),
        ("facilities.close = { of = \"shelterz\", id = \"k1\" }", "no facilities called \"shelterz\""),
        ("facilities.close = { of = \"shelterz\", id = \"k1\" }", "did you mean \"shelter\"?"),
        ("facilities.closed = { of = \"shelters\", id = \"k1\" }", "unknown key \"closed\""),
        ("facilities.capacity = { of = \"shelters\", id = \"k1\" }", "capacity or times is wanted"),
        ("facilities.open = { of = \"shelters\", id = \"n\", lon = 118.2, lat = 32.2 }", "write fields = { id = "),
        ("facilities.open = { of = \"shelters\", id = \"n\", lon = 118.2 }", "is not said in one way"),
        (
            "facilities.open = { of = \"shelters\", id = \"n\", lon = 32.2, lat = 89.2, fields = { id = \"n\" } }",
            "far from all regions",
        ),
        (
            "facilities.open = { of = \"shelters\", id = \"k1\", lon = 118.2, lat = 32.2, fields = { id = \"n\" } }",
            "has a facility \"k1\" already",
        ),
        ("people.scale = { demand = \"peple\", by = 2 }", "no demand layer \"peple\""),
        ("people.scale = { by = -1 }", "a factor below 0"),
        ("people.scale = { by = 2, groups = [\"elderly\"] }", "no group \"elderly\""),
        ("people.scale = { regions = { \"3299\" = 2 } }", "no region has the code \"3299\""),
        // the city or the province that begins so, not a county of it
        ("people.scale = { regions = { \"3201\" = 2 } }", "did you mean \"320100\"?"),
        ("people.scale = { regions = { \"32\" = 2 } }", "did you mean \"320000\"?"),
        ("network.withdraw-lines = \"X1\"", "the study has no lines"),
        ("network.close-areas = { path = \"flood.geojson\" }", "neither streets nor a cost surface"),
        ("[indicator.nearer]\nwithin = \"1 km\"", "no indicator \"nearer\""),
        ("[indicator.near]\nwithn = \"1 km\"", "did you mean \\\"within\\\"?"),
        ("[indicator.near]\nwithin = \"1 mile\"", "unknown unit"),
        ("[indicator.near]\nkind = \"hospital\"", "no facilities of kind \"hospital\""),
        ("[indicator.near]\ntarget = { at-least = \"9 km\" }", "gives a share"),
        ("id = \"a/b\"", "can not be an id"),
    ];
    for (patch, want) in cases {
        let said = desk.refused(patch).replace("\\\"", "\"");
        assert!(said.contains(&want.replace("\\\"", "\"")), "{patch}\n  wanted {want}\n  got {said}");
    }
}

#[test]
fn the_outputs_of_a_scenario_stand_beside_those_of_the_study() {
    let outputs = ["out/x.gpkg", "out/x.json", "out/x.csv", "out/x.html", "out/x.xlsx"];
    let listed: String = outputs.iter().map(|path| format!("[[output]]\npath = \"{path}\"\n")).collect();
    let desk = Desk::new(
        "k1,118.2,32.2,150,long\nk2,118.8,32.2,1,short\n",
        "a,118.2,32.2,100,town\nc,118.8,32.2,50,town\n",
        &format!("{NEAR}{listed}"),
    );
    desk.base();
    let names = || -> BTreeMap<String, Vec<u8>> {
        let files = fs::read_dir(desk.folder.path().join("out")).unwrap().map(|entry| entry.unwrap());
        files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
    };
    let before = names();
    let finished =
        desk.finished("id = \"shut\"\nfacilities.close = { of = \"shelters\", id = \"k2\" }", Split::Yes).unwrap();
    let after = names();
    for (name, bytes) in &before {
        assert_eq!(after.get(name), Some(bytes), "{name} was touched");
    }
    let added: Vec<&str> = after.keys().filter(|name| !before.contains_key(*name)).map(String::as_str).collect();
    assert_eq!(
        added,
        ["x-shut-split.csv", "x-shut.csv", "x-shut.gpkg", "x-shut.html", "x-shut.json", "x-shut.qgz", "x-shut.xlsx"]
    );
    assert_eq!(finished.written.len(), 7);
    let html = String::from_utf8(after["x-shut.html"].clone()).unwrap();
    assert!(html.contains("关闭k2（k2）") && html.contains("Study · Patch"), "the report does not tell the change");
    let json: Scorecard = serde_json::from_slice(&after["x-shut.json"]).unwrap();
    let scenario = json.scenario.unwrap();
    assert_eq!((scenario.id.as_str(), scenario.patch.as_str()), ("shut", "patch.toml"));
    // the only group gets the whole change: 100 of 150 instead of all
    assert_eq!(scenario.split[0].text, "-33.33 points");
    assert_eq!((scenario.split[0].parts.len(), scenario.split[0].parts[0].text.as_str()), (1, "-33.33 points"));
    let split = String::from_utf8(after["x-shut-split.csv"].clone()).unwrap();
    assert!(split.contains("near") && split.contains("\"facilities\",\"-33.33 points\""), "{split}");
    // a name of the study's own outputs is refused
    let rest = "[[output]]\npath = \"out/x.json\"\n[[output]]\npath = \"out/x-shut.json\"\n";
    let desk = Desk::new("k1,118.2,32.2,150,long\n", "a,118.2,32.2,100,town\n", &format!("{NEAR}{rest}"));
    assert!(desk.refused("id = \"shut\"").contains("is an output of the study already"));
}

#[test]
fn the_split_is_that_of_the_worked_example() {
    let desk = Desk::hamlets();
    // facilities: k2 closes; people: the west three times as many; definition: 400 m
    //   none 400/400; F 200/400; P 800/800; FP 600/800; D 300/400 (b is out); FD 100/400; PD 500/800; FPD 300/800
    let patch =
        "facilities.close = { of = \"shelters\", id = \"k2\" }\npeople.scale = { regions = { \"320101\" = 3 } }\n";
    let card = desk.finished(patch, Split::Yes).unwrap().card;
    let row = &card.scenario.as_ref().unwrap().split[0];
    assert_eq!((row.before, row.after, row.text.as_str()), (Some(1.0), Some(0.75), "-25.00 points"));
    // facilities first −50, last 75 − 100 = −25: mean −37.5; people first 0, last 75 − 50 = +25: mean +12.5
    let parts: Vec<_> = row
        .parts
        .iter()
        .map(|part| (part.group, part.text.as_str(), part.range_text.0.as_str(), part.range_text.1.as_str()))
        .collect();
    assert_eq!(
        parts,
        [
            (Group::Facilities, "-37.50 points", "-50.00 points", "-25.00 points"),
            (Group::People, "+12.50 points", "0 points", "+25.00 points"),
        ]
    );
    // three groups: F −50, −25 (after P), −50 (after D), −25 (after both) with weights 2, 1, 1, 2 of 6 = −37.5
    // P 0, +25 (after F), −12.5 (after D), +12.5 (after both) = (0 + 25 − 12.5 + 25)/6 = 6.25
    // D −25, −25 (after F), −37.5 (after P), −37.5 (after both) = (−50 − 25 − 37.5 − 75)/6 = −31.25; together −62.5
    let card = desk.finished(&format!("{patch}[indicator.near]\nwithin = \"400 m\"\n"), Split::Yes).unwrap().card;
    let row = &card.scenario.as_ref().unwrap().split[0];
    let parts: Vec<&str> = row.parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(
        (row.text.as_str(), &parts[..]),
        ("-62.50 points", &["-37.50 points", "+6.25 points", "-31.25 points"][..])
    );
    // a group without effect is left out
    let card = desk
        .finished("facilities.close = { of = \"shelters\", id = \"k2\" }\npeople.scale = { by = 1 }\n", Split::Yes)
        .unwrap()
        .card;
    let row = &card.scenario.as_ref().unwrap().split[0];
    assert_eq!(row.parts.iter().map(|part| part.group).collect::<Vec<_>>(), [Group::Facilities]);
}

/// Three districts: a touches b and c, b touches c.
fn districts(lines: &str) -> Desk {
    let desk = Desk { folder: tempfile::tempdir().unwrap() };
    desk.write(
        "counties.geojson",
        r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"code":"320101","name":"a"},"geometry":{"type":"Polygon","coordinates":[[[119.0,32.0],[119.1,32.0],[119.1,32.1],[119.0,32.1],[119.0,32.0]]]}},
{"type":"Feature","properties":{"code":"320102","name":"b"},"geometry":{"type":"Polygon","coordinates":[[[119.1,32.0],[119.2,32.0],[119.2,32.1],[119.1,32.1],[119.1,32.0]]]}},
{"type":"Feature","properties":{"code":"320103","name":"c"},"geometry":{"type":"Polygon","coordinates":[[[119.0,32.1],[119.2,32.1],[119.2,32.2],[119.0,32.2],[119.0,32.1]]]}}
]}"#,
    );
    desk.write("lines.csv", &format!("route,direction,sequence,stop,lon,lat,trips_per_day\n{lines}"));
    desk.write(
        "study.toml",
        "title = \"Study\"\n[study]\nregions = { path = \"counties.geojson\", level = \"county\" }\n\
         services = { path = \"lines.csv\", datum = \"wgs-84\" }\n[[indicator]]\nid = \"bus\"\n\
         measure.neighbour-reach = { level = \"county\", min-border = \"500 m\" }\n",
    );
    desk
}

fn pairs(card: &Scorecard) -> (f64, f64, f64) {
    let figure = &card.indicators[0].figure;
    (figure.part.unwrap(), figure.whole.unwrap(), figure.unknown)
}

#[test]
fn lines_that_a_scenario_changes_say_nothing_of_where_services_are_known() {
    let (ab, ca) = (
        "1,both,1,s1,119.05,32.05,10\n1,both,2,s2,119.15,32.05,10\n",
        "2,both,1,s3,119.05,32.15,10\n2,both,2,s4,119.05,32.05,10\n",
    );
    // of c nothing is known: a–b is connected, a–c and b–c have no data
    let desk = districts(ab);
    assert_eq!(pairs(&desk.base()), (1.0, 1.0, 2.0));
    desk.write("new.csv", &format!("route,direction,sequence,stop,lon,lat,trips_per_day\n{ca}"));
    let card = desk.run("network.add-lines = { path = \"new.csv\", datum = \"wgs-84\" }");
    // the line joins c and a; whether another bus joins b and c is as unknown as before
    assert_eq!((pairs(&card), told(&card)), ((2.0, 2.0, 1.0), vec!["adds line 2, 2: 2 stops".to_owned()]));
    // withdrawn, the only line of c leaves c without a bus, not without data
    let desk = districts(&format!("{ab}{ca}"));
    assert_eq!(pairs(&desk.base()), (2.0, 3.0, 0.0));
    let card = desk.run("network.withdraw-lines = \"2\"");
    assert_eq!((pairs(&card), told(&card)), ((1.0, 3.0, 0.0), vec!["withdraws line 2, 2".to_owned()]));
    let said = desk.refused("network.withdraw-lines = [\"2\", \"22\"]");
    assert!(said.contains("no line has the id"), "{said}");
}

#[test]
fn two_runs_say_which_verdicts_turn_and_who_moves_by_region_and_class() {
    let desk = Desk::hamlets();
    let card = desk.run("facilities.close = { of = \"shelters\", id = \"k1\" }");
    let comparison = compare::compare(&desk.base(), &card);
    // the west falls from 100 % to 0 %, and so does its city; all fall from 100 % to 50 %
    let turned: Vec<_> = comparison
        .verdicts
        .iter()
        .map(|one| {
            (one.region.as_ref().map(|it| it.1.as_str()), one.verdict, one.figure.0.as_str(), one.figure.1.as_str())
        })
        .collect();
    let turns = (Verdict::Met, Verdict::Missed);
    assert_eq!(
        turned,
        [
            (None, turns, "100 %", "50 %"),
            (Some("320100"), turns, "100 %", "0 %"),
            (Some("320101"), turns, "100 %", "0 %"),
        ]
    );
    let moved: Vec<_> = comparison.indicators[0]
        .moved
        .iter()
        .map(|one| (one.region.as_ref().map(|it| it.1.as_str()), one.name.as_str(), one.gained, one.lost, one.all))
        .collect();
    assert_eq!(
        moved,
        [
            (Some("320100"), "320100", 0.0, 200.0, 200.0),
            (Some("320200"), "320200", 0.0, 0.0, 200.0),
            (Some("320101"), "West", 0.0, 200.0, 200.0),
            (Some("320201"), "East", 0.0, 0.0, 200.0),
            (None, "town", 0.0, 100.0, 300.0),
            (None, "village", 0.0, 100.0, 100.0),
        ]
    );
}

#[test]
fn differences_are_drawn_with_zero_in_the_middle() {
    let outputs = "[[output]]\npath = \"out/x.gpkg\"\n[[output]]\npath = \"out/x.json\"\n";
    let desk = Desk::new(
        "k1,118.2,32.2,150,long\nk2,118.8,32.2,1,short\n",
        "a,118.2,32.2,100,town\nc,118.8,32.2,50,town\nd,118.85,32.2,50,town\n",
        &format!("{NEAR}{outputs}"),
    );
    let before = desk.base();
    let after = desk.run("facilities.close = { of = \"shelters\", id = \"k2\" }\n");
    let comparison = compare::compare(&before, &after);
    let out = |name: &str| desk.folder.path().join("out").join(name);
    let outlines = compare::layers::Outlines::beside(None, &out("x.json"), &out("x-patch.json")).unwrap();
    let write = |name: &str, indicator: Option<&str>| {
        let path = out(name);
        let request = compare::layers::Request { path: &path, indicator, lang: Lang::En };
        compare::layers::write(&comparison, &after, &outlines, &request)
    };
    let written = write("change.gpkg", None).unwrap();
    assert_eq!(written, [out("change.gpkg"), out("change.qgz")]);
    let text: serde_json::Value = {
        write("change.geojson", Some("near")).unwrap();
        serde_json::from_str(&fs::read_to_string(out("change.geojson")).unwrap()).unwrap()
    };
    let features = text["features"].as_array().unwrap();
    let told: Vec<_> = features
        .iter()
        .map(|one| {
            let of = |name: &str| one["properties"][name].clone();
            (
                of("code").as_str().unwrap().to_owned(),
                of("difference").as_f64(),
                of("lost").as_f64(),
                of("turned").as_bool(),
            )
        })
        .collect();
    // the east falls from 50 of 100 to none, which it had missed before; nothing changes in the west
    assert_eq!(
        told,
        [("320101".into(), Some(0.0), Some(0.0), Some(false)), ("320201".into(), Some(-50.0), Some(50.0), Some(false))]
    );
    let refused = write("change.docx", None).unwrap_err().to_string();
    assert!(refused.contains("no format that a layer can be written in"), "{refused}");
    let refused = write("change.gpkg", Some("nar")).unwrap_err().to_string();
    assert!(refused.contains("no indicator \"nar\""), "{refused}");
    let refused = compare::layers::Outlines::beside(None, Path::new("a.json"), Path::new("b.json")).unwrap_err();
    assert!(refused.to_string().contains("neither b.gpkg nor a.gpkg"), "{refused}");
}

#[test]
fn a_planner_types_it() {
    let outputs = "[[output]]\npath = \"out/x.gpkg\"\n[[output]]\npath = \"out/x.json\"\n";
    let desk = Desk::new(
        "k1,118.2,32.2,150,long\nk2,118.8,32.2,1,short\n",
        "a,118.2,32.2,100,town\nc,118.8,32.2,100,town\n",
        &format!("{NEAR}{outputs}"),
    );
    desk.write(
        "shut.toml",
        "title = { en = \"k2 shuts\", zh = \"关闭k2\" }\nfacilities.close = { of = \"shelters\", id = \"k2\" }\n",
    );
    let typed = |words: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("tongda").unwrap();
        let output = command.current_dir(desk.folder.path()).args(words).output().unwrap();
        let (out, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        (output.status.code(), out + &error)
    };
    assert_eq!(typed(&["check", "study.toml"]).0, Some(0));
    // 50 % where 60 % are wanted
    assert_eq!(typed(&["check", "study.toml", "--scenario", "shut.toml"]).0, Some(1));
    assert_eq!(typed(&["run", "study.toml"]).0, Some(0));
    let (code, page) = typed(&["run", "study.toml", "--scenario", "shut.toml", "--split", "--lang", "en"]);
    assert_eq!(code, Some(0), "{page}");
    for line in
        ["Study · k2 shuts", "scenario shut.toml", "Δ closes k2 (k2)", "facilities", "-50.00 points", "x-shut.gpkg"]
    {
        assert!(page.contains(line), "no \"{line}\" in\n{page}");
    }
    let (code, page) = typed(&["compare", "out/x.json", "out/x-shut.json", "--out", "out/change.gpkg", "--lang", "en"]);
    assert_eq!(code, Some(0), "{page}");
    for line in ["verdicts that differ: 1 of 1", "East", "100 % → 0 %", "who gained and lost, by county", "change.qgz"]
    {
        assert!(page.contains(line), "no \"{line}\" in\n{page}");
    }
    assert!(typed(&["compare", "out/x.json", "out/x-shut.json", "--lang", "zh"]).1.contains("得失人口"));
    let (code, page) = typed(&["run", "study.toml", "--split"]);
    assert_eq!(code, Some(2), "{page}");
    assert!(typed(&["schema", "--scenario"]).1.contains("withdraw-lines"));
}

#[test]
fn the_classes_of_a_difference_are_symmetric() {
    use tongda::table::style::Filter;
    use tongda::table::style::Symbol;
    use tongda::table::style::palette::SIGNED;
    use tongda::table::style::signed;
    let fill = |color| Symbol::Fill { color, outline: "#000000", outline_mm: 0.1 };
    for (most, inner, outer) in [(37.0, 9.0, 10.0_f64.max(18.0)), (0.42, 0.1, 0.2), (1234.0, 300.0, 600.0)] {
        let classes = signed("d", most, true, ("m", "米"), &fill);
        let bounds: Vec<_> = classes
            .iter()
            .map(|class| match &class.filter {
                Filter::Range { from, to, .. } => (from.map(|it| it.value), to.map(|it| it.value)),
                other => panic!("{other:?}"),
            })
            .collect();
        let outer = if most == 37.0 { 18.0 } else { outer };
        let want = [
            (None, Some(-outer)),
            (Some(-outer), Some(-inner)),
            (Some(-inner), Some(0.0)),
            (Some(0.0), Some(0.0)),
            (Some(0.0), Some(inner)),
            (Some(inner), Some(outer)),
            (Some(outer), None),
        ];
        assert_eq!(bounds, want, "{most}");
    }
    let colors = |more_is_better: bool| -> Vec<&'static str> {
        let classes = signed("d", 4.0, more_is_better, ("m", "米"), &fill);
        let color = |symbol: &Symbol| match symbol {
            Symbol::Fill { color, .. } => *color,
            other => panic!("{other:?}"),
        };
        classes.iter().map(|class| color(&class.symbol)).collect()
    };
    assert_eq!(colors(true), SIGNED);
    assert!(colors(false).iter().rev().eq(SIGNED.iter()));
}

#[test]
fn the_example_scenarios_fit_their_studies() {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    for (study, patch, groups) in [
        ("jiangsu-room.toml", "jiangsu-shelter-closed.toml", vec![Group::Facilities]),
        ("jiangsu.toml", "jiangsu-flood-and-line.toml", Group::ALL.to_vec()),
    ] {
        let scenario = Scenario::load(&configs.join(study), &configs.join("scenarios").join(patch)).unwrap();
        assert_eq!(scenario.groups().unwrap().into_iter().collect::<Vec<_>>(), groups, "{patch}");
        let plan = scenario.plan().unwrap();
        let edits = &plan.scenario.as_ref().unwrap().edits;
        let (_, changes) = ingest::study_with(&plan.study, edits, &Silent).unwrap();
        assert!(!changes.is_empty() && changes.iter().all(|change| change.has_effect), "{patch}: {changes:?}");
        assert!(plan.title.en.contains("synthetic") && plan.title.zh.contains("合成"), "{patch}");
    }
}

#[test]
fn every_config_says_the_same_after_it_was_written_anew() {
    // a scenario joins a config in memory, so that a type that does not survive its own text would change the study
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let mut seen = 0;
    for entry in fs::read_dir(&configs).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap_or_default();
        if path.extension().is_none_or(|ending| ending != "toml") || !text.contains("[study") {
            continue;
        }
        let plan = config::load(&path).unwrap();
        let scenario = Scenario::parse((&text, "study.toml", &configs), ("title = \"\"", "p.toml", &configs)).unwrap();
        let same = scenario.plan().unwrap();
        assert_eq!(
            (&same.study.facilities, &same.study.demand),
            (&plan.study.facilities, &plan.study.demand),
            "{path:?}"
        );
        assert_eq!((&same.study.transit, &same.study.streets), (&plan.study.transit, &plan.study.streets), "{path:?}");
        assert_eq!(same.indicators, plan.indicators, "{path:?}");
        seen += 1;
    }
    assert!(seen >= 4, "{seen}");
}
