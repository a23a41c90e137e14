//! When two lengths are the same: one tolerance for limits, ties and borders.
//!
//! The way from the numbers of a file to the study plane and back rounds: a place 5 km away can come out 5,000.000 000 4 m away. What is
//! decided by a length is therefore decided to the millimetre: lengths that differ by at most half of one are the same. Costs in seconds
//! are compared to the millisecond, by the same number.

/// Half a millimetre, in metres; half a millisecond, in seconds.
pub const SAME: f64 = 0.000_5;

/// Whether a cost is within a limit, the limit itself included.
#[inline]
pub fn is_within(cost: f64, limit: f64) -> bool {
    cost <= limit + SAME
}

/// Whether a length is at least another, that one included.
#[inline]
pub fn is_at_least(length: f64, least: f64) -> bool {
    length >= least - SAME
}

/// Puts answers in order: cheapest first; of those that cost the same the lower index first, all at the cost of the cheapest of them.
pub fn order(row: &mut [(u32, f64)]) {
    row.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let mut start = 0;
    while start < row.len() {
        let cheapest = row[start].1;
        let count = row[start..].partition_point(|(_, cost)| is_within(*cost, cheapest));
        let alike = &mut row[start..start + count];
        if count > 1 {
            alike.iter_mut().for_each(|(_, cost)| *cost = cheapest);
            alike.sort_unstable_by_key(|(at, _)| *at);
        }
        start += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_included_to_the_millimetre() {
        for (cost, within) in
            [(5_000.0, true), (5_000.000_000_4, true), (5_000.000_4, true), (5_000.001, false), (4999.0, true)]
        {
            assert_eq!(is_within(cost, 5000.0), within, "{cost}");
        }
        assert!(is_at_least(499.999_9, 500.0) && !is_at_least(499.999, 500.0));
    }

    #[test]
    fn of_answers_alike_to_the_millimetre_the_lower_index_is_first() {
        let mut row = vec![(3, 10.0), (1, 10.000_000_1), (0, 10.002), (2, 9.0)];
        order(&mut row);
        assert_eq!(row, [(2, 9.0), (1, 10.0), (3, 10.0), (0, 10.002)]);
        order(&mut []);
    }
}
