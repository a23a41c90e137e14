//! What coordinates look like by the size of their numbers alone.
//!
//! Eastings of Gauss–Krüger zones carry a false 500 km and, as GB/T 22483 has it, may carry the number of the zone in front: 40 386 383
//! is 386 383 in the 3-degree zone 40 (120° E). Which datum a zone stands on, CGCS2000, Xian 1980 or Beijing 1954, the numbers
//! do not tell.

use serde::Serialize;

use crate::model::place::LonLat;

/// The form of a pair of numbers, x east first unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "form", rename_all = "kebab-case")]
pub enum Form {
    /// Longitude and latitude of a place in China's box.
    DegreesInChina,
    /// Longitude and latitude of another place.
    Degrees,
    /// Latitude first: only with the two exchanged are they degrees, or degrees in China.
    DegreesNorthFirst,
    /// Metres of a Gauss–Krüger zone with its number in front of the easting.
    PrefixedZone { zone: u32, width_degrees: u32, north_first: bool },
    /// Metres of a Gauss–Krüger or UTM zone of the northern hemisphere; which one the numbers do not tell.
    Zone { north_first: bool },
    /// Web Mercator of a place in China's box.
    WebMercator,
    /// Anything else.
    Other,
}

/// Northings of China, metres.
const NORTHINGS: std::ops::RangeInclusive<f64> = 1_800_000.0..=6_000_000.0;
/// Eastings in one zone, neighbours' ground included, metres.
const EASTINGS: std::ops::Range<f64> = 100_000.0..900_000.0;
/// Half the circumference of the sphere of Web Mercator, metres.
const MERCATOR_HALF: f64 = 20_037_508.342_789_244;

/// Whether a place is in the box of China, where CGCS2000 is the national frame.
pub fn in_china(at: LonLat) -> bool {
    (73.0..=135.5).contains(&at.lon) && (17.0..=54.0).contains(&at.lat)
}

/// The form of a pair of numbers.
///
/// Eastings of the 6-degree zones 13 to 15 (72° to 90° E) are taken for Web Mercator where they would be in China, which is far more
/// usual.
pub fn form([x, y]: [f64; 2]) -> Form {
    let in_china = |lon: f64, lat: f64| in_china(LonLat { lon, lat });
    if x.abs() <= 180.0 && y.abs() <= 180.0 {
        return match (in_china(x, y), in_china(y, x)) {
            (true, _) => Form::DegreesInChina,
            (false, true) => Form::DegreesNorthFirst,
            _ if y.abs() <= 90.0 => Form::Degrees,
            _ if x.abs() <= 90.0 => Form::DegreesNorthFirst,
            _ => Form::Other,
        };
    }
    let latitude = (y / MERCATOR_HALF * std::f64::consts::PI).sinh().atan().to_degrees();
    if in_china(x / MERCATOR_HALF * 180.0, latitude) && x > 7_000_000.0 {
        return Form::WebMercator;
    }
    for (easting, northing, north_first) in [(x, y, false), (y, x, true)] {
        if !NORTHINGS.contains(&northing) {
            continue;
        }
        if EASTINGS.contains(&easting) {
            return Form::Zone { north_first };
        }
        let zone = (easting / 1e6).floor();
        if !EASTINGS.contains(&(easting - zone * 1e6)) {
            continue;
        }
        if (13.0..=23.0).contains(&zone) {
            return Form::PrefixedZone { zone: zone as u32, width_degrees: 6, north_first };
        }
        if (25.0..=45.0).contains(&zone) {
            return Form::PrefixedZone { zone: zone as u32, width_degrees: 3, north_first };
        }
    }
    Form::Other
}

/// Systems that numbers of this form may be in: EPSG codes, CGCS2000 for zones, the likeliest first. For zones without prefix
/// those about the longitude `near`, and none where it is not known.
pub fn candidates(form: Form, near: Option<LonLat>) -> Vec<u32> {
    match form {
        Form::DegreesInChina | Form::Degrees => vec![4326],
        Form::PrefixedZone { zone, width_degrees: 3, north_first: false } => vec![4513 + zone - 25],
        Form::PrefixedZone { zone, north_first: false, .. } => vec![4491 + zone - 13],
        Form::WebMercator => vec![3857],
        Form::Zone { north_first: false } => near.map(zones_about).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn zones_about(near: LonLat) -> Vec<u32> {
    let mut zones: Vec<(f64, u32)> = Vec::new();
    for zone in 25..=45 {
        zones.push((f64::from(zone) * 3.0, 4534 + zone - 25));
    }
    for zone in 13..=23 {
        // the 6-degree zones of CGCS2000 have the coordinates of every other 3-degree zone; UTM is smaller by 0.9996
        zones.push((f64::from(zone) * 6.0 - 3.0, 32630 + zone));
    }
    zones.retain(|(meridian, _)| (meridian - near.lon).abs() < 6.0);
    zones.sort_by(|a, b| (a.0 - near.lon).abs().total_cmp(&(b.0 - near.lon).abs()).then(a.1.cmp(&b.1)));
    zones.into_iter().map(|(_, epsg)| epsg).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tell_their_form() {
        // 南京 in each of the systems (golden numbers of PROJ 9.5.1)
        let zone = |zone, width_degrees, north_first| Form::PrefixedZone { zone, width_degrees, north_first };
        let cases = [
            ([118.796877, 32.060255], Form::DegreesInChina),
            ([32.060255, 118.796877], Form::DegreesNorthFirst),
            ([-51.2, -30.0], Form::Degrees),
            ([9.5, 47.1], Form::Degrees),
            // within the range of a latitude: only China's box tells
            ([35.0, 85.0], Form::DegreesNorthFirst),
            ([386_383.866, 3_549_167.202], Form::Zone { north_first: false }),
            ([3_549_167.202, 386_383.866], Form::Zone { north_first: true }),
            ([40_386_383.866, 3_549_167.202], zone(40, 3, false)),
            ([3_549_167.202, 40_386_383.866], zone(40, 3, true)),
            ([20_669_693.655, 3_549_946.679], zone(20, 6, false)),
            ([13_224_407.855, 3_771_222.634], Form::WebMercator),
            ([200.0, 32.0], Form::Other),
            ([0.0, 1e9], Form::Other),
            ([f64::NAN, 1.0], Form::Other),
        ];
        for (numbers, want) in cases {
            assert_eq!(form(numbers), want, "{numbers:?}");
        }
    }

    #[test]
    fn candidates_of_a_zone_without_prefix_are_those_about_the_place() {
        let near = LonLat { lon: 119.0, lat: 32.0 };
        assert_eq!(candidates(Form::Zone { north_first: false }, Some(near))[..3], [4549, 4548, 32650]);
        assert!(candidates(Form::Zone { north_first: false }, None).is_empty());
        assert_eq!(candidates(form([40_386_383.866, 3_549_167.202]), None), [4528]);
        assert_eq!(candidates(form([20_669_693.655, 3_549_946.679]), None), [4498]);
    }
}
