//! Organizational units, accounts, and who may do what in them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::DEFAULT_ROLE_NAME;

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationalUnit {
    /// `ou-…`.
    pub id: String,
    /// The name that people see.
    pub name: String,
    /// The id of the unit above; absent: the root.
    #[serde(default)]
    pub parent: Option<String>,
}

/// A member account of the organization, or the management account.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// The name that people see; anything.
    pub name: String,
    /// The e-mail address of the root user; made up where absent.
    pub email: Option<String>,
    /// The id of the organizational unit that it is in; absent: the root.
    pub organizational_unit: Option<String>,
    /// What Organizations says about it.
    pub state: AccountState,
    /// Regions that differ from the organization's.
    pub regions: BTreeMap<String, RegionStatus>,
    /// The roles; absent: one called `EcrEncryptionAudit` that trusts the caller.
    pub roles: Option<Vec<Role>>,
    /// Denied to every principal of this account, the service control policies say.
    pub deny: Vec<Deny>,
    /// Whether `alias/aws/ecr` exists; absent: where a repository uses it.
    pub aws_managed_ecr_key: Option<bool>,
}

/// `State` of an account, as Organizations has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum AccountState {
    /// `ACTIVE`.
    #[default]
    Active,
    /// `SUSPENDED`.
    Suspended,
    /// `PENDING_CLOSURE`.
    PendingClosure,
    /// `PENDING_ACTIVATION`.
    PendingActivation,
    /// `CLOSED`.
    Closed,
    /// A value that AWS may invent tomorrow.
    Other(String),
}

impl From<String> for AccountState {
    fn from(text: String) -> Self {
        match text.as_str() {
            "ACTIVE" => Self::Active,
            "SUSPENDED" => Self::Suspended,
            "PENDING_CLOSURE" => Self::PendingClosure,
            "PENDING_ACTIVATION" => Self::PendingActivation,
            "CLOSED" => Self::Closed,
            _ => Self::Other(text),
        }
    }
}

impl AccountState {
    /// The value on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Closed => "CLOSED",
            Self::Other(text) => text,
        }
    }
}

/// `RegionOptStatus`, as Account Management has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RegionStatus {
    /// An opt-in Region that is enabled.
    Enabled,
    /// A Region that every account has.
    EnabledByDefault,
    /// Being enabled; not usable yet.
    Enabling,
    /// Being disabled; not usable any more.
    Disabling,
    /// An opt-in Region that is not enabled.
    Disabled,
    /// A value that AWS may invent tomorrow.
    SomethingNew,
}

impl RegionStatus {
    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::EnabledByDefault => "ENABLED_BY_DEFAULT",
            Self::Enabling => "ENABLING",
            Self::Disabling => "DISABLING",
            Self::Disabled => "DISABLED",
            Self::SomethingNew => "SOMETHING_NEW",
        }
    }

    /// Whether the account's credentials are accepted there.
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Enabled | Self::EnabledByDefault)
    }
}

/// An IAM role.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Role {
    /// Without its path.
    pub name: String,
    /// Begins and ends with `/`.
    pub path: String,
    /// The principals that may assume it: account ids, `arn:aws:iam::ID:root`, ARNs of users, roles
    /// or sessions, or `*`. Absent: the caller's account.
    pub trusted: Option<Vec<String>>,
    /// What callers must send as `ExternalId`.
    pub external_id: Option<String>,
    /// The longest session, in seconds.
    pub max_session_seconds: u64,
    /// What the role may not do; everything else it may.
    pub deny: Vec<Deny>,
}

impl Default for Role {
    fn default() -> Self {
        Self {
            name: DEFAULT_ROLE_NAME.to_owned(),
            path: "/".to_owned(),
            trusted: None,
            external_id: None,
            max_session_seconds: 3600,
            deny: Vec::new(),
        }
    }
}

/// Something that a principal may not do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deny {
    /// An IAM action such as `ecr:DescribeRepositories`; `kms:*` and `*` are understood.
    pub action: String,
    /// The Regions; empty: all.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Why, which decides what AWS's message says. Absent: `identity` for a role or caller, `scp`
    /// for an account.
    #[serde(default)]
    pub kind: Option<DenyKind>,
}

/// Why a call is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenyKind {
    /// No identity-based policy allows it.
    Identity,
    /// An identity-based policy denies it.
    Explicit,
    /// A service control policy denies it.
    Scp,
}

/// Long-lived credentials, or those of a role's session, that exist from the start.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caller {
    /// `AKIA…`, or `ASIA…` with a session token.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// Required of temporary credentials.
    pub session_token: Option<String>,
    /// Whose they are.
    pub account: String,
    /// The name of the IAM user, unless `role` is given.
    pub user: String,
    /// The role whose session this is.
    pub role: Option<String>,
    /// What the caller may not do.
    pub deny: Vec<Deny>,
    /// Seconds that the credentials live which the caller gets from `/_simulator/caller-credentials`.
    pub lifetime_seconds: u64,
    /// How often it gets such; absent: always.
    pub renewals: Option<u64>,
}

impl Default for Caller {
    fn default() -> Self {
        Self {
            access_key_id: "AKIASIMULATOREXAMPLE".to_owned(),
            secret_access_key: "simulator/secret/EXAMPLEKEY/0123456789ab".to_owned(),
            session_token: None,
            account: "111111111111".to_owned(),
            user: "security-auditor".to_owned(),
            role: None,
            deny: Vec::new(),
            lifetime_seconds: 3600,
            renewals: None,
        }
    }
}
