//! Whose district's school is the nearest: the worked example of the methods page, derived there, and random towns against a plain twin that
//! tries every polygon and every school.

use geo_types::MultiPolygon;
use tongda::app::run::Finished;
use tongda::app::run::RunOptions;
use tongda::app::run::run;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::metrics::Output;
use tongda::model::district::District;
use tongda::model::district::DistrictLayer;
use tongda::model::facility::Excluded;
use tongda::model::facility::ExcludedBy;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::table::Value;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::rectangle;

fn district(record: u64, name: &str, facility: Option<&str>, plane: MultiPolygon<f64>) -> District {
    let mut lonlat = plane.clone();
    lonlat.0.iter_mut().for_each(|part| {
        part.exterior_mut(|ring| ring.0.iter_mut().for_each(|at| (at.x, at.y) = (at.x / 1e5, at.y / 1e5)));
    });
    District { record, name: name.to_owned(), facility: facility.map(str::to_owned), plane, lonlat }
}

fn strips(parts: &[(f64, f64)]) -> MultiPolygon<f64> {
    MultiPolygon(parts.iter().flat_map(|(from, to)| rectangle(*from, -500.0, *to, 500.0).0).collect())
}

/// The road of the methods page, and g, whose place is not known.
fn road() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(-1_000.0, -1_000.0, 12_000.0, 1_000.0), "X", "R", true)
        .facility("S1", "school", 0.0, 0.0)
        .facility("S2", "school", 3_000.0, 0.0)
        .facility("S3", "school", 10_000.0, 0.0)
        .people(&[
            ("a", -500.0, 0.0, 60),
            ("b", 2_200.0, 0.0, 80),
            ("c", 1_500.0, 0.0, 50),
            ("d", 4_000.0, 0.0, 100),
            ("e", 7_000.0, 0.0, 40),
            ("f", 9_000.0, 0.0, 30),
            ("g", 0.0, 0.0, 10),
        ])
        .build();
    study.facilities[0].capacity = Some(100.0);
    study.facilities[1].capacity = Some(300.0);
    study.demand[0].home = vec![study.regions.find(Level::County, "A"); 7];
    study.demand[0].at[6] = None;
    study.districts.push(DistrictLayer {
        name: "primary".into(),
        districts: vec![
            district(1, "west", Some("S1"), strips(&[(-1_000.0, 1_500.0), (2_000.0, 2_400.0)])),
            district(2, "east", Some("S2"), strips(&[(1_500.0, 1_900.0), (2_500.0, 8_000.0)])),
        ],
        synthetic: false,
    });
    study
}

const ASKED: &str = "districts = { kind = \"school\", within = \"1.2 km\", by = \"straight-line\" }";

fn column(output: &Output, layer: &str, field: &str) -> Vec<Value> {
    let table = output.tables.iter().find(|table| table.name == layer).unwrap();
    let at = table.field(field).unwrap();
    table.rows.iter().map(|row| row.values[at].clone()).collect()
}

fn numbers(output: &Output, layer: &str, field: &str) -> Vec<Option<f64>> {
    column(output, layer, field).iter().map(Value::as_f64).collect()
}

fn words(output: &Output, layer: &str, field: &str) -> Vec<String> {
    column(output, layer, field).iter().map(|value| value.as_key().unwrap_or_default()).collect()
}

fn parts(output: &Output) -> Vec<(&'static str, f64)> {
    assert!(output.weights[0].balances());
    output.weights[0].parts.iter().map(|(name, weight)| (*name, weight.to_f64())).collect()
}

#[test]
fn the_worked_example_of_the_methods_page() {
    let output = measure(&road(), ASKED).unwrap();
    assert_eq!((output.headline.part, output.headline.whole), (Some(160.0), Some(280.0)));
    // the page has no g: 10 more that are not known
    assert_eq!((output.headline.unknown, output.headline.bounds), (90.0, Some((160.0 / 370.0, 250.0 / 370.0))));
    assert_eq!(
        parts(&output),
        [
            ("nearest", 160.0),
            ("farther", 120.0),
            ("no-way", 0.0),
            ("ambiguous", 50.0),
            ("no-district", 30.0),
            ("facility-unknown", 0.0),
            ("without-place", 10.0)
        ]
    );
    let variants: Vec<(&str, Option<f64>, bool)> = output
        .variants
        .iter()
        .map(|variant| (variant.code.as_str(), variant.figure.part, variant.informative_only))
        .collect();
    assert_eq!(
        variants,
        [
            ("own-is-nearest", Some(160.0), false),
            ("own-within", Some(160.0), true),
            ("nearest-within", Some(240.0), true)
        ]
    );
    // 466 and 152 child-kilometres over 280
    let told = &output.notes[1].en;
    assert!(
        told.contains("120 live nearer to another one") && told.contains("1664 m on average, 543 m more"),
        "{told}"
    );
    let over = &output.notes[2].en;
    assert_eq!(
        over,
        "1 of 2 facilities with a known capacity have more in their districts than room, by 40; most at S1: 40"
    );
    let states = ["nearest", "farther", "ambiguous", "nearest", "farther", "no-district"];
    assert_eq!(words(&output, "i_points", "state"), states);
    let extra = [Some(0.0), Some(1400.0), None, Some(0.0), Some(1000.0), None];
    assert_eq!(numbers(&output, "i_points", "extra_m"), extra);
    assert_eq!(numbers(&output, "i_facilities", "load"), [Some(140.0), Some(140.0), Some(0.0)]);
    assert_eq!(numbers(&output, "i_facilities", "over"), [Some(40.0), Some(0.0), None]);
    assert_eq!(words(&output, "i_facilities", "state"), ["over-full", "room", "no-district"]);
    // b and c are nearer to S2 (c 1.5 km from both: the first), e and f to S3
    assert_eq!(numbers(&output, "i_facilities", "nearest_to"), [Some(110.0), Some(180.0), Some(70.0)]);
    assert_eq!(words(&output, "i_districts", "state"), ["over-full", "room"]);
    assert_eq!(numbers(&output, "i_districts", "nearest"), [Some(60.0 / 140.0), Some(100.0 / 140.0)]);
    // most people first
    let keys: Vec<&str> = output.evidence.iter().map(|line| line.key.as_str()).collect();
    assert_eq!(keys, ["b", "c", "e", "f", "g"]);
    assert_eq!(output.evidence[0].text.en, "b (b), 80: 2200 m to its own S1; S2 is nearer by 1400 m (800 m)");
    let codes: Vec<&str> = output.issues.iter().map(|issue| issue.code).collect();
    assert_eq!(codes, ["districts-overlap", "outside-districts"]);
    assert!(output.issues[0].what.contains("west, east overlap: 1 points with 50"), "{}", output.issues[0].what);
}

#[test]
fn as_near_as_the_nearest_is_nearest() {
    // c is 1.5 km from S1 and from S2, and belongs to S2, the later one
    let mut study = road();
    study.districts[0].districts[0].plane = strips(&[(-1_000.0, 1_400.0)]);
    let output = measure(&study, ASKED).unwrap();
    assert_eq!(words(&output, "i_points", "state")[2], "nearest");
}

#[test]
fn who_belongs_to_a_school_in_a_flood_has_no_way_and_to_an_unknown_one_is_unknown() {
    let mut study = road();
    let facility = study.facilities.remove(0);
    study.excluded.push(Excluded { facility, by: ExcludedBy::Hazard { hazard: "flood".into(), zone: "river".into() } });
    study.districts[0].districts[1].facility = Some("S9".into());
    let output = measure(&study, ASKED).unwrap();
    let states = ["no-way", "no-way", "ambiguous", "facility-unknown", "facility-unknown", "no-district"];
    assert_eq!(words(&output, "i_points", "state"), states);
    assert_eq!((output.headline.part, output.headline.whole, output.headline.unknown), (Some(0.0), Some(140.0), 230.0));
    let codes: Vec<(&str, Option<u64>)> = output.issues.iter().map(|issue| (issue.code, issue.record)).collect();
    assert_eq!(codes[..2], [("district-facility-excluded", Some(1)), ("district-facility-unknown", Some(2))]);
    assert!(output.issues[1].what.contains("where its 140 belong is not known"), "{}", output.issues[1].what);
}

#[test]
fn parts_of_a_district_are_one_and_districts_without_a_school_are_two() {
    let mut study = road();
    // c lies on the border of both; once both name S2, it belongs there
    study.districts[0].districts[0].facility = Some("S2".into());
    assert_eq!(words(&measure(&study, ASKED).unwrap(), "i_points", "state")[2], "nearest");
    study.districts[0].districts.iter_mut().for_each(|district| district.facility = None);
    assert_eq!(words(&measure(&study, ASKED).unwrap(), "i_points", "state")[2], "ambiguous");
}

#[test]
fn what_is_missing_is_said_with_what_to_write() {
    let mut study = road();
    for (text, word) in [
        (ASKED.replace("kind =", "districts = \"junior\", kind ="), "districts of the study: primary"),
        (ASKED.replace("1.2 km", "12 min"), "speed"),
    ] {
        let error = measure(&study, &text).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|text| text.contains(word)), "{text}: {error:?}");
    }
    study.districts.push(DistrictLayer { name: "junior".into(), ..DistrictLayer::default() });
    let error = measure(&study, ASKED).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("primary, junior"), "{error}");
    study.districts.clear();
    let error = measure(&study, ASKED).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("[study] districts"), "{error}");
}

/// A study in files: two squares of districts that share a border, one that names no school, and a school in each of the squares.
fn in_files(indicator: &str) -> Result<Finished, String> {
    let folder = tempfile::tempdir().unwrap();
    let square = |properties: &str, [west, south, east, north]: [f64; 4]| {
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{{properties}}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[{west},{south}],\
             [{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}"
        )
    };
    let collection =
        |features: &[String]| format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","));
    let county = square("\"code\":\"320101\",\"name\":\"West\"", [118.0, 32.0, 119.0, 33.0]);
    let districts = [
        square("\"name\":\"one\",\"school\":\"007\"", [118.0, 32.0, 118.1, 32.1]),
        square("\"name\":\"two\",\"school\":\"008\"", [118.1, 32.0, 118.2, 32.1]),
        square("\"name\":\"three\",\"school\":null", [118.2, 32.0, 118.3, 32.1]),
    ];
    let schools = "id,seats,lon,lat\n007,100,118.09,32.05\n008,50,118.19,32.05\n";
    // p is nearest to its own, q to the other's, r lives where no school is named
    let people = "id,children,lon,lat\np,10,118.05,32.05\nq,20,118.11,32.05\nr,30,118.25,32.05\n";
    for (name, text) in [
        ("county.geojson", collection(&[county])),
        ("districts.geojson", collection(&districts)),
        ("schools.csv", schools.to_owned()),
        ("people.csv", people.to_owned()),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let text = format!(
        "title = \"Test\"\n[study]\nregions = {{ path = \"county.geojson\", level = \"county\" }}\n\
         facilities = {{ path = \"schools.csv\", kind = \"school\", id = \"id\", capacity = \"seats\", x = \"lon\", y = \"lat\", crs = \
         \"EPSG:4490\" }}\ndemand = {{ path = \"people.csv\", id = \"id\", people = \"children\", x = \"lon\", y = \"lat\", crs = \
         \"EPSG:4490\" }}\ndistricts = {{ name = \"primary\", path = \"districts.geojson\", facility = \"school\" }}\n\
         [[indicator]]\nid = \"own\"\nmeasure.{indicator}\n"
    );
    let plan = config::parse(&text, "study.toml", folder.path()).map_err(|error| format!("{error:?}"))?;
    let options = RunOptions { write_nothing: true, ..RunOptions::default() };
    run(&plan, options, &Silent).map_err(|error| error.to_string())
}

#[test]
fn districts_are_read_from_a_file_and_those_without_a_school_are_listed() {
    let finished = in_files("districts = { kind = \"school\", within = \"5 km\" }").unwrap();
    let figure = &finished.card.indicators[0].figure;
    assert_eq!((figure.part, figure.whole, figure.unknown), (Some(10.0), Some(30.0), 30.0));
    let issue = finished.issues.iter().find(|issue| issue.code == "no-facility").unwrap();
    assert_eq!((issue.record, issue.field.as_deref()), (Some(3), Some("school")));
    let source = finished.card.sources.iter().find(|source| source.records == "districts (primary)").unwrap();
    assert_eq!((source.read, source.used), (3, 3));
}

#[test]
fn districts_that_the_config_does_not_have_are_found_before_anything_is_read() {
    for (indicator, word) in [
        ("districts = { kind = \"school\", within = \"5 km\", districts = \"primry\" }", "no districts are called"),
        ("districts = { kind = \"scool\", within = \"5 km\" }", "no facilities of kind"),
    ] {
        let error = in_files(indicator).err().unwrap_or_default();
        assert!(error.contains(word), "{indicator}: {error}");
    }
}

/// Numbers in a row from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % bound
    }
}

#[test]
fn random_towns_are_as_a_plain_twin_finds_them() {
    let only = std::env::var("TONGDA_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    for seed in only.map_or(0..200, |seed| seed..seed + 1) {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..5).for_each(|_| _ = random.below(2));
        // small whole numbers: many ties, and many points on borders
        let mut at = || (random.below(12) as f64, random.below(12) as f64);
        let schools: Vec<(f64, f64)> = (0..4).map(|_| at()).collect();
        let points: Vec<(f64, f64)> = (0..30).map(|_| at()).collect();
        let boxes: Vec<[f64; 4]> = (0..5)
            .map(|_| {
                let ((x, y), (w, h)) = (at(), at());
                [x, y, x + 1.0 + w / 2.0, y + 1.0 + h / 2.0]
            })
            .collect();
        // school 4 does not exist, 5 is none
        let named: Vec<u64> = boxes.iter().map(|_| random.below(6)).collect();
        let mut scene = Scene::default();
        for (nth, (x, y)) in schools.iter().enumerate() {
            scene = scene.facility(&format!("s{nth}"), "school", *x, *y);
        }
        let ids: Vec<String> = (0..points.len()).map(|nth| format!("p{nth}")).collect();
        let people: Vec<(&str, f64, f64, u64)> =
            ids.iter().zip(&points).map(|(id, (x, y))| (id.as_str(), *x, *y, 1 + (*x as u64))).collect();
        let mut study = scene.people(&people).build();
        let districts = boxes.iter().zip(&named).enumerate().map(|(nth, ([x0, y0, x1, y1], school))| {
            let id = format!("s{school}");
            let facility = (*school < 5).then_some(id.as_str());
            district(nth as u64 + 1, &format!("d{nth}"), facility, rectangle(*x0, *y0, *x1, *y1))
        });
        study.districts.push(DistrictLayer { name: "d".into(), districts: districts.collect(), synthetic: false });
        let output = measure(&study, &ASKED.replace("1.2 km", "4 m")).unwrap();
        parts(&output);
        let square = |(x, y): (f64, f64), school: usize| {
            let (a, b) = schools[school];
            (x - a).powi(2) + (y - b).powi(2)
        };
        let (mut own_within, mut near_within) = (0.0, 0.0);
        let states = words(&output, "i_points", "state");
        let (own_m, near_m) = (numbers(&output, "i_points", "own_m"), numbers(&output, "i_points", "near_m"));
        for (nth, point) in points.iter().enumerate() {
            let holds = |[x0, y0, x1, y1]: &[f64; 4]| (*x0..=*x1).contains(&point.0) && (*y0..=*y1).contains(&point.1);
            let mut found: Vec<u64> =
                boxes.iter().zip(&named).filter(|(one, _)| holds(one)).map(|(_, school)| *school).collect();
            let count = found.len();
            found.sort_unstable();
            found.dedup();
            let nearest = (0..4).map(|school| square(*point, school)).fold(f64::INFINITY, f64::min);
            let weight = people[nth].3 as f64;
            let (state, own) = match found[..] {
                [] => ("no-district", None),
                [5] if count > 1 => ("ambiguous", None),
                [4 | 5] => ("facility-unknown", None),
                [school] => {
                    let own = square(*point, school as usize);
                    own_within += if own <= 16.0 { weight } else { 0.0 };
                    near_within += if nearest <= 16.0 { weight } else { 0.0 };
                    (if own <= nearest { "nearest" } else { "farther" }, Some(own))
                }
                _ => ("ambiguous", None),
            };
            assert_eq!(states[nth], state, "seed {seed}, point {nth} {point:?} in {boxes:?} of {named:?}");
            let rounded = |square: f64| (square.sqrt() * 1000.0).round() / 1000.0;
            assert_eq!(own_m[nth], own.map(rounded), "seed {seed}, point {nth}");
            assert_eq!(near_m[nth], Some(rounded(nearest)), "seed {seed}, point {nth}");
        }
        assert_eq!(output.variants[1].figure.part, Some(own_within), "seed {seed}");
        assert_eq!(output.variants[2].figure.part, Some(near_within), "seed {seed}");
    }
}
