//! Buses to the seat without a change: the worked example of the methods page, derived there, and random networks against a plain twin.

use tongda::metrics::Output;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::model::transit::Mode;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::place;
use crate::support::scene::rectangle;

const KM: f64 = 1000.0;

fn at_home(mut study: Study) -> Study {
    let side = |x: f64| if x < 20.0 * KM { "A" } else { "B" };
    let home = |x: f64| study.regions.find(Level::County, side(x));
    let homes: Vec<_> = study.facilities.iter().map(|facility| home(facility.at.xy.x)).collect();
    let demand: Vec<_> = study.demand[0].at.iter().map(|at| home(at.map_or(0.0, |at| at.xy.x))).collect();
    study.facilities.iter_mut().zip(homes).for_each(|(facility, home)| facility.home = home);
    study.demand[0].home = demand;
    study
}

fn road() -> Study {
    let on = |at: &[f64]| -> Vec<(f64, f64)> { at.iter().map(|x| (x * KM, 0.0)).collect() };
    let mut study = at_home(
        Scene::default()
            .county("A", rectangle(-KM, -KM, 20.0 * KM, KM), "c", "P", false)
            .county("B", rectangle(20.0 * KM, -KM, 41.0 * KM, KM), "c", "P", false)
            .facility("a", "seat", 0.0, 0.0)
            .facility("b", "seat", 40.0 * KM, 0.0)
            .line("L1", Mode::Bus, 3.0, &on(&[0.5, 5.0, 12.0]))
            .line("L2", Mode::Bus, 2.0, &on(&[12.0, 39.6]))
            .people(&[
                ("v1", 3.0 * KM, 0.0, 1),
                ("v2", 8.0 * KM, 0.0, 1),
                ("v3", 13.0 * KM, 0.0, 1),
                ("v4", 39.0 * KM, 0.0, 1),
                ("v5", 25.0 * KM, 0.0, 1),
                ("v6", 0.0, 0.0, 1),
            ])
            .build(),
    );
    study.demand[0].at[5] = None;
    study
}

fn text(more: &str) -> String {
    format!("direct-to-seat = {{ seat = \"seat\", by = \"straight-line\", weight = \"count\", {more} }}")
}

fn sums(output: &Output) -> (f64, f64, f64) {
    assert!(output.weights[0].balances());
    (output.headline.part.unwrap(), output.headline.whole.unwrap(), output.headline.unknown)
}

fn states(output: &Output) -> Vec<&str> {
    output.outcomes.iter().map(|outcome| outcome.state).collect()
}

#[test]
fn the_worked_example_of_the_methods_page() {
    let study = road();
    let output = measure(&study, &text("")).unwrap();
    assert_eq!(states(&output), ["direct", "not-direct", "direct", "direct", "not-direct", "no-place"]);
    assert_eq!(sums(&output), (3.0, 5.0, 1.0));
    assert_eq!(output.headline.bounds, Some((0.5, 4.0 / 6.0)));
    let of = |code| {
        let region = study.regions.find(Level::County, code).unwrap();
        output.regions.iter().find(|found| found.region == region).unwrap().figure.clone()
    };
    assert_eq!((of("A").part, of("A").whole), (Some(2.0), Some(3.0)));
    assert_eq!((of("B").part, of("B").whole), (Some(1.0), Some(2.0)));
    let lines: Vec<&str> = output.evidence.iter().map(|line| line.text.en.as_str()).collect();
    assert_eq!(
        lines,
        [
            "v2 (v2): none; the nearest stop is 3000 m away",
            "v5 (v5): none; the nearest stop is 13000 m away",
            "v6 (v6): place not known"
        ]
    );
    let output = measure(&study, &text("judge = \"regions\"")).unwrap();
    assert_eq!(sums(&output), (2.0, 2.0, 0.0));
    // v2's nearest stop is 3 km away, v1's 2 km
    let any = &output.variants[2];
    assert_eq!((any.code.as_str(), any.figure.part, any.figure.whole), ("any-stop", Some(3.0), Some(5.0)));
}

#[test]
fn at_exactly_the_limits_counts_and_a_millimetre_beyond_does_not() {
    let study = road();
    for (more, want) in [
        ("within = \"1.999999 km\"", ["not-direct", "direct"]),
        ("seat-within = \"499.999 m\"", ["not-direct", "not-direct"]),
        ("min-trips-per-day = 3", ["direct", "direct"]),
        ("min-trips-per-day = 3.1", ["not-direct", "not-direct"]),
        ("modes = [\"coach\"]", ["no-service-data", "no-service-data"]),
    ] {
        let output = measure(&study, &text(more)).unwrap();
        assert_eq!([states(&output)[0], states(&output)[2]], want, "{more}");
    }
    // too few
    let output = measure(&study, &text("min-trips-per-day = 3.1")).unwrap();
    assert!(output.evidence[0].text.en.contains("line L1 has 3 departures a day in its weaker direction"));
}

#[test]
fn without_a_seat_or_services_nothing_is_known() {
    let mut study = road();
    study.facilities.retain(|facility| facility.id != "b");
    let output = measure(&study, &text("")).unwrap();
    assert_eq!(states(&output)[3..], ["without-seat", "without-seat", "no-place"]);
    assert_eq!(output.issues.iter().filter(|issue| issue.code == "no-seat").count(), 1);
    let output = measure(&study, &text("judge = \"regions\"")).unwrap();
    assert_eq!(sums(&output), (1.0, 1.0, 1.0));
    // no stop in B, which says nothing: v4 and v5 are no data, and with a claim they have none
    let mut study = road();
    study.transit.as_mut().unwrap().stops[4].at = place(19.9 * KM, 0.0);
    assert_eq!(states(&measure(&study, &text("")).unwrap())[3..5], ["no-service-data"; 2]);
    study.transit.as_mut().unwrap().complete_for = vec!["B".into()];
    assert_eq!(states(&measure(&study, &text("")).unwrap())[3..5], ["not-direct"; 2]);
}

#[test]
fn a_line_that_does_not_come_back_is_none() {
    let mut study = road();
    study.transit.as_mut().unwrap().services[0].patterns[0].both_ways = false;
    assert_eq!(states(&measure(&study, &text("")).unwrap())[0], "not-direct");
}

#[test]
fn what_does_not_fit_is_refused_with_what_to_write() {
    for (text, word) in [
        (text("").replace("\"seat\"", "\"hall\""), "kinds in the study: seat"),
        (text("within = \"10 min\""), "speed"),
        (text("seat-within = \"10 min\""), "speed"),
        (text("modes = []"), "[\"bus\"]"),
        (text("min-trips-per-day = 0"), "write 1 or more"),
        (text("").replace("straight-line", "transit"), "write walk"),
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
fn random_networks_are_as_a_plain_twin_finds_them() {
    let only = std::env::var("TONGDA_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    for seed in only.map_or(0..200, |seed| seed..seed + 1) {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..5).for_each(|_| _ = random.below(2));
        // on a grid of a kilometre, so that limits are met exactly; the border at 20 km, nothing on it
        let mut at = || (random.below(40) as f64 * KM + 0.5 * KM, random.below(8) as f64 * KM);
        let seats: Vec<(f64, f64)> = (0..3).map(|_| at()).collect();
        let lines: Vec<Vec<(f64, f64)>> = (0..5).map(|_| (0..4).map(|_| at()).collect()).collect();
        let villages: Vec<(f64, f64)> = (0..20).map(|_| at()).collect();
        let trips: Vec<f64> = (0..5).map(|_| 1.0 + random.below(3) as f64).collect();
        let mut scene = Scene::default().county("A", rectangle(0.0, -KM, 20.0 * KM, 9.0 * KM), "c", "P", false).county(
            "B",
            rectangle(20.0 * KM, -KM, 40.0 * KM, 9.0 * KM),
            "c",
            "P",
            false,
        );
        for (nth, (x, y)) in seats.iter().enumerate() {
            scene = scene.facility(&format!("s{nth}"), "seat", *x, *y);
        }
        for (nth, stops) in lines.iter().enumerate() {
            scene = scene.line(&format!("l{nth}"), Mode::Bus, trips[nth], stops);
        }
        let ids: Vec<String> = (0..20).map(|nth| format!("v{nth}")).collect();
        let people: Vec<(&str, f64, f64, u64)> =
            ids.iter().zip(&villages).map(|(id, (x, y))| (id.as_str(), *x, *y, 1)).collect();
        let study = at_home(scene.people(&people).build());
        let is_west = |at: &(f64, f64)| at.0 < 20.0 * KM;
        let metres = |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
        let want: Vec<&str> = villages
            .iter()
            .map(|village| {
                let own: Vec<&(f64, f64)> = seats.iter().filter(|seat| is_west(seat) == is_west(village)).collect();
                if own.is_empty() {
                    return "without-seat";
                }
                let is_direct = (0..5).any(|nth| {
                    let near = |stop: &(f64, f64)| metres(stop, village) <= 3.0 * KM;
                    let seat = |stop: &(f64, f64)| own.iter().any(|seat| metres(stop, seat) <= 2.0 * KM);
                    let stops = &lines[nth];
                    // it runs both ways: on the way out from the earlier call, on the way back from the later one; a stop of both is enough
                    let is_pair = |i: usize, j: usize| near(&stops[i]) && seat(&stops[j]);
                    let out = (0..4).any(|i| (i + 1..4).any(|j| is_pair(i, j)));
                    let home = (0..4).any(|i| (0..i).any(|j| is_pair(i, j)));
                    let is_there = (0..4).any(|i| is_pair(i, i));
                    trips[nth] * (f64::from(out) + f64::from(home)).max(f64::from(is_there)) >= 2.0
                });
                let has_data = lines.iter().flatten().any(|stop| is_west(stop) == is_west(village));
                match (is_direct, has_data) {
                    (true, _) => "direct",
                    (false, true) => "not-direct",
                    (false, false) => "no-service-data",
                }
            })
            .collect();
        let text = text("within = \"3 km\", seat-within = \"2 km\", min-trips-per-day = 2");
        let output = measure(&study, &text).unwrap();
        assert_eq!(states(&output), want, "seed {seed}");
        let (part, whole, unknown) = sums(&output);
        let count = |state: &str| want.iter().filter(|one| **one == state).count() as f64;
        assert_eq!((part, whole), (count("direct"), count("direct") + count("not-direct")), "seed {seed}");
        assert_eq!(unknown, 20.0 - whole, "seed {seed}");
    }
}
