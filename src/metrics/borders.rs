//! Which regions touch, and how long the border is that they share.

use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPolygon;
use rayon::prelude::*;

use crate::base::plane::Rect;
use crate::base::plane::distance;
use crate::base::plane::distance_to_segment;
use crate::base::plane::side;
use crate::base::same::SAME;
use crate::base::same::is_within;
use crate::base::units::Metres;
use crate::model::boxes::BoxTree;
use crate::model::distortion::Distortion;
use crate::model::locate::Bands;
use crate::model::locate::holds_by_scan;
use crate::model::rings::Rings;

/// Two regions whose closed polygons lie within the tolerance of each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contact {
    /// The lower of the two indices.
    pub a: u32,
    pub b: u32,
    /// L: half of the boundary of `a` within the tolerance of `b` plus half of that of `b` within the tolerance of `a`.
    ///
    /// A border of length l measures l + 2 tolerances where its two ends are right-angled corners, a touching corner 2 tolerances.
    pub within_m: f64,
    /// The border they share: L less what each of its pieces measures beyond its ends. 0 for places where they touch, however many; all of
    /// L for a closed border, which has no ends.
    pub shared_m: f64,
}

/// All pairs of `shapes` whose closed polygons lie within `tolerance` of each other, sorted by (`a`, `b`).
///
/// See [`Borders::contacts`]; build a [`Borders`] to ask more than once.
pub fn contacts(shapes: &[MultiPolygon<f64>], tolerance: Metres) -> Vec<Contact> {
    Borders::new(shapes).contacts(tolerance)
}

/// The boundaries of many regions, ready for questions about pairs of them.
///
/// Plane coordinates in metres; never degrees. Each shape should be valid by itself (rings that do not cross
/// themselves); shapes may overlap, leave gaps and meet in T-junctions.
#[derive(Debug, Clone)]
pub struct Borders {
    rings: Rings,
    region_of_ring: Vec<u32>,
    /// Pieces of ring whose every edge has the same twin.
    pieces: Vec<Piece>,
    /// First piece of each ring, and the number of pieces.
    pieces_of_ring: Vec<u32>,
    piece_tree: BoxTree,
    piece_rects: Vec<Rect>,
    parts: BoxTree,
    region_of_part: Vec<u32>,
    part_rects: Vec<Rect>,
    distortion: Option<Distortion>,
}

/// Edges `first..end` of one ring, by their first vertices.
#[derive(Debug, Clone, Copy)]
struct Piece {
    first: u32,
    end: u32,
    region: u32,
    /// A region that has every one of these edges too, or [`NO_TWIN`].
    twin: u32,
}

const NO_TWIN: u32 = u32::MAX;
/// Edges of a piece at most: long enough for a small tree, short enough for tight boxes.
const PIECE: usize = 16;
/// One edge in so many is looked up among all; its neighbours in the ring then follow by comparing vertices.
const SAMPLE: u64 = 8;

/// A stretch of a ring from one place to another, each an edge and a share of it; from (k, 0) to (k, 1) is edge k.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    from: (u32, f64),
    to: (u32, f64),
}

/// The stretches of one ring that lie within the tolerance of the boundary of one other region, in ring order.
#[derive(Debug, Clone)]
struct Near {
    region: u32,
    stretches: Vec<Stretch>,
    length: f64,
}

/// A stretch of a ring of one region that keeps clear of the boundary of another: it is inside of it or outside.
#[derive(Debug, Clone, Copy)]
struct Clear {
    ring: u32,
    other: u32,
    stretch: Stretch,
    /// A place on the stretch, not at its ends.
    at: [f64; 2],
}

/// What of one ring lies within the tolerance of one other region.
struct Side {
    ring: u32,
    other: u32,
    /// In ring order, but for one over the ring's first vertex, which is the last.
    stretches: Vec<Stretch>,
    length: f64,
}

impl Borders {
    /// The boundaries of `shapes`; region `k` is the `k`-th of them.
    pub fn new<'s>(shapes: impl IntoIterator<Item = &'s MultiPolygon<f64>>) -> Borders {
        Borders::of_rings(Rings::of(shapes))
    }

    /// The boundaries of regions that are flat already.
    pub fn of_rings(rings: Rings) -> Borders {
        let mut region_of_ring = Vec::with_capacity(rings.ring_count());
        for region in 0..rings.region_count() {
            region_of_ring.resize(rings.rings_of_region(region).end, region as u32);
        }
        let twins = twins(&rings, &region_of_ring);
        let mut pieces: Vec<Piece> = Vec::with_capacity(rings.vertex_count() / (PIECE / 2));
        let mut pieces_of_ring = Vec::with_capacity(rings.ring_count() + 1);
        for (ring, &region) in region_of_ring.iter().enumerate() {
            pieces_of_ring.push(pieces.len() as u32);
            let edges = rings.ring(ring).start..rings.ring(ring).end - 1;
            let mut first = edges.start;
            for k in edges.clone() {
                if k + 1 == edges.end || k + 1 - first == PIECE || twins[k + 1] != twins[first] {
                    pieces.push(Piece { first: first as u32, end: k as u32 + 1, region, twin: twins[first] });
                    first = k + 1;
                }
            }
        }
        pieces_of_ring.push(pieces.len() as u32);
        let rect_of = |piece: &Piece| Rect::of(&rings.coords()[piece.first as usize..=piece.end as usize]);
        let piece_rects: Vec<Rect> = pieces.par_iter().with_min_len(1024).map(rect_of).collect();
        let part_rects: Vec<Rect> = (0..rings.part_count()).map(|part| rings.part_rect(part)).collect();
        Borders {
            piece_tree: BoxTree::new(&piece_rects),
            parts: BoxTree::new(&part_rects),
            region_of_part: rings.region_of_parts(),
            region_of_ring,
            pieces,
            pieces_of_ring,
            piece_rects,
            part_rects,
            rings,
            distortion: None,
        }
    }

    /// The same, with lengths as they are on the ground: where no plane fits the study. The tolerance stays one of the plane.
    pub fn on_ground(mut self, distortion: Option<Distortion>) -> Borders {
        self.distortion = distortion;
        self
    }

    fn distance(&self, from: [f64; 2], to: [f64; 2]) -> f64 {
        self.distortion.as_ref().map_or_else(|| distance(from, to), |distortion| distortion.length_m(from, to))
    }

    /// All pairs whose closed polygons lie within `tolerance` of each other (the limit included), sorted by (`a`, `b`).
    ///
    /// The boundary of a region counts as within the tolerance of another where it is that near to its boundary, and
    /// where it lies inside of it (regions that overlap, or one inside the other). With tolerance 0 only what coincides
    /// exactly counts: equal edges, parts of edges on one line, single points. A gap as wide as a rounding error then
    /// parts two neighbours; use a tolerance for data that was not made as a coverage.
    ///
    /// Of clean coverages the cost grows with the number of vertices; only where borders lie denser than the tolerance
    /// every edge meets many.
    pub fn contacts(&self, tolerance: Metres) -> Vec<Contact> {
        let tolerance = clean(tolerance);
        let found: Vec<(Vec<Side>, Vec<Clear>)> = (0..self.rings.region_count())
            .into_par_iter()
            .map(|region| {
                let (mut sides, mut clear) = (Vec::new(), Vec::new());
                for ring in self.rings.rings_of_region(region) {
                    let near = self.near(ring, tolerance, None);
                    self.clear(ring, &near, None, &mut clear);
                    sides.extend(near.into_iter().map(|Near { region, stretches, length }| Side {
                        ring: ring as u32,
                        other: region,
                        stretches,
                        length,
                    }));
                }
                (sides, clear)
            })
            .collect();
        let inside = self.inside(found.iter().flat_map(|(_, clear)| clear));
        let (sides, clear): (Vec<Vec<Side>>, Vec<Vec<Clear>>) = found.into_iter().unzip();
        let mut sides: Vec<Side> = sides.into_iter().flatten().collect();
        for (clear, _) in clear.into_iter().flatten().zip(inside).filter(|(_, inside)| *inside) {
            sides.push(Side {
                ring: clear.ring,
                other: clear.other,
                stretches: vec![clear.stretch],
                length: self.length(clear.ring, clear.stretch),
            });
        }
        sides.sort_by_key(|side| (side.ring, side.other));
        let sides: Vec<Side> = sides
            .chunk_by_mut(|x, y| (x.ring, x.other) == (y.ring, y.other))
            .map(|alike| Side {
                ring: alike[0].ring,
                other: alike[0].other,
                stretches: alike.iter_mut().flat_map(|side| std::mem::take(&mut side.stretches)).collect(),
                length: alike.iter().map(|side| side.length).sum(),
            })
            .collect();
        let mut halves: Vec<(u32, u32, f64, f64)> = sides
            .into_par_iter()
            .map(|side| {
                let own = self.region_of_ring[side.ring as usize];
                let shared = (side.length - self.beyond(&side, tolerance)).max(0.0);
                (own.min(side.other), own.max(side.other), side.length, shared)
            })
            .collect();
        halves.sort_by_key(|half| (half.0, half.1));
        halves
            .chunk_by(|x, y| (x.0, x.1) == (y.0, y.1))
            .map(|pair| {
                let half = |length: fn(&(u32, u32, f64, f64)) -> f64| 0.5 * pair.iter().map(length).sum::<f64>();
                let (within_m, shared_m) = (half(|half| half.2), half(|half| half.3));
                Contact { a: pair[0].0, b: pair[0].1, within_m, shared_m }
            })
            .collect()
    }

    /// What the pieces of a side measure beyond the ends of the border: from where the two outlines part to where they are the tolerance
    /// apart. Nothing for a whole ring, which has no ends.
    fn beyond(&self, side: &Side, tolerance: f64) -> f64 {
        if tolerance == 0.0 {
            return 0.0;
        }
        let ring = side.ring as usize;
        let edges = self.rings.ring(ring);
        let after = |edge: u32| if edge as usize + 2 == edges.end { edges.start as u32 } else { edge + 1 };
        let meets = |end: (u32, f64), start: (u32, f64)| {
            end == start || (end.1 == 1.0 && start.1 == 0.0 && after(end.0) == start.0)
        };
        let mut stretches = side.stretches.clone();
        stretches.sort_by(|x, y| x.from.0.cmp(&y.from.0).then(x.from.1.total_cmp(&y.from.1)));
        let mut pieces: Vec<Stretch> = Vec::new();
        for stretch in stretches {
            match pieces.last_mut() {
                Some(last) if meets(last.to, stretch.from) => last.to = stretch.to,
                _ => pieces.push(stretch),
            }
        }
        if let [first, .., last] = pieces[..]
            && meets(last.to, first.from)
        {
            pieces.pop();
            pieces[0].from = last.from;
        }
        let beyond = |piece: &Stretch| {
            if meets(piece.to, piece.from) {
                return 0.0;
            }
            let mut way = self.walk(ring, *piece);
            let length: f64 = way.windows(2).map(|step| self.distance(step[0], step[1])).sum();
            let start = self.parting(&way, side.other, tolerance);
            way.reverse();
            (start + self.parting(&way, side.other, tolerance)).min(length)
        };
        pieces.iter().map(beyond).sum()
    }

    /// How far it is from the start of a piece, at which the outlines are the tolerance apart, to where they come together: the first place at
    /// which they are nearer to each other than before and after, and at most halfway between the tolerance and touching; of outlines that
    /// are farther apart all along, halfway between the tolerance and the nearest that they come.
    fn parting(&self, way: &[[f64; 2]], other: u32, tolerance: f64) -> f64 {
        let first = |most: f64| {
            let mut walked = 0.0;
            way.windows(2).find_map(|step| {
                let length = self.distance(step[0], step[1]);
                let found = self.together(step[0], step[1], other, most).map(|share| walked + share * length);
                walked += length;
                found
            })
        };
        let nearest = || {
            let along = way.windows(2).flat_map(|step| self.near_edges(step[0], step[1], other, tolerance));
            along.map(|(_, _, away)| away).fold(tolerance, f64::min)
        };
        first(tolerance / 2.0).or_else(|| first((tolerance + nearest()) / 2.0)).unwrap_or(tolerance)
    }

    /// The first place on the way from `a` to `b`, as a share of it, where the boundary of a region is at most so far and nearer than before
    /// and after; not `b` itself.
    fn together(&self, a: [f64; 2], b: [f64; 2], region: u32, most: f64) -> Option<f64> {
        let coords = self.rings.coords();
        let mut near = self.near_edges(a, b, region, most);
        near.sort_by(|x, y| x.1.total_cmp(&y.1).then(x.0.cmp(&y.0)));
        let is_nearest = |share: f64, away: f64| {
            let here = [0, 1].map(|axis| a[axis] + (b[axis] - a[axis]) * share);
            near.iter().all(|(f, ..)| distance_to_segment(here, coords[*f], coords[*f + 1]) >= away - SAME)
        };
        let found =
            near.iter().find(|(_, share, away)| *share < 1.0 && is_within(*away, most) && is_nearest(*share, *away));
        found.map(|(_, share, _)| *share)
    }

    /// The edges of a region that may be within a distance of the way from `a` to `b`, each with the first share of the way at which it is
    /// nearest, and how far it is there.
    fn near_edges(&self, a: [f64; 2], b: [f64; 2], region: u32, most: f64) -> Vec<(usize, f64, f64)> {
        let reach = Rect::of([&a, &b]).grown(most + SAME);
        let coords = self.rings.coords();
        let mut near = Vec::new();
        self.piece_tree.meeting(&reach, |at| {
            let piece = self.pieces[at as usize];
            if piece.region != region {
                return;
            }
            for f in piece.first as usize..piece.end as usize {
                if Rect::of([&coords[f], &coords[f + 1]]).meets(&reach) {
                    let (share, away) = approach(a, b, coords[f], coords[f + 1]);
                    near.push((f, share, away));
                }
            }
        });
        near
    }

    /// The boundary of region `a` where it lies within `tolerance` of region `b`, inside of `b` included.
    ///
    /// Lines run as the rings of `a` run. Empty where the two do not come that near, where they meet in single points
    /// only, and where one of them does not exist.
    pub fn contact_line(&self, a: u32, b: u32, tolerance: Metres) -> MultiLineString<f64> {
        let tolerance = clean(tolerance);
        let mut lines = Vec::new();
        let exists = |region: u32| (region as usize) < self.rings.region_count();
        if !exists(a) || !exists(b) || a == b {
            return MultiLineString::new(lines);
        }
        for ring in self.rings.rings_of_region(a as usize) {
            let near = self.near(ring, tolerance, Some(b));
            let mut clear = Vec::new();
            self.clear(ring, &near, Some(b), &mut clear);
            let inside = self.inside(clear.iter());
            let mut stretches: Vec<Stretch> = near.into_iter().flat_map(|near| near.stretches).collect();
            stretches.retain(|stretch| stretch.from != stretch.to);
            let edges = self.rings.ring(ring);
            for (clear, _) in clear.iter().zip(inside).filter(|(_, inside)| *inside) {
                let Stretch { from, to } = clear.stretch;
                if from < to {
                    stretches.push(clear.stretch);
                } else {
                    // A stretch over the ring's first vertex comes in two, which are joined again below.
                    stretches.push(Stretch { from, to: (edges.end as u32 - 2, 1.0) });
                    stretches.push(Stretch { from: (edges.start as u32, 0.0), to });
                }
            }
            stretches.sort_by(|x, y| x.from.0.cmp(&y.from.0).then(x.from.1.total_cmp(&y.from.1)));
            lines.extend(self.lines(ring, &stretches));
        }
        MultiLineString::new(lines)
    }

    /// The stretches of a ring within the tolerance of the boundaries of other regions, or of one of them.
    fn near(&self, ring: usize, tolerance: f64, only: Option<u32>) -> Vec<Near> {
        let coords = self.rings.coords();
        let mut nears: Vec<Near> = Vec::new();
        let mut others: Vec<u32> = Vec::new();
        let mut spans: Vec<(u32, f64, f64)> = Vec::new();
        for piece_at in self.pieces_of_ring[ring]..self.pieces_of_ring[ring + 1] {
            let piece = self.pieces[piece_at as usize];
            let wanted =
                |region: u32| region != piece.region && region != piece.twin && only.is_none_or(|only| only == region);
            let twin = if only.is_none_or(|only| only == piece.twin) { piece.twin } else { NO_TWIN };
            others.clear();
            let reach = self.piece_rects[piece_at as usize].grown(tolerance);
            self.piece_tree.meeting(&reach, |other| {
                if wanted(self.pieces[other as usize].region) {
                    others.push(other);
                }
            });
            for k in piece.first..piece.end {
                let (a, b) = (coords[k as usize], coords[k as usize + 1]);
                let length = self.distance(a, b);
                if twin != NO_TWIN {
                    add(&mut nears, twin, k, (0.0, 1.0), length);
                }
                if others.is_empty() {
                    continue;
                }
                spans.clear();
                let reach = Rect::of([&a, &b]).grown(tolerance);
                for &other in &others {
                    if !self.piece_rects[other as usize].meets(&reach) {
                        continue;
                    }
                    let other = self.pieces[other as usize];
                    for f in other.first as usize..other.end as usize {
                        let (c, d) = (coords[f], coords[f + 1]);
                        if Rect::of([&c, &d]).meets(&reach) {
                            let span = near_span(a, b, c, d, tolerance);
                            spans.extend(span.map(|(from, to)| (other.region, from, to)));
                        }
                    }
                }
                spans.sort_unstable_by(|x, y| x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)).then(x.2.total_cmp(&y.2)));
                let mut at = 0;
                while at < spans.len() {
                    let (region, from, mut to) = spans[at];
                    at += 1;
                    while at < spans.len() && spans[at].0 == region && spans[at].1 <= to {
                        to = to.max(spans[at].2);
                        at += 1;
                    }
                    add(&mut nears, region, k, (from, to), length);
                }
            }
        }
        nears
    }

    /// Adds to `clear` the stretches of a ring that `near` leaves, and for regions that may hold the whole ring all of it.
    fn clear(&self, ring: usize, near: &[Near], only: Option<u32>, clear: &mut Vec<Clear>) {
        let edges = self.rings.ring(ring);
        let (first, last) = (edges.start as u32, edges.end as u32 - 2);
        for near in near {
            let stretches = &near.stretches;
            for (k, stretch) in stretches.iter().enumerate() {
                let next = stretches[(k + 1) % stretches.len()];
                let over_first_vertex = k + 1 == stretches.len();
                if over_first_vertex && stretch.to == (last, 1.0) && next.from == (first, 0.0) {
                    continue;
                }
                // A vertex has two names; what is clear begins at the start of an edge and ends at an end.
                let from = match stretch.to {
                    (edge, 1.0) => (if edge == last { first } else { edge + 1 }, 0.0),
                    place => place,
                };
                let to = match next.from {
                    (edge, 0.0) => (if edge == first { last } else { edge - 1 }, 1.0),
                    place => place,
                };
                let stretch = Stretch { from, to };
                clear.push(Clear { ring: ring as u32, other: near.region, stretch, at: self.middle(ring, stretch) });
            }
        }
        let rect = Rect::of(&self.rings.coords()[edges.clone()]);
        let own = self.region_of_ring[ring];
        let mut holders: Vec<u32> = Vec::new();
        self.parts.meeting(&rect, |part| {
            let region = self.region_of_part[part as usize];
            let new = region != own && !near.iter().any(|near| near.region == region);
            if new && only.is_none_or(|only| only == region) && self.part_rects[part as usize].holds_rect(&rect) {
                holders.push(region);
            }
        });
        holders.sort_unstable();
        holders.dedup();
        let stretch = Stretch { from: (first, 0.0), to: (last, 1.0) };
        let at = self.rings.coords()[edges.start];
        clear.extend(holders.into_iter().map(|other| Clear { ring: ring as u32, other, stretch, at }));
    }

    /// Whether each of the stretches lies inside of the other region.
    fn inside<'c>(&self, clear: impl Iterator<Item = &'c Clear>) -> Vec<bool> {
        let clear: Vec<&Clear> = clear.collect();
        let in_rect = |&Clear { other, at, .. }: &Clear| {
            self.rings.parts_of_region(other as usize).filter(move |part| self.part_rects[*part].holds(at))
        };
        let scans: usize =
            clear.iter().flat_map(|clear| in_rect(clear)).map(|part| self.rings.vertices_of_part(part).len()).sum();
        // A scan of the part is cheapest for a test or two a region; sorting all edges pays for many.
        let bands = (scans > 4 * self.rings.vertex_count()).then(|| Bands::new(&self.rings));
        let holds = |part: usize, at: [f64; 2]| match &bands {
            Some(bands) => bands.part_holds(&self.rings, part, at),
            None => holds_by_scan(&self.rings, part, at),
        };
        clear.par_iter().with_min_len(64).map(|clear| in_rect(clear).any(|part| holds(part, clear.at))).collect()
    }

    /// A place on a stretch that is not empty, away from its ends.
    fn middle(&self, ring: usize, stretch: Stretch) -> [f64; 2] {
        let edges = self.rings.ring(ring);
        let count = edges.len() - 1;
        let Stretch { from, to } = stretch;
        let place = |edge: u32| edge as usize - edges.start;
        let wraps = (from.0, from.1) >= (to.0, to.1);
        let steps = if from.0 == to.0 && !wraps { 0 } else { (place(to.0) + count - place(from.0) - 1) % count + 1 };
        let edge = edges.start + (place(from.0) + steps / 2) % count;
        let low = if steps / 2 == 0 { from.1 } else { 0.0 };
        let high = if steps == 0 { to.1 } else { 1.0 };
        self.place(edge, 0.5 * (low + high))
    }

    fn place(&self, edge: usize, share: f64) -> [f64; 2] {
        let (a, b) = (self.rings.coords()[edge], self.rings.coords()[edge + 1]);
        match share {
            0.0 => a,
            1.0 => b,
            share => [0, 1].map(|axis| a[axis] + (b[axis] - a[axis]) * share),
        }
    }

    /// Length of a stretch; one whose end is not after its start runs over the ring's first vertex.
    fn length(&self, ring: u32, stretch: Stretch) -> f64 {
        self.walk(ring as usize, stretch).windows(2).map(|step| self.distance(step[0], step[1])).sum()
    }

    /// The vertices of a stretch, its two ends included.
    fn walk(&self, ring: usize, stretch: Stretch) -> Vec<[f64; 2]> {
        let edges = self.rings.ring(ring);
        let Stretch { from, to } = stretch;
        let mut way = vec![self.place(from.0 as usize, from.1)];
        let mut edge = from.0 as usize;
        let mut left = from >= to;
        while edge != to.0 as usize || left {
            left = false;
            way.push(self.rings.coords()[edge + 1]);
            edge = if edge + 2 == edges.end { edges.start } else { edge + 1 };
        }
        way.push(self.place(to.0 as usize, to.1));
        way.dedup();
        way
    }

    /// The lines of stretches in ring order, joined where one ends as the next begins, over the first vertex as well.
    fn lines(&self, ring: usize, stretches: &[Stretch]) -> Vec<LineString<f64>> {
        let mut ways: Vec<Vec<[f64; 2]>> = Vec::new();
        for stretch in stretches {
            let way = self.walk(ring, *stretch);
            match ways.last_mut() {
                Some(last) if last.last() == way.first() => last.extend_from_slice(&way[1..]),
                _ => ways.push(way),
            }
        }
        if ways.len() > 1 && ways[0].first() == ways[ways.len() - 1].last() {
            let first = ways.remove(0);
            if let Some(last) = ways.last_mut() {
                last.extend_from_slice(&first[1..]);
            }
        }
        ways.retain(|way| way.len() > 1);
        ways.into_iter().map(LineString::from).collect()
    }
}

fn clean(tolerance: Metres) -> f64 {
    if tolerance.0.is_finite() { tolerance.0.max(0.0) } else { 0.0 }
}

/// Adds a span of edge `k` to what is near `region`.
fn add(nears: &mut Vec<Near>, region: u32, k: u32, (from, to): (f64, f64), length: f64) {
    let at = match nears.iter().position(|near| near.region == region) {
        Some(at) => at,
        None => {
            nears.push(Near { region, stretches: Vec::new(), length: 0.0 });
            nears.len() - 1
        }
    };
    let near = &mut nears[at];
    near.length += (to - from) * length;
    match near.stretches.last_mut() {
        Some(last) if from == 0.0 && last.to.1 == 1.0 && last.to.0 + 1 == k => last.to = (k, to),
        _ => near.stretches.push(Stretch { from: (k, from), to: (k, to) }),
    }
}

/// The part of the segment from `a` to `b` within `tolerance` of the segment from `c` to `d`, as shares of the former.
///
/// The places within the tolerance of a segment are convex (a capsule), so there is one span or none. It may be a single
/// point.
fn near_span(a: [f64; 2], b: [f64; 2], c: [f64; 2], d: [f64; 2], tolerance: f64) -> Option<(f64, f64)> {
    if tolerance == 0.0 {
        return touching_span(a, b, c, d);
    }
    let minus = |p: [f64; 2], q: [f64; 2]| [p[0] - q[0], p[1] - q[1]];
    let dot = |p: [f64; 2], q: [f64; 2]| p[0] * q[0] + p[1] * q[1];
    let cross = |p: [f64; 2], q: [f64; 2]| p[0] * q[1] - p[1] * q[0];
    let way = minus(b, a);
    let square = dot(way, way);
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut join = |from: f64, to: f64| {
        if from <= to && from <= 1.0 && to >= 0.0 {
            low = low.min(from.max(0.0));
            high = high.max(to.min(1.0));
        }
    };
    // The two round ends.
    for end in [c, d] {
        let to_end = minus(end, a);
        let off = cross(way, to_end);
        let half = tolerance * tolerance - off * off / square;
        if half >= 0.0 {
            let (middle, half) = (dot(way, to_end) / square, (half / square).sqrt());
            join(middle - half, middle + half);
        }
    }
    // The straight middle: along the segment between its ends, and off it by at most the tolerance.
    let axis = minus(d, c);
    let length = dot(axis, axis).sqrt();
    let start = minus(a, c);
    let along = (dot(axis, start) / length, dot(axis, way) / length);
    let off = (cross(axis, start) / length, cross(axis, way) / length);
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    for ((at, speed), (least, most)) in [(along, (0.0, length)), (off, (-tolerance, tolerance))] {
        if speed == 0.0 {
            if !(least <= at && at <= most) {
                to = -1.0;
            }
            continue;
        }
        let (enter, leave) = ((least - at) / speed, (most - at) / speed);
        from = from.max(enter.min(leave));
        to = to.min(enter.max(leave));
    }
    join(from, to);
    (low <= high).then_some((low, high))
}

/// The first place on the way from `a` to `b`, as a share of it, that is nearest to the segment from `c` to `d`, and how far that is.
fn approach(a: [f64; 2], b: [f64; 2], c: [f64; 2], d: [f64; 2]) -> (f64, f64) {
    let minus = |p: [f64; 2], q: [f64; 2]| [p[0] - q[0], p[1] - q[1]];
    let cross = |p: [f64; 2], q: [f64; 2]| p[0] * q[1] - p[1] * q[0];
    let (way, axis) = (minus(b, a), minus(d, c));
    let square = way[0] * way[0] + way[1] * way[1];
    let along = |p: [f64; 2]| {
        let to = minus(p, a);
        ((way[0] * to[0] + way[1] * to[1]) / square).clamp(0.0, 1.0)
    };
    // where the lines cross; not a number where they run alike
    let crossing = cross(minus(c, a), axis) / cross(way, axis);
    let shares = [0.0, along(c), along(d), if crossing.is_finite() { crossing.clamp(0.0, 1.0) } else { 1.0 }, 1.0];
    let away = |share: f64| distance_to_segment([0, 1].map(|axis| a[axis] + way[axis] * share), c, d);
    let nearest = shares.iter().map(|share| away(*share)).fold(f64::INFINITY, f64::min);
    let first = shares.into_iter().filter(|share| away(*share) <= nearest + SAME).fold(1.0, f64::min);
    (first, nearest)
}

/// What two segments have in common, as shares of the one from `a` to `b`; decided exactly.
fn touching_span(a: [f64; 2], b: [f64; 2], c: [f64; 2], d: [f64; 2]) -> Option<(f64, f64)> {
    let (of_a, of_b) = (side(c, d, a), side(c, d, b));
    if of_a == 0.0 && of_b == 0.0 {
        let axis = if (b[0] - a[0]).abs() >= (b[1] - a[1]).abs() { 0 } else { 1 };
        let share = |v: f64| if v == b[axis] { 1.0 } else { (v - a[axis]) / (b[axis] - a[axis]) };
        let (x, y) = (share(c[axis]), share(d[axis]));
        let (from, to) = (x.min(y).max(0.0), x.max(y).min(1.0));
        return (from <= to).then_some((from, to));
    }
    if of_a * of_b > 0.0 {
        return None;
    }
    let (of_c, of_d) = (side(a, b, c), side(a, b, d));
    if (of_c > 0.0 && of_d > 0.0) || (of_c < 0.0 && of_d < 0.0) {
        return None;
    }
    let at = if of_a == 0.0 {
        0.0
    } else if of_b == 0.0 {
        1.0
    } else if of_c == 0.0 || of_d == 0.0 {
        let end = if of_c == 0.0 { c } else { d };
        let axis = if (b[0] - a[0]).abs() >= (b[1] - a[1]).abs() { 0 } else { 1 };
        ((end[axis] - a[axis]) / (b[axis] - a[axis])).clamp(0.0, 1.0)
    } else {
        // The size of the exact side is not its value, so the share is computed afresh.
        let cross =
            |p: [f64; 2], q: [f64; 2], r: [f64; 2]| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
        let (from, to) = (cross(c, d, a).abs(), cross(c, d, b).abs());
        if from + to > 0.0 { from / (from + to) } else { 0.5 }
    };
    Some((at, at))
}

/// For every edge, by its first vertex, a region other than its own that has the same edge, where one is easily found.
///
/// Neighbours of a coverage share long runs of edges: one edge in [`SAMPLE`] is looked up among all and the run followed
/// from there on both sides. What this misses is found by geometry; it saves time only.
fn twins(rings: &Rings, region_of_ring: &[u32]) -> Vec<u32> {
    let coords = rings.coords();
    let key = |p: [f64; 2]| {
        // Adding zero makes one of the two zeros.
        let (x, y) = ((p[0] + 0.0).to_bits(), (p[1] + 0.0).to_bits());
        let mut key = x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ y.rotate_left(32).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
        key ^= key >> 31;
        key = key.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        key ^ key >> 29
    };
    let regions: Vec<std::ops::Range<usize>> = (0..rings.region_count()).map(|k| rings.vertices_of_region(k)).collect();
    let mut sample: Vec<(u64, u32, u32)> = (0..rings.region_count())
        .into_par_iter()
        .with_min_len(16)
        .flat_map_iter(|region| {
            rings.rings_of_region(region).flat_map(move |ring| {
                let edges = rings.ring(ring);
                let mut last = key(coords[edges.start]);
                (edges.start..edges.end - 1).filter_map(move |k| {
                    let next = key(coords[k + 1]);
                    let both = last.wrapping_add(next);
                    last = next;
                    (both % SAMPLE == 0).then_some((both, k as u32, ring as u32))
                })
            })
        })
        .collect();
    sample.par_sort_unstable();
    let region_of = |ring: u32| region_of_ring[ring as usize];
    // Pairs (edge, its ring, equal edge, its ring); the first finds the second within a few steps or not at all.
    let mut pairs: Vec<[u32; 4]> = sample
        .par_chunk_by(|x, y| x.0 == y.0)
        .flat_map_iter(|group| {
            let same = |k: u32, l: u32| {
                let (k, l) = (k as usize, l as usize);
                (coords[k] == coords[l + 1] && coords[k + 1] == coords[l])
                    || (coords[k] == coords[l] && coords[k + 1] == coords[l + 1])
            };
            (0..group.len()).filter_map(move |at| {
                let (_, k, ring) = group[at];
                let own = region_of(ring);
                let next = (1..group.len().min(5)).map(|step| group[(at + step) % group.len()]);
                let twin = next.into_iter().find(|(_, l, other)| region_of(*other) != own && same(k, *l))?;
                Some([k, ring, twin.1, twin.2])
            })
        })
        .collect();
    pairs.par_sort_unstable();
    let mut twins = vec![NO_TWIN; coords.len()];
    let mut tasks = Vec::with_capacity(regions.len());
    let (mut rest, mut pairs_left) = (&mut twins[..], &pairs[..]);
    for region in &regions {
        let (own, after) = rest.split_at_mut(region.len());
        let count = pairs_left.partition_point(|pair| (pair[0] as usize) < region.end);
        tasks.push((region.start, own, &pairs_left[..count]));
        (rest, pairs_left) = (after, &pairs_left[count..]);
    }
    tasks.into_par_iter().with_min_len(16).for_each(|(start, own, pairs)| {
        for &[k, ring, l, other_ring] in pairs {
            if own[k as usize - start] == NO_TWIN {
                let other = region_of(other_ring);
                let (edges, other_edges) = (rings.ring(ring as usize), rings.ring(other_ring as usize));
                let opposite = coords[k as usize] == coords[l as usize + 1];
                follow(
                    coords,
                    own,
                    start,
                    (k as usize, edges.clone()),
                    (l as usize, other_edges.clone()),
                    other,
                    [true, !opposite],
                );
                own[k as usize - start] = NO_TWIN;
                follow(coords, own, start, (k as usize, edges), (l as usize, other_edges), other, [false, opposite]);
            }
        }
    });
    twins
}

/// Marks edge after edge as equal to its counterpart, from a first equal pair on, until vertices differ.
///
/// `forward` says for either ring whether it is followed along its direction.
fn follow(
    coords: &[[f64; 2]],
    own: &mut [u32],
    start: usize,
    (mut k, edges): (usize, std::ops::Range<usize>),
    (mut l, other_edges): (usize, std::ops::Range<usize>),
    other: u32,
    forward: [bool; 2],
) {
    let step = |at: usize, edges: &std::ops::Range<usize>, forward: bool| match forward {
        true if at + 2 == edges.end => edges.start,
        true => at + 1,
        false if at == edges.start => edges.end - 2,
        false => at - 1,
    };
    // One vertex of each equal pair is known from the pair before; this one decides.
    let far = |at: usize, forward: bool| coords[if forward { at + 1 } else { at }];
    while own[k - start] == NO_TWIN && far(k, forward[0]) == far(l, forward[1]) {
        own[k - start] = other;
        (k, l) = (step(k, &edges, forward[0]), step(l, &other_edges, forward[1]));
    }
}

#[cfg(test)]
mod tests {
    use geo::Area;
    use geo::Euclidean;
    use geo::Length;
    use geo_types::Polygon;
    use geo_types::polygon;
    use proptest::prelude::*;

    use super::*;

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> MultiPolygon<f64> {
        polygon![(x: x0, y: y0), (x: x1, y: y0), (x: x1, y: y1), (x: x0, y: y1)].into()
    }

    /// Six counties of 10 km by 10 km in two rows, ABC over DEF; F ends 30 m south of C.
    fn toy() -> Vec<MultiPolygon<f64>> {
        vec![
            rect(0.0, 10_000.0, 10_000.0, 20_000.0),
            rect(10_000.0, 10_000.0, 20_000.0, 20_000.0),
            rect(20_000.0, 10_000.0, 30_000.0, 20_000.0),
            rect(0.0, 0.0, 10_000.0, 10_000.0),
            rect(10_000.0, 0.0, 20_000.0, 10_000.0),
            rect(20_000.0, 0.0, 30_000.0, 9_970.0),
        ]
    }

    fn named(contacts: &[Contact]) -> Vec<(String, f64, f64)> {
        let name = |region: u32| char::from(b'A' + region as u8);
        let round = |v: f64| (v * 1e6).round() / 1e6;
        contacts.iter().map(|c| (format!("{}{}", name(c.a), name(c.b)), round(c.within_m), round(c.shared_m))).collect()
    }

    fn expect(found: &[Contact], expected: &[(&str, f64, f64)]) {
        let expected: Vec<(String, f64, f64)> = expected.iter().map(|(p, l, s)| ((*p).to_owned(), *l, *s)).collect();
        assert_eq!(named(found), expected);
    }

    #[test]
    fn the_toy_measures_as_derived_by_hand_at_50_m() {
        // A side of 10 km reaches 50 m round the corner at either end, on both polygons: 10 000 + 2 * 50.
        // CF: C's south side lies 30 m from F: 10 000; the sides of C reach sqrt(50^2 - 0) - 30 = 20 m above it, F's 20 m
        // below its top: 10 000 + 2 * 20. EF: E's east side is near F up to 9 970 + 50, of which 10 000 lie on the side and
        // its top reaches sqrt(50^2 - 30^2) = 40 m west of the corner, its bottom 50 m; F's west side 9 970 and 50 m round
        // either corner: (10 000 + 40 + 50 + 9 970 + 50 + 50) / 2 = 10 080. Corners: 2 * 50. BF: of B's south side 40 m and
        // of its east side 20 m lie within 50 m of F's corner, of F 20 m and 40 m of B's: (40 + 20 + 20 + 40) / 2 = 60.
        // Shared is what lies between the places where outlines part: of EF the 9 970 m that F's side is long.
        expect(
            &contacts(&toy(), Metres(50.0)),
            &[
                ("AB", 10_100.0, 10_000.0),
                ("AD", 10_100.0, 10_000.0),
                ("AE", 100.0, 0.0),
                ("BC", 10_100.0, 10_000.0),
                ("BD", 100.0, 0.0),
                ("BE", 10_100.0, 10_000.0),
                ("BF", 60.0, 0.0),
                ("CE", 100.0, 0.0),
                ("CF", 10_040.0, 10_000.0),
                ("DE", 10_100.0, 10_000.0),
                ("EF", 10_080.0, 9_970.0),
            ],
        );
    }

    #[test]
    fn the_toy_measures_as_derived_by_hand_at_0_m() {
        // F's west side ends 30 m below the corner of E: 9 970 of E's 10 000 m, a T-junction. C and F do not touch.
        let expected = [
            ("AB", 10_000.0, 10_000.0),
            ("AD", 10_000.0, 10_000.0),
            ("AE", 0.0, 0.0),
            ("BC", 10_000.0, 10_000.0),
            ("BD", 0.0, 0.0),
            ("BE", 10_000.0, 10_000.0),
            ("CE", 0.0, 0.0),
            ("DE", 10_000.0, 10_000.0),
            ("EF", 9_970.0, 9_970.0),
        ];
        expect(&contacts(&toy(), Metres(0.0)), &expected);
        expect(&contacts(&toy(), Metres(f64::NAN)), &expected);
    }

    #[test]
    fn a_gap_exactly_as_wide_as_the_tolerance_is_a_contact() {
        let pair = [rect(0.0, 0.0, 100.0, 100.0), rect(130.0, 0.0, 230.0, 100.0)];
        expect(&contacts(&pair, Metres(30.0)), &[("AB", 100.0, 100.0)]);
        expect(&contacts(&pair, Metres(29.999)), &[]);
        let apart = [rect(0.0, 0.0, 100.0, 100.0), rect(103.0, 104.0, 200.0, 200.0)];
        expect(&contacts(&apart, Metres(5.0)), &[("AB", 0.0, 0.0)]);
        expect(&contacts(&apart, Metres(4.999)), &[]);
    }

    #[test]
    fn what_lies_inside_the_other_counts_as_near() {
        // B overlaps A by 30 m: of A's boundary 30 + 60 + 30... B is 60 m high and reaches from x = 70 to 170 in A's middle:
        // of A 60 m lie in B, of B 30 + 60 + 30 m in A; half of 180 is 90.
        let overlap = [rect(0.0, 0.0, 100.0, 100.0), rect(70.0, 20.0, 170.0, 80.0)];
        expect(&contacts(&overlap, Metres(0.0)), &[("AB", 90.0, 90.0)]);
        // At 5 m: of A 70 m; of B 35 + 60 + 35 m. L = 100, less 10.
        expect(&contacts(&overlap, Metres(5.0)), &[("AB", 100.0, 90.0)]);
        // C lies in A and touches nothing: half of its own boundary.
        let nested = [rect(0.0, 0.0, 100.0, 100.0), rect(200.0, 0.0, 300.0, 100.0), rect(40.0, 40.0, 50.0, 50.0)];
        expect(&contacts(&nested, Metres(0.0)), &[("AC", 20.0, 20.0)]);
        // it has no ends
        expect(&contacts(&nested, Metres(5.0)), &[("AC", 20.0, 20.0)]);
        // The same twice: both boundaries in full.
        expect(&contacts(&[nested[0].clone(), nested[0].clone()], Metres(0.0)), &[("AB", 400.0, 400.0)]);
    }

    #[test]
    fn a_region_in_the_hole_of_another_shares_all_of_its_border() {
        let mut ring = rect(0.0, 0.0, 100.0, 100.0);
        ring.0[0].interiors_push(rect(40.0, 40.0, 60.0, 60.0).0[0].exterior().clone());
        expect(&contacts(&[ring.clone(), rect(40.0, 40.0, 60.0, 60.0)], Metres(0.0)), &[("AB", 80.0, 80.0)]);
        expect(&contacts(&[ring.clone(), rect(45.0, 45.0, 55.0, 55.0)], Metres(0.0)), &[]);
        // 5 m from each side of the hole: of the hole's sides 4 * 10 m, of the island 4 * 10 m.
        expect(&contacts(&[ring, rect(45.0, 45.0, 55.0, 55.0)], Metres(5.0)), &[("AB", 40.0, 40.0)]);
    }

    /// A strip on which a saw stands: it touches the line y = 0 with teeth of a width and a height, so many of them, and all of the strip between.
    fn saw(teeth: i32, width: f64, height: f64) -> [MultiPolygon<f64>; 2] {
        let end = f64::from(teeth) * width;
        let mut ring: Vec<geo_types::Coord<f64>> = vec![geo_types::coord! { x: 0.0, y: 1000.0 }];
        for tooth in 0..teeth {
            let x = f64::from(tooth) * width;
            ring.extend([(0.0, height), (0.5, 0.0)].map(|(part, y)| geo_types::coord! { x: x + part * width, y: y }));
        }
        ring.extend([(end, height), (end, 1000.0)].map(|(x, y)| geo_types::coord! { x: x, y: y }));
        [Polygon::new(ring.into(), vec![]).into(), rect(-1000.0, -1000.0, end + 1000.0, 0.0)]
    }

    #[test]
    fn the_ends_are_taken_off_every_piece_and_none_off_a_closed_border() {
        let below = rect(-1000.0, -1000.0, 5000.0, 0.0);
        let hole = |x: f64, y: f64, side: f64| rect(x, y, x + side, y + side).0[0].exterior().clone();
        let around = |holes: Vec<LineString<f64>>| {
            MultiPolygon::new(vec![Polygon::new(rect(0.0, 0.0, 4000.0, 4000.0).0[0].exterior().clone(), holes)])
        };
        let table: [(&str, [MultiPolygon<f64>; 2], f64); 14] = [
            ("a corner", [rect(0.0, 0.0, 400.0, 400.0), rect(-400.0, -400.0, 0.0, 0.0)], 0.0),
            ("a tooth at 45 degrees", saw(1, 2000.0, 1000.0), 0.0),
            ("a tooth at some 27 degrees", saw(1, 2000.0, 500.0), 0.0),
            ("seven teeth at 45 degrees", saw(7, 2000.0, 1000.0), 0.0),
            ("seven teeth at 11 degrees", saw(7, 2000.0, 200.0), 0.0),
            ("a segment", [rect(0.0, 0.0, 400.0, 400.0), below.clone()], 400.0),
            ("a short segment", [rect(0.0, 0.0, 20.0, 400.0), below.clone()], 20.0),
            ("a segment whose outlines part at 45 degrees", [
                polygon![(x: 0.0, y: 0.0), (x: 400.0, y: 0.0), (x: 800.0, y: 400.0), (x: -400.0, y: 400.0)].into(),
                below.clone(),
            ], 400.0),
            ("two segments", [
                polygon![(x: 0.0, y: 0.0), (x: 400.0, y: 0.0), (x: 400.0, y: 300.0), (x: 800.0, y: 300.0), (x: 800.0, y: 0.0), (x: 1200.0, y: 0.0), (x: 1200.0, y: 900.0), (x: 0.0, y: 900.0)].into(),
                below.clone(),
            ], 800.0),
            ("two segments in two parts", [
                MultiPolygon::new([rect(0.0, 0.0, 400.0, 400.0).0, rect(1000.0, 0.0, 1400.0, 400.0).0].concat()),
                below.clone(),
            ], 800.0),
            ("a segment and a tooth", [
                MultiPolygon::new([rect(-600.0, 0.0, -200.0, 400.0).0, saw(1, 2000.0, 1000.0)[0].0.clone()].concat()),
                below.clone(),
            ], 400.0),
            ("a closed border", [around(vec![hole(1000.0, 1000.0, 140.0)]), rect(1000.0, 1000.0, 1140.0, 1140.0)], 560.0),
            ("two closed borders", [
                around(vec![hole(1000.0, 1000.0, 140.0), hole(2000.0, 1000.0, 140.0)]),
                MultiPolygon::new([rect(1000.0, 1000.0, 1140.0, 1140.0).0, rect(2000.0, 1000.0, 2140.0, 1140.0).0].concat()),
            ], 1120.0),
            ("a closed border and a corner", [
                around(vec![hole(1000.0, 1000.0, 140.0)]),
                MultiPolygon::new([rect(1000.0, 1000.0, 1140.0, 1140.0).0, rect(-300.0, -300.0, 0.0, 0.0).0].concat()),
            ], 560.0),
        ];
        for (name, pair, shared) in table {
            // from wherever the rings start, whichever comes first
            for turn in 0..4 {
                let turned: Vec<MultiPolygon<f64>> = pair
                    .iter()
                    .map(|shape| {
                        let ring = |ring: &LineString<f64>| {
                            let mut corners = ring.0[1..].to_vec();
                            let by = turn % corners.len();
                            corners.rotate_left(by);
                            LineString(corners)
                        };
                        shape
                            .iter()
                            .map(|part| {
                                Polygon::new(ring(part.exterior()), part.interiors().iter().map(ring).collect())
                            })
                            .collect()
                    })
                    .collect();
                let back: Vec<MultiPolygon<f64>> = turned.iter().rev().cloned().collect();
                for shapes in [turned, back] {
                    let found = contacts(&shapes, Metres(50.0));
                    assert!((found[0].shared_m - shared).abs() < 0.01, "{name}, turn {turn}: {found:?}");
                }
            }
        }
        // an enclave that two regions fill has two ends on either
        let two = [
            around(vec![hole(1000.0, 1000.0, 400.0)]),
            rect(1000.0, 1000.0, 1200.0, 1400.0),
            rect(1200.0, 1000.0, 1400.0, 1400.0),
        ];
        let shared: Vec<f64> = contacts(&two, Metres(50.0)).iter().map(|found| found.shared_m.round()).collect();
        assert_eq!(shared, [800.0, 800.0, 400.0]);
    }

    #[test]
    fn contacts_of_a_point_at_a_vertex_and_within_an_edge_are_contacts_of_length_0() {
        let base = rect(0.0, 0.0, 100.0, 100.0);
        let on_edge: MultiPolygon<f64> = polygon![(x: 100.0, y: 50.0), (x: 150.0, y: 20.0), (x: 150.0, y: 80.0)].into();
        let on_start: MultiPolygon<f64> = polygon![(x: 0.0, y: 0.0), (x: -50.0, y: 0.0), (x: 0.0, y: -50.0)].into();
        expect(&contacts(&[base, on_edge, on_start], Metres(0.0)), &[("AB", 0.0, 0.0), ("AC", 0.0, 0.0)]);
    }

    #[test]
    fn no_shapes_and_empty_shapes_touch_nothing() {
        expect(&contacts(&[], Metres(10.0)), &[]);
        expect(&contacts(&[MultiPolygon::new(vec![]), rect(0.0, 0.0, 1.0, 1.0)], Metres(10.0)), &[]);
        let borders = Borders::new(&[rect(0.0, 0.0, 1.0, 1.0)]);
        assert!(borders.contact_line(0, 7, Metres(1.0)).0.is_empty());
        assert!(borders.contact_line(0, 0, Metres(1.0)).0.is_empty());
    }

    #[test]
    fn the_contact_line_is_one_line_as_long_as_half_of_l_says() {
        let borders = Borders::new(&toy());
        let length = |a: u32, b: u32, m: f64| Euclidean.length(&borders.contact_line(a, b, Metres(m)));
        assert_eq!(length(4, 5, 0.0), 9_970.0);
        assert_eq!(length(5, 4, 0.0), 9_970.0);
        assert!((length(4, 5, 50.0) + length(5, 4, 50.0) - 2.0 * 10_080.0).abs() < 1e-6);
        assert_eq!(length(0, 4, 0.0), 0.0);
        // A's east side from (10 000, 9 950) round the corners to the north: 50 m of the south side, all of the east one.
        let line = borders.contact_line(0, 1, Metres(50.0));
        let ends: Vec<(f64, f64)> = line.0[0].coords().map(|c| (c.x, c.y)).collect();
        assert_eq!(line.0.len(), 1);
        assert_eq!(ends, [(9_950.0, 10_000.0), (10_000.0, 10_000.0), (10_000.0, 20_000.0), (9_950.0, 20_000.0)]);
        // Over the first vertex of the ring: D's ring starts at its south-west corner.
        let around =
            Borders::new(&[rect(0.0, 0.0, 10.0, 10.0), rect(-10.0, -10.0, 0.0, 20.0), rect(0.0, -10.0, 10.0, 0.0)]);
        assert_eq!(around.contact_line(0, 1, Metres(1.0)).0.len(), 1);
        let inside = Borders::new(&[rect(40.0, 40.0, 50.0, 50.0), rect(0.0, 0.0, 100.0, 100.0)]);
        assert_eq!(Euclidean.length(&inside.contact_line(0, 1, Metres(1.0))), 40.0);
    }

    /// L by its definition, in steps of a fine division of either boundary.
    fn stepped(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>, tolerance: f64) -> f64 {
        use geo::Distance;
        let half = |own: &MultiPolygon<f64>, other: &MultiPolygon<f64>| -> f64 {
            let lines =
                own.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())).flat_map(|r| r.lines());
            lines
                .map(|line| {
                    let steps = 400;
                    let near = (0..steps).filter(|k| {
                        let share = (f64::from(*k) + 0.5) / f64::from(steps);
                        let at = line.start + (line.end - line.start) * share;
                        Euclidean.distance(&geo_types::Point::from(at), other) <= tolerance
                    });
                    distance([line.start.x, line.start.y], [line.end.x, line.end.y]) * near.count() as f64
                        / f64::from(steps)
                })
                .sum()
        };
        0.5 * (half(a, b) + half(b, a))
    }

    /// A star on whole coordinates with `radii` around (`x`, `y`), counter-clockwise, not crossing itself.
    fn star(x: i32, y: i32, radii: &[i32]) -> MultiPolygon<f64> {
        let ring = radii.iter().enumerate().map(|(k, r)| {
            let turn = std::f64::consts::TAU * k as f64 / radii.len() as f64;
            let at = |centre: i32, part: f64| (f64::from(centre) + f64::from(*r) * part).round();
            (at(x, turn.cos()), at(y, turn.sin()))
        });
        Polygon::new(ring.collect(), vec![]).into()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn any_two_stars_measure_as_their_definition_says(
            a in (0..30i32, 0..30i32, prop::collection::vec(3..14i32, 3..12)),
            b in (0..30i32, 0..30i32, prop::collection::vec(3..14i32, 3..12)),
            tolerance in 1..8i32,
            offset in prop::sample::select(vec![0.0, 3_500_000.0]),
        ) {
            use geo::Distance;
            use geo::Translate;
            use geo::algorithm::Validation;
            let shapes = [star(a.0, a.1, &a.2), star(b.0, b.1, &b.2)].map(|shape| shape.translate(offset, offset));
            prop_assume!(shapes.iter().all(|shape| shape.is_valid() && shape.unsigned_area() > 0.0));
            let tolerance = f64::from(tolerance) * 0.7;
            let found = contacts(&shapes, Metres(tolerance));
            let apart = Euclidean.distance(&shapes[0], &shapes[1]);
            // Exactly at the limit the last digit of either sum decides.
            prop_assume!((apart - tolerance).abs() > 1e-9);
            prop_assert_eq!(found.len(), usize::from(apart <= tolerance), "{} apart", apart);
            if let Some(contact) = found.first() {
                // A side that runs along the other at the very limit is within it, whatever the last digit says.
                let expected = stepped(&shapes[0], &shapes[1], tolerance + 1e-6);
                prop_assert!((contact.within_m - expected).abs() < 0.6, "{} and {}", contact.within_m, expected);
                let borders = Borders::new(&shapes);
                let lines = [(0, 1), (1, 0)].map(|(p, q)| Euclidean.length(&borders.contact_line(p, q, Metres(tolerance))));
                prop_assert!((lines[0] + lines[1] - 2.0 * contact.within_m).abs() < 1e-6);
            }
        }

        #[test]
        fn the_squares_of_a_grid_touch_as_they_must(
            wide in 2..7u32, high in 2..7u32, step in 1..40u32, seed in any::<u64>(), tolerance in prop::sample::select(vec![0.0, 0.1]),
        ) {
            // Squares whose sides are cut into `step` edges each, in shuffled order, some with doubled vertices.
            let cell = |x: u32, y: u32| -> MultiPolygon<f64> {
                let side = f64::from(step);
                let corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)].map(|(x, y)| [f64::from(x) * side, f64::from(y) * side]);
                let ring = (0..4 * step).map(|k| {
                    let (from, to) = (corners[(k / step) as usize], corners[((k / step + 1) % 4) as usize]);
                    let share = f64::from(k % step);
                    (from[0] + (to[0] - from[0]) / side * share, from[1] + (to[1] - from[1]) / side * share)
                });
                Polygon::new(ring.collect(), vec![]).into()
            };
            let mut cells: Vec<(u32, u32)> = (0..wide).flat_map(|x| (0..high).map(move |y| (x, y))).collect();
            let mut state = seed | 1;
            for k in (1..cells.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                cells.swap(k, (state >> 33) as usize % (k + 1));
            }
            let shapes: Vec<MultiPolygon<f64>> = cells.iter().map(|(x, y)| cell(*x, *y)).collect();
            let found = contacts(&shapes, Metres(tolerance));
            let mut expected = Vec::new();
            for a in 0..cells.len() {
                for b in a + 1..cells.len() {
                    let (dx, dy) = (cells[a].0.abs_diff(cells[b].0), cells[a].1.abs_diff(cells[b].1));
                    if dx.max(dy) == 1 {
                        expected.push((a as u32, b as u32, if dx + dy == 1 { f64::from(step) } else { 0.0 }));
                    }
                }
            }
            let found: Vec<(u32, u32, f64)> = found.iter().map(|c| (c.a, c.b, (c.shared_m * 1e9).round() / 1e9)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
