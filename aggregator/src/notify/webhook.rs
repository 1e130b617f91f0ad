//! A digest to a server that takes JSON, in Slack's form or as it is.

mod slack;

use std::error::Error;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use ecr_encryption_rule::aws::fault;
use ecr_encryption_rule::aws::http::CappedHttpClient;
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{Request, Response, StatusCode, Uri};
use serde::Serialize;

use super::digest::Digest;
use super::target::Webhook;
use super::{NotifyError, Patience, text};
use crate::report::terminal::layout::{cut, printable};

/// How many attempts there are.
const ATTEMPTS: u32 = 4;
/// No server makes anybody wait longer.
const MOST_WAIT: Duration = Duration::from_secs(30);

/// The digest as it is, and in words.
#[derive(Serialize)]
struct Plain<'a> {
    text: String,
    #[serde(flatten)]
    digest: &'a Digest,
}

/// Posts it, again where that may help. The address is in no error.
pub(super) async fn post(
    client: &CappedHttpClient,
    webhook: &Webhook,
    digest: &Digest,
    patience: Patience,
) -> Result<(), NotifyError> {
    let body = if webhook.is_slack {
        serde_json::to_string(&slack::message(digest))
    } else {
        serde_json::to_string(&Plain { text: text::plain(digest), digest })
    };
    let body = body.map_err(|error| NotifyError::Unwritable(error.to_string()))?;
    let mut wait = patience.first_wait;
    let mut attempts = 1;
    loop {
        let (last, asked) = match attempt(client, &webhook.uri, &body, patience.attempt).await {
            Attempt::Done => return Ok(()),
            Attempt::Failed(error) => return Err(error),
            Attempt::Passing { last, retry_after } => (last, retry_after),
        };
        if attempts == ATTEMPTS {
            return Err(NotifyError::Unavailable { last, attempts });
        }
        attempts += 1;
        tokio::time::sleep(asked.unwrap_or_else(|| wait.mul_f64(fastrand::f64())).min(MOST_WAIT)).await;
        wait *= 2;
    }
}

/// What came of an attempt.
enum Attempt {
    Done,
    Failed(NotifyError),
    Passing { last: String, retry_after: Option<Duration> },
}

async fn attempt(client: &CappedHttpClient, uri: &Uri, body: &str, limit: Duration) -> Attempt {
    let request = Request::post(uri)
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header(USER_AGENT, concat!("ecr-encryption/", env!("CARGO_PKG_VERSION")))
        .body(body.to_owned());
    let request = match request {
        Ok(request) => request,
        Err(error) => return Attempt::Failed(NotifyError::Unwritable(error.to_string())),
    };
    match client.request(request, limit).await {
        Ok(answer) => judge(&answer, uri),
        Err(error) if error.is_timeout() => passing(format!("no answer within {} s", limit.as_secs_f32())),
        Err(error) if error.is_user() => Attempt::Failed(NotifyError::Unwritable("it cannot be sent".to_owned())),
        Err(error) => passing(format!("no answer{}", cause(&error, uri))),
    }
}

/// What the innermost layer says: it knows best, and of addresses the host at most. This makes sure of it.
fn cause(error: &dyn Error, uri: &Uri) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let told = cut(&printable(&innermost.to_string()), 200);
    let secret = uri.path_and_query().map_or("", |path| path.as_str().trim_matches('/'));
    if secret.is_empty() || !told.contains(secret) { format!(": {told}") } else { String::new() }
}

fn passing(last: String) -> Attempt {
    Attempt::Passing { last, retry_after: None }
}

fn judge(answer: &Response<Bytes>, uri: &Uri) -> Attempt {
    let status = answer.status();
    if status.is_success() {
        Attempt::Done
    } else if status.is_redirection() {
        Attempt::Failed(NotifyError::Redirected(status.as_u16()))
    } else if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        let asked = answer.headers().get(RETRY_AFTER).and_then(|text| text.to_str().ok());
        let retry_after = asked.and_then(|text| fault::retry_after(text, SystemTime::now()));
        Attempt::Passing { last: format!("HTTP {}", status.as_u16()), retry_after }
    } else {
        let said = word(answer.body(), uri).map(|word| format!(": {word}")).unwrap_or_default();
        Attempt::Failed(NotifyError::Refused { status: status.as_u16(), said })
    }
}

/// What a server says in a word or two, such as Slack's `no_service`; no page, which could repeat the address.
fn word<'a>(body: &'a [u8], uri: &Uri) -> Option<&'a str> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ' ';
    let is_told = (1..=60).contains(&text.len()) && text.chars().all(is_word) && !uri.to_string().contains(text);
    is_told.then_some(text)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("no_service", Some("no_service"))]
    #[case(" invalid payload\n", Some("invalid payload"))]
    #[case("", None)]
    #[case("SECRET", None)]
    #[case("/services/SECRET was not found", None)]
    #[case("<html>", None)]
    fn a_word_is_told_and_the_address_is_not(#[case] body: &str, #[case] told: Option<&str>) {
        let uri = Uri::from_static("https://example.com/services/SECRET");
        assert_eq!(word(body.as_bytes(), &uri), told);
    }
}
