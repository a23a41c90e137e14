//! Straight lines in the study plane, metres.

use crate::impedance::Impedance;
use crate::impedance::Prepared;
use crate::impedance::Want;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::index::PointIndex;
use crate::model::place::Place;
use crate::model::study::Plane;

/// Straight lines in the study plane.
#[derive(Debug, Clone, Copy)]
pub struct StraightLine;

struct PreparedStraight {
    index: PointIndex,
}

impl Impedance for StraightLine {
    fn unit(&self) -> CostUnit {
        CostUnit::Metres
    }

    fn prepare<'p>(&'p self, _: &Plane, destinations: &[Place]) -> Box<dyn Prepared + 'p> {
        let points: Vec<[f64; 2]> = destinations.iter().map(|place| place.xy.array()).collect();
        Box::new(PreparedStraight { index: PointIndex::new(&points) })
    }
}

impl Prepared for PreparedStraight {
    fn row(&self, origin: &Place, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)> {
        match want {
            Want::Nearest => self.index.nearest_where(origin.xy.array(), &mut |at| admits(at)).into_iter().collect(),
            Want::First(_) | Want::Within(_) => {
                let (limit, most) = match want {
                    Want::Within(limit) => (limit, usize::MAX),
                    Want::First(most) => (f64::MAX, most),
                    Want::Nearest => (f64::MAX, 1),
                };
                let mut row = Vec::new();
                self.index.each_within(origin.xy.array(), limit, |at, cost| {
                    if admits(at) {
                        row.push((at, cost));
                    }
                });
                row.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
                row.truncate(most);
                row
            }
        }
    }
}
