//! Findings as scans give them: a mix of statuses, and remediation as long as it is.

use serde::Serialize;

use super::REPOSITORIES;

/// How many of a hundred have which status, and why; the rest complies.
const MIX: [(u64, &str, &str); 4] = [
    (22, "NON_COMPLIANT", "below-desired-level"),
    (3, "NON_COMPLIANT", "key-disabled"),
    (3, "UNDETERMINED", "key-access-denied"),
    (2, "EXEMPT", "exempt-by-tag"),
];

/// A line of `findings.jsonl`.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the report's names")]
pub(super) struct Finding<'a> {
    pub(super) account_id: &'a str,
    pub(super) account_name: &'a str,
    pub(super) organizational_unit_path: &'a str,
    pub(super) region: &'a str,
    pub(super) repository_name: &'a str,
    pub(super) repository_arn: String,
    pub(super) created_at: &'a str,
    pub(super) encryption_type: &'a str,
    pub(super) kms_key: Option<String>,
    pub(super) kms_key_arn: Option<String>,
    pub(super) key_manager: Option<&'a str>,
    pub(super) key_origin: Option<&'a str>,
    pub(super) key_state: Option<&'a str>,
    pub(super) encryption_level: &'a str,
    pub(super) encryption_level_is_lower_bound: bool,
    pub(super) desired_encryption_level: &'a str,
    pub(super) status: &'a str,
    pub(super) reason_code: &'a str,
    pub(super) reason: String,
    pub(super) r#override: Option<&'a str>,
    pub(super) exempt_until: Option<&'a str>,
    pub(super) remediation: Vec<String>,
    pub(super) evaluated_at: &'a str,
    pub(super) finding_type: &'a str,
    pub(super) recorded_at: Option<&'a str>,
    pub(super) key_recorded_at: Option<&'a str>,
    pub(super) open_since: Option<&'a str>,
}

/// The finding on a repository of an account (id, name, organizational unit); `salt` decides its status.
pub(super) fn finding<'a>(account: (&'a str, &'a str, &'a str), region: &'a str, index: u64, salt: u64) -> Finding<'a> {
    let (account_id, account_name, organizational_unit_path) = account;
    let repository_name = NAMES.get(usize::try_from(index).unwrap_or_default()).map_or("", String::as_str);
    let mut place = salt * 37 % 100;
    let kind = MIX.iter().find(|(share, ..)| match place.checked_sub(*share) {
        Some(rest) => {
            place = rest;
            false
        }
        None => true,
    });
    let (status, reason_code) = kind.map_or(("COMPLIANT", "level-met"), |(_, status, code)| (*status, *code));
    let is_plain = reason_code == "below-desired-level";
    let key =
        (!is_plain).then(|| format!("arn:aws:kms:{region}:{account_id}:key/0a1b2c3d-{salt:04x}-4000-8000-{salt:012x}"));
    let known = (!is_plain && reason_code != "key-access-denied").then_some(());
    Finding {
        repository_arn: format!("arn:aws:ecr:{region}:{account_id}:repository/{repository_name}"),
        created_at: "2024-03-05T10:11:12.345Z",
        encryption_type: if is_plain { "AES256" } else { "KMS" },
        kms_key_arn: known.and(key.clone()),
        kms_key: key,
        key_manager: known.map(|()| "CUSTOMER"),
        key_origin: known.map(|()| "AWS_KMS"),
        key_state: known.map(|()| if reason_code == "key-disabled" { "Disabled" } else { "Enabled" }),
        encryption_level: match reason_code {
            "below-desired-level" => "sse",
            "key-access-denied" => "awskms",
            _ => "awscmk",
        },
        encryption_level_is_lower_bound: reason_code == "key-access-denied",
        desired_encryption_level: "awscmk",
        reason: format!(
            "{reason_code}: a sentence about the repository {repository_name}, as long as they are on average, or a little more"
        ),
        r#override: None,
        exempt_until: (status == "EXEMPT").then_some("2027-01-31"),
        remediation: match status {
            "NON_COMPLIANT" => steps(region, account_id, repository_name),
            "UNDETERMINED" => {
                vec!["Let the audit role describe the key: allow kms:DescribeKey in the role's policy.".to_owned()]
            }
            _ => Vec::new(),
        },
        evaluated_at: "2026-11-23T06:10:11Z",
        finding_type: "repository",
        recorded_at: None,
        key_recorded_at: None,
        open_since: matches!(status, "NON_COMPLIANT" | "UNDETERMINED").then_some("2026-10-01T06:00:00Z"),
        account_id,
        account_name,
        organizational_unit_path,
        region,
        repository_name,
        status,
        reason_code,
    }
}

/// Steps as many and as long as the program gives.
fn steps(region: &str, account_id: &str, name: &str) -> Vec<String> {
    let registry = format!("{account_id}.dkr.ecr.{region}.amazonaws.com");
    vec![
        format!(
            "The encryption of {name} in account {account_id} cannot be changed after its creation: it takes a new repository with the right key, and a copy of the images."
        ),
        format!(
            "Create a symmetric customer managed key, single-Region, and name its key administrators and key users: aws kms create-key --region {region}"
        ),
        format!(
            "Create a new private repository with KMS encryption and that key: aws ecr create-repository --region {region} --repository-name NEW_NAME --encryption-configuration encryptionType=KMS,kmsKey=KEY_ARN"
        ),
        format!(
            "Log in: aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}"
        ),
        format!(
            "Copy every image: skopeo copy --all docker://{registry}/{name}:TAG docker://{registry}/NEW_NAME:TAG (or crane copy)."
        ),
        "Point applications, deployments and pipelines at the new repository.".to_owned(),
        format!(
            "Verify: the digests of aws ecr list-images --region {region} --repository-name NEW_NAME are those of {name}, and nothing pulls from {name} any more."
        ),
        format!(
            "Delete the old repository, only then: aws ecr delete-repository --region {region} --repository-name {name} --force deletes every image in it for good."
        ),
    ]
}

/// The names of an account's repositories in a Region, in order.
static NAMES: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| {
    (0..REPOSITORIES)
        .map(|index| {
            format!("team-{}/service-{index:03}", char::from(b'a' + u8::try_from(index / 10).unwrap_or_default()))
        })
        .collect()
});
