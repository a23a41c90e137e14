//! Rasters as demand: every way of packing, every fate of a cell, sums against GDAL and numpy, and damage.
//!
//! `tests/oracles/rasters.py` wrote the files with GDAL 3.6 and says in `sums.csv` what they hold; `raster_zones.py` says in `zones.csv` what of
//! it lies in which region, by GEOS.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use tempfile::TempDir;
use tongda::base::progress::Silent;
use tongda::base::units::Weight;
use tongda::config;
use tongda::ingest;
use tongda::io::geotiff::GeoTiff;
use tongda::io::geotiff::Piece;
use tongda::io::geotiff::Window;
use tongda::io::read::DeclaredCrs;
use tongda::io::read::ReadError;
use tongda::io::read::ReadRequest;
use tongda::model::region::Level;
use tongda::model::study::Study;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/rasters")
}

fn table(name: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn open(path: &Path, layer: Option<&str>) -> Result<GeoTiff, ReadError> {
    GeoTiff::open(&ReadRequest { layer, ..ReadRequest::new(path, "test.tif") })
}

/// Cells by fate: all, no data, zero, negative, no number, positive; and the sum of the positive ones.
fn counted(raster: &mut GeoTiff, window: Window) -> Result<([u64; 6], f64), ReadError> {
    let (mut counts, mut sum) = ([0u64; 6], 0.0);
    let no_data = raster.no_data();
    let absent = if raster.nodata.is_some() { 1 } else { 2 };
    raster.read(window, &mut |piece| match piece {
        Piece::Cells { values, .. } => {
            for value in values {
                counts[0] += 1;
                let fate = match *value {
                    value if no_data.is(value) => 1,
                    0.0 => 2,
                    value if !value.is_finite() => 4,
                    value if value < 0.0 => 3,
                    value => {
                        sum += value;
                        5
                    }
                };
                counts[fate] += 1;
            }
        }
        Piece::Absent { cells } => {
            counts[0] += cells;
            counts[absent] += cells;
        }
        Piece::Above { .. } => {}
    })?;
    Ok((counts, sum))
}

#[test]
fn every_type_and_packing_holds_what_gdal_says() {
    let rows = table("sums.csv");
    assert!(rows.len() > 60, "{}", rows.len());
    for row in rows {
        let name = &row[0];
        let layer = name.starts_with("bands_").then_some("1");
        let path = folder().join(name);
        let mut raster = open(&path, layer).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(raster.crs, DeclaredCrs::Carried("EPSG:4490".into()), "{name}");
        let whole = raster.whole();
        let (counts, sum) = counted(&mut raster, whole).unwrap_or_else(|error| panic!("{name}: {error}"));
        let want: Vec<u64> = row[2..8].iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(counts.to_vec(), want, "{name}");
        let wanted: f64 = row[8].parse().unwrap();
        assert!((sum - wanted).abs() <= wanted * 1e-12, "{name}: {sum}, not {wanted}");
        // the parts of the window make up the whole
        let (columns, rows) = (raster.grid.columns, raster.grid.rows);
        let mut parts = ([0u64; 6], 0.0);
        for columns in [(0, 1), (1, 37), (37, columns)] {
            for rows in [(0, 23), (23, 24), (24, rows)] {
                let (counts, sum) = counted(&mut raster, Window { columns, rows }).unwrap();
                parts.0.iter_mut().zip(counts).for_each(|(all, part)| *all += part);
                parts.1 += sum;
            }
        }
        assert_eq!(parts.0, counts, "{name}");
        assert!((parts.1 - sum).abs() <= sum * 1e-12, "{name}");
    }
}

#[test]
fn a_band_is_named_where_there_are_several() {
    for name in ["bands_synthetic.tif", "bands_apart_synthetic.tif"] {
        let path = folder().join(name);
        let message = open(&path, None).err().unwrap().to_string();
        assert!(message.contains("3 bands") && message.contains("layer = \"1\""), "{message}");
        assert!(open(&path, Some("4")).err().unwrap().to_string().contains("no band \"4\""));
        let sum = |layer| {
            let mut raster = open(&path, Some(layer)).unwrap();
            let whole = raster.whole();
            counted(&mut raster, whole).unwrap().1
        };
        // the script writes the second band as twice the first, the third as three times
        assert!((sum("2") / sum("1") - 2.0).abs() < 1e-6 && (sum("3") / sum("1") - 3.0).abs() < 1e-6, "{name}");
    }
}

#[test]
fn what_would_be_read_wrongly_is_refused_with_what_to_do() {
    let cases = [("zstd_synthetic.tif", "Zstandard"), ("masked_synthetic.tif", "mask")];
    for (name, want) in cases {
        let message = open(&folder().join(name), None).err().unwrap_or_else(|| panic!("{name} was read")).to_string();
        assert!(message.contains(want), "{name}: {message}");
    }
}

/// Two regions and rasters of the oracle's folder.
struct Scene {
    folder: TempDir,
    demand: String,
}

impl Scene {
    fn new(demand: &str) -> Scene {
        let scene = Scene { folder: tempfile::tempdir().unwrap(), demand: demand.to_owned() };
        for entry in fs::read_dir(folder()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap();
            if demand.contains(name.to_str().unwrap()) || path.extension().is_some_and(|ending| ending == "geojson") {
                fs::copy(&path, scene.folder.path().join(name)).unwrap();
            }
        }
        scene
    }

    fn read(&self) -> Result<Study, String> {
        let text = format!(
            "title = \"Test\"\n[study]\nregions = {{ path = \"zones_synthetic.geojson\", level = \"county\" }}\ndemand = {}\n",
            self.demand
        );
        let plan = config::parse(&text, "study.toml", self.folder.path()).map_err(|error| format!("{error:?}"))?;
        let study = ingest::study(&plan.study, &Silent).map_err(|error| error.to_string())?;
        for ledger in &study.ledgers {
            assert!(ledger.balances(), "{ledger:?}");
        }
        Ok(study)
    }
}

/// Cells and sum of a group by the code of the region.
fn zones(study: &Study, group: &str) -> Vec<(String, u64, f64)> {
    let layer = &study.demand[0];
    ["320101", "320102"]
        .into_iter()
        .map(|code| {
            let region = study.regions.find(Level::County, code);
            let weights = &layer.group(group).unwrap().weights;
            let own = (0..layer.len()).filter(|at| layer.home[*at] == region && weights[*at] > Weight::ZERO);
            let (mut cells, mut sum) = (0, Weight::ZERO);
            for at in own {
                cells += 1;
                sum += weights[at];
            }
            (code.to_owned(), cells, sum.to_f64())
        })
        .collect()
}

#[test]
fn sums_by_region_are_those_of_an_independent_program() {
    let rows = table("zones.csv");
    let mut names: Vec<&String> = rows.iter().map(|row| &row[0]).collect();
    names.dedup();
    assert_eq!(names.len(), 6);
    for name in names {
        let study =
            Scene::new(&format!("{{ path = \"{name}\" }}")).read().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(study.synthetic, "{name}");
        for ((code, cells, sum), row) in
            zones(&study, "people").into_iter().zip(rows.iter().filter(|row| row[0] == *name))
        {
            let wanted: f64 = row[3].parse().unwrap();
            assert_eq!((&code, cells.to_string()), (&row[1], row[2].clone()), "{name}");
            assert!((sum - wanted).abs() < 1e-3, "{name} {code}: {sum}, not {wanted}");
        }
    }
}

#[test]
fn tiles_and_strips_give_the_same_demand() {
    let read = |name: &str| Scene::new(&format!("{{ path = \"{name}\" }}")).read().unwrap().demand.remove(0);
    let (strips, tiles) = (read("zone_strips_synthetic.tif"), read("zone_tiles_synthetic.tif"));
    assert_eq!((&strips.cells, &strips.at, &strips.groups), (&tiles.cells, &tiles.at, &tiles.groups));
    let mut rows: Vec<[u32; 2]> = strips.cells.iter().map(|[column, row]| [*row, *column]).collect();
    rows.sort();
    assert!(strips.id(0).starts_with(&format!("r{}c{}", rows[0][0], rows[0][1])));
    assert!(strips.cells.iter().zip(rows).all(|(cell, row)| *cell == [row[1], row[0]]));
    let mut ids: Vec<String> = (0..strips.len()).map(|at| strips.id(at).into_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), strips.len(), "parts of a cell have ids of their own");
}

#[test]
fn groups_are_rasters_on_the_same_grid() {
    let demand = "{ path = \"zone_strips_synthetic.tif\", groups = { young = \"zone_young_synthetic.tif\" } }";
    let study = Scene::new(demand).read().unwrap();
    let rows = table("zones.csv");
    let wanted = |name: &str| -> Vec<(String, u64, String)> {
        let own = rows.iter().filter(|row| row[0] == name);
        own.map(|row| (row[1].clone(), row[2].parse().unwrap(), row[3].clone())).collect()
    };
    for (group, name) in [("people", "zone_strips_synthetic.tif"), ("young", "zone_young_synthetic.tif")] {
        for ((code, cells, sum), want) in zones(&study, group).into_iter().zip(wanted(name)) {
            assert_eq!((&code, cells), (&want.0, want.1), "{group}");
            assert!((sum - want.2.parse::<f64>().unwrap()).abs() < 1e-3, "{group}");
        }
    }
    assert_eq!(study.ledgers.len(), 3);
    // the other way round, cells with people have no young, and weigh 0 there
    let demand = "{ path = \"zone_young_synthetic.tif\", groups = { all = \"zone_strips_synthetic.tif\" } }";
    let study = Scene::new(demand).read().unwrap();
    let differ = study.issues.iter().find(|issue| issue.code == "groups-differ").unwrap();
    // 355 + 302 cells and parts of cells with people, 281 + 224 with young
    assert!(differ.what.contains("weigh 0: 152;"), "{}", differ.what);
    assert_eq!(study.demand[0].len(), 657);
    let refused =
        Scene::new("{ path = \"zone_strips_synthetic.tif\", groups = { other = \"zone_4549_synthetic.tif\" } }")
            .read()
            .unwrap_err();
    assert!(refused.contains("another grid") && refused.contains("3000"), "{refused}");
    let refused =
        Scene::new("{ path = \"zone_strips_synthetic.tif\", groups = { other = \"young\" } }").read().unwrap_err();
    assert!(refused.contains("is no raster"), "{refused}");
}

#[test]
fn every_cell_has_one_fate_and_it_is_told_once() {
    let study = Scene::new("{ path = \"f32_deflate_synthetic.tif\" }").read().unwrap();
    let ledger = &study.ledgers[1];
    // 118.31 to 119.77° E and 32.02 to 32.93° N with 0.02° and two cells around them, in cells of 0.03° from 118, 33.2
    let mut raster = open(&folder().join("f32_deflate_synthetic.tif"), None).unwrap();
    let (counts, _) = counted(&mut raster, Window { columns: (7, 62), rows: (6, 43) }).unwrap();
    assert_eq!(ledger.read, counts[0]);
    let dropped = ["no-data", "empty", "negative-count", "bad-number"].map(|reason| ledger.dropped[reason]);
    assert_eq!(dropped, counts[1..5]);
    // of the script's two cells below 0, one lies in the window
    assert_eq!(counts[3..5], [1, 2]);
    let codes: Vec<&str> = study.issues.iter().map(|issue| issue.code).collect();
    assert_eq!(
        codes,
        ["negative-count", "bad-number", "outside-regions", "raster-sums", "cells-shared", "weight-unknown"]
    );
    // row 40, column 60, whose centre is 118 + 60.5 × 0.03, 33.2 − 40.5 × 0.03
    let negative = &study.issues[0];
    assert_eq!(negative.id.as_deref(), Some("r40c60"));
    assert!(negative.what.contains("below 0: 1;"), "{}", negative.what);
    assert!(negative.what.contains("119.815 31.985, -2") || negative.what.contains("31.985000"), "{}", negative.what);
    let sums = &study.issues[3].what;
    assert!(sums.contains("of 67 × 45 cells"), "{sums}");
}

#[test]
fn only_tiles_near_the_regions_are_read() {
    let scene = Scene::new("{ path = \"wide_synthetic.tif\" }");
    let study = scene.read().unwrap();
    // the regions lie between 118.31 and 119.77° E: 73 cells of 0.02° and a margin of 1 + 2 cells and roundings on either side
    let ledger = &study.ledgers[1];
    assert!((3_500..4_500).contains(&ledger.read), "{}", ledger.read);
    assert!(study.issues.iter().all(|issue| issue.code != "raster-ends"));
    // a tile far away that is broken is not looked at: the last one
    let path = scene.folder.path().join("wide_synthetic.tif");
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 40..].fill(0xff);
    fs::write(&path, bytes).unwrap();
    assert_eq!(scene.read().unwrap().demand, study.demand);
}

#[test]
fn a_raster_elsewhere_or_without_crs_is_told() {
    let message = Scene::new("{ path = \"user_crs_synthetic.tif\" }").read().unwrap_err();
    assert!(message.contains("crs = \"EPSG:…\""), "{message}");
    let message = Scene::new("{ path = \"no_crs_synthetic.tif\" }").read().unwrap_err();
    assert!(message.contains("declares no CRS"), "{message}");
    let study = Scene::new("{ path = \"no_crs_synthetic.tif\", crs = \"EPSG:4490\" }").read().unwrap();
    assert!(!study.demand[0].is_empty());
    let message = Scene::new("{ path = \"no_crs_synthetic.tif\", crs = \"EPSG:4549\" }").read().unwrap_err();
    assert!(message.contains("near the regions") || message.contains("no cell"), "{message}");
}

#[test]
fn keys_that_a_raster_does_not_use_are_errors() {
    for key in ["people = \"p\"", "x = \"a\", y = \"b\"", "id = \"i\"", "region = \"r\"", "label = \"l\""] {
        let message = Scene::new(&format!("{{ path = \"wide_synthetic.tif\", {key} }}")).read().unwrap_err();
        assert!(message.contains("is not used"), "{message}");
    }
}

/// Small steps of a seeded generator (Knuth's 64-bit LCG).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn damage_is_an_error_or_a_number_and_never_a_panic() {
    let seed: u64 = std::env::var("TONGDA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(7);
    println!("TONGDA_SEED={seed}");
    let mut state = seed;
    let scene = tempfile::tempdir().unwrap();
    let path = scene.path().join("broken.tif");
    let names = [
        "f32_lzw_p3_tiles_synthetic.tif",
        "u16_packbits_synthetic.tif",
        "bigtiff_synthetic.tif",
        "big_endian_synthetic.tif",
        "overviews_synthetic.tif",
        "bands_synthetic.tif",
        "one_strip_synthetic.tif",
    ];
    for name in names {
        let whole = fs::read(folder().join(name)).unwrap();
        let look = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let layer = name.starts_with("bands").then_some("2");
            if let Ok(mut raster) = open(&path, layer) {
                let window = raster.whole();
                // the numbers of a header may be huge: what is read must be bounded by the file
                if window.cells() < 50_000_000 {
                    let _ = counted(&mut raster, window);
                }
            }
        };
        for part in 0..60 {
            look(&whole[..whole.len() * part / 60]);
        }
        for round in 0..300 {
            let mut bytes = whole.clone();
            // headers stand at either end
            let near = if round % 2 == 0 { 700.min(bytes.len()) } else { bytes.len() };
            for _ in 0..=round % 4 {
                let at = next(&mut state) as usize % near;
                bytes[at] = next(&mut state) as u8;
            }
            look(&bytes);
        }
    }
}

/// A little-endian TIFF with these tags (number, type, count, value) and no data.
fn header(tags: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 64]);
    bytes
}

#[test]
fn a_header_that_claims_a_giant_is_refused_at_once() {
    let scene = tempfile::tempdir().unwrap();
    let path = scene.path().join("giant.tif");
    let giant = 1u32 << 31;
    let common =
        [(256, 4, 1, giant), (257, 4, 1, giant), (258, 3, 1, 32), (259, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1)];
    let strips = [(273, 4, 1, 8), (278, 4, 1, giant), (279, 4, 1, 50)];
    let many_strips = [(273, 4, giant, 8), (278, 4, 1, 1), (279, 4, giant, 8)];
    let tiles = [(322, 4, 1, giant), (323, 4, 1, giant), (324, 4, 1, 8), (325, 4, 1, 50)];
    let planes = [(273, 4, giant, 8), (278, 4, 1, 1), (279, 4, giant, 8), (284, 3, 1, 2)];
    for chunks in [&strips[..], &many_strips, &tiles, &planes] {
        let mut tags = common.to_vec();
        tags.extend(chunks);
        tags.sort_unstable();
        fs::write(&path, header(&tags)).unwrap();
        let started = std::time::Instant::now();
        let message = open(&path, None).err().expect("a giant was read").to_string();
        assert!(message.contains("giant") || message.contains("test.tif"), "{message}");
        assert!(started.elapsed().as_secs() < 5, "{message}");
    }
}
