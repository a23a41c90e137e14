//! Formats that only GDAL knows, brought over by its program `ogr2ogr` into a GeoPackage for the time of reading.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use crate::io::gpkg_read;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;

/// What an address starts with that GDAL alone is to understand, a file of another ending or a service.
pub(super) const SCHEME: &str = "gdal://";

/// Names the layers: as GDAL has them, those with geometries first.
/// # Errors
/// As [`read`].
pub(super) fn layers(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    let brought = brought(request)?;
    gpkg_read::layers(&ReadRequest { path: &brought.package, ..*request })
}

/// Reads one layer to its end, in the order in which GDAL gives the rows. Z and M are left out; kinds of values that a GeoPackage does
/// not have become texts.
/// # Errors
/// [`ReadError::Content`] when `ogr2ogr` is not there or refuses, with what it says; those of reading a GeoPackage.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let brought = brought(request)?;
    let info = gpkg_read::read(&ReadRequest { path: &brought.package, ..*request }, sink)?;
    Ok(LayerInfo { driver: "GDAL", ..info })
}

/// The GeoPackage, which is gone when this is.
struct Brought {
    _folder: tempfile::TempDir,
    package: PathBuf,
}

fn brought(request: &ReadRequest<'_>) -> Result<Brought, ReadError> {
    let refuse = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
    let from = source(request.path)?;
    let folder = tempfile::tempdir().map_err(|error| refuse(format!("no room for a copy: {error}")))?;
    let package = folder.path().join("brought.gpkg");
    let mut command = Command::new("ogr2ogr");
    command.args(["-f", "GPKG", "-dim", "XY", "-nlt", "CONVERT_TO_LINEAR"]).arg(&package).arg(&from);
    command.stdin(Stdio::null());
    let done = command.output().map_err(|error| {
        match error.kind() {
        io::ErrorKind::NotFound => refuse(
            "is read by GDAL's program ogr2ogr, which is not on the PATH; install it (Debian: apt-get install gdal-bin)"
                .to_owned(),
        ),
        _ => refuse(format!("ogr2ogr can not be started: {error}")),
    }
    })?;
    if done.status.success() && package.is_file() {
        return Ok(Brought { _folder: folder, package });
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let said = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says nothing");
    Err(refuse(format!("GDAL can not read it: {said}")))
}

/// What GDAL is given: the path as it is, or what stands behind `gdal://`.
fn source(path: &Path) -> Result<OsString, ReadError> {
    let text = path.to_str().unwrap_or_default();
    if text.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME)) {
        return Ok(OsString::from(&text[SCHEME.len()..]));
    }
    // a file that is not there is told as such, whatever GDAL would say
    let open = |source| ReadError::Open { shown: text.to_owned(), path: path.to_owned(), source };
    path.metadata().map_err(open)?;
    Ok(OsStr::new(path).to_owned())
}
