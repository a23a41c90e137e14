//! The CRS that a file names, whether its numbers fit it, and the ways to degrees that come into question.

use std::collections::BTreeMap;

use crate::app::inspect::CrsFinding;
use crate::app::inspect::InspectError;
use crate::app::inspect::Options;
use crate::app::inspect::SaidBy;
use crate::app::inspect::survey::Survey;
use crate::base::units::readable;
use crate::io::datum::Datum;
use crate::io::numbers::candidates;
use crate::io::numbers::form;
use crate::io::read::DeclaredCrs;
use crate::io::reproject::Crs;
use crate::io::reproject::CrsError;
use crate::io::reproject::Reprojector;
use crate::io::reproject::identified;
use crate::io::reproject::plausible;
use crate::model::place::LonLat;

/// Degrees that a projected place may lie outside the area for which its CRS is made: provinces are measured in one zone.
const PROJECTION_SLACK: f64 = 3.0;

/// A CRS that the file may be in, and the way from it to degrees.
pub(crate) struct Base {
    pub crs: String,
    way: Reprojector,
}

impl Base {
    /// The place of a pair of the file's numbers, in degrees, datum not undone; `None` where there is none.
    pub(crate) fn degrees(&self, at: [f64; 2]) -> Option<LonLat> {
        let [lon, lat] = self.way.point(at)?;
        Some(LonLat { lon, lat })
    }
}

/// Where a file lies, as far as it says so.
pub(crate) struct Ground {
    pub finding: CrsFinding,
    /// The one that is said where it can be meant, else those that fit the numbers.
    pub bases: Vec<Base>,
    /// Whether the only base is the one that is said.
    pub is_said: bool,
    /// The datum that was asked for; without one degrees are taken for WGS 84 or CGCS2000.
    pub datum: Datum,
}

impl Ground {
    /// What a survey's numbers say; `near` is about where the file should lie, where that is known.
    pub(crate) fn of(
        survey: &Survey,
        declared: &DeclaredCrs,
        options: &Options<'_>,
        near: Option<LonLat>,
    ) -> Result<Ground, InspectError> {
        let (said, said_by) = match (options.crs, options.datum, declared) {
            (Some(crs), ..) => (Some(crs), SaidBy::Option),
            (None, Some(Datum::Wgs84), _) => (Some("EPSG:4326"), SaidBy::Option),
            (None, Some(_), _) => (Some("EPSG:4490"), SaidBy::Option),
            (None, None, DeclaredCrs::Carried(crs)) => (Some(crs.as_str()), SaidBy::File),
            (None, None, DeclaredCrs::ByFormat(crs)) => (Some(crs.as_str()), SaidBy::Format),
            (None, None, DeclaredCrs::Unknown) => (None, SaidBy::Nobody),
        };
        let mut finding = CrsFinding {
            said_by,
            said: said.map(str::to_owned),
            name: None,
            epsg: None,
            datum: options.datum,
            looks_like: None,
            looks_like_percent: 0.0,
            candidates: Vec::new(),
            extent: survey.extent,
            degrees: None,
            doubt: None,
        };
        let vertices = survey.vertices.kept();
        let mut forms = BTreeMap::new();
        for at in vertices {
            *forms.entry(form(*at)).or_insert(0usize) += 1;
        }
        if let Some((form, count)) = forms.iter().max_by_key(|(form, count)| (**count, std::cmp::Reverse(**form))) {
            finding.looks_like = Some(*form);
            finding.looks_like_percent = (*count as f64 / vertices.len() as f64 * 1000.0).round() / 10.0;
        }
        let mut bases = Vec::new();
        if let Some(text) = said {
            match meant(text, vertices) {
                Ok((crs, base)) => {
                    finding.name = Some(crs.name().to_owned());
                    finding.epsg = identified(&crs);
                    bases.push(base);
                }
                Err(NotMeant::Unknown(error)) if said_by == SaidBy::Option => return Err(error.into()),
                Err(NotMeant::Unknown(error)) => finding.doubt = Some(error.to_string()),
                Err(NotMeant::Implausible(crs, what)) => {
                    finding.name = Some(crs.name().to_owned());
                    finding.doubt = Some(what);
                }
            }
        }
        let is_said = !bases.is_empty();
        if let (false, Some(form)) = (is_said, finding.looks_like) {
            finding.candidates = candidates(form, near);
            for epsg in &finding.candidates {
                bases.extend(meant(&format!("EPSG:{epsg}"), vertices).ok().map(|(_, base)| base));
            }
        }
        if let (true, Some(base)) = (is_said, bases.first()) {
            finding.degrees = survey.extent.and_then(|extent| box_in_degrees(base, extent));
        }
        Ok(Ground { finding, bases, is_said, datum: options.datum.unwrap_or(Datum::Wgs84) })
    }
}

/// The box in degrees that holds a box of the file's numbers, along whose edges 21 places each are taken; in degrees itself
/// exact.
fn box_in_degrees(base: &Base, [west, south, east, north]: [f64; 4]) -> Option<[f64; 4]> {
    let along = |from: f64, to: f64, part: u32| from + (to - from) * f64::from(part) / 20.0;
    let edges = (0..=20).flat_map(|part| {
        let (x, y) = (along(west, east, part), along(south, north, part));
        [[x, south], [x, north], [west, y], [east, y]]
    });
    edges.filter_map(|at| base.degrees(at)).fold(None, |so_far, at| {
        let [west, south, east, north] = so_far.unwrap_or([at.lon, at.lat, at.lon, at.lat]);
        Some([west.min(at.lon), south.min(at.lat), east.max(at.lon), north.max(at.lat)])
    })
}

enum NotMeant {
    Unknown(CrsError),
    /// Most of the numbers can not be coordinates of it.
    Implausible(Box<Crs>, String),
}

/// The CRS of a text with its way to degrees, when most of the numbers can be its coordinates.
fn meant(text: &str, vertices: &[[f64; 2]]) -> Result<(Crs, Base), NotMeant> {
    let crs = Crs::new(text).map_err(NotMeant::Unknown)?;
    let degrees = Crs::new("EPSG:4326").map_err(NotMeant::Unknown)?;
    let way = Reprojector::new(&crs, &degrees).map_err(NotMeant::Unknown)?;
    let base = Base { crs: text.to_owned(), way };
    let mut bad = vertices.iter().filter_map(|at| implausible(&crs, &base, *at));
    if let Some(first) = bad.next()
        && (1 + bad.count()) * 2 > vertices.len()
    {
        return Err(NotMeant::Implausible(Box::new(crs), first));
    }
    Ok((crs, base))
}

fn implausible(crs: &Crs, base: &Base, at: [f64; 2]) -> Option<String> {
    if let Err(implausible) = plausible(crs, at) {
        return Some(implausible.what);
    }
    if crs.is_geographic() {
        return None;
    }
    let fits = match (base.degrees(at), crs.area_of_use()) {
        (None, _) => false,
        (Some(place), Some([west, south, east, north])) if west <= east => {
            (west - PROJECTION_SLACK..=east + PROJECTION_SLACK).contains(&place.lon)
                && (south - PROJECTION_SLACK..=north + PROJECTION_SLACK).contains(&place.lat)
        }
        (Some(_), _) => true,
    };
    let [x, y] = at;
    let (x, y) = (readable(x), readable(y));
    (!fits).then(|| format!("{x}, {y} lie far outside the area for which {} is made", crs.name()))
}
