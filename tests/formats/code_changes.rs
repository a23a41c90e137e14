//! Codes that have changed: records with the codes of yesterday find the regions of today, and every such code is told.
//!
//! In July 2020 Haimen (320684) became a district of Nantong (320614), and the districts Chongchuan (320602) and Gangzha (320611)
//! were merged into a new Chongchuan (320613).

use std::fs;

use tempfile::TempDir;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::ingest;
use tongda::model::region::Level;
use tongda::model::study::Study;

const REGIONS: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"code":"320613","name":"崇川区"},"geometry":{"type":"Polygon","coordinates":[[[120.0,32.0],[121.0,32.0],[121.0,33.0],[120.0,33.0],[120.0,32.0]]]}},
{"type":"Feature","properties":{"code":"320614","name":"海门区"},"geometry":{"type":"Polygon","coordinates":[[[121.0,32.0],[122.0,32.0],[122.0,33.0],[121.0,33.0],[121.0,32.0]]]}}
]}"#;
const CHANGES: &str =
    "old,new,date,note\n320684,320614,2020-07,撤市设区\n３２０６０２,320613,2020-07,合并\n320611,320613,2020-07,合并\n";

struct Scene {
    folder: TempDir,
    study: String,
}

impl Scene {
    fn new(study: &str, changes: &str) -> Scene {
        let scene = Scene { folder: tempfile::tempdir().unwrap(), study: study.to_owned() };
        scene.with("regions.geojson", REGIONS).with("changes.csv", changes)
    }

    fn with(self, name: &str, content: &str) -> Scene {
        fs::write(self.folder.path().join(name), content).unwrap();
        self
    }

    fn read(&self) -> Result<Study, String> {
        let regions = if self.study.contains("regions =") {
            ""
        } else {
            "regions = { path = \"regions.geojson\", level = \"county\" }\n"
        };
        let text =
            format!("title = \"Test\"\n[study]\ncode-changes = {{ path = \"changes.csv\" }}\n{regions}{}", self.study);
        let plan = config::parse(&text, "study.toml", self.folder.path()).map_err(|error| format!("{error:?}"))?;
        let study = ingest::study(&plan.study, &Silent).map_err(|error| error.to_string())?;
        assert!(study.ledgers.iter().all(|ledger| ledger.balances()));
        Ok(study)
    }
}

fn told(study: &Study, code: &str) -> Vec<(Option<u64>, Option<String>, String)> {
    let own = study.issues.iter().filter(|issue| issue.code == code);
    own.map(|issue| (issue.record, issue.id.clone(), issue.what.clone())).collect()
}

#[test]
fn old_codes_of_facilities_and_demand_find_the_regions_of_today() {
    let scene = Scene::new(
        "facilities = { path = \"clinics.csv\", kind = \"clinic\", id = \"id\", x = \"x\", y = \"y\", datum = \"wgs-84\", region = \"region\" }\n\
         demand = { path = \"people.csv\", x = \"x\", y = \"y\", datum = \"wgs-84\", people = \"n\", region = \"region\" }\n",
        CHANGES,
    )
    .with("clinics.csv", "id,x,y,region\na,121.5,32.5,320684\nb,120.5,32.5,３２０６１１\nc,120.5,32.5,320613\n")
    .with("people.csv", "x,y,n,region\n120.4,32.5,10,320602\n");
    let study = scene.read().unwrap();
    let home = |at: usize| study.facilities[at].home.map(|home| study.regions.get(home).code.as_str());
    assert_eq!([home(0), home(1), home(2)], [Some("320614"), Some("320613"), Some("320613")]);
    assert_eq!(study.demand[0].home[0].map(|home| study.regions.get(home).code.as_str()), Some("320613"));
    let told = told(&study, "changed-code");
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[0].0, Some(1));
    assert_eq!(told[0].2, "code 320684 became 320614 (record 1 of the code changes, 2020-07, 撤市设区)");
    assert!(study.issues.iter().all(|issue| issue.code != "unknown-region"));
}

#[test]
fn pairs_that_became_one_region_are_told() {
    let scene = Scene::new("pair-overrides = \"pairs.csv\"\n", CHANGES)
        .with("pairs.csv", "code_a,code_b,action,reason\n320684,320611,exclude,river\n320602,320611,include,bridge\n");
    let study = scene.read().unwrap();
    let pair = &study.overrides[0];
    assert_eq!((study.overrides.len(), pair.code_a.as_str(), pair.code_b.as_str()), (1, "320614", "320613"));
    let codes: Vec<&str> = study.issues.iter().map(|issue| issue.code).collect();
    assert_eq!(codes, ["changed-code", "changed-code", "changed-code", "changed-code", "same-region"]);
}

#[test]
fn townships_hang_under_the_county_of_today_and_carry_their_descendants_along() {
    let regions = "regions = [{ path = \"regions.geojson\", level = \"county\" }, \
                   { path = \"towns.csv\", level = \"township\", geometry = \"none\" }]\n\
                   demand = { path = \"people.csv\", x = \"x\", y = \"y\", datum = \"wgs-84\", people = \"n\", region = \"region\" }\n";
    let people = "x,y,n,region\n121.5,32.5,10,320684101\n121.5,32.5,10,320684102\n";
    let scene = Scene::new(regions, CHANGES)
        .with("towns.csv", "code,name\n320614101,常乐镇\n320684105,正余镇\n")
        .with("people.csv", people);
    let study = scene.read().unwrap();
    let above = |code: &str| {
        let town = study.regions.find(Level::Township, code).unwrap();
        study.regions.ancestor(town, Level::County).map(|county| study.regions.get(county).code.as_str())
    };
    // the second town's own code is of yesterday: its prefix is taken along
    assert_eq!((above("320614101"), above("320684105")), (Some("320614"), Some("320614")));
    assert_eq!(study.regions.find(Level::County, "320684"), None);
    let home = |at: usize| study.demand[0].home[at].map(|home| study.regions.get(home).code.as_str());
    // 320614101 is a town of today; no town has the code 320614102, so the place decides
    assert_eq!([home(0), home(1)], [Some("320614101"), Some("320614")]);
    assert_eq!(told(&study, "unknown-region").len(), 1);
}

#[test]
fn chains_are_followed_to_the_code_that_a_region_has() {
    let facilities = "facilities = { path = \"c.csv\", kind = \"clinic\", x = \"x\", y = \"y\", datum = \"wgs-84\", region = \"region\" }\n";
    let scene =
        Scene::new(facilities, "old,new\nA,B\nB,320614\n320614,320699\n").with("c.csv", "x,y,region\n120.5,32.5,A\n");
    let study = scene.read().unwrap();
    let home = study.facilities[0].home.unwrap();
    assert_eq!(study.regions.get(home).code, "320614");
    // the code is in use, so the table does not lead away from it
    assert_eq!(told(&study, "code-in-use").len(), 1);
}

#[test]
fn circles_and_splits_map_nothing_and_are_told() {
    let facilities = "max-loss = \"90 %\"\nfacilities = { path = \"c.csv\", kind = \"clinic\", x = \"x\", y = \"y\", datum = \"wgs-84\", region = \"region\" }\n";
    let changes = "old,new\nA,B\nB,C\nC,A\nS,320613\nS,320614\n,320614\n320684,320684\nS,320614\nD,A\n";
    let scene = Scene::new(facilities, changes).with("c.csv", "x,y,region\n120.5,32.5,A\n121.5,32.5,S\n121.5,32.5,D\n");
    let study = scene.read().unwrap();
    let homes: Vec<&str> =
        study.facilities.iter().map(|it| study.regions.get(it.home.unwrap()).code.as_str()).collect();
    // the places decide
    assert_eq!(homes, ["320613", "320614", "320614"]);
    assert_eq!(told(&study, "code-circle").len(), 3);
    let splits = told(&study, "split-code");
    assert_eq!(splits.len(), 2);
    assert!(splits.iter().all(|(.., what)| what.contains("320613 and 320614")), "{splits:?}");
    let ledger = study.ledgers.iter().find(|ledger| ledger.records == "code changes").unwrap();
    assert_eq!((ledger.read, ledger.used), (9, 3));
    assert_eq!(
        ledger.dropped.iter().map(|(code, count)| (*code, *count)).collect::<Vec<_>>(),
        [("code-circle", 3), ("duplicate-change", 1), ("no-change", 1), ("no-code", 1)]
    );
}

#[test]
fn a_table_with_other_columns_says_which() {
    let scene = Scene::new("", "alt,neu\n320684,320614\n");
    let message = scene.read().unwrap_err();
    assert!(message.contains("no field \"old\""), "{message}");
    let scene = Scene::new("", CHANGES);
    let text = fs::read_to_string(scene.folder.path().join("changes.csv")).unwrap();
    assert!(text.contains("320684") && scene.read().unwrap().issues.is_empty());
}
