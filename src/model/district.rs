//! Districts that say which facility people belong to: school districts (学区), wards.

use geo_types::MultiPolygon;

/// The districts of one kind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DistrictLayer {
    /// As the config calls it, e.g. `primary`.
    pub name: String,
    /// In file order.
    pub districts: Vec<District>,
    pub synthetic: bool,
}

/// One district; its border belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct District {
    /// Number of its record.
    pub record: u64,
    /// Its own name, or its record number.
    pub name: String,
    /// Id of the facility that its people belong to; `None` where the record names none.
    pub facility: Option<String>,
    /// Metres of the study plane.
    pub plane: MultiPolygon<f64>,
    pub lonlat: MultiPolygon<f64>,
}
