//! Whether the coordinates of a source can be what they are said to be.

use crate::ingest::ground::Extent;

/// What the coordinates of a source are said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Degrees,
    /// Metres, or another unit of length, in a projection.
    Projected,
}

/// Degrees around the regions within which a point source belongs to the study.
const NEAR_DEGREES: f64 = 2.0;

/// What is wrong with most of the coordinates and what to write instead; `None` when they may well be what they are
/// said to be.
///
/// `plausible` says whether one pair of numbers lies where the CRS can be used. `near` is the box of the regions, in
/// degrees, for sources that should lie about there.
pub(crate) fn doubt(
    raws: &[[f64; 2]],
    said: Said,
    plausible: &dyn Fn([f64; 2]) -> bool,
    near: Option<&Extent>,
) -> Option<(String, String)> {
    let most = |holds: &dyn Fn([f64; 2]) -> bool| {
        let count = raws.iter().filter(|raw| holds(**raw)).count();
        count * 2 > raws.len()
    };
    let swap = |[x, y]: [f64; 2]| [y, x];
    let in_degrees = |[x, y]: [f64; 2]| x.abs() <= 180.0 && y.abs() <= 90.0;
    let example = raws.iter().find(|raw| !plausible(**raw)).or(raws.first()).map(|[x, y]| format!("x = {x}, y = {y}"));
    let example = example.unwrap_or_default();
    let swapped = || {
        let what = format!("longitude and latitude look swapped: {example}");
        (what, "x is east or longitude, y is north or latitude; exchange the two columns or coordinates".to_owned())
    };
    if most(&|raw| !plausible(raw)) {
        if said == Said::Degrees && most(&|[x, y]| x.abs() > 1000.0 && y.abs() > 1000.0) {
            let instead = format!("write the CRS of the projection, for example crs = \"{}\"", likely_zone(raws));
            return Some((format!("numbers such as {example} are metres, not degrees"), instead));
        }
        if said == Said::Projected && most(&in_degrees) {
            let instead = "write crs = \"EPSG:4490\", crs = \"EPSG:4326\" or a datum".to_owned();
            return Some((format!("numbers such as {example} are degrees, not metres"), instead));
        }
        if most(&|raw| plausible(swap(raw))) {
            return Some(swapped());
        }
        let what = format!("most coordinates, such as {example}, lie outside the area of the CRS");
        return Some((what, "write the CRS that they are in".to_owned()));
    }
    let near = near.filter(|_| said == Said::Degrees)?;
    let about = |raw: [f64; 2]| near.holds(raw, NEAR_DEGREES);
    (!most(&about) && most(&|raw| !about(raw) && about(swap(raw)))).then(swapped)
}

/// A guess at the projection from the size of the numbers: CGCS2000 zones with their number before the easting.
fn likely_zone(raws: &[[f64; 2]]) -> String {
    let zone = raws.first().map_or(0.0, |[x, _]| (x / 1e6).floor());
    // 3-degree zones 25 to 45 are EPSG:4513 to 4533, 6-degree zones 13 to 23 are EPSG:4491 to 4501
    match zone {
        zone if (25.0..=45.0).contains(&zone) => format!("EPSG:{}", 4513 + (zone as u32 - 25)),
        zone if (13.0..=23.0).contains(&zone) => format!("EPSG:{}", 4491 + (zone as u32 - 13)),
        _ => "EPSG:4549".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn china(at: [f64; 2]) -> bool {
        (73.6..=134.8).contains(&at[0]) && (16.7..=53.6).contains(&at[1])
    }

    fn world(at: [f64; 2]) -> bool {
        at[0].abs() <= 180.0 && at[1].abs() <= 90.0
    }

    #[test]
    fn a_wrong_declaration_is_told_by_the_numbers() {
        let helsinki = Extent { min: [24.8, 60.1], max: [25.1, 60.3] };
        let zone = |at: [f64; 2]| (3.4e5..=6.6e5).contains(&at[0]) && (1.6e6..=6e6).contains(&at[1]);
        let cases: [(&str, [f64; 2], Said, &dyn Fn([f64; 2]) -> bool, Option<&Extent>, Option<&str>); 9] = [
            ("right", [118.8, 32.0], Said::Degrees, &china, None, None),
            ("swapped", [32.0, 118.8], Said::Degrees, &china, None, Some("swapped")),
            ("swapped, whole world", [32.0, 118.8], Said::Degrees, &world, None, Some("swapped")),
            ("swapped, both below 90", [60.2, 24.9], Said::Degrees, &world, Some(&helsinki), Some("swapped")),
            ("far away but right", [121.4, 31.2], Said::Degrees, &world, Some(&helsinki), None),
            ("metres", [400_000.0, 3_500_000.0], Said::Degrees, &world, None, Some("are metres")),
            ("zone number", [40_400_000.0, 3_500_000.0], Said::Degrees, &world, None, Some("EPSG:4528")),
            ("degrees", [118.8, 32.0], Said::Projected, &zone, None, Some("are degrees")),
            ("elsewhere", [10.0, 50.0], Said::Degrees, &china, None, Some("outside the area")),
        ];
        for (name, raw, said, plausible, near, want) in cases {
            let got = doubt(&[raw, raw, raw], said, plausible, near).map(|(what, instead)| format!("{what}; {instead}"));
            match want {
                None => assert_eq!(got, None, "{name}"),
                Some(want) => assert!(got.as_ref().is_some_and(|got| got.contains(want)), "{name}: {got:?}"),
            }
        }
    }

    #[test]
    fn a_few_bad_points_do_not_condemn_a_source() {
        let raws = [[118.8, 32.0], [118.9, 32.1], [32.0, 118.8]];
        assert_eq!(doubt(&raws, Said::Degrees, &china, None), None);
    }
}
