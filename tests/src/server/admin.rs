//! The simulator's own interface, below `/_simulator/`.

use hyper::http::request::Parts;
use hyper::{Method, Response};
use serde::Deserialize;
use serde_json::json;

use super::State;
use super::answer::{Answer, json_document, plain};
use crate::aws::timestamp_text;
use crate::organization::Fault;

/// Where the interface is.
pub const PREFIX: &str = "/_simulator/";

/// `POST /_simulator/faults`: the same fields as in a description.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFaults {
    faults: Vec<Fault>,
}

/// `POST /_simulator/caller-credentials`: how often the caller may renew them from now on; null: always.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Renewals {
    renewals: Option<u64>,
}

/// Fresh credentials of the caller, as the endpoint of a container tells them.
fn caller_credentials(state: &State) -> Response<Answer> {
    let Some((session, expires_at)) = state.renewed_caller() else {
        let body = json!({"code": "ExpiredSession", "message": "the session has ended, log in again"});
        return plain(403, "application/json", body.to_string());
    };
    json_document(&json!({
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "Token": session.token,
        "Expiration": timestamp_text(expires_at),
    }))
}

/// Answers a request below the prefix.
pub fn answer(state: &State, parts: &Parts, body: &[u8]) -> Response<Answer> {
    let name = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    match (&parts.method, name) {
        (&Method::GET, "counters") => json_document(&state.tally().counters()),
        (&Method::GET, "evaluations") => json_document(&state.config().evaluations()),
        (&Method::POST, "reset") => {
            state.reset();
            plain(204, "text/plain", "")
        }
        (&Method::POST, "faults") => match serde_json::from_slice::<NewFaults>(body) {
            Ok(new) => {
                state.set_faults(new.faults);
                plain(204, "text/plain", "")
            }
            Err(error) => plain(400, "text/plain", error.to_string()),
        },
        (&Method::GET, "caller-credentials") => caller_credentials(state),
        (&Method::POST, "caller-credentials") => match serde_json::from_slice::<Renewals>(body) {
            Ok(new) => {
                state.set_renewals(new.renewals);
                plain(204, "text/plain", "")
            }
            Err(error) => plain(400, "text/plain", error.to_string()),
        },
        _ => plain(404, "text/plain", "no such page of the simulator"),
    }
}
