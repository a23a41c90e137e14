//! The floors hold: imports point down, the core knows neither files nor terminal, some crates live in one file only.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// Modules by floor. On floor 5 `io` lies under `config`, and both under `ingest`; `layers` knows none of them.
const FLOORS: &[(&str, u32)] = &[
    ("base", 0),
    ("model", 10),
    ("table", 10),
    ("impedance", 20),
    ("metrics", 30),
    ("indicators", 40),
    ("io", 50),
    ("config", 51),
    ("layers", 51),
    ("ingest", 52),
    ("app", 60),
    ("cli", 70),
];

/// The highest floor of the core.
const CORE: u32 = 40;

/// Crates and the only file that may name them.
const ONE_FILE: &[(&str, &str)] = &[("rstar", "impedance/segments.rs"), ("proj", "io/reproject.rs")];

struct Line {
    file: String,
    number: usize,
    text: String,
}

/// All lines of code under `src`, comments and what follows `#[cfg(test)]` left away.
fn lines() -> Vec<Line> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 30, "the sources were not found");
    let mut lines = Vec::new();
    for path in files {
        let file = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap();
        for (at, line) in text.lines().enumerate() {
            if line.trim() == "#[cfg(test)]" && text.lines().nth(at + 1).is_some_and(|next| next.starts_with("mod ")) {
                break;
            }
            let code = line.split("//").next().unwrap_or("");
            if !code.trim().is_empty() {
                lines.push(Line { file: file.clone(), number: at + 1, text: code.to_owned() });
            }
        }
    }
    lines
}

fn module(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or("")
}

fn floor(module: &str) -> Option<u32> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// Whether `text` names `word` as a path segment or macro, not as a part of another word.
fn names(text: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

fn report(broken: Vec<String>) {
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn imports_point_down() {
    let mut broken = Vec::new();
    for line in lines().iter().filter(|line| floor(module(&line.file)).is_some()) {
        let own = module(&line.file);
        for (at, _) in line.text.match_indices("crate::") {
            let target: String = line.text[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let (Some(here), Some(there)) = (floor(own), floor(&target)) else { continue };
            if target != own && there >= here {
                broken.push(format!(
                    "src/{}:{}: {own} (floor {here}) uses {target} (floor {there})",
                    line.file, line.number
                ));
            }
        }
        if line.text.contains("use crate::{") || line.text.contains("super::super") {
            broken.push(format!("src/{}:{}: one `use crate::…;` a line, no super::super", line.file, line.number));
        }
    }
    report(broken);
}

#[test]
fn every_module_has_a_floor() {
    let unknown: Vec<String> = lines()
        .iter()
        .filter(|line| !["lib", "main"].contains(&module(&line.file)) && floor(module(&line.file)).is_none())
        .map(|line| format!("src/{} is on no floor", line.file))
        .collect();
    report(unknown);
}

#[test]
fn the_core_knows_neither_files_nor_terminal() {
    let forbidden = ["std::fs", "std::env", "std::io", "std::process", "clap", "indicatif", "proj", "rusqlite", "csv"];
    let mut broken = Vec::new();
    for line in lines().iter().filter(|line| floor(module(&line.file)).is_some_and(|floor| floor <= CORE)) {
        for word in forbidden {
            if names(&line.text, word) && (line.text.contains(&format!("{word}::")) || line.text.contains("use ")) {
                broken.push(format!("src/{}:{}: the core must not know {word}", line.file, line.number));
            }
        }
    }
    report(broken);
}

#[test]
fn only_the_command_line_prints() {
    let mut broken = Vec::new();
    for line in lines().iter().filter(|line| module(&line.file) != "cli") {
        for word in ["println!", "print!", "eprintln!", "eprint!", "dbg!"] {
            if names(&line.text, &word[..word.len() - 1]) && line.text.contains(word) {
                broken.push(format!("src/{}:{}: {word} outside of cli", line.file, line.number));
            }
        }
    }
    report(broken);
}

#[test]
fn some_crates_live_in_one_file() {
    let mut broken = Vec::new();
    for line in lines() {
        for (name, only) in ONE_FILE {
            let used = line.text.contains(&format!("use {name}::")) || line.text.contains(&format!(" {name}::"));
            if used && line.file != *only {
                broken.push(format!("src/{}:{}: {name} is used outside of {only}", line.file, line.number));
            }
        }
    }
    report(broken);
}

#[test]
fn nothing_in_the_sources_can_panic_on_purpose() {
    let mut broken = Vec::new();
    for line in lines() {
        for word in [".unwrap()", "panic!(", "todo!(", "unimplemented!(", ".unwrap_unchecked"] {
            if line.text.contains(word) {
                broken.push(format!("src/{}:{}: {word}", line.file, line.number));
            }
        }
    }
    report(broken);
}
