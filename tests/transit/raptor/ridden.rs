//! Ways by transit told leg by leg, of a scene whose times are worked out by hand.

use tongda::base::clock::ServiceTime;
use tongda::base::idx::CalendarIdx;
use tongda::impedance::Direction;
use tongda::metrics::Measure;
use tongda::metrics::ridden::Headway;
use tongda::metrics::ridden::Ridden;
use tongda::metrics::ridden::Step;
use tongda::metrics::way::Outcome;
use tongda::metrics::way::Way;
use tongda::model::study::Study;
use tongda::model::transit::Call;
use tongda::model::transit::Frequency;
use tongda::model::transit::Pattern;
use tongda::model::transit::Service;
use tongda::model::transit::Stop;
use tongda::model::transit::Transit;
use tongda::model::transit::Trip;
use tongda::model::travel::Clock;

use crate::raptor::calendars;
use crate::raptor::date;
use crate::raptor::pattern;
use crate::raptor::service;
use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::place;

const STOPS: [(&str, f64); 5] =
    [("人民广场", 0.0), ("b", 10_000.0), ("汽车站", 20_000.0), ("d", 20_200.0), ("e", 30_000.0)];

/// Line 3 from 人民广场 over b to 汽车站 every half hour from 06:00, 10 min from stop to stop; line 5 from d, 200 m beside it, to e, every 15 min from
/// 06:00 to 20:00, in 10 min; both lines back at the same times.
///
/// A metre of the scene is 1.11319491 m on the ellipsoid and walked 1.3 times as far at 5 km/h, begun seconds counted: p is 300 m (434 m and
/// 313 s on foot) from 人民广场, h is 100 m (145 m and 105 s) from e, from 汽车站 to d there are 289 m and 209 s.
fn study() -> Study {
    let mut study = Scene::default()
        .facility("h", "hospital", 30_100.0, 0.0)
        .facility("x", "school", -800.0, 0.0)
        .people(&[("p", -300.0, 0.0, 100)])
        .build();
    let calls = |start: u32| (0..3).map(|nth| Call::new(start + 600 * nth, start + 600 * nth)).collect();
    let trip = |nth: u32| Trip { id: nth.to_string(), calendar: CalendarIdx(0), calls: calls(6 * 3600 + 1800 * nth) };
    let trips = |stops: [u32; 3]| Pattern { trips: (0..20).map(trip).collect(), ..pattern(stops.to_vec()) };
    let runs = Frequency {
        calendar: Some(CalendarIdx(0)),
        first: ServiceTime(6 * 3600),
        last: ServiceTime(20 * 3600),
        headway_s: 900,
        calls: vec![Call::new(0, 0), Call::new(600, 600)],
    };
    let frequent = |stops: [u32; 2]| Pattern { frequencies: vec![runs.clone()], ..pattern(stops.to_vec()) };
    let named = |name: &str, service: Service| Service { name: name.to_owned(), ..service };
    study.transit = Some(Transit {
        stops: STOPS.map(|(name, x)| Stop::new(name, name, place(x, 0.0))).to_vec(),
        services: vec![
            named("3", service(0, vec![trips([0, 1, 2]), trips([2, 1, 0])])),
            named("5", service(1, vec![frequent([3, 4]), frequent([4, 3])])),
        ],
        calendars: calendars(),
        date: Some(date("2026-03-04")),
        ..Transit::default()
    });
    study
}

fn asked(kind: &str, direction: Direction) -> String {
    let direction = if direction == Direction::ToFacility { "to-facility" } else { "from-facility" };
    format!("nearest = {{ kind = \"{kind}\", by = \"transit\", cost = \"time\", direction = \"{direction}\" }}")
}

fn way<'s>(study: &'s Study, text: &str) -> Way<'s> {
    let measure: Measure = toml::from_str::<toml::Table>(text).unwrap().try_into().unwrap();
    measure.metric().ways(study, "p").unwrap().unwrap().remove(0)
}

fn found(way: &Way<'_>) -> (f64, Ridden) {
    match &way.outcome {
        Outcome::Found { cost, ridden, .. } => (*cost, ridden.clone().unwrap()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_way_by_transit_is_told_leg_by_leg() {
    let study = study();
    let way = way(&study, &asked("hospital", Direction::ToFacility));
    let (cost, ridden) = found(&way);
    // leaving at 08:00 and m minutes one is at 人民广场 313 s later, in time for 08:30 up to m = 24: from leaving to the departure there are 360, 420, …
    // 2100 s, each twice in the hour. The 30th of 60 is the second of the 15th pair, 360 + 14·60 = 1200 s; first at m = 10. Behind that:
    // 1200 s by line 3, 209 + 60 s for the change, 450 s of waiting, 600 s by line 5, 105 s on foot
    assert_eq!(cost, 1200.0 + 1200.0 + 269.0 + 450.0 + 600.0 + 105.0);
    let want = [
        "walk 434 m (5.2 min) to stop 人民广场",
        "wait 14.8 min at 人民广场",
        "line 3 08:30 → 08:50 (20 min), 2 stops, to 汽车站",
        "change: walk 289 m to stop d (4.5 min)",
        "wait 7.5 min at d",
        "line 5 every 15 min (wait up to 15 min), about 09:01 → 09:11 (10 min), 1 stop, to e",
        "walk 145 m (1.8 min) to h",
    ];
    let told: Vec<String> = ridden.steps.iter().map(|step| step.told().en).collect();
    assert_eq!(told, want);
    let seconds: Vec<u32> = ridden.steps.iter().map(Step::seconds).collect();
    assert_eq!(seconds, [313, 887, 1200, 269, 450, 600, 105]);
    assert!(matches!(&ridden.steps[5], Step::Ride { headway: Some(Headway(Some(900))), .. }), "{:?}", ridden.steps);
    let lines = way.told(None);
    assert_eq!(
        lines.last().unwrap().en,
        "  total 63.7 min: the median of 60 times, leaving every minute from 08:00 to 08:59; told is the journey leaving at 08:10, the first that \
         takes as long"
    );
    assert!(lines[3].zh.contains("在人民广场候车"), "{lines:?}");
    // on foot to the first stop, over every stop called at, and on foot to the hospital
    let xs: Vec<f64> = ridden.line.iter().map(|place| place.xy.x).collect();
    assert_eq!(xs, [-300.0, 0.0, 10_000.0, 20_000.0, 20_200.0, 30_000.0, 30_100.0]);
}

#[test]
fn the_total_that_is_told_is_the_cost_that_is_judged_whichever_way_and_clock() {
    for clock in [Clock::DepartAt, Clock::ArriveBy] {
        for percentile in [0.0, 37.0, 50.0, 90.0, 100.0] {
            for direction in [Direction::ToFacility, Direction::FromFacility] {
                let mut study = study();
                let travel = &mut study.transit.as_mut().unwrap().travel;
                (travel.clock, travel.percentile) = (clock, percentile);
                let text = asked("hospital", direction);
                let case = format!("{clock:?} {percentile} {direction:?}");
                let judged = measure(&study, &text).unwrap().headline.value.unwrap();
                let (cost, ridden) = found(&way(&study, &text));
                assert_eq!(cost, judged, "{case}");
                assert_eq!(f64::from(ridden.steps.iter().map(Step::seconds).sum::<u32>()), cost, "{case}: {ridden:?}");
                let ends = [&ridden.line[0], &ridden.line[ridden.line.len() - 1]].map(|place| place.xy.x);
                let want = if direction == Direction::ToFacility { [-300.0, 30_100.0] } else { [30_100.0, -300.0] };
                assert_eq!(ends, want, "{case}");
                assert!(
                    STOPS.iter().all(|(_, x)| ridden.line.iter().any(|place| place.xy.x == *x)),
                    "{case}: {ridden:?}"
                );
            }
        }
    }
}

#[test]
fn who_walks_all_the_way_is_told_so() {
    // 500 m of the scene: 723.6 m on foot, 520.98 s
    let study = study();
    let (cost, ridden) = found(&way(&study, &asked("school", Direction::ToFacility)));
    assert_eq!((cost, ridden.steps.len()), (521.0, 1));
    assert_eq!(ridden.steps[0].told().en, "walk 724 m (8.7 min) to x");
    assert_eq!(ridden.steps[0].told().zh, "步行 724 m（8.7 min）至x");
}
