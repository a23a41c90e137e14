//! Share of people, or of regions, with a stop within reach that is served often enough.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::trim_zeros;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::covered_share::needs_speed;
use crate::metrics::figure::Figure;
use crate::metrics::reach::Question;
use crate::metrics::reach::Whose;
use crate::metrics::stop_departures::Between;
use crate::metrics::stop_departures::Count;
use crate::metrics::stop_people::People;
use crate::metrics::stop_regions::Regions;
use crate::metrics::stop_survey::StopSurvey;
use crate::metrics::way;
use crate::metrics::way::Way;
use crate::model::region::Level;
use crate::model::study::Study;
use crate::model::transit::Mode;

/// What the share is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// People, or what else demand is weighed by: those with a served stop within reach.
    #[default]
    People,
    /// Regions of `level`: those that are served.
    Regions,
}

/// When a region is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServedWhen {
    /// A stop in it is served.
    #[default]
    StopInside,
    /// At least one of its demand points has a served stop within reach, wherever the stop is.
    PointWithin,
}

/// What a share of nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Empty {
    /// There is nothing to judge.
    #[default]
    NotApplicable,
    /// All of it: 100 %.
    Full,
}

/// `measure.stop-coverage`: share of people, or of regions, with a stop that is served often enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct StopCoverage {
    /// What the share is of.
    pub judge: Judge,
    /// How far the stop may be; at exactly this it is within reach. Needed but for regions that are served by a stop inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Limit>,
    /// How distance is measured.
    pub by: By,
    /// Least departures a day at the stop, the number itself included: all lines of the modes together, in all directions.
    pub min_departures_per_day: f64,
    /// Count departures between two times of the service day only, both included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between: Option<Between>,
    /// Modes that count.
    pub modes: Vec<Mode>,
    /// The platforms of one station have the departures of all of them.
    pub by_station: bool,
    /// The demand layer; may be left out when the study has one only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// What to weigh by: `people`, `count`, or another group of the demand layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// `judge = "regions"`: the level of the regions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// `judge = "regions"`: when a region is served.
    pub served_when: ServedWhen,
    /// What the share of no demand point, or of no region, is.
    pub empty: Empty,
    /// The level of the regions that have data or have none: without a stop that is called at, nothing is known of such a region.
    pub data_level: Level,
    /// Least departures a day of the classes that stops are told apart by, rising; below the first is a class too.
    pub classes: Vec<f64>,
}

impl Default for StopCoverage {
    fn default() -> StopCoverage {
        StopCoverage {
            judge: Judge::People,
            within: None,
            by: By::default(),
            min_departures_per_day: 1.0,
            between: None,
            modes: vec![Mode::Bus],
            by_station: true,
            demand: None,
            weight: None,
            level: None,
            served_when: ServedWhen::StopInside,
            empty: Empty::NotApplicable,
            data_level: Level::County,
            classes: vec![1.0, 4.0, 12.0, 36.0, 72.0],
        }
    }
}

impl StopCoverage {
    /// Whether it looks from demand points.
    pub(crate) fn asks_demand(&self) -> bool {
        self.judge == Judge::People || self.served_when == ServedWhen::PointWithin
    }

    pub(crate) fn question(&self, limit: Limit) -> Question<'_> {
        Question {
            kind: "stop",
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by: self.by,
            unit: limit.into(),
            direction: Direction::ToFacility,
            nth: 1,
            whose: Whose::Any,
            whose_level: self.data_level,
        }
    }

    fn count(&self) -> Count<'_> {
        Count { modes: &self.modes, between: self.between, by_station: self.by_station }
    }

    /// Least departures of a served stop, in fixed point.
    pub(crate) fn least(&self) -> Weight {
        Weight::from_f64(self.min_departures_per_day).unwrap_or(Weight::ONE)
    }

    pub(crate) fn class_bounds(&self) -> Vec<Weight> {
        self.classes.iter().filter_map(|least| Weight::from_f64(*least)).collect()
    }

    /// When a stop is served, in a sentence.
    fn served(&self) -> Text {
        let number = trim_zeros(self.min_departures_per_day, 3);
        let modes: Vec<&str> = self.modes.iter().map(|mode| mode.id()).collect();
        let (mut en, mut zh) = (
            format!("a stop is served that at least {number} departures a day ({}) leave", modes.join(", ")),
            format!("有服务的站点：日发车不少于{number}班"),
        );
        if let Some(between) = self.between {
            en = format!(
                "a stop is served that at least {number} departures ({}) leave from {} to {}",
                modes.join(", "),
                between.from,
                between.to
            );
            zh = format!("有服务的站点：{}至{}发车不少于{number}班", between.from, between.to);
        }
        en.push_str(", all lines and directions together");
        zh.push_str("（各线路、各方向合计");
        if self.by_station {
            en.push_str(", and all platforms of a station");
            zh.push_str("，同站各站台合计");
        }
        zh.push('）');
        Text::new(en, zh)
    }

    /// A share, where a share of nothing is what `empty` says.
    pub(crate) fn share(&self, part: Weight, whole: Weight, unknown: Weight) -> Figure {
        let figure = Figure::share(part.to_f64(), whole.to_f64(), unknown.to_f64());
        match (figure.not_applicable, self.empty) {
            (false, _) => figure,
            (true, Empty::NotApplicable) => {
                figure.because(Text::new("there is nothing to serve that was read", "没有读入的服务对象"))
            }
            (true, Empty::Full) => {
                let reason = Text::new(
                    "there is nothing to serve that was read; empty = \"full\" takes that for all",
                    "没有读入的服务对象；按 empty = \"full\" 计为满分",
                );
                Figure { value: Some(1.0), bounds: Some((1.0, 1.0)), not_applicable: false, ..figure }.because(reason)
            }
        }
    }

    fn wrong(key: &'static str, what: impl Into<String>) -> Result<(), MetricError> {
        Err(MetricError::Parameter { key, what: what.into() })
    }

    fn check_classes(&self) -> Result<(), MetricError> {
        let is_number = |least: &f64| least.is_finite() && (1e-6..=1e9).contains(least);
        if self.classes.is_empty() || self.classes.len() > 8 || !self.classes.iter().all(is_number) {
            return Self::wrong("classes", "wants one to eight numbers of departures, for example [1, 4, 12]");
        }
        if self.classes.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Self::wrong("classes", "must rise, for example [1, 4, 12]");
        }
        Ok(())
    }
}

impl Metric for StopCoverage {
    fn check(&self) -> Result<(), MetricError> {
        let least = self.min_departures_per_day;
        if !least.is_finite() || !(1e-6..=1e9).contains(&least) {
            let what = format!("{least} is not a number of departures; write 1 or more");
            return Self::wrong("min-departures-per-day", what);
        }
        if self.modes.is_empty() {
            return Self::wrong("modes", "names no mode; write for example [\"bus\"]");
        }
        if self.between.is_some_and(|between| between.to < between.from) {
            return Self::wrong(
                "between",
                "ends before it begins; after midnight the hours go on: [\"22:00\", \"25:00\"]",
            );
        }
        self.check_classes()?;
        match (self.judge, self.level) {
            (Judge::Regions, None) => {
                return Self::wrong("judge", "\"regions\" needs a level, for example \"township\"");
            }
            (Judge::People, Some(_)) => return Self::wrong("level", "goes with judge = \"regions\" only"),
            _ => {}
        }
        if self.judge == Judge::People && self.served_when != ServedWhen::StopInside {
            return Self::wrong("served-when", "goes with judge = \"regions\" only");
        }
        match (self.asks_demand(), self.within) {
            (true, None) => return Self::wrong("within", "is needed, for example \"500 m\""),
            (false, Some(_)) => {
                return Self::wrong("within", "is not used: a stop inside serves the region; leave it out");
            }
            (true, Some(within)) => needs_speed(self.by, within.into(), "within")?,
            (false, None) => {
                for (key, is_given) in [("demand", self.demand.is_some()), ("weight", self.weight.is_some())] {
                    if is_given {
                        return Self::wrong(key, "is not used: a stop inside serves the region; leave it out");
                    }
                }
                if self.by != By::default() {
                    return Self::wrong("by", "is not used: a stop inside serves the region; leave it out");
                }
            }
        }
        Ok(())
    }

    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.check()?;
        let survey = StopSurvey::new(context.study, self.count(), self.data_level)?;
        let people = match self.within.filter(|_| self.asks_demand()) {
            Some(limit) => Some(People::new(self, &survey, limit)?),
            None => None,
        };
        let mut output = match (self.judge, &people) {
            (Judge::People, Some(people)) => people.output(context),
            _ => Regions::new(self, &survey, people.as_ref())?.output(context),
        };
        output.notes.splice(0..0, [self.served(), survey.sources()]);
        output.notes.extend(survey.transit.remarks.iter().cloned());
        Ok(output)
    }

    fn by(&self) -> Vec<By> {
        self.asks_demand().then_some(self.by).into_iter().collect()
    }

    fn ways<'a>(&self, study: &'a Study, id: &str) -> Option<Result<Vec<Way<'a>>, MetricError>> {
        let limit = self.within.filter(|_| self.asks_demand())?;
        let survey = match StopSurvey::new(study, self.count(), self.data_level) {
            Ok(survey) => survey,
            Err(error) => return Some(Err(error)),
        };
        let served: Vec<_> =
            survey.with_at_least(self.least()).into_iter().map(|place| &survey.places[place as usize]).collect();
        Some(way::ways_to(study, &self.question(limit), &served, id))
    }

    fn limit(&self) -> Option<f64> {
        self.within.map(Limit::value)
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
