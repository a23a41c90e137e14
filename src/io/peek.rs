//! What a file holds beside places on the map, and readers leave out: heights (Z) and measures (M).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::OpenFlags;

/// Bytes of a text that are looked at.
const LOOK: u64 = 1 << 20;

/// `Z`, `M` or `ZM` where a shapefile or a layer of a GeoPackage says that its geometries have heights or measures, or the first positions of a GeoJSON
/// file have a third number; `None` where there are none, or the format is another.
pub fn left_out(path: &Path, layer: Option<&str>) -> Option<&'static str> {
    let ending = path.extension()?.to_str()?.to_lowercase();
    match ending.as_str() {
        "shp" => shapefile(path),
        "gpkg" => geopackage(path, layer?),
        "geojson" | "json" | "geojsonl" | "ndjson" | "geojsons" | "jsonl" => geojson(path),
        _ => None,
    }
}

/// By the type in the header (ESRI Shapefile Technical Description, 1998, page 4).
fn shapefile(path: &Path) -> Option<&'static str> {
    let mut header = [0u8; 36];
    File::open(path).ok()?.read_exact(&mut header).ok()?;
    match i32::from_le_bytes([header[32], header[33], header[34], header[35]]) {
        11 | 13 | 15 | 18 => Some("Z"),
        21 | 23 | 25 | 28 => Some("M"),
        _ => None,
    }
}

/// By `gpkg_geometry_columns`, where 1 is mandatory and 2 optional.
fn geopackage(path: &Path, layer: &str) -> Option<&'static str> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let package = Connection::open_with_flags(path, flags).ok()?;
    let query = "SELECT z, m FROM gpkg_geometry_columns WHERE table_name = ?1";
    let (z, m): (i64, i64) = package.query_row(query, [layer], |row| Ok((row.get(0)?, row.get(1)?))).ok()?;
    match (z == 1, m == 1) {
        (true, true) => Some("ZM"),
        (true, false) => Some("Z"),
        (false, true) => Some("M"),
        (false, false) => None,
    }
}

/// By the first position behind a `coordinates`.
fn geojson(path: &Path) -> Option<&'static str> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LOOK).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let behind = text.split_once("\"coordinates\"")?.1;
    let position = behind.trim_start_matches(|c: char| c == ':' || c == '[' || c.is_whitespace()).split(']').next()?;
    (position.split(',').count() > 2).then_some("Z")
}
