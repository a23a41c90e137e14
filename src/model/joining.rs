//! Lines that were not drawn on shared corners: what lies within a tolerance of a line's end is made to meet it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use crate::model::place::Place;
use crate::model::streets;

/// Side of the squares in which sides are looked up, metres; at least four tolerances.
const SQUARE_M: f64 = 50.0;

/// A line as it was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    pub corners: Vec<Place>,
    /// Lines of different levels do not meet unless they share a corner: a bridge and what passes below.
    pub level: u32,
}

/// What was joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Joined {
    /// Corners that were moved to another line's.
    pub corners: u64,
    /// Corners that were put into the side of another line.
    pub sides: u64,
}

/// Joins lines at their ends. Corners of different lines within the tolerance (included, in the plane) of a line's end, and those within it of an
/// end among them, become one: that of the first line. A side that comes within the tolerance of an end gets a corner there, unless its line has
/// one of those already. Inner corners that are near each other, with no end there, stay as they are.
pub fn join(lines: &mut [Drawn], within_m: f64) -> Joined {
    let mut joined = Joined::default();
    if !(within_m > 0.0 && within_m.is_finite()) {
        return joined;
    }
    // every corner by its number; those of a line follow each other
    let mut first: Vec<usize> = vec![0];
    lines.iter().for_each(|line| first.push(first[first.len() - 1] + line.corners.len()));
    let line_of: Vec<u32> =
        (0u32..).zip(lines.iter()).flat_map(|(at, line)| std::iter::repeat_n(at, line.corners.len())).collect();
    let place = |lines: &[Drawn], corner: usize| {
        let line = line_of[corner] as usize;
        lines[line].corners[corner - first[line]]
    };
    let mut squares: HashMap<[i64; 2], Vec<u32>> = HashMap::new();
    let square = |value: f64, side: f64| (value / side).floor() as i64;
    for corner in 0..line_of.len() {
        let at = place(lines, corner).xy;
        squares.entry([square(at.x, within_m), square(at.y, within_m)]).or_default().push(corner as u32);
    }
    let ends: Vec<usize> = (0..lines.len())
        .filter(|line| lines[*line].corners.len() > 1)
        .flat_map(|line| [first[line], first[line + 1] - 1])
        .collect();
    let mut above: Vec<u32> = (0..line_of.len() as u32).collect();
    // what shares a corner keeps doing so, whatever its level
    let mut known: HashMap<(i64, i64), u32> = HashMap::new();
    for corner in 0..line_of.len() as u32 {
        let other = *known.entry(streets::key(place(lines, corner as usize).lonlat)).or_insert(corner);
        let (a, b) = (top(&mut above, corner), top(&mut above, other));
        above[a.max(b) as usize] = a.min(b);
    }
    for end in &ends {
        let (at, line) = (place(lines, *end).xy, line_of[*end]);
        let (column, row) = (square(at.x, within_m), square(at.y, within_m));
        let around = (column - 1..=column + 1).flat_map(|x| (row - 1..=row + 1).map(move |y| [x, y]));
        for other in around.filter_map(|key| squares.get(&key)).flatten() {
            let is_near = || place(lines, *other as usize).xy.distance_m(at) <= within_m;
            let their = line_of[*other as usize];
            if their != line && lines[their as usize].level == lines[line as usize].level && is_near() {
                let (a, b) = (top(&mut above, *end as u32), top(&mut above, *other));
                above[a.max(b) as usize] = a.min(b);
            }
        }
    }
    // the lines that have a corner in each group with an end
    let mut groups: BTreeMap<u32, BTreeSet<u32>> =
        ends.iter().map(|end| (top(&mut above, *end as u32), BTreeSet::new())).collect();
    for corner in 0..line_of.len() as u32 {
        let group = top(&mut above, corner);
        if let Some(members) = groups.get_mut(&group) {
            members.insert(line_of[corner as usize]);
            let (to, line) = (place(lines, group as usize), line_of[corner as usize] as usize);
            let known = &mut lines[line].corners[corner as usize - first[line]];
            if *known != to {
                *known = to;
                joined.corners += 1;
            }
        }
    }
    let added = beside(lines, &groups, &|group| place(lines, group as usize), within_m);
    joined.sides = added.len() as u64;
    // from the last on, so that what is before keeps its number
    for (line, side, _, at) in added.into_iter().rev() {
        lines[line as usize].corners.insert(side as usize + 1, at);
    }
    joined
}

fn top(above: &mut [u32], mut at: u32) -> u32 {
    while above[at as usize] != at {
        above[at as usize] = above[above[at as usize] as usize];
        at = above[at as usize];
    }
    at
}

/// A corner to be put into a side: the line, the corner that the side starts at, how far along it, and the place.
type Added = (u32, u32, f64, Place);

/// For each group of corners, the nearest side of every other line of their levels that comes within the tolerance; in the order of lines, and
/// along them.
fn beside(
    lines: &[Drawn],
    groups: &BTreeMap<u32, BTreeSet<u32>>,
    place: &dyn Fn(u32) -> Place,
    within_m: f64,
) -> Vec<Added> {
    let side_m = SQUARE_M.max(4.0 * within_m);
    let square = |value: f64| (value / side_m).floor() as i64;
    let mut squares: HashMap<[i64; 2], Vec<(u32, u32)>> = HashMap::new();
    for (line, drawn) in (0u32..).zip(lines) {
        for (side, ends) in (0u32..).zip(drawn.corners.windows(2)) {
            let pieces = (ends[0].xy.distance_m(ends[1].xy) / side_m).ceil().max(1.0) as u32;
            let point = |piece: u32| ends[0].towards(&ends[1], f64::from(piece) / f64::from(pieces)).xy;
            for piece in 0..pieces {
                let (a, b) = (point(piece), point(piece + 1));
                let span = |a: f64, b: f64| square(a.min(b) - within_m)..=square(a.max(b) + within_m);
                for column in span(a.x, b.x) {
                    for row in span(a.y, b.y) {
                        let here = squares.entry([column, row]).or_default();
                        if here.last() != Some(&(line, side)) {
                            here.push((line, side));
                        }
                    }
                }
            }
        }
    }
    let mut added: Vec<Added> = Vec::new();
    for (group, members) in groups {
        let at = place(*group);
        let levels: BTreeSet<u32> = members.iter().map(|line| lines[*line as usize].level).collect();
        // line by line the nearest: how far, side, how far along it
        let mut nearest: BTreeMap<u32, (f64, u32, f64)> = BTreeMap::new();
        for (line, side) in squares.get(&[square(at.xy.x), square(at.xy.y)]).into_iter().flatten() {
            let drawn = &lines[*line as usize];
            if !levels.contains(&drawn.level) || members.contains(line) {
                continue;
            }
            let (a, b) = (drawn.corners[*side as usize].xy, drawn.corners[*side as usize + 1].xy);
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            let square = dx * dx + dy * dy;
            let share = if square > 0.0 {
                (((at.xy.x - a.x) * dx + (at.xy.y - a.y) * dy) / square).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let off = (at.xy.x - a.x - share * dx).hypot(at.xy.y - a.y - share * dy);
            if off <= within_m && nearest.get(line).is_none_or(|(known, ..)| off < *known) {
                nearest.insert(*line, (off, *side, share));
            }
        }
        added.extend(nearest.into_iter().map(|(line, (_, side, share))| (line, side, share, at)));
    }
    added.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
    added
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::place::LonLat;
    use crate::model::place::PlaneXy;

    fn line(corners: &[(f64, f64)], level: u32) -> Drawn {
        let place =
            |(x, y): &(f64, f64)| Place { lonlat: LonLat { lon: x / 1e5, lat: y / 1e5 }, xy: PlaneXy { x: *x, y: *y } };
        Drawn { corners: corners.iter().map(place).collect(), level }
    }

    fn xy(line: &Drawn) -> Vec<(f64, f64)> {
        line.corners.iter().map(|corner| (corner.xy.x, corner.xy.y)).collect()
    }

    #[test]
    fn ends_within_the_tolerance_become_one_and_the_limit_is_within_it() {
        // three ends about 100, 0: the second exactly half a metre from the first, the third a hair more from both
        let mut lines = [
            line(&[(0.0, 0.0), (100.0, 0.0)], 0),
            line(&[(100.5, 0.0), (200.0, 0.0)], 0),
            line(&[(100.25, 0.6), (100.0, 90.0)], 0),
        ];
        assert_eq!(join(&mut lines, 0.5), Joined { corners: 1, sides: 0 });
        assert_eq!(xy(&lines[1]), [(100.0, 0.0), (200.0, 0.0)]);
        assert_eq!(xy(&lines[2]), [(100.25, 0.6), (100.0, 90.0)]);
    }

    #[test]
    fn an_end_beside_a_side_splits_it_and_an_inner_corner_is_met() {
        let mut lines = [
            line(&[(0.0, 0.0), (1000.0, 0.0)], 0),
            line(&[(300.0, 0.4), (300.0, 50.0)], 0),
            line(&[(700.0, -0.3), (700.0, -50.0)], 0),
            line(&[(300.1, 50.3), (0.0, 60.0), (0.0, 80.0)], 0),
            line(&[(0.3, 60.2), (-90.0, 60.0)], 0),
        ];
        // two into the long side; the fourth line's end to the second's; the fifth's end to the fourth's inner corner
        assert_eq!(join(&mut lines, 0.5), Joined { corners: 2, sides: 2 });
        assert_eq!(xy(&lines[0]), [(0.0, 0.0), (300.0, 0.4), (700.0, -0.3), (1000.0, 0.0)]);
        assert_eq!(xy(&lines[3])[0], (300.0, 50.0));
        assert_eq!(xy(&lines[4])[0], (0.0, 60.0));
    }

    #[test]
    fn levels_stay_apart_and_lines_that_merely_cross_do_not_meet() {
        let before = [
            line(&[(0.0, 0.0), (100.0, 0.0)], 0),
            line(&[(50.0, 0.2), (50.0, 90.0)], 1),
            line(&[(70.0, -50.0), (70.0, 50.0)], 0),
            // inner corners near each other, no end there
            line(&[(20.0, -30.0), (20.0, 0.1), (25.0, 30.0)], 0),
        ];
        let mut lines = before.clone();
        assert_eq!(join(&mut lines, 0.5), Joined::default());
        assert_eq!(lines, before);
        assert_eq!(join(&mut lines, 0.0), Joined::default());
    }

    #[test]
    fn a_bridge_stays_with_the_road_that_it_shares_a_corner_with() {
        // the road's end is moved to the first line's, and the bridge's with it
        let mut lines = [
            line(&[(0.0, 0.0), (100.0, 0.0)], 0),
            line(&[(100.3, 0.0), (200.0, 0.0)], 0),
            line(&[(100.3, 0.0), (100.3, 90.0)], 1),
        ];
        assert_eq!(join(&mut lines, 0.5), Joined { corners: 2, sides: 0 });
        assert_eq!(xy(&lines[1])[0], (100.0, 0.0));
        assert_eq!(xy(&lines[2])[0], (100.0, 0.0));
    }

    #[test]
    fn ends_that_share_a_corner_already_are_joined_to_a_side_together() {
        let mut lines = [
            line(&[(0.0, 0.0), (100.0, 0.0)], 0),
            line(&[(40.0, 0.3), (40.0, 50.0)], 0),
            line(&[(40.0, 0.3), (10.0, 50.0)], 0),
        ];
        assert_eq!(join(&mut lines, 0.5), Joined { corners: 0, sides: 1 });
        assert_eq!(xy(&lines[0]), [(0.0, 0.0), (40.0, 0.3), (100.0, 0.0)]);
    }
}
