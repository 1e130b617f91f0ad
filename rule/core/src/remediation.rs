//! What to do about a finding, as steps to follow in order.

use crate::decide::{Decision, Status};
use crate::encryption::{EncryptionLevel, EncryptionType};
use crate::key::{KeyArn, KeyLookup};
use crate::reason::ReasonCode;
use crate::repository::Repository;

/// The steps that make `repository` comply, or that let its verdict be proved; none where nothing is to be done.
///
/// The steps hold the names of the repository and of
/// its key as they are: whoever renders them escapes them for the format at hand.
pub fn remediation(decision: &Decision, repository: &Repository, key: &KeyLookup) -> Vec<String> {
    match decision.status {
        Status::Compliant | Status::Exempt => Vec::new(),
        Status::Undetermined => prove(decision.reason_code, repository, key),
        Status::NonCompliant => {
            let mut steps = repair_key(decision.reason_code, repository, key);
            steps.extend(migrate(decision, repository));
            steps
        }
    }
}

fn key_name<'a>(repository: &'a Repository, key: &'a KeyLookup) -> &'a str {
    match key {
        KeyLookup::Described(facts) => &facts.arn,
        _ => repository.encryption.known().and_then(|known| known.kms_key.as_deref()).unwrap_or("alias/aws/ecr"),
    }
}

/// A key that can be made usable again need not be replaced.
fn repair_key(code: ReasonCode, repository: &Repository, key: &KeyLookup) -> Vec<String> {
    let name = key_name(repository, key);
    let region = KeyArn::parse(name).map_or_else(|| repository.region.clone(), |arn| arn.region);
    let step = match code {
        ReasonCode::KeyDisabled => {
            format!(
                "Enable the key, unless it was disabled on purpose: aws kms enable-key --region {region} --key-id {name}"
            )
        }
        ReasonCode::KeyPendingDeletion => format!(
            "Cancel the deletion of the key at once; after it, no image can ever be read again: aws kms cancel-key-deletion \
             --region {region} --key-id {name} && aws kms enable-key --region {region} --key-id {name}"
        ),
        ReasonCode::KeyPendingImport => format!(
            "Import the key material again (aws kms get-parameters-for-import, then aws kms import-key-material \
             --region {region} --key-id {name})"
        ),
        ReasonCode::KeyUnavailable => format!(
            "Reconnect the custom key store of the key {name}: aws kms describe-custom-key-stores --region {region} shows \
             its state, aws kms connect-custom-key-store connects it"
        ),
        ReasonCode::KeyNotFound => format!(
            "The key {name} is gone, and with it the images: what the new repository is to hold must be built again or \
             pulled from another copy"
        ),
        _ => return Vec::new(),
    };
    match code {
        ReasonCode::KeyNotFound => vec![step],
        _ => vec![step, "If the key cannot or must not be made usable, replace the repository as follows.".to_owned()],
    }
}

/// The encryption of a repository cannot be changed, so a new one takes its place.
fn migrate(decision: &Decision, repository: &Repository) -> Vec<String> {
    let Repository { account_id, region, name, arn, .. } = repository;
    let suffix = if arn.starts_with("arn:aws-cn:") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let registry = format!("{account_id}.dkr.ecr.{region}.{suffix}");
    let encryption_type = if decision.requires_dual_layer { EncryptionType::KmsDsse } else { EncryptionType::Kms };
    vec![
        format!(
            "The encryption of {name} cannot be changed after its creation: it takes a new repository with the right key, \
             and a copy of the images."
        ),
        create_key(decision.desired_level, decision.reason_code, region),
        format!(
            "Create a new private repository with KMS encryption and that key: aws ecr create-repository --region {region} \
             --repository-name NEW_NAME --encryption-configuration encryptionType={encryption_type},kmsKey=KEY_ARN; carry \
             over its repository policy, lifecycle policy, tags and settings"
        ),
        format!(
            "Log in: aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}"
        ),
        format!(
            "Copy every image: docker pull {registry}/{name}:TAG && docker tag {registry}/{name}:TAG \
             {registry}/NEW_NAME:TAG && docker push {registry}/NEW_NAME:TAG"
        ),
        "Point applications, deployments and pipelines at the new repository.".to_owned(),
        format!("Verify that everything pulls from NEW_NAME, and that nothing pulls from {name} any more."),
        format!(
            "Delete the old repository: aws ecr delete-repository --region {region} --repository-name {name} --force"
        ),
    ]
}

fn create_key(desired: EncryptionLevel, code: ReasonCode, region: &str) -> String {
    if matches!(code, ReasonCode::KeyNotAllowed | ReasonCode::KeyAccountNotAllowed) {
        return format!(
            "Choose a key in {region} that the policy allows, at level {desired} or higher; its key policy must let this \
             account use it through ECR (kms:DescribeKey, kms:CreateGrant)."
        );
    }
    let key = "Create a symmetric customer managed key, single-Region, and name its key administrators and key users";
    let command = format!("aws kms create-key --region {region}");
    match desired {
        EncryptionLevel::Sse | EncryptionLevel::AwsKms | EncryptionLevel::AwsCmk => format!("{key}: {command}"),
        EncryptionLevel::ExternalCmk => {
            format!("{key}, then import your key material: {command} --origin EXTERNAL")
        }
        EncryptionLevel::CloudHsm => {
            format!(
                "{key}, in a CloudHSM key store: {command} --origin AWS_CLOUDHSM --custom-key-store-id KEY_STORE_ID"
            )
        }
        EncryptionLevel::ExternalKeyStore => format!(
            "{key}, in an external key store: {command} --origin EXTERNAL_KEY_STORE --custom-key-store-id KEY_STORE_ID \
             --xks-key-id EXTERNAL_KEY_ID"
        ),
    }
}

/// What must be allowed, or looked at, before the verdict can be proved.
fn prove(code: ReasonCode, repository: &Repository, key: &KeyLookup) -> Vec<String> {
    let name = key_name(repository, key);
    let again = "Then scan again: until it is proved, the repository counts as neither passed nor failed.".to_owned();
    match code {
        ReasonCode::RepositoryAccessDenied => vec![
            format!("Allow the audit role in account {} to call ecr:DescribeRepositories.", repository.account_id),
            again,
        ],
        ReasonCode::KeyNotFound => vec![
            format!(
                "Find out in the key's own account whether the key {name} exists; add that account to the scan, with the \
                 audit role in it."
            ),
            again,
        ],
        _ if matches!(key, KeyLookup::Denied { .. } | KeyLookup::NotFound | KeyLookup::NotFoundElsewhere) => vec![
            format!(
                "Let the audit role describe the key {name}: allow kms:DescribeKey in the role's policy, and in the key \
                 policy for the account {} (or add the key's own account to the scan).",
                repository.account_id
            ),
            again,
        ],
        _ => vec![
            "AWS gave a value that this version does not know, or left one out: look for a newer version of this tool, and \
             check the repository by hand until then."
                .to_owned(),
        ],
    }
}
