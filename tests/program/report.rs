//! The report of the demo: well-formed, by itself, and of the same figures as the scorecard in JSON that is written beside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use calamine::Data;
use calamine::DataType;
use calamine::Reader as _;
use calamine::Xlsx;
use calamine::open_workbook;
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
        format!("{head}{study}[[output]]\npath = \"card.json\"\n[[output]]\npath = \"report.html\"\n{output}[[output]]\npath = \"book.xlsx\"\nlang = \"both\"\n"),
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
    let (mut found, mut own) = (Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("at byte {}: {error}", reader.buffer_position())) {
            Event::Text(text) => own.push_str(&text.xml10_content()),
            Event::GeneralRef(name) => own.push(match &*name {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                "#39" => '\'',
                other => panic!("&{other};"),
            }),
            end => {
                found.push(std::mem::take(&mut own));
                if matches!(end, Event::Eof) {
                    return found;
                }
            }
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
    // and the ranking has one
    assert_eq!(maps.len(), card.indicators.len() + 1);
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
    let error = demo(folder.path(), "", "[[output]]\npath = \"x.csv\"\nlang = \"zh\"\n").unwrap_err();
    assert!(error.contains("lang is not used"), "{error}");
}

#[test]
fn the_workbook_has_the_figures_of_the_scorecard_and_ways_to_their_rows() {
    let folder = TempDir::new().unwrap();
    let (card, _) = demo(folder.path(), "", "").unwrap();
    let mut book: Xlsx<_> = open_workbook(folder.path().join("book.xlsx")).unwrap();
    let names = book.sheet_names();
    let first = book.worksheet_range(&names[0]).unwrap();
    for (at, row) in card.indicators.iter().enumerate() {
        let cell = |column: u32| first.get_value((3 + at as u32, column)).cloned().unwrap_or(Data::Empty);
        assert!(cell(0).to_string().contains(&row.title.zh), "{}", cell(0));
        assert_eq!(cell(8).to_string(), row.figure.text);
        assert_eq!(cell(9).as_f64(), row.figure.value);
        assert!(cell(1).to_string().starts_with(&row.verdict.title().zh), "{}", cell(1));
        assert!(cell(3).to_string().starts_with(&row.status.title().zh), "{}", cell(3));
    }
    // regions of the bus indicator: 95 counties and 13 cities, each with its own figure
    let bus = &card.indicators[0];
    let own: Vec<&String> = names.iter().filter(|name| name.starts_with("1 ")).collect();
    assert_eq!(own.len(), 2, "{names:?}");
    let mut lines = 0;
    for name in own {
        let range = book.worksheet_range(name).unwrap();
        for row in range.rows().skip(3) {
            let region = bus.regions.iter().find(|region| row[0] == Data::String(region.code.clone())).unwrap();
            assert_eq!(row[4].as_f64(), region.figure.value, "{}", region.name);
            lines += 1;
        }
    }
    assert_eq!(lines, bus.regions.len());
    let evidence: usize = card.indicators.iter().map(|row| row.evidence.len()).sum();
    let all = names.iter().find(|name| name.starts_with("依据")).unwrap();
    assert_eq!(book.worksheet_range(all).unwrap().height(), evidence + 3);
}
