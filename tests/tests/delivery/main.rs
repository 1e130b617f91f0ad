//! Reports on S3, and who is told of them: against moto, and against servers that fail as they are told to.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod endpoint;
mod failed;
mod fake_s3;
mod faults;
mod fetch;
mod function;
mod latest;
mod location;
mod memory;
mod overtaken;
mod publish;
mod resume;
mod run;
mod scan;
mod topic;
mod unfinished;
mod webhook;
