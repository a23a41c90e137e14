//! Where a record of a table without geometry lies: two columns of coordinates, or one of well-known text or binary.

use geo_types::Geometry;
use geo_types::Point;

use crate::io::parts::Found;
use crate::io::read::ReadRequest;
use crate::io::wkb;
use crate::io::wkt;
use crate::table::Record;
use crate::table::Value;
use crate::table::half_width;

/// Usual names of columns that hold a place, in lower case.
const X_NAMES: [&str; 8] = ["lon", "lng", "long", "longitude", "x", "经度", "easting", "东坐标"];
const Y_NAMES: [&str; 7] = ["lat", "latitude", "y", "纬度", "northing", "北坐标", "latitud"];
const WKT_NAMES: [&str; 6] = ["wkt", "geometry", "geom", "the_geom", "wkb_geometry", "wkb"];

/// Where a record's place stands.
pub(super) enum PlaceColumns {
    None,
    Xy(usize, usize),
    Wkt(usize),
}

/// Which columns hold the place: those that were asked for, else those with the usual names.
/// # Errors
/// A column that was asked for is not there, or the request contradicts itself.
pub(super) fn columns(request: &ReadRequest<'_>, names: &[String]) -> Result<PlaceColumns, String> {
    let find = |wanted: &str| {
        names.iter().position(|name| name == wanted).ok_or_else(|| {
            let nearest = names
                .iter()
                .map(|name| (strsim::damerau_levenshtein(name, wanted), name))
                .min()
                .filter(|(edits, _)| *edits <= 2)
                .map(|(_, name)| format!("; did you mean \"{name}\"?"))
                .unwrap_or_default();
            format!("has no column \"{wanted}\"{nearest} (columns: {})", names.join(", "))
        })
    };
    match (request.wkt, request.x, request.y) {
        (Some(wkt), None, None) => return Ok(PlaceColumns::Wkt(find(wkt)?)),
        (None, Some(x), Some(y)) => return Ok(PlaceColumns::Xy(find(x)?, find(y)?)),
        (None, None, None) => {}
        (Some(_), ..) => return Err("give either wkt or x and y, not both".to_owned()),
        _ => return Err("x and y go together; give both".to_owned()),
    }
    let usual = |usual: &[&str]| names.iter().position(|name| usual.contains(&name.to_lowercase().as_str()));
    Ok(match (usual(&WKT_NAMES), usual(&X_NAMES), usual(&Y_NAMES)) {
        (_, Some(x), Some(y)) => PlaceColumns::Xy(x, y),
        (Some(wkt), ..) => PlaceColumns::Wkt(wkt),
        _ => PlaceColumns::None,
    })
}

/// The place of a record, or a code, a column and what is wrong with it.
pub(super) fn geometry(place: &PlaceColumns, record: &Record) -> Result<Found, (&'static str, usize, String)> {
    match place {
        PlaceColumns::None => Ok(Found::default()),
        PlaceColumns::Xy(x, y) => {
            let number = |at: usize| match record.value(at) {
                Value::Null => Err(("no-geometry", at, "the coordinate is empty".to_owned())),
                value => value.as_f64().ok_or_else(|| ("bad-geometry", at, format!("\"{value}\" is not a coordinate"))),
            };
            let geometry = Some(Geometry::Point(Point::new(number(*x)?, number(*y)?)));
            Ok(Found { geometry, told: Vec::new() })
        }
        PlaceColumns::Wkt(at) => match record.value(*at) {
            Value::Null => Err(("no-geometry", *at, "the geometry is empty".to_owned())),
            value => well_known(&half_width(&value.to_string())).map_err(|what| ("bad-geometry", *at, what)),
        },
    }
}

/// Well-known binary in hexadecimal digits, as PostGIS prints it; `None` for anything else. No text begins so: its first word has letters
/// beyond F.
fn binary(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim();
    let digits = digits.strip_prefix("\\x").or_else(|| digits.strip_prefix("0x")).unwrap_or(digits).as_bytes();
    let is_binary = digits.len() >= 10 && digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit);
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    is_binary.then(|| digits.chunks_exact(2).map(|two| digit(two[0]) << 4 | digit(two[1])).collect())
}

/// The geometry of a well-known text, or of well-known binary in hexadecimal digits.
fn well_known(text: &str) -> Result<Found, String> {
    let found = match binary(text) {
        Some(bytes) => wkb::geometry(&bytes)?,
        None => wkt::geometry(text)?,
    };
    if found.geometry.is_none() { Err("the geometry is empty".to_owned()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_in_hexadecimal_digits_is_a_geometry() {
        // Python's struct.pack: ("<BIIdd", 1, 0x20000001, 4490, 118.5, 32), the extended form with an SRID; ("<BIdd", 1, 1, 118.5, 32);
        // (">BIdd", 0, 1, 118.5, 32)
        let point = Geometry::Point(Point::new(118.5, 32.0));
        for text in [
            "01010000208A1100000000000000A05D400000000000004040",
            "0x01010000000000000000a05d400000000000004040",
            "\\x0000000001405da000000000004040000000000000",
        ] {
            let got = well_known(text).map(|found| found.geometry);
            assert_eq!(got, Ok(Some(point.clone())), "{text}");
        }
        for (text, want) in
            [("0101000000", "well-known binary"), ("0101000020", "well-known binary"), ("POINT(1 2", "well-known text")]
        {
            let error = well_known(text).unwrap_err();
            assert!(error.contains(want), "{text}: {error}");
        }
    }
}
