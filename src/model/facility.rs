//! Places that people go to: schools, clinics, shelters, town halls.

use crate::base::idx::RegionIdx;
use crate::model::place::Place;

/// One facility.
#[derive(Debug, Clone, PartialEq)]
pub struct Facility {
    /// From the file, or its record number there; unique within its kind.
    pub id: String,
    pub name: String,
    /// As the config calls it, e.g. `clinic`.
    pub kind: String,
    pub at: Place,
    /// The smallest region that contains it; `None` outside all regions.
    pub home: Option<RegionIdx>,
    /// Beds, seats, persons: in the unit that its file means; `None` when unknown, which is not zero.
    pub capacity: Option<f64>,
    pub synthetic: bool,
}

/// A facility that is shown, and counts for no indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Excluded {
    pub facility: Facility,
    pub by: ExcludedBy,
}

/// What takes a facility out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExcludedBy {
    /// What the config calls the hazard, and the first area that holds the facility, border included.
    Hazard { hazard: String, zone: String },
    /// The scenario closes it.
    Scenario,
}
