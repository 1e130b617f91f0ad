//! What to do about a finding, as steps to follow in order.

mod next;

use crate::decide::{Decision, Status};
use crate::encryption::{EncryptionConfiguration, EncryptionLevel, EncryptionType};
use crate::key::{KeyArn, KeyLookup};
use crate::reason::ReasonCode;
use crate::repository::{Repository, RepositoryEncryption};

pub use next::remediation_next;

/// The steps that make `repository` comply, or that let its verdict be proved; none where nothing is to be done.
///
/// The steps hold the names of the repository and of its key as they are: whoever renders them escapes them for the format
/// at hand.
pub fn remediation(decision: &Decision, repository: &Repository, key: &KeyLookup) -> Vec<String> {
    match decision.status {
        Status::Compliant | Status::Exempt => Vec::new(),
        Status::Undetermined => match decision.reason_code {
            ReasonCode::RepositoryAccessDenied => vec![
                format!("Allow the audit role in account {} to call ecr:DescribeRepositories.", repository.account_id),
                AGAIN.to_owned(),
            ],
            _ if repository.encryption == RepositoryEncryption::NotRecorded => {
                vec!["Ask ECR itself: scan with --source api, or with --source both.".to_owned()]
            }
            code => prove(code, &repository.account_id, key_name(repository, key), key),
        },
        Status::NonCompliant => {
            let mut steps = repair_key(decision, repository, key);
            steps.extend(migrate(decision, repository));
            steps
        }
    }
}

fn key_name<'a>(repository: &'a Repository, key: &'a KeyLookup) -> &'a str {
    name_of_key(repository.encryption.known(), key)
}

/// What a key is called: its ARN where that is known.
fn name_of_key<'a>(configuration: Option<&'a EncryptionConfiguration>, key: &'a KeyLookup) -> &'a str {
    match key {
        KeyLookup::Described(facts) => &facts.arn,
        _ => configuration.and_then(|known| known.kms_key.as_deref()).unwrap_or("alias/aws/ecr"),
    }
}

const KEY_STATES: [ReasonCode; 4] =
    [ReasonCode::KeyDisabled, ReasonCode::KeyPendingDeletion, ReasonCode::KeyPendingImport, ReasonCode::KeyUnavailable];

/// The first thing where the key is unusable: without it, nothing can even be copied.
fn repair_key(decision: &Decision, repository: &Repository, key: &KeyLookup) -> Vec<String> {
    let Some(state) = decision.failed.iter().find(|code| KEY_STATES.contains(code)) else { return Vec::new() };
    let repair = make_usable(*state, key_name(repository, key), &repository.account_id, &repository.region);
    let only_the_state = decision.failed.iter().all(|code| KEY_STATES.contains(code));
    let then = if only_the_state {
        "Then the repository complies. If the key must not be used on, replace the repository as follows; its images can be \
         copied only while the key is usable, so make it usable for the copy."
    } else {
        "That is not enough, because other demands fail too: replace the repository as follows. Its images can be copied only \
         while the key is usable."
    };
    vec![repair, then.to_owned()]
}

/// How a key becomes usable again. `account_id` and `region` are those of its user, where its name does not tell its own.
fn make_usable(state: ReasonCode, name: &str, account_id: &str, region: &str) -> String {
    let arn = KeyArn::parse(name);
    let region = arn.as_ref().map_or(region, |arn| &arn.region);
    let owner = arn.as_ref().map_or(account_id, |arn| &arn.account_id);
    let here = format!("in account {owner}, which owns the key {name}");
    match state {
        ReasonCode::KeyDisabled => format!(
            "Enable the key again, unless it was disabled on purpose; {here}: aws kms enable-key --region {region} --key-id {name}"
        ),
        ReasonCode::KeyPendingDeletion => format!(
            "Cancel the deletion of the key at once: after it, no image can ever be read again. Do it {here}: aws kms \
             cancel-key-deletion --region {region} --key-id {name} && aws kms enable-key --region {region} --key-id {name}"
        ),
        ReasonCode::KeyPendingImport => format!(
            "Import the same key material again, {here}: aws kms get-parameters-for-import, then aws kms \
             import-key-material, both with --region {region} --key-id {name}"
        ),
        _ => format!(
            "Connect the custom key store of the key again, {here}: aws kms describe-custom-key-stores --region {region} \
             shows its state, aws kms connect-custom-key-store connects it"
        ),
    }
}

/// The encryption of a repository cannot be changed, so a new one takes its place.
fn migrate(decision: &Decision, repository: &Repository) -> Vec<String> {
    let Repository { account_id, region, name, .. } = repository;
    let registry = registry(repository);
    let encryption_type = if decision.requires_dual_layer { EncryptionType::KmsDsse } else { EncryptionType::Kms };
    let dual_layer = if decision.requires_dual_layer {
        " (KMS_DSSE is offered in the AWS GovCloud Regions only, as of 2026)"
    } else {
        ""
    };
    let copy = if decision.failed.contains(&ReasonCode::KeyNotFound) {
        vec![
            "The old key is gone, and with it the images: build them again, or take them from another copy, then log in (aws \
             ecr get-login-password | docker login), docker pull from there, docker tag and docker push them to the new \
             repository."
                .to_owned(),
        ]
    } else {
        vec![
            format!(
                "Log in: aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}"
            ),
            format!(
                "Copy every image. With all architectures, signatures and digests as they are: skopeo copy --all \
                 docker://{registry}/{name}:TAG docker://{registry}/NEW_NAME:TAG (or crane copy). One architecture at a time: \
                 docker pull {registry}/{name}:TAG && docker tag {registry}/{name}:TAG {registry}/NEW_NAME:TAG && docker push \
                 {registry}/NEW_NAME:TAG. Images without a tag are copied by digest."
            ),
        ]
    };
    let mut steps = vec![
        format!(
            "The encryption of {name} in account {account_id} cannot be changed after its creation: it takes a new repository \
             with the right key, and a copy of the images."
        ),
        choose_key(decision, region),
        format!(
            "Create a new private repository with KMS encryption and that key{dual_layer}: aws ecr create-repository --region \
             {region} --repository-name NEW_NAME --encryption-configuration encryptionType={encryption_type},kmsKey=KEY_ARN; \
             carry over its repository policy, lifecycle policy, tags and settings"
        ),
    ];
    steps.extend(copy);
    steps.extend([
        "Point applications, deployments and pipelines at the new repository.".to_owned(),
        if decision.failed.contains(&ReasonCode::KeyNotFound) {
            format!("Verify: what is needed pulls from NEW_NAME, and nothing pulls from {name} any more.")
        } else {
            format!(
                "Verify: the digests of aws ecr list-images --region {region} --repository-name NEW_NAME are those of {name}, \
                 and nothing pulls from {name} any more."
            )
        },
        format!(
            "Delete the old repository, only then: aws ecr delete-repository --region {region} --repository-name {name} \
             --force deletes every image in it for good."
        ),
    ]);
    steps
}

/// The registry's host: as ECR gave it, else by the partition's domain.
fn registry(repository: &Repository) -> String {
    let Repository { account_id, region, name, arn, uri, .. } = repository;
    if let Some(host) = uri.as_deref().and_then(|uri| uri.strip_suffix(name)?.strip_suffix('/')) {
        return host.to_owned();
    }
    let domain = match arn.split(':').nth(1) {
        Some("aws-cn") => "amazonaws.com.cn",
        _ => "amazonaws.com",
    };
    format!("{account_id}.dkr.ecr.{region}.{domain}")
}

fn choose_key(decision: &Decision, region: &str) -> String {
    let desired = decision.desired_level;
    let key = "Create a symmetric customer managed key, single-Region, and name its key administrators and key users";
    let command = format!("aws kms create-key --region {region}");
    let create = match desired {
        EncryptionLevel::Sse | EncryptionLevel::AwsKms | EncryptionLevel::AwsCmk => format!("{key}: {command}"),
        EncryptionLevel::ExternalCmk => format!("{key}, then import your key material: {command} --origin EXTERNAL"),
        EncryptionLevel::CloudHsm => {
            format!(
                "{key}, in a CloudHSM key store: {command} --origin AWS_CLOUDHSM --custom-key-store-id KEY_STORE_ID"
            )
        }
        EncryptionLevel::ExternalKeyStore => format!(
            "{key}, in an external key store: {command} --origin EXTERNAL_KEY_STORE --custom-key-store-id KEY_STORE_ID \
             --xks-key-id EXTERNAL_KEY_ID"
        ),
    };
    match &decision.allowed_keys {
        None => create,
        Some(allowed) => format!(
            "Choose a key in {region} that the policy allows: {allowed}, at level {desired} or higher; its key policy must let \
             this account use it through ECR (kms:DescribeKey, kms:CreateGrant). Where there is none yet, have one made in \
             the account that the policy names. {create}"
        ),
    }
}

const AGAIN: &str = "Then scan again: until it is proved, it counts as neither passed nor failed.";

/// What must be allowed, or looked at, before the verdict can be proved, for which more of the key `name` must be known.
fn prove(code: ReasonCode, account_id: &str, name: &str, key: &KeyLookup) -> Vec<String> {
    match code {
        ReasonCode::KeyNotFound => vec![
            format!(
                "Find out in the key's own account whether the key {name} exists; add that account to the scan, with the \
                 audit role in it."
            ),
            AGAIN.to_owned(),
        ],
        _ if matches!(key, KeyLookup::Denied { .. }) => vec![
            format!(
                "Let the audit role describe the key {name}: allow kms:DescribeKey in the role's policy, and in the key \
                 policy for the account {account_id} (or add the key's own account to the scan)."
            ),
            AGAIN.to_owned(),
        ],
        _ if matches!(key, KeyLookup::Described(facts) if facts.recorded_at.is_some()) => vec![
            format!(
                "Let KMS tell what is known of the key {name} by AWS Config only: allow kms:DescribeKey on it to the caller of \
                 the scan, or scan with --source api."
            ),
            AGAIN.to_owned(),
        ],
        _ => vec![
            "AWS gave a value that this version does not know, or left one out: look for a newer version of this tool, and \
             check by hand until then."
                .to_owned(),
        ],
    }
}
