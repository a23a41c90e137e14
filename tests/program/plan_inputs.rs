//! What the rows of a plan need: each table that the config names, written as it says and handed in, lights the rows that name it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tongda::app::run;
use tongda::app::run::Finished;
use tongda::app::run::RunOptions;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::config::file::InputFile;
use tongda::config::plan::Plan;
use tongda::indicators::scorecard::Row;
use tongda::indicators::verdict::Verdict;
use tongda::metrics::Measure;
use tongda::metrics::reported::example;
use tongda::model::region::Level;

/// Ten counties side by side, each 0.2° wide, with codes that the plan names; the first holds everything.
const COUNTIES: [&str; 10] =
    ["320102", "320117", "320118", "320282", "320481", "320413", "320505", "320302", "320703", "320803"];
const WEST: f64 = 118.7;
const SOUTH: f64 = 31.95;

const STUDY: &str = r#"[study]
plane = "EPSG:4549"
regions = [
    { path = "counties.geojson", level = "county", code = "code", name = "code", parents = { city = {}, province = {} } },
    { path = "townships.csv", level = "township", code = "code", name = "code", parent = "county", geometry = "none" },
]
facilities = { path = "facilities.csv", kind-field = "kind", id = "id", x = "lon", y = "lat", datum = "wgs-84", capacity = "capacity" }
demand = { name = "residents", path = "residents.csv", x = "lon", y = "lat", datum = "wgs-84", people = "people", groups = { children-6-15 = "people", elderly-60 = "people" } }
services = { path = "routes.csv", x = "lon", y = "lat", datum = "wgs-84" }

"#;

fn square(west: f64, south: f64, side: f64) -> String {
    let (east, north) = (west + side, south + side);
    format!("[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]")
}

fn collection(geometries: &[(&str, String)], properties: &dyn Fn(usize) -> String) -> String {
    let features: Vec<String> = geometries
        .iter()
        .enumerate()
        .map(|(at, (kind, coordinates))| {
            let properties = properties(at);
            format!(r#"{{"type":"Feature","properties":{{{properties}}},"geometry":{{"type":"{kind}","coordinates":{coordinates}}}}}"#)
        })
        .collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

/// The plan of the demo over ten small counties, without any input.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let text = fs::read_to_string(configs.join("jiangsu-2024-102.toml")).unwrap();
    let (head, rest) = text.split_once("[study]").unwrap();
    let (_, inputs) = rest.split_once("[[input]]").unwrap();
    // an extract is read by the tests of streets; here lines of a GeoJSON stand for it
    let inputs = inputs.replace("jiangsu.osm.pbf", "streets.geojson");
    put("plan.toml", &format!("{head}{STUDY}[[input]]{inputs}"));
    put("norms.toml", &fs::read_to_string(configs.join("norms.toml")).unwrap());
    let shapes: Vec<(&str, String)> = (0..COUNTIES.len())
        .map(|at| ("Polygon", format!("[{}]", square(WEST + 0.2 * at as f64, SOUTH, 0.2))))
        .collect();
    put("counties.geojson", &collection(&shapes, &|at| format!("\"code\":\"{}\"", COUNTIES[at])));
    put("townships.csv", "code,county\n320102002,320102\n320102003,320102\n");
    let kinds = [
        "county-seat",
        "clinic",
        "primary_school",
        "junior_school",
        "shelter",
        "shelter-emergency",
        "shelter-short-term",
        "shelter-medium-term",
        "shelter-long-term",
    ];
    let rows: Vec<String> =
        kinds.iter().enumerate().map(|(at, kind)| format!("{kind},{at},118.78,32.06,500\n")).collect();
    put("facilities.csv", &format!("kind,id,lon,lat,capacity\n{}", rows.concat()));
    put("residents.csv", "people,lon,lat\n1000,118.78,32.07\n500,118.79,32.06\n");
    put(
        "routes.csv",
        "route,mode,direction,sequence,stop,stop_name,lon,lat,trips_per_day\n\
         1,bus,both,1,a,a,118.78,32.06,10\n1,bus,both,2,b,b,118.80,32.06,10\n1,bus,both,3,c,c,119.0,32.05,10\n",
    );
    folder
}

/// The ways to fit a rule such as `级别 = 省级 & 状态 = 已开业`: field and value, one list for each of its alternatives.
fn fits(rule: &str) -> Vec<Vec<(String, String)>> {
    let mut ways = vec![Vec::new()];
    for condition in rule.split('&').filter(|one| !one.contains("!=")) {
        let (field, values) = condition.split_once('=').unwrap();
        let values = values.trim();
        if values != "*" {
            ways = values
                .split('|')
                .flat_map(|value| {
                    ways.iter().map(move |way: &Vec<(String, String)>| {
                        let mut way = way.clone();
                        way.push((field.trim().to_owned(), value.trim().to_owned()));
                        way
                    })
                })
                .collect();
        }
    }
    ways
}

/// A table with the columns that the input lists, two rows for each way to be one of its kinds.
fn table(input: &InputFile) -> String {
    let rules = input.facilities.iter().flat_map(|one| one.kinds.values()).flat_map(|lines| lines.iter());
    let wheres = input.demand.iter().filter_map(|one| one.filter.as_ref()).flat_map(|lines| lines.iter());
    let mut ways: Vec<Vec<(String, String)>> = rules.chain(wheres).flat_map(|rule| fits(rule)).collect();
    if ways.is_empty() {
        ways.push(Vec::new());
    }
    let header: Vec<&str> = input.columns.iter().map(|one| one.name.as_str()).collect();
    let mut text = header.join(",") + "\n";
    for (at, way) in ways.iter().chain(&ways).enumerate() {
        let cells = input.columns.iter().map(|one| match one.name.as_str() {
            "经度" => format!("{}", 118.775 + 0.001 * at as f64),
            "纬度" => "32.06".to_owned(),
            name => way.iter().find(|(field, _)| field == name).map_or(one.example.clone(), |(_, value)| value.clone()),
        });
        text += &(cells.collect::<Vec<_>>().join(",") + "\n");
    }
    text
}

/// Every value that an indicator of the plan reads, for the whole and for each region that is asked.
fn reported(plan: &Plan, input: &InputFile) -> String {
    let header: Vec<&str> = input.columns.iter().map(|one| one.name.as_str()).collect();
    let mut text = header.join(",") + "\n";
    for one in &plan.indicators {
        let (regions, value): (Vec<String>, &str) = match &one.measure {
            Measure::Reported(reported) => (vec![String::new()], example(reported.unit)),
            Measure::Milestone(step) => match step.level {
                None => (vec![String::new()], "是"),
                Some(_) if !step.regions.is_empty() => (step.regions.clone(), "是"),
                Some(Level::County) => (COUNTIES.iter().map(|code| (*code).to_owned()).collect(), "是"),
                Some(_) => {
                    let cities: BTreeSet<String> = COUNTIES.iter().map(|code| format!("{}00", &code[..4])).collect();
                    (cities.into_iter().collect(), "是")
                }
            },
            _ => continue,
        };
        for region in regions {
            text += &format!("{},{region},2025,{value},统计局\n", one.id);
        }
    }
    text
}

/// Writes every file of every input as its columns say; a file with geometries of its own has areas, the corridor a line.
fn deliver(folder: &Path, plan: &Plan) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for input in &plan.inputs {
        let input = &input.file;
        let paths = (input.facilities.iter().map(|one| &one.path))
            .chain(input.demand.iter().map(|one| &one.path))
            .chain(input.records.iter().map(|one| &one.path))
            .chain(input.reported.iter().map(|one| &one.path))
            .chain(input.streets.iter().map(|one| &one.path));
        for path in paths {
            let text = if !input.reported.is_empty() {
                reported(plan, input)
            } else if input.streets.is_some() {
                let corner = |x: usize, y: usize| format!("[{},{}]", 118.76 + 0.01 * x as f64, 32.04 + 0.01 * y as f64);
                let ends = (0..6).flat_map(|x| (0..5).flat_map(move |y| [((x, y), (x + 1, y)), ((x, y), (x, y + 1))]));
                let lines = ends.map(|(a, b)| ("LineString", format!("[{},{}]", corner(a.0, a.1), corner(b.0, b.1))));
                collection(&lines.collect::<Vec<_>>(), &|_| String::new())
            } else if path.ends_with(".geojson") {
                let area = ("Polygon", format!("[{}]", square(118.77, 32.05, 0.02)));
                let line = ("LineString", "[[118.77,32.05],[118.79,32.07]]".to_owned());
                collection(&[if input.id == "corridor" { line } else { area }], &|_| String::new())
            } else {
                table(input)
            };
            files.insert(path.clone(), text);
        }
    }
    for (path, text) in &files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    files
}

fn load(folder: &Path) -> Plan {
    config::load(&folder.join("plan.toml")).unwrap_or_else(|error| panic!("{error:?}"))
}

fn finish(plan: &Plan) -> Finished {
    run::run(plan, RunOptions { write_nothing: true, ..RunOptions::default() }, &Silent)
        .unwrap_or_else(|error| panic!("{error:?}"))
}

fn row<'a>(finished: &'a Finished, id: &str) -> &'a Row {
    finished.card.indicators.iter().find(|row| row.id == id).unwrap()
}

#[test]
fn every_row_names_what_is_missing_and_is_lit_by_the_table_that_its_needs_describe() {
    let folder = folder();
    let plan = load(folder.path());
    let before = finish(&plan);
    for one in plan.indicators.iter().filter(|one| !one.inputs.is_empty()) {
        let (row, id) = (row(&before, &one.id), &one.id);
        let reason = row.reason.as_ref().unwrap_or_else(|| panic!("{id}: no reason"));
        assert_eq!(row.verdict, Verdict::NoData, "{id}");
        assert!(reason.en.contains("missing: ") && reason.zh.contains("缺少："), "{id}: {reason:?}");
        // in both languages, what of it and from which table
        for input in plan.inputs.iter().filter(|input| one.inputs.contains(&input.file.id)) {
            for column in &input.file.columns {
                let has = reason.en.contains(&column.name) && reason.zh.contains(&column.name);
                assert!(has, "{id}: {} is not named: {reason:?}", column.name);
            }
            let title = &input.file.title;
            let note = row.notes.iter().any(|note| note.zh.contains(&title.zh) && note.en.contains(&title.en));
            let is_told_by_reason = input.file.columns.is_empty() || !input.file.reported.is_empty();
            assert!(note || is_told_by_reason, "{id}: no note of {}", input.file.id);
        }
    }
    let files = deliver(folder.path(), &plan);
    assert!(files.len() >= 45, "{}", files.len());
    let plan = load(folder.path());
    let after = finish(&plan);
    let mut dark = Vec::new();
    for one in plan.indicators.iter().filter(|one| !one.inputs.is_empty()) {
        let row = row(&after, &one.id);
        if row.figure.value.is_none() {
            dark.push(format!("{}: {:?}", one.id, row.reason));
        }
    }
    assert!(dark.is_empty(), "{dark:#?}\n{:#?}", after.issues);
    // these have no metric: no table lights them, and they say what would
    let without: Vec<&str> = after
        .card
        .indicators
        .iter()
        .filter(|row| row.verdict == Verdict::NoData && row.figure.value.is_none())
        .map(|row| row.id.as_str())
        .collect();
    assert_eq!(
        without,
        ["i02-layout-gap", "i11-projects-gain", "i12-commute-pairs", "i12-projects-gain", "i21-mixed-use"]
    );
}

#[test]
fn a_table_without_one_of_its_columns_is_told_by_the_column() {
    let folder = folder();
    let plan = load(folder.path());
    let input = plan.inputs.iter().find(|input| input.file.id == "old-estates").unwrap();
    let text = table(&input.file);
    let path = folder.path().join(&input.file.records.0[0].path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text.replacen("已完成", "完工", 1)).unwrap();
    let reason = row(&finish(&load(folder.path())), "i15-old-estates").reason.clone().unwrap();
    assert!(
        reason.en.starts_with("missing: the column \"已完成|done\" of the records \"estates\" (columns: 小区名称, "),
        "{reason:?}"
    );
    assert!(reason.zh.starts_with("缺少：记录“estates”的列“已完成|done”（现有列：小区名称, "), "{reason:?}");
    // with English names of the columns that the rule asks for
    fs::write(
        &path,
        text.replacen("建成年份", "built_year", 1).replacen("需改造", "needs", 1).replacen("已完成", "done", 1),
    )
    .unwrap();
    assert!(row(&finish(&load(folder.path())), "i15-old-estates").figure.value.is_some());
}

#[test]
fn columns_of_an_input_are_those_that_are_read_and_needs_names_inputs() {
    let folder = folder();
    let path = folder.path().join("plan.toml");
    let sound = fs::read_to_string(&path).unwrap();
    let line = |name: &str| {
        let wanted = format!("    {{ name = \"{name}\"");
        sound.lines().find(|line| line.starts_with(&wanted)).unwrap().to_owned() + "\n"
    };
    for (from, to, says) in [
        (line("套数"), String::new(), "the column \"套数\" is read and not listed"),
        (line("套数"), line("套数") + &line("套数").replacen("套数", "楼层", 1), "nothing reads the column \"楼层\""),
        // what an indicator asks of the records is read too
        (line("已完成"), String::new(), "the column \"已完成\" is read and not listed"),
        (
            "needs = [\"gig-markets\"]".to_owned(),
            "needs = [\"gig-market\"]".to_owned(),
            "no input has the id \"gig-market\"",
        ),
        ("id = \"ports\"".to_owned(), "id = \"parks\"".to_owned(), "two inputs have the id \"parks\""),
    ] {
        fs::write(&path, sound.replacen(&from, &to, 1)).unwrap();
        let error = format!("{:?}", config::load(&path).unwrap_err()).replace("\\\"", "\"");
        assert!(error.contains(says), "{says}\n{error}");
    }
}
