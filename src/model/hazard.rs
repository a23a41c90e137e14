//! Areas of a scenario: a flood, a fire, a slide. What lies in them does not count.

use geo_types::MultiPolygon;

/// One area; its border belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct HazardZone {
    /// What the config calls its source, e.g. `flood`.
    pub hazard: String,
    /// Its own name, or its record number.
    pub name: String,
    /// Whether streets in it, and cells of the cost surface, are closed.
    pub closes_streets: bool,
    /// Whether facilities in it do not count.
    pub takes_facilities: bool,
    /// Metres of the study plane.
    pub plane: MultiPolygon<f64>,
    pub lonlat: MultiPolygon<f64>,
    pub synthetic: bool,
}
