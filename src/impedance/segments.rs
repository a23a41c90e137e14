//! The nearest street of a place.

use rstar::AABB;
use rstar::PointDistance;
use rstar::RTree;
use rstar::RTreeObject;

use crate::impedance::geodesic::geodesic_m;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::streets::Kind;
use crate::model::streets::StreetNetwork;

/// A place whose nearest street is on an island of streets is put onto a street that is farther by no more than this, metres: the gap that a
/// forgotten crossing or driveway leaves, less than the water around an island.
pub const PAST_ISLAND_M: f64 = 50.0;

/// A stop is on a bridge when the bridge is this near, metres...
pub const ON_BRIDGE_M: f64 = 15.0;
/// ...and no street on the ground is nearer than the bridge, or than this.
pub const BESIDE_BRIDGE_M: f64 = 10.0;

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
    /// Whether a nearer street, platform or square was passed over because it meets no other.
    pub is_past_island: bool,
}

/// Why a place is not on the network, or on the surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OffStreet {
    /// No street is within `max_snap_m`.
    Far,
    /// The nearest street is on a part of the network that is shorter than `min_component_m`, and no other is near enough.
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
    /// Nobody but stops of public transport gets on here.
    is_for_stops: bool,
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
        let is_for_stops = |edge: u32| {
            let edge = &network.edges()[edge as usize];
            edge.is_through && matches!(edge.kind, Kind::Bridge | Kind::Platform)
        };
        let sides = (0..network.edges().len() as u32)
            .filter(|edge| !network.edges()[*edge as usize].is_through || is_for_stops(*edge))
            .flat_map(|edge| {
                let corners = network.corners(edge);
                let is_for_stops = is_for_stops(edge);
                (0u32..).zip(corners.windows(2)).map(move |(corner, ends)| Side {
                    a: ends[0].place.xy.array(),
                    b: ends[1].place.xy.array(),
                    edge,
                    corner,
                    is_for_stops,
                })
            });
        Snapper { network, sides: RTree::bulk_load(sides.collect()) }
    }

    /// The nearest point of the nearest street, the limit included; of several as near the first edge's.
    ///
    /// Nearest is meant in the plane; lengths are on the ellipsoid. A street is passed over that is on an island
    /// ([`StreetNetwork::is_island`]), when another is near: for an island without streets, of platforms, squares and lifts only, any within
    /// `max_snap_m`; for one with streets one that is no more than [`PAST_ISLAND_M`] farther. What only closed streets cut off is no such
    /// island. Bridges, and platforms off the ground, are for stops only: a stop is on a bridge that is within [`ON_BRIDGE_M`] when nothing
    /// else is nearer than it, or than [`BESIDE_BRIDGE_M`].
    /// # Errors
    /// [`OffStreet`] when there is none near enough, it is closed, or it is on an island.
    pub fn snap(&self, place: &Place) -> Result<Snap, OffStreet> {
        let at = place.xy.array();
        let is_stop = self.network.is_stop(place.lonlat);
        let is_on_bridge = is_stop && self.is_on_bridge(at);
        let edges = self.network.edges();
        let is_bridge = |side: &Side| side.is_for_stops && edges[side.edge as usize].kind == Kind::Bridge;
        let may_be = |side: &Side| !side.is_for_stops || (is_stop && (is_on_bridge || !is_bridge(side)));
        let mut near =
            self.sides.nearest_neighbor_iter_with_distance_2(&at).filter(|(side, _)| may_be(side)).peekable();
        let mut island: Option<(OffStreet, f64)> = None;
        while let Some((mut best, square)) = near.next() {
            while let Some((side, _)) = near.next_if(|(_, other)| *other <= square) {
                if (side.edge, side.corner) < (best.edge, best.corner) {
                    best = side;
                }
            }
            let snap = self.onto(place, best, island.is_some());
            let why_not = |why: OffStreet| Err(island.map_or(why, |(island, _)| island));
            if snap.off_m > island.map_or(self.network.max_snap_m, |(_, most)| most) {
                return why_not(OffStreet::Far);
            }
            if edges[best.edge as usize].is_closed() {
                return Err(OffStreet::Closed { off_m: snap.off_m });
            }
            let part = self.network.component_of(best.edge);
            if !self.network.is_island(part) {
                return Ok(snap);
            }
            let component = self.network.components()[part as usize];
            let most_m = match component.has_street {
                _ if self.network.is_cut_off(part) => f64::NEG_INFINITY,
                true => (snap.off_m + PAST_ISLAND_M).min(self.network.max_snap_m),
                false => self.network.max_snap_m,
            };
            // the first island with streets says how far one looks
            let this = OffStreet::Island { component_m: component.length_m, off_m: snap.off_m };
            let (first, most) = island.unwrap_or((this, self.network.max_snap_m));
            island = Some((first, most.min(most_m)));
        }
        Err(island.map_or(OffStreet::Far, |(island, _)| island))
    }

    /// Whether a stop lies on a bridge.
    fn is_on_bridge(&self, at: [f64; 2]) -> bool {
        let within = self.sides.nearest_neighbor_iter_with_distance_2(&at);
        let mut within = within.take_while(|(_, square)| *square <= ON_BRIDGE_M * ON_BRIDGE_M);
        let is_bridge = |side: &Side| self.network.edges()[side.edge as usize].kind == Kind::Bridge;
        match within.next() {
            Some((nearest, _)) if nearest.is_for_stops && is_bridge(nearest) => {
                within.find(|(side, _)| !side.is_for_stops).is_none_or(|(_, s)| s > BESIDE_BRIDGE_M * BESIDE_BRIDGE_M)
            }
            _ => false,
        }
    }

    /// The nearest point of a side.
    fn onto(&self, place: &Place, side: &Side, is_past_island: bool) -> Snap {
        let corners = self.network.corners(side.edge);
        let (a, b) = (&corners[side.corner as usize], &corners[side.corner as usize + 1]);
        let share = side.share(place.xy.array());
        // exact at the ends, where a place is at a junction and not on one of its streets only
        let between = |a: f64, b: f64| if share == 1.0 { b } else { a + share * (b - a) };
        let (from, to) = (a.place.lonlat, b.place.lonlat);
        let nearest = LonLat { lon: between(from.lon, to.lon), lat: between(from.lat, to.lat) };
        let off_m = geodesic_m(place.lonlat, nearest);
        Snap { edge: side.edge, along_m: between(a.along_m, b.along_m), off_m, at: nearest, is_past_island }
    }
}
