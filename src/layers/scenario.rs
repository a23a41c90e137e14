//! What a scenario changes, and how the change of each figure is split among the groups of changes; two tables without places.

use crate::base::frame::OutputCrs;
use crate::base::units::Text;
use crate::indicators::scorecard::Scorecard;
use crate::indicators::split::Group;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;

/// The name of the table of the split.
pub const SPLIT: &str = "scenario_split";

const GROUPS: &[(&str, &str, &str)] = &[
    ("facilities", "facilities", "设施"),
    ("network", "network", "路网与线路"),
    ("people", "people", "人口"),
    ("definition", "definition", "口径"),
];

/// One row a change, and one row an indicator and group; both empty without a scenario.
pub fn tables(card: &Scorecard, frame: OutputCrs) -> Vec<Table> {
    let Some(scenario) = &card.scenario else { return Vec::new() };
    let table = |name: &str, title: Text, fields: Vec<Field>, rows: Vec<Vec<Value>>| Table {
        name: name.to_owned(),
        title,
        description: scenario.title.clone(),
        synthetic: card.synthetic,
        crs: frame,
        geometry: GeometryKind::None,
        fields,
        rows: rows.into_iter().map(|values| Row { geometry: None, values }).collect(),
        style: None,
    };
    let group = || Field::new("group", FieldKind::Text, "Group of changes", "变更类别").with_choices(GROUPS);
    let changes = scenario.changes.iter().map(|change| {
        let (zh, en) = (change.text.zh.as_str(), change.text.en.as_str());
        vec![change.group.word().into(), zh.into(), en.into(), change.has_effect.into()]
    });
    let mut split = Vec::new();
    for row in &scenario.split {
        let line = |group: Option<Group>, numbers: [Option<f64>; 3], text: &str, reason: Option<&Text>| {
            vec![
                row.id.as_str().into(),
                row.title.zh.as_str().into(),
                row.title.en.as_str().into(),
                group.map_or("all", Group::word).into(),
                text.into(),
                numbers[0].into(),
                numbers[1].into(),
                numbers[2].into(),
                row.before.into(),
                row.after.into(),
                reason.map(|reason| reason.zh.as_str()).into(),
                reason.map(|reason| reason.en.as_str()).into(),
            ]
        };
        let whole = row.before.zip(row.after).map(|(before, after)| after - before);
        split.push(line(None, [whole, None, None], &row.text, row.reason.as_ref()));
        for part in &row.parts {
            let numbers = [Some(part.value), Some(part.least), Some(part.most)];
            split.push(line(Some(part.group), numbers, &part.text, None));
        }
    }
    vec![
        table(
            "scenario_changes",
            Text::new("What the scenario changes", "情景变更"),
            vec![
                group(),
                Field::new("change_zh", FieldKind::Text, "Change (Chinese)", "变更"),
                Field::new("change_en", FieldKind::Text, "Change (English)", "变更（英文）"),
                Field::new("has_effect", FieldKind::Bool, "Has an effect", "有影响"),
            ],
            changes.collect(),
        ),
        table(
            SPLIT,
            Text::new("Change by group of changes (Shapley)", "变化的来源分解（Shapley值）"),
            vec![
                Field::new("indicator", FieldKind::Text, "Indicator", "指标"),
                Field::new("title_zh", FieldKind::Text, "Title (Chinese)", "名称"),
                Field::new("title_en", FieldKind::Text, "Title (English)", "名称（英文）"),
                Field::new("group", FieldKind::Text, "Group of changes", "变更类别").with_choices(&{
                    let mut all = vec![("all", "all together", "合计")];
                    all.extend(GROUPS);
                    all
                }),
                Field::new("change", FieldKind::Text, "Change", "变化"),
                Field::new("value", FieldKind::Real, "Change (unrounded)", "变化（未取整）"),
                Field::new("least", FieldKind::Real, "Least over all orders", "各次序最小值"),
                Field::new("most", FieldKind::Real, "Most over all orders", "各次序最大值"),
                Field::new("before", FieldKind::Real, "Figure of the study", "原方案数值"),
                Field::new("after", FieldKind::Real, "Figure of the scenario", "情景数值"),
                Field::new("reason_zh", FieldKind::Text, "Reason (Chinese)", "说明"),
                Field::new("reason_en", FieldKind::Text, "Reason (English)", "说明（英文）"),
            ],
            split,
        ),
    ]
}
