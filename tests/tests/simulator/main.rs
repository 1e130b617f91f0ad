//! The simulator's own tests: does it answer, refuse and fail as AWS does?

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy knows test functions, and not the functions that they share"
)]

mod boto3;
mod chaos;
mod client;
mod cloudformation;
mod command_line;
mod config;
mod config_aggregator;
mod config_organization;
mod config_query;
mod config_recorder;
mod counters;
mod credentials;
mod delegation;
mod description;
mod ecr;
mod ecr_registry;
mod faults;
mod generated;
mod kms;
mod organizations;
mod protocol;
mod regions;
mod sts;
mod tagging;
mod world;
