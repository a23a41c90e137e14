//! Who has a served stop within reach: point by point, rolled up by region and by class of departures.

use crate::base::idx::RegionIdx;
use crate::base::ledger::WeightLedger;
use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::metrics::Context;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::covered_share::parts_with_unknown;
use crate::metrics::figure::Figure;
use crate::metrics::halo;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::metrics::reach::engine;
use crate::metrics::reach_layers;
use crate::metrics::stop_coverage::StopCoverage;
use crate::metrics::stop_layers;
use crate::metrics::stop_survey::Best;
use crate::metrics::stop_survey::StopSurvey;
use crate::model::facility::Facility;
use crate::model::region::Level;

/// What is known of one demand point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Covered,
    Uncovered,
    /// Nothing is known of the services around it, or not when they depart.
    NoService,
    OffStreets,
    NoPlace,
}

/// Demand points with the stops around them.
pub(crate) struct People<'a> {
    pub params: &'a StopCoverage,
    pub survey: &'a StopSurvey<'a>,
    pub limit: Limit,
    /// To the nearest stop that is served, however far.
    pub reach: Reach<'a>,
    /// By position in the demand layer.
    pub best: Vec<Best>,
}

impl<'a> People<'a> {
    /// # Errors
    /// As [`Reach::to`]; [`MetricError::Missing`] when there are no streets for the way of measuring.
    pub fn new(params: &'a StopCoverage, survey: &'a StopSurvey<'a>, limit: Limit) -> Result<People<'a>, MetricError> {
        let question = params.question(limit);
        let served = survey.with_at_least(params.least());
        let places: Vec<&Facility> = served.iter().map(|place| &survey.places[*place as usize]).collect();
        let networks = Networks::new(survey.study);
        let mut reach = Reach::to(&networks, &question, places)?;
        reach.synthetic |= survey.is_synthetic();
        let engine = engine(&networks, &question)?;
        let best = survey.best(&reach, engine.as_ref(), limit.value());
        Ok(People { params, survey, limit, reach, best })
    }

    /// What is known of a point, when a stop is served by so many departures.
    pub fn standing(&self, at: usize, least: Weight) -> Standing {
        match self.reach.reached(at) {
            Reached::NoPlace => return Standing::NoPlace,
            Reached::OffStreets => return Standing::OffStreets,
            Reached::At(..) | Reached::AtMost(_) | Reached::NoFacility => {}
        }
        let best = &self.best[at];
        let is_reached = best.place.is_some();
        if is_reached && best.counted >= least {
            Standing::Covered
        } else if is_reached && best.possible >= least || !self.survey.has_data(self.reach.layer.home[at]) {
            Standing::NoService
        } else {
            Standing::Uncovered
        }
    }

    /// Weight of some points by standing: covered, uncovered, no service, off the streets, without a place.
    fn weights(&self, points: &[usize], least: Weight) -> [Weight; 5] {
        let mut weights = [Weight::ZERO; 5];
        for at in points {
            weights[self.standing(*at, least) as usize] += self.reach.weight(*at);
        }
        weights
    }

    /// The share of some points for which a stop with so many departures is within reach.
    pub fn figure(&self, points: &[usize], least: Weight) -> Figure {
        let [covered, uncovered, no_service, off_streets, no_place] = self.weights(points, least);
        let figure = self.params.share(covered, covered + uncovered, no_service + off_streets + no_place);
        self.with_spread(figure, points, least)
    }

    /// The figure with what it may be when none, or all, of the departures that are spread evenly over a day lie in the time asked for.
    fn with_spread(&self, mut figure: Figure, points: &[usize], least: Weight) -> Figure {
        let (Some(value), Some(whole)) = (figure.value, figure.whole.filter(|whole| *whole > 0.0)) else {
            return figure;
        };
        let known = |at: &&usize| matches!(self.standing(**at, least), Standing::Covered | Standing::Uncovered);
        let share = |reaches: fn(&Best) -> Weight| {
            let there = points.iter().filter(known).filter(|at| {
                let best = &self.best[**at];
                best.place.is_some() && reaches(best) >= least
            });
            there.map(|at| self.reach.weight(*at)).sum::<Weight>().to_f64() / whole
        };
        for other in [share(|best| best.sure), share(|best| best.most)] {
            if other != value {
                figure = figure.or_maybe(other);
            }
        }
        figure
    }

    fn ledger(&self) -> WeightLedger {
        let [covered, uncovered, no_service, off_streets, no_place] =
            self.weights(&self.reach.judged, self.params.least());
        let parts = vec![("covered", covered), ("uncovered", uncovered), ("without-service-data", no_service)];
        WeightLedger {
            unit: self.reach.group.name.clone(),
            total: self.reach.judged.iter().map(|at| self.reach.weight(*at)).sum(),
            parts: parts_with_unknown(&self.reach, parts, off_streets, no_place),
        }
    }

    /// Why the figure does not speak for all.
    fn reason(&self) -> Text {
        let points = self.reach.judged.len();
        let mut counts = [0usize; 5];
        self.reach.judged.iter().for_each(|at| counts[self.standing(*at, self.params.least()) as usize] += 1);
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        let cases = [
            (Standing::NoService, "with no data on the services around them", "周边公交服务无数据"),
            (Standing::OffStreets, "off the streets", "不在路网上"),
            (Standing::NoPlace, "whose place is not known", "位置未知"),
        ];
        for (standing, english, chinese) in cases {
            let count = counts[standing as usize];
            if count > 0 {
                en.push(format!("{count} {english}"));
                zh.push(format!("{count}个{chinese}"));
            }
        }
        Text::new(
            format!("of {points} points of \"{}\": {}", self.reach.layer.name, en.join(", ")),
            format!("“{}”的{points}个点中：{}", self.reach.layer.name, zh.join("，")),
        )
    }

    /// The whole answer for people.
    pub fn output(&self, context: &Context<'_>) -> Output {
        let least = self.params.least();
        let mut headline = self.figure(&self.reach.judged, least);
        if headline.unknown > 0.0 {
            headline = headline.because(self.reason());
        }
        let by_region = self.reach.by_region(context.over);
        let regions: Vec<RegionFigure> = by_region
            .iter()
            .map(|(level, region, points)| RegionFigure {
                region: *region,
                level: *level,
                figure: self.figure(points, least),
            })
            .collect();
        let mut output = Output { synthetic: self.reach.synthetic, ..Output::default() };
        output.notes.push(self.reach.caveat());
        output.variants = variants(self.params, &|least| self.figure(&self.reach.judged, least));
        output.closing_the_gap = self.closing_the_gap(context, &headline, &by_region);
        output.issues = reach_layers::off_facilities(&self.reach);
        if let Some(halo) = halo::halo(&self.reach, Some(self.limit.value())) {
            let whole = headline.whole.unwrap_or(0.0);
            output.notes.push(halo.told(whole));
            output.issues.push(halo.issue(context.id, whole));
        }
        output.evidence = stop_layers::evidence(self);
        output.tables = stop_layers::tables(self, context, &regions);
        output.headline = headline;
        output.regions = regions;
        output.weights.push(self.ledger());
        output
    }

    /// The least weight that must be served yet, how much of it has a stop that is only served too seldom, and where most of it is.
    fn closing_the_gap(
        &self,
        context: &Context<'_>,
        headline: &Figure,
        by_region: &[(Level, RegionIdx, Vec<usize>)],
    ) -> Option<Text> {
        let least = self.params.least();
        let missing = context.target_share?.0 * (headline.whole? + headline.unknown) - headline.part?;
        if missing <= 0.0 {
            return None;
        }
        let is_out = |at: &&usize| self.standing(**at, least) == Standing::Uncovered;
        let smallest = by_region.first()?.0;
        let mut out: Vec<(Weight, RegionIdx)> = by_region
            .iter()
            .filter(|(level, ..)| *level == smallest)
            .map(|(_, region, points)| (points.iter().filter(is_out).map(|at| self.reach.weight(*at)).sum(), *region))
            .filter(|(weight, _): &(Weight, RegionIdx)| *weight > Weight::ZERO)
            .collect();
        out.sort_by(|x, y| y.0.cmp(&x.0).then(x.1.cmp(&y.1)));
        let named: Vec<String> = out
            .iter()
            .take(3)
            .map(|(weight, region)| {
                format!("{} ({})", self.survey.study.regions.get(*region).name, thousands(weight.to_f64()))
            })
            .collect();
        let seldom: Weight = self
            .reach
            .judged
            .iter()
            .filter(is_out)
            .filter(|at| self.best[**at].place.is_some())
            .map(|at| self.reach.weight(*at))
            .sum();
        let (unit_en, unit_zh) = match self.reach.group.name.as_str() {
            "people" => ("people", "人"),
            "count" => ("points", "个点"),
            other => (other, other),
        };
        let (mut en, mut zh) = (
            format!("{} more {unit_en} must have a served stop within {}", thousands(missing.ceil()), self.limit),
            format!("还需使 {} {unit_zh}在 {} 内有达标站点", thousands(missing.ceil()), self.limit),
        );
        if seldom > Weight::ZERO {
            let seldom = thousands(seldom.to_f64());
            en.push_str(&format!("; {seldom} out of reach have a stop there that too few departures leave"));
            zh.push_str(&format!("；未覆盖者中 {seldom} {unit_zh}附近有站但班次不足"));
        }
        if !named.is_empty() {
            en.push_str(&format!("; most are in {}", named.join(", ")));
            zh.push_str(&format!("；主要位于{}", named.join("、")));
        }
        Some(Text::new(en, zh))
    }
}

/// The figure under each class's least departures, as rows beside the headline; its own first.
pub(crate) fn variants(params: &StopCoverage, figure: &dyn Fn(Weight) -> Figure) -> Vec<Variant> {
    let own = params.least();
    let mut bounds = vec![own];
    bounds.extend(params.class_bounds().into_iter().filter(|bound| *bound != own));
    let variant = |least: Weight| Variant {
        code: format!("n>={least}"),
        label: Text::new(format!("at least {least} departures"), format!("不少于{least}班")),
        figure: figure(least),
        others: Vec::new(),
        informative_only: true,
    };
    bounds.into_iter().map(variant).collect()
}
