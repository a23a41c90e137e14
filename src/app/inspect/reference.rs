//! The file that another one is compared with: its borders by the kilometre, its areas, its codes.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::path::Path;

use geo::Centroid;
use geo::CoordsIter;
use geo::LinesIter;
use geo::MapCoords;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::MultiPolygon;

use crate::app::inspect::InspectError;
use crate::app::inspect::survey::Survey;
use crate::base::issue::Issue;
use crate::io::read;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::reproject::Crs;
use crate::io::reproject::Reprojector;
use crate::model::locate::RegionLocator;
use crate::model::place::LonLat;
use crate::table::Field;
use crate::table::Record;

/// Beyond this distance, in metres, things are not held against each other.
pub(crate) const FAR_M: f64 = 3000.0;

/// Width of a cell of the grid in degrees, about 2 km.
const CELL: f64 = 0.02;

/// Metres of a degree of longitude and of latitude on GRS 80 at a latitude.
pub(crate) fn metres_per_degree(lat: f64) -> [f64; 2] {
    let (axis, e2) = (6_378_137.0, 0.006_694_380_022_90);
    let latitude = lat.to_radians();
    let w2 = 1.0 - e2 * latitude.sin().powi(2);
    let degree = std::f64::consts::PI / 180.0;
    [axis / w2.sqrt() * latitude.cos() * degree, axis * (1.0 - e2) / (w2 * w2.sqrt()) * degree]
}

/// The nearest thing of the reference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foot {
    /// From there to here, metres east and north.
    pub offset: [f64; 2],
    pub distance: f64,
    /// Of unit length across the border; `None` where the nearest is a point, or the end of a border.
    pub across: Option<[f64; 2]>,
}

/// What another file is compared with, in degrees.
pub(crate) struct Reference {
    pub shown: String,
    /// Borders and lines, and points as lines of no length.
    segments: Vec<[[f64; 2]; 2]>,
    grid: HashMap<(i32, i32), Vec<u32>>,
    /// Only when it holds areas.
    pub areas: Option<RegionLocator>,
    /// Index in `areas` and centroid, by the codes of the areas; codes that stand twice are left out.
    pub by_code: BTreeMap<String, (u32, LonLat)>,
    centre: Option<LonLat>,
}

/// Keeps the geometries, and surveys the fields for the codes.
struct Kept {
    survey: Survey,
    geometries: Vec<Geometry<f64>>,
    records: Vec<Vec<(usize, String)>>,
}

impl Sink for Kept {
    fn record(&mut self, fields: &[Field], record: Record, trouble: Option<Issue>) {
        if let Some(geometry) = &record.geometry {
            self.geometries.push(geometry.clone());
            let keys = record.values.iter().enumerate();
            self.records.push(keys.filter_map(|(at, value)| Some((at, value.as_key()?))).collect());
        }
        let bare = Record { geometry: None, ..record };
        self.survey.record(fields, bare, trouble);
    }

    fn issue(&mut self, _: Issue) {}
}

impl Reference {
    /// Reads a file whole. Its CRS must be said by the file or its format.
    pub(crate) fn read(path: &Path) -> Result<Reference, InspectError> {
        let shown = read::shown(path);
        let mut kept = Kept { survey: Survey::new(&shown), geometries: Vec::new(), records: Vec::new() };
        let info = read::read(&ReadRequest::new(path, &shown), &mut kept)?;
        let Some(text) = info.crs.text() else {
            return Err(InspectError::ReferenceWithoutCrs { shown });
        };
        let way = Reprojector::new(&Crs::new(text)?, &Crs::new("EPSG:4326")?)?;
        let to_degrees = |at: Coord<f64>| match way.point([at.x, at.y]) {
            Some([x, y]) => Ok(Coord { x, y }),
            None => Err(()),
        };
        let code_field = kept.survey.code_field();
        let code_at = info.fields.iter().position(|field| Some(&field.name) == code_field.as_ref());
        let mut codes: BTreeMap<String, Vec<(u32, LonLat)>> = BTreeMap::new();
        let (mut segments, mut areas) = (Vec::new(), Vec::new());
        for (geometry, keys) in kept.geometries.iter().zip(&kept.records) {
            let Ok(geometry) = geometry.try_map_coords(to_degrees) else { continue };
            let lines = borders(&geometry);
            segments.extend(lines);
            let area = match &geometry {
                Geometry::Polygon(polygon) => MultiPolygon(vec![polygon.clone()]),
                Geometry::MultiPolygon(area) => area.clone(),
                _ => continue,
            };
            let key = keys.iter().find(|(at, _)| Some(*at) == code_at);
            if let (Some((_, code)), Some(at)) = (key, area.centroid()) {
                let place = LonLat { lon: at.x(), lat: at.y() };
                codes.entry(code.clone()).or_default().push((areas.len() as u32, place));
            }
            areas.push(area);
        }
        let centre = centre(&segments);
        Ok(Reference {
            shown,
            grid: grid(&segments),
            segments,
            areas: (!areas.is_empty()).then(|| RegionLocator::in_degrees(&areas)),
            by_code: codes.into_iter().filter(|(_, at)| at.len() == 1).map(|(code, at)| (code, at[0])).collect(),
            centre,
        })
    }

    /// The middle of its box.
    pub(crate) fn centre(&self) -> Option<LonLat> {
        self.centre
    }

    /// The nearest border, line or point within [`FAR_M`]; the first of equally near ones.
    pub(crate) fn nearest(&self, at: LonLat) -> Option<Foot> {
        let scale = metres_per_degree(at.lat);
        let local = |p: [f64; 2]| [(p[0] - at.lon) * scale[0], (p[1] - at.lat) * scale[1]];
        let step = CELL * scale[0].min(scale[1]);
        if step.is_nan() || step <= 0.0 {
            return None;
        }
        let rings = ((FAR_M / step).ceil() as i32).min(50);
        let (column, row) = cell([at.lon, at.lat]);
        let mut best: Option<(f64, u32)> = None;
        for ring in 0..=rings {
            for (dx, dy) in around(ring) {
                for &segment in self.grid.get(&(column + dx, row + dy)).into_iter().flatten() {
                    let [a, b] = self.segments[segment as usize].map(local);
                    let [x, y] = foot(a, b);
                    let found = (x.hypot(y), segment);
                    if best.is_none_or(|best| found.0.total_cmp(&best.0).then(found.1.cmp(&best.1)).is_lt()) {
                        best = Some(found);
                    }
                }
            }
            // whatever lies in the rings to come is at least this far
            if best.is_some_and(|(distance, _)| distance <= f64::from(ring) * step) {
                break;
            }
        }
        let (distance, segment) = best.filter(|(distance, _)| *distance <= FAR_M)?;
        let [a, b] = self.segments[segment as usize].map(local);
        let [x, y] = foot(a, b);
        let is_end = [a, b].contains(&[x, y]);
        let length = (b[0] - a[0]).hypot(b[1] - a[1]);
        let across = (!is_end && length > 0.0).then(|| [-(b[1] - a[1]) / length, (b[0] - a[0]) / length]);
        Some(Foot { offset: [-x, -y], distance, across })
    }
}

/// The point of a segment that is nearest to the origin.
fn foot(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    let d = [b[0] - a[0], b[1] - a[1]];
    let square = d[0] * d[0] + d[1] * d[1];
    let along = -(a[0] * d[0] + a[1] * d[1]);
    if along <= 0.0 || square == 0.0 {
        a
    } else if along >= square {
        b
    } else {
        [a[0] + d[0] * (along / square), a[1] + d[1] * (along / square)]
    }
}

fn borders(geometry: &Geometry<f64>) -> Vec<[[f64; 2]; 2]> {
    let pair = |line: geo_types::Line<f64>| [[line.start.x, line.start.y], [line.end.x, line.end.y]];
    match geometry {
        Geometry::LineString(line) => line.lines_iter().map(pair).collect(),
        Geometry::MultiLineString(lines) => lines.lines_iter().map(pair).collect(),
        Geometry::Polygon(polygon) => polygon.lines_iter().map(pair).collect(),
        Geometry::MultiPolygon(area) => area.lines_iter().map(pair).collect(),
        points => points.coords_iter().map(|at| [[at.x, at.y]; 2]).collect(),
    }
}

fn cell([x, y]: [f64; 2]) -> (i32, i32) {
    ((x / CELL).floor() as i32, (y / CELL).floor() as i32)
}

fn grid(segments: &[[[f64; 2]; 2]]) -> HashMap<(i32, i32), Vec<u32>> {
    let mut grid: HashMap<(i32, i32), Vec<u32>> = HashMap::new();
    for (index, [a, b]) in segments.iter().enumerate() {
        // in pieces of at most a cell, each in all cells of its box: none that the segment meets is missed
        let pieces = ((b[0] - a[0]).abs().max((b[1] - a[1]).abs()) / CELL).ceil().max(1.0) as u32;
        let at = |piece: u32| {
            let share = f64::from(piece) / f64::from(pieces);
            [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
        };
        for piece in 0..pieces {
            let (from, to) = (cell(at(piece)), cell(at(piece + 1)));
            for column in from.0.min(to.0)..=from.0.max(to.0) {
                for row in from.1.min(to.1)..=from.1.max(to.1) {
                    let listed = grid.entry((column, row)).or_default();
                    if listed.last() != Some(&(index as u32)) {
                        listed.push(index as u32);
                    }
                }
            }
        }
    }
    grid
}

/// The cells at a distance of so many cells.
fn around(ring: i32) -> Vec<(i32, i32)> {
    let mut cells = Vec::new();
    for dx in -ring..=ring {
        for dy in -ring..=ring {
            if dx.abs().max(dy.abs()) == ring {
                cells.push((dx, dy));
            }
        }
    }
    cells
}

fn centre(segments: &[[[f64; 2]; 2]]) -> Option<LonLat> {
    let first = segments.first()?[0];
    let (mut least, mut most) = (first, first);
    for point in segments.iter().flatten() {
        for axis in 0..2 {
            least[axis] = least[axis].min(point[axis]);
            most[axis] = most[axis].max(point[axis]);
        }
    }
    Some(LonLat { lon: (least[0] + most[0]) / 2.0, lat: (least[1] + most[1]) / 2.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(segments: Vec<[[f64; 2]; 2]>) -> Reference {
        let centre = centre(&segments);
        let grid = grid(&segments);
        Reference { shown: String::new(), segments, grid, areas: None, by_code: BTreeMap::new(), centre }
    }

    #[test]
    fn a_degree_is_as_long_as_the_geodesic() {
        use crate::impedance::geodesic::geodesic_m;
        for lat in [0.0, 17.0, 32.0, 54.0, -30.0] {
            let [east, north] = metres_per_degree(lat);
            let at = |lon: f64, lat: f64| LonLat { lon, lat };
            let along = geodesic_m(at(118.0, lat), at(118.001, lat)) * 1000.0;
            let up = geodesic_m(at(118.0, lat - 5e-4), at(118.0, lat + 5e-4)) * 1000.0;
            assert!((east / along - 1.0).abs() < 1e-6 && (north / up - 1.0).abs() < 1e-6, "{lat}");
        }
    }

    #[test]
    fn the_nearest_border_is_that_of_a_look_at_every_one() {
        let mut seed = 7u64;
        let mut random = || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) as f64 / (1u64 << 31) as f64
        };
        let segments: Vec<[[f64; 2]; 2]> = (0..200)
            .map(|_| {
                let (x, y) = (118.0 + random() * 0.3, 32.0 + random() * 0.3);
                [[x, y], [x + random() * 0.1 - 0.05, y + random() * 0.1 - 0.05]]
            })
            .collect();
        let reference = of(segments.clone());
        for _ in 0..500 {
            let at = LonLat { lon: 117.9 + random() * 0.5, lat: 31.9 + random() * 0.5 };
            let scale = metres_per_degree(at.lat);
            let local = |p: [f64; 2]| [(p[0] - at.lon) * scale[0], (p[1] - at.lat) * scale[1]];
            let naive = segments
                .iter()
                .map(|[a, b]| {
                    let [x, y] = foot(local(*a), local(*b));
                    x.hypot(y)
                })
                .fold(f64::MAX, f64::min);
            match reference.nearest(at) {
                Some(found) => assert!((found.distance - naive).abs() < 1e-6, "{at:?}: {found:?}, {naive}"),
                None => assert!(naive > FAR_M, "{at:?}: {naive}"),
            }
        }
        assert!(reference.nearest(LonLat { lon: f64::NAN, lat: 32.0 }).is_none());
    }
}
