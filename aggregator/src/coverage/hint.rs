//! What helps: which permission, on which role.

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};

use crate::aws::caller::Caller;

/// What helps against `fault`, which the account `account_id` met; `None` for the list of accounts itself.
pub fn hint(fault: &AwsFault, caller: &Caller, account_id: Option<&str>) -> String {
    let action = fault.action;
    let role = who_asks(caller, account_id);
    match fault.kind {
        FaultKind::Denied if action == "sts:AssumeRole" => {
            let external_id = match caller.external_id() {
                Some(_) => "; it must accept the external id that was given with --external-id",
                None => "; if it asks for an external id, give it with --external-id",
            };
            let role_arn = account_id.map_or_else(|| "the audit role".to_owned(), |id| caller.role_arn(id));
            format!(
                "deploy {role_arn} with a trust policy that allows sts:AssumeRole to {}{external_id}; the caller needs \
                 sts:AssumeRole on it",
                caller.principal()
            )
        }
        FaultKind::Denied if action.starts_with("organizations:") => format!(
            "scan from the management account or a delegated administrator, and allow {action} to {role}; or name the \
             accounts with --accounts"
        ),
        FaultKind::Denied => on_denial(fault, &role),
        FaultKind::Throttled => "scan again, or with a lower --max-rate".to_owned(),
        FaultKind::Expired | FaultKind::CallerExpired => {
            "the caller's credentials expired during the scan: sign in again, and scan again".to_owned()
        }
        FaultKind::UnknownCredentials => on_unknown_credentials(&role),
        FaultKind::Unavailable => "scan again; if it persists, check the network path to the endpoint".to_owned(),
        FaultKind::NotFound | FaultKind::Other => "AWS's message tells more".to_owned(),
    }
}

/// Who is asked to do something in an account: the role there, or the caller.
pub fn who_asks(caller: &Caller, account_id: Option<&str>) -> String {
    match account_id {
        Some(id) if id != caller.account_id => format!("the role {}", caller.role_arn(id)),
        _ => format!("the caller {}", caller.principal()),
    }
}

/// What helps where `role` may not do something.
pub fn on_denial(fault: &AwsFault, role: &str) -> String {
    let action = fault.action;
    if is_by_service_control_policy(fault) {
        format!(
            "a service control policy denies {action} to {role}: except the role from it, or leave the Region or account out"
        )
    } else {
        format!("allow {action} to {role}")
    }
}

/// Whether it is not the account itself that denies something.
pub fn is_by_service_control_policy(fault: &AwsFault) -> bool {
    fault.message.contains("service control policy")
}

/// What helps where AWS does not know the credentials of `role`.
pub fn on_unknown_credentials(role: &str) -> String {
    format!(
        "AWS does not know the credentials of {role} there: the Region may just have been disabled; or the caller's \
         session is valid in default Regions only (set STS tokens to be valid in all Regions)"
    )
}
