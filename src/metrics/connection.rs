//! Stops placed in units: where each stands, what calls there, and how far it is from the units around.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use geo::BooleanOps;
use geo::BoundingRect;
use geo::Euclidean;
use geo::Intersects;
use geo::Length;
use geo_types::Coord;
use geo_types::Line;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPolygon;
use geo_types::Rect;

use crate::base::idx::RegionIdx;
use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::same::is_within;
use crate::impedance::index::PointIndex;
use crate::metrics::adjacency::Unit;
use crate::metrics::service_day::ServiceDay;
use crate::metrics::service_day::Source;
use crate::model::course::FARTHEST_M;
use crate::model::locate::RegionLocator;
use crate::model::place::PlaneXy;
use crate::model::region::Region;
use crate::model::study::Study;
use crate::model::transit::Mode;
use crate::model::transit::More;
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
    /// Other units that it may lie in, where its place is doubtful; none of them where nobody can say which.
    pub maybe: Vec<usize>,
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

/// Two stops across a border with the walk between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Walk {
    pub from: StopIdx,
    pub to: StopIdx,
    pub metres: f64,
}

/// When one can change between two services for whose times only numbers are known.
pub struct Change<'c> {
    pub calls: &'c Calls,
    /// Least calls a day of each service, both directions together, included.
    pub calls_per_day: f64,
    /// By service: between two that are timed the timetable tells, and this rule does not apply. Empty where none is.
    pub timed: &'c [bool],
}

impl Change<'_> {
    fn often(&self, stop: StopIdx) -> impl Iterator<Item = ServiceIdx> {
        self.calls[stop.at()].iter().filter(|(_, calls)| *calls >= self.calls_per_day).map(|(service, _)| *service)
    }

    fn possible(&self, one: ServiceIdx, other: ServiceIdx) -> bool {
        let is_timed = |service: ServiceIdx| self.timed.get(service.at()).copied().unwrap_or(false);
        one != other && !(is_timed(one) && is_timed(other))
    }
}

/// Stops and services of a study, placed in units.
pub struct Network<'a> {
    study: &'a Study,
    transit: &'a Transit,
    units: Vec<Unit>,
    places: Vec<StopPlace>,
    /// Services that call at a stop, on whatever day.
    callers: Vec<Vec<ServiceIdx>>,
    /// Stops of each unit that a service calls at, in index order.
    stops_of: Vec<Vec<StopIdx>>,
    locator: RegionLocator,
    /// The unit of each outline of the locator.
    unit_of: Vec<usize>,
    unit_by_code: BTreeMap<String, usize>,
}

/// Services that call at each stop on one day, with calls in both directions together.
pub type Calls = Vec<Vec<(ServiceIdx, f64)>>;

/// Units around each stop with the distance to them in metres, the unit that holds it at 0; by unit.
pub type Nearness = Vec<Vec<(usize, f64)>>;

impl<'a> Network<'a> {
    /// Places every stop; `tolerance_m` is the distance from a border within which a stop is doubtful.
    pub fn new(study: &'a Study, transit: &'a Transit, units: &[Unit], tolerance_m: f64) -> Network<'a> {
        let shaped: Vec<(usize, &Region)> = units
            .iter()
            .enumerate()
            .flat_map(|(at, unit)| unit.members.iter().map(move |member| (at, study.regions.get(*member))))
            .filter(|(_, region)| region.shape.is_some())
            .collect();
        let locator = RegionLocator::of_regions(shaped.iter().map(|(_, region)| *region));
        let unit_by_code = unit_by_code(study, units);
        let places: Vec<StopPlace> = transit
            .stops
            .iter()
            .map(|stop| {
                let xy = stop.at.xy.array();
                let located = locator.locate(xy);
                let doubt = stop.doubt.as_ref();
                let inside = located.map(|at| shaped[at as usize].0);
                let depth_m = located.and_then(|at| locator.distance_to_border(xy, at)).unwrap_or(0.0);
                let unit_of = |code: &str| unit_by_code.get(code).copied();
                let declared = stop.declared_region.as_deref().and_then(unit_of);
                let mut near: Vec<usize> = Vec::new();
                if declared.is_none() && (located.is_none() || is_within(depth_m, tolerance_m)) {
                    near = locator.within_distance(xy, tolerance_m).iter().map(|at| shaped[*at as usize].0).collect();
                    near.retain(|unit| Some(*unit) != inside);
                    near.sort_unstable();
                    near.dedup();
                }
                let unit = declared.or(inside).filter(|_| doubt.is_none_or(|doubt| !doubt.is_nowhere));
                let maybe: BTreeSet<usize> =
                    doubt.iter().flat_map(|doubt| &doubt.regions).filter_map(|code| unit_of(code)).collect();
                StopPlace {
                    unit,
                    depth_m,
                    near,
                    moved_by_declaration: declared.is_some() && declared != inside,
                    maybe: maybe.into_iter().filter(|at| Some(*at) != unit).collect(),
                }
            })
            .collect();
        let mut callers: Vec<Vec<ServiceIdx>> = vec![Vec::new(); transit.stops.len()];
        for (at, service) in transit.services.iter().enumerate() {
            let service_idx = ServiceIdx::new(at);
            for stop in service.patterns.iter().flat_map(|pattern| &pattern.stops) {
                if callers[stop.at()].last() != Some(&service_idx) {
                    callers[stop.at()].push(service_idx);
                }
            }
        }
        let mut stops_of = vec![Vec::new(); units.len()];
        for (at, place) in places.iter().enumerate() {
            if let Some(unit) = place.unit.filter(|_| !callers[at].is_empty()) {
                stops_of[unit].push(StopIdx::new(at));
            }
        }
        let unit_of = shaped.iter().map(|(unit, _)| *unit).collect();
        let unit_by_code = unit_by_code.into_iter().map(|(code, unit)| (code.to_owned(), unit)).collect();
        Network { study, transit, units: units.to_vec(), places, callers, stops_of, locator, unit_of, unit_by_code }
    }

    /// The units around each stop within `radius_m` (included); with `only`, around the stops in those units alone.
    pub fn nearness(&self, radius_m: f64, only: Option<&BTreeSet<usize>>) -> Nearness {
        let mut nearness: Nearness = vec![Vec::new(); self.places.len()];
        if radius_m <= 0.0 {
            return nearness;
        }
        for (at, near) in nearness.iter_mut().enumerate() {
            let is_asked = |units: &BTreeSet<usize>| self.places[at].unit.is_some_and(|unit| units.contains(&unit));
            if self.callers[at].is_empty() || !only.is_none_or(is_asked) {
                continue;
            }
            let xy = self.xy(StopIdx::new(at)).array();
            let mut metres: BTreeMap<usize, f64> = BTreeMap::new();
            for outline in self.locator.within_distance(xy, radius_m) {
                let away = match self.locator.holds(outline, xy) {
                    true => 0.0,
                    false => self.locator.distance_to_border(xy, outline).unwrap_or(radius_m),
                };
                let nearest = metres.entry(self.unit_of[outline as usize]).or_insert(away);
                *nearest = nearest.min(away);
            }
            near.extend(metres);
        }
        nearness
    }

    /// Services that call at each stop on a day; with `may_be` as often as they may, for what is not known of them.
    pub fn calls(&self, day: &ServiceDay<'_>, may_be: bool) -> Calls {
        let mut calls: Calls = vec![Vec::new(); self.transit.stops.len()];
        for (at, service) in self.transit.services.iter().enumerate() {
            let mut mine: BTreeMap<StopIdx, f64> = BTreeMap::new();
            for pattern in &service.patterns {
                let known = day.trips_per_day(pattern);
                let one_way = match pattern.more {
                    More::UpTo(most) if may_be => most.max(known),
                    More::Unknown if may_be => f64::MAX / 4.0,
                    _ => known,
                };
                let trips = one_way * if pattern.both_ways { 2.0 } else { 1.0 };
                for stop in pattern.stops.iter().collect::<BTreeSet<_>>() {
                    *mine.entry(*stop).or_default() += trips;
                }
            }
            for (stop, trips) in mine {
                calls[stop.at()].push((ServiceIdx::new(at), trips));
            }
        }
        calls
    }

    /// What the services that call in a unit are known by, on a day.
    pub fn sources(&self, unit: usize, day: &ServiceDay<'_>) -> BTreeSet<Source> {
        let services: BTreeSet<ServiceIdx> =
            self.stops_of[unit].iter().flat_map(|stop| self.callers[stop.at()].iter().copied()).collect();
        services.into_iter().map(|service| day.source(service)).collect()
    }

    /// Where each stop stands.
    pub fn places(&self) -> &[StopPlace] {
        &self.places
    }

    /// Whether anything is known of a unit's services on a day: a stop that a service of a feed with service on it calls at, or a
    /// claim of completeness.
    pub fn has_data(&self, unit: usize, day: &ServiceDay<'_>) -> bool {
        let tells = |service: &Service| !self.transit.is_supposed(service) && day.knows(service);
        let is_known = |stop: &StopIdx| self.callers[stop.at()].iter().any(|at| tells(self.service(*at)));
        let mut withdrawn = self.transit.withdrawn.iter().filter(|service| day.knows(service));
        let calls_here = |stop: &StopIdx| self.places[stop.at()].unit == Some(unit);
        self.stops_of[unit].iter().any(is_known)
            || withdrawn.any(|service| service.patterns.iter().flat_map(|pattern| &pattern.stops).any(calls_here))
            || self.units[unit]
                .members
                .iter()
                .all(|member| self.transit.is_complete_for(&self.study.regions.get(*member).code))
    }

    /// All stops and services.
    pub fn transit(&self) -> &'a Transit {
        self.transit
    }

    /// The units within a distance of a stop, included.
    pub fn units_within(&self, stop: StopIdx, metres: f64) -> Vec<usize> {
        let outlines = self.locator.within_distance(self.xy(stop).array(), metres);
        outlines.into_iter().map(|at| self.unit_of[at as usize]).collect()
    }

    /// The units that a straight line between two stops runs through.
    pub fn units_between(&self, from: StopIdx, to: StopIdx) -> Vec<usize> {
        let ends = [from, to].map(|stop| Coord::from(self.xy(stop).array()));
        let path = Line::new(ends[0], ends[1]);
        let path_box = path.bounding_rect();
        let meets = |outline: &MultiPolygon<f64>| {
            outline.bounding_rect().is_some_and(|own| own.intersects(&path_box)) && outline.intersects(&path)
        };
        let is_crossed = |unit: &Unit| self.outlines(unit).any(meets);
        self.units.iter().enumerate().filter(|(_, unit)| is_crossed(unit)).map(|(at, _)| at).collect()
    }

    /// The unit that a code belongs to.
    pub fn unit_of_code(&self, code: &str) -> Option<usize> {
        self.unit_by_code.get(code).copied()
    }

    /// The service at an index.
    pub fn service(&self, idx: ServiceIdx) -> &Service {
        &self.transit.services[idx.at()]
    }

    /// The stop at an index.
    pub fn stop(&self, idx: StopIdx) -> &Stop {
        self.transit.stop(idx)
    }

    /// The units that a stop is counted in.
    pub fn units_of(&self, stop: StopIdx, near_border: NearBorder) -> Vec<usize> {
        let place = &self.places[stop.at()];
        match near_border {
            NearBorder::AsLocated => place.unit.into_iter().collect(),
            NearBorder::Nowhere => place.unit.filter(|_| place.near.is_empty()).into_iter().collect(),
            NearBorder::Everywhere => place.unit.into_iter().chain(place.near.iter().copied()).collect(),
        }
    }

    /// The services of `modes` whose way (straight from stop to stop where no shape tells it) runs inside each unit for more than a
    /// millimetre.
    pub fn paths(&self, modes: &[Mode]) -> BTreeMap<usize, Vec<ServiceIdx>> {
        let boxes: Vec<Option<Rect<f64>>> = self.units.iter().map(|unit| bounding(self.outlines(unit))).collect();
        let mut found: BTreeMap<usize, Vec<ServiceIdx>> = BTreeMap::new();
        for (at, service) in self.transit.services.iter().enumerate() {
            if !modes.contains(&service.mode) {
                continue;
            }
            let lines: Vec<LineString<f64>> = service
                .patterns
                .iter()
                .map(|pattern| {
                    self.transit.way(pattern).iter().map(|place| place.xy.array()).collect::<LineString<f64>>()
                })
                .collect();
            let path = MultiLineString(lines);
            let Some(path_box) = path.bounding_rect() else { continue };
            // with a stop well inside, a path of some length runs inside: no need to cut it; on a shape it may pass beside the stop
            let aside = |pattern: &Pattern| if pattern.course.is_some() { FARTHEST_M } else { 0.0 };
            let stops_inside: BTreeSet<usize> = service
                .patterns
                .iter()
                .flat_map(|pattern| pattern.stops.iter().map(move |stop| (&self.places[stop.at()], aside(pattern))))
                .filter(|(place, aside)| place.depth_m > aside + 1e-3 && !place.moved_by_declaration)
                .filter_map(|(place, _)| place.unit)
                .collect();
            let has_length = Euclidean.length(&path) > 1e-3;
            for (unit, unit_box) in boxes.iter().enumerate() {
                if has_length && stops_inside.contains(&unit) {
                    found.entry(unit).or_default().push(ServiceIdx::new(at));
                    continue;
                }
                let Some(unit_box) = unit_box.filter(|unit_box| unit_box.intersects(&path_box)) else { continue };
                let near = within(&path, &unit_box);
                let runs_inside = self
                    .outlines(&self.units[unit])
                    .any(|outline| Euclidean.length(&outline.clip(&near, false)) > 1e-3);
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
    /// Straight line in the study plane. With `change`, only stops between whose services one can change.
    pub fn shortest_walk(&self, a: usize, b: usize, modes: &[Mode], change: Option<&Change<'_>>) -> Option<Walk> {
        let is_counted = |service: &ServiceIdx| modes.contains(&self.service(*service).mode);
        let usable = |stop: &StopIdx| match change {
            None => self.callers[stop.at()].iter().any(is_counted),
            Some(change) => change.often(*stop).any(|service| is_counted(&service)),
        };
        let there: Vec<StopIdx> = self.stops_of[b].iter().copied().filter(usable).collect();
        let points: Vec<[f64; 2]> = there.iter().map(|stop| self.xy(*stop).array()).collect();
        let index = PointIndex::new(&points);
        let mut best: Option<Walk> = None;
        for from in self.stops_of[a].iter().filter(|stop| usable(stop)) {
            let hit = index.nearest_where(self.xy(*from).array(), &mut |at| {
                change.is_none_or(|change| {
                    let both = |stop: StopIdx| change.often(stop).filter(is_counted);
                    both(*from).any(|one| both(there[at as usize]).any(|other| change.possible(one, other)))
                })
            });
            if let Some((at, metres)) = hit
                && best.is_none_or(|walk| metres < walk.metres)
            {
                best = Some(Walk { from: *from, to: there[at as usize], metres });
            }
        }
        best
    }

    fn xy(&self, stop: StopIdx) -> PlaneXy {
        self.transit.stop(stop).at.xy
    }
}

/// Units by the codes of their regions, and of all regions within them.
fn unit_by_code<'s>(study: &'s Study, units: &'s [Unit]) -> BTreeMap<&'s str, usize> {
    let mut unit_of: BTreeMap<RegionIdx, usize> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate() {
        unit_of.extend(unit.members.iter().map(|member| (*member, at)));
    }
    let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
    for (idx, region) in study.regions.iter() {
        let mut here = Some(idx);
        while let Some(above) = here {
            if let Some(unit) = unit_of.get(&above) {
                by_code.insert(&region.code, *unit);
                break;
            }
            here = study.regions.get(above).parent;
        }
    }
    by_code.extend(units.iter().enumerate().map(|(at, unit)| (unit.code.as_str(), at)));
    by_code
}

/// The parts of a path whose boxes meet another; what is left of a shape with many points is soon cut.
fn within(path: &MultiLineString<f64>, near: &Rect<f64>) -> MultiLineString<f64> {
    let mut parts: Vec<LineString<f64>> = Vec::new();
    for line in path {
        let mut run: Vec<Coord<f64>> = Vec::new();
        for part in line.lines() {
            if part.bounding_rect().intersects(near) {
                if run.is_empty() {
                    run.push(part.start);
                }
                run.push(part.end);
            } else if !run.is_empty() {
                parts.push(LineString(std::mem::take(&mut run)));
            }
        }
        if !run.is_empty() {
            parts.push(LineString(run));
        }
    }
    MultiLineString(parts)
}

fn bounding<'b>(outlines: impl Iterator<Item = &'b MultiPolygon<f64>>) -> Option<Rect<f64>> {
    outlines.filter_map(|outline| outline.bounding_rect()).reduce(|x, y| {
        Rect::new(
            geo_types::coord! { x: x.min().x.min(y.min().x), y: x.min().y.min(y.min().y) },
            geo_types::coord! { x: x.max().x.max(y.max().x), y: x.max().y.max(y.max().y) },
        )
    })
}
