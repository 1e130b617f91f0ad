//! Logs of a Lambda function.

use std::env;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

/// Logs the lines of `crates` as JSON, one object a line, as `CloudWatch` Logs Insights reads it. `AWS_LAMBDA_LOG_LEVEL` is
/// Lambda's own switch.
pub fn start(crates: &[&str]) {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL").ok().and_then(|level| level.to_lowercase().parse().ok());
    let level: LevelFilter = level.unwrap_or(LevelFilter::INFO);
    // Own lines only: `lambda_runtime` would log whole events, and every failure a second time.
    let own = Targets::new().with_targets(crates.iter().map(|&name| (name, level)));
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_target(false);
    registry().with(lines.with_filter(own)).init();
}
