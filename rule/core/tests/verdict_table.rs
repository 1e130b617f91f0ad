//! The README's verdict table, run row by row: what users are promised is what is tested.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use ecr_encryption_core::{
    AccountPlace, AwsManagedKey, EncryptionConfiguration, EncryptionType, KeyFacts, KeyLookup, KeyManager, KeyOrigin,
    KeyState, ReasonCode, Repository, RepositoryEncryption, Tags, decide, rule_parameters,
};

const README: &str = include_str!("../../../README.md");
const OWN: &str = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001";
const OTHER: &str = "arn:aws:kms:eu-central-1:999900001111:key/0a1b2c3d-0000-4000-8000-000000000002";
const MANAGED: &str = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-00000000000e";
const ALIAS: &str = "alias/images";

/// The cells of each row of the table.
fn rows() -> Vec<Vec<String>> {
    let (_, rest) = README.split_once("<!-- verdict-table").expect("the README has the table");
    let (table, _) = rest.split_once("<!-- /verdict-table").expect("the table ends");
    table
        .lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|---") && !line.starts_with("| encryption "))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect())
        .collect()
}

fn denied(aws_managed_key: AwsManagedKey) -> KeyLookup {
    KeyLookup::Denied { error_code: "AccessDeniedException".to_owned(), aws_managed_key }
}

fn managed(arn: &str) -> AwsManagedKey {
    AwsManagedKey::Described(KeyFacts {
        arn: arn.to_owned(),
        manager: KeyManager::Aws,
        origin: KeyOrigin::AwsKms,
        state: KeyState::Enabled,
        recorded_at: None,
    })
}

/// The key that ECR names and what could be learned of it.
fn key(cell: &str) -> (Option<String>, KeyLookup) {
    let described = |arn: &str, facts: &str| {
        let parts: Vec<&str> = facts.split(", ").collect();
        let &[manager, origin, state] = parts.as_slice() else { panic!("unreadable key facts: {facts}") };
        let manager = match manager {
            "AWS-managed" => KeyManager::Aws,
            "customer" => KeyManager::Customer,
            other => KeyManager::from(other),
        };
        (
            Some(arn.to_owned()),
            KeyLookup::Described(KeyFacts {
                arn: arn.to_owned(),
                manager,
                origin: origin.into(),
                state: state.into(),
                recorded_at: None,
            }),
        )
    };
    let named = |name: &str, lookup| (Some(name.to_owned()), lookup);
    match cell {
        "–" | "tags denied" => (None, KeyLookup::NotNeeded),
        "none named by ECR" => (None, key("AWS-managed, AWS_KMS, Enabled").1),
        "none named by ECR, alias/aws/ecr denied" => (None, denied(AwsManagedKey::NotReadable)),
        "denied, another account's" => named(OTHER, denied(AwsManagedKey::NotReadable)),
        "denied, behind alias/aws/ecr" => named(OWN, denied(managed(OWN))),
        "denied, not behind alias/aws/ecr" => named(OWN, denied(managed(MANAGED))),
        "denied, no alias/aws/ecr" => named(OWN, denied(AwsManagedKey::NotFound)),
        "denied, alias/aws/ecr denied too" => named(OWN, denied(AwsManagedKey::NotReadable)),
        "denied, named by alias, not behind alias/aws/ecr" => named(ALIAS, denied(managed(MANAGED))),
        "denied, named by alias, alias/aws/ecr denied too" => named(ALIAS, denied(AwsManagedKey::NotReadable)),
        "not found" => named(OWN, KeyLookup::NotFound),
        "not found, another account's, which was not asked" => named(OTHER, KeyLookup::NotFoundElsewhere),
        facts => match facts.strip_prefix("another account's, ") {
            Some(facts) => described(OTHER, facts),
            None => described(OWN, facts),
        },
    }
}

fn repository(encryption: &str, key_cell: &str, kms_key: Option<String>) -> Repository {
    let encryption = match encryption {
        "not reported" => RepositoryEncryption::NotReported,
        "denied" => RepositoryEncryption::Denied { error_code: "AccessDeniedException".to_owned() },
        text => RepositoryEncryption::Known(EncryptionConfiguration {
            encryption_type: EncryptionType::from(text),
            kms_key,
        }),
    };
    let tags = [
        ("until-2027-01-31", "2027-01-31"),
        ("ended", "2026-11-22"),
        ("impossible", "2027-02-30"),
        ("reason", "public images only"),
        ("empty", ""),
    ];
    Repository {
        account_id: "111122223333".to_owned(),
        region: "eu-central-1".to_owned(),
        name: "team/app".to_owned(),
        arn: "arn:aws:ecr:eu-central-1:111122223333:repository/team/app".to_owned(),
        uri: None,
        encryption,
        tags: if key_cell == "tags denied" {
            Tags::Denied { error_code: "AccessDeniedException".to_owned() }
        } else {
            Tags::Read(tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
        },
    }
}

#[test]
fn the_readme_tells_the_truth() {
    let rows = rows();
    assert!(rows.len() > 60, "only {} rows were found", rows.len());
    for row in &rows {
        let [encryption, key_cell, policy, status, code, level] = row.as_slice() else {
            panic!("a row without six cells: {row:?}")
        };
        // What stands in brackets tells the reader which tags the repository has.
        let settings = policy.split(" (").next().unwrap_or_default();
        let parameters: BTreeMap<String, String> = settings
            .split(' ')
            .filter(|setting| *setting != "default")
            .map(|setting| setting.split_once('=').unwrap_or_else(|| panic!("no setting: {setting}")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let policy = rule_parameters(&parameters).unwrap().policy;
        let (kms_key, lookup) = key(key_cell);
        let repository = repository(encryption, key_cell, kms_key);

        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let decision = decide(&policy, &repository, &lookup, AccountPlace::default(), now);

        let bound = if matches!(decision.level, ecr_encryption_core::ProvableLevel::AtLeast(_)) { "≥ " } else { "" };
        let decided_level = decision.level.level().map_or("–".to_owned(), |level| format!("{bound}{level}"));
        assert_eq!(
            (decision.status.as_str(), decision.reason_code.as_str(), decided_level.as_str()),
            (status.as_str(), code.as_str(), level.as_str()),
            "{row:?}: {}",
            decision.reason
        );
        assert!(!decision.reason.is_empty());
    }
}

#[test]
fn the_readme_names_every_reason_code() {
    let (_, rest) = README.split_once("<!-- verdict-table").unwrap();
    let (table, _) = rest.split_once("<!-- /verdict-table").unwrap();
    let missing: BTreeSet<&str> =
        ReasonCode::ALL.iter().map(|code| code.as_str()).filter(|code| !table.contains(&format!("`{code}`"))).collect();
    assert_eq!(missing, BTreeSet::new());
}
