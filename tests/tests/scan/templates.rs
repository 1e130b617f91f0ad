//! `--include templates`: how the next repositories will be encrypted.

use integration_tests::{CreationTemplate, DenyKind, Effect, Fault, Key, Organization, PullThroughCacheRule};
use serde_json::Value;

use crate::harness::{BANK, Bench, HOME, Outcome, SHOP, account, deny, empty_organization, key, organization, scan};

const REGION: &str = "us-east-1";
const INCLUDED: &[&str] = &["--include", "templates"];
const PULLS: &[&str] = &["PULL_THROUGH_CACHE"];

/// A template of the Shop. `encrypted` is `none`, an encryption type, or a key.
fn template(prefix: &str, applied_for: &[&str], encrypted: &str) -> CreationTemplate {
    let (encryption_type, kms_key) = match encrypted {
        "none" => (None, None),
        "AES256" | "KMS" => (Some(encrypted.to_owned()), None),
        key => (Some("KMS".to_owned()), Some(key.to_owned())),
    };
    CreationTemplate {
        account: SHOP.to_owned(),
        region: REGION.to_owned(),
        prefix: prefix.to_owned(),
        encryption_type,
        kms_key,
        applied_for: applied_for.iter().map(|&way| way.to_owned()).collect(),
    }
}

fn rule(prefix: &str) -> PullThroughCacheRule {
    PullThroughCacheRule {
        account: SHOP.to_owned(),
        region: REGION.to_owned(),
        ecr_repository_prefix: prefix.to_owned(),
        upstream_registry_url: "registry-1.docker.io".to_owned(),
        ..PullThroughCacheRule::default()
    }
}

const KEY_ID: &str = "0a1b2c3d-0000-4000-8000-000000000001";

/// A compliant organization with a key for templates, whose ARN comes with it.
fn with_key(owner: &str) -> (Organization, String) {
    let mut organization = organization();
    organization.keys.push(Key { id: Some(KEY_ID.to_owned()), ..key("templates", owner, REGION) });
    (organization, format!("arn:aws:kms:{REGION}:{owner}:key/{KEY_ID}"))
}

/// What was found beside repositories: `type name: status reason-code`.
fn found(outcome: &Outcome) -> Vec<String> {
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    outcome
        .findings
        .iter()
        .filter(|finding| finding["finding_type"] != "repository")
        .map(|finding| {
            assert_eq!((finding["account_id"].as_str(), finding["region"].as_str()), (Some(SHOP), Some(REGION)));
            assert_eq!(finding["repository_arn"], Value::Null);
            format!(
                "{} {}: {} {}",
                text(finding, "finding_type"),
                text(finding, "repository_name"),
                text(finding, "status"),
                text(finding, "reason_code")
            )
        })
        .collect()
}

#[test]
fn nothing_is_asked_unless_it_is_wanted() {
    let mut organization = organization();
    organization.creation_templates = vec![template("docker-hub", PULLS, "AES256")];
    organization.pull_through_cache_rules = vec![rule("docker-hub")];
    let outcome = scan(organization, &[]);
    assert_eq!((outcome.status, found(&outcome)), (0, Vec::new()));
    assert_eq!(outcome.summary["totals"]["templates"], Value::Null);
    assert!(!outcome.calls().keys().any(|call| call.contains("Template") || call.contains("PullThrough")));
}

#[test]
fn registries_without_either_have_no_findings() {
    let outcome = scan(organization(), INCLUDED);
    assert_eq!((outcome.status, found(&outcome)), (0, Vec::new()));
    assert_eq!(outcome.summary["totals"]["templates"]["pull_through_cache_rules"]["compliant"], 0);
    for operation in ["ecr:DescribeRepositoryCreationTemplates", "ecr:DescribePullThroughCacheRules"] {
        assert_eq!(outcome.calls()[operation], 6, "one call a target");
    }
}

#[test]
fn templates_and_rules_are_judged_and_counted_apart() {
    let (mut organization, key_arn) = with_key(SHOP);
    organization.creation_templates = vec![
        template("docker-hub", PULLS, "AES256"),
        template("replicas", &["REPLICATION"], "none"),
        template("pushed", &["CREATE_ON_PUSH"], "KMS"),
        template("quay", PULLS, &key_arn),
        template("ghcr/internal", &["REPLICATION"], &key_arn),
        template("ghcr", PULLS, &key_arn),
    ];
    organization.pull_through_cache_rules = ["docker-hub", "quay", "k8s", "quay/coreos", "ghcr"].map(rule).to_vec();
    let bench = Bench::new(organization);
    let outcome = bench.scan(INCLUDED);
    assert_eq!(
        found(&outcome),
        [
            "repository-creation-template docker-hub: NON_COMPLIANT below-desired-level",
            "repository-creation-template ghcr: COMPLIANT level-met",
            "repository-creation-template ghcr/internal: COMPLIANT level-met",
            "repository-creation-template pushed: NON_COMPLIANT below-desired-level",
            "repository-creation-template quay: COMPLIANT level-met",
            "repository-creation-template replicas: NON_COMPLIANT below-desired-level",
            "pull-through-cache-rule docker-hub: NON_COMPLIANT below-desired-level",
            "pull-through-cache-rule ghcr: UNDETERMINED level-not-provable",
            "pull-through-cache-rule k8s: NON_COMPLIANT below-desired-level",
            "pull-through-cache-rule quay: COMPLIANT level-met",
            "pull-through-cache-rule quay/coreos: COMPLIANT level-met",
        ]
    );
    // All repositories comply.
    assert_eq!(outcome.status, 3);
    let totals = &outcome.summary["totals"];
    assert_eq!((totals["repositories"].as_u64(), totals["by_status"]["compliant"].as_u64()), (Some(6), Some(6)));
    assert_eq!(totals["by_reason_code"], serde_json::json!({ "level-met": 6 }));
    let templates = &totals["templates"];
    assert_eq!(templates["repository_creation_templates"]["non_compliant"], 3);
    assert_eq!(templates["pull_through_cache_rules"]["undetermined"], 1);
    assert!(outcome.stdout.contains("100% comply: 6 of 6 repositories"), "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains("5 of 11 templates and pull-through cache rules do not comply, 1"),
        "{}",
        outcome.stdout
    );

    let finding = outcome.finding(SHOP, REGION, "pushed");
    assert_eq!(
        (finding["encryption_type"].as_str(), finding["encryption_level"].as_str()),
        (Some("KMS"), Some("awskms"))
    );
    let remediation = finding["remediation"].to_string();
    assert!(remediation.contains("aws ecr update-repository-creation-template --region us-east-1 --prefix pushed"));
    let remediation = outcome.finding(SHOP, REGION, "k8s")["remediation"].to_string();
    assert!(remediation.contains("aws ecr create-repository-creation-template --region us-east-1 --prefix k8s"));
    assert_eq!(outcome.finding(SHOP, REGION, "quay/coreos")["kms_key_arn"], key_arn);
    let unclear = outcome.findings.iter().find(|finding| finding["status"] == "UNDETERMINED").unwrap();
    assert_eq!((&unclear["kms_key_arn"], &unclear["encryption_type"]), (&Value::Null, &Value::Null));

    // A spreadsheet and a page have them too.
    let csv = std::fs::read_to_string(bench.report().join("findings.csv")).unwrap();
    assert_eq!(csv.matches(",repository-creation-template,").count(), 6);
    assert_eq!(csv.matches(",pull-through-cache-rule,").count(), 5);
    let page = std::fs::read_to_string(bench.report().join("report.html")).unwrap();
    assert!(page.contains("k8s</bdi> <span class=\"tag\">pull-through cache rule</span>"));
}

#[test]
fn what_fails_can_be_narrowed() {
    let mut organization = organization();
    organization.creation_templates = vec![template("docker-hub", PULLS, "AES256")];
    let narrowed = ["--include", "templates", "--fail-on", "undetermined,incomplete"];
    assert_eq!(scan(organization, &narrowed).status, 0);
}

#[test]
fn overrides_and_exemptions_go_by_the_names_under_the_prefix() {
    let (mut organization, key_arn) = with_key(SHOP);
    organization.creation_templates = vec![
        template("ROOT", PULLS, &key_arn),
        template("payments", PULLS, &key_arn),
        template("sandbox", PULLS, "AES256"),
        template("sandboxes", PULLS, "AES256"),
    ];
    let bench = Bench::new(organization);
    let policy = bench.policy(
        "exempt_repository_names = [\"sandbox/*\"]\n[[override]]\nname = \"cards\"\nrepositories = [\"payments/cards/*\"]\n\
         desired_encryption_level = \"cloudhsm\"",
    );
    let outcome = bench.scan(&["--include", "templates", "--policy", &policy]);
    assert_eq!(
        found(&outcome),
        [
            "repository-creation-template ROOT: COMPLIANT level-met",
            "repository-creation-template payments: NON_COMPLIANT below-desired-level",
            "repository-creation-template sandbox: EXEMPT exempt-by-name",
            "repository-creation-template sandboxes: NON_COMPLIANT below-desired-level",
        ]
    );
    assert_eq!(outcome.finding(SHOP, REGION, "payments")["override"], "cards");
}

#[test]
fn what_may_not_be_read_is_told_and_takes_nothing_from_the_repositories() {
    for (action, judged, message) in [
        (
            "ecr:DescribeRepositoryCreationTemplates",
            &[] as &[&str],
            "the repository creation templates could not be read, so the pull-through cache rules were not judged \
             (`docker-hub`): User: ",
        ),
        (
            "ecr:DescribePullThroughCacheRules",
            &["repository-creation-template docker-hub: COMPLIANT level-met"],
            "the pull-through cache rules could not be read: User: ",
        ),
    ] {
        let (mut organization, key_arn) = with_key(SHOP);
        organization.creation_templates = vec![template("docker-hub", PULLS, &key_arn)];
        organization.pull_through_cache_rules = vec![rule("docker-hub")];
        account(&mut organization, SHOP).deny = vec![deny(action, &[REGION], DenyKind::Identity)];
        let outcome = scan(organization, INCLUDED);
        assert_eq!((outcome.status, found(&outcome)), (4, judged.iter().map(|&one| one.to_owned()).collect()));
        assert_eq!(outcome.not_covered(), [format!("{SHOP} {REGION} access-denied AccessDeniedException")]);
        let entry = &outcome.entries()[0];
        assert!(entry["message"].as_str().unwrap().starts_with(message), "{entry}");
        assert!(entry["hint"].as_str().unwrap().contains(action), "{entry}");
        assert_eq!((outcome.targets_scanned(), outcome.summary["totals"]["repositories"].as_u64()), (6, Some(6)));
    }
}

#[test]
fn templates_are_judged_where_repositories_may_not_be_read() {
    let mut organization = organization();
    organization.creation_templates = vec![template("docker-hub", PULLS, "AES256")];
    account(&mut organization, SHOP).deny = vec![deny("ecr:DescribeRepositories", &[REGION], DenyKind::Identity)];
    let outcome = scan(organization, INCLUDED);
    assert_eq!(found(&outcome), ["repository-creation-template docker-hub: NON_COMPLIANT below-desired-level"]);
    assert_eq!((outcome.entries().len(), outcome.targets_scanned()), (1, 5));
}

#[test]
fn an_account_that_cannot_be_entered_is_told_once() {
    let mut organization = organization();
    account(&mut organization, BANK).roles = Some(Vec::new());
    let outcome = scan(organization, INCLUDED);
    assert_eq!(outcome.not_covered(), [format!("{BANK} - assume-role-denied AccessDenied")]);
}

#[test]
fn odd_answers_are_no_empty_ones() {
    for operation in ["ecr:DescribeRepositoryCreationTemplates", "ecr:DescribePullThroughCacheRules"] {
        let mut organization = organization();
        organization.faults = vec![Fault {
            operation: Some(operation.to_owned()),
            account: Some(SHOP.to_owned()),
            region: Some(REGION.to_owned()),
            effect: Effect::Malformed,
            ..Fault::default()
        }];
        let outcome = scan(organization, INCLUDED);
        assert_eq!((outcome.status, outcome.targets_scanned()), (4, 6), "{operation}");
        assert_eq!(outcome.entries().len(), 1);
        assert_eq!(outcome.entries()[0]["cause"], "failed");
    }
}

#[test]
fn all_pages_are_read() {
    let mut organization = organization();
    organization.answers.repositories_per_page = 2;
    organization.creation_templates =
        (0..5).map(|index| template(&format!("t{index}"), &["REPLICATION"], "AES256")).collect();
    organization.pull_through_cache_rules = (0..5).map(|index| rule(&format!("r{index}"))).collect();
    let outcome = scan(organization, INCLUDED);
    assert_eq!(found(&outcome).len(), 10);
    assert_eq!(outcome.calls()["ecr:DescribeRepositoryCreationTemplates"], 5 + 3);
}

#[test]
fn a_templates_key_is_asked_for_as_a_repositorys_is() {
    // Another account's key, in its own account, once.
    let (mut organization, key_arn) = with_key(BANK);
    organization.creation_templates = vec![template("a", PULLS, &key_arn), template("b", PULLS, &key_arn)];
    let outcome = scan(organization, INCLUDED);
    assert_eq!(outcome.status, 0, "{:?}", found(&outcome));
    let finding = outcome.finding(SHOP, REGION, "a");
    assert_eq!((finding["key_state"].as_str(), finding["kms_key_arn"].as_str()), (Some("Enabled"), Some(&*key_arn)));
    assert_eq!(outcome.calls()["kms:DescribeKey"], 6 + 1);

    // One that nobody may describe.
    let (mut organization, key_arn) = with_key(HOME);
    organization.keys.last_mut().unwrap().describe_allowed = vec!["nobody".to_owned()];
    organization.creation_templates = vec![template("a", PULLS, &key_arn)];
    let outcome = scan(organization, &["--include", "templates", "--desired-level", "awscmk"]);
    assert_eq!(found(&outcome), ["repository-creation-template a: COMPLIANT level-met"]);
    assert_eq!(outcome.finding(SHOP, REGION, "a")["encryption_level_is_lower_bound"], true);

    // One that is not there.
    let mut organization = empty_organization();
    organization.creation_templates = vec![template("a", PULLS, &format!("arn:aws:kms:{REGION}:{SHOP}:key/{KEY_ID}"))];
    let outcome = scan(organization, INCLUDED);
    assert_eq!(found(&outcome), ["repository-creation-template a: NON_COMPLIANT key-not-found"]);
}

#[test]
fn a_key_that_cannot_be_asked_for_leaves_its_template_unjudged_and_no_repository() {
    let mut organization = organization();
    let key_arn = format!("arn:aws:kms:eu-west-1:{SHOP}:key/{KEY_ID}");
    organization.keys.push(Key { id: Some(KEY_ID.to_owned()), ..key("templates", SHOP, "eu-west-1") });
    organization.repositories.retain(|repository| repository.account != SHOP || repository.region != "eu-west-1");
    organization.creation_templates = vec![template("docker-hub", PULLS, &key_arn)];
    organization.faults = vec![Fault {
        operation: Some("kms:DescribeKey".to_owned()),
        account: Some(SHOP.to_owned()),
        region: Some("eu-west-1".to_owned()),
        effect: Effect::Throttle,
        ..Fault::default()
    }];
    let outcome = scan(organization, INCLUDED);
    assert_eq!((outcome.status, found(&outcome)), (4, Vec::new()));
    assert_eq!(outcome.not_covered(), [format!("{SHOP} {REGION} throttled ThrottlingException")]);
    let message = outcome.entries()[0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("1 creation template or pull-through cache rule was read but not judged (docker-hub)"),
        "{message}"
    );
    assert_eq!((outcome.targets_scanned(), outcome.findings.len()), (6, 5));
}
