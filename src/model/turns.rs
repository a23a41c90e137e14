//! Turns at junctions: which of them a driver may make, as states of a junction by how one came to it.
//!
//! A restriction counts where its two ways can be used and touch: one half edge of the way from leads to the junction and one of the way to
//! leaves it. Where a network has one, nobody turns round at a junction that leads on: else a forbidden turn would be made by turning
//! round behind the next junction. At a dead end one turns round, as in OSRM.

use std::collections::BTreeMap;

use crate::model::place::LonLat;

/// A turn at a corner that is not allowed, or the only one that is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    pub via: LonLat,
    /// Ids of the lines come from and turned into.
    pub from: u32,
    pub to: u32,
    /// Every other turn from there is forbidden, not this one.
    pub only: bool,
}

/// States of junctions beside the junction itself: as come to by a half edge from where not every way may be taken.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Turns {
    /// Junction of each state, rising; states are counted from the number of junctions.
    pub junction_of: Vec<u32>,
    /// The state that each half edge leads to, `u32::MAX` for the junction itself; empty where no turn is restricted.
    pub heads: Vec<u32>,
    /// Where the states that a half edge may be taken from begin in `tails`, by half edge.
    first: Vec<u32>,
    tails: Vec<u32>,
    /// Restrictions that hold, and those that do not: their ways can not be used by this mode, or do not end at the junction.
    pub minded: u32,
    pub void: u32,
}

/// Half edges at a junction.
#[derive(Default)]
struct Arms {
    arriving: Vec<u32>,
    leaving: Vec<u32>,
}

impl Turns {
    /// `halves` are those that there is a way along, with the junctions at tail and head; `first_line` and `last_line` are the ids of the lines
    /// at the tail and at the head of a half edge. `turns` are by junction; `unplaced` more are at no junction of the network.
    pub(super) fn new(
        junctions: usize,
        halves: impl Iterator<Item = (u32, (u32, u32))> + Clone,
        half_count: usize,
        turns: &BTreeMap<u32, Vec<&Turn>>,
        unplaced: u32,
        first_line: impl Fn(u32) -> u32,
        last_line: impl Fn(u32) -> u32,
    ) -> Turns {
        let mut made = Turns { void: unplaced, ..Turns::default() };
        let mut arms: Vec<Arms> = (0..junctions).map(|_| Arms::default()).collect();
        for (half, (tail, head)) in halves {
            arms[tail as usize].leaving.push(half);
            arms[head as usize].arriving.push(half);
        }
        // the half edges that a restriction speaks of: from, to
        let mut held: BTreeMap<u32, Vec<(u32, bool)>> = BTreeMap::new();
        for (junction, turns) in turns {
            let arms = &arms[*junction as usize];
            for turn in turns {
                let from: Vec<u32> =
                    arms.arriving.iter().copied().filter(|half| last_line(*half) == turn.from).collect();
                let to: Vec<u32> = arms.leaving.iter().copied().filter(|half| first_line(*half) == turn.to).collect();
                let pairs: Vec<(u32, u32)> = match (&from[..], &to[..]) {
                    // back along the way that one came by
                    _ if turn.from == turn.to && !turn.only => from
                        .iter()
                        .copied()
                        .filter(|half| to.contains(&(half ^ 1)))
                        .map(|half| (half, half ^ 1))
                        .collect(),
                    ([from], [to]) => vec![(*from, *to)],
                    _ => Vec::new(),
                };
                made.void += u32::from(pairs.is_empty());
                made.minded += u32::from(!pairs.is_empty());
                for (from, to) in pairs {
                    held.entry(from).or_default().push((to, turn.only));
                }
            }
        }
        if held.is_empty() {
            return made;
        }
        made.heads = vec![u32::MAX; half_count];
        let mut takes: Vec<(u32, u32)> = Vec::new();
        for (junction, arms) in (0u32..).zip(&arms) {
            for half in &arms.arriving {
                let mine = held.get(half).map_or(&[][..], Vec::as_slice);
                let is_dead_end = arms.leaving.iter().all(|out| *out == half ^ 1);
                let only: Vec<u32> = mine.iter().filter(|(_, only)| *only).map(|(to, _)| *to).collect();
                let is_allowed = |out: u32| {
                    (only.is_empty() || only.contains(&out))
                        && !mine.iter().any(|(to, only)| !only && *to == out)
                        && (out != half ^ 1 || is_dead_end || only.contains(&out))
                };
                if arms.leaving.iter().all(|out| is_allowed(*out)) {
                    continue;
                }
                let state = (junctions + made.junction_of.len()) as u32;
                made.junction_of.push(junction);
                made.heads[*half as usize] = state;
                takes.extend(arms.leaving.iter().filter(|out| is_allowed(**out)).map(|out| (*out, state)));
            }
        }
        takes.sort_unstable();
        made.first = (0..=half_count as u32).map(|half| takes.partition_point(|(out, _)| *out < half) as u32).collect();
        made.tails = takes.into_iter().map(|(_, state)| state).collect();
        made
    }

    /// The states beside the junction itself that a half edge may be taken from.
    pub(super) fn tails(&self, half: u32) -> &[u32] {
        match self.first.get(half as usize..half as usize + 2) {
            Some([from, to]) => &self.tails[*from as usize..*to as usize],
            _ => &[],
        }
    }

    /// The state that a half edge leads to; `None` for the junction itself.
    pub(super) fn head(&self, half: u32) -> Option<u32> {
        self.heads.get(half as usize).copied().filter(|state| *state != u32::MAX)
    }

    /// The states of a junction beside itself, counted from 0.
    pub(super) fn states_of(&self, junction: u32) -> std::ops::Range<u32> {
        let at = |junction: u32| self.junction_of.partition_point(|of| *of < junction) as u32;
        at(junction)..at(junction.saturating_add(1))
    }
}
