//! Hubs and neighbouring regions: the worked example of the methods page, derived there, and random networks against a plain twin.

use tongda::metrics::Output;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::model::transit::Mode;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::rectangle;

const KM: f64 = 1000.0;

fn row() -> Study {
    let county = |nth: f64| rectangle(nth * 20.0 * KM, 0.0, (nth + 1.0) * 20.0 * KM, 20.0 * KM);
    Scene::default()
        .county("A", county(0.0), "a", "P", false)
        .county("B", county(1.0), "b", "P", false)
        .county("C", county(2.0), "c", "Q", false)
        .facility("H", "station", 25.0 * KM, 10.0 * KM)
        .facility("S", "sight", 1.0 * KM, 10.0 * KM)
        .line("L1", Mode::Bus, 2.0, &[(25.0 * KM, 10.5 * KM), (10.0 * KM, 10.0 * KM)])
        .line("L2", Mode::Bus, 2.0, &[(25.4 * KM, 10.0 * KM), (50.0 * KM, 10.0 * KM)])
        .build()
}

fn hubs(more: &str) -> String {
    format!("hub-reach = {{ kind = [\"station\", \"sight\"], {more} }}")
}

fn sums(output: &Output) -> (f64, f64, f64) {
    assert!(output.weights[0].balances());
    (output.headline.part.unwrap(), output.headline.whole.unwrap(), output.headline.unknown)
}

fn of(study: &Study, more: &str) -> (f64, f64, f64) {
    sums(&measure(study, &hubs(more)).unwrap())
}

#[test]
fn the_worked_example_of_the_methods_page() {
    let study = row();
    assert_eq!(of(&study, ""), (1.0, 2.0, 0.0));
    assert_eq!(of(&study, "scope = \"across-provinces\""), (1.0, 1.0, 0.0));
    assert_eq!(of(&study, "scope = \"all\""), (2.0, 3.0, 0.0));
    assert_eq!(of(&study, "scope = \"all\", judge = \"hubs\""), (1.0, 2.0, 0.0));
    assert_eq!(of(&study, "within = \"18 km\""), (1.0, 1.0, 0.0));
    let output = measure(&study, &hubs("scope = \"all\"")).unwrap();
    let lines: Vec<(&str, &str)> = output.evidence.iter().map(|line| (line.key.as_str(), line.state)).collect();
    assert_eq!(lines, [("H–A", "joined"), ("H–C", "joined"), ("S–B", "not-joined")]);
    let codes: Vec<(&str, Option<f64>)> =
        output.variants.iter().map(|row| (row.code.as_str(), row.figure.value)).collect();
    assert_eq!(codes[0], ("pairs-all", Some(2.0 / 3.0)));
    let b = output.regions.iter().find(|found| found.level == Level::County && found.figure.whole == Some(2.0));
    assert_eq!(b.map(|found| found.figure.part), Some(Some(2.0)));
}

#[test]
fn at_exactly_the_limits_counts_and_a_millimetre_beyond_does_not() {
    let study = row();
    for (more, want) in [
        ("within = \"5 km\"", (1.0, 1.0, 0.0)),
        ("within = \"4.999999 km\"", (0.0, 0.0, 0.0)),
        ("within = \"5 km\", stop-within = \"499.999 m\"", (0.0, 1.0, 0.0)),
        ("within = \"5 km\", min-trips-per-day = 2", (1.0, 1.0, 0.0)),
        ("within = \"5 km\", min-trips-per-day = 2.1", (0.0, 1.0, 0.0)),
        ("within = \"5 km\", modes = [\"coach\"]", (0.0, 1.0, 0.0)),
    ] {
        assert_eq!(of(&study, more), want, "{more}");
    }
}

#[test]
fn without_any_stop_a_region_is_no_data_unless_it_says_that_it_has_none() {
    let mut study = row();
    // L2 ends before C
    study.transit.as_mut().unwrap().stops[3].at = crate::support::scene::place(39.0 * KM, 10.0 * KM);
    assert_eq!(of(&study, "scope = \"all\""), (1.0, 2.0, 1.0));
    study.transit.as_mut().unwrap().complete_for = vec!["C".into()];
    assert_eq!(of(&study, "scope = \"all\""), (1.0, 3.0, 0.0));
}

#[test]
fn a_line_that_runs_one_way_only_joins_nothing() {
    let mut study = row();
    study.transit.as_mut().unwrap().services[0].patterns[0].both_ways = false;
    assert_eq!(of(&study, "within = \"5 km\""), (0.0, 1.0, 0.0));
}

#[test]
fn what_does_not_fit_is_refused_with_what_to_write() {
    for (text, word) in [
        ("hub-reach = { kind = \"airport\" }".to_owned(), "kinds in the study: sight, station"),
        (hubs("min-border = \"100 m\""), "four times"),
        (hubs("modes = []"), "[\"bus\"]"),
        (hubs("min-trips-per-day = 0"), "write 1 or more"),
        (hubs("level = \"township\""), "has an outline"),
    ] {
        let error = measure(&row(), &text).err().map(|error| error.to_string());
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
        // nine counties of 10 km in a square; those of the last column are another province
        let mut scene = Scene::default();
        for nth in 0..9 {
            let (x, y) = ((nth % 3) as f64 * 10.0 * KM, (nth / 3) as f64 * 10.0 * KM);
            let (city, province) = if nth % 3 == 2 { ("d", "Q") } else { ("c", "P") };
            scene =
                scene.county(&nth.to_string(), rectangle(x, y, x + 10.0 * KM, y + 10.0 * KM), city, province, false);
        }
        // between the lines of the kilometres, so that nothing lies on a border
        let mut at = || (random.below(30) as f64 * KM + 500.0, random.below(30) as f64 * KM + 500.0);
        let hubs: Vec<(f64, f64)> = (0..4).map(|_| at()).collect();
        let lines: Vec<Vec<(f64, f64)>> = (0..6).map(|_| (0..4).map(|_| at()).collect()).collect();
        for (nth, (x, y)) in hubs.iter().enumerate() {
            scene = scene.facility(&format!("h{nth}"), "hub", *x, *y);
        }
        let trips: Vec<f64> = (0..6).map(|_| 1.0 + random.below(3) as f64).collect();
        for (nth, stops) in lines.iter().enumerate() {
            scene = scene.line(&format!("l{nth}"), Mode::Bus, trips[nth], stops);
        }
        let study = scene.build();
        let (within, stop_within) = (4.0 * KM, 2.0 * KM);
        let county = |(x, y): (f64, f64)| ((x / KM / 10.0) as i64, (y / KM / 10.0) as i64);
        let mut want = (0.0, 0.0, 0.0);
        let has_data = |place: (i64, i64)| lines.iter().flatten().any(|stop| county(*stop) == place);
        for hub in &hubs {
            let own = county(*hub);
            for (dx, dy) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
                let other = (own.0 + dx, own.1 + dy);
                let is_in = |at: i64| (0..3).contains(&at);
                if !is_in(other.0) || !is_in(other.1) || (own.0 == 2) != (other.0 == 2) {
                    continue;
                }
                // straight across the border that both share
                let along = |at: f64, own: i64, step: i64| match step {
                    1 => (own + 1) as f64 * 10.0 * KM - at,
                    _ => at - own as f64 * 10.0 * KM,
                };
                let metres = if dx != 0 { along(hub.0, own.0, dx) } else { along(hub.1, own.1, dy) };
                if metres > within {
                    continue;
                }
                let joins = |nth: usize| {
                    let stops = &lines[nth];
                    let is_near = |stop: &(f64, f64)| (stop.0 - hub.0).hypot(stop.1 - hub.1) <= stop_within;
                    // it runs both ways: on the way out from the earlier call, on the way back from the later one
                    let is_pair = |i: usize, j: usize| is_near(&stops[i]) && county(stops[j]) == other;
                    let out = (0..4).any(|i| (i + 1..4).any(|j| is_pair(i, j)));
                    let home = (0..4).any(|i| (0..i).any(|j| is_pair(i, j)));
                    trips[nth] * (f64::from(out) + f64::from(home)) >= 2.0
                };
                if (0..6).any(joins) {
                    want.0 += 1.0;
                    want.1 += 1.0;
                } else if has_data(own) && has_data(other) {
                    want.1 += 1.0;
                } else {
                    want.2 += 1.0;
                }
            }
        }
        let text = "hub-reach = { kind = \"hub\", within = \"4 km\", stop-within = \"2 km\", min-trips-per-day = 2 }";
        assert_eq!(sums(&measure(&study, text).unwrap()), want, "seed {seed}");
    }
}
