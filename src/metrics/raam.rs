//! The rational agent access model: people go where crowding and travel together cost them least (Saxon and Snow 2020).
//!
//! Going from i to j costs n_j / (S_j ρ) + t_ij / τ, with n_j the people who go there, ρ = Σ P / Σ S over those who take part, and τ the travel
//! that weighs as much as average crowding. In equilibrium nobody can gain by going elsewhere; the loads are then those that make
//! Σ n_j² / (2 S_j ρ) + Σ x_ij t_ij / τ least (Beckmann), and unique. The paper moves people one by one; here each point in turn is shared out
//! exactly, until nobody gains more than a stated part.

use crate::base::units::Weight;
use crate::impedance::cost_table::CostTable;

/// People, supplies, costs, and what travel weighs.
#[derive(Clone, Copy)]
pub struct Agents<'a> {
    /// People of each origin.
    pub people: &'a [Weight],
    /// Supply of each facility; nobody goes where it is 0, negative or not finite.
    pub supply: &'a [f64],
    /// From people to facilities; who is not in a row can not go there.
    pub costs: &'a CostTable,
    /// The cost that weighs as much as average crowding, in the unit of the table; above 0.
    pub tau: f64,
    /// What anybody may still gain, as a part of the mean cost.
    pub gap: f64,
    /// Rounds after which it ends in any case.
    pub most_rounds: usize,
}

/// An equilibrium, and how near it is to one.
#[derive(Debug, Clone, PartialEq)]
pub struct Equilibrium {
    /// Cost of each point, 1 being average crowding without travel: the least of its facilities. `None` for a point without any, and for all
    /// when there is no supply. Less is better.
    pub cost: Vec<Option<f64>>,
    /// People who go to each facility.
    pub load: Vec<f64>,
    /// What people could gain together by moving, as a part of their whole cost, after each round.
    pub gaps: Vec<f64>,
    /// Whether the last gap is as small as asked for.
    pub converged: bool,
}

impl Agents<'_> {
    /// The equilibrium; the same at every run. Ties go to the facilities in the order of the table. Points without people have a cost and load
    /// nothing. One round costs as much as sorting the table.
    pub fn settle(&self) -> Equilibrium {
        let supply: Vec<f64> =
            self.supply.iter().map(|supply| if supply.is_finite() { supply.max(0.0) } else { 0.0 }).collect();
        let options: Vec<Vec<(usize, f64)>> = (0..self.costs.origins())
            .map(|at| {
                let open = |(facility, cost): (u32, f64)| {
                    Some((facility as usize, cost / self.tau)).filter(|(to, _)| supply[*to] > 0.0)
                };
                self.costs.row(at).filter_map(open).collect()
            })
            .collect();
        let takes_part = |at: &usize| !options[*at].is_empty();
        let everybody: Weight = (0..options.len()).filter(takes_part).map(|at| self.people[at]).sum();
        let mut is_used = vec![false; supply.len()];
        options.iter().flatten().for_each(|(to, _)| is_used[*to] = true);
        let all: f64 = supply.iter().zip(&is_used).filter(|(_, used)| **used).map(|(supply, _)| supply).sum();
        let rho = everybody.to_f64() / all;
        // what one more person adds to the crowding of a facility
        let slope: Vec<f64> =
            supply.iter().map(|supply| if *supply > 0.0 && rho > 0.0 { 1.0 / (supply * rho) } else { 0.0 }).collect();
        let mut went: Vec<Vec<f64>> = options.iter().map(|row| vec![0.0; row.len()]).collect();
        let mut load = vec![0.0f64; supply.len()];
        let (mut gaps, mut converged) = (Vec::new(), false);
        for _ in 0..self.most_rounds {
            for (at, row) in options.iter().enumerate() {
                let people = self.people[at].to_f64();
                if people <= 0.0 || row.is_empty() {
                    continue;
                }
                for ((to, _), went) in row.iter().zip(&went[at]) {
                    load[*to] = (load[*to] - went).max(0.0);
                }
                went[at] = poured(people, row, &load, &slope);
                for ((to, _), went) in row.iter().zip(&went[at]) {
                    load[*to] += went;
                }
            }
            // sums afresh, so that what is rounded in a round is not carried on
            load = vec![0.0; supply.len()];
            for (row, went) in options.iter().zip(&went) {
                row.iter().zip(went).for_each(|((to, _), went)| load[*to] += went);
            }
            let (mut paid, mut least) = (0.0, 0.0);
            for (at, row) in options.iter().enumerate() {
                let cost = |(to, travel): &(usize, f64)| load[*to] * slope[*to] + travel;
                paid += row.iter().zip(&went[at]).map(|(way, went)| cost(way) * went).sum::<f64>();
                least += row.iter().map(cost).reduce(f64::min).unwrap_or(0.0) * self.people[at].to_f64();
            }
            let gap = if paid > 0.0 { ((paid - least) / paid).max(0.0) } else { 0.0 };
            gaps.push(gap);
            if gap <= self.gap {
                converged = true;
                break;
            }
        }
        let cost = options
            .iter()
            .map(|row| row.iter().map(|(to, travel)| load[*to] * slope[*to] + travel).reduce(f64::min))
            .collect();
        Equilibrium { cost, load, gaps, converged }
    }
}

/// How many go to each facility of a row so that all who go pay the same and nobody would pay less elsewhere, given the load of the others: water
/// poured into vessels of unequal floors and widths.
fn poured(people: f64, row: &[(usize, f64)], load: &[f64], slope: &[f64]) -> Vec<f64> {
    let mut floors: Vec<(f64, f64, usize)> =
        row.iter().enumerate().map(|(at, (to, travel))| (load[*to] * slope[*to] + travel, slope[*to], at)).collect();
    floors.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.2.cmp(&y.2)));
    // level L fills Σ (L − floor) / slope = people over the vessels whose floor is below it
    let (mut width, mut filled, mut level) = (0.0, 0.0, 0.0);
    for (at, (floor, slope, _)) in floors.iter().enumerate() {
        width += 1.0 / slope;
        filled += floor / slope;
        level = (people + filled) / width;
        if floors.get(at + 1).is_none_or(|(next, ..)| level <= *next) {
            break;
        }
    }
    let mut poured = vec![0.0; row.len()];
    for (floor, slope, at) in floors {
        poured[at] = ((level - floor) / slope).max(0.0);
    }
    // nobody is lost to the last bit of a level
    let all: f64 = poured.iter().sum();
    if all > 0.0 {
        poured.iter_mut().for_each(|part| *part *= people / all);
    }
    poured
}
