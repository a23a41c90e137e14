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

/// A facility that lies in a hazard area: it is shown, and counts for no indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Excluded {
    pub facility: Facility,
    /// What the config calls the hazard.
    pub hazard: String,
    /// The first area that holds it, border included.
    pub zone: String,
}
