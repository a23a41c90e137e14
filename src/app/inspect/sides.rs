//! Do the areas of a file lie side by side? Their overlaps and gaps, in metres, by the CRS that is said.

use geo::MapCoords;
use geo_types::Coord;
use geo_types::MultiPolygon;
use serde::Serialize;

use crate::app::inspect::Options;
use crate::app::inspect::ground::Ground;
use crate::app::inspect::survey::Survey;
use crate::app::inspect::wide::Measure;
use crate::app::inspect::wide::TooWide;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::layers::audit::AreaName;
use crate::layers::audit::Origin;
use crate::layers::audit::tables;
use crate::metrics::boundary_audit::audit;
use crate::table::Table;

/// Overlaps and gaps of each kind that are told one by one.
const SHOWN: usize = 10;

/// What lies between the areas.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sides {
    /// Areas that were looked at; those that cross themselves are left out.
    pub areas: u64,
    /// The plane in which was measured.
    pub plane: String,
    /// How far lengths in that plane are off at most, percent.
    pub scale_error_percent: f64,
    /// Whether lengths and areas are those of the ellipsoid, because no plane fits.
    pub is_on_ellipsoid: bool,
    pub overlaps: u64,
    pub overlaps_m2: f64,
    pub gaps: u64,
    pub gaps_m2: f64,
    /// Pieces of overlaps and gaps that are long and narrow; they are among those too.
    pub slivers: u64,
    pub slivers_m2: f64,
    /// Pairs of areas whose borders nearly meet, with no enclosed ground between them, and the length of these borders.
    pub unmatched_borders: u64,
    pub unmatched_m: f64,
    /// Parts of areas that touch no other area.
    pub islands: u64,
    pub islands_m2: f64,
    /// Parts of areas, but the largest of each, that touch another area.
    pub exclaves: u64,
    pub exclaves_m2: f64,
    /// The largest overlaps.
    pub largest_overlaps: Vec<Place>,
    /// The largest gaps: ground that areas enclose and none covers.
    pub largest_gaps: Vec<Place>,
    /// Everything that was found, as layers; only where they were asked for.
    #[serde(skip)]
    pub layers: Vec<Table>,
}

/// An overlap or a gap.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// Codes of the areas that overlap or that lie around the gap; `#` and the record where there is no code.
    pub areas: Vec<String>,
    pub area_m2: f64,
    /// Mean width, metres.
    pub width_m: f64,
    /// Degrees.
    pub at: [f64; 2],
}

/// Looks at the areas of a survey; `None` where there are not two of them, where they are too many to be kept, or where no CRS says
/// how large they are; `told` says where they lie too far apart.
pub(crate) fn of(survey: &Survey, ground: &Ground, options: &Options<'_>, told: &mut Option<Issue>) -> Option<Sides> {
    let base = ground.bases.first().filter(|_| ground.is_said)?;
    let outlines = survey.outlines().filter(|outlines| outlines.len() > 1)?;
    let degrees = |at: Coord<f64>| {
        let place = ground.datum.to_wgs84(base.degrees([at.x, at.y]).ok_or(())?);
        Ok(Coord { x: place.lon, y: place.lat })
    };
    let areas: Vec<MultiPolygon<f64>> =
        outlines.iter().map(|outline| outline.area.try_map_coords(degrees)).collect::<Result<_, ()>>().ok()?;
    let measure = match Measure::of(&areas) {
        Ok(measure) => measure?,
        Err(TooWide) => {
            let what = "the areas lie too far apart for one plane: their overlaps and gaps were not looked at; inspect the parts one by one";
            *told = Some(Issue::new(Severity::Warning, "too-wide", survey.shown(), what));
            return None;
        }
    };
    let areas = measure.areas(&areas)?;
    let mut audit = audit(&areas);
    measure.to_ground(&mut audit);
    let found = &audit.topology;
    let sum = |areas: &mut dyn Iterator<Item = f64>| areas.fold(0.0, |sum, area| sum + area).round();
    let layers = if options.layers {
        let names: Vec<AreaName> = outlines
            .iter()
            .map(|outline| AreaName {
                code: outline.name(),
                name: outline.label.clone().unwrap_or_else(|| outline.name()),
            })
            .collect();
        let degrees = |at: Coord<f64>| measure.degrees([at.x, at.y]).map_or(at, |[x, y]| Coord { x, y });
        let (source, synthetic) = (survey.shown(), survey.is_synthetic());
        tables(&audit, &Origin { areas: &names, degrees: &degrees, crs: measure.frame, source, synthetic })
    } else {
        Vec::new()
    };
    let name = |at: usize| outlines[at].name();
    let place = |areas: Vec<String>, area_m2: f64, width_m: f64, at: [f64; 2]| Place {
        areas,
        area_m2: area_m2.round(),
        width_m: (width_m * 100.0).round() / 100.0,
        at: measure.degrees(at).unwrap_or(at).map(|degrees| (degrees * 1e6).round() / 1e6),
    };
    Some(Sides {
        areas: areas.len() as u64,
        plane: measure.name.clone(),
        scale_error_percent: (measure.error * 1e4).round() / 100.0,
        is_on_ellipsoid: measure.is_on_ellipsoid(),
        overlaps: found.overlaps.len() as u64,
        overlaps_m2: found.overlaps.iter().fold(0.0, |sum, one| sum + one.area_m2).round(),
        gaps: found.gaps.len() as u64,
        gaps_m2: found.gaps.iter().fold(0.0, |sum, one| sum + one.area_m2).round(),
        slivers: audit.slivers.len() as u64,
        slivers_m2: sum(&mut audit.slivers.iter().map(|one| one.area_m2)),
        unmatched_borders: audit.unmatched.len() as u64,
        unmatched_m: sum(&mut audit.unmatched.iter().map(|one| one.length_m)),
        islands: audit.islands.len() as u64,
        islands_m2: sum(&mut audit.islands.iter().map(|one| one.area_m2)),
        exclaves: audit.exclaves.len() as u64,
        exclaves_m2: sum(&mut audit.exclaves.iter().map(|one| one.area_m2)),
        layers,
        largest_overlaps: found
            .overlaps
            .iter()
            .take(SHOWN)
            .map(|one| place(vec![name(one.pair.0), name(one.pair.1)], one.area_m2, one.width_m, one.at))
            .collect(),
        largest_gaps: found
            .gaps
            .iter()
            .take(SHOWN)
            .map(|one| place(one.beside.iter().map(|at| name(*at)).collect(), one.area_m2, one.width_m, one.at))
            .collect(),
    })
}
