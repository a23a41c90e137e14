//! Files in and out: formats, coordinates, codes, and records as they come into the model.

mod as_people_have_them;
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
#[cfg(feature = "geoparquet")]
mod parquet_forms;
#[cfg(feature = "postgis")]
mod postgis;
mod raster_forms;
mod rasters;
mod spread;
#[path = "../support/mod.rs"]
mod support;
mod tables;
