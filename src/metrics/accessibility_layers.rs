//! The layers of `accessibility`: regions by their figure, points by what they have, facilities by how many share them.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::trim_zeros;
use crate::metrics::Context;
use crate::metrics::RegionFigure;
use crate::metrics::accessibility::Answer;
use crate::metrics::accessibility::Standing;
use crate::metrics::accessibility_report::caveat;
use crate::metrics::figure::FigureUnit;
use crate::metrics::floating_catchment::Method;
use crate::metrics::layer;
use crate::metrics::reach_layers::MOST_CELLS;
use crate::metrics::reach_layers::quartiles;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Label;
use crate::table::style::Shape;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::excluding;
use crate::table::style::including;
use crate::table::style::palette;
use crate::table::style::rising;

/// All layers, those without a row left out.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>, regions: &[RegionFigure]) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str, geometry: GeometryKind| {
        layer::blank(context, suffix, (en, zh), geometry, (caveat(answer), answer.synthetic))
    };
    let target = context.target_share.map(|target| target.0);
    let area = GeometryKind::MultiPolygon;
    let mut tables = vec![
        region_table(answer, regions, target, make("regions", "by region", "分区结果", area)),
        point_table(answer, make("points", "supply within reach", "各点可达供给", GeometryKind::Point)),
        facility_table(answer, make("facilities", "who shares each facility", "设施负荷", GeometryKind::Point)),
        unplaced_table(answer, make("without_place", "demand without a place", "位置未知的需求", GeometryKind::None)),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

/// What stands behind a value: `per 1000 people`.
fn unit(answer: &Answer<'_>) -> (String, String) {
    let (who_en, who_zh) = answer.who();
    match answer.params.method {
        Method::Inverted => return (format!("{who_en} per unit of supply"), format!("{who_zh}/单位供给")),
        method if !method.is_rate() => return (String::new(), String::new()),
        _ => {}
    }
    let per = trim_zeros(answer.params.scale(), 6);
    (format!("per {per} {who_en}"), format!("/{per}{who_zh}"))
}

fn region_table(answer: &Answer<'_>, regions: &[RegionFigure], target: Option<f64>, mut table: Table) -> Table {
    table.fields = layer::region_fields();
    table.fields.extend([
        Field::new("served", FieldKind::Real, "Weight at the level", "达标量"),
        Field::new("known", FieldKind::Real, "Weight with data", "有数据总量"),
        Field::new("unknown", FieldKind::Real, "Weight without data", "无数据量"),
    ]);
    let is_share = answer.params.unit() == FigureUnit::Share;
    let scale = if is_share { 1.0 } else { answer.params.scale() };
    table.rows = layer::region_rows(answer.study, regions, scale, &layer::shares);
    let classes = match is_share {
        true => layer::rate_classes("value", target),
        false => {
            let (en, zh) = unit(answer);
            let bounds = quartiles(layer::known_values(&table));
            rising("value", &bounds, (&en, &zh), &|_, color| layer::region_fill(color))
        }
    };
    table.style = Some(layer::region_style(classes, Some("label")));
    table
}

fn point_table(answer: &Answer<'_>, mut table: Table) -> Table {
    let (en, zh) = unit(answer);
    let (access_en, access_zh) = match answer.params.method {
        Method::Inverted => (format!("Crowding met, {en}"), format!("所遇拥挤程度（{zh}）")),
        Method::Agents => ("Cost of crowding and travel".to_owned(), "拥挤与出行综合成本".to_owned()),
        _ => (format!("Supply {en}"), format!("供给{zh}")),
    };
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Weight", "权重"),
        Field::new("access", FieldKind::Real, &access_en, &access_zh),
        Field::new("least", FieldKind::Real, "At least", "至少"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(&[
            ("known", "known", "已知"),
            ("supply-unknown", "a supply within reach is not known", "可达设施供给未知"),
            ("nowhere", "nowhere to go within the limit", "限值内无处可去"),
            ("no-service-data", "nothing known of its services", "公交服务无数据"),
            ("off-network", "off the network", "不在网络上"),
        ]),
        Field::new("served", FieldKind::Bool, "At the level", "达标"),
    ];
    if answer.params.method == Method::Inverted {
        table.fields.push(Field::new("uncrowded", FieldKind::Real, "Share that meets no more", "未超限比例"));
    }
    let layer = answer.parties.layer;
    let mut drawn = answer.judged.clone();
    if layer.is_grid() && drawn.len() > MOST_CELLS {
        let is_crowding = answer.params.method.is_crowding();
        let value = |at: usize| answer.value(at).map_or(f64::MIN, |value| if is_crowding { -value } else { value });
        drawn.sort_by(|x, y| {
            let by_weight = answer.weight(*y).cmp(&answer.weight(*x));
            value(*x).total_cmp(&value(*y)).then(by_weight).then(x.cmp(y))
        });
        drawn.truncate(MOST_CELLS);
        drawn.sort_unstable();
        let (all, shown) = (answer.judged.len(), drawn.len());
        let (en, zh) = if is_crowding { ("most crowding", "最拥挤") } else { ("least", "供给最少") };
        table.description.en += &format!("; of {all} cells the {shown} with the {en} are drawn");
        table.description.zh += &format!("；共 {all} 个单元，仅绘制{zh}的 {shown} 个");
    }
    let scale = answer.params.scale();
    for at in drawn {
        let Some(place) = layer.at[at] else { continue };
        let (state, least) = match answer.standing(at) {
            Standing::Known(value) => ("known", Some(value)),
            Standing::AtLeast(value) => ("supply-unknown", Some(value)),
            Standing::Nowhere => ("nowhere", None),
            Standing::NoServices => ("no-service-data", None),
            Standing::OffStreets | Standing::NoPlace => ("off-network", None),
        };
        let value = answer.value(at);
        let served = answer.part(at).filter(|_| answer.params.has_level()).map(|part| part >= 1.0);
        table.rows.push(Row {
            geometry: Some(Geometry::Point(place.lonlat.point())),
            values: vec![
                layer.id(at).as_ref().into(),
                layer.point_name(at).as_ref().into(),
                layer.home[at].map(|home| answer.study.regions.get(home).name.as_str()).into(),
                answer.weight(at).to_f64().into(),
                value.map(|value| value * scale).into(),
                least.map(|value| value * scale).into(),
                state.into(),
                served.into(),
            ],
        });
        if let (Method::Inverted, Some(row)) = (answer.params.method, table.rows.last_mut()) {
            row.values.push(answer.part(at).into());
        }
    }
    let marker = |color, size_mm| Symbol::Marker { shape: Shape::Circle, color, size_mm, outline: "#4d4d4d" };
    let nothing = Text::new("nothing within reach", "无可达供给");
    let nowhere = marker(palette::DIVERGING_AT_TARGET[0], 2.0);
    let mut classes = match answer.params.method.is_crowding() {
        true => vec![Class::equals("state", "nowhere", nothing, nowhere)],
        false => vec![Class::range("access", None, including(0.0), nothing, nowhere)],
    };
    let shown = |value: f64| trim_zeros(value, 6);
    match (answer.params.at_least, answer.params.at_most) {
        (_, Some(level)) => {
            let (level_drawn, twice) = (level * (1.0 + 1e-9), level * 2.0);
            classes.push(Class::range(
                "access",
                including(0.0),
                including(level_drawn),
                Text::new(format!("≤ {} {en}", shown(level)), format!("≤ {}{zh}（达标）", shown(level))),
                marker(palette::DIVERGING_AT_TARGET[4], 1.4),
            ));
            classes.push(Class::range(
                "access",
                excluding(level_drawn),
                including(twice),
                Text::new(
                    format!("> {} – {} {en}", shown(level), shown(twice)),
                    format!("> {} – {}{zh}", shown(level), shown(twice)),
                ),
                marker(palette::DIVERGING_AT_TARGET[2], 1.6),
            ));
            classes.push(Class::range(
                "access",
                excluding(twice),
                None,
                Text::new(format!("> {} {en}", shown(twice)), format!("> {}{zh}", shown(twice))),
                marker(palette::DIVERGING_AT_TARGET[1], 1.8),
            ));
        }
        (Some(level), None) => {
            // who is at the level to the last bit of a sum is drawn so
            let (level_drawn, half) = (level * (1.0 - 1e-9), level / 2.0);
            classes.push(Class::range(
                "access",
                excluding(0.0),
                excluding(half),
                Text::new(format!("< {} {en}", shown(half)), format!("< {}{zh}", shown(half))),
                marker(palette::DIVERGING_AT_TARGET[1], 1.8),
            ));
            classes.push(Class::range(
                "access",
                including(half),
                excluding(level_drawn),
                Text::new(
                    format!("{} – < {} {en}", shown(half), shown(level)),
                    format!("{} – < {}{zh}", shown(half), shown(level)),
                ),
                marker(palette::DIVERGING_AT_TARGET[2], 1.6),
            ));
            classes.push(Class::range(
                "access",
                including(level_drawn),
                None,
                Text::new(format!("≥ {} {en}", shown(level)), format!("≥ {}{zh}（达标）", shown(level))),
                marker(palette::DIVERGING_AT_TARGET[4], 1.4),
            ));
        }
        (None, None) => {
            let values = table.rows.iter().filter_map(|row| row.values[4].as_f64()).collect();
            classes.extend(rising("access", &quartiles(values), (&en, &zh), &|_, color| marker(color, 1.6)));
        }
    }
    let none = Symbol::Marker { shape: Shape::XMark, color: "#000000", size_mm: 2.4, outline: "#000000" };
    classes.push(Class::otherwise(Text::new("no data", "无数据"), none));
    table.style = Some(Style { classes, label: None, opacity: 1.0, visible: false, group: Group::Evidence });
    table
}

fn facility_table(answer: &Answer<'_>, mut table: Table) -> Table {
    let (en, zh) = match answer.params.method.is_crowding() {
        true => (format!("{} per unit of supply", answer.who().0), format!("{}/单位供给", answer.who().1)),
        false => unit(answer),
    };
    let (ratio_en, ratio_zh) = match answer.params.method.is_crowding() {
        true => (format!("Crowding, {en}"), format!("拥挤程度（{zh}）")),
        false => (format!("Ratio {en}"), format!("供需比{zh}")),
    };
    table.fields = vec![
        Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("supply", FieldKind::Real, "Supply", "供给"),
        Field::new("people", FieldKind::Real, "Weight within the limit", "限值内需求"),
        Field::new("demand", FieldKind::Real, "Weight that competes", "竞争需求（加权）"),
        Field::new("ratio", FieldKind::Real, &ratio_en, &ratio_zh),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(&[
            ("known", "known", "已知"),
            ("no-capacity", "capacity not known", "容量未知"),
            ("hangs", "hangs on a capacity that is not known", "受未知容量影响"),
            ("no-demand", "nobody asks for it", "无需求"),
            ("no-service-data", "nothing known of its services", "公交服务无数据"),
            ("off-network", "off the network", "不在网络上"),
        ]),
    ];
    let competes = answer.params.method.competes();
    for (at, found) in answer.floated.facilities.iter().enumerate() {
        let facility = answer.parties.facilities[at];
        let state = match (answer.off_facilities.contains_key(&at), answer.supply[at]) {
            (true, _) => "off-network",
            (false, None) => "no-capacity",
            (false, Some(_)) if competes && found.is_idle() => "no-demand",
            (false, Some(_)) if !found.is_known => "hangs",
            (false, Some(_)) => "known",
        };
        table.rows.push(Row {
            geometry: Some(Geometry::Point(facility.at.lonlat.point())),
            values: vec![
                facility.id.as_str().into(),
                facility.name.as_str().into(),
                answer.supply[at].into(),
                found.people.to_f64().into(),
                if competes { Value::from(found.demand) } else { Value::Null },
                found.ratio.map(|ratio| ratio * answer.params.scale()).into(),
                state.into(),
            ],
        });
    }
    let marker = |color, shape| Symbol::Marker { shape, color, size_mm: 3.0, outline: "#1a1a1a" };
    let values = table.rows.iter().filter_map(|row| row.values[5].as_f64()).collect();
    let square = |_: usize, color| marker(color, Shape::Square);
    let mut classes = rising("ratio", &quartiles(values), (&en, &zh), &square);
    classes.push(Class::otherwise(Text::new("no ratio", "无供需比"), marker("#bdbdbd", Shape::XMark)));
    table.style = Some(Style {
        classes,
        label: Some(Label {
            field: "name".into(),
            second_line: None,
            size_pt: 7.0,
            bold: false,
            below_scale: Some(200_000),
        }),
        opacity: 1.0,
        visible: false,
        group: Group::Evidence,
    });
    table
}

fn unplaced_table(answer: &Answer<'_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Weight", "权重"),
    ];
    let layer = answer.parties.layer;
    for at in answer.judged.iter().copied().filter(|at| layer.at[*at].is_none()) {
        let weight: Weight = answer.weight(at);
        table.rows.push(Row {
            geometry: None,
            values: vec![
                layer.id(at).as_ref().into(),
                layer.point_name(at).as_ref().into(),
                layer.home[at].map(|home| answer.study.regions.get(home).name.as_str()).into(),
                weight.to_f64().into(),
            ],
        });
    }
    table
}
