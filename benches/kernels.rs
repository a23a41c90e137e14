//! The three geometric kernels on small scenes of the benchmark's kind; `cargo bench --bench kernels`.
//!
//! Scenes come from a seeded generator in this file, so the numbers compare from run to run.

use std::sync::LazyLock;

use divan::Bencher;
use geo_types::MultiPolygon;
use geo_types::Polygon;
use tongda::base::units::Metres;
use tongda::impedance::index::PointIndex;
use tongda::metrics::borders::Borders;
use tongda::model::locate::RegionLocator;

fn main() {
    divan::main();
}

/// Knuth's MMIX generator, of which the high bits are used.
struct Random(u64);

impl Random {
    /// The next number in 0..1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Side of the study area in metres.
const SIDE: f64 = 400_000.0;

/// Seven points of ten in thirty towns, the others anywhere.
fn points(count: usize, seed: u64) -> Vec<[f64; 2]> {
    let mut random = Random(seed);
    let towns: Vec<[f64; 2]> = (0..30).map(|_| [random.next() * SIDE, random.next() * SIDE]).collect();
    (0..count)
        .map(|k| {
            if k % 10 < 3 {
                return [random.next() * SIDE, random.next() * SIDE];
            }
            let town = towns[(random.next() * 30.0) as usize];
            town.map(|at| at + (random.next() + random.next() + random.next() - 1.5) * 15_000.0)
        })
        .collect()
}

/// `across` times `across` cells with crooked sides of 64 edges, which neighbours share vertex by vertex.
fn cells(across: usize) -> Vec<MultiPolygon<f64>> {
    const EDGES: usize = 64;
    let cell = SIDE / across as f64;
    let mut random = Random(7);
    let mut side = |from: [f64; 2], to: [f64; 2]| -> Vec<[f64; 2]> {
        let mut way = vec![from];
        for k in 1..EDGES {
            let share = k as f64 / EDGES as f64;
            let off = (random.next() - 0.5) * 0.1 * cell * share.min(1.0 - share);
            way.push([0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * share + off));
        }
        way
    };
    let corner = |x: usize, y: usize| [x as f64 * cell, y as f64 * cell];
    let wide: Vec<Vec<[f64; 2]>> = (0..across * (across + 1))
        .map(|k| side(corner(k % across, k / across), corner(k % across + 1, k / across)))
        .collect();
    let high: Vec<Vec<[f64; 2]>> = (0..across * (across + 1))
        .map(|k| side(corner(k % (across + 1), k / (across + 1)), corner(k % (across + 1), k / (across + 1) + 1)))
        .collect();
    let back = |way: &[[f64; 2]], end: [f64; 2]| -> Vec<[f64; 2]> {
        std::iter::once(end).chain(way[1..].iter().rev().copied()).collect()
    };
    let mut shapes = Vec::new();
    for y in 0..across {
        for x in 0..across {
            let mut ring = wide[y * across + x].clone();
            ring.extend(&high[y * (across + 1) + x + 1]);
            ring.extend(back(&wide[(y + 1) * across + x], corner(x + 1, y + 1)));
            ring.extend(back(&high[y * (across + 1) + x], corner(x, y + 1)));
            shapes.push(Polygon::new(ring.into_iter().map(|p| (p[0], p[1])).collect(), vec![]).into());
        }
    }
    shapes
}

static QUERIES: LazyLock<Vec<[f64; 2]>> = LazyLock::new(|| points(100_000, 1));
static CELLS: LazyLock<Vec<MultiPolygon<f64>>> = LazyLock::new(|| cells(20));

#[divan::bench(args = [1_000, 100_000])]
fn w1_index_points(bencher: Bencher, count: usize) {
    let places = points(count, 2);
    bencher.bench(|| PointIndex::new(divan::black_box(&places)));
}

#[divan::bench(args = [1_000, 100_000])]
fn w1_nearest_of_100_000_queries(bencher: Bencher, count: usize) {
    let index = PointIndex::new(&points(count, 2));
    bencher.bench(|| index.nearest_all(divan::black_box(&QUERIES)));
}

#[divan::bench]
fn w2_index_400_polygons(bencher: Bencher) {
    bencher.bench(|| RegionLocator::new(divan::black_box(&*CELLS)));
}

#[divan::bench]
fn w2_locate_100_000_points_in_400_polygons(bencher: Bencher) {
    let locator = RegionLocator::new(&*CELLS);
    bencher.bench(|| locator.locate_all(divan::black_box(&QUERIES)));
}

#[divan::bench]
fn w3_index_400_borders(bencher: Bencher) {
    bencher.bench(|| Borders::new(divan::black_box(&*CELLS)));
}

#[divan::bench(args = [0.0, 50.0])]
fn w3_contacts_of_400_polygons(bencher: Bencher, tolerance_m: f64) {
    let borders = Borders::new(&*CELLS);
    assert_eq!(borders.contacts(Metres(tolerance_m)).len(), 2 * 20 * 19 + 2 * 19 * 19);
    bencher.bench(|| borders.contacts(Metres(divan::black_box(tolerance_m))));
}
