//! A made-up bureau's own list of joined pairs, which mostly but not always agrees with its lines.

use std::error::Error;

use super::SEED;
use super::buses::Network;
use super::land::Land;
use super::random::Random;
use super::services::Sheet;

/// Declared, though no bus joins them both ways: one way only, coaches only, two ends with a walk, no line, no data.
const ONLY_DECLARED: &[(&str, &str)] = &[
    ("320206", "320412"),
    ("320281", "321282"),
    ("320312", "320321"),
    ("320582", "320682"),
    ("320722", "321322"),
    ("320813", "321324"),
];

/// Joined by a bus line, though the bureau forgot to say so.
const ONLY_DRIVEN: &[(&str, &str)] = &[
    ("320106", "320113"),
    ("320213", "320214"),
    ("320612", "320613"),
    ("320904", "321281"),
    ("321002", "321182"),
    ("321302", "321323"),
];

/// Declared, but these counties do not border on one another.
const NOT_NEIGHBOURS: &[(&str, &str)] = &[("320102", "320282"), ("320623", "320681")];

/// Declared once and closed since.
const CLOSED: &[(&str, &str)] = &[("320506", "320583"), ("320830", "320831")];

pub fn ledger(land: &Land, network: &Network) -> Result<Sheet, Box<dyn Error>> {
    let mut random = Random::stream(SEED, "ledger");
    let mut lines: Vec<(String, String, String, u64, String)> = Vec::new();
    for joined in &network.joined {
        let codes = (land.counties[joined.a].code.clone(), land.counties[joined.b].code.clone());
        if !ONLY_DRIVEN.contains(&(codes.0.as_str(), codes.1.as_str())) {
            lines.push((codes.0, codes.1, joined.line.clone(), joined.trips, String::new()));
        }
    }
    let mut number = 0;
    for (pairs, closed) in [(ONLY_DECLARED, ""), (NOT_NEIGHBOURS, ""), (CLOSED, "2025-06-30")] {
        for (a, b) in pairs {
            number += 1;
            let line = format!("D{number:03}");
            lines.push(((*a).to_owned(), (*b).to_owned(), line, random.whole(2, 12), closed.to_owned()));
        }
    }
    lines.sort();
    let rows = lines
        .into_iter()
        .map(|(a, b, line, trips, closed)| {
            let opened = format!("{}-{:02}-01", random.whole(2012, 2024), random.whole(1, 12));
            vec![a, b, line, opened, closed, trips.to_string(), "true".to_owned()]
        })
        .collect();
    Ok((vec!["code_a", "code_b", "line", "opened", "closed", "trips_per_day", "synthetic"], rows))
}
