//! The flags that say how AWS is called.

use clap::Args;
use ecr_encryption_core::InvalidValue;

use crate::pace::Concurrency;

/// How AWS is called.
#[derive(Debug, Clone, Copy, Args)]
pub struct CallArgs {
    /// How many calls may be under way at once: 1 to 1024, or `auto`: as many as are answered without a queue
    #[arg(long, value_name = "auto|N", default_value_t = Concurrency::Auto, value_parser = concurrency)]
    #[arg(env = "ECR_ENCRYPTION_CONCURRENCY", hide_env = true)]
    pub concurrency: Concurrency,

    /// Requests per second to one service in one Region of one account [default: a small share of AWS's quota]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    #[arg(env = "ECR_ENCRYPTION_MAX_RATE", hide_env = true)]
    pub max_rate: Option<u32>,

    /// How long one attempt of a call may take, in seconds; every call gets at least six attempts
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=300))]
    #[arg(env = "ECR_ENCRYPTION_ATTEMPT_TIMEOUT", hide_env = true)]
    pub attempt_timeout: u64,
}

fn concurrency(text: &str) -> Result<Concurrency, InvalidValue> {
    text.parse()
}
