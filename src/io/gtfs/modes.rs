//! Route types: the basic ones of GTFS and the extended ones (Hierarchical Vehicle Type of TPEG).
//!
//! After the list of extended route types on developers.google.com/transit/gtfs/reference/extended-route-types; numbers of a group that are
//! not on it have the mode of the group, as OpenTripPlanner and R5 take them.

use crate::model::transit::Mode;

/// What is made of a route type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    As(Mode),
    /// It is no public transport by timetable; what runs, in the plural.
    Not(&'static str),
    /// GTFS has no such number.
    Unknown,
}

/// What to write, for messages.
pub(super) const WORDS: &str = "0 for trams, 1 metro, 2 rail, 3 buses, 4 ferries, 5 or 6 cable cars, 7 funiculars, 11 trolleybuses, \
                                12 monorails, or an extended type of 100 to 1702";

/// What is made of a route type, basic or extended.
pub fn of(kind: u32) -> Use {
    Use::As(match kind {
        // pupils alone ride in them; 713 is for all
        712 => Mode::SchoolBus,
        715 => Mode::OnDemand,
        // 717, and 1501, in whose place the list wants 717: shared taxis on lines
        3 | 11 | 700..=899 | 1501 => Mode::Bus,
        200..=299 => Mode::Coach,
        1 | 12 | 400..=699 => Mode::Metro,
        2 | 100..=199 | 300..=399 => Mode::Rail,
        4 | 1000..=1099 | 1200..=1299 => Mode::Ferry,
        0 | 900..=999 => Mode::Tram,
        5..=7 | 1300..=1499 | 1701 => Mode::Cable,
        1100..=1199 => return Use::Not("aircraft"),
        1500..=1599 => return Use::Not("taxis"),
        1600..=1699 => return Use::Not("hired vehicles that one drives"),
        1702 => return Use::Not("horse-drawn carriages"),
        1700..=1799 => return Use::Not("vehicles of no named kind (miscellaneous)"),
        _ => return Use::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_a_group_has_the_mode_of_the_group_or_one_of_its_own() {
        let own = [712, 715, 1501, 1701];
        for kind in (100..1800).filter(|kind| !own.contains(kind)) {
            assert!(of(kind) != Use::Unknown, "{kind}");
        }
        for kind in [8, 9, 10, 13, 99, 1800, u32::MAX] {
            assert_eq!(of(kind), Use::Unknown, "{kind}");
        }
    }
}
