//! The runs that are kept side by side, and what has changed from one to the next.

pub mod change;
pub mod manifest;
pub mod runs;
pub mod targets;
