//! Where a record of a table without geometry lies: two columns of coordinates, one of pairs, or one of well-known text, binary or GeoJSON.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use geo_types::Geometry;
use geo_types::Point;
use serde_json::Value as Json;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::io::coordinates;
use crate::io::coordinates::Axis;
use crate::io::coordinates::Named;
use crate::io::coordinates::Order;
use crate::io::coordinates::Shifted;
use crate::io::coordinates::Written;
use crate::io::geojson::geometry::geometry_of;
use crate::io::parts::Found;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::wkb;
use crate::io::wkt;
use crate::table::Record;
use crate::table::Value;
use crate::table::half_width;

/// Usual names of columns that hold a geometry, in lower case.
const WKT_NAMES: [&str; 14] = [
    "wkt",
    "geometry",
    "geom",
    "the_geom",
    "wkb_geometry",
    "wkb",
    "geojson",
    ".geo",
    "shape",
    "geom_wkt",
    "wkt_geom",
    "geometry_wkt",
    "wkt_geometry",
    "shape_wkt",
];

/// Where a record's place stands.
pub(super) struct PlaceColumns {
    at: Where,
    /// What the names of the columns say of the datum.
    shifted: Shifted,
    /// Names of other columns that might have been taken.
    others: Vec<String>,
    /// Names of those that were.
    names: Vec<String>,
    seen: Seen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    None,
    /// Whether the columns say that they hold degrees.
    Xy(usize, usize, [bool; 2]),
    Wkt(usize),
    /// Both numbers in one column, in the order that its name says.
    Pair(usize, Option<Order>),
}

/// What turned up while places were read, to be told once.
#[derive(Default)]
struct Seen {
    /// The first text of each way of writing, and how many there are.
    written: Mutex<BTreeMap<Written, (String, u64)>>,
    /// The order that a pair showed for certain, and its record.
    order: Mutex<Option<(Order, u64)>>,
    srid: Mutex<Option<String>>,
    /// Records come in no order, so that none may say anything of another.
    in_parallel: bool,
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PlaceColumns {
    fn new(at: Where, names: &[String]) -> PlaceColumns {
        let columns: Vec<usize> = match at {
            Where::None => Vec::new(),
            Where::Xy(x, y, _) => vec![x, y],
            Where::Wkt(one) | Where::Pair(one, _) => vec![one],
        };
        let names: Vec<String> = columns.iter().filter_map(|at| names.get(*at).cloned()).collect();
        let shifted = |name: &String| {
            let pair = coordinates::pair_named(name).map(|(_, shifted)| shifted);
            coordinates::named(name).map(|found| found.shifted).or(pair).unwrap_or(Shifted::No)
        };
        let shifted = names.iter().map(shifted).max().unwrap_or(Shifted::No);
        PlaceColumns { at, shifted, others: Vec::new(), names, seen: Seen::default() }
    }

    /// The same for records that are read in no order.
    #[cfg(feature = "geoparquet")]
    pub(super) fn in_parallel(mut self) -> PlaceColumns {
        self.seen.in_parallel = true;
        self
    }

    /// None at all, of a layer with geometries of its own.
    #[cfg(feature = "geoparquet")]
    pub(super) fn none() -> PlaceColumns {
        PlaceColumns::new(Where::None, &[])
    }

    /// Whether there are any.
    pub(super) fn is_none(&self) -> bool {
        self.at == Where::None
    }

    /// The datum that the names say where it is a shifted one, as the config writes it.
    pub(super) fn shifted_key(&self) -> Option<&'static str> {
        self.shifted.key()
    }

    /// Tells once, when the file is read, how places were understood that are not two plain numbers in columns of usual names.
    pub(super) fn tell(&self, request: &ReadRequest<'_>, sink: &mut dyn Sink) {
        let mut tell = |severity, code, what: String| sink.issue(Issue::new(severity, code, request.shown, what));
        if let Some(key) = self.shifted.key() {
            let what = format!(
                "places are in {}, whose name says {}: write datum = \"{key}\", or datum = \"wgs-84\" where the name is wrong; they are off by \
                 hundreds of metres otherwise",
                self.names.join(" and "),
                key.to_uppercase()
            );
            tell(Severity::Warning, "datum-in-name", what);
        }
        if !self.others.is_empty() {
            let what = format!(
                "places are taken from {}; there are also {}",
                self.names.join(" and "),
                self.others.join(", ")
            );
            tell(Severity::Note, "several-places", what);
        }
        for (written, (first, count)) in locked(&self.seen.written).iter() {
            let (code, how) = match written {
                Written::Plain => continue,
                Written::DecimalComma => ("decimal-comma", "have a decimal comma"),
                Written::Thousands => ("written-number", "have their thousands set apart"),
                Written::Sexagesimal => ("sexagesimal", "are degrees, minutes and seconds"),
            };
            tell(Severity::Note, code, format!("{count} coordinates {how}, and are read so: {first}"));
        }
        if let (Some((order, record)), Where::Pair(_, None)) = (*locked(&self.seen.order), self.at) {
            let first = if order == Order::XFirst { "longitude" } else { "latitude" };
            let what = format!("{} holds pairs with the {first} first, as record {record} shows", self.names.join(""));
            tell(Severity::Note, "pair-order", what);
        }
        if let Some(srid) = &*locked(&self.seen.srid) {
            let what = format!("the geometries say SRID={srid}, which is not used; write crs = \"EPSG:{srid}\"");
            tell(Severity::Note, "srid-not-used", what);
        }
    }
}

/// Which columns hold the place: those that were asked for, else those with the usual names, the most usual first; columns whose names say
/// GCJ-02 or BD-09 come last.
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
    let order = |at: usize| coordinates::pair_named(&names[at]).and_then(|(order, _)| order);
    match (request.wkt, request.x, request.y) {
        (Some(wkt), None, None) => return Ok(PlaceColumns::new(Where::Wkt(find(wkt)?), names)),
        (None, Some(x), Some(y)) => {
            let (x, y) = (find(x)?, find(y)?);
            let degrees = [x, y].map(|at| coordinates::named(&names[at]).is_some_and(|found| found.degrees));
            let at = if x == y { Where::Pair(x, order(x)) } else { Where::Xy(x, y, degrees) };
            return Ok(PlaceColumns::new(at, names));
        }
        (None, None, None) => {}
        (Some(_), ..) => return Err("give either wkt or x and y, not both".to_owned()),
        _ => return Err("x and y go together; give both".to_owned()),
    }
    let axes: Vec<(usize, Named)> =
        names.iter().enumerate().filter_map(|(at, name)| Some((at, coordinates::named(name)?))).collect();
    if let Some((x, y)) = axes_of(&axes) {
        let degrees = [x, y].map(|(_, named)| named.degrees);
        let mut places = PlaceColumns::new(Where::Xy(x.0, y.0, degrees), names);
        let is_other = |at: &usize| *at != x.0 && *at != y.0;
        places.others = axes.iter().map(|(at, _)| *at).filter(is_other).map(|at| names[at].clone()).collect();
        return Ok(places);
    }
    let wkt = names.iter().position(|name| WKT_NAMES.contains(&name.to_lowercase().as_str()));
    let pair = || names.iter().position(|name| coordinates::pair_named(name).is_some());
    let at = wkt.map(Where::Wkt).or_else(|| pair().map(|at| Where::Pair(at, order(at)))).unwrap_or(Where::None);
    Ok(PlaceColumns::new(at, names))
}

/// The columns of x and y that belong together: of one datum, both of degrees or neither where there are such, the most usual names first.
fn axes_of(axes: &[(usize, Named)]) -> Option<((usize, Named), (usize, Named))> {
    let best = |axis: Axis, is: &dyn Fn(&Named) -> bool| {
        axes.iter()
            .filter(|(_, named)| named.axis == axis && is(named))
            .min_by_key(|(at, named)| (named.rank, *at))
            .copied()
    };
    let both = |is: &dyn Fn(&Named) -> bool| Some((best(Axis::X, is)?, best(Axis::Y, is)?));
    let shifts = [Shifted::No, Shifted::Gcj02, Shifted::Bd09];
    let alike = shifts.iter().flat_map(|shifted| {
        [true, false].map(|degrees| both(&move |named| named.shifted == *shifted && named.degrees == degrees))
    });
    let mixed = shifts.iter().map(|shifted| both(&move |named| named.shifted == *shifted));
    alike.flatten().min_by_key(|(x, y)| x.1.rank + y.1.rank).or_else(|| mixed.flatten().next())
}

/// What is wrong with a file whose records have no place because no columns of coordinates were found among its fields; `None` where some were,
/// or the request names them.
pub(super) fn not_found(request: &ReadRequest<'_>, names: &[String]) -> Option<String> {
    let is_none = columns(request, names).is_ok_and(|columns| columns.is_none());
    let shown: Vec<&str> = names.iter().take(30).map(String::as_str).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    (is_none && !names.is_empty()).then(|| {
        format!(
            "no columns of coordinates were found among {}{more}; write x = \"…\", y = \"…\", or wkt = \"…\" for a column of geometries",
            shown.join(", ")
        )
    })
}

/// The place of a record, or a code, a column and what is wrong with it.
pub(super) fn geometry(place: &PlaceColumns, record: &Record) -> Result<Found, (&'static str, usize, String)> {
    let pair = |at: usize, text: &str, order: Option<Order>| {
        let mut seen = locked(&place.seen.order);
        let known = order.or_else(|| seen.map(|(order, _)| order));
        let (point, sure) = coordinates::pair(text, known).map_err(|what| ("bad-geometry", at, what))?;
        if let (Some(order), None, false) = (sure, *seen, place.seen.in_parallel) {
            *seen = Some((order, record.number));
        }
        Ok(at_point(Point::new(point[0], point[1])))
    };
    match place.at {
        Where::None => Ok(Found::default()),
        Where::Xy(x, y, degrees) => {
            let number = |at: usize, axis: Axis, degrees: bool| match record.value(at) {
                Value::Null => Err(("no-geometry", at, "the coordinate is empty".to_owned())),
                Value::Text(text) => {
                    let (number, written) =
                        coordinates::number(text, axis, degrees).map_err(|what| ("bad-geometry", at, what))?;
                    if written != Written::Plain {
                        let mut seen = locked(&place.seen.written);
                        seen.entry(written).or_insert_with(|| (format!("\"{}\" is {number}", text.trim()), 0)).1 += 1;
                    }
                    Ok(number)
                }
                value => value.as_f64().ok_or_else(|| ("bad-geometry", at, format!("\"{value}\" is not a coordinate"))),
            };
            Ok(at_point(Point::new(number(x, Axis::X, degrees[0])?, number(y, Axis::Y, degrees[1])?)))
        }
        Where::Wkt(at) | Where::Pair(at, _) => match record.value(at) {
            Value::Null => Err(("no-geometry", at, "the geometry is empty".to_owned())),
            value => {
                let text = half_width(&value.to_string());
                let order = if let Where::Pair(_, order) = place.at { order } else { None };
                let is_pair =
                    |text: &str| text.trim_start().starts_with(|c: char| c.is_ascii_digit() || "-[(.".contains(c));
                let start = text.trim_start();
                if let (Where::Pair(..), Some(point)) = (place.at, keyed(start)) {
                    return Ok(at_point(point));
                }
                let is_pairs = matches!(place.at, Where::Pair(..)) && !start.to_uppercase().starts_with("POINT");
                if is_pairs || (is_pair(&text) && binary(&text).is_none()) {
                    return pair(at, &text, order);
                }
                let text = match text.trim_start().split_once(';') {
                    Some((srid, rest)) if srid.len() > 5 && srid[..5].eq_ignore_ascii_case("SRID=") => {
                        locked(&place.seen.srid).get_or_insert_with(|| srid[5..].to_owned());
                        rest.to_owned()
                    }
                    _ => text,
                };
                well_known(&text).map_err(|what| ("bad-geometry", at, what))
            }
        },
    }
}

/// The point of `{"lng": 118.5, "lat": 32}`; `None` for anything else.
fn keyed(text: &str) -> Option<Point<f64>> {
    let json: Json = text.starts_with('{').then(|| serde_json::from_str(text).ok())??;
    let object = json.as_object()?;
    let of = |axis: Axis| {
        let value = object.iter().find(|(key, _)| coordinates::named(key).is_some_and(|named| named.axis == axis))?.1;
        value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number| number.is_finite())
    };
    Some(Point::new(of(Axis::X)?, of(Axis::Y)?))
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

/// A point by itself, with nothing to be told of it.
fn at_point(point: Point<f64>) -> Found {
    Found { geometry: Some(Geometry::Point(point)), told: Vec::new() }
}

/// The geometry of a well-known text, of well-known binary in hexadecimal digits, or of a GeoJSON object.
fn well_known(text: &str) -> Result<Found, String> {
    let found = match binary(text) {
        Some(bytes) => wkb::geometry(&bytes)?,
        None if text.trim_start().starts_with('{') => {
            let json = serde_json::from_str(text);
            let json = json.map_err(|_| "is neither well-known text nor the JSON of a geometry".to_owned())?;
            geometry_of(&json)?
        }
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
