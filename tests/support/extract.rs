//! Small OpenStreetMap extracts, written as text in metres.

use std::fmt::Write;
use std::path::Path;

/// Degrees of a metre at the equator, on WGS 84: along it, and along the meridian.
const LON: f64 = 1.0 / 111_319.490_793;
const LAT: f64 = 1.0 / 110_574.275_822;

/// Where 0, 0 is: on the central meridian of UTM zone 31, on the equator.
const WEST: f64 = 3.0;

/// Degrees of a place so many metres east and north of 3° 0°.
pub fn degrees(x: f64, y: f64) -> [f64; 2] {
    [WEST + x * LON, y * LAT]
}

/// Writes an extract (.osm) from lines of text, one an element: `n1 -50,0 barrier=gate` is a node so many metres east and north,
/// `w1 1,2,3 highway=footway` a way of nodes, `r1 w1:outer,w2:inner type=multipolygon` a relation. A way may name nodes that are not there.
pub fn write(path: &Path, text: &str) {
    let mut groups: [String; 3] = Default::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let (name, what) = (words.next().unwrap(), words.next().unwrap());
        let (kind, id) = name.split_at(1);
        let tags: String = words
            .map(|word| word.split_once('=').unwrap_or_else(|| panic!("{word}: no tag")))
            .map(|(key, value)| format!("<tag k=\"{key}\" v=\"{value}\"/>"))
            .collect();
        match kind {
            "n" => {
                let (x, y) = what.split_once(',').unwrap();
                let [lon, lat] = degrees(x.parse().unwrap(), y.parse().unwrap());
                writeln!(groups[0], "<node id=\"{id}\" lon=\"{lon:.9}\" lat=\"{lat:.9}\">{tags}</node>").unwrap();
            }
            "w" => {
                let nodes: String = what.split(',').map(|node| format!("<nd ref=\"{node}\"/>")).collect();
                writeln!(groups[1], "<way id=\"{id}\">{nodes}{tags}</way>").unwrap();
            }
            "r" => {
                let member = |one: &str| {
                    let (member, role) = one.split_once(':').unwrap();
                    let kind = match &member[..1] {
                        "n" => "node",
                        "w" => "way",
                        _ => "relation",
                    };
                    format!("<member type=\"{kind}\" ref=\"{}\" role=\"{role}\"/>", &member[1..])
                };
                let members: String = what.split(',').map(member).collect();
                writeln!(groups[2], "<relation id=\"{id}\">{members}{tags}</relation>").unwrap();
            }
            other => panic!("{other}: n, w or r"),
        }
    }
    std::fs::write(path, format!("<osm version=\"0.6\">\n{}</osm>\n", groups.concat())).unwrap();
}
