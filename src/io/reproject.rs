//! Coordinate reference systems and the way from one to the other; the only file that knows PROJ.
//!
//! Coordinates are always east first, north second, whatever the order of the CRS's own axes. Between CGCS2000 and WGS 84 PROJ
//! offers nothing but a "ballpark" step that changes nothing; it is accepted, because the two frames agree to centimetres at
//! their epochs.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proj::Proj;
use proj::wkt::WktVersion;
use serde_json::Value as Json;

use crate::base::frame::OutputCrs;
use crate::base::units::readable;
use crate::impedance::geodesic::geodesic_m;
use crate::io::numbers::Form;
use crate::io::numbers::form;
use crate::io::numbers::in_china;
use crate::model::place::LonLat;

/// Why a CRS can not be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CrsError {
    /// PROJ does not know it.
    #[error(
        "unknown CRS \"{text}\"; write an EPSG code such as \"EPSG:4490\" (CGCS2000) or \"EPSG:4326\" (WGS 84), a WKT or a PROJ string"
    )]
    Unknown { text: String },
    /// It is a number of Esri's and not of EPSG.
    #[error("\"{text}\" is no code of EPSG; did you mean \"ESRI:{code}\" ({name})?")]
    EsriCode { text: String, code: String, name: String },
    /// It exists, but is no system of coordinates on the ground (e.g. a transformation or an ellipsoid).
    #[error("\"{text}\" is not a coordinate reference system")]
    NotACrs { text: String },
    /// It stands on an older datum that no one formula takes to WGS 84.
    #[error(
        "\"{text}\" stands on the datum \"{datum}\", and how far that is from WGS 84 differs from place to place by up to hundreds of \
         metres (EPSG states shifts for parts of Beijing 1954, good to 1 to 15 m each in its own area, and none for Xi'an 1980); write the CRS as a PROJ string with the +towgs84=… that holds in your area, or convert the file beforehand"
    )]
    NeedsShift { text: String, datum: String },
    /// There is no way from one to the other.
    #[error("no way is known from \"{from}\" to \"{to}\"")]
    NoWay { from: String, to: String },
    /// It is not fit to measure lengths in.
    #[error(
        "\"{text}\" ({name}) can not serve as study plane: {why}; leave study.plane out, or name a metric CRS such as \"EPSG:4549\""
    )]
    NotAPlane { text: String, name: String, why: String },
}

/// A coordinate reference system.
pub struct Crs {
    text: String,
    name: String,
    epsg: Option<u32>,
    geographic: bool,
    wkt1: String,
    /// West, south, east, north in degrees.
    area: Option<[f64; 4]>,
    unit_m: f64,
    datum: String,
    /// The way from its datum to others is not known, and the text does not state it.
    needs_shift: bool,
}

/// Keeps a proj.db of another PROJ on this machine from being used instead of the built-in one, and PROJ from writing lines of its own: what it
/// says is in the errors.
///
/// Must be called before the first CRS is made and before any thread is started.
pub fn ignore_foreign_proj_data() {
    for name in ["PROJ_DATA", "PROJ_LIB"] {
        if std::env::var_os(name).is_some() {
            // SAFETY: called at the very start of the program, when there is one thread only.
            unsafe { std::env::remove_var(name) };
        }
    }
    if std::env::var_os("PROJ_DEBUG").is_none() {
        // SAFETY: as above.
        unsafe { std::env::set_var("PROJ_DEBUG", "0") };
    }
}

impl Crs {
    /// The CRS of an EPSG code (`EPSG:4490`), a WKT or a PROJ string.
    /// # Errors
    /// [`CrsError::Unknown`] when PROJ does not know it, [`CrsError::NotACrs`] when it is something else.
    pub fn new(text: &str) -> Result<Crs, CrsError> {
        let text = text.trim();
        let unknown = || CrsError::Unknown { text: text.to_owned() };
        // PROJ takes "EPSG:4490 " or a bare number for other things; and a pipeline is no CRS
        if text.is_empty() || text.contains('\0') {
            return Err(unknown());
        }
        let definition = if text.starts_with('+') && !text.contains("+type=crs") {
            format!("{text} +type=crs")
        } else {
            text.to_owned()
        };
        let proj = Proj::new(&definition).map_err(|_| esri_code(text).unwrap_or_else(unknown))?;
        let json: Json = proj
            .to_projjson(Some(false), None, None)
            .ok()
            .and_then(|json| serde_json::from_str(&json).ok())
            .ok_or_else(|| CrsError::NotACrs { text: text.to_owned() })?;
        let (base, bound) = match json.get("source_crs") {
            Some(source) => (source, true),
            None => (&json, false),
        };
        // heights are not used
        let base = base.pointer("/components/0").unwrap_or(base);
        let says = |at: &Json, path: &str| at.pointer(path).and_then(Json::as_str).unwrap_or_default().to_owned();
        let kind = says(base, "/type");
        let geographic = says(base, "/coordinate_system/subtype") == "ellipsoidal";
        // a geodetic CRS that is not geographic counts from the centre of the earth
        if !(geographic && kind.ends_with("CRS") || kind.ends_with("ProjectedCRS")) {
            return Err(CrsError::NotACrs { text: text.to_owned() });
        }
        let ground = base.get("base_crs").unwrap_or(base);
        let datum = says(ground, "/datum/name") + &says(ground, "/datum_ensemble/name");
        let ellipsoid = says(ground, "/datum/ellipsoid/name");
        let epsg = json.get("id").filter(|_| !bound).and_then(|id| {
            (id.get("authority")?.as_str()? == "EPSG").then(|| id.get("code")?.as_u64())?.map(|code| code as u32)
        });
        let unit_m = base
            .pointer("/coordinate_system/axis/0/unit")
            .map(|unit| match unit.as_str() {
                Some("metre") => 1.0,
                Some(_) => 0.0,
                None => unit.get("conversion_factor").and_then(|factor| factor.as_f64()).unwrap_or(0.0),
            })
            .unwrap_or(0.0);
        let method = says(base, "/conversion/method/name");
        let axes = base.pointer("/coordinate_system/axis").and_then(Json::as_array).map_or(0, Vec::len);
        let is_sayable = axes == 2 && (kind == "GeographicCRS" || METHODS_OF_WKT1.contains(&method.as_str()));
        let wkt1 = match is_sayable {
            true => proj.as_wkt(Some(WktVersion::Wkt1_Gdal), None).unwrap_or_default(),
            false => String::new(),
        };
        let area = proj.area_of_use().ok().and_then(|(area, _)| area);
        Ok(Crs {
            text: text.to_owned(),
            name: base.get("name").and_then(|name| name.as_str()).unwrap_or(text).to_owned(),
            epsg,
            geographic,
            wkt1: single_line(&wkt1),
            area: area.map(|area| [area.west, area.south, area.east, area.north]),
            unit_m,
            needs_shift: !bound && needs_shift(&datum, &ellipsoid),
            datum,
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether both mean the same system, however they were written.
    pub fn is_same(&self, other: &Crs) -> bool {
        let coded = self.epsg.is_some() && self.epsg == other.epsg;
        coded || self.text == other.text || (!self.wkt1.is_empty() && self.wkt1 == other.wkt1)
    }

    /// Whether both mean the same system by what they do: three places of the smaller area of use have the same numbers in both, to
    /// a centimetre or 10⁻⁷ degrees. WGS 84 and CGCS2000 are the same here.
    pub fn does_the_same(&self, other: &Crs) -> bool {
        if self.is_same(other) {
            return true;
        }
        let size = |[west, south, east, north]: &[f64; 4]| (east - west) * (north - south);
        let areas = [self.area, other.area].into_iter().flatten().filter(|[west, _, east, _]| west < east);
        let Some([west, south, east, north]) = areas.min_by(|a, b| size(a).total_cmp(&size(b))) else { return false };
        if self.geographic != other.geographic {
            return false;
        }
        let near = if self.geographic { 1e-7 } else { 0.01 };
        let ways = || {
            let degrees = Crs::new("EPSG:4326")?;
            Ok::<_, CrsError>((Reprojector::new(&degrees, self)?, Reprojector::new(&degrees, other)?))
        };
        let Ok((one, two)) = ways() else { return false };
        [0.3, 0.5, 0.7].iter().all(|part| {
            let at = [west + (east - west) * part, south + (north - south) * (1.0 - part)];
            match (one.point(at), two.point(at)) {
                (Some(a), Some(b)) => (a[0] - b[0]).abs() <= near && (a[1] - b[1]).abs() <= near,
                _ => false,
            }
        })
    }

    /// Its own name, e.g. `CGCS2000 / 3-degree Gauss-Kruger CM 120E`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The EPSG code where it has one.
    pub fn epsg(&self) -> Option<u32> {
        self.epsg
    }

    /// Whether its coordinates are degrees.
    pub fn is_geographic(&self) -> bool {
        self.geographic
    }

    /// WKT 1 as GDAL writes it, on one line; empty for systems with heights and for rare projections, which it can not say.
    pub fn wkt1(&self) -> &str {
        &self.wkt1
    }

    /// Where it may be used: west, south, east, north in degrees.
    pub fn area_of_use(&self) -> Option<[f64; 4]> {
        self.area
    }

    /// The geographic frame of a study that is measured in this CRS: CGCS2000 for its own zones, else WGS 84.
    pub fn frame(&self) -> OutputCrs {
        match self.epsg {
            Some(4490..=4554) => OutputCrs::Cgcs2000,
            _ if self.wkt1.contains("China_2000") => OutputCrs::Cgcs2000,
            _ => OutputCrs::Wgs84,
        }
    }

    /// Whether lengths can be measured in it.
    /// # Errors
    /// [`CrsError::NotAPlane`] for degrees, for feet, and for Web Mercator, whose lengths are off by 17 to 22 % in Jiangsu.
    pub fn check_plane(&self) -> Result<(), CrsError> {
        let refuse = |why: &str| {
            Err(CrsError::NotAPlane { text: self.text.clone(), name: self.name.clone(), why: why.to_owned() })
        };
        if self.geographic {
            return refuse("its coordinates are degrees");
        }
        if self.epsg == Some(3857)
            || self.wkt1.contains("Mercator_Auxiliary_Sphere")
            || self.name.contains("Pseudo-Mercator")
        {
            return refuse("Web Mercator stretches lengths by 1/cos(latitude)");
        }
        if (self.unit_m - 1.0).abs() > 1e-9 {
            return refuse("its unit is not the metre");
        }
        Ok(())
    }
}

/// What to say of a code that EPSG does not have and Esri has.
fn esri_code(text: &str) -> Option<CrsError> {
    let start = text.get(..5).filter(|start| start.eq_ignore_ascii_case("EPSG:"))?;
    let code = text[start.len()..].trim().to_owned();
    let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
    let name = is_code.then(|| Crs::new(&format!("ESRI:{code}")).ok())??.name;
    Some(CrsError::EsriCode { text: text.to_owned(), code, name })
}

/// The EPSG code of a CRS, also where its WKT does not say it: that of a CGCS2000, Xi'an 1980, Beijing 1954 or UTM zone, or of a usual frame, that
/// has its name and its parameters. `None` where it is none of these.
pub fn identified(crs: &Crs) -> Option<u32> {
    if crs.epsg.is_some() {
        return crs.epsg;
    }
    let zone = |base: [u32; 2]| {
        let (_, zone) = crs.name.split_once("zone ")?;
        let digits: String = zone.chars().take_while(char::is_ascii_digit).collect();
        let is_south = zone[digits.len()..].trim_start().starts_with('S');
        Some(digits.parse::<u32>().ok()? + if is_south { base[1] } else { base[0] })
    };
    let is_utm = crs.name.contains("UTM zone");
    let candidates: Vec<u32> = match crs.name.as_str() {
        _ if crs.geographic => vec![4326, 4490, 4610, 4214, 4258, 4269, 4267, 4230, 4283, 7844],
        name if is_utm && name.starts_with("WGS 84") => zone([32600, 32700]).into_iter().collect(),
        name if is_utm && name.starts_with("ETRS89") => zone([25800, 25800]).into_iter().collect(),
        name if is_utm && name.starts_with("NAD83") => zone([26900, 26900]).into_iter().collect(),
        name if name.contains("CGCS2000") => (4491..=4554).collect(),
        name if name.contains("Xian 1980") => (2327..=2390).collect(),
        name if name.contains("Beijing 1954") => (2401..=2442).chain(21413..=21423).chain(21453..=21463).collect(),
        _ => vec![3857, 3035, 2154, 27700, 28992, 31370, 2056, 21781, 3006, 3067],
    };
    let is_it = |code: &u32| {
        Crs::new(&format!("EPSG:{code}")).is_ok_and(|known| {
            known.name == crs.name && (bare(&known.wkt1) == bare(&crs.wkt1) || known.does_the_same(crs))
        })
    };
    candidates.into_iter().find(is_it)
}

/// A WKT without the codes of its parts.
fn bare(wkt: &str) -> String {
    let mut rest = wkt;
    let mut out = String::new();
    while let Some(at) = rest.find(",AUTHORITY[") {
        out.push_str(&rest[..at]);
        rest = rest[at..].find(']').map_or("", |end| &rest[at + end + 1..]);
    }
    out + rest
}

/// Whether the way from a datum to WGS 84 must be stated: the older Chinese datums, whose shift differs from place to place, and
/// datums without a name on an ellipsoid of the time before satellites.
fn needs_shift(datum: &str, ellipsoid: &str) -> bool {
    const OLDER: [&str; 3] = ["Beijing 1954", "New Beijing", "Xian 1980"];
    const WORLDWIDE: [&str; 2] = ["GRS 1980", "WGS 84"];
    let is_of = |names: &[&str], text: &str| names.iter().any(|name| text.starts_with(name));
    is_of(&OLDER, datum)
        || (datum.to_lowercase().starts_with("unknown")
            && !WORLDWIDE.iter().any(|name| (datum.to_owned() + ellipsoid).contains(name)))
}

/// Methods of projection that WKT 1 can say. The `proj` crate panics when PROJ has no text to give, so none else is asked for.
const METHODS_OF_WKT1: [&str; 17] = [
    "Transverse Mercator",
    "Transverse Mercator (South Orientated)",
    "Lambert Conic Conformal (1SP)",
    "Lambert Conic Conformal (2SP)",
    "Mercator (variant A)",
    "Mercator (variant B)",
    "Popular Visualisation Pseudo Mercator",
    "Albers Equal Area",
    "Lambert Azimuthal Equal Area",
    "Azimuthal Equidistant",
    "Oblique Stereographic",
    "Polar Stereographic (variant A)",
    "Polar Stereographic (variant B)",
    "Hotine Oblique Mercator (variant A)",
    "Hotine Oblique Mercator (variant B)",
    "Cassini-Soldner",
    "Krovak (North Orientated)",
];

fn single_line(wkt: &str) -> String {
    wkt.lines().map(str::trim).collect()
}

thread_local! {
    static WAYS: RefCell<BTreeMap<(String, String), std::rc::Rc<Proj>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The way from one CRS to another, east first on both sides. Not for use across threads.
pub struct Reprojector {
    way: Option<std::rc::Rc<Proj>>,
}

impl Reprojector {
    /// The way from `from` to `to`. Between CGCS2000 and WGS 84 degrees nothing is changed.
    /// # Errors
    /// [`CrsError::NeedsShift`] when the two stand on different datums and one of them is an older one whose shift is not stated,
    /// [`CrsError::NoWay`] when PROJ knows none.
    pub fn new(from: &Crs, to: &Crs) -> Result<Reprojector, CrsError> {
        let degrees_alike = |crs: &Crs| matches!(crs.epsg, Some(4326 | 4490 | 4979 | 4480));
        if from.text == to.text || (degrees_alike(from) && degrees_alike(to)) {
            return Ok(Reprojector { way: None });
        }
        if let Some(older) = [from, to].into_iter().find(|crs| crs.needs_shift && from.datum != to.datum) {
            return Err(CrsError::NeedsShift { text: older.text.clone(), datum: older.datum.clone() });
        }
        let key = (from.text.clone(), to.text.clone());
        let known = WAYS.with(|ways| ways.borrow().get(&key).cloned());
        let way = match known {
            Some(way) => way,
            None => {
                let way = Proj::new_known_crs(&from.text, &to.text, None)
                    .map_err(|_| CrsError::NoWay { from: from.text.clone(), to: to.text.clone() })?;
                let way = std::rc::Rc::new(way);
                WAYS.with(|ways| ways.borrow_mut().insert(key, way.clone()));
                way
            }
        };
        Ok(Reprojector { way: Some(way) })
    }

    /// One point; `None` where the target has no coordinates for it.
    pub fn point(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let Some(way) = &self.way else {
            return Some([x, y]);
        };
        let (x, y): (f64, f64) = way.convert((x, y)).ok()?;
        (x.is_finite() && y.is_finite()).then_some([x, y])
    }

    /// Many points in place. On failure nothing is promised of the points; ask [`Reprojector::point`] for the one that fails.
    pub fn points(&self, points: &mut [(f64, f64)]) -> bool {
        let Some(way) = &self.way else {
            return true;
        };
        way.convert_array(points).is_ok() && points.iter().all(|(x, y)| x.is_finite() && y.is_finite())
    }
}

/// The EPSG code of the plane that fits a place: in China the CGCS2000 3-degree zone (GB/T 22483; EPSG 4534 to 4554 for central
/// meridians 75° to 135°), elsewhere the UTM zone of WGS 84 (its regular zones; Norway's and Svalbard's are not made out).
pub fn default_plane(centre: LonLat) -> String {
    if in_china(centre) {
        let zone = ((centre.lon / 3.0).round() as u32).clamp(25, 45);
        return format!("EPSG:{}", 4534 + zone - 25);
    }
    let zone = (((centre.lon + 180.0) / 6.0).floor() as i32).rem_euclid(60) + 1;
    format!("EPSG:{}", if centre.lat >= 0.0 { 32600 } else { 32700 } + zone)
}

/// Smallest and largest length in the plane over length on the ellipsoid in a box of degrees (west, south, east, north).
///
/// Measured on a grid of 9 × 9 places in two directions over 100 m, and widened by 10⁻⁴ of itself for what lies between.
/// `None` when the plane has no coordinates for the box.
pub fn scale_bounds(degrees_to_plane: &Reprojector, [west, south, east, north]: [f64; 4]) -> Option<(f64, f64)> {
    let (mut least, mut most) = (f64::MAX, 0.0f64);
    for i in 0..9 {
        for j in 0..9 {
            let at = LonLat {
                lon: west + (east - west) * f64::from(i) / 8.0,
                lat: (south + (north - south) * f64::from(j) / 8.0).clamp(-89.9, 89.9),
            };
            let (low, high) = scale_at(degrees_to_plane, at)?;
            (least, most) = (least.min(low), most.max(high));
        }
    }
    Some((least * (1.0 - 1e-4), most * (1.0 + 1e-4)))
}

/// Length in the plane over length on the ellipsoid at a place, the smaller and the larger one of the two directions along the parallel and
/// the meridian, over some 100 m; `None` where the plane has no coordinates.
pub fn scale_at(degrees_to_plane: &Reprojector, at: LonLat) -> Option<(f64, f64)> {
    let start = degrees_to_plane.point([at.lon, at.lat])?;
    let towards = |dx: f64, dy: f64| {
        let end = LonLat { lon: at.lon + dx, lat: at.lat + dy };
        let there = degrees_to_plane.point([end.lon, end.lat])?;
        Some((there[0] - start[0]).hypot(there[1] - start[1]) / geodesic_m(at, end))
    };
    let (east, north) = (towards(1e-3, 0.0)?, towards(0.0, 1e-3)?);
    Some((east.min(north), east.max(north)))
}

/// Planes made for a box of degrees (west, south, east, north), as WKT: a transverse Mercator for one that is high, a Lambert conformal conic
/// for one that is wide, both with errors as large at the edges as in the middle; on CGCS2000 in China, else on WGS 84.
pub fn planes_for([west, south, east, north]: [f64; 4]) -> Vec<String> {
    let tenth = |degrees: f64| (degrees * 10.0).round() / 10.0;
    let (lon, lat) = (tenth((west + east) / 2.0), tenth((south + north) / 2.0));
    let (frame, base) = match in_china(LonLat { lon, lat }) {
        true => (
            "CGCS2000",
            r#"GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101]]"#,
        ),
        false => ("WGS 84", r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]]"#),
    };
    let base = format!(r#"{base},PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]"#);
    let wkt = |name: String, method: &str, parameters: &[(&str, f64)]| {
        let parameters: String =
            parameters.iter().map(|(name, value)| format!(r#",PARAMETER["{name}",{value}]"#)).collect();
        format!(r#"PROJCS["{frame} / {name}",{base},PROJECTION["{method}"]{parameters},UNIT["metre",1]]"#)
    };
    // the scale of a transverse Mercator grows with the square of the distance from its meridian: half of that at the edge is taken off
    let nearest_equator = if south <= 0.0 && north >= 0.0 { 0.0 } else { south.abs().min(north.abs()) };
    let half_width = ((east - west) / 2.0).to_radians() * nearest_equator.to_radians().cos();
    let factor = ((1.0 - half_width * half_width / 4.0) * 1e5).round() / 1e5;
    let false_origin = [("false_easting", 500_000.0), ("false_northing", 0.0)];
    let mut planes = vec![wkt(
        format!("Transverse Mercator, meridian {lon}, scale {factor}"),
        "Transverse_Mercator",
        &[&[("latitude_of_origin", 0.0), ("central_meridian", lon), ("scale_factor", factor)][..], &false_origin]
            .concat(),
    )];
    // parallels at which the error within the box is as large as at its edges (Chebyshev's nodes)
    let inset = (north - south) * (1.0 - std::f64::consts::FRAC_1_SQRT_2) / 2.0;
    let (low, high) = (tenth(south + inset), tenth(north - inset));
    if (low + high).abs() > 1.0 && lat.abs() < 89.0 {
        planes.push(wkt(
            format!("Lambert conformal conic, meridian {lon}, parallels {low} and {high}"),
            "Lambert_Conformal_Conic_2SP",
            &[
                &[("latitude_of_origin", lat), ("central_meridian", lon)][..],
                &[("standard_parallel_1", low), ("standard_parallel_2", high)],
                &false_origin,
            ]
            .concat(),
        ));
    }
    planes
}

/// Why the numbers of a file do not look like coordinates of the CRS that it is said to be in.
#[derive(Debug, Clone, PartialEq)]
pub struct Implausible {
    /// What is wrong, and what to write instead.
    pub what: String,
}

/// Whether coordinates (east, north) look like those of `crs`.
///
/// Projected numbers declared as degrees, degrees declared as metres, swapped axes, places outside a geographic CRS's area of use
/// widened by a twentieth of itself, and zone numbers in front of eastings where the zone of CGCS2000 has none or another.
/// # Errors
/// [`Implausible`] with what to write instead.
pub fn plausible(crs: &Crs, [x, y]: [f64; 2]) -> Result<(), Implausible> {
    let implausible = |what: String| Err(Implausible { what });
    let (shown_x, shown_y) = (readable(x), readable(y));
    if crs.is_geographic() {
        if x.abs() > 180.0 && y.abs() > 90.0 {
            let zone = hint([x, y]);
            return implausible(format!(
                "{shown_x}, {shown_y} are no degrees but look like projected metres{zone}; declare their CRS with crs = \"EPSG:…\""
            ));
        }
        if y.abs() > 90.0 && x.abs() <= 90.0 {
            return implausible(format!(
                "{shown_x}, {shown_y} look like latitude first, longitude second; exchange the x and y columns (x is longitude)"
            ));
        }
        if x.abs() > 180.0 || y.abs() > 90.0 {
            return implausible(format!("{shown_x}, {shown_y} lie outside the range of longitude and latitude"));
        }
        if let Some(area) = crs.area
            && !inside(area, [x, y])
        {
            let swapped = inside(area, [y, x]);
            let hint = if swapped { "; they would fit with x and y exchanged (x is longitude)" } else { "" };
            return implausible(format!(
                "{shown_x}, {shown_y} lie outside the area where {} is used ({}° to {}° east, {}° to {}° north){hint}",
                crs.name, area[0], area[2], area[1], area[3]
            ));
        }
        return Ok(());
    }
    if x.abs() <= 180.0 && y.abs() <= 90.0 {
        return implausible(format!(
            "{shown_x}, {shown_y} look like degrees, but {} has metres; declare crs = \"EPSG:4490\" or \"EPSG:4326\"",
            crs.name
        ));
    }
    match wrong_prefix(crs, [x, y]) {
        Some(what) => implausible(what),
        None => Ok(()),
    }
}

/// ` of a …` when the numbers have the form of metres that are usual in China.
fn hint([x, y]: [f64; 2]) -> String {
    let order = |north_first| if north_first { ", northing first" } else { "" };
    match form([x, y]) {
        Form::PrefixedZone { zone, width_degrees, north_first } => {
            let epsg = if width_degrees == 3 { 4513 + zone - 25 } else { 4491 + zone - 13 };
            let order = order(north_first);
            format!(
                " of the {width_degrees}-degree Gauss–Krüger zone with prefix {zone} (EPSG:{epsg} in CGCS2000{order})"
            )
        }
        Form::Zone { north_first } => format!(" of a Gauss–Krüger or UTM zone without prefix{}", order(north_first)),
        Form::WebMercator => " of Web Mercator (EPSG:3857)".to_owned(),
        _ => String::new(),
    }
}

/// What is wrong with numbers in a zone of CGCS2000 by the prefix of the easting; `None` when they may be right, and for other
/// systems.
fn wrong_prefix(crs: &Crs, [x, y]: [f64; 2]) -> Option<String> {
    let (wanted, prefixed, plain) = match crs.epsg? {
        code @ 4491..=4501 => (Some(code - 4491 + 13), 4491, 4502),
        4502..=4512 => (None, 4491, 4502),
        code @ 4513..=4533 => (Some(code - 4513 + 25), 4513, 4534),
        4534..=4554 => (None, 4513, 4534),
        _ => return None,
    };
    let least = if prefixed == 4491 { 13 } else { 25 };
    if matches!(form([x, y]), Form::Zone { north_first: true } | Form::PrefixedZone { north_first: true, .. }) {
        return Some(format!(
            "{x}, {y} look like northing first, easting second; exchange the x and y columns (x is east)"
        ));
    }
    let found = (x >= 1e7).then_some((x / 1e6) as u32);
    match (wanted, found) {
        (None, Some(zone)) => Some(format!(
            "the easting {x} carries a zone number, but {} has none; declare crs = \"EPSG:{}\"",
            crs.name,
            prefixed + zone.clamp(least, 45) - least
        )),
        (Some(zone), None) => Some(format!(
            "the easting {x} carries no zone number, but {} has {zone} in front; declare crs = \"EPSG:{}\"",
            crs.name,
            plain + zone - least
        )),
        (Some(zone), Some(other)) if zone != other => {
            Some(format!("the easting {x} carries the zone number {other}, but {} has {zone}", crs.name))
        }
        _ => None,
    }
}

fn inside([west, south, east, north]: [f64; 4], [x, y]: [f64; 2]) -> bool {
    let (slack_x, slack_y) = ((east - west).abs() * 0.05, (north - south).abs() * 0.05);
    let fits_x = if west <= east {
        (west - slack_x..=east + slack_x).contains(&x)
    } else {
        // across the antimeridian
        x >= west - slack_x || x <= east + slack_x
    };
    fits_x && (south - slack_y..=north + slack_y).contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crs(text: &str) -> Crs {
        Crs::new(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn zones_of_cgcs2000_agree_with_pyproj() {
        // pyproj with PROJ 9.5.1, EPSG v11.022: 南京 (118.796877, 32.060255) as easting, northing
        let cases = [
            ("EPSG:4548", 669_693.655, 3_549_946.679),
            ("EPSG:4549", 386_383.866, 3_549_167.202),
            ("EPSG:4550", 102_937.135, 3_556_273.188),
            ("EPSG:4527", 39_669_693.655, 3_549_946.679),
            ("EPSG:4528", 40_386_383.866, 3_549_167.202),
            ("EPSG:4510", 102_937.135, 3_556_273.188),
        ];
        for (code, x, y) in cases {
            for from in ["EPSG:4490", "EPSG:4326"] {
                let way = Reprojector::new(&crs(from), &crs(code)).unwrap();
                let [east, north] = way.point([118.796877, 32.060255]).unwrap();
                assert!((east - x).abs() < 1e-3 && (north - y).abs() < 1e-3, "{from} to {code}: {east}, {north}");
            }
        }
    }

    #[test]
    fn the_fitting_plane_is_the_zone_of_the_centre() {
        let cases = [
            (119.1, 33.0, "EPSG:4549"),
            (117.2, 34.2, "EPSG:4548"),
            (87.6, 43.8, "EPSG:4538"),
            (9.5, 47.1, "EPSG:32632"),
            (-51.2, -30.0, "EPSG:32722"),
            (180.0, 10.0, "EPSG:32601"),
        ];
        for (lon, lat, want) in cases {
            assert_eq!(default_plane(LonLat { lon, lat }), want);
        }
    }

    #[test]
    fn scale_bounds_hold_the_published_factors() {
        // PROJ's own factors in EPSG:4549: 1.001371 at 116.36° E, 1.000420 at 121.95° E, 1 on the central meridian
        let way = Reprojector::new(&crs("EPSG:4490"), &crs("EPSG:4549")).unwrap();
        let (least, most) = scale_bounds(&way, [116.36, 30.7, 121.95, 35.1]).unwrap();
        assert!(least <= 1.0 && least > 0.999, "{least}");
        assert!((1.001371..1.0017).contains(&most), "{most}");
    }

    #[test]
    fn what_is_known_of_a_crs() {
        let plane = crs("EPSG:4549");
        assert_eq!((plane.epsg(), plane.is_geographic(), plane.frame()), (Some(4549), false, OutputCrs::Cgcs2000));
        assert_eq!(plane.name(), "CGCS2000 / 3-degree Gauss-Kruger CM 120E");
        assert!(plane.wkt1().starts_with("PROJCS[") && !plane.wkt1().contains('\n'));
        assert!(plane.check_plane().is_ok());
        assert!(crs("EPSG:32632").check_plane().is_ok());
        for text in ["EPSG:4490", "EPSG:3857", "EPSG:2230"] {
            assert!(crs(text).check_plane().is_err(), "{text}");
        }
        assert!(crs("+proj=tmerc +lon_0=119 +ellps=GRS80 +units=m").check_plane().is_ok());
        let wkt = plane.wkt1().to_owned();
        assert_eq!(crs(&wkt).epsg(), Some(4549));
    }

    #[test]
    fn unknown_systems_are_refused_with_an_example() {
        for text in ["EPSG:999999", "WGS85", "", "+proj=nonsense", "EPSG:abc", "a\0b"] {
            let message = Crs::new(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(message.contains("EPSG:4490") || message.contains("not a coordinate"), "{text}: {message}");
        }
    }

    #[test]
    fn numbers_that_do_not_fit_their_crs_are_told() {
        let degrees = crs("EPSG:4490");
        assert!(plausible(&degrees, [118.8, 32.0]).is_ok());
        let cases = [
            ([32.0, 118.8], "latitude first"),
            ([386_383.9, 3_549_167.2], "projected metres"),
            ([40_386_383.9, 3_549_167.2], "EPSG:4528"),
            ([9.5, 47.1], "outside the area"),
            ([200.0, 32.0], "outside the range"),
        ];
        for (point, want) in cases {
            let what = plausible(&degrees, point).unwrap_err().what;
            assert!(what.contains(want), "{point:?}: {what}");
        }
        assert!(plausible(&crs("EPSG:4549"), [118.8, 32.0]).unwrap_err().what.contains("look like degrees"));
        assert!(plausible(&crs("EPSG:4549"), [386_383.9, 3_549_167.2]).is_ok());
        assert!(plausible(&crs("EPSG:4528"), [40_386_383.9, 3_549_167.2]).is_ok());
        assert!(plausible(&crs("EPSG:32650"), [669_000.0, 3_549_000.0]).is_ok());
        let cases = [
            ("EPSG:4549", [40_386_383.9, 3_549_167.2], "EPSG:4528"),
            ("EPSG:4528", [386_383.9, 3_549_167.2], "EPSG:4549"),
            ("EPSG:4527", [40_386_383.9, 3_549_167.2], "zone number 40"),
            ("EPSG:4508", [20_386_383.9, 3_549_167.2], "EPSG:4498"),
            ("EPSG:4549", [3_549_167.2, 386_383.9], "northing first"),
        ];
        for (code, numbers, want) in cases {
            let what = plausible(&crs(code), numbers).unwrap_err().what;
            assert!(what.contains(want), "{code} {numbers:?}: {what}");
        }
        // in a frame of the whole world, swapped coordinates of China show only because 118.8 is no latitude
        assert!(plausible(&crs("EPSG:4326"), [32.0, 118.8]).unwrap_err().what.contains("latitude first"));
    }

    #[test]
    fn older_datums_are_refused_without_a_stated_shift() {
        let wgs84 = crs("EPSG:4326");
        let krassowsky = "+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 +ellps=krass +units=m";
        for text in ["EPSG:4214", "EPSG:4610", "EPSG:2437", "EPSG:2385", krassowsky] {
            match Reprojector::new(&crs(text), &wgs84) {
                Err(CrsError::NeedsShift { .. }) => {}
                other => panic!("{text}: {:?}", other.err()),
            }
        }
        // from a zone to the degrees of the same datum there is nothing to state
        assert!(Reprojector::new(&crs("EPSG:2437"), &crs("EPSG:4214")).is_ok());
        let stated = crs(&format!("{krassowsky} +towgs84=15.8,-154.4,-82.3"));
        let way = Reprojector::new(&stated, &wgs84).unwrap();
        let [lon, lat] = way.point([386_383.866, 3_549_167.202]).unwrap();
        assert!((lon - 118.796877).abs() < 0.01 && (lat - 32.060255).abs() < 0.01, "{lon}, {lat}");
        for text in
            ["EPSG:3857", "EPSG:4258", "EPSG:32650", "+proj=tmerc +lon_0=119 +ellps=GRS80 +units=m", "EPSG:4549"]
        {
            assert!(Reprojector::new(&crs(text), &wgs84).is_ok(), "{text}");
        }
    }

    #[test]
    fn heights_and_geocentric_systems_are_no_ground() {
        for text in ["EPSG:4978", "EPSG:5773", "EPSG:4479"] {
            assert!(matches!(Crs::new(text), Err(CrsError::NotACrs { .. })), "{text}");
        }
        assert!(crs("EPSG:4979").is_geographic());
        // WKT 1 has no words for these
        for text in ["EPSG:4979", "EPSG:8857", "EPSG:6244", "EPSG:3993", "EPSG:5225", "IAU_2015:1090", "+proj=igh_o"] {
            assert_eq!(crs(text).wkt1(), "", "{text}");
        }
        assert!(crs("EPSG:4549").is_same(&crs(crs("EPSG:4549").wkt1())));
        assert!(!crs("EPSG:4549").is_same(&crs("EPSG:4548")));
    }
}
