//! The layers of `districts`: points by what their district means for them, districts and facilities by load, regions; and its lines of
//! evidence.

use geo_types::Geometry;

use crate::base::same::is_within;
use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::RegionFigure;
use crate::metrics::districts::Answer;
use crate::metrics::districts::Belongs;
use crate::metrics::districts::Outcome;
use crate::metrics::reach_layers;
use crate::metrics::reach_layers::MOST_CELL_LINES;
use crate::metrics::reach_layers::MOST_CELLS;
use crate::metrics::reach_layers::short;
use crate::metrics::reach_layers::told;
use crate::metrics::reach_layers::unit_words;
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

const OUTCOMES: &[(&str, &str, &str)] = &[
    ("nearest", "own facility is the nearest", "学区内设施为最近"),
    ("farther", "another facility is nearer", "另有更近设施"),
    ("no-way", "no way to the own facility", "无法到达学区内设施"),
    ("ambiguous", "in several districts", "位于多个学区"),
    ("no-district", "in no district", "不在任何学区"),
    ("facility-unknown", "the district's facility is not known", "学区设施未知"),
    ("no-service-data", "nothing known of its services", "公交服务无数据"),
    ("off-streets", "can not be measured from", "无法测算"),
    ("no-place", "place not known", "位置未知"),
];

pub(crate) fn word(outcome: Outcome) -> &'static str {
    let nth = match outcome {
        Outcome::Nearest(_) => 0,
        Outcome::Farther { .. } => 1,
        Outcome::NoWay => 2,
        Outcome::Ambiguous => 3,
        Outcome::NoDistrict => 4,
        Outcome::NoFacility => 5,
        Outcome::NoServiceData => 6,
        Outcome::OffStreets => 7,
        Outcome::NoPlace => 8,
    };
    OUTCOMES[nth].0
}

fn cost_field(unit: CostUnit, name: &str, en: &str, zh: &str) -> Field {
    let (unit_en, unit_zh, ending) = unit_words(unit);
    Field::new(&format!("{name}_{ending}"), FieldKind::Real, &format!("{en}, {unit_en}"), &format!("{zh}（{unit_zh}）"))
}

fn marker(shape: Shape, color: &'static str, size_mm: f64) -> Symbol {
    Symbol::Marker { shape, color, size_mm, outline: "#4d4d4d" }
}

fn classes(field: &str, words: &[(&str, &str, &str)], symbols: impl IntoIterator<Item = Symbol>) -> Vec<Class> {
    let class = |((word, en, zh), symbol): (&(&str, &str, &str), Symbol)| {
        Class::equals(field, word, Text::new(*en, *zh), symbol)
    };
    words.iter().zip(symbols).map(class).collect()
}

/// All layers, those without a row left out.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>, regions: &[RegionFigure]) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str| reach_layers::blank(&answer.reach, context, suffix, en, zh);
    let target = context.target_share.map(|target| target.0);
    let limit: Limit = answer.params.within;
    let breaks = [limit.value() / 2.0, limit.value(), limit.value() * 2.0];
    let by_region = make("regions", "district's own is nearest, by region", "分区就近率");
    let mut tables = vec![
        reach_layers::region_table(&answer.reach, regions, target, &breaks, by_region),
        district_table(answer, make("districts", "districts by load", "学区负荷")),
        facility_table(answer, make("facilities", "facilities by load of their districts", "设施学区负荷")),
        point_table(answer, make("points", "points by their district", "需求点学区归属")),
        reach_layers::unplaced_table(&answer.reach, make("without_place", "demand without a place", "位置未知的需求")),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

/// Judged points, those who walk past a nearer facility with most people first where there are too many to draw.
fn point_table(answer: &Answer<'_>, mut table: Table) -> Table {
    let unit = answer.reach.unit;
    table.geometry = GeometryKind::Point;
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Demand", "需求"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(OUTCOMES),
        Field::new("district", FieldKind::Text, "District", "学区"),
        Field::new("own", FieldKind::Text, "The district's facility", "学区设施"),
        cost_field(unit, "own", "Way to it", "到学区设施"),
        Field::new("nearest", FieldKind::Text, "Nearest facility", "最近设施"),
        cost_field(unit, "near", "Way to the nearest", "到最近设施"),
        cost_field(unit, "extra", "Extra way", "多走路程"),
        Field::new("own_within", FieldKind::Bool, "Own within the limit", "学区设施在限值内"),
    ];
    let mut points: Vec<usize> =
        answer.reach.judged.iter().copied().filter(|at| answer.reach.layer.at[*at].is_some()).collect();
    if answer.reach.layer.is_grid() && points.len() > MOST_CELLS {
        let all = points.len();
        let is_past = |at: usize| matches!(answer.outcome(at), Outcome::Farther { .. });
        points.sort_by_key(|at| (!is_past(*at), std::cmp::Reverse(answer.reach.weight(*at)), *at));
        points.truncate(MOST_CELLS);
        points.sort_unstable();
        table.description.en +=
            &format!("; of {all} cells {MOST_CELLS} are drawn, those nearer to another facility first");
        table.description.zh += &format!("；共 {all} 个单元，仅绘制 {MOST_CELLS} 个，距另一设施更近者优先");
    }
    let facility_name = |at: u32| answer.reach.facilities[at as usize].name.as_str();
    for at in points {
        let Some(place) = answer.reach.layer.at[at] else { continue };
        let outcome = answer.outcome(at);
        let (district, own) = match &answer.belongs[at] {
            Belongs::To { district, facility } => (vec![*district], Some(facility_name(*facility))),
            Belongs::ToExcluded { district } | Belongs::ToNobody { district } => (vec![*district], None),
            Belongs::Ambiguous(districts) => (districts.clone(), None),
            Belongs::Nowhere => (Vec::new(), None),
        };
        let names: Vec<&str> = district.iter().map(|at| answer.layer.districts[*at as usize].name.as_str()).collect();
        let nearest = answer.reach.reached(at).known(None);
        let region = answer.reach.layer.home[at].map(|home| answer.reach.study.regions.get(home).name.as_str());
        let limit = answer.params.within.value();
        table.rows.push(Row {
            geometry: Some(Geometry::Point(place.lonlat.point())),
            values: vec![
                answer.reach.layer.id(at).as_ref().into(),
                answer.reach.layer.point_name(at).as_ref().into(),
                region.into(),
                answer.reach.weight(at).to_f64().into(),
                word(outcome).into(),
                Some(names.join(", ")).filter(|names| !names.is_empty()).into(),
                own.into(),
                outcome.own().map(short).into(),
                nearest.map(|(facility, _)| facility_name(facility)).into(),
                nearest.map(|(_, cost)| short(cost)).into(),
                outcome.extra().map(short).into(),
                outcome.is_nearest().map(|_| outcome.own().is_some_and(|own| is_within(own, limit))).into(),
            ],
        });
    }
    let symbols = [
        marker(Shape::Circle, palette::VERDICT[1], 1.6),
        marker(Shape::Circle, palette::VERDICT[0], 2.2),
        marker(Shape::XMark, "#b2182b", 2.4),
        marker(Shape::Diamond, "#bdbdbd", 2.2),
        marker(Shape::Square, "#bdbdbd", 1.8),
        marker(Shape::Triangle, "#bdbdbd", 2.0),
        marker(Shape::Circle, "#d9d9d9", 1.8),
        marker(Shape::XMark, "#000000", 2.4),
        marker(Shape::XMark, "#000000", 2.4),
    ];
    table.style = Some(Style {
        classes: classes("state", OUTCOMES, symbols),
        label: None,
        opacity: 1.0,
        visible: false,
        group: Group::Evidence,
    });
    table
}

const LOADS: &[(&str, &str, &str)] = &[
    ("over-full", "more than room", "超过容量"),
    ("room", "room for all", "容量充足"),
    ("capacity-unknown", "capacity not known", "容量未知"),
    ("facility-unknown", "facility not known", "设施未知"),
    ("no-district", "no district", "无学区"),
];

fn load_word(load: Weight, capacity: Option<f64>) -> &'static str {
    match capacity {
        None => "capacity-unknown",
        Some(capacity) if load.to_f64() > capacity => "over-full",
        Some(_) => "room",
    }
}

fn share_of(part: Weight, whole: Weight) -> Option<f64> {
    (whole > Weight::ZERO).then(|| part.to_f64() / whole.to_f64())
}

fn district_table(answer: &Answer<'_>, mut table: Table) -> Table {
    let unit = answer.reach.unit;
    table.geometry = GeometryKind::MultiPolygon;
    table.fields = vec![
        Field::new("district", FieldKind::Text, "District", "学区"),
        Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
        Field::new("name", FieldKind::Text, "Facility's name", "设施名称"),
        Field::new("demand", FieldKind::Real, "Demand in it", "学区需求"),
        Field::new("all_demand", FieldKind::Real, "Demand of all districts of the facility", "设施全部学区需求"),
        Field::new("capacity", FieldKind::Real, "Capacity", "容量"),
        Field::new("load", FieldKind::Real, "Demand of the capacity", "负荷率"),
        Field::new("nearest", FieldKind::Real, "Share whose own is nearest", "就近率"),
        cost_field(unit, "own", "Mean way", "平均路程"),
        cost_field(unit, "extra", "Mean extra way", "平均多走路程"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(&LOADS[..4]),
    ];
    let loads = answer.loads();
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); answer.layer.districts.len()];
    for (at, belongs) in answer.belongs.iter().enumerate() {
        if let Belongs::To { district, .. } | Belongs::ToExcluded { district } | Belongs::ToNobody { district } =
            belongs
        {
            members[*district as usize].push(at);
        }
    }
    let is_judged = |at: &usize| answer.reach.judged.binary_search(at).is_ok();
    for ((district, members), facility) in answer.layer.districts.iter().zip(members).zip(&answer.facility_of) {
        let demand: Weight = members.iter().map(|at| answer.reach.weight(*at)).sum();
        let judged: Vec<usize> = members.into_iter().filter(is_judged).collect();
        let known = |wanted: &[bool]| -> Weight {
            let fits = |at: &&usize| answer.outcome(**at).is_nearest().is_some_and(|is| wanted.contains(&is));
            judged.iter().filter(fits).map(|at| answer.reach.weight(*at)).sum()
        };
        let means = answer.means(judged.iter().copied());
        let own = facility.map(|at| (answer.reach.facilities[at as usize], loads[at as usize]));
        let capacity = own.and_then(|(facility, _)| facility.capacity);
        table.rows.push(Row {
            geometry: Some(Geometry::MultiPolygon(district.lonlat.clone())),
            values: vec![
                district.name.as_str().into(),
                district.facility.clone().into(),
                own.map(|(facility, _)| facility.name.as_str()).into(),
                demand.to_f64().into(),
                own.map(|(_, load)| load.to_f64()).into(),
                capacity.into(),
                own.and_then(|(_, load)| Some(load.to_f64() / capacity.filter(|room| *room > 0.0)?)).into(),
                share_of(known(&[true]), known(&[true, false])).into(),
                means.map(|(own, _)| short(own)).into(),
                means.map(|(_, extra)| short(extra)).into(),
                own.map_or("facility-unknown", |(_, load)| load_word(load, capacity)).into(),
            ],
        });
    }
    let fill = |color| Symbol::Fill { color, outline: "#4d4d4d", outline_mm: 0.3 };
    let none = || Symbol::NoDataFill { outline: "#4d4d4d", outline_mm: 0.3 };
    table.style = Some(Style {
        classes: classes(
            "state",
            &LOADS[..4],
            [fill(palette::VERDICT[0]), fill(palette::VERDICT[1]), fill("#e0e0e0"), none()],
        ),
        label: Some(Label {
            field: "district".into(),
            second_line: None,
            size_pt: 7.0,
            bold: false,
            below_scale: Some(250_000),
        }),
        opacity: 0.7,
        visible: false,
        group: Group::Results,
    });
    table
}

fn facility_table(answer: &Answer<'_>, mut table: Table) -> Table {
    let unit = answer.reach.unit;
    table.geometry = GeometryKind::Point;
    table.fields = vec![
        Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("capacity", FieldKind::Real, "Capacity", "容量"),
        Field::new("load", FieldKind::Real, "Demand of its districts", "学区需求"),
        Field::new("share", FieldKind::Real, "Demand of the capacity", "负荷率"),
        Field::new("over", FieldKind::Real, "Demand without room", "超出容量"),
        Field::new("nearest_to", FieldKind::Real, "Demand whose nearest it is", "以其为最近的需求"),
        Field::new("past", FieldKind::Real, "Demand of its districts nearer to another", "学区内距另一设施更近的需求"),
        cost_field(unit, "own", "Mean way from its districts", "学区平均路程"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(LOADS),
    ];
    let loads = answer.loads();
    let mut nearest_to = vec![Weight::ZERO; loads.len()];
    let mut past = vec![Weight::ZERO; loads.len()];
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); loads.len()];
    for at in &answer.reach.judged {
        if let Some((facility, _)) = answer.reach.reached(*at).known(None) {
            nearest_to[facility as usize] += answer.reach.weight(*at);
        }
        if let Belongs::To { facility, .. } = &answer.belongs[*at] {
            members[*facility as usize].push(*at);
            if matches!(answer.outcome(*at), Outcome::Farther { .. }) {
                past[*facility as usize] += answer.reach.weight(*at);
            }
        }
    }
    let has_district = |at: usize| answer.facility_of.contains(&Some(at as u32));
    for (at, facility) in answer.reach.facilities.iter().enumerate() {
        let load = loads[at];
        let capacity = facility.capacity;
        let region = facility.home.map(|home| answer.reach.study.regions.get(home).name.as_str());
        let state = if has_district(at) { load_word(load, capacity) } else { "no-district" };
        table.rows.push(Row {
            geometry: Some(Geometry::Point(facility.at.lonlat.point())),
            values: vec![
                facility.id.as_str().into(),
                facility.name.as_str().into(),
                region.into(),
                capacity.into(),
                load.to_f64().into(),
                capacity.filter(|room| *room > 0.0).map(|room| load.to_f64() / room).into(),
                capacity.map(|room| (load.to_f64() - room).max(0.0)).into(),
                nearest_to[at].to_f64().into(),
                past[at].to_f64().into(),
                answer.means(members[at].iter().copied()).map_or(Value::Null, |(own, _)| short(own).into()),
                state.into(),
            ],
        });
    }
    let square = |color, size_mm| Symbol::Marker { shape: Shape::Square, color, size_mm, outline: "#1a1a1a" };
    table.style = Some(Style {
        classes: classes(
            "state",
            LOADS,
            [
                square(palette::VERDICT[0], 3.0),
                square(palette::VERDICT[1], 3.0),
                square("#bdbdbd", 2.4),
                square("#ffffff", 2.4),
                square("#ffffff", 2.0),
            ],
        ),
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

/// One line for each judged point whose own facility is not the nearest, or of which nothing is known: most people first; of cells those with
/// most people.
pub(crate) fn evidence(answer: &Answer<'_>) -> Vec<Evidence> {
    let mut points: Vec<usize> =
        answer.reach.judged.iter().copied().filter(|at| answer.outcome(*at).is_nearest() != Some(true)).collect();
    points.sort_by(|a, b| answer.reach.weight(*b).cmp(&answer.reach.weight(*a)).then(a.cmp(b)));
    if answer.reach.layer.is_grid() {
        points.truncate(MOST_CELL_LINES);
    }
    let unit = answer.reach.unit;
    let facility_name = |at: u32| answer.reach.facilities[at as usize].name.as_str();
    let line = |at: usize| {
        let (id, name) = (answer.reach.layer.id(at).into_owned(), answer.reach.layer.point_name(at).into_owned());
        let weight = answer.reach.weight(at);
        let outcome = answer.outcome(at);
        let (en, zh) = match (outcome, &answer.belongs[at]) {
            (Outcome::Farther { own, nearer, cost }, Belongs::To { facility, .. }) => {
                let (own, cost, extra) = (told(unit, own), told(unit, cost), told(unit, own - cost));
                let (facility, nearer) = (facility_name(*facility), facility_name(nearer));
                (
                    format!("{} to its own {facility}; {nearer} is nearer by {} ({})", own.0, extra.0, cost.0),
                    format!("到学区内{facility}{}；{nearer}近{}（{}）", own.1, extra.1, cost.1),
                )
            }
            (_, Belongs::Ambiguous(districts)) => {
                let names: Vec<&str> =
                    districts.iter().map(|at| answer.layer.districts[*at as usize].name.as_str()).collect();
                (
                    format!("lies in several districts: {}", names.join(", ")),
                    format!("位于多个学区：{}", names.join("、")),
                )
            }
            _ => {
                let known = OUTCOMES.iter().find(|(known, ..)| *known == word(outcome));
                known.map_or((String::new(), String::new()), |(_, en, zh)| ((*en).to_owned(), (*zh).to_owned()))
            }
        };
        let mut about = vec![id.clone(), name.clone()];
        about.extend(answer.reach.layer.home[at].map(|home| answer.reach.study.regions.get(home).code.clone()));
        Evidence {
            key: id.clone(),
            state: word(outcome),
            about,
            text: Text::new(format!("{name} ({id}), {weight}: {en}"), format!("{name}（{id}），{weight}：{zh}")),
        }
    };
    points.into_iter().map(line).collect()
}
