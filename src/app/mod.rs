//! Floor 6: the order of work: init, inspect, run, compare, explain.

mod asked;
pub mod compare;
pub mod explain;
pub mod init;
pub mod inspect;
pub(crate) mod otherwise;
mod package;
pub mod run;
pub mod scenario;
pub mod way;
