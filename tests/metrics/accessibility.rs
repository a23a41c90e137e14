//! Floating catchments against worked numbers, published tests of other programs and a naive twin; and the metric that stands on them.

use std::path::Path;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::rectangle;
use tongda::base::units::Limit;
use tongda::base::units::Weight;
use tongda::config;
use tongda::impedance::cost_table::CostTable;
use tongda::impedance::cost_table::CostUnit;
use tongda::metrics::decay::Curve;
use tongda::metrics::decay::Decay;
use tongda::metrics::decay::Power;
use tongda::metrics::floating_catchment::Floated;
use tongda::metrics::floating_catchment::Market;
use tongda::metrics::floating_catchment::Method;
use tongda::metrics::plane_catchments::PlaneMarket;
use tongda::metrics::raam::Agents;
use tongda::model::region::Level;
use tongda::model::study::Study;

fn limit(text: &str) -> Option<Limit> {
    Some(text.parse().unwrap())
}

fn steps(steps: &[(&str, f64)]) -> Decay {
    Decay::Steps(steps.iter().map(|(end, weight)| (end.parse().unwrap(), *weight)).collect())
}

/// Step weights of Luo and Qi (2009), "E2" of the worked example.
fn e2() -> Decay {
    steps(&[("10 min", 1.0), ("20 min", 0.68), ("30 min", 0.22)])
}

/// A table of minutes, facilities by column; every row cheapest first.
fn table(minutes: &[&[f64]]) -> CostTable {
    let row = |row: &&[f64]| {
        let mut row: Vec<(u32, f64)> = (0u32..).zip(row.iter().map(|minutes| minutes * 60.0)).collect();
        row.sort_by(|x, y| x.1.total_cmp(&y.1).then(x.0.cmp(&y.0)));
        row
    };
    CostTable::from_rows(CostUnit::Seconds, minutes.iter().map(row))
}

fn people(people: &[u64]) -> Vec<Weight> {
    people.iter().map(|people| Weight::whole(*people)).collect()
}

/// The worked example of the domain specification: P, S and minutes.
struct Worked {
    people: Vec<Weight>,
    supply: Vec<Option<f64>>,
    table: CostTable,
}

fn worked() -> Worked {
    Worked {
        people: people(&[1000, 2000, 500]),
        supply: vec![Some(10.0), Some(20.0)],
        table: table(&[&[5.0, 25.0], &[15.0, 12.0], &[40.0, 8.0]]),
    }
}

impl Worked {
    fn market<'a>(&'a self, curve: &'a Curve) -> Market<'a> {
        Market { people: &self.people, supply: &self.supply, rows: &self.table, curve }
    }

    fn float(&self, method: Method, decay: &Decay, within: Option<Limit>) -> Floated {
        self.market(&decay.curve(within).unwrap()).float(method)
    }
}

fn values(floated: &Floated) -> Vec<f64> {
    floated.points.iter().map(|point| point.value).collect()
}

fn ratios(floated: &Floated) -> Vec<f64> {
    floated.facilities.iter().map(|facility| facility.ratio.unwrap()).collect()
}

fn near(got: &[f64], want: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (got_one, want_one) in got.iter().zip(want) {
        assert!((got_one - want_one).abs() <= tolerance, "{what}: {got:?}, expected {want:?}");
    }
}

/// Σ A P.
fn given(worked: &Worked, floated: &Floated) -> f64 {
    values(floated).iter().zip(&worked.people).map(|(value, people)| value * people.to_f64()).sum()
}

/// A method with its decay and limit, what each zone has, and Σ A P.
type Case = (Method, Decay, Option<Limit>, [f64; 3], f64);

#[test]
fn every_method_has_the_numbers_of_the_worked_example() {
    // numpy, fca.py of the domain specification, printed with six decimals; 2SFCA, E2SFCA and 3SFCA agree with PySAL access 1.1.10.post3
    let worked = worked();
    let wan = steps(&[("10 min", 0.962), ("20 min", 0.704), ("30 min", 0.377), ("60 min", 0.042)]);
    let steep = steps(&[("10 min", 1.0), ("20 min", 0.42), ("30 min", 0.09)]);
    let within = limit("30 min");
    let power = Decay::InversePower(Power { exponent: 1.0, from: "1 min".parse().unwrap() });
    let gauss = Decay::Gaussian;
    let cases: [Case; 14] = [
        (Method::TwoStep, Decay::Binary, within, [0.009048, 0.009048, 0.005714], 30.0),
        (Method::Enhanced, e2(), None, [0.006353, 0.009420, 0.009615], 30.0),
        (Method::Enhanced, steep, None, [0.006694, 0.008157, 0.013986], 30.0),
        (Method::Enhanced, gauss.clone(), within, [0.006270, 0.009901, 0.007858], 30.0),
        (Method::Enhanced, Decay::Epanechnikov, within, [0.006427, 0.009891, 0.007583], 30.0),
        // Shen (1998), Joseph and Bantock (1982): an inverse power without a limit
        (Method::Enhanced, power.clone(), limit("10 h"), [0.008755, 0.008120, 0.010011], 30.0),
        (Method::ThreeStep, wan, None, [0.006621, 0.008060, 0.014517], 30.0),
        (Method::ThreeStep, e2(), None, [0.006116, 0.007842, 0.016398], 30.0),
        (Method::Modified, e2(), None, [0.004703, 0.006405, 0.009615], 22.321317),
        (Method::Huff, e2(), None, [0.006963, 0.008126, 0.013570], 30.0),
        (Method::ModifiedHuff, e2(), None, [0.005731, 0.005904, 0.009351], 22.214471),
        (Method::ModifiedHuff, gauss, within, [0.005792, 0.006695, 0.008142], 23.252249),
        (Method::Cumulative, Decay::Binary, within, [30.0, 30.0, 20.0], 100_000.0),
        (Method::Hansen, power, limit("10 h"), [2.8, 2.333333, 2.75], 8_841.666667),
    ];
    for (method, decay, within, want, sum) in cases {
        let floated = worked.float(method, &decay, within);
        near(&values(&floated), &want, 5.1e-7, &format!("{method:?} {decay:?}"));
        assert!((given(&worked, &floated) - sum).abs() < 1e-6, "{method:?}: {}", given(&worked, &floated));
        assert_eq!(method.conserves(), method.competes() && sum == 30.0, "{method:?}");
    }
    let hansen = worked.float(Method::Hansen, &Decay::Exponential("10 min".parse().unwrap()), limit("10 h"));
    near(&values(&hansen), &[7.707007, 8.255186, 9.169736], 5.1e-7, "Hansen, e^(−0.1 t)");
}

#[test]
fn facilities_have_the_ratios_of_the_worked_example() {
    let worked = worked();
    let cases = [
        (Method::TwoStep, Decay::Binary, limit("30 min"), [0.003333, 0.005714]),
        (Method::Enhanced, e2(), None, [0.004237, 0.009615]),
        (Method::Enhanced, Decay::Gaussian, limit("30 min"), [0.004224, 0.008623]),
        (Method::ThreeStep, e2(), None, [0.006668, 0.016398]),
        (Method::Huff, e2(), None, [0.008712, 0.013570]),
        (Method::ModifiedHuff, e2(), None, [0.007347, 0.009351]),
        (Method::Balanced, e2(), None, [0.005495, 0.011902]),
    ];
    for (method, decay, within, want) in cases {
        near(&ratios(&worked.float(method, &decay, within)), &want, 5.1e-7, &format!("{method:?}"));
    }
    // within 30 min of the first: zones 1 and 2; of the second all three
    let reached: Vec<f64> =
        worked.float(Method::Enhanced, &e2(), None).facilities.iter().map(|found| found.people.to_f64()).collect();
    assert_eq!(reached, [3000.0, 3500.0]);
}

#[test]
fn the_balanced_method_shares_people_and_supply_out_once() {
    // numpy, fca.py: A 0.004649, 0.006484, 0.006264; demand 1819.67 and 1680.33, which are all 3500 people; Σ A = Σ L
    let worked = worked();
    let floated = worked.float(Method::Balanced, &e2(), None);
    near(&values(&floated), &[0.004649, 0.006484, 0.006264], 5.1e-7, "BFCA");
    let demand: Vec<f64> = floated.facilities.iter().map(|facility| facility.demand).collect();
    near(&demand, &[1819.672131, 1680.327869], 5.1e-7, "demand");
    let (levels, sum): (f64, f64) = (ratios(&floated).iter().sum(), values(&floated).iter().sum());
    assert!((levels - sum).abs() < 1e-12);
}

#[test]
fn crowding_loads_and_availability_have_their_numbers() {
    let worked = worked();
    let curve = e2().curve(None).unwrap();
    let market = worked.market(&curve);
    // i2SFCA (numpy, fca.py): people per unit; Σ C S = 3500
    let crowding = ratios(&market.float(Method::Inverted));
    near(&crowding, &[136.111111, 106.944444], 5.1e-7, "crowding");
    assert!((crowding[0] * 10.0 + crowding[1] * 20.0 - 3500.0).abs() < 1e-9);
    // Soukhov et al. (2023) on the example (numpy, fca.py): Σ V = 30, and V / P is E2SFCA
    let available = values(&market.float(Method::Availability));
    near(&available, &[6.352673, 18.839635, 4.807692], 5.1e-7, "availability");
    // Huff with t^−2 (numpy, fca.py); 10 h is beyond all
    let power = Decay::InversePower(Power { exponent: 2.0, from: "1 min".parse().unwrap() });
    let curve = power.curve(limit("10 h")).unwrap();
    let loads: Vec<f64> =
        worked.market(&curve).float(Method::ModifiedHuff).facilities.iter().map(|facility| facility.demand).collect();
    near(&loads, &[1420.578332, 2079.421668], 1e-6, "Huff");
}

#[test]
fn the_direction_of_a_table_matters_as_in_the_hospital_example_of_pysal_access() {
    // pysal/access, access/tests/test_hospital_example.py at 26e29ef2c282d02631cfa29fda261f7d5ec33702, BSD 3-Clause: three tracts, 2SFCA with weight
    // 1/t below 61. Expected: its own reference function simple_2sfca, run in Python on its four matrices; the first also stands in the issue.
    let matrix = |inbound: f64, outbound: f64, across: f64| {
        table(&[&[1.0, across, inbound], &[across, 1.0, inbound], &[outbound, outbound, 1.0]])
    };
    let decay = Decay::InversePower(Power { exponent: 1.0, from: "1 min".parse().unwrap() });
    let curve = decay.curve(limit("60.999 min")).unwrap();
    let (people, supply) = (people(&[100, 50, 10]), [Some(15.0), Some(20.0), Some(100.0)]);
    let float = |costs: CostTable, method: Method| {
        values(&Market { people: &people, supply: &supply, rows: &costs, curve: &curve }.float(method))
    };
    let cases = [
        ((40.0, 40.0, 80.0), [0.331444117, 0.579828132, 7.28641817]),
        ((20.0, 40.0, 80.0), [0.435340221, 0.683724236, 5.727976611]),
        ((40.0, 20.0, 80.0), [0.331071913, 0.577857786, 7.299991939]),
        ((20.0, 20.0, 40.0), [0.442568395, 0.66675828, 5.740524646]),
    ];
    for ((inbound, outbound, across), want) in cases {
        near(
            &float(matrix(inbound, outbound, across), Method::Enhanced),
            &want,
            1e-9,
            &format!("{inbound} {outbound}"),
        );
    }
    // its reference for three stages, where no pair is beyond the limit
    let want = [0.174802148, 0.424035509, 9.631800976];
    near(&float(matrix(20.0, 20.0, 40.0), Method::ThreeStep), &want, 1e-9, "3SFCA");
}

#[test]
fn spatial_availability_is_that_of_the_package_accessibility() {
    // ipeaGIT/accessibility, tests/testthat/test-spatial_availability.R at 0928c8a7a2c3d2ead78cce8572bd1e3672ea4479, MIT: data of Soukhov et al.
    // (2023), slightly modified; e^(−0.1 t) without a limit; 66833, 133203, 9963, rounded
    let table = table(&[&[15.0, 30.0, 100.0], &[30.0, 15.0, 100.0], &[100.0, 100.0, 15.0]]);
    let curve = Decay::Exponential("10 min".parse().unwrap()).curve(limit("10 h")).unwrap();
    let (people, supply) = (people(&[50_000, 150_000, 10_000]), [Some(100_000.0), Some(100_000.0), Some(10_000.0)]);
    let market = Market { people: &people, supply: &supply, rows: &table, curve: &curve };
    let rounded: Vec<f64> = values(&market.float(Method::Availability)).iter().map(|value| value.round()).collect();
    assert_eq!(rounded, [66_833.0, 133_203.0, 9_963.0]);
}

#[test]
fn what_nobody_asks_for_has_no_ratio_and_who_reaches_nothing_has_nothing() {
    // zone 2 is 60 min from both; facility 2 is beyond 30 min of everybody, facility 3 within reach of a zone without people only
    let table = table(&[&[5.0, 45.0, 60.0], &[60.0, 60.0, 60.0], &[60.0, 60.0, 5.0]]);
    let (people, supply) = (people(&[1000, 500, 0]), [Some(10.0), Some(20.0), Some(5.0)]);
    for method in Method::ALL.into_iter().filter(|method| method.is_rate()) {
        let decay = if method.is_flat() { (Decay::Binary, limit("30 min")) } else { (e2(), None) };
        let curve = decay.0.curve(decay.1).unwrap();
        let market = Market { people: &people, supply: &supply, rows: &table, curve: &curve };
        let floated = market.float(method);
        assert_eq!(values(&floated), [0.01, 0.0, 0.0], "{method:?}");
        assert!(floated.points.iter().all(|point| point.is_known), "{method:?}");
        let ratios: Vec<Option<f64>> = floated.facilities.iter().map(|facility| facility.ratio).collect();
        assert_eq!(ratios, [Some(0.01), None, None], "{method:?}");
        assert!(floated.facilities[1].is_idle() && floated.facilities[1].is_known, "{method:?}");
    }
    // crowding: all 1000 at the first, 100 a unit; nobody at the second, and who reaches nothing meets no crowding
    let curve = e2().curve(None).unwrap();
    let floated = Market { people: &people, supply: &supply, rows: &table, curve: &curve }.float(Method::Inverted);
    assert_eq!(ratios(&floated), [100.0, 0.0, 0.0]);
    assert_eq!(floated.points.iter().map(|point| point.reaches).collect::<Vec<_>>(), [true, false, true]);
    let nobody = CostTable::from_rows(CostUnit::Seconds, Vec::new());
    let curve = e2().curve(None).unwrap();
    let floated = Market { people: &[], supply: &[], rows: &nobody, curve: &curve }.float(Method::Enhanced);
    assert!(floated.points.is_empty() && floated.facilities.is_empty());
}

#[test]
fn a_supply_that_is_not_known_leaves_a_least_value_and_is_no_zero() {
    let mut worked = worked();
    worked.supply[0] = None;
    // zones 1 and 2 reach facility 1 within 30 min; what they have of facility 2 is 0.22 and 0.68 of 20/2080 (E2SFCA); zone 3 has it whole
    let floated = worked.float(Method::Enhanced, &e2(), None);
    let rate = 20.0 / 2080.0;
    near(&values(&floated), &[0.22 * rate, 0.68 * rate, rate], 1e-15, "least");
    assert_eq!(floated.points.iter().map(|point| point.is_known).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!((floated.facilities[0].ratio, floated.facilities[0].is_known), (None, false));
    // whatever it is, the true value is not less
    for supply in [0.0, 1.0, 1e6] {
        worked.supply[0] = Some(supply);
        let truth = values(&worked.float(Method::Enhanced, &e2(), None));
        assert!(truth.iter().zip(values(&floated)).all(|(truth, least)| *truth >= least), "{supply}");
    }
    // where size draws people, what facility 2 has to do hangs on the size of facility 1, and so does zone 3
    worked.supply[0] = None;
    for method in [Method::Huff, Method::ModifiedHuff] {
        let floated = worked.float(method, &e2(), None);
        assert!(floated.points.iter().all(|point| !point.is_known && point.value == 0.0), "{method:?}");
        assert!(floated.facilities.iter().all(|facility| facility.ratio.is_none()), "{method:?}");
    }
    let curve = e2().curve(None).unwrap();
    let crowded = worked.market(&curve).float(Method::Inverted);
    assert!(crowded.facilities.iter().all(|facility| facility.ratio.is_none()), "{crowded:?}");
    assert_eq!(worked.market(&curve).uncrowded(&crowded, 1e9), [None, None, None]);
    // a capacity that is no amount is not known either
    for wrong in [-1.0, f64::NAN, f64::INFINITY] {
        worked.supply[0] = Some(wrong);
        assert_eq!(worked.float(Method::Enhanced, &e2(), None), floated, "{wrong}");
    }
}

struct Random(u64);

impl Random {
    fn new() -> Random {
        let seed: u64 = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(7);
        println!("TONGDA_SEED={seed}");
        Random(seed)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// The textbook formula over whole matrices, as fca.py has it.
fn naive(method: Method, p: &[f64], s: &[f64], w: &[Vec<f64>]) -> Vec<f64> {
    let (n, m) = (p.len(), s.len());
    let row = |i: usize, f: &dyn Fn(usize) -> f64| (0..m).map(f).sum::<f64>().max(f64::MIN_POSITIVE) + 0.0 * p[i];
    let column = |j: usize| (0..n).map(|i| w[i][j]).sum::<f64>();
    let (mut c, mut g) = (vec![vec![0.0; m]; n], vec![vec![0.0; m]; n]);
    for i in 0..n {
        for j in 0..m {
            let share = w[i][j] / row(i, &|l| w[i][l]);
            let huff = s[j] * w[i][j] / row(i, &|l| s[l] * w[i][l]);
            (c[i][j], g[i][j]) = match method {
                Method::TwoStep | Method::Enhanced | Method::Availability => (w[i][j], w[i][j]),
                Method::Inverted => (huff, huff),
                Method::Agents => (0.0, 0.0),
                Method::ThreeStep => (share * w[i][j], share * w[i][j]),
                Method::Modified => (w[i][j], w[i][j] * w[i][j]),
                Method::Balanced => (share, if w[i][j] > 0.0 { w[i][j] / column(j) } else { 0.0 }),
                Method::Huff => (huff * w[i][j], huff * w[i][j]),
                Method::ModifiedHuff => (huff, huff * w[i][j]),
                Method::Cumulative | Method::Hansen => (0.0, w[i][j]),
            };
        }
    }
    let r: Vec<f64> = (0..m)
        .map(|j| {
            let demand: f64 = (0..n).map(|i| p[i] * c[i][j]).sum();
            if method == Method::Inverted {
                // Wang (2018), eq. 3, and not by the loads
                (0..n).map(|i| if c[i][j] > 0.0 { w[i][j] * p[i] / row(i, &|l| s[l] * w[i][l]) } else { 0.0 }).sum()
            } else if !method.competes() {
                s[j]
            } else if demand > 0.0 {
                s[j] / demand
            } else {
                0.0
            }
        })
        .collect();
    let times = |i: usize| if method == Method::Availability { p[i] } else { 1.0 };
    (0..n).map(|i| (0..m).map(|j| r[j] * g[i][j]).sum::<f64>() * times(i)).collect()
}

#[test]
fn a_thousand_random_markets_agree_with_the_naive_twin_and_lose_nothing() {
    let mut random = Random::new();
    for nth in 0..1000 {
        let (n, m) = (1 + random.below(12) as usize, 1 + random.below(6) as usize);
        let counts: Vec<u64> = (0..n).map(|_| random.below(4) * random.below(1000)).collect();
        let supply: Vec<f64> = (0..m).map(|_| random.below(4) as f64 * 2.5).collect();
        let minutes: Vec<Vec<f64>> = (0..n).map(|_| (0..m).map(|_| random.below(50) as f64).collect()).collect();
        let rows: Vec<&[f64]> = minutes.iter().map(Vec::as_slice).collect();
        let (table, weights) = (table(&rows), people(&counts));
        let known: Vec<Option<f64>> = supply.iter().copied().map(Some).collect();
        for method in Method::ALL {
            let (decay, within) = match (method.is_flat(), nth % 3) {
                (true, _) => (Decay::Binary, limit("30 min")),
                (false, 0) => (e2(), None),
                (false, 1) => (Decay::Gaussian, limit("30 min")),
                (false, _) => (Decay::Exponential("10 min".parse().unwrap()), limit("30 min")),
            };
            let curve = decay.curve(within).unwrap();
            let floated = Market { people: &weights, supply: &known, rows: &table, curve: &curve }.float(method);
            let w: Vec<Vec<f64>> =
                minutes.iter().map(|row| row.iter().map(|cost| curve.weight(cost * 60.0)).collect()).collect();
            let p: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
            let want = naive(method, &p, &supply, &w);
            for (got, want) in values(&floated).iter().zip(&want) {
                let shown = format!("{nth} {method:?}: P {p:?} S {supply:?} T {minutes:?}: {got}, expected {want}");
                assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-9), "{shown}");
            }
            if method.conserves() {
                let asked: f64 = (0..m).filter(|j| floated.facilities[*j].ratio.is_some()).map(|j| supply[j]).sum();
                let given: f64 = values(&floated).iter().zip(&p).map(|(value, people)| value * people).sum();
                assert!((asked - given).abs() <= 1e-9 * asked.max(1.0), "{nth} {method:?}: {asked} and {given}");
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let mut random = Random::new();
    let (n, m) = (5000, 40);
    let minutes: Vec<Vec<f64>> = (0..n).map(|_| (0..m).map(|_| random.below(4000) as f64 / 100.0).collect()).collect();
    let counts: Vec<Weight> = (0..n).map(|_| Weight::from_f64(random.below(100_000) as f64 / 7.0).unwrap()).collect();
    let supply: Vec<Option<f64>> = (0..m).map(|_| Some(random.below(100) as f64 / 3.0)).collect();
    let rows: Vec<&[f64]> = minutes.iter().map(Vec::as_slice).collect();
    let table = table(&rows);
    let curve = Decay::Gaussian.curve(limit("30 min")).unwrap();
    let market = Market { people: &counts, supply: &supply, rows: &table, curve: &curve };
    let run = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| market.float(Method::Balanced))
    };
    let (one, three) = (run(1), run(3));
    assert!(one.points.iter().zip(&three.points).all(|(x, y)| x.value.to_bits() == y.value.to_bits()));
    assert_eq!(one, three);
}

#[test]
fn catchments_in_the_plane_are_those_of_the_table_of_pairs() {
    // whole hundreds of metres, so that many ways are exactly a limit: 300 and 400 make 500
    let mut random = Random::new();
    for nth in 0..200 {
        let (n, m) = (random.below(300) as usize, random.below(40) as usize);
        let spread = [5, 20, 200, 100_000][nth % 4];
        let mut places = |count: usize| -> Vec<[f64; 2]> {
            let mut at = || 500_000.0 + random.below(spread) as f64 * 100.0;
            (0..count).map(|_| [at(), at()]).collect()
        };
        let (mut points, facilities) = (places(n), places(m));
        points.iter_mut().skip(3).step_by(50).for_each(|at| at[1] = f64::NAN);
        let counts: Vec<Weight> = (0..n).map(|_| Weight::from_f64(random.below(1000) as f64 / 3.0).unwrap()).collect();
        let supply: Vec<f64> = (0..m).map(|_| random.below(5) as f64 * 1.5).collect();
        let decay = match nth % 3 {
            0 => (Decay::Binary, Some("1 km".parse().unwrap())),
            1 => (steps(&[("500 m", 1.0), ("1 km", 0.68), ("2 km", 0.22)]), None),
            _ => (steps(&[("0 m", 1.0), ("500 m", 0.9), ("1300 m", 0.3), ("2500 m", 0.1)]), None),
        };
        let curve = decay.0.curve(decay.1).unwrap();
        let row = |at: &[f64; 2]| {
            let away = |to: &[f64; 2]| ((to[0] - at[0]).powi(2) + (to[1] - at[1]).powi(2)).sqrt();
            let mut row: Vec<(u32, f64)> =
                (0u32..).zip(facilities.iter().map(away)).filter(|(_, cost)| *cost <= 2500.0).collect();
            row.sort_by(|x, y| x.1.total_cmp(&y.1).then(x.0.cmp(&y.0)));
            row
        };
        let rows = CostTable::from_rows(CostUnit::Metres, points.iter().map(row));
        let known: Vec<Option<f64>> = supply.iter().copied().map(Some).collect();
        let want = Market { people: &counts, supply: &known, rows: &rows, curve: &curve }.float(Method::Enhanced);
        let market =
            PlaneMarket { people: &counts, points: &points, supply: &supply, facilities: &facilities, curve: &curve };
        let got = market.float().unwrap();
        assert_eq!(got.facilities, want.facilities, "{nth}");
        for (at, (got, want)) in got.points.iter().zip(&want.points).enumerate() {
            assert_eq!((got.is_known, got.reaches), (true, want.reaches), "{nth} {at}");
            assert!((got.value - want.value).abs() <= 1e-12 * want.value, "{nth} {at}: {got:?}, expected {want:?}");
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(pool.install(|| market.float().unwrap()), got, "{nth}");
    }
}

#[test]
fn what_has_no_bands_is_left_to_the_table_of_pairs() {
    let (people, places) = (people(&[1]), [[0.0, 0.0]]);
    let gauss = Decay::Gaussian.curve(Some("1 km".parse().unwrap())).unwrap();
    let flat = Decay::Binary.curve(Some("1 km".parse().unwrap())).unwrap();
    let ask = |supply: f64, curve: &Curve| {
        PlaneMarket { people: &people, points: &places, supply: &[supply], facilities: &places, curve }.float()
    };
    assert_eq!((ask(1.0, &gauss), ask(-1.0, &flat), ask(f64::NAN, &flat)), (None, None, None));
    assert_eq!(ask(2.0, &flat).unwrap().points[0].value, 2.0);
}

fn settle(people: &[Weight], supply: &[f64], costs: &CostTable) -> tongda::metrics::raam::Equilibrium {
    Agents { people, supply, costs, tau: 3600.0, gap: 1e-12, most_rounds: 1000 }.settle()
}

#[test]
fn rational_agents_settle_where_nobody_gains_by_moving() {
    // τ = 60 min, ρ = 3500/30. Zone 1 stays with facility 1, zone 3 with 2, zone 2 goes to both, so that
    // n₁/(10ρ) + 15/60 = n₂/(20ρ) + 12/60 and n₁ + n₂ = 3500: n₁ = 10150/9 = 1127.78, and the cost of zone 2 n₁/(10ρ) + 1/4 = 1.216667.
    // scipy's SLSQP (fca.py) finds 1127.79 and 1.05001, 1.21666, 1.15000; PySAL access' integer heuristic 1.049333, 1.216936, 1.150333.
    let worked = worked();
    let found = settle(&worked.people, &[10.0, 20.0], &worked.table);
    near(&found.load, &[10_150.0 / 9.0, 3500.0 - 10_150.0 / 9.0], 1e-6, "load");
    let costs: Vec<f64> = found.cost.iter().copied().flatten().collect();
    near(&costs, &[1.05, 1.216_666_666_7, 1.15], 1e-9, "cost");
    near(&costs, &[1.049333, 1.216936, 1.150333], 1e-3, "PySAL access");
    assert!(found.converged && found.gaps.last().is_some_and(|gap| *gap <= 1e-12), "{:?}", found.gaps);
    // one round is not enough, and it says so
    let agents = Agents {
        people: &worked.people,
        supply: &[10.0, 20.0],
        costs: &worked.table,
        tau: 3600.0,
        gap: 0.0,
        most_rounds: 1,
    };
    let short = agents.settle();
    assert!(short.gaps.len() == 1 && short.gaps[0] > 1e-6 && !short.converged, "{short:?}");
}

#[test]
fn rational_agents_do_not_go_where_there_is_nothing() {
    // a single facility holds all: cost n/(S ρ) = 1 and the travel of 5/60; zone 2 has no facility with supply in its row
    let rows = vec![vec![(0, 300.0), (1, 60.0)], vec![(1, 60.0)]];
    let costs = CostTable::from_rows(CostUnit::Seconds, rows);
    let found = settle(&people(&[100, 100]), &[10.0, 0.0], &costs);
    near(&found.load, &[100.0, 0.0], 1e-9, "load");
    assert_eq!(found.cost[1], None);
    assert!((found.cost[0].unwrap() - (1.0 + 5.0 / 60.0)).abs() < 1e-12);
    let none = settle(&people(&[0, 0]), &[10.0, 0.0], &costs);
    assert!(none.cost[0].is_some_and(f64::is_finite) && none.load == [0.0, 0.0] && none.converged);
}

#[test]
fn random_agents_settle_and_add_up() {
    let mut random = Random::new();
    for nth in 0..200 {
        let (n, m) = (1 + random.below(10) as usize, 1 + random.below(5) as usize);
        let counts = people(&(0..n).map(|_| random.below(1000)).collect::<Vec<u64>>());
        let supply: Vec<f64> = (0..m).map(|_| 1.0 + random.below(20) as f64).collect();
        let minutes: Vec<Vec<f64>> = (0..n).map(|_| (0..m).map(|_| random.below(50) as f64).collect()).collect();
        let rows: Vec<&[f64]> = minutes.iter().map(Vec::as_slice).collect();
        let agents = Agents {
            people: &counts,
            supply: &supply,
            costs: &table(&rows),
            tau: 3600.0,
            gap: 1e-9,
            most_rounds: 5000,
        };
        let found = agents.settle();
        assert!(found.converged, "{nth}: {:?}", found.gaps.last());
        let (load, all): (f64, f64) = (found.load.iter().sum(), counts.iter().copied().sum::<Weight>().to_f64());
        assert!((load - all).abs() <= 1e-6 * all.max(1.0), "{nth}: {load} of {all}");
    }
}

/// Judged A, west of x = 10 km, and B beside it. `near` at x = 9 km in A has 6 doctors, `across` at 10.5 km in B has 3, `far` 5, 40 km from
/// everybody. Of the people, 1000 live at 9 km in A, 2000 at 11 km in B.
fn study() -> Study {
    study_judging(&["A"])
}

fn study_judging(judged: &[&str]) -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
        .county("B", rectangle(10_000.0, 0.0, 20_000.0, 10_000.0), "d", "Q", false)
        .facility("near", "clinic", 9_000.0, 5_000.0)
        .facility("across", "clinic", 10_500.0, 5_000.0)
        .facility("far", "clinic", 60_000.0, 5_000.0)
        .people(&[("p", 9_000.0, 5_000.0, 1000), ("q", 11_000.0, 5_000.0, 2000)])
        .build_judging(&|_, code| Some(judged.contains(&code)));
    for (facility, capacity) in study.facilities.iter_mut().zip([6.0, 3.0, 5.0]) {
        facility.capacity = Some(capacity);
    }
    study.demand[0].home = vec![study.regions.find(Level::County, "A"), study.regions.find(Level::County, "B")];
    study
}

const BY: &str = "kind = \"clinic\", by = \"straight-line\"";

#[test]
fn people_beyond_the_judged_area_compete_and_facilities_there_serve() {
    // within 2 km: near 6/3000, across 3/3000, both in p's reach: 3 per 1000
    let study = study();
    let output =
        measure(&study, &format!("accessibility = {{ {BY}, method = \"2sfca\", within = \"2 km\" }}")).unwrap();
    assert!((output.headline.value.unwrap() - 0.003).abs() < 1e-15, "{:?}", output.headline);
    assert_eq!((output.headline.whole, output.headline.unknown), (Some(1000.0), 0.0));
    let notes = output.notes.iter().map(|note| note.en.as_str()).collect::<Vec<_>>().join("\n");
    assert!(notes.contains("beyond the judged area 1 point (2\u{202f}000 people)"), "{notes}");
    // 14 known, 9 in reach, all of it given; q has 3 per 1000 of it too
    assert!(notes.contains("of a known supply of 14, 9 is within somebody's reach and all of it is given"), "{notes}");
    assert!(notes.contains("6 goes to points that are not judged") && notes.contains("5 serves nobody"), "{notes}");
    let codes: Vec<(&str, Option<&str>)> =
        output.issues.iter().map(|issue| (issue.code, issue.id.as_deref())).collect();
    assert_eq!(codes, [("facility-without-demand", Some("far"))]);
}

#[test]
fn the_limit_and_the_level_are_included() {
    let study = study();
    let share = |within: &str, least: f64| {
        let text = format!("accessibility = {{ {BY}, method = \"2sfca\", within = \"{within}\", at-least = {least} }}");
        measure(&study, &text).unwrap().headline
    };
    // q is exactly 2 km from near, p exactly 1.5 km from across
    let cases = [
        ("2 km", 3.0, 1000.0),
        ("2 km", 3.000_001, 0.0),
        // near has p only, 6 per 1000, and across both, 1 per 1000
        ("1999.999 m", 7.0, 1000.0),
        ("1999.999 m", 7.000_001, 0.0),
        // across has q only
        ("1499.999 m", 6.0, 1000.0),
        ("1499.999 m", 6.000_001, 0.0),
    ];
    for (within, least, part) in cases {
        assert_eq!(
            (share(within, least).part, share(within, least).whole),
            (Some(part), Some(1000.0)),
            "{within} {least}"
        );
    }
}

#[test]
fn an_unknown_capacity_is_told_and_decides_only_what_it_can_not_change() {
    let mut study = study();
    study.facilities[1].capacity = None;
    let run = |more: &str| {
        measure(&study, &format!("accessibility = {{ {BY}, method = \"2sfca\", within = \"2 km\"{more} }}")).unwrap()
    };
    // near alone gives 2 per 1000: at least that
    let met = run(", at-least = 2").headline;
    assert_eq!((met.part, met.whole, met.unknown), (Some(1000.0), Some(1000.0), 0.0));
    let open = run(", at-least = 2.5");
    assert_eq!((open.headline.value, open.headline.unknown), (None, 1000.0));
    assert!(open.headline.reason.unwrap().en.contains("1\u{202f}000 can reach a facility whose supply is not known"));
    let codes: Vec<&str> = open.issues.iter().map(|issue| issue.code).collect();
    assert_eq!(codes, ["facility-without-capacity", "facility-without-demand"]);
    assert!(open.evidence[0].text.en.contains("at least 2 per 1000 people"), "{:?}", open.evidence);
    assert_eq!((run("").headline.value, run("").headline.unknown), (None, 1000.0));
    study.facilities.iter_mut().for_each(|facility| facility.capacity = None);
    let text = format!("accessibility = {{ {BY}, within = \"2 km\" }}");
    let message = measure(&study, &text).unwrap_err().to_string();
    assert!(message.contains("has a capacity") && message.contains("supply = \"count\""), "{message}");
    // counted, each facility is one: 2 within reach of 3000
    let counted =
        measure(&study, &format!("accessibility = {{ {BY}, within = \"2 km\", supply = \"count\" }}")).unwrap();
    assert!((counted.headline.value.unwrap() - 2.0 / 3000.0).abs() < 1e-15);
}

fn texts(output: &tongda::metrics::Output) -> String {
    output.notes.iter().map(|note| note.en.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn crowding_is_judged_by_where_people_go() {
    // within 1999.999 m p reaches both and q across only. p goes 6 : 3 by size: 2000/3 and 1000/3; loads 2000/3 and 7000/3, which is 111.1 people a
    // doctor at near and 777.8 across; p meets 2/3 · 111.1 + 1/3 · 777.8 = 333.3
    let (study, all) = (study(), study_judging(&["A", "B"]));
    let ask = |study: &Study, within: &str, most: f64| {
        let text = format!("accessibility = {{ {BY}, method = \"i2sfca\", within = \"{within}\", at-most = {most} }}");
        measure(study, &text).unwrap()
    };
    for (most, part) in [(111.1111, 0.0), (111.1112, 666.666667), (777.7, 666.666667), (777.8, 1000.0)] {
        let output = ask(&study, "1999.999 m", most);
        assert_eq!((output.headline.part, output.headline.whole), (Some(part), Some(1000.0)), "{most}");
        assert!(output.weights[0].balances());
    }
    let output = ask(&study, "1999.999 m", 200.0);
    assert!(output.evidence[0].text.en.contains("meet 333.3 people per unit of supply, 67 %"), "{:?}", output.evidence);
    // (2000/3 · 111.1 + 7000/3 · 777.8) / 3000 = 629.6; 3000 people on 9 doctors are 333.3
    let notes = texts(&output);
    assert!(
        notes.contains("333.3 per unit of supply over all, but 629.6 where") && notes.contains("across, 777.7"),
        "{notes}"
    );
    // within 400 m q has nowhere to go: neither served nor unknown
    let output = ask(&all, "400 m", 200.0);
    assert_eq!(
        (output.headline.part, output.headline.whole, output.headline.unknown),
        (Some(1000.0), Some(3000.0), 0.0)
    );
    assert!(output.evidence[0].text.en.contains("no facility with supply within 400 m"), "{:?}", output.evidence);
}

#[test]
fn agents_of_a_config_settle_and_say_how_nearly() {
    // ρ = 3000/9; near costs n₁/2000, across n₂/1000. p stays at near, q goes to both: n₁/2000 + 2/10 = n₂/1000 + 0.5/10, so n₁ = 1900, n₂ = 1100,
    // p pays 0.95 and q 1.15
    let (study, all) = (study(), study_judging(&["A", "B"]));
    let ask = |study: &Study, within: &str, most: f64| {
        let text = format!(
            "accessibility = {{ {BY}, method = \"raam\", within = \"{within}\", tau = \"10 km\", at-most = {most} }}"
        );
        measure(study, &text).unwrap()
    };
    for (most, part) in [(0.9499, 0.0), (0.9501, 1000.0), (1.1499, 1000.0), (1.1501, 3000.0)] {
        let output = ask(&all, "2 km", most);
        assert_eq!((output.headline.part, output.headline.whole), (Some(part), Some(3000.0)), "{most}");
    }
    let notes = texts(&ask(&study, "2 km", 1.0));
    assert!(notes.contains("an equilibrium after") && notes.contains("average crowding is 333.3 people"), "{notes}");
    // within 400 m only p takes part: average crowding and no way; q has nowhere to go
    let output = ask(&all, "400 m", 1.0);
    assert_eq!(
        (output.headline.part, output.headline.whole, output.headline.unknown),
        (Some(1000.0), Some(3000.0), 0.0)
    );
    // what is average hangs on every supply that somebody reaches, and on no other
    for (which, unknown) in [(1, 1000.0), (2, 0.0)] {
        let mut study = study_judging(&["A"]);
        study.facilities[which].capacity = None;
        let output = ask(&study, "2 km", 1.0);
        assert_eq!(output.headline.unknown, unknown, "{which}");
        assert!(output.weights[0].balances());
    }
}

#[test]
fn agents_who_have_not_settled_say_so() {
    // a gap that no search can reach
    let worked = worked();
    let curve = Decay::Binary.curve(limit("60 min")).unwrap();
    let (floated, settled) = tongda::metrics::raam::float(&worked.market(&curve), 3600.0, 0.0, 1);
    assert!(!settled.converged && settled.most_gain > 1e-6, "{settled:?}");
    assert!(floated.points.iter().all(|point| point.is_known && point.reaches));
    let (floated, settled) = tongda::metrics::raam::float(&worked.market(&curve), 3600.0, 1e-12, 1000);
    assert!(settled.converged && settled.most_gain < 1e-9, "{settled:?}");
    near(&values(&floated), &[1.05, 1.216_666_666_7, 1.15], 1e-9, "cost");
    // people per unit of supply
    near(&ratios(&floated), &[10_150.0 / 90.0, (3500.0 - 10_150.0 / 9.0) / 20.0], 1e-6, "crowding");
    assert!((settled.average - 3500.0 / 30.0).abs() < 1e-12);
}

#[test]
fn availability_is_an_amount_of_the_region_and_all_of_it_is_given() {
    // within 2 km near 6/3000 and across 3/3000: 3 per 1000, of which p has 3 doctors and q 6
    let study = study();
    let output = measure(&study, &format!("accessibility = {{ {BY}, method = \"availability\", within = \"2 km\" }}"));
    let output = output.unwrap();
    assert!((output.headline.value.unwrap() - 3.0).abs() < 1e-12, "{:?}", output.headline);
    let notes = texts(&output);
    assert!(notes.contains("all of it is given (Σ V = 9)") && notes.contains("6 goes to points"), "{notes}");
}

#[test]
fn points_without_a_place_are_unknown_and_stay_in_the_total() {
    let mut study = study();
    study.demand[0].at[0] = None;
    let text = format!("accessibility = {{ {BY}, method = \"2sfca\", within = \"2 km\", at-least = 1 }}");
    let output = measure(&study, &text).unwrap();
    assert_eq!((output.headline.value, output.headline.unknown), (None, 1000.0));
    let ledger = &output.weights[0];
    assert!(ledger.balances() && ledger.total == Weight::whole(1000));
    assert_eq!(ledger.parts.last(), Some(&("without-place", Weight::whole(1000))));
    assert!(output.notes.iter().any(|note| note.en.contains("can not compete")), "{:?}", output.notes);
}

#[test]
fn requests_that_make_no_sense_say_what_to_write() {
    let study = study();
    let cases = [
        ("method = \"2sfca\", within = \"2 km\", decay = \"gaussian\"", "e2sfca"),
        ("method = \"cumulative\", within = \"2 km\", decay = \"gaussian\"", "hansen"),
        ("method = \"hansen\", within = \"2 km\", per = 1000", "leave per out"),
        ("decay = { steps = [[\"2 km\", 1]] }, within = \"2 km\"", "leave within out"),
        ("decay = \"gaussian\"", "write for example within"),
        ("within = \"20 min\"", "no speed"),
        ("decay = { steps = [[\"20 min\", 1]] }", "no speed"),
        ("within = \"2 km\", at-least = 0", "not above 0"),
        ("within = \"2 km\", per = -1", "not above 0"),
        ("within = \"2 km\", at-most = 3", "write at-least"),
        ("within = \"2 km\", tau = \"2 km\"", "raam"),
        ("method = \"availability\", within = \"2 km\", at-least = 3", "e2sfca"),
        ("method = \"i2sfca\", within = \"2 km\"", "at-most = 500"),
        ("method = \"i2sfca\", within = \"2 km\", at-least = 3", "write at-most"),
        ("method = \"raam\", within = \"2 km\", at-most = 1", "tau = \"60 min\""),
        ("method = \"raam\", within = \"2 km\", at-most = 1, tau = \"60 min\"", "mixes"),
        ("method = \"raam\", within = \"2 km\", tau = \"2 km\"", "at-most = 1.5"),
        ("method = \"raam\", within = \"2 km\", tau = \"2 km\", at-most = 1, decay = \"gaussian\"", "leave decay out"),
        ("method = \"raam\", within = \"2 km\", tau = \"2 km\", at-most = 1, gap = 0", "not above 0"),
    ];
    for (text, says) in cases {
        let message = measure(&study, &format!("accessibility = {{ {BY}, {text} }}")).unwrap_err().to_string();
        assert!(message.contains(says), "{text}: {message}");
    }
}

#[test]
fn a_target_has_the_unit_of_the_figure() {
    let parsed = |more: &str, target: &str| {
        let text = format!(
            "title = \"x\"\n[study]\nregions = {{ path = \"r.geojson\", level = \"county\" }}\n\
             demand = {{ path = \"d.csv\", people = \"people\" }}\n\
             facilities = {{ path = \"c.csv\", kind = \"clinic\", capacity = \"doctors\" }}\n\
             [[indicator]]\nid = \"doctors\"\ntitle = \"x\"\n\
             measure.accessibility = {{ kind = \"clinic\", within = \"2 km\"{more} }}\n\
             target = {{ at-least = \"{target}\" }}\n"
        );
        config::parse(&text, "study.toml", Path::new(".")).map_err(|error| format!("{:?}", miette::Report::new(error)))
    };
    let cases = [
        ("", "2.5 per 1000", "90 %", "supply per person"),
        (", at-least = 2.5", "90 %", "2.5 per 1000", "a share"),
        (", method = \"cumulative\"", "30 units", "2.5 per 1000", "an amount of supply"),
    ];
    for (more, fits, does_not, says) in cases {
        let plan = parsed(more, fits).unwrap();
        let bound = plan.indicators[0].target.as_ref().unwrap().bound;
        assert_eq!(bound.to_string(), format!("≥ {fits}"));
        let message = parsed(more, does_not).unwrap_err();
        assert!(message.contains(says), "{more}: {message}");
    }
}

#[test]
fn every_method_and_decay_of_a_config_runs_and_draws() {
    let study = study();
    let decays = [
        "within = \"2 km\"",
        "decay = { steps = [[\"1 km\", 1], [\"2 km\", 0.5]] }",
        "decay = \"gaussian\", within = \"2500 m\"",
        "decay = \"epanechnikov\", within = \"2500 m\"",
        "decay = { exponential = \"1 km\" }, within = \"2 km\"",
        "decay = { inverse-power = { exponent = 1.5, from = \"100 m\" } }, within = \"2 km\"",
    ];
    for method in ["2sfca", "e2sfca", "3sfca", "m2sfca", "bfca", "huff-2sfca", "mh3sfca", "cumulative", "hansen"] {
        for decay in decays {
            if matches!(method, "2sfca" | "cumulative") && decay.contains("decay") {
                continue;
            }
            for level in ["", ", at-least = 0.5"] {
                let text = format!("accessibility = {{ {BY}, method = \"{method}\", {decay}{level} }}");
                let output = measure(&study, &text).unwrap();
                assert!(output.headline.value.is_some_and(|value| value > 0.0), "{text}: {:?}", output.headline);
                let names: Vec<&str> = output.tables.iter().map(|table| table.name.as_str()).collect();
                assert_eq!(names, ["i_regions", "i_points", "i_facilities"], "{text}");
            }
        }
    }
}
