//! Credentials: those that exist from the start, and those that `AssumeRole` issues.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, RwLock};

use super::operation::Operation;
use crate::organization::{Caller, Deny, DenyKind};
use crate::world::{hash_numbers, hash_text};

const SHARDS: u64 = 64;

/// Who makes a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// Twelve digits.
    pub account: String,
    /// ARN of the user, or of the role's session.
    pub arn: String,
    /// `UserId` as `GetCallerIdentity` tells it.
    pub user_id: String,
    /// ARN of the role, for a session.
    pub role_arn: Option<String>,
    /// What the identity's policies deny.
    pub deny: Vec<Deny>,
}

impl Principal {
    fn of_caller(caller: &Caller) -> Self {
        let account = &caller.account;
        let id = hash_text(&caller.access_key_id);
        let (arn, user_id, role_arn) = match &caller.role {
            Some(role) => (
                format!("arn:aws:sts::{account}:assumed-role/{role}/simulated-session"),
                format!("AROA{id:016X}:simulated-session"),
                Some(format!("arn:aws:iam::{account}:role/{role}")),
            ),
            None => (format!("arn:aws:iam::{account}:user/{}", caller.user), format!("AIDA{id:016X}"), None),
        };
        Self { account: account.clone(), arn, user_id, role_arn, deny: caller.deny.clone() }
    }

    /// Why the identity's own policies deny an operation.
    pub fn denial(&self, operation: Operation, region: &str) -> Option<DenyKind> {
        denial(&self.deny, operation, region, DenyKind::Identity)
    }
}

/// The kind of the first entry that denies the operation; `default` where it has none.
pub fn denial(deny: &[Deny], operation: Operation, region: &str, default: DenyKind) -> Option<DenyKind> {
    deny.iter()
        .find(|deny| {
            operation.matches(&deny.action)
                && (deny.regions.is_empty() || deny.regions.iter().any(|known| known == region))
        })
        .map(|deny| deny.kind.unwrap_or(default))
}

/// Credentials and whose they are.
#[derive(Debug)]
pub struct Session {
    /// The access key id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The session token, for temporary credentials.
    pub token: Option<String>,
    /// Milliseconds since 1970; absent: never.
    pub expires_at_ms: Option<i64>,
    /// Whose they are.
    pub principal: Principal,
}

/// Every set of credentials that the server accepts.
#[derive(Debug)]
pub struct Sessions {
    seed: u64,
    issued: AtomicU64,
    shards: Vec<RwLock<HashMap<String, Arc<Session>>>>,
}

impl Sessions {
    /// The credentials that exist from the start.
    pub fn new<'a>(seed: u64, callers: impl Iterator<Item = &'a Caller>) -> Self {
        let sessions =
            Self { seed, issued: AtomicU64::new(0), shards: (0..SHARDS).map(|_| RwLock::default()).collect() };
        for caller in callers {
            sessions.insert(Arc::new(Session {
                access_key_id: caller.access_key_id.clone(),
                secret_access_key: caller.secret_access_key.clone(),
                token: caller.session_token.clone(),
                expires_at_ms: None,
                principal: Principal::of_caller(caller),
            }));
        }
        sessions
    }

    /// Issues temporary credentials.
    pub fn issue(&self, principal: Principal, expires_at_ms: i64) -> Arc<Session> {
        let number = self.issued.fetch_add(1, Relaxed);
        let draw = |purpose| hash_numbers(&[self.seed, number, purpose]);
        // The number makes it unique, the draw makes it look like AWS's.
        let id = draw(0) & 0xffff_ffff | number << 32;
        let session = Arc::new(Session {
            access_key_id: format!("ASIA{id:016X}"),
            secret_access_key: format!("{:016x}/{:016x}+{:06x}", draw(1), draw(2), draw(3) >> 40),
            token: Some(format!("IQoJb3JpZ2luX2VjE{:016x}{:016x}{:016x}{:016x}==", draw(4), draw(5), draw(6), draw(7))),
            expires_at_ms: Some(expires_at_ms),
            principal,
        });
        self.insert(Arc::clone(&session));
        session
    }

    /// The credentials with this id.
    pub fn find(&self, access_key_id: &str) -> Option<Arc<Session>> {
        self.shard(access_key_id)?.read().ok()?.get(access_key_id).map(Arc::clone)
    }

    fn insert(&self, session: Arc<Session>) {
        let shard = self.shard(&session.access_key_id);
        if let Some(mut sessions) = shard.and_then(|shard| shard.write().ok()) {
            sessions.insert(session.access_key_id.clone(), session);
        }
    }

    fn shard(&self, access_key_id: &str) -> Option<&RwLock<HashMap<String, Arc<Session>>>> {
        let shard = usize::try_from(hash_text(access_key_id) % SHARDS).ok()?;
        self.shards.get(shard)
    }
}
