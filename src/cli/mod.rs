//! Floor 7: the command line; the only floor that prints.

#[cfg(feature = "bench")]
pub mod bench;
