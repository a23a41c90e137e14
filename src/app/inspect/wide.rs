//! The plane in which the areas of a file are measured, and what it makes of them where they lie far apart.

use geo::BoundingRect;
use geo::MapCoords;
use geo_types::Coord;
use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;

use crate::base::frame::OutputCrs;
use crate::ingest::ground::Extent;
use crate::ingest::ground::Ground;
use crate::ingest::ground::Judged;
use crate::io::reproject::Crs;
use crate::io::reproject::Reprojector;
use crate::io::reproject::default_plane;
use crate::io::reproject::scale_at;
use crate::metrics::boundary_audit::Audit;
use crate::model::distortion::Distortion;
use crate::model::place::LonLat;

/// Lengths that are off by more than this are told: 0.1 %.
pub(crate) const TOLD: f64 = 0.001;

/// Where the zone is off by more than this, a plane is made for the areas, and what it distorts is told as on the ellipsoid.
const MADE: f64 = 0.002;

/// Sides of wide areas get a corner every so many degrees: they are straight in degrees, and bend in the plane.
const STEP_DEGREES: f64 = 0.25;

/// Areas over more degrees of longitude are not measured.
const WIDEST_DEGREES: f64 = 180.0;

/// Nor are they in a plane in which lengths are off by more than this.
const MOST_ERROR: f64 = 0.1;

/// The areas lie too far apart to be measured in one plane.
pub(crate) struct TooWide;

/// Corners that a side gets at most.
const MOST_CORNERS: f64 = 4_000.0;

/// A plane for areas in degrees.
pub(crate) struct Measure {
    pub name: String,
    pub frame: OutputCrs,
    there: Reprojector,
    back: Reprojector,
    /// Of lengths at the corners and in the middle of the areas: 0.01 for one part in a hundred.
    pub error: f64,
    distortion: Option<Distortion>,
}

impl Measure {
    /// The zone of the middle of the areas, taken on the shorter way around the earth; one that is made for them where it does not fit.
    ///
    /// `None` where no plane can be told at all.
    /// # Errors
    /// [`TooWide`] where the areas lie over more than half of the globe, or no plane keeps lengths to a tenth: it would tear them.
    pub(crate) fn of(areas: &[MultiPolygon<f64>]) -> Result<Option<Measure>, TooWide> {
        let corners = areas.iter().flat_map(|area| area.iter()).flat_map(|part| part.exterior().coords());
        let extent = Extent::of(corners.map(|at| [at.x, at.y]));
        let is_over_half = extent.is_some_and(|extent| extent.max[0] - extent.min[0] > WIDEST_DEGREES);
        if is_over_half {
            return Err(TooWide);
        }
        match Measure::fitting(areas) {
            Some(measure) if measure.error > MOST_ERROR => Err(TooWide),
            measure => Ok(measure),
        }
    }

    fn fitting(areas: &[MultiPolygon<f64>]) -> Option<Measure> {
        let corners = areas.iter().flat_map(|area| area.iter()).flat_map(|part| part.exterior().coords());
        let extent = Extent::of(corners.map(|at| [at.x, at.y]))?;
        let centre = |extent: &Extent| LonLat {
            lon: (extent.min[0] + extent.max[0]) / 2.0,
            lat: (extent.min[1] + extent.max[1]) / 2.0,
        };
        let boxes: Vec<Extent> = areas
            .iter()
            .flat_map(|area| area.iter())
            .filter_map(|part| part.bounding_rect())
            .map(|around| {
                let shift = if extent.is_over_180() && around.min().x < 0.0 { 360.0 } else { 0.0 };
                Extent { min: [around.min().x + shift, around.min().y], max: [around.max().x + shift, around.max().y] }
            })
            .collect();
        let degrees = Crs::new("EPSG:4326").ok()?;
        let mut middle = centre(&extent);
        if middle.lon > 180.0 {
            middle.lon -= 360.0;
        }
        let zone = Measure::with(&degrees, Crs::new(&default_plane(middle)).ok()?, &boxes);
        if let Some(zone) = zone
            && zone.error <= MADE
        {
            return Some(zone);
        }
        let judged: Vec<Judged> = boxes.iter().map(|extent| Judged { name: String::new(), extent: *extent }).collect();
        let ground = Ground::choose(None, Some(extent), &judged).ok()?;
        let text = ground.plane.wkt1.clone();
        let made = Measure::with(&degrees, Crs::new(&text).ok()?, &boxes)?;
        let name = ground.plane.epsg.map_or(ground.plane.name.clone(), |epsg| format!("EPSG:{epsg}"));
        Some(Measure { name, distortion: ground.plane.distortion, ..made })
    }

    fn with(degrees: &Crs, plane: Crs, boxes: &[Extent]) -> Option<Measure> {
        let (there, back) = (Reprojector::new(degrees, &plane).ok()?, Reprojector::new(&plane, degrees).ok()?);
        let mut error: f64 = 0.0;
        for Extent { min: [west, south], max: [east, north] } in boxes {
            let middle = [(west + east) / 2.0, (south + north) / 2.0];
            for [lon, lat] in [[*west, *south], [*east, *south], middle, [*west, *north], [*east, *north]] {
                let (least, most) = scale_at(&there, LonLat { lon, lat: lat.clamp(-89.9, 89.9) })?;
                error = error.max(1.0 - least).max(most - 1.0);
            }
        }
        let (name, frame) = (plane.text().to_owned(), plane.frame());
        Some(Measure { name, frame, there, back, error, distortion: None })
    }

    /// Areas in degrees as areas of the plane; `None` where it has no place for a corner.
    pub(crate) fn areas(&self, areas: &[MultiPolygon<f64>]) -> Option<Vec<MultiPolygon<f64>>> {
        let metres = |at: Coord<f64>| {
            let [x, y] = self.there.point([at.x, at.y]).ok_or(())?;
            Ok(Coord { x, y })
        };
        let in_plane = |area: &MultiPolygon<f64>| match self.distortion {
            Some(_) => dense(area).try_map_coords(metres),
            None => area.try_map_coords(metres),
        };
        areas.iter().map(in_plane).collect::<Result<_, ()>>().ok()
    }

    /// Whether lengths and areas are corrected, because no plane fits.
    pub(crate) fn is_on_ellipsoid(&self) -> bool {
        self.distortion.is_some()
    }

    /// A place of the plane in degrees.
    pub(crate) fn degrees(&self, at: [f64; 2]) -> Option<[f64; 2]> {
        self.back.point(at)
    }

    /// Makes lengths and areas of what was found those of the ellipsoid, where the plane does not fit.
    pub(crate) fn to_ground(&self, audit: &mut Audit) {
        let Some(distortion) = &self.distortion else { return };
        let ground = |shape: &Polygon<f64>| distortion.area_m2(&MultiPolygon(vec![shape.clone()]));
        // widths grow as the square root of areas do
        let corrected = |area_m2: &mut f64, width_m: Option<&mut f64>, ground_m2: f64| {
            if *area_m2 > 0.0 && ground_m2 > 0.0 {
                if let Some(width_m) = width_m {
                    *width_m *= (ground_m2 / *area_m2).sqrt();
                }
                *area_m2 = ground_m2;
            }
        };
        for one in &mut audit.topology.overlaps {
            let ground_m2 = distortion.area_m2(&one.shape);
            corrected(&mut one.area_m2, Some(&mut one.width_m), ground_m2);
        }
        for one in &mut audit.topology.gaps {
            corrected(&mut one.area_m2, Some(&mut one.width_m), ground(&one.shape));
        }
        for one in &mut audit.slivers {
            corrected(&mut one.area_m2, Some(&mut one.width_m), ground(&one.shape));
        }
        for one in audit.islands.iter_mut().chain(&mut audit.exclaves) {
            corrected(&mut one.area_m2, None, ground(&one.shape));
        }
        for one in &mut audit.unmatched {
            let sides = || one.lines.iter().flat_map(LineString::lines);
            let plane_m: f64 = sides().map(|side| (side.end.x - side.start.x).hypot(side.end.y - side.start.y)).sum();
            let ground_m: f64 =
                sides().map(|side| distortion.length_m([side.start.x, side.start.y], [side.end.x, side.end.y])).sum();
            if plane_m > 0.0 {
                let ratio = ground_m / plane_m;
                one.length_m *= ratio;
                one.width_m *= ratio;
                one.area_m2 *= ratio * ratio;
            }
        }
        audit.topology.overlaps.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2).then(a.pair.cmp(&b.pair)));
        audit.topology.gaps.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2));
        audit.slivers.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2).then(a.areas.cmp(&b.areas)));
    }
}

/// The same area with more corners on its long sides, the same ones whichever way a side runs.
fn dense(area: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let ring = |ring: &LineString<f64>| {
        let mut corners: Vec<Coord<f64>> = ring.0.first().copied().into_iter().collect();
        for side in ring.lines() {
            let is_turned = side.start.x.total_cmp(&side.end.x).then(side.start.y.total_cmp(&side.end.y)).is_gt();
            let (from, to) = if is_turned { (side.end, side.start) } else { (side.start, side.end) };
            let by = to - from;
            let pieces = (by.x.hypot(by.y) / STEP_DEGREES).ceil().clamp(1.0, MOST_CORNERS) as u32;
            let mut between: Vec<Coord<f64>> =
                (1..pieces).map(|nth| from + by * (f64::from(nth) / f64::from(pieces))).collect();
            if is_turned {
                between.reverse();
            }
            corners.append(&mut between);
            corners.push(side.end);
        }
        LineString(corners)
    };
    area.iter().map(|part| Polygon::new(ring(part.exterior()), part.interiors().iter().map(ring).collect())).collect()
}
