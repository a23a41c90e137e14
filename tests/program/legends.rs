//! What a legend says is what is drawn, and what is drawn is what the scorecard says: each row of a layer has one class, the count beside a class is
//! that of its rows, and regions and pairs add up to the verdicts and the figure.
//!
//! The rules of QGIS are read from the styles in the GeoPackage, and their expressions are asked of SQLite, which understands them too.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;
use tongda::app::explain;
use tongda::app::run;
use tongda::app::run::RunOptions;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::indicators::scorecard::Row;
use tongda::indicators::scorecard::Scorecard;
use tongda::indicators::verdict::Verdict;

/// One class of a layer in QGIS.
struct Rule {
    /// As SQL, true for the rows that are drawn so.
    filter: String,
    label: String,
    count: u64,
}

/// What a run has written.
struct Written {
    card: Scorecard,
    base: Connection,
    page: String,
}

/// Runs a study as it stands, with a GeoPackage, a scorecard and an English report instead of its outputs.
fn written(folder: &TempDir, study: &str) -> Written {
    let outputs = ["card.json", "run.gpkg", "report.html"].map(|name| format!("[[output]]\npath = \"{name}\"\n"));
    let path = folder.path().join("study.toml");
    fs::write(&path, format!("lang = \"en\"\n{study}\n{}lang = \"en\"\n", outputs.concat())).unwrap();
    let plan = config::load(&path).unwrap_or_else(|error| panic!("{error:?}"));
    run::run(&plan, RunOptions::default(), &Silent).unwrap_or_else(|error| panic!("{error}"));
    Written {
        card: explain::card(&folder.path().join("card.json")).unwrap(),
        base: Connection::open(folder.path().join("run.gpkg")).unwrap(),
        page: fs::read_to_string(folder.path().join("report.html")).unwrap(),
    }
}

fn demo(name: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("configs").join(name)).unwrap();
    let text = text
        .replace("../geodata", &root.join("geodata").to_string_lossy())
        .replace("\"norms.toml\"", &format!("{:?}", root.join("configs/norms.toml")));
    text.split("[[output]]").next().unwrap().to_owned()
}

fn unescaped(text: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

fn rules(qml: &str) -> Vec<Rule> {
    let mut rules: Vec<Rule> = qml
        .split("<rule key=\"")
        .skip(1)
        .filter_map(|rule| {
            let filter = unescaped(between(rule, "filter=\"", "\"")?);
            let label = unescaped(between(rule, "label=\"", "\"")?);
            let (label, count) = label.strip_suffix(']')?.rsplit_once(" [")?;
            Some(Rule { filter, label: label.to_owned(), count: count.parse().ok()? })
        })
        .collect();
    let held: Vec<String> = rules.iter().filter(|rule| rule.filter != "ELSE").map(|rule| took(&rule.filter)).collect();
    for rule in rules.iter_mut().filter(|rule| rule.filter == "ELSE") {
        rule.filter = format!("NOT ({})", held.iter().fold("0".to_owned(), |all, one| format!("{all} OR {one}")));
    }
    rules
}

/// A null is not taken.
fn took(filter: &str) -> String {
    format!("coalesce(({filter}), 0)")
}

impl Written {
    fn styles(&self) -> Vec<(String, String)> {
        let mut query = self.base.prepare("SELECT f_table_name, styleQML FROM layer_styles ORDER BY 1").unwrap();
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn number(&self, sql: &str) -> u64 {
        self.base.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    fn columns(&self, table: &str) -> Vec<String> {
        let mut query = self.base.prepare(&format!("PRAGMA table_info({table:?})")).unwrap();
        let rows = query.query_map([], |row| row.get(1)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn text(&self, sql: &str) -> Option<String> {
        self.base.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Every row of every layer that is drawn has one class, and the counts in the legends of QGIS are those of the rows.
    fn agrees_with_qgis(&self) -> usize {
        let mut layers = 0;
        for (table, qml) in self.styles() {
            let rules = rules(&qml);
            if rules.is_empty() {
                assert!(!qml.contains("<rule "), "{table}: a rule without a count");
                continue;
            }
            layers += 1;
            for rule in &rules {
                let found = self.number(&format!("SELECT count(*) FROM {table:?} WHERE {}", took(&rule.filter)));
                assert_eq!(found, rule.count, "{table}, {}: {}", rule.label, rule.filter);
            }
            let classes: Vec<String> = rules.iter().map(|rule| took(&rule.filter)).collect();
            let astray = format!("SELECT count(*) FROM {table:?} WHERE {} <> 1", classes.join(" + "));
            assert_eq!(self.number(&astray), 0, "{table}: rows in no class or in several");
        }
        layers
    }

    /// Layers of regions begin alike, and say of each region what the scorecard says; values are drawn only where there is a verdict on them.
    fn agrees_with_verdicts(&self, row: &Row) -> usize {
        let table = format!("{}_regions", row.id.replace('-', "_"));
        if !row.layers.contains(&table) {
            return 0;
        }
        assert_eq!(
            self.columns(&table)[2..9],
            ["code", "name", "verdict", "value", "label", "city", "level"],
            "{table}"
        );
        let level = self.text(&format!("SELECT level FROM {table:?} LIMIT 1")).unwrap();
        let drawn = |verdict: Verdict| {
            self.number(&format!("SELECT count(*) FROM {table:?} WHERE verdict = '{}'", verdict.word()))
        };
        let told: Vec<Verdict> =
            row.regions.iter().filter(|one| one.level.title().0 == level).map(|one| one.verdict).collect();
        for verdict in Verdict::ALL {
            let count = told.iter().filter(|one| **one == verdict).count() as u64;
            assert!(told.is_empty() || drawn(verdict) == count, "{table}: {} {count}", verdict.word());
        }
        let (_, qml) = self.styles().into_iter().find(|(name, _)| *name == table).unwrap();
        for rule in rules(&qml) {
            let of = |verdicts: &str| {
                self.number(&format!(
                    "SELECT count(*) FROM {table:?} WHERE {} AND verdict NOT IN ({verdicts})",
                    took(&rule.filter)
                ))
            };
            let apart = ["undecided", "no data", "not applicable"].iter().any(|word| rule.label.contains(word));
            let wanted = match () {
                () if rule.label.contains("(met)") => "'met', 'no-target'",
                () if rule.label.contains("(missed)") => "'missed', 'no-target'",
                () if rule.label.contains("not applicable") => "'not-applicable'",
                () if apart => "'no-data'",
                () => "'met', 'missed', 'no-target'",
            };
            assert_eq!(of(wanted), 0, "{table}, {}", rule.label);
        }
        1
    }

    /// Of pairs as many are drawn as the figure counts.
    fn agrees_with_pairs(&self, row: &Row) -> usize {
        let table = format!("{}_pairs", row.id.replace('-', "_"));
        let (Some(part), Some(whole)) = (row.figure.part, row.figure.whole) else { return 0 };
        // the figure may count regions whose every neighbour is reached, or hubs
        let counts_others = row.variants.iter().any(|variant| variant.code == "pairs")
            || row.weights.iter().any(|ledger| ledger.unit == "hubs");
        if !row.layers.contains(&table) || counts_others {
            return 0;
        }
        let (field, words) = match row.metric.as_str() {
            "hub-reach" => ("state", ["joined", "not-joined", "no-data"]),
            _ => ("status", ["connected", "unconnected", "no_data"]),
        };
        let drawn =
            words.map(|word| self.number(&format!("SELECT count(*) FROM {table:?} WHERE {field} = '{word}'")) as f64);
        assert_eq!(drawn, [part, whole - part, row.figure.unknown], "{table}: joined, not joined, without data");
        assert_eq!(self.number(&format!("SELECT count(*) FROM {table:?}")) as f64, whole + row.figure.unknown);
        1
    }

    /// Legends of the report say what those of QGIS say.
    fn agrees_with_report(&self) -> usize {
        let mut seen = 0;
        let by_title: BTreeMap<String, Vec<Rule>> = self
            .styles()
            .into_iter()
            .map(|(table, qml)| {
                let title = format!("SELECT identifier FROM gpkg_contents WHERE table_name = '{table}'");
                (self.text(&title).unwrap(), rules(&qml))
            })
            .collect();
        for legend in self.page.split("<div class=\"legend\">").skip(1) {
            let legend = legend.split("</div>").next().unwrap();
            let title = unescaped(between(legend, "<b>", "</b>").unwrap());
            let (_, rules) = by_title
                .iter()
                .find(|(name, _)| name.ends_with(&title) || name.contains(&format!("{title}（")))
                .unwrap_or_else(|| panic!("no layer {title}"));
            let entries: Vec<(String, u64)> = legend
                .split("<li>")
                .skip(1)
                .map(|entry| {
                    let text = entry.split_once("</svg>").unwrap().1;
                    let (label, count) = text.split_once(" <span class=\"n\">").unwrap();
                    (unescaped(label), count.split('<').next().unwrap().parse().unwrap())
                })
                .collect();
            let drawn: Vec<&Rule> = rules.iter().filter(|rule| rule.count > 0).collect();
            assert_eq!(entries.len(), drawn.len(), "{title}: {entries:?}");
            for ((label, count), rule) in entries.iter().zip(drawn) {
                assert!(rule.label.ends_with(label.as_str()) && rule.count == *count, "{title}: {label} {count}");
                seen += 1;
            }
        }
        seen
    }
}

fn agrees(written: &Written) -> (usize, usize, usize, usize) {
    let sum = |of: &dyn Fn(&Row) -> usize| written.card.indicators.iter().map(of).sum();
    (
        written.agrees_with_qgis(),
        sum(&|row| written.agrees_with_verdicts(row)),
        sum(&|row| written.agrees_with_pairs(row)),
        written.agrees_with_report(),
    )
}

#[test]
fn legends_of_the_demo_count_what_is_drawn_and_what_the_sentence_says() {
    let folder = TempDir::new().unwrap();
    let (layers, regions, pairs, entries) = agrees(&written(&folder, &demo("jiangsu.toml")));
    assert!(layers > 10 && regions > 3 && pairs == 1 && entries > 10, "{layers} {regions} {pairs} {entries}");
}

/// Counties A to E side by side, 0.2 degrees wide, with a clinic in the middle of A and of C. The one of A's people lives at the clinic, B's 19 km
/// off; of C's two one lives at the clinic and one nobody knows where; so D's; E's row says that nobody lives there.
fn five_counties(folder: &Path) -> String {
    let county = |(at, code): (usize, char)| {
        let (west, east) = (119.0 + at as f64 * 0.2, 119.2 + at as f64 * 0.2);
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"code\":\"{code}\",\"name\":\"{code} county\"}},\"geometry\":{{\"type\":\"Polygon\",\
             \"coordinates\":[[[{west},32],[{east},32],[{east},32.2],[{west},32.2],[{west},32]]]}}}}"
        )
    };
    let counties: Vec<String> = "ABCDE".chars().enumerate().map(county).collect();
    let files = [
        ("r.geojson", format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", counties.join(","))),
        ("f.csv", "id,name,lon,lat\nfa,of A,119.1,32.1\nfc,of C,119.5,32.1\n".to_owned()),
        ("d.csv", "id,code,people\na,A,10\nb,B,10\nc1,C,10\nc2,C,10\nd,D,10\ne,E,0\n".to_owned()),
        ("p.csv", "id,lon,lat\na,119.1,32.1\nb,119.3,32.1\nc1,119.5,32.1\ne,119.9,32.1\n".to_owned()),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    let study = r#"
title = "five"
[study]
plane = "EPSG:4549"
max-loss = "50 %"
regions = [{ path = "r.geojson", level = "county", code = "code", name = "name" }]
facilities = [{ path = "f.csv", kind = "clinic", id = "id", name = "name", x = "lon", y = "lat", datum = "wgs-84" }]
demand = [{ name = "people", path = "d.csv", id = "id", label = "id", region = "code", people = "people", locate = { path = "p.csv", key = "id", x = "lon", y = "lat", datum = "wgs-84" } }]
"#;
    let indicators = [
        ("share", "covered-share = { kind = \"clinic\", within = \"5 km\" }", "at-least = \"90 %\""),
        ("few", "covered-share = { kind = \"clinic\", within = \"5 km\" }", "at-most = \"40 %\""),
        ("open", "covered-share = { kind = \"clinic\", within = \"5 km\" }", ""),
        ("mean", "nearest = { kind = \"clinic\" }", "at-most = \"5 km\""),
        ("has", "presence = { kind = \"clinic\", level = \"county\" }", "at-least = \"50 %\""),
    ];
    let indicator = |(id, measure, target): (&str, &str, &str)| {
        let target = if target.is_empty() { String::new() } else { format!("target = {{ {target} }}\n") };
        format!("[[indicator]]\nid = \"{id}\"\ntitle = \"{id}\"\nmeasure.{measure}\nover = [\"county\"]\n{target}")
    };
    study.to_owned() + &indicators.map(indicator).concat()
}

#[test]
fn regions_without_a_verdict_on_their_value_are_in_no_class_of_values() {
    let folder = TempDir::new().unwrap();
    let written = written(&folder, &five_counties(folder.path()));
    let (_, regions, _, entries) = agrees(&written);
    assert!(regions == 5 && entries > 10, "{regions} {entries}");
    let [undecided, no_data, none] = ["未定：缺失数据可能改变结论", "无数据", "不适用"];
    // C: between 50 and 100 %; D: nobody knows; E: nobody there
    let cases = [
        ("share", ["100 %（达标）", "< 50 %（未达标）", undecided, no_data, none]),
        ("few", ["90 – 100 %（未达标）", "0 – < 25 %（达标）", "90 – 100 %（未达标）", no_data, none]),
        ("open", ["90 – 100 %", "0 – < 25 %", "90 – 100 %", no_data, none]),
    ];
    for (id, wanted) in cases {
        let table = format!("{id}_regions");
        let (_, qml) = written.styles().into_iter().find(|(name, _)| *name == table).unwrap();
        for (code, wanted) in ["A", "B", "C", "D", "E"].into_iter().zip(wanted) {
            let own: Vec<String> = rules(&qml)
                .into_iter()
                .filter(|rule| {
                    let taken = took(&rule.filter);
                    written.number(&format!("SELECT count(*) FROM {table:?} WHERE code = '{code}' AND {taken}")) > 0
                })
                .map(|rule| rule.label)
                .collect();
            assert!(own.len() == 1 && own[0].starts_with(wanted), "{id}, {code}: {own:?}, {wanted}");
        }
    }
}
