//! The street network: lines joined where they meet, frozen as edges between junctions.

use std::collections::HashMap;

use crate::model::place::LonLat;
use crate::model::place::Place;

/// Degrees are compared after rounding to this fraction of one, a tenth of a millimetre: lines meet where they share a corner.
const JOIN: f64 = 1e9;

/// A corner of an edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corner {
    pub place: Place,
    /// Metres along the edge from its first corner.
    pub along_m: f64,
}

/// A stretch of street between two junctions or ends, passable both ways.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Position of the junction at its first corner.
    pub from: u32,
    /// Position of the junction at its last corner; the same as `from` for a loop.
    pub to: u32,
    /// Length on the ellipsoid, metres.
    pub length_m: f64,
    first_corner: u32,
}

/// A connected part of the network.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Component {
    pub edges: u32,
    /// Length of all its streets, metres.
    pub length_m: f64,
}

/// Where streets lead to: junctions, edges between them, and which parts hang together.
///
/// Junctions are where lines end or where other than two sides meet; corners with two sides are part of an edge, also where one line
/// goes on as another. A line crosses another without meeting it unless both have a corner there (bridges and tunnels). The order
/// of junctions and edges is that of the lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreetNetwork {
    corners: Vec<Corner>,
    edges: Vec<Edge>,
    /// Component of each junction.
    component: Vec<u32>,
    components: Vec<Component>,
    /// Start of each junction's arcs; one more than there are junctions.
    first_arc: Vec<u32>,
    arcs: Vec<Arc>,
    /// A place farther than this from every street is off the network, metres.
    pub max_snap_m: f64,
    /// Parts of the network with less street than this are islands that nothing can be judged by, metres.
    pub min_component_m: f64,
    /// Whether any of it is made up.
    pub synthetic: bool,
}

/// A way out of a junction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arc {
    pub to: u32,
    pub edge: u32,
    pub length_m: f64,
}

/// Sides between corners that are joined, before they become edges.
struct Sides {
    places: Vec<Place>,
    ends: Vec<[u32; 2]>,
    /// Start of each corner's sides in `at`.
    first: Vec<u32>,
    at: Vec<u32>,
}

impl Sides {
    fn of(lines: &[Vec<Place>]) -> Sides {
        let key = |at: LonLat| ((at.lon * JOIN).round() as i64, (at.lat * JOIN).round() as i64);
        let mut known: HashMap<(i64, i64), u32> = HashMap::new();
        let (mut places, mut ends) = (Vec::new(), Vec::new());
        for line in lines {
            let mut before: Option<u32> = None;
            for place in line {
                let corner = *known.entry(key(place.lonlat)).or_insert_with(|| {
                    places.push(*place);
                    places.len() as u32 - 1
                });
                if let Some(before) = before.filter(|before| *before != corner) {
                    ends.push([before, corner]);
                }
                before = Some(corner);
            }
        }
        let (first, at) =
            grouped(places.len(), ends.iter().enumerate().flat_map(|(side, [a, b])| [(*a, side), (*b, side)]));
        Sides { places, ends, first, at }
    }

    fn sides(&self, corner: u32) -> &[u32] {
        &self.at[self.first[corner as usize] as usize..self.first[corner as usize + 1] as usize]
    }

    fn other(&self, side: u32, corner: u32) -> u32 {
        let [a, b] = self.ends[side as usize];
        if a == corner { b } else { a }
    }
}

/// Members by group, in their order: where each group starts, and the members of all.
fn grouped(groups: usize, members: impl Iterator<Item = (u32, usize)> + Clone) -> (Vec<u32>, Vec<u32>) {
    let mut first = vec![0u32; groups + 1];
    members.clone().for_each(|(group, _)| first[group as usize + 1] += 1);
    (0..groups).for_each(|at| first[at + 1] += first[at]);
    let mut next = first.clone();
    let mut at = vec![0u32; first[groups] as usize];
    for (group, member) in members {
        at[next[group as usize] as usize] = member as u32;
        next[group as usize] += 1;
    }
    (first, at)
}

impl StreetNetwork {
    /// The network of some lines. `length_m` measures a side; lines of one corner, and sides of no length, are nothing.
    pub fn new(lines: &[Vec<Place>], length_m: impl Fn(LonLat, LonLat) -> f64) -> StreetNetwork {
        let sides = Sides::of(lines);
        let mut network = StreetNetwork { first_arc: vec![0], ..StreetNetwork::default() };
        let mut is_traced = vec![false; sides.ends.len()];
        let mut junction = vec![u32::MAX; sides.places.len()];
        let mut junctions = 0u32;
        let is_junction = |corner: u32| sides.sides(corner).len() != 2;
        // loops that touch nothing have no junction: their first corner becomes one
        for pass in [true, false] {
            for side in 0..sides.ends.len() {
                let Some(start) = sides.ends[side].into_iter().find(|corner| !pass || is_junction(*corner)) else {
                    continue;
                };
                if is_traced[side] {
                    continue;
                }
                network.trace(&sides, &mut is_traced, start, side as u32, &length_m);
                let Some(edge) = network.edges.last_mut() else { continue };
                for corner in [&mut edge.from, &mut edge.to] {
                    let number = &mut junction[*corner as usize];
                    if *number == u32::MAX {
                        *number = junctions;
                        junctions += 1;
                    }
                    *corner = *number;
                }
            }
        }
        network.join(junctions as usize);
        network
    }

    /// Follows the street from a corner along a side to the next junction, or back to where it started; the ends are corners so far.
    fn trace(
        &mut self,
        sides: &Sides,
        is_traced: &mut [bool],
        start: u32,
        side: u32,
        length_m: &impl Fn(LonLat, LonLat) -> f64,
    ) {
        let first_corner = self.corners.len() as u32;
        let (mut corner, mut side, mut along_m) = (start, side, 0.0);
        self.corners.push(Corner { place: sides.places[corner as usize], along_m });
        loop {
            is_traced[side as usize] = true;
            let next = sides.other(side, corner);
            along_m += length_m(sides.places[corner as usize].lonlat, sides.places[next as usize].lonlat);
            self.corners.push(Corner { place: sides.places[next as usize], along_m });
            corner = next;
            let onward = match sides.sides(corner) {
                [a, b] if corner != start => [*a, *b].into_iter().find(|side| !is_traced[*side as usize]),
                _ => None,
            };
            match onward {
                Some(onward) => side = onward,
                None => break,
            }
        }
        self.edges.push(Edge { from: start, to: corner, length_m: along_m, first_corner });
    }

    /// Arcs by junction, and components.
    fn join(&mut self, junctions: usize) {
        let both = |(at, edge): (usize, &Edge)| [(edge.from, 2 * at), (edge.to, 2 * at + 1)];
        let (first, halves) = grouped(junctions, self.edges.iter().enumerate().flat_map(both));
        self.first_arc = first;
        self.arcs = halves
            .into_iter()
            .map(|half| {
                let edge = &self.edges[half as usize / 2];
                let to = if half % 2 == 0 { edge.to } else { edge.from };
                Arc { to, edge: half / 2, length_m: edge.length_m }
            })
            .collect();
        self.component = vec![u32::MAX; junctions];
        let mut open = Vec::new();
        for start in 0..junctions {
            if self.component[start] != u32::MAX {
                continue;
            }
            let number = self.components.len() as u32;
            self.components.push(Component::default());
            self.component[start] = number;
            open.push(start as u32);
            while let Some(at) = open.pop() {
                for arc in &self.arcs[self.first_arc[at as usize] as usize..self.first_arc[at as usize + 1] as usize] {
                    if self.component[arc.to as usize] == u32::MAX {
                        self.component[arc.to as usize] = number;
                        open.push(arc.to);
                    }
                }
            }
        }
        for edge in &self.edges {
            let component = &mut self.components[self.component[edge.from as usize] as usize];
            component.edges += 1;
            component.length_m += edge.length_m;
        }
    }

    /// Number of junctions and ends.
    pub fn junctions(&self) -> usize {
        self.component.len()
    }

    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Corners of an edge, its ends included, from its first to its last.
    pub fn corners(&self, edge: u32) -> &[Corner] {
        let start = self.edges[edge as usize].first_corner as usize;
        let end = self.edges.get(edge as usize + 1).map_or(self.corners.len(), |next| next.first_corner as usize);
        &self.corners[start..end]
    }

    /// Ways out of a junction, in the order of the edges; a loop is there twice.
    pub fn arcs(&self, junction: u32) -> &[Arc] {
        &self.arcs[self.first_arc[junction as usize] as usize..self.first_arc[junction as usize + 1] as usize]
    }

    /// The connected parts, in the order in which the lines come upon them.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// The connected part that an edge is of.
    pub fn component_of(&self, edge: u32) -> u32 {
        self.component[self.edges[edge as usize].from as usize]
    }

    /// The smallest rectangle around all streets in the plane: smallest x and y, largest x and y; `None` without any.
    pub fn extent(&self) -> Option<[f64; 4]> {
        self.corners.iter().map(|corner| corner.place.xy).fold(None, |so_far, at| {
            let [west, south, east, north] = so_far.unwrap_or([at.x, at.y, at.x, at.y]);
            Some([west.min(at.x), south.min(at.y), east.max(at.x), north.max(at.y)])
        })
    }
}
