//! What is said of each repository.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::organization;
use crate::scan::text;

/// `account | Region | repository | status | reason code | level | what the reason says`, one of each kind, by hand.
///
/// Odd, and moto's doing: `service/kms-without-key`. AWS names the AWS-managed key there, so the row would be
/// `below-desired-level | awskms`. moto names a key that nobody made, and the honest verdict on such a key is
/// `key-not-found`. `exempt/until-2099` holds until 2100.
const KINDS: &str = "
master        | us-east-1 | service/default                | NON_COMPLIANT | below-desired-level  | sse              | awscmk
network       | eu-west-1 | service/aes256                 | NON_COMPLIANT | below-desired-level  | sse              | awscmk
audit         | eu-west-1 | service/kms-without-key        | NON_COMPLIANT | key-not-found        | >= awskms        | does not exist
build         | us-east-1 | service/dual-layer-without-key | NON_COMPLIANT | below-desired-level  | awskms           | alias/aws/ecr
payments-prod | us-east-1 | service/customer-key           | COMPLIANT     | level-met            | awscmk           | awscmk
payments-dev  | eu-west-1 | service/imported-key           | COMPLIANT     | level-met            | externalcmk      | externalcmk
ledger-prod   | us-east-1 | service/cloudhsm-key           | COMPLIANT     | level-met            | cloudhsm         | cloudhsm
playground    | eu-west-1 | service/external-store-key     | COMPLIANT     | level-met            | externalkeystore | externalkeystore
network       | eu-west-1 | service/multi-region-key       | COMPLIANT     | level-met            | awscmk           | awscmk
search-dev    | us-east-1 | service/dual-layer             | COMPLIANT     | level-met            | awscmk           | awscmk
shared-keys   | us-east-1 | service/by-key-id              | COMPLIANT     | level-met            | awscmk           | awscmk
untidy        | us-east-1 | service/by-alias               | COMPLIANT     | level-met            | awscmk           | awscmk
search-prod   | us-east-1 | service/shared-key             | COMPLIANT     | level-met            | awscmk           | awscmk
shared-keys   | eu-west-1 | service/shared-key             | COMPLIANT     | level-met            | awscmk           | awscmk
master        | eu-west-1 | broken/disabled-key            | NON_COMPLIANT | key-disabled         | awscmk           | Disabled
build         | eu-west-1 | broken/disabled-imported-key   | NON_COMPLIANT | key-disabled         | externalcmk      | Disabled
shared-keys   | eu-west-1 | broken/key-pending-deletion    | NON_COMPLIANT | key-pending-deletion | awscmk           | PendingDeletion
search-prod   | us-east-1 | exempt/until-2099              | EXEMPT        | exempt-by-tag        | sse              | 2099-12-31
audit         | us-east-1 | exempt/for-a-reason            | EXEMPT        | exempt-by-tag        | sse              | public base images, no secrets in them
network       | us-east-1 | exempt/without-a-reason        | EXEMPT        | exempt-by-tag        | sse              | encryption-exempt
search-dev    | eu-west-1 | exempt/until-2020              | NON_COMPLIANT | below-desired-level  | sse              | ended on 2020-01-31
playground    | us-east-1 | exempt/not-a-date              | NON_COMPLIANT | below-desired-level  | sse              | 2027-02-30
payments-dev  | us-east-1 | exempt/broken                  | EXEMPT        | exempt-by-tag        | awscmk           | 2099-12-31
network       | us-east-1 | sandbox/scratch                | EXEMPT        | exempt-by-name       | sse              | sandbox/*
payments-prod | us-east-1 | sandbox/team-a/scratch         | EXEMPT        | exempt-by-name       | awscmk           | sandbox/*
";

#[test]
fn every_repository_gets_the_verdict_that_its_facts_call_for() {
    let organization = organization();
    assert_eq!(organization.facts.repositories.len(), 161);
    let expected: BTreeMap<String, Value> = organization
        .facts
        .repositories
        .iter()
        .map(|repository| (repository.arn.clone(), organization.expected(repository)))
        .collect();
    let findings = organization.full.findings();
    let found: BTreeMap<String, &Value> =
        findings.iter().map(|finding| (text(finding, "repository_arn"), finding)).collect();
    assert_eq!(findings.len(), found.len(), "a repository was found twice");
    assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
    let mut differences = Vec::new();
    for (arn, expected) in &expected {
        let finding = found[arn];
        for (field, value) in expected.as_object().expect("fields") {
            if finding.get(field) != Some(value) {
                differences.push(format!("{arn}: {field} is {:?}, not {value}", finding.get(field)));
            }
        }
        let passes = matches!(text(finding, "status").as_str(), "COMPLIANT" | "EXEMPT");
        if finding["remediation"].as_array().expect("steps").is_empty() != passes {
            differences.push(format!("{arn}: remediation is {}", finding["remediation"]));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_kind_of_repository_gets_the_verdict_that_was_worked_out_by_hand() {
    let organization = organization();
    let findings = organization.full.findings();
    let mut kinds = BTreeSet::new();
    for row in KINDS.trim().lines() {
        let (row, reason) = row.rsplit_once(" | ").expect("cells");
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let matching = |finding: &&Value| {
            ["account_name", "region", "repository_name"]
                .iter()
                .zip(&cells)
                .all(|(field, cell)| finding[*field] == *cell)
        };
        let finding = findings.iter().find(matching).unwrap_or_else(|| panic!("no finding for: {row}"));
        let bound = if finding["encryption_level_is_lower_bound"] == true { ">= " } else { "" };
        let level = format!("{bound}{}", text(finding, "encryption_level"));
        let verdict = [text(finding, "status"), text(finding, "reason_code"), level];
        assert_eq!(cells.iter().skip(3).collect::<Vec<_>>(), verdict.iter().collect::<Vec<_>>(), "{row}");
        assert!(text(finding, "reason").contains(reason), "{row}: {}", text(finding, "reason"));
        kinds.insert(text(finding, "repository_name"));
    }
    let seeded = organization.facts.repositories.iter().map(|repository| repository.name.clone()).collect();
    assert_eq!(kinds, seeded, "a kind has no row");
}
