//! Travel times over a departure window, and what one number is made of them.

use crate::impedance::timetable::NEVER;

/// Not within the longest time.
pub(crate) const UNREACHED: u16 = u16::MAX;
/// Times are kept in 16 bits.
pub const LONGEST_S: u32 = 18 * 3600;

/// Seconds from one place to others for every minute of a window, or from others to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Times {
    minutes: usize,
    /// End by end, in the order of the clock; [`UNREACHED`] where there is no way.
    seconds: Vec<u16>,
    /// Seconds on foot all the way.
    walk: Vec<u16>,
    /// The minutes are those of being there.
    is_by_arrival: bool,
}

/// Where the percentile of so many sorted times stands, from 0.
pub(super) fn nearest_rank(percentile: f64, count: usize) -> usize {
    (percentile / 100.0 * count as f64 - 1e-9).ceil().max(1.0) as usize - 1
}

impl Times {
    /// Of ends with their walks, nothing being reached by vehicle yet.
    pub(crate) fn of_walks(minutes: usize, walk: Vec<u16>, is_by_arrival: bool) -> Times {
        Times { minutes, seconds: vec![UNREACHED; minutes * walk.len()], walk, is_by_arrival }
    }

    /// Sets what is left of the time between two times, when it is within the longest.
    pub(crate) fn set(&mut self, end: usize, minute: usize, from: i32, to: i32, longest_s: u32) {
        if to != NEVER {
            let seconds = to.saturating_sub(from).max(0) as u32;
            self.seconds[end * self.minutes + minute] =
                if seconds <= longest_s.min(LONGEST_S) { seconds as u16 } else { UNREACHED };
        }
    }

    /// Times from each of several starts to one place, through the stops that it is walked to from.
    pub(crate) fn through_stops(
        at_stops: &[Times],
        walk: &[Option<u32>],
        access: &[(u32, u32)],
        longest_s: u32,
    ) -> Times {
        let minutes = at_stops.first().map_or(0, |times| times.minutes);
        let is_by_arrival = at_stops.first().is_some_and(|times| times.is_by_arrival);
        let short =
            |seconds: &Option<u32>| seconds.and_then(|seconds| u16::try_from(seconds).ok()).unwrap_or(UNREACHED);
        let mut times = Times::of_walks(minutes, walk.iter().map(short).collect(), is_by_arrival);
        for (start, through) in at_stops.iter().enumerate() {
            let best = &mut times.seconds[start * minutes..(start + 1) * minutes];
            for (stop, seconds) in access {
                let own = &through.seconds[*stop as usize * minutes..(*stop as usize + 1) * minutes];
                for (best, ride) in best.iter_mut().zip(own) {
                    let whole = u32::from(*ride) + seconds;
                    if *ride != UNREACHED && whole <= longest_s.min(LONGEST_S) {
                        *best = (*best).min(whole as u16);
                    }
                }
            }
        }
        times
    }

    /// Seconds to an end by vehicle, in the order of the clock; [`UNREACHED`] where there is no way.
    pub(super) fn by_vehicle(&self, end: usize) -> &[u16] {
        &self.seconds[end * self.minutes..(end + 1) * self.minutes]
    }

    /// Number of ends.
    pub fn len(&self) -> usize {
        self.walk.len()
    }

    /// Whether there are no ends.
    pub fn is_empty(&self) -> bool {
        self.walk.is_empty()
    }

    /// Number of minutes in the window.
    pub fn minutes(&self) -> usize {
        self.minutes
    }

    /// Seconds to an end by the fastest way, vehicle or foot, for a minute of the window in the order of the clock; `None` where there is none
    /// within the longest time.
    pub fn at(&self, end: usize, minute: usize) -> Option<u32> {
        let seconds = self.seconds[end * self.minutes + minute].min(self.walk[end]);
        (seconds != UNREACHED).then_some(u32::from(seconds))
    }

    /// Seconds to an end on foot all the way; `None` where that takes longer than the longest time.
    pub fn walk(&self, end: usize) -> Option<u32> {
        Some(self.walk[end]).filter(|seconds| *seconds != UNREACHED).map(u32::from)
    }

    /// Nearest-rank percentiles of the times to an end, in the order asked: of n minutes the one at rank ⌈p/100 · n⌉ from the shortest time, the
    /// first for 0. A minute without a way ranks behind all others, and a percentile that falls on one is `None`.
    pub fn percentiles(&self, end: usize, ranks: &[f64]) -> Vec<Option<u32>> {
        let walk = self.walk[end];
        let own = &self.seconds[end * self.minutes..(end + 1) * self.minutes];
        let mut sorted: Vec<u16> = own.iter().map(|seconds| *seconds.min(&walk)).collect();
        sorted.sort_unstable();
        ranks
            .iter()
            .map(|rank| {
                let at = nearest_rank(*rank, sorted.len());
                sorted.get(at).copied().filter(|seconds| *seconds != UNREACHED).map(u32::from)
            })
            .collect()
    }

    /// How many different journeys by vehicle there are in the window: arrivals that are not the same, where one does not walk faster; the other
    /// way round departures. A line at a headway counts once a minute.
    pub fn departures(&self, end: usize) -> usize {
        let own = &self.seconds[end * self.minutes..(end + 1) * self.minutes];
        let mut count = 0;
        let mut before = None;
        for (minute, seconds) in own.iter().enumerate() {
            if *seconds == UNREACHED || *seconds >= self.walk[end] {
                continue;
            }
            // leaving a minute later and being there as soon is the same journey
            let (clock, seconds) = (minute as i64 * 60, i64::from(*seconds));
            let other_end = if self.is_by_arrival { clock - seconds } else { clock + seconds };
            if before != Some(other_end) {
                count += 1;
            }
            before = Some(other_end);
        }
        count
    }
}
