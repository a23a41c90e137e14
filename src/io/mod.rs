//! Floor 5: files in and files out, one file a format; nothing here knows what an indicator is.

pub mod atomic;
pub mod csv;
pub mod csv_out;
pub mod datum;
mod dbf;
pub(crate) mod encoding;
pub mod geojson;
pub mod geojson_out;
pub mod gpkg;
mod gpkg_blob;
mod gpkg_read;
mod gpkg_schema;
mod line_breaks;
pub mod numbers;
mod packed;
mod place;
mod print_layout;
pub mod qgis_project;
pub mod qml;
mod qml_symbol;
pub mod read;
pub mod reproject;
mod shp;
mod sound;
mod wkb;
mod xlsx;
mod xml;
