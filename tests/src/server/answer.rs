//! Answers as HTTP: bodies, error forms, and the headers that AWS sends.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Response;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tokio::time::Sleep;

use crate::aws::{AwsError, Protocol, Service, escaped};

/// How long the first half of a body gets to reach the caller before the connection is reset.
const HALF_WAY: Duration = Duration::from_millis(20);

/// A body: whole, or cut off in the middle.
#[derive(Debug)]
pub enum Answer {
    /// All of it.
    Whole(Option<Bytes>),
    /// The first half, then the connection breaks.
    Cut {
        /// The first half, until it is sent.
        half: Option<Bytes>,
        /// What the `Content-Length` promises.
        promised: u64,
        /// Runs out when the connection breaks.
        pause: Pin<Box<Sleep>>,
    },
}

impl Answer {
    fn cut(whole: &Bytes) -> Self {
        Self::Cut {
            half: Some(whole.slice(..whole.len() / 2)),
            promised: whole.len() as u64,
            pause: Box::pin(tokio::time::sleep(HALF_WAY)),
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Cut { half, pause, .. } => match half.take() {
                Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                None => pause.as_mut().poll(context).map(|()| {
                    let kind = io::ErrorKind::ConnectionReset;
                    Some(Err(io::Error::new(kind, "cut off by a fault")))
                }),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Self::Cut { promised, .. } => *promised,
        })
    }
}

/// The same answer with a `Retry-After`.
pub fn retry_after(mut response: Response<Answer>, seconds: Option<u64>) -> Response<Answer> {
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// An answer that is not AWS's.
pub fn plain(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Response<Answer> {
    response(status, content_type, body.into())
}

/// JSON for the admin interface.
pub fn json_document(value: &impl serde::Serialize) -> Response<Answer> {
    match serde_json::to_vec_pretty(value) {
        Ok(body) => plain(200, "application/json", body),
        Err(error) => plain(500, "text/plain", error.to_string()),
    }
}

/// What the service answers, as bytes and HTTP.
pub fn respond(service: Service, outcome: Result<Vec<u8>, &AwsError>, request_id: &str) -> Response<Answer> {
    let error = outcome.as_ref().err().copied();
    let (status, body) = match outcome {
        Ok(body) => (200, body),
        Err(error) => (error.status, error_body(service, error, request_id)),
    };
    let mut response = response(status, content_type(service), body.into());
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    if let Some(seconds) = error.and_then(|error| error.retry_after_seconds) {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if let Some(error) = error
        && service.protocol() == Protocol::RestJson
        && let Ok(code) = HeaderValue::from_str(&error.code)
    {
        headers.insert("x-amzn-errortype", code);
    }
    response
}

/// Members are called as the service's model calls them: `Message` here, `message` there.
fn error_body(service: Service, error: &AwsError, request_id: &str) -> Vec<u8> {
    let AwsError { code, message, .. } = error;
    let member = match service {
        Service::Organizations | Service::SecurityHub | Service::Tagging => "Message",
        _ => "message",
    };
    let mut body = match service.protocol() {
        Protocol::Query => {
            let (code, message, namespace) = (escaped(code), escaped(message), service.xml_namespace());
            return format!(
                "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
            )
            .into_bytes();
        }
        Protocol::RestJson => json!({ member: message }),
        Protocol::Json => json!({ "__type": code, member: message }),
    };
    if let (Some(members), Some((name, value))) = (body.as_object_mut(), error.detail) {
        members.insert(name.to_owned(), value.into());
    }
    body.to_string().into_bytes()
}

/// The same answer with a body that ends in the middle, and says so.
pub fn malformed(response: Response<Answer>) -> Response<Answer> {
    response.map(|body| match body {
        Answer::Whole(Some(bytes)) => Answer::Whole(Some(bytes.slice(..bytes.len() / 2))),
        other => other,
    })
}

/// The same answer, with the connection breaking in the middle of the body.
pub fn cut(response: Response<Answer>) -> Response<Answer> {
    response.map(|body| match body {
        Answer::Whole(Some(bytes)) => Answer::cut(&bytes),
        other => other,
    })
}

fn response(status: u16, content_type: &'static str, body: Bytes) -> Response<Answer> {
    let mut response = Response::new(Answer::Whole(Some(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn content_type(service: Service) -> &'static str {
    match service.protocol() {
        Protocol::Json => "application/x-amz-json-1.1",
        Protocol::RestJson => "application/json",
        Protocol::Query => "text/xml",
    }
}
