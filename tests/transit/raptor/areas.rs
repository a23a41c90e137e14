//! Areas by transit: discs around stops in closed form, and every middle of a cell and every person held against a search of their own.

use geo::Area;
use geo::Contains;
use geo::Distance;
use geo::Euclidean;
use geo::algorithm::Validation;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::MultiPolygon;
use geo_types::Point;
use tongda::base::idx::CalendarIdx;
use tongda::base::units::KmPerHour;
use tongda::base::units::Limit;
use tongda::base::units::Metres;
use tongda::impedance::Direction;
use tongda::impedance::Impedance;
use tongda::impedance::Want;
use tongda::impedance::by_transit::ByTransit;
use tongda::impedance::transit::TransitNetwork;
use tongda::metrics::Output;
use tongda::model::lattice::Lattice;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::model::transit::Call;
use tongda::model::transit::Pattern;
use tongda::model::transit::Stop;
use tongda::model::transit::Transit;
use tongda::model::transit::Trip;
use tongda::model::travel::Clock;
use tongda::model::travel::Travel;
use tongda::table::Table;
use tongda::table::Value;

use crate::raptor::LAT;
use crate::raptor::LON;
use crate::raptor::Random;
use crate::raptor::at;
use crate::raptor::calendars;
use crate::raptor::date;
use crate::raptor::pattern;
use crate::raptor::seed;
use crate::raptor::service;
use crate::raptor::twin::random_feed;
use crate::raptor::twin::random_travel;
use crate::raptor::walker;
use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::rectangle;

const WAYS: [(Clock, Direction); 4] = [
    (Clock::DepartAt, Direction::ToFacility),
    (Clock::DepartAt, Direction::FromFacility),
    (Clock::ArriveBy, Direction::ToFacility),
    (Clock::ArriveBy, Direction::FromFacility),
];

/// A county around `extent` at the equator, where a metre of the plane is one on the ellipsoid, with hospitals and people at places.
fn study(extent: [f64; 4], hospitals: &[Place], people: &[Place]) -> Study {
    let [west, south, east, north] = extent;
    let mut scene = Scene::default().county("A", rectangle(west, south, east, north), "X", "P", true);
    for nth in 0..hospitals.len() {
        scene = scene.facility(&format!("h{nth}"), "hospital", 0.0, 0.0);
    }
    let names: Vec<String> = (0..people.len()).map(|nth| format!("p{nth}")).collect();
    let mut study = scene.people(&names.iter().map(|name| (name.as_str(), 0.0, 0.0, 1)).collect::<Vec<_>>()).build();
    study.facilities.iter_mut().zip(hospitals).for_each(|(one, place)| one.at = *place);
    study.demand[0].at = people.iter().copied().map(Some).collect();
    study.demand[0].home = vec![study.regions.find(Level::County, "A"); people.len()];
    study.lattice = Lattice::over(extent, |at| Some(LonLat { lon: at.x * LON, lat: at.y * LAT }));
    study
}

fn layer<'t>(output: &'t Output, name: &str) -> &'t Table {
    output.tables.iter().find(|table| table.name == name).unwrap()
}

/// The areas of a layer in metres, with a field of each.
fn areas(table: &Table, field: &str) -> Vec<(Value, MultiPolygon<f64>)> {
    let column = table.fields.iter().position(|one| one.name == field).unwrap();
    let area = |row: &tongda::table::Row| {
        let Some(Geometry::MultiPolygon(shape)) = &row.geometry else { panic!("no area") };
        let shape = geo::MapCoords::map_coords(shape, |at| Coord { x: at.x / LON, y: at.y / LAT });
        assert!(shape.is_valid(), "{:?}", shape.validation_errors());
        (row.values[column].clone(), shape)
    };
    table.rows.iter().map(area).collect()
}

/// Stops a, b and c, 6 km apart on a straight road; a vehicle every 10 min each way, 6 min from stop to stop; a hospital at c. One walks 100 m
/// a minute, straight.
fn line() -> Study {
    let stop = |nth: u32| at(6_000.0 * f64::from(nth), 0.0);
    let mut study = study(
        [-1_000.0, -2_500.0, 14_500.0, 2_500.0],
        &[stop(2)],
        &[stop(0), at(6_100.0, 700.0), at(6_000.0, 1_100.0)],
    );
    let trips = |start: u32| -> Vec<Trip> {
        (0..60)
            .map(|nth| Trip {
                id: nth.to_string(),
                calendar: CalendarIdx(0),
                calls: (0..3)
                    .map(|call| 60 * (300 + start + 10 * nth + 6 * call))
                    .map(|time| Call::new(time, time))
                    .collect(),
            })
            .collect()
    };
    let there = Pattern { trips: trips(0), ..pattern(vec![0, 1, 2]) };
    let back = Pattern { trips: trips(3), ..pattern(vec![2, 1, 0]) };
    study.transit = Some(Transit {
        stops: ["a", "b", "c"].into_iter().zip(0..).map(|(id, nth)| Stop::new(id, id, stop(nth))).collect(),
        services: vec![service(0, vec![there, back])],
        calendars: calendars(),
        date: Some(date("2026-03-04")),
        travel: Travel {
            walk_speed: KmPerHour(6.0),
            walk_detour: 1.0,
            max_walk: Limit::Length(Metres(2_000.0)),
            ..Travel::default()
        },
        ..Transit::default()
    });
    study
}

const AREAS: &str = "covered-share = { kind = \"hospital\", within = \"20 min\", by = \"transit\", catchments = { bands = [\"17 min\", \"20 min\"], cell = \"40 m\", each = true } }";

#[test]
fn areas_are_discs_around_stops_of_what_is_left_of_the_limit_after_waiting_and_riding() {
    // Over ten minutes one waits 0 to 9 min, and over an hour each wait comes six times: the median is the 30th of 60, 4 min; where the clock
    // hangs at the place it is the walk and the wait together that take whole minutes, which changes nothing where the rest is whole minutes.
    // Of 20 min are left 20 − 6 − 4 = 10 min at b, 1 km, and 20 − 12 − 4 = 4 min at a, 400 m; of 17 min 7 and 1 min. The hospital is walked
    // to from 2 km and 1.7 km. No two of the discs meet: 6 km lie between.
    let wanted = [(1200.0, [400.0, 1_000.0, 2_000.0]), (1020.0, [100.0, 700.0, 1_700.0])];
    for (clock, direction) in WAYS {
        let mut study = line();
        study.transit.as_mut().unwrap().travel.clock = clock;
        let text = match direction {
            Direction::ToFacility => AREAS.to_owned(),
            Direction::FromFacility => AREAS.replace("by =", "direction = \"from-facility\", by ="),
        };
        let output = measure(&study, &text).unwrap();
        for name in ["i_catchments", "i_each_catchment"] {
            let bands = areas(layer(&output, name), "limit");
            assert_eq!(bands.len(), 2);
            for ((limit, shape), (seconds, radii)) in bands.iter().zip(&wanted) {
                assert_eq!(limit.as_f64(), Some(*seconds));
                assert_eq!(shape.0.len(), 3, "{name} {clock:?} {direction:?}: three islands");
                for (nth, radius) in radii.iter().enumerate() {
                    let middle = 6_000.0 * nth as f64;
                    let island =
                        shape.0.iter().find(|one| one.contains(&Point::new(middle, 0.0))).unwrap().unsigned_area();
                    let disc = std::f64::consts::PI * radius * radius;
                    // cells of 40 m, in or out: the border crosses some 8 r / 40 of them, and each errs by half of itself
                    let tolerance = 1_600.0 * ((8.0 * radius / 40.0).sqrt() + 1.0);
                    assert!(
                        (island - disc).abs() < tolerance,
                        "{name} {clock:?} {direction:?} {radius}: {island} {disc}"
                    );
                    for step in 0..32 {
                        let (dy, dx) = (f64::from(step) / 32.0 * std::f64::consts::TAU).sin_cos();
                        let on = |metres: f64| Point::new(middle + dx * metres, dy * metres);
                        assert!(shape.contains(&on(radius - 40.0)) && !shape.contains(&on(radius + 40.0)));
                    }
                }
            }
            // one in the other
            assert!(bands[1].1.0.iter().all(|inner| bands[0].1.contains(inner)));
            // at a, and 707 m from b with 10 min left; not the third, 1.1 km from b
            let column = layer(&output, name).fields.iter().position(|field| field.name == "weight").unwrap();
            let weights: Vec<f64> =
                layer(&output, name).rows.iter().map(|row| row.values[column].as_f64().unwrap()).collect();
            assert_eq!(weights, [2.0, 1.0], "{name} {clock:?} {direction:?}");
        }
        assert_eq!(output.headline.value, Some(2.0 / 3.0));
    }
}

#[test]
fn what_is_drawn_is_what_is_judged_and_no_island_is_lost() {
    let side = 200.0;
    let (mut small, mut within_count, mut beyond) = (0, 0, 0);
    for round in 0..40 {
        let mut random = Random(seed() + round);
        let around = [28_800, 85_000][random.below(2) as usize];
        let transit = random_feed(&mut random, around);
        let mut travel = random_travel(&mut random, around);
        travel.percentile = [0.0, 50.0, 90.0][random.below(3) as usize];
        let (clock, direction) = WAYS[round as usize % 4];
        travel.clock = clock;
        let mut anywhere = || at(f64::from(random.below(4000)), f64::from(random.below(4000)));
        let hospitals = [anywhere(), transit.stops[0].at];
        let mut people: Vec<Place> = (0..40).map(|_| anywhere()).collect();
        // near stops, where small islands are
        let near = |stop: &Stop, off: f64| at(stop.at.xy.x + off, stop.at.xy.y - off);
        people.extend(transit.stops.iter().flat_map(|stop| [near(stop, 0.0), near(stop, 25.0), near(stop, -60.0)]));
        let mut study = study([-500.0, -500.0, 4_500.0, 4_500.0], &hospitals, &people);
        study.transit = Some(Transit { travel: travel.clone(), ..transit.clone() });
        let limits = [300.0, 900.0, 1200.0];
        let way = if direction == Direction::ToFacility { "to-facility" } else { "from-facility" };
        let text = format!(
            "nearest = {{ kind = \"hospital\", by = \"transit\", cost = \"time\", direction = \"{way}\", catchments = {{ bands = [\"5 min\", \"15 min\", \"20 min\"], cell = \"200 m\", each = true }} }}"
        );
        // the seed may give a day on which nothing runs
        let Ok(output) = measure(&study, &text) else { continue };
        let network = TransitNetwork::new(&transit, &travel, walker(&study.plane, &travel));
        let engine = ByTransit { network: &network, direction };
        let prepared = engine.prepare(&study.plane, &hospitals);
        let within = |place: &Place, limit: f64, only: Option<u32>| {
            let admits = |facility: u32| only.is_none_or(|only| only == facility);
            !prepared.row(place, Want::Within(limit), &admits).is_empty()
        };
        for only in [None, Some(0), Some(1)] {
            let shapes = match only {
                None => areas(layer(&output, "i_catchments"), "limit"),
                Some(facility) => {
                    let table = layer(&output, "i_each_catchment");
                    let ids = areas(table, "facility");
                    let own = areas(table, "limit").into_iter().zip(ids);
                    own.filter(|(_, (id, _))| id.to_string() == format!("h{facility}"))
                        .map(|(shape, _)| shape)
                        .collect()
                }
            };
            for limit in limits {
                let nothing = MultiPolygon(Vec::new());
                let shape =
                    shapes.iter().find(|(own, _)| own.as_f64() == Some(limit)).map_or(&nothing, |(_, shape)| shape);
                let told = format!("round {round}, {limit} s, {clock:?}, {direction:?}, {only:?}");
                for person in people.iter().filter(|person| within(person, limit, only)) {
                    let point = Point::new(person.xy.x, person.xy.y);
                    assert!(!shape.0.is_empty(), "{told}");
                    let metres = if shape.contains(&point) { 0.0 } else { Euclidean.distance(&point, shape) };
                    assert!(metres <= side * std::f64::consts::SQRT_2, "{told}: {point:?} is {metres} m away");
                    within_count += 1;
                }
                for row in 0..25 {
                    for column in 0..25 {
                        let [x, y] = [column, row].map(|nth| -500.0 + side * (f64::from(nth) + 0.5));
                        let is_here =
                            |place: &&Place| (place.xy.x - x).abs() < side / 2.0 && (place.xy.y - y).abs() < side / 2.0;
                        let is_middle = within(&at(x, y), limit, only);
                        let mut here = transit.stops.iter().map(|stop| &stop.at).chain(&hospitals).filter(is_here);
                        let is_island = !is_middle && here.any(|place| within(place, limit, only));
                        assert_eq!(shape.contains(&Point::new(x, y)), is_middle || is_island, "{told}: {x} {y}");
                        small += u32::from(is_island);
                        beyond += u32::from(!is_middle);
                    }
                }
            }
        }
    }
    assert!(small > 20 && within_count > 1_000 && beyond > 10_000, "{small} {within_count} {beyond}");
}

#[test]
fn the_areas_are_the_same_on_any_number_of_threads() {
    let drawn = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| format!("{:?}", measure(&line(), AREAS).unwrap().tables))
    };
    assert!(drawn(1) == drawn(3), "one thread and three do not draw the same");
}

#[test]
fn layers_say_what_they_rest_on() {
    let output = measure(&line(), AREAS).unwrap();
    let table = layer(&output, "i_catchments");
    for part in ["leaving 08:00 to 08:59", "percentile 50", "6 km/h"] {
        assert!(table.title.en.contains(part), "{part}: {}", table.title.en);
    }
    for part in ["08:00至08:59出发", "第50百分位", "6 km/h"] {
        assert!(table.title.zh.contains(part), "{part}: {}", table.title.zh);
    }
    for part in ["the services that are known", "percentile 50 of 60 times", "cells of 40 m"] {
        assert!(table.description.en.contains(part), "{part}: {}", table.description.en);
    }
    assert!(table.description.zh.contains("仅依据已知线路"), "{}", table.description.zh);
    assert!(!table.description.en.contains("from the streets"), "there are none: {}", table.description.en);
    assert!(table.synthetic);
}

#[test]
fn a_band_beyond_the_longest_time_is_refused() {
    for text in [
        AREAS.replace("\"17 min\"", "\"3 h\""),
        "nearest = { kind = \"hospital\", by = \"transit\", cost = \"time\", catchments = { bands = [\"3 h\"] } }"
            .to_owned(),
    ] {
        let error = measure(&line(), &text).unwrap_err().to_string();
        assert!(error.contains("catchments") && error.contains("longest = \"3 h\""), "{error}");
    }
}
