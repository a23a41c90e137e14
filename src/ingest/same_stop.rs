//! Which rows of a route table are one stop: those of one id or name that lie beside each other in one region.

use std::collections::BTreeMap;

use crate::model::place::PlaneXy;

/// Places of one stop lie no farther apart than this.
pub(crate) const SAME_STOP_M: f64 = 100.0;

/// A row with a place.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// Id or name of the stop.
    pub key: String,
    /// What the table says of its region.
    pub region: Option<String>,
    pub at: PlaneXy,
}

/// One stop.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spot {
    pub key: String,
    pub region: Option<String>,
    pub at: PlaneXy,
    /// Among the stops of its key, the one with most rows first; from 0.
    pub nth: usize,
    /// How far it is from the farthest other stop of its key, metres; 0 where it is the only one.
    pub apart_m: f64,
}

/// The stop of each row, and the stops; neither depends on the order of the rows.
///
/// Rows of one key are one stop when the table puts them into one region, or says nothing of the region of one, and both lie within
/// [`SAME_STOP_M`] of the place that most of them give. A stop lies where most of its rows say.
pub(crate) fn spots(rows: &[Named]) -> (Vec<usize>, Vec<Spot>) {
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        by_key.entry(&row.key).or_default().push(at);
    }
    let mut spot_of = vec![0; rows.len()];
    let mut spots: Vec<Spot> = Vec::new();
    for (key, own) in by_key {
        // places by region with the number of rows that give them; those without a region last, they join the others
        let mut counts: Vec<(Option<&str>, PlaneXy, usize)> = Vec::new();
        let mut sorted: Vec<(Option<&str>, PlaneXy)> =
            own.iter().map(|at| (rows[*at].region.as_deref(), rows[*at].at)).collect();
        let order = |a: &PlaneXy, b: &PlaneXy| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y));
        let by_region = |a: Option<&str>, b: Option<&str>| a.is_none().cmp(&b.is_none()).then(a.cmp(&b));
        sorted.sort_by(|a, b| by_region(a.0, b.0).then(order(&a.1, &b.1)));
        for (region, at) in sorted {
            match counts.last_mut() {
                Some((same, place, count)) if *same == region && *place == at => *count += 1,
                _ => counts.push((region, at, 1)),
            }
        }
        counts.sort_by(|a, b| by_region(a.0, b.0).then(b.2.cmp(&a.2)).then(order(&a.1, &b.1)));
        let mut leaders: Vec<(Option<&str>, PlaneXy, usize)> = Vec::new();
        let joins = |region: Option<&str>, other: Option<&str>| region == other || region.is_none();
        let nearest = |leaders: &[(Option<&str>, PlaneXy, usize)], region: Option<&str>, at: PlaneXy| {
            let all = leaders.iter().enumerate().filter(|(_, (other, ..))| joins(region, *other));
            let all = all.map(|(nth, (_, place, _))| (nth, place.distance_m(at)));
            all.filter(|(_, metres)| *metres <= SAME_STOP_M).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(nth, _)| nth)
        };
        for (region, at, _) in &counts {
            if nearest(&leaders, *region, *at).is_none() {
                leaders.push((*region, *at, 0));
            }
        }
        let of_row: Vec<usize> =
            own.iter().map(|at| nearest(&leaders, rows[*at].region.as_deref(), rows[*at].at).unwrap_or(0)).collect();
        for leader in &of_row {
            leaders[*leader].2 += 1;
        }
        let mut ranked: Vec<usize> = (0..leaders.len()).collect();
        ranked.sort_by(|a, b| {
            let (a, b) = (&leaders[*a], &leaders[*b]);
            b.2.cmp(&a.2).then(order(&a.1, &b.1)).then(a.0.cmp(&b.0))
        });
        let mut nth_of = vec![0; leaders.len()];
        for (nth, leader) in ranked.iter().enumerate() {
            nth_of[*leader] = spots.len() + nth;
        }
        for (at, leader) in own.iter().zip(of_row) {
            spot_of[*at] = nth_of[leader];
        }
        let first = spots.len();
        for leader in ranked {
            let (region, at, _) = leaders[leader];
            let apart_m = leaders.iter().map(|(_, other, _)| other.distance_m(at)).fold(0.0, f64::max);
            spots.push(Spot {
                key: key.to_owned(),
                region: region.map(str::to_owned),
                at,
                nth: spots.len() - first,
                apart_m,
            });
        }
    }
    (spot_of, spots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, region: &str, x: f64) -> Named {
        let region = Some(region.to_owned()).filter(|region| !region.is_empty());
        Named { key: key.into(), region, at: PlaneXy { x, y: 0.0 } }
    }

    #[test]
    fn a_name_is_another_stop_far_away_or_in_another_region() {
        // (rows, stops as they group the rows)
        let cases: [(&[Named], &[usize]); 6] = [
            (&[row("a", "", 0.0), row("a", "", 100.0)], &[0, 0]),
            (&[row("a", "", 0.0), row("a", "", 100.001)], &[0, 1]),
            (&[row("a", "1", 0.0), row("a", "2", 5.0)], &[0, 1]),
            (&[row("a", "1", 0.0), row("a", "", 5.0)], &[0, 0]),
            (&[row("a", "", 0.0), row("b", "", 0.0)], &[0, 1]),
            // most rows say where it is: 90 m either way of it are the same stop
            (&[row("a", "", 0.0), row("a", "", 90.0), row("a", "", 90.0), row("a", "", 180.0)], &[0, 0, 0, 0]),
        ];
        for (rows, want) in cases {
            let (of, spots) = spots(rows);
            assert_eq!(of, want, "{rows:?}");
            assert_eq!(spots.len(), want.iter().max().unwrap() + 1);
        }
    }

    #[test]
    fn the_order_of_the_rows_changes_nothing() {
        let rows: Vec<Named> = [0.0, 60.0, 120.0, 180.0, 120.0, 400.0, 390.0, 0.0]
            .iter()
            .enumerate()
            .map(|(at, x)| row("a", ["", "1", "2"][at % 3], *x))
            .collect();
        let (want, stops) = spots(&rows);
        let mut backwards = rows.clone();
        backwards.reverse();
        let (mut got, same) = spots(&backwards);
        got.reverse();
        assert_eq!((got, same), (want, stops));
    }
}
