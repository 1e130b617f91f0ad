//! Credentials: those that exist from the start, and those that `AssumeRole` issues.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::operation::Operation;
use super::signature::hex;
use crate::organization::{Caller, Deny, DenyKind};
use crate::world::{World, hash_numbers, hash_text};

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

/// Every set of credentials that the server accepts. Nothing is kept of those that it issues: the
/// token says whose they are and until when, and the access key id is its seal.
#[derive(Debug)]
pub struct Sessions {
    seed: u64,
    issued: AtomicU64,
    callers: HashMap<String, Arc<Session>>,
    caller: Principal,
}

/// What every token begins with, as AWS's do.
const TOKEN_PREFIX: &str = "IQoJb3JpZ2luX2VjE";
/// The separator of a token's parts; names of roles and sessions can't contain it.
const SEPARATOR: char = '|';
/// The first part of the token of a role's session, and of the caller's own.
const OF_ROLE: &str = "role";
const OF_CALLER: &str = "caller";

impl Sessions {
    /// The credentials that exist from the start; the first caller is the one that may renew its own.
    pub fn new<'a>(seed: u64, callers: impl Iterator<Item = &'a Caller>) -> Self {
        let sessions: Vec<_> = callers
            .map(|caller| {
                Arc::new(Session {
                    access_key_id: caller.access_key_id.clone(),
                    secret_access_key: caller.secret_access_key.clone(),
                    token: caller.session_token.clone(),
                    expires_at_ms: None,
                    principal: Principal::of_caller(caller),
                })
            })
            .collect();
        let caller = match sessions.first() {
            Some(session) => session.principal.clone(),
            None => Principal::of_caller(&Caller::default()),
        };
        let by_id = |session: Arc<Session>| (session.access_key_id.clone(), session);
        Self { seed, issued: AtomicU64::new(0), callers: sessions.into_iter().map(by_id).collect(), caller }
    }

    /// Credentials of a role: its account, its path and name (`/path/Name`), the session's name, and
    /// the end in seconds since 1970. Absent where there is no such role.
    pub fn issue(&self, world: &World, role: [&str; 3], expires_at: i64) -> Option<Session> {
        let [account, path_and_name, session_name] = role;
        let number = self.issued.fetch_add(1, Relaxed);
        let says = [OF_ROLE, account, path_and_name, session_name].join("|");
        self.read(world, &format!("{says}|{expires_at}|{number}"))
    }

    /// Fresh credentials of the caller, until so many seconds since 1970.
    pub fn renew_caller(&self, world: &World, expires_at: i64) -> Option<Session> {
        let number = self.issued.fetch_add(1, Relaxed);
        self.read(world, &format!("{OF_CALLER}|{expires_at}|{number}"))
    }

    /// The credentials with this id; issued ones only together with their token.
    pub fn find(&self, world: &World, access_key_id: &str, token: Option<&str>) -> Option<Arc<Session>> {
        if let Some(session) = self.callers.get(access_key_id) {
            return Some(Arc::clone(session));
        }
        let says = revealed(token?.strip_prefix(TOKEN_PREFIX)?)?;
        self.read(world, &says).filter(|session| session.access_key_id == access_key_id).map(Arc::new)
    }

    /// The credentials that a token stands for.
    fn read(&self, world: &World, says: &str) -> Option<Session> {
        let (rest, _number) = says.rsplit_once(SEPARATOR)?;
        let (rest, expires_at) = rest.rsplit_once(SEPARATOR)?;
        let expires_at: i64 = expires_at.parse().ok()?;
        let mut parts = rest.split(SEPARATOR);
        let principal = match (parts.next()?, parts.next(), parts.next(), parts.next()) {
            (OF_CALLER, None, ..) => self.caller.clone(),
            (OF_ROLE, Some(account), Some(path_and_name), Some(session_name)) => {
                let role = world.role(account, path_and_name)?;
                let role_arn = format!("arn:aws:iam::{account}:role{path_and_name}");
                Principal {
                    account: account.to_owned(),
                    arn: format!("arn:aws:sts::{account}:assumed-role/{}/{session_name}", role.name),
                    user_id: format!("AROA{:016X}:{session_name}", hash_text(&role_arn)),
                    role_arn: Some(role_arn),
                    deny: role.deny.clone(),
                }
            }
            _ => return None,
        };
        let seal = hash_numbers(&[self.seed, hash_text(says)]);
        let draw = |purpose| hash_numbers(&[seal, purpose]);
        Some(Session {
            access_key_id: format!("ASIA{seal:016X}"),
            secret_access_key: format!("{:016x}/{:016x}+{:06x}", draw(1), draw(2), draw(3) >> 40),
            token: Some(format!("{TOKEN_PREFIX}{}", hidden(says))),
            expires_at_ms: Some(expires_at.saturating_mul(1000)),
            principal,
        })
    }
}

/// Turns letters into what nobody reads by chance.
const VEIL: u8 = 0x5a;

fn hidden(text: &str) -> String {
    hex(text.bytes().map(|byte| byte ^ VEIL))
}

fn revealed(text: &str) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    let bytes: Option<Vec<u8>> = pairs.map(|byte| byte.map(|byte| byte ^ VEIL)).collect();
    String::from_utf8(bytes?).ok()
}
