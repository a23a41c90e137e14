//! Timetables, journeys, stops, and the metrics that stand on them.

mod direct_to_seat;
mod feeds_as_they_come;
mod gtfs_preflight;
mod hub_reach;
mod line_shapes;
mod meaning;
mod modes;
mod neighbour_journeys;
mod raptor;
mod reachable_within;
mod route_table;
mod stop_coverage;
#[path = "../support/mod.rs"]
mod support;
mod theory_six_counties;
mod theory_six_counties_timed;
mod timetables;
mod transit_layers;
