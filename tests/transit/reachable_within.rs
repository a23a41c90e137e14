//! What is within reach of centres, by numbers that are derived beside them.

use tongda::base::units::KmPerHour;
use tongda::metrics::Output;
use tongda::model::place::LonLat;
use tongda::model::region::Level;
use tongda::model::streets::Hindrances;
use tongda::model::streets::Line;
use tongda::model::streets::Mode;
use tongda::model::streets::StreetNetwork;
use tongda::model::streets::Way;
use tongda::model::study::Study;
use tongda::table::Table;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::place;
use crate::support::scene::rectangle;

/// The worked example of the methods page: centres P at 0 and Q at 10 km, villages at 2, 5 and 9 km, and a town beside Q.
fn study() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(-1_000.0, -1_000.0, 11_000.0, 1_000.0), "X", "R", true)
        .facility("P", "centre", 0.0, 0.0)
        .facility("Q", "centre", 10_000.0, 0.0)
        .facility("P-town", "town", 0.0, 0.0)
        .facility("town", "town", 5_000.0, 0.0)
        .people(&[("v2", 2_000.0, 0.0, 100), ("v5", 5_000.0, 0.0, 200), ("v9", 9_000.0, 0.0, 400)])
        .build();
    study.demand[0].home = vec![study.regions.find(Level::County, "A"); 3];
    study
}

fn column(output: &Output, layer: &str, field: &str) -> Vec<Option<f64>> {
    let table: &Table = output.tables.iter().find(|table| table.name == layer).unwrap();
    let at = table.field(field).unwrap();
    table.rows.iter().map(|row| row.values[at].as_f64()).collect()
}

const FLOWN: &str =
    "reachable-within = { centres = \"centre\", within = \"5 km\", by = [\"straight-line\"], places = [\"town\"] }";

#[test]
fn the_worked_example_of_the_methods_page() {
    let study = study();
    let output = measure(&study, FLOWN).unwrap();
    assert_eq!((output.headline.part, output.headline.whole), (Some(700.0), Some(700.0)));
    assert_eq!(column(&output, "i_points", "centres"), [Some(1.0), Some(2.0), Some(1.0)]);
    // P: 2 km and 5 km, the limit included; Q: 5 km and 1 km
    assert_eq!(column(&output, "i_centres", "weight"), [Some(300.0), Some(600.0)]);
    // the town at 5 km is within reach of both; the one where P stands is P itself
    assert_eq!(column(&output, "i_centres", "town_straightline"), [Some(1.0), Some(1.0)]);
    let two = measure(
        &study,
        &FLOWN.replace("within", "at-least = 2, within").replacen("reachable-at-least = 2, ", "reachable-", 1),
    )
    .unwrap();
    assert_eq!((two.headline.part, two.headline.whole), (Some(200.0), Some(700.0)));
    // a millimetre less
    let less = measure(&study, &FLOWN.replace("5 km", "4.999999 km")).unwrap();
    assert_eq!(less.headline.part, Some(500.0));
}

#[test]
fn the_better_of_two_ways_counts_and_what_is_off_one_of_them_is_unknown_unless_the_other_reaches() {
    let mut study = study();
    // a road from 0 to 5.5 km, driven at 60 km/h eastward only: 1 km a minute
    let length_m = |a: LonLat, b: LonLat| (a.lon - b.lon).hypot(a.lat - b.lat) * 1e5;
    let way = Way { speed: [KmPerHour(60.0), KmPerHour(0.0)], ..Way::both(KmPerHour(60.0)) };
    let line = Line { corners: vec![place(0.0, 0.0), place(5_500.0, 0.0)], way, id: 0 };
    let mut roads = StreetNetwork::new(Mode::Drive, KmPerHour(5.0), &[line], &Hindrances::default(), length_m);
    roads.max_snap_m = 50.0;
    // a path from 9 km to 10 km, walked at 7.5 km/h: 8 min
    let line = Line { corners: vec![place(9_000.0, 0.0), place(10_000.0, 0.0)], way: Way::both(KmPerHour(7.5)), id: 0 };
    let mut paths = StreetNetwork::new(Mode::Walk, KmPerHour(5.0), &[line], &Hindrances::default(), length_m);
    paths.max_snap_m = 50.0;
    study.streets = vec![roads, paths];
    let text = |direction: &str| {
        format!(
            "reachable-within = {{ centres = \"centre\", within = \"10 min\", by = [\"drive\", \"walk\"], direction = \"{direction}\" }}"
        )
    };
    // from P one drives to v2 and v5 in 2 and 5 min; Q is walked to from v9 in 8 min
    let from = measure(&study, &text("from-facility")).unwrap();
    assert_eq!((from.headline.part, from.headline.whole, from.headline.unknown), (Some(700.0), Some(700.0), 0.0));
    assert_eq!(column(&from, "i_centres", "weight_drive"), [Some(300.0), Some(0.0)]);
    assert_eq!(column(&from, "i_centres", "weight_walk"), [Some(0.0), Some(400.0)]);
    // nobody drives back to P: v2 and v5 reach nothing by car and are off the paths, so whether they walk is not known
    let to = measure(&study, &text("to-facility")).unwrap();
    assert_eq!((to.headline.part, to.headline.whole, to.headline.unknown), (Some(400.0), Some(400.0), 300.0));
    assert_eq!(to.headline.bounds, Some((400.0 / 700.0, 1.0)));
    assert_eq!(column(&to, "i_points", "centres"), [None, None, Some(1.0)]);
    assert!(from.notes.iter().any(|note| note.en == "alone: 100 % by car, 100 % on foot"), "{:?}", from.notes);
}

#[test]
fn what_does_not_fit_is_refused_with_what_to_write() {
    for (from, to, word) in [
        ("[\"straight-line\"]", "[]", "transit"),
        ("[\"straight-line\"]", "[\"walk\", \"walk\"]", "twice"),
        ("5 km", "5 min", "speed"),
        ("\"centre\"", "\"center\"", "kinds in the study: centre, town"),
    ] {
        let error = measure(&study(), &FLOWN.replace(from, to)).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|text| text.contains(word)), "{to}: {error:?}");
    }
}
