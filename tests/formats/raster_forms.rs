//! Rasters as people have them: with colour tables, numbers of odd types, scales; in archives, by other endings; cells that borders cut.
//!
//! The files are written here tag by tag (TIFF 6.0; OGC 19-008r4; GDAL's GTiff driver for its own tags). One table a kind.

use std::fs;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use tongda::base::progress::Silent;
use tongda::base::units::Weight;
use tongda::config;
use tongda::ingest;
use tongda::io::geotiff::GeoTiff;
use tongda::io::geotiff::Piece;
use tongda::io::geotiff::is_raster;
use tongda::io::read;
use tongda::io::read::ReadError;
use tongda::io::read::ReadRequest;
use tongda::model::region::Level;
use tongda::model::study::Study;
use zip::write::SimpleFileOptions;

/// What a tag holds.
#[derive(Clone)]
enum Tag {
    Short(Vec<u16>),
    Long(u32),
    Double(Vec<f64>),
    Text(&'static str),
}

/// A GeoTIFF of one strip.
#[derive(Clone)]
struct Tiff {
    columns: u32,
    rows: u32,
    tags: Vec<(u16, Tag)>,
    data: Vec<u8>,
}

const BITS: u16 = 258;
const PHOTOMETRIC: u16 = 262;
const BANDS: u16 = 277;
const COLOURS: u16 = 320;
const EXTRA: u16 = 338;
const FORM: u16 = 339;
const NODATA: u16 = 42_113;
const METADATA: u16 = 42_112;

impl Tiff {
    /// Bytes from west to east, from 118° E and 33° N on, a tenth of a degree each.
    fn new(columns: u32, data: &[u8]) -> Tiff {
        let tags = vec![
            (BITS, Tag::Short(vec![8])),
            (259, Tag::Short(vec![1])),
            (PHOTOMETRIC, Tag::Short(vec![1])),
            (BANDS, Tag::Short(vec![1])),
            (33_550, Tag::Double(vec![0.1, 0.1, 0.0])),
            (33_922, Tag::Double(vec![0.0, 0.0, 0.0, 118.0, 33.0, 0.0])),
            (34_735, Tag::Short(vec![1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4490])),
        ];
        Tiff { columns, rows: 1, tags, data: data.to_vec() }
    }

    fn with(mut self, tag: u16, value: Tag) -> Tiff {
        self.tags.retain(|(other, _)| *other != tag);
        self.tags.push((tag, value));
        self
    }

    /// In metres of EPSG:4549, from a corner on.
    fn in_metres(self, [west, north]: [f64; 2], side: f64) -> Tiff {
        self.with(33_550, Tag::Double(vec![side, side, 0.0]))
            .with(33_922, Tag::Double(vec![0.0, 0.0, 0.0, west, north, 0.0]))
            .with(34_735, Tag::Short(vec![1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 4549]))
    }

    fn bytes(&self) -> Vec<u8> {
        let mut tags = self.tags.clone();
        tags.extend([(256, Tag::Long(self.columns)), (257, Tag::Long(self.rows)), (278, Tag::Long(self.rows))]);
        tags.extend([(273, Tag::Long(8)), (279, Tag::Long(self.data.len() as u32))]);
        tags.sort_by_key(|(tag, _)| *tag);
        let mut bytes = b"II*\0\0\0\0\0".to_vec();
        bytes.extend(&self.data);
        let mut entries = Vec::new();
        for (tag, value) in &tags {
            let (kind, count, value): (u16, usize, Vec<u8>) = match value {
                Tag::Short(values) => (3, values.len(), values.iter().flat_map(|value| value.to_le_bytes()).collect()),
                Tag::Long(value) => (4, 1, value.to_le_bytes().to_vec()),
                Tag::Double(values) => {
                    (12, values.len(), values.iter().flat_map(|value| value.to_le_bytes()).collect())
                }
                Tag::Text(text) => (2, text.len() + 1, text.bytes().chain([0]).collect()),
            };
            entries.extend(tag.to_le_bytes());
            entries.extend(kind.to_le_bytes());
            entries.extend((count as u32).to_le_bytes());
            if value.len() <= 4 {
                entries.extend(value.iter().copied().chain([0; 4]).take(4));
            } else {
                entries.extend((bytes.len() as u32).to_le_bytes());
                bytes.extend(&value);
            }
        }
        let directory = bytes.len() as u32;
        bytes[4..8].copy_from_slice(&directory.to_le_bytes());
        bytes.extend((tags.len() as u16).to_le_bytes());
        bytes.extend(entries);
        bytes.extend([0; 4]);
        bytes
    }
}

/// The numbers of a raster, NaN for no data.
fn values(path: &Path, layer: Option<&str>) -> Result<Vec<f64>, ReadError> {
    let mut raster = GeoTiff::open(&ReadRequest { layer, ..ReadRequest::new(path, "test") })?;
    let (no_data, whole) = (raster.no_data(), raster.whole());
    let mut found = Vec::new();
    raster.read(whole, &mut |piece| {
        if let Piece::Cells { values, .. } = piece {
            found.extend(values.iter().map(|value| if no_data.is(*value) { f64::NAN } else { *value }));
        }
    })?;
    Ok(found)
}

fn palette(colours: usize) -> Tag {
    Tag::Short(vec![0x8000; 3 * colours])
}

#[test]
fn numbers_are_read_whatever_their_colours_and_types() {
    const NAN: f64 = f64::NAN;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tif");
    let le = |values: &[i64]| -> Vec<u8> { values.iter().flat_map(|value| value.to_le_bytes()).collect() };
    let coloured = Tiff::new(3, &[0, 7, 200]).with(PHOTOMETRIC, Tag::Short(vec![3])).with(COLOURS, palette(256));
    let picture = Tiff::new(2, &[1, 2, 3, 4, 5, 6]).with(BANDS, Tag::Short(vec![3])).with(BITS, Tag::Short(vec![8; 3]));
    let rgb = picture.clone().with(PHOTOMETRIC, Tag::Short(vec![2]));
    let two = Tiff::new(2, &[1, 255, 3, 0]).with(BANDS, Tag::Short(vec![2])).with(BITS, Tag::Short(vec![8; 2]));
    let bits = |bits: u16, form: u16, data: &[u8], columns: u32| {
        Tiff::new(columns, data).with(BITS, Tag::Short(vec![bits])).with(FORM, Tag::Short(vec![form]))
    };
    let scale = "<GDALMetadata>\n  <Item name=\"OFFSET\" sample=\"0\" role=\"offset\">10</Item>\n  <Item name=\"SCALE\" sample=\"0\" \
                 role=\"scale\">0.5</Item>\n</GDALMetadata>\n";
    let nodata = |text: &'static str| Tiff::new(2, &[9, 3]).with(NODATA, Tag::Text(text));
    let halves: Vec<u8> = [0x3c00_u16, 0xc000, 0x7bff].iter().flat_map(|half| half.to_le_bytes()).collect();
    type Row<'r> = (&'r str, Tiff, Option<&'r str>, Result<&'r [f64], &'r str>);
    let rows: Vec<Row<'_>> = vec![
        // GRASS r.out.gdal, AccessMod: the numbers are the data, the colours show them
        ("palette", coloured.clone(), None, Ok(&[0.0, 7.0, 200.0])),
        ("palette with no data", coloured.with(NODATA, Tag::Text("200")), None, Ok(&[0.0, 7.0, NAN])),
        (
            "palette of 16",
            bits(4, 1, &[0x1f, 0x20], 3).with(PHOTOMETRIC, Tag::Short(vec![3])).with(COLOURS, palette(16)),
            None,
            Ok(&[1.0, 15.0, 2.0]),
        ),
        // GDAL hands over the bits as they stand, black or white
        (
            "one bit, white is 0",
            bits(1, 1, &[0b1011_0000], 4).with(PHOTOMETRIC, Tag::Short(vec![0])),
            None,
            Ok(&[1.0, 0.0, 1.0, 1.0]),
        ),
        ("three bands", picture.clone(), Some("3"), Ok(&[3.0, 6.0])),
        // GDAL marks any three bands of bytes so
        ("colours, a band named", rgb.clone(), Some("2"), Ok(&[2.0, 5.0])),
        ("colours", rgb, None, Err("3 bands as the colours of a picture")),
        ("separations", picture.with(PHOTOMETRIC, Tag::Short(vec![5])), Some("1"), Err("a picture")),
        ("a second band", two.clone().with(EXTRA, Tag::Short(vec![0])), Some("1"), Ok(&[1.0, 3.0])),
        ("an alpha band", two.clone().with(EXTRA, Tag::Short(vec![2])), Some("1"), Err("band 2 is an alpha channel")),
        ("an alpha band, itself", two.with(EXTRA, Tag::Short(vec![2])), Some("2"), Ok(&[255.0, 0.0])),
        ("signed bytes", bits(8, 2, &[0x80, 0xff, 5], 3).with(NODATA, Tag::Text("-128")), None, Ok(&[NAN, -1.0, 5.0])),
        ("half precision", bits(16, 3, &halves, 3), None, Ok(&[1.0, -2.0, 65_504.0])),
        ("64 bits", bits(64, 2, &le(&[-1, 1 << 40]), 2), None, Ok(&[-1.0, 1_099_511_627_776.0])),
        ("complex", bits(64, 6, &[0; 16], 2), None, Err("complex64")),
        ("12 bits", bits(12, 1, &[0; 3], 2), None, Err("uint12")),
        // GDAL: value = number × scale + offset; no data is said as it stands in the file
        ("scaled", nodata("9").with(METADATA, Tag::Text(scale)), None, Ok(&[NAN, 11.5])),
        ("no data as a word", nodata("nan"), None, Ok(&[9.0, 3.0])),
        ("no data with blanks", nodata(" 9.0 \n"), None, Ok(&[NAN, 3.0])),
        ("no data of Windows", nodata("-1.#QNAN"), None, Ok(&[9.0, 3.0])),
        ("no data left empty", nodata(""), None, Ok(&[9.0, 3.0])),
        ("no data that is no number", nodata("none"), None, Err("gdal_edit.py -a_nodata")),
        ("no data outside of the type", nodata("-9999"), None, Ok(&[9.0, 3.0])),
    ];
    for (name, tiff, layer, want) in rows {
        fs::write(&path, tiff.bytes()).unwrap();
        match (values(&path, layer), want) {
            (Ok(found), Ok(want)) => assert_eq!(format!("{found:?}"), format!("{want:?}"), "{name}"),
            (Err(error), Err(want)) => assert!(error.to_string().contains(want), "{name}: {error}"),
            (found, want) => panic!("{name}: {found:?}, not {want:?}"),
        }
    }
}

fn zipped(path: &Path, files: &[(&str, &[u8])]) {
    let mut archive = zip::ZipWriter::new(File::create(path).unwrap());
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap();
}

#[test]
fn rasters_are_found_in_archives_and_by_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (one, two) = (Tiff::new(2, &[1, 2]).bytes(), Tiff::new(2, &[30, 40]).bytes());
    let readme: (&str, &[u8]) = ("readme.txt", b"People by cell, made up\n");
    zipped(
        &at("pop.zip"),
        &[readme, ("data/pop.tif", &one), ("data/pop.tif.aux.xml", b"<PAMDataset/>"), ("data/pop.tif.vat.dbf", b"")],
    );
    zipped(&at("two.zip"), &[("a/one.tif", &one), ("a/two.TIFF", &two), ("__MACOSX/a/._one.tif", b"")]);
    zipped(&at("mixed.zip"), &[("one.tif", &one), ("places.csv", b"id,lon,lat\n1,118,32\n")]);
    zipped(&at("none.zip"), &[readme, ("pop.asc", b"ncols 2\n")]);
    let gzipped = |name: &str, bytes: &[u8]| {
        let mut packed = GzEncoder::new(File::create(at(name)).unwrap(), Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap();
    };
    gzipped("pop.tif.gz", &two);
    for name in ["pop.gtif", "pop", "POP.TIF", "pop.data"] {
        fs::write(at(name), &one).unwrap();
    }
    fs::write(at("notes"), "no raster").unwrap();
    type Row<'r> = (&'r str, Option<&'r str>, bool, Result<f64, &'r str>);
    let rows: Vec<Row<'_>> = vec![
        ("pop.zip", None, true, Ok(3.0)),
        ("pop.zip", Some("1"), true, Ok(3.0)),
        ("two.zip", None, true, Err("holds 2 rasters; say which: layer = \"a/one.tif\"")),
        ("two.zip", Some("two.TIFF"), true, Ok(70.0)),
        ("two.zip", Some("a/one.tif#1"), true, Ok(3.0)),
        ("two.zip", Some("a/one.tif#2"), true, Err("no band \"2\"")),
        ("mixed.zip", Some("one.tif"), false, Ok(3.0)),
        ("none.zip", None, false, Err("holds no GeoTIFF (files: readme.txt, pop.asc)")),
        ("pop.tif.gz", None, true, Ok(70.0)),
        ("pop.gtif", None, true, Ok(3.0)),
        ("pop", None, true, Ok(3.0)),
        ("POP.TIF", None, true, Ok(3.0)),
        ("pop.data", None, true, Ok(3.0)),
        ("notes", None, false, Err("is no TIFF")),
        ("gone.tif", None, true, Err("cannot open")),
        ("gone.zip", None, false, Err("cannot open")),
    ];
    for (name, layer, is, want) in rows {
        assert_eq!(is_raster(&at(name)), is, "{name}");
        match (values(&at(name), layer), want) {
            (Ok(found), Ok(want)) => assert_eq!(found.iter().sum::<f64>(), want, "{name} {layer:?}"),
            (Err(error), Err(want)) => assert!(error.to_string().contains(want), "{name} {layer:?}: {error}"),
            (found, want) => panic!("{name} {layer:?}: {found:?}, not {want:?}"),
        }
    }
    let all = tongda::app::inspect::raster::inspect_all(&at("two.zip"), &Default::default()).unwrap();
    assert_eq!(all.iter().map(|one| one.sum).collect::<Vec<_>>(), [3.0, 70.0]);
}

#[test]
fn other_rasters_are_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, want) in [
        ("pop.img", &b"EHFA_HEADER_TAG"[..], "gdal_translate pop.img pop.tif"),
        ("pop.asc", b"ncols 2\nnrows 2\n", "gdal_translate pop.asc pop.tif"),
        ("pop.nc", b"CDF\x01", "gdal_translate NETCDF:\"pop.nc\":VARIABLE pop.tif"),
        ("pop.jp2", b"", "JPEG 2000"),
        ("pop.vrt", b"<VRTDataset rasterXSize=\"2\" rasterYSize=\"2\"/>", "gdal_translate pop.vrt pop.tif"),
        ("pop.tiff.aux.xml", b"<PAMDataset/>", "belongs to the raster \"pop.tiff\""),
        ("pop.tif.ovr", b"II*\0", "belongs to the raster \"pop.tif\""),
        ("page.tif", b"<!DOCTYPE html>", "the download went wrong"),
        ("erdas.tif", b"EHFA_HEADER_TAG", "ERDAS IMAGINE and no TIFF"),
        ("hidden.tif", b"PK\x03\x04", ".zip"),
        ("pointer.tif", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let message = match is_raster(&path) {
            true => values(&path, None).unwrap_err(),
            false => read::read_all(&ReadRequest::new(&path, name)).unwrap_err(),
        };
        assert!(message.to_string().contains(want), "{name}: {message}");
        if !is_raster(&path) {
            let text = format!("title = \"T\"\n[study]\nregions = {{ path = \"{name}\", level = \"county\" }}\n");
            let of_config = format!("{:?}", config::parse(&text, "study.toml", folder.path()).map(|_| ()));
            assert!(name == "pop.vrt" || of_config.contains("raster"), "{name}: {of_config}");
        }
    }
}

/// West and north of the raster, metres of EPSG:4549.
const CORNER: [f64; 2] = [500_000.0, 3_550_000.0];

/// Regions by code, columns and rows of their rectangles; cells of 1 km.
fn study(folder: &Path, raster: &Tiff, regions: &[(&str, &str, [f64; 4])]) -> Study {
    let mut sources = Vec::new();
    for level in ["township", "county"] {
        let own: Vec<_> = regions.iter().filter(|(of, ..)| *of == level).collect();
        if own.is_empty() {
            continue;
        }
        let mut text = "code,shape\n".to_owned();
        for (_, code, [west, north, east, south]) in own {
            let x = |column: &f64| CORNER[0] + column * 1000.0;
            let y = |row: &f64| CORNER[1] - row * 1000.0;
            let (w, e, n, s) = (x(west), x(east), y(north), y(south));
            text += &format!("{code},\"POLYGON (({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}))\"\n");
        }
        fs::write(folder.join(format!("{level}.csv")), text).unwrap();
        sources.push(format!(
            "{{ path = \"{level}.csv\", level = \"{level}\", wkt = \"shape\", crs = \"EPSG:4549\", code = \"code\" }}"
        ));
    }
    fs::write(folder.join("pop.tif"), raster.bytes()).unwrap();
    let text = format!(
        "title = \"T\"\n[study]\nplane = \"EPSG:4549\"\nregions = [{}]\ndemand = {{ path = \"pop.tif\" }}\n",
        sources.join(", ")
    );
    let plan = config::parse(&text, "study.toml", folder).unwrap_or_else(|error| panic!("{error:?}"));
    ingest::study(&plan.study, &Silent).unwrap_or_else(|error| panic!("{error}"))
}

/// People and cells of a region.
fn people(study: &Study, level: Level, code: &str) -> (f64, f64) {
    let (layer, region) = (&study.demand[0], study.regions.find(level, code));
    let sum = |group: &str| {
        let weights = &layer.group(group).unwrap().weights;
        let own = (0..layer.len()).filter(|at| layer.home[*at] == region);
        own.map(|at| weights[at]).sum::<Weight>().to_f64()
    };
    (sum("people"), sum("count"))
}

#[test]
fn cells_that_borders_cut_are_shared_by_area() {
    let folder = tempfile::tempdir().unwrap();
    let raster = Tiff::new(4, &[100; 4]).in_metres(CORNER, 1000.0);
    // columns 0 to 1.25 and 1.25 to 3.5 of the one row: by hand 125 and 225 people, 50 lie outside
    let found = study(
        folder.path(),
        &raster,
        &[("county", "1", [0.0, 0.0, 1.25, 1.0]), ("county", "2", [1.25, 0.0, 3.5, 1.0])],
    );
    assert_eq!(people(&found, Level::County, "1"), (125.0, 1.25));
    assert_eq!(people(&found, Level::County, "2"), (225.0, 2.25));
    let layer = &found.demand[0];
    let ids: Vec<_> = (0..layer.len()).map(|at| layer.id(at).into_owned()).collect();
    assert_eq!(ids, ["r0c0", "r0c1-1", "r0c1-2", "r0c2", "r0c3"]);
    // each part lies in its own middle: columns 1 to 1.25, and 1.25 to 2
    let x: Vec<f64> = layer.at.iter().map(|at| (at.unwrap().xy.x - CORNER[0]).round()).collect();
    assert_eq!(x, [500.0, 1125.0, 1625.0, 2500.0, 3250.0]);
    let ledger = &found.ledgers[1];
    assert!(ledger.balances() && (ledger.read, ledger.used) == (4, 4), "{ledger:?}");
    let told = found.issues.iter().find(|issue| issue.code == "cells-shared").unwrap();
    assert!(told.what.contains("2 with 200 in them") && told.what.contains("50, is left out"), "{}", told.what);

    // townships within a county: what no township has is the county's
    let raster = Tiff::new(2, &[100; 2]).in_metres(CORNER, 1000.0);
    let regions = [
        ("township", "101", [0.0, 0.0, 0.5, 1.0]),
        ("township", "102", [0.5, 0.0, 1.0, 1.0]),
        ("county", "1", [0.0, 0.0, 2.0, 1.0]),
    ];
    let found = study(folder.path(), &raster, &regions);
    assert_eq!(people(&found, Level::Township, "101").0, 50.0);
    assert_eq!(people(&found, Level::Township, "102").0, 50.0);
    assert_eq!(people(&found, Level::County, "1").0, 100.0);

    // an enclave drawn over the region around it has its share, the other the rest
    let regions = [("county", "1", [0.0, 0.0, 2.0, 1.0]), ("county", "2", [0.25, 0.25, 0.75, 0.75])];
    let found = study(folder.path(), &raster, &regions);
    assert_eq!((people(&found, Level::County, "1").0, people(&found, Level::County, "2").0), (175.0, 25.0));
}

#[test]
fn shares_of_a_fine_net_of_borders_make_up_all_people() {
    // 12 × 12 regions of 0.83 cells each over 10 × 10 cells: every cell is cut, and nobody is lost or doubled
    let folder = tempfile::tempdir().unwrap();
    let data: Vec<u8> = (1..=100).collect();
    let raster = Tiff { rows: 10, ..Tiff::new(10, &data) }.in_metres(CORNER, 1000.0);
    let step = 10.0 / 12.0;
    let codes: Vec<String> = (0..144).map(|nth| format!("{}", 100 + nth)).collect();
    let regions: Vec<(&str, &str, [f64; 4])> = codes
        .iter()
        .enumerate()
        .map(|(nth, code)| {
            let (column, row) = ((nth % 12) as f64, (nth / 12) as f64);
            ("county", code.as_str(), [column * step, row * step, (column + 1.0) * step, (row + 1.0) * step])
        })
        .collect();
    let found = study(folder.path(), &raster, &regions);
    let sums: Vec<(f64, f64)> = codes.iter().map(|code| people(&found, Level::County, code)).collect();
    let total: f64 = sums.iter().map(|(people, _)| people).sum();
    assert!((total - 5050.0).abs() < 1e-6, "{total}");
    // the first region lies in the first cell, and has its area of it
    assert!((sums[0].0 - step * step).abs() < 1e-6 && (sums[0].1 - step * step).abs() < 1e-6, "{:?}", sums[0]);
}

#[test]
fn a_study_over_a_raster_in_an_archive_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("pop.zip");
    zipped(&path, &[("readme.txt", b"made up"), ("pop.tif", &Tiff::new(2, &[3, 4]).bytes())]);
    fs::write(
        folder.path().join("r.csv"),
        "code,shape\n1,\"POLYGON ((117.9 32.8, 118.3 32.8, 118.3 33.1, 117.9 33.1, 117.9 32.8))\"\n",
    )
    .unwrap();
    let text = "title = \"T\"\n[study]\nregions = { path = \"r.csv\", level = \"county\", wkt = \"shape\", crs = \"EPSG:4490\", code = \"code\" }\n\
                demand = { path = \"pop.zip\" }\n";
    let plan = config::parse(text, "study.toml", folder.path()).unwrap_or_else(|error| panic!("{error:?}"));
    let found = ingest::study(&plan.study, &Silent).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(people(&found, Level::County, "1").0, 7.0);
    // records are wanted of regions
    let text = text.replace("r.csv", "pop.zip");
    let refused = format!("{:?}", config::parse(&text, "study.toml", folder.path()).map(|_| ()));
    assert!(refused.contains("a raster has cells, not records"), "{refused}");
}

#[test]
fn a_study_of_a_raster_is_drafted_and_says_how_cells_are_shared() {
    let folder = tempfile::tempdir().unwrap();
    let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/rasters");
    let files = ["zones_synthetic.geojson", "zone_strips_synthetic.tif"];
    for name in files {
        fs::copy(oracle.join(name), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("halls.csv"), "id,lon,lat\n1,118.8,32.4\n").unwrap();
    let tongda = |args: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("tongda").unwrap();
        let done = command.current_dir(folder.path()).args(args).assert().success();
        String::from_utf8_lossy(&done.get_output().stdout).into_owned()
    };
    let said = tongda(&["init", files[0], files[1], "halls.csv", "--out", "draft.toml"]);
    assert!(said.contains("a raster, ") && said.contains("people, if they are counts a cell"), "{said}");
    let draft = fs::read_to_string(folder.path().join("draft.toml")).unwrap();
    assert!(draft.contains("a cell that a border cuts is shared by the area that lies in each region"), "{draft}");
    let ran = tongda(&["run", "draft.toml", "--lang", "en"]);
    assert!(ran.contains("halls-1-km") || ran.contains("verdicts:"), "{ran}");
}
