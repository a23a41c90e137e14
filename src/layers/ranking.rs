//! Regions by the share of promises that they keep, as a layer.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::indicators::ranking::Ranked;
use crate::indicators::scorecard::Scorecard;
use crate::indicators::verdict::Verdict;
use crate::metrics::layer::OUTLINE;
use crate::metrics::layer::OUTLINE_MM;
use crate::metrics::layer::VERDICTS;
use crate::metrics::layer::region_fill;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
use crate::table::style::Filter;
use crate::table::style::Group;
use crate::table::style::Label;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::excluding;
use crate::table::style::including;
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
        let percent = |met: u64| (one.targets > 0).then(|| met as f64 * 100.0 / one.targets as f64);
        let perhaps = if one.no_data > 0 { format!(" +{}?", one.no_data) } else { String::new() };
        rows.push(Row {
            geometry: Some(Geometry::MultiPolygon(shape.lonlat.clone())),
            values: vec![
                one.code.as_str().into(),
                one.name.as_str().into(),
                verdict(one).word().into(),
                percent(one.met).into(),
                format!("{}/{}{perhaps}", one.met, one.targets).into(),
                percent(one.met + one.no_data).into(),
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
            Field::new("value", FieldKind::Real, "Met for certain, per cent", "确定达标百分比"),
            Field::new("label", FieldKind::Text, "Met of targets", "达标数/目标数"),
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
        style: Some(Style {
            classes: classes(),
            label: Some(Label {
                field: "name".into(),
                second_line: Some("label".into()),
                size_pt: 7.0,
                bold: true,
                below_scale: None,
            }),
            opacity: 1.0,
            visible: false,
            group: Group::Results,
        }),
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

/// A region has the class of its share where that of the targets that may be met as well is in the same class; else it is undecided.
fn classes() -> Vec<Class> {
    const BOUNDS: [f64; 4] = [20.0, 40.0, 60.0, 80.0];
    let (outline, outline_mm) = (OUTLINE, OUTLINE_MM);
    let of = |field: &str| {
        let words = ("% of targets met", "% 的目标达标");
        rising(field, &BOUNDS, words, &|_, color| region_fill(color))
    };
    let mut classes: Vec<Class> =
        of("value").into_iter().zip(of("most")).map(|(class, most)| class.when(most.filter)).collect();
    let at_most_none = |field: &str| Filter::Range { field: field.into(), from: None, to: including(0.0) };
    classes.extend([
        Class::range(
            "no_data",
            excluding(0.0),
            None,
            Text::new("no data on any target", "各目标均无数据"),
            Symbol::NoDataFill { outline, outline_mm },
        )
        .when(Filter::All(vec![at_most_none("met"), at_most_none("missed")])),
        Class::range(
            "value",
            None,
            None,
            Text::new("undecided: missing data may change the class", "未定：缺失数据可能改变等级"),
            Symbol::UndecidedFill { outline, outline_mm },
        ),
        Class::equals(
            "verdict",
            Verdict::NotApplicable.word(),
            Text::new("no target applies", "无适用目标"),
            Symbol::Fill { color: "#ffffff", outline: "#969696", outline_mm: 0.25 },
        ),
    ]);
    classes
}
