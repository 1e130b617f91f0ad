//! End to end: the real binary checks simulated organizations, and what it tells and what it calls are looked at.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bad_input;
mod bench;
mod commands;
mod entering;
mod home;
mod large;
mod organization;
mod reading;
mod readme;
mod regions;
mod rule_as;
mod stop;
mod told;
mod used;
