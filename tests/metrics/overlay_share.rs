//! Shares inside areas: the worked example of the methods page, derived there, and random zones against shapely (GEOS).

use geo_types::Geometry;
use geo_types::MultiLineString;
use geo_types::MultiPolygon;
use tongda::base::idx::RegionIdx;
use tongda::metrics::Output;
use tongda::model::records::Entry;
use tongda::model::records::Form;
use tongda::model::records::RecordLayer;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::model::transit::Mode;
use wkt::TryFromWkt;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::place;
use crate::support::scene::rectangle;

fn entry(record: u64, home: Option<RegionIdx>, form: Option<Form>) -> Entry {
    Entry { record, id: record.to_string(), name: record.to_string(), home, form, values: Vec::new() }
}

fn layer(name: &str, forms: Vec<Option<Form>>) -> RecordLayer {
    let records = (1..).zip(forms).map(|(record, form)| entry(record, None, form)).collect();
    RecordLayer { name: name.into(), records, ..RecordLayer::default() }
}

fn area(plane: MultiPolygon<f64>) -> Option<Form> {
    Some(Form::Area { lonlat: plane.clone(), plane })
}

fn town() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 1_000.0, 1_000.0), "X", "R", true)
        .county("B", rectangle(1_000.0, 0.0, 2_000.0, 1_000.0), "X", "R", true)
        .facility("S", "school", 700.0, 500.0)
        .facility("T", "school", 1_700.0, 500.0)
        .line("L", Mode::Bus, 5.0, &[(700.0, 500.0), (700.0, 500.0)])
        .people(&[("a", 600.0, 900.0, 100), ("b", 900.0, 900.0, 200), ("c", 0.0, 0.0, 50)])
        .build();
    let home = study.regions.find(Level::County, "A");
    study.demand[0].home = vec![home; 3];
    study.demand[0].at[2] = None;
    study.facilities[0].home = home;
    study.facilities[1].home = study.regions.find(Level::County, "B");
    study.records = vec![
        // two drawings of one place overlap, and one turns the other way
        layer(
            "built-up",
            vec![
                area(rectangle(200.0, 0.0, 900.0, 1_000.0)),
                area(MultiPolygon(
                    rectangle(800.0, 0.0, 1_200.0, 1_000.0)
                        .0
                        .into_iter()
                        .map(|mut part| {
                            part.exterior_mut(|ring| ring.0.reverse());
                            part
                        })
                        .collect(),
                )),
            ],
        ),
        layer("boundary", vec![area(rectangle(0.0, 0.0, 600.0, 1_000.0)), area(rectangle(400.0, 0.0, 800.0, 500.0))]),
    ];
    study
}

fn sums(output: &Output) -> (f64, f64, f64) {
    assert!(output.weights[0].balances());
    (output.headline.part.unwrap(), output.headline.whole.unwrap(), output.headline.unknown)
}

fn near(found: f64, want: f64, off: f64) {
    assert!((found - want).abs() <= off, "{found} instead of {want}");
}

fn of_county(output: &Output, study: &Study, code: &str) -> Option<f64> {
    let region = study.regions.find(Level::County, code).unwrap();
    output.regions.iter().find(|found| found.region == region).unwrap().figure.value
}

#[test]
fn the_worked_example_of_the_methods_page() {
    let study = town();
    let output =
        measure(&study, "overlay-share = { zones = \"built-up\", inside = { records = \"boundary\" } }").unwrap();
    let (part, whole, unknown) = sums(&output);
    near(part, 0.5e6, 0.5);
    near(whole, 1e6, 0.5);
    assert_eq!(unknown, 0.0);
    near(of_county(&output, &study, "A").unwrap(), 0.625, 1e-6);
    assert_eq!(of_county(&output, &study, "B"), Some(0.0));

    // the regions themselves: 0.7 of 2 km²
    let output = measure(&study, "overlay-share = { inside = { records = \"boundary\" } }").unwrap();
    near(output.headline.value.unwrap(), 0.35, 1e-6);

    let output = measure(&study, "overlay-share = { of = \"demand\", inside = { records = \"boundary\" } }").unwrap();
    assert_eq!(sums(&output), (100.0, 300.0, 50.0));
    assert_eq!(output.headline.bounds, Some((100.0 / 350.0, 150.0 / 350.0)));
    let states: Vec<&str> = output.outcomes.iter().map(|outcome| outcome.state).collect();
    assert_eq!(states, ["inside", "outside", "no-place"]);

    let text = "overlay-share = { of = \"demand\", figure = \"amount\", inside = { records = \"boundary\" } }";
    let figure = measure(&study, text).unwrap().headline;
    assert_eq!((figure.value, figure.bounds), (Some(100.0), Some((100.0, 150.0))));
    // km² of what lies inside
    let text = "overlay-share = { zones = \"built-up\", figure = \"amount\", inside = { records = \"boundary\" } }";
    near(measure(&study, text).unwrap().headline.value.unwrap(), 0.5, 1e-6);

    // S at (700, 500) on the edge of the lower rectangle, T in B
    let text = "overlay-share = { of = \"facilities\", kind = \"school\", inside = { records = \"boundary\" } }";
    assert_eq!(sums(&measure(&study, text).unwrap()), (1.0, 2.0, 0.0));
}

#[test]
fn around_stops_a_county_without_any_is_no_data() {
    let mut study = town();
    let text = "overlay-share = { zones = \"built-up\", inside = { stops = [\"bus\"], radius = \"100 m\" } }";
    let output = measure(&study, text).unwrap();
    let disc = std::f64::consts::PI * 1e4;
    let (part, whole, unknown) = sums(&output);
    // 0.8 km² in A, and B's 0.2 km² of which nothing is known
    near(part, disc, 1.0);
    near(whole, 0.8e6, 1.0);
    near(unknown, 0.2e6, 1.0);
    assert_eq!(of_county(&output, &study, "B"), None);
    // it says that it has none
    study.transit.as_mut().unwrap().complete_for = vec!["B".into()];
    let output = measure(&study, text).unwrap();
    near(sums(&output).1, 1e6, 1.0);
    assert_eq!(of_county(&output, &study, "B"), Some(0.0));
    // what a stop across the border covers there is known all the same: half a disc
    study.transit.as_mut().unwrap().complete_for.clear();
    study.transit.as_mut().unwrap().stops.iter_mut().for_each(|stop| stop.at = place(999.999, 500.0));
    let (part, whole, unknown) = sums(&measure(&study, text).unwrap());
    near(part, disc, 1.0);
    near(whole, 0.8e6 + disc / 2.0, 1.0);
    near(unknown, 0.2e6 - disc / 2.0, 1.0);
    // ten departures, five each way: eleven are too many
    let text = text.replace("radius", "min-departures-per-day = 11, radius");
    assert_eq!(sums(&measure(&study, &text).unwrap()).0, 0.0);
}

#[test]
fn people_exactly_at_the_radius_of_a_line_are_inside() {
    let mut study = town();
    let line = MultiLineString::try_from_wkt_str("MULTILINESTRING((-500 700, 2500 700))").unwrap();
    study.records.push(layer("corridor", vec![Some(Form::Lines { plane: line.clone(), lonlat: line })]));
    for (radius, inside) in [("200 m", 300.0), ("199.999 m", 0.0)] {
        let text = format!(
            "overlay-share = {{ of = \"demand\", inside = {{ records = \"corridor\", radius = \"{radius}\" }} }}"
        );
        assert_eq!(sums(&measure(&study, &text).unwrap()).0, inside, "{radius}");
    }
    // 400 of the 1000 m of each county's height
    let output =
        measure(&study, "overlay-share = { inside = { records = \"corridor\", radius = \"200 m\" } }").unwrap();
    near(output.headline.value.unwrap(), 0.4, 1e-6);
}

#[test]
fn what_has_no_place_opens_the_bounds() {
    let mut study = town();
    study.records[1].records.push(entry(3, None, None));
    let output = measure(&study, "overlay-share = { of = \"demand\", inside = { records = \"boundary\" } }").unwrap();
    assert_eq!(output.headline.bounds, Some((100.0 / 350.0, 1.0)));
    assert!(output.notes.iter().any(|note| note.en.contains("1 record has no place")));
    study.records[0].records.push(entry(3, None, None));
    let text = "overlay-share = { zones = \"built-up\", inside = { records = \"boundary\" } }";
    assert_eq!(measure(&study, text).unwrap().headline.bounds, None);
}

#[test]
fn what_does_not_fit_is_refused_with_what_to_write() {
    let mut study = town();
    study.records.push(layer("points", vec![Some(Form::Point(place(1.0, 1.0)))]));
    study.records.push(layer("nothing", Vec::new()));
    for (text, word) in [
        ("inside = {}", "write one of records"),
        ("inside = { records = \"boundary\", kind = \"school\" }", "write one of records"),
        ("inside = { kind = \"school\" }", "radius = \"500 m\""),
        ("inside = { records = \"points\" }", "radius = \"500 m\""),
        ("inside = { records = \"nothing\" }", "has a place"),
        ("inside = { records = \"boundry\" }", "records in the study: built-up, boundary"),
        ("zones = \"points\", inside = { records = \"boundary\" }", "no area"),
        ("of = \"facilities\", inside = { records = \"boundary\" }", "which facilities"),
        ("kind = \"school\", inside = { records = \"boundary\" }", "of = \"facilities\" only"),
        ("weight = \"people\", inside = { records = \"boundary\" }", "of = \"demand\" only"),
        ("of = \"demand\", zones = \"built-up\", inside = { records = \"boundary\" }", "of = \"area\" only"),
    ] {
        let error = measure(&study, &format!("overlay-share = {{ {text} }}")).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|text| text.contains(word)), "{text}: {error:?}");
    }
}

#[test]
fn random_zones_have_the_share_that_geos_finds() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/overlay.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let mut cases = 0;
    for (nth, line) in text.lines().filter(|line| !line.starts_with('#')).enumerate() {
        let columns: Vec<&str> = line.split(';').collect();
        let forms = |column: &str| -> Vec<Option<Form>> {
            let form = |text: &str| match Geometry::<f64>::try_from_wkt_str(text).unwrap() {
                Geometry::Point(point) => Form::Point(place(point.x(), point.y())),
                Geometry::LineString(line) => {
                    let lines = MultiLineString(vec![line]);
                    Form::Lines { plane: lines.clone(), lonlat: lines }
                }
                Geometry::Polygon(polygon) => {
                    let area = MultiPolygon(vec![polygon]);
                    Form::Area { plane: area.clone(), lonlat: area }
                }
                other => panic!("{other:?}"),
            };
            column.split('|').map(|text| Some(form(text))).collect()
        };
        // one county around both places where the cases lie
        let mut study = Scene::default()
            .county("A", rectangle(-10_000.0, -10_000.0, 700_000.0, 3_700_000.0), "X", "R", true)
            .build();
        study.records = vec![layer("zones", forms(columns[3])), layer("around", forms(columns[4]))];
        let text = format!(
            "overlay-share = {{ zones = \"zones\", inside = {{ records = \"around\", radius = \"{} m\" }} }}",
            columns[0]
        );
        let (part, whole, _) = sums(&measure(&study, &text).unwrap());
        let [want_whole, want_part] = [1, 2].map(|at| columns[at].parse::<f64>().unwrap());
        // the zones to the millimetre of their outlines, which are some kilometres long; what is inside to 0.02 % of the radius along its edge
        near(whole, want_whole, 30.0);
        let edge = columns[4].split('|').count() as f64 * 6.3 * columns[0].parse::<f64>().unwrap() + 30_000.0;
        let off = 30.0 + edge * columns[0].parse::<f64>().unwrap() * 2e-4;
        assert!((part - want_part).abs() <= off, "case {nth}: {part} instead of {want_part}, {off} allowed");
        cases += usize::from(want_part > 0.0 && want_part < 0.99 * want_whole);
    }
    assert!(cases > 20, "{cases}");
}
