//! What sees what within an area: the corners between which one walks straight over it, and round what bars.

use crate::base::plane::Rect;
use crate::model::place::Place;
use crate::model::place::PlaneXy;

/// What is nearer than this is at the same place, metres: a tenth of a millimetre.
const TOUCH_M: f64 = 1e-4;

/// What a node is there for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Role {
    /// One comes in or goes out: a street meets the area there.
    Entry,
    /// One goes round: the ring's corners before and after.
    Turn([PlaneXy; 2]),
    /// Along a ring, or inside: near places get there.
    Step,
}

/// A place between which and others lines are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Node {
    pub place: Place,
    pub role: Role,
}

/// Whether, and where, one is in an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    In,
    Border,
    Out,
}

/// The sides of an area, or of several that hang together, which nobody sees through.
pub(super) struct Walls {
    sides: Vec<[PlaneXy; 2]>,
    boxes: Vec<Rect>,
}

fn cross(a: PlaneXy, b: PlaneXy, c: PlaneXy) -> f64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// Metres from a point to a side.
fn off(at: PlaneXy, [a, b]: [PlaneXy; 2]) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let square = dx * dx + dy * dy;
    let share = if square > 0.0 { (((at.x - a.x) * dx + (at.y - a.y) * dy) / square).clamp(0.0, 1.0) } else { 0.0 };
    (at.x - a.x - share * dx).hypot(at.y - a.y - share * dy)
}

fn between(a: PlaneXy, b: PlaneXy, share: f64) -> PlaneXy {
    PlaneXy { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) }
}

/// How far along each of two sides they cross, from 0 to 1, ends included; `None` where they do not, or run along each other.
pub(super) fn crossing([a, b]: [PlaneXy; 2], [c, d]: [PlaneXy; 2]) -> Option<[f64; 2]> {
    let (dx, dy, ex, ey) = (b.x - a.x, b.y - a.y, d.x - c.x, d.y - c.y);
    let turn = dx * ey - dy * ex;
    // nearly along each other: where they cross is not known
    if turn.abs() <= 1e-9 * dx.hypot(dy) * ex.hypot(ey) {
        return None;
    }
    let (px, py) = (c.x - a.x, c.y - a.y);
    let shares = [(px * ey - py * ex) / turn, (px * dy - py * dx) / turn];
    shares.iter().all(|share| (0.0..=1.0).contains(share)).then_some(shares)
}

impl Walls {
    pub(super) fn new(sides: Vec<[PlaneXy; 2]>) -> Walls {
        let boxes = sides.iter().map(|ends| Rect::of(&ends.map(PlaneXy::array)).grown(TOUCH_M)).collect();
        Walls { sides, boxes }
    }

    /// Metres of all sides.
    pub(super) fn length_m(&self) -> f64 {
        self.sides.iter().map(|[a, b]| a.distance_m(*b)).sum()
    }

    /// Whether two sides cross, other than at an end of one of them.
    pub(super) fn cross_each_other(&self) -> bool {
        let is_end = |share: f64, [a, b]: [PlaneXy; 2]| share.min(1.0 - share) * a.distance_m(b) <= TOUCH_M;
        (1..self.sides.len()).any(|at| {
            (0..at).any(|other| {
                self.boxes[at].meets(&self.boxes[other])
                    && crossing(self.sides[at], self.sides[other])
                        .is_some_and(|[s, t]| !is_end(s, self.sides[at]) && !is_end(t, self.sides[other]))
            })
        })
    }

    /// Whether a point is within the sides, by how many of them lie to the right of it.
    fn locate(&self, at: PlaneXy) -> Where {
        let mut is_in = false;
        for (side, around) in self.sides.iter().zip(&self.boxes) {
            // what lies above, below, or to the left says nothing
            if at.y < around.min[1] || at.y > around.max[1] || at.x > around.max[0] {
                continue;
            }
            if at.x >= around.min[0] && off(at, *side) <= TOUCH_M {
                return Where::Border;
            }
            let [a, b] = *side;
            if (a.y > at.y) != (b.y > at.y) && at.x < a.x + (at.y - a.y) / (b.y - a.y) * (b.x - a.x) {
                is_in = !is_in;
            }
        }
        if is_in { Where::In } else { Where::Out }
    }

    /// Whether a point lies within, not on a side.
    pub(super) fn hold(&self, at: PlaneXy) -> bool {
        self.locate(at) == Where::In
    }

    /// Whether one can go straight from one point to another without leaving the area, not only along its sides. Sides and corners may be
    /// touched.
    pub(super) fn is_free(&self, from: PlaneXy, to: PlaneXy) -> bool {
        let length = from.distance_m(to);
        if length <= TOUCH_M {
            return false;
        }
        let around = Rect::of(&[from.array(), to.array()]);
        let mut touched: Vec<f64> = Vec::new();
        for (side, of_side) in self.sides.iter().zip(&self.boxes) {
            if !of_side.meets(&around) {
                continue;
            }
            let [a, b] = *side;
            let own = a.distance_m(b);
            if own <= 0.0 {
                continue;
            }
            let ends = [a, b].map(|end| cross(from, to, end) / length);
            let ours = [from, to].map(|end| cross(a, b, end) / own);
            let parts = |[x, y]: [f64; 2]| (x > TOUCH_M && y < -TOUCH_M) || (x < -TOUCH_M && y > TOUCH_M);
            if parts(ends) && parts(ours) {
                return false;
            }
            for (end, off) in [a, b].into_iter().zip(ends) {
                let share =
                    ((end.x - from.x) * (to.x - from.x) + (end.y - from.y) * (to.y - from.y)) / (length * length);
                if off.abs() <= TOUCH_M && share * length > TOUCH_M && (1.0 - share) * length > TOUCH_M {
                    touched.push(share);
                }
            }
        }
        touched.push(0.0);
        touched.push(1.0);
        touched.sort_by(f64::total_cmp);
        let mut is_inside = false;
        for span in touched.windows(2).filter(|span| (span[1] - span[0]) * length > 2.0 * TOUCH_M) {
            match self.locate(between(from, to, (span[0] + span[1]) / 2.0)) {
                Where::Out => return false,
                Where::In => is_inside = true,
                Where::Border => {}
            }
        }
        is_inside
    }

    /// Places inside at the corners of a grid through the plane's origin, so far apart and no nearer than half of that to a side.
    /// `corners` are the places of the sides' ends.
    pub(super) fn grid(&self, corners: &[[Place; 2]], apart_m: f64) -> Vec<Place> {
        let around = self.boxes.iter().fold(Rect::EMPTY, |mut all, one| {
            all.join(one);
            all
        });
        let mut found = Vec::new();
        let mut row = (around.min[1] / apart_m).ceil();
        while row * apart_m <= around.max[1] {
            let y = row * apart_m;
            let mut cuts: Vec<Place> = corners
                .iter()
                .filter(|[a, b]| (a.xy.y > y) != (b.xy.y > y))
                .map(|[a, b]| a.towards(b, (y - a.xy.y) / (b.xy.y - a.xy.y)))
                .collect();
            cuts.sort_by(|a, b| a.xy.x.total_cmp(&b.xy.x));
            for pair in cuts.chunks_exact(2) {
                let [a, b] = [pair[0], pair[1]];
                let mut column = (a.xy.x / apart_m).ceil();
                while column * apart_m < b.xy.x {
                    let place = a.towards(&b, (column * apart_m - a.xy.x) / (b.xy.x - a.xy.x));
                    if self.sides.iter().all(|side| off(place.xy, *side) >= apart_m / 2.0) {
                        found.push(place);
                    }
                    column += 1.0;
                }
            }
            row += 1.0;
        }
        found
    }
}

/// Whether a line from a corner that one goes round touches it and does not cut into what bars.
fn touches(at: &Node, to: PlaneXy) -> bool {
    let Role::Turn([before, after]) = at.role else { return true };
    let here = at.place.xy;
    let length = here.distance_m(to).max(TOUCH_M);
    let [a, b] = [before, after].map(|corner| cross(here, to, corner) / length);
    (a >= -TOUCH_M && b >= -TOUCH_M) || (a <= TOUCH_M && b <= TOUCH_M)
}

/// The pairs of nodes that are joined by a line over the area: those that see each other, of two steps only when they are near, and of
/// corners to go round only where the line touches them.
pub(super) fn pairs(walls: &Walls, nodes: &[Node], near_m: f64) -> Vec<[usize; 2]> {
    let mut pairs = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        for (nth, other) in nodes.iter().enumerate().skip(at + 1) {
            let (a, b) = (node.place.xy, other.place.xy);
            let is_far = node.role == Role::Step && other.role == Role::Step && a.distance_m(b) > near_m;
            if !is_far && touches(node, b) && touches(other, a) && walls.is_free(a, b) {
                pairs.push([at, nth]);
            }
        }
    }
    pairs
}
