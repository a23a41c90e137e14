//! The best that is possible where room is limited: an exact transportation problem.
//!
//! Who is served comes first: no plan serves more people, and of the plans that serve as many none has a smaller sum of people × cost. The
//! method is the primal network simplex (Dantzig 1951) on strongly feasible trees, which keep it from going round in circles (Cunningham
//! 1976), with pivots chosen block by block (Király and Kovács 2012, section 5), from the plan of [`nearest_first`] on. All numbers are
//! whole, so that the answer is exact, and the same everywhere.

use crate::impedance::cost_table::CostTable;
use crate::metrics::assignment::Plan;
use crate::metrics::assignment::Share;
use crate::metrics::assignment::nearest_first;

/// A plan with what one more place would be worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    pub plan: Plan,
    /// What the next place in each facility would bring, by facility.
    pub price: Vec<Price>,
}

/// What more room in a facility is worth, for each place: the dual of its room.
///
/// Where the plan hangs on a tie there are several such prices; this is one of them. It is never less than what the next place brings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Whether one more place serves one more person.
    pub serves: bool,
    /// By how much the sum of all costs falls. Where one more is served it can rise, and then this is negative.
    pub saves: f64,
}

const NONE: u32 = u32::MAX;

/// A spanning tree of demand points, facilities and a root, which takes who is left out and fills what stays empty.
///
/// Few demand points are shared between facilities, and only below those the tree goes on. So depth and potential are kept for facilities
/// alone, and only demand points with facilities below them stand in the lists of children.
struct Tree<'a> {
    costs: &'a CostTable,
    scale: f64,
    /// The cost of a person that is left out, above what any chain of moves can save.
    unmet: i64,
    demands: u32,
    root: u32,
    parent: Vec<u32>,
    /// Cost of the arc to the parent, the flow on it, and whether it leads from the node to the parent.
    arc: Vec<i64>,
    flow: Vec<i64>,
    up: Vec<bool>,
    /// Of facilities and the root, counted from the first facility.
    depth: Vec<u32>,
    potential: Vec<i64>,
    first_child: Vec<u32>,
    next: Vec<u32>,
    previous: Vec<u32>,
    is_listed: Vec<bool>,
    stack: Vec<u32>,
}

impl<'a> Tree<'a> {
    /// The tree of the plan of [`nearest_first`]: each of its steps used somebody or something up, which hangs below the other.
    fn planted(costs: &'a CostTable, people: &[i64], room: &[i64]) -> Tree<'a> {
        let (demands, facilities) = (people.len() as u32, room.len() as u32);
        let root = demands + facilities;
        let nodes = root as usize + 1;
        let largest = costs.largest().max(1e-6);
        let moves = f64::from(facilities) + 2.0;
        let mut scale = 1e6;
        while largest * scale * moves > 1e18 {
            scale /= 10.0;
        }
        let mut tree = Tree {
            costs,
            scale,
            unmet: (largest * scale * moves) as i64 + 1,
            demands,
            root,
            parent: vec![NONE; nodes],
            arc: vec![0; nodes],
            flow: vec![0; nodes],
            up: vec![false; nodes],
            depth: vec![0; room.len() + 1],
            potential: vec![0; room.len() + 1],
            first_child: vec![NONE; nodes],
            next: vec![NONE; nodes],
            previous: vec![NONE; nodes],
            is_listed: vec![false; nodes],
            stack: Vec::new(),
        };
        let (mut left, mut free) = (people.to_vec(), room.to_vec());
        let mut hung: Vec<(u32, u32, i64, bool)> = Vec::new();
        let mut is_hung = vec![false; nodes];
        for Share { origin, facility, people } in nearest_first(costs, people, room).shares {
            let place = demands + facility;
            left[origin as usize] -= people;
            free[facility as usize] -= people;
            // a full facility leads to somebody who may still have people; else strongly feasible trees can not be kept
            let (node, parent, up) =
                if free[facility as usize] == 0 { (place, origin, false) } else { (origin, place, true) };
            is_hung[node as usize] = true;
            hung.push((node, parent, people, up));
        }
        let is_open = |node: u32, amount: i64| amount > 0 && !is_hung[node as usize];
        hung.extend(
            (0..demands).filter(|at| is_open(*at, people[*at as usize])).map(|at| (at, root, left[at as usize], true)),
        );
        let open = (0..facilities).filter(|at| is_open(demands + at, room[*at as usize]));
        hung.extend(open.map(|at| (demands + at, root, free[at as usize], false)));
        // whoever hangs below another was used up before it
        for (node, parent, flow, up) in hung.into_iter().rev() {
            let cost = match (node < demands, parent == root) {
                (true, true) => tree.unmet,
                (false, true) => 0,
                (true, false) => tree.cost(node, parent),
                (false, false) => tree.cost(parent, node),
            };
            tree.hang(node, parent);
            (tree.arc[node as usize], tree.flow[node as usize], tree.up[node as usize]) = (cost, flow, up);
            if node >= demands {
                let at = (node - demands) as usize;
                tree.depth[at] = tree.depth(parent) + 1;
                tree.potential[at] = tree.potential(parent) + cost;
            }
        }
        tree
    }

    /// The cost between a demand point and the node of a facility in its row.
    fn cost(&self, origin: u32, place: u32) -> i64 {
        self.whole(self.costs.cost(origin as usize, place - self.demands).unwrap_or(0.0))
    }

    fn whole(&self, cost: f64) -> i64 {
        (cost * self.scale + 0.5) as i64
    }

    fn depth(&self, node: u32) -> u32 {
        match node < self.demands {
            true => self.depth[(self.parent[node as usize] - self.demands) as usize] + 1,
            false => self.depth[(node - self.demands) as usize],
        }
    }

    fn potential(&self, node: u32) -> i64 {
        match node < self.demands {
            true => self.potential[(self.parent[node as usize] - self.demands) as usize] - self.arc[node as usize],
            false => self.potential[(node - self.demands) as usize],
        }
    }

    fn list(&mut self, node: u32) {
        let (n, parent) = (node as usize, self.parent[node as usize]);
        if self.is_listed[n] || parent == NONE {
            return;
        }
        self.is_listed[n] = true;
        let p = parent as usize;
        self.previous[n] = NONE;
        self.next[n] = self.first_child[p];
        if self.next[n] != NONE {
            let next = self.next[n] as usize;
            self.previous[next] = node;
        }
        self.first_child[p] = node;
        if parent < self.demands {
            self.list(parent);
        }
    }

    fn unlist(&mut self, node: u32) {
        let n = node as usize;
        if !self.is_listed[n] {
            return;
        }
        self.is_listed[n] = false;
        let (previous, next, parent) = (self.previous[n], self.next[n], self.parent[n]);
        match previous {
            NONE => self.first_child[parent as usize] = next,
            previous => self.next[previous as usize] = next,
        }
        if next != NONE {
            self.previous[next as usize] = previous;
        }
        if parent < self.demands && self.first_child[parent as usize] == NONE {
            self.unlist(parent);
        }
    }

    fn hang(&mut self, node: u32, parent: u32) {
        self.parent[node as usize] = parent;
        if node >= self.demands || self.first_child[node as usize] != NONE {
            self.list(node);
        }
    }

    /// Moves the potentials of what hangs on a node, itself included, and finds its depths.
    fn settle(&mut self, top: u32, by: i64) {
        self.stack.clear();
        self.stack.push(top);
        while let Some(node) = self.stack.pop() {
            if node >= self.demands {
                let at = (node - self.demands) as usize;
                self.potential[at] += by;
                let parent = self.parent[node as usize];
                self.depth[at] = self.depth(parent) + 1;
            }
            let mut child = self.first_child[node as usize];
            while child != NONE {
                self.stack.push(child);
                child = self.next[child as usize];
            }
        }
    }

    /// Lets flow along an arc until an arc of the tree is empty, which it replaces.
    fn pivot(&mut self, entering: &Entering) {
        let Entering { u, v, cost, reduced } = *entering;
        let (mut on_u, mut on_v) = (Vec::new(), Vec::new());
        let (mut a, mut b) = (u, v);
        let (mut depth_a, mut depth_b) = (self.depth(a), self.depth(b));
        while a != b {
            if depth_a >= depth_b {
                on_u.push(a);
                a = self.parent[a as usize];
                depth_a -= 1;
            } else {
                on_v.push(b);
                b = self.parent[b as usize];
                depth_b -= 1;
            }
        }
        // the last arc that blocks, seen from where both ways meet in the direction of the flow
        let (mut most, mut leaving, mut is_on_u) = (i64::MAX, NONE, false);
        for node in &on_u {
            if self.up[*node as usize] && self.flow[*node as usize] < most {
                (most, leaving, is_on_u) = (self.flow[*node as usize], *node, true);
            }
        }
        for node in &on_v {
            if !self.up[*node as usize] && self.flow[*node as usize] <= most {
                (most, leaving, is_on_u) = (self.flow[*node as usize], *node, false);
            }
        }
        debug_assert!(leaving != NONE, "costs are not negative, so that no cycle gains for ever");
        for node in &on_u {
            let n = *node as usize;
            self.flow[n] += if self.up[n] { -most } else { most };
        }
        for node in &on_v {
            let n = *node as usize;
            self.flow[n] += if self.up[n] { most } else { -most };
        }
        let (child, above, up, by) = if is_on_u { (u, v, true, -reduced) } else { (v, u, false, reduced) };
        // turn the way from the child to the arc that leaves upside down
        let (mut node, mut above, mut arc, mut flow, mut up) = (child, above, cost, most, up);
        loop {
            let n = node as usize;
            let (old_parent, old_arc, old_flow, old_up) = (self.parent[n], self.arc[n], self.flow[n], self.up[n]);
            self.unlist(node);
            self.hang(node, above);
            (self.arc[n], self.flow[n], self.up[n]) = (arc, flow, up);
            if node == leaving {
                break;
            }
            (above, node, arc, flow, up) = (node, old_parent, old_arc, old_flow, !old_up);
        }
        self.settle(child, by);
    }

    /// The best arc to let in among the next demand points, from `from` on: its ends, its cost and reduced cost, and where to go on.
    fn entering(&self, from: u32, block: usize) -> Option<(Entering, u32)> {
        let root = self.potential(self.root);
        let (mut best, mut least, mut looked, mut at) = (None, 0, 0, from);
        for _ in 0..=self.demands {
            if at == self.demands {
                for facility in self.demands..self.root {
                    let reduced = root - self.potential(facility);
                    if reduced < least && self.parent[facility as usize] != NONE {
                        least = reduced;
                        best = Some(Entering { u: self.root, v: facility, cost: 0, reduced });
                    }
                }
                looked += (self.root - self.demands) as usize;
                at = 0;
            } else {
                if self.parent[at as usize] != NONE {
                    let own = self.potential(at);
                    let reduced = self.unmet + own - root;
                    if reduced < least {
                        least = reduced;
                        best = Some(Entering { u: at, v: self.root, cost: self.unmet, reduced });
                    }
                    let (destinations, costs) = self.costs.columns(at as usize);
                    for (to, cost) in destinations.iter().zip(costs) {
                        let cost = self.whole(*cost);
                        let reduced = cost + own - self.potential[*to as usize];
                        let facility = self.demands + to;
                        if reduced < least && self.parent[facility as usize] != NONE {
                            least = reduced;
                            best = Some(Entering { u: at, v: facility, cost, reduced });
                        }
                    }
                    looked += costs.len() + 1;
                }
                at += 1;
            }
            if looked >= block {
                if let Some(best) = best {
                    return Some((best, at));
                }
                looked = 0;
            }
        }
        best.map(|best| (best, at))
    }

    fn plan(&self) -> Plan {
        let mut shares = Vec::new();
        for node in 0..self.root {
            let (parent, people) = (self.parent[node as usize], self.flow[node as usize]);
            if parent == NONE || parent == self.root || people == 0 {
                continue;
            }
            let (origin, place) = if node < self.demands { (node, parent) } else { (parent, node) };
            shares.push(Share { origin, facility: place - self.demands, people });
        }
        shares.sort_unstable_by_key(|share| (share.origin, share.facility));
        Plan { shares }
    }

    /// What a place in each facility spares whoever gains most by it, along the whole chain of moves.
    fn price(&self) -> Vec<Price> {
        let root = self.potential(self.root);
        let mut worth = vec![0i64; (self.root - self.demands) as usize];
        for origin in (0..self.demands).filter(|origin| self.parent[*origin as usize] != NONE) {
            let pays = root - self.potential(origin);
            let (facilities, costs) = self.costs.columns(origin as usize);
            for (facility, cost) in facilities.iter().zip(costs) {
                let worth = &mut worth[*facility as usize];
                *worth = (*worth).max(pays - self.whole(*cost));
            }
        }
        let price = |worth: i64| {
            let serves = worth > self.unmet / 2;
            let saves = if serves { worth - self.unmet } else { worth };
            Price { serves, saves: saves as f64 / self.scale }
        };
        worth.into_iter().map(price).collect()
    }
}

/// An arc that makes a plan cheaper.
struct Entering {
    u: u32,
    v: u32,
    cost: i64,
    reduced: i64,
}

/// The plan that serves most, and of those that serve as many the one with the smallest sum of people × cost.
///
/// `people` and `room` in millionths of a person, none of them negative; facilities that are not in a row are out of reach. Costs count to
/// their millionth part of a metre or second, or as finely as fits. Which of several such plans it is follows from the order of
/// points and facilities alone.
pub fn optimal(costs: &CostTable, people: &[i64], room: &[i64]) -> Optimum {
    let mut tree = Tree::planted(costs, people, room);
    let arcs = costs.pairs() + people.len() + room.len();
    let block = ((arcs as f64).sqrt() as usize).max(64);
    let mut from = 0;
    while let Some((entering, next)) = tree.entering(from, block) {
        tree.pivot(&entering);
        from = next;
    }
    Optimum { plan: tree.plan(), price: tree.price() }
}
