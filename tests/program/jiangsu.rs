//! The demo's study on both boundary files, against facts measured with GEOS 3.13 (shapely 2, EPSG:4549, exact shared edges).
//!
//! The facts: 241 pairs within Jiangsu share at least 500 m of border in both files; 311 pairs touch Jiangsu, 308 of them in
//! common (海门, listed there under its old code 320684, is 320614 in the files); three pairs of the WGS 84 file touch across the Yangtze for less (376 m and twice a point).

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;

use tongda::app::run;
use tongda::app::run::Finished;
use tongda::app::run::RunOptions;
use tongda::base::progress::Silent;
use tongda::base::units::Lang;
use tongda::config;
use tongda::indicators::scorecard::Row;
use tongda::indicators::verdict::Verdict;

fn judged(name: &str) -> Finished {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(name);
    let plan = config::load(&path).unwrap_or_else(|error| panic!("{error:?}"));
    let options = RunOptions { write_nothing: true, out_dir: None, lang: Some(Lang::En) };
    run::run(&plan, options, &Silent).unwrap_or_else(|error| panic!("{error}"))
}

fn row<'f>(finished: &'f Finished, id: &str) -> &'f Row {
    finished.card.indicators.iter().find(|row| row.id == id).unwrap()
}

fn pairs(row: &Row) -> BTreeSet<String> {
    row.evidence.iter().map(|evidence| evidence.key.clone()).collect()
}

/// Pairs within the province and across its border, those without data included.
fn counts(row: &Row) -> (f64, f64) {
    let count = |at: usize| {
        let figure = &row.variants[0].others[at].1;
        figure.whole.unwrap() + figure.unknown
    };
    (count(0), count(1))
}

#[test]
fn neighbouring_pairs_agree_with_geos_in_both_boundary_files() {
    let (wgs84, tianditu) = (judged("jiangsu.toml"), judged("jiangsu-tianditu.toml"));
    let (one, two) = (row(&wgs84, "bus-reach"), row(&tianditu, "bus-reach"));
    assert_eq!(counts(one), (241.0, 70.0));
    assert_eq!(counts(two), (241.0, 70.0));
    let (a, b) = (pairs(one), pairs(two));
    assert_eq!((a.len(), b.len(), a.intersection(&b).count()), (311, 311, 308));
    let only = |x: &BTreeSet<String>, y: &BTreeSet<String>| x.difference(y).cloned().collect::<Vec<_>>();
    assert_eq!(only(&a, &b), ["310151–320585", "320382–370404", "320585–320614"].map(String::from));
    assert_eq!(only(&b, &a), ["320312–370404", "320703–371103", "321003–321102"].map(String::from));
    // the three short contacts are named, and the one near the limit is told to hang on it
    let note = one.notes.iter().find(|note| note.en.contains("share less than")).unwrap();
    for pair in ["江阴市–泰兴市 (376 m)", "广陵区–润州区", "邗江区–京口区"] {
        assert!(note.en.contains(pair), "{}", note.en);
    }
    let note = one.notes.iter().find(|note| note.en.contains("hang on")).unwrap();
    assert!(note.en.contains("江阴市–泰兴市 (min-border ÷ 2)"), "{}", note.en);
}

#[test]
fn rates_agree_with_a_count_in_shapely() {
    // counted with shapely 2 on the synthetic route table: 214 of 233 pairs with data are joined by a bus both ways, 8 pairs touch
    // a county without any data (320311, 320321, 320703); D2 203; with a walk of 500 m 219; 54 counties reach all neighbours
    let finished = judged("jiangsu.toml");
    let row = row(&finished, "bus-reach");
    assert_eq!((row.figure.part, row.figure.whole, row.figure.unknown), (Some(214.0), Some(233.0), 8.0));
    assert_eq!(row.verdict, Verdict::NoData, "between 214/241 and 222/241 nobody knows");
    let by_code: BTreeMap<&str, Option<f64>> =
        row.variants.iter().map(|variant| (variant.code.as_str(), variant.figure.part)).collect();
    assert_eq!((by_code["D2"], by_code["D4"]), (Some(203.0), Some(219.0)));
    let state = |key: &str| row.evidence.iter().find(|evidence| evidence.key == key).map(|e| e.state.as_str());
    for (pair, want) in [
        ("320282–320481", "unconnected"), // one way only
        ("320281–321282", "unconnected"), // a coach only
        ("320206–320412", "unconnected"), // two lines and 300 m on foot
        ("320921–320922", "connected"),   // one trip a day
        ("320311–320312", "no-data"),     // nothing is known of 泉山
    ] {
        assert_eq!(state(pair), Some(want), "{pair}");
    }
    assert!(row.synthetic && finished.card.synthetic, "the lines are synthetic, and it is said");
}

#[test]
fn every_record_is_accounted_for() {
    let finished = judged("jiangsu.toml");
    assert!(finished.card.sources.len() >= 12);
    for source in &finished.card.sources {
        assert_eq!(source.read, source.used + source.dropped.values().sum::<u64>(), "{}", source.source);
    }
    let towns = row(&finished, "next-town-15-km");
    // 1 439 townships of Jiangsu, 499 of them located
    assert_eq!((towns.figure.whole, towns.figure.unknown), (Some(499.0), 940.0));
    assert!(!towns.synthetic, "township seats are real");
}

#[test]
fn the_feed_and_the_route_table_give_the_same_verdict_pair_by_pair() {
    let (table, feed) = (judged("jiangsu.toml"), judged("jiangsu-timetable.toml"));
    let (one, two) = (row(&table, "bus-reach"), row(&feed, "bus-reach"));
    let states = |row: &Row| -> BTreeMap<String, String> {
        row.evidence.iter().map(|evidence| (evidence.key.clone(), evidence.state.clone())).collect()
    };
    assert_eq!(states(one).len(), 311);
    assert_eq!(states(one), states(two));
    assert_eq!((one.figure.part, one.figure.whole, one.verdict), (two.figure.part, two.figure.whole, two.verdict));
    let parts = |row: &Row| -> BTreeMap<String, Option<f64>> {
        let by_lines = row.variants.iter().filter(|variant| variant.code != "D6");
        by_lines.map(|variant| (variant.code.clone(), variant.figure.part)).collect()
    };
    assert_eq!(parts(one), parts(two));
    // what they rest on is told
    let basis = |row: &Row| row.notes.iter().any(|note| note.en.starts_with("the figures rest on: route table"));
    assert!(basis(one) && !basis(two));
    let usable = row(&feed, "bus-reach-usable");
    let days: Vec<&str> =
        usable.variants.iter().map(|variant| variant.code.as_str()).filter(|code| code.starts_with("2026")).collect();
    assert_eq!(days, ["2026-03-04", "2026-03-07"]);
    // fewer pairs are joined when it must hold on the Saturday too than on either day alone
    let part = |code: &str| {
        usable.variants.iter().find(|variant| variant.code == code).and_then(|row| row.figure.part).unwrap()
    };
    assert!(part("D1") <= part("2026-03-04").min(part("2026-03-07")));
    assert!(usable.synthetic && feed.card.synthetic, "the lines are synthetic, and it is said");
}
