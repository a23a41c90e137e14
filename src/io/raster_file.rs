//! Which file a raster is read from: a GeoTIFF by its ending or its first bytes, also in an archive; other rasters are told with what to do.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::io::packed;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::driver;
use crate::io::read::is_address;

/// What TIFF and BigTIFF begin with, in either order of bytes.
const TIFF_STARTS: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];

/// Files that come along with a raster in an archive and are no layer of their own: notes, and tables of the values' names.
const BESIDE: [&str; 4] = ["txt", "md", "dbf", "xml"];

/// Endings of rasters that are not read, and what writes them.
const OTHERS: &[(&str, &str)] = &[
    ("img", "ERDAS IMAGINE"),
    ("asc", "an ASCII grid"),
    ("agr", "an ASCII grid"),
    ("nc", "netCDF"),
    ("nc4", "netCDF"),
    ("hdf", "HDF"),
    ("h5", "HDF5"),
    ("he5", "HDF5"),
    ("bil", "a plain binary raster"),
    ("bip", "a plain binary raster"),
    ("bsq", "a plain binary raster"),
    ("flt", "a plain binary raster"),
    ("adf", "an Esri grid"),
    ("grd", "a grid of Surfer or Golden Software"),
    ("hgt", "SRTM heights"),
    ("dem", "a terrain model of the USGS"),
    ("dt0", "DTED heights"),
    ("dt1", "DTED heights"),
    ("dt2", "DTED heights"),
    ("rst", "a raster of IDRISI"),
    ("sdat", "a grid of SAGA"),
    ("kea", "KEA"),
    ("jp2", "JPEG 2000"),
    ("ecw", "ECW"),
    ("sid", "MrSID"),
    ("grib", "GRIB"),
    ("grb", "GRIB"),
    ("grib2", "GRIB"),
    ("grb2", "GRIB"),
    ("png", "a PNG picture"),
    ("jpg", "a JPEG picture"),
    ("jpeg", "a JPEG picture"),
];

/// A raster that was found.
pub(super) struct Found {
    pub path: PathBuf,
    /// What messages call it.
    pub shown: String,
    /// What the request says of the band.
    pub band: Option<String>,
    /// Of one out of an archive: goes when this goes.
    pub folder: Option<TempDir>,
}

fn ending(path: &Path) -> String {
    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase()
}

fn is_tiff_by_name(path: &Path) -> bool {
    driver(path).is_some_and(|driver| driver.name == "GeoTIFF")
}

/// Whether a path is a raster that is read: by its ending, behind gzip or Zstandard too (`people.tif.gz`); a ZIP archive that holds
/// GeoTIFF, and besides only notes and tables of classes (`.txt`, `.md`, `.dbf`, `.xml`); and a file of an ending that no format has whose
/// first bytes are those of a TIFF.
pub fn is_raster(path: &Path) -> bool {
    if is_address(path) {
        return false;
    }
    match ending(path).as_str() {
        "gz" | "zst" => is_tiff_by_name(&path.with_extension("")),
        "zip" => holds_rasters(path),
        _ if is_tiff_by_name(path) => true,
        _ => driver(path).is_none() && belongs_to(path).is_none() && is_tiff(&first_bytes(path)),
    }
}

fn holds_rasters(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let Ok(archive) = zip::ZipArchive::new(std::io::BufReader::new(file)) else { return false };
    let names = archive.file_names().filter_map(Result::ok).filter(|name| !is_hidden(name));
    let names: Vec<PathBuf> = names.map(|name| PathBuf::from(name.into_owned())).collect();
    let is_layer = |path: &PathBuf| {
        driver(path).is_some_and(|driver| driver.read.is_some()) && !BESIDE.contains(&ending(path).as_str())
    };
    names.iter().any(|path| is_tiff_by_name(path)) && !names.iter().any(is_layer)
}

fn is_hidden(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| part.starts_with('.') || part == "__MACOSX")
}

fn first_bytes(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    // a pipe would lose them
    if !path.is_file() {
        return bytes;
    }
    // what can not be opened begins with nothing, and is told when it is read
    let _ = File::open(path).and_then(|file| file.take(512).read_to_end(&mut bytes));
    bytes
}

/// The names of the rasters in an archive; empty for a file that is one by itself.
/// # Errors
/// As `opened`: those of reading the file.
pub fn rasters(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    if ending(request.path) != "zip" {
        return Ok(Vec::new());
    }
    let (_folder, files) = packed::extracted(request)?;
    Ok(in_archive(files).into_iter().map(|(name, _)| name).collect())
}

fn in_archive(mut files: Vec<(String, PathBuf)>) -> Vec<(String, PathBuf)> {
    files.retain(|(_, path)| is_tiff_by_name(path));
    files.sort();
    files
}

/// The file that a request for a raster means, unpacked where it is packed. Of an archive with several rasters `layer` names one, its folders
/// may be left out, and `#2` behind the name is its second band.
/// # Errors
/// [`ReadError::Content`] for an archive that is damaged or holds no GeoTIFF; [`ReadError::Layer`] where it is not said which of several.
pub(super) fn opened(request: &ReadRequest<'_>) -> Result<Found, ReadError> {
    let band = request.layer.map(str::to_owned);
    if !["zip", "gz", "zst"].contains(&ending(request.path).as_str()) {
        return Ok(Found { path: request.path.to_owned(), shown: request.shown.to_owned(), band, folder: None });
    }
    let (folder, files) = packed::extracted(request)?;
    let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    let rasters = in_archive(files);
    let asked =
        request.layer.map(|layer| layer.rsplit_once('#').map_or((layer, None), |(name, band)| (name, Some(band))));
    let by_name = |wanted: &str| {
        let is_it = |name: &str| name == wanted || name.rsplit('/').next() == Some(wanted);
        let exact = rasters.iter().position(|(name, _)| name == wanted);
        exact.or_else(|| rasters.iter().position(|(name, _)| is_it(name)))
    };
    let named = asked.and_then(|(name, band)| Some((by_name(name)?, band.map(str::to_owned))));
    let (at, band) = match (named, &rasters[..]) {
        (Some(named), _) => named,
        (None, [_]) => (0, band),
        (None, []) => {
            let shown = names.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
            let what = format!("holds no GeoTIFF (files: {shown})");
            return Err(ReadError::Content { shown: request.shown.to_owned(), what });
        }
        (None, several) => {
            let list: Vec<&str> = several.iter().take(40).map(|(name, _)| name.as_str()).collect();
            let what = format!(
                "holds {} rasters; say which: layer = \"{}\" (rasters: {})",
                several.len(),
                list[0],
                list.join(", ")
            );
            return Err(ReadError::Layer { shown: request.shown.to_owned(), what });
        }
    };
    let (name, path) = &rasters[at];
    Ok(Found { path: path.clone(), shown: format!("{}/{name}", request.shown), band, folder: Some(folder) })
}

fn is_tiff(start: &[u8]) -> bool {
    TIFF_STARTS.iter().any(|magic| start.starts_with(magic))
}

/// The name of the raster that a file beside it belongs to, by its ending.
fn belongs_to(path: &Path) -> Option<&str> {
    let file = path.file_name()?.to_str()?;
    [".aux.xml", ".ovr", ".msk"].iter().find_map(|ending| {
        let at = file.len().checked_sub(ending.len())?;
        file.get(at..)?.eq_ignore_ascii_case(ending).then_some(&file[..at])
    })
}

/// What to say of a file that is a raster of a format that is not read, or belongs to one; `None` for any other.
pub(crate) fn other_raster(path: &Path) -> Option<String> {
    if is_address(path) {
        return None;
    }
    if let Some(raster) = belongs_to(path) {
        return Some(format!("belongs to the raster \"{raster}\", which is to be named instead"));
    }
    let what = match ending(path).as_str() {
        // GDAL has two things of this ending
        "vrt" => contains(&first_bytes(path), b"<VRTDataset").then_some("a virtual raster of GDAL")?,
        ending if driver(path).is_none() && !is_tiff(&first_bytes(path)) => {
            OTHERS.iter().find(|(other, _)| *other == ending)?.1
        }
        _ => return None,
    };
    Some(format!("is {what}, a raster that is not read; {}", advice(path)))
}

fn advice(path: &Path) -> String {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("in");
    let out = path.file_stem().and_then(|name| name.to_str()).unwrap_or("out");
    match ending(path).as_str() {
        "nc" | "nc4" | "hdf" | "h5" | "he5" => format!(
            "convert the variable that is meant to GeoTIFF: gdalinfo {name} lists them, gdal_translate NETCDF:\"{name}\":VARIABLE {out}.tif"
        ),
        _ => format!("convert it to GeoTIFF: gdal_translate {name} {out}.tif"),
    }
}

/// What a file is that has the ending of a GeoTIFF and is another thing; `None` for a TIFF and for what nobody knows.
pub(super) fn no_tiff(path: &Path) -> Option<String> {
    let start = first_bytes(path);
    let is = |magic: &[u8]| start.starts_with(magic);
    let what = match () {
        () if is(b"EHFA_HEADER_TAG") => "ERDAS IMAGINE",
        () if is(b"CDF\x01") || is(b"CDF\x02") || is(b"CDF\x05") => "netCDF",
        () if is(b"\x89HDF") => "HDF5 or netCDF",
        () if is(b"\x89PNG") => "a PNG picture",
        () if is(b"\xff\xd8\xff") => "a JPEG picture",
        () if is(b"\0\0\0\x0cjP  ") => "JPEG 2000",
        () if contains(&start, b"<VRTDataset") => "a virtual raster of GDAL",
        () if start.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"ncols")) => "an ASCII grid",
        () if is(b"PK\x03\x04") => return Some("is a ZIP archive and no TIFF; give it the ending .zip".to_owned()),
        () if is(b"\x1f\x8b") => return Some("is packed with gzip and no TIFF; give it the ending .tif.gz".to_owned()),
        () if is(b"<!DOCTYPE") || is(b"<html") => {
            return Some("is a web page and no TIFF; the download went wrong, fetch it again".to_owned());
        }
        () if is(b"version https://git-lfs") => {
            return Some("is a pointer of Git LFS and no TIFF; fetch what it points at: git lfs pull".to_owned());
        }
        () => return None,
    };
    Some(format!("is {what} and no TIFF; convert it to GeoTIFF: gdal_translate in out.tif"))
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
