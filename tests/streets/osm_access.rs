//! Who may use the streets of an extract, which way, and how fast: one table a kind, read from a file to the network.
//!
//! Sources: `wiki` is the OpenStreetMap wiki (Key:access and the keys of the row), the others are profiles: OSRM profiles/*.lua and its
//! features/*.feature, Valhalla lua/graph.lua, GraphHopper's access parsers.

use tongda::base::issue::Issue;
use tongda::model::streets::Mode;
use tongda::model::study::Study;

use crate::support::packed::Node;
use crate::support::packed::Way;
use crate::support::packed::pbf;
use crate::support::packed::tags;

/// Mode (w, b, d), tags, km/h along and against the line (0 is closed), where the answer comes from.
type Row = (&'static str, &'static str, [f64; 2], &'static str);

fn mode(word: &str) -> Mode {
    match word {
        "w" => Mode::Walk,
        "b" => Mode::Bicycle,
        "d" => Mode::Drive,
        other => panic!("{other}"),
    }
}

/// The west end of the street of a row.
fn place(at: usize) -> [f64; 2] {
    [119.0 + 0.01 * (at % 20) as f64, 32.0 + 0.01 * (at / 20) as f64]
}

/// Streets of a hundredth of a degree, each by itself, the middle node with tags of its own; the study has all three modes.
fn study(streets: &[(&str, &str)], extra: &str) -> Study {
    let (mut nodes, mut ways): (Vec<Node>, Vec<Way>) = (Vec::new(), Vec::new());
    for (at, (street, middle)) in streets.iter().enumerate() {
        let ([lon, lat], id) = (place(at), 10 * at as i64 + 10);
        for (step, text) in [(0, ""), (1, *middle), (2, "")] {
            nodes.push((id + step, [lon + 0.001 * step as f64, lat], tags(text)));
        }
        ways.push((id, vec![id, id + 1, id + 2], tags(street)));
    }
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    put("map.osm.pbf", &pbf(&nodes, &ways));
    put("points.csv", b"id,lon,lat\na,119.0,32.0\n");
    put("square.csv", b"code,wkt\n1,\"POLYGON ((118.9 31.9, 119.3 31.9, 119.3 32.3, 118.9 32.3, 118.9 31.9))\"\n");
    let indicators = ["walk", "bicycle", "drive"].map(|by| {
        format!("[[indicator]]\nid = \"{by}\"\nmeasure.nearest = {{ kind = \"hall\", by = \"{by}\", cost = \"time\", weight = \"count\" }}\n")
    });
    let config = format!(
        "title = \"t\"\n[[study.regions]]\npath = \"square.csv\"\nlevel = \"county\"\ndatum = \"wgs-84\"\n\
         [study.streets]\npath = \"map.osm.pbf\"\nlayer = \"streets\"\n{extra}\n[[study.facilities]]\npath = \"points.csv\"\nkind = \"hall\"\n\
         datum = \"wgs-84\"\n[[study.demand]]\npath = \"points.csv\"\nname = \"homes\"\ndatum = \"wgs-84\"\n{}",
        indicators.concat()
    );
    let plan = tongda::config::parse(&config, "t.toml", folder.path()).unwrap_or_else(|error| panic!("{error:?}"));
    tongda::ingest::study(&plan.study, &tongda::base::progress::Silent).unwrap()
}

/// km/h along and against the street, and whether one gets from its one end to the other; nothing where it is not in the network.
fn speeds(study: &Study, mode: Mode, at: usize) -> Option<([f64; 2], bool)> {
    let network = study.streets.iter().find(|network| network.mode == mode).unwrap();
    let [west, lat] = place(at);
    let mut parts = Vec::new();
    for (edge, stretch) in (0u32..).zip(network.edges()) {
        let ends = [network.corners(edge).first().unwrap(), network.corners(edge).last().unwrap()];
        let [from, to] = ends.map(|corner| corner.place.lonlat);
        if (from.lat - lat).abs() < 1e-6 && from.lon > west - 1e-6 && from.lon < west + 0.003 {
            let speed = stretch.seconds.map(|seconds| stretch.length_m * 3.6 / seconds);
            let speed = if from.lon < to.lon { speed } else { [speed[1], speed[0]] };
            parts.push((speed, network.component_of(edge)));
        }
    }
    let (speed, part) = parts.first().copied()?;
    Some((speed, parts.iter().all(|(_, other)| *other == part)))
}

fn holds(rows: &[Row]) {
    let streets: Vec<(&str, &str)> = rows.iter().map(|(_, street, ..)| (*street, "")).collect();
    let study = study(&streets, "");
    let mut wrong = Vec::new();
    for (at, (by, street, wanted, source)) in rows.iter().enumerate() {
        let found = speeds(&study, mode(by), at).map_or([0.0; 2], |(speed, _)| speed);
        if found.iter().zip(wanted).any(|(found, wanted)| (found - wanted).abs() > 0.01) {
            wrong.push(format!("{by} {street}: {found:.2?}, {wanted:?} wanted ({source})"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const NO: [f64; 2] = [0.0; 2];

const fn both(speed: f64) -> [f64; 2] {
    [speed; 2]
}

#[test]
fn words_of_access_say_who_may_go() {
    holds(&[
        // the more special key wins, in both directions (OSRM features/*/access.feature, the tables of the hierarchy)
        ("d", "highway=residential", both(25.0), "OSRM"),
        ("d", "highway=residential, access=no", NO, "OSRM"),
        ("d", "highway=residential, access=no, vehicle=yes", both(25.0), "OSRM"),
        ("d", "highway=residential, access=yes, vehicle=no", NO, "OSRM"),
        ("d", "highway=residential, access=no, motor_vehicle=yes", both(25.0), "OSRM"),
        ("d", "highway=residential, vehicle=yes, motor_vehicle=no", NO, "OSRM"),
        ("d", "highway=residential, vehicle=no, motor_vehicle=yes", both(25.0), "OSRM"),
        ("d", "highway=residential, motor_vehicle=no, motorcar=yes", both(25.0), "OSRM"),
        ("d", "highway=residential, motor_vehicle=yes, motorcar=no", NO, "OSRM"),
        ("d", "highway=residential, access=yes, motorcar=no", NO, "OSRM"),
        ("d", "highway=residential, foot=no, bicycle=no", both(25.0), "OSRM"),
        ("w", "highway=footway, access=no, foot=yes", both(5.0), "OSRM"),
        ("w", "highway=footway, access=yes, foot=no", NO, "OSRM"),
        ("w", "highway=residential, access=private, foot=permissive", both(5.0), "OSRM"),
        ("w", "highway=residential, vehicle=no, motor_vehicle=no, bicycle=no", both(5.0), "wiki"),
        ("b", "highway=primary, access=no, vehicle=yes", both(15.0), "OSRM"),
        ("b", "highway=primary, vehicle=no, bicycle=yes", both(15.0), "OSRM"),
        ("b", "highway=primary, vehicle=yes, bicycle=no", NO, "OSRM"),
        ("b", "highway=primary, access=yes, vehicle=no", NO, "OSRM"),
        ("b", "highway=residential, motor_vehicle=no", both(15.0), "wiki"),
        // by car: who lives or has business there is let in
        ("d", "highway=service, access=no, motor_vehicle=customers", both(15.0), "OSRM"),
        ("d", "highway=residential, access=destination", both(25.0), "OSRM"),
        ("d", "highway=residential, motor_vehicle=delivery", both(25.0), "OSRM"),
        ("d", "highway=residential, motor_vehicle=permit", both(25.0), "OSRM"),
        ("d", "highway=residential, motor_vehicle=residents", both(25.0), "OSRM"),
        ("d", "highway=residential, access=permissive", both(25.0), "OSRM"),
        ("d", "highway=residential, access=designated", both(25.0), "OSRM"),
        ("d", "highway=motorway, oneway=no, access=hov", both(90.0), "OSRM"),
        ("d", "highway=residential, motor_vehicle=discouraged", both(25.0), "wiki"),
        ("d", "highway=residential, access=unknown", both(25.0), "OSRM"),
        ("d", "highway=residential, access=Yes", both(25.0), "wiki, however it is written"),
        // and who is not
        ("d", "highway=residential, access=private", NO, "GraphHopper; docs/streets.md"),
        ("d", "highway=unclassified, motor_vehicle=psv", NO, "OSRM"),
        ("d", "highway=unclassified, access=bus", NO, "OSRM"),
        ("d", "highway=unclassified, motor_vehicle=bus", NO, "OSRM"),
        ("d", "highway=unclassified, vehicle=taxi", NO, "OSRM"),
        ("d", "highway=unclassified, access=share_taxi", NO, "OSRM"),
        ("d", "highway=unclassified, access=minibus", NO, "OSRM"),
        ("d", "highway=unclassified, access=military", NO, "OSRM, GraphHopper"),
        ("d", "highway=unclassified, access=emergency", NO, "OSRM, GraphHopper, Valhalla"),
        ("d", "highway=unclassified, access=emergency_vehicle", NO, "OSRM"),
        ("d", "highway=unclassified, access=agricultural", NO, "OSRM, GraphHopper, Valhalla"),
        ("d", "highway=unclassified, motor_vehicle=agricultural;forestry", NO, "OSRM"),
        ("d", "highway=unclassified, motor_vehicle=forestry", NO, "OSRM, GraphHopper, Valhalla"),
        ("d", "highway=unclassified, access=official", NO, "OSRM"),
        ("d", "highway=unclassified, access=restricted", NO, "OSRM, GraphHopper"),
        ("d", "highway=unclassified, access=foot", NO, "OSRM"),
        ("d", "highway=unclassified, access=service", NO, "GraphHopper"),
        ("d", "highway=unclassified, motor_vehicle=motorcycle", NO, "wiki"),
        ("d", "highway=service, service=emergency_access", NO, "OSRM, GraphHopper"),
        // of a list the part that lets in most
        ("d", "highway=primary, access=destination;agricultural", both(65.0), "OSRM"),
        ("d", "highway=primary, motorcar=yes;no", both(65.0), "OSRM"),
        ("d", "highway=primary, motorcar=forestry;permissive", both(65.0), "OSRM"),
        // streets that a key opens: OSRM's default speed
        ("d", "highway=track", NO, "OSRM"),
        ("d", "highway=track, motor_vehicle=yes", both(10.0), "OSRM"),
        ("d", "highway=track, motorcar=designated", both(10.0), "OSRM"),
        ("d", "highway=track, motor_vehicle=destination", both(10.0), "GraphHopper, Valhalla"),
        ("d", "highway=track, access=yes", both(10.0), "OSRM, GraphHopper"),
        ("d", "highway=track, motor_vehicle=agricultural", NO, "OSRM, GraphHopper, Valhalla"),
        ("d", "highway=track, access=yes, motor_vehicle=no", NO, "OSRM"),
        ("d", "highway=track, motor_vehicle=yes, maxspeed=30", both(24.0), "OSRM"),
        ("d", "highway=pedestrian", NO, "OSRM"),
        ("d", "highway=pedestrian, motor_vehicle=yes", both(10.0), "OSRM, GraphHopper, Valhalla"),
        ("d", "highway=pedestrian, vehicle=destination", both(10.0), "GraphHopper, Valhalla"),
        ("d", "highway=pedestrian, motor_vehicle=delivery", NO, "OSRM, GraphHopper"),
        ("d", "highway=pedestrian, access=yes", NO, "wiki: pedestrian implies motor_vehicle=no"),
        ("d", "highway=footway, motor_vehicle=yes", both(10.0), "OSRM, Valhalla"),
        ("d", "highway=path, motor_vehicle=yes", both(10.0), "OSRM, Valhalla"),
        ("d", "highway=cycleway, motorcar=yes", both(10.0), "OSRM, Valhalla"),
        ("d", "highway=steps, motor_vehicle=yes", NO, "OSRM"),
        ("d", "highway=busway, bus=yes", NO, "GraphHopper"),
        // on foot
        ("w", "highway=service, access=emergency", NO, "GraphHopper, Valhalla"),
        ("w", "highway=service, access=military", NO, "GraphHopper"),
        ("w", "highway=service, access=private", NO, "OSRM, GraphHopper"),
        ("w", "highway=service, access=permit", both(5.0), "OSRM"),
        ("w", "highway=service, access=customers", both(5.0), "OSRM"),
        ("w", "highway=service, access=destination", both(5.0), "OSRM"),
        ("w", "highway=service, access=delivery", NO, "OSRM"),
        ("w", "highway=track, access=agricultural", NO, "OSRM, Valhalla"),
        ("w", "highway=track, access=forestry", NO, "OSRM, Valhalla"),
        ("w", "highway=track, access=forestry, foot=permissive", both(5.0), "OSRM"),
        ("w", "highway=track, motor_vehicle=agricultural", both(5.0), "wiki"),
        ("w", "highway=residential, foot=use_sidepath", NO, "OSRM"),
        ("w", "highway=residential, access=psv", both(5.0), "OSRM, GraphHopper"),
        ("w", "highway=residential, access=discouraged", both(5.0), "wiki"),
        ("w", "highway=residential, foot=unknown, access=no", NO, "a word that says nothing leaves it to the next key"),
        ("w", "highway=primary, motorroad=yes", NO, "OSRM, GraphHopper"),
        ("w", "highway=primary, motorroad=yes, access=yes", NO, "wiki: motorroad implies foot=no"),
        ("w", "highway=primary, motorroad=yes, foot=yes", both(5.0), "GraphHopper"),
        ("w", "highway=primary, motorroad=no", both(5.0), "wiki"),
        ("w", "highway=motorway", NO, "OSRM"),
        ("w", "highway=motorway, access=yes", NO, "wiki: motorway implies foot=no"),
        ("w", "highway=motorway, foot=yes", both(5.0), "OSRM"),
        ("w", "highway=trunk", both(5.0), "GraphHopper, Valhalla, R5; docs/streets.md"),
        ("w", "highway=trunk, foot=no", NO, "wiki"),
        ("w", "highway=trunk, motorroad=yes", NO, "OSRM, GraphHopper"),
        ("w", "highway=trunk, motorroad=yes, sidewalk=both", both(5.0), "GraphHopper"),
        ("w", "highway=cycleway", NO, "OSRM, Valhalla"),
        ("w", "highway=cycleway, foot=designated", both(5.0), "OSRM"),
        ("w", "highway=cycleway, sidewalk=right", both(5.0), "GraphHopper"),
        ("w", "highway=cycleway, sidewalk:left=yes", both(5.0), "wiki"),
        ("w", "highway=cycleway, sidewalk=both, foot=no", NO, "wiki"),
        ("w", "highway=bridleway", both(5.0), "GraphHopper"),
        ("w", "highway=busway", NO, "GraphHopper"),
        // by bicycle
        ("b", "highway=residential, bicycle=use_sidepath", NO, "OSRM"),
        ("b", "highway=residential, access=private", NO, "OSRM, GraphHopper"),
        ("b", "highway=residential, access=delivery", NO, "OSRM, GraphHopper"),
        ("b", "highway=track, vehicle=forestry", NO, "OSRM, GraphHopper"),
        ("b", "highway=track, vehicle=forestry, bicycle=yes", both(12.0), "OSRM, GraphHopper"),
        ("b", "highway=unclassified, access=military", NO, "GraphHopper"),
        ("b", "highway=unclassified, vehicle=psv", NO, "wiki"),
        ("b", "highway=unclassified, vehicle=destination", both(15.0), "OSRM"),
        ("b", "highway=residential, bicycle=optional_sidepath", both(15.0), "wiki"),
        ("b", "highway=primary, motorroad=yes", NO, "OSRM, GraphHopper"),
        ("b", "highway=primary, motorroad=yes, bicycle=yes", both(15.0), "GraphHopper"),
        ("b", "highway=trunk", both(15.0), "GraphHopper, Valhalla, R5; docs/streets.md"),
        ("b", "highway=trunk, motorroad=yes", NO, "OSRM, GraphHopper"),
        ("b", "highway=motorway", NO, "OSRM"),
        ("b", "highway=motorway, bicycle=yes, oneway=no", both(15.0), "OSRM"),
        ("b", "highway=bridleway", NO, "OSRM"),
        ("b", "highway=bridleway, bicycle=yes", both(15.0), "OSRM"),
        // ferries
        ("w", "route=ferry", both(5.0), "OSRM"),
        ("w", "route=ferry, foot=no", NO, "OSRM"),
        ("w", "route=ferry, access=no, foot=yes", both(5.0), "Valhalla"),
        ("b", "route=ferry, access=no", NO, "OSRM"),
        ("b", "route=ferry, access=no, bicycle=yes", both(5.0), "Valhalla"),
        ("d", "route=ferry", NO, "wiki: what a ferry takes is to be said"),
        ("d", "route=ferry, access=no, motor_vehicle=customers", both(5.0), "OSRM"),
        ("d", "route=ferry, vehicle=yes", both(5.0), "wiki"),
        ("d", "route=ferry, motor_vehicle=yes, motorcar=no", NO, "wiki"),
        ("d", "route=ferry, motor_vehicle=psv", NO, "OSRM"),
    ]);
}

#[test]
fn what_holds_one_way_only() {
    holds(&[
        // access for one direction (OSRM features/car/access.feature)
        ("d", "highway=residential, motor_vehicle:backward=no", [25.0, 0.0], "OSRM"),
        ("d", "highway=residential, access=yes, access:forward=no", [0.0, 25.0], "OSRM"),
        ("d", "highway=residential, access=no, access:backward=yes", [0.0, 25.0], "OSRM"),
        ("d", "highway=residential, access:forward=no, motorcar:backward=no", NO, "OSRM"),
        ("d", "highway=residential, access:forward=yes, motorcar=no", NO, "OSRM"),
        ("d", "highway=residential, access=no, motorcar=no, motorcar:forward=yes", [25.0, 0.0], "OSRM"),
        ("d", "highway=primary, motor_vehicle:forward=no, motor_vehicle:backward=destination", [0.0, 65.0], "OSRM"),
        ("d", "highway=pedestrian, vehicle:forward=yes", [10.0, 0.0], "OSRM"),
        ("b", "highway=residential, bicycle:forward=no", [0.0, 15.0], "OSRM, GraphHopper"),
        ("b", "highway=residential, vehicle:backward=no", [15.0, 0.0], "OSRM, GraphHopper"),
        ("b", "highway=residential, vehicle:backward=no, bicycle=yes", both(15.0), "wiki: the more special key"),
        (
            "b",
            "highway=residential, vehicle:backward=no, bicycle:backward=yes",
            both(15.0),
            "wiki: the more special key",
        ),
        ("w", "highway=footway, foot:backward=no", [5.0, 0.0], "wiki"),
        ("w", "highway=cycleway, bicycle:backward=designated, foot:backward=designated", [0.0, 5.0], "OSRM"),
        // one-way streets (OSRM features/car/oneway.feature)
        ("d", "highway=residential, oneway=yes", [25.0, 0.0], "OSRM"),
        ("d", "highway=residential, oneway=-1", [0.0, 25.0], "OSRM"),
        ("d", "highway=residential, oneway=reversible", NO, "OSRM"),
        ("d", "highway=residential, oneway=alternating", both(25.0), "OSRM"),
        ("d", "highway=residential, oneway:motor_vehicle=-1", [0.0, 25.0], "OSRM"),
        ("d", "highway=residential, oneway:motorcar=yes", [25.0, 0.0], "OSRM"),
        ("d", "highway=residential, oneway:vehicle=yes", [25.0, 0.0], "OSRM"),
        ("d", "highway=residential, oneway:motorcar=no, oneway:motor_vehicle=yes", both(25.0), "OSRM"),
        ("d", "highway=residential, oneway:vehicle=no, oneway=yes", both(25.0), "OSRM"),
        ("d", "highway=residential, oneway:vehicle=yes, oneway=no", [25.0, 0.0], "OSRM"),
        ("d", "highway=residential, oneway:bicycle=yes, oneway:foot=yes", both(25.0), "OSRM"),
        ("d", "highway=residential, oneway=yes, oneway:bicycle=no", [25.0, 0.0], "OSRM"),
        ("d", "highway=residential, oneway=yes, motor_vehicle:backward=yes", both(25.0), "Valhalla"),
        ("d", "highway=primary, junction=roundabout", [65.0, 0.0], "OSRM"),
        ("d", "highway=primary, junction=roundabout, oneway=no", both(65.0), "OSRM"),
        ("d", "highway=motorway", [90.0, 0.0], "OSRM"),
        ("w", "highway=residential, oneway=yes", both(5.0), "OSRM"),
        ("w", "highway=primary, junction=roundabout", both(5.0), "OSRM"),
        ("w", "highway=residential, oneway:foot=yes", [5.0, 0.0], "OSRM"),
        ("w", "highway=residential, oneway:foot=-1, oneway=yes", [0.0, 5.0], "OSRM"),
        ("w", "highway=residential, oneway:foot=no, oneway=yes", both(5.0), "OSRM"),
        ("w", "route=ferry, oneway=yes", [5.0, 0.0], "GraphHopper"),
        ("b", "highway=residential, oneway=yes", [15.0, 0.0], "Valhalla, GraphHopper; docs/streets.md"),
        ("b", "highway=residential, oneway:vehicle=yes", [15.0, 0.0], "wiki"),
        ("b", "highway=residential, oneway=yes, oneway:bicycle=no", both(15.0), "OSRM"),
        ("b", "highway=residential, oneway=no, oneway:bicycle=-1", [0.0, 15.0], "OSRM"),
        (
            "b",
            "highway=residential, oneway=yes, oneway:motor_vehicle=no",
            [15.0, 0.0],
            "OSRM: not affected by tags of cars",
        ),
        ("b", "highway=residential, oneway=yes, bicycle:backward=yes", both(15.0), "GraphHopper, Valhalla"),
        // lanes against a one-way street (OSRM features/bicycle/oneway.feature, cycleway.feature)
        ("b", "highway=residential, oneway=yes, cycleway=opposite", both(15.0), "OSRM"),
        ("b", "highway=residential, oneway=yes, cycleway=opposite_lane", both(15.0), "OSRM"),
        ("b", "highway=residential, oneway=yes, cycleway=opposite_track", both(15.0), "OSRM"),
        ("b", "highway=residential, oneway=yes, cycleway=opposite_share_busway", both(15.0), "wiki"),
        ("b", "highway=residential, oneway=-1, cycleway=opposite_lane", both(15.0), "OSRM"),
        ("b", "highway=residential, oneway=yes, cycleway:left=opposite_lane", both(15.0), "OSRM"),
        ("b", "highway=residential, oneway=yes, cycleway:right=opposite_track", both(15.0), "OSRM"),
        ("b", "highway=residential, oneway=yes, cycleway:both=opposite", both(15.0), "wiki"),
        ("b", "highway=residential, oneway=yes, cycleway:left=track", [15.0, 0.0], "OSRM, but for pushing"),
        ("b", "highway=residential, oneway=yes, cycleway:left=lane, cycleway:left:oneway=-1", both(15.0), "wiki"),
        ("b", "highway=residential, oneway=yes, cycleway:left:oneway=-1", both(15.0), "wiki"),
        (
            "b",
            "highway=residential, oneway=yes, cycleway:right=track, cycleway:right:oneway=no",
            both(15.0),
            "GraphHopper",
        ),
        ("b", "highway=residential, oneway=yes, cycleway:right=lane, cycleway:right:oneway=yes", [15.0, 0.0], "wiki"),
        ("b", "highway=residential, oneway=-1, cycleway:right=lane, cycleway:right:oneway=yes", both(15.0), "wiki"),
        ("b", "highway=residential, oneway=yes, cycleway:left=separate, cycleway:left:oneway=-1", [15.0, 0.0], "wiki"),
        ("b", "highway=residential, oneway=yes, oneway:bicycle=yes, cycleway=opposite_lane", [15.0, 0.0], "OSRM"),
        ("d", "highway=residential, oneway=yes, cycleway=opposite_lane", [25.0, 0.0], "wiki"),
        // pushed (OSRM profiles/bicycle.lua: 4 km/h, steps 2)
        ("b", "highway=footway", both(4.0), "OSRM"),
        ("b", "highway=pedestrian", both(4.0), "OSRM"),
        ("b", "highway=steps", both(2.0), "OSRM"),
        ("b", "highway=footway, bicycle=yes", both(15.0), "OSRM"),
        ("b", "highway=footway, bicycle=no", NO, "OSRM"),
        ("b", "highway=footway, foot=no", NO, "OSRM"),
        ("b", "highway=footway, access=no, foot=yes", both(4.0), "wiki: who walks may push"),
        ("b", "highway=pedestrian, vehicle=no", both(4.0), "wiki: who pushes walks"),
        ("b", "highway=path, bicycle=dismount, foot=designated", both(4.0), "OSRM"),
        ("b", "highway=residential, bicycle=dismount, oneway=yes", both(4.0), "OSRM"),
        ("b", "highway=residential, access=no, bicycle=dismount", both(4.0), "wiki: the more special key"),
        ("b", "highway=residential, bicycle:backward=dismount", [15.0, 4.0], "wiki"),
        ("b", "highway=pedestrian, oneway=yes", both(4.0), "OSRM"),
        ("b", "highway=footway, oneway=yes, bicycle=designated", [15.0, 4.0], "OSRM"),
        ("b", "highway=steps, bicycle=dismount", both(2.0), "OSRM"),
        ("b", "highway=path, bicycle=dismount, surface=sand", both(3.0), "OSRM"),
        // escalators (OSRM features/foot/conveying.feature)
        ("w", "highway=steps, conveying=forward", [5.0, 0.0], "OSRM"),
        ("w", "highway=steps, conveying=backward", [0.0, 5.0], "OSRM"),
        ("w", "highway=steps, conveying=reversible", both(5.0), "OSRM"),
        ("w", "highway=steps, conveying=yes", both(5.0), "OSRM"),
        ("w", "highway=footway, conveying=forward", [5.0, 0.0], "OSRM"),
        ("w", "highway=steps, conveying=forward, oneway=no", both(5.0), "OSRM"),
        ("w", "highway=residential, conveying=forward", both(5.0), "OSRM"),
        ("w", "highway=steps, conveying=yes, oneway=yes", [5.0, 0.0], "Valhalla"),
        ("b", "highway=steps, conveying=backward", [0.0, 2.0], "who pushes goes as people on foot"),
    ]);
}

#[test]
fn speeds_and_durations_as_they_are_written() {
    holds(&[
        // four fifths of a limit; src/ingest/speeds.rs has all forms (wiki, Key:maxspeed)
        ("d", "highway=residential, maxspeed=50", both(40.0), "OSRM"),
        ("d", "highway=residential, maxspeed=30 mph", both(0.8 * 48.28032), "wiki"),
        ("d", "highway=residential, maxspeed=walk", both(0.8 * 7.0), "OSRM's DE:living_street"),
        ("d", "highway=residential, maxspeed=DE:zone:30", both(24.0), "wiki"),
        ("d", "highway=residential, maxspeed=RO:urban", both(25.0), "wiki"),
        ("d", "highway=residential, maxspeed=none", both(25.0), "wiki"),
        ("d", "highway=residential, maxspeed=50;30", both(24.0), "the lower"),
        ("d", "highway=residential, maxspeed=5000", both(25.0), "not believed"),
        ("d", "highway=residential, maxspeed=0", both(25.0), "not believed"),
        // for one direction (OSRM features/car/maxspeed.feature)
        ("d", "highway=primary, maxspeed:forward=60", [48.0, 65.0], "OSRM"),
        ("d", "highway=primary, maxspeed=15, maxspeed:backward=60", [12.0, 48.0], "OSRM"),
        ("d", "highway=primary, maxspeed=15, maxspeed:forward=30, maxspeed:backward=60", [24.0, 48.0], "OSRM"),
        ("d", "highway=primary, oneway=-1, maxspeed=20, maxspeed:backward=30", [0.0, 24.0], "OSRM"),
        (
            "d",
            "highway=primary, maxspeed=60, maxspeed:forward=5000",
            both(48.0),
            "what is not believed is as if it were not there",
        ),
        ("d", "highway=primary, surface=mud, maxspeed=100", both(15.0), "by surface"),
        // a duration is a ferry's: streets are 188.8 m long at 32°
        ("w", "highway=path, duration=03:00", both(5.0), "wiki, Key:duration"),
        ("w", "route=ferry, duration=00:02", both(5.665), "wiki: hh:mm"),
        ("w", "route=ferry, duration=PT2M", both(5.665), "wiki: ISO 8601"),
        ("d", "route=ferry, motor_vehicle=yes, duration=2", both(5.665), "wiki: minutes"),
        ("w", "route=ferry, duration=10:00", both(5.0), "too slow to be believed"),
        ("w", "route=ferry, duration=00:00:01", both(5.0), "too fast to be believed"),
        ("w", "route=ferry, duration=soon", both(5.0), "unknown"),
    ]);
}

#[test]
fn points_of_streets_that_nobody_passes() {
    // mode, tags of the node, whether it is passed
    let rows: &[(&str, &str, bool, &str)] = &[
        ("d", "barrier=bollard", false, "OSRM"),
        ("d", "barrier=bollard, bollard=rising", true, "OSRM, Valhalla"),
        ("d", "barrier=bollard, bollard=removable", false, "OSRM, Valhalla"),
        ("d", "barrier=bollard, motor_vehicle=psv", false, "OSRM"),
        ("d", "barrier=bollard, access=bus", false, "OSRM"),
        ("d", "barrier=bollard, motor_vehicle=yes", true, "OSRM"),
        ("d", "barrier=bollard, access=permissive", true, "OSRM"),
        ("d", "barrier=bollard, foot=yes", false, "OSRM"),
        ("d", "barrier=gate", true, "OSRM"),
        ("d", "barrier=lift_gate", true, "OSRM"),
        ("d", "barrier=gate, access=no", false, "OSRM"),
        ("d", "barrier=gate, access=private", false, "GraphHopper; docs/streets.md"),
        ("d", "barrier=gate, access=agricultural", false, "OSRM"),
        ("d", "barrier=gate, access=no, motorcar=customers", true, "OSRM"),
        ("d", "barrier=gate, access=no, vehicle=delivery", true, "OSRM"),
        ("d", "barrier=gate, motor_vehicle=military", false, "OSRM"),
        ("d", "barrier=gate, access=garbagetag", true, "OSRM"),
        ("d", "barrier=bollard, access=garbagetag", false, "an unknown word is as if it were not there"),
        ("d", "barrier=cattle_grid", true, "OSRM"),
        ("d", "barrier=toll_booth", true, "OSRM"),
        ("d", "barrier=wall", false, "OSRM"),
        ("d", "barrier=wall, access=yes", true, "OSRM"),
        ("d", "access=no", false, "OSRM"),
        ("d", "motor_vehicle=no", false, "OSRM"),
        ("d", "access=no, motorcar=yes", true, "OSRM"),
        ("d", "vehicle=no, motor_vehicle=yes", true, "OSRM"),
        ("d", "foot=no", true, "OSRM"),
        ("d", "access=yes", true, "OSRM"),
        ("d", "highway=traffic_signals", true, "OSRM"),
        ("w", "barrier=bollard", true, "OSRM"),
        ("w", "barrier=cycle_barrier", true, "OSRM"),
        ("w", "barrier=wall", false, "OSRM"),
        ("w", "barrier=fence", false, "OSRM"),
        ("w", "barrier=fence, foot=yes", true, "OSRM"),
        ("w", "barrier=gate, access=no", false, "OSRM"),
        ("w", "barrier=gate, access=private", false, "OSRM"),
        ("w", "barrier=gate, access=agricultural", false, "OSRM"),
        ("w", "barrier=gate, access=emergency", false, "GraphHopper"),
        ("w", "barrier=gate, access=no, foot=yes", true, "OSRM"),
        ("w", "barrier=gate, motor_vehicle=private", true, "wiki"),
        ("w", "access=no", false, "OSRM features/foot/access.feature"),
        ("w", "access=private", false, "OSRM"),
        ("w", "access=yes, foot=no", false, "OSRM"),
        ("w", "highway=crossing, foot=no", true, "wiki: about those who cross"),
        ("w", "access=some_tag", true, "OSRM"),
        ("b", "barrier=gate, bicycle=no", false, "OSRM"),
        ("b", "barrier=gate, bicycle=dismount", true, "OSRM"),
        ("b", "barrier=gate, vehicle=no, bicycle=yes", true, "OSRM"),
        ("b", "bicycle=no", false, "OSRM features/bicycle/access_node.feature"),
        ("b", "highway=crossing, bicycle=no", true, "OSRM, Valhalla"),
        ("b", "highway=traffic_signals, crossing=traffic_signals, bicycle=no", true, "wiki: about those who cross"),
        ("b", "highway=crossing, access=no", false, "the crossing itself is closed"),
    ];
    let streets: Vec<(&str, &str)> = rows.iter().map(|(_, middle, ..)| ("highway=residential", *middle)).collect();
    let study = study(&streets, "");
    let mut wrong = Vec::new();
    for (at, (by, middle, wanted, source)) in rows.iter().enumerate() {
        let (_, is_passed) = speeds(&study, mode(by), at).unwrap();
        if is_passed != *wanted {
            wrong.push(format!("{by} {middle}: {is_passed}, {wanted} wanted ({source})"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn told(issues: &[Issue], code: &str) -> Vec<String> {
    issues.iter().filter(|issue| issue.code == code).map(|issue| issue.what.clone()).collect()
}

#[test]
fn what_is_not_applied_is_told_once() {
    let study = study(
        &[
            ("highway=residential, access=unbekannt", ""),
            ("highway=residential, access=unbekannt, motor_vehicle=maybe", ""),
            ("highway=residential, maxspeed=fast", ""),
            ("highway=residential, maxspeed=5000", ""),
            ("highway=residential, maxspeed=50;30", ""),
            ("highway=residential, oneway=perhaps", ""),
            ("highway=residential, access:conditional=no @ (22:00-06:00)", ""),
            ("highway=residential, motor_vehicle:conditional=no @ (Su)", ""),
            ("highway=residential, maxspeed:conditional=30 @ (22:00-06:00)", ""),
            ("highway=residential, oneway:conditional=yes @ (07:00-09:00)", ""),
            ("route=ferry, duration=soon", ""),
            ("route=ferry, duration=10:00", ""),
            ("highway=residential", "access=garbage"),
            ("highway=residential, motor_vehicle=psv, maxspeed=DE:urban, bicycle=yes", ""),
        ],
        "",
    );
    assert_eq!(
        told(&study.issues, "unknown-word"),
        [
            "access = \"unbekannt\" says nothing that is known, 2 times; it is taken for empty; the first is way/10",
            "duration = \"soon\" says nothing that is known, 1 times; it is taken for empty; the first is way/110",
            "maxspeed = \"fast\" says nothing that is known, 1 times; it is taken for empty; the first is way/30",
            "motor_vehicle = \"maybe\" says nothing that is known, 1 times; it is taken for empty; the first is way/20",
            "oneway = \"perhaps\" says nothing that is known, 1 times; it is taken for empty; the first is way/60",
            "access = \"garbage\" says nothing that is known, 1 times; it is taken for empty",
        ]
    );
    assert_eq!(
        told(&study.issues, "condition-not-applied"),
        [
            "access:conditional is not applied; 1 streets have it; the first is way/70",
            "maxspeed:conditional is not applied; 1 streets have it; the first is way/90",
            "motor_vehicle:conditional is not applied; 1 streets have it; the first is way/80",
            "oneway:conditional is not applied; 1 streets have it; the first is way/100",
        ]
    );
    let one = |code: &str, part: &str| {
        let told = told(&study.issues, code);
        assert!(told.len() == 1 && told[0].contains(part), "{code}: {told:?}");
    };
    one("doubtful-speed", "maxspeed = \"5000\" is not believed, 1 times");
    one("several-speeds", "maxspeed = \"50;30\" says several speeds, 1 times; the lowest holds");
    one("doubtful-duration", "a ferry of 189 m in 10 h is not believed");
}

#[test]
fn the_words_of_the_config_take_the_place_of_those_of_the_map() {
    let streets = [
        ("highway=residential, access=private", ""),
        ("highway=footway", ""),
        ("highway=residential", "barrier=gate"),
        ("highway=residential", "access=no"),
        ("highway=residential, oneway=yes", ""),
        ("highway=residential, oneway:motor_vehicle=yes", ""),
    ];
    let extra = "[study.streets.walk]\nwhere = \"highway = residential\"\nbarred-where = \"barrier = gate\"\n\
                 [study.streets.drive]\noneway = \"oneway\"\n[study.streets.bicycle]\nspeeds = [{ where = \"highway = footway\", speed = \"9 km/h\" }]\n";
    let study = study(&streets, extra);
    let walk = |at: usize| speeds(&study, Mode::Walk, at);
    assert_eq!(
        walk(0).map(|(speed, _)| speed[0].round()),
        Some(5.0),
        "where says who may walk, and access is not asked"
    );
    assert_eq!(walk(1), None);
    assert_eq!(walk(2).map(|(_, is_passed)| is_passed), Some(false));
    assert_eq!(walk(3).map(|(_, is_passed)| is_passed), Some(true), "barred-where is about barriers");
    let drive = |at: usize| speeds(&study, Mode::Drive, at).map(|(speed, _)| speed.map(f64::round));
    assert_eq!(drive(4), Some([25.0, 0.0]));
    assert_eq!(drive(5), Some([25.0, 25.0]), "the field of the config alone");
    assert_eq!(speeds(&study, Mode::Bicycle, 1).map(|(speed, _)| speed.map(f64::round)), Some([9.0, 9.0]));
}
