//! A whole shared out in proportion, to the last millionth.

use crate::base::units::Weight;

/// Bits of the largest share as a whole number, where the total leaves room for them.
const SHARE_BITS: u32 = 52;

/// `total` shared out in proportion to `shares`: the method of largest remainders (Hamilton).
///
/// Each part is its quota, cut to a millionth; the millionths that are left go, one each, to those who lost most by the cut, the lower
/// index first among equals. The parts add up to the total exactly, and each is less than a millionth off its quota. Shares are taken to
/// some 14 digits of the largest one. `None` when no share is above 0, when one is negative or not finite, and for a total below 0 or of
/// 2¹⁰⁰ millionths and more.
/// Cost n log n.
pub fn apportion(total: Weight, shares: &[f64]) -> Option<Vec<Weight>> {
    let most = shares.iter().copied().fold(0.0, f64::max);
    let is_share = |share: &f64| share.is_finite() && *share >= 0.0;
    let is_total = (0..1i128 << 100).contains(&total.micros());
    if !(most > 0.0 && is_total && shares.iter().all(is_share)) {
        return None;
    }
    // products of the total and a share stay below 2^127; a power of two keeps whole shares whole
    let room = (126 - (128 - total.micros().leading_zeros())).min(SHARE_BITS) as i32;
    let factor = 2f64.powi((room - 2 - most.log2().floor() as i32).clamp(-1000, 1000));
    let whole: Vec<i128> = shares.iter().map(|share| (share * factor).round() as i128).collect();
    let sum: i128 = whole.iter().sum();
    if sum <= 0 {
        return None;
    }
    Some(apportion_whole(total.micros(), &whole).into_iter().map(Weight::from_micros).collect())
}

/// A whole number shared out in proportion to whole numbers, exactly: the method of [`apportion`].
///
/// Neither may be negative, and the total times the largest share must stay below 2¹²⁷. Without a share above 0 nobody gets anything.
/// No part is larger than its share where the total is no larger than all shares together.
pub fn apportion_whole(total: i128, shares: &[i128]) -> Vec<i128> {
    let sum: i128 = shares.iter().sum();
    if sum <= 0 {
        return vec![0; shares.len()];
    }
    let mut parts: Vec<i128> = shares.iter().map(|share| total * share / sum).collect();
    let left = total - parts.iter().sum::<i128>();
    if left > 0 {
        let mut by_loss: Vec<(i128, usize)> =
            shares.iter().enumerate().map(|(at, share)| (total * share % sum, at)).collect();
        by_loss.sort_unstable_by(|x, y| y.0.cmp(&x.0).then(x.1.cmp(&y.1)));
        for (_, at) in by_loss.into_iter().take(left as usize) {
            parts[at] += 1;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(total: i128, shares: &[f64]) -> Vec<i128> {
        apportion(Weight::from_micros(total), shares).unwrap().into_iter().map(Weight::micros).collect()
    }

    #[test]
    fn a_thousand_people_live_where_the_weights_are() {
        // classes of 2, 3 and 5 km² with weights 10, 3 and 0: 20, 9 and 0 of 29; half of the first class, a third of the second and 3 km² of the
        // third are covered: 1000 · (10 + 3)/29 = 448.2759, where by area 1000 · (1 + 1 + 3)/10 = 500
        let covered =
            |parts: &[Weight]| parts[0].to_f64() / 2.0 + parts[1].to_f64() / 3.0 + parts[2].to_f64() * 3.0 / 5.0;
        let by_weight = apportion(Weight::whole(1000), &[20.0, 9.0, 0.0]).unwrap();
        assert!((covered(&by_weight) - 448.275_862).abs() < 1e-6, "{by_weight:?}");
        let by_area = apportion(Weight::whole(1000), &[2.0, 3.0, 5.0]).unwrap();
        assert_eq!(covered(&by_area), 500.0);
    }

    #[test]
    fn what_is_left_goes_to_the_largest_remainders_and_then_to_the_lower_index() {
        // quotas 10/3 each: 3 and a third; one is left
        assert_eq!(micros(10, &[1.0, 1.0, 1.0]), [4, 3, 3]);
        // quotas 0.5, 1.25 and 3.25 of 5: cut 0, 1 and 3; the first lost most
        assert_eq!(micros(5, &[2.0, 5.0, 13.0]), [1, 1, 3]);
        assert_eq!(micros(0, &[2.0, 5.0]), [0, 0]);
        assert_eq!(micros(7, &[0.0, 3.0, 0.0]), [0, 7, 0]);
    }

    #[test]
    fn without_a_share_nothing_can_be_shared_out() {
        for shares in [&[][..], &[0.0, 0.0], &[1.0, -1.0], &[1.0, f64::NAN], &[f64::INFINITY]] {
            assert_eq!(apportion(Weight::ONE, shares), None, "{shares:?}");
        }
        assert_eq!(apportion(Weight::ZERO - Weight::ONE, &[1.0]), None);
    }

    #[test]
    fn parts_add_up_and_keep_their_quota_whatever_the_shares() {
        let seed: u64 = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(11);
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        for round in 0..2000 {
            let count = 1 + (random() * 40.0) as usize;
            let shares: Vec<f64> =
                (0..count).map(|_| if random() < 0.2 { 0.0 } else { 10f64.powf(random() * 12.0 - 6.0) }).collect();
            let total = Weight::from_micros((10f64.powf(random() * 24.0)) as i128);
            let Some(parts) = apportion(total, &shares) else {
                assert!(shares.iter().all(|share| *share == 0.0), "seed {seed}, round {round}");
                continue;
            };
            assert_eq!(parts.iter().copied().sum::<Weight>(), total, "seed {seed}, round {round}");
            let sum: f64 = shares.iter().sum();
            for (part, share) in parts.iter().zip(&shares) {
                let quota = total.micros() as f64 * (share / sum);
                // the quota in floating point is off by a part in 10^13 itself
                let slack = 1.0 + total.micros() as f64 * 1e-13;
                assert!((part.micros() as f64 - quota).abs() <= slack, "seed {seed}, round {round}: {part:?} {quota}");
            }
        }
    }
}
