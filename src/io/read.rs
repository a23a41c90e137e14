//! Reading a layer: the list of formats, what a reader is asked and what it hands over, record by record.

use std::path::Path;
use std::path::PathBuf;

use geo::BoundingRect;
use geo_types::Geometry;

use crate::base::issue::Issue;
use crate::io::atomic::WriteError;
use crate::io::csv;
use crate::io::csv_out;
use crate::io::dbf;
use crate::io::dbf_out;
use crate::io::fgb;
use crate::io::fgb_out;
#[cfg(feature = "gdal")]
use crate::io::gdal;
use crate::io::geojson;
use crate::io::geojson_out;
#[cfg(feature = "geoparquet")]
use crate::io::geoparquet;
#[cfg(feature = "geoparquet")]
use crate::io::geoparquet_out;
use crate::io::gpkg;
use crate::io::gpkg_read;
use crate::io::kml;
use crate::io::osm;
use crate::io::packed;
use crate::io::place;
#[cfg(feature = "postgis")]
use crate::io::postgis;
#[cfg(feature = "postgis")]
use crate::io::postgis_out;
use crate::io::raster_file;
use crate::io::shp;
use crate::io::shp_out;
use crate::io::topojson;
use crate::io::xlsx;
use crate::io::xlsx_out;
use crate::table::Field;
use crate::table::Record;
use crate::table::Table;

/// Which layer is read, and how its columns are to be understood.
#[derive(Debug, Clone, Copy)]
pub struct ReadRequest<'a> {
    pub path: &'a Path,
    /// What messages call the file.
    pub shown: &'a str,
    /// Column of the easting or longitude, of formats without geometry of their own; `None` looks for the usual names.
    pub x: Option<&'a str>,
    /// Column of the northing or latitude.
    pub y: Option<&'a str>,
    /// Column of a geometry in well-known text.
    pub wkt: Option<&'a str>,
    /// Name of the text encoding, of formats that have several; `None` finds out.
    pub encoding: Option<&'a str>,
    /// Which layer, table or sheet, of formats that hold several; `None` takes the only one.
    pub layer: Option<&'a str>,
    /// West, south, east and north, in the file's own coordinates: records that do not reach into this rectangle, its border
    /// included, are passed over, and so are those without a geometry; `None` takes all.
    pub bbox: Option<[f64; 4]>,
}

impl<'a> ReadRequest<'a> {
    /// Everything by default.
    pub fn new(path: &'a Path, shown: &'a str) -> ReadRequest<'a> {
        ReadRequest { path, shown, x: None, y: None, wkt: None, encoding: None, layer: None, bbox: None }
    }
}

/// Takes what a reader hands over.
pub trait Sink {
    /// One record, in file order. `fields` are those known so far: formats without a header find more as they go, and never
    /// change the order. `trouble` says why the record has no geometry although its format gives it one.
    fn record(&mut self, fields: &[Field], record: Record, trouble: Option<Issue>);

    /// Something else that is wrong, of the whole source or of a record.
    fn issue(&mut self, issue: Issue);

    /// So many records lie outside the rectangle of the request.
    fn passed_over(&mut self, _records: u64) {}
}

/// Keeps what lies outside the rectangle of a request from the sink behind it.
struct Cut<'s> {
    sink: &'s mut dyn Sink,
    bbox: [f64; 4],
}

impl Sink for Cut<'_> {
    fn record(&mut self, fields: &[Field], record: Record, trouble: Option<Issue>) {
        if record.geometry.as_ref().is_some_and(|shape| reaches_into(shape, self.bbox)) {
            self.sink.record(fields, record, trouble);
        } else {
            self.sink.passed_over(1);
        }
    }

    fn issue(&mut self, issue: Issue) {
        self.sink.issue(issue);
    }

    fn passed_over(&mut self, records: u64) {
        self.sink.passed_over(records);
    }
}

/// Whether the rectangle around a geometry meets another, their borders included.
fn reaches_into(shape: &Geometry<f64>, [west, south, east, north]: [f64; 4]) -> bool {
    shape.bounding_rect().is_some_and(|around| {
        let (min, max) = (around.min(), around.max());
        min.x <= east && max.x >= west && min.y <= north && max.y >= south
    })
}

/// Which CRS a file itself speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeclaredCrs {
    /// The file names it.
    Carried(String),
    /// The format fixes it.
    ByFormat(String),
    /// Neither file nor format says.
    Unknown,
}

impl DeclaredCrs {
    /// The CRS as PROJ understands it.
    pub fn text(&self) -> Option<&str> {
        match self {
            DeclaredCrs::Carried(crs) | DeclaredCrs::ByFormat(crs) => Some(crs),
            DeclaredCrs::Unknown => None,
        }
    }
}

/// What is known of a layer after it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerInfo {
    pub driver: &'static str,
    /// The layer's name, of formats that hold several.
    pub layer: Option<String>,
    pub fields: Vec<Field>,
    pub records: u64,
    pub crs: DeclaredCrs,
    /// Text encoding, e.g. `UTF-8` or `GB18030`.
    pub encoding: &'static str,
}

/// Why a layer can not be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file is not there or can not be opened.
    #[error("cannot open \"{shown}\" ({path}): {source}", path = path.display())]
    Open { shown: String, path: PathBuf, source: std::io::Error },
    /// No format has this ending.
    #[error("\"{shown}\": no format is known by its ending; known endings: {known}{nearest}")]
    UnknownFormat { shown: String, known: String, nearest: String },
    /// The file breaks off or breaks the rules of its format.
    #[error("\"{shown}\", line {line}, column {column}: {what}")]
    Broken { shown: String, line: u64, column: u64, what: String },
    /// The header of a table can not be used.
    #[error("\"{shown}\": {what}")]
    Header { shown: String, what: String },
    /// The content is not what the format demands.
    #[error("\"{shown}\": {what}")]
    Content { shown: String, what: String },
    /// The layer that was asked for is not there, or none was asked for and there are several.
    #[error("\"{shown}\" {what}")]
    Layer { shown: String, what: String },
}

/// One format.
pub struct Driver {
    pub name: &'static str,
    /// Endings without the dot, lower case; those with `://` are what an address starts with.
    pub extensions: &'static [&'static str],
    /// One line on what is understood.
    pub about: &'static str,
    /// What a request may say of a file of this format.
    pub takes: Takes,
    /// Reads a layer to its end; `None` for formats that are written only.
    pub read: Option<ReadLayer>,
    /// Names the layers, of formats that hold several.
    pub layers: Option<ListLayers>,
    /// Writes one table as a file of its own; `None` for formats that are read only.
    pub write: Option<WriteTable>,
}

/// What a request may say of a file.
#[derive(Debug, Clone, Copy)]
pub struct Takes {
    /// Columns that hold the place.
    pub place: bool,
    /// A text encoding.
    pub encoding: bool,
}

/// Names the layers of a file, those without geometry too, in the file's own order.
pub type ListLayers = fn(&ReadRequest<'_>) -> Result<Vec<String>, ReadError>;

/// Reads a layer to its end.
pub type ReadLayer = fn(&ReadRequest<'_>, &mut dyn Sink) -> Result<LayerInfo, ReadError>;

/// Writes one table whole or not at all, replacing what is at the path.
pub type WriteTable = fn(&Path, &Table) -> Result<(), WriteError>;

/// All formats.
pub const DRIVERS: &[Driver] = &[
    Driver {
        name: "GeoJSON",
        extensions: &["geojson", "geojsonl", "ndjson", "geojsons", "jsonl"],
        about: "FeatureCollection, geometry, one feature a line, or RFC 8142 sequence; WGS 84 unless a crs member says otherwise",
        takes: Takes { place: false, encoding: true },
        read: Some(geojson::read),
        layers: None,
        write: Some(geojson_out::write),
    },
    Driver {
        name: "GeoJSON",
        // what a .json is, its content tells
        extensions: &["json"],
        about: "by content: GeoJSON, TopoJSON, Esri JSON, or a list of records with x/y columns or a WKT column",
        takes: Takes { place: true, encoding: true },
        read: Some(geojson::read),
        layers: Some(geojson::layers),
        write: Some(geojson_out::write),
    },
    Driver {
        name: "CSV",
        extensions: &["csv", "tsv", "txt"],
        about: "header line; x/y columns, pairs, or a WKT column; comma, semicolon or tab; UTF-8 or GB18030",
        takes: Takes { place: true, encoding: true },
        read: Some(csv::read),
        layers: None,
        write: Some(csv_out::write),
    },
    Driver {
        name: "GeoPackage",
        extensions: &["gpkg"],
        about: "layers, views and attribute tables, the CRS they carry; written with styles, titles, metadata and a QGIS project",
        takes: Takes { place: true, encoding: false },
        read: Some(gpkg_read::read),
        layers: Some(gpkg_read::layers),
        write: Some(gpkg::write_alone),
    },
    Driver {
        name: "FlatGeobuf",
        extensions: &["fgb"],
        about: "features and the CRS they carry; Z and M are left out; written with an index, in the order of the index",
        takes: Takes { place: false, encoding: false },
        read: Some(fgb::read),
        layers: None,
        write: Some(fgb_out::write),
    },
    #[cfg(feature = "geoparquet")]
    Driver {
        name: "GeoParquet",
        extensions: &["parquet", "geoparquet"],
        about: "columns and the CRS they carry, geometries as WKB or points; a Parquet table with x/y columns; written along a Hilbert curve",
        takes: Takes { place: true, encoding: false },
        read: Some(geoparquet::read),
        layers: None,
        write: Some(geoparquet_out::write),
    },
    #[cfg(not(feature = "geoparquet"))]
    Driver {
        name: "GeoParquet",
        extensions: &["parquet", "geoparquet"],
        about: "not in this build; build with: cargo build --release --features geoparquet",
        takes: Takes { place: true, encoding: false },
        read: None,
        layers: None,
        write: None,
    },
    #[cfg(feature = "postgis")]
    Driver {
        name: "PostGIS",
        extensions: &["postgresql://", "postgres://"],
        about: "a database's tables, views, or a query in brackets as layer; the CRS of their SRID; written with an index",
        takes: Takes { place: true, encoding: false },
        read: Some(postgis::read),
        layers: Some(postgis::layers),
        write: Some(postgis_out::write),
    },
    #[cfg(not(feature = "postgis"))]
    Driver {
        name: "PostGIS",
        extensions: &["postgresql://", "postgres://"],
        about: "not in this build; build with: cargo build --release --features postgis",
        takes: Takes { place: true, encoding: false },
        read: None,
        layers: None,
        write: None,
    },
    Driver {
        name: "Shapefile",
        extensions: &["shp"],
        about: ".shp with .dbf, .prj and .cpg beside it; UTF-8, GBK and GB18030; Z and M are left out",
        takes: Takes { place: false, encoding: true },
        read: Some(shp::read),
        layers: None,
        write: Some(shp_out::write),
    },
    Driver {
        name: "dBASE",
        extensions: &["dbf"],
        about: "a table without geometry, or with x/y columns; UTF-8, GBK and GB18030",
        takes: Takes { place: true, encoding: true },
        read: Some(dbf::read),
        layers: None,
        write: Some(dbf_out::write),
    },
    Driver {
        name: "Excel",
        extensions: &["xlsx", "xlsm"],
        about: "the sheet with rows; its header may stand below titles; x/y columns or a WKT column; values as they were last computed",
        takes: Takes { place: true, encoding: false },
        read: Some(xlsx::read),
        layers: Some(xlsx::layers),
        write: Some(xlsx_out::write),
    },
    Driver {
        name: "workbook",
        extensions: &["xls", "xlsb", "ods"],
        about: "older and binary Excel, OpenDocument: as Excel, by content; merged cells of .xls alone",
        takes: Takes { place: true, encoding: false },
        read: Some(xlsx::read),
        layers: Some(xlsx::layers),
        write: None,
    },
    Driver {
        name: "KML",
        extensions: &["kml"],
        about: "placemarks with name, description, folder and extended data; heights, styles and links are left out",
        takes: Takes { place: false, encoding: true },
        read: Some(kml::read),
        layers: None,
        write: None,
    },
    Driver {
        name: "OpenStreetMap",
        extensions: &["pbf", "osm"],
        about: "extracts (.osm.pbf, .osm): the layers boundaries, places, routes, buildings, streets, barriers and turns; WGS 84",
        takes: Takes { place: false, encoding: false },
        read: Some(osm::read),
        layers: Some(osm::layers),
        write: None,
    },
    Driver {
        name: "GeoTIFF",
        extensions: &["tif", "tiff", "gtif", "gtiff", "geotiff"],
        about: "a raster of counts as demand, in a ZIP archive too; tiles or strips, none, deflate, LZW or PackBits; one band, or layer = \"2\"",
        takes: Takes { place: false, encoding: false },
        // its cells are no records: `io::geotiff` reads them window by window
        read: None,
        layers: None,
        write: None,
    },
    Driver {
        name: "TopoJSON",
        extensions: &["topojson"],
        about: "each object is a layer; arcs with or without a transform; WGS 84 unless a crs member says otherwise",
        takes: Takes { place: false, encoding: true },
        read: Some(topojson::read),
        layers: Some(topojson::layers),
        write: None,
    },
    #[cfg(feature = "gdal")]
    Driver {
        name: "GDAL",
        extensions: &["tab", "mif", "gml", "gpx", "dxf", "gdb", "sqlite", "e00", "vrt", gdal::SCHEME],
        about: "whatever the GDAL of this machine reads; gdal://… for other files, and for services",
        takes: Takes { place: true, encoding: false },
        read: Some(gdal::read),
        layers: Some(gdal::layers),
        write: None,
    },
    #[cfg(not(feature = "gdal"))]
    Driver {
        name: "GDAL",
        extensions: &["tab", "mif", "gml", "gpx", "dxf", "gdb", "sqlite", "e00", "vrt", "gdal://"],
        about: "not in this build; build with: cargo build --release --features gdal",
        takes: Takes { place: true, encoding: false },
        read: None,
        layers: None,
        write: None,
    },
    Driver {
        name: "packed",
        extensions: &["zip", "gz", "zst", "kmz"],
        about: "any of these in a ZIP archive, e.g. a shapefile, or one of them behind gzip or Zstandard; KMZ",
        takes: Takes { place: true, encoding: true },
        read: Some(packed::read),
        layers: Some(packed::layers),
        write: None,
    },
];

/// The format of a path by its ending, or of an address by its start, in any case.
pub fn driver(path: &Path) -> Option<&'static Driver> {
    if let Some(scheme) = scheme(path) {
        return DRIVERS.iter().find(|driver| driver.extensions.contains(&scheme.as_str()));
    }
    let ending = path.extension()?.to_str()?.to_lowercase();
    DRIVERS.iter().find(|driver| driver.extensions.contains(&ending.as_str()))
}

/// Whether a path is an OpenStreetMap extract by its ending, also behind gzip or Zstandard (`map.osm.gz`).
pub fn is_extract(path: &Path) -> bool {
    let is_packed =
        path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz") || ending.eq_ignore_ascii_case("zst"));
    let inner = path.with_extension("");
    driver(if is_packed { &inner } else { path }).is_some_and(|driver| driver.name == "OpenStreetMap")
}

/// What an address starts with, to `://` and in lower case; `None` for the path of a file.
fn scheme(path: &Path) -> Option<String> {
    let (scheme, _) = path.to_str()?.split_once("://")?;
    let is_scheme = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then(|| format!("{}://", scheme.to_lowercase()))
}

/// Whether a path is the address of a server, and no file.
pub fn is_address(path: &Path) -> bool {
    scheme(path).is_some()
}

/// A path as messages and reports may show it: the password of an address is left out.
pub fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    if !is_address(path) {
        return text;
    }
    let Some((scheme, rest)) = text.split_once("://") else { return text };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let place = match place.rsplit_once('@') {
        Some((who, host)) => format!("{}@{host}", who.split(':').next().unwrap_or_default()),
        None => place.to_owned(),
    };
    let query: Vec<&str> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|one| !one.to_lowercase().starts_with("password"))
        .collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    format!("{scheme}://{place}{query}")
}

/// How an ending or the start of an address is told.
pub fn told(ending: &str) -> String {
    if ending.contains("://") { format!("{ending}…") } else { format!(".{ending}") }
}

/// The files that are written beside a file, because together they are one thing; mostly none.
pub fn companions(path: &Path) -> Vec<PathBuf> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_lowercase();
    let beside: &[&str] = match ending.as_str() {
        "shp" => &shp_out::BESIDE,
        "dbf" => &dbf_out::BESIDE,
        _ => &[],
    };
    beside.iter().map(|ending| path.with_extension(ending)).collect()
}

/// Reads a layer to its end with the format that its ending names; of the request's rectangle, what reaches into it.
/// # Errors
/// [`ReadError`]; what is wrong with single records goes to the sink instead.
pub fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    if let Some(what) = raster_file::other_raster(request.path) {
        return Err(ReadError::Content { shown: request.shown.to_owned(), what });
    }
    match (driver(request.path), request.bbox) {
        (Some(Driver { read: Some(read), .. }), Some(bbox)) => read(request, &mut Cut { sink, bbox }),
        (Some(Driver { read: Some(read), .. }), None) => read(request, sink),
        (Some(Driver { name, write: None, about, .. }), _) => {
            let what = format!("{name} is {about}");
            Err(ReadError::Content { shown: request.shown.to_owned(), what })
        }
        _ => Err(unknown_format(request)),
    }
}

/// What is wrong with a table in which no columns of coordinates were found; `None` for formats with places of their own, and where there
/// are some or the request names them.
pub fn no_columns_of_places(request: &ReadRequest<'_>, fields: &[Field]) -> Option<String> {
    let takes_places = inner_driver(request.path).is_some_and(|driver| driver.takes.place);
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    takes_places.then(|| place::not_found(request, &names)).flatten()
}

/// What the columns of places say of the datum by their names, where it is a shifted one: `gcj-02` or `bd-09`.
pub fn datum_in_names(request: &ReadRequest<'_>, fields: &[Field]) -> Option<&'static str> {
    let takes_places = inner_driver(request.path).is_some_and(|driver| driver.takes.place);
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    takes_places.then(|| place::columns(request, &names).ok()?.shifted_key()).flatten()
}

/// The format of a path, that of the file within where it is packed alone.
fn inner_driver(path: &Path) -> Option<&'static Driver> {
    let found = driver(path)?;
    if found.name != "packed" {
        return Some(found);
    }
    driver(&path.with_extension("")).or(Some(found))
}

/// The layers of a file; empty for formats that hold one.
/// # Errors
/// [`ReadError`] when the file can not be read.
pub fn layers(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    if let Some(what) = raster_file::other_raster(request.path) {
        return Err(ReadError::Content { shown: request.shown.to_owned(), what });
    }
    driver(request.path).and_then(|driver| driver.layers).map_or(Ok(Vec::new()), |list| list(request))
}

/// Which of `names` is asked for; without a wish, the only one of those that are `likely`, or the only one there is.
pub(super) fn chosen(request: &ReadRequest<'_>, names: &[String], likely: &[usize]) -> Result<usize, ReadError> {
    const SHOWN: usize = 40;
    let refuse = |what: String| ReadError::Layer { shown: request.shown.to_owned(), what };
    let list = || {
        let more = names.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "))
    };
    match (request.layer, likely, names) {
        (Some(wanted), ..) => names.iter().position(|name| name == wanted).ok_or_else(|| {
            let nearest = names
                .iter()
                .map(|name| (strsim::damerau_levenshtein(name, wanted), name))
                .min()
                .filter(|(edits, _)| *edits <= 2)
                .map(|(_, name)| format!("; did you mean \"{name}\"?"))
                .unwrap_or_default();
            refuse(format!("has no layer \"{wanted}\"{nearest} (layers: {})", list()))
        }),
        (None, _, []) => Err(refuse("holds no layer".to_owned())),
        (None, [only], _) => Ok(*only),
        (None, _, [_]) => Ok(0),
        (None, ..) => {
            Err(refuse(format!("holds {} layers; say which: layer = \"…\" (layers: {})", names.len(), list())))
        }
    }
}

/// What to do with files of endings that people have and that are no layers, by ending.
const ADVICE: [(&[&str], &str); 14] = [
    (&["shx", "prj", "cpg", "sbn", "sbx", "qix", "qpj"], "is a part of a shapefile; name the .shp beside it"),
    (
        &["bz2", "xz", "7z", "rar", "tar", "tgz"],
        "is packed in a way that is not read; unpack it, or pack it as .zip, .gz or .zst",
    ),
    (&["et", "numbers", "wks", "123", "wk1"], "is a workbook of another program; save it as .xlsx or .csv"),
    (&["doc", "docx", "pdf", "wps", "ppt", "pptx", "rtf"], "is a document; save its table as .xlsx or .csv"),
    (&["html", "htm", "mhtml"], "is a page; save its table as .xlsx or .csv, or its data as GeoJSON"),
    (
        &["qgz", "qgs", "mxd", "aprx", "lyr", "lyrx", "qlr", "sld", "qml"],
        "is a project or a style; name the file of the data that it shows",
    ),
    (&["mdb", "accdb"], "is a database of Access; export the table as .xlsx, .csv or shapefile"),
    (&["dwg"], "is a drawing of AutoCAD; save it as DXF and convert it with ogr2ogr to a GeoPackage"),
    (&["o5m", "o5c"], "is OpenStreetMap in another form; convert it: osmium cat FILE -o FILE.osm.pbf"),
    (
        &["rds", "rda", "rdata", "feather", "arrow", "dta", "sav", "pkl", "pickle", "mat", "sas7bdat"],
        "is data of a program for statistics; export it as .csv or .gpkg",
    ),
    (&["las", "laz", "e57", "ply"], "is a cloud of points, which is not used here"),
    (
        &["sql"],
        "is a script for a database; load it into PostGIS and name the database, or export the table as .csv or .gpkg",
    ),
    (&["png", "jpg", "jpeg", "gif", "bmp", "webp"], "is a picture; it has no records"),
    (&["xml"], "is XML of no kind that is known by its ending; OpenStreetMap ends in .osm, KML in .kml"),
];

/// What to do with a file or an address that no format is known for; `None` where nothing better is known than the list of endings.
fn advice(request: &ReadRequest<'_>) -> Option<String> {
    let text = request.path.to_string_lossy().to_lowercase();
    if let Some(scheme) = scheme(request.path) {
        return matches!(scheme.as_str(), "http://" | "https://" | "ftp://" | "s3://" | "gs://" | "file://").then(
            || match scheme.as_str() {
                "file://" => "is written as an address; write the path of the file".to_owned(),
                _ => "is an address of the web, which is not read; download the file and name its path".to_owned(),
            },
        );
    }
    // what a browser or a mistyped address leaves of the two strokes
    if text.starts_with("http:/") || text.starts_with("https:/") {
        return Some("is an address of the web, which is not read; download the file and name its path".to_owned());
    }
    let ending = request.path.extension()?.to_str()?.to_lowercase();
    let (_, what) = ADVICE.iter().find(|(endings, _)| endings.contains(&ending.as_str()))?;
    Some((*what).to_owned())
}

fn unknown_format(request: &ReadRequest<'_>) -> ReadError {
    if let Some(what) = advice(request) {
        return ReadError::Content { shown: request.shown.to_owned(), what };
    }
    let readable: Vec<&str> =
        DRIVERS.iter().filter(|driver| driver.read.is_some()).flat_map(|driver| driver.extensions).copied().collect();
    let ending = request.path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_lowercase();
    let nearest = readable
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, &ending), *known))
        .min()
        .filter(|(edits, _)| *edits <= 2 && !ending.is_empty())
        .map(|(_, known)| format!("; did you mean .{known}?"))
        .unwrap_or_default();
    ReadError::UnknownFormat { shown: request.shown.to_owned(), known: readable.join(", "), nearest }
}

/// As long as one of these is there, what a foreign program has brought over to be read is kept, and read again from there; then its files are
/// removed. For a run, or a look at all layers of a file.
#[must_use]
pub struct Kept {
    #[cfg(feature = "gdal")]
    _brought: gdal::Kept,
}

impl Kept {
    /// From now on.
    pub fn begin() -> Kept {
        Kept {
            #[cfg(feature = "gdal")]
            _brought: gdal::Kept::new(),
        }
    }
}

/// A sink that keeps everything.
#[derive(Debug, Default)]
pub struct Collected {
    pub records: Vec<Record>,
    /// Why records have no geometry, and everything else that is wrong, in file order.
    pub issues: Vec<Issue>,
}

impl Sink for Collected {
    fn record(&mut self, _: &[Field], record: Record, trouble: Option<Issue>) {
        self.records.push(record);
        self.issues.extend(trouble);
    }

    fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }
}

/// Reads a whole layer into memory.
/// # Errors
/// As [`read`].
pub fn read_all(request: &ReadRequest<'_>) -> Result<(LayerInfo, Collected), ReadError> {
    let mut sink = Collected::default();
    let info = read(request, &mut sink)?;
    Ok((info, sink))
}
