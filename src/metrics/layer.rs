//! What layers of all metrics have in common: an empty one of an indicator, the fields of regions by figure, and how these are drawn.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::base::units::trim_zeros;
use crate::metrics::Context;
use crate::metrics::RegionFigure;
use crate::metrics::reach_layers::figure_label;
use crate::model::region::Level;
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
use crate::table::style::palette;

/// An empty layer of an indicator, named and titled after it: `suffix` ends its name, `title` (English, Chinese) its title. `about` is what its
/// figures rest on, and whether any of that is made up.
pub(crate) fn blank(
    context: &Context<'_>,
    suffix: &str,
    (en, zh): (&str, &str),
    geometry: GeometryKind,
    (description, synthetic): (Text, bool),
) -> Table {
    Table {
        name: format!("{}_{suffix}", context.id.replace('-', "_")),
        title: Text::new(format!("{}: {en}", context.title.en), format!("{}：{zh}", context.title.zh)),
        description,
        synthetic,
        crs: context.study.frame,
        geometry,
        fields: Vec::new(),
        rows: Vec::new(),
        style: None,
    }
}

/// Codes and words of the verdicts, in the order of the floor of indicators.
pub(crate) const VERDICTS: [(&str, &str, &str); 5] = [
    ("met", "met", "达标"),
    ("missed", "missed", "未达标"),
    ("no-data", "no data", "无数据"),
    ("not-applicable", "not applicable", "不适用"),
    ("no-target", "no target", "未设目标"),
];
/// Of the verdicts, those on a value.
const MEASURED: [&str; 3] = [VERDICTS[0].0, VERDICTS[1].0, VERDICTS[4].0];
const NO_DATA: (&str, &str, &str) = VERDICTS[2];
const NOT_APPLICABLE: (&str, &str, &str) = VERDICTS[3];

/// How regions are outlined on a map of figures.
pub(crate) const OUTLINE: &str = "#ffffff";
pub(crate) const OUTLINE_MM: f64 = 0.35;

/// The fields that every layer of regions begins with.
pub(crate) fn region_fields() -> Vec<Field> {
    vec![
        Field::new("code", FieldKind::Text, "Code", "代码"),
        Field::new("name", FieldKind::Text, "Region", "区域"),
        Field::new("verdict", FieldKind::Text, "Verdict", "结论").with_choices(&VERDICTS),
        Field::new("value", FieldKind::Real, "Value", "数值"),
        Field::new("label", FieldKind::Text, "Value (text)", "数值（文字）"),
        Field::new("city", FieldKind::Text, "City", "所属市"),
        Field::new("level", FieldKind::Text, "Level", "层级"),
    ]
}

/// Whether a layer begins with [`region_fields`].
pub(crate) fn is_of_regions(table: &Table) -> bool {
    let wanted = region_fields();
    table.fields.len() >= wanted.len() && table.fields.iter().zip(&wanted).all(|(field, one)| field.name == one.name)
}

/// The values of [`region_fields`]; the figure's value times `scale`. The verdict is what can be said without a target: the floor that knows the
/// target puts its own in its place.
pub(crate) fn region_values(study: &Study, found: &RegionFigure, scale: f64) -> Vec<Value> {
    let region = study.regions.get(found.region);
    let city = study.regions.ancestor(found.region, Level::City);
    let verdict = match (found.figure.not_applicable, found.figure.value) {
        (true, _) => NOT_APPLICABLE,
        (false, None) => NO_DATA,
        (false, Some(_)) => VERDICTS[4],
    };
    vec![
        region.code.as_str().into(),
        region.name.as_str().into(),
        verdict.0.into(),
        found.figure.value.map(|value| value * scale).into(),
        figure_label(&found.figure).into(),
        city.map(|city| study.regions.get(city).name.as_str()).into(),
        found.level.title().0.into(),
    ]
}

/// Rows of the regions of the smallest level that has outlines; larger ones would cover it. `more` are the values of further fields.
pub(crate) fn region_rows(
    study: &Study,
    regions: &[RegionFigure],
    scale: f64,
    more: &dyn Fn(&RegionFigure) -> Vec<Value>,
) -> Vec<Row> {
    let shape = |figure: &RegionFigure| study.regions.get(figure.region).shape.as_ref();
    let drawn: Option<Level> = regions.iter().filter(|figure| shape(figure).is_some()).map(|figure| figure.level).max();
    let row = |found: &RegionFigure| {
        let mut values = region_values(study, found, scale);
        values.extend(more(found));
        Some(Row { geometry: Some(Geometry::MultiPolygon(shape(found)?.lonlat.clone())), values })
    };
    regions.iter().filter(|found| Some(found.level) == drawn).filter_map(row).collect()
}

/// Part, whole and unknown of a region's figure.
pub(crate) fn shares(found: &RegionFigure) -> Vec<Value> {
    vec![found.figure.part.into(), found.figure.whole.into(), found.figure.unknown.into()]
}

/// The values of a layer of regions that are known.
pub(crate) fn known_values(table: &Table) -> Vec<f64> {
    let at = table.field("value");
    table.rows.iter().filter_map(|row| row.values[at?].as_f64()).collect()
}

/// A value class of regions.
pub(crate) fn region_fill(color: &'static str) -> Symbol {
    Symbol::Fill { color, outline: OUTLINE, outline_mm: OUTLINE_MM }
}

/// How regions are drawn, the verdict first: the classes of `values` hold only regions with a verdict on their value. A value that may lie on
/// either side of the target is "undecided"; what has no value at all, and what the question does not apply to, are classes of their own.
/// Labels are the name and, below it, the field `second_line`.
pub(crate) fn region_style(values: Vec<Class>, second_line: Option<&str>) -> Style {
    let verdict = |(code, ..): (&str, &str, &str)| Filter::equals("verdict", code);
    let measured = Filter::OneOf { field: "verdict".into(), values: MEASURED.map(str::to_owned).to_vec() };
    let mut classes: Vec<Class> = values.into_iter().map(|class| class.when(measured.clone())).collect();
    // white would not part what is drawn in white and grey from its surroundings
    let (outline, outline_mm) = ("#969696", 0.25);
    classes.extend([
        Class::range(
            "value",
            None,
            None,
            Text::new("undecided: missing data may turn it", "未定：缺失数据可能改变结论"),
            Symbol::UndecidedFill { outline, outline_mm },
        )
        .when(verdict(NO_DATA)),
        Class::of(verdict(NO_DATA), Text::new(NO_DATA.1, NO_DATA.2), Symbol::NoDataFill { outline, outline_mm }),
        Class::of(
            verdict(NOT_APPLICABLE),
            Text::new(NOT_APPLICABLE.1, NOT_APPLICABLE.2),
            Symbol::Fill { color: "#ffffff", outline, outline_mm },
        ),
    ]);
    let second_line = second_line.map(str::to_owned);
    Style {
        classes,
        label: Some(Label { field: "name".into(), second_line, size_pt: 7.0, bold: true, below_scale: None }),
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    }
}

/// Classes of a share that diverge at a target: two above it (one where the target is all), three below. Without a target, five from little to
/// much: nothing is met or missed then. Regions without a verdict on their value are left to [`region_style`].
pub(crate) fn rate_classes(field: &str, target: Option<f64>) -> Vec<Class> {
    let Some(target) = target else { return plain_rate_classes(field) };
    let colors = palette::DIVERGING_AT_TARGET;
    let fill = |color| Symbol::Fill { color, outline: OUTLINE, outline_mm: OUTLINE_MM };
    let percent = |share: f64| format!("{} %", trim_zeros(share * 100.0, 1));
    let mut classes = Vec::new();
    if target < 1.0 {
        classes.push(Class::range(
            field,
            including(1.0),
            None,
            Text::new("100 % (met)", "100 %（达标）"),
            fill(colors[4]),
        ));
        classes.push(Class::range(
            field,
            including(target),
            excluding(1.0),
            Text::new(format!("{} – < 100 % (met)", percent(target)), format!("{} – < 100 %（达标）", percent(target))),
            fill(colors[3]),
        ));
    } else {
        classes.push(Class::range(
            field,
            including(target),
            None,
            Text::new(format!("{} (met)", percent(target)), format!("{}（达标）", percent(target))),
            fill(colors[4]),
        ));
    }
    let (upper, lower) = (target * 5.0 / 6.0, target * 5.0 / 9.0);
    let (upper, lower) = ((upper * 100.0).round() / 100.0, (lower * 100.0).round() / 100.0);
    classes.push(Class::range(
        field,
        including(upper),
        excluding(target),
        Text::new(
            format!("{} – < {} (missed)", percent(upper), percent(target)),
            format!("{} – < {}（未达标）", percent(upper), percent(target)),
        ),
        fill(colors[2]),
    ));
    classes.push(Class::range(
        field,
        including(lower),
        excluding(upper),
        Text::new(
            format!("{} – < {} (missed)", percent(lower), percent(upper)),
            format!("{} – < {}（未达标）", percent(lower), percent(upper)),
        ),
        fill(colors[1]),
    ));
    classes.push(Class::range(
        field,
        None,
        excluding(lower),
        Text::new(format!("< {} (missed)", percent(lower)), format!("< {}（未达标）", percent(lower))),
        fill(colors[0]),
    ));
    classes
}

/// Classes of a share from light to dark, a quarter each, the last split at nine tenths.
fn plain_rate_classes(field: &str) -> Vec<Class> {
    const LIMITS: [f64; 6] = [0.0, 0.25, 0.5, 0.75, 0.9, 1.0];
    let fill = |color| Symbol::Fill { color, outline: OUTLINE, outline_mm: OUTLINE_MM };
    let percent = |share: f64| trim_zeros(share * 100.0, 1);
    (0..5)
        .rev()
        .map(|at| {
            let (from, to) = (LIMITS[at], LIMITS[at + 1]);
            let (sign, end) = if at == 4 { ("", None) } else { ("< ", excluding(to)) };
            let label = format!("{} – {sign}{} %", percent(from), percent(to));
            Class::range(field, including(from), end, Text::new(label.clone(), label), fill(palette::SEQUENTIAL[at]))
        })
        .collect()
}
