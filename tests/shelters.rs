//! Shelters: more than one within the limit. The town is that of the worked example of the methods page of `covered-share`, with the ways of
//! four zones to three shelters as far as they are within 1 km; its shares were computed apart (numpy, plain matrices of distances).

mod support;

use tongda::metrics::Output;
use tongda::model::region::Level;
use tongda::model::study::Study;

use support::scene::Scene;
use support::scene::measure;
use support::scene::rectangle;

/// Within 1 km: z1 300 m from S1; z2 700 m from S1 and 900 m from S2; z3 400 m from S2; z4 450 m from S3.
fn town() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(-1_000.0, -1_000.0, 10_000.0, 1_000.0), "X", "R", true)
        .facility("S1", "shelter", 0.0, 0.0)
        .facility("S2", "shelter", 1_600.0, 0.0)
        .facility("S3", "shelter", 5_000.0, 0.0)
        .people(&[
            ("z1", -300.0, 0.0, 800),
            ("z2", 700.0, 0.0, 1200),
            ("z3", 2_000.0, 0.0, 500),
            ("z4", 4_550.0, 0.0, 700),
        ])
        .build();
    for (facility, area) in study.facilities.iter_mut().zip([1500.0, 3000.0, 1000.0]) {
        facility.capacity = Some(area);
    }
    study.demand[0].home = vec![study.regions.find(Level::County, "A"); 4];
    study
}

fn covered(within: &str, more: &str) -> Output {
    let text = format!("covered-share = {{ kind = \"shelter\", within = \"{within}\", by = \"straight-line\"{more} }}");
    measure(&town(), &text).unwrap()
}

#[test]
fn shares_with_one_and_with_two_shelters_within_a_kilometre() {
    assert_eq!(covered("500 m", "").headline.value, Some(0.625));
    assert_eq!(covered("1 km", "").headline.value, Some(1.0));
    let output = covered("1 km", ", at-least-facilities = 2");
    assert_eq!((output.headline.part, output.headline.value), (Some(1200.0), Some(0.375)));
    assert!(output.weights[0].balances());
    let variants: Vec<(&str, Option<f64>)> =
        output.variants.iter().map(|variant| (variant.code.as_str(), variant.figure.value)).collect();
    assert_eq!(variants, [("at-least-2", Some(0.375)), ("at-least-1", Some(1.0))]);
    // the second shelter at exactly the limit counts, and a millimetre beyond it does not
    assert_eq!(covered("900 m", ", at-least-facilities = 2").headline.part, Some(1200.0));
    assert_eq!(covered("0.899999 km", ", at-least-facilities = 2").headline.part, Some(0.0));
}

#[test]
fn more_shelters_than_there_are_cover_nobody_and_it_is_said_why() {
    let output = covered("1000 km", ", at-least-facilities = 4");
    assert_eq!((output.headline.part, output.headline.whole), (Some(0.0), Some(3200.0)));
    assert_eq!(output.evidence.len(), 4);
    assert_eq!(output.evidence[0].text.en, "z1 (z1): fewer than 4 facilities count for it");
    // all three shelters are within 1000 km of all
    assert_eq!(covered("1000 km", ", at-least-facilities = 3").headline.value, Some(1.0));
}

#[test]
fn two_shelters_are_no_question_for_the_areas_of_the_nearest() {
    let text = "covered-share = { kind = \"shelter\", within = \"1 km\", at-least-facilities = 2, catchments = {} }";
    let error = measure(&town(), text).unwrap_err().to_string();
    assert!(error.contains("at-least-facilities"), "{error}");
    let none = "covered-share = { kind = \"shelter\", within = \"1 km\", at-least-facilities = 0 }";
    let refused = toml::from_str::<toml::Table>(none).unwrap().try_into::<tongda::metrics::Measure>();
    assert!(refused.is_err());
}
