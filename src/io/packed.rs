//! Packed files: a ZIP archive that holds layers, or one file behind gzip. They are unpacked into a temporary folder and read there.

use std::fs;
use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use encoding_rs::GB18030;
use flate2::bufread::MultiGzDecoder;
use tempfile::TempDir;

use crate::io::read;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::read::chosen;

/// How far a file may be unpacked.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Bytes in all.
    bytes: u64,
    /// Bytes that need no look at how much smaller they are packed.
    harmless: u64,
    /// Beyond that, how many times larger than packed.
    times: u64,
    files: usize,
}

const LIMITS: Limits = Limits { bytes: 16 << 30, harmless: 1 << 30, times: 200, files: 10_000 };

/// What was unpacked; the folder goes when this goes.
struct Unpacked {
    _folder: TempDir,
    /// Names within the archive and where they are now, those that can be read, by name.
    files: Vec<(String, PathBuf)>,
}

/// Names the layers: those of the only file, or else the files.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Content`] as [`read`].
pub(super) fn layers(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    let unpacked = unpacked(request, LIMITS)?;
    match &unpacked.files[..] {
        [(name, path)] => {
            let shown = format!("{}/{name}", request.shown);
            read::layers(&ReadRequest { path, shown: &shown, ..*request })
        }
        files => Ok(files.iter().map(|(name, _)| name.clone()).collect()),
    }
}

/// Reads the only file of a format that can be read, or the one that `layer` names.
///
/// The files of a shapefile count as one. Names that are not UTF-8 are read as GB18030.
/// # Errors
/// [`ReadError::Open`]; [`ReadError::Content`] for a file that is not packed as its ending says, is damaged, holds nothing that
/// can be read, or would unpack to more than 16 GiB, or to more than 1 GiB and 200 times its size; those of the format.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let unpacked = unpacked(request, LIMITS)?;
    let names: Vec<String> = unpacked.files.iter().map(|(name, _)| name.clone()).collect();
    let (at, layer) = match names.len() {
        1 => (0, request.layer),
        _ => (chosen(request, &names, &[])?, None),
    };
    let (name, path) = &unpacked.files[at];
    let shown = format!("{}/{name}", request.shown);
    read::read(&ReadRequest { path, shown: &shown, layer, ..*request }, sink)
}

fn content(request: &ReadRequest<'_>, what: impl Into<String>) -> ReadError {
    ReadError::Content { shown: request.shown.to_owned(), what: what.into() }
}

fn unpacked(request: &ReadRequest<'_>, limits: Limits) -> Result<Unpacked, ReadError> {
    let not_open = |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
    let file = File::open(request.path).map_err(not_open)?;
    let packed = file.metadata().map_err(not_open)?.len();
    let folder = tempfile::tempdir().map_err(not_open)?;
    let most = limits.bytes.min(limits.harmless.max(packed.saturating_mul(limits.times)));
    let is_gzip = request.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    let files = if is_gzip {
        vec![gunzipped(request, file, folder.path(), most)?]
    } else {
        unzipped(request, file, folder.path(), most, limits.files)?
    };
    let is_readable = |path: &Path| {
        let driver = read::driver(path);
        driver.is_some_and(|driver| driver.read.is_some() && !driver.extensions.contains(&"zip"))
    };
    let has_shapes = |path: &Path| {
        files.iter().any(|(_, other)| {
            other.file_stem() == path.file_stem() && is(other, "shp") && other.parent() == path.parent()
        })
    };
    let mut readable: Vec<(String, PathBuf)> =
        files.iter().filter(|(_, path)| is_readable(path) && !(is(path, "dbf") && has_shapes(path))).cloned().collect();
    readable.sort();
    if readable.is_empty() {
        let names: Vec<&str> = files.iter().take(10).map(|(name, _)| name.as_str()).collect();
        return Err(content(
            request,
            format!("holds no file of a format that can be read (files: {})", names.join(", ")),
        ));
    }
    Ok(Unpacked { _folder: folder, files: readable })
}

fn is(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|other| other.eq_ignore_ascii_case(ending))
}

/// Copies at most `most` bytes and tells how many.
fn copied(request: &ReadRequest<'_>, from: impl Read, to: &Path, most: u64) -> Result<u64, ReadError> {
    let damaged =
        |error: io::Error| content(request, format!("the packed file is damaged, or the disk is full: {error}"));
    let mut file = File::create(to).map_err(damaged)?;
    let bytes = io::copy(&mut from.take(most.saturating_add(1)), &mut file).map_err(damaged)?;
    if bytes > most { Err(too_large(request, bytes)) } else { Ok(bytes) }
}

fn too_large(request: &ReadRequest<'_>, bytes: u64) -> ReadError {
    content(request, format!("would unpack to {} MB or more; unpack it yourself if it is what you expect", bytes >> 20))
}

fn gunzipped(request: &ReadRequest<'_>, file: File, folder: &Path, most: u64) -> Result<(String, PathBuf), ReadError> {
    let name = request.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let to = folder.join(&name);
    copied(request, MultiGzDecoder::new(BufReader::new(file)), &to, most)?;
    Ok((name, to))
}

fn unzipped(
    request: &ReadRequest<'_>,
    file: File,
    folder: &Path,
    most: u64,
    most_files: usize,
) -> Result<Vec<(String, PathBuf)>, ReadError> {
    let damaged = |error: zip::result::ZipError| content(request, format!("is no sound ZIP archive: {error}"));
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    if archive.len() > most_files {
        return Err(content(request, format!("holds {} files; unpack it yourself", archive.len())));
    }
    let mut left = most;
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(damaged)?;
        let raw = entry.name_raw();
        let name = match std::str::from_utf8(raw) {
            Ok(name) => name.to_owned(),
            Err(_) => GB18030.decode_without_bom_handling(raw).0.into_owned(),
        };
        let parts: Vec<&str> = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).collect();
        let is_hidden = parts.iter().any(|part| part.starts_with('.') || *part == "__MACOSX");
        if entry.is_dir() || parts.is_empty() || is_hidden {
            continue;
        }
        if entry.size() > left {
            return Err(too_large(request, most - left + entry.size()));
        }
        let to = parts.iter().fold(folder.to_owned(), |path, part| path.join(part.replace([':', '\0'], "_")));
        let parent = to.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| content(request, format!("cannot be unpacked: {error}")))?;
        left -= copied(request, entry, &to, left)?;
        files.push((parts.join("/"), to));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    #[test]
    fn what_unpacks_to_too_much_is_refused_whatever_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv.gz");
        let mut packed = GzEncoder::new(File::create(&path).unwrap(), Compression::fast());
        packed.write_all(&vec![b' '; 1 << 20]).unwrap();
        packed.finish().unwrap();
        let request = ReadRequest::new(&path, "a.csv.gz");
        for (harmless, times, is_refused) in [(1 << 19, 2, true), (1 << 20, 2, false), (0, 10_000, false)] {
            let limits = Limits { harmless, times, ..LIMITS };
            let message = unpacked(&request, limits).err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(message.contains("would unpack to"), is_refused, "{harmless} {times}: {message}");
        }
    }
}
