//! What `nearest` and `covered-share` have in common: who is to reach what, weighed how, and how it rolls up.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::same::is_within;
use crate::base::units::KmPerHour;
use crate::base::units::Limit;
use crate::base::units::Seconds;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::Impedance;
use crate::impedance::Prepared;
use crate::impedance::Spread;
use crate::impedance::Want;
use crate::impedance::cost_table::CostTable;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::segments::OffStreet;
use crate::impedance::segments::Snap;
use crate::metrics::MetricError;
use crate::metrics::homes::Homes;
use crate::metrics::known_services::KnownServices;
use crate::metrics::known_services::Silence;
use crate::metrics::networks::Networks;
use crate::model::demand::DemandLayer;
use crate::model::demand::WeightGroup;
use crate::model::facility::ExcludedBy;
use crate::model::facility::Facility;
use crate::model::place::Place;
use crate::model::region::Level;
use crate::model::study::Study;

/// Whose facilities count for a demand point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// Any facility, whatever border lies between.
    #[default]
    Any,
    /// Only facilities in the same region of `whose-level`.
    SameRegion,
    /// Only facilities in another region of `whose-level`.
    OtherRegion,
}

impl Whose {
    /// Whether a facility in the region `other` counts for someone in the region `own`; what is in no known region does not, unless any does.
    pub(crate) fn admits(self, own: Option<RegionIdx>, other: Option<RegionIdx>) -> bool {
        match self {
            Whose::Any => true,
            Whose::SameRegion => own.is_some() && own == other,
            Whose::OtherRegion => own.is_some() && other.is_some() && own != other,
        }
    }
}

/// Who is to reach what, and how it is weighed.
#[derive(Debug, Clone, PartialEq)]
pub struct Question<'a> {
    pub kind: &'a str,
    pub demand: Option<&'a str>,
    pub weight: Option<&'a str>,
    pub by: By,
    /// Whether ways are measured by length or by time.
    pub unit: CostUnit,
    pub direction: Direction,
    /// Which of the facilities counts in the order of their distance, from 1.
    pub nth: usize,
    pub whose: Whose,
    pub whose_level: Level,
}

/// A question with its answer for every demand point of the judged area.
pub struct Reach<'a> {
    pub study: &'a Study,
    pub layer: &'a DemandLayer,
    pub group: &'a WeightGroup,
    /// Facilities of the kind, in file order; the destinations of `costs`.
    pub facilities: Vec<&'a Facility>,
    /// Nearest facility of each demand point of the layer; no row for a point without a place or without any facility that
    /// counts.
    pub costs: CostTable,
    /// Positions of the judged demand points in the layer, in order.
    pub judged: Vec<usize>,
    /// Positions of the demand points that lie outside every region and name none; they are nobody's to judge.
    pub outside: Vec<usize>,
    /// Why judged points with a place can not be measured from, by position in the layer.
    pub off_streets: BTreeMap<usize, OffStreet>,
    /// Facilities of the kind that nobody can reach, because they are off the streets: position among those of the kind.
    pub off_facilities: Vec<(usize, OffStreet)>,
    /// Facilities beside a platform, square or street that meets no other, which are measured from the next street.
    pub moved_facilities: u64,
    /// Judged points whose own street is closed: they go nowhere.
    pub closed: BTreeSet<usize>,
    /// Judged points by transit around which nothing is known of services: there may be more than was found.
    pub without_services: BTreeSet<usize>,
    /// Where judged points meet the streets.
    pub snaps: BTreeMap<usize, Snap>,
    /// By transit: how the times from judged points to their facility are spread over the window.
    pub spreads: BTreeMap<usize, Spread>,
    pub by: By,
    pub unit: CostUnit,
    pub direction: Direction,
    nth: usize,
    /// Facilities of the kind that lie in hazard areas, and that a scenario closes.
    excluded: [usize; 2],
    /// What the engine says of itself.
    told: Option<Text>,
    /// Where services are known, by transit.
    known: Option<KnownServices<'a>>,
    pub synthetic: bool,
}

/// What is known of one demand point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reached {
    /// The nearest facility (position among the facilities of the kind) and its cost.
    At(u32, f64),
    /// The place of the demand point is not known.
    NoPlace,
    /// There is no facility that counts for it, or no way to one.
    NoFacility,
    /// It is too far from every street, or on an island of the network: what is reached from there is not known.
    OffStreets,
    /// Nothing is known of the services around it: what was found, on foot or by the services of other regions, is the most that the way
    /// takes, and where nothing was found there may be a way.
    AtMost(Option<(u32, f64)>),
}

impl Reached {
    /// The facility and its cost where it is known, or known to be within a limit.
    pub fn known(self, limit: Option<f64>) -> Option<(u32, f64)> {
        match self {
            Reached::At(facility, cost) => Some((facility, cost)),
            Reached::AtMost(found) => found.filter(|(_, cost)| limit.is_some_and(|limit| is_within(*cost, limit))),
            Reached::NoPlace | Reached::NoFacility | Reached::OffStreets => None,
        }
    }
}

/// What is measured beside the nearest facility.
enum Also<'o> {
    Nothing,
    /// All facilities within a limit.
    Within(f64),
    /// A certain one of each point of the layer.
    Own(&'o [Option<u32>]),
}

impl<'a> Reach<'a> {
    /// Finds the nearest facility of every demand point.
    /// # Errors
    /// [`MetricError::Missing`] when the study has no such facility, demand layer or weight group, or when a choice between
    /// several is not made.
    pub fn new(study: &'a Study, question: &Question<'_>) -> Result<Reach<'a>, MetricError> {
        Reach::over(&Networks::new(study), question)
    }

    /// The same over networks that are shared.
    /// # Errors
    /// As [`Reach::new`].
    pub fn over(networks: &Networks<'a>, question: &Question<'_>) -> Result<Reach<'a>, MetricError> {
        Ok(Reach::among(networks, question, Parties::new(networks.study, question)?, Also::Nothing)?.0)
    }

    /// The same for places that are no facilities of the study, e.g. stops; without any, nobody reaches one. The question's kind says
    /// nothing.
    /// # Errors
    /// [`MetricError::Missing`] when the study has no such demand layer or weight group.
    pub fn to(
        networks: &Networks<'a>,
        question: &Question<'_>,
        places: Vec<&'a Facility>,
    ) -> Result<Reach<'a>, MetricError> {
        Ok(Reach::among(networks, question, Parties::with(networks.study, question, places)?, Also::Nothing)?.0)
    }

    /// The same with all facilities within a limit, the limit included, of every point of the layer that has a place, judged or not.
    /// # Errors
    /// As [`Reach::new`].
    pub(crate) fn with_all_within(
        networks: &Networks<'a>,
        question: &Question<'_>,
        limit: f64,
    ) -> Result<(Reach<'a>, CostTable), MetricError> {
        Reach::among(networks, question, Parties::new(networks.study, question)?, Also::Within(limit))
    }

    /// The same with the cost to one certain facility, by its position among those of the kind, of every judged point that has one which is not
    /// its nearest.
    /// # Errors
    /// As [`Reach::new`].
    pub(crate) fn with_own(
        networks: &Networks<'a>,
        question: &Question<'_>,
        own: &[Option<u32>],
    ) -> Result<(Reach<'a>, CostTable), MetricError> {
        Reach::among(networks, question, Parties::new(networks.study, question)?, Also::Own(own))
    }

    fn among(
        networks: &Networks<'a>,
        question: &Question<'_>,
        parties: Parties<'a>,
        also: Also<'_>,
    ) -> Result<(Reach<'a>, CostTable), MetricError> {
        let study = networks.study;
        let engine = engine(networks, question)?;
        let admits = |origin: usize, destination: u32| parties.admits(origin, destination);
        let Parties { layer, group, facilities, .. } = &parties;
        let (layer, group) = (*layer, *group);
        let places: Vec<Place> = facilities.iter().map(|facility| facility.at).collect();
        let prepared = engine.prepare(&study.plane, &places);
        let (mut off_facilities, mut moved_facilities) = (Vec::new(), 0);
        for (at, place) in places.iter().enumerate() {
            match prepared.snapped(place) {
                Err(why) => off_facilities.push((at, why)),
                Ok(snap) => moved_facilities += u64::from(snap.is_some_and(|snap| snap.is_past_island)),
            }
        }
        let (judged, outside) = judged_points(study, layer);
        let mut origins: Vec<Option<Place>> = vec![None; layer.len()];
        for at in &judged {
            origins[*at] = layer.at[*at];
        }
        let want = if question.nth > 1 { Want::First(question.nth) } else { Want::Nearest };
        let mut spreads = BTreeMap::new();
        let costs = if question.by == By::Transit {
            let (rows, found): (Vec<_>, Vec<_>) = origins
                .par_iter()
                .enumerate()
                .map(|(at, origin)| {
                    let admits = |destination: u32| admits(at, destination);
                    origin.map_or_else(Default::default, |place| {
                        prepared.row_with_spread(&place, want, &admits, question.nth)
                    })
                })
                .unzip();
            spreads.extend(
                found.into_iter().enumerate().filter_map(|(at, spread): (usize, Option<Spread>)| Some((at, spread?))),
            );
            CostTable::from_rows(engine.unit(), rows)
        } else {
            CostTable::measure(engine.unit(), prepared.as_ref(), &origins, want, &admits)
        };
        let all = match also {
            Also::Within(limit) => {
                CostTable::measure(engine.unit(), prepared.as_ref(), &layer.at, Want::Within(limit), &admits)
            }
            Also::Own(own) => {
                let is_other =
                    |at: usize| own[at].is_some() && costs.nearest(at).map(|(nearest, _)| nearest) != own[at];
                let origins: Vec<Option<Place>> =
                    origins.iter().enumerate().map(|(at, origin)| origin.filter(|_| is_other(at))).collect();
                let is_own = |origin: usize, destination: u32| own[origin] == Some(destination);
                CostTable::measure(engine.unit(), prepared.as_ref(), &origins, Want::Nearest, &is_own)
            }
            Also::Nothing => CostTable::from_rows(engine.unit(), Vec::new()),
        };
        let Met { snaps, off_streets, closed } = Met::new(prepared.as_ref(), layer, &judged);
        drop(prepared);
        let known = known_services(study, question.by);
        let is_on = |at: &usize| layer.at[*at].is_some() && !off_streets.contains_key(at) && !closed.contains(at);
        let without_services = without_services(known.as_ref(), layer, judged.iter().copied().filter(is_on));
        let told = engine.told();
        let facilities = facilities.clone();
        let is_made_up = is_made_up(study, question.by);
        let synthetic = is_made_up || layer.synthetic || facilities.iter().any(|facility| facility.synthetic);
        let reach = Reach {
            study,
            layer,
            group,
            facilities,
            costs,
            judged,
            outside,
            off_streets,
            off_facilities,
            moved_facilities,
            closed,
            without_services,
            snaps,
            spreads,
            by: question.by,
            unit: question.unit,
            direction: question.direction,
            nth: question.nth,
            excluded: excluded(study, question.kind),
            told,
            known,
            synthetic,
        };
        Ok((reach, all))
    }

    /// What is known of one demand point.
    pub fn reached(&self, at: usize) -> Reached {
        self.reached_of(at, self.nth)
    }

    /// The same of the facility that is `nth` in the order of their cost, from 1; no farther down than the question asks.
    pub(crate) fn reached_of(&self, at: usize, nth: usize) -> Reached {
        if self.layer.at[at].is_none() {
            return Reached::NoPlace;
        }
        if self.off_streets.contains_key(&at) {
            return Reached::OffStreets;
        }
        let found = self.costs.row(at).nth(nth.max(1) - 1);
        if self.without_services.contains(&at) {
            return Reached::AtMost(found);
        }
        found.map_or(Reached::NoFacility, |(facility, cost)| Reached::At(facility, cost))
    }

    /// Which of the facilities is meant, in the order of their cost, from 1.
    pub(crate) fn nth(&self) -> usize {
        self.nth
    }

    /// The regions of which no service is known, with what is not known for it; without a limit nothing is.
    pub(crate) fn silence(&self, limit: Option<f64>) -> Silence {
        let Some(known) = &self.known else { return Silence::default() };
        known.silence(self.without_services.iter().map(|at| {
            let is_unknown = self.reached(*at).known(limit).is_none();
            (self.layer.home[*at], self.weight(*at), is_unknown)
        }))
    }

    /// Where one travels; `None` as the crow flies, and where there is nothing to travel on.
    pub(crate) fn ground(&self) -> Option<Ground> {
        ground(self.study, self.by)
    }

    /// The weight of one demand point.
    pub fn weight(&self, at: usize) -> Weight {
        self.group.weights[at]
    }

    /// The judged points of each judged region, by level and then by code.
    pub fn by_region(&self, over: &[Level]) -> Vec<(Level, RegionIdx, Vec<usize>)> {
        by_region(self.study, self.layer, &self.judged, over)
    }

    /// Regions of the judged points.
    pub(crate) fn homes(&self) -> Homes<'_> {
        Homes::of_points(self.study, self.layer, &self.judged)
    }

    /// What places that can not be measured from are off, in English and Chinese.
    pub(crate) fn off_what(&self) -> (&'static str, &'static str) {
        if self.by == By::Surface { ("cost surface", "成本面") } else { ("streets", "路网") }
    }

    /// How distance was measured and what was weighed, in one sentence.
    pub fn caveat(&self) -> Text {
        let (en, zh) = self.by.caveat();
        let unit = match self.group.name.as_str() {
            "people" => ("people", "人口"),
            "count" => ("number of points", "点数"),
            other => (other, other),
        };
        let ways = match (self.by.is_flown(), self.unit, self.direction) {
            (true, ..) | (_, CostUnit::Metres, Direction::ToFacility) => ("distances are", "距离为"),
            (_, CostUnit::Metres, Direction::FromFacility) => ("distances from the facility are", "自设施出发的距离为"),
            (_, CostUnit::Seconds, Direction::ToFacility) => ("times are", "时间为"),
            (_, CostUnit::Seconds, Direction::FromFacility) => ("times from the facility are", "自设施出发的时间为"),
        };
        let (mut in_english, mut in_chinese) = (
            format!("{} {en}; weighed by {} of \"{}\"", ways.0, unit.0, self.layer.name),
            format!("{}{zh}；按“{}”的{}加权", ways.1, self.layer.name, unit.1),
        );
        if self.nth > 1 {
            in_english += &format!("; the facility meant is the {}. of each place", self.nth);
            in_chinese += &format!("；指第{}近的设施", self.nth);
        }
        if let Some(told) = &self.told {
            in_english += &format!("; {}", told.en);
            in_chinese += &format!("；{}", told.zh);
        }
        if self.unit == CostUnit::Seconds
            && self.by != By::Transit
            && let Some(network) = self.study.streets.iter().find(|one| Some(one.mode) == self.by.mode())
        {
            in_english += &format!("; to the street at {}", network.off_speed);
            in_chinese += &format!("；至道路按{}步行", network.off_speed);
            if network.is_sloped() {
                in_english += "; slopes after Tobler (1993)";
                in_chinese += "；坡度按Tobler（1993）计";
            }
        }
        if !self.closed.is_empty() {
            let (en, zh) = match self.by {
                By::Surface => ("in closed cells", "封闭网格"),
                _ => ("along closed streets", "封闭路段"),
            };
            in_english += &format!("; {} points lie {en} and reach nothing", self.closed.len());
            in_chinese += &format!("；{}个点位于{zh}，视为不可达", self.closed.len());
        }
        if !self.outside.is_empty() {
            let weight: Weight = self.outside.iter().map(|at| self.weight(*at)).sum();
            let (outside, all) = (self.outside.len(), self.layer.len());
            in_english += &format!("; {outside} of {all} points ({weight}) lie outside all regions and are not judged");
            in_chinese += &format!("；{all}个点中有{outside}个（{weight}）位于所有区域之外，不参与评价");
        }
        if !self.off_facilities.is_empty() {
            let (off, all) = (self.off_facilities.len(), self.facilities.len());
            let (en, zh) = self.off_what();
            in_english += &format!("; {off} of {all} facilities are off the {en} and nobody reaches them");
            in_chinese += &format!("；{all}处设施中有{off}处不在{zh}上，视为不可达");
        }
        let [in_hazard, closed] = self.excluded;
        if in_hazard > 0 {
            in_english += &format!("; {in_hazard} further facilities lie in hazard areas and do not count");
            in_chinese += &format!("；另有{in_hazard}处设施位于灾害区内，不计入");
        }
        if closed > 0 {
            in_english += &format!("; {closed} further facilities are closed by the scenario");
            in_chinese += &format!("；另有{closed}处设施因情景关闭，不计入");
        }
        if let Some(known) = &self.known
            && let Some(text) = known.facilities_told(&self.facilities)
        {
            in_english += &format!("; {}", text.en);
            in_chinese += &format!("；{}", text.zh);
        }
        Text::new(in_english, in_chinese)
    }
}

/// How many facilities of a kind lie in hazard areas, and how many a scenario closes.
fn excluded(study: &Study, kind: &str) -> [usize; 2] {
    let of_kind = || study.excluded.iter().filter(|one| one.facility.kind == kind);
    let closed = of_kind().filter(|one| one.by == ExcludedBy::Scenario).count();
    [of_kind().count() - closed, closed]
}

/// Positions of the points of a layer that are judged, and of those that lie outside every region and name none; both in order.
pub(crate) fn judged_points(study: &Study, layer: &DemandLayer) -> (Vec<usize>, Vec<usize>) {
    // where there are outlines, a place in none of them is elsewhere; without a place, or without outlines, nobody knows
    let has_outlines = study.regions.iter().any(|(_, region)| region.shape.is_some());
    let is_elsewhere = |at: &usize| has_outlines && layer.home[*at].is_none() && layer.at[*at].is_some();
    let (outside, rest): (Vec<usize>, Vec<usize>) = (0..layer.len()).partition(is_elsewhere);
    let is_judged = |at: &usize| layer.home[*at].is_none_or(|home| study.regions.get(home).judged);
    (rest.into_iter().filter(is_judged).collect(), outside)
}

/// The judged points of each judged region, for every level in `over` (or all levels at or above the points' own homes
/// when empty), smallest level first and then by code.
pub(crate) fn by_region(
    study: &Study,
    layer: &DemandLayer,
    judged: &[usize],
    over: &[Level],
) -> Vec<(Level, RegionIdx, Vec<usize>)> {
    let mut members: BTreeMap<(Level, RegionIdx), Vec<usize>> = BTreeMap::new();
    let levels: Vec<Level> = if over.is_empty() { study.regions.usual_levels() } else { over.to_vec() };
    for level in &levels {
        for idx in study.regions.at_level(*level) {
            if study.regions.get(idx).judged {
                members.insert((*level, idx), Vec::new());
            }
        }
    }
    for at in judged {
        let Some(home) = layer.home[*at] else { continue };
        for level in &levels {
            if let Some(region) = study.regions.ancestor(home, *level)
                && let Some(points) = members.get_mut(&(*level, region))
            {
                points.push(*at);
            }
        }
    }
    let mut regions: Vec<_> = members.into_iter().map(|((level, idx), points)| (level, idx, points)).collect();
    regions.sort_by(|x, y| y.0.cmp(&x.0).then_with(|| study.regions.get(x.1).code.cmp(&study.regions.get(y.1).code)));
    regions
}

/// How far what one travels on goes, and how fast one is on it at most.
pub(crate) struct Ground {
    /// Smallest x and y, largest x and y in the study plane, metres.
    pub extent: [f64; 4],
    pub top_speed: KmPerHour,
}

/// Where one travels; `None` as the crow flies, and where there is nothing to travel on.
pub(crate) fn ground(study: &Study, by: By) -> Option<Ground> {
    let network = study.streets.iter().find(|one| Some(one.mode) == by.mode());
    let surface = study.surface.as_ref().filter(|_| by == By::Surface);
    match (network, surface) {
        (Some(network), _) => Some(Ground { extent: network.extent()?, top_speed: network.top_speed() }),
        (None, Some(surface)) => Some(Ground { extent: surface.cells().extent(), top_speed: surface.top_speed() }),
        (None, None) => None,
    }
}

/// Who is to reach what.
pub(crate) struct Parties<'a> {
    pub layer: &'a DemandLayer,
    pub group: &'a WeightGroup,
    /// Facilities of the kind, in file order.
    pub facilities: Vec<&'a Facility>,
    whose: Whose,
    /// Regions of `whose_level` that the points and the facilities are in.
    demand_regions: Vec<Option<RegionIdx>>,
    facility_regions: Vec<Option<RegionIdx>>,
}

impl<'a> Parties<'a> {
    /// # Errors
    /// As [`Reach::new`].
    pub fn new(study: &'a Study, question: &Question<'_>) -> Result<Parties<'a>, MetricError> {
        // who is asked for comes before what is to be reached
        weight_group(demand_layer(study, question.demand)?, question.weight)?;
        let facilities: Vec<&Facility> = study.facilities.iter().filter(|f| f.kind == question.kind).collect();
        // where hazards or a scenario take all of them out, there is none to reach, which is an answer
        let is_excluded = study.excluded.iter().any(|one| one.facility.kind == question.kind);
        if facilities.is_empty() && !is_excluded {
            let kinds: BTreeSet<&str> = study.facilities.iter().map(|facility| facility.kind.as_str()).collect();
            return Err(MetricError::Missing {
                what: format!("no facility of kind \"{}\" was read", question.kind),
                instead: format!("kinds in the study: {}", kinds.into_iter().collect::<Vec<_>>().join(", ")),
            });
        }
        Parties::with(study, question, facilities)
    }

    /// # Errors
    /// As [`Reach::to`].
    pub fn with(
        study: &'a Study,
        question: &Question<'_>,
        facilities: Vec<&'a Facility>,
    ) -> Result<Parties<'a>, MetricError> {
        let layer = demand_layer(study, question.demand)?;
        let group = weight_group(layer, question.weight)?;
        let region_at =
            |home: Option<RegionIdx>| home.and_then(|home| study.regions.ancestor(home, question.whose_level));
        Ok(Parties {
            layer,
            group,
            whose: question.whose,
            demand_regions: layer.home.iter().map(|home| region_at(*home)).collect(),
            facility_regions: facilities.iter().map(|facility| region_at(facility.home)).collect(),
            facilities,
        })
    }

    /// Anybody may go anywhere.
    #[cfg(test)]
    pub fn anybody(layer: &'a DemandLayer, group: &'a WeightGroup) -> Parties<'a> {
        let (demand_regions, facility_regions) = (Vec::new(), Vec::new());
        Parties { layer, group, facilities: Vec::new(), whose: Whose::Any, demand_regions, facility_regions }
    }

    /// Whether a facility counts for a point.
    pub fn admits(&self, origin: usize, destination: u32) -> bool {
        if self.whose == Whose::Any {
            return true;
        }
        self.whose.admits(self.demand_regions[origin], self.facility_regions[destination as usize])
    }
}

/// What measures for a question.
/// # Errors
/// [`MetricError::Missing`] when the study has no streets for it.
pub(crate) fn engine<'n>(
    networks: &'n Networks<'_>,
    question: &Question<'_>,
) -> Result<Box<dyn Impedance + 'n>, MetricError> {
    if question.by == By::Transit {
        return Ok(Box::new(networks.by_transit(question.direction)?));
    }
    question.by.engine(question.unit, question.direction, networks.study).ok_or_else(|| MetricError::Missing {
        what: match question.by.mode() {
            Some(mode) => format!("the study has no streets to {} on", mode.id()),
            None if question.by == By::Surface => "the study has no cost surface to walk over".to_owned(),
            None => "a crow's flight has no speed".to_owned(),
        },
        instead: match question.by {
            By::Surface => "give it: [study.surface] uniform = \"5 km/h\", cell = \"100 m\"",
            _ => "give them: [study.streets] path = \"….osm.pbf\", layer = \"streets\"; or measure by = \"geodesic\"",
        }
        .to_owned(),
    })
}

/// Whether what one travels on is made up: streets, the surface, lines among those that one may ride, or the hazard areas of the study.
pub(crate) fn is_made_up(study: &Study, by: By) -> bool {
    let mut services = study.transit.iter().flat_map(|transit| &transit.services);
    study.hazards.iter().any(|zone| zone.synthetic)
        || study.streets.iter().any(|network| Some(network.mode) == by.mode() && network.synthetic)
        || (by == By::Surface && study.surface.as_ref().is_some_and(|surface| surface.synthetic))
        || (by == By::Transit && services.any(|service| service.synthetic))
}

/// Where services are known that one may ride; `None` where none is asked for.
pub(crate) fn known_services(study: &Study, by: By) -> Option<KnownServices<'_>> {
    study.transit.as_ref().filter(|_| by == By::Transit).map(|transit| KnownServices::to_ride(study, transit))
}

/// Points around which no service is known.
pub(crate) fn without_services(
    known: Option<&KnownServices<'_>>,
    layer: &DemandLayer,
    points: impl Iterator<Item = usize>,
) -> BTreeSet<usize> {
    points.filter(|at| known.is_some_and(|known| !known.has_data(layer.home[*at]))).collect()
}

/// Where points of a layer meet the streets or the surface, and which do not.
pub(crate) struct Met {
    pub snaps: BTreeMap<usize, Snap>,
    /// Why a point with a place can not be measured from.
    pub off_streets: BTreeMap<usize, OffStreet>,
    /// Their own street or cell is closed: they go nowhere.
    pub closed: BTreeSet<usize>,
}

impl Met {
    /// Of some points, by position; those without a place are in none.
    pub fn new(prepared: &dyn Prepared, layer: &DemandLayer, points: &[usize]) -> Met {
        let found: Vec<(usize, Result<Option<Snap>, OffStreet>)> =
            points.par_iter().filter_map(|at| Some((*at, prepared.snapped(&layer.at[*at]?)))).collect();
        let mut met = Met { snaps: BTreeMap::new(), off_streets: BTreeMap::new(), closed: BTreeSet::new() };
        for (at, found) in found {
            match found {
                Ok(None) => {}
                Ok(Some(snap)) => {
                    met.snaps.insert(at, snap);
                }
                Err(OffStreet::Closed { .. } | OffStreet::ClosedCell) => {
                    met.closed.insert(at);
                }
                Err(why) => {
                    met.off_streets.insert(at, why);
                }
            }
        }
        met
    }
}

/// Whether ways as long as a limit are looked for at all.
/// # Errors
/// [`MetricError::Parameter`] for a limit by transit that is longer than the longest time of the study.
pub(crate) fn is_looked_for(study: &Study, by: By, within: Limit, key: &'static str) -> Result<(), MetricError> {
    let longest = study.transit.as_ref().map_or(f64::INFINITY, |transit| f64::from(transit.travel.longest_s));
    if by == By::Transit && within.value() > longest {
        let longest = Seconds(longest);
        let what =
            format!("by transit no way over {longest} is looked for; write longest = \"{within}\" in [study.travel]");
        return Err(MetricError::Parameter { key, what });
    }
    Ok(())
}

pub(crate) fn demand_layer<'a>(study: &'a Study, name: Option<&str>) -> Result<&'a DemandLayer, MetricError> {
    let names = || study.demand.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, study.demand.as_slice()) {
        (Some(name), layers) => layers.iter().find(|layer| layer.name == name).ok_or_else(|| MetricError::Missing {
            what: format!("no demand layer is called \"{name}\""),
            instead: format!("demand layers in the study: {}", names()),
        }),
        (None, [only]) => Ok(only),
        (None, []) => Err(MetricError::Missing {
            what: "the study has no demand".to_owned(),
            instead: "give points under study.demand".to_owned(),
        }),
        (None, _) => Err(MetricError::Missing {
            what: "the study has several demand layers".to_owned(),
            instead: format!("name one with demand = \"…\": {}", names()),
        }),
    }
}

pub(crate) fn weight_group<'a>(layer: &'a DemandLayer, name: Option<&str>) -> Result<&'a WeightGroup, MetricError> {
    let wanted = name.unwrap_or("people");
    layer.group(wanted).ok_or_else(|| {
        let groups: Vec<&str> = layer.groups.iter().map(|group| group.name.as_str()).collect();
        MetricError::Missing {
            what: format!("demand layer \"{}\" has no weight \"{wanted}\"", layer.name),
            instead: format!("write weight = one of: {}", groups.join(", ")),
        }
    })
}
