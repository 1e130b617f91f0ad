//! How AWS behaves towards the caller: the choices in answers, rate limits, faults.

use serde::Deserialize;

/// How answers are put where AWS leaves a choice, or changed its mind over the years.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// Which of `State` and `Status` an account carries.
    pub account_state: AccountStateMember,
    /// What `Paths` of an account looks like.
    pub account_paths: PathForm,
    /// Every n-th page of Organizations' lists, of `CloudFormation` and of AWS Config's lists of the organization (counted by
    /// position, from 1) is preceded by an empty page with a `NextToken`; 0: never.
    pub empty_page_every: usize,
    /// Largest page that ECR gives, whatever was asked for.
    pub repositories_per_page: usize,
    /// Most accounts on a page of Organizations, up to AWS's 20.
    pub accounts_per_page: usize,
    /// Most results on a page of `CloudFormation`, and of AWS Config's lists of the organization, up to AWS's 100.
    pub results_per_page: usize,
    /// Whether the signature of every call is checked. Costs some microseconds a call.
    pub verify_signatures: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            account_state: AccountStateMember::State,
            account_paths: PathForm::OrganizationalUnits,
            empty_page_every: 0,
            repositories_per_page: 1000,
            accounts_per_page: 20,
            results_per_page: 100,
            verify_signatures: true,
        }
    }
}

/// Which member tells an account's state. `Status` was retired in September 2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStateMember {
    /// `State` alone, as today.
    State,
    /// Both, as in the transition.
    Both,
    /// `Status` alone, as before.
    Status,
}

/// What `Paths` of an account looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathForm {
    /// `o-…/r-…/ou-…/ou-…/`.
    OrganizationalUnits,
    /// The same, with the account's id at the end; the model's pattern allows it.
    WithAccount,
    /// The member is absent.
    Absent,
}

/// A token bucket for each account and Region.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// `ecr:DescribeRepositories`; `kms:*` and `*` share one bucket.
    pub operation: String,
    /// How fast a bucket fills.
    pub requests_per_second: f64,
    /// How much a bucket holds.
    pub burst: f64,
    /// Only for this calling account.
    #[serde(default)]
    pub account: Option<String>,
    /// Only for this Region.
    #[serde(default)]
    pub region: Option<String>,
    /// `Retry-After` of the refusals, in seconds; absent: they have none, as AWS's mostly haven't.
    #[serde(default)]
    pub retry_after_seconds: Option<u64>,
}

/// Something that goes wrong.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// `ecr:DescribeRepositories`, `sts:*`; absent: every operation.
    pub operation: Option<String>,
    /// Only calls with this account's credentials (of `AssumeRole` too: the account called for).
    pub account: Option<String>,
    /// Only calls to this Region.
    pub region: Option<String>,
    /// What happens.
    pub effect: Effect,
    /// How many calls of each account, Region and operation it strikes; absent: all.
    pub times: Option<u64>,
    /// How many calls of each account, Region and operation it lets pass first.
    pub skip: u64,
    /// Strikes this share of the calls (0 to 1), chosen by the seed and the call's number.
    pub probability: Option<f64>,
    /// HTTP status of `error` (default 500) and `http` (default 503).
    pub status: Option<u16>,
    /// Error code of `error` (default `InternalFailure`).
    pub code: Option<String>,
    /// Message of `error`; body of `http`.
    pub message: Option<String>,
    /// How long `slow` (default 1,000) and `hang` (absent: until the caller gives up) take.
    pub milliseconds: Option<u64>,
    /// `Retry-After` of `throttle`, `error` and `http`, in seconds.
    pub retry_after_seconds: Option<u64>,
}

/// What a fault does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The service's own throttling error.
    Throttle,
    /// An error in the service's form, see `status`, `code`, `message`.
    #[default]
    Error,
    /// An HTTP error whose body is not AWS's.
    Http,
    /// No answer. With `milliseconds`: the connection is then reset.
    Hang,
    /// The connection is reset before the answer.
    Reset,
    /// The connection is reset in the middle of the answer's body.
    ResetBody,
    /// The right answer, later.
    Slow,
    /// The service's error for expired credentials.
    Expired,
    /// The service's error for what is denied.
    Deny,
    /// Status 200 with JSON (or XML) that ends in the middle.
    Malformed,
}
