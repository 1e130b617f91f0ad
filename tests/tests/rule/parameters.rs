//! The policy, as rule parameters.

use std::collections::BTreeMap;

use integration_tests::{Key, Organization, Repository};
use rstest::rstest;
use serde_json::json;

use crate::event::{Event, item};
use crate::harness::{Bench, HOME, SHOP, assert_names, key, organization, repository, under};

fn contents() -> Organization {
    let mut organization = organization();
    let in_state = |state: &str| Key { state: state.to_owned(), ..key(HOME, &state.to_lowercase()) };
    organization.keys =
        ["Enabled", "Disabled", "PendingDeletion", "PendingImport", "Unavailable", "Creating", "Updating", "Melting"]
            .map(in_state)
            .to_vec();
    let secretive =
        |name: &str, account: &str| Key { describe_allowed: vec!["nobody".to_owned()], ..key(account, name) };
    organization.keys.extend([secretive("secretive", HOME), secretive("others", SHOP)]);
    organization.repositories = vec![
        repository(HOME, "app/plain"),
        under(HOME, "app/managed", "aws/ecr"),
        Repository { encryption_type: Some("KMS_DSSE".to_owned()), ..under(HOME, "app/dual", "enabled") },
        Repository { encryption_type: Some("KMS_TRIPLE".to_owned()), ..under(HOME, "app/strange", "enabled") },
    ];
    for key in organization.keys.clone() {
        organization.repositories.push(under(HOME, &format!("app/{}", key.name), &key.name));
    }
    let dead = "arn:aws:kms:eu-west-1:222222222222:key/dead0000-0000-4000-8000-000000000000".to_owned();
    organization.repositories.push(Repository {
        encryption_type: Some("KMS".to_owned()),
        kms_key: Some(dead),
        ..repository(HOME, "app/dead")
    });
    let tagged = |name: &str, value: &str| Repository {
        tags: BTreeMap::from([("encryption-exempt".to_owned(), value.to_owned())]),
        ..repository(HOME, name)
    };
    organization.repositories.extend([
        tagged("tag/for-good", ""),
        tagged("tag/with-a-reason", "public base images"),
        tagged("tag/until-2099", "2099-12-31"),
        tagged("tag/expired", "2020-12-31"),
        tagged("tag/no-such-day", "2099-02-30"),
    ]);
    organization
}

const DUAL: &[(&str, &str)] = &[("requireDualLayer", "true")];
const PROVEN: &[(&str, &str)] = &[("requireUsableKey", "proven")];
const ANY_STATE: &[(&str, &str)] = &[("requireUsableKey", "false")];
const HSM: &[(&str, &str)] = &[("desiredEncryptionLevel", "cloudhsm")];
const TAG: &[(&str, &str)] = &[("exemptTagKey", "encryption-exempt")];

/// Each once as a change of the repository, and once in a sweep: the verdict is the same.
#[rstest]
#[case::plain(&[], "app/plain", "NON_COMPLIANT", "below-desired-level")]
#[case::one_layer(DUAL, "app/enabled", "NON_COMPLIANT", "dual-layer-required")]
#[case::two_layers(DUAL, "app/dual", "COMPLIANT", "level-met")]
#[case::two_layers_unasked(&[], "app/dual", "COMPLIANT", "level-met")]
#[case::enabled(&[], "app/enabled", "COMPLIANT", "level-met")]
#[case::updating(&[], "app/updating", "COMPLIANT", "level-met")]
#[case::disabled(&[], "app/disabled", "NON_COMPLIANT", "key-disabled")]
#[case::pending_deletion(&[], "app/pendingdeletion", "NON_COMPLIANT", "key-pending-deletion")]
#[case::pending_import(&[], "app/pendingimport", "NON_COMPLIANT", "key-pending-import")]
#[case::unavailable(&[], "app/unavailable", "NON_COMPLIANT", "key-unavailable")]
#[case::creating(&[], "app/creating", "NON_COMPLIANT", "key-unavailable")]
#[case::disabled_is_no_demand(ANY_STATE, "app/disabled", "COMPLIANT", "level-met")]
#[case::proven(PROVEN, "app/enabled", "COMPLIANT", "level-met")]
#[case::proven_disabled(PROVEN, "app/disabled", "NON_COMPLIANT", "key-disabled")]
#[case::state_unread(&[], "app/secretive", "COMPLIANT", "level-met")]
#[case::state_must_be_read(PROVEN, "app/secretive", "UNDETERMINED", "key-state-not-provable")]
#[case::unknown_state(PROVEN, "app/melting", "UNDETERMINED", "key-state-not-provable")]
#[case::anothers_key(&[], "app/others", "COMPLIANT", "level-met")]
#[case::anothers_key_is_a_bound(HSM, "app/others", "UNDETERMINED", "key-access-denied")]
#[case::own_key_is_a_bound(HSM, "app/secretive", "UNDETERMINED", "key-access-denied")]
#[case::key_not_found(&[], "app/dead", "NON_COMPLIANT", "key-not-found")]
#[case::key_not_found_anyway(ANY_STATE, "app/dead", "NON_COMPLIANT", "key-not-found")]
#[case::unknown_type(&[], "app/strange", "UNDETERMINED", "level-not-provable")]
#[case::exempt_by_name(&[("exemptRepositoryNames", "other, app/pl*")], "app/plain", "EXEMPT", "exempt-by-name")]
#[case::exempt_by_another_name(&[("exemptRepositoryNames", "other,app/?")], "app/plain", "NON_COMPLIANT", "below-desired-level")]
#[case::exempt(TAG, "tag/for-good", "EXEMPT", "exempt-by-tag")]
#[case::exempt_with_a_reason(TAG, "tag/with-a-reason", "EXEMPT", "exempt-by-tag")]
#[case::exempt_until(TAG, "tag/until-2099", "EXEMPT", "exempt-by-tag")]
#[case::exemption_expired(TAG, "tag/expired", "NON_COMPLIANT", "below-desired-level")]
#[case::no_such_day(TAG, "tag/no-such-day", "NON_COMPLIANT", "below-desired-level")]
#[case::tag_unasked(&[], "tag/for-good", "NON_COMPLIANT", "below-desired-level")]
#[case::account_allowed(&[("kmsKeyAccountIds", "222222222222, 333333333333")], "app/enabled", "COMPLIANT", "level-met")]
#[case::account_not_allowed(&[("kmsKeyAccountIds", "444444444444")], "app/enabled", "NON_COMPLIANT", "key-account-not-allowed")]
#[case::no_key_not_allowed(&[("kmsKeyAccountIds", "222222222222"), ("desiredEncryptionLevel", "sse")], "app/plain", "NON_COMPLIANT", "key-account-not-allowed")]
#[case::key_allowed(&[("kmsKeyArns", "arn:aws:kms:*:222222222222:key/*")], "app/enabled", "COMPLIANT", "level-met")]
#[case::key_not_allowed(&[("kmsKeyArns", "arn:aws:kms:*:222222222222:key/mrk-*")], "app/enabled", "NON_COMPLIANT", "key-not-allowed")]
fn a_verdict(
    #[case] parameters: &[(&str, &str)],
    #[case] name: &str,
    #[case] status: &str,
    #[case] code: &str,
    #[values(false, true)] sweep: bool,
) {
    let bench = Bench::new(contents());
    let mut change = bench.change_of(HOME, name);
    change.invoking["configurationItem"]["tags"] =
        json!(bench.simulator.world().repository(HOME, crate::harness::REGION, name).unwrap().tags);
    let event = if sweep { Event::scheduled() } else { change };
    let told = bench.invoke(&event.parameters(parameters));
    told.succeeded();
    let mut of_it = told.evaluations.iter().filter(|evaluation| evaluation.compliance_resource_id == name);
    let evaluation = of_it.next().unwrap_or_else(|| panic!("{told:#?}"));
    let (compliance, prefixed) = match status {
        "UNDETERMINED" => ("NON_COMPLIANT", true),
        "EXEMPT" => ("NOT_APPLICABLE", false),
        other => (other, false),
    };
    let annotation = evaluation.annotation.as_deref().unwrap();
    assert_eq!(evaluation.compliance_type, compliance, "{annotation}");
    assert_eq!(annotation.starts_with("Undetermined: "), prefixed, "{annotation}");
    assert!(annotation.ends_with(&format!(" [{code}]")), "{annotation}");
    if !sweep {
        let line = told.log_of(name);
        assert_eq!((line["status"].as_str(), line["reason_code"].as_str()), (Some(status), Some(code)));
    }
    assert_eq!(of_it.next(), None);
}

#[test]
fn an_undetermined_verdict_may_be_told_as_not_applicable() {
    let bench = Bench::new(contents());
    let event = bench.change_of(HOME, "app/secretive").parameters(HSM);
    let told = bench.invoke(&event.clone().parameter("undeterminedCompliance", "NOT_APPLICABLE"));
    assert_eq!(told.succeeded(), ["app/secretive NOT_APPLICABLE"]);
    assert_eq!(told.log_of("app/secretive")["status"], "UNDETERMINED");
    let told = bench.invoke(&event.parameter("undeterminedCompliance", "NON_COMPLIANT"));
    assert_eq!(told.succeeded(), ["app/secretive NON_COMPLIANT"]);
}

/// A bound says that it is one.
#[test]
fn a_lower_bound_is_told() {
    let bench = Bench::new(contents());
    let told = bench.invoke(&bench.change_of(HOME, "app/others"));
    assert_names(told.one().annotation.as_deref().unwrap(), &["at least awscmk"]);
}

/// However much there is to say, Config takes 256 characters, and the code is among them.
#[test]
fn annotations_are_cut_and_still_useful() {
    let mut organization = contents();
    let name = format!("{}/app", "long-name/".repeat(25).trim_end_matches('/'));
    let mut tagged = repository(HOME, "tag/long");
    tagged.tags.insert("encryption-exempt".to_owned(), "\u{1F512}".repeat(256));
    organization.repositories.extend([under(HOME, &name, "disabled"), tagged]);
    let bench = Bench::new(organization);
    let demands = [
        ("kmsKeyArns", "arn:aws:kms:eu-west-1:444444444444:key/aaaaaaaa-0000-4000-8000-000000000000"),
        ("kmsKeyAccountIds", "444444444444,555555555555,666666666666"),
        ("requireDualLayer", "true"),
        ("desiredEncryptionLevel", "externalkeystore"),
    ];
    let told = bench.invoke(&bench.change_of(HOME, &name).parameters(&demands));
    let annotation = told.one().annotation.clone().unwrap();
    assert!(annotation.ends_with(" [key-disabled]") && annotation.chars().count() > 200, "{annotation}");
    let mut event = bench.change_of(HOME, "tag/long").parameters(TAG);
    event.invoking["configurationItem"]["tags"] = json!({"encryption-exempt": "\u{1F512}".repeat(256)});
    for event in [event, Event::scheduled().parameters(TAG)] {
        let told = bench.invoke(&event);
        let of_it = told.evaluations.iter().find(|it| it.compliance_resource_id == "tag/long").unwrap();
        let annotation = of_it.annotation.as_deref().unwrap();
        assert!(annotation.ends_with(" [exempt-by-tag]") && annotation.contains('\u{1F512}'), "{annotation}");
    }
}

/// One parameter that can't be read, and nothing is evaluated.
#[rstest]
#[case("desiredEncryptionLevel", "AWSCMK", &["sse", "externalkeystore"])]
#[case("desiredEncryptionLevel", "cmk", &["awscmk"])]
#[case("requireDualLayer", "yes", &["true", "false"])]
#[case("requireUsableKey", "maybe", &["true", "proven", "false"])]
#[case("undeterminedCompliance", "COMPLIANT", &["NON_COMPLIANT", "NOT_APPLICABLE"])]
#[case("kmsKeyArns", "alias/images", &[])]
#[case("kmsKeyArns", "arn:aws:kms:eu-west-1:222222222222:alias/images", &["alias"])]
#[case("kmsKeyArns", "arn:aws:kms:*:222222222222:key/*,", &[])]
#[case("kmsKeyAccountIds", "12345", &[])]
#[case("kmsKeyAccountIds", "222222222222,,333333333333", &[])]
#[case("exemptRepositoryNames", "App", &[])]
#[case("exemptRepositoryNames", "app,", &[])]
#[case("executionRoleName", "arn:aws:iam::333333333333:role/R", &[])]
#[case("executionRoleName", "a b", &[])]
#[case("desiredLevel", "awscmk", &["desiredEncryptionLevel", "exemptTagKey", "executionRoleName"])]
#[case("DesiredEncryptionLevel", "awscmk", &["desiredEncryptionLevel"])]
fn a_parameter_that_is_wrong(#[case] name: &str, #[case] value: &str, #[case] allowed: &[&str]) {
    let bench = Bench::new(contents());
    for event in
        [bench.change_of(HOME, "app/plain"), Event::scheduled(), Event::change(item(HOME, "app/plain", json!(null)))]
    {
        let told = bench.invoke(&event.parameter(name, value));
        let message = told.refused();
        assert_names(message, &[name, value]);
        assert_names(message, allowed);
        assert!(message.contains("allowed"), "{message}");
    }
    assert_eq!(bench.simulator.counters().total_calls(), 0, "nothing is looked up either");
    assert_eq!(bench.invoke(&bench.change_of(HOME, "app/plain")).succeeded(), ["app/plain NON_COMPLIANT"]);
}

#[rstest]
#[case("nonsense")]
#[case("[]")]
#[case("\"awscmk\"")]
#[case("{\"desiredEncryptionLevel\": [\"awscmk\"]}")]
#[case("{\"desiredEncryptionLevel\": {\"a\": 1}}")]
#[case("{\"desiredEncryptionLevel\": \"awscmk\"")]
fn parameters_that_are_no_object_of_texts(#[case] parameters: &str) {
    let bench = Bench::new(contents());
    let mut event = bench.change_of(HOME, "app/plain").json();
    event["ruleParameters"] = parameters.into();
    assert_names(bench.invoke_json(&event).refused(), &["ruleParameters"]);
}
