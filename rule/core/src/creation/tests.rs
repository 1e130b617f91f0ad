use rstest::rstest;

use super::*;

/// `prefix`, `prefix:PTC`, `prefix:REPLICATION+PUSH`, …, each encrypted under a key that has its prefix as its name.
fn template(text: &str) -> CreationTemplate {
    let (prefix, applied_for) = text.split_once(':').unwrap_or((text, ""));
    let ways = applied_for.split('+').filter(|way| !way.is_empty()).map(|way| match way {
        "PTC" => AppliedFor::PullThroughCache,
        "PUSH" => AppliedFor::CreateOnPush,
        other => AppliedFor::from(other),
    });
    CreationTemplate {
        prefix: prefix.to_owned(),
        applied_for: ways.collect(),
        encryption: Some(EncryptionConfiguration {
            encryption_type: EncryptionType::Kms,
            kms_key: Some(prefix.to_owned()),
        }),
        resource_tags: BTreeMap::new(),
        custom_role_arn: None,
    }
}

#[rstest]
#[case::none("docker-hub", &[], None, &[])]
#[case::of_the_same_prefix("docker-hub", &["docker-hub:PTC"], Some("docker-hub"), &[])]
#[case::a_slash_is_assumed("docker-hub", &["docker-hub/:PTC"], Some("docker-hub/"), &[])]
#[case::another_prefix("docker-hub", &["docker:PTC", "docker-hub-2:PTC"], None, &[])]
#[case::root("docker-hub", &["ROOT:PTC"], Some("ROOT"), &[])]
#[case::the_longest("mirror/quay", &["ROOT:PTC", "mirror:PTC", "mirror/quay:PTC"], Some("mirror/quay"), &[])]
#[case::a_shorter_one("mirror/quay", &["ROOT:PTC", "mirror:PTC"], Some("mirror"), &[])]
#[case::for_something_else("docker-hub", &["docker-hub:REPLICATION", "ROOT:PUSH"], None, &[])]
#[case::root_behind_one_for_something_else(
    "docker-hub", &["docker-hub:REPLICATION", "ROOT:PTC"], Some("ROOT"), &["docker-hub"]
)]
#[case::one_inside_for_something_else(
    "docker-hub", &["docker-hub:PTC", "docker-hub/library:PUSH"], Some("docker-hub"), &["docker-hub/library"]
)]
#[case::one_inside_for_the_same("docker-hub", &["docker-hub:PTC", "docker-hub/library:PTC"], Some("docker-hub"), &[])]
#[case::only_one_inside("docker-hub", &["docker-hub/library:PTC"], None, &[])]
#[case::from_the_preview("docker-hub", &["ROOT"], Some("ROOT"), &["ROOT"])]
#[case::for_something_new("docker-hub", &["docker-hub:TELEPATHY"], Some("docker-hub"), &["docker-hub"])]
#[case::unclear_before_one_that_applies("docker-hub", &["docker-hub", "ROOT:PTC"], Some("ROOT"), &["docker-hub"])]
#[case::rule_for_root("ROOT", &["ROOT:PTC"], Some("ROOT"), &[])]
#[case::rule_for_root_and_another("ROOT", &["ROOT:PTC", "prod:REPLICATION"], Some("ROOT"), &["prod"])]
#[case::rule_for_root_without_its_template("ROOT", &["prod:PTC"], None, &[])]
fn the_template_of_a_pull_through_cache_rule(
    #[case] prefix: &str,
    #[case] templates: &[&str],
    #[case] expected: Option<&str>,
    #[case] expected_unclear: &[&str],
) {
    let templates: Vec<CreationTemplate> = templates.iter().map(|text| template(text)).collect();
    for templates in [templates.clone(), templates.into_iter().rev().collect()] {
        let next = NextRepositories::of_pull_through_cache_rule("111122223333", "eu-central-1", prefix, &templates);
        let Origin::PullThroughCacheRule { template, unclear, .. } = &next.origin else { panic!("{next:?}") };
        assert_eq!(template.as_deref(), expected);
        assert_eq!(unclear, expected_unclear);
        assert_eq!(next.is_unclear(), !expected_unclear.is_empty());
        assert_eq!(next.encryption.kms_key.as_deref(), expected);
        assert_eq!(next.encryption_is_default, expected.is_none());
    }
}

#[rstest]
#[case::nobody_else("prod:PTC", &["test:PTC", "ROOT:PTC"], &[])]
#[case::one_inside("prod:PTC", &["prod/team:PTC+PUSH"], &["prod/team"])]
#[case::one_inside_for_less("prod:PTC+PUSH", &["prod/team:PTC"], &[])]
#[case::one_inside_for_anything("prod:PTC", &["prod/team"], &[])]
#[case::for_anything("prod", &["prod/team:PTC"], &[])]
#[case::root("ROOT:PUSH", &["prod:PUSH", "test:PTC"], &["prod"])]
fn the_names_that_other_templates_see_to(#[case] own: &str, #[case] others: &[&str], #[case] expected: &[&str]) {
    let own = template(own);
    let mut all: Vec<CreationTemplate> = others.iter().map(|text| template(text)).collect();
    all.push(own.clone());
    assert_eq!(NextRepositories::of_template("111122223333", "eu-central-1", &own, &all).except, expected);
}

#[test]
fn a_template_without_an_encryption_gives_ecrs_default() {
    let own = CreationTemplate { encryption: None, ..template("prod:PUSH") };
    let next = NextRepositories::of_template("111122223333", "eu-central-1", &own, std::slice::from_ref(&own));
    assert_eq!((next.encryption, next.encryption_is_default), (DEFAULT, true));
}
