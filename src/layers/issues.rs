//! What was read and could not be used, or only with doubt; and the account of every source.

use crate::base::units::Text;
use crate::indicators::scorecard::Scorecard;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;

/// The list of issues, and the ledger of sources.
pub fn tables(study: &Study, card: &Scorecard) -> Vec<Table> {
    let issues = Table {
        name: "issues".into(),
        title: Text::new("Issues", "问题清单"),
        description: Text::new("Records left out or used with doubt, with the reason.", "未采用或存疑的记录及原因。"),
        synthetic: study.synthetic,
        crs: study.frame,
        geometry: GeometryKind::None,
        fields: vec![
            Field::new("severity", FieldKind::Text, "Severity", "程度"),
            Field::new("code", FieldKind::Text, "Code", "代码"),
            Field::new("source", FieldKind::Text, "Source", "来源"),
            Field::new("record", FieldKind::Int, "Record", "记录号"),
            Field::new("id", FieldKind::Text, "Id", "编号"),
            Field::new("field", FieldKind::Text, "Field", "字段"),
            Field::new("what", FieldKind::Text, "What is wrong", "说明"),
        ],
        rows: study
            .issues
            .iter()
            .map(|issue| Row {
                geometry: None,
                values: vec![
                    issue.severity.to_string().into(),
                    issue.code.into(),
                    issue.source.as_str().into(),
                    issue.record.into(),
                    issue.id.clone().into(),
                    issue.field.clone().into(),
                    issue.what.as_str().into(),
                ],
            })
            .collect(),
        style: None,
    };
    let ledger = Table {
        name: "ledger".into(),
        title: Text::new("Ledger", "数据台账"),
        description: Text::new(
            "Every source: records read, used and dropped by reason.",
            "各数据源：读入、采用、剔除（按原因）。",
        ),
        synthetic: study.synthetic,
        crs: study.frame,
        geometry: GeometryKind::None,
        fields: vec![
            Field::new("source", FieldKind::Text, "Source", "来源"),
            Field::new("records", FieldKind::Text, "Records", "记录"),
            Field::new("read", FieldKind::Int, "Read", "读入"),
            Field::new("used", FieldKind::Int, "Used", "采用"),
            Field::new("dropped", FieldKind::Text, "Dropped", "剔除"),
            Field::new("made_up", FieldKind::Bool, "Made up", "合成数据"),
            Field::new("sha256", FieldKind::Text, "SHA-256", "校验和"),
        ],
        rows: card
            .sources
            .iter()
            .map(|source| {
                let dropped: Vec<String> =
                    source.dropped.iter().map(|(reason, count)| format!("{reason}: {count}")).collect();
                let hash = card.provenance.iter().find(|input| input.path == source.source);
                Row {
                    geometry: None,
                    values: vec![
                        source.source.as_str().into(),
                        source.records.as_str().into(),
                        source.read.into(),
                        source.used.into(),
                        if dropped.is_empty() { Value::Null } else { dropped.join(", ").into() },
                        source.synthetic.into(),
                        hash.map(|input| input.sha256.as_str()).into(),
                    ],
                }
            })
            .collect(),
        style: None,
    };
    vec![issues, ledger]
}
