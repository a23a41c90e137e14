//! An indicator's figure rests on nothing that another indicator asks for: alone, in pairs and all together it is the same.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tongda::app::run;
use tongda::app::run::RunOptions;
use tongda::base::progress::Silent;
use tongda::config;

/// What the named indicators of a config come to, each as JSON: figure, verdict, regions and weights. `more` is put behind the config.
fn rows(config: &str, more: &str, wanted: &[&str]) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(config);
    let text = fs::read_to_string(&path).unwrap() + more;
    let mut table: toml::Table = text.parse().unwrap();
    for name in ["output", "ranking"] {
        table.remove(name);
    }
    if let Some(toml::Value::Array(indicators)) = table.get_mut("indicator") {
        indicators.retain(|one| {
            one.get("id").and_then(toml::Value::as_str).is_some_and(|id| wanted.is_empty() || wanted.contains(&id))
        });
    }
    let text = toml::to_string(&table).unwrap();
    let plan =
        config::parse(&text, config, path.parent().unwrap()).unwrap_or_else(|error| panic!("{wanted:?}: {error:?}"));
    let finished = run::run(&plan, RunOptions { write_nothing: true, ..RunOptions::default() }, &Silent)
        .unwrap_or_else(|error| panic!("{wanted:?}: {error}"));
    finished
        .card
        .indicators
        .iter()
        .map(|row| {
            let mut row = serde_json::to_value(row).unwrap();
            if let Some(fields) = row.as_object_mut() {
                fields.retain(|key, _| {
                    ["id", "figure", "verdict", "regions", "weights", "classes"].contains(&key.as_str())
                });
            }
            row
        })
        .collect()
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// By car in central Helsinki, where 233 turns are restricted, and ways of other modes lead from the same crossings.
const BY_CAR: &str = "\n[[indicator]]\nid = \"by-car\"\nmeasure.nearest = { kind = \"school\", by = \"drive\", cost = \"time\", weight = \"floor-area\" }\n\
    [[indicator]]\nid = \"by-bicycle\"\nmeasure.nearest = { kind = \"school\", by = \"bicycle\", cost = \"time\", weight = \"floor-area\" }\n";

const STUDIES: [(&str, &str); 2] = [("helsinki-room.toml", BY_CAR), ("fifteen-minute-city.toml", "")];

#[test]
fn alone_and_with_all_others_a_figure_is_the_same() {
    for (config, more) in STUDIES {
        let together = rows(config, more, &[]);
        assert!(together.len() > 3, "{config}");
        for (id, want) in ids(&together).iter().zip(&together) {
            let alone = rows(config, more, &[id]);
            assert_eq!(alone, std::slice::from_ref(want), "{config}: {id} alone");
        }
    }
}

/// All pairs of every demo but the whole plan, whose 108 rows would make 5,778.
#[test]
#[ignore = "long: some two hundred runs"]
fn in_every_pair_a_figure_is_the_same() {
    let more = [
        ("living-circle.toml", ""),
        ("helsinki.toml", ""),
        ("jiangsu.toml", ""),
        ("jiangsu-timetable.toml", ""),
        ("jiangsu-room.toml", ""),
    ];
    for (config, more) in STUDIES.into_iter().chain(more) {
        let together = rows(config, more, &[]);
        let ids = ids(&together);
        for first in 0..ids.len() {
            for second in first + 1..ids.len() {
                let pair = rows(config, more, &[&ids[first], &ids[second]]);
                assert_eq!(
                    pair,
                    [together[first].clone(), together[second].clone()],
                    "{config}: {} and {}",
                    ids[first],
                    ids[second]
                );
            }
        }
    }
}
