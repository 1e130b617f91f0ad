//! End to end: the real binary reads runs that are kept, and compares and renders them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod diff;
mod kept;
mod report;
