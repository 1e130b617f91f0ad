//! Sessions in other accounts, at the run's pace.

use aws_credential_types::Credentials;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::aws::roles::{RoleSource, Roles};
use futures_util::future::BoxFuture;

use super::{LaneKey, Pacer, Service};

/// Assumes roles as the caller, at the run's pace and with its retries.
#[derive(Debug, Clone)]
pub struct PacedRoles {
    roles: Roles,
    pacer: Pacer,
}

impl PacedRoles {
    /// `roles` has a client that does not retry by itself.
    pub fn new(roles: Roles, pacer: Pacer) -> Self {
        Self { roles, pacer }
    }
}

impl LaneKey<'static> {
    /// The lane of what the caller asks for itself: one for the whole run.
    pub const fn of_caller(service: Service) -> Self {
        Self { account_id: "caller", region: "", service }
    }
}

impl RoleSource for PacedRoles {
    fn assume<'a>(&'a self, role_arn: &'a str) -> BoxFuture<'a, Result<Credentials, AwsFault>> {
        let Self { roles, pacer } = self;
        let key = LaneKey::of_caller(Service::Sts);
        Box::pin(pacer.call(key, &roles.caller, move |caller| roles.assume_with(caller, role_arn)))
    }
}
