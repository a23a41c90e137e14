//! Geometries across the 180th meridian, cut there into parts on either side, as RFC 7946 (3.1.9) has it and GIS programs draw them.

use geo::BooleanOps;
use geo::BoundingRect;
use geo::MapCoords;
use geo::Translate;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;
use geo_types::Rect;

use crate::table::Table;

/// Cuts every line and area of the tables, in degrees, that a side leaps over more than 180 degrees of longitude; others stay as they are.
pub(super) fn cut_all(tables: &mut [Table]) {
    for geometry in tables.iter_mut().flat_map(|table| &mut table.rows).filter_map(|row| row.geometry.as_mut()) {
        if let Some(parts) = cut(geometry) {
            *geometry = parts;
        }
    }
}

/// The parts; `None` for what crosses nothing.
fn cut(geometry: &Geometry<f64>) -> Option<Geometry<f64>> {
    match geometry {
        Geometry::LineString(line) => lines(std::slice::from_ref(line)).map(Geometry::MultiLineString),
        Geometry::MultiLineString(many) => lines(&many.0).map(Geometry::MultiLineString),
        Geometry::Polygon(area) => areas(std::slice::from_ref(area)).map(Geometry::MultiPolygon),
        Geometry::MultiPolygon(many) => areas(&many.0).map(Geometry::MultiPolygon),
        _ => None,
    }
}

fn leaps(line: &LineString<f64>) -> bool {
    line.0.windows(2).any(|ends| (ends[1].x - ends[0].x).abs() > 180.0)
}

/// Longitudes without leaps: past 180 on the other side, from a start between 0 and 360.
fn unrolled(line: &LineString<f64>) -> LineString<f64> {
    let mut last: Option<f64> = None;
    let corner = |at: &Coord<f64>| {
        let near = last.unwrap_or(180.0);
        let x = at.x - ((at.x - near) / 360.0).round() * 360.0;
        last = Some(x);
        Coord { x, y: at.y }
    };
    LineString(line.0.iter().map(corner).collect())
}

fn lines(all: &[LineString<f64>]) -> Option<MultiLineString<f64>> {
    if !all.iter().any(leaps) {
        return None;
    }
    let mut parts = Vec::new();
    for line in all {
        if !leaps(line) {
            parts.push(line.clone());
            continue;
        }
        let line = unrolled(line);
        let mut part: Vec<Coord<f64>> = Vec::new();
        let mut turn = 0.0;
        for at in &line.0 {
            // so many times past 180: 0 on the eastern side, 1 behind it
            let here = ((at.x + 180.0) / 360.0).floor() * 360.0;
            if let Some(last) = part.last().copied().filter(|_| here != turn) {
                let edge = turn.max(here) - 180.0;
                let from = last.x + turn;
                let share = if at.x == from { 0.0 } else { (edge - from) / (at.x - from) };
                let y = last.y + share * (at.y - last.y);
                part.push(Coord { x: edge - turn, y });
                parts.push(LineString(std::mem::take(&mut part)));
                part.push(Coord { x: edge - here, y });
            }
            turn = here;
            part.push(Coord { x: at.x - here, y: at.y });
        }
        parts.push(LineString(part));
    }
    parts.iter_mut().for_each(|part| part.0.dedup());
    parts.retain(|part| part.0.len() > 1);
    Some(MultiLineString(parts))
}

fn areas(all: &[Polygon<f64>]) -> Option<MultiPolygon<f64>> {
    let rings = |area: &Polygon<f64>| std::iter::once(area.exterior()).chain(area.interiors()).any(leaps);
    if !all.iter().any(rings) {
        return None;
    }
    let side = |from: f64| Rect::new((from, -91.0), (from + 360.0, 91.0)).to_polygon();
    let mut parts = Vec::new();
    for area in all {
        if !rings(area) {
            parts.push(area.clone());
            continue;
        }
        let whole = Polygon::new(unrolled(area.exterior()), area.interiors().iter().map(unrolled).collect());
        let Some(around) = whole.bounding_rect() else { continue };
        for turn in [-360.0, 0.0, 360.0] {
            if around.min().x < turn + 180.0 && around.max().x > turn - 180.0 {
                let part = whole.intersection(&side(turn - 180.0)).translate(-turn, 0.0);
                // the intersection is found on a grid, a hair beside
                parts.extend(part.map_coords(|at| Coord { x: at.x.clamp(-180.0, 180.0), y: at.y }));
            }
        }
    }
    Some(MultiPolygon(parts))
}

#[cfg(test)]
mod tests {
    use geo::Area;
    use geo_types::line_string;
    use geo_types::polygon;

    use super::*;

    #[test]
    fn what_crosses_is_cut_and_nothing_is_lost() {
        // RFC 7946, 3.1.9: a line from 45° N 170° E across the antimeridian to 45° N 170° W
        let line = Geometry::LineString(line_string![(x: 170.0, y: 45.0), (x: -170.0, y: 47.0)]);
        let Some(Geometry::MultiLineString(parts)) = cut(&line) else { panic!("not cut") };
        let corners: Vec<Vec<(f64, f64)>> =
            parts.0.iter().map(|part| part.0.iter().map(|at| (at.x, at.y)).collect()).collect();
        assert_eq!(corners, [[(170.0, 45.0), (180.0, 46.0)], [(-180.0, 46.0), (-170.0, 47.0)]]);
        let ring = polygon![(x: 179.0, y: 0.0), (x: -179.0, y: 0.0), (x: -179.0, y: 2.0), (x: 179.0, y: 2.0)];
        let Some(Geometry::MultiPolygon(parts)) = cut(&Geometry::Polygon(ring)) else { panic!("not cut") };
        let spans: Vec<(f64, f64)> =
            parts.0.iter().filter_map(|part| part.bounding_rect().map(|rect| (rect.min().x, rect.max().x))).collect();
        assert_eq!(spans, [(179.0, 180.0), (-180.0, -179.0)]);
        assert!((parts.unsigned_area() - 4.0).abs() < 1e-9);
        assert_eq!(cut(&Geometry::LineString(line_string![(x: 1.0, y: 1.0), (x: 170.0, y: 1.0)])), None);
    }
}
