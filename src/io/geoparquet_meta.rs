//! The `geo` metadata of a GeoParquet file (versions 1.0 and 1.1).

use serde_json::Map;
use serde_json::Value as Json;

use crate::io::read::DeclaredCrs;

/// How the geometries of a column are put down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Well-known binary.
    Wkb,
    /// A group of `x` and `y`.
    Point,
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
    let encoding = match column.get("encoding").and_then(Json::as_str).unwrap_or_default() {
        name if name.eq_ignore_ascii_case("WKB") => Encoding::Wkb,
        name if name.eq_ignore_ascii_case("point") => Encoding::Point,
        name => {
            return Err(format!(
                "the geometries are put down as \"{name}\", which is not read; write them as WKB: geometry_encoding=\"WKB\" in \
                 geopandas, GEOMETRY_ENCODING=WKB in GDAL"
            ));
        }
    };
    let coverings = columns.values().filter_map(covering).map(str::to_owned).collect();
    let others = columns.keys().filter(|name| **name != primary).cloned().collect();
    Ok(GeoMetadata { encoding, crs: crs(column), others, coverings, primary })
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
    fn metadata_that_says_too_little_is_refused() {
        for (text, want) in [
            ("{", "no JSON"),
            ("{}", "no \"primary_column\""),
            ("{\"primary_column\":\"g\",\"columns\":{}}", "says nothing of"),
            ("{\"primary_column\":\"g\",\"columns\":{\"g\":{\"encoding\":\"polygon\"}}}", "as \"polygon\""),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(want), "{message}");
        }
    }
}
