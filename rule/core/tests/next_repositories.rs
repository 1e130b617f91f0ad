//! Creation templates and pull-through cache rules: verdicts by case, and that no name under a prefix can come off worse.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use ecr_encryption_core::{
    AccountPlace, AppliedFor, CreationTemplate, DemandChanges, EncryptionConfiguration, EncryptionLevel, Glob,
    KeyFacts, KeyLookup, KeyManager, KeyOrigin, KeyState, NextRepositories, Override, Policy, Repository,
    RepositoryEncryption, Status, Tags, decide, decide_next, remediation_next, rule_parameters,
};
use jiff::Timestamp;
use proptest::prelude::*;
use rstest::rstest;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-central-1";
const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001";

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn encryption(text: &str) -> Option<EncryptionConfiguration> {
    (text != "none").then(|| EncryptionConfiguration {
        encryption_type: text.into(),
        kms_key: text.starts_with("KMS").then(|| KEY.to_owned()),
    })
}

/// A template with `prefix`, for the ways in `applied_for`.
fn template(prefix: &str, applied_for: &[&str], encrypted: &str) -> CreationTemplate {
    CreationTemplate {
        prefix: prefix.to_owned(),
        applied_for: applied_for.iter().map(|&way| AppliedFor::from(way)).collect(),
        encryption: encryption(encrypted),
        resource_tags: BTreeMap::new(),
        custom_role_arn: None,
    }
}

fn key(state: &str) -> KeyLookup {
    KeyLookup::Described(KeyFacts {
        arn: KEY.to_owned(),
        manager: KeyManager::Customer,
        origin: KeyOrigin::AwsKms,
        state: KeyState::from(state),
        recorded_at: None,
    })
}

fn key_of(next: &NextRepositories, state: &str) -> KeyLookup {
    if next.encryption.encryption_type.uses_kms() { key(state) } else { KeyLookup::NotNeeded }
}

fn policy(parameters: &str) -> Policy {
    let pairs = parameters.split(' ').filter(|one| !one.is_empty()).map(|one| one.split_once('=').unwrap());
    rule_parameters(&pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()).unwrap().policy
}

fn override_for(patterns: &[&str], level: EncryptionLevel) -> Override {
    Override {
        name: patterns.join(" "),
        accounts: None,
        organizational_units: None,
        regions: None,
        repositories: (!patterns.is_empty()).then(|| patterns.iter().map(|&pattern| Glob::new(pattern)).collect()),
        changes: DemandChanges { desired_encryption_level: Some(level), ..DemandChanges::default() },
    }
}

fn verdict(policy: &Policy, next: &NextRepositories, key: &KeyLookup) -> String {
    let decision = decide_next(policy, next, key, AccountPlace::default(), now());
    format!("{} {}", decision.status, decision.reason_code)
}

#[rstest]
#[case::aes256("AES256", "Enabled", "", "NON_COMPLIANT below-desired-level")]
#[case::aes256_is_enough("AES256", "Enabled", "desiredEncryptionLevel=sse", "COMPLIANT level-met")]
#[case::nothing_set("none", "Enabled", "", "NON_COMPLIANT below-desired-level")]
#[case::nothing_set_is_enough("none", "Enabled", "desiredEncryptionLevel=sse", "COMPLIANT level-met")]
#[case::nothing_set_and_no_key(
    "none",
    "Enabled",
    "desiredEncryptionLevel=sse kmsKeyAccountIds=111122223333",
    "NON_COMPLIANT key-account-not-allowed"
)]
#[case::customer_key("KMS", "Enabled", "", "COMPLIANT level-met")]
#[case::too_low("KMS", "Enabled", "desiredEncryptionLevel=cloudhsm", "NON_COMPLIANT below-desired-level")]
#[case::disabled("KMS", "Disabled", "", "NON_COMPLIANT key-disabled")]
#[case::dual_layer("KMS", "Enabled", "requireDualLayer=true", "NON_COMPLIANT dual-layer-required")]
#[case::dual_layer_met("KMS_DSSE", "Enabled", "requireDualLayer=true", "COMPLIANT level-met")]
#[case::other_key("KMS", "Enabled", "kmsKeyArns=arn:aws:kms:*:999900001111:key/*", "NON_COMPLIANT key-not-allowed")]
#[case::unknown_type("KMS_TRIPLE", "Enabled", "", "UNDETERMINED level-not-provable")]
#[case::all_names_exempt("AES256", "Enabled", "exemptRepositoryNames=prod/*", "EXEMPT exempt-by-name")]
#[case::some_names_exempt("AES256", "Enabled", "exemptRepositoryNames=prod/a*", "NON_COMPLIANT below-desired-level")]
#[case::exempt_by_tag("AES256", "Enabled", "exemptTagKey=exempt", "EXEMPT exempt-by-tag")]
#[case::exemption_ended("AES256", "Enabled", "exemptTagKey=ended", "NON_COMPLIANT below-desired-level")]
fn templates(#[case] encrypted: &str, #[case] state: &str, #[case] parameters: &str, #[case] expected: &str) {
    let mut template = template("prod", &["CREATE_ON_PUSH"], encrypted);
    template.resource_tags =
        [("exempt", ""), ("ended", "2026-11-22")].map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let next = NextRepositories::of_template(ACCOUNT, REGION, &template, std::slice::from_ref(&template));
    assert_eq!(verdict(&policy(parameters), &next, &key_of(&next, state)), expected);
}

#[test]
fn a_key_that_may_not_be_described_is_not_guessed_for_templates_either() {
    let template = template("prod", &["CREATE_ON_PUSH"], "KMS");
    let next = NextRepositories::of_template(ACCOUNT, REGION, &template, std::slice::from_ref(&template));
    let denied = KeyLookup::Denied {
        error_code: "AccessDeniedException".to_owned(),
        aws_managed_key: ecr_encryption_core::AwsManagedKey::NotReadable,
    };
    assert_eq!(verdict(&policy(""), &next, &denied), "UNDETERMINED key-access-denied");
    assert_eq!(verdict(&policy(""), &next, &KeyLookup::NotFound), "NON_COMPLIANT key-not-found");
}

const PULLS: &[&str] = &["PULL_THROUGH_CACHE"];

#[rstest]
#[case::no_template(&[], "", "NON_COMPLIANT below-desired-level")]
#[case::no_template_is_enough(&[], "desiredEncryptionLevel=sse", "COMPLIANT level-met")]
#[case::no_template_but_exempt(&[], "exemptRepositoryNames=docker-hub/*", "EXEMPT exempt-by-name")]
#[case::no_template_has_no_tags(&[], "exemptTagKey=exempt", "NON_COMPLIANT below-desired-level")]
#[case::by_its_template(&[template("docker-hub", PULLS, "KMS")], "", "COMPLIANT level-met")]
#[case::by_a_weak_template(
    &[template("docker-hub", PULLS, "AES256"), template("ROOT", PULLS, "KMS")], "", "NON_COMPLIANT below-desired-level"
)]
#[case::by_root(&[template("ROOT", PULLS, "KMS")], "", "COMPLIANT level-met")]
#[case::by_a_template_for_pushes(
    &[template("docker-hub", &["CREATE_ON_PUSH"], "KMS")], "", "NON_COMPLIANT below-desired-level"
)]
#[case::unclear(
    &[template("docker-hub", &["REPLICATION"], "KMS"), template("ROOT", PULLS, "KMS")], "", "UNDETERMINED level-not-provable"
)]
#[case::unclear_but_bad_either_way(
    &[template("docker-hub", &["REPLICATION"], "KMS"), template("ROOT", PULLS, "AES256")],
    "",
    "NON_COMPLIANT below-desired-level"
)]
#[case::unclear_is_never_a_pass(
    &[template("docker-hub", &["REPLICATION"], "KMS"), template("ROOT", PULLS, "AES256")],
    "desiredEncryptionLevel=sse",
    "UNDETERMINED level-not-provable"
)]
#[case::unclear_but_exempt(
    &[template("docker-hub", &[], "KMS")], "exemptRepositoryNames=docker*", "EXEMPT exempt-by-name"
)]
fn pull_through_cache_rules(#[case] templates: &[CreationTemplate], #[case] parameters: &str, #[case] expected: &str) {
    let next = NextRepositories::of_pull_through_cache_rule(ACCOUNT, REGION, "docker-hub", templates);
    assert_eq!(verdict(&policy(parameters), &next, &key_of(&next, "Enabled")), expected);
}

#[rstest]
#[case::elsewhere(&["test/*"], "COMPLIANT level-met", None)]
#[case::inside(&["prod/payments/*"], "NON_COMPLIANT below-desired-level", Some("prod/payments/*"))]
#[case::by_an_ending(&["*-secret"], "NON_COMPLIANT below-desired-level", Some("*-secret"))]
#[case::all(&["prod/*"], "NON_COMPLIANT below-desired-level", Some("prod/*"))]
#[case::any_name(&[], "NON_COMPLIANT below-desired-level", Some(""))]
#[case::another_templates_names(&["prod/team/*"], "COMPLIANT level-met", None)]
#[case::exempt_names(&["prod/old/x*"], "COMPLIANT level-met", None)]
fn an_override_counts_where_it_may_be_meant_for_a_name(
    #[case] patterns: &[&str],
    #[case] expected: &str,
    #[case] override_name: Option<&str>,
) {
    let mut policy = policy("exemptRepositoryNames=prod/old/*");
    policy.overrides = vec![override_for(patterns, EncryptionLevel::CloudHsm)];
    let templates = [template("prod", PULLS, "KMS"), template("prod/team", PULLS, "KMS")];
    let next = NextRepositories::of_template(ACCOUNT, REGION, &templates[0], &templates);
    let decision = decide_next(&policy, &next, &key("Enabled"), AccountPlace::default(), now());
    assert_eq!(format!("{} {}", decision.status, decision.reason_code), expected);
    assert_eq!(decision.override_name.as_deref(), override_name);
}

/// An override that lowers the demand for some names does not lower it for the others.
#[test]
fn an_override_for_some_names_hides_no_demand_behind_it() {
    let template = template("prod", PULLS, "AES256");
    let next = NextRepositories::of_template(ACCOUNT, REGION, &template, std::slice::from_ref(&template));
    let mut policy = policy("");
    policy.overrides = vec![override_for(&["prod/mirror/*"], EncryptionLevel::Sse)];
    assert_eq!(verdict(&policy, &next, &KeyLookup::NotNeeded), "NON_COMPLIANT below-desired-level");
    policy.overrides = vec![override_for(&["prod/*"], EncryptionLevel::Sse)];
    assert_eq!(verdict(&policy, &next, &KeyLookup::NotNeeded), "COMPLIANT level-met");
}

fn shown(next: &NextRepositories, parameters: &str, key: &KeyLookup) -> String {
    let decision = decide_next(&policy(parameters), next, key, AccountPlace::default(), now());
    let steps = remediation_next(&decision, next, key);
    let steps: Vec<String> = steps.iter().enumerate().map(|(index, step)| format!("{}. {step}", index + 1)).collect();
    format!("{} {}\n{}\n{}\n", decision.status, decision.reason_code, decision.reason, steps.join("\n"))
}

#[test]
fn what_people_read() {
    let rule = |templates: &[CreationTemplate]| {
        NextRepositories::of_pull_through_cache_rule(ACCOUNT, REGION, "docker-hub", templates)
    };
    let of = |template: &CreationTemplate| {
        NextRepositories::of_template(ACCOUNT, REGION, template, std::slice::from_ref(template))
    };
    let with_role = CreationTemplate {
        custom_role_arn: Some("arn:aws:iam::111122223333:role/ecr templates".to_owned()),
        ..template("prod/team", &["REPLICATION", "CREATE_ON_PUSH"], "none")
    };
    let weak = template("docker-hub", PULLS, "AES256");
    let none = KeyLookup::NotNeeded;
    let text = [
        shown(&of(&weak), "", &none),
        shown(&of(&with_role), "desiredEncryptionLevel=cloudhsm requireDualLayer=true", &none),
        shown(&of(&template("prod", PULLS, "KMS")), "", &key("Disabled")),
        shown(&of(&template("prod", PULLS, "KMS")), "", &key("Enabled")),
        shown(&rule(&[]), "", &none),
        shown(&rule(std::slice::from_ref(&weak)), "", &none),
        shown(&rule(&[template("ROOT", PULLS, "none")]), "", &none),
        shown(&rule(&[template("docker-hub", &["REPLICATION"], "AES256")]), "", &none),
        shown(
            &rule(&[template("docker-hub", &["REPLICATION"], "AES256"), template("ROOT", PULLS, "KMS")]),
            "",
            &key("Enabled"),
        ),
    ]
    .join("\n");
    insta::assert_snapshot!(text);
}

fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![Just("*".to_owned()), "(a|b|ab|\\*|\\?)(/|/a|\\*|/\\*|/b/\\*|\\?)?", "[ab/*]{1,4}"]
}

fn names() -> Vec<String> {
    let parts = ["a", "b", "ab"];
    let mut names: Vec<String> = parts.map(str::to_owned).to_vec();
    for one in parts {
        for other in parts {
            names.push(format!("{one}/{other}"));
            names.extend(parts.map(|third| format!("{one}/{other}/{third}")));
        }
    }
    names
}

proptest! {
    // Few policies and prefixes have anything to do with each other.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2_000), ..ProptestConfig::default() })]

    /// Whatever passes as a template passes as a repository, by any name that the template is for.
    #[test]
    fn no_repository_comes_off_worse_than_its_template(
        prefix in prop::sample::select(vec!["ROOT", "a", "b", "a/b", "ab"]),
        others in prop::collection::btree_set(prop::sample::select(vec!["a", "b", "a/b", "a/a", "b/b"]), 0..3),
        encrypted in prop::sample::select(vec!["none", "AES256", "KMS"]),
        base in prop::sample::select(EncryptionLevel::ALL[..4].to_vec()),
        exempt in prop::collection::vec(pattern(), 0..2),
        overrides in prop::collection::vec(
            (prop::collection::vec(pattern(), 0..3), prop::sample::select(EncryptionLevel::ALL[..4].to_vec())), 0..3
        ),
    ) {
        let mut policy = Policy::default();
        policy.demands.desired_encryption_level = base;
        policy.exemptions.exempt_repository_names = exempt.iter().map(Glob::new).collect();
        policy.overrides = overrides
            .iter()
            .map(|(patterns, level)| override_for(&patterns.iter().map(String::as_str).collect::<Vec<_>>(), *level))
            .collect();
        let own = template(prefix, PULLS, encrypted);
        let mut all: Vec<CreationTemplate> =
            others.iter().filter(|&&other| other != prefix).map(|other| template(other, PULLS, "AES256")).collect();
        all.push(own.clone());
        let next = NextRepositories::of_template(ACCOUNT, REGION, &own, &all);
        let key = key_of(&next, "Enabled");
        let decision = decide_next(&policy, &next, &key, AccountPlace::default(), now());

        for name in names() {
            let start = |prefix: &str| if prefix == "ROOT" { String::new() } else { format!("{prefix}/") };
            let most_specific = all
                .iter()
                .filter(|template| name.starts_with(&start(&template.prefix)))
                .max_by_key(|template| start(&template.prefix).len());
            if most_specific.is_none_or(|template| template.prefix != prefix) {
                continue;
            }
            let repository = Repository {
                account_id: ACCOUNT.to_owned(),
                region: REGION.to_owned(),
                name: name.clone(),
                arn: String::new(),
                uri: None,
                encryption: RepositoryEncryption::Known(next.encryption.clone()),
                tags: Tags::Read(BTreeMap::new()),
            };
            let one = decide(&policy, &repository, &key, AccountPlace::default(), now());
            match one.status {
                Status::NonCompliant => prop_assert_eq!(decision.status, Status::NonCompliant, "{}", name),
                Status::Undetermined => prop_assert!(decision.status <= Status::Undetermined, "{}", name),
                Status::Compliant => prop_assert_ne!(decision.status, Status::Exempt, "{}", name),
                Status::Exempt => {}
            }
        }
    }
}
