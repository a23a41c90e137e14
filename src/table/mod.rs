//! Floor 1: the neutral tongue between files and the model: named columns, rows, a geometry each, and how to draw them.

pub mod rule;
pub mod style;

use std::fmt;

use geo_types::Geometry;

pub use crate::base::frame::OutputCrs;
use crate::base::units::Text;
use crate::base::units::fixed;
use crate::table::style::Style;

/// The value of one field of one record.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    /// Finite; a NaN or an infinity in a file is read as `Null` with an issue.
    Real(f64),
    Text(String),
}

impl Value {
    /// Whether there is nothing here; an empty text is not null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The value as a code or a name: texts as they are, whole numbers in digits; `None` for null, and for
    /// fractions, which are never codes.
    pub fn as_key(&self) -> Option<String> {
        match self {
            Value::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Value::Int(number) => Some(number.to_string()),
            Value::Real(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(fixed(*number, 0)),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// The value as a finite number; texts are parsed, with full-width digits, and thousands separators are refused.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(number) => Some(*number as f64),
            Value::Real(number) => Some(*number),
            Value::Text(text) => half_width(text.trim()).parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// The value as yes or no: booleans, 0 and 1, and the usual words in English and Chinese.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(flag) => Some(*flag),
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            Value::Text(text) => match text.trim().to_lowercase().as_str() {
                "true" | "yes" | "y" | "1" | "是" => Some(true),
                "false" | "no" | "n" | "0" | "否" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Bool(flag) => write!(out, "{flag}"),
            Value::Int(number) => write!(out, "{number}"),
            Value::Real(number) => write!(out, "{}", number + 0.0),
            Value::Text(text) => out.write_str(text),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        // a negative zero is a zero: adding nothing makes it one
        if number.is_finite() { Value::Real(number + 0.0) } else { Value::Null }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Value {
        Value::Bool(flag)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Value {
        i64::try_from(number).map_or(Value::Real(number as f64), Value::Int)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// `text` with full-width digits, letters, signs and spaces as their ASCII twins.
///
/// For keys and numbers only; names are kept as they are written.
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '\u{3000}' => ' ',
            other => other,
        })
        .collect()
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Bool,
    Int,
    Real,
    Text,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The column's name in files: ASCII snake_case for our own tables, as it stands for tables that were read.
    pub name: String,
    /// What people call it; empty for tables that were read.
    pub title: Text,
    pub kind: FieldKind,
    /// Allowed values of our own coded fields with what people call them, e.g. `met` = 达标; mostly empty.
    pub choices: Vec<(&'static str, Text)>,
}

impl Field {
    /// A field of one of our own tables.
    pub fn new(name: &str, kind: FieldKind, en: &str, zh: &str) -> Field {
        Field { name: name.to_owned(), title: Text::new(en, zh), kind, choices: Vec::new() }
    }

    /// The same field with a closed list of values.
    pub fn with_choices(mut self, choices: &[(&'static str, &str, &str)]) -> Field {
        self.choices = choices.iter().map(|(value, en, zh)| (*value, Text::new(*en, *zh))).collect();
        self
    }
}

/// One row: values in the order of the table's fields, and a place on the map if the table has one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    pub geometry: Option<Geometry<f64>>,
    pub values: Vec<Value>,
}

/// The kind of geometry of every row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeometryKind {
    /// Rows have no place.
    None,
    Point,
    MultiLineString,
    MultiPolygon,
}

/// A result to be written: fields, rows, and how to draw them.
///
/// Geometries are in degrees of `crs`, x is longitude and y latitude, and every row of a table whose `geometry` is
/// not `None` has one of that very kind (single polygons and lines are promoted). Every row has as many values as there
/// are fields. Rows are in a stated order, the same on every run.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// ASCII snake_case; the layer's or the file's name.
    pub name: String,
    pub title: Text,
    /// One sentence or two for the layer's metadata.
    pub description: Text,
    /// Whether any of it rests on made-up data; titles, descriptions and every writer say so.
    pub synthetic: bool,
    pub crs: OutputCrs,
    pub geometry: GeometryKind,
    pub fields: Vec<Field>,
    pub rows: Vec<Row>,
    /// `None` for tables without geometry.
    pub style: Option<Style>,
}

impl Table {
    /// Position of the field called `name`.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// The title in both languages as one text, marked where the data is synthetic: `毗邻县对 Neighbouring pairs`.
    pub fn display_title(&self) -> String {
        let mark = if self.synthetic { "（合成数据 synthetic）" } else { "" };
        if self.title.zh == self.title.en {
            format!("{}{mark}", self.title.en)
        } else {
            format!("{} {}{mark}", self.title.zh, self.title.en)
        }
    }
}

/// One record as a format driver hands it over.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Number of the record in its source, counted from 1 (for CSV without the header line).
    pub number: u64,
    /// In the coordinates and the CRS of the source, x east, y north; `None` when it has none or an empty one.
    pub geometry: Option<Geometry<f64>>,
    /// Values by field position; shorter than the fields when later fields are missing here.
    pub values: Vec<Value>,
}

impl Record {
    /// The value at a field position; `Null` where the record has none.
    pub fn value(&self, at: usize) -> &Value {
        self.values.get(at).unwrap_or(&Value::Null)
    }
}
