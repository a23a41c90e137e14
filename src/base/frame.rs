//! The geographic frame in which degrees are meant.

/// The geographic frame of a study and of every table that is written: degrees, longitude first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputCrs {
    /// EPSG:4326.
    Wgs84,
    /// EPSG:4490.
    Cgcs2000,
}

impl OutputCrs {
    /// The EPSG code.
    pub fn epsg(self) -> u32 {
        match self {
            OutputCrs::Wgs84 => 4326,
            OutputCrs::Cgcs2000 => 4490,
        }
    }
}
