//! Which regions have a facility of their own: a market in each county, a shelter in each township.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::belonging::Belonging;
use crate::metrics::belonging::Kinds;
use crate::metrics::belonging::is_complete;
use crate::metrics::belonging::judged_regions;
use crate::metrics::covered_share::county;
use crate::metrics::figure::Figure;
use crate::metrics::presence_layers;
use crate::metrics::reach::demand_layer;
use crate::metrics::reach::weight_group;
use crate::model::facility::Facility;
use crate::model::region::Level;
use crate::model::study::Study;

/// `measure.presence`: share of regions that have facilities of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Presence {
    /// Kind of facility, or a list of kinds of which a region needs every one.
    pub kind: Kinds,
    /// Level of the regions that are to have one.
    #[serde(default = "county")]
    pub level: Level,
    /// How many of each kind a region needs.
    #[serde(default = "one")]
    pub at_least: NonZeroU32,
    /// What a region weighs: a group of the demand layer, e.g. `people`; left out, each weighs the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// The demand layer of `weight`; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// Code prefixes of the regions for which the files hold every such facility there is; elsewhere a region without one is no data. Left out,
    /// they are taken to hold all of them everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete_for: Option<Vec<String>>,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// Whether a region has what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Present,
    Absent,
    Unknown,
}

/// A region of the level asked for.
pub(crate) struct Unit {
    pub region: RegionIdx,
    /// What it weighs; 1 where regions are counted.
    pub weight: Weight,
    /// How many facilities of each kind are in it for certain.
    pub counts: Vec<u64>,
    pub kinds: Vec<Standing>,
}

impl Unit {
    /// Of all kinds together.
    pub fn standing(&self) -> Standing {
        if self.kinds.contains(&Standing::Absent) {
            Standing::Absent
        } else if self.kinds.contains(&Standing::Unknown) {
            Standing::Unknown
        } else {
            Standing::Present
        }
    }
}

/// The whole answer.
pub(crate) struct Answer<'a> {
    pub params: &'a Presence,
    pub study: &'a Study,
    pub facilities: Vec<&'a Facility>,
    /// By code.
    pub units: Vec<Unit>,
    outside: u64,
    /// Facilities of which the region is not known, or only one above the level.
    roughly: u64,
    /// Weight in no region of the level: of none that is known.
    unplaced: Weight,
    pub synthetic: bool,
}

impl Presence {
    fn answer<'a>(&'a self, study: &'a Study) -> Result<Answer<'a>, MetricError> {
        let facilities = self.kind.facilities(study)?;
        let units = judged_regions(study, &[self.level]);
        if units.is_empty() {
            let levels: Vec<String> = study.regions.levels().iter().map(Level::to_string).collect();
            return Err(MetricError::Missing {
                what: format!("there are no judged regions of level {}", self.level),
                instead: format!("levels of this study: {}", levels.join(", ")),
            });
        }
        let by_kind: Vec<Belonging<'_>> = self
            .kind
            .iter()
            .map(|kind| {
                let of_kind = facilities.iter().filter(|facility| facility.kind == kind);
                Belonging::new(study, of_kind.map(|facility| (facility.home, true, Some(Weight::ONE))))
            })
            .collect();
        let mut synthetic = facilities.iter().any(|facility| facility.synthetic);
        let people = match &self.weight {
            Some(weight) => {
                let layer = demand_layer(study, self.demand.as_deref())?;
                synthetic |= layer.synthetic;
                Some(Belonging::of_demand(study, layer, weight_group(layer, Some(weight))?))
            }
            None => None,
        };
        let units: Vec<Unit> = units
            .into_iter()
            .map(|(_, region)| {
                let is_complete = is_complete(study, region, self.complete_for.as_deref());
                let standing = |belonging: &Belonging<'_>| {
                    let (sure, perhaps) = (belonging.of(region).count, belonging.perhaps(region).count);
                    let wanted = u64::from(self.at_least.get());
                    match sure >= wanted {
                        true => Standing::Present,
                        false if sure + perhaps >= wanted || !is_complete => Standing::Unknown,
                        false => Standing::Absent,
                    }
                };
                Unit {
                    region,
                    weight: people.as_ref().map_or(Weight::ONE, |people| people.of(region).sum),
                    counts: by_kind.iter().map(|belonging| belonging.of(region).count).collect(),
                    kinds: by_kind.iter().map(standing).collect(),
                }
            })
            .collect();
        let placed: Weight = units.iter().map(|unit| unit.weight).sum();
        let roughly = |facility: &&&Facility| match facility.home {
            Some(home) => study.regions.get(home).judged && study.regions.ancestor(home, self.level).is_none(),
            None => false,
        };
        Ok(Answer {
            roughly: facilities.iter().filter(roughly).count() as u64
                + by_kind.iter().map(|belonging| belonging.unknown.count).sum::<u64>(),
            outside: by_kind.iter().map(|belonging| belonging.outside.count).sum(),
            unplaced: people.map_or(Weight::ZERO, |people| people.judged.sum + people.unknown.sum - placed),
            params: self,
            study,
            facilities,
            units,
            synthetic,
        })
    }
}

impl Answer<'_> {
    /// The share of some regions, by the standing of all kinds or of one.
    fn figure<'u>(&self, units: impl Iterator<Item = &'u Unit>, kind: Option<usize>, unplaced: Weight) -> Figure {
        let [mut present, mut absent, mut unknown] = [Weight::ZERO, Weight::ZERO, unplaced];
        for unit in units {
            let standing = kind.map_or_else(|| unit.standing(), |kind| unit.kinds[kind]);
            *match standing {
                Standing::Present => &mut present,
                Standing::Absent => &mut absent,
                Standing::Unknown => &mut unknown,
            } += unit.weight;
        }
        Figure::share(present.to_f64(), (present + absent).to_f64(), unknown.to_f64())
    }

    fn whole(&self, kind: Option<usize>) -> Figure {
        let figure = self.figure(self.units.iter(), kind, self.unplaced);
        if figure.unknown <= 0.0 {
            return figure;
        }
        let count = self.units.iter().filter(|unit| unit.standing() == Standing::Unknown).count();
        let mut text = Text::new(
            format!("whether {count} of {} regions have one is not known", self.units.len()),
            format!("{}个区域中有{count}个是否具备未知", self.units.len()),
        );
        if self.unplaced > Weight::ZERO {
            let unplaced = thousands(self.unplaced.to_f64());
            text.en += &format!("; {unplaced} (by weight) are in no known region of the level");
            text.zh += &format!("；{unplaced}（按权重）所属区域未知");
        }
        figure.because(text)
    }

    /// Figures of the level itself and of those above, or of the levels asked for.
    fn regions(&self, over: &[Level]) -> Vec<RegionFigure> {
        let level = self.params.level;
        let usual: Vec<Level> = Level::ALL.into_iter().filter(|one| *one <= level).collect();
        let tree = &self.study.regions;
        judged_regions(self.study, if over.is_empty() { &usual } else { over })
            .into_iter()
            .map(|(level, region)| {
                let inside = self.units.iter().filter(|unit| tree.ancestor(unit.region, level) == Some(region));
                let figure = match inside.clone().next() {
                    Some(_) => self.figure(inside, None, Weight::ZERO),
                    None => Figure::share(0.0, 0.0, 0.0)
                        .because(Text::new("no region of the level in it", "其下无该层级区域")),
                };
                RegionFigure { region, level, figure }
            })
            .collect()
    }

    fn ledger(&self) -> WeightLedger {
        let sum = |wanted: Standing| {
            self.units.iter().filter(|unit| unit.standing() == wanted).map(|unit| unit.weight).sum::<Weight>()
        };
        let total = self.units.iter().map(|unit| unit.weight).sum::<Weight>() + self.unplaced;
        let mut parts = vec![
            ("present", sum(Standing::Present)),
            ("absent", sum(Standing::Absent)),
            ("unknown", sum(Standing::Unknown)),
        ];
        if self.params.weight.is_some() {
            parts.push(("without-region", self.unplaced));
        }
        WeightLedger { unit: self.params.weight.clone().unwrap_or_else(|| "regions".to_owned()), total, parts }
    }

    fn variants(&self) -> Vec<Variant> {
        let row = |code: &str, label: Text, figure: Figure, informative_only: bool| Variant {
            code: code.to_owned(),
            label,
            figure,
            others: Vec::new(),
            informative_only,
        };
        if self.params.kind.0.len() < 2 {
            return Vec::new();
        }
        let all = row("all", Text::new("every kind", "各类齐备"), self.whole(None), false);
        let each = self.params.kind.iter().enumerate().map(|(nth, kind)| {
            row(kind, Text::new(format!("{kind} alone"), format!("仅{kind}")), self.whole(Some(nth)), true)
        });
        std::iter::once(all).chain(each).collect()
    }

    /// How it was measured.
    pub fn caveat(&self) -> Text {
        let (kinds, (level_en, level_zh)) = (self.params.kind.told(), self.params.level.title());
        let (least, each) = (self.params.at_least, if self.params.kind.0.len() > 1 { "each of " } else { "" });
        let (weight_en, weight_zh) = match self.params.weight.as_deref() {
            None => ("each region counts the same".to_owned(), "各区域等权".to_owned()),
            Some("people") => ("weighed by people".to_owned(), "按人口加权".to_owned()),
            Some(other) => (format!("weighed by {other}"), format!("按{other}加权")),
        };
        Text::new(
            format!("regions of level {level_en} with at least {least} of {each}{kinds}; {weight_en}"),
            format!("具有至少{least}处{kinds}的{level_zh}占比；{weight_zh}"),
        )
    }

    fn named(&self, wanted: Standing) -> Vec<&str> {
        let named = self.units.iter().filter(|unit| unit.standing() == wanted);
        named.map(|unit| self.study.regions.get(unit.region).name.as_str()).collect()
    }

    /// Those without, and what absence means.
    fn notes(&self) -> Vec<Text> {
        let mut notes = Vec::new();
        for (standing, en, zh) in
            [(Standing::Absent, "without", "不具备"), (Standing::Unknown, "not known", "是否具备未知")]
        {
            let named = self.named(standing);
            if named.is_empty() {
                continue;
            }
            let (count, shown) = (named.len(), named.len().min(10));
            let (more_en, more_zh) = match count - shown {
                0 => (String::new(), String::new()),
                more => (format!(" and {more} more"), format!("等另{more}个")),
            };
            notes.push(Text::new(
                format!("{en} ({count}): {}{more_en}", named[..shown].join(", ")),
                format!("{zh}（{count}个）：{}{more_zh}", named[..shown].join("、")),
            ));
        }
        notes.push(self.caveat());
        if self.outside > 0 {
            notes.push(Text::new(
                format!(
                    "{} of {} facilities lie outside all regions and are nobody's",
                    self.outside,
                    self.facilities.len()
                ),
                format!("{}处设施中有{}处位于所有区域之外，未计入", self.facilities.len(), self.outside),
            ));
        }
        if self.roughly > 0 {
            notes.push(Text::new(
                format!("of {} facilities no region of the level is known: they may be in several", self.roughly),
                format!("{}处设施所属区域仅知上级或未知，可能属于其中多个区域", self.roughly),
            ));
        }
        notes.push(match &self.params.complete_for {
            None => Text::new(
                "absent means absent from the file; whether the file holds all of them is not known",
                "“不具备”指数据中没有；数据是否完整未知",
            ),
            Some(codes) => Text::new(
                format!("the file is said to hold every facility in regions with codes {}", codes.join(", ")),
                format!("数据声明完整的区域代码前缀：{}", codes.join("、")),
            ),
        });
        notes
    }

    /// How many regions more, and which: the heaviest first.
    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let mut missing = context.missing(headline)?.exact();
        let mut absent: Vec<&Unit> = self.units.iter().filter(|unit| unit.standing() != Standing::Present).collect();
        absent.sort_by_key(|unit| std::cmp::Reverse(unit.weight));
        let mut named = Vec::new();
        for unit in absent {
            if missing <= Weight::ZERO {
                break;
            }
            missing = missing - unit.weight;
            named.push(self.study.regions.get(unit.region).name.as_str());
        }
        let (more, shown) = (Noun::regions().more(&named.len().to_string()), named.len().min(5));
        Some(Text::new(
            format!("{} must have what is asked for, for example {}", more.en, named[..shown].join(", ")),
            format!("还需使 {}具备，例如{}", more.zh, named[..shown].join("、")),
        ))
    }
}

impl Metric for Presence {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        if let Some(small) = context.over.iter().find(|level| **level > self.level) {
            let what = format!("regions of level {small} (over) are smaller than those that are to have one");
            return Err(MetricError::Parameter { key: "level", what });
        }
        let answer = self.answer(context.study)?;
        let headline = answer.whole(None);
        let regions = answer.regions(context.over);
        let own = |unit: &Unit| RegionFigure {
            region: unit.region,
            level: self.level,
            figure: answer.figure(std::iter::once(unit), None, Weight::ZERO),
        };
        let units: Vec<RegionFigure> = answer.units.iter().map(own).collect();
        Ok(Output {
            closing_the_gap: answer.closing_the_gap(context, &headline),
            notes: answer.notes(),
            tables: presence_layers::tables(&answer, context, &units),
            units,
            evidence: presence_layers::evidence(&answer),
            outcomes: presence_layers::outcomes(&answer),
            variants: answer.variants(),
            weights: vec![answer.ledger()],
            synthetic: answer.synthetic,
            headline,
            regions,
            ..Output::default()
        })
    }

    fn check(&self) -> Result<(), MetricError> {
        self.kind.check()?;
        match (&self.demand, &self.weight) {
            (Some(_), None) => Err(MetricError::Parameter {
                key: "demand",
                what: "is not used without weight; write weight = \"people\", or leave demand out".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn kinds(&self) -> Vec<&str> {
        self.kind.iter().collect()
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
