//! A table as GeoParquet 1.1: geometries as WKB, the rectangles around them, and rows along a Hilbert curve.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::BinaryArray;
use arrow_array::BooleanArray;
use arrow_array::Float64Array;
use arrow_array::Int64Array;
use arrow_array::RecordBatch;
use arrow_array::StringArray;
use arrow_array::StructArray;
use arrow_schema::ArrowError;
use arrow_schema::DataType;
use arrow_schema::Field as Column;
use arrow_schema::Fields;
use arrow_schema::Schema;
use flatgeobuf::packed_r_tree::NodeItem;
use flatgeobuf::packed_r_tree::calc_extent;
use flatgeobuf::packed_r_tree::hilbert_sort;
use geo_types::Rect;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::basic::ZstdLevel;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::Value as Json;
use serde_json::json;

use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::io::gpkg;
use crate::io::gpkg_blob;
use crate::io::sound;
use crate::io::sound::Shape;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::OutputCrs;
use crate::table::Table;
use crate::table::Value;

const GEOMETRY: &str = "geometry";
const COVERING: &str = "bbox";
const BOUNDS: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

/// Rows of a row group: readers that look for a place pass over whole groups by the rectangles in them.
const GROUP: usize = 1 << 16;

/// Writes one table; the same table gives the same bytes.
///
/// The rows stand along a Hilbert curve through the middles of their rectangles, those of one place in the order of the table; rows
/// of tables without geometry keep their order, and the file has no `geo` metadata then. The title and the description of the table
/// are texts in the file's metadata.
///
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when the table is not sound or has fields of these names; the errors of
/// [`atomic::write_with`].
pub(super) fn write(path: &Path, table: &Table) -> Result<(), WriteError> {
    let reserved: &[&str] = if table.geometry == GeometryKind::None { &[] } else { &[GEOMETRY, COVERING] };
    sound::check(table, reserved)?;
    let mut shapes = Vec::with_capacity(table.rows.len());
    let mut nodes = Vec::new();
    for at in 0..table.rows.len() {
        let shape = sound::shape_of(table, at)?;
        if let Some(shape) = &shape {
            let around = shape.bounds();
            let (min, max) = (around.min(), around.max());
            nodes.push(NodeItem { offset: at as u64, ..NodeItem::bounds(min.x, min.y, max.x, max.y) });
        }
        shapes.extend(shape);
    }
    let extent = calc_extent(&nodes);
    hilbert_sort(&mut nodes, &extent);
    let order: Vec<usize> = match table.geometry {
        GeometryKind::None => (0..table.rows.len()).collect(),
        _ => nodes.iter().map(|node| node.offset as usize).collect(),
    };
    let around = (!nodes.is_empty()).then_some([extent.min_x, extent.min_y, extent.max_x, extent.max_y]);
    let schema = schema(table);
    let failed = |error: ParquetError| WriteError::Table {
        table: table.name.clone(),
        what: format!("can not be written as Parquet to \"{}\": {error}", path.display()),
    };
    atomic::write_with(path, |temporary| {
        let file = File::create_new(temporary).map_err(|source| WriteError::File { path: path.to_owned(), source })?;
        // Other programs' copy of the schema would say nothing more.
        let options =
            ArrowWriterOptions::new().with_properties(properties(table, around)).with_skip_arrow_metadata(true);
        let mut writer = ArrowWriter::try_new_with_options(file, Arc::clone(&schema), options).map_err(failed)?;
        for group in order.chunks(GROUP) {
            let batch = batch(table, &shapes, group, &schema).map_err(|error| failed(error.into()))?;
            writer.write(&batch).map_err(failed)?;
        }
        writer.close().map(|_| ()).map_err(failed)
    })
}

fn schema(table: &Table) -> Arc<Schema> {
    let mut columns: Vec<Column> = table
        .fields
        .iter()
        .map(|field| {
            let kind = match field.kind {
                FieldKind::Bool => DataType::Boolean,
                FieldKind::Int => DataType::Int64,
                FieldKind::Real => DataType::Float64,
                FieldKind::Text => DataType::Utf8,
            };
            Column::new(&field.name, kind, true)
        })
        .collect();
    if table.geometry != GeometryKind::None {
        columns.push(Column::new(GEOMETRY, DataType::Binary, false));
        columns.push(Column::new(COVERING, DataType::Struct(covering()), false));
    }
    Arc::new(Schema::new(columns))
}

fn covering() -> Fields {
    BOUNDS.iter().map(|name| Column::new(*name, DataType::Float64, false)).collect()
}

fn properties(table: &Table, around: Option<[f64; 4]>) -> WriterProperties {
    let mut pairs = vec![
        KeyValue::new("title".to_owned(), table.display_title()),
        KeyValue::new("description".to_owned(), gpkg::description(table)),
    ];
    if table.geometry != GeometryKind::None {
        pairs.push(KeyValue::new("geo".to_owned(), geo(table, around).to_string()));
    }
    WriterProperties::builder()
        .set_created_by("tongda".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP))
        .set_key_value_metadata(Some(pairs))
        .build()
}

/// The `geo` metadata.
fn geo(table: &Table, around: Option<[f64; 4]>) -> Json {
    let kinds = match table.geometry {
        GeometryKind::None => vec![],
        GeometryKind::Point => vec!["Point"],
        GeometryKind::MultiLineString => vec!["MultiLineString"],
        GeometryKind::MultiPolygon => vec!["MultiPolygon"],
    };
    let paths = BOUNDS.map(|name| (name.to_owned(), json!([COVERING, name])));
    let mut column = json!({
        "encoding": "WKB",
        "geometry_types": kinds,
        "crs": crs(table.crs),
        "orientation": "counterclockwise",
        "covering": { "bbox": Json::Object(paths.into_iter().collect()) },
    });
    if let (Some(around), Some(column)) = (around, column.as_object_mut()) {
        column.insert("bbox".to_owned(), json!(around));
    }
    json!({ "version": "1.1.0", "primary_column": GEOMETRY, "columns": { GEOMETRY: column } })
}

/// The CRS as PROJJSON (v0.7), as PROJ 9.6 gives it without scope and area. Coordinates are longitude and latitude whatever the order
/// of its axes, by the standard.
fn crs(crs: OutputCrs) -> Json {
    let axis = |name: &str, short: &str, direction: &str| json!({ "name": format!("Geodetic {name}"), "abbreviation": short, "direction": direction, "unit": "degree" });
    let (longitude, latitude) = (axis("longitude", "Lon", "east"), axis("latitude", "Lat", "north"));
    let (name, datum, axes, id) = match crs {
        OutputCrs::Wgs84 => (
            "WGS 84 (CRS84)",
            json!({
                "type": "GeodeticReferenceFrame",
                "name": "World Geodetic System 1984",
                "ellipsoid": { "name": "WGS 84", "semi_major_axis": 6_378_137, "inverse_flattening": 298.257_223_563 },
                "id": { "authority": "EPSG", "code": 6326 },
            }),
            [longitude, latitude],
            json!({ "authority": "OGC", "code": "CRS84" }),
        ),
        OutputCrs::Cgcs2000 => (
            "China Geodetic Coordinate System 2000",
            json!({
                "type": "GeodeticReferenceFrame",
                "name": "China 2000",
                "ellipsoid": { "name": "CGCS2000", "semi_major_axis": 6_378_137, "inverse_flattening": 298.257_222_101 },
            }),
            [latitude, longitude],
            json!({ "authority": "EPSG", "code": 4490 }),
        ),
    };
    json!({
        "$schema": "https://proj.org/schemas/v0.7/projjson.schema.json",
        "type": "GeographicCRS",
        "name": name,
        "datum": datum,
        "coordinate_system": { "subtype": "ellipsoidal", "axis": axes },
        "id": id,
    })
}

/// The rows `group` of the table; `shapes` are those of all rows, or none.
fn batch(table: &Table, shapes: &[Shape], group: &[usize], schema: &Arc<Schema>) -> Result<RecordBatch, ArrowError> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(table.fields.len() + 2);
    for (at, field) in table.fields.iter().enumerate() {
        let values = || group.iter().map(|row| table.rows.get(*row).and_then(|row| row.values.get(at)));
        columns.push(match field.kind {
            FieldKind::Bool => Arc::new(BooleanArray::from_iter(values().map(|value| match value {
                Some(Value::Bool(flag)) => Some(*flag),
                _ => None,
            }))),
            FieldKind::Int => Arc::new(Int64Array::from_iter(values().map(|value| match value {
                Some(Value::Int(number)) => Some(*number),
                _ => None,
            }))),
            FieldKind::Real => Arc::new(Float64Array::from_iter(values().map(|value| value.and_then(number)))),
            FieldKind::Text => Arc::new(StringArray::from_iter(values().map(|value| match value {
                Some(Value::Text(text)) => Some(text.as_str()),
                _ => None,
            }))),
        });
    }
    if table.geometry != GeometryKind::None {
        let shapes = || group.iter().filter_map(|row| shapes.get(*row));
        columns.push(Arc::new(BinaryArray::from_iter_values(shapes().map(gpkg_blob::wkb))));
        let around: Vec<Rect<f64>> = shapes().map(Shape::bounds).collect();
        let bound =
            |of: fn(&Rect<f64>) -> f64| -> ArrayRef { Arc::new(Float64Array::from_iter_values(around.iter().map(of))) };
        let bounds = vec![
            bound(|around| around.min().x),
            bound(|around| around.min().y),
            bound(|around| around.max().x),
            bound(|around| around.max().y),
        ];
        columns.push(Arc::new(StructArray::try_new(covering(), bounds, None)?));
    }
    RecordBatch::try_new(Arc::clone(schema), columns)
}

/// A value of a column of fractions, which may be whole. Not [`Value::as_f64`]: a text is no number here.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Real(number) => Some(*number),
        _ => None,
    }
}
