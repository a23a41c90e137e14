//! Writes real outlines and places in every format that is written, for other programs to read them back:
//! `cargo run --example every_format -- FOLDER`.
//!
//! `FOLDER/<ending>/counties.<ending>` and `seats.<ending>` come out, and `FOLDER/written.csv` with a line each; what a format refuses
//! is a line with its reason. A database goes where `TONGDA_TEST_POSTGIS` says (`.ci/with_postgis`). `tests/readback/readback.py` compares them with the sources in `geodata/`.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

use geo_types::Geometry;
use tongda::base::units::Text;
use tongda::io::read::DRIVERS;
use tongda::io::read::ReadRequest;
use tongda::io::read::read_all;
use tongda::table::Field;
use tongda::table::FieldKind;
use tongda::table::GeometryKind;
use tongda::table::OutputCrs;
use tongda::table::Row;
use tongda::table::Table;
use tongda::table::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("say which folder to write to")?;
    let folder = Path::new(&folder);
    let tables = [
        table("counties", "counties_tianditu.geojson", "adcode", GeometryKind::MultiPolygon, OutputCrs::Cgcs2000)?,
        table("seats", "township_seats.csv", "code", GeometryKind::Point, OutputCrs::Wgs84)?,
    ];
    let mut list = "driver,layer,path,refused\n".to_owned();
    let server = env::var("TONGDA_TEST_POSTGIS").ok();
    for driver in DRIVERS {
        let Some(write) = driver.write else { continue };
        for ending in driver.extensions {
            for table in &tables {
                let path = match (ending.split_once("://"), &server) {
                    (None, _) => format!("{ending}/{}.{ending}", table.name),
                    (Some(("postgresql", _)), Some(address)) => address.clone(),
                    // no server is at hand, or it is another spelling of the same
                    (Some(_), _) => continue,
                };
                // an address takes the place of the folder
                let to = if ending.contains("://") { path.clone().into() } else { folder.join(&path) };
                let refused = write(&to, table).err().map(|why| why.to_string()).unwrap_or_default();
                let refused = refused.replace('"', "'");
                list.push_str(&format!("{},{},{path},\"{refused}\"\n", driver.name, table.name));
            }
        }
    }
    fs::write(folder.join("written.csv"), list)?;
    Ok(())
}

/// Code, name, a whole number and a fraction of every record of a file of the demo.
fn table(name: &str, file: &str, code: &str, geometry: GeometryKind, crs: OutputCrs) -> Result<Table, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata/jiangsu").join(file);
    let (info, read) = read_all(&ReadRequest::new(&path, file))?;
    let field = |name: &str| info.fields.iter().position(|field| field.name == name).ok_or(format!("no field {name}"));
    let (code, called) = (field(code)?, field("name")?);
    let row = |(at, record): (usize, tongda::table::Record)| Row {
        geometry: record.geometry.clone().map(|shape| match shape {
            Geometry::Polygon(one) => Geometry::MultiPolygon(vec![one].into()),
            other => other,
        }),
        values: vec![
            record.value(code).clone(),
            record.value(called).clone(),
            Value::Int(at as i64 + 1),
            Value::Real((at as f64 + 1.0) / 7.0),
        ],
    };
    Ok(Table {
        name: name.to_owned(),
        title: Text::new(name, file),
        description: Text::default(),
        synthetic: false,
        crs,
        geometry,
        fields: vec![
            Field::new("code", FieldKind::Text, "Code", "代码"),
            Field::new("名称", FieldKind::Text, "Name", "名称"),
            Field::new("rank", FieldKind::Int, "Rank", "序号"),
            Field::new("seventh", FieldKind::Real, "A seventh of the rank", "序号的七分之一"),
        ],
        rows: read.records.into_iter().enumerate().map(row).collect(),
        style: None,
    })
}
