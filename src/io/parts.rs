//! The one door for geometries of files: what is sound of them, and what was left out, the same in every format.
//!
//! A part that is broken is left out and told; it does not take the record with it. Of a collection the areas are used, without areas the
//! lines, without lines the points. Curves are straight lines by then (`io::curves`).

use geo::algorithm::kernels::Kernel;
use geo::algorithm::kernels::Orientation;
use geo::algorithm::kernels::RobustKernel;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPoint;
use geo_types::MultiPolygon;
use geo_types::Point;
use geo_types::Polygon;

use crate::base::issue::Issue;
use crate::base::issue::Severity;

/// Geometries within each other; no sound file goes so deep.
pub(super) const DEEPEST: usize = 32;

/// A geometry as a file has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    /// Both numbers NaN: an empty point.
    Point(Coord<f64>),
    /// No positions: an empty line.
    Line(Vec<Coord<f64>>),
    /// The shell first, then the holes; no rings: an empty polygon.
    Polygon(Vec<Vec<Coord<f64>>>),
    /// Geometries of one type.
    Several(Vec<Raw>),
    /// Geometries of any types.
    Collection(Vec<Raw>),
    /// A part of an area that can not be told, and why.
    BrokenArea(String),
    /// Another part that can not be told, and why.
    Broken(String),
}

/// What else is to be told of a geometry.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Made {
    /// Arcs were drawn as straight lines.
    pub of_arcs: bool,
    /// The name of a surface whose faces were taken as polygons.
    pub of_faces: Option<&'static str>,
}

/// Something to tell of a record whose geometry is used.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    pub severity: Severity,
    pub code: &'static str,
    pub what: String,
}

impl Told {
    pub(super) fn warning(code: &'static str, what: String) -> Told {
        Told { severity: Severity::Warning, code, what }
    }

    /// The same as an issue of a record; `field` is the column of the geometries where it has a name.
    pub(super) fn issue(self, shown: &str, record: u64, field: Option<&str>) -> Issue {
        let issue = Issue::new(self.severity, self.code, shown, self.what).at_record(record);
        Issue { field: field.map(str::to_owned), ..issue }
    }
}

/// A geometry that can be used.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Found {
    /// `None` for an empty one.
    pub geometry: Option<Geometry<f64>>,
    pub told: Vec<Told>,
}

/// The parts of a geometry by what they are.
#[derive(Default)]
struct Sorted {
    points: Vec<Point<f64>>,
    lines: Vec<LineString<f64>>,
    areas: Vec<Polygon<f64>>,
    /// Why areas were left out.
    broken_areas: Vec<String>,
    /// Why other parts were left out.
    broken: Vec<String>,
    /// Why holes were left out.
    holes: Vec<String>,
    spikes: usize,
}

/// What can be used of a geometry.
/// # Errors
/// What is wrong, where nothing can be used; a geometry with broken areas and no sound one is not used as a line or a point.
pub(super) fn found(raw: Raw, made: Made) -> Result<Found, String> {
    let is_several = matches!(raw, Raw::Several(_));
    let is_collection = matches!(raw, Raw::Collection(_));
    let mut sorted = Sorted::default();
    sorted.take(raw);
    let Sorted { mut points, mut lines, mut areas, broken_areas, broken, holes, spikes } = sorted;
    let mut beside = Vec::new();
    let (geometry, kind) = if !areas.is_empty() {
        beside.extend(counted(points.len(), "point"));
        beside.extend(counted(lines.len(), "line"));
        let geometry = match areas.len() {
            1 if !is_several => Geometry::Polygon(areas.remove(0)),
            _ => Geometry::MultiPolygon(MultiPolygon(areas)),
        };
        (geometry, "areas")
    } else if let Some(what) = broken_areas.first() {
        return Err(what.clone());
    } else if !lines.is_empty() {
        beside.extend(counted(points.len(), "point"));
        let geometry = match lines.len() {
            1 if !is_several => Geometry::LineString(lines.remove(0)),
            _ => Geometry::MultiLineString(MultiLineString(lines)),
        };
        (geometry, "lines")
    } else if !points.is_empty() {
        let geometry = match points.len() {
            1 if !is_several => Geometry::Point(points.remove(0)),
            _ => Geometry::MultiPoint(MultiPoint(points)),
        };
        (geometry, "points")
    } else {
        return broken.into_iter().next().map_or_else(|| Ok(Found::default()), Err);
    };
    let mut told = Vec::new();
    let parts: Vec<&String> = broken_areas.iter().chain(&broken).collect();
    if let Some(first) = parts.first() {
        let what = match parts.len() {
            1 => format!("a part is left out: {first}"),
            count => format!("{count} parts are left out: {first}"),
        };
        told.push(Told::warning("left-out-part", what));
    }
    if let Some(first) = holes.first() {
        let what = match holes.len() {
            1 => format!("a hole is left out: {first}"),
            count => format!("{count} holes are left out: {first}"),
        };
        told.push(Told::warning("left-out-part", what));
    }
    if !beside.is_empty() {
        let whole = if is_collection { "is a collection" } else { "holds geometries of several kinds" };
        let what = format!("{whole}: its {kind} are used; {} beside them left out", beside.join(" and "));
        told.push(Told::warning("left-out-part", what));
    }
    if spikes > 0 {
        let what = format!(
            "{spikes} spike(s) of no width, there and back on the same line, are cut off; the area is the same"
        );
        told.push(Told::warning("spike", what));
    }
    if made.of_arcs {
        let what =
            "has arcs, which are drawn as straight lines, a corner every 4 degrees or less (as GDAL does)".to_owned();
        told.push(Told { severity: Severity::Note, code: "arcs", what });
    }
    if let Some(name) = made.of_faces {
        let what = format!("is a {name}; its faces are taken as polygons, seen from above");
        told.push(Told { severity: Severity::Note, code: "faces", what });
    }
    Ok(Found { geometry: Some(geometry), told })
}

fn counted(count: usize, name: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {name}")),
        count => Some(format!("{count} {name}s")),
    }
}

impl Sorted {
    fn take(&mut self, raw: Raw) {
        match raw {
            Raw::Point(at) if at.x.is_nan() && at.y.is_nan() => {}
            Raw::Point(at) if is_finite(&at) => self.points.push(Point(at)),
            Raw::Point(_) => self.broken.push(NOT_FINITE.to_owned()),
            Raw::Line(line) if line.is_empty() => {}
            Raw::Line(line) if !line.iter().all(is_finite) => self.broken.push(NOT_FINITE.to_owned()),
            Raw::Line(line) if line.len() < 2 => {
                self.broken.push("a line has 1 position where at least two are wanted".to_owned());
            }
            Raw::Line(line) => self.lines.push(LineString(line)),
            Raw::Polygon(rings) => self.area(rings),
            Raw::Several(parts) | Raw::Collection(parts) => parts.into_iter().for_each(|part| self.take(part)),
            Raw::BrokenArea(what) => self.broken_areas.push(what),
            Raw::Broken(what) => self.broken.push(what),
        }
    }

    fn area(&mut self, rings: Vec<Vec<Coord<f64>>>) {
        let mut rings = rings.into_iter();
        let Some(shell) = rings.next() else { return };
        let holes: Vec<Vec<Coord<f64>>> = rings.filter(|ring| !ring.is_empty()).collect();
        if shell.is_empty() {
            if !holes.is_empty() {
                self.broken_areas.push("the outer ring is empty, and there are holes".to_owned());
            }
            return;
        }
        let mut spikes = 0;
        let shell = match sound(shell, &mut spikes) {
            Ok(shell) => shell,
            Err(fault) => return self.broken_areas.push(fault.what()),
        };
        let mut kept = Vec::with_capacity(holes.len());
        let mut left_out = Vec::new();
        for hole in holes {
            match sound(hole, &mut spikes) {
                Ok(hole) => kept.push(hole),
                // nobody knows how much of the area it takes
                Err(fault @ Fault::Open) => return self.broken_areas.push(fault.what()),
                Err(fault) => left_out.push(fault.what()),
            }
        }
        self.spikes += spikes;
        self.holes.append(&mut left_out);
        self.areas.push(Polygon::new(shell, kept));
    }
}

const NOT_FINITE: &str = "the geometry holds coordinates that are not finite numbers";

fn is_finite(at: &Coord<f64>) -> bool {
    at.x.is_finite() && at.y.is_finite()
}

/// Why a ring can not be used.
enum Fault {
    NotFinite,
    Short(usize),
    Open,
    Nothing,
}

impl Fault {
    fn what(&self) -> String {
        match self {
            Fault::NotFinite => NOT_FINITE.to_owned(),
            Fault::Short(count) => format!("a ring has {count} positions where at least four are wanted"),
            Fault::Open => "a ring does not end where it starts".to_owned(),
            Fault::Nothing => "a ring encloses nothing: its corners lie on one line".to_owned(),
        }
    }
}

/// A ring that encloses something, without its spikes, which are counted.
fn sound(mut ring: Vec<Coord<f64>>, spikes: &mut usize) -> Result<LineString<f64>, Fault> {
    if !ring.iter().all(is_finite) {
        return Err(Fault::NotFinite);
    }
    if ring.len() < 4 {
        return Err(Fault::Short(ring.len()));
    }
    if ring.first() != ring.last() {
        return Err(Fault::Open);
    }
    if has_spike(&ring) {
        *spikes += despike(&mut ring);
    }
    if encloses_something(&ring) { Ok(LineString(ring)) } else { Err(Fault::Nothing) }
}

/// Whether a ring can be taken as it is: four positions or more, closed, numbers finite, no spike, not all on one line.
pub(super) fn is_plain(ring: &[Coord<f64>]) -> bool {
    ring.len() >= 4
        && ring.first() == ring.last()
        && ring.iter().all(is_finite)
        && !has_spike(ring)
        && encloses_something(ring)
}

/// Whether the corners of a ring lie not all on one line.
fn encloses_something(ring: &[Coord<f64>]) -> bool {
    let Some(first) = ring.first() else { return false };
    let Some(second) = ring.iter().find(|at| *at != first) else { return false };
    ring.iter().any(|at| RobustKernel::orient2d(*first, *second, *at) != Orientation::Collinear)
}

/// Whether a closed ring goes out and back: one corner stands before and behind another, which may stand there twice.
fn has_spike(ring: &[Coord<f64>]) -> bool {
    let count = ring.len() - 1;
    if count < 3 {
        return true;
    }
    let at = |nth: usize| ring[nth % count];
    (0..count).any(|nth| {
        at(nth) == at(nth + 2) && at(nth) != at(nth + 1)
            || (at(nth + 1) == at(nth + 2) && at(nth) == at(nth + 3) && at(nth) != at(nth + 1))
    })
}

/// Cuts the spikes off a closed ring; what goes out and back over several corners goes with them. Tells how many were cut.
fn despike(ring: &mut Vec<Coord<f64>>) -> usize {
    let mut kept: Vec<Coord<f64>> = Vec::with_capacity(ring.len());
    let mut spikes = 0;
    let mut is_going_back = false;
    ring.pop();
    for at in ring.drain(..) {
        if kept.last() == Some(&at) {
            continue;
        }
        if kept.len() >= 2 && kept[kept.len() - 2] == at {
            kept.pop();
            spikes += usize::from(!is_going_back);
            is_going_back = true;
        } else {
            kept.push(at);
            is_going_back = false;
        }
    }
    // where the ring starts
    let (mut start, mut end) = (0, kept.len());
    loop {
        let now = (start, end);
        if end - start > 1 && kept[start] == kept[end - 1] {
            end -= 1;
        }
        if end - start > 2 && kept[start + 1] == kept[end - 1] {
            (start, spikes) = (start + 1, spikes + 1);
        } else if end - start > 2 && kept[start] == kept[end - 2] {
            (end, spikes) = (end - 1, spikes + 1);
        }
        if now == (start, end) {
            break;
        }
    }
    *ring = kept[start..end].to_vec();
    ring.extend(ring.first().copied());
    spikes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(list: &[(f64, f64)]) -> Vec<Coord<f64>> {
        list.iter().map(|(x, y)| Coord { x: *x, y: *y }).collect()
    }

    #[test]
    fn spikes_are_cut_wherever_they_stand() {
        let square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)];
        for (what, list) in [
            ("at a corner", vec![(0.0, 0.0), (4.0, 0.0), (6.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]),
            (
                "over two corners",
                vec![
                    (0.0, 0.0),
                    (4.0, 0.0),
                    (6.0, 0.0),
                    (7.0, 1.0),
                    (6.0, 0.0),
                    (4.0, 0.0),
                    (4.0, 4.0),
                    (0.0, 4.0),
                    (0.0, 0.0),
                ],
            ),
            (
                "where it starts",
                vec![(-1.0, 0.0), (0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0), (-1.0, 0.0)],
            ),
            (
                "with its end twice",
                vec![(0.0, 0.0), (4.0, 0.0), (6.0, 0.0), (6.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)],
            ),
        ] {
            let Found { geometry, told } = found(Raw::Polygon(vec![ring(&list)]), Made::default()).unwrap();
            let Some(Geometry::Polygon(polygon)) = geometry else { panic!("{what}") };
            assert_eq!(polygon.exterior().0, ring(&square), "{what}");
            assert_eq!(told[0].code, "spike", "{what}");
        }
        assert!(is_plain(&ring(&square)));
    }

    #[test]
    fn rings_that_enclose_nothing_are_broken() {
        for list in [
            vec![(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (0.0, 0.0)],
            vec![(0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (0.0, 0.0)],
            vec![(0.0, 0.0), (1.0, 0.0), (2.0, 1.0), (1.0, 0.0), (0.0, 0.0)],
            vec![(1.0, 1.0), (1.0, 1.0), (1.0, 1.0), (1.0, 1.0)],
        ] {
            assert!(found(Raw::Polygon(vec![ring(&list)]), Made::default()).is_err(), "{list:?}");
        }
    }
}
