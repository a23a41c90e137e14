//! By timetable: walk to a stop, ride, change, and walk from a stop; or walk all the way where that is no slower.
//!
//! The search starts at the end of the way at which the clock hangs, and finds the other ends all at once: from where one leaves, forward; from
//! where one has to be, backward, which is the same on a mirrored timetable. Only so the minutes of the window are exact.

use std::cell::RefCell;

use rayon::prelude::*;

use crate::impedance::Direction;
use crate::impedance::changes::changes;
use crate::impedance::raptor::Labels;
use crate::impedance::raptor::Search;
use crate::impedance::segments::OffStreet;
use crate::impedance::segments::Snap;
use crate::impedance::times::LONGEST_S;
use crate::impedance::times::Times;
use crate::impedance::times::UNREACHED;
use crate::impedance::timetable::Basis;
use crate::impedance::timetable::NEVER;
use crate::impedance::timetable::Timetable;
use crate::impedance::walks::Targets;
use crate::impedance::walks::Walker;
use crate::impedance::walks::Walks;
use crate::model::place::Place;
use crate::model::transit::Transit;
use crate::model::travel::Clock;
use crate::model::travel::Travel;

thread_local! {
    static LABELS: RefCell<Labels> = RefCell::default();
}

/// Stops, timetable and walks between stops, frozen for many searches.
///
/// Seen along the way when one departs at minutes, and against it when one arrives by minutes: a start is where the clock hangs, an end the
/// other end of the way.
pub struct TransitNetwork<'a> {
    pub(super) transit: &'a Transit,
    pub(super) travel: Travel,
    pub(super) walker: Walker<'a>,
    pub(super) timetable: Timetable,
    pub(super) changes: Walks,
    stops: Targets<'a>,
    pub(super) max_walk_s: f64,
    /// Stops that lie off the streets: nobody walks to them, and one changes there only without a walk.
    pub off_streets: usize,
    /// Stops beside a platform or street that meets no other, which are reached from another.
    pub past_islands: usize,
}

/// Ends made ready for many starts.
pub struct Ends<'a> {
    /// From stops to ends.
    pub(super) walks: Walks,
    direct: Targets<'a>,
    count: usize,
}

impl<'a> TransitNetwork<'a> {
    /// The network of the day of `travel`.
    pub fn new(transit: &'a Transit, travel: &Travel, walker: Walker<'a>) -> TransitNetwork<'a> {
        let (from, longest) = (travel.from.0 as i32, travel.longest_s.min(LONGEST_S) as i32);
        let until = from.saturating_add_unsigned(travel.minutes.saturating_mul(60));
        let mut timetable = match travel.clock {
            Clock::DepartAt => Timetable::new(transit, travel, (from, until.saturating_add(longest))),
            Clock::ArriveBy => Timetable::new(transit, travel, (from - longest, until)),
        };
        let places: Vec<Place> = transit.stops.iter().map(|stop| stop.at).collect();
        let max_walk_s = walker.limit_s(travel.max_walk).min(f64::from(LONGEST_S));
        let ahead = walker.targets(&places, Direction::ToFacility);
        let mut changes = changes(transit, travel, &timetable, (walker, &ahead), max_walk_s);
        let met: Vec<_> = places.iter().map(|place| ahead.snapped(place)).collect();
        let off_streets = met.iter().filter(|met| met.is_err()).count();
        let past_islands = met.iter().flatten().flatten().filter(|snap| snap.is_past_island).count();
        let stops = match travel.clock {
            Clock::DepartAt => ahead,
            Clock::ArriveBy => {
                timetable = timetable.mirrored();
                changes = changes.turned(timetable.nodes.len()).shortest_first();
                walker.targets(&places, Direction::FromFacility)
            }
        };
        let travel = travel.clone();
        TransitNetwork { transit, travel, walker, timetable, changes, stops, max_walk_s, off_streets, past_islands }
    }

    /// The same seen from the other end: the first is last, and there is left earliest what was reached latest.
    pub(super) fn turned(&self) -> TransitNetwork<'a> {
        let (clock, direction) = match self.travel.clock {
            Clock::DepartAt => (Clock::ArriveBy, Direction::FromFacility),
            Clock::ArriveBy => (Clock::DepartAt, Direction::ToFacility),
        };
        TransitNetwork {
            transit: self.transit,
            travel: Travel { clock, ..self.travel.clone() },
            walker: self.walker,
            timetable: self.timetable.mirrored(),
            changes: self.changes.turned(self.timetable.nodes.len()).shortest_first(),
            stops: self.stops_seen(direction),
            max_walk_s: self.max_walk_s,
            off_streets: self.off_streets,
            past_islands: self.past_islands,
        }
    }

    /// What the times rest on.
    pub fn basis(&self) -> Basis {
        self.timetable.basis
    }

    pub(super) fn is_mirrored(&self) -> bool {
        self.travel.clock == Clock::ArriveBy
    }

    /// Minutes of the window, at least one.
    pub fn minutes(&self) -> usize {
        self.travel.minutes.max(1) as usize
    }

    pub(super) fn longest_s(&self) -> u32 {
        self.travel.longest_s.min(LONGEST_S)
    }

    pub(super) fn rounds(&self) -> usize {
        usize::from(self.travel.transfers) + 1
    }

    pub(super) fn search(&self) -> Search<'_> {
        Search { timetable: &self.timetable, changes: &self.changes, rounds: self.rounds() }
    }

    /// Time of a minute of the window as the search sees it.
    pub(super) fn time(&self, minute: usize) -> i32 {
        let clock = (self.travel.from.0 as i32).saturating_add_unsigned(60 * minute as u32);
        if self.is_mirrored() { -clock } else { clock }
    }

    /// Walks between a start and the stops, by node: whoever walks to a stop gets on everything.
    pub(super) fn access(&self, start: &Place) -> Vec<(u32, u32)> {
        self.at_nodes(self.stops.within(start, self.max_walk_s))
    }

    fn at_nodes(&self, mut stops: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
        let nodes = &self.timetable.nodes;
        if !nodes.are_stops() {
            let beside = stops.iter().flat_map(|(stop, seconds)| nodes.beside(*stop).map(|node| (node, *seconds)));
            let beside: Vec<(u32, u32)> = beside.collect();
            stops.extend(beside);
        }
        stops
    }

    /// Where a place meets the streets; `None` where there are none to meet.
    /// # Errors
    /// [`OffStreet`]: why it does not meet them.
    pub fn snapped(&self, place: &Place) -> Result<Option<Snap>, OffStreet> {
        self.stops.snapped(place)
    }

    /// Ends made ready for many starts.
    pub fn ends(&self, places: &[Place]) -> Ends<'a> {
        let stops: Vec<Place> = self.transit.stops.iter().map(|stop| stop.at).collect();
        let (walks, direction) = match self.travel.clock {
            Clock::DepartAt => (self.walker.walks(&stops, places, self.max_walk_s), Direction::ToFacility),
            Clock::ArriveBy => {
                let walks = self.walker.walks(places, &stops, self.max_walk_s).turned(stops.len());
                (walks, Direction::FromFacility)
            }
        };
        Ends { walks, direct: self.walker.targets(places, direction), count: places.len() }
    }

    /// Stops as ends, by index, reached by vehicle, or on foot within the longest walk.
    pub fn stop_ends(&self) -> Ends<'a> {
        let stops: Vec<Place> = self.transit.stops.iter().map(|stop| stop.at).collect();
        let rows: Vec<Vec<(u32, u32)>> = (0..stops.len() as u32).map(|stop| vec![(stop, 0)]).collect();
        let direction = if self.is_mirrored() { Direction::FromFacility } else { Direction::ToFacility };
        Ends { walks: Walks::of(&rows), direct: self.walker.targets(&stops, direction), count: stops.len() }
    }

    /// Times between a start and all ends at every minute of the window. A start off the streets reaches nothing.
    pub fn times(&self, start: &Place, ends: &Ends<'_>) -> Times {
        let walk = ends.on_foot(start, self.longest_s());
        self.times_from(&self.access(start), walk, ends)
    }

    /// The same from a stop, without a walk to it or all the way.
    pub fn times_of_stop(&self, stop: u32, ends: &Ends<'_>) -> Times {
        self.times_from(&self.at_nodes(vec![(stop, 0)]), vec![UNREACHED; ends.count], ends)
    }

    fn times_from(&self, access: &[(u32, u32)], walk: Vec<u16>, ends: &Ends<'_>) -> Times {
        let mut times = Times::of_walks(self.minutes(), walk, self.is_mirrored());
        let mut best = vec![NEVER; ends.count];
        self.sweep(access, |labels, minute, at| {
            for node in labels.better() {
                let arrives = labels.ride(self.rounds(), *node);
                for (end, seconds) in ends.walks.from(self.timetable.nodes.stop(*node)) {
                    let known = &mut best[*end as usize];
                    *known = (*known).min(arrives.saturating_add_unsigned(*seconds));
                }
            }
            for (end, arrives) in best.iter().enumerate() {
                times.set(end, minute, at, *arrives, self.longest_s());
            }
        });
        times
    }

    /// Labels of one departure alone.
    pub(super) fn with_departure<T>(&self, access: &[(u32, u32)], at: i32, seen: impl FnOnce(&Labels) -> T) -> T {
        let search = self.search();
        LABELS.with_borrow_mut(|labels| {
            labels.begin(&search);
            search.depart(labels, access, at, at.saturating_add_unsigned(self.longest_s()));
            seen(labels)
        })
    }

    /// Times from each of several starts to the stops, walks at the other end left out.
    pub(super) fn times_at_stops(&self, starts: &[Place]) -> Vec<Times> {
        let count = self.transit.stops.len();
        starts
            .par_iter()
            .map(|start| {
                let mut times = Times::of_walks(self.minutes(), vec![UNREACHED; count], self.is_mirrored());
                let mut best = vec![NEVER; count];
                self.sweep(&self.access(start), |labels, minute, at| {
                    for node in labels.better() {
                        let best = &mut best[self.timetable.nodes.stop(*node) as usize];
                        *best = (*best).min(labels.ride(self.rounds(), *node));
                    }
                    for (stop, arrives) in best.iter().enumerate() {
                        times.set(stop, minute, at, *arrives, self.longest_s());
                    }
                });
                times
            })
            .collect()
    }

    /// The stops, made ready to be walked to, or from.
    pub(super) fn stops_seen(&self, direction: Direction) -> Targets<'a> {
        let stops: Vec<Place> = self.transit.stops.iter().map(|stop| stop.at).collect();
        self.walker.targets(&stops, direction)
    }

    /// Goes through departures, the last first, as the search sees them; `seen` is told the labels and the time. What takes longer than
    /// `longest_s` is not looked for.
    pub(super) fn departures(
        &self,
        access: &[(u32, u32)],
        starts: &[i32],
        longest_s: u32,
        mut seen: impl FnMut(&Labels, i32),
    ) {
        let search = self.search();
        LABELS.with_borrow_mut(|labels| {
            labels.begin(&search);
            for at in starts {
                search.depart(labels, access, *at, at.saturating_add_unsigned(longest_s));
                seen(labels, *at);
            }
        });
    }

    /// Goes through the minutes of the window, the last of the search first; `seen` is told the labels, the minute and its time.
    pub(super) fn sweep(&self, access: &[(u32, u32)], mut seen: impl FnMut(&Labels, usize, i32)) {
        let search = self.search();
        LABELS.with_borrow_mut(|labels| {
            labels.begin(&search);
            let count = self.minutes();
            for nth in 0..count {
                let minute = if self.is_mirrored() { nth } else { count - 1 - nth };
                let at = self.time(minute);
                search.depart(labels, access, at, at.saturating_add_unsigned(self.longest_s()));
                seen(labels, minute, at);
            }
        });
    }
}

impl Ends<'_> {
    /// Seconds on foot all the way, for every end.
    pub(super) fn on_foot(&self, start: &Place, longest_s: u32) -> Vec<u16> {
        let mut walk = vec![UNREACHED; self.count];
        for (end, seconds) in self.direct.within(start, f64::from(longest_s)) {
            walk[end as usize] = u16::try_from(seconds).unwrap_or(UNREACHED);
        }
        walk
    }

    /// Number of ends.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}
