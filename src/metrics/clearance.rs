//! How long it takes at least until a facility has taken people in, when only so many a minute get through a street.

use crate::impedance::segments::Snapper;
use crate::model::facility::Facility;
use crate::model::streets::Kind;
use crate::model::streets::StreetNetwork;

/// By how many ways one comes to each facility: at a junction the streets that lead into it, along a street its open directions; `None` for a
/// facility off the streets, on a closed one, or on a square, where one comes from all sides.
pub(crate) fn arms(network: &StreetNetwork, facilities: &[&Facility]) -> Vec<Option<u32>> {
    let snapper = Snapper::new(network);
    facilities
        .iter()
        .map(|facility| {
            let snap = snapper.snap(&facility.at).ok()?;
            let edge = &network.edges()[snap.edge as usize];
            if matches!(edge.kind, Kind::Outline | Kind::Across) {
                return None;
            }
            let junction = if snap.along_m <= 0.0 {
                Some(edge.from)
            } else if snap.along_m >= edge.length_m {
                Some(edge.to)
            } else {
                None
            };
            let open = match junction {
                None => edge.seconds.iter().filter(|seconds| seconds.is_finite()).count(),
                Some(junction) => network
                    .edges()
                    .iter()
                    .flat_map(|edge| [(edge.to, edge.seconds[0]), (edge.from, edge.seconds[1])])
                    .filter(|(end, seconds)| *end == junction && seconds.is_finite())
                    .count(),
            };
            Some(open as u32).filter(|open| *open > 0)
        })
        .collect()
}

/// Seconds that it takes at least to take in `people` at `flow` people a minute and way, and at least the time of the farthest of them,
/// where that is known.
pub(crate) fn least_seconds(people: f64, flow: f64, arms: u32, farthest_s: Option<f64>) -> f64 {
    let queue = people / (flow * f64::from(arms)) * 60.0;
    queue.max(farthest_s.unwrap_or(0.0))
}
