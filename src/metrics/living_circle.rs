//! Share of people with every listed kind of facility within its own limit: the living circle (生活圈).

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::same::is_within;
use crate::base::units::Limit;
use crate::base::units::Share;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::belonging::Kinds;
use crate::metrics::belonging::judged_regions;
use crate::metrics::covered_share::county;
use crate::metrics::covered_share::ledger;
use crate::metrics::covered_share::needs_speed;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::living_layers;
use crate::metrics::living_report;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Question;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::metrics::reach::Whose;
use crate::metrics::reach::is_looked_for;
use crate::metrics::reach_classes;
use crate::model::facility::Facility;
use crate::model::region::Level;
use crate::model::study::Study;

/// What the headline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// The share of demand with every kind within its limit.
    #[default]
    All,
    /// The mean share of the kinds within their limits: times the number of kinds, the mean number reached.
    Mean,
    /// The share of regions of `level` in which at least `at-least` of the demand has every kind.
    Regions,
}

/// `measure.living-circle`: share of demand with every listed kind of facility within its limit, the limits included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LivingCircle {
    /// The kinds with their limits: 2 to 24.
    pub kinds: Vec<Wanted>,
    /// What the headline is.
    #[serde(default)]
    pub figure: Statistic,
    /// `figure = "regions"`: the level of the regions, e.g. `village` for communities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// `figure = "regions"`: the share of demand in a region that must have every kind, itself included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Share>,
    /// How distance is measured where a kind does not say.
    #[serde(default)]
    pub by: By,
    /// Which way one travels.
    #[serde(default)]
    pub direction: Direction,
    /// The demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// What to weigh by: `people`, `count`, or another group of the demand layer. May be left out only when the layer has
    /// `people`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Whose facilities count.
    #[serde(default)]
    pub whose: Whose,
    /// The level that `whose` speaks of.
    #[serde(default = "county")]
    pub whose_level: Level,
}

/// One kind with its limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Wanted {
    /// Kind of facility, or a list of kinds of which any serves.
    pub kind: Kinds,
    /// The distance or the time; at exactly this it is within reach.
    pub within: Limit,
    /// How distance is measured; left out, as for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
}

impl Wanted {
    /// What it is called: `clinic`, `clinic/hospital`.
    pub(crate) fn name(&self) -> String {
        self.kind.iter().collect::<Vec<_>>().join("/")
    }
}

const MOST_KINDS: usize = 24;

/// One kind with its answer; none where the study has no facility of it, and so says nothing of it.
pub(crate) struct Circle<'a> {
    pub wanted: Wanted,
    pub reach: Option<Reach<'a>>,
    /// By point of the layer: whether it has it within the limit; `None` where nobody knows, and for points that are not judged.
    has: Vec<Option<bool>>,
}

impl<'a> Circle<'a> {
    fn new(wanted: Wanted, reach: Option<Reach<'a>>) -> Circle<'a> {
        let limit = wanted.within.value();
        let mut has = Vec::new();
        if let Some(reach) = &reach {
            has = vec![None; reach.layer.len()];
            for at in &reach.judged {
                has[*at] = match reach.reached(*at) {
                    Reached::At(_, cost) => Some(is_within(cost, limit)),
                    Reached::NoFacility => Some(false),
                    // more services could only shorten the way
                    reached @ Reached::AtMost(_) => reached.known(Some(limit)).map(|_| true),
                    Reached::NoPlace | Reached::OffStreets => None,
                };
            }
        }
        Circle { wanted, reach, has }
    }

    /// Whether a judged point has it within the limit; `None` where nobody knows.
    pub fn has(&self, at: usize) -> Option<bool> {
        self.has.get(at).copied().flatten()
    }
}

/// How many kinds a point has, lacks, and may have or lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub has: usize,
    pub lacks: usize,
    pub unknown: usize,
}

impl Tally {
    /// Whether it has all; `None` where nobody knows.
    pub fn has_all(self) -> Option<bool> {
        match (self.lacks, self.unknown) {
            (0, 0) => Some(true),
            (0, _) => None,
            _ => Some(false),
        }
    }
}

/// A region of the level asked for.
pub(crate) struct Unit {
    pub region: RegionIdx,
    /// The share of its demand with every kind.
    pub figure: Figure,
    /// Whether enough of it has; `None` where that is not known.
    pub has: Option<bool>,
}

/// The question with its answer.
pub(crate) struct Answer<'a> {
    pub params: LivingCircle,
    pub circles: Vec<Circle<'a>>,
    /// The first circle that has facilities.
    first: usize,
    /// By code; empty where no regions are asked for.
    pub units: Vec<Unit>,
    pub synthetic: bool,
}

impl LivingCircle {
    pub(crate) fn by_of(&self, wanted: &Wanted) -> By {
        wanted.by.unwrap_or(self.by)
    }

    fn question<'q>(&'q self, wanted: &'q Wanted) -> Question<'q> {
        Question {
            kind: wanted.kind.0.first().map_or("", String::as_str),
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by: self.by_of(wanted),
            unit: wanted.within.into(),
            direction: self.direction,
            nth: 1,
            whose: self.whose,
            whose_level: self.whose_level,
        }
    }

    /// The nearest facility of one kind; `None` where the study knows of none.
    fn reach<'a>(&self, networks: &Networks<'a>, wanted: &Wanted) -> Result<Option<Reach<'a>>, MetricError> {
        let study: &'a Study = networks.study;
        is_looked_for(study, self.by_of(wanted), wanted.within, "kinds")?;
        let is_one = |facility: &Facility| wanted.kind.iter().any(|kind| kind == facility.kind);
        let facilities: Vec<&Facility> = study.facilities.iter().filter(|facility| is_one(facility)).collect();
        // where hazards take all of them out, there is none to reach, which is an answer
        if facilities.is_empty() && !study.excluded.iter().any(|one| is_one(&one.facility)) {
            return Ok(None);
        }
        Reach::to(networks, &self.question(wanted), facilities).map(Some)
    }

    fn answer<'a>(&self, networks: &Networks<'a>) -> Result<Answer<'a>, MetricError> {
        let study = networks.study;
        let mut circles = Vec::new();
        for wanted in &self.kinds {
            circles.push(Circle::new(wanted.clone(), self.reach(networks, wanted)?));
        }
        let Some(first) = circles.iter().position(|circle| circle.reach.is_some()) else {
            let kinds: BTreeSet<&str> = study.facilities.iter().map(|facility| facility.kind.as_str()).collect();
            return Err(MetricError::Missing {
                what: "no facility of any of the kinds was read".to_owned(),
                instead: format!("kinds in the study: {}", kinds.into_iter().collect::<Vec<_>>().join(", ")),
            });
        };
        let synthetic = circles.iter().filter_map(|circle| circle.reach.as_ref()).any(|reach| reach.synthetic);
        let mut answer = Answer { params: self.clone(), circles, first, units: Vec::new(), synthetic };
        if let (Statistic::Regions, Some(level), Some(least)) = (self.figure, self.level, self.at_least) {
            answer.units = answer.units_of(level, least)?;
        }
        Ok(answer)
    }

    fn wrong(key: &'static str, what: impl Into<String>) -> Result<(), MetricError> {
        Err(MetricError::Parameter { key, what: what.into() })
    }
}

impl<'a> Answer<'a> {
    /// Whom it asks of: the same for every kind.
    pub fn base(&self) -> &Reach<'a> {
        self.circles[self.first].reach.as_ref().expect("the first circle has facilities")
    }

    /// What of the kinds a point has.
    pub fn tally(&self, at: usize) -> Tally {
        let mut tally = Tally::default();
        for circle in &self.circles {
            match circle.has(at) {
                Some(true) => tally.has += 1,
                Some(false) => tally.lacks += 1,
                None => tally.unknown += 1,
            }
        }
        tally
    }

    /// Weight that has all, lacks one at least, and of which neither is known.
    fn by_all(&self, points: &[usize]) -> [Weight; 3] {
        let mut sums = [Weight::ZERO; 3];
        for at in points {
            let nth = match self.tally(*at).has_all() {
                Some(true) => 0,
                Some(false) => 1,
                None => 2,
            };
            sums[nth] += self.base().weight(*at);
        }
        sums
    }

    /// The share with every kind.
    pub fn share_of_all(&self, points: &[usize]) -> Figure {
        let [all, lacking, unknown] = self.by_all(points);
        let figure = Figure::share(all.to_f64(), (all + lacking).to_f64(), unknown.to_f64());
        // where a kind says nothing, only those can be known who lack another: their share is no finding
        let is_blind = self.circles.iter().any(|circle| circle.reach.is_none()) || self.is_silent(points);
        if unknown > Weight::ZERO && is_blind { Figure { value: None, ..figure } } else { figure }
    }

    /// Whether of all points nothing is known of the services by which a kind is reached.
    fn is_silent(&self, points: &[usize]) -> bool {
        let is_silent = |at: &usize| {
            let reaches = self.circles.iter().filter_map(|circle| circle.reach.as_ref());
            reaches.into_iter().any(|reach| reach.without_services.contains(at))
        };
        !points.is_empty() && points.iter().all(is_silent)
    }

    /// The mean share of the kinds, over all pairs of a person and a kind of which it is known.
    pub fn mean(&self, points: &[usize]) -> Figure {
        let mut sums = [Weight::ZERO; 3];
        let times = |weight: Weight, count: usize| Weight::from_micros(weight.micros() * count as i128);
        for at in points {
            let (tally, weight) = (self.tally(*at), self.base().weight(*at));
            sums[0] += times(weight, tally.has);
            sums[1] += times(weight, tally.lacks);
            sums[2] += times(weight, tally.unknown);
        }
        let [has, lacks, unknown] = sums;
        Figure::share(has.to_f64(), (has + lacks).to_f64(), unknown.to_f64())
    }

    /// Weight that has one kind, lacks it, of which neither is known, and that lacks it alone.
    pub fn by_kind(&self, nth: usize, points: &[usize]) -> [Weight; 4] {
        let mut sums = [Weight::ZERO; 4];
        for at in points {
            let weight = self.base().weight(*at);
            match self.circles[nth].has(*at) {
                Some(true) => sums[0] += weight,
                Some(false) => {
                    sums[1] += weight;
                    if self.tally(*at) == (Tally { has: self.circles.len() - 1, lacks: 1, unknown: 0 }) {
                        sums[3] += weight;
                    }
                }
                None => sums[2] += weight,
            }
        }
        sums
    }

    /// The kind that most weight lacks, the first of several; `None` when nobody is known to lack any.
    pub fn most_lacking(&self) -> Option<(usize, Weight)> {
        let lacking = (0..self.circles.len()).map(|nth| (nth, self.by_kind(nth, &self.base().judged)[1]));
        lacking.filter(|(_, weight)| *weight > Weight::ZERO).max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))
    }

    fn units_of(&self, level: Level, least: Share) -> Result<Vec<Unit>, MetricError> {
        let study = self.base().study;
        let by_region = self.base().by_region(&[level]);
        if by_region.is_empty() {
            let levels: Vec<String> = study.regions.levels().iter().map(Level::to_string).collect();
            return Err(MetricError::Missing {
                what: format!("there are no judged regions of level {level}"),
                instead: format!("levels of this study: {}", levels.join(", ")),
            });
        }
        let homes = self.base().homes();
        let units = by_region
            .into_iter()
            .map(|(_, region, points)| {
                let share = |points: &[usize]| self.share_of_all(points);
                let figure = RegionFigure::of(level, region, FigureUnit::Share, &points, &homes, share).figure;
                let has = figure.bounds.and_then(|(low, high)| match (low >= least.0, high >= least.0) {
                    (true, _) => Some(true),
                    (_, false) => Some(false),
                    _ => None,
                });
                Unit { region, figure, has }
            })
            // in which nobody lives there is nothing to judge
            .filter(|unit| !unit.figure.not_applicable)
            .collect();
        Ok(units)
    }

    /// The share of some regions in which enough have every kind.
    fn share_of_units<'u>(units: impl Iterator<Item = &'u Unit>) -> Figure {
        let mut counts = [0u32; 3];
        for unit in units {
            counts[match unit.has {
                Some(true) => 0,
                Some(false) => 1,
                None => 2,
            }] += 1;
        }
        let [has, lacks, unknown] = counts.map(f64::from);
        Figure::share(has, has + lacks, unknown)
    }

    /// The figure asked for, of some points.
    fn figure(&self, points: &[usize]) -> Figure {
        match self.params.figure {
            Statistic::Mean => self.mean(points),
            Statistic::All | Statistic::Regions => self.share_of_all(points),
        }
    }

    /// The figure of all that is judged.
    pub fn whole(&self) -> Figure {
        match self.params.figure {
            Statistic::Regions => Answer::share_of_units(self.units.iter()),
            _ => self.figure(&self.base().judged),
        }
    }

    fn regions(&self, over: &[Level]) -> Vec<RegionFigure> {
        let study = self.base().study;
        if self.params.figure != Statistic::Regions {
            let homes = self.base().homes();
            let of = |(level, region, points): &(Level, RegionIdx, Vec<usize>)| {
                RegionFigure::of(*level, *region, FigureUnit::Share, points, &homes, |points| self.figure(points))
            };
            return self.base().by_region(over).iter().map(of).collect();
        }
        judged_regions(study, over)
            .into_iter()
            .filter(|(level, _)| self.params.level.is_some_and(|unit| *level <= unit))
            .map(|(level, region)| {
                let inside = self
                    .units
                    .iter()
                    .filter(|unit| unit.region == region || study.regions.ancestor(unit.region, level) == Some(region));
                RegionFigure { region, level, figure: Answer::share_of_units(inside) }
            })
            .collect()
    }

    fn ledger(&self) -> WeightLedger {
        let base = self.base();
        let (mut all, mut lacking, mut kind_unknown) = (Weight::ZERO, Weight::ZERO, Weight::ZERO);
        let (mut no_services, mut off_streets, mut no_place) = (Weight::ZERO, Weight::ZERO, Weight::ZERO);
        for at in &base.judged {
            let is_unknown = self.circles[self.first].has(*at).is_none();
            let sum = match (self.tally(*at).has_all(), base.reached(*at)) {
                (Some(true), _) => &mut all,
                (Some(false), _) => &mut lacking,
                (None, Reached::AtMost(_)) if is_unknown => &mut no_services,
                (None, Reached::OffStreets) => &mut off_streets,
                (None, Reached::NoPlace) => &mut no_place,
                (None, _) => &mut kind_unknown,
            };
            *sum += base.weight(*at);
        }
        let parts = vec![("all-kinds", all), ("lacking", lacking), ("a-kind-unknown", kind_unknown)];
        ledger(base, &base.judged, parts, [no_services, off_streets, no_place])
    }

    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let missing = context.missing(headline)?;
        let noun = match self.params.figure {
            Statistic::All => Noun::of_group(&self.base().group.name),
            Statistic::Mean => Noun::new("kind", "kinds", "人次·类"),
            Statistic::Regions => Noun::regions(),
        };
        let more = missing.more(&noun);
        let mut text = match self.params.figure {
            Statistic::All => Text::new(
                format!("every kind must be within reach of {}", more.en),
                format!("还需使 {}在限值内享有全部设施", more.zh),
            ),
            Statistic::Mean => Text::new(
                format!("{} must be within reach, counted once for each person", more.en),
                format!("还需增加 {}的可达设施", more.zh),
            ),
            Statistic::Regions => Text::new(format!("{} must get there", more.en), format!("还需 {}达标", more.zh)),
        };
        if let Some((nth, weight)) = self.most_lacking() {
            let (kind, people) = (self.circles[nth].wanted.name(), thousands(weight.to_f64()));
            text.en += &format!("; most lack {kind}, {people}");
            text.zh += &format!("；缺{kind}者最多：{people}");
        }
        Some(text)
    }
}

impl Metric for LivingCircle {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.measure_over(context, &Networks::new(context.study))
    }

    fn measure_over(&self, context: &Context<'_>, networks: &Networks<'_>) -> Result<Output, MetricError> {
        self.check()?;
        let answer = self.answer(networks)?;
        let ledger = answer.ledger();
        let mut headline = answer.whole();
        if headline.unknown > 0.0 {
            headline = headline.because(living_report::unknown_reason(&answer, &ledger));
        }
        let regions = answer.regions(context.over);
        let own = |unit: &Unit, level: Level| RegionFigure {
            region: unit.region,
            level,
            figure: Answer::share_of_units(std::iter::once(unit)),
        };
        let units = self.level.map(|level| answer.units.iter().map(|unit| own(unit, level)).collect());
        let mut output = Output { synthetic: answer.synthetic, ..Output::default() };
        output.notes = living_report::notes(&answer);
        output.closing_the_gap = answer.closing_the_gap(context, &headline);
        living_report::tell_gaps(&answer, context, &headline, &mut output);
        output.evidence = living_report::evidence(&answer);
        output.outcomes = living_report::outcomes(&answer);
        output.tables = living_layers::tables(&answer, context, &regions);
        if self.figure != Statistic::Regions {
            reach_classes::tell(answer.base(), context, |points| answer.figure(points), &mut output);
        }
        output.tables.iter_mut().for_each(|table| table.synthetic = answer.synthetic);
        output.variants = living_report::variants(&answer, &headline);
        output.headline = headline;
        output.regions = regions;
        output.units = units.unwrap_or_default();
        output.weights.push(ledger);
        Ok(output)
    }

    fn check(&self) -> Result<(), MetricError> {
        let count = self.kinds.len();
        if !(2..=MOST_KINDS).contains(&count) {
            let what = format!("{count} kinds; a circle has 2 to {MOST_KINDS}, and one kind is covered-share");
            return LivingCircle::wrong("kinds", what);
        }
        let mut seen = BTreeSet::new();
        for wanted in &self.kinds {
            wanted.kind.check()?;
            needs_speed(self.by_of(wanted), wanted.within.into(), "kinds")?;
            if wanted.within.value() <= 0.0 {
                let what = format!("the limit of \"{}\" must be more than 0", wanted.name());
                return LivingCircle::wrong("kinds", what);
            }
            if !seen.insert(wanted.name()) {
                return LivingCircle::wrong("kinds", format!("names \"{}\" twice", wanted.name()));
            }
        }
        match (self.figure, self.level, self.at_least) {
            (Statistic::Regions, Some(_), Some(least)) if least.0 > 0.0 && least.0 <= 1.0 => Ok(()),
            (Statistic::Regions, _, Some(_)) if self.level.is_some() => {
                LivingCircle::wrong("at-least", "is a share of the people of a region; write for example \"90 %\"")
            }
            (Statistic::Regions, ..) => LivingCircle::wrong(
                "figure",
                "\"regions\" needs a level and a share, for example level = \"village\", at-least = \"90 %\"",
            ),
            (_, None, None) => Ok(()),
            (_, Some(_), _) => LivingCircle::wrong("level", "goes with figure = \"regions\" only"),
            _ => LivingCircle::wrong("at-least", "goes with figure = \"regions\" only"),
        }
    }

    fn kinds(&self) -> Vec<&str> {
        self.kinds.iter().flat_map(|wanted| wanted.kind.iter()).collect()
    }

    fn by(&self) -> Vec<By> {
        self.kinds.iter().map(|wanted| self.by_of(wanted)).collect()
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
