//! Codes of GB/T 2260, and the statistical codes of townships and villages built on them: which codes may be some, and what follows from one.
//!
//! Other countries number their regions with six digits too. A code is taken for one of GB/T 2260 by its form, by the province in front, and, where
//! its outline is known, by lying near that province.

use crate::model::region::Level;

/// Provinces with the degrees that hold them (west, east, south, north), rounded outwards. Codes: GB/T 2260-2007, table 1; extents: read off
/// Tianditu's outlines, the islands of Hainan, Guangdong and Taiwan with them.
const PROVINCES: [(&str, [f64; 4]); 34] = [
    ("11", [115.0, 118.0, 39.0, 41.5]),
    ("12", [116.5, 118.5, 38.5, 40.5]),
    ("13", [113.0, 120.0, 36.0, 43.0]),
    ("14", [110.0, 115.0, 34.5, 41.0]),
    ("15", [97.0, 126.5, 37.0, 53.5]),
    ("21", [118.5, 126.0, 38.5, 43.5]),
    ("22", [121.5, 131.5, 40.5, 46.5]),
    ("23", [121.0, 135.5, 43.0, 54.0]),
    ("31", [120.5, 122.5, 30.5, 32.0]),
    ("32", [116.0, 122.5, 30.5, 35.5]),
    ("33", [118.0, 123.5, 27.0, 31.5]),
    ("34", [114.5, 120.0, 29.0, 35.0]),
    ("35", [115.5, 121.0, 23.0, 28.5]),
    ("36", [113.5, 118.5, 24.0, 30.5]),
    ("37", [114.5, 123.0, 34.0, 38.5]),
    ("41", [110.0, 117.0, 31.0, 36.5]),
    ("42", [108.0, 116.5, 29.0, 33.5]),
    ("43", [108.5, 114.5, 24.5, 30.5]),
    ("44", [109.5, 117.5, 20.0, 25.5]),
    ("45", [104.0, 112.5, 20.5, 26.5]),
    ("46", [107.0, 119.0, 3.0, 20.5]),
    ("50", [105.0, 110.5, 28.0, 32.5]),
    ("51", [97.0, 109.0, 26.0, 34.5]),
    ("52", [103.5, 110.0, 24.5, 29.5]),
    ("53", [97.5, 106.5, 21.0, 29.5]),
    ("54", [78.0, 99.5, 26.5, 37.0]),
    ("61", [105.0, 111.5, 31.5, 40.0]),
    ("62", [92.0, 109.0, 32.5, 43.0]),
    ("63", [89.0, 103.5, 31.5, 39.5]),
    ("64", [104.0, 108.0, 35.0, 39.5]),
    ("65", [73.0, 96.5, 34.0, 49.5]),
    ("71", [118.0, 124.6, 20.5, 26.5]),
    ("81", [113.5, 114.6, 22.0, 22.6]),
    ("82", [113.4, 113.7, 22.0, 22.3]),
];

/// Degrees that a region may lie outside of its province's box: outlines are moved and made simpler, other countries are farther off.
const SLACK: f64 = 3.0;

/// Digits that a code of a level carries of itself.
fn digits(level: Level) -> usize {
    match level {
        Level::Province => 2,
        Level::City => 4,
        Level::County => 6,
        Level::Township => 9,
        Level::Village => 12,
    }
}

/// Digits of a code when it is written without more zeros than it needs: six down to counties, nine for townships.
fn width(level: Level) -> usize {
    digits(level).max(6)
}

fn is_digits(code: &str) -> bool {
    !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a code has the form of one of `level`: six digits down to counties, nine for townships, twelve for villages, or zeros behind up to nine
/// or twelve; a province that there is in front, and numbers of cities and counties that the standard gives out.
pub fn has_form(code: &str, level: Level) -> bool {
    if !is_digits(code) || !matches!(code.len(), 6 | 9 | 12) || code.len() < width(level) {
        return false;
    }
    let (own, rest) = code.split_at(digits(level));
    let number = |from: usize| code[from..from + 2].parse::<u8>().unwrap_or(0);
    let (city, county) = (number(2), number(4));
    // cities 01 to 70, what the province governs itself 90; counties of Hongkong, Macao and Taiwan have no city above
    let is_city = matches!(city, 1..=70 | 90) || (city == 0 && matches!(&code[..2], "71" | "81" | "82"));
    rest.bytes().all(|byte| byte == b'0')
        && PROVINCES.iter().any(|(province, _)| own.starts_with(province))
        && match level {
            Level::Province => true,
            Level::City => matches!(city, 1..=70 | 90),
            // a city without counties stands among counties with its own code: 441900
            Level::County => is_city && (county > 0 || city > 0),
            Level::Township => is_city && !own.ends_with("000"),
            Level::Village => is_city && !own.ends_with("000"),
        }
}

/// Whether a place in degrees, longitude first, lies in or near the province that a code names; `true` for codes that name none.
pub fn may_lie_at(code: &str, [lon, lat]: [f64; 2]) -> bool {
    let province = PROVINCES.iter().find(|(province, _)| code.starts_with(province));
    province.is_none_or(|(_, [west, east, south, north])| {
        (west - SLACK..=east + SLACK).contains(&lon) && (south - SLACK..=north + SLACK).contains(&lat)
    })
}

/// The code of the region of `level` that contains the region with `code`, by the prefix rule.
///
/// `320102` is in city `320100` and province `320000`; township `310104010` is in county `310104`. `None` for codes that are not all digits or too
/// short for their prefix, and for a city where the standard has none (`810001` is in the province alone).
pub fn above(code: &str, level: Level) -> Option<String> {
    let digits = digits(level);
    if code.len() <= digits || !is_digits(code) || (level == Level::City && &code[2..4] == "00") {
        return None;
    }
    let width = width(level);
    Some(format!("{:0<width$}", &code[..digits]))
}

/// Other ways of writing the code of a region of `level`: without zeros behind, and with zeros up to twelve digits.
pub fn spellings(code: &str, level: Level) -> Vec<String> {
    let own = code.get(..digits(level)).unwrap_or(code);
    vec![own.to_owned(), format!("{own:0<9}"), format!("{own:0<12}")]
}

/// Whether a county code is that of a city district (GB/T 2260-2007, 5.2: 01 to 20 are districts, 21 to 80 counties, 81 to 99 county-level cities).
pub fn is_district(code: &str) -> bool {
    has_form(code, Level::County) && matches!(code[4..6].parse::<u8>(), Ok(1..=20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_other_systems_have_not_the_form() {
        let (province, city, county) = (Level::Province, Level::City, Level::County);
        let (township, village) = (Level::Township, Level::Village);
        let cases = [
            // GB/T 2260-2007 and the statistical codes of 2023
            ("320000", province, true),
            ("320100", city, true),
            ("320102", county, true),
            ("441900", county, true),
            ("429004", county, true),
            ("659001", county, true),
            ("810001", county, true),
            ("320102000000", county, true),
            ("320102001", township, true),
            ("320102001000", township, true),
            ("320102001001", village, true),
            ("320102", city, false),
            ("320100", province, false),
            ("320102000", township, false),
            ("320102", township, false),
            ("161000", county, false),
            ("327102", county, false),
            // Liechtenstein (7001 Vaduz), counties and tracts of the US (FIPS), NUTS, Japan (five digits), Korea, an OpenStreetMap relation
            ("7001", township, false),
            ("32031", county, false),
            ("32031002300", village, false),
            ("DE212", county, false),
            ("13101", county, false),
            ("11110", county, false),
            ("1155956", township, false),
            // post codes of India (110001 Delhi, 560001 Bengaluru) and Russia (101000 Moscow)
            ("110001", county, false),
            ("560001", county, false),
            ("101000", county, false),
        ];
        for (code, level, want) in cases {
            assert_eq!(has_form(code, level), want, "{code} as {level}");
        }
    }

    #[test]
    fn a_code_that_lies_elsewhere_is_not_one_of_a_province() {
        let cases = [
            ("320102", [118.8, 32.0], true),
            ("341103", [118.3, 32.3], true),
            ("460321", [112.3, 16.8], true),
            ("710001", [121.5, 25.0], true),
            // Chiyoda in Tokyo (131016, six digits), a post code of Pune (411001), a district of Kazakhstan (KATO 631010000)
            ("131016", [139.75, 35.69], false),
            ("411001", [73.87, 18.52], false),
            ("631010000", [82.6, 49.9], false),
        ];
        for (code, at, want) in cases {
            assert_eq!(may_lie_at(code, at), want, "{code} {at:?}");
        }
    }

    #[test]
    fn codes_find_their_ancestors_by_prefix() {
        let cases = [
            ("320102", Level::City, Some("320100")),
            ("320102", Level::Province, Some("320000")),
            ("310104010", Level::County, Some("310104")),
            ("310104010001", Level::Township, Some("310104010")),
            ("810001", Level::Province, Some("810000")),
            ("810001", Level::City, None),
            ("32", Level::City, None),
            ("A", Level::Province, None),
        ];
        for (code, level, want) in cases {
            assert_eq!(above(code, level).as_deref(), want, "{code} {level}");
        }
    }

    #[test]
    fn districts_are_told_by_their_code() {
        for (code, want) in [("320102", true), ("320281", false), ("340124", false), ("A", false), ("7001", false)] {
            assert_eq!(is_district(code), want, "{code}");
        }
    }
}
