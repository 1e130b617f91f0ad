//! The verdicts that the design gives, worked out from the seed's facts alone: a second decision core, for this one policy.
//! It shares no code with the product, and panics where it meets what the seed doesn't have, rather than guess.

use jiff::civil::Date;

use crate::server::{Key, Repository};

pub const EXEMPT_TAG: &str = "encryption-exempt";

/// The policy of every scan here.
pub const POLICY: &str = r#"
exempt_tag_key = "encryption-exempt"
exempt_repository_names = ["sandbox/*"]
"#;

/// What a finding must say.
pub struct Verdict {
    pub status: &'static str,
    pub reason_code: &'static str,
    pub level: &'static str,
    pub level_is_lower_bound: bool,
    pub exempt_until: Option<String>,
}

/// The verdict on `repository`.
pub fn verdict(repository: &Repository, today: Date) -> Verdict {
    let Repository { encryption_type, key, kms_key, .. } = repository;
    let (level, level_is_lower_bound) = match (encryption_type.as_str(), key, kms_key) {
        ("AES256", None, None) => ("sse", false),
        ("KMS" | "KMS_DSSE", Some(key), Some(_)) => (level_of(key), false),
        ("KMS" | "KMS_DSSE", None, None) => ("awskms", false),
        // ECR names a key that KMS doesn't know: some KMS key it was.
        ("KMS" | "KMS_DSSE", None, Some(_)) => ("awskms", true),
        other => panic!("{other:?}"),
    };
    let tag = repository.tags.get(EXEMPT_TAG).map(|value| (value, end_of_exemption(value)));
    let mut exempt_until = None;
    let (status, reason_code) = match (tag, key.as_ref().map(|key| key.state.as_str())) {
        _ if repository.name.starts_with("sandbox/") => ("EXEMPT", "exempt-by-name"),
        (Some((_, None)), _) => ("EXEMPT", "exempt-by-tag"),
        (Some((value, Some(Ok(end)))), _) if end >= today => {
            exempt_until = Some(value.clone());
            ("EXEMPT", "exempt-by-tag")
        }
        // From here on the order is that of the demands: key not found, its state, the level.
        (_, None) if kms_key.is_some() => ("NON_COMPLIANT", "key-not-found"),
        (_, Some("Disabled")) => ("NON_COMPLIANT", "key-disabled"),
        (_, Some("PendingDeletion")) => ("NON_COMPLIANT", "key-pending-deletion"),
        (_, None | Some("Enabled")) if matches!(level, "sse" | "awskms") => ("NON_COMPLIANT", "below-desired-level"),
        (_, None | Some("Enabled")) => ("COMPLIANT", "level-met"),
        (_, Some(state)) => panic!("{state}"),
    };
    Verdict { status, reason_code, level, level_is_lower_bound, exempt_until }
}

/// moto's keys are all customer managed.
fn level_of(key: &Key) -> &'static str {
    match (key.manager.as_str(), key.origin.as_str()) {
        ("CUSTOMER", "AWS_KMS") => "awscmk",
        ("CUSTOMER", "EXTERNAL") => "externalcmk",
        ("CUSTOMER", "AWS_CLOUDHSM") => "cloudhsm",
        ("CUSTOMER", "EXTERNAL_KEY_STORE") => "externalkeystore",
        other => panic!("{other:?}"),
    }
}

/// `None` for a value that doesn't even look like a date: a reason, or nothing.
fn end_of_exemption(value: &str) -> Option<Result<Date, jiff::Error>> {
    let looks_like_date = value.len() == 10 && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    looks_like_date.then(|| value.parse())
}
