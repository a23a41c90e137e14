//! Supply within reach per person, when all who are in reach compete for it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::noun::plural_of_group;
use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::segments::OffStreet;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::accessibility_layers;
use crate::metrics::accessibility_report;
use crate::metrics::asked::Asked;
use crate::metrics::covered_share::county;
use crate::metrics::covered_share::needs_speed;
use crate::metrics::decay::Curve;
use crate::metrics::decay::Decay;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::floating_catchment::Floated;
use crate::metrics::floating_catchment::Market;
use crate::metrics::floating_catchment::Method;
use crate::metrics::floating_catchment::is_at_most;
use crate::metrics::homes::Homes;
use crate::metrics::networks::Networks;
use crate::metrics::plane_catchments::PlaneMarket;
use crate::metrics::raam;
use crate::metrics::raam::Equilibrium;
use crate::metrics::reach::Met;
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
use crate::model::place::Place;
use crate::model::region::Level;
use crate::model::study::Plane;
use crate::model::study::Study;

/// What a facility has to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Supply {
    /// The capacity of its file: beds, doctors, seats.
    #[default]
    Capacity,
    /// 1, each facility as much as any other.
    Count,
}

/// `measure.accessibility`: supply within reach per person, when all who are in reach compete for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Accessibility {
    /// Kind of facility that gives the supply.
    pub kind: String,
    /// What a facility has to give.
    #[serde(default)]
    pub supply: Supply,
    /// How people and facilities share each other.
    #[serde(default)]
    pub method: Method,
    /// How much a facility counts at a cost.
    #[serde(default)]
    pub decay: Decay,
    /// The largest length or time that counts, itself included; left out with steps, whose last one it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Limit>,
    /// How distance is measured.
    #[serde(default)]
    pub by: By,
    /// Which way one travels.
    #[serde(default)]
    pub direction: Direction,
    /// The demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// Who competes: `people`, `count`, or another group of the demand layer. May be left out only when the layer has `people`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Whose facilities count.
    #[serde(default)]
    pub whose: Whose,
    /// The level that `whose` speaks of.
    #[serde(default = "county")]
    pub whose_level: Level,
    /// People that `at-least` and the layers speak of; left out, 1000. Not for methods without competition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<f64>,
    /// The travel that weighs as much as average crowding, a length or a time as `within`; for `raam` only, and needed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tau: Option<Limit>,
    /// What people may still gain together by going elsewhere when the search for an equilibrium ends, as a part of their whole cost; left out,
    /// 10⁻⁶. For `raam` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<f64>,
    /// The level that counts as served, itself included: supply per `per` people; of methods without competition, supply. Left out, the figure is
    /// the mean over the people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The level that counts as served where less is better, itself included: people per unit of supply for `i2sfca`, cost for `raam`. Needed by
    /// these two, not for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// Rounds after which the search for an equilibrium ends in any case.
const MOST_ROUNDS: usize = 1000;

/// What is known of one demand point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Standing {
    /// Supply per person, or supply where nobody competes.
    Known(f64),
    /// At least so much: it can reach a facility whose supply is not known.
    AtLeast(f64),
    /// Has nowhere to go within the limit, and so meets no crowding: not served, and no value.
    Nowhere,
    /// Too far from every street, or on an island of the network.
    OffStreets,
    /// Nothing is known of the services around it: neither what it reaches nor, by it, what is left for others.
    NoServices,
    NoPlace,
}

/// The whole answer.
pub(crate) struct Answer<'a> {
    pub params: Accessibility,
    pub study: &'a Study,
    pub parties: Parties<'a>,
    pub supply: Vec<Option<f64>>,
    pub floated: Floated,
    /// By the inverted method: the part of each point's people who go where it is not too crowded.
    pub uncrowded: Vec<Option<f64>>,
    /// By rational agents: the equilibrium.
    pub settled: Option<Equilibrium>,
    pub judged: Vec<usize>,
    /// Points that compete and are not judged: of other regions, or of none.
    pub others: Vec<usize>,
    /// Points with a place from which nothing can be told, judged or not.
    pub off_streets: BTreeMap<usize, OffStreet>,
    /// Points around which no service is known, judged or not.
    pub without_services: BTreeSet<usize>,
    pub off_facilities: BTreeMap<usize, OffStreet>,
    /// Points, and how many facilities, that are measured from the next street because the nearest meets no other.
    pub moved_points: Vec<usize>,
    pub moved_facilities: u64,
    /// Judged points whose own street is closed: they go nowhere.
    pub closed: BTreeSet<usize>,
    pub limit: Limit,
    pub told: Option<Text>,
    pub synthetic: bool,
}

impl Accessibility {
    fn question(&self, limit: Limit) -> Question<'_> {
        Question {
            kind: &self.kind,
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by: self.by,
            unit: limit.into(),
            direction: self.direction,
            nth: 1,
            whose: self.whose,
            whose_level: self.whose_level,
        }
    }

    /// The unit of its figures.
    pub fn unit(&self) -> FigureUnit {
        match self.has_level() {
            true => FigureUnit::Share,
            false if self.method.is_rate() => FigureUnit::Rate,
            false => FigureUnit::Amount,
        }
    }

    /// What an amount of it counts.
    pub(crate) fn noun(&self) -> Noun {
        match self.supply {
            Supply::Count => Noun::facilities(),
            Supply::Capacity => Noun::units(),
        }
    }

    /// Whether there is a level that counts as served; where less is better there always is.
    pub(crate) fn has_level(&self) -> bool {
        self.at_least.is_some() || self.method.is_crowding()
    }

    /// What people may still gain when the search for an equilibrium ends.
    pub(crate) fn gap(&self) -> f64 {
        self.gap.unwrap_or(1e-6)
    }

    /// What a value is multiplied by to be shown.
    pub(crate) fn scale(&self) -> f64 {
        if self.method.is_rate() { self.per.unwrap_or(1000.0) } else { 1.0 }
    }

    /// Whether a value is at the level that counts as served. Values are sums of quotients: one that is less than a part in 10⁹ short of the level
    /// is at it.
    pub(crate) fn serves(&self, value: f64) -> bool {
        match self.at_most {
            Some(most) => is_at_most(value, most),
            None => self.at_least.is_none_or(|least| value * self.scale() >= least * (1.0 - 1e-9)),
        }
    }

    /// The answer without rows, where anybody may go anywhere as the crow flies and the method is but two steps over bands.
    fn in_the_plane(
        &self,
        plane: &Plane,
        parties: &Parties<'_>,
        supply: &[Option<f64>],
        facilities: &[Place],
        curve: &Curve,
    ) -> Option<Floated> {
        let is_two_steps = matches!(self.method, Method::TwoStep | Method::Enhanced);
        if self.by != By::StraightLine || plane.distortion.is_some() || self.whose != Whose::Any || !is_two_steps {
            return None;
        }
        let supply: Vec<f64> = supply.iter().copied().collect::<Option<_>>()?;
        let at = |place: &Option<Place>| place.map_or([f64::NAN; 2], |place| place.xy.array());
        let points: Vec<[f64; 2]> = parties.layer.at.iter().map(at).collect();
        let facilities: Vec<[f64; 2]> = facilities.iter().map(|place| place.xy.array()).collect();
        let people = &parties.group.weights;
        PlaneMarket { people, points: &points, supply: &supply, facilities: &facilities, curve }.float()
    }

    fn answer<'a>(&self, networks: &Networks<'a>) -> Result<Answer<'a>, MetricError> {
        let study = networks.study;
        let limit = self.decay.limit(self.within)?;
        let curve = self.decay.curve(self.within)?;
        is_looked_for(study, self.by, limit, "within")?;
        let question = self.question(limit);
        let parties = Parties::new(study, &question)?;
        let supply: Vec<Option<f64>> = parties
            .facilities
            .iter()
            .map(|facility| match self.supply {
                Supply::Capacity => facility.capacity,
                Supply::Count => Some(1.0),
            })
            .collect();
        if supply.iter().all(Option::is_none) {
            return Err(MetricError::Missing {
                what: format!("no facility of kind \"{}\" has a capacity", self.kind),
                instead:
                    "name its field with capacity = \"…\" where the facilities are read, or write supply = \"count\""
                        .to_owned(),
            });
        }
        let layer = parties.layer;
        let engine = engine(networks, &question)?;
        let places: Vec<Place> = parties.facilities.iter().map(|facility| facility.at).collect();
        let prepared = engine.prepare(&study.plane, &places);
        let (mut off_facilities, mut moved_facilities) = (BTreeMap::new(), 0);
        for (at, place) in places.iter().enumerate() {
            match prepared.snapped(place) {
                Err(why) => {
                    off_facilities.insert(at, why);
                }
                Ok(snap) => moved_facilities += u64::from(snap.is_some_and(|snap| snap.is_past_island)),
            }
        }
        let all: Vec<usize> = (0..layer.len()).collect();
        let Met { snaps, off_streets, closed } = Met::new(prepared.as_ref(), layer, &all);
        let moved_points = snaps.iter().filter(|(_, snap)| snap.is_past_island).map(|(at, _)| *at).collect();
        let people = &parties.group.weights;
        let in_the_plane = self.in_the_plane(&study.plane, &parties, &supply, &places, &curve);
        let (floated, settled, uncrowded) =
            in_the_plane.map(|floated| (floated, None, Vec::new())).unwrap_or_else(|| {
                let rows = Asked::new(prepared.as_ref(), engine.unit(), &layer.at, &parties, limit.value());
                let market = Market { people, supply: &supply, rows: &rows, curve: &curve };
                match (self.method, self.tau, self.at_most) {
                    (Method::Agents, Some(tau), _) => {
                        let (floated, settled) = raam::float(&market, tau.value(), self.gap(), MOST_ROUNDS);
                        (floated, Some(settled), Vec::new())
                    }
                    (Method::Inverted, _, Some(most)) => {
                        let floated = market.float(Method::Inverted);
                        let uncrowded = market.uncrowded(&floated, most);
                        (floated, None, uncrowded)
                    }
                    (method, ..) => (market.float(method), None, Vec::new()),
                }
            });
        drop(prepared);
        let told = engine.told();
        let known = known_services(study, self.by);
        let is_on = |at: &usize| layer.at[*at].is_some() && !off_streets.contains_key(at) && !closed.contains(at);
        let without_services = without_services(known.as_ref(), layer, all.into_iter().filter(is_on));
        let (judged, _) = judged_points(study, layer);
        let mut is_judged = vec![false; layer.len()];
        judged.iter().for_each(|at| is_judged[*at] = true);
        let others = (0..layer.len()).filter(|at| !is_judged[*at] && layer.at[*at].is_some()).collect();
        let synthetic = is_made_up(study, self.by)
            || layer.synthetic
            || parties.facilities.iter().any(|facility| facility.synthetic);
        drop(engine);
        Ok(Answer {
            params: self.clone(),
            study,
            supply,
            floated,
            uncrowded,
            settled,
            judged,
            others,
            off_streets,
            without_services,
            off_facilities,
            moved_points,
            moved_facilities,
            closed,
            limit,
            told,
            synthetic,
            parties,
        })
    }
}

impl Accessibility {
    /// Whether the keys that only some methods have are those of this one.
    fn fits_the_method(&self, limit: Limit) -> Result<(), MetricError> {
        let wrong = |key: &'static str, what: &str| Err(MetricError::Parameter { key, what: what.to_owned() });
        let is_raam = self.method == Method::Agents;
        match self.method {
            _ if self.per.is_some() && !self.method.is_rate() => {
                wrong("per", "by this method a value is not supply per person; leave per out")
            }
            Method::Availability if self.at_least.is_some() => wrong(
                "at-least",
                "the supply of a point grows with its people; for a level per person write method = \"e2sfca\", which is the same divided by them",
            ),
            Method::Inverted | Method::Agents if self.at_least.is_some() => {
                wrong("at-least", "less is better by this method; write at-most")
            }
            Method::Inverted if self.at_most.is_none() => wrong(
                "at-most",
                "how many people per unit of supply are not too many is missing; write for example at-most = 500",
            ),
            Method::Agents if self.at_most.is_none() => wrong(
                "at-most",
                "the cost that is not too much is missing, 1 being average crowding without travel; write for example at-most = 1.5",
            ),
            Method::Agents if self.decay != Decay::Binary => {
                wrong("decay", "agents weigh travel by tau; leave decay out")
            }
            _ if self.at_most.is_some() && !self.method.is_crowding() => {
                wrong("at-most", "more is better by this method; write at-least")
            }
            _ if !is_raam && self.tau.is_some() => wrong("tau", "only method = \"raam\" has it; leave it out"),
            _ if !is_raam && self.gap.is_some() => wrong("gap", "only method = \"raam\" has it; leave it out"),
            Method::Agents => match self.tau {
                None => wrong(
                    "tau",
                    "the travel that weighs as much as average crowding is missing; write for example tau = \"60 min\"",
                ),
                Some(tau) if CostUnit::from(tau) != CostUnit::from(limit) => {
                    wrong("tau", &format!("mixes lengths and times: {tau} beside {limit}"))
                }
                Some(_) => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

impl Answer<'_> {
    pub fn standing(&self, at: usize) -> Standing {
        if self.parties.layer.at[at].is_none() {
            return Standing::NoPlace;
        }
        if self.off_streets.contains_key(&at) {
            return Standing::OffStreets;
        }
        if self.without_services.contains(&at) {
            return Standing::NoServices;
        }
        let access = self.floated.points[at];
        if access.is_known && !access.reaches && self.params.method.is_crowding() {
            return Standing::Nowhere;
        }
        if access.is_known { Standing::Known(access.value) } else { Standing::AtLeast(access.value) }
    }

    /// The value of a point that can be told: what is known, and what is at the level whatever the unknown turns out to be.
    pub fn value(&self, at: usize) -> Option<f64> {
        match self.standing(at) {
            Standing::Known(value) => Some(value),
            Standing::AtLeast(value) if self.params.at_least.is_some() && self.params.serves(value) => Some(value),
            _ => None,
        }
    }

    /// The part of a point's people at the level, where it can be told. People of one point go to several facilities, some of them crowded.
    pub fn part(&self, at: usize) -> Option<f64> {
        match (self.standing(at), self.value(at)) {
            (Standing::Nowhere, _) => Some(0.0),
            (Standing::Known(_), Some(_)) if self.params.method == Method::Inverted => self.uncrowded[at],
            (_, value) => value.map(|value| if self.params.serves(value) { 1.0 } else { 0.0 }),
        }
    }

    /// The part of a point's weight that is at the level; `None` where that is not known.
    fn at_level(&self, at: usize) -> Option<Weight> {
        let (part, weight) = (self.part(at)?, self.weight(at));
        Some(if part >= 1.0 { weight } else { Weight::from_f64(weight.to_f64() * part).unwrap_or_default() })
    }

    /// What became of a judged point's weight, part by part.
    fn parts(&self, at: usize) -> Vec<(&'static str, Weight)> {
        let weight = self.weight(at);
        match (self.standing(at), self.at_level(at)) {
            (_, Some(at_level)) => vec![("at-level", at_level), ("below", weight - at_level)],
            (Standing::OffStreets, _) => vec![("off-streets", weight)],
            (Standing::NoServices, _) => vec![("no-service-data", weight)],
            (Standing::NoPlace, _) => vec![("no-place", weight)],
            (Standing::Known(_) | Standing::AtLeast(_) | Standing::Nowhere, None) => vec![("supply-unknown", weight)],
        }
    }

    pub fn weight(&self, at: usize) -> Weight {
        self.parties.group.weights[at]
    }

    /// What the group of the weight is called, in English and Chinese.
    pub fn who(&self) -> (&str, &str) {
        plural_of_group(&self.parties.group.name)
    }

    fn figure(&self, points: &[usize]) -> (Figure, WeightLedger) {
        let [mut served, mut below, mut supply_unknown, mut off, mut no_services, mut no_place] = [Weight::ZERO; 6];
        let mut sum = 0.0;
        for at in points {
            let weight = self.weight(*at);
            match (self.standing(*at), self.part(*at)) {
                (_, Some(part)) => {
                    let at_level =
                        if part >= 1.0 { weight } else { Weight::from_f64(weight.to_f64() * part).unwrap_or_default() };
                    served += at_level;
                    below += weight - at_level;
                    sum += match self.params.method {
                        Method::Availability => self.floated.points[*at].value,
                        _ => self.floated.points[*at].value * weight.to_f64(),
                    };
                }
                (Standing::OffStreets, _) => off += weight,
                (Standing::NoServices, _) => no_services += weight,
                (Standing::NoPlace, _) => no_place += weight,
                (Standing::Known(_) | Standing::AtLeast(_) | Standing::Nowhere, None) => supply_unknown += weight,
            }
        }
        let unknown = (supply_unknown + off + no_services + no_place).to_f64();
        let whole = (served + below).to_f64();
        let has_level = self.params.has_level();
        let figure = match (has_level, self.params.method) {
            (true, _) => Figure::share(served.to_f64(), whole, unknown),
            // an amount of the region, not a mean of its people
            (false, Method::Availability) => {
                Figure::mean(FigureUnit::Amount, (whole > 0.0).then_some(sum), whole, unknown)
            }
            (false, _) => Figure::mean(self.params.unit(), (whole > 0.0).then(|| sum / whole), whole, unknown),
        };
        let figure = figure.counting(&self.params.noun());
        let mut parts = match has_level {
            true => vec![("at-level", served), ("below", below)],
            false => vec![("known", served)],
        };
        parts.push(("supply-unknown", supply_unknown));
        if !self.params.by.is_flown() {
            parts.push((if self.params.by == By::Surface { "off-surface" } else { "off-streets" }, off));
        }
        if self.params.by == By::Transit {
            parts.push(("without-service-data", no_services));
        }
        parts.push(("without-place", no_place));
        let total = points.iter().map(|at| self.weight(*at)).sum();
        (figure, WeightLedger { unit: self.parties.group.name.clone(), total, parts })
    }
}

impl Metric for Accessibility {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.measure_over(context, &Networks::new(context.study))
    }

    fn measure_over(&self, context: &Context<'_>, networks: &Networks<'_>) -> Result<Output, MetricError> {
        let answer = self.answer(networks)?;
        let (mut headline, ledger) = answer.figure(&answer.judged);
        if headline.unknown > 0.0 {
            headline = headline.because(accessibility_report::unknown_reason(&answer, &ledger));
        }
        let by_region = by_region(answer.study, answer.parties.layer, &answer.judged, context.over);
        let homes = Homes::of_points(answer.study, answer.parties.layer, &answer.judged);
        let regions: Vec<RegionFigure> = by_region
            .iter()
            .map(|(level, region, points)| {
                RegionFigure::of(*level, *region, self.unit(), points, &homes, |points| answer.figure(points).0)
            })
            .collect();
        let mut output = Output { synthetic: answer.synthetic, ..Output::default() };
        output.notes = accessibility_report::notes(&answer);
        output.closing_the_gap = accessibility_report::closing_the_gap(&answer, context, &headline, &by_region);
        output.issues = accessibility_report::issues(&answer, context);
        output.evidence = accessibility_report::evidence(&answer);
        if self.has_level() {
            let (layer, group) = (answer.parties.layer, answer.parties.group);
            output.outcomes = outcomes_by_part(layer, group, &answer.judged, |at| answer.parts(at));
        }
        output.tables = accessibility_layers::tables(&answer, context, &regions);
        output.headline = headline;
        output.regions = regions;
        output.weights.push(ledger);
        Ok(output)
    }

    fn check(&self) -> Result<(), MetricError> {
        let limit = self.decay.limit(self.within)?;
        self.decay.curve(self.within)?;
        if self.method.is_flat() && self.decay != Decay::Binary {
            let (own, other) = match self.method {
                Method::Cumulative => ("cumulative", "hansen"),
                _ => ("2sfca", "e2sfca"),
            };
            let what = format!("{own} has no decay; write method = \"{other}\", or leave decay out");
            return Err(MetricError::Parameter { key: "decay", what });
        }
        let above_zero = |key: &'static str, number: Option<f64>| match number {
            Some(number) if !(number > 0.0 && number.is_finite()) => {
                Err(MetricError::Parameter { key, what: format!("{number} is not above 0") })
            }
            _ => Ok(()),
        };
        above_zero("per", self.per)?;
        above_zero("at-least", self.at_least)?;
        above_zero("at-most", self.at_most)?;
        above_zero("tau", self.tau.map(Limit::value))?;
        above_zero("gap", self.gap)?;
        self.fits_the_method(limit)?;
        needs_speed(self.by, limit.into(), if self.within.is_some() { "within" } else { "decay" })
    }

    fn kinds(&self) -> Vec<&str> {
        vec![&self.kind]
    }

    fn by(&self) -> Vec<By> {
        vec![self.by]
    }

    fn limit(&self) -> Option<f64> {
        self.decay.limit(self.within).ok().map(Limit::value)
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
