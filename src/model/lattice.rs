//! Degrees for any point of the study plane, from a net of points that were projected once.

use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::place::PlaneXy;

/// Points of the plane in rows and columns, each with its degrees; between them degrees are interpolated (bilinear).
///
/// With columns and rows s metres apart, interpolated positions are off by about s² tan(latitude) / 8 R on the ground: 0.1 m for 2 km at 35°.
#[derive(Debug, Clone, PartialEq)]
pub struct Lattice {
    low: PlaneXy,
    step: [f64; 2],
    size: [usize; 2],
    /// Row by row from the south.
    nodes: Vec<LonLat>,
}

impl Lattice {
    /// Columns and rows of a lattice, both ends included.
    pub const SIDE: usize = 129;

    /// A lattice over a rectangle of the plane (smallest x and y, largest x and y); `None` for an empty one, or where `degrees` has no answer.
    pub fn over([west, south, east, north]: [f64; 4], degrees: impl Fn(PlaneXy) -> Option<LonLat>) -> Option<Lattice> {
        let step = [(east - west) / (Self::SIDE - 1) as f64, (north - south) / (Self::SIDE - 1) as f64];
        if !(step[0] > 0.0 && step[1] > 0.0 && step[0].is_finite() && step[1].is_finite()) {
            return None;
        }
        let low = PlaneXy { x: west, y: south };
        let nodes = (0..Self::SIDE * Self::SIDE).map(|at| {
            let (column, row) = ((at % Self::SIDE) as f64, (at / Self::SIDE) as f64);
            degrees(PlaneXy { x: west + column * step[0], y: south + row * step[1] })
        });
        let mut nodes: Vec<LonLat> = nodes.collect::<Option<_>>()?;
        // no leap from 180 to -180 between two of them
        let first = nodes[0].lon;
        nodes.iter_mut().for_each(|node| node.lon -= ((node.lon - first) / 360.0).round() * 360.0);
        Some(Lattice { low, step, size: [Self::SIDE; 2], nodes })
    }

    /// Whether the 180th meridian runs through it.
    pub fn is_over_180(&self) -> bool {
        self.nodes.iter().any(|node| node.lon.abs() > 180.0)
    }

    /// Smallest x and y, largest x and y.
    pub fn extent(&self) -> [f64; 4] {
        let far = |low: f64, axis: usize| low + (self.size[axis] - 1) as f64 * self.step[axis];
        [self.low.x, self.low.y, far(self.low.x, 0), far(self.low.y, 1)]
    }

    /// A point with its degrees. Beyond the edge the last field goes on: only near it is that of use.
    pub fn place(&self, xy: PlaneXy) -> Place {
        let field = |value: f64, low: f64, axis: usize| {
            let at = (value - low) / self.step[axis];
            let column = at.floor().clamp(0.0, (self.size[axis] - 2) as f64);
            (column as usize, at - column)
        };
        let ((column, u), (row, v)) = (field(xy.x, self.low.x, 0), field(xy.y, self.low.y, 1));
        let node = |column: usize, row: usize| self.nodes[row * self.size[0] + column];
        let [a, b, c, d] = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, up)| node(column + right, row + up));
        let mix = |a: f64, b: f64, c: f64, d: f64| (1.0 - v) * ((1.0 - u) * a + u * b) + v * ((1.0 - u) * c + u * d);
        let lon = mix(a.lon, b.lon, c.lon, d.lon);
        let lon = if lon.abs() > 180.0 { lon - (lon / 360.0).round() * 360.0 } else { lon };
        Place { lonlat: LonLat { lon, lat: mix(a.lat, b.lat, c.lat, d.lat) }, xy }
    }
}
