//! What must hold for any facts and any policy.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use ecr_encryption_core::{
    AccountPlace, AwsManagedKey, EncryptionConfiguration, EncryptionLevel, EncryptionType, Glob, KeyFacts, KeyLookup,
    KeyManager, KeyOrigin, KeyState, Policy, Repository, RepositoryEncryption, RequireUsableKey, Status, Tags, decide,
    remediation,
};
use proptest::prelude::*;

fn encryption_type() -> impl Strategy<Value = EncryptionType> {
    prop::sample::select(vec!["AES256", "KMS", "KMS_DSSE", "KMS_TRIPLE"]).prop_map(EncryptionType::from)
}

fn key_name() -> impl Strategy<Value = Option<String>> {
    prop::sample::select(vec![
        None,
        Some("arn:aws:kms:eu-central-1:111122223333:key/11111111-0000-4000-8000-000000000001".to_owned()),
        Some("arn:aws:kms:eu-central-1:999900001111:key/22222222-0000-4000-8000-000000000002".to_owned()),
        Some("arn:aws:kms:eu-central-1:999900001111:alias/images".to_owned()),
        Some("alias/images".to_owned()),
        Some("alias/aws/ecr".to_owned()),
        Some("11111111-0000-4000-8000-000000000001".to_owned()),
        Some("not a key".to_owned()),
    ])
}

fn key_facts() -> impl Strategy<Value = KeyFacts> {
    (
        prop::sample::select(vec![
            "arn:aws:kms:eu-central-1:111122223333:key/11111111-0000-4000-8000-000000000001",
            "arn:aws:kms:eu-central-1:999900001111:key/22222222-0000-4000-8000-000000000002",
        ]),
        prop::sample::select(vec!["AWS", "CUSTOMER", "PARTNER"]),
        prop::sample::select(vec!["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE", "QUANTUM"]),
        prop::sample::select(vec!["Enabled", "Disabled", "PendingDeletion", "PendingImport", "Unavailable", "Frozen"]),
        prop::sample::select(vec![None, Some("2026-11-01T00:00:00Z".parse().unwrap())]),
    )
        .prop_map(|(arn, manager, origin, state, recorded_at)| KeyFacts {
            arn: arn.to_owned(),
            manager: KeyManager::from(manager),
            origin: KeyOrigin::from(origin),
            state: KeyState::from(state),
            recorded_at,
        })
}

fn key_lookup() -> impl Strategy<Value = KeyLookup> {
    let managed = prop_oneof![
        key_facts().prop_map(AwsManagedKey::Described),
        Just(AwsManagedKey::NotFound),
        Just(AwsManagedKey::NotReadable)
    ];
    prop_oneof![
        4 => key_facts().prop_map(KeyLookup::Described),
        1 => Just(KeyLookup::NotNeeded),
        1 => Just(KeyLookup::NotFound),
        1 => Just(KeyLookup::NotFoundElsewhere),
        3 => managed.prop_map(|aws_managed_key| KeyLookup::Denied {
            error_code: "AccessDeniedException".to_owned(),
            aws_managed_key
        }),
    ]
}

prop_compose! {
    fn repository()(
        encryption_type in encryption_type(),
        kms_key in key_name(),
        readable in prop::sample::select(vec![true, true, true, false]),
        tag in prop::option::of("[ -~]{0,12}"),
        tags_readable in any::<bool>(),
    ) -> Repository {
        Repository {
            account_id: "111122223333".to_owned(),
            region: "eu-central-1".to_owned(),
            name: "team/app".to_owned(),
            arn: "arn:aws:ecr:eu-central-1:111122223333:repository/team/app".to_owned(),
        uri: None,
            encryption: if readable {
                RepositoryEncryption::Known(EncryptionConfiguration { encryption_type, kms_key })
            } else {
                RepositoryEncryption::NotReported
            },
            tags: if tags_readable {
                Tags::Read(tag.map(|value| BTreeMap::from([("exempt".to_owned(), value)])).unwrap_or_default())
            } else {
                Tags::Denied { error_code: "AccessDeniedException".to_owned() }
            },
        }
    }
}

prop_compose! {
    fn policy()(
        level in prop::sample::select(EncryptionLevel::ALL.to_vec()),
        arns in prop::option::of(prop::sample::select(vec!["*", "arn:aws:kms:*:111122223333:key/*", "arn:aws:kms:*:2*"])),
        accounts in prop::option::of(prop::sample::select(vec!["111122223333", "999900001111"])),
        require_dual_layer in any::<bool>(),
        usable in prop::sample::select(vec![RequireUsableKey::True, RequireUsableKey::Proven, RequireUsableKey::False]),
        tag in any::<bool>(),
    ) -> Policy {
        let mut policy = Policy::default();
        policy.demands.desired_encryption_level = level;
        policy.demands.kms_key_arns = arns.map(|pattern| vec![Glob::new(pattern)]);
        policy.demands.kms_key_account_ids = accounts.map(|account| [account.to_owned()].into());
        policy.demands.require_dual_layer = require_dual_layer;
        policy.demands.require_usable_key = usable;
        policy.exemptions.exempt_tag_key = tag.then(|| "exempt".to_owned());
        policy
    }
}

fn status(policy: &Policy, repository: &Repository, key: &KeyLookup) -> Status {
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    decide(policy, repository, key, AccountPlace::default(), now).status
}

/// How much a status promises: a fail, not proved, a pass.
fn rank(status: Status) -> u8 {
    match status {
        Status::NonCompliant => 0,
        Status::Undetermined => 1,
        Status::Compliant => 2,
        Status::Exempt => 3,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn raising_the_level_never_turns_a_fail_into_a_pass(
        policy in policy(), repository in repository(), key in key_lookup()
    ) {
        let mut before = None;
        for level in EncryptionLevel::ALL {
            let mut policy = policy.clone();
            policy.demands.desired_encryption_level = level;
            let now = rank(status(&policy, &repository, &key));
            if let Some(before) = before {
                prop_assert!(now <= before, "{level} passes more than the level below it");
            }
            before = Some(now);
        }
    }

    #[test]
    fn a_further_demand_never_turns_a_fail_into_a_pass(
        policy in policy(), repository in repository(), key in key_lookup()
    ) {
        let stricter = status(&policy, &repository, &key);
        let mut looser = policy.clone();
        looser.demands.kms_key_arns = None;
        looser.demands.kms_key_account_ids = None;
        looser.demands.require_dual_layer = false;
        looser.demands.require_usable_key = RequireUsableKey::False;
        prop_assert!(rank(stricter) <= rank(status(&looser, &repository, &key)));
    }

    #[test]
    fn what_may_not_be_read_never_passes_where_reading_it_could_fail(
        mut policy in policy(), mut repository in repository(), mut facts in key_facts(), encryption_type in encryption_type()
    ) {
        // A bound that passes must hold for every key that it may stand for.
        policy.demands.require_usable_key = RequireUsableKey::False;
        policy.exemptions.exempt_tag_key = None;
        if facts.arn.contains("999900001111") {
            // AWS-managed keys cannot be shared.
            facts.manager = KeyManager::Customer;
        }
        repository.encryption = RepositoryEncryption::Known(EncryptionConfiguration {
            encryption_type,
            kms_key: Some(facts.arn.clone()),
        });
        let aws_managed_key = if facts.manager == KeyManager::Aws {
            AwsManagedKey::Described(facts.clone())
        } else {
            AwsManagedKey::NotReadable
        };
        let denied = KeyLookup::Denied { error_code: "AccessDeniedException".to_owned(), aws_managed_key };
        if status(&policy, &repository, &denied) == Status::Compliant {
            prop_assert_eq!(status(&policy, &repository, &KeyLookup::Described(facts)), Status::Compliant);
        }
    }

    #[test]
    fn what_is_recorded_never_passes_where_the_same_told_by_kms_does_not(
        policy in policy(), repository in repository(), facts in key_facts()
    ) {
        let at = |recorded_at| KeyLookup::Described(KeyFacts { recorded_at, ..facts.clone() });
        let (told, recorded) = (at(None), at(Some("2026-11-01T00:00:00Z".parse().unwrap())));
        prop_assert!(rank(status(&policy, &repository, &recorded)) <= rank(status(&policy, &repository, &told)));
        let uses_kms = repository.encryption.known().is_some_and(|known| known.encryption_type.uses_kms());
        if policy.demands.require_usable_key == RequireUsableKey::Proven && uses_kms {
            prop_assert_ne!(status(&policy, &repository, &recorded), Status::Compliant);
        }
    }

    #[test]
    fn an_encryption_that_is_not_recorded_is_never_judged(
        policy in policy(), mut repository in repository(), key in key_lookup()
    ) {
        repository.encryption = RepositoryEncryption::NotRecorded;
        prop_assert!(matches!(status(&policy, &repository, &key), Status::Undetermined | Status::Exempt));
    }

    #[test]
    fn an_unknown_value_is_quoted_and_never_passes_above_its_bound(
        repository in repository(), key in key_lookup()
    ) {
        let mut policy = Policy::default();
        policy.demands.desired_encryption_level = EncryptionLevel::ExternalKeyStore;
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let decision = decide(&policy, &repository, &key, AccountPlace::default(), now);
        let proved = matches!(&key, KeyLookup::Described(facts)
            if facts.origin == KeyOrigin::ExternalKeyStore && facts.manager == KeyManager::Customer);
        prop_assert!(decision.status != Status::Compliant || proved, "{}", decision.reason);
    }

    #[test]
    fn deciding_is_deterministic_and_every_fail_says_what_to_do(
        policy in policy(), repository in repository(), key in key_lookup()
    ) {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let decision = decide(&policy, &repository, &key, AccountPlace::default(), now);
        prop_assert_eq!(&decision, &decide(&policy, &repository, &key, AccountPlace::default(), now));
        prop_assert!(!decision.reason.is_empty());
        let steps = remediation(&decision, &repository, &key);
        match decision.status {
            Status::Compliant | Status::Exempt => prop_assert!(steps.is_empty()),
            Status::Undetermined => prop_assert!(!steps.is_empty()),
            Status::NonCompliant => {
                let advice = steps.join("\n");
                for part in ["cannot be changed", "new private repository", "docker pull", "docker push", "Point applications",
                    "Verify", "Delete the old"] {
                    prop_assert!(advice.contains(part), "`{part}` is missing in {advice}");
                }
            }
        }
    }
}
