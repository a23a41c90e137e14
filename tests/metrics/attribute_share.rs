//! Records of which it holds: the worked example of the methods page, derived there, and random tables against a plain twin that tries every
//! value that a missing one may have.

use tongda::metrics::Output;
use tongda::model::records::Entry;
use tongda::model::records::Form;
use tongda::model::records::RecordLayer;
use tongda::model::region::Level;
use tongda::model::study::Study;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::place;
use crate::support::scene::rectangle;

/// Records with their county and their values, in counties A and B; X is a county that is not judged, and none is nowhere known.
fn table(name: &str, fields: &[&str], rows: &[(&str, &[Option<&str>])]) -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10.0, 10.0), "c", "P", false)
        .county("B", rectangle(10.0, 0.0, 20.0, 10.0), "c", "P", false)
        .county("X", rectangle(20.0, 0.0, 30.0, 10.0), "d", "Q", false)
        .build_judging(&|_, code| Some(code != "X"));
    let records = (1..).zip(rows).map(|(record, (home, values))| Entry {
        record,
        id: record.to_string(),
        name: format!("n{record}"),
        home: study.regions.find(Level::County, home),
        form: (*home == "outside").then(|| Form::Point(place(50.0, 50.0))),
        values: values.iter().map(|value| value.map(str::to_owned)).collect(),
    });
    study.records = vec![RecordLayer {
        name: name.into(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        records: records.collect(),
        synthetic: false,
    }];
    study
}

fn villages() -> Study {
    table(
        "villages",
        &["gas", "people"],
        &[
            ("A", &[Some("yes"), Some("100")]),
            ("A", &[Some("no"), Some("300")]),
            ("B", &[None, Some("50")]),
            ("B", &[Some("yes"), None]),
        ],
    )
}

fn sums(output: &Output) -> (f64, f64, f64) {
    assert!(output.weights[0].balances());
    (output.headline.part.unwrap(), output.headline.whole.unwrap(), output.headline.unknown)
}

#[test]
fn the_worked_example_of_the_methods_page() {
    let study = villages();
    let output = measure(&study, "attribute-share = { records = \"villages\", yes = \"gas = yes\" }").unwrap();
    assert_eq!(sums(&output), (2.0, 3.0, 1.0));
    assert_eq!(output.headline.bounds, Some((0.5, 0.75)));
    let of = |code| {
        let region = study.regions.find(Level::County, code).unwrap();
        let figure = &output.regions.iter().find(|found| found.region == region).unwrap().figure;
        (figure.value, figure.bounds)
    };
    assert_eq!((of("A"), of("B")), ((Some(0.5), Some((0.5, 0.5))), (Some(1.0), Some((0.5, 1.0)))));
    let lines: Vec<(&str, &str)> = output.evidence.iter().map(|line| (line.state, line.text.en.as_str())).collect();
    assert_eq!(lines, [("no", "n2 (2), weight 1: no; gas = no"), ("no-data", "n3 (3), weight 1: no data; gas = ?")]);

    let text = "attribute-share = { records = \"villages\", yes = \"gas = yes\", weight = \"people\" }";
    let output = measure(&study, text).unwrap();
    assert_eq!(sums(&output), (100.0, 400.0, 50.0));
    assert_eq!(output.headline.bounds, Some((100.0 / 450.0, 1.0)));
    assert_eq!(output.variants[1].figure.value, Some(2.0 / 3.0));

    let study = table(
        "land",
        &["supplied", "planned"],
        &[("A", &[Some("12"), Some("10")]), ("B", &[Some("3"), Some("10")]), ("B", &[None, Some("5")])],
    );
    let text = "attribute-share = { records = \"land\", done = \"supplied\", needed = \"planned\" }";
    let output = measure(&study, text).unwrap();
    assert_eq!(sums(&output), (15.0, 20.0, 5.0));
    assert_eq!(output.headline.bounds, Some((0.6, 0.8)));
    assert_eq!(output.variants[1].figure.value, Some(0.65));
    assert!(output.notes.iter().any(|note| note.en.contains("by 2 together")));
}

#[test]
fn only_records_of_judged_regions_are_asked_and_those_that_meet_the_condition() {
    let study = table(
        "estates",
        &["built", "needs", "done"],
        &[
            ("A", &[Some("2000-12-31"), Some("yes"), Some("yes")]),
            ("A", &[Some("2001-01-01"), Some("yes"), Some("no")]),
            ("B", &[Some("1990-05-01"), Some("no"), None]),
            ("B", &[Some("about 1990"), Some("yes"), Some("no")]),
            ("X", &[Some("1990-05-01"), Some("yes"), Some("no")]),
            ("outside", &[Some("1990-05-01"), Some("yes"), Some("no")]),
            ("nowhere", &[Some("1990-05-01"), Some("yes"), Some("未知")]),
        ],
    );
    let text = "attribute-share = { records = \"estates\", of = \"built <= 2000-12-31 & needs = yes\", yes = \"done = yes\", no-data = [\"未知\"] }";
    let output = measure(&study, text).unwrap();
    // the first counts; nobody knows when the fourth was built, and whether the last, which may lie anywhere, is done
    assert_eq!(sums(&output), (1.0, 1.0, 2.0));
    assert_eq!(output.headline.bounds, Some((1.0 / 3.0, 1.0)));
    let codes: Vec<(&str, Option<&str>)> =
        output.issues.iter().map(|issue| (issue.code, issue.id.as_deref())).collect();
    assert_eq!(codes, [("bad-number", Some("4"))]);
    for told in ["1 record lies outside all regions", "1 record lies in regions that are not judged", "3 of 7 records"]
    {
        assert!(output.notes.iter().any(|note| note.en.contains(told)), "{told}: {:?}", output.notes);
    }
}

#[test]
fn whether_there_is_a_value_is_never_unknown() {
    let study = table("hospitals", &["union"], &[("A", &[Some("u1")]), ("A", &[None]), ("B", &[None])]);
    let output = measure(&study, "attribute-share = { records = \"hospitals\", yes = \"union = *\" }").unwrap();
    assert_eq!(sums(&output), (1.0, 3.0, 0.0));
}

#[test]
fn a_table_without_records_that_are_asked_is_not_applicable() {
    let output = measure(
        &villages(),
        "attribute-share = { records = \"villages\", of = \"people > 1000 & gas = yes\", yes = \"gas = yes\" }",
    )
    .unwrap();
    // village 4 may have more than 1000; the third may have gas, but has 50
    assert_eq!(sums(&output), (0.0, 0.0, 1.0));
    let study = table("villages", &["gas"], &[]);
    let output = measure(&study, "attribute-share = { records = \"villages\", yes = \"gas = yes\" }").unwrap();
    assert!(output.headline.not_applicable && output.headline.value.is_none());
}

#[test]
fn what_does_not_fit_is_refused_with_what_to_write() {
    for (text, word) in [
        ("records = \"villages\"", "write yes"),
        ("records = \"villages\", yes = \"gas\"", "\"field = value\""),
        ("records = \"villages\", of = \"gas < no\", yes = \"gas = yes\"", "no number"),
        ("records = \"villages\", yes = \"gass = yes\"", "fields: gas, people"),
        ("records = \"village\", yes = \"gas = yes\"", "records in the study: villages"),
        ("records = \"villages\", done = \"people\"", "done and needed"),
        ("records = \"villages\", done = \"people\", needed = \"people\", weight = \"people\"", "goes with yes only"),
    ] {
        let error =
            measure(&villages(), &format!("attribute-share = {{ {text} }}")).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|text| text.contains(word)), "{text}: {error:?}");
    }
}

/// Numbers in a row from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % bound
    }
}

#[test]
fn the_bounds_of_random_tables_are_the_least_and_the_most_that_missing_values_allow() {
    let only = std::env::var("TONGDA_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    for seed in only.map_or(0..200, |seed| seed..seed + 1) {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..5).for_each(|_| _ = random.below(2));
        // of each: whether it is asked is known, yes or no or missing, and a weight from 1
        let rows: Vec<(Option<bool>, u64)> =
            (0..8).map(|_| ([Some(true), Some(false), None][random.below(3) as usize], 1 + random.below(9))).collect();
        let texts: Vec<[Option<String>; 2]> = rows
            .iter()
            .map(|(yes, weight)| [yes.map(|yes| if yes { "yes" } else { "no" }.to_owned()), Some(weight.to_string())])
            .collect();
        let values: Vec<Vec<Option<&str>>> =
            texts.iter().map(|row| row.iter().map(Option::as_deref).collect()).collect();
        let listed: Vec<(&str, &[Option<&str>])> = values.iter().map(|row| ("A", row.as_slice())).collect();
        let study = table("t", &["f", "w"], &listed);
        let text = "attribute-share = { records = \"t\", yes = \"f = yes\", weight = \"w\" }";
        let figure = measure(&study, text).unwrap().headline;
        let open: Vec<usize> = (0..8).filter(|at| rows[*at].0.is_none()).collect();
        let total: u64 = rows.iter().map(|(_, weight)| weight).sum();
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for choice in 0..1u32 << open.len() {
            let is_yes = |at: usize| {
                rows[at].0.unwrap_or_else(|| {
                    let nth = open.iter().position(|one| *one == at).unwrap();
                    choice >> nth & 1 == 1
                })
            };
            let yes: u64 = (0..8).filter(|at| is_yes(*at)).map(|at| rows[at].1).sum();
            let share = yes as f64 / total as f64;
            (low, high) = (low.min(share), high.max(share));
        }
        assert_eq!(figure.bounds, Some((low, high)), "seed {seed}: {rows:?}");
    }
}
