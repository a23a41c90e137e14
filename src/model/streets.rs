//! The street network of one mode: lines joined where they meet, frozen as edges between junctions.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::units::KmPerHour;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::turns::Turn;
use crate::model::turns::Turns;

/// Degrees are compared after rounding to this fraction of one, a tenth of a millimetre: lines meet where they share a corner.
const JOIN: f64 = 1e9;

/// Who goes along the streets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    Walk,
    Bicycle,
    Drive,
}

impl Mode {
    pub const ALL: [Mode; 3] = [Mode::Walk, Mode::Bicycle, Mode::Drive];

    /// As a config names it.
    pub fn id(self) -> &'static str {
        match self {
            Mode::Walk => "walk",
            Mode::Bicycle => "bicycle",
            Mode::Drive => "drive",
        }
    }

    /// In English and Chinese.
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            Mode::Walk => ("on foot", "步行"),
            Mode::Bicycle => ("by bicycle", "骑行"),
            Mode::Drive => ("by car", "驾车"),
        }
    }
}

/// What a line is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A street, a path, stairs.
    #[default]
    Street,
    /// A street in the air: stops may lie on it.
    Bridge,
    /// A platform, or the outline of one: stops lie on it, whatever its level.
    Platform,
    /// A lift.
    Lift,
    /// The outline of an area that is walked on.
    Outline,
    /// Straight over such an area, from one of its corners to another.
    Across,
}

impl Kind {
    /// Whether one can live on it. Nobody does on a platform, a square or in a lift: where they meet no street they lead nowhere.
    fn is_street(self) -> bool {
        matches!(self, Kind::Street | Kind::Bridge)
    }
}

/// How a line may be used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Way {
    /// Speed along the line and against it; 0 where there is no way.
    pub speed: [KmPerHour; 2],
    /// Nobody gets on or off along it: a motorway, a ferry.
    pub is_through: bool,
    /// Even from end to end, whatever the ground does below: a bridge, a tunnel, a ferry.
    pub is_level: bool,
    pub kind: Kind,
}

impl Way {
    /// A street with the same speed both ways.
    pub fn both(speed: KmPerHour) -> Way {
        Way { speed: [speed, speed], is_through: false, is_level: false, kind: Kind::Street }
    }

    /// Seen from the other end.
    fn turned(self) -> Way {
        Way { speed: [self.speed[1], self.speed[0]], ..self }
    }
}

/// A line with how it may be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub corners: Vec<Place>,
    pub way: Way,
    /// What turns call it by; lines that were one may share it.
    pub id: u32,
}

/// What hinders, beside the lines themselves.
#[derive(Default)]
pub struct Hindrances<'a> {
    /// Corners that nobody passes: lines end there.
    pub barriers: &'a [LonLat],
    pub turns: &'a [Turn],
    /// How many times longer a stretch takes for its slope (rise over run, along the way); `None` is flat.
    pub slope: Option<Slope<'a>>,
}

/// Height of the ground, and what it does to speed.
pub struct Slope<'a> {
    /// Metres; `None` where it is not known.
    pub height: &'a dyn Fn(LonLat) -> Option<f64>,
    /// Time over that on the flat, for a rise over run.
    pub factor: &'a dyn Fn(f64) -> f64,
}

/// A corner of an edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corner {
    pub place: Place,
    /// Metres along the edge from its first corner.
    pub along_m: f64,
}

/// A stretch of street between two junctions or ends, used alike from one to the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Position of the junction at its first corner.
    pub from: u32,
    /// Position of the junction at its last corner; the same as `from` for a loop.
    pub to: u32,
    /// Length on the ellipsoid, metres.
    pub length_m: f64,
    /// Along it and against it; infinite where there is no way.
    pub seconds: [f64; 2],
    /// Nobody gets on or off along it.
    pub is_through: bool,
    pub kind: Kind,
    first_corner: u32,
}

impl Edge {
    /// Whether there is no way along it at all.
    pub fn is_closed(&self) -> bool {
        self.seconds == [f64::INFINITY; 2]
    }

    /// Its length, metres; that of a line over an area, which is on no map, is nothing.
    pub fn drawn_m(&self) -> f64 {
        if self.kind == Kind::Across { 0.0 } else { self.length_m }
    }
}

/// A connected part of the network, one-way streets taken for both ways.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Component {
    pub edges: u32,
    /// Length of all its streets, metres; lines over areas are none.
    pub length_m: f64,
    /// Whether any of it is a street: not a platform, a square or a lift.
    pub has_street: bool,
    /// Both of what would hang together with it if nothing were closed.
    pub with_closed: (f64, bool),
}

/// Where streets lead to: junctions, edges between them, and which parts hang together.
///
/// Junctions are where lines end, where other than two sides meet, or where use changes; other corners with two sides are part of an edge,
/// also where one line goes on as another. A line crosses another without meeting it unless both have a corner there (bridges and
/// tunnels). The order of junctions and edges is that of the lines.
///
/// One moves from state to state: every junction is a state, and where not every way may be taken by who comes to it along a half edge,
/// the junction as come to along it is another, behind all junctions. Half edges are counted 2 × edge for along it and 2 × edge + 1 for against it.
#[derive(Debug, Clone, PartialEq)]
pub struct StreetNetwork {
    pub mode: Mode,
    /// Speed to the street and from it, where there is none.
    pub off_speed: KmPerHour,
    corners: Vec<Corner>,
    edges: Vec<Edge>,
    /// Seconds from the first corner of the edge to each corner, and back from it; empty where all is flat.
    along_s: Vec<[f64; 2]>,
    /// Speed of each edge along it and against it where the ground is flat; empty where all is.
    flat: Vec<[KmPerHour; 2]>,
    /// Component of each junction.
    component: Vec<u32>,
    components: Vec<Component>,
    turns: Turns,
    /// A place farther than this from every street is off the network, metres.
    pub max_snap_m: f64,
    /// Parts of the network with less street than this are islands that nothing can be judged by, metres.
    pub min_component_m: f64,
    /// Where stops of public transport lie: those may be on bridges and on platforms above or below the ground.
    stops: BTreeSet<(i64, i64)>,
    /// Whether any of it is made up.
    pub synthetic: bool,
}

/// Sides between corners that are joined, before they become edges.
struct Sides {
    places: Vec<Place>,
    ends: Vec<[u32; 2]>,
    /// Position of the line that each is of.
    line: Vec<u32>,
    /// Start of each corner's sides in `at`.
    first: Vec<u32>,
    at: Vec<u32>,
    /// Corners that are junctions whatever meets there.
    forced: BTreeSet<u32>,
}

pub(crate) fn key(at: LonLat) -> (i64, i64) {
    ((at.lon * JOIN).round() as i64, (at.lat * JOIN).round() as i64)
}

impl Sides {
    fn of(lines: &[Line], hindrances: &Hindrances<'_>) -> Sides {
        let barriers: BTreeSet<(i64, i64)> = hindrances.barriers.iter().map(|at| key(*at)).collect();
        let mut known: HashMap<(i64, i64), u32> = HashMap::new();
        let (mut places, mut ends, mut of) = (Vec::new(), Vec::new(), Vec::new());
        for (number, line) in (0u32..).zip(lines) {
            let mut before: Option<u32> = None;
            for place in &line.corners {
                let key = key(place.lonlat);
                let mut make = || {
                    places.push(*place);
                    places.len() as u32 - 1
                };
                let is_barrier = !barriers.is_empty() && barriers.contains(&key);
                let corner = if is_barrier { make() } else { *known.entry(key).or_insert_with(&mut make) };
                if let Some(before) = before.filter(|before| *before != corner) {
                    ends.push([before, corner]);
                    of.push(number);
                }
                // beyond a barrier the line goes on from another corner at the same place
                before = Some(if is_barrier { make() } else { corner });
            }
        }
        let (first, at) =
            grouped(places.len(), ends.iter().enumerate().flat_map(|(side, [a, b])| [(*a, side), (*b, side)]));
        let forced = hindrances.turns.iter().filter_map(|turn| known.get(&key(turn.via)).copied()).collect();
        Sides { places, ends, line: of, first, at, forced }
    }

    fn sides(&self, corner: u32) -> &[u32] {
        &self.at[self.first[corner as usize] as usize..self.first[corner as usize + 1] as usize]
    }

    fn other(&self, side: u32, corner: u32) -> u32 {
        let [a, b] = self.ends[side as usize];
        if a == corner { b } else { a }
    }

    /// How a side is used when it is left from a corner.
    fn way_from(&self, lines: &[Line], side: u32, corner: u32) -> Way {
        let way = lines[self.line[side as usize] as usize].way;
        if self.ends[side as usize][0] == corner { way } else { way.turned() }
    }

    /// Whether a street does not simply go on here.
    fn is_junction(&self, lines: &[Line], corner: u32) -> bool {
        match self.sides(corner) {
            [a, b] => {
                self.forced.contains(&corner)
                    || self.way_from(lines, *a, corner).turned() != self.way_from(lines, *b, corner)
            }
            _ => true,
        }
    }
}

fn top(above: &mut [u32], mut at: u32) -> u32 {
    while above[at as usize] != at {
        above[at as usize] = above[above[at as usize] as usize];
        at = above[at as usize];
    }
    at
}

/// Members by group, in their order: where each group starts, and the members of all.
pub fn grouped(groups: usize, members: impl Iterator<Item = (u32, usize)> + Clone) -> (Vec<u32>, Vec<u32>) {
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
    ///
    /// `off_speed` is that to the street and from it.
    pub fn new(
        mode: Mode,
        off_speed: KmPerHour,
        lines: &[Line],
        hindrances: &Hindrances<'_>,
        length_m: impl Fn(LonLat, LonLat) -> f64,
    ) -> StreetNetwork {
        let sides = Sides::of(lines, hindrances);
        let mut build = Build {
            network: StreetNetwork {
                mode,
                off_speed,
                corners: Vec::new(),
                edges: Vec::new(),
                along_s: Vec::new(),
                flat: Vec::new(),
                component: Vec::new(),
                components: Vec::new(),
                turns: Turns::default(),
                max_snap_m: 0.0,
                min_component_m: 0.0,
                stops: BTreeSet::new(),
                synthetic: false,
            },
            lines,
            sides: &sides,
            slope: hindrances.slope.as_ref(),
            is_traced: vec![false; sides.ends.len()],
            ends: Vec::new(),
        };
        let mut junction = vec![u32::MAX; sides.places.len()];
        let mut junctions = 0u32;
        // loops that touch nothing have no junction: their first corner becomes one
        for pass in [true, false] {
            for side in 0..sides.ends.len() {
                if build.is_traced[side] {
                    continue;
                }
                let mut ends = sides.ends[side].into_iter();
                let Some(start) = ends.find(|corner| !pass || sides.is_junction(lines, *corner)) else { continue };
                build.trace(start, side as u32, &length_m);
                let Some(edge) = build.network.edges.last_mut() else { continue };
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
        let Build { mut network, ends, .. } = build;
        network.join(junctions as usize);
        if !hindrances.turns.is_empty() {
            let mut at: BTreeMap<u32, Vec<&Turn>> = BTreeMap::new();
            let mut unplaced = 0;
            let corners: HashMap<(i64, i64), u32> =
                sides.forced.iter().map(|corner| (key(sides.places[*corner as usize].lonlat), *corner)).collect();
            for turn in hindrances.turns {
                let junction = corners.get(&key(turn.via)).map_or(u32::MAX, |corner| junction[*corner as usize]);
                match junction {
                    u32::MAX => unplaced += 1,
                    _ => at.entry(junction).or_default().push(turn),
                }
            }
            let line = |side: u32| lines[sides.line[side as usize] as usize].id;
            let ids: Vec<[u32; 2]> = ends.iter().map(|[a, b]| [line(*a), line(*b)]).collect();
            let first_line = |half: u32| ids[half as usize / 2][half as usize % 2];
            let last_line = |half: u32| ids[half as usize / 2][1 - half as usize % 2];
            let halves = network.edges.len() * 2;
            network.turns =
                Turns::new(network.junctions(), network.halves(), halves, &at, unplaced, first_line, last_line);
        }
        network
    }

    /// Components.
    fn join(&mut self, junctions: usize) {
        let mut above: Vec<u32> = (0..junctions as u32).collect();
        for edge in self.edges.iter().filter(|edge| !edge.is_closed()) {
            let (a, b) = (top(&mut above, edge.from), top(&mut above, edge.to));
            above[a.max(b) as usize] = a.min(b);
        }
        let mut number = vec![u32::MAX; junctions];
        self.component = (0..junctions as u32)
            .map(|at| {
                let top = top(&mut above, at) as usize;
                if number[top] == u32::MAX {
                    number[top] = self.components.len() as u32;
                    self.components.push(Component::default());
                }
                number[top]
            })
            .collect();
        for edge in self.edges.iter().filter(|edge| !edge.is_closed()) {
            let component = &mut self.components[self.component[edge.from as usize] as usize];
            component.edges += 1;
            component.length_m += edge.drawn_m();
            component.has_street |= edge.kind.is_street();
        }
        let mut above: Vec<u32> = (0..self.components.len() as u32).collect();
        for edge in self.edges.iter().filter(|edge| edge.is_closed()) {
            let ends = [edge.from, edge.to].map(|at| top(&mut above, self.component[at as usize]));
            above[ends[0].max(ends[1]) as usize] = ends[0].min(ends[1]);
        }
        let mut whole = vec![(0.0, false); self.components.len()];
        for edge in &self.edges {
            let (metres, has_street) = &mut whole[top(&mut above, self.component[edge.from as usize]) as usize];
            *metres += edge.drawn_m();
            *has_street |= edge.kind.is_street();
        }
        for at in 0..self.components.len() {
            self.components[at].with_closed = whole[top(&mut above, at as u32) as usize];
        }
    }

    /// Whether nothing can be judged by a part of the network: it is shorter than `min_component_m`, or it is made of platforms, squares and
    /// lifts alone; where `min_component_m` is nothing, nothing is an island.
    pub fn is_island(&self, component: u32) -> bool {
        let Component { length_m, has_street, .. } = self.components[component as usize];
        self.are_few(length_m, has_street)
    }

    /// Whether a part of the network is an island only because streets are closed.
    pub fn is_cut_off(&self, component: u32) -> bool {
        let (length_m, has_street) = self.components[component as usize].with_closed;
        self.is_island(component) && !self.are_few(length_m, has_street)
    }

    fn are_few(&self, length_m: f64, has_street: bool) -> bool {
        length_m < self.min_component_m || (!has_street && self.min_component_m > 0.0)
    }

    /// Says where stops of public transport lie.
    pub fn set_stops(&mut self, stops: impl Iterator<Item = LonLat>) {
        self.stops = stops.map(key).collect();
    }

    /// Whether a stop of public transport lies at the very place.
    pub fn is_stop(&self, at: LonLat) -> bool {
        !self.stops.is_empty() && self.stops.contains(&key(at))
    }

    /// Half edges that there is a way along, with the junctions at their tail and head.
    fn halves(&self) -> impl Iterator<Item = (u32, (u32, u32))> + Clone {
        (0u32..).zip(&self.edges).flat_map(|(at, edge)| {
            [(2 * at, (edge.from, edge.to)), (2 * at + 1, (edge.to, edge.from))]
                .into_iter()
                .filter(|(half, _)| edge.seconds[*half as usize % 2].is_finite())
        })
    }

    /// Every step there is: the state it starts from, the half edge, and the state that it leads to.
    pub fn steps(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        self.halves().flat_map(|(half, (tail, _))| {
            let head = self.head(half);
            std::iter::once(tail).chain(self.turns.tails(half).iter().copied()).map(move |tail| (tail, half, head))
        })
    }

    /// The state that a half edge leads to.
    pub fn head(&self, half: u32) -> u32 {
        if let Some(head) = self.turns.head(half) {
            return head;
        }
        let edge = &self.edges[half as usize / 2];
        if half.is_multiple_of(2) { edge.to } else { edge.from }
    }

    /// The states that a half edge may be taken from.
    pub fn tails(&self, half: u32) -> impl Iterator<Item = u32> {
        let edge = &self.edges[half as usize / 2];
        let tail = if half.is_multiple_of(2) { edge.from } else { edge.to };
        std::iter::once(tail).chain(self.turns.tails(half).iter().copied())
    }

    /// Number of junctions and ends.
    pub fn junctions(&self) -> usize {
        self.component.len()
    }

    /// Number of states: junctions, and junctions as come to along a half edge that not every way may be taken from.
    pub fn states(&self) -> usize {
        self.component.len() + self.turns.junction_of.len()
    }

    /// Turn restrictions that hold, and those that do not: their ways can not be used by this mode, or do not end where they meet.
    pub fn restrictions(&self) -> (u32, u32) {
        (self.turns.minded, self.turns.void)
    }

    /// The states of a junction, itself first.
    pub fn states_of(&self, junction: u32) -> impl Iterator<Item = u32> {
        let junctions = self.component.len() as u32;
        std::iter::once(junction).chain(self.turns.states_of(junction).map(move |state| junctions + state))
    }

    /// The junction of a state.
    pub fn junction(&self, state: u32) -> u32 {
        match (state as usize).checked_sub(self.component.len()) {
            None => state,
            Some(at) => self.turns.junction_of[at],
        }
    }

    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Corners of an edge, its ends included, from its first to its last.
    pub fn corners(&self, edge: u32) -> &[Corner] {
        &self.corners[self.range(edge)]
    }

    fn range(&self, edge: u32) -> std::ops::Range<usize> {
        let start = self.edges[edge as usize].first_corner as usize;
        start..self.edges.get(edge as usize + 1).map_or(self.corners.len(), |next| next.first_corner as usize)
    }

    /// The corners of an edge between two points so many metres along it, both points first and last, in the order given.
    pub fn between(&self, edge: u32, from_m: f64, to_m: f64) -> Vec<Place> {
        let corners = self.corners(edge);
        let point = |along_m: f64| {
            let next = corners.partition_point(|corner| corner.along_m < along_m).clamp(1, corners.len() - 1);
            let (a, b) = (&corners[next - 1], &corners[next]);
            let span = b.along_m - a.along_m;
            let share = if span > 0.0 { ((along_m - a.along_m) / span).clamp(0.0, 1.0) } else { 0.0 };
            match share {
                0.0 => a.place,
                1.0 => b.place,
                _ => a.place.towards(&b.place, share),
            }
        };
        let (low, high) = (from_m.min(to_m), from_m.max(to_m));
        let inner = corners.iter().filter(|corner| corner.along_m > low && corner.along_m < high);
        let mut places = vec![point(low)];
        places.extend(inner.map(|corner| corner.place));
        places.push(point(high));
        if from_m > to_m {
            places.reverse();
        }
        places
    }

    /// Seconds from the first corner of an edge to a point so many metres along it, and from its last corner back to it; infinite where
    /// there is no way.
    pub fn seconds_to(&self, edge: u32, along_m: f64) -> [f64; 2] {
        let whole = &self.edges[edge as usize];
        if self.along_s.is_empty() {
            let share = if whole.length_m > 0.0 { (along_m / whole.length_m).clamp(0.0, 1.0) } else { 0.0 };
            // no way is no way, at either end too
            let part = |seconds: f64, share: f64| if seconds.is_finite() { seconds * share } else { seconds };
            return [part(whole.seconds[0], share), part(whole.seconds[1], 1.0 - share)];
        }
        let range = self.range(edge);
        let corners = &self.corners[range.clone()];
        let next = corners.partition_point(|corner| corner.along_m < along_m).clamp(1, corners.len() - 1);
        let (a, b) = (&corners[next - 1], &corners[next]);
        let span = b.along_m - a.along_m;
        let share = if span > 0.0 { ((along_m - a.along_m) / span).clamp(0.0, 1.0) } else { 0.0 };
        let (a, b) = (self.along_s[range.start + next - 1], self.along_s[range.start + next]);
        let at = |way: usize| a[way] + share * (b[way] - a[way]);
        let part = |way: usize, value: f64| if whole.seconds[way].is_finite() { value } else { f64::INFINITY };
        [part(0, at(0)), part(1, whole.seconds[1] - at(1))]
    }

    /// The speed of an edge where the ground is flat, the faster way of the two; `None` where there is no way along it.
    pub fn flat_speed(&self, edge: u32) -> Option<KmPerHour> {
        let whole = &self.edges[edge as usize];
        let speeds = match self.flat.get(edge as usize) {
            Some(speeds) => speeds.map(|speed| speed.0),
            None => whole.seconds.map(|seconds| whole.length_m / seconds * 3.6),
        };
        let fastest = speeds.into_iter().filter(|speed| speed.is_finite()).fold(0.0, f64::max);
        (fastest > 0.0 && !whole.is_closed()).then_some(KmPerHour(fastest))
    }

    /// Whether speed changes along an edge.
    pub fn is_sloped(&self) -> bool {
        !self.along_s.is_empty()
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

    /// The highest speed of any stretch, or of the way to the street, kilometres an hour.
    pub fn top_speed(&self) -> KmPerHour {
        let fastest = self
            .edges
            .iter()
            .map(|edge| edge.length_m / edge.seconds[0].min(edge.seconds[1]) * 3.6)
            .filter(|speed| speed.is_finite())
            .fold(0.0, f64::max);
        KmPerHour(fastest.max(self.off_speed.0))
    }

    /// Length of the streets that are caught in one-way pockets, metres: one can not get from them to most of their part of the network,
    /// or not back.
    pub fn pocket_m(&self) -> f64 {
        let mut out: Vec<Vec<u32>> = vec![Vec::new(); self.junctions()];
        let mut back = out.clone();
        for (_, (tail, head)) in self.halves() {
            out[tail as usize].push(head);
            back[head as usize].push(tail);
        }
        // the hub of each component: its junction with the most ways in and out
        let mut hubs = vec![(0, u32::MAX); self.components.len()];
        for at in 0..self.junctions() {
            let hub = &mut hubs[self.component[at] as usize];
            let ways = out[at].len().min(back[at].len());
            if hub.1 == u32::MAX || ways > hub.0 {
                *hub = (ways, at as u32);
            }
        }
        let flood = |next: &[Vec<u32>]| {
            let mut is_seen = vec![false; self.junctions()];
            let mut open: Vec<u32> = hubs.iter().map(|(_, hub)| *hub).filter(|hub| *hub != u32::MAX).collect();
            open.iter().for_each(|at| is_seen[*at as usize] = true);
            while let Some(at) = open.pop() {
                for to in &next[at as usize] {
                    if !std::mem::replace(&mut is_seen[*to as usize], true) {
                        open.push(*to);
                    }
                }
            }
            is_seen
        };
        let (to, from) = (flood(&out), flood(&back));
        let is_in = |at: u32| to[at as usize] && from[at as usize];
        let open = self.edges.iter().filter(|edge| !edge.is_closed());
        let caught = open.filter(|edge| !is_in(edge.from) || !is_in(edge.to));
        caught.map(|edge| edge.length_m).sum()
    }
}

/// A network in the making.
struct Build<'b> {
    network: StreetNetwork,
    lines: &'b [Line],
    sides: &'b Sides,
    slope: Option<&'b Slope<'b>>,
    is_traced: Vec<bool>,
    /// First and last side of each edge.
    ends: Vec<[u32; 2]>,
}

impl Build<'_> {
    /// Follows the street from a corner along a side to the next junction, or back to where it started; the ends are corners so far.
    fn trace(&mut self, start: u32, side: u32, length_m: &impl Fn(LonLat, LonLat) -> f64) {
        let sides = self.sides;
        let first_corner = self.network.corners.len() as u32;
        let first_side = side;
        let (mut corner, mut side, mut along_m, mut seconds) = (start, side, 0.0, [0.0, 0.0]);
        let way = sides.way_from(self.lines, side, corner);
        self.network.corners.push(Corner { place: sides.places[corner as usize], along_m });
        if self.slope.is_some() {
            self.network.along_s.push(seconds);
        }
        let mut rolling_s = [0.0, 0.0];
        loop {
            self.is_traced[side as usize] = true;
            let next = sides.other(side, corner);
            let ends = [sides.places[corner as usize].lonlat, sides.places[next as usize].lonlat];
            let length = length_m(ends[0], ends[1]);
            along_m += length;
            if let Some(slope) = self.slope {
                let factors = factors(slope, ends, length, way.is_level);
                for at in 0..2 {
                    rolling_s[at] += if length > 0.0 { way.speed[at].seconds(length) * factors[at] } else { 0.0 };
                }
                self.network.along_s.push(rolling_s);
            }
            self.network.corners.push(Corner { place: sides.places[next as usize], along_m });
            corner = next;
            let onward = match sides.sides(corner) {
                [a, b] if corner != start && !sides.is_junction(self.lines, corner) => {
                    [*a, *b].into_iter().find(|side| !self.is_traced[*side as usize])
                }
                _ => None,
            };
            match onward {
                Some(onward) => side = onward,
                None => break,
            }
        }
        for at in 0..2 {
            seconds[at] = match (way.speed[at].0 > 0.0, self.slope) {
                (false, _) => f64::INFINITY,
                (true, None) => way.speed[at].seconds(along_m),
                (true, Some(_)) => rolling_s[at],
            };
        }
        if self.slope.is_some() {
            self.network.flat.push(way.speed);
        }
        let Way { is_through, kind, .. } = way;
        let edge = Edge { from: start, to: corner, length_m: along_m, seconds, is_through, kind, first_corner };
        self.network.edges.push(edge);
        self.ends.push([first_side, side]);
    }
}

/// How many times longer a side takes for its slope, along it and against it; 1 where the height is not known.
fn factors(slope: &Slope<'_>, ends: [LonLat; 2], length_m: f64, is_level: bool) -> [f64; 2] {
    let [Some(a), Some(b)] = ends.map(|at| (slope.height)(at)) else { return [1.0, 1.0] };
    if is_level || length_m <= 0.0 {
        return [1.0, 1.0];
    }
    let rise = (b - a) / length_m;
    [(slope.factor)(rise), (slope.factor)(-rise)]
}
