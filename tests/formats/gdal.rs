//! Formats that only GDAL knows, against files that its own `ogr2ogr` writes here out of a GeoJSON.

use std::fs;
use std::path::Path;
use std::process::Command;

use geo_types::Geometry;
use geo_types::Point;
use tongda::io::read;
use tongda::io::read::Collected;
use tongda::io::read::LayerInfo;
use tongda::io::read::ReadError;
use tongda::io::read::ReadRequest;
use tongda::io::reproject::Crs;
use tongda::table::Value;

const PLACES: &str = r#"{"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"code": "000101", "name": "玄武区", "seats": 7},
     "geometry": {"type": "Point", "coordinates": [118.5, 32.25]}},
    {"type": "Feature", "properties": {"code": "000102", "name": "鼓楼区", "seats": null},
     "geometry": {"type": "Point", "coordinates": [118.75, 32.5]}}]}"#;

fn layer(path: &Path) -> Result<(LayerInfo, Collected), ReadError> {
    read::read_all(&ReadRequest::new(path, "test"))
}

#[test]
fn files_of_other_programs_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("places.geojson");
    fs::write(&source, PLACES).unwrap();
    for (driver, ending) in [("MapInfo File", "tab"), ("GML", "gml"), ("SQLite", "sqlite")] {
        let path = folder.path().join(format!("places.{ending}"));
        let encoding: &[&str] = if ending == "tab" { &["-lco", "ENCODING=UTF-8"] } else { &[] };
        let made =
            Command::new("ogr2ogr").args(["-f", driver]).args(encoding).arg(&path).arg(&source).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let (info, read) = layer(&path).unwrap_or_else(|error| panic!("{ending}: {error}"));
        assert_eq!((info.driver, info.records), ("GDAL", 2), "{ending}");
        let crs = Crs::new(info.crs.text().unwrap()).unwrap();
        assert!(crs.is_geographic(), "{ending}");
        let value = |record: usize, name: &str| {
            let at = info.fields.iter().position(|field| field.name == name).unwrap();
            read.records[record].value(at).clone()
        };
        assert_eq!(value(0, "code"), Value::from("000101"), "{ending}");
        assert_eq!(value(1, "name"), Value::from("鼓楼区"), "{ending}");
        assert_eq!(value(0, "seats"), Value::Int(7), "{ending}");
        assert_eq!(read.records[0].geometry, Some(Geometry::Point(Point::new(118.5, 32.25))), "{ending}");
    }
    // a file of an ending that nobody knows
    let odd = folder.path().join("places.unheard-of");
    fs::rename(&source, &odd).unwrap();
    let (info, _) = layer(Path::new(&format!("gdal://{}", odd.display()))).unwrap();
    assert_eq!(info.records, 2);
}

#[test]
fn what_gdal_does_not_read_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.tab");
    fs::write(&broken, "no table").unwrap();
    let error = layer(&broken).unwrap_err().to_string();
    assert!(error.contains("GDAL can not read it"), "{error}");
    let error = layer(&folder.path().join("gone.tab")).unwrap_err().to_string();
    assert!(error.contains("cannot open"), "{error}");
}
