//! Shortest lines on the ellipsoid (GRS 80), metres, after Karney (2013), J. Geodesy 87, algorithm of section 4.
//!
//! Candidates come from the plane: a length s on the ellipsoid is between s·scale_min and s·scale_max in the study plane,
//! so that the nearest in the plane bounds the radius in which the nearest on the ellipsoid must lie.

use geographiclib_rs::Geodesic as Ellipsoid;
use geographiclib_rs::InverseGeodesic;

use crate::base::same::is_within;
use crate::base::same::order;
use crate::impedance::Impedance;
use crate::impedance::Prepared;
use crate::impedance::Want;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::index::PointIndex;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::study::Plane;

/// Shortest lines on the ellipsoid.
#[derive(Debug, Clone, Copy)]
pub struct Geodesic;

/// Semi-major axis and flattening of GRS 80 (Moritz 2000, J. Geodesy 74), the ellipsoid of CGCS2000; WGS 84 differs from it by
/// 0.1 mm at the pole.
const GRS80: (f64, f64) = (6_378_137.0, 1.0 / 298.257_222_101);

struct PreparedGeodesic {
    ellipsoid: Ellipsoid,
    index: PointIndex,
    destinations: Vec<LonLat>,
    /// Largest plane length over ellipsoid length, with a margin for the curvature of the plane image of a geodesic.
    stretch: f64,
}

/// Length of the shortest line on the ellipsoid between two places, metres.
pub fn geodesic_m(from: LonLat, to: LonLat) -> f64 {
    inverse(&Ellipsoid::new(GRS80.0, GRS80.1), from, to)
}

fn inverse(ellipsoid: &Ellipsoid, from: LonLat, to: LonLat) -> f64 {
    ellipsoid.inverse(from.lat, from.lon, to.lat, to.lon)
}

impl Impedance for Geodesic {
    fn unit(&self) -> CostUnit {
        CostUnit::Metres
    }

    fn prepare<'p>(&'p self, plane: &Plane, destinations: &[Place]) -> Box<dyn Prepared + 'p> {
        let points: Vec<[f64; 2]> = destinations.iter().map(|place| place.xy.array()).collect();
        Box::new(PreparedGeodesic {
            ellipsoid: Ellipsoid::new(GRS80.0, GRS80.1),
            index: PointIndex::new(&points),
            destinations: destinations.iter().map(|place| place.lonlat).collect(),
            stretch: plane.scale_max * 1.001,
        })
    }
}

impl PreparedGeodesic {
    fn to(&self, origin: &Place, at: u32) -> f64 {
        inverse(&self.ellipsoid, origin.lonlat, self.destinations[at as usize])
    }

    fn within(&self, origin: &Place, limit: f64, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)> {
        let mut row = Vec::new();
        // a hair more than the limit allows, so that what lies exactly at it is looked at
        self.index.within(origin.xy.array(), limit * self.stretch + 0.01, &mut |at, _| {
            if admits(at) {
                row.push((at, self.to(origin, at)));
            }
        });
        row.retain(|(_, cost)| is_within(*cost, limit));
        order(&mut row);
        row
    }
}

impl Prepared for PreparedGeodesic {
    fn row(&self, origin: &Place, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)> {
        match want {
            Want::Within(limit) => self.within(origin, limit, admits),
            Want::First(most) => {
                let mut row = self.within(origin, f64::MAX, admits);
                row.truncate(most);
                row
            }
            Want::Nearest => {
                let Some((first, _)) = self.index.nearest_where(origin.xy.array(), &mut |at| admits(at)) else {
                    return Vec::new();
                };
                let mut row = self.within(origin, self.to(origin, first), admits);
                row.truncate(1);
                row
            }
        }
    }
}
