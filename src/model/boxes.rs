//! A packed tree of boxes: which of many boxes meet a given one.

use rayon::prelude::*;

use crate::base::plane::Rect;

/// Boxes a node holds.
const FAN: usize = 8;

/// A frozen tree over boxes, filled to the last node (sort-tile-recursive, Leutenegger et al. 1997).
///
/// The order depends on ranks, never on the size of the extent, so one stray box far away does no harm.
#[derive(Debug, Clone)]
pub(crate) struct BoxTree {
    /// All levels, the leaves' boxes first, the root last.
    boxes: Vec<Rect>,
    /// First box of each level.
    levels: Vec<usize>,
    /// The item of each leaf box.
    items: Vec<u32>,
}

impl BoxTree {
    pub(crate) fn new(rects: &[Rect]) -> BoxTree {
        // Ranks along one axis need no more than the centre's place there; items break ties.
        let keyed = |axis: usize, item: u32| (sortable(rects[item as usize].centre()[axis]), item);
        let mut order: Vec<(u64, u32)> = (0..rects.len() as u32).into_par_iter().map(|item| keyed(0, item)).collect();
        order.par_sort_unstable();
        let leaves = rects.len().div_ceil(FAN);
        let slice = FAN * (leaves as f64).sqrt().ceil().max(1.0) as usize;
        order.par_chunks_mut(slice).for_each(|slice| {
            slice.iter_mut().for_each(|entry| *entry = keyed(1, entry.1));
            slice.sort_unstable();
        });
        let items: Vec<u32> = order.into_iter().map(|entry| entry.1).collect();
        let mut boxes: Vec<Rect> = items.iter().map(|item| rects[*item as usize]).collect();
        let mut levels = vec![0];
        let mut from = 0;
        while boxes.len() - from > 1 {
            let to = boxes.len();
            for start in (from..to).step_by(FAN) {
                let mut rect = Rect::EMPTY;
                boxes[start..(start + FAN).min(to)].iter().for_each(|child| rect.join(child));
                boxes.push(rect);
            }
            levels.push(to);
            from = to;
        }
        BoxTree { boxes, levels, items }
    }

    /// Calls `found` with every item whose box meets `rect`, touching included, in no particular order.
    #[inline]
    pub(crate) fn meeting(&self, rect: &Rect, mut found: impl FnMut(u32)) {
        let Some(root) = self.boxes.last() else { return };
        if !root.meets(rect) {
            return;
        }
        // FAN - 1 nodes may wait on each of at most ceil(log8(2^32)) = 11 levels.
        let mut waiting = [(0u32, 0u32); FAN * 12];
        waiting[0] = (self.levels.len() as u32 - 1, 0);
        let mut count = 1;
        while count > 0 {
            count -= 1;
            let (level, node) = (waiting[count].0 as usize, waiting[count].1 as usize);
            if level == 0 {
                found(self.items[node]);
                continue;
            }
            let first = self.levels[level - 1];
            let end = self.levels[level];
            let children = first + node * FAN..(first + (node + 1) * FAN).min(end);
            for child in children {
                if self.boxes[child].meets(rect) {
                    if level == 1 {
                        found(self.items[child]);
                    } else {
                        waiting[count] = (level as u32 - 1, (child - first) as u32);
                        count += 1;
                    }
                }
            }
        }
    }
}

/// Bits that sort as the numbers do (the order of `total_cmp`).
fn sortable(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_tree_finds_what_a_scan_finds(
            corners in prop::collection::vec((-50..50i32, -50..50i32, 0..9i32, 0..9i32), 0..700),
            probe in (-50..50i32, -50..50i32, 0..30i32, 0..30i32),
        ) {
            let rect = |c: &(i32, i32, i32, i32)| Rect {
                min: [f64::from(c.0), f64::from(c.1)],
                max: [f64::from(c.0 + c.2), f64::from(c.1 + c.3)],
            };
            let rects: Vec<Rect> = corners.iter().map(rect).collect();
            let probe = rect(&probe);
            let mut found = Vec::new();
            BoxTree::new(&rects).meeting(&probe, |item| found.push(item));
            found.sort_unstable();
            let expected: Vec<u32> = (0..rects.len() as u32).filter(|k| rects[*k as usize].meets(&probe)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
