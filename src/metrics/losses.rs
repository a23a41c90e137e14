//! What the loss of a facility does: who is left out when one closes, or two.
//!
//! Everything is about the best plan of `metrics/transport.rs`: with a facility gone, the others take in whom they can. Facilities that share
//! no demand point, not even through others, can not help each other, so each such group is asked by itself.

use rayon::prelude::*;

use crate::impedance::cost_table::CostTable;
use crate::metrics::transport::optimal;

/// What is lost with one facility.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    pub facility: u32,
    /// People served less, in millionths.
    pub out: i64,
    /// By how much the sum of people × cost grows; it falls when fewer are served.
    pub adds: f64,
}

/// The worst that the loss of two can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub facilities: [u32; 2],
    /// People served less, in millionths.
    pub out: i64,
    /// Whether no other pair can be worse; not when too many would have to be tried.
    pub is_proven: bool,
}

/// Plans that are made at most in search of the worst pair.
pub const MOST_TRIALS: usize = 2000;

/// Facilities that compete for the same people, directly or through others, with those people.
struct Group {
    costs: CostTable,
    people: Vec<i64>,
    room: Vec<i64>,
    /// Facilities of the group by their number in all.
    facilities: Vec<u32>,
    served: i64,
    sum: f64,
    load: Vec<i64>,
}

fn top(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        parent[at as usize] = parent[parent[at as usize] as usize];
        at = parent[at as usize];
    }
    at
}

/// All facilities, by groups that compete for the same people, each with its best plan.
pub struct Groups {
    groups: Vec<Group>,
    facilities: usize,
}

impl Groups {
    /// Of people and room in millionths, as for [`optimal`].
    pub fn new(costs: &CostTable, people: &[i64], room: &[i64]) -> Groups {
        let mut parent: Vec<u32> = (0..room.len() as u32).collect();
        for origin in (0..people.len()).filter(|at| people[*at] > 0) {
            for pair in costs.columns(origin).0.windows(2) {
                let (a, b) = (top(&mut parent, pair[0]), top(&mut parent, pair[1]));
                parent[a.max(b) as usize] = a.min(b);
            }
        }
        let mut facilities: Vec<Vec<u32>> = vec![Vec::new(); room.len()];
        let mut local = vec![0u32; room.len()];
        for at in 0..room.len() as u32 {
            let group = &mut facilities[top(&mut parent, at) as usize];
            local[at as usize] = group.len() as u32;
            group.push(at);
        }
        let mut origins: Vec<Vec<usize>> = vec![Vec::new(); room.len()];
        for origin in (0..people.len()).filter(|at| people[*at] > 0) {
            if let Some(first) = costs.columns(origin).0.first() {
                origins[top(&mut parent, *first) as usize].push(origin);
            }
        }
        let groups = (facilities.into_iter().zip(origins))
            .filter(|(_, origins)| !origins.is_empty())
            .map(|(facilities, origins)| {
                let row = |origin: &usize| costs.row(*origin).map(|(to, cost)| (local[to as usize], cost)).collect();
                let mut group = Group {
                    costs: CostTable::from_rows(costs.unit(), origins.iter().map(row)),
                    people: origins.iter().map(|origin| people[*origin]).collect(),
                    room: facilities.iter().map(|at| room[*at as usize]).collect(),
                    facilities,
                    served: 0,
                    sum: 0.0,
                    load: Vec::new(),
                };
                (group.served, group.sum, group.load) = group.without(&[]);
                group
            })
            .collect();
        Groups { groups, facilities: room.len() }
    }

    /// What is lost with each facility by itself, by facility; nothing with one that nobody goes to.
    pub fn single(&self) -> Vec<Loss> {
        let mut losses: Vec<Loss> =
            (0..self.facilities as u32).map(|facility| Loss { facility, out: 0, adds: 0.0 }).collect();
        let all: Vec<Loss> = self
            .groups
            .par_iter()
            .flat_map(|group| {
                (0..group.facilities.len()).into_par_iter().filter(|at| group.load[*at] > 0).map(|at| {
                    let (out, adds) = group.loss(&[at]);
                    Loss { facility: group.facilities[at], out, adds }
                })
            })
            .collect();
        all.into_iter().for_each(|loss| losses[loss.facility as usize] = loss);
        losses
    }

    /// The two facilities whose loss together leaves most people out; `None` where there are not two that anybody can reach. Ties: the pair with the
    /// lower numbers, of those that were tried.
    ///
    /// `single` is what [`Groups::single`] found. Two of different groups lose what each loses alone. Two of one group lose at most what both take in, so
    /// that pairs are tried from the largest such sum down until none can be worse than the worst found.
    pub fn pair(&self, single: &[Loss]) -> Option<Pair> {
        let groups = &self.groups;
        // the worst two of different groups
        let worst_of = |group: &Group| {
            let losses = group.facilities.iter().map(|at| single[*at as usize]);
            losses.min_by(|a, b| b.out.cmp(&a.out).then(a.facility.cmp(&b.facility)))
        };
        let mut worst: Vec<Loss> = groups.iter().filter_map(worst_of).collect();
        worst.sort_by(|a, b| b.out.cmp(&a.out).then(a.facility.cmp(&b.facility)));
        let sorted = |a: u32, b: u32| [a.min(b), a.max(b)];
        let mut best: Option<(i64, [u32; 2])> = match worst.as_slice() {
            [a, b, ..] => Some((a.out + b.out, sorted(a.facility, b.facility))),
            _ => None,
        };
        let mut pairs: Vec<(i64, [u32; 2], usize, [usize; 2])> = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            // one that nobody goes to can be the one that takes the place of another
            for a in 0..group.facilities.len() {
                for b in a + 1..group.facilities.len() {
                    let most = group.load[a] + group.load[b];
                    if most > 0 {
                        pairs.push((most, sorted(group.facilities[a], group.facilities[b]), at, [a, b]));
                    }
                }
            }
        }
        pairs.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let (mut is_proven, mut trials) = (true, 0);
        for chunk in pairs.chunks(64) {
            if best.is_some_and(|(out, _)| chunk[0].0 < out) {
                break;
            }
            if trials >= MOST_TRIALS {
                is_proven = false;
                break;
            }
            trials += chunk.len();
            let tried: Vec<(i64, [u32; 2])> =
                chunk.par_iter().map(|(_, pair, group, gone)| (groups[*group].loss(gone).0, *pair)).collect();
            for (out, pair) in tried {
                if best.is_none_or(|(worst, named)| out > worst || (out == worst && pair < named)) {
                    best = Some((out, pair));
                }
            }
        }
        best.map(|(out, facilities)| Pair { facilities, out, is_proven })
    }
}

impl Group {
    /// People served, the sum of people × cost and the loads when some facilities are gone.
    fn without(&self, gone: &[usize]) -> (i64, f64, Vec<i64>) {
        let mut room = self.room.clone();
        gone.iter().for_each(|at| room[*at] = 0);
        let plan = optimal(&self.costs, &self.people, &room).plan;
        let served = plan.shares.iter().map(|share| share.people).sum();
        (served, plan.sums(&self.costs).1, plan.load(room.len()))
    }

    fn loss(&self, gone: &[usize]) -> (i64, f64) {
        let (served, sum, _) = self.without(gone);
        (self.served - served, sum - self.sum)
    }
}
