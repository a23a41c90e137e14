//! How long the best assignment of many people to places of limited room takes:
//! `cargo run --release --example assignment_speed [POINTS FACILITIES LIMIT_KM TIGHTNESS]`.
//!
//! Made-up points and facilities in a square of 100 km; people in whole numbers below 100; the room of all together is TIGHTNESS times the people.
//! Without arguments: 100,000 points and 1,000 facilities, once with every pair (no limit) and once within 10 km, room for all and for seven
//! of ten.

use std::time::Instant;

use tongda::impedance::cost_table::CostTable;
use tongda::impedance::cost_table::CostUnit;
use tongda::metrics::assignment::Plan;
use tongda::metrics::assignment::nearest_first;
use tongda::metrics::transport::optimal;

/// Knuth's MMIX generator, of which the high bits are used.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn main() {
    let given: Vec<f64> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    match given.as_slice() {
        [points, facilities, limit_km, tightness] => {
            run(*points as usize, *facilities as usize, *limit_km, *tightness);
        }
        _ => {
            for (limit_km, tightness) in [(f64::INFINITY, 1.0), (f64::INFINITY, 0.7), (10.0, 1.0), (10.0, 0.7)] {
                run(100_000, 1_000, limit_km, tightness);
            }
        }
    }
}

fn run(points: usize, facilities: usize, limit_km: f64, tightness: f64) {
    let mut random = Random(1);
    let mut place = || [random.next() * 1e5, random.next() * 1e5];
    let at: Vec<[f64; 2]> = (0..facilities).map(|_| place()).collect();
    let origins: Vec<[f64; 2]> = (0..points).map(|_| place()).collect();
    let rows = origins.iter().map(|origin| {
        let cost = |to: &[f64; 2]| (to[0] - origin[0]).hypot(to[1] - origin[1]);
        let mut row: Vec<(u32, f64)> =
            (0u32..).zip(at.iter().map(cost)).filter(|(_, cost)| *cost <= limit_km * 1e3).collect();
        row.sort_by(|a, b| a.1.total_cmp(&b.1));
        row
    });
    let costs = CostTable::from_rows(CostUnit::Metres, rows);
    let people: Vec<i64> = (0..points).map(|_| (random.next() * 100.0) as i64 * 1_000_000).collect();
    let shares: Vec<f64> = (0..facilities).map(|_| random.next()).collect();
    let unit = people.iter().sum::<i64>() as f64 * tightness / shares.iter().sum::<f64>();
    let room: Vec<i64> = shares.iter().map(|share| (share * unit) as i64).collect();
    println!(
        "{points} points, {facilities} facilities, {} pairs within {limit_km} km, room for {tightness} of all",
        costs.pairs()
    );
    let told = |name: &str, start: Instant, plan: &Plan| {
        let (mut served, mut sum) = (0i64, 0.0);
        for share in &plan.shares {
            let way =
                costs.row(share.origin as usize).find(|(to, _)| *to == share.facility).map_or(0.0, |(_, cost)| cost);
            served += share.people;
            sum += share.people as f64 / 1e6 * way;
        }
        println!(
            "  {name:<14} {:>7.2} s   {} served, mean {:.1} m",
            start.elapsed().as_secs_f64(),
            served / 1_000_000,
            sum / (served as f64 / 1e6)
        );
    };
    let start = Instant::now();
    told("nearest first", start, &nearest_first(&costs, &people, &room));
    let start = Instant::now();
    told("optimal", start, &optimal(&costs, &people, &room).plan);
}
