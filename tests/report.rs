//! The report of the demo: well-formed, by itself, and of the same figures as the scorecard in JSON that is written beside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;
use tempfile::TempDir;
use tongda::app::explain;
use tongda::app::run;
use tongda::app::run::RunOptions;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::indicators::scorecard::Scorecard;

/// The demo of neighbours and distances, its outputs replaced by a report in both languages and a scorecard.
fn demo(folder: &Path, head: &str, output: &str) -> Result<(Scorecard, String), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("configs/jiangsu.toml")).unwrap();
    let (study, _) = text.split_once("[[output]]").unwrap();
    let study = study.replace("../geodata", &root.join("geodata").to_string_lossy());
    let config = folder.join("demo.toml");
    fs::write(
        &config,
        format!("{head}{study}[[output]]\npath = \"card.json\"\n[[output]]\npath = \"report.html\"\n{output}"),
    )
    .unwrap();
    let plan = config::load(&config).map_err(|error| format!("{error:?}"))?;
    run::run(&plan, RunOptions::default(), &Silent).map_err(|error| error.to_string())?;
    let card = explain::card(&folder.join("card.json")).unwrap();
    Ok((card, fs::read_to_string(folder.join("report.html")).unwrap()))
}

/// All text between tags, in order; panics where the page is not well-formed.
fn texts(page: &str) -> Vec<String> {
    // what HTML leaves open
    let mut closed = page.replace("<!DOCTYPE html>", "");
    for tag in ["meta", "input", "br", "hr", "img"] {
        let mut out = String::new();
        let mut rest = closed.as_str();
        while let Some(at) = rest.find(&format!("<{tag} ")) {
            let end = at + rest[at..].find('>').unwrap();
            out.push_str(rest[..end].trim_end_matches('/'));
            out.push_str("/>");
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        closed = out.replace(&format!("<{tag}>"), &format!("<{tag}/>")).replace(" checked/>", " checked=\"\"/>");
    }
    let mut reader = Reader::from_str(&closed);
    reader.config_mut().check_end_names = true;
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("at byte {}: {error}", reader.buffer_position())) {
            Event::Eof => return found,
            Event::Text(text) => found.push(text.decode().unwrap().into_owned()),
            _ => {}
        }
    }
}

#[test]
fn the_report_stands_by_itself_and_says_what_the_scorecard_says() {
    let folder = TempDir::new().unwrap();
    let (card, page) = demo(folder.path(), "", "lang = \"both\"\n").unwrap();
    let said: BTreeSet<String> = texts(&page).iter().map(|text| text.trim().to_owned()).collect();
    let has = |text: &str| said.contains(text);
    for row in &card.indicators {
        assert!(!row.figure.text.is_empty() && has(&row.figure.text), "{}: {}", row.id, row.figure.text);
        for variant in row.variants.iter().filter(|variant| !variant.figure.text.is_empty()) {
            assert!(has(&variant.figure.text), "{}, {}: {}", row.id, variant.code, variant.figure.text);
        }
        assert!(said.iter().any(|text| text.contains(&row.title.zh)), "{}", row.title.zh);
        assert!(said.iter().any(|text| text.contains(&row.title.en)), "{}", row.title.en);
    }
    for input in &card.provenance {
        assert!(has(&input.sha256) && has(&input.path), "{}", input.path);
    }
    // nothing is fetched and nothing is run
    for foreign in ["<script", "src=", "<link", "@import", "url(http", "onclick", "onload"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert_eq!(page.matches("<main lang=").count(), 2);
    // no approval number is given
    assert!(page.contains("不得公开出版") && page.contains("not for publication in China"));
}

#[test]
fn each_map_draws_every_judged_county_once() {
    let folder = TempDir::new().unwrap();
    let (card, page) = demo(folder.path(), "map-approval = \"苏S(2026)001号\"\n", "lang = \"zh\"\n").unwrap();
    assert!(page.contains("审图号：苏S(2026)001号") && !page.contains("不得公开出版"));
    let maps: Vec<&str> = page.split("<svg class=\"map\"").skip(1).collect();
    assert_eq!(maps.len(), card.indicators.len());
    for map in maps {
        let (map, _) = map.split_once("</svg>").unwrap();
        let mut drawn = BTreeSet::new();
        for part in map.split("<use class=\"f\" href=\"#").skip(1) {
            assert!(drawn.insert(part.split('"').next().unwrap()), "drawn twice");
        }
        // 95 counties of Jiangsu: geodata/SOURCES.md
        assert_eq!(drawn.len(), 95);
    }
}

#[test]
fn a_language_of_what_holds_both_is_refused() {
    let folder = TempDir::new().unwrap();
    let error = demo(folder.path(), "", "[[output]]\npath = \"x.gpkg\"\nlang = \"zh\"\n").unwrap_err();
    assert!(error.contains("lang is not used"), "{error}");
}
