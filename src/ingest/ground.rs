//! From the coordinates of files to degrees and to the study plane, once, at the door.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use geo_types::Coord;
use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;

use crate::base::frame::OutputCrs;
use crate::base::plane::distance;
use crate::base::plane::distance_to_segment;
use crate::base::same::SAME;
use crate::base::units::Text;
use crate::base::units::trim_zeros;
use crate::config::file;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::account::source_name;
use crate::io::datum::Datum;
use crate::io::read::DeclaredCrs;
use crate::io::reproject::Crs;
use crate::io::reproject::CrsError;
use crate::io::reproject::Reprojector;
use crate::io::reproject::default_plane;
use crate::io::reproject::planes_for;
use crate::io::reproject::plausible;
use crate::io::reproject::scale_at;
use crate::io::reproject::scale_bounds;
use crate::model::distortion::Distortion;
use crate::model::distortion::Stretch;
use crate::model::lattice::Lattice;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::place::PlaneXy;
use crate::model::study::Plane;

/// Degrees around the regions within which other sources are expected.
const NEAR_DEGREES: f64 = 2.0;

/// How far, in degrees, a projected place may lie outside the area for which its CRS is made.
const PROJECTION_SLACK: f64 = 3.0;

/// How far a side that is straight in the coordinates of its file may run from the line that stands for it in the plane, metres.
const BEND_M: f64 = SAME;

/// A side this long or shorter bends by less than [`BEND_M`] in any plane that is fit to measure in, metres.
const STRAIGHT_M: f64 = 100.0;

/// A side longer than this is halved without a look at its middle, which may lie on the line where its quarters do not, metres.
const LONG_M: f64 = 5_000.0;

/// A box in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extent {
    pub min: [f64; 2],
    pub max: [f64; 2],
}

impl Extent {
    /// The box around points in degrees, the narrower one of that over Greenwich and that over the 180th meridian: there longitudes rise
    /// past 180. `None` without points.
    pub(crate) fn of(points: impl Iterator<Item = [f64; 2]>) -> Option<Extent> {
        let around = |so_far: Option<Extent>, [x, y]: [f64; 2]| {
            let Extent { min, max } = so_far.unwrap_or(Extent { min: [x, y], max: [x, y] });
            Some(Extent { min: [min[0].min(x), min[1].min(y)], max: [max[0].max(x), max[1].max(y)] })
        };
        let (over_greenwich, over_180) = points.fold((None, None), |(a, b), [x, y]| {
            (around(a, [x, y]), around(b, [if x < 0.0 { x + 360.0 } else { x }, y]))
        });
        let width = |extent: &Extent| extent.max[0] - extent.min[0];
        over_greenwich.zip(over_180).map(|(a, b)| if width(&b) < width(&a) { b } else { a })
    }

    /// Whether it lies on both sides of the 180th meridian.
    pub(crate) fn is_over_180(&self) -> bool {
        self.max[0] > 180.0
    }

    fn holds(&self, [x, y]: [f64; 2], margin: f64) -> bool {
        let within = |axis: usize, value: f64| self.min[axis] - margin <= value && value <= self.max[axis] + margin;
        (within(0, x) || (self.is_over_180() && within(0, x + 360.0))) && within(1, y)
    }
}

thread_local! {
    static KNOWN: RefCell<BTreeMap<String, Rc<Crs>>> = const { RefCell::new(BTreeMap::new()) };
    static SAME_CRS: RefCell<BTreeMap<(String, String), bool>> = const { RefCell::new(BTreeMap::new()) };
}

/// The CRS of a text, made once: PROJ takes some 25 ms for each, and a study names the same two or three for every file.
fn known_crs(text: &str) -> Result<Rc<Crs>, CrsError> {
    if let Some(crs) = KNOWN.with(|known| known.borrow().get(text).cloned()) {
        return Ok(crs);
    }
    let crs = Rc::new(Crs::new(text)?);
    KNOWN.with(|known| known.borrow_mut().insert(text.to_owned(), Rc::clone(&crs)));
    Ok(crs)
}

/// Whether numbers of one CRS are those of another, asked once a pair.
fn is_known_same(one: &Rc<Crs>, other: &Rc<Crs>) -> bool {
    if Rc::ptr_eq(one, other) {
        return true;
    }
    let key = (one.text().to_owned(), other.text().to_owned());
    if let Some(same) = SAME_CRS.with(|known| known.borrow().get(&key).copied()) {
        return same;
    }
    let same = one.does_the_same(other);
    SAME_CRS.with(|known| known.borrow_mut().insert(key, same));
    same
}

/// What to say where the config declares another CRS than the one that the file names: the config's is used. `None` where both mean
/// the same, and where one of them says nothing.
pub(crate) fn overruled(source: &Source, carried: &DeclaredCrs) -> Option<String> {
    let DeclaredCrs::Carried(named) = carried else { return None };
    let declared = match (&source.crs, source.datum) {
        (Some(crs), _) => crs.as_str(),
        (None, Some(file::Datum::Wgs84)) => "EPSG:4326",
        (None, Some(_)) => "EPSG:4490",
        (None, None) => return None,
    };
    let declared = known_crs(declared).ok()?;
    match known_crs(named) {
        Ok(named) if named.does_the_same(&declared) => None,
        Ok(named) => Some(format!(
            "the file says that it is in {}, the config that it is in {}; the config's is used",
            named.name(),
            declared.name()
        )),
        Err(_) => Some(format!("the file names a CRS that is not known; the config's is used, {}", declared.name())),
    }
}

/// The way from the coordinates of one source to degrees of WGS 84 or CGCS2000, which are one and the same here.
pub(crate) struct ToDegrees {
    source: String,
    crs: Rc<Crs>,
    datum: Datum,
    way: Reprojector,
}

impl ToDegrees {
    /// What the config declares, or else what the file says of itself.
    /// # Errors
    /// [`IngestError::NoCrs`] when neither does, [`IngestError::Crs`] for one that is not known.
    pub(crate) fn new(source: &Source, carried: &DeclaredCrs) -> Result<ToDegrees, IngestError> {
        let path = source_name(source);
        let datum = match source.datum {
            None | Some(file::Datum::Wgs84) => Datum::Wgs84,
            Some(file::Datum::Cgcs2000) => Datum::Cgcs2000,
            Some(file::Datum::Gcj02) => Datum::Gcj02,
            Some(file::Datum::Bd09) => Datum::Bd09,
        };
        let text = match (&source.crs, source.datum) {
            (Some(crs), _) => crs.as_str(),
            (None, Some(file::Datum::Wgs84)) => "EPSG:4326",
            // the shifted datums exist in China only, and so does the area of CGCS2000
            (None, Some(_)) => "EPSG:4490",
            (None, None) => carried.text().ok_or_else(|| IngestError::NoCrs { path: path.clone() })?,
        };
        let wrong = |source| IngestError::Crs { path: path.clone(), source };
        let crs = known_crs(text).map_err(wrong)?;
        let way = known_crs("EPSG:4326").and_then(|degrees| Reprojector::new(&crs, &degrees)).map_err(wrong)?;
        Ok(ToDegrees { source: path, crs, datum, way })
    }

    /// What the coordinates are in.
    pub(crate) fn name(&self) -> &str {
        match self.datum {
            Datum::Gcj02 => "GCJ-02",
            Datum::Bd09 => "BD-09",
            Datum::Wgs84 | Datum::Cgcs2000 => self.crs.name(),
        }
    }

    /// Stops when most coordinates can not be what they are said to be. `near` is the box of the regions, about which
    /// other sources should lie at least when their axes are not swapped.
    /// # Errors
    /// [`IngestError::Implausible`].
    pub(crate) fn doubt(&self, raws: &[[f64; 2]], near: Option<&Extent>) -> Result<(), IngestError> {
        let most = |count: usize| count * 2 > raws.len();
        let wrong = |what: String| Err(IngestError::Implausible { path: self.source.clone(), what });
        let mut bad = raws.iter().filter_map(|raw| self.implausible(*raw));
        if let Some(first) = bad.next()
            && most(1 + bad.count())
        {
            return wrong(first);
        }
        if let (Some(near), true) = (near, self.crs.is_geographic()) {
            let about = |raw: [f64; 2]| near.holds(raw, NEAR_DEGREES);
            let swapped = |[x, y]: [f64; 2]| about([y, x]) && !about([x, y]);
            let mut strange = raws.iter().filter(|raw| swapped(**raw));
            if let Some([x, y]) = strange.next()
                && most(1 + strange.count())
            {
                return wrong(format!(
                    "{x}, {y} lie near the regions only when latitude and longitude are exchanged; exchange the x and y \
                     columns (x is longitude)"
                ));
            }
        }
        Ok(())
    }

    /// What is wrong with one pair of numbers, and what to write instead.
    fn implausible(&self, raw: [f64; 2]) -> Option<String> {
        if let Err(implausible) = plausible(&self.crs, raw) {
            return Some(implausible.what);
        }
        if self.crs.is_geographic() {
            return None;
        }
        let fits = match (self.way.point(raw), self.crs.area_of_use()) {
            (None, _) => false,
            (Some([lon, lat]), Some([west, south, east, north])) if west <= east => {
                Extent { min: [west, south], max: [east, north] }.holds([lon, lat], PROJECTION_SLACK)
            }
            (Some(_), _) => true,
        };
        (!fits).then(|| {
            let [x, y] = raw;
            format!(
                "{x}, {y} lie far outside the area for which {} is made; write the CRS that they are in",
                self.name()
            )
        })
    }

    /// One place in degrees; `None` for numbers that can not be a place of the CRS.
    fn point(&self, raw: [f64; 2]) -> Option<LonLat> {
        if !raw.iter().all(|value| value.is_finite()) || self.implausible(raw).is_some() {
            return None;
        }
        self.between(raw)
    }

    /// The same between two places of the CRS, which need not be looked at.
    fn between(&self, raw: [f64; 2]) -> Option<LonLat> {
        let [lon, lat] = self.way.point(raw)?;
        Some(self.datum.to_wgs84(LonLat { lon, lat }))
    }

    /// The way back: from degrees of WGS 84 to the coordinates of the source, without the shift of its datum.
    /// # Errors
    /// [`IngestError::Crs`] when there is none.
    pub(crate) fn back(&self) -> Result<Reprojector, IngestError> {
        let wrong = |source| IngestError::Crs { path: self.source.clone(), source };
        known_crs("EPSG:4326").and_then(|degrees| Reprojector::new(&degrees, &self.crs)).map_err(wrong)
    }

    /// Whether its degrees are those of a datum that is shifted on purpose (GCJ-02, BD-09).
    pub(crate) fn is_shifted(&self) -> bool {
        matches!(self.datum, Datum::Gcj02 | Datum::Bd09)
    }

    /// Many places in degrees.
    pub(crate) fn points(&self, raws: &[[f64; 2]]) -> Vec<Option<LonLat>> {
        raws.iter().map(|raw| self.point(*raw)).collect()
    }

    /// An area in degrees; `None` when one of its corners is no place of the CRS.
    pub(crate) fn area(&self, area: &MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
        mapped(area, |at| self.point([at.x, at.y]).map(LonLat::coord))
    }
}

/// The area with every corner replaced; `None` as soon as one has no replacement.
fn mapped(area: &MultiPolygon<f64>, to: impl Fn(Coord<f64>) -> Option<Coord<f64>>) -> Option<MultiPolygon<f64>> {
    let ring = |ring: &LineString<f64>| ring.0.iter().map(|at| to(*at)).collect::<Option<Vec<_>>>().map(LineString);
    let part = |part: &Polygon<f64>| {
        let holes = part.interiors().iter().map(ring).collect::<Option<Vec<_>>>()?;
        Some(Polygon::new(ring(part.exterior())?, holes))
    };
    area.0.iter().map(part).collect::<Option<Vec<_>>>().map(MultiPolygon)
}

/// The study plane and the way to it from degrees.
pub(crate) struct Ground {
    pub plane: Plane,
    pub frame: OutputCrs,
    /// The box of all outlines of regions, in degrees.
    pub extent: Option<Extent>,
    crs: Rc<Crs>,
    to_plane: Reprojector,
    to_degrees: Reprojector,
}

/// A region that is judged, to see whether a plane fits it.
pub(crate) struct Judged {
    pub name: String,
    pub extent: Extent,
}

/// A plane whose lengths are off by no more than this fits.
const FITS: f64 = 0.001;

/// A plane that the config names is doubted where its lengths are off by more than this: 10 m in 5 km.
const DOUBTFUL: f64 = 0.002;

/// Where a plane distorts the judged regions most.
#[derive(Clone, Copy)]
struct Worst<'j> {
    /// Of lengths: 0.01 for one part in a hundred.
    error: f64,
    /// Of areas at the same place.
    of_areas: f64,
    region: &'j Judged,
}

/// The largest error of lengths at the corners and in the middle of the regions; `None` without any, and where the plane has no coordinates for
/// one.
fn worst<'j>(to_plane: &Reprojector, judged: &'j [Judged]) -> Option<Worst<'j>> {
    let mut worst: Option<Worst<'j>> = None;
    for region in judged {
        let Extent { min: [west, south], max: [east, north] } = region.extent;
        let middle = [(west + east) / 2.0, (south + north) / 2.0];
        for [lon, lat] in [[west, south], [east, south], middle, [west, north], [east, north]] {
            let (least, most) = scale_at(to_plane, LonLat { lon, lat: lat.clamp(-89.9, 89.9) })?;
            let error = (1.0 - least).max(most - 1.0);
            if worst.is_none_or(|worst| error > worst.error) {
                worst = Some(Worst { error, of_areas: (least * most - 1.0).abs(), region });
            }
        }
    }
    worst
}

/// The plane that fits the regions best: the zone of their middle where it fits.
fn fitting(judged: &[Judged]) -> Result<String, IngestError> {
    let ends = judged.iter().flat_map(|one| [one.extent.min, one.extent.max]);
    let Extent { min: [west, south], max: [east, north] } = Extent::of(ends).ok_or(IngestError::NoPlane)?;
    let zone = default_plane(LonLat { lon: (west + east) / 2.0, lat: (south + north) / 2.0 });
    let error = |text: &str| -> Option<f64> {
        let crs = known_crs(text).ok()?;
        let degrees = known_crs("EPSG:4326").ok()?;
        Some(worst(&Reprojector::new(&degrees, &crs).ok()?, judged)?.error)
    };
    let mut best = (error(&zone).unwrap_or(f64::INFINITY), zone);
    if best.0 > FITS {
        for made in planes_for([west, south, east, north]) {
            if let Some(error) = error(&made).filter(|error| *error < best.0) {
                best = (error, made);
            }
        }
    }
    Ok(best.1)
}

impl Ground {
    /// The plane that the config names, or else one that fits the regions that are judged: the zone of their middle where it does, or one that
    /// is made for them. Where none does, lengths and areas are corrected for it.
    /// # Errors
    /// [`IngestError::Plane`] for one that is not known or not metric, [`IngestError::NoPlane`] when none is named and no
    /// region has an outline.
    pub(crate) fn choose(
        named: Option<&str>,
        extent: Option<Extent>,
        judged: &[Judged],
    ) -> Result<Ground, IngestError> {
        let text = match (named, &extent) {
            (Some(text), _) => text.to_owned(),
            (None, Some(_)) => fitting(judged)?,
            (None, None) => return Err(IngestError::NoPlane),
        };
        let crs = known_crs(&text)?;
        crs.check_plane()?;
        let frame = crs.frame();
        let degrees = known_crs(&format!("EPSG:{}", frame.epsg()))?;
        let to_plane = Reprojector::new(&degrees, &crs)?;
        let to_degrees = Reprojector::new(&crs, &degrees)?;
        let bounds = extent.map(|Extent { min, max }| [min[0], min[1], max[0], max[1]]).or(crs.area_of_use());
        let Some((scale_min, scale_max)) = bounds.and_then(|bounds| scale_bounds(&to_plane, bounds)) else {
            return Err(IngestError::PlaneElsewhere { plane: format!("{text} ({})", crs.name()) });
        };
        let plane = Plane {
            name: crs.name().to_owned(),
            epsg: crs.epsg(),
            wkt1: crs.wkt1().to_owned(),
            scale_min,
            scale_max,
            distortion: None,
            doubt: None,
        };
        let found = worst(&to_plane, judged);
        let mut ground = Ground { plane, frame, extent, crs, to_plane, to_degrees };
        if let Some(worst) = found {
            let is_rough = worst.error > FITS;
            if named.is_none() && is_rough {
                ground.plane.distortion = ground.distortion();
            }
            if is_rough && (named.is_none() || worst.error > DOUBTFUL) {
                ground.plane.doubt = Some(ground.too_wide(named, worst));
            }
        }
        Ok(ground)
    }

    /// What to say of a plane that does not fit.
    fn too_wide(&self, named: Option<&str>, Worst { error, of_areas, region }: Worst<'_>) -> Text {
        let (name, at) = (&self.plane.name, &region.name);
        let percent = trim_zeros(error * 100.0, 2);
        let square = trim_zeros(of_areas * 100.0, 2);
        match named {
            Some(text) => Text::new(
                format!(
                    "study.plane = \"{text}\" ({name}) does not fit the study: at {at} lengths are off by {percent} %, areas by {square} %; \
                     leave study.plane out, so that a plane is made for the regions that are judged"
                ),
                format!(
                    "study.plane = \"{text}\"（{name}）不适合本研究范围：在{at}，长度偏差 {percent} %，面积偏差 {square} %；\
                     请删去 study.plane，由程序按评价区域自动选定投影"
                ),
            ),
            None => Text::new(
                format!(
                    "no plane fits a study as wide as this: in the best one, {name}, lengths are off by {percent} % at {at}; areas of \
                     regions, shared borders and straight lines are told as on the ellipsoid, but ways along streets, cells and radii are \
                     off by that; write a study for each part"
                ),
                format!(
                    "研究范围过大，没有合适的平面投影：最佳投影（{name}）在{at}的长度偏差为 {percent} %；区域面积、共有边界和直线距离已按椭球面\
                     量算，而沿道路的距离、网格和半径仍有上述偏差；请分区研究"
                ),
            ),
        }
    }

    /// What lengths and areas of the plane are on the ground, over all outlines.
    fn distortion(&self) -> Option<Distortion> {
        const A: f64 = 6_378_137.0;
        const E2: f64 = 0.006_694_380_022_903_416;
        const STEP_M: f64 = 100.0;
        let degrees = |[x, y]: [f64; 2]| self.to_degrees.point([x, y]);
        let stretch = |[x, y]: [f64; 2]| {
            let [lon, lat] = degrees([x, y])?;
            // radii of curvature of the ellipsoid GRS 80 along the meridian and across it
            let flat = 1.0 - E2 * lat.to_radians().sin().powi(2);
            let (meridian, normal) = (A * (1.0 - E2) / flat.powf(1.5), A / flat.sqrt());
            let ground = |to: [f64; 2], from: [f64; 2]| {
                let [dx, dy] = [0, 1].map(|axis| (to[axis] - from[axis]).to_radians() / (2.0 * STEP_M));
                [dx * normal * lat.to_radians().cos(), dy * meridian]
            };
            let east = ground(degrees([x + STEP_M, y])?, degrees([x - STEP_M, y])?);
            let north = ground(degrees([x, y + STEP_M])?, degrees([x, y - STEP_M])?);
            let dot = |a: [f64; 2], b: [f64; 2]| a[0] * b[0] + a[1] * b[1];
            let found = Stretch { xx: dot(east, east), xy: dot(east, north), yy: dot(north, north) };
            (lon.is_finite() && found.xx.is_finite() && found.yy.is_finite()).then_some(found)
        };
        Distortion::over(self.plane_box()?, stretch)
    }

    /// Degrees of the plane over the rectangle of all outlines.
    pub(crate) fn lattice(&self) -> Option<Lattice> {
        self.lattice_over(self.plane_box()?)
    }

    /// The rectangle of all outlines in the plane.
    fn plane_box(&self) -> Option<[f64; 4]> {
        let Extent { min, max } = self.extent?;
        let along = |k: u32| f64::from(k) / 16.0;
        let sides = (0..=16).flat_map(|k| {
            let (lon, lat) = (min[0] + along(k) * (max[0] - min[0]), min[1] + along(k) * (max[1] - min[1]));
            [[lon, min[1]], [lon, max[1]], [min[0], lat], [max[0], lat]]
        });
        sides.filter_map(|at| self.to_plane.point(at)).fold(None, |so_far: Option<[f64; 4]>, [x, y]| {
            let [west, south, east, north] = so_far.unwrap_or([x, y, x, y]);
            Some([west.min(x), south.min(y), east.max(x), north.max(y)])
        })
    }

    /// Degrees of the plane over a rectangle of it (smallest x and y, largest x and y).
    pub(crate) fn lattice_over(&self, within: [f64; 4]) -> Option<Lattice> {
        Lattice::over(within, |at| self.to_degrees.point(at.array()).map(|[lon, lat]| LonLat { lon, lat }))
    }

    /// A place of the plane in degrees; `None` where there is none.
    pub(crate) fn degrees_of(&self, xy: [f64; 2]) -> Option<LonLat> {
        self.to_degrees.point(xy).map(|[lon, lat]| LonLat { lon, lat })
    }

    /// Whether degrees lie where other sources are expected; anywhere does without an outline of a region.
    pub(crate) fn is_near(&self, degrees: [f64; 2]) -> bool {
        self.extent.is_none_or(|extent| extent.holds(degrees, NEAR_DEGREES))
    }

    /// Degrees with their place in the plane; `None` where the plane has none.
    pub(crate) fn places(&self, degrees: &[Option<LonLat>]) -> Vec<Option<Place>> {
        let place = |lonlat: &Option<LonLat>| {
            let lonlat = (*lonlat)?;
            let [x, y] = self.to_plane.point([lonlat.lon, lonlat.lat])?;
            Some(Place { lonlat, xy: PlaneXy { x, y } })
        };
        degrees.iter().map(place).collect()
    }

    /// Whether the coordinates of a source are those of the plane already: they are kept as they are.
    pub(crate) fn is_of_plane(&self, degrees: &ToDegrees) -> bool {
        matches!(degrees.datum, Datum::Wgs84 | Datum::Cgcs2000) && is_known_same(&degrees.crs, &self.crs)
    }

    /// Coordinates of a source, in degrees and in the plane; `None` for what is no place of its CRS, and where the plane has none.
    pub(crate) fn places_of(&self, degrees: &ToDegrees, raws: &[[f64; 2]]) -> Vec<Option<Place>> {
        let lonlats = degrees.points(raws);
        if !self.is_of_plane(degrees) {
            return self.places(&lonlats);
        }
        let place = |(lonlat, [x, y]): (Option<LonLat>, &[f64; 2])| {
            Some(Place { lonlat: lonlat?, xy: PlaneXy { x: *x, y: *y } })
        };
        lonlats.into_iter().zip(raws).map(place).collect()
    }

    /// A place of the plane; `None` where it has no degrees.
    pub(crate) fn place_at(&self, xy: PlaneXy) -> Option<Place> {
        Some(Place { lonlat: self.degrees_of(xy.array())?, xy })
    }

    /// An area of a source in the plane; `None` where the plane has no place for a corner.
    ///
    /// Sides are straight in the coordinates of the source (RFC 7946, 3.1.1), and a straight line there is a curve in another plane: sides
    /// get as many corners as keep them within [`BEND_M`] of it.
    pub(crate) fn area(&self, degrees: &ToDegrees, area: &MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
        let ring = |ring: &LineString<f64>| self.line(degrees, ring);
        let part = |part: &Polygon<f64>| {
            let holes = part.interiors().iter().map(ring).collect::<Option<Vec<_>>>()?;
            Some(Polygon::new(ring(part.exterior())?, holes))
        };
        area.0.iter().map(part).collect::<Option<Vec<_>>>().map(MultiPolygon)
    }

    /// A line of a source in the plane, with corners where it bends; `None` where the plane has no place for a corner.
    pub(crate) fn line(&self, degrees: &ToDegrees, line: &LineString<f64>) -> Option<LineString<f64>> {
        if self.is_of_plane(degrees) {
            return Some(line.clone());
        }
        let bends = Bends { degrees, ground: self };
        let mut found: Vec<Coord<f64>> = Vec::with_capacity(line.0.len());
        let mut last: Option<Spot> = None;
        for at in &line.0 {
            let raw = [at.x, at.y];
            let here = Spot { raw, xy: self.plane_of(degrees.point(raw)?)? };
            if let Some(last) = last {
                bends.side(last, here, &mut found);
            }
            found.push(Coord { x: here.xy[0], y: here.xy[1] });
            last = Some(here);
        }
        Some(LineString(found))
    }

    fn plane_of(&self, at: LonLat) -> Option<[f64; 2]> {
        self.to_plane.point([at.lon, at.lat])
    }
}

/// A place in the coordinates of a source and in the plane.
#[derive(Clone, Copy)]
struct Spot {
    raw: [f64; 2],
    xy: [f64; 2],
}

/// What makes curves of the straight sides of a source.
struct Bends<'g> {
    degrees: &'g ToDegrees,
    ground: &'g Ground,
}

impl Bends<'_> {
    /// Adds what lies between the two ends of a side: the same places whichever way it runs, so that two neighbours have one border.
    fn side(&self, from: Spot, to: Spot, found: &mut Vec<Coord<f64>>) {
        let is_turned = from.raw[0].total_cmp(&to.raw[0]).then(from.raw[1].total_cmp(&to.raw[1])).is_gt();
        let first = found.len();
        let (low, high) = if is_turned { (to, from) } else { (from, to) };
        self.between(low, high, found);
        if is_turned {
            found[first..].reverse();
        }
    }

    fn between(&self, from: Spot, to: Spot, found: &mut Vec<Coord<f64>>) {
        let length = distance(from.xy, to.xy);
        if length <= STRAIGHT_M {
            return;
        }
        let raw = [0, 1].map(|axis| (from.raw[axis] + to.raw[axis]) / 2.0);
        let is_end = |end: Spot| end.raw == raw;
        let Some(xy) = self.degrees.between(raw).and_then(|at| self.ground.plane_of(at)) else { return };
        let is_straight = length <= LONG_M && distance_to_segment(xy, from.xy, to.xy) <= BEND_M;
        if is_straight || is_end(from) || is_end(to) {
            return;
        }
        let middle = Spot { raw, xy };
        self.between(from, middle, found);
        found.push(Coord { x: xy[0], y: xy[1] });
        self.between(middle, to, found);
    }
}
