//! How much a facility counts at a cost: the decay of the floating catchments.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::same::is_within;
use crate::base::units::Limit;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::MetricError;

/// How much a facility counts at a cost, as a config names it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Decay {
    /// 1 everywhere within the limit.
    #[default]
    Binary,
    /// Weights by bands: `[["10 min", 1], ["20 min", 0.68], ["30 min", 0.22]]`. A band includes its end; the last end is the limit.
    Steps(Vec<(Limit, f64)>),
    /// Falls like a bell to nothing at the limit (Dai 2010).
    Gaussian,
    /// Falls like a parabola to nothing at the limit, from three quarters (Epanechnikov's kernel).
    Epanechnikov,
    /// Falls to 1/e with every such length or time.
    Exponential(Limit),
    /// Falls with a power of the cost.
    InversePower(Power),
}

/// The numbers of an inverse power.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Power {
    /// The exponent: 1 halves the weight with every doubling of the cost, 2 quarters it.
    pub exponent: f64,
    /// Up to here, the length or time itself included, the weight is 1; the power of 0 would have none.
    pub from: Limit,
}

/// A decay with its limit, ready to weigh: costs in metres or seconds, as the limit says.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    shape: Shape,
    limit: f64,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Binary,
    /// Ends of the bands, rising, with their weights.
    Steps(Vec<(f64, f64)>),
    Gaussian,
    Epanechnikov,
    Exponential(f64),
    InversePower {
        exponent: f64,
        from: f64,
    },
}

impl Decay {
    /// The limit: of steps the end of the last band, of every other decay `within`.
    /// # Errors
    /// [`MetricError::Parameter`] when there is none, or two.
    pub fn limit(&self, within: Option<Limit>) -> Result<Limit, MetricError> {
        match (self, within) {
            (Decay::Steps(steps), None) => steps.last().map(|(end, _)| *end).ok_or_else(|| wrong("has no step")),
            (Decay::Steps(_), Some(_)) => {
                let what = "the last step is the limit; leave within out".to_owned();
                Err(MetricError::Parameter { key: "within", what })
            }
            (_, Some(within)) => Ok(within),
            (_, None) => {
                let what = "how far one goes at most is missing; write for example within = \"30 min\"".to_owned();
                Err(MetricError::Parameter { key: "within", what })
            }
        }
    }

    /// The curve with its limit.
    /// # Errors
    /// [`MetricError::Parameter`]: no limit or one of 0 where the curve needs more, lengths beside times, steps that do not
    /// rise, weights that rise or are not above 0 and at most 1, an exponent or a scale that is not above 0.
    pub fn curve(&self, within: Option<Limit>) -> Result<Curve, MetricError> {
        let limit = self.limit(within)?;
        let of_one_unit = |other: Limit| match CostUnit::from(other) == CostUnit::from(limit) {
            true => Ok(other.value()),
            false => Err(wrong(&format!("mixes lengths and times: {other} beside {limit}"))),
        };
        let above_zero = |number: f64, what: &str| match number > 0.0 && number.is_finite() {
            true => Ok(number),
            false => Err(wrong(&format!("{what} is {number}; write one above 0"))),
        };
        let shape = match self {
            Decay::Binary => Shape::Binary,
            Decay::Steps(steps) => {
                let mut bands: Vec<(f64, f64)> = Vec::new();
                for (end, weight) in steps {
                    let end_value = of_one_unit(*end)?;
                    if !(*weight > 0.0 && *weight <= 1.0) {
                        return Err(wrong(&format!("weight {weight} of {end} is not above 0 and at most 1")));
                    }
                    if let Some((before, more)) = bands.last() {
                        if end_value <= *before {
                            return Err(wrong(&format!("steps must rise, {end} does not")));
                        }
                        if weight > more {
                            return Err(wrong(&format!("weights must not rise with the cost, {weight} of {end} does")));
                        }
                    }
                    bands.push((end_value, *weight));
                }
                Shape::Steps(bands)
            }
            Decay::Gaussian | Decay::Epanechnikov => {
                above_zero(limit.value(), "the limit")?;
                if *self == Decay::Gaussian { Shape::Gaussian } else { Shape::Epanechnikov }
            }
            Decay::Exponential(scale) => {
                Shape::Exponential(above_zero(of_one_unit(*scale)?, "the length or time of exponential")?)
            }
            Decay::InversePower(power) => Shape::InversePower {
                exponent: above_zero(power.exponent, "exponent")?,
                from: above_zero(of_one_unit(power.from)?, "from")?,
            },
        };
        Ok(Curve { shape, limit: limit.value() })
    }
}

/// Sums of people keep weights above this to more than nine digits.
const LEAST: f64 = 1e-9;

fn wrong(what: &str) -> MetricError {
    MetricError::Parameter { key: "decay", what: what.to_owned() }
}

impl Curve {
    /// The largest cost that counts, itself included; metres or seconds.
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// The ends of bands within which the weight is the same, rising, each with its weight; `None` where it falls between them.
    pub(crate) fn bands(&self) -> Option<Vec<(f64, f64)>> {
        let bands = match &self.shape {
            Shape::Binary => vec![(self.limit, 1.0)],
            Shape::Steps(bands) => bands.clone(),
            _ => return None,
        };
        bands.iter().all(|(_, weight)| *weight >= LEAST).then_some(bands)
    }

    /// The weight at a cost, from 0 to 1: never rising with the cost, and 0 beyond the limit and where it would be below 10⁻⁹.
    ///
    /// With c the cost and c₀ the limit: binary 1; steps the weight of the first band whose end is not below c; Gaussian
    /// (e^(−½(c/c₀)²) − e^(−½)) / (1 − e^(−½)), which is 1 at 0 and 0 at c₀ (Dai 2010, Health & Place 16(5), eq. 2); Epanechnikov
    /// ¾(1 − (c/c₀)²), which is ¾ at 0 and 0 at c₀ (Dai and Wang 2011, Environment and Planning B 38); exponential e^(−c/s), s the
    /// scale; inverse power (max(c, f)/f)^(−β), which is 1 up to f (Hansen 1959 has no f, and no value at 0).
    pub fn weight(&self, cost: f64) -> f64 {
        if !is_within(cost, self.limit) {
            return 0.0;
        }
        let weight = match &self.shape {
            Shape::Binary => 1.0,
            Shape::Steps(bands) => {
                bands.iter().find(|(end, _)| is_within(cost, *end)).map_or(0.0, |(_, weight)| *weight)
            }
            Shape::Gaussian => {
                let (share, edge) = (cost / self.limit, (-0.5f64).exp());
                (((-0.5 * share * share).exp() - edge) / (1.0 - edge)).max(0.0)
            }
            Shape::Epanechnikov => {
                let share = cost / self.limit;
                0.75 * (1.0 - share * share).max(0.0)
            }
            Shape::Exponential(scale) => (-cost / scale).exp(),
            Shape::InversePower { exponent, from } => (cost.max(*from) / from).powf(-exponent),
        };
        if weight < LEAST { 0.0 } else { weight }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> Limit {
        text.parse().unwrap()
    }

    /// Every decay with its weight at 0.
    fn all() -> Vec<(Decay, Option<Limit>, f64)> {
        let within = Some(limit("30 min"));
        let steps = |weights: [f64; 3]| {
            vec![(limit("10 min"), weights[0]), (limit("20 min"), weights[1]), (limit("30 min"), weights[2])]
        };
        vec![
            (Decay::Binary, within, 1.0),
            (Decay::Steps(steps([1.0, 0.68, 0.22])), None, 1.0),
            // Wan, Zou and Sternberg (2012) have no weight of 1
            (Decay::Steps(steps([0.962, 0.704, 0.377])), None, 0.962),
            (Decay::Gaussian, within, 1.0),
            (Decay::Epanechnikov, within, 0.75),
            (Decay::Exponential(limit("10 min")), within, 1.0),
            (Decay::InversePower(Power { exponent: 2.0, from: limit("1 min") }), within, 1.0),
        ]
    }

    #[test]
    fn every_decay_falls_from_its_weight_at_zero_to_nothing_beyond_the_limit() {
        for (decay, within, at_zero) in all() {
            let curve = decay.curve(within).unwrap();
            assert_eq!(curve.limit(), 1800.0, "{decay:?}");
            assert!((curve.weight(0.0) - at_zero).abs() < 1e-15, "{decay:?}: {}", curve.weight(0.0));
            let weights: Vec<f64> = (0..=2000).map(|second| curve.weight(f64::from(second))).collect();
            assert!(weights.windows(2).all(|pair| pair[0] >= pair[1]), "{decay:?} rises");
            assert!(weights.iter().all(|weight| (0.0..=1.0).contains(weight)), "{decay:?}");
            // a thousandth of a metre or of a second to either side of the limit
            assert!(curve.weight(1800.0 - 1e-3) > 0.0, "{decay:?} just within");
            assert!(curve.weight(1800.0) <= curve.weight(1800.0 - 1e-3), "{decay:?} at the limit");
            assert_eq!(curve.weight(1800.0 + 1e-3), 0.0, "{decay:?} just beyond");
            let ends_at_nothing = matches!(decay, Decay::Gaussian | Decay::Epanechnikov);
            assert_eq!(curve.weight(1800.0) > 0.0, !ends_at_nothing, "{decay:?} at the limit");
        }
    }

    #[test]
    fn weights_are_those_of_the_worked_example() {
        // minutes 5, 25, 15, 12, 8 with a limit of 30 (numpy, fca.py of the domain specification, "Gauss W" and "Epan W")
        let within = Some(limit("30 min"));
        let at = |decay: &Decay, minutes: f64| decay.curve(within).unwrap().weight(minutes * 60.0);
        for (minutes, gauss, parabola) in [
            (5.0, 0.964945, 0.729167),
            (25.0, 0.254448, 0.229167),
            (15.0, 0.701367, 0.5625),
            (12.0, 0.804601, 0.63),
            (8.0, 0.911223, 0.696667),
        ] {
            assert!((at(&Decay::Gaussian, minutes) - gauss).abs() < 5e-7, "{minutes}");
            assert!((at(&Decay::Epanechnikov, minutes) - parabola).abs() < 5e-7, "{minutes}");
        }
        // e^(−2) and (1/20)²
        assert!((at(&Decay::Exponential(limit("10 min")), 20.0) - (-2.0f64).exp()).abs() < 1e-15);
        let power = Decay::InversePower(Power { exponent: 2.0, from: limit("1 min") });
        assert!((at(&power, 20.0) - 0.0025).abs() < 1e-15);
    }

    #[test]
    fn a_band_includes_its_end_to_the_millimetre() {
        let steps = Decay::Steps(vec![(limit("500 m"), 1.0), (limit("1 km"), 0.5)]);
        let curve = steps.curve(None).unwrap();
        let cases = [(499.999, 1.0), (500.0, 1.0), (500.001, 0.5), (999.999, 0.5), (1000.0, 0.5), (1000.001, 0.0)];
        for (cost, weight) in cases {
            assert_eq!(curve.weight(cost), weight, "{cost}");
        }
        // nothing but the place itself is within 0 m
        let here = Decay::Binary.curve(Some(limit("0 m"))).unwrap();
        assert_eq!((here.weight(0.0), here.weight(0.001)), (1.0, 0.0));
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        let steps =
            |steps: &[(&str, f64)]| Decay::Steps(steps.iter().map(|(end, weight)| (limit(end), *weight)).collect());
        let within = Some(limit("30 min"));
        let cases = [
            (steps(&[]), None, "no step"),
            (steps(&[("1 km", 1.0)]), within, "leave within out"),
            (steps(&[("1 km", 1.0), ("10 min", 0.5)]), None, "mixes"),
            (steps(&[("1 km", 1.0), ("1 km", 0.5)]), None, "must rise"),
            (steps(&[("1 km", 0.5), ("2 km", 0.6)]), None, "must not rise"),
            (steps(&[("1 km", 1.5)]), None, "at most 1"),
            (steps(&[("1 km", 0.0)]), None, "above 0"),
            (steps(&[("1 km", f64::NAN)]), None, "above 0"),
            (Decay::Gaussian, None, "within"),
            (Decay::Gaussian, Some(limit("0 m")), "above 0"),
            (Decay::Exponential(limit("0 s")), within, "above 0"),
            (Decay::Exponential(limit("1 km")), within, "mixes"),
            (Decay::InversePower(Power { exponent: -1.0, from: limit("1 min") }), within, "above 0"),
            (Decay::InversePower(Power { exponent: 1.0, from: limit("0 min") }), within, "above 0"),
        ];
        for (decay, within, says) in cases {
            let message = decay.curve(within).unwrap_err().to_string();
            assert!(message.contains(says), "{decay:?}: {message}");
        }
    }
}
