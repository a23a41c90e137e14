//! tongda (通达, "within reach"): geospatial service-coverage analysis.
//!
//! The floors, lowest first; imports point down only (`tests/program/architecture.rs` keeps this):
//! [`base`] · [`model`] and [`table`] · [`impedance`] · [`metrics`] · [`indicators`] · [`config`], [`ingest`], [`io`] and
//! [`layers`] · [`app`] · [`cli`]. Floors 0 to 4 are the core: they know neither files nor the terminal.

pub mod app;
pub mod base;
pub mod cli;
pub mod config;
pub mod impedance;
pub mod indicators;
pub mod ingest;
pub mod io;
pub mod layers;
pub mod metrics;
pub mod model;
pub mod table;
