//! Floating catchments as the crow flies, for a million points and more: two steps over cells of the plane, without rows and without pairs.

use crate::base::same::SAME;
use crate::base::units::Weight;
use crate::metrics::decay::Curve;
use crate::metrics::floating_catchment::Access;
use crate::metrics::floating_catchment::Catchment;
use crate::metrics::floating_catchment::Floated;
use crate::metrics::floating_catchment::MILLIONTHS;
use crate::metrics::floating_catchment::UNIT;
use crate::metrics::floating_catchment::fixed;
use crate::metrics::floating_catchment::millionths;
use crate::metrics::near_sums::Cells;
use crate::metrics::near_sums::Near;
use crate::metrics::near_sums::largest_square;
use crate::metrics::near_sums::sums_within;
use crate::metrics::near_sums::weighed_sums;

/// People and supplies at their places in a plane, metres.
#[derive(Clone, Copy)]
pub struct PlaneMarket<'a> {
    /// People of each point.
    pub people: &'a [Weight],
    /// Where they are; who is at no number reaches nothing.
    pub points: &'a [[f64; 2]],
    /// Supply of each facility, all of them known.
    pub supply: &'a [f64],
    /// Where they are.
    pub facilities: &'a [[f64; 2]],
    /// Weights by metres.
    pub curve: &'a Curve,
}

impl PlaneMarket<'_> {
    /// What [`Market::float`](crate::metrics::floating_catchment::Market::float) answers for [`Method::Enhanced`] by straight lines: the demand to
    /// the last bit, values but for the order in which a point's ratios are added. `None` where it must be asked: without bands of weights, with more
    /// than four of them, and where a supply is no amount or the people are more than can be counted in millionths.
    ///
    /// [`Method::Enhanced`]: crate::metrics::floating_catchment::Method::Enhanced
    pub fn float(&self) -> Option<Floated> {
        Some(self.float_counting()?.0)
    }

    /// The same, and how many pairs there are.
    pub(crate) fn float_counting(&self) -> Option<(Floated, u64)> {
        let bands = self.curve.bands()?;
        let people: Option<Vec<u64>> =
            self.people.iter().map(|people| u64::try_from(millionths(*people)).ok()).collect();
        let people = people?;
        people.iter().try_fold(0u64, |sum, people| sum.checked_add(*people))?;
        if self.supply.iter().any(|supply| !(supply.is_finite() && *supply >= 0.0)) {
            return None;
        }
        match bands.as_slice() {
            [a] => Some(self.in_bands(&people, [*a])),
            [a, b] => Some(self.in_bands(&people, [*a, *b])),
            [a, b, c] => Some(self.in_bands(&people, [*a, *b, *c])),
            [a, b, c, d] => Some(self.in_bands(&people, [*a, *b, *c, *d])),
            _ => None,
        }
    }

    fn in_bands<const BANDS: usize>(&self, people: &[u64], bands: [(f64, f64); BANDS]) -> (Floated, u64) {
        let limit = self.curve.limit();
        let (squares, weights) = (bands.map(|(end, _)| largest_square(end + SAME)), bands.map(|(_, weight)| weight));
        // measured: about 16 points a cell at a million in a city, and some facilities a row of cells
        let points = Cells::new(self.points, limit / 8.0);
        let of_cells: Vec<u64> = points.items().iter().map(|at| people[*at as usize]).collect();
        let within = sums_within(&points, &of_cells, self.facilities, squares);
        drop(of_cells);
        let facilities: Vec<Catchment> = within
            .iter()
            .zip(self.supply)
            .map(|(within, supply)| {
                let (mut weighed, mut before) = (0u128, 0);
                for (sum, weight) in within.iter().zip(weights) {
                    weighed = weighed.saturating_add(u128::from(sum - before) * u128::from(fixed(weight)));
                    before = *sum;
                }
                let demand = weighed as f64 / UNIT / MILLIONTHS;
                let ratio = (demand > 0.0).then(|| supply / demand).filter(|ratio| ratio.is_finite());
                Catchment { people: Weight::from_micros(i128::from(before)), demand, ratio, is_known: true }
            })
            .collect();
        let around = Cells::new(self.facilities, limit / 2.0);
        let ratios: Vec<f64> = around.items().iter().map(|at| facilities[*at as usize].ratio.unwrap_or(0.0)).collect();
        let near = weighed_sums(&around, &ratios, &points, squares, weights);
        let mut access = vec![Access { value: 0.0, is_known: true, reaches: false }; self.points.len()];
        let mut pairs = 0;
        for (at, Near { count, sum }) in points.items().iter().zip(near) {
            access[*at as usize] = Access { value: sum, is_known: true, reaches: count > 0 };
            pairs += u64::from(count);
        }
        (Floated { facilities, points: access }, pairs)
    }
}
