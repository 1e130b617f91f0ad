//! What AWS Config recorded, in the place of roles in every account.

use std::collections::BTreeSet;

use integration_tests::{
    AggregatedSource, ConfigurationAggregator, DenyKind, Generate, Organization, Recorder, RegionStatus, SourceStatus,
    StaleKey, Unrecorded,
};
use rstest::rstest;
use serde_json::Value;

use crate::harness::{BANK, Bench, HOME, Outcome, SHOP, account, aes256, deny, key, organization, repository, scan};

pub const AGGREGATOR: &str = "organization-aggregator";
const CONFIG: [&str; 2] = ["--source", "config"];

/// The same, with an aggregator of the organization in the caller's account and Region.
pub fn recorded(mut organization: Organization) -> Organization {
    organization.config.aggregators.push(ConfigurationAggregator {
        name: AGGREGATOR.to_owned(),
        account: organization.management_account.clone(),
        region: organization.regions.first().map_or("us-east-1", String::as_str).to_owned(),
        ..ConfigurationAggregator::default()
    });
    organization
}

/// Nobody may be assumed into.
fn without_roles(mut organization: Organization) -> Organization {
    for account in &mut organization.accounts {
        account.roles = Some(Vec::new());
    }
    organization
}

fn verdicts(outcome: &Outcome) -> Vec<String> {
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or("-").to_owned();
    let names = ["account_id", "region", "repository_name", "status", "reason_code", "encryption_level", "kms_key"];
    outcome.findings.iter().map(|finding| names.map(|name| text(finding, name)).join(" ")).collect()
}

#[test]
fn a_recorded_organization_is_judged_as_by_its_api_and_without_a_role() {
    let sizes = Generate { accounts: 25, regions: 3, repositories: 7, suspended_per_mille: 100, ..Generate::default() };
    let bench = Bench::new(recorded(Organization::generated(sizes)));
    let regions = ["--regions", "us-east-1,us-east-2,us-west-1"];
    let api = bench.scan(&regions);
    let config = bench.scan(&[CONFIG, regions].concat());
    let mut undetermined = 0;
    for (one, other) in verdicts(&config).iter().zip(verdicts(&api)) {
        // A key that is gone has no item, and KMS tells nobody but its own account: no verdict, and no pass.
        if other.contains("key-not-found") && *one != other {
            assert!(one.contains("UNDETERMINED key-access-denied awskms"), "{one}, not {other}");
            undetermined += 1;
        } else {
            assert_eq!(*one, other);
        }
    }
    assert_eq!(config.findings.len(), api.findings.len(), "{}", config.stderr);
    assert!(undetermined * 20 < config.findings.len(), "{undetermined}");
    assert_eq!(config.summary["coverage"]["accounts_found"], api.summary["coverage"]["accounts_found"]);
    assert_eq!(config.targets_scanned(), api.targets_scanned());
    assert_eq!(config.not_covered(), api.not_covered());
    assert_eq!(config.status, api.status);
    assert_eq!((&api.summary["run"]["source"], &config.summary["run"]["source"]), (&"api".into(), &"config".into()));
    let calls = config.calls();
    assert!(!calls.contains_key("sts:AssumeRole") && !calls.contains_key("ecr:DescribeRepositories"), "{calls:?}");
    for (one, other) in config.findings.iter().zip(&api.findings) {
        assert!(one["recorded_at"].is_string() && other["recorded_at"].is_null(), "{one}");
        assert_eq!(one["created_at"], other["created_at"]);
        assert!(other["key_recorded_at"].is_null());
    }
}

#[test]
fn no_role_is_needed() {
    let outcome = scan(without_roles(recorded(organization())), &CONFIG);
    assert_eq!(outcome.status, 0, "{} {:?}", outcome.stderr, outcome.not_covered());
    assert_eq!(outcome.findings.len(), 6);
    assert_eq!(outcome.targets_scanned(), 6);
    assert!(outcome.findings.iter().all(|finding| finding["key_recorded_at"].is_string()));
}

fn place(account: Option<&str>, region: Option<&str>) -> (Option<String>, Option<String>) {
    (account.map(str::to_owned), region.map(str::to_owned))
}

fn recorder(at: Option<&str>, region: Option<&str>, change: impl FnOnce(&mut Recorder)) -> Organization {
    let (account, region) = place(at, region);
    let mut recorder = Recorder { account, region, ..Recorder::default() };
    change(&mut recorder);
    let mut organization = recorded(organization());
    organization.config.recorders.push(recorder);
    organization
}

fn source(at: Option<&str>, region: Option<&str>, status: SourceStatus) -> Organization {
    let (account, region) = place(at, region);
    let mut organization = recorded(organization());
    let error_code = (status == SourceStatus::Failed).then(|| "ROLE_DELETED".to_owned());
    organization.config.sources.push(AggregatedSource {
        account,
        region,
        status,
        error_code,
        ..AggregatedSource::default()
    });
    organization
}

fn aggregator(change: impl FnOnce(&mut ConfigurationAggregator)) -> Organization {
    let mut organization = recorded(organization());
    change(&mut organization.config.aggregators[0]);
    organization
}

fn denied(action: &str) -> Organization {
    let mut organization = recorded(organization());
    organization.caller.deny.push(deny(action, &[], DenyKind::Identity));
    organization
}

fn unrecorded() -> Organization {
    let mut organization = recorded(organization());
    let (account, region) = place(Some(SHOP), Some("us-east-1"));
    let resource_type = Some("AWS::ECR::Repository".to_owned());
    organization.config.unrecorded.push(Unrecorded { account, region, resource_type, ..Unrecorded::default() });
    organization
}

/// Every way in which a repository can be hidden is told, and ends with status 4; what is there is judged all the same.
#[rstest]
#[case::no_recorder(recorder(Some(SHOP), Some("us-east-1"), |one| one.absent = true), "222222222222 us-east-1 not-recorded -", 6)]
#[case::no_recorder_at_all(recorder(Some(SHOP), None, |one| one.absent = true), "222222222222 - not-recorded -", 6)]
#[case::stopped(recorder(Some(SHOP), Some("us-east-1"), |one| one.stopped = true), "222222222222 us-east-1 not-recorded -", 6)]
#[case::left_out_of_the_group(unrecorded(), "222222222222 us-east-1 not-recorded -", 5)]
#[case::failed(
    source(Some(SHOP), Some("us-east-1"), SourceStatus::Failed),
    "222222222222 us-east-1 failed ROLE_DELETED",
    6
)]
#[case::outdated(source(Some(SHOP), Some("us-east-1"), SourceStatus::Outdated), "222222222222 us-east-1 outdated -", 6)]
#[case::not_aggregated(source(Some(SHOP), None, SourceStatus::Absent), "222222222222 - not-recorded -", 4)]
#[case::region_not_collected(
    aggregator(|one| one.regions = Some(vec!["eu-west-1".to_owned()])), "- us-east-1 not-recorded -", 3)]
#[case::account_not_collected(
    aggregator(|one| one.accounts = Some(vec![HOME.to_owned(), SHOP.to_owned()])), "333333333333 - not-recorded -", 4)]
#[case::recorders_not_collected(
    aggregator(|one| one.resource_types = Some(vec!["AWS::ECR::Repository".to_owned(), "AWS::KMS::Key".to_owned()])),
    "111111111111 - not-recorded -|222222222222 - not-recorded -|333333333333 - not-recorded -", 6)]
#[case::sources_may_not_be_described(
    denied("config:DescribeConfigurationAggregatorSourcesStatus"),
    "- - access-denied AccessDeniedException",
    6
)]
fn what_config_does_not_tell_is_told(#[case] organization: Organization, #[case] gaps: &str, #[case] findings: usize) {
    let outcome = scan(organization, &CONFIG);
    assert_eq!(outcome.not_covered().join("|"), gaps, "{:?}", outcome.entries());
    assert_eq!(outcome.findings.len(), findings);
    assert_eq!(outcome.status, 4, "{}", outcome.stderr);
    for entry in outcome.entries() {
        assert!(!entry["hint"].as_str().unwrap().is_empty() && !entry["message"].as_str().unwrap().is_empty());
    }
    assert!(outcome.findings.iter().all(|finding| finding["status"] == "COMPLIANT"));
}

#[test]
fn a_query_that_is_refused_loses_every_target_and_says_what_to_allow() {
    let outcome = scan(denied("config:SelectAggregateResourceConfig"), &CONFIG);
    assert_eq!(outcome.status, 4);
    assert_eq!((outcome.findings.len(), outcome.targets_scanned()), (0, 0));
    assert_eq!(outcome.not_covered().len(), 6, "{:?}", outcome.not_covered());
    for entry in outcome.entries() {
        assert_eq!(entry["cause"], "access-denied");
        let hint = entry["hint"].as_str().unwrap();
        assert!(hint.contains("allow config:SelectAggregateResourceConfig to the caller"), "{hint}");
    }
}

/// The first query of a Region is for recorders; from the second page of repositories on AWS fails.
#[test]
fn a_page_that_fails_keeps_what_came_before_and_loses_the_rest_of_the_region() {
    let sizes = Generate { accounts: 3, regions: 1, repositories: 150, ..Generate::default() };
    let mut organization = recorded(Organization::generated(sizes));
    organization.faults.push(integration_tests::Fault {
        operation: Some("config:SelectAggregateResourceConfig".to_owned()),
        // Recorders, and two pages of repositories; the third never comes.
        skip: 3,
        times: Some(1),
        effect: integration_tests::Effect::Error,
        status: Some(400),
        code: Some("InvalidNextTokenException".to_owned()),
        ..integration_tests::Fault::default()
    });
    let outcome = scan(organization, &["--source", "config", "--regions", "us-east-1"]);
    assert_eq!(outcome.findings.len(), 200, "{:?}", outcome.entries());
    assert_eq!(outcome.targets_scanned(), 1);
    let lost = ["200000000001", "200000000002"].map(|id| format!("{id} us-east-1 failed InvalidNextTokenException"));
    assert_eq!(outcome.not_covered(), lost);
    assert!(
        outcome.entries().iter().any(|entry| entry["message"].as_str().unwrap().starts_with("after 50 repositories"))
    );
}

#[test]
fn opt_in_regions_that_an_account_says_nothing_of_are_told_once() {
    let organization = || {
        let mut organization = recorded(organization());
        let region = "me-south-1";
        account(&mut organization, HOME).regions.insert(region.to_owned(), RegionStatus::Disabled);
        account(&mut organization, SHOP).regions.insert(region.to_owned(), RegionStatus::Enabled);
        organization.repositories.push(aes256(SHOP, region, "hidden"));
        organization
    };
    let outcome = scan(organization(), &CONFIG);
    assert_eq!(outcome.not_covered(), ["- me-south-1 not-recorded -", "111111111111 me-south-1 region-disabled -"]);
    let entry = &outcome.entries()[0];
    assert!(entry["message"].as_str().unwrap().contains("of 1 accounts (333333333333)"), "{entry}");
    assert!(entry["hint"].as_str().unwrap().contains("--regions"), "{entry}");
    assert_eq!(outcome.finding(SHOP, "me-south-1", "hidden")["status"], "NON_COMPLIANT");
    // Who names the Regions knows which are in use.
    let named = scan(organization(), &["--source", "config", "--regions", "eu-west-1,us-east-1"]);
    assert_eq!((named.status, named.not_covered().len()), (0, 0), "{:?}", named.not_covered());
}

#[test]
fn an_encryption_that_is_not_recorded_is_not_aes256() {
    let mut organization = recorded(organization());
    organization.config.omit_encryption_configuration = true;
    let outcome = scan(organization, &["--source", "config", "--desired-level", "sse"]);
    assert_eq!(outcome.status, 4);
    assert_eq!(outcome.findings.len(), 6);
    for finding in &outcome.findings {
        assert_eq!(
            (&finding["status"], &finding["reason_code"]),
            (&"UNDETERMINED".into(), &"level-not-provable".into())
        );
        assert!(finding["encryption_type"].is_null());
        assert!(finding["reason"].as_str().unwrap().contains("AWS Config's item"), "{finding}");
        assert!(finding["remediation"][0].as_str().unwrap().contains("--source api"), "{finding}");
    }
}

#[test]
fn a_keys_recorded_state_is_told_with_its_time() {
    let mut organization = recorded(organization());
    let stale = StaleKey { key: format!("{SHOP}-us-east-1"), state: "Disabled".to_owned() };
    organization.config.stale_keys.push(stale);
    let outcome = scan(organization, &CONFIG);
    let finding = outcome.finding(SHOP, "us-east-1", "app");
    assert_eq!(finding["reason_code"], "key-disabled");
    assert!(finding["reason"].as_str().unwrap().contains("as AWS Config recorded it at"), "{finding}");
    assert!(finding["key_recorded_at"].is_string());
    assert_eq!(outcome.status, 3);
}

fn without_recorded_key(change: impl FnOnce(&mut integration_tests::Key)) -> Organization {
    let mut organization = recorded(organization());
    organization
        .config
        .unrecorded
        .push(Unrecorded { resource_type: Some("AWS::KMS::Key".to_owned()), ..Unrecorded::default() });
    let key = organization.keys.iter_mut().find(|key| key.name == format!("{SHOP}-us-east-1")).unwrap();
    change(key);
    organization
}

/// A key of the repository's own account that nobody describes may be the AWS-managed one: no pass.
#[test]
fn a_key_that_nobody_tells_of_is_no_pass() {
    let outcome = scan(without_recorded_key(|_| {}), &CONFIG);
    let finding = outcome.finding(SHOP, "us-east-1", "app");
    assert_eq!((&finding["status"], &finding["reason_code"]), (&"UNDETERMINED".into(), &"key-access-denied".into()));
    assert_eq!(
        (&finding["encryption_level"], &finding["encryption_level_is_lower_bound"]),
        (&"awskms".into(), &true.into())
    );
    // The caller's own account is asked itself.
    assert_eq!(outcome.finding(HOME, "us-east-1", "app")["status"], "COMPLIANT");
    assert_eq!(outcome.status, 4);
}

#[test]
fn a_key_that_config_lacks_is_described_by_the_caller_where_its_policy_lets_it() {
    let organization = without_recorded_key(|key| key.describe_allowed = vec!["everyone".to_owned()]);
    let outcome = scan(organization, &CONFIG);
    let finding = outcome.finding(SHOP, "us-east-1", "app");
    assert_eq!(finding["status"], "COMPLIANT", "{finding}");
    assert!(finding["key_recorded_at"].is_null() && finding["key_state"] == "Enabled");
}

#[test]
fn another_accounts_key_that_nobody_tells_of_has_its_lower_bound() {
    let mut organization = without_recorded_key(|_| {});
    organization.repositories.push(repository(BANK, "us-east-1", "shared", &format!("{SHOP}-us-east-1")));
    let outcome = scan(organization, &CONFIG);
    let finding = outcome.finding(BANK, "us-east-1", "shared");
    assert_eq!(
        (&finding["status"], &finding["encryption_level"]),
        (&"COMPLIANT".into(), &"awscmk".into()),
        "{finding}"
    );
    assert_eq!(finding["encryption_level_is_lower_bound"], true);
}

/// What was recorded may have changed since, so it proves no state; KMS does, where it tells.
#[test]
fn a_state_that_must_be_proved_is_asked_of_kms() {
    let mut organization = recorded(organization());
    let key = organization.keys.iter_mut().find(|key| key.name == format!("{BANK}-us-east-1")).unwrap();
    key.describe_allowed = vec!["everyone".to_owned()];
    let bench = Bench::new(organization);
    let policy = bench.policy("require_usable_key = \"proven\"");
    let outcome = bench.scan(&["--source", "config", "--policy", &policy]);
    assert_eq!(outcome.finding(HOME, "us-east-1", "app")["status"], "COMPLIANT");
    assert_eq!(outcome.finding(BANK, "us-east-1", "app")["status"], "COMPLIANT");
    let finding = outcome.finding(SHOP, "us-east-1", "app");
    let expected = ("UNDETERMINED".into(), "key-state-not-provable".into(), "awscmk".into());
    assert_eq!(
        (&finding["status"], &finding["reason_code"], &finding["encryption_level"]),
        (&expected.0, &expected.1, &expected.2)
    );
    assert!(finding["remediation"][0].as_str().unwrap().contains("kms:DescribeKey"), "{finding}");
}

#[test]
fn tags_come_from_the_items() {
    let mut organization = recorded(organization());
    let mut exempt = aes256(SHOP, "us-east-1", "old");
    exempt.tags.insert("encryption-exempt".to_owned(), "public images only".to_owned());
    organization.repositories.push(exempt);
    let bench = Bench::new(organization);
    let policy = bench.policy("exempt_tag_key = \"encryption-exempt\"");
    let outcome = bench.scan(&["--source", "config", "--policy", &policy]);
    assert_eq!(outcome.finding(SHOP, "us-east-1", "old")["status"], "EXEMPT");
    assert!(!outcome.calls().contains_key("tag:GetResources"));
    assert_eq!(outcome.status, 0);
}

#[test]
fn accounts_and_regions_are_selected_as_with_the_api() {
    let bench = Bench::new(recorded(organization()));
    let of = |arguments: &[&str]| {
        let outcome = bench.scan(&[&CONFIG[..], arguments].concat());
        assert_eq!(outcome.status, 0, "{} {:?}", outcome.stderr, outcome.not_covered());
        let place = |finding: &Value| {
            format!("{} {}", &finding["account_id"].as_str().unwrap()[..1], finding["region"].as_str().unwrap())
        };
        outcome.findings.iter().map(place).collect::<Vec<_>>().join(",")
    };
    assert_eq!(of(&["--accounts", SHOP]), "2 eu-west-1,2 us-east-1");
    assert_eq!(of(&["--exclude-accounts", SHOP, "--regions", "us-east-1"]), "1 us-east-1,3 us-east-1");
}

#[rstest]
#[case::none(organization(), &[], "no configuration aggregator in account 111111111111 in eu-west-1")]
#[case::elsewhere(recorded(organization()), &["--config-region", "us-east-1"], "in account 111111111111 in us-east-1")]
#[case::several(recorded(recorded(organization())), &[], "several configuration aggregators")]
#[case::unknown(recorded(organization()), &["--config-aggregator", "other"], "no aggregator `other`")]
#[case::filtered(
    aggregator(|one| one.resource_types = Some(vec!["AWS::KMS::Key".to_owned()])), &[], "collects no AWS::ECR::Repository")]
fn the_aggregator_must_be_clear(#[case] organization: Organization, #[case] arguments: &[&str], #[case] said: &str) {
    let outcome = scan(organization, &[&CONFIG[..], arguments].concat());
    assert_eq!(outcome.status, 2, "{}", outcome.stderr);
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
}

#[test]
fn flags_about_config_need_config() {
    let outcome = scan(recorded(organization()), &["--config-aggregator", AGGREGATOR]);
    assert_eq!(outcome.status, 2);
    assert!(outcome.stderr.contains("--config-aggregator: nothing is read from AWS Config"), "{}", outcome.stderr);
}

#[test]
fn aggregators_that_may_not_be_listed_end_the_run_with_what_to_allow() {
    let outcome = scan(denied("config:DescribeConfigurationAggregators"), &CONFIG);
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.contains("allow config:DescribeConfigurationAggregators"), "{}", outcome.stderr);
}

/// `1` for the aggregator, `1` for the Regions, `⌈F/100⌉` (at least one) for the sources that fail, and in each Region
/// `⌈A/100⌉` for the recorders, `⌈N/100⌉` for the repositories, at least one each, and `⌈K/90⌉` for the keys in use; and to
/// KMS one for each key that AWS Config does not have.
#[test]
fn calls_are_those_of_the_formula() {
    let (accounts, regions, repositories) = (200, 17, 1);
    let sizes = Generate { accounts, regions, repositories, organizational_units: 6, ..Generate::default() };
    let bench = Bench::new(recorded(Organization::generated(sizes)));
    let config = bench.scan(&CONFIG);
    assert_eq!(config.findings.len(), accounts * regions * repositories, "{}", config.stderr);

    let mut keys = BTreeSet::new();
    for finding in &config.findings {
        if let Some(key) = finding["kms_key"].as_str() {
            keys.insert((finding["region"].as_str().unwrap().to_owned(), key.to_owned()));
        }
    }
    let batches: usize = config
        .findings
        .iter()
        .map(|finding| finding["region"].as_str().unwrap())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|region| keys.iter().filter(|(of, _)| of == region).count().div_ceil(90))
        .sum();
    let mut not_recorded = BTreeSet::new();
    for finding in
        config.findings.iter().filter(|one| one["encryption_type"] != "AES256" && one["key_recorded_at"].is_null())
    {
        let own = finding["account_id"] == "200000000000";
        if let Some(key) = finding["kms_key"].as_str() {
            not_recorded.insert(key.to_owned());
        } else if own {
            not_recorded.insert(format!("alias/aws/ecr {}", finding["region"]));
        }
    }
    // Regions that an account must enable are asked for their recorders and repositories too, and have none.
    let opt_in = 17;
    let queries = regions * (accounts.div_ceil(100) + (accounts * repositories).div_ceil(100)) + batches + 2 * opt_in;
    let calls = config.calls();
    assert_eq!(calls["config:SelectAggregateResourceConfig"], queries as u64, "{calls:?}");
    assert_eq!(calls["kms:DescribeKey"], not_recorded.len() as u64, "{calls:?}");
    assert_eq!(calls["config:DescribeConfigurationAggregators"], 1);
    assert_eq!(calls["config:DescribeConfigurationAggregatorSourcesStatus"], 1);
    assert_eq!(calls["account:ListRegions"], 1);
    assert_eq!(calls["organizations:ListAccounts"], accounts.div_ceil(20) as u64);
    let total: u64 = calls.values().sum();
    assert_eq!(bench.simulator.counters().total_calls(), total);
    let counted = bench.simulator.counters().calls_of("config", "SelectAggregateResourceConfig");
    assert_eq!(counted, queries as u64);

    // What the API costs by its own formula, without a single key: `cost.rs` holds it to that.
    let api = (accounts.div_ceil(20) + (accounts - 1) + accounts + accounts * regions) as u64;
    assert!(total * 10 < api, "{total} from AWS Config, {api} by the API");
}

#[test]
fn a_key_is_asked_for_once_however_many_use_it() {
    let mut organization = recorded(organization());
    organization.keys.push(key("unused", HOME, "us-east-1"));
    for number in 0..30 {
        organization.repositories.push(repository(
            SHOP,
            "us-east-1",
            &format!("app-{number}"),
            &format!("{SHOP}-us-east-1"),
        ));
    }
    let outcome = scan(organization, &CONFIG);
    assert_eq!(outcome.status, 0, "{:?}", outcome.not_covered());
    assert!(!outcome.calls().contains_key("kms:DescribeKey"), "{:?}", outcome.calls());
    // Two Regions, each: recorders, repositories, keys.
    assert_eq!(outcome.calls()["config:SelectAggregateResourceConfig"], 6);
}
