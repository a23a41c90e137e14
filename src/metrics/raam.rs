//! The rational agent access model: people go where crowding and travel together cost them least (Saxon and Snow 2020).
//!
//! Going from i to j costs n_j / (S_j ρ) + t_ij / τ, with n_j the people who go there, ρ = Σ P / Σ S over those who take part, and τ the travel
//! that weighs as much as average crowding. In equilibrium nobody can gain by going elsewhere; the loads are then those that make
//! Σ n_j² / (2 S_j ρ) + Σ x_ij t_ij / τ least (Beckmann), and unique. The paper moves people one by one; here each point in turn is shared out
//! exactly, until nobody gains more than a stated part.

use crate::base::same::is_within;
use crate::base::units::Weight;
use crate::impedance::cost_table::CostTable;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::floating_catchment::Access;
use crate::metrics::floating_catchment::Catchment;
use crate::metrics::floating_catchment::Floated;
use crate::metrics::floating_catchment::Market;

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
    /// The most that anybody who goes somewhere could gain by going elsewhere, in the unit of `cost`.
    pub most_gain: f64,
    /// ρ: people per unit of supply over all who take part; 0 where nobody does.
    pub average: f64,
}

/// The equilibrium of a market, as every other method has its answer: a point has its cost, a facility people per unit of its supply.
///
/// `tau` is in the unit of the rows. A point that reaches no supply within the limit has no cost and does not reach. What is average hangs on
/// every supply: where one that is not known is within somebody's limit, nothing is known but who reaches nothing. Keeps all pairs within the
/// limit.
pub fn float(market: &Market<'_>, tau: f64, gap: f64, most_rounds: usize) -> (Floated, Equilibrium) {
    let limit = market.curve.limit();
    let known = |supply: &Option<f64>| supply.filter(|supply| supply.is_finite() && *supply >= 0.0);
    let supplies: Vec<Option<f64>> = market.supply.iter().map(known).collect();
    let mut near = vec![Weight::ZERO; supplies.len()];
    let (mut meets_unknown, mut all_hang) = (Vec::with_capacity(market.rows.origins()), false);
    let rows = (0..market.rows.origins()).map(|at| {
        let mut row = Vec::new();
        market.rows.row(at, &mut row);
        row.retain(|(_, cost)| is_within(*cost, limit));
        row.sort_by(|x, y| x.1.total_cmp(&y.1).then(x.0.cmp(&y.0)));
        row.iter().for_each(|(to, _)| near[*to as usize] += market.people[at]);
        let unknown = row.iter().any(|(to, _)| supplies[*to as usize].is_none());
        all_hang |= unknown && market.people[at] > Weight::ZERO;
        meets_unknown.push(unknown);
        row
    });
    let costs = CostTable::from_rows(CostUnit::Seconds, rows);
    let supply: Vec<f64> = supplies.iter().map(|supply| supply.unwrap_or(0.0)).collect();
    let found = Agents { people: market.people, supply: &supply, costs: &costs, tau, gap, most_rounds }.settle();
    let facilities = supplies
        .iter()
        .enumerate()
        .map(|(at, supply)| {
            let is_known = supply.is_some() && !(all_hang && near[at] > Weight::ZERO);
            let ratio = supply.filter(|supply| is_known && *supply > 0.0).map(|supply| found.load[at] / supply);
            let ratio = ratio.filter(|ratio| ratio.is_finite());
            Catchment { people: near[at], demand: found.load[at], ratio, is_known }
        })
        .collect();
    let point = |(at, cost): (usize, &Option<f64>)| {
        let reaches = cost.is_some() || meets_unknown[at];
        let is_known = !(meets_unknown[at] || (all_hang && reaches));
        Access { value: cost.filter(|_| is_known).unwrap_or(0.0), is_known, reaches }
    };
    let points = found.cost.iter().enumerate().map(point).collect();
    (Floated { facilities, points }, found)
}

impl Agents<'_> {
    /// The equilibrium; the same at every run. Ties go to the facilities in the order of the table. Points without people have a cost and load
    /// nothing. One round goes over the table a few times.
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
        // people who make a facility as crowded as the average
        let width: Vec<f64> = supply.iter().map(|supply| supply * rho).collect();
        let slope: Vec<f64> = width.iter().map(|width| if *width > 0.0 { 1.0 / width } else { 0.0 }).collect();
        let mut went: Vec<Vec<f64>> = options.iter().map(|row| vec![0.0; row.len()]).collect();
        let (mut load, mut floors) = (vec![0.0f64; supply.len()], Vec::new());
        let (mut gaps, mut converged, mut most_gain) = (Vec::new(), false, 0.0f64);
        for _ in 0..self.most_rounds {
            for (at, row) in options.iter().enumerate() {
                let people = self.people[at].to_f64();
                if people <= 0.0 || row.is_empty() {
                    continue;
                }
                for ((to, _), went) in row.iter().zip(&went[at]) {
                    load[*to] = (load[*to] - went).max(0.0);
                }
                floors.clear();
                floors.extend(row.iter().map(|(to, travel)| load[*to] * slope[*to] + travel));
                pour(people, row, &floors, &width, &mut went[at]);
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
            most_gain = 0.0;
            for (at, row) in options.iter().enumerate() {
                let cost = |(to, travel): &(usize, f64)| load[*to] * slope[*to] + travel;
                paid += row.iter().zip(&went[at]).map(|(way, went)| cost(way) * went).sum::<f64>();
                let cheapest = row.iter().map(cost).reduce(f64::min).unwrap_or(0.0);
                least += cheapest * self.people[at].to_f64();
                let dearest = row.iter().zip(&went[at]).filter(|(_, went)| **went > 0.0).map(|(way, _)| cost(way));
                most_gain = dearest.fold(most_gain, |most, cost| most.max(cost - cheapest));
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
        let average = if rho.is_finite() { rho } else { 0.0 };
        Equilibrium { cost, load, gaps, converged, most_gain, average }
    }
}

/// How many go to each facility of a row so that all who go pay the same and nobody would pay less elsewhere: water
/// poured into vessels of unequal floors and widths. Vessels that stay dry are left out, over and over, until none does.
fn pour(people: f64, row: &[(usize, f64)], floors: &[f64], width: &[f64], poured: &mut [f64]) {
    let (mut level, mut wet) = (f64::INFINITY, usize::MAX);
    loop {
        // level L fills Σ (L − floor) · width = people over the vessels whose floor is below it
        let (mut wide, mut filled, mut count) = (0.0, 0.0, 0);
        for (floor, (to, _)) in floors.iter().zip(row).filter(|(floor, _)| **floor < level) {
            (wide, filled, count) = (wide + width[*to], filled + floor * width[*to], count + 1);
        }
        // never more than before, whatever the last bit of a level says
        if count >= wet || count == 0 {
            break;
        }
        (level, wet) = ((people + filled) / wide, count);
    }
    let mut all = 0.0;
    for ((poured, floor), (to, _)) in poured.iter_mut().zip(floors).zip(row) {
        *poured = ((level - floor) * width[*to]).max(0.0);
        all += *poured;
    }
    // nobody is lost to the last bit of a level
    if all > 0.0 {
        poured.iter_mut().for_each(|part| *part *= people / all);
    } else if let Some((at, _)) = floors.iter().enumerate().min_by(|x, y| x.1.total_cmp(y.1)) {
        poured[at] = people;
    }
}
