//! Files in and out: formats, coordinates, codes, and records as they come into the model.

mod boundaries;
mod code_changes;
mod codes;
mod contract_drivers;
mod crs;
mod flatgeobuf;
mod formats;
#[cfg(feature = "gdal")]
mod gdal;
mod geodata;
#[cfg(feature = "geoparquet")]
mod geoparquet;
mod gpkg_writer;
mod ground;
mod ingest;
mod openstreetmap;
#[cfg(feature = "postgis")]
mod postgis;
mod rasters;
mod spread;
mod tables;
#[path = "../support/mod.rs"]
mod support;
