//! Keys: their own events, and what is remembered of them.

use integration_tests::{Key, Organization, Repository};
use rstest::rstest;
use serde_json::Value;

use crate::event::{CAPTURED_SECONDS, Event, key_item};
use crate::harness::{Bench, HOME, REGION, ROLE, SHOP, assert_names, error, key, organization, repository, under};

const ID: &str = "11111111-0000-4000-8000-000000000001";

/// Repositories that name one key in every way there is, and others that don't use it.
fn by_every_name() -> Organization {
    let mut organization = organization();
    organization.keys = vec![
        Key { id: Some(ID.to_owned()), aliases: vec!["alias/images".to_owned()], ..key(HOME, "images") },
        key(HOME, "another"),
        key(SHOP, "shop"),
    ];
    let by = |name: &str, kms_key: &str| Repository {
        encryption_type: Some("KMS".to_owned()),
        kms_key: Some(kms_key.to_owned()),
        ..repository(HOME, name)
    };
    organization.repositories = vec![
        under(HOME, "by/arn", "images"),
        by("by/id", ID),
        by("by/alias", "alias/images"),
        by("by/alias-arn", &format!("arn:aws:kms:{REGION}:{HOME}:alias/images")),
        under(HOME, "other/key", "another"),
        under(HOME, "other/managed", "aws/ecr"),
        repository(HOME, "other/plain"),
        under(SHOP, "shop/app", "shop"),
    ];
    organization
}

fn verdicts(key: &str, compliance: &str) -> Vec<String> {
    let mut verdicts: Vec<String> =
        ["by/alias", "by/alias-arn", "by/arn", "by/id"].iter().map(|name| format!("{name} {compliance}")).collect();
    verdicts.push(format!("{key} NOT_APPLICABLE"));
    verdicts.sort_unstable();
    verdicts
}

#[rstest]
#[case::disabled("Disabled", "NON_COMPLIANT")]
#[case::pending_deletion("PendingDeletion", "NON_COMPLIANT")]
#[case::enabled("Enabled", "COMPLIANT")]
fn a_key_s_change_judges_its_repositories_anew(#[case] state: &str, #[case] compliance: &str) {
    let bench = Bench::new(by_every_name());
    let arn = bench.key_arn("images");
    bench.simulator.set_key_state(&arn, state);
    let told = bench.invoke(&Event::change(key_item(&arn, state)));
    assert_eq!(told.succeeded(), verdicts(ID, compliance));
    for evaluation in &told.evaluations {
        let is_key = evaluation.compliance_resource_id == ID;
        let kind = if is_key { "AWS::KMS::Key" } else { "AWS::ECR::Repository" };
        assert_eq!(evaluation.compliance_resource_type, kind);
        assert!((evaluation.ordering_timestamp - CAPTURED_SECONDS).abs() < 0.001);
    }
}

/// Disabled, noticed at once although the key was in the cache; enabled again, noticed as well.
#[test]
fn a_key_s_change_is_seen_through_the_cache() {
    let bench = Bench::new(by_every_name());
    let arn = bench.key_arn("images");
    assert_eq!(bench.invoke(&bench.change_of(HOME, "by/arn")).succeeded(), ["by/arn COMPLIANT"]);
    for (state, compliance) in
        [("Disabled", "NON_COMPLIANT"), ("Enabled", "COMPLIANT"), ("PendingDeletion", "NON_COMPLIANT")]
    {
        bench.simulator.set_key_state(&arn, state);
        let told = bench.invoke(&Event::change(key_item(&arn, state)));
        assert_eq!(told.succeeded(), verdicts(ID, compliance), "{state}");
        let told = bench.invoke(&bench.change_of(HOME, "by/alias"));
        assert_eq!(told.succeeded(), [format!("by/alias {compliance}")], "{state}");
    }
}

#[test]
fn a_key_in_a_member_account() {
    let bench = Bench::new(by_every_name());
    let arn = bench.key_arn("shop");
    bench.simulator.set_key_state(&arn, "Disabled");
    let event = Event::change(key_item(&arn, "Disabled")).of(SHOP).parameter("executionRoleName", ROLE);
    let told = bench.invoke(&event);
    let id = arn.rsplit('/').next().unwrap();
    let mut expected = [format!("{id} NOT_APPLICABLE"), "shop/app NON_COMPLIANT".to_owned()];
    expected.sort_unstable();
    assert_eq!(told.succeeded(), expected);
    assert!(told.evaluations.iter().all(|evaluation| evaluation.account == SHOP));
}

#[test]
fn a_key_s_item_may_be_too_large_too() {
    let bench = Bench::new(by_every_name());
    let arn = bench.key_arn("images");
    assert_eq!(bench.invoke(&bench.change_of(HOME, "by/arn")).succeeded(), ["by/arn COMPLIANT"]);
    bench.simulator.set_key_state(&arn, "Disabled");
    let told = bench.invoke(&Event::oversized(key_item(&arn, "Disabled")));
    assert_eq!(told.succeeded(), verdicts(ID, "NON_COMPLIANT"));
}

/// Whatever a key's item leaves out: what is told of the repositories is what KMS says.
#[test]
fn a_key_s_item_that_leaves_things_out() {
    let bench = Bench::new(by_every_name());
    let arn = bench.key_arn("images");
    bench.simulator.set_key_state(&arn, "Disabled");
    let fields: Vec<String> = key_item(&arn, "Disabled").as_object().unwrap().keys().cloned().collect();
    for field in fields {
        let mut item = key_item(&arn, "Disabled");
        item[&field] = Value::Null;
        let told = bench.invoke(&Event::change(item));
        assert!(
            !told.verdicts().iter().any(|verdict| verdict.starts_with("by/") && !verdict.ends_with("NON_COMPLIANT"))
        );
        if ["configuration", "configurationItemStatus", "resourceName", "ARN", "tags", "awsRegion", "awsAccountId"]
            .contains(&field.as_str())
        {
            assert_eq!(told.succeeded(), verdicts(ID, "NON_COMPLIANT"), "{field}");
        }
    }
}

#[test]
fn a_key_that_nobody_uses() {
    let mut organization = by_every_name();
    organization.repositories.retain(|repository| !repository.name.starts_with("by/"));
    let bench = Bench::new(organization);
    let told = bench.invoke(&Event::change(key_item(&bench.key_arn("images"), "Disabled")));
    assert_eq!(told.succeeded(), [format!("{ID} NOT_APPLICABLE")]);
}

/// A key that is gone for good takes its repositories with it.
#[test]
fn a_key_that_was_deleted() {
    let bench = Bench::new(by_every_name());
    let arn = bench.key_arn("images");
    assert_eq!(bench.invoke(&bench.change_of(HOME, "by/arn")).succeeded(), ["by/arn COMPLIANT"]);
    bench.simulator.set_faults(vec![error("kms:DescribeKey", "NotFoundException")]);
    let mut item = key_item(&arn, "PendingDeletion");
    item["configurationItemStatus"] = "ResourceDeleted".into();
    item["configuration"] = Value::Null;
    let told = bench.invoke(&Event::change(item));
    let verdicts = told.succeeded();
    assert!(verdicts.contains(&format!("{ID} NOT_APPLICABLE")), "{verdicts:?}");
    for name in ["by/arn", "by/id"] {
        assert!(verdicts.contains(&format!("{name} NON_COMPLIANT")), "{verdicts:?}");
        assert_eq!(told.reason_code(name), "key-not-found");
    }
}

#[test]
fn an_exempt_repository_stays_exempt_whatever_its_key_does() {
    let bench = Bench::new(by_every_name());
    let event =
        Event::change(key_item(&bench.key_arn("images"), "Disabled")).parameter("exemptRepositoryNames", "by/*");
    let told = bench.invoke(&event);
    assert!(told.succeeded().iter().all(|verdict| verdict.ends_with(" NOT_APPLICABLE")), "{:?}", told.verdicts());
}

#[test]
fn repositories_that_may_not_be_listed_are_an_error() {
    let mut organization = by_every_name();
    organization.caller.deny.push(integration_tests::Deny {
        action: "ecr:DescribeRepositories".to_owned(),
        regions: Vec::new(),
        kind: None,
    });
    let bench = Bench::new(organization);
    let told = bench.invoke(&Event::change(key_item(&bench.key_arn("images"), "Disabled")));
    assert_names(told.failed(), &["ecr:DescribeRepositories"]);
}

/// A second invocation asks KMS nothing that the first has learnt.
#[test]
fn a_warm_process_remembers_keys() {
    let bench = Bench::new(by_every_name());
    for _ in 0..5 {
        bench.invoke(&bench.change_of(HOME, "by/arn")).one();
    }
    assert_eq!(bench.calls("kms", "DescribeKey"), 1);
    // A change of another key doesn't make it forget this one.
    let another = bench.key_arn("another");
    bench.invoke(&Event::change(key_item(&another, "Enabled"))).succeeded();
    let known = bench.calls("kms", "DescribeKey");
    bench.invoke(&bench.change_of(HOME, "by/arn")).one();
    assert_eq!(bench.calls("kms", "DescribeKey"), known);
    // Its own does.
    bench.invoke(&Event::change(key_item(&bench.key_arn("images"), "Enabled"))).succeeded();
    assert!(bench.calls("kms", "DescribeKey") > known);
}

/// One key's change is no reason to ask for all the others.
#[test]
fn a_key_s_change_asks_for_that_key_alone() {
    let mut organization = organization();
    for number in 0..30 {
        let name = format!("key-{number}");
        organization.keys.push(key(HOME, &name));
        organization.repositories.push(under(HOME, &format!("app/{number}"), &name));
    }
    let bench = Bench::new(organization);
    let told = bench.invoke(&Event::change(key_item(&bench.key_arn("key-7"), "Enabled")));
    assert!(told.succeeded().contains(&"app/7 COMPLIANT".to_owned()));
    assert_eq!(told.evaluations.len(), 2);
    assert!(bench.calls("kms", "DescribeKey") <= 1, "{}", bench.calls("kms", "DescribeKey"));
}

/// A key that may not be described is not asked for with every event.
#[test]
fn a_refusal_is_remembered_too_or_at_least_leads_to_the_same_verdict() {
    let mut organization = by_every_name();
    organization.keys[0].describe_allowed = vec!["nobody".to_owned()];
    let bench = Bench::new(organization);
    for _ in 0..3 {
        assert_eq!(bench.invoke(&bench.change_of(HOME, "by/arn")).succeeded(), ["by/arn COMPLIANT"]);
    }
}

#[test]
fn a_key_that_vanishes_between_two_calls() {
    let bench = Bench::new(by_every_name());
    assert_eq!(bench.invoke(&bench.change_of(HOME, "by/arn")).succeeded(), ["by/arn COMPLIANT"]);
    // In one sweep: by its alias it is still there, by its ARN no longer.
    let arn = bench.key_arn("images");
    bench.invoke(&Event::change(key_item(&arn, "Enabled"))).succeeded();
    bench.simulator.set_faults(vec![error("kms:DescribeKey", "NotFoundException")]);
    let told = bench.invoke(&Event::change(key_item(&arn, "PendingDeletion")));
    assert!(told.succeeded().contains(&"by/arn NON_COMPLIANT".to_owned()), "{:?}", told.verdicts());
    let told = bench.invoke(&bench.change_of(HOME, "by/arn"));
    assert_eq!(told.succeeded(), ["by/arn NON_COMPLIANT"]);
    assert_eq!(told.reason_code("by/arn"), "key-not-found");
}

/// Two accounts' keys by the same alias are two keys.
#[test]
fn names_mean_the_key_of_the_account_that_uses_them() {
    let mut organization = by_every_name();
    organization.keys[2].aliases = vec!["alias/images".to_owned()];
    organization.keys[2].state = "Disabled".to_owned();
    organization.repositories.push(Repository {
        encryption_type: Some("KMS".to_owned()),
        kms_key: Some("alias/images".to_owned()),
        ..repository(SHOP, "shop/by-alias")
    });
    let bench = Bench::new(organization);
    for _ in 0..2 {
        assert_eq!(bench.invoke(&bench.change_of(HOME, "by/alias")).succeeded(), ["by/alias COMPLIANT"]);
        let event = bench.change_of(SHOP, "shop/by-alias").parameter("executionRoleName", ROLE);
        assert_eq!(bench.invoke(&event).succeeded(), ["shop/by-alias NON_COMPLIANT"]);
    }
}
