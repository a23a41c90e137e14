//! Geometries that GeoParquet 1.1 puts down as lists of coordinates ("native" encodings, those of GeoArrow with `x` and `y` apart).

use std::ops::Range;

use arrow_array::Array;
use arrow_array::Float64Array;
use arrow_array::ListArray;
use arrow_array::StructArray;
use arrow_schema::DataType;
use geo_types::Coord;

use crate::io::geoparquet_meta::Encoding;
use crate::io::parts;
use crate::io::parts::Found;
use crate::io::parts::Made;
use crate::io::parts::Raw;

/// How many lists stand around the positions of an encoding; `None` for well-known binary.
fn depth(encoding: Encoding) -> Option<usize> {
    Some(match encoding {
        Encoding::Wkb => return None,
        Encoding::Point => 0,
        Encoding::LineString | Encoding::MultiPoint => 1,
        Encoding::Polygon | Encoding::MultiLineString => 2,
        Encoding::MultiPolygon => 3,
    })
}

/// Whether a column has the type of an encoding.
pub(super) fn fits(column: &DataType, encoding: Encoding) -> bool {
    let Some(depth) = depth(encoding) else { return false };
    let mut here = column;
    for _ in 0..depth {
        let DataType::List(of) = here else { return false };
        here = of.data_type();
    }
    let is_number = |name: &str, parts: &arrow_schema::Fields| {
        parts.find(name).is_some_and(|(_, field)| *field.data_type() == DataType::Float64)
    };
    matches!(here, DataType::Struct(parts) if is_number("x", parts) && is_number("y", parts))
}

/// The geometries of one column of a batch.
pub(super) struct Native<'a> {
    encoding: Encoding,
    /// From the outermost to the innermost.
    lists: Vec<&'a ListArray>,
    positions: &'a StructArray,
    x: &'a Float64Array,
    y: &'a Float64Array,
}

impl<'a> Native<'a> {
    /// `None` for a column of another type.
    pub(super) fn of(column: &'a dyn Array, encoding: Encoding) -> Option<Native<'a>> {
        let mut lists = Vec::new();
        let mut here = column;
        for _ in 0..depth(encoding)? {
            let list: &ListArray = here.as_any().downcast_ref()?;
            lists.push(list);
            here = list.values().as_ref();
        }
        let positions: &StructArray = here.as_any().downcast_ref()?;
        let part = |name: &str| positions.column_by_name(name).and_then(|part| part.as_any().downcast_ref());
        Some(Native { encoding, lists, positions, x: part("x")?, y: part("y")? })
    }

    /// The geometry of a row; empty for a null.
    /// # Errors
    /// What is wrong: a position without a number, numbers that are not finite, no part that is sound.
    pub(super) fn geometry(&self, row: usize) -> Result<Found, String> {
        let is_null = self.lists.first().map_or_else(|| self.positions.is_null(row), |list| list.is_null(row));
        if is_null {
            return Ok(Found::default());
        }
        let raw = match self.encoding {
            Encoding::Wkb => return Ok(Found::default()),
            Encoding::Point if self.x.is_null(row) && self.y.is_null(row) => return Ok(Found::default()),
            Encoding::Point => Raw::Point(self.position(row)?),
            Encoding::LineString => Raw::Line(self.line(0, row)?),
            Encoding::MultiPoint => Raw::Several(self.line(0, row)?.into_iter().map(Raw::Point).collect()),
            Encoding::Polygon => self.polygon(0, row)?,
            Encoding::MultiLineString => Raw::Several(
                self.inner(0, row)?.map(|line| self.line(1, line).map(Raw::Line)).collect::<Result<_, _>>()?,
            ),
            Encoding::MultiPolygon => {
                Raw::Several(self.inner(0, row)?.map(|part| self.polygon(1, part)).collect::<Result<_, _>>()?)
            }
        };
        parts::found(raw, Made::default())
    }

    /// What the `at`-th list of a level holds, by its place in the level below.
    fn inner(&self, level: usize, at: usize) -> Result<Range<usize>, String> {
        let broken = || "the lists of its coordinates contradict each other".to_owned();
        let offsets = self.lists.get(level).ok_or_else(broken)?.value_offsets();
        let ends = (offsets.get(at).copied(), offsets.get(at + 1).copied());
        let (Some(start), Some(end)) = ends else { return Err(broken()) };
        let bound = |offset: i32| usize::try_from(offset).map_err(|_| broken());
        Ok(bound(start)?..bound(end)?)
    }

    fn position(&self, at: usize) -> Result<Coord<f64>, String> {
        if at >= self.x.len() || self.positions.is_null(at) || self.x.is_null(at) || self.y.is_null(at) {
            return Err("the geometry holds a position without numbers".to_owned());
        }
        Ok(Coord { x: self.x.value(at), y: self.y.value(at) })
    }

    fn line(&self, level: usize, at: usize) -> Result<Vec<Coord<f64>>, String> {
        self.inner(level, at)?.map(|at| self.position(at)).collect()
    }

    fn polygon(&self, level: usize, at: usize) -> Result<Raw, String> {
        self.inner(level, at)?.map(|ring| self.line(level + 1, ring)).collect::<Result<_, _>>().map(Raw::Polygon)
    }
}
