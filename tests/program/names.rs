//! Names, codes and pairs as people type them, and namesakes that are told apart wherever they are printed.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// Two Gulou, of Nanjing and of Xuzhou, and Pukou beside the first.
const COUNTIES: [(&str, &str, &str, &str, f64); 4] = [
    ("320106", "鼓楼区", "320100", "南京市", 118.7),
    ("320111", "浦口区", "320100", "南京市", 118.8),
    ("320302", "鼓楼区", "320300", "徐州市", 118.9),
    ("320303", "云龙区", "320300", "徐州市", 119.0),
];

const STUDY: &str = r#"
title = "Districts"
[study]
regions = { path = "counties.geojson", level = "county", code = "code", name = "name", parents = { city = { code = "city", name = "city_name" } } }
services = { path = "lines.csv", datum = "wgs-84" }
facilities = { path = "clinics.csv", kind = "clinic", id = "id", name = "name", datum = "wgs-84" }
demand = { name = "residents", path = "people.csv", id = "id", label = "name", people = "people", datum = "wgs-84" }

[[indicator]]
id = "bus-reach"
measure.neighbour-reach = { level = "county", min-border = "500 m" }
target = { at-least = "90 %" }

[[indicator]]
id = "clinic-2-km"
measure.covered-share = { kind = "clinic", within = "2 km" }
target = { at-least = "90 %" }

[[output]]
path = "out/run.json"
[[output]]
path = "out/run.html"
[[output]]
path = "out/pairs.csv"
layer = "bus_reach_pairs"
[[output]]
path = "out/ranking.csv"
layer = "ranking"
"#;

fn desk() -> TempDir {
    let desk = tempfile::tempdir().unwrap();
    let features: Vec<String> = COUNTIES
        .iter()
        .map(|(code, name, city, city_name, west)| {
            let east = west + 0.1;
            format!(
                "{{\"type\":\"Feature\",\"properties\":{{\"code\":\"{code}\",\"name\":\"{name}\",\"city\":\"{city}\",\"city_name\":\"{city_name}\"}},\"geometry\":\
                 {{\"type\":\"Polygon\",\"coordinates\":[[[{west},32.0],[{east},32.0],[{east},32.1],[{west},32.1],[{west},32.0]]]}}}}"
            )
        })
        .collect();
    let write = |name: &str, text: &str| fs::write(desk.path().join(name), text).unwrap();
    write("counties.geojson", &format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(",")));
    write(
        "lines.csv",
        "route,direction,sequence,stop,lon,lat,trips_per_day\n1,both,1,a,118.75,32.05,10\n1,both,2,b,118.85,32.05,10\n\
         2,both,1,c,118.95,32.05,10\n2,both,2,d,118.96,32.05,10\n3,both,1,e,119.05,32.05,10\n3,both,2,f,119.06,32.05,10\n",
    );
    write("clinics.csv", "id,name,lon,lat\nk1,一院,118.85,32.05\n");
    write(
        "people.csv",
        "id,name,lon,lat,people\np-1,甲村,118.75,32.05,100\np-2,乙村,118.851,32.05,300\np-3,丙村,118.95,32.05,50\np-4,甲村,119.05,32.05,20\n",
    );
    write("study.toml", STUDY);
    desk
}

/// Exit code, standard output and standard error of the program in a folder.
fn typed(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("tongda").unwrap().args(words).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn why_takes_names_codes_and_pairs_as_they_are_printed() {
    let desk = desk();
    let (code, card, error) = typed(desk.path(), &["run", "study.toml", "--lang", "en"]);
    assert_eq!(code, 0, "{error}");
    let why = |asked: &str| typed(desk.path(), &["explain", "--why", asked, "--lang", "en"]);
    let same: [&[&str]; 4] = [
        &[
            "320111",
            "浦口区",
            "３２０１１１",
            "浦口区（320111）",
            "320111 浦口区",
            "南京市浦口区",
            "浦口区, 南京市",
            " 浦口区 ",
        ],
        &["320302", "鼓楼区（徐州市）", "鼓楼区 (徐州市)", "徐州市鼓楼区", "徐州市 鼓楼区", "鼓楼区 (320302)"],
        &[
            "320111–320302",
            "320111-320302",
            "320302 - 320111",
            "320302→320111",
            "320111 320302",
            "浦口区 – 鼓楼区（徐州市）",
            "鼓楼区 (徐州市)—浦口区",
            // of the two, only one is a neighbour of Yunlong or of both
            "320302 – 浦口区",
        ],
        &["p-2", "乙村", "乙村 (p-2)", "乙村（p-2）"],
    ];
    for ways in same {
        let (code, want, error) = why(ways[0]);
        assert_eq!(code, 0, "{}: {error}", ways[0]);
        for asked in ways {
            let (code, told, error) = why(asked);
            assert_eq!((code, &told), (0, &want), "{asked}: {error}");
        }
    }
    // a pair as its line of evidence says it, and one whose second name is only one's that is a neighbour
    let (_, told, _) = why("320111–320302");
    let line = told.lines().find(|line| line.contains(" – ") && line.contains("border")).unwrap().trim();
    assert_eq!(why(line).1, told);
    assert_eq!(why("鼓楼区 – 云龙区").1, why("320302–320303").1);
    // several have the name: each with its code and city
    for (asked, wants) in [
        ("鼓楼区", &["320106", "320302", "南京市", "徐州市"][..]),
        ("鼓楼区 – 浦口区", &["320106", "320302"]),
        ("甲村", &["p-1", "p-4"]),
        ("320106–320303", &["says nothing", "320111"]),
        ("nowhere", &["nowhere", "bus-reach"]),
    ] {
        let (code, out, error) = why(asked);
        assert_eq!(code, 2, "{asked}: {out}");
        assert!(wants.iter().all(|want| error.contains(want)), "{asked}: {error}");
    }
    // wherever a Gulou is printed, it is said which
    let read = |name: &str| fs::read_to_string(desk.path().join("out").join(name)).unwrap();
    for (name, text) in [
        ("card", card),
        ("JSON", read("run.json")),
        ("report", read("run.html")),
        ("pairs", read("pairs.csv")),
        ("ranking", read("ranking.csv")),
    ] {
        let bare = text.match_indices("鼓楼区").filter(|(at, name)| !text[at + name.len()..].starts_with('（')).count();
        assert_eq!(bare, 0, "{name}:\n{text}");
        assert!(text.contains("鼓楼区（徐州市）"), "{name}:\n{text}");
    }
}

#[test]
fn runs_list_as_not_compared_only_what_lacks_a_figure() {
    let desk = desk();
    let run = |name: &str| {
        let (code, _, error) = typed(desk.path(), &["run", "study.toml", "--out-dir", name]);
        assert_eq!(code, 0, "{error}");
    };
    // no target: each region has a figure and no verdict
    let plain = STUDY.replace("target = { at-least = \"90 %\" }", "");
    let plain = plain.replace("[[output]]\npath = \"out/ranking.csv\"\nlayer = \"ranking\"\n", "");
    fs::write(desk.path().join("study.toml"), plain).unwrap();
    run("a");
    run("b");
    let compare = || typed(desk.path(), &["compare", "a/run.json", "b/run.json", "--lang", "en"]);
    let (_, page, _) = compare();
    assert!(!page.contains("not compared") && !page.contains("-0"), "{page}");
    // the people of Yunlong move away: nothing is left to measure there
    let people = fs::read_to_string(desk.path().join("people.csv")).unwrap();
    fs::write(desk.path().join("people.csv"), people.replace("p-4,甲村,119.05,32.05,20\n", "")).unwrap();
    run("b");
    let (_, page, _) = compare();
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("not compared, without a figure in A or in B (1): 云龙区 (320303): 0 % | –,"), "{page}");
}
