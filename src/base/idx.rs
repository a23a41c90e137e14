//! Indices as types, so that a facility can not be looked up with the number of a region.

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The index as a position in a slice.
            pub fn at(self) -> usize {
                self.0 as usize
            }

            /// The index of position `at`.
            pub fn new(at: usize) -> Self {
                debug_assert!(u32::try_from(at).is_ok(), "more than 4 294 967 295 records");
                $name(at as u32)
            }
        }
    )+ };
}

index!(
    /// Position of a region in its [`RegionTree`](crate::model::region::RegionTree).
    RegionIdx,
    /// Position of a facility in the study.
    FacilityIdx,
    /// Position of a demand point in its demand layer.
    DemandIdx,
    /// Position of a stop among the stops of the study.
    StopIdx,
    /// Position of a service (a bus line) in the study.
    ServiceIdx,
    /// Position of a calendar among those of the study's timetables.
    CalendarIdx,
    /// Position of a shape among those of the study's timetables.
    ShapeIdx,
    /// Position of a timetable or route table among those of the study.
    FeedIdx,
);
