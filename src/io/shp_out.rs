//! A table as a shapefile: `.shp`, `.shx`, `.dbf`, `.prj`, `.cpg`, and the whole field names in `.fields.csv`.
//!
//! After the ESRI Shapefile Technical Description (July 1998).

use std::path::Path;

use geo_types::Coord;
use geo_types::LineString;
use geo_types::Rect;

use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::io::dbf_out;
use crate::io::dbf_out::MOST_BYTES;
use crate::io::sound;
use crate::io::sound::Shape;
use crate::table::GeometryKind;
use crate::table::OutputCrs;
use crate::table::Table;

/// Endings of the files beside a `.shp`.
pub(super) const BESIDE: [&str; 5] = ["shx", "dbf", "prj", "cpg", "fields.csv"];
/// Endings of files that other programs made of the shapes that stood there before: indexes, and a second `.prj`. With other
/// shapes they would be wrong, and some programs would find the wrong shapes by them.
const STALE: [&str; 5] = ["qix", "sbn", "sbx", "idx", "qpj"];

/// Bytes of the header of `.shp` and `.shx`.
const HEADER: u64 = 100;

/// Writes one table with the files beside it, all or none, replacing what is there and dropping the indexes of what was.
///
/// Exterior rings run clockwise, holes counter-clockwise, each after the exterior it lies in. For the attributes see
/// [`dbf_out::write`]. A table without rows is a layer without shapes.
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when the table is not sound, has no geometry, or does not fit the format; the
/// errors of [`atomic::write_together`].
pub(super) fn write(path: &Path, table: &Table) -> Result<(), WriteError> {
    let refuse = |what: String| WriteError::Table { table: table.name.clone(), what };
    let kind: u32 = match table.geometry {
        GeometryKind::Point => 1,
        GeometryKind::MultiLineString => 3,
        GeometryKind::MultiPolygon => 5,
        GeometryKind::None => {
            let what = "has no geometry, and a shapefile is made of shapes; write .dbf, .xlsx or .csv instead";
            return Err(refuse(what.to_owned()));
        }
    };
    let [dbf, cpg, fields] = dbf_out::files(path, table, None)?;
    let (mut shapes, mut index) = (Vec::new(), Vec::new());
    let mut around: Option<Rect<f64>> = None;
    for at in 0..table.rows.len() {
        let Some(shape) = sound::shape_of(table, at)? else { continue };
        let content = record(kind, &shape);
        // offsets and lengths count 16-bit words
        let length = (content.len() as u32 / 2).to_be_bytes();
        index.extend(((HEADER as u32 + shapes.len() as u32) / 2).to_be_bytes());
        index.extend(length);
        shapes.extend((at as u32 + 1).to_be_bytes());
        shapes.extend(length);
        shapes.extend(content);
        if HEADER + shapes.len() as u64 > MOST_BYTES {
            return Err(refuse(
                "has more shapes than the 2 GiB of a shapefile take; write a GeoPackage instead".to_owned(),
            ));
        }
        let bounds = shape.bounds();
        around = Some(around.map_or(bounds, |so_far| sound::enclosing(so_far, bounds)));
    }
    let whole = |records: Vec<u8>| [header(kind, records.len(), around), records].concat();
    let beside = |ending: &str| path.with_extension(ending);
    let files = [
        (beside("shx"), whole(index)),
        dbf,
        (beside("prj"), prj(table.crs).as_bytes().to_vec()),
        cpg,
        fields,
        // last: who finds it finds the others
        (path.to_owned(), whole(shapes)),
    ];
    atomic::write_together(&files, &STALE.map(beside))
}

fn header(kind: u32, records: usize, around: Option<Rect<f64>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER as usize);
    out.extend(9994_u32.to_be_bytes());
    out.extend([0; 20]);
    out.extend(((HEADER as u32 + records as u32) / 2).to_be_bytes());
    out.extend(1000_u32.to_le_bytes());
    out.extend(kind.to_le_bytes());
    rectangle(&mut out, around.unwrap_or(Rect::new((0.0, 0.0), (0.0, 0.0))));
    // no heights and measures
    out.extend([0; 32]);
    out
}

fn rectangle(out: &mut Vec<u8>, around: Rect<f64>) {
    position(out, around.min());
    position(out, around.max());
}

fn position(out: &mut Vec<u8>, at: Coord<f64>) {
    out.extend(at.x.to_le_bytes());
    out.extend(at.y.to_le_bytes());
}

/// The content of one record.
fn record(kind: u32, shape: &Shape) -> Vec<u8> {
    let parts: Vec<Vec<Coord<f64>>> = match shape {
        Shape::Point(point) => {
            let mut out = kind.to_le_bytes().to_vec();
            position(&mut out, point.0);
            return out;
        }
        Shape::Lines(lines) => lines.0.iter().map(|line| line.0.clone()).collect(),
        // the rings of a shape run the other way round: exteriors counter-clockwise
        Shape::Polygons(polygons) => polygons
            .0
            .iter()
            .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
            .filter(|ring| is_ring(ring))
            .map(|ring| ring.0.iter().rev().copied().collect())
            .collect(),
    };
    let mut out = kind.to_le_bytes().to_vec();
    rectangle(&mut out, shape.bounds());
    out.extend((parts.len() as u32).to_le_bytes());
    out.extend((parts.iter().map(Vec::len).sum::<usize>() as u32).to_le_bytes());
    let mut start = 0_u32;
    for part in &parts {
        out.extend(start.to_le_bytes());
        start += part.len() as u32;
    }
    parts.iter().flatten().for_each(|at| position(&mut out, *at));
    out
}

/// Whether a ring has positions enough for an area; a hole that has not would be a part that no program reads.
fn is_ring(ring: &LineString<f64>) -> bool {
    ring.0.len() >= 4
}

/// The CRS in the words of ESRI, which every program reads.
fn prj(crs: OutputCrs) -> &'static str {
    match crs {
        OutputCrs::Wgs84 => concat!(
            r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],"#,
            r#"PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#,
        ),
        OutputCrs::Cgcs2000 => concat!(
            r#"GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],"#,
            r#"PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#,
        ),
    }
}
