//! Records with all their fields: estates, villages with what serves them, parks, flood extents, a corridor's line.

use geo_types::MultiLineString;
use geo_types::MultiPolygon;

use crate::base::idx::RegionIdx;
use crate::model::place::Place;

/// One layer of records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordLayer {
    /// As the config calls it, e.g. `estates`.
    pub name: String,
    /// Names of the fields, in file order.
    pub fields: Vec<String>,
    /// In file order.
    pub records: Vec<Entry>,
    pub synthetic: bool,
}

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number in the file.
    pub record: u64,
    /// From the file, or its number.
    pub id: String,
    pub name: String,
    /// The smallest region that it is in, by code or by place; of an area by a point inside it, of lines by code only.
    pub home: Option<RegionIdx>,
    /// `None` for a row of a table without a place.
    pub form: Option<Form>,
    /// By field: as written, trimmed; `None` where there is nothing.
    pub values: Vec<Option<String>>,
}

/// Where a record is: metres of the study plane beside degrees.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    Point(Place),
    Lines { plane: MultiLineString<f64>, lonlat: MultiLineString<f64> },
    Area { plane: MultiPolygon<f64>, lonlat: MultiPolygon<f64> },
}

impl RecordLayer {
    /// The position of a field; compared letter by letter.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field == name)
    }
}
