//! Which services join which units: stops placed in units, trips counted by direction.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use geo::BooleanOps;
use geo::BoundingRect;
use geo::Euclidean;
use geo::Intersects;
use geo::Length;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPolygon;

use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::impedance::index::PointIndex;
use crate::metrics::adjacency::Unit;
use crate::model::locate::RegionLocator;
use crate::model::place::PlaneXy;
use crate::model::study::Study;
use crate::model::transit::Mode;
use crate::model::transit::Pattern;
use crate::model::transit::Service;
use crate::model::transit::Stop;
use crate::model::transit::Transit;

/// Where a stop stands among the units.
#[derive(Debug, Clone, PartialEq)]
pub struct StopPlace {
    /// The unit that contains it, or that its file declares; `None` outside all.
    pub unit: Option<usize>,
    /// Distance to the border of the region that contains it, metres; 0 outside all.
    pub depth_m: f64,
    /// Other units within the tolerance, when the file does not declare the stop's region.
    pub near: Vec<usize>,
    /// The file declares the region, and geometry says another one.
    pub moved_by_declaration: bool,
}

/// How a stop near a border is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NearBorder {
    /// In the unit that contains it.
    AsLocated,
    /// In no unit.
    Nowhere,
    /// In every unit within the tolerance.
    Everywhere,
}

/// Trips a day of one service between two units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Join {
    pub service: ServiceIdx,
    /// From the pair's first unit to its second.
    pub there: f64,
    /// From the second to the first.
    pub back: f64,
}

/// Two stops across a border with the walk between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Walk {
    pub from: StopIdx,
    pub to: StopIdx,
    pub metres: f64,
}

/// Stops and services of a study, placed in units.
pub struct Network<'a> {
    study: &'a Study,
    transit: &'a Transit,
    units: Vec<Unit>,
    places: Vec<StopPlace>,
    /// Services that call at a stop, with calls a day in both directions together.
    calls: Vec<Vec<(ServiceIdx, f64)>>,
    /// Stops of each unit that a service calls at, in index order.
    stops_of: Vec<Vec<StopIdx>>,
}

impl<'a> Network<'a> {
    /// Places every stop; `tolerance_m` is the distance from a border within which a stop is doubtful.
    pub fn new(study: &'a Study, transit: &'a Transit, units: &[Unit], tolerance_m: f64) -> Network<'a> {
        let shaped: Vec<(usize, &MultiPolygon<f64>)> = units
            .iter()
            .enumerate()
            .flat_map(|(at, unit)| unit.members.iter().map(move |member| (at, member)))
            .filter_map(|(at, member)| study.regions.get(*member).shape.as_ref().map(|shape| (at, &shape.plane)))
            .collect();
        let outlines: Vec<&MultiPolygon<f64>> = shaped.iter().map(|(_, outline)| *outline).collect();
        let locator = RegionLocator::new(outlines.iter().copied());
        let mut unit_by_code: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, unit) in units.iter().enumerate() {
            unit_by_code.insert(&unit.code, at);
            for member in &unit.members {
                unit_by_code.insert(&study.regions.get(*member).code, at);
            }
        }
        let places: Vec<StopPlace> = transit
            .stops
            .iter()
            .map(|stop| {
                let xy = stop.at.xy.array();
                let located = locator.locate(xy);
                let inside = located.map(|at| shaped[at as usize].0);
                let depth_m = located.and_then(|at| locator.distance_to_border(xy, at)).unwrap_or(0.0);
                let declared = stop.declared_region.as_deref().and_then(|code| unit_by_code.get(code)).copied();
                let mut near: Vec<usize> = Vec::new();
                if declared.is_none() && (located.is_none() || depth_m <= tolerance_m) {
                    near = locator.within_distance(xy, tolerance_m).iter().map(|at| shaped[*at as usize].0).collect();
                    near.retain(|unit| Some(*unit) != inside);
                    near.sort_unstable();
                    near.dedup();
                }
                StopPlace {
                    unit: declared.or(inside),
                    depth_m,
                    near,
                    moved_by_declaration: declared.is_some() && declared != inside,
                }
            })
            .collect();
        let mut calls: Vec<Vec<(ServiceIdx, f64)>> = vec![Vec::new(); transit.stops.len()];
        for (at, service) in transit.services.iter().enumerate() {
            let mut mine: BTreeMap<StopIdx, f64> = BTreeMap::new();
            for pattern in &service.patterns {
                let trips = pattern.trips_per_day * if pattern.both_ways { 2.0 } else { 1.0 };
                for stop in pattern.stops.iter().collect::<BTreeSet<_>>() {
                    *mine.entry(*stop).or_default() += trips;
                }
            }
            for (stop, trips) in mine {
                calls[stop.at()].push((ServiceIdx::new(at), trips));
            }
        }
        let mut stops_of = vec![Vec::new(); units.len()];
        for (at, place) in places.iter().enumerate() {
            if let Some(unit) = place.unit.filter(|_| !calls[at].is_empty()) {
                stops_of[unit].push(StopIdx::new(at));
            }
        }
        Network { study, transit, units: units.to_vec(), places, calls, stops_of }
    }

    /// Where each stop stands.
    pub fn places(&self) -> &[StopPlace] {
        &self.places
    }

    /// Whether anything is known of a unit's services: a stop that is called at, or a claim of completeness.
    pub fn has_data(&self, unit: usize) -> bool {
        !self.stops_of[unit].is_empty()
            || self.units[unit]
                .members
                .iter()
                .all(|member| self.transit.is_complete_for(&self.study.regions.get(*member).code))
    }

    /// The service at an index.
    pub fn service(&self, idx: ServiceIdx) -> &Service {
        &self.transit.services[idx.at()]
    }

    /// The stop at an index.
    pub fn stop(&self, idx: StopIdx) -> &Stop {
        self.transit.stop(idx)
    }

    /// The services of `modes` with a stop in each of two units, by unit pair (`a < b`), with trips by direction.
    ///
    /// Only stops that `counts` lets pass. A trip leads from one unit to another when it calls in the first before it calls in
    /// the second; a pattern that runs both ways is counted in reverse too.
    pub fn joins(
        &self,
        modes: &[Mode],
        near_border: NearBorder,
        counts: &dyn Fn(StopIdx, usize) -> bool,
    ) -> BTreeMap<(usize, usize), Vec<Join>> {
        let mut found: BTreeMap<(usize, usize), Vec<Join>> = BTreeMap::new();
        for (at, service) in self.transit.services.iter().enumerate() {
            if !modes.contains(&service.mode) {
                continue;
            }
            let mut trips: BTreeMap<(usize, usize), f64> = BTreeMap::new();
            for pattern in &service.patterns {
                self.add_trips(pattern, near_border, counts, &mut trips);
            }
            let pairs: BTreeSet<(usize, usize)> = trips.keys().map(|(i, j)| (*i.min(j), *i.max(j))).collect();
            for (i, j) in pairs {
                let way = |from: usize, to: usize| trips.get(&(from, to)).copied().unwrap_or(0.0);
                found.entry((i, j)).or_default().push(Join {
                    service: ServiceIdx::new(at),
                    there: way(i, j),
                    back: way(j, i),
                });
            }
        }
        found
    }

    fn add_trips(
        &self,
        pattern: &Pattern,
        near_border: NearBorder,
        counts: &dyn Fn(StopIdx, usize) -> bool,
        trips: &mut BTreeMap<(usize, usize), f64>,
    ) {
        // first and last call in each unit
        let mut calls: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for (position, stop) in pattern.stops.iter().enumerate() {
            for unit in self.units_of(*stop, near_border) {
                if counts(*stop, unit) {
                    calls.entry(unit).or_insert((position, position)).1 = position;
                }
            }
        }
        for (i, (first_i, last_i)) in &calls {
            for (j, (first_j, last_j)) in &calls {
                if i == j {
                    continue;
                }
                if first_i < last_j {
                    *trips.entry((*i, *j)).or_default() += pattern.trips_per_day;
                }
                if pattern.both_ways && first_j < last_i {
                    *trips.entry((*i, *j)).or_default() += pattern.trips_per_day;
                }
            }
        }
    }

    fn units_of(&self, stop: StopIdx, near_border: NearBorder) -> Vec<usize> {
        let place = &self.places[stop.at()];
        match near_border {
            NearBorder::AsLocated => place.unit.into_iter().collect(),
            NearBorder::Nowhere => place.unit.filter(|_| place.near.is_empty()).into_iter().collect(),
            NearBorder::Everywhere => place.unit.into_iter().chain(place.near.iter().copied()).collect(),
        }
    }

    /// The services of `modes` whose path (straight from stop to stop) runs inside each unit for more than a millimetre.
    pub fn paths(&self, modes: &[Mode]) -> BTreeMap<usize, Vec<ServiceIdx>> {
        let boxes: Vec<Option<geo_types::Rect<f64>>> =
            self.units.iter().map(|unit| bounding(self.outlines(unit))).collect();
        let mut found: BTreeMap<usize, Vec<ServiceIdx>> = BTreeMap::new();
        for (at, service) in self.transit.services.iter().enumerate() {
            if !modes.contains(&service.mode) {
                continue;
            }
            let lines: Vec<LineString<f64>> = service
                .patterns
                .iter()
                .map(|pattern| {
                    pattern.stops.iter().map(|stop| self.transit.stop(*stop).at.xy.array()).collect::<LineString<f64>>()
                })
                .collect();
            let path = MultiLineString(lines);
            let Some(path_box) = path.bounding_rect() else { continue };
            // with a stop well inside, a path of some length runs inside: no need to cut it
            let stops_inside: BTreeSet<usize> = service
                .patterns
                .iter()
                .flat_map(|pattern| &pattern.stops)
                .map(|stop| &self.places[stop.at()])
                .filter(|place| place.depth_m > 1e-3 && !place.moved_by_declaration)
                .filter_map(|place| place.unit)
                .collect();
            let has_length = Euclidean.length(&path) > 1e-3;
            for (unit, unit_box) in boxes.iter().enumerate() {
                if has_length && stops_inside.contains(&unit) {
                    found.entry(unit).or_default().push(ServiceIdx::new(at));
                    continue;
                }
                if !unit_box.is_some_and(|unit_box| unit_box.intersects(&path_box)) {
                    continue;
                }
                let runs_inside = self
                    .outlines(&self.units[unit])
                    .any(|outline| Euclidean.length(&outline.clip(&path, false)) > 1e-3);
                if runs_inside {
                    found.entry(unit).or_default().push(ServiceIdx::new(at));
                }
            }
        }
        found
    }

    fn outlines<'u>(&'u self, unit: &'u Unit) -> impl Iterator<Item = &'u MultiPolygon<f64>> {
        unit.members.iter().filter_map(|member| self.study.regions.get(*member).shape.as_ref()).map(|s| &s.plane)
    }

    /// The shortest walk between two stops, one in each unit, that services of `modes` call at; ties by stop index.
    /// Straight line in the study plane. With `change`, only stops of two different services with as many calls a day.
    pub fn shortest_walk(&self, a: usize, b: usize, modes: &[Mode], change: Option<f64>) -> Option<Walk> {
        let calls_per_day = change.unwrap_or(0.0);
        let usable = |stop: &StopIdx| {
            self.calls[stop.at()].iter().any(|(service, calls)| {
                *calls >= calls_per_day && modes.contains(&self.transit.services[service.at()].mode)
            })
        };
        let there: Vec<StopIdx> = self.stops_of[b].iter().copied().filter(usable).collect();
        let points: Vec<[f64; 2]> = there.iter().map(|stop| self.xy(*stop).array()).collect();
        let index = PointIndex::new(&points);
        let mut best: Option<Walk> = None;
        for from in self.stops_of[a].iter().filter(|stop| usable(stop)) {
            let hit = index.nearest_where(self.xy(*from).array(), &mut |at| {
                change.is_none() || self.change_possible(*from, there[at as usize], modes, calls_per_day)
            });
            if let Some((at, metres)) = hit
                && best.is_none_or(|walk| metres < walk.metres)
            {
                best = Some(Walk { from: *from, to: there[at as usize], metres });
            }
        }
        best
    }

    /// Whether two different services call at the two stops often enough.
    fn change_possible(&self, from: StopIdx, to: StopIdx, modes: &[Mode], calls_per_day: f64) -> bool {
        let usable = |stop: StopIdx| {
            self.calls[stop.at()].iter().filter(move |(service, calls)| {
                *calls >= calls_per_day && modes.contains(&self.transit.services[service.at()].mode)
            })
        };
        usable(from).any(|(one, _)| usable(to).any(|(other, _)| one != other))
    }

    fn xy(&self, stop: StopIdx) -> PlaneXy {
        self.transit.stop(stop).at.xy
    }
}

fn bounding<'b>(outlines: impl Iterator<Item = &'b MultiPolygon<f64>>) -> Option<geo_types::Rect<f64>> {
    outlines.filter_map(|outline| outline.bounding_rect()).reduce(|x, y| {
        geo_types::Rect::new(
            geo_types::coord! { x: x.min().x.min(y.min().x), y: x.min().y.min(y.min().y) },
            geo_types::coord! { x: x.max().x.max(y.max().x), y: x.max().y.max(y.max().y) },
        )
    })
}
