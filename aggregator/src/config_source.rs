//! The organization as AWS Config recorded it: repositories and keys come from the items of a configuration aggregator,
//! in a fraction of the calls and without a role in any account.
//!
//! An item says what was there when it was captured. That an account has *no* item of a repository says nothing by itself:
//! either it has no repository, or AWS Config does not record there. What tells the two apart is the item of the account's
//! configuration recorder, an `AWS::Config::ConfigurationRecorder`, which AWS Config records by default and free of charge
//! wherever it is set up: [`recording`] reads it, and [`survey`] makes a gap of every account and Region without one that
//! provably records repositories.

pub mod aggregator;
pub mod client;
pub mod compare;
#[cfg(test)]
mod fixtures;
pub mod keys;
pub mod query;
pub mod read;
pub mod reading;
pub mod recording;
pub mod row;
pub mod scan;
pub mod shelf;
pub mod survey;
pub mod words;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the repositories of a run come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// ECR and KMS themselves, with a role in each account.
    #[default]
    Api,
    /// AWS Config's aggregator, without roles.
    Config,
    /// ECR and KMS; what AWS Config recorded is compared with it.
    Both,
}

impl Source {
    /// The name, as users write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Config => "config",
            Self::Both => "both",
        }
    }
}
