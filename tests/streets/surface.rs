//! Ways over a cost surface: closed forms in the open, walls, rivers and bridges by hand, scikit-image on a made-up raster, and Bellman and Ford on
//! small ones.

use std::path::Path;

use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;
use tongda::app::run::Finished;
use tongda::base::units::KmPerHour;
use tongda::base::units::Text;
use tongda::impedance::Direction;
use tongda::impedance::Impedance;
use tongda::impedance::Prepared;
use tongda::impedance::Want;
use tongda::impedance::cost_table::CostUnit;
use tongda::impedance::segments::OffStreet;
use tongda::impedance::surface::OverSurface;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::place::PlaneXy;
use tongda::model::study::Plane;
use tongda::model::surface::Cells;
use tongda::model::surface::Ground;
use tongda::model::surface::Neighbours;
use tongda::model::surface::Slopes;
use tongda::model::surface::Surface;
use tongda::model::surface::SurfaceDraft;

/// A metre a second.
const PACE: Ground = Ground::Open(KmPerHour(3.6));

fn at(x: f64, y: f64) -> Place {
    Place { lonlat: LonLat { lon: x / 1e5, lat: y / 1e5 }, xy: PlaneXy { x, y } }
}

/// Cells of 100 m from 0, 0.
fn cells(columns: usize, rows: usize) -> Cells {
    Cells { low: PlaneXy { x: 0.0, y: 0.0 }, side_m: 100.0, columns, rows }
}

/// The middle of a cell.
fn middle(column: usize, row: usize) -> Place {
    at(50.0 + 100.0 * column as f64, 50.0 + 100.0 * row as f64)
}

fn open(columns: usize, rows: usize) -> SurfaceDraft {
    SurfaceDraft::new(cells(columns, rows), PACE)
}

fn freeze(draft: SurfaceDraft, neighbours: Neighbours) -> Surface {
    draft.freeze(neighbours, None, None, Text::new("test", "测试"))
}

fn rectangle(x0: f64, y0: f64, x1: f64, y1: f64) -> MultiPolygon<f64> {
    let ring = LineString::from(vec![(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]);
    MultiPolygon(vec![Polygon::new(ring, Vec::new())])
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

/// Cost from an origin to one destination; `None` without a way. The three ways of asking must agree.
fn cost(surface: &Surface, unit: CostUnit, direction: Direction, from: Place, to: Place) -> Option<f64> {
    let engine = OverSurface { surface, unit, direction };
    let prepared = engine.prepare(&plane(), &[to]);
    let ask = |want: Want| prepared.row(&from, want, &|_| true).first().map(|(_, cost)| *cost);
    let all = [Want::Nearest, Want::First(1), Want::Within(f64::MAX)].map(ask);
    for other in &all[1..] {
        assert_eq!(all[0].is_some(), other.is_some(), "{all:?}");
        assert!((all[0].unwrap_or(0.0) - other.unwrap_or(0.0)).abs() < 1e-6, "{all:?}");
    }
    all[0]
}

fn metres(surface: &Surface, from: Place, to: Place) -> Option<f64> {
    cost(surface, CostUnit::Metres, Direction::ToFacility, from, to)
}

fn seconds(surface: &Surface, from: Place, to: Place) -> Option<f64> {
    cost(surface, CostUnit::Seconds, Direction::ToFacility, from, to)
}

#[track_caller]
fn is(found: Option<f64>, wanted: f64) {
    let found = found.expect("there is a way");
    assert!((found - wanted).abs() < 1e-6, "{found}, {wanted} wanted");
}

#[test]
fn in_the_open_a_way_is_as_long_as_its_moves_and_no_more_than_their_error() {
    // A way of i columns and j rows, j ≤ i, is made of the two moves that it lies between, and no others are shorter.
    // 8 neighbours: j aslant and i − j straight, i + (√2 − 1) j. Its ratio to √(i² + j²) is largest at tan α = √2 − 1, where it is
    // √(1 + (√2 − 1)²) = 1 / cos 22.5° = 1.08239.
    // 16 neighbours: below a knight's move (2 j ≤ i) j of those and i − 2 j straight, i + (√5 − 2) j; the largest ratio is √(1 + (√5 − 2)²) =
    // 1.02749. Between it and the move aslant i − j knight's and 2 j − i aslant; there the largest is 1 / cos 9.22° = 1.0131.
    let (two, five) = (2.0_f64.sqrt(), 5.0_f64.sqrt());
    let king = |i: f64, j: f64| i + (two - 1.0) * j;
    let knight = |i: f64, j: f64| {
        if 2.0 * j <= i { (i - 2.0 * j) + five * j } else { (i - j) * five + (2.0 * j - i) * two }
    };
    for (neighbours, most) in [(Neighbours::Eight, 1.082_392_2), (Neighbours::Sixteen, 1.027_486_7)] {
        let surface = freeze(open(42, 42), neighbours);
        let engine = OverSurface { surface: &surface, unit: CostUnit::Seconds, direction: Direction::ToFacility };
        // not at the edge, so that the field goes all ways
        let prepared = engine.prepare(&plane(), &[middle(1, 1)]);
        let mut worst = 1.0_f64;
        for column in 1..42 {
            for row in 1..42 {
                let (i, j) = (column as f64 - 1.0, row as f64 - 1.0);
                let (i, j) = (i.max(j), i.min(j));
                let wanted = 100.0 * if neighbours == Neighbours::Eight { king(i, j) } else { knight(i, j) };
                let found = prepared.row(&middle(column, row), Want::Nearest, &|_| true)[0].1;
                assert!((found - wanted).abs() < 1e-6, "{column} {row}: {found}, {wanted} wanted");
                let straight = 100.0 * i.hypot(j);
                if straight > 0.0 {
                    worst = worst.max(found / straight);
                    assert!(found >= straight - 1e-6, "never shorter than the straight line");
                }
            }
        }
        assert!(worst <= most && worst > most - 1e-4, "{neighbours:?}: {worst}, {most} at most, and nearly met");
    }
}

#[test]
fn a_place_goes_straight_to_the_middle_of_its_cell_and_within_a_cell_straight() {
    let surface = freeze(open(10, 10), Neighbours::Sixteen);
    // 3-4-5: 30 m east and 40 m north of the middle of the first cell; five cells on; 20 m west of its middle
    is(metres(&surface, at(80.0, 90.0), at(530.0, 50.0)), 50.0 + 500.0 + 20.0);
    // one cell: straight, not over its middle
    is(metres(&surface, at(10.0, 10.0), at(40.0, 50.0)), 50.0);
    is(metres(&surface, at(10.0, 10.0), at(10.0, 10.0)), 0.0);
    // never shorter than the straight line, and too long by no more than the surface says: 2.75 %, and 2.03 times what the places are off
    // their middles
    let mut lot = Lot(11);
    for _ in 0..500 {
        let mut place = || at(lot.below(10_000) as f64 / 10.0, lot.below(10_000) as f64 / 10.0);
        let (a, b) = (place(), place());
        let straight = a.xy.distance_m(b.xy);
        let off = |place: &Place| place.xy.distance_m(surface.cells().middle(surface.cells().at(place.xy).unwrap()));
        let found = metres(&surface, a, b).unwrap();
        let most = 1.027_487 * straight + 2.027_487 * (off(&a) + off(&b));
        assert!(found >= straight - 1e-9 && found <= most + 1e-9, "{a:?} {b:?}: {found}, {straight} straight");
        assert!(off(&a) <= 100.0 / 2.0_f64.sqrt() + 1e-9);
    }
}

#[test]
fn half_of_a_move_is_walked_at_the_speed_of_each_cell() {
    // the first column at a metre a second, the others at half a metre
    let mut draft = SurfaceDraft::new(cells(4, 3), Ground::Open(KmPerHour(1.8)));
    [0, 4, 8].into_iter().for_each(|cell| draft.set(cell, PACE));
    let surface = freeze(draft, Neighbours::Sixteen);
    is(seconds(&surface, middle(0, 0), middle(1, 0)), 50.0 + 100.0);
    is(seconds(&surface, middle(0, 0), middle(1, 1)), 150.0 * 2.0_f64.sqrt());
    // a knight's move: a quarter in each of four cells, of which one is in the first column; paces 1, 2, 2, 2. By other moves it is longer:
    // aslant and straight 150 √2 + 200
    is(seconds(&surface, middle(0, 0), middle(2, 1)), 100.0 * 5.0_f64.sqrt() * 1.75);
    // two rows up and one over, two of the four are in the first column, which makes 150 √5: it is quicker to stay in it for a cell longer
    is(seconds(&surface, middle(0, 0), middle(1, 2)), 100.0 + 150.0 * 2.0_f64.sqrt());
    // by length speeds do not count
    is(metres(&surface, middle(0, 0), middle(2, 1)), 100.0 * 5.0_f64.sqrt());
}

#[test]
fn a_wall_is_gone_round_and_nobody_slips_through_its_corners() {
    for neighbours in [Neighbours::Eight, Neighbours::Sixteen] {
        // a wall in column 3 with its only gap in row 6
        let mut draft = open(7, 7);
        (0..6).for_each(|row| draft.set(row * 7 + 3, Ground::Barred));
        let surface = freeze(draft, neighbours);
        // five steps north beside the wall and one aslant into the gap, and the same down the other side. A knight's move from row 4 into the
        // gap would pass through the wall's last cell
        is(metres(&surface, middle(2, 0), middle(4, 0)), 2.0 * (500.0 + 100.0 * 2.0_f64.sqrt()));
        // two cells of a wall that touch at a corner: no way between them, but one past a single corner
        let mut draft = open(2, 2);
        draft.set(1, Ground::Barred);
        let surface = freeze(draft, neighbours);
        is(metres(&surface, middle(0, 0), middle(1, 1)), 100.0 * 2.0_f64.sqrt());
        let mut draft = open(2, 2);
        draft.set(1, Ground::Barred);
        draft.set(2, Ground::Unknown);
        let surface = freeze(draft, neighbours);
        assert_eq!(metres(&surface, middle(0, 0), middle(1, 1)), None);
        // a wall aslant, two cells thin nowhere, from edge to edge: tight
        let mut draft = open(6, 6);
        (0..6).for_each(|k| draft.set(k * 6 + (5 - k), Ground::Barred));
        let surface = freeze(draft, neighbours);
        assert_eq!(metres(&surface, middle(0, 0), middle(5, 5)), None);
    }
}

#[test]
fn a_river_narrower_than_a_cell_is_crossed_on_its_bridge_only() {
    for neighbours in [Neighbours::Eight, Neighbours::Sixteen] {
        // 10 m of water between 300 and 310 m east: no middle lies in it
        let river = rectangle(300.0, -1000.0, 310.0, 2000.0);
        let mut draft = open(6, 10);
        draft.bar(std::slice::from_ref(&river), Ground::Barred);
        let surface = freeze(draft, neighbours);
        assert_eq!(metres(&surface, middle(2, 0), middle(3, 0)), None);
        is(metres(&surface, middle(2, 0), middle(2, 9)), 900.0);
        // quays on both sides are no bridge; the bridge at 850 m north is
        let mut draft = open(6, 10);
        draft.bar(std::slice::from_ref(&river), Ground::Barred);
        let mut streets = vec![false; 60];
        draft.lay(&[at(290.0, 20.0), at(290.0, 980.0)], KmPerHour(3.6), &mut streets);
        draft.lay(&[at(320.0, 20.0), at(320.0, 980.0)], KmPerHour(3.6), &mut streets);
        draft.lay(&[at(220.0, 850.0), at(390.0, 850.0)], KmPerHour(3.6), &mut streets);
        let surface = freeze(draft, neighbours);
        is(metres(&surface, middle(2, 0), middle(3, 0)), 800.0 + 100.0 + 800.0);
    }
}

#[test]
fn a_bridge_over_broad_water_is_left_at_its_ends_only() {
    for neighbours in [Neighbours::Eight, Neighbours::Sixteen] {
        // water from 200 to 500 m east over all rows: cells of columns 2 to 4; a bridge in row 1 from 150 to 550 m, at twice the speed
        let mut draft = open(7, 4);
        draft.bar(&[rectangle(200.0, -500.0, 500.0, 900.0)], Ground::Barred);
        let mut streets = vec![false; 28];
        draft.lay(&[at(150.0, 150.0), at(550.0, 150.0)], KmPerHour(7.2), &mut streets);
        let surface = freeze(draft, neighbours);
        // five cells of the bridge (columns 1 to 5), four moves
        is(seconds(&surface, middle(1, 1), middle(5, 1)), 4.0 * 50.0);
        // from the bank beside the bridge's head: not aslant onto the water, but first to the head: 100 m, half slow and half fast
        is(seconds(&surface, middle(1, 2), middle(2, 1)), 75.0 + 50.0);
        let ask = |place| {
            OverSurface { surface: &surface, unit: CostUnit::Metres, direction: Direction::ToFacility }
                .prepare(&plane(), &[])
                .snapped(&place)
        };
        assert_eq!(ask(middle(3, 1)), Ok(None), "on the bridge");
        assert_eq!(ask(middle(3, 2)), Err(OffStreet::BarredCell));
        assert_eq!(ask(at(-1.0, 50.0)), Err(OffStreet::OutsideCells));
    }
}

#[test]
fn a_bridge_aslant_is_as_long_as_moves_aslant() {
    // water between the lines x + y = 600 and 1000 m, no cell of which is open; a bridge from 150, 150 to 850, 850 through the corners
    // of cells: 7 moves aslant. A second one beside the corners, by stairs of cells: aslant moves as well.
    let water = MultiPolygon(vec![Polygon::new(
        LineString::from(vec![
            (-2000.0, 2600.0),
            (2600.0, -2000.0),
            (3000.0, -2000.0),
            (-2000.0, 3000.0),
            (-2000.0, 2600.0),
        ]),
        Vec::new(),
    )]);
    for (a, b) in [((150.0, 150.0), (850.0, 850.0)), ((160.0, 140.0), (860.0, 840.0))] {
        let mut draft = open(10, 10);
        draft.bar(std::slice::from_ref(&water), Ground::Barred);
        let mut streets = vec![false; 100];
        draft.lay(&[at(a.0, a.1), at(b.0, b.1)], KmPerHour(3.6), &mut streets);
        let surface = freeze(draft, Neighbours::Eight);
        is(metres(&surface, middle(1, 1), middle(8, 8)), 700.0 * 2.0_f64.sqrt());
    }
}

#[test]
fn closed_cells_are_closed_on_streets_too() {
    let mut draft = open(7, 1);
    let mut streets = vec![false; 7];
    draft.lay(&[at(10.0, 50.0), at(690.0, 50.0)], KmPerHour(3.6), &mut streets);
    draft.bar(&[rectangle(300.0, -100.0, 400.0, 200.0)], Ground::Closed);
    let surface = freeze(draft, Neighbours::Sixteen);
    assert_eq!(metres(&surface, middle(0, 0), middle(6, 0)), None);
    let engine = OverSurface { surface: &surface, unit: CostUnit::Metres, direction: Direction::ToFacility };
    assert_eq!(engine.prepare(&plane(), &[]).snapped(&middle(3, 0)), Err(OffStreet::ClosedCell));
}

#[test]
fn the_fastest_street_of_a_cell_holds_and_wins_over_its_ground() {
    let mut draft = SurfaceDraft::new(cells(3, 1), Ground::Open(KmPerHour(7.2)));
    let mut streets = vec![false; 3];
    for (speed, y) in [(1.8, 20.0), (3.6, 40.0), (1.8, 60.0)] {
        draft.lay(&[at(10.0, y), at(150.0, y)], KmPerHour(speed), &mut streets);
    }
    // the streets are slower than the ground, and hold; the third cell has none
    assert_eq!([0, 1, 2].map(|cell| draft.ground(cell)), [PACE, PACE, Ground::Open(KmPerHour(7.2))]);
}

/// Tobler's function over that of the flat, as `docs/surface.md` has it.
fn tobler(rise: f64) -> f64 {
    (3.5 * ((rise + 0.05).abs() - 0.05)).exp()
}

#[test]
fn uphill_takes_longer_than_downhill() {
    // 10 m up for each column of 100 m: a rise of 10 %
    let heights = (0..30).map(|cell| 10.0 * (cell % 10) as f32).collect();
    let slopes = Slopes { heights, factor: tobler };
    let surface = open(10, 3).freeze(Neighbours::Sixteen, Some(slopes), None, Text::new("test", "测试"));
    // up e^(3.5 · 0.1), down e^(3.5 (0.05 − 0.05)) = 1 of the flat's time
    let (up, down) = (0.35_f64.exp(), 1.0);
    let ask = |direction, from, to| cost(&surface, CostUnit::Seconds, direction, from, to);
    is(ask(Direction::ToFacility, middle(2, 0), middle(7, 0)), 500.0 * up);
    is(ask(Direction::ToFacility, middle(7, 0), middle(2, 0)), 500.0 * down);
    is(ask(Direction::FromFacility, middle(2, 0), middle(7, 0)), 500.0 * down);
    is(ask(Direction::FromFacility, middle(7, 0), middle(2, 0)), 500.0 * up);
    // along the slope it is flat; aslant the same rise over √2 of the run, a knight's move two columns over √5
    is(ask(Direction::ToFacility, middle(2, 0), middle(2, 2)), 200.0);
    let aslant = 100.0 * 2.0_f64.sqrt();
    is(ask(Direction::ToFacility, middle(2, 0), middle(3, 1)), aslant * (3.5 * 10.0 / aslant).exp());
    let knight = 100.0 * 5.0_f64.sqrt();
    is(ask(Direction::ToFacility, middle(2, 0), middle(4, 1)), knight * (3.5 * 20.0 / knight).exp());
    // 5 % downhill is the fastest there is
    assert!((surface.top_speed().0 - 3.6 / (-0.175_f64).exp()).abs() < 1e-9);
    // what has no height is flat
    let heights = (0..30).map(|cell| if cell % 10 == 4 { f32::NAN } else { 10.0 * (cell % 10) as f32 }).collect();
    let slopes = Slopes { heights, factor: tobler };
    let surface = open(10, 1).freeze(Neighbours::Eight, Some(slopes), None, Text::new("test", "测试"));
    is(cost(&surface, CostUnit::Seconds, Direction::ToFacility, middle(3, 0), middle(5, 0)), 200.0);
}

#[test]
fn a_limit_is_within_it_and_ties_go_to_the_first() {
    let surface = freeze(open(9, 9), Neighbours::Sixteen);
    let engine = OverSurface { surface: &surface, unit: CostUnit::Seconds, direction: Direction::ToFacility };
    let destinations = [middle(8, 4), middle(0, 4), middle(4, 8), middle(4, 5)];
    let prepared = engine.prepare(&plane(), &destinations);
    let row = |want| prepared.row(&middle(4, 4), want, &|_| true);
    assert_eq!(row(Want::Within(400.0)), [(3, 100.0), (0, 400.0), (1, 400.0), (2, 400.0)]);
    assert_eq!(row(Want::Within(399.999)), [(3, 100.0)]);
    assert_eq!(row(Want::Within(100.0)), [(3, 100.0)]);
    assert!(row(Want::Within(99.999)).is_empty());
    assert_eq!(row(Want::First(2)), [(3, 100.0), (0, 400.0)]);
    assert_eq!(row(Want::Nearest), [(3, 100.0)]);
    assert_eq!(prepared.row(&middle(4, 4), Want::Nearest, &|at| at != 3), [(0, 400.0)]);
    assert_eq!(prepared.row(&middle(4, 4), Want::Nearest, &|at| at == 2), [(2, 400.0)]);
    // 5 km/h over 1 km of ten cells is 12 minutes, to the last bit
    let surface = freeze(SurfaceDraft::new(cells(11, 1), Ground::Open(KmPerHour(5.0))), Neighbours::Sixteen);
    let engine = OverSurface { surface: &surface, unit: CostUnit::Seconds, direction: Direction::ToFacility };
    let found = engine.prepare(&plane(), &[middle(10, 0)]).row(&middle(0, 0), Want::Within(720.0), &|_| true);
    assert_eq!(found, [(0, 720.0)]);
    assert!(engine.prepare(&plane(), &[]).row(&middle(0, 0), Want::Nearest, &|_| true).is_empty());
}

#[test]
fn costs_over_a_raster_are_those_of_scikit_image() {
    // tests/oracles/surface.py: MCP_Geometric of scikit-image 0.26.0, which has our definition for 8 neighbours
    let text = include_str!("../oracles/surface/costs_synthetic.csv");
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let mut draft = SurfaceDraft::new(cells(80, 64), Ground::Barred);
    for (cell, row) in (0u32..).zip(&rows) {
        if let Ok(pace) = row[2].parse::<f64>() {
            draft.set(cell, Ground::Open(KmPerHour(3.6 / pace)));
        }
    }
    let surface = freeze(draft, Neighbours::Eight);
    let engine = OverSurface { surface: &surface, unit: CostUnit::Seconds, direction: Direction::ToFacility };
    let prepared = engine.prepare(&plane(), &[middle(7, 5), middle(60, 40), middle(3, 60)]);
    let (mut compared, mut without) = (0, 0);
    for row in &rows {
        let [line, column] = [0, 1].map(|at| row[at].parse::<usize>().unwrap());
        let found = prepared.row(&middle(column, line), Want::Nearest, &|_| true);
        match row[3].parse::<f64>() {
            // the oracle has six decimals
            Ok(wanted) => {
                assert!((found[0].1 - wanted).abs() < 1e-5, "{line} {column}: {found:?}, {wanted} wanted");
                compared += 1;
            }
            Err(_) => {
                assert!(found.is_empty(), "{line} {column}: {found:?}");
                without += 1;
            }
        }
    }
    assert_eq!((compared, without), (4303, 817));
}

/// Numbers that look random and are the same on every machine (Knuth 1997, 3.3.4, table 1, line 26).
struct Lot(u64);

impl Lot {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Seconds from every cell to every other by Bellman and Ford, moves found by walking along the straight line in eight steps: `pace` is
/// seconds a metre by row and column, infinite where nobody walks.
fn by_hand(pace: &[Vec<f64>], height: &[Vec<f64>], knights: bool) -> Vec<Vec<f64>> {
    let (rows, columns) = (pace.len(), pace[0].len());
    let mut steps: Vec<(usize, usize, f64)> = Vec::new();
    for from in 0..rows * columns {
        for to in 0..rows * columns {
            let [r, c] = [from / columns, from % columns].map(|at| at as f64);
            let [dr, dc] = [(to / columns) as f64 - r, (to % columns) as f64 - c];
            let square = dr * dr + dc * dc;
            if !(square == 1.0 || square == 2.0 || (knights && square == 5.0)) {
                continue;
            }
            // the middles of eighths of the way never lie on a border of cells
            let parts = (0..8).map(|part| (f64::from(part) + 0.5) / 8.0);
            let passed: Vec<f64> =
                parts.map(|share| pace[(r + share * dr).round() as usize][(c + share * dc).round() as usize]).collect();
            let corners = [pace[r as usize][(c + dc) as usize], pace[(r + dr) as usize][c as usize]];
            if square == 2.0 && corners.iter().all(|pace| pace.is_infinite()) {
                continue;
            }
            let metres = 100.0 * square.sqrt();
            let rise = (height[(r + dr) as usize][(c + dc) as usize] - height[r as usize][c as usize]) / metres;
            let cost = metres * passed.iter().sum::<f64>() / 8.0 * tobler(rise);
            if cost.is_finite() {
                steps.push((from, to, cost));
            }
        }
    }
    (0..rows * columns)
        .map(|start| {
            let mut best = vec![f64::INFINITY; rows * columns];
            best[start] = if pace[start / columns][start % columns].is_finite() { 0.0 } else { f64::INFINITY };
            loop {
                let mut changed = false;
                for (from, to, cost) in &steps {
                    if best[*from] + cost < best[*to] - 1e-9 {
                        best[*to] = best[*from] + cost;
                        changed = true;
                    }
                }
                if !changed {
                    break best;
                }
            }
        })
        .collect()
}

#[test]
fn every_way_is_that_of_bellman_and_ford() {
    let seed: u64 = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(7);
    println!("TONGDA_SEED={seed}");
    let mut lot = Lot(seed);
    let mut ways = 0;
    for nth in 0..40 {
        let (rows, columns) = (2 + lot.below(6) as usize, 2 + lot.below(6) as usize);
        let knights = nth % 2 == 0;
        let mut draft = open(columns, rows);
        let mut pace = vec![vec![1.0; columns]; rows];
        let mut height = vec![vec![0.0; columns]; rows];
        for cell in 0..(rows * columns) as u32 {
            let (row, column) = (cell as usize / columns, cell as usize % columns);
            let kind = lot.below(8);
            let ground = match kind {
                0 => Ground::Barred,
                1 => Ground::Unknown,
                _ => Ground::Open(KmPerHour(kind as f64)),
            };
            draft.set(cell, ground);
            pace[row][column] = if kind < 2 { f64::INFINITY } else { 3.6 / kind as f64 };
            height[row][column] = lot.below(60) as f64;
        }
        let slopes = Slopes { heights: height.iter().flatten().map(|metres| *metres as f32).collect(), factor: tobler };
        let neighbours = if knights { Neighbours::Sixteen } else { Neighbours::Eight };
        let surface = draft.freeze(neighbours, Some(slopes), None, Text::new("test", "测试"));
        let wanted = by_hand(&pace, &height, knights);
        let places: Vec<Place> = (0..rows * columns).map(|cell| middle(cell % columns, cell / columns)).collect();
        let facilities: Vec<usize> = (0..3).map(|_| lot.below((rows * columns) as u64) as usize).collect();
        let at: Vec<Place> = facilities.iter().map(|cell| places[*cell]).collect();
        for direction in [Direction::ToFacility, Direction::FromFacility] {
            let engine = OverSurface { surface: &surface, unit: CostUnit::Seconds, direction };
            let prepared = engine.ready(&at);
            let asked: Vec<_> = places.iter().map(|place| (*place, None)).collect();
            let by_facility: Vec<_> = (0..3).map(|facility| prepared.costs_of(facility, 300.0, &asked)).collect();
            for (origin, place) in places.iter().enumerate() {
                let way = |facility: usize| match direction {
                    Direction::ToFacility => wanted[origin][facility],
                    Direction::FromFacility => wanted[facility][origin],
                };
                let all = prepared.row(place, Want::Within(f64::MAX), &|_| true);
                for (nth, facility) in facilities.iter().enumerate() {
                    let found = all.iter().find(|(at, _)| *at == nth as u32).map(|(_, cost)| *cost);
                    let wanted = way(*facility);
                    assert_eq!(found.is_some(), wanted.is_finite(), "{nth}: {origin} {facility}");
                    let within = found.filter(|cost| *cost <= 300.0);
                    let other = by_facility[nth][origin];
                    assert!(
                        within.is_some() == other.is_some() || (wanted - 300.0).abs() < 1e-6,
                        "{within:?}, {other:?}"
                    );
                    assert!((within.unwrap_or(0.0) - other.unwrap_or(0.0)).abs() < 1e-6, "{within:?}, {other:?}");
                    if let Some(found) = found {
                        assert!((found - wanted).abs() < 1e-6, "{origin} to {facility}: {found}, {wanted} wanted");
                        ways += 1;
                        // the way that is drawn adds up to it
                        let route = prepared.route(place, nth as u32, &at[nth]).unwrap();
                        assert!((route.street_s + route.off_s[0] + route.off_s[1] - found).abs() < 1e-6, "{route:?}");
                    }
                }
                let nearest = prepared.row(place, Want::Nearest, &|_| true);
                assert_eq!(nearest.len(), all.len().min(1));
                assert!(nearest.iter().zip(&all).all(|(a, b)| (a.1 - b.1).abs() < 1e-6));
                let two = prepared.row(place, Want::First(2), &|_| true);
                assert_eq!(two[..], all[..all.len().min(2)]);
                let not_first = prepared.row(place, Want::Nearest, &|at| at != 0);
                let among = all.iter().find(|(at, _)| *at != 0);
                assert!(not_first.first().zip(among).is_none_or(|(a, b)| (a.1 - b.1).abs() < 1e-6));
                assert_eq!(not_first.is_empty(), among.is_none());
            }
        }
    }
    assert!(ways > 2000, "{ways}");
}

/// A run over a strip of UTM zone 32N at the equator, from 440,000 to 444,000 E and 0 to 3,000 N, with a hall at 443,950 E, 1,050 N.
fn run(folder: &Path, surface: &str, rest: &str, measure: &str, homes: &str) -> Result<Finished, String> {
    let put = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    put("square.csv", "code,wkt\n1,\"POLYGON ((440100 100, 443990 100, 443990 2900, 440100 2900, 440100 100))\"\n");
    put("halls.csv", "id,x,y\nh,443950,1050\n");
    put("homes.csv", &format!("id,x,y,people\n{homes}"));
    let text = format!(
        "title = \"t\"\n[[study.regions]]\npath = \"square.csv\"\nlevel = \"county\"\ncrs = \"EPSG:32632\"\n[study.surface]\n{surface}\n{rest}\n\
         [[study.facilities]]\npath = \"halls.csv\"\nkind = \"hall\"\ncrs = \"EPSG:32632\"\nx = \"x\"\ny = \"y\"\n\
         [[study.demand]]\npath = \"homes.csv\"\nname = \"homes\"\npeople = \"people\"\ncrs = \"EPSG:32632\"\nx = \"x\"\ny = \"y\"\n\
         [[indicator]]\nid = \"i\"\nmeasure.{measure}\nover = [\"county\"]\n"
    );
    let text = text.replacen("title = \"t\"\n", "title = \"t\"\nstudy.plane = \"EPSG:32632\"\n", 1);
    let plan = tongda::config::parse(&text, "t.toml", folder).map_err(|error| format!("{error:?}"))?;
    let options = tongda::app::run::RunOptions { write_nothing: true, ..Default::default() };
    tongda::app::run::run(&plan, options, &tongda::base::progress::Silent).map_err(|error| error.to_string())
}

fn oracle(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles").join(name).display().to_string()
}

const NEAREST: &str = "nearest = { kind = \"hall\", cost = \"time\", by = \"surface\", statistic = \"mean\" }";

#[test]
fn a_uniform_surface_runs_from_config_to_figure() {
    let folder = tempfile::tempdir().unwrap();
    // 20 cells of 100 m west of the hall, at 5 km/h: 2 km in 1440 s
    let homes = "a,441950,1050,10\n";
    let found =
        run(folder.path(), "uniform = \"5 km/h\"\ncell = \"100 m\"\nhalo = \"200 m\"", "", NEAREST, homes).unwrap();
    let row = &found.card.indicators[0];
    // PROJ gives the coordinates back to a hundred-millionth of a metre
    is(row.figure.value, 1440.0);
    let told = format!("{:?}", row.notes);
    assert!(told.contains("cells of 100 m with 16 neighbours") && told.contains("5 km/h everywhere"), "{told}");
    assert!(told.contains("weighed by people"), "{told}");
    let note = found.issues.iter().find(|issue| issue.code == "cost-surface").unwrap();
    assert!(note.what.contains("16 neighbours") && note.what.contains("of 0 nothing is known"), "{}", note.what);
    for (within, part) in [("1440.001 s", 10.0), ("1439.999 s", 0.0)] {
        let measure = format!("covered-share = {{ kind = \"hall\", within = \"{within}\", by = \"surface\" }}");
        let found = run(folder.path(), "uniform = \"5 km/h\"\ncell = \"100 m\"", "", &measure, homes).unwrap();
        assert_eq!(found.card.indicators[0].figure.part, Some(part), "{within}");
    }
}

#[test]
fn land_cover_says_how_fast_and_what_it_does_not_know_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let landcover = |speeds: &str| {
        format!(
            "cell = \"50 m\"\nhalo = \"0 m\"\nlandcover = {{ path = {:?}, speeds = {speeds} }}",
            oracle("surface/landcover_synthetic.tif")
        )
    };
    // a home at the middle of its cell, one where there is no data, one in the wall
    let homes = "a,440525,1025,10\nsea,443525,325,5\nwall,442025,525,1\n";
    let found =
        run(folder.path(), &landcover("{ \"10\" = \"3 km/h\", \"50\" = \"5 km/h\" }"), "", NEAREST, homes).unwrap();
    let row = &found.card.indicators[0];
    // the hall is at a corner of cells: in the one north-east of it, whose middle is 25 m off both ways. From the home's (column 10, row 20) to
    // there (column 79, row 21) are 67 straight moves and one of a knight, which is made where it is walked at 5 km/h. The first 9.5 cells,
    // to 441,000 E, are walked at 3 km/h. The gap of the wall is on the way
    let (slow, fast) = (3.6 / 3.0, 3.6 / 5.0);
    let legs = 25.0 * 2.0_f64.sqrt() * fast;
    let wanted = 9.5 * 50.0 * slow + (57.5 * 50.0 + 50.0 * 5.0_f64.sqrt()) * fast + legs;
    let value = row.figure.value.unwrap();
    assert!((value - wanted).abs() < 1e-6, "{value}, {wanted} wanted");
    assert_eq!(row.figure.unknown, 6.0, "one in cells without data, one in the wall");
    let codes: Vec<&str> = found.issues.iter().map(|issue| issue.code).collect();
    assert!(codes.contains(&"no-data") && codes.contains(&"class-without-speed"), "{codes:?}");
    let unnamed = found.issues.iter().find(|issue| issue.code == "class-without-speed").unwrap();
    assert!(unnamed.what.contains("80 ("), "{}", unnamed.what);
    let ledger = found.card.sources.iter().find(|source| source.records == "cells of land cover").unwrap();
    assert_eq!(ledger.read, ledger.used + ledger.dropped.values().sum::<u64>());
    assert!(found.card.synthetic, "the raster's name says so");
    let other = run(
        folder.path(),
        &landcover("{ \"10\" = \"3 km/h\", \"50\" = \"5 km/h\", \"7\" = \"1 km/h\" }"),
        "",
        NEAREST,
        homes,
    )
    .unwrap();
    assert!(other.issues.iter().any(|issue| issue.code == "class-not-met" && issue.what.ends_with(": 7")));
}

#[test]
fn streets_carry_the_way_over_water_where_a_surface_takes_them() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put(
        "river.csv",
        "name,wkt\nriver,\"POLYGON ((442000 -9000, 442020 -9000, 442020 9000, 442000 9000, 442000 -9000))\"\n",
    );
    put("streets.csv", "name,wkt\nbridge,\"LINESTRING (441850 1550, 442150 1550)\"\n");
    let water = "[study.water]\npath = \"river.csv\"\ncrs = \"EPSG:32632\"";
    let streets = "[study.streets]\npath = \"streets.csv\"\ncrs = \"EPSG:32632\"\nwalk = { speed = \"5 km/h\" }";
    let surface = "uniform = \"5 km/h\"\ncell = \"100 m\"\nhalo = \"1 km\"";
    let homes = "a,441950,1050,10\n";
    let direct = run(folder.path(), surface, "", NEAREST, homes).unwrap();
    is(direct.card.indicators[0].figure.value, 1440.0);
    let barred = run(folder.path(), surface, water, NEAREST, homes).unwrap();
    assert_eq!(barred.card.indicators[0].figure.value, None, "no way over the river");
    let over =
        run(folder.path(), &format!("{surface}\nstreets = true"), &format!("{water}\n{streets}"), NEAREST, homes)
            .unwrap();
    // the bridge is five rows north: from its cell at 441,950 E, 1,550 N east to the other bank's at 442,050 E. West of the river 500 m
    // north; east of it 19 columns and 5 rows back: 5 knight's moves and 9 straight
    let metres = 500.0 + 100.0 + 900.0 + 500.0 * 5.0_f64.sqrt();
    let value = over.card.indicators[0].figure.value.unwrap();
    assert!((value - metres * 0.72).abs() < 1e-4, "{value}, {} wanted", metres * 0.72);
    let told = format!("{:?}", over.card.indicators[0].notes);
    assert!(told.contains("water is crossed on streets only"), "{told}");
    // a flood over the bridge
    put(
        "flood.csv",
        "name,wkt\nflood,\"POLYGON ((441900 1500, 442100 1500, 442100 1600, 441900 1600, 441900 1500))\"\n",
    );
    let flooded = format!("{surface}\nstreets = true\nclosures = {{ path = \"flood.csv\", crs = \"EPSG:32632\" }}");
    let closed =
        run(folder.path(), &flooded, &format!("{water}\n{streets}"), NEAREST, "a,441950,1050,10\nin,441950,1550,1\n")
            .unwrap();
    assert_eq!(closed.card.indicators[0].figure.value, None);
}

#[test]
fn heights_make_the_way_up_longer_than_the_way_down() {
    let folder = tempfile::tempdir().unwrap();
    // tests/oracles/heights.py: 10 % uphill eastward from 441,000 E on; the hall at 443,950 E, the home 20 cells west of it
    let surface = format!(
        "uniform = \"5 km/h\"\ncell = \"100 m\"\nhalo = \"0 m\"\nheights = {{ path = {:?} }}",
        oracle("heights/hill_synthetic.tif")
    );
    let up = run(folder.path(), &surface, "", NEAREST, "a,441950,1050,10\n").unwrap();
    let down = NEAREST.replace("by =", "direction = \"from-facility\", by =");
    let down = run(folder.path(), &surface, "", &down, "a,441950,1050,10\n").unwrap();
    let value = |found: &Finished| found.card.indicators[0].figure.value.unwrap();
    // a rise of a tenth: e^0.35 of the flat's 1440 s up, and 1440 s down; heights are in float32 there
    assert!((value(&up) / (1440.0 * 0.35_f64.exp()) - 1.0).abs() < 1e-5, "{}", value(&up));
    assert!((value(&down) / 1440.0 - 1.0).abs() < 1e-5, "{}", value(&down));
    assert!(format!("{:?}", up.card.indicators[0].notes).contains("slopes after Tobler (1993)"));
}

#[test]
fn what_can_not_be_laid_out_is_refused_with_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let homes = "a,441950,1050,10\n";
    let refused =
        |surface: &str, rest: &str| run(folder.path(), surface, rest, NEAREST, homes).map(|_| ()).unwrap_err();
    // 3.9 by 2.8 km and 5 km around: 177 million cells of 1 m, and 2 million of 10 m
    let error = refused("uniform = \"5 km/h\"\ncell = \"1 m\"", "");
    assert!(error.contains("cell = \"10 m\"") && error.contains("25\u{202f}000\u{202f}000"), "{error}");
    for (surface, wanted) in [
        ("cell = \"100 m\"", "the surface has no speed"),
        (
            "uniform = \"5 km/h\"\nlandcover = { path = \"l.tif\", speeds = { \"1\" = \"5 km/h\" } }",
            "exclude each other",
        ),
        ("landcover = { path = \"l.csv\", speeds = { \"1\" = \"5 km/h\" } }", "read from GeoTIFF"),
        ("landcover = { path = \"l.tif\", speeds = { \"forest\" = \"5 km/h\" } }", "is no class of a raster"),
        ("landcover = { path = \"l.tif\", speeds = {} }", "no class has a speed"),
        ("landcover = { path = \"l.tif\", speeds = { \"1\" = \"0 km/h\" } }", "a speed of nothing"),
        ("uniform = \"5 km/h\"\nneighbours = 4", "8 or 16 neighbours"),
        ("uniform = \"5 km/h\"\nstreets = true", "no streets to lay over"),
    ] {
        let error = refused(surface, "");
        assert!(error.contains(wanted), "{surface}: {error}");
    }
}
