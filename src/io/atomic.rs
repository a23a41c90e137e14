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
    /// A database server could not be reached, or refused; `shown` is without a password.
    #[error("cannot write to \"{shown}\": {what}")]
    Server { shown: String, what: String },
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
    let temporary = temporary_for(path)?;
    refuse_open_database(path)?;
    let failed = |source| WriteError::File { path: path.to_owned(), source };
    fill(&temporary.path)?;
    File::options().write(true).open(&temporary.path).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(&temporary.path, path).map_err(failed)
}

/// Writes several files that are one thing, all of them or none, replacing what is there; `stale` files go with the old ones.
///
/// Every file is on the disk under a temporary name before the first is renamed. The old files are moved away, the last of
/// `files` first, and the last one comes in last: who finds the last one there finds the others of the same run. When one
/// can not be put in place, the old ones are put back.
///
/// # Errors
/// [`WriteError::NoFileName`], [`WriteError::Folder`] or [`WriteError::File`], with the path.
pub fn write_together(files: &[(PathBuf, Vec<u8>)], stale: &[PathBuf]) -> Result<(), WriteError> {
    let mut staged = Vec::with_capacity(files.len());
    for (path, bytes) in files {
        let file_error = |source| WriteError::File { path: path.clone(), source };
        if path.is_dir() {
            return Err(file_error(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        let temporary = temporary_for(path)?;
        let mut file = File::create_new(&temporary.path).map_err(file_error)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(file_error)?;
        staged.push((path, temporary));
    }
    let mut replaced = Replaced::default();
    let old = stale.iter().chain(files.iter().map(|(path, _)| path)).rev().filter(|path| path.is_file());
    for path in old {
        let backup = temporary_for(path)?.path.clone();
        fs::rename(path, &backup).map_err(|source| WriteError::File { path: path.clone(), source })?;
        replaced.moved.push((path.clone(), backup));
    }
    for (path, temporary) in &staged {
        fs::rename(&temporary.path, path).map_err(|source| WriteError::File { path: (*path).clone(), source })?;
        replaced.placed.push((*path).clone());
    }
    replaced.is_complete = true;
    Ok(())
}

/// Files on their way in and out: when it goes out of scope, the old ones are dropped if all is done, and put back if not.
#[derive(Default)]
struct Replaced {
    /// Where old files stood, and where they stand now.
    moved: Vec<(PathBuf, PathBuf)>,
    placed: Vec<PathBuf>,
    is_complete: bool,
}

impl Drop for Replaced {
    fn drop(&mut self) {
        // Nothing to do about a failure here: the error that led here is the one to report.
        if self.is_complete {
            for (_, backup) in &self.moved {
                let _ = fs::remove_file(backup);
            }
        } else {
            for path in &self.placed {
                let _ = fs::remove_file(path);
            }
            for (path, backup) in self.moved.iter().rev() {
                let _ = fs::rename(backup, path);
            }
        }
    }
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

/// A free name beside `path`, in a folder that is made when it is missing.
fn temporary_for(path: &Path) -> Result<Temporary, WriteError> {
    let name = path.file_name().ok_or_else(|| WriteError::NoFileName { path: path.to_owned() })?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|source| WriteError::Folder { path: folder.to_owned(), source })?;

    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary_name = format!(".{}.{}-{count}.part", name.to_string_lossy(), process::id());
    let temporary = Temporary { path: folder.join(temporary_name) };
    // Left by a crashed process that had the same id.
    match fs::remove_file(&temporary.path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(WriteError::File { path: path.to_owned(), source })
        }
        _ => Ok(temporary),
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
    fn files_that_are_one_thing_are_replaced_together_or_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        let files = |content: &str| {
            [(path("x.dbf"), content.as_bytes().to_vec()), (path("x.shp"), content.as_bytes().to_vec())]
        };
        write_together(&files("old"), &[]).unwrap();
        fs::write(path("x.qix"), b"index of the old shapes").unwrap();
        // a folder stands where one of the files should go
        fs::create_dir_all(path("x.prj/inside")).unwrap();
        let mut three = files("new").to_vec();
        three.insert(0, (path("x.prj"), Vec::new()));
        assert!(matches!(write_together(&three, &[path("x.qix")]), Err(WriteError::File { .. })));
        assert_eq!(fs::read(path("x.shp")).unwrap(), b"old");
        assert_eq!(names(home.path()), ["x.dbf", "x.prj", "x.qix", "x.shp"]);
        write_together(&files("new"), &[path("x.qix"), path("x.sbn")]).unwrap();
        assert_eq!(
            (fs::read(path("x.dbf")).unwrap(), fs::read(path("x.shp")).unwrap()),
            (b"new".to_vec(), b"new".to_vec())
        );
        assert_eq!(names(home.path()), ["x.dbf", "x.prj", "x.shp"]);
    }

    #[test]
    fn what_was_moved_away_is_put_back() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::write(path("x.shp"), b"new").unwrap();
        fs::write(path(".x.part"), b"old").unwrap();
        let moved = vec![(path("x.shp"), path(".x.part"))];
        drop(Replaced { moved, placed: vec![path("x.shp")], is_complete: false });
        assert_eq!((fs::read(path("x.shp")).unwrap(), names(home.path()).len()), (b"old".to_vec(), 1));
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
