//! Which pairs of units a line may join of which too little is known: calls left out, stops whose place is doubtful.
//!
//! Order and departures are not asked for: what is not known of a line may be either. A pair that only such a line may join is not one
//! without a line; nothing is known of it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::idx::FeedIdx;
use crate::base::idx::StopIdx;
use crate::base::units::Text;
use crate::metrics::connection::Network;
use crate::model::doubtful::DoubtfulLine;
use crate::model::doubtful::LoosePlace;
use crate::model::transit::Mode;
use crate::model::transit::Service;

/// A call between two others may lie so far from them, however near they are to each other.
const LEAST_ASIDE_M: f64 = 2_000.0;

/// A call of a line, or one that was left out.
struct Spot {
    stop: Option<StopIdx>,
    /// It lies where the stop does.
    is_placed: bool,
    /// The unit that it lies in.
    unit: Option<usize>,
    /// Units that it may lie in, or call in, for what is not known of it.
    maybe: BTreeSet<usize>,
    why: Option<Text>,
}

struct Line {
    name: String,
    spots: Vec<Spot>,
    /// Units of all spots.
    units: BTreeSet<usize>,
}

/// The lines of which too little is known.
pub struct Doubts {
    lines: Vec<Line>,
}

impl Doubts {
    /// The doubtful lines of some modes, and those that may be of one; `pairs` are the neighbours.
    pub fn new(network: &Network<'_>, pairs: &BTreeSet<(usize, usize)>, modes: &[Mode]) -> Doubts {
        let transit = network.transit();
        let mut beside: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (a, b) in pairs {
            beside.entry(*a).or_default().insert(*b);
            beside.entry(*b).or_default().insert(*a);
        }
        let around = Around { network, beside };
        let mut left_out: BTreeMap<(FeedIdx, &str), Vec<&DoubtfulLine>> = BTreeMap::new();
        let mut lines: Vec<Line> = Vec::new();
        let ids: BTreeSet<(FeedIdx, &str)> = transit.services.iter().map(|one| (one.feed, one.id.as_str())).collect();
        for line in transit.doubtful.iter().filter(|line| line.mode.is_none_or(|mode| modes.contains(&mode))) {
            match line.id.as_deref().map(|id| (line.feed, id)).filter(|key| ids.contains(key)) {
                Some(key) => left_out.entry(key).or_default().push(line),
                None => lines.extend(around.line(line.name.clone(), Vec::new(), &[line])),
            }
        }
        for service in &transit.services {
            let own = left_out.get(&(service.feed, service.id.as_str())).map(Vec::as_slice).unwrap_or_default();
            let is_asked = modes.contains(&service.mode);
            let is_doubtful = |stop: &StopIdx| network.stop(*stop).doubt.is_some();
            let mut stops = service.patterns.iter().flat_map(|pattern| &pattern.stops);
            if is_asked && (!own.is_empty() || stops.any(is_doubtful)) {
                let spots = around.spots(service);
                lines.extend(around.line(service.name.clone(), spots, own));
            }
        }
        Doubts { lines }
    }

    /// Why a line may join two units, each line once; empty where none may.
    pub fn between(&self, a: usize, b: usize) -> Vec<Text> {
        self.joining(&|spot| spot.may_be_in(a), &|spot| spot.may_be_in(b), [a, b])
    }

    /// Why a line may join a place in one unit, which it serves at some stops, with another unit.
    pub fn from_place(&self, is_near: &dyn Fn(StopIdx) -> bool, unit: usize, other: usize) -> Vec<Text> {
        let serves = |spot: &Spot| spot.stop.is_some_and(is_near) || !spot.is_placed && spot.may_be_in(unit);
        self.joining(&serves, &|spot| spot.may_be_in(other), [unit, other])
    }

    fn joining(&self, one: &dyn Fn(&Spot) -> bool, other: &dyn Fn(&Spot) -> bool, units: [usize; 2]) -> Vec<Text> {
        let may = |line: &&Line| units.iter().any(|unit| line.units.contains(unit));
        self.lines.iter().filter(may).filter_map(|line| line.joins(one, other)).collect()
    }
}

impl Spot {
    fn may_be_in(&self, unit: usize) -> bool {
        self.unit == Some(unit) || self.maybe.contains(&unit)
    }
}

impl Line {
    /// What is not known of the line, where a doubtful call of it and another one are such.
    fn joins(&self, one: &dyn Fn(&Spot) -> bool, other: &dyn Fn(&Spot) -> bool) -> Option<Text> {
        // the earliest call that is to blame: causes stand before what follows from them
        let found = |one: &dyn Fn(&Spot) -> bool, other: &dyn Fn(&Spot) -> bool| {
            let mut doubtful = self.spots.iter().enumerate().filter(|(_, spot)| spot.why.is_some() && one(spot));
            doubtful.find(|(at, _)| self.spots.iter().enumerate().any(|(nth, rest)| nth != *at && other(rest)))
        };
        let either = [found(one, other), found(other, one)];
        let (_, spot) = either.into_iter().flatten().min_by_key(|(at, _)| *at)?;
        let why = spot.why.as_ref()?;
        Some(match self.name.is_empty() {
            true => Text::new(
                format!("a line without a name may join them ({})", why.en),
                format!("某线路可能连接两地（{}）", why.zh),
            ),
            false => Text::new(
                format!("{} may join them ({})", self.name, why.en),
                format!("{}可能连接两地（{}）", self.name, why.zh),
            ),
        })
    }
}

struct Around<'n, 'a> {
    network: &'n Network<'a>,
    beside: BTreeMap<usize, BTreeSet<usize>>,
}

impl Around<'_, '_> {
    fn unit(&self, stop: StopIdx) -> Option<usize> {
        self.network.places()[stop.at()].unit
    }

    /// The units of some, and their neighbours.
    fn and_beside(&self, units: impl Iterator<Item = usize>) -> BTreeSet<usize> {
        units
            .flat_map(|unit| std::iter::once(unit).chain(self.beside.get(&unit).into_iter().flatten().copied()))
            .collect()
    }

    /// Units around two stops along a line: between two that are known those that lie no farther from either than half the way from one
    /// to the other; at the end of a line those of the last that is known, and their neighbours.
    fn gap(&self, before: Option<StopIdx>, after: Option<StopIdx>) -> BTreeSet<usize> {
        match (before, after) {
            (Some(before), Some(after)) if before != after => {
                let apart_m = self.network.stop(before).at.xy.distance_m(self.network.stop(after).at.xy);
                let radius_m = (apart_m / 2.0).max(LEAST_ASIDE_M);
                let around = [before, after].into_iter().flat_map(|stop| self.network.units_within(stop, radius_m));
                around.chain(self.network.units_between(before, after)).collect()
            }
            _ => self.and_beside(before.into_iter().chain(after).filter_map(|stop| self.unit(stop))),
        }
    }

    /// The calls of a service, each stop once.
    fn spots(&self, service: &Service) -> Vec<Spot> {
        let mut spots: BTreeMap<StopIdx, Spot> = BTreeMap::new();
        for pattern in &service.patterns {
            for (at, stop) in pattern.stops.iter().enumerate() {
                let place = &self.network.places()[stop.at()];
                let spot = spots.entry(*stop).or_insert_with(|| {
                    let (name, doubt) = (&self.network.stop(*stop).name, self.network.stop(*stop).doubt.as_ref());
                    let why = doubt.map(|doubt| {
                        Text::new(format!("stop {name}: {}", doubt.why.en), format!("站点{name}{}", doubt.why.zh))
                    });
                    let maybe = place.maybe.iter().copied().collect();
                    Spot { stop: Some(*stop), is_placed: doubt.is_none(), unit: place.unit, maybe, why }
                });
                let is_anywhere = self.network.stop(*stop).doubt.as_ref().is_some_and(|doubt| doubt.regions.is_empty());
                if is_anywhere {
                    let is_known =
                        |other: &&StopIdx| self.network.stop(**other).doubt.is_none() && self.unit(**other).is_some();
                    let before = pattern.stops[..at].iter().rev().find(is_known).copied();
                    let after = pattern.stops[at + 1..].iter().find(is_known).copied();
                    spot.maybe.extend(self.gap(before, after));
                }
            }
        }
        spots.into_values().collect()
    }

    /// A line by its calls and those that were left out; `None` where nothing of it is doubtful.
    fn line(&self, name: String, mut spots: Vec<Spot>, left_out: &[&DoubtfulLine]) -> Option<Line> {
        let calls = || left_out.iter().flat_map(|line| &line.calls);
        let sure = spots.iter().filter_map(|spot| spot.unit);
        let known: BTreeSet<usize> = sure
            .chain(calls().flat_map(|call| match &call.place {
                LoosePlace::At(stops) => stops.iter().filter_map(|stop| self.unit(*stop)).collect::<Vec<_>>(),
                LoosePlace::In(code) => self.network.unit_of_code(code).into_iter().collect(),
                LoosePlace::Between(..) => Vec::new(),
            }))
            .collect();
        for call in calls() {
            let (stop, maybe) = match &call.place {
                LoosePlace::At(stops) => {
                    let only = Some(stops[0]).filter(|_| stops.len() == 1);
                    let places = stops.iter().map(|stop| &self.network.places()[stop.at()]);
                    (only, places.flat_map(|place| place.unit.into_iter().chain(place.maybe.iter().copied())).collect())
                }
                LoosePlace::In(code) => (None, self.network.unit_of_code(code).into_iter().collect()),
                LoosePlace::Between(before, after) => {
                    let gap = self.gap(*before, *after);
                    let gap = if gap.is_empty() { self.and_beside(known.iter().copied()) } else { gap };
                    // nothing is known of where the line runs
                    (None, if gap.is_empty() { self.beside.keys().copied().collect() } else { gap })
                }
            };
            spots.push(Spot { stop, is_placed: stop.is_some(), unit: None, maybe, why: Some(call.why.clone()) });
        }
        let units: BTreeSet<usize> =
            spots.iter().flat_map(|spot| spot.unit.into_iter().chain(spot.maybe.iter().copied())).collect();
        spots.iter().any(|spot| spot.why.is_some()).then_some(Line { name, spots, units })
    }
}
