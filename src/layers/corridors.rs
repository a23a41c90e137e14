//! Where lines run: each stretch from stop to stop once, with all that runs there.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;

use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::metrics::stop_departures::station;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::style::Group;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::rising;

/// Trips a day, both ways together, from which the classes of the legend begin.
const BOUNDS: [f64; 6] = [1.0, 8.0, 24.0, 72.0, 144.0, 288.0];
/// Lines that are named at a stretch.
const MOST_NAMED: usize = 12;

/// What runs between two stops.
#[derive(Default)]
struct Corridor {
    trips: Weight,
    services: BTreeSet<ServiceIdx>,
}

/// One feature a pair of stops between which a line runs without calling elsewhere, platforms of a station being one stop; by stop index.
/// `None` without lines.
pub fn table(study: &Study) -> Option<Table> {
    let transit = study.transit.as_ref()?;
    let mut corridors: BTreeMap<(StopIdx, StopIdx), Corridor> = BTreeMap::new();
    for (at, service) in transit.services.iter().enumerate() {
        for pattern in &service.patterns {
            let one_way = Weight::from_f64(pattern.trips_per_day).unwrap_or(Weight::ZERO);
            let trips = if pattern.both_ways { one_way + one_way } else { one_way };
            for pair in pattern.stops.windows(2) {
                let (a, b) = (station(transit, pair[0]), station(transit, pair[1]));
                if a == b {
                    continue;
                }
                let corridor = corridors.entry((a.min(b), a.max(b))).or_default();
                corridor.trips += trips;
                corridor.services.insert(ServiceIdx::new(at));
            }
        }
    }
    let row = |((a, b), corridor): (&(StopIdx, StopIdx), &Corridor)| {
        let (from, to) = (transit.stop(*a), transit.stop(*b));
        let services = || corridor.services.iter().map(|service| &transit.services[service.at()]);
        let modes: BTreeSet<&str> = services().map(|service| service.mode.id()).collect();
        let mut names: Vec<&str> = services().map(|service| service.name.as_str()).take(MOST_NAMED).collect();
        if corridor.services.len() > MOST_NAMED {
            names.push("…");
        }
        let line = LineString(vec![from.at.lonlat.coord(), to.at.lonlat.coord()]);
        Row {
            geometry: Some(Geometry::MultiLineString(MultiLineString(vec![line]))),
            values: vec![
                from.id.as_str().into(),
                to.id.as_str().into(),
                format!("{} – {}", from.name, to.name).into(),
                corridor.trips.to_f64().into(),
                (corridor.services.len() as u64).into(),
                names.join(", ").into(),
                modes.into_iter().collect::<Vec<_>>().join(", ").into(),
            ],
        }
    };
    let symbol = |nth: usize, color| Symbol::Line {
        color: if nth == 0 { "#bdbdbd" } else { color },
        width_mm: [0.2, 0.3, 0.4, 0.6, 0.8, 1.1, 1.5][nth.min(6)],
        dash: None,
        casing: false,
        trim_percent: 0,
    };
    Some(Table {
        name: "transit_lines".into(),
        title: Text::new("Lines by trips a day", "公交线网班次"),
        description: Text::new(
            "Every stretch from stop to stop once, with the trips a day of all lines on it, both ways together. Drawn straight between \
             stops: not the streets that lines take.",
            "相邻站点间的线网区段（各画一次），班次为各线路双向合计；以站点间直线表示，并非实际走行路径。",
        ),
        synthetic: transit.services.iter().any(|service| service.synthetic),
        crs: study.frame,
        geometry: GeometryKind::MultiLineString,
        fields: vec![
            Field::new("from_stop", FieldKind::Text, "From stop", "起点站编号"),
            Field::new("to_stop", FieldKind::Text, "To stop", "终点站编号"),
            Field::new("name", FieldKind::Text, "Stretch", "区段"),
            Field::new("trips_per_day", FieldKind::Real, "Trips a day, both ways", "日班次（双向）"),
            Field::new("lines", FieldKind::Int, "Lines", "线路数"),
            Field::new("line_names", FieldKind::Text, "Which lines", "线路"),
            Field::new("modes", FieldKind::Text, "Modes", "方式"),
        ],
        rows: corridors.iter().map(row).collect(),
        style: Some(Style {
            classes: rising("trips_per_day", &BOUNDS, ("a day", "班/日"), &symbol),
            label: None,
            opacity: 0.9,
            visible: false,
            group: Group::Evidence,
        }),
    })
}
