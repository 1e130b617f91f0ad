//! End to end: the real rule, in a local Lambda, with the organization simulator as AWS.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::needless_pass_by_value, reason = "events are made of values that are written where they are used")]

mod bad_input;
mod deadline;
mod event;
mod harness;
mod keys;
mod logs;
mod members;
mod parameters;
mod permissions;
mod put;
mod runtime_api;
mod samples;
mod sweep;
mod triggers;
