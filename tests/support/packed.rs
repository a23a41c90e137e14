//! OpenStreetMap extracts written by hand: nodes and ways in the packed format, not compressed.

/// Tags as they are told: `highway=path, bicycle=no`; a comma parts two, so that none may be in a value.
pub fn tags(text: &str) -> Vec<(String, String)> {
    let pair = |one: &str| one.trim().split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    text.split(", ").filter_map(pair).collect()
}

/// A node: id, longitude and latitude in degrees, tags.
pub type Node = (i64, [f64; 2], Vec<(String, String)>);
/// A way: id, nodes, tags.
pub type Way = (i64, Vec<i64>, Vec<(String, String)>);

/// The bytes of an `.osm.pbf` file.
pub fn pbf(nodes: &[Node], ways: &[Way]) -> Vec<u8> {
    let mut strings: Vec<String> = vec![String::new()];
    let mut index = |text: &String| {
        strings.iter().position(|known| known == text).unwrap_or_else(|| {
            strings.push(text.clone());
            strings.len() - 1
        }) as u64
    };
    let mut group = Vec::new();
    let mut packed = |tags: &[(String, String)], out: &mut Vec<u8>| {
        for (field, part) in
            [(2, tags.iter().map(|tag| &tag.0).collect::<Vec<_>>()), (3, tags.iter().map(|tag| &tag.1).collect())]
        {
            let mut list = Vec::new();
            part.into_iter().for_each(|text| varint(index(text), &mut list));
            bytes(field, &list, out);
        }
    };
    for (id, [lon, lat], tags) in nodes {
        let mut node = Vec::new();
        number(1, zigzag(*id), &mut node);
        packed(tags, &mut node);
        number(8, zigzag((lat * 1e7).round() as i64), &mut node);
        number(9, zigzag((lon * 1e7).round() as i64), &mut node);
        bytes(1, &node, &mut group);
    }
    for (id, refs, tags) in ways {
        let (mut way, mut list) = (Vec::new(), Vec::new());
        number(1, *id as u64, &mut way);
        packed(tags, &mut way);
        let mut last = 0;
        for node in refs {
            varint(zigzag(node - last), &mut list);
            last = *node;
        }
        bytes(8, &list, &mut way);
        bytes(3, &way, &mut group);
    }
    let (mut table, mut block, mut header) = (Vec::new(), Vec::new(), Vec::new());
    strings.iter().for_each(|text| bytes(1, text.as_bytes(), &mut table));
    bytes(1, &table, &mut block);
    bytes(2, &group, &mut block);
    bytes(4, b"OsmSchema-V0.6", &mut header);
    let mut file = Vec::new();
    for (kind, content) in [("OSMHeader", header), ("OSMData", block)] {
        let (mut blob, mut head) = (Vec::new(), Vec::new());
        bytes(1, &content, &mut blob);
        bytes(1, kind.as_bytes(), &mut head);
        number(3, blob.len() as u64, &mut head);
        file.extend((head.len() as u32).to_be_bytes());
        file.extend(head);
        file.extend(blob);
    }
    file
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn number(field: u64, value: u64, out: &mut Vec<u8>) {
    varint(field << 3, out);
    varint(value, out);
}

fn bytes(field: u64, content: &[u8], out: &mut Vec<u8>) {
    varint((field << 3) | 2, out);
    varint(content.len() as u64, out);
    out.extend_from_slice(content);
}
