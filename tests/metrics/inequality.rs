//! How unevenly a distance is spread: against a worked example, brute-force twins, and what must hold for any numbers.

use tongda::base::units::Weight;
use tongda::metrics::inequality::Spread;
use tongda::metrics::inequality::concentration;
use tongda::metrics::inequality::lower_quantile;
use tongda::metrics::inequality::theil_l_of;
use tongda::metrics::inequality::theil_t_of;

/// Five townships: people and minutes. Every number about them below was computed with numpy, by other code than this
/// and from the formulas of docs/methods/equity.md, and is given to six decimals.
const TOWNSHIPS: [(f64, u64); 5] = [(2.0, 100), (4.0, 200), (6.0, 300), (8.0, 250), (12.0, 150)];

fn spread(points: &[(f64, u64)]) -> Spread {
    Spread::new(points.iter().map(|(value, people)| (*value, Weight::whole(*people)))).unwrap()
}

fn close(got: f64, want: f64) {
    assert!((got - want).abs() <= 5e-7, "{got} instead of {want}");
}

fn near(got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{got} instead of {want}");
}

/// Numbers that follow from a seed (a linear congruential generator, Knuth's MMIX constants).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    /// Values with ties and zeros, weights with zeros; the first of both is above 0.
    fn points(&mut self) -> Vec<(f64, u64)> {
        let mut points = vec![(7.0, 3)];
        for _ in 0..self.below(30) {
            points.push((self.below(40) as f64 / 4.0, self.below(9)));
        }
        points
    }
}

#[test]
fn the_worked_example_has_the_numbers_that_numpy_gives() {
    let towns = spread(&TOWNSHIPS);
    close(towns.mean(), 6.6);
    close(towns.gini().unwrap(), 0.240909);
    close(towns.theil_t().unwrap().value, 0.098468);
    close(towns.theil_l().unwrap().value, 0.110372);
    close(towns.held(90.0, 100.0).unwrap(), 0.181818);
    close(towns.held(0.0, 40.0).unwrap(), 0.242424);
    close(towns.palma().unwrap(), 0.75);
    close(towns.fifths().unwrap(), 3.666667);
    for (epsilon, want) in [(0.5, 0.050764), (1.0, 0.104499), (2.0, 0.217986)] {
        close(towns.atkinson(epsilon).unwrap(), want);
    }
    close(towns.variation().unwrap(), 0.440177);
    close(towns.hoover().unwrap(), 0.175758);
    assert_eq!([10, 50, 90].map(|percent| towns.quantile(percent).unwrap()), [2.0, 6.0, 12.0]);
    // each township once: 0.3; with the correction n / (n − 1) that this does not make it would be 0.375
    close(spread(&TOWNSHIPS.map(|(minutes, _)| (minutes, 1))).gini().unwrap(), 0.3);
}

#[test]
fn the_lorenz_curve_of_the_worked_example_goes_through_its_points() {
    let curve = spread(&TOWNSHIPS).lorenz().unwrap();
    let want = [(0.0, 0.0), (0.1, 0.0303), (0.3, 0.1515), (0.6, 0.4242), (0.85, 0.7273), (1.0, 1.0)];
    assert_eq!(curve.len(), want.len());
    for (got, want) in curve.iter().zip(want) {
        assert!((got.0 - want.0).abs() < 1e-12 && (got.1 - want.1).abs() < 5e-5, "{got:?} instead of {want:?}");
    }
}

#[test]
fn theil_of_the_worked_example_falls_into_within_and_between() {
    let groups = [Some(spread(&TOWNSHIPS[..3])), Some(spread(&TOWNSHIPS[3..])), None];
    let parts = theil_t_of(&groups).unwrap();
    close(parts.within, 0.035817);
    close(parts.between, 0.062651);
    assert_eq!(parts.of_groups[2], None);
    close(parts.total(), 0.098468);
    close(theil_l_of(&groups).unwrap().total(), 0.110372);
}

#[test]
fn the_concentration_of_the_worked_example_follows_the_income_ranks() {
    let of = |ranks: [f64; 5]| {
        concentration(ranks.iter().zip(TOWNSHIPS).map(|(rank, (x, people))| (*rank, x, Weight::whole(people)))).unwrap()
    };
    close(of([3.0, 1.0, 2.0, 5.0, 4.0]), 0.146970);
    // ranked by the minutes themselves it is their Gini coefficient, and the other way round its negative
    close(of([2.0, 4.0, 6.0, 8.0, 12.0]), 0.240909);
    close(of([-2.0, -4.0, -6.0, -8.0, -12.0]), -0.240909);
    // all alike: nobody ranks above anybody
    close(of([1.0; 5]), 0.0);
}

#[test]
fn those_who_rank_alike_share_the_middle_of_their_ranks() {
    // 1 person with 0 min ranks lowest; of two that rank alike one has 3 min and one 6 min: mid-ranks 1/6, 2/3, 2/3.
    // 2 · (0·1/6 + 3·2/3 + 6·2/3)/3 / 3 − 1 = 2 · 6 / 9 − 1 = 1/3, whichever of the two comes first
    let points = [(1.0, 0.0, Weight::ONE), (2.0, 3.0, Weight::ONE), (2.0, 6.0, Weight::ONE)];
    near(concentration(points).unwrap(), 1.0 / 3.0);
    near(concentration([points[2], points[1], points[0]]).unwrap(), 1.0 / 3.0);
    assert_eq!(concentration([(f64::NAN, 1.0, Weight::ONE)]), None);
    assert_eq!(concentration([(1.0, 0.0, Weight::ONE)]), None);
}

#[test]
fn the_limit_itself_is_not_beyond_it() {
    let towns = spread(&TOWNSHIPS);
    close(1.0 - towns.beyond(5.99).unwrap().share, 0.3);
    close(1.0 - towns.beyond(6.0).unwrap().share, 0.6);
    // beyond 6 min: 250 people by 2 min and 150 by 6 min. Gap: (250·2/6 + 150·6/6)/1000 = 0.233333; severity:
    // (250·(1/3)² + 150·1²)/1000 = 0.177778; those beyond are (250·2 + 150·6)/400 = 3.5 min over
    let beyond = towns.beyond(6.0).unwrap();
    close(beyond.gap, 0.233333);
    close(beyond.severity, 0.177778);
    near(beyond.excess.unwrap(), 3.5);
    let none = towns.beyond(12.0).unwrap();
    assert_eq!((none.share, none.gap, none.excess), (0.0, 0.0, None));
    assert_eq!(towns.beyond(0.0), None);
}

#[test]
fn a_township_on_the_edge_of_a_tenth_is_split() {
    // 10 people with 1 min and 10 with 3 min, 40 min in all. The tenth with the most: 2 people, 6 min. The two fifths
    // with the least: 8 people, 8 min. Palma 6/8; fifths: (4·3)/(4·1)
    let halves = spread(&[(3.0, 10), (1.0, 10)]);
    near(halves.palma().unwrap(), 0.75);
    near(halves.fifths().unwrap(), 3.0);
    // the middle: 40 % to 60 % are 2 people with 1 min and 2 with 3 min
    near(halves.held(40.0, 60.0).unwrap(), 8.0 / 40.0);
    // all alike: a tenth has a quarter of what two fifths have
    near(spread(&[(5.0, 7)]).palma().unwrap(), 0.25);
}

#[test]
fn who_has_nothing_is_left_out_of_logarithms_and_counted() {
    // without the 50 people at 0 min this is 1 and 3 min for 10 people each: μ 2, T = ½(½ ln ½ + 3/2 ln 3/2) = 0.130812,
    // L = ½(ln 2 + ln 2/3) = 0.143841
    let towns = spread(&[(0.0, 20), (1.0, 10), (3.0, 10), (0.0, 30)]);
    let (t, l) = (towns.theil_t().unwrap(), towns.theil_l().unwrap());
    close(t.value, 0.130812);
    close(l.value, 0.143841);
    assert_eq!((t.zeros, t.zero_weight), (2, Weight::whole(50)));
    assert_eq!((towns.atkinson(1.0), towns.atkinson(2.0)), (Some(1.0), Some(1.0)));
    assert!(towns.atkinson(0.5).unwrap() < 1.0);
    // the two fifths with the least have nothing: no ratio, and not an infinite one
    assert_eq!((towns.palma(), towns.fifths()), (None, None));
}

#[test]
fn nobody_and_nothing_have_no_inequality() {
    assert_eq!(Spread::new([]), None);
    assert_eq!(Spread::new([(5.0, Weight::ZERO)]), None);
    for broken in [f64::NAN, f64::INFINITY, -1.0] {
        assert_eq!(Spread::new([(1.0, Weight::ONE), (broken, Weight::ONE)]), None);
        // nobody has it
        assert!(Spread::new([(1.0, Weight::ONE), (broken, Weight::ZERO)]).is_some());
    }
    let at_home = spread(&[(0.0, 5), (0.0, 7)]);
    assert_eq!((at_home.mean(), at_home.quantile(50)), (0.0, Some(0.0)));
    assert_eq!((at_home.gini(), at_home.hoover(), at_home.variation()), (None, None, None));
    assert_eq!((at_home.theil_t(), at_home.theil_l(), at_home.palma()), (None, None, None));
    assert_eq!((at_home.atkinson(0.5), theil_t_of(&[Some(at_home.clone())])), (None, None));
    assert_eq!((theil_t_of(&[]), theil_l_of(&[None])), (None, None));
    let towns = spread(&TOWNSHIPS);
    assert_eq!((towns.atkinson(0.0), towns.atkinson(f64::NAN)), (None, None));
    assert_eq!(lower_quantile(&[], Weight::ZERO, 50), None);
}

#[test]
fn all_alike_is_no_inequality_and_one_for_all_is_nearly_the_most() {
    let alike = spread(&[(4.0, 3), (4.0, 9), (4.0, 1)]);
    near(alike.gini().unwrap(), 0.0);
    near(alike.theil_t().unwrap().value, 0.0);
    near(alike.atkinson(2.0).unwrap(), 0.0);
    near(alike.hoover().unwrap(), 0.0);
    // of 1000 people one has all: Gini and Hoover are 1 − 1/1000
    let one = spread(&[(0.0, 999), (8.0, 1)]);
    near(one.gini().unwrap(), 0.999);
    near(one.hoover().unwrap(), 0.999);
}

#[test]
fn random_ginis_are_half_the_mean_difference_over_the_mean() {
    for seed in 1..200 {
        let points = Chance(seed).points();
        let (mut differences, mut sum, mut all) = (0.0, 0.0, 0.0);
        for (x, w) in &points {
            for (y, v) in &points {
                differences += (x - y).abs() * (*w * *v) as f64;
            }
            sum += x * *w as f64;
            all += *w as f64;
        }
        let got = spread(&points).gini().unwrap();
        let want = differences / (2.0 * all * sum);
        assert!((got - want).abs() < 1e-12, "seed {seed}: {got} instead of {want}");
    }
}

#[test]
fn random_shares_and_quantiles_are_those_of_people_in_a_row() {
    for seed in 1..200 {
        let points = Chance(seed).points();
        // every person stands in the row ten times, so that tenths of the weight end between two in the row
        let mut row: Vec<f64> = Vec::new();
        for (value, people) in &points {
            row.extend(std::iter::repeat_n(*value, *people as usize * 10));
        }
        row.sort_by(f64::total_cmp);
        let sum: f64 = row.iter().sum();
        let least = |tenths: usize| row[..row.len() / 10 * tenths].iter().sum::<f64>() / sum;
        let got = spread(&points);
        for (from, to) in [(0, 4), (9, 10), (0, 2), (8, 10), (3, 7)] {
            let held = got.held(from as f64 * 10.0, to as f64 * 10.0).unwrap();
            assert!((held - (least(to) - least(from))).abs() < 1e-9, "seed {seed}: {from} to {to}: {held}");
        }
        for percent in [1, 10, 50, 75, 90, 100] {
            let nth = (row.len() * percent).div_ceil(100);
            assert_eq!(got.quantile(percent as u8), Some(row[nth - 1]), "seed {seed}: {percent} %");
        }
    }
}

#[test]
fn random_statistics_stay_when_all_is_scaled_or_everybody_is_there_twice() {
    let all = |spread: &Spread| {
        let values = [
            spread.gini(),
            spread.hoover(),
            spread.variation(),
            spread.atkinson(0.5),
            spread.atkinson(1.0),
            spread.palma(),
            spread.fifths(),
            spread.theil_t().map(|found| found.value),
            spread.theil_l().map(|found| found.value),
        ];
        values.map(|value| value.unwrap_or(-1.0))
    };
    for seed in 1..200 {
        let points = Chance(seed).points();
        let own = all(&spread(&points));
        let longer: Vec<_> = points.iter().map(|(value, people)| (value * 60.0, *people)).collect();
        let twice: Vec<_> = points.iter().chain(&points).copied().collect();
        let more: Vec<_> = points.iter().rev().map(|(value, people)| (*value, people * 7)).collect();
        for other in [longer, twice, more] {
            for (nth, (x, y)) in own.iter().zip(all(&spread(&other))).enumerate() {
                assert!((x - y).abs() < 1e-9, "seed {seed}, statistic {nth}: {x} and {y}");
            }
        }
    }
}

#[test]
fn random_theils_are_the_sum_of_within_and_between() {
    for seed in 1..200 {
        let mut chance = Chance(seed);
        let points = chance.points();
        let mut groups: Vec<Vec<(f64, u64)>> = vec![Vec::new(); 4];
        for point in &points {
            groups[chance.below(4) as usize].push(*point);
        }
        let weighed =
            |group: &Vec<(f64, u64)>| Spread::new(group.iter().map(|(value, people)| (*value, Weight::whole(*people))));
        let groups: Vec<Option<Spread>> = groups.iter().map(weighed).collect();
        let all = spread(&points);
        let (t, l) = (theil_t_of(&groups).unwrap(), theil_l_of(&groups).unwrap());
        let (want_t, want_l) = (all.theil_t().unwrap().value, all.theil_l().unwrap().value);
        assert!((t.total() - want_t).abs() < 1e-12, "seed {seed}: T {t:?} instead of {want_t}");
        assert!((l.total() - want_l).abs() < 1e-12, "seed {seed}: L {l:?} instead of {want_l}");
        assert!(t.within >= 0.0 && t.between >= 0.0 && l.within >= 0.0 && l.between >= 0.0, "seed {seed}");
    }
}
