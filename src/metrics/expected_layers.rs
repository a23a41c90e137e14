//! The layers of `expected-load`: facilities by load, where the people of each point most likely go, regions; and its lines of evidence.

use geo_types::Geometry;

use crate::base::idx::RegionIdx;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::RegionFigure;
use crate::metrics::expected_load::Answer;
use crate::metrics::expected_load::Fate;
use crate::metrics::expected_load::weight;
use crate::metrics::reach_layers;
use crate::metrics::reach_layers::MOST_CELLS;
use crate::metrics::reach_layers::people;
use crate::metrics::reach_layers::short;
use crate::metrics::reach_layers::unit_words;
use crate::model::region::Level;
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
use crate::table::style::palette;

/// All layers, those without a row left out; facilities always have theirs.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>, regions: &[RegionFigure]) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str| Table {
        geometry: GeometryKind::Point,
        ..reach_layers::blank(&answer.reach, context, suffix, en, zh)
    };
    let target = context.target_share.map(|target| target.0);
    let limit = answer.limit.value();
    let breaks = [limit / 2.0, limit, limit * 2.0];
    let by_region = make("regions", "who finds room, by region", "分区获得位置比例");
    let unplaced = Table {
        geometry: GeometryKind::None,
        ..make("without_place", "demand without a place", "位置未知的需求")
    };
    let mut tables = vec![
        reach_layers::region_table(&answer.reach, regions, target, &breaks, by_region),
        facility_table(answer, make("facilities", "facilities by expected load", "设施期望负荷")),
        point_table(answer, make("points", "where people most likely go", "各点最可能前往的设施")),
        reach_layers::unplaced_table(&answer.reach, unplaced),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

const STATES: &[(&str, &str, &str)] = &[
    ("over", "more come than find room", "超出容量"),
    ("within", "all who come find room", "容量充足"),
    ("unused", "nobody comes", "无人前往"),
    ("hangs", "hangs on a capacity that is not known", "取决于未知容量"),
    ("unknown", "capacity not known", "容量未知"),
];

fn state(room: Option<i64>, least: i64, most: i64) -> &'static str {
    match room {
        None => "unknown",
        Some(room) if least > room => "over",
        Some(room) if most > room => "hangs",
        Some(_) if most == 0 => "unused",
        Some(_) => "within",
    }
}

fn facility_table(answer: &Answer<'_>, mut table: Table) -> Table {
    let (unit_en, unit_zh, ending) = unit_words(answer.reach.unit);
    table.fields = vec![
        Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("capacity", FieldKind::Real, "Capacity", "容量"),
        Field::new("room", FieldKind::Real, "Room for", "可容纳需求"),
        Field::new("load", FieldKind::Real, "Expected", "期望需求"),
        Field::new("maybe", FieldKind::Real, "May come besides", "另可能前往"),
        Field::new("part", FieldKind::Real, "Part of all who are expected", "占期望需求比例"),
        Field::new("share", FieldKind::Real, "Expected of the room", "期望负荷率"),
        Field::new("near", FieldKind::Real, "Demand within the limit", "限值内需求"),
        Field::new("nearest", FieldKind::Real, "If all went to the nearest", "均就近时的需求"),
        Field::new(
            &format!("mean_{ending}"),
            FieldKind::Real,
            &format!("Mean way of those who come, {unit_en}"),
            &format!("前往者平均路程（{unit_zh}）"),
        ),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(STATES),
    ];
    let [own, nearest] = &answer.chosen;
    let mut ways = vec![(0i64, 0.0); answer.room.len()];
    for at in 0..answer.costs.origins() {
        for (to, going) in own.choices.row(at) {
            let (all, sum) = &mut ways[to as usize];
            *all += going;
            *sum += people(going) * answer.costs.cost(at, to).unwrap_or(0.0);
        }
    }
    let everybody: i64 = own.least.iter().sum();
    for (at, facility) in answer.reach.facilities.iter().enumerate() {
        let (room, least, most) = (answer.room[at], own.least[at], own.most[at]);
        let (all, sum) = ways[at];
        table.rows.push(Row {
            geometry: Some(Geometry::Point(facility.at.lonlat.point())),
            values: vec![
                facility.id.as_str().into(),
                facility.name.as_str().into(),
                facility.home.map(|home| answer.reach.study.regions.get(home).name.as_str()).into(),
                facility.capacity.into(),
                room.map(people).into(),
                people(least).into(),
                people(most - least).into(),
                (everybody > 0).then(|| least as f64 / everybody as f64).into(),
                room.filter(|room| *room > 0).map(|room| least as f64 / room as f64).into(),
                people(answer.near[at]).into(),
                people(nearest.least[at]).into(),
                (all > 0).then(|| short(sum / people(all))).into(),
                state(room, least, most).into(),
            ],
        });
    }
    let marker = |shape, color, size_mm| Symbol::Marker { shape, color, size_mm, outline: "#1a1a1a" };
    let symbols = [
        marker(Shape::Square, palette::VERDICT[0], 3.0),
        marker(Shape::Square, palette::VERDICT[1], 3.0),
        marker(Shape::Square, "#ffffff", 2.4),
        marker(Shape::Diamond, "#bdbdbd", 2.6),
        marker(Shape::Square, "#bdbdbd", 2.4),
    ];
    let label =
        Some(Label { field: "name".into(), second_line: None, size_pt: 7.0, bold: false, below_scale: Some(250_000) });
    table.style = Some(Style {
        classes: classes("state", STATES, symbols),
        label,
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    });
    table
}

fn classes<const COUNT: usize>(field: &str, words: &[(&str, &str, &str)], symbols: [Symbol; COUNT]) -> Vec<Class> {
    let class = |((word, en, zh), symbol): (&(&str, &str, &str), Symbol)| {
        Class::equals(field, word, Text::new(*en, *zh), symbol)
    };
    words.iter().zip(symbols).map(class).collect()
}

const FATES: &[(&str, &str, &str)] = &[
    ("room", "all find room", "均获得位置"),
    ("most", "half or more find room", "半数及以上获得位置"),
    ("few", "less than half find room", "不足半数获得位置"),
    ("too-far", "nowhere to go within the limit", "限值内无处可去"),
    ("unknown", "hangs on what is not known", "取决于未知数据"),
];

fn word(fate: Option<Fate>, is_silent: bool, people: i64) -> &'static str {
    match fate {
        None => "unknown",
        _ if is_silent => "unknown",
        Some(fate) if fate.perhaps > 0 => "unknown",
        Some(fate) if fate.far > 0 => "too-far",
        Some(fate) if fate.served == people => "room",
        Some(fate) if fate.served * 2 >= people => "most",
        Some(_) => "few",
    }
}

/// Judged points with people; of a raster with too many cells the heaviest.
fn point_table(answer: &Answer<'_>, mut table: Table) -> Table {
    let (unit_en, unit_zh, ending) = unit_words(answer.reach.unit);
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Demand", "需求"),
        Field::new("likeliest", FieldKind::Text, "Most likely facility", "最可能前往的设施"),
        Field::new("chance", FieldKind::Real, "Its probability", "概率"),
        Field::new("choices", FieldKind::Int, "Facilities to choose from", "可选设施数"),
        Field::new(
            &format!("mean_{ending}"),
            FieldKind::Real,
            &format!("Mean expected way, {unit_en}"),
            &format!("平均期望路程（{unit_zh}）"),
        ),
        Field::new("served", FieldKind::Real, "Find room", "获得位置"),
        Field::new("left", FieldKind::Real, "Find no room", "无余位"),
        Field::new("unknown", FieldKind::Real, "Not known", "未知"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(FATES),
    ];
    let (reach, own) = (&answer.reach, &answer.chosen[0]);
    let mut points: Vec<usize> = reach.judged.iter().copied().filter(|at| reach.weight(*at) > Weight::ZERO).collect();
    if reach.layer.is_grid() && points.len() > MOST_CELLS {
        let all = points.len();
        points.sort_by(|x, y| reach.weight(*y).cmp(&reach.weight(*x)).then(x.cmp(y)));
        points.truncate(MOST_CELLS);
        points.sort_unstable();
        table.description.en += &format!("; of {all} cells the {MOST_CELLS} with most people are drawn");
        table.description.zh += &format!("；共 {all} 个单元，仅绘制人口最多的 {MOST_CELLS} 个");
    }
    for at in points {
        let Some(place) = reach.layer.at[at] else { continue };
        let (mut going, mut count, mut likeliest) = (0i64, 0i64, None);
        for (to, people) in own.choices.row(at) {
            (going, count) = (going + people, count + 1);
            if likeliest.is_none_or(|(_, most)| people > most) {
                likeliest = Some((to, people));
            }
        }
        let fate = answer.fate(own, at);
        let all = reach.weight(at).micros() as i64;
        let is_silent = answer.is_silent(at);
        // whose choice hangs on a size that is not known goes nowhere that can be told
        let likeliest = likeliest.filter(|_| going > 0 && !is_silent && fate.is_some_and(|fate| fate.perhaps < all));
        let shown = fate.filter(|_| !is_silent);
        table.rows.push(Row {
            geometry: Some(Geometry::Point(place.lonlat.point())),
            values: vec![
                reach.layer.id(at).as_ref().into(),
                reach.layer.point_name(at).as_ref().into(),
                reach.layer.home[at].map(|home| reach.study.regions.get(home).name.as_str()).into(),
                reach.weight(at).to_f64().into(),
                likeliest.map(|(to, _)| reach.facilities[to as usize].name.as_str()).into(),
                likeliest.map(|(_, people)| people as f64 / going as f64).into(),
                likeliest.map_or(Value::Null, |_| Value::Int(count)),
                likeliest.and_then(|_| answer.mean_way(own, at)).map(short).into(),
                shown.map(|fate| people(fate.served)).into(),
                shown.map(|fate| people(fate.left)).into(),
                people(shown.map_or(all, |fate| fate.perhaps)).into(),
                word(fate, is_silent, all).into(),
            ],
        });
    }
    let marker = |shape, color, size_mm| Symbol::Marker { shape, color, size_mm, outline: "#4d4d4d" };
    let symbols = [
        marker(Shape::Circle, palette::DIVERGING_AT_TARGET[4], 1.4),
        marker(Shape::Circle, palette::DIVERGING_AT_TARGET[2], 1.6),
        marker(Shape::Circle, palette::DIVERGING_AT_TARGET[1], 1.8),
        marker(Shape::Diamond, palette::DIVERGING_AT_TARGET[0], 2.0),
        marker(Shape::XMark, "#000000", 2.2),
    ];
    let classes = classes("state", FATES, symbols);
    table.style = Some(Style { classes, label: None, opacity: 1.0, visible: false, group: Group::Evidence });
    table
}

/// One line for each region of the smallest level whose people do not all find room, and one for each facility.
pub(crate) fn evidence(answer: &Answer<'_>, by_region: &[(Level, RegionIdx, Vec<usize>)]) -> Vec<Evidence> {
    let own = &answer.chosen[0];
    let smallest = by_region.first().map(|(level, ..)| *level);
    let mut lines = Vec::new();
    for (_, region, points) in by_region.iter().filter(|(level, ..)| Some(*level) == smallest) {
        let sums = answer.sums(own, points);
        if sums.far + sums.no_room + sums.unknown() == Weight::ZERO {
            continue;
        }
        let region = answer.reach.study.regions.get(*region);
        let [served, far, full, unknown] =
            [sums.served, sums.far, sums.no_room, sums.unknown()].map(|weight| thousands(weight.to_f64()));
        let (name, code) = (&region.name, &region.code);
        lines.push(Evidence {
            key: code.clone(),
            state: "left-out",
            about: vec![code.clone(), name.clone()],
            text: Text::new(
                format!(
                    "{name} ({code}): {served} find room, {full} do not, {far} have nowhere to go; not known: {unknown}"
                ),
                format!("{name}（{code}）：获得位置 {served}，无余位 {full}，过远 {far}；未知 {unknown}"),
            ),
        });
    }
    for (at, facility) in answer.reach.facilities.iter().enumerate() {
        let (least, most) = (own.least[at], own.most[at]);
        let [load, maybe, near] = [least, most - least, answer.near[at]].map(|sum| thousands(people(sum)));
        let (mut room_en, mut room_zh) = match answer.room[at] {
            Some(room) => {
                let room = thousands(weight(room).to_f64());
                (format!("room for {room}"), format!("可容纳 {room}"))
            }
            None => ("its capacity is not known".to_owned(), "容量未知".to_owned()),
        };
        if most > least {
            room_en += &format!(", {maybe} may come besides");
            room_zh += &format!("，另可能前往 {maybe}");
        }
        let (name, id) = (&facility.name, &facility.id);
        lines.push(Evidence {
            key: id.clone(),
            state: state(answer.room[at], least, most),
            about: vec![id.clone(), name.clone()],
            text: Text::new(
                format!("{name} ({id}): {load} expected of {near} within the limit, {room_en}"),
                format!("{name}（{id}）：限值内 {near} 中期望前往 {load}，{room_zh}"),
            ),
        });
    }
    lines
}
