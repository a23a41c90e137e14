//! People and places of limited room: worked examples, a twin that looks at every chain of moves, and what must hold whatever the numbers.

use tongda::impedance::cost_table::CostTable;
use tongda::impedance::cost_table::CostUnit;
use tongda::metrics::assignment::Plan;
use tongda::metrics::assignment::in_order;
use tongda::metrics::assignment::nearest_first;
use tongda::metrics::losses::Groups;
use tongda::metrics::transport::optimal;

const PERSON: i64 = 1_000_000;

fn whole(people: &[i64]) -> Vec<i64> {
    people.iter().map(|people| people * PERSON).collect()
}

/// A table of all pairs up to a limit, the limit included.
fn table(costs: &[Vec<f64>], limit: f64) -> CostTable {
    let rows = costs.iter().map(|row| {
        let mut row: Vec<(u32, f64)> = (0u32..).zip(row.iter().copied()).filter(|(_, cost)| *cost <= limit).collect();
        row.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        row
    });
    CostTable::from_rows(CostUnit::Metres, rows)
}

/// People served, and the sum of people × cost.
fn sums(plan: &Plan, costs: &[Vec<f64>]) -> (f64, f64) {
    plan.shares.iter().fold((0.0, 0.0), |(people, sum), share| {
        let served = share.people as f64 / PERSON as f64;
        (people + served, sum + served * costs[share.origin as usize][share.facility as usize])
    })
}

/// Four neighbourhoods and three shelters; the numbers of shared/worked/golden/shel.txt, found there by SciPy's linprog.
fn shelters() -> (Vec<Vec<f64>>, Vec<i64>, Vec<i64>) {
    let metres = vec![
        vec![300.0, 1200.0, 2600.0],
        vec![700.0, 900.0, 2200.0],
        vec![1500.0, 400.0, 1300.0],
        vec![2800.0, 1600.0, 450.0],
    ];
    (metres, whole(&[800, 1200, 500, 700]), whole(&[750, 1500, 500]))
}

#[test]
fn shelters_full_of_people_leave_450_of_3200_out() {
    let (metres, people, room) = shelters();
    let best = optimal(&table(&metres, 1000.0), &people, &room);
    assert_eq!(sums(&best.plan, &metres), (2750.0, 1_550_000.0));
    // shelter 1: one more place takes one of neighbourhood 1 in at 300 m, whoever it is; 2: there are 0 free of 1500 - 1000 - 500;
    // a further place takes one more of neighbourhood 2 in at 900 m
    let price: Vec<(bool, f64)> = best.price.iter().map(|price| (price.serves, price.saves)).collect();
    assert_eq!(price, [(true, -300.0), (true, -900.0), (true, -450.0)]);
    for (lost, served) in [(0, 0.625), (1, 0.390625), (2, 0.703125)] {
        let mut room = room.clone();
        room[lost] = 0;
        let best = optimal(&table(&metres, 1000.0), &people, &room);
        assert_eq!(sums(&best.plan, &metres).0 / 3200.0, served, "without shelter {}", lost + 1);
    }
}

#[test]
fn the_cheapest_assignment_of_three_zones_is_that_of_the_linear_programme() {
    // shared/INDICATORS.md 2.1, last row of the table (SciPy)
    let minutes = vec![vec![5.0, 25.0], vec![15.0, 12.0], vec![40.0, 8.0]];
    let people = whole(&[1000, 2000, 500]);
    for (room, served, mean) in
        [([1500, 3000], 3500.0, 9.428571), ([1500, 2000], 3500.0, 9.857143), ([1000, 2000], 3000.0, 9.0)]
    {
        let best = optimal(&table(&minutes, f64::INFINITY), &people, &whole(&room));
        let (people, sum) = sums(&best.plan, &minutes);
        assert_eq!(people, served);
        assert!((sum / people - mean).abs() < 1e-6, "{room:?}: {}", sum / people);
    }
}

#[test]
fn the_nearest_go_in_first_and_push_others_farther() {
    // a at 1 and b at 3 from the only place in A, b's other place is at 10: a takes it, though b then walks 7 more; the best plan
    // would be the same here (1 + 10 < 3 + 12)
    let costs = vec![vec![1.0, 12.0], vec![3.0, 10.0]];
    let plan = nearest_first(&table(&costs, f64::INFINITY), &whole(&[1, 1]), &whole(&[1, 1]));
    assert_eq!(sums(&plan, &costs), (2.0, 11.0));
    // now a could go next door for 2, which is best for both (2 + 3); greed costs 1 + 10
    let costs = vec![vec![1.0, 2.0], vec![3.0, 10.0]];
    let table = table(&costs, f64::INFINITY);
    assert_eq!(sums(&nearest_first(&table, &whole(&[1, 1]), &whole(&[1, 1])), &costs), (2.0, 11.0));
    assert_eq!(sums(&optimal(&table, &whole(&[1, 1]), &whole(&[1, 1])).plan, &costs), (2.0, 5.0));
}

#[test]
fn a_facility_is_filled_by_rings_and_shares_its_last_one() {
    // AccessMod 5 (amCapacityAnalysis): people by whole minutes; rings that fit go in whole, and of the first that does not fit every
    // cell gives capacity left / people in the ring. Seconds here: 30 and 59 are minute 0, 60 and 119 minute 1, 120 minute 2.
    let costs = vec![vec![30.0], vec![59.0], vec![60.0], vec![119.0], vec![120.0]];
    let plan = in_order(&table(&costs, 120.0), &whole(&[10, 20, 30, 60, 5]), &whole(&[60]), &[0], 60.0);
    let served: Vec<i64> = plan.served(5).iter().map(|people| people / PERSON).collect();
    // 30 of minute 0, then 30 of the 90 in minute 1: a third of each
    assert_eq!(served, [10, 20, 10, 20, 0]);
    // what is left goes on to the next facility, and the order tells who has it farther
    let costs = vec![vec![10.0, 20.0], vec![30.0, 10.0]];
    let table = table(&costs, 100.0);
    let first = |order: &[u32]| sums(&in_order(&table, &whole(&[4, 4]), &whole(&[6, 2]), order, 0.0), &costs);
    // A first: 4 at 10 and 2 at 30, then B: 2 at 10
    assert_eq!(first(&[0, 1]), (8.0, 120.0));
    // B first: 2 at 10; A: 4 at 10 and 2 at 30
    assert_eq!(first(&[1, 0]), (8.0, 120.0));
    assert_eq!(first(&[1]), (2.0, 20.0));
}

#[test]
fn the_millionths_of_a_shared_ring_are_given_to_the_last() {
    // three people and room for one: a third each, and the one millionth that is left over goes to the first
    let costs = vec![vec![1.0], vec![1.0], vec![1.0]];
    let plan = in_order(&table(&costs, 1.0), &whole(&[1, 1, 1]), &whole(&[1]), &[0], 0.0);
    assert_eq!(plan.served(3), [333_334, 333_333, 333_333]);
}

#[test]
fn nobody_nothing_and_no_way_have_a_plan_too() {
    let none = table(&[], 1.0);
    assert_eq!(optimal(&none, &[], &[]).plan, Plan::default());
    assert!(optimal(&none, &[], &[5]).price.iter().all(|price| !price.serves && price.saves == 0.0));
    let away = table(&[vec![5.0], vec![1.0]], 2.0);
    for plan in [
        optimal(&away, &whole(&[3, 0]), &whole(&[9])).plan,
        nearest_first(&away, &whole(&[3, 0]), &whole(&[9])),
        in_order(&away, &whole(&[3, 0]), &whole(&[9]), &[0], 1.0),
        optimal(&away, &whole(&[3, 4]), &[0]).plan,
    ] {
        assert_eq!(plan, Plan::default());
    }
}

/// Numbers in a row from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % bound
    }
}

/// A small town: whole costs (many ties), some pairs out of reach, few people, little room.
fn town(seed: u64) -> (Vec<Vec<f64>>, CostTable, Vec<i64>, Vec<i64>) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    (0..5).for_each(|_| _ = random.below(2));
    let (points, facilities) = (1 + random.below(8) as usize, 1 + random.below(5) as usize);
    let spread = 1 + random.below(30);
    let costs: Vec<Vec<f64>> =
        (0..points).map(|_| (0..facilities).map(|_| random.below(spread) as f64).collect()).collect();
    let table = table(&costs, (spread * 3 / 4) as f64);
    let people = (0..points).map(|_| random.below(6) as i64).collect();
    let room = (0..facilities).map(|_| random.below(8) as i64).collect();
    (costs, table, people, room)
}

/// The most people that can be served and the least sum for them: one person after the other along the cheapest chain of moves
/// (Bellman and Ford on the graph of what may still be changed; Busacker and Gowen 1960).
fn twin(costs: &CostTable, people: &[i64], room: &[i64]) -> (i64, f64) {
    let (points, facilities) = (people.len(), room.len());
    let (mut left, mut free) = (people.to_vec(), room.to_vec());
    let mut goes = vec![vec![0i64; facilities]; points];
    let (mut served, mut sum) = (0, 0.0);
    loop {
        // cost of a further person in each facility, and from where
        let mut best = vec![f64::INFINITY; facilities];
        let mut from: Vec<Option<(usize, Option<usize>)>> = vec![None; facilities];
        for at in (0..points).filter(|at| left[*at] > 0) {
            for (facility, cost) in costs.row(at) {
                if cost < best[facility as usize] {
                    (best[facility as usize], from[facility as usize]) = (cost, Some((at, None)));
                }
            }
        }
        for _ in 0..facilities {
            for old in 0..facilities {
                for at in (0..points).filter(|at| goes[*at][old] > 0) {
                    let own = costs.row(at).find(|(facility, _)| *facility == old as u32).unwrap().1;
                    for (new, cost) in costs.row(at) {
                        let moved = best[old] - own + cost;
                        if moved < best[new as usize] - 1e-9 {
                            (best[new as usize], from[new as usize]) = (moved, Some((at, Some(old))));
                        }
                    }
                }
            }
        }
        let open = (0..facilities).filter(|at| free[*at] > 0 && best[*at].is_finite());
        let Some(end) = open.min_by(|a, b| best[*a].total_cmp(&best[*b])) else { return (served, sum) };
        (served, sum) = (served + 1, sum + best[end]);
        free[end] -= 1;
        let mut facility = end;
        while let Some((at, old)) = from[facility] {
            goes[at][facility] += 1;
            match old {
                Some(old) => {
                    goes[at][old] -= 1;
                    facility = old;
                }
                None => {
                    left[at] -= 1;
                    break;
                }
            }
        }
    }
}

/// Within reach, within room, and nobody twice.
fn is_sound(plan: &Plan, costs: &CostTable, people: &[i64], room: &[i64]) -> bool {
    let is_near = |origin: u32, facility: u32| costs.row(origin as usize).any(|(at, _)| at == facility);
    plan.shares.iter().all(|share| share.people > 0 && is_near(share.origin, share.facility))
        && plan.served(people.len()).iter().zip(people).all(|(served, people)| served <= people)
        && plan.load(room.len()).iter().zip(room).all(|(load, room)| load <= room)
}

#[test]
fn the_best_plan_is_that_of_moving_people_one_by_one() {
    let mut crowded = 0;
    for seed in 0..2000 {
        let (costs, table, people, room) = town(seed);
        let best = optimal(&table, &whole(&people), &whole(&room));
        assert!(is_sound(&best.plan, &table, &whole(&people), &whole(&room)), "seed {seed}");
        let (served, sum) = sums(&best.plan, &costs);
        let expected = twin(&table, &people, &room);
        assert_eq!((served, sum), (expected.0 as f64, expected.1), "seed {seed}");
        crowded += i32::from(expected.0 < people.iter().sum::<i64>());
        // a price lies between what one more place brings and what the last place brought; served first, then the sum
        const SERVED: f64 = 1e6;
        let value = |(served, sum): (i64, f64)| served as f64 * SERVED - sum;
        for (facility, price) in best.price.iter().enumerate() {
            let price = if price.serves { SERVED } else { 0.0 } + price.saves;
            let with = |more: i64| {
                let mut room = room.clone();
                room[facility] += more;
                value(twin(&table, &people, &room))
            };
            assert!(with(1) - value(expected) <= price + 1e-6, "seed {seed}, facility {facility}: {price}");
            if room[facility] > 0 {
                assert!(price <= value(expected) - with(-1) + 1e-6, "seed {seed}, facility {facility}: {price}");
            }
        }
    }
    assert!(crowded > 500, "only {crowded} towns had too little room");
}

#[test]
fn nobody_gains_by_taking_a_place_of_somebody_who_comes_from_farther() {
    for seed in 0..2000 {
        let (_, table, people, room) = town(seed);
        let plan = nearest_first(&table, &people, &room);
        assert!(is_sound(&plan, &table, &people, &room), "seed {seed}");
        let (served, load) = (plan.served(people.len()), plan.load(room.len()));
        let cost = |at: usize, facility: u32| table.row(at).find(|(to, _)| *to == facility).unwrap().1;
        for at in 0..people.len() {
            // the farthest that some people of a point go; without a place is farther than anything
            let own = plan.shares.iter().filter(|share| share.origin as usize == at);
            let farthest = own.map(|share| cost(at, share.facility)).fold(0.0, f64::max);
            let farthest = if served[at] < people[at] { f64::INFINITY } else { farthest };
            for (facility, nearer) in table.row(at).filter(|(_, cost)| *cost < farthest) {
                assert_eq!(
                    load[facility as usize], room[facility as usize],
                    "seed {seed}: {at} could go to {facility}"
                );
                let others = plan.shares.iter().filter(|share| share.facility == facility);
                let from = others.map(|share| cost(share.origin as usize, facility)).fold(0.0, f64::max);
                assert!(from <= nearer, "seed {seed}: {at} at {nearer} gives way at {facility} to somebody at {from}");
            }
        }
    }
}

#[test]
fn more_room_never_leaves_more_people_out() {
    for seed in 0..2000 {
        let (_, table, people, room) = town(seed);
        let order: Vec<u32> = (0..room.len() as u32).rev().collect();
        let served = |room: &[i64]| {
            [
                optimal(&table, &people, room).plan,
                nearest_first(&table, &people, room),
                in_order(&table, &people, room, &order, 7.0),
            ]
            .map(|plan| plan.served(people.len()).iter().sum::<i64>())
        };
        let before = served(&room);
        // no plan serves more than the best
        assert!(before[1] <= before[0] && before[2] <= before[0], "seed {seed}");
        for at in 0..room.len() {
            let mut more = room.clone();
            more[at] += 2;
            let after = served(&more);
            assert!(
                (0..3).all(|rule| after[rule] >= before[rule]),
                "seed {seed}, facility {at}: {before:?}, then {after:?}"
            );
        }
    }
}

#[test]
fn losses_are_those_of_a_plan_without_the_facility() {
    let mut joined = 0;
    for seed in 0..600 {
        let (costs, table, people, room) = town(seed);
        let (people, room) = (whole(&people), whole(&room));
        let without = |gone: &[usize]| {
            let mut room = room.clone();
            gone.iter().for_each(|at| room[*at] = 0);
            sums(&optimal(&table, &people, &room).plan, &costs)
        };
        let all = without(&[]);
        let groups = Groups::new(&table, &people, &room);
        let single = groups.single();
        for (at, loss) in single.iter().enumerate() {
            let (served, sum) = without(&[at]);
            assert_eq!(
                (loss.out as f64 / PERSON as f64, loss.adds),
                (all.0 - served, sum - all.1),
                "seed {seed}, {at}"
            );
        }
        let pairs = (0..room.len()).flat_map(|a| (a + 1..room.len()).map(move |b| (a, b)));
        let worst = pairs.map(|(a, b)| all.0 - without(&[a, b]).0).fold(0.0, f64::max);
        let found = groups.pair(&single);
        match found {
            Some(pair) => assert_eq!(pair.out as f64 / PERSON as f64, worst, "seed {seed}"),
            // one facility within reach at most: with whichever other, the loss is its own
            None => assert!(single.iter().filter(|loss| loss.out > 0).count() < 2, "seed {seed}"),
        }
        assert!(found.is_none_or(|pair| pair.is_proven && pair.facilities[0] < pair.facilities[1]), "seed {seed}");
        if let Some(pair) = found {
            let [a, b] = pair.facilities.map(|at| single[at as usize].out);
            joined += i32::from(pair.out > a + b);
        }
    }
    // two that stand in for each other
    assert!(joined > 50, "only {joined} pairs were worse than both alone");
}

#[test]
fn in_order_is_sound_and_takes_the_nearer_ring_first() {
    for seed in 0..2000 {
        let (_, table, people, room) = town(seed);
        let order: Vec<u32> = (0..room.len() as u32).collect();
        let plan = in_order(&table, &people, &room, &order, 5.0);
        assert!(is_sound(&plan, &table, &people, &room), "seed {seed}");
        // who is left out has no facility with room
        let (served, load) = (plan.served(people.len()), plan.load(room.len()));
        for at in (0..people.len()).filter(|at| served[*at] < people[*at]) {
            assert!(table.row(at).all(|(to, _)| load[to as usize] == room[to as usize]), "seed {seed}, point {at}");
        }
    }
}
