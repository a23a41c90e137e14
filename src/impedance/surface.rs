//! Over the cells of a cost surface, metres or seconds.
//!
//! A way is: from the place straight to the middle of its cell, from middle to middle, and straight to the facility; or all of it the
//! other way round. The straight parts are walked at the speed of their cell. Two places in one cell go straight. For the nearest facility one search
//! from all facilities at once answers every cell (16 bytes a cell); where some do not count for some places, for the nearest few, and for
//! all within a limit, one search a place (24 bytes a cell and thread).

use std::cell::RefCell;

use crate::base::same::is_within;
use crate::base::units::Text;
use crate::impedance::Direction;
use crate::impedance::Impedance;
use crate::impedance::Prepared;
use crate::impedance::Want;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::dijkstra;
use crate::impedance::dijkstra::NOBODY;
use crate::impedance::dijkstra::Scratch;
use crate::impedance::few::Few;
use crate::impedance::few::better;
use crate::impedance::segments::OffStreet;
use crate::impedance::segments::Snap;
use crate::impedance::street::Route;
use crate::model::place::Place;
use crate::model::study::Plane;
use crate::model::surface::Ground;
use crate::model::surface::Surface;

/// Over a cost surface, to the facility or from it, by length or by time.
///
/// By length the shortest way over what is open, by time the fastest. Lengths are those of the study plane.
pub struct OverSurface<'s> {
    pub surface: &'s Surface,
    pub unit: CostUnit,
    pub direction: Direction,
}

/// Destinations on the surface.
pub struct PreparedSurface<'s> {
    surface: &'s Surface,
    unit: CostUnit,
    direction: Direction,
    destinations: Vec<Place>,
    /// The cells of destinations with them, by cell; those off the surface left out.
    by_cell: Vec<(u32, u32)>,
    /// The nearest destination of each cell's middle.
    field: Vec<(f64, u32)>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl<'s> OverSurface<'s> {
    /// The destinations, made ready for many origins.
    pub fn ready(&self, destinations: &[Place]) -> PreparedSurface<'s> {
        let mut ready = PreparedSurface {
            surface: self.surface,
            unit: self.unit,
            direction: self.direction,
            destinations: destinations.to_vec(),
            by_cell: Vec::new(),
            field: Vec::new(),
        };
        ready.by_cell =
            (0u32..).zip(destinations).filter_map(|(at, place)| Some((ready.cell(place).ok()?, at))).collect();
        ready.by_cell.sort_unstable();
        let starts = ready.by_cell.iter().map(|(cell, at)| (*cell, ready.leg(*cell, &destinations[*at as usize]), *at));
        // from the facilities to all places: against the way that is travelled to them
        let back = self.direction == Direction::ToFacility;
        ready.field = dijkstra::field(self.surface.cells().count(), starts, |cell| ready.leave(cell, back));
        ready
    }
}

impl Impedance for OverSurface<'_> {
    fn unit(&self) -> CostUnit {
        self.unit
    }

    fn prepare<'p>(&'p self, _: &Plane, destinations: &[Place]) -> Box<dyn Prepared + 'p> {
        Box::new(self.ready(destinations))
    }

    fn told(&self) -> Option<Text> {
        Some(self.surface.about.clone())
    }
}

impl PreparedSurface<'_> {
    /// The cell of a place.
    /// # Errors
    /// [`OffStreet`] for a place outside all cells, or in one that is not open.
    fn cell(&self, place: &Place) -> Result<u32, OffStreet> {
        let cell = self.surface.cells().at(place.xy).ok_or(OffStreet::OutsideCells)?;
        match self.surface.ground(cell) {
            Ground::Open(_) => Ok(cell),
            Ground::Barred => Err(OffStreet::BarredCell),
            Ground::Closed => Err(OffStreet::ClosedCell),
            Ground::Unknown => Err(OffStreet::UnknownCell),
        }
    }

    /// Cost of so many metres within a cell.
    fn within(&self, cell: u32, metres: f64) -> f64 {
        match self.unit {
            CostUnit::Metres => metres,
            CostUnit::Seconds => metres * self.surface.pace(cell),
        }
    }

    /// Cost between a place and the middle of its cell.
    fn leg(&self, cell: u32, place: &Place) -> f64 {
        self.within(cell, place.xy.distance_m(self.surface.cells().middle(cell)))
    }

    /// Neighbours of a cell with the cost to them, or, looking back, from them.
    fn leave(&self, cell: u32, back: bool) -> impl Iterator<Item = (u32, f64)> {
        self.surface.moves(cell).map(move |(k, to)| {
            let cost = match (self.unit, back) {
                (CostUnit::Metres, _) => self.surface.metres(k),
                (CostUnit::Seconds, false) => self.surface.seconds(cell, k, to),
                (CostUnit::Seconds, true) => self.surface.seconds(to, k ^ 1, cell),
            };
            (to, cost)
        })
    }

    /// Destinations in a cell.
    fn here(&self, cell: u32) -> impl Iterator<Item = u32> {
        let first = self.by_cell.partition_point(|(at, _)| *at < cell);
        self.by_cell[first..].iter().take_while(move |(at, _)| *at == cell).map(|(_, destination)| *destination)
    }

    /// Destinations in the cell of a place, straight.
    fn beside(&self, cell: u32, place: &Place) -> impl Iterator<Item = (u32, f64)> {
        self.here(cell).map(move |at| {
            let metres = place.xy.distance_m(self.destinations[at as usize].xy);
            (at, self.within(cell, metres))
        })
    }

    /// Looks from a place outward: every destination with its cost, until none can be within `limit`, which `found` may lower.
    fn search(&self, cell: u32, place: &Place, limit: f64, mut found: impl FnMut(u32, f64) -> f64) {
        let mut limit = limit;
        for (at, cost) in self.beside(cell, place) {
            limit = limit.min(found(at, cost));
        }
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.begin(self.surface.cells().count());
            scratch.offer(cell, self.leg(cell, place), (NOBODY, NOBODY));
            while let Some((at, cost)) = scratch.settle() {
                if !is_within(cost, limit) {
                    break;
                }
                if at != cell {
                    for destination in self.here(at) {
                        let cost = cost + self.leg(at, &self.destinations[destination as usize]);
                        limit = limit.min(found(destination, cost));
                    }
                }
                let back = self.direction == Direction::FromFacility;
                for (to, more) in self.leave(at, back) {
                    scratch.offer(to, cost + more, (at, NOBODY));
                }
            }
        });
    }

    fn nearest(&self, cell: u32, place: &Place, admits: &dyn Fn(u32) -> bool) -> Option<(u32, f64)> {
        let (rest, destination) = self.field[cell as usize];
        let over_cells = (destination != NOBODY).then(|| (destination, self.leg(cell, place) + rest));
        let best = over_cells.into_iter().chain(self.beside(cell, place)).fold(None, better)?;
        if admits(best.0) {
            return Some(best);
        }
        let mut best = None;
        self.search(cell, place, f64::INFINITY, |at, cost| {
            if admits(at) {
                best = better(best, (at, cost));
            }
            best.map_or(f64::INFINITY, |(_, cost)| cost)
        });
        best
    }

    /// Destinations with their costs, cheapest first, ties by index.
    fn several(
        &self,
        cell: u32,
        place: &Place,
        limit: f64,
        most: usize,
        admits: &dyn Fn(u32) -> bool,
    ) -> Vec<(u32, f64)> {
        let mut few = Few::new(limit, most);
        self.search(cell, place, limit, |at, cost| {
            if admits(at) {
                few.offer(at, cost);
            }
            few.limit
        });
        few.into_row()
    }
}

impl Prepared for PreparedSurface<'_> {
    fn row(&self, origin: &Place, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)> {
        let Ok(cell) = self.cell(origin) else { return Vec::new() };
        match want {
            Want::Nearest => self.nearest(cell, origin, admits).into_iter().collect(),
            Want::First(most) => self.several(cell, origin, f64::INFINITY, most, admits),
            Want::Within(limit) => self.several(cell, origin, limit, usize::MAX, admits),
        }
    }

    fn costs_of(&self, destination: u32, limit: f64, at: &[(Place, Option<Snap>)]) -> Vec<Option<f64>> {
        let to = &self.destinations[destination as usize];
        let Ok(end) = self.cell(to) else { return vec![None; at.len()] };
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.begin(self.surface.cells().count());
            scratch.offer(end, self.leg(end, to), (NOBODY, NOBODY));
            let back = self.direction == Direction::ToFacility;
            while let Some((cell, cost)) = scratch.settle() {
                if !is_within(cost, limit) {
                    break;
                }
                for (next, more) in self.leave(cell, back) {
                    scratch.offer(next, cost + more, (cell, NOBODY));
                }
            }
            let cost_of = |place: &Place| {
                let cell = self.cell(place).ok()?;
                let cost = match cell == end {
                    true => self.within(cell, place.xy.distance_m(to.xy)),
                    false => scratch.cost(cell) + self.leg(cell, place),
                };
                is_within(cost, limit).then_some(cost)
            };
            at.iter().map(|(place, _)| cost_of(place)).collect()
        })
    }

    fn snapped(&self, origin: &Place) -> Result<Option<Snap>, OffStreet> {
        self.cell(origin).map(|_| None)
    }

    fn route(&self, origin: &Place, destination: u32, to: &Place) -> Option<Route> {
        let start = self.cell(origin).ok()?;
        let end = self.cell(to).ok()?;
        let straight = |cell: u32, metres: f64| (metres, metres * self.surface.pace(cell));
        let leg = |cell: u32, place: &Place| straight(cell, place.xy.distance_m(self.surface.cells().middle(cell)));
        let mut route = Route {
            off_m: [0.0; 2],
            off_s: [0.0; 2],
            street_m: 0.0,
            street_s: 0.0,
            places: vec![*origin],
            is_over_cells: true,
        };
        if start == end {
            (route.street_m, route.street_s) = straight(start, origin.xy.distance_m(to.xy));
        } else {
            let mut is_found = false;
            self.search(start, origin, f64::INFINITY, |at, cost| {
                is_found |= at == destination;
                if at == destination { cost } else { f64::INFINITY }
            });
            if !is_found {
                return None;
            }
            let cells = SCRATCH.with_borrow(|scratch| scratch.states_to(end));
            for ends in cells.windows(2) {
                let (a, b) = (ends[0], ends[1]);
                let (k, _) = self.surface.moves(a).find(|(_, to)| *to == b)?;
                route.street_m += self.surface.metres(k);
                route.street_s += match self.direction {
                    Direction::ToFacility => self.surface.seconds(a, k, b),
                    Direction::FromFacility => self.surface.seconds(b, k ^ 1, a),
                };
            }
            let legs = [leg(start, origin), leg(end, to)];
            (route.off_m, route.off_s) = (legs.map(|leg| leg.0), legs.map(|leg| leg.1));
            route.places.extend(cells.into_iter().filter_map(|cell| self.surface.place(cell)));
        }
        route.places.push(*to);
        if self.direction == Direction::FromFacility {
            route.places.reverse();
            route.off_m.reverse();
            route.off_s.reverse();
        }
        Some(route)
    }
}
