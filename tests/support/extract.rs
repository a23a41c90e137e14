//! Small OpenStreetMap extracts, written as text in metres.

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

type Tags<'t> = Vec<(&'t str, &'t str)>;

fn tags<'t>(words: impl Iterator<Item = &'t str>) -> Tags<'t> {
    words.map(|word| word.split_once('=').unwrap_or_else(|| panic!("{word}: no tag"))).collect()
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3);
    varint(out, value);
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend(value);
}

fn packed(out: &mut Vec<u8>, field: u64, values: impl Iterator<Item = u64>) {
    let mut all = Vec::new();
    values.for_each(|value| varint(&mut all, value));
    bytes(out, field, &all);
}

fn differences(values: &[i64]) -> impl Iterator<Item = u64> {
    let before = std::iter::once(0).chain(values.iter().copied());
    values.iter().zip(before).map(|(value, before)| zigzag(value - before))
}

/// The strings of a block; the first is empty.
struct Strings(Vec<String>);

impl Strings {
    fn at(&mut self, text: &str) -> u64 {
        let known = self.0.iter().position(|one| one == text);
        known.unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        }) as u64
    }

    fn put(&mut self, out: &mut Vec<u8>, tags: &Tags<'_>) {
        let keys: Vec<u64> = tags.iter().map(|(key, _)| self.at(key)).collect();
        let values: Vec<u64> = tags.iter().map(|(_, value)| self.at(value)).collect();
        packed(out, 2, keys.into_iter());
        packed(out, 3, values.into_iter());
    }
}

fn blob(kind: &str, block: &[u8]) -> Vec<u8> {
    let (mut blob, mut header) = (Vec::new(), Vec::new());
    bytes(&mut blob, 1, block);
    bytes(&mut header, 1, kind.as_bytes());
    number(&mut header, 3, blob.len() as u64);
    [&(header.len() as u32).to_be_bytes()[..], &header, &blob].concat()
}

/// Writes an extract from lines of text, one an element: `n1 -50,0 barrier=gate` is a node so many metres east and north,
/// `w1 1,2,3 highway=footway` a way of nodes, `r1 w1:outer,w2:inner type=multipolygon` a relation. A way may name nodes that are not there.
pub fn write(path: &Path, text: &str) {
    let mut strings = Strings(vec![String::new()]);
    let mut groups: [Vec<u8>; 3] = Default::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let (name, what) = (words.next().unwrap(), words.next().unwrap());
        let id: i64 = name[1..].parse().unwrap();
        let tags = tags(words);
        let mut element = Vec::new();
        match &name[..1] {
            "n" => {
                let (x, y) = what.split_once(',').unwrap();
                let [lon, lat] = degrees(x.parse().unwrap(), y.parse().unwrap()).map(|at| (at * 1e9).round() as i64);
                number(&mut element, 1, zigzag(id));
                strings.put(&mut element, &tags);
                number(&mut element, 8, zigzag(lat));
                number(&mut element, 9, zigzag(lon));
                bytes(&mut groups[0], 1, &element);
            }
            "w" => {
                let nodes: Vec<i64> = what.split(',').map(|node| node.parse().unwrap()).collect();
                number(&mut element, 1, id as u64);
                strings.put(&mut element, &tags);
                packed(&mut element, 8, differences(&nodes));
                bytes(&mut groups[1], 3, &element);
            }
            "r" => {
                let members: Vec<(&str, &str)> = what.split(',').map(|one| one.split_once(':').unwrap()).collect();
                let ids: Vec<i64> = members.iter().map(|(member, _)| member[1..].parse().unwrap()).collect();
                number(&mut element, 1, id as u64);
                strings.put(&mut element, &tags);
                let roles: Vec<u64> = members.iter().map(|(_, role)| strings.at(role)).collect();
                packed(&mut element, 8, roles.into_iter());
                packed(&mut element, 9, differences(&ids));
                let kind = |member: &str| ["n", "w", "r"].iter().position(|kind| member.starts_with(kind)).unwrap();
                packed(&mut element, 10, members.iter().map(|(member, _)| kind(member) as u64));
                bytes(&mut groups[2], 4, &element);
            }
            other => panic!("{other}: n, w or r"),
        }
    }
    let (mut header, mut block, mut table) = (Vec::new(), Vec::new(), Vec::new());
    bytes(&mut header, 4, b"OsmSchema-V0.6");
    strings.0.iter().for_each(|text| bytes(&mut table, 1, text.as_bytes()));
    bytes(&mut block, 1, &table);
    groups.iter().filter(|group| !group.is_empty()).for_each(|group| bytes(&mut block, 2, group));
    // coordinates in units of 10^-9 degrees
    number(&mut block, 17, 1);
    std::fs::write(path, [blob("OSMHeader", &header), blob("OSMData", &block)].concat()).unwrap();
}
