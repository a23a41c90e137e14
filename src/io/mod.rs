//! Floor 5: files in and files out, one file a format; nothing here knows what an indicator is.

pub mod csv;
pub mod datum;
pub(crate) mod encoding;
pub mod geojson;
pub mod numbers;
pub mod read;
pub mod reproject;
