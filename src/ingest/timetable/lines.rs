//! Trips with the same route, direction and stops make a pattern.

use std::collections::BTreeMap;
use std::collections::HashMap;

use crate::base::clock::ServiceDate;
use crate::base::clock::ServiceTime;
use crate::base::idx::CalendarIdx;
use crate::base::idx::FeedIdx;
use crate::base::idx::StopIdx;
use crate::ingest::timetable::calls::complete;
use crate::ingest::timetable::shapes::Drawn;
use crate::ingest::timetable::shapes::Followers;
use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::feed::RawFrequency;
use crate::io::gtfs::notice::Rule;
use crate::model::place::Place;
use crate::model::transit::Calendar;
use crate::model::transit::Call;
use crate::model::transit::Frequency;
use crate::model::transit::More;
use crate::model::transit::Pattern;
use crate::model::transit::Service;
use crate::model::transit::Trip;

/// Trips that can not be used because stops on their way can not, and the first of them.
pub(super) struct Stranded {
    pub trips: u64,
    pub row: u64,
    pub id: String,
}

/// What the trips of a feed become.
#[derive(Default)]
pub(super) struct Lines {
    pub services: Vec<Service>,
    /// The shapes of each pattern of each of them.
    pub drawn: Vec<Vec<Drawn>>,
    /// Trips that can not be used, by rule: the trips and their calls.
    pub lost: Vec<(Rule, u64, u64)>,
    /// Those of them that the feed itself would have enough stops for.
    pub stranded: BTreeMap<Rule, Stranded>,
    /// Rows of frequencies of such trips.
    pub lost_frequencies: u64,
    /// Calls at stops that can not be used, of trips that can.
    pub lost_calls: u64,
    /// Calls whose time was worked out, and the trips that have such.
    pub worked_out: (u64, u64),
    /// Routes without a trip that can be used.
    pub idle_routes: u64,
}

/// What the trips of a feed are turned into model stops with.
pub(super) struct Stops<'a> {
    /// Position among the stops of the model, of those that are in it.
    pub idx: &'a [Option<StopIdx>],
    pub places: &'a [Option<Place>],
}

impl Lines {
    /// Services in the order of routes.txt; patterns in that of the first of their trips in trips.txt. `named` puts the feed's name before an
    /// id where that is needed.
    pub(super) fn of(
        feed: &RawFeed,
        stops: &Stops<'_>,
        calendars: &[Calendar],
        date: ServiceDate,
        named: &dyn Fn(&str) -> String,
    ) -> Lines {
        let mut lines = Lines::default();
        let mut of_route: Vec<Vec<Pattern>> = vec![Vec::new(); feed.routes.len()];
        let mut drawn: Vec<Vec<Drawn>> = vec![Vec::new(); feed.routes.len()];
        let mut known: HashMap<(u32, Option<u8>, Vec<StopIdx>), usize> = HashMap::new();
        let frequencies = feed.frequencies_by_trip();
        for (nth, trip) in feed.trips.iter().enumerate() {
            let at: Vec<usize> =
                trip.calls.clone().filter(|at| stops.idx[feed.calls[*at].stop as usize].is_some()).collect();
            let rows = frequencies.get(nth).map_or(&[][..], Vec::as_slice);
            let calls = match complete(feed, &at, stops.places) {
                Ok((calls, worked_out)) => {
                    lines.worked_out.0 += worked_out;
                    lines.worked_out.1 += u64::from(worked_out > 0);
                    lines.lost_calls += (trip.calls.len() - at.len()) as u64;
                    calls
                }
                Err(rule) => {
                    if at.len() < trip.calls.len() {
                        let new = || Stranded { trips: 0, row: trip.row, id: trip.id.clone() };
                        lines.stranded.entry(rule).or_insert_with(new).trips += 1;
                    }
                    lines.lose(rule, trip.calls.len() as u64);
                    lines.lost_frequencies += rows.len() as u64;
                    continue;
                }
            };
            let path: Vec<StopIdx> = at.iter().filter_map(|at| stops.idx[feed.calls[*at].stop as usize]).collect();
            let patterns = &mut of_route[trip.route as usize];
            let of_route = &mut drawn[trip.route as usize];
            let pattern =
                *known.entry((trip.route, trip.direction, path)).or_insert_with_key(|(_, direction, path)| {
                    patterns.push(Pattern {
                        direction: direction.map(|way| way.to_string()).unwrap_or_default(),
                        stops: path.clone(),
                        trips_per_day: 0.0,
                        both_ways: false,
                        is_loop: false,
                        more: More::No,
                        first: None,
                        last: None,
                        headway_min: None,
                        trips: Vec::new(),
                        frequencies: Vec::new(),
                        course: None,
                    });
                    of_route.push(Drawn::new());
                    patterns.len() - 1
                });
            let new = || Followers { trips: 0, first: nth, calls: at };
            of_route[pattern].entry(trip.shape).or_insert_with(new).trips += 1;
            add(&mut patterns[pattern], named(&trip.id), CalendarIdx(trip.service), calls, rows);
        }
        for ((route, mut patterns), drawn) in feed.routes.iter().zip(of_route).zip(drawn) {
            if patterns.is_empty() {
                lines.idle_routes += 1;
                continue;
            }
            patterns.iter_mut().for_each(|pattern| number(pattern, calendars, date));
            let names = [&route.short_name, &route.long_name, &route.id];
            lines.drawn.push(drawn);
            lines.services.push(Service {
                id: named(&route.id),
                name: names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default(),
                mode: route.mode,
                patterns,
                feed: FeedIdx(0),
                synthetic: false,
            });
        }
        lines
    }

    fn lose(&mut self, rule: Rule, calls: u64) {
        match self.lost.iter_mut().find(|(other, ..)| *other == rule) {
            Some((_, trips, rows)) => (*trips, *rows) = (*trips + 1, *rows + calls),
            None => self.lost.push((rule, 1, calls)),
        }
    }
}

/// Adds a trip to its pattern: once, or as often as its frequencies say.
fn add(pattern: &mut Pattern, id: String, calendar: CalendarIdx, calls: Vec<Call>, rows: &[RawFrequency]) {
    if rows.is_empty() {
        pattern.trips.push(Trip { id, calendar, calls });
        return;
    }
    let start = calls.first().map_or(0, |call| call.leaves.0);
    let from = |departure: u32| -> Vec<Call> {
        let moved = |time: ServiceTime| ServiceTime((time.0 + departure).saturating_sub(start));
        calls.iter().map(|call| Call { arrives: moved(call.arrives), leaves: moved(call.leaves), ..*call }).collect()
    };
    for row in rows {
        if row.is_exact {
            for departure in (row.start..row.end).step_by(row.headway_s as usize) {
                let id = format!("{id} {:02}:{:02}:{:02}", departure / 3600, departure / 60 % 60, departure % 60);
                pattern.trips.push(Trip { id, calendar, calls: from(departure) });
            }
        } else {
            pattern.frequencies.push(Frequency {
                calendar: Some(calendar),
                first: ServiceTime(row.start),
                // the last departure before the end
                last: ServiceTime(row.start + (row.departures() as u32).saturating_sub(1) * row.headway_s),
                headway_s: row.headway_s,
                calls: from(0),
            });
        }
    }
}

/// Sorts the trips of a pattern, and works out its numbers of the study's day.
fn number(pattern: &mut Pattern, calendars: &[Calendar], date: ServiceDate) {
    let departure = |calls: &[Call]| calls.first().map_or(ServiceTime(0), |call| call.leaves);
    pattern.trips.sort_by(|a, b| (departure(&a.calls), &a.id).cmp(&(departure(&b.calls), &b.id)));
    pattern.frequencies.sort_by_key(|one| (one.first, one.last, one.headway_s, one.calendar));
    let runs = |calendar: CalendarIdx| calendars[calendar.at()].runs_on(date);
    let trips = pattern.trips.iter().filter(|trip| runs(trip.calendar)).map(|trip| departure(&trip.calls));
    let spans = pattern.frequencies.iter().filter(|one| one.calendar.is_none_or(runs));
    let (mut count, mut ends, mut headways) = (0u64, Vec::new(), Vec::new());
    for time in trips {
        count += 1;
        ends.push((time, time));
    }
    for one in spans {
        count += u64::from((one.last.0 - one.first.0) / one.headway_s) + 1;
        ends.push((one.first, one.last));
        headways.push(one.headway_s);
    }
    pattern.trips_per_day = count as f64;
    pattern.first = ends.iter().map(|(first, _)| *first).min();
    pattern.last = ends.iter().map(|(_, last)| *last).max();
    headways.sort_unstable();
    headways.dedup();
    let are_all_at_headways = !pattern.trips.iter().any(|trip| runs(trip.calendar));
    pattern.headway_min = match (&headways[..], pattern.first.zip(pattern.last)) {
        ([headway], _) if are_all_at_headways => Some(f64::from(*headway) / 60.0),
        (_, Some((first, last))) if count > 1 && last > first => {
            Some(f64::from(last.0 - first.0) / 60.0 / (count - 1) as f64)
        }
        _ => None,
    };
}
