//! Floor 5: files in and files out, one file a format; nothing here knows what an indicator is.

pub mod csv;
pub mod datum;
pub mod geojson;
pub mod read;
pub mod reproject;
pub mod atomic;
pub mod csv_out;
pub mod geojson_out;
pub mod gpkg;
mod gpkg_schema;
mod print_layout;
pub mod qgis_project;
pub mod qml;
mod sound;
mod xml;
