//! What the documentation tells people to type is there.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use tongda::cli::args::Args;
use tongda::config;

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

const PAGES: &[&str] = &[
    "README.md",
    "README.zh-CN.md",
    "ARCHITECTURE.md",
    "docs/qgis.md",
    "docs/methods/neighbour-reach.md",
    "docs/methods/nearest.md",
    "docs/methods/covered-share.md",
    "docs/methods/stop-coverage.md",
    "docs/methods/reachable-within.md",
    "docs/methods/accessibility.md",
    "docs/methods/served-share.md",
    "docs/methods/expected-load.md",
    "docs/methods/equity.md",
    "docs/methods/supply-ratio.md",
    "docs/methods/presence.md",
    "docs/methods/facility-count.md",
    "docs/planning.md",
    "docs/demand.md",
    "docs/report.md",
    "docs/plan-on-a-page.md",
    "docs/methods/districts.md",
    "docs/methods/referral.md",
    "docs/methods/living-circle.md",
    "docs/methods/overlay-share.md",
    "docs/methods/hub-reach.md",
    "docs/methods/attribute-share.md",
    "docs/methods/direct-to-seat.md",
    "docs/methods/reported.md",
    "docs/methods/milestone.md",
    "docs/methods/unmeasured.md",
    "docs/hazards.md",
    "docs/scenarios.md",
    "docs/streets.md",
    "docs/surface.md",
    "docs/timetables.md",
    "docs/timetables-engine.md",
];

#[test]
fn every_command_and_flag_in_the_pages_exists() {
    let command = Args::command();
    let mut broken = Vec::new();
    for name in PAGES {
        let mut in_block = false;
        for (at, line) in page(name).lines().enumerate() {
            if line.starts_with("```") {
                in_block = !in_block;
            }
            for typed in line.split("tongda ").skip(1) {
                let mut words = typed.split(['`', '|', '#']).next().unwrap_or("").split_whitespace();
                let Some(word) = words.next().filter(|word| word.bytes().all(|b| b.is_ascii_lowercase())) else {
                    continue;
                };
                let Some(known) = command.get_subcommands().find(|known| known.get_name() == word) else {
                    // prose goes on after the program's name; commands stand in code
                    if line.contains(&format!("`tongda {word}")) || in_block && line.starts_with("tongda ") {
                        broken.push(format!("{name}:{}: no command \"{word}\"", at + 1));
                    }
                    continue;
                };
                for flag in words.filter_map(|word| word.strip_prefix("--")) {
                    let has = |command: &clap::Command| command.get_arguments().any(|arg| arg.get_long() == Some(flag));
                    if !has(known) && !has(&command) {
                        broken.push(format!("{name}:{}: {word} has no --{flag}", at + 1));
                    }
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn the_configs_in_the_readmes_can_be_meant() {
    for name in ["README.md", "README.zh-CN.md"] {
        let text = page(name);
        let blocks: Vec<&str> = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(!blocks.is_empty(), "{name} has no config");
        for block in blocks {
            if let Err(error) = config::parse(block, name, Path::new("study")) {
                panic!("{:?}", miette::Report::new(error));
            }
        }
    }
}

/// Whether a page has a heading with this name in links: lower-case letters, spaces as hyphens, nothing else.
fn has_heading(page: &str, name: &str) -> bool {
    let named = |heading: &str| -> String {
        let kept = heading.trim().to_lowercase();
        kept.chars()
            .filter(|c| c.is_alphanumeric() || " -".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    };
    page.lines().filter(|line| line.starts_with('#')).any(|line| named(line.trim_start_matches('#')) == name)
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut broken = Vec::new();
    for name in PAGES {
        let folder = root.join(name).parent().map(Path::to_owned).unwrap_or_default();
        for target in page(name).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let is_there = match target.split_once('#') {
                Some(("", heading)) => has_heading(&page(name), heading),
                _ => target.starts_with("http") || folder.join(target).exists(),
            };
            if !is_there {
                broken.push(format!("{name}: {target}"));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn methods_pages_fit_a_terminal() {
    for name in PAGES.iter().filter(|name| name.starts_with("docs/methods/")) {
        for (at, line) in page(name).lines().enumerate() {
            assert!(line.chars().count() <= 100, "{name}:{}: {} characters", at + 1, line.chars().count());
        }
    }
}
