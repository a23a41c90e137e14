//! Scenes of the benchmark by timetable, read as a run reads them, with ledger and preflight.

use rayon::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::base::clock::ServiceTime;
use crate::base::progress::Silent;
use crate::base::units::Limit;
use crate::base::units::Seconds;
use crate::cli::bench::Args;
use crate::cli::bench::BenchError;
use crate::cli::bench::Phases;
use crate::cli::bench::rounded;
use crate::config;
use crate::impedance::transit::TransitNetwork;
use crate::impedance::walks::Walker;
use crate::ingest;
use crate::model::place::Place;
use crate::model::streets::Mode;
use crate::model::study::Study;
use crate::model::transit::Transit;
use crate::model::travel::Travel;

/// A rectangle around a scene, and the config that reads it.
fn study(args: &Args, [west, south, east, north]: [f64; 4], rest: &str) -> Result<Study, BenchError> {
    let name = format!("w6_frame_{west}_{south}.geojson");
    let frame = json!({
        "type": "Feature",
        "properties": { "code": "1", "name": "frame" },
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
        },
    });
    let path = args.data.join(&name);
    std::fs::write(&path, frame.to_string()).map_err(|source| BenchError::Open { path, source })?;
    let text = format!(
        "title = {{ en = \"bench\", zh = \"bench\" }}\n[study]\nregions = {{ path = \"{name}\", level = \"county\" }}\n{rest}"
    );
    let plan = config::parse(&text, "bench", &args.data)?;
    Ok(ingest::study(&plan.study, &Silent)?)
}

fn transit<'s>(args: &Args, study: &'s Study) -> Result<&'s Transit, BenchError> {
    study.transit.as_ref().ok_or_else(|| BenchError::NoTimetable { path: args.data.clone() })
}

/// Number of times and their mean in minutes; whole seconds, so that the sum is exact.
fn summed(rows: &[(u64, u64)]) -> (u64, f64) {
    let (count, sum) = rows.iter().fold((0, 0), |(count, sum), row| (count + row.0, sum + row.1));
    (count, sum as f64 / count.max(1) as f64 / 60.0)
}

/// From all stops to all, leaving at 08:00, within an hour, without walks and without a least time for a change.
/// # Errors
/// [`BenchError`] when a file of the scene is not there or not as the generator writes it.
pub(super) fn grid(args: &Args, phases: &mut Phases) -> Result<Value, BenchError> {
    let feed = "transit = { gtfs = \"gtfs_grid.zip\", date = 2025-05-13, synthetic = true }\n";
    let study = study(args, [119.5, 31.3, 120.5, 32.1], feed)?;
    phases.end("load");
    let transit = transit(args, &study)?;
    let travel = Travel {
        minutes: 1,
        longest_s: 3600,
        max_walk: Limit::Time(Seconds(0.0)),
        change_s: 0,
        transfers: 15,
        ..Travel::default()
    };
    let walker = Walker::Straight { plane: &study.plane, speed: travel.walk_speed, detour: travel.walk_detour };
    let network = TransitNetwork::new(transit, &travel, walker);
    let ends = network.stop_ends();
    phases.end("build");
    let rows: Vec<(u64, u64)> = (0..transit.stops.len() as u32)
        .into_par_iter()
        .map(|stop| {
            let times = network.times_of_stop(stop, &ends);
            // who is there already needs no time
            let time = |end: usize| if end == stop as usize { Some(0) } else { times.at(end, 0) };
            (0..times.len()).filter_map(time).fold((0, 0), |(count, sum), time| (count + 1, sum + u64::from(time)))
        })
        .collect();
    phases.end("query");
    let (pairs, mean_min) = summed(&rows);
    Ok(json!({ "origins": rows.len(), "reachable_pairs": pairs, "mean_min": rounded(mean_min, 4) }))
}

/// From all zones to all, at 08:00 or over so many minutes from 13:00, walking up to 20 min to stops along the streets.
/// # Errors
/// As [`grid`].
pub(super) fn real(args: &Args, minutes: u32, phases: &mut Phases) -> Result<Value, BenchError> {
    let files = "demand = { path = \"zones_real.csv\", id = \"id\", x = \"lon\", y = \"lat\", crs = \"EPSG:4326\" }\n\
                 transit = { gtfs = [\"gtfs_real_0.zip\", \"gtfs_real_1.zip\"], date = 2019-05-13 }\n\
                 streets = { path = \"gtfs_real.osm.pbf\", layer = \"streets\" }\n";
    let study = study(args, [-51.5, -30.4, -50.9, -29.7], files)?;
    phases.end("load");
    let transit = transit(args, &study)?;
    let travel = Travel {
        // the sample's trips set in at noon; the peers' single departure is at 08:00 all the same
        from: ServiceTime(if minutes == 1 { 8 * 3600 } else { 13 * 3600 }),
        minutes,
        longest_s: 3600,
        max_walk: Limit::Time(Seconds(1200.0)),
        transfers: if minutes == 1 { 7 } else { 3 },
        ..Travel::default()
    };
    let walker = match study.streets.iter().find(|network| network.mode == Mode::Walk) {
        Some(streets) => Walker::Streets(streets),
        None => Walker::Straight { plane: &study.plane, speed: travel.walk_speed, detour: travel.walk_detour },
    };
    let network = TransitNetwork::new(transit, &travel, walker);
    let zones: Vec<Place> = study.demand.iter().flat_map(|layer| layer.at.iter().copied().flatten()).collect();
    let ends = network.ends(&zones);
    let lost = zones.iter().filter(|zone| network.snapped(zone).is_err()).count();
    phases.end("build");
    let ranks = [5.0, 25.0, 50.0, 75.0, 95.0];
    let rows: Vec<[(u64, u64); 5]> = zones
        .par_iter()
        .map(|zone| {
            let times = network.times(zone, &ends);
            let mut sums = [(0, 0); 5];
            for end in 0..times.len() {
                for (sum, time) in sums.iter_mut().zip(times.percentiles(end, &ranks)) {
                    if let Some(time) = time {
                        *sum = (sum.0 + 1, sum.1 + u64::from(time));
                    }
                }
            }
            sums
        })
        .collect();
    phases.end("query");
    let of = |rank: usize| summed(&rows.iter().map(|row| row[rank]).collect::<Vec<_>>());
    let (pairs, mean_min) = of(2);
    let all: Vec<Value> = (0..ranks.len())
        .map(|rank| json!({ "percentile": ranks[rank], "pairs": of(rank).0, "mean_min": rounded(of(rank).1, 3) }))
        .collect();
    Ok(json!({
        "zones": zones.len(),
        "zones_lost": lost,
        "reachable_pairs": pairs,
        "mean_min": rounded(mean_min, 3),
        "percentiles": if minutes > 1 { Value::from(all) } else { Value::Null },
        "told": network.told().en,
    }))
}
