//! The runs that are kept side by side, and what has changed from one to the next.

pub mod aspects;
pub mod change;
pub mod compare;
mod earlier;
pub mod manifest;
mod pending;
pub mod runs;
pub mod targets;
