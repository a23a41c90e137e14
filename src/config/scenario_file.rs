//! The text of a patch: what a scenario changes in a study, word for word.
//!
//! Unknown keys are errors in every table. The JSON schema is generated from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::units::Text;
use crate::config::file::Datum;
use crate::config::file::DemandFile;
use crate::config::file::HazardsFile;
use crate::config::file::OneOrMany;
use crate::config::file::Reading;
use crate::config::file::ServiceColumns;
use crate::config::file::WaterFile;
use crate::config::file::source_table;

/// A patch over a study: what would be otherwise. What it does not name stays as the study has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScenarioFile {
    /// Title of the scenario; it stands behind the study's in every output.
    pub title: Text,
    /// Short name, put at the end of the names of output files: lower-case letters, digits and hyphens; left out, the patch's file name.
    pub id: Option<String>,
    /// Facilities that open, close, or have another capacity.
    #[serde(default)]
    pub facilities: FacilityChanges,
    /// Lines and streets.
    #[serde(default)]
    pub network: NetworkChanges,
    /// Who needs to be reached: another year.
    #[serde(default)]
    pub people: PeopleChanges,
    /// Hazard areas beside those of the study: facilities in them do not count, and streets in them are closed.
    #[serde(default)]
    pub hazards: OneOrMany<HazardsFile>,
    /// Other definitions, by the indicator's id: parameters of its metric, e.g. `within = "3 km"`, `target`, and `norm`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, serde_json::Value>>")]
    pub indicator: BTreeMap<String, toml::Table>,
}

/// `[facilities]` of a patch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FacilityChanges {
    /// Facilities that are there as well.
    #[serde(default)]
    pub open: OneOrMany<OpenFile>,
    /// Facilities that are not there.
    #[serde(default)]
    pub close: OneOrMany<CloseFile>,
    /// Facilities with another capacity.
    #[serde(default)]
    pub capacity: OneOrMany<CapacityFile>,
}

/// One facility more. Its place is `lon` and `lat`, or `x` and `y`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OpenFile {
    /// The source of the study that it joins: its path, its file name with or without ending, or a kind that the config gives it.
    pub of: String,
    /// An id that no facility of the source has.
    pub id: String,
    /// Left out, the id.
    pub name: Option<String>,
    /// What it is, where a field of the source says it (`kind-field`).
    pub kind: Option<String>,
    /// Longitude, degrees.
    pub lon: Option<f64>,
    /// Latitude, degrees.
    pub lat: Option<f64>,
    /// The datum of the degrees; left out, `wgs-84`.
    pub datum: Option<Datum>,
    /// Easting in the study plane, metres.
    pub x: Option<f64>,
    /// Northing in the study plane, metres.
    pub y: Option<f64>,
    /// In the unit of the source; left out, it is not known, which is not zero.
    pub capacity: Option<f64>,
    /// Code of the region that it belongs to; left out, its place says.
    pub region: Option<String>,
    /// What further columns of the source would say of it, e.g. `{ level = "long_term" }`: the source's `kinds` ask for them.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// It is made up, and everything that rests on it says so.
    #[serde(default)]
    pub synthetic: bool,
}

/// Facilities that are closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CloseFile {
    /// The source of the study that has them: its path, its file name with or without ending, or a kind that the config gives it.
    pub of: String,
    /// Their ids, as the source has them.
    pub id: OneOrMany<String>,
    /// Their kind, where facilities of several kinds have the same id.
    pub kind: Option<String>,
}

/// Facilities with another capacity: `capacity` or `times`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CapacityFile {
    /// The source of the study that has them: its path, its file name with or without ending, or a kind that the config gives it.
    pub of: String,
    /// Their ids, as the source has them.
    pub id: OneOrMany<String>,
    /// Their kind, where facilities of several kinds have the same id.
    pub kind: Option<String>,
    /// What each holds, in the unit of the source.
    pub capacity: Option<f64>,
    /// What each holds, as so many times what it holds in the study.
    pub times: Option<f64>,
}

/// `[network]` of a patch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NetworkChanges {
    /// Lines that run as well: route tables, one row a stop.
    #[serde(default)]
    pub add_lines: OneOrMany<AddedLinesFile>,
    /// Ids of lines that do not run: `route` of a route table, `route_id` of a timetable.
    #[serde(default)]
    pub withdraw_lines: OneOrMany<String>,
    /// Areas in which streets, and cells of the cost surface, are closed; facilities in them count.
    #[serde(default)]
    pub close_areas: OneOrMany<WaterFile>,
    /// Streets that are closed: conditions on their fields, e.g. `osm_id = 4711|4712`.
    #[serde(default)]
    pub close_streets: OneOrMany<String>,
}

source_table! {
    /// A route table of lines that a scenario adds. It says nothing of what else runs where they stop.
    pub struct AddedLinesFile {
        /// Departures a day and direction of lines for which the file gives none; left out, nobody knows how often such lines run.
        pub default_trips_per_day: Option<f64>,
        /// Names of the columns where they differ from the usual ones.
        #[serde(default)]
        pub columns: ServiceColumns,
    }
}

/// `[people]` of a patch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PeopleChanges {
    /// Demand layers with so many times the people.
    #[serde(default)]
    pub scale: OneOrMany<ScaleFile>,
    /// Demand layers read from other files; each takes the place of the layer with its name.
    #[serde(default)]
    pub replace: OneOrMany<DemandFile>,
}

/// A demand layer with so many times the people, everywhere alike (`by`) or region by region (`regions`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScaleFile {
    /// The layer; left out, the only one.
    pub demand: Option<String>,
    /// Groups of weight, e.g. `people`; left out, all that the study names. `count` is never scaled.
    #[serde(default)]
    pub groups: OneOrMany<String>,
    /// Factor of every point, 1.02 for 2 % more.
    pub by: Option<f64>,
    /// Factors by region code, of any level: of the regions that hold a point, the smallest one counts. They stand before `by`.
    #[serde(default)]
    pub regions: BTreeMap<String, f64>,
}
