//! Share of people whose district's facility is the nearest one: school districts (学区) against the ways of children.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::same::is_within;
use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::cost_table::CostTable;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::covered_share::county;
use crate::metrics::covered_share::ledger;
use crate::metrics::covered_share::needs_speed;
use crate::metrics::districts_layers;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Question;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::metrics::reach::Whose;
use crate::metrics::reach::demand_layer;
use crate::metrics::reach::is_looked_for;
use crate::metrics::reach_layers;
use crate::model::demand::DemandLayer;
use crate::model::district::DistrictLayer;
use crate::model::locate::RegionLocator;
use crate::model::place::Place;
use crate::model::study::Study;

/// `measure.districts`: share of demand whose district's facility is the nearest of its kind; as near as the nearest counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Districts {
    /// Kind of facility that districts belong to, e.g. `primary_school`.
    pub kind: String,
    /// The distance or the time within which a facility is near enough, itself included; for the rows beside the figure.
    pub within: Limit,
    /// Which districts of the study; may be left out when it has those of one kind only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub districts: Option<String>,
    /// How distance is measured.
    #[serde(default)]
    pub by: By,
    /// Which way one travels.
    #[serde(default)]
    pub direction: Direction,
    /// The demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// What to weigh by: `people`, `count`, or another group of the demand layer, e.g. children of the age. May be left out only when the
    /// layer has `people`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
}

/// Where a demand point belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Belongs {
    /// To a facility, by its position among those of the kind, through a district.
    To { district: u32, facility: u32 },
    /// To a facility in a hazard area, which can not be used.
    ToExcluded { district: u32 },
    /// To a district whose facility is not known.
    ToNobody { district: u32 },
    /// To several districts with different facilities.
    Ambiguous(Vec<u32>),
    /// To none.
    Nowhere,
}

/// What is known of a judged point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Outcome {
    /// Its own facility is the nearest, or as near: the cost.
    Nearest(f64),
    /// Another is nearer: the own cost, the nearer one and its cost.
    Farther {
        own: f64,
        nearer: u32,
        cost: f64,
    },
    /// It can not get to its own facility.
    NoWay,
    Ambiguous,
    NoDistrict,
    NoFacility,
    NoServiceData,
    OffStreets,
    NoPlace,
}

impl Outcome {
    /// Whether the own facility is the nearest; `None` where it is not known.
    pub(crate) fn is_nearest(self) -> Option<bool> {
        match self {
            Outcome::Nearest(_) => Some(true),
            Outcome::Farther { .. } | Outcome::NoWay => Some(false),
            _ => None,
        }
    }

    /// The cost to the own facility.
    pub(crate) fn own(self) -> Option<f64> {
        match self {
            Outcome::Nearest(own) | Outcome::Farther { own, .. } => Some(own),
            _ => None,
        }
    }

    /// How much farther the own facility is than the nearest.
    pub(crate) fn extra(self) -> Option<f64> {
        match self {
            Outcome::Nearest(_) => Some(0.0),
            Outcome::Farther { own, cost, .. } => Some(own - cost),
            _ => None,
        }
    }
}

/// The question with its answer.
pub(crate) struct Answer<'a> {
    pub params: Districts,
    pub layer: &'a DistrictLayer,
    pub reach: Reach<'a>,
    /// By demand point of the layer.
    pub belongs: Vec<Belongs>,
    /// Position of each district's facility among those of the kind.
    pub facility_of: Vec<Option<u32>>,
    /// Costs of judged points to their own facility, where it is not the nearest one.
    own: CostTable,
}

/// The weight of some points by what is known of them.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    nearest: Weight,
    farther: Weight,
    no_way: Weight,
    ambiguous: Weight,
    no_district: Weight,
    no_facility: Weight,
    no_services: Weight,
    off_streets: Weight,
    no_place: Weight,
}

impl Sums {
    fn known(&self) -> Weight {
        self.nearest + self.farther + self.no_way
    }

    fn unknown(&self) -> Weight {
        self.ambiguous + self.no_district + self.no_facility + self.no_services + self.off_streets + self.no_place
    }
}

impl Districts {
    fn question(&self) -> Question<'_> {
        Question {
            kind: &self.kind,
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by: self.by,
            unit: self.within.into(),
            direction: self.direction,
            nth: 1,
            whose: Whose::Any,
            whose_level: county(),
        }
    }

    fn layer<'a>(&self, study: &'a Study) -> Result<&'a DistrictLayer, MetricError> {
        let names = || study.districts.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>().join(", ");
        match (self.districts.as_deref(), study.districts.as_slice()) {
            (Some(name), layers) => {
                layers.iter().find(|layer| layer.name == name).ok_or_else(|| MetricError::Missing {
                    what: format!("no districts are called \"{name}\""),
                    instead: format!("districts of the study: {}", names()),
                })
            }
            (None, [only]) => Ok(only),
            (None, []) => Err(MetricError::Missing {
                what: "the study has no districts".to_owned(),
                instead: "give them: [study] districts = { path = \"…\", facility = \"…\" }".to_owned(),
            }),
            (None, _) => Err(MetricError::Missing {
                what: "the study has districts of several kinds".to_owned(),
                instead: format!("name one with districts = \"…\": {}", names()),
            }),
        }
    }

    fn answer<'a>(&self, networks: &Networks<'a>) -> Result<Answer<'a>, MetricError> {
        let study = networks.study;
        is_looked_for(study, self.by, self.within, "within")?;
        let layer = self.layer(study)?;
        let mut positions: BTreeMap<&str, u32> = BTreeMap::new();
        for (at, facility) in (0u32..).zip(study.facilities.iter().filter(|facility| facility.kind == self.kind)) {
            positions.entry(&facility.id).or_insert(at);
        }
        let facility_of: Vec<Option<u32>> =
            layer.districts.iter().map(|district| positions.get(district.facility.as_deref()?).copied()).collect();
        let belongs = self.belongs(study, layer, demand_layer(study, self.demand.as_deref())?, &facility_of);
        let own: Vec<Option<u32>> = belongs
            .iter()
            .map(|belongs| match belongs {
                Belongs::To { facility, .. } => Some(*facility),
                _ => None,
            })
            .collect();
        let (reach, own) = Reach::with_own(networks, &self.question(), &own)?;
        Ok(Answer { params: self.clone(), layer, reach, belongs, facility_of, own })
    }

    /// Ids of the facilities of the kind that lie in hazard areas, or that a scenario closes.
    fn excluded<'a>(&self, study: &'a Study) -> BTreeSet<&'a str> {
        let of_kind = study.excluded.iter().filter(|one| one.facility.kind == self.kind);
        of_kind.map(|one| one.facility.id.as_str()).collect()
    }

    fn belongs(
        &self,
        study: &Study,
        layer: &DistrictLayer,
        demand: &DemandLayer,
        facility_of: &[Option<u32>],
    ) -> Vec<Belongs> {
        let locator = RegionLocator::new(layer.districts.iter().map(|district| &district.plane));
        let excluded = self.excluded(study);
        let is_excluded = |district: u32| {
            let id = layer.districts[district as usize].facility.as_deref();
            id.is_some_and(|id| excluded.contains(id))
        };
        let of = |at: &Option<Place>| {
            let Some(place) = at else { return Belongs::Nowhere };
            let found = locator.within_distance(place.xy.array(), 0.0);
            let Some(first) = found.first().copied() else { return Belongs::Nowhere };
            let name = |district: u32| layer.districts[district as usize].facility.as_deref();
            // parts of one district may be records of their own
            if found.iter().any(|other| name(*other) != name(first)) || found.len() > 1 && name(first).is_none() {
                return Belongs::Ambiguous(found);
            }
            match facility_of[first as usize] {
                Some(facility) => Belongs::To { district: first, facility },
                None if is_excluded(first) => Belongs::ToExcluded { district: first },
                None => Belongs::ToNobody { district: first },
            }
        };
        demand.at.par_iter().map(of).collect()
    }
}

impl Answer<'_> {
    pub(crate) fn outcome(&self, at: usize) -> Outcome {
        let reached = self.reach.reached(at);
        if reached == Reached::NoPlace {
            return Outcome::NoPlace;
        }
        let facility = match &self.belongs[at] {
            Belongs::To { facility, .. } => *facility,
            Belongs::ToExcluded { .. } => return Outcome::NoWay,
            Belongs::ToNobody { .. } => return Outcome::NoFacility,
            Belongs::Ambiguous(_) => return Outcome::Ambiguous,
            Belongs::Nowhere => return Outcome::NoDistrict,
        };
        match reached {
            Reached::At(nearest, cost) if nearest == facility => Outcome::Nearest(cost),
            Reached::At(nearer, cost) => match self.own.cost(at, facility) {
                Some(own) if is_within(own, cost) => Outcome::Nearest(own),
                Some(own) => Outcome::Farther { own, nearer, cost },
                None => Outcome::NoWay,
            },
            Reached::NoFacility => Outcome::NoWay,
            Reached::AtMost(_) => Outcome::NoServiceData,
            Reached::OffStreets => Outcome::OffStreets,
            Reached::NoPlace => Outcome::NoPlace,
        }
    }

    fn sums(&self, points: &[usize]) -> Sums {
        let mut sums = Sums::default();
        for at in points {
            let sum = match self.outcome(*at) {
                Outcome::Nearest(_) => &mut sums.nearest,
                Outcome::Farther { .. } => &mut sums.farther,
                Outcome::NoWay => &mut sums.no_way,
                Outcome::Ambiguous => &mut sums.ambiguous,
                Outcome::NoDistrict => &mut sums.no_district,
                Outcome::NoFacility => &mut sums.no_facility,
                Outcome::NoServiceData => &mut sums.no_services,
                Outcome::OffStreets => &mut sums.off_streets,
                Outcome::NoPlace => &mut sums.no_place,
            };
            *sum += self.reach.weight(*at);
        }
        sums
    }

    /// Share of the points whose outcome is known for which something holds.
    fn share(&self, points: &[usize], holds: impl Fn(usize, Outcome) -> bool) -> Figure {
        let sums = self.sums(points);
        let part: Weight = points
            .iter()
            .filter(|at| {
                let outcome = self.outcome(**at);
                outcome.is_nearest().is_some() && holds(**at, outcome)
            })
            .map(|at| self.reach.weight(*at))
            .sum();
        Figure::share(part.to_f64(), sums.known().to_f64(), sums.unknown().to_f64())
    }

    fn figure(&self, points: &[usize]) -> Figure {
        self.share(points, |_, outcome| outcome.is_nearest() == Some(true))
    }

    fn variants(&self) -> Vec<Variant> {
        let limit = self.params.within.value();
        let points = &self.reach.judged;
        let row = |code: &str, en: String, zh: String, figure: Figure, informative_only: bool| Variant {
            code: code.to_owned(),
            label: Text::new(en, zh),
            figure,
            others: Vec::new(),
            informative_only,
        };
        let within = &self.params.within;
        vec![
            row(
                "own-is-nearest",
                "the district's own is the nearest".to_owned(),
                "学区内设施为最近".to_owned(),
                self.figure(points),
                false,
            ),
            row(
                "own-within",
                format!("the district's own within {within}"),
                format!("学区内设施在 {within} 以内"),
                self.share(points, |_, outcome| outcome.own().is_some_and(|own| is_within(own, limit))),
                true,
            ),
            row(
                "nearest-within",
                format!("the nearest within {within}"),
                format!("最近设施在 {within} 以内"),
                self.share(points, |at, _| {
                    self.reach.reached(at).known(Some(limit)).is_some_and(|(_, cost)| is_within(cost, limit))
                }),
                true,
            ),
        ]
    }

    /// Mean cost to the own facility and mean extra over the nearest, of those who get there; `None` where nobody does.
    pub(crate) fn means(&self, points: impl Iterator<Item = usize>) -> Option<(f64, f64)> {
        let (mut people, mut own, mut extra) = (0.0, 0.0, 0.0);
        for at in points {
            let outcome = self.outcome(at);
            if let (Some(cost), Some(more)) = (outcome.own(), outcome.extra()) {
                let weight = self.reach.weight(at).to_f64();
                people += weight;
                own += weight * cost;
                extra += weight * more;
            }
        }
        (people > 0.0).then(|| (own / people, extra / people))
    }

    fn ledger(&self) -> WeightLedger {
        let sums = self.sums(&self.reach.judged);
        let parts = vec![
            ("nearest", sums.nearest),
            ("farther", sums.farther),
            ("no-way", sums.no_way),
            ("ambiguous", sums.ambiguous),
            ("no-district", sums.no_district),
            ("facility-unknown", sums.no_facility),
        ];
        let unknown = [sums.no_services, sums.off_streets, sums.no_place];
        ledger(&self.reach, &self.reach.judged, parts, unknown)
    }

    fn unknown_reason(&self) -> Text {
        let sums = self.sums(&self.reach.judged);
        let all = self.reach.judged.iter().map(|at| self.reach.weight(*at)).sum::<Weight>();
        let rest = sums.no_services + sums.off_streets + sums.no_place;
        Text::new(
            format!(
                "of {all} (by weight) {} lie in several districts, {} in none, {} in one whose facility is not known, and {rest} can not be \
                 measured from",
                sums.ambiguous, sums.no_district, sums.no_facility
            ),
            format!(
                "{all}（按权重）中：{} 位于多个学区，{} 不在任何学区，{} 所在学区的设施未知，{rest} 无法测算",
                sums.ambiguous, sums.no_district, sums.no_facility
            ),
        )
    }

    /// The mean of what the districts cost, and who walks past a nearer facility.
    fn told(&self) -> Text {
        let sums = self.sums(&self.reach.judged);
        let past = thousands(sums.farther.to_f64());
        match self.means(self.reach.judged.iter().copied()) {
            Some((own, extra)) => {
                let (own, extra) =
                    (reach_layers::told(self.reach.unit, own), reach_layers::told(self.reach.unit, extra));
                Text::new(
                    format!(
                        "{past} live nearer to another one; the way to the district's own is {} on average, {} more than to the nearest",
                        own.0, extra.0
                    ),
                    format!("{past} 距另一设施更近；到学区内设施平均{}，比最近设施多{}", own.1, extra.1),
                )
            }
            None => Text::new("nobody gets to the facility of the own district", "无人可到达学区内设施"),
        }
    }

    /// Demand of each facility's districts, of points that are not judged too.
    pub(crate) fn loads(&self) -> Vec<Weight> {
        let mut loads = vec![Weight::ZERO; self.reach.facilities.len()];
        for (at, belongs) in self.belongs.iter().enumerate() {
            if let Belongs::To { facility, .. } = belongs {
                loads[*facility as usize] += self.reach.weight(at);
            }
        }
        loads
    }

    /// Facilities with more demand in their districts than room, in one sentence.
    fn over_full(&self) -> Option<Text> {
        let loads = self.loads();
        let over: Vec<(usize, f64)> = (loads.iter().enumerate())
            .filter_map(|(at, load)| {
                let more = load.to_f64() - self.reach.facilities[at].capacity?;
                (more > 0.0).then_some((at, more))
            })
            .collect();
        let known = self.reach.facilities.iter().filter(|facility| facility.capacity.is_some()).count();
        if known == 0 {
            return None;
        }
        let more = thousands(over.iter().map(|(_, more)| more).sum::<f64>());
        let worst = over.iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let (mut en, mut zh) = (String::new(), String::new());
        if let Some((at, more)) = worst {
            let name = &self.reach.facilities[*at].name;
            en = format!("; most at {name}: {}", thousands(*more));
            zh = format!("；最多为{name}：{}", thousands(*more));
        }
        Some(Text::new(
            format!(
                "{} of {known} facilities with a known capacity have more in their districts than room, by {more}{en}",
                over.len()
            ),
            format!("{known} 处容量已知的设施中有 {} 处学区需求超过容量，共超 {more}{zh}", over.len()),
        ))
    }

    /// Districts that overlap, leave gaps or name a facility that there is not, as far as people live there.
    fn issues(&self) -> Vec<Issue> {
        let mut nobody: BTreeMap<u32, Weight> = BTreeMap::new();
        let mut both: BTreeMap<&[u32], (usize, Weight)> = BTreeMap::new();
        let (mut outside, mut weight_outside) = (0usize, Weight::ZERO);
        for at in &self.reach.judged {
            let weight = self.reach.weight(*at);
            match &self.belongs[*at] {
                Belongs::ToNobody { district } => *nobody.entry(*district).or_default() += weight,
                Belongs::Ambiguous(districts) => {
                    let sum = both.entry(districts.as_slice()).or_default();
                    *sum = (sum.0 + 1, sum.1 + weight);
                }
                Belongs::Nowhere if self.reach.layer.at[*at].is_some() => {
                    outside += 1;
                    weight_outside += weight;
                }
                _ => {}
            }
        }
        let source = format!("districts {}", self.layer.name);
        let district = |at: u32| &self.layer.districts[at as usize];
        let excluded = self.params.excluded(self.reach.study);
        let mut issues = Vec::new();
        for (at, one) in (0u32..).zip(&self.layer.districts) {
            let Some(id) = one.facility.as_deref().filter(|_| self.facility_of[at as usize].is_none()) else {
                continue;
            };
            let kind = &self.params.kind;
            if excluded.contains(id) {
                let what = format!(
                    "district {}: its facility \"{id}\" lies in a hazard area or is closed; its people have no way",
                    one.name
                );
                let issue = Issue::new(Severity::Warning, "district-facility-excluded", &source, what);
                issues.push(issue.at_record(one.record).with_id(id));
                continue;
            }
            let people = thousands(nobody.get(&at).copied().unwrap_or(Weight::ZERO).to_f64());
            let what = format!(
                "district {} names \"{id}\", and no {kind} has this id; where its {people} belong is not known",
                one.name
            );
            let issue = Issue::new(Severity::Warning, "district-facility-unknown", &source, what);
            issues.push(issue.at_record(one.record).with_id(id));
        }
        for (districts, (points, weight)) in both {
            let names: Vec<&str> = districts.iter().map(|at| district(*at).name.as_str()).collect();
            let what = format!(
                "districts {} overlap: {points} points with {weight} lie in all of them, and where they belong is not known",
                names.join(", ")
            );
            let record = district(districts[0]).record;
            issues.push(Issue::new(Severity::Warning, "districts-overlap", &source, what).at_record(record));
        }
        if outside > 0 {
            let what = format!("{outside} points with {weight_outside} lie in no district");
            issues.push(Issue::new(Severity::Warning, "outside-districts", &source, what));
        }
        issues
    }

    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let more = context.missing(headline)?.more(&Noun::of_group(&self.reach.group.name));
        let mut past: BTreeMap<u32, Weight> = BTreeMap::new();
        for at in &self.reach.judged {
            if let (Belongs::To { district, .. }, Outcome::Farther { .. }) = (&self.belongs[*at], self.outcome(*at)) {
                *past.entry(*district).or_default() += self.reach.weight(*at);
            }
        }
        let mut past: Vec<(u32, Weight)> = past.into_iter().filter(|(_, weight)| *weight > Weight::ZERO).collect();
        past.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let named: Vec<String> = past
            .iter()
            .take(3)
            .map(|(at, weight)| format!("{} ({})", self.layer.districts[*at as usize].name, thousands(weight.to_f64())))
            .collect();
        let mut text = Text::new(
            format!("{} must belong to the nearest facility", more.en),
            format!("还需使 {}归属其最近设施", more.zh),
        );
        if !named.is_empty() {
            text.en += &format!("; most who live nearer to another are in {}", named.join(", "));
            text.zh += &format!("；距另一设施更近者最多的学区：{}", named.join("、"));
        }
        Some(text)
    }
}

impl Metric for Districts {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.measure_over(context, &Networks::new(context.study))
    }

    fn measure_over(&self, context: &Context<'_>, networks: &Networks<'_>) -> Result<Output, MetricError> {
        let answer = self.answer(networks)?;
        let ledger = answer.ledger();
        let mut headline = answer.figure(&answer.reach.judged);
        if headline.unknown > 0.0 {
            headline = headline.because(answer.unknown_reason());
        }
        let by_region = answer.reach.by_region(context.over);
        let homes = answer.reach.homes();
        let regions: Vec<RegionFigure> = by_region
            .iter()
            .map(|(level, region, points)| {
                RegionFigure::of(*level, *region, FigureUnit::Share, points, &homes, |points| answer.figure(points))
            })
            .collect();
        let synthetic = answer.reach.synthetic || answer.layer.synthetic;
        let mut output = Output { synthetic, ..Output::default() };
        output.notes.push(answer.reach.caveat());
        output.notes.push(answer.told());
        output.notes.extend(answer.over_full());
        output.closing_the_gap = answer.closing_the_gap(context, &headline);
        output.issues = answer.issues();
        reach_layers::tell_gaps(&answer.reach, context, Some(self.within.value()), &headline, &mut output);
        output.evidence = districts_layers::evidence(&answer);
        output.outcomes =
            reach_layers::outcomes_by_part(answer.reach.layer, answer.reach.group, &answer.reach.judged, |at| {
                vec![(districts_layers::word(answer.outcome(at)), answer.reach.weight(at))]
            });
        output.tables = districts_layers::tables(&answer, context, &regions);
        output.tables.iter_mut().for_each(|table| table.synthetic = synthetic);
        output.variants = answer.variants();
        output.headline = headline;
        output.regions = regions;
        output.weights.push(ledger);
        Ok(output)
    }

    fn check(&self) -> Result<(), MetricError> {
        needs_speed(self.by, self.within.into(), "within")
    }

    fn kinds(&self) -> Vec<&str> {
        vec![&self.kind]
    }

    fn limit(&self) -> Option<f64> {
        Some(self.within.value())
    }

    fn by(&self) -> Vec<By> {
        vec![self.by]
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
