//! Formats that only GDAL knows, brought over by its program `ogr2ogr` into a GeoPackage for the time of reading.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use tempfile::TempDir;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::io::gpkg_read;
use crate::io::raster_file;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::read::chosen;

/// What an address starts with that GDAL alone is to understand, a file of another ending or a service.
pub(super) const SCHEME: &str = "gdal://";

/// A program of GDAL that is not done after so long is ended.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
/// Between two looks whether it is done.
const LOOK: Duration = Duration::from_millis(10);
/// Warnings of GDAL that are passed on, of one layer.
const MOST_WARNINGS: usize = 5;

/// Kinds of geometry as `ogrinfo` puts them behind the name of a layer.
const KINDS: [&str; 18] = [
    "Unknown (any)",
    "None",
    "Geometry",
    "Geometry Collection",
    "Point",
    "Line String",
    "Polygon",
    "Multi Point",
    "Multi Line String",
    "Multi Polygon",
    "Circular String",
    "Compound Curve",
    "Curve Polygon",
    "Multi Curve",
    "Multi Surface",
    "Curve",
    "Surface",
    "PolyhedralSurface",
];

/// Names the layers: as GDAL has them, those with geometries first.
///
/// While copies are kept ([`Kept`]) all layers of a file with several are brought over at once, for they will be read.
/// # Errors
/// As [`read`].
pub(super) fn layers(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    let listed = listed(request)?;
    if listed.len() > 1 && kept().guards > 0 {
        // what is wrong with a layer is told when that one is read
        drop(whole(request, &listed));
    }
    let (spatial, plain): (Vec<Listed>, Vec<Listed>) = listed.into_iter().partition(|layer| layer.is_spatial);
    Ok(spatial.into_iter().chain(plain).map(|layer| layer.name).collect())
}

/// Reads one layer to its end, in the order in which GDAL gives the rows. Z and M are left out; kinds of values that a GeoPackage does
/// not have become texts. What GDAL warns of is passed on as issues.
/// # Errors
/// [`ReadError::Content`] when GDAL's programs are not there, refuse, with what they say, or are not done after 20 minutes;
/// [`ReadError::Layer`]; those of reading a GeoPackage.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let name = match request.layer {
        Some(name) => name.to_owned(),
        None => {
            let listed = listed(request)?;
            let names: Vec<String> = listed.iter().map(|layer| layer.name.clone()).collect();
            let likely: Vec<usize> = (0..listed.len()).filter(|at| listed[*at].is_spatial).collect();
            names[chosen(request, &names, &likely)?].clone()
        }
    };
    let brought = one(request, &name)?;
    for warning in brought.warnings.iter().take(MOST_WARNINGS) {
        let what = format!("GDAL says: {warning}");
        sink.issue(Issue::new(Severity::Warning, "gdal-warning", request.shown, what));
    }
    let package =
        brought.packages.get(&name).ok_or_else(|| refused(request, format!("GDAL has lost the layer \"{name}\"")))?;
    let info = gpkg_read::read(&ReadRequest { path: package, layer: Some(&name), ..*request }, sink)?;
    Ok(LayerInfo { driver: "GDAL", ..info })
}

/// What GDAL says of what it does not read as records; of a raster, what to do.
fn unread(request: &ReadRequest<'_>, from: &OsStr, text: &str) -> ReadError {
    let path = Path::new(from);
    let what = match raster_file::other_raster(path) {
        Some(what) => what,
        None if raster_file::is_raster(path) => "is a raster; leave out gdal://".to_owned(),
        None => format!("GDAL can not read it: {}", reason(text)),
    };
    refused(request, what)
}

fn refused(request: &ReadRequest<'_>, what: String) -> ReadError {
    ReadError::Content { shown: request.shown.to_owned(), what }
}

/// Layers brought over into GeoPackages, which are gone when this is.
struct Brought {
    _folder: TempDir,
    /// By the name of the layer, which is that of the table too.
    packages: BTreeMap<String, PathBuf>,
    warnings: Vec<String>,
}

/// What a copy is of: what GDAL is given, with the size and the time of a file; and the layer, or all.
type Key = (OsString, Option<(u64, SystemTime)>, Option<String>);

/// Copies that are kept.
struct Copies {
    guards: usize,
    list: Vec<(Key, Arc<Brought>)>,
}

static COPIES: Mutex<Copies> = Mutex::new(Copies { guards: 0, list: Vec::new() });

fn kept() -> MutexGuard<'static, Copies> {
    COPIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As long as one of these is there, what was brought over is kept and not brought over again; then its files are removed.
pub(super) struct Kept(());

impl Kept {
    pub(super) fn new() -> Kept {
        kept().guards += 1;
        Kept(())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut copies = kept();
        copies.guards = copies.guards.saturating_sub(1);
        if copies.guards == 0 {
            copies.list.clear();
        }
    }
}

fn key(request: &ReadRequest<'_>, layer: Option<&str>) -> Result<Key, ReadError> {
    let from = source(request.path)?;
    let file = fs::metadata(&from).ok().and_then(|file| Some((file.len(), file.modified().ok()?)));
    Ok((from, file, layer.map(str::to_owned)))
}

/// A copy that is kept, or one made now.
fn copy(key: Key, make: impl FnOnce() -> Result<Brought, ReadError>) -> Result<Arc<Brought>, ReadError> {
    let found = kept().list.iter().find(|(other, _)| *other == key).map(|(_, brought)| Arc::clone(brought));
    if let Some(found) = found {
        return Ok(found);
    }
    let made = Arc::new(make()?);
    let mut copies = kept();
    if copies.guards > 0 {
        copies.list.push((key, Arc::clone(&made)));
    }
    Ok(made)
}

/// One layer, out of the copy of all where there is one.
fn one(request: &ReadRequest<'_>, name: &str) -> Result<Arc<Brought>, ReadError> {
    let all = key(request, None)?;
    let found = kept().list.iter().find(|(other, _)| *other == all).map(|(_, brought)| Arc::clone(brought));
    if let Some(found) = found.filter(|found| found.packages.contains_key(name)) {
        return Ok(found);
    }
    copy(key(request, Some(name))?, || {
        let made = bring(request, &[&[name]]);
        // a name that is not there is told with those that are
        if made.is_err() && request.layer.is_some() {
            let names: Vec<String> = listed(request)?.into_iter().map(|layer| layer.name).collect();
            chosen(request, &names, &[])?;
        }
        made
    })
}

/// All layers: those whose names differ by more than case in one GeoPackage, whose tables ignore it, the others each in its own.
fn whole(request: &ReadRequest<'_>, listed: &[Listed]) -> Result<Arc<Brought>, ReadError> {
    let mut by_name: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for layer in listed {
        by_name.entry(layer.name.to_lowercase()).or_default().push(&layer.name);
    }
    let (alone, alike): (Vec<_>, Vec<_>) = by_name.into_values().partition(|names| names.len() == 1);
    let alone: Vec<&str> = alone.into_iter().flatten().collect();
    let alike: Vec<[&str; 1]> = alike.into_iter().flatten().map(|name| [name]).collect();
    let groups: Vec<&[&str]> = Some(&alone[..])
        .filter(|alone| !alone.is_empty())
        .into_iter()
        .chain(alike.iter().map(|name| &name[..]))
        .collect();
    copy(key(request, None)?, || bring(request, &groups))
}

/// Has GDAL bring layers over, those of a group into one GeoPackage.
fn bring(request: &ReadRequest<'_>, groups: &[&[&str]]) -> Result<Brought, ReadError> {
    let from = source(request.path)?;
    let folder = temporary(request)?;
    let (mut packages, mut warnings) = (BTreeMap::new(), Vec::new());
    for (nth, group) in groups.iter().enumerate() {
        let package = folder.path().join(format!("brought{nth}.gpkg"));
        let mut command = Command::new("ogr2ogr");
        // names that no column of the data has: a column of the same name would be taken for the row's number, or refused
        command.args(["-f", "GPKG", "-dim", "XY", "-nlt", "CONVERT_TO_LINEAR"]);
        command.args(["-lco", "FID=_row_number", "-lco", "GEOMETRY_NAME=_geometry"]);
        command.arg(&package).arg(&from).args(*group);
        if let [name] = group {
            command.args(["-nln", name]);
        }
        let said = ran(request, command)?;
        if !said.is_done || !package.is_file() {
            return Err(unread(request, &from, &said.text));
        }
        packages.extend(group.iter().map(|name| ((*name).to_owned(), package.clone())));
        warnings.extend(said.text.lines().filter_map(warning));
    }
    warnings.sort();
    warnings.dedup();
    Ok(Brought { _folder: folder, packages, warnings })
}

/// A line of GDAL that speaks of the data.
fn warning(line: &str) -> Option<String> {
    let (kind, what) = line.trim().split_once(": ")?;
    let is_told = kind.starts_with("Warning") || kind.starts_with("ERROR");
    // versions of the formats in between are nobody's concern
    (is_told && !what.contains("user_version") && !what.contains("application_id")).then(|| what.to_owned())
}

fn temporary(request: &ReadRequest<'_>) -> Result<TempDir, ReadError> {
    tempfile::tempdir().map_err(|error| refused(request, format!("no room for a copy: {error}")))
}

/// A layer as GDAL lists it.
struct Listed {
    name: String,
    is_spatial: bool,
}

/// The layers of a source, without looking at their records where the format allows it.
fn listed(request: &ReadRequest<'_>) -> Result<Vec<Listed>, ReadError> {
    let from = source(request.path)?;
    let mut command = Command::new("ogrinfo");
    command.args(["-ro", "-q"]).arg(&from);
    let said = ran(request, command)?;
    if !said.is_done {
        return Err(unread(request, &from, &said.text));
    }
    let layers: Vec<Listed> = said.text.lines().filter_map(layer).collect();
    for (nth, layer) in layers.iter().enumerate() {
        if layers[..nth].iter().any(|other| other.name == layer.name) {
            let what = format!("two of its layers are called \"{}\"; give them names of their own", layer.name);
            return Err(refused(request, what));
        }
    }
    Ok(layers)
}

/// A layer of a line `2: roads (title: Roads) (Line String)` of `ogrinfo`, which leaves out a kind of geometry that is not known.
fn layer(line: &str) -> Option<Listed> {
    let (number, mut name) = line.split_once(": ")?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut is_spatial = true;
    let is_kind = |text: &str| {
        let plain = |one: &str| {
            let one = one.trim();
            let one = one.strip_prefix("3D ").unwrap_or(one);
            KINDS.contains(&one.strip_prefix("Measured ").unwrap_or(one).trim())
        };
        text == "Unknown (any)" || text.split(',').all(plain)
    };
    if let Some((before, kind)) =
        name.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")).filter(|(_, kind)| is_kind(kind))
    {
        is_spatial = kind != "None";
        name = before;
    }
    let name = name.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (title: ")).map_or(name, |(before, _)| before);
    Some(Listed { name: name.to_owned(), is_spatial })
}

/// What a program of GDAL has said, and whether it is content.
struct Said {
    is_done: bool,
    text: String,
}

/// Runs a program of GDAL to its end; its words go through files, so that none of them can block it.
fn ran(request: &ReadRequest<'_>, mut command: Command) -> Result<Said, ReadError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let folder = temporary(request)?;
    let paths = ["out", "err"].map(|name| folder.path().join(name));
    let file =
        |path: &Path| File::create(path).map_err(|error| refused(request, format!("no room for a copy: {error}")));
    command.stdin(Stdio::null()).stdout(file(&paths[0])?).stderr(file(&paths[1])?);
    for (name, seconds) in [("GDAL_HTTP_TIMEOUT", "120"), ("GDAL_HTTP_CONNECTTIMEOUT", "20")] {
        if std::env::var_os(name).is_none() {
            command.env(name, seconds);
        }
    }
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => refused(
            request,
            format!("is read by GDAL's program {program}, which is not on the PATH; install it (Debian: apt-get install gdal-bin)"),
        ),
        _ => refused(request, format!("{program} can not be started: {error}")),
    })?;
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < PATIENCE => thread::sleep(LOOK),
            ended => {
                // the child is of no use any more, whether it hears or not
                let _ = child.kill();
                let _ = child.wait();
                let what = match ended {
                    Err(error) => format!("{program} can not be waited for: {error}"),
                    Ok(_) => format!(
                        "GDAL is not done with it after {} min; bring it over yourself: ogr2ogr out.gpkg …",
                        PATIENCE.as_secs() / 60
                    ),
                };
                return Err(refused(request, what));
            }
        }
    };
    let text =
        |path: &Path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let text = format!("{}\n{}", text(&paths[1]), text(&paths[0]));
    // ogrinfo is content with what it can not open in some versions
    let is_done = status.success() && !text.lines().any(|line| line.starts_with("FAILURE"));
    Ok(Said { is_done, text })
}

/// Why GDAL does not read something: its first error, else what stands behind "FAILURE:", else what else it says; never a warning.
fn reason(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let error = lines.iter().find(|line| line.starts_with("ERROR")).copied();
    let failure = || {
        let at = lines.iter().position(|line| line.starts_with("FAILURE"))?;
        let own = lines[at].split_once(':').map_or("", |(_, what)| what).trim();
        if own.is_empty() { lines.get(at + 1).copied() } else { Some(own) }
    };
    let other = || lines.iter().find(|line| !line.starts_with("Warning")).copied();
    let what = error.or_else(failure).or_else(other).unwrap_or("it says nothing");
    // a list of all its formats would follow
    what.trim_end_matches(" with the following drivers.").to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_first_error_or_what_failed() {
        // as GDAL 3.6.2 and 3.9 print them
        for (text, want) in [
            ("Warning 1: harmless\nERROR 4: the real reason\nERROR 1: what follows", "ERROR 4: the real reason"),
            (
                "FAILURE:\nUnable to open datasource `x.gml' with the following drivers.\n  -> `FITS'",
                "Unable to open datasource `x.gml'",
            ),
            ("Warning 1: w\nFAILURE: Couldn't fetch requested layer x!", "Couldn't fetch requested layer x!"),
            ("Warning 1: w\nsomething", "something"),
            ("Warning 1: w\n", "it says nothing"),
        ] {
            assert_eq!(reason(text), want, "{text}");
        }
    }

    #[test]
    fn layers_are_listed_by_their_names() {
        for (line, want) in [
            ("1: a (Polygon)", Some(("a", true))),
            ("2: Roads (old) (3D Multi Line String)", Some(("Roads (old)", true))),
            ("3: Roads (old)", Some(("Roads (old)", true))),
            ("4: t (None)", Some(("t", false))),
            ("5: r (title: Roads (all)) (3D Measured Line String)", Some(("r", true))),
            ("6: r (title: Roads) (Point)", Some(("r", true))),
            ("7: two (Point, Polygon)", Some(("two", true))),
            ("INFO: Open of `x'", None),
            ("Warning 1: (Point)", None),
        ] {
            let found = layer(line);
            assert_eq!(found.as_ref().map(|layer| (layer.name.as_str(), layer.is_spatial)), want, "{line}");
        }
    }
}
