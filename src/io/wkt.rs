//! Geometries in well-known text (OGC 06-103r4, 7; the types up to TRIANGLE; PostGIS's `SRID=…;` before it).

use geo_types::Coord;

use crate::io::curves;
use crate::io::parts;
use crate::io::parts::DEEPEST;
use crate::io::parts::Found;
use crate::io::parts::Made;
use crate::io::parts::Raw;
use crate::io::wkb;

/// The geometry of a well-known text, Z and M left out, arcs as straight lines, surfaces as polygons.
/// # Errors
/// What is wrong: a text that is none, and what no format may have (`io::parts`).
pub(super) fn geometry(text: &str) -> Result<Found, String> {
    let mut text = text.trim();
    if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("srid="))
        && let Some((_, rest)) = text.split_once(';')
    {
        text = rest;
    }
    let mut reader = Reader { rest: text, made: Made::default() };
    let mut whole = || {
        let (code, _) = reader.word()?;
        let raw = reader.body(code, 0)?;
        match reader.next() {
            "" => Ok(raw),
            more => Err(format!("\"{more}\" stands behind its end")),
        }
    };
    let raw = whole().map_err(|what| format!("is not well-known text: {what}"))?;
    parts::found(raw, reader.made)
}

struct Reader<'t> {
    rest: &'t str,
    made: Made,
}

impl<'t> Reader<'t> {
    /// The next word, number or sign; empty at the end.
    fn next(&mut self) -> &'t str {
        let rest = self.rest.trim_start();
        let is_sign = |c: char| matches!(c, '(' | ')' | ',');
        let end = match rest.chars().next() {
            Some(first) if is_sign(first) => first.len_utf8(),
            _ => rest.find(|c: char| is_sign(c) || c.is_whitespace()).unwrap_or(rest.len()),
        };
        let (token, rest) = rest.split_at(end);
        self.rest = rest;
        token
    }

    fn peek(&mut self) -> &'t str {
        let before = self.rest;
        let token = self.next();
        self.rest = before;
        token
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        match self.next() {
            token if token == wanted => Ok(()),
            "" => Err(format!("it breaks off where \"{wanted}\" is wanted")),
            token => Err(format!("\"{token}\" stands where \"{wanted}\" is wanted")),
        }
    }

    /// The code of a type by its word, with the letters Z and M behind it or at its end.
    fn word(&mut self) -> Result<(u32, &'t str), String> {
        let word = self.next();
        let upper = word.to_uppercase();
        let code = |name: &str| (1..=17).find(|code| wkb::type_name(*code) == Some(name));
        let short = upper.trim_end_matches('M').trim_end_matches('Z');
        let found = code(&upper).or_else(|| code(short));
        let code = match found {
            Some(13 | 14) | None if upper.is_empty() => return Err("it is blank".to_owned()),
            Some(13 | 14) | None => return Err(format!("\"{word}\" is no type of geometry")),
            Some(code) => code,
        };
        if matches!(self.peek().to_uppercase().as_str(), "Z" | "M" | "ZM") {
            self.next();
        }
        Ok((code, word))
    }

    fn is_empty(&mut self) -> bool {
        let is_empty = self.peek().eq_ignore_ascii_case("EMPTY");
        if is_empty {
            self.next();
        }
        is_empty
    }

    fn number(&mut self) -> Result<f64, String> {
        let token = self.next();
        let what = || if token.is_empty() { "it breaks off".to_owned() } else { format!("\"{token}\" is no number") };
        token.parse().map_err(|_| what())
    }

    fn position(&mut self) -> Result<Coord<f64>, String> {
        let at = Coord { x: self.number()?, y: self.number()? };
        let mut more = 0;
        while !matches!(self.peek(), "" | "," | "(" | ")") && more < 2 {
            self.number()?;
            more += 1;
        }
        Ok(at)
    }

    /// What stands in brackets, with commas between; nothing for EMPTY.
    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut list = Vec::new();
        if self.is_empty() {
            return Ok(list);
        }
        self.expect("(")?;
        loop {
            list.push(one(self)?);
            match self.next() {
                "," => {}
                ")" => return Ok(list),
                "" => return Err("it breaks off within its brackets".to_owned()),
                token => return Err(format!("\"{token}\" stands where a comma or a bracket is wanted")),
            }
        }
    }

    fn body(&mut self, code: u32, depth: usize) -> Result<Raw, String> {
        if depth > DEEPEST {
            return Err(format!("more than {DEEPEST} geometries lie within each other"));
        }
        Ok(match code {
            1 => {
                let positions = self.list(Reader::position)?;
                match positions[..] {
                    [] => Raw::Several(Vec::new()),
                    [at] => Raw::Point(at),
                    _ => return Err("a POINT has several positions".to_owned()),
                }
            }
            2 => Raw::Line(self.list(Reader::position)?),
            3 | 17 => Raw::Polygon(self.list(|reader| reader.list(Reader::position))?),
            4 => Raw::Several(self.list(|reader| match reader.peek() {
                "(" => reader.body(1, depth + 1),
                token if token.eq_ignore_ascii_case("EMPTY") => reader.body(1, depth + 1),
                _ => reader.position().map(Raw::Point),
            })?),
            8 => {
                let positions = self.list(Reader::position)?;
                self.made.of_arcs |= !positions.is_empty();
                Raw::Line(curves::straightened(&positions)?)
            }
            _ => {
                let allowed = wkb::members(code).unwrap_or_default();
                let name = wkb::type_name(code).unwrap_or_default();
                let members = self.list(|reader| {
                    // the usual type of a member goes without its word
                    let bare = match code {
                        5 | 9 | 10 | 11 => Some(2),
                        6 | 12 | 15 => Some(3),
                        16 => Some(17),
                        _ => None,
                    };
                    let token = reader.peek();
                    let (held, word) = match bare {
                        Some(bare) if token == "(" || token.eq_ignore_ascii_case("EMPTY") => (bare, ""),
                        _ => reader.word()?,
                    };
                    if !allowed.contains(&held) {
                        return Err(format!("a {name} holds a {word}"));
                    }
                    reader.body(held, depth + 1)
                })?;
                wkb::held(code, members, &mut self.made)?
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::CoordsIter;
    use geo_types::Geometry;

    #[test]
    fn texts_of_all_forms_are_read() {
        for (text, want) in [
            ("POINT(1 2)", "Point 1"),
            ("point z (1 2 3)", "Point 1"),
            ("POINTZM(1 2 3 4)", "Point 1"),
            ("SRID=4490;POINT(1 2)", "Point 1"),
            ("MULTIPOINT(1 2,3 4)", "MultiPoint 2"),
            ("MULTIPOINT((1 2),(3 4),EMPTY)", "MultiPoint 2"),
            ("LINESTRING M (0 0 1, 1e0 1 2)", "LineString 2"),
            ("POLYGON((0 0,1 0,1 1,0 0))", "Polygon 4"),
            ("MULTIPOLYGON(((0 0,1 0,1 1,0 0)),EMPTY)", "MultiPolygon 4"),
            ("GEOMETRYCOLLECTION(POINT(0 0),POLYGON((0 0,1 0,1 1,0 0)))", "Polygon 4"),
            ("CIRCULARSTRING(0 0,1 1,2 0)", "LineString 46"),
            ("COMPOUNDCURVE((0 0,1 0),CIRCULARSTRING(1 0,2 1,3 0))", "LineString 47"),
            ("CURVEPOLYGON(CIRCULARSTRING(0 0,2 0,0 0))", "Polygon 91"),
            ("CURVEPOLYGON((0 0,1 0,1 1,0 0))", "Polygon 4"),
            ("MULTISURFACE(((0 0,1 0,1 1,0 0)),CURVEPOLYGON((5 5,6 5,6 6,5 5)))", "MultiPolygon 8"),
            ("MULTICURVE((0 0,1 1),CIRCULARSTRING(0 0,1 1,2 0))", "MultiLineString 48"),
            ("TRIANGLE((0 0,1 0,1 1,0 0))", "Polygon 4"),
            ("TIN Z (((0 0 0,1 0 0,1 1 0,0 0 0)),((1 0 0,1 1 0,2 0 0,1 0 0)))", "MultiPolygon 8"),
            ("POLYHEDRALSURFACE(((0 0,1 0,1 1,0 0)))", "MultiPolygon 4"),
            ("POINT EMPTY", "nothing"),
            ("MULTIPOLYGON EMPTY", "nothing"),
        ] {
            let found = geometry(text).unwrap_or_else(|what| panic!("{text}: {what}"));
            let got = match &found.geometry {
                None => "nothing".to_owned(),
                Some(shape) => {
                    let name = match shape {
                        Geometry::Point(_) => "Point",
                        Geometry::LineString(_) => "LineString",
                        Geometry::Polygon(_) => "Polygon",
                        Geometry::MultiPoint(_) => "MultiPoint",
                        Geometry::MultiLineString(_) => "MultiLineString",
                        Geometry::MultiPolygon(_) => "MultiPolygon",
                        _ => "another",
                    };
                    format!("{name} {}", shape.coords_count())
                }
            };
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn texts_that_are_none_are_refused() {
        let deep = "GEOMETRYCOLLECTION(".repeat(100_000);
        for text in [
            "",
            "POINT",
            "POINT(",
            "POINT(1)",
            "POINT(1 2",
            "POINT(1 2) x",
            "POINT(1 2 3 4 5)",
            "POINT(a 2)",
            "POINT(1 2,3 4)",
            "CIRCLE(1 2)",
            "SURFACE((1 2))",
            "MULTIPOLYGON(POINT(1 2))",
            "POLYGON((0 0,1 0,1 1,0 1))",
            "COMPOUNDCURVE((0 0,1 0),(2 0,3 0))",
            "CIRCULARSTRING(0 0,1 1)",
            "玄武",
            &deep,
        ] {
            assert!(geometry(text).is_err(), "{text:?}");
        }
    }
}
