//! One HTTP/1.1 connection.
//!
//! Whoever uses it drives it too, in its own task: no task a connection that must be woken for every call, and a
//! connection that is dropped is closed at that moment.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::rt::{Read, Write};

use super::error;

/// A connection that one user at a time can call on.
pub struct Connection {
    sender: SendRequest<SdkBody>,
    driver: Driver,
}

/// Why there is no answer.
pub enum Failure {
    /// The connection was closed before a byte of the request was sent; here it is back.
    Unsent(Box<Request<SdkBody>>, hyper::Error),
    /// The request may have arrived.
    Failed(ConnectorError),
}

/// What reads from the socket and writes to it; `None` once it has ended. Its errors reach those who wait for an answer.
struct Driver(Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>);

impl Connection {
    /// Speaks HTTP/1.1 on an open stream.
    pub async fn on(stream: impl Read + Write + Send + Unpin + 'static) -> hyper::Result<Self> {
        let (sender, connection) = handshake(stream).await?;
        Ok(Self { sender, driver: Driver(Some(Box::pin(connection))) })
    }

    /// Sends a request and reads the whole answer; `head` bounds the time until the answer begins.
    pub async fn exchange(
        &mut self,
        request: Request<SdkBody>,
        head: Option<Duration>,
    ) -> Result<Response<Bytes>, Failure> {
        let answered = self.driver.during(self.sender.try_send_request(request));
        let answered = async {
            Ok(answered.await.map_err(|mut error| match error.take_message() {
                Some(request) => Failure::Unsent(Box::new(request), error.into_error()),
                None => Failure::Failed(error::of_hyper(error.into_error())),
            }))
        };
        let answer = error::in_time(head, "read", answered).await.map_err(Failure::Failed)??;
        let (head, body) = answer.into_parts();
        let body = self.driver.during(body.collect()).await;
        let body = body.map_err(|error| Failure::Failed(error::of_hyper(error)))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }

    /// Whether a request can be sent, as far as is known at this moment.
    pub async fn is_ready(&mut self) -> bool {
        poll_fn(|context| {
            self.driver.poll(context);
            Poll::Ready(self.sender.is_ready())
        })
        .await
    }
}

impl Driver {
    fn poll(&mut self, context: &mut Context<'_>) {
        if self.0.as_mut().is_some_and(|driver| driver.as_mut().poll(context).is_ready()) {
            self.0 = None;
        }
    }

    /// Drives the connection until `work`, which waits for it, is done.
    async fn during<W: Future>(&mut self, work: W) -> W::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.poll(context);
            work.as_mut().poll(context)
        })
        .await
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").field("sender", &self.sender).finish_non_exhaustive()
    }
}
