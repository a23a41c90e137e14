//! Times along streets with one-way streets, speeds, restricted turns, barriers and closures: against Floyd and Warshall on the same network
//! with every place put in as a corner, and cases worked out by hand.

use tongda::base::units::KmPerHour;
use tongda::impedance::Direction;
use tongda::impedance::Impedance;
use tongda::impedance::Want;
use tongda::impedance::cost_table::CostUnit;
use tongda::impedance::geodesic::geodesic_m;
use tongda::impedance::segments::OffStreet;
use tongda::impedance::segments::Snap;
use tongda::impedance::street::PreparedStreets;
use tongda::impedance::street::Streets;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::place::PlaneXy;
use tongda::model::streets::Hindrances;
use tongda::model::streets::Line;
use tongda::model::streets::Mode;
use tongda::model::streets::Slope;
use tongda::model::streets::StreetNetwork;
use tongda::model::streets::Way;
use tongda::model::turns::Turn;

/// Degrees of a metre at the equator, on the ellipsoid: along it, and along the meridian.
const LON: f64 = 1.0 / 111_319.490_793;
const LAT: f64 = 1.0 / 110_574.275_822;

/// A place so many metres east and north of 0° 0°.
fn at(x: f64, y: f64) -> Place {
    Place { lonlat: LonLat { lon: x * LON, lat: y * LAT }, xy: PlaneXy { x, y } }
}

/// Speeds along the line and against it, metres a second.
fn way(along: f64, against: f64) -> Way {
    Way { speed: [KmPerHour(along * 3.6), KmPerHour(against * 3.6)], ..Way::both(KmPerHour(3.6)) }
}

fn line(id: u32, corners: &[(f64, f64)], way: Way) -> Line {
    Line { corners: corners.iter().map(|(x, y)| at(*x, *y)).collect(), way, id }
}

/// To the street at one metre a second.
fn network(lines: &[Line], hindrances: &Hindrances<'_>) -> StreetNetwork {
    let mut network = StreetNetwork::new(Mode::Drive, KmPerHour(3.6), lines, hindrances, geodesic_m);
    network.max_snap_m = 50.0;
    network
}

fn seconds(network: &StreetNetwork, from: Place, to: Place, direction: Direction) -> Option<f64> {
    let ready = Streets { network, unit: CostUnit::Seconds, direction }.ready(&[to]);
    let row = |want: Want| tongda::impedance::Prepared::row(&ready, &from, want, &|_| true).first().map(|one| one.1);
    let (nearest, within) = (row(Want::Nearest), row(Want::Within(f64::MAX)));
    // the field from the facility and the search from the place add up in another order
    assert!(nearest.is_some() == within.is_some(), "{nearest:?} {within:?}");
    if let (Some(a), Some(b)) = (nearest, within) {
        assert!((a - b).abs() < 1e-9 * a.max(1.0), "{a} {b}");
        route_adds_up(&ready, from, to, a);
    }
    nearest
}

/// The route takes as long as the table says, and begins and ends where it should.
fn route_adds_up(ready: &PreparedStreets<'_>, from: Place, to: Place, cost: f64) {
    let route = ready.route(&from, 0, &to).expect("what has a cost has a route");
    let total = route.off_s[0] + route.street_s + route.off_s[1];
    assert!((total - cost).abs() < 1e-6 * cost.max(1.0), "{total} {cost}");
    let length: f64 = route.places.windows(2).map(|ends| geodesic_m(ends[0].lonlat, ends[1].lonlat)).sum();
    let told = route.off_m[0] + route.street_m + route.off_m[1];
    assert!((length - told).abs() < 0.01, "{length} drawn, {told} told");
}

fn is_near(found: Option<f64>, wanted: Option<f64>) -> bool {
    match (found, wanted) {
        (Some(found), Some(wanted)) => (found - wanted).abs() < 0.01,
        (found, wanted) => found == wanted,
    }
}

#[test]
fn a_block_with_one_way_streets_is_driven_round() {
    // a square block of 100 m, driven round one way only, 10 m/s; a road of both ways leaves its first corner, 5 m/s
    let town = network(
        &[
            line(0, &[(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0), (0.0, 0.0)], way(10.0, 0.0)),
            line(1, &[(0.0, 0.0), (-100.0, 0.0)], way(5.0, 5.0)),
        ],
        &Hindrances::default(),
    );
    let (here, there) = (at(50.0, 0.0), at(0.0, 50.0));
    for (from, to, wanted) in [
        // on one edge: 50 + 100 + 100 + 50 m along it; back, the rest of the ring
        (here, there, 30.0),
        (there, here, 10.0),
        // just behind oneself: all the way round
        (at(60.0, 0.0), at(40.0, 0.0), 38.0),
        (at(40.0, 0.0), at(60.0, 0.0), 2.0),
        // from the road: 50 m at 5 m/s, and back against which only the ring leads
        (at(-50.0, 0.0), here, 10.0 + 5.0),
        (here, at(-50.0, 0.0), 35.0 + 10.0),
        // 10 m beside the road at one metre a second
        (at(-50.0, 10.0), here, 10.0 + 15.0),
    ] {
        for (direction, from, to) in [(Direction::ToFacility, from, to), (Direction::FromFacility, to, from)] {
            let found = seconds(&town, from, to, direction);
            assert!(is_near(found, Some(wanted)), "{direction:?} {from:?} {to:?}: {found:?}, {wanted} wanted");
        }
    }
    assert_eq!(town.pocket_m(), 0.0);
}

#[test]
fn a_one_way_pocket_is_left_and_not_entered() {
    let town = network(
        &[
            line(0, &[(0.0, 0.0), (100.0, 0.0)], way(10.0, 10.0)),
            line(1, &[(100.0, 0.0), (200.0, 0.0)], way(10.0, 10.0)),
            line(2, &[(100.0, 100.0), (100.0, 0.0)], way(10.0, 0.0)),
        ],
        &Hindrances::default(),
    );
    let (pocket, road) = (at(100.0, 50.0), at(50.0, 0.0));
    assert!(is_near(seconds(&town, pocket, road, Direction::ToFacility), Some(10.0)));
    assert_eq!(seconds(&town, road, pocket, Direction::ToFacility), None);
    assert_eq!(seconds(&town, pocket, road, Direction::FromFacility), None);
    assert!((town.pocket_m() - 100.0).abs() < 0.01, "{}", town.pocket_m());
    assert_eq!(town.components().len(), 1);
}

#[test]
fn restricted_turns_are_driven_around() {
    // a crossing at the origin with arms of 100 m, and a way around from the east arm's end to the north arm's end of 300 m
    let arms = [
        line(0, &[(-100.0, 0.0), (0.0, 0.0)], way(10.0, 10.0)),
        line(1, &[(0.0, 0.0), (100.0, 0.0)], way(10.0, 10.0)),
        line(2, &[(0.0, 0.0), (0.0, 100.0)], way(10.0, 10.0)),
        line(3, &[(100.0, 0.0), (150.0, 0.0), (150.0, 100.0), (0.0, 100.0)], way(10.0, 10.0)),
        line(4, &[(0.0, 0.0), (0.0, -100.0)], way(10.0, 10.0)),
    ];
    let (west, north, south) = (at(-50.0, 0.0), at(0.0, 50.0), at(0.0, -50.0));
    let time = |turns: &[Turn], from: Place, to: Place| {
        let town = network(&arms, &Hindrances { turns, ..Hindrances::default() });
        let back = seconds(&town, to, from, Direction::FromFacility);
        let found = seconds(&town, from, to, Direction::ToFacility);
        assert!(is_near(found, back), "{found:?} {back:?}");
        found
    };
    let via = at(0.0, 0.0).lonlat;
    let no_left = Turn { via, from: 0, to: 2, only: false };
    let straight_only = Turn { via, from: 0, to: 1, only: true };
    assert!(is_near(time(&[], west, north), Some(10.0)));
    // right into the south arm, around at its end, back and straight over
    assert!(is_near(time(&[no_left], west, north), Some(5.0 + 10.0 + 10.0 + 5.0)));
    // where the south arm is barred, on to the east arm, round the way around (50 + 100 + 150 m) and down the north arm
    let no_right = Turn { to: 4, ..no_left };
    assert!(is_near(time(&[no_left, no_right], west, north), Some(5.0 + 10.0 + 30.0 + 5.0)));
    assert!(is_near(time(&[no_left], north, west), Some(10.0)), "the turn back is free");
    assert!(is_near(time(&[no_left], south, north), Some(10.0)), "who comes from elsewhere is free");
    assert!(is_near(time(&[no_left], west, south), Some(10.0)), "another turn is free");
    // only straight on: south is reached by the way around and straight over the crossing
    assert!(is_near(time(&[straight_only], west, south), Some(5.0 + 10.0 + 30.0 + 10.0 + 5.0)));
    assert!(is_near(time(&[straight_only], south, west), Some(10.0)));
    // to a place beside one on the same arm nothing turns
    assert!(is_near(time(&[no_left], west, at(-20.0, 0.0)), Some(3.0)));
}

#[test]
fn barriers_closures_and_ferries() {
    let barrier = [at(50.0, 0.0).lonlat];
    let road = [line(0, &[(0.0, 0.0), (50.0, 0.0), (100.0, 0.0)], way(10.0, 10.0))];
    let barred = network(&road, &Hindrances { barriers: &barrier, ..Hindrances::default() });
    assert_eq!(seconds(&barred, at(10.0, 0.0), at(90.0, 0.0), Direction::ToFacility), None);
    assert!(is_near(seconds(&barred, at(60.0, 0.0), at(90.0, 0.0), Direction::ToFacility), Some(3.0)));
    assert_eq!(barred.components().len(), 2);

    let shut = [
        line(0, &[(0.0, 0.0), (50.0, 0.0)], way(10.0, 10.0)),
        line(1, &[(50.0, 0.0), (70.0, 0.0)], way(0.0, 0.0)),
        line(2, &[(70.0, 0.0), (100.0, 0.0)], way(10.0, 10.0)),
    ];
    let shut = network(&shut, &Hindrances::default());
    assert_eq!(seconds(&shut, at(10.0, 0.0), at(90.0, 0.0), Direction::ToFacility), None);
    let ready = Streets { network: &shut, unit: CostUnit::Seconds, direction: Direction::ToFacility }.ready(&[]);
    assert!(
        matches!(ready.snap(&at(60.0, 5.0)), Err(OffStreet::Closed { .. })),
        "who lives there is not moved to another street"
    );

    // nobody gets on along a ferry: the place is on the quay
    let ferry = Way { is_through: true, ..way(2.0, 2.0) };
    let river = [
        line(0, &[(0.0, 0.0), (100.0, 0.0)], way(10.0, 10.0)),
        line(1, &[(100.0, 0.0), (120.0, 0.0)], ferry),
        line(2, &[(120.0, 0.0), (200.0, 0.0)], way(10.0, 10.0)),
    ];
    let river = network(&river, &Hindrances::default());
    assert!(is_near(seconds(&river, at(50.0, 0.0), at(150.0, 0.0), Direction::ToFacility), Some(5.0 + 10.0 + 3.0)));
    let ready = Streets { network: &river, unit: CostUnit::Seconds, direction: Direction::ToFacility }.ready(&[]);
    assert!((ready.snap(&at(110.0, 0.0)).unwrap().off_m - 10.0).abs() < 0.01);
}

#[test]
fn a_hill_takes_longer_up_than_down() {
    // a ramp that rises one in ten; a factor of 1 + 5 × rise up, 1 down
    let height = |at: LonLat| Some(at.lon / LON / 10.0);
    let factor = |rise: f64| if rise > 0.0 { 1.0 + 5.0 * rise } else { 1.0 };
    let hill = |is_level: bool| {
        let way = Way { is_level, ..way(1.0, 1.0) };
        let slope = Some(Slope { height: &height, factor: &factor });
        network(
            &[line(0, &[(0.0, 0.0), (40.0, 0.0), (100.0, 0.0)], way)],
            &Hindrances { slope, ..Hindrances::default() },
        )
    };
    let time = |network: &StreetNetwork, from: f64, to: f64| {
        seconds(network, at(from, 0.0), at(to, 0.0), Direction::ToFacility)
    };
    assert!(is_near(time(&hill(false), 10.0, 90.0), Some(120.0)));
    assert!(is_near(time(&hill(false), 90.0, 10.0), Some(80.0)));
    assert!(is_near(time(&hill(true), 10.0, 90.0), Some(80.0)), "a bridge is level");
}

/// Numbers that look random and are the same on every machine (Knuth 1997, 3.3.4, table 1, line 26).
struct Lot(u64);

impl Lot {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// The network Voronoi against the nearest facility of places on the street, one by one.
fn stretches_say_what_places_on_them_say(network: &StreetNetwork, engine: &Streets<'_>, facilities: &[Place]) {
    let ready = engine.ready(facilities);
    let breaks = [7.0, 31.0, 1e9];
    let stretches = ready.stretches(&breaks);
    let mut length = vec![0.0; network.edges().len()];
    for (at, one) in stretches.iter().enumerate() {
        length[one.edge as usize] += one.to_m - one.from_m;
        assert!(
            one.from_m < one.to_m
                && (at == 0 || stretches[at - 1].edge < one.edge || stretches[at - 1].to_m <= one.from_m + 1e-9)
        );
        let band = |cost: f64| breaks.partition_point(|limit| *limit < cost);
        let [low, high] = [one.costs[0].min(one.costs[1]), one.costs[0].max(one.costs[1])];
        assert!(band(low + 1e-9) == band(high - 1e-9) || high - low < 1e-6, "{one:?}");
        for share in [0.1, 0.5, 0.9] {
            let along = one.from_m + share * (one.to_m - one.from_m);
            let place = network.between(one.edge, along, along)[0];
            let row = tongda::impedance::Prepared::row(&ready, &place, Want::Within(f64::MAX), &|_| true);
            let cost = one.costs[0] + share * (one.costs[1] - one.costs[0]);
            assert!(is_near(row.first().map(|(_, cost)| *cost), Some(cost)), "{one:?} at {share}: {row:?}");
            assert!(row.iter().any(|(at, own)| *at == one.destination && is_near(Some(*own), Some(cost))));
        }
    }
    // what is in no stretch reaches nobody
    for (edge, length) in (0u32..).zip(length) {
        let whole = network.edges()[edge as usize].length_m;
        let place = network.between(edge, whole * 0.77, whole * 0.77)[0];
        let row = tongda::impedance::Prepared::row(&ready, &place, Want::Nearest, &|_| true);
        assert!(
            if row.is_empty() { length < whole * 0.77 } else { length > 0.0 },
            "{edge}: {length} of {whole}, {row:?}"
        );
    }
}

#[test]
fn sixty_random_towns_of_one_way_streets_agree_with_floyd_and_warshall() {
    let mut lot = Lot(7);
    let (mut compared, mut unreached) = (0, 0);
    for town in 0..60 {
        // a grid of 5 × 5 corners 100 m apart: every side is a street with chance of four fifths, with speeds of its own each way
        let mut lines = Vec::new();
        // places lie a third along each street; they become corners of the brute-force graph
        let mut spots: Vec<(usize, usize, Way)> = Vec::new();
        for corner in 0..25usize {
            for (step, is_there) in [(1, corner % 5 < 4), (5, corner < 20)] {
                if !is_there || lot.below(5) == 0 {
                    continue;
                }
                let speed = |lot: &mut Lot| [0.0, 2.0, 5.0, 10.0][lot.below(4) as usize];
                let (along, against) = (speed(&mut lot), speed(&mut lot));
                if along + against == 0.0 {
                    continue;
                }
                let place = |corner: usize| ((corner % 5) as f64 * 100.0, (corner / 5) as f64 * 100.0);
                lines.push(line(lines.len() as u32, &[place(corner), place(corner + step)], way(along, against)));
                spots.push((corner, corner + step, way(along, against)));
            }
        }
        let size = 25 + spots.len();
        let mut best = vec![vec![f64::INFINITY; size]; size];
        (0..size).for_each(|at| best[at][at] = 0.0);
        for (at, (a, b, way)) in spots.iter().enumerate() {
            let [along, against] = way.speed.map(|speed| speed.0 / 3.6);
            for (from, to, metres) in [(*a, 25 + at, 30.0), (25 + at, *b, 70.0)] {
                best[from][to] = best[from][to].min(metres / along);
                best[to][from] = best[to][from].min(metres / against);
            }
        }
        for by in 0..size {
            for from in 0..size {
                for to in 0..size {
                    best[from][to] = best[from][to].min(best[from][by] + best[by][to]);
                }
            }
        }
        let network = network(&lines, &Hindrances::default());
        let places: Vec<Place> = lines.iter().map(|line| line.corners[0].towards(&line.corners[1], 0.3)).collect();
        for direction in [Direction::ToFacility, Direction::FromFacility] {
            let engine = Streets { network: &network, unit: CostUnit::Seconds, direction };
            let prepared = engine.prepare(
                &tongda::model::study::Plane {
                    name: String::new(),
                    epsg: None,
                    wkt1: String::new(),
                    scale_min: 1.0,
                    scale_max: 1.0,
                    distortion: None,
                    doubt: None,
                },
                &places,
            );
            stretches_say_what_places_on_them_say(&network, &engine, &places[..places.len().min(5)]);
            for (from, origin) in places.iter().enumerate() {
                let row = prepared.row(origin, Want::Within(f64::MAX), &|_| true);
                let few = prepared.row(origin, Want::First(4), &|_| true);
                assert_eq!(few[..], row[..row.len().min(4)]);
                for to in 0..places.len() {
                    let wanted = match direction {
                        Direction::ToFacility => best[25 + from][25 + to],
                        Direction::FromFacility => best[25 + to][25 + from],
                    };
                    let found = row.iter().find(|(at, _)| *at as usize == to).map(|(_, cost)| *cost);
                    let wanted = wanted.is_finite().then_some(wanted);
                    assert!(is_near(found, wanted), "town {town} {direction:?}: {from} to {to}: {found:?} {wanted:?}");
                    compared += 1;
                    unreached += usize::from(wanted.is_none());
                }
                if direction == Direction::ToFacility {
                    let last = row.last().unwrap().0;
                    seconds(&network, *origin, places[last as usize], direction);
                }
            }
            // the same, asked from the facility
            let asked: Vec<(Place, Option<Snap>)> =
                places.iter().map(|place| (*place, prepared.snapped(place).unwrap())).collect();
            for to in 0..places.len() {
                let costs = prepared.costs_of(to as u32, 45.0, &asked);
                for (from, cost) in costs.into_iter().enumerate() {
                    let wanted = match direction {
                        Direction::ToFacility => best[25 + from][25 + to],
                        Direction::FromFacility => best[25 + to][25 + from],
                    };
                    let is_decided = (wanted - 45.0).abs() > 1e-3;
                    let wanted = (wanted <= 45.0).then_some(wanted);
                    assert!(
                        !is_decided || is_near(cost, wanted),
                        "town {town} {direction:?}: {from} to {to}: {cost:?} {wanted:?}"
                    );
                }
            }
        }
    }
    assert!(compared > 50_000 && unreached > 1000, "{compared} {unreached}");
}
