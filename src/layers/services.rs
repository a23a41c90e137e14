//! The lines of the route table and the timetables, along their shapes where they have them.

use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;

use crate::base::units::Text;
use crate::model::study::Study;
use crate::model::transit::More;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Style;
use crate::table::style::Symbol;

/// One feature a direction of each service; nothing without a route table or a timetable.
pub fn table(study: &Study) -> Option<Table> {
    let transit = study.transit.as_ref()?;
    let mut rows = Vec::new();
    for service in &transit.services {
        for pattern in &service.patterns {
            let mut line: Vec<Coord<f64>> = transit.way(pattern).iter().map(|place| place.lonlat.coord()).collect();
            if let [only] = line[..] {
                line.push(only);
            }
            rows.push(Row {
                geometry: Some(Geometry::MultiLineString(MultiLineString(vec![LineString(line)]))),
                values: vec![
                    service.id.as_str().into(),
                    service.name.as_str().into(),
                    service.mode.id().into(),
                    pattern.direction.as_str().into(),
                    (pattern.stops.len() as u64).into(),
                    Some(pattern.trips_per_day).filter(|_| pattern.more != More::Unknown).into(),
                    pattern.first.map(|time| time.to_string()).into(),
                    pattern.last.map(|time| time.to_string()).into(),
                    (transit.straight(pattern) as u64).into(),
                ],
            });
        }
    }
    let line = |color| Symbol::Line { color, width_mm: 0.35, dash: None, casing: false, trim_percent: 0 };
    Some(Table {
        name: "lines".into(),
        title: Text::new("Lines", "线路"),
        description: description(transit.stretches()),
        synthetic: transit.services.iter().any(|service| service.synthetic),
        crs: study.frame,
        geometry: GeometryKind::MultiLineString,
        fields: vec![
            Field::new("line", FieldKind::Text, "Line", "线路编号"),
            Field::new("name", FieldKind::Text, "Name", "名称"),
            Field::new("mode", FieldKind::Text, "Mode", "方式"),
            Field::new("direction", FieldKind::Text, "Direction", "方向"),
            Field::new("stops", FieldKind::Int, "Stops", "站点数"),
            Field::new("trips_per_day", FieldKind::Real, "Trips a day", "日班次"),
            Field::new("first", FieldKind::Text, "First", "首班"),
            Field::new("last", FieldKind::Text, "Last", "末班"),
            Field::new("straight", FieldKind::Int, "Stretches drawn straight", "直线表示的区段数"),
        ],
        rows,
        style: Some(Style {
            classes: vec![
                Class::equals("mode", "bus", Text::new("bus", "公交"), line("#1f78b4")),
                Class::equals("mode", "coach", Text::new("coach", "班车"), line("#b15928")),
                Class::otherwise(Text::new("other", "其他"), line("#737373")),
            ],
            label: None,
            opacity: 0.8,
            visible: false,
            group: Group::Evidence,
        }),
    })
}

/// What the layer is, by how many of its stretches from stop to stop are straight.
fn description((all, straight): (usize, usize)) -> Text {
    if straight == all {
        return Text::new(
            "Lines of the route table or timetable, drawn straight from stop to stop: not the streets that they take.",
            "线路表或时刻表中的线路，以站点间直线表示，并非实际走行路径。",
        );
    }
    Text::new(
        format!(
            "Lines of the route table or timetable, along the shapes of the timetable; {straight} of {all} stretches from stop to stop \
             have none that fits and are drawn straight: not the streets that they take."
        ),
        format!(
            "线路表或时刻表中的线路，沿时刻表所给线形绘制；{all} 个站间区段中有 {straight} 个无可用线形，以直线表示，并非实际走行路径。"
        ),
    )
}
