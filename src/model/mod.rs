//! Floor 1: what there is, in the plane of the study.

pub(crate) mod boxes;
pub mod locate;
pub mod rings;
