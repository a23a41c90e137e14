//! A geometry as the bytes a GeoPackage holds, and as the well-known binary in them.

use geo_types::Coord;
use geo_types::LineString;
use geo_types::Rect;

use crate::io::sound::Shape;

/// The GeoPackage form of a geometry: header with the rectangle around it, then ISO WKB, both little endian.
pub(super) fn blob(shape: &Shape, around: Rect<f64>, srs_id: u32) -> Vec<u8> {
    let mut out = vec![b'G', b'P', 0, 3];
    out.extend(srs_id.to_le_bytes());
    for bound in [around.min().x, around.max().x, around.min().y, around.max().y] {
        out.extend(bound.to_le_bytes());
    }
    put(&mut out, shape);
    out
}

/// The geometry as ISO WKB, little endian.
#[cfg(any(feature = "geoparquet", feature = "postgis"))]
pub(super) fn wkb(shape: &Shape) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, shape);
    out
}

fn put(out: &mut Vec<u8>, shape: &Shape) {
    match shape {
        Shape::Point(point) => {
            head(out, 1);
            position(out, point.0);
        }
        Shape::Lines(lines) => {
            head(out, 5);
            count(out, lines.0.len());
            for line in &lines.0 {
                head(out, 2);
                positions(out, line);
            }
        }
        Shape::Polygons(polygons) => {
            head(out, 6);
            count(out, polygons.0.len());
            for polygon in &polygons.0 {
                head(out, 3);
                count(out, polygon.interiors().len() + 1);
                positions(out, polygon.exterior());
                polygon.interiors().iter().for_each(|ring| positions(out, ring));
            }
        }
    }
}

fn head(out: &mut Vec<u8>, kind: u32) {
    out.push(1);
    out.extend(kind.to_le_bytes());
}

fn count(out: &mut Vec<u8>, number: usize) {
    // A geometry of 2^32 positions does not fit into memory, nor into a blob of SQLite.
    out.extend((number as u32).to_le_bytes());
}

fn positions(out: &mut Vec<u8>, line: &LineString<f64>) {
    count(out, line.0.len());
    line.0.iter().for_each(|c| position(out, *c));
}

fn position(out: &mut Vec<u8>, c: Coord<f64>) {
    out.extend(c.x.to_le_bytes());
    out.extend(c.y.to_le_bytes());
}
