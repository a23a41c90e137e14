//! A plan judged as a whole: reported values and steps, missing inputs, whose target it is, near misses, pace, and the ranking of regions.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tongda::app::compare;
use tongda::app::run;
use tongda::app::run::Finished;
use tongda::app::run::RunOptions;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::indicators::ranking::ranking;
use tongda::indicators::scorecard::Row;
use tongda::indicators::target::Origin;
use tongda::indicators::verdict::Status;
use tongda::indicators::verdict::Verdict;
use tongda::model::region::Level;

/// Four counties of one city and province, side by side, each 0.1° wide.
fn counties(folder: &Path) {
    let features: Vec<String> = ["A", "B", "C", "D"]
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let (code, west) = (320_101 + at, 118.0 + at as f64 * 0.1);
            let east = west + 0.1;
            format!(
                r#"{{"type":"Feature","properties":{{"code":"{code}","name":"{name}"}},"geometry":{{"type":"Polygon","coordinates":[[[{west},32.0],[{east},32.0],[{east},32.1],[{west},32.1],[{west},32.0]]]}}}}"#
            )
        })
        .collect();
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    fs::write(folder.join("counties.geojson"), text).unwrap();
}

const STUDY: &str = r#"
title = "A plan"
as-of = 2026-06-30
[study]
regions = { path = "counties.geojson", level = "county", code = "code", name = "name", parents = { city = {}, province = {} } }
reported = { path = "reported.csv" }
"#;

fn finish(reported: &str, indicators: &str) -> Result<Finished, String> {
    let folder = TempDir::new().unwrap();
    counties(folder.path());
    fs::write(folder.path().join("reported.csv"), reported).unwrap();
    let config = folder.path().join("plan.toml");
    fs::write(&config, format!("{STUDY}{indicators}")).unwrap();
    let plan = config::load(&config).map_err(|error| format!("{error:?}"))?;
    run::run(&plan, RunOptions { write_nothing: true, ..RunOptions::default() }, &Silent)
        .map_err(|error| format!("{error:?}"))
}

fn row<'a>(finished: &'a Finished, id: &str) -> &'a Row {
    finished.card.indicators.iter().find(|row| row.id == id).unwrap()
}

fn of<'a>(row: &'a Row, code: &str) -> &'a tongda::indicators::scorecard::RegionRow {
    row.regions.iter().find(|region| region.code == code).unwrap()
}

#[test]
fn a_reported_value_is_judged_and_its_pace_told_as_in_the_worked_example() {
    // docs/methods/reported.md
    let finished = finish(
        "indicator,region,date,value,source\n\
         public-school,,2023,80 %,bureau\n\
         public-school,,2025,82 %,bureau\n\
         public-school,320101,2025,93 %,county A\n\
         public-school,320102,2025,89 %,county B\n",
        r#"
[[indicator]]
id = "public-school"
item = 4
measure.reported = { unit = "share" }
over = ["county"]
target = { at-least = "90 %", by = 2029-12-31, by-is-assumed = true, origin = "plan-number" }
"#,
    )
    .unwrap();
    let row = row(&finished, "public-school");
    assert_eq!((row.figure.text.as_str(), row.verdict, row.status), ("82 %", Verdict::Missed, Status::NotMet));
    // 8 points in 1461 days, 2 points in 731 days; a year has 365.25
    let pace = row.pace.as_ref().unwrap();
    assert!((pace.needed_per_year.unwrap() - 0.02).abs() < 1e-12);
    assert!((pace.so_far_per_year.unwrap() - 0.02 / (731.0 / 365.25)).abs() < 1e-12);
    assert!(pace.says.en.contains("+2 points a year are needed from 2025-12-31 to 2029-12-31; the day is assumed"));
    let states: Vec<(&str, Status)> = row.regions.iter().map(|region| (region.code.as_str(), region.status)).collect();
    // B is one point short: close. C and D said nothing.
    assert_eq!(
        states,
        [("320101", Status::Met), ("320102", Status::Close), ("320103", Status::NoData), ("320104", Status::NoData)]
    );
    assert_eq!(row.target.as_ref().unwrap().origin, Some(Origin::PlanNumber));
    assert!(row.notes[0].en.starts_with("as reported, not measured: 82 % (2025; bureau)"), "{:?}", row.notes);
    assert_eq!((row.item, row.target.as_ref().unwrap().by_is_assumed), (Some(4), true));
}

#[test]
fn values_of_regions_are_not_averaged_and_the_code_of_the_province_is_the_whole() {
    let rate = r#"
[[indicator]]
id = "rate"
measure.reported = { unit = "share" }
target = { at-least = "50 %" }
"#;
    let finished = finish("indicator,region,date,value\nrate,320101,2025,60 %\nrate,320102,2025,70 %\n", rate).unwrap();
    let found = row(&finished, "rate");
    assert_eq!((found.verdict, found.figure.value), (Verdict::NoData, None));
    assert!(found.reason.as_ref().unwrap().en.contains("2 regions report a value, none the whole area"));
    assert_eq!(of(found, "320101").verdict, Verdict::Met);
    let finished = finish("indicator,region,date,value\nrate,320000,2025,60 %\n", rate).unwrap();
    assert_eq!(row(&finished, "rate").figure.value, Some(0.6));
}

#[test]
fn rows_that_can_not_be_used_are_listed_with_what_to_write() {
    let finished = finish(
        "indicator,region,date,value\n\
         rate,,2025,0.6\n\
         rate,,30.6.2025,60 %\n\
         rate,999999,2025,60 %\n\
         rate,,2025,\n\
         rates,,2025,60 %\n\
         rate,,2024,55 %\n\
         rate,,2024-12-31,56 %\n\
         ,,2025,60 %\n",
        "[[indicator]]\nid = \"rate\"\nmeasure.reported = { unit = \"share\" }\n",
    )
    .unwrap();
    assert_eq!(row(&finished, "rate").figure.value, Some(0.55));
    let said: Vec<String> =
        finished.issues.iter().map(|issue| format!("{:?} {} {}", issue.record, issue.code, issue.what)).collect();
    for want in [
        "Some(1) not-a-value \"0.6\" is no such value; write it like 91.3 %",
        "Some(2) no-day \"30.6.2025\" is no day; write 2025, 2025-06 or 2025-06-30",
        "Some(3) unknown-region no region of the study has the code \"999999\"",
        "Some(4) no-value no value: the row is left out, it is not a zero",
        "Some(5) not-asked no indicator reads values of \"rates\"; did you mean \"rate\"?",
        "Some(7) reported-twice a value for this region and day (2024-12-31) stands at record 6 already, which is used",
        "Some(8) no-indicator the row does not say which indicator it is of",
    ] {
        assert!(said.iter().any(|line| line == want), "{want}\n{said:#?}");
    }
    // 8 rows read = 4 used + 4 left out
    let ledger = finished.card.sources.iter().find(|source| source.records == "reported values").unwrap();
    assert_eq!((ledger.read, ledger.used, ledger.dropped.values().sum::<u64>()), (8, 4, 4));
}

#[test]
fn steps_are_counted_and_a_region_that_says_nothing_is_not_taken_for_undone() {
    // docs/methods/milestone.md: one done, one under way, one silent; the fourth county has nothing to do
    let finished = finish(
        "indicator,region,date,value\nhub,320101,2025,yes\nhub,320102,2025,under way\n",
        r#"
[[indicator]]
id = "all-three"
measure.milestone = { level = "county", regions = ["320101", "320102", "320103"], series = "hub" }
target = { at-least = "100 %" }
[[indicator]]
id = "half"
measure.milestone = { level = "county", regions = ["320101", "320102", "320103"], series = "hub" }
target = { at-least = "50 %" }
[[indicator]]
id = "once"
measure.milestone = { }
target = { at-least = "100 %" }
"#,
    )
    .unwrap();
    let all = row(&finished, "all-three");
    assert_eq!((all.figure.value, all.figure.unknown), (Some(0.5), 1.0));
    assert_eq!(all.figure.bounds, Some((1.0 / 3.0, 2.0 / 3.0)));
    assert_eq!(all.verdict, Verdict::Missed);
    let verdicts: Vec<Verdict> = all.regions.iter().map(|region| region.verdict).collect();
    assert_eq!(verdicts, [Verdict::Met, Verdict::Missed, Verdict::NoData, Verdict::NotApplicable]);
    assert_eq!(row(&finished, "half").verdict, Verdict::NoData);
    assert_eq!(row(&finished, "once").verdict, Verdict::NoData);
}

#[test]
fn an_indicator_that_says_what_it_needs_has_no_data_while_it_is_missing() {
    let needs = r#"
[[indicator]]
id = "clinics"
needs = { en = "clinics and residents", zh = "诊所和居民" }
measure.covered-share = { kind = "clinic", within = "1 km" }
target = { at-least = "90 %" }
[[indicator]]
id = "mix"
needs = { en = "land use", zh = "用地" }
measure.unmeasured = { unit = "share" }
[[indicator]]
id = "rate"
needs = { en = "the yearly table", zh = "年报" }
measure.reported = { unit = "amount" }
"#;
    let finished = finish("indicator,region,date,value\n", needs).unwrap();
    for (id, reason) in [
        ("clinics", "needs clinics and residents; the study has no demand"),
        ("mix", "needs land use; there is no metric for this yet"),
        ("rate", "needs the yearly table; no value of \"rate\" was reported"),
    ] {
        let row = row(&finished, id);
        assert_eq!((row.verdict, row.status), (Verdict::NoData, Status::NoData), "{id}");
        assert_eq!(row.reason.as_ref().unwrap().en, reason);
        assert!(row.reason.as_ref().unwrap().zh.starts_with("需要"));
    }
    // without the word "needs" the same config stops
    let stops = finish("indicator,region,date,value\n", &needs.replace("needs", "#needs")).unwrap_err();
    assert!(stops.contains("there is no demand") || stops.contains("clinic"), "{stops}");
}

#[test]
fn missing_data_makes_a_range_of_places_never_a_lower_one() {
    let yes = |series: &str, counties: &str| -> String {
        counties
            .chars()
            .zip("ABCD".chars())
            .filter(|(state, _)| *state != '?')
            .map(|(state, name)| {
                let code = 320_101 + (name as u32 - 'A' as u32);
                format!("{series},{code},2025,{}\n", if state == 'y' { "yes" } else { "no" })
            })
            .collect()
    };
    // A meets 2 of 2; B 1 for certain and perhaps 2; C perhaps 1; D none
    let reported = format!("indicator,region,date,value\n{}{}", yes("one", "yynn"), yes("two", "y??n"));
    let step = |id: &str| {
        format!(
            "[[indicator]]\nid = \"{id}\"\nmeasure.milestone = {{ level = \"county\" }}\ntarget = {{ at-least = \"100 %\" }}\n"
        )
    };
    let finished = finish(&reported, &(step("one") + &step("two"))).unwrap();
    type Told<'a> = (&'a str, u64, u64, Option<(u64, u64)>);
    let found: Vec<Told<'_>> = finished
        .card
        .ranking
        .iter()
        .filter(|one| one.level == Level::County)
        .map(|one| (one.name.as_str(), one.met, one.no_data, one.places))
        .collect();
    assert_eq!(
        found,
        [
            ("A", 2, 0, Some((1, 1))),
            // as good as A if two is met there; C can not pass it, for C misses one
            ("B", 1, 1, Some((1, 2))),
            ("C", 0, 1, Some((2, 3))),
            // equal to C if C misses two as well
            ("D", 0, 0, Some((3, 4))),
        ]
    );
    assert_eq!(ranking(&finished.card.indicators), finished.card.ranking);
}

#[test]
fn two_runs_of_different_days_tell_the_pace_between_them() {
    let rate = "[[indicator]]\nid = \"rate\"\nmeasure.reported = { unit = \"share\" }\ntarget = { at-least = \"90 %\", by = 2029-12-31 }\n";
    let run = |day: &str, value: &str| {
        let mut card = finish(&format!("indicator,date,value\nrate,{day},{value}\n"), rate).unwrap().card;
        card.as_of = Some(day.to_owned());
        card
    };
    let (before, after) = (run("2023-12-31", "80 %"), run("2025-12-31", "82 %"));
    let pace = compare::compare(&before, &after).indicators[0].pace.clone().unwrap();
    // 8 points are left for 1461 days, 4 years of 365.25; 2 points came in 731 days
    assert!((pace.needed_per_year.unwrap() - 0.02).abs() < 1e-12);
    assert!((pace.so_far_per_year.unwrap() - 0.02 / (731.0 / 365.25)).abs() < 1e-12);
    // a target that is met has no pace, and a run of an earlier day none either
    let met = run("2026-12-31", "91 %");
    assert_eq!(compare::compare(&before, &met).indicators[0].pace, None);
    assert_eq!(compare::compare(&after, &before).indicators[0].pace, None);
}

#[test]
fn the_whole_plan_is_there_each_row_with_its_item_its_source_and_whose_target_it_is() {
    let plan = config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/jiangsu-2024-102.toml")).unwrap();
    // the plan has 24 items, and the list of its promises 99 rows
    let items: BTreeSet<u32> = plan.indicators.iter().filter_map(|one| one.item).collect();
    assert_eq!((plan.indicators.len(), items), (99, (1..=24).collect()));
    let mut by_origin = [0; 3];
    for one in &plan.indicators {
        let target = one.target.as_ref();
        let cites = one.cites.as_deref().unwrap_or_default();
        assert!(!cites.is_empty() && one.item.is_some(), "{}", one.id);
        let Some(target) = target else { continue };
        let origin = target.origin.unwrap_or_else(|| panic!("{}: whose target is it?", one.id));
        match origin {
            Origin::PlanNumber => by_origin[0] += 1,
            Origin::PlanWording => by_origin[1] += 1,
            // another's document stands before the plan's
            _ => {
                assert!(!cites.starts_with("苏政发〔2024〕102号"), "{}: {cites}", one.id);
                by_origin[2] += 1;
            }
        }
        // a reading of the plan's day says nothing of what others ask for
        assert!(origin.is_plan() || !target.by_is_assumed, "{}", one.id);
        // a day of the plan is nowhere stated, but for what was due in 2025
        if origin.is_plan() && target.by.is_some_and(|day| day.year() != 2025) {
            assert!(target.by_is_assumed, "{}", one.id);
        }
    }
    // the list has 8 numbers of the plan, 6 of its words read as all, and 7 yardsticks of others
    assert_eq!(by_origin, [8, 6, 7]);
}

/// Of 2000 random tables of verdicts: whatever the missing verdicts turn out to be, each region's place lies in its range, and both ends are
/// reached by some.
#[test]
fn every_way_to_fill_the_gaps_leaves_each_region_in_its_range_of_places() {
    let mut seed: u64 = 20_261_126;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let template = finish(
        "indicator,region,date,value\nx,320101,2025,yes\n",
        "[[indicator]]\nid = \"x\"\nmeasure.milestone = { level = \"county\" }\ntarget = { at-least = \"100 %\" }\n",
    )
    .unwrap();
    let base = row(&template, "x");
    for _ in 0..2000 {
        let (regions, targets) = (2 + next(3) as usize, 1 + next(3) as usize);
        let mut rows: Vec<Row> = (0..targets).map(|_| base.clone()).collect();
        let mut gaps = Vec::new();
        for (at, row) in rows.iter_mut().enumerate() {
            row.regions.truncate(regions);
            for (nth, region) in row.regions.iter_mut().enumerate() {
                region.verdict = match next(5) {
                    0 | 1 => Verdict::Met,
                    2 | 3 => Verdict::Missed,
                    _ => Verdict::NoData,
                };
                if region.verdict == Verdict::NoData && gaps.len() < 6 {
                    gaps.push((at, nth));
                } else if region.verdict == Verdict::NoData {
                    region.verdict = Verdict::Missed;
                }
            }
        }
        let ranges = ranking(&rows);
        let mut reached: Vec<BTreeSet<u64>> = vec![BTreeSet::new(); ranges.len()];
        for filling in 0..1_u32 << gaps.len() {
            let mut filled = rows.clone();
            for (bit, (at, nth)) in gaps.iter().enumerate() {
                filled[*at].regions[*nth].verdict =
                    if filling >> bit & 1 == 1 { Verdict::Met } else { Verdict::Missed };
            }
            // brute force: 1 + the regions that meet more; all have the same number of targets
            let met = |code: &str| {
                let of_code = filled.iter().flat_map(|row| &row.regions).filter(|region| region.code == code);
                of_code.filter(|region| region.verdict == Verdict::Met).count()
            };
            for (one, reached) in ranges.iter().zip(&mut reached) {
                let above = ranges.iter().filter(|other| met(&other.code) > met(&one.code)).count();
                reached.insert(above as u64 + 1);
            }
        }
        for (one, reached) in ranges.iter().zip(&reached) {
            let (best, worst) = one.places.unwrap();
            assert_eq!((reached.first(), reached.last()), (Some(&best), Some(&worst)), "{one:?}, seed {seed}");
        }
    }
}
