//! Where vehicles run between stops: shapes, each once, and the places of a pattern's stops along them.

use crate::base::idx::ShapeIdx;
use crate::model::place::Place;
use crate::model::transit::Pattern;
use crate::model::transit::Transit;

/// No stop lies farther than this from its place on a shape, metres; those that do are not placed.
pub const FARTHEST_M: f64 = 400.0;

/// The ground that vehicles cover, as a feed draws it: 32 bytes a point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shape {
    /// In the order of travel; two or more.
    pub points: Vec<Place>,
}

/// A place on a shape.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Along {
    /// The last point of the shape that is passed before it, or that it is; never the last of the shape.
    pub point: u32,
    /// How much of the way from there to the next point, in [0, 1].
    pub share: f64,
}

/// Where the stops of a pattern are on a shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    pub shape: ShapeIdx,
    /// One a stop of the pattern, never falling; `None` for a stop that is too far away, or not on the way.
    pub stops: Vec<Option<Along>>,
}

impl Shape {
    /// The place so far along. The end of the shape for what lies behind it.
    pub fn place(&self, at: Along) -> Option<Place> {
        let last = self.points.last()?;
        let from = self.points.get(at.point as usize).unwrap_or(last);
        let to = self.points.get(at.point as usize + 1).unwrap_or(last);
        Some(from.towards(to, at.share))
    }

    /// The shape from one place on it to a later one, no point twice in a row. `None` where they are one place.
    pub fn between(&self, from: Along, to: Along) -> Option<Vec<Place>> {
        let mut way = vec![self.place(from)?];
        let passed = self.points.get(from.point as usize + 1..=to.point as usize).unwrap_or_default();
        for place in passed.iter().copied().chain(self.place(to)) {
            if way.last() != Some(&place) {
                way.push(place);
            }
        }
        (way.len() > 1).then_some(way)
    }
}

impl Transit {
    /// The ground from the stop at a position of a pattern to the next stop; `None` where no shape tells it.
    pub fn stretch(&self, pattern: &Pattern, from: usize) -> Option<Vec<Place>> {
        let course = pattern.course.as_ref()?;
        let stop = |at: usize| course.stops.get(at).copied().flatten();
        self.shapes.get(course.shape.at())?.between(stop(from)?, stop(from + 1)?)
    }

    /// The whole way of a pattern, straight from stop to stop where no shape tells it. Where it changes from one to the other, it goes
    /// over the stop.
    pub fn way(&self, pattern: &Pattern) -> Vec<Place> {
        let mut way: Vec<Place> = Vec::with_capacity(pattern.stops.len());
        let mut push = |place: Place| {
            if way.last() != Some(&place) {
                way.push(place);
            }
        };
        for (at, pair) in pattern.stops.windows(2).enumerate() {
            match self.stretch(pattern, at) {
                Some(stretch) => stretch.into_iter().for_each(&mut push),
                None => pair.iter().for_each(|stop| push(self.stop(*stop).at)),
            }
        }
        way
    }

    /// Stretches from stop to stop of all patterns, and how many of them no shape tells.
    pub fn stretches(&self) -> (usize, usize) {
        let patterns = || self.services.iter().flat_map(|service| &service.patterns);
        let all = patterns().map(|pattern| pattern.stops.len().saturating_sub(1)).sum();
        (all, patterns().map(|pattern| self.straight(pattern)).sum())
    }

    /// Stretches of a pattern that no shape tells.
    pub fn straight(&self, pattern: &Pattern) -> usize {
        (1..pattern.stops.len()).filter(|to| self.stretch(pattern, to - 1).is_none()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::place::LonLat;
    use crate::model::place::PlaneXy;

    fn place(x: f64, y: f64) -> Place {
        Place { lonlat: LonLat { lon: x, lat: y }, xy: PlaneXy { x, y } }
    }

    #[test]
    fn a_stretch_has_the_points_between_its_ends() {
        // east for 10, north for 10: from 5 east of the start to 5 below the end, over the corner
        let shape = Shape { points: vec![place(0.0, 0.0), place(10.0, 0.0), place(10.0, 10.0)] };
        let along = |point, share| Along { point, share };
        let found = shape.between(along(0, 0.5), along(1, 0.5));
        assert_eq!(found, Some(vec![place(5.0, 0.0), place(10.0, 0.0), place(10.0, 5.0)]));
        // the corner is the end of the first part and the start of the second
        assert_eq!(shape.between(along(0, 1.0), along(1, 0.5)), Some(vec![place(10.0, 0.0), place(10.0, 5.0)]));
        assert_eq!(shape.between(along(0, 0.25), along(0, 0.5)), Some(vec![place(2.5, 0.0), place(5.0, 0.0)]));
        assert_eq!(shape.between(along(0, 1.0), along(1, 0.0)), None, "one place");
        assert_eq!(shape.place(along(7, 0.5)), Some(place(10.0, 10.0)), "behind the end");
        assert_eq!(Shape::default().between(along(0, 0.0), along(0, 1.0)), None, "no shape");
    }
}
