//! Geometries in well-known binary (OGC 06-103r4, 8.2; ISO and extended forms), as GeoPackage and PostGIS hold them.

use geo::CoordsIter;
use geo_traits::CoordTrait;
use geo_traits::GeometryTrait;
use geo_traits::GeometryType;
use geo_traits::LineStringTrait;
use geo_traits::MultiPolygonTrait;
use geo_traits::PolygonTrait;
use geo_traits::to_geo::ToGeoGeometry;
use geo_types::Geometry;

/// The geometry of some well-known binary, Z and M left out; `None` for an empty one.
/// # Errors
/// What is wrong: bytes that break off, curves, collections, a ring that is too short or open, numbers that are not finite.
pub(super) fn geometry(bytes: &[u8]) -> Result<Option<Geometry<f64>>, String> {
    let parsed = ::wkb::reader::read_wkb(bytes).map_err(|error| format!("is not well-known binary: {error}"))?;
    match parsed.as_type() {
        GeometryType::Polygon(polygon) => rings(polygon)?,
        GeometryType::MultiPolygon(polygons) => polygons.polygons().try_for_each(|polygon| rings(&polygon))?,
        GeometryType::GeometryCollection(_) => {
            return Err("a GEOMETRYCOLLECTION is not used; give polygons, lines or points".to_owned());
        }
        _ => {}
    }
    let Some(geometry) = parsed.try_to_geometry() else { return Ok(None) };
    sound(geometry)
}

/// The geometry, if its numbers are finite; `None` for an empty one.
/// # Errors
/// What is wrong.
pub(super) fn sound(geometry: Geometry<f64>) -> Result<Option<Geometry<f64>>, String> {
    if geometry.coords_count() == 0 {
        return Ok(None);
    }
    if geometry.coords_iter().all(|at| at.x.is_finite() && at.y.is_finite()) {
        Ok(Some(geometry))
    } else {
        Err("the geometry holds coordinates that are not finite numbers".to_owned())
    }
}

/// Whether the rings of a polygon are closed: the way into the model would close them without a word.
fn rings(polygon: &impl PolygonTrait<T = f64>) -> Result<(), String> {
    polygon.exterior().map_or(Ok(()), |exterior| ring(&exterior))?;
    polygon.interiors().try_for_each(|interior| ring(&interior))
}

/// Whether a ring has four positions at least, and ends where it starts.
/// # Errors
/// What is wrong.
pub(super) fn ring(ring: &impl LineStringTrait<T = f64>) -> Result<(), String> {
    let count = ring.num_coords();
    if count < 4 {
        return Err(format!("a ring has {count} positions where at least four are wanted"));
    }
    let ends = [ring.coord(0), ring.coord(count - 1)].map(|at| at.map(|at| at.x_y()));
    if ends[0] == ends[1] { Ok(()) } else { Err("a ring does not end where it starts".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
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
            ("extended, with the number of a CRS", "0101000020E6100000 000000000000F03F 0000000000000040"),
            ("extended Z", "0101000080 000000000000F03F 0000000000000040 0000000000000840"),
        ] {
            assert_eq!(geometry(&bytes(hex)), Ok(want.clone()), "{form}");
        }
        assert_eq!(geometry(&bytes("0101000000 000000000000F87F 000000000000F87F")), Ok(None), "an empty point");
    }

    #[test]
    fn bytes_that_lie_are_refused() {
        for (what, hex) in [
            ("nothing", ""),
            ("breaks off", "0101000000 000000000000F03F"),
            ("four thousand million positions", "0102000000 FFFFFFFF 000000000000F03F 0000000000000040"),
            ("four thousand million polygons", "0106000000 FFFFFFFF"),
            ("a curve", "0108000000 00000000"),
            ("a collection", "0107000000 00000000"),
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
    }
}
