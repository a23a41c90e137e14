//! The demo's data is what `geodata/SOURCES.md` says it is: every file listed, nothing changed, and what does not
//! exist in the world says so in every row.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use sha2::Digest;
use sha2::Sha256;
use tongda::base::issue::Issue;
use tongda::io::read;
use tongda::io::read::ReadRequest;
use tongda::table::Field;
use tongda::table::Record;

#[path = "../../examples/synthetic_jiangsu/main.rs"]
mod synthetic_jiangsu;

/// What every entry of SOURCES.md must tell.
const FACTS: &[&str] = &["what", "origin", "licence", "attribution", "CRS", "date", "records", "sha256"];

fn geodata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata")
}

/// Entries of SOURCES.md: path below `geodata/` to its facts.
fn entries() -> BTreeMap<String, BTreeMap<String, String>> {
    let text = fs::read_to_string(geodata().join("SOURCES.md")).expect("geodata/SOURCES.md is there");
    let mut entries: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut path = String::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("### `") {
            path = heading.trim_end_matches('`').to_owned();
            assert!(entries.insert(path.clone(), BTreeMap::new()).is_none(), "{path} is listed twice");
        } else if line.starts_with('#') {
            path.clear();
        } else if let Some((name, fact)) = line.strip_prefix("- ").and_then(|line| line.split_once(": "))
            && let Some(facts) = entries.get_mut(&path)
        {
            facts.insert(name.to_owned(), fact.trim().trim_matches('`').to_owned());
        }
    }
    entries
}

/// Every file below `geodata/`, but SOURCES.md, as a path with forward slashes.
fn files() -> BTreeSet<String> {
    let root = geodata();
    let mut found = BTreeSet::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of geodata can be listed") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let below = path.strip_prefix(&root).expect("the path is below geodata");
            let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
            found.insert(parts.join("/"));
        }
    }
    found.remove("SOURCES.md");
    found
}

/// The files of an archive with their texts.
fn texts(path: &Path) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).expect("a listed file can be read")).expect("a ZIP");
    (0..archive.len())
        .map(|at| {
            let mut file = archive.by_index(at).expect("a file of the archive");
            let mut text = String::new();
            file.read_to_string(&mut text).expect("the file is UTF-8");
            (file.name().expect("a name").into_owned(), text)
        })
        .collect()
}

fn records(path: &Path) -> usize {
    let bytes = fs::read(path).expect("a listed file can be read");
    if path.extension().is_some_and(|ext| ext == "geojson") {
        let document: serde_json::Value = serde_json::from_slice(&bytes).expect("a boundary file is JSON");
        document["features"].as_array().expect("a boundary file has features").len()
    } else if path.extension().is_some_and(|ext| ext == "pbf") {
        struct Count(usize);
        impl read::Sink for Count {
            fn record(&mut self, _: &[Field], _: Record, _: Option<Issue>) {
                self.0 += 1;
            }
            fn issue(&mut self, _: Issue) {}
        }
        let mut count = Count(0);
        let shown = path.display().to_string();
        let request = ReadRequest { layer: Some("streets"), ..ReadRequest::new(path, &shown) };
        read::read(&request, &mut count).expect("an extract can be read");
        count.0
    } else if path.extension().is_some_and(|ext| ext == "zip") {
        texts(path).iter().map(|(_, text)| text.lines().count() - 1).sum()
    } else {
        let rows: Result<Vec<_>, _> = csv::Reader::from_reader(bytes.as_slice()).records().collect();
        rows.expect("every row is CSV").len()
    }
}

#[test]
fn every_file_is_listed_with_all_its_facts() {
    let entries = entries();
    let listed: BTreeSet<String> = entries.keys().cloned().collect();
    assert_eq!(listed, files(), "geodata/SOURCES.md (left) and the files in geodata/ (right) differ");
    for (path, facts) in &entries {
        for fact in FACTS {
            assert!(
                facts.get(*fact).is_some_and(|text| !text.is_empty()),
                "{path}: SOURCES.md does not say its {fact}"
            );
        }
    }
}

#[test]
fn every_file_has_the_checksum_and_the_records_that_the_sources_say() {
    for (path, facts) in entries() {
        let file = geodata().join(&path);
        let digest: String = Sha256::digest(fs::read(&file).expect("a listed file can be read"))
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(facts["sha256"], digest, "{path}: sha256 in SOURCES.md (left) and of the file (right)");
        let said = facts["records"].split(' ').next().unwrap_or_default();
        assert_eq!(said, records(&file).to_string(), "{path}: records in SOURCES.md (left) and in the file (right)");
    }
}

#[test]
fn every_synthetic_file_says_so_in_each_row() {
    let synthetic: Vec<String> = files().into_iter().filter(|path| path.contains("synthetic")).collect();
    assert_eq!(synthetic.len(), 8, "{synthetic:?}");
    for path in synthetic {
        let name = path.rsplit('/').next().unwrap_or_default();
        assert!(name.contains("synthetic"), "{path}: the file name itself must say it");
        if name.ends_with(".zip") {
            // a timetable has a place for it in two files
            let texts = texts(&geodata().join(&path));
            let says = |file: &str| texts.iter().any(|(name, text)| name == file && text.contains("synthetic"));
            assert!(says("agency.txt") && says("feed_info.txt"), "{path}");
            continue;
        }
        let mut reader = csv::Reader::from_path(geodata().join(&path)).expect("a synthetic file can be read");
        let header = reader.headers().expect("a synthetic file has a header").clone();
        let column = header.iter().position(|field| field == "synthetic");
        let column = column.unwrap_or_else(|| panic!("{path} has no column `synthetic`"));
        for (row, record) in reader.records().enumerate() {
            let record = record.expect("a row is CSV");
            assert_eq!(record.get(column), Some("true"), "{path}, record {}", row + 1);
        }
    }
}

#[test]
fn text_files_are_utf_8_without_a_byte_order_mark_and_end_lines_in_lf() {
    for path in files().into_iter().filter(|path| !path.ends_with(".pbf") && !path.ends_with(".zip")) {
        let bytes = fs::read(geodata().join(&path)).expect("a file can be read");
        assert!(std::str::from_utf8(&bytes).is_ok(), "{path} is not UTF-8");
        assert!(!bytes.starts_with(b"\xef\xbb\xbf"), "{path} begins with a byte-order mark");
        assert!(!bytes.contains(&b'\r'), "{path} has carriage returns");
    }
}

#[test]
fn the_generator_writes_the_committed_bytes_again() {
    let real = geodata().join("jiangsu");
    let made = synthetic_jiangsu::generate(&real).expect("the generator runs on the real files");
    assert_eq!(made.len(), 9);
    for (name, bytes) in made {
        let committed = fs::read(real.join(&name)).expect("a generated file is committed");
        let line = bytes.split(|b| *b == b'\n').zip(committed.split(|b| *b == b'\n')).position(|(a, b)| a != b);
        assert!(
            bytes == committed,
            "{name} differs from the committed file, first in line {:?}; `cargo run --example synthetic_jiangsu` rewrites it",
            line.map(|line| line + 1)
        );
    }
}
