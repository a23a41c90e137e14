//! Planners' ratios and norms of presence: what belongs to a region, over who lives in it. Every number is derived beside it.

use tongda::app::compare::compare;
use tongda::base::units::Weight;
use tongda::indicators::scorecard;
use tongda::indicators::scorecard::Promise;
use tongda::indicators::target::Bound;
use tongda::indicators::target::Target;
use tongda::indicators::verdict::Verdict;
use tongda::metrics::METRICS;
use tongda::metrics::Output;
use tongda::metrics::figure::Figure;
use tongda::metrics::figure::FigureUnit;
use tongda::metrics::roll_up;
use tongda::model::demand::Classes;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::table::Value;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::rectangle;

/// The worked example of `supply-ratio`: hamlets and shelters of two counties in a city.
fn shelters() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
        .county("B", rectangle(10_000.0, 0.0, 20_000.0, 10_000.0), "c", "P", false)
        .facility("s1", "shelter", 5_000.0, 5_000.0)
        .facility("s2", "shelter", 15_000.0, 5_000.0)
        .facility("s3", "shelter", 16_000.0, 5_000.0)
        .people(&[
            ("h1", 4_000.0, 5_000.0, 800),
            ("h2", 6_000.0, 5_000.0, 1200),
            ("h3", 14_000.0, 5_000.0, 500),
            ("h4", 17_000.0, 5_000.0, 700),
        ])
        .build();
    let (a, b) = (study.regions.find(Level::County, "A"), study.regions.find(Level::County, "B"));
    for (facility, (home, area)) in study.facilities.iter_mut().zip([(a, 1500.0), (b, 3000.0), (b, 1000.0)]) {
        (facility.home, facility.capacity) = (home, Some(area));
    }
    study.demand[0].home = vec![a, a, b, b];
    study
}

const PLACES: &str = "supply-ratio = { kind = \"shelter\", per-person = 2 }";

fn of<'a>(output: &'a Output, study: &Study, level: Level, code: &str) -> &'a Figure {
    let region = study.regions.find(level, code).unwrap();
    &output.regions.iter().find(|found| found.region == region && found.level == level).unwrap().figure
}

fn verdict(study: &Study, output: &Output, at_least: &str) -> (Verdict, Option<String>) {
    let target = Target::from(Bound::AtLeast(at_least.parse().unwrap()));
    let promise = Promise { id: "i".into(), target: Some(target), ..Promise::default() };
    let row = scorecard::row(study, &promise, &METRICS[0], output);
    (row.verdict, row.closing_the_gap.map(|gap| gap.en))
}

#[test]
fn the_worked_example_of_the_ratio() {
    let study = shelters();
    let output = measure(&study, PLACES).unwrap();
    // (750 + 1500 + 500) / 3200, 750 / 2000, 2000 / 1200
    assert_eq!((output.headline.unit, output.headline.value), (FigureUnit::Share, Some(0.859375)));
    assert_eq!(of(&output, &study, Level::County, "A").value, Some(0.375));
    assert_eq!(of(&output, &study, Level::County, "B").value, Some(2000.0 / 1200.0));
    // the city is 2750/3200 as well, not the mean of its counties
    assert_eq!(of(&output, &study, Level::City, "c").value, Some(0.859375));
    let spread = &output.notes[1].en;
    assert!(spread.contains("from 37.5 % (A) to 166.6 % (B)") && spread.contains("0.352"), "{spread}");
    // 15 % are met, 90 % want 2880 places: 130 more
    assert_eq!(verdict(&study, &output, "15 %"), (Verdict::Met, None));
    let ranks = output.tables.iter().find(|table| table.name == "i_regions").unwrap();
    let rank = ranks.field("rank").unwrap();
    let found: Vec<_> = ranks.rows.iter().map(|row| (row.values[0].clone(), row.values[rank].clone())).collect();
    assert_eq!(found, [(Value::from("A"), Value::Int(2)), (Value::from("B"), Value::Int(1))]);
}

#[test]
fn supply_per_person_is_a_rate() {
    let study = shelters();
    let output = measure(&study, "supply-ratio = { kind = \"shelter\" }").unwrap();
    // 5500 m² for 3200 people
    assert_eq!((output.headline.unit, output.headline.value), (FigureUnit::Rate, Some(1.71875)));
    // 2 m² each are 6400 m²: 900 more
    let (verdict, gap) = verdict(&study, &output, "2 per 1");
    assert_eq!(verdict, Verdict::Missed);
    assert!(gap.as_ref().is_some_and(|gap| gap.starts_with("900 more")), "{gap:?}");
    let counted = measure(&study, "supply-ratio = { kind = \"shelter\", supply = \"count\" }").unwrap();
    assert_eq!(counted.headline.value, Some(3.0 / 3200.0));
}

#[test]
fn each_kind_may_take_its_own_room() {
    let mut study = shelters();
    study.facilities[2].kind = "long".into();
    let text = "supply-ratio = { kind = [\"shelter\", \"long\"], per-person = { shelter = 2, long = 4 } }";
    // 750 + 1500 + 250 places
    assert_eq!(measure(&study, text).unwrap().headline.part, Some(2500.0));
    for (per, what) in [
        ("{ shelter = 2 }", "nothing of \"long\""),
        ("{ shelter = 2, long = 0 }", "more than 0"),
        ("{ shelter = 2, long = 4, short = 1 }", "\"short\" is none"),
    ] {
        let text = format!("supply-ratio = {{ kind = [\"shelter\", \"long\"], per-person = {per} }}");
        let error = measure(&study, &text).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn an_unknown_capacity_makes_it_at_least() {
    let mut study = shelters();
    study.facilities[2].capacity = None;
    let output = measure(&study, PLACES).unwrap();
    // 2250/3200 are known
    let whole = &output.headline;
    assert_eq!((whole.value, whole.bounds, whole.least), (Some(0.703125), None, Some(0.703125)));
    assert_eq!(verdict(&study, &output, "15 %").0, Verdict::Met);
    assert_eq!(verdict(&study, &output, "80 %").0, Verdict::NoData);
    assert_eq!(of(&output, &study, Level::County, "B").least, Some(1.25));
    assert_eq!(of(&output, &study, Level::County, "A").bounds, Some((0.375, 0.375)));
    assert_eq!(output.issues[0].code, "facility-without-capacity");
    assert_eq!(scorecard::FigureRow::from(whole).text, "≥ 70.3 %");
    // none known at all is a question that can not be asked
    study.facilities.iter_mut().for_each(|facility| facility.capacity = None);
    assert!(measure(&study, PLACES).unwrap_err().to_string().contains("has a capacity"));
}

#[test]
fn people_and_facilities_of_whom_only_the_city_is_known_open_the_bounds_of_its_counties() {
    let mut study = shelters();
    let city = study.regions.find(Level::City, "c");
    study.demand[0].home[3] = city;
    study.facilities[2].home = city;
    let output = measure(&study, PLACES).unwrap();
    assert_eq!(of(&output, &study, Level::City, "c").bounds, Some((0.859375, 0.859375)));
    // A: 750 places, 500 more perhaps; 2000 people, 700 more perhaps
    let a = of(&output, &study, Level::County, "A");
    assert_eq!((a.value, a.bounds, a.unknown), (Some(0.375), Some((750.0 / 2700.0, 1250.0 / 2000.0)), 700.0));
    // nobody knows where h4 is at all: the whole has bounds as well
    study.demand[0].home[3] = None;
    study.demand[0].at[3] = None;
    let output = measure(&study, PLACES).unwrap();
    assert_eq!(output.headline.bounds, Some((0.859375, 2750.0 / 2500.0)));
    assert_eq!(output.weights[0].parts[1], ("without-region", Weight::whole(700)));
}

#[test]
fn a_region_without_people_or_points_is_not_applicable() {
    let mut study = shelters();
    study.demand[0].groups[1].weights[2] = Weight::ZERO;
    study.demand[0].groups[1].weights[3] = Weight::ZERO;
    let output = measure(&study, PLACES).unwrap();
    assert!(of(&output, &study, Level::County, "B").not_applicable);
    // the places of B are still places: 2750 for 2000
    assert_eq!(output.headline.value, Some(1.375));
    study.demand[0].home = vec![study.regions.find(Level::County, "A"); 4];
    let output = measure(&study, PLACES).unwrap();
    let b = of(&output, &study, Level::County, "B");
    assert!(b.value.is_none() && b.not_applicable && b.reason.is_some());
}

#[test]
fn a_file_that_is_complete_in_one_county_speaks_of_that_county_only() {
    let study = shelters();
    let text = "supply-ratio = { kind = \"shelter\", per-person = 2, complete-for = [\"A\"] }";
    let output = measure(&study, text).unwrap();
    assert!(of(&output, &study, Level::County, "A").is_certain());
    assert_eq!(of(&output, &study, Level::County, "B").least, Some(2000.0 / 1200.0));
    assert_eq!(output.headline.least, Some(0.859375));
}

#[test]
fn random_regions_add_up_as_by_hand() {
    // a linear congruential generator, so that a failure can be repeated from its seed
    let seed: u64 = std::env::var("TONGDA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let mut state = seed;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for case in 0..200 {
        let mut scene = Scene::default();
        for county in 0..4 {
            let x = f64::from(county) * 1e4;
            let city = if county < 2 { "c" } else { "d" };
            scene = scene.county(&format!("k{county}"), rectangle(x, 0.0, x + 1e4, 1e4), city, "P", false);
        }
        for nth in 0..6 {
            scene = scene.facility(&format!("f{nth}"), "clinic", 0.0, 0.0);
        }
        let names: Vec<String> = (0..8).map(|nth| format!("p{nth}")).collect();
        let points: Vec<(&str, f64, f64, u64)> = names.iter().map(|name| (name.as_str(), 0.0, 0.0, next(50))).collect();
        let mut study = scene.people(&points).build();
        let homes = ["k0", "k1", "k2", "k3"].map(|code| study.regions.find(Level::County, code));
        let (mut beds, mut people) = ([0.0; 4], [0.0; 4]);
        for facility in &mut study.facilities {
            let (at, capacity) = (next(4) as usize, next(30) as f64);
            (facility.home, facility.capacity) = (homes[at], Some(capacity));
            beds[at] += capacity;
        }
        for (home, point) in study.demand[0].home.iter_mut().zip(&points) {
            let at = next(4) as usize;
            *home = homes[at];
            people[at] += point.3 as f64;
        }
        let output = measure(&study, "supply-ratio = { kind = \"clinic\" }").unwrap();
        let ratio = |at: &[usize]| {
            let (beds, people): (f64, f64) =
                (at.iter().map(|at| beds[*at]).sum(), at.iter().map(|at| people[*at]).sum());
            (people > 0.0).then(|| beds / people)
        };
        for (level, code, at) in [
            (Level::County, "k0", &[0][..]),
            (Level::County, "k3", &[3]),
            (Level::City, "c", &[0, 1]),
            (Level::City, "d", &[2, 3]),
            (Level::Province, "P", &[0, 1, 2, 3]),
        ] {
            assert_eq!(of(&output, &study, level, code).value, ratio(at), "seed {seed}, case {case}, {code}");
        }
        assert_eq!(output.headline.value, ratio(&[0, 1, 2, 3]), "seed {seed}, case {case}");
    }
}

/// The worked example of `presence` and `facility-count`: A with two clinics and a hospital, B with a clinic, C with neither, a
/// hospital of the city and a clinic outside all counties.
fn counties() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
        .county("B", rectangle(10_000.0, 0.0, 20_000.0, 10_000.0), "c", "P", false)
        .county("C", rectangle(20_000.0, 0.0, 30_000.0, 10_000.0), "c", "P", false)
        .facility("a1", "clinic", 1_000.0, 5_000.0)
        .facility("a2", "clinic", 2_000.0, 5_000.0)
        .facility("b1", "clinic", 15_000.0, 5_000.0)
        .facility("out", "clinic", 50_000.0, 5_000.0)
        .facility("h", "hospital", 3_000.0, 5_000.0)
        .facility("hc", "hospital", 3_000.0, 5_000.0)
        .people(&[("a", 0.0, 5_000.0, 100), ("b", 15_000.0, 5_000.0, 300), ("c", 25_000.0, 5_000.0, 600)])
        .build();
    let find = |code| study.regions.find(Level::County, code);
    let (a, b, c, city) = (find("A"), find("B"), find("C"), study.regions.find(Level::City, "c"));
    for (facility, home) in study.facilities.iter_mut().zip([a, a, b, None, a, city]) {
        facility.home = home;
    }
    study.demand[0].home = vec![a, b, c];
    study
}

fn part_of(output: &Output) -> (Option<f64>, Option<f64>, f64) {
    (output.headline.part, output.headline.whole, output.headline.unknown)
}

#[test]
fn the_worked_example_of_presence() {
    let study = counties();
    let ask = |text: &str| measure(&study, &format!("presence = {{ {text} }}")).unwrap();
    let clinics = ask("kind = \"clinic\"");
    assert_eq!(part_of(&clinics), (Some(2.0), Some(3.0), 0.0));
    assert!(clinics.notes[0].en.starts_with("without (1): C"), "{:?}", clinics.notes);
    assert!(clinics.notes.iter().any(|note| note.en.contains("absent from the file")));
    assert_eq!(part_of(&ask("kind = \"clinic\", weight = \"people\"")), (Some(400.0), Some(1000.0), 0.0));
    assert_eq!(part_of(&ask("kind = \"clinic\", at-least = 2")), (Some(1.0), Some(3.0), 0.0));
    // the hospital of the city may stand in B or in C
    let hospitals = ask("kind = \"hospital\"");
    assert_eq!((part_of(&hospitals), hospitals.headline.bounds), ((Some(1.0), Some(1.0), 2.0), Some((1.0 / 3.0, 1.0))));
    // C lacks the clinic anyway
    let both = ask("kind = [\"clinic\", \"hospital\"]");
    assert_eq!((part_of(&both), both.headline.bounds), ((Some(1.0), Some(2.0), 1.0), Some((1.0 / 3.0, 2.0 / 3.0))));
    let rows: Vec<_> = both.variants.iter().map(|row| (row.code.as_str(), row.figure.part)).collect();
    assert_eq!(rows, [("all", Some(1.0)), ("clinic", Some(2.0)), ("hospital", Some(1.0))]);
    let claimed = ask("kind = \"clinic\", complete-for = [\"A\", \"B\"]");
    assert_eq!((part_of(&claimed), claimed.headline.bounds), ((Some(2.0), Some(2.0), 1.0), Some((2.0 / 3.0, 1.0))));
    // a city is the share of its counties, a county its own answer
    assert_eq!(of(&clinics, &study, Level::City, "c").part, Some(2.0));
    assert_eq!(of(&clinics, &study, Level::County, "C").value, Some(0.0));
    assert_eq!(ask("kind = \"clinic\", level = \"city\"").headline.value, Some(1.0));
}

#[test]
fn people_of_no_known_county_open_the_bounds_of_presence_by_people() {
    let mut study = counties();
    study.demand[0].home[2] = study.regions.find(Level::City, "c");
    let output = measure(&study, "presence = { kind = \"clinic\", weight = \"people\" }").unwrap();
    // A and B with 400 have one, C is without and without people; 600 may live in any
    assert_eq!((part_of(&output), output.headline.bounds), ((Some(400.0), Some(400.0), 600.0), Some((0.4, 1.0))));
    assert!(output.weights[0].balances());
}

#[test]
fn the_worked_example_of_the_count() {
    let mut study = counties();
    let count = measure(&study, "facility-count = { kind = \"clinic\" }").unwrap();
    assert_eq!((count.headline.value, count.headline.unit), (Some(3.0), FigureUnit::Amount));
    let of_county = |code: &str| of(&count, &study, Level::County, code).value;
    assert_eq!([of_county("A"), of_county("B"), of_county("C")], [Some(2.0), Some(1.0), Some(0.0)]);
    let (missed, gap) = verdict(&study, &count, "4 units");
    assert!(missed == Verdict::Missed && gap.is_some_and(|gap| gap.starts_with("1 more")));
    assert_eq!(verdict(&study, &count, "3 units").0, Verdict::Met);
    for (facility, beds) in study.facilities.iter_mut().zip([5.0, 7.0]) {
        facility.capacity = Some(beds);
    }
    let held = measure(&study, "facility-count = { kind = \"clinic\", supply = \"capacity\" }").unwrap();
    assert_eq!((held.headline.value, held.headline.least), (Some(12.0), Some(12.0)));
    assert_eq!(verdict(&study, &held, "12 units").0, Verdict::Met);
    assert_eq!(verdict(&study, &held, "13 units").0, Verdict::NoData);
    study.facilities[1].home = study.regions.find(Level::City, "c");
    let count = measure(&study, "facility-count = { kind = \"clinic\" }").unwrap();
    let bounds = |level, code| of(&count, &study, level, code).bounds;
    assert_eq!(bounds(Level::County, "A"), Some((1.0, 2.0)));
    assert_eq!(bounds(Level::County, "C"), Some((0.0, 1.0)));
    assert_eq!(bounds(Level::City, "c"), Some((3.0, 3.0)));
}

/// A config with two indicators that cite norms.
fn citing(within: &str, per_person: &str, target: &str, norms: &str) -> String {
    format!(
        "title = \"t\"\nnorms = \"norms.toml\"\n{norms}\n[study]\n\
         regions = {{ path = \"r.geojson\", level = \"county\" }}\n\
         facilities = [{{ path = \"s.csv\", kind = \"school\", x = \"x\", y = \"y\" }}, \
         {{ path = \"z.csv\", kind = \"shelter\", x = \"x\", y = \"y\", capacity = \"m2\" }}]\n\
         demand = {{ path = \"d.csv\", x = \"x\", y = \"y\", people = \"n\" }}\n\
         [[indicator]]\nid = \"school\"\nnorm = \"primary-school-radius\"\n\
         measure.covered-share = {{ kind = \"school\", within = \"{within}\" }}\n\
         [[indicator]]\nid = \"shelter\"\nnorm = [\"shelter-fixed-share\", \"shelter-short-term-area-per-person\"]\n\
         measure.supply-ratio = {{ kind = \"shelter\", per-person = {per_person} }}\n\
         target = {{ at-least = \"{target}\" }}\n"
    )
}

fn configs() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("configs")
}

#[test]
fn every_norm_that_comes_with_the_program_can_be_read_and_says_where_it_is_from() {
    let text = std::fs::read_to_string(configs().join("norms.toml")).unwrap();
    let norms = tongda::config::norms::parse(&text, "norms.toml").unwrap();
    assert_eq!(norms.len(), text.matches("[[norm]]").count());
    let mut ids: Vec<&str> = norms.iter().map(|norm| norm.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), norms.len(), "ids are unique");
    for norm in &norms {
        assert!(!norm.checked, "{}: nobody has checked it yet", norm.id);
        assert!(!norm.title.en.is_empty() && !norm.title.zh.is_empty(), "{}", norm.id);
        let says_more = norm.cites.as_ref().is_some_and(|cites| !cites.is_empty()) || norm.note.is_some();
        assert!(says_more || norm.known == tongda::indicators::norm::Known::OwnDefault, "{}", norm.id);
        // numbers per thousand are for the user to cite
        assert_eq!(norm.value.is_none(), norm.id.ends_with("-per-1000"), "{}", norm.id);
    }
}

#[test]
fn an_indicator_that_cites_a_norm_measures_by_its_number() {
    let plan = tongda::config::parse(&citing("0.5 km", "2", "15 %", ""), "study.toml", &configs()).unwrap();
    let cited: Vec<Vec<String>> =
        plan.indicators.iter().map(|one| one.norms.iter().map(|norm| norm.row().says.en).collect()).collect();
    assert!(
        cited[0][0].contains("500 m") && cited[0][0].contains("GB 50180-2018") && cited[0][0].contains("NOT CHECKED")
    );
    assert!(cited[1][0].contains("15 %") && cited[1][1].contains("2 units"), "{cited:?}");
    assert!(cited[0][0].contains("附录C"), "{cited:?}");
    // checked by the user, in a norm of the config itself
    let own = "[[norm]]\nid = \"primary-school-radius\"\ntitle = \"primary school\"\nvalue = \"600 m\"\ncites = \"local\"\nchecked = true";
    let plan = tongda::config::parse(&citing("600 m", "2", "15 %", own), "study.toml", &configs()).unwrap();
    assert_eq!(plan.indicators[0].norms[0].row().says.en, "norm: primary school, 600 m; local");
    assert_eq!(plan.norms.len(), 1);
}

#[test]
fn a_norm_can_not_be_cited_for_another_number() {
    let broken = |text: &str| {
        let error = tongda::config::parse(text, "study.toml", &configs()).unwrap_err();
        let problems = error.problems().iter();
        problems
            .map(|problem| (problem.underlined().unwrap_or("").to_owned(), problem.what.clone()))
            .collect::<Vec<_>>()
    };
    let one = |text: &str| {
        let mut problems = broken(text);
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.remove(0)
    };
    let (at, what) = one(&citing("1 km", "2", "15 %", ""));
    assert!(at == "\"1 km\"" && what.contains("norm \"primary-school-radius\" says \"500 m\""), "{at} {what}");
    let (at, what) = one(&citing("500 m", "2.5", "15 %", ""));
    assert!(at == "2.5" && what.contains("says 2"), "{at} {what}");
    let (at, what) = one(&citing("500 m", "2", "12 %", ""));
    assert!(at == "\"12 %\"" && what.contains("\"15 %\""), "{at} {what}");
    let text = citing("500 m", "2", "15 %", "");
    let (at, what) = one(&text.replace("\"primary-school-radius\"", "\"primary-school-radios\""));
    assert!(at == "\"primary-school-radios\"" && what.contains("there is no norm"), "{at} {what}");
    let (_, what) = one(&text.replace("\"primary-school-radius\"", "\"primary-seats-per-1000\""));
    assert!(what.contains("has no number yet"), "{what}");
    let (_, what) = one(&text.replace("\"primary-school-radius\"", "\"rural-school-time\""));
    assert!(what.contains("nothing here is measured by it"), "{what}");
    let missing = text.replace("\"norms.toml\"", "\"no-such-norms.toml\"");
    assert!(
        tongda::config::parse(&missing, "s.toml", &configs()).unwrap_err().to_string().contains("no-such-norms.toml")
    );
}

/// What the program prints.
fn typed(words: &[&str]) -> String {
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_tongda")).args(words).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// Villages of two counties, before and after the only clinic moves from 1 km to 5 km. The place of one in B is not known before.
fn villages(clinic: f64, is_after: bool) -> Study {
    let mut points = vec![
        ("stays", 3_000.0, 5_000.0, 100),
        ("gains", 6_000.0, 5_000.0, 200),
        ("loses", 0.0, 5_000.0, 50),
        ("found", 12_000.0, 5_000.0, 300),
    ];
    if is_after {
        points.push(("moved in", 5_000.0, 5_500.0, 70));
    }
    let mut study = Scene::default()
        .county("A", rectangle(-1_000.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
        .county("B", rectangle(10_000.0, 0.0, 20_000.0, 10_000.0), "c", "P", false)
        .facility("k", "clinic", clinic, 5_000.0)
        .people(&points)
        .build();
    let (a, b) = (study.regions.find(Level::County, "A"), study.regions.find(Level::County, "B"));
    study.demand[0].home = [a, a, a, b, a][..points.len()].to_vec();
    if !is_after {
        study.demand[0].at[3] = None;
    }
    study
}

fn card(study: &Study, text: &str) -> scorecard::Scorecard {
    let output = measure(study, text).unwrap();
    let metric = text.split_whitespace().next().unwrap();
    let info = METRICS.iter().find(|info| info.id == metric).unwrap();
    let promise = Promise { id: "i".into(), ..Promise::default() };
    scorecard::Scorecard {
        generator: String::new(),
        title: Default::default(),
        scenario: None,
        synthetic: true,
        plane: scorecard::PlaneNote { name: String::new(), epsg: None, scale_min: 1.0, scale_max: 1.0, doubt: None },
        as_of: None,
        ranking: Vec::new(),
        warnings: Vec::new(),
        indicators: vec![scorecard::row(study, &promise, info, &output)],
        sources: Vec::new(),
        issues: Default::default(),
        provenance: Vec::new(),
    }
}

const WITHIN_2_KM: &str = "covered-share = { kind = \"clinic\", within = \"2 km\", by = \"straight-line\" }";

#[test]
fn two_runs_say_who_gained_and_who_lost() {
    let (before, after) = (card(&villages(1_000.0, false), WITHIN_2_KM), card(&villages(5_000.0, true), WITHIN_2_KM));
    let comparison = compare(&before, &after);
    let change = &comparison.indicators[0];
    let told: Vec<_> = change
        .people
        .iter()
        .map(|one| (one.before.as_deref(), one.after.as_deref(), one.weight, one.most[0].0.as_str()))
        .collect();
    let (yes, no) = (Some("covered"), Some("uncovered"));
    // what differs first; "stays" is 2 km off before and after
    assert_eq!(
        told,
        [
            (None, yes, (0.0, 70.0), "moved in"),
            (yes, no, (50.0, 50.0), "loses"),
            (Some("no-place"), no, (300.0, 300.0), "found"),
            (no, yes, (200.0, 200.0), "gains"),
            (yes, yes, (100.0, 100.0), "stays"),
        ]
    );
    assert!(change.people.iter().all(|one| one.unit == "people"));
    let ways = change.ways.as_ref().unwrap();
    assert_eq!((ways.nearer, ways.same, ways.farther), (200.0, 100.0, 50.0));
    // A: 150 of 350 before, 370 of 420 after
    let a = change.regions.iter().find(|one| one.level == Level::County).unwrap();
    assert_eq!((a.code.as_str(), a.difference, a.uncertain), ("A", 370.0 / 420.0 - 150.0 / 350.0, false));
    // nothing was known of B before: no change is claimed
    let apart: Vec<_> = change.regions_apart.iter().map(|one| (one.code.as_str(), one.before.as_deref())).collect();
    assert_eq!(apart, [("B", Some(""))]);
    // of the city a part was known
    assert!(change.uncertain && change.regions.iter().all(|one| one.uncertain == (one.code != "A")));
    let home = tempfile::tempdir().unwrap();
    let paths = ["a.json", "b.json"].map(|name| home.path().join(name));
    for (path, card) in paths.iter().zip([&before, &after]) {
        std::fs::write(path, serde_json::to_string(card).unwrap()).unwrap();
    }
    let [a, b] = paths.each_ref().map(|path| path.to_str().unwrap());
    let page = typed(&["compare", a, b, "--lang", "en"]);
    for line in ["not covered → covered", "gains (200)", "nearer for 200", "not compared", "B (B): – | 0 %"] {
        assert!(page.contains(line), "no \"{line}\" in\n{page}");
    }
    assert!(typed(&["compare", a, b, "--lang", "zh"]).contains("变化人群"));
    assert!(typed(&["compare", a, b, "--json"]).contains("\"regions_apart\""));
}

#[test]
fn runs_that_were_written_without_outcomes_are_still_compared() {
    let (before, after) = (card(&villages(1_000.0, false), WITHIN_2_KM), card(&villages(5_000.0, true), WITHIN_2_KM));
    let mut old = serde_json::to_value(&before).unwrap();
    let row = old["indicators"][0].as_object_mut().unwrap();
    assert!(row.remove("outcomes").is_some());
    let old = serde_json::from_value(old).unwrap();
    let comparison = compare(&old, &after);
    let change = &comparison.indicators[0];
    assert!(change.people.is_empty() && change.ways.is_none());
    // "gains" and "loses" are listed before and after
    let keys: Vec<&str> = change.evidence.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(keys, ["found", "gains", "loses"]);
    assert!(change.difference.is_some());
}

#[test]
fn no_change_is_claimed_of_a_figure_without_data() {
    let mut nothing = villages(1_000.0, false);
    nothing.demand[0].at = vec![None; 4];
    let comparison = compare(&card(&nothing, WITHIN_2_KM), &card(&villages(5_000.0, true), WITHIN_2_KM));
    let change = &comparison.indicators[0];
    assert_eq!((change.difference, change.regions.len()), (None, 0));
    assert!(change.apart.as_ref().unwrap().en.contains("no data before"));
    // an "at least" is no figure either: one shelter's area is not known after
    let mut after = shelters();
    after.facilities[2].capacity = None;
    let comparison = compare(&card(&shelters(), PLACES), &card(&after, PLACES));
    let change = &comparison.indicators[0];
    assert_eq!(change.difference, None);
    let regions: Vec<&str> = change.regions.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(regions, ["A"]);
    assert_eq!(change.regions_apart.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), ["B", "c", "P"]);
}

#[test]
fn regions_stand_in_the_order_of_their_loss_whatever_is_better() {
    let far = |clinic| card(&villages(clinic, true), "nearest = { kind = \"clinic\", by = \"straight-line\" }");
    // the clinic moves 2 km east: A is (100·2 + 200·5 + 50·1 + 70·4.031)/420 before, B comes nearer by 2 km
    let comparison = compare(&far(1_000.0), &far(3_000.0));
    let counties: Vec<_> = comparison.indicators[0].regions.iter().filter(|one| one.level == Level::County).collect();
    let (first, last) = (counties[0], counties[1]);
    assert!(first.difference > last.difference, "a longer way is a loss: {first:?} {last:?}");
    assert!((last.difference - -2000.0).abs() < 1e-6 && last.code == "B");
}

/// The villages with a class each.
fn classed(classes: &[Option<&str>]) -> Study {
    let mut study = villages(5_000.0, true);
    let words: Vec<Option<String>> = classes.iter().map(|class| class.map(str::to_owned)).collect();
    study.demand[0].classes = Some(Classes::new(&words));
    study
}

#[test]
fn urban_stands_against_rural_with_the_people_that_each_rests_on() {
    let study = classed(&[Some("urban"), Some("rural"), Some("rural"), Some("rural"), None]);
    let output = measure(&study, WITHIN_2_KM).unwrap();
    let found: Vec<_> = output
        .classes
        .iter()
        .map(|one| (one.class.as_deref(), one.figure.part, one.figure.whole, one.figure.points))
        .collect();
    // rural: 200 of 200 + 50 + 300; urban: 100 of 100; "moved in" says nothing
    assert_eq!(
        found,
        [
            (Some("rural"), Some(200.0), Some(550.0), Some(3)),
            (Some("urban"), Some(100.0), Some(100.0), Some(1)),
            (None, Some(70.0), Some(70.0), Some(1)),
        ]
    );
    let parts: f64 = output.classes.iter().filter_map(|one| one.figure.part).sum();
    assert_eq!(output.headline.part, Some(parts), "the classes together are the whole");
    let gap = output.notes.iter().find(|note| note.en.contains("a gap of")).unwrap();
    // 100 % − 36.36 %
    assert!(
        gap.en.contains("urban: 100 % (rests on 100), rural: 36.3 % (rests on 550); a gap of 63.6 points"),
        "{}",
        gap.en
    );
    assert!(gap.en.contains("1 point: class not known"), "{}", gap.en);
    let table = output.tables.iter().find(|table| table.name == "i_classes").unwrap();
    assert_eq!((table.rows.len(), table.rows[2].values[0].clone()), (3, Value::Null));
    // a layer without classes says nothing of them
    assert!(measure(&villages(5_000.0, true), WITHIN_2_KM).unwrap().classes.is_empty());
}

#[test]
fn nearest_and_equity_tell_the_classes_apart_too() {
    let study = classed(&[Some("urban"), Some("rural"), Some("rural"), Some("rural"), Some("urban")]);
    let output = measure(&study, "nearest = { kind = \"clinic\", by = \"straight-line\" }").unwrap();
    // rural: (200·1 + 50·5 + 300·7)/550 km
    assert_eq!(output.classes[0].figure.value, Some(2_550_000.0 / 550.0));
    // urban: (100·2 + 70·0.5)/170 km
    assert_eq!(output.classes[1].figure.value, Some(235_000.0 / 170.0));
    let output = measure(&study, "equity = { kind = \"clinic\", by = \"straight-line\" }").unwrap();
    // urban: half the mean difference over the mean: 100·70·1.5/170² / (235/170)
    let want = 100.0 * 70.0 * 1.5 / (170.0 * 170.0) / (235.0 / 170.0);
    let urban = output.classes[1].figure.value.unwrap();
    assert!((urban - want).abs() < 1e-12, "{urban} {want}");
    assert!(
        output.notes.iter().any(|note| note.en.contains("mean by class: rural 4.64 km, urban 1.38 km")),
        "{:?}",
        output.notes
    );
}

#[test]
fn a_plain_mean_of_regions_is_never_shown_as_the_figure_of_all() {
    let study = shelters();
    let mut output = measure(&study, PLACES).unwrap();
    roll_up::tell(&study, &mut output);
    // (37.5 % + 166.66 %)/2 = 102.08 %, cut, against 85.9 %
    let told = output.notes.iter().any(|note| {
        note.en.contains("the plain mean of regions")
            && note.en.contains("by county 102 % (2)")
            && note.en.contains("is 85.9 %")
    });
    assert!(told, "{:?}", output.notes);
    // with equal people and room the two are the same number
    let mut study = shelters();
    study.demand[0].groups[1].weights = [800, 1200, 1000, 1000].map(Weight::whole).to_vec();
    for (facility, area) in study.facilities.iter_mut().zip([3000.0, 2000.0, 1000.0]) {
        facility.capacity = Some(area);
    }
    let mut output = measure(&study, PLACES).unwrap();
    roll_up::tell(&study, &mut output);
    assert!(output.notes.iter().all(|note| !note.en.contains("plain mean")), "{:?}", output.notes);
}

#[test]
fn regions_that_rest_on_few_points_or_people_are_marked() {
    let names: Vec<String> = (0..14).map(|nth| format!("p{nth}")).collect();
    // A: four points of 100 people. B: five of 19. C: five of 20, neither few points nor few people
    let points: Vec<(&str, f64, f64, u64)> = names
        .iter()
        .enumerate()
        .map(|(nth, name)| match nth {
            0..4 => (name.as_str(), 5_000.0, 5_000.0, 100),
            4..9 => (name.as_str(), 15_000.0, 5_000.0, 19),
            _ => (name.as_str(), 25_000.0, 5_000.0, 20),
        })
        .collect();
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
        .county("B", rectangle(10_000.0, 0.0, 20_000.0, 10_000.0), "c", "P", false)
        .county("C", rectangle(20_000.0, 0.0, 30_000.0, 10_000.0), "c", "P", false)
        .facility("k", "clinic", 5_000.0, 5_000.0)
        .people(&points)
        .build();
    let homes = ["A", "B", "C"].map(|code| study.regions.find(Level::County, code));
    study.demand[0].home = (0..14)
        .map(|nth| {
            homes[if nth < 4 {
                0
            } else if nth < 9 {
                1
            } else {
                2
            }]
        })
        .collect();
    let mut output = measure(&study, WITHIN_2_KM).unwrap();
    roll_up::tell(&study, &mut output);
    let small: Vec<bool> = output.regions.iter().map(|found| found.figure.is_small).collect();
    // the counties, the city, the province
    assert_eq!(small, [true, true, false, false, false]);
    assert!(
        output.notes.iter().any(|note| note.en.starts_with("2 of 5 regions rest on fewer than 5 points or 100 people"))
    );
    let table = output.tables.iter().find(|table| table.name == "i_regions").unwrap();
    let column = table.field("small").unwrap();
    let marked: Vec<Value> = table.rows.iter().map(|row| row.values[column].clone()).collect();
    assert_eq!(marked, [true, true, false].map(Value::Bool));
}

#[test]
fn a_run_carries_classes_norms_and_small_numbers_to_its_files() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
    write(
        "counties_synthetic.geojson",
        r#"{ "type": "FeatureCollection", "features": [{ "type": "Feature", "properties": { "code": "320101", "name": "甲" },
        "geometry": { "type": "Polygon", "coordinates": [[[118.7, 32.0], [118.9, 32.0], [118.9, 32.2], [118.7, 32.2], [118.7, 32.0]]] } }] }"#,
    );
    write("clinics_synthetic.csv", "id,lon,lat\nk,118.8,32.1\n");
    write(
        "people_synthetic.csv",
        "id,lon,lat,people,kind\np,118.8,32.101,60,urban\nq,118.85,32.1,30,rural\nr,118.8,32.1,5,\n",
    );
    write(
        "norms.toml",
        "[[norm]]\nid = \"near\"\ntitle = { en = \"clinic\", zh = \"诊所\" }\nvalue = \"1 km\"\ncites = \"GB 1\"\nclause = \"2.3\"\n",
    );
    write(
        "study.toml",
        "title = \"t\"\nnorms = \"norms.toml\"\n[study]\n\
         regions = { path = \"counties_synthetic.geojson\", level = \"county\" }\n\
         facilities = { path = \"clinics_synthetic.csv\", kind = \"clinic\", id = \"id\", x = \"lon\", y = \"lat\", datum = \"wgs-84\" }\n\
         demand = { path = \"people_synthetic.csv\", id = \"id\", x = \"lon\", y = \"lat\", datum = \"wgs-84\", people = \"people\", class = \"kind\" }\n\
         [[indicator]]\nid = \"near\"\nnorm = \"near\"\nmeasure.covered-share = { kind = \"clinic\", within = \"1 km\" }\n\
         [[output]]\npath = \"card.json\"\n[[output]]\npath = \"card.csv\"\n",
    );
    let plan = tongda::config::load(&home.path().join("study.toml")).unwrap();
    let finished = tongda::app::run::run(&plan, Default::default(), &tongda::base::progress::Silent).unwrap();
    let row = &finished.card.indicators[0];
    let classes: Vec<_> = row.classes.iter().map(|one| (one.class.as_deref(), one.figure.text.as_str())).collect();
    // 111 m and 0 m off, and 4.7 km
    assert_eq!(classes, [(Some("rural"), "0 %"), (Some("urban"), "100 %"), (None, "100 %")]);
    assert!(row.norms[0].says.en.contains("GB 1, 2.3") && row.norms[0].says.en.contains("NOT CHECKED"));
    assert!(row.regions.iter().all(|region| region.small), "95 people in three points");
    let json = std::fs::read_to_string(home.path().join("card.json")).unwrap();
    let read: scorecard::Scorecard = serde_json::from_str(&json).unwrap();
    assert_eq!(read, finished.card);
    let csv = std::fs::read_to_string(home.path().join("card.csv")).unwrap();
    assert!(csv.contains("norm_zh") && csv.contains("未核对") && csv.contains("small"), "{csv}");
    assert!(finished.card.provenance.iter().any(|input| input.path == "norms.toml"));
    let page = typed(&["run", home.path().join("study.toml").to_str().unwrap(), "--lang", "en"]);
    for line in ["§ norm: clinic, 1 km; GB 1, 2.3; NOT CHECKED", "by class: rural 0 % (30 in 1 point), urban 100 %"] {
        assert!(page.contains(line), "no \"{line}\" in\n{page}");
    }
}
