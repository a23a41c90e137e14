//! The layers of `living-circle`: points by the number of kinds in reach, the kinds one by one, and regions.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::Context;
use crate::metrics::RegionFigure;
use crate::metrics::living_circle::Answer;
use crate::metrics::living_circle::Statistic;
use crate::metrics::living_circle::Tally;
use crate::metrics::living_circle::Unit;
use crate::metrics::reach::Reached;
use crate::metrics::reach_layers;
use crate::metrics::reach_layers::MOST_CELLS;
use crate::metrics::reach_layers::short;
use crate::metrics::reach_layers::unit_words;
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

/// All layers, those without a row left out.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>, regions: &[RegionFigure]) -> Vec<Table> {
    let base = answer.base();
    let make = |suffix: &str, en: &str, zh: &str| reach_layers::blank(base, context, suffix, en, zh);
    let target = context.target_share.map(|target| target.0);
    let by_region = match (answer.params.figure, answer.params.level) {
        // each region with the share that decides of it
        (Statistic::Regions, Some(level)) => {
            let of = |unit: &Unit| RegionFigure { region: unit.region, level, figure: unit.figure.clone() };
            let units: Vec<RegionFigure> = answer.units.iter().map(of).collect();
            let least = answer.params.at_least.map(|least| least.0);
            let table = make("regions", "share with every kind, by region", "分区全部设施可达比例");
            reach_layers::region_table(base, &units, least, &[1.0, 2.0, 3.0], table)
        }
        (Statistic::Mean, _) => {
            let table = make("regions", "mean share of the kinds, by region", "分区平均可达类别比例");
            reach_layers::region_table(base, regions, target, &[1.0, 2.0, 3.0], table)
        }
        _ => {
            let table = make("regions", "share with every kind, by region", "分区全部设施可达比例");
            reach_layers::region_table(base, regions, target, &[1.0, 2.0, 3.0], table)
        }
    };
    let mut tables = vec![
        by_region,
        kind_table(answer, make("kinds", "the kinds one by one", "各类设施")),
        point_table(answer, make("points", "points by kinds in reach", "需求点可达类别数")),
        reach_layers::unplaced_table(base, make("without_place", "demand without a place", "位置未知的需求")),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn kind_table(answer: &Answer<'_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new("kind", FieldKind::Text, "Kind", "设施类别"),
        Field::new("limit", FieldKind::Text, "Limit", "限值"),
        Field::new("by", FieldKind::Text, "Measured by", "测算方式"),
        Field::new("facilities", FieldKind::Int, "Facilities", "设施数"),
        Field::new("share", FieldKind::Real, "Share with it in reach", "可达比例"),
        Field::new("has", FieldKind::Real, "Weight with it in reach", "可达量"),
        Field::new("lacks", FieldKind::Real, "Weight without it in reach", "不可达量"),
        Field::new("unknown", FieldKind::Real, "Weight of which it is not known", "未知量"),
        Field::new("only_this", FieldKind::Real, "Of those without it, with everything else", "仅缺此类的量"),
    ];
    for (nth, circle) in answer.circles.iter().enumerate() {
        let [has, lacks, unknown, alone] = answer.by_kind(nth, &answer.base().judged).map(Weight::to_f64);
        table.rows.push(Row {
            geometry: None,
            values: vec![
                circle.wanted.name().into(),
                circle.wanted.within.to_string().into(),
                answer.params.by_of(&circle.wanted).caveat().0.into(),
                circle.reach.as_ref().map(|reach| reach.facilities.len() as u64).unwrap_or(0).into(),
                (has + lacks > 0.0).then(|| has / (has + lacks)).into(),
                has.into(),
                lacks.into(),
                unknown.into(),
                alone.into(),
            ],
        });
    }
    table
}

/// Words for what a point has, with the marks of their classes; from much to little.
const STATES: [(&str, &str, &str); 8] = [
    ("all", "every kind", "全部类别"),
    ("all-but-1", "all but one", "缺一类"),
    ("all-but-2", "all but two", "缺两类"),
    ("half", "at least half of them", "达到半数"),
    ("few", "fewer than half", "不足半数"),
    ("none", "none", "均不可达"),
    ("perhaps", "every kind that is known of; others no data", "已知类别均可达，其余无数据"),
    ("no-data", "no data", "无数据"),
];

/// What is not known does not count as had.
fn state(tally: Tally) -> &'static str {
    let all = tally.has + tally.lacks + tally.unknown;
    let nth = match tally.has_all() {
        Some(true) => 0,
        None if tally.has == 0 => 7,
        None => 6,
        Some(false) if tally.has == 0 => 5,
        Some(false) if tally.has + 1 == all => 1,
        Some(false) if tally.has + 2 == all => 2,
        Some(false) if 2 * tally.has >= all => 3,
        Some(false) => 4,
    };
    STATES[nth].0
}

/// Judged points; of too many cells those that lack most for most people.
fn point_table(answer: &Answer<'_>, mut table: Table) -> Table {
    let base = answer.base();
    table.geometry = GeometryKind::Point;
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Demand", "需求"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(&STATES),
        Field::new("kinds", FieldKind::Int, "Kinds in reach", "可达类别数"),
        Field::new("lacks", FieldKind::Int, "Kinds out of reach", "不可达类别数"),
        Field::new("missing", FieldKind::Text, "Out of reach", "不可达类别"),
        Field::new("unknown", FieldKind::Text, "Not known", "未知类别"),
    ];
    for (nth, circle) in answer.circles.iter().enumerate() {
        let (en, zh, end) = unit_words(CostUnit::from(circle.wanted.within));
        let name = circle.wanted.name();
        table.fields.push(Field::new(
            &format!("kind_{}_{end}", nth + 1),
            FieldKind::Real,
            &format!("To the nearest {name}, {en}"),
            &format!("至最近{name}（{zh}）"),
        ));
    }
    let mut points: Vec<usize> = base.judged.iter().copied().filter(|at| base.layer.at[*at].is_some()).collect();
    if base.layer.is_grid() && points.len() > MOST_CELLS {
        let all = points.len();
        let rank = |at: &usize| {
            let lacks = answer.tally(*at).lacks as i128;
            (std::cmp::Reverse(lacks * base.weight(*at).micros()), *at)
        };
        points.sort_by_cached_key(rank);
        points.truncate(MOST_CELLS);
        points.sort_unstable();
        table.description.en +=
            &format!("; of {all} cells {MOST_CELLS} are drawn, those that lack most for most people");
        table.description.zh += &format!("；共 {all} 个单元，仅绘制 {MOST_CELLS} 个，缺口大者优先");
    }
    for at in points {
        let Some(place) = base.layer.at[at] else { continue };
        let tally = answer.tally(at);
        let named = |wanted: Option<bool>| {
            let names = answer.circles.iter().filter(|circle| circle.has(at) == wanted);
            let names: Vec<String> = names.map(|circle| circle.wanted.name()).collect();
            Some(names.join(", ")).filter(|names| !names.is_empty())
        };
        let mut values: Vec<Value> = vec![
            base.layer.id(at).as_ref().into(),
            base.layer.point_name(at).as_ref().into(),
            base.layer.home[at].map(|home| base.study.regions.get(home).name.as_str()).into(),
            base.weight(at).to_f64().into(),
            state(tally).into(),
            (tally.has as u64).into(),
            (tally.lacks as u64).into(),
            named(Some(false)).into(),
            named(None).into(),
        ];
        for circle in &answer.circles {
            let cost = circle.reach.as_ref().and_then(|reach| match reach.reached(at) {
                Reached::At(_, cost) => Some(short(cost)),
                found => found.known(Some(circle.wanted.within.value())).map(|(_, cost)| short(cost)),
            });
            values.push(cost.into());
        }
        table.rows.push(Row { geometry: Some(Geometry::Point(place.lonlat.point())), values });
    }
    // what is whole is blue; the more is missing, the redder
    let [one, two, half, few] = palette::DISTANCE;
    let marker = |shape, color, size_mm| Symbol::Marker { shape, color, size_mm, outline: "#4d4d4d" };
    let symbols = [
        marker(Shape::Circle, palette::VERDICT[1], 1.6),
        marker(Shape::Circle, one, 1.6),
        marker(Shape::Circle, two, 1.6),
        marker(Shape::Circle, half, 1.6),
        marker(Shape::Circle, few, 1.6),
        marker(Shape::Diamond, palette::BANDS[8], 2.2),
        marker(Shape::Square, "#bdbdbd", 1.6),
    ];
    let mut classes: Vec<Class> = STATES
        .iter()
        .zip(symbols)
        .zip(0..)
        .map(|(((word, en, zh), symbol), rank)| Class::equals("state", word, Text::new(*en, *zh), symbol).above(rank))
        .collect();
    classes.push(Class::otherwise(Text::new("no data", "无数据"), marker(Shape::XMark, "#000000", 2.4)));
    table.style = Some(Style { classes, label: None, opacity: 1.0, visible: false, group: Group::Results });
    table
}
