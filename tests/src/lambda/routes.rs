//! The Runtime API's paths.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::{HeaderValue, StatusCode, header, response};
use hyper::{Method, Request, Response};
use serde_json::{Value, json};

use super::api::{Desk, Handed};
use super::invocation::Outcome;

/// Below it is everything of the one version that there is.
const PREFIX: &str = "/2018-06-01/runtime/";
/// The largest answer that Lambda takes.
const MOST_BYTES: usize = 6 * 1024 * 1024;

/// Answers the process.
pub async fn answer(desk: &Desk, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let rest = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    if (&parts.method, rest) == (&Method::GET, "invocation/next") {
        return Ok(match desk.next().await {
            Some(handed) => event(desk, handed),
            None => refusal(StatusCode::INTERNAL_SERVER_ERROR, "Extension.Shutdown", "no more events"),
        });
    }
    let Ok(body) = body.collect().await else {
        return Ok(refusal(StatusCode::BAD_REQUEST, "BadRequest", "the body can't be read"));
    };
    let body = body.to_bytes();
    let path: Vec<&str> = rest.split('/').collect();
    Ok(match (&parts.method, path.as_slice()) {
        (&Method::POST, ["invocation", id, "response"]) if body.len() > MOST_BYTES => {
            let message = format!("Response payload size exceeded maximum allowed payload size ({MOST_BYTES} bytes).");
            let error_type = "Function.ResponseSizeTooLarge".to_owned();
            desk.end(id, Outcome::Error { error_type, message: message.clone() });
            refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
        }
        (&Method::POST, ["invocation", id, "response"]) => ended(desk, id, Outcome::Response(json_or_text(&body))),
        (&Method::POST, ["invocation", id, "error"]) => ended(desk, id, error(&body)),
        (&Method::POST, ["init", "error"]) => {
            desk.refuse_to_start(error(&body));
            accepted()
        }
        _ => refusal(StatusCode::NOT_FOUND, "NotFound", "no such path of the Runtime API"),
    })
}

fn event(desk: &Desk, handed: Handed) -> Response<Full<Bytes>> {
    let Handed { request_id, body, timeout } = handed;
    let deadline = SystemTime::now() + timeout;
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis();
    let trace = format!("Root=1-5759e988-{};Sampled=0", request_id.replace('-', "").get(..24).unwrap_or_default());
    let builder = Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", request_id)
        .header("Lambda-Runtime-Deadline-Ms", deadline.to_string())
        .header("Lambda-Runtime-Invoked-Function-Arn", &desk.function_arn)
        .header("Lambda-Runtime-Trace-Id", trace);
    finish(builder, body)
}

fn ended(desk: &Desk, request_id: &str, outcome: Outcome) -> Response<Full<Bytes>> {
    if desk.end(request_id, outcome) {
        accepted()
    } else {
        refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
    }
}

fn error(body: &[u8]) -> Outcome {
    let value = json_or_text(body);
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if value.is_object() {
        Outcome::Error { error_type: text("errorType"), message: text("errorMessage") }
    } else {
        Outcome::Error { error_type: String::new(), message: value.as_str().unwrap_or_default().to_owned() }
    }
}

fn json_or_text(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
}

fn accepted() -> Response<Full<Bytes>> {
    json_body(StatusCode::ACCEPTED, &json!({"status": "OK"}))
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    json_body(status, &json!({"errorType": kind, "errorMessage": message}))
}

fn json_body(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let builder = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    finish(builder, body.to_string().into())
}

fn finish(builder: response::Builder, body: Bytes) -> Response<Full<Bytes>> {
    builder.body(Full::new(body)).unwrap_or_else(|error| {
        let mut response = Response::new(Full::new(error.to_string().into()));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        response
    })
}
