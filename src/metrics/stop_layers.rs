//! The layers and the evidence of `stop-coverage`: demand points by the departures that they can reach, people by class of departures,
//! regions.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::base::units::Weight;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::RegionFigure;
use crate::metrics::reach::Reached;
use crate::metrics::reach_layers;
use crate::metrics::reach_layers::MOST_CELL_LINES;
use crate::metrics::reach_layers::short;
use crate::metrics::stop_people::People;
use crate::metrics::stop_people::Standing;
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
use crate::table::style::rising;
use crate::table::style::rising_name;

/// All layers for people, those without a row left out.
pub(crate) fn tables(people: &People<'_>, context: &Context<'_>, regions: &[RegionFigure]) -> Vec<Table> {
    let make = |suffix, en, zh| table(people, context, suffix, en, zh);
    let target = context.target_share.map(|target| target.0);
    let mut tables = vec![
        reach_layers::region_table(&people.reach, regions, target, &[0.0; 3], make("regions", "by region", "分区结果")),
        point_table(people, make("points", "points by departures within reach", "需求点可达班次")),
        class_table(people, make("classes", "by departures within reach", "按可达班次分级")),
        reach_layers::unplaced_table(&people.reach, make("without_place", "demand without a place", "位置未知的需求")),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn table(people: &People<'_>, context: &Context<'_>, suffix: &str, en: &str, zh: &str) -> Table {
    Table {
        name: format!("{}_{suffix}", context.id.replace('-', "_")),
        title: Text::new(format!("{}: {en}", context.title.en), format!("{}：{zh}", context.title.zh)),
        description: {
            let (ways, sources) = (people.reach.caveat(), people.survey.sources());
            Text::new(format!("{}; {}", ways.en, sources.en), format!("{}；{}", ways.zh, sources.zh))
        },
        synthetic: people.reach.synthetic,
        crs: people.survey.study.frame,
        geometry: GeometryKind::None,
        fields: Vec::new(),
        rows: Vec::new(),
        style: None,
    }
}

const STATES: [(&str, &str, &str); 5] = [
    ("covered", "covered", "已覆盖"),
    ("uncovered", "not covered", "未覆盖"),
    ("no-service-data", "no data on services", "公交服务无数据"),
    ("off-streets", "off the streets", "不在路网上"),
    ("no-place", "place not known", "位置未知"),
];

pub(crate) fn state(standing: Standing) -> &'static str {
    STATES[standing as usize].0
}

/// Departures of the best stop within reach; `None` where that is not known.
fn departures(people: &People<'_>, at: usize) -> Option<Weight> {
    match people.standing(at, people.params.least()) {
        Standing::Covered | Standing::Uncovered => Some(people.best[at].counted),
        Standing::NoService | Standing::OffStreets | Standing::NoPlace => None,
    }
}

fn point_table(people: &People<'_>, mut table: Table) -> Table {
    let reach = &people.reach;
    let (cost_name, cost_en, cost_zh) = reach_layers::cost_field(reach.unit);
    table.geometry = GeometryKind::Point;
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Weight", "权重"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(&STATES),
        Field::new("departures", FieldKind::Real, "Departures of the best stop within reach", "可达站点最多班次"),
        Field::new("best_stop", FieldKind::Text, "Best stop within reach", "可达班次最多的站点"),
        Field::new("served_stop", FieldKind::Text, "Nearest served stop", "最近的达标站点"),
        Field::new(cost_name, FieldKind::Real, cost_en, cost_zh),
    ];
    let drawn = reach_layers::drawn(reach, Some(people.limit));
    if drawn.len() < reach.judged.len() {
        let (shown, all) = (drawn.len(), reach.judged.len());
        table.description.en.push_str(&format!(
            "; of {all} cells, the {shown} that are out of reach or farthest and heaviest are drawn"
        ));
        table.description.zh.push_str(&format!("；共 {all} 个单元，仅绘制未覆盖或最远且权重最大的 {shown} 个"));
    }
    for at in drawn {
        let Some(place) = reach.layer.at[at] else { continue };
        let (served, cost) = match reach.reached(at) {
            Reached::At(stop, cost) | Reached::AtMost(Some((stop, cost))) => {
                (Some(reach.facilities[stop as usize].name.as_str()), Some(cost))
            }
            _ => (None, None),
        };
        let best = people.best[at].place.map(|(place, _)| people.survey.places[place as usize].name.as_str());
        let region = reach.layer.home[at].map(|home| reach.study.regions.get(home).name.as_str());
        table.rows.push(Row {
            geometry: Some(Geometry::Point(place.lonlat.point())),
            values: vec![
                reach.layer.id(at).as_ref().into(),
                reach.layer.point_name(at).as_ref().into(),
                region.into(),
                reach.weight(at).to_f64().into(),
                state(people.standing(at, people.params.least())).into(),
                departures(people, at).map(Weight::to_f64).into(),
                best.into(),
                served.into(),
                // millimetres: finer than any input, and short in files
                cost.map(short).into(),
            ],
        });
    }
    let mut classes = rising("departures", &people.params.classes, ("a day", "班/日"), &|_, color| Symbol::Marker {
        shape: Shape::Circle,
        color,
        size_mm: 1.8,
        outline: "#4d4d4d",
    });
    let none = Symbol::Marker { shape: Shape::XMark, color: "#000000", size_mm: 2.4, outline: "#000000" };
    classes.push(Class::otherwise(Text::new("no data", "无数据"), none));
    table.style = Some(Style { classes, label: None, opacity: 1.0, visible: false, group: Group::Evidence });
    table
}

/// One row a class, none left out, and a row for those of whom nothing is known.
fn class_table(people: &People<'_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new("class", FieldKind::Text, "Departures of the best stop within reach", "可达站点最多班次"),
        Field::new("least", FieldKind::Real, "From (included)", "下限（含）"),
        Field::new("below", FieldKind::Real, "To (not included)", "上限（不含）"),
        Field::new("weight", FieldKind::Real, "Weight", "权重"),
        Field::new("share", FieldKind::Real, "Share of those with data", "占有数据者比例"),
        Field::new("points", FieldKind::Int, "Points", "点数"),
    ];
    let bounds = people.params.class_bounds();
    let mut of_class = vec![(Weight::ZERO, 0u64); bounds.len() + 1];
    let mut unknown = (Weight::ZERO, 0u64);
    for at in &people.reach.judged {
        let mine = match departures(people, *at) {
            Some(count) => &mut of_class[bounds.iter().filter(|bound| **bound <= count).count()],
            None => &mut unknown,
        };
        mine.0 += people.reach.weight(*at);
        mine.1 += 1;
    }
    let known: Weight = of_class.iter().map(|(weight, _)| *weight).sum();
    for (at, (weight, points)) in of_class.iter().enumerate() {
        let least = at.checked_sub(1).map_or(Weight::ZERO, |before| bounds[before]);
        table.rows.push(Row {
            geometry: None,
            values: vec![
                rising_name(&people.params.classes, at).into(),
                least.to_f64().into(),
                bounds.get(at).map(|below| below.to_f64()).into(),
                weight.to_f64().into(),
                weight.share_of(known).map(|share| share.0).into(),
                (*points).into(),
            ],
        });
    }
    if unknown.1 > 0 {
        let values =
            vec!["no data".into(), Value::Null, Value::Null, unknown.0.to_f64().into(), Value::Null, unknown.1.into()];
        table.rows.push(Row { geometry: None, values });
    }
    table
}

/// One line for each demand point that is not covered or without data; of cells of a raster, those with the most weight, and a line for the
/// others together.
pub(crate) fn evidence(people: &People<'_>) -> Vec<Evidence> {
    let reach = &people.reach;
    let least = people.params.least();
    let mut points: Vec<usize> =
        reach.judged.iter().copied().filter(|at| people.standing(*at, least) != Standing::Covered).collect();
    let mut others = None;
    if reach.layer.is_grid() && points.len() > MOST_CELL_LINES {
        points.sort_by(|x, y| reach.weight(*y).cmp(&reach.weight(*x)).then(x.cmp(y)));
        let rest = points.split_off(MOST_CELL_LINES);
        let weight: Weight = rest.iter().map(|at| reach.weight(*at)).sum();
        others = Some(Evidence {
            key: "others".to_owned(),
            state: "uncovered",
            about: Vec::new(),
            text: Text::new(
                format!("{} further cells, together {weight}, each with no more than those listed", rest.len()),
                format!("另有 {} 个单元，合计 {weight}，均不大于上列各单元", rest.len()),
            ),
        });
    }
    points.into_iter().map(|at| line(people, at, least)).chain(others).collect()
}

fn line(people: &People<'_>, at: usize, least: Weight) -> Evidence {
    let reach = &people.reach;
    let (id, name) = (reach.layer.id(at).into_owned(), reach.layer.point_name(at).into_owned());
    let home = reach.layer.home[at].map(|home| reach.study.regions.get(home));
    let standing = people.standing(at, least);
    let (en, zh) = match standing {
        Standing::NoPlace => ("its place is not known".to_owned(), "位置未知".to_owned()),
        Standing::OffStreets => reach.off_streets.get(&at).map(reach_layers::off_street).unwrap_or_default(),
        Standing::Covered | Standing::Uncovered | Standing::NoService => around(people, at, least),
    };
    let (en, zh) = match standing {
        Standing::NoService => (
            format!("nothing is known of the services around it, or not when they depart; {en}"),
            format!("周边公交服务或其发车时间无数据；{zh}"),
        ),
        _ => (en, zh),
    };
    let mut about = vec![id.clone(), name.clone()];
    about.extend(home.map(|region| region.code.clone()));
    let text = Text::new(format!("{name} ({id}): {en}"), format!("{name}（{id}）：{zh}"));
    Evidence { key: id, state: state(standing), about, text }
}

/// The best stop within reach, and the nearest that is served.
fn around(people: &People<'_>, at: usize, least: Weight) -> (String, String) {
    let (reach, limit) = (&people.reach, people.limit);
    let (mut en, mut zh) = match people.best[at].place {
        Some((place, cost)) => {
            let (stop, told) = (&people.survey.places[place as usize], reach_layers::told(reach.unit, cost));
            let count = people.best[at].counted;
            (
                format!(
                    "the best stop within {limit} is {} ({}), {}, with {count} departures, of {least} wanted",
                    stop.name, stop.id, told.0
                ),
                format!(
                    "{limit} 内班次最多的站点为{}（{}），距{}，{count}班，要求{least}班",
                    stop.name, stop.id, told.1
                ),
            )
        }
        None => (format!("no stop that is left by a vehicle lies within {limit}"), format!("{limit} 内没有发车的站点")),
    };
    match reach.reached(at) {
        Reached::At(stop, cost) | Reached::AtMost(Some((stop, cost))) => {
            let (stop, told) = (reach.facilities[stop as usize], reach_layers::told(reach.unit, cost));
            en.push_str(&format!("; the nearest with enough is {} ({}), {}", stop.name, stop.id, told.0));
            zh.push_str(&format!("；最近的达标站点为{}（{}），距{}", stop.name, stop.id, told.1));
        }
        _ => {
            en.push_str("; no stop with enough can be reached");
            zh.push_str("；没有可达的达标站点");
        }
    }
    (en, zh)
}
