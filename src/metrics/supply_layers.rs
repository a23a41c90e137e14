//! The layers of `supply-ratio`: regions by ratio with their rank, facilities with what they give; and its lines of evidence.

use geo_types::Geometry;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::RegionFigure;
use crate::metrics::belonging::Whereabouts;
use crate::metrics::figure::FigureUnit;
use crate::metrics::layer;
use crate::metrics::reach_layers::quartiles;
use crate::metrics::supply_ratio::Answer;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Shape;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::palette;
use crate::table::style::rising;

/// All layers, those without a row left out.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>, regions: &[RegionFigure]) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str, geometry: GeometryKind| {
        layer::blank(context, suffix, (en, zh), geometry, (answer.caveat(), answer.synthetic))
    };
    let target = context.target_share.map(|target| target.0);
    let mut tables = vec![
        region_table(answer, regions, target, make("regions", "by region", "分区结果", GeometryKind::MultiPolygon)),
        facility_table(answer, make("facilities", "supply by facility", "设施供给", GeometryKind::Point)),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

/// The place of a region among those of its level with a certain figure, from 1 for the highest; equal figures have equal places.
fn rank(regions: &[RegionFigure], of: &RegionFigure) -> Option<u64> {
    let value = of.figure.value.filter(|_| of.figure.is_certain())?;
    let others = regions.iter().filter(|other| other.level == of.level && other.figure.is_certain());
    let above = others.filter_map(|other| other.figure.value).filter(|other| *other > value).count();
    Some(above as u64 + 1)
}

fn region_table(answer: &Answer<'_>, regions: &[RegionFigure], target: Option<f64>, mut table: Table) -> Table {
    let (what, who) = (answer.what(), answer.who());
    table.fields = layer::region_fields();
    table.fields.extend([
        Field::new("rank", FieldKind::Int, "Rank, the highest first", "排名（由高到低）"),
        Field::new("facilities", FieldKind::Int, "Facilities", "设施数"),
        Field::new("no_amount", FieldKind::Int, "Of these without a known capacity", "其中容量未知"),
        Field::new("supply", FieldKind::Real, &format!("Supply ({})", what.0), &format!("供给（{}）", what.1)),
        Field::new("people", FieldKind::Real, &format!("Counted ({})", who.0), &format!("计入（{}）", who.1)),
        Field::new("unknown", FieldKind::Real, "Perhaps in it too", "可能属于该区域"),
    ]);
    let is_share = answer.params.unit() == FigureUnit::Share;
    let scale = if is_share { 1.0 } else { 1000.0 };
    table.rows = layer::region_rows(answer.study, regions, scale, &|found| {
        let given = answer.given.of(found.region);
        let mut values =
            vec![rank(regions, found).map_or(Value::Null, Value::from), given.count.into(), given.without.into()];
        values.extend(layer::shares(found));
        values
    });
    let classes = if is_share {
        layer::rate_classes("value", target)
    } else {
        let unit = (format!("per 1000 {}", who.0), format!("/千{}", who.1));
        let bounds = quartiles(layer::known_values(&table));
        rising("value", &bounds, (&unit.0, &unit.1), &|_, color| layer::region_fill(color))
    };
    table.style = Some(layer::region_style(classes, Some("label")));
    table
}

const STATES: &[(&str, &str, &str)] = &[
    ("counted", "counted", "已计入"),
    ("amount-unknown", "capacity not known", "容量未知"),
    ("context", "in a region that is not judged", "位于不参与评价的区域"),
    ("outside", "outside all regions", "位于所有区域之外"),
    ("region-unknown", "region not known", "所属区域未知"),
];

fn facility_table(answer: &Answer<'_>, mut table: Table) -> Table {
    let what = answer.what();
    table.fields = vec![
        Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("kind", FieldKind::Text, "Kind", "类别"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("capacity", FieldKind::Real, "Capacity", "容量"),
        Field::new("supply", FieldKind::Real, &format!("Supply ({})", what.0), &format!("供给（{}）", what.1)),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(STATES),
    ];
    for (facility, supply) in answer.facilities.iter().zip(&answer.supply) {
        let state = match (Whereabouts::of(answer.study, facility.home, true), supply) {
            (Whereabouts::Judged(_), Some(_)) => STATES[0].0,
            (Whereabouts::Judged(_), None) => STATES[1].0,
            (Whereabouts::Context(_), _) => STATES[2].0,
            (Whereabouts::Outside, _) => STATES[3].0,
            (Whereabouts::Unknown, _) => STATES[4].0,
        };
        let region = facility.home.map(|home| answer.study.regions.get(home).name.as_str());
        table.rows.push(Row {
            geometry: Some(Geometry::Point(facility.at.lonlat.point())),
            values: vec![
                facility.id.as_str().into(),
                facility.name.as_str().into(),
                facility.kind.as_str().into(),
                region.into(),
                facility.capacity.into(),
                supply.map(Weight::to_f64).into(),
                state.into(),
            ],
        });
    }
    let marker = |shape, color| Symbol::Marker { shape, color, size_mm: 2.4, outline: "#1a1a1a" };
    let symbols = [
        marker(Shape::Square, palette::VERDICT[1]),
        marker(Shape::Square, "#bdbdbd"),
        marker(Shape::Circle, "#ffffff"),
        marker(Shape::XMark, "#4d4d4d"),
        marker(Shape::Triangle, "#bdbdbd"),
    ];
    let classes = STATES
        .iter()
        .zip(symbols)
        .map(|((word, en, zh), symbol)| Class::equals("state", word, Text::new(*en, *zh), symbol))
        .collect();
    table.style = Some(Style { classes, label: None, opacity: 1.0, visible: false, group: Group::Evidence });
    table
}

/// One line for each region of the smallest level.
pub(crate) fn evidence(answer: &Answer<'_>, regions: &[RegionFigure]) -> Vec<Evidence> {
    let smallest = regions.iter().map(|found| found.level).max();
    let line = |found: &RegionFigure| {
        let (region, figure) = (answer.study.regions.get(found.region), &found.figure);
        let (given, who) = (answer.given.of(found.region), answer.who());
        let state = match (figure.value, figure.is_certain()) {
            (None, _) if figure.not_applicable => "nobody",
            (None, _) => "no-data",
            (Some(_), false) => "not-certain",
            (Some(_), true) if given.count == 0 => "no-facility",
            (Some(_), true) => "supplied",
        };
        let supply = thousands(figure.part.unwrap_or(0.0).floor());
        let people = thousands(figure.whole.unwrap_or(0.0));
        let value = figure.value.map_or("–".to_owned(), |value| answer.shown(value));
        let (mut en, mut zh) = (
            format!(
                "{} ({}): {} facilities with {supply} for {people} {}: {value}",
                region.name, region.code, given.count, who.0
            ),
            format!(
                "{}（{}）：{}处设施，供给 {supply}，{people} {}：{value}",
                region.name, region.code, given.count, who.1
            ),
        );
        if let Some(reason) = &figure.reason {
            en += &format!("; {}", reason.en);
            zh += &format!("；{}", reason.zh);
        }
        Evidence {
            key: region.code.clone(),
            state,
            about: vec![region.code.clone(), region.name.clone()],
            text: Text::new(en, zh),
        }
    };
    regions.iter().filter(|found| Some(found.level) == smallest).map(line).collect()
}

/// Facilities whose capacity is not known.
pub(crate) fn issues(answer: &Answer<'_>) -> Vec<Issue> {
    let unknown = answer.facilities.iter().zip(&answer.supply).filter(|(_, supply)| supply.is_none());
    unknown
        .map(|(facility, _)| {
            let what = format!(
                "{}: its capacity is not known; the supply of its region is at least what is known",
                facility.name
            );
            Issue::new(Severity::Warning, "facility-without-capacity", &facility.kind, what).with_id(&facility.id)
        })
        .collect()
}
