//! The AWS Config rule, and the look-ups in AWS that it shares with the aggregator: repositories, keys, tags, and the
//! credentials for them.
//!
//! [`lookup::Lookup`] says what can be asked; [`aws::AwsLookup`] asks AWS through its SDK. What goes wrong is an
//! [`aws::fault::AwsFault`], which keeps what AWS said. [`handler::Rule`] answers the events of AWS Config.

pub mod accounts;
pub mod aws;
pub mod cache;
pub mod configuration;
pub mod deadline;
pub mod embedded_metrics;
pub mod error;
pub mod evaluations;
pub mod event;
pub mod handler;
pub mod keys;
pub mod logs;
pub mod lookup;
pub mod metrics;
