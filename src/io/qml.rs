//! A table's style as QML, the layer style of QGIS: rules, labels, field aliases, value lists, map tip.
//!
//! Written for QGIS 3.22 and later. Classes become rules with explicit comparisons, never graduated ranges: a graduated
//! range of QGIS holds both of its ends, and draws a value exactly on a target as missed when ranges ascend.

use std::fmt::Write;

use crate::base::units::Text;
use crate::io::qml_symbol;
use crate::io::xml::escape;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Table;
use crate::table::style::Bound;
use crate::table::style::Class;
use crate::table::style::Filter;
use crate::table::style::Group;
use crate::table::style::Label;
use crate::table::style::Shape;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::counts;

/// The typeface of labels and layouts; QGIS takes the first that is installed, this one or a fallback.
pub(super) const FONT: &str = "Noto Sans CJK SC";
const FALLBACK_FONTS: [&str; 5] =
    ["Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Micro Hei", "SimHei"];
/// Fields a map tip shows at most.
const TIP_FIELDS: usize = 8;

/// The whole QML document of a table.
pub fn document(table: &Table) -> String {
    let labels = u8::from(style_of(table).label.is_some());
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22.0\" \
         styleCategories=\"AllStyleCategories\" labelsEnabled=\"{labels}\" hasScaleBasedVisibilityFlag=\"0\" \
         minScale=\"100000000\" maxScale=\"0\" readOnly=\"0\">{}</qgis>\n",
        body(table)
    )
}

/// What stands inside the document, which is also what stands inside a project's `<maplayer>`.
pub(super) fn body(table: &Table) -> String {
    let style = style_of(table);
    let mut out = String::new();
    if table.geometry != GeometryKind::None {
        out.push_str(&renderer(table, &style));
        if let Some(label) = &style.label {
            out.push_str(&labeling(table, label));
        }
        let _ = write!(out, "<blendMode>0</blendMode><layerOpacity>{}</layerOpacity>", style.opacity.clamp(0.0, 1.0));
    }
    out.push_str(&fields(table));
    let display = title_field(table, &style).map(quote_field).unwrap_or_default();
    let _ = write!(
        out,
        "<previewExpression>{}</previewExpression><mapTip>{}</mapTip>",
        escape(&display),
        escape(&map_tip(table, &style))
    );
    out
}

/// The table's style; a plain one where a table with geometry has none.
pub(super) fn style_of(table: &Table) -> Style {
    if let Some(style) = &table.style {
        return style.clone();
    }
    let symbol = match table.geometry {
        GeometryKind::Point => {
            Symbol::Marker { shape: Shape::Circle, color: "#525252", size_mm: 1.6, outline: "#ffffff" }
        }
        GeometryKind::MultiLineString => {
            Symbol::Line { color: "#525252", width_mm: 0.4, dash: None, casing: false, trim_percent: 0 }
        }
        GeometryKind::MultiPolygon | GeometryKind::None => Symbol::Outline { color: "#525252", width_mm: 0.3 },
    };
    Style {
        classes: vec![Class::otherwise(table.title.clone(), symbol)],
        label: None,
        opacity: 1.0,
        visible: true,
        group: Group::Evidence,
    }
}

/// Both languages of a text in one line, `中文 English`; once only where they are the same or one is empty.
pub(super) fn bilingual(text: &Text) -> String {
    match (text.zh.trim(), text.en.trim()) {
        (zh, en) if zh == en || zh.is_empty() => en.to_owned(),
        (zh, "") => zh.to_owned(),
        (zh, en) => format!("{zh} {en}"),
    }
}

// ---------------------------------------------------------------------------------------------------- rules

fn renderer(table: &Table, style: &Style) -> String {
    let (mut rules, mut symbols) = (String::new(), String::new());
    let counts = counts(table, &style.classes);
    for (at, class) in style.classes.iter().enumerate() {
        let _ = write!(
            rules,
            "<rule key=\"{{{name}-{at}}}\" filter=\"{}\" label=\"{}\" symbol=\"{at}\"/>",
            escape(&rule_filter(&style.classes, at)),
            escape(&with_count(&bilingual(&class.label), counts[at])),
            name = table.name,
        );
        symbols.push_str(&qml_symbol::symbol(&class.symbol, at));
    }
    let (ordered, order) = match draw_order(&style.classes) {
        Some(expression) => (
            1,
            format!(
                "<orderby><orderByClause asc=\"1\" nullsFirst=\"1\">{}</orderByClause></orderby>",
                escape(&expression)
            ),
        ),
        None => (0, String::new()),
    };
    format!(
        "<renderer-v2 type=\"RuleRenderer\" symbollevels=\"0\" forceraster=\"0\" enableorderby=\"{ordered}\">\
         <rules key=\"{{{}-root}}\">{rules}</rules><symbols>{symbols}</symbols>{order}</renderer-v2>",
        table.name
    )
}

/// The label of a class with the number of rows that it draws, as every legend says it.
pub(super) fn with_count(label: &str, count: u64) -> String {
    format!("{label} [{count}]")
}

/// The rank of a feature as an expression, by which features are drawn, the largest last; `None` where all have the same.
fn draw_order(classes: &[Class]) -> Option<String> {
    if classes.iter().all(|class| class.rank == classes[0].rank) {
        return None;
    }
    let mut cases = String::new();
    let mut last = 0;
    for class in classes {
        match expression(&class.filter) {
            Some(own) => {
                let _ = write!(cases, " WHEN {own} THEN {}", class.rank);
            }
            None => last = class.rank,
        }
    }
    Some(format!("CASE{cases} ELSE {last} END"))
}

/// The expression of one class. QGIS draws every rule that holds, a style only the first: classes that overlap
/// with earlier ones exclude them.
fn rule_filter(classes: &[Class], at: usize) -> String {
    let class = &classes[at];
    let Some(mut own) = expression(&class.filter) else { return "ELSE".to_owned() };
    for earlier in &classes[..at] {
        if may_overlap(&earlier.filter, &class.filter)
            && let Some(taken) = expression(&earlier.filter)
        {
            // A null makes `NOT (…)` null, which would lose the feature.
            let _ = write!(own, " AND NOT coalesce(({taken}), false)");
        }
    }
    own
}

fn expression(filter: &Filter) -> Option<String> {
    match filter {
        Filter::Otherwise => None,
        Filter::Equals { field, value } => Some(format!("{} = {}", quote_field(field), quote_text(value))),
        Filter::OneOf { field, values } => {
            let values: Vec<String> = values.iter().map(|value| quote_text(value)).collect();
            Some(format!("{} IN ({})", quote_field(field), values.join(", ")))
        }
        Filter::All(filters) => Some(filters.iter().filter_map(expression).collect::<Vec<_>>().join(" AND ")),
        Filter::Range { field, from, to } => {
            let field = quote_field(field);
            let low = from.map(|b| format!("{field} {} {}", if b.included { ">=" } else { ">" }, b.value));
            let high = to.map(|b| format!("{field} {} {}", if b.included { "<=" } else { "<" }, b.value));
            Some(match (low, high) {
                (Some(low), Some(high)) => format!("{low} AND {high}"),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => format!("{field} IS NOT NULL"),
            })
        }
    }
}

fn may_overlap(a: &Filter, b: &Filter) -> bool {
    let apart = |high: &Option<Bound>, low: &Option<Bound>| match (high, low) {
        (Some(high), Some(low)) => {
            high.value < low.value || (high.value == low.value && !(high.included && low.included))
        }
        _ => false,
    };
    match (a, b) {
        (Filter::All(filters), other) | (other, Filter::All(filters)) => {
            filters.iter().all(|filter| may_overlap(filter, other))
        }
        (Filter::OneOf { field, values }, other) | (other, Filter::OneOf { field, values }) => {
            values.iter().any(|value| may_overlap(&Filter::equals(field, value), other))
        }
        (Filter::Equals { field: f, value: v }, Filter::Equals { field: g, value: w }) => f != g || v == w,
        (Filter::Range { field: f, from, to }, Filter::Range { field: g, from: low, to: high }) => {
            f != g || !(apart(to, low) || apart(high, from))
        }
        _ => true,
    }
}

/// A column in an expression of QGIS.
pub(super) fn quote_field(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''").replace('\n', "\\n"))
}

// --------------------------------------------------------------------------------------------------- labels

fn labeling(table: &Table, label: &Label) -> String {
    let mut text = format!("coalesce({}, '')", label_text(table, &label.field));
    if let Some(second) = &label.second_line {
        let _ = write!(text, " || coalesce('\\n' || {}, '')", label_text(table, second));
    }
    let families: String = FALLBACK_FONTS.iter().map(|name| format!("<family name=\"{name}\"/>")).collect();
    let (named, weight) = if label.bold { ("Bold", 75) } else { ("Regular", 50) };
    // 0 around, 1 over, 2 along the line, 6 at the cartographer's positions around a point.
    let placement = match table.geometry {
        GeometryKind::Point => 6,
        GeometryKind::MultiLineString => 2,
        GeometryKind::MultiPolygon | GeometryKind::None => 1,
    };
    let scale = match label.below_scale {
        Some(scale) => format!("scaleVisibility=\"1\" scaleMin=\"{scale}\" scaleMax=\"1\""),
        None => "scaleVisibility=\"0\"".to_owned(),
    };
    format!(
        "<labeling type=\"simple\"><settings calloutType=\"simple\"><text-style fieldName=\"{}\" isExpression=\"1\" \
         fontFamily=\"{FONT}\" namedStyle=\"{named}\" fontSize=\"{}\" fontSizeUnit=\"Point\" fontWeight=\"{weight}\" \
         textColor=\"26,26,26,255\" textOpacity=\"1\"><families>{families}</families><text-buffer bufferDraw=\"1\" \
         bufferSize=\"0.8\" bufferSizeUnits=\"MM\" bufferColor=\"255,255,255,220\" bufferOpacity=\"0.9\" \
         bufferJoinStyle=\"128\"/></text-style><text-format multilineAlign=\"1\" wrapChar=\"\"/>\
         <placement placement=\"{placement}\" centroidWhole=\"1\" centroidInside=\"1\" fitInPolygonOnly=\"0\" \
         polygonPlacementFlags=\"2\" priority=\"6\" dist=\"0.6\" distUnits=\"MM\" quadOffset=\"4\"/>\
         <rendering drawLabels=\"1\" {scale} obstacle=\"1\" displayAll=\"0\" upsidedownLabels=\"0\" zIndex=\"0\"/>\
         </settings></labeling>",
        escape(&text),
        label.size_pt,
    )
}

/// A field as label text: texts as they are, fractions cut after one decimal and never rounded up to a target.
fn label_text(table: &Table, name: &str) -> String {
    let quoted = quote_field(name);
    match table.field(name).map(|at| table.fields[at].kind) {
        Some(FieldKind::Real) => format!("to_string(floor({quoted} * 10) / 10)"),
        Some(FieldKind::Int | FieldKind::Bool) => format!("to_string({quoted})"),
        Some(FieldKind::Text) | None => quoted,
    }
}

fn title_field<'a>(table: &'a Table, style: &'a Style) -> Option<&'a str> {
    let of_label = style.label.as_ref().map(|label| label.field.as_str());
    of_label.or_else(|| table.fields.iter().find(|field| field.kind == FieldKind::Text).map(|f| f.name.as_str()))
}

fn map_tip(table: &Table, style: &Style) -> String {
    let value = |name: &str| format!("[% coalesce({}, '–') %]", quote_field(name));
    let first = title_field(table, style);
    let mut tip = first.map(|name| format!("<b>{}</b>", value(name))).unwrap_or_default();
    for field in table.fields.iter().filter(|field| Some(field.name.as_str()) != first).take(TIP_FIELDS) {
        let shown = match field.choices.is_empty() {
            true => value(&field.name),
            false => format!("[% coalesce(represent_value({}), '–') %]", quote_field(&field.name)),
        };
        let _ = write!(tip, "<br>{}: {shown}", escape(&alias(field)));
    }
    tip
}

// --------------------------------------------------------------------------------------------------- fields

/// What people call a field, in both languages; its name where it has no title.
pub(super) fn alias(field: &Field) -> String {
    let title = bilingual(&field.title);
    if title.is_empty() { field.name.clone() } else { title }
}

fn fields(table: &Table) -> String {
    let mut configuration = "<field name=\"fid\" configurationFlags=\"None\"><editWidget type=\"\"><config><Option/>\
                             </config></editWidget></field>"
        .to_owned();
    let mut aliases = "<alias field=\"fid\" index=\"0\" name=\"\"/>".to_owned();
    for (at, field) in table.fields.iter().enumerate() {
        let name = escape(&field.name);
        let (widget, options) = value_map(field);
        let _ = write!(
            configuration,
            "<field name=\"{name}\" configurationFlags=\"None\"><editWidget type=\"{widget}\"><config>{options}\
             </config></editWidget></field>"
        );
        let title = escape(&bilingual(&field.title));
        let _ = write!(aliases, "<alias field=\"{name}\" index=\"{}\" name=\"{title}\"/>", at + 1);
    }
    format!("<fieldConfiguration>{configuration}</fieldConfiguration><aliases>{aliases}</aliases>")
}

fn value_map(field: &Field) -> (&'static str, String) {
    if field.choices.is_empty() {
        return ("", "<Option/>".to_owned());
    }
    let choices: String = field
        .choices
        .iter()
        .map(|(value, text)| {
            format!(
                "<Option type=\"Map\"><Option type=\"QString\" name=\"{}\" value=\"{}\"/></Option>",
                escape(&bilingual(text)),
                escape(value)
            )
        })
        .collect();
    ("ValueMap", format!("<Option type=\"Map\"><Option type=\"List\" name=\"map\">{choices}</Option></Option>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::style::excluding;
    use crate::table::style::including;

    const GREY: Symbol = Symbol::Outline { color: "#808080", width_mm: 0.2 };

    fn text(one: &str) -> Text {
        Text::new(one, one)
    }

    #[test]
    fn a_value_on_the_target_belongs_to_the_class_that_includes_it() {
        let classes = [
            Class::range("rate", including(0.9), None, text("met"), GREY),
            Class::range("rate", including(0.5), excluding(0.9), text("missed"), GREY),
            Class::otherwise(text("no data"), GREY),
        ];
        assert_eq!(rule_filter(&classes, 0), "\"rate\" >= 0.9");
        assert_eq!(rule_filter(&classes, 1), "\"rate\" >= 0.5 AND \"rate\" < 0.9");
        assert_eq!(rule_filter(&classes, 2), "ELSE");
    }

    #[test]
    fn a_class_that_overlaps_an_earlier_one_leaves_it_its_features() {
        let classes = [
            Class::range("rate", including(0.9), None, text("met"), GREY),
            Class::range("rate", including(0.5), including(0.9), text("missed"), GREY),
            Class::equals("verdict", "no'data\\", text("no data"), GREY),
        ];
        let own = "\"rate\" >= 0.5 AND \"rate\" <= 0.9";
        assert_eq!(rule_filter(&classes, 1), format!("{own} AND NOT coalesce((\"rate\" >= 0.9), false)"));
        assert!(rule_filter(&classes, 2).starts_with("\"verdict\" = 'no''data\\\\' AND NOT"));
    }

    #[test]
    fn a_class_of_a_verdict_is_apart_from_that_of_another() {
        let judged = || Filter::OneOf { field: "verdict".into(), values: vec!["met".into(), "missed".into()] };
        let no_data = || Filter::equals("verdict", "no-data");
        let classes = [
            Class::range("value", including(0.9), None, text("met"), GREY).when(judged()),
            Class::range("value", None, excluding(0.9), text("missed"), GREY).when(judged()).above(2),
            Class::range("value", None, None, text("undecided"), GREY).when(no_data()),
            Class::of(no_data(), text("no data"), GREY).above(1),
        ];
        assert_eq!(rule_filter(&classes, 1), "\"verdict\" IN ('met', 'missed') AND \"value\" < 0.9");
        let undecided = "\"verdict\" = 'no-data' AND \"value\" IS NOT NULL";
        assert_eq!(rule_filter(&classes, 2), undecided);
        assert_eq!(rule_filter(&classes, 3), format!("\"verdict\" = 'no-data' AND NOT coalesce(({undecided}), false)"));
        let order = draw_order(&classes).unwrap();
        assert!(order.starts_with("CASE WHEN \"verdict\" IN ('met', 'missed') AND \"value\" >= 0.9 THEN 0 WHEN"));
        assert!(order.ends_with("WHEN \"verdict\" = 'no-data' THEN 1 ELSE 0 END"), "{order}");
        assert_eq!(draw_order(&classes[..1]), None);
    }

    #[test]
    fn labels_in_two_languages_are_not_said_twice() {
        assert_eq!(bilingual(&Text::new("Met", "达标")), "达标 Met");
        assert_eq!(bilingual(&Text::new("< 50 %", "< 50 %")), "< 50 %");
        assert_eq!(bilingual(&Text::new("Met", "")), "Met");
    }
}
