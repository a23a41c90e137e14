//! What every writer insists on before the first byte: tables that keep the promises of [`Table`].

use std::collections::HashSet;

use geo::Orient;
use geo::orient::Direction;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::MultiLineString;
use geo_types::MultiPolygon;
use geo_types::Point;
use geo_types::Rect;

use crate::io::atomic::WriteError;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;

/// The geometry of a row, promoted to its table's kind; exterior rings run counter-clockwise, holes clockwise.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Point(Point<f64>),
    Lines(MultiLineString<f64>),
    Polygons(MultiPolygon<f64>),
}

impl Shape {
    /// The smallest rectangle around all positions.
    pub(super) fn bounds(&self) -> Rect<f64> {
        let mut positions = self.positions();
        // `shape_of` refuses geometries without positions.
        let first = positions.next().unwrap_or_default();
        positions.fold(Rect::new(first, first), |around, c| enclosing(around, Rect::new(c, c)))
    }

    fn positions(&self) -> Box<dyn Iterator<Item = Coord<f64>> + '_> {
        match self {
            Shape::Point(point) => Box::new(std::iter::once(point.0)),
            Shape::Lines(lines) => Box::new(lines.0.iter().flat_map(|line| line.0.iter().copied())),
            Shape::Polygons(polygons) => Box::new(
                polygons
                    .0
                    .iter()
                    .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
                    .flat_map(|ring| ring.0.iter().copied()),
            ),
        }
    }
}

/// The smallest rectangle around two.
pub(super) fn enclosing(a: Rect<f64>, b: Rect<f64>) -> Rect<f64> {
    Rect::new(
        Coord { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) },
        Coord { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) },
    )
}

/// Checks names, row lengths, the kinds of values, closed lists of values, and the fields a style names.
///
/// `reserved` are field names that the format keeps for itself, in lower case.
///
/// # Errors
/// [`WriteError::Table`] or [`WriteError::Row`] with the first broken promise.
pub(super) fn check(table: &Table, reserved: &[&str]) -> Result<(), WriteError> {
    let wrong = |what: String| Err(WriteError::Table { table: table.name.clone(), what });
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !table.name.starts_with(|c: char| c.is_ascii_alphabetic()) || !table.name.chars().all(plain) {
        return wrong(
            "a table name has ASCII letters, digits and underscores only, and starts with a letter".to_owned(),
        );
    }
    let mut seen = HashSet::new();
    for field in &table.fields {
        if field.name.trim().is_empty() || field.name.chars().any(char::is_control) {
            return wrong(format!("\"{}\" is no field name; write a word without line breaks", field.name));
        }
        if reserved.contains(&field.name.to_lowercase().as_str()) {
            return wrong(format!("the field name \"{}\" is taken by the format; choose another one", field.name));
        }
        if !seen.insert(field.name.to_lowercase()) {
            return wrong(format!(
                "there are two fields called \"{}\"; upper and lower case count as the same",
                field.name
            ));
        }
    }
    for named in styled_fields(table) {
        if table.field(named).is_none() {
            return wrong(format!("the style names the field \"{named}\", which the table does not have"));
        }
    }
    table.rows.iter().enumerate().try_for_each(|(at, row)| check_row(table, at, row))
}

/// Checks that no two tables have the same name.
pub(super) fn check_names(tables: &[Table]) -> Result<(), WriteError> {
    let mut seen = HashSet::new();
    for table in tables {
        if !seen.insert(table.name.to_lowercase()) {
            let what = "there is another table of this name; give each its own".to_owned();
            return Err(WriteError::Table { table: table.name.clone(), what });
        }
    }
    Ok(())
}

fn styled_fields(table: &Table) -> Vec<&str> {
    let mut names = Vec::new();
    if let Some(style) = &table.style {
        for class in &style.classes {
            names.extend(class.filter.fields());
        }
        if let Some(label) = &style.label {
            names.push(label.field.as_str());
            names.extend(label.second_line.as_deref());
        }
    }
    names
}

fn check_row(table: &Table, at: usize, row: &Row) -> Result<(), WriteError> {
    if row.values.len() != table.fields.len() {
        let what = format!("row {} has {} values for {} fields", at + 1, row.values.len(), table.fields.len());
        return Err(WriteError::Table { table: table.name.clone(), what });
    }
    for (field, value) in table.fields.iter().zip(&row.values) {
        let wrong = |what| WriteError::Row { table: table.name.clone(), row: at + 1, field: field.name.clone(), what };
        match (field.kind, value) {
            (_, Value::Null)
            | (FieldKind::Bool, Value::Bool(_))
            | (FieldKind::Int | FieldKind::Real, Value::Int(_)) => {}
            (FieldKind::Real, Value::Real(number)) if number.is_finite() => {}
            (FieldKind::Text, Value::Text(text)) => {
                if !field.choices.is_empty() && field.choices.iter().all(|(choice, _)| choice != text) {
                    return Err(wrong(format!("\"{text}\" is not among the field's values")));
                }
            }
            (kind, value) => return Err(wrong(format!("{value:?} is no {kind:?} value"))),
        }
    }
    Ok(())
}

/// The geometry of a row as its table promises it; `None` for tables without geometry.
///
/// # Errors
/// [`WriteError::Row`] when the geometry is missing, empty, of another kind, or not in degrees.
pub(super) fn shape_of(table: &Table, at: usize) -> Result<Option<Shape>, WriteError> {
    let wrong = |what: &str| WriteError::Row {
        table: table.name.clone(),
        row: at + 1,
        field: "geometry".to_owned(),
        what: what.to_owned(),
    };
    if table.geometry == GeometryKind::None {
        return Ok(None);
    }
    let geometry = table.rows.get(at).and_then(|row| row.geometry.as_ref());
    let shape = match (table.geometry, geometry.ok_or_else(|| wrong("is missing"))?) {
        (GeometryKind::Point, Geometry::Point(point)) => Shape::Point(*point),
        (GeometryKind::MultiLineString, Geometry::LineString(line)) => {
            Shape::Lines(MultiLineString(vec![line.clone()]))
        }
        (GeometryKind::MultiLineString, Geometry::MultiLineString(lines)) => Shape::Lines(lines.clone()),
        (GeometryKind::MultiPolygon, Geometry::Polygon(polygon)) => {
            Shape::Polygons(MultiPolygon(vec![polygon.orient(Direction::Default)]))
        }
        (GeometryKind::MultiPolygon, Geometry::MultiPolygon(polygons)) => {
            Shape::Polygons(polygons.orient(Direction::Default))
        }
        (kind, _) => return Err(wrong(&format!("is no {kind:?}"))),
    };
    let empty = match &shape {
        Shape::Point(_) => false,
        Shape::Lines(lines) => lines.0.is_empty() || lines.0.iter().any(|line| line.0.len() < 2),
        Shape::Polygons(polygons) => {
            polygons.0.is_empty() || polygons.0.iter().any(|polygon| polygon.exterior().0.len() < 4)
        }
    };
    if empty {
        return Err(wrong("is empty or has too few positions"));
    }
    let in_degrees = |c: Coord<f64>| (-180.0..=180.0).contains(&c.x) && (-90.0..=90.0).contains(&c.y);
    if !shape.positions().all(in_degrees) {
        return Err(wrong("has positions that are no longitude and latitude in degrees"));
    }
    Ok(Some(shape))
}
