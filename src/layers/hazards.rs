//! Hazard areas, and the facilities that do not count because they lie in one.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::model::facility::ExcludedBy;
use crate::model::hazard::HazardZone;
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

/// The areas, and the facilities of all kinds that they exclude; both empty without hazards.
pub fn tables(study: &Study) -> Vec<Table> {
    vec![excluded(study), areas(study)]
}

const STATES: &[(&str, &str, &str)] = &[
    ("excluded", "in a hazard area, does not count", "位于灾害区内，不计入"),
    ("closed", "closed by the scenario, does not count", "因情景关闭，不计入"),
];
const EFFECTS: &[(&str, &str, &str)] = &[
    ("closed", "facilities and streets do not count", "设施与道路均不计入"),
    ("open", "facilities do not count, streets are open", "设施不计入，道路通行"),
];
const CLOSED: &[(&str, &str, &str)] = &[("scenario", "closed by the scenario", "因情景关闭")];
const STREETS_ONLY: &[(&str, &str, &str)] =
    &[("streets", "streets are closed, facilities count", "道路封闭，设施计入")];

/// The usual effects, and one more where there is such a thing.
fn with(
    more: &[(&'static str, &'static str, &'static str)],
    is_there: bool,
) -> Vec<(&'static str, &'static str, &'static str)> {
    EFFECTS.iter().chain(more.iter().filter(|_| is_there)).copied().collect()
}

fn effect(zone: &HazardZone) -> &'static str {
    match (zone.takes_facilities, zone.closes_streets) {
        (false, _) => STREETS_ONLY[0].0,
        (true, closes_streets) => EFFECTS[usize::from(!closes_streets)].0,
    }
}

fn excluded(study: &Study) -> Table {
    let closes_streets = |hazard: &str| study.hazards.iter().any(|zone| zone.hazard == hazard && zone.closes_streets);
    let is_closed = study.excluded.iter().any(|one| one.by == ExcludedBy::Scenario);
    let effects = with(CLOSED, is_closed);
    let rows = study.excluded.iter().map(|one| {
        let facility = &one.facility;
        let (state, hazard, zone, effect) = match &one.by {
            ExcludedBy::Hazard { hazard, zone } => {
                let effect = EFFECTS[usize::from(!closes_streets(hazard))].0;
                (STATES[0].0, Some(hazard.as_str()), Some(zone.as_str()), effect)
            }
            ExcludedBy::Scenario => (STATES[1].0, None, None, CLOSED[0].0),
        };
        Row {
            geometry: Some(Geometry::Point(facility.at.lonlat.point())),
            values: vec![
                facility.id.as_str().into(),
                facility.name.as_str().into(),
                facility.kind.as_str().into(),
                facility.home.map(|home| study.regions.get(home).name.as_str()).into(),
                facility.capacity.into(),
                state.into(),
                hazard.into(),
                zone.into(),
                effect.into(),
            ],
        }
    });
    let marker = |color| Symbol::Marker { shape: Shape::XMark, color, size_mm: 3.2, outline: color };
    Table {
        name: "excluded_facilities".into(),
        title: match is_closed {
            true => Text::new("Facilities in hazard areas or closed", "灾害区内及关闭的设施"),
            false => Text::new("Facilities in hazard areas", "灾害区内设施"),
        },
        description: Text::new(
            "Facilities that count for no indicator, each with the first hazard area that holds it.",
            "不计入任何指标的设施，及其所在的首个灾害区。",
        ),
        synthetic: study.excluded.iter().any(|one| one.facility.synthetic)
            || study.hazards.iter().any(|zone| zone.synthetic),
        crs: study.frame,
        geometry: GeometryKind::Point,
        fields: vec![
            Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
            Field::new("name", FieldKind::Text, "Name", "名称"),
            Field::new("kind", FieldKind::Text, "Kind", "类型"),
            Field::new("region", FieldKind::Text, "Region", "所属区域"),
            Field::new("capacity", FieldKind::Real, "Capacity", "容量"),
            Field::new("state", FieldKind::Text, "State", "状态")
                .with_choices(&STATES[..if is_closed { 2 } else { 1 }]),
            Field::new("hazard", FieldKind::Text, "Hazard", "灾害"),
            Field::new("area", FieldKind::Text, "Hazard area", "灾害区"),
            Field::new("effect", FieldKind::Text, "Effect of the area", "灾害区影响").with_choices(&effects),
        ],
        rows: rows.collect(),
        style: Some(Style {
            classes: effects
                .iter()
                .zip([marker("#b2182b"), marker("#762a83"), marker("#525252")])
                .map(|((word, en, zh), symbol)| Class::equals("effect", word, Text::new(*en, *zh), symbol))
                .collect(),
            label: Some(Label {
                field: "name".into(),
                second_line: None,
                size_pt: 6.5,
                bold: false,
                below_scale: Some(100_000),
            }),
            opacity: 1.0,
            visible: true,
            group: Group::Evidence,
        }),
    }
}

fn areas(study: &Study) -> Table {
    let rows = study.hazards.iter().map(|zone| Row {
        geometry: Some(Geometry::MultiPolygon(zone.lonlat.clone())),
        values: vec![zone.hazard.as_str().into(), zone.name.as_str().into(), effect(zone).into()],
    });
    let effects = with(STREETS_ONLY, study.hazards.iter().any(|zone| !zone.takes_facilities));
    let fill = |color| Symbol::Fill { color, outline: "#b2182b", outline_mm: 0.35 };
    Table {
        name: "hazard_areas".into(),
        title: Text::new("Hazard areas", "灾害区"),
        description: Text::new("Areas in which facilities do not count.", "其内设施不计入的区域。"),
        synthetic: study.hazards.iter().any(|zone| zone.synthetic),
        crs: study.frame,
        geometry: GeometryKind::MultiPolygon,
        fields: vec![
            Field::new("hazard", FieldKind::Text, "Hazard", "灾害"),
            Field::new("name", FieldKind::Text, "Area", "灾害区"),
            Field::new("effect", FieldKind::Text, "Effect", "影响").with_choices(&effects),
        ],
        rows: rows.collect(),
        style: Some(Style {
            classes: effects
                .iter()
                .zip([fill("#f4a582"), fill("#fddbc7"), fill("#d1e5f0")])
                .map(|((word, en, zh), symbol)| Class::equals("effect", word, Text::new(*en, *zh), symbol))
                .collect(),
            label: None,
            opacity: 0.5,
            visible: true,
            group: Group::Evidence,
        }),
    }
}
