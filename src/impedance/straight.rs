//! Straight lines in the study plane, metres; on the ellipsoid where no plane fits the study.

use crate::base::same::SAME;
use crate::base::same::order;
use crate::impedance::Impedance;
use crate::impedance::Prepared;
use crate::impedance::Want;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::geodesic::Geodesic;
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

    fn prepare<'p>(&'p self, plane: &Plane, destinations: &[Place]) -> Box<dyn Prepared + 'p> {
        if plane.distortion.is_some() {
            return Geodesic.prepare(plane, destinations);
        }
        let points: Vec<[f64; 2]> = destinations.iter().map(|place| place.xy.array()).collect();
        Box::new(PreparedStraight { index: PointIndex::new(&points) })
    }
}

impl Prepared for PreparedStraight {
    fn row(&self, origin: &Place, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)> {
        match want {
            Want::Nearest => {
                let at = origin.xy.array();
                let Some((mut first, cost)) = self.index.nearest_where(at, &mut |at| admits(at)) else {
                    return Vec::new();
                };
                // of several as near the lowest index
                self.index.each_within(at, cost + SAME, |other, _| {
                    if other < first && admits(other) {
                        first = other;
                    }
                });
                vec![(first, cost)]
            }
            Want::First(_) | Want::Within(_) => {
                let (limit, most) = match want {
                    Want::Within(limit) => (limit, usize::MAX),
                    Want::First(most) => (f64::MAX, most),
                    Want::Nearest => (f64::MAX, 1),
                };
                let mut row = Vec::new();
                self.index.each_within(origin.xy.array(), limit + SAME, |at, cost| {
                    if admits(at) {
                        row.push((at, cost));
                    }
                });
                order(&mut row);
                row.truncate(most);
                row
            }
        }
    }
}
