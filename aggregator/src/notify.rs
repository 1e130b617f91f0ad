//! Who is told of a run, and what: a short digest to an SNS topic or a webhook. What cannot be delivered is told, and takes
//! nothing from the report.

pub mod digest;
mod sns;
mod target;
mod text;
mod webhook;

use std::time::Duration;

use aws_config::SdkConfig;
use clap::ValueEnum;
use ecr_encryption_rule::aws::clients;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::aws::http::CappedHttpClient;
use futures_util::future::join_all;
use thiserror::Error;
use tracing::warn;

use crate::stop::Stop;
pub use digest::Digest;
pub use target::{InvalidTarget, Target, TargetParser};

/// When those who are named are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum NotifyOn {
    /// Of every run
    #[default]
    Always,
    /// Where findings or coverage have changed since the run before, or there is none
    Change,
    /// Where the exit status is not 0
    Problem,
}

impl NotifyOn {
    /// Whether they are told of this run.
    pub fn wants(self, digest: &Digest) -> bool {
        match self {
            Self::Always => true,
            Self::Change => digest.changed,
            Self::Problem => digest.exit_status != 0,
        }
    }
}

/// What became of telling one of them.
#[derive(Debug)]
pub struct Delivery {
    /// Who: a topic's ARN, or of a webhook's address, which is a secret, scheme and host.
    pub target: String,
    /// Whether it was delivered.
    pub result: Result<(), NotifyError>,
}

/// Why somebody could not be told. No variant holds a webhook's address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotifyError {
    /// SNS did not take it.
    #[error("{0}")]
    Sns(AwsFault),
    /// The webhook's server did not take it, and would not either if it was sent again.
    #[error("HTTP {status}{said}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the server said, where that is a word or two.
        said: String,
    },
    /// The webhook's server wants it elsewhere.
    #[error("HTTP {0}: it redirects, and redirects are not followed")]
    Redirected(u16),
    /// Nobody has answered, or what was answered may pass; it was tried again.
    #[error("{last}, after {attempts} attempts")]
    Unavailable {
        /// What the last attempt has met.
        last: String,
        /// How many attempts there were.
        attempts: u32,
    },
    /// The run had no more time to wait for an answer.
    #[error("the time was over before it was answered")]
    TimeOver,
    /// It could not be put into words.
    #[error("the digest cannot be written: {0}")]
    Unwritable(String),
}

/// How long those who are told are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The time of one attempt.
    pub attempt: Duration,
    /// The longest wait before the second attempt; before each further one it is twice as long.
    pub first_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempt: Duration::from_secs(10), first_wait: Duration::from_secs(1) }
    }
}

/// Tells people.
#[derive(Debug, Clone)]
pub struct Notifier {
    sdk_config: SdkConfig,
    http: CappedHttpClient,
    patience: Patience,
    stop: Option<Stop>,
}

impl Notifier {
    /// Calls SNS with the credentials and retries of `sdk_config`.
    pub fn new(sdk_config: SdkConfig) -> Self {
        Self { sdk_config, http: clients::http_client(1), patience: Patience::default(), stop: None }
    }

    /// The same, with another patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The same, which waits for nobody any more once that ends telling.
    #[must_use]
    pub fn until(self, stop: Stop) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Tells all of them at once. What fails is logged, and told to the caller.
    pub async fn notify(&self, targets: &[Target], digest: &Digest) -> Vec<Delivery> {
        let telling: Vec<_> = targets.iter().map(|target| self.tell(target, digest)).collect();
        join_all(telling).await
    }

    async fn tell(&self, target: &Target, digest: &Digest) -> Delivery {
        let telling = async {
            match target {
                Target::Sns(topic) => sns::publish(&self.sdk_config, topic, digest).await,
                Target::Webhook(webhook) => webhook::post(&self.http, webhook, digest, self.patience).await,
            }
        };
        let time_is_over = async {
            match &self.stop {
                Some(stop) => stop.ends_telling().await,
                None => std::future::pending().await,
            }
        };
        let result = tokio::select! {
            biased;
            told = telling => told,
            () = time_is_over => Err(NotifyError::TimeOver),
        };
        let target = target.to_string();
        if let Err(error) = &result {
            warn!(target_shown = target, %error, "nobody could be told there");
        }
        Delivery { target, result }
    }
}
