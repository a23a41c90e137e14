//! Regions of which no service is known: no data by transit, unless one gets there all the same.

use tongda::base::idx::CalendarIdx;
use tongda::base::idx::FeedIdx;
use tongda::base::units::Seconds;
use tongda::base::units::Share;
use tongda::base::units::Weight;
use tongda::indicators::target::Bound;
use tongda::indicators::target::Quantity;
use tongda::indicators::target::Target;
use tongda::indicators::verdict::Verdict;
use tongda::indicators::verdict::judge;
use tongda::metrics::Measure;
use tongda::metrics::Output;
use tongda::metrics::RegionFigure;
use tongda::metrics::figure::Figure;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::model::transit::Call;
use tongda::model::transit::Mode;
use tongda::model::transit::Pattern;
use tongda::model::transit::Service;
use tongda::model::transit::Stop;
use tongda::model::transit::Trip;
use tongda::table::Value;

use crate::raptor::half_hourly;
use crate::raptor::pattern;
use crate::raptor::service;
use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::place;
use crate::support::scene::rectangle;

/// Who lives in B: 1 km, 4 km and 20 km beyond the hospital.
const IN_B: [(&str, f64, u64); 3] = [("near", 41_000.0, 40), ("edge", 44_000.0, 20), ("deep", 60_000.0, 60)];

/// The line of `metrics.rs` (a median of 34 min from a, of 24 min from b) in county A; county B beside it has no stop at all, and the hospital
/// stands 500 m before the border.
///
/// A metre of the scene is 1e-5 degrees, 1.11319491 m on the ellipsoid, and 1.3 times that is walked at 5 km/h: 1000 m take
/// 1041.95 s, begun seconds counted 1042 s; 4000 m take 4168 s; 20 km take longer than the longest time of 2 h.
fn study(in_b: &[(&str, f64, u64)]) -> Study {
    let mut people = vec![("a", 0.0, 0.0, 100), ("b", 20_000.0, 0.0, 200)];
    people.extend(in_b.iter().map(|(id, x, weight)| (*id, *x, 0.0, *weight)));
    let mut study = Scene::default()
        .county("32A", rectangle(-5000.0, -5000.0, 40_500.0, 5000.0), "32", "3", false)
        .county("32B", rectangle(40_500.0, -5000.0, 95_000.0, 5000.0), "32", "3", false)
        .facility("h", "hospital", 40_000.0, 0.0)
        .people(&people)
        .build();
    let home = |code: &str| study.regions.find(Level::County, code);
    let homes = (0..people.len()).map(|at| home(if at < 2 { "32A" } else { "32B" })).collect();
    study.facilities[0].home = home("32A");
    study.demand[0].home = homes;
    study.transit = Some(half_hourly());
    study
}

/// A line in B that stops at 70 and 80 km, far from everyone.
fn with_line_in_b(mut study: Study, change: impl FnOnce(&mut Service)) -> Study {
    let transit = study.transit.as_mut().unwrap();
    transit.stops.extend([70_000.0, 80_000.0].map(|x| Stop::new(x.to_string(), "B", place(x, 0.0))));
    let trip = Trip {
        id: "B".to_owned(),
        calendar: CalendarIdx(0),
        calls: vec![Call::new(30_000, 30_000), Call::new(31_000, 31_000)],
    };
    let mut line = service(1, vec![Pattern { trips: vec![trip], ..pattern(vec![3, 4]) }]);
    change(&mut line);
    transit.services.push(line);
    study
}

const COVERED: &str = "covered-share = { kind = \"hospital\", within = \"30 min\", by = \"transit\" }";
const NEAREST: &str = "nearest = { kind = \"hospital\", by = \"transit\", cost = \"time\" }";
const WITHIN: &str = "reachable-within = { centres = \"hospital\", within = \"30 min\", by = [\"transit\"] }";

fn county<'o>(study: &Study, output: &'o Output, code: &str) -> &'o Figure {
    let is_it = |figure: &&RegionFigure| study.regions.get(figure.region).code == code;
    &output.regions.iter().find(is_it).unwrap().figure
}

fn part(output: &Output, name: &str) -> Weight {
    let ledger = &output.weights[0];
    assert_eq!(ledger.parts.iter().map(|(_, weight)| *weight).sum::<Weight>(), ledger.total);
    ledger.parts.iter().find(|(part, _)| *part == name).unwrap().1
}

fn verdict(figure: &Figure, bound: Bound) -> Verdict {
    judge(figure, Some(&Target::from(bound))).0
}

/// The value of a field of the layer of points, for a point.
fn of_point(output: &Output, point: &str, field: &str) -> Value {
    let table = output.tables.iter().find(|table| table.name == "i_points").unwrap();
    let at = table.fields.iter().position(|one| one.name == field).unwrap();
    table.rows.iter().find(|row| row.values[0] == Value::from(point)).unwrap().values[at].clone()
}

#[test]
fn who_lives_where_no_service_is_known_is_covered_on_foot_or_unknown() {
    let study = study(&IN_B);
    // A: 200 of 300. B: 40 walk 1042 s; 20 walk longer than 30 min, 60 find no way at all: with a bus they might
    for text in [COVERED, WITHIN] {
        let output = measure(&study, text).unwrap();
        let figure = &output.headline;
        assert_eq!((figure.part, figure.whole, figure.unknown), (Some(240.0), Some(340.0), 80.0), "{text}");
        assert_eq!(figure.bounds, Some((240.0 / 420.0, 320.0 / 420.0)), "{text}");
        assert_eq!(part(&output, "without-service-data"), Weight::whole(80), "{text}");
        assert_eq!(county(&study, &output, "32A").value, Some(200.0 / 300.0), "{text}");
        // only who is covered can be known in B; that is no share
        let b = county(&study, &output, "32B");
        assert_eq!((b.value, b.unknown, b.bounds), (None, 80.0, Some((40.0 / 120.0, 1.0))), "{text}");
        // between 57.1 and 76.2 %
        let at_least = |share: f64| verdict(figure, Bound::AtLeast(Quantity::Share(Share(share))));
        assert_eq!([0.5, 0.6, 0.8].map(at_least), [Verdict::Met, Verdict::NoData, Verdict::Missed], "{text}");
        let issue = output.issues.iter().find(|issue| issue.code == "no-service-data").unwrap();
        assert_eq!(issue.id.as_deref(), Some("32B"), "{text}");
        assert!(issue.what.contains("80 of 120 people"), "{issue:?}");
        assert!(
            output.notes.iter().any(|note| note.en.contains("32B; of 120 people there 80 are no data")),
            "{:?}",
            output.notes
        );
        for (point, state) in [("near", 0), ("edge", 2), ("deep", 2), ("a", 1), ("b", 0)] {
            let words = if text == COVERED {
                ["covered", "uncovered", "no-service-data"]
            } else {
                ["within-reach", "out-of-reach", "no-service-data"]
            };
            assert_eq!(of_point(&output, point, "state"), Value::from(words[state]), "{text}: {point}");
        }
    }
    let output = measure(&study, COVERED).unwrap();
    assert_eq!(of_point(&output, "edge", "covered"), Value::Null);
    assert_eq!(of_point(&output, "edge", "most_s"), Value::Real(4168.0));
    let states: Vec<(&str, &str)> = output.evidence.iter().map(|line| (line.key.as_str(), line.state)).collect();
    assert_eq!(states, [("edge", "no-service-data"), ("deep", "no-service-data"), ("a", "uncovered")]);
    let output = measure(&study, WITHIN).unwrap();
    assert!(
        output.evidence[0].text.en.contains("240 by transit; of 80 more nothing is known"),
        "{:?}",
        output.evidence
    );
}

#[test]
fn what_claims_to_be_complete_is_known_to_have_no_bus() {
    let mut study = study(&IN_B);
    study.transit.as_mut().unwrap().complete_for = vec!["32B".to_owned()];
    for text in [COVERED, WITHIN] {
        let output = measure(&study, text).unwrap();
        assert_eq!((output.headline.value, output.headline.unknown), (Some(240.0 / 420.0), 0.0), "{text}");
        assert_eq!(county(&study, &output, "32B").value, Some(40.0 / 120.0), "{text}");
        assert!(output.issues.is_empty(), "{text}: {:?}", output.issues);
    }
}

#[test]
fn a_line_makes_a_region_known_unless_it_is_not_ridden_or_its_feed_has_run_out() {
    let unknown = |study: &Study| measure(study, COVERED).unwrap().headline.unknown;
    assert_eq!(unknown(&with_line_in_b(study(&IN_B), |_| {})), 0.0);
    assert_eq!(unknown(&with_line_in_b(study(&IN_B), |line| line.mode = Mode::SchoolBus)), 80.0);
    // calendar 3 is of another season; in the feed of the other line it is known not to run, in one of its own nothing is known of the day
    let out_of_season = |line: &mut Service| line.patterns[0].trips[0].calendar = CalendarIdx(3);
    assert_eq!(unknown(&with_line_in_b(study(&IN_B), out_of_season)), 0.0);
    let run_out = |line: &mut Service| {
        out_of_season(line);
        line.feed = FeedIdx(1);
    };
    assert_eq!(unknown(&with_line_in_b(study(&IN_B), run_out)), 80.0);
}

#[test]
fn from_the_facility_it_is_the_same() {
    // nothing rides back: only 40 are reached, on foot, and 300 of A are known not to be
    let study = study(&IN_B);
    let text = COVERED.replace(" }", ", direction = \"from-facility\" }");
    let figure = measure(&study, &text).unwrap().headline;
    assert_eq!((figure.part, figure.whole, figure.unknown), (Some(40.0), Some(340.0), 80.0));
}

#[test]
fn a_time_found_without_knowing_the_services_is_the_most_that_it_may_be() {
    let ask = |study: &Study, statistic: &str| {
        measure(study, &NEAREST.replace(" }", &format!(", statistic = \"{statistic}\" }}"))).unwrap()
    };
    // of the 60 nothing says how long they take at most: no bounds
    let all = study(&IN_B);
    let output = ask(&all, "mean");
    assert_eq!(output.headline.value, Some((100.0 * 2040.0 + 200.0 * 1440.0) / 300.0));
    assert_eq!((output.headline.unknown, output.headline.bounds), (120.0, None));
    assert_eq!(part(&output, "without-service-data"), Weight::whole(120));
    assert_eq!(county(&all, &output, "32B").value, None);
    // without them 40 take 0 to 1042 s, 20 take 0 to 4168 s
    let few = study(&IN_B[..2]);
    let mean = ask(&few, "mean").headline;
    assert_eq!(mean.bounds, Some((492_000.0 / 360.0, (492_000.0 + 40.0 * 1042.0 + 20.0 * 4168.0) / 360.0)));
    // the median of 360 is the 180th: of 0 s, 60; up to 1440 s, 260; or up to 1042 s, 40; up to 1440 s, 240
    let median = ask(&few, "median").headline;
    assert_eq!((median.value, median.bounds), (Some(1440.0), Some((1440.0, 1440.0))));
    let at_most = |figure: &Figure, seconds: f64| verdict(figure, Bound::AtMost(Quantity::Seconds(Seconds(seconds))));
    assert_eq!([1440.0, 1439.0].map(|limit| at_most(&median, limit)), [Verdict::Met, Verdict::Missed]);
    // the farthest of those known takes 2040 s; of all, up to 4168 s
    let max = ask(&few, "max").headline;
    assert_eq!(max.bounds, Some((2040.0, 4168.0)));
    assert_eq!(
        [2039.0, 2040.0, 4168.0].map(|limit| at_most(&max, limit)),
        [Verdict::Missed, Verdict::NoData, Verdict::Met]
    );
    // one hospital has no second: nothing says how far that may be
    let second = measure(&few, &NEAREST.replace(" }", ", nth = 2 }")).unwrap().headline;
    assert_eq!((second.value, second.unknown, second.bounds), (None, 360.0, None));
}

#[test]
fn the_second_nearest_is_no_farther_than_was_found_either() {
    let mut study = study(&IN_B[..1]);
    let mut other = study.facilities[0].clone();
    other.id = "h2".to_owned();
    study.facilities.push(other);
    // as the first: 40 people take 0 to 1042 s
    let second = measure(&study, &NEAREST.replace(" }", ", nth = 2 }")).unwrap().headline;
    assert_eq!((second.unknown, second.bounds), (40.0, Some((492_000.0 / 340.0, 492_000.0 / 300.0))));
}

#[test]
fn a_way_where_no_service_is_known_says_so() {
    let study = study(&IN_B);
    let told = |point: &str| {
        let measure: Measure = toml::from_str::<toml::Table>(COVERED).unwrap().try_into().unwrap();
        let ways = measure.metric().ways(&study, point).unwrap().unwrap();
        ways[0].told(Some(1800.0)).into_iter().map(|line| line.en).collect::<Vec<_>>().join("\n")
    };
    let silent = "nothing is known of the services around it: ";
    assert!(told("near").contains(&format!("{silent}that is the most that the way takes")), "{}", told("near"));
    assert!(told("edge").contains(&format!("{silent}whether it is within the limit is not known")), "{}", told("edge"));
    assert!(told("deep").contains(&format!("{silent}there may be a way")), "{}", told("deep"));
    assert!(!told("a").contains(silent), "{}", told("a"));
}

#[test]
fn facilities_where_no_service_is_known_are_told() {
    let mut study = study(&IN_B);
    study.facilities[0].home = study.regions.find(Level::County, "32B");
    for text in [COVERED, WITHIN] {
        let output = measure(&study, text).unwrap();
        assert!(output.notes[0].en.contains("1 of 1 facilities lie in regions of which no service is known"), "{text}");
    }
}

#[test]
fn room_and_supply_are_not_known_either_where_no_service_is() {
    let mut study = study(&IN_B);
    // within 30 min of the hospital: b (200, 24 min) by the known line and near (40, 17.4 min) on foot; 10 find no room
    study.facilities[0].capacity = Some(230.0);
    let served =
        measure(&study, "served-share = { kind = \"hospital\", within = \"30 min\", by = \"transit\" }").unwrap();
    // 190 of b and near's 40; a is too far by the lines that are known, all of which are known there; edge and deep may have some
    let headline = &served.headline;
    assert_eq!((headline.part, headline.whole, headline.unknown), (Some(230.0), Some(340.0), 80.0));
    assert_eq!(part(&served, "without-service-data"), Weight::whole(80));
    assert_eq!(part(&served, "no-room"), Weight::whole(10));
    assert_eq!(part(&served, "too-far"), Weight::whole(100));
    // 240 for the same 240: one for each of b; what near, edge and deep have, and take, hangs on what is not known
    study.facilities[0].capacity = Some(240.0);
    let supply = "accessibility = { kind = \"hospital\", method = \"2sfca\", within = \"30 min\", by = \"transit\", at-least = 1000 }";
    let supply = measure(&study, supply).unwrap();
    let headline = &supply.headline;
    assert_eq!((headline.part, headline.whole, headline.unknown), (Some(200.0), Some(300.0), 120.0));
    assert_eq!(part(&supply, "without-service-data"), Weight::whole(120));
    assert!(supply.notes[0].en.contains("3 points lie where no service is known"), "{}", supply.notes[0].en);
}

#[test]
fn a_points_times_have_their_spread_and_the_number_of_journeys() {
    let output = measure(&study(&IN_B), COVERED).unwrap();
    // from b a trip leaves at :10 and :40 and takes 10 min: over the hour from 08:00 each wait from 0 to 29 min comes twice. Rank 6 of 60 is the
    // third wait, 2 min; rank 30 the 15th, 14 min; rank 54 the 27th, 26 min. Journeys: 08:10, 08:40 and 09:10
    for (field, value) in [("p10_s", 720), ("p50_s", 1440), ("p90_s", 2160), ("journeys", 3)] {
        assert_eq!(of_point(&output, "b", field), Value::Int(value), "{field}");
    }
    // near walks all the way and lives where no service is known
    assert_eq!(of_point(&output, "near", "p50_s"), Value::Null);
}
