//! Floating catchments: supply per person within reach, when all who are in reach compete for it.
//!
//! Two steps, whatever the method. Step 1 goes from the people to the facilities: the demand of facility j is D_j = Σ_k P_k c_kj, and its ratio
//! R_j = S_j / D_j. Step 2 goes back: the accessibility of point i is A_i = Σ_j R_j g_ij. P are people, S supplies, and c and g are made of the
//! weights w of a [`Curve`], which are 0 beyond its limit; the limit itself is within. A method is its c and its g ([`Method`]).
//!
//! Rows are asked for twice and never kept, so that a million points need no table of pairs. Sums over people are in fixed point and do not depend
//! on their order; sums over one point's facilities go in the order of its row.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::same::is_within;
use crate::base::units::Weight;
use crate::impedance::cost_table::CostTable;
use crate::metrics::decay::Curve;

/// How people and facilities share each other: G_ij = w_ij / Σ_l w_il, H_ij = S_j w_ij / Σ_l S_l w_il.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Method {
    /// Two steps without a decay: c = g = 1 within the limit (Radke and Mu 2000; Luo and Wang 2003).
    #[serde(rename = "2sfca")]
    TwoStep,
    /// Two steps with a decay: c = g = w (Luo and Qi 2009; Gaussian: Dai 2010; kernel: Dai and Wang 2011; without a limit: Shen 1998).
    #[default]
    #[serde(rename = "e2sfca")]
    Enhanced,
    /// Three steps, people choose by nearness: c = g = G w (Wan, Zou and Sternberg 2012).
    #[serde(rename = "3sfca")]
    ThreeStep,
    /// Two steps with a loss for distance: c = w, g = w² (Delamater 2013). Less is given than there is, by design.
    #[serde(rename = "m2sfca")]
    Modified,
    /// Balanced, people and supply each shared out once: c = w_ij / Σ_l w_il, g = w_ij / Σ_k w_kj (Páez, Higgins and Vivona 2019).
    #[serde(rename = "bfca")]
    Balanced,
    /// People choose by nearness and size: c = g = H w (Luo 2014).
    #[serde(rename = "huff-2sfca")]
    Huff,
    /// The same, and demand does not shrink with distance: c = H, g = H w (Jörg et al. 2019). Less is given than there is, by design.
    #[serde(rename = "mh3sfca")]
    ModifiedHuff,
    /// Supply within the limit, nobody competes: A_i = Σ_j S_j.
    #[serde(rename = "cumulative")]
    Cumulative,
    /// Supply by nearness, nobody competes: A_i = Σ_j S_j w_ij (Hansen 1959).
    #[serde(rename = "hansen")]
    Hansen,
    /// What each point has of the supply, as an amount: A_i P_i of E2SFCA (Soukhov et al. 2023, eq. 5).
    #[serde(rename = "availability")]
    Availability,
    /// Inverted, crowding at the facilities and not supply at the points: c = g = H, R_j = D_j / S_j people per unit of supply (Wang 2018).
    #[serde(rename = "i2sfca")]
    Inverted,
    /// Rational agents go where crowding and travel together cost least (Saxon and Snow 2020): no sum over a row, but an equilibrium
    /// ([`Agents`](crate::metrics::raam::Agents)).
    #[serde(rename = "raam")]
    Agents,
}

impl Method {
    /// All methods that two steps answer, in the order of the manual: all but [`Method::Agents`].
    pub const ALL: [Method; 11] = [
        Method::TwoStep,
        Method::Enhanced,
        Method::ThreeStep,
        Method::Modified,
        Method::Balanced,
        Method::Huff,
        Method::ModifiedHuff,
        Method::Cumulative,
        Method::Hansen,
        Method::Availability,
        Method::Inverted,
    ];

    /// Whether people compete for the supply.
    pub fn competes(self) -> bool {
        !matches!(self, Method::Cumulative | Method::Hansen)
    }

    /// Whether what a point has is supply per person; else it is supply, or what it costs.
    pub fn is_rate(self) -> bool {
        self.competes() && self != Method::Availability && !self.is_crowding()
    }

    /// Whether less is better: people per unit of supply, or the cost of crowding and travel.
    pub fn is_crowding(self) -> bool {
        matches!(self, Method::Inverted | Method::Agents)
    }

    /// Whether Σ A_i P_i = Σ S_j over the facilities in somebody's reach.
    pub fn conserves(self) -> bool {
        matches!(self, Method::TwoStep | Method::Enhanced | Method::ThreeStep | Method::Huff)
    }

    /// Whether the formula has no decay.
    pub fn is_flat(self) -> bool {
        matches!(self, Method::TwoStep | Method::Cumulative)
    }

    /// Whether the size of one facility changes who goes to another.
    fn weighs_size(self) -> bool {
        matches!(self, Method::Huff | Method::ModifiedHuff | Method::Inverted)
    }
}

/// Who can go where at what cost: one row an origin.
pub trait Rows: Sync {
    /// Number of origins.
    fn origins(&self) -> usize;

    /// Puts the facilities of one origin with their costs into `row`, which is empty: at least all within the limit, in an order that is the same at
    /// every call.
    fn row(&self, origin: usize, row: &mut Vec<(u32, f64)>);
}

impl Rows for CostTable {
    fn origins(&self) -> usize {
        CostTable::origins(self)
    }

    fn row(&self, origin: usize, row: &mut Vec<(u32, f64)>) {
        row.extend(CostTable::row(self, origin));
    }
}

/// People, supplies and the ways between them.
#[derive(Clone, Copy)]
pub struct Market<'a> {
    /// People of each origin.
    pub people: &'a [Weight],
    /// Supply of each facility; `None` where it is not known, which is not zero. What is negative or not finite is not known either.
    pub supply: &'a [Option<f64>],
    /// From people to facilities, in the direction in which the costs are meant: nothing is assumed to be symmetric.
    pub rows: &'a dyn Rows,
    pub curve: &'a Curve,
}

/// What a facility has to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Catchment {
    /// People within the limit, each counted in full.
    pub people: Weight,
    /// D_j: people who compete, weighed as the method says; 0 where nobody competes.
    pub demand: f64,
    /// R_j: supply per person; `None` where the supply is not known, where it hangs on one that is not, and where nobody asks for it. Of methods
    /// without competition the supply itself; of crowding people per unit of supply, `None` where there is no supply.
    pub ratio: Option<f64>,
    /// Whether its own supply is known, and nothing that its ratio hangs on is unknown.
    pub is_known: bool,
}

impl Catchment {
    /// Whether nobody asks for it, so that where people compete no ratio is defined.
    pub fn is_idle(&self) -> bool {
        self.demand <= 0.0
    }
}

/// What a point has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Access {
    /// A_i; where it is not known, the least that it can be.
    pub value: f64,
    /// Whether every supply that it hangs on is known.
    pub is_known: bool,
    /// Whether it has a facility to go to; where size draws people, one with supply. Without one there is no crowding to meet.
    pub reaches: bool,
}

/// An answer for every facility and every point.
#[derive(Debug, Clone, PartialEq)]
pub struct Floated {
    pub facilities: Vec<Catchment>,
    pub points: Vec<Access>,
}

/// One facility of a point's row.
struct Pair {
    facility: usize,
    /// What it competes with, c.
    asks: f64,
    /// What it gets, g; of the balanced method the weight itself, still to be shared out by column.
    gets: f64,
    weight: f64,
}

/// What a thread works with: the row of a point, and what the method makes of it.
#[derive(Default)]
struct Scratch {
    row: Vec<(u32, f64)>,
    pairs: Vec<Pair>,
}

/// Sums over people are in fixed point, so that no order and no number of threads changes them: shares of a person in units of 2⁻⁶², people in
/// millionths.
pub(crate) const UNIT: f64 = (1u64 << 62) as f64;
pub(crate) const MILLIONTHS: f64 = 1e6;

struct Sums {
    demand: Vec<u128>,
    people: Vec<u128>,
    columns: Vec<u128>,
    hangs: Vec<bool>,
    scratch: Scratch,
}

impl Sums {
    fn new(facilities: usize) -> Sums {
        let zeros = vec![0; facilities];
        let (people, columns) = (zeros.clone(), zeros.clone());
        Sums { demand: zeros, people, columns, hangs: vec![false; facilities], scratch: Scratch::default() }
    }

    fn merge(mut self, other: Sums) -> Sums {
        add_all(&mut self.demand, &other.demand);
        add_all(&mut self.people, &other.people);
        add_all(&mut self.columns, &other.columns);
        self.hangs.iter_mut().zip(other.hangs).for_each(|(mine, theirs)| *mine |= theirs);
        self
    }
}

fn add_all(to: &mut [u128], more: &[u128]) {
    to.iter_mut().zip(more).for_each(|(sum, part)| add(sum, *part));
}

fn add(sum: &mut u128, part: u128) {
    *sum = sum.saturating_add(part);
}

/// A share from 0 to 1 in units of 2⁻⁶².
pub(crate) fn fixed(share: f64) -> u64 {
    (share * UNIT) as u64
}

/// People in millionths; never negative.
pub(crate) fn millionths(people: Weight) -> u128 {
    u128::try_from(people.micros()).unwrap_or(0)
}

/// Whether a value is at most `most`. Values are sums of quotients: one that is a part in 10⁹ more is.
pub(crate) fn is_at_most(value: f64, most: f64) -> bool {
    value <= most * (1.0 + 1e-9)
}

/// Origins that a thread takes at a time, at least.
const AT_ONCE: usize = 256;

impl Market<'_> {
    /// Demand of every facility and accessibility of every point.
    ///
    /// A point without any facility within the limit has 0. A facility that nobody asks for has no ratio, and gives nothing; it is never
    /// infinite. A facility whose supply is not known takes part in the demand as any other, but what it gives is not known: the points within
    /// its limit have a least value only; where size matters (Huff), so have all that share a facility with such a point, and the least is 0.
    /// Facilities with a weight of 0 (at the very limit of a Gaussian) neither ask nor give. Without points or facilities: empty. Of
    /// [`Method::Agents`], who look for an equilibrium, nothing is known here.
    pub fn float(&self, method: Method) -> Floated {
        let sums = self.sums(method);
        let supply: Vec<Option<f64>> = self.supplies();
        let facilities: Vec<Catchment> = supply
            .iter()
            .enumerate()
            .map(|(at, supply)| {
                let demand = sums.demand[at] as f64 / UNIT / MILLIONTHS;
                let is_known = supply.is_some() && !sums.hangs[at] && method != Method::Agents;
                let is_asked = demand > 0.0 || !method.competes() || method.is_crowding();
                let ratio = supply.filter(|_| is_known && is_asked).map(|supply| match method {
                    Method::Inverted => demand / supply,
                    Method::Cumulative | Method::Hansen => supply,
                    _ => supply / demand,
                });
                Catchment {
                    people: Weight::from_f64(sums.people[at] as f64 / MILLIONTHS).unwrap_or_default(),
                    demand,
                    // a demand too small to divide by is none
                    ratio: ratio.filter(|ratio| ratio.is_finite()),
                    is_known,
                }
            })
            .collect();
        let columns: Vec<f64> = sums.columns.iter().map(|column| *column as f64 / UNIT).collect();
        let access = |scratch: &mut Scratch, at: usize| {
            let (mut value, mut is_known, mut reaches) = (0.0, true, false);
            self.share(method, at, &supply, scratch);
            for pair in &scratch.pairs {
                let facility = &facilities[pair.facility];
                is_known &= facility.is_known;
                reaches |= pair.gets > 0.0;
                let gets = match method {
                    Method::Balanced if columns[pair.facility] > 0.0 => pair.gets / columns[pair.facility],
                    Method::Balanced => 0.0,
                    _ => pair.gets,
                };
                value += facility.ratio.unwrap_or(0.0) * gets;
            }
            if !is_known && method.weighs_size() {
                value = 0.0;
            }
            if method == Method::Availability {
                value *= self.people[at].to_f64();
            }
            Access { value, is_known, reaches }
        };
        let origins = (0..self.rows.origins()).into_par_iter().with_min_len(AT_ONCE);
        let points = origins.map_init(Scratch::default, access).collect();
        Floated { facilities, points }
    }

    /// The part of each point's people who go where there are at most so many people per unit of supply, this itself included; people choose by
    /// nearness and size. `floated` is the answer of [`Method::Inverted`]. `None` where that is not known; 0 where there is nowhere to go. One part
    /// in 10⁹ more is still at most so many.
    pub fn uncrowded(&self, floated: &Floated, most: f64) -> Vec<Option<f64>> {
        let supply = self.supplies();
        let part = |scratch: &mut Scratch, at: usize| {
            self.share(Method::Inverted, at, &supply, scratch);
            let (mut calm, mut all) = (0.0, 0.0);
            for pair in &scratch.pairs {
                let people_per_unit = floated.facilities[pair.facility].ratio;
                all += pair.gets;
                calm += if people_per_unit.is_some_and(|ratio| is_at_most(ratio, most)) { pair.gets } else { 0.0 };
            }
            floated.points[at].is_known.then(|| if all > 0.0 { calm / all } else { 0.0 })
        };
        let origins = (0..self.rows.origins()).into_par_iter().with_min_len(AT_ONCE);
        origins.map_init(Scratch::default, part).collect()
    }

    fn supplies(&self) -> Vec<Option<f64>> {
        self.supply.iter().map(|supply| supply.filter(|supply| supply.is_finite() && *supply >= 0.0)).collect()
    }

    fn sums(&self, method: Method) -> Sums {
        let supply = self.supplies();
        let new = || Sums::new(supply.len());
        let step = |mut sums: Sums, at: usize| {
            let people = self.people[at];
            self.share(method, at, &supply, &mut sums.scratch);
            let (whole, pairs) = (millionths(people), &sums.scratch.pairs);
            for (facility, cost) in &sums.scratch.row {
                if is_within(*cost, self.curve.limit()) {
                    add(&mut sums.people[*facility as usize], whole);
                }
            }
            let hangs = method.weighs_size() && whole > 0 && pairs.iter().any(|pair| supply[pair.facility].is_none());
            for pair in pairs {
                add(&mut sums.demand[pair.facility], whole.saturating_mul(u128::from(fixed(pair.asks))));
                if method == Method::Balanced {
                    add(&mut sums.columns[pair.facility], u128::from(fixed(pair.weight)));
                }
                sums.hangs[pair.facility] |= hangs;
            }
            sums
        };
        let origins = (0..self.rows.origins()).into_par_iter().with_min_len(AT_ONCE);
        origins.fold(new, step).reduce(new, Sums::merge)
    }

    /// The facilities of a point that have a weight, with what the method makes of them.
    fn share(&self, method: Method, at: usize, supply: &[Option<f64>], scratch: &mut Scratch) {
        let Scratch { row, pairs } = scratch;
        row.clear();
        pairs.clear();
        self.rows.row(at, row);
        for (facility, cost) in row {
            let weight = self.curve.weight(*cost);
            if weight > 0.0 {
                pairs.push(Pair { facility: *facility as usize, asks: weight, gets: weight, weight });
            }
        }
        let size = |pair: &Pair| supply[pair.facility].unwrap_or(0.0) * pair.weight;
        match method {
            Method::TwoStep | Method::Enhanced | Method::Availability | Method::Agents => {}
            Method::Modified => pairs.iter_mut().for_each(|pair| pair.gets = pair.weight * pair.weight),
            Method::Cumulative | Method::Hansen => pairs.iter_mut().for_each(|pair| pair.asks = 0.0),
            Method::ThreeStep | Method::Balanced => {
                let all: f64 = pairs.iter().map(|pair| pair.weight).sum();
                for pair in pairs {
                    let share = pair.weight / all;
                    match method {
                        Method::Balanced => pair.asks = share,
                        _ => (pair.asks, pair.gets) = (share * pair.weight, share * pair.weight),
                    }
                }
            }
            Method::Huff | Method::ModifiedHuff | Method::Inverted => {
                let all: f64 = pairs.iter().map(size).sum();
                for pair in pairs {
                    let share = if all > 0.0 { size(pair) / all } else { 0.0 };
                    pair.gets = if method == Method::Inverted { share } else { share * pair.weight };
                    pair.asks = if method == Method::Huff { pair.gets } else { share };
                }
            }
        }
    }
}
