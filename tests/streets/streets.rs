//! Distances along streets against Floyd and Warshall on the same network with every place put in as a junction, against SciPy on a real
//! extract, and cases worked out by hand.

use std::path::Path;

use geo_types::Geometry;
use tongda::base::units::KmPerHour;
use tongda::impedance::By;
use tongda::impedance::Direction;
use tongda::impedance::Impedance;
use tongda::impedance::Want;
use tongda::impedance::cost_table::CostTable;
use tongda::impedance::cost_table::CostUnit;
use tongda::impedance::geodesic::geodesic_m;
use tongda::impedance::segments::OffStreet;
use tongda::impedance::segments::Snapper;
use tongda::impedance::street::Streets;
use tongda::io::read;
use tongda::io::read::ReadRequest;
use tongda::metrics::reach::Question;
use tongda::metrics::reach::Reach;
use tongda::metrics::reach::Whose;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::place::PlaneXy;
use tongda::model::region::Level;
use tongda::model::streets::Hindrances;
use tongda::model::streets::Line;
use tongda::model::streets::Mode;
use tongda::model::streets::StreetNetwork;
use tongda::model::streets::Way;
use tongda::model::study::Plane;
use tongda::model::study::Study;

const METRE_A_SECOND: KmPerHour = KmPerHour(3.6);

/// Degrees of a metre at the equator, on the ellipsoid: along it, and along the meridian.
const LON: f64 = 1.0 / 111_319.490_793;
const LAT: f64 = 1.0 / 110_574.275_822;

/// A place so many metres east and north of 0° 0°; exact to a hundredth of a millimetre within a kilometre.
fn at(x: f64, y: f64) -> Place {
    Place { lonlat: LonLat { lon: x * LON, lat: y * LAT }, xy: PlaneXy { x, y } }
}

fn line(corners: &[(f64, f64)]) -> Vec<Place> {
    corners.iter().map(|(x, y)| at(*x, *y)).collect()
}

/// Lines that are walked both ways at 3.6 km/h: a metre a second.
fn ways(lines: &[Vec<Place>]) -> Vec<Line> {
    (0u32..)
        .zip(lines)
        .map(|(id, corners)| Line { corners: corners.clone(), way: Way::both(METRE_A_SECOND), id })
        .collect()
}

fn network(lines: &[Vec<Place>]) -> StreetNetwork {
    network_of(&ways(lines), &Hindrances::default())
}

fn network_of(lines: &[Line], hindrances: &Hindrances<'_>) -> StreetNetwork {
    let mut network = StreetNetwork::new(Mode::Walk, METRE_A_SECOND, lines, hindrances, geodesic_m);
    network.max_snap_m = 50.0;
    network
}

fn plane() -> Plane {
    Plane {
        name: "test".to_owned(),
        epsg: None,
        wkt1: String::new(),
        scale_min: 1.0,
        scale_max: 1.0,
        distortion: None,
        doubt: None,
    }
}

/// All destinations of an origin.
fn row(network: &StreetNetwork, origin: Place, destinations: &[Place], want: Want) -> Vec<(u32, f64)> {
    Streets { network, unit: CostUnit::Metres, direction: Direction::ToFacility }.prepare(&plane(), destinations).row(
        &origin,
        want,
        &|_| true,
    )
}

fn is_near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-3
}

/// Streets every 100 m from 0 to 400 both ways, joined at every crossing.
fn grid() -> Vec<Vec<Place>> {
    let along = |at: usize| (0..5).map(move |step| (step as f64 * 100.0, at as f64 * 100.0));
    let east = (0..5).map(|y| line(&along(y).collect::<Vec<_>>()));
    let north = (0..5).map(|x| line(&along(x).map(|(a, b)| (b, a)).collect::<Vec<_>>()));
    east.chain(north).collect()
}

#[test]
fn a_grid_town_is_measured_by_blocks() {
    let town = network(&grid());
    // 25 crossings, of which the four corners of the town are no junctions; 40 blocks, of which those at the corners go round them
    assert_eq!((town.junctions(), town.edges().len(), town.components().len()), (21, 36, 1));
    assert!(is_near(town.components()[0].length_m, 4000.0));
    for (from, to, metres) in [
        // 150 m east and 100 m north
        (at(100.0, 100.0), at(250.0, 200.0), 250.0),
        // from 10 m beside the street: 10 + 50 + 100 + 20, either way round
        (at(150.0, 110.0), at(200.0, 220.0), 10.0 + 50.0 + 120.0),
        // the same block, and the same place
        (at(120.0, 100.0), at(180.0, 100.0), 60.0),
        (at(120.0, 103.0), at(120.0, 103.0), 6.0),
        // around the corner of the town: one edge
        (at(350.0, 0.0), at(400.0, 30.0), 80.0),
        // parallel streets, both in the middle of a block: 50 + 100 + 50
        (at(150.0, 100.0), at(150.0, 200.0), 200.0),
    ] {
        let found = row(&town, from, &[to], Want::Nearest);
        assert!(found.len() == 1 && is_near(found[0].1, metres), "{from:?} {to:?}: {found:?}, {metres} wanted");
    }
    // exactly at the limit is within it: 100 m along one street of whole corners
    let found = row(&town, at(100.0, 100.0), &[at(200.0, 100.0)], Want::Nearest)[0].1;
    assert_eq!(row(&town, at(100.0, 100.0), &[at(200.0, 100.0)], Want::Within(found)).len(), 1);
    assert!(row(&town, at(100.0, 100.0), &[at(200.0, 100.0)], Want::Within(found - 0.001)).is_empty());
}

#[test]
fn bridges_islands_loops_and_odd_lines() {
    let lines = [
        line(&[(0.0, 0.0), (1000.0, 0.0)]),
        // crosses the first without a corner in common: a bridge
        line(&[(500.0, -300.0), (500.0, 300.0)]),
        // a loop that hangs on the first, a corner given twice in a row, and the same line again
        line(&[(1000.0, 0.0), (1000.0, 0.0), (1100.0, 0.0), (1100.0, 100.0), (1000.0, 100.0), (1000.0, 0.0)]),
        line(&[(0.0, 0.0), (1000.0, 0.0)]),
        line(&[(7.0, 7.0)]),
        // a ring by itself
        line(&[(2000.0, 0.0), (2100.0, 0.0), (2100.0, 100.0), (2000.0, 0.0)]),
    ];
    let mut network = network(&lines);
    assert_eq!(
        network.components().iter().map(|one| one.edges).collect::<Vec<_>>(),
        [2, 1, 1],
        "a street drawn twice is there and back"
    );
    assert!(
        row(&network, at(450.0, 0.0), &[at(500.0, 100.0)], Want::Nearest).is_empty(),
        "no way over the bridge's side"
    );
    // 300 m to the loop, then round it the shorter way: 150 of 400
    let found = row(&network, at(700.0, 0.0), &[at(1100.0, 50.0)], Want::Nearest);
    assert!(is_near(found[0].1, 450.0), "{found:?}");
    // on the loop, across its start: 30 + 20
    let found = row(&network, at(1030.0, 0.0), &[at(1000.0, 20.0)], Want::Nearest);
    assert!(is_near(found[0].1, 50.0), "{found:?}");
    let found = row(&network, at(2050.0, 0.0), &[at(2100.0, 10.0)], Want::Nearest);
    assert!(is_near(found[0].1, 60.0), "{found:?}");

    // the ring has 100 + 100 + 141.4 m
    network.min_component_m = 350.0;
    let told = |place: Place| Snapper::new(&network).snap(&place).err();
    assert!(
        matches!(told(at(2050.0, 0.0)), Some(OffStreet::Island { component_m, .. }) if is_near(component_m, 341.421))
    );
    assert_eq!(told(at(0.0, 60.0)), Some(OffStreet::Far));
    assert_eq!(told(at(0.0, 49.9)), None);
    assert!(row(&network, at(2050.0, 0.0), &[at(2100.0, 10.0)], Want::Nearest).is_empty());
    assert!(row(&network, at(0.0, 60.0), &[at(10.0, 0.0)], Want::Nearest).is_empty());
    let nothing = network_of(&[], &Hindrances::default());
    assert!(row(&nothing, at(0.0, 0.0), &[at(0.0, 0.0)], Want::Nearest).is_empty());
    assert!(row(&network, at(0.0, 0.0), &[], Want::Nearest).is_empty());
}

/// Numbers that look random and are the same on every machine (Knuth 1997, 3.3.4, table 1, line 26).
struct Lot(u64);

impl Lot {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A place on the side between two corners, that share of it from the first.
type Spot = ((i64, i64), (i64, i64), f64);

/// Floyd and Warshall over every corner, and every place between the ends of its side.
fn by_hand(lines: &[Vec<(i64, i64)>], places: &[Spot]) -> Vec<Vec<f64>> {
    let mut corners: Vec<(i64, i64)> = Vec::new();
    let mut number = |corner: (i64, i64)| {
        corners.iter().position(|known| *known == corner).unwrap_or_else(|| {
            corners.push(corner);
            corners.len() - 1
        })
    };
    let length = |a: (i64, i64), b: (i64, i64)| (((a.0 - b.0).pow(2) + (a.1 - b.1).pow(2)) as f64).sqrt();
    let mut sides: Vec<(usize, usize, f64)> = Vec::new();
    for line in lines {
        for pair in line.windows(2) {
            sides.push((number(pair[0]), number(pair[1]), length(pair[0], pair[1])));
        }
    }
    let ends: Vec<(usize, usize)> = places.iter().map(|(a, b, _)| (number(*a), number(*b))).collect();
    let own = corners.len();
    let count = own + places.len();
    let mut metres = vec![vec![f64::INFINITY; count]; count];
    let mut put = |a: usize, b: usize, length: f64| {
        metres[a][b] = metres[a][b].min(length);
        metres[b][a] = metres[b][a].min(length);
    };
    (0..count).for_each(|at| put(at, at, 0.0));
    sides.iter().for_each(|(a, b, length)| put(*a, *b, *length));
    for (at, ((a, b, share), (from, to))) in places.iter().zip(&ends).enumerate() {
        put(own + at, *from, share * length(*a, *b));
        put(own + at, *to, (1.0 - share) * length(*a, *b));
        for (other, (c, d, their)) in places.iter().enumerate() {
            if (a, b) == (c, d) {
                put(own + at, own + other, (share - their).abs() * length(*a, *b));
            }
        }
    }
    for via in 0..count {
        for from in 0..count {
            for to in 0..count {
                let by = metres[from][via] + metres[via][to];
                if by < metres[from][to] {
                    metres[from][to] = by;
                }
            }
        }
    }
    (own..count).map(|from| metres[from][own..].to_vec()).collect()
}

#[test]
fn every_way_is_that_of_floyd_and_warshall() {
    let mut lot = Lot(2024);
    for town in 0..60 {
        // corners of a grid of 70 m, lines of a few corners each: pieces, loops, doubles and dead ends come by themselves
        let corner = |lot: &mut Lot| (lot.below(6) as i64 * 70, lot.below(6) as i64 * 70);
        let lines: Vec<Vec<(i64, i64)>> =
            (0..4 + lot.below(8)).map(|_| (0..2 + lot.below(4)).map(|_| corner(&mut lot)).collect()).collect();
        let sides: Vec<((i64, i64), (i64, i64))> = lines
            .iter()
            .flat_map(|line| line.windows(2).map(|pair| (pair[0], pair[1])))
            .filter(|(a, b)| a != b)
            .collect();
        if sides.is_empty() {
            continue;
        }
        // a place within the side; two sides may cross there, and then its street is the one that was given first
        let places: Vec<Spot> = (0..8)
            .map(|_| {
                let (a, b) = sides[lot.below(sides.len() as u64) as usize];
                (a, b, [0.0, 0.137, 0.391, 0.777, 1.0][lot.below(5) as usize])
            })
            .collect();
        let made: Vec<Vec<Place>> =
            lines.iter().map(|line| line.iter().map(|(x, y)| at(*x as f64, *y as f64)).collect()).collect();
        let network = network(&made);
        let place =
            |(a, b, share): &Spot| at(a.0 as f64 + share * (b.0 - a.0) as f64, a.1 as f64 + share * (b.1 - a.1) as f64);
        let spots: Vec<Place> = places.iter().map(place).collect();
        // places where sides cross or lie over each other are on several streets at once: leave those out
        let is_alone = |at: usize| {
            let spot = spots[at].xy;
            let touching = sides.iter().filter(|(a, b)| {
                let (dx, dy) = ((b.0 - a.0) as f64, (b.1 - a.1) as f64);
                let (px, py) = (spot.x - a.0 as f64, spot.y - a.1 as f64);
                let share = ((px * dx + py * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
                (px - share * dx).hypot(py - share * dy) < 1.0
            });
            touching.count() == 1 || [0.0, 1.0].contains(&places[at].2)
        };
        let crossings_only: Vec<usize> = (0..spots.len())
            .filter(|at| {
                let corner_spot = [0.0, 1.0].contains(&places[*at].2);
                // a corner that a side passes over without having it is two streets
                let spot = spots[*at].xy;
                let passes = |(a, b): &((i64, i64), (i64, i64))| {
                    let (dx, dy) = ((b.0 - a.0) as f64, (b.1 - a.1) as f64);
                    let (px, py) = (spot.x - a.0 as f64, spot.y - a.1 as f64);
                    let share = (px * dx + py * dy) / (dx * dx + dy * dy);
                    share > 1e-9 && share < 1.0 - 1e-9 && (px - share * dx).hypot(py - share * dy) < 1.0
                };
                is_alone(*at) && !(corner_spot && sides.iter().any(passes))
            })
            .collect();
        let want = by_hand(&lines, &places);
        let engine = Streets { network: &network, unit: CostUnit::Metres, direction: Direction::ToFacility };
        let kept: Vec<Place> = crossings_only.iter().map(|at| spots[*at]).collect();
        let prepared = engine.prepare(&plane(), &kept);
        for (from, origin) in crossings_only.iter().enumerate() {
            let all = prepared.row(&spots[*origin], Want::Within(f64::MAX), &|_| true);
            for (to, destination) in crossings_only.iter().enumerate() {
                let metres = want[*origin][*destination];
                let found = all.iter().find(|(at, _)| *at == to as u32).map(|(_, cost)| *cost);
                match found {
                    Some(found) => {
                        assert!((found - metres).abs() < 0.01, "town {town}: {from} to {to}: {found}, {metres} wanted")
                    }
                    None => assert!(metres.is_infinite(), "town {town}: {from} to {to} is not found, {metres} wanted"),
                }
            }
            assert!(all.windows(2).all(|pair| pair[0].1 <= pair[1].1), "cheapest first");
            // the field, the search that skips some, and the bounded search say the same
            for skipped in 0..3u32 {
                let admits = |at: u32| at % 3 != skipped;
                let nearest = prepared.row(&spots[*origin], Want::Nearest, &admits);
                let first = all.iter().find(|(at, _)| admits(*at)).copied();
                let (a, b) = (nearest.first().map(|one| one.1), first.map(|one| one.1));
                assert!(
                    a.is_some() == b.is_some() && a.zip(b).is_none_or(|(a, b)| (a - b).abs() < 1e-6),
                    "{a:?} {b:?}"
                );
            }
            let half = prepared.row(&spots[*origin], Want::Within(200.0), &|_| true);
            assert_eq!(half, all.iter().copied().filter(|(_, cost)| *cost <= 200.0).collect::<Vec<_>>());
        }
        let origins: Vec<Option<Place>> = kept.iter().copied().map(Some).collect();
        let table = || CostTable::measure(engine.unit(), prepared.as_ref(), &origins, Want::Nearest, &|_, _| true);
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one.install(table), table());
    }
}

#[test]
fn streets_of_an_extract_are_lines_with_their_tags() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/formats/town_synthetic.osm.pbf");
    let request = ReadRequest { layer: Some("streets"), ..ReadRequest::new(&path, "town") };
    let (info, read) = read::read_all(&request).unwrap();
    assert_eq!(info.fields[1].name, "highway");
    assert!(
        read.records.iter().all(|record| matches!(
            record.geometry,
            None | Some(Geometry::LineString(_) | Geometry::MultiLineString(_))
        ))
    );
}

#[test]
fn a_river_without_a_bridge_is_in_the_figure_and_what_is_off_the_streets_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    // two streets 111 m apart along a river, joined 1.1 km to the east; a lane of 110 m by itself
    put(
        "streets.csv",
        "name,wkt\nsouth,\"LINESTRING (118 32, 118.012 32)\"\nnorth,\"LINESTRING (118 32.001, 118.012 32.001)\"\n\
         bridge,\"LINESTRING (118.012 32, 118.012 32.001)\"\nlane,\"LINESTRING (118 32.02, 118 32.021)\"\n",
    );
    put("halls.csv", "id,lon,lat\nh,118,32\nlost,118,32.0205\n");
    put(
        "homes.csv",
        "id,lon,lat,people\nsame,118.001,32,30\nacross,118,32.001,50\nfield,118.006,32.01,15\nlane,118,32.0201,5\n",
    );
    put(
        "square.geojson",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"1"},"geometry":{"type":"Polygon",
        "coordinates":[[[117.99,31.99],[118.02,31.99],[118.02,32.03],[117.99,32.03],[117.99,31.99]]]}}]}"#,
    );
    let config = |by: &str, streets: &str| {
        format!(
            "title = \"t\"\n[[study.regions]]\npath = \"square.geojson\"\nlevel = \"county\"\n{streets}\n[[study.facilities]]\npath = \"halls.csv\"\n\
             kind = \"hall\"\ndatum = \"wgs-84\"\n[[study.demand]]\npath = \"homes.csv\"\nname = \"homes\"\npeople = \"people\"\ndatum = \"wgs-84\"\n\
             [[indicator]]\nid = \"i\"\nmeasure.covered-share = {{ kind = \"hall\", within = \"1 km\", by = \"{by}\" }}\nover = [\"county\"]\n"
        )
    };
    let streets = "[study.streets]\npath = \"streets.csv\"\ndatum = \"wgs-84\"";
    let run = |by: &str, streets: &str| {
        let plan = tongda::config::parse(&config(by, streets), "t.toml", folder.path()).unwrap();
        let options = tongda::app::run::RunOptions { write_nothing: true, ..Default::default() };
        tongda::app::run::run(&plan, options, &tongda::base::progress::Silent)
    };
    let flown = run("geodesic", "").unwrap().card.indicators.remove(0).figure;
    assert_eq!(
        (flown.part, flown.whole),
        (Some(85.0), Some(100.0)),
        "across the river is 111 m; only the field is farther"
    );
    let finished = run("walk", streets).unwrap();
    let walked = &finished.card.indicators[0].figure;
    // the same side is 94 m; across, 2 × 1133 m and the bridge; the field is 1 km from any street, the lane an island
    assert_eq!((walked.part, walked.whole, walked.unknown), (Some(30.0), Some(80.0), 20.0));
    let codes: Vec<&str> = finished.issues.iter().map(|issue| issue.code).collect();
    assert!(codes.contains(&"facility-off-streets") && codes.contains(&"streets-end"), "{codes:?}");
    let note = finished.issues.iter().find(|issue| issue.code == "street-network").unwrap();
    assert!(note.what.contains("2 parts") && note.what.contains("1 with 0.1 km"), "{}", note.what);
    let error = run("walk", "").map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("no streets to walk on") && error.contains("[study.streets]"), "{error}");
}

#[test]
fn lines_that_were_not_drawn_on_shared_corners_meet_within_the_tolerance() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    // west ends 0.4 m before east; the lane ends 0.3 m beside the middle of east, and a footbridge of another level 0.2 m from it
    put(
        "streets.csv",
        "name,level,wkt\nwest,0,\"LINESTRING (440600 0, 440999.6 0)\"\neast,,\"LINESTRING (441000 0, 442000 0)\"\n\
         lane,0,\"LINESTRING (441500 0.3, 441500 500)\"\nbridge,1,\"LINESTRING (441700 0.2, 441700 -500)\"\n",
    );
    put("halls.csv", "id,x,y\nh,440700,0\n");
    put("homes.csv", "id,x,y,people\nlane,441500,400,1\nbridge,441700,-400,1\n");
    put("square.csv", "code,wkt\n1,\"POLYGON ((440600 -600, 442000 -600, 442000 600, 440600 600, 440600 -600))\"\n");
    let run = |join: &str| {
        let text = format!(
            "title = \"t\"\n[[study.regions]]\npath = \"square.csv\"\nlevel = \"county\"\ncrs = \"EPSG:32632\"\n[study.streets]\n\
             path = \"streets.csv\"\ncrs = \"EPSG:32632\"\nmin-component = \"0 m\"\n{join}\n[[study.facilities]]\npath = \"halls.csv\"\n\
             kind = \"hall\"\ncrs = \"EPSG:32632\"\nx = \"x\"\ny = \"y\"\n[[study.demand]]\npath = \"homes.csv\"\nname = \"homes\"\npeople = \"people\"\n\
             crs = \"EPSG:32632\"\nx = \"x\"\ny = \"y\"\n[[indicator]]\nid = \"i\"\nmeasure.covered-share = {{ kind = \"hall\", within = \"1.21 km\", \
             by = \"walk\" }}\nover = [\"county\"]\n"
        );
        let plan = tongda::config::parse(&text, "t.toml", folder.path()).unwrap_or_else(|error| panic!("{error:?}"));
        let options = tongda::app::run::RunOptions { write_nothing: true, ..Default::default() };
        let finished = tongda::app::run::run(&plan, options, &tongda::base::progress::Silent).unwrap();
        let note = finished.issues.iter().find(|issue| issue.code == "street-network").unwrap().what.clone();
        (finished.card.indicators[0].figure.part.unwrap(), note)
    };
    // as drawn: four lines, four parts, nobody gets to the hall
    let (part, note) = run("");
    assert!(part == 0.0 && note.contains("4 parts"), "{part} {note}");
    // joined: the lane's home is 400 m of the lane, 500 m of east, 300 m of west away; 1200.5 m on the ground. The bridge stays apart
    let (part, note) = run("join-within = \"0.5 m\"\nlevel-field = \"level\"");
    assert!(part == 1.0 && note.contains("2 parts"), "{part} {note}");
    assert!(
        note.contains(
            "within 0.5 m of a line's end, 1 corners of lines were moved to another's and 1 were put into a side"
        ),
        "{note}"
    );
    // the tolerance is too small for the gap of 0.4 m
    let (part, note) = run("join-within = \"0.35 m\"\nlevel-field = \"level\"");
    assert!(part == 0.0 && note.contains("3 parts"), "{part} {note}");
    // without levels the bridge is joined as well
    let (_, note) = run("join-within = \"0.5 m\"");
    assert!(note.contains("1 parts") && note.contains("2 were put into a side"), "{note}");
}

#[test]
fn uphill_takes_longer_on_foot() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let hill = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/heights/hill_synthetic.tif");
    put("streets.csv", "name,wkt\nroad,\"LINESTRING (440500 0, 441025 0, 442025 0, 442225 0)\"\n");
    put("halls.csv", "id,x,y\ntop,442025,0\n");
    put("homes.csv", "id,x,y,people\nfoot,441025,0,1\n");
    put("square.csv", "code,wkt\n1,\"POLYGON ((440600 -100, 442100 -100, 442100 100, 440600 100, 440600 -100))\"\n");
    let finished = |by: &str, direction: &str, heights: &str| {
        let text = format!(
            "title = \"t\"\n[[study.regions]]\npath = \"square.csv\"\nlevel = \"county\"\ncrs = \"EPSG:32632\"\n[study.streets]\n\
             path = \"streets.csv\"\ncrs = \"EPSG:32632\"\ndrive = {{ speed = \"36 km/h\" }}\n{heights}\n[[study.facilities]]\npath = \"halls.csv\"\n\
             kind = \"hall\"\ncrs = \"EPSG:32632\"\nx = \"x\"\ny = \"y\"\n[[study.demand]]\npath = \"homes.csv\"\nname = \"homes\"\npeople = \"people\"\n\
             crs = \"EPSG:32632\"\nx = \"x\"\ny = \"y\"\n[[indicator]]\nid = \"i\"\nmeasure.nearest = {{ kind = \"hall\", cost = \"time\", by = \"{by}\", \
             direction = \"{direction}\", statistic = \"mean\" }}\nover = [\"county\"]\n"
        );
        let plan = tongda::config::parse(&text, "t.toml", folder.path()).unwrap_or_else(|error| panic!("{error}"));
        let options = tongda::app::run::RunOptions { write_nothing: true, ..Default::default() };
        tongda::app::run::run(&plan, options, &tongda::base::progress::Silent).unwrap()
    };
    let heights = format!("heights = {{ path = {:?} }}", hill.display().to_string());
    // 1 km of the plane is 1 km / 0.99964 of the ground; 100 m up on it, a slope r a hair below 10 %.
    // Tobler: e^(3.5 r) of the flat's time up, e^(3.5 (r − 0.1)) down
    let flat = 1000.0 / 0.999_64 / (5.0 / 3.6);
    let rise = 0.1 * 0.999_64;
    let (up, down) = ((3.5_f64 * rise).exp(), (3.5_f64 * (rise - 0.1)).exp());
    for (by, direction, heights, wanted) in [
        ("walk", "to-facility", "", flat),
        ("walk", "to-facility", heights.as_str(), flat * up),
        ("walk", "from-facility", heights.as_str(), flat * down),
        ("drive", "to-facility", heights.as_str(), 100.0 / 0.999_64),
    ] {
        let found = finished(by, direction, heights);
        let value = found.card.indicators[0].figure.value.unwrap();
        assert!((value / wanted - 1.0).abs() < 1e-4, "{by} {direction} {heights}: {value}, {wanted} wanted");
        assert!(found.card.sources.iter().all(|source| source.records != "cells of heights" || by == "walk"));
        assert!(!found.issues.iter().any(|issue| issue.code == "no-height"), "{:?}", found.issues);
    }
    put("streets.csv", "name,wkt\nroad,\"LINESTRING (440500 0, 441025 0, 442025 0, 444800 0)\"\n");
    let found = finished("walk", "to-facility", &heights);
    assert!(found.issues.iter().any(|issue| issue.code == "no-height"), "the road's end has no height");
    assert!(found.card.synthetic, "the hill is made up");
}

/// Central Helsinki with the facilities and homes of an oracle.
fn helsinki(rows: &[Vec<&str>], by: &str) -> Study {
    let extract = Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata/helsinki/Helsinki.osm.pbf");
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, kind: &str| {
        let lines = rows.iter().filter(|row| row[0] == kind).map(|row| format!("{},{}\n", row[1], row[2]));
        std::fs::write(folder.path().join(name), format!("lon,lat\n{}", lines.collect::<String>())).unwrap();
    };
    put("facilities.csv", "facility");
    put("homes.csv", "home");
    let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"1"},"geometry":{"type":"Polygon",
        "coordinates":[[[24.92,60.15],[24.96,60.15],[24.96,60.19],[24.92,60.19],[24.92,60.15]]]}}]}"#;
    std::fs::write(folder.path().join("square.geojson"), square).unwrap();
    let config = format!(
        "title = \"t\"\n[[study.regions]]\npath = \"square.geojson\"\nlevel = \"county\"\n[study.streets]\npath = {:?}\nlayer = \"streets\"\n\
         [[study.facilities]]\npath = \"facilities.csv\"\nkind = \"hall\"\ndatum = \"wgs-84\"\n\
         [[study.demand]]\npath = \"homes.csv\"\nname = \"homes\"\ndatum = \"wgs-84\"\n\
         [[indicator]]\nid = \"i\"\nmeasure.nearest = {{ kind = \"hall\", by = \"{by}\", weight = \"count\" }}\n",
        std::fs::canonicalize(extract).unwrap()
    );
    let plan = tongda::config::parse(&config, "t.toml", folder.path()).unwrap();
    tongda::ingest::study(&plan.study, &tongda::base::progress::Silent).unwrap()
}

#[test]
fn distances_in_helsinki_are_those_of_an_independent_program() {
    // tests/oracles/streets_helsinki.py: PyOsmium, Shapely, pyproj and SciPy on the same extract
    let oracle = include_str!("../oracles/streets_helsinki.csv");
    let rows: Vec<Vec<&str>> = oracle.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let study = helsinki(&rows, "walk");
    let question = Question {
        kind: "hall",
        demand: None,
        weight: Some("count"),
        by: By::Walk,
        unit: CostUnit::Metres,
        direction: Direction::ToFacility,
        nth: 1,
        whose: Whose::Any,
        whose_level: Level::County,
    };
    let reach = Reach::new(&study, &question).unwrap();
    let homes: Vec<&Vec<&str>> = rows.iter().filter(|row| row[0] == "home").collect();
    assert_eq!(homes.len(), 484);
    let mut compared = 0;
    for (at, home) in homes.iter().enumerate() {
        let found = reach.costs.nearest(at).map(|(_, metres)| metres);
        match home[3].parse::<f64>() {
            // the oracle has three decimals
            Ok(metres) => {
                assert!(found.is_some_and(|found| (found - metres).abs() < 0.002), "{home:?}: {found:?}");
                compared += 1;
            }
            Err(_) => assert_eq!(found, None, "{home:?}"),
        }
    }
    assert_eq!(compared, 411);
    // as the crow flies is never longer, but for the leg to a street on which nothing is saved
    let flown = Reach::new(&study, &Question { by: By::Geodesic, ..question }).unwrap();
    for at in 0..homes.len() {
        if let (Some((_, walked)), Some((_, flown))) = (reach.costs.nearest(at), flown.costs.nearest(at)) {
            assert!(walked >= flown - 1e-3, "{at}: {walked} walked, {flown} flown");
        }
    }
}

#[test]
fn driving_times_in_helsinki_are_those_of_an_independent_program() {
    // tests/oracles/drive_helsinki.py: PyOsmium, Shapely, pyproj and SciPy on a graph of directed sides of the same extract
    let oracle = include_str!("../oracles/drive_helsinki.csv");
    let rows: Vec<Vec<&str>> = oracle.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let study = helsinki(&rows, "drive");
    let homes: Vec<&Vec<&str>> = rows.iter().filter(|row| row[0] == "home").collect();
    for (direction, column) in [(Direction::ToFacility, 3), (Direction::FromFacility, 4)] {
        let question = Question {
            kind: "hall",
            demand: None,
            weight: Some("count"),
            by: By::Drive,
            unit: CostUnit::Seconds,
            direction,
            nth: 1,
            whose: Whose::Any,
            whose_level: Level::County,
        };
        let reach = Reach::new(&study, &question).unwrap();
        let mut compared = 0;
        for (at, home) in homes.iter().enumerate() {
            let found = reach.costs.nearest(at).map(|(_, seconds)| seconds);
            match home[column].parse::<f64>() {
                // the oracle has three decimals, and the walk to the street is that of 2 mm
                Ok(seconds) => {
                    assert!(
                        found.is_some_and(|found| (found - seconds).abs() < 0.003),
                        "{direction:?} {home:?}: {found:?}"
                    );
                    compared += 1;
                }
                Err(_) => assert_eq!(found, None, "{direction:?} {home:?}"),
            }
        }
        assert!(compared > 290, "{compared}");
    }
}
