//! One point's way to its facility, for `explain`: which facility, how far, by which legs, along which line.

use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;

use crate::base::same::is_within;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::Want;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::segments::OffStreet;
use crate::impedance::street::Route;
use crate::metrics::MetricError;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Parties;
use crate::metrics::reach::Question;
use crate::metrics::reach::demand_layer;
use crate::metrics::reach::engine;
use crate::metrics::reach::known_services;
use crate::metrics::reach::weight_group;
use crate::metrics::reach_layers::off_street;
use crate::metrics::ridden::Ridden;
use crate::metrics::ridden::ridden;
use crate::model::demand::DemandLayer;
use crate::model::facility::Facility;
use crate::model::place::Place;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Row;
use crate::table::Value;

/// A point with its way, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Way<'a> {
    pub point: String,
    pub name: String,
    pub weight: Weight,
    /// What the weight is: `people`, `count` or a group.
    pub weighed_by: &'a str,
    pub unit: CostUnit,
    pub direction: Direction,
    /// Nothing is known of the services around it: the cost is the most that the way takes, and where there is none there may be one.
    pub is_at_most: bool,
    pub outcome: Outcome,
}

/// What became of a point.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The facility that the metric means, its cost, the legs where one goes along streets or by transit, and the line, as it is travelled.
    Found { facility: Box<Facility>, cost: f64, route: Option<Route>, ridden: Option<Ridden>, line: Vec<Place> },
    /// The place of the point is not known.
    NoPlace,
    /// It is not on the streets.
    Off(OffStreet),
    /// No facility counts for it, or there is no way to one.
    NoWay,
}

impl Way<'_> {
    /// The way in sentences: who, to where and how far, then the legs. `limit` is what the cost is judged by, where there is one.
    pub fn told(&self, limit: Option<f64>) -> Vec<Text> {
        let who = if self.name == self.point { self.point.clone() } else { format!("{} ({})", self.name, self.point) };
        let zh_weight = match self.weighed_by {
            "people" => "人口",
            "count" => "点数",
            other => other,
        };
        let mut lines = vec![Text::new(
            format!("{who}: {} {}", self.weight, self.weighed_by),
            format!("{who}：{zh_weight} {}", self.weight),
        )];
        let silent = |en: &str, zh: &str| {
            let text = Text::new("nothing is known of the services around it: ", "周边公交服务无数据：");
            Text::new(text.en + en, text.zh + zh)
        };
        let (facility, cost, route, ridden) = match &self.outcome {
            Outcome::Found { facility, cost, route, ridden, .. } => (facility, *cost, route, ridden),
            Outcome::NoPlace => {
                lines.push(Text::new("its place is not known", "位置未知"));
                return lines;
            }
            Outcome::Off(why) => {
                let (en, zh) = off_street(why);
                lines.push(Text::new(en, zh));
                return lines;
            }
            Outcome::NoWay => {
                lines.push(Text::new("no facility that counts can be reached", "没有可达的有效设施"));
                if self.is_at_most {
                    lines.push(silent("there may be a way", "或有可达路径"));
                }
                return lines;
            }
        };
        let shown = self.unit.shown(cost);
        let verdict = limit.map(|limit| {
            let limit_shown = self.unit.shown(limit);
            match is_within(cost, limit) {
                true => (format!(", within {limit_shown}"), format!("，在{limit_shown}之内")),
                false => {
                    let more = self.unit.shown(cost - limit);
                    (format!(", {more} more than {limit_shown}"), format!("，超出{limit_shown}达{more}"))
                }
            }
        });
        let (more_en, more_zh) = verdict.unwrap_or_default();
        let (word_en, word_zh) = match self.direction {
            Direction::ToFacility => ("to", "至"),
            Direction::FromFacility => ("from", "自"),
        };
        let name = if facility.name == facility.id {
            facility.id.clone()
        } else {
            format!("{} ({})", facility.name, facility.id)
        };
        lines.push(Text::new(
            format!("{word_en} {name}: {shown}{more_en}"),
            format!("{word_zh}{name}：{shown}{more_zh}"),
        ));
        if self.is_at_most {
            lines.push(match limit {
                Some(limit) if !is_within(cost, limit) => {
                    silent("whether it is within the limit is not known", "是否在限值内未知")
                }
                _ => silent("that is the most that the way takes", "以上为用时上限"),
            });
        }
        if let Some(ridden) = ridden {
            let indented = |text: Text| Text::new(format!("  {}", text.en), format!("  {}", text.zh));
            lines.extend(ridden.steps.iter().map(|step| indented(step.told())));
            let of = &ridden.of;
            let total = Text::new(format!("total {shown}: {}", of.en), format!("合计 {shown}：{}", of.zh));
            lines.push(indented(total));
        }
        if let Some(route) = route {
            let leg = |metres: f64, seconds: f64| {
                format!("{} ({})", CostUnit::Metres.shown(metres), CostUnit::Seconds.shown(seconds))
            };
            let legs = match route.is_over_cells {
                false => [
                    ("straight to the street", "直线至道路"),
                    ("along streets", "沿道路"),
                    ("straight from the street", "离开道路后直线"),
                ],
                true => [
                    ("straight to the middle of the cell", "直线至网格中心"),
                    ("over cells", "沿网格"),
                    ("straight from the middle of the cell", "离开网格中心后直线"),
                ],
            };
            let costs =
                [(route.off_m[0], route.off_s[0]), (route.street_m, route.street_s), (route.off_m[1], route.off_s[1])];
            for ((en, zh), (metres, seconds)) in legs.into_iter().zip(costs) {
                let shown = leg(metres, seconds);
                lines.push(Text::new(format!("  {shown} {en}"), format!("  {zh} {shown}")));
            }
        }
        lines
    }
}

/// The fields of a table of ways.
pub fn fields() -> Vec<Field> {
    vec![
        Field::new("indicator", FieldKind::Text, "Indicator", "指标"),
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
        Field::new("facility_name", FieldKind::Text, "Facility's name", "设施名称"),
        Field::new("cost", FieldKind::Real, "Cost, m or s", "成本（米或秒）"),
        Field::new("off_m", FieldKind::Real, "Off the streets, m", "道路外距离（米）"),
        Field::new("street_m", FieldKind::Real, "Along streets, m", "沿道路距离（米）"),
        Field::new("street_s", FieldKind::Real, "Along streets, s", "沿道路用时（秒）"),
    ]
}

impl Way<'_> {
    /// The way as a feature with [`fields`]; `None` where there is none.
    pub fn row(&self, indicator: &str) -> Option<Row> {
        let Outcome::Found { facility, cost, route, line, .. } = &self.outcome else { return None };
        let line = LineString(line.iter().map(|place| place.lonlat.coord()).collect());
        let leg = |of: fn(&Route) -> f64| Value::from(route.as_ref().map(of));
        Some(Row {
            geometry: Some(Geometry::MultiLineString(MultiLineString(vec![line]))),
            values: vec![
                indicator.into(),
                self.point.as_str().into(),
                self.name.as_str().into(),
                facility.id.as_str().into(),
                facility.name.as_str().into(),
                Value::Real(*cost),
                leg(|route| route.off_m[0] + route.off_m[1]),
                leg(|route| route.street_m),
                leg(|route| route.street_s),
            ],
        })
    }
}

/// The ways of all points of a question's layer that have this id or name, in the order of the layer; none where there is no such
/// point. The way is that of the cost that the metric judges by: of the `nth` facility, among those that count.
/// # Errors
/// As [`crate::metrics::reach::Reach::new`].
pub(crate) fn ways<'a>(study: &'a Study, question: &Question<'_>, id: &str) -> Result<Vec<Way<'a>>, MetricError> {
    let parties = Parties::new(study, question)?;
    ways_among(study, question, parties.layer, &parties, id)
}

/// The same to places that are no facilities of the study.
/// # Errors
/// As [`crate::metrics::reach::Reach::to`].
pub(crate) fn ways_to<'a>(
    study: &'a Study,
    question: &Question<'_>,
    places: &[&Facility],
    id: &str,
) -> Result<Vec<Way<'a>>, MetricError> {
    let layer = demand_layer(study, question.demand)?;
    ways_among(study, question, layer, &Parties::with(study, question, places.to_vec())?, id)
}

fn ways_among<'a>(
    study: &'a Study,
    question: &Question<'_>,
    layer: &'a DemandLayer,
    parties: &Parties<'_>,
    id: &str,
) -> Result<Vec<Way<'a>>, MetricError> {
    let group = weight_group(layer, question.weight)?;
    let points: Vec<usize> = (0..layer.len()).filter(|at| layer.id(*at) == id || layer.point_name(*at) == id).collect();
    if points.is_empty() {
        return Ok(Vec::new());
    }
    let networks = Networks::new(study);
    let transit = (question.by == By::Transit).then(|| networks.by_transit(question.direction)).transpose()?;
    let places: Vec<Place> = parties.facilities.iter().map(|facility| facility.at).collect();
    let engine = engine(&networks, question)?;
    let prepared = engine.prepare(&study.plane, &places);
    let known = known_services(study, question.by);
    let want = if question.nth > 1 { Want::First(question.nth) } else { Want::Nearest };
    let outcome = |at: usize| {
        let Some(origin) = layer.at[at] else { return Outcome::NoPlace };
        if let Err(why) = prepared.snapped(&origin) {
            return Outcome::Off(why);
        }
        let row = prepared.row(&origin, want, &|destination| parties.admits(at, destination));
        let Some((destination, cost)) = row.get(question.nth - 1).copied() else { return Outcome::NoWay };
        let facility = parties.facilities[destination as usize];
        let route = prepared.route(&origin, destination, &facility.at);
        let point_name = layer.point_name(at);
        let ends = match question.direction {
            Direction::ToFacility => (&origin, &facility.at, facility.name.as_str()),
            Direction::FromFacility => (&facility.at, &origin, point_name.as_ref()),
        };
        let ridden = transit.as_ref().and_then(|engine| ridden(engine, &origin, &places, (destination, cost), ends));
        let line = match (&route, &ridden) {
            (Some(route), _) => route.places.clone(),
            (None, Some(ridden)) => ridden.line.clone(),
            (None, None) => vec![*ends.0, *ends.1],
        };
        Outcome::Found { facility: Box::new(facility.clone()), cost, route, ridden, line }
    };
    let way = |at: usize| Way {
        point: layer.id(at).into_owned(),
        name: layer.point_name(at).into_owned(),
        weight: group.weights[at],
        weighed_by: &group.name,
        unit: question.unit,
        direction: question.direction,
        is_at_most: layer.at[at].is_some() && known.as_ref().is_some_and(|known| !known.has_data(layer.home[at])),
        outcome: outcome(at),
    };
    Ok(points.into_iter().map(way).collect())
}
