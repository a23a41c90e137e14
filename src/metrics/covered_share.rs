//! Share of demand within a distance of a facility, or of several.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::same::is_within;
use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
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
use crate::metrics::dropped;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
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
use crate::model::region::Level;
use crate::model::study::Study;

/// `measure.covered-share`: share of demand within a distance of a facility, the distance itself included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CoveredShare {
    /// Kind of facility that is to be reached.
    pub kind: String,
    /// The distance or the time; at exactly this a point is covered.
    pub within: Limit,
    /// How many facilities must be within it: 2 where one may be closed, full or lost.
    #[serde(default = "one")]
    pub at_least_facilities: NonZeroU32,
    /// How distance is measured.
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
    /// Layers of the areas within reach; left out: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catchments: Option<Catchments>,
}

pub(crate) fn county() -> Level {
    Level::County
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

impl CoveredShare {
    fn question(&self) -> Question<'_> {
        Question {
            kind: &self.kind,
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by: self.by,
            unit: self.within.into(),
            direction: self.direction,
            nth: self.at_least_facilities.get() as usize,
            whose: self.whose,
            whose_level: self.whose_level,
        }
    }

    fn covers(&self, reached: Reached) -> Option<bool> {
        let limit = self.within.value();
        match reached {
            Reached::At(_, cost) => Some(is_within(cost, limit)),
            Reached::NoFacility => Some(false),
            // more services could only shorten the way
            Reached::AtMost(_) => reached.known(Some(limit)).map(|_| true),
            Reached::NoPlace | Reached::OffStreets => None,
        }
    }

    fn figure(&self, reach: &Reach<'_>, points: &[usize]) -> (Figure, WeightLedger) {
        self.figure_of(reach, points, self.question().nth)
    }

    /// The share with at least so many facilities within the limit; no more than were asked for.
    fn figure_of(&self, reach: &Reach<'_>, points: &[usize], facilities: usize) -> (Figure, WeightLedger) {
        let (mut covered, mut uncovered, mut anyway) = (Weight::ZERO, Weight::ZERO, Weight::ZERO);
        let (mut no_place, mut off_streets, mut no_services) = (Weight::ZERO, Weight::ZERO, Weight::ZERO);
        for at in points {
            let weight = reach.weight(*at);
            let reached = reach.reached_of(*at, facilities);
            match (self.covers(reached), reached) {
                (Some(true), Reached::AtMost(_)) => anyway += weight,
                (Some(true), _) => covered += weight,
                (Some(false), _) => uncovered += weight,
                (None, Reached::OffStreets) => off_streets += weight,
                (None, Reached::AtMost(_)) => no_services += weight,
                (None, _) => no_place += weight,
            }
        }
        let could_be_missed = covered + uncovered;
        covered += anyway;
        let unknown = no_place + off_streets + no_services;
        let mut figure = Figure::share(covered.to_f64(), (covered + uncovered).to_f64(), unknown.to_f64());
        // where only those can be known that are covered, their share is no finding
        if could_be_missed == Weight::ZERO && no_services > Weight::ZERO {
            figure = Figure { value: None, ..figure }
                .because(Text::new("nothing is known of its services", "公交服务无数据"));
        }
        let parts = vec![("covered", covered), ("uncovered", uncovered)];
        (figure, ledger(reach, points, parts, [no_services, off_streets, no_place]))
    }

    /// With fewer facilities within the limit, down to one; nothing where one is all that is asked.
    fn variants(&self, reach: &Reach<'_>) -> Vec<Variant> {
        let most = self.question().nth;
        if most == 1 {
            return Vec::new();
        }
        // the next fewer three, and one
        let fewer = (1..most).rev().filter(|facilities| *facilities == 1 || *facilities + 3 >= most);
        std::iter::once(most)
            .chain(fewer)
            .map(|facilities| Variant {
                code: format!("at-least-{facilities}"),
                label: Text::new(
                    format!("at least {facilities} within {}", self.within),
                    format!("{} 内至少 {facilities} 处设施", self.within),
                ),
                figure: self.figure_of(reach, &reach.judged, facilities).0,
                others: Vec::new(),
                informative_only: facilities < most,
            })
            .collect()
    }
}

impl Metric for CoveredShare {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.measure_over(context, &Networks::new(context.study))
    }

    fn measure_over(&self, context: &Context<'_>, networks: &Networks<'_>) -> Result<Output, MetricError> {
        is_looked_for(context.study, self.by, self.within, "within")?;
        self.catchments.as_ref().map_or(Ok(()), |catchments| catchments.are_looked_for(context.study, self.by))?;
        let reach = Reach::over(networks, &self.question())?;
        let (mut headline, ledger) = self.figure(&reach, &reach.judged);
        if headline.unknown > 0.0 {
            headline = headline.because(unknown_reason(&reach, &ledger, Some(self.within.value())));
        }
        let by_region = reach.by_region(context.over);
        let homes = reach.homes();
        let regions: Vec<RegionFigure> = by_region
            .iter()
            .map(|(level, region, points)| {
                RegionFigure::of(*level, *region, FigureUnit::Share, points, &homes, |points| {
                    self.figure(&reach, points).0
                })
            })
            .collect();
        let mut output = Output { synthetic: reach.synthetic, ..Output::default() };
        output.notes.push(reach.caveat());
        output.notes.extend(reach_layers::most_left_out(context.study, &regions));
        output.closing_the_gap = self.closing_the_gap(&reach, context, &headline, &by_region);
        reach_layers::tell_gaps(&reach, context, Some(self.within.value()), &headline, &mut output);
        output.evidence = reach_layers::evidence(&reach, Some(self.within));
        output.outcomes = reach_layers::outcomes(&reach, Some(self.within));
        output.tables = reach_layers::tables(&reach, context, &regions, Some(self.within));
        if let Some(catchments) = &self.catchments {
            output.tables.append(&mut catchments.tables(&reach, networks, context, Some(self.within))?);
        }
        reach_classes::tell(&reach, context, |points| self.figure(&reach, points).0, &mut output);
        output.variants = self.variants(&reach);
        let out_of_reach = reach.judged.iter().filter(|at| self.covers(reach.reached(**at)) != Some(true));
        output.gain = dropped::gain(&reach, self.within, out_of_reach.copied());
        output.headline = headline;
        output.regions = regions;
        output.weights.push(ledger);
        Ok(output)
    }

    fn figures_only(&self) -> Option<Box<dyn Metric>> {
        self.catchments.as_ref()?;
        Some(Box::new(CoveredShare { catchments: None, ..self.clone() }))
    }

    fn check(&self) -> Result<(), MetricError> {
        needs_speed(self.by, self.within.into(), "within")?;
        self.catchments.as_ref().map_or(Ok(()), |catchments| {
            let is_nearest = self.whose == Whose::Any && self.at_least_facilities == NonZeroU32::MIN;
            catchments.check(self.within.into(), Some(self.within), is_nearest)
        })
    }

    fn kinds(&self) -> Vec<&str> {
        vec![&self.kind]
    }

    fn ways<'a>(&self, study: &'a Study, id: &str) -> Option<Result<Vec<Way<'a>>, MetricError>> {
        Some(way::ways(study, &self.question(), id))
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

/// A time needs someone who travels at a speed.
/// # Errors
/// [`MetricError::Parameter`].
pub(crate) fn needs_speed(by: By, unit: CostUnit, key: &'static str) -> Result<(), MetricError> {
    if unit == CostUnit::Seconds && by.is_flown() {
        let what =
            "a crow's flight has no speed; write by = \"walk\", \"bicycle\", \"drive\", \"surface\" or \"transit\", or a length"
                .to_owned();
        return Err(MetricError::Parameter { key, what });
    }
    if unit == CostUnit::Metres && by == By::Transit {
        let what = "by transit the time counts, not the length; write a time, or another by".to_owned();
        return Err(MetricError::Parameter { key, what });
    }
    Ok(())
}

/// The account of the weight of some points: their parts, and behind them those of which nothing is known, as far as that can be here.
pub(crate) fn ledger(
    reach: &Reach<'_>,
    points: &[usize],
    parts: Vec<(&'static str, Weight)>,
    [no_services, off_streets, no_place]: [Weight; 3],
) -> WeightLedger {
    WeightLedger {
        unit: reach.group.name.clone(),
        total: points.iter().map(|at| reach.weight(*at)).sum(),
        parts: parts_with_unknown(reach, parts_by_services(reach, parts, no_services), off_streets, no_place),
    }
}

/// The parts of a ledger with those of which nothing is known behind; `off-streets` where the streets are asked, `off-surface` where a
/// surface is.
pub(crate) fn parts_with_unknown(
    reach: &Reach<'_>,
    mut parts: Vec<(&'static str, Weight)>,
    off_streets: Weight,
    no_place: Weight,
) -> Vec<(&'static str, Weight)> {
    if !reach.by.is_flown() {
        parts.push((if reach.by == By::Surface { "off-surface" } else { "off-streets" }, off_streets));
    }
    parts.push(("without-place", no_place));
    parts
}

/// The parts of a ledger with those behind around which no service is known, where services are asked.
pub(crate) fn parts_by_services(
    reach: &Reach<'_>,
    mut parts: Vec<(&'static str, Weight)>,
    no_services: Weight,
) -> Vec<(&'static str, Weight)> {
    if reach.by == By::Transit {
        parts.push(("without-service-data", no_services));
    }
    parts
}

/// Why the figure does not speak for all: points around which no service is known and that are not within the limit all the same, points
/// without a place, or off the streets.
pub(crate) fn unknown_reason(reach: &Reach<'_>, ledger: &WeightLedger, limit: Option<f64>) -> Text {
    let is_unknown = |at: &&usize| reach.reached(**at).known(limit).is_none();
    let silent: Vec<usize> = reach.without_services.iter().filter(is_unknown).copied().collect();
    if silent.is_empty() {
        return no_place_reason(reach, ledger);
    }
    let weight: Weight = silent.iter().map(|at| reach.weight(*at)).sum();
    let (count, all, name) = (silent.len(), reach.judged.len(), &reach.layer.name);
    let text = Text::new(
        format!(
            "nothing is known of the services around {count} of {all} points of \"{name}\" ({weight} of {} by weight)",
            ledger.total
        ),
        format!("“{name}”的 {all} 个点中有 {count} 个周边公交服务无数据"),
    );
    let is_off = |at: &usize| matches!(reach.reached(*at), Reached::NoPlace | Reached::OffStreets);
    if !reach.judged.iter().any(is_off) {
        return text;
    }
    let rest = no_place_reason(reach, ledger);
    Text::new(format!("{}; {}", text.en, rest.en), format!("{}；{}", text.zh, rest.zh))
}

/// Why a statistic of distances does not speak for all: points that no facility counts for, or without a way to one, and those of
/// [`unknown_reason`].
pub(crate) fn no_distance_reason(reach: &Reach<'_>, ledger: &WeightLedger) -> Text {
    let (without, others): (Vec<usize>, Vec<usize>) = reach
        .judged
        .iter()
        .copied()
        .filter(|at| !matches!(reach.reached(*at), Reached::At(..)))
        .partition(|at| reach.reached(*at) == Reached::NoFacility);
    let none: Weight = without.iter().map(|at| reach.weight(*at)).sum();
    if none == Weight::ZERO {
        return unknown_reason(reach, ledger, None);
    }
    let all = ledger.total;
    let text = Text::new(
        format!("{none} of {all} (by weight) have no facility that counts, or no way to one"),
        format!("{all} 中有 {none}（按权重）没有可用设施或无路可达"),
    );
    if others.is_empty() {
        return text;
    }
    let rest = unknown_reason(reach, ledger, None);
    Text::new(format!("{}; {}", text.en, rest.en), format!("{}；{}", text.zh, rest.zh))
}

fn no_place_reason(reach: &Reach<'_>, ledger: &WeightLedger) -> Text {
    let count = reach.judged.iter().filter(|at| reach.reached(**at) == Reached::NoPlace).count();
    let off = reach.off_streets.len();
    if off > 0 {
        let weight: Weight = reach.off_streets.keys().map(|at| reach.weight(*at)).sum();
        let (en, zh) = reach.off_what();
        return Text::new(
            format!(
                "{off} of {} points of \"{}\" are off the {en} ({weight} of {} by weight), and the place of {count} is not known",
                reach.judged.len(),
                reach.layer.name,
                ledger.total,
            ),
            format!("“{}”的 {} 个点中有 {off} 个不在{zh}上，{count} 个位置未知", reach.layer.name, reach.judged.len()),
        );
    }
    Text::new(
        format!(
            "the place of {count} of {} points of \"{}\" is not known ({} of {} by weight)",
            reach.judged.len(),
            reach.layer.name,
            ledger.parts.last().map_or(Weight::ZERO, |(_, weight)| *weight),
            ledger.total,
        ),
        format!("“{}”的 {} 个点中有 {count} 个位置未知", reach.layer.name, reach.judged.len()),
    )
}

impl CoveredShare {
    fn closing_the_gap(
        &self,
        reach: &Reach<'_>,
        context: &Context<'_>,
        headline: &Figure,
        by_region: &[(Level, RegionIdx, Vec<usize>)],
    ) -> Option<Text> {
        let more = context.missing(headline)?.more(&Noun::of_group(&reach.group.name));
        // where most of those who are out of reach are
        let smallest = by_region.first()?.0;
        let mut out_of_reach: Vec<(Weight, RegionIdx)> = by_region
            .iter()
            .filter(|(level, ..)| *level == smallest)
            .map(|(_, region, points)| {
                let out = points
                    .iter()
                    .filter(|at| self.covers(reach.reached(**at)) == Some(false))
                    .map(|at| reach.weight(*at));
                (out.sum(), *region)
            })
            .filter(|(weight, _)| *weight > Weight::ZERO)
            .collect();
        out_of_reach.sort_by(|x, y| y.0.cmp(&x.0).then(x.1.cmp(&y.1)));
        let named: Vec<String> = out_of_reach
            .iter()
            .take(3)
            .map(|(weight, region)| {
                format!("{} ({})", reach.study.regions.get(*region).name, thousands(weight.to_f64()))
            })
            .collect();
        let (mut of_en, mut of_zh) = (String::new(), String::new());
        if self.at_least_facilities > NonZeroU32::MIN {
            of_en = format!(" of at least {} facilities", self.at_least_facilities);
            of_zh = format!("（至少 {} 处设施）", self.at_least_facilities);
        }
        let mut text = Text::new(
            format!("{} must come within {}{of_en}", more.en, self.within),
            format!("还需使 {}进入 {} 范围{of_zh}", more.zh, self.within),
        );
        if !named.is_empty() {
            text.en += &format!("; most are in {}", named.join(", "));
            text.zh += &format!("；主要位于{}", named.join("、"));
        }
        Some(text)
    }
}
