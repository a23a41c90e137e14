//! Who goes where when people choose by size and nearness (Huff 1963), and how many find room there.

use crate::base::apportion::apportion;
use crate::base::apportion::apportion_whole;
use crate::base::units::Weight;
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
    /// A point without a facility that attracts goes nowhere. Its people are apportioned to the millionth ([`apportion`]): the parts add up to
    /// them.
    pub fn huff(costs: &CostTable, people: &[i64], attraction: &[f64], curve: &Curve) -> Choices {
        let mut choices = Choices::none(costs);
        let (mut row, mut pulls): (Vec<(u32, f64)>, Vec<f64>) = Default::default();
        for (at, people) in people.iter().enumerate() {
            let pull = |(to, cost): (u32, f64)| (to, attraction[to as usize] * curve.weight(cost));
            row.clear();
            row.extend(costs.row(at).map(pull).filter(|(_, pull)| *pull > 0.0 && pull.is_finite()));
            choices.facilities.extend(row.iter().map(|(to, _)| *to));
            if let [_] = row[..] {
                choices.people.push(*people);
            } else {
                pulls.clear();
                pulls.extend(row.iter().map(|(_, pull)| pull));
                // no part is more than the people, who are i64
                let parts = apportion(Weight::from_micros(i128::from(*people)), &pulls).unwrap_or_default();
                choices.people.extend(parts.into_iter().map(|part| part.micros() as i64));
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

    /// Where in the rows of the points marked each facility stands: places in all rows, by facility.
    fn by_facility(&self, facilities: usize, counts: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let mut places = vec![Vec::new(); facilities];
        for at in (0..self.first.len() - 1).filter(|at| counts(*at)) {
            for place in self.first[at]..self.first[at + 1] {
                places[self.facilities[place] as usize].push(place);
            }
        }
        places
    }

    /// Of all who go somewhere, those who find room for certain and those who may, in the order of the rows. `hangs` marks points of whose
    /// people it is not known where they go; `most` is the load if all of them came.
    pub fn finding_room(&self, hangs: &[bool], room: &[Option<i64>], most: &[i64]) -> Vec<(i64, i64)> {
        let mut found = vec![(0, 0); self.people.len()];
        for (facility, places) in self.by_facility(room.len(), |at| !hangs[at]).into_iter().enumerate() {
            let going: Vec<i64> = places.iter().map(|place| self.people[*place]).collect();
            let Some(room) = room[facility] else {
                places.iter().zip(going).for_each(|(place, going)| found[*place] = (0, going));
                continue;
            };
            let least: i64 = going.iter().sum();
            let sure = finding_room(&going, most[facility] - least, room);
            let at_best = finding_room(&going, 0, room);
            for ((place, sure), at_best) in places.iter().zip(sure).zip(at_best) {
                // of two ways of apportioning, one may have given a millionth more
                found[*place] = (sure, (at_best - sure).max(0));
            }
        }
        found
    }

    /// Facilities that a point's people go to, cheapest first, each with where it stands in all rows.
    pub fn places(&self, at: usize) -> impl Iterator<Item = (usize, i64)> {
        let range = self.first[at]..self.first[at + 1];
        range.clone().zip(self.people[range].iter().copied())
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

/// How many of each of those who go to a facility find room there, where `others` may come besides: everybody's chance is the same.
///
/// The room is apportioned to the millionth, so that all parts together, of the others too, are the room.
pub fn finding_room(people: &[i64], others: i64, room: i64) -> Vec<i64> {
    let shares: Vec<i128> = people.iter().chain([&others]).copied().map(i128::from).collect();
    if shares.iter().sum::<i128>() <= i128::from(room) {
        return people.to_vec();
    }
    let mut parts = apportion_whole(i128::from(room.max(0)), &shares);
    parts.truncate(people.len());
    parts.into_iter().map(|part| part as i64).collect()
}
