//! The weight within a limit of every node of a graph of links: nodes with two links are folded into the chains between the others.
//!
//! A search then steps from junction to junction, and what lies on a chain is counted at once by how far it is reached from either end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use rayon::prelude::*;

/// What is between two junctions: the nodes with two links each that lie in a row, perhaps none.
struct Chain {
    ends: [u32; 2],
    length: f64,
    /// Its nodes in `along` and `before`.
    nodes: Range<usize>,
}

/// Where a node is.
#[derive(Clone, Copy)]
enum Spot {
    Junction(u32),
    /// A chain, and the position of the node among all that lie on chains.
    On(u32, u32),
}

/// A frozen graph whose nodes with two links are folded.
pub(crate) struct Chains {
    spots: Vec<Spot>,
    chains: Vec<Chain>,
    /// Distance of each node on a chain from the chain's first end; rising along a chain.
    along: Vec<f64>,
    /// Weight of the nodes on chains before each, over all chains; one more than there are nodes.
    before: Vec<f64>,
    /// Weight of each junction.
    weights: Vec<f64>,
    /// Start of each junction's arcs.
    first: Vec<u32>,
    /// The chain, from which of its ends, the junction it leads to, and its length.
    arcs: Vec<(u32, u8, u32, f64)>,
}

impl Chains {
    /// Nodes with their weights, joined both ways by links of a length.
    pub(crate) fn new(weights: &[f64], links: &[(u32, u32, f64)]) -> Chains {
        let nodes = weights.len();
        let mut start = vec![0u32; nodes + 1];
        for (a, b, _) in links {
            start[*a as usize + 1] += 1;
            start[*b as usize + 1] += 1;
        }
        (0..nodes).for_each(|at| start[at + 1] += start[at]);
        let mut next = start.clone();
        let mut at_node = vec![0u32; links.len() * 2];
        for (link, (a, b, _)) in (0u32..).zip(links) {
            for node in [a, b] {
                at_node[next[*node as usize] as usize] = link;
                next[*node as usize] += 1;
            }
        }
        let of = |node: u32| &at_node[start[node as usize] as usize..start[node as usize + 1] as usize];
        let mut made = Chains {
            spots: vec![Spot::Junction(u32::MAX); nodes],
            chains: Vec::new(),
            along: Vec::new(),
            before: vec![0.0],
            weights: Vec::new(),
            first: Vec::new(),
            arcs: Vec::new(),
        };
        let mut is_used = vec![false; links.len()];
        let mut is_placed = vec![false; nodes];
        // rings without a junction come last: their first node becomes one
        for pass in [true, false] {
            for node in 0..nodes as u32 {
                if is_placed[node as usize] || (pass && of(node).len() == 2) {
                    continue;
                }
                is_placed[node as usize] = true;
                made.spots[node as usize] = Spot::Junction(made.weights.len() as u32);
                made.weights.push(weights[node as usize]);
                if !pass {
                    made.follow(node, links, weights, &of, &mut is_used, &mut is_placed);
                }
            }
            if pass {
                for node in (0..nodes as u32).filter(|node| of(*node).len() != 2) {
                    made.follow(node, links, weights, &of, &mut is_used, &mut is_placed);
                }
            }
        }
        made.join();
        made
    }

    /// The chains that leave a junction by links not yet used.
    fn follow<'l>(
        &mut self,
        from: u32,
        links: &[(u32, u32, f64)],
        weights: &[f64],
        of: &impl Fn(u32) -> &'l [u32],
        is_used: &mut [bool],
        is_placed: &mut [bool],
    ) {
        for link in of(from) {
            if is_used[*link as usize] {
                continue;
            }
            let first = self.along.len();
            let (mut link, mut node, mut length) = (*link, from, 0.0);
            let to = loop {
                is_used[link as usize] = true;
                let (a, b, cost) = links[link as usize];
                length += cost;
                node = if a == node { b } else { a };
                let onward = match of(node) {
                    [a, b] if !is_placed[node as usize] => [*a, *b].into_iter().find(|link| !is_used[*link as usize]),
                    _ => None,
                };
                let Some(onward) = onward else { break node };
                is_placed[node as usize] = true;
                self.spots[node as usize] = Spot::On(self.chains.len() as u32, self.along.len() as u32);
                self.along.push(length);
                self.before.push(self.before[self.before.len() - 1] + weights[node as usize]);
                link = onward;
            };
            let junction = |spots: &[Spot], node: u32| match spots[node as usize] {
                Spot::Junction(at) => at,
                Spot::On(..) => u32::MAX,
            };
            let ends = [junction(&self.spots, from), junction(&self.spots, to)];
            self.chains.push(Chain { ends, length, nodes: first..self.along.len() });
        }
    }

    fn join(&mut self) {
        let ends = || {
            (0u32..)
                .zip(&self.chains)
                .flat_map(|(at, chain)| [(at, 0u8, chain.ends, chain.length), (at, 1, chain.ends, chain.length)])
        };
        let mut first = vec![0u32; self.weights.len() + 1];
        ends().for_each(|(_, end, at, _)| first[at[end as usize] as usize + 1] += 1);
        (0..self.weights.len()).for_each(|at| first[at + 1] += first[at]);
        let mut next = first.clone();
        let mut arcs = vec![(0, 0, 0, 0.0); self.chains.len() * 2];
        for (chain, end, at, length) in ends() {
            let from = at[end as usize] as usize;
            arcs[next[from] as usize] = (chain, end, at[1 - end as usize], length);
            next[from] += 1;
        }
        (self.first, self.arcs) = (first, arcs);
    }

    /// For every node the sum of the weights of all nodes within the limit, the limit and itself included. Sums are exact where the weights
    /// are whole numbers; the work is shared among the threads of the pool.
    pub(crate) fn sums_within(&self, limit: f64) -> Vec<f64> {
        self.spots.par_iter().map_init(|| Scratch::new(self), |scratch, spot| self.sum(*spot, limit, scratch)).collect()
    }

    fn sum(&self, origin: Spot, limit: f64, scratch: &mut Scratch) -> f64 {
        scratch.begin();
        match origin {
            Spot::Junction(at) => scratch.offer(at, 0.0, limit),
            Spot::On(chain, at) => {
                let (it, along) = (&self.chains[chain as usize], self.along[at as usize]);
                scratch.offer(it.ends[0], along, limit);
                scratch.offer(it.ends[1], it.length - along, limit);
            }
        }
        let mut sum = 0.0;
        while let Some((state, cost)) = scratch.settle() {
            sum += self.weights[state as usize];
            for (chain, end, to, length) in
                &self.arcs[self.first[state as usize] as usize..self.first[state as usize + 1] as usize]
            {
                scratch.touch(*chain, *end, limit - cost);
                scratch.offer(*to, cost + length, limit);
            }
        }
        let own = match origin {
            Spot::On(chain, at) => Some((chain, at)),
            Spot::Junction(_) => None,
        };
        for chain in &scratch.touched {
            if own.is_none_or(|(own, _)| own != *chain) {
                let [low, high] = self.reached(*chain, scratch.reach[*chain as usize].1);
                sum += self.weigh(&low) + self.weigh(&(high.start.max(low.end)..high.end));
            }
        }
        if let Some((chain, at)) = own {
            let it = &self.chains[chain as usize];
            let (number, reach) = scratch.reach[chain as usize];
            let reach = if number == scratch.number { reach } else { [f64::NEG_INFINITY; 2] };
            let [low, high] = self.reached(chain, reach);
            let (nodes, here) = (&self.along[it.nodes.clone()], self.along[at as usize]);
            let from = it.nodes.start + nodes.partition_point(|along| here - *along > limit);
            let to = it.nodes.start + nodes.partition_point(|along| *along - here <= limit);
            // three runs of nodes that may overlap: from the first end, around the origin, from the last end
            let middle = from.max(low.end)..to;
            let last = high.start.max(low.end).max(to)..high.end;
            sum += self.weigh(&low) + self.weigh(&middle) + self.weigh(&last);
        }
        sum
    }

    /// The nodes of a chain that are reached from its first end and from its last, when so much is left of the limit at either.
    fn reached(&self, chain: u32, left: [f64; 2]) -> [Range<usize>; 2] {
        let it = &self.chains[chain as usize];
        let nodes = &self.along[it.nodes.clone()];
        let low = it.nodes.start..it.nodes.start + nodes.partition_point(|along| *along <= left[0]);
        let high = it.nodes.start + nodes.partition_point(|along| it.length - *along > left[1])..it.nodes.end;
        [low, high]
    }

    fn weigh(&self, nodes: &Range<usize>) -> f64 {
        if nodes.is_empty() { 0.0 } else { self.before[nodes.end] - self.before[nodes.start] }
    }
}

/// Costs of one search; what an earlier one left is told by the number of the search.
struct Scratch {
    number: u32,
    costs: Vec<(u32, f64)>,
    /// What is left of the limit at both ends of a chain.
    reach: Vec<(u32, [f64; 2])>,
    touched: Vec<u32>,
    /// Costs as bits, which rise with them.
    heap: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Scratch {
    fn new(of: &Chains) -> Scratch {
        Scratch {
            number: 0,
            costs: vec![(0, 0.0); of.weights.len()],
            reach: vec![(0, [0.0; 2]); of.chains.len()],
            touched: Vec::new(),
            heap: BinaryHeap::new(),
        }
    }

    fn begin(&mut self) {
        self.number += 1;
        self.touched.clear();
        self.heap.clear();
    }

    fn offer(&mut self, junction: u32, cost: f64, limit: f64) {
        let (number, known) = &mut self.costs[junction as usize];
        if cost <= limit && (*number != self.number || cost < *known) {
            (*number, *known) = (self.number, cost);
            self.heap.push(Reverse((cost.to_bits(), junction)));
        }
    }

    fn settle(&mut self) -> Option<(u32, f64)> {
        while let Some(Reverse((bits, junction))) = self.heap.pop() {
            if self.costs[junction as usize].1.to_bits() == bits {
                return Some((junction, f64::from_bits(bits)));
            }
        }
        None
    }

    fn touch(&mut self, chain: u32, end: u8, left: f64) {
        let (number, reach) = &mut self.reach[chain as usize];
        if *number != self.number {
            (*number, *reach) = (self.number, [f64::NEG_INFINITY; 2]);
            self.touched.push(chain);
        }
        reach[end as usize] = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by Bellman and Ford.
    fn brute(weights: &[f64], links: &[(u32, u32, f64)], limit: f64) -> Vec<f64> {
        (0..weights.len())
            .map(|origin| {
                let mut costs = vec![f64::INFINITY; weights.len()];
                costs[origin] = 0.0;
                for _ in 0..weights.len() {
                    for (a, b, cost) in links {
                        let (a, b) = (*a as usize, *b as usize);
                        costs[b] = costs[b].min(costs[a] + cost);
                        costs[a] = costs[a].min(costs[b] + cost);
                    }
                }
                costs.iter().zip(weights).filter(|(cost, _)| **cost <= limit).map(|(_, weight)| *weight).sum()
            })
            .collect()
    }

    #[test]
    fn sums_are_those_of_bellman_and_ford_on_random_graphs() {
        let mut lot = 20_261_125u64;
        let mut below = |most: u64| {
            lot = lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (lot >> 33) % most
        };
        for graph in 0..300 {
            let nodes = 2 + below(24);
            // few links, so that there are chains, rings, loops, links drawn twice and nodes without any
            let count = 1 + below(nodes + 6);
            let links: Vec<(u32, u32, f64)> =
                (0..count).map(|_| (below(nodes) as u32, below(nodes) as u32, below(9) as f64)).collect();
            let weights: Vec<f64> = (0..nodes).map(|_| below(100) as f64).collect();
            for limit in [0.0, 4.0, 11.0, 1e9] {
                let found = Chains::new(&weights, &links).sums_within(limit);
                assert_eq!(found, brute(&weights, &links, limit), "graph {graph}, limit {limit}: {links:?}");
            }
        }
    }
}
