//! Times of very many places, seen from the stops, against a search of their own for each.

use tongda::base::units::KmPerHour;
use tongda::impedance::Direction;
use tongda::impedance::Impedance;
use tongda::impedance::Prepared;
use tongda::impedance::Want;
use tongda::impedance::by_transit::ByTransit;
use tongda::impedance::geodesic::geodesic_m;
use tongda::impedance::segments::Snap;
use tongda::impedance::transit::TransitNetwork;
use tongda::impedance::walks::Walker;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::streets::Hindrances;
use tongda::model::streets::Line;
use tongda::model::streets::Mode;
use tongda::model::streets::StreetNetwork;
use tongda::model::streets::Way;
use tongda::model::travel::Clock;

use crate::raptor::Random;
use crate::raptor::at;
use crate::raptor::plane;
use crate::raptor::seed;
use crate::raptor::twin::random_feed;
use crate::raptor::twin::random_travel;
use crate::raptor::walker;

#[test]
fn seen_from_the_stops_every_time_is_that_of_a_search_of_its_own() {
    let plane = plane();
    let (mut by_vehicle, mut from_profiles, mut none) = (0, 0, 0);
    for round in 0..200 {
        let mut random = Random(seed() + round);
        // in the day, and around midnight
        let around = [28_800, 85_000][random.below(2) as usize];
        let transit = random_feed(&mut random, around);
        let mut travel = random_travel(&mut random, around);
        travel.percentile = [0.0, 50.0, 85.0, 100.0][random.below(4) as usize];
        // some at stops, some anywhere
        let mut places = |count: u32| -> Vec<Place> {
            (0..count)
                .map(|nth| match nth % 2 {
                    0 => transit.stops[random.below(transit.stops.len() as u32) as usize].at,
                    _ => at(f64::from(random.below(4000)), f64::from(random.below(4000))),
                })
                .collect()
        };
        let (facilities, cells) = (places(5), places(20));
        let asked: Vec<(Place, Option<Snap>)> = cells.iter().map(|cell| (*cell, None)).collect();
        let limit = f64::from(300 + random.below(3000)).min(f64::from(travel.longest_s));
        for (clock, direction) in [
            (Clock::DepartAt, Direction::ToFacility),
            (Clock::DepartAt, Direction::FromFacility),
            (Clock::ArriveBy, Direction::ToFacility),
            (Clock::ArriveBy, Direction::FromFacility),
        ] {
            travel.clock = clock;
            let is_at_place = (direction == Direction::ToFacility) == (clock == Clock::DepartAt);
            let told = format!("round {round}, {clock:?}, {direction:?}");
            let network = TransitNetwork::new(&transit, &travel, walker(&plane, &travel));
            let engine = ByTransit { network: &network, direction };
            let (searched, seen) = (engine.prepare(&plane, &facilities), engine.by_stops(&facilities, limit));
            for cell in &cells {
                let row = searched.row(cell, Want::Within(limit), &|_| true);
                assert_eq!(seen.row(cell, Want::Within(limit), &|_| true), row, "{told}");
                assert_eq!(seen.nearest_beside(cell, 100.0), row.first().copied(), "{told}");
                for (facility, seconds) in &row {
                    let metres = geodesic_m(cell.lonlat, facilities[*facility as usize].lonlat) * travel.walk_detour;
                    let is_ride = *seconds < travel.walk_speed.seconds(metres).floor();
                    by_vehicle += u32::from(is_ride);
                    from_profiles += u32::from(is_ride && is_at_place);
                }
                none += facilities.len() - row.len();
            }
            for facility in 0..facilities.len() as u32 {
                let alone = searched.costs_of(facility, limit, &asked);
                assert_eq!(seen.costs_of(facility, limit, &asked), alone, "{told}");
            }
        }
    }
    // the feeds are such that all of it happens often
    assert!(by_vehicle > 400 && from_profiles > 200 && none > 2000, "{by_vehicle} {from_profiles} {none}");
}

/// Streets every 600 m from 0 to 3 km both ways, walked at 5 km/h; nobody gets to them from more than 250 m.
fn streets() -> StreetNetwork {
    let street = |id: u32, place: &dyn Fn(f64) -> Place| Line {
        corners: (0..6).map(|step| place(f64::from(step) * 600.0)).collect(),
        way: Way::both(KmPerHour(5.0)),
        id,
    };
    let east = (0..6).map(|y| street(y, &move |x| at(x, f64::from(y) * 600.0)));
    let north = (0..6).map(|x| street(6 + x, &move |y| at(f64::from(x) * 600.0, y)));
    let lines: Vec<Line> = east.chain(north).collect();
    let length_m = |a: LonLat, b: LonLat| geodesic_m(a, b);
    let mut network = StreetNetwork::new(Mode::Walk, KmPerHour(5.0), &lines, &Hindrances::default(), length_m);
    network.max_snap_m = 250.0;
    network
}

#[test]
fn along_streets_too() {
    let (plane, streets) = (plane(), streets());
    let (mut within, mut off) = (0, 0);
    for round in 0..60 {
        let mut random = Random(seed() + round);
        let transit = random_feed(&mut random, 28_800);
        let mut travel = random_travel(&mut random, 28_800);
        let mut places = |count: u32| -> Vec<Place> {
            (0..count).map(|_| at(f64::from(random.below(3200)), f64::from(random.below(3200)))).collect()
        };
        let (facilities, cells) = (places(4), places(20));
        let limit = f64::from(travel.longest_s).min(2_000.0);
        for (clock, direction) in [
            (Clock::DepartAt, Direction::ToFacility),
            (Clock::DepartAt, Direction::FromFacility),
            (Clock::ArriveBy, Direction::ToFacility),
            (Clock::ArriveBy, Direction::FromFacility),
        ] {
            travel.clock = clock;
            let told = format!("round {round}, {clock:?}, {direction:?}");
            let network = TransitNetwork::new(&transit, &travel, Walker::Streets(&streets));
            let engine = ByTransit { network: &network, direction };
            let (searched, seen) = (engine.prepare(&plane, &facilities), engine.by_stops(&facilities, limit));
            let mut asked: Vec<(Place, Option<Snap>)> = Vec::new();
            for cell in &cells {
                let Ok(snap) = searched.snapped(cell) else {
                    assert_eq!(seen.nearest_beside(cell, 250.0), None, "{told}");
                    off += 1;
                    continue;
                };
                asked.push((*cell, snap));
                let row = searched.row(cell, Want::Within(limit), &|_| true);
                assert_eq!(seen.row(cell, Want::Within(limit), &|_| true), row, "{told}");
                // of two within the same second on foot the nearer one is meant here
                let cost = |found: Option<(u32, f64)>| found.map(|(_, cost)| cost);
                assert_eq!(cost(seen.nearest_beside(cell, 250.0)), cost(row.first().copied()), "{told}");
                assert_eq!(
                    seen.nearest_beside(cell, 0.0).is_some(),
                    snap.is_some_and(|snap| snap.off_m <= 0.0) && !row.is_empty()
                );
                within += row.len();
            }
            for facility in 0..facilities.len() as u32 {
                let alone = searched.costs_of(facility, limit, &asked);
                assert_eq!(seen.costs_of(facility, limit, &asked), alone, "{told}");
            }
        }
    }
    assert!(within > 2_000 && off > 50, "{within} {off}");
}
