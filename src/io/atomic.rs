//! Files written whole or not at all, and everything that can go wrong on the way.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use thiserror::Error;

/// Why an output was not written. Whatever stood at the path before still stands there.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The path names no file.
    #[error("\"{path}\" names no file to write; write a file name such as out/result.gpkg")]
    NoFileName { path: PathBuf },
    /// The folder of the file does not exist and can not be made.
    #[error("cannot make the folder \"{path}\": {source}; choose a folder you may write to")]
    Folder { path: PathBuf, source: io::Error },
    /// The folder exists, but the file can not be written there.
    #[error("cannot write \"{path}\": {source}; choose a folder you may write to, and close the file where it is open")]
    File { path: PathBuf, source: io::Error },
    /// Another program works on the file that is to be replaced.
    #[error(
        "\"{path}\" is open in another program (\"{journal}\" holds changes); close it there, QGIS for example, and run again"
    )]
    InUse { path: PathBuf, journal: PathBuf },
    /// SQLite refused.
    #[error("cannot write \"{path}\": {source}")]
    Database { path: PathBuf, source: rusqlite::Error },
    /// The compressed project could not be put together.
    #[error("cannot write \"{path}\": {source}")]
    Zip { path: PathBuf, source: zip::result::ZipError },
    /// A table breaks the promises of [`Table`](crate::table::Table).
    #[error("table \"{table}\": {what}")]
    Table { table: String, what: String },
    /// A row of a table breaks the promises of [`Table`](crate::table::Table).
    #[error("table \"{table}\", row {row}, field \"{field}\": {what}")]
    Row { table: String, row: usize, field: String, what: String },
}

/// Writes `bytes` to `path`, replacing what is there, or leaves it as it was.
///
/// The folder is made when it is missing.
///
/// # Errors
/// [`WriteError::NoFileName`], [`WriteError::Folder`] or [`WriteError::File`], with the path.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_with(path, |temporary| {
        let written = File::create_new(temporary).and_then(|mut file| file.write_all(bytes));
        written.map_err(|source| WriteError::File { path: path.to_owned(), source })
    })
}

/// Lets `fill` make the file at a temporary path in the same folder, then renames it to `path`.
///
/// The temporary file does not exist when `fill` is called, and is gone after an error or a panic. The content is
/// on the disk before the rename, so that a crash leaves the old file or the new one, never half of one.
///
/// # Errors
/// What `fill` returns; [`WriteError::NoFileName`], [`WriteError::Folder`] or [`WriteError::File`], with the path;
/// [`WriteError::InUse`] when an SQLite journal with content stands beside the file to be replaced, because SQLite
/// would play it into the new file.
pub fn write_with(path: &Path, fill: impl FnOnce(&Path) -> Result<(), WriteError>) -> Result<(), WriteError> {
    let name = path.file_name().ok_or_else(|| WriteError::NoFileName { path: path.to_owned() })?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|source| WriteError::Folder { path: folder.to_owned(), source })?;
    refuse_open_database(path)?;

    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary_name = format!(".{}.{}-{count}.part", name.to_string_lossy(), process::id());
    let temporary = Temporary { path: folder.join(temporary_name) };
    let failed = |source| WriteError::File { path: path.to_owned(), source };

    // Left by a crashed process that had the same id.
    if let Err(source) = fs::remove_file(&temporary.path)
        && source.kind() != io::ErrorKind::NotFound
    {
        return Err(failed(source));
    }
    fill(&temporary.path)?;
    File::options().write(true).open(&temporary.path).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(&temporary.path, path).map_err(failed)
}

/// A file that is removed when it goes out of scope, unless it was renamed before.
struct Temporary {
    path: PathBuf,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Nothing to do about a failure here: the error that led here is the one to report.
        let _ = fs::remove_file(&self.path);
    }
}

fn refuse_open_database(path: &Path) -> Result<(), WriteError> {
    for suffix in ["-wal", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let journal = PathBuf::from(name);
        if fs::metadata(&journal).is_ok_and(|found| found.is_file() && found.len() > 0) {
            return Err(WriteError::InUse { path: path.to_owned(), journal });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_written_into_a_folder_that_did_not_exist() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("out/结果/x.json");
        write_bytes(&path, b"one").unwrap();
        write_bytes(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(path.parent().unwrap()), ["x.json"]);
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_no_other() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x.gpkg");
        write_bytes(&path, b"old").unwrap();
        let failed = write_with(&path, |temporary| {
            fs::write(temporary, b"half").unwrap();
            Err(WriteError::Table { table: "t".to_owned(), what: "broken".to_owned() })
        });
        assert!(matches!(failed, Err(WriteError::Table { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(home.path()), ["x.gpkg"]);
    }

    #[test]
    fn a_folder_that_can_not_be_made_is_named() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("file"), b"").unwrap();
        let error = write_bytes(&home.path().join("file/x.json"), b"").unwrap_err();
        assert!(matches!(error, WriteError::Folder { .. }), "{error:?}");
        assert!(error.to_string().contains("file\""), "{error}");
        // A folder stands where the file should go.
        fs::create_dir_all(home.path().join("taken/inside")).unwrap();
        let error = write_bytes(&home.path().join("taken"), b"").unwrap_err();
        assert!(matches!(error, WriteError::File { .. }), "{error:?}");
        assert_eq!(names(home.path()), ["file", "taken"]);
        assert!(matches!(write_bytes(Path::new("/"), b""), Err(WriteError::NoFileName { .. })));
    }

    #[test]
    fn a_database_that_another_program_changes_is_not_replaced() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x.gpkg");
        write_bytes(&path, b"old").unwrap();
        fs::write(home.path().join("x.gpkg-wal"), b"").unwrap();
        write_bytes(&path, b"new").unwrap();
        fs::write(home.path().join("x.gpkg-wal"), b"frames").unwrap();
        assert!(matches!(write_bytes(&path, b"newer"), Err(WriteError::InUse { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
