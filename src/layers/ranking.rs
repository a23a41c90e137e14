//! Regions by the share of promises that they keep, as a layer.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::indicators::ranking::Ranked;
use crate::indicators::scorecard::Scorecard;
use crate::indicators::verdict::Verdict;
use crate::metrics::layer::VERDICTS;
use crate::metrics::layer::region_fill;
use crate::metrics::layer::region_style;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::rising;

/// All ranked regions; those of the smallest level that has outlines are drawn, one row each; the other levels have no outline in it.
pub(super) fn table(study: &Study, card: &Scorecard) -> Option<Table> {
    let shape = |one: &Ranked| {
        let region = study.regions.find(one.level, &one.code)?;
        study.regions.get(region).shape.as_ref()
    };
    let drawn = card.ranking.iter().filter(|one| shape(one).is_some()).map(|one| one.level).max()?;
    let mut rows = Vec::new();
    for one in card.ranking.iter().filter(|one| one.level == drawn) {
        let Some(shape) = shape(one) else { continue };
        let place = |pick: fn((u64, u64)) -> u64| one.places.map_or(Value::Null, |places| pick(places).into());
        let percent = |met: u64, of: u64| (of > 0).then(|| met as f64 * 100.0 / of as f64);
        let perhaps = if one.no_data > 0 { format!(" +{}?", one.no_data) } else { String::new() };
        rows.push(Row {
            geometry: Some(Geometry::MultiPolygon(shape.lonlat.clone())),
            values: vec![
                one.code.as_str().into(),
                one.name.as_str().into(),
                verdict(one).word().into(),
                percent(one.met, one.met + one.missed).into(),
                format!("{}/{}{perhaps}", one.met, one.targets).into(),
                percent(one.met, one.targets).into(),
                percent(one.met + one.no_data, one.targets).into(),
                place(|(best, _)| best),
                place(|(_, worst)| worst),
                one.targets.into(),
                one.met.into(),
                one.missed.into(),
                one.close.into(),
                one.no_data.into(),
                one.not_applicable.into(),
            ],
        });
    }
    let words = ("% met, of targets with data", "% 达标（有数据的目标）");
    let classes = rising("value", &[20.0, 40.0, 60.0, 80.0], words, &|_, color| region_fill(color));
    Some(Table {
        name: "ranking".into(),
        title: Text::new("Regions by targets met", "各区域达标情况排名"),
        description: Text::new(
            "Targets met for certain out of those that apply; places from best to worst, whatever the missing data says",
            "确定达标的目标数占适用目标数；名次区间反映缺失数据的影响",
        ),
        synthetic: card.ranking.iter().any(|one| one.synthetic),
        crs: study.frame,
        geometry: GeometryKind::MultiPolygon,
        fields: vec![
            Field::new("code", FieldKind::Text, "Code", "代码"),
            Field::new("name", FieldKind::Text, "Region", "区域"),
            Field::new("verdict", FieldKind::Text, "Every target that applies", "全部适用目标").with_choices(&VERDICTS),
            Field::new("value", FieldKind::Real, "Met of those with data, per cent", "有数据目标的达标百分比"),
            Field::new("label", FieldKind::Text, "Met of targets", "达标数/目标数"),
            Field::new("least", FieldKind::Real, "Met for certain, per cent", "确定达标百分比"),
            Field::new("most", FieldKind::Real, "Met at most, per cent", "最多达标百分比"),
            Field::new("best_place", FieldKind::Int, "Best place that it can have", "可能的最好名次"),
            Field::new("worst_place", FieldKind::Int, "Worst place that it can have", "可能的最差名次"),
            Field::new("targets", FieldKind::Int, "Targets that apply", "适用目标数"),
            Field::new("met", FieldKind::Int, "Met", "达标"),
            Field::new("missed", FieldKind::Int, "Missed", "未达标"),
            Field::new("close", FieldKind::Int, "Missed, but close", "其中接近达标"),
            Field::new("no_data", FieldKind::Int, "No data", "无数据"),
            Field::new("not_applicable", FieldKind::Int, "Not applicable", "不适用"),
        ],
        rows,
        style: Some(region_style(classes, Some("label"))),
    })
}

/// The verdict on all targets of a region together: one that is missed is enough to miss them all.
fn verdict(one: &Ranked) -> Verdict {
    match () {
        () if one.missed > 0 => Verdict::Missed,
        () if one.no_data > 0 => Verdict::NoData,
        () if one.met > 0 => Verdict::Met,
        () => Verdict::NotApplicable,
    }
}
