//! Where one changes: at the stops, and beside a stop at places of its own for what rules of certain services or trips are about.
//!
//! A rule for one pair of trips says nothing of the others that call at the same stop. So who gets off a vehicle with rules of its own does so at
//! a node of its own, and is ready for a vehicle with rules of its own at another; changes between nodes then need no more than two places.

use std::collections::BTreeMap;

use crate::model::transit::NarrowTransfer;
use crate::model::transit::Transit;
use crate::model::transit::TripAt;
use crate::model::transit::Whose;

/// The nodes of a timetable: the stops by index, and those behind them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Nodes {
    stops: usize,
    /// Stop of each node behind the stops.
    beside: Vec<u32>,
    /// By stop, nodes at which one gets on beside the stop itself, with the rules of what is got on.
    on: BTreeMap<u32, Vec<(u32, Vec<u32>)>>,
    /// The same of getting off.
    off: BTreeMap<u32, Vec<(u32, Vec<u32>)>>,
}

/// The rules by the stops that they are about.
pub(super) struct Rules<'t> {
    all: &'t [NarrowTransfer],
    /// By stop, rules about whoever gets off there, or on there.
    off: BTreeMap<u32, Vec<u32>>,
    on: BTreeMap<u32, Vec<u32>>,
}

impl<'t> Rules<'t> {
    pub(super) fn of(transit: &'t Transit) -> Rules<'t> {
        let (mut off, mut on) = (BTreeMap::<u32, Vec<u32>>::new(), BTreeMap::<u32, Vec<u32>>::new());
        for (at, rule) in (0u32..).zip(&transit.narrow_transfers) {
            if rule.from != Whose::All {
                off.entry(rule.transfer.from.0).or_default().push(at);
            }
            if rule.to != Whose::All {
                on.entry(rule.transfer.to.0).or_default().push(at);
            }
        }
        Rules { all: &transit.narrow_transfers, off, on }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Rules that are about a trip, or about a vehicle of a service of which no trip is known, at a stop.
    fn about(&self, stop: u32, (of, trip): ((u32, u32), Option<u32>), is_on: bool) -> Vec<u32> {
        let list = if is_on { self.on.get(&stop) } else { self.off.get(&stop) };
        let is_about = |rule: &&u32| {
            let rule = &self.all[**rule as usize];
            match if is_on { rule.to } else { rule.from } {
                Whose::All => false,
                Whose::Service(service) => service.0 == of.0,
                Whose::Trip(TripAt { service, pattern, trip: at }) => (service.0, pattern) == of && trip == Some(at),
            }
        };
        list.into_iter().flatten().filter(is_about).copied().collect()
    }
}

impl Nodes {
    pub(super) fn new(stops: usize) -> Nodes {
        Nodes { stops, ..Nodes::default() }
    }

    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.stops + self.beside.len()
    }

    /// The stop that a node belongs to.
    pub(crate) fn stop(&self, node: u32) -> u32 {
        match (node as usize).checked_sub(self.stops) {
            None => node,
            Some(at) => self.beside[at],
        }
    }

    /// Nodes beside a stop at which one gets on.
    pub(crate) fn beside(&self, stop: u32) -> impl Iterator<Item = u32> {
        self.on.get(&stop).into_iter().flatten().map(|(node, _)| *node)
    }

    /// Whether there are none but the stops.
    pub(crate) fn are_stops(&self) -> bool {
        self.beside.is_empty()
    }

    /// The node at which one gets on a vehicle at a stop, or off it.
    pub(super) fn at(&mut self, rules: &Rules<'_>, stop: u32, of: ((u32, u32), Option<u32>), is_on: bool) -> u32 {
        let about = rules.about(stop, of, is_on);
        if about.is_empty() {
            return stop;
        }
        let next = self.len() as u32;
        let list = if is_on { &mut self.on } else { &mut self.off }.entry(stop).or_default();
        if let Some((node, _)) = list.iter().find(|(_, own)| *own == about) {
            return *node;
        }
        list.push((next, about));
        self.beside.push(stop);
        next
    }

    /// Nodes of a stop at which one gets off or on, the stop itself first, with the rules of each.
    fn all(&self, stop: u32, is_on: bool) -> Vec<(u32, &[u32])> {
        let list = if is_on { self.on.get(&stop) } else { self.off.get(&stop) };
        let beside = list.into_iter().flatten().map(|(node, own)| (*node, own.as_slice()));
        std::iter::once((stop, &[][..])).chain(beside).collect()
    }

    /// The same seen from the other end of the way.
    pub(super) fn mirrored(&self) -> Nodes {
        Nodes { on: self.off.clone(), off: self.on.clone(), ..self.clone() }
    }

    /// Changes by node out of those by stop. Of the rules about what one gets off and what one gets on the most exact holds, the first of several;
    /// `walked` tells the seconds of a change that no rule is about.
    pub(super) fn changes(
        &self,
        transit: &Transit,
        by_stop: Vec<Vec<(u32, u32)>>,
        walked: &dyn Fn(u32, u32) -> Option<u32>,
    ) -> Vec<Vec<(u32, u32)>> {
        let mut of_pair: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
        for (at, rule) in (0u32..).zip(&transit.narrow_transfers) {
            of_pair.entry((rule.transfer.from.0, rule.transfer.to.0)).or_default().push(at);
        }
        let mut rows = vec![Vec::new(); self.len()];
        for (from, base) in (0u32..).zip(by_stop) {
            let mut to: BTreeMap<u32, Option<u32>> =
                of_pair.range((from, 0)..=(from, u32::MAX)).map(|((_, to), _)| (*to, None)).collect();
            to.extend(base.into_iter().map(|(stop, seconds)| (stop, Some(seconds))));
            for (off, off_rules) in self.all(from, false) {
                let row = &mut rows[off as usize];
                for (stop, usual) in &to {
                    let rules = of_pair.get(&(from, *stop)).map_or(&[][..], Vec::as_slice);
                    for (on, on_rules) in self.all(*stop, true) {
                        let is_met = |whose: Whose, own: &[u32], at: u32| whose == Whose::All || own.contains(&at);
                        let met = rules.iter().filter(|at| {
                            let rule = &transit.narrow_transfers[**at as usize];
                            is_met(rule.from, off_rules, **at) && is_met(rule.to, on_rules, **at)
                        });
                        let exact = met
                            .map(|at| &transit.narrow_transfers[*at as usize])
                            .reduce(|best, one| if one.rank() > best.rank() { one } else { best });
                        let seconds = match exact.map(|rule| rule.transfer) {
                            None => *usual,
                            Some(rule) if rule.is_forbidden => None,
                            Some(rule) => rule.least_s.or_else(|| walked(from, *stop)),
                        };
                        row.extend(seconds.map(|seconds| (on, seconds)));
                    }
                }
                row.sort_unstable_by_key(|(to, seconds)| (*seconds, *to));
            }
        }
        rows
    }
}
