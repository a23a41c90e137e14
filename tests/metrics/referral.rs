//! Chains of referrals: the worked example of the methods page, derived there, and random towns against a plain twin that tries every facility.

use tongda::base::units::KmPerHour;
use tongda::impedance::geodesic::geodesic_m;
use tongda::metrics::Output;
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
        .county("A", rectangle(-2_000.0, -1_000.0, 30_000.0, 1_000.0), "X", "R", true)
        .facility("C1", "clinic", 0.0, 0.0)
        .facility("C2", "clinic", 10_000.0, 0.0)
        .facility("T1", "township", 4_000.0, 0.0)
        .facility("T2", "township", 19_000.0, 0.0)
        .facility("H", "county", 20_000.0, 0.0)
        .people(&[("a", -1_000.0, 0.0, 100), ("b", 9_000.0, 0.0, 200), ("c", 12_000.0, 0.0, 300), ("d", 0.0, 0.0, 50)])
        .build();
    study.demand[0].home = vec![study.regions.find(Level::County, "A"); 4];
    study.demand[0].at[3] = None;
    study
}

fn chain(last: &str) -> String {
    format!(
        "referral = {{ by = \"straight-line\", chain = [{{ kind = \"clinic\", within = \"1.5 km\" }}, {{ kind = \"township\", within = \"5 km\" \
         }}, {{ kind = \"county\", within = \"{last}\" }}] }}"
    )
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

#[test]
fn the_worked_example_of_the_methods_page() {
    let output = measure(&road(), &chain("15 km")).unwrap();
    assert_eq!((output.headline.part, output.headline.whole, output.headline.unknown), (Some(0.0), Some(600.0), 50.0));
    assert_eq!(words(&output, "i_points", "state"), ["link-3", "link-2", "link-1"]);
    let strain: Vec<f64> = numbers(&output, "i_points", "strain").into_iter().flatten().collect();
    assert_eq!(strain, [16.0 / 15.0, 6.0 / 5.0, 2.0 / 1.5]);
    assert_eq!(numbers(&output, "i_points", "chain_m"), [Some(21_000.0), Some(23_000.0), Some(24_000.0)]);
    assert_eq!(numbers(&output, "i_points", "direct_m"), [Some(21_000.0), Some(11_000.0), Some(8_000.0)]);
    let notes: Vec<&str> = output.notes.iter().map(|note| note.en.as_str()).collect();
    assert!(notes.contains(&"the weakest link is the one to county: it fails 600"), "{notes:?}");
    // 13,900 km over 600 people, and 6,700 km
    assert!(
        notes.iter().any(|note| note.contains("is 23167 m on average, straight to the nearest county 11167 m")),
        "{notes:?}"
    );

    let output = measure(&road(), &chain("16 km")).unwrap();
    assert_eq!((output.headline.part, output.headline.whole), (Some(100.0), Some(600.0)));
    let parts: Vec<(&str, f64)> =
        output.weights[0].parts.iter().map(|(name, weight)| (*name, weight.to_f64())).collect();
    assert_eq!(parts, [("held", 100.0), ("broken", 500.0), ("later-link-unknown", 0.0), ("without-place", 50.0)]);
    assert!(output.weights[0].balances());
    let variants: Vec<(&str, Option<f64>, bool)> = output
        .variants
        .iter()
        .map(|variant| (variant.code.as_str(), variant.figure.part, variant.informative_only))
        .collect();
    assert_eq!(
        variants,
        [
            ("chain", Some(100.0), false),
            ("link-1", Some(300.0), true),
            ("link-2", Some(100.0), true),
            ("link-3", Some(600.0), true)
        ]
    );
    assert!(output.notes.iter().any(|note| note.en.contains("the one to township: it fails 500")));
    // clinics to townships, townships to the county's; who goes on from T2 is nobody
    assert_eq!(words(&output, "i_links", "from"), ["C1", "C2", "T1", "T2"]);
    assert_eq!(words(&output, "i_links", "to"), ["T1", "T1", "H", "H"]);
    assert_eq!(words(&output, "i_links", "state"), ["held", "too-far", "held", "held"]);
    assert_eq!(numbers(&output, "i_links", "weight"), [Some(100.0), Some(500.0), Some(600.0), Some(0.0)]);
    let keys: Vec<&str> = output.evidence.iter().map(|line| line.key.as_str()).collect();
    assert_eq!(keys, ["c", "b", "d"]);
    assert_eq!(output.evidence[1].text.en, "b (b): 1000 m to C2, then 6000 m to T1, beyond 5 km, then 16000 m to H");
}

#[test]
fn a_link_at_its_limit_holds_and_a_millimetre_beyond_it_fails() {
    for (limit, held) in [("16 km", 100.0), ("15.999999 km", 0.0)] {
        assert_eq!(measure(&road(), &chain(limit)).unwrap().headline.part, Some(held), "{limit}");
    }
}

#[test]
fn without_a_facility_that_counts_the_chain_is_broken_there() {
    let mut study = road();
    // the hospital lies in no county: within the county there is none
    let home = study.regions.find(Level::County, "A");
    study.facilities.iter_mut().filter(|facility| facility.kind != "county").for_each(|facility| facility.home = home);
    let text = chain("16 km").replace("by =", "whose = \"same-region\", by =");
    let output = measure(&study, &text).unwrap();
    assert_eq!((output.headline.part, output.headline.whole), (Some(0.0), Some(600.0)));
    assert_eq!(words(&output, "i_points", "state"), ["link-3", "link-3", "link-3"]);
    let codes: Vec<(&str, Option<&str>)> =
        output.issues.iter().map(|issue| (issue.code, issue.id.as_deref())).collect();
    assert_eq!(codes, [("referral-no-way", Some("T1")), ("referral-no-way", Some("T2"))]);
    // a link behind one without a way is not known, and the chain is broken all the same
    study.facilities.iter_mut().for_each(|facility| facility.home = home);
    study
        .facilities
        .iter_mut()
        .filter(|facility| facility.kind == "township")
        .for_each(|facility| facility.home = None);
    let output = measure(&study, &text).unwrap();
    assert_eq!((output.headline.whole, output.variants[3].figure.unknown), (Some(600.0), 650.0));
}

#[test]
fn how_one_goes_on_from_a_clinic_off_the_streets_is_not_known() {
    // a street of 1 km; the clinic stands 200 m beside it, where nobody meets a street within 50 m
    let at = |x: f64, y: f64| Place {
        lonlat: LonLat { lon: x / 111_319.490_793, lat: y / 110_574.275_822 },
        xy: PlaneXy { x, y },
    };
    let mut study = Scene::default()
        .facility("C", "clinic", 0.0, 200.0)
        .facility("D", "clinic", 500.0, 10.0)
        .facility("H", "county", 900.0, 0.0)
        .people(&[("a", 0.0, 300.0, 100), ("b", 500.0, 110.0, 200), ("c", 0.0, 1_250.0, 50)])
        .build();
    for facility in &mut study.facilities {
        facility.at = at(facility.at.xy.x, facility.at.xy.y);
    }
    let pace = KmPerHour(3.6);
    let street = Line { corners: vec![at(0.0, 0.0), at(1_000.0, 0.0)], way: Way::both(pace), id: 0 };
    let mut network = StreetNetwork::new(Mode::Walk, pace, &[street], &Hindrances::default(), geodesic_m);
    network.max_snap_m = 50.0;
    network.min_component_m = 0.0;
    study.streets.push(network);
    let text = "referral = { by = \"walk\", chain = [{ kind = \"clinic\", within = \"1 km\", by = \"straight-line\" }, { kind = \"county\", \
                within = \"1 km\" }] }";
    let output = measure(&study, text).unwrap();
    // b: 100 m, then 10 + 400 m; a: 100 m, and then nobody knows; c: 1050 m, which is too far whatever comes after
    assert_eq!(words(&output, "i_points", "state"), ["unknown", "held", "link-1"]);
    let parts: Vec<(&str, f64)> =
        output.weights[0].parts.iter().map(|(name, weight)| (*name, weight.to_f64())).collect();
    assert_eq!(parts, [("held", 200.0), ("broken", 50.0), ("later-link-unknown", 100.0), ("without-place", 0.0)]);
    assert_eq!(output.headline.bounds, Some((200.0 / 350.0, 300.0 / 350.0)));
    let codes: Vec<(&str, Option<&str>)> =
        output.issues.iter().map(|issue| (issue.code, issue.id.as_deref())).collect();
    assert_eq!(codes, [("referral-unknown", Some("C"))]);
    let second = numbers(&output, "i_points", "link_2_m")[1].unwrap();
    assert!((second - 410.0).abs() < 0.01, "{second}");
}

#[test]
fn what_does_not_fit_is_refused_with_what_to_write() {
    let one = "referral = { chain = [{ kind = \"clinic\", within = \"1 km\" }] }".to_owned();
    for (text, word) in [
        (one, "one step is covered-share"),
        (chain("0 km"), "more than 0"),
        (chain("10 min"), "speed"),
        (chain("16 km").replace("\"township\"", "\"town\""), "kinds in the study: clinic, county, township"),
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
        // small whole numbers, so that there are ties; county A is west of 10, B from there on
        let mut scene = Scene::default().county("A", rectangle(-1.0, -1.0, 9.5, 21.0), "X", "R", true).county(
            "B",
            rectangle(9.5, -1.0, 21.0, 21.0),
            "X",
            "R",
            true,
        );
        let mut at = || (random.below(20) as f64, random.below(20) as f64);
        let tiers: Vec<Vec<(f64, f64)>> = [4, 3, 2].map(|count| (0..count).map(|_| at()).collect()).into();
        for (tier, places) in tiers.iter().enumerate() {
            for (nth, (x, y)) in places.iter().enumerate() {
                scene = scene.facility(&format!("f{tier}.{nth}"), &format!("tier{tier}"), *x, *y);
            }
        }
        let points: Vec<(f64, f64)> = (0..25).map(|_| at()).collect();
        let ids: Vec<String> = (0..points.len()).map(|nth| format!("p{nth}")).collect();
        let people: Vec<(&str, f64, f64, u64)> =
            ids.iter().zip(&points).map(|(id, (x, y))| (id.as_str(), *x, *y, 1)).collect();
        let mut study = scene.people(&people).build();
        let side = |x: f64| if x < 9.5 { "A" } else { "B" };
        let homes: Vec<_> =
            study.facilities.iter().map(|one| study.regions.find(Level::County, side(one.at.xy.x))).collect();
        study.facilities.iter_mut().zip(homes).for_each(|(facility, home)| facility.home = home);
        study.demand[0].home = points.iter().map(|(x, _)| study.regions.find(Level::County, side(*x))).collect();
        let limits = [5.0, 8.0, 12.0];
        let steps: Vec<String> =
            (0..3).map(|tier| format!("{{ kind = \"tier{tier}\", within = \"{} m\" }}", limits[tier])).collect();
        let whose = if is_same { "same-region" } else { "any" };
        let text =
            format!("referral = {{ by = \"straight-line\", whose = \"{whose}\", chain = [{}] }}", steps.join(", "));
        let output = measure(&study, &text).unwrap();
        assert!(output.weights[0].balances());
        let nearest = |from: (f64, f64), tier: usize| -> Option<((f64, f64), f64)> {
            let mut best: Option<((f64, f64), f64)> = None;
            for to in &tiers[tier] {
                let square = (from.0 - to.0).powi(2) + (from.1 - to.1).powi(2);
                let counts = !is_same || side(from.0) == side(to.0);
                if counts && best.is_none_or(|(_, known)| square < known) {
                    best = Some((*to, square));
                }
            }
            best.map(|(to, square)| (to, square.sqrt()))
        };
        let states = words(&output, "i_points", "state");
        let totals = numbers(&output, "i_points", "chain_m");
        let mut held = 0.0;
        for (nth, point) in points.iter().enumerate() {
            let (mut from, mut costs) = (Some(*point), Vec::new());
            for tier in 0..3 {
                let Some(here) = from else { continue };
                let found = nearest(here, tier);
                from = found.map(|(to, _)| to);
                costs.push(found.map(|(_, cost)| cost));
            }
            let strains: Vec<f64> =
                costs.iter().zip(limits).map(|(cost, limit)| cost.map_or(f64::INFINITY, |cost| cost / limit)).collect();
            let most = strains.iter().copied().fold(0.0, f64::max);
            let state = match costs.iter().zip(limits).all(|(cost, limit)| cost.is_some_and(|cost| cost <= limit)) {
                true => "held".to_owned(),
                false => format!("link-{}", strains.iter().position(|strain| *strain == most).unwrap() + 1),
            };
            held += if state == "held" { 1.0 } else { 0.0 };
            assert_eq!(states[nth], state, "seed {seed}, point {nth}: {costs:?}");
            let all: Option<f64> = if costs.len() == 3 { costs.into_iter().sum() } else { None };
            let rounded = all.map(|total| (total * 1000.0).round() / 1000.0);
            assert_eq!(totals[nth], rounded, "seed {seed}, point {nth}");
        }
        assert_eq!((output.headline.part, output.headline.whole), (Some(held), Some(25.0)), "seed {seed}");
    }
}
