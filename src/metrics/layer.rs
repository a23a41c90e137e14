//! What layers of all metrics have in common: an empty one of an indicator, the fields of regions by figure, and how these are drawn.

use crate::base::units::Text;
use crate::metrics::Context;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Table;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Label;
use crate::table::style::Style;

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

/// The fields of a region and its figure, as the rows of `reach_layers::region_rows` begin.
pub(crate) fn region_fields() -> Vec<Field> {
    vec![
        Field::new("code", FieldKind::Text, "Code", "代码"),
        Field::new("name", FieldKind::Text, "Region", "区域"),
        Field::new("city", FieldKind::Text, "City", "所属市"),
        Field::new("level", FieldKind::Text, "Level", "层级"),
        Field::new("value", FieldKind::Real, "Value", "数值"),
        Field::new("label", FieldKind::Text, "Value (text)", "数值（文字）"),
    ]
}

/// How regions are drawn by their figure: by classes, with name and, below it, the field `second_line`.
pub(crate) fn region_style(classes: Vec<Class>, second_line: &str) -> Style {
    let second_line = Some(second_line.to_owned());
    Style {
        classes,
        label: Some(Label { field: "name".into(), second_line, size_pt: 7.0, bold: true, below_scale: None }),
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    }
}
