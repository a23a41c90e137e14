//! Stops with what leaves them in a day and in each hour, and lines by hour.

use std::collections::BTreeSet;

use geo_types::Geometry;

use crate::base::clock::ServiceTime;
use crate::base::idx::ServiceIdx;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::metrics::stop_departures;
use crate::metrics::stop_departures::Departure;
use crate::metrics::stop_departures::Leaves;
use crate::model::study::Study;
use crate::model::transit::Transit;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Shape;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::rising;

/// Departures a day from which the classes of the legend begin: those of `stop-coverage`.
const DAY_BOUNDS: [f64; 5] = [1.0, 4.0, 12.0, 36.0, 72.0];
/// Departures in the busiest hour: every 60, 30, 15 and 10 minutes.
const HOUR_BOUNDS: [f64; 4] = [1.0, 2.0, 4.0, 6.0];
/// Hours with a column of their own; what is later shares one.
const HOURS: usize = 24;

/// What leaves a stop, or starts on a line.
#[derive(Debug, Clone)]
struct Leaving {
    count: Weight,
    services: BTreeSet<ServiceIdx>,
    first: Option<ServiceTime>,
    last: Option<ServiceTime>,
    /// By hour of the service day; the last one is 24:00 and later.
    hours: [Weight; HOURS + 1],
    untimed: Weight,
}

impl Default for Leaving {
    fn default() -> Leaving {
        Leaving {
            count: Weight::ZERO,
            services: BTreeSet::new(),
            first: None,
            last: None,
            hours: [Weight::ZERO; HOURS + 1],
            untimed: Weight::ZERO,
        }
    }
}

impl Leaving {
    fn add(&mut self, departure: &Departure) {
        self.count += departure.count;
        self.services.insert(departure.service);
        match departure.leaves {
            Leaves::At(time) | Leaves::About(time) => {
                self.hours[(time.0 as usize / 3600).min(HOURS)] += departure.count;
                self.first = Some(self.first.map_or(time, |first| first.min(time)));
                self.last = Some(self.last.map_or(time, |last| last.max(time)));
            }
            Leaves::Sometime => self.untimed += departure.count,
        }
    }

    /// The hour with the most departures, the earliest of several, and how many.
    fn busiest(&self) -> Option<(usize, Weight)> {
        let most = self.hours.iter().copied().max().filter(|most| *most > Weight::ZERO)?;
        Some((self.hours.iter().position(|count| *count == most)?, most))
    }

    fn hour_values(&self) -> impl Iterator<Item = Value> {
        self.hours.iter().map(|count| Value::from(count.to_f64())).chain([Value::from(self.untimed.to_f64())])
    }
}

fn hour_fields() -> Vec<Field> {
    let hour = |at: usize| {
        let (en, zh) = (format!("{at:02}:00 to {at:02}:59"), format!("{at:02}时"));
        Field::new(&format!("h{at:02}"), FieldKind::Real, &en, &zh)
    };
    let mut fields: Vec<Field> = (0..HOURS).map(hour).collect();
    fields.push(Field::new("h24_later", FieldKind::Real, "24:00 and later", "24时及以后"));
    fields.push(Field::new("untimed", FieldKind::Real, "Time not known", "时间未知"));
    fields
}

/// Stops by departures a day, stops by hour, lines by hour: those of the study's day where there is a timetable. Stops that no line calls at are
/// left out, and from the layers by hour what has no time at all.
pub fn tables(study: &Study) -> Vec<Table> {
    let Some(transit) = &study.transit else { return Vec::new() };
    let mut stops = vec![Leaving::default(); transit.stops.len()];
    let mut lines = vec![Leaving::default(); transit.services.len()];
    stop_departures::each(transit, &|_| true, &mut |departure| {
        stops[departure.stop.at()].add(&departure);
        if departure.is_start {
            lines[departure.service.at()].add(&departure);
        }
    });
    vec![by_day(study, transit, &stops), by_hour(study, transit, &stops), lines_by_hour(study, transit, &lines)]
}

fn table(study: &Study, transit: &Transit, name: &str, title: (&str, &str), about: (&str, &str)) -> Table {
    let day = transit.date.map(|date| (format!(" Timetables: {date}."), format!("时刻表日期：{date}。")));
    let (day_en, day_zh) = day.unwrap_or_default();
    Table {
        name: name.to_owned(),
        title: Text::new(title.0, title.1),
        description: Text::new(format!("{}{day_en}", about.0), format!("{}{day_zh}", about.1)),
        synthetic: transit.services.iter().any(|service| service.synthetic),
        crs: study.frame,
        geometry: GeometryKind::Point,
        fields: Vec::new(),
        rows: Vec::new(),
        style: None,
    }
}

fn marker(size_mm: f64, color: &'static str) -> Symbol {
    Symbol::Marker { shape: Shape::Circle, color, size_mm, outline: "#4d4d4d" }
}

fn points(classes: Vec<Class>) -> Option<Style> {
    Some(Style { classes, label: None, opacity: 1.0, visible: false, group: Group::Evidence })
}

fn by_day(study: &Study, transit: &Transit, stops: &[Leaving]) -> Table {
    let title = ("Stops by departures a day", "公交站点班次");
    let about = (
        "Departures of all lines and directions at each stop; the last call of a trip is none.",
        "各站点各线路、各方向的发车班次合计；终到不计。",
    );
    let mut table = table(study, transit, "transit_stops", title, about);
    table.fields = vec![
        Field::new("stop", FieldKind::Text, "Stop", "站点编号"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("station", FieldKind::Text, "Station", "所属车站"),
        Field::new("departures", FieldKind::Real, "Departures a day", "日发车班次"),
        Field::new("lines", FieldKind::Int, "Lines", "线路数"),
        Field::new("modes", FieldKind::Text, "Modes", "方式"),
        Field::new("first", FieldKind::Text, "First", "首班"),
        Field::new("last", FieldKind::Text, "Last", "末班"),
    ];
    let mut is_called = vec![false; stops.len()];
    let patterns = transit.services.iter().flat_map(|service| &service.patterns);
    patterns.flat_map(|pattern| &pattern.stops).for_each(|stop| is_called[stop.at()] = true);
    for ((stop, leaving), _) in transit.stops.iter().zip(stops).zip(&is_called).filter(|(_, is_called)| **is_called) {
        let modes: BTreeSet<&str> =
            leaving.services.iter().map(|service| transit.services[service.at()].mode.id()).collect();
        table.rows.push(Row {
            geometry: Some(Geometry::Point(stop.at.lonlat.point())),
            values: vec![
                stop.id.as_str().into(),
                stop.name.as_str().into(),
                stop.station.map(|station| transit.stop(station).name.as_str()).into(),
                leaving.count.to_f64().into(),
                (leaving.services.len() as u64).into(),
                modes.into_iter().collect::<Vec<_>>().join(", ").into(),
                leaving.first.map(|time| time.to_string()).into(),
                leaving.last.map(|time| time.to_string()).into(),
            ],
        });
    }
    let symbol = |nth: usize, color| marker([1.2, 1.4, 1.6, 1.9, 2.2, 2.6][nth.min(5)], color);
    table.style = points(rising("departures", &DAY_BOUNDS, ("a day", "班/日"), &symbol));
    table
}

fn by_hour(study: &Study, transit: &Transit, stops: &[Leaving]) -> Table {
    let title = ("Stops by departures an hour", "公交站点分时班次");
    let about = (
        "Departures of all lines and directions in each hour of the service day, drawn by the busiest; change the field of the style for \
         another hour. Of lines that are known by number only, departures are spread evenly from first to last, by the clock of the first stop.",
        "各站点分时发车班次，按最忙小时着色，可在样式中改用其他小时字段；仅有班次数的线路按首末班（以首站计）均匀分布。",
    );
    let mut table = table(study, transit, "transit_hours", title, about);
    table.fields = vec![
        Field::new("stop", FieldKind::Text, "Stop", "站点编号"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("busiest", FieldKind::Real, "Departures in the busiest hour", "最忙小时班次"),
        Field::new("busy_hour", FieldKind::Int, "Busiest hour", "最忙小时"),
    ];
    table.fields.extend(hour_fields());
    for (stop, leaving) in transit.stops.iter().zip(stops) {
        let Some((hour, most)) = leaving.busiest() else { continue };
        let mut values: Vec<Value> =
            vec![stop.id.as_str().into(), stop.name.as_str().into(), most.to_f64().into(), (hour as u64).into()];
        values.extend(leaving.hour_values());
        table.rows.push(Row { geometry: Some(Geometry::Point(stop.at.lonlat.point())), values });
    }
    let symbol = |nth: usize, color| marker([1.3, 1.5, 1.8, 2.1, 2.4][nth.min(4)], color);
    table.style = points(rising("busiest", &HOUR_BOUNDS, ("an hour", "班/时"), &symbol));
    table
}

fn lines_by_hour(study: &Study, transit: &Transit, lines: &[Leaving]) -> Table {
    let title = ("Lines by departures an hour", "线路分时班次");
    let about = (
        "Trips that begin in each hour of the service day, all directions of a line together.",
        "各线路分时始发班次（各方向合计）。",
    );
    let mut table = table(study, transit, "transit_line_hours", title, about);
    table.geometry = GeometryKind::None;
    table.fields = vec![
        Field::new("line", FieldKind::Text, "Line", "线路编号"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("mode", FieldKind::Text, "Mode", "方式"),
        Field::new("trips_per_day", FieldKind::Real, "Trips a day", "日班次"),
    ];
    table.fields.extend(hour_fields());
    for (service, leaving) in transit.services.iter().zip(lines).filter(|(_, leaving)| leaving.first.is_some()) {
        let mut values: Vec<Value> = vec![
            service.id.as_str().into(),
            service.name.as_str().into(),
            service.mode.id().into(),
            leaving.count.to_f64().into(),
        ];
        values.extend(leaving.hour_values());
        table.rows.push(Row { geometry: None, values });
    }
    table
}
