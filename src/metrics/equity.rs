//! How evenly the distance to the nearest facility is spread over those who travel it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::ledger::WeightLedger;
use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::fixed;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::covered_share::county;
use crate::metrics::covered_share::needs_speed;
use crate::metrics::covered_share::no_distance_reason;
use crate::metrics::covered_share::parts_by_services;
use crate::metrics::covered_share::parts_with_unknown;
use crate::metrics::equity_layers;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::inequality::Spread;
use crate::metrics::nearest::Cost;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Question;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::metrics::reach::Whose;
use crate::metrics::reach::is_looked_for;
use crate::metrics::reach_classes;
use crate::metrics::reach_layers;
use crate::metrics::way;
use crate::metrics::way::Way;
use crate::model::demand::WeightGroup;
use crate::model::region::Level;
use crate::model::study::Study;

/// Which statistic is the figure; both lie between 0, when all travel as far, and 1. All others stand in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Gini's coefficient.
    #[default]
    Gini,
    /// The share of all distance that would have to be travelled by others, for all to travel as far.
    Hoover,
}

/// `measure.equity`: how evenly the distance to the nearest facility is spread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Equity {
    /// Kind of facility that is to be reached.
    pub kind: String,
    /// Which statistic is the figure.
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
    /// The distance or time beyond which one is counted as badly off; left out: nobody is counted so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// The demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// What to weigh by: `people`, `count`, or another group of the demand layer. May be left out only when the layer has
    /// `people`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// The group of the demand layer whose numbers rank the points, the lowest first, e.g. income per person; left out: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<String>,
    /// Whose facilities count.
    #[serde(default)]
    pub whose: Whose,
    /// The level that `whose` speaks of.
    #[serde(default = "county")]
    pub whose_level: Level,
}

/// Points with a distance, and the weight of those without one by the reason.
pub(crate) struct Known {
    /// Position in the layer and cost, in the order of the layer.
    pub costs: Vec<(usize, f64)>,
    pub with_distance: Weight,
    pub no_facility: Weight,
    pub no_services: Weight,
    pub off_streets: Weight,
    pub no_place: Weight,
}

impl Known {
    pub fn new(reach: &Reach<'_>, points: &[usize]) -> Known {
        let mut known = Known {
            costs: Vec::new(),
            with_distance: Weight::ZERO,
            no_facility: Weight::ZERO,
            no_services: Weight::ZERO,
            off_streets: Weight::ZERO,
            no_place: Weight::ZERO,
        };
        for at in points {
            let sum = match reach.reached(*at) {
                Reached::At(_, cost) => {
                    known.costs.push((*at, cost));
                    &mut known.with_distance
                }
                Reached::NoFacility => &mut known.no_facility,
                // one that was found is only the most that it may be
                Reached::AtMost(_) => &mut known.no_services,
                Reached::OffStreets => &mut known.off_streets,
                Reached::NoPlace => &mut known.no_place,
            };
            *sum += reach.weight(*at);
        }
        known
    }

    /// The weight of those without a distance, whatever the reason.
    pub fn without(&self) -> Weight {
        self.no_facility + self.no_services + self.off_streets + self.no_place
    }

    pub fn spread(&self, reach: &Reach<'_>) -> Option<Spread> {
        Spread::new(self.costs.iter().map(|(at, cost)| (*cost, reach.weight(*at))))
    }

    fn ledger(&self, reach: &Reach<'_>) -> WeightLedger {
        let parts = vec![("with-distance", self.with_distance), ("without-facility", self.no_facility)];
        WeightLedger {
            unit: reach.group.name.clone(),
            total: self.with_distance + self.without(),
            parts: parts_with_unknown(
                reach,
                parts_by_services(reach, parts, self.no_services),
                self.off_streets,
                self.no_place,
            ),
        }
    }
}

impl Statistic {
    fn of(self, spread: &Spread) -> Option<f64> {
        match self {
            Statistic::Gini => spread.gini(),
            Statistic::Hoover => spread.hoover(),
        }
    }

    fn code(self) -> &'static str {
        match self {
            Statistic::Gini => "gini",
            Statistic::Hoover => "hoover",
        }
    }

    fn title(self) -> Text {
        match self {
            Statistic::Gini => Text::new("Gini coefficient", "基尼系数"),
            Statistic::Hoover => Text::new("Hoover index", "胡佛指数"),
        }
    }
}

impl Equity {
    fn question(&self) -> Question<'_> {
        Question {
            kind: &self.kind,
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by: self.by,
            unit: self.cost.unit(),
            direction: self.direction,
            nth: 1,
            whose: self.whose,
            whose_level: self.whose_level,
        }
    }

    /// The statistic of those with a distance. While anybody has none it may be any, so there are no bounds.
    fn figure(&self, reach: &Reach<'_>, known: &Known, statistic: Statistic) -> Figure {
        let spread = known.spread(reach);
        let value = spread.as_ref().and_then(|spread| statistic.of(spread));
        let without = known.without();
        let figure = Figure {
            unit: FigureUnit::Share,
            value,
            whole: Some(known.with_distance.to_f64()),
            unknown: without.to_f64(),
            bounds: value.filter(|_| without == Weight::ZERO).map(|value| (value, value)),
            not_applicable: known.with_distance + without == Weight::ZERO,
            ..Figure::default()
        };
        match (spread, value) {
            (Some(_), None) => figure.because(Text::new(
                "nobody travels any distance: there is nothing to be shared",
                "距离均为零，无从比较",
            )),
            _ => figure,
        }
    }

    /// The group that ranks the points.
    fn ranking<'a>(&self, reach: &Reach<'a>) -> Result<Option<&'a WeightGroup>, MetricError> {
        let Some(name) = self.rank.as_deref() else { return Ok(None) };
        let missing = || {
            let groups: Vec<&str> = reach.layer.groups.iter().map(|group| group.name.as_str()).collect();
            MetricError::Missing {
                what: format!("demand layer \"{}\" has no weight \"{name}\" to rank by", reach.layer.name),
                instead: format!("write rank = one of: {}", groups.join(", ")),
            }
        };
        reach.layer.group(name).map(Some).ok_or_else(missing)
    }
}

impl Metric for Equity {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.measure_over(context, &Networks::new(context.study))
    }

    fn measure_over(&self, context: &Context<'_>, networks: &Networks<'_>) -> Result<Output, MetricError> {
        self.limit.map_or(Ok(()), |limit| is_looked_for(context.study, self.by, limit, "limit"))?;
        let reach = Reach::over(networks, &self.question())?;
        let ranking = self.ranking(&reach)?;
        let known = Known::new(&reach, &reach.judged);
        let ledger = known.ledger(&reach);
        let mut headline = self.figure(&reach, &known, self.statistic);
        if headline.unknown > 0.0 {
            headline = headline.because(no_distance_reason(&reach, &ledger));
        }
        let by_region: Vec<_> = reach
            .by_region(context.over)
            .into_iter()
            .map(|(level, region, points)| (level, region, Known::new(&reach, &points), points.is_empty()))
            .collect();
        let homes = reach.homes();
        let regions: Vec<RegionFigure> = by_region
            .iter()
            .map(|(level, region, known, is_empty)| RegionFigure {
                region: *region,
                level: *level,
                figure: if *is_empty {
                    homes.of_nothing(*region, FigureUnit::Share)
                } else {
                    let points = known.costs.len() as u64;
                    Figure { points: Some(points), ..self.figure(&reach, known, self.statistic) }
                },
            })
            .collect();
        let mut output = Output { synthetic: reach.synthetic, ..Output::default() };
        output.notes.extend(told(&reach, &known));
        output.notes.push(reach.caveat());
        output.variants = [Statistic::Gini, Statistic::Hoover]
            .into_iter()
            .map(|statistic| Variant {
                code: statistic.code().to_owned(),
                label: statistic.title(),
                figure: self.figure(&reach, &known, statistic),
                others: Vec::new(),
                informative_only: true,
            })
            .collect();
        reach_layers::tell_gaps(&reach, context, None, &headline, &mut output);
        output.evidence = reach_layers::evidence(&reach, None);
        output.outcomes = reach_layers::outcomes(&reach, None);
        let asked = equity_layers::Asked { reach: &reach, known: &known, ranking, limit: self.limit };
        output.tables = equity_layers::tables(&asked, context, &by_region);
        let of_class = |points: &[usize]| self.figure(&reach, &Known::new(&reach, points), self.statistic);
        reach_classes::tell(&reach, context, of_class, &mut output);
        reach_classes::tell_means(&reach, &mut output);
        output.headline = headline;
        output.regions = regions;
        output.weights.push(ledger);
        Ok(output)
    }

    fn check(&self) -> Result<(), MetricError> {
        needs_speed(self.by, self.cost.unit(), "cost")?;
        match self.limit {
            Some(limit) if CostUnit::from(limit) != self.cost.unit() => Err(MetricError::Parameter {
                key: "limit",
                what: "the limit is not of what counts; write a length with cost = \"length\", a time with cost = \"time\""
                    .to_owned(),
            }),
            Some(limit) if limit.value() <= 0.0 => Err(MetricError::Parameter {
                key: "limit",
                what: "gaps are told in multiples of the limit; write one above 0".to_owned(),
            }),
            _ => Ok(()),
        }
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

/// What the numbers say, and of whom they say nothing.
fn told(reach: &Reach<'_>, known: &Known) -> Vec<Text> {
    let mut notes = Vec::new();
    if let Some(spread) = known.spread(reach) {
        let shown = |cost: Option<f64>| cost.map_or_else(|| "–".to_owned(), |cost| reach.unit.shown(cost));
        let (mean, median, p90) = (shown(Some(spread.mean())), shown(spread.quantile(50)), shown(spread.quantile(90)));
        let (mut en, mut zh) = (
            format!("on average {mean}; half are within {median}, 90 % within {p90}"),
            format!("平均 {mean}；半数在 {median} 以内，90 % 在 {p90} 以内"),
        );
        if let (Some(most), Some(least)) = (spread.held(90.0, 100.0), spread.held(0.0, 40.0)) {
            let (most, least) = (fixed(most * 100.0, 1), fixed(least * 100.0, 1));
            en += &format!(
                "; the tenth with the longest ways has {most} % of all distance, the two fifths with the shortest {least} %"
            );
            zh += &format!("；最远的10 %承担全部距离的 {most} %，最近的40 %承担 {least} %");
        }
        notes.push(Text::new(en, zh));
    }
    let without = known.without();
    if without > Weight::ZERO {
        let all = known.with_distance + without;
        notes.push(Text::new(
            format!("{without} of {all} (by weight) have no distance and are in none of these statistics, however badly off they are"),
            format!("{all} 中有 {without}（按权重）没有距离，未计入任何统计量，其状况可能更差"),
        ));
    }
    notes
}
