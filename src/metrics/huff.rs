//! Who goes where when people choose by size and nearness (Huff 1963), and how many find room there.

use crate::impedance::cost_table::CostTable;
use crate::metrics::decay::Curve;

/// Where the people of each point go, in millionths of a person; nobody is lost in rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// Start of each point in the other two; one more than there are points.
    first: Vec<usize>,
    facilities: Vec<u32>,
    people: Vec<i64>,
}

impl Choices {
    /// People split by H_ij = a_j w_ij / Σ_l a_l w_il (Huff 1963, Land Economics 39, eq. 1), with `attraction` a and the weights w of the curve.
    ///
    /// A point without a facility that attracts goes nowhere. Shares are cut to whole millionths of a person; what is left over goes to the
    /// likeliest, of several the cheapest.
    pub fn huff(costs: &CostTable, people: &[i64], attraction: &[f64], curve: &Curve) -> Choices {
        let mut choices = Choices::none(costs);
        let mut row: Vec<(u32, f64)> = Vec::new();
        for (at, people) in people.iter().enumerate() {
            let pull = |(to, cost): (u32, f64)| (to, attraction[to as usize] * curve.weight(cost));
            row.clear();
            row.extend(costs.row(at).map(pull).filter(|(_, pull)| *pull > 0.0 && pull.is_finite()));
            let all: f64 = row.iter().map(|(_, pull)| pull).sum();
            let from = choices.people.len();
            let (mut left, mut likeliest) = (*people, 0);
            for (nth, (to, pull)) in row.iter().enumerate() {
                let part = (pull / all * *people as f64).floor() as i64;
                left -= part;
                if *pull > row[likeliest].1 {
                    likeliest = nth;
                }
                choices.facilities.push(*to);
                choices.people.push(part);
            }
            if let Some(part) = choices.people.get_mut(from + likeliest) {
                *part += left;
            }
            choices.first.push(choices.people.len());
        }
        choices
    }

    /// Everybody goes to the nearest, however small it is; of several the first.
    pub fn nearest(costs: &CostTable, people: &[i64]) -> Choices {
        let mut choices = Choices::none(costs);
        for (at, people) in people.iter().enumerate() {
            if let Some((to, _)) = costs.nearest(at) {
                choices.facilities.push(to);
                choices.people.push(*people);
            }
            choices.first.push(choices.people.len());
        }
        choices
    }

    fn none(costs: &CostTable) -> Choices {
        let mut first = Vec::with_capacity(costs.origins() + 1);
        first.push(0);
        Choices { first, facilities: Vec::new(), people: Vec::new() }
    }

    /// Facilities that a point's people go to, cheapest first, with how many.
    pub fn row(&self, at: usize) -> impl Iterator<Item = (u32, i64)> {
        let range = self.first[at]..self.first[at + 1];
        self.facilities[range.clone()].iter().copied().zip(self.people[range].iter().copied())
    }

    /// How many of the points marked go to each facility.
    pub fn loads(&self, facilities: usize, counts: impl Fn(usize) -> bool) -> Vec<i64> {
        let mut loads = vec![0i64; facilities];
        for at in (0..self.first.len() - 1).filter(|at| counts(*at)) {
            self.row(at).for_each(|(to, people)| loads[to as usize] += people);
        }
        loads
    }
}

/// How many of `people` who go to a facility find room, where all together are `load`: everybody's chance is the same. Cut to whole millionths.
pub fn finding_room(people: i64, room: i64, load: i64) -> i64 {
    if load <= room {
        return people;
    }
    (i128::from(people) * i128::from(room) / i128::from(load)) as i64
}
