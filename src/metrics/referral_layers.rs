//! The layers of `referral`: people by their weakest link, the links between facilities as lines, regions; and its lines of evidence.

use std::collections::BTreeMap;

use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::same::is_within;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::RegionFigure;
use crate::metrics::reach_layers;
use crate::metrics::reach_layers::MOST_CELL_LINES;
use crate::metrics::reach_layers::MOST_CELLS;
use crate::metrics::reach_layers::short;
use crate::metrics::referral::Answer;
use crate::metrics::referral::Link;
use crate::metrics::referral::Whole;
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

/// All layers, those without a row left out.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>, regions: &[RegionFigure]) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str| reach_layers::blank(&answer.reach, context, suffix, en, zh);
    let target = context.target_share.map(|target| target.0);
    let by_region = make("regions", "every link holds, by region", "分区全链达标率");
    let mut tables = vec![
        reach_layers::region_table(&answer.reach, regions, target, &[1.0, 2.0, 3.0], by_region),
        link_table(answer, make("links", "links between facilities", "设施间转诊环节")),
        point_table(answer, make("points", "points by their weakest link", "需求点最弱环节")),
        reach_layers::unplaced_table(&answer.reach, make("without_place", "demand without a place", "位置未知的需求")),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn unit_of(answer: &Answer<'_>, step: usize) -> CostUnit {
    CostUnit::from(answer.params.chain[step].within)
}

fn ending(unit: CostUnit) -> (&'static str, &'static str, &'static str) {
    match unit {
        CostUnit::Metres => ("m", "m", "米"),
        CostUnit::Seconds => ("s", "s", "秒"),
    }
}

/// `held`, `link-1` … for the weakest of those that fail, `unknown`.
fn state(answer: &Answer<'_>, links: &[Link]) -> String {
    match answer.whole(links) {
        Whole::Held => "held".to_owned(),
        Whole::Unknown => "unknown".to_owned(),
        // of a broken chain the weakest link is one that fails
        Whole::Broken => answer.weakest(links).map_or("unknown".to_owned(), |step| format!("link-{}", step + 1)),
    }
}

/// Judged points; the broken ones with most people first where there are too many to draw.
fn point_table(answer: &Answer<'_>, mut table: Table) -> Table {
    table.geometry = GeometryKind::Point;
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Demand", "需求"),
        Field::new("state", FieldKind::Text, "State", "状态"),
        Field::new("weakest", FieldKind::Int, "Link with the highest cost for its limit", "成本与限值之比最高的环节"),
        Field::new("strain", FieldKind::Real, "Its cost of its limit", "其成本与限值之比"),
    ];
    for (step, one) in answer.params.chain.iter().enumerate() {
        let (end, en, zh) = ending(unit_of(answer, step));
        let nth = step + 1;
        table.fields.push(Field::new(
            &format!("to_{nth}"),
            FieldKind::Text,
            &format!("Link {nth} to ({})", one.kind),
            &format!("第{nth}环终点（{}）", one.kind),
        ));
        table.fields.push(Field::new(
            &format!("link_{nth}_{end}"),
            FieldKind::Real,
            &format!("Link {nth}, {en}"),
            &format!("第{nth}环（{zh}）"),
        ));
    }
    let common = answer.params.common_unit();
    if let Some(unit) = common {
        let (end, en, zh) = ending(unit);
        let total = (format!("Whole chain, {en}"), format!("全链（{zh}）"));
        let straight = (format!("Straight to the last tier, {en}"), format!("直达末级（{zh}）"));
        table.fields.push(Field::new(&format!("chain_{end}"), FieldKind::Real, &total.0, &total.1));
        table.fields.push(Field::new(&format!("direct_{end}"), FieldKind::Real, &straight.0, &straight.1));
    }
    let mut points: Vec<usize> =
        answer.reach.judged.iter().copied().filter(|at| answer.reach.layer.at[*at].is_some()).collect();
    if answer.reach.layer.is_grid() && points.len() > MOST_CELLS {
        let all = points.len();
        let is_broken = |at: usize| answer.whole(&answer.links(at)) == Whole::Broken;
        points.sort_by_cached_key(|at| (!is_broken(*at), std::cmp::Reverse(answer.reach.weight(*at)), *at));
        points.truncate(MOST_CELLS);
        points.sort_unstable();
        table.description.en += &format!("; of {all} cells {MOST_CELLS} are drawn, those with a link that fails first");
        table.description.zh += &format!("；共 {all} 个单元，仅绘制 {MOST_CELLS} 个，有环节未达到者优先");
    }
    for at in points {
        let Some(place) = answer.reach.layer.at[at] else { continue };
        let links = answer.links(at);
        let region = answer.reach.layer.home[at].map(|home| answer.reach.study.regions.get(home).name.as_str());
        let weakest = answer.weakest(&links);
        let strain = weakest.and_then(|step| match links[step] {
            Link::To(_, cost) => Some(cost / answer.params.chain[step].within.value()),
            _ => None,
        });
        let mut values = vec![
            answer.reach.layer.id(at).as_ref().into(),
            answer.reach.layer.point_name(at).as_ref().into(),
            region.into(),
            answer.reach.weight(at).to_f64().into(),
            state(answer, &links).into(),
            weakest.map(|step| step as u64 + 1).into(),
            strain.into(),
        ];
        for (step, link) in links.iter().enumerate() {
            let (name, cost) = match link {
                Link::To(to, cost) => (Some(answer.facility(step, *to).name.as_str()), Some(short(*cost))),
                _ => (None, None),
            };
            values.push(name.into());
            values.push(cost.into());
        }
        if common.is_some() {
            values.push(answer.total(&links).map(short).into());
            values.push(answer.straight(at).map(short).into());
        }
        table.rows.push(Row { geometry: Some(Geometry::Point(place.lonlat.point())), values });
    }
    let marker = |shape, color, size_mm| Symbol::Marker { shape, color, size_mm, outline: "#4d4d4d" };
    let mut classes = vec![Class::equals(
        "state",
        "held",
        Text::new("every link holds", "各环节均达到"),
        marker(Shape::Circle, palette::VERDICT[1], 1.6),
    )];
    for (step, one) in answer.params.chain.iter().enumerate() {
        let label = Text::new(
            format!("weakest: link {} to {}", step + 1, one.kind),
            format!("最弱为第{}环（{}）", step + 1, one.kind),
        );
        let symbol = marker(Shape::Diamond, palette::RISING[(2 + step).min(8)], 2.2);
        classes.push(Class::equals("state", &format!("link-{}", step + 1), label, symbol));
    }
    classes.push(Class::otherwise(Text::new("no data", "无数据"), marker(Shape::XMark, "#000000", 2.4)));
    table.style = Some(Style { classes, label: None, opacity: 1.0, visible: false, group: Group::Results });
    table
}

const LINKS: &[(&str, &str, &str)] =
    &[("held", "within its limit", "在限值内"), ("too-far", "beyond its limit", "超出限值")];

/// The links between facilities that have a way, as straight lines; those between facilities at the very same place have no line.
fn link_table(answer: &Answer<'_>, mut table: Table) -> Table {
    table.geometry = GeometryKind::MultiLineString;
    table.fields = vec![
        Field::new("link", FieldKind::Int, "Link", "环节"),
        Field::new("from", FieldKind::Text, "From", "起点"),
        Field::new("to", FieldKind::Text, "To", "终点"),
        Field::new("kind", FieldKind::Text, "Kind at its end", "终点类型"),
        Field::new("cost", FieldKind::Real, "Cost, m or s", "成本（米或秒）"),
        Field::new("limit", FieldKind::Real, "Limit, m or s", "限值（米或秒）"),
        Field::new("strain", FieldKind::Real, "Cost of the limit", "成本与限值之比"),
        Field::new("weight", FieldKind::Real, "Demand that takes it", "经由需求"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(LINKS),
    ];
    let mut users: BTreeMap<(usize, u32), Weight> = BTreeMap::new();
    for at in &answer.reach.judged {
        for (step, link) in answer.links(*at).into_iter().enumerate() {
            if let Link::To(facility, _) = link {
                *users.entry((step, facility)).or_default() += answer.reach.weight(*at);
            }
        }
    }
    for (tier, one) in answer.tiers.iter().enumerate() {
        let step = tier + 1;
        let limit = answer.params.chain[step].within.value();
        for (from, link) in (0u32..).zip(&one.links) {
            let Link::To(to, cost) = *link else { continue };
            let (from_facility, to_facility) = (answer.facility(step - 1, from), answer.facility(step, to));
            let ends = [from_facility, to_facility].map(|facility| facility.at.lonlat.point());
            // facilities under one roof
            if ends[0] == ends[1] {
                continue;
            }
            table.rows.push(Row {
                geometry: Some(Geometry::MultiLineString(MultiLineString(vec![LineString::from(ends.to_vec())]))),
                values: vec![
                    (step as u64 + 1).into(),
                    from_facility.name.as_str().into(),
                    to_facility.name.as_str().into(),
                    to_facility.kind.as_str().into(),
                    short(cost).into(),
                    limit.into(),
                    (cost / limit).into(),
                    users.get(&(step - 1, from)).copied().unwrap_or(Weight::ZERO).to_f64().into(),
                    LINKS[usize::from(!is_within(cost, limit))].0.into(),
                ],
            });
        }
    }
    let line = |color, width_mm| Symbol::Line { color, width_mm, dash: None, casing: true, trim_percent: 0 };
    let symbols = [line(palette::VERDICT[1], 0.4), line(palette::VERDICT[0], 0.8)];
    table.style = Some(Style {
        classes: LINKS
            .iter()
            .zip(symbols)
            .map(|((word, en, zh), symbol)| Class::equals("state", word, Text::new(*en, *zh), symbol))
            .collect(),
        label: None,
        opacity: 1.0,
        visible: false,
        group: Group::Evidence,
    });
    table
}

/// Facilities from which nobody can say how one goes on, or from which there is no way.
pub(crate) fn issues(answer: &Answer<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (tier, one) in answer.tiers.iter().enumerate() {
        let step = tier + 1;
        for (from, link) in (0u32..).zip(&one.links) {
            let facility = answer.facility(step - 1, from);
            let kind = &answer.params.chain[step].kind;
            let (code, what) = match link {
                Link::NoWay => {
                    ("referral-no-way", format!("{}: there is no way from it to any {kind} that counts", facility.name))
                }
                Link::Unknown => (
                    "referral-unknown",
                    format!("{}: how far it is from it to the nearest {kind} is not known", facility.name),
                ),
                Link::To(..) | Link::NotReached => continue,
            };
            issues.push(Issue::new(Severity::Warning, code, &facility.kind, what).with_id(&facility.id));
        }
    }
    issues
}

/// One line for each judged point whose chain is broken or not known: most people first; of cells those with most people.
pub(crate) fn evidence(answer: &Answer<'_>) -> Vec<Evidence> {
    let whole = |at: usize| answer.whole(&answer.links(at));
    let mut points: Vec<usize> = answer.reach.judged.iter().copied().filter(|at| whole(*at) != Whole::Held).collect();
    points.sort_by(|a, b| answer.reach.weight(*b).cmp(&answer.reach.weight(*a)).then(a.cmp(b)));
    if answer.reach.layer.is_grid() {
        points.truncate(MOST_CELL_LINES);
    }
    let line = |at: usize| {
        let (id, name) = (answer.reach.layer.id(at).into_owned(), answer.reach.layer.point_name(at).into_owned());
        let links = answer.links(at);
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        for (step, link) in links.iter().enumerate() {
            let one = &answer.params.chain[step];
            let (kind, within) = (&one.kind, &one.within);
            match link {
                Link::To(to, cost) => {
                    let facility = &answer.facility(step, *to).name;
                    let cost_told = reach_layers::told(unit_of(answer, step), *cost);
                    let (more_en, more_zh) = match is_within(*cost, within.value()) {
                        true => (String::new(), String::new()),
                        false => (format!(", beyond {within}"), format!("，超过 {within}")),
                    };
                    en.push(format!("{} to {facility}{more_en}", cost_told.0));
                    zh.push(format!("到{facility}{}{more_zh}", cost_told.1));
                }
                Link::NoWay => {
                    en.push(format!("no way to any {kind}"));
                    zh.push(format!("无法到达任何{kind}"));
                }
                Link::Unknown => {
                    en.push(format!("the way to a {kind} is not known"));
                    zh.push(format!("到{kind}的路径未知"));
                }
                Link::NotReached => {}
            }
        }
        let mut about = vec![id.clone(), name.clone()];
        about.extend(answer.reach.layer.home[at].map(|home| answer.reach.study.regions.get(home).code.clone()));
        Evidence {
            key: id.clone(),
            state: if whole(at) == Whole::Broken { "broken" } else { "unknown" },
            about,
            text: Text::new(
                format!("{name} ({id}): {}", en.join(", then ")),
                format!("{name}（{id}）：{}", zh.join("，再")),
            ),
        }
    };
    points.into_iter().map(line).collect()
}
