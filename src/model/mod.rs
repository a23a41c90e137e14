//! Floor 1: what there is: regions, facilities, demand, stops and services, held together in a [`study::Study`].

pub mod demand;
pub mod facility;
pub mod place;
pub mod region;
pub mod study;
pub mod transit;
