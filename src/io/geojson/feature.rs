//! One feature parsed straight into values and coordinates. What is not plain is left to the general way, which knows what is wrong.

use std::fmt;
use std::ops::Range;

use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPoint;
use geo_types::MultiPolygon;
use geo_types::Point;
use geo_types::Polygon;
use serde::de::DeserializeSeed;
use serde::de::Deserializer;
use serde::de::Error;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::Value as Json;

use crate::io::parts;
use crate::table::Value;

/// More fields than this are found in a feature by the general way.
const MOST_FIELDS: usize = 256;

/// One value of a list of features.
pub(super) enum Draft {
    Plain(Plain),
    /// Something else; to be looked at in the general way.
    Other(Range<usize>),
}

/// A feature without anything odd.
pub(super) struct Plain {
    /// `None` for null.
    pub geometry: Option<Geometry<f64>>,
    /// By the position of their names.
    pub values: Vec<Value>,
}

/// Features that were parsed together.
pub(super) struct Piece {
    /// Names of fields: those known before, then others in the order in which the features bring them.
    pub names: Vec<String>,
    pub drafts: Vec<Draft>,
}

/// Which values count as features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// In a collection whatever has a geometry and properties.
    Nothing,
    /// Those that say that they are features.
    Type,
}

/// Parses the values at these places.
pub(super) fn piece(bytes: &[u8], places: &[Range<usize>], known: &[String], asked: Asked) -> Piece {
    let mut names = Names { list: known.to_vec(), hint: 0 };
    let drafts = places
        .iter()
        .map(|place| {
            let before = names.list.len();
            let mut json = serde_json::Deserializer::from_slice(&bytes[place.clone()]);
            let feature = (Feature { names: &mut names, asked }).deserialize(&mut json);
            match feature.and_then(|feature| json.end().map(|()| feature)) {
                Ok(plain) => Draft::Plain(plain),
                Err(_) => {
                    names.list.truncate(before);
                    Draft::Other(place.clone())
                }
            }
        })
        .collect();
    Piece { names: names.list, drafts }
}

struct Names {
    list: Vec<String>,
    /// Where the next name is likely to be: features mostly have the same fields in the same order.
    hint: usize,
}

impl Names {
    fn position(&mut self, name: &str) -> usize {
        let at = match self.list.get(self.hint) {
            Some(known) if known == name => self.hint,
            _ => self.list.iter().position(|known| known == name).unwrap_or_else(|| {
                self.list.push(name.to_owned());
                self.list.len() - 1
            }),
        };
        self.hint = at + 1;
        at
    }
}

struct Feature<'n> {
    names: &'n mut Names,
    asked: Asked,
}

impl<'de> DeserializeSeed<'de> for Feature<'_> {
    type Value = Plain;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Plain, D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// The keys of a feature.
enum Key {
    Type,
    Geometry,
    Properties,
    Id,
    Other,
}

impl<'de> serde::Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Key;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a key")
            }
            fn visit_str<E: Error>(self, key: &str) -> Result<Key, E> {
                Ok(match key {
                    "type" => Key::Type,
                    "geometry" => Key::Geometry,
                    "properties" => Key::Properties,
                    "id" => Key::Id,
                    _ => Key::Other,
                })
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

impl<'de> Visitor<'de> for Feature<'_> {
    type Value = Plain;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a feature")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Plain, M::Error> {
        let odd = || M::Error::custom("not plain");
        let (mut geometry, mut values, mut id, mut is_feature) = (None, None, None, None);
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Type if is_feature.is_none() => {
                    is_feature = Some(map.next_value::<Json>()?.as_str() == Some("Feature"));
                }
                Key::Geometry if geometry.is_none() => geometry = Some(map.next_value::<Place>()?.0),
                Key::Properties if values.is_none() => {
                    values = Some(map.next_value_seed(Properties { names: self.names })?);
                }
                Key::Id if id.is_none() => id = Some(map.next_value::<Json>()?),
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
                Key::Type | Key::Geometry | Key::Properties | Key::Id => return Err(odd()),
            }
        }
        if self.asked == Asked::Type && is_feature != Some(true) {
            return Err(odd());
        }
        let mut values = values.unwrap_or_default();
        if let Some(id) = id.filter(|id| !id.is_null()) {
            let at = self.names.position("id");
            put(&mut values, at, super::value(id));
        }
        self.names.hint = 0;
        Ok(Plain { geometry: geometry.flatten(), values })
    }
}

/// Sets a value that is not there yet.
fn put(values: &mut Vec<Value>, at: usize, value: Value) {
    if values.len() <= at {
        values.resize(at + 1, Value::Null);
    }
    if values[at].is_null() {
        values[at] = value;
    }
}

struct Properties<'n> {
    names: &'n mut Names,
}

impl<'de> DeserializeSeed<'de> for Properties<'_> {
    type Value = Vec<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Value>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Properties<'_> {
    type Value = Vec<Value>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("properties")
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<Value>, E> {
        Ok(Vec::new())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Vec<Value>, M::Error> {
        self.names.hint = 0;
        let mut values = Vec::with_capacity(self.names.list.len());
        // the last of several equal keys counts in JSON: told in the general way
        let mut seen = [false; MOST_FIELDS];
        while let Some(at) = map.next_key_seed(Name { names: self.names })? {
            match seen.get_mut(at) {
                Some(is_seen) if !*is_seen => *is_seen = true,
                _ => return Err(M::Error::custom("not plain")),
            }
            let value = map.next_value::<Cell>()?.0;
            if values.len() == at {
                values.push(value);
            } else {
                put(&mut values, at, value);
            }
        }
        Ok(values)
    }
}

struct Name<'n> {
    names: &'n mut Names,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = usize;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        Ok(self.names.position(name))
    }
}

/// The value of a property.
struct Cell(Value);

impl<'de> serde::Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cell, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Cell;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a value")
            }
            fn visit_unit<E: Error>(self) -> Result<Cell, E> {
                Ok(Cell(Value::Null))
            }
            fn visit_bool<E: Error>(self, flag: bool) -> Result<Cell, E> {
                Ok(Cell(Value::Bool(flag)))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Cell, E> {
                Ok(Cell(Value::Int(number)))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Cell, E> {
                Ok(Cell(i64::try_from(number).map_or(Value::Real(number as f64), Value::Int)))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Cell, E> {
                Ok(Cell(Value::from(number)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Cell, E> {
                Ok(Cell(Value::from(text)))
            }
            fn visit_seq<S: SeqAccess<'de>>(self, _: S) -> Result<Cell, S::Error> {
                Err(S::Error::custom("not plain"))
            }
            fn visit_map<M: MapAccess<'de>>(self, _: M) -> Result<Cell, M::Error> {
                Err(M::Error::custom("not plain"))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A geometry that can be used, or null.
struct Place(Option<Geometry<f64>>);

impl<'de> serde::Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Place;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a geometry")
            }
            fn visit_unit<E: Error>(self) -> Result<Place, E> {
                Ok(Place(None))
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Place, M::Error> {
                let odd = || M::Error::custom("not plain");
                let (mut kind, mut nest): (Option<Sort>, Option<Nest>) = (None, None);
                while let Some(key) = map.next_key::<Part>()? {
                    match key {
                        Part::Type if kind.is_none() => kind = Some(map.next_value()?),
                        Part::Coordinates if nest.is_none() => nest = Some(map.next_value()?),
                        Part::Other => {
                            map.next_value::<IgnoredAny>()?;
                        }
                        Part::Type | Part::Coordinates => return Err(odd()),
                    }
                }
                let geometry = kind.zip(nest).and_then(|(kind, nest)| geometry(kind, nest));
                geometry.map(|geometry| Place(Some(geometry))).ok_or_else(odd)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// The keys of a geometry.
#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Part {
    Type,
    Coordinates,
    #[serde(other)]
    Other,
}

/// The types of geometries that are used.
#[derive(serde::Deserialize)]
enum Sort {
    Point,
    MultiPoint,
    LineString,
    MultiLineString,
    Polygon,
    MultiPolygon,
}

/// Coordinates as deep as they are nested.
enum Nest {
    Position(Coord<f64>),
    Positions(Vec<Coord<f64>>),
    Rings(Vec<Vec<Coord<f64>>>),
    Parts(Vec<Vec<Vec<Coord<f64>>>>),
}

/// The geometry of a type, with the demands of RFC 7946, section 3.1; `None` for what does not meet them.
fn geometry(kind: Sort, nest: Nest) -> Option<Geometry<f64>> {
    let line = |positions: Vec<Coord<f64>>| (positions.len() >= 2).then_some(LineString(positions));
    let polygon = |rings: Vec<Vec<Coord<f64>>>| {
        let mut rings = rings.iter().all(|ring| parts::is_plain(ring)).then_some(rings)?.into_iter().map(LineString);
        let shell = rings.next()?;
        Some(Polygon::new(shell, rings.collect()))
    };
    Some(match (kind, nest) {
        (Sort::Point, Nest::Position(at)) => Geometry::Point(Point(at)),
        (Sort::MultiPoint, Nest::Positions(list)) => {
            Geometry::MultiPoint(MultiPoint(list.into_iter().map(Point).collect()))
        }
        (Sort::LineString, Nest::Positions(list)) => Geometry::LineString(line(list)?),
        (Sort::MultiLineString, Nest::Rings(lists)) => {
            Geometry::MultiLineString(MultiLineString(lists.into_iter().map(line).collect::<Option<_>>()?))
        }
        (Sort::Polygon, Nest::Rings(rings)) => Geometry::Polygon(polygon(rings)?),
        (Sort::MultiPolygon, Nest::Parts(parts)) => {
            Geometry::MultiPolygon(MultiPolygon(parts.into_iter().map(polygon).collect::<Option<_>>()?))
        }
        _ => return None,
    })
}

/// A number, or coordinates.
enum Member {
    Number(f64),
    Nest(Nest),
}

impl<'de> serde::Deserialize<'de> for Nest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Nest, D::Error> {
        match Member::deserialize(deserializer)? {
            Member::Nest(nest) => Ok(nest),
            Member::Number(_) => Err(D::Error::custom("not plain")),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Member, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Member;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("coordinates")
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Member, E> {
                Ok(Member::Number(number as f64))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Member, E> {
                Ok(Member::Number(number as f64))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Member, E> {
                Ok(Member::Number(number))
            }
            fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Member, S::Error> {
                let odd = || S::Error::custom("not plain");
                Ok(Member::Nest(match list.next_element::<Member>()?.ok_or_else(odd)? {
                    Member::Number(x) => {
                        let y = list.next_element::<f64>()?.ok_or_else(odd)?;
                        while list.next_element::<IgnoredAny>()?.is_some() {}
                        if !(x.is_finite() && y.is_finite()) {
                            return Err(odd());
                        }
                        Nest::Position(Coord { x, y })
                    }
                    Member::Nest(Nest::Position(first)) => {
                        let mut positions = vec![first];
                        while let Some(next) = list.next_element::<Nest>()? {
                            let Nest::Position(at) = next else { return Err(odd()) };
                            positions.push(at);
                        }
                        Nest::Positions(positions)
                    }
                    Member::Nest(Nest::Positions(first)) => {
                        let mut rings = vec![first];
                        while let Some(next) = list.next_element::<Nest>()? {
                            let Nest::Positions(ring) = next else { return Err(odd()) };
                            rings.push(ring);
                        }
                        Nest::Rings(rings)
                    }
                    Member::Nest(Nest::Rings(first)) => {
                        let mut parts = vec![first];
                        while let Some(next) = list.next_element::<Nest>()? {
                            let Nest::Rings(part) = next else { return Err(odd()) };
                            parts.push(part);
                        }
                        Nest::Parts(parts)
                    }
                    Member::Nest(Nest::Parts(_)) => return Err(odd()),
                }))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
