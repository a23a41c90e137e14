//! Areas that people walk on: squares, platforms. One walks along their outlines and straight over them, round what bars.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use crate::base::plane::Rect;
use crate::model::boxes::BoxTree;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::sight;
use crate::model::sight::Node;
use crate::model::sight::Role;
use crate::model::sight::Walls;
use crate::model::steps::steps;
use crate::model::streets::Kind;
use crate::model::streets::Line;
use crate::model::streets::Way;
use crate::model::streets::key;

/// Areas wider than this, as a square of the same area and outline is, get places along their rings and inside that are no farther apart.
pub const STEP_M: f64 = 25.0;

/// Two such places are joined when they are no farther apart than this many steps: two along and one across.
const NEAR_STEPS: f64 = 2.25;

/// Along lines over an area that are longer than this many steps nobody gets on or off.
const LONG_STEPS: f64 = 1.6;

/// An area with more corners is walked along its outline only.
pub const MOST_CORNERS: usize = 500;

/// An area with more entries and corners to go round is walked along its outline only.
pub const MOST_NODES: usize = 200;

/// Two lines that cross nearer than this to a corner of one of them meet there, metres.
const AT_CORNER_M: f64 = 1e-3;

/// How far what shares a corner with a barrier is moved from it, so that it does not end there: degrees, a third of a millimetre.
const PAST_BARRIER: f64 = 3e-9;

/// Where something lies above or below the ground, as far as it is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Floor {
    /// Empty for the ground.
    pub layer: String,
    /// Floors of a building that it leads to; none is the ground's.
    pub levels: Vec<String>,
}

impl Floor {
    /// Whether lines of both meet where one is seen to run into the other.
    fn meets(&self, other: &Floor) -> bool {
        let on = |floor: &Floor, level: &str| match floor.levels.as_slice() {
            [] => level == "0",
            levels => levels.iter().any(|own| own == level),
        };
        self.layer == other.layer
            && match self.levels.as_slice() {
                [] => on(other, "0"),
                levels => levels.iter().any(|level| on(other, level)),
            }
    }
}

/// An area as it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// The outline, then what is cut out; the last corner of each is its first.
    pub rings: Vec<Vec<Place>>,
    pub way: Way,
    pub id: u32,
    /// `None` for one that lines meet in shared corners only: on a bridge, in a tunnel.
    pub floor: Option<Floor>,
}

/// Why an area is walked along its outline only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutlineOnly {
    /// Its rings cross themselves or each other.
    CrossesItself,
    /// More than [`MOST_CORNERS`], or more than [`MOST_NODES`] of them to be joined.
    ManyCorners,
}

/// What became of the areas.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Crossed {
    /// Areas that are crossed straight.
    pub areas: u64,
    /// Lines over them.
    pub lines: u64,
    /// Those that are not crossed: the id and why.
    pub outline_only: Vec<(u32, OutlineOnly)>,
}

/// Two corners of a ring in either order, by their keys.
pub(super) type SideKey = [(i64, i64); 2];

pub(super) fn side_key(a: &Place, b: &Place) -> SideKey {
    let (a, b) = (key(a.lonlat), key(b.lonlat));
    if a <= b { [a, b] } else { [b, a] }
}

/// Adds to the lines the outlines of areas and the lines straight over them.
///
/// Lines and areas meet in shared corners. Where a line of the same floor runs over an outline without one, both get a corner there; corners of
/// such lines inside an area are entries as well. `floors` are those of the lines, `None` for lines that meet areas in shared corners only.
/// At a barrier one does not come in, but one walks past it.
///
/// Entries, and the corners that one goes round, are joined wherever they see each other within the area. Areas wider than [`STEP_M`] have
/// besides places along their rings and in a grid inside, for those who live or wait there. Areas that share a side, or lie over each other, and
/// are used alike are crossed as one. The way over an area is as its `way` says, the same both ways.
pub fn cross(lines: &mut Vec<Line>, floors: &[Option<Floor>], areas: Vec<Area>, barriers: &[LonLat]) -> Crossed {
    let mut crossed = Crossed::default();
    if areas.is_empty() {
        return crossed;
    }
    let mut areas = areas;
    for area in &mut areas {
        area.rings.retain(|ring| ring.len() >= 4);
    }
    areas.retain(|area| !area.rings.is_empty());
    for area in areas.iter_mut().filter(|area| count(area) > MOST_CORNERS) {
        area.floor = None;
    }
    let tree = BoxTree::new(&areas.iter().map(rect).collect::<Vec<_>>());
    let lie_over = meet(lines, floors, &mut areas, &tree);
    let barriers: BTreeSet<(i64, i64)> = barriers.iter().map(|at| key(*at)).collect();
    let entries = entries(lines, &areas, &barriers);
    let inner = inner(lines, floors, &areas, &tree, &barriers);
    if !barriers.is_empty() {
        for place in areas.iter_mut().flat_map(|area| area.rings.iter_mut().flatten()) {
            if barriers.contains(&key(place.lonlat)) {
                place.lonlat.lon += PAST_BARRIER;
            }
        }
    }
    let mut added: Vec<Line> = Vec::new();
    for group in groups(&areas, &lie_over, &mut crossed) {
        added.extend(over(&group, &mut areas, &entries, &inner, &mut crossed));
    }
    for area in areas {
        lines.extend(area.rings.into_iter().map(|corners| Line { corners, way: area.way, id: area.id }));
    }
    crossed.lines = added.len() as u64;
    lines.append(&mut added);
    crossed
}

/// Corners of all rings.
fn count(area: &Area) -> usize {
    area.rings.iter().map(|ring| ring.len() - 1).sum()
}

fn rect(area: &Area) -> Rect {
    Rect::of(&area.rings.iter().flatten().map(|place| place.xy.array()).collect::<Vec<_>>()).grown(AT_CORNER_M)
}

/// A corner to be put into a side: the polyline, the side, how far along it, and the place.
type Cut = (usize, usize, f64, Place);

/// Gives lines and outlines a corner where they run over each other without one. The pairs of areas whose outlines do.
fn meet(lines: &mut [Line], floors: &[Option<Floor>], areas: &mut [Area], tree: &BoxTree) -> Vec<[usize; 2]> {
    // rings by number, and the first of each area
    let mut first = vec![0usize];
    areas.iter().for_each(|area| first.push(first[first.len() - 1] + area.rings.len()));
    let (mut line_cuts, mut ring_cuts): (Vec<Cut>, Vec<Cut>) = (Vec::new(), Vec::new());
    let mut look = |ends: [&Place; 2], floor: &Floor, from: usize, take: &mut dyn FnMut(usize, f64, Place)| {
        let around = Rect::of(&ends.map(|end| end.xy.array()));
        let mut near = Vec::new();
        tree.meeting(&around, |at| near.push(at as usize));
        near.sort_unstable();
        // of two areas that share the side it is one corner
        let mut made: Vec<Place> = Vec::new();
        for at in near.into_iter().filter(|at| *at >= from) {
            let area = &areas[at];
            if !area.floor.as_ref().is_some_and(|own| own.meets(floor)) {
                continue;
            }
            for (nth, ring) in area.rings.iter().enumerate() {
                for (side, other) in ring.windows(2).enumerate() {
                    if !Rect::of(&[other[0].xy.array(), other[1].xy.array()]).meets(&around) {
                        continue;
                    }
                    let Some([s, t]) = sight::crossing([ends[0].xy, ends[1].xy], [other[0].xy, other[1].xy]) else {
                        continue;
                    };
                    let corner = |share: f64, [a, b]: [&Place; 2]| {
                        let length = a.xy.distance_m(b.xy);
                        if share * length <= AT_CORNER_M {
                            Some(*a)
                        } else {
                            ((1.0 - share) * length <= AT_CORNER_M).then_some(*b)
                        }
                    };
                    match (corner(s, ends), corner(t, [&other[0], &other[1]])) {
                        (Some(_), Some(_)) => {}
                        (Some(ours), None) => ring_cuts.push((first[at] + nth, side, t, ours)),
                        (None, Some(theirs)) => take(at, s, theirs),
                        (None, None) => {
                            let place = ends[0].towards(ends[1], s);
                            let same = made.iter().find(|one| one.xy.distance_m(place.xy) <= AT_CORNER_M).copied();
                            let place = same.unwrap_or(place);
                            made.push(place);
                            take(at, s, place);
                            ring_cuts.push((first[at] + nth, side, t, place));
                        }
                    }
                }
            }
        }
    };
    for (nth, (line, floor)) in lines.iter().zip(floors).enumerate() {
        let Some(floor) = floor else { continue };
        for (side, ends) in line.corners.windows(2).enumerate() {
            look([&ends[0], &ends[1]], floor, 0, &mut |_, share, place| line_cuts.push((nth, side, share, place)));
        }
    }
    let (mut own_cuts, mut lie_over): (Vec<Cut>, Vec<[usize; 2]>) = (Vec::new(), Vec::new());
    for (at, area) in areas.iter().enumerate() {
        let Some(floor) = &area.floor else { continue };
        for (nth, ring) in area.rings.iter().enumerate() {
            for (side, ends) in ring.windows(2).enumerate() {
                let mut take = |other, share, place| {
                    own_cuts.push((first[at] + nth, side, share, place));
                    lie_over.push([at, other]);
                };
                look([&ends[0], &ends[1]], floor, at + 1, &mut take);
            }
        }
    }
    ring_cuts.append(&mut own_cuts);
    let sorted = |mut cuts: Vec<Cut>| {
        cuts.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        cuts
    };
    // from the last on, so that what is before keeps its number
    for (line, side, _, place) in sorted(line_cuts).into_iter().rev() {
        lines[line].corners.insert(side + 1, place);
    }
    let mut rings: Vec<&mut Vec<Place>> = areas.iter_mut().flat_map(|area| &mut area.rings).collect();
    for (ring, side, _, place) in sorted(ring_cuts).into_iter().rev() {
        rings[ring].insert(side + 1, place);
    }
    lie_over
}

/// Corners of rings in which a line or another area meets them.
fn entries(lines: &[Line], areas: &[Area], barriers: &BTreeSet<(i64, i64)>) -> BTreeSet<(i64, i64)> {
    let mut of: HashMap<(i64, i64), u32> = HashMap::new();
    let mut met = BTreeSet::new();
    for (at, area) in (0u32..).zip(areas) {
        for place in area.rings.iter().flatten() {
            let key = key(place.lonlat);
            if *of.entry(key).or_insert(at) != at {
                met.insert(key);
            }
        }
    }
    for place in lines.iter().flat_map(|line| &line.corners) {
        let key = key(place.lonlat);
        if of.contains_key(&key) && !barriers.contains(&key) {
            met.insert(key);
        }
    }
    met
}

/// Corners of lines, and of other areas, inside each area.
fn inner(
    lines: &[Line],
    floors: &[Option<Floor>],
    areas: &[Area],
    tree: &BoxTree,
    barriers: &BTreeSet<(i64, i64)>,
) -> Vec<Vec<Place>> {
    let walls: Vec<Walls> = areas.iter().map(drawn).collect();
    let mut inside: Vec<Vec<Place>> = vec![Vec::new(); areas.len()];
    let mut known: Vec<BTreeSet<(i64, i64)>> = vec![BTreeSet::new(); areas.len()];
    let mut look = |place: &Place, floor: &Floor, but: Option<usize>| {
        let mut near = Vec::new();
        tree.meeting(&Rect::of(&[place.xy.array()]), |at| near.push(at as usize));
        for at in near.into_iter().filter(|at| Some(*at) != but) {
            let meets = areas[at].floor.as_ref().is_some_and(|own| own.meets(floor));
            let key = key(place.lonlat);
            if meets && !barriers.contains(&key) && walls[at].hold(place.xy) && known[at].insert(key) {
                inside[at].push(*place);
            }
        }
    };
    for (line, floor) in lines.iter().zip(floors) {
        let Some(floor) = floor else { continue };
        line.corners.iter().for_each(|place| look(place, floor, None));
    }
    for (at, area) in areas.iter().enumerate() {
        let Some(floor) = &area.floor else { continue };
        area.rings.iter().flatten().for_each(|place| look(place, floor, Some(at)));
    }
    inside
}

/// Areas that are crossed as one: those that share a side, or lie over each other, and are used alike. Those that can not be crossed are told
/// and left out.
fn groups(areas: &[Area], lie_over: &[[usize; 2]], crossed: &mut Crossed) -> Vec<Vec<usize>> {
    let mut above: Vec<usize> = (0..areas.len()).collect();
    let top = |above: &[usize], mut at: usize| {
        while above[at] != at {
            at = above[at];
        }
        at
    };
    let mut is_whole = vec![true; areas.len()];
    for (at, area) in areas.iter().enumerate() {
        let why = if count(area) > MOST_CORNERS {
            OutlineOnly::ManyCorners
        } else if drawn(area).cross_each_other() {
            OutlineOnly::CrossesItself
        } else {
            continue;
        };
        is_whole[at] = false;
        crossed.outline_only.push((area.id, why));
    }
    let mut sides: HashMap<SideKey, usize> = HashMap::new();
    let mut pairs: Vec<[usize; 2]> = Vec::new();
    for (at, area) in areas.iter().enumerate().filter(|(at, _)| is_whole[*at]) {
        for ends in area.rings.iter().flat_map(|ring| ring.windows(2)) {
            pairs.push([at, *sides.entry(side_key(&ends[0], &ends[1])).or_insert(at)]);
        }
    }
    pairs.extend(lie_over.iter().filter(|pair| pair.iter().all(|at| is_whole[*at])));
    for [at, other] in pairs.into_iter().filter(|[at, other]| areas[*at].way == areas[*other].way) {
        let (a, b) = (top(&above, at), top(&above, other));
        above[a.max(b)] = a.min(b);
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in (0..areas.len()).filter(|at| is_whole[*at]) {
        groups.entry(top(&above, at)).or_default().push(at);
    }
    let corners = |group: &[usize]| group.iter().map(|at| count(&areas[*at])).sum::<usize>();
    let is_small = |group: &Vec<usize>| group.len() == 1 || corners(group) <= MOST_CORNERS;
    let apart = |group: Vec<usize>| group.into_iter().map(|at| vec![at]).collect();
    groups.into_values().flat_map(|group| if is_small(&group) { vec![group] } else { apart(group) }).collect()
}

/// The lines over areas that are crossed as one. Their rings get the places along them.
fn over(
    group: &[usize],
    areas: &mut [Area],
    entries: &BTreeSet<(i64, i64)>,
    inner: &[Vec<Place>],
    crossed: &mut Crossed,
) -> Vec<Line> {
    let mut nodes = corners(group, areas, entries);
    let known: BTreeSet<(i64, i64)> = nodes.iter().map(|node| key(node.place.lonlat)).collect();
    let within = group.iter().flat_map(|at| &inner[*at]).filter(|place| !known.contains(&key(place.lonlat)));
    let within: BTreeMap<(i64, i64), Place> = within.map(|place| (key(place.lonlat), *place)).collect();
    nodes.extend(within.into_values().map(|place| Node { place, role: Role::Entry }));
    if nodes.len() > MOST_NODES {
        if group.len() > 1 {
            return group.iter().flat_map(|at| over(&[*at], areas, entries, inner, crossed)).collect();
        }
        crossed.outline_only.extend(group.iter().map(|at| (areas[*at].id, OutlineOnly::ManyCorners)));
        return Vec::new();
    }
    crossed.areas += group.len() as u64;
    let sides = walls(group, areas);
    let walls = Walls::new(sides.iter().map(|ends| ends.map(|end| end.xy)).collect());
    let square_m2 = area_m2(&sides);
    let width_m = 4.0 * square_m2 / walls.length_m().max(f64::MIN_POSITIVE);
    let mut step_m = STEP_M;
    let is_node: BTreeSet<(i64, i64)> = nodes.iter().map(|node| key(node.place.lonlat)).collect();
    while width_m > step_m {
        // never more than a few times as many as there may be
        let most = walls.length_m() / step_m + square_m2 / (step_m * step_m);
        let steps = (most <= 4.0 * MOST_NODES as f64).then(|| steps(group, areas, &is_node, &walls, &sides, step_m));
        match steps.filter(|steps| nodes.len() + steps.count() <= MOST_NODES) {
            Some(steps) => {
                nodes.extend(steps.put(areas));
                break;
            }
            None => step_m *= 2.0,
        }
    }
    let way = areas[group[0]].way;
    let id = areas[group[0]].id;
    let line = |[a, b]: [usize; 2]| {
        let corners = vec![nodes[a].place, nodes[b].place];
        let is_long = corners[0].xy.distance_m(corners[1].xy) > LONG_STEPS * step_m;
        Line { corners, way: Way { kind: Kind::Across, is_through: way.is_through || is_long, ..way }, id }
    };
    sight::pairs(&walls, &nodes, NEAR_STEPS * step_m).into_iter().map(line).collect()
}

/// Twice the signed area of a ring, positive where it runs counter-clockwise.
fn twice_area(ring: &[Place]) -> f64 {
    let from = ring[0].xy;
    ring.windows(2)
        .map(|ends| {
            (ends[0].xy.x - from.x) * (ends[1].xy.y - from.y) - (ends[1].xy.x - from.x) * (ends[0].xy.y - from.y)
        })
        .sum()
}

/// Square metres in the plane of what lies to the left of sides all round.
fn area_m2(sides: &[[Place; 2]]) -> f64 {
    let Some(from) = sides.first().map(|[a, _]| a.xy) else { return 0.0 };
    let twice = |[a, b]: &[Place; 2]| (a.xy.x - from.x) * (b.xy.y - from.y) - (b.xy.x - from.x) * (a.xy.y - from.y);
    sides.iter().map(twice).sum::<f64>() / 2.0
}

/// The sides of areas that are crossed as one, with what is free to their left, but those that two of them share and those that lie in another.
fn walls(group: &[usize], areas: &[Area]) -> Vec<[Place; 2]> {
    let mut of: HashMap<SideKey, Option<usize>> = HashMap::new();
    let mut sides: Vec<(usize, [Place; 2])> = Vec::new();
    for at in group {
        for (nth, ring) in areas[*at].rings.iter().enumerate() {
            // a hole runs the other way round than an outline
            let is_left = (twice_area(ring) > 0.0) == (nth == 0);
            for ends in ring.windows(2) {
                let owner = of.entry(side_key(&ends[0], &ends[1])).or_insert(Some(*at));
                if *owner != Some(*at) {
                    *owner = None;
                }
                sides.push((*at, if is_left { [ends[0], ends[1]] } else { [ends[1], ends[0]] }));
            }
        }
    }
    sides.retain(|(_, [a, b])| of.get(&side_key(a, b)).is_some_and(Option::is_some));
    if group.len() > 1 {
        let all: Vec<(usize, Walls)> = group.iter().map(|at| (*at, drawn(&areas[*at]))).collect();
        sides.retain(|(at, [a, b])| {
            let middle = a.towards(b, 0.5).xy;
            !all.iter().any(|(other, walls)| other != at && walls.hold(middle))
        });
    }
    sides.into_iter().map(|(_, ends)| ends).collect()
}

/// All sides of an area.
fn drawn(area: &Area) -> Walls {
    Walls::new(area.rings.iter().flat_map(|ring| ring.windows(2)).map(|ends| [ends[0].xy, ends[1].xy]).collect())
}

/// Entries on the rings, and the corners that one goes round, in the order of the rings.
fn corners(group: &[usize], areas: &[Area], entries: &BTreeSet<(i64, i64)>) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut known: BTreeMap<(i64, i64), usize> = BTreeMap::new();
    for area in group.iter().map(|at| &areas[*at]) {
        for (nth, ring) in area.rings.iter().enumerate() {
            // what is free lies to the left of an outline that runs counter-clockwise, and of a hole that runs clockwise
            let is_left = (twice_area(ring) > 0.0) == (nth == 0);
            let count = ring.len() - 1;
            for at in 0..count {
                let [before, here, after] = [ring[(at + count - 1) % count], ring[at], ring[at + 1]].map(|one| one.xy);
                let turn = (here.x - before.x) * (after.y - here.y) - (here.y - before.y) * (after.x - here.x);
                let is_turn = if is_left { turn < -1e-9 } else { turn > 1e-9 };
                let key = key(ring[at].lonlat);
                let role = match entries.contains(&key) {
                    true => Role::Entry,
                    false if is_turn => Role::Turn([before, after]),
                    false => continue,
                };
                match known.get(&key) {
                    // rings that touch: one comes past on either side
                    Some(other) => nodes[*other].role = Role::Entry,
                    None => {
                        known.insert(key, nodes.len());
                        nodes.push(Node { place: ring[at], role });
                    }
                }
            }
        }
    }
    nodes
}
