//! What the documentation shows is what the program takes: every config, fragment of one, patch and command in it.

use std::fs;
use std::path::Path;

use clap::Parser;
use toml::Table;
use toml::Value;
use tongda::cli::args::Args;
use tongda::config;
use tongda::config::scenario::Scenario;

/// A piece of a page: its lines as a reader would copy them.
struct Example {
    place: String,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All pages for users.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned(), "README.zh-CN.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap().flatten() {
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(name);
            } else if name.ends_with(".md") {
                pages.push(name);
            }
        }
    }
    pages.sort();
    pages
}

/// Blocks of code of a page: fenced ones with their language, and indented ones without.
fn blocks(page: &str) -> Vec<(Example, Option<String>)> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut found: Vec<(Example, Option<String>)> = Vec::new();
    let (mut fence, mut is_in_block, mut before): (Option<String>, bool, &str) = (None, false, "");
    for (at, line) in text.lines().enumerate() {
        if let Some(language) = line.strip_prefix("```") {
            fence = match fence {
                Some(_) => None,
                None => Some(language.to_owned()),
            };
            if let Some(language) = &fence {
                let example = Example { place: format!("{page}:{}", at + 2), text: String::new() };
                found.push((example, Some(language.clone())));
            }
            is_in_block = false;
        } else if let (Some(_), Some((block, _))) = (&fence, found.last_mut()) {
            block.text += line;
            block.text.push('\n');
        } else if let Some(own) = line.strip_prefix("    ").filter(|_| is_in_block || before.trim().is_empty()) {
            if !is_in_block {
                found.push((Example { place: format!("{page}:{}", at + 1), text: String::new() }, None));
            }
            is_in_block = true;
            let block = &mut found.last_mut().unwrap().0;
            block.text += own;
            block.text.push('\n');
        } else if line.trim().is_empty() && is_in_block {
            found.last_mut().unwrap().0.text.push('\n');
        } else {
            is_in_block = false;
        }
        before = line;
    }
    found
}

/// Whether a block without a language is a config or a part of one: a table, or a key with a text, list or table. Formulas look otherwise.
fn is_config(text: &str) -> bool {
    text.lines().any(|line| {
        let is_key = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b".-".contains(&b));
        let is_value = |value: &str| value.starts_with(['"', '[', '{']);
        line.starts_with("[[")
            || line.starts_with("[study")
            || line.starts_with("{ name = ")
            || line.split_once(" = ").is_some_and(|(key, value)| is_key(key.trim()) && is_value(value.trim()))
    })
}

/// Studies that a fragment may be part of: every source that an example names, none of which is read here.
fn minimal(fragment: &str) -> Table {
    let named = |key: &str| {
        let (_, behind) = fragment.split_once(&format!("{key} = \""))?;
        behind.split('"').next()
    };
    let demand = named("demand").unwrap_or("demand");
    let level = if fragment.contains("level = \"village\"") { "village" } else { "township" };
    let text = format!(
        r#"
title = "example"
[study]
regions = [{{ path = "counties.geojson", level = "county" }}, {{ path = "small.geojson", level = "{level}" }}]
facilities = {{ path = "facilities.csv", kind-field = "kind", x = "x", y = "y" }}
demand = {{ name = "{demand}", path = "people.csv", people = "people", x = "x", y = "y" }}
records = [
    {{ name = "boundary", path = "boundary.gpkg" }}, {{ name = "built-up", path = "built_up.gpkg" }}, {{ name = "parks", path = "parks.gpkg" }},
    {{ name = "flood", path = "flood.gpkg" }}, {{ name = "corridor", path = "corridor.gpkg" }}, {{ name = "estates", path = "estates.csv" }},
    {{ name = "hospitals", path = "hospitals.csv" }}, {{ name = "land", path = "land.csv" }}, {{ name = "villages", path = "villages.csv" }},
]
districts = {{ path = "zones.geojson", facility = "facility" }}
transit = {{ gtfs = "feed.zip" }}
streets = {{ path = "streets.osm.pbf", layer = "streets" }}
surface = {{ cell = "100 m", landcover = {{ path = "landcover.tif", speeds = {{ "10" = "4 km/h" }} }} }}
"#
    );
    text.parse().unwrap()
}

/// `more` into `base`: tables are joined, lists of sources by the names of their sources; whatever else both have is that of `more`.
fn join(base: &mut Table, more: Table) {
    for (key, value) in more {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) if ["study", "streets", "surface"].contains(&key.as_str()) => {
                join(old, new);
            }
            (Some(Value::Array(old)), Value::Array(new)) if key == "records" => {
                let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
                old.retain(|one| new.iter().all(|other| name(other) != name(one)));
                old.extend(new);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// A fragment as a whole config.
fn completed(fragment: &str) -> Result<String, String> {
    let top = ["title", "lang", "map-approval", "as-of", "study", "norms", "norm", "indicator", "input", "output"];
    let (mut text, mut is_open) = (String::new(), false);
    // members of a list
    let fragment = match fragment.starts_with("{ name = ") {
        true => format!("demand = [\n{fragment}\n]\n"),
        false => fragment.to_owned(),
    };
    for line in fragment.lines() {
        // a measure is one of an indicator, whatever stands before it
        if line.starts_with("[[indicator]]") {
            is_open = true;
        } else if line.starts_with("measure.") && !std::mem::take(&mut is_open) {
            text += &format!("[[indicator]]\nid = \"example-{}\"\n", text.len());
        }
        text += line;
        text.push('\n');
    }
    let parsed: Table = text.parse().map_err(|error: toml::de::Error| format!("{error}\n{text}"))?;
    let (own, of_study): (Table, Table) = parsed.into_iter().partition(|(key, _)| top.contains(&key.as_str()));
    let mut whole = minimal(&fragment);
    join(&mut whole, own);
    let study = whole["study"].as_table_mut().unwrap();
    // a source on its own: what a table of the study says of its file
    let of_study = match of_study.contains_key("path") {
        true => {
            let mut source = of_study;
            source.insert("kind".to_owned(), "school".into());
            // which build reads what is no matter of the example
            if source["path"].as_str().is_some_and(|path| path.contains("://")) && !cfg!(feature = "postgis") {
                source.insert("path".to_owned(), "database.gpkg".into());
            }
            Table::from_iter([("facilities".to_owned(), Value::Table(source))])
        }
        false => of_study,
    };
    join(study, of_study);
    Ok(toml::to_string(&whole).unwrap())
}

#[test]
fn every_config_in_the_pages_can_be_meant() {
    let (mut seen, mut broken) = (0, Vec::new());
    for page in pages() {
        for (example, language) in blocks(&page) {
            let is_meant = match language.as_deref() {
                Some(language) => language == "toml",
                None => is_config(&example.text),
            };
            if !is_meant {
                continue;
            }
            seen += 1;
            let Example { place, text } = example;
            let folder = root().join("configs");
            // a patch over a study
            if text.contains("[facilities]") {
                let base = "title = \"t\"\n[study]\nregions = { path = \"c.geojson\", level = \"county\" }\n\
                            facilities = [{ path = \"shelters.csv\", kind-field = \"kind\", capacity = \"capacity\", x = \"x\", y = \"y\" }, { path = \"clinics.csv\", kind = \"clinic\", capacity = \"capacity\", x = \"x\", y = \"y\" }]\n\
                            demand = { name = \"residents\", path = \"d.csv\", people = \"people\", x = \"x\", y = \"y\" }\n\
                            services = { path = \"l.csv\", x = \"x\", y = \"y\" }\nstreets = { path = \"s.osm.pbf\", layer = \"streets\" }\n\
                            [[indicator]]\nid = \"shelter-2-km\"\nmeasure.covered-share = { kind = \"shelter\", within = \"2 km\" }\n";
                let parsed = Scenario::parse((base, "study.toml", &folder), (&text, &place, &folder));
                if let Err(error) = parsed.and_then(|scenario| scenario.plan().map(drop)) {
                    broken.push(format!("{place}: {:?}", miette::Report::new(error)));
                }
                continue;
            }
            let is_whole = text.contains("title = ") && text.contains("[study]");
            let whole = if is_whole { Ok(text) } else { completed(&text) };
            let parsed = whole.and_then(|whole| {
                let parsed = config::parse(&whole, &place, &folder);
                parsed.map(drop).map_err(|error| format!("{:?}", miette::Report::new(error)))
            });
            broken.extend(parsed.err().map(|error| format!("{place}: {error}")));
        }
    }
    assert!(seen > 25, "only {seen} configs were found");
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

/// Codes of regions in examples about Jiangsu: a city or a county of its data.
#[test]
fn codes_in_the_patches_of_the_pages_are_those_of_regions() {
    let counties = fs::read_to_string(root().join("geodata/jiangsu/counties_wgs84.geojson")).unwrap();
    let mut seen = 0;
    for (example, _) in
        pages().iter().flat_map(|page| blocks(page)).filter(|(one, _)| one.text.contains("[[people.scale]]"))
    {
        let patch: Table = example.text.parse().unwrap();
        for scale in patch["people"]["scale"].as_array().unwrap() {
            for code in scale.get("regions").and_then(Value::as_table).into_iter().flat_map(Table::keys) {
                seen += 1;
                assert!(counties.contains(code.as_str()), "{}: no region has the code {code}", example.place);
            }
        }
    }
    assert!(seen > 0);
}

/// Commands of the pages with where they stand: lines of blocks, and code within sentences.
fn commands() -> Vec<Example> {
    let mut found = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        let mut is_in_block = false;
        for (at, line) in text.lines().enumerate() {
            is_in_block ^= line.starts_with("```");
            let place = format!("{page}:{}", at + 1);
            // prose begins with the program's name too
            let whole = Some(line.trim_start())
                .filter(|it| it.starts_with("tongda ") && (is_in_block || line.starts_with("    ")));
            let within = line.split('`').skip(1).step_by(2).filter(|code| code.starts_with("tongda "));
            for typed in whole.into_iter().chain(within) {
                let typed = typed.split(" # ").next().unwrap().split([';', '|', '>', '`']).next().unwrap().trim();
                found.push(Example { place: place.clone(), text: typed.to_owned() });
            }
        }
    }
    found
}

#[test]
fn every_command_in_the_pages_is_accepted() {
    let mut broken = Vec::new();
    let commands = commands();
    assert!(commands.len() > 40, "only {} commands were found", commands.len());
    for Example { place, text } in commands {
        let words: Vec<&str> =
            text.split_whitespace().map(|word| if word == "SHELL" { "bash" } else { word }).collect();
        // a benchmark is a build of its own
        if words.get(1) == Some(&"bench") && !cfg!(feature = "bench") {
            continue;
        }
        // the bare name of a command, in a sentence
        let is_name = words.len() == 2 && words[1].bytes().all(|byte| byte.is_ascii_lowercase());
        match Args::try_parse_from(&words) {
            Err(error) if is_name && error.kind() == clap::error::ErrorKind::MissingRequiredArgument => {}
            Err(error) if error.use_stderr() => broken.push(format!("{place}: {text}\n{error}")),
            _ => {}
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn commands_of_the_pages_whose_files_are_at_hand_work() {
    let mut run = 0;
    let mut seen = std::collections::BTreeSet::new();
    for Example { place, text } in commands() {
        let words: Vec<&str> = text.split_whitespace().skip(1).collect();
        let is_here = |word: &&str| root().join(word).is_file();
        let plan = |path: &str| config::load(&root().join(path)).unwrap_or_else(|error| panic!("{place}: {error:?}"));
        match words[..] {
            // the studies themselves are run by `make demo`: here they are read, with their patches
            ["run" | "check", study, ref rest @ ..] if is_here(&study) => {
                drop(plan(study));
                if let ["--scenario", patch, ..] = rest {
                    let scenario = Scenario::load(&root().join(study), &root().join(patch));
                    scenario.and_then(|it| it.plan()).unwrap_or_else(|error| panic!("{place}: {error:?}"));
                }
                run += 1;
            }
            ["formats" | "schema" | "explain", ref rest @ ..]
                if rest.iter().all(|word| word.starts_with("--sc") || word.contains('-') && !word.starts_with('-'))
                    && seen.insert(text.clone()) =>
            {
                let mut program = assert_cmd::Command::cargo_bin("tongda").unwrap();
                program.args(&words).assert().success();
                run += 1;
            }
            _ => {}
        }
    }
    assert!(run > 6, "only {run} commands were run");
}
