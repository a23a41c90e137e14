//! What the text of a config says, word for word: nothing resolved, nothing looked up.
//!
//! Unknown keys are errors in every table. The JSON schema is generated from these types.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de;
use toml::value::Datetime;

use crate::base::units::KmPerHour;
use crate::base::units::Lang;
use crate::base::units::Limit;
use crate::base::units::Metres;
use crate::base::units::Seconds;
use crate::base::units::Share;
use crate::base::units::Text;
use crate::base::units::UnitError;
use crate::base::units::trim_zeros;
use crate::config::norms::NormFile;
use crate::config::profile::ProfileFile;
use crate::indicators::target::Origin;
use crate::indicators::target::Quantity;
use crate::metrics::Measure;
use crate::model::region::Level;
use crate::model::transit::Mode as TransitMode;
use crate::model::travel::Clock;
use crate::model::travel::Wait;

/// A study file of tongda: what is read, what is measured, what is promised, what is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConfigFile {
    /// Title of the study, on the scorecard and in every output.
    pub title: Text,
    /// Language of the scorecard; left out, the locale decides.
    pub lang: Option<Lang>,
    /// Approval number of the maps (审图号), shown below every map of a report; without one the maps say that they are not for publication in China.
    pub map_approval: Option<String>,
    /// The day that the data speaks of, a date without quotes: `2026-06-30`. With it a missed target that has a day says what pace is needed.
    #[schemars(with = "Option<DateSchema>")]
    pub as_of: Option<Datetime>,
    /// What is read.
    pub study: StudyFile,
    /// Files of norms, relative to the folder of the config, e.g. `norms.toml`.
    #[serde(default)]
    pub norms: OneOrMany<String>,
    /// Norms of this config's own; one stands before a norm of a file with the same id.
    #[serde(default)]
    pub norm: Vec<NormFile>,
    /// Tables that somebody may deliver; each is read once its file is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input: Vec<InputFile>,
    /// What is measured and judged.
    #[serde(default)]
    pub indicator: Vec<IndicatorFile>,
    /// What is written.
    #[serde(default)]
    pub output: Vec<OutputFile>,
}

/// `[study]`: the data of one territory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StudyFile {
    /// The metric CRS in which lengths, areas and borders are measured, e.g. `EPSG:4549`; left out, the fitting zone.
    pub plane: Option<String>,
    /// A source that loses a larger share of its records, or of their weight, stops the run, unless nothing of it is measured; left out, 20 %.
    pub max_loss: Option<Share>,
    /// Administrative regions, one source a level.
    pub regions: OneOrMany<RegionsFile>,
    /// Codes that have changed: a table with `old` and `new`, for records that still carry the old ones.
    pub code_changes: Option<CodeChangesFile>,
    /// Which regions are judged, by level; left out, all. Others are context: neighbours, facilities over the border.
    #[serde(default)]
    pub evaluate: BTreeMap<Level, Codes>,
    /// Places that people go to.
    #[serde(default)]
    pub facilities: OneOrMany<FacilitiesFile>,
    /// Hazard areas of the scenario that is measured: facilities in them do not count, and streets in them are closed.
    #[serde(default)]
    pub hazards: OneOrMany<HazardsFile>,
    /// Districts that say which facility people belong to.
    #[serde(default)]
    pub districts: OneOrMany<DistrictsFile>,
    /// Those who need to be reached.
    #[serde(default)]
    pub demand: OneOrMany<DemandFile>,
    /// Records with all their fields, for `overlay-share` and `attribute-share`.
    #[serde(default)]
    pub records: OneOrMany<RecordsFile>,
    /// Bus lines: a route table, one row a stop.
    pub services: Option<ServicesFile>,
    /// Timetables: GTFS feeds.
    pub transit: Option<TransitFile>,
    /// When and how one travels where an indicator says `by = "transit"`.
    pub travel: Option<TravelFile>,
    /// Streets, for distances along them (`by = "walk"`).
    pub streets: Option<StreetsFile>,
    /// A raster cost surface, for ways on foot where streets are few or none (`by = "surface"`).
    pub surface: Option<SurfaceFile>,
    /// Water areas; borders inside them are water borders.
    pub water: Option<WaterFile>,
    /// A CSV with `code_a`, `code_b`, `action` (include or exclude) and `reason` that wins over geometry.
    pub pair_overrides: Option<String>,
    /// The bureau's own ledger of connected pairs: a CSV with `code_a`, `code_b`, `line`, `opened`, `closed` and
    /// `trips_per_day`.
    pub declared_pairs: Option<String>,
    /// Values that others report: tables with `indicator`, `date` and `value`, and where they have them `region` (a code; none is the whole
    /// area) and `source`.
    #[serde(default)]
    pub reported: OneOrMany<ReportedFile>,
}

/// The datum in which a file's coordinates are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Datum {
    /// Degrees of WGS 84.
    #[serde(rename = "wgs-84")]
    Wgs84,
    /// Degrees of CGCS2000.
    #[serde(rename = "cgcs2000")]
    Cgcs2000,
    /// The shifted coordinates of Chinese web maps (Amap, Tencent); undone on reading.
    #[serde(rename = "gcj-02")]
    Gcj02,
    /// The coordinates of Baidu maps, shifted twice; undone on reading.
    #[serde(rename = "bd-09")]
    Bd09,
}

impl Datum {
    /// As a config writes it.
    pub fn name(self) -> &'static str {
        match self {
            Datum::Wgs84 => "wgs-84",
            Datum::Cgcs2000 => "cgcs2000",
            Datum::Gcj02 => "gcj-02",
            Datum::Bd09 => "bd-09",
        }
    }
}

/// How one file is to be read, whatever it holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    pub path: String,
    pub layer: Option<String>,
    pub crs: Option<String>,
    pub datum: Option<Datum>,
    pub x: Option<String>,
    pub y: Option<String>,
    pub wkt: Option<String>,
    pub encoding: Option<String>,
    pub filter: Option<OneOrMany<String>>,
    pub bbox: Option<[f64; 4]>,
    pub synthetic: Option<bool>,
    pub licence: Option<String>,
    pub credit: Option<String>,
    pub dated: Option<String>,
}

/// Tables of a config that name a file have these keys in common. (serde's `flatten` would lose the place of errors
/// and the list of unknown keys.)
macro_rules! source_table {
    ($(#[$doc:meta])* pub struct $name:ident { $($(#[$field_doc:meta])* pub $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub struct $name {
            /// The file, relative to the folder of the config.
            pub path: String,
            /// The layer, for files that hold several.
            pub layer: Option<String>,
            /// The CRS of the coordinates, e.g. `EPSG:4490`; for files that do not carry one.
            pub crs: Option<String>,
            /// The datum of the coordinates; `gcj-02` and `bd-09` are undone on reading.
            pub datum: Option<Datum>,
            /// Column of the longitude or easting, for tables.
            pub x: Option<String>,
            /// Column of the latitude or northing, for tables.
            pub y: Option<String>,
            /// Column that holds the geometry as WKT, for tables.
            pub wkt: Option<String>,
            /// Encoding of a text file, e.g. `gb18030`; left out, it is detected.
            pub encoding: Option<String>,
            /// Which records are meant, e.g. `admin_level = 8`: conditions joined by `&`, or a list of which one must hold; left out, all.
            #[serde(rename = "where")]
            pub filter: Option<OneOrMany<String>>,
            /// Only records that reach into this rectangle: west, south, east, north, in the file's own coordinates.
            pub bbox: Option<[f64; 4]>,
            /// The data is made up, and everything that rests on it says so.
            pub synthetic: Option<bool>,
            /// The licence of the data, e.g. `CC BY 4.0`; shown on printed maps and in metadata.
            pub licence: Option<String>,
            /// Whom the licence asks to be named, e.g. `© GeoNames`; shown on printed maps and in metadata.
            pub credit: Option<String>,
            /// Of what time the data is, in your words, e.g. `2023-06-30`; shown on printed maps and in metadata.
            pub dated: Option<String>,
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        impl $name {
            /// How the file is to be read.
            pub fn reading(&self) -> Reading {
                Reading {
                    path: self.path.clone(),
                    layer: self.layer.clone(),
                    crs: self.crs.clone(),
                    datum: self.datum,
                    x: self.x.clone(),
                    y: self.y.clone(),
                    wkt: self.wkt.clone(),
                    encoding: self.encoding.clone(),
                    filter: self.filter.clone(),
                    bbox: self.bbox,
                    synthetic: self.synthetic,
                    licence: self.licence.clone(),
                    credit: self.credit.clone(),
                    dated: self.dated.clone(),
                }
            }
        }
    };
}

pub(crate) use source_table;

source_table! {
    /// Regions of one level.
    pub struct RegionsFile {
        /// Level of these regions.
        pub level: Level,
        /// Field of the code; left out, `code`.
        pub code: Option<String>,
        /// Field of the name; left out, `name` where there is one, and else the code.
        pub name: Option<String>,
        /// Which system the codes are of: from `gb-t-2260` the regions above follow, and which counties are districts. Left out, the codes
        /// themselves say: their form, and whether the outlines lie where the codes say.
        pub code_system: Option<CodeSystem>,
        /// Field of the code of the region one level up; left out, the prefix of its own code says, where it is one of GB/T 2260.
        pub parent: Option<String>,
        /// Fields of the regions above, by level.
        #[serde(default)]
        pub parents: BTreeMap<Level, ParentFile>,
        /// `none` for a list of regions without outlines.
        #[serde(default)]
        pub geometry: GeometryUse,
        /// Field that says whether the region is a district of a city proper; left out, its code says, where it is one of GB/T 2260.
        pub district: Option<String>,
        /// Repair self-intersecting polygons instead of leaving them out; they are listed either way.
        #[serde(default)]
        pub repair: bool,
    }
}

source_table! {
    /// Changes of administrative codes: one row a change; columns `date` and `note`, where there are any, are shown beside it.
    pub struct CodeChangesFile {
        /// Field of the old code; left out, `old`.
        pub old: Option<String>,
        /// Field of the new code; left out, `new`.
        pub new: Option<String>,
    }
}

source_table! {
    /// Facilities of one kind, or of the kinds that a field names.
    pub struct FacilitiesFile {
        /// What they are, e.g. `clinic`; indicators name it.
        pub kind: Option<String>,
        /// Field that says what each of them is.
        pub kind_field: Option<String>,
        /// Kinds by conditions on fields: kind = condition, or a list of which one must hold, e.g. `clinic = "amenity = clinic|doctors"`. A
        /// record of several kinds is a facility of each; one of none is passed over.
        #[serde(default)]
        pub kinds: BTreeMap<String, OneOrMany<String>>,
        /// Field of the id; left out, the number of the record.
        pub id: Option<String>,
        /// Field of the name; left out, the id.
        pub name: Option<String>,
        /// Field of the capacity, e.g. `beds`.
        pub capacity: Option<String>,
        /// Field of the code of the region that the facility belongs to; left out, its place says.
        pub region: Option<String>,
    }
}

source_table! {
    /// A layer of demand points; or a raster of counts (`.tif`), each cell with people a point at its centre, or shared by area where borders cut it.
    pub struct DemandFile {
        /// What indicators call the layer; left out, `demand`.
        pub name: Option<String>,
        /// Field of the id; left out, the number of the record.
        pub id: Option<String>,
        /// Field of the name; left out, the id.
        pub label: Option<String>,
        /// Field of the number of people.
        pub people: Option<String>,
        /// Other weights: name of the group = field; of a raster, name of the group = another raster on the same grid.
        #[serde(default)]
        pub groups: BTreeMap<String, String>,
        /// Field of the code of a region of any level that the record belongs to; left out, its place says.
        pub region: Option<String>,
        /// Field that tells the records apart, e.g. into urban and rural: figures are given for each class too.
        pub class: Option<String>,
        /// A second file that knows where the records are.
        pub locate: Option<LocateFile>,
        /// The records are totals of regions, and this says where in each region people live: `even`, or a file.
        pub spread: Option<SpreadFile>,
        /// Side of the cells that totals are spread over; left out, 250 m.
        pub cell: Option<Metres>,
    }
}

source_table! {
    /// Where people live within a region: points, polygons, or a raster of counts or classes (`.tif`).
    pub struct WeightsFile {
        /// Field of the weight: of a point, or of each square metre of a polygon (a density); left out, all are alike.
        pub weight: Option<String>,
        /// Field of the weight of a whole record, e.g. the floor area of a building; a polygon's is shared over its area.
        pub amount: Option<String>,
        /// Of a raster: weight of each square metre by class, e.g. `{ "50" = 10, "30" = 3 }`; nobody lives in other classes. Left out, cells
        /// hold counts.
        #[serde(default)]
        pub classes: BTreeMap<String, f64>,
        /// Repair self-intersecting polygons instead of leaving them out; they are listed either way.
        #[serde(default)]
        pub repair: bool,
    }
}

/// How totals of regions are spread within them.
#[derive(Debug, Clone, PartialEq)]
pub enum SpreadFile {
    /// Over the area of the region, the same everywhere.
    Even,
    /// By a file that says where people live.
    Weights(Box<WeightsFile>),
}

impl<'de> Deserialize<'de> for SpreadFile {
    // by hand, because an untagged enum would lose the place of an error inside
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<SpreadFile, D::Error> {
        struct Reader;
        impl<'de> de::Visitor<'de> for Reader {
            type Value = SpreadFile;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("\"even\", or a file: { path = \"settlements.gpkg\", weight = \"…\" }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<SpreadFile, E> {
                match text {
                    "even" => Ok(SpreadFile::Even),
                    other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                }
            }
            fn visit_map<A: de::MapAccess<'de>>(self, table: A) -> Result<SpreadFile, A::Error> {
                let weights = WeightsFile::deserialize(de::value::MapAccessDeserializer::new(table))?;
                Ok(SpreadFile::Weights(Box::new(weights)))
            }
        }
        from.deserialize_any(Reader)
    }
}

impl Serialize for SpreadFile {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            SpreadFile::Even => to.serialize_str("even"),
            SpreadFile::Weights(weights) => weights.serialize(to),
        }
    }
}

impl JsonSchema for SpreadFile {
    fn schema_name() -> Cow<'static, str> {
        "SpreadFile".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let weights = generator.subschema_for::<WeightsFile>();
        json_schema!({ "anyOf": [{ "type": "string", "enum": ["even"] }, weights] })
    }
}

source_table! {
    /// A file that gives the places of records by a key.
    pub struct LocateFile {
        /// Its field that holds the `id` of the demand records.
        pub key: String,
    }
}

source_table! {
    /// A route table: one row a stop, rows of one route and direction together.
    pub struct ServicesFile {
        /// Code prefixes of the regions for which the table holds every service there is; elsewhere, no service in the
        /// table means no data.
        #[serde(default)]
        pub complete_for: Vec<String>,
        /// Departures a day and direction of lines for which the file gives none; left out, nobody knows how often such lines run.
        pub default_trips_per_day: Option<f64>,
        /// Names of the columns where they differ from the usual ones.
        #[serde(default)]
        pub columns: ServiceColumns,
    }
}

/// `[study.transit]`: timetables. They and a route table may be given together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TransitFile {
    /// GTFS feeds: ZIP archives or folders, of one feed each or of several, relative to the folder of the config.
    pub gtfs: OneOrMany<String>,
    /// The day that is measured, a date without quotes: `2026-03-04`; left out, the Tuesday, Wednesday or Thursday with the most trips,
    /// the first of several.
    #[schemars(with = "Option<DateSchema>")]
    pub date: Option<Datetime>,
    /// Days that are not chosen where `date` is left out, though they may be such a weekday: `[2026-10-01, 2026-10-02]`.
    #[serde(default)]
    #[schemars(with = "Vec<DateSchema>")]
    pub holidays: Vec<Datetime>,
    /// Code prefixes of the regions for which the feeds together hold every service there is; elsewhere, no service in them means no data.
    #[serde(default)]
    pub complete_for: Vec<String>,
    /// The datum of the coordinates where it is not that of GTFS, `wgs-84`; `gcj-02` and `bd-09` are undone on reading.
    pub datum: Option<Datum>,
    /// The data is made up, and everything that rests on it says so.
    pub synthetic: Option<bool>,
}

source_table! {
    /// Water areas.
    pub struct WaterFile {
        /// Repair self-intersecting polygons instead of leaving them out; they are listed either way.
        #[serde(default)]
        pub repair: bool,
    }
}

source_table! {
    /// Reported values.
    pub struct ReportedFile {}
}

source_table! {
    /// Hazard areas: a flood, a fire, a slide. A facility in one, border included, counts for no indicator.
    pub struct HazardsFile {
        /// What messages and layers call the hazard, e.g. `flood`; left out, the path.
        pub name: Option<String>,
        /// Field of the name of each area; left out, `name` where there is one, and else the number of the record.
        pub label: Option<String>,
        /// Whether streets in the areas, and cells of the cost surface, are closed too; left out, they are.
        pub closes_streets: Option<bool>,
        /// Whether facilities in the areas do not count; left out, they do not.
        pub takes_facilities: Option<bool>,
        /// Repair self-intersecting polygons instead of leaving them out; they are listed either way.
        #[serde(default)]
        pub repair: bool,
    }
}

source_table! {
    /// Districts: polygons that name the facility of their people (学区).
    pub struct DistrictsFile {
        /// What indicators call them, e.g. `primary`; left out, `districts`.
        pub name: Option<String>,
        /// Field of the facility's id, as the facilities' own `id` has it.
        pub facility: String,
        /// Field of the district's name; left out, `name` where there is one, and else the number of the record.
        pub label: Option<String>,
        /// Repair self-intersecting polygons instead of leaving them out; they are listed either way.
        #[serde(default)]
        pub repair: bool,
    }
}

source_table! {
    /// Records with all their fields: estates, villages with what serves them, parks, flood extents, a corridor's line.
    pub struct RecordsFile {
        /// What indicators call them, e.g. `estates`.
        pub name: String,
        /// Field of the id; left out, the number of the record.
        pub id: Option<String>,
        /// Field of the name; left out, `name` where there is one, and else the id.
        pub label: Option<String>,
        /// Field of the code of the region that a record belongs to; left out, its place says: of an area a
        /// point inside it, of lines nothing.
        pub region: Option<String>,
        /// Repair self-intersecting polygons instead of leaving them without a place; they are listed either way.
        #[serde(default)]
        pub repair: bool,
    }
}

source_table! {
    /// Heights of the ground.
    pub struct HeightsFile {}
}

source_table! {
    /// Streets: lines that meet where they share a corner. Only the modes that an indicator asks for are built.
    pub struct StreetsFile {
        /// A place farther than this from every street is off the network, and what it reaches is not known; left out, 250 m.
        pub max_snap: Option<Metres>,
        /// Parts of the network with less street than this are islands: who is beside one is put onto a street near by, or is not known; left out, 1 km.
        pub min_component: Option<Metres>,
        /// Whether the streets are a layer of the output, one for each mode that is asked for: `streets_walk` and its like.
        #[serde(default)]
        pub show: bool,
        /// For lines that were not drawn on shared corners: what lies within this of a line's end is made to meet it; left out, only what shares
        /// a corner meets.
        pub join_within: Option<Metres>,
        /// Field of the level: lines of different levels are not joined by `join-within` (bridges, tunnels).
        pub level_field: Option<String>,
        /// Streets that are closed: conditions as under `where`. Who lives along them goes nowhere.
        pub closed_where: Option<OneOrMany<String>>,
        /// Areas in which streets are closed: a flood, a fire.
        pub closures: Option<WaterFile>,
        /// Heights of the ground in metres, a GeoTIFF: people on foot are slower uphill, and faster on gentle slopes downhill (Tobler 1993).
        pub heights: Option<HeightsFile>,
        /// How people on foot use them.
        pub walk: Option<ProfileFile>,
        /// How cyclists use them.
        pub bicycle: Option<ProfileFile>,
        /// How cars use them.
        pub drive: Option<ProfileFile>,
    }
}

source_table! {
    /// Land cover: a raster of classes. A cell of the surface takes the class at its middle, never one in between.
    pub struct LandcoverFile {
        /// Walking speed by class, e.g. `{ "10" = "3 km/h", "50" = "5 km/h" }`. Over a class that is not here nobody walks.
        pub speeds: BTreeMap<String, KmPerHour>,
    }
}

/// `[study.surface]`: square cells of the study plane, each with a walking speed. Either `uniform` or `landcover` says how fast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SurfaceFile {
    /// Side of a cell; left out, 100 m.
    pub cell: Option<Metres>,
    /// The same walking speed everywhere.
    pub uniform: Option<KmPerHour>,
    /// Walking speed by land cover.
    pub landcover: Option<LandcoverFile>,
    /// Neighbours that one moves to from a cell: 16, if left out, or 8.
    pub neighbours: Option<u8>,
    /// How far the cells reach beyond the rectangle around all regions; left out, 5 km.
    pub halo: Option<Metres>,
    /// Cells that a street passes through take the speed that `[study.streets]` has for people on foot, also over water: bridges.
    #[serde(default)]
    pub streets: bool,
    /// Areas that are closed: a flood, a fire. Who lives in them goes nowhere.
    pub closures: Option<WaterFile>,
    /// Heights of the ground in metres, a GeoTIFF: people are slower uphill, and faster on gentle slopes downhill (Tobler 1993).
    pub heights: Option<HeightsFile>,
}

/// `[study.travel]`: when and how one travels where an indicator says `by = "transit"`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TravelFile {
    /// Start of the window, `HH:MM` of the service day; left out, 08:00.
    pub from: Option<String>,
    /// Length of the window, of which every minute is looked at, whole minutes; left out, 1 h.
    pub window: Option<Seconds>,
    /// Whether one leaves at these minutes or is there by them; left out, `depart-at`.
    pub clock: Option<Clock>,
    /// Which of the times over the window stands for all, from 0 to 100; left out, 50: the median.
    pub percentile: Option<f64>,
    /// Longest time that is looked for, at most 18 h; left out, 2 h.
    pub longest: Option<Seconds>,
    /// Longest walk to a stop, between stops and from a stop, a length or a time; left out, 1 km.
    pub max_walk: Option<Limit>,
    /// Walking speed where there are no streets; left out, 5 km/h.
    pub walk_speed: Option<KmPerHour>,
    /// How many times longer than the straight line a walk is, where there are no streets; left out, 1.3.
    pub walk_detour: Option<f64>,
    /// How often one changes at most; left out, 3.
    pub transfers: Option<u8>,
    /// Least time between getting off and on, beside the walk; left out, 1 min.
    pub change: Option<Seconds>,
    /// What counts; left out, all that everybody may board by a timetable: bus, coach, metro, rail, tram, ferry and cable.
    pub modes: Option<Vec<TransitMode>>,
    /// How long one waits where only the headway is known; left out, `mean`: half of it.
    pub wait: Option<Wait>,
    /// Speed of lines that give no times, stops included; left out, 20 km/h.
    pub line_speed: Option<KmPerHour>,
    /// How many times longer than the straight line the way between two stops of such a line is; left out, 1.3.
    pub line_detour: Option<f64>,
    /// First and last departure of lines that give none; left out, 06:30 and 18:30.
    pub line_hours: Option<[String; 2]>,
}

/// Fields of a region above.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ParentFile {
    /// Field of its code; left out, the prefix of the region's own code where that is one of GB/T 2260, and else its name.
    pub code: Option<String>,
    /// Field of its name.
    pub name: Option<String>,
}

/// The system that codes of regions are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CodeSystem {
    /// GB/T 2260, and the statistical codes of townships and villages built on it: the codes above are prefixes.
    #[serde(rename = "gb-t-2260")]
    GbT2260,
    /// Any other: nothing follows from a code.
    Other,
}

/// Whether the outlines of a regions file are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GeometryUse {
    /// Every region needs an outline.
    #[default]
    Outline,
    /// A list without outlines.
    None,
}

macro_rules! service_columns {
    ($($(#[$doc:meta])* $field:ident = $default:literal),+ $(,)?) => {
        /// Names of the columns of a route table; each has its usual name as default.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub struct ServiceColumns {
            $($(#[$doc])* pub $field: Option<String>),+
        }

        impl ServiceColumns {
            $(
                /// The name of the column.
                pub fn $field(&self) -> &str {
                    self.$field.as_deref().unwrap_or($default)
                }
            )+
        }
    };
}

service_columns! {
    /// Id of the route; usually `route`.
    route = "route",
    /// Name of the route; usually `route_name`, and the id where there is none.
    route_name = "route_name",
    /// Mode; usually `mode`, and bus where there is none.
    mode = "mode",
    /// Direction; usually `direction`. Empty, `both`, 双向 or 往返 runs either way, 环线 round and round.
    direction = "direction",
    /// Place of the stop in the line; usually `sequence`.
    sequence = "sequence",
    /// Id of the stop, or its name where there is no id; usually `stop`.
    stop = "stop",
    /// Name of the stop; usually `stop_name`, and the id where there is none.
    stop_name = "stop_name",
    /// Departures a day; usually `trips_per_day`.
    trips_per_day = "trips_per_day",
    /// First departure, `HH:MM`; usually `first`.
    first = "first",
    /// Last departure, `HH:MM`; usually `last`.
    last = "last",
    /// Minutes between departures; usually `headway_min`.
    headway_min = "headway_min",
    /// Code or name of the region that the stop belongs to, where the table says so; usually `region`.
    region = "region",
}

/// A set of regions by code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Codes {
    /// Codes that start so.
    StartsWith(OneOrMany<String>),
    /// These very codes.
    Codes(Vec<String>),
}

impl Codes {
    /// Whether `code` is in the set.
    pub fn holds(&self, code: &str) -> bool {
        match self {
            Codes::StartsWith(prefixes) => prefixes.iter().any(|prefix| code.starts_with(prefix.as_str())),
            Codes::Codes(codes) => codes.iter().any(|one| one == code),
        }
    }
}

/// `[[indicator]]`: one question and what the answer is held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IndicatorFile {
    /// Lower-case letters, digits and hyphens; layers are named after it.
    pub id: String,
    /// Left out, the title of the metric.
    pub title: Option<Text>,
    /// Document, number and clause that asks for it.
    pub cites: Option<String>,
    /// Number of the item of the plan that it belongs to; the scorecard is grouped by it.
    pub item: Option<u32>,
    /// What must be given before it can be measured: ids of `[[input]]`, or words. While any of it is missing the indicator has no data and
    /// says what is missing, instead of stopping the run.
    pub needs: Option<NeedsFile>,
    /// Ids of the norms that it measures by: the scorecard shows document and clause, and the numbers must be the norms'.
    #[serde(default)]
    pub norm: OneOrMany<String>,
    /// The metric with its parameters.
    pub measure: Measure,
    /// Levels at which figures are wanted beside the whole area; left out, the metric's own choice.
    #[serde(default)]
    pub over: Vec<Level>,
    /// Levels at which the figure is measured once more with the people of each region put together at their mean centre, to show what
    /// aggregation hides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub areal_check: Vec<Level>,
    /// What is promised; left out, the figure is shown and not judged.
    pub target: Option<TargetFile>,
    /// What a reader must know beside the figure.
    pub note: Option<Text>,
}

/// What an indicator needs: ids of inputs, or words alone.
#[derive(Debug, Clone, PartialEq)]
pub enum NeedsFile {
    /// `["old-estates", "streets"]`
    Inputs(Vec<String>),
    /// `{ en = "…", zh = "…" }`, or one text for both.
    Words(Text),
}

impl<'de> Deserialize<'de> for NeedsFile {
    // by hand, because an untagged enum would lose the place of an error inside
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<NeedsFile, D::Error> {
        struct Reader;
        impl<'de> de::Visitor<'de> for Reader {
            type Value = NeedsFile;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a list of ids of [[input]], or words: { en = \"…\", zh = \"…\" }")
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<NeedsFile, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(list)).map(NeedsFile::Inputs)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, table: A) -> Result<NeedsFile, A::Error> {
                Text::deserialize(de::value::MapAccessDeserializer::new(table)).map(NeedsFile::Words)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<NeedsFile, E> {
                Text::deserialize(de::value::StrDeserializer::new(text)).map(NeedsFile::Words)
            }
        }
        from.deserialize_any(Reader)
    }
}

impl Serialize for NeedsFile {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            NeedsFile::Inputs(ids) => ids.serialize(to),
            NeedsFile::Words(words) => words.serialize(to),
        }
    }
}

impl JsonSchema for NeedsFile {
    fn schema_name() -> Cow<'static, str> {
        "Needs".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (ids, words) = (generator.subschema_for::<Vec<String>>(), generator.subschema_for::<Text>());
        json_schema!({ "anyOf": [ids, words] })
    }
}

/// `[[input]]`: a table that somebody may deliver, and how it is read once its file is there. Until then the indicators that need it have no
/// data and name the file with its columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InputFile {
    /// As `needs` calls it.
    pub id: String,
    /// What it is.
    pub title: Text,
    /// Its columns in the order of the table, for whom is to write it: exactly those that are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnFile>,
    /// Read as `study.facilities`.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub facilities: OneOrMany<FacilitiesFile>,
    /// Read as `study.demand`.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub demand: OneOrMany<DemandFile>,
    /// Read as `study.records`.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub records: OneOrMany<RecordsFile>,
    /// Read as `study.reported`.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub reported: OneOrMany<ReportedFile>,
    /// Read as `study.streets`: an OpenStreetMap extract, or lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streets: Option<StreetsFile>,
}

/// A column of an input, for whom is to write it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ColumnFile {
    /// As the first row of the table has it.
    pub name: String,
    /// What it holds, with the unit and the words that it takes.
    pub holds: Text,
    /// A value as it is written.
    pub example: String,
}

/// `target`: a bound and a day. The bound itself meets the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TargetFile {
    /// Least figure, e.g. `90 %`.
    #[schemars(with = "Option<QuantitySchema>")]
    pub at_least: Option<BoundText>,
    /// Largest figure, e.g. `15 km`.
    #[schemars(with = "Option<QuantitySchema>")]
    pub at_most: Option<BoundText>,
    /// The last day, a date without quotes: `2029-12-31`.
    #[schemars(with = "Option<DateSchema>")]
    pub by: Option<Datetime>,
    /// The document names no day, and `by` is a reading of it; shown as assumed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_is_assumed: bool,
    /// Whose bound it is: the plan's own or another's. Verdicts are counted by it, so that none is taken for another.
    pub origin: Option<Origin>,
    /// The levels that the bound holds for, e.g. `"province"`; figures of other levels are shown and not judged, and the whole area is judged
    /// where it is one region of such a level. Left out, the whole area and every region; of a total (`facility-count`, amounts of
    /// `overlay-share` and `reported`) the whole area alone.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub judge_at: OneOrMany<Level>,
    /// Of `reported`: `"year"` for a promise that holds in every year. The figure is the worst year's, and each year has its own verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Every>,
    /// With `every`: the day of the promise, a date without quotes; years that ended before it are shown and not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<DateSchema>")]
    pub from: Option<Datetime>,
}

/// How often a promise holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    /// In each year.
    Year,
}

/// `[[output]]`: one file to write, its format by its ending: `.gpkg` (with a `.qgz` beside it), `.geojson`, `.csv`,
/// `.json`, `.xlsx`, and `.html`, the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OutputFile {
    /// The file, relative to the folder of the config.
    pub path: String,
    /// The layer to write, for formats that hold one: `.geojson` needs it; a `.csv` or `.xlsx` without it is the scorecard.
    pub layer: Option<String>,
    /// Language of a report or a workbook: `zh`, `en`, or `both` (in a report its reader chooses); left out, that of the run.
    pub lang: Option<ReportLang>,
}

/// Language of a report or a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReportLang {
    Zh,
    En,
    /// Both, Chinese first.
    Both,
}

/// A quantity in a config; a bare number is refused with the message of a missing unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuantityText(pub Quantity);

impl<'de> Deserialize<'de> for QuantityText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<QuantityText, D::Error> {
        from.deserialize_any(Reader(|text| text.parse().map(QuantityText)))
    }
}

impl Serialize for QuantityText {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

/// The quantity of a target: as any, and an amount may name what it counts, `13 km²` or `5 people`.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundText {
    pub quantity: Quantity,
    /// What an amount is said to count.
    pub of: Option<String>,
}

impl BoundText {
    fn read(text: &str) -> Result<BoundText, UnitError> {
        let wrong = match text.parse() {
            Ok(quantity) => return Ok(BoundText { quantity, of: None }),
            Err(wrong) => wrong,
        };
        let end = text.trim().find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.trim().len());
        let (number, of) = text.trim().split_at(end);
        let of = of.trim();
        let is_word = of == "km2" || !of.contains(|c: char| c.is_ascii_digit() || "/%=<>".contains(c));
        match number.parse() {
            Ok(amount) if is_word && !of.is_empty() && of.split(' ').all(|word| word != "per") => {
                Ok(BoundText { quantity: Quantity::Amount(amount), of: Some(of.to_owned()) })
            }
            _ => Err(wrong),
        }
    }
}

impl fmt::Display for BoundText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.of, self.quantity) {
            (Some(of), Quantity::Amount(amount)) => write!(out, "{} {of}", trim_zeros(amount, 6)),
            (_, quantity) => quantity.fmt(out),
        }
    }
}

impl<'de> Deserialize<'de> for BoundText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<BoundText, D::Error> {
        from.deserialize_any(Reader(BoundText::read))
    }
}

impl Serialize for BoundText {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Reads a quantity from a text; a number has no unit, and says so.
struct Reader<T>(fn(&str) -> Result<T, UnitError>);

impl<T> de::Visitor<'_> for Reader<T> {
    type Value = T;
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number with its unit in quotes, for example \"90 %\" or \"15 km\"")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        self.0(text).map_err(E::custom)
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

pub(crate) struct QuantitySchema;

impl JsonSchema for QuantitySchema {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": ["90 %", "15 km", "2.5 per 1000"] })
    }
}

struct DateSchema;

impl JsonSchema for DateSchema {
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

/// A list that may be written without brackets when it has one member.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> OneOrMany<T> {
    /// The members in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> OneOrMany<T> {
        OneOrMany(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    // by hand, because an untagged enum would lose the place of an error inside
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<OneOrMany<T>, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Reader<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("one, or a list")
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<OneOrMany<T>, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(list)).map(OneOrMany)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, table: A) -> Result<OneOrMany<T>, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(table)).map(|one| OneOrMany(vec![one]))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany<T>, E> {
                T::deserialize(de::value::StrDeserializer::new(text)).map(|one| OneOrMany(vec![one]))
            }
        }
        from.deserialize_any(Reader(PhantomData))
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}
