//! Floor 5: files in and files out, one file a format; nothing here knows what an indicator is.

pub mod atomic;
mod coordinates;
pub mod csv;
pub mod csv_out;
mod curves;
pub mod datum;
mod dbf;
mod dbf_out;
pub(crate) mod encoding;
mod fgb;
mod fgb_out;
#[cfg(feature = "gdal")]
mod gdal;
pub mod geojson;
pub mod geojson_out;
pub mod geokeys;
#[cfg(feature = "geoparquet")]
mod geoparquet;
#[cfg(feature = "geoparquet")]
mod geoparquet_meta;
#[cfg(feature = "geoparquet")]
mod geoparquet_native;
#[cfg(feature = "geoparquet")]
mod geoparquet_out;
pub mod geotiff;
pub mod gpkg;
mod gpkg_blob;
mod gpkg_read;
mod gpkg_schema;
pub mod gtfs;
mod header;
pub mod html;
mod kml;
mod line_breaks;
pub mod numbers;
pub mod osm;
mod packed;
#[cfg(feature = "geoparquet")]
mod parquet_value;
mod parts;
pub mod peek;
#[cfg(feature = "geoparquet")]
mod pipeline;
mod place;
#[cfg(feature = "postgis")]
mod postgis;
#[cfg(feature = "postgis")]
mod postgis_out;
mod print_layout;
mod print_legend;
pub mod qgis_contents;
mod qgis_metadata;
pub mod qgis_project;
mod qgis_themes;
pub mod qml;
mod qml_symbol;
pub mod raster_file;
pub mod read;
pub mod reproject;
mod ring_roles;
mod shp;
mod shp_out;
mod shp_shape;
mod shx;
mod sound;
mod sqlite;
mod tiff_chunk;
mod topojson;
mod wkb;
mod wkt;
pub mod workbook;
mod xlsx;
mod xlsx_out;
mod xml;
