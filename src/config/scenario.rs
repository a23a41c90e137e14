//! A scenario: a patch over a study, and the plan that comes of it.
//!
//! What the config can say already (hazards, streets, demand, indicators, outputs) is changed in the config; the rest is [`Edits`] of the
//! records that are read. The changes fall into groups, and each group can be left out, so that its part in the whole can be told.

mod patch;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::units::Text;
use crate::config;
use crate::config::error;
use crate::config::error::ConfigError;
use crate::config::error::Finding;
use crate::config::file::ConfigFile;
use crate::config::file::Datum;
use crate::config::plan::Plan;
use crate::config::plan::ServiceSource;
use crate::config::scenario_file::ScenarioFile;
use crate::indicators::split::Change;
use crate::indicators::split::Group;

/// What a plan knows of its scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioPlan {
    /// At the end of the names of output files.
    pub id: String,
    pub title: Text,
    /// What messages call the patch, mostly its path.
    pub name: String,
    /// The text of the patch.
    pub text: Arc<str>,
    /// The text of the study; that of the plan has the changes of the patch in it.
    pub study_text: Arc<str>,
    /// What is otherwise in the records that are read.
    pub edits: Edits,
    /// What is otherwise in the config, told.
    pub changes: Vec<Change>,
}

/// What a scenario changes in the records that are read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edits {
    /// What messages call the patch.
    pub patch: String,
    /// In the order of the patch: opened, closed, of another capacity.
    pub facilities: Vec<FacilityEdit>,
    /// Names of hazards that the scenario adds, as far as they take facilities.
    pub hazards: Vec<String>,
    /// Route tables of lines that run as well.
    pub lines: Vec<ServiceSource>,
    /// Ids of lines that do not run.
    pub withdrawn: Vec<String>,
    pub scales: Vec<Scale>,
}

/// One change of the facilities of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct FacilityEdit {
    /// Position of the source in the plan.
    pub source: usize,
    pub what: FacilityChange,
}

/// What becomes of a facility.
#[derive(Debug, Clone, PartialEq)]
pub enum FacilityChange {
    Open(Box<Opened>),
    Close { id: String, kind: Option<String> },
    Capacity { id: String, kind: Option<String>, to: NewCapacity },
}

/// A capacity instead of the one that was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NewCapacity {
    Is(f64),
    Times(f64),
}

/// A facility that is not in the source.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    pub id: String,
    pub name: String,
    /// Where a field of the source says it.
    pub kind: Option<String>,
    pub at: Spot,
    pub capacity: Option<f64>,
    /// Code of a region.
    pub region: Option<String>,
    /// What columns of the source would say.
    pub fields: BTreeMap<String, String>,
    pub synthetic: bool,
}

/// Where a facility opens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spot {
    /// Longitude and latitude, degrees of the datum.
    Degrees([f64; 2], Datum),
    /// Metres of the study plane.
    Plane([f64; 2]),
}

/// Another number of people.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Name of the demand layer.
    pub demand: String,
    /// Empty is every group of the layer but `count`.
    pub groups: Vec<String>,
    pub by: Option<f64>,
    /// By region code.
    pub regions: BTreeMap<String, f64>,
}

/// A study and a patch, read and not yet joined.
#[derive(Debug, Clone)]
pub struct Scenario {
    study: ConfigFile,
    study_name: String,
    study_text: Arc<str>,
    base_dir: PathBuf,
    patch: ScenarioFile,
    patch_name: String,
    patch_text: Arc<str>,
    patch_dir: PathBuf,
}

impl Scenario {
    /// The study in the file at `study` with the patch in the file at `patch`; paths in each are relative to its own folder.
    ///
    /// # Errors
    /// [`ConfigError::Read`] when a file can not be read, [`ConfigError::Invalid`] when what one says can not be meant.
    pub fn load(study: &Path, patch: &Path) -> Result<Scenario, ConfigError> {
        let (text, patch_text) = (config::text_of(study)?, config::text_of(patch)?);
        let (name, patch_name) = (study.display().to_string(), patch.display().to_string());
        Scenario::parse((&text, &name, config::folder(study)), (&patch_text, &patch_name, config::folder(patch)))
    }

    /// The same of texts: each with what messages call it and the folder that its paths are relative to.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with everything that is wrong with the study, and else with the patch.
    pub fn parse(study: (&str, &str, &Path), patch: (&str, &str, &Path)) -> Result<Scenario, ConfigError> {
        let plain = |text: &str| -> Arc<str> { text.strip_prefix('\u{FEFF}').unwrap_or(text).into() };
        let (study_text, patch_text) = (plain(study.0), plain(patch.0));
        // a study that is wrong of itself is told in its own text
        config::parse(&study_text, study.1, study.2)?;
        let invalid = |findings: Vec<Finding>, name: &str, text: &Arc<str>| error::invalid(name, text, findings);
        let study_file = config::read(&study_text).map_err(|found| invalid(found, study.1, &study_text))?;
        let patch_file = config::read(&patch_text).map_err(|found| invalid(found, patch.1, &patch_text))?;
        Ok(Scenario {
            study: study_file,
            study_name: study.1.to_owned(),
            study_text,
            base_dir: study.2.to_owned(),
            patch: patch_file,
            patch_name: patch.1.to_owned(),
            patch_text,
            patch_dir: patch.2.to_owned(),
        })
    }

    /// The plan with every change.
    ///
    /// # Errors
    /// As [`with`](Scenario::with).
    pub fn plan(&self) -> Result<Plan, ConfigError> {
        self.with(&Group::ALL.into())
    }

    /// The plan with the changes of some groups; those of the others are left out.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with what the patch names and the study does not have, or with what is wrong with both together.
    pub fn with(&self, groups: &BTreeSet<Group>) -> Result<Plan, ConfigError> {
        let id = self.id();
        let made = patch::apply(self, groups, &id)
            .map_err(|findings| error::invalid(&self.patch_name, &self.patch_text, findings))?;
        let name = format!("{} with {}", self.study_name, self.patch_name);
        let mut plan = config::from_memory(&made.file, &name, &self.base_dir)?;
        plan.name = self.study_name.clone();
        plan.scenario = Some(ScenarioPlan {
            id,
            title: self.patch.title.clone(),
            name: self.patch_name.clone(),
            text: Arc::clone(&self.patch_text),
            study_text: Arc::clone(&self.study_text),
            edits: made.edits,
            changes: made.changes,
        });
        Ok(plan)
    }

    /// The groups that the patch changes figures by, in their order: a target alone changes no figure.
    ///
    /// # Errors
    /// As [`with`](Scenario::with).
    pub fn groups(&self) -> Result<BTreeSet<Group>, ConfigError> {
        let made = patch::apply(self, &Group::ALL.into(), &self.id())
            .map_err(|findings| error::invalid(&self.patch_name, &self.patch_text, findings))?;
        Ok(made.groups)
    }

    /// What the patch calls itself, or its file name.
    fn id(&self) -> String {
        let stem = || Path::new(&self.patch_name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let plain = |c: char| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
        self.patch.id.clone().unwrap_or_else(|| stem().unwrap_or_default().chars().map(plain).collect())
    }
}

/// A path of the patch as the study's folder sees it.
fn seen_from(base_dir: &Path, patch_dir: &Path, path: &str) -> String {
    if Path::new(path).is_absolute() {
        return path.to_owned();
    }
    let parts = |path: &Path| {
        let mut parts: Vec<String> = Vec::new();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir if parts.last().is_some_and(|last| last != "..") => {
                    parts.pop();
                }
                other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
            }
        }
        parts
    };
    let (mut base, mut full) = (base_dir.to_owned(), patch_dir.join(path));
    if base.is_absolute() != full.is_absolute() || parts(&base).iter().any(|part| part == "..") {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or(path.to_owned());
        (base, full) = (absolute(&base), absolute(&full));
    }
    let (base, full) = (parts(&base), parts(&full));
    let same = base.iter().zip(&full).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", base.len() - same);
    up.chain(full[same..].iter().map(String::as_str)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_patch_are_seen_from_the_folder_of_the_study() {
        let cases = [
            (("configs", "configs/scenarios", "flood.geojson"), "scenarios/flood.geojson"),
            (("configs", "configs/scenarios", "../../geodata/x.csv"), "../geodata/x.csv"),
            (("configs", "configs", "./x.csv"), "x.csv"),
            ((".", "patches", "x.csv"), "patches/x.csv"),
            (("a/b", "a/c", "x.csv"), "../c/x.csv"),
            (("/s/configs", "/s/patches", "x.csv"), "../patches/x.csv"),
            (("configs", "patches", "/data/x.csv"), "/data/x.csv"),
        ];
        for ((base, patch, path), want) in cases {
            assert_eq!(seen_from(Path::new(base), Path::new(patch), path), want, "{base} {patch} {path}");
        }
    }
}
