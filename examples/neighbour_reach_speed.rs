//! How long `neighbour-reach` takes on a province of 100 counties with 5,000 lines and 200,000 trips, all made up.
//!
//! ```text
//! cargo run --release --example neighbour_reach_speed
//! ```
//!
//! Counties are fields of 20 km with crooked borders of 80 corners a side. Each line has 25 stops: a fifth lead to the seat of a
//! neighbouring county, one in ten of those stops 200 m short of the border instead, the others stay in theirs. Each runs 20 times a
//! day each way, a third of the trips on weekdays only. The seed is fixed.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

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
use tongda::base::units::Metres;
use tongda::base::units::Seconds;
use tongda::base::units::Text;
use tongda::metrics::Context;
use tongda::metrics::Metric;
use tongda::metrics::neighbour_reach::NeighbourReach;
use tongda::model::lattice::Lattice;
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
use tongda::model::transit::Feed;
use tongda::model::transit::Mode;
use tongda::model::transit::Pattern;
use tongda::model::transit::Service;
use tongda::model::transit::Stop;
use tongda::model::transit::Transit;
use tongda::model::transit::Trip;

const SIDE: usize = 10;
const FIELD_M: f64 = 20_000.0;
const CORNERS: usize = 80;
const LINES: usize = 5_000;
const STOPS: usize = 25;
const TRIPS: u32 = 20;

/// Small steps of a seeded generator (Knuth's 64-bit LCG).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(limit)) as u32
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * f64::from(self.below(1_000_000)) / 1e6
    }
}

fn degrees(xy: PlaneXy) -> LonLat {
    LonLat { lon: 119.0 + xy.x / 95_000.0, lat: 32.0 + xy.y / 111_000.0 }
}

fn place(x: f64, y: f64) -> Place {
    let xy = PlaneXy { x, y };
    Place { lonlat: degrees(xy), xy }
}

/// A point of the border lines: crooked along them, the same for both counties.
fn corner(x: f64, y: f64) -> (f64, f64) {
    let bend = |along: f64, at: f64| 400.0 * (along / 900.0 + at).sin() + 150.0 * (along / 170.0 + 2.0 * at).sin();
    (x + bend(y, x), y + bend(x, y))
}

fn county(column: usize, row: usize) -> MultiPolygon<f64> {
    let (x, y) = (column as f64 * FIELD_M, row as f64 * FIELD_M);
    let step = FIELD_M / CORNERS as f64;
    let mut ring = Vec::new();
    for (from, way) in [
        ((x, y), (1.0, 0.0)),
        ((x + FIELD_M, y), (0.0, 1.0)),
        ((x + FIELD_M, y + FIELD_M), (-1.0, 0.0)),
        ((x, y + FIELD_M), (0.0, -1.0)),
    ] {
        for at in 0..CORNERS {
            let along = at as f64 * step;
            ring.push(corner(from.0 + way.0 * along, from.1 + way.1 * along));
        }
    }
    ring.push(ring[0]);
    MultiPolygon(vec![Polygon::new(LineString::from(ring), Vec::new())])
}

fn regions() -> Result<RegionTreeBuilder, Box<dyn Error>> {
    let mut builder = RegionTreeBuilder::default();
    for row in 0..SIDE {
        for column in 0..SIDE {
            let plane = county(column, row);
            let mut lonlat = plane.clone();
            for polygon in &mut lonlat.0 {
                polygon.exterior_mut(|ring| {
                    ring.0.iter_mut().for_each(|at| *at = degrees(PlaneXy { x: at.x, y: at.y }).coord());
                });
            }
            let mut ancestors = BTreeMap::new();
            ancestors.insert(Level::City, (format!("city{}", row / 2), format!("city{}", row / 2)));
            ancestors.insert(Level::Province, ("P".to_owned(), "P".to_owned()));
            let code = format!("{row}{column}");
            builder.add(RegionDraft {
                name: code.clone(),
                code,
                level: Level::County,
                shape: Some(Shape { plane, lonlat, area_m2: 0.0 }),
                ancestors,
                district: Some(false),
            })?;
        }
    }
    Ok(builder)
}

fn transit() -> Result<Transit, Box<dyn Error>> {
    let day = |text: &str| text.parse::<ServiceDate>();
    let (wednesday, saturday) = (day("2026-03-04")?, day("2026-03-07")?);
    let calendar = |id: &str, dates| Calendar { id: id.to_owned(), feed: FeedIdx(0), dates };
    let mut transit = Transit {
        feeds: vec![Feed { name: "synthetic".to_owned(), zone: Some("Asia/Shanghai".to_owned()) }],
        calendars: vec![calendar("daily", vec![wednesday, saturday]), calendar("weekday", vec![wednesday])],
        date: Some(wednesday),
        ..Transit::default()
    };
    let mut random = Random(20_260_304);
    let middle = |at: usize| (at as f64 + 0.5) * FIELD_M;
    for row in 0..SIDE {
        for column in 0..SIDE {
            let name = format!("seat {row}{column}");
            transit.stops.push(Stop::new(name.clone(), name, place(middle(column), middle(row))));
        }
    }
    for line in 0..LINES {
        let (column, row) = (random.below(SIDE as u32) as usize, random.below(SIDE as u32) as usize);
        let seat = (middle(column), middle(row));
        let kind = random.below(50);
        let (end, last) = match (kind, column + 1 < SIDE) {
            // to the seat of the county to the east, or short of its border, which is about half a field away
            (0..=8, true) => ((middle(column + 1), middle(row)), Some(StopIdx::new(row * SIDE + column + 1))),
            (9, true) => ((seat.0 + FIELD_M / 2.0 - 1_000.0, seat.1), None),
            _ => ((seat.0 + random.between(-8_000.0, 8_000.0), seat.1 + random.between(-8_000.0, 8_000.0)), None),
        };
        let mut stops = vec![StopIdx::new(row * SIDE + column)];
        for at in 1..STOPS {
            if let Some(last) = last.filter(|_| at + 1 == STOPS) {
                stops.push(last);
                continue;
            }
            let share = at as f64 / (STOPS - 1) as f64;
            let (x, y) = (seat.0 + share * (end.0 - seat.0), seat.1 + share * (end.1 - seat.1));
            stops.push(StopIdx::new(transit.stops.len()));
            let name = format!("{line}.{at}");
            let at = place(x + random.between(-90.0, 90.0), y + random.between(-90.0, 90.0));
            transit.stops.push(Stop::new(name.clone(), name, at));
        }
        let mut patterns = Vec::new();
        for direction in ["out", "back"] {
            let trips = (0..TRIPS)
                .map(|nth| {
                    let first = 5 * 3600 + 60 * random.below(90);
                    let mut at = first + nth * 2_700;
                    let calls = (0..STOPS)
                        .map(|_| {
                            let call = Call::new(at, at + 20);
                            at += 20 + 60 + random.below(120);
                            call
                        })
                        .collect();
                    Trip {
                        id: format!("{line}.{direction}.{nth}"),
                        calendar: CalendarIdx(u32::from(nth % 3 == 1)),
                        calls,
                    }
                })
                .collect();
            let mut stops = stops.clone();
            if direction == "back" {
                stops.reverse();
            }
            patterns.push(Pattern {
                direction: direction.to_owned(),
                stops,
                trips_per_day: f64::from(TRIPS),
                both_ways: false,
                is_loop: false,
                more: Default::default(),
                first: None,
                last: None,
                headway_min: None,
                trips,
                frequencies: Vec::new(),
                course: None,
            });
        }
        let name = format!("line {line}");
        transit.services.push(Service {
            id: name.clone(),
            name,
            mode: Mode::Bus,
            patterns,
            feed: FeedIdx(0),
            synthetic: true,
        });
    }
    Ok(transit)
}

// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let clock = Instant::now();
    let far = SIDE as f64 * FIELD_M + 1_000.0;
    let study = Study {
        title: Text::new("made-up province", "虚构省份"),
        plane: Plane {
            name: "scene".into(),
            epsg: None,
            wkt1: String::new(),
            scale_min: 1.0,
            scale_max: 1.0,
            distortion: None,
            doubt: None,
        },
        lattice: Lattice::over([-1_000.0, -1_000.0, far, far], |xy| Some(degrees(xy))),
        frame: OutputCrs::Cgcs2000,
        regions: regions()?.freeze(&|_, _| Some(true)),
        facilities: Vec::new(),
        excluded: Vec::new(),
        hazards: Vec::new(),
        districts: Vec::new(),
        records: Vec::new(),
        dropped: Vec::new(),
        demand: Vec::new(),
        transit: Some(transit()?),
        water: None,
        surface: None,
        streets: Vec::new(),
        overrides: Vec::new(),
        declared: None,
        reported: None,
        synthetic: true,
        ledgers: Vec::new(),
        issues: Vec::new(),
    };
    let trips: usize = study
        .transit
        .iter()
        .flat_map(|transit| &transit.services)
        .flat_map(|service| &service.patterns)
        .map(|pattern| pattern.trips.len())
        .sum();
    println!("scene: {} regions, {trips} trips, made in {:.1} s", study.regions.len(), clock.elapsed().as_secs_f64());
    let default = NeighbourReach::default();
    let cases: Vec<(&str, NeighbourReach)> = vec![
        ("direct", default.clone()),
        (
            "usable: 4 trips, 07:00 to 18:00, Saturday, 500 m to the border, 2 h",
            NeighbourReach {
                min_trips_per_day: 4.0,
                first_by: Some(ServiceTime(7 * 3600)),
                last_from: Some(ServiceTime(18 * 3600)),
                on: vec!["2026-03-07".parse()?],
                border_walk: Metres(500.0),
                max_time: Some(Seconds(7200.0)),
                ..default.clone()
            },
        ),
        ("1 change", NeighbourReach { transfers: 1, ..default.clone() }),
        ("2 changes", NeighbourReach { transfers: 2, ..default.clone() }),
    ];
    for (name, params) in cases {
        let clock = Instant::now();
        let title = Text::new("bus reach", "通达");
        let context =
            Context { study: &study, progress: &Silent, id: "bus-reach", title: &title, over: &[], target_share: None };
        let output = params.measure(&context)?;
        println!(
            "{name}: {:?} of {:?} pairs in {:.2} s",
            output.headline.part.unwrap_or_default(),
            output.headline.whole.unwrap_or_default(),
            clock.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
