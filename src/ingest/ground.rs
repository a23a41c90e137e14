//! From the coordinates of files to degrees and to the study plane, once, at the door.

use geo::MapCoords;
use geo::TryMapCoords;
use geo_types::Coord;
use geo_types::MultiPolygon;

use crate::base::frame::OutputCrs;
use crate::config::file::Datum;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::account::source_name;
use crate::ingest::door::Carried;
use crate::ingest::doubt::Said;
use crate::ingest::doubt::doubt;
use crate::io::reproject::Crs;
use crate::io::reproject::Reprojector;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::place::PlaneXy;
use crate::model::study::Plane;

/// A box in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extent {
    pub min: [f64; 2],
    pub max: [f64; 2],
}

impl Extent {
    /// The box around points; `None` without points.
    pub(crate) fn of(points: impl Iterator<Item = [f64; 2]>) -> Option<Extent> {
        points.fold(None, |so_far, [x, y]| {
            let Extent { min, max } = so_far.unwrap_or(Extent { min: [x, y], max: [x, y] });
            Some(Extent { min: [min[0].min(x), min[1].min(y)], max: [max[0].max(x), max[1].max(y)] })
        })
    }

    /// Whether a point lies in the box grown by `margin` on every side.
    pub(crate) fn holds(&self, [x, y]: [f64; 2], margin: f64) -> bool {
        self.min[0] - margin <= x
            && x <= self.max[0] + margin
            && self.min[1] - margin <= y
            && y <= self.max[1] + margin
    }
}
