//! Floor 3: what is measured.

pub mod borders;
