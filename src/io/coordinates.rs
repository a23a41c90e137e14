//! Coordinates as people write them: with a decimal comma, in degrees, minutes and seconds, as a pair in one cell; and the usual names of their columns.

use crate::io::numbers;
use crate::model::place::LonLat;
use crate::table::half_width;

/// Which coordinate a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Axis {
    /// Longitude or easting.
    X,
    /// Latitude or northing.
    Y,
}

/// Which one comes first in a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    XFirst,
    YFirst,
}

/// The datum that the name of a column says, where it is shifted: it can not be taken for WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shifted {
    No,
    Gcj02,
    Bd09,
}

impl Shifted {
    /// As the config writes it.
    pub(crate) fn key(self) -> Option<&'static str> {
        match self {
            Shifted::No => None,
            Shifted::Gcj02 => Some("gcj-02"),
            Shifted::Bd09 => Some("bd-09"),
        }
    }
}

/// What the name of a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    pub axis: Axis,
    /// Whether it says degrees, and not only a coordinate.
    pub degrees: bool,
    pub shifted: Shifted,
    /// How usual the name is, 0 the most.
    pub rank: usize,
}

/// Names by how usual they are; whether they say degrees; that of x and that of y.
const NAMES: [(&str, &str, bool); 31] = [
    ("lon", "lat", true),
    ("lng", "lat", true),
    ("long", "lat", true),
    ("longitude", "latitude", true),
    ("经度", "纬度", true),
    ("东经", "北纬", true),
    ("x", "y", false),
    ("easting", "northing", false),
    ("东坐标", "北坐标", false),
    ("longitud", "latitud", true),
    ("longitudine", "latitudine", true),
    ("längengrad", "breitengrad", true),
    ("laengengrad", "breitengrad", true),
    ("länge", "breite", true),
    ("lengtegraad", "breedtegraad", true),
    ("经", "纬", true),
    ("long", "lati", true),
    ("longi", "lati", true),
    // pinyin, and the words of the standard of hydrology
    ("jingdu", "weidu", true),
    ("jd", "wd", true),
    ("lgtd", "lttd", true),
    ("mapx", "mapy", false),
    ("pointx", "pointy", false),
    ("xcoord", "ycoord", false),
    ("coordx", "coordy", false),
    ("coordinatex", "coordinatey", false),
    ("coordinatesx", "coordinatesy", false),
    ("xcoordinate", "ycoordinate", false),
    ("xcoor", "ycoor", false),
    ("横", "纵", false),
    ("east", "north", false),
];
/// What stands before or behind a name and changes nothing.
const AROUND: [&str; 19] = [
    "坐标",
    "度分秒",
    "dms",
    "地理",
    "gps",
    "中心点",
    "中心",
    "位置",
    "地址",
    "decimaldegrees",
    "decimal",
    "degrees",
    "degree",
    "deg",
    "dd",
    "centroid",
    "center",
    "geo",
    "wgs",
];
/// Words for a datum, and what it is; longer ones first.
const DATUMS: [(&str, Shifted); 22] = [
    ("wgs1984", Shifted::No),
    ("wgs84", Shifted::No),
    ("cgcs2000", Shifted::No),
    ("epsg4326", Shifted::No),
    ("epsg4490", Shifted::No),
    ("gcj02", Shifted::Gcj02),
    ("gcj", Shifted::Gcj02),
    ("火星", Shifted::Gcj02),
    ("国测局", Shifted::Gcj02),
    ("高德", Shifted::Gcj02),
    ("腾讯", Shifted::Gcj02),
    ("amap", Shifted::Gcj02),
    ("gaode", Shifted::Gcj02),
    ("tencent", Shifted::Gcj02),
    ("bd09ll", Shifted::Bd09),
    ("bd09", Shifted::Bd09),
    ("百度", Shifted::Bd09),
    ("baidu", Shifted::Bd09),
    ("国家2000", Shifted::No),
    ("84", Shifted::No),
    ("2000", Shifted::No),
    ("bd", Shifted::Bd09),
];

/// The letters of a name in lower case, without units in brackets and signs between words, and the datum that it says.
fn plain(name: &str) -> (String, Shifted) {
    let name = half_width(name.trim_start_matches('\u{feff}')).to_lowercase();
    let mut shifted = Shifted::No;
    let mut say = |text: &str| {
        let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        let found = DATUMS.iter().find(|(word, _)| letters.contains(word) && !matches!(*word, "84" | "2000" | "bd"));
        shifted = shifted.max(found.map_or(Shifted::No, |(_, shifted)| *shifted));
    };
    say(&name);
    // a unit, or a datum, in brackets
    let bare = match name.find(['(', '[', '{', '/']) {
        Some(at) if at > 0 => &name[..at],
        _ => name.as_str(),
    };
    let mut letters: String = bare.chars().filter(|c| c.is_alphanumeric()).collect();
    loop {
        let before = letters.len();
        for (word, datum) in DATUMS {
            let rest = letters.strip_suffix(word).or_else(|| letters.strip_prefix(word));
            if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
                shifted = shifted.max(datum);
                letters = rest.to_owned();
            }
        }
        for word in AROUND {
            let rest = letters.strip_suffix(word).or_else(|| letters.strip_prefix(word));
            if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
                letters = rest.to_owned();
            }
        }
        if letters.len() == before {
            return (letters, shifted);
        }
    }
}

/// What a name says of a coordinate; `None` for any other name.
pub(super) fn named(name: &str) -> Option<Named> {
    let exact = name.trim().to_lowercase();
    let (letters, shifted) = plain(name);
    let find = |text: &str, shift: usize| {
        NAMES.iter().enumerate().find_map(|(rank, (x, y, degrees))| {
            let axis = if *x == text {
                Axis::X
            } else if *y == text {
                Axis::Y
            } else {
                return None;
            };
            Some(Named { axis, degrees: *degrees, shifted, rank: rank + shift })
        })
    };
    find(&exact, 0).or_else(|| find(&letters, NAMES.len())).map(|found| Named {
        rank: found.rank + if found.shifted == Shifted::No { 0 } else { 4 * NAMES.len() },
        ..found
    })
}

/// Whether a column called so may hold pairs, and in which order where its name says so.
pub(super) fn pair_named(name: &str) -> Option<(Option<Order>, Shifted)> {
    const X_FIRST: [&str; 9] =
        ["lonlat", "lnglat", "longlat", "longitudelatitude", "经纬度", "经纬", "经度纬度", "xy", "东经北纬"];
    const Y_FIRST: [&str; 8] =
        ["latlon", "latlng", "latlong", "latitudelongitude", "纬度经度", "纬经度", "geopoint", "geopoint2d"];
    const UNCLEAR: [&str; 13] = [
        "坐标",
        "坐标点",
        "location",
        "coordinates",
        "coordinate",
        "coords",
        "coord",
        "gps",
        "position",
        "point",
        "latlngstr",
        "定位",
        "位置坐标",
    ];
    let (letters, shifted) = plain(name);
    let whole: String = half_width(name).to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let is = |names: &[&str]| names.contains(&letters.as_str()) || names.contains(&whole.as_str());
    match () {
        () if is(&X_FIRST) => Some((Some(Order::XFirst), shifted)),
        () if is(&Y_FIRST) => Some((Some(Order::YFirst), shifted)),
        () if is(&UNCLEAR) => Some((None, shifted)),
        () => None,
    }
}

/// How a coordinate is written that is no plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Written {
    Plain,
    DecimalComma,
    Thousands,
    Sexagesimal,
}

/// The number that a text says, of the axis that its column is of.
///
/// Read are `118.5`, `118,5` (in a column of degrees always a decimal comma; else `386,383` may be two numbers and is refused), `386,383.5`, and degrees
/// with minutes and seconds: `118°30′15.2″E`, `E118-30-15`, `118 30 15`, `118度30分15秒`, `118.5°E`. Minutes and seconds are below 60, and only the last part has
/// decimals. South and west are negative.
/// # Errors
/// What is wrong with it.
pub(super) fn number(text: &str, axis: Axis, degrees: bool) -> Result<(f64, Written), String> {
    let text = half_width(text);
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>()
        && number.is_finite()
    {
        return Ok((number, Written::Plain));
    }
    let shown: String =
        if text.chars().count() > 40 { text.chars().take(40).chain(['…']).collect() } else { text.to_owned() };
    if let Some(number) = with_comma(text, degrees) {
        return number.map_err(|what| format!("\"{shown}\" {what}"));
    }
    match sexagesimal(text, axis) {
        Some(Ok(number)) => Ok((number, Written::Sexagesimal)),
        Some(Err(what)) => Err(format!("\"{shown}\" {what}")),
        None => Err(format!("\"{shown}\" is not a coordinate")),
    }
}

/// A number with commas; `None` for what is none.
fn with_comma(text: &str, degrees: bool) -> Option<Result<(f64, Written), &'static str>> {
    let (sign, digits) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = digits.split(',').collect();
    if let [whole, fraction] = parts[..]
        && is_digits(whole)
        && is_digits(fraction)
    {
        if !degrees && fraction.len() == 3 && whole.len() <= 3 && !whole.starts_with('0') {
            return Some(Err(
                "may be a number with a decimal comma or one with thousands set apart: write it with a point, or without the comma",
            ));
        }
        let number = format!("{whole}.{fraction}").parse::<f64>().ok()?;
        return Some(Ok((sign * number, Written::DecimalComma)));
    }
    let (last, rest) = parts.split_last()?;
    let (thousand, fraction) = last.split_once('.').unwrap_or((last, "0"));
    let (first, middle) = rest.split_first()?;
    let is_sound = is_digits(first)
        && first.len() <= 3
        && middle.iter().chain([&thousand]).all(|part| part.len() == 3 && is_digits(part))
        && is_digits(fraction);
    let number = format!("{}{thousand}.{fraction}", rest.concat()).parse::<f64>().ok()?;
    is_sound.then_some(Ok((sign * number, Written::Thousands)))
}

/// Degrees with minutes and seconds; `None` for what is none.
fn sexagesimal(text: &str, axis: Axis) -> Option<Result<f64, &'static str>> {
    let mut text = text.to_uppercase();
    let mut side = None;
    for (word, letter) in [
        ("东经", 'E'),
        ("西经", 'W'),
        ("北纬", 'N'),
        ("南纬", 'S'),
        ("EAST", 'E'),
        ("WEST", 'W'),
        ("NORTH", 'N'),
        ("SOUTH", 'S'),
        ("东", 'E'),
        ("西", 'W'),
        ("北", 'N'),
        ("南", 'S'),
    ] {
        if text.contains(word) {
            text = text.replace(word, &letter.to_string());
        }
    }
    for letter in ['E', 'W', 'N', 'S'] {
        let inner = text.trim();
        let rest = inner
            .strip_prefix(letter)
            .or_else(|| inner.strip_suffix(letter))
            .map(|rest| rest.trim().trim_matches(':').trim().to_owned());
        if let Some(rest) = rest {
            if side.is_some() {
                return None;
            }
            side = Some(letter);
            text = rest;
        }
    }
    let (mut sign, mut digits) = (1.0, text.trim());
    if let Some(rest) = digits.strip_prefix(['-', '−', '–']) {
        (sign, digits) = (-1.0, rest);
    }
    const MARKS: [char; 21] = [
        '°', 'º', '˚', '度', '\'', '′', '’', '‘', '´', '分', '"', '″', '”', '“', '秒', '-', ':', ' ', '\u{a0}', 'D',
        '゜',
    ];
    if !digits.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',' || MARKS.contains(&c)) {
        return None;
    }
    let is_marked = side.is_some() || digits.contains(['°', 'º', '˚', '度', '゜', '\'', '′', '’']);
    let parts: Vec<&str> = digits.split(MARKS).filter(|part| !part.is_empty()).collect();
    // two numbers without a mark may be anything
    if parts.is_empty() || parts.len() > 3 || (parts.len() < 3 && !is_marked) {
        return None;
    }
    let mut numbers = Vec::new();
    for (nth, part) in parts.iter().enumerate() {
        let part = part.replace(',', ".");
        if nth + 1 < parts.len() && part.contains('.') {
            return Some(Err("has decimals before its last part: it is not degrees, minutes and seconds"));
        }
        numbers.push(part.parse::<f64>().ok().filter(|number| number.is_finite())?);
    }
    if numbers[1..].iter().any(|number| *number >= 60.0) {
        return Some(Err("has minutes or seconds of 60 or more"));
    }
    let value = numbers.iter().rev().fold(0.0, |sum, number| sum / 60.0 + number);
    let is_right_axis = match side {
        None => true,
        Some('E' | 'W') => axis == Axis::X,
        Some(_) => axis == Axis::Y,
    };
    if !is_right_axis {
        return Some(Err("is of the other axis: latitude and longitude are exchanged"));
    }
    if value > if axis == Axis::X { 360.0 } else { 90.0 } {
        return Some(Err("has more degrees than there are"));
    }
    let is_negative = matches!(side, Some('W' | 'S'));
    if is_negative && sign < 0.0 {
        return Some(Err("has a sign and a letter that both say west or south"));
    }
    Some(Ok(if is_negative { -value } else { sign * value }))
}

/// Both numbers of a pair in one cell, in the order in which they stand: `118.1,32.1`, `[118.1, 32.1]`, `118.1 32.1`, `32°3′N 118°45′E`.
/// `None` for anything else.
fn two(text: &str) -> Option<[String; 2]> {
    let text = half_width(text).replace('、', ",");
    let inner = text.trim().trim_start_matches(['(', '[']).trim_end_matches([')', ']']).trim();
    // numbers with decimal commas are set apart by something else
    if let [a, b] = inner.split([';', '|', '\t']).map(str::trim).collect::<Vec<_>>()[..] {
        return Some([a.to_owned(), b.to_owned()]);
    }
    let mut parts: Vec<&str> = inner.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.len() == 1 {
        parts = inner.split_whitespace().collect();
    }
    // a height behind is not used
    match parts[..] {
        [a, b] => Some([a.to_owned(), b.to_owned()]),
        [a, b, height] if height.parse::<f64>().is_ok() => Some([a.to_owned(), b.to_owned()]),
        _ => None,
    }
}

/// The place of a pair, x first, and the order in which it stood, where its numbers or letters tell it for certain.
/// # Errors
/// What is wrong with it.
pub(super) fn pair(text: &str, order: Option<Order>) -> Result<([f64; 2], Option<Order>), String> {
    let shown: String = text.trim().chars().take(40).collect();
    let parts = two(text).ok_or_else(|| format!("\"{shown}\" is no pair of coordinates"))?;
    let read = |order: Order| {
        let (x, y) = if order == Order::XFirst { (&parts[0], &parts[1]) } else { (&parts[1], &parts[0]) };
        Some([number(x, Axis::X, true).ok()?.0, number(y, Axis::Y, true).ok()?.0])
    };
    let is_place = |[x, y]: &[f64; 2]| x.abs() <= 180.0 && y.abs() <= 90.0;
    let ways = [Order::XFirst, Order::YFirst].map(|order| read(order).filter(is_place).map(|at| (at, order)));
    let sure = match ways {
        [Some(one), None] | [None, Some(one)] => Some(one),
        [None, None] => None,
        [Some(straight), Some(turned)] => {
            let is_in_china = |[lon, lat]: [f64; 2]| numbers::in_china(LonLat { lon, lat });
            match (is_in_china(straight.0), is_in_china(turned.0)) {
                (true, false) => Some(straight),
                (false, true) => Some(turned),
                _ => None,
            }
        }
    };
    match (order, sure) {
        (None, Some((at, order))) => Ok((at, Some(order))),
        (Some(order), _) => match read(order) {
            Some(at) if is_place(&at) => Ok((at, None)),
            Some(_) if sure.is_some() => Err(format!(
                "\"{shown}\" is no place with {} first, as the column has it",
                if order == Order::XFirst { "the longitude" } else { "the latitude" }
            )),
            // metres of a plane
            Some(at) => Ok((at, None)),
            None => Err(format!("\"{shown}\" is no pair of coordinates")),
        },
        (None, None) if ways.iter().all(Option::is_some) => Err(format!(
            "\"{shown}\" may begin with the longitude or with the latitude; call the column \"lon,lat\" or \"lat,lon\", or put them into two columns"
        )),
        (None, None) => Err(format!("\"{shown}\" is no pair of longitude and latitude")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_one_way_or_not_at_all() {
        let third = 118.0 + 30.0 / 60.0 + 15.2 / 3600.0;
        let x: [(&str, Option<f64>); 30] = [
            ("118.5", Some(118.5)),
            ("１１８．５", Some(118.5)),
            ("118,5", Some(118.5)),
            ("118,123", Some(118.123)),
            ("-75,25", Some(-75.25)),
            ("118°30′15.2″E", Some(third)),
            ("118°30'15.2\"E", Some(third)),
            ("E118°30′15.2″", Some(third)),
            ("118°30′15,2″", Some(third)),
            ("118º 30' 15.2''", Some(third)),
            ("118度30分15.2秒", Some(third)),
            ("东经118度30分15.2秒", Some(third)),
            ("东经118.5", Some(118.5)),
            ("118-30-15.2", Some(third)),
            ("118:30:15.2", Some(third)),
            ("118 30 15.2 E", Some(third)),
            ("118 30 15.2", Some(third)),
            ("118°30′E", Some(118.5)),
            ("118.5°", Some(118.5)),
            ("118.5 E", Some(118.5)),
            ("75°15′W", Some(-75.25)),
            ("-75°15′", Some(-75.25)),
            ("118°60′", None),
            ("118.5°30′", None),
            ("32°N", None),
            ("-75°W", None),
            ("118-30", None),
            ("118.1, 32.1", None),
            ("1.2.3", None),
            ("n/a", None),
        ];
        for (text, want) in x {
            let got = number(text, Axis::X, true).ok().map(|(number, _)| number);
            let is_near = match (got, want) {
                (Some(got), Some(want)) => (got - want).abs() < 1e-12,
                (got, want) => got == want,
            };
            assert!(is_near, "{text}: {got:?}, not {want:?}");
        }
        assert_eq!(number("南纬32度3分", Axis::Y, true).unwrap().0, -32.05);
        // metres
        assert_eq!(number("3,549,167.25", Axis::Y, false).unwrap().0, 3_549_167.25);
        assert_eq!(number("386383,25", Axis::X, false).unwrap().0, 386_383.25);
        assert!(number("386,383", Axis::X, false).unwrap_err().contains("decimal comma"));
    }

    #[test]
    fn names_of_columns_are_those_that_files_have() {
        use Axis::X;
        use Axis::Y;
        let plain = [
            ("lon", X),
            ("LNG", X),
            ("X坐标", X),
            ("Y坐标", Y),
            ("x坐标", X),
            ("东经", X),
            ("北纬", Y),
            ("经度(°)", X),
            ("纬度（°）", Y),
            ("经度坐标", X),
            ("POINT_X", X),
            ("POINT_Y", Y),
            ("lng_wgs84", X),
            ("lat_wgs84", Y),
            ("WGS84经度", X),
            ("Longitude (deg)", X),
            ("X_COORD", X),
            ("Ycoord", Y),
            ("中心经度", X),
            ("东经（E）", X),
            ("Lat.", Y),
            ("GPS_Lat", Y),
            ("centroid_x", X),
            ("横坐标", X),
            ("纵坐标", Y),
            ("decimalLongitude", X),
            ("Easting", X),
            ("Breite", Y),
            ("地理经度", X),
        ];
        for (name, axis) in plain {
            let found = named(name);
            assert_eq!(found.map(|found| (found.axis, found.shifted)), Some((axis, Shifted::No)), "{name}");
        }
        for (name, axis, shifted) in [
            ("lng_gcj02", X, Shifted::Gcj02),
            ("gcj02_lat", Y, Shifted::Gcj02),
            ("bd09_lng", X, Shifted::Bd09),
            ("百度经度", X, Shifted::Bd09),
            ("高德纬度", Y, Shifted::Gcj02),
            ("经度(GCJ-02)", X, Shifted::Gcj02),
            ("lat_bd", Y, Shifted::Bd09),
            ("火星坐标经度", X, Shifted::Gcj02),
        ] {
            assert_eq!(named(name).map(|found| (found.axis, found.shifted)), Some((axis, shifted)), "{name}");
        }
        for name in [
            "name",
            "坐标",
            "地址",
            "population",
            "max",
            "type",
            "编号",
            "年份",
            "index",
            "84",
            "along",
            "platform",
            "latest",
        ] {
            assert_eq!(named(name), None, "{name}");
        }
    }

    #[test]
    fn pairs_are_turned_where_they_say_so() {
        let at = [118.1, 32.1];
        for (text, order, want) in [
            ("118.1,32.1", None, Some(at)),
            ("32.1,118.1", None, Some(at)),
            ("[118.1, 32.1]", None, Some(at)),
            ("118.1 32.1 12.5", None, Some(at)),
            ("118.1，32.1", None, Some(at)),
            ("32°6′N, 118°6′E", None, Some(at)),
            // within the range of a latitude both: only a name tells
            ("40.5,-75.25", None, None),
            ("40.5,-75.25", Some(Order::YFirst), Some([-75.25, 40.5])),
            ("40.5,-75.25", Some(Order::XFirst), Some([40.5, -75.25])),
            ("118.1,32.1", Some(Order::YFirst), None),
            ("118.1", None, None),
            ("a,b", None, None),
        ] {
            let got = pair(text, order).ok().map(|(at, _)| at);
            let is_near = match (got, want) {
                (Some(got), Some(want)) => got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12),
                (got, want) => got == want,
            };
            assert!(is_near, "{text}: {got:?}");
        }
    }
}
