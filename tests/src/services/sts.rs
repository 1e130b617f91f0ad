//! Security Token Service.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::Call;
use super::form::form_value;
use super::query::{envelope, invalid, required};
use crate::aws::{AwsError, Operation, Service, escaped, timestamp_text, violation};
use crate::organization::Role;

/// Seconds of a session that names no duration.
const DEFAULT_DURATION: u64 = 3600;
/// The shortest session, in seconds.
const LEAST_DURATION: u64 = 900;
/// The longest session of any role, in seconds.
const MOST_DURATION: u64 = 43_200;
/// The longest session of a role that a role assumes, in seconds.
const MOST_CHAINED_DURATION: u64 = 3600;

/// Performs an operation.
pub fn perform(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    match call.operation {
        Operation::AssumeRole => assume_role(call),
        _ => Ok(get_caller_identity(call)),
    }
}

/// The account whose role a body of `AssumeRole` names.
pub fn assumed_account(body: &[u8]) -> Option<String> {
    let arn = form_value(body, "RoleArn")?;
    arn.split(':').nth(4).map(str::to_owned)
}

fn get_caller_identity(call: &Call<'_>) -> Vec<u8> {
    let principal = &call.session.principal;
    let (arn, account) = (escaped(&principal.arn), &principal.account);
    let id = escaped(&principal.user_id);
    envelope(call, &format!("<Arn>{arn}</Arn><UserId>{id}</UserId><Account>{account}</Account>"))
}

fn assume_role(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let arn = required(call.body, "RoleArn", "roleArn", 20..=2048)?;
    let session_name = required(call.body, "RoleSessionName", "roleSessionName", 2..=64)?;
    if !session_name.chars().all(is_session_character) {
        return Err(invalid(violation(
            "roleSessionName",
            &session_name,
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        )));
    }
    let duration = requested_duration(call.body)?;
    let Some((account, path_and_name)) = parse_role_arn(&arn) else {
        return Err(invalid(format!("{arn} is invalid")));
    };
    let external_id = form_value(call.body, "ExternalId");
    let caller = &call.session.principal;
    let role = call
        .world()
        .role(account, path_and_name)
        .filter(|role| trusts(call, role, account) && role_accepts(role, external_id.as_deref()))
        .ok_or_else(|| {
            let who = &caller.arn;
            AwsError::denied(
                Service::Sts,
                format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn}"),
            )
        })?;
    if duration > role.max_session_seconds.max(LEAST_DURATION) {
        return Err(invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."));
    }
    if caller.role_arn.is_some() && duration > MOST_CHAINED_DURATION {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    let lifetime = call.organization().credential_lifetime_seconds.unwrap_or(duration);
    // AWS tells whole seconds; what it tells is what it keeps to.
    let expires_at = Timestamp::now().as_second().saturating_add_unsigned(lifetime);
    let issued = call.state.sessions().issue(call.world(), [account, path_and_name, &session_name], expires_at);
    let session = issued.ok_or_else(|| AwsError::new(500, "InternalFailure", "the role is gone"))?;
    let mut body = String::new();
    let principal = &session.principal;
    // Writing to a String cannot fail.
    let _ = write!(
        body,
        "<AssumedRoleUser><AssumedRoleId>{}</AssumedRoleId><Arn>{}</Arn></AssumedRoleUser><Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{}</SessionToken><Expiration>{}</Expiration></Credentials>",
        escaped(&principal.user_id),
        escaped(&principal.arn),
        session.access_key_id,
        session.secret_access_key,
        session.token.as_deref().unwrap_or_default(),
        timestamp_text(expires_at),
    );
    Ok(envelope(call, &body))
}

/// `arn:aws:iam::123456789012:role/path/Name` as account and `/path/Name`.
fn parse_role_arn(arn: &str) -> Option<(&str, &str)> {
    let rest = arn.strip_prefix("arn:aws:iam::")?;
    let (account, resource) = rest.split_once(':')?;
    Some((account, resource.strip_prefix("role")?))
}

/// Whether the role's trust policy names the caller.
fn trusts(call: &Call<'_>, role: &Role, account: &str) -> bool {
    let caller = &call.session.principal;
    let Some(trusted) = &role.trusted else {
        return caller.account == call.organization().caller.account;
    };
    trusted.iter().any(|principal| {
        let root = format!("arn:aws:iam::{}:root", caller.account);
        principal == "*"
            || *principal == caller.account
            || *principal == root
            || *principal == caller.arn
            || caller.role_arn.as_ref() == Some(principal)
            || (principal == "own" && caller.account == account)
    })
}

fn role_accepts(role: &Role, external_id: Option<&str>) -> bool {
    role.external_id.as_deref().is_none_or(|expected| external_id == Some(expected))
}

fn requested_duration(body: &[u8]) -> Result<u64, AwsError> {
    let Some(text) = form_value(body, "DurationSeconds") else {
        return Ok(DEFAULT_DURATION);
    };
    let problem = |constraint: &str| invalid(violation("durationSeconds", &text, constraint));
    match text.parse::<u64>() {
        Err(_) => Err(AwsError::bad_request("MalformedInput", "")),
        Ok(seconds) if seconds < LEAST_DURATION => Err(problem("Member must have value greater than or equal to 900")),
        Ok(seconds) if seconds > MOST_DURATION => Err(problem("Member must have value less than or equal to 43200")),
        Ok(seconds) => Ok(seconds),
    }
}

fn is_session_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}
