//! Figures of classes of demand points, urban against rural, each with the weight that it rests on, and the gap between them.

use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::fixed;
use crate::base::units::thousands;
use crate::metrics::ClassFigure;
use crate::metrics::Context;
use crate::metrics::Output;
use crate::metrics::equity::Known;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::reach::Reach;
use crate::metrics::reach_layers;
use crate::metrics::reach_layers::figure_label;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Row;
use crate::table::Value;

/// The judged points of each class, in the order of the names; those without a class last. None for a layer without classes.
fn by_class<'r>(reach: &'r Reach<'_>) -> Vec<(Option<&'r str>, Vec<usize>)> {
    let Some(classes) = &reach.layer.classes else { return Vec::new() };
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); classes.names.len() + 1];
    for at in &reach.judged {
        let class = classes.of.get(*at).copied().flatten().map_or(classes.names.len(), |class| class as usize);
        members[class.min(classes.names.len())].push(*at);
    }
    let names = classes.names.iter().map(|name| Some(name.as_str())).chain([None]);
    names.zip(members).filter(|(_, points)| !points.is_empty()).collect()
}

/// What a class is called.
fn called(class: Option<&str>) -> (&str, &str) {
    class.map_or(("class not known", "类别未知"), |class| (class, class))
}

/// A value in a sentence.
fn shown(figure: &Figure) -> String {
    match figure.unit {
        FigureUnit::Share => figure_label(figure).or_else(|| figure.value.map(|value| fixed(value, 3))),
        _ => figure_label(figure),
    }
    .unwrap_or_else(|| "–".to_owned())
}

/// The figure of each class, a table of them, and a note on the gap.
pub(crate) fn tell(reach: &Reach<'_>, context: &Context<'_>, figure: impl Fn(&[usize]) -> Figure, output: &mut Output) {
    let mut table = reach_layers::blank(reach, context, "classes", "by class", "分类结果");
    table.fields = vec![
        Field::new("class", FieldKind::Text, "Class", "类别"),
        Field::new("points", FieldKind::Int, "Points", "点数"),
        Field::new("weight", FieldKind::Real, "Weight", "权重"),
        Field::new("value", FieldKind::Real, "Value", "数值"),
        Field::new("label", FieldKind::Text, "Value (text)", "数值（文字）"),
        Field::new("reached", FieldKind::Real, "Weight within reach", "覆盖量"),
        Field::new("known", FieldKind::Real, "Weight with data", "有数据总量"),
        Field::new("unknown", FieldKind::Real, "Weight without data", "无数据量"),
    ];
    for (class, points) in by_class(reach) {
        let weight: Weight = points.iter().map(|at| reach.weight(*at)).sum();
        let figure = Figure { points: Some(points.len() as u64), ..figure(&points) };
        table.rows.push(Row {
            geometry: None,
            values: vec![
                class.map_or(Value::Null, Value::from),
                (points.len() as u64).into(),
                weight.to_f64().into(),
                figure.value.into(),
                figure.value.map(|_| shown(&figure)).into(),
                figure.part.into(),
                figure.whole.into(),
                figure.unknown.into(),
            ],
        });
        output.classes.push(ClassFigure { class: class.map(str::to_owned), figure });
    }
    output.notes.extend(gap(&output.classes));
    if !table.rows.is_empty() {
        output.tables.push(table);
    }
}

/// Between the classes with the lowest and the highest value; points without a class are in neither.
fn gap(classes: &[ClassFigure]) -> Option<Text> {
    let known: Vec<(&ClassFigure, f64)> =
        classes.iter().filter(|one| one.class.is_some()).filter_map(|one| Some((one, one.figure.value?))).collect();
    let least = known.iter().min_by(|x, y| x.1.total_cmp(&y.1))?;
    let most = known.iter().rev().max_by(|x, y| x.1.total_cmp(&y.1))?;
    if known.len() < 2 {
        return None;
    }
    let gap = most.1 - least.1;
    let gap = match least.0.figure.unit {
        // a share of people is told in points, a coefficient has none
        FigureUnit::Share if least.0.figure.part.is_some() => {
            let points = fixed(gap * 100.0, 1);
            (format!("{points} points"), format!("{points} 个百分点"))
        }
        FigureUnit::Share => (fixed(gap, 3), fixed(gap, 3)),
        unit => {
            let told = shown(&Figure { unit, value: Some(gap), ..Figure::default() });
            (told.clone(), told)
        }
    };
    let rests = |one: &ClassFigure| thousands(one.figure.whole.unwrap_or(0.0));
    let name = |one: &ClassFigure| one.class.clone().unwrap_or_default();
    let (low, high) = (least.0, most.0);
    let (mut en, mut zh) = (
        format!(
            "{}: {} (rests on {}), {}: {} (rests on {}); a gap of {}",
            name(high),
            shown(&high.figure),
            rests(high),
            name(low),
            shown(&low.figure),
            rests(low),
            gap.0
        ),
        format!(
            "{}：{}（基于 {}），{}：{}（基于 {}）；差距 {}",
            name(high),
            shown(&high.figure),
            rests(high),
            name(low),
            shown(&low.figure),
            rests(low),
            gap.1
        ),
    );
    let unknown: f64 = classes.iter().map(|one| one.figure.unknown).sum();
    if unknown > 0.0 {
        let unknown = thousands(unknown);
        en += &format!(", of those with data; {unknown} (by weight) have none");
        zh += &format!("；仅就有数据者而言，另有 {unknown}（按权重）无数据");
    }
    if let Some(rest) = classes.iter().find(|one| one.class.is_none()) {
        let (points, (name_en, name_zh)) = (rest.figure.points.unwrap_or(0), called(None));
        en += &format!("; {points} points: {name_en}");
        zh += &format!("；{points}个点{name_zh}");
    }
    Some(Text::new(en, zh))
}

/// The mean of each class, beside a statistic of evenness: a class may be even and far off.
pub(crate) fn tell_means(reach: &Reach<'_>, output: &mut Output) {
    let means: Vec<(String, String)> = by_class(reach)
        .into_iter()
        .filter_map(|(class, points)| {
            let spread = Known::new(reach, &points).spread(reach)?;
            let (mean, (en, zh)) = (reach.unit.shown(spread.mean()), called(class));
            Some((format!("{en} {mean}"), format!("{zh} {mean}")))
        })
        .collect();
    if means.len() > 1 {
        let (en, zh): (Vec<String>, Vec<String>) = means.into_iter().unzip();
        output
            .notes
            .push(Text::new(format!("mean by class: {}", en.join(", ")), format!("分类平均：{}", zh.join("，"))));
    }
}
