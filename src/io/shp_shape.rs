//! What a record of a `.shp` holds (ESRI Shapefile Technical Description, 1998): positions, parts and rings; Z and M are left out.

use geo_types::Coord;

use crate::io::parts::Raw;
use crate::io::ring_roles;
use crate::io::ring_roles::Against;

/// A shape.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// `None` for a null shape.
    pub raw: Option<Raw>,
    /// How many rings run otherwise than their roles want.
    pub against: Against,
}

/// The shape in the bytes of a record.
/// # Errors
/// What is wrong: bytes that break off, types that are not known, parts that are not in order.
pub(super) fn shape(bytes: &[u8]) -> Result<Shape, String> {
    let whole = |at: usize| -> Result<i32, String> {
        let four = bytes.get(at..at + 4).and_then(|four| four.first_chunk::<4>());
        four.map(|four| i32::from_le_bytes(*four)).ok_or_else(|| "the shape breaks off".to_owned())
    };
    let count = |at: usize| usize::try_from(whole(at)?).map_err(|_| "the shape has fewer than no positions".to_owned());
    let positions = |at: usize, count: usize| -> Result<Vec<Coord<f64>>, String> {
        let end = count.checked_mul(16).and_then(|size| size.checked_add(at));
        let bytes = end.and_then(|end| bytes.get(at..end)).ok_or_else(|| {
            format!("the shape breaks off: {count} positions are promised, and {} bytes are there", bytes.len())
        })?;
        let (numbers, _) = bytes.as_chunks::<8>();
        let (pairs, _) = numbers.as_chunks::<2>();
        Ok(pairs.iter().map(|[x, y]| Coord { x: f64::from_le_bytes(*x), y: f64::from_le_bytes(*y) }).collect())
    };
    // behind the type stands the box, four numbers
    const BEHIND_BOX: usize = 36;
    let parts = || -> Result<Vec<Vec<Coord<f64>>>, String> {
        let (parts, total) = (count(BEHIND_BOX)?, count(BEHIND_BOX + 4)?);
        let first = BEHIND_BOX + 8;
        let behind = parts.checked_mul(4).and_then(|size| size.checked_add(first)).unwrap_or(usize::MAX);
        if behind > bytes.len() {
            return Err(format!(
                "the shape breaks off: {parts} parts are promised, and {} bytes are there",
                bytes.len()
            ));
        }
        let all = positions(behind, total)?;
        let starts: Vec<usize> = (0..parts).map(|nth| count(first + 4 * nth)).collect::<Result<_, _>>()?;
        let mut found = Vec::with_capacity(parts);
        for (nth, start) in starts.iter().enumerate() {
            let end = starts.get(nth + 1).copied().unwrap_or(all.len());
            found.push(all.get(*start..end).ok_or("the parts of the shape are not in order")?.to_vec());
        }
        if starts.first().is_some_and(|first| *first > 0) || (starts.is_empty() && !all.is_empty()) {
            return Err("some positions belong to no part".to_owned());
        }
        Ok(found)
    };
    let mut against = Against::default();
    let raw = match whole(0)? {
        0 => None,
        1 | 11 | 21 => positions(4, 1)?.first().map(|at| Raw::Point(*at)),
        8 | 18 | 28 => {
            let points = positions(BEHIND_BOX + 4, count(BEHIND_BOX)?)?;
            Some(Raw::Several(points.into_iter().map(Raw::Point).collect()))
        }
        3 | 13 | 23 => {
            let mut lines = parts()?;
            Some(match lines.len() {
                1 => Raw::Line(lines.remove(0)),
                _ => Raw::Several(lines.into_iter().map(Raw::Line).collect()),
            })
        }
        5 | 15 | 25 => {
            let (mut polygons, found) = ring_roles::assembled(parts()?);
            against = found;
            Some(match polygons.len() {
                1 => polygons.remove(0),
                _ => Raw::Several(polygons),
            })
        }
        31 => return Err("a multipatch is not used; give polygons, lines or points".to_owned()),
        other => return Err(format!("a shape of type {other} does not exist")),
    };
    Ok(Shape { raw, against })
}
