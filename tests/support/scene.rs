//! Builds small studies in the plane, so that every expected number can be derived in a comment.
//!
//! Degrees are faked (metres / 100 000): geodesic measures make no sense on a scene, straight-line ones do.

use std::collections::BTreeMap;

use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;

use tongda::base::clock::ServiceDate;
use tongda::base::clock::ServiceTime;
use tongda::base::frame::OutputCrs;
use tongda::base::idx::CalendarIdx;
use tongda::base::idx::FeedIdx;
use tongda::base::idx::StopIdx;
use tongda::base::progress::Silent;
use tongda::base::units::Text;
use tongda::base::units::Weight;
use tongda::metrics::Context;
use tongda::metrics::Measure;
use tongda::metrics::MetricError;
use tongda::metrics::Output;
use tongda::model::demand::DemandLayer;
use tongda::model::demand::WeightGroup;
use tongda::model::facility::Facility;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::place::PlaneXy;
use tongda::model::region::Level;
use tongda::model::region::RegionDraft;
use tongda::model::region::RegionTreeBuilder;
use tongda::model::region::Shape;
use tongda::model::study::Plane;
use tongda::model::study::Study;
use tongda::model::transit::Calendar;
use tongda::model::transit::Call;
use tongda::model::transit::Frequency;
use tongda::model::transit::Mode;
use tongda::model::transit::Pattern;
use tongda::model::transit::Service;
use tongda::model::transit::Stop;
use tongda::model::transit::Transit;
use tongda::model::transit::Trip;

pub fn place(x: f64, y: f64) -> Place {
    Place { lonlat: LonLat { lon: x / 1e5, lat: y / 1e5 }, xy: PlaneXy { x, y } }
}

pub fn rectangle(x0: f64, y0: f64, x1: f64, y1: f64) -> MultiPolygon<f64> {
    MultiPolygon(vec![Polygon::new(
        LineString::from(vec![(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]),
        Vec::new(),
    )])
}

pub fn day(text: &str) -> ServiceDate {
    text.parse().expect("a date of a scene")
}

pub fn clock(text: &str) -> ServiceTime {
    text.parse().expect("a time of a scene")
}

/// A pattern over some stops on which nothing runs yet.
pub fn pattern(stops: Vec<StopIdx>) -> Pattern {
    Pattern {
        direction: "out".into(),
        stops,
        trips_per_day: 0.0,
        both_ways: false,
        first: None,
        last: None,
        headway_min: None,
        trips: Vec::new(),
        frequencies: Vec::new(),
        course: None,
    }
}

/// What a metric says of a study, the metric written as in a config after `measure.`.
pub fn measure(study: &Study, text: &str) -> Result<Output, MetricError> {
    let measure: Measure = toml::from_str::<toml::Table>(text).unwrap().try_into().unwrap();
    measure.metric().check()?;
    let title = Text::new("t", "题");
    measure.metric().measure(&Context {
        study,
        progress: &Silent,
        id: "i",
        title: &title,
        over: &[],
        target_share: None,
    })
}

pub struct Scene {
    regions: RegionTreeBuilder,
    pub study: Study,
}

impl Default for Scene {
    fn default() -> Scene {
        Scene {
            regions: RegionTreeBuilder::default(),
            study: Study {
                title: Text::new("scene", "场景"),
                plane: Plane { name: "scene".into(), epsg: None, wkt1: String::new(), scale_min: 1.0, scale_max: 1.0 },
                lattice: None,
                frame: OutputCrs::Cgcs2000,
                regions: Default::default(),
                facilities: Vec::new(),
                excluded: Vec::new(),
                hazards: Vec::new(),
                districts: Vec::new(),
                records: Vec::new(),
                demand: Vec::new(),
                transit: None,
                water: None,
                streets: Vec::new(),
                surface: None,
                overrides: Vec::new(),
                declared: None,
                reported: None,
                synthetic: false,
                ledgers: Vec::new(),
                issues: Vec::new(),
            },
        }
    }
}

impl Scene {
    /// A county with an outline, in a city and a province.
    pub fn county(
        mut self,
        code: &str,
        outline: MultiPolygon<f64>,
        city: &str,
        province: &str,
        district: bool,
    ) -> Scene {
        let mut lonlat = outline.clone();
        for polygon in &mut lonlat.0 {
            polygon.exterior_mut(|ring| {
                for c in &mut ring.0 {
                    c.x /= 1e5;
                    c.y /= 1e5;
                }
            });
        }
        let mut ancestors = BTreeMap::new();
        ancestors.insert(Level::City, (city.to_owned(), city.to_owned()));
        ancestors.insert(Level::Province, (province.to_owned(), province.to_owned()));
        self.regions
            .add(RegionDraft {
                code: code.into(),
                name: code.into(),
                level: Level::County,
                shape: Some(Shape { plane: outline, lonlat, area_m2: 0.0 }),
                ancestors,
                district: Some(district),
            })
            .expect("codes of a scene are unique");
        self
    }

    /// A line that runs both ways over its stops.
    pub fn line(mut self, id: &str, mode: Mode, trips_per_day: f64, stops: &[(f64, f64)]) -> Scene {
        let transit = self.study.transit.get_or_insert_with(Transit::default);
        let mut pattern = Vec::new();
        for (at, (x, y)) in stops.iter().enumerate() {
            pattern.push(StopIdx::new(transit.stops.len()));
            transit.stops.push(Stop::new(format!("{id}.{at}"), format!("{id}.{at}"), place(*x, *y)));
        }
        transit.services.push(Service {
            id: id.into(),
            name: id.into(),
            mode,
            patterns: vec![Pattern {
                direction: "both".into(),
                stops: pattern,
                trips_per_day,
                both_ways: true,
                first: None,
                last: None,
                headway_min: None,
                trips: Vec::new(),
                frequencies: Vec::new(),
                course: None,
            }],
            feed: FeedIdx(0),
            synthetic: false,
        });
        self
    }

    /// The study's day.
    pub fn on(mut self, date: &str) -> Scene {
        self.study.transit.get_or_insert_with(Transit::default).date = Some(day(date));
        self
    }

    /// The days on which the trips of a calendar run.
    pub fn calendar(mut self, id: &str, dates: &[&str]) -> Scene {
        let transit = self.study.transit.get_or_insert_with(Transit::default);
        let dates = dates.iter().map(|date| day(date)).collect();
        transit.calendars.push(Calendar { id: id.into(), feed: FeedIdx(0), dates });
        self
    }

    /// A stop by its name; a name is one stop.
    pub fn stop(&mut self, name: &str, x: f64, y: f64) -> StopIdx {
        let transit = self.study.transit.get_or_insert_with(Transit::default);
        let known = transit.stops.iter().position(|stop| stop.id == name);
        StopIdx::new(known.unwrap_or_else(|| {
            transit.stops.push(Stop::new(name, name, place(x, y)));
            transit.stops.len() - 1
        }))
    }

    /// One direction of a timed line: stops by name, seconds from stop to stop, and trips as calendar and departure. A line that is
    /// there already gets one more pattern.
    pub fn timed(
        mut self,
        id: &str,
        mode: Mode,
        stops: &[(&str, f64, f64)],
        hops: &[u32],
        trips: &[(&str, &str)],
    ) -> Scene {
        let stops: Vec<StopIdx> = stops.iter().map(|(name, x, y)| self.stop(name, *x, *y)).collect();
        let transit = self.study.transit.get_or_insert_with(Transit::default);
        let calendar = |id: &str| {
            CalendarIdx::new(transit.calendars.iter().position(|calendar| calendar.id == id).expect("a calendar"))
        };
        let mut trips: Vec<Trip> = trips
            .iter()
            .enumerate()
            .map(|(nth, (calendar_id, departure))| {
                let mut at = clock(departure).0;
                let mut calls = vec![Call::new(at, at)];
                for hop in hops {
                    at += hop;
                    calls.push(Call::new(at, at));
                }
                Trip { id: format!("{id}.{nth}"), calendar: calendar(calendar_id), calls }
            })
            .collect();
        trips.sort_by_key(|trip| trip.calls[0].leaves);
        self.push(id, mode, Pattern { trips, ..pattern(stops) });
        self
    }

    /// One direction of a line at a headway, on the days of a calendar.
    pub fn frequent(
        mut self,
        id: &str,
        stops: &[(&str, f64, f64)],
        hops: &[u32],
        (calendar_id, first, last, headway_s): (&str, &str, &str, u32),
    ) -> Scene {
        let stops: Vec<StopIdx> = stops.iter().map(|(name, x, y)| self.stop(name, *x, *y)).collect();
        let transit = self.study.transit.get_or_insert_with(Transit::default);
        let calendar = transit.calendars.iter().position(|calendar| calendar.id == calendar_id).map(CalendarIdx::new);
        let mut at = 0;
        let mut calls = vec![Call::new(0, 0)];
        for hop in hops {
            at += hop;
            calls.push(Call::new(at, at));
        }
        let runs = Frequency { calendar, first: clock(first), last: clock(last), headway_s, calls };
        self.push(id, Mode::Bus, Pattern { frequencies: vec![runs], ..pattern(stops) });
        self
    }

    /// Adds a pattern to a line.
    pub fn push(&mut self, id: &str, mode: Mode, pattern: Pattern) {
        let transit = self.study.transit.get_or_insert_with(Transit::default);
        match transit.services.iter_mut().find(|service| service.id == id) {
            Some(service) => service.patterns.push(pattern),
            None => transit.services.push(Service {
                id: id.into(),
                name: id.into(),
                mode,
                patterns: vec![pattern],
                feed: FeedIdx(0),
                synthetic: false,
            }),
        }
    }

    pub fn facility(mut self, id: &str, kind: &str, x: f64, y: f64) -> Scene {
        self.study.facilities.push(Facility {
            id: id.into(),
            name: id.into(),
            kind: kind.into(),
            at: place(x, y),
            home: None,
            capacity: None,
            synthetic: false,
        });
        self
    }

    /// Demand points `(id, x, y, people)` in no region.
    pub fn people(mut self, points: &[(&str, f64, f64, u64)]) -> Scene {
        let weights: Vec<Weight> = points.iter().map(|(_, _, _, people)| Weight::whole(*people)).collect();
        self.study.demand.push(DemandLayer {
            name: "people".into(),
            ids: points.iter().map(|(id, ..)| (*id).to_owned()).collect(),
            names: points.iter().map(|(id, ..)| (*id).to_owned()).collect(),
            at: points.iter().map(|(_, x, y, _)| Some(place(*x, *y))).collect(),
            home: vec![None; points.len()],
            groups: vec![
                WeightGroup { name: "count".into(), weights: vec![Weight::ONE; points.len()] },
                WeightGroup { name: "people".into(), weights },
            ],
            ..DemandLayer::default()
        });
        self
    }

    /// The study, with every region judged.
    pub fn build(self) -> Study {
        self.build_judging(&|_, _| Some(true))
    }

    pub fn build_judging(mut self, judged: &dyn Fn(Level, &str) -> Option<bool>) -> Study {
        self.study.regions = self.regions.freeze(judged);
        self.study
    }
}
