//! Findings in Security Hub: what a run brings there, and what it leaves as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use integration_tests::{DenyKind, Effect, Fault, Organization, Role, SecurityHubPlace, Simulator};
use serde_json::{Value, json};

use crate::harness::{BANK, Bench, HOME, Outcome, REGIONS, SHOP, account, aes256, binary, deny, fault, organization};

const ACCOUNTS: [&str; 3] = [HOME, SHOP, BANK];

/// Three accounts and two Regions with Security Hub, and a repository that does not comply.
fn with_hub() -> Organization {
    let mut organization = organization();
    organization.security_hub.enabled = vec![SecurityHubPlace::default()];
    organization.repositories.push(aes256(SHOP, "us-east-1", "old"));
    organization
}

/// Scans, and delivers what was found.
fn deliver(bench: &Bench, arguments: &[&str]) -> Value {
    let scanned = bench.scan(arguments);
    assert!(scanned.status >= 0, "{}", scanned.stderr);
    deliver_what_was_found(bench, &scanned)
}

fn deliver_what_was_found(bench: &Bench, scanned: &Outcome) -> Value {
    std::fs::write(bench.output().join("targets.jsonl"), targets(scanned)).unwrap();
    let program = binary().parent().unwrap().join("examples/deliver-to-security-hub");
    let mut command = Command::new(program);
    command.env_clear().envs(bench.simulator.environment()).arg(bench.output()).stdin(Stdio::null());
    command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What `targets.jsonl` says: every Region of each account that no gap tells of.
fn targets(scanned: &Outcome) -> String {
    let gaps: BTreeSet<(&str, &str)> = scanned
        .entries()
        .iter()
        .flat_map(|entry| {
            let account = entry["account_id"].as_str().unwrap();
            let regions = entry["region"].as_str().map_or(REGIONS.to_vec(), |region| vec![region]);
            regions.into_iter().map(move |region| (account, region))
        })
        .collect();
    let line = |account: &str| {
        let whole = REGIONS.iter().filter(|region| !gaps.contains(&(account, **region)));
        let regions: BTreeMap<&str, usize> = whole
            .map(|region| {
                let is_there = |one: &&Value| one["account_id"] == account && one["region"] == **region;
                (*region, scanned.findings.iter().filter(is_there).count())
            })
            .collect();
        let line =
            json!({"account_id": account, "account_name": null, "organizational_unit_path": null, "regions": regions});
        (!regions.is_empty()).then(|| format!("{line}\n"))
    };
    ACCOUNTS.iter().filter_map(|account| line(account)).collect()
}

/// `imported`, `updated`, `archived`, `suppressed`, `taken_back`, `unchanged`.
fn counts(outcome: &Value) -> [u64; 6] {
    ["imported", "updated", "archived", "suppressed", "taken_back", "unchanged"]
        .map(|name| outcome[name].as_u64().unwrap())
}

fn findings(simulator: &Simulator) -> Vec<Value> {
    ACCOUNTS
        .iter()
        .flat_map(|account| REGIONS.iter().flat_map(|region| simulator.security_hub_findings(account, region)))
        .collect()
}

fn of(simulator: &Simulator, account: &str, region: &str, name: &str) -> Value {
    let id = format!("ecr-encryption/{account}/{region}/repository/{name}");
    let all = simulator.security_hub_findings(account, region);
    all.into_iter().find(|finding| finding["Id"] == id.as_str()).unwrap_or_else(|| panic!("no finding {id}"))
}

fn sent(bench: &Bench) -> [u64; 3] {
    let counters = bench.simulator.counters();
    ["GetFindings", "BatchImportFindings", "BatchUpdateFindings"].map(|name| counters.calls_of("securityhub", name))
}

#[test]
fn every_finding_is_brought_to_its_own_account_and_region_and_only_once() {
    let bench = Bench::new(with_hub());
    let first = deliver(&bench, &[]);
    assert_eq!((counts(&first), first["failures"].as_u64()), ([7, 0, 0, 0, 0, 0], Some(0)));
    for account in ACCOUNTS {
        for region in REGIONS {
            for finding in bench.simulator.security_hub_findings(account, region) {
                assert_eq!((&finding["AwsAccountId"], &finding["Region"]), (&json!(account), &json!(region)));
                assert_eq!(finding["Resources"][0]["Region"], region);
            }
        }
    }
    let old = of(&bench.simulator, SHOP, "us-east-1", "old");
    assert_eq!((&old["Compliance"]["Status"], &old["Severity"]["Label"]), (&json!("FAILED"), &json!("MEDIUM")));
    let app = of(&bench.simulator, SHOP, "us-east-1", "app");
    assert_eq!((&app["Compliance"]["Status"], &app["Severity"]["Label"]), (&json!("PASSED"), &json!("INFORMATIONAL")));
    assert_eq!(sent(&bench), [6, 6, 0]);
    let before = findings(&bench.simulator);
    let second = deliver(&bench, &[]);
    assert_eq!(counts(&second), [0, 0, 0, 0, 0, 7]);
    assert_eq!(sent(&bench), [12, 6, 0], "a second run sends nothing");
    assert_eq!(findings(&bench.simulator), before);
}

#[test]
fn an_administrator_who_sees_all_findings_touches_its_own_alone() {
    let mut organization = with_hub();
    organization.security_hub.administrator = Some(HOME.to_owned());
    let bench = Bench::new(organization);
    deliver(&bench, &[]);
    // Another product of the same account, whose finding nobody knows here.
    let mut other = of(&bench.simulator, HOME, "us-east-1", "app");
    other["Id"] = json!("other");
    other["GeneratorId"] = json!("somebody/else");
    bench.simulator.put_security_hub_finding(HOME, "us-east-1", other);
    let before = findings(&bench.simulator);
    assert_eq!(counts(&deliver(&bench, &[])), [0, 0, 0, 0, 0, 7]);
    assert_eq!(findings(&bench.simulator), before);
}

#[test]
fn many_findings_come_in_pages_and_go_in_full_batches() {
    let mut organization = with_hub();
    organization.security_hub.findings_per_page = Some(20);
    for number in 0..250 {
        organization.repositories.push(aes256(SHOP, "us-east-1", &format!("many/{number:03}")));
    }
    let bench = Bench::new(organization);
    assert_eq!(counts(&deliver(&bench, &[])), [257, 0, 0, 0, 0, 0]);
    assert_eq!(sent(&bench), [6, 5 + 3, 0]);
    assert_eq!(counts(&deliver(&bench, &[])), [0, 0, 0, 0, 0, 257]);
    assert_eq!(sent(&bench), [6 + 5 + 13, 5 + 3, 0]);
}

/// Moves what one Security Hub has to another one, where the world is another.
fn moved(from: &Simulator, to: &Simulator) {
    for account in ACCOUNTS {
        for region in REGIONS {
            for finding in from.security_hub_findings(account, region) {
                to.put_security_hub_finding(account, region, finding);
            }
        }
    }
}

#[test]
fn what_does_not_exist_any_more_is_archived_where_that_is_known() {
    let before = Bench::new(with_hub());
    deliver(&before, &[]);
    let mut gone = with_hub();
    gone.repositories.retain(|one| one.name != "old" && one.account != BANK);
    // One Region of Bank cannot be read: nothing is known of it.
    gone.faults = vec![Fault {
        operation: Some("ecr:DescribeRepositories".to_owned()),
        account: Some(BANK.to_owned()),
        region: Some("eu-west-1".to_owned()),
        effect: Effect::Deny,
        ..Fault::default()
    }];
    let after = Bench::new(gone);
    moved(&before.simulator, &after.simulator);
    assert_eq!(counts(&deliver(&after, &[])), [0, 0, 2, 0, 0, 4]);
    let state = |account, region, name| of(&after.simulator, account, region, name)["RecordState"].clone();
    assert_eq!(state(SHOP, "us-east-1", "old"), "ARCHIVED");
    assert_eq!(state(BANK, "us-east-1", "app"), "ARCHIVED");
    assert_eq!(state(BANK, "eu-west-1", "app"), "ACTIVE");
    assert_eq!(counts(&deliver(&after, &[])), [0, 0, 0, 0, 0, 4], "nothing is archived twice");
    // What is back is active again.
    moved(&after.simulator, &before.simulator);
    assert_eq!(counts(&deliver(&before, &[])), [0, 2, 0, 0, 0, 5]);
    assert_eq!(of(&before.simulator, SHOP, "us-east-1", "old")["RecordState"], "ACTIVE");
}

#[test]
fn what_users_have_decided_is_kept() {
    let bench = Bench::new(with_hub());
    deliver(&bench, &[]);
    let change = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut finding = of(&bench.simulator, SHOP, "us-east-1", name);
        change(&mut finding);
        bench.simulator.put_security_hub_finding(SHOP, "us-east-1", finding);
    };
    change("old", &|finding| {
        finding["Workflow"]["Status"] = json!("SUPPRESSED");
        finding["Note"] = json!({"Text": "we know", "UpdatedBy": "alice", "UpdatedAt": "2026-11-23T10:00:00Z"});
        finding["UserDefinedFields"] = json!({"ticket": "42"});
        finding["Severity"]["Label"] = json!("CRITICAL");
        finding["RecordState"] = json!("ARCHIVED");
    });
    let mine = |finding: &Value| {
        ["Workflow", "Note", "UserDefinedFields", "Severity", "RecordState", "CreatedAt"]
            .map(|name| finding[name].clone())
    };
    let before = of(&bench.simulator, SHOP, "us-east-1", "old");
    // Another demand: every finding is another one.
    assert_eq!(counts(&deliver(&bench, &["--desired-level", "cloudhsm"])), [0, 7, 0, 0, 0, 0]);
    let after = of(&bench.simulator, SHOP, "us-east-1", "old");
    assert_eq!(mine(&after), mine(&before));
    assert_ne!(after["Description"], before["Description"]);
    // What the provider says of it is there all the same.
    assert_eq!(after["FindingProviderFields"]["Severity"]["Label"], "HIGH");
    let app = of(&bench.simulator, SHOP, "us-east-1", "app");
    assert_eq!((&app["Compliance"]["Status"], &app["Severity"]["Label"]), (&json!("FAILED"), &json!("MEDIUM")));
}

#[test]
fn what_is_exempt_is_suppressed_with_the_reason_and_taken_back() {
    let bench = Bench::new(with_hub());
    let policy = bench.policy("exempt_repository_names = [\"old\"]\n");
    let first = deliver(&bench, &["--policy", &policy]);
    assert_eq!(counts(&first), [7, 0, 0, 1, 0, 0]);
    let old = of(&bench.simulator, SHOP, "us-east-1", "old");
    assert_eq!((&old["Workflow"]["Status"], &old["Compliance"]["Status"]), (&json!("SUPPRESSED"), &json!("WARNING")));
    assert_eq!(old["Note"]["UpdatedBy"], "ecr-encryption");
    assert!(old["Note"]["Text"].as_str().unwrap().contains("`old`"), "{}", old["Note"]);
    assert_eq!(counts(&deliver(&bench, &["--policy", &policy])), [0, 0, 0, 0, 0, 7]);
    assert_eq!(counts(&deliver(&bench, &[])), [0, 1, 0, 0, 1, 6]);
    let old = of(&bench.simulator, SHOP, "us-east-1", "old");
    assert_eq!((&old["Workflow"]["Status"], &old["Compliance"]["Status"]), (&json!("NEW"), &json!("FAILED")));
    assert_eq!(counts(&deliver(&bench, &[])), [0, 0, 0, 0, 0, 7]);
}

#[test]
fn where_it_is_off_that_is_told_and_no_failure() {
    let mut organization = with_hub();
    let place = |account: Option<&str>, region: Option<&str>| SecurityHubPlace {
        account: account.map(str::to_owned),
        region: region.map(str::to_owned),
    };
    organization.security_hub.enabled = vec![place(Some(SHOP), Some("us-east-1")), place(Some(HOME), None)];
    let bench = Bench::new(organization);
    let outcome = deliver(&bench, &[]);
    assert_eq!(outcome["off"], json!({SHOP: ["eu-west-1"], BANK: ["eu-west-1", "us-east-1"]}));
    assert_eq!((outcome["failures"].as_u64(), outcome["targets"].as_u64()), (Some(0), Some(3)));
    assert_eq!(counts(&outcome)[0], 4);
}

#[test]
fn what_is_denied_is_told_with_the_permission() {
    let mut organization = with_hub();
    let role = |action: &str| Some(vec![Role { deny: vec![deny(action, &[], DenyKind::Identity)], ..Role::default() }]);
    account(&mut organization, SHOP).roles = role("securityhub:BatchImportFindings");
    account(&mut organization, BANK).roles = role("securityhub:GetFindings");
    let outcome = deliver(&Bench::new(organization), &[]);
    assert_eq!(outcome["failures"], 4);
    for (index, (account, action)) in [(SHOP, "BatchImportFindings"), (BANK, "GetFindings")].iter().enumerate() {
        let failed = &outcome["failed"][2 * index];
        assert_eq!(failed["account_id"], *account);
        assert_eq!(failed["error_code"], "AccessDeniedException");
        assert_eq!(
            failed["hint"],
            format!("allow securityhub:{action} to the role arn:aws:iam::{account}:role/EcrEncryptionAudit")
        );
    }
    assert_eq!(counts(&outcome)[0], 2, "the other account is delivered");
}

#[test]
fn items_that_are_refused_are_sent_again_and_told() {
    let mut organization = with_hub();
    let id = |name: &str| format!("ecr-encryption/{SHOP}/us-east-1/repository/{name}");
    organization.security_hub.fail_first = vec![id("old")];
    organization.security_hub.fail_always = vec![id("app")];
    let bench = Bench::new(organization);
    let policy = bench.policy("exempt_repository_names = [\"old\"]\n");
    let outcome = deliver(&bench, &["--policy", &policy]);
    assert_eq!(counts(&outcome), [6, 0, 0, 1, 0, 0]);
    assert_eq!(outcome["failures"], 1);
    let failed = &outcome["failed"][0];
    assert_eq!((&failed["finding_id"], &failed["error_code"]), (&json!(id("app")), &json!("InvalidInput")));
    // The next run tries again.
    assert_eq!(deliver(&bench, &["--policy", &policy])["failures"], 1);
}

#[test]
fn passing_faults_are_waited_for() {
    for effect in [Effect::Throttle, Effect::Error, Effect::Http, Effect::Reset, Effect::ResetBody] {
        let mut organization = with_hub();
        organization.faults =
            vec![Fault { operation: Some("securityhub:*".to_owned()), times: Some(2), effect, ..Fault::default() }];
        let bench = Bench::new(organization);
        let policy = bench.policy("exempt_repository_names = [\"old\"]\n");
        let outcome = deliver(&bench, &["--policy", &policy]);
        assert_eq!((outcome["failures"].as_u64(), findings(&bench.simulator).len()), (Some(0), 7), "{effect:?}");
        assert_eq!(deliver(&bench, &["--policy", &policy])["unchanged"], 7, "{effect:?}");
    }
}

#[test]
fn throttling_without_end_is_told_and_keeps_no_other_from_being_delivered() {
    let mut organization = with_hub();
    let region = Some("us-east-1".to_owned());
    organization.faults = vec![Fault { effect: Effect::Throttle, region, ..fault("securityhub:BatchImportFindings") }];
    let outcome = deliver(&Bench::new(organization), &[]);
    assert_eq!((counts(&outcome)[0], outcome["failures"].as_u64()), (5, Some(1)));
    let failed = &outcome["failed"][0];
    assert_eq!((&failed["account_id"], &failed["region"]), (&json!(SHOP), &json!("us-east-1")));
    assert_eq!(failed["error_code"], "LimitExceededException");
}

/// A run that lost an account says nothing of it.
#[test]
fn an_account_that_was_not_read_is_left_as_it_is() {
    let bench = Bench::new(with_hub());
    deliver(&bench, &[]);
    bench.simulator.set_faults(vec![Fault { effect: Effect::Deny, ..fault("sts:AssumeRole") }]);
    let scanned = bench.scan(&[]);
    let before = findings(&bench.simulator);
    let outcome = deliver_what_was_found(&bench, &scanned);
    assert_eq!((counts(&outcome), outcome["failures"].as_u64()), ([0, 0, 0, 0, 0, 4], Some(0)));
    assert_eq!(findings(&bench.simulator), before);
}
