//! Cheapest ways over a frozen graph, after Dijkstra (1959), Numerische Mathematik 1.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::impedance::cost_table::CostUnit;
use crate::model::streets::StreetNetwork;

/// No destination, and no state.
pub(crate) const NOBODY: u32 = u32::MAX;

/// A way out of a state, or into it when the graph is turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Arc {
    pub to: u32,
    /// The half edge that it goes along.
    pub half: u32,
    pub cost: f64,
}

/// States with their arcs, in the order of the half edges.
pub(crate) struct Graph {
    first: Vec<u32>,
    arcs: Vec<Arc>,
}

impl Graph {
    /// The steps of a network, or, turned, the same from their ends to their starts.
    pub(crate) fn new(network: &StreetNetwork, unit: CostUnit, is_turned: bool) -> Graph {
        let steps = || {
            network.steps().map(|(tail, half, head)| if is_turned { (head, half, tail) } else { (tail, half, head) })
        };
        let mut first = vec![0u32; network.states() + 1];
        steps().for_each(|(tail, ..)| first[tail as usize + 1] += 1);
        (0..network.states()).for_each(|at| first[at + 1] += first[at]);
        let mut next = first.clone();
        let mut arcs = vec![Arc { to: 0, half: 0, cost: 0.0 }; first[network.states()] as usize];
        for (tail, half, head) in steps() {
            let edge = &network.edges()[half as usize / 2];
            let cost = match unit {
                CostUnit::Metres => edge.length_m,
                CostUnit::Seconds => edge.seconds[half as usize % 2],
            };
            arcs[next[tail as usize] as usize] = Arc { to: head, half, cost };
            next[tail as usize] += 1;
        }
        Graph { first, arcs }
    }

    /// Nodes joined both ways by links of a length; the half edge of a link is told as for an edge at its position.
    #[cfg(feature = "bench")]
    pub(crate) fn of_links(nodes: usize, links: &[(u32, u32, f64)]) -> Graph {
        let steps = || {
            (0u32..).zip(links).flat_map(|(at, (a, b, cost))| [(*a, *b, 2 * at, *cost), (*b, *a, 2 * at + 1, *cost)])
        };
        let mut first = vec![0u32; nodes + 1];
        steps().for_each(|(tail, ..)| first[tail as usize + 1] += 1);
        (0..nodes).for_each(|at| first[at + 1] += first[at]);
        let mut next = first.clone();
        let mut arcs = vec![Arc { to: 0, half: 0, cost: 0.0 }; first[nodes] as usize];
        for (tail, to, half, cost) in steps() {
            arcs[next[tail as usize] as usize] = Arc { to, half, cost };
            next[tail as usize] += 1;
        }
        Graph { first, arcs }
    }

    pub(crate) fn states(&self) -> usize {
        self.first.len() - 1
    }

    pub(crate) fn arcs(&self, state: u32) -> &[Arc] {
        &self.arcs[self.first[state as usize] as usize..self.first[state as usize + 1] as usize]
    }

    /// The nearest source of every state with its cost, by one search from all of them: `starts` are states with the cost at which a
    /// source is there. Of sources as near, the first.
    pub(crate) fn field(&self, starts: impl Iterator<Item = (u32, f64, u32)>) -> Vec<(f64, u32)> {
        field(self.states(), starts, |state| self.arcs(state).iter().map(|arc| (arc.to, arc.cost)))
    }
}

/// The nearest source of every state with its cost, as [`Graph::field`]; `leave` are the states next to one, with the cost to there.
pub(crate) fn field<S: Iterator<Item = (u32, f64)>>(
    states: usize,
    starts: impl Iterator<Item = (u32, f64, u32)>,
    leave: impl Fn(u32) -> S,
) -> Vec<(f64, u32)> {
    let mut best = vec![(f64::INFINITY, NOBODY); states];
    let mut heap: BinaryHeap<Open> = BinaryHeap::new();
    let offer = |heap: &mut BinaryHeap<Open>, best: &mut [(f64, u32)], state: u32, cost: f64, source: u32| {
        let known = &mut best[state as usize];
        if cost < known.0 || (cost == known.0 && source < known.1) {
            *known = (cost, source);
            heap.push(Open { cost, source, state });
        }
    };
    for (state, cost, source) in starts {
        offer(&mut heap, &mut best, state, cost, source);
    }
    while let Some(Open { cost, source, state }) = heap.pop() {
        if best[state as usize] != (cost, source) {
            continue;
        }
        for (to, more) in leave(state) {
            offer(&mut heap, &mut best, to, cost + more, source);
        }
    }
    best
}

/// A state that may be reached at this cost; the smallest of all comes first, ties by source, then by state.
#[derive(Clone, Copy, PartialEq)]
struct Open {
    cost: f64,
    source: u32,
    state: u32,
}

impl Eq for Open {}

impl Ord for Open {
    fn cmp(&self, other: &Open) -> Ordering {
        let reversed = other.cost.total_cmp(&self.cost);
        reversed.then(other.source.cmp(&self.source)).then(other.state.cmp(&self.state))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Open) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Costs of the states of one search; what an earlier one left is told by the number of the search.
#[derive(Default)]
pub(crate) struct Scratch {
    costs: Vec<(u32, f64)>,
    /// The arc by which each state was come to: the state before, and the half edge.
    before: Vec<(u32, u32)>,
    search: u32,
    heap: BinaryHeap<Open>,
}

impl Scratch {
    pub(crate) fn begin(&mut self, states: usize) {
        if self.search == u32::MAX || self.costs.len() < states {
            self.costs = vec![(0, f64::INFINITY); states];
            self.before = vec![(NOBODY, NOBODY); states];
            self.search = 0;
        }
        self.search += 1;
        self.heap.clear();
    }

    pub(crate) fn cost(&self, state: u32) -> f64 {
        let (search, cost) = self.costs[state as usize];
        if search == self.search { cost } else { f64::INFINITY }
    }

    pub(crate) fn offer(&mut self, state: u32, cost: f64, before: (u32, u32)) {
        if cost < self.cost(state) {
            self.costs[state as usize] = (self.search, cost);
            self.before[state as usize] = before;
            self.heap.push(Open { cost, source: NOBODY, state });
        }
    }

    /// The next state in the order of cost.
    pub(crate) fn settle(&mut self) -> Option<(u32, f64)> {
        while let Some(Open { cost, state, .. }) = self.heap.pop() {
            if cost == self.cost(state) {
                return Some((state, cost));
            }
        }
        None
    }

    /// The states to a state of this search, itself last, the one that the search began at first.
    pub(crate) fn states_to(&self, state: u32) -> Vec<u32> {
        let mut states = vec![state];
        let mut at = state;
        while self.before[at as usize].0 != NOBODY {
            at = self.before[at as usize].0;
            states.push(at);
        }
        states.reverse();
        states
    }

    /// The half edges to a state of this search, the first first, with the state that the search began at.
    pub(crate) fn way_to(&self, state: u32) -> (u32, Vec<u32>) {
        let (mut at, mut halves) = (state, Vec::new());
        while let (before, half) = self.before[at as usize]
            && before != NOBODY
        {
            halves.push(half);
            at = before;
        }
        halves.reverse();
        (at, halves)
    }
}
