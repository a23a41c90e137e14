//! Floor 4: what a figure is judged by, and the verdict.

pub mod norm;
pub mod pace;
pub mod ranking;
pub mod scorecard;
pub mod split;
pub mod target;
pub mod verdict;
