//! The files of feeds: in a ZIP archive or in a folder, at its top, in folders within it, or in archives within it.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Cursor;
use std::io::Read;
use std::io::Seek;
use std::path::Path;
use std::path::PathBuf;

use encoding_rs::GB18030;
use zip::ZipArchive;

use crate::io::gtfs::schema::FILES;
use crate::io::gtfs::schema::NOT_USED;
use crate::io::read::ReadError;

/// Files that tell a feed from other archives.
const TELLING: [&str; 4] = ["stops.txt", "routes.txt", "trips.txt", "stop_times.txt"];

/// Bytes that a feed may unpack to, the archives on the way to it included.
const MOST_BYTES: u64 = 16 << 30;

/// Bytes beyond which it may not be more than so many times larger than packed.
const HARMLESS_BYTES: u64 = 1 << 30;
const MOST_TIMES: u64 = 200;

/// Archives within archives are looked into so many times.
const MOST_DEPTH: usize = 2;

/// Archives within one archive that are looked into.
const MOST_INNER: usize = 500;

/// What an archive is read from: the file, or the bytes of an entry of another.
trait Bytes: Read + Seek {}

impl<T: Read + Seek> Bytes for T {}

type Zip = ZipArchive<Box<dyn Bytes>>;

/// One feed of those that a path holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its folder or archive within the path, which tells it from the others; empty where it is the only one.
    pub name: String,
    /// The archive, or the folder of the tables.
    path: PathBuf,
    /// Entries of archives that are archives themselves, from the outermost.
    inner: Vec<usize>,
    /// The folder within the archive.
    folder: Vec<String>,
    /// Folders and archives on the way, from the outermost.
    way: Vec<String>,
    /// How many of the [`TELLING`] files are there.
    telling: usize,
}

impl Part {
    /// What messages call the feed, of a path that they call `shown`.
    pub fn shown(&self, shown: &str) -> String {
        if self.name.is_empty() { shown.to_owned() } else { format!("{shown}/{}", self.name) }
    }

    /// Whether it is enough of a feed to be taken for one.
    fn is_feed(&self) -> bool {
        self.telling >= 2
    }
}

/// The files of one feed by the names that GTFS gives them.
pub(super) struct Archive {
    shown: String,
    files: BTreeMap<String, Place>,
    /// Files that have another name: as it is written, and what it is read as.
    renamed: Vec<(String, &'static str)>,
    zip: Option<Zip>,
    left: u64,
}

enum Place {
    Entry(usize),
    File(PathBuf),
}

/// Files of one folder with the names that are written.
type Named<P> = Vec<(String, P)>;

/// Whether a path holds one feed or more. What can not be opened holds none.
pub(super) fn holds_feeds(path: &Path) -> bool {
    candidates(path, "").is_ok_and(|parts| parts.iter().any(Part::is_feed))
}

/// The feeds of a path, by name; where nothing is a feed, the folder that is most like one.
/// # Errors
/// [`ReadError::Open`]; [`ReadError::Content`] for what is no ZIP archive or holds nothing, for archives within it that unpack to too much, and
/// where a feed holds other feeds, so that which is meant is not clear.
pub(super) fn parts(path: &Path, shown: &str) -> Result<Vec<Part>, ReadError> {
    let wrong = |what: String| ReadError::Content { shown: shown.to_owned(), what };
    let mut parts = candidates(path, shown)?;
    if !parts.iter().any(Part::is_feed) {
        // most of the telling files, then the fewest folders, then by name
        let best = parts.into_iter().min_by_key(|part| (TELLING.len() - part.telling, part.way.clone()));
        return best
            .map(|part| vec![part])
            .ok_or_else(|| wrong("holds no table of GTFS, such as stops.txt".to_owned()));
    }
    parts.retain(Part::is_feed);
    parts.sort_by(|a, b| a.way.cmp(&b.way));
    for outer in &parts {
        let within: Vec<String> = parts
            .iter()
            .filter(|part| part.way.len() > outer.way.len() && part.way.starts_with(&outer.way))
            .map(|part| part.way.join("/"))
            .collect();
        if !within.is_empty() {
            let place =
                if outer.way.is_empty() { "at its top".to_owned() } else { format!("in {}", outer.way.join("/")) };
            return Err(wrong(format!(
                "holds a feed {place} and more within it ({}), so that which is meant is not clear; unpack it, put each feed into a folder of \
                 its own, and name the folders that are meant",
                within.join(", ")
            )));
        }
    }
    let ways: Vec<Vec<String>> = parts.iter().map(|part| part.way.clone()).collect();
    for (at, part) in parts.iter_mut().enumerate() {
        let mut short = ways[at].clone();
        let is_own =
            |short: &[String]| !ways.iter().enumerate().any(|(other, way)| other != at && way.starts_with(short));
        while short.len() > 1 && is_own(&short[..short.len() - 1]) {
            short.pop();
        }
        part.name = if ways.len() == 1 { String::new() } else { short.join("/") };
    }
    Ok(parts)
}

/// Every folder of a path, and of archives within it, that holds a file.
fn candidates(path: &Path, shown: &str) -> Result<Vec<Part>, ReadError> {
    let not_open = |source: io::Error| ReadError::Open { shown: shown.to_owned(), path: path.to_owned(), source };
    let mut parts = Vec::new();
    if !path.is_dir() {
        let (zip, left) = open(path, shown)?;
        Walk { shown, left, inner: 0, parts: &mut parts }.archive(zip, path, &[], &[])?;
        return Ok(parts);
    }
    let mut zips = Vec::new();
    for (way, folder) in std::iter::once((Vec::new(), path.to_owned())).chain(inner(path)) {
        let mut files = Vec::new();
        for entry in fs::read_dir(&folder).map_err(not_open)? {
            let entry = entry.map_err(not_open)?;
            if entry.path().is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if is_zip(&name) && !is_hidden(&name) {
                    zips.push((name.clone(), entry.path()));
                }
                files.push((name, ()));
            }
        }
        let telling = telling(&chosen(files));
        parts.push(Part { name: String::new(), path: folder, inner: Vec::new(), folder: Vec::new(), way, telling });
    }
    // tables beside the archive from which they were unpacked go before it
    if !parts.iter().any(Part::is_feed) {
        zips.sort();
        for (name, file) in zips.into_iter().take(MOST_INNER) {
            let Ok((zip, left)) = open(&file, &name) else { continue };
            Walk { shown, left, inner: 0, parts: &mut parts }.archive(zip, &file, &[], std::slice::from_ref(&name))?;
        }
    }
    Ok(parts)
}

/// A walk through an archive and those within it.
struct Walk<'w> {
    shown: &'w str,
    left: u64,
    /// Archives within it so far.
    inner: usize,
    parts: &'w mut Vec<Part>,
}

impl Walk<'_> {
    fn archive(&mut self, mut zip: Zip, path: &Path, entries: &[usize], way: &[String]) -> Result<(), ReadError> {
        let mut zips: Vec<(Vec<String>, usize)> = Vec::new();
        for (folder, files) in folders(&mut zip) {
            let all: Vec<String> = way.iter().chain(&folder).cloned().collect();
            for (name, at) in files.iter().filter(|(name, _)| is_zip(name)) {
                zips.push((all.iter().cloned().chain([name.clone()]).collect(), *at));
            }
            let telling = telling(&chosen(files));
            let (path, inner) = (path.to_owned(), entries.to_vec());
            self.parts.push(Part { name: String::new(), path, inner, folder, way: all, telling });
        }
        if entries.len() == MOST_DEPTH {
            return Ok(());
        }
        for (way, at) in zips {
            self.inner += 1;
            if self.inner > MOST_INNER {
                let what =
                    format!("holds more than {MOST_INNER} archives; unpack it and name the feeds that are meant");
                return Err(ReadError::Content { shown: self.shown.to_owned(), what });
            }
            // what is named like an archive and is none holds no feed
            let shown = format!("{}/{}", self.shown, way.join("/"));
            let bytes = match unpacked(&mut zip, at, self.left, &shown) {
                Ok(bytes) => bytes,
                Err(Unpacking::Damaged(_)) => continue,
                Err(Unpacking::TooMuch(error)) => return Err(error),
            };
            self.left -= bytes.len() as u64;
            let source: Box<dyn Bytes> = Box::new(Cursor::new(bytes));
            let Ok(inner) = ZipArchive::new(source) else { continue };
            let entries: Vec<usize> = entries.iter().copied().chain([at]).collect();
            self.archive(inner, path, &entries, &way)?;
        }
        Ok(())
    }
}

/// Opens the archive of a file; also how many bytes may be unpacked of it.
fn open(path: &Path, shown: &str) -> Result<(Zip, u64), ReadError> {
    let not_open = |source: io::Error| ReadError::Open { shown: shown.to_owned(), path: path.to_owned(), source };
    let mut file = File::open(path).map_err(not_open)?;
    let packed = file.metadata().map_err(not_open)?.len();
    let mut start = Vec::new();
    Read::by_ref(&mut file).take(512).read_to_end(&mut start).map_err(not_open)?;
    file.rewind().map_err(not_open)?;
    let source: Box<dyn Bytes> = Box::new(BufReader::new(file));
    let zip = ZipArchive::new(source).map_err(|error| ReadError::Content {
        shown: shown.to_owned(),
        what: match other_form(&start) {
            Some(form) => format!("is neither a folder nor a sound ZIP archive: it is {form}"),
            None => format!("is neither a folder nor a sound ZIP archive: {error}"),
        },
    })?;
    Ok((zip, MOST_BYTES.min(HARMLESS_BYTES.max(packed.saturating_mul(MOST_TIMES)))))
}

/// What a file is that is no ZIP archive, by its first bytes, and what to do.
fn other_form(start: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(start).to_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is = |mark: &[u8]| start.starts_with(mark);
    if start.is_empty() {
        Some("empty; get it once more")
    } else if is(&[0x1f, 0x8b]) {
        Some("packed by gzip (.gz, .tar.gz); unpack it and name the folder of its tables")
    } else if start.get(257..262) == Some(b"ustar") {
        Some("a TAR archive; unpack it and name the folder of its tables")
    } else if is(b"7z\xbc\xaf\x27\x1c") || is(b"Rar!") || is(b"\xfd7zXZ") || is(b"BZh") || is(b"\x28\xb5\x2f\xfd") {
        Some("packed in another form (7z, RAR, xz, bzip2 or zstd); unpack it and name the folder of its tables")
    } else if text.starts_with("<!doctype html") || text.starts_with("<html") {
        Some("a page of the web, so that the download went wrong; get it once more")
    } else if text.starts_with('{') || text.starts_with("<?xml") {
        Some("no timetable but JSON or XML, as servers send it with an error; look into it")
    } else if is(b"PK") {
        Some("an archive that breaks off or is damaged; get it once more")
    } else if [',', ';', '\t'].iter().any(|mark| text.lines().next().is_some_and(|line| line.contains(*mark))) {
        Some("a table; name the folder of all tables of the feed")
    } else {
        None
    }
}

/// Why an entry could not be unpacked.
enum Unpacking {
    Damaged(ReadError),
    TooMuch(ReadError),
}

impl From<Unpacking> for ReadError {
    fn from(why: Unpacking) -> ReadError {
        match why {
            Unpacking::Damaged(error) | Unpacking::TooMuch(error) => error,
        }
    }
}

/// The bytes of an entry, no more than `left`.
fn unpacked(zip: &mut Zip, at: usize, left: u64, shown: &str) -> Result<Vec<u8>, Unpacking> {
    let content = |what: String| ReadError::Content { shown: shown.to_owned(), what };
    let is_locked = zip.by_index_raw(at).is_ok_and(|entry| entry.encrypted());
    if is_locked {
        let what = "is encrypted; unpack it with its password, and name the folder".to_owned();
        return Err(Unpacking::Damaged(content(what)));
    }
    let damaged = |error: &dyn std::fmt::Display| {
        Unpacking::Damaged(content(format!(
            "can not be unpacked: {error}; where another program unpacks it, name the folder, or pack it again as plain ZIP"
        )))
    };
    let entry = zip.by_index(at).map_err(|error| damaged(&error))?;
    // what the entry says of its size is no reason to take so much memory at once
    let mut bytes = Vec::with_capacity(entry.size().min(left).min(HARMLESS_BYTES) as usize);
    entry.take(left.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    if bytes.len() as u64 > left {
        return Err(Unpacking::TooMuch(content(too_much(bytes.len()))));
    }
    Ok(bytes)
}

fn too_much(bytes: usize) -> String {
    format!("would unpack to {} MB or more; unpack it yourself", bytes >> 20)
}

/// The files of an archive by folder, hidden ones left out.
fn folders(zip: &mut Zip) -> BTreeMap<Vec<String>, Named<usize>> {
    let mut by_folder: BTreeMap<Vec<String>, Named<usize>> = BTreeMap::new();
    for at in 0..zip.len() {
        let Ok(entry) = zip.by_index_raw(at) else { continue };
        let raw = entry.name_raw();
        let name = match std::str::from_utf8(raw) {
            Ok(name) => name.to_owned(),
            Err(_) => GB18030.decode_without_bom_handling(raw).0.into_owned(),
        };
        let parts = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | "."));
        let mut parts: Vec<String> = parts.map(str::to_owned).collect();
        let is_hidden = parts.iter().any(|part| is_hidden(part));
        if let (Some(name), false, false) = (parts.pop(), entry.is_dir(), is_hidden) {
            by_folder.entry(parts).or_default().push((name, at));
        }
    }
    by_folder
}

/// Whether a name is one that systems put beside those that people see.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || name == "__MACOSX"
}

fn is_zip(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}

/// The folders in a folder, by name, but for hidden ones.
fn inner(path: &Path) -> Vec<(Vec<String>, PathBuf)> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut folders: Vec<(Vec<String>, PathBuf)> = entries
        .map(|entry| (vec![entry.file_name().to_string_lossy().into_owned()], entry.path()))
        .filter(|(way, path)| path.is_dir() && !way.iter().any(|name| is_hidden(name)))
        .collect();
    folders.sort();
    folders
}

/// The file of GTFS that is meant by a name: blanks, capitals and a wrong or second ending are seen through.
fn meant(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    let stem =
        name.strip_suffix(".csv").or_else(|| name.strip_suffix(".txt.txt")).or_else(|| name.strip_suffix(".txt"));
    let known = FILES.iter().map(|spec| spec.file).chain(NOT_USED.iter().copied());
    let of = |known: &&'static str| {
        **known == name || stem.is_some_and(|stem| known.strip_suffix(".txt") == Some(stem.trim()))
    };
    known.into_iter().find(of)
}

/// Files by the names of GTFS: what is written so goes before what only means it. Also those that have another name, and what they mean.
fn chosen<P>(files: Named<P>) -> (BTreeMap<String, P>, Vec<(String, &'static str)>) {
    let (mut chosen, mut others) = (BTreeMap::new(), Vec::new());
    for (name, place) in files {
        match meant(&name) {
            Some(file) if file != name => others.push((name, file, place)),
            _ => drop(chosen.insert(name, place)),
        }
    }
    let mut renamed = Vec::new();
    others.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, file, place) in others {
        if chosen.contains_key(file) {
            chosen.insert(name, place);
        } else {
            chosen.insert(file.to_owned(), place);
            renamed.push((name, file));
        }
    }
    (chosen, renamed)
}

/// How many of the telling files are there. Tables that end with .csv are a feed's where its stop times are among them.
fn telling<P>(files: &(BTreeMap<String, P>, Vec<(String, &'static str)>)) -> usize {
    let (files, renamed) = files;
    let is_csv =
        |file: &str| renamed.iter().any(|(name, meant)| *meant == file && name.to_lowercase().trim().ends_with(".csv"));
    let has_times = files.contains_key("stop_times.txt");
    TELLING.iter().filter(|file| files.contains_key(**file) && (has_times || !is_csv(file))).count()
}

impl Archive {
    /// Opens the files of a feed.
    /// # Errors
    /// [`ReadError::Open`]; [`ReadError::Content`] for what is no ZIP archive.
    pub(super) fn open(part: &Part, shown: &str) -> Result<Archive, ReadError> {
        let shown = shown.to_owned();
        if part.path.is_dir() {
            let not_open =
                |source: io::Error| ReadError::Open { shown: shown.clone(), path: part.path.clone(), source };
            let mut found = Vec::new();
            for entry in fs::read_dir(&part.path).map_err(not_open)? {
                let entry = entry.map_err(not_open)?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.path().is_file() && !is_hidden(&name) {
                    found.push((name, Place::File(entry.path())));
                }
            }
            let (files, renamed) = chosen(found);
            return Ok(Archive { shown, files, renamed, zip: None, left: MOST_BYTES });
        }
        let (mut zip, mut left) = open(&part.path, &shown)?;
        for at in &part.inner {
            let bytes = unpacked(&mut zip, *at, left, &shown)?;
            left -= bytes.len() as u64;
            let source: Box<dyn Bytes> = Box::new(Cursor::new(bytes));
            zip = ZipArchive::new(source).map_err(|error| ReadError::Content {
                shown: shown.clone(),
                what: format!("holds an archive that is damaged: {error}"),
            })?;
        }
        let files = folders(&mut zip).remove(&part.folder).unwrap_or_default();
        let (files, renamed) = chosen(files.into_iter().map(|(name, at)| (name, Place::Entry(at))).collect());
        Ok(Archive { shown, files, renamed, zip: Some(zip), left })
    }

    /// Names of the files, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Files that have another name than GTFS gives them: as it is written, and as which they are read.
    pub(super) fn renamed(&self) -> &[(String, &'static str)] {
        &self.renamed
    }

    /// The content of a file; `None` where there is none of this name.
    /// # Errors
    /// [`ReadError::Open`]; [`ReadError::Content`] for a damaged entry and for one that unpacks to too much.
    pub(super) fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let shown = format!("{}/{name}", self.shown);
        let bytes = match (self.files.get(name), &mut self.zip) {
            (Some(Place::File(path)), _) => {
                let not_open = |source| ReadError::Open { shown: shown.clone(), path: path.clone(), source };
                let mut bytes = Vec::new();
                File::open(path)
                    .and_then(|file| file.take(self.left.saturating_add(1)).read_to_end(&mut bytes))
                    .map_err(not_open)?;
                if bytes.len() as u64 > self.left {
                    return Err(ReadError::Content { shown, what: too_much(bytes.len()) });
                }
                bytes
            }
            (Some(Place::Entry(at)), Some(zip)) => unpacked(zip, *at, self.left, &shown)?,
            _ => return Ok(None),
        };
        self.left -= bytes.len() as u64;
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_seen_through_where_only_one_file_can_be_meant() {
        for (name, file) in [
            ("stops.txt", Some("stops.txt")),
            ("Stops.TXT", Some("stops.txt")),
            ("stops.txt ", Some("stops.txt")),
            ("stop_times.csv", Some("stop_times.txt")),
            ("trips.txt.txt", Some("trips.txt")),
            ("Locations.GeoJSON", Some("locations.geojson")),
            ("stop.txt", None),
            ("stops.json", None),
        ] {
            assert_eq!(meant(name), file, "{name}");
        }
        let (files, renamed) = chosen(vec![("STOPS.TXT".to_owned(), 1), ("stops.txt".to_owned(), 2)]);
        assert_eq!((files.get("stops.txt"), files.get("STOPS.TXT"), renamed.len()), (Some(&2), Some(&1), 0));
    }

    #[test]
    fn archives_within_archives_unpack_to_no_more_than_they_may() {
        // 3 MB of zeros, packed into 3 kB, in an archive that says it is one
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("bomb.zip", zip::write::SimpleFileOptions::default()).unwrap();
        io::Write::write_all(&mut writer, &vec![0; 3 << 20]).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        let walk = |left: u64| {
            let source: Box<dyn Bytes> = Box::new(Cursor::new(bytes.clone()));
            let mut parts = Vec::new();
            let walk = Walk { shown: "feed.zip", left, inner: 0, parts: &mut parts }.archive(
                ZipArchive::new(source).unwrap(),
                Path::new("feed.zip"),
                &[],
                &[],
            );
            walk.map_err(|error| error.to_string())
        };
        assert_eq!(
            walk(2 << 20).unwrap_err(),
            "\"feed.zip/bomb.zip\": would unpack to 2 MB or more; unpack it yourself"
        );
        // what is named like an archive and is none is passed over
        assert_eq!(walk(4 << 20), Ok(()));
    }
}
