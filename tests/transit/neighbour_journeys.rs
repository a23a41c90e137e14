//! Trips per direction and journeys with changes, against a search through all trips, all pairs and all triples of trips.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::support::scene::Scene;
use crate::support::scene::day;
use crate::support::scene::pattern;
use crate::support::scene::rectangle;
use tongda::base::idx::CalendarIdx;
use tongda::base::idx::StopIdx;
use tongda::base::units::KmPerHour;
use tongda::base::units::Metres;
use tongda::base::units::Seconds;
use tongda::metrics::connection::NearBorder;
use tongda::metrics::journeys::Changing;
use tongda::metrics::journeys::Timetable;
use tongda::metrics::neighbour_reach::NeighbourReach;
use tongda::metrics::neighbour_reach::Scope;
use tongda::metrics::neighbour_survey::Answer;
use tongda::metrics::neighbour_survey::Survey;
use tongda::metrics::service_day::ServiceDay;
use tongda::model::study::Study;
use tongda::model::transit::Call;
use tongda::model::transit::Mode;
use tongda::model::transit::Pattern;
use tongda::model::transit::Transfer;
use tongda::model::transit::Transit;
use tongda::model::transit::Trip;

/// Small steps of a seeded generator (Knuth's 64-bit LCG).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(limit)) as u32
    }
}

fn seeds(count: u64) -> impl Iterator<Item = u64> {
    let first: u64 = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    first..first + count
}

/// Three counties in a row, stops anywhere in them, lines of two to five stops, trips that may overtake, wait and refuse passengers.
fn random_study(seed: u64) -> Study {
    let mut random = Random(seed.wrapping_mul(2_654_435_761));
    let mut scene = Scene::default()
        .county("A", rectangle(0.0, 0.0, 2_000.0, 2_000.0), "city", "P", false)
        .county("B", rectangle(2_000.0, 0.0, 4_000.0, 2_000.0), "city", "P", false)
        .county("C", rectangle(4_000.0, 0.0, 6_000.0, 2_000.0), "city", "P", false)
        .on("2026-03-04")
        .calendar("today", &["2026-03-04"])
        .calendar("tomorrow", &["2026-03-05"]);
    let stops: Vec<StopIdx> = (0..9)
        .map(|at| {
            // a grid of 20 m keeps distances off the limits by more than rounding, or exactly on them
            let (x, y) = (20.0 * f64::from(random.below(299)) + 10.0, 20.0 * f64::from(random.below(99)) + 10.0);
            scene.stop(&format!("s{at}"), x, y)
        })
        .collect();
    for line in 0..4 + random.below(4) {
        for _ in 0..1 + random.below(2) {
            let length = 2 + random.below(4) as usize;
            let way: Vec<StopIdx> = (0..length).map(|_| stops[random.below(9) as usize]).collect();
            let trips: Vec<Trip> = (0..random.below(4))
                .map(|nth| {
                    let mut at = 21_600 + 60 * random.below(90);
                    let calls = (0..length)
                        .map(|_| {
                            let arrives = at + 60 * random.below(12);
                            let leaves = arrives + 60 * random.below(2);
                            at = leaves;
                            let mut call = Call::new(arrives, leaves);
                            (call.boards, call.alights) = (random.below(8) > 0, random.below(8) > 0);
                            call
                        })
                        .collect();
                    Trip { id: format!("{line}.{nth}"), calendar: CalendarIdx(u32::from(random.below(6) == 0)), calls }
                })
                .collect();
            scene.push(&format!("L{line}"), Mode::Bus, Pattern { trips, ..pattern(way) });
        }
    }
    let transit = scene.study.transit.as_mut().unwrap();
    transit.stops[1].station = Some(stops[0]);
    transit.transfers = vec![
        Transfer { from: stops[2], to: stops[3], least_s: None, is_forbidden: true },
        Transfer { from: stops[4], to: stops[4], least_s: Some(300), is_forbidden: false },
    ];
    scene.build()
}

/// The trips of the day: service, stops, calls.
type Vehicle<'t> = (usize, &'t [StopIdx], &'t [Call]);

fn vehicles(transit: &Transit) -> Vec<Vehicle<'_>> {
    let mut all = Vec::new();
    for (at, service) in transit.services.iter().enumerate() {
        for pattern in &service.patterns {
            for trip in pattern.trips.iter().filter(|trip| trip.calendar == CalendarIdx(0)) {
                all.push((at, pattern.stops.as_slice(), trip.calls.as_slice()));
            }
        }
    }
    all
}

fn county(transit: &Transit, stop: StopIdx) -> usize {
    (transit.stop(stop).at.xy.x / 2_000.0) as usize
}

/// Seconds of the walk of a change, where one may change.
fn change(transit: &Transit, from: StopIdx, to: StopIdx, changing: &Changing) -> Option<u32> {
    let metres = transit.stop(from).at.xy.distance_m(transit.stop(to).at.xy);
    let station = |stop: StopIdx| transit.stop(stop).station.unwrap_or(stop);
    if metres > changing.walk_m && station(from) != station(to) {
        return None;
    }
    let walk = (metres * 3.6 / changing.walk_speed.0).ceil() as u32;
    match transit.transfers.iter().find(|rule| (rule.from, rule.to) == (from, to)) {
        Some(rule) if rule.is_forbidden => None,
        Some(rule) => Some(walk.max(rule.least_s.unwrap_or(0))),
        None => Some(walk),
    }
}

/// The earliest arrival in a county for who boards a vehicle at a position, by trying every way on.
fn arrival(
    transit: &Transit,
    all: &[Vehicle<'_>],
    (vehicle, start): (usize, usize),
    goal: usize,
    changes: u8,
    changing: &Changing,
) -> Option<u32> {
    let (_, stops, calls) = all[vehicle];
    let mut best: Option<u32> = None;
    for end in start + 1..stops.len() {
        if !calls[end].alights {
            continue;
        }
        if county(transit, stops[end]) == goal {
            best = Some(best.map_or(calls[end].arrives.0, |best| best.min(calls[end].arrives.0)));
        }
        if changes == 0 {
            continue;
        }
        for (next, (_, next_stops, next_calls)) in all.iter().enumerate() {
            for position in 0..next_stops.len() {
                let Some(walk) = change(transit, stops[end], next_stops[position], changing) else { continue };
                let (ready, leaves) = (calls[end].arrives.0 + walk, next_calls[position].leaves.0);
                let waits = leaves >= ready && f64::from(leaves - ready) <= changing.max_wait.0;
                if waits && next_calls[position].boards {
                    let other = arrival(transit, all, (next, position), goal, changes - 1, changing);
                    best = best.into_iter().chain(other).min();
                }
            }
        }
    }
    best
}

/// By vehicle that a journey from one county to another can begin with: how long the quickest such takes.
fn naive(study: &Study, from: usize, to: usize, changes: u8, changing: &Changing) -> Vec<u32> {
    let transit = study.transit.as_ref().unwrap();
    let all = vehicles(transit);
    let mut quickest: Vec<u32> = (0..all.len())
        .filter_map(|vehicle| {
            let (_, stops, calls) = all[vehicle];
            (0..stops.len())
                .filter(|start| calls[*start].boards && county(transit, stops[*start]) == from)
                .filter_map(|start| {
                    let arrives = arrival(transit, &all, (vehicle, start), to, changes, changing)?;
                    Some(arrives - calls[start].leaves.0)
                })
                .min()
        })
        .collect();
    quickest.sort_unstable();
    quickest
}

#[test]
fn journeys_are_those_that_a_search_through_all_triples_of_trips_finds() {
    let mut found_any = [0; 3];
    for seed in seeds(150) {
        let study = random_study(seed);
        let transit = study.transit.as_ref().unwrap();
        let service_day = ServiceDay::new(transit, Some(day("2026-03-04")));
        let changing = Changing { walk_m: 500.0, walk_speed: KmPerHour(5.0), max_wait: Seconds(900.0) };
        let timetable = Timetable::new(&service_day, &[Mode::Bus], changing);
        let stops_in = |at: usize| -> BTreeMap<StopIdx, u32> {
            let all = (0..transit.stops.len()).map(StopIdx::new);
            all.filter(|stop| county(transit, *stop) == at).map(|stop| (stop, 0)).collect()
        };
        for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0)] {
            for changes in 0..=2 {
                let targets = stops_in(to);
                let journeys = timetable.towards(&targets, changes).from(&stops_in(from));
                let mut got: Vec<u32> = journeys.by_vehicle.values().map(|ride| ride.takes_s).collect();
                got.sort_unstable();
                let want = naive(&study, from, to, changes, &changing);
                assert_eq!(got, want, "TONGDA_SEED={seed}: {from} to {to}, {changes} changes");
                found_any[usize::from(changes)] += want.len();
                // the legs that are told make the quickest journey
                let (Some(first), Some(last)) = (journeys.quickest.first(), journeys.quickest.last()) else {
                    assert!(want.is_empty(), "TONGDA_SEED={seed}");
                    continue;
                };
                assert_eq!(last.arrives.0 - first.leaves.0, want[0], "TONGDA_SEED={seed}: {:?}", journeys.quickest);
                assert!(journeys.quickest.len() <= usize::from(changes) + 1, "TONGDA_SEED={seed}");
                for pair in journeys.quickest.windows(2) {
                    let walk = change(transit, pair[0].to, pair[1].from, &changing).expect("a change is allowed");
                    let wait = pair[1].leaves.0.checked_sub(pair[0].arrives.0 + walk).expect("nobody is late");
                    assert!(f64::from(wait) <= 900.0, "TONGDA_SEED={seed}: a wait of {wait} s");
                }
            }
        }
    }
    // the scenes are not empty ones: changes find journeys that direct lines do not
    assert!(found_any[0] > 300 && found_any[1] > found_any[0] && found_any[2] > found_any[1], "{found_any:?}");
}

#[test]
fn trips_a_day_are_those_that_a_look_at_every_pair_of_calls_counts() {
    let mut total = 0;
    for seed in seeds(200) {
        let study = random_study(seed);
        let transit = study.transit.as_ref().unwrap();
        let params = NeighbourReach { scope: Scope::All, ..NeighbourReach::default() };
        let survey = Survey::new(&study, &params).unwrap();
        // (service, from, to): quickest ride of each trip
        let mut want: BTreeMap<(usize, usize, usize), Vec<u32>> = BTreeMap::new();
        for (service, stops, calls) in vehicles(transit) {
            for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 1)] {
                let mut best: Option<u32> = None;
                for (start, on) in calls.iter().enumerate() {
                    for (end, off) in calls.iter().enumerate().skip(start + 1) {
                        let there = county(transit, stops[start]) == from && county(transit, stops[end]) == to;
                        if there && on.boards && off.alights {
                            let takes = off.arrives.0 - on.leaves.0;
                            best = Some(best.map_or(takes, |best| best.min(takes)));
                        }
                    }
                }
                want.entry((service, from, to)).or_default().extend(best);
            }
        }
        let mut got: BTreeMap<(usize, usize, usize), Vec<u32>> = BTreeMap::new();
        for ((a, b), joins) in &survey.days[0].direct {
            for join in joins {
                for (from, to, departures) in [(*a, *b, &join.there), (*b, *a, &join.back)] {
                    let takes = departures.rides.iter().map(|ride| ride.takes_s).collect();
                    got.insert((join.service.at(), from, to), takes);
                }
            }
        }
        for all in [&mut want, &mut got] {
            all.retain(|_, takes| !takes.is_empty());
            all.values_mut().for_each(|takes| takes.sort_unstable());
        }
        assert_eq!(got, want, "TONGDA_SEED={seed}");
        total += want.values().map(Vec::len).sum::<usize>();
    }
    assert!(total > 500, "{total} rides in all scenes together");
}

fn connected(study: &Study, params: &NeighbourReach) -> BTreeSet<(usize, usize)> {
    let survey = Survey::new(study, params).unwrap();
    let answers = survey.answers(survey.definition(), NearBorder::AsLocated).unwrap();
    let pairs = survey.adjacency.neighbours().zip(answers);
    pairs.filter(|(_, answer)| *answer == Answer::Connected).map(|(pair, _)| (pair.a, pair.b)).collect()
}

#[test]
fn more_trips_longer_walks_and_longer_waits_never_lose_a_pair() {
    let mut gained = [0; 5];
    for seed in seeds(120) {
        let study = random_study(seed);
        let base = NeighbourReach {
            scope: Scope::All,
            transfers: 1,
            transfer_walk: Metres(300.0),
            max_wait: Seconds(600.0),
            border_walk: Metres(50.0),
            max_time: Some(Seconds(1800.0)),
            ..NeighbourReach::default()
        };
        let few = connected(&study, &base);
        let mut richer = study.clone();
        for service in &mut richer.transit.as_mut().unwrap().services {
            for pattern in &mut service.patterns {
                // the trips of tomorrow run today as well
                pattern.trips.iter_mut().for_each(|trip| trip.calendar = CalendarIdx(0));
            }
        }
        let cases = [
            connected(&richer, &base),
            connected(&study, &NeighbourReach { transfer_walk: Metres(600.0), ..base.clone() }),
            connected(&study, &NeighbourReach { max_wait: Seconds(1800.0), ..base.clone() }),
            connected(&study, &NeighbourReach { border_walk: Metres(400.0), ..base.clone() }),
            connected(&study, &NeighbourReach { transfers: 2, max_time: None, ..base.clone() }),
        ];
        for (case, more) in cases.iter().enumerate() {
            assert!(more.is_superset(&few), "TONGDA_SEED={seed}, case {case}: {few:?} became {more:?}");
            gained[case] += more.len() - few.len();
        }
    }
    assert!(gained.iter().all(|gained| *gained > 0), "every change matters somewhere: {gained:?}");
}
