//! The nearest street of a place.

use rstar::AABB;
use rstar::PointDistance;
use rstar::RTree;
use rstar::RTreeObject;

use crate::impedance::geodesic::geodesic_m;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::streets::StreetNetwork;

/// Where a place meets the network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snap {
    pub edge: u32,
    /// Metres along the edge from its first corner.
    pub along_m: f64,
    /// Metres from the place to the street, on the ellipsoid.
    pub off_m: f64,
    /// Where that is.
    pub at: LonLat,
}

/// Why a place is not on the network, or on the surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OffStreet {
    /// No street is within `max_snap_m`.
    Far,
    /// The nearest street is on a part of the network that is shorter than `min_component_m`; the place is not moved to another.
    Island { component_m: f64, off_m: f64 },
    /// Its street is closed; the place is not moved to another.
    Closed { off_m: f64 },
    /// It lies outside all cells of the surface.
    OutsideCells,
    /// Nobody walks over its cell: water, a class without a speed; the place is not moved to another.
    BarredCell,
    /// The land cover of its cell is not known.
    UnknownCell,
    /// Its cell is closed; the place is not moved to another.
    ClosedCell,
}

/// A side of an edge: the edge and the corner that the side starts at.
struct Side {
    a: [f64; 2],
    b: [f64; 2],
    edge: u32,
    corner: u32,
}

impl Side {
    /// How far along the side the nearest point lies, from 0 to 1.
    fn share(&self, [x, y]: [f64; 2]) -> f64 {
        let (dx, dy) = (self.b[0] - self.a[0], self.b[1] - self.a[1]);
        let square = dx * dx + dy * dy;
        if square == 0.0 { 0.0 } else { (((x - self.a[0]) * dx + (y - self.a[1]) * dy) / square).clamp(0.0, 1.0) }
    }
}

impl RTreeObject for Side {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> AABB<[f64; 2]> {
        AABB::from_corners(self.a, self.b)
    }
}

impl PointDistance for Side {
    fn distance_2(&self, at: &[f64; 2]) -> f64 {
        let share = self.share(*at);
        let dx = at[0] - (self.a[0] + share * (self.b[0] - self.a[0]));
        let dy = at[1] - (self.a[1] + share * (self.b[1] - self.a[1]));
        dx * dx + dy * dy
    }
}

/// An index over the sides of all streets, in the plane.
pub struct Snapper<'n> {
    network: &'n StreetNetwork,
    sides: RTree<Side>,
}

impl<'n> Snapper<'n> {
    pub fn new(network: &'n StreetNetwork) -> Snapper<'n> {
        let sides = (0..network.edges().len() as u32)
            .filter(|edge| !network.edges()[*edge as usize].is_through)
            .flat_map(|edge| {
                let corners = network.corners(edge);
                (0u32..).zip(corners.windows(2)).map(move |(corner, ends)| Side {
                    a: ends[0].place.xy.array(),
                    b: ends[1].place.xy.array(),
                    edge,
                    corner,
                })
            });
        Snapper { network, sides: RTree::bulk_load(sides.collect()) }
    }

    /// The nearest point of the nearest street, the limit included; of several as near the first edge's.
    ///
    /// Nearest is meant in the plane; lengths are on the ellipsoid.
    /// # Errors
    /// [`OffStreet`] when there is none near enough, or it is on an island.
    pub fn snap(&self, place: &Place) -> Result<Snap, OffStreet> {
        let at = place.xy.array();
        let mut near = self.sides.nearest_neighbor_iter_with_distance_2(&at);
        let (mut best, square) = near.next().ok_or(OffStreet::Far)?;
        for (side, other) in near {
            if other > square {
                break;
            }
            if (side.edge, side.corner) < (best.edge, best.corner) {
                best = side;
            }
        }
        let corners = self.network.corners(best.edge);
        let (a, b) = (&corners[best.corner as usize], &corners[best.corner as usize + 1]);
        let share = best.share(at);
        // exact at the ends, where a place is at a junction and not on one of its streets only
        let between = |a: f64, b: f64| if share == 1.0 { b } else { a + share * (b - a) };
        let (from, to) = (a.place.lonlat, b.place.lonlat);
        let nearest = LonLat { lon: between(from.lon, to.lon), lat: between(from.lat, to.lat) };
        let off_m = geodesic_m(place.lonlat, nearest);
        if off_m > self.network.max_snap_m {
            return Err(OffStreet::Far);
        }
        if self.network.edges()[best.edge as usize].is_closed() {
            return Err(OffStreet::Closed { off_m });
        }
        let component = self.network.components()[self.network.component_of(best.edge) as usize];
        if component.length_m < self.network.min_component_m {
            return Err(OffStreet::Island { component_m: component.length_m, off_m });
        }
        Ok(Snap { edge: best.edge, along_m: between(a.along_m, b.along_m), off_m, at: nearest })
    }
}
