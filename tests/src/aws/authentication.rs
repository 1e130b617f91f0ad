//! Who makes a call, and whether AWS would believe it.

use std::sync::Arc;

use hyper::http::request::Parts;
use jiff::Timestamp;

use super::credentials::{Session, Sessions};
use super::error::AwsError;
use super::operation::{Protocol, Service};
use super::signature::{Authorization, header};
use crate::world::World;

/// The Region in which the partition `aws` has its global services.
const GLOBAL_REGION: &str = "us-east-1";

/// What a call's headers say about who makes it.
#[derive(Debug)]
pub struct Authentication {
    /// The Region that the call is for; `unknown` where nothing says it.
    pub region: String,
    /// The credentials, if their id is known. They need not be valid.
    pub session: Option<Arc<Session>>,
    /// Why AWS would refuse the call, if it would.
    pub refusal: Option<AwsError>,
}

/// Reads and checks a call's authentication.
pub fn authenticate(
    service: Service,
    (world, sessions): (&World, &Sessions),
    parts: &Parts,
    body: &[u8],
    verify_signature: bool,
) -> Authentication {
    let Some(text) = header(parts, "authorization") else {
        return refused(None, None, AwsError::not_signed(service));
    };
    let Some(authorization) = Authorization::parse(text) else {
        let error = AwsError::new(
            400,
            match service.protocol() {
                Protocol::Query => "IncompleteSignature",
                _ => "IncompleteSignatureException",
            },
            "Authorization header requires 'Credential' parameter, 'Signature' parameter and 'SignedHeaders' parameter.",
        );
        return refused(None, None, error);
    };
    // With an endpoint of its own, an SDK signs for the Region that it was told, where AWS's
    // endpoint would make it sign for us-east-1. Both mean the same here.
    let region = if service.is_global() { GLOBAL_REGION } else { authorization.region };
    let token = header(parts, "x-amz-security-token");
    let session = sessions.find(world, authorization.access_key_id, token);
    if let Some(error) = scope_error(service, &authorization) {
        return refused(Some(region), session, error);
    }
    let Some(session) = session else {
        return refused(Some(region), None, AwsError::unrecognized(service));
    };
    let refusal = if token != session.token.as_deref() {
        Some(AwsError::unrecognized(service))
    } else if verify_signature && !authorization.is_valid(&session.secret_access_key, parts, body) {
        Some(AwsError::signature(
            service,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
        ))
    } else if session.expires_at_ms.is_some_and(|expiry| expiry <= Timestamp::now().as_millisecond()) {
        Some(AwsError::expired(service))
    } else {
        None
    };
    Authentication { region: region.to_owned(), session: Some(session), refusal }
}

fn scope_error(service: Service, authorization: &Authorization<'_>) -> Option<AwsError> {
    if authorization.service != service.signing_name() {
        let message = format!("Credential should be scoped to correct service: '{}'. ", service.signing_name());
        return Some(AwsError::signature(service, &message));
    }
    None
}

fn refused(region: Option<&str>, session: Option<Arc<Session>>, error: AwsError) -> Authentication {
    Authentication { region: region.unwrap_or("unknown").to_owned(), session, refusal: Some(error) }
}
