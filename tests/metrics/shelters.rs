//! Shelters: more than one within the limit. The town is that of the worked example of the methods page of `covered-share`, with the ways of
//! four zones to three shelters as far as they are within 1 km; its shares were computed apart (numpy, plain matrices of distances).

use tongda::metrics::Output;
use tongda::model::region::Level;
use tongda::model::study::Study;

use tongda::base::units::KmPerHour;
use tongda::impedance::geodesic::geodesic_m;
use tongda::model::facility::Excluded;
use tongda::model::facility::ExcludedBy;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::place::PlaneXy;
use tongda::model::streets::Hindrances;
use tongda::model::streets::Line;
use tongda::model::streets::Mode;
use tongda::model::streets::StreetNetwork;
use tongda::model::streets::Way;
use tongda::table::Value;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::rectangle;

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

/// A place so many metres east and north of 0° 0°; exact to a hundredth of a millimetre within a kilometre.
fn at(x: f64, y: f64) -> Place {
    let lonlat = LonLat { lon: x / 111_319.490_793, lat: y / 110_574.275_822 };
    Place { lonlat, xy: PlaneXy { x, y } }
}

/// Two streets that cross at S, walked at a metre a second; T stands on the northern one, at 250 m. 900 people 100 m west of S, 100 people at 400 m
/// on the northern one. The way from south to north is given.
fn crossing(northward: Way) -> Study {
    let pace = KmPerHour(3.6);
    let mut study = Scene::default()
        .facility("S", "shelter", 0.0, 0.0)
        .facility("T", "shelter", 0.0, 250.0)
        .facility("U", "shelter", 5_000.0, 0.0)
        .people(&[("h1", -100.0, 0.0, 900), ("h2", 0.0, 400.0, 100)])
        .build();
    for (facility, (y, room)) in study.facilities.iter_mut().zip([(0.0, 900.0), (250.0, 1000.0), (0.0, 500.0)]) {
        facility.at = at(facility.at.xy.x, y);
        facility.capacity = Some(room);
    }
    study.demand[0].at = vec![Some(at(-100.0, 0.0)), Some(at(0.0, 400.0))];
    let lines = [
        Line { corners: vec![at(-500.0, 0.0), at(0.0, 0.0), at(500.0, 0.0)], way: Way::both(pace), id: 0 },
        Line { corners: vec![at(0.0, -500.0), at(0.0, 0.0), at(0.0, 500.0)], way: northward, id: 1 },
    ];
    let mut network = StreetNetwork::new(Mode::Walk, pace, &lines, &Hindrances::default(), geodesic_m);
    network.max_snap_m = 50.0;
    network.min_component_m = 0.0;
    study.streets.push(network);
    study
}

fn served(study: &Study, within: &str, flow: &str) -> Output {
    let text = format!(
        "served-share = {{ kind = \"shelter\", within = \"{within}\", by = \"walk\", rule = \"nearest-first\"{flow} }}"
    );
    measure(study, &text).unwrap()
}

fn column(output: &Output, field: &str) -> Vec<Value> {
    let table = output.tables.iter().find(|table| table.name == "i_facilities").unwrap();
    let at = table.field(field).unwrap();
    table.rows.iter().map(|row| row.values[at].clone()).collect()
}

fn seconds(output: &Output) -> Vec<Option<f64>> {
    column(output, "clear_s").iter().map(|value| value.as_f64().map(f64::round)).collect()
}

#[test]
fn a_shelter_takes_people_in_no_faster_than_its_streets_let_them() {
    let both = crossing(Way::both(KmPerHour(3.6)));
    let output = served(&both, "1 km", ", flow = 60");
    // 900 at 60 by each of four streets: 3.75 min; 100 from two sides: 50 s; nobody comes to U, which is off the streets
    assert_eq!(column(&output, "streets"), [Value::Int(4), Value::Int(2), Value::Null]);
    assert_eq!(seconds(&output), [Some(225.0), Some(50.0), None]);
    let told = output.notes.iter().find(|note| note.en.contains("60 people a minute")).unwrap();
    assert!(told.en.contains("S takes at least 3.8 min") && told.en.contains("a lower bound"), "{}", told.en);
    // by time, the 150 m from the second home to T take longer than the queue
    assert_eq!(seconds(&served(&both, "20 min", ", flow = 60")), [Some(225.0), Some(150.0), None]);
    assert_eq!(seconds(&served(&both, "20 min", ", flow = 600")), [Some(100.0), Some(150.0), None]);
    assert!(served(&both, "20 min", "").tables.iter().all(|table| table.field("clear_s").is_none()));
}

#[test]
fn only_streets_that_lead_in_count() {
    // northwards only: into S from the west, the east and the south; along T's street one way
    let pace = KmPerHour(3.6);
    let one_way = crossing(Way { speed: [pace, KmPerHour(0.0)], ..Way::both(pace) });
    let output = served(&one_way, "1 km", ", flow = 60");
    assert_eq!(column(&output, "streets"), [Value::Int(3), Value::Int(1), Value::Null]);
    // S 900 / 180 min; the second home is past T and can not come back
    assert_eq!(seconds(&output), [Some(300.0), None, None]);
}

#[test]
fn a_flow_needs_streets_and_is_more_than_nothing() {
    for (by, flow, word) in [
        ("straight-line", "60", "people come by streets"),
        ("surface", "60", "people come by streets"),
        ("walk", "0", "more than 0"),
    ] {
        let text = format!("served-share = {{ kind = \"shelter\", within = \"1 km\", by = \"{by}\", flow = {flow} }}");
        let error = measure(&town(), &text).unwrap_err().to_string();
        assert!(error.contains("flow") && error.contains(word), "{error}");
    }
}

#[test]
fn what_a_flood_over_each_shelter_leaves() {
    // coverage within 1 km, and the share with a place at 2 m² each, without one shelter: numpy and SciPy's linprog on plain matrices
    for (lost, coverage, with_place) in [(0, 0.75, 0.625), (1, 0.84375, 0.390625), (2, 0.78125, 0.703125)] {
        let mut study = town();
        let facility = study.facilities.remove(lost);
        study
            .excluded
            .push(Excluded { facility, by: ExcludedBy::Hazard { hazard: "flood".into(), zone: "river".into() } });
        let share = |text: &str| measure(&study, text).unwrap().headline.value;
        let rest = "kind = \"shelter\", within = \"1 km\", by = \"straight-line\"";
        assert_eq!(share(&format!("covered-share = {{ {rest} }}")), Some(coverage), "without {lost}");
        let places = format!("served-share = {{ {rest}, per-person = 2 }}");
        assert_eq!(share(&places), Some(with_place), "without {lost}");
    }
    // all of them: nobody, and the layers are there
    let mut study = town();
    for facility in study.facilities.drain(..) {
        study
            .excluded
            .push(Excluded { facility, by: ExcludedBy::Hazard { hazard: "flood".into(), zone: "river".into() } });
    }
    let text = "served-share = { kind = \"shelter\", within = \"1 km\", by = \"straight-line\", losses = true }";
    let output = measure(&study, text).unwrap();
    assert_eq!((output.headline.part, output.headline.whole), (Some(0.0), Some(3200.0)));
    assert!(output.notes[0].en.contains("3 further facilities lie in hazard areas and do not count"));
    assert!(output.tables.iter().any(|table| table.name == "i_left_out" && table.rows.len() == 4));
}
