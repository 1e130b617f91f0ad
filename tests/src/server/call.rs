//! One call: what it asks for, who asks, what goes wrong, what is answered.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};

use super::State;
use super::admin;
use super::answer::{self, Answer, plain, respond};
use crate::aws::{Authentication, AwsError, Operation, Principal, Service, Session, authenticate, denial};
use crate::organization::{DenyKind, Effect, Fault};
use crate::services::{self, Call, assumed_account, form_value};

/// Answers one request, or breaks the connection.
pub async fn answer(
    state: &State,
    reset: &AtomicBool,
    request: Request<Incoming>,
) -> Result<Response<Answer>, io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    if parts.uri.path().starts_with(admin::PREFIX) {
        return Ok(admin::answer(state, &parts, &body));
    }
    let _in_flight = state.tally().in_flight();
    let request_id = state.request_id();
    let operation = match recognize(&parts, &body) {
        Ok(operation) => operation,
        Err((service, error)) => {
            state.tally().failed(&error.code);
            return Ok(respond(service, Err(&error), &request_id));
        }
    };
    let service = operation.service();
    let verify = state.world().organization().answers.verify_signatures;
    let authentication = authenticate(service, (state.world(), state.sessions()), &parts, &body, verify);
    let caller = authentication.session.as_ref().map(|session| session.principal.account.as_str());
    let region = authentication.region.as_str();
    state.tally().call(operation, caller, region);
    pause(state.world().organization().latency_ms).await;

    let concerned = match operation {
        Operation::AssumeRole => assumed_account(&body),
        _ => caller.map(str::to_owned),
    };
    let fault = state.faults.strike(operation, concerned.as_deref().unwrap_or("unknown"), region);
    let effect = fault.as_ref().map(|fault| fault.effect);
    if let Some(fault) = &fault
        && let Some(response) = instead(state, service, fault, reset, &request_id).await?
    {
        return Ok(response);
    }
    let outcome = perform(state, operation, &authentication, &body, &request_id);
    let response = match outcome {
        Ok(body) => {
            if matches!(effect, None | Some(Effect::Slow)) {
                state.tally().succeeded();
            }
            respond(service, Ok(body), &request_id)
        }
        Err(error) => {
            state.tally().failed(&error.code);
            respond(service, Err(&error), &request_id)
        }
    };
    Ok(match effect {
        Some(Effect::Malformed) => {
            state.tally().failed("malformed");
            answer::malformed(response)
        }
        Some(Effect::ResetBody) => {
            state.tally().failed("reset_body");
            reset.store(true, Relaxed);
            answer::cut(response)
        }
        _ => response,
    })
}

/// What a fault does in place of the operation, if it does.
async fn instead(
    state: &State,
    service: Service,
    fault: &Fault,
    reset: &AtomicBool,
    request_id: &str,
) -> Result<Option<Response<Answer>>, io::Error> {
    let broken = || {
        reset.store(true, Relaxed);
        io::Error::new(io::ErrorKind::ConnectionReset, "reset by a fault")
    };
    let error = match fault.effect {
        Effect::Throttle => AwsError::throttled(service),
        Effect::Expired => AwsError::expired(service),
        Effect::Deny => AwsError::denied(service, "Access is denied by a fault"),
        Effect::Error => AwsError::new(
            fault.status.unwrap_or(500),
            fault.code.clone().unwrap_or_else(|| "InternalFailure".to_owned()),
            fault.message.clone().unwrap_or_default(),
        ),
        Effect::Http => {
            let status = fault.status.unwrap_or(503);
            state.tally().failed(&format!("http {status}"));
            let body =
                fault.message.clone().unwrap_or_else(|| "<html><body>Service Unavailable</body></html>".to_owned());
            let answer = plain(status, "text/html", body);
            return Ok(Some(answer::retry_after(answer, fault.retry_after_seconds)));
        }
        Effect::Hang => {
            state.tally().failed("hang");
            match fault.milliseconds {
                Some(milliseconds) => pause(milliseconds).await,
                // Dropped when the caller closes the connection or the server stops.
                None => std::future::pending().await,
            }
            return Err(broken());
        }
        Effect::Reset => {
            state.tally().failed("reset");
            return Err(broken());
        }
        Effect::Slow => {
            pause(fault.milliseconds.unwrap_or(1000)).await;
            return Ok(None);
        }
        Effect::ResetBody | Effect::Malformed => return Ok(None),
    };
    let error = error.retry_after(fault.retry_after_seconds);
    state.tally().failed(&error.code);
    Ok(Some(respond(service, Err(&error), request_id)))
}

/// Performs the operation as AWS would: credentials, Region, rate, permission, then the service.
fn perform(
    state: &State,
    operation: Operation,
    authentication: &Authentication,
    body: &[u8],
    request_id: &str,
) -> Result<Vec<u8>, AwsError> {
    let service = operation.service();
    if let Some(refusal) = &authentication.refusal {
        return Err(refusal.clone());
    }
    let Some(session) = authentication.session.as_deref() else {
        return Err(AwsError::unrecognized(service));
    };
    let region = authentication.region.as_str();
    let account = session.principal.account.as_str();
    let usable = state.world().region_status(account, region).is_some_and(crate::organization::RegionStatus::is_usable);
    if !service.is_global() && !usable {
        return Err(AwsError::unrecognized(service));
    }
    if let Err(retry_after_seconds) = state.limits.admit(operation, account, region) {
        return Err(AwsError::throttled(service).retry_after(retry_after_seconds));
    }
    permit(state, operation, session, region)?;
    services::perform(&Call { state, operation, session, region, body, request_id })
}

fn permit(state: &State, operation: Operation, session: &Session, region: &str) -> Result<(), AwsError> {
    // Nothing can deny GetCallerIdentity, its documentation says.
    if operation == Operation::GetCallerIdentity {
        return Ok(());
    }
    let principal = &session.principal;
    let management = principal.account == state.world().organization().management_account;
    let by_account = denial(state.world().denied_to(&principal.account), operation, region, DenyKind::Scp)
        .filter(|kind| *kind != DenyKind::Scp || !management);
    let Some(kind) = by_account.or_else(|| principal.denial(operation, region)) else {
        return Ok(());
    };
    let message = denial_message(operation, principal, region, kind);
    Err(AwsError::denied(operation.service(), message))
}

fn denial_message(operation: Operation, principal: &Principal, region: &str, kind: DenyKind) -> String {
    let action = operation.action();
    let account = &principal.account;
    let resource = match operation.service() {
        Service::Ecr => format!("arn:aws:ecr:{region}:{account}:repository/*"),
        Service::Kms => format!("arn:aws:kms:{region}:{account}:key/*"),
        _ => "*".to_owned(),
    };
    let why = match kind {
        DenyKind::Identity => {
            format!("because no identity-based policy allows the {action} action")
        }
        DenyKind::Explicit => "with an explicit deny in an identity-based policy".to_owned(),
        DenyKind::Scp => "with an explicit deny in a service control policy".to_owned(),
    };
    let who = &principal.arn;
    format!("User: {who} is not authorized to perform: {action} on resource: {resource} {why}")
}

/// Which operation a request means, by its service's protocol.
fn recognize(parts: &Parts, body: &[u8]) -> Result<Operation, (Service, AwsError)> {
    if let Some(target) = parts.headers.get("x-amz-target") {
        let target = target.to_str().unwrap_or_default();
        let name = target.rsplit('.').next().unwrap_or_default();
        let service = Service::of_target(target);
        return service.and_then(|service| Operation::named(service, name)).ok_or_else(|| {
            let error = AwsError::bad_request("UnknownOperationException", "");
            (service.unwrap_or(Service::Ecr), error)
        });
    }
    let by_path = match (&parts.method, parts.uri.path()) {
        (&Method::POST, "/listRegions") => Some(Operation::ListRegions),
        (&Method::POST, "/findings") => Some(Operation::GetFindings),
        (&Method::POST, "/findings/import") => Some(Operation::BatchImportFindings),
        (&Method::PATCH, "/findings/batchupdate") => Some(Operation::BatchUpdateFindings),
        _ => None,
    };
    if let Some(operation) = by_path {
        return Ok(operation);
    }
    let Some(action) = form_value(body, "Action") else {
        let error = AwsError::new(404, "UnknownOperationException", "");
        return Err((Service::Account, error));
    };
    let version = form_value(body, "Version").unwrap_or_default();
    let service = Service::of_query_version(&version).unwrap_or(Service::Sts);
    Operation::named(service, &action).ok_or_else(|| {
        let message = format!("Could not find operation {action} for version {version}");
        (service, AwsError::bad_request("InvalidAction", message))
    })
}

async fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
