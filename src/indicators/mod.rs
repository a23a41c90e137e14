//! Floor 4: what a figure is judged by.

pub mod target;
