//! The layers of `direct-to-seat`: points by whether they have a bus, regions; its lines of evidence, and what became of each point.

use geo_types::Geometry;

use crate::base::same::is_within;
use crate::base::units::Text;
use crate::base::units::trim_zeros;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::Outcome;
use crate::metrics::RegionFigure;
use crate::metrics::direct_to_seat::Answer;
use crate::metrics::direct_to_seat::Standing;
use crate::metrics::reach::Reached;
use crate::metrics::reach_layers;
use crate::metrics::reach_layers::MOST_CELL_LINES;
use crate::metrics::reach_layers::MOST_CELLS;
use crate::metrics::reach_layers::short;
use crate::metrics::reach_layers::unit_words;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Shape;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::palette;

const STATES: &[(&str, &str, &str)] = &[
    ("direct", "a bus without a change", "有直达班车"),
    ("not-direct", "none", "无直达班车"),
    ("without-seat", "the seat is not known", "驻地未知"),
    ("no-service-data", "no data on services", "公交服务无数据"),
    ("off-streets", "off the streets", "不在路网上"),
    ("no-place", "place not known", "位置未知"),
];

fn word(standing: Option<Standing>) -> (&'static str, &'static str, &'static str) {
    STATES[standing.map_or(5, |standing| standing as usize)]
}

/// All layers, those without a row left out.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>, regions: &[RegionFigure]) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str| reach_layers::blank(&answer.reach, context, suffix, en, zh);
    let target = context.target_share.map(|target| target.0);
    let by_region = make("regions", "by region", "分区结果");
    let mut tables = vec![
        reach_layers::region_table(&answer.reach, regions, target, &[1.0, 2.0, 3.0], by_region),
        point_table(answer, make("points", "points with and without a bus", "各点直达情况")),
        reach_layers::unplaced_table(&answer.reach, make("without_place", "demand without a place", "位置未知的需求")),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn point_table(answer: &Answer<'_>, mut table: Table) -> Table {
    let reach = &answer.reach;
    let (en, zh, end) = unit_words(reach.unit);
    table.geometry = GeometryKind::Point;
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Weight", "权重"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(STATES),
        Field::new("line", FieldKind::Text, "Best line to the seat", "至驻地最佳线路"),
        Field::new("trips", FieldKind::Real, "Departures of its weaker direction", "较少方向日班次"),
        Field::new("stop", FieldKind::Text, "Its nearest stop", "其最近站点"),
        Field::new(&format!("stop_{end}"), FieldKind::Real, &format!("To that stop, {en}"), &format!("至该站（{zh}）")),
        Field::new(
            &format!("any_{end}"),
            FieldKind::Real,
            &format!("To the nearest stop of any line, {en}"),
            &format!("至最近站点（{zh}）"),
        ),
    ];
    let mut points = reach.judged.clone();
    if reach.layer.is_grid() && points.len() > MOST_CELLS {
        points.sort_by_cached_key(|at| (std::cmp::Reverse(reach.weight(*at)), *at));
        points.truncate(MOST_CELLS);
        points.sort_unstable();
        table.description.en += &format!("; {MOST_CELLS} cells are drawn, those with most weight");
        table.description.zh += &format!("；仅绘制权重最大的 {MOST_CELLS} 个单元");
    }
    for at in points {
        let Some(place) = reach.layer.at[at] else { continue };
        let ride = answer.rides[at];
        let nearest = match reach.reached(at) {
            Reached::At(_, cost) => Some(short(cost)),
            _ => None,
        };
        table.rows.push(Row {
            geometry: Some(Geometry::Point(place.lonlat.point())),
            values: vec![
                reach.layer.id(at).as_ref().into(),
                reach.layer.point_name(at).as_ref().into(),
                reach.layer.home[at].map(|home| reach.study.regions.get(home).name.as_str()).into(),
                reach.weight(at).to_f64().into(),
                word(answer.standings[at]).0.into(),
                ride.map(|ride| answer.transit.services[ride.service.at()].name.as_str()).into(),
                ride.map(|ride| ride.trips).into(),
                ride.map(|ride| answer.transit.stop(ride.stop).name.as_str()).into(),
                ride.map(|ride| short(ride.cost)).into(),
                nearest.into(),
            ],
        });
    }
    let marker = |shape, color| Symbol::Marker { shape, color, size_mm: 2.0, outline: "#4d4d4d" };
    let class = |nth: usize, symbol| {
        let (state, en, zh) = STATES[nth];
        Class::equals("state", state, Text::new(en, zh), symbol)
    };
    table.style = Some(Style {
        classes: vec![
            class(0, marker(Shape::Circle, palette::VERDICT[1])),
            class(1, marker(Shape::Diamond, palette::VERDICT[0])).above(2),
            Class::otherwise(Text::new("no data", "无数据"), marker(Shape::XMark, "#000000")).above(1),
        ],
        label: None,
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    });
    table
}

/// One line for each judged point without a bus, or of which nobody knows, most weight first; of cells the first thousand.
pub(crate) fn evidence(answer: &Answer<'_>) -> Vec<Evidence> {
    let reach = &answer.reach;
    let mut points: Vec<usize> =
        reach.judged.iter().copied().filter(|at| answer.standings[*at] != Some(Standing::Direct)).collect();
    points.sort_by(|a, b| reach.weight(*b).cmp(&reach.weight(*a)).then(a.cmp(b)));
    if reach.layer.is_grid() {
        points.truncate(MOST_CELL_LINES);
    }
    let limit = answer.params.within.value();
    let line = |at: usize| {
        let (id, name) = (reach.layer.id(at).into_owned(), reach.layer.point_name(at).into_owned());
        let (state, state_en, state_zh) = word(answer.standings[at]);
        let (why_en, why_zh) = match (answer.standings[at], answer.rides[at], reach.reached(at)) {
            (Some(Standing::NotDirect), Some(ride), _) => {
                let (line, trips) = (&answer.transit.services[ride.service.at()].name, trim_zeros(ride.trips, 2));
                (
                    format!("; line {line} has {trips} departures a day in its weaker direction"),
                    format!("；线路{line}较少方向每日{trips}班"),
                )
            }
            (Some(Standing::NotDirect), None, Reached::At(_, cost)) => {
                let told = reach_layers::told(reach.unit, cost);
                match is_within(cost, limit) {
                    true => (
                        format!("; a stop is {} away, but no line at the stops near leads to the seat", told.0),
                        format!("；最近站点{}，但附近线路不通驻地", told.1.trim_start()),
                    ),
                    false => {
                        (format!("; the nearest stop is {} away", told.0), format!("；最近站点{}", told.1.trim_start()))
                    }
                }
            }
            _ => Default::default(),
        };
        let mut about = vec![id.clone(), name.clone()];
        about.extend(reach.layer.home[at].map(|home| reach.study.regions.get(home).code.clone()));
        Evidence {
            key: id.clone(),
            state,
            about,
            text: Text::new(
                format!("{name} ({id}): {state_en}{why_en}"),
                format!("{name}（{id}）：{state_zh}{why_zh}"),
            ),
        }
    };
    points.into_iter().map(line).collect()
}

/// What became of each judged point; of cells, and of very many, nothing.
pub(crate) fn outcomes(answer: &Answer<'_>) -> Vec<Outcome> {
    let reach = &answer.reach;
    if reach.layer.is_grid() || reach.judged.len() > MOST_CELLS {
        return Vec::new();
    }
    let outcome = |at: &usize| {
        let key = reach.layer.id(*at).into_owned();
        Outcome {
            name: Some(reach.layer.point_name(*at).into_owned()).filter(|name| *name != key),
            key,
            state: word(answer.standings[*at]).0,
            weight: reach.weight(*at),
            parts: Vec::new(),
            cost: answer.rides[*at].map(|ride| short(ride.cost)),
            region: reach.layer.home[*at],
            class: reach.layer.class(*at).map(str::to_owned),
        }
    };
    reach.judged.iter().map(outcome).collect()
}
