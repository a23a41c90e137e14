//! Opening the SQLite databases of users for reading: nothing is changed, nothing is left beside them, nothing of them is lost.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

use rusqlite::Connection;
use rusqlite::OpenFlags;

/// How often a database that changes while it is copied is copied again.
const TRIES: usize = 3;

/// A database that is open for reading.
pub(super) struct Database {
    pub connection: Connection,
    /// What to tell of how it was opened.
    pub told: Option<String>,
    /// Where the copy lies that is read, until it is closed.
    _folder: Option<tempfile::TempDir>,
}

/// Why a database can not be opened.
pub(super) enum Fault {
    /// The disk says no.
    Open(io::Error),
    /// It does not start like one.
    NotOne,
    /// It is damaged.
    Content(String),
}

/// Opens a database.
///
/// One in WAL mode is opened as a file that does not change, so that SQLite needs no files beside it; one whose last changes are not merged
/// yet (`-wal`), or that was left in the midst of a change (`-journal`), is copied with these for the time of reading.
/// # Errors
/// [`Fault`].
pub(super) fn open(path: &Path) -> Result<Database, Fault> {
    let mut head = [0u8; 20];
    let mut file = File::open(path).map_err(Fault::Open)?;
    if file.read_exact(&mut head).is_err() || &head[..16] != b"SQLite format 3\0" {
        return Err(Fault::NotOne);
    }
    // the files beside it are beside the file that a link means
    let real = fs::canonicalize(path).map_err(Fault::Open)?;
    let is_wal = head[18] == 2 || head[19] == 2;
    let beside = |ending: &str| {
        let mut name = real.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    let has_content = |path: &Path| path.metadata().is_ok_and(|file| file.is_file() && file.len() > 0);
    let (wal, journal) = (beside("-wal"), beside("-journal"));
    if is_wal && has_content(&wal) {
        let what = "its last changes are still in its -wal file; both were read as they are together";
        return copied(&real, &wal, "-wal", what);
    }
    if !is_wal && is_hot(&journal) {
        let what = "it was left in the midst of a change (-journal); it was read as it was before that";
        return copied(&real, &journal, "-journal", what);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if is_wal {
        Connection::open_with_flags(address(&real), flags | OpenFlags::SQLITE_OPEN_URI)
    } else {
        Connection::open_with_flags(path, flags)
    };
    Ok(Database { connection: connection.map_err(damaged)?, told: None, _folder: None })
}

fn damaged(error: rusqlite::Error) -> Fault {
    Fault::Content(error.to_string())
}

/// Whether a journal holds a change that was begun: SQLite blanks its header when the change is done.
fn is_hot(journal: &Path) -> bool {
    let mut head = [0u8; 8];
    File::open(journal).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head.iter().any(|byte| *byte != 0)
}

/// A path as an address of SQLite that says that the file does not change; every byte but plain ones is escaped.
fn address(path: &Path) -> String {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => address.push(char::from(*byte)),
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address.push_str("?immutable=1");
    address
}

/// Size and time of the last change of two files, to see whether somebody writes.
fn state(files: [&Path; 2]) -> io::Result<Vec<(u64, Option<SystemTime>)>> {
    files.into_iter().map(|path| path.metadata().map(|file| (file.len(), file.modified().ok()))).collect()
}

/// Opens a copy of the database and of the file beside it.
fn copied(path: &Path, beside: &Path, ending: &str, what: &str) -> Result<Database, Fault> {
    let no_room = |error: io::Error| {
        Fault::Content(format!(
            "there is a {ending} file beside it, and no copy of both could be made to read them: {error}"
        ))
    };
    let folder = tempfile::tempdir().map_err(no_room)?;
    let copy = folder.path().join("copy.db");
    let copy_beside = folder.path().join(format!("copy.db{ending}"));
    for _ in 0..TRIES {
        let before = state([path, beside]).map_err(no_room)?;
        for (from, to) in [(path, &copy), (beside, &copy_beside)] {
            // without the permissions, which may forbid to write
            io::copy(&mut File::open(from).map_err(no_room)?, &mut File::create(to).map_err(no_room)?)
                .map_err(no_room)?;
        }
        if state([path, beside]).map_err(no_room)? != before {
            continue;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&copy, flags).map_err(damaged)?;
        return Ok(Database { connection, told: Some(what.to_owned()), _folder: Some(folder) });
    }
    Err(Fault::Content("another program is writing to it; close that, and try again".to_owned()))
}
