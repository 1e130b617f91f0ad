//! Opens connections: directly, or through the proxy that the environment names.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use http::Uri;
use http::uri::{PathAndQuery, Scheme};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::ClientConfig;
use rustls::crypto::ring;
use tower_service::Service;

use super::connection::Connection;
use super::error;
use super::pool::Origin;

/// Opens connections.
pub struct Connector {
    /// Made when it is first used: reading the system's certificates costs milliseconds.
    tls: OnceLock<Arc<ClientConfig>>,
    proxies: Matcher,
}

impl Connector {
    /// Proxies are `HTTPS_PROXY` and `ALL_PROXY`, but for the hosts of `NO_PROXY`.
    pub fn from_environment() -> Self {
        Self::through(Matcher::from_env())
    }

    pub(super) fn through(proxies: Matcher) -> Self {
        Self { tls: OnceLock::new(), proxies }
    }

    /// Opens a connection. AWS's services are reached by https; what is reached by http is on this machine or beside it
    /// (the credentials of a container or an instance, a simulator) and behind no proxy.
    pub async fn connect(&self, origin: &Origin) -> Result<Connection, ConnectorError> {
        let connected = async {
            let address = origin.address()?;
            let mut http = HttpConnector::new();
            http.enforce_http(false);
            http.set_nodelay(true);
            if origin.scheme == Scheme::HTTP {
                return Ok::<_, BoxError>(Connection::on(http.call(address).await?).await?);
            }
            let tls = self.tls()?;
            let mut https = HttpsConnector::from((http, Arc::clone(&tls)));
            let Some(proxy) = self.proxies.intercept(&address) else {
                return Ok(Connection::on(https.call(address).await?).await?);
            };
            let mut tunnel = Tunnel::new(proxy.uri().clone(), https);
            if let Some(credentials) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(credentials.clone());
            }
            Ok(Connection::on(HttpsConnector::from((tunnel, tls)).call(address).await?).await?)
        };
        connected.await.map_err(error::of_connecting)
    }

    /// On ring: aws-lc gathers CPU-jitter entropy at a process's first connection, which costs tens of milliseconds of CPU.
    fn tls(&self) -> Result<Arc<ClientConfig>, BoxError> {
        if let Some(tls) = self.tls.get() {
            return Ok(Arc::clone(tls));
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_native_roots()?
            .with_no_client_auth();
        // One for all connections, so that they share the sessions they resume.
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(tls))))
    }
}

impl Origin {
    fn address(&self) -> Result<Uri, http::Error> {
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(PathAndQuery::from_static("/"))
            .build()
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the proxies: their addresses may hold passwords.
        formatter.debug_struct("Connector").finish_non_exhaustive()
    }
}
