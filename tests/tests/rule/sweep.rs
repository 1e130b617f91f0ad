//! The periodic trigger: every repository of the account, and those that are gone.

use integration_tests::{Deny, EarlierResult, Effect, Fault, Organization};
use rstest::rstest;

use crate::event::{CAPTURED_SECONDS, Event, NOTIFIED_SECONDS};
use crate::harness::{Bench, HOME, REGION, SHOP, SHORT, assert_names, fault, key, organization, repository, under};

fn earlier(resource_type: &str, id: &str) -> EarlierResult {
    EarlierResult {
        resource_type: resource_type.to_owned(),
        resource_id: id.to_owned(),
        compliance_type: "NON_COMPLIANT".to_owned(),
    }
}

/// Two repositories that exist, and results of two that don't.
fn with_ghosts() -> Organization {
    let mut organization = organization();
    organization.keys.push(key(HOME, "images"));
    organization.repositories = vec![under(HOME, "images/api", "images"), repository(HOME, "images/legacy")];
    organization.config.rules[0].results =
        ["images/api", "images/gone", "images/long-gone"].map(|id| earlier("AWS::ECR::Repository", id)).to_vec();
    organization
}

#[test]
fn repositories_that_are_gone_are_withdrawn() {
    let bench = Bench::new(with_ghosts());
    let told = bench.invoke(&Event::scheduled());
    assert_eq!(
        told.succeeded(),
        [
            "images/api COMPLIANT",
            "images/gone NOT_APPLICABLE",
            "images/legacy NON_COMPLIANT",
            "images/long-gone NOT_APPLICABLE"
        ]
    );
    for evaluation in &told.evaluations {
        assert!((evaluation.ordering_timestamp - NOTIFIED_SECONDS).abs() < 0.001);
    }
    let names = |bench: &Bench| -> Vec<String> {
        let results = bench.simulator.results(HOME, REGION, "ecr-encryption");
        results.into_iter().map(|result| result.compliance_resource_id).collect()
    };
    assert_eq!(names(&bench), ["images/api", "images/legacy"]);
    // Withdrawn once, and not again.
    assert_eq!(bench.invoke(&Event::scheduled()).succeeded(), ["images/api COMPLIANT", "images/legacy NON_COMPLIANT"]);
}

#[test]
fn hundreds_of_them_are_found_page_by_page() {
    let mut organization = with_ghosts();
    organization.config.rules[0].results =
        (0..250).map(|number| earlier("AWS::ECR::Repository", &format!("gone/{number:03}"))).collect();
    let bench = Bench::new(organization);
    let told = bench.invoke(&Event::scheduled());
    assert_eq!(told.succeeded().iter().filter(|verdict| verdict.ends_with(" NOT_APPLICABLE")).count(), 250);
    assert_eq!(bench.calls("config", "GetComplianceDetailsByConfigRule"), 3);
}

#[test]
fn an_account_without_repositories() {
    let bench = Bench::new(organization());
    assert_eq!(bench.invoke(&Event::scheduled()).succeeded(), Vec::<String>::new());
    let mut organization = organization();
    organization.config.rules[0].results = vec![earlier("AWS::ECR::Repository", "images/gone")];
    assert_eq!(Bench::new(organization).invoke(&Event::scheduled()).succeeded(), ["images/gone NOT_APPLICABLE"]);
}

/// Nothing of another account or Region.
#[test]
fn a_sweep_keeps_to_its_account_and_region() {
    let mut organization = with_ghosts();
    organization.regions.push("us-east-1".to_owned());
    organization.repositories.push(repository(SHOP, "shop/legacy"));
    let mut elsewhere = repository(HOME, "images/elsewhere");
    elsewhere.region = "us-east-1".to_owned();
    organization.repositories.push(elsewhere);
    organization.config.rules[0].results.clear();
    let told = Bench::new(organization).invoke(&Event::scheduled());
    assert_eq!(told.succeeded(), ["images/api COMPLIANT", "images/legacy NON_COMPLIANT"]);
}

#[test]
fn a_sweep_that_may_not_list_the_repositories_is_an_error_and_withdraws_nothing() {
    let mut organization = with_ghosts();
    organization.caller.deny.push(Deny {
        action: "ecr:DescribeRepositories".to_owned(),
        regions: Vec::new(),
        kind: None,
    });
    let bench = Bench::new(organization);
    assert_names(bench.invoke(&Event::scheduled()).refused(), &["ecr:DescribeRepositories", "AccessDenied"]);
}

/// Half a list is not a list: what is on the pages that were not read is not gone.
#[rstest]
fn a_list_that_breaks_off_withdraws_nothing(
    #[values(Effect::Throttle, Effect::Http, Effect::Malformed)] effect: Effect,
) {
    let mut organization = with_ghosts();
    organization.answers.repositories_per_page = 1;
    organization.config.rules[0].results.push(earlier("AWS::ECR::Repository", "images/legacy"));
    let bench = Bench::new(organization);
    bench.simulator.set_faults(vec![Fault { effect, skip: 1, ..fault("ecr:DescribeRepositories") }]);
    let told = bench.invoke_within(&Event::scheduled(), SHORT);
    told.failed();
    assert!(!told.verdicts().iter().any(|verdict| verdict.ends_with("NOT_APPLICABLE")), "{:?}", told.verdicts());
}

#[test]
fn a_list_of_results_that_may_not_be_read_is_an_error_that_names_the_permission() {
    let mut organization = with_ghosts();
    organization.caller.deny.push(Deny {
        action: "config:GetComplianceDetailsByConfigRule".to_owned(),
        regions: Vec::new(),
        kind: None,
    });
    let told = Bench::new(organization).invoke(&Event::scheduled());
    assert_names(told.failed(), &["config:GetComplianceDetailsByConfigRule"]);
    assert!(!told.verdicts().iter().any(|verdict| verdict.ends_with("NOT_APPLICABLE")), "{:?}", told.verdicts());
}

/// Results on keys are not the sweep's business: a key is always answered as not applicable.
#[test]
fn results_on_other_resources_are_left_alone() {
    let mut organization = with_ghosts();
    organization.config.rules[0].results = vec![earlier("AWS::S3::Bucket", "images/gone")];
    let told = Bench::new(organization).invoke(&Event::scheduled());
    assert!(told.evaluations.iter().all(|it| it.compliance_resource_type == "AWS::ECR::Repository"), "{told:?}");
}

/// A sweep must not undo what a later change has told.
#[test]
fn a_later_result_stays() {
    let bench = Bench::new(with_ghosts());
    let mut event = bench.change_of(HOME, "images/legacy");
    event.invoking["configurationItem"]["configurationItemCaptureTime"] = "2026-11-23T12:30:00.000Z".into();
    bench.invoke(&event).one();
    bench.invoke(&Event::scheduled()).succeeded();
    let results = bench.simulator.results(HOME, REGION, "ecr-encryption");
    let of_legacy = results.iter().find(|result| result.compliance_resource_id == "images/legacy").unwrap();
    assert!(of_legacy.ordering_timestamp > CAPTURED_SECONDS + 1000.0);
}
