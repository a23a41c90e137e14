//! Floor 2: how far it is from one place to another.

pub mod index;
