//! Floor 6: the order of work: run, compare, explain.

pub mod compare;
pub mod explain;
pub mod inspect;
pub mod run;
