//! End to end: the real binary scans a simulated organization, and its files and exit status are looked at.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bad_input;
mod caller_credentials;
mod chaos;
mod config_compare;
mod config_gaps;
mod config_keys;
mod config_resume;
mod config_source;
mod cost;
mod coverage;
mod faults;
mod harness;
mod history;
mod interrupt;
mod isolation;
mod keys;
mod odd_answers;
mod output;
mod permissions;
mod policy;
mod resume;
mod security_hub;
mod selection;
mod summary_form;
mod templates;
