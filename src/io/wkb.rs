//! Geometries in well-known binary (OGC 06-103r4, 8.2; ISO/IEC 13249-3, the types up to 17; the extended form of PostGIS), as
//! GeoPackage, GeoParquet, PostGIS and columns in hexadecimal digits hold them.
//!
//! Read here and not by a crate: the one there is masks the code of the type with 7, and takes the types above for others.

use geo_types::Coord;

use crate::io::curves;
use crate::io::parts;
use crate::io::parts::DEEPEST;
use crate::io::parts::Found;
use crate::io::parts::Made;
use crate::io::parts::Raw;

/// The geometry of some well-known binary, Z and M left out, arcs as straight lines, surfaces as polygons.
/// # Errors
/// What is wrong: bytes that break off, types that are not known, and what no format may have (`io::parts`).
pub(super) fn geometry(bytes: &[u8]) -> Result<Found, String> {
    let mut reader = Reader { bytes, at: 0, made: Made::default() };
    let raw = reader.geometry(0).map_err(|what| format!("is not well-known binary: {what}"))?;
    parts::found(raw, reader.made)
}

/// What a type is called; `None` for a code that no standard has.
pub(super) fn type_name(code: u32) -> Option<&'static str> {
    const NAMES: [&str; 18] = [
        "GEOMETRY",
        "POINT",
        "LINESTRING",
        "POLYGON",
        "MULTIPOINT",
        "MULTILINESTRING",
        "MULTIPOLYGON",
        "GEOMETRYCOLLECTION",
        "CIRCULARSTRING",
        "COMPOUNDCURVE",
        "CURVEPOLYGON",
        "MULTICURVE",
        "MULTISURFACE",
        "CURVE",
        "SURFACE",
        "POLYHEDRALSURFACE",
        "TIN",
        "TRIANGLE",
    ];
    NAMES.get(code as usize).copied()
}

/// Types that a geometry of a type may hold, by code; `None` for those that hold positions.
pub(super) fn members(code: u32) -> Option<&'static [u32]> {
    Some(match code {
        4 => &[1],
        5 => &[2],
        6 => &[3],
        7 => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 17],
        9 => &[2, 8],
        10 => &[2, 8, 9],
        11 => &[2, 8, 9],
        12 => &[3, 10],
        15 => &[3, 17],
        16 => &[17, 3],
        _ => return None,
    })
}

/// The pieces of a COMPOUNDCURVE as one line.
/// # Errors
/// Where one does not start where the one before ends.
pub(super) fn joined(pieces: Vec<Raw>) -> Result<Vec<Coord<f64>>, String> {
    let mut line: Vec<Coord<f64>> = Vec::new();
    for piece in pieces {
        let Raw::Line(piece) = piece else { return Err("a piece of a COMPOUNDCURVE is no line".to_owned()) };
        match (line.last(), piece.first()) {
            (_, None) => {}
            (None, Some(_)) => line = piece,
            (Some(end), Some(start)) if end == start => line.extend(&piece[1..]),
            _ => return Err("the pieces of a COMPOUNDCURVE do not join".to_owned()),
        }
    }
    Ok(line)
}

/// Members put together by the type that holds them.
/// # Errors
/// What is wrong with a compound curve.
pub(super) fn held(code: u32, members: Vec<Raw>, made: &mut Made) -> Result<Raw, String> {
    Ok(match code {
        9 => Raw::Line(joined(members)?),
        10 => {
            let ring = |member| if let Raw::Line(ring) = member { ring } else { Vec::new() };
            Raw::Polygon(members.into_iter().map(ring).collect())
        }
        7 => Raw::Collection(members),
        15 | 16 => {
            made.of_faces = type_name(code);
            Raw::Several(members)
        }
        _ => Raw::Several(members),
    })
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    made: Made,
}

/// The header of a geometry.
struct Head {
    is_little: bool,
    code: u32,
    /// Numbers of a position.
    numbers: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (taken, _) = rest.split_first_chunk::<N>().ok_or("it breaks off")?;
        self.at += N;
        Ok(*taken)
    }

    fn whole(&mut self, is_little: bool) -> Result<u32, String> {
        let four = self.take::<4>()?;
        Ok(if is_little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
    }

    /// How many of something come, each of which takes `least` bytes at least.
    fn count(&mut self, is_little: bool, least: usize) -> Result<usize, String> {
        let count = self.whole(is_little)? as usize;
        let left = self.bytes.len() - self.at;
        if count.checked_mul(least).is_none_or(|bytes| bytes > left) {
            return Err(format!("it breaks off: {count} members are promised, and {left} bytes are there"));
        }
        Ok(count)
    }

    fn head(&mut self) -> Result<Head, String> {
        const Z: u32 = 0x8000_0000;
        const M: u32 = 0x4000_0000;
        const SRID: u32 = 0x2000_0000;
        let is_little = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            [other] => return Err(format!("byte order {other} does not exist")),
        };
        let said = self.whole(is_little)?;
        let low = said & !(Z | M | SRID);
        let (code, form) = (low % 1000, low / 1000);
        if form > 3 || type_name(code).is_none() {
            return Err(format!("a geometry of type {said} does not exist"));
        }
        if said & SRID != 0 {
            self.whole(is_little)?;
        }
        let has_z = said & Z != 0 || form == 1 || form == 3;
        let has_m = said & M != 0 || form >= 2;
        Ok(Head { is_little, code, numbers: 2 + usize::from(has_z) + usize::from(has_m) })
    }

    fn position(&mut self, head: &Head) -> Result<Coord<f64>, String> {
        let mut number = || {
            let eight = self.take::<8>()?;
            Ok::<f64, String>(if head.is_little { f64::from_le_bytes(eight) } else { f64::from_be_bytes(eight) })
        };
        let at = Coord { x: number()?, y: number()? };
        for _ in 2..head.numbers {
            number()?;
        }
        Ok(at)
    }

    fn positions(&mut self, head: &Head) -> Result<Vec<Coord<f64>>, String> {
        let count = self.count(head.is_little, 8 * head.numbers)?;
        (0..count).map(|_| self.position(head)).collect()
    }

    fn geometry(&mut self, depth: usize) -> Result<Raw, String> {
        let head = self.head()?;
        self.body(&head, depth)
    }

    fn body(&mut self, head: &Head, depth: usize) -> Result<Raw, String> {
        if depth > DEEPEST {
            return Err(format!("more than {DEEPEST} geometries lie within each other"));
        }
        if let Some(allowed) = members(head.code) {
            let name = type_name(head.code).unwrap_or_default();
            let count = self.count(head.is_little, 5)?;
            let mut members = Vec::with_capacity(count);
            for _ in 0..count {
                let member = self.head()?;
                if !allowed.contains(&member.code) {
                    let held = type_name(member.code).unwrap_or_default();
                    return Err(format!("a {name} holds a {held}"));
                }
                members.push(self.body(&member, depth + 1)?);
            }
            return held(head.code, members, &mut self.made);
        }
        Ok(match head.code {
            1 => Raw::Point(self.position(head)?),
            2 => Raw::Line(self.positions(head)?),
            8 => {
                let positions = self.positions(head)?;
                self.made.of_arcs |= !positions.is_empty();
                Raw::Line(curves::straightened(&positions)?)
            }
            3 | 17 => {
                let count = self.count(head.is_little, 4)?;
                Raw::Polygon((0..count).map(|_| self.positions(head)).collect::<Result<_, _>>()?)
            }
            code => {
                let name = type_name(code).unwrap_or_default();
                return Err(format!(
                    "a {name} by itself does not exist in a file; bring the file into simple types: ogr2ogr -nlt CONVERT_TO_LINEAR"
                ));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::Geometry;
    use geo_types::Point;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
        digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
    }

    #[test]
    fn points_of_all_forms_are_read() {
        let want = Some(Geometry::Point(Point::new(1.0, 2.0)));
        for (form, hex) in [
            ("little endian", "0101000000 000000000000F03F 0000000000000040"),
            ("big endian", "0000000001 3FF0000000000000 4000000000000000"),
            ("ISO Z", "01E9030000 000000000000F03F 0000000000000040 0000000000000840"),
            ("ISO M", "01D1070000 000000000000F03F 0000000000000040 0000000000000840"),
            ("ISO ZM", "01B90B0000 000000000000F03F 0000000000000040 0000000000000840 0000000000000840"),
            ("extended, with the number of a CRS", "0101000020E6100000 000000000000F03F 0000000000000040"),
            ("extended Z", "0101000080 000000000000F03F 0000000000000040 0000000000000840"),
            ("extended ZM", "01010000C0 000000000000F03F 0000000000000040 0000000000000840 0000000000000840"),
        ] {
            assert_eq!(geometry(&bytes(hex)).map(|found| found.geometry), Ok(want.clone()), "{form}");
        }
        let empty = geometry(&bytes("0101000000 000000000000F87F 000000000000F87F"));
        assert_eq!(empty, Ok(Found::default()), "an empty point");
    }

    #[test]
    fn bytes_that_lie_are_refused() {
        for (what, hex) in [
            ("nothing", ""),
            ("breaks off", "0101000000 000000000000F03F"),
            ("four thousand million positions", "0102000000 FFFFFFFF 000000000000F03F 0000000000000040"),
            ("four thousand million polygons", "0106000000 FFFFFFFF"),
            ("type 18", "0112000000 00000000"),
            ("type 14, which is abstract", "010E000000 00000000"),
            ("points in a MULTIPOLYGON", "0106000000 01000000 0101000000 000000000000F03F 0000000000000040"),
            ("byte order 7", "0701000000 000000000000F03F 0000000000000040"),
            (
                "an open ring",
                "0103000000 01000000 04000000 0000000000000000 0000000000000000 000000000000F03F \
              0000000000000000 000000000000F03F 000000000000F03F 0000000000000000 000000000000F03F",
            ),
            ("infinity", "0101000000 000000000000F07F 0000000000000040"),
        ] {
            assert!(geometry(&bytes(hex)).is_err(), "{what}");
        }
        // collections within collections
        let deep: String = "010700000001000000".repeat(100_000);
        assert!(geometry(&bytes(&deep)).is_err());
    }
}
