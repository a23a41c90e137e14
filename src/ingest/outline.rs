//! Outlines as areas need them: promoted, without broken numbers, checked for crossings, repaired when told to.

use std::fmt;

use geo::Area;
use geo::BooleanOps;
use geo::BoundingRect;
use geo::CoordinatePosition;
use geo::InteriorPoint;
use geo::Intersects;
use geo::algorithm::kernels::Kernel;
use geo::algorithm::kernels::Orientation;
use geo::algorithm::kernels::RobustKernel;
use geo::coordinate_position::CoordPos;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;

/// Why an outline encloses no certain area. Coordinates are those of the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    /// A ring crosses itself or another ring near this place.
    Crossing(Coord<f64>),
    /// Part of a ring runs back over itself or over another ring of its polygon, near this place.
    Overlap(Coord<f64>),
    /// A hole lies outside its polygon, or in another hole.
    HoleOutside(Coord<f64>),
    /// Two parts cover the same ground.
    PartsOverlap(Coord<f64>),
}

impl fmt::Display for Flaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, at) = match self {
            Flaw::Crossing(at) => ("the outline crosses itself", at),
            Flaw::Overlap(at) => ("the outline runs over itself", at),
            Flaw::HoleOutside(at) => ("a hole lies outside its polygon", at),
            Flaw::PartsOverlap(at) => ("two parts cover the same ground", at),
        };
        write!(out, "{what} near {} {}", at.x, at.y)
    }
}

/// An area with its broken rings left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Promoted {
    pub area: MultiPolygon<f64>,
    /// How many rings were left out because of numbers that are not finite or because they enclose nothing.
    pub rings_dropped: usize,
}

/// What is wrong with an outline in degrees of which a side leaps over more than half of the globe: it means the short way across the
/// antimeridian, and its numbers say the long one. `None` where no side does.
pub(crate) fn leap(area: &MultiPolygon<f64>) -> Option<String> {
    let rings = area.0.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
    let side = rings.flat_map(LineString::lines).find(|side| (side.end.x - side.start.x).abs() > 180.0)?;
    let (from, to) = (side.start, side.end);
    Some(format!(
        "a side from {} {} to {} {} leaps over more than 180 degrees of longitude; cut the outline at the antimeridian into parts \
         (RFC 7946, 3.1.9), and leave out sides along it",
        from.x, from.y, to.x, to.y
    ))
}

/// The geometry as an area.
///
/// A hole that is broken is left out, an exterior ring that is broken takes its polygon with it.
/// # Errors
/// What the geometry is instead, when it is no polygon or nothing of it is left.
pub(crate) fn promote(geometry: Geometry<f64>) -> Result<Promoted, String> {
    let parts = match geometry {
        Geometry::Polygon(polygon) => vec![polygon],
        Geometry::MultiPolygon(parts) => parts.0,
        Geometry::Rect(rect) => vec![rect.to_polygon()],
        Geometry::Triangle(triangle) => vec![triangle.to_polygon()],
        other => return Err(format!("{} where a polygon is wanted", geometry_name(&other))),
    };
    let (mut rings_dropped, mut kept) = (0, Vec::new());
    for part in parts {
        let (exterior, holes) = part.into_inner();
        if !encloses(&exterior) {
            rings_dropped += 1 + holes.len();
            continue;
        }
        let before = holes.len();
        let holes: Vec<LineString<f64>> = holes.into_iter().filter(encloses).collect();
        rings_dropped += before - holes.len();
        kept.push(Polygon::new(exterior, holes));
    }
    if kept.is_empty() {
        return Err("no ring with three distinct corners and finite numbers".to_owned());
    }
    Ok(Promoted { area: MultiPolygon(kept), rings_dropped })
}

fn encloses(ring: &LineString<f64>) -> bool {
    let finite = ring.0.iter().all(|at| at.x.is_finite() && at.y.is_finite());
    let mut corners: Vec<Coord<f64>> = Vec::new();
    for at in &ring.0 {
        if corners.len() < 3 && !corners.contains(at) {
            corners.push(*at);
        }
    }
    finite && corners.len() == 3
}

/// What a planner calls a geometry.
pub(crate) fn geometry_name(geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(_) => "a point",
        Geometry::Line(_) | Geometry::LineString(_) => "a line",
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => "a polygon",
        Geometry::MultiPoint(_) => "several points",
        Geometry::MultiLineString(_) => "several lines",
        Geometry::MultiPolygon(_) => "several polygons",
        Geometry::GeometryCollection(_) => "a collection of geometries",
    }
}

/// One edge of a ring, with what is needed to know its neighbours.
struct Edge {
    from: Coord<f64>,
    to: Coord<f64>,
    /// Of all rings of the area.
    ring: usize,
    part: usize,
    /// Position in its ring, without edges of no length.
    at: usize,
}

/// What makes the area of an outline uncertain; `None` for a sound one.
///
/// Rings may touch at points, and parts may share whole edges: neither makes the area uncertain. Edges are compared along
/// x, so the cost grows with the number of edges that overlap there, not with their square.
pub(crate) fn flaw(area: &MultiPolygon<f64>) -> Option<Flaw> {
    let mut rings: Vec<Vec<Coord<f64>>> = Vec::new();
    let mut edges: Vec<Edge> = Vec::new();
    for (part, polygon) in area.0.iter().enumerate() {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            let mut corners = ring.0.clone();
            corners.dedup();
            if corners.len() > 1 && corners.first() == corners.last() {
                corners.pop();
            }
            for at in 0..corners.len() {
                let (from, to) = (corners[at], corners[(at + 1) % corners.len()]);
                edges.push(Edge { from, to, ring: rings.len(), part, at });
            }
            rings.push(corners);
        }
    }
    let mut order: Vec<usize> = (0..edges.len()).collect();
    let low = |edge: &Edge| edge.from.x.min(edge.to.x);
    order.sort_by(|a, b| low(&edges[*a]).total_cmp(&low(&edges[*b])).then(a.cmp(b)));
    let mut active: Vec<usize> = Vec::new();
    for this in order {
        let edge = &edges[this];
        let x = low(edge);
        active.retain(|other| edges[*other].from.x.max(edges[*other].to.x) >= x);
        for other in &active {
            if let Some(flaw) = clash(edge, &edges[*other], &rings) {
                return Some(flaw);
            }
        }
        active.push(this);
    }
    nesting(area)
}

fn side(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> Orientation {
    RobustKernel::orient2d(a, b, p)
}

fn clash(a: &Edge, b: &Edge, rings: &[Vec<Coord<f64>>]) -> Option<Flaw> {
    let apart = |p: f64, q: f64, r: f64, s: f64| p.max(q) < r.min(s) || r.max(s) < p.min(q);
    if apart(a.from.y, a.to.y, b.from.y, b.to.y) {
        return None;
    }
    let (b_from, b_to) = (side(a.from, a.to, b.from), side(a.from, a.to, b.to));
    let (a_from, a_to) = (side(b.from, b.to, a.from), side(b.from, b.to, a.to));
    use Orientation::Collinear;
    if b_from == Collinear && b_to == Collinear {
        return overlap(a, b);
    }
    let strict = [b_from, b_to, a_from, a_to].iter().all(|it| *it != Collinear);
    if strict {
        return (b_from != b_to && a_from != a_to).then_some(Flaw::Crossing(b.from));
    }
    // a corner on the other edge: the path may pass from one side to the other through it; each such meeting is looked
    // at once, from the edge that begins in the corner
    if b_from == Collinear && between(a, b.from) {
        return passes(a, b, rings).then_some(Flaw::Crossing(b.from));
    }
    if a_from == Collinear && between(b, a.from) {
        return passes(b, a, rings).then_some(Flaw::Crossing(a.from));
    }
    None
}

/// Whether a point on the line of an edge lies on the edge, its end left out.
fn between(edge: &Edge, at: Coord<f64>) -> bool {
    let within = |p: f64, q: f64, r: f64| p.min(q) <= r && r <= p.max(q);
    at != edge.to && within(edge.from.x, edge.to.x, at.x) && within(edge.from.y, edge.to.y, at.y)
}

/// Whether the ring of `corner` passes, through the begin of `corner`, from one side of the ring of `edge` to the other.
fn passes(edge: &Edge, corner: &Edge, rings: &[Vec<Coord<f64>>]) -> bool {
    let at = corner.from;
    let before = |edge: &Edge| {
        let ring = &rings[edge.ring];
        ring[(edge.at + ring.len() - 1) % ring.len()]
    };
    if edge.ring == corner.ring && edge.at == corner.at {
        return false;
    }
    // the path a -> at -> c of the edge's ring, and b -> at -> d of the corner's
    let (a, c) = if edge.from == at { (before(edge), edge.to) } else { (edge.from, edge.to) };
    let (b, d) = (before(corner), corner.to);
    let left = |p: Coord<f64>| {
        let turn = side(a, at, c);
        let (first, second) = (side(a, at, p), side(at, c, p));
        use Orientation::CounterClockwise;
        match turn {
            CounterClockwise => first == CounterClockwise && second == CounterClockwise,
            _ => first == CounterClockwise || second == CounterClockwise,
        }
    };
    let on_path = |p: Coord<f64>| p == a || p == c || along(at, a, p) || along(at, c, p);
    !on_path(b) && !on_path(d) && left(b) != left(d)
}

/// Whether `p` lies in the direction from `at` to `end`.
fn along(at: Coord<f64>, end: Coord<f64>, p: Coord<f64>) -> bool {
    let same_sign = |u: f64, v: f64| (u >= 0.0) == (v >= 0.0);
    side(at, end, p) == Orientation::Collinear
        && same_sign(end.x - at.x, p.x - at.x)
        && same_sign(end.y - at.y, p.y - at.y)
}

/// Two edges on one line: harmless between parts, a spike or a doubled border within one.
fn overlap(a: &Edge, b: &Edge) -> Option<Flaw> {
    if a.part != b.part {
        return None;
    }
    // along the axis on which the line is longer
    let key = |at: Coord<f64>| {
        if (a.to.x - a.from.x).abs() >= (a.to.y - a.from.y).abs() { at.x } else { at.y }
    };
    let (low, high) = (
        key(a.from).min(key(a.to)).max(key(b.from).min(key(b.to))),
        key(a.from).max(key(a.to)).min(key(b.from).max(key(b.to))),
    );
    (low < high).then_some(Flaw::Overlap(b.from))
}

/// Holes outside and parts within parts, for rings that do not cross.
fn nesting(area: &MultiPolygon<f64>) -> Option<Flaw> {
    for polygon in &area.0 {
        let shell = Polygon::new(polygon.exterior().clone(), Vec::new());
        for (nth, hole) in polygon.interiors().iter().enumerate() {
            if let Some(at) = off_border(hole, &shell).filter(|(_, pos)| *pos == CoordPos::Outside) {
                return Some(Flaw::HoleOutside(at.0));
            }
            for other in &polygon.interiors()[..nth] {
                let other = Polygon::new(other.clone(), Vec::new());
                if let Some(at) = off_border(hole, &other).filter(|(_, pos)| *pos == CoordPos::Inside) {
                    return Some(Flaw::HoleOutside(at.0));
                }
            }
        }
    }
    let boxes: Vec<_> = area.0.iter().map(BoundingRect::bounding_rect).collect();
    for (i, a) in area.0.iter().enumerate() {
        for (j, b) in area.0.iter().enumerate().skip(i + 1) {
            let meet = matches!((boxes[i], boxes[j]), (Some(p), Some(q)) if p.intersects(&q));
            if !meet {
                continue;
            }
            for (inner, outer) in [(a, b), (b, a)] {
                if let Some(at) = off_border(inner.exterior(), outer).filter(|(_, pos)| *pos == CoordPos::Inside) {
                    return Some(Flaw::PartsOverlap(at.0));
                }
            }
        }
    }
    None
}

/// A corner of `ring` that is not on the border of `of`, with its position; a point within the ring where all are.
fn off_border(ring: &LineString<f64>, of: &Polygon<f64>) -> Option<(Coord<f64>, CoordPos)> {
    let corner =
        ring.0.iter().map(|at| (*at, of.coordinate_position(at))).find(|(_, pos)| *pos != CoordPos::OnBoundary);
    corner.or_else(|| {
        let inside = Polygon::new(ring.clone(), Vec::new()).interior_point()?.0;
        Some((inside, of.coordinate_position(&inside)))
    })
}

/// The same area without crossings and overlaps, by the even-odd rule in each part; `None` when nothing is left.
pub(crate) fn repaired(area: &MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
    let nothing = MultiPolygon::<f64>(Vec::new());
    let parts: Vec<MultiPolygon<f64>> = area.0.iter().map(|part| part.union(&nothing)).collect();
    let whole = geo::unary_union(&parts);
    (!whole.0.is_empty() && whole.unsigned_area() > 0.0).then_some(whole)
}

#[cfg(test)]
mod tests {
    use geo::wkt;

    use super::*;

    fn found(area: MultiPolygon<f64>) -> Option<&'static str> {
        flaw(&area).map(|flaw| match flaw {
            Flaw::Crossing(_) => "crossing",
            Flaw::Overlap(_) => "overlap",
            Flaw::HoleOutside(_) => "hole",
            Flaw::PartsOverlap(_) => "parts",
        })
    }

    #[test]
    fn crossings_overlaps_and_wrong_nesting_are_found() {
        let cases = [
            (wkt!(MULTIPOLYGON(((0. 0., 4. 0., 4. 4., 0. 4., 0. 0.)))), None, "square"),
            (wkt!(MULTIPOLYGON(((0. 0., 4. 4., 4. 0., 0. 4., 0. 0.)))), Some("crossing"), "bow-tie"),
            (
                wkt!(MULTIPOLYGON(((0. 0., 2. 2., 4. 4., 4. 0., 2. 2., 0. 4., 0. 0.)))),
                Some("crossing"),
                "bow-tie with a vertex at its knot",
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0., 4. 4., 4. 0., 2. 2., 0. 4., 0. 0.)))),
                Some("crossing"),
                "bow-tie with a vertex of one strand at its knot",
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0., 4. 0., 2. 2., 4. 4., 0. 4., 2. 2., 0. 0.)))),
                None,
                "two triangles that touch in a point",
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0., 4. 0., 4. 4., 2. 0., 0. 4., 0. 0.)))),
                None,
                "a corner that touches an edge from inside",
            ),
            (wkt!(MULTIPOLYGON(((0. 0., 4. 0., 6. 0., 4. 0., 4. 4., 0. 0.)))), Some("overlap"), "spike"),
            (
                wkt!(MULTIPOLYGON(((0. 0., 4. 0., 4. 4., 0. 4., 0. 0.), (5. 5., 6. 5., 6. 6., 5. 5.)))),
                Some("hole"),
                "hole outside",
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.), (1. 1., 5. 1., 5. 5., 1. 5., 1. 1.), (2. 2., 3. 2., 3. 3., 2. 2.)))),
                Some("hole"),
                "hole in a hole",
            ),
            (wkt!(MULTIPOLYGON(((0. 0., 4. 0., 4. 4., 0. 4., 0. 0.), (1. 1., 2. 1., 2. 2., 1. 1.)))), None, "a hole"),
            (
                wkt!(MULTIPOLYGON(((0. 0., 4. 0., 4. 4., 0. 4., 0. 0.)), ((1. 1., 2. 1., 2. 2., 1. 1.)))),
                Some("parts"),
                "a part in a part",
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0., 4. 0., 4. 4., 0. 4., 0. 0.)), ((0. 0., 4. 0., 4. 4., 0. 4., 0. 0.)))),
                Some("parts"),
                "a part twice",
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0., 4. 0., 4. 4., 0. 4., 0. 0.)), ((3. 3., 6. 3., 6. 6., 3. 6., 3. 3.)))),
                Some("crossing"),
                "parts that overlap",
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0., 4. 0., 4. 4., 0. 4., 0. 0.)), ((4. 0., 8. 0., 8. 4., 4. 4., 4. 0.)))),
                None,
                "parts that share an edge",
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.), (1. 1., 5. 1., 5. 5., 1. 5., 1. 1.)), ((2. 2., 3. 2., 3. 3., 2. 2.)))),
                None,
                "an island in a lake",
            ),
        ];
        for (area, want, name) in cases {
            assert_eq!(found(area.clone()), want, "{name}");
            // the other way round, every ring
            let turned = MultiPolygon(
                area.0
                    .into_iter()
                    .map(|part| {
                        let (mut shell, mut holes) = part.into_inner();
                        shell.0.reverse();
                        holes.iter_mut().for_each(|hole| hole.0.reverse());
                        Polygon::new(shell, holes)
                    })
                    .collect(),
            );
            assert_eq!(found(turned), want, "{name}, reversed");
        }
    }

    #[test]
    fn a_repaired_bow_tie_has_both_its_wings() {
        let area = wkt!(MULTIPOLYGON(((0. 0., 4. 4., 4. 0., 0. 4., 0. 0.))));
        let whole = repaired(&area).unwrap();
        assert!((whole.unsigned_area() - 8.0).abs() < 1e-6, "{whole:?}");
        assert_eq!(flaw(&whole), None);
    }

    #[test]
    fn broken_rings_are_left_out_and_counted() {
        let mut polygon = wkt!(POLYGON((0. 0., 4. 0., 4. 4., 0. 0.), (1. 1., 2. 1., 2. 2., 1. 1.)));
        polygon.interiors_mut(|holes| holes[0].0[1].x = f64::NAN);
        let promoted = promote(Geometry::Polygon(polygon)).unwrap();
        assert_eq!((promoted.area.0[0].interiors().len(), promoted.rings_dropped), (0, 1));
        assert!(promote(wkt!(POLYGON((0. 0., 4. 0., 0. 0.))).into()).is_err());
        assert!(promote(wkt!(POINT(0. 0.)).into()).unwrap_err().contains("a point where a polygon"));
    }
}
