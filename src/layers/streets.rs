//! The streets as the program goes along them: one layer a mode, to look at and to check with other programs.

use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;

use crate::base::units::Text;
use crate::model::streets::Edge;
use crate::model::streets::Kind;
use crate::model::streets::StreetNetwork;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Style;
use crate::table::style::Symbol;

/// One layer a mode that an indicator asks for, one feature a stretch between two junctions, in the network's order. Restricted turns
/// are not in it.
pub fn tables(study: &Study) -> impl Iterator<Item = Table> {
    study.streets.iter().map(|network| table(study, network))
}

/// What a stretch is; lines over squares and platforms are on no map.
fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Street => "street",
        Kind::Bridge => "bridge",
        Kind::Platform => "platform",
        Kind::Lift => "lift",
        Kind::Outline => "outline",
        Kind::Across => "across",
    }
}

fn table(study: &Study, network: &StreetNetwork) -> Table {
    let (en, zh) = network.mode.title();
    let row = |(at, edge): (u32, &Edge)| {
        let line: LineString<f64> = network.corners(at).iter().map(|corner| corner.place.lonlat.coord()).collect();
        let part = network.component_of(at);
        let part_m = network.components()[part as usize].length_m;
        let seconds = edge.seconds.map(|seconds| Some(seconds).filter(|seconds| seconds.is_finite()));
        let state = match seconds {
            [None, None] => "closed",
            _ if edge.is_through => "through",
            _ if network.is_island(part) => "island",
            [Some(_), Some(_)] => "both-ways",
            _ => "one-way",
        };
        Row {
            geometry: Some(Geometry::MultiLineString(MultiLineString(vec![line]))),
            values: vec![
                u64::from(at).into(),
                u64::from(edge.from).into(),
                u64::from(edge.to).into(),
                Value::Real(edge.length_m),
                seconds[0].into(),
                seconds[1].into(),
                state.into(),
                kind(edge.kind).into(),
                u64::from(part).into(),
                Value::Real(part_m / 1000.0),
            ],
        }
    };
    let line = |color, width_mm| Symbol::Line { color, width_mm, dash: None, casing: false, trim_percent: 0 };
    let class = |value, en, zh, symbol| Class::equals("state", value, Text::new(en, zh), symbol);
    Table {
        name: format!("streets_{}", network.mode.id()),
        title: Text::new(format!("Streets {en}"), format!("{zh}路网")),
        description: Text::new(
            "Stretches between junctions as they are measured along; restricted turns are not shown.",
            "路口之间的路段，即量测所沿的路网；不含转向限制。",
        ),
        synthetic: network.synthetic,
        crs: study.frame,
        geometry: GeometryKind::MultiLineString,
        fields: vec![
            Field::new("edge", FieldKind::Int, "Stretch", "路段编号"),
            Field::new("from_node", FieldKind::Int, "From junction", "起点路口"),
            Field::new("to_node", FieldKind::Int, "To junction", "终点路口"),
            Field::new("length_m", FieldKind::Real, "Length, m", "长度（米）"),
            Field::new("seconds", FieldKind::Real, "Along it, s", "顺向用时（秒）"),
            Field::new("seconds_back", FieldKind::Real, "Against it, s", "逆向用时（秒）"),
            Field::new("state", FieldKind::Text, "Use", "通行"),
            Field::new("kind", FieldKind::Text, "What it is", "类型"),
            Field::new("component", FieldKind::Int, "Part of the network", "连通分量"),
            Field::new("component_km", FieldKind::Real, "Length of that part, km", "分量长度（千米）"),
        ],
        rows: (0..).zip(network.edges()).map(row).collect(),
        style: Some(Style {
            classes: vec![
                class("both-ways", "both ways", "双向通行", line("#525252", 0.3)),
                class("one-way", "one way", "单向通行", line("#1f78b4", 0.4)),
                class("through", "not entered along the way", "途中不可进出", line("#6a3d9a", 0.4)),
                class("island", "island of the network", "孤立路段", line("#e31a1c", 0.6)),
                Class::otherwise(Text::new("closed", "封闭"), line("#d9d9d9", 0.6)),
            ],
            label: None,
            opacity: 1.0,
            visible: false,
            group: Group::Evidence,
        }),
    }
}
