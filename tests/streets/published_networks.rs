//! Small networks that other programs publish with the times that they find on them, entered anew as facts.
//!
//! - OSRM: `features/testbot/duration_matrix.feature` (Project-OSRM/osrm-backend, BSD 2-Clause). Its corners are letters 100 m apart (300 m where
//!   said), its testbot drives 10 m/s on primary, 5 on secondary and 3⅓ on tertiary roads; times are in seconds.
//! - pgRouting: the sample network of its documentation, and `docqueries/dijkstra/doc-pgr_dijkstraCost.result` (pgRouting/pgrouting). Every edge
//!   costs 1; here it is 100 m at 10 m/s, 10 s.

use tongda::base::units::KmPerHour;
use tongda::impedance::Direction;
use tongda::impedance::Prepared;
use tongda::impedance::Want;
use tongda::impedance::cost_table::CostUnit;
use tongda::impedance::geodesic::geodesic_m;
use tongda::impedance::segments::OffStreet;
use tongda::impedance::street::Streets;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::place::PlaneXy;
use tongda::model::streets::Hindrances;
use tongda::model::streets::Line;
use tongda::model::streets::Mode;
use tongda::model::streets::StreetNetwork;
use tongda::model::streets::Way;

/// Degrees of a metre at the equator, on the ellipsoid.
const LON: f64 = 1.0 / 111_319.490_793;
const LAT: f64 = 1.0 / 110_574.275_822;

fn at(x: f64, y: f64) -> Place {
    Place { lonlat: LonLat { lon: x * LON, lat: y * LAT }, xy: PlaneXy { x, y } }
}

/// Metres a second along the line and against it.
fn line(id: usize, corners: Vec<Place>, speed: [f64; 2]) -> Line {
    let way = Way { speed: speed.map(|speed| KmPerHour(speed * 3.6)), ..Way::both(KmPerHour(3.6)) };
    Line { corners, way, id: id as u32 }
}

fn network(lines: &[Line]) -> StreetNetwork {
    let mut network = StreetNetwork::new(Mode::Drive, KmPerHour(5.0), lines, &Hindrances::default(), geodesic_m);
    network.max_snap_m = 50.0;
    network
}

/// From one place to another by every way of asking: one search from all facilities, one from the place, and both the other way round.
fn seconds(network: &StreetNetwork, from: Place, to: Place) -> Option<f64> {
    let mut found = Vec::new();
    for (direction, from, to) in [(Direction::ToFacility, from, to), (Direction::FromFacility, to, from)] {
        let ready = Streets { network, unit: CostUnit::Seconds, direction }.ready(&[to]);
        for want in [Want::Nearest, Want::First(1), Want::Within(1e9)] {
            found.push(ready.row(&from, want, &|_| true).first().map(|one| one.1));
        }
    }
    let same = |other: &Option<f64>| match (found[0], *other) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        (a, b) => a == b,
    };
    assert!(found.iter().all(same), "{found:?}");
    found[0]
}

/// A scene of OSRM: its map, ways with their speed (negative: one way), and its table with the tolerance.
struct Scene {
    name: &'static str,
    grid_m: f64,
    map: &'static [&'static str],
    ways: &'static [(&'static str, f64)],
    /// Each line: from, and the letters with seconds, `-` where there is no way.
    table: &'static [&'static str],
    tolerance: f64,
}

const SCENES: &[Scene] = &[
    Scene {
        name: "minimal network",
        grid_m: 100.0,
        map: &["a b"],
        ways: &[("ab", 10.0)],
        table: &["  a b", "a 0 10", "b 10 0"],
        tolerance: 0.05,
    },
    Scene {
        name: "different way speeds",
        grid_m: 100.0,
        map: &["a b c d"],
        ways: &[("ab", 10.0), ("bc", 5.0), ("cd", 10.0 / 3.0)],
        table: &["  a b c d", "a 0 10 30 60", "b 10 0 20 50", "c 30 20 0 30", "d 60 50 30 0"],
        tolerance: 0.05,
    },
    Scene {
        name: "small grid",
        grid_m: 100.0,
        map: &["a b c", "d e f"],
        ways: &[("abc", 10.0), ("def", 10.0), ("ad", 10.0), ("be", 10.0), ("cf", 10.0)],
        table: &["  a b e f", "a 0 10 20 30", "b 10 0 10 20", "e 20 10 0 10", "f 30 20 10 0"],
        tolerance: 0.05,
    },
    Scene {
        name: "network with unroutable parts",
        grid_m: 100.0,
        map: &["a b"],
        ways: &[("ab", -10.0)],
        table: &["  a b", "a 0 10", "b - 0"],
        tolerance: 0.05,
    },
    Scene {
        name: "network with oneways",
        grid_m: 100.0,
        map: &["x a b y", "_ d e _"],
        ways: &[("abeda", -10.0), ("xa", 10.0), ("by", 10.0)],
        table: &["  x y d e", "x 0 30 40 30", "y 50 0 30 20", "d 20 30 0 30", "e 30 40 10 0"],
        tolerance: 0.05,
    },
    Scene {
        name: "loops",
        grid_m: 100.0,
        map: &["a 1 2 b", "d 4 3 c"],
        ways: &[("ab", -10.0), ("bc", -10.0), ("cd", -10.0), ("da", -10.0)],
        table: &["  1 2 3 4", "1 0 10 40 50", "2 70 0 30 40", "3 40 50 0 10", "4 30 40 70 0"],
        tolerance: 1.0,
    },
    Scene {
        name: "one to many and many to one",
        grid_m: 100.0,
        map: &["a b", "c _"],
        ways: &[("ab", -10.0), ("ac", 10.0), ("bc", 10.0)],
        table: &["  a b", "a 0 10", "b 24.1 0"],
        tolerance: 0.05,
    },
    Scene {
        name: "all coordinates are from the same small component",
        grid_m: 300.0,
        map: &["a b _ f", "d e _ g"],
        ways: &[("ab", 10.0), ("be", 10.0), ("ed", 10.0), ("da", 10.0), ("fg", 10.0)],
        table: &["  f g", "f 0 30", "g 30 0"],
        tolerance: 0.05,
    },
];

fn town(scene: &Scene) -> (StreetNetwork, impl Fn(char) -> Place) {
    let place = |letter: char| {
        let found = scene.map.iter().enumerate().find_map(|(row, line)| {
            let column = line.split(' ').position(|cell| cell.starts_with(letter))?;
            Some(at(column as f64 * scene.grid_m, -(row as f64) * scene.grid_m))
        });
        found.unwrap_or_else(|| panic!("{letter} is not on the map of \"{}\"", scene.name))
    };
    let lines: Vec<Line> = scene
        .ways
        .iter()
        .enumerate()
        .map(|(id, (letters, speed))| line(id, letters.chars().map(place).collect(), [speed.abs(), speed.max(0.0)]))
        .collect();
    (network(&lines), place)
}

#[test]
fn times_are_those_of_osrm() {
    let mut compared = 0;
    for scene in SCENES {
        let (town, place) = town(scene);
        let mut lines = scene.table.iter().map(|line| line.split_whitespace());
        let letter = |text: &str| text.chars().next().unwrap();
        let to: Vec<char> = lines.next().unwrap().map(letter).collect();
        for mut line in lines {
            let from = letter(line.next().unwrap());
            for (to, wanted) in to.iter().zip(line) {
                let found = seconds(&town, place(from), place(*to));
                let is_right = match (found, wanted.parse::<f64>()) {
                    (Some(found), Ok(wanted)) => (found - wanted).abs() <= scene.tolerance,
                    (None, Err(_)) => true,
                    _ => false,
                };
                assert!(is_right, "{}, {from} to {to}: {found:?}, {wanted} wanted", scene.name);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 4 + 16 + 16 + 4 + 16 + 16 + 4 + 4);
}

#[test]
fn who_is_on_an_island_is_not_moved_to_another() {
    // "coordinates are from different small component and snap to big CC": OSRM tells 0 s from f to h, 300 m away on another island
    let scene = Scene {
        name: "small components",
        grid_m: 300.0,
        map: &["a b _ f h", "d e _ g i"],
        ways: &[("ab", 10.0), ("be", 10.0), ("ed", 10.0), ("da", 10.0), ("fg", 10.0), ("hi", 10.0)],
        table: &[],
        tolerance: 0.0,
    };
    let (mut town, place) = town(&scene);
    assert_eq!(seconds(&town, place('f'), place('h')), None);
    assert!((seconds(&town, place('h'), place('i')).unwrap() - 30.0).abs() < 0.05);
    town.min_component_m = 1000.0;
    let ready = Streets { network: &town, unit: CostUnit::Seconds, direction: Direction::ToFacility }.ready(&[]);
    assert!(matches!(ready.snap(&place('f')), Err(OffStreet::Island { .. })));
    assert!(ready.snap(&place('a')).is_ok());
}

/// The 18 edges of pgRouting's documentation: whether there is a way along and back, and their ends.
const EDGES: &[(bool, bool, [f64; 4])] = &[
    (true, true, [2.0, 0.0, 2.0, 1.0]),
    (false, true, [2.0, 1.0, 3.0, 1.0]),
    (false, true, [3.0, 1.0, 4.0, 1.0]),
    (true, true, [2.0, 1.0, 2.0, 2.0]),
    (true, false, [3.0, 1.0, 3.0, 2.0]),
    (true, true, [0.0, 2.0, 1.0, 2.0]),
    (true, true, [1.0, 2.0, 2.0, 2.0]),
    (true, true, [2.0, 2.0, 3.0, 2.0]),
    (true, true, [3.0, 2.0, 4.0, 2.0]),
    (true, true, [2.0, 2.0, 2.0, 3.0]),
    (true, false, [3.0, 2.0, 3.0, 3.0]),
    (true, false, [2.0, 3.0, 3.0, 3.0]),
    (true, false, [3.0, 3.0, 4.0, 3.0]),
    (true, true, [2.0, 3.0, 2.0, 4.0]),
    (true, true, [4.0, 2.0, 4.0, 3.0]),
    (true, true, [4.0, 1.0, 4.0, 2.0]),
    (true, true, [0.5, 3.5, 1.999_999_999_999, 3.5]),
    (true, true, [3.5, 2.3, 3.5, 4.0]),
];

/// Its vertices 1 to 13, which it numbers as the edges come upon them.
const VERTICES: [[f64; 2]; 13] = [
    [2.0, 0.0],
    [2.0, 1.0],
    [3.0, 1.0],
    [4.0, 1.0],
    [2.0, 2.0],
    [3.0, 2.0],
    [0.0, 2.0],
    [1.0, 2.0],
    [4.0, 2.0],
    [2.0, 3.0],
    [3.0, 3.0],
    [4.0, 3.0],
    [2.0, 4.0],
];

#[test]
fn costs_are_those_of_pgrouting() {
    let town = |is_directed: bool| {
        let lines = EDGES.iter().enumerate().map(|(id, (along, back, [x1, y1, x2, y2]))| {
            let speed = |is_open: bool| if is_open || !is_directed { 10.0 } else { 0.0 };
            line(id, vec![at(x1 * 100.0, y1 * 100.0), at(x2 * 100.0, y2 * 100.0)], [speed(*along), speed(*back)])
        });
        network(&lines.collect::<Vec<_>>())
    };
    let (directed, undirected) = (town(true), town(false));
    // the last two edges touch nothing, though one ends a hair beside another
    assert_eq!(directed.components().len(), 3);
    let place = |vertex: usize| at(VERTICES[vertex - 1][0] * 100.0, VERTICES[vertex - 1][1] * 100.0);
    for (town, cases) in [
        (
            &directed,
            &[
                (2, 3, 5.0),
                (2, 12, 4.0),
                (7, 12, 5.0),
                (3, 4, 3.0),
                (3, 5, 2.0),
                (4, 3, 1.0),
                (4, 5, 3.0),
                (5, 3, 4.0),
                (5, 4, 3.0),
                (2, 5, 1.0),
                (11, 3, 4.0),
            ][..],
        ),
        (
            &undirected,
            &[(2, 3, 1.0), (2, 12, 4.0), (7, 3, 4.0), (7, 12, 5.0), (1, 2, 1.0), (1, 3, 2.0), (2, 1, 1.0), (2, 4, 2.0)]
                [..],
        ),
    ] {
        for (from, to, cost) in cases {
            let found = seconds(town, place(*from), place(*to)).unwrap();
            assert!((found - 10.0 * cost).abs() < 0.01, "{from} to {to}: {found} s, {cost} edges wanted");
        }
    }
}
