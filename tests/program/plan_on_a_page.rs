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
use tongda::indicators::target::HoldsFor;
use tongda::indicators::target::Origin;
use tongda::indicators::verdict::Status;
use tongda::indicators::verdict::Verdict;
use tongda::metrics::figure::FigureUnit;
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
    for (id, en, zh) in [
        (
            "clinics",
            "needs clinics and residents; missing: facilities of kind \"clinic\"; a demand layer",
            "需要诊所和居民；缺少：类别为“clinic”的设施；需求图层",
        ),
        ("mix", "needs land use; there is no metric for this yet", "需要用地；暂无量测该指标的方法"),
        (
            "rate",
            "needs the yearly table; missing: reported rows with indicator = \"rate\" (region: empty for the whole area, or a code; \
             value: like 40000)",
            "需要年报；缺少：指标为“rate”的上报行（区域代码留空表示全域；数值如 40000）",
        ),
    ] {
        let row = row(&finished, id);
        assert_eq!((row.verdict, row.status), (Verdict::NoData, Status::NoData), "{id}");
        let reason = row.reason.as_ref().unwrap();
        assert_eq!((reason.en.as_str(), reason.zh.as_str()), (en, zh));
    }
    // without the word "needs" the same config stops
    let stops = finish("indicator,region,date,value\n", &needs.replace("needs", "#needs")).unwrap_err();
    assert!(stops.contains("there is no demand") || stops.contains("clinic"), "{stops}");
}

/// Five markets in two of four counties, 40 people enrolled in one, against a bound that says for whom it is.
#[test]
fn a_total_is_judged_at_the_level_that_it_was_promised_for() {
    use Verdict::*;
    for (unit, bound, key, whole, province, city, first, second) in [
        // a total of the whole says nothing of its parts, whatever else is written
        ("amount", "80 units", "", Met, Met, Met, NoTarget, NoTarget),
        ("amount", "100 units", "", Missed, Missed, Missed, NoTarget, NoTarget),
        ("amount", "80 units", ", judge-at = \"province\"", Met, Met, NoTarget, NoTarget, NoTarget),
        ("amount", "50 units", ", judge-at = [\"county\"]", NoTarget, NoTarget, NoTarget, Met, Missed),
        ("amount", "50 units", ", judge-at = [\"province\", \"county\"]", Met, Met, NoTarget, Met, Missed),
        // a share of all is held against each part too
        ("share", "50 %", "", Met, Met, Met, Met, Missed),
        ("share", "50 %", ", judge-at = \"province\"", Met, Met, NoTarget, NoTarget, NoTarget),
    ] {
        let told = format!("{unit} {bound}{key}");
        let sign = if unit == "share" { " %" } else { "" };
        let values =
            format!("indicator,region,date,value\nx,,2025,90{sign}\nx,320101,2025,60{sign}\nx,320102,2025,30{sign}\n");
        let text = format!(
            "[[indicator]]\nid = \"x\"\nmeasure.reported = {{ unit = \"{unit}\" }}\nover = [\"province\", \"city\", \"county\"]\n\
             target = {{ at-least = \"{bound}\"{key} }}\n"
        );
        let finished = finish(&values, &text).unwrap();
        let row = row(&finished, "x");
        let at = |code: &str| of(row, code).verdict;
        assert_eq!(
            (row.verdict, at("320000"), at("320100"), at("320101"), at("320102")),
            (whole, province, city, first, second),
            "{told}"
        );
        // what is not judged is in no ranking
        for ranked in finished.card.ranking.iter().filter(|one| one.code == "320101") {
            assert_eq!(ranked.targets, u64::from(first != NoTarget), "{told}");
        }
        if whole == NoTarget {
            let reason = row.reason.as_ref().unwrap();
            assert!(
                reason.en.contains("of the county") && reason.zh.contains("县（市、区）级目标"),
                "{told}: {reason:?}"
            );
            assert!(row.closing_the_gap.is_none() && row.pace.is_none(), "{told}");
        }
    }
}

/// Of a study of two of four counties the total of the city is no total of those two, and the value of the province not theirs.
#[test]
fn the_whole_area_is_a_region_only_where_all_of_it_is_judged() {
    let folder = TempDir::new().unwrap();
    counties(folder.path());
    let values = "indicator,region,date,value\nx,320000,2025,90\nx,320100,2025,80\nx,320101,2025,60\n";
    fs::write(folder.path().join("reported.csv"), values).unwrap();
    let text = format!(
        "{STUDY}evaluate = {{ county = {{ codes = [\"320101\", \"320102\"] }} }}\n[[indicator]]\nid = \"x\"\n\
         measure.reported = {{ unit = \"amount\" }}\ntarget = {{ at-least = \"50 units\", judge-at = \"province\" }}\n"
    );
    let config = folder.path().join("plan.toml");
    fs::write(&config, text).unwrap();
    let plan = config::load(&config).unwrap();
    let finished = run::run(&plan, RunOptions { write_nothing: true, ..RunOptions::default() }, &Silent).unwrap();
    let row = row(&finished, "x");
    assert_eq!((row.verdict, row.figure.value), (Verdict::NoData, None));
}

/// docs/methods/reported.md
#[test]
fn a_promise_for_every_year_is_judged_year_by_year() {
    use Verdict::*;
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, Option<f64>, Verdict, &'a [(&'a str, Verdict)]);
    let from = ", from = 2024-12-05";
    let cases: [Case<'_>; 9] = [
        (&[("2024", "41200"), ("2025", "43800")], "", Some(41200.0), Met, &[("2024", Met), ("2025", Met)]),
        // the newest meets it, one before it did not
        (&[("2024", "39500"), ("2025", "43800")], "", Some(39500.0), Missed, &[("2024", Missed), ("2025", Met)]),
        (&[("2024", "41200"), ("2025", "39999")], "", Some(39999.0), Missed, &[("2024", Met), ("2025", Missed)]),
        // a year between of which nobody reported
        (
            &[("2024", "41200"), ("2026", "43800")],
            "",
            Some(41200.0),
            NoData,
            &[("2024", Met), ("2025", NoData), ("2026", Met)],
        ),
        (
            &[("2024", "39500"), ("2026", "43800")],
            "",
            Some(39500.0),
            Missed,
            &[("2024", Missed), ("2025", NoData), ("2026", Met)],
        ),
        // before the promise
        (&[("2023", "38000"), ("2024", "41200")], from, Some(41200.0), Met, &[("2023", Missed), ("2024", Met)]),
        (&[("2023", "38000")], from, None, NoData, &[("2023", Missed)]),
        // of a year the newest value
        (&[("2025-06", "20000"), ("2025", "43800")], "", Some(43800.0), Met, &[("2025", Met)]),
        (&[], "", None, NoData, &[]),
    ];
    for (values, key, figure, verdict, years) in cases {
        let rows: String =
            values.iter().map(|(day, value)| format!("x,,{day},{value}\nx,320101,{day},{value}\n")).collect();
        let text = format!(
            "[[indicator]]\nid = \"x\"\nmeasure.reported = {{ unit = \"amount\" }}\n\
             target = {{ at-least = \"40000 units\", by = 2029-12-31, every = \"year\", judge-at = [\"province\", \"county\"]{key} }}\n"
        );
        let finished = finish(&format!("indicator,region,date,value\n{rows}"), &text).unwrap();
        let row = row(&finished, "x");
        assert_eq!((row.figure.value, row.verdict), (figure, verdict), "{values:?}");
        let found: Vec<(&str, Verdict)> = row.variants.iter().map(|year| (year.code.as_str(), year.verdict)).collect();
        assert_eq!(found, years, "{values:?}");
        assert!(row.pace.is_none() && row.target.as_ref().unwrap().day().zh.contains("每年"), "{values:?}");
        if let Some(county) = row.regions.iter().find(|region| region.code == "320101") {
            assert_eq!((county.figure.value, county.verdict), (figure, verdict), "{values:?}");
        }
    }
    // the other way round the highest year is the worst
    let finished = finish(
        "indicator,region,date,value\nx,,2024,12 %\nx,,2025,9 %\n",
        "[[indicator]]\nid = \"x\"\nmeasure.reported = { unit = \"share\" }\ntarget = { at-most = \"10 %\", every = \"year\" }\n",
    )
    .unwrap();
    assert_eq!((row(&finished, "x").figure.value, row(&finished, "x").verdict), (Some(0.12), Missed));
    for (wrong, says) in [
        ("measure.milestone = { }\ntarget = { at-least = \"90 %\", every = \"year\" }", "has no values by year"),
        (
            "measure.reported = { unit = \"share\" }\ntarget = { at-least = \"90 %\", from = 2024-12-05 }",
            "from goes with every",
        ),
    ] {
        let error = finish("indicator,date,value\n", &format!("[[indicator]]\nid = \"x\"\n{wrong}\n")).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn reports_of_regions_that_are_not_asked_are_listed() {
    let step = |level: &str| format!("[[indicator]]\nid = \"x\"\nmeasure.milestone = {{ level = \"{level}\" }}\n");
    let values = "指标,区域代码,日期,数值,来源\nx,320101,2025,是,省厅\nx,320100,2025,否,省厅\nx,,2026,是,省厅\n";
    for (level, figure, idle) in [("county", 1.0, vec![2, 3]), ("city", 1.0, vec![1])] {
        // the city is all that was read: what is said of it and of the whole is the same, and the newest counts
        let finished = finish(values, &step(level)).unwrap();
        assert_eq!(row(&finished, "x").figure.value, Some(figure), "{level}");
        let found = finished.issues.iter().filter(|issue| issue.code == "not-asked").filter_map(|issue| issue.record);
        assert_eq!(found.collect::<Vec<u64>>(), idle, "{level}");
    }
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
    // the plan has 24 items, and the list of its promises 108 rows
    let items: BTreeSet<u32> = plan.indicators.iter().filter_map(|one| one.item).collect();
    assert_eq!((plan.indicators.len(), items), (108, (1..=24).collect()));
    let mut by_origin = [0; 4];
    for one in &plan.indicators {
        let target = one.target.as_ref();
        let cites = one.cites.as_deref().unwrap_or_default();
        assert!(!cites.is_empty() && one.item.is_some(), "{}", one.id);
        let Some(target) = target else { continue };
        let origin = target.origin.unwrap_or_else(|| panic!("{}: whose target is it?", one.id));
        match origin {
            Origin::PlanNumber => by_origin[0] += 1,
            Origin::PlanWording => by_origin[1] += 1,
            Origin::Assumption => by_origin[3] += 1,
            // another's document stands before the plan's
            _ => {
                assert!(!cites.starts_with("苏政发〔2024〕102号"), "{}: {cites}", one.id);
                by_origin[2] += 1;
            }
        }
        // a reading of the plan's day says nothing of what others ask for
        let is_reading = origin.is_plan() || origin == Origin::Assumption;
        assert!(is_reading || !target.by_is_assumed, "{}", one.id);
        // words of "all" are read alike
        let says_all = ["全面", "全覆盖", "应保尽保", "完成"]
            .iter()
            .any(|word| one.title.zh.split('：').next().unwrap().contains(word));
        assert_eq!(says_all, origin == Origin::PlanWording, "{}: {}", one.id, one.title.zh);
        // a day of the plan is nowhere stated, but for what was due in 2025
        if origin.is_plan() && target.by.is_some_and(|day| day.year() != 2025) {
            assert!(target.by_is_assumed, "{}", one.id);
        }
    }
    // 7 numbers of the plan, 10 of its words read as all, 7 yardsticks of others, and 100 % of i07 and of i10-pop-layers, which nobody wrote
    assert_eq!(by_origin, [7, 10, 7, 2]);
    // what says "all" and has no target would be read unlike the others
    for one in plan.indicators.iter().filter(|one| one.target.is_none()) {
        let promise = one.title.zh.split('：').next().unwrap();
        assert!(!["全面", "全覆盖", "应保尽保"].iter().any(|word| promise.contains(word)), "{}: {promise}", one.id);
    }
    // totals of the province are judged for the province alone
    for one in plan.indicators.iter().filter(|one| one.unit == FigureUnit::Amount) {
        let Some(target) = &one.target else { continue };
        assert_eq!(target.holds_for, HoldsFor::Levels(vec![Level::Province]), "{}", one.id);
    }
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
