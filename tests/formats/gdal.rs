//! Formats that only GDAL knows, against files that its own `ogr2ogr` writes here out of a GeoJSON.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
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

/// A CSV brought in by a VRT, whose layers GDAL lists by the names that it gives them.
fn virtual_layers(folder: &Path, layers: &[(&str, &str)]) -> PathBuf {
    let mut text = "<OGRVRTDataSource>".to_owned();
    for (nth, (name, content)) in layers.iter().enumerate() {
        fs::write(folder.join(format!("t{nth}.csv")), content).unwrap();
        text += &format!(
            "<OGRVRTLayer name=\"{name}\"><SrcDataSource relativeToVRT=\"1\">t{nth}.csv</SrcDataSource><SrcLayer>t{nth}</SrcLayer>\
             <GeometryType>wkbPoint</GeometryType><GeometryField encoding=\"PointFromColumns\" x=\"lon\" y=\"lat\"/></OGRVRTLayer>"
        );
    }
    let path = folder.join("layers.vrt");
    fs::write(&path, text + "</OGRVRTDataSource>").unwrap();
    path
}

#[test]
fn no_column_and_no_layer_is_lost_on_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let first = "lon,lat,fid,geom,Name,NAME\n118,32,320101,g,a,b\n119,33,320102,h,c,d\n";
    let path = virtual_layers(
        folder.path(),
        &[("a", first), ("A", "lon,lat\n1,2\n3,4\n5,6\n"), ("Roads (old)", "lon,lat\n7,8\n")],
    );
    let request = |layer| ReadRequest { layer, ..ReadRequest::new(&path, "test") };
    // with copies that are kept for a run, and without
    for kept in [Some(read::Kept::begin()), None] {
        assert_eq!(read::layers(&request(None)).unwrap(), ["a", "A", "Roads (old)"]);
        let (info, read) = read::read_all(&request(Some("a"))).unwrap();
        let fields: Vec<&str> = info.fields.iter().map(|field| field.name.as_str()).collect();
        // GDAL renames the column whose name differs by case, and says so
        assert_eq!(fields, ["lon", "lat", "fid", "geom", "Name", "NAME2"]);
        assert!(read.issues.iter().any(|issue| issue.code == "gdal-warning" && issue.what.contains("NAME2")));
        assert_eq!(read.records[1].value(2), &Value::from("320102"));
        assert_eq!((info.records, info.layer.as_deref()), (2, Some("a")));
        assert_eq!(read::read_all(&request(Some("A"))).unwrap().0.records, 3);
        assert_eq!(read::read_all(&request(Some("Roads (old)"))).unwrap().0.records, 1);
        let error = read::read_all(&request(Some("roads"))).unwrap_err().to_string();
        assert!(error.contains("has no layer \"roads\"") && error.contains("Roads (old)"), "{error}");
        drop(kept);
    }
    let twice = virtual_layers(folder.path(), &[("a", "lon,lat\n1,2\n"), ("a", "lon,lat\n3,4\n")]);
    let error = layer(&twice).unwrap_err().to_string();
    assert!(error.contains("two of its layers are called \"a\""), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_is_brought_over_once() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path =
        virtual_layers(folder.path(), &[("a", "lon,lat\n1,2\n"), ("b", "lon,lat\n1,2\n"), ("c", "lon,lat\n1,2\n")]);
    let calls = folder.path().join("calls");
    let real = String::from_utf8(Command::new("which").arg("ogr2ogr").output().unwrap().stdout).unwrap();
    let own = folder.path().join("bin/ogr2ogr");
    fs::create_dir(own.parent().unwrap()).unwrap();
    fs::write(&own, format!("#!/bin/sh\necho x >>{}\nexec {} \"$@\"\n", calls.display(), real.trim())).unwrap();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
    let search = format!("{}:{}", own.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let copies = folder.path().join("tmp");
    fs::create_dir(&copies).unwrap();
    for (arguments, times) in [(&["inspect"][..], 1), (&["inspect", "--layer", "b"], 1)] {
        fs::write(&calls, "").unwrap();
        let mut command = Command::new(cargo_bin("tongda"));
        command.args(arguments).arg(&path).env("PATH", &search).env("TMPDIR", &copies);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(fs::read_to_string(&calls).unwrap().lines().count(), times, "{arguments:?}");
        assert_eq!(fs::read_dir(&copies).unwrap().count(), 0, "copies are removed");
    }
}

#[test]
fn a_relative_address_is_seen_from_the_folder_of_the_config() {
    let base = Path::new("/studies/one");
    for (path, want) in [
        ("gdal://towns.gml", "gdal:///studies/one/towns.gml"),
        ("GDAL://data/towns.gml", "GDAL:///studies/one/data/towns.gml"),
        ("gdal:///data/towns.gml", "gdal:///data/towns.gml"),
        ("gdal:///vsizip/data/towns.zip", "gdal:///vsizip//studies/one/data/towns.zip"),
        ("gdal://WFS:https://example.org/wfs", "gdal://WFS:https://example.org/wfs"),
        ("gdal://https://example.org/a.json", "gdal://https://example.org/a.json"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("towns.gml", "/studies/one/towns.gml"),
    ] {
        let text = format!("title = \"T\"\n[study]\nregions = {{ path = \"{path}\", level = \"county\" }}\n");
        let plan = tongda::config::parse(&text, "study.toml", base).unwrap();
        assert_eq!(plan.study.regions[0].source.path, Path::new(want), "{path}");
    }
}

#[test]
fn what_gdal_does_not_read_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.tab");
    fs::write(&broken, "no table").unwrap();
    let error = layer(&broken).unwrap_err().to_string();
    assert!(error.contains("GDAL can not read it: ") && !error.contains("FAILURE"), "{error}");
    assert!(error.contains("broken.tab"), "the reason: {error}");
    let raster = folder.path().join("people.img");
    fs::write(&raster, "EHFA_HEADER_TAG").unwrap();
    let error = layer(Path::new(&format!("gdal://{}", raster.display()))).unwrap_err().to_string();
    assert!(error.contains("gdal_translate people.img people.tif"), "{error}");
    let error = layer(&folder.path().join("gone.tab")).unwrap_err().to_string();
    assert!(error.contains("cannot open"), "{error}");
}
