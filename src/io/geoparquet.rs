//! Reading GeoParquet (1.0 and 1.1) and plain Parquet: columns, row group by row group.

use std::fs::File;
use std::sync::Arc;

use arrow_array::Array;
use arrow_array::BinaryViewArray;
use arrow_array::RecordBatch;
use arrow_schema::DataType;
use arrow_schema::Schema;
use arrow_schema::TimeUnit;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::LogicalType;
use parquet::basic::Type as Physical;
use parquet::file::metadata::KeyValue;
use parquet::schema::types::SchemaDescriptor;
use parquet::schema::types::Type;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::geoparquet_meta;
use crate::io::geoparquet_meta::Encoding;
use crate::io::geoparquet_meta::GeoMetadata;
use crate::io::geoparquet_native;
use crate::io::geoparquet_native::Native;
use crate::io::parquet_value;
use crate::io::parquet_value::Column;
use crate::io::parts::Found;
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
    /// Fields whose bytes are UUIDs.
    uuids: Vec<bool>,
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
/// decimals numbers, UUIDs texts; those of 96 bits are moments to the microsecond. In a file without the `geo` metadata the first column of
/// the type GEOMETRY or GEOGRAPHY is the geometry, in the CRS that the type names; its sides are taken for straight. Without such a
/// column it is a table, whose places may stand in columns. Checksums of pages are compared where there are any.
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
    let pairs: &[KeyValue] = found.metadata().file_metadata().key_value_metadata().map_or(&[], |pairs| pairs);
    let pair = |key: &str| pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone());
    let types = found.metadata().file_metadata().schema_descr();
    let geo = match pair("geo") {
        Some(text) => Some(geoparquet_meta::parse(&text).map_err(content)?),
        None => geoparquet_meta::by_types(&typed_geometries(types), &pair),
    };
    let schema = viewed(found.schema(), types);
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(found.metadata()), options.with_schema(schema))
        .map_err(|error| damaged(&error))?;
    let columns = columns(request, metadata.schema(), types, geo.as_ref(), sink)?;
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

/// Columns of the type GEOMETRY or GEOGRAPHY, with the CRS that the type names.
fn typed_geometries(types: &SchemaDescriptor) -> Vec<(String, Option<String>)> {
    let column = |column: &Arc<Type>| {
        let crs = match column.get_basic_info().logical_type_ref()? {
            LogicalType::Geometry(of) => of.crs.clone(),
            LogicalType::Geography(of) => of.crs.clone(),
            _ => return None,
        };
        Some((column.name().to_owned(), crs))
    };
    types.root_schema().get_fields().iter().filter_map(column).collect()
}

/// The schema with texts and bytes as views into the pages: a text that stands once in a page for thousand rows takes its room once.
/// Moments of 96 bits come as microseconds: as nanoseconds those before 1677 and after 2262, as the usual 9999-12-31, would wrap.
fn viewed(schema: &Schema, types: &SchemaDescriptor) -> Arc<Schema> {
    let columns = types.root_schema().get_fields();
    let viewed = schema.fields().iter().enumerate().map(|(at, field)| {
        let is_int96 = columns
            .get(at)
            .is_some_and(|column| column.is_primitive() && column.get_physical_type() == Physical::INT96);
        let view = match field.data_type() {
            DataType::Utf8 => DataType::Utf8View,
            DataType::Binary => DataType::BinaryView,
            DataType::Timestamp(_, zone) if is_int96 => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
            other => other.clone(),
        };
        field.as_ref().clone().with_data_type(view)
    });
    Arc::new(Schema::new_with_metadata(viewed.collect::<Vec<_>>(), schema.metadata().clone()))
}

/// Whether a group is the rectangle around the geometry of its record, as many write it without saying so in the metadata.
fn is_rectangle(column: &DataType) -> bool {
    let DataType::Struct(parts) = column else { return false };
    ["xmin", "ymin", "xmax", "ymax"].iter().all(|name| parts.find(name).is_some())
}

/// Which columns are read, and issues of those that are not.
fn columns(
    request: &ReadRequest<'_>,
    schema: &Schema,
    types: &SchemaDescriptor,
    geo: Option<&GeoMetadata>,
    sink: &mut dyn Sink,
) -> Result<Columns, ReadError> {
    let header = |what: String| ReadError::Header { shown: request.shown.to_owned(), what };
    let (mut fields, mut roots, mut uuids, mut shape) = (Vec::new(), Vec::new(), Vec::new(), None);
    let is_uuid = |at: usize| {
        let column = types.root_schema().get_fields().get(at);
        column.is_some_and(|column| matches!(column.get_basic_info().logical_type_ref(), Some(LogicalType::Uuid)))
    };
    for (at, column) in schema.fields().iter().enumerate() {
        let name = column.name();
        let mut tell = |severity, code, what: &str| {
            sink.issue(Issue::new(severity, code, request.shown, what).in_field(name.clone()));
        };
        if geo.is_some_and(|geo| geo.primary == *name) {
            shape = Some((at, column.data_type().clone()));
        } else if geo.is_some_and(|geo| geo.coverings.contains(name)) {
            // tells nothing that the geometries do not
        } else if geo.is_some_and(|geo| geo.others.contains(name)) {
            tell(Severity::Warning, "second-geometry", "is another column of geometries, and left out");
        } else if let Some(kind) = parquet_value::kind(column.data_type()) {
            if parquet_value::is_binary(column.data_type()) && !is_uuid(at) {
                tell(Severity::Warning, "binary-value", "holds binary data, which is left out of every record");
            }
            uuids.push(is_uuid(at));
            fields.push(Field { name: name.clone(), title: Text::default(), kind, choices: Vec::new() });
            roots.push(at);
        } else if is_rectangle(column.data_type()) {
            tell(Severity::Note, "nested-column", "holds the rectangles around geometries, and is left out");
        } else {
            let what = "holds lists, groups or intervals, and is left out; make it columns of plain values";
            tell(Severity::Warning, "nested-column", what);
        }
    }
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let Some(geo) = geo else {
        let places = place::columns(request, &names).map_err(header)?.in_parallel();
        return Ok(Columns { slots: (0..roots.len()).collect(), fields, roots, uuids, geometry: None, places });
    };
    let content = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
    let Some((at, column)) = shape else {
        return Err(content(format!("the column of the geometries, \"{}\", is not there", geo.primary)));
    };
    let fits = match geo.encoding {
        Encoding::Wkb => column == DataType::BinaryView,
        native => geoparquet_native::fits(&column, native),
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
    Ok(Columns { fields, roots, slots, uuids, geometry, places: PlaceColumns::none() })
}

/// The records of a batch, whose first one has the number `first`.
fn converted(request: &ReadRequest<'_>, columns: &Columns, first: u64, batch: &RecordBatch) -> Vec<Converted> {
    let array = |(slot, is_uuid): (&usize, &bool)| {
        batch.columns().get(*slot).map_or(Column::Nothing, |array| Column::of(array.as_ref(), *is_uuid))
    };
    let arrays: Vec<Column<'_>> = columns.slots.iter().zip(&columns.uuids).map(array).collect();
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
                    Ok(Found { geometry: None, .. }) => Err(("no-geometry", "has no geometry".to_owned())),
                    Ok(found) => Ok(found),
                    Err(what) => Err(("bad-geometry", what)),
                };
                (found, Some(*name))
            }
            None => match place::geometry(&columns.places, &record) {
                Ok(found) => (Ok(found), None),
                Err((code, at, what)) => (Err((code, what)), columns.fields.get(at).map(|field| field.name.as_str())),
            },
        };
        let trouble = match geometry {
            Ok(found) => {
                record.geometry = found.geometry;
                issues.extend(found.told.into_iter().map(|told| told.issue(request.shown, number, field)));
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
    Native(Native<'a>),
    /// The column is not what its metadata says.
    Other,
}

impl<'a> Shapes<'a> {
    fn of(batch: &'a RecordBatch, shape: &Shape) -> Shapes<'a> {
        let column = batch.columns().get(shape.slot);
        let shapes = match shape.encoding {
            Encoding::Wkb => column.and_then(|column| column.as_any().downcast_ref()).map(Shapes::Wkb),
            native => column.and_then(|column| Native::of(column.as_ref(), native)).map(Shapes::Native),
        };
        shapes.unwrap_or(Shapes::Other)
    }

    fn geometry(&self, row: usize) -> Result<Found, String> {
        match self {
            Shapes::Wkb(shapes) if shapes.is_null(row) => Ok(Found::default()),
            Shapes::Wkb(shapes) => wkb::geometry(shapes.value(row)),
            Shapes::Native(shapes) => shapes.geometry(row),
            Shapes::Other => Err("the column of the geometries is of another type than it is said".to_owned()),
        }
    }
}
