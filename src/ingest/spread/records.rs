//! Points and polygons that say where in a region people live.

use geo::BooleanOps;
use geo_types::Geometry;
use geo_types::MultiPolygon;
use rayon::prelude::*;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::plane::Rect;
use crate::base::units::Metres;
use crate::base::units::thousands;
use crate::base::units::trim_zeros;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Amounts;
use crate::ingest::account::Columns;
use crate::ingest::account::Number;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::door::point_of;
use crate::ingest::ground::ToDegrees;
use crate::ingest::homes::Homes;
use crate::ingest::regions::sound_area;
use crate::ingest::spread::Around;
use crate::ingest::spread::NO_LOSS;
use crate::ingest::spread::Outlines;
use crate::ingest::spread::Site;
use crate::ingest::spread::Weighed;
use crate::ingest::spread::across;
use crate::ingest::spread::refuse_too_many;
use crate::model::cutting;
use crate::model::cutting::Piece;
use crate::model::place::Place;
use crate::model::place::PlaneXy;
use crate::table::Record;

/// Metres around a polygon within which an outline is looked at: far more than rounding moves a corner.
const MARGIN_M: f64 = 1.0;
/// Square metres below which what a polygon has outside is rounding.
const CRUMB_M2: f64 = 1.0;

enum Drawn {
    Point([f64; 2]),
    Area(MultiPolygon<f64>),
}

struct Draft {
    number: u64,
    drawn: Drawn,
    weight: f64,
}

struct Collector<'s> {
    /// Field of the weight, and whether it is of the whole record.
    field: Option<&'s String>,
    is_amount: bool,
    repair: bool,
    /// Position of the field, and of `synthetic`.
    weight: Option<usize>,
    amounts: Amounts,
    synthetic: Option<usize>,
    drafts: Vec<Draft>,
}

impl Collect for Collector<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        self.weight = self.field.map(|field| columns.need(field, "the weight")).transpose()?;
        self.synthetic = columns.find("synthetic");
        Ok(())
    }

    fn take(&mut self, mut record: Record, trouble: Option<Issue>, account: &mut Account) {
        account.synthetic(&record, self.synthetic);
        let at = record.number;
        let weight = match self.weight.map(|field| self.amounts.read(&record, field)) {
            None => 1.0,
            Some(Number::Is(value)) if (0.0..=1e18).contains(&value) => value,
            Some(other) => {
                let (reason, what) = match other {
                    Number::Is(value) if value < 0.0 => ("negative-weight", format!("the weight is {value}, below 0")),
                    Number::Is(value) => ("bad-number", format!("the weight is {value}, which is out of range")),
                    Number::Missing => ("no-weight", "the weight is not given; write 0 where nobody lives".to_owned()),
                    Number::Wrong(text) => ("bad-number", format!("the weight is \"{text}\", which is not a number")),
                };
                account.dropped(reason, at, what).field = self.field.cloned();
                return;
            }
        };
        let is_area = matches!(
            record.geometry,
            Some(Geometry::Polygon(_) | Geometry::MultiPolygon(_) | Geometry::Rect(_) | Geometry::Triangle(_))
        );
        let drawn = match record.geometry.take_if(|_| is_area) {
            Some(geometry) => sound_area(geometry, self.repair).map(|sound| {
                for (code, what) in sound.remarks {
                    account.warned(code, at, what);
                }
                Drawn::Area(sound.area)
            }),
            None => point_of(&record, trouble).map(Drawn::Point),
        };
        let drawn = match drawn {
            Ok(drawn) => drawn,
            Err((reason, what)) => {
                account.dropped(reason, at, what);
                return;
            }
        };
        let is_point = |drawn: &Drawn| matches!(drawn, Drawn::Point(_));
        if !self.is_amount && self.drafts.first().is_some_and(|first| is_point(&first.drawn) != is_point(&drawn)) {
            let what = "points and polygons in one file: the weight of a point and that of a square metre can not be compared; write \
                        amount = \"…\", or leave one kind out by where = \"…\"";
            account.dropped("mixed-geometry", at, what);
            return;
        }
        account.used();
        self.drafts.push(Draft { number: at, drawn, weight });
    }
}

/// What records say of weights.
pub(super) struct Fields<'s> {
    /// Field of the weight of a point, or of each square metre of a polygon.
    pub weight: Option<&'s String>,
    /// Field of the weight of a whole record.
    pub amount: Option<&'s String>,
    pub repair: bool,
}

/// The sites that points and polygons are.
/// # Errors
/// [`IngestError::Read`], [`IngestError::NoCrs`] and its like, [`IngestError::Implausible`] for too many cells, and
/// [`IngestError::TooMuchLost`].
pub(super) fn read(
    source: &Source,
    fields: &Fields<'_>,
    cell: Metres,
    outlines: &Outlines<'_>,
    around: &Around<'_>,
) -> Result<Weighed, IngestError> {
    let mut account = Account::new(source, "weights of a spread");
    let mut collector = Collector {
        field: fields.weight.or(fields.amount),
        is_amount: fields.amount.is_some(),
        repair: fields.repair,
        weight: None,
        amounts: Amounts::default(),
        synthetic: None,
        drafts: Vec::new(),
    };
    let carried = door::read(source, &mut collector, &mut account, around.progress)?;
    if let Some(field) = collector.field {
        collector.amounts.tell(field, &mut account);
    }
    let mut sites: Vec<Vec<Site>> = outlines.shapes.iter().map(|_| Vec::new()).collect();
    let is_amount = collector.is_amount;
    let (mut points, mut areas, mut off_m) = (Vec::new(), Vec::new(), 0.0);
    for Draft { number, drawn, weight } in collector.drafts {
        match drawn {
            _ if weight == 0.0 => account.ledger.take_back("zero-weight"),
            Drawn::Point(raw) => points.push((number, raw, weight)),
            Drawn::Area(area) => areas.push((number, area, weight)),
        }
    }
    if !(points.is_empty() && areas.is_empty()) {
        let degrees = ToDegrees::new(source, &carried)?;
        let corner = |area: &MultiPolygon<f64>| area.0.first()?.exterior().0.first().map(|at| [at.x, at.y]);
        let raws: Vec<[f64; 2]> = points.iter().map(|(_, raw, _)| *raw).collect();
        let corners = areas.iter().filter_map(|(_, area, _)| corner(area));
        degrees.doubt(&raws.iter().copied().chain(corners).collect::<Vec<_>>(), around.ground.extent.as_ref())?;
        let places = around.ground.places_of(&degrees, &raws);
        let located: Vec<(u64, Option<Place>, f64)> =
            points.into_iter().zip(places).map(|((number, _, weight), place)| (number, place, weight)).collect();
        let mut plane_areas = Vec::new();
        for (number, area, weight) in areas {
            match around.ground.area(&degrees, &area) {
                Some(area) => plane_areas.push((area, weight)),
                None => {
                    let what = format!("a corner is outside the area of {}", degrees.name());
                    account.taken_back("outside-crs-area", number, what);
                }
            }
        }
        let mut fates = Fates::default();
        of_points(&located, degrees.name(), outlines, &mut sites, &mut fates, &mut account);
        if !plane_areas.is_empty() {
            off_m = across(cell);
        }
        let cut = Cut { areas: &plane_areas, is_amount, cell };
        cut.of_areas(outlines, &mut sites, &mut fates, &mut account)?;
        fates.tell(around.homes, &mut account);
    }
    account.close_but(around.max_loss, &NO_LOSS)?;
    Ok(Weighed { sites, off_m, account })
}

/// Weights that no total is spread over, and why.
#[derive(Default)]
struct Fates {
    /// What lies in no region with a total.
    lost: Vec<(Option<Place>, f64)>,
    /// Polygons that are used and reach beyond the regions with a total.
    partly: (u64, f64),
    used: f64,
}

impl Fates {
    fn tell(&self, homes: &Homes<'_>, account: &mut Account) {
        let places: Vec<Option<Place>> = self.lost.iter().map(|(at, _)| *at).collect();
        let (mut outside, mut no_total, partly) = ((0, 0.0), (0, 0.0), self.partly);
        for ((_, weight), home) in self.lost.iter().zip(homes.by_place(&places)) {
            let fate = if home.is_some() { &mut no_total } else { &mut outside };
            *fate = (fate.0 + 1, fate.1 + weight);
        }
        let number = |value: f64| if value.abs() >= 1000.0 { thousands(value.round()) } else { trim_zeros(value, 3) };
        for (code, (count, sum), what) in [
            ("outside-regions", outside, "lie outside all regions of the study"),
            ("no-total", no_total, "lie in regions that no total is given for"),
        ] {
            if count > 0 {
                account.ledger.take_back_all(code, count);
                let what = format!(
                    "weights that {what} and that nobody is spread over: {} (sum {}; {} is used)",
                    thousands(count as f64),
                    number(sum),
                    number(self.used)
                );
                account.issues.push(account.issue(Severity::Note, code, what));
            }
        }
        if partly.0 > 0 {
            let what = format!(
                "polygons that reach beyond the regions with a total: {}; what lies beyond (sum {}) is not used",
                thousands(partly.0 as f64),
                number(partly.1)
            );
            account.issues.push(account.issue(Severity::Note, "partly-outside", what));
        }
    }
}

fn of_points(
    points: &[(u64, Option<Place>, f64)],
    crs: &str,
    outlines: &Outlines<'_>,
    sites: &mut [Vec<Site>],
    fates: &mut Fates,
    account: &mut Account,
) {
    // a place that the plane does not have lies in no region
    let nowhere = [f64::NAN; 2];
    let places: Vec<[f64; 2]> =
        points.iter().map(|(_, place, _)| place.map_or(nowhere, |place| place.xy.array())).collect();
    for ((number, place, weight), found) in points.iter().zip(outlines.locator.locate_all(&places)) {
        match (place, found) {
            (None, _) => {
                account.taken_back("outside-crs-area", *number, format!("the place is outside the area of {crs}"));
            }
            (Some(at), Some(outline)) => {
                fates.used += weight;
                sites[outline as usize].push(Site { at: *at, share: *weight });
            }
            (Some(at), None) => fates.lost.push((Some(*at), *weight)),
        }
    }
}

struct Cut<'a> {
    areas: &'a [(MultiPolygon<f64>, f64)],
    is_amount: bool,
    cell: Metres,
}

impl Cut<'_> {
    fn of_areas(
        &self,
        outlines: &Outlines<'_>,
        sites: &mut [Vec<Site>],
        fates: &mut Fates,
        account: &mut Account,
    ) -> Result<(), IngestError> {
        let parts: Vec<Vec<(u32, MultiPolygon<f64>)>> =
            self.areas.par_iter().map(|(area, _)| parts(area, outlines)).collect();
        let area_of = |area: &MultiPolygon<f64>| geo::Area::unsigned_area(area);
        let total: f64 = parts.iter().flatten().map(|(_, part)| area_of(part)).sum();
        refuse_too_many(total, self.cell, &account.ledger.source)?;
        let cell = self.cell.0;
        let cut: Vec<Vec<(u32, Vec<Piece>)>> = parts
            .par_iter()
            .map(|parts| parts.iter().map(|(outline, part)| (*outline, cutting::pieces(part, cell))).collect())
            .collect();
        for ((area, weight), parts) in self.areas.iter().zip(cut) {
            let whole = area_of(area);
            let density = if self.is_amount { weight / whole } else { *weight };
            if !(density.is_finite() && whole > 0.0) {
                account.ledger.take_back("zero-weight");
                continue;
            }
            let mut within = 0.0;
            for (outline, pieces) in parts {
                within += pieces.iter().map(|piece| piece.area_m2).sum::<f64>();
                let site = |piece: Piece| Site { at: outlines.place(piece.at), share: density * piece.area_m2 };
                sites[outline as usize].extend(pieces.into_iter().map(site));
            }
            fates.used += density * within;
            if within <= 0.0 {
                let at = cutting::pieces(area, f64::MAX).first().map(|piece| outlines.place(piece.at));
                fates.lost.push((at, density * whole));
            } else if whole - within > CRUMB_M2.max(whole * 1e-6) {
                fates.partly.0 += 1;
                fates.partly.1 += density * (whole - within);
            }
        }
        Ok(())
    }
}

/// What of an area lies within each outline that it meets.
fn parts(area: &MultiPolygon<f64>, outlines: &Outlines<'_>) -> Vec<(u32, MultiPolygon<f64>)> {
    let corners: Vec<[f64; 2]> = area.iter().flat_map(|part| part.exterior().coords()).map(|at| [at.x, at.y]).collect();
    let rect = Rect::of(&corners);
    let middle = rect.centre();
    let radius = PlaneXy { x: middle[0], y: middle[1] }.distance_m(PlaneXy { x: rect.max[0], y: rect.max[1] });
    if !radius.is_finite() {
        return Vec::new();
    }
    let near = outlines.locator.within_distance(middle, radius);
    if let [only] = near[..]
        && outlines.locator.holds(only, middle)
        && outlines.locator.distance_to_border(middle, only).is_some_and(|border| border > radius)
    {
        return vec![(only, area.clone())];
    }
    let around = rect.grown(MARGIN_M);
    let part = |outline: u32| {
        let shape = cutting::within(&outlines.shapes[outline as usize].plane, &around);
        let part = area.intersection(&shape);
        (!part.0.is_empty()).then_some((outline, part))
    };
    near.into_iter().filter_map(part).collect()
}
