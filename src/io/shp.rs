//! Shapefiles: shapes, the attributes beside them, and what the `.prj` says of their CRS.

use std::fs::File;
use std::io::BufReader;

use geo::Area;
use geo::BoundingRect;
use geo::coordinate_position::CoordPos;
use geo::coordinate_position::coord_pos_relative_to_ring;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPoint;
use geo_types::MultiPolygon;
use geo_types::Point;
use geo_types::Polygon;
use shapefile::PolygonRing;
use shapefile::Shape;
use shapefile::ShapeReader;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::io::dbf;
use crate::io::dbf::Dbf;
use crate::io::encoding;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::wkb;
use crate::table::Record;

/// Bytes of the header of a `.shp` file.
const HEADER: u64 = 100;

/// Reads a shapefile to its end. Z and M are left out; the `.shx` is not needed.
///
/// A missing `.dbf` is an issue, and the records then have no fields. Rows that are marked as deleted are left out with their
/// shapes, with an issue each. Rings are put together by what encloses what, whatever their order and sense; a hole that lies in no
/// ring becomes a part, with an issue.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Content`] for a file that is no shapefile, breaks off, or has fewer attributes than shapes.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let content = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
    let not_open = |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
    let file = File::open(request.path).map_err(not_open)?;
    let length = file.metadata().map_err(not_open)?.len();
    let mut shapes = ShapeReader::new(BufReader::with_capacity(1 << 16, file))
        .map_err(|error| content(format!("is no shapefile: {error}")))?;
    let said = shapes.header().file_length.max(0) as u64 * 2;
    if said > length || said < HEADER {
        return Err(content(format!("the .shp breaks off: its header says {said} bytes, and {length} are there")));
    }
    let mut table = match dbf::path_beside(request.path, "dbf") {
        Some(path) => Some(Dbf::open(request, &path, sink)?),
        None => {
            let what =
                "there is no .dbf beside it: the shapes have no attributes; put all files of the shapefile together";
            sink.issue(Issue::new(Severity::Warning, "no-attributes", request.shown, what));
            None
        }
    };
    let fields = table.as_ref().map(|table| table.fields.clone()).unwrap_or_default();
    let mut records = 0;
    for shape in shapes.iter_shapes() {
        records += 1;
        let shape = shape.map_err(|error| content(format!("the .shp is damaged at shape {records}: {error}")))?;
        let mut record = Record { number: records, ..Record::default() };
        if let Some(table) = &mut table {
            let row = table
                .next(request)?
                .ok_or_else(|| content(format!("the .dbf has {} rows, and the .shp has more shapes", table.rows)))?;
            for (code, at, what) in row.troubles {
                let issue = Issue::new(Severity::Warning, code, request.shown, what).at_record(records);
                sink.issue(issue.in_field(fields[at].name.clone()));
            }
            if row.is_deleted {
                let what = "the row is marked as deleted, and left out";
                sink.issue(Issue::new(Severity::Note, "deleted-row", request.shown, what).at_record(records));
                continue;
            }
            record.values = row.values;
        }
        let issue = |severity, code, what: String| Issue::new(severity, code, request.shown, what).at_record(records);
        let trouble = match geometry(shape) {
            Ok(Some((geometry, orphans))) => {
                if orphans > 0 {
                    let what = format!("{orphans} hole(s) lie in no ring and are taken as parts");
                    sink.issue(issue(Severity::Warning, "ring-sense", what));
                }
                record.geometry = Some(geometry);
                None
            }
            Ok(None) => Some(issue(Severity::Error, "no-geometry", "has no geometry".to_owned())),
            Err(what) => Some(issue(Severity::Error, "bad-geometry", what)),
        };
        sink.record(&fields, record, trouble);
    }
    if let Some(table) = &table
        && table.rows > records
    {
        let what = format!("the .dbf has {} rows, the .shp {records} shapes; the rows beyond are left out", table.rows);
        sink.issue(Issue::new(Severity::Warning, "more-attributes", request.shown, what));
    }
    let crs = match dbf::beside(request.path, "prj").map(|text| String::from_utf8_lossy(&text).trim().to_owned()) {
        Some(text) if !text.is_empty() => DeclaredCrs::Carried(text.trim_start_matches('\u{feff}').to_owned()),
        _ => DeclaredCrs::Unknown,
    };
    Ok(LayerInfo {
        driver: "Shapefile",
        layer: None,
        fields,
        records,
        crs,
        encoding: table.map_or("UTF-8", |table| encoding::title(table.encoding)),
    })
}

/// The geometry of a shape, and how many of its holes lie in no ring; `None` for an empty shape.
fn geometry(shape: Shape) -> Result<Option<(Geometry<f64>, usize)>, String> {
    fn line<P>(points: &[P], at: impl Fn(&P) -> Coord<f64>) -> LineString<f64> {
        points.iter().map(at).collect()
    }
    fn rings<P>(rings: &[PolygonRing<P>], at: impl Fn(&P) -> Coord<f64> + Copy) -> Vec<(LineString<f64>, bool)> {
        rings.iter().map(|ring| (line(ring.points(), at), matches!(ring, PolygonRing::Outer(_)))).collect()
    }
    fn lines<P>(parts: &[Vec<P>], at: impl Fn(&P) -> Coord<f64> + Copy) -> Geometry<f64> {
        let mut lines: Vec<LineString<f64>> = parts.iter().map(|part| line(part, at)).collect();
        match lines.len() {
            1 => Geometry::LineString(lines.remove(0)),
            _ => Geometry::MultiLineString(MultiLineString(lines)),
        }
    }
    fn points<P>(points: &[P], at: impl Fn(&P) -> Coord<f64>) -> Geometry<f64> {
        Geometry::MultiPoint(MultiPoint(points.iter().map(|point| Point(at(point))).collect()))
    }
    let xy = |point: &shapefile::Point| Coord { x: point.x, y: point.y };
    let xym = |point: &shapefile::PointM| Coord { x: point.x, y: point.y };
    let xyz = |point: &shapefile::PointZ| Coord { x: point.x, y: point.y };
    let mut orphans = 0;
    let mut area = |rings: Vec<(LineString<f64>, bool)>| {
        let (mut polygons, without) = assembled(rings);
        orphans = without;
        match polygons.len() {
            1 => Geometry::Polygon(polygons.remove(0)),
            _ => Geometry::MultiPolygon(MultiPolygon(polygons)),
        }
    };
    let geometry = match shape {
        Shape::NullShape => return Ok(None),
        Shape::Point(point) => Geometry::Point(Point(xy(&point))),
        Shape::PointM(point) => Geometry::Point(Point(xym(&point))),
        Shape::PointZ(point) => Geometry::Point(Point(xyz(&point))),
        Shape::Multipoint(shape) => points(shape.points(), xy),
        Shape::MultipointM(shape) => points(shape.points(), xym),
        Shape::MultipointZ(shape) => points(shape.points(), xyz),
        Shape::Polyline(shape) => lines(shape.parts(), xy),
        Shape::PolylineM(shape) => lines(shape.parts(), xym),
        Shape::PolylineZ(shape) => lines(shape.parts(), xyz),
        Shape::Polygon(shape) => area(rings(shape.rings(), xy)),
        Shape::PolygonM(shape) => area(rings(shape.rings(), xym)),
        Shape::PolygonZ(shape) => area(rings(shape.rings(), xyz)),
        Shape::Multipatch(_) => return Err("a multipatch is not used; give polygons, lines or points".to_owned()),
    };
    Ok(wkb::sound(geometry)?.map(|geometry| (geometry, orphans)))
}

/// Polygons of rings that are told to be shells or holes by their sense: each hole goes to the smallest shell around it. Holes
/// without one become shells; the second answer counts them.
fn assembled(rings: Vec<(LineString<f64>, bool)>) -> (Vec<Polygon<f64>>, usize) {
    let (shells, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(|(_, is_shell)| *is_shell);
    let size = |ring: &LineString<f64>| Polygon::new(ring.clone(), Vec::new()).unsigned_area();
    let mut polygons: Vec<Polygon<f64>> =
        shells.into_iter().map(|(shell, _)| Polygon::new(shell, Vec::new())).collect();
    let bounds: Vec<_> = polygons.iter().map(|polygon| (polygon.bounding_rect(), size(polygon.exterior()))).collect();
    let mut orphans = Vec::new();
    for (hole, _) in holes {
        let around = hole.bounding_rect();
        let encloses = |at: &usize| match (bounds[*at].0, around) {
            (Some(outer), Some(inner)) => {
                outer.min().x <= inner.min().x
                    && outer.min().y <= inner.min().y
                    && outer.max().x >= inner.max().x
                    && outer.max().y >= inner.max().y
                    && lies_in(&hole, polygons[*at].exterior())
            }
            _ => false,
        };
        let smallest = (0..bounds.len()).filter(encloses).min_by(|a, b| bounds[*a].1.total_cmp(&bounds[*b].1));
        match smallest {
            Some(at) => polygons[at].interiors_push(hole),
            None => orphans.push(Polygon::new(hole, Vec::new())),
        }
    }
    let count = orphans.len();
    polygons.extend(orphans);
    (polygons, count)
}

/// Whether a ring lies in another, by its first vertex that is not on the other's line.
fn lies_in(ring: &LineString<f64>, shell: &LineString<f64>) -> bool {
    ring.coords()
        .map(|at| coord_pos_relative_to_ring(*at, shell))
        .find(|position| *position != CoordPos::OnBoundary)
        .is_none_or(|position| position == CoordPos::Inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(x: f64, y: f64, side: f64) -> LineString<f64> {
        vec![(x, y), (x, y + side), (x + side, y + side), (x + side, y), (x, y)].into()
    }

    #[test]
    fn holes_find_their_shells_in_any_order() {
        // an island in the lake of an island; the hole of the large one comes before its shell
        let rings = vec![
            (ring(2.0, 2.0, 6.0), false),
            (ring(4.0, 4.0, 2.0), true),
            (ring(0.0, 0.0, 10.0), true),
            (ring(4.5, 4.5, 0.5), false),
            (ring(20.0, 0.0, 1.0), false),
        ];
        let (polygons, orphans) = assembled(rings);
        assert_eq!(orphans, 1);
        let holes: Vec<(f64, usize)> =
            polygons.iter().map(|polygon| (polygon.unsigned_area(), polygon.interiors().len())).collect();
        assert_eq!(holes, [(4.0 - 0.25, 1), (100.0 - 36.0, 1), (1.0, 0)]);
    }
}
