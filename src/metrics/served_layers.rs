//! The layers of `served-share`: facilities by load, who is left out and why, regions; and its lines of evidence.

use geo_types::Geometry;

use crate::base::idx::RegionIdx;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::RegionFigure;
use crate::metrics::assignment::Share;
use crate::metrics::clearance;
use crate::metrics::reach::Reached;
use crate::metrics::reach_layers;
use crate::metrics::reach_layers::MOST_CELLS;
use crate::metrics::reach_layers::cost_field;
use crate::metrics::reach_layers::people;
use crate::metrics::reach_layers::short;
use crate::metrics::reach_layers::unit_words;
use crate::metrics::served_share::Answer;
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
    let limit = answer.params.within.value();
    let breaks = [limit / 2.0, limit, limit * 2.0];
    let regions = reach_layers::region_table(
        &answer.reach,
        regions,
        target,
        &breaks,
        make("regions", "served, by region", "分区服务率"),
    );
    let unplaced = reach_layers::unplaced_table(
        &answer.reach,
        Table {
            geometry: GeometryKind::None, ..make("without_place", "demand without a place", "位置未知的需求")
        },
    );
    let mut tables = vec![
        regions,
        facility_table(answer, make("facilities", "facilities by load", "设施负荷")),
        left_table(answer, make("left_out", "left out, and why", "未获服务者及原因")),
        unplaced,
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

/// What a facility takes in.
struct Load {
    people: i64,
    /// Sum of people × cost, and the largest cost.
    sum: f64,
    farthest: f64,
}

fn loads(answer: &Answer<'_>) -> Vec<Load> {
    let mut loads: Vec<Load> = answer.room.iter().map(|_| Load { people: 0, sum: 0.0, farthest: 0.0 }).collect();
    for Share { origin, facility, people } in &answer.ruled[0].plan.shares {
        let cost = answer.costs.cost(*origin as usize, *facility).unwrap_or(0.0);
        let load = &mut loads[*facility as usize];
        load.people += people;
        load.sum += cost * self::people(*people);
        load.farthest = load.farthest.max(cost);
    }
    loads
}

/// Seconds that each facility takes at least to take its people in; `None` where nobody comes to it by a street, or it was not asked.
pub(crate) fn least_times(answer: &Answer<'_>) -> Vec<Option<f64>> {
    let Some((arms, flow)) = &answer.doors else { return vec![None; answer.room.len()] };
    let is_time = answer.reach.unit == CostUnit::Seconds;
    (loads(answer).iter().zip(arms).zip(&answer.room))
        .map(|((load, arms), room)| {
            let farthest = is_time.then_some(load.farthest);
            (load.people > 0 && room.is_some())
                .then_some(*arms)
                .flatten()
                .map(|arms| clearance::least_seconds(people(load.people), *flow, arms, farthest))
        })
        .collect()
}

const STATES: &[(&str, &str, &str)] = &[
    ("full", "full", "已满"),
    ("free", "with room left", "有余位"),
    ("unused", "nobody within reach", "范围内无需求"),
    ("closed", "no room at all", "无容量"),
    ("unknown", "capacity not known", "容量未知"),
];

fn state(room: Option<i64>, load: i64, near: i64) -> &'static str {
    match room {
        None => "unknown",
        Some(0) => "closed",
        Some(_) if near == 0 => "unused",
        Some(room) if load >= room => "full",
        Some(_) => "free",
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
        Field::new("load", FieldKind::Real, "Taken in", "接收需求"),
        Field::new("share", FieldKind::Real, "Taken in of the room", "负荷率"),
        Field::new("near", FieldKind::Real, "Demand within the limit", "限值内需求"),
        Field::new(
            &format!("mean_{ending}"),
            FieldKind::Real,
            &format!("Mean way, {unit_en}"),
            &format!("平均路程（{unit_zh}）"),
        ),
        Field::new(
            &format!("far_{ending}"),
            FieldKind::Real,
            &format!("Farthest way, {unit_en}"),
            &format!("最远路程（{unit_zh}）"),
        ),
        Field::new("serves", FieldKind::Bool, "A further place serves one more", "增加一位可多服务一人"),
        Field::new(
            "saves",
            FieldKind::Real,
            &format!("A further place saves, {unit_en}"),
            &format!("增加一位节省路程（{unit_zh}）"),
        ),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(STATES),
    ];
    if answer.losses.is_some() {
        table.fields.push(Field::new("lost_out", FieldKind::Real, "Left out if it is lost", "失去后新增未获服务"));
        table.fields.push(Field::new(
            &format!("lost_{ending}"),
            FieldKind::Real,
            &format!("Ways added if it is lost, people × {unit_en}"),
            &format!("失去后增加的总路程（人·{unit_zh}）"),
        ));
    }
    if answer.doors.is_some() {
        table.fields.push(Field::new("streets", FieldKind::Int, "Ways that lead to it", "通达道路数"));
        table.fields.push(Field::new(
            "clear_s",
            FieldKind::Real,
            "Time to take its people in at least (lower bound), s",
            "接收人员所需时间下界（秒）",
        ));
    }
    let least = least_times(answer);
    let price = answer.ruled.iter().find_map(|ruled| ruled.price.as_ref());
    for (at, load) in loads(answer).into_iter().enumerate() {
        let facility = answer.reach.facilities[at];
        let region = facility.home.map(|home| answer.reach.study.regions.get(home).name.as_str());
        let room = answer.room[at];
        let price = price.map(|price| price[at]);
        let is_used = load.people > 0;
        table.rows.push(Row {
            geometry: Some(Geometry::Point(facility.at.lonlat.point())),
            values: vec![
                facility.id.as_str().into(),
                facility.name.as_str().into(),
                region.into(),
                facility.capacity.into(),
                room.map(people).into(),
                room.map(|_| people(load.people)).into(),
                room.filter(|room| *room > 0).map(|room| people(load.people) / people(room)).into(),
                people(answer.near[at]).into(),
                is_used.then(|| short(load.sum / people(load.people))).into(),
                is_used.then(|| short(load.farthest)).into(),
                price.map_or(Value::Null, |price| Value::Bool(price.serves)),
                price.map(|price| short(price.saves)).into(),
                state(room, load.people, answer.near[at]).into(),
            ],
        });
        if let (Some((losses, _)), Some(row)) = (&answer.losses, table.rows.last_mut()) {
            let loss = room.map(|_| losses[at]);
            row.values.push(loss.map(|loss| people(loss.out)).into());
            row.values.push(loss.map(|loss| short(loss.adds)).into());
        }
        if let (Some((arms, _)), Some(row)) = (&answer.doors, table.rows.last_mut()) {
            row.values.push(arms[at].map(u64::from).into());
            row.values.push(least[at].map(short).into());
        }
    }
    let marker = |shape, color, size_mm| Symbol::Marker { shape, color, size_mm, outline: "#1a1a1a" };
    let symbols = [
        marker(Shape::Square, palette::VERDICT[0], 3.0),
        marker(Shape::Square, palette::VERDICT[1], 3.0),
        marker(Shape::Square, "#ffffff", 2.4),
        marker(Shape::XMark, "#4d4d4d", 2.4),
        marker(Shape::Square, "#bdbdbd", 2.4),
    ];
    let classes = STATES
        .iter()
        .zip(symbols)
        .map(|((word, en, zh), symbol)| Class::equals("state", word, Text::new(*en, *zh), symbol))
        .collect();
    table.style = Some(Style {
        classes,
        label: Some(Label {
            field: "name".into(),
            second_line: None,
            size_pt: 7.0,
            bold: false,
            below_scale: Some(250_000),
        }),
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    });
    table
}

const REASONS: &[(&str, &str, &str)] = &[
    ("too-far", "no facility within the limit", "限值内无设施"),
    ("no-room", "no room within the limit", "限值内无余位"),
    ("room-unknown", "hangs on a capacity that is not known", "取决于未知容量"),
    ("no-service-data", "nothing known of its services", "公交服务无数据"),
    ("off-streets", "can not be measured from", "无法测算"),
];

/// Judged points with people who have no place for certain, the heaviest where there are too many to draw.
fn left_table(answer: &Answer<'_>, mut table: Table) -> Table {
    let (cost_name, cost_en, cost_zh) = cost_field(answer.reach.unit);
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Demand", "需求"),
        Field::new("served", FieldKind::Real, "Served", "已服务"),
        Field::new("left", FieldKind::Real, "Left out", "未获服务"),
        Field::new("unknown", FieldKind::Real, "Not known", "未知"),
        Field::new("why", FieldKind::Text, "Why", "原因").with_choices(REASONS),
        Field::new("facility", FieldKind::Text, "Nearest facility", "最近设施"),
        Field::new(cost_name, FieldKind::Real, cost_en, cost_zh),
    ];
    let own = &answer.ruled[0];
    // what is left out and what is not known, of one point
    let outside = |at: usize| match answer.fate(own, at) {
        Some(fate) => (people(fate.served), people(fate.left), people(fate.perhaps)),
        None => (0.0, 0.0, answer.reach.weight(at).to_f64()),
    };
    let mut points: Vec<usize> = answer
        .reach
        .judged
        .iter()
        .copied()
        .filter(|at| {
            let (_, left, unknown) = outside(*at);
            left + unknown > 0.0
        })
        .collect();
    if answer.reach.layer.is_grid() && points.len() > MOST_CELLS {
        let all = points.len();
        points.sort_by(|a, b| outside(*b).1.total_cmp(&outside(*a).1).then(a.cmp(b)));
        points.truncate(MOST_CELLS);
        points.sort_unstable();
        table.description.en += &format!("; of {all} cells the {MOST_CELLS} with most people left out are drawn");
        table.description.zh += &format!("；共 {all} 个单元，仅绘制未获服务最多的 {MOST_CELLS} 个");
    }
    for at in points {
        let Some(place) = answer.reach.layer.at[at] else { continue };
        let (served, left, unknown) = outside(at);
        let why = match answer.fate(own, at) {
            None => "off-streets",
            Some(_) if answer.is_silent(at) => "no-service-data",
            Some(_) if left == 0.0 => "room-unknown",
            Some(_) if answer.is_near(at) => "no-room",
            Some(_) => "too-far",
        };
        let nearest = match answer.reach.reached(at) {
            Reached::At(facility, cost) => Some((answer.reach.facilities[facility as usize].name.as_str(), cost)),
            _ => None,
        };
        let region = answer.reach.layer.home[at].map(|home| answer.reach.study.regions.get(home).name.as_str());
        table.rows.push(Row {
            geometry: Some(Geometry::Point(place.lonlat.point())),
            values: vec![
                answer.reach.layer.id(at).as_ref().into(),
                answer.reach.layer.point_name(at).as_ref().into(),
                region.into(),
                answer.reach.weight(at).to_f64().into(),
                served.into(),
                left.into(),
                unknown.into(),
                why.into(),
                nearest.map(|(name, _)| name).into(),
                nearest.map(|(_, cost)| short(cost)).into(),
            ],
        });
    }
    let marker = |shape, color, size_mm| Symbol::Marker { shape, color, size_mm, outline: "#4d4d4d" };
    let symbols = [
        marker(Shape::Circle, palette::DISTANCE[3], 1.9),
        marker(Shape::Diamond, palette::VERDICT[0], 2.2),
        marker(Shape::Circle, "#bdbdbd", 1.8),
        marker(Shape::Triangle, "#bdbdbd", 1.8),
        marker(Shape::XMark, "#000000", 2.4),
    ];
    let classes = REASONS
        .iter()
        .zip(symbols)
        .map(|((word, en, zh), symbol)| Class::equals("why", word, Text::new(*en, *zh), symbol))
        .collect();
    table.style = Some(Style { classes, label: None, opacity: 1.0, visible: false, group: Group::Evidence });
    table
}

/// One line for each region of the smallest level with people left out or unknown, and one for each facility.
pub(crate) fn evidence(answer: &Answer<'_>, by_region: &[(Level, RegionIdx, Vec<usize>)]) -> Vec<Evidence> {
    let own = &answer.ruled[0];
    let smallest = by_region.first().map(|(level, ..)| *level);
    let mut lines = Vec::new();
    for (_, region, points) in by_region.iter().filter(|(level, ..)| Some(*level) == smallest) {
        let sums = answer.sums(own, points);
        let unknown = sums.perhaps + sums.no_services + sums.no_place + sums.off_streets;
        if sums.too_far + sums.no_room + unknown == Weight::ZERO {
            continue;
        }
        let region = answer.reach.study.regions.get(*region);
        let (served, far, full) =
            (thousands(sums.served.to_f64()), thousands(sums.too_far.to_f64()), thousands(sums.no_room.to_f64()));
        let unknown = thousands(unknown.to_f64());
        lines.push(Evidence {
            key: region.code.clone(),
            state: "left-out",
            about: vec![region.code.clone(), region.name.clone()],
            text: Text::new(
                format!(
                    "{} ({}): {served} served; left out: {far} too far, {full} without room; not known: {unknown}",
                    region.name, region.code
                ),
                format!(
                    "{}（{}）：已服务 {served}；未获服务：过远 {far}、无余位 {full}；未知 {unknown}",
                    region.name, region.code
                ),
            ),
        });
    }
    for (at, load) in loads(answer).into_iter().enumerate() {
        let facility = answer.reach.facilities[at];
        let (near, taken) = (thousands(people(answer.near[at])), thousands(people(load.people)));
        let (room_en, room_zh) = match answer.room[at] {
            Some(room) => {
                (format!("room for {}", thousands(people(room))), format!("可容纳 {}", thousands(people(room))))
            }
            None => ("its capacity is not known".to_owned(), "容量未知".to_owned()),
        };
        lines.push(Evidence {
            key: facility.id.clone(),
            state: state(answer.room[at], load.people, answer.near[at]),
            about: vec![facility.id.clone(), facility.name.clone()],
            text: Text::new(
                format!("{} ({}): {room_en}, {near} within the limit, {taken} taken in", facility.name, facility.id),
                format!("{}（{}）：{room_zh}，限值内需求 {near}，接收 {taken}", facility.name, facility.id),
            ),
        });
    }
    lines
}
