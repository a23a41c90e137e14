//! Floor 5: files in and files out, one file a format; nothing here knows what an indicator is.

pub mod csv;
pub mod datum;
pub mod geojson;
pub mod read;
pub mod reproject;
