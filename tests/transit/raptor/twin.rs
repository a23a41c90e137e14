//! Travel times by timetable against a naive twin that looks at every pair of calls of every vehicle until nothing gets better, on random feeds,
//! and properties that hold of any timetable.

use tongda::base::clock::ServiceTime;
use tongda::base::idx::CalendarIdx;
use tongda::base::idx::StopIdx;
use tongda::base::units::Limit;
use tongda::base::units::Seconds;
use tongda::impedance::Direction;
use tongda::impedance::Impedance;
use tongda::impedance::Want;
use tongda::impedance::by_transit::ByTransit;
use tongda::impedance::geodesic::geodesic_m;
use tongda::impedance::journeys::Journey;
use tongda::impedance::journeys::Leg;
use tongda::impedance::transit::TransitNetwork;
use tongda::model::place::Place;
use tongda::model::transit::Call;
use tongda::model::transit::Feed;
use tongda::model::transit::Frequency;
use tongda::model::transit::Stop;
use tongda::model::transit::Transfer;
use tongda::model::transit::Transit;
use tongda::model::transit::Trip;
use tongda::model::travel::Clock;
use tongda::model::travel::Travel;
use tongda::model::travel::Wait;

use crate::raptor::Random;
use crate::raptor::at;
use crate::raptor::calendars;
use crate::raptor::date;
use crate::raptor::pattern;
use crate::raptor::plane;
use crate::raptor::seed;
use crate::raptor::service;
use crate::raptor::walker;

/// A small random feed: lines that cross, pass a stop twice, overtake, stand, hop in no time, run past midnight and at headways.
pub fn random_feed(random: &mut Random, around: u32) -> Transit {
    let count = 4 + random.below(7);
    let stops: Vec<Stop> = (0..count)
        .map(|nth| {
            let place = at(f64::from(random.below(3000)), f64::from(random.below(3000)));
            Stop::new(format!("s{nth}"), format!("s{nth}"), place)
        })
        .collect();
    let mut services = Vec::new();
    for line in 0..2 + random.below(4) as usize {
        let length = 2 + random.below(5);
        let mut pattern = pattern((0..length).map(|_| random.below(count)).collect());
        let calls = |random: &mut Random, start: u32| -> Vec<Call> {
            let mut time = start;
            (0..length)
                .map(|_| {
                    let arrives = time;
                    let leaves = arrives + [0, 0, 30, 120][random.below(4) as usize];
                    time = leaves + [0, 60, 120, 300, 900][random.below(5) as usize];
                    let (boards, alights) = (!random.one_in(9), !random.one_in(9));
                    Call { boards, alights, ..Call::new(arrives, leaves) }
                })
                .collect()
        };
        if random.one_in(4) {
            let first = (around + random.below(3600)).saturating_sub(3600);
            let mut calls = calls(random, 0);
            let wait = calls[0].leaves.0;
            for call in &mut calls {
                call.arrives.0 = call.arrives.0.saturating_sub(wait);
                call.leaves.0 -= wait;
            }
            pattern.frequencies.push(Frequency {
                calendar: [None, Some(CalendarIdx(0)), Some(CalendarIdx(3))][random.below(3) as usize],
                first: ServiceTime(first),
                last: ServiceTime(first + random.below(9000)),
                headway_s: 61 + random.below(1200),
                calls,
            });
            pattern.both_ways = random.one_in(3);
        } else {
            for trip in 0..1 + random.below(8) {
                // those of the day before are written with hours beyond 24
                let calendar = random.below(4);
                let start = (around + random.below(9000)).saturating_sub(3000);
                let shift = if calendar == 1 || random.one_in(6) { 86_400 } else { 0 };
                let calls = calls(random, start + shift);
                pattern.trips.push(Trip { id: format!("{line}-{trip}"), calendar: CalendarIdx(calendar), calls });
            }
        }
        services.push(service(line, vec![pattern]));
    }
    let transfers = (0..random.below(5))
        .map(|_| Transfer {
            from: StopIdx(random.below(count)),
            to: StopIdx(random.below(count)),
            least_s: [None, Some(0), Some(240)][random.below(3) as usize],
            is_forbidden: random.one_in(3),
        })
        .collect();
    Transit {
        stops,
        services,
        feeds: vec![Feed { name: "random_synthetic".to_owned(), zone: Some("Asia/Shanghai".to_owned()) }],
        calendars: calendars(),
        transfers,
        date: Some(date("2026-03-04")),
        ..Transit::default()
    }
}

pub fn random_travel(random: &mut Random, around: u32) -> Travel {
    Travel {
        from: ServiceTime(around),
        minutes: 1 + random.below(15),
        longest_s: [1200, 2400, 7200][random.below(3) as usize],
        max_walk: Limit::Time(Seconds(f64::from([0, 300, 700, 1500][random.below(4) as usize]))),
        transfers: random.below(4) as u8,
        change_s: [0, 0, 60, 180][random.below(4) as usize],
        wait: [Wait::Best, Wait::Mean, Wait::Worst][random.below(3) as usize],
        ..Travel::default()
    }
}

fn walk_s(travel: &Travel, from: &Place, to: &Place) -> u32 {
    let metres = geodesic_m(from.lonlat, to.lonlat) * travel.walk_detour;
    (travel.walk_speed.seconds(metres) - 1e-6).max(0.0).ceil() as u32
}

fn max_walk_s(travel: &Travel) -> u32 {
    match travel.max_walk {
        Limit::Time(seconds) => seconds.0 as u32,
        Limit::Length(metres) => travel.walk_speed.seconds(metres.0) as u32,
    }
}

/// Seconds from one stop to another between two rides; `None` where one can not change so.
fn change_s(transit: &Transit, travel: &Travel, from: usize, to: usize) -> Option<u32> {
    let walk = walk_s(travel, &transit.stops[from].at, &transit.stops[to].at);
    let mut change = (from == to || walk <= max_walk_s(travel)).then_some(walk + travel.change_s);
    let own = transit.transfers.iter().filter(|one| one.from.at() == from && one.to.at() == to);
    let own: Vec<&Transfer> = own.collect();
    if own.iter().any(|one| one.is_forbidden || one.least_s.is_some()) {
        // the walk does not count; the shortest time that is told and not forbidden in the same line does
        change = own.iter().filter(|one| !one.is_forbidden).filter_map(|one| one.least_s).min();
    }
    change
}

/// Seconds of every change of a feed, by stop and stop.
fn all_changes(transit: &Transit, travel: &Travel) -> Vec<Vec<Option<u32>>> {
    let count = transit.stops.len();
    (0..count).map(|from| (0..count).map(|to| change_s(transit, travel, from, to)).collect()).collect()
}

/// The naive twin: earliest arrivals at places for who leaves `from` at a second of the day, by foot and at most so many changes.
fn naive(
    (transit, travel): (&Transit, &Travel),
    changes: &[Vec<Option<u32>>],
    from: &Place,
    ends: &[Place],
    leaves: i64,
) -> Vec<Option<i64>> {
    let days = [("2026-03-03", -86_400i64), ("2026-03-04", 0), ("2026-03-05", 86_400)];
    let runs_on = |calendar: CalendarIdx, day: &str| transit.calendars[calendar.at()].dates.contains(&date(day));
    let never = i64::MAX / 2;
    let walk = |a: &Place, b: &Place| i64::from(walk_s(travel, a, b));
    let reach = i64::from(max_walk_s(travel));
    let count = transit.stops.len();
    let mut best: Vec<i64> = ends.iter().map(|to| leaves + walk(from, to)).collect();
    let mut ready: Vec<i64> = (0..count)
        .map(|stop| walk(from, &transit.stops[stop].at))
        .map(|walk| if walk <= reach { leaves + walk } else { never })
        .collect();
    for _ in 0..=travel.transfers {
        let mut arrives = vec![never; count];
        for pattern in transit.services.iter().flat_map(|service| &service.patterns) {
            for (day, shift) in days {
                for trip in pattern.trips.iter().filter(|trip| runs_on(trip.calendar, day)) {
                    for (on, board) in trip.calls.iter().enumerate().filter(|(_, call)| call.boards) {
                        if ready[pattern.stops[on].at()] > i64::from(board.leaves.0) + shift {
                            continue;
                        }
                        for (off, alight) in trip.calls.iter().enumerate().skip(on + 1).filter(|(_, call)| call.alights)
                        {
                            let label = &mut arrives[pattern.stops[off].at()];
                            *label = (*label).min(i64::from(alight.arrives.0) + shift);
                        }
                    }
                }
                for run in &pattern.frequencies {
                    if run.calendar.is_some_and(|calendar| !runs_on(calendar, day)) {
                        continue;
                    }
                    let (first, last) = (i64::from(run.first.0) + shift, i64::from(run.last.0) + shift);
                    let wait = i64::from(travel.wait.seconds(run.headway_s));
                    for is_back in if pattern.both_ways { vec![false, true] } else { vec![false] } {
                        // seconds from the first departure, and where one gets on and off
                        let length = run.calls.len();
                        let call = |nth: usize| -> (usize, i64, i64, bool, bool) {
                            if !is_back {
                                let call = &run.calls[nth];
                                let times = (i64::from(call.arrives.0), i64::from(call.leaves.0));
                                return (pattern.stops[nth].at(), times.0, times.1, call.boards, call.alights);
                            }
                            let (call, end) = (&run.calls[length - 1 - nth], &run.calls[length - 1]);
                            let start = i64::from(end.leaves.0) - i64::from(end.arrives.0);
                            let whole = i64::from(end.leaves.0);
                            let times = (whole - i64::from(call.leaves.0), whole - i64::from(call.arrives.0));
                            let stop = pattern.stops[length - 1 - nth].at();
                            (stop, (times.0 - start).max(0), times.1 - start, call.alights, call.boards)
                        };
                        for on in 0..length {
                            let (stop, _, leaves, boards, _) = call(on);
                            if !boards || ready[stop] == never || ready[stop] - leaves > last {
                                continue;
                            }
                            let at = ready[stop] - leaves;
                            let start = if at <= first { first } else { last.min(at + wait) };
                            for off in on + 1..length {
                                let (stop, comes, _, _, alights) = call(off);
                                if alights {
                                    arrives[stop] = arrives[stop].min(start + comes);
                                }
                            }
                        }
                    }
                }
            }
        }
        for (stop, arrives) in transit.stops.iter().zip(&arrives).filter(|(_, arrives)| **arrives < never) {
            for (to, best) in ends.iter().zip(&mut best) {
                let egress = walk(&stop.at, to);
                if egress <= reach {
                    *best = (*best).min(arrives + egress);
                }
            }
        }
        let mut then = vec![never; count];
        for (a, arrives) in arrives.iter().enumerate().filter(|(_, arrives)| **arrives < never) {
            for (b, ready) in then.iter_mut().enumerate() {
                if let Some(seconds) = changes[a][b] {
                    *ready = (*ready).min(arrives + i64::from(seconds));
                }
            }
        }
        ready = then;
    }
    best.into_iter().map(|arrives| Some(arrives).filter(|_| arrives - leaves <= i64::from(travel.longest_s))).collect()
}

/// A journey leaves at its minute, takes as long as was found, and is one that the feed allows.
fn check(journey: &Option<Journey>, (transit, travel): (&Transit, &Travel), leaves: i64, seconds: Option<u32>) {
    let told = journey.as_ref().map(|journey| (journey.arrives - journey.leaves) as u32);
    assert_eq!(told, seconds, "{journey:?}");
    let Some(journey) = journey else { return };
    assert_eq!(i64::from(journey.leaves), leaves, "{journey:?}");
    let (mut time, mut stop, mut rides) = (journey.leaves, None, 0);
    for leg in &journey.legs {
        match leg {
            Leg::Walk { seconds } => time += *seconds as i32,
            Leg::Change { from, to, seconds } => {
                assert_eq!(Some(*from), stop, "{journey:?}");
                let allowed = change_s(transit, travel, from.at(), to.at());
                assert_eq!(allowed, Some(*seconds), "{journey:?}");
                (time, stop) = (time + *seconds as i32, Some(*to));
            }
            Leg::Ride { service, pattern, trip, from, to, leaves, arrives } => {
                assert!(stop.is_none() || stop == Some(*from), "{journey:?}");
                assert!(*leaves >= time && arrives >= leaves, "{journey:?}");
                let pattern = &transit.services[service.at()].patterns[*pattern as usize];
                if let Some(trip) = trip {
                    // both calls are of the trip, as many seconds apart, on the day or on one beside it
                    let calls = || pattern.stops.iter().zip(&pattern.trips[*trip as usize].calls);
                    let gets_on: Vec<i32> = calls()
                        .filter(|(stop, call)| *stop == from && call.boards)
                        .map(|(_, call)| leaves - call.leaves.0 as i32)
                        .collect();
                    let is_ride = calls().any(|(stop, call)| {
                        stop == to && call.alights && gets_on.contains(&(arrives - call.arrives.0 as i32))
                    });
                    assert!(is_ride && gets_on.iter().any(|shift| shift % 86_400 == 0), "{journey:?}");
                } else {
                    assert!(!pattern.frequencies.is_empty(), "{journey:?}");
                }
                (time, stop, rides) = (*arrives, Some(*to), rides + 1);
            }
        }
    }
    assert!(time == journey.arrives && rides <= u32::from(travel.transfers) + 1, "{journey:?}");
}

/// A feed, settings and places; half of them in the night, when vehicles of the day before are under way.
fn case(random: &mut Random) -> (Transit, Travel, Vec<Place>) {
    let around = if random.one_in(2) { 8 * 3600 } else { 600 };
    let (transit, travel) = (random_feed(random, around), random_travel(random, around));
    // some at stops, some anywhere
    let places = (0..5)
        .map(|nth| match nth % 2 {
            0 => transit.stops[random.below(transit.stops.len() as u32) as usize].at,
            _ => at(f64::from(random.below(3000)), f64::from(random.below(3000))),
        })
        .collect();
    (transit, travel, places)
}

#[test]
fn earliest_arrivals_are_those_of_a_naive_search_on_random_feeds() {
    let (mut random, plane) = (Random(seed()), plane());
    let (mut ridden, mut unreached) = (0, 0);
    for round in 0..200 {
        let (transit, travel, places) = case(&mut random);
        let network = TransitNetwork::new(&transit, &travel, walker(&plane, &travel));
        let (ends, changes) = (network.ends(&places), all_changes(&transit, &travel));
        for (from, start) in places.iter().enumerate() {
            let times = network.times(start, &ends);
            for minute in 0..travel.minutes as usize {
                let leaves = i64::from(travel.from.0) + 60 * minute as i64;
                let arrivals = naive((&transit, &travel), &changes, start, &places, leaves);
                for (to, end) in places.iter().enumerate() {
                    let expected = arrivals[to].map(|arrives| (arrives - leaves) as u32);
                    let got = times.at(to, minute);
                    assert_eq!(got, expected, "feed {round}, {from} to {to}, minute {minute}: {travel:?} {transit:#?}");
                    if minute % 5 == 0 {
                        check(&network.journey(start, &ends, to as u32, minute), (&transit, &travel), leaves, got);
                    }
                    unreached += u32::from(got.is_none());
                    ridden += u32::from(got.is_some_and(|time| time < walk_s(&travel, start, end)));
                }
            }
        }
    }
    // the feeds are such that both happen often
    assert!(ridden > 1_000 && unreached > 1_000, "{ridden} ridden, {unreached} not reached");
}

#[test]
fn who_must_be_there_by_a_minute_leaves_as_late_as_leaving_forward_allows() {
    let (mut random, plane) = (Random(seed() ^ 0x5555), plane());
    let mut ridden = 0;
    for round in 0..150 {
        let (transit, travel, places) = case(&mut random);
        let travel = Travel { clock: Clock::ArriveBy, minutes: 1 + travel.minutes / 4, ..travel };
        // the naive search knows no limit here: one that leaves too early is told by its time
        let endless = Travel { longest_s: 86_400, ..travel.clone() };
        let network = TransitNetwork::new(&transit, &travel, walker(&plane, &travel));
        let (ends, changes) = (network.ends(&places), all_changes(&transit, &travel));
        let end = &places[0];
        let times = network.times(end, &ends);
        for minute in 0..travel.minutes as usize {
            let by = i64::from(travel.from.0) + 60 * minute as i64;
            for (from, start) in places.iter().enumerate() {
                let is_in_time = |leaves: i64| {
                    let arrives = naive((&transit, &endless), &changes, start, &[*end], leaves)[0];
                    arrives.is_some_and(|time| time <= by)
                };
                match times.at(from, minute) {
                    Some(seconds) => {
                        let leaves = by - i64::from(seconds);
                        assert!(is_in_time(leaves), "feed {round}, from {from}, minute {minute}: {leaves} is too late");
                        assert!(
                            !is_in_time(leaves + 1),
                            "feed {round}, from {from}, minute {minute}: {leaves} is too early"
                        );
                        ridden += u32::from(seconds < walk_s(&travel, start, end));
                    }
                    None => {
                        let earliest = by - i64::from(travel.longest_s);
                        assert!(!is_in_time(earliest), "feed {round}, from {from}, minute {minute}: there is a way");
                    }
                }
            }
        }
    }
    assert!(ridden > 40, "{ridden} ridden");
}

#[test]
fn transit_is_never_slower_than_walking_and_percentiles_rise() {
    let (mut random, plane) = (Random(seed() ^ 0xABCD), plane());
    for _ in 0..100 {
        let (transit, travel, places) = case(&mut random);
        let network = TransitNetwork::new(&transit, &travel, walker(&plane, &travel));
        let ends = network.ends(&places);
        for start in &places {
            let times = network.times(start, &ends);
            for (to, end) in places.iter().enumerate() {
                let walk = walk_s(&travel, start, end);
                let ranks = times.percentiles(to, &[0.0, 1.0, 25.0, 50.0, 75.0, 99.0, 100.0]);
                for pair in ranks.windows(2) {
                    assert!(pair[1].is_none() || pair[0] <= pair[1], "{ranks:?}");
                    assert!(pair[0].is_some() || pair[1].is_none(), "{ranks:?}");
                }
                if walk <= travel.longest_s {
                    assert!(ranks.iter().all(|time| time.is_some_and(|time| time <= walk)), "{ranks:?} {walk}");
                }
            }
        }
    }
}

#[test]
fn more_departures_or_more_changes_never_hurt() {
    let (mut random, plane) = (Random(seed() ^ 0x7777), plane());
    let mut better = 0;
    for round in 0..100 {
        let (transit, travel, places) = case(&mut random);
        let mut more = transit.clone();
        for pattern in more.services.iter_mut().flat_map(|service| &mut service.patterns) {
            let extra: Vec<Trip> = pattern
                .trips
                .iter()
                .map(|trip| {
                    let later = |time: ServiceTime| ServiceTime(time.0 + 420);
                    let call = |call: &Call| Call { arrives: later(call.arrives), leaves: later(call.leaves), ..*call };
                    Trip { calls: trip.calls.iter().map(call).collect(), ..trip.clone() }
                })
                .collect();
            pattern.trips.extend(extra);
        }
        let freer = Travel { transfers: travel.transfers + 1, ..travel.clone() };
        let times = |transit: &Transit, travel: &Travel| -> Vec<Option<u32>> {
            let network = TransitNetwork::new(transit, travel, walker(&plane, travel));
            let ends = network.ends(&places);
            let each = places.iter().map(|start| network.times(start, &ends));
            each.flat_map(|times| {
                let (ends, minutes) = (times.len(), times.minutes());
                (0..ends * minutes).map(|nth| times.at(nth / minutes, nth % minutes)).collect::<Vec<_>>()
            })
            .collect()
        };
        let (plain, dense, free) = (times(&transit, &travel), times(&more, &travel), times(&transit, &freer));
        for (nth, before) in plain.iter().enumerate() {
            for after in [dense[nth], free[nth]] {
                assert!(before.is_none() || after.is_some_and(|after| Some(after) <= *before), "feed {round}, {nth}");
                better += u32::from(after != *before);
            }
        }
    }
    assert!(better > 300, "{better} got better");
}

#[test]
fn costs_are_the_percentiles_whichever_end_the_clock_hangs_at() {
    let (mut random, plane) = (Random(seed() ^ 0x1234), plane());
    let mut compared = 0;
    for round in 0..60 {
        let (transit, travel, places) = case(&mut random);
        for clock in [Clock::DepartAt, Clock::ArriveBy] {
            let travel = Travel { clock, percentile: [50.0, 5.0, 95.0][random.below(3) as usize], ..travel.clone() };
            let network = || TransitNetwork::new(&transit, &travel, walker(&plane, &travel));
            let (plain, ends) = (network(), network().ends(&places));
            for direction in [Direction::ToFacility, Direction::FromFacility] {
                let own = network();
                let engine = ByTransit { network: &own, direction };
                let prepared = engine.prepare(&plane, &places);
                for (at, point) in places.iter().enumerate() {
                    let row = prepared.row(point, Want::Within(1e9), &|_| true);
                    assert!(row.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{row:?}");
                    let row: std::collections::BTreeMap<u32, f64> = row.into_iter().collect();
                    // the clock hangs at the point, or at the facility
                    let is_at_point = (direction == Direction::ToFacility) == (clock == Clock::DepartAt);
                    for facility in 0..places.len() {
                        let (start, end) = if is_at_point { (at, facility) } else { (facility, at) };
                        let times = plain.times(&places[start], &ends);
                        let expected = times.percentiles(end, &[travel.percentile])[0].map(f64::from);
                        assert_eq!(row.get(&(facility as u32)).copied(), expected, "feed {round}, {at} and {facility}");
                        compared += 1;
                    }
                }
            }
        }
    }
    assert_eq!(compared, 60 * 2 * 2 * 5 * 5);
}
