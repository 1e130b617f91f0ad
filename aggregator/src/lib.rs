//! Scans every account of an AWS organization and writes one report of how its ECR repositories are encrypted.
//!
//! [`run::run`] is the whole of it: it prepares ([`selection`], [`scan::listing`]), reads ([`scan`]) and judges what it can
//! ([`judge`]) onto disk ([`journal`]), asks for what is left of the keys, and then writes ([`report`], [`output`]) what the
//! journal holds in its order. Neither verdicts nor their order depend on who answered first.

pub mod account;
pub mod args;
pub mod aws;
pub mod begin;
pub mod config_source;
pub mod coverage;
pub mod deliver;
pub mod destination;
pub mod diff;
pub mod doctor;
pub mod error;
pub mod exit;
pub mod finding;
pub mod finished;
pub mod function;
pub mod history;
pub mod journal;
pub mod judge;
pub mod keys;
pub mod ledger;
pub mod notify;
pub mod opening;
pub mod output;
pub mod pace;
pub mod pipe;
pub mod plan;
pub mod policy_file;
pub mod progress;
pub mod read;
pub mod recording_group;
pub mod report;
pub mod reporter;
pub mod rerender;
pub mod run;
pub mod scan;
pub mod security_hub;
pub mod selected;
pub mod selection;
pub mod stop;
pub mod store;
pub mod summary;
pub mod unfinished;
pub mod write;
