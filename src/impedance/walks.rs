//! Walks between many places, within a limit: along the streets, or straight where there are none. Whole seconds, begun ones counted.

use rayon::prelude::*;

use crate::base::units::KmPerHour;
use crate::base::units::Limit;
use crate::impedance::Direction;
use crate::impedance::Impedance;
use crate::impedance::Prepared;
use crate::impedance::Want;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::geodesic::Geodesic;
use crate::impedance::geodesic::geodesic_m;
use crate::impedance::segments::OffStreet;
use crate::impedance::segments::Snap;
use crate::impedance::street::PreparedStreets;
use crate::impedance::street::Streets;
use crate::model::place::Place;
use crate::model::streets::StreetNetwork;
use crate::model::study::Plane;

/// A limit of a second is met by what rounding makes of it.
pub(super) const ROUNDING_S: f64 = 1e-6;

/// How one walks.
#[derive(Clone, Copy)]
pub enum Walker<'a> {
    /// Along streets, at their speeds.
    Streets(&'a StreetNetwork),
    /// Straight, at a speed, so many times as far as the line on the ellipsoid.
    Straight { plane: &'a Plane, speed: KmPerHour, detour: f64 },
}

/// Places made ready to be walked to, or from.
pub enum Targets<'a> {
    Streets(Box<PreparedStreets<'a>>),
    Straight { prepared: Box<dyn Prepared + 'a>, speed: KmPerHour, detour: f64 },
}

/// Walks from places to others: one list a place, by the index of the other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Walks {
    first: Vec<u32>,
    to: Vec<(u32, u32)>,
}

const STRAIGHT: Geodesic = Geodesic;

/// Begun seconds count.
pub(super) fn whole(seconds: f64) -> u32 {
    (seconds - ROUNDING_S).max(0.0).ceil() as u32
}

impl<'a> Walker<'a> {
    /// Places made ready to be walked to; walked from, seen from the facility.
    pub fn targets(self, places: &[Place], direction: Direction) -> Targets<'a> {
        match self {
            Walker::Streets(network) => {
                let streets = Streets { network, unit: CostUnit::Seconds, direction };
                Targets::Streets(Box::new(streets.ready(places)))
            }
            Walker::Straight { plane, speed, detour } => {
                Targets::Straight { prepared: STRAIGHT.prepare(plane, places), speed, detour }
            }
        }
    }

    /// Metres of the way on foot between two places and its corners, both ends included: along the streets the fastest; `None` where there is
    /// none.
    pub fn way(self, from: &Place, to: &Place) -> Option<(f64, Vec<Place>)> {
        match self {
            Walker::Streets(network) => {
                let streets = Streets { network, unit: CostUnit::Seconds, direction: Direction::ToFacility };
                let route = streets.ready(std::slice::from_ref(to)).route(from, 0, to)?;
                Some((route.off_m[0] + route.street_m + route.off_m[1], route.places))
            }
            Walker::Straight { detour, .. } => Some((geodesic_m(from.lonlat, to.lonlat) * detour, vec![*from, *to])),
        }
    }

    /// Seconds of a limit; of a length, at walking speed.
    pub fn limit_s(self, limit: Limit) -> f64 {
        let speed = match self {
            Walker::Streets(network) => network.off_speed,
            Walker::Straight { speed, .. } => speed,
        };
        match limit {
            Limit::Time(seconds) => seconds.0,
            Limit::Length(metres) => speed.seconds(metres.0),
        }
    }

    /// All walks from places to places within so many seconds, searched from the side that has fewer.
    pub fn walks(self, from: &[Place], to: &[Place], limit_s: f64) -> Walks {
        if to.len() < from.len() {
            let targets = self.targets(from, Direction::FromFacility);
            return Walks::of(&targets.rows(to, limit_s)).turned(from.len());
        }
        Walks::of(&self.targets(to, Direction::ToFacility).rows(from, limit_s))
    }
}

impl Targets<'_> {
    /// The targets within so many seconds of a place, by index; none of a place that is off the streets.
    pub fn within(&self, place: &Place, limit_s: f64) -> Vec<(u32, u32)> {
        let limit_s = limit_s + ROUNDING_S;
        let mut row: Vec<(u32, f64)> = match self {
            Targets::Streets(ready) => match ready.snap(place) {
                Ok(snap) => ready.costs_within(&snap, limit_s),
                Err(_) => Vec::new(),
            },
            Targets::Straight { prepared, speed, detour } => {
                let metre_s = speed.seconds(*detour);
                let row = prepared.row(place, Want::Within(limit_s / metre_s), &|_| true);
                row.into_iter()
                    .map(|(at, metres)| (at, metres * metre_s))
                    .filter(|(_, cost)| cost.is_finite())
                    .collect()
            }
        };
        row.sort_unstable_by_key(|(at, _)| *at);
        row.into_iter().map(|(at, seconds)| (at, whole(seconds))).collect()
    }

    /// The nearest target within so many seconds of a place; of two within the same second that with the lower index, on streets the nearer.
    pub(super) fn nearest(&self, place: &Place, limit_s: u32) -> Option<(u32, u32)> {
        match self {
            Targets::Streets(ready) => {
                let (at, seconds) = ready.row(place, Want::Nearest, &|_| true).first().copied()?;
                Some((at, whole(seconds))).filter(|(_, seconds)| *seconds <= limit_s)
            }
            Targets::Straight { .. } => {
                // near first: what is within so many whole seconds is nearer than the rest
                let nearest =
                    |limit_s: u32| self.within(place, f64::from(limit_s)).into_iter().min_by_key(|(at, s)| (*s, *at));
                (0..5).rev().find_map(|halves| nearest(limit_s >> halves))
            }
        }
    }

    /// Seconds between each place and one target, where they are within the limit.
    pub(super) fn seconds_of(&self, target: u32, limit_s: f64, at: &[(Place, Option<Snap>)]) -> Vec<Option<u32>> {
        let limit_s = limit_s + ROUNDING_S;
        let whole_of = |seconds: Option<f64>| seconds.filter(|seconds| seconds.is_finite()).map(whole);
        match self {
            Targets::Streets(ready) => ready.costs_of(target, limit_s, at).into_iter().map(whole_of).collect(),
            Targets::Straight { prepared, speed, detour } => {
                let metre_s = speed.seconds(*detour);
                let metres = prepared.costs_of(target, limit_s / metre_s, at);
                metres.into_iter().map(|metres| whole_of(metres.map(|metres| metres * metre_s))).collect()
            }
        }
    }

    /// Where a place meets the streets; `None` where there are none to meet.
    /// # Errors
    /// [`OffStreet`]: why it does not meet them.
    pub fn snapped(&self, place: &Place) -> Result<Option<Snap>, OffStreet> {
        match self {
            Targets::Streets(ready) => ready.snap(place).map(Some),
            Targets::Straight { .. } => Ok(None),
        }
    }

    fn rows(&self, places: &[Place], limit_s: f64) -> Vec<Vec<(u32, u32)>> {
        places.par_iter().map(|place| self.within(place, limit_s)).collect()
    }
}

impl Walks {
    /// From one list a place.
    pub fn of(rows: &[Vec<(u32, u32)>]) -> Walks {
        let mut first = Vec::with_capacity(rows.len() + 1);
        first.push(0);
        let mut to = Vec::with_capacity(rows.iter().map(Vec::len).sum());
        for row in rows {
            to.extend(row);
            first.push(to.len() as u32);
        }
        Walks { first, to }
    }

    /// The same walks by their ends, of which there are `count`.
    pub fn turned(&self, count: usize) -> Walks {
        let walks =
            || (0..self.len() as u32).flat_map(|from| self.from(from).iter().map(move |(to, s)| (*to, from, *s)));
        let mut first = vec![0u32; count + 1];
        walks().for_each(|(to, ..)| first[to as usize + 1] += 1);
        (0..count).for_each(|at| first[at + 1] += first[at]);
        let (mut next, mut to) = (first.clone(), vec![(0, 0); self.to.len()]);
        for (end, from, seconds) in walks() {
            to[next[end as usize] as usize] = (from, seconds);
            next[end as usize] += 1;
        }
        Walks { first, to }
    }

    /// The same, of each place the shortest first, ties by index.
    pub fn shortest_first(mut self) -> Walks {
        for place in 0..self.len() {
            let own = self.first[place] as usize..self.first[place + 1] as usize;
            self.to[own].sort_unstable_by_key(|(to, seconds)| (*seconds, *to));
        }
        self
    }

    /// Number of places that walks begin at.
    pub fn len(&self) -> usize {
        self.first.len().saturating_sub(1)
    }

    /// Whether there is no place to begin at.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where one gets to from a place, with the seconds that it takes.
    pub fn from(&self, place: u32) -> &[(u32, u32)] {
        &self.to[self.first[place as usize] as usize..self.first[place as usize + 1] as usize]
    }
}
