//! Turn restrictions as OpenStreetMap writes them, and studies across the 180th meridian: small maps in XML, asked through the program.

use std::fmt::Write;
use std::fs;

use assert_cmd::Command;

/// Metres of a degree along the parallel at 32.5° north and along the meridian there, on the ellipsoid (pyproj).
const LON_M: f64 = 93_987.0;
const LAT_M: f64 = 110_896.0;

/// A crossing: way 1 from the west, way 2 to the east (two ways from 30 m on, 4), way 3 to the north, each 1,500 m long; way 5 is for people on
/// foot, to the south; way 6 a service road of 200 m, from 30 m east of the crossing.
fn map(relations: &str) -> String {
    let at = |x: f64, y: f64| format!("lon=\"{:.7}\" lat=\"{:.7}\"", 119.0 + x / LON_M, 32.5 + y / LAT_M);
    let nodes = [
        (1, -1500.0, 0.0),
        (2, 0.0, 0.0),
        (3, 30.0, 0.0),
        (4, 1500.0, 0.0),
        (5, 0.0, 1500.0),
        (6, 0.0, -800.0),
        (7, 30.0, -200.0),
    ];
    let ways = [
        (1, "1 2", "residential"),
        (2, "2 3", "residential"),
        (3, "2 5", "residential"),
        (4, "3 4", "residential"),
        (5, "2 6", "pedestrian"),
        (6, "3 7", "service"),
    ];
    let mut text = "<osm version=\"0.6\">\n".to_owned();
    for (id, x, y) in nodes {
        let _ = writeln!(text, "<node id=\"{id}\" {}/>", at(x, y));
    }
    for (id, nodes, highway) in ways {
        let nodes: String = nodes.split(' ').map(|node| format!("<nd ref=\"{node}\"/>")).collect();
        let _ = writeln!(text, "<way id=\"{id}\">{nodes}<tag k=\"highway\" v=\"{highway}\"/></way>");
    }
    format!("{text}{relations}</osm>\n")
}

fn relation(from: u32, via: &str, to: u32, tags: &str) -> String {
    let tags: String = tags
        .split(' ')
        .map(|tag| tag.split_once('=').unwrap())
        .map(|(key, value)| format!("<tag k=\"{key}\" v=\"{}\"/>", value.replace('+', " ")))
        .collect();
    let via = via.split_once(' ').unwrap();
    format!(
        "<relation id=\"1\"><member type=\"way\" ref=\"{from}\" role=\"from\"/><member type=\"{}\" ref=\"{}\" role=\"via\"/>\
         <member type=\"way\" ref=\"{to}\" role=\"to\"/><tag k=\"type\" v=\"restriction\"/>{tags}</relation>\n",
        via.0, via.1
    )
}

/// What `explain` says of the way by car from 500 m west of the crossing to 500 m north of it, in minutes; and all that the run says.
fn minutes(relations: &str, also_walk: bool) -> (f64, String) {
    let home = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(home.path().join(name), text).unwrap();
    put("map.osm", &map(relations));
    put(
        "region.geojson",
        r#"{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "320101", "name": "X"}, "geometry":
        {"type": "Polygon", "coordinates": [[[118.9, 32.4], [119.1, 32.4], [119.1, 32.6], [118.9, 32.6], [118.9, 32.4]]]}}]}"#,
    );
    put("homes.csv", &format!("id,people,lon,lat\nH,10,{:.7},32.5\n", 119.0 - 500.0 / LON_M));
    put("fac.csv", &format!("id,lon,lat\nC,119.0,{:.7}\n", 32.5 + 500.0 / LAT_M));
    let walk = "[[indicator]]\nid = \"u\"\nmeasure.nearest = { kind = \"clinic\", by = \"walk\", cost = \"time\" }\n";
    let study = format!(
        "title = \"x\"\nlang = \"en\"\n[study]\nregions = {{ path = \"region.geojson\", level = \"county\", code = \"code\", name = \"name\" }}\n\
         facilities = {{ path = \"fac.csv\", kind = \"clinic\", id = \"id\", x = \"lon\", y = \"lat\", datum = \"wgs-84\" }}\n\
         demand = {{ path = \"homes.csv\", id = \"id\", people = \"people\", x = \"lon\", y = \"lat\", datum = \"wgs-84\" }}\n\
         [study.streets]\npath = \"map.osm\"\nlayer = \"streets\"\n\
         [[indicator]]\nid = \"t\"\nmeasure.nearest = {{ kind = \"clinic\", by = \"drive\", cost = \"time\" }}\n{}\
         [[output]]\npath = \"issues.csv\"\nlayer = \"issues\"\n",
        if also_walk { walk } else { "" }
    );
    put("study.toml", &study);
    let tongda = |arguments: &[&str]| {
        let output = Command::cargo_bin("tongda").unwrap().args(arguments).current_dir(home.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let told = tongda(&["explain", "--why", "H", "--study", "study.toml"]);
    let cost = told.split("to C: ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| panic!("{told}"));
    if also_walk {
        return (cost.parse().unwrap(), String::new());
    }
    tongda(&["run", "study.toml"]);
    let issues = fs::read_to_string(home.path().join("issues.csv")).unwrap();
    (cost.parse().unwrap(), issues)
}

#[test]
fn a_restriction_counts_for_whom_and_where_it_says() {
    // 1,000 m at 25 km/h are 2.4 min; round by the end of the street in the east 4,000 m, 9.6 min; by the end of the service road 30 m, 200 m,
    // 200 m and 30 m more, the service road at 15 km/h: 4.1 min. Nobody turns round 30 m behind the crossing.
    let (direct, round) = (2.4, 4.1);
    let node = "node 2";
    for (what, relation, wanted, said) in [
        ("nothing", String::new(), direct, ""),
        // OSM wiki, Relation:restriction
        ("all vehicles", relation(1, node, 3, "restriction=no_left_turn"), round, "1 turn restrictions hold, 0 do not"),
        ("another way only", relation(1, node, 2, "restriction=only_straight_on"), round, "1 turn restrictions hold"),
        ("cars by name", relation(1, node, 3, "restriction:motorcar=no_left_turn"), round, "1 turn restrictions hold"),
        ("motor vehicles", relation(1, node, 3, "restriction:motor_vehicle=no_left_turn"), round, ""),
        ("lorries only", relation(1, node, 3, "restriction:hgv=no_left_turn"), direct, ""),
        ("bicycles only", relation(1, node, 3, "restriction:bicycle=no_left_turn"), direct, ""),
        ("not cars", relation(1, node, 3, "restriction=no_left_turn except=psv;motorcar"), direct, ""),
        ("not buses", relation(1, node, 3, "restriction=no_left_turn except=psv;bicycle"), round, ""),
        // osmandapp/OsmAnd#1607: a restriction of two hours holds all day
        (
            "hours, old",
            relation(1, node, 3, "restriction=no_left_turn hour_on=07:00 hour_off=09:00"),
            direct,
            "(conditional) and are not applied: relation/1",
        ),
        (
            "hours",
            relation(1, node, 3, "restriction:conditional=no_left_turn+@+(Mo-Fr+07:00-09:00)"),
            direct,
            "(conditional) and are not applied: relation/1",
        ),
        (
            "hours for others, always for all",
            relation(1, node, 3, "restriction=no_left_turn restriction:hgv:conditional=none+@+(Mo)"),
            round,
            "(conditional) and are not applied: relation/1",
        ),
        // after Project-OSRM/osrm-backend#2827: the only way is for people on foot
        ("no way for cars", relation(1, node, 5, "restriction=only_right_turn"), direct, ""),
        (
            "away from the node",
            relation(1, node, 4, "restriction=only_straight_on"),
            direct,
            "0 turn restrictions hold, 1 do not",
        ),
        (
            "another node",
            relation(1, "node 3", 3, "restriction=no_left_turn"),
            direct,
            "0 turn restrictions hold, 1 do not",
        ),
        ("no such way", relation(1, node, 99, "restriction=only_straight_on"), direct, ""),
        ("over a way", relation(1, "way 2", 3, "restriction=no_u_turn"), direct, "lead over a way instead of a node"),
        (
            "no word",
            relation(1, node, 3, "restriction=yes"),
            direct,
            "lack a way from, a way to, or a word no_… or only_…",
        ),
    ] {
        let (alone, issues) = minutes(&relation, false);
        assert!((alone - wanted).abs() < 0.06, "{what}: {alone} min, {wanted} wanted");
        assert!(issues.contains(said), "{what}: \"{said}\" is not told in {issues}");
        // another mode in the study changes nothing
        assert_eq!(minutes(&relation, true).0, alone, "{what}, with people on foot");
    }
}
