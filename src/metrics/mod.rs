//! Floor 3: what is measured. A metric looks at a study and hands back figures with their evidence.

pub mod accessibility;
mod accessibility_layers;
mod accessibility_report;
pub mod adjacency;
mod asked;
pub mod assignment;
mod attribute_layers;
pub mod attribute_rule;
pub mod attribute_share;
pub mod belonging;
pub mod borders;
pub mod boundary_audit;
pub mod catchments;
mod catchments_by_transit;
mod clearance;
pub mod connection;
pub mod covered_share;
pub mod covering;
pub mod decay;
pub mod departures;
mod direct_layers;
pub mod direct_to_seat;
pub mod districts;
mod districts_layers;
pub mod doubts;
pub mod dropped;
pub mod equity;
mod equity_layers;
mod expected_layers;
pub mod expected_load;
pub mod facility_count;
pub mod figure;
pub mod floating_catchment;
mod halo;
mod homes;
mod hub_layers;
pub mod hub_reach;
pub mod huff;
pub mod inequality;
pub mod joins;
pub mod journeys;
mod known_services;
pub(crate) mod layer;
pub mod living_circle;
mod living_layers;
mod living_report;
pub mod losses;
pub mod milestone;
pub mod missing;
mod near_sums;
pub mod nearest;
mod neighbour_borders;
mod neighbour_evidence;
mod neighbour_layers;
pub mod neighbour_reach;
pub(crate) mod neighbour_report;
pub mod neighbour_survey;
pub mod networks;
mod overlay_layers;
pub mod overlay_share;
pub mod plane_catchments;
pub mod presence;
mod presence_layers;
pub mod raam;
pub mod reach;
mod reach_classes;
mod reach_layers;
mod reachable_layers;
pub mod reachable_within;
pub mod referral;
mod referral_layers;
pub mod reported;
pub mod ridden;
pub mod roll_up;
mod served_layers;
pub mod served_share;
pub mod service_day;
pub mod stop_coverage;
pub mod stop_departures;
mod stop_layers;
mod stop_people;
mod stop_regions;
mod stop_survey;
mod supply_layers;
pub mod supply_ratio;
pub mod topology;
pub mod transport;
pub mod unmeasured;
pub mod way;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::issue::Issue;
use crate::base::ledger::WeightLedger;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::By;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::homes::Homes;
use crate::metrics::missing::Missing;
use crate::metrics::missing::Remedy;
use crate::metrics::networks::Networks;
use crate::metrics::way::Way;
use crate::model::region::Level;
use crate::model::study::Study;
use crate::table::Table;

/// What a metric may look at.
pub struct Context<'a> {
    pub study: &'a Study,
    pub progress: &'a dyn Progress,
    /// The indicator's id; layers are named after it.
    pub id: &'a str,
    /// The indicator's title; layers are titled after it.
    pub title: &'a Text,
    /// Levels at which figures are wanted beside the whole study area; empty means the metric's own choice.
    pub over: &'a [Level],
    /// The share that the target wants, where the target is a share at least: lets a metric say what is missing.
    pub target_share: Option<Share>,
}

impl Context<'_> {
    /// What a figure lacks to meet the target of at least a share; `None` where nothing is known to be missing.
    pub fn missing(&self, figure: &Figure) -> Option<Missing> {
        Missing::of(figure, self.target_share?.0)
    }
}

/// Why a metric could not be computed at all: the request does not fit the study.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// The study lacks something that the metric is asked to use.
    #[error("{what}; {instead}")]
    Missing { what: String, instead: String },
    /// Two parameters contradict each other.
    #[error("{key}: {what}")]
    Parameter { key: &'static str, what: String },
}

/// What a metric found.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// The figure of the whole judged area that the target judges.
    pub headline: Figure,
    /// The same question under other definitions, the headline's own first: the definition matrix.
    pub variants: Vec<Variant>,
    /// Whether the metric wants its verdict checked against its variants.
    pub fragile_among_variants: bool,
    /// Figures by region, by level and then by code.
    pub regions: Vec<RegionFigure>,
    /// Figures of the regions that a layer draws one by one, where [`Output::regions`] may leave their level away.
    pub units: Vec<RegionFigure>,
    /// The figures of classes of demand points, e.g. urban and rural, in the order of their names.
    pub classes: Vec<ClassFigure>,
    /// Layers with the evidence, ready to be drawn.
    pub tables: Vec<Table>,
    /// Accounts of weight: total = covered + uncovered + without place.
    pub weights: Vec<WeightLedger>,
    /// Records that the metric could not use, or only with doubt.
    pub issues: Vec<Issue>,
    /// Sentences for the reader, the most important first.
    pub notes: Vec<Text>,
    /// The most of the headline's part that one more facility could add, wherever it stands; `None` where the metric does not say.
    pub gain: Option<f64>,
    /// The least that would meet the target, where it is missed: [`Context::missing`] says whether and how much.
    pub closing_the_gap: Option<Text>,
    /// What must become of an amount that is missing; left out, it is supply that is wanted.
    pub remedy: Option<Remedy>,
    /// Whether any of it rests on made-up data.
    pub synthetic: bool,
    /// Rows for `explain --why`: one line of evidence a region or pair code.
    pub evidence: Vec<Evidence>,
    /// What became of each point or region, those without evidence too, so that two runs can be compared person by person; empty where they are
    /// too many.
    pub outcomes: Vec<Outcome>,
    /// The whole area's value on days of the past, the oldest first and the headline last; empty where only one day is known of.
    pub history: Vec<Moment>,
}

/// A value on a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    pub day: Date,
    /// In the unit of the headline.
    pub value: f64,
}

/// One line of the chain behind a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// What it is about, the same in every run on the same territory: `320281–321283`, or a point's id.
    pub key: String,
    /// A short fixed word for the outcome, e.g. `connected`, `uncovered`.
    pub state: &'static str,
    /// Codes or ids of what it is about: a region, both regions of a pair, a demand point.
    pub about: Vec<String>,
    pub text: Text,
}

/// What became of one point or region.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The same in every run on the same territory.
    pub key: String,
    /// `None` where it has no name but its key.
    pub name: Option<String>,
    /// A short fixed word, e.g. `covered`; of several parts that of the largest, of several such the first.
    pub state: &'static str,
    pub weight: Weight,
    /// Its parts by what became of each, which add up to the weight; empty where all of it is in one state.
    pub parts: Vec<(&'static str, Weight)>,
    /// Distance or time, metres or seconds, where it is known.
    pub cost: Option<f64>,
    /// The smallest region that it is in, or the region itself.
    pub region: Option<RegionIdx>,
    /// Its class, where the demand layer has classes, e.g. `urban`.
    pub class: Option<String>,
}

/// One row of a definition matrix.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Short code, e.g. `D1`.
    pub code: String,
    pub label: Text,
    /// The figure that stands beside the headline.
    pub figure: Figure,
    /// The same under other scopes, e.g. within and across provinces.
    pub others: Vec<(Text, Figure)>,
    /// A definition that only shows a bound and whose verdict says nothing of the headline's firmness.
    pub informative_only: bool,
}

/// The figure of one region.
#[derive(Debug, Clone)]
pub struct RegionFigure {
    pub region: RegionIdx,
    pub level: Level,
    pub figure: Figure,
}

/// The figure of one class of demand points.
#[derive(Debug, Clone)]
pub struct ClassFigure {
    /// `None` for the points whose record says no class.
    pub class: Option<String>,
    pub figure: Figure,
}

impl RegionFigure {
    /// The figure of the demand points of a region; without any it is that of nothing ([`Homes::of_nothing`]).
    pub(crate) fn of(
        level: Level,
        region: RegionIdx,
        unit: FigureUnit,
        points: &[usize],
        homes: &Homes<'_>,
        figure: impl FnOnce(&[usize]) -> Figure,
    ) -> RegionFigure {
        let figure = match points.is_empty() {
            true => homes.of_nothing(region, unit),
            false => Figure { points: Some(points.len() as u64), ..figure(points) },
        };
        RegionFigure { region, level, figure }
    }
}

/// A metric: one question asked of a study.
pub trait Metric {
    /// The answer.
    /// # Errors
    /// [`MetricError::Missing`] when the study lacks what is asked for, [`MetricError::Parameter`] when parameters contradict
    /// each other.
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError>;

    /// The same, over networks of the context's study that several metrics share.
    /// # Errors
    /// As [`Metric::measure`].
    fn measure_over(&self, context: &Context<'_>, _networks: &Networks<'_>) -> Result<Output, MetricError> {
        self.measure(context)
    }

    /// The same metric without layers that take long and change no figure; `None` where it has none.
    fn figures_only(&self) -> Option<Box<dyn Metric>> {
        None
    }

    /// What is wrong with the parameters themselves, before anything is read.
    /// # Errors
    /// [`MetricError::Parameter`].
    fn check(&self) -> Result<(), MetricError> {
        Ok(())
    }

    /// Kinds of facilities that it uses.
    fn kinds(&self) -> Vec<&str> {
        Vec::new()
    }

    /// How it measures distance, where it does.
    fn by(&self) -> Vec<By> {
        Vec::new()
    }

    /// The ways of the demand points with an id or name to the facility that it judges them by; `None` for a metric without such ways.
    /// # Errors
    /// As [`Metric::measure`].
    fn ways<'a>(&self, _study: &'a Study, _id: &str) -> Option<Result<Vec<Way<'a>>, MetricError>> {
        None
    }

    /// The limit that a cost is judged by, where there is one.
    fn limit(&self) -> Option<f64> {
        None
    }

    /// The demand layer that it uses, where it names one.
    fn demand(&self) -> Option<&str> {
        None
    }
}

/// What the program knows of a metric without running it.
pub struct MetricInfo {
    /// As a config names it, e.g. `neighbour-reach`.
    pub id: &'static str,
    pub title: (&'static str, &'static str),
    /// The methods page, Markdown: formula, units, boundary rule, edge cases, sources.
    pub methods: &'static str,
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $variant:ident($params:ty) = $id:literal, $en:literal, $zh:literal, $page:literal;)+) => {
        /// What an indicator measures: the name of a metric with its parameters.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Measure {
            $($(#[$doc])* $variant($params)),+
        }

        impl Measure {
            /// The series of reported values that it reads, for an indicator with this id; `None` for one that reads none.
            pub fn series<'s>(&'s self, id: &'s str) -> Option<&'s str> {
                match self {
                    Measure::Reported(reported) => Some(reported.series.as_deref().unwrap_or(id)),
                    Measure::Milestone(milestone) => Some(milestone.series.as_deref().unwrap_or(id)),
                    _ => None,
                }
            }

            /// The metric with its parameters.
            pub fn metric(&self) -> &dyn Metric {
                match self { $(Measure::$variant(params) => params),+ }
            }

            /// What is known of the metric without running it.
            pub fn info(&self) -> &'static MetricInfo {
                let id = match self { $(Measure::$variant(_) => $id),+ };
                METRICS.iter().find(|info| info.id == id).expect("METRICS holds every variant")
            }
        }

        /// All metrics, in the order of the manual.
        pub const METRICS: &[MetricInfo] = &[
            $(MetricInfo { id: $id, title: ($en, $zh), methods: include_str!(concat!("../../docs/methods/", $page)) }),+
        ];
    };
}

metrics! {
    /// Share of neighbouring pairs of regions that a bus joins.
    NeighbourReach(neighbour_reach::NeighbourReach) = "neighbour-reach",
        "Neighbouring regions joined by bus", "毗邻县（市、区）公交通达率", "neighbour-reach.md";
    /// Distance from each demand point to its nearest facility.
    Nearest(nearest::Nearest) = "nearest",
        "Distance to the nearest facility", "到最近设施的距离", "nearest.md";
    /// Share of demand within a distance of a facility.
    CoveredShare(covered_share::CoveredShare) = "covered-share",
        "Share within reach of a facility", "设施服务覆盖率", "covered-share.md";
    /// Share of people, or of regions, with a stop that is served often enough.
    StopCoverage(stop_coverage::StopCoverage) = "stop-coverage",
        "Share within reach of a served stop", "公交站点覆盖率", "stop-coverage.md";
    /// What is within a time of each centre, and how many centres are within reach of each place.
    ReachableWithin(reachable_within::ReachableWithin) = "reachable-within",
        "Within an hour of a centre", "中心可达圈", "reachable-within.md";
    /// Share of demand with a place in a facility within a distance, where room is limited.
    ServedShare(served_share::ServedShare) = "served-share",
        "Share with a place within reach", "设施容量覆盖率", "served-share.md";
    /// Supply within reach per person, when all who are in reach compete for it.
    Accessibility(accessibility::Accessibility) = "accessibility",
        "Supply within reach per person", "服务可达性（供需两步移动搜索）", "accessibility.md";
    /// Share of demand that finds room where it may be expected to go, by size and nearness.
    ExpectedLoad(expected_load::ExpectedLoad) = "expected-load",
        "Share that finds room where it goes", "期望负荷与容量", "expected-load.md";
    /// How evenly the distance to the nearest facility is spread.
    Equity(equity::Equity) = "equity",
        "Evenness of distance", "距离公平性", "equity.md";
    /// Supply in a region over the people in it.
    SupplyRatio(supply_ratio::SupplyRatio) = "supply-ratio",
        "Supply per thousand people", "千人指标", "supply-ratio.md";
    /// Share of regions that have facilities of their own.
    Presence(presence::Presence) = "presence",
        "Regions with a facility of their own", "设施配置覆盖率", "presence.md";
    /// How many facilities there are, or how much they hold together.
    FacilityCount(facility_count::FacilityCount) = "facility-count",
        "Number of facilities", "设施数量", "facility-count.md";
    /// Share of people whose district's facility is the nearest one.
    Districts(districts::Districts) = "districts",
        "Nearest facility in the own district", "学区就近率", "districts.md";
    /// Share of people for whom every link of a chain of referrals is near enough.
    Referral(referral::Referral) = "referral",
        "Every link of the referral chain", "转诊链达标率", "referral.md";
    /// Share of people with every listed kind of facility within its limit.
    LivingCircle(living_circle::LivingCircle) = "living-circle",
        "Every kind within reach", "生活圈全部设施可达率", "living-circle.md";
    /// Share of area, people or facilities inside other areas, or near stops, facilities and lines.
    OverlayShare(overlay_share::OverlayShare) = "overlay-share",
        "Share inside an area", "范围叠置占比", "overlay-share.md";
    /// Share of pairs of a hub and a neighbouring region near it that one bus line joins.
    HubReach(hub_reach::HubReach) = "hub-reach",
        "Hubs joined to neighbouring regions", "枢纽与毗邻县（市、区）公交通达率", "hub-reach.md";
    /// Share of records of which a field says yes.
    AttributeShare(attribute_share::AttributeShare) = "attribute-share",
        "Records of which it holds", "记录达标占比", "attribute-share.md";
    /// Share of demand with a bus, without a change, to the seat of its own region.
    DirectToSeat(direct_to_seat::DirectToSeat) = "direct-to-seat",
        "A bus to the seat without a change", "驻地直达率", "direct-to-seat.md";
    /// A value that was reported, not measured.
    Reported(reported::ReportedValue) = "reported",
        "Reported value", "上报数值", "reported.md";
    /// Share of what was to be done that is reported as done.
    Milestone(milestone::Milestone) = "milestone",
        "Steps reported as done", "完成情况", "milestone.md";
    /// A promise that nothing here measures.
    Unmeasured(unmeasured::Unmeasured) = "unmeasured",
        "Not measured", "暂未量测", "unmeasured.md";
}
