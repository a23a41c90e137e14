//! The times of one trip, complete: what is missing between two stops is worked out.

use crate::base::clock::ServiceTime;
use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::notice::Rule;
use crate::model::place::Place;
use crate::model::transit::Call;

/// The calls of a trip, one for each of `at` (positions among the feed's calls), and how many of them had no time of their own.
///
/// Missing times are worked out between the times before and after, by `shape_dist_traveled` where all calls between them have it, else by
/// the straight distance from stop to stop, rounded to the second.
/// # Errors
/// The rule for which the trip can not be used: fewer than two calls, no time at its first or last stop, times that fall.
pub(super) fn complete(feed: &RawFeed, at: &[usize], places: &[Option<Place>]) -> Result<(Vec<Call>, u64), Rule> {
    let rows: Vec<_> = at.iter().map(|at| feed.calls[*at]).collect();
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Err(Rule::UnusedTrip) };
    if rows.len() < 2 {
        return Err(Rule::UnusableTrip);
    }
    if first.departure().is_none() || last.arrival().is_none() {
        return Err(Rule::MissingTripEdge);
    }
    let mut calls = vec![Call::default(); rows.len()];
    let (mut before, mut worked_out) = (0, 0);
    for (nth, row) in rows.iter().enumerate() {
        calls[nth].boards = row.pickup != 1;
        calls[nth].alights = row.drop_off != 1;
        let (Some(arrives), Some(leaves)) = (row.arrival(), row.departure()) else { continue };
        if leaves < arrives {
            return Err(Rule::StartAndEndRangeOutOfOrder);
        }
        let since = calls[before].leaves.0;
        if nth > 0 && arrives < since {
            return Err(Rule::StopTimeWithArrivalBeforePreviousDepartureTime);
        }
        (calls[nth].arrives, calls[nth].leaves) = (ServiceTime(arrives), ServiceTime(leaves));
        if nth > before + 1 {
            worked_out += (nth - before - 1) as u64;
            let along = distances(feed, at, before, nth).unwrap_or_else(|| straight(feed, at, before, nth, places));
            let whole = along.last().copied().unwrap_or(0.0);
            for (step, so_far) in along.iter().enumerate().take(along.len() - 1) {
                // stops that all lie in one place are passed at equal intervals
                let share = if whole > 0.0 { so_far / whole } else { (step + 1) as f64 / (nth - before) as f64 };
                let time = ServiceTime(since + (f64::from(arrives - since) * share).round() as u32);
                (calls[before + 1 + step].arrives, calls[before + 1 + step].leaves) = (time, time);
            }
        }
        before = nth;
    }
    Ok((calls, worked_out))
}

/// How far each call after `from` up to `to` is from `from`, by what the feed says; `None` where it does not say so of all of them.
fn distances(feed: &RawFeed, at: &[usize], from: usize, to: usize) -> Option<Vec<f64>> {
    let start = feed.call_distance(at[from])?;
    let mut so_far = 0.0;
    let mut along = Vec::with_capacity(to - from);
    for call in &at[from + 1..=to] {
        let distance = feed.call_distance(*call)? - start;
        if distance < so_far {
            return None;
        }
        so_far = distance;
        along.push(distance);
    }
    (so_far > 0.0).then_some(along)
}

/// The same by straight lines from stop to stop, metres of the study plane.
fn straight(feed: &RawFeed, at: &[usize], from: usize, to: usize, places: &[Option<Place>]) -> Vec<f64> {
    let place = |nth: usize| places[feed.calls[at[nth]].stop as usize].map(|place| place.xy);
    let mut so_far = 0.0;
    (from + 1..=to)
        .map(|nth| {
            so_far += place(nth - 1).zip(place(nth)).map_or(0.0, |(a, b)| a.distance_m(b));
            so_far
        })
        .collect()
}
