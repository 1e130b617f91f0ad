//! What a run tells of the one before it in the same folder.

use std::path::Path;

use integration_tests::{Organization, Simulator};
use serde_json::Value;

use crate::harness::{BANK, Bench, HOME, SHOP, aes256, fault, organization};
use crate::output::{beside_runs, names, runs};

fn changes(bench: &Bench) -> Vec<Value> {
    let text = std::fs::read_to_string(bench.report().join("changes.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `kind account region name`, of each.
fn told(bench: &Bench) -> Vec<String> {
    let text = |change: &Value, name: &str| change[name].as_str().unwrap().to_owned();
    let all = changes(bench);
    all.iter()
        .map(|one| ["change", "account_id", "region", "repository_name"].map(|name| text(one, name)).join(" "))
        .collect()
}

fn below(organization: &mut Organization, places: &[(&str, &str, &str)]) {
    organization.repositories.extend(places.iter().map(|(account, region, name)| aes256(account, region, name)));
}

/// Another state of the organization, scanned into the same folder.
fn later(bench: Bench, change: impl FnOnce(&mut Organization)) -> Bench {
    let mut organization = organization();
    change(&mut organization);
    Bench { simulator: Simulator::start_blocking(organization).unwrap(), ..bench }
}

#[test]
fn what_is_new_fixed_gone_and_no_longer_seen() {
    let mut first = organization();
    below(
        &mut first,
        &[
            (HOME, "us-east-1", "stays"),
            (HOME, "us-east-1", "deleted"),
            (SHOP, "us-east-1", "lost"),
            (BANK, "us-east-1", "exempted"),
        ],
    );
    let bench = Bench::new(first);
    let one = bench.scan(&[]);
    assert!(!bench.report().join("changes.jsonl").exists());
    assert!(one.summary["changes"].is_null());
    let since = one.summary["run"]["started_at"].clone();
    assert_eq!(one.finding(HOME, "us-east-1", "stays")["open_since"], since);
    assert!(one.finding(HOME, "us-east-1", "app")["open_since"].is_null());
    assert!(one.stdout.contains("Kept as: runs/"), "{}", one.stdout);

    let bench = later(bench, |organization| {
        below(
            organization,
            &[(HOME, "us-east-1", "stays"), (BANK, "eu-west-1", "new"), (BANK, "us-east-1", "exempted")],
        );
        organization.faults = vec![fault("sts:AssumeRole")];
    });
    let policy = bench.policy("exempt_repository_names = [\"exempted\"]");
    let two = bench.scan(&["--policy", &policy]);
    let app_regions = ["eu-west-1", "us-east-1"].map(|region| format!("no-longer-seen {SHOP} {region} app"));
    let [app_west, app_east] = app_regions;
    let expected = [
        format!("gone {HOME} us-east-1 deleted"),
        app_west,
        app_east,
        format!("no-longer-seen {SHOP} us-east-1 lost"),
        format!("new {BANK} eu-west-1 new"),
        format!("exempted {BANK} us-east-1 exempted"),
    ];
    let mut sorted = expected.to_vec();
    sorted.sort_by_key(|line| line.split(' ').skip(1).map(str::to_owned).collect::<Vec<_>>());
    assert_eq!(told(&bench), sorted);
    assert_eq!(two.finding(HOME, "us-east-1", "stays")["open_since"], since);
    let totals = &two.summary["changes"];
    assert_eq!(totals["newly_lost"], 3);
    for (name, count) in
        [("new", 1), ("gone", 1), ("exempted", 1), ("fixed", 0), ("no_longer_seen", 3), ("still_open", 1)]
    {
        assert_eq!(totals[name], count, "{name}");
    }
    assert_eq!((&totals["since_run_id"], &totals["oldest_open_since"]), (&one.summary["run"]["id"], &since));

    // The account comes back: its repository is as old as it is, and the loss in between was no fix.
    let bench = later(bench, |organization| {
        below(organization, &[(HOME, "us-east-1", "stays"), (SHOP, "us-east-1", "lost")]);
    });
    let three = bench.scan(&[]);
    assert_eq!(three.finding(SHOP, "us-east-1", "lost")["open_since"], since);
    assert_eq!(told(&bench), [format!("gone {BANK} eu-west-1 new")]);
    assert_eq!((runs(&bench), beside_runs(&bench).len()), (3, 1 - 1));
    // The targets tell what was read whole, also where nothing is.
    let targets = std::fs::read_to_string(bench.report().join("targets.jsonl")).unwrap();
    assert_eq!(targets.lines().count(), 3);
    assert!(targets.contains(r#""regions":{"eu-west-1":1,"us-east-1":2}"#), "{targets}");
}

/// A run before that cannot be read costs the comparison, and not the run.
#[test]
fn a_damaged_run_is_told_and_not_compared_with() {
    let bench = Bench::new(organization());
    assert_eq!(bench.scan(&[]).status, 0);
    let file = std::fs::canonicalize(bench.report()).unwrap().join("findings.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("Enabled", "Disable")).unwrap();
    let outcome = bench.scan(&[]);
    assert_eq!((outcome.status, outcome.findings.len()), (0, 6), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("cannot be told") && outcome.stderr.contains("findings.jsonl"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.summary["changes"].is_null());
    assert!(!names(&bench.report()).contains(&"changes.jsonl".to_owned()));
    // The next one has something to compare with again, and the one after that does not mind the damaged one.
    let third = bench.scan(&[]);
    assert_eq!(third.summary["changes"]["since_run_id"], outcome.summary["run"]["id"]);
    let file = std::fs::canonicalize(bench.report()).unwrap().join("findings.jsonl");
    std::fs::write(&file, "").unwrap();
    let fourth = bench.scan(&[]);
    assert_eq!(fourth.summary["changes"]["since_run_id"], outcome.summary["run"]["id"]);
}

/// What is kept is what every schema says.
#[test]
fn the_files_follow_their_schemas() {
    let mut first = organization();
    below(&mut first, &[(HOME, "us-east-1", "stays"), (HOME, "us-east-1", "deleted")]);
    let bench = Bench::new(first);
    bench.scan(&[]);
    let bench =
        later(bench, |organization| below(organization, &[(HOME, "us-east-1", "stays"), (BANK, "us-east-1", "new")]));
    bench.scan(&["--format", "parquet"]);
    let lines = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(bench.report().join(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(bench.report().join("manifest.json")).unwrap()).unwrap();
    let dataset = manifest["dataset"]["name"].as_str().unwrap();
    assert!(bench.output().join(dataset).exists(), "{dataset}");
    assert!(lines("changes.jsonl").len() == 2 && lines("targets.jsonl").len() == 3);
    for (name, documents) in
        [("change", lines("changes.jsonl")), ("targets", lines("targets.jsonl")), ("manifest", vec![manifest.clone()])]
    {
        let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../aggregator/schema/{name}.schema.json"));
        let schema: Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for document in documents {
            validator.validate(&document).unwrap_or_else(|error| panic!("{error}: {document}"));
        }
    }
}
