//! What the SDK is told of a call without an answer: it, or whoever retries, decides by the kind.

use std::error::Error;
use std::future::Future;
use std::io;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::retry::ErrorKind;
use thiserror::Error;
use tokio::time::timeout;

#[derive(Debug, Error)]
#[error("HTTP {what} timeout occurred after {after:?}")]
struct TimedOut {
    what: &'static str,
    after: Duration,
}

/// What comes of `work` within `limit`.
pub async fn in_time<T>(
    limit: Option<Duration>,
    what: &'static str,
    work: impl Future<Output = Result<T, ConnectorError>>,
) -> Result<T, ConnectorError> {
    match limit {
        Some(after) => {
            timeout(after, work).await.unwrap_or_else(|_| Err(ConnectorError::timeout(TimedOut { what, after }.into())))
        }
        None => work.await,
    }
}

/// No connection could be opened. That may pass, whatever the cause was.
pub fn of_connecting(error: BoxError) -> ConnectorError {
    ConnectorError::io(error)
}

/// A connection that failed while it was used.
pub fn of_hyper(error: hyper::Error) -> ConnectorError {
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_user() {
        ConnectorError::user(error.into())
    } else if error.is_closed() || error.is_canceled() || is_of_io(&error) {
        ConnectorError::io(error.into())
    } else if error.is_incomplete_message() {
        // The server closed the connection instead of answering.
        ConnectorError::other(error.into(), Some(ErrorKind::TransientError))
    } else {
        ConnectorError::other(error.into(), None)
    }
}

fn is_of_io(error: &hyper::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if error.is::<io::Error>() {
            return true;
        }
        source = error.source();
    }
    false
}
