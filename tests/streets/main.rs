//! Ways along streets and over a cost surface, and the areas that they reach.

mod catchments;
mod driving;
mod osm_access;
mod published_networks;
mod squares;
mod streets;
#[path = "../support/mod.rs"]
mod support;
mod surface;
mod turns;
