//! People and places of limited room: who goes where, and who is left out.
//!
//! Three rules, over the same cost table. Two are here: the nearest first, and facilities one after the other; the third, the best
//! that is possible, is in `metrics/transport.rs`. People and room are whole millionths of a person, so that nobody is lost in rounding.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::impedance::cost_table::CostTable;

/// Some people of a demand point who go to a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub origin: u32,
    pub facility: u32,
    /// Millionths of a person; above 0.
    pub people: i64,
}

/// Who goes where; who is not in it stays where they are.
///
/// What is in a plan is within reach (in the cost table), no facility takes more than its room, no demand point sends more than it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// In the order in which they were settled.
    pub shares: Vec<Share>,
}

impl Plan {
    /// People served, by demand point.
    pub fn served(&self, origins: usize) -> Vec<i64> {
        let mut served = vec![0; origins];
        self.shares.iter().for_each(|share| served[share.origin as usize] += share.people);
        served
    }

    /// Persons served, and the sum of persons × cost.
    pub fn sums(&self, costs: &CostTable) -> (f64, f64) {
        self.shares.iter().fold((0.0, 0.0), |(served, sum), share| {
            let people = share.people as f64 / 1e6;
            let cost = costs.cost(share.origin as usize, share.facility).unwrap_or(0.0);
            (served + people, sum + people * cost)
        })
    }

    /// People taken in, by facility.
    pub fn load(&self, facilities: usize) -> Vec<i64> {
        let mut load = vec![0; facilities];
        self.shares.iter().for_each(|share| load[share.facility as usize] += share.people);
        load
    }
}

/// Who is nearest goes in first: of all pairs of people and facilities with room, the one with the smallest cost is settled, and so on.
///
/// Nobody who is left out, or has farther to go, could take a place of somebody who has it farther to the same facility: this is the stable
/// allocation of people who want the nearest place and facilities that take the nearest people (Gale and Shapley 1962; Baïou and Balinski
/// 2002, on amounts), an equilibrium of everybody looking after themselves. Ties: the demand point with the lower index, then the facility that
/// comes first in its row. More room never leaves more people out, nor any point with more people without a place.
pub fn nearest_first(costs: &CostTable, people: &[i64], room: &[i64]) -> Plan {
    let (mut left, mut free) = (people.to_vec(), room.to_vec());
    let mut next = vec![0usize; people.len()];
    // costs are not negative, so that their bits are in their order
    let mut queue: BinaryHeap<Reverse<(u64, u32, u32)>> = BinaryHeap::new();
    let offer = |queue: &mut BinaryHeap<_>, next: &mut [usize], free: &[i64], origin: u32| {
        let (facilities, row) = costs.columns(origin as usize);
        let at = &mut next[origin as usize];
        while facilities.get(*at).is_some_and(|facility| free[*facility as usize] == 0) {
            *at += 1;
        }
        if let (Some(facility), Some(cost)) = (facilities.get(*at), row.get(*at)) {
            queue.push(Reverse((cost.to_bits(), origin, *facility)));
        }
    };
    for (origin, people) in (0u32..).zip(people) {
        if *people > 0 {
            offer(&mut queue, &mut next, &free, origin);
        }
    }
    let mut plan = Plan::default();
    while let Some(Reverse((_, origin, facility))) = queue.pop() {
        let (own, place) = (&mut left[origin as usize], &mut free[facility as usize]);
        let people = (*own).min(*place);
        if people > 0 {
            *own -= people;
            *place -= people;
            plan.shares.push(Share { origin, facility, people });
        }
        if left[origin as usize] > 0 {
            next[origin as usize] += 1;
            offer(&mut queue, &mut next, &free, origin);
        }
    }
    plan
}

/// Facilities one after the other, each filled from the nearest people outwards with who is left: the rule of AccessMod's geographic
/// coverage (Ray and Ebener 2008, International Journal of Health Geographics 7:63; manual of AccessMod 5, appendix 4).
///
/// A facility takes people ring by ring, `ring` wide from cost 0 on, the inner bound included; in the ring in which it becomes full every point
/// gives the same part of its people, the last millionths going to the largest remainders, then to lower indices. With a ring of 0 each
/// cost is a ring of its own. `order` holds each facility at most once; who is not in it takes nobody.
pub fn in_order(costs: &CostTable, people: &[i64], room: &[i64], order: &[u32], ring: f64) -> Plan {
    let zone = |cost: f64| if ring > 0.0 { (cost / ring).floor().to_bits() } else { cost.to_bits() };
    let mut near: Vec<Vec<(u64, u32)>> = vec![Vec::new(); room.len()];
    for (origin, people) in (0u32..).zip(people) {
        if *people > 0 {
            costs.row(origin as usize).for_each(|(facility, cost)| near[facility as usize].push((zone(cost), origin)));
        }
    }
    let mut left = people.to_vec();
    let mut plan = Plan::default();
    for facility in order {
        let mut free = room[*facility as usize];
        near[*facility as usize].sort_unstable();
        for ring in near[*facility as usize].chunk_by(|a, b| a.0 == b.0) {
            let waiting: i64 = ring.iter().map(|(_, origin)| left[*origin as usize]).sum();
            if waiting == 0 || free == 0 {
                continue;
            }
            let taken = waiting.min(free);
            free -= taken;
            let mut parts: Vec<(i128, u32, i64)> = ring
                .iter()
                .map(|(_, origin)| {
                    let product = i128::from(left[*origin as usize]) * i128::from(taken);
                    let whole = i128::from(waiting);
                    (product % whole, *origin, (product / whole) as i64)
                })
                .collect();
            let rest = taken - parts.iter().map(|(_, _, part)| part).sum::<i64>();
            parts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            parts.iter_mut().take(rest as usize).for_each(|(_, _, part)| *part += 1);
            parts.sort_by_key(|(_, origin, _)| *origin);
            for (_, origin, people) in parts.into_iter().filter(|(_, _, part)| *part > 0) {
                left[origin as usize] -= people;
                plan.shares.push(Share { origin, facility: *facility, people });
            }
        }
    }
    plan
}

/// How many people a capacity has room for, in millionths and at most `total`, each taking `per_person` of it; `None` where the capacity is not
/// known.
pub(crate) fn room_for(capacity: Option<f64>, per_person: f64, total: i64) -> Option<i64> {
    // a part in 10¹² absorbs the last bit of 0.6 / 0.002 and the like before the cut
    Some((capacity? / per_person * 1e6 * (1.0 + 1e-12)).floor().min(total as f64) as i64)
}

/// People within the limit of each of so many facilities; millionths.
pub(crate) fn near(costs: &CostTable, people: &[i64], facilities: usize) -> Vec<i64> {
    let mut near = vec![0i64; facilities];
    for (origin, people) in people.iter().enumerate() {
        costs.row(origin).for_each(|(facility, _)| near[facility as usize] += people);
    }
    near
}
