//! GTFS: timetables as agencies publish them, a ZIP archive or a folder of tables.
//!
//! Reading hands over the rows that can be used and tells of every other; whether what they say makes sense is looked at by the preflight.

mod archive;
mod calls;
pub mod days;
pub mod feed;
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

/// One line on what is understood, for the list of formats.
pub const ABOUT: &str = "timetables: stops, routes, trips, calendars, headways, transfers, shapes, translated names";

/// Whether a folder, or a ZIP archive, holds the files of a feed. What can not be opened is none.
pub fn is_feed(path: &Path) -> bool {
    let is_zip = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
    (is_zip || path.is_dir()) && Archive::open(path, "").is_ok_and(|archive| archive.is_feed())
}

/// Reads the tables of a feed. `shown` is what messages call it.
///
/// Files that are missing, and rows that can not be used, are among the notices; every row is counted.
/// # Errors
/// [`ReadError::Open`]; [`ReadError::Content`] for what is no sound archive, would unpack to more than 16 GiB (or to more than 1 GiB and 200
/// times its size), or holds no file of a feed.
pub fn read(path: &Path, shown: &str) -> Result<RawFeed, ReadError> {
    let mut archive = Archive::open(path, shown)?;
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
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
