//! GTFS: timetables as agencies publish them, a ZIP archive or a folder of tables.
//!
//! Reading hands over the rows that can be used and tells of every other; whether what they say makes sense is looked at by the preflight.

mod archive;
mod calls;
pub mod days;
pub mod feed;
mod flexible;
mod ids;
pub mod modes;
pub mod notice;
pub mod preflight;
mod read;
mod rows;
mod schema;
pub mod table;
mod translations;
mod value;

use std::path::Path;

use crate::io::gtfs::archive::Archive;
use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::read::Reading;
use crate::io::gtfs::schema::FILES;
use crate::io::gtfs::schema::NOT_USED;
use crate::io::read::ReadError;

pub use crate::io::gtfs::archive::Part;

/// One line on what is understood, for the list of formats.
pub const ABOUT: &str = "timetables: stops, routes, trips, calendars, headways, transfers, shapes, translated names";

/// Whether a folder, or a ZIP archive, holds the files of one feed or of several. What can not be opened is none.
pub fn is_feed(path: &Path) -> bool {
    let is_zip = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
    (is_zip || path.is_dir()) && archive::holds_feeds(path)
}

/// The feeds that a folder or a ZIP archive holds, by name: at its top, in folders within it, or in archives within it, which are looked into
/// twice. `shown` is what messages call the path. At least one.
/// # Errors
/// [`ReadError::Open`]; [`ReadError::Content`] for what is no sound archive, holds no file of a feed, or holds a feed and others within it, so
/// that which is meant is not clear; and for archives within it that would unpack to more than [`read_part`] takes.
pub fn parts(path: &Path, shown: &str) -> Result<Vec<Part>, ReadError> {
    archive::parts(path, shown)
}

/// Reads the tables of the only feed of a path. `shown` is what messages call it.
/// # Errors
/// As [`parts`] and [`read_part`]; [`ReadError::Content`] where there are several.
pub fn read(path: &Path, shown: &str) -> Result<RawFeed, ReadError> {
    match &parts(path, shown)?[..] {
        [part] => read_part(part, shown),
        several => {
            let names: Vec<&str> = several.iter().map(|part| part.name.as_str()).collect();
            let what = format!("holds {} feeds: {}", several.len(), names.join(", "));
            Err(ReadError::Content { shown: shown.to_owned(), what })
        }
    }
}

/// Reads the tables of a feed. `shown` is what messages call it.
///
/// Files that are missing, and rows that can not be used, are among the notices; every row is counted.
/// # Errors
/// [`ReadError::Open`]; [`ReadError::Content`] for what is no sound archive, would unpack to more than 16 GiB (or to more than 1 GiB and 200
/// times its size), or holds no file of a feed.
pub fn read_part(part: &Part, shown: &str) -> Result<RawFeed, ReadError> {
    let mut archive = Archive::open(part, shown)?;
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let renamed = archive.renamed().to_vec();
    if !names.iter().any(|name| FILES.iter().any(|spec| spec.file == name)) {
        let what = "holds no table of GTFS, such as stops.txt".to_owned();
        return Err(ReadError::Content { shown: shown.to_owned(), what });
    }
    let mut reading = Reading::new(&mut archive, shown);
    reading.agencies()?;
    reading.stops()?;
    reading.routes()?;
    reading.services()?;
    reading.shapes()?;
    reading.trips()?;
    reading.calls()?;
    reading.frequencies()?;
    reading.transfers()?;
    reading.info()?;
    reading.translations(&names)?;
    let mut feed = reading.feed;
    for (name, file) in renamed {
        feed.notices.add(Rule::WrongFileName, file, |notice| {
            let mut notice = notice.at("", &name);
            (notice.field, notice.what) = (None, format!("{name} is read as {file}; give it that name"));
            notice
        });
    }
    for name in &names {
        if FILES.iter().any(|spec| spec.file == name) {
            continue;
        }
        match NOT_USED.iter().find(|file| *file == name) {
            Some(file) => feed.notices.add(Rule::FileNotUsed, file, |notice| notice),
            None => feed.notices.add(Rule::UnknownFile, "", |notice| {
                let mut notice = notice.at("", name);
                (notice.field, notice.what) = (None, format!("GTFS has no file {name}"));
                notice
            }),
        }
    }
    Ok(feed)
}
