//! What AWS Config does not tell is told as not covered.

use integration_tests::{
    AggregatedSource, ConfigurationAggregator, DenyKind, Generate, Organization, Recorder, RegionStatus, SourceStatus,
    Unrecorded,
};
use rstest::rstest;

use crate::config_source::{AGGREGATOR, CONFIG, recorded};
use crate::harness::{HOME, SHOP, account, aes256, deny, organization, scan};

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

/// A report without them would look as if there were none.
#[test]
fn templates_are_not_read_from_config() {
    let outcome = scan(recorded(organization()), &[&CONFIG[..], &["--include", "templates"]].concat());
    assert_eq!(outcome.status, 2);
    assert!(outcome.stderr.contains("allowed: with --source api, or --source both"), "{}", outcome.stderr);
}

#[test]
fn aggregators_that_may_not_be_listed_end_the_run_with_what_to_allow() {
    let outcome = scan(denied("config:DescribeConfigurationAggregators"), &CONFIG);
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.contains("allow config:DescribeConfigurationAggregators"), "{}", outcome.stderr);
}
