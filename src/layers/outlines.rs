//! Outlines of all regions with a shape, for orientation: judged ones and their surroundings.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Style;
use crate::table::style::Symbol;

/// One feature a region with a shape, in the order of the tree.
pub fn table(study: &Study) -> Option<Table> {
    let rows: Vec<Row> = study
        .regions
        .iter()
        .filter_map(|(_, region)| {
            let shape = region.shape.as_ref()?;
            Some(Row {
                geometry: Some(Geometry::MultiPolygon(shape.lonlat.clone())),
                values: vec![
                    region.code.as_str().into(),
                    region.name.as_str().into(),
                    region.level.title().0.into(),
                    if region.judged { "judged" } else { "context" }.into(),
                    // square metres to the thousandth of a km²
                    ((shape.area_m2 / 1000.0).round() / 1000.0).into(),
                ],
            })
        })
        .collect();
    Some(Table {
        name: "outlines".into(),
        title: Text::new("Regions", "行政区"),
        description: Text::new("Regions as read.", "读入的行政区。"),
        synthetic: false,
        crs: study.frame,
        geometry: GeometryKind::MultiPolygon,
        fields: vec![
            Field::new("code", FieldKind::Text, "Code", "代码"),
            Field::new("name", FieldKind::Text, "Name", "名称"),
            Field::new("level", FieldKind::Text, "Level", "层级"),
            Field::new("role", FieldKind::Text, "Role", "角色")
                .with_choices(&[("judged", "judged", "评估范围"), ("context", "context", "周边")]),
            Field::new("area_km2", FieldKind::Real, "Area, km²", "面积（平方公里）"),
        ],
        rows,
        style: Some(Style {
            classes: vec![
                Class::equals(
                    "role",
                    "judged",
                    Text::new("judged", "评估范围"),
                    Symbol::Fill { color: "#fafafa", outline: "#636363", outline_mm: 0.3 },
                ),
                Class::otherwise(
                    Text::new("surroundings", "周边"),
                    Symbol::Fill { color: "#ececec", outline: "#bdbdbd", outline_mm: 0.15 },
                ),
            ],
            label: None,
            opacity: 1.0,
            visible: true,
            group: Group::Context,
        }),
    })
}
