//! What offices would report of the plan's rows that no map shows: a few made-up values, so that the form can be seen.

use super::SEED;
use super::land::Land;
use super::random::Random;
use super::services::Sheet;

const SOURCE: &str = "made up 合成数据";

/// A row for each indicator, region and day; regions by code, none for the whole province.
pub fn reported(land: &Land) -> Sheet {
    let mut rows = Vec::new();
    let mut say = |indicator: &str, region: &str, date: &str, value: String| {
        rows.push(vec![
            indicator.to_owned(),
            region.to_owned(),
            date.to_owned(),
            value,
            SOURCE.to_owned(),
            "true".to_owned(),
        ]);
    };
    // shares of the province in two years, and of each county in the second
    for (indicator, from, to, counties) in [
        ("i01-hukou-rate", 0.68, 0.70, Some((0.45, 0.95))),
        ("i04-public-school-share", 0.885, 0.893, Some((0.80, 0.98))),
        ("i06-settlement", 0.81, 0.86, None),
        ("i16-gas", 0.62, 0.91, Some((0.70, 1.0))),
    ] {
        say(indicator, "", "2024", percent(from));
        say(indicator, "", "2025", percent(to));
        let Some((low, high)) = counties else { continue };
        let mut random = Random::stream(SEED, indicator);
        for county in land.counties.iter().filter(|county| county.code.starts_with("32")) {
            let value = random.between(low, high);
            // not every county reports
            if random.chance(0.93) {
                say(indicator, &county.code, "2025", percent(value));
            }
        }
    }
    say("i03-tech-enrol", "", "2024", "41200".to_owned());
    say("i03-tech-enrol", "", "2025", "43800".to_owned());
    say("i17-gigacity", "", "2025", "2".to_owned());
    // steps: three hub cities, of which one says nothing
    say("i13-hub-cities", "320300", "2025-06-30", "yes".to_owned());
    say("i13-hub-cities", "320700", "2025-06-30", "under way".to_owned());
    (vec!["indicator", "region", "date", "value", "source", "synthetic"], rows)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
