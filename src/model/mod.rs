//! Floor 1: what there is: regions, facilities, demand, stops and services, held together in a [`study::Study`].

pub(crate) mod boxes;
pub mod course;
pub mod cutting;
pub mod demand;
pub mod distortion;
pub mod district;
pub mod doubtful;
pub mod dropped;
pub mod facility;
pub mod gathered;
pub mod gb2260;
pub mod hazard;
pub mod joining;
pub mod lattice;
pub mod locate;
pub mod place;
pub mod records;
pub mod region;
pub mod reported;
pub mod rings;
pub mod streets;
pub mod study;
pub mod surface;
pub mod transit;
pub mod travel;
mod turns;
