//! The `geo` metadata of a GeoParquet file (versions 1.0 and 1.1).

use serde_json::Map;
use serde_json::Value as Json;

use crate::io::read::DeclaredCrs;

/// How the geometries of a column are put down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Well-known binary.
    Wkb,
    /// A group of `x` and `y`; the others are lists of it, as GeoArrow has them.
    Point,
    LineString,
    Polygon,
    MultiPoint,
    MultiLineString,
    MultiPolygon,
}

impl Encoding {
    /// By its name in the metadata, in any case.
    fn named(name: &str) -> Option<Encoding> {
        Some(match name.to_ascii_lowercase().as_str() {
            "wkb" => Encoding::Wkb,
            "point" => Encoding::Point,
            "linestring" => Encoding::LineString,
            "polygon" => Encoding::Polygon,
            "multipoint" => Encoding::MultiPoint,
            "multilinestring" => Encoding::MultiLineString,
            "multipolygon" => Encoding::MultiPolygon,
            _ => return None,
        })
    }
}

/// What the metadata says of the file.
#[derive(Debug)]
pub(super) struct GeoMetadata {
    /// The column whose geometries the records have.
    pub(super) primary: String,
    pub(super) encoding: Encoding,
    pub(super) crs: DeclaredCrs,
    /// The other columns of geometries.
    pub(super) others: Vec<String>,
    /// Columns that hold the rectangles around the geometries of another: no fields.
    pub(super) coverings: Vec<String>,
}

/// The metadata in `text`.
/// # Errors
/// What is wrong: no JSON, no primary column, an encoding that is not read.
pub(super) fn parse(text: &str) -> Result<GeoMetadata, String> {
    let all: Json = serde_json::from_str(text).map_err(|error| format!("its \"geo\" metadata is no JSON: {error}"))?;
    let member = |name: &str| all.get(name).ok_or_else(|| format!("its \"geo\" metadata has no \"{name}\""));
    let primary = member("primary_column")?.as_str().ok_or("its \"primary_column\" is no name")?.to_owned();
    let columns = member("columns")?.as_object().ok_or("its \"columns\" are no list by name")?;
    let column = columns
        .get(&primary)
        .and_then(Json::as_object)
        .ok_or_else(|| format!("its \"geo\" metadata says nothing of the primary column \"{primary}\""))?;
    let named = column.get("encoding").and_then(Json::as_str).unwrap_or_default();
    let encoding = Encoding::named(named).ok_or_else(|| {
        format!(
            "the geometries are put down as \"{named}\", which is not read; write them as WKB: geometry_encoding=\"WKB\" in \
             geopandas, GEOMETRY_ENCODING=WKB in GDAL"
        )
    })?;
    let coverings = columns.values().filter_map(covering).map(str::to_owned).collect();
    let others = columns.keys().filter(|name| **name != primary).cloned().collect();
    Ok(GeoMetadata { encoding, crs: crs(column), others, coverings, primary })
}

/// What the types of the columns say of a file without the metadata: `columns` are those of type GEOMETRY or GEOGRAPHY with the CRS that
/// their type names, in the order of the file; the first is the primary one. `pairs` are the key-value pairs of the file. `None` without
/// such a column.
pub(super) fn by_types(
    columns: &[(String, Option<String>)],
    pairs: &dyn Fn(&str) -> Option<String>,
) -> Option<GeoMetadata> {
    let (primary, crs) = columns.first()?;
    Some(GeoMetadata {
        primary: primary.clone(),
        encoding: Encoding::Wkb,
        crs: crs_of_type(crs.as_deref(), pairs),
        others: columns[1..].iter().map(|(name, _)| name.clone()).collect(),
        coverings: Vec::new(),
    })
}

/// The CRS in a type GEOMETRY or GEOGRAPHY: none means longitude and latitude; `srid:4326`, `projjson:key` whose text is a pair of the file,
/// PROJJSON itself, or any other way to write one.
fn crs_of_type(crs: Option<&str>, pairs: &dyn Fn(&str) -> Option<String>) -> DeclaredCrs {
    let Some(text) = crs.map(str::trim).filter(|text| !text.is_empty()) else {
        return DeclaredCrs::ByFormat("OGC:CRS84".to_owned());
    };
    let json = |text: &str| serde_json::from_str::<Json>(text).ok().filter(Json::is_object);
    if let Some(number) = text.strip_prefix("srid:") {
        return match number.trim() {
            // nobody knows, by the standard
            "0" | "-1" => DeclaredCrs::Unknown,
            number => DeclaredCrs::Carried(format!("EPSG:{number}")),
        };
    }
    let of_pair = text.strip_prefix("projjson:").map(|key| pairs(key).unwrap_or_default());
    match json(of_pair.as_deref().unwrap_or(text)) {
        Some(projjson) => DeclaredCrs::Carried(code(&projjson).unwrap_or_else(|| projjson.to_string())),
        None => DeclaredCrs::Carried(text.to_owned()),
    }
}

/// The column of the rectangles around the geometries of a column: `covering.bbox.xmin` is a path whose first part it is.
fn covering(column: &Json) -> Option<&str> {
    column.get("covering")?.get("bbox")?.get("xmin")?.get(0)?.as_str()
}

/// No member means longitude and latitude by the standard, a null that nobody knows.
fn crs(column: &Map<String, Json>) -> DeclaredCrs {
    match column.get("crs") {
        None => DeclaredCrs::ByFormat("OGC:CRS84".to_owned()),
        Some(Json::Null) => DeclaredCrs::Unknown,
        Some(Json::String(text)) => DeclaredCrs::Carried(text.clone()),
        Some(projjson) => DeclaredCrs::Carried(code(projjson).unwrap_or_else(|| projjson.to_string())),
    }
}

/// The short name of a CRS that says it of itself: `EPSG:4490`.
fn code(projjson: &Json) -> Option<String> {
    let id = projjson.get("id")?;
    let code = match id.get("code")? {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        _ => return None,
    };
    match id.get("authority")?.as_str()? {
        authority @ ("EPSG" | "OGC") => Some(format!("{authority}:{code}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crs_is_that_of_the_primary_column() {
        let with = |crs: &str| {
            let text = format!(
                "{{\"version\":\"1.1.0\",\"primary_column\":\"g\",\"columns\":{{\"h\":{{\"encoding\":\"WKB\",\"crs\":null}},\
                 \"g\":{{\"encoding\":\"WKB\",\"covering\":{{\"bbox\":{{\"xmin\":[\"box\",\"xmin\"]}}}}{crs}}}}}}}"
            );
            parse(&text).unwrap()
        };
        let plain = with("");
        assert_eq!((plain.others, plain.coverings), (vec!["h".to_owned()], vec!["box".to_owned()]));
        assert_eq!(plain.crs, DeclaredCrs::ByFormat("OGC:CRS84".into()));
        assert_eq!(with(",\"crs\":null").crs, DeclaredCrs::Unknown);
        let id = |id: &str| with(&format!(",\"crs\":{{\"name\":\"x\",\"id\":{id}}}")).crs;
        assert_eq!(id("{\"authority\":\"EPSG\",\"code\":4490}"), DeclaredCrs::Carried("EPSG:4490".into()));
        assert_eq!(id("{\"authority\":\"OGC\",\"code\":\"CRS84\"}"), DeclaredCrs::Carried("OGC:CRS84".into()));
        assert!(id("{\"authority\":\"me\",\"code\":1}").text().is_some_and(|text| text.starts_with("{\"name\"")));
    }

    #[test]
    fn types_of_columns_say_the_crs_too() {
        // the forms of "Geospatial logical types" of the Parquet specification, and what DuckDB 1.4 and pyarrow write
        let pairs = |key: &str| {
            (key == "mine").then(|| "{\"name\":\"x\",\"id\":{\"authority\":\"EPSG\",\"code\":5070}}".to_owned())
        };
        let carried = |text: &str| DeclaredCrs::Carried(text.to_owned());
        for (crs, want) in [
            (None, DeclaredCrs::ByFormat("OGC:CRS84".to_owned())),
            (Some(""), DeclaredCrs::ByFormat("OGC:CRS84".to_owned())),
            (Some("OGC:CRS84"), carried("OGC:CRS84")),
            (Some("EPSG:4490"), carried("EPSG:4490")),
            (Some("srid:5070"), carried("EPSG:5070")),
            (Some("srid:0"), DeclaredCrs::Unknown),
            (Some("projjson:mine"), carried("EPSG:5070")),
            (Some("projjson:gone"), carried("projjson:gone")),
            (Some("{\"id\":{\"authority\":\"OGC\",\"code\":\"CRS84\"}}"), carried("OGC:CRS84")),
        ] {
            let columns = [("g".to_owned(), crs.map(str::to_owned)), ("h".to_owned(), None)];
            let found = by_types(&columns, &pairs).unwrap();
            assert_eq!(
                (found.primary.as_str(), &found.others[..], found.crs),
                ("g", &["h".to_owned()][..], want),
                "{crs:?}"
            );
        }
        assert!(by_types(&[], &pairs).is_none());
    }

    #[test]
    fn metadata_that_says_too_little_is_refused() {
        for (text, want) in [
            ("{", "no JSON"),
            ("{}", "no \"primary_column\""),
            ("{\"primary_column\":\"g\",\"columns\":{}}", "says nothing of"),
            ("{\"primary_column\":\"g\",\"columns\":{\"g\":{\"encoding\":\"geohash\"}}}", "as \"geohash\""),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(want), "{message}");
        }
    }
}
