//! How unevenly a distance or a time is spread over people: Gini, Theil, Palma and their kin.
//!
//! Every statistic is of a bad: who has much of it is badly off. All but [`Spread::mean`] and [`Spread::quantile`] are ratios
//! without a unit; they are unchanged when all values are scaled and when everybody is counted twice.

use crate::base::units::Weight;

/// Values of many, each with the weight of those who have it; at least one has weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Value and weight, smallest value first; every weight is above 0.
    points: Vec<(f64, Weight)>,
    total: Weight,
    /// Sum of value times weight.
    sum: f64,
}

/// A statistic that takes logarithms, and whom it leaves out: those with a value of 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfPositive {
    pub value: f64,
    /// How many points have the value 0, and their weight.
    pub zeros: usize,
    pub zero_weight: Weight,
}

/// Theil's T or L over groups: total = within + between.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    pub within: f64,
    pub between: f64,
    /// The statistic of each group by itself; `None` for a group in which nobody has a value above 0.
    pub of_groups: Vec<Option<f64>>,
}

impl Parts {
    pub fn total(&self) -> f64 {
        self.within + self.between
    }
}

/// Those beyond a limit, after Foster, Greer and Thorbecke (1984), for a bad: who has more than the limit is poor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beyond {
    /// FGT 0: the share of the weight with more than the limit; the limit itself is not beyond.
    pub share: f64,
    /// FGT 1: the mean over all of (value − limit) / limit, 0 for those within. Above 1 where ways are more than twice as long.
    pub gap: f64,
    /// FGT 2: the mean over all of the same, squared: counts those far beyond for more.
    pub severity: f64,
    /// Mean of value − limit over those beyond, in the unit of the values; `None` when nobody is.
    pub excess: Option<f64>,
}

impl Spread {
    /// Points of weight 0 are left out. `None` when nobody is left, and when a value of somebody is below 0 or no number.
    pub fn new(points: impl IntoIterator<Item = (f64, Weight)>) -> Option<Spread> {
        let mut points: Vec<(f64, Weight)> = points.into_iter().filter(|(_, weight)| *weight > Weight::ZERO).collect();
        if points.is_empty() || points.iter().any(|(value, _)| !(value.is_finite() && *value >= 0.0)) {
            return None;
        }
        points.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
        let total = points.iter().map(|(_, weight)| *weight).sum();
        let sum = points.iter().map(|(value, weight)| value * weight.to_f64()).sum();
        Some(Spread { points, total, sum })
    }

    pub fn total(&self) -> Weight {
        self.total
    }

    /// Σ w·x / Σ w, in the unit of the values.
    pub fn mean(&self) -> f64 {
        self.sum / self.total.to_f64()
    }

    /// The smallest value that `percent` of the weight do not exceed: a value that somebody has.
    pub fn quantile(&self, percent: u8) -> Option<f64> {
        lower_quantile(&self.points, self.total, percent)
    }

    /// Each point's share of the weight and its value over the mean; `None` when all values are 0.
    fn relative(&self) -> Option<impl Iterator<Item = (f64, f64)>> {
        let (total, mean) = (self.total.to_f64(), self.mean());
        let of = move |(value, weight): &(f64, Weight)| (weight.to_f64() / total, value / mean);
        (mean > 0.0).then(|| self.points.iter().map(of))
    }

    /// Points of the Lorenz curve (Lorenz 1905), from (0, 0) to (1, 1): share of the weight, least values first, and the share
    /// of all value that it has. `None` when all values are 0.
    pub fn lorenz(&self) -> Option<Vec<(f64, f64)>> {
        let (mut weight, mut value) = (Weight::ZERO, 0.0);
        let mut curve = vec![(0.0, 0.0)];
        for (point, (share, relative)) in self.points.iter().zip(self.relative()?) {
            weight += point.1;
            value += share * relative;
            curve.push((weight.to_f64() / self.total.to_f64(), value));
        }
        if let Some(last) = curve.last_mut() {
            *last = (1.0, 1.0);
        }
        Some(curve)
    }

    /// Gini's coefficient (Gini 1912), 1 − Σ (Lₖ + Lₖ₋₁)(Fₖ − Fₖ₋₁) over the Lorenz curve: half the mean difference between two
    /// people, over the mean. 0 when all have the same, near 1 when one has all. Weights are numbers of people, so there is no
    /// correction by n / (n − 1). `None` when all values are 0.
    pub fn gini(&self) -> Option<f64> {
        let curve = self.lorenz()?;
        let twice: f64 = curve.windows(2).map(|step| (step[1].1 + step[0].1) * (step[1].0 - step[0].0)).sum();
        Some((1.0 - twice).clamp(0.0, 1.0))
    }

    /// Share of all value that the part of the weight between two percentages has, least values first; a point on an edge is split.
    /// `None` when all values are 0.
    pub fn held(&self, from_percent: f64, to_percent: f64) -> Option<f64> {
        let total = self.total.to_f64();
        let (from, to) = (total * from_percent / 100.0, total * to_percent / 100.0);
        let (mut before, mut held) = (Weight::ZERO, 0.0);
        for (value, weight) in &self.points {
            let (start, end) = (before.to_f64(), (before + *weight).to_f64());
            held += value * (end.min(to) - start.max(from)).max(0.0);
            before += *weight;
        }
        (self.sum > 0.0).then(|| held / self.sum)
    }

    /// What the tenth with the most has, over what the two fifths with the least have (Palma 2011; Cobham and Sumner 2013).
    /// 0.25 when all have the same: a tenth is a quarter of two fifths. `None` when the two fifths have nothing.
    pub fn palma(&self) -> Option<f64> {
        ratio(self.held(90.0, 100.0)?, self.held(0.0, 40.0)?)
    }

    /// What the fifth with the most has, over what the fifth with the least has; 1 when all have the same. `None` when the
    /// latter have nothing.
    pub fn fifths(&self) -> Option<f64> {
        ratio(self.held(80.0, 100.0)?, self.held(0.0, 20.0)?)
    }

    /// Half the sum of |share of value − share of weight| (Hoover 1936): the share of all value that would have to change hands.
    /// `None` when all values are 0.
    pub fn hoover(&self) -> Option<f64> {
        Some(0.5 * self.relative()?.map(|(share, relative)| share * (relative - 1.0).abs()).sum::<f64>())
    }

    /// Standard deviation, of all and not of a sample, over the mean. `None` when all values are 0.
    pub fn variation(&self) -> Option<f64> {
        Some(self.relative()?.map(|(share, relative)| share * (relative - 1.0).powi(2)).sum::<f64>().sqrt())
    }

    /// Atkinson's measure (1970): 1 − (Σ s (x/μ)^(1−ε))^(1/(1−ε)), for ε = 1 one less the geometric mean over the mean. It was
    /// made for a good and is most sensitive to the small values. With ε of 1 and more it is 1, its limit, as soon as somebody
    /// has 0. `None` when all values are 0, and when ε is not above 0.
    pub fn atkinson(&self, epsilon: f64) -> Option<f64> {
        if !(epsilon > 0.0 && epsilon.is_finite()) {
            return None;
        }
        let relative = self.relative()?;
        // of a 0 the logarithm and the negative power are infinite, and the equivalent is 0, as in the limit
        let equivalent = if epsilon == 1.0 {
            relative.map(|(share, relative)| share * relative.ln()).sum::<f64>().exp()
        } else {
            let power = 1.0 - epsilon;
            relative.map(|(share, relative)| share * relative.powf(power)).sum::<f64>().powf(1.0 / power)
        };
        Some((1.0 - equivalent).clamp(0.0, 1.0))
    }

    /// The same without those who have 0; `None` when nobody has more.
    fn positive(&self) -> Option<(Spread, usize, Weight)> {
        let zeros = self.points.iter().take_while(|(value, _)| *value <= 0.0).count();
        let weight = self.points.iter().take(zeros).map(|(_, weight)| *weight).sum();
        Some((Spread::new(self.points.iter().skip(zeros).copied())?, zeros, weight))
    }

    /// Theil's T (1967): Σ s (x/μ) ln(x/μ), natural logarithms. 0 when all have the same. Who has 0 is left out, of the mean
    /// too, and counted. `None` when all values are 0.
    pub fn theil_t(&self) -> Option<OfPositive> {
        self.of_positive(|share, relative| share * relative * relative.ln())
    }

    /// Theil's L, the mean logarithmic deviation: Σ s ln(μ/x); otherwise as [`Spread::theil_t`].
    pub fn theil_l(&self) -> Option<OfPositive> {
        self.of_positive(|share, relative| -share * relative.ln())
    }

    fn of_positive(&self, term: impl Fn(f64, f64) -> f64) -> Option<OfPositive> {
        let (positive, zeros, zero_weight) = self.positive()?;
        let value = positive.relative()?.map(|(share, relative)| term(share, relative)).sum::<f64>().max(0.0);
        Some(OfPositive { value, zeros, zero_weight })
    }

    /// Those with more than `limit`, which is in the unit of the values. `None` unless it is above 0.
    pub fn beyond(&self, limit: f64) -> Option<Beyond> {
        if !(limit > 0.0 && limit.is_finite()) {
            return None;
        }
        let (total, mut who, mut gap, mut severity) = (self.total.to_f64(), Weight::ZERO, 0.0, 0.0);
        for (value, weight) in self.points.iter().filter(|(value, _)| *value > limit) {
            let short = (value - limit) / limit;
            who += *weight;
            gap += weight.to_f64() * short;
            severity += weight.to_f64() * short * short;
        }
        Some(Beyond {
            share: who.to_f64() / total,
            gap: gap / total,
            severity: severity / total,
            excess: (who > Weight::ZERO).then(|| gap * limit / who.to_f64()),
        })
    }
}

fn ratio(above: f64, below: f64) -> Option<f64> {
    (below > 0.0).then(|| above / below)
}

/// The smallest value at which the accumulated weight reaches a percentage of `total`, of points with the smallest value first:
/// the lower inverse of the distribution function. Points of weight 0 are nobody's value; `None` without any weight.
pub fn lower_quantile(sorted: &[(f64, Weight)], total: Weight, percent: u8) -> Option<f64> {
    let mut reached = 0i128;
    sorted.iter().find_map(|(value, weight)| {
        reached += weight.micros();
        (*weight > Weight::ZERO && reached * 100 >= total.micros() * i128::from(percent)).then_some(*value)
    })
}

/// Theil's T in and between groups: within = Σ S_g T_g and between = Σ S_g ln(μ_g/μ), where S_g is the group's share of all
/// value. Who has 0 is left out. `None` when nobody has more. An empty group is written as `None`.
pub fn theil_t_of(groups: &[Option<Spread>]) -> Option<Parts> {
    parts(groups, Spread::theil_t, |people, relative| (people * relative, people * relative * relative.ln()))
}

/// Theil's L in and between groups: within = Σ P_g L_g and between = Σ P_g ln(μ/μ_g), where P_g is the group's share of all
/// weight; otherwise as [`theil_t_of`].
pub fn theil_l_of(groups: &[Option<Spread>]) -> Option<Parts> {
    parts(groups, Spread::theil_l, |people, relative| (people, -people * relative.ln()))
}

/// `shares` makes of a group's share of the weight and its mean over the mean of all: the share that its own statistic has
/// within, and its term between.
fn parts(
    groups: &[Option<Spread>],
    statistic: impl Fn(&Spread) -> Option<OfPositive>,
    shares: impl Fn(f64, f64) -> (f64, f64),
) -> Option<Parts> {
    let groups: Vec<Option<Spread>> =
        groups.iter().map(|group| group.as_ref().and_then(Spread::positive).map(|(positive, ..)| positive)).collect();
    let total: Weight = groups.iter().flatten().map(|group| group.total).sum();
    let mean = groups.iter().flatten().map(|group| group.sum).sum::<f64>() / total.to_f64();
    if total == Weight::ZERO {
        return None;
    }
    let of_groups: Vec<Option<f64>> =
        groups.iter().map(|group| group.as_ref().and_then(&statistic).map(|found| found.value)).collect();
    let (mut within, mut between) = (0.0, 0.0);
    for (group, own) in groups.iter().zip(&of_groups) {
        let (Some(group), Some(own)) = (group, own) else { continue };
        let (share, term) = shares(group.total.to_f64() / total.to_f64(), group.mean() / mean);
        within += share * own;
        between += term;
    }
    Some(Parts { within, between: between.max(0.0), of_groups })
}

/// Concentration index by a ranking, e.g. income (Kakwani, Wagstaff and van Doorslaer 1997): 2 Σ s x r / μ − 1, where r is the
/// share of the weight that ranks lower plus half of those that rank alike.
///
/// Points are (rank, value, weight), the lowest rank first however they come. Between −1 and 1; above 0 when those who rank
/// high have more of the value, below when those who rank low have. 0 when all rank alike. `None` without any weight, when all
/// values are 0, and when a rank or a value of somebody is no number or a value is below 0.
pub fn concentration(points: impl IntoIterator<Item = (f64, f64, Weight)>) -> Option<f64> {
    let mut points: Vec<_> = points.into_iter().filter(|(_, _, weight)| *weight > Weight::ZERO).collect();
    if points.iter().any(|(rank, ..)| !rank.is_finite()) {
        return None;
    }
    let all = Spread::new(points.iter().map(|(_, value, weight)| (*value, *weight)))?;
    // 0 and −0 are one rank
    points.iter_mut().for_each(|point| point.0 += 0.0);
    points.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1)).then(x.2.cmp(&y.2)));
    let (mut lower, mut ranked) = (Weight::ZERO, 0.0);
    for alike in points.chunk_by(|x, y| x.0 == y.0) {
        let weight: Weight = alike.iter().map(|point| point.2).sum();
        let rank = (lower.to_f64() + weight.to_f64() / 2.0) / all.total.to_f64();
        ranked += rank * alike.iter().map(|(_, value, weight)| value * weight.to_f64()).sum::<f64>();
        lower += weight;
    }
    (all.sum > 0.0).then(|| (2.0 * ranked / all.sum - 1.0).clamp(-1.0, 1.0))
}
