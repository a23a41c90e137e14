//! A table as FlatGeobuf (version 3) with its packed Hilbert R-tree.

use std::path::Path;

use flatbuffers::FlatBufferBuilder;
use flatbuffers::WIPOffset;
use flatgeobuf::Column;
use flatgeobuf::ColumnArgs;
use flatgeobuf::ColumnType;
use flatgeobuf::Crs;
use flatgeobuf::CrsArgs;
use flatgeobuf::Feature;
use flatgeobuf::FeatureArgs;
use flatgeobuf::Geometry;
use flatgeobuf::GeometryArgs;
use flatgeobuf::GeometryType;
use flatgeobuf::Header;
use flatgeobuf::HeaderArgs;
use flatgeobuf::packed_r_tree::NodeItem;
use flatgeobuf::packed_r_tree::PackedRTree;
use flatgeobuf::packed_r_tree::calc_extent;
use flatgeobuf::packed_r_tree::hilbert_sort;
use geo_types::LineString;
use geo_types::Polygon;

use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::io::gpkg;
use crate::io::gpkg_schema::srs;
use crate::io::qml;
use crate::io::sound;
use crate::io::sound::Shape;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;

/// The last byte is the patch level of the standard.
const MAGIC: [u8; 8] = *b"fgb\x03fgb\x01";

/// Writes one table; the same table gives the same bytes.
///
/// The features stand in the order of the index: along a Hilbert curve through the middles of their rectangles, those of one
/// place in the order of the table. Tables without geometry have no index and keep their order. Null is no value at all. The
/// title and the description of the table are in the header, the titles of the fields at the columns.
///
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] when the table is not sound, or a feature does not fit into the format; the errors
/// of [`atomic::write_bytes`].
pub(super) fn write(path: &Path, table: &Table) -> Result<(), WriteError> {
    sound::check(table, &[])?;
    let mut features = Vec::with_capacity(table.rows.len());
    let mut nodes = Vec::new();
    let mut builder = FlatBufferBuilder::new();
    for (at, row) in table.rows.iter().enumerate() {
        let shape = sound::shape_of(table, at)?;
        if let Some(shape) = &shape {
            let around = shape.bounds();
            let (min, max) = (around.min(), around.max());
            let node = NodeItem { offset: at as u64, ..NodeItem::bounds(min.x, min.y, max.x, max.y) };
            nodes.push(node);
        }
        features.push(feature(&mut builder, table, row, shape.as_ref()));
    }
    let extent = calc_extent(&nodes);
    hilbert_sort(&mut nodes, &extent);
    let mut out = MAGIC.to_vec();
    out.extend(header(table, &extent, !nodes.is_empty()));
    if nodes.is_empty() {
        features.iter().for_each(|feature| out.extend(feature));
    } else {
        let order: Vec<usize> = nodes.iter().map(|node| node.offset as usize).collect();
        let mut offset = 0;
        for node in &mut nodes {
            let size = features.get(node.offset as usize).map_or(0, Vec::len);
            node.offset = offset;
            offset += size as u64;
        }
        let tree = PackedRTree::build(&nodes, &extent, PackedRTree::DEFAULT_NODE_SIZE).and_then(|tree| {
            tree.stream_write(&mut out)?;
            Ok(())
        });
        tree.map_err(|error| {
            let what = format!("the index can not be made: {error}");
            WriteError::Table { table: table.name.clone(), what }
        })?;
        order.iter().filter_map(|at| features.get(*at)).for_each(|feature| out.extend(feature));
    }
    atomic::write_bytes(path, &out)
}

fn header(table: &Table, extent: &NodeItem, has_index: bool) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let columns: Vec<WIPOffset<Column<'_>>> = table
        .fields
        .iter()
        .map(|field| {
            let title = Some(qml::bilingual(&field.title)).filter(|title| !title.is_empty());
            let args = ColumnArgs {
                name: Some(builder.create_string(&field.name)),
                type_: match field.kind {
                    FieldKind::Bool => ColumnType::Bool,
                    FieldKind::Int => ColumnType::Long,
                    FieldKind::Real => ColumnType::Double,
                    FieldKind::Text => ColumnType::String,
                },
                title: title.map(|title| builder.create_string(&title)),
                ..ColumnArgs::default()
            };
            Column::create(&mut builder, &args)
        })
        .collect();
    let crs = (table.geometry != GeometryKind::None).then(|| {
        let srs = srs(table.crs);
        let args = CrsArgs {
            org: Some(builder.create_string("EPSG")),
            code: i32::try_from(srs.id).unwrap_or(0),
            name: Some(builder.create_string(srs.name)),
            wkt: Some(builder.create_string(srs.wkt1)),
            ..CrsArgs::default()
        };
        Crs::create(&mut builder, &args)
    });
    let bounds = [extent.min_x, extent.min_y, extent.max_x, extent.max_y];
    let args = HeaderArgs {
        name: Some(builder.create_string(&table.name)),
        envelope: has_index.then(|| builder.create_vector(&bounds)),
        geometry_type: match table.geometry {
            GeometryKind::None => GeometryType::Unknown,
            GeometryKind::Point => GeometryType::Point,
            GeometryKind::MultiLineString => GeometryType::MultiLineString,
            GeometryKind::MultiPolygon => GeometryType::MultiPolygon,
        },
        columns: Some(builder.create_vector(&columns)),
        features_count: table.rows.len() as u64,
        index_node_size: if has_index { PackedRTree::DEFAULT_NODE_SIZE } else { 0 },
        crs,
        title: Some(builder.create_string(&table.display_title())),
        description: Some(builder.create_string(&gpkg::description(table))),
        ..HeaderArgs::default()
    };
    let header = Header::create(&mut builder, &args);
    builder.finish_size_prefixed(header, None);
    builder.finished_data().to_vec()
}

fn feature(builder: &mut FlatBufferBuilder<'_>, table: &Table, row: &Row, shape: Option<&Shape>) -> Vec<u8> {
    builder.reset();
    let geometry = shape.map(|shape| match shape {
        Shape::Point(point) => part(builder, &[&LineString(vec![point.0])], Ends::OfSeveral),
        Shape::Lines(lines) => part(builder, &lines.0.iter().collect::<Vec<_>>(), Ends::Always),
        Shape::Polygons(polygons) => {
            let parts: Vec<WIPOffset<Geometry<'_>>> =
                polygons.0.iter().map(|polygon| part(builder, &rings(polygon), Ends::OfSeveral)).collect();
            let args = GeometryArgs { parts: Some(builder.create_vector(&parts)), ..GeometryArgs::default() };
            Geometry::create(builder, &args)
        }
    });
    let mut values = Vec::new();
    for (at, (value, field)) in row.values.iter().zip(&table.fields).enumerate() {
        if value.is_null() {
            continue;
        }
        values.extend((at as u16).to_le_bytes());
        match (value, field.kind) {
            (Value::Null, _) => {}
            (Value::Bool(flag), _) => values.push(u8::from(*flag)),
            (Value::Int(number), FieldKind::Real) => values.extend((*number as f64).to_le_bytes()),
            (Value::Int(number), _) => values.extend(number.to_le_bytes()),
            (Value::Real(number), _) => values.extend(number.to_le_bytes()),
            (Value::Text(text), _) => {
                values.extend((text.len() as u32).to_le_bytes());
                values.extend(text.as_bytes());
            }
        }
    }
    let args = FeatureArgs { geometry, properties: Some(builder.create_vector(&values)), columns: None };
    let feature = Feature::create(builder, &args);
    builder.finish_size_prefixed(feature, None);
    builder.finished_data().to_vec()
}

fn rings(polygon: &Polygon<f64>) -> Vec<&LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors()).collect()
}

/// Whether it is told where a single part ends.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    /// GDAL 3.6 gives up on several lines that are one when it is not.
    Always,
    OfSeveral,
}

/// Lines or rings in one list of positions, and where each ends.
fn part<'b>(builder: &mut FlatBufferBuilder<'b>, lines: &[&LineString<f64>], told: Ends) -> WIPOffset<Geometry<'b>> {
    let positions: Vec<f64> = lines.iter().flat_map(|line| &line.0).flat_map(|at| [at.x, at.y]).collect();
    let mut end = 0;
    let ends = lines.iter().map(|line| {
        end += line.0.len() as u32;
        end
    });
    let ends: Vec<u32> = ends.collect();
    let args = GeometryArgs {
        ends: (ends.len() > 1 || told == Ends::Always).then(|| builder.create_vector(&ends)),
        xy: Some(builder.create_vector(&positions)),
        ..GeometryArgs::default()
    };
    Geometry::create(builder, &args)
}
