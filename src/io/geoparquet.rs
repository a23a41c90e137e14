//! Reading GeoParquet (1.0 and 1.1) and plain Parquet: columns, row group by row group.

use std::fs::File;
use std::sync::Arc;

use arrow_array::Array;
use arrow_array::BinaryViewArray;
use arrow_array::Float64Array;
use arrow_array::RecordBatch;
use arrow_array::StructArray;
use arrow_schema::DataType;
use arrow_schema::Schema;
use geo_types::Geometry;
use geo_types::Point;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::geoparquet_meta;
use crate::io::geoparquet_meta::Encoding;
use crate::io::geoparquet_meta::GeoMetadata;
use crate::io::parquet_value;
use crate::io::parquet_value::Column;
use crate::io::pipeline;
use crate::io::place;
use crate::io::place::PlaceColumns;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::wkb;
use crate::table::Field;
use crate::table::Record;
use crate::table::Value;

/// Records that are decoded at once.
const BATCH: usize = 4096;

/// The columns that are read, by their place in the file.
struct Columns {
    fields: Vec<Field>,
    /// Columns of the fields in the file, and where each stands among those that are read.
    roots: Vec<usize>,
    slots: Vec<usize>,
    geometry: Option<Shape>,
    places: PlaceColumns,
}

/// The column of the geometries.
struct Shape {
    name: String,
    encoding: Encoding,
    /// As `roots` and `slots` of the fields.
    root: usize,
    slot: usize,
}

/// A record, what is wrong with its values, and why it has no geometry.
type Converted = (Record, Vec<Issue>, Option<Issue>);

/// Reads a file to its end, in the order of its rows. Memory is bounded by a few batches and the pages they lie in.
///
/// The primary column is the geometry; other columns of geometries, and groups, lists and maps, are left out with an issue. Columns of
/// binary data are null, with an issue. The rectangles that cover the geometries are no field. Dates and times become ISO 8601 texts,
/// decimals numbers. A file without the `geo` metadata is a table, whose places may stand in columns.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Header`] for columns that are not there, [`ReadError::Content`] for a file that is no Parquet, is
/// damaged, or has geometries in an encoding that is not read.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let not_open = |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
    let content = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
    let damaged =
        |error: &dyn std::fmt::Display| content(format!("the Parquet file is damaged or not readable: {error}"));
    let file = File::open(request.path).map_err(not_open)?;
    // What another program says of its own types besides is not needed, and may contradict the file.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let found = ArrowReaderMetadata::load(&file, options.clone()).map_err(|error| damaged(&error))?;
    let pairs = found.metadata().file_metadata().key_value_metadata();
    let geo = pairs.into_iter().flatten().find(|pair| pair.key == "geo").and_then(|pair| pair.value.as_deref());
    let geo = geo.map(geoparquet_meta::parse).transpose().map_err(content)?;
    let metadata =
        ArrowReaderMetadata::try_new(Arc::clone(found.metadata()), options.with_schema(viewed(found.schema())))
            .map_err(|error| damaged(&error))?;
    let columns = columns(request, metadata.schema(), geo.as_ref(), sink)?;
    let roots = columns.roots.iter().copied().chain(columns.geometry.as_ref().map(|shape| shape.root));
    let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
        .with_projection(ProjectionMask::roots(metadata.parquet_schema(), roots))
        .with_batch_size(BATCH)
        .build()
        .map_err(|error| damaged(&error))?;

    let mut records = 0;
    let mut decoded = 0;
    pipeline::in_order(
        || match reader.next() {
            Some(Ok(batch)) => {
                let first = decoded + 1;
                decoded += batch.num_rows() as u64;
                Ok(Some((first, batch)))
            }
            Some(Err(error)) => Err(damaged(&error)),
            None => Ok(None),
        },
        |(first, batch)| converted(request, &columns, first, &batch),
        |batch: Vec<Converted>| {
            for (record, issues, trouble) in batch {
                records = record.number;
                issues.into_iter().for_each(|issue| sink.issue(issue));
                sink.record(&columns.fields, record, trouble);
            }
            Ok(())
        },
        || damaged(&"its pages contradict each other"),
    )?;
    let crs = geo.map_or(DeclaredCrs::Unknown, |geo| geo.crs);
    Ok(LayerInfo { driver: "GeoParquet", layer: None, fields: columns.fields, records, crs, encoding: "UTF-8" })
}

/// The schema with texts and bytes as views into the pages: a text that stands once in a page for thousand rows takes its room once.
fn viewed(schema: &Schema) -> Arc<Schema> {
    let viewed = schema.fields().iter().map(|field| {
        let view = match field.data_type() {
            DataType::Utf8 => DataType::Utf8View,
            DataType::Binary => DataType::BinaryView,
            other => other.clone(),
        };
        field.as_ref().clone().with_data_type(view)
    });
    Arc::new(Schema::new_with_metadata(viewed.collect::<Vec<_>>(), schema.metadata().clone()))
}

/// Which columns are read, and issues of those that are not.
fn columns(
    request: &ReadRequest<'_>,
    schema: &Schema,
    geo: Option<&GeoMetadata>,
    sink: &mut dyn Sink,
) -> Result<Columns, ReadError> {
    let header = |what: String| ReadError::Header { shown: request.shown.to_owned(), what };
    let (mut fields, mut roots, mut shape) = (Vec::new(), Vec::new(), None);
    for (at, column) in schema.fields().iter().enumerate() {
        let name = column.name();
        let mut tell = |code, what: String| {
            sink.issue(Issue::new(Severity::Warning, code, request.shown, what).in_field(name.clone()));
        };
        if geo.is_some_and(|geo| geo.primary == *name) {
            shape = Some((at, column.data_type().clone()));
        } else if geo.is_some_and(|geo| geo.coverings.contains(name)) {
            // tells nothing that the geometries do not
        } else if geo.is_some_and(|geo| geo.others.contains(name)) {
            tell("second-geometry", "is another column of geometries, and left out".to_owned());
        } else if let Some(kind) = parquet_value::kind(column.data_type()) {
            if parquet_value::is_binary(column.data_type()) {
                tell("binary-value", "holds binary data, which is left out of every record".to_owned());
            }
            fields.push(Field { name: name.clone(), title: Text::default(), kind, choices: Vec::new() });
            roots.push(at);
        } else {
            let what = "holds lists, groups or intervals, and is left out; make it columns of plain values".to_owned();
            tell("nested-column", what);
        }
    }
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let Some(geo) = geo else {
        let places = place::columns(request, &names).map_err(header)?.in_parallel();
        return Ok(Columns { slots: (0..roots.len()).collect(), fields, roots, geometry: None, places });
    };
    let content = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
    let Some((at, column)) = shape else {
        return Err(content(format!("the column of the geometries, \"{}\", is not there", geo.primary)));
    };
    let fits = match geo.encoding {
        Encoding::Wkb => column == DataType::BinaryView,
        Encoding::Point => {
            matches!(&column, DataType::Struct(parts) if parts.find("x").is_some() && parts.find("y").is_some())
        }
    };
    if !fits {
        return Err(content(format!(
            "the column of the geometries, \"{}\", is of another type than it is said",
            geo.primary
        )));
    }
    if request.x.is_some() || request.y.is_some() || request.wkt.is_some() {
        return Err(header("the file has geometries of its own; leave out x, y and wkt".to_owned()));
    }
    // What is read comes in the order of the file.
    let slots = roots.iter().enumerate().map(|(slot, root)| slot + usize::from(*root > at)).collect();
    let slot = roots.iter().filter(|root| **root < at).count();
    let geometry = Some(Shape { name: geo.primary.clone(), encoding: geo.encoding, root: at, slot });
    Ok(Columns { fields, roots, slots, geometry, places: PlaceColumns::none() })
}

/// The records of a batch, whose first one has the number `first`.
fn converted(request: &ReadRequest<'_>, columns: &Columns, first: u64, batch: &RecordBatch) -> Vec<Converted> {
    let array = |slot: &usize| batch.columns().get(*slot).map_or(Column::Nothing, |array| Column::of(array.as_ref()));
    let arrays: Vec<Column<'_>> = columns.slots.iter().map(array).collect();
    let shapes = columns.geometry.as_ref().map(|shape| (shape.name.as_str(), Shapes::of(batch, shape)));
    let mut records = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let number = first + row as u64;
        let issue = |severity, code, what: String| Issue::new(severity, code, request.shown, what).at_record(number);
        let mut issues = Vec::new();
        let mut values = Vec::with_capacity(arrays.len());
        for (array, field) in arrays.iter().zip(&columns.fields) {
            values.push(array.value(row).unwrap_or_else(|what| {
                let issue = issue(Severity::Warning, "bad-value", what.to_owned());
                issues.push(issue.in_field(field.name.clone()));
                Value::Null
            }));
        }
        let mut record = Record { number, geometry: None, values };
        let (geometry, field) = match &shapes {
            Some((name, shapes)) => {
                let found = match shapes.geometry(row) {
                    Ok(Some(geometry)) => Ok(Some(geometry)),
                    Ok(None) => Err(("no-geometry", "has no geometry".to_owned())),
                    Err(what) => Err(("bad-geometry", what)),
                };
                (found, Some(*name))
            }
            None => match place::geometry(&columns.places, &record) {
                Ok(geometry) => (Ok(geometry), None),
                Err((code, at, what)) => (Err((code, what)), columns.fields.get(at).map(|field| field.name.as_str())),
            },
        };
        let trouble = match geometry {
            Ok(geometry) => {
                record.geometry = geometry;
                None
            }
            Err((code, what)) => Some(Issue { field: field.map(str::to_owned), ..issue(Severity::Error, code, what) }),
        };
        records.push((record, issues, trouble));
    }
    records
}

/// The geometries of a batch.
enum Shapes<'a> {
    Wkb(&'a BinaryViewArray),
    Points(&'a StructArray, &'a Float64Array, &'a Float64Array),
    /// The column is not what its metadata says.
    Other,
}

impl<'a> Shapes<'a> {
    fn of(batch: &'a RecordBatch, shape: &Shape) -> Shapes<'a> {
        let column = batch.columns().get(shape.slot).map(|column| column.as_any());
        let shapes = match shape.encoding {
            Encoding::Wkb => column.and_then(|column| column.downcast_ref()).map(Shapes::Wkb),
            Encoding::Point => column.and_then(|column| column.downcast_ref::<StructArray>()).and_then(|group| {
                let part = |name: &str| group.column_by_name(name).and_then(|part| part.as_any().downcast_ref());
                Some(Shapes::Points(group, part("x")?, part("y")?))
            }),
        };
        shapes.unwrap_or(Shapes::Other)
    }

    fn geometry(&self, row: usize) -> Result<Option<Geometry<f64>>, String> {
        match self {
            Shapes::Wkb(shapes) if shapes.is_null(row) => Ok(None),
            Shapes::Wkb(shapes) => wkb::geometry(shapes.value(row)),
            Shapes::Points(group, x, y) if group.is_null(row) || x.is_null(row) || y.is_null(row) => Ok(None),
            Shapes::Points(_, x, y) => match Point::new(x.value(row), y.value(row)) {
                empty if empty.x().is_nan() && empty.y().is_nan() => Ok(None),
                point => wkb::sound(Geometry::Point(point)),
            },
            Shapes::Other => Err("the column of the geometries is of another type than it is said".to_owned()),
        }
    }
}
