//! What lies within an hour of a centre, and how many centres lie within an hour of each place: 1小时通勤圈.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::ledger::WeightLedger;
use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::segments::OffStreet;
use crate::impedance::segments::Snap;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::covered_share::needs_speed;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::figure::format_value;
use crate::metrics::homes::Homes;
use crate::metrics::known_services::Silence;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Parties;
use crate::metrics::reach::Question;
use crate::metrics::reach::Whose;
use crate::metrics::reach::by_region;
use crate::metrics::reach::engine;
use crate::metrics::reach::is_looked_for;
use crate::metrics::reach::is_made_up;
use crate::metrics::reach::judged_points;
use crate::metrics::reach::known_services;
use crate::metrics::reach::without_services;
use crate::metrics::reach_layers::outcomes_by_part;
use crate::metrics::reachable_layers;
use crate::model::facility::Facility;
use crate::model::place::Place;
use crate::model::region::Level;
use crate::model::study::Study;

/// `measure.reachable-within`: who and what is within a time or a distance of each centre, the limit itself included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReachableWithin {
    /// Kind of facility that the centres are.
    pub centres: String,
    /// The time or the distance; at exactly this a centre is within reach.
    pub within: Limit,
    /// Ways of travelling; what any of them reaches is reached by the better of them.
    pub by: Vec<By>,
    /// Which way one travels: to the centre, or from it.
    #[serde(default)]
    pub direction: Direction,
    /// Centres that a point must have within reach to count.
    #[serde(default = "one")]
    pub at_least: NonZeroU32,
    /// The demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// What to weigh by: `people`, `count`, or another group of the demand layer, e.g. jobs. May be left out only when the layer has
    /// `people`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Kinds of facilities that are counted within reach of each centre, e.g. `township-seat`, `county-seat`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// What one way of travelling reaches: for every demand point and every place that is counted.
pub(crate) struct Found {
    pub by: By,
    /// Centres within reach of each point of the layer, rising; none for points that are not judged.
    pub centres: Vec<Vec<u32>>,
    /// Judged points from which it can not be told.
    pub unknown: BTreeSet<usize>,
    /// Judged points by transit around which nothing is known of services: what was found is the least that they reach.
    pub without_services: BTreeSet<usize>,
    /// Places of each kind within reach of each centre, without the centre itself.
    pub places: Vec<Vec<u32>>,
    pub caveat: Text,
}

/// The whole answer.
pub(crate) struct Answer<'a> {
    pub params: &'a ReachableWithin,
    pub study: &'a Study,
    pub parties: Parties<'a>,
    pub found: Vec<Found>,
    pub judged: Vec<usize>,
    pub outside: Vec<usize>,
    pub synthetic: bool,
}

impl ReachableWithin {
    fn question(&self, by: By) -> Question<'_> {
        Question {
            kind: &self.centres,
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by,
            unit: self.within.into(),
            direction: self.direction,
            nth: 1,
            whose: Whose::Any,
            whose_level: Level::County,
        }
    }

    fn answer<'a>(&'a self, networks: &'a Networks<'_>) -> Result<Answer<'a>, MetricError> {
        let study = networks.study;
        let first = self.by.first().copied().unwrap_or_default();
        let parties = Parties::new(study, &self.question(first))?;
        let (judged, outside) = judged_points(study, parties.layer);
        let kinds: Vec<Vec<&Facility>> = self
            .places
            .iter()
            .map(|kind| study.facilities.iter().filter(|facility| facility.kind == *kind).collect())
            .collect();
        let found: Vec<Found> =
            self.by.iter().map(|by| self.found(networks, &parties, &judged, &kinds, *by)).collect::<Result<_, _>>()?;
        let synthetic = self.by.iter().any(|by| is_made_up(study, *by))
            || parties.layer.synthetic
            || parties.facilities.iter().chain(kinds.iter().flatten()).any(|facility| facility.synthetic);
        Ok(Answer { params: self, study, parties, found, judged, outside, synthetic })
    }

    fn found(
        &self,
        networks: &Networks<'_>,
        parties: &Parties<'_>,
        judged: &[usize],
        kinds: &[Vec<&Facility>],
        by: By,
    ) -> Result<Found, MetricError> {
        let study = networks.study;
        is_looked_for(study, by, self.within, "within")?;
        let engine = engine(networks, &self.question(by))?;
        let at: Vec<Place> = parties.facilities.iter().map(|facility| facility.at).collect();
        let prepared = engine.prepare(&study.plane, &at);
        let met = |place: Option<Place>| -> Result<(Place, Option<Snap>), Option<OffStreet>> {
            let place = place.ok_or(None)?;
            Ok((place, prepared.snapped(&place)?))
        };
        let layer = parties.layer;
        let (mut asked, mut of, mut unknown) = (Vec::new(), Vec::new(), BTreeSet::new());
        for point in judged {
            match met(layer.at[*point]) {
                Ok(place) => {
                    asked.push(place);
                    of.push(*point);
                }
                // who lives along a closed street goes nowhere; that is known
                Err(Some(OffStreet::Closed { .. } | OffStreet::ClosedCell)) => {}
                Err(_) => {
                    unknown.insert(*point);
                }
            }
        }
        let points = asked.len();
        let mut starts = vec![points];
        for kind in kinds {
            let there = kind.iter().map(|facility| met(Some(facility.at)));
            // a place off the network is not reached; it stays one that was counted
            asked.extend(there.filter_map(Result::ok));
            starts.push(asked.len());
        }
        let known = known_services(study, by);
        let without_services = without_services(known.as_ref(), layer, of.iter().copied());
        let limit = self.within.value();
        let within = prepared.within(at.len() as u32, limit, &asked);
        let mut places = vec![vec![0; kinds.len()]; at.len()];
        for (kind, ends) in starts.windows(2).enumerate() {
            for place in ends[0]..ends[1] {
                let others = within[place].iter().filter(|centre| asked[place].0 != at[**centre as usize]);
                others.for_each(|centre| places[*centre as usize][kind] += 1);
            }
        }
        let mut centres = vec![Vec::new(); layer.len()];
        for (point, within) in of.into_iter().zip(within) {
            centres[point] = within;
        }
        let (en, zh) = by.caveat();
        let mut caveat = match engine.told() {
            Some(told) => Text::new(format!("{en}: {}", told.en), format!("{zh}：{}", told.zh)),
            None => Text::new(en, zh),
        };
        let facilities: Vec<&Facility> = parties.facilities.iter().chain(kinds.iter().flatten()).copied().collect();
        if let Some(told) = known.as_ref().and_then(|known| known.facilities_told(&facilities)) {
            caveat.en += &format!("; {}", told.en);
            caveat.zh += &format!("；{}", told.zh);
        }
        Ok(Found { by, centres, unknown, without_services, places, caveat })
    }
}

impl Answer<'_> {
    /// Centres within reach of a point by the better of all ways, rising.
    pub fn centres(&self, at: usize) -> Vec<u32> {
        let mut all: Vec<u32> = self.found.iter().flat_map(|found| found.centres[at].iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether a point has enough centres within reach; `None` when it has not as far as is known and some way of travelling can not be told.
    pub fn counts(&self, at: usize) -> Option<bool> {
        if self.centres(at).len() >= self.params.at_least.get() as usize {
            return Some(true);
        }
        let is_unknown = |found: &Found| found.unknown.contains(&at) || found.without_services.contains(&at);
        (!self.found.iter().any(is_unknown)).then_some(false)
    }

    /// Whether a point has not enough centres as far as is known, and nothing but the services around it is unknown.
    pub fn is_silent(&self, at: usize) -> bool {
        self.counts(at).is_none() && !self.found.iter().any(|found| found.unknown.contains(&at))
    }

    /// Weight of the judged points that may reach a centre by services of which nothing is known, beside those that reach it.
    pub fn weight_unknown(&self, centre: u32) -> Weight {
        let reaches = |at: &usize| self.found.iter().any(|found| found.centres[*at].binary_search(&centre).is_ok());
        let may = self.found.iter().flat_map(|found| &found.without_services).filter(|at| !reaches(at));
        may.map(|at| self.weight(*at)).sum()
    }

    fn asks_services(&self) -> bool {
        self.params.by.contains(&By::Transit)
    }

    /// The regions of which no service is known, with what is not known for it.
    fn silence(&self) -> Silence {
        let Some(known) = self.asks_services().then(|| known_services(self.study, By::Transit)).flatten() else {
            return Silence::default();
        };
        let points = self.found.iter().flat_map(|found| &found.without_services);
        known.silence(points.map(|at| (self.parties.layer.home[*at], self.weight(*at), self.is_silent(*at))))
    }

    pub fn weight(&self, at: usize) -> Weight {
        self.parties.group.weights[at]
    }

    fn figure(&self, points: &[usize]) -> (Figure, WeightLedger) {
        let (mut within, mut beyond, mut unknown) = (Weight::ZERO, Weight::ZERO, Weight::ZERO);
        let (mut anyway, mut silent) = (Weight::ZERO, Weight::ZERO);
        let is_without = |at: &usize| self.found.iter().any(|found| found.without_services.contains(at));
        for at in points {
            let weight = self.weight(*at);
            match self.counts(*at) {
                Some(true) if is_without(at) => anyway += weight,
                Some(true) => within += weight,
                Some(false) => beyond += weight,
                None if self.is_silent(*at) => silent += weight,
                None => unknown += weight,
            }
        }
        let could_be_missed = within + beyond;
        within += anyway;
        let mut parts = vec![("within-reach", within), ("out-of-reach", beyond)];
        if self.asks_services() {
            parts.push(("without-service-data", silent));
        }
        parts.push(("unknown", unknown));
        let ledger = WeightLedger {
            unit: self.parties.group.name.clone(),
            total: points.iter().map(|at| self.weight(*at)).sum(),
            parts,
        };
        let mut figure = Figure::share(within.to_f64(), (within + beyond).to_f64(), (unknown + silent).to_f64());
        // where only those can be known that reach enough, their share is no finding
        if could_be_missed == Weight::ZERO && silent > Weight::ZERO {
            figure = Figure { value: None, ..figure }
                .because(Text::new("nothing is known of its services", "公交服务无数据"));
        }
        (figure, ledger)
    }

    fn unknown_reason(&self) -> Text {
        let unknown: Vec<usize> = self.judged.iter().copied().filter(|at| self.counts(*at).is_none()).collect();
        let silent = unknown.iter().filter(|at| self.is_silent(**at)).count();
        let (all, name, count) = (self.judged.len(), &self.parties.layer.name, unknown.len() - silent);
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        if silent > 0 {
            en.push(format!("nothing is known of the services around {silent} of {all} points of \"{name}\""));
            zh.push(format!("“{name}”的 {all} 个点中有 {silent} 个周边公交服务无数据"));
        }
        if count > 0 {
            en.push(format!(
                "of {count} of {all} points of \"{name}\" the place is not known, or it is off the network"
            ));
            zh.push(format!("“{name}”的 {all} 个点中有 {count} 个位置未知或不在路网上"));
        }
        Text::new(en.join("; "), zh.join("；"))
    }

    /// Weight and numbers of places within reach of each centre, one line a centre.
    fn evidence(&self) -> Vec<Evidence> {
        let limit = self.params.within;
        (0..self.parties.facilities.len())
            .map(|centre| {
                let it = self.parties.facilities[centre];
                let (mut en, mut zh) = (Vec::new(), Vec::new());
                for found in &self.found {
                    let weight = reachable_layers::weight_of(self, &found.centres, centre as u32);
                    let (how_en, how_zh) = reachable_layers::way(found.by);
                    en.push(format!("{weight} {how_en}"));
                    zh.push(format!("{how_zh} {weight}"));
                }
                let unit = &self.parties.group.name;
                let more = self.weight_unknown(centre as u32);
                let (more_en, more_zh) = match more > Weight::ZERO {
                    true => (
                        format!("; of {more} more nothing is known, for want of data on services"),
                        format!("；另有 {more} 因公交服务无数据而未知"),
                    ),
                    false => Default::default(),
                };
                Evidence {
                    key: it.id.clone(),
                    state: "centre",
                    about: vec![it.id.clone(), it.name.clone()],
                    text: Text::new(
                        format!("{} ({}): {unit} within {limit}: {}{more_en}", it.name, it.id, en.join(", ")),
                        format!("{}（{}）：{limit} 内{unit}：{}{more_zh}", it.name, it.id, zh.join("，")),
                    ),
                }
            })
            .collect()
    }

    fn caveat(&self) -> Text {
        let (mut en, mut zh): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for found in &self.found {
            en.push(&found.caveat.en);
            zh.push(&found.caveat.zh);
        }
        let direction = match self.params.direction {
            Direction::ToFacility => ("to the centre", "至中心"),
            Direction::FromFacility => ("from the centre", "自中心"),
        };
        let mut text = Text::new(
            format!(
                "{} within {} {}: {}; weighed by {} of \"{}\"",
                self.params.centres,
                self.params.within,
                direction.0,
                en.join("; or "),
                self.parties.group.name,
                self.parties.layer.name
            ),
            format!(
                "{}{} {} 以内：{}；按“{}”的{}加权",
                direction.1,
                self.params.centres,
                self.params.within,
                zh.join("；或"),
                self.parties.layer.name,
                self.parties.group.name
            ),
        );
        if !self.outside.is_empty() {
            let (outside, all) = (self.outside.len(), self.parties.layer.len());
            text.en += &format!("; {outside} of {all} points lie outside all regions and are not judged");
            text.zh += &format!("；{all}个点中有{outside}个位于所有区域之外，不参与评价");
        }
        text
    }

    /// Each way of travelling by itself, in one sentence.
    fn alone(&self) -> Option<Text> {
        if self.found.len() < 2 {
            return None;
        }
        let least = self.params.at_least.get() as usize;
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        for found in &self.found {
            let is_known = |at: &&usize| {
                let is_enough = found.centres[**at].len() >= least;
                !found.unknown.contains(at) && (is_enough || !found.without_services.contains(at))
            };
            let known = self.judged.iter().filter(is_known);
            let (mut part, mut whole) = (Weight::ZERO, Weight::ZERO);
            for at in known {
                whole += self.weight(*at);
                if found.centres[*at].len() >= least {
                    part += self.weight(*at);
                }
            }
            let share = if whole > Weight::ZERO {
                format_value(part.to_f64() / whole.to_f64(), FigureUnit::Share)
            } else {
                "–".to_owned()
            };
            let (how_en, how_zh) = reachable_layers::way(found.by);
            en.push(format!("{share} {how_en}"));
            zh.push(format!("{how_zh} {share}"));
        }
        Some(Text::new(format!("alone: {}", en.join(", ")), format!("单独：{}", zh.join("，"))))
    }
}

impl Metric for ReachableWithin {
    fn check(&self) -> Result<(), MetricError> {
        if self.by.is_empty() {
            let what = "names no way of travelling; write for example [\"transit\", \"drive\"]".to_owned();
            return Err(MetricError::Parameter { key: "by", what });
        }
        if let Some(twice) = (1..self.by.len()).find(|at| self.by[..*at].contains(&self.by[*at])) {
            let what = format!("names {:?} twice", self.by[twice]);
            return Err(MetricError::Parameter { key: "by", what });
        }
        self.by.iter().try_for_each(|by| needs_speed(*by, self.within.into(), "within"))
    }

    fn kinds(&self) -> Vec<&str> {
        std::iter::once(&self.centres).chain(&self.places).map(String::as_str).collect()
    }

    fn by(&self) -> Vec<By> {
        self.by.clone()
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }

    fn limit(&self) -> Option<f64> {
        Some(self.within.value())
    }

    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.measure_over(context, &Networks::new(context.study))
    }

    fn measure_over(&self, context: &Context<'_>, networks: &Networks<'_>) -> Result<Output, MetricError> {
        let answer = self.answer(networks)?;
        let (mut headline, ledger) = answer.figure(&answer.judged);
        if headline.unknown > 0.0 {
            headline = headline.because(answer.unknown_reason());
        }
        let homes = Homes::of_points(answer.study, answer.parties.layer, &answer.judged);
        let regions: Vec<RegionFigure> = by_region(answer.study, answer.parties.layer, &answer.judged, context.over)
            .into_iter()
            .map(|(level, region, points)| {
                RegionFigure::of(level, region, FigureUnit::Share, &points, &homes, |points| answer.figure(points).0)
            })
            .collect();
        let mut output = Output { synthetic: answer.synthetic, ..Output::default() };
        output.notes.push(answer.caveat());
        output.notes.extend(answer.alone());
        let (silence, unit) = (answer.silence(), &answer.parties.group.name);
        output.notes.extend(silence.told(unit));
        output.issues = silence.issues(context.id, unit);
        output.evidence = answer.evidence();
        output.outcomes = outcomes_by_part(answer.parties.layer, answer.parties.group, &answer.judged, |at| {
            let state = match answer.counts(at) {
                Some(true) => "within-reach",
                Some(false) => "out-of-reach",
                None if answer.is_silent(at) => "no-service-data",
                None => "unknown",
            };
            vec![(state, answer.weight(at))]
        });
        output.tables = reachable_layers::tables(&answer, context);
        output.headline = headline;
        output.regions = regions;
        output.weights.push(ledger);
        Ok(output)
    }
}
