//! The scorecard as a table: one row an indicator and one a region.

use crate::base::frame::OutputCrs;
use crate::base::units::Text;
use crate::indicators::norm::NormRow;
use crate::indicators::scorecard::FigureRow;
use crate::indicators::scorecard::Row as IndicatorRow;
use crate::indicators::scorecard::Scorecard;
use crate::indicators::target::Origin;
use crate::indicators::verdict::Firmness;
use crate::indicators::verdict::Status;
use crate::indicators::verdict::Verdict;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;

/// One row for the whole area of each indicator, followed by its regions.
pub fn scorecard(card: &Scorecard, frame: OutputCrs) -> Table {
    let mut rows = Vec::new();
    for indicator in &card.indicators {
        let firmness = match indicator.firmness {
            Firmness::Robust => "robust".into(),
            Firmness::Fragile => "fragile".into(),
            Firmness::Untested => Value::Null,
        };
        rows.push(Row {
            geometry: None,
            values: line(
                indicator,
                ["all", "", ""],
                &indicator.figure,
                (indicator.verdict, indicator.status),
                firmness,
                indicator.reason.as_ref(),
                false,
            ),
        });
        for region in &indicator.regions {
            let level = region.level.title().0;
            rows.push(Row {
                geometry: None,
                values: line(
                    indicator,
                    [level, &region.code, &region.name],
                    &region.figure,
                    (region.verdict, region.status),
                    Value::Null,
                    None,
                    region.small,
                ),
            });
        }
    }
    Table {
        name: "scorecard".into(),
        title: Text::new("Scorecard", "指标评分表"),
        description: card.title.clone(),
        synthetic: card.synthetic,
        crs: frame,
        geometry: GeometryKind::None,
        fields: vec![
            Field::new("indicator", FieldKind::Text, "Indicator", "指标"),
            Field::new("title_zh", FieldKind::Text, "Title (Chinese)", "名称"),
            Field::new("title_en", FieldKind::Text, "Title (English)", "名称（英文）"),
            Field::new("level", FieldKind::Text, "Level", "层级"),
            Field::new("code", FieldKind::Text, "Code", "代码"),
            Field::new("name", FieldKind::Text, "Region", "区域"),
            Field::new("verdict", FieldKind::Text, "Verdict", "结论").with_choices(&[
                ("met", "met", "达标"),
                ("missed", "missed", "未达标"),
                ("no-data", "no data", "无数据"),
                ("not-applicable", "not applicable", "不适用"),
                ("no-target", "no target", "未设目标"),
            ]),
            Field::new("firmness", FieldKind::Text, "Firmness", "稳健性")
                .with_choices(&[("robust", "robust", "稳健"), ("fragile", "fragile", "脆弱")]),
            Field::new("value_text", FieldKind::Text, "Value", "数值"),
            Field::new("target", FieldKind::Text, "Target", "目标"),
            Field::new("by", FieldKind::Text, "By", "期限"),
            Field::new("value", FieldKind::Real, "Value (unrounded)", "数值（未取整）"),
            Field::new("part", FieldKind::Real, "Part", "分子"),
            Field::new("whole", FieldKind::Real, "Whole", "分母"),
            Field::new("unknown", FieldKind::Real, "Without data", "无数据量"),
            Field::new("reason_zh", FieldKind::Text, "Reason (Chinese)", "说明"),
            Field::new("reason_en", FieldKind::Text, "Reason (English)", "说明（英文）"),
            Field::new("on_synthetic", FieldKind::Bool, "On made-up data", "基于合成数据"),
            Field::new("cites", FieldKind::Text, "Source of the target", "目标出处"),
            Field::new("norm_zh", FieldKind::Text, "Norm (Chinese)", "依据规范"),
            Field::new("norm_en", FieldKind::Text, "Norm (English)", "依据规范（英文）"),
            Field::new("small", FieldKind::Bool, "Rests on few points or people", "样本过少"),
            Field::new("norm_ok", FieldKind::Bool, "Norm checked by the user", "规范数值已核对"),
            Field::new("status", FieldKind::Text, "Status", "状态").with_choices(&[
                ("met", "met", "达标"),
                ("fragile", "fragile", "脆弱"),
                ("close", "close", "接近达标"),
                ("not-met", "not met", "未达标"),
                ("no-data", "no data", "无数据"),
                ("not-applicable", "not applicable", "不适用"),
                ("no-target", "no target", "未设目标"),
            ]),
            Field::new("item", FieldKind::Int, "Item of the plan", "文件条目"),
            Field::new("origin_zh", FieldKind::Text, "Whose target (Chinese)", "目标性质"),
            Field::new("origin_en", FieldKind::Text, "Whose target (English)", "目标性质（英文）"),
            Field::new("pace_zh", FieldKind::Text, "Pace (Chinese)", "进度"),
            Field::new("pace_en", FieldKind::Text, "Pace (English)", "进度（英文）"),
        ],
        rows,
        style: None,
    }
}

fn line(
    indicator: &IndicatorRow,
    [level, code, name]: [&str; 3],
    figure: &FigureRow,
    (verdict, status): (Verdict, Status),
    firmness: Value,
    reason: Option<&Text>,
    is_small: bool,
) -> Vec<Value> {
    let some = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
    let norms =
        |says: fn(&NormRow) -> &str, between: &str| indicator.norms.iter().map(says).collect::<Vec<_>>().join(between);
    let origin = indicator.target.as_ref().and_then(|target| target.origin).map(Origin::title);
    // the pace is that of the whole area
    let pace = indicator.pace.as_ref().filter(|_| code.is_empty());
    vec![
        indicator.id.as_str().into(),
        indicator.title.zh.as_str().into(),
        indicator.title.en.as_str().into(),
        level.into(),
        some(code),
        some(name),
        verdict.word().into(),
        firmness,
        some(&figure.text),
        indicator.target.as_ref().map(|target| target.text.as_str()).into(),
        indicator.target.as_ref().and_then(|target| target.by.clone()).into(),
        figure.value.into(),
        figure.part.into(),
        figure.whole.into(),
        figure.unknown.into(),
        reason.map(|reason| reason.zh.as_str()).into(),
        reason.map(|reason| reason.en.as_str()).into(),
        indicator.synthetic.into(),
        some(&indicator.cites),
        some(&norms(|norm| &norm.says.zh, "；")),
        some(&norms(|norm| &norm.says.en, "; ")),
        is_small.into(),
        match indicator.norms.is_empty() {
            true => Value::Null,
            false => indicator.norms.iter().all(|norm| norm.checked).into(),
        },
        status.word().into(),
        indicator.item.map_or(Value::Null, |item| u64::from(item).into()),
        origin.as_ref().map(|origin| origin.zh.as_str()).into(),
        origin.as_ref().map(|origin| origin.en.as_str()).into(),
        pace.map(|pace| pace.says.zh.as_str()).into(),
        pace.map(|pace| pace.says.en.as_str()).into(),
    ]
}
