//! Held against a file that is right: is this one in GCJ-02 or BD-09, or in another zone than it says?
//!
//! Each hypothesis undoes a datum and measures how far the file's sampled vertices then lie from the nearest border, line or
//! point of the reference; farther than 3 km counts as 3 km, and vertices that are that far under every hypothesis say nothing.
//! A hypothesis is believed when its middle distance is at most a third of that of the file as it stands, and at least 50 m
//! less. Points in areas have no border to lie on: there, the codes they carry must name the area they lie in, and a hypothesis is
//! believed when it puts at least five points and one in fifty more into the area they name; where no CRS is said, also when it
//! puts all of them there and every other at least five fewer.

use serde::Serialize;

use crate::app::inspect::ground::Base;
use crate::app::inspect::ground::Ground;
use crate::app::inspect::reference::FAR_M;
use crate::app::inspect::reference::Reference;
use crate::app::inspect::reference::metres_per_degree;
use crate::app::inspect::survey::Located;
use crate::app::inspect::survey::Survey;
use crate::io::datum::Datum;
use crate::model::place::LonLat;

/// Vertices, or points, that are wanted before anything is believed.
const FEWEST: usize = 20;
/// A believed hypothesis is this many times nearer than the file as it stands …
const TIMES_NEARER: f64 = 3.0;
/// … and this much nearer, metres.
const METRES_NEARER: f64 = 50.0;
/// Middle distance, metres, up to which a CRS found among several is believed.
const NEAR_M: f64 = 300.0;
/// Records of the same code that are wanted for a shift.
const FEWEST_CODES: usize = 5;

/// What is supposed of the file or of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Supposed {
    /// The file is in this datum.
    File(Datum),
    /// The reference is in this datum, the file in WGS 84.
    Reference(Datum),
}

/// One hypothesis and how well it fits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hypothesis {
    /// The CRS in which the file's numbers are taken.
    pub crs: String,
    pub supposed: Supposed,
    /// This is what the file, or the one who inspects it, says.
    pub as_declared: bool,
    /// Middle distance of the compared vertices to the nearest thing of the reference, metres; `None` for points in areas.
    pub median_m: Option<f64>,
    /// Nine of ten are at most this far.
    pub ninetieth_m: Option<f64>,
    /// Points in the area whose code they carry; only for points in areas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_own_area: Option<u64>,
}

/// How far the file lies from the reference as it stands: metres to be taken off, east and north.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shift {
    /// Records or vertices it was found from.
    pub from: u64,
    pub east_m: f64,
    pub north_m: f64,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "says", rename_all = "kebab-case")]
pub enum Conclusion {
    /// As it stands, it fits at least as well as under any other hypothesis.
    FitsAsItStands,
    /// The file looks as if it were in this datum.
    LooksLike {
        datum: Datum,
    },
    /// The reference looks as if it were in this datum.
    ReferenceLooksLike {
        datum: Datum,
    },
    /// The file says nothing that can be meant; it fits in this CRS and datum.
    IsIn {
        crs: String,
        datum: Datum,
    },
    Undecided {
        why: Undecided,
    },
}

/// Why nothing is concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undecided {
    /// Neither the file nor its numbers name a CRS to start from.
    NoCrs,
    /// Too little of the file lies within 3 km of anything in the reference.
    TooFewNear,
    /// Another hypothesis is nearer, but not clearly.
    NotClear,
    /// Points in areas leave no trace of a shift unless they carry the areas' codes.
    PointsInAreas,
}

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Against {
    pub reference: String,
    /// Vertices, or points with a code of the reference, that were compared.
    pub compared: u64,
    pub hypotheses: Vec<Hypothesis>,
    /// By the centroids of areas of the same code: the middle of their shifts.
    pub same_codes: Option<Shift>,
    /// By sliding the file's vertices onto the reference's borders.
    pub slid: Option<Shift>,
    pub conclusion: Conclusion,
}

impl Against {
    /// The shift as it stands, by codes where there are any.
    pub fn shift(&self) -> Option<Shift> {
        self.same_codes.or(self.slid)
    }

    /// The hypothesis that the file or the one who inspects it declares.
    pub fn as_declared(&self) -> Option<&Hypothesis> {
        self.hypotheses.iter().find(|hypothesis| hypothesis.as_declared)
    }

    /// The hypothesis that is believed.
    pub fn believed(&self) -> Option<&Hypothesis> {
        let of = |wanted: Supposed| self.hypotheses.iter().find(move |hypothesis| hypothesis.supposed == wanted);
        match &self.conclusion {
            Conclusion::FitsAsItStands => self.as_declared(),
            Conclusion::LooksLike { datum } => of(Supposed::File(*datum)),
            Conclusion::ReferenceLooksLike { datum } => of(Supposed::Reference(*datum)),
            Conclusion::IsIn { crs, datum } => self
                .hypotheses
                .iter()
                .find(|hypothesis| hypothesis.crs == *crs && hypothesis.supposed == Supposed::File(*datum)),
            Conclusion::Undecided { .. } => None,
        }
    }
}

/// Holds a file against the reference.
pub(crate) fn compare(survey: &Survey, ground: &Ground, reference: &Reference) -> Against {
    let mut against = Against {
        reference: reference.shown.clone(),
        compared: 0,
        hypotheses: Vec::new(),
        same_codes: None,
        slid: None,
        conclusion: Conclusion::Undecided { why: Undecided::NoCrs },
    };
    if ground.bases.is_empty() {
        return against;
    }
    let located = survey.located.kept();
    let points_in_areas = reference.areas.is_some() && !located.is_empty() && located.iter().all(|at| at.is_point);
    if points_in_areas {
        compare_points(located, ground, reference, &mut against);
    } else {
        compare_borders(survey.vertices.kept(), ground, reference, &mut against);
    }
    if let (true, [base]) = (ground.is_said, ground.bases.as_slice()) {
        let place = |at: [f64; 2]| base.degrees(at).map(|at| ground.datum.to_wgs84(at));
        against.same_codes = shift_of_codes(located, reference, &place);
        if !points_in_areas {
            against.slid = slide(survey.vertices.kept(), reference, &place);
        }
    }
    against
}

/// All that is supposed in turn, what is declared first, so that it wins a tie.
fn suppositions(ground: &Ground) -> Vec<(&Base, Supposed, bool)> {
    // CGCS2000 and WGS 84 are one here
    let declared = if ground.datum == Datum::Cgcs2000 { Datum::Wgs84 } else { ground.datum };
    let mut supposed = vec![Supposed::File(declared)];
    for datum in [Datum::Wgs84, Datum::Gcj02, Datum::Bd09] {
        supposed.extend((datum != declared).then_some(Supposed::File(datum)));
    }
    supposed.extend([Datum::Gcj02, Datum::Bd09].map(Supposed::Reference));
    let of = |base| supposed.iter().map(move |supposed| (base, *supposed));
    let is_declared = |supposed| ground.is_said && supposed == Supposed::File(declared);
    ground.bases.iter().flat_map(of).map(|(base, supposed)| (base, supposed, is_declared(supposed))).collect()
}

fn place(base: &Base, supposed: Supposed, at: [f64; 2]) -> Option<LonLat> {
    let at = base.degrees(at)?;
    Some(match supposed {
        Supposed::File(datum) => datum.to_wgs84(at),
        Supposed::Reference(datum) => datum.from_wgs84(at),
    })
}

fn compare_borders(vertices: &[[f64; 2]], ground: &Ground, reference: &Reference, against: &mut Against) {
    let suppositions = suppositions(ground);
    let mut distances: Vec<Vec<f64>> = vec![Vec::new(); suppositions.len()];
    for vertex in vertices {
        let found: Vec<Option<f64>> = suppositions
            .iter()
            .map(|(base, supposed, _)| Some(reference.nearest(place(base, *supposed, *vertex)?)?.distance))
            .collect();
        if found.iter().any(Option::is_some) {
            for (distances, found) in distances.iter_mut().zip(found) {
                distances.push(found.unwrap_or(FAR_M));
            }
        }
    }
    against.compared = distances.first().map_or(0, |distances| distances.len() as u64);
    for ((base, supposed, as_declared), distances) in suppositions.into_iter().zip(&mut distances) {
        distances.sort_by(f64::total_cmp);
        against.hypotheses.push(Hypothesis {
            crs: base.crs.clone(),
            supposed,
            as_declared,
            median_m: distances.get(distances.len() / 2).copied(),
            ninetieth_m: distances.get(distances.len() * 9 / 10).copied(),
            in_own_area: None,
        });
    }
    against.conclusion = conclude_borders(against, ground);
}

fn conclude_borders(against: &Against, ground: &Ground) -> Conclusion {
    let median = |hypothesis: &Hypothesis| hypothesis.median_m.unwrap_or(FAR_M);
    let undecided = |why| Conclusion::Undecided { why };
    let mut best: Option<&Hypothesis> = None;
    for hypothesis in &against.hypotheses {
        if best.is_none_or(|best| median(hypothesis) < median(best)) {
            best = Some(hypothesis);
        }
    }
    let Some(best) = best.filter(|_| against.compared as usize >= FEWEST) else {
        return undecided(Undecided::TooFewNear);
    };
    if !ground.is_said {
        // the next best of another CRS or datum must be clearly worse
        let rival = against.hypotheses.iter().filter(|other| *other != best).map(median).fold(FAR_M, f64::min);
        return match best.supposed {
            Supposed::File(datum) if median(best) <= NEAR_M && is_clear(median(best), rival) => {
                Conclusion::IsIn { crs: best.crs.clone(), datum }
            }
            _ => undecided(Undecided::NotClear),
        };
    }
    let as_it_stands = against.as_declared().map_or(FAR_M, median);
    match best.supposed {
        _ if best.as_declared || median(best) >= as_it_stands => Conclusion::FitsAsItStands,
        _ if !is_clear(median(best), as_it_stands) => undecided(Undecided::NotClear),
        Supposed::File(datum) => Conclusion::LooksLike { datum },
        Supposed::Reference(datum) => Conclusion::ReferenceLooksLike { datum },
    }
}

fn is_clear(best: f64, other: f64) -> bool {
    best * TIMES_NEARER <= other && other - best >= METRES_NEARER
}

fn compare_points(located: &[Located], ground: &Ground, reference: &Reference, against: &mut Against) {
    let named = |at: &Located| at.codes.iter().find_map(|(_, code)| reference.by_code.get(code)).map(|(area, _)| *area);
    let points: Vec<([f64; 2], u32)> = located.iter().filter_map(|at| Some((at.at, named(at)?))).collect();
    let Some(areas) = &reference.areas else { return };
    against.compared = points.len() as u64;
    for (base, supposed, as_declared) in suppositions(ground) {
        let holds = |at: &LonLat, area: u32| areas.holds(area, [at.lon, at.lat]);
        let hits = points.iter().filter(|(at, area)| place(base, supposed, *at).is_some_and(|at| holds(&at, *area)));
        against.hypotheses.push(Hypothesis {
            crs: base.crs.clone(),
            supposed,
            as_declared,
            median_m: None,
            ninetieth_m: None,
            in_own_area: Some(hits.count() as u64),
        });
    }
    let hits = |hypothesis: &Hypothesis| hypothesis.in_own_area.unwrap_or(0);
    let declared = against.as_declared().map(hits);
    let best = against.hypotheses.iter().rev().max_by_key(|hypothesis| hits(hypothesis));
    let enough = (points.len() as u64).div_ceil(50).max(5);
    let rival =
        |best: &Hypothesis| against.hypotheses.iter().filter(|other| *other != best).map(hits).max().unwrap_or(0);
    against.conclusion = match (best, declared) {
        _ if points.len() < FEWEST => Conclusion::Undecided { why: Undecided::PointsInAreas },
        (Some(best), None) => match best.supposed {
            // all that others put into other areas speaks for the one that puts every point into its own
            Supposed::File(datum)
                if hits(best) >= rival(best) + enough
                    || hits(best) == against.compared && hits(best) >= rival(best) + FEWEST_CODES as u64 =>
            {
                Conclusion::IsIn { crs: best.crs.clone(), datum }
            }
            _ => Conclusion::Undecided { why: Undecided::NotClear },
        },
        (Some(best), Some(declared)) if hits(best) >= declared + enough => match best.supposed {
            Supposed::File(datum) => Conclusion::LooksLike { datum },
            Supposed::Reference(datum) => Conclusion::ReferenceLooksLike { datum },
        },
        (Some(best), Some(declared)) if hits(best) == declared => Conclusion::FitsAsItStands,
        _ => Conclusion::Undecided { why: Undecided::NotClear },
    };
}

/// The middle of the shifts of areas of the same code, by their centroids.
fn shift_of_codes(
    located: &[Located],
    reference: &Reference,
    place: &dyn Fn([f64; 2]) -> Option<LonLat>,
) -> Option<Shift> {
    let (mut east, mut north) = (Vec::new(), Vec::new());
    for area in located.iter().filter(|located| located.is_area) {
        let there = area.codes.iter().find_map(|(_, code)| reference.by_code.get(code));
        if let (Some((_, there)), Some(here)) = (there, place(area.at)) {
            let scale = metres_per_degree(there.lat);
            east.push((here.lon - there.lon) * scale[0]);
            north.push((here.lat - there.lat) * scale[1]);
        }
    }
    let from = east.len();
    (from >= FEWEST_CODES).then(|| Shift { from: from as u64, east_m: middle(&mut east), north_m: middle(&mut north) })
}

fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len().is_multiple_of(2) { (values[half - 1] + values[half]) / 2.0 } else { values[half] }
}

/// The one shift that brings the vertices nearest to the reference's borders.
///
/// Found by iteration (point to line, Chen & Medioni 1991): each step solves for the shift that takes the offsets across the
/// nearest borders away, far ones weighing less. `None` when it does not come to rest, or the borders run one way only.
fn slide(vertices: &[[f64; 2]], reference: &Reference, place: &dyn Fn([f64; 2]) -> Option<LonLat>) -> Option<Shift> {
    let places: Vec<LonLat> = vertices.iter().filter_map(|at| place(*at)).collect();
    let mut shift = [0.0; 2];
    for _ in 0..60 {
        let (mut matrix, mut right) = ([0.0; 3], [0.0; 2]);
        let moved = |at: &LonLat| {
            let scale = metres_per_degree(at.lat);
            LonLat { lon: at.lon - shift[0] / scale[0], lat: at.lat - shift[1] / scale[1] }
        };
        let feet: Vec<_> = places.iter().filter_map(|at| reference.nearest(moved(at))).collect();
        if feet.len() < FEWEST {
            return None;
        }
        let mut distances: Vec<f64> = feet.iter().map(|foot| foot.distance).collect();
        let width = middle(&mut distances).max(1.0);
        for foot in &feet {
            let weight = 1.0 / (1.0 + (foot.distance / width).powi(2));
            let ways = match foot.across {
                Some(across) => [Some(across), None],
                None => [Some([1.0, 0.0]), Some([0.0, 1.0])],
            };
            for way in ways.into_iter().flatten() {
                let off = way[0] * foot.offset[0] + way[1] * foot.offset[1];
                matrix[0] += weight * way[0] * way[0];
                matrix[1] += weight * way[0] * way[1];
                matrix[2] += weight * way[1] * way[1];
                right[0] += weight * way[0] * off;
                right[1] += weight * way[1] * off;
            }
        }
        let det = matrix[0] * matrix[2] - matrix[1] * matrix[1];
        if det.is_nan() || det <= 1e-6 * (matrix[0] + matrix[2]).powi(2) {
            return None;
        }
        let east = (matrix[2] * right[0] - matrix[1] * right[1]) / det;
        let north = (matrix[0] * right[1] - matrix[1] * right[0]) / det;
        shift = [shift[0] + east, shift[1] + north];
        if shift[0].hypot(shift[1]) > FAR_M {
            return None;
        }
        if east.hypot(north) < 0.1 {
            return Some(Shift { from: feet.len() as u64, east_m: shift[0], north_m: shift[1] });
        }
    }
    None
}
