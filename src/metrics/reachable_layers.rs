//! The layers of `reachable-within`: centres with what is within reach of them, and demand points with the centres within theirs.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::impedance::By;
use crate::metrics::Context;
use crate::metrics::reach_layers::MOST_CELLS;
use crate::metrics::reachable_within::Answer;
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

/// A way of travelling in a few words.
pub(crate) fn way(by: By) -> (&'static str, &'static str) {
    match by.mode() {
        Some(_) if by == By::Transit => ("by transit", "乘公共交通"),
        Some(mode) => mode.title(),
        None if by == By::Surface => ("over a cost surface", "沿成本面"),
        None => ("as the crow flies", "直线"),
    }
}

/// The end of a field's name.
fn ending(by: By) -> String {
    format!("{by:?}").to_lowercase()
}

/// Weight of the judged points that have a centre within reach.
pub(crate) fn weight_of(answer: &Answer<'_>, centres: &[Vec<u32>], centre: u32) -> Weight {
    answer.judged.iter().filter(|at| centres[**at].binary_search(&centre).is_ok()).map(|at| answer.weight(*at)).sum()
}

/// All layers, those without a row left out.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str| Table {
        name: format!("{}_{suffix}", context.id.replace('-', "_")),
        title: Text::new(format!("{}: {en}", context.title.en), format!("{}：{zh}", context.title.zh)),
        description: Text::new(
            format!("within {}, the limit included", answer.params.within),
            format!("{} 以内（含）", answer.params.within),
        ),
        synthetic: answer.synthetic,
        crs: answer.study.frame,
        geometry: GeometryKind::Point,
        fields: Vec::new(),
        rows: Vec::new(),
        style: None,
    };
    let mut tables = vec![
        centre_table(answer, make("centres", "within reach of each centre", "各中心可达范围")),
        point_table(answer, make("points", "centres within reach of each point", "各点可达中心数")),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn centre_table(answer: &Answer<'_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new("centre", FieldKind::Text, "Centre", "中心编号"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("weight", FieldKind::Real, "Demand within reach", "可达需求"),
        Field::new("share", FieldKind::Real, "Share of all demand", "占全部需求比例"),
    ];
    for found in &answer.found {
        let (en, zh) = way(found.by);
        let name = format!("weight_{}", ending(found.by));
        table.fields.push(Field::new(
            &name,
            FieldKind::Real,
            &format!("Demand within reach, {en}"),
            &format!("可达需求（{zh}）"),
        ));
    }
    let asks_services = answer.params.by.contains(&By::Transit);
    if asks_services {
        let (en, zh) =
            ("Demand of which it is not known, for want of data on services", "因公交服务无数据而未知的需求");
        table.fields.push(Field::new("weight_unknown", FieldKind::Real, en, zh));
    }
    for kind in &answer.params.places {
        for found in &answer.found {
            let (en, zh) = way(found.by);
            table.fields.push(Field::new(
                &format!("{}_{}", kind.replace('-', "_"), ending(found.by)),
                FieldKind::Int,
                &format!("{kind} within reach, {en}"),
                &format!("可达{kind}数（{zh}）"),
            ));
        }
    }
    let all: Vec<Vec<u32>> = (0..answer.parties.layer.len()).map(|at| answer.centres(at)).collect();
    let total: Weight = answer.judged.iter().map(|at| answer.weight(*at)).sum();
    for (centre, facility) in (0u32..).zip(&answer.parties.facilities) {
        let weight = weight_of(answer, &all, centre);
        let mut values: Vec<Value> = vec![
            facility.id.as_str().into(),
            facility.name.as_str().into(),
            weight.to_f64().into(),
            (total > Weight::ZERO).then(|| weight.to_f64() / total.to_f64()).into(),
        ];
        values.extend(answer.found.iter().map(|found| weight_of(answer, &found.centres, centre).to_f64().into()));
        if asks_services {
            values.push(answer.weight_unknown(centre).to_f64().into());
        }
        for kind in 0..answer.params.places.len() {
            let counts = answer.found.iter().map(|found| found.places[centre as usize][kind]);
            values.extend(counts.map(|count| Value::Int(i64::from(count))));
        }
        table.rows.push(Row { geometry: Some(Geometry::Point(facility.at.lonlat.point())), values });
    }
    let mut weights: Vec<f64> = table.rows.iter().filter_map(|row| row.values[2].as_f64()).collect();
    weights.sort_by(f64::total_cmp);
    let at = |share: f64| weights.get(((weights.len() as f64 - 1.0) * share) as usize).copied().unwrap_or(0.0);
    let breaks = [at(1.0 / 3.0), at(2.0 / 3.0)];
    let marker = |color, size_mm| Symbol::Marker { shape: Shape::Circle, color, size_mm, outline: "#1a1a1a" };
    let label = |en: &str, zh: &str, weight: f64| {
        let weight = thousands(weight);
        Text::new(format!("{en} {weight}"), format!("{zh} {weight}"))
    };
    let mut classes = vec![Class::range(
        "weight",
        None,
        including(breaks[0]),
        label("up to", "不超过", breaks[0]),
        marker(palette::SEQUENTIAL[1], 2.4),
    )];
    if breaks[1] > breaks[0] {
        classes.push(Class::range(
            "weight",
            excluding(breaks[0]),
            including(breaks[1]),
            label("up to", "不超过", breaks[1]),
            marker(palette::SEQUENTIAL[2], 3.2),
        ));
    }
    classes.push(Class::range(
        "weight",
        excluding(breaks[1]),
        None,
        label("more than", "多于", breaks[1]),
        marker(palette::SEQUENTIAL[4], 4.0),
    ));
    table.style = Some(Style {
        classes,
        label: Some(Label { field: "name".into(), second_line: None, size_pt: 8.0, bold: true, below_scale: None }),
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    });
    table
}

/// What is known of a point, where transit is asked.
const STATES: [(&str, &str, &str); 4] = [
    ("within-reach", "within reach of enough centres", "可达中心足够"),
    ("out-of-reach", "within reach of too few centres", "可达中心不足"),
    ("no-service-data", "no data on services", "公交服务无数据"),
    ("unknown", "place not known, or off the network", "位置未知或不在路网上"),
];

fn point_table(answer: &Answer<'_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Weight", "权重"),
        Field::new("centres", FieldKind::Int, "Centres within reach", "可达中心数"),
        Field::new("named", FieldKind::Text, "Which", "可达中心"),
    ];
    if answer.params.by.contains(&By::Transit) {
        table.fields.push(Field::new("state", FieldKind::Text, "State", "状态").with_choices(&STATES));
    }
    for found in &answer.found {
        let (en, zh) = way(found.by);
        let name = format!("centres_{}", ending(found.by));
        table.fields.push(Field::new(
            &name,
            FieldKind::Int,
            &format!("Centres within reach, {en}"),
            &format!("可达中心数（{zh}）"),
        ));
    }
    let layer = answer.parties.layer;
    let mut drawn = answer.judged.clone();
    if layer.is_grid() && drawn.len() > MOST_CELLS {
        // those out of reach and heaviest first
        drawn.sort_by_key(|at| (answer.centres(*at).len(), std::cmp::Reverse(answer.weight(*at)), *at));
        drawn.truncate(MOST_CELLS);
        drawn.sort_unstable();
        let (all, shown) = (answer.judged.len(), drawn.len());
        table.description.en += &format!("; of {all} cells the {shown} with the fewest centres are drawn");
        table.description.zh += &format!("；共 {all} 个单元，仅绘制可达中心最少的 {shown} 个");
    }
    for at in drawn {
        let Some(place) = layer.at[at] else { continue };
        let centres = answer.centres(at);
        let names: Vec<&str> =
            centres.iter().take(5).map(|centre| answer.parties.facilities[*centre as usize].name.as_str()).collect();
        let more = if centres.len() > 5 { " …" } else { "" };
        let is_silent = answer.is_silent(at);
        let is_known = !is_silent && answer.found.iter().all(|found| !found.unknown.contains(&at));
        let region = layer.home[at].map(|home| answer.study.regions.get(home).name.as_str());
        let mut values: Vec<Value> = vec![
            layer.id(at).as_ref().into(),
            layer.point_name(at).as_ref().into(),
            region.into(),
            answer.weight(at).to_f64().into(),
            if is_known || !centres.is_empty() && !is_silent { Value::Int(centres.len() as i64) } else { Value::Null },
            format!("{}{more}", names.join("、")).into(),
        ];
        if answer.params.by.contains(&By::Transit) {
            let nth = match answer.counts(at) {
                Some(true) => 0,
                Some(false) => 1,
                None if is_silent => 2,
                None => 3,
            };
            values.push(STATES[nth].0.into());
        }
        values.extend(answer.found.iter().map(|found| {
            let count = found.centres[at].len();
            let is_too_few = count < answer.params.at_least.get() as usize;
            match found.unknown.contains(&at) || is_too_few && found.without_services.contains(&at) {
                true => Value::Null,
                false => Value::Int(count as i64),
            }
        }));
        table.rows.push(Row { geometry: Some(Geometry::Point(place.lonlat.point())), values });
    }
    let least = f64::from(answer.params.at_least.get());
    let marker = |shape, color, size_mm| Symbol::Marker { shape, color, size_mm, outline: "#4d4d4d" };
    let mut classes = vec![Class::range(
        "centres",
        including(least),
        None,
        Text::new(format!("{least} or more"), format!("{least} 个及以上")),
        marker(Shape::Circle, palette::VERDICT[1], 1.4),
    )];
    classes.push(Class::range(
        "centres",
        None,
        excluding(least),
        Text::new(format!("fewer than {least}"), format!("少于 {least} 个")),
        marker(Shape::Circle, palette::VERDICT[0], 1.8),
    ));
    if answer.params.by.contains(&By::Transit) {
        let (value, en, zh) = STATES[2];
        classes.push(Class::equals("state", value, Text::new(en, zh), marker(Shape::Circle, "#d9d9d9", 1.8)));
    }
    classes.push(Class::otherwise(Text::new("no data", "无数据"), marker(Shape::XMark, "#000000", 2.4)));
    table.style = Some(Style { classes, label: None, opacity: 1.0, visible: false, group: Group::Evidence });
    table
}
