//! Living circles: the worked example of the methods page, derived there, and random towns against a plain twin that tries every facility.

use tongda::base::units::KmPerHour;
use tongda::impedance::geodesic::geodesic_m;
use tongda::metrics::Output;
use tongda::model::facility::Excluded;
use tongda::model::facility::ExcludedBy;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::place::PlaneXy;
use tongda::model::region::Level;
use tongda::model::streets::Hindrances;
use tongda::model::streets::Line;
use tongda::model::streets::Mode;
use tongda::model::streets::StreetNetwork;
use tongda::model::streets::Way;
use tongda::model::study::Study;
use tongda::table::Value;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::rectangle;

fn road() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(-100.0, -100.0, 1_000.0, 100.0), "X", "R", true)
        .county("B", rectangle(1_000.0, -100.0, 3_000.0, 100.0), "X", "R", true)
        .facility("S", "school", 0.0, 0.0)
        .facility("C", "clinic", 800.0, 0.0)
        .facility("B", "stop", 300.0, 0.0)
        .people(&[("a", 0.0, 0.0, 100), ("b", 800.0, 0.0, 200), ("c", 2_000.0, 0.0, 300), ("d", 0.0, 0.0, 50)])
        .build();
    let home = |code| study.regions.find(Level::County, code);
    study.demand[0].home = vec![home("A"), home("A"), home("B"), home("A")];
    study.demand[0].at[3] = None;
    study
}

const KINDS: &str = "kinds = [{ kind = \"school\", within = \"500 m\" }, { kind = \"clinic\", within = \"1 km\" }, { kind = \"stop\", within = \
                     \"500 m\" }]";

fn circle(more: &str) -> String {
    format!("living-circle = {{ by = \"straight-line\", {more} {KINDS} }}")
}

fn column(output: &Output, layer: &str, field: &str) -> Vec<Value> {
    let table = output.tables.iter().find(|table| table.name == layer).unwrap();
    let at = table.field(field).unwrap();
    table.rows.iter().map(|row| row.values[at].clone()).collect()
}

fn numbers(output: &Output, layer: &str, field: &str) -> Vec<Option<f64>> {
    column(output, layer, field).iter().map(Value::as_f64).collect()
}

fn words(output: &Output, layer: &str, field: &str) -> Vec<String> {
    column(output, layer, field).iter().map(|value| value.as_key().unwrap_or_default()).collect()
}

fn parts(output: &Output) -> Vec<(&str, f64)> {
    assert!(output.weights[0].balances());
    output.weights[0].parts.iter().map(|(name, weight)| (*name, weight.to_f64())).collect()
}

#[test]
fn the_worked_example_of_the_methods_page() {
    let output = measure(&road(), &circle("")).unwrap();
    let figure = &output.headline;
    assert_eq!((figure.part, figure.whole, figure.unknown), (Some(100.0), Some(600.0), 50.0));
    assert_eq!(figure.bounds, Some((100.0 / 650.0, 150.0 / 650.0)));
    assert_eq!(
        parts(&output),
        [("all-kinds", 100.0), ("lacking", 500.0), ("a-kind-unknown", 0.0), ("without-place", 50.0)]
    );
    assert_eq!(words(&output, "i_points", "state"), ["all", "all-but-1", "none"]);
    assert_eq!(words(&output, "i_points", "missing"), ["", "school", "school, clinic, stop"]);
    assert_eq!(numbers(&output, "i_points", "kind_2_m"), [Some(800.0), Some(0.0), Some(1_200.0)]);
    assert_eq!(numbers(&output, "i_kinds", "has"), [Some(100.0), Some(300.0), Some(300.0)]);
    assert_eq!(numbers(&output, "i_kinds", "lacks"), [Some(500.0), Some(300.0), Some(300.0)]);
    assert_eq!(numbers(&output, "i_kinds", "unknown"), [Some(50.0); 3]);
    assert_eq!(numbers(&output, "i_kinds", "only_this"), [Some(200.0), Some(0.0), Some(0.0)]);
    let notes: Vec<&str> = output.notes.iter().map(|note| note.en.as_str()).collect();
    assert!(notes.contains(&"most lack school: 500, of whom 200 have everything else"), "{notes:?}");
    // 700 person-kinds over 600 people
    assert!(notes.iter().any(|note| note.starts_with("of the 3 kinds 1.17 are within reach on average")), "{notes:?}");
    let of_counties: Vec<_> = output.regions.iter().filter(|found| found.level == Level::County).collect();
    assert_eq!(of_counties[0].figure.bounds, Some((100.0 / 350.0, 150.0 / 350.0)));
    assert_eq!(of_counties[1].figure.value, Some(0.0));
    let lines: Vec<&str> = output.evidence.iter().map(|line| line.text.en.as_str()).collect();
    assert_eq!(
        lines,
        [
            "c (c): 0 of 3 kinds; no school within 500 m (nearest S, 2000 m), no clinic within 1 km (nearest C, 1200 m), no stop within 500 m \
             (nearest B, 1700 m)",
            "b (b): 2 of 3 kinds; no school within 500 m (nearest S, 800 m)",
            "d (d): 0 of 3 kinds; school not known, clinic not known, stop not known",
        ]
    );

    let output = measure(&road(), &circle("figure = \"mean\",")).unwrap();
    let figure = &output.headline;
    assert_eq!((figure.part, figure.whole, figure.unknown), (Some(700.0), Some(1_800.0), 150.0));
    assert_eq!(figure.bounds, Some((700.0 / 1_950.0, 850.0 / 1_950.0)));
    let codes: Vec<(&str, bool)> =
        output.variants.iter().map(|row| (row.code.as_str(), row.informative_only)).collect();
    assert_eq!(codes, [("mean", false), ("all", true), ("kind-1", true), ("kind-2", true), ("kind-3", true)]);
}

#[test]
fn regions_are_judged_by_the_bounds_of_their_share() {
    // A: between 28.5 and 42.8 %; B: 0 %
    for (least, want) in [("25 %", (1.0, 2.0, 0.0)), ("40 %", (0.0, 1.0, 1.0)), ("43 %", (0.0, 2.0, 0.0))] {
        let more = format!("figure = \"regions\", level = \"county\", at-least = \"{least}\",");
        let figure = measure(&road(), &circle(&more)).unwrap().headline;
        assert_eq!((figure.part, figure.whole, figure.unknown), (Some(want.0), Some(want.1), want.2), "{least}");
    }
    // exactly the share asked for is enough: 1 of 2 in A when b is 100 and d nobody
    let mut study = road();
    let more = "figure = \"regions\", level = \"county\", at-least = \"50 %\", weight = \"count\",";
    study.demand[0].at[3] = Some(crate::support::scene::place(2_000.0, 0.0));
    study.demand[0].home[3] = study.regions.find(Level::County, "B");
    let output = measure(&study, &circle(more)).unwrap();
    assert_eq!((output.headline.part, output.headline.whole), (Some(1.0), Some(2.0)));
    let city = output.regions.iter().find(|found| found.level == Level::City).unwrap();
    assert_eq!((city.figure.part, city.figure.whole), (Some(1.0), Some(2.0)));
    assert_eq!(numbers(&output, "i_regions", "value"), [Some(0.5), Some(0.0)]);
}

#[test]
fn a_kind_at_its_limit_is_in_reach_and_a_millimetre_beyond_it_is_not() {
    for (limit, all) in [("800 m", 100.0), ("799.999 m", 0.0)] {
        let text = circle("").replace("1 km", limit);
        assert_eq!(measure(&road(), &text).unwrap().headline.part, Some(all), "{limit}");
    }
}

#[test]
fn a_kind_that_no_file_has_is_no_data_and_not_lacking() {
    let mut study = road();
    study.facilities.retain(|facility| facility.kind != "stop");
    let output = measure(&study, &circle("")).unwrap();
    // b and c lack the school; a has all that is known of; d nobody knows
    let figure = &output.headline;
    assert_eq!((figure.value, figure.bounds), (None, Some((0.0, 150.0 / 650.0))));
    assert_eq!(
        parts(&output),
        [("all-kinds", 0.0), ("lacking", 500.0), ("a-kind-unknown", 100.0), ("without-place", 50.0)]
    );
    assert_eq!(words(&output, "i_points", "state"), ["perhaps", "all-but-2", "none"]);
    assert!(output.issues.iter().any(|issue| issue.code == "kind-without-facility"));
    assert!(figure.reason.as_ref().is_some_and(|reason| reason.en.contains("no facility of kind stop was read")));
    // taken out by a flood there is none for certain
    let mut study = road();
    let at = study.facilities.iter().position(|facility| facility.kind == "stop").unwrap();
    let facility = study.facilities.remove(at);
    study.excluded.push(Excluded { facility, by: ExcludedBy::Hazard { hazard: "flood".into(), zone: "z".into() } });
    let output = measure(&study, &circle("")).unwrap();
    assert_eq!((output.headline.part, output.headline.whole), (Some(0.0), Some(600.0)));
}

#[test]
fn any_of_several_kinds_serves() {
    // c lives 1200 m from the clinic: with the school counted for clinics nothing changes, b has a "school" in the clinic
    let text = circle("").replace("kind = \"school\"", "kind = [\"school\", \"clinic\"]");
    let output = measure(&road(), &text).unwrap();
    assert_eq!(output.headline.part, Some(300.0));
    assert_eq!(words(&output, "i_kinds", "kind")[0], "school/clinic");
}

#[test]
fn a_kind_along_streets_is_not_known_of_those_off_the_streets() {
    // a street of 1 km; a lives 300 m beside it, where nobody meets a street within 50 m, and has the school as the crow flies
    let at = |x: f64, y: f64| Place {
        lonlat: LonLat { lon: x / 111_319.490_793, lat: y / 110_574.275_822 },
        xy: PlaneXy { x, y },
    };
    let mut study = Scene::default()
        .facility("S", "school", 0.0, 200.0)
        .facility("C", "clinic", 900.0, 0.0)
        .people(&[("a", 0.0, 300.0, 100), ("b", 500.0, 10.0, 200), ("c", 900.0, 20.0, 50)])
        .build();
    for facility in &mut study.facilities {
        facility.at = at(facility.at.xy.x, facility.at.xy.y);
    }
    for place in study.demand[0].at.iter_mut().flatten() {
        *place = at(place.xy.x, place.xy.y);
    }
    let pace = KmPerHour(3.6);
    let street = Line { corners: vec![at(0.0, 0.0), at(1_000.0, 0.0)], way: Way::both(pace), id: 0 };
    let mut network = StreetNetwork::new(Mode::Walk, pace, &[street], &Hindrances::default(), geodesic_m);
    network.max_snap_m = 50.0;
    network.min_component_m = 0.0;
    study.streets.push(network);
    let text = "living-circle = { by = \"walk\", kinds = [{ kind = \"school\", within = \"600 m\", by = \"straight-line\" }, { kind = \
                \"clinic\", within = \"10 min\" }] }";
    let output = measure(&study, text).unwrap();
    // b: √(500² + 190²) = 535 m to the school, 10 m and 400 m at a metre a second (and 10 m at the speed to the street) to the clinic; c: 918 m
    assert_eq!(words(&output, "i_points", "state"), ["perhaps", "all", "all-but-1"]);
    assert_eq!(
        parts(&output),
        [("all-kinds", 200.0), ("lacking", 50.0), ("a-kind-unknown", 100.0), ("without-place", 0.0)]
    );
    assert_eq!(words(&output, "i_points", "unknown"), ["clinic", "", ""]);
}

#[test]
fn what_does_not_fit_is_refused_with_what_to_write() {
    for (text, word) in [
        (
            "living-circle = { kinds = [{ kind = \"school\", within = \"1 km\" }] }".to_owned(),
            "one kind is covered-share",
        ),
        (circle("").replace("1 km", "0 km"), "more than 0"),
        (circle("").replace("1 km", "10 min"), "speed"),
        (circle("").replace("\"clinic\"", "\"school\""), "twice"),
        (circle("figure = \"regions\","), "needs a level"),
        (circle("figure = \"regions\", level = \"county\", at-least = \"120 %\","), "90 %"),
        (circle("level = \"county\","), "goes with"),
        (
            circle("").replace("\"school\"", "\"x\"").replace("\"clinic\"", "\"y\"").replace("\"stop\"", "\"z\""),
            "kinds in the study: clinic, school, stop",
        ),
    ] {
        let error = measure(&road(), &text).err().map(|error| error.to_string());
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
fn random_towns_are_as_a_plain_twin_finds_them() {
    let only = std::env::var("TONGDA_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    for seed in only.map_or(0..200, |seed| seed..seed + 1) {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..5).for_each(|_| _ = random.below(2));
        let is_same = random.below(2) == 0;
        // small whole numbers, so that there are ties with the limits; county A is west of 10, B from there on
        let mut scene = Scene::default().county("A", rectangle(-1.0, -1.0, 9.5, 21.0), "X", "R", true).county(
            "B",
            rectangle(9.5, -1.0, 21.0, 21.0),
            "X",
            "R",
            true,
        );
        let count = 2 + random.below(4) as usize;
        let places: Vec<Vec<(f64, f64)>> = (0..count)
            .map(|_| (0..1 + random.below(4)).map(|_| (random.below(20) as f64, random.below(20) as f64)).collect())
            .collect();
        let limits: Vec<f64> = (0..count).map(|_| 3.0 + random.below(8) as f64).collect();
        for (kind, of_kind) in places.iter().enumerate() {
            for (nth, (x, y)) in of_kind.iter().enumerate() {
                scene = scene.facility(&format!("f{kind}.{nth}"), &format!("kind{kind}"), *x, *y);
            }
        }
        let points: Vec<(f64, f64, u64, bool)> = (0..25)
            .map(|_| (random.below(20) as f64, random.below(20) as f64, random.below(9), random.below(8) > 0))
            .collect();
        let ids: Vec<String> = (0..points.len()).map(|nth| format!("p{nth}")).collect();
        let people: Vec<(&str, f64, f64, u64)> =
            ids.iter().zip(&points).map(|(id, (x, y, people, _))| (id.as_str(), *x, *y, *people)).collect();
        let mut study = scene.people(&people).build();
        let side = |x: f64| if x < 9.5 { "A" } else { "B" };
        let homes: Vec<_> =
            study.facilities.iter().map(|one| study.regions.find(Level::County, side(one.at.xy.x))).collect();
        study.facilities.iter_mut().zip(homes).for_each(|(facility, home)| facility.home = home);
        study.demand[0].home = points.iter().map(|(x, ..)| study.regions.find(Level::County, side(*x))).collect();
        for (at, (.., is_known)) in points.iter().enumerate() {
            if !is_known {
                study.demand[0].at[at] = None;
            }
        }
        let kinds: Vec<String> =
            (0..count).map(|kind| format!("{{ kind = \"kind{kind}\", within = \"{} m\" }}", limits[kind])).collect();
        let whose = if is_same { "same-region" } else { "any" };
        let text = |more: &str| {
            format!(
                "living-circle = {{ by = \"straight-line\", whose = \"{whose}\", {more} kinds = [{}] }}",
                kinds.join(", ")
            )
        };
        // the twin
        let has = |(x, y): (f64, f64), kind: usize| {
            places[kind]
                .iter()
                .any(|(to_x, to_y)| (x - to_x).hypot(y - to_y) <= limits[kind] && (!is_same || side(x) == side(*to_x)))
        };
        let (mut all, mut reached, mut known, mut unknown) = (0, 0, 0, 0);
        let mut by_county = [("A", 0, 0, 0), ("B", 0, 0, 0)];
        for (x, y, people, is_known) in &points {
            let county = &mut by_county[usize::from(side(*x) == "B")];
            if !is_known {
                unknown += people;
                county.3 += people;
                continue;
            }
            let number = (0..count).filter(|kind| has((*x, *y), *kind)).count() as u64;
            known += people;
            county.2 += people;
            reached += people * number;
            if number == count as u64 {
                all += people;
                county.1 += people;
            }
        }
        let sums =
            |output: &Output| (output.headline.part.unwrap(), output.headline.whole.unwrap(), output.headline.unknown);
        let output = measure(&study, &text("")).unwrap();
        parts(&output);
        assert_eq!(sums(&output), (all as f64, known as f64, unknown as f64), "seed {seed}");
        let output = measure(&study, &text("figure = \"mean\",")).unwrap();
        let times = |number: u64| (number * count as u64) as f64;
        assert_eq!(sums(&output), (reached as f64, times(known), times(unknown)), "seed {seed}");
        // a third, compared in whole numbers
        let output = measure(&study, &text("figure = \"regions\", level = \"county\", at-least = \"20 %\",")).unwrap();
        let (mut enough, mut too_few, mut perhaps) = (0.0, 0.0, 0.0);
        for (_, all, known, unknown) in by_county {
            let whole = known + unknown;
            if whole == 0 {
                // nobody lives there, or no point lies there at all: the latter is no data
            } else if 5 * all >= whole {
                enough += 1.0;
            } else if 5 * (all + unknown) < whole {
                too_few += 1.0;
            } else {
                perhaps += 1.0;
            }
        }
        assert_eq!(sums(&output), (enough, enough + too_few, perhaps), "seed {seed}");
    }
}
