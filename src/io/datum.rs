//! Chinese map datums: GCJ-02 (Amap, Tencent, Google China) and BD-09 (Baidu), shifted from WGS 84 by a fixed formula, and
//! the way back.
//!
//! The forward formula is the one in general use (a = 6 378 245 m, e² = 0.006 693 421 622 965 943 23; offsets from longitude − 105°
//! and latitude − 35°). It has no closed inverse: the inverse here is its fixed point, w ← w − (f(w) − g), iterated until a step is
//! below 10⁻¹² degrees (about 0.1 µm), which takes five steps in China.

use std::f64::consts::PI;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::model::place::LonLat;

/// What the degrees of a file are measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Datum {
    #[serde(rename = "wgs-84")]
    Wgs84,
    #[serde(rename = "cgcs2000")]
    Cgcs2000,
    #[serde(rename = "gcj-02")]
    Gcj02,
    #[serde(rename = "bd-09")]
    Bd09,
}

impl FromStr for Datum {
    type Err = String;

    fn from_str(text: &str) -> Result<Datum, String> {
        match text.to_lowercase().as_str() {
            "wgs-84" | "wgs84" => Ok(Datum::Wgs84),
            "cgcs2000" => Ok(Datum::Cgcs2000),
            "gcj-02" | "gcj02" => Ok(Datum::Gcj02),
            "bd-09" | "bd09" => Ok(Datum::Bd09),
            _ => Err(format!("unknown datum \"{text}\"; write wgs-84, cgcs2000, gcj-02 or bd-09")),
        }
    }
}

impl Datum {
    /// As a config writes it.
    pub fn name(self) -> &'static str {
        match self {
            Datum::Wgs84 => "wgs-84",
            Datum::Cgcs2000 => "cgcs2000",
            Datum::Gcj02 => "gcj-02",
            Datum::Bd09 => "bd-09",
        }
    }

    /// A place given in this datum, in WGS 84 (for CGCS2000 unchanged: the two agree to centimetres).
    pub fn to_wgs84(self, at: LonLat) -> LonLat {
        match self {
            Datum::Wgs84 | Datum::Cgcs2000 => at,
            Datum::Gcj02 => gcj02_to_wgs84(at),
            Datum::Bd09 => gcj02_to_wgs84(bd09_to_gcj02(at)),
        }
    }

    /// A place given in WGS 84, in this datum.
    pub fn from_wgs84(self, at: LonLat) -> LonLat {
        match self {
            Datum::Wgs84 | Datum::Cgcs2000 => at,
            Datum::Gcj02 => wgs84_to_gcj02(at),
            Datum::Bd09 => gcj02_to_bd09(wgs84_to_gcj02(at)),
        }
    }
}

/// Semi-major axis and squared eccentricity of the ellipsoid of the formula (Krassowsky 1940).
const KRASSOWSKY: (f64, f64) = (6_378_245.0, 0.006_693_421_622_965_943);

/// Outside this box the formula shifts nothing.
fn is_shifted(at: LonLat) -> bool {
    (72.004..=137.8347).contains(&at.lon) && (0.8293..=55.8271).contains(&at.lat)
}

fn waves(x: f64) -> f64 {
    (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0
}

fn north_m(x: f64, y: f64) -> f64 {
    -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + waves(x)
        + (20.0 * (y * PI).sin() + 40.0 * (y / 3.0 * PI).sin()) * 2.0 / 3.0
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0
}

fn east_m(x: f64, y: f64) -> f64 {
    300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + waves(x)
        + (20.0 * (x * PI).sin() + 40.0 * (x / 3.0 * PI).sin()) * 2.0 / 3.0
        + (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0
}

/// WGS 84 to GCJ-02; places outside China's box are unchanged.
pub fn wgs84_to_gcj02(at: LonLat) -> LonLat {
    if !is_shifted(at) {
        return at;
    }
    let (axis, e2) = KRASSOWSKY;
    let (x, y) = (at.lon - 105.0, at.lat - 35.0);
    let latitude = at.lat / 180.0 * PI;
    let m = 1.0 - e2 * latitude.sin() * latitude.sin();
    let root = m.sqrt();
    LonLat {
        lon: at.lon + east_m(x, y) * 180.0 / (axis / root * latitude.cos() * PI),
        lat: at.lat + north_m(x, y) * 180.0 / ((axis * (1.0 - e2)) / (m * root) * PI),
    }
}

/// GCJ-02 to WGS 84, to within a micrometre of the place that [`wgs84_to_gcj02`] takes to `at`.
pub fn gcj02_to_wgs84(at: LonLat) -> LonLat {
    fixed_point(at, at, wgs84_to_gcj02)
}

const BD_PI: f64 = PI * 3000.0 / 180.0;

/// GCJ-02 to BD-09.
pub fn gcj02_to_bd09(at: LonLat) -> LonLat {
    let radius = at.lon.hypot(at.lat) + 2e-5 * (at.lat * BD_PI).sin();
    let angle = at.lat.atan2(at.lon) + 3e-6 * (at.lon * BD_PI).cos();
    LonLat { lon: radius * angle.cos() + 0.0065, lat: radius * angle.sin() + 0.006 }
}

/// BD-09 to GCJ-02, to within a micrometre; the closed formula in general use is off by up to 0.14 m and is only the start.
pub fn bd09_to_gcj02(at: LonLat) -> LonLat {
    let (x, y) = (at.lon - 0.0065, at.lat - 0.006);
    let radius = x.hypot(y) - 2e-5 * (y * BD_PI).sin();
    let angle = y.atan2(x) - 3e-6 * (x * BD_PI).cos();
    fixed_point(LonLat { lon: radius * angle.cos(), lat: radius * angle.sin() }, at, gcj02_to_bd09)
}

fn fixed_point(start: LonLat, wanted: LonLat, forward: fn(LonLat) -> LonLat) -> LonLat {
    let mut here = start;
    for _ in 0..30 {
        let there = forward(here);
        let (lon, lat) = (there.lon - wanted.lon, there.lat - wanted.lat);
        here = LonLat { lon: here.lon - lon, lat: here.lat - lat };
        if lon.abs().max(lat.abs()) < 1e-12 {
            break;
        }
    }
    here
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impedance::geodesic::geodesic_m;
    use proptest::prelude::*;

    /// City, WGS 84, GCJ-02, BD-09: computed by an independent Python implementation of the formula (checked there against
    /// eviltransform 0.1.1, which differs by 1 cm because its constants do).
    type City = (&'static str, [f64; 2], [f64; 2], [f64; 2]);
    const CITIES: [City; 6] = [
        ("南京", [118.796877, 32.060255], [118.80206059, 32.05817934], [118.80848070, 32.06453792]),
        ("苏州", [120.585294, 31.299758], [120.58947150, 31.29757364], [120.59587366, 31.30387718]),
        ("徐州", [117.184813, 34.261792], [117.19058639, 34.26057019], [117.19717321, 34.26627110]),
        ("连云港", [119.178821, 34.600018], [119.18443367, 34.59905132], [119.19092093, 34.60515902]),
        ("南通", [120.864608, 32.016212], [120.86885469, 32.01406004], [120.87533003, 32.02007676]),
        ("北京", [116.391, 39.907], [116.39724096, 39.90840111], [116.40361442, 39.91474390]),
    ];

    fn at([lon, lat]: [f64; 2]) -> LonLat {
        LonLat { lon, lat }
    }

    fn near(a: LonLat, b: LonLat, degrees: f64) -> bool {
        (a.lon - b.lon).abs() < degrees && (a.lat - b.lat).abs() < degrees
    }

    #[test]
    fn the_shift_is_that_of_the_formula() {
        for (city, wgs, gcj, bd) in CITIES {
            // the expected numbers are given to 10⁻⁸ degrees, about a millimetre
            assert!(near(wgs84_to_gcj02(at(wgs)), at(gcj), 1e-8), "{city}");
            assert!(near(Datum::Bd09.from_wgs84(at(wgs)), at(bd), 1e-8), "{city}");
            assert!(near(Datum::Gcj02.to_wgs84(at(gcj)), at(wgs), 2e-8), "{city}");
            assert!(near(Datum::Bd09.to_wgs84(at(bd)), at(wgs), 2e-8), "{city}");
        }
    }

    /// Vertices of the counties in GCJ-02 and where an independent inverse puts them.
    const VERTICES: &str = include_str!("../../tests/oracles/gcj02_vertices.csv");

    #[test]
    fn counties_in_gcj02_land_where_an_independent_inverse_puts_them() {
        let mut apart: Vec<f64> = VERTICES
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
            .map(|line| {
                let numbers: Vec<f64> = line.split(',').skip(1).map(|cell| cell.parse().unwrap()).collect();
                let want = LonLat { lon: numbers[2], lat: numbers[3] };
                geodesic_m(Datum::Gcj02.to_wgs84(LonLat { lon: numbers[0], lat: numbers[1] }), want)
            })
            .collect();
        apart.sort_by(f64::total_cmp);
        assert_eq!(apart.len(), 300);
        // the other one's search stops at 10⁻⁶ degrees, some 10 cm
        assert!(apart[150] < 0.1 && apart[299] < 0.2, "median {} m, most {} m", apart[150], apart[299]);
    }

    #[test]
    fn places_outside_china_stay() {
        let vaduz = LonLat { lon: 9.52, lat: 47.14 };
        assert_eq!(wgs84_to_gcj02(vaduz), vaduz);
        assert_eq!(gcj02_to_wgs84(vaduz), vaduz);
    }

    proptest! {
        #[test]
        fn there_and_back_is_less_than_a_millimetre(lon in 74.0..135.0f64, lat in 18.0..53.0f64) {
            let place = LonLat { lon, lat };
            // a millimetre is about 10⁻⁸ degrees
            prop_assert!(near(Datum::Gcj02.to_wgs84(Datum::Gcj02.from_wgs84(place)), place, 1e-9));
            prop_assert!(near(Datum::Bd09.to_wgs84(Datum::Bd09.from_wgs84(place)), place, 1e-9));
        }
    }
}
