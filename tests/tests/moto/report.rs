//! What the report says of the whole: totals, coverage, order, and what the scan cost.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::organization;
use crate::scan::text;

#[test]
fn the_summary_counts_what_was_found_and_keeps_the_policy() {
    let organization = organization();
    let summary = organization.full.summary();
    let totals = &summary["totals"];
    assert_eq!(totals["repositories"], 161);
    assert_eq!(totals["by_status"], json!({"compliant": 63, "non_compliant": 61, "undetermined": 0, "exempt": 37}));
    let by_level =
        json!({"sse": 51, "awskms": 14, "awscmk": 68, "externalcmk": 14, "cloudhsm": 7, "externalkeystore": 7});
    assert_eq!(totals["by_level"], by_level);
    // An account or Region counts what its findings say.
    for (total, field) in [("by_account", "account_id"), ("by_region", "region")] {
        let mut counts: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for finding in organization.full.findings() {
            let statuses = counts.entry(text(&finding, field)).or_insert_with(|| {
                ["compliant", "non_compliant", "undetermined", "exempt"].map(|status| (status.to_owned(), 0)).into()
            });
            *statuses.entry(text(&finding, "status").to_lowercase()).or_default() += 1;
        }
        for (place, expected) in counts {
            for (status, count) in expected {
                assert_eq!(totals[total][&place][&status], count, "{total} {place} {status}");
            }
        }
    }
    assert_eq!(summary["run"]["caller_account_id"], organization.facts.id_of("master"));
    assert_eq!(summary["run"]["interrupted"], false);
    let policy = json!({
        "desired_encryption_level": "awscmk",
        "kms_key_arns": null,
        "kms_key_account_ids": null,
        "require_dual_layer": false,
        "require_usable_key": "true",
        "exempt_repository_names": ["sandbox/*"],
        "exempt_tag_key": "encryption-exempt",
        "undetermined_compliance": "NON_COMPLIANT",
        "override": [],
    });
    assert_eq!(summary["run"]["policy"], policy);
}

#[test]
fn the_report_is_whole_and_in_order() {
    let organization = organization();
    let place = |finding: &Value| ["account_id", "region", "repository_name"].map(|field| text(finding, field));
    let places: Vec<[String; 3]> = organization.full.findings().iter().map(place).collect();
    let mut ordered = places.clone();
    ordered.sort();
    assert_eq!(places, ordered);
    assert_eq!(
        organization.full.files.keys().collect::<Vec<_>>(),
        ["findings.csv", "findings.jsonl", "manifest.json", "report.html", "summary.json", "targets.jsonl"],
        "nothing more, nothing unfinished"
    );
    assert!(!organization.full.stdout.is_empty(), "the summary is told");
}

#[test]
fn all_is_covered_but_the_suspended_account_and_the_disabled_region() {
    let organization = organization();
    let coverage = &organization.full.summary()["coverage"];
    assert_eq!(coverage["accounts_found"], 13);
    // Twelve accounts in two Regions; the last target has no repository, and was read all the same.
    assert_eq!(coverage["targets_scanned"], 24);
    let mut expected: Vec<Value> = organization
        .facts
        .accounts
        .iter()
        .map(|account| match account.state.as_str() {
            "ACTIVE" => json!([account.id, account.name, "af-south-1", "region-disabled"]),
            _ => json!([account.id, account.name, null, "account-not-active"]),
        })
        .collect();
    expected.sort_by_key(|entry| entry[0].to_string());
    let told: Vec<Value> = coverage["not_covered"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| json!([entry["account_id"], entry["account_name"], entry["region"], entry["cause"]]))
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn the_scan_makes_the_calls_it_must_and_tells_them_as_the_server_counts_them() {
    let organization = organization();
    let summary = organization.full.summary();
    let told = &summary["api_calls"];
    // No role for the caller's own account.
    assert_eq!(told["sts"], json!({"AssumeRole": 11, "GetCallerIdentity": 1}));
    assert_eq!(told["account"], json!({"ListRegions": 12}));
    // moto's DescribeRepositories never pages, so one call a target.
    assert_eq!(told["ecr"], json!({"DescribeRepositories": 24}));
    // A tag filter leaves one page a target. Where there is no repository, there are no tags to ask for.
    assert_eq!(told["tag"], json!({"GetResources": 23}));
    // AWS tells each account's path in ListAccounts; moto doesn't, so parents are asked for: once for each of thirteen
    // accounts and seven organizational units.
    assert_eq!(told["organizations"]["ListAccounts"], 1);
    assert_eq!(told["organizations"]["ListParents"], 13 + 7);
    assert_eq!(summary["api_retries"], 0);

    // A key is described once, by every name that ECR gave it. AWS would know it by its ARN alone; moto keeps a key's id
    // or alias as well. Where ECR names no key, alias/aws/ecr is asked for; moto has none.
    let names: BTreeSet<[&str; 3]> = organization
        .facts
        .repositories
        .iter()
        .filter(|repository| repository.encryption_type != "AES256")
        .map(|repository| match repository.kms_key.as_deref() {
            Some(arn) if arn.starts_with("arn:") => ["", "", arn],
            name => [&repository.account_id, &repository.region, name.unwrap_or("alias/aws/ecr")],
        })
        .collect();
    assert_eq!(told["kms"], json!({"DescribeKey": names.len()}));
    let of = |service: &str| organization.calls.iter().filter(|call| call.service == service).collect::<Vec<_>>();
    let described = of("kms").len();
    assert_eq!(of("kms").into_iter().collect::<BTreeSet<_>>().len(), described, "somebody asked twice");

    // The server's own count: nothing is told that was not sent, and nothing is sent that is not told.
    let services = told.as_object().expect("services").iter().map(|(service, operations)| {
        let scope = if service == "tag" { "tagging" } else { service };
        (scope.to_owned(), operations.as_object().expect("operations").values().filter_map(Value::as_u64).sum())
    });
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for call in &organization.calls {
        *counted.entry(call.service.clone()).or_default() += 1;
    }
    assert_eq!(services.collect::<BTreeMap<String, u64>>(), counted);
    // Each target was read with the credentials of its own account, which were got once.
    let targets: BTreeSet<_> = of("ecr").iter().map(|call| (&call.access_key_id, &call.region)).collect();
    assert_eq!(targets.len(), organization.facts.active().count() * organization.facts.regions.len());
}
