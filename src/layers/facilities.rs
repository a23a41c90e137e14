//! Facilities, one layer a kind.

use std::collections::BTreeMap;

use geo_types::Geometry;

use crate::base::units::Text;
use crate::model::facility::Facility;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Label;
use crate::table::style::Shape;
use crate::table::style::Style;
use crate::table::style::Symbol;

/// One layer a kind, kinds in alphabetical order; each split in facilities with and without a known capacity.
pub fn tables(study: &Study) -> Vec<Table> {
    let mut kinds: BTreeMap<&str, Vec<&Facility>> = BTreeMap::new();
    for facility in &study.facilities {
        kinds.entry(&facility.kind).or_default().push(facility);
    }
    let shapes = [Shape::Square, Shape::Cross, Shape::Triangle, Shape::Diamond, Shape::Star, Shape::Circle];
    let colors = ["#6a3d9a", "#1b7837", "#b15928", "#1f78b4", "#e31a1c", "#525252"];
    kinds
        .into_iter()
        .enumerate()
        .map(|(at, (kind, facilities))| {
            let at = at % shapes.len();
            let ascii: String =
                kind.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
            // a handful must be seen on a map
            let size_mm = if facilities.len() <= 12 { 4.0 } else { 2.2 };
            let marker = |color| Symbol::Marker { shape: shapes[at], color, size_mm, outline: "#1a1a1a" };
            Table {
                name: format!("facilities_{ascii}"),
                title: Text::new(format!("Facilities: {kind}"), format!("设施：{kind}")),
                description: Text::new("Facilities as read.", "读入的设施。"),
                synthetic: facilities.iter().any(|facility| facility.synthetic),
                crs: study.frame,
                geometry: GeometryKind::Point,
                fields: vec![
                    Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
                    Field::new("name", FieldKind::Text, "Name", "名称"),
                    Field::new("kind", FieldKind::Text, "Kind", "类型"),
                    Field::new("region", FieldKind::Text, "Region", "所属区域"),
                    Field::new("capacity", FieldKind::Real, "Capacity", "容量"),
                ],
                rows: facilities
                    .iter()
                    .map(|facility| Row {
                        geometry: Some(Geometry::Point(facility.at.lonlat.point())),
                        values: vec![
                            facility.id.as_str().into(),
                            facility.name.as_str().into(),
                            facility.kind.as_str().into(),
                            facility.home.map(|home| study.regions.get(home).name.as_str()).into(),
                            facility.capacity.into(),
                        ],
                    })
                    .collect(),
                style: Some(Style {
                    classes: vec![
                        Class::range(
                            "capacity",
                            crate::table::style::including(0.0),
                            None,
                            Text::new(format!("{kind}, capacity known"), format!("{kind}（容量已知）")),
                            marker(colors[at]),
                        ),
                        Class::otherwise(
                            Text::new(format!("{kind}, capacity not known"), format!("{kind}（容量未知）")),
                            marker("#d9d9d9"),
                        ),
                    ],
                    label: Some(Label {
                        field: "name".into(),
                        second_line: None,
                        size_pt: 6.5,
                        bold: false,
                        below_scale: Some(100_000),
                    }),
                    opacity: 1.0,
                    visible: false,
                    group: Group::Evidence,
                }),
            }
        })
        .collect()
}
