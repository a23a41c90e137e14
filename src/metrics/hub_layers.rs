//! The layers of `hub-reach`: pairs as lines, hubs, regions; and its lines of evidence.

use geo::InteriorPoint;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;

use crate::base::units::Text;
use crate::base::units::fixed;
use crate::base::units::trim_zeros;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::RegionFigure;
use crate::metrics::hub_reach::Answer;
use crate::metrics::hub_reach::Pair;
use crate::metrics::hub_reach::Standing;
use crate::metrics::layer;
use crate::metrics::neighbour_evidence::en_list;
use crate::metrics::neighbour_evidence::zh_list;
use crate::metrics::reach_layers::short;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Label;
use crate::table::style::Shape;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::palette;

const STATES: &[(&str, &str, &str)] = &[
    ("joined", "joined by a line", "有直达线路"),
    ("not-joined", "not joined", "无直达线路"),
    ("no-data", "no data on services", "公交服务无数据"),
    ("none-near", "no neighbouring region near", "附近无毗邻区域"),
];

/// All layers, those without a row left out.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>, regions: &[RegionFigure]) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str, geometry: GeometryKind| {
        layer::blank(context, suffix, (en, zh), geometry, (answer.caveat(), answer.synthetic))
    };
    let target = context.target_share.map(|target| target.0);
    let mut tables = vec![
        region_table(answer, regions, target, make("regions", "by region", "分区结果", GeometryKind::MultiPolygon)),
        pair_table(answer, make("pairs", "hubs and regions", "枢纽与毗邻区域", GeometryKind::MultiLineString)),
        hub_table(answer, make("hubs", "hubs", "枢纽", GeometryKind::Point)),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn region_table(answer: &Answer<'_>, regions: &[RegionFigure], target: Option<f64>, mut table: Table) -> Table {
    table.fields = layer::region_fields();
    table.fields.extend([
        Field::new("joined", FieldKind::Real, "Joined", "已通达"),
        Field::new("known", FieldKind::Real, "With data", "有数据总数"),
        Field::new("unknown", FieldKind::Real, "Without data", "无数据数"),
    ]);
    table.rows = layer::region_rows(answer.study, regions, 1.0, &layer::shares);
    table.style = Some(layer::region_style(layer::rate_classes("value", target), Some("label")));
    table
}

fn word(pair: &Pair) -> &'static str {
    STATES[pair.standing as usize].0
}

/// A line from each hub into each region near it that the headline counts.
fn pair_table(answer: &Answer<'_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new("hub", FieldKind::Text, "Hub", "枢纽"),
        Field::new("name", FieldKind::Text, "Name of the hub", "枢纽名称"),
        Field::new("own", FieldKind::Text, "Its region", "所在区域"),
        Field::new("code", FieldKind::Text, "Code of the other region", "毗邻区域代码"),
        Field::new("region", FieldKind::Text, "Other region", "毗邻区域"),
        Field::new("dist_m", FieldKind::Real, "From the hub to the region, m", "枢纽至该区域距离（米）"),
        Field::new("across", FieldKind::Bool, "Across provinces", "跨省"),
        Field::new("line", FieldKind::Text, "Line", "线路"),
        Field::new("trips", FieldKind::Real, "Departures of its weaker direction", "较少方向日班次"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(STATES),
    ];
    for pair in answer.pairs.iter().filter(|pair| answer.is_in(answer.params.scope, pair)) {
        let (hub, unit) = (&answer.hubs[pair.hub], &answer.units[pair.unit]);
        let shape = unit.members.first().and_then(|member| answer.study.regions.get(*member).shape.as_ref());
        let Some(end) = shape.and_then(|shape| shape.lonlat.interior_point()) else { continue };
        let start = hub.facility.at.lonlat.point();
        table.rows.push(Row {
            geometry: Some(Geometry::MultiLineString(MultiLineString(vec![LineString::from(vec![start, end])]))),
            values: vec![
                hub.facility.id.as_str().into(),
                hub.facility.name.as_str().into(),
                answer.units[hub.unit].name.as_str().into(),
                unit.code.as_str().into(),
                unit.name.as_str().into(),
                short(pair.metres).into(),
                pair.is_across.into(),
                pair.line.map(|(service, _)| answer.line_name(service)).into(),
                pair.line.map(|(_, trips)| trips).into(),
                word(pair).into(),
            ],
        });
    }
    let line = |color, width_mm| Symbol::Line { color, width_mm, dash: None, casing: true, trim_percent: 0 };
    table.style = Some(Style {
        classes: vec![
            Class::equals("state", "not-joined", Text::new(STATES[1].1, STATES[1].2), line(palette::PAIRS[0], 0.8))
                .above(2),
            Class::equals("state", "joined", Text::new(STATES[0].1, STATES[0].2), line(palette::PAIRS[1], 0.35)),
            Class::equals("state", "no-data", Text::new("no data", "无数据"), line(palette::PAIRS[2], 0.5)).above(1),
        ],
        label: None,
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    });
    table
}

fn hub_table(answer: &Answer<'_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new("hub", FieldKind::Text, "Hub", "枢纽"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("kind", FieldKind::Text, "Kind", "类别"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("has_stop", FieldKind::Bool, "A stop near it", "附近有站点"),
        Field::new("pairs", FieldKind::Int, "Regions near it", "附近毗邻区域数"),
        Field::new("joined", FieldKind::Int, "Of these joined", "其中已通达"),
        Field::new("missing", FieldKind::Text, "Not joined", "未通达"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(STATES),
    ];
    for (at, hub) in answer.hubs.iter().enumerate() {
        let own: Vec<&Pair> =
            answer.pairs.iter().filter(|pair| pair.hub == at && answer.is_in(answer.params.scope, pair)).collect();
        let named = |standing: Standing| -> Vec<&str> {
            own.iter()
                .filter(|pair| pair.standing == standing)
                .map(|pair| answer.units[pair.unit].name.as_str())
                .collect()
        };
        let missing = named(Standing::NotJoined);
        let nth = match (own.is_empty(), missing.is_empty(), named(Standing::NoData).is_empty()) {
            (true, ..) => 3,
            (_, false, _) => 1,
            (_, _, false) => 2,
            _ => 0,
        };
        table.rows.push(Row {
            geometry: Some(Geometry::Point(hub.facility.at.lonlat.point())),
            values: vec![
                hub.facility.id.as_str().into(),
                hub.facility.name.as_str().into(),
                hub.facility.kind.as_str().into(),
                answer.units[hub.unit].name.as_str().into(),
                hub.has_stop.into(),
                (own.len() as u64).into(),
                (named(Standing::Joined).len() as u64).into(),
                Some(missing.join(", ")).filter(|names| !names.is_empty()).into(),
                STATES[nth].0.into(),
            ],
        });
    }
    let marker = |shape, color| Symbol::Marker { shape, color, size_mm: 3.0, outline: "#4d4d4d" };
    table.style = Some(Style {
        classes: vec![
            Class::equals(
                "state",
                "joined",
                Text::new("joined to all", "全部通达"),
                marker(Shape::Star, palette::VERDICT[1]),
            ),
            Class::equals(
                "state",
                "not-joined",
                Text::new("not joined to all", "未全部通达"),
                marker(Shape::Diamond, palette::VERDICT[0]),
            )
            .above(2),
            Class::equals("state", "none-near", Text::new(STATES[3].1, STATES[3].2), marker(Shape::Circle, "#ffffff")),
            Class::otherwise(Text::new("no data", "无数据"), marker(Shape::XMark, "#000000")).above(1),
        ],
        label: Some(Label {
            field: "name".into(),
            second_line: None,
            size_pt: 7.0,
            bold: false,
            below_scale: Some(1_000_000),
        }),
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    });
    table
}

/// One line for each pair.
pub(crate) fn evidence(answer: &Answer<'_>) -> Vec<Evidence> {
    let line = |pair: &Pair| {
        let (hub, unit) = (&answer.hubs[pair.hub], &answer.units[pair.unit]);
        let (facility, own) = (hub.facility, &answer.units[hub.unit]);
        let km = fixed(pair.metres / 1000.0, 1);
        let (why_en, why_zh) = match (pair.standing, pair.line, hub.has_stop) {
            (Standing::NoData, ..) if !pair.doubts.is_empty() => (en_list(&pair.doubts), zh_list(&pair.doubts)),
            (Standing::NoData, ..) => {
                ("nothing is known of services in one of the regions".to_owned(), "所涉区域公交服务无数据".to_owned())
            }
            (_, Some((service, trips)), _) => {
                let (line, trips) = (answer.line_name(service), trim_zeros(trips, 2));
                (
                    format!("line {line} with {trips} departures a day in its weaker direction"),
                    format!("线路{line}，较少方向每日{trips}班"),
                )
            }
            (_, None, true) => {
                ("no line at its stops calls in the region".to_owned(), "附近站点无线路停靠该区域".to_owned())
            }
            (_, None, false) => ("no stop near it".to_owned(), "附近无站点".to_owned()),
        };
        let word = word(pair);
        let (state_en, state_zh) =
            STATES.iter().find(|(state, ..)| *state == word).map_or(("", ""), |(_, en, zh)| (en, zh));
        Evidence {
            key: format!("{}–{}", facility.id, unit.code),
            state: word,
            about: vec![
                facility.id.clone(),
                facility.name.clone(),
                own.code.clone(),
                unit.code.clone(),
                unit.name.clone(),
            ],
            text: Text::new(
                format!(
                    "{} ({}) – {} ({}), {km} km: {state_en}; {why_en}",
                    facility.name, own.name, unit.name, unit.code
                ),
                format!(
                    "{}（{}）—{}（{}），{km} 公里：{state_zh}；{why_zh}",
                    facility.name, own.name, unit.name, unit.code
                ),
            ),
        }
    };
    answer.pairs.iter().map(line).collect()
}
