//! The worked example of six counties: every definition of "reached by bus" on one small network.
//!
//! Metres. Counties A B C over D E F, 10 km squares, F 30 m short of C; A, B are districts of one city; A to E are in province P,
//! F in Q. A lake covers the border of D and E but its last 10 m. Eight lines, see `six_counties`.
//!
//! Expected numbers: an independent computation with shapely 2 (GEOS) of the same scene; each is derived again below.
//!
//! ```text
//!   y 20k  +--------+--------+--------+
//!          |   A    |   B    |   C    |      AB, BC, AD, BE share 10 000 m of border, DE too but in the lake;
//!   y 10k  +--------+--------+--------+      CF lies 30 m apart (within 50 m: 10 000 m and a bit), EF shares 9 970 m;
//!          |   D    |   E    |   F    |      A–E, B–D, C–E touch in a corner, B–F lies 30 m apart at a corner
//!   y  0   +--------+--------+--------+
//!         x 0      10k      20k      30k
//! ```

use crate::support::scene::Scene;
use crate::support::scene::rectangle;
use tongda::base::progress::Silent;
use tongda::base::units::Metres;
use tongda::base::units::Share;
use tongda::base::units::Text;
use tongda::metrics::Context;
use tongda::metrics::Metric;
use tongda::metrics::Output;
use tongda::metrics::adjacency::Pair;
use tongda::metrics::connection::NearBorder;
use tongda::metrics::figure::Figure;
use tongda::metrics::neighbour_reach::AmongEnds;
use tongda::metrics::neighbour_reach::ContactRule;
use tongda::metrics::neighbour_reach::Definition;
use tongda::metrics::neighbour_reach::NeighbourReach;
use tongda::metrics::neighbour_reach::Rate;
use tongda::metrics::neighbour_reach::Scope;
use tongda::metrics::neighbour_reach::UnitMerge;
use tongda::metrics::neighbour_reach::WaterRule;
use tongda::metrics::neighbour_survey::Survey;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::model::transit::Mode;

fn six_counties() -> Study {
    let mut scene = Scene::default()
        .county("A", rectangle(0.0, 10_000.0, 10_000.0, 20_000.0), "city1", "P", true)
        .county("B", rectangle(10_000.0, 10_000.0, 20_000.0, 20_000.0), "city1", "P", true)
        .county("C", rectangle(20_000.0, 10_000.0, 30_000.0, 20_000.0), "city2", "P", false)
        .county("D", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "city1", "P", false)
        .county("E", rectangle(10_000.0, 0.0, 20_000.0, 10_000.0), "city2", "P", false)
        .county("F", rectangle(20_000.0, 0.0, 30_000.0, 9_970.0), "city9", "Q", false)
        .line("R1", Mode::Bus, 12.0, &[(8_000.0, 15_000.0), (12_000.0, 15_000.0)]) // A–B
        .line("R2", Mode::Bus, 10.0, &[(15_000.0, 15_000.0), (19_750.0, 15_000.0)]) // B only, ends 250 m short of C
        .line("R5", Mode::Bus, 10.0, &[(20_250.0, 15_000.0), (25_000.0, 15_000.0)]) // C only: 500 m from R2
        .line("R3", Mode::Bus, 1.0, &[(5_000.0, 12_000.0), (5_000.0, 8_000.0)]) // A–D once a day
        .line("R4", Mode::Bus, 8.0, &[(15_000.0, 12_000.0), (15_000.0, 9_980.0)]) // B–E, 20 m inside E
        .line("R6", Mode::Bus, 6.0, &[(25_000.0, 12_000.0), (25_000.0, 8_000.0)]) // C–F, across provinces
        .line("R8", Mode::Bus, 4.0, &[(9_000.0, 16_000.0), (11_000.0, 9_000.0)]) // A–E through B without a stop
        .line("R9", Mode::Coach, 20.0, &[(18_000.0, 5_000.0), (22_000.0, 5_000.0)]); // E–F, a coach
    scene.study.water = Some(vec![rectangle(9_000.0, -100.0, 11_000.0, 9_990.0)]);
    scene.build()
}

fn measure(study: &Study, params: &NeighbourReach) -> Output {
    let context = Context {
        study,
        progress: &Silent,
        id: "bus-reach",
        title: &Text::new("bus reach", "通达"),
        over: &[],
        target_share: Some(Share(0.9)),
    };
    params.measure(&context).expect("the scene has all that the metric needs")
}

/// (connected, pairs) within the province, across provinces, and in all.
fn rates(study: &Study, params: &NeighbourReach) -> [(u32, u32); 3] {
    let counts = |figure: &Figure| {
        assert_eq!(figure.unknown, 0.0, "every county of the scene has service data");
        (figure.part.unwrap() as u32, figure.whole.unwrap() as u32)
    };
    let survey = Survey::new(study, params).unwrap();
    let pairs: Vec<&Pair> = survey.adjacency.neighbours().collect();
    let answers = survey.answers(params.effective_definition(), NearBorder::AsLocated).unwrap();
    [Scope::WithinProvince, Scope::AcrossProvinces, Scope::All]
        .map(|scope| counts(&survey.rate(&pairs, &answers, scope, Rate::Pairs)))
}

#[test]
fn every_row_of_the_definition_table() {
    let study = six_counties();
    let default = NeighbourReach::default();
    type Row = (&'static str, NeighbourReach, [(u32, u32); 3]);
    let rows: [Row; 8] = [
        // AB (R1), AD (R3), BE (R4) reached; BC not, R2 and R5 end 250 m from the border on either side. DE is a water border:
        // of its 10 100 m within 50 m only 60 m are dry. Across: CF (R6) reached, EF by coach only.
        ("default", default.clone(), [(3, 4), (1, 2), (4, 6)]),
        // The same lines by path: R8 crosses A, B and E, which R1 and R4 join already.
        ("D0", NeighbourReach { definition: Definition::Geometry, ..default.clone() }, [(3, 4), (1, 2), (4, 6)]),
        // Deep: AD has 1 trip only, BE's stop stands 20 m inside, so AB alone is left of AB AD BC BE and DE (water counts).
        (
            "strict",
            NeighbourReach { definition: Definition::Deep, water: WaterRule::Include, ..default.clone() },
            [(1, 5), (1, 2), (2, 7)],
        ),
        // Any contact: AB AD AE BC BD BE CE DE within, BF CF EF across. Reached: AB AD AE (R8) BC (500 m on foot) BE; CF and, as
        // coaches count, EF. Fewer per cent than by default though everything is looser: contacts come in that nothing joins.
        (
            "loose",
            NeighbourReach {
                contact: ContactRule::Point,
                min_border: Metres(0.0),
                water: WaterRule::Include,
                definition: Definition::Transfer,
                modes: vec![Mode::Bus, Mode::Coach],
                ..default.clone()
            },
            [(5, 8), (2, 3), (7, 11)],
        ),
        // R2's last stop (19 750, 15 000) to R5's first (20 250, 15 000) is 500 m: not within 499.9 m …
        (
            "D4 499.9",
            NeighbourReach { transfers: 1, transfer_walk: Metres(499.9), ..default.clone() },
            [(3, 4), (1, 2), (4, 6)],
        ),
        // … and within 500 m, the limit included.
        (
            "D4 500",
            NeighbourReach { transfers: 1, transfer_walk: Metres(500.0), ..default.clone() },
            [(4, 4), (1, 2), (5, 6)],
        ),
        // Without tolerance the 30 m gap parts C and F; EF stays, but has a coach only.
        ("tolerance 0", NeighbourReach { tolerance: Metres(0.0), ..default.clone() }, [(3, 4), (0, 1), (3, 5)]),
        // A and B as one city: AB–C not, AB–D (R3) and AB–E (R4) reached.
        (
            "city proper",
            NeighbourReach { unit_merge: UnitMerge::CityProper, ..default.clone() },
            [(2, 3), (1, 2), (3, 5)],
        ),
    ];
    for (name, params, want) in rows {
        assert_eq!(rates(&study, &params), want, "{name}");
    }
}

#[test]
fn a_group_of_counties_is_judged_by_its_own_pairs() {
    // AB, AD and BE are joined; BC, in the province, and CF, across, are not and are
    let study = six_counties();
    let of = |among: &[&str], more: NeighbourReach| {
        let params = NeighbourReach { among: among.iter().map(|code| (*code).to_owned()).collect(), ..more };
        let figure = measure(&study, &params).headline;
        (figure.part, figure.whole)
    };
    let default = NeighbourReach::default;
    assert_eq!(of(&["A"], default()), (Some(2.0), Some(2.0)));
    assert_eq!(of(&["C"], default()), (Some(0.0), Some(1.0)));
    assert_eq!(of(&["C"], NeighbourReach { scope: Scope::All, ..default() }), (Some(1.0), Some(2.0)));
    assert_eq!(of(&["A", "B"], default()), (Some(3.0), Some(4.0)));
    let both = || NeighbourReach { among_ends: AmongEnds::Both, ..default() };
    assert_eq!(of(&["A", "B", "C"], both()), (Some(1.0), Some(2.0)));
    // B has three neighbours and misses C; its neighbours are not asked
    let by_region = || NeighbourReach { judge: Rate::Regions, ..default() };
    assert_eq!(of(&["A", "B"], by_region()), (Some(1.0), Some(2.0)));
    let wrong = NeighbourReach { among: vec!["X".into()], ..default() };
    let error = Survey::new(&study, &wrong).err().map(|error| error.to_string());
    assert!(error.is_some_and(|text| text.contains("begins with \"X\"")));
}

#[test]
fn shared_borders_are_lengths_within_the_tolerance_less_the_ends() {
    let study = six_counties();
    let params = NeighbourReach::default();
    let survey = Survey::new(&study, &params).unwrap();
    let find = |a: &str, b: &str| {
        let unit = |code: &str| survey.units.iter().position(|unit| unit.code == code).unwrap();
        survey.adjacency.pairs.iter().find(|pair| (pair.a, pair.b) == (unit(a), unit(b))).unwrap()
    };
    let cases = [
        // 10 000 m and 50 m round each end on each side
        ("A", "B", 10_100.0),
        // 30 m apart: C's bottom edge 10 000 m; each outer edge runs on for 20 m within 50 m of F, and the same from F's side
        ("C", "F", 10_040.0),
        // from E: 9 970 m along the common line and its last 30 m, 40 m along the top (√(50² − 30²)), 50 m along the bottom:
        // 10 090 m; from F: 9 970 m and 50 m along the top and along the bottom: 10 070 m; half of both together
        ("E", "F", 10_080.0),
        // a corner: 50 m along two edges, on both sides
        ("A", "E", 100.0),
        // corners 30 m apart: B 40 m along the bottom and 20 m up; F 20 m down and 40 m along the top
        ("B", "F", 60.0),
    ];
    for (a, b, within_m) in cases {
        let pair = find(a, b);
        assert!((pair.within_m - within_m).abs() < 1e-6, "{a}{b}: {} instead of {within_m}", pair.within_m);
        assert!((pair.shared_m - (within_m - 100.0).max(0.0)).abs() < 1e-6, "{a}{b}: {}", pair.shared_m);
    }
    // of the border of D and E 10 m are above the lake, and 50 m along the upper edges: 60 m are dry, no more than its ends
    let pair = find("D", "E");
    assert!((pair.within_m - 10_100.0).abs() < 1e-6 && pair.land_m == Some(0.0), "{pair:?}");
}

#[test]
fn the_rates_of_the_field_and_the_pairs_that_are_missing() {
    let study = six_counties();
    let output = measure(&study, &NeighbourReach::default());
    // within the province: A 2/2 (B, D), B 2/3 (A, E; not C), C 0/1, D 1/1, E 1/1
    let counties: Vec<(String, f64)> = output
        .regions
        .iter()
        .filter(|figure| figure.level == Level::County)
        .filter_map(|figure| Some((study.regions.get(figure.region).code.clone(), figure.figure.value?)))
        .collect();
    let want = [("A", 1.0), ("B", 2.0 / 3.0), ("C", 0.0), ("D", 1.0), ("E", 1.0)];
    assert_eq!(counties, want.map(|(code, value)| (code.to_owned(), value)));
    // F has no neighbour in its own province: nothing to measure, not 0
    let f = output.regions.iter().find(|figure| study.regions.get(figure.region).code == "F").unwrap();
    assert!(f.figure.not_applicable && f.figure.value.is_none());
    // every neighbour reached: A, D, E of A to E; 0.9 · 4 pairs = 3.6, so all 4 are wanted and one is missing
    let regions = output.variants.iter().find(|variant| variant.code == "regions").unwrap();
    assert_eq!((regions.figure.part, regions.figure.whole), (Some(3.0), Some(5.0)));
    assert!(output.closing_the_gap.unwrap().en.starts_with("1 more pair is needed"));
    // mean of shares 0.7333, node 4/5 (all but C), by length 3 of 4 pairs of 10 100 m each
    let params = NeighbourReach::default();
    let survey = Survey::new(&study, &params).unwrap();
    let pairs: Vec<&Pair> = survey.adjacency.neighbours().collect();
    let answers = survey.answers(Definition::Direct, NearBorder::AsLocated).unwrap();
    let rates = tongda::metrics::neighbour_reach::conventional_rates(&survey, &pairs, &answers);
    assert!((rates.mean.unwrap() - 11.0 / 15.0).abs() < 1e-12);
    assert_eq!((rates.node, rates.by_length), (Some(0.8), Some(0.75)));
}

#[test]
fn the_matrix_says_how_far_the_definitions_differ() {
    let output = measure(&six_counties(), &NeighbourReach::default());
    let figure = |code: &str| {
        let variant = output.variants.iter().find(|variant| variant.code == code).unwrap();
        (variant.figure.part, variant.figure.whole)
    };
    assert_eq!(output.variants[0].code, "D1");
    assert_eq!(figure("D1"), (Some(3.0), Some(4.0)));
    assert_eq!(figure("D4"), (Some(4.0), Some(4.0)));
    assert_eq!(figure("D2"), (Some(1.0), Some(4.0)));
    assert_eq!(figure("city-proper"), (Some(2.0), Some(3.0)));
    // no centres and no ledger are given: no data, not 0
    assert_eq!(figure("D3"), (None, None));
    assert_eq!(figure("D5"), (None, None));
}
