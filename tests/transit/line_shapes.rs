//! Lines follow the shapes of their timetable from stop to stop, and are straight where no shape tells.

use std::fs;

use crate::support::feed::FeedText;
use crate::support::scene::Scene;
use crate::support::scene::place;
use crate::support::scene::rectangle;
use tongda::base::idx::ShapeIdx;
use tongda::base::progress::Silent;
use tongda::base::units::Text;
use tongda::config;
use tongda::indicators::scorecard::PlaneNote;
use tongda::indicators::scorecard::Scorecard;
use tongda::ingest;
use tongda::layers;
use tongda::metrics::adjacency::units;
use tongda::metrics::connection::Network;
use tongda::model::course::Along;
use tongda::model::course::Course;
use tongda::model::course::Shape;
use tongda::model::place::Place;
use tongda::model::region::Level;
use tongda::model::study::Study;
use tongda::model::transit::Mode;
use tongda::model::transit::Transit;
use tongda::table::Table;
use tongda::table::Value;

/// A study of a feed in a square around the synthetic one.
fn read(feed: &FeedText) -> Study {
    let folder = tempfile::tempdir().unwrap();
    feed.write(&folder.path().join("feed"));
    let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"320101","name":"x"},
        "geometry":{"type":"Polygon","coordinates":[[[118.0,32.0],[119.5,32.0],[119.5,33.0],[118.0,33.0],[118.0,32.0]]]}}]}"#;
    fs::write(folder.path().join("square.geojson"), square).unwrap();
    let text = "title = \"x\"\n[study]\nregions = { path = \"square.geojson\", level = \"county\" }\n\
        transit = { gtfs = \"feed/\", date = 2026-03-04 }\n";
    let plan = config::parse(text, "study.toml", folder.path()).unwrap();
    let study = ingest::study(&plan.study, &Silent).unwrap();
    assert!(study.ledgers.iter().all(|ledger| ledger.balances()));
    study
}

/// The stretches of line 1, each as longitudes and latitudes east of 118.9° and north of 32.5°, in units of a thousandth of a degree.
fn stretches(study: &Study) -> Vec<Option<Vec<(f64, f64)>>> {
    let transit = study.transit.as_ref().unwrap();
    let pattern = &transit.services[0].patterns[0];
    let round = |degrees: f64| (degrees * 1e6).round() / 1e3;
    let corner = |place: &Place| (round(place.lonlat.lon - 118.9), round(place.lonlat.lat - 32.5));
    (1..pattern.stops.len()).map(|to| Some(transit.stretch(pattern, to - 1)?.iter().map(corner).collect())).collect()
}

fn note(study: &Study) -> String {
    study.issues.iter().find(|issue| issue.code == "shapes-cut").map(|issue| issue.what.clone()).unwrap_or_default()
}

/// Points in the same units, with distances where they are not empty.
fn shape(points: &[(f64, f64, &str)]) -> String {
    let mut text = "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence,shape_dist_traveled\n".to_owned();
    for (nth, (east, north, distance)) in points.iter().enumerate() {
        text += &format!("sh,{:.6},{:.6},{nth},{distance}\n", 32.5 + north / 1e3, 118.9 + east / 1e3);
    }
    text
}

/// Line 1 calls at A (0, 0), B (10, 0) and C (20, 0).
fn feed(points: &[(f64, f64, &str)]) -> FeedText {
    FeedText::sound().file("shapes.txt", shape(points))
}

const SPUR: [(f64, f64, &str); 5] =
    [(0.0, 0.0, "0"), (10.0, 0.0, "1"), (10.0, 7.0, "2"), (10.0, 0.0, "3"), (20.0, 0.0, "4")];

fn with_distances(feed: FeedText, [a, b, c]: [&str; 3]) -> FeedText {
    let mut text = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled\n".to_owned();
    for trip in ["t1", "t2", "f", "h"] {
        for (nth, (stop, distance)) in [("A", a), ("B", b), ("C", c)].into_iter().enumerate() {
            let distance = if trip.starts_with('t') { distance } else { "" };
            text += &format!("{trip},08:{nth}0:00,08:{nth}0:00,{stop},{nth},{distance}\n");
        }
    }
    feed.file("stop_times.txt", text)
}

#[test]
fn a_bend_is_drawn_in_the_stretch_that_has_it() {
    // over (5, 4) to B, then straight; B stands on a corner of the shape, which belongs to both stretches
    let study = read(&feed(&[(0.0, 0.0, ""), (5.0, 4.0, ""), (10.0, 0.0, ""), (20.0, 0.0, "")]));
    let want = [Some(vec![(0.0, 0.0), (5.0, 4.0), (10.0, 0.0)]), Some(vec![(10.0, 0.0), (20.0, 0.0)])];
    assert_eq!(stretches(&study), want);
    let transit = study.transit.as_ref().unwrap();
    // the two trips of line 1 share one shape; line 2 has none: its one stretch is straight
    assert_eq!((transit.shapes.len(), transit.shapes[0].points.len()), (1, 4));
    assert_eq!(transit.stretches(), (3, 1));
    assert_eq!(transit.way(&transit.services[1].patterns[0]).len(), 2);
    assert_eq!(note(&study), "", "a line without a shape is no trouble");
}

#[test]
fn the_feeds_own_distances_say_where_a_shape_is_cut() {
    // the shape passes B, goes north to (10, 7) and comes back to B: called at on the way out, or, at distance 3, on the way back
    let out = [Some(vec![(0.0, 0.0), (10.0, 0.0)]), Some(vec![(10.0, 0.0), (10.0, 7.0), (10.0, 0.0), (20.0, 0.0)])];
    let back = [Some(vec![(0.0, 0.0), (10.0, 0.0), (10.0, 7.0), (10.0, 0.0)]), Some(vec![(10.0, 0.0), (20.0, 0.0)])];
    assert_eq!(stretches(&read(&feed(&SPUR))), out, "without distances the earlier passing counts");
    assert_eq!(stretches(&read(&with_distances(feed(&SPUR), ["0", "1", "4"]))), out);
    assert_eq!(stretches(&read(&with_distances(feed(&SPUR), ["0", "3", "4"]))), back);
    // halfway between A and B of a shape without the spur
    let study = read(&with_distances(feed(&[(0.0, 0.0, "0"), (20.0, 0.0, "20")]), ["0", "10", "20"]));
    assert_eq!(stretches(&study), [Some(vec![(0.0, 0.0), (10.0, 0.0)]), Some(vec![(10.0, 0.0), (20.0, 0.0)])]);
}

#[test]
fn distances_that_lead_far_from_the_stops_are_not_believed() {
    // the calls tell kilometres, the shape metres: B would lie near A, 0.94 km away
    let study = read(&with_distances(feed(&[(0.0, 0.0, "0"), (20.0, 0.0, "1880")]), ["0", "0.94", "1.88"]));
    assert_eq!(stretches(&study), [Some(vec![(0.0, 0.0), (10.0, 0.0)]), Some(vec![(10.0, 0.0), (20.0, 0.0)])]);
}

#[test]
fn a_stop_too_far_from_the_shape_has_straight_lines_on_both_sides() {
    // 0.002° of latitude are 222 m; C, 0.0008° or 89 m away, is within 100 m
    let study = read(&feed(&[(0.0, 0.0, ""), (5.0, 2.0, ""), (15.0, 2.0, ""), (20.0, 0.8, "")]));
    assert_eq!(stretches(&study), [None, None]);
    assert_eq!(
        note(&study),
        "1 patterns follow a shape, 1 have none; 1 of their calls are more than 100 m (rail and metro 400 m) from it or not in its order, \
         and the line is straight from the stop before to the stop after"
    );
    // a train's station may be 222 m away
    let rail = feed(&[(0.0, 0.0, ""), (5.0, 2.0, ""), (15.0, 2.0, ""), (20.0, 0.8, "")]).with(
        "routes.txt",
        "甲站–丙站,3,",
        "甲站–丙站,2,",
    );
    let found = stretches(&read(&rail));
    assert_eq!(found[0], Some(vec![(0.0, 0.0), (5.0, 2.0), (10.0, 2.0)]));
    assert_eq!(found[1], Some(vec![(10.0, 2.0), (15.0, 2.0), (20.0, 0.8)]));
}

#[test]
fn without_shapes_all_is_straight_and_nothing_is_told() {
    let study = read(&FeedText::sound().without("shapes.txt").with("trips.txt", "t1,0,sh,", "t1,0,,").with(
        "trips.txt",
        "t2,0,sh,",
        "t2,0,,",
    ));
    assert_eq!(stretches(&study), [None, None]);
    assert_eq!(note(&study), "");
    let transit = study.transit.as_ref().unwrap();
    assert_eq!(transit.way(&transit.services[0].patterns[0]).len(), 3);
}

#[test]
fn the_shape_of_most_trips_counts_and_the_others_are_told() {
    // t1 and a third trip run over (5, 4), t2 over (5, -4); a shape of no trip is left out of the account, point by point
    let shapes = shape(&[(0.0, 0.0, ""), (5.0, 4.0, ""), (20.0, 0.0, "")])
        + "south,32.5,118.9,1,\nsouth,32.496,118.905,2,\nsouth,32.5,118.92,3,\nidle,32.5,118.9,1,\nidle,32.5,118.92,2,\n";
    let study = read(
        &FeedText::sound()
            .file("shapes.txt", shapes)
            .with("trips.txt", "t2,0,sh,", "t2,0,south,")
            .and("trips.txt", "1,WD,t3,0,sh,\n")
            .and(
                "stop_times.txt",
                "t3,10:00:00,10:00:00,A,1,,\nt3,10:10:00,10:10:00,B,2,,\nt3,10:20:00,10:20:00,C,3,,\n",
            ),
    );
    let transit = study.transit.as_ref().unwrap();
    assert_eq!(transit.shapes.len(), 1);
    assert!(transit.way(&transit.services[0].patterns[0]).iter().all(|place| place.lonlat.lat >= 32.5));
    assert!(
        note(&study).ends_with("; 1 trips have another shape than most of their pattern, which counts"),
        "{}",
        note(&study)
    );
    let ledger = study.ledgers.iter().find(|ledger| ledger.source.ends_with("shapes.txt")).unwrap();
    assert_eq!((ledger.read, ledger.used), (8, 3));
    assert_eq!(ledger.dropped.iter().collect::<Vec<_>>(), [(&"shape-without-line", &5)]);
}

fn layer(study: &Study, name: &str) -> Table {
    let card = Scorecard {
        generator: "test".into(),
        title: Text::new("t", "题"),
        scenario: None,
        synthetic: false,
        plane: PlaneNote { name: "scene".into(), epsg: None, scale_min: 1.0, scale_max: 1.0, doubt: None },
        as_of: None,
        ranking: Vec::new(),
        warnings: Vec::new(),
        indicators: Vec::new(),
        sources: Vec::new(),
        issues: Default::default(),
        provenance: Vec::new(),
    };
    let tables = layers::all(study, &card, Vec::new(), false);
    tables.into_iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no layer {name}"))
}

/// Trips, lines, what it is drawn by, and the most northern point, metres.
fn corridors(study: &Study) -> Vec<(f64, i64, String, f64)> {
    let lines = layer(study, "transit_lines");
    let value = |name: &str, values: &[Value]| values[lines.field(name).unwrap()].clone();
    let row = |row: &tongda::table::Row| {
        let (Value::Real(trips), Value::Int(count), Value::Text(drawn)) =
            (value("trips_per_day", &row.values), value("lines", &row.values), value("drawn", &row.values))
        else {
            panic!("{:?}", row.values)
        };
        let Some(geo_types::Geometry::MultiLineString(line)) = &row.geometry else { panic!("{:?}", row.geometry) };
        let north = line.0.iter().flat_map(|line| &line.0).map(|at| at.y * 1e5).fold(f64::NEG_INFINITY, f64::max);
        (trips, count, drawn.to_string(), north.round())
    };
    lines.rows.iter().map(row).collect()
}

/// Lines from one stop to another 1 km east, one a `bulge`: over a point so far north of the middle, metres; `None` without a shape.
fn lines(bulges: &[(f64, Option<f64>)]) -> Study {
    let mut study = Scene::default().county("A", rectangle(0.0, 0.0, 9_000.0, 9_000.0), "c", "P", false).build();
    let mut scene = Scene::default();
    for (nth, (trips, _)) in bulges.iter().enumerate() {
        scene = scene.line(&format!("L{nth}"), Mode::Bus, *trips, &[(1_000.0, 1_000.0), (2_000.0, 1_000.0)]);
    }
    let mut transit: Transit = scene.study.transit.take().unwrap();
    let stops = transit.services[0].patterns[0].stops.clone();
    for (service, (_, bulge)) in transit.services.iter_mut().zip(bulges) {
        let pattern = &mut service.patterns[0];
        // all call at the stops of the first
        pattern.stops.clone_from(&stops);
        pattern.both_ways = false;
        if let Some(bulge) = bulge {
            let points = vec![place(1_000.0, 1_000.0), place(1_500.0, 1_000.0 + bulge), place(2_000.0, 1_000.0)];
            transit.shapes.push(Shape { points });
            let stops = vec![Some(Along { point: 0, share: 0.0 }), Some(Along { point: 1, share: 1.0 })];
            pattern.course = Some(Course { shape: ShapeIdx::new(transit.shapes.len() - 1), stops });
        }
    }
    study.transit = Some(transit);
    study
}

#[test]
fn ways_between_two_stops_are_one_up_to_thirty_metres() {
    // 5, 2 and 4 trips over bulges of 0, 30 and 31 m: the first two are one way, drawn by the one with the most trips; the third is
    // exactly as far from the second as 1 m, but it is the first that counts
    let rows = corridors(&lines(&[(5.0, Some(0.0)), (2.0, Some(30.0)), (4.0, Some(31.0))]));
    let text = "shape".to_owned();
    assert_eq!(rows, [(7.0, 2, text.clone(), 1_000.0), (4.0, 1, text, 1_031.0)]);
}

#[test]
fn trips_without_a_shape_are_not_put_on_one() {
    let rows = corridors(&lines(&[(5.0, None), (2.0, Some(40.0)), (3.0, None)]));
    assert_eq!(rows, [(2.0, 1, "shape".into(), 1_040.0), (8.0, 2, "straight".into(), 1_000.0)]);
}

#[test]
fn the_same_way_there_and_back_is_one() {
    let mut study = lines(&[(5.0, Some(200.0)), (2.0, Some(200.0))]);
    let transit = study.transit.as_mut().unwrap();
    transit.services[1].patterns[0].stops.reverse();
    transit.shapes[1].points.reverse();
    assert_eq!(corridors(&study), [(7.0, 2, "shape".into(), 1_200.0)]);
}

#[test]
fn lines_say_how_many_stretches_are_straight() {
    let lines = layer(&lines(&[(5.0, None), (2.0, Some(40.0)), (3.0, None)]), "lines");
    assert!(
        lines.description.en.contains("; 2 of 3 stretches from stop to stop have none that fits"),
        "{}",
        lines.description.en
    );
    let at = lines.field("straight").unwrap();
    let straight: Vec<Value> = lines.rows.iter().map(|row| row.values[at].clone()).collect();
    assert_eq!(straight, [Value::Int(1), Value::Int(0), Value::Int(1)]);
}

#[test]
fn a_line_runs_through_the_regions_that_its_shape_runs_through() {
    // straight along y = 1000 the line stays in A; its shape goes up to y = 1000 + bulge, and B begins at y = 3000. A shape that only touches
    // B has no length in it
    let through = |bulge: f64| -> Vec<usize> {
        let mut study = Scene::default()
            .county("A", rectangle(0.0, 0.0, 9_000.0, 3_000.0), "c", "P", false)
            .county("B", rectangle(0.0, 3_000.0, 9_000.0, 9_000.0), "c", "P", false)
            .build();
        study.transit = lines(&[(5.0, Some(bulge))]).transit;
        let units = units(&study, Level::County, false);
        assert_eq!(units.len(), 2);
        let network = Network::new(&study, study.transit.as_ref().unwrap(), &units, 0.0);
        network.paths(&[Mode::Bus]).into_keys().collect()
    };
    assert_eq!((through(1_999.0), through(2_000.0), through(2_001.0)), (vec![0], vec![0], vec![0, 1]));
}

#[test]
fn a_stop_in_a_region_that_the_shape_passes_by_is_no_way_through_it() {
    // the stops lie 100 m inside B, the shape 50 m outside: it runs through A only. Straight from stop to stop it would run through B only
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 9_000.0, 900.0), "c", "P", false)
        .county("B", rectangle(0.0, 900.0, 9_000.0, 9_000.0), "c", "P", false)
        .build();
    let mut transit = lines(&[(5.0, Some(0.0))]).transit.unwrap();
    transit.shapes[0].points = vec![place(1_000.0, 850.0), place(1_500.0, 850.0), place(2_000.0, 850.0)];
    let through = |study: &Study| -> Vec<usize> {
        let units = units(study, Level::County, false);
        Network::new(study, study.transit.as_ref().unwrap(), &units, 0.0).paths(&[Mode::Bus]).into_keys().collect()
    };
    study.transit = Some(transit.clone());
    assert_eq!(through(&study), [0]);
    transit.services[0].patterns[0].course = None;
    study.transit = Some(transit);
    assert_eq!(through(&study), [1]);
}
