//! Supply in a region over the people in it: beds, seats and doctors per thousand, places as a share of residents.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de;

use crate::base::idx::RegionIdx;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::noun::plural_of_group;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::fixed;
use crate::base::units::four_digits;
use crate::base::units::thousands;
use crate::base::units::trim_zeros;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::accessibility::Supply;
use crate::metrics::belonging::Belonging;
use crate::metrics::belonging::Kinds;
use crate::metrics::belonging::is_complete;
use crate::metrics::belonging::judged_regions;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::inequality::Spread;
use crate::metrics::missing::capacity_for;
use crate::metrics::reach::demand_layer;
use crate::metrics::reach::weight_group;
use crate::metrics::supply_layers;
use crate::model::demand::DemandLayer;
use crate::model::demand::WeightGroup;
use crate::model::facility::Facility;
use crate::model::region::Level;
use crate::model::study::Study;

/// How much of the capacity one person takes: the same everywhere, or kind by kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PerPerson {
    All(f64),
    ByKind(BTreeMap<String, f64>),
}

impl PerPerson {
    fn of(&self, kind: &str) -> Option<f64> {
        match self {
            PerPerson::All(each) => Some(*each),
            PerPerson::ByKind(kinds) => kinds.get(kind).copied(),
        }
    }
}

impl<'de> Deserialize<'de> for PerPerson {
    // by hand, because an untagged enum would lose the place of an error inside
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<PerPerson, D::Error> {
        struct Reader;
        impl<'de> de::Visitor<'de> for Reader {
            type Value = PerPerson;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a number, or a number for each kind")
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<PerPerson, E> {
                Ok(PerPerson::All(number))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<PerPerson, E> {
                Ok(PerPerson::All(number as f64))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, table: A) -> Result<PerPerson, A::Error> {
                BTreeMap::deserialize(de::value::MapAccessDeserializer::new(table)).map(PerPerson::ByKind)
            }
        }
        from.deserialize_any(Reader)
    }
}

impl JsonSchema for PerPerson {
    fn schema_name() -> Cow<'static, str> {
        "PerPerson".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "number" },
            { "type": "object", "additionalProperties": { "type": "number" } },
        ] })
    }
}

/// `measure.supply-ratio`: supply in a region over the people in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SupplyRatio {
    /// Kind of facility that gives the supply, or a list of kinds whose supply is added up.
    pub kind: Kinds,
    /// What a facility has to give.
    #[serde(default)]
    pub supply: Supply,
    /// How much of the capacity one person takes, e.g. 2 for m² and 2 m² each, or a number for each kind. The figure is then a share: places over
    /// people. Left out, it is supply per person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_person: Option<PerPerson>,
    /// The demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// Who is counted: `people`, `count`, or another group of the demand layer. May be left out only when the layer has `people`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Code prefixes of the regions for which the files hold every such facility there is; elsewhere the figure is "at least". Left out, they are
    /// taken to hold all of them everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete_for: Option<Vec<String>>,
}

/// The whole answer.
pub(crate) struct Answer<'a> {
    pub params: &'a SupplyRatio,
    pub study: &'a Study,
    pub layer: &'a DemandLayer,
    pub group: &'a WeightGroup,
    pub facilities: Vec<&'a Facility>,
    /// What each of them gives, in places where `per-person` says so; `None` when it is not known.
    pub supply: Vec<Option<Weight>>,
    pub given: Belonging<'a>,
    pub people: Belonging<'a>,
    pub synthetic: bool,
}

impl SupplyRatio {
    /// The unit of its figures.
    pub fn unit(&self) -> FigureUnit {
        if self.per_person.is_some() { FigureUnit::Share } else { FigureUnit::Rate }
    }

    fn answer<'a>(&'a self, study: &'a Study) -> Result<Answer<'a>, MetricError> {
        let layer = demand_layer(study, self.demand.as_deref())?;
        let group = weight_group(layer, self.weight.as_deref())?;
        let facilities = self.kind.facilities(study)?;
        let gives = |facility: &&Facility| {
            let amount = match self.supply {
                Supply::Capacity => facility.capacity?,
                Supply::Count => 1.0,
            };
            let each = self.per_person.as_ref().map_or(Some(1.0), |per| per.of(&facility.kind))?;
            Weight::from_f64(amount / each)
        };
        let supply: Vec<Option<Weight>> = facilities.iter().map(gives).collect();
        if supply.iter().all(Option::is_none) {
            return Err(MetricError::Missing {
                what: format!("no facility of kind {} has a capacity", self.kind.told()),
                instead:
                    "name its field with capacity = \"…\" where the facilities are read, or write supply = \"count\""
                        .to_owned(),
            });
        }
        let things = facilities.iter().zip(&supply).map(|(facility, supply)| (facility.home, true, *supply));
        Ok(Answer {
            given: Belonging::new(study, things),
            people: Belonging::of_demand(study, layer, group),
            synthetic: layer.synthetic || facilities.iter().any(|facility| facility.synthetic),
            params: self,
            study,
            layer,
            group,
            facilities,
            supply,
        })
    }
}

impl Answer<'_> {
    fn is_complete(&self, region: RegionIdx) -> bool {
        is_complete(self.study, region, self.params.complete_for.as_deref())
    }

    /// The figure of all that is judged.
    fn whole(&self) -> Figure {
        let (given, perhaps) = (self.given.judged, self.given.unknown);
        let has_all = self.params.complete_for.is_none()
            || judged_regions(self.study, &Level::ALL).first().is_some_and(|(smallest, _)| {
                judged_regions(self.study, &[*smallest]).iter().all(|(_, region)| self.is_complete(*region))
            });
        let is_known = has_all && given.without + perhaps.without == 0;
        let (people, unknown) = (self.people.judged, self.people.unknown);
        let figure = Figure::ratio(
            self.params.unit(),
            given.sum.to_f64(),
            people.sum.to_f64(),
            unknown.sum.to_f64(),
            is_known.then(|| perhaps.sum.to_f64()),
        );
        self.with_reason(figure, given.without + perhaps.without, has_all)
    }

    /// The figure of a region.
    fn of(&self, region: RegionIdx) -> Figure {
        let (given, perhaps) = (self.given.of(region), self.given.perhaps(region));
        let (people, unknown) = (self.people.of(region), self.people.perhaps(region));
        let is_complete = self.is_complete(region);
        let is_known = is_complete && given.without + perhaps.without == 0;
        let figure = Figure::ratio(
            self.params.unit(),
            given.sum.to_f64(),
            people.sum.to_f64(),
            unknown.sum.to_f64(),
            is_known.then(|| perhaps.sum.to_f64()),
        );
        let figure = Figure { points: Some(people.count), ..figure };
        self.with_reason(figure, given.without + perhaps.without, is_complete)
    }

    fn with_reason(&self, figure: Figure, without: u64, is_complete: bool) -> Figure {
        if figure.not_applicable {
            return figure.because(Text::new("nobody is counted in it", "区域内无计入人口"));
        }
        if figure.is_certain() {
            return figure;
        }
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        if without > 0 {
            en.push(format!("the capacity of {without} facilities is not known, so that it is at least this"));
            zh.push(format!("{without}处设施容量未知，数值为下限"));
        }
        if !is_complete {
            en.push("the file does not claim to hold every facility there, so that it is at least this".to_owned());
            zh.push("设施数据未声明完整，数值为下限".to_owned());
        }
        if figure.unknown > 0.0 {
            let unknown = thousands(figure.unknown);
            en.push(format!("the region of {unknown} (by weight) is not known"));
            zh.push(format!("{unknown}（按权重）所属区域未知"));
        }
        if en.is_empty() {
            en.push("the region of some facilities is known only roughly".to_owned());
            zh.push("部分设施所属区域仅知上级".to_owned());
        }
        figure.because(Text::new(en.join("; "), zh.join("；")))
    }

    fn ledger(&self) -> WeightLedger {
        WeightLedger {
            unit: self.group.name.clone(),
            total: self.people.judged.sum + self.people.unknown.sum,
            parts: vec![("in-regions", self.people.judged.sum), ("without-region", self.people.unknown.sum)],
        }
    }

    /// What the supply is called: places, capacity or facilities.
    pub fn what(&self) -> (&'static str, &'static str) {
        match (&self.params.per_person, self.params.supply) {
            (Some(_), _) => ("places", "容纳人数"),
            (None, Supply::Capacity) => ("capacity", "容量"),
            (None, Supply::Count) => ("facilities", "设施数"),
        }
    }

    /// Who is counted.
    pub fn who(&self) -> (&str, &str) {
        plural_of_group(&self.group.name)
    }

    /// How it was measured.
    pub fn caveat(&self) -> Text {
        let (what, who) = (self.what(), self.who());
        let kinds = self.params.kind.told();
        let mut text = Text::new(
            format!(
                "{} of {kinds} over {} of \"{}\", both by the region that they name or lie in, wherever people go",
                what.0, who.0, self.layer.name
            ),
            format!("{kinds}的{}与“{}”的{}之比，均按所属区域统计，不考虑跨区使用", what.1, self.layer.name, who.1),
        );
        let each = match &self.params.per_person {
            None => String::new(),
            Some(PerPerson::All(each)) => trim_zeros(*each, 6),
            Some(PerPerson::ByKind(kinds)) => {
                let kinds = kinds.iter().map(|(kind, each)| format!("{kind} {}", trim_zeros(*each, 6)));
                kinds.collect::<Vec<_>>().join(", ")
            }
        };
        if !each.is_empty() {
            text.en += &format!("; capacity that one of them takes: {each}");
            text.zh += &format!("；每人占用容量：{each}");
        }
        text
    }

    /// What is not counted, and what absence means.
    fn gaps(&self) -> Vec<Text> {
        let mut notes = Vec::new();
        let all = self.facilities.len();
        let without = self.supply.iter().filter(|supply| supply.is_none()).count();
        if without > 0 {
            notes.push(Text::new(
                format!("{without} of {all} facilities have no known capacity: neither empty nor full, their regions have \"at least\""),
                format!("{all}处设施中有{without}处容量未知，所在区域的数值为下限"),
            ));
        }
        let outside = self.given.outside.count;
        if outside > 0 {
            notes.push(Text::new(
                format!("{outside} of {all} facilities lie outside all regions and are not counted"),
                format!("{all}处设施中有{outside}处位于所有区域之外，未计入"),
            ));
        }
        let people = self.people.outside;
        if people.count > 0 {
            notes.push(Text::new(
                format!("{} points ({}) lie outside all regions and are not counted", people.count, people.sum),
                format!("{}个需求点（{}）位于所有区域之外，未计入", people.count, people.sum),
            ));
        }
        let unknown = self.people.unknown;
        if unknown.count > 0 {
            notes.push(Text::new(
                format!(
                    "the region of {} points ({}) is not known: every figure allows for them",
                    unknown.count, unknown.sum
                ),
                format!("{}个需求点（{}）所属区域未知，各项数值已考虑其影响", unknown.count, unknown.sum),
            ));
        }
        notes.push(match &self.params.complete_for {
            None => Text::new(
                "a region without such a facility has none in the file; whether the file holds all of them is not known",
                "“无设施”指数据中没有；数据是否完整未知",
            ),
            Some(codes) => Text::new(
                format!("the file is said to hold every facility in regions with codes {}", codes.join(", ")),
                format!("数据声明完整的区域代码前缀：{}", codes.join("、")),
            ),
        });
        notes
    }

    /// A value for people.
    pub fn shown(&self, value: f64) -> String {
        match self.params.unit() {
            FigureUnit::Share => format!("{} %", trim_zeros((value * 1000.0 * (1.0 + 1e-12)).floor() / 10.0, 1)),
            _ => format!("{} per 1000", four_digits(value * 1000.0)),
        }
    }

    /// How the figures of the regions of each level are spread.
    fn spread(&self, regions: &[RegionFigure]) -> Vec<Text> {
        let mut notes = Vec::new();
        for of_level in regions.chunk_by(|x, y| x.level == y.level) {
            let certain: Vec<(&RegionFigure, f64)> = of_level
                .iter()
                .filter(|found| found.figure.is_certain())
                .filter_map(|found| Some((found, found.figure.value?)))
                .collect();
            let least = certain.iter().min_by(|x, y| x.1.total_cmp(&y.1));
            let most = certain.iter().rev().max_by(|x, y| x.1.total_cmp(&y.1));
            let (Some(least), Some(most), 2..) = (least, most, certain.len()) else { continue };
            let people = |found: &RegionFigure| Weight::from_f64(found.figure.whole.unwrap_or(0.0));
            let spread =
                Spread::new(certain.iter().map(|(found, value)| (*value, people(found).unwrap_or(Weight::ZERO))));
            let gini = spread.and_then(|spread| spread.gini());
            let gini = gini.map_or("–".to_owned(), |gini| fixed(gini, 3));
            let name = |found: &RegionFigure| self.study.regions.get(found.region).name.as_str();
            let (level, count, all) = (of_level[0].level.title(), certain.len(), of_level.len());
            notes.push(Text::new(
                format!(
                    "by {}: from {} ({}) to {} ({}), Gini coefficient between them {gini}, weighted; {count} of {all} have a certain figure",
                    level.0,
                    self.shown(least.1),
                    name(least.0),
                    self.shown(most.1),
                    name(most.0)
                ),
                format!(
                    "按{}：最低{}（{}），最高{}（{}），区域间加权基尼系数 {gini}；{all}个中{count}个有确定数值",
                    level.1,
                    self.shown(least.1),
                    name(least.0),
                    self.shown(most.1),
                    name(most.0)
                ),
            ));
        }
        notes
    }

    /// Places that are wanted, and the capacity that they take.
    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let per = self.params.per_person.as_ref()?;
        let missing = context.missing(headline)?;
        let places = missing.shown();
        let (are, noun) = (missing.are(), Noun::new("place", "places", "人"));
        let more = noun.more(&places).en;
        Some(match per {
            PerPerson::All(each) => {
                let capacity = thousands(capacity_for(missing.whole(), *each));
                Text::new(
                    format!("{more} {are} wanted ({capacity} of capacity)"),
                    format!("还需增加可容纳 {places} 人的容量（{capacity}）"),
                )
            }
            PerPerson::ByKind(_) => {
                Text::new(format!("{more} {are} wanted"), format!("还需增加可容纳 {places} 人的容量"))
            }
        })
    }
}

impl Metric for SupplyRatio {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        let answer = self.answer(context.study)?;
        let headline = answer.whole();
        let regions: Vec<RegionFigure> = judged_regions(context.study, context.over)
            .into_iter()
            .map(|(level, region)| RegionFigure { region, level, figure: answer.of(region) })
            .collect();
        let mut notes = vec![answer.caveat()];
        notes.extend(answer.spread(&regions));
        notes.extend(answer.gaps());
        Ok(Output {
            closing_the_gap: answer.closing_the_gap(context, &headline),
            notes,
            tables: supply_layers::tables(&answer, context, &regions),
            evidence: supply_layers::evidence(&answer, &regions),
            issues: supply_layers::issues(&answer),
            weights: vec![answer.ledger()],
            synthetic: answer.synthetic,
            headline,
            regions,
            ..Output::default()
        })
    }

    fn check(&self) -> Result<(), MetricError> {
        self.kind.check()?;
        let wrong = |what: String| Err(MetricError::Parameter { key: "per-person", what });
        if self.per_person.is_some() && self.supply == Supply::Count {
            return wrong("a facility is no capacity that people take up; leave per-person or supply out".to_owned());
        }
        let Some(per) = &self.per_person else { return Ok(()) };
        if let PerPerson::ByKind(kinds) = per
            && let Some(other) = kinds.keys().find(|kind| !self.kind.iter().any(|own| own == kind.as_str()))
        {
            return wrong(format!("\"{other}\" is none of the kinds {}", self.kind.told()));
        }
        for kind in self.kind.iter() {
            match per.of(kind) {
                Some(each) if each.is_finite() && each > 0.0 => {}
                Some(_) => {
                    return wrong("must be more than 0: how much of the capacity one person takes up".to_owned());
                }
                None => return wrong(format!("says nothing of \"{kind}\"; give a number for each kind")),
            }
        }
        Ok(())
    }

    fn kinds(&self) -> Vec<&str> {
        self.kind.iter().collect()
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
