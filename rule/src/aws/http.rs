//! The SDK's HTTP client: HTTP/1.1 over rustls, never with more connections than it is told.
//!
//! The SDK's own clients bound the connections of a host at best. A scan asks three services in every Region, each a host
//! of its own: what they keep alive for themselves would add up to many times the calls under way.

mod connect;
mod connection;
mod error;
mod pool;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::{HOST, HeaderValue};
use http::uri::{PathAndQuery, Scheme};
use http::{Request, Uri};

use self::connect::Connector;
use self::connection::{Connection, Failure};
pub use self::pool::Connections;
use self::pool::{Grant, Leased, Origin, Pool, Slot};

/// An HTTP client with at most so many connections at once, whatever hosts they lead to. Clones share them.
///
/// A call that finds all of them busy waits; a call to a host without a connection closes the idle one that was not used
/// for longest. Where hosts are many, more calls than connections save most of the opening: a connection that is done with
/// goes to the next who waits for its host. Answers are read whole before the SDK sees them: none that this workspace asks for is a stream.
#[derive(Debug, Clone)]
pub struct CappedHttpClient {
    pool: Arc<Pool>,
    connector: Arc<Connector>,
}

impl CappedHttpClient {
    /// A client with at most `limit` connections (at least one). Proxies are those of the environment.
    pub fn new(limit: usize) -> Self {
        Self { pool: Arc::new(Pool::new(limit)), connector: Arc::new(Connector::from_environment()) }
    }

    /// How many connections there are and were.
    pub fn connections(&self) -> Connections {
        self.pool.connections()
    }

    /// One request to what is no service of AWS, whose address is whole: no retry, no redirect followed.
    ///
    /// # Errors
    /// There is no whole answer within `limit`. The error does not hold the request's address.
    pub async fn request(
        &self,
        request: Request<String>,
        limit: Duration,
    ) -> Result<http::Response<Bytes>, ConnectorError> {
        let request = HttpRequest::try_from(request.map(SdkBody::from))
            .map_err(|_| ConnectorError::user("the request cannot be put into words".into()))?;
        let answer = error::in_time(Some(limit), "exchange", self.send(request, Timeouts::default())).await?;
        let answer = answer.try_into_http1x().map_err(|error| ConnectorError::other(error.into(), None))?;
        // Answers are read whole before they come here.
        Ok(answer.map(|body| body.bytes().map(Bytes::copy_from_slice).unwrap_or_default()))
    }

    async fn send(&self, request: HttpRequest, timeouts: Timeouts) -> Result<HttpResponse, ConnectorError> {
        let mut request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let origin = address(&mut request)?;
        loop {
            let (mut leased, reused) = match self.pool.lease(&origin).await {
                Grant::Kept(mut leased) => {
                    if !leased.connection.is_ready().await {
                        // The server has closed it meanwhile.
                        continue;
                    }
                    (leased, true)
                }
                Grant::Slot(slot) => (self.open(&origin, slot, timeouts.connect).await?, false),
            };
            match leased.connection.exchange(request, timeouts.read).await {
                Ok(response) => {
                    if leased.connection.is_ready().await {
                        leased.keep();
                    }
                    return HttpResponse::try_from(response.map(SdkBody::from))
                        .map_err(|error| ConnectorError::other(error.into(), None));
                }
                // Closed by the server before a byte of the request was sent: nothing was asked twice.
                Err(Failure::Unsent(unsent, _)) if reused => request = *unsent,
                Err(Failure::Unsent(_, error)) => return Err(error::of_hyper(error)),
                Err(Failure::Failed(error)) => return Err(error),
            }
        }
    }

    async fn open(&self, origin: &Origin, slot: Slot, timeout: Option<Duration>) -> Result<Leased, ConnectorError> {
        // Boxed: opening takes 19 kB, which every call would have to carry.
        let connecting = Box::pin(self.connector.connect(origin));
        let connection = error::in_time(timeout, "connect", connecting).await?;
        Ok(slot.lease(origin.clone(), connection))
    }
}

impl HttpClient for CappedHttpClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let timeouts = Timeouts { connect: settings.connect_timeout(), read: settings.read_timeout() };
        SharedHttpConnector::new(TimedHttpClient { client: self.clone(), timeouts })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some(Cow::Borrowed("1.x"))))
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Timeouts {
    connect: Option<Duration>,
    /// Until the head of the answer.
    read: Option<Duration>,
}

#[derive(Debug)]
struct TimedHttpClient {
    client: CappedHttpClient,
    timeouts: Timeouts,
}

impl HttpConnector for TimedHttpClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (client, timeouts) = (self.client.clone(), self.timeouts);
        HttpConnectorFuture::new(async move { client.send(request, timeouts).await })
    }
}

/// Takes the host out of the request's address, as HTTP/1.1 wants it: a path, and a header with the host.
fn address(request: &mut Request<SdkBody>) -> Result<Origin, ConnectorError> {
    let uri = request.uri();
    let origin = Origin::of(uri)?;
    if !request.headers().contains_key(HOST) {
        let host = origin.host_header().map_err(|error| ConnectorError::user(error.into()))?;
        request.headers_mut().insert(HOST, host);
    }
    let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
    Ok(origin)
}

impl Origin {
    fn of(uri: &Uri) -> Result<Self, ConnectorError> {
        match (uri.scheme(), uri.authority()) {
            (Some(scheme), Some(authority)) if *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS => {
                Ok(Self { scheme: scheme.clone(), authority: authority.clone() })
            }
            _ => Err(ConnectorError::user(format!("`{uri}` is no address: allowed are http://… and https://…").into())),
        }
    }

    /// The host, with the port where it is not the scheme's own, as the signature has it.
    fn host_header(&self) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
        let own_port = if self.scheme == Scheme::HTTPS { 443 } else { 80 };
        match self.authority.port_u16().filter(|port| *port != own_port) {
            Some(port) => HeaderValue::try_from(format!("{}:{port}", self.authority.host())),
            None => HeaderValue::from_str(self.authority.host()),
        }
    }
}
