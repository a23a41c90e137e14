//! A thousand random small towns with tongda's answers, as JSON on standard output, for tests/oracles/fairness.py to find anew:
//! `cargo run --example fairness_cases > cases.json`.
//!
//! Ways there and back differ, and many are exactly as long as a band or the limit allows, or a second longer. TONGDA_SEED changes the towns,
//! TONGDA_TOWNS how many there are.

use serde_json::Value;
use serde_json::json;
use tongda::base::units::Limit;
use tongda::base::units::Seconds;
use tongda::base::units::Weight;
use tongda::impedance::cost_table::CostTable;
use tongda::impedance::cost_table::CostUnit;
use tongda::metrics::MetricError;
use tongda::metrics::decay::Curve;
use tongda::metrics::decay::Decay;
use tongda::metrics::floating_catchment::Market;
use tongda::metrics::floating_catchment::Method;
use tongda::metrics::inequality::Spread;
use tongda::metrics::inequality::concentration;
use tongda::metrics::raam;
use tongda::metrics::transport::optimal;

/// Towns made where TONGDA_TOWNS does not say how many.
const TOWNS: usize = 1000;
/// The bands of E2SFCA (Luo and Qi 2009), minutes and weights; the last is the limit.
const BANDS: [(f64, f64); 3] = [(10.0, 1.0), (20.0, 0.68), (30.0, 0.22)];

/// Knuth's MMIX generator, of which the high bits are used.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    /// Seconds of a way: a third of them exactly at the end of a band, or a second beyond it.
    fn way(&mut self) -> f64 {
        let end = [600.0, 1200.0, 1800.0][self.below(3) as usize];
        match self.below(6) {
            0 => end,
            1 => end + 1.0,
            _ => 60.0 + self.below(3000) as f64,
        }
    }

    fn ways(&mut self, points: usize, facilities: usize) -> Vec<Vec<f64>> {
        (0..points).map(|_| (0..facilities).map(|_| self.way()).collect()).collect()
    }
}

/// Ways within a limit, cheapest first.
fn table(ways: &[Vec<f64>], limit: f64) -> CostTable {
    let row = |row: &Vec<f64>| {
        let mut row: Vec<(u32, f64)> = (0u32..).zip(row.iter().copied()).filter(|(_, cost)| *cost <= limit).collect();
        row.sort_by(|x, y| x.1.total_cmp(&y.1).then(x.0.cmp(&y.0)));
        row
    };
    CostTable::from_rows(CostUnit::Seconds, ways.iter().map(row))
}

fn main() -> Result<(), MetricError> {
    let seed = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(7);
    let count = std::env::var("TONGDA_TOWNS").ok().and_then(|text| text.parse().ok()).unwrap_or(TOWNS);
    let mut random = Random(seed);
    let minutes = |minutes: f64| Limit::Time(Seconds(minutes * 60.0));
    let bands = Decay::Steps(BANDS.iter().map(|(end, weight)| (minutes(*end), *weight)).collect()).curve(None)?;
    let flat = Decay::Binary.curve(Some(minutes(30.0)))?;
    let far = Decay::Binary.curve(Some(minutes(600.0)))?;
    let towns: Vec<Value> = (0..count).map(|_| town(&mut random, &bands, &flat, &far)).collect();
    println!("{}", json!({ "seed": seed, "bands": BANDS, "limit": 30, "tau": 60, "towns": towns }));
    Ok(())
}

fn town(random: &mut Random, bands: &Curve, flat: &Curve, far: &Curve) -> Value {
    let (n, m) = (1 + random.below(12) as usize, 1 + random.below(6) as usize);
    let people: Vec<u64> = (0..n).map(|_| random.below(4) * (1 + random.below(1000))).collect();
    let supply: Vec<f64> = (0..m).map(|_| 0.5 + random.below(40) as f64 / 2.0).collect();
    let room: Vec<u64> = (0..m).map(|_| random.below(3) * random.below(2000)).collect();
    let (there, back) = (random.ways(n, m), random.ways(n, m));
    let weights: Vec<Weight> = people.iter().map(|people| Weight::whole(*people)).collect();
    let known: Vec<Option<f64>> = supply.iter().copied().map(Some).collect();
    let values = |ways: &[Vec<f64>], curve: &Curve, method: Method| -> Vec<f64> {
        let rows = table(ways, f64::INFINITY);
        let floated = Market { people: &weights, supply: &known, rows: &rows, curve }.float(method);
        floated.points.iter().map(|point| point.value).collect()
    };
    let floated = |ways: &[Vec<f64>]| {
        json!({
            "2sfca": values(ways, flat, Method::TwoStep),
            "e2sfca": values(ways, bands, Method::Enhanced),
            "3sfca": values(ways, bands, Method::ThreeStep),
            "hansen": values(ways, bands, Method::Hansen),
            "m2sfca": values(ways, bands, Method::Modified),
            "bfca": values(ways, bands, Method::Balanced),
            "huff-2sfca": values(ways, bands, Method::Huff),
            "mh3sfca": values(ways, bands, Method::ModifiedHuff),
            "availability": values(ways, bands, Method::Availability),
        })
    };
    let all = table(&there, f64::INFINITY);
    let agents = Market { people: &weights, supply: &known, rows: &all, curve: far };
    let (costs, settled) = raam::float(&agents, 3600.0, 1e-12, 10_000);
    // a few people each, so that a statistic without weights can count them one by one
    let few: Vec<u64> = (0..n).map(|_| random.below(6)).collect();
    let nearest = |at: usize| all.nearest(at).map_or(0.0, |(_, cost)| cost);
    let spread = Spread::new((0..n).map(|at| (nearest(at), Weight::whole(few[at]))));
    let beyond = spread.as_ref().and_then(|spread| spread.beyond(1200.0));
    // ranks without ties, against the order of the points
    let ranked = concentration((0..n).map(|at| ((n - at) as f64, nearest(at), Weight::whole(few[at]))));
    let whole = |counts: &[u64]| -> Vec<i64> { counts.iter().map(|count| *count as i64 * 1_000_000).collect() };
    let assigned = |costs: &CostTable| {
        let plan = optimal(costs, &whole(&people), &whole(&room)).plan;
        let (served, sum) = plan.sums(costs);
        json!({ "served": served, "sum": sum })
    };
    json!({
        "people": people, "supply": supply, "room": room, "few": few, "there": there, "back": back,
        "floated": { "there": floated(&there), "back": floated(&back) },
        "raam": {
            "cost": costs.points.iter().map(|point| point.value).collect::<Vec<f64>>(),
            "load": settled.load,
            "converged": settled.converged,
        },
        "gini": spread.as_ref().and_then(Spread::gini),
        "fgt": beyond.map(|beyond| [beyond.share, beyond.gap, beyond.severity]),
        "concentration": ranked,
        "theil": spread.as_ref().and_then(Spread::theil_t).map(|theil| theil.value),
        "assigned": { "within": assigned(&table(&there, 1800.0)), "any": assigned(&all) },
    })
}
