//! Distance from each demand point to its nearest facility.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::ledger::WeightLedger;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::catchments::Catchments;
use crate::metrics::covered_share::county;
use crate::metrics::covered_share::ledger;
use crate::metrics::covered_share::needs_speed;
use crate::metrics::covered_share::no_distance_reason;
use crate::metrics::figure::Figure;
use crate::metrics::inequality::lower_quantile;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Question;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::metrics::reach::Whose;
use crate::metrics::reach_classes;
use crate::metrics::reach_layers;
use crate::metrics::way;
use crate::metrics::way::Way;
use crate::model::region::Level;
use crate::model::study::Study;

/// Which number stands for the distances of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    #[default]
    Mean,
    Median,
    P90,
    Max,
}

/// `measure.nearest`: distance from each demand point to its nearest facility.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Nearest {
    /// Kind of facility that is to be reached.
    pub kind: String,
    /// Which statistic of the weighted distances is the figure.
    #[serde(default)]
    pub statistic: Statistic,
    /// How distance is measured.
    #[serde(default)]
    pub by: By,
    /// Which way one travels.
    #[serde(default)]
    pub direction: Direction,
    /// Whether the length of the way counts, or the time that it takes.
    #[serde(default)]
    pub cost: Cost,
    /// Which of the facilities in the order of their distance: 2 is the one to go to when the nearest is closed.
    #[serde(default = "first")]
    pub nth: NonZeroU32,
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
    /// Layers of the areas within reach; left out: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catchments: Option<Catchments>,
}

/// What of a way counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    #[default]
    Length,
    Time,
}

impl Cost {
    pub fn unit(self) -> CostUnit {
        match self {
            Cost::Length => CostUnit::Metres,
            Cost::Time => CostUnit::Seconds,
        }
    }
}

fn first() -> NonZeroU32 {
    NonZeroU32::MIN
}

impl Nearest {
    fn question(&self) -> Question<'_> {
        Question {
            kind: &self.kind,
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by: self.by,
            unit: self.cost.unit(),
            direction: self.direction,
            nth: self.nth.get() as usize,
            whose: self.whose,
            whose_level: self.whose_level,
        }
    }

    fn figure(&self, reach: &Reach<'_>, points: &[usize]) -> (Figure, WeightLedger) {
        let mut distances: Vec<(f64, Weight)> = Vec::new();
        // what the distances that are not known may be at most, where anything says so
        let mut at_most: Vec<(Option<f64>, Weight)> = Vec::new();
        let (mut no_facility, mut no_place, mut off_streets) = (Weight::ZERO, Weight::ZERO, Weight::ZERO);
        for at in points {
            let weight = reach.weight(*at);
            match reach.reached(*at) {
                Reached::At(_, cost) => distances.push((cost, weight)),
                Reached::NoFacility => no_facility += weight,
                Reached::NoPlace => no_place += weight,
                Reached::OffStreets => off_streets += weight,
                Reached::AtMost(found) => at_most.push((found.map(|(_, cost)| cost), weight)),
            }
        }
        let known: Weight = distances.iter().map(|(_, weight)| *weight).sum();
        let no_services: Weight = at_most.iter().map(|(_, weight)| *weight).sum();
        let others = no_facility + no_place + off_streets;
        let mut figure = Figure::cost(
            self.cost.unit(),
            statistic(&mut distances, self.statistic),
            known.to_f64(),
            (others + no_services).to_f64(),
        );
        if figure.value.is_none() && no_services > Weight::ZERO {
            figure = figure.because(Text::new("nothing is known of its services", "公交服务无数据"));
        }
        if others == Weight::ZERO && no_services > Weight::ZERO {
            figure.bounds = figure.value.and_then(|value| self.bounds(&distances, &at_most, value));
        }
        let parts = vec![("with-distance", known), ("without-facility", no_facility)];
        (figure, ledger(reach, points, parts, [no_services, off_streets, no_place]))
    }

    /// What the statistic is at least and at most when each distance that is not known lies between none and the most that it may be; the
    /// value of the known ones always lies between. `None` where nothing says what one is at most.
    fn bounds(&self, known: &[(f64, Weight)], at_most: &[(Option<f64>, Weight)], value: f64) -> Option<(f64, f64)> {
        let most: Option<Vec<(f64, Weight)>> = at_most
            .iter()
            .filter(|(_, weight)| *weight > Weight::ZERO)
            .map(|(cost, weight)| Some(((*cost)?, *weight)))
            .collect();
        let with = |others: Vec<(f64, Weight)>| {
            let mut all = [known, &others].concat();
            statistic(&mut all, self.statistic)
        };
        let least = with(at_most.iter().map(|(_, weight)| (0.0, *weight)).collect())?;
        Some((least.min(value), with(most?)?.max(value)))
    }
}

/// A statistic of weighted distances; `None` without any weight.
///
/// Quantiles are the smallest distance at which the accumulated weight reaches the share (lower inverse of the distribution
/// function); the largest counts points with weight only.
pub fn statistic(distances: &mut [(f64, Weight)], statistic: Statistic) -> Option<f64> {
    let total: Weight = distances.iter().map(|(_, weight)| *weight).sum();
    if total == Weight::ZERO {
        return None;
    }
    distances.sort_by(|x, y| x.0.total_cmp(&y.0));
    let quantile = |percent| lower_quantile(distances, total, percent);
    match statistic {
        Statistic::Mean => {
            Some(distances.iter().map(|(distance, weight)| distance * weight.to_f64()).sum::<f64>() / total.to_f64())
        }
        Statistic::Median => quantile(50),
        Statistic::P90 => quantile(90),
        Statistic::Max => quantile(100),
    }
}

impl Metric for Nearest {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.measure_over(context, &Networks::new(context.study))
    }

    fn measure_over(&self, context: &Context<'_>, networks: &Networks<'_>) -> Result<Output, MetricError> {
        self.catchments.as_ref().map_or(Ok(()), |catchments| catchments.are_looked_for(context.study, self.by))?;
        let reach = Reach::over(networks, &self.question())?;
        let (mut headline, ledger) = self.figure(&reach, &reach.judged);
        if headline.unknown > 0.0 {
            headline = headline.because(no_distance_reason(&reach, &ledger));
        }
        let homes = reach.homes();
        let regions: Vec<RegionFigure> = reach
            .by_region(context.over)
            .into_iter()
            .map(|(level, region, points)| {
                RegionFigure::of(level, region, self.cost.unit().into(), &points, &homes, |points| {
                    self.figure(&reach, points).0
                })
            })
            .collect();
        let mut output = Output { synthetic: reach.synthetic, ..Output::default() };
        output.notes.push(reach.caveat());
        output.variants = [Statistic::Mean, Statistic::Median, Statistic::P90, Statistic::Max]
            .into_iter()
            .map(|statistic| Variant {
                code: statistic.code().to_owned(),
                label: statistic.title(),
                figure: Nearest { statistic, ..self.clone() }.figure(&reach, &reach.judged).0,
                others: Vec::new(),
                informative_only: true,
            })
            .collect();
        reach_layers::tell_gaps(&reach, context, None, &headline, &mut output);
        output.evidence = reach_layers::evidence(&reach, None);
        output.outcomes = reach_layers::outcomes(&reach, None);
        output.tables = reach_layers::tables(&reach, context, &regions, None);
        if let Some(catchments) = &self.catchments {
            output.tables.append(&mut catchments.tables(&reach, networks, context, None)?);
        }
        reach_classes::tell(&reach, context, |points| self.figure(&reach, points).0, &mut output);
        output.headline = headline;
        output.regions = regions;
        output.weights.push(ledger);
        Ok(output)
    }

    fn figures_only(&self) -> Option<Box<dyn Metric>> {
        self.catchments.as_ref()?;
        Some(Box::new(Nearest { catchments: None, ..self.clone() }))
    }

    fn check(&self) -> Result<(), MetricError> {
        needs_speed(self.by, self.cost.unit(), "cost")?;
        let is_nearest_of_all = self.whose == Whose::Any && self.nth.get() == 1;
        self.catchments
            .as_ref()
            .map_or(Ok(()), |catchments| catchments.check(self.cost.unit(), None, is_nearest_of_all))
    }

    fn kinds(&self) -> Vec<&str> {
        vec![&self.kind]
    }

    fn ways<'a>(&self, study: &'a Study, id: &str) -> Option<Result<Vec<Way<'a>>, MetricError>> {
        Some(way::ways(study, &self.question(), id))
    }

    fn by(&self) -> Vec<By> {
        vec![self.by]
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}

impl Statistic {
    fn code(self) -> &'static str {
        match self {
            Statistic::Mean => "mean",
            Statistic::Median => "median",
            Statistic::P90 => "p90",
            Statistic::Max => "max",
        }
    }

    fn title(self) -> Text {
        match self {
            Statistic::Mean => Text::new("mean", "均值"),
            Statistic::Median => Text::new("median", "中位数"),
            Statistic::P90 => Text::new("90 % are nearer than this", "90 % 分位"),
            Statistic::Max => Text::new("farthest", "最远"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_lower_inverse_of_the_distribution() {
        // values and weights of the worked example "Fairness" (numpy, fair.py): p10 2, p50 6, p90 12, mean 6.6
        let scene = [(2.0, 100), (4.0, 200), (6.0, 300), (8.0, 250), (12.0, 150)];
        let mut points: Vec<(f64, Weight)> = scene.iter().map(|(d, w)| (*d, Weight::whole(*w))).collect();
        let cases = [(Statistic::Mean, 6.6), (Statistic::Median, 6.0), (Statistic::P90, 12.0), (Statistic::Max, 12.0)];
        for (which, want) in cases {
            assert_eq!(statistic(&mut points, which), Some(want), "{which:?}");
        }
    }

    #[test]
    fn nobody_has_no_distance() {
        assert_eq!(statistic(&mut [], Statistic::Mean), None);
        assert_eq!(statistic(&mut [(5.0, Weight::ZERO)], Statistic::Max), None);
    }
}
