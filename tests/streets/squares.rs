//! Walking over squares, along platforms and through lifts, as they are drawn in OpenStreetMap; and places beside what meets no street.

use tongda::base::issue::Issue;
use tongda::base::units::KmPerHour;
use tongda::impedance::By;
use tongda::impedance::Direction;
use tongda::impedance::Prepared;
use tongda::impedance::Want;
use tongda::impedance::cost_table::CostUnit;
use tongda::impedance::geodesic::geodesic_m;
use tongda::impedance::segments::OffStreet;
use tongda::impedance::segments::Snapper;
use tongda::impedance::street::Streets;
use tongda::metrics::reach::Question;
use tongda::metrics::reach::Reach;
use tongda::metrics::reach::Whose;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::place::PlaneXy;
use tongda::model::region::Level;
use tongda::model::streets::Hindrances;
use tongda::model::streets::Kind;
use tongda::model::streets::Line;
use tongda::model::streets::Mode;
use tongda::model::streets::StreetNetwork;
use tongda::model::streets::Way;
use tongda::model::study::Study;

use crate::support::extract;

/// A home and a clinic in a town that is an extract, whose streets are read for a mode.
struct Town {
    study: Study,
    issues: Vec<Issue>,
}

impl Town {
    fn new(map: &str, home: (f64, f64), clinic: (f64, f64), by: &str, more: &str) -> Town {
        let folder = tempfile::tempdir().unwrap();
        extract::write(&folder.path().join("map.osm"), map);
        let put = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        let point = |(x, y): (f64, f64)| {
            let [lon, lat] = extract::degrees(x, y);
            format!("id,lon,lat\np,{lon:.12},{lat:.12}\n")
        };
        put("homes.csv", point(home));
        put("clinics.csv", point(clinic));
        let corners = [(-900.0, -900.0), (900.0, -900.0), (900.0, 900.0), (-900.0, 900.0), (-900.0, -900.0)];
        let ring: Vec<String> = corners.iter().map(|(x, y)| format!("{:?}", extract::degrees(*x, *y))).collect();
        put(
            "square.geojson",
            format!(
                r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"code":"1"}},
                "geometry":{{"type":"Polygon","coordinates":[[{}]]}}}}]}}"#,
                ring.join(",")
            ),
        );
        let config = format!(
            "title = \"t\"\n[[study.regions]]\npath = \"square.geojson\"\nlevel = \"county\"\n[study.streets]\npath = \"map.osm\"\n\
             layer = \"streets\"\n{more}\n[[study.facilities]]\npath = \"clinics.csv\"\nkind = \"clinic\"\ndatum = \"wgs-84\"\n\
             [[study.demand]]\npath = \"homes.csv\"\nname = \"homes\"\ndatum = \"wgs-84\"\n\
             [[indicator]]\nid = \"i\"\nmeasure.nearest = {{ kind = \"clinic\", by = \"{by}\", weight = \"count\" }}\n"
        );
        let plan = tongda::config::parse(&config, "t.toml", folder.path()).unwrap_or_else(|error| panic!("{error:?}"));
        let (study, issues) = read(&plan.study);
        Town { study, issues }
    }

    /// Metres, or seconds, from the home to the clinic.
    fn cost(&self, by: By, unit: CostUnit) -> Option<f64> {
        let question = Question {
            kind: "clinic",
            demand: None,
            weight: Some("count"),
            by,
            unit,
            direction: Direction::ToFacility,
            nth: 1,
            whose: Whose::Any,
            whose_level: Level::County,
        };
        Reach::new(&self.study, &question).unwrap().costs.nearest(0).map(|(_, cost)| cost)
    }

    fn metres(&self) -> Option<f64> {
        self.cost(By::Walk, CostUnit::Metres)
    }

    fn told(&self, code: &str) -> Vec<&str> {
        self.issues.iter().filter(|issue| issue.code == code).map(|issue| issue.what.as_str()).collect()
    }
}

fn read(plan: &tongda::config::plan::StudyPlan) -> (Study, Vec<Issue>) {
    let study = tongda::ingest::study(plan, &tongda::base::progress::Silent).unwrap();
    let issues = study.issues.clone();
    (study, issues)
}

/// A street that leads in from the west to node 1 at -50,0, one from node 2 at 50,0 to the east: 450 m each.
const STREETS: &str =
    "n1 -50,0\nn2 50,0\nn8 -500,0\nn9 500,0\nw1 8,1 highway=residential\nw2 2,9 highway=residential\n";

/// The ring of a square of 100 m through nodes 1 and 2.
const CORNERS: &str = "n3 50,50\nn4 -50,50\nn5 -50,-50\nn6 50,-50\n";
const RING: &str = "1,5,6,2,3,4,1";

/// One way over, or not: what the map says, where from and where to, and how far it is: two streets of 450 m and what lies between.
struct Row {
    name: &'static str,
    /// Where the right value comes from.
    after: &'static str,
    map: String,
    /// Metres between the streets; `None` where there is no way.
    between: Option<f64>,
}

fn row(name: &'static str, after: &'static str, map: &str, between: impl Into<Option<f64>>) -> Row {
    Row { name, after, map: format!("{STREETS}{map}"), between: between.into() }
}

/// The square as a way with tags.
fn square(tags: &str) -> String {
    format!("{CORNERS}w3 {RING} {tags}")
}

/// The square with a building of 40 m in its middle: `w3` and `w4`.
fn with_hole(outer: &str, inner: &str, relation: &str) -> String {
    format!(
        "{CORNERS}n11 -20,-20\nn12 20,-20\nn13 20,20\nn14 -20,20\nw3 {RING} {outer}\nw4 11,12,13,14,11 {inner}\n\
         r1 w3:outer,w4:inner type=multipolygon {relation}"
    )
}

const WIKI: &str = "OpenStreetMap wiki, Tag:highway=pedestrian: squares with area=yes; OpenTripPlanner areaVisibility";
const MULTIPOLYGON: &str = "OpenStreetMap wiki, Relation:multipolygon; GIScience/openrouteservice#1944";
const PLATFORM: &str =
    "opentripplanner/OpenTripPlanner#105; foot.lua of OSRM walks railway=platform and public_transport=platform";
const NOT_OURS: &str = "OpenStreetMap wiki: no way for people, or none of that place";
const ACCESS: &str = "OpenStreetMap wiki, Key:access: the more special key wins";

fn rows() -> Vec<Row> {
    let round = 2.0 * (30f64.hypot(20.0)) + 40.0;
    vec![
        row("a square", WIKI, &square("highway=pedestrian area=yes"), 100.0),
        row("a footway's square", WIKI, &square("highway=footway area=yes"), 100.0),
        row("a yard of a service road", WIKI, &square("highway=service area=yes"), 100.0),
        row("a living street's square", WIKI, &square("highway=living_street area=yes"), 100.0),
        row(
            "a hall: corridor drawn as an area",
            "OpenStreetMap wiki, Tag:highway=corridor",
            &square("highway=corridor area=yes"),
            100.0,
        ),
        row("place=square with a highway", WIKI, &square("highway=pedestrian area=yes place=square"), 100.0),
        row("place=square alone names a place", NOT_OURS, &square("place=square area=yes"), None),
        row(
            "area:highway draws the surface of streets that are lines",
            NOT_OURS,
            &square("area:highway=pedestrian"),
            None,
        ),
        row(
            "a square that is being built",
            NOT_OURS,
            &square("highway=construction construction=pedestrian area=yes"),
            None,
        ),
        row("without area=yes it is a street round something", WIKI, &square("highway=pedestrian"), 200.0),
        row("area=no says so", WIKI, &square("railway=platform area=no"), 200.0),
        // ring and streets share no other corner: round the outside, or not at all
        row("closed to people on foot", ACCESS, &square("highway=pedestrian area=yes foot=no"), None),
        row("private", ACCESS, &square("highway=pedestrian area=yes access=private"), None),
        row(
            "private, but people on foot are let in",
            ACCESS,
            &square("highway=pedestrian area=yes access=private foot=yes"),
            100.0,
        ),
        row("a platform that is private", ACCESS, &square("railway=platform access=private"), None),
        row(
            "tags on the relation",
            MULTIPOLYGON,
            &format!("{CORNERS}w3 {RING} note=outline\nr1 w3:outer type=multipolygon highway=pedestrian"),
            100.0,
        ),
        row(
            "an outline of several ways, without roles",
            MULTIPOLYGON,
            &format!("{CORNERS}w3 1,5,6,2 note=a\nw4 2,3,4,1 note=b\nr1 w3:,w4: type=multipolygon highway=pedestrian"),
            100.0,
        ),
        row(
            "round a building, tags on the relation",
            MULTIPOLYGON,
            &with_hole("note=a", "building=yes", "highway=pedestrian"),
            round,
        ),
        row(
            "round a fountain, tags on the outer way",
            MULTIPOLYGON,
            &with_hole("highway=pedestrian area=yes", "amenity=fountain", "name=x"),
            round,
        ),
        row(
            "tags on both",
            MULTIPOLYGON,
            &with_hole("highway=pedestrian area=yes", "building=yes", "highway=pedestrian"),
            round,
        ),
        row(
            "tags on the outer way, which is no area alone",
            MULTIPOLYGON,
            &with_hole("highway=pedestrian", "building=yes", "name=x"),
            round,
        ),
        row(
            "a multipolygon of another kind is none",
            MULTIPOLYGON,
            &with_hole("note=a", "building=yes", "landuse=grass"),
            None,
        ),
        row(
            "a hole that is a square itself",
            MULTIPOLYGON,
            &with_hole("note=a", "highway=pedestrian area=yes", "highway=pedestrian"),
            100.0,
        ),
        row(
            "a hole that touches the outline",
            MULTIPOLYGON,
            &format!(
                "{CORNERS}n10 0,-50\nn11 20,-10\nn12 0,30\nn13 -20,-10\nw3 1,5,10,6,2,3,4,1 note=a\nw4 10,11,12,13,10 building=yes\n\
                 r1 w3:outer,w4:inner type=multipolygon highway=pedestrian"
            ),
            2.0 * 50f64.hypot(30.0),
        ),
        row(
            "a building at the edge, which shares a side with the outline",
            MULTIPOLYGON,
            &format!(
                "{CORNERS}n10 -20,-50\nn11 20,-50\nn12 20,30\nn13 -20,30\nw3 1,5,10,11,6,2,3,4,1 note=a\nw4 10,11,12,13,10 building=yes\n\
                 r1 w3:outer,w4:inner type=multipolygon highway=pedestrian"
            ),
            2.0 * 30f64.hypot(30.0) + 40.0,
        ),
        row(
            "round the corner of an L",
            WIKI,
            // free below -10 between the streets: the corners at ±30, -10 bar the straight way
            &format!(
                "{CORNERS}n10 -30,50\nn11 -30,-10\nn12 30,-10\nn13 30,50\nw3 1,5,6,2,3,13,12,11,10,4,1 highway=pedestrian area=yes"
            ),
            2.0 * 20f64.hypot(10.0) + 60.0,
        ),
        row(
            "two squares that share a side",
            WIKI,
            "n3 50,50\nn4 0,50\nn5 -50,50\nn6 -50,-50\nn7 0,-50\nn10 50,-50\nw3 1,6,7,4,5,1 highway=pedestrian area=yes\n\
             w4 7,10,2,3,4,7 highway=pedestrian area=yes",
            100.0,
        ),
        row(
            "two squares that meet in one corner",
            WIKI,
            "n3 0,20\nn4 -50,50\nn5 50,50\nw3 1,3,4,1 highway=pedestrian area=yes\nw4 3,2,5,3 highway=pedestrian area=yes",
            2.0 * 50f64.hypot(20.0),
        ),
        row(
            "two squares that lie over each other without a common corner",
            "where the map shows that they meet",
            "n3 10,-50\nn4 10,50\nn5 -50,50\nn6 -50,-50\nn7 -10,-40\nn10 50,-40\nn11 50,40\nn12 -10,40\n\
             w3 1,6,3,4,5,1 highway=pedestrian area=yes\nw4 7,10,2,11,12,7 highway=pedestrian area=yes",
            100.0,
        ),
        row("a platform drawn as a line", PLATFORM, "w3 1,2 railway=platform", 100.0),
        row("a platform by its newer key", PLATFORM, "w3 1,2 public_transport=platform", 100.0),
        row("a platform by its older key", PLATFORM, "w3 1,2 highway=platform", 100.0),
        row("a platform drawn as an area", PLATFORM, &square("railway=platform"), 100.0),
        row("a platform of buses drawn as an area", PLATFORM, &square("public_transport=platform"), 100.0),
        row("a platform with a hole for stairs", PLATFORM, &with_hole("note=a", "note=b", "railway=platform"), round),
        row("a pier", "foot.lua of OSRM, GraphHopper: man_made=pier", "w3 1,2 man_made=pier", 100.0),
        row("a pier drawn as an area", "foot.lua of OSRM, GraphHopper: man_made=pier", &square("man_made=pier"), 100.0),
        row("a private pier", ACCESS, &square("man_made=pier access=private"), None),
        row("the edge of a platform is none", NOT_OURS, "w3 1,2 railway=platform_edge", None),
        row("a lift drawn as a way", "opentripplanner/OpenTripPlanner#2661", "w3 1,2 highway=elevator", 100.0),
        row("a lift for staff", ACCESS, "w3 1,2 highway=elevator access=private", None),
        row(
            "a lift that is a node",
            "opentripplanner/OpenTripPlanner#2661",
            "n10 0,0 highway=elevator\nw3 1,10,2 highway=footway level=0;1",
            100.0,
        ),
        row(
            "cut by the edge of the extract: along what is there",
            "at most along its edge",
            "n3 50,50\nn4 -50,50\nw3 1,5,2,3,4,1 highway=pedestrian area=yes",
            200.0,
        ),
        row(
            "an outline that does not close: along it",
            "at most along its edge",
            "n3 50,50\nn4 -50,50\nw3 1,4,3,2 highway=pedestrian area=yes",
            200.0,
        ),
        row(
            "an outline that crosses itself: along it",
            "at most along its edge",
            // a bow tie: from 1 to the opposite corner and back to 2
            "n3 50,60\nn4 -50,60\nw3 1,3,2,4,1 highway=pedestrian area=yes",
            100f64.hypot(60.0) + 60.0,
        ),
        row(
            "a side without a node where the street ends: no way",
            "OpenStreetMap wiki: ways meet in nodes",
            "n3 -49,50\nn4 49,50\nn5 49,-50\nn6 -49,-50\nw3 3,4,5,6,3 highway=pedestrian area=yes",
            None,
        ),
        row(
            "streets that end inside",
            "where the map shows that they meet: the ends lie in the square",
            "n3 60,60\nn4 -60,60\nn5 -60,-60\nn6 60,-60\nw3 3,4,5,6,3 highway=pedestrian area=yes",
            100.0,
        ),
        row(
            "a square below the street meets it in shared nodes only",
            "OpenStreetMap wiki, Key:layer",
            "n3 60,60\nn4 -60,60\nn5 -60,-60\nn6 60,-60\nw3 3,4,5,6,3 highway=pedestrian area=yes layer=-1",
            None,
        ),
        row(
            "a corridor below the square meets nothing",
            "OpenStreetMap wiki, Key:level",
            "n3 60,60\nn4 -60,60\nn5 -60,-60\nn6 60,-60\nw3 3,4,5,6,3 highway=pedestrian area=yes level=-1",
            None,
        ),
        row(
            "a square on the street's own floor",
            "OpenStreetMap wiki, Key:level: the street's is not said",
            "n3 60,60\nn4 -60,60\nn5 -60,-60\nn6 60,-60\nw3 3,4,5,6,3 highway=pedestrian area=yes level=0;1",
            100.0,
        ),
    ]
}

#[test]
fn squares_platforms_and_lifts_are_walked_as_they_are_drawn() {
    let mut wrong = Vec::new();
    for Row { name, after, map, between } in rows() {
        let town = Town::new(&map, (-500.0, 0.0), (500.0, 0.0), "walk", "min-component = \"0 m\"");
        let found = town.metres();
        let want = between.map(|metres| metres + 900.0);
        let is_right = match (found, want) {
            (Some(found), Some(want)) => (found - want).abs() < 0.1,
            (found, want) => found == want,
        };
        if !is_right {
            wrong.push(format!("{name}: {found:?}, {want:?} wanted ({after})"));
        }
        // what is walked along its outline only is told
        let is_outline_only = ["cut by", "an outline that"].iter().any(|start| name.starts_with(start));
        let told = town.told("area-outline-only");
        if told.is_empty() == is_outline_only {
            wrong.push(format!("{name}: told {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Another home, another clinic: how far it is, and by how much it may be more.
struct Trip {
    name: &'static str,
    after: &'static str,
    map: String,
    home: (f64, f64),
    clinic: (f64, f64),
    metres: Option<f64>,
    more: f64,
}

fn trips() -> Vec<Trip> {
    let trip = |name, after, map: &str, home, clinic, metres: f64, more| Trip {
        name,
        after,
        map: format!("{STREETS}{map}"),
        home,
        clinic,
        metres: Some(metres),
        more,
    };
    let pedestrian = square("highway=pedestrian area=yes");
    let gate = |access: &str| {
        format!(
            "n1 -50,0 barrier=gate {access}\nn2 50,0\nn7 -500,50\nn8 -500,0\nn9 500,0\n{CORNERS}w1 8,1 highway=residential\n\
             w2 2,9 highway=residential\nw3 {RING} highway=pedestrian area=yes\nw4 8,7,4 highway=residential"
        )
    };
    // a circle of 80 corners, 30 m round
    let fountain: String = (0..80)
        .map(|at| {
            let turn = f64::from(at) * std::f64::consts::TAU / 80.0;
            format!("n{} {},{}\n", 100 + at, 30.0 * turn.cos(), 30.0 * turn.sin())
        })
        .collect();
    let ring: Vec<String> = (0..80).chain([0]).map(|at| (100 + at).to_string()).collect();
    let fountain = format!(
        "{CORNERS}{fountain}w3 {RING} note=a\nw4 {} amenity=fountain\nr1 w3:outer,w4:inner type=multipolygon highway=pedestrian",
        ring.join(",")
    );
    // tangents of 40 m to a circle of 30 m, and the arc between: 50 m off its middle
    let round = 2.0 * 40.0 + 30.0 * (std::f64::consts::PI - 2.0 * (0.6f64).acos());
    vec![
        trip(
            "a path onto the square without a common node",
            "where the map shows that they meet",
            &format!("{pedestrian}\nn10 0,90\nn11 0,20\nw4 10,11 highway=footway"),
            (0.0, 90.0),
            (500.0, 0.0),
            40.0 + 50f64.hypot(50.0) + 450.0,
            0.1,
        ),
        trip(
            "from corner to corner",
            WIKI,
            &format!("{pedestrian}\nn10 -500,-50\nn11 500,50\nw4 10,5 highway=footway\nw5 3,11 highway=footway"),
            (-500.0, -50.0),
            (500.0, 50.0),
            900.0 + 100f64.hypot(100.0),
            0.1,
        ),
        trip("round a round fountain", MULTIPOLYGON, &fountain, (-500.0, 0.0), (500.0, 0.0), 900.0 + round, 0.1),
        trip(
            "in the middle of the square",
            WIKI,
            &pedestrian,
            (3.0, 4.0),
            (500.0, 0.0),
            47f64.hypot(4.0) + 450.0,
            10.0,
        ),
        trip(
            "in the middle, not half-way",
            WIKI,
            &pedestrian,
            (11.0, -19.0),
            (500.0, 0.0),
            39f64.hypot(19.0) + 450.0,
            10.0,
        ),
        trip("houses beside the square", WIKI, &pedestrian, (-20.0, 55.0), (30.0, -56.0), 50f64.hypot(111.0), 12.0),
        trip("houses on two sides that meet", WIKI, &pedestrian, (-20.0, 55.0), (55.0, 17.0), 75f64.hypot(38.0), 12.0),
        Trip {
            map: gate("access=private"),
            ..trip(
                "a closed gate",
                "OpenStreetMap wiki, Key:barrier",
                "",
                (-500.0, 0.0),
                (500.0, 0.0),
                50.0 + 450.0 + 100f64.hypot(50.0) + 450.0,
                0.1,
            )
        },
        Trip {
            map: gate("foot=yes access=private"),
            ..trip(
                "a gate that people pass",
                "OpenStreetMap wiki, Key:barrier",
                "",
                (-500.0, 0.0),
                (500.0, 0.0),
                1000.0,
                0.1,
            )
        },
        Trip {
            map: format!(
                "n1 -50,0 barrier=gate access=private\nn2 50,0\nn7 -500,50\nn8 -500,-50\nn9 -500,0\n{CORNERS}w1 9,1 highway=residential\n\
                 w3 {RING} highway=pedestrian area=yes\nw4 7,4 highway=residential\nw5 8,5 highway=residential"
            ),
            ..trip(
                "past a closed gate within the square",
                "OpenStreetMap wiki, Key:barrier",
                "",
                (-500.0, 50.0),
                (-500.0, -50.0),
                1000.0,
                0.1,
            )
        },
    ]
}

#[test]
fn places_on_squares_and_beside_them_walk_off_straight_or_nearly_so() {
    let mut wrong = Vec::new();
    for Trip { name, after, map, home, clinic, metres, more } in trips() {
        let found = Town::new(&map, home, clinic, "walk", "min-component = \"0 m\"").metres();
        let is_right = match (found, metres) {
            (Some(found), Some(want)) => found > want - 0.1 && found < want + more,
            (found, want) => found == want,
        };
        if !is_right {
            wrong.push(format!("{name}: {found:?}, {metres:?} and at most {more} more wanted ({after})"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_outline_of_very_many_corners_is_walked_along_and_told() {
    let ring: Vec<String> = (0..600).map(|at| (100 + at).to_string()).collect();
    let corner = |at: i32| {
        let turn = f64::from(at) * std::f64::consts::TAU / 600.0;
        // a star: every second corner is one to go round
        let far = if at % 2 == 0 { 50.0 } else { 48.0 };
        format!("n{} {},{}\n", 100 + at, far * turn.cos(), far * turn.sin())
    };
    let map = format!(
        "{}n8 -500,0\nn9 500,0\nw1 8,400 highway=residential\nw2 100,9 highway=residential\nw3 {},100 highway=pedestrian area=yes",
        (0..600).map(corner).collect::<String>(),
        ring.join(",")
    );
    let town = Town::new(&map, (-500.0, 0.0), (500.0, 0.0), "walk", "min-component = \"0 m\"");
    let half_round = town.metres().unwrap() - 900.0;
    assert!(half_round > 150.0, "{half_round}");
    let told = town.told("area-outline-only");
    assert!(
        matches!(told[..], [what] if what.contains("1 areas have more than 500 corners") && what.contains("way/3")),
        "{told:?}"
    );
}

#[test]
fn bicycles_are_pushed_over_and_cars_stay_out() {
    let map = format!("{STREETS}{}", square("highway=pedestrian area=yes"));
    let ends = ((-500.0, 0.0), (500.0, 0.0));
    let seconds = |by: By, word: &str| {
        Town::new(&map, ends.0, ends.1, word, "min-component = \"0 m\"").cost(by, CostUnit::Seconds)
    };
    // 900 m at 15 km/h, 100 m at 4 km/h: OSRM, bicycle.lua
    let pushed = seconds(By::Bicycle, "bicycle").unwrap();
    assert!((pushed - (900.0 * 3.6 / 15.0 + 100.0 * 3.6 / 4.0)).abs() < 0.1, "{pushed}");
    assert_eq!(seconds(By::Drive, "drive"), None);
}

#[test]
fn every_record_is_used_or_told() {
    let map = format!(
        "{STREETS}{}\nn10 300,300\nn11 300,310\nw4 10,11 highway=motorway\nw5 10,11 railway=platform\nw6 10,77 highway=footway",
        square("highway=pedestrian area=yes")
    );
    let town = Town::new(&map, (-500.0, 0.0), (500.0, 0.0), "walk", "");
    let account = town.study.ledgers.iter().find(|ledger| ledger.records == "streets").unwrap();
    // two streets, the square, the platform; the footway has one node in the extract, the motorway is passed over
    assert_eq!((account.read, account.used), (5, 4), "{account:?}");
    let passed: Vec<&str> = town.told("passed-over");
    assert!(passed.iter().any(|what| what.contains("1 of 6 records")), "{passed:?}");
}

const METRE_A_SECOND: KmPerHour = KmPerHour(3.6);

fn at(x: f64, y: f64) -> Place {
    let [lon, lat] = extract::degrees(x, y);
    Place { lonlat: LonLat { lon, lat }, xy: PlaneXy { x, y } }
}

/// Corners in metres, what it is drawn for, and whether nobody gets on or off along it.
type Drawn<'d> = (&'d [(f64, f64)], Kind, bool);

fn drawn(lines: &[Drawn<'_>]) -> StreetNetwork {
    let line = |(id, (corners, kind, is_through)): (u32, &Drawn<'_>)| Line {
        corners: corners.iter().map(|(x, y)| at(*x, *y)).collect(),
        way: Way { kind: *kind, is_through: *is_through, ..Way::both(METRE_A_SECOND) },
        id,
    };
    let lines: Vec<Line> = (0u32..).zip(lines).map(line).collect();
    let mut network = StreetNetwork::new(Mode::Walk, METRE_A_SECOND, &lines, &Hindrances::default(), geodesic_m);
    network.max_snap_m = 250.0;
    network.min_component_m = 1000.0;
    network
}

#[test]
fn a_place_beside_what_meets_no_street_is_put_onto_a_street_that_is_near() {
    let main: (&[(f64, f64)], Kind, bool) = (&[(-2000.0, 0.0), (2000.0, 0.0)], Kind::Street, false);
    let beside = |kind: Kind, y: f64| drawn(&[main, (&[(-100.0, y), (100.0, y)], kind, false)]);
    let off = |network: &StreetNetwork, y: f64| {
        Snapper::new(network).snap(&at(0.0, y)).map(|snap| (snap.off_m, snap.is_past_island))
    };
    let is = |found: Result<(f64, bool), OffStreet>, metres: f64, is_past: bool| {
        assert!(
            found.is_ok_and(|(off, past)| (off - metres).abs() < 0.01 && past == is_past),
            "{found:?}, {metres} wanted"
        );
    };
    // OpenTripPlanner, doc/user/IslandPruning.md: parts that lie beside the streets are errors of the map, those far off are islands
    for kind in [Kind::Platform, Kind::Outline, Kind::Lift, Kind::Across] {
        is(off(&beside(kind, 8.0), 7.0), 7.0, true);
        is(off(&beside(kind, 240.0), 241.0), 241.0, true);
        assert!(matches!(off(&beside(kind, 240.0), 251.0), Err(OffStreet::Island { .. })));
    }
    // a lane of 200 m that was not joined: up to 50 m farther, not over the water
    is(off(&beside(Kind::Street, 40.0), 45.0), 45.0, true);
    is(off(&beside(Kind::Street, 40.0), 54.9), 54.9, true);
    assert!(
        matches!(off(&beside(Kind::Street, 60.0), 56.0), Err(OffStreet::Island { component_m, off_m }) if (component_m - 200.0).abs() < 0.1 && (off_m - 4.0).abs() < 0.01)
    );
    // nearer to the street than to the island: nothing is passed over
    is(off(&beside(Kind::Street, 40.0), 19.0), 19.0, false);
    // squares are no streets, however many lines lead over them and however long their outlines are
    let wide = drawn(&[
        main,
        (&[(-400.0, 8.0), (400.0, 8.0), (400.0, 800.0), (-400.0, 800.0), (-400.0, 8.0)], Kind::Outline, false),
    ]);
    is(off(&wide, 7.0), 7.0, true);
    // a part of 1 km is none of these, nor is any where min-component is nothing
    let long = drawn(&[main, (&[(-500.0, 8.0), (501.0, 8.0)], Kind::Street, false)]);
    is(off(&long, 7.0), 1.0, false);
    let mut all = beside(Kind::Platform, 8.0);
    all.min_component_m = 0.0;
    is(off(&all, 7.0), 1.0, false);
    // two islands one behind the other
    let two = drawn(&[
        main,
        (&[(-100.0, 8.0), (100.0, 8.0)], Kind::Street, false),
        (&[(-100.0, 9.0), (100.0, 9.0)], Kind::Platform, false),
    ]);
    is(off(&two, 10.0), 10.0, true);
}

#[test]
fn what_a_closure_cuts_off_is_no_island_to_be_passed_over() {
    let closed = Way { speed: [KmPerHour(0.0); 2], ..Way::both(METRE_A_SECOND) };
    let line = |id, corners: [(f64, f64); 2], way| Line { corners: corners.map(|(x, y)| at(x, y)).to_vec(), way, id };
    let open = Way::both(METRE_A_SECOND);
    // a lane of 300 m whose only way out is flooded, 30 m from a main street beyond a fence
    let lines = [
        line(0, [(-2000.0, 0.0), (0.0, 0.0)], open),
        line(3, [(0.0, 0.0), (2000.0, 0.0)], open),
        line(1, [(-300.0, 30.0), (0.0, 30.0)], open),
        line(2, [(0.0, 30.0), (0.0, 0.0)], closed),
    ];
    let mut network = StreetNetwork::new(Mode::Walk, METRE_A_SECOND, &lines, &Hindrances::default(), geodesic_m);
    network.max_snap_m = 250.0;
    network.min_component_m = 1000.0;
    let found = Snapper::new(&network).snap(&at(-200.0, 31.0));
    assert!(matches!(found, Err(OffStreet::Island { .. })), "{found:?}");
}

#[test]
fn a_stop_on_a_bridge_is_on_it_and_nobody_else_is() {
    // a bridge over a river from bank to bank, with a path on each bank below it, 100 m apart
    let lines: [Drawn<'_>; 4] = [
        (&[(-2000.0, 0.0), (-60.0, 0.0)], Kind::Street, false),
        (&[(-60.0, 0.0), (60.0, 0.0)], Kind::Bridge, true),
        (&[(60.0, 0.0), (2000.0, 0.0)], Kind::Street, false),
        (&[(-50.0, -700.0), (-50.0, 700.0)], Kind::Street, false),
    ];
    let stops = [(0.0, 3.0), (0.0, 16.0), (-45.0, 3.0)];
    let mut network = drawn(&lines);
    let snapped = |network: &StreetNetwork, (x, y): (f64, f64)| {
        let snap = Snapper::new(network).snap(&at(x, y)).unwrap();
        (network.edges()[snap.edge as usize].kind, snap.off_m)
    };
    let is = |(kind, off): (Kind, f64), want: Kind, metres: f64| {
        assert!(kind == want && (off - metres).abs() < 0.01, "{kind:?} {off}, {want:?} {metres} wanted");
    };
    // a home there is under the bridge, and so is everything before the stops are known
    is(snapped(&network, stops[0]), Kind::Street, 50.0);
    network.set_stops(stops.into_iter().map(|(x, y)| at(x, y).lonlat));
    is(snapped(&network, stops[0]), Kind::Bridge, 3.0);
    // beside the bridge, 16 m from its middle, and on the bank, 5 m from the path
    is(snapped(&network, stops[1]), Kind::Street, 50.0);
    is(snapped(&network, stops[2]), Kind::Street, 5.0);
    is(snapped(&network, (0.0, 2.0)), Kind::Street, 50.0);
    // a platform on the bridge is for stops, whatever lies below
    let mut with_platform = drawn(&[
        lines[0],
        lines[1],
        lines[2],
        (&[(-3000.0, 2.0), (3000.0, 2.0)], Kind::Street, false),
        (&[(-60.0, 0.0), (-30.0, 4.0), (30.0, 4.0)], Kind::Platform, true),
    ]);
    is(snapped(&with_platform, (0.0, 3.5)), Kind::Street, 1.5);
    with_platform.set_stops(std::iter::once(at(0.0, 3.5).lonlat));
    is(snapped(&with_platform, (0.0, 3.5)), Kind::Platform, 0.5);
}

#[test]
fn walking_times_in_central_helsinki_are_near_those_that_r5py_publishes() {
    // r5py's tests/data: times of R5 in whole minutes at 3.6 km/h between centroids of the population grid, put onto streets; those within the
    // extract, on another day's map. MIT License, see geodata/SOURCES.md
    let table = include_str!("../oracles/r5py_walking.csv");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    let places: String = rows.iter().map(|row| format!("{},{},{}\n", row[0], row[1], row[2])).collect();
    put("places.csv", format!("id,lon,lat\n{places}"));
    let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"1"},"geometry":{"type":"Polygon",
        "coordinates":[[[24.92,60.15],[24.96,60.15],[24.96,60.19],[24.92,60.19],[24.92,60.15]]]}}]}"#;
    put("square.geojson", square.to_owned());
    let extract = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata/helsinki/Helsinki.osm.pbf");
    let config = format!(
        "title = \"t\"\n[[study.regions]]\npath = \"square.geojson\"\nlevel = \"county\"\n[study.streets]\npath = {:?}\nlayer = \"streets\"\n\
         walk = {{ speed = \"3.6 km/h\" }}\n[[study.facilities]]\npath = \"places.csv\"\nkind = \"hall\"\ndatum = \"wgs-84\"\n\
         [[study.demand]]\npath = \"places.csv\"\nname = \"homes\"\ndatum = \"wgs-84\"\n\
         [[indicator]]\nid = \"i\"\nmeasure.nearest = {{ kind = \"hall\", by = \"walk\", weight = \"count\", cost = \"time\" }}\n",
        std::fs::canonicalize(extract).unwrap()
    );
    let plan = tongda::config::parse(&config, "t.toml", folder.path()).unwrap();
    let (study, _) = read(&plan.study);
    let places: Vec<Place> = study.demand[0].at.iter().flatten().copied().collect();
    let network = &study.streets[0];
    let ready = Streets { network, unit: CostUnit::Seconds, direction: Direction::ToFacility }.ready(&places);
    let mut squares = Vec::new();
    for (from, row) in rows.iter().enumerate() {
        for (to, seconds) in ready.row(&places[from], Want::Within(f64::MAX), &|_| true) {
            let minutes: f64 = row[3 + to as usize].parse().unwrap();
            if to as usize != from {
                squares.push((seconds / 60.0 - minutes).powi(2));
            }
        }
    }
    assert_eq!(squares.len(), 18 * 17);
    let rms = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
    // without squares and platforms it is 2.3 minutes
    assert!(rms < 0.72, "{rms} minutes");
}
