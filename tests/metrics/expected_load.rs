//! How many people facilities must expect and who finds room, by the worked example of the methods page; its numbers are derived there and here.

use tongda::base::progress::Silent;
use tongda::base::units::Limit;
use tongda::base::units::Share;
use tongda::base::units::Text;
use tongda::impedance::cost_table::CostTable;
use tongda::impedance::cost_table::CostUnit;
use tongda::metrics::Context;
use tongda::metrics::Measure;
use tongda::metrics::Output;
use tongda::metrics::decay::Decay;
use tongda::metrics::decay::Power;
use tongda::metrics::huff::Choices;
use tongda::metrics::huff::finding_room;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::table::Value;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::rectangle;

/// Clinics C1 (100 beds) at 0 and C2 (200 beds) at 3 km; villages a to d, and e without a place.
fn study() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(-5_000.0, -1_000.0, 10_000.0, 1_000.0), "X", "R", true)
        .facility("C1", "clinic", 0.0, 0.0)
        .facility("C2", "clinic", 3_000.0, 0.0)
        .people(&[
            ("a", 1_000.0, 0.0, 900),
            ("b", 2_000.0, 0.0, 600),
            ("c", 5_000.0, 0.0, 200),
            ("d", 9_000.0, 0.0, 100),
            ("e", 0.0, 0.0, 50),
        ])
        .build();
    for (facility, beds) in study.facilities.iter_mut().zip([100.0, 200.0]) {
        facility.capacity = Some(beds);
    }
    study.demand[0].at[4] = None;
    study.demand[0].home = vec![study.regions.find(Level::County, "A"); 5];
    study
}

const CLINICS: &str = "expected-load = { kind = \"clinic\", within = \"2 km\", per-person = 0.2, by = \"straight-line\", \
    attraction = \"capacity\", decay = { inverse-power = { exponent = 1, from = \"100 m\" } } }";

fn with(from: &str, to: &str) -> String {
    assert!(CLINICS.contains(from));
    CLINICS.replace(from, to)
}

fn column(output: &Output, layer: &str, field: &str) -> Vec<Value> {
    let table = output.tables.iter().find(|table| table.name == layer).unwrap();
    let at = table.field(field).unwrap();
    table.rows.iter().map(|row| row.values[at].clone()).collect()
}

fn numbers(output: &Output, layer: &str, field: &str) -> Vec<f64> {
    column(output, layer, field).iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

fn words(output: &Output, layer: &str, field: &str) -> Vec<String> {
    column(output, layer, field).iter().map(Value::to_string).collect()
}

/// Shares of people are cut to whole millionths, once a pair.
fn near(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    for (one, other) in got.iter().zip(want) {
        assert!((one - other).abs() < 1e-4, "{got:?}, expected {want:?}");
    }
}

fn parts(output: &Output) -> Vec<f64> {
    assert!(output.weights[0].balances());
    output.weights[0].parts.iter().map(|(_, weight)| weight.to_f64()).collect()
}

#[test]
fn the_worked_example_of_the_methods_page() {
    let output = measure(&study(), CLINICS).unwrap();
    // found room, too far, no room, capacity unknown, without a place
    near(&parts(&output), &[1500.0, 100.0, 200.0, 0.0, 50.0]);
    near(&[output.headline.part.unwrap(), output.headline.whole.unwrap()], &[1500.0, 1800.0]);
    let bounds = output.headline.bounds.unwrap();
    near(&[bounds.0, bounds.1], &[1500.0 / 1850.0, 1550.0 / 1850.0]);
    near(&numbers(&output, "i_facilities", "load"), &[570.0, 1130.0]);
    near(&numbers(&output, "i_facilities", "room"), &[500.0, 1000.0]);
    near(&numbers(&output, "i_facilities", "part"), &[570.0 / 1700.0, 1130.0 / 1700.0]);
    near(&numbers(&output, "i_facilities", "near"), &[1500.0, 1700.0]);
    near(&numbers(&output, "i_facilities", "nearest"), &[900.0, 800.0]);
    // (450 · 1000 + 120 · 2000) / 570 and (450 · 2000 + 480 · 1000 + 200 · 2000) / 1130, to the millimetre
    near(&numbers(&output, "i_facilities", "mean_m"), &[1210.526, 1575.221]);
    assert_eq!(words(&output, "i_facilities", "state"), ["over", "over"]);
    near(&numbers(&output, "i_points", "mean_m")[..3], &[1500.0, 1200.0, 2000.0]);
    near(&numbers(&output, "i_points", "chance")[..3], &[0.5, 0.8, 1.0]);
    // of two as likely the nearer
    assert_eq!(words(&output, "i_points", "likeliest")[..3], ["C1", "C2", "C2"]);
    near(&numbers(&output, "i_points", "served")[..1], &[450.0 * 500.0 / 570.0 + 450.0 * 1000.0 / 1130.0]);
    assert_eq!(words(&output, "i_points", "state"), ["most", "most", "most", "too-far"]);
    let variants: Vec<(&str, f64)> =
        output.variants.iter().map(|variant| (variant.code.as_str(), variant.figure.part.unwrap())).collect();
    assert_eq!((variants[0].0, variants[1]), ("huff", ("nearest", 1300.0)));
    assert!(output.issues.is_empty(), "{:?}", output.issues);
}

#[test]
fn the_limit_is_included_to_the_millimetre() {
    // within less than 2 km a goes to C1 alone, b to C2 alone, c nowhere: 900 and 600, of whom 500 and 600 find room
    let output = measure(&study(), &with("2 km", "1999.999 m")).unwrap();
    near(&parts(&output), &[1100.0, 300.0, 400.0, 0.0, 50.0]);
}

#[test]
fn a_capacity_that_is_not_known_is_no_zero() {
    let mut study = study();
    study.facilities[0].capacity = None;
    // a and b could go there: unknown; at C2 are 200 of c at least, 1700 at most
    let output = measure(&study, CLINICS).unwrap();
    let sure = 200.0 * 1000.0 / 1700.0;
    near(&parts(&output), &[sure, 100.0, 0.0, 1500.0 + 200.0 - sure, 50.0]);
    assert_eq!(words(&output, "i_facilities", "state"), ["unknown", "hangs"]);
    near(&numbers(&output, "i_facilities", "maybe"), &[1500.0, 1500.0]);
    assert_eq!(words(&output, "i_points", "state"), ["unknown", "unknown", "unknown", "too-far"]);
    let codes: Vec<&str> = output.issues.iter().map(|issue| issue.code).collect();
    assert_eq!(codes, ["facility-without-capacity"]);
    assert!(output.headline.reason.unwrap().en.contains("hangs on 1 of 2 facilities"));
    // whatever it is, the truth lies between the bounds
    let (least, most) = output.headline.bounds.unwrap();
    for beds in [0.0, 1.0, 40.0, 100.0, 1e6] {
        study.facilities[0].capacity = Some(beds);
        let (low, high) = measure(&study, CLINICS).unwrap().headline.bounds.unwrap();
        assert!(least <= low + 1e-9 && high <= most + 1e-9, "{beds}: {low} to {high}, within {least} to {most}");
    }
    // all alike: 2/3 of a and 1/3 of b go to C1, and whether they find room is not known; C2 has 300 + 400 + 200, room for all
    study.facilities[0].capacity = None;
    let output = measure(&study, &with("attraction = \"capacity\"", "attraction = \"count\"")).unwrap();
    near(&parts(&output), &[900.0, 100.0, 0.0, 800.0, 50.0]);
    study.facilities[1].capacity = None;
    let message = measure(&study, CLINICS).unwrap_err().to_string();
    assert!(message.contains("has a capacity") && message.contains("attraction = \"count\""), "{message}");
}

#[test]
fn a_capacity_of_nothing_draws_nobody() {
    let mut study = study();
    study.facilities[0].capacity = Some(0.0);
    // a, b and c all go to C2, where 1000 of 1700 find room
    let output = measure(&study, CLINICS).unwrap();
    near(&parts(&output), &[1000.0, 100.0, 700.0, 0.0, 50.0]);
    assert_eq!(words(&output, "i_facilities", "state"), ["unused", "over"]);
}

#[test]
fn the_gap_says_where_people_are_turned_away() {
    let measure: Measure = toml::from_str::<toml::Table>(CLINICS).unwrap().try_into().unwrap();
    let (study, title) = (study(), Text::new("t", "题"));
    let context =
        Context { study: &study, progress: &Silent, id: "i", title: &title, over: &[], target_share: Some(Share(0.9)) };
    let output = measure.metric().measure(&context).unwrap();
    let gap = output.closing_the_gap.unwrap();
    // 0.9 · 1850 − 1500
    assert!(gap.en.starts_with("165 more people must find room"), "{}", gap.en);
    assert!(gap.en.contains("C2 (130), C1 (70)") && gap.en.contains("100 have nowhere to go"), "{}", gap.en);
    let notes = output.notes.iter().map(|note| note.en.as_str()).collect::<Vec<_>>().join("\n");
    assert!(notes.contains("200 find no room, 100 have nowhere to go"), "{notes}");
    assert!(notes.contains("400 find no room, 100 have nowhere to go"), "{notes}");
    assert!(
        output
            .evidence
            .iter()
            .any(|line| line.text.en.contains("C1 (C1): 570 expected of 1\u{202f}500 within the limit, room for 500"))
    );
}

#[test]
fn requests_that_make_no_sense_say_what_to_write() {
    for (from, to, says) in [
        ("within = \"2 km\", ", "", "write for example within"),
        ("\"2 km\"", "\"20 min\"", "mixes"),
        ("per-person = 0.2", "per-person = 0", "more than 0"),
        ("per-person = 0.2", "exponent = -1", "more than 0"),
        ("attraction = \"capacity\"", "attraction = \"count\", exponent = 2", "leave exponent out"),
    ] {
        let message = measure(&study(), &with(from, to)).unwrap_err().to_string();
        assert!(message.contains(says), "{to}: {message}");
    }
}

/// Huff's table of the worked example of the domain specification: minutes, of three zones to two facilities.
fn zones() -> CostTable {
    let rows = [[5.0, 25.0], [15.0, 12.0], [40.0, 8.0]].map(|row| {
        let mut row: Vec<(u32, f64)> = (0u32..).zip(row.map(|minutes| minutes * 60.0)).collect();
        row.sort_by(|x, y| x.1.total_cmp(&y.1));
        row
    });
    CostTable::from_rows(CostUnit::Seconds, rows)
}

#[test]
fn probabilities_and_loads_are_those_of_huff_in_the_domain_specification() {
    // numpy, fca.py: sizes 10 and 20, t^−2
    let far: Limit = "10 h".parse().unwrap();
    let power = Decay::InversePower(Power { exponent: 2.0, from: "1 min".parse().unwrap() });
    let curve = power.curve(Some(far)).unwrap();
    let people = [1_000_000_000, 2_000_000_000, 500_000_000];
    let choices = Choices::huff(&zones(), &people, &[10.0, 20.0], &curve);
    for (at, want) in [[0.925926, 0.074074], [0.242424, 0.757576], [0.019608, 0.980392]].into_iter().enumerate() {
        let mut row: Vec<(u32, i64)> = choices.row(at).collect();
        row.sort_unstable();
        for ((_, going), want) in row.iter().zip(want) {
            assert!((*going as f64 / people[at] as f64 - want).abs() < 5.1e-7, "{at}: {row:?}");
        }
        assert_eq!(row.iter().map(|(_, going)| going).sum::<i64>(), people[at]);
    }
    let loads = choices.loads(2, |_| true);
    assert!((loads[0] as f64 / 1e6 - 1420.578332).abs() < 1e-5 && (loads[1] as f64 / 1e6 - 2079.421668).abs() < 1e-5);
    assert_eq!(Choices::nearest(&zones(), &people).loads(2, |_| true), [1_000_000_000, 2_500_000_000]);
}

#[test]
fn everybody_has_the_same_chance_of_room() {
    // 5 and 2 come to 3 places: 5 · 3 / 7 = 2.1 and 2 · 3 / 7 = 0.9; the place that is left goes to the larger remainder
    assert_eq!(finding_room(&[5, 2], 0, 3), [2, 1]);
    // 2 are known to come and 5 may: 0.9 of 3 places, and the one that is left is theirs
    assert_eq!(finding_room(&[2], 5, 3), [1]);
    assert_eq!(finding_room(&[5, 2], 0, 7), [5, 2]);
    assert_eq!(finding_room(&[5, 2], 0, 0), [0, 0]);
    assert_eq!(finding_room(&[0], 0, 0), [0]);
    assert_eq!(finding_room(&[i64::MAX], 0, i64::MAX - 1), [i64::MAX - 1]);
}

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

#[test]
fn random_towns_agree_with_plain_loops_and_lose_nobody() {
    let seed: u64 = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(11);
    println!("TONGDA_SEED={seed}");
    let mut random = Random(seed);
    for nth in 0..200 {
        let (n, m) = (1 + random.below(10) as usize, 1 + random.below(5) as usize);
        let at = |random: &mut Random| random.below(50) as f64 * 100.0;
        let points: Vec<(String, f64, f64, u64)> =
            (0..n).map(|k| (format!("p{k}"), at(&mut random), at(&mut random), random.below(1000))).collect();
        let clinics: Vec<(f64, f64, f64)> =
            (0..m).map(|_| (at(&mut random), at(&mut random), random.below(200) as f64)).collect();
        let mut scene = Scene::default().county("A", rectangle(-100.0, -100.0, 5_100.0, 5_100.0), "X", "R", true);
        for (k, (x, y, _)) in clinics.iter().enumerate() {
            scene = scene.facility(&format!("c{k}"), "clinic", *x, *y);
        }
        let named: Vec<(&str, f64, f64, u64)> =
            points.iter().map(|(name, x, y, people)| (name.as_str(), *x, *y, *people)).collect();
        let mut study = scene.people(&named).build();
        study.demand[0].home = vec![study.regions.find(Level::County, "A"); n];
        for (facility, (.., beds)) in study.facilities.iter_mut().zip(&clinics) {
            facility.capacity = Some(*beds);
        }
        let text = "expected-load = { kind = \"clinic\", within = \"2 km\", per-person = 0.5, by = \"straight-line\", exponent = 0.5, \
                    decay = { inverse-power = { exponent = 2, from = \"200 m\" } } }";
        let output = measure(&study, text).unwrap();
        // plain loops
        let pull = |i: usize, j: usize| {
            let ((_, x, y, _), (u, v, beds)) = (&points[i], &clinics[j]);
            let way = ((x - u) * (x - u) + (y - v) * (y - v)).sqrt();
            if way > 2000.0 { 0.0 } else { beds.sqrt() * (way.max(200.0) / 200.0).powi(-2) }
        };
        let (mut loads, mut far) = (vec![0.0; m], 0.0);
        for (i, (.., people)) in points.iter().enumerate() {
            let all: f64 = (0..m).map(|j| pull(i, j)).sum();
            for (j, load) in loads.iter_mut().enumerate().filter(|_| all > 0.0) {
                *load += *people as f64 * pull(i, j) / all;
            }
            far += if all > 0.0 { 0.0 } else { *people as f64 };
        }
        let found: f64 = loads.iter().zip(&clinics).map(|(load, (.., beds))| load.min(beds / 0.5)).sum();
        let all: f64 = points.iter().map(|(.., people)| *people as f64).sum();
        near(&parts(&output), &[found, far, all - far - found, 0.0, 0.0]);
        near(&numbers(&output, "i_facilities", "load"), &loads);
        println!("{nth}: {n} points, {m} clinics");
    }
}
