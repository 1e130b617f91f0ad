//! The runs that are kept side by side, and what has changed from one to the next.

pub mod aspects;
pub mod change;
pub mod compare;
mod earlier;
pub mod manifest;
pub mod parts;
mod pending;
pub mod place;
pub mod reader;
pub mod resolve;
pub mod runs;
#[cfg(test)]
pub(crate) mod samples;
pub mod targets;
