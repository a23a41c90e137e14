//! OpenStreetMap extracts: a made-up town with everything that goes wrong (`tests/oracles/osm_synthetic.py`), and Liechtenstein from one
//! file against what PyOsmium, Shapely and pyproj take out of it (`tests/oracles/osm_liechtenstein.py`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use assert_cmd::Command;
use geo::Area;
use geo::GeodesicArea;
use geo_types::Geometry;
use tongda::io::read::Collected;
use tongda::io::read::LayerInfo;
use tongda::io::read::ReadError;
use tongda::io::read::ReadRequest;
use tongda::io::read::read_all;
use tongda::table::Record;

fn town() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/formats/town_synthetic.osm.pbf")
}

fn layer(path: &Path, layer: &str) -> Result<(LayerInfo, Collected), ReadError> {
    read_all(&ReadRequest { layer: Some(layer), ..ReadRequest::new(path, "town") })
}

/// Values of the named fields as one line a record, with the place in hundredths of a degree from 120° E 32° N.
fn lines(info: &LayerInfo, records: &[Record], names: &[&str]) -> Vec<String> {
    let positions: Vec<usize> = names
        .iter()
        .map(|name| {
            info.fields.iter().position(|field| field.name == *name).unwrap_or_else(|| panic!("no field {name}"))
        })
        .collect();
    records
        .iter()
        .map(|record| {
            let values: Vec<String> = positions.iter().map(|at| record.value(*at).to_string()).collect();
            let place = match &record.geometry {
                Some(Geometry::Point(at)) => {
                    let from = |degrees: f64, zero: f64| ((degrees - zero) * 1e6).round() / 1e4;
                    format!("{} {}", from(at.x(), 120.0), from(at.y(), 32.0))
                }
                Some(_) => "an area".to_owned(),
                None => "nowhere".to_owned(),
            };
            format!("{} @ {place}", values.join(" | "))
        })
        .collect()
}

fn issues(found: &Collected) -> Vec<(&'static str, String)> {
    found.issues.iter().map(|issue| (issue.code, issue.id.clone().unwrap_or_default())).collect()
}

#[test]
fn boundaries_are_put_together_and_broken_ones_are_listed() {
    let (info, found) = layer(&town(), "boundaries").unwrap();
    assert_eq!((info.driver, info.records, info.crs.text()), ("OpenStreetMap", 2, Some("EPSG:4326")));
    let rows = lines(&info, &found.records, &["osm_id", "name", "admin_level", "population"]);
    assert_eq!(rows, ["1 | 合成镇 | 8 | 1234 @ an area", "2 | Open | 8 |  @ nowhere"]);
    // 8 x 8 less a hole of 4 x 4, an exclave of 2 x 2, an island of 1 x 1 in the hole; unit: a hundredth of a degree
    let Some(Geometry::MultiPolygon(area)) = &found.records[0].geometry else { panic!("no area") };
    let parts: Vec<(f64, usize)> =
        area.iter().map(|part| ((part.unsigned_area() * 1e4 * 1e6).round() / 1e6, part.interiors().len())).collect();
    assert_eq!(parts, [(48.0, 1), (4.0, 0), (1.0, 0)]);
    let want = [("broken-ring", "relation/2".to_owned()), ("outside-extract", "relation/3".to_owned())];
    assert_eq!(issues(&found), want);
    assert!(
        found.issues[0].what.contains("2 loose end(s), the first at node/901 at 120.09 32.01"),
        "{}",
        found.issues[0]
    );
    assert!(found.issues[1].what.contains("1 of its 2 border ways"), "{}", found.issues[1]);
}

#[test]
fn places_are_points_with_their_tags() {
    let (info, found) = layer(&town(), "places").unwrap();
    let rows = lines(&info, &found.records, &["osm_id", "name", "amenity", "shelter_type", "highway", "leisure"]);
    let want = [
        "node/101 | 第一小学 | school |  |  |  @ 1 1",
        "node/102 |  | shelter | public_transport |  |  @ 1 2",
        "node/103 | 应急避难所 | shelter |  |  |  @ 1 3",
        "node/104 | 东门 |  |  | bus_stop |  @ 1 4",
        "node/105 | Both | kindergarten;school |  |  |  @ 1 5",
        "node/201 | A |  |  | bus_stop |  @ 2 1",
        "node/203 | B |  |  | bus_stop |  @ 2 3",
        "node/205 | C |  |  | bus_stop |  @ 2 5",
        "way/10 | Second | school |  |  |  @ 1.5 7.5",
        "relation/4 | Park |  |  |  | park @ 16.5 16.5",
    ];
    assert_eq!(rows, want);
    assert_eq!(issues(&found), [("outside-extract", "way/14".to_owned())]);
}

#[test]
fn buildings_have_their_floor_area() {
    let (info, found) = layer(&town(), "buildings").unwrap();
    let rows = lines(&info, &found.records, &["osm_id", "building", "levels"]);
    assert_eq!(rows, ["way/7 | house | 2 @ 2.5 2.5", "way/8 | yes |  @ 6.5 1.5", "way/13 | shed |  @ nowhere"]);
    let number = |record: &Record, name: &str| {
        record.value(info.fields.iter().position(|field| field.name == name).unwrap()).as_f64()
    };
    // pyproj 3.7.2, Geod(ellps="WGS84"): a hundredth of a degree square at 120.02 to 120.03 E, 32.02 to 32.03 N is 1047524.03 m²
    let area = number(&found.records[0], "area_m2").unwrap();
    assert!((area / 1047524.03 - 1.0).abs() < 1e-5, "{area}");
    assert_eq!(number(&found.records[0], "floor_area_m2"), Some(2.0 * area));
    assert_eq!(number(&found.records[2], "area_m2"), None);
    assert_eq!(issues(&found), [("bad-geometry", "way/13".to_owned())]);
}

#[test]
fn routes_are_calls_in_the_order_of_travel() {
    let (info, found) = layer(&town(), "routes").unwrap();
    let rows = lines(
        &info,
        &found.records,
        &["route", "route_name", "mode", "direction", "sequence", "stop", "stop_name", "headway_min"],
    );
    let want = [
        // both directions of line 1, by one ref and network; a platform 1 km from the stop before it is a call of its own
        "relation/10 | 1 | bus | relation/10 | 1 | node/201 | A |  @ 2 1",
        "relation/10 | 1 | bus | relation/10 | 2 | node/202 |  |  @ 2 2",
        "relation/10 | 1 | bus | relation/10 | 3 | node/203 | B |  @ 2 3",
        "relation/10 | 1 | bus | relation/10 | 4 | node/205 | C |  @ 2 5",
        "relation/10 | 1 | bus | relation/11 | 1 | node/205 | C | 30 @ 2 5",
        "relation/10 | 1 | bus | relation/11 | 2 | node/203 | B | 30 @ 2 3",
        "relation/10 | 1 | bus | relation/11 | 3 | node/201 | A | 30 @ 2 1",
        // the old scheme: both directions in one relation, the way back listed along the way there
        "relation/12 | 2 | bus | forward | 1 | node/201 | A |  @ 2 1",
        "relation/12 | 2 | bus | forward | 2 | node/205 | C |  @ 2 5",
        "relation/12 | 2 | bus | backward | 1 | node/205 | C |  @ 2 5",
        "relation/12 | 2 | bus | backward | 2 | node/203 | B |  @ 2 3",
    ];
    assert_eq!(rows, want);
    let want = [
        ("outside-extract", "relation/11".to_owned()),
        ("out-of-date", "relation/12".to_owned()),
        ("no-stops", "relation/13".to_owned()),
    ];
    assert_eq!(issues(&found), want);
}

#[test]
fn a_layer_has_to_be_named() {
    let error = read_all(&ReadRequest::new(&town(), "town")).unwrap_err().to_string();
    assert!(
        error.contains("layer = \"…\" (layers: boundaries, places, routes, buildings, streets, barriers, turns)"),
        "{error}"
    );
}

#[test]
fn damaged_extracts_are_refused_or_read_without_a_panic() {
    // the same bytes every time: a linear congruential generator (Knuth, MMIX)
    let mut state = 20_261_124_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.osm.pbf");
    let whole = fs::read(town()).unwrap();
    let mut refused = 0;
    for round in 0..400 {
        let mut bytes = whole.clone();
        if round % 4 == 0 {
            bytes.truncate(next(bytes.len()));
        }
        for _ in 0..1 + next(4) {
            if !bytes.is_empty() {
                let at = next(bytes.len());
                bytes[at] = [0, 0xff, 0x7f, bytes[at] ^ (1 << next(8))][next(4)];
            }
        }
        fs::write(&path, &bytes).unwrap();
        for name in ["boundaries", "places", "routes", "buildings"] {
            refused += usize::from(layer(&path, name).is_err());
        }
    }
    assert!(refused > 100, "{refused} of 1600 were noticed");
    for (bytes, want) in [(&b""[..], "is empty"), (b"PK\x03\x04 no extract", "is no OpenStreetMap extract")] {
        fs::write(&path, bytes).unwrap();
        let error = layer(&path, "places").unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    }
}

/// The extract of Liechtenstein; `None` where it is not at hand.
fn liechtenstein() -> Option<PathBuf> {
    let shared = std::env::var_os("TONGDA_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let path = shared.join("data/liechtenstein/liechtenstein-latest.osm.pbf");
    if !path.exists() {
        eprintln!("skipped: needs {}", path.display());
        return None;
    }
    Some(fs::canonicalize(path).unwrap())
}

/// What PyOsmium and Shapely found: what, key, value.
fn oracle() -> BTreeMap<(String, String), String> {
    include_str!("../oracles/osm_liechtenstein.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.splitn(3, ',').map(str::to_owned);
            let [what, key, value] = std::array::from_fn(|_| cells.next().unwrap());
            ((what, key), value)
        })
        .collect()
}

#[test]
fn the_municipalities_of_liechtenstein_are_those_of_libosmium() {
    let Some(path) = liechtenstein() else { return };
    let oracle = oracle();
    let (info, found) = layer(&path, "boundaries").unwrap();
    let level = info.fields.iter().position(|field| field.name == "admin_level").unwrap();
    let mut count = 0;
    for record in found.records.iter().filter(|record| record.value(level).to_string() == "8") {
        let key = record.value(0).to_string();
        let of =
            |what: &str| oracle.get(&(what.to_owned(), key.clone())).unwrap_or_else(|| panic!("{what} {key}")).clone();
        let Some(Geometry::MultiPolygon(area)) = &record.geometry else { panic!("{key} has no area") };
        assert_eq!(record.value(3).to_string(), of("region"));
        assert_eq!(area.0.len().to_string(), of("parts"), "{key}");
        let (got, want): (f64, f64) = (area.geodesic_area_unsigned() / 1e6, of("area_km2").parse().unwrap());
        assert!((got / want - 1.0).abs() < 1e-5, "{key}: {got} km², libosmium and GEOS {want}");
        count += 1;
    }
    assert_eq!(count, 11);
    let cut = found.issues.iter().filter(|issue| issue.code == "outside-extract").count();
    assert_eq!(cut, found.issues.len(), "{:?}", found.issues);
}

#[test]
fn init_drafts_a_study_of_liechtenstein_that_runs_and_is_right() {
    let Some(path) = liechtenstein() else { return };
    let oracle = oracle();
    let of = |what: &str, key: &str| oracle[&(what.to_owned(), key.to_owned())].clone();
    let home = tempfile::tempdir().unwrap();
    let tongda = || {
        let mut command = Command::cargo_bin("tongda").unwrap();
        command.current_dir(home.path());
        command
    };
    let drafted = tongda().arg("init").arg(&path).assert().success();
    let said = String::from_utf8_lossy(&drafted.get_output().stdout).into_owned();
    let counts = format!("{} bus_stop", of("count", "bus_stop"));
    assert!(said.contains(&counts) && said.contains("11 of level 8"), "{said}");
    assert!(said.contains(&format!("homes: {}", of("count", "home"))), "{said}");
    let again = tongda().arg("init").arg(&path).assert().code(2);
    assert!(String::from_utf8_lossy(&again.get_output().stderr).contains("is there already"));
    tongda().args(["run", "liechtenstein-latest.toml", "--lang", "en"]).assert().success();

    let card = fs::read_to_string(home.path().join("out/liechtenstein-latest.json")).unwrap();
    let card: serde_json::Value = serde_json::from_str(&card).unwrap();
    let indicator = |id: &str| {
        let all = card["indicators"].as_array().unwrap();
        all.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("no indicator {id}"))
    };
    // neighbours, and which of them a bus joins, pair by pair
    let reach = indicator("bus-reach");
    let got: BTreeMap<String, &str> = reach["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["key"].as_str().unwrap().replace('–', "-"), row["state"].as_str().unwrap()))
        .collect();
    let want: BTreeMap<String, &str> = oracle
        .iter()
        .filter(|((what, _), _)| what == "joined")
        .map(|((_, pair), yes)| (pair.clone(), if yes == "yes" { "connected" } else { "unconnected" }))
        .collect();
    assert_eq!(got, want);
    assert_eq!((reach["figure"]["part"].as_f64(), reach["figure"]["whole"].as_f64()), (Some(19.0), Some(26.0)));
    // shares and distances of floor area, geodesic in both
    let figure = |id: &str| indicator(id)["figure"]["value"].as_f64().unwrap();
    let close = |got: f64, want: String| {
        let want: f64 = want.parse().unwrap();
        assert!((got / want - 1.0).abs() < 1e-4, "{got}, PyOsmium and pyproj {want}");
    };
    close(figure("school-near"), of("share", "school within 1000 m"));
    close(figure("bus-stop-near"), of("share", "bus_stop within 500 m"));
    close(figure("shelter-distance"), of("mean_m", "shelter"));
    let whole = indicator("school-near")["figure"]["whole"].as_f64().unwrap();
    close(whole, of("floor_area_m2", "in regions"));
    for kind in ["school", "shelter", "bus_stop"] {
        assert!(said.contains(&format!("{} {kind}", of("count", kind))), "{kind}: {said}");
    }
}

/// The town in another container: written by osmium 1.15 from the same file, `osmium cat -f osm,add_metadata=false` and
/// `osmium add-locations-to-ways --ignore-missing-nodes --keep-member-nodes`.
#[test]
fn an_extract_is_the_same_in_every_container() {
    let other = |name: &str| town().with_file_name(name);
    let home = tempfile::tempdir().unwrap();
    let packed = home.path().join("town.osm.gz");
    let mut gzip = flate2::write::GzEncoder::new(fs::File::create(&packed).unwrap(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &fs::read(other("town_synthetic.osm")).unwrap()).unwrap();
    gzip.finish().unwrap();
    for path in [other("town_synthetic.osm"), packed, other("town_locations_synthetic.osm.pbf")] {
        for name in ["boundaries", "places", "routes", "buildings", "streets", "barriers", "turns"] {
            let (want, found) = (layer(&town(), name).unwrap(), layer(&path, name).unwrap());
            assert_eq!(found.1.records, want.1.records, "{name} of {}", path.display());
            let told =
                |found: &Collected| -> Vec<String> { found.issues.iter().map(|issue| issue.what.clone()).collect() };
            assert_eq!(told(&found.1), told(&want.1), "{name} of {}", path.display());
        }
    }
}

/// What other containers say, and what to do: Overpass XML with places on the ways, JOSM's deleted elements, and what is refused.
#[test]
fn xml_is_read_as_programs_write_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.osm");
    // Overpass `out geom`: the way gives the places of its nodes, a node of its own is not there
    let way = r#"<way id="7"><nd ref="1" lat="32.0" lon="120.0"/><nd ref="2" lat="32.0" lon="120.001"/><tag k="highway" v="path"/><tag k="name" v="A &amp; B"/></way>"#;
    let gone = r#"<way id="8" action="delete"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way>
        <way id="9" visible="false"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way>"#;
    fs::write(&path, format!("\u{feff}<?xml version=\"1.0\"?>\n<osm version=\"0.6\"><note>x</note>{way}{gone}</osm>"))
        .unwrap();
    let (info, found) = layer(&path, "streets").unwrap();
    assert_eq!((info.records, found.issues.len()), (1, 0), "{:?}", found.issues);
    let name = info.fields.iter().position(|field| field.name == "name").unwrap();
    assert_eq!(found.records[0].value(name).to_string(), "A & B");
    let Some(Geometry::LineString(line)) = &found.records[0].geometry else { panic!("no line") };
    assert_eq!(line.0.iter().map(|at| (at.x, at.y)).collect::<Vec<_>>(), [(120.0, 32.0), (120.001, 32.0)]);
    for (text, want) in [
        ("<osmChange version=\"0.6\"></osmChange>", "is a file of changes; put them into an extract first"),
        ("<html><body>429 Too Many Requests</body></html>", "its outermost element is html, not osm"),
        ("<osm><node id=\"1\" lat=\"1\" lon=\"1\">", "breaks off"),
        ("<osm><node lat=\"1\" lon=\"1\"/></osm>", "has an element node without id"),
        ("<osm><node id=\"1e3\" lat=\"1\" lon=\"1\"/></osm>", "id = \"1e3\", which is not a whole number"),
        (
            "<osm><node id=\"1\" lat=\"1\" lon=\"1\"/><node id=\"1\" lat=\"2\" lon=\"1\"/></osm>",
            "holds several versions of node/1; take an extract of one day",
        ),
        ("\u{1f}BZh91AY", "is no OpenStreetMap extract"),
        ("BZh91AY&SY", "is packed with bzip2; unpack it first"),
    ] {
        fs::write(&path, text).unwrap();
        let error = layer(&path, "places").unwrap_err().to_string();
        assert!(error.contains(want), "{text}: {error}");
    }
    fs::write(&path, [&[0x1f, 0x8b, 8, 0][..], &[0; 40]].concat()).unwrap();
    assert!(layer(&path, "places").unwrap_err().to_string().contains("packed with gzip; give it the ending .gz"));
    let lz4 = layer(&town().with_file_name("town_lz4_synthetic.osm.pbf"), "places").unwrap_err().to_string();
    assert!(lz4.contains("is packed with LZ4") && lz4.contains("osmium cat -f pbf,pbf_compression=zlib"), "{lz4}");
}
