//! The files of a feed: in a ZIP archive or in a folder, at its top or in the one folder within it.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use encoding_rs::GB18030;
use zip::ZipArchive;

use crate::io::read::ReadError;

/// Files that tell a feed from other archives.
const TELLING: [&str; 4] = ["stops.txt", "routes.txt", "trips.txt", "stop_times.txt"];

/// Bytes that a feed may unpack to.
const MOST_BYTES: u64 = 16 << 30;

/// Bytes beyond which it may not be more than so many times larger than packed.
const HARMLESS_BYTES: u64 = 1 << 30;
const MOST_TIMES: u64 = 200;

/// The files of one feed by their names, without folders.
pub(super) struct Archive {
    shown: String,
    files: BTreeMap<String, Place>,
    zip: Option<ZipArchive<BufReader<File>>>,
    left: u64,
}

enum Place {
    Entry(usize),
    File(PathBuf),
}

impl Archive {
    /// Opens an archive or a folder.
    /// # Errors
    /// [`ReadError::Open`]; [`ReadError::Content`] for what is no ZIP archive.
    pub(super) fn open(path: &Path, shown: &str) -> Result<Archive, ReadError> {
        let not_open = |source: io::Error| ReadError::Open { shown: shown.to_owned(), path: path.to_owned(), source };
        if path.is_dir() {
            let mut found: Vec<(Vec<String>, Place)> = Vec::new();
            for (depth, folder) in std::iter::once((0, path.to_owned())).chain(inner(path).map(|one| (1, one))) {
                for entry in fs::read_dir(&folder).map_err(not_open)? {
                    let entry = entry.map_err(not_open)?;
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if entry.path().is_file() {
                        let inner = folder.file_name().map(|name| name.to_string_lossy().into_owned());
                        let mut parts: Vec<String> = inner.filter(|_| depth == 1).into_iter().collect();
                        parts.push(name);
                        found.push((parts, Place::File(entry.path())));
                    }
                }
            }
            return Ok(Archive { shown: shown.to_owned(), files: chosen(found), zip: None, left: MOST_BYTES });
        }
        let file = File::open(path).map_err(not_open)?;
        let packed = file.metadata().map_err(not_open)?.len();
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| ReadError::Content {
            shown: shown.to_owned(),
            what: format!("is neither a folder nor a sound ZIP archive: {error}"),
        })?;
        let mut zip = zip;
        let mut found = Vec::new();
        for at in 0..zip.len() {
            let Ok(entry) = zip.by_index_raw(at) else { continue };
            let raw = entry.name_raw();
            let name = match std::str::from_utf8(raw) {
                Ok(name) => name.to_owned(),
                Err(_) => GB18030.decode_without_bom_handling(raw).0.into_owned(),
            };
            let parts = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | "."));
            let parts: Vec<String> = parts.map(str::to_owned).collect();
            if !entry.is_dir() && !parts.is_empty() {
                found.push((parts, Place::Entry(at)));
            }
        }
        let left = MOST_BYTES.min(HARMLESS_BYTES.max(packed.saturating_mul(MOST_TIMES)));
        Ok(Archive { shown: shown.to_owned(), files: chosen(found), zip: Some(zip), left })
    }

    /// Whether these are the files of a feed.
    pub(super) fn is_feed(&self) -> bool {
        TELLING.iter().filter(|name| self.files.contains_key(**name)).count() >= 2
    }

    /// Names of the files, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The content of a file; `None` where there is none of this name.
    /// # Errors
    /// [`ReadError::Open`]; [`ReadError::Content`] for a damaged entry and for one that unpacks to too much.
    pub(super) fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let shown = format!("{}/{name}", self.shown);
        let wrong = |what: String| ReadError::Content { shown: shown.clone(), what };
        let mut bytes = Vec::new();
        match (self.files.get(name), &mut self.zip) {
            (Some(Place::File(path)), _) => {
                let not_open = |source| ReadError::Open { shown: shown.clone(), path: path.clone(), source };
                File::open(path)
                    .and_then(|file| file.take(self.left.saturating_add(1)).read_to_end(&mut bytes))
                    .map_err(not_open)?;
            }
            (Some(Place::Entry(at)), Some(zip)) => {
                let entry = zip.by_index(*at).map_err(|error| wrong(format!("can not be unpacked: {error}")))?;
                // what the entry says of its size is no reason to take so much memory at once
                bytes.reserve(entry.size().min(self.left).min(HARMLESS_BYTES) as usize);
                entry
                    .take(self.left.saturating_add(1))
                    .read_to_end(&mut bytes)
                    .map_err(|error| wrong(format!("can not be unpacked: {error}")))?;
            }
            _ => return Ok(None),
        }
        if bytes.len() as u64 > self.left {
            return Err(wrong(format!("would unpack to {} MB or more; unpack it yourself", bytes.len() >> 20)));
        }
        self.left -= bytes.len() as u64;
        Ok(Some(bytes))
    }
}

/// The folders in a folder, by name.
fn inner(path: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.into_iter()
}

/// The files at the top when there is a feed, or else those of the first folder that holds one.
fn chosen(found: Vec<(Vec<String>, Place)>) -> BTreeMap<String, Place> {
    let mut by_folder: BTreeMap<Vec<String>, BTreeMap<String, Place>> = BTreeMap::new();
    for (mut parts, place) in found {
        let is_hidden = parts.iter().any(|part| part.starts_with('.') || part == "__MACOSX");
        if let (Some(name), false) = (parts.pop(), is_hidden) {
            by_folder.entry(parts).or_default().insert(name, place);
        }
    }
    let telling = |files: &BTreeMap<String, Place>| TELLING.iter().filter(|name| files.contains_key(**name)).count();
    // most of the telling files, then the fewest folders, then by name
    let best = by_folder.iter().min_by_key(|(folder, files)| (4 - telling(files), folder.len(), (*folder).clone()));
    let best = best.map(|(folder, _)| folder.clone());
    best.and_then(|folder| by_folder.remove(&folder)).unwrap_or_default()
}
