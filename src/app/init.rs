//! A first config from the data at hand: what the files hold is looked at, and what can be measured with it is written down.

mod extract;
mod files;
mod route_columns;

use std::fs;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use crate::app::inspect::InspectError;
use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::io::read;
use crate::io::read::ReadError;

/// Why no config was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// A file can not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file can not be looked at.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// Nothing in the files can be regions.
    #[error("{files}: nothing there can be regions; {instead}")]
    NoRegions { files: String, instead: String },
    /// The config is there already.
    #[error("\"{}\" is there already; name another file with --out, or write --force to replace it", path.display())]
    Exists { path: PathBuf },
    /// It can not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A config and what it says in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// TOML that runs as it stands.
    pub text: String,
    /// What was found, a line each.
    pub found: Vec<String>,
}

/// What a file is asked about when a config is drafted.
#[derive(Debug, Clone, Copy)]
struct Named<'a> {
    path: &'a Path,
    /// As the config will write it.
    shown: &'a str,
    /// What the study is called.
    stem: &'a str,
}

/// Drafts a config for files that a study beside `out` will read.
///
/// An OpenStreetMap extract alone is a whole study; other files are told by what they hold: areas are regions, a table of stops along
/// routes is services, points with a number of people are demand, other points are facilities.
/// # Errors
/// [`InitError::Read`] and [`InitError::Inspect`] for a file that can not be read, [`InitError::NoRegions`].
pub fn draft(paths: &[PathBuf], out: &Path) -> Result<Draft, InitError> {
    let stem = out.file_stem().map_or_else(|| "study".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let folder = out.parent().unwrap_or(Path::new(""));
    let shown: Vec<String> = paths.iter().map(|path| seen_from(folder, path)).collect();
    let named: Vec<Named<'_>> =
        paths.iter().zip(&shown).map(|(path, shown)| Named { path, shown, stem: &stem }).collect();
    match &named[..] {
        [one] if read::is_extract(one.path) => extract::draft(one),
        all => files::draft(all),
    }
}

/// The config that `init` writes when no other is named: the first file's name without its endings, in the folder at hand.
pub fn default_out(first: &Path) -> PathBuf {
    let name = first.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or("study").to_owned();
    PathBuf::from(format!("{stem}.toml"))
}

/// Writes a draft.
/// # Errors
/// [`InitError::Exists`] unless the file may be replaced; [`InitError::Write`].
pub fn write(draft: &Draft, out: &Path, may_replace: bool) -> Result<(), InitError> {
    if !may_replace && out.exists() {
        return Err(InitError::Exists { path: out.to_owned() });
    }
    Ok(atomic::write_bytes(out, draft.text.as_bytes())?)
}

/// The path of a file as a config in `folder` writes it, with forward slashes; absolute where the two have nothing in common.
fn seen_from(folder: &Path, file: &Path) -> String {
    let slashed = |path: &Path| path.to_string_lossy().replace('\\', "/");
    if folder.as_os_str().is_empty() || file.is_absolute() || read::is_address(file) {
        return slashed(file);
    }
    let whole = |path: &Path| fs::canonicalize(path).ok();
    let (Some(from), Some(to)) = (whole(folder), whole(file)) else {
        return whole(file).map_or_else(|| slashed(file), |path| slashed(&path));
    };
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) = (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(Component::ParentDir, from.len() - shared);
    slashed(&up.chain(to[shared..].iter().copied()).collect::<PathBuf>())
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A word that may stand in an id or a file name: lower-case letters, digits and hyphens.
fn slug(text: &str) -> String {
    let plain: String = text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The outputs that every draft asks for.
fn outputs(stem: &str) -> String {
    let output = |ending: &str| format!("[[output]]\npath = {}\n", quoted(&format!("out/{stem}.{ending}")));
    format!(
        "# Layers with styles and a QGIS project; a report for the browser; the scorecard as JSON and as a table. Any layer can be a file of\n\
         # its own: path = \"out/pairs.geojson\" with layer = \"bus_reach_pairs\".\n{}{}{}{}",
        output("gpkg"),
        output("html"),
        output("json"),
        output("csv")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_is_named_after_the_first_file() {
        for (file, want) in [
            ("data/liechtenstein-latest.osm.pbf", "liechtenstein-latest.toml"),
            ("x.gpkg", "x.toml"),
            (".pbf", "pbf.toml"),
        ] {
            assert_eq!(default_out(Path::new(file)), Path::new(want));
        }
    }

    #[test]
    fn files_are_seen_from_the_folder_of_the_config() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("configs")).unwrap();
        fs::create_dir_all(home.path().join("data")).unwrap();
        fs::write(home.path().join("data/a.csv"), "").unwrap();
        let seen = seen_from(&home.path().join("configs"), &home.path().join("configs/../data/a.csv"));
        // absolute stays absolute
        assert!(Path::new(&seen).is_absolute());
        assert_eq!(seen_from(Path::new(""), Path::new("data/a.csv")), "data/a.csv");
    }
}
