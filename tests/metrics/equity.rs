//! How evenly a distance is spread, on a row of townships whose every number is derived beside it.

use tongda::base::units::Weight;
use tongda::metrics::Output;
use tongda::model::demand::WeightGroup;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::table::Table;
use tongda::table::Value;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::rectangle;

/// The worked example of the methods page: a clinic at 0, townships at 2, 4 and 6 km in county A, at 8 and 12 km in county B,
/// and their rank by income. The statistics of these numbers were computed with numpy.
fn study() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(-1_000.0, -1_000.0, 7_000.0, 1_000.0), "c", "P", false)
        .county("B", rectangle(7_000.0, -1_000.0, 13_000.0, 1_000.0), "c", "P", false)
        .facility("k", "clinic", 0.0, 0.0)
        .people(&[
            ("t2", 2_000.0, 0.0, 100),
            ("t4", 4_000.0, 0.0, 200),
            ("t6", 6_000.0, 0.0, 300),
            ("t8", 8_000.0, 0.0, 250),
            ("t12", 12_000.0, 0.0, 150),
        ])
        .build();
    let (a, b) = (study.regions.find(Level::County, "A"), study.regions.find(Level::County, "B"));
    study.demand[0].home = vec![a, a, a, b, b];
    let weights = [3, 1, 2, 5, 4].map(Weight::whole).to_vec();
    study.demand[0].groups.push(WeightGroup { name: "income".into(), weights });
    study
}

const FLOWN: &str = "equity = { kind = \"clinic\", by = \"straight-line\", limit = \"6 km\", rank = \"income\" }";

fn table<'a>(output: &'a Output, name: &str) -> &'a Table {
    output.tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"))
}

/// A number of a table, by the text in its first column that a row starts with.
fn number(table: &Table, key: &str, field: &str) -> Option<f64> {
    let row = table.rows.iter().find(|row| row.values[0] == Value::from(key)).unwrap_or_else(|| panic!("no {key}"));
    row.values[table.field(field).unwrap()].as_f64()
}

fn close(got: Option<f64>, want: f64) {
    let got = got.unwrap();
    assert!((got - want).abs() <= 5e-7 * want.max(1.0), "{got} instead of {want}");
}

#[test]
fn the_worked_example_of_the_methods_page() {
    let output = measure(&study(), FLOWN).unwrap();
    close(output.headline.value, 0.240909);
    assert_eq!((output.headline.whole, output.headline.unknown), (Some(1000.0), 0.0));
    assert_eq!(output.headline.bounds, output.headline.value.map(|gini| (gini, gini)));
    let statistics = table(&output, "i_equity");
    let wanted = [
        ("mean", 6600.0),
        ("p10", 2000.0),
        ("p50", 6000.0),
        ("p90", 12_000.0),
        ("max", 12_000.0),
        ("gini", 0.240909),
        ("hoover", 0.175758),
        ("cv", 0.440177),
        ("theil_t", 0.098468),
        ("theil_l", 0.110372),
        ("palma", 0.75),
        ("fifths", 3.6666667),
        ("atkinson_0.5", 0.050764),
        ("atkinson_1", 0.104499),
        ("theil_t_within_county", 0.035817),
        ("theil_t_between_county", 0.062651),
        ("concentration", 0.146970),
        // beyond 6 km are 250 people by 2 km and 150 by 6 km; those at 6 km are not
        ("beyond", 0.4),
        ("gap", 0.2333333),
        ("severity", 0.1777778),
        ("excess", 3500.0),
    ];
    for (statistic, want) in wanted {
        close(number(statistics, statistic, "value"), want);
    }
    // one city and one province: nothing lies between
    assert!(statistics.rows.iter().all(|row| row.values[0] != Value::from("theil_t_between_city")));
}

#[test]
fn regions_stand_side_by_side_with_the_whole() {
    let output = measure(&study(), FLOWN).unwrap();
    let regions = table(&output, "i_spread");
    // A: (100·2 + 200·4 + 300·6)/600 = 2800/600 km; B: (250·8 + 150·12)/400 = 9.5 km
    close(number(regions, "A", "mean"), 14_000.0 / 3.0);
    close(number(regions, "B", "mean"), 9500.0);
    close(number(regions, "P", "mean"), 6600.0);
    // B: half the mean difference over the mean: 2·250·150·4/(2·400²·9.5) = 0.098684
    close(number(regions, "B", "gini"), 0.098684);
    let of_b = output.regions.iter().find(|figure| figure.level == Level::County).unwrap();
    assert_eq!(of_b.figure.value, number(regions, "A", "gini"));
}

#[test]
fn the_curve_goes_through_the_shares_of_the_worked_example() {
    let output = measure(&study(), FLOWN).unwrap();
    let curve = table(&output, "i_lorenz");
    let at = |nth: usize| (curve.rows[nth].values[0].as_f64(), curve.rows[nth].values[1].as_f64());
    assert_eq!((curve.rows.len(), at(0), at(20).0), (21, (Some(0.0), Some(0.0)), Some(1.0)));
    // the 10 % at 2 km have 200 of 6600 km, the first 30 % 1000, the first 40 % 1600
    for (nth, want) in [(2, 200.0 / 6600.0), (6, 1000.0 / 6600.0), (8, 1600.0 / 6600.0), (20, 1.0)] {
        close(at(nth).1, want);
    }
}

#[test]
fn the_worst_served_have_the_most_distance_and_not_the_longest_way() {
    let output = measure(&study(), FLOWN).unwrap();
    let worst = table(&output, "i_worst");
    // km times people: t8 2000; t6 1800 and t12 1800, the one that comes first in the layer first; t4 800; t2 200
    let names: Vec<String> = worst.rows.iter().filter_map(|row| row.values[1].as_key()).collect();
    assert_eq!(names, ["t8", "t6", "t12", "t4", "t2"]);
    close(worst.rows[0].values[worst.field("share").unwrap()].as_f64(), 2000.0 / 6600.0);
}

#[test]
fn those_without_a_distance_are_in_no_statistic_and_beside_all() {
    let mut study = study();
    // t12 is nowhere: 850 people with 4800 km remain; half the mean difference over the mean: pairs 100·200·2 + 100·300·4 + 100·250·6
    // + 200·300·2 + 200·250·4 + 300·250·2 = 780 000; 780 000/(850 · 4800) = 0.191176
    study.demand[0].at[4] = None;
    let output = measure(&study, FLOWN).unwrap();
    close(output.headline.value, 0.191176);
    assert_eq!((output.headline.bounds, output.headline.unknown), (None, 150.0));
    assert!(output.headline.reason.is_some());
    let statistics = table(&output, "i_equity");
    for row in &statistics.rows {
        assert_eq!(row.values[statistics.field("known").unwrap()].as_f64(), Some(850.0));
        assert_eq!(row.values[statistics.field("without").unwrap()].as_f64(), Some(150.0));
    }
    assert!(output.notes.iter().any(|note| note.en.starts_with("150 of 1\u{202f}000")), "{:?}", output.notes);
    assert!(output.weights[0].balances() && output.weights[0].total == Weight::whole(1000));
}

#[test]
fn those_without_a_facility_that_counts_are_told_apart() {
    let mut study = study();
    // the clinic is A's, so that the 400 people of B have none; of A: pairs 100·200·2 + 100·300·4 + 200·300·2 = 280 000 over 600 people
    // times 2800 km, 0.166667
    study.facilities[0].home = study.demand[0].home[0];
    let output = measure(&study, &FLOWN.replace("limit", "whose = \"same-region\", limit")).unwrap();
    close(output.headline.value, 0.166667);
    assert_eq!((output.headline.bounds, output.headline.unknown), (None, 400.0));
    let reason = output.headline.reason.unwrap().en;
    assert!(reason.starts_with("400 of 1\u{202f}000") && !reason.contains("not known"), "{reason}");
    let mean = "nearest = { kind = \"clinic\", by = \"straight-line\", whose = \"same-region\" }";
    assert_eq!(measure(&study, mean).unwrap().headline.reason.map(|mean| mean.en), Some(reason));
    assert_eq!(output.weights[0].parts[1], ("without-facility", Weight::whole(400)));
}

#[test]
fn nobody_within_reach_is_no_data_and_all_at_the_door_is_no_inequality_either() {
    let mut study = study();
    study.demand[0].at = vec![None; 5];
    let nowhere = measure(&study, FLOWN).unwrap();
    assert_eq!((nowhere.headline.value, nowhere.headline.unknown), (None, 1000.0));
    assert!(nowhere.tables.iter().all(|table| table.name != "i_equity" && table.name != "i_lorenz"));
    let at_the_door = study.facilities[0].at;
    study.demand[0].at = vec![Some(at_the_door); 5];
    let door = measure(&study, FLOWN).unwrap();
    assert_eq!((door.headline.value, door.headline.unknown), (None, 0.0));
    assert!(door.headline.reason.as_ref().is_some_and(|reason| reason.en.contains("nobody travels")));
    assert_eq!(number(table(&door, "i_equity"), "mean", "value"), Some(0.0));
}

#[test]
fn parameters_that_do_not_fit_are_refused_with_what_to_write() {
    let study = study();
    let refused = |old: &str, new: &str| measure(&study, &FLOWN.replace(old, new)).unwrap_err().to_string();
    let message = refused("6 km", "6 min");
    assert!(message.contains("cost = \"time\""), "{message}");
    let message = refused("6 km", "0 m");
    assert!(message.contains("above 0"), "{message}");
    let message = refused("income", "wealth");
    assert!(message.contains("wealth") && message.contains("count, people, income"), "{message}");
    let message = refused("limit", "cost = \"time\", limit");
    assert!(message.contains("crow"), "{message}");
    let hoover = measure(&study, &FLOWN.replace("limit", "statistic = \"hoover\", limit")).unwrap();
    close(hoover.headline.value, 0.175758);
}
