//! Lines of which the headway is known and not the times: runs at a headway, with running times from a declared speed where there are none.

use crate::base::clock::ServiceTime;
use crate::impedance::geodesic::geodesic_m;
use crate::model::transit::Call;
use crate::model::transit::Frequency;
use crate::model::transit::Pattern;
use crate::model::transit::Stop;
use crate::model::travel::Travel;

/// What a headway rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// There is none.
    None,
    /// The feed or the table gives it.
    Given,
    /// The departures a day, spread over the hours that the table gives.
    Spread,
    /// The departures a day, spread over hours that the settings assume.
    Assumed,
}

/// Vehicles at a headway over a pattern.
pub(crate) struct Run {
    pub frequency: Frequency,
    /// Over the stops in the reverse order.
    pub is_back: bool,
}

/// The runs of a pattern: those that it holds, or else, where it has no trips either, those that follow from its numbers; both ways where it
/// runs both ways.
///
/// A line with one departure a day leaves at the first hour. One with fewer than one has no run.
pub(crate) fn of(pattern: &Pattern, stops: &[Stop], travel: &Travel) -> (Vec<Run>, Source) {
    let (frequencies, source) = match (pattern.trips.is_empty(), pattern.frequencies.is_empty()) {
        (_, false) => (pattern.frequencies.clone(), Source::Given),
        (false, true) => (Vec::new(), Source::None),
        (true, true) => derived(pattern, stops, travel),
    };
    let back = frequencies.iter().filter(|_| pattern.both_ways).map(|one| Run { frequency: back(one), is_back: true });
    let back: Vec<Run> = back.collect();
    let runs = frequencies.into_iter().map(|frequency| Run { frequency, is_back: false }).chain(back).collect();
    (runs, source)
}

fn derived(pattern: &Pattern, stops: &[Stop], travel: &Travel) -> (Vec<Frequency>, Source) {
    let trips = pattern.trips_per_day.floor();
    if trips < 1.0 && pattern.headway_min.is_none() {
        return (Vec::new(), Source::None);
    }
    let (mut first, mut last) = travel.line_hours;
    let is_known = matches!((pattern.first, pattern.last), (Some(first), Some(last)) if first <= last);
    if let (Some(a), Some(b), true) = (pattern.first, pattern.last, is_known) {
        (first, last) = (a, b);
    }
    let hours_s = f64::from(last.0.saturating_sub(first.0));
    let (headway_s, mut source) = match pattern.headway_min {
        Some(minutes) => (minutes * 60.0, Source::Given),
        None if trips < 2.0 => (0.0, Source::Spread),
        None => (hours_s / (trips - 1.0), Source::Spread),
    };
    if headway_s <= 0.0 {
        last = first;
    }
    if !is_known {
        source = Source::Assumed;
    }
    let headway_s = headway_s.round().clamp(0.0, 86_400.0) as u32;
    (vec![Frequency { calendar: None, first, last, headway_s, calls: calls(pattern, stops, travel) }], source)
}

/// Calls without a stay, by the declared speed.
fn calls(pattern: &Pattern, stops: &[Stop], travel: &Travel) -> Vec<Call> {
    let mut seconds = 0.0;
    let mut before: Option<&Stop> = None;
    let speed = travel.line_speed;
    pattern
        .stops
        .iter()
        .map(|at| {
            let stop = stops.get(at.at());
            if let (Some(before), Some(stop)) = (before, stop) {
                let part = speed.seconds(geodesic_m(before.at.lonlat, stop.at.lonlat) * travel.line_detour);
                seconds += if part.is_finite() { part } else { 0.0 };
            }
            before = stop.or(before);
            let at = seconds.round() as u32;
            Call::new(at, at)
        })
        .collect()
}

/// The same the other way: as long between two stops, and as long at them.
fn back(run: &Frequency) -> Frequency {
    let whole = run.calls.last().map_or(0, |call| call.leaves.0);
    let mirrored = |call: &Call| Call {
        arrives: ServiceTime(whole.saturating_sub(call.leaves.0)),
        leaves: ServiceTime(whole.saturating_sub(call.arrives.0)),
        boards: call.alights,
        alights: call.boards,
    };
    // counted from the departure at the first stop
    let mut calls: Vec<Call> = run.calls.iter().rev().map(mirrored).collect();
    let start = calls.first().map_or(0, |call| call.leaves.0);
    for call in &mut calls {
        call.arrives.0 = call.arrives.0.saturating_sub(start);
        call.leaves.0 = call.leaves.0.saturating_sub(start);
    }
    Frequency { calls, ..run.clone() }
}
