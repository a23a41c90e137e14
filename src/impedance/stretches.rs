//! Every stretch of street with its nearest facility: the network Voronoi, split exactly where the nearest facility or a band changes.

use crate::impedance::Direction;
use crate::impedance::dijkstra::NOBODY;
use crate::impedance::street::PreparedStreets;

/// A part of an edge all of which has the same nearest destination, and whose cost runs evenly from one end to the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    pub edge: u32,
    /// Metres along the edge; the first is smaller.
    pub from_m: f64,
    pub to_m: f64,
    pub destination: u32,
    /// Cost at both ends, from the street: nobody has a way to the street there.
    pub costs: [f64; 2],
}

/// A destination with the cost to it; none is infinite and [`NOBODY`].
type Offer = (f64, u32);

fn better(a: Offer, b: Offer) -> Offer {
    if (b.0, b.1) < (a.0, a.1) { b } else { a }
}

impl PreparedStreets<'_> {
    /// All stretches within `breaks[last]`, cut where the cost passes one of `breaks` (rising); by edge, and along it.
    ///
    /// Left out: streets that nobody gets on or off, closed ones, lines over squares, and those that no destination is reached from (or that are not reached).
    pub fn stretches(&self, breaks: &[f64]) -> Vec<Stretch> {
        let mut found = Vec::new();
        let Some(limit) = breaks.last() else { return found };
        let edges = self.network.edges();
        for edge in 0..edges.len() as u32 {
            let street = &edges[edge as usize];
            if street.is_through || street.is_closed() || street.drawn_m() <= 0.0 {
                continue;
            }
            for piece in self.pieces(edge) {
                cut(piece, breaks, &mut |part| {
                    if part.costs[0].min(part.costs[1]) < *limit {
                        found.push(part);
                    }
                });
            }
        }
        found
    }

    /// The nearest destination of whoever is at one end of an edge and goes, or came, by way of the junction there.
    fn at_end(&self, half: u32) -> Offer {
        match self.direction {
            Direction::ToFacility => self.field(self.network.head(half)),
            Direction::FromFacility => {
                self.network.tails(half).map(|state| self.field(state)).fold((f64::INFINITY, NOBODY), better)
            }
        }
    }

    /// The stretches of an edge by their nearest destination.
    fn pieces(&self, edge: u32) -> Vec<Stretch> {
        let length_m = self.network.edges()[edge as usize].length_m;
        // the ways over which the first end, and the last, is the one that one goes to or comes from
        let (by_first, by_last, first, last) = match self.direction {
            Direction::ToFacility => (1, 0, 2 * edge + 1, 2 * edge),
            Direction::FromFacility => (0, 1, 2 * edge, 2 * edge + 1),
        };
        let mut marks: Vec<f64> = vec![0.0, length_m];
        marks.extend(self.on(edge).iter().filter_map(|at| Some(self.snap_of(*at)?.along_m)));
        if self.network.is_sloped() {
            marks.extend(self.network.corners(edge).iter().map(|corner| corner.along_m));
        }
        marks.sort_by(f64::total_cmp);
        marks.dedup();
        let here = |along_m: f64| {
            let at = self.on(edge).iter().filter_map(|at| Some((*at, self.snap_of(*at)?)));
            at.filter(|(_, snap)| snap.along_m == along_m)
                .map(|(at, snap)| (self.off(&snap), at))
                .fold((f64::INFINITY, NOBODY), better)
        };
        let span = |a: f64, b: f64, way: usize| self.span(edge, a, b, way);
        let after = |offer: Offer, cost: f64| if offer.1 == NOBODY { offer } else { (offer.0 + cost, offer.1) };
        let open = |way: usize, offer: Offer| {
            let is_open = self.network.edges()[edge as usize].seconds[way].is_finite();
            if is_open { offer } else { (f64::INFINITY, NOBODY) }
        };
        let count = marks.len();
        let (mut low, mut high) = (vec![(f64::INFINITY, NOBODY); count], vec![(f64::INFINITY, NOBODY); count]);
        for k in 0..count {
            let come = match k {
                0 => open(by_first, self.at_end(first)),
                _ => open(by_first, after(low[k - 1], span(marks[k - 1], marks[k], by_first))),
            };
            low[k] = better(come, here(marks[k]));
        }
        for k in (0..count).rev() {
            let come = match count - 1 - k {
                0 => open(by_last, self.at_end(last)),
                _ => open(by_last, after(high[k + 1], span(marks[k], marks[k + 1], by_last))),
            };
            high[k] = better(come, here(marks[k]));
        }
        let mut pieces: Vec<Stretch> = Vec::new();
        for k in 1..count {
            let (a, b) = (marks[k - 1], marks[k]);
            let (rise, fall) = (span(a, b, by_first), span(a, b, by_last));
            // low: from a on upward; high: from b backward
            let (from_low, from_high) = (open(by_first, low[k - 1]), open(by_last, high[k]));
            let mut push = |from_m: f64, to_m: f64, (destination, costs): (u32, [f64; 2])| {
                if destination != NOBODY && to_m > from_m {
                    pieces.push(Stretch { edge, from_m, to_m, destination, costs });
                }
            };
            let upward = [from_low.0, from_low.0 + rise];
            let downward = [from_high.0 + fall, from_high.0];
            if from_low.1 == NOBODY || downward[0] <= upward[0] {
                push(a, b, (from_high.1, downward));
            } else if from_high.1 == NOBODY || upward[1] <= downward[1] {
                push(a, b, (from_low.1, upward));
            } else {
                let share = (downward[0] - upward[0]) / (rise + fall);
                let (middle, cost) = (a + share * (b - a), upward[0] + share * rise);
                push(a, middle, (from_low.1, [upward[0], cost]));
                push(middle, b, (from_high.1, [cost, downward[1]]));
            }
        }
        pieces
    }
}

/// Cuts a stretch where its cost passes one of the breaks.
fn cut(whole: Stretch, breaks: &[f64], push: &mut impl FnMut(Stretch)) {
    let [a, b] = whole.costs;
    let mut at: Vec<f64> = vec![0.0, 1.0];
    if a != b {
        at.extend(breaks.iter().map(|limit| (limit - a) / (b - a)).filter(|share| *share > 0.0 && *share < 1.0));
    }
    at.sort_by(f64::total_cmp);
    for ends in at.windows(2) {
        let mix = |from: f64, to: f64, share: f64| if share == 1.0 { to } else { from + share * (to - from) };
        let part = Stretch {
            from_m: mix(whole.from_m, whole.to_m, ends[0]),
            to_m: mix(whole.from_m, whole.to_m, ends[1]),
            costs: [mix(a, b, ends[0]), mix(a, b, ends[1])],
            ..whole
        };
        if part.to_m > part.from_m {
            push(part);
        }
    }
}
