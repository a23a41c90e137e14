//! Share of areas, of people or of facilities that lies inside other areas, or within a distance of stops, facilities, lines.

use geo::BooleanOps;
use geo_types::LineString;
use geo_types::MultiPolygon;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::plane::Rect;
use crate::base::units::Metres;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::belonging::Kinds;
use crate::metrics::belonging::Whereabouts;
use crate::metrics::belonging::judged_regions;
use crate::metrics::covering;
use crate::metrics::covering::Covering;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::homes::Homes;
use crate::metrics::missing::Remedy;
use crate::metrics::overlay_layers;
use crate::metrics::reach::demand_layer;
use crate::metrics::reach::judged_points;
use crate::metrics::reach::weight_group;
use crate::metrics::stop_departures::Count;
use crate::metrics::stop_survey::StopSurvey;
use crate::model::boxes::BoxTree;
use crate::model::demand::DemandLayer;
use crate::model::facility::Facility;
use crate::model::records::Form;
use crate::model::records::RecordLayer;
use crate::model::region::Level;
use crate::model::study::Study;
use crate::model::transit::Mode;

/// What the share is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// Area: of `zones`, or of the regions themselves.
    #[default]
    Area,
    /// People, or what else the points of a demand layer weigh.
    Demand,
    /// Facilities of a kind, each 1.
    Facilities,
}

/// Whether the share counts or the amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// What lies inside over all.
    #[default]
    Share,
    /// What lies inside: square kilometres, people, facilities.
    Amount,
}

/// What lies around: one of the three.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Inside {
    /// A layer of records: areas, or lines and points with a radius.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<String>,
    /// Facilities of a kind, or of several, with a radius.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kinds>,
    /// Stops that a vehicle of these modes leaves, with a radius.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<Mode>,
    /// Least departures a day of a stop, the number itself included; left out, 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_departures_per_day: Option<f64>,
    /// How far around counts too, the distance itself included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius: Option<Metres>,
}

/// `measure.overlay-share`: share of area, people or facilities inside other areas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OverlayShare {
    /// What it must lie inside of, or within a radius of.
    pub inside: Inside,
    /// What the share is of.
    #[serde(default)]
    pub of: Of,
    /// The share, or the amount.
    #[serde(default)]
    pub figure: Statistic,
    /// `of = "area"`: a layer of records with areas, e.g. built-up land; left out, the regions themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<String>,
    /// `of = "facilities"`: their kind, or kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kinds>,
    /// `of = "demand"`: the demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// `of = "demand"`: what to weigh by: `people`, `count`, or another group of the demand layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
}

/// A part of what is judged, with what of it lies inside, outside, and nobody knows where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    pub inside: Weight,
    pub outside: Weight,
    /// Outside as far as is known, where nothing is known of services.
    pub no_services: Weight,
    pub no_place: Weight,
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.inside += other.inside;
        self.outside += other.outside;
        self.no_services += other.no_services;
        self.no_place += other.no_place;
    }
}

/// A region with its zones, or a point.
pub(crate) struct Piece<'a> {
    pub home: Option<RegionIdx>,
    pub sums: Sums,
    /// Of an area: what lies inside and what does not; empty for a point.
    pub parts: [MultiPolygon<f64>; 2],
    /// Of a point: which one.
    pub point: Option<Point<'a>>,
}

/// A point that is judged.
#[derive(Clone, Copy)]
pub(crate) enum Point<'a> {
    Demand(usize),
    Facility(&'a Facility),
}

/// The question with its answer.
pub(crate) struct Answer<'a> {
    pub params: OverlayShare,
    pub study: &'a Study,
    pub layer: Option<&'a DemandLayer>,
    pub pieces: Vec<Piece<'a>>,
    /// Records around without a place: more may be inside.
    unplaced_around: usize,
    /// Zones without an outline: their area is not known.
    unplaced_zones: usize,
    /// How many places, lines and areas lie around.
    around: usize,
    /// Weight outside all regions, or points.
    outside: Weight,
    pub synthetic: bool,
}

/// What must become of what is missing.
const REMEDY: Remedy = Remedy { en: ("", " must come to lie inside"), zh: ("还需覆盖 ", "") };

impl OverlayShare {
    /// Layers of records that it names, with the key.
    pub(crate) fn layers(&self) -> Vec<(&'static str, &str)> {
        let zones = self.zones.as_deref().map(|name| ("zones", name));
        zones.into_iter().chain(self.inside.records.as_deref().map(|name| ("inside", name))).collect()
    }

    pub(crate) fn unit(&self) -> FigureUnit {
        match self.figure {
            Statistic::Share => FigureUnit::Share,
            Statistic::Amount => FigureUnit::Amount,
        }
    }

    /// What an amount of it counts.
    pub(crate) fn noun(&self) -> Noun {
        match self.of {
            Of::Area => Noun::km2(),
            Of::Demand => Noun::of_group(self.weight.as_deref().unwrap_or("people")),
            Of::Facilities => Noun::facilities(),
        }
    }

    fn wrong(key: &'static str, what: impl Into<String>) -> Result<(), MetricError> {
        Err(MetricError::Parameter { key, what: what.into() })
    }

    fn radius(&self) -> f64 {
        self.inside.radius.map_or(0.0, |radius| radius.0)
    }

    /// What lies around, how many of it, how many have no place, and whether it is made up.
    fn covering(
        &self,
        study: &Study,
        survey: Option<&StopSurvey<'_>>,
    ) -> Result<(Covering, usize, usize, bool), MetricError> {
        let radius = self.radius();
        if let Some(name) = &self.inside.records {
            let layer = record_layer(study, name)?;
            let (mut places, mut lines, mut areas, mut unplaced) = (Vec::new(), Vec::new(), Vec::new(), 0);
            for entry in &layer.records {
                match &entry.form {
                    Some(Form::Point(place)) => places.push(place.xy.array()),
                    Some(Form::Lines { plane, .. }) => lines.extend(plane.0.iter().cloned()),
                    Some(Form::Area { plane, .. }) => areas.push(plane.clone()),
                    None => unplaced += 1,
                }
            }
            if radius <= 0.0 && !(places.is_empty() && lines.is_empty()) {
                let what = format!("\"{name}\" has points or lines, which cover nothing; write radius = \"500 m\"");
                return Err(MetricError::Parameter { key: "inside", what });
            }
            let around = places.len() + lines.len() + areas.len();
            if around == 0 {
                return Err(MetricError::Missing {
                    what: format!("no record of \"{name}\" has a place"),
                    instead: "give a file with areas, lines or points".to_owned(),
                });
            }
            return Ok((Covering::new(places, lines, areas, radius), around, unplaced, layer.synthetic));
        }
        let no_lines = std::iter::empty::<LineString<f64>>;
        if let Some(kinds) = &self.inside.kind {
            let facilities = kinds.facilities(study)?;
            let places: Vec<[f64; 2]> = facilities.iter().map(|facility| facility.at.xy.array()).collect();
            let synthetic = facilities.iter().any(|facility| facility.synthetic);
            return Ok((Covering::new(places, no_lines(), Vec::new(), radius), facilities.len(), 0, synthetic));
        }
        let Some(survey) = survey else { return Ok((Covering::new([], no_lines(), Vec::new(), radius), 0, 0, false)) };
        let least = Weight::from_f64(self.inside.min_departures_per_day.unwrap_or(1.0)).unwrap_or(Weight::ONE);
        let served = survey.with_at_least(least);
        let places: Vec<[f64; 2]> = served.iter().map(|place| survey.places[*place as usize].at.xy.array()).collect();
        Ok((Covering::new(places, no_lines(), Vec::new(), radius), served.len(), 0, survey.is_synthetic()))
    }

    fn answer<'a>(&self, study: &'a Study) -> Result<Answer<'a>, MetricError> {
        let survey = match self.inside.stops.is_empty() {
            true => None,
            false => {
                let count = Count { modes: &self.inside.stops, between: None, by_station: true };
                Some(StopSurvey::new(study, count, Level::County)?)
            }
        };
        let (cover, around, unplaced_around, is_made_up) = self.covering(study, survey.as_ref())?;
        let has_data = |home: Option<RegionIdx>| survey.as_ref().is_none_or(|survey| survey.has_data(home));
        let mut answer = Answer {
            params: self.clone(),
            study,
            layer: None,
            pieces: Vec::new(),
            unplaced_around,
            unplaced_zones: 0,
            around,
            outside: Weight::ZERO,
            synthetic: is_made_up,
        };
        // inside, or not, or nobody knows
        let sums = |home: Option<RegionIdx>, is_in: Option<bool>, weight: Weight| match is_in {
            Some(true) => Sums { inside: weight, ..Sums::default() },
            Some(false) if has_data(home) => Sums { outside: weight, ..Sums::default() },
            Some(false) => Sums { no_services: weight, ..Sums::default() },
            None => Sums { no_place: weight, ..Sums::default() },
        };
        let empty = || [MultiPolygon(Vec::new()), MultiPolygon(Vec::new())];
        match self.of {
            Of::Demand => {
                let layer = demand_layer(study, self.demand.as_deref())?;
                let group = weight_group(layer, self.weight.as_deref())?;
                let (judged, outside) = judged_points(study, layer);
                let is_in: Vec<Option<bool>> = judged
                    .par_iter()
                    .map(|at| layer.at[*at].as_ref().map(|place| cover.holds(place.xy.array())))
                    .collect();
                answer.pieces = judged
                    .into_iter()
                    .zip(is_in)
                    .map(|(at, is_in)| Piece {
                        home: layer.home[at],
                        sums: sums(layer.home[at], is_in, group.weights[at]),
                        parts: empty(),
                        point: Some(Point::Demand(at)),
                    })
                    .collect();
                answer.outside = outside.into_iter().map(|at| group.weights[at]).sum();
                answer.layer = Some(layer);
                answer.synthetic |= layer.synthetic;
            }
            Of::Facilities => {
                let Some(kinds) = &self.kind else { return Err(needs_kind()) };
                for facility in kinds.facilities(study)? {
                    match Whereabouts::of(study, facility.home, true) {
                        Whereabouts::Judged(_) | Whereabouts::Unknown => {}
                        Whereabouts::Context(_) => continue,
                        Whereabouts::Outside => {
                            answer.outside += Weight::ONE;
                            continue;
                        }
                    }
                    answer.synthetic |= facility.synthetic;
                    let is_in = Some(cover.holds(facility.at.xy.array()));
                    answer.pieces.push(Piece {
                        home: facility.home,
                        sums: sums(facility.home, is_in, Weight::ONE),
                        parts: empty(),
                        point: Some(Point::Facility(facility)),
                    });
                }
            }
            Of::Area => self.areas(study, &cover, &has_data, &mut answer)?,
        }
        Ok(answer)
    }

    /// The zones of each judged region of the smallest level with outlines, cut by what lies around.
    fn areas<'a>(
        &self,
        study: &'a Study,
        cover: &Covering,
        has_data: &(dyn Fn(Option<RegionIdx>) -> bool + Sync),
        answer: &mut Answer<'a>,
    ) -> Result<(), MetricError> {
        let zones: Option<Vec<&MultiPolygon<f64>>> = match &self.zones {
            None => None,
            Some(name) => {
                let layer = record_layer(study, name)?;
                answer.synthetic |= layer.synthetic;
                let mut zones = Vec::new();
                for entry in &layer.records {
                    match &entry.form {
                        Some(Form::Area { plane, .. }) => zones.push(plane),
                        Some(_) => {
                            let what = format!("\"{name}\" has points or lines, which have no area");
                            return Err(MetricError::Parameter { key: "zones", what });
                        }
                        None => answer.unplaced_zones += 1,
                    }
                }
                Some(zones)
            }
        };
        let has_shape = |region: &&RegionIdx| study.regions.get(**region).shape.is_some();
        let regions: Vec<RegionIdx> = Level::ALL
            .into_iter()
            .rev()
            .map(|level| judged_regions(study, &[level]).into_iter().map(|(_, region)| region).collect::<Vec<_>>())
            .find(|regions| regions.iter().any(|region| has_shape(&region)))
            .unwrap_or_default();
        if regions.is_empty() {
            return Err(MetricError::Missing {
                what: "no judged region has an outline".to_owned(),
                instead: "give study.regions with outlines: areas are measured region by region".to_owned(),
            });
        }
        let rect = |area: &MultiPolygon<f64>| {
            let mut rect = Rect::EMPTY;
            area.iter().flat_map(|part| part.exterior().coords()).for_each(|at| rect.add([at.x, at.y]));
            rect
        };
        let rects: Vec<Rect> = zones.iter().flatten().map(|zone| rect(zone)).collect();
        let tree = BoxTree::new(&rects);
        let cut = |region: &RegionIdx| {
            let shape = &study.regions.get(*region).shape.as_ref()?.plane;
            let own = match &zones {
                None => shape.clone(),
                Some(zones) => {
                    let mut near = Vec::new();
                    tree.meeting(&rect(shape), |nth| near.push(nth as usize));
                    near.sort_unstable();
                    covering::union(near.into_iter().map(|nth| zones[nth])).intersection(shape)
                }
            };
            let [inside, outside] = covering::split(&own, cover);
            let weight = |area: &MultiPolygon<f64>| Weight::from_f64(study.plane.area_m2(area)).unwrap_or(Weight::ZERO);
            let mut sums = Sums { inside: weight(&inside), ..Sums::default() };
            let rest = if has_data(Some(*region)) { &mut sums.outside } else { &mut sums.no_services };
            *rest = weight(&outside);
            Some(Piece { home: Some(*region), sums, parts: [inside, outside], point: None })
        };
        answer.pieces = regions.par_iter().filter_map(cut).collect();
        Ok(())
    }
}

fn needs_kind() -> MetricError {
    let what = "is needed with of = \"facilities\": which facilities?".to_owned();
    MetricError::Parameter { key: "kind", what }
}

/// A layer of records by its name.
/// # Errors
/// [`MetricError::Missing`] when there is none of this name.
pub(crate) fn record_layer<'a>(study: &'a Study, name: &str) -> Result<&'a RecordLayer, MetricError> {
    study.records.iter().find(|layer| layer.name == name).ok_or_else(|| {
        let names: Vec<&str> = study.records.iter().map(|layer| layer.name.as_str()).collect();
        MetricError::Missing {
            what: format!("no records are called \"{name}\""),
            instead: format!("records in the study: {}", names.join(", ")),
        }
    })
}

impl Answer<'_> {
    pub(crate) fn sums<'p>(pieces: impl Iterator<Item = &'p Piece<'p>>) -> Sums {
        let mut sums = Sums::default();
        pieces.for_each(|piece| sums.add(&piece.sums));
        sums
    }

    fn figure(&self, sums: &Sums) -> Figure {
        let unknown = sums.no_services + sums.no_place;
        let known = sums.inside + sums.outside;
        let mut figure = Figure::share(sums.inside.to_f64(), known.to_f64(), unknown.to_f64());
        // where nothing is known of services only those can be known who are inside: their share is no finding
        if sums.outside == Weight::ZERO && sums.no_services > Weight::ZERO {
            figure.value = None;
        }
        // what has no place may cover more, and what is not drawn may be more
        if self.unplaced_around > 0 {
            figure.bounds = figure.bounds.map(|(low, _)| (low, 1.0));
        }
        if self.unplaced_zones > 0 {
            figure.bounds = None;
            figure.is_open = true;
        }
        if self.params.figure == Statistic::Amount {
            let scale = if self.params.of == Of::Area { 1e-6 } else { 1.0 };
            let (least, most) = (sums.inside.to_f64() * scale, (sums.inside + unknown).to_f64() * scale);
            let is_open = self.unplaced_around + self.unplaced_zones > 0;
            figure = Figure {
                unit: FigureUnit::Amount,
                value: Some(least),
                part: Some(least),
                bounds: (!is_open).then_some((least, most)),
                least: is_open.then_some(least),
                ..Figure::default()
            }
            .counting(&self.params.noun());
        }
        figure
    }

    fn regions(&self, over: &[Level]) -> Vec<RegionFigure> {
        let tree = &self.study.regions;
        let homes = Homes::new(self.study, self.pieces.iter().map(|piece| piece.home));
        judged_regions(self.study, over)
            .into_iter()
            .map(|(level, region)| {
                let mut mine = self
                    .pieces
                    .iter()
                    .filter(|piece| piece.home.is_some_and(|home| tree.ancestor(home, level) == Some(region)))
                    .peekable();
                let figure = match (mine.peek().is_none(), self.params.of, self.params.figure) {
                    (true, Of::Facilities, Statistic::Amount) => self.figure(&Sums::default()),
                    (true, Of::Facilities, Statistic::Share) => Figure::share(0.0, 0.0, 0.0),
                    (true, ..) if self.unplaced_zones > 0 => {
                        Figure::no_data(self.params.unit(), "some zones have no outline", "部分地块无边界")
                    }
                    (true, ..) => homes.of_nothing(region, self.params.unit()),
                    _ => self.figure(&Answer::sums(mine)),
                };
                RegionFigure { region, level, figure }
            })
            .collect()
    }

    /// What is weighed, in English and Chinese.
    pub(crate) fn what(&self) -> (String, String) {
        match (self.params.of, &self.params.zones) {
            (Of::Area, Some(zones)) => (format!("area of \"{zones}\""), format!("“{zones}”面积")),
            (Of::Area, None) => ("area of the regions".to_owned(), "区域面积".to_owned()),
            (Of::Demand, _) => {
                let (weight, layer) =
                    (self.params.weight.as_deref().unwrap_or("people"), self.layer.map_or("", |layer| &layer.name));
                (format!("{weight} of \"{layer}\""), format!("“{layer}”的{weight}"))
            }
            (Of::Facilities, _) => {
                let kinds = self.params.kind.as_ref().map(Kinds::told).unwrap_or_default();
                (format!("facilities of kind {kinds}"), format!("{kinds}设施"))
            }
        }
    }

    pub(crate) fn around(&self) -> (String, String) {
        let inside = &self.params.inside;
        let (what_en, what_zh) = match (&inside.records, &inside.kind) {
            (Some(name), _) => (format!("\"{name}\""), format!("“{name}”")),
            (_, Some(kinds)) => (format!("facilities of kind {}", kinds.told()), format!("{}设施", kinds.told())),
            _ => {
                let modes: Vec<&str> = inside.stops.iter().map(|mode| mode.id()).collect();
                let least = inside.min_departures_per_day.unwrap_or(1.0);
                (
                    format!("stops that at least {least} departures a day ({}) leave", modes.join(", ")),
                    format!("日发车不少于{least}班的站点"),
                )
            }
        };
        match inside.radius {
            Some(radius) => (format!("within {radius} of {what_en}"), format!("{what_zh}{radius}范围内")),
            None => (format!("inside {what_en}"), format!("{what_zh}范围内")),
        }
    }

    pub(crate) fn caveat(&self) -> Text {
        let ((what_en, what_zh), (around_en, around_zh)) = (self.what(), self.around());
        let plane = &self.study.plane;
        if plane.distortion.is_some() {
            return Text::new(
                format!("{what_en} {around_en}; areas as on the ellipsoid, because no plane fits the study"),
                format!("{around_zh}的{what_zh}；研究范围过大，面积按椭球面量算"),
            );
        }
        let stretch = (plane.scale_min.recip().max(plane.scale_max) - 1.0).abs() * 100.0;
        Text::new(
            format!(
                "{what_en} {around_en}; measured in the plane {}, whose lengths are off by up to {stretch:.3} %",
                plane.name
            ),
            format!("{around_zh}的{what_zh}；在平面坐标系 {} 中量算，长度变形不超过 {stretch:.3} %", plane.name),
        )
    }

    fn notes(&self) -> Vec<Text> {
        let mut notes = vec![self.caveat()];
        if self.params.of == Of::Area && self.params.radius() > 0.0 {
            notes.push(Text::new(
                "overlaps count once; a circle is drawn with 128 corners and the circle's area, its edge off by up to 0.02 % of the radius",
                "重叠部分只计一次；圆以128边等积多边形代替，边界偏差不超过半径的0.02 %",
            ));
        }
        let around = self.around;
        notes.push(Text::new(format!("{around} of them lie around"), format!("范围要素共 {around} 个")));
        if self.outside > Weight::ZERO {
            notes.push(Text::new(
                format!("{} lie outside all regions and are not judged", self.outside),
                format!("{}位于所有区域之外，不参与评价", self.outside),
            ));
        }
        if self.unplaced_around > 0 {
            let count = self.unplaced_around;
            notes.push(Text::new(
                format!("{count} records have no place: more may lie inside"),
                format!("{count} 条记录无位置，实际范围可能更大"),
            ));
        }
        if self.unplaced_zones > 0 {
            let count = self.unplaced_zones;
            notes.push(Text::new(
                format!("{count} zones have no outline: their area is not known, and the figure has no bounds"),
                format!("{count} 个地块无边界，面积未知"),
            ));
        }
        notes
    }

    fn reason(&self, sums: &Sums) -> Option<Text> {
        if self.unplaced_around + self.unplaced_zones > 0 {
            return Some(Text::new("some records have no place", "部分记录无位置"));
        }
        if sums.no_services > Weight::ZERO {
            return Some(Text::new(
                format!("nothing is known of the services around {}", sums.no_services),
                format!("{} 周边公交服务无数据", sums.no_services),
            ));
        }
        (sums.no_place > Weight::ZERO).then(|| {
            Text::new(format!("the place of {} is not known", sums.no_place), format!("{} 位置未知", sums.no_place))
        })
    }

    fn ledger(&self, sums: &Sums) -> WeightLedger {
        let mut parts = vec![("inside", sums.inside), ("outside", sums.outside)];
        if !self.params.inside.stops.is_empty() {
            parts.push(("without-service-data", sums.no_services));
        }
        parts.push(("without-place", sums.no_place));
        WeightLedger {
            unit: match self.params.of {
                Of::Area => "m²".to_owned(),
                Of::Demand => self.params.weight.clone().unwrap_or_else(|| "people".to_owned()),
                Of::Facilities => "facilities".to_owned(),
            },
            total: sums.inside + sums.outside + sums.no_services + sums.no_place,
            parts,
        }
    }

    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let missing = context.missing(headline)?;
        // areas are weighed in square metres
        let shown = if self.params.of == Of::Area { missing.shown_in(6) } else { missing.shown() };
        Some(REMEDY.told(&self.params.noun().more(&shown)))
    }
}

impl Metric for OverlayShare {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.check()?;
        let answer = self.answer(context.study)?;
        let sums = Answer::sums(answer.pieces.iter());
        let mut headline = answer.figure(&sums);
        if let Some(reason) = answer.reason(&sums) {
            headline = headline.because(reason);
        }
        let regions = answer.regions(context.over);
        Ok(Output {
            notes: answer.notes(),
            closing_the_gap: answer.closing_the_gap(context, &headline),
            remedy: Some(REMEDY),
            evidence: overlay_layers::evidence(&answer, &regions),
            outcomes: overlay_layers::outcomes(&answer),
            tables: overlay_layers::tables(&answer, context, &regions),
            weights: vec![answer.ledger(&sums)],
            synthetic: answer.synthetic,
            headline,
            regions,
            ..Output::default()
        })
    }

    fn check(&self) -> Result<(), MetricError> {
        let inside = &self.inside;
        let given = [inside.records.is_some(), inside.kind.is_some(), !inside.stops.is_empty()];
        if given.iter().filter(|is_given| **is_given).count() != 1 {
            let what = "write one of records = \"…\", kind = \"…\" and stops = [\"bus\"]";
            return OverlayShare::wrong("inside", what);
        }
        if inside.records.is_none() && inside.radius.is_none_or(|radius| radius.0 <= 0.0) {
            return OverlayShare::wrong("inside", "points cover nothing; write radius = \"500 m\"");
        }
        if let Some(least) = inside.min_departures_per_day {
            if inside.stops.is_empty() {
                return OverlayShare::wrong("inside", "min-departures-per-day goes with stops only");
            }
            if !least.is_finite() || !(1e-6..=1e9).contains(&least) {
                return OverlayShare::wrong(
                    "inside",
                    format!("{least} is not a number of departures; write 1 or more"),
                );
            }
        }
        if let Some(kinds) = &inside.kind {
            kinds.check()?;
        }
        match (self.of, &self.kind) {
            (Of::Facilities, None) => return Err(needs_kind()),
            (Of::Facilities, Some(kinds)) => kinds.check()?,
            (_, Some(_)) => return OverlayShare::wrong("kind", "goes with of = \"facilities\" only"),
            _ => {}
        }
        if self.of != Of::Area && self.zones.is_some() {
            return OverlayShare::wrong("zones", "goes with of = \"area\" only");
        }
        if self.of != Of::Demand && (self.demand.is_some() || self.weight.is_some()) {
            let key = if self.demand.is_some() { "demand" } else { "weight" };
            return OverlayShare::wrong(key, "goes with of = \"demand\" only");
        }
        Ok(())
    }

    fn kinds(&self) -> Vec<&str> {
        self.kind.iter().chain(&self.inside.kind).flat_map(Kinds::iter).collect()
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
