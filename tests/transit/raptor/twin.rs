//! Travel times by timetable against a naive twin that looks at every pair of calls of every vehicle until nothing gets better, on random feeds,
//! and properties that hold of any timetable.

use tongda::base::clock::ServiceTime;
use tongda::base::idx::CalendarIdx;
use tongda::base::idx::ServiceIdx;
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
use tongda::model::transit::InSeat;
use tongda::model::transit::NarrowTransfer;
use tongda::model::transit::Service;
use tongda::model::transit::Stop;
use tongda::model::transit::Transfer;
use tongda::model::transit::Transit;
use tongda::model::transit::Trip;
use tongda::model::transit::TripAt;
use tongda::model::transit::Whose;
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
                // those of the days before are written with hours beyond 24, and beyond 48
                let calendar = random.below(5);
                let start = (around + random.below(9000)).saturating_sub(3000);
                let shift = match calendar {
                    4 => 2 * 86_400,
                    1 => 86_400,
                    _ if random.one_in(6) => 86_400,
                    _ => 0,
                };
                let calls = calls(random, start + shift);
                pattern.trips.push(Trip { id: format!("{line}-{trip}"), calendar: CalendarIdx(calendar), calls });
            }
        }
        services.push(service(line, vec![pattern]));
    }
    let transfers = (0..random.below(5)).map(|_| random_transfer(random, count)).collect();
    let mut stops = stops;
    if random.one_in(2) {
        // a station is a stop as well; where it lies says nothing
        (0..3).for_each(|nth| stops[nth].station = Some(StopIdx(0)));
    }
    let (blocks, in_seat) = go_on(random, count, &mut services);
    let mut narrow_transfers: Vec<NarrowTransfer> =
        (0..random.below(10)).map(|_| random_rule(random, count, &services)).collect();
    if random.one_in(2) {
        rules_everywhere(random, count, &services, &mut narrow_transfers);
    }
    Transit {
        narrow_transfers,
        blocks,
        in_seat,
        stops,
        services,
        feeds: vec![Feed { name: "random_synthetic".to_owned(), zone: Some("Asia/Shanghai".to_owned()) }],
        calendars: calendars(),
        transfers,
        date: Some(date("2026-03-04")),
        ..Transit::default()
    }
}

fn random_transfer(random: &mut Random, stops: u32) -> Transfer {
    Transfer {
        from: StopIdx(random.below(stops)),
        to: StopIdx(random.below(stops)),
        least_s: [None, Some(0), Some(240)][random.below(3) as usize],
        is_forbidden: random.one_in(3),
    }
}

/// All trips of single vehicles.
fn all_trips(services: &[Service]) -> Vec<TripAt> {
    let mut all = Vec::new();
    for (service, one) in (0u32..).zip(services) {
        for (pattern, own) in (0u32..).zip(&one.patterns) {
            let trips = 0..own.trips.len() as u32;
            all.extend(trips.map(|trip| TripAt { service: ServiceIdx(service), pattern, trip }));
        }
    }
    all
}

fn random_rule(random: &mut Random, stops: u32, services: &[Service]) -> NarrowTransfer {
    let trips = all_trips(services);
    let mut whose = || match random.below(4) {
        0 => (Whose::All, None),
        1 => {
            let at = random.below(services.len() as u32);
            (Whose::Service(ServiceIdx(at)), Some((ServiceIdx(at), 0)))
        }
        _ if trips.is_empty() => (Whose::All, None),
        _ => {
            let at = trips[random.below(trips.len() as u32) as usize];
            (Whose::Trip(at), Some((at.service, at.pattern)))
        }
    };
    let (from, to) = (whose(), whose());
    let mut transfer = random_transfer(random, stops);
    // at stops where it matters: near the end of one line, near the start of the other
    let stops_of = |at: (ServiceIdx, u32)| &services[at.0.at()].patterns[at.1 as usize].stops;
    if let Some(stops) = from.1.map(stops_of) {
        transfer.from = stops[1 + random.below(stops.len() as u32 - 1) as usize];
    }
    if let Some(stops) = to.1.map(stops_of) {
        transfer.to = stops[random.below(stops.len() as u32 - 1) as usize];
    }
    // mostly where both call
    if let (Some(off), Some(on)) = (from.1.map(stops_of), to.1.map(stops_of))
        && let Some(both) = off[1..].iter().find(|stop| on[..on.len() - 1].contains(stop))
        && !random.one_in(4)
    {
        (transfer.from, transfer.to) = (*both, *both);
    }
    NarrowTransfer { transfer, from: from.0, to: to.0 }
}

/// A rule for each pair of lines that call at one stop, and for trips of some.
fn rules_everywhere(random: &mut Random, stops: u32, services: &[Service], rules: &mut Vec<NarrowTransfer>) {
    let whose = |random: &mut Random, service: usize| {
        let trips = services[service].patterns[0].trips.len() as u32;
        let service = ServiceIdx::new(service);
        match trips {
            0 => Whose::Service(service),
            _ if random.one_in(2) => Whose::Service(service),
            trips => Whose::Trip(TripAt { service, pattern: 0, trip: random.below(trips) }),
        }
    };
    for from in 0..services.len() {
        for to in (0..services.len()).filter(|to| *to != from) {
            let (off, on) = (&services[from].patterns[0].stops, &services[to].patterns[0].stops);
            for stop in off[1..].iter().filter(|stop| on[..on.len() - 1].contains(stop)) {
                let transfer = Transfer { from: *stop, to: *stop, ..random_transfer(random, stops) };
                let (from, to) = (whose(random, from), whose(random, to));
                rules.push(NarrowTransfer { transfer, from, to });
            }
        }
    }
}

/// Lines that begin where others end, with the vehicles that go on in them, and what is said of staying in the seat.
fn go_on(random: &mut Random, stops: u32, services: &mut Vec<Service>) -> (Vec<Vec<TripAt>>, Vec<InSeat>) {
    let (mut blocks, mut in_seat) = (Vec::new(), Vec::new());
    for _ in 0..1 + random.below(3) {
        let before = all_trips(services);
        let Some(first) = before.get(random.below(before.len().max(1) as u32) as usize).copied() else { continue };
        let from = services[first.service.at()].patterns[first.pattern as usize].clone();
        let length = 2 + random.below(3);
        let start = if random.one_in(5) { StopIdx(random.below(stops)) } else { from.stops[from.stops.len() - 1] };
        let rest = (1..length).map(|_| random.below(stops));
        let mut next = pattern(std::iter::once(start.0).chain(rest).collect());
        let number = services.len();
        for (at, trip) in from.trips.iter().enumerate() {
            let ends = trip.calls[trip.calls.len() - 1].arrives.0;
            let mut time = ends + [0, 0, 60, 900, 2400][random.below(5) as usize];
            let mut call = || {
                let call = Call::new(time, time + [0, 30][random.below(2) as usize]);
                time = call.leaves.0 + [0, 120, 300][random.below(3) as usize];
                call
            };
            let calls = (0..length).map(|_| call()).collect();
            let calendar = if random.one_in(5) { CalendarIdx(2) } else { trip.calendar };
            next.trips.push(Trip { id: format!("on-{number}-{at}"), calendar, calls });
            let own = TripAt { trip: at as u32, ..first };
            let on = TripAt { service: ServiceIdx::new(number), pattern: 0, trip: at as u32 };
            match random.below(6) {
                0 => in_seat.push(InSeat { from: own, to: on, is_allowed: true }),
                1 => {
                    blocks.push(vec![own, on]);
                    in_seat.push(InSeat { from: own, to: on, is_allowed: random.one_in(2) });
                }
                2 => blocks.push(vec![on, before[random.below(before.len() as u32) as usize], own]),
                3 => {}
                _ => blocks.push(vec![own, on]),
            }
        }
        services.push(service(number, vec![next]));
    }
    (blocks, in_seat)
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

/// What one rides in: the service, and the trip where one is known.
type Ridden = (u32, Option<TripAt>);

fn is_of(whose: Whose, ridden: Ridden) -> bool {
    match whose {
        Whose::All => true,
        Whose::Service(service) => service.0 == ridden.0,
        Whose::Trip(trip) => ridden.1 == Some(trip),
    }
}

/// Seconds from one stop to another between two rides; `None` where one can not change so.
fn change_s(
    transit: &Transit,
    travel: &Travel,
    (from, off): (usize, Ridden),
    (to, on): (usize, Ridden),
) -> Option<u32> {
    let walk = walk_s(travel, &transit.stops[from].at, &transit.stops[to].at);
    let walked = (from == to || walk <= max_walk_s(travel)).then_some(walk + travel.change_s);
    let rules = transit.narrow_transfers.iter().filter(|rule| {
        (rule.transfer.from.at(), rule.transfer.to.at()) == (from, to) && is_of(rule.from, off) && is_of(rule.to, on)
    });
    let exactness = |whose: Whose| match whose {
        Whose::All => 0,
        Whose::Service(_) => 1,
        Whose::Trip(_) => 3,
    };
    // (trip, trip) 6, (trip, route) 4, (trip, all) 3, (route, route) 2, (route, all) 1
    let mut best: Option<(i32, &NarrowTransfer)> = None;
    for rule in rules {
        let rank = exactness(rule.from) + exactness(rule.to);
        if best.is_none_or(|(known, _)| rank > known) {
            best = Some((rank, rule));
        }
    }
    if let Some((_, rule)) = best {
        return match rule.transfer {
            Transfer { is_forbidden: true, .. } => None,
            Transfer { least_s, .. } => least_s.or(walked),
        };
    }
    let own = transit.transfers.iter().filter(|one| one.from.at() == from && one.to.at() == to);
    let own: Vec<&Transfer> = own.collect();
    if own.iter().any(|one| one.is_forbidden || one.least_s.is_some()) {
        // the walk does not count; the shortest time that is told and not forbidden in the same line does
        return own.iter().filter(|one| !one.is_forbidden).filter_map(|one| one.least_s).min();
    }
    walked
}

/// One trip on one day, or one row of headways.
struct Run {
    ridden: Ridden,
    /// Stop, arrival, departure, whether one gets on, and off.
    calls: Vec<(usize, i64, i64, bool, bool)>,
    /// First and last departure and the wait, of headways; their calls count from the departure.
    headway: Option<(i64, i64, i64)>,
    /// Runs in which one stays.
    onward: Vec<usize>,
}

/// All that runs on the days around, and the seconds of every change by what matters of it.
struct Known {
    runs: Vec<Run>,
    /// Those that rules are about; everything else is like everything else.
    kinds: Vec<Ridden>,
    /// By stop and kind, stop and kind.
    changes: Vec<Vec<Option<u32>>>,
    stops: usize,
}

impl Known {
    /// Where a ride stands among the kinds.
    fn kind(&self, transit: &Transit, ridden: Ridden) -> usize {
        let is_about = |whose: &Whose| *whose != Whose::All && is_of(*whose, ridden);
        let is_named = transit.narrow_transfers.iter().any(|rule| is_about(&rule.from) || is_about(&rule.to));
        if is_named { self.kinds.iter().position(|one| *one == ridden).unwrap() } else { 0 }
    }

    fn change(&self, (from, off): (usize, usize), (to, on): (usize, usize)) -> Option<u32> {
        self.changes[off * self.stops + from][on * self.stops + to]
    }
}

/// A ride that no rule is about.
const OTHER: Ridden = (u32::MAX, None);

fn known(transit: &Transit, travel: &Travel) -> Known {
    let days = [
        ("2026-03-01", -259_200i64),
        ("2026-03-02", -172_800),
        ("2026-03-03", -86_400),
        ("2026-03-04", 0),
        ("2026-03-05", 86_400),
    ];
    let runs_on = |calendar: CalendarIdx, day: &str| transit.calendars[calendar.at()].dates.contains(&date(day));
    let mut runs: Vec<Run> = Vec::new();
    for (service_at, service) in (0u32..).zip(&transit.services) {
        for (pattern_at, pattern) in (0u32..).zip(&service.patterns) {
            for (day, shift) in days {
                for (trip_at, trip) in (0u32..).zip(&pattern.trips).filter(|(_, trip)| runs_on(trip.calendar, day)) {
                    let at = TripAt { service: ServiceIdx(service_at), pattern: pattern_at, trip: trip_at };
                    let calls = pattern.stops.iter().zip(&trip.calls).map(|(stop, call)| {
                        let times = (i64::from(call.arrives.0) + shift, i64::from(call.leaves.0) + shift);
                        (stop.at(), times.0, times.1, call.boards, call.alights)
                    });
                    let calls = calls.collect();
                    runs.push(Run { ridden: (service_at, Some(at)), calls, headway: None, onward: Vec::new() });
                }
                for run in &pattern.frequencies {
                    if run.calendar.is_some_and(|calendar| !runs_on(calendar, day)) {
                        continue;
                    }
                    let wait = i64::from(travel.wait.seconds(run.headway_s));
                    let headway = Some((i64::from(run.first.0) + shift, i64::from(run.last.0) + shift, wait));
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
                        let calls = (0..length).map(call).collect();
                        runs.push(Run { ridden: (service_at, None), calls, headway, onward: Vec::new() });
                    }
                }
            }
        }
    }
    stay(transit, &mut runs);
    let mut kinds: Vec<Ridden> = runs.iter().map(|run| run.ridden).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.insert(0, OTHER);
    let stops = transit.stops.len();
    let mut known = Known { runs, kinds, changes: Vec::new(), stops };
    // only kinds that a rule is about
    let named: Vec<Ridden> = known.kinds[1..]
        .iter()
        .copied()
        .filter(|ridden| {
            let is_about = |whose: &Whose| *whose != Whose::All && is_of(*whose, *ridden);
            transit.narrow_transfers.iter().any(|rule| is_about(&rule.from) || is_about(&rule.to))
        })
        .collect();
    known.kinds = std::iter::once(OTHER).chain(named).collect();
    for off in &known.kinds {
        for from in 0..stops {
            let row = known
                .kinds
                .iter()
                .flat_map(|on| (0..stops).map(move |to| change_s(transit, travel, (from, *off), (to, *on))));
            known.changes.push(row.collect());
        }
    }
    known
}

/// Which runs are gone on in without getting off.
fn stay(transit: &Transit, runs: &mut [Run]) {
    let of = |runs: &[Run], trip: &TripAt| -> Vec<usize> {
        (0..runs.len()).filter(|at| runs[*at].ridden.1 == Some(*trip)).collect()
    };
    let (starts, ends) = (|run: &Run| run.calls[0].2, |run: &Run| run.calls[run.calls.len() - 1].1);
    let barred = |runs: &[Run], from: usize, to: usize| {
        let is_it = |one: &InSeat| (Some(one.from), Some(one.to)) == (runs[from].ridden.1, runs[to].ridden.1);
        transit.in_seat.iter().any(|one| !one.is_allowed && is_it(one))
    };
    let mut links: Vec<(usize, usize)> = Vec::new();
    for block in &transit.blocks {
        let mut own: Vec<usize> = block.iter().flat_map(|trip| of(runs, trip)).collect();
        own.sort_by_key(|at| (starts(&runs[*at]), ends(&runs[*at]), runs[*at].ridden));
        for pair in own.windows(2) {
            let (before, after) = (&runs[pair[0]], &runs[pair[1]]);
            let layover = starts(after) - ends(before);
            let (last, first) = (before.calls[before.calls.len() - 1].0, after.calls[0].0);
            let station = |stop: usize| transit.stops[stop].station.map_or(stop, |station| station.at());
            let apart = geodesic_m(transit.stops[last].at.lonlat, transit.stops[first].at.lonlat);
            if (0..=1800).contains(&layover) && (station(last) == station(first) || apart <= 200.0) {
                links.push((pair[0], pair[1]));
            }
        }
    }
    for one in transit.in_seat.iter().filter(|one| one.is_allowed) {
        for before in of(runs, &one.from) {
            let later = of(runs, &one.to).into_iter().filter(|after| {
                (0..86_400).contains(&(starts(&runs[*after]) - ends(&runs[before]))) && *after != before
            });
            links.extend(later.min_by_key(|after| starts(&runs[*after])).map(|after| (before, after)));
        }
    }
    for (from, to) in links {
        if !barred(runs, from, to) {
            runs[from].onward.push(to);
        }
    }
}

/// The naive twin: earliest arrivals at places for who leaves `from` at a second of the day, by foot and at most so many changes.
fn naive(
    (transit, travel): (&Transit, &Travel),
    known: &Known,
    from: &Place,
    ends: &[Place],
    leaves: i64,
) -> Vec<Option<i64>> {
    let never = i64::MAX / 2;
    let walk = |a: &Place, b: &Place| i64::from(walk_s(travel, a, b));
    let reach = i64::from(max_walk_s(travel));
    let (count, kinds) = (transit.stops.len(), known.kinds.len());
    let kind_of: Vec<usize> = known.runs.iter().map(|run| known.kind(transit, run.ridden)).collect();
    let mut best: Vec<i64> = ends.iter().map(|to| leaves + walk(from, to)).collect();
    // by kind of what is got on, and stop
    let walked: Vec<i64> = (0..count)
        .map(|stop| walk(from, &transit.stops[stop].at))
        .map(|walk| if walk <= reach { leaves + walk } else { never })
        .collect();
    let mut ready: Vec<Vec<i64>> = vec![walked; kinds];
    for _ in 0..=travel.transfers {
        let mut arrives = vec![vec![never; count]; kinds];
        for (run, kind) in known.runs.iter().zip(&kind_of) {
            let length = run.calls.len();
            for on in 0..length.saturating_sub(1) {
                let (stop, _, leaves, boards, _) = run.calls[on];
                let ready = ready[*kind][stop];
                if !boards || ready == never {
                    continue;
                }
                let start = match run.headway {
                    None if ready <= leaves => 0,
                    Some((first, last, wait)) if ready - leaves <= last => {
                        if ready - leaves <= first {
                            first
                        } else {
                            last.min(ready - leaves + wait)
                        }
                    }
                    _ => continue,
                };
                for (stop, comes, _, _, alights) in &run.calls[on + 1..] {
                    if *alights {
                        let label = &mut arrives[*kind][*stop];
                        *label = (*label).min(start + comes);
                    }
                }
                // on in the same vehicle, however often it goes on
                let (mut onward, mut seen) = (run.onward.clone(), Vec::new());
                while let Some(next) = onward.pop() {
                    if seen.contains(&next) {
                        continue;
                    }
                    seen.push(next);
                    for (stop, comes, _, _, alights) in &known.runs[next].calls[1..] {
                        if *alights {
                            let label = &mut arrives[kind_of[next]][*stop];
                            *label = (*label).min(*comes);
                        }
                    }
                    onward.extend(&known.runs[next].onward);
                }
            }
        }
        for arrives in &arrives {
            for (stop, arrives) in transit.stops.iter().zip(arrives).filter(|(_, arrives)| **arrives < never) {
                for (to, best) in ends.iter().zip(&mut best) {
                    let egress = walk(&stop.at, to);
                    if egress <= reach {
                        *best = (*best).min(arrives + egress);
                    }
                }
            }
        }
        let mut then = vec![vec![never; count]; kinds];
        for (off, arrives) in arrives.iter().enumerate() {
            for (a, arrives) in arrives.iter().enumerate().filter(|(_, arrives)| **arrives < never) {
                for (on, then) in then.iter_mut().enumerate() {
                    for (b, ready) in then.iter_mut().enumerate() {
                        if let Some(seconds) = known.change((a, off), (b, on)) {
                            *ready = (*ready).min(arrives + i64::from(seconds));
                        }
                    }
                }
            }
        }
        ready = then;
    }
    best.into_iter().map(|arrives| Some(arrives).filter(|_| arrives - leaves <= i64::from(travel.longest_s))).collect()
}

/// A journey leaves at its minute, takes as long as was found, and is one that the feed allows.
fn check(journey: &Option<Journey>, (transit, travel): (&Transit, &Travel), leaves: i64, seconds: Option<u32>) -> u32 {
    let told = journey.as_ref().map(|journey| (journey.arrives - journey.leaves) as u32);
    assert_eq!(told, seconds, "{journey:?}");
    let Some(journey) = journey else { return 0 };
    assert_eq!(i64::from(journey.leaves), leaves, "{journey:?}");
    let (mut time, mut stop, mut rides, mut stays) = (journey.leaves, None, 0, 0);
    let ridden = |leg: Option<&Leg>| match leg {
        Some(Leg::Ride { service, pattern, trip, .. }) => {
            (service.0, trip.map(|trip| TripAt { service: *service, pattern: *pattern, trip }))
        }
        other => panic!("{other:?} is no ride: {journey:?}"),
    };
    for (nth, leg) in journey.legs.iter().enumerate() {
        match leg {
            Leg::Walk { seconds } => time += *seconds as i32,
            Leg::Change { from, to, seconds } => {
                assert_eq!(Some(*from), stop, "{journey:?}");
                let (off, on) = (ridden(journey.legs.get(nth - 1)), ridden(journey.legs.get(nth + 1)));
                let allowed = change_s(transit, travel, (from.at(), off), (to.at(), on));
                assert_eq!(allowed, Some(*seconds), "{journey:?}");
                (time, stop) = (time + *seconds as i32, Some(*to));
            }
            Leg::Stay { from, to, seconds } => {
                assert_eq!(Some(*from), stop, "{journey:?}");
                // no ride of its own
                let (off, on) = (ridden(journey.legs.get(nth - 1)).1, ridden(journey.legs.get(nth + 1)).1);
                let both = off.zip(on).unwrap();
                let is_block = transit.blocks.iter().any(|block| block.contains(&both.0) && block.contains(&both.1));
                let is_linked = transit.in_seat.iter().any(|one| one.is_allowed && (one.from, one.to) == both);
                assert!(is_block || is_linked, "{journey:?}");
                (time, stop, rides, stays) = (time + *seconds as i32, Some(*to), rides - 1, stays + 1);
            }
            Leg::Ride { service, pattern, trip, from, to, leaves, arrives } => {
                assert!(stop.is_none() || stop == Some(*from), "{journey:?}");
                assert!(*leaves >= time && arrives >= leaves, "{journey:?}");
                let pattern = &transit.services[service.at()].patterns[*pattern as usize];
                if let Some(trip) = trip {
                    // both calls are of the trip, as many seconds apart, on the day or on one beside it
                    let calls = || pattern.stops.iter().zip(&pattern.trips[*trip as usize].calls);
                    // who stays neither gets on nor off
                    let is_stay = |leg: Option<&Leg>| matches!(leg, Some(Leg::Stay { .. }));
                    let (sits, stays_on) = (is_stay(journey.legs.get(nth - 1)), is_stay(journey.legs.get(nth + 1)));
                    let gets_on: Vec<i32> = calls()
                        .filter(|(stop, call)| *stop == from && (call.boards || sits))
                        .map(|(_, call)| leaves - call.leaves.0 as i32)
                        .collect();
                    let is_ride = calls().any(|(stop, call)| {
                        stop == to && (call.alights || stays_on) && gets_on.contains(&(arrives - call.arrives.0 as i32))
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
    stays
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
    let (mut ridden, mut unreached, mut stays, mut matter) = (0, 0, 0, [0; 2]);
    for round in 0..200 {
        let (transit, travel, places) = case(&mut random);
        let network = TransitNetwork::new(&transit, &travel, walker(&plane, &travel));
        let (ends, changes) = (network.ends(&places), known(&transit, &travel));
        // whether rules for lines and trips, and staying in vehicles, make a difference at all
        let (mut unruled, mut without_stays) = (transit.clone(), transit.clone());
        unruled.narrow_transfers.clear();
        without_stays.blocks.clear();
        without_stays.in_seat.clear();
        let others = [&unruled, &without_stays].map(|one| TransitNetwork::new(one, &travel, walker(&plane, &travel)));
        for (from, start) in places.iter().enumerate() {
            let times = network.times(start, &ends);
            for (other, matter) in others.iter().zip(&mut matter) {
                *matter += u32::from(other.times(start, &ends) != times);
            }
            for minute in 0..travel.minutes as usize {
                let leaves = i64::from(travel.from.0) + 60 * minute as i64;
                let arrivals = naive((&transit, &travel), &changes, start, &places, leaves);
                for (to, end) in places.iter().enumerate() {
                    let expected = arrivals[to].map(|arrives| (arrives - leaves) as u32);
                    let got = times.at(to, minute);
                    assert_eq!(got, expected, "feed {round}, {from} to {to}, minute {minute}: {travel:?} {transit:#?}");
                    if minute % 5 == 0 {
                        let journey = network.journey(start, &ends, to as u32, minute);
                        stays += check(&journey, (&transit, &travel), leaves, got);
                    }
                    unreached += u32::from(got.is_none());
                    ridden += u32::from(got.is_some_and(|time| time < walk_s(&travel, start, end)));
                }
            }
        }
    }
    // the feeds are such that both happen often
    assert!(ridden > 1_000 && unreached > 1_000, "{ridden} ridden, {unreached} not reached");
    assert!(
        stays > 10 && matter[0] > 10 && matter[1] > 20,
        "{stays} stays; rules and stays matter to {matter:?} searches"
    );
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
        let (ends, changes) = (network.ends(&places), known(&transit, &travel));
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
