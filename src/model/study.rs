//! Everything that was read, frozen: what metrics look at.

use geo::Area;
use geo_types::MultiPolygon;

use crate::base::frame::OutputCrs;
use crate::base::issue::Issue;
use crate::base::ledger::Ledger;
use crate::base::units::Text;
use crate::model::demand::DemandLayer;
use crate::model::distortion::Distortion;
use crate::model::district::DistrictLayer;
use crate::model::dropped::Dropped;
use crate::model::facility::Excluded;
use crate::model::facility::Facility;
use crate::model::hazard::HazardZone;
use crate::model::lattice::Lattice;
use crate::model::records::RecordLayer;
use crate::model::region::RegionTree;
use crate::model::reported::Reported;
use crate::model::streets::StreetNetwork;
use crate::model::surface::Surface;
use crate::model::transit::Transit;

/// The plane in which lengths, areas and borders are measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// E.g. `CGCS2000 / 3-degree Gauss-Kruger CM 120E`.
    pub name: String,
    /// `None` for a CRS without an EPSG code.
    pub epsg: Option<u32>,
    /// WKT 1, for files that carry it.
    pub wkt1: String,
    /// Smallest length in the plane over length on the ellipsoid, anywhere in the study's extent.
    pub scale_min: f64,
    /// Largest length in the plane over length on the ellipsoid, anywhere in the study's extent.
    pub scale_max: f64,
    /// Where no plane fits the study: what lengths and areas of the plane are on the ground. Borders, areas and straight lines are measured
    /// with it; `None` where the plane itself is measured in.
    pub distortion: Option<Distortion>,
    /// What must be said of the plane where it does not fit the study.
    pub doubt: Option<Text>,
}

impl Plane {
    /// Area of an area of the plane, m²: on the ground where the plane does not fit.
    pub fn area_m2(&self, area: &MultiPolygon<f64>) -> f64 {
        self.distortion.as_ref().map_or_else(|| area.unsigned_area(), |distortion| distortion.area_m2(area))
    }
}

/// A planner's word on a pair of regions, which wins over geometry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairOverride {
    pub code_a: String,
    pub code_b: String,
    pub neighbours: bool,
    pub reason: String,
}

/// One line of a bureau's own ledger of connected pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredPair {
    pub code_a: String,
    pub code_b: String,
    pub line: String,
    /// As written; a pair whose `closed` is not empty is not connected.
    pub closed: Option<String>,
    pub trips_per_day: Option<f64>,
}

/// A study: the model of one territory, with the account of how it was read.
#[derive(Debug, Clone)]
pub struct Study {
    pub title: Text,
    pub plane: Plane,
    /// Degrees of points of the plane, over the rectangle of all outlines of regions; `None` without any.
    pub lattice: Option<Lattice>,
    /// The frame of all degrees in the study.
    pub frame: OutputCrs,
    pub regions: RegionTree,
    /// Those that count.
    pub facilities: Vec<Facility>,
    /// Those that lie in hazard areas, in file order.
    pub excluded: Vec<Excluded>,
    /// Hazard areas, in the order of the config and of their files.
    pub hazards: Vec<HazardZone>,
    /// Districts by what they are for.
    pub districts: Vec<DistrictLayer>,
    pub demand: Vec<DemandLayer>,
    /// Records with all their fields.
    pub records: Vec<RecordLayer>,
    /// `None` when no route table or timetable was given at all.
    pub transit: Option<Transit>,
    /// Water areas in the plane; borders inside them are water borders. `None` when no layer was given.
    pub water: Option<Vec<MultiPolygon<f64>>>,
    /// A street network for each mode that is asked for; none when no streets were given.
    pub streets: Vec<StreetNetwork>,
    /// A raster cost surface; `None` when none was asked for.
    pub surface: Option<Surface>,
    pub overrides: Vec<PairOverride>,
    /// `None` when no ledger was given.
    pub declared: Option<Vec<DeclaredPair>>,
    /// In file order; `None` when no reported values were given.
    pub reported: Option<Vec<Reported>>,
    /// Whether any input says that it is made up.
    pub synthetic: bool,
    /// What was left out, with what is still known of it, in the order of the sources.
    pub dropped: Vec<Dropped>,
    pub ledgers: Vec<Ledger>,
    pub issues: Vec<Issue>,
}

impl Study {
    /// Whether the regions lie on both sides of the 180th meridian.
    pub fn is_over_180(&self) -> bool {
        self.lattice.as_ref().is_some_and(Lattice::is_over_180)
    }
}
