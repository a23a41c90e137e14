//! Areas within reach against what they are meant to be: circles, cells whose middles are asked one by one, and areas that add up.

use geo::Area;
use geo::BooleanOps;
use geo::Contains;
use geo::algorithm::Validation;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::MultiPolygon;
use geo_types::Point;
use tongda::base::units::KmPerHour;
use tongda::base::units::Text;
use tongda::metrics::Output;
use tongda::model::lattice::Lattice;
use tongda::model::place::LonLat;
use tongda::model::place::PlaneXy;
use tongda::model::region::Level;
use tongda::model::streets::Hindrances;
use tongda::model::streets::Line;
use tongda::model::streets::Mode;
use tongda::model::streets::StreetNetwork;
use tongda::model::streets::Way;
use tongda::model::study::Study;
use tongda::model::surface::Cells;
use tongda::model::surface::Ground;
use tongda::model::surface::Neighbours;
use tongda::model::surface::SurfaceDraft;
use tongda::table::Table;
use tongda::table::Value;

use crate::support::scene::Scene;
use crate::support::scene::measure;
use crate::support::scene::place;
use crate::support::scene::rectangle;

/// A county of 10 × 8 km with clinics a at (3 km, 4 km) and b at (6 km, 4 km), and people at three places.
fn study() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10_000.0, 8_000.0), "X", "P", true)
        .facility("a", "clinic", 3_000.0, 4_000.0)
        .facility("b", "clinic", 6_000.0, 4_000.0)
        .people(&[("near-a", 3_100.0, 4_000.0, 7), ("near-b", 6_000.0, 5_400.0, 11), ("far", 9_900.0, 100.0, 13)])
        .build();
    study.demand[0].home = vec![study.regions.find(Level::County, "A"); 3];
    study.lattice =
        Lattice::over([0.0, 0.0, 10_000.0, 8_000.0], |at| Some(LonLat { lon: at.x / 1e5, lat: at.y / 1e5 }));
    study
}

/// The areas of a layer in metres, as they stand in it, with a field of each.
fn areas(table: &Table, field: &str) -> Vec<(Value, MultiPolygon<f64>)> {
    let column = table.fields.iter().position(|one| one.name == field).unwrap();
    let area = |row: &tongda::table::Row| {
        let Some(Geometry::MultiPolygon(shape)) = &row.geometry else { panic!("no area") };
        let shape = geo::MapCoords::map_coords(shape, |at| Coord { x: at.x * 1e5, y: at.y * 1e5 });
        assert!(shape.is_valid(), "{:?}", shape.validation_errors());
        (row.values[column].clone(), shape)
    };
    table.rows.iter().map(area).collect()
}

fn layer<'t>(output: &'t Output, name: &str) -> &'t Table {
    output.tables.iter().find(|table| table.name == name).unwrap()
}

const COVERED: &str = "covered-share = { kind = \"clinic\", by = \"straight-line\", within = \"1.5 km\", catchments = { bands = [\"1.5 km\", \"500 m\", \"1 km\"], cell = \"20 m\" } }";

#[test]
fn bands_are_circles_one_in_the_other_and_people_are_counted_by_their_own_distance() {
    let output = measure(&study(), COVERED).unwrap();
    let table = layer(&output, "i_catchments");
    let bands = areas(table, "limit");
    assert_eq!(bands.iter().map(|(limit, _)| limit.as_f64().unwrap()).collect::<Vec<_>>(), [1500.0, 1000.0, 500.0]);
    for (limit, shape) in &bands {
        let radius = limit.as_f64().unwrap();
        // two circles; those of 1.5 km touch in one point, 3 km apart
        let wanted = 2.0 * std::f64::consts::PI * radius * radius;
        assert!((shape.unsigned_area() / wanted - 1.0).abs() < 0.002, "{radius}: {}", shape.unsigned_area());
        for (x, y) in [(3_000.0, 4_000.0), (6_000.0, 4_000.0)] {
            for step in 0..64 {
                let (dy, dx) = (f64::from(step) / 64.0 * std::f64::consts::TAU).sin_cos();
                let on = |metres: f64| Point::new(x + dx * metres, y + dy * metres);
                // straight sides over cells of 20 m are off by a small part of a cell
                assert!(shape.contains(&on(radius - 2.0)), "{radius} {x} {step}");
                assert!(!(radius < 1500.0 && shape.contains(&on(radius + 2.0))));
            }
        }
    }
    for pair in bands.windows(2) {
        assert!(pair[1].1.difference(&pair[0].1).unsigned_area() < 1e-3);
    }
    let column = table.fields.iter().position(|field| field.name == "weight").unwrap();
    let weights: Vec<f64> = table.rows.iter().map(|row| row.values[column].as_f64().unwrap()).collect();
    assert_eq!(weights, [18.0, 7.0, 7.0]);
}

#[test]
fn over_a_surface_a_band_is_the_polygon_of_its_moves() {
    let mut study = study();
    let cells = Cells { low: PlaneXy { x: 0.0, y: 0.0 }, side_m: 20.0, columns: 500, rows: 400 };
    // a metre a second; facilities at the middles of their cells, which are those that the areas are drawn over
    for (facility, x) in study.facilities.iter_mut().zip([3_010.0, 6_010.0]) {
        facility.at.xy = PlaneXy { x, y: 4_010.0 };
    }
    let text = "covered-share = { kind = \"clinic\", by = \"surface\", within = \"1000 s\", catchments = { cell = \"20 m\" } }";
    // the points at the same cost lie on a polygon whose corners are the moves, all R away: R²/2 · Σ sin of the angles between them.
    // 8 moves: 8 sin 45° = 5.65685; 16 moves: 8 (sin 26.565° + sin 18.435°) = 8 (1/√5 + 1/√10) = 6.10753
    for (neighbours, sum) in [(Neighbours::Eight, 5.656_85), (Neighbours::Sixteen, 6.107_53)] {
        let draft = SurfaceDraft::new(cells, Ground::Open(KmPerHour(3.6)));
        study.surface = Some(draft.freeze(neighbours, None, None, Text::new("cells", "网格")));
        let output = measure(&study, text).unwrap();
        let bands = areas(layer(&output, "i_catchments"), "limit");
        let wanted = 2.0 * 1e6 / 2.0 * sum;
        let found = bands[0].1.unsigned_area();
        // straight sides over cells of 20 m are off by a small part of a cell
        assert!((found / wanted - 1.0).abs() < 0.01, "{neighbours:?}: {found}, {wanted} wanted");
        assert_eq!(areas(layer(&output, "i_nearest_areas"), "facility").len(), 2);
        assert!(!output.tables.iter().any(|table| table.name == "i_streets"), "there are no streets to draw");
    }
}

#[test]
fn each_facility_has_an_area_of_its_own_and_water_is_not_filled() {
    let mut study = study();
    // a lake with an island, right between the clinics
    let mut lake = rectangle(4_200.0, 3_500.0, 4_800.0, 4_500.0);
    lake.0[0].interiors_push(rectangle(4_400.0, 3_900.0, 4_600.0, 4_100.0).0[0].exterior().clone());
    study.water = Some(vec![lake.clone()]);
    let text = COVERED.replace("1.5 km", "2 km");
    let output = measure(&study, &text).unwrap();
    let own = areas(layer(&output, "i_nearest_areas"), "facility");
    assert_eq!(own.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(own[0].1.intersection(&own[1].1).unsigned_area() < 1e-3);
    let bands = areas(layer(&output, "i_catchments"), "limit");
    let widest = &bands[0].1;
    let lens = 2.0 * 4e6 * 0.75_f64.acos() - 1_500.0 * (16e6_f64 - 9e6).sqrt();
    let wanted = 2.0 * std::f64::consts::PI * 4e6 - lens - lake.unsigned_area();
    assert!((widest.unsigned_area() / wanted - 1.0).abs() < 0.005, "{} {wanted}", widest.unsigned_area());
    let both = own[0].1.unsigned_area() + own[1].1.unsigned_area();
    assert!((both / wanted - 1.0).abs() < 0.005, "{both} {wanted}");
    let is_in = |x: f64, y: f64| widest.contains(&Point::new(x, y));
    assert!(!is_in(4_300.0, 4_000.0) && is_in(4_490.0, 4_010.0) && is_in(4_100.0, 4_000.0));
    // the middle of every cell, one by one
    for row in 0..400 {
        for column in 0..500 {
            let (x, y) = (f64::from(column) * 20.0 + 10.0, f64::from(row) * 20.0 + 10.0);
            let to = |cx: f64| ((x - cx).powi(2) + (y - 4_000.0).powi(2)).sqrt();
            let nearest = to(3_000.0).min(to(6_000.0));
            let is_dry = !lake.contains(&Point::new(x, y));
            if (row + column) % 3 == 0 && (nearest - 2_000.0).abs() > 1e-6 {
                assert_eq!(is_in(x, y), nearest <= 2_000.0 && is_dry, "{x} {y}");
            }
            if nearest < 1_999.0 && is_dry && (to(3_000.0) - to(6_000.0)).abs() > 1e-6 {
                let of = usize::from(to(6_000.0) < to(3_000.0));
                assert!(own[of].1.contains(&Point::new(x, y)) && !own[1 - of].1.contains(&Point::new(x, y)));
            }
        }
    }
}

#[test]
fn each_facility_has_circles_that_overlap_those_of_others() {
    let text = COVERED.replace("1.5 km", "2 km").replace("cell", "each = true, cell");
    let output = measure(&study(), &text).unwrap();
    let table = layer(&output, "i_each_catchment");
    let circles = areas(table, "facility");
    assert_eq!(circles.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>(), ["a", "a", "a", "b", "b", "b"]);
    for (nth, (_, shape)) in circles.iter().enumerate() {
        let radius: f64 = [2_000.0, 1_000.0, 500.0][nth % 3];
        let wanted = std::f64::consts::PI * radius * radius;
        assert!((shape.unsigned_area() / wanted - 1.0).abs() < 0.002, "{nth}: {} {wanted}", shape.unsigned_area());
    }
    // two circles of 2 km, 3 km apart, have this lens in common
    let lens = 2.0 * 4e6 * 0.75_f64.acos() - 1_500.0 * (16e6_f64 - 9e6).sqrt();
    let common = circles[0].1.intersection(&circles[3].1).unsigned_area();
    assert!((common / lens - 1.0).abs() < 0.005, "{common} {lens}");
    // a: 100 m away 7; b: 1 400 m away 11, and of the widest only
    let column = table.fields.iter().position(|field| field.name == "weight").unwrap();
    let weights: Vec<f64> = table.rows.iter().map(|row| row.values[column].as_f64().unwrap()).collect();
    assert_eq!(weights, [7.0, 7.0, 7.0, 11.0, 0.0, 0.0]);
}

/// Streets every 100 m from 0 to 400 both ways, a clinic at (100, 100) and three places on streets.
fn town() -> Study {
    let mut scene = Scene::default()
        .county("A", rectangle(-500.0, -500.0, 900.0, 900.0), "X", "P", true)
        .facility("a", "clinic", 100.0, 100.0)
        .people(&[("middle", 200.0, 200.0, 7), ("rim", 390.0, 200.0, 11), ("clinic", 100.0, 100.0, 13)]);
    let street = |id: u32, at: &dyn Fn(f64) -> (f64, f64)| Line {
        corners: (0..5).map(|step| at(f64::from(step) * 100.0)).map(|(x, y)| place(x, y)).collect(),
        way: Way::both(KmPerHour(3.6)),
        id,
    };
    let east = (0..5).map(|y| street(y, &move |x| (x, f64::from(y) * 100.0)));
    let north = (0..5).map(|x| street(5 + x, &move |y| (f64::from(x) * 100.0, y)));
    let lines: Vec<Line> = east.chain(north).collect();
    let length_m = |a: LonLat, b: LonLat| (a.lon - b.lon).hypot(a.lat - b.lat) * 1e5;
    let mut network = StreetNetwork::new(Mode::Walk, KmPerHour(3.6), &lines, &Hindrances::default(), length_m);
    network.max_snap_m = 50.0;
    scene.study.streets.push(network);
    let mut study = scene.build();
    study.demand[0].home = vec![study.regions.find(Level::County, "A"); 3];
    study
}

#[test]
fn points_that_a_facility_beyond_the_streets_might_reach_are_told() {
    // from the clinic the middle is 200 m away and the rim 390 m; the end of the streets is 200 m from the middle, 10 m from the rim and
    // 100 m from the clinic
    let beyond = |measured: &str| {
        let output = measure(&town(), measured).unwrap();
        let issue = output.issues.into_iter().find(|issue| issue.code == "beyond-streets");
        issue.map(|issue| issue.what)
    };
    let covered = |within: &str| {
        beyond(&format!("covered-share = {{ kind = \"clinic\", by = \"walk\", within = \"{within}\" }}"))
    };
    // neither is reached, and the end is within the limit of the rim only; a metre is a second here
    assert!(covered("190 m").unwrap().contains("of 1 point out of reach (11)"), "{:?}", covered("190 m"));
    assert!(covered("190 m").unwrap().contains("up to 35.5 points higher; in A"), "11 of 31 are 35.48 %, rounded up");
    assert!(covered("199.9 s").unwrap().contains("of 1 point out of reach (11)"));
    // the middle is reached at 200 m
    assert!(covered("200.1 m").unwrap().contains("of 1 point out of reach (11)"));
    assert_eq!(covered("390.1 m"), None);
    // the streets end nearer than the clinic for the rim (10 m, 390 m); for the middle it is 200 m both
    let nearest = beyond("nearest = { kind = \"clinic\", by = \"walk\" }").unwrap();
    assert!(nearest.contains("the facility of 1 point (11)"), "{nearest}");
    assert_eq!(beyond("covered-share = { kind = \"clinic\", by = \"straight-line\", within = \"100 m\" }"), None);
}

#[test]
fn what_does_not_fit_is_refused_with_what_to_write() {
    for (from, to, word) in [
        ("\"500 m\"", "\"5 min\"", "lengths"),
        ("cell = \"20 m\"", "cell = \"1 m\"", "million"),
        ("cell = \"20 m\"", "cell = \"0 m\"", "more than 0"),
        ("by = ", "whose = \"same-region\", by = ", "whose"),
        ("[\"1.5 km\", ", "[\"1 m\", \"2 m\", \"3 m\", \"4 m\", \"5 m\", \"1.5 km\", ", "8 bands"),
    ] {
        let error = measure(&study(), &COVERED.replacen(from, to, 1)).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|text| text.contains(word)), "{to}: {error:?}");
    }
    let mut study = study();
    study.lattice = None;
    assert!(measure(&study, COVERED).unwrap_err().to_string().contains("outlines"));
}
