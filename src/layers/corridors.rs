//! Where lines run: each stretch from stop to stop once, with all that runs there, along the shapes of the timetable where it has them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use geo::Distance;
use geo::Euclidean;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;

use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::metrics::stop_departures::station;
use crate::model::place::Place;
use crate::model::study::Study;
use crate::model::transit::Transit;
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

/// Ways between two stops are one where neither has a point farther than this from the other, metres: the two sides of a street, and two
/// drawings of one road.
const ONE_WAY_M: f64 = 30.0;

/// What runs between two stops on one way.
#[derive(Default)]
struct Corridor {
    /// From the stop of the lower index; `None` where it is not known.
    way: Option<Vec<Place>>,
    trips: Weight,
    services: BTreeSet<ServiceIdx>,
}

/// One feature a pair of stops between which a line runs without calling elsewhere and a way between them, platforms of a station being one
/// stop; by stop index, ways by trips, one that is not known last. `None` without lines.
///
/// Of ways that are one, that with the most trips is drawn.
pub fn table(study: &Study) -> Option<Table> {
    let transit = study.transit.as_ref()?;
    let mut corridors: BTreeMap<(StopIdx, StopIdx), Vec<Corridor>> = BTreeMap::new();
    for (at, service) in transit.services.iter().enumerate() {
        for pattern in &service.patterns {
            let one_way = Weight::from_f64(pattern.trips_per_day).unwrap_or(Weight::ZERO);
            let trips = if pattern.both_ways { one_way + one_way } else { one_way };
            for (from, pair) in pattern.stops.windows(2).enumerate() {
                let (a, b) = (station(transit, pair[0]), station(transit, pair[1]));
                if a == b {
                    continue;
                }
                let mut way = transit.stretch(pattern, from);
                if let Some(way) = way.as_mut().filter(|_| a > b) {
                    way.reverse();
                }
                let known = corridors.entry((a.min(b), a.max(b))).or_default();
                let nth = known.iter().position(|corridor| corridor.way == way).unwrap_or_else(|| {
                    known.push(Corridor { way, ..Corridor::default() });
                    known.len() - 1
                });
                known[nth].trips += trips;
                known[nth].services.insert(ServiceIdx::new(at));
            }
        }
    }
    let mut rows = Vec::new();
    for ((a, b), ways) in corridors {
        rows.extend(distinct(ways).iter().map(|corridor| row(transit, (a, b), corridor)));
    }
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
        description: description(transit.stretches()),
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
            Field::new("drawn", FieldKind::Text, "Drawn by", "绘制依据"),
        ],
        rows,
        style: Some(Style {
            classes: rising("trips_per_day", &BOUNDS, ("a day", "班/日"), &symbol),
            label: None,
            opacity: 0.9,
            visible: false,
            group: Group::Evidence,
        }),
    })
}

/// The ways between two stops of which no two are one, by trips: each is added to the one with the most trips that it is one with.
fn distinct(mut ways: Vec<Corridor>) -> Vec<Corridor> {
    ways.sort_by_key(|corridor| (corridor.way.is_none(), std::cmp::Reverse(corridor.trips)));
    let mut kept: Vec<Corridor> = Vec::new();
    for corridor in ways {
        let same = kept.iter_mut().find(|other| match (&other.way, &corridor.way) {
            (Some(a), Some(b)) => are_one(a, b),
            (a, b) => a == b,
        });
        match same {
            Some(other) => {
                other.trips += corridor.trips;
                other.services.extend(corridor.services);
            }
            None => kept.push(corridor),
        }
    }
    kept.sort_by_key(|corridor| (corridor.way.is_none(), std::cmp::Reverse(corridor.trips)));
    kept
}

/// Whether no point of either way is farther than [`ONE_WAY_M`] from the other.
fn are_one(a: &[Place], b: &[Place]) -> bool {
    let line = |way: &[Place]| way.iter().map(|place| place.xy.array()).collect::<LineString<f64>>();
    let (a, b) = (line(a), line(b));
    let near = |of: &LineString<f64>, to: &LineString<f64>| {
        of.points().all(|point| Euclidean.distance(&point, to) <= ONE_WAY_M)
    };
    near(&a, &b) && near(&b, &a)
}

fn row(transit: &Transit, (a, b): (StopIdx, StopIdx), corridor: &Corridor) -> Row {
    let (from, to) = (transit.stop(a), transit.stop(b));
    let services = || corridor.services.iter().map(|service| &transit.services[service.at()]);
    let modes: BTreeSet<&str> = services().map(|service| service.mode.id()).collect();
    let mut names: Vec<&str> = services().map(|service| service.name.as_str()).take(MOST_NAMED).collect();
    if corridor.services.len() > MOST_NAMED {
        names.push("…");
    }
    let straight = [from.at, to.at];
    let way = corridor.way.as_deref().unwrap_or(&straight);
    let line: LineString<f64> = way.iter().map(|place| place.lonlat.coord()).collect();
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
            if corridor.way.is_some() { "shape" } else { "straight" }.into(),
        ],
    }
}

/// What the layer is, by how many stretches of all lines are straight.
fn description((all, straight): (usize, usize)) -> Text {
    let en = "Every stretch from stop to stop once, with the trips a day of all lines on it, both ways together. ";
    let zh = "相邻站点间的线网区段（各画一次），班次为各线路双向合计；";
    if straight == all {
        return Text::new(
            format!("{en}Drawn straight between stops: not the streets that lines take."),
            format!("{zh}以站点间直线表示，并非实际走行路径。"),
        );
    }
    Text::new(
        format!(
            "{en}Drawn along the shapes of the timetable, where those of two lines are more than {ONE_WAY_M} m apart each for itself; \
             {straight} of the {all} stretches of all lines have none that fits and are drawn straight: not the streets that lines take."
        ),
        format!(
            "{zh}沿时刻表所给线形绘制，线形相距超过 {ONE_WAY_M} 米的分别绘制；各线路共 {all} 个站间区段，其中 {straight} 个无可用线形，\
             以直线表示，并非实际走行路径。"
        ),
    )
}
