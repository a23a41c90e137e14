//! What the tests share: scenes built by hand.
#![allow(dead_code)]

pub mod extract;
pub mod feed;
pub mod packed;
pub mod scene;
