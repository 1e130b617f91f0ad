//! What AWS Config recorded, in the place of roles in every account.

use std::collections::BTreeSet;

use integration_tests::{ConfigurationAggregator, Generate, Organization};
use serde_json::Value;

use crate::harness::{Bench, Outcome, SHOP, aes256, organization, scan};

pub const AGGREGATOR: &str = "organization-aggregator";
pub const CONFIG: [&str; 2] = ["--source", "config"];

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

/// `1` for the aggregator, `1` for the Regions, `⌈F/100⌉` (at least one) for the sources that fail, and in each Region
/// `⌈A/100⌉` for the recorders, `⌈N/100⌉` for the repositories, at least one each, and `⌈K/90⌉` for the keys in use; and to
/// KMS one for each key that AWS Config does not have.
#[test]
fn calls_are_those_of_the_formula() {
    let (accounts, regions, repositories) = (200, 17, 1);
    let sizes = Generate { accounts, regions, repositories, organizational_units: 6, ..Generate::default() };
    let bench = Bench::new(recorded(Organization::generated(sizes)));
    // What is asked, not how fast.
    let config = bench.scan(&[&CONFIG[..], &["--max-rate", "10000"]].concat());
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
