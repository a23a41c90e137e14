//! Where something is: in degrees and in the study plane, both computed once, when it is read.

use geo_types::Coord;
use geo_types::Point;

/// A position in degrees of the study's geographic frame (WGS 84 or CGCS2000, which agree to centimetres).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LonLat {
    /// Longitude, degrees east.
    pub lon: f64,
    /// Latitude, degrees north.
    pub lat: f64,
}

/// A position in the study plane, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaneXy {
    /// Easting, metres.
    pub x: f64,
    /// Northing, metres.
    pub y: f64,
}

/// A position in both forms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub lonlat: LonLat,
    pub xy: PlaneXy,
}

impl Place {
    /// The place so far on the way to another, in degrees and in the plane: 0 is here, 1 there.
    pub fn towards(&self, other: &Place, share: f64) -> Place {
        let between = |a: f64, b: f64| a + share * (b - a);
        Place {
            lonlat: LonLat {
                lon: between(self.lonlat.lon, other.lonlat.lon),
                lat: between(self.lonlat.lat, other.lonlat.lat),
            },
            xy: PlaneXy { x: between(self.xy.x, other.xy.x), y: between(self.xy.y, other.xy.y) },
        }
    }
}

impl PlaneXy {
    /// Straight-line distance in the study plane, metres.
    pub fn distance_m(self, other: PlaneXy) -> f64 {
        let (dx, dy) = (self.x - other.x, self.y - other.y);
        (dx * dx + dy * dy).sqrt()
    }

    /// As an array, x first.
    pub fn array(self) -> [f64; 2] {
        [self.x, self.y]
    }
}

impl LonLat {
    /// As a point, longitude first.
    pub fn point(self) -> Point<f64> {
        Point::new(self.lon, self.lat)
    }

    /// As a coordinate, longitude first.
    pub fn coord(self) -> Coord<f64> {
        Coord { x: self.lon, y: self.lat }
    }
}
