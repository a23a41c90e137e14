//! A target that is met lacks nothing, one that is missed lacks what makes it met; an empty region has one verdict; every code has words.

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::rectangle;
use tongda::app::compare::compare;
use tongda::base::progress::Silent;
use tongda::base::units::Lang;
use tongda::base::units::Share;
use tongda::base::units::Text;
use tongda::base::words;
use tongda::config;
use tongda::indicators::scorecard;
use tongda::indicators::scorecard::PlaneNote;
use tongda::indicators::scorecard::Promise;
use tongda::indicators::scorecard::Row;
use tongda::indicators::scorecard::Scorecard;
use tongda::indicators::target::Bound;
use tongda::indicators::target::Quantity;
use tongda::indicators::verdict::Verdict;
use tongda::indicators::verdict::meets;
use tongda::io::gtfs::notice::Rule;
use tongda::metrics::Context;
use tongda::metrics::METRICS;
use tongda::metrics::Measure;
use tongda::metrics::Output;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::model::transit::Mode;

/// One person at each of 100 points of county A: 55 around a clinic with so many beds, a school and a stop, the others 22 km off. The place of
/// the last ones is not known.
fn hundred(beds: f64, without_place: usize) -> Study {
    let points: Vec<(String, f64)> =
        (0..100).map(|at| (format!("p{at}"), if at < 55 { f64::from(at) } else { 22_000.0 + f64::from(at) })).collect();
    let people: Vec<(&str, f64, f64, u64)> = points.iter().map(|(id, x)| (id.as_str(), *x, 1000.0, 1)).collect();
    let mut study = Scene::default()
        .county("A", rectangle(-1000.0, 0.0, 30_000.0, 30_000.0), "c", "P", false)
        .county("B", rectangle(30_000.0, 0.0, 60_000.0, 30_000.0), "c", "P", false)
        .line("L1", Mode::Bus, 10.0, &[(0.0, 1000.0), (40_000.0, 1000.0)])
        .facility("k1", "clinic", 0.0, 1000.0)
        .facility("s1", "school", 0.0, 1000.0)
        .people(&people)
        .build();
    study.facilities[0].capacity = Some(beds);
    let county = study.regions.find(Level::County, "A");
    study.facilities.iter_mut().for_each(|facility| facility.home = county);
    study.demand[0].home = vec![county; 100];
    for place in study.demand[0].at.iter_mut().rev().take(without_place) {
        *place = None;
    }
    study
}

const SHARES: &[&str] = &[
    "covered-share = { kind = \"clinic\", within = \"5 km\" }",
    "covered-share = { kind = \"clinic\", within = \"5 km\", weight = \"count\" }",
    "served-share = { kind = \"clinic\", within = \"5 km\" }",
    "referral = { chain = [{ kind = \"clinic\", within = \"5 km\" }, { kind = \"clinic\", within = \"5 km\" }] }",
    "stop-coverage = { within = \"5 km\" }",
    "stop-coverage = { judge = \"regions\", level = \"county\", served-when = \"point-within\", within = \"5 km\" }",
    "accessibility = { kind = \"clinic\", method = \"2sfca\", within = \"5 km\", supply = \"count\", at-least = 1.0 }",
    "expected-load = { kind = \"clinic\", within = \"5 km\", decay = \"binary\" }",
    "living-circle = { kinds = [{ kind = \"clinic\", within = \"5 km\" }, { kind = \"school\", within = \"6 km\" }] }",
    "living-circle = { figure = \"mean\", kinds = [{ kind = \"clinic\", within = \"5 km\" }, { kind = \"school\", within = \"6 km\" }] }",
    "living-circle = { figure = \"regions\", level = \"county\", at-least = \"60 %\", kinds = [{ kind = \"clinic\", within = \"5 km\" }, { kind = \"school\", within = \"6 km\" }] }",
    "overlay-share = { of = \"demand\", inside = { kind = \"clinic\", radius = \"5 km\" } }",
    "presence = { kind = \"clinic\", level = \"county\" }",
    "supply-ratio = { kind = \"clinic\", per-person = 1.0 }",
    "direct-to-seat = { seat = \"clinic\", within = \"5 km\", seat-within = \"5 km\" }",
    "neighbour-reach = {}",
];

fn asked(study: &Study, text: &str, target: f64) -> Output {
    let what: Measure = toml::from_str::<toml::Table>(text).unwrap().try_into().unwrap();
    let title = Text::new("t", "题");
    let target_share = Some(Share(target));
    let context = Context { study, progress: &Silent, id: "i", title: &title, over: &[], target_share };
    what.metric().measure(&context).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn judged(study: &Study, output: &Output, quantity: Quantity) -> Row {
    let promise = Promise { id: "i".into(), target: Some(Bound::AtLeast(quantity).into()), ..Promise::default() };
    scorecard::row(study, &promise, &METRICS[0], output)
}

/// The number in front of the first word: `12 more people …`, `every kind must be within reach of 12 more people`.
fn number(text: &str) -> f64 {
    let at = text.find(" more").unwrap_or_else(|| panic!("no number in {text}"));
    let digits: String = text[..at].chars().rev().take_while(|c| !c.is_whitespace()).collect();
    digits.chars().rev().collect::<String>().parse().unwrap_or_else(|_| panic!("no number in {text}"))
}

#[test]
fn met_lacks_nothing_and_missed_lacks_what_makes_it_met() {
    let odd = ["33.3 %", "66.67 %", "0.1 %", "99.99 %"];
    let targets: Vec<String> = (1..=100).map(|percent| format!("{percent} %")).chain(odd.map(str::to_owned)).collect();
    for (beds, without_place) in [(55.0, 0), (40.0, 0), (33.0, 7)] {
        let study = hundred(beds, without_place);
        for text in SHARES {
            let mut seen = [false; 2];
            // all of them once, and in the other scenes every seventh
            for target in targets.iter().step_by(if beds == 55.0 { 1 } else { 7 }) {
                let quantity: Quantity = target.parse().unwrap();
                let output = asked(&study, text, quantity.value());
                let row = judged(&study, &output, quantity);
                let (part, total) =
                    (row.figure.part.unwrap_or(0.0), row.figure.whole.unwrap_or(0.0) + row.figure.unknown);
                let case = format!("{text}, {beds} beds, target {target}: {part} of {total}");
                match (row.verdict, &row.closing_the_gap, &output.closing_the_gap) {
                    (Verdict::Missed, Some(gap), _) => {
                        let more = number(&gap.en);
                        let bound = Bound::AtLeast(quantity);
                        assert!(meets((part + more) / total, bound), "{case}: {} is too little", gap.en);
                        assert!(!meets((part + more - 1.0) / total, bound), "{case}: {} is too much", gap.en);
                        let words = ["people", "points", "pairs", "regions", "kinds", "places"];
                        let is_many = words.iter().any(|many| gap.en.contains(&format!("more {many}")));
                        assert_eq!(is_many, more != 1.0, "{case}: {}", gap.en);
                        seen[0] = true;
                    }
                    (Verdict::Met | Verdict::NoData, None, None) => seen[1] = true,
                    (verdict, told, own) => panic!("{case}: {verdict:?}, {told:?}, {own:?}"),
                }
            }
            assert!(seen[1] || part_is_zero(&study, text), "{text}, {beds}");
        }
    }
}

fn part_is_zero(study: &Study, text: &str) -> bool {
    measure(study, text).unwrap().headline.part == Some(0.0)
}

#[test]
fn room_is_shared_out_to_the_last_millionth() {
    // 55 people come to 40 beds: each finds room with 40/55, and all together 40, of 100
    let study = hundred(40.0, 0);
    let load = measure(&study, SHARES[7]).unwrap();
    assert_eq!((load.headline.part, load.headline.value), (Some(40.0), Some(0.4)));
    let row = judged(&study, &load, "40 %".parse().unwrap());
    assert_eq!((row.verdict, row.figure.text.as_str()), (Verdict::Met, "40 %"));
    // 7 places for whoever of 3 comes: thirds of a bed are no bed
    for beds in [1.0, 7.0, 13.0, 54.0] {
        assert_eq!(measure(&hundred(beds, 0), SHARES[7]).unwrap().headline.part, Some(beds));
    }
}

#[test]
fn two_runs_name_who_gained_and_lost_part_by_part() {
    let card = |beds: f64, text: &str| {
        let study = hundred(beds, 0);
        let row = judged(&study, &measure(&study, text).unwrap(), "55 %".parse().unwrap());
        Scorecard {
            generator: "tongda".into(),
            title: Text::default(),
            scenario: None,
            synthetic: false,
            plane: PlaneNote { name: "scene".into(), epsg: None, scale_min: 1.0, scale_max: 1.0, doubt: None },
            as_of: None,
            warnings: Vec::new(),
            indicators: vec![row],
            ranking: Vec::new(),
            sources: Vec::new(),
            issues: Default::default(),
            provenance: Vec::new(),
        }
    };
    for (text, state) in [(SHARES[7], "finds-room"), (SHARES[2], "served")] {
        let change = compare(&card(55.0, text), &card(40.0, text)).indicators.remove(0);
        let lost = change.people.iter().find(|one| one.before.as_deref() == Some(state) && one.before != one.after);
        let lost = lost.unwrap_or_else(|| panic!("{text}: nobody lost: {:?}", change.people));
        assert_eq!((lost.after.as_deref(), lost.weight), (Some("no-room"), (15.0, 15.0)), "{text}");
        assert!(!lost.most.is_empty(), "{text}");
        let all: f64 = change.people.iter().map(|one| one.weight.1).sum();
        assert_eq!(all, 100.0, "{text}");
        let county = change.moved.iter().find(|one| one.region.as_ref().is_some_and(|(_, code)| code == "A")).unwrap();
        assert_eq!((county.gained, county.lost), (0.0, 15.0), "{text}");
    }
}

#[test]
fn a_region_without_people_has_one_verdict_for_all_metrics() {
    let study = hundred(55.0, 0);
    let empty = study.regions.find(Level::County, "B").unwrap();
    let of_empty = |study: &Study, text: &str| {
        let output = measure(study, text).unwrap();
        output.regions.into_iter().find(|found| found.region == empty).map(|found| found.figure)
    };
    let points = [
        SHARES[0],
        SHARES[2],
        SHARES[3],
        SHARES[4],
        SHARES[6],
        SHARES[7],
        SHARES[8],
        SHARES[9],
        SHARES[11],
        SHARES[13],
        SHARES[14],
        "nearest = { kind = \"clinic\" }",
        "equity = { kind = \"clinic\" }",
        "reachable-within = { centres = \"clinic\", within = \"5 km\", by = [\"straight-line\"] }",
        "accessibility = { kind = \"clinic\", method = \"2sfca\", within = \"5 km\", supply = \"count\" }",
        "supply-ratio = { kind = \"clinic\" }",
    ];
    // somebody of whom only the city is known may live there
    let mut maybe = hundred(55.0, 0);
    maybe.demand[0].at[99] = None;
    maybe.demand[0].home[99] = maybe.regions.find(Level::City, "c");
    for text in points {
        let figure = of_empty(&study, text).unwrap_or_else(|| panic!("{text}: no figure"));
        assert!(figure.not_applicable && figure.value.is_none() && figure.reason.is_some(), "{text}: {figure:?}");
        let figure = of_empty(&maybe, text).unwrap();
        assert!(!figure.not_applicable && figure.value.is_none(), "{text}, somebody may be there: {figure:?}");
    }
    // judged by regions: one without people is left out
    for text in [SHARES[5], SHARES[10]] {
        let output = measure(&study, text).unwrap();
        assert_eq!((output.headline.whole, output.headline.unknown), (Some(1.0), 0.0), "{text}");
        assert!(of_empty(&study, text).unwrap().not_applicable, "{text}");
    }
    // it has a clinic of its own or not, whoever lives there
    assert_eq!(of_empty(&study, SHARES[12]).unwrap().part, Some(0.0));
    assert_eq!(of_empty(&study, "facility-count = { kind = \"clinic\" }").unwrap().value, Some(0.0));
}

#[test]
fn people_who_weigh_nothing_anywhere_are_not_applicable() {
    let mut study = hundred(55.0, 0);
    for group in &mut study.demand[0].groups {
        group.weights.fill(Default::default());
    }
    for text in SHARES {
        if ["presence", "neighbour-reach"].iter().any(|by_region| text.starts_with(by_region)) || text.contains("judge")
        {
            continue;
        }
        let output = measure(&study, text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(output.headline.not_applicable, "{text}: {:?}", output.headline);
        assert_eq!(judged(&study, &output, "50 %".parse().unwrap()).verdict, Verdict::NotApplicable, "{text}");
    }
    let regions = measure(&study, SHARES[10]).unwrap().headline;
    assert_eq!((regions.part, regions.whole, regions.unknown), (Some(0.0), Some(0.0), 0.0));
    for text in ["nearest = { kind = \"clinic\" }", "equity = { kind = \"clinic\" }"] {
        assert!(measure(&study, text).unwrap().headline.not_applicable, "{text}");
    }
}

#[test]
fn an_amount_is_told_with_what_it_counts_in_both_languages() {
    let study = hundred(55.0, 0);
    let told = |text: &str, target: &str| {
        let row = judged(&study, &measure(&study, text).unwrap(), target.parse().unwrap());
        let figure = [Lang::En, Lang::Zh].map(|lang| row.figure.in_lang(lang).to_owned());
        let target = [Lang::En, Lang::Zh].map(|lang| row.target.as_ref().unwrap().in_lang(lang).to_owned());
        (figure, target, row.closing_the_gap.map(|gap| [gap.en, gap.zh]))
    };
    let pair = |en: &str, zh: &str| [en.to_owned(), zh.to_owned()];
    // a circle of 1 km, all of it in the county: π km²
    let ([en, zh], target, gap) =
        told("overlay-share = { figure = \"amount\", inside = { kind = \"clinic\", radius = \"1 km\" } }", "13 units");
    assert_eq!((en.as_str(), zh.as_str()), ("3.141 km²", "3.141 平方公里"));
    assert_eq!(target, pair("≥ 13 km²", "≥ 13 平方公里"));
    assert_eq!(gap, Some(pair("9.86 km² more must come to lie inside", "还需覆盖 9.86 平方公里")));
    let people =
        "overlay-share = { of = \"demand\", figure = \"amount\", inside = { kind = \"clinic\", radius = \"1 km\" } }";
    let (figure, target, gap) = told(people, "56 units");
    assert_eq!((figure, target), (pair("55 people", "55 人"), pair("≥ 56 people", "≥ 56 人")));
    assert_eq!(gap, Some(pair("1 more person must come to lie inside", "还需覆盖 1 人")));
    let (figure, _, gap) = told("facility-count = { kind = \"clinic\" }", "3 units");
    assert_eq!(figure, pair("1 facility", "1 处设施"));
    assert_eq!(
        gap,
        Some(pair("2 more facilities are wanted; there is 1 facility", "还需增加 2 处设施；现有 1 处设施"))
    );
}

#[test]
fn every_outcome_has_words_in_both_languages() {
    for beds in [40.0, 55.0] {
        let study = hundred(beds, 5);
        for text in SHARES {
            let output = asked(&study, text, 0.9);
            let parts = output.weights.iter().flat_map(|ledger| ledger.parts.iter().map(|(code, _)| *code));
            let states = output.outcomes.iter().map(|one| one.state);
            let states = states.chain(output.outcomes.iter().flat_map(|one| one.parts.iter().map(|(code, _)| *code)));
            let lines = output.evidence.iter().map(|one| one.state);
            for code in parts.chain(states).chain(lines) {
                assert!(words::OUTCOMES.iter().any(|(known, ..)| *known == code), "{text}: no words for \"{code}\"");
            }
            for issue in &output.issues {
                assert!(words::issue(issue.code).zh != issue.code, "{text}: no words for \"{}\"", issue.code);
            }
            for outcome in &output.outcomes {
                let sum: tongda::base::units::Weight = outcome.parts.iter().map(|(_, part)| *part).sum();
                assert!(outcome.parts.is_empty() || sum == outcome.weight, "{text}: {outcome:?}");
            }
        }
    }
    for (code, en, zh) in words::OUTCOMES {
        assert!(!en.is_empty() && !zh.is_ascii(), "{code}");
    }
}

/// Codes in calls like `dropped("no-code", …)` and `Issue::new(Severity::Note, "synthetic", …)`, before the tests of a file.
fn codes_of_issues(source: &str) -> Vec<&str> {
    const CALLS: &[&str] = &[
        "Issue::new",
        "issue",
        "dropped",
        "taken_back",
        "warned",
        "noted",
        "listed",
        "warn",
        "tell",
        "count_dropped",
        "take_back",
        "take_back_all",
    ];
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let is_call = |before: &str| {
        let is_name = |c: char| c.is_alphanumeric() || "_:".contains(c);
        let starts =
            before.char_indices().rev().take_while(|(_, c)| is_name(*c)).last().map_or(before.len(), |(at, _)| at);
        CALLS.contains(&before[starts..].trim_start_matches(':'))
    };
    let mut found = Vec::new();
    for (at, _) in source.match_indices('(').filter(|(at, _)| is_call(&source[..*at])) {
        let mut rest = source[at + 1..].trim_start();
        if rest.starts_with("Severity::") {
            rest = rest.split_once(',').map_or("", |(_, rest)| rest.trim_start());
        }
        if let Some((code, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'))
            && !code.is_empty()
            && code.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        {
            found.push(code);
        }
    }
    found
}

#[test]
fn every_kind_of_issue_has_chinese_words() {
    fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files(&path, found) } else { found.push(path) }
        }
    }
    let mut sources = Vec::new();
    files(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let (mut count, mut without) = (0, Vec::new());
    for path in sources {
        let text = std::fs::read_to_string(&path).unwrap();
        for code in codes_of_issues(&text) {
            if words::issue(code).zh == code {
                without.push(format!("{}: {code}", path.display()));
            }
            count += 1;
        }
    }
    assert!(without.is_empty(), "no Chinese words for {without:#?}");
    assert!(count > 100, "only {count} codes found: the calls have other names now");
    for rule in Rule::ALL {
        assert!(words::issue(rule.name()).zh != rule.name(), "no Chinese words for \"{}\"", rule.name());
    }
    for pair in words::ISSUES.windows(2) {
        assert!(pair[0].0 < pair[1].0, "{} stands behind {}", pair[1].0, pair[0].0);
    }
    assert!(words::ISSUES.iter().all(|(_, zh)| !zh.is_ascii()));
}

#[test]
fn a_target_is_written_with_the_unit_that_is_shown() {
    let parsed = |measure: &str, target: &str| {
        let text = format!(
            "title = \"t\"\n[study]\nregions = {{ path = \"r.geojson\", level = \"county\" }}\n\
             facilities = {{ path = \"f.csv\", kind = \"clinic\", x = \"x\", y = \"y\", datum = \"wgs-84\" }}\n\
             demand = {{ path = \"d.csv\", people = \"n\", x = \"x\", y = \"y\", datum = \"wgs-84\" }}\n\
             [[indicator]]\nid = \"a\"\nmeasure.{measure}\ntarget = {{ at-least = \"{target}\" }}\n"
        );
        let plan = config::parse(&text, "study.toml", std::path::Path::new("."));
        plan.map(|plan| plan.indicators[0].target.as_ref().unwrap().bound.quantity().value())
            .map_err(|error| format!("{:?}", miette::Report::new(error)))
    };
    let area = "overlay-share = { figure = \"amount\", inside = { kind = \"clinic\", radius = \"1 km\" } }";
    let people =
        "overlay-share = { of = \"demand\", figure = \"amount\", inside = { kind = \"clinic\", radius = \"1 km\" } }";
    let count = "facility-count = { kind = \"clinic\" }";
    for (measure, fits) in [
        (area, ["13 km2", "13 km²", "13 平方公里", "13 units"]),
        (people, ["13 people", "13 person", "13 人", "13 units"]),
        (count, ["13 facilities", "13 facility", "13 处设施", "13 units"]),
    ] {
        for target in fits {
            assert_eq!(parsed(measure, target), Ok(13.0), "{measure}: {target}");
        }
    }
    // messages are broken into lines with a bar in front
    let plain = |text: &str| text.replace(|c: char| c.is_whitespace() || c == '│', "");
    for (measure, target, accepted) in [
        (area, "13 people", ["30 km²", "30 km2", "30 平方公里", "30 units"]),
        (area, "13 km", ["30 km²", "30 km2", "30 平方公里", "30 units"]),
        (people, "13 km²", ["30 people", "30 人", "30 units", "people"]),
        (people, "13 %", ["30 people", "30 人", "30 units", "people"]),
        (area, "13", ["13 km²", "5 people", "30 units", "no unit"]),
    ] {
        let message = parsed(measure, target).unwrap_err();
        for text in accepted {
            assert!(plain(&message).contains(&plain(text)), "{target}: no {text} in {message}");
        }
    }
    for wrong in ["-5 km²", "13,000 km²", "1e3 km²", "13 km²/h", "km²"] {
        assert!(parsed(area, wrong).is_err(), "{wrong}");
    }
}
