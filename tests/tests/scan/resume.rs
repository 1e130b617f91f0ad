//! Going on with a run that was stopped or killed: nothing is asked twice, nothing is found twice, nothing is lost.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use integration_tests::{Generate, Organization};
use rstest::rstest;
use serde_json::Value;

use crate::harness::{Bench, HOME, Outcome, binary};
use crate::interrupt::{hang, hanging, wait_until_it_hangs};
use crate::output::{assert_whole, beside, names, without_times};

/// Sends a signal to a scan.
pub fn signal(name: &str, child: &Child) {
    assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
}

fn generated() -> Organization {
    Organization::generated(Generate {
        accounts: 40,
        regions: 5,
        repositories: 3,
        without_role_per_mille: 50,
        suspended_per_mille: 50,
        exempt_per_mille: 50,
        ..Generate::default()
    })
}

/// Findings and coverage, without what differs between any two runs.
pub fn result(outcome: &Outcome) -> (Vec<Value>, Value, Value) {
    let findings = outcome.findings.iter().cloned().map(without_times).collect();
    (findings, outcome.summary["totals"].clone(), outcome.summary["coverage"].clone())
}

#[rstest]
fn what_was_read_is_not_asked_for_again(#[values("INT", "TERM", "KILL")] name: &str) {
    let bench = hanging();
    let child = bench.start(&[]);
    wait_until_it_hangs(&bench);
    signal(name, &child);
    let stopped = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(stopped.stdout).unwrap();
    assert_eq!(stdout.contains("--resume"), name != "KILL", "{stdout}");

    bench.simulator.reset();
    bench.simulator.set_faults(Vec::new());
    let outcome = bench.scan(&["--resume"]);
    assert_eq!((outcome.status, outcome.findings.len(), outcome.targets_scanned()), (0, 6, 6), "{}", outcome.stderr);
    // The one that hung, with its key and its account's Regions; nobody else is entered.
    let calls = outcome.calls();
    assert_eq!((calls["ecr:DescribeRepositories"], calls["kms:DescribeKey"], calls["sts:AssumeRole"]), (1, 1, 1));
    // Its Regions may have been enabled since.
    assert_eq!(calls["account:ListRegions"], 1);
    assert_eq!(outcome.summary["run"]["interrupted"], false);
    assert_eq!(outcome.summary["run"]["resumed_at"].as_array().unwrap().len(), 1);
    assert_whole(&bench);
}

#[test]
fn a_run_keeps_its_id_and_its_beginning() {
    let bench = hanging();
    let child = bench.start(&[]);
    wait_until_it_hangs(&bench);
    signal("INT", &child);
    let first = Outcome::new(child.wait_with_output().unwrap(), &beside(&bench, "interrupted-"));
    assert_eq!(first.summary["run"]["interruption"], "the run was stopped");
    // And once more.
    let child = bench.start(&["--resume"]);
    let began = Instant::now();
    while bench.simulator.counters().calls_of("ecr", "DescribeRepositories") < 7 {
        assert!(began.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(20));
    }
    signal("INT", &child);
    let second = Outcome::new(child.wait_with_output().unwrap(), &beside(&bench, "interrupted-"));
    assert_eq!(names(&bench.output()).iter().filter(|name| name.starts_with("interrupted-")).count(), 1);
    assert_eq!(result(&first), result(&second));
    bench.simulator.set_faults(Vec::new());
    let third = bench.scan(&["--resume"]);
    for run in [&second, &third] {
        for field in ["id", "started_at"] {
            assert_eq!(run.summary["run"][field], first.summary["run"][field]);
        }
    }
    assert_eq!(third.summary["run"]["resumed_at"].as_array().unwrap().len(), 2);
    assert_whole(&bench);
}

/// Killed again and again, wherever it is: the result is that of a run that nobody disturbed.
#[test]
fn a_run_that_is_killed_again_and_again_finds_the_same() {
    let bench = Bench::new(generated());
    let undisturbed = result(&bench.scan(&[]));
    assert!(undisturbed.0.len() > 400);
    std::fs::remove_dir_all(bench.output()).unwrap();
    bench.simulator.reset();
    let mut kills = 0;
    loop {
        let before = bench.simulator.counters().total_calls();
        let mut child = bench.start(&["--resume", "--concurrency", "4"]);
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if bench.simulator.counters().total_calls() >= before + 60 + 5 * kills {
                break None;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        if let Some(status) = ended {
            assert!(matches!(status.code(), Some(3 | 4)), "{status}");
            break;
        }
        signal("KILL", &child);
        child.wait().unwrap();
        kills += 1;
        assert!(kills < 100, "it does not get on");
    }
    assert!(kills >= 3, "killed {kills} times");
    let outcome = Outcome::new(bench.command(&["--version"]).output().unwrap(), &bench.report());
    assert_eq!(result(&outcome), undisturbed);
}

/// The size of files is limited, so that the journal cannot be written on in the middle of a record.
#[test]
fn a_disk_that_is_full_loses_nothing() {
    let bench = Bench::new(generated());
    let undisturbed = result(&bench.scan(&[]));
    std::fs::remove_dir_all(bench.output()).unwrap();
    let script = format!("trap '' XFSZ; ulimit -f 64; exec {} \"$@\"", binary().display());
    let mut limited = Command::new("sh");
    let command = bench.command(&[]);
    limited.args(["-c", &script, "scan"]).args(command.get_args()).env_clear();
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = limited.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("what was read cannot be written") && stderr.contains("--resume"), "{stderr}");
    let before = bench.simulator.counters().calls_of("ecr", "DescribeRepositories");
    let outcome = bench.scan(&["--resume"]);
    assert_eq!(result(&outcome), undisturbed);
    assert!(outcome.calls()["ecr:DescribeRepositories"] < before, "it began anew");
}

#[test]
fn a_run_is_gone_on_with_only_as_it_was_begun() {
    let bench = hanging();
    let child = bench.start(&["--exclude-accounts", "222222222222"]);
    let began = Instant::now();
    while bench.simulator.counters().calls_of("kms", "DescribeKey") < 3 {
        assert!(began.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(20));
    }
    signal("KILL", &child);
    child.wait_with_output().unwrap();
    bench.simulator.set_faults(Vec::new());
    for (arguments, told) in [
        (vec!["--resume"], "the flag --exclude-accounts was `222222222222`, and is `not given` now"),
        (
            vec!["--resume", "--exclude-accounts", "222222222222", "--desired-level", "sse"],
            "the policy's desired_encryption_level was `awscmk`, and is `sse` now",
        ),
    ] {
        let output = bench.command(&arguments).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(told), "{stderr}");
    }
    let outcome = bench.scan(&["--resume", "--exclude-accounts", "222222222222", "--concurrency", "3"]);
    assert_eq!((outcome.status, outcome.findings.len()), (0, 4));
    // Those that were refused were no part of it.
    assert_eq!(outcome.summary["run"]["resumed_at"].as_array().unwrap().len(), 1);
    assert!(outcome.calls()["ecr:DescribeRepositories"] <= 3, "{:?}", outcome.calls());
}

#[test]
fn nothing_to_go_on_with_is_a_new_run() {
    let bench = Bench::new(crate::harness::organization());
    let outcome = bench.scan(&["--resume"]);
    assert_eq!((outcome.status, outcome.findings.len()), (0, 6));
    assert!(outcome.stderr.contains("there is no unfinished run"), "{}", outcome.stderr);
    // A journal of which nothing reached the disk.
    let folder = bench.output().join(".unfinished-0");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("journal"), "").unwrap();
    assert_eq!(bench.scan(&["--resume"]).status, 0);
    // One that another version has written.
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("journal"), "29cb1f3b {}\n").unwrap();
    let output = bench.command(&["--resume"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{stderr}");
}

#[test]
fn a_new_run_says_what_it_gives_up_and_does_so_when_it_has_finished() {
    let bench = hanging();
    let child = bench.start(&[]);
    wait_until_it_hangs(&bench);
    signal("KILL", &child);
    child.wait_with_output().unwrap();
    let unfinished = beside(&bench, ".unfinished-");
    // One that cannot even begin changes nothing.
    let output = bench.command(&["--organizational-units", "Root/Nowhere"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(unfinished.exists());
    bench.simulator.set_faults(Vec::new());
    let outcome = bench.scan(&[]);
    assert!(outcome.stderr.contains("unfinished run") && outcome.stderr.contains("--resume"), "{}", outcome.stderr);
    assert_eq!((outcome.status, outcome.findings.len()), (0, 6));
    assert!(!unfinished.exists());
    assert_whole(&bench);
}

/// Keys that only other accounts use, and those that may not be described, hang on what several sessions have read.
#[test]
fn keys_of_other_accounts_are_resolved_by_a_later_session() {
    use crate::harness::{BANK, SHOP, key, repository};
    let mut organization = crate::harness::organization();
    let secret = |name: &str| integration_tests::Key {
        describe_allowed: vec!["nobody".to_owned()],
        ..key(name, SHOP, "us-east-1")
    };
    organization.keys.extend([key("central", BANK, "eu-west-1"), secret("secret")]);
    organization.repositories.push(repository(HOME, "eu-west-1", "central", "central"));
    organization.repositories.push(repository(SHOP, "us-east-1", "secret", "secret"));
    let undisturbed = result(&Bench::new(organization.clone()).scan(&[]));
    organization.faults = vec![hang()];
    let bench = Bench::new(organization);
    let child = bench.start(&[]);
    let began = Instant::now();
    while bench.simulator.counters().calls_of("kms", "DescribeKey") < 6
        || bench.simulator.counters().requests_in_flight > 1
    {
        assert!(began.elapsed() < Duration::from_mins(1), "{:?}", bench.simulator.counters());
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    signal("KILL", &child);
    child.wait_with_output().unwrap();
    bench.simulator.set_faults(Vec::new());
    assert_eq!(result(&bench.scan(&["--resume"])), undisturbed);
}

/// Kills a run of `organization` once it has asked for this many lists of repositories.
fn killed(bench: &Bench, arguments: &[&str], lists: u64) {
    let before = bench.simulator.counters().calls_of("ecr", "DescribeRepositories");
    let child = bench.start(arguments);
    let began = Instant::now();
    while bench.simulator.counters().calls_of("ecr", "DescribeRepositories") < before + lists {
        assert!(began.elapsed() < Duration::from_mins(1), "{:?}", bench.simulator.counters());
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(300));
    signal("KILL", &child);
    child.wait_with_output().unwrap();
}

/// A run that was begun by mistake does not cost the one that has read nearly everything.
#[test]
fn of_two_unfinished_runs_the_one_that_has_read_most_is_gone_on_with() {
    let bench = hanging();
    killed(&bench, &[], 6);
    // Hangs where it begins.
    bench.simulator.set_faults(vec![
        hang(),
        integration_tests::Fault {
            operation: Some("account:ListRegions".to_owned()),
            effect: integration_tests::Effect::Hang,
            ..integration_tests::Fault::default()
        },
    ]);
    let child = bench.start(&[]);
    let began = Instant::now();
    while names(&bench.output()).iter().filter(|name| name.starts_with(".unfinished-")).count() < 2 {
        assert!(began.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(300));
    signal("KILL", &child);
    child.wait_with_output().unwrap();
    bench.simulator.set_faults(Vec::new());
    let outcome = bench.scan(&["--resume"]);
    assert_eq!((outcome.status, outcome.calls()["ecr:DescribeRepositories"]), (0, 1), "{}", outcome.stderr);
    assert_whole(&bench);
}

fn no_list_of_accounts() -> integration_tests::Fault {
    integration_tests::Fault {
        operation: Some("organizations:ListAccounts".to_owned()),
        effect: integration_tests::Effect::Error,
        code: Some("AccessDeniedException".to_owned()),
        status: Some(400),
        ..integration_tests::Fault::default()
    }
}

/// What was read is not thrown away because the accounts could not be listed once.
#[test]
fn a_session_that_cannot_list_the_accounts_loses_nothing() {
    let bench = hanging();
    killed(&bench, &[], 6);
    bench.simulator.set_faults(vec![no_list_of_accounts()]);
    let blind = bench.scan(&["--resume"]);
    assert_eq!(blind.status, 4, "{}", blind.stderr);
    // It is to be gone on with, and so no finished run.
    assert!(!bench.report().exists());
    beside(&bench, "failed-");
    bench.simulator.set_faults(Vec::new());
    let outcome = bench.scan(&["--resume"]);
    assert_eq!((outcome.status, outcome.findings.len()), (0, 6), "{}", outcome.stderr);
    assert_eq!(outcome.calls()["ecr:DescribeRepositories"], 1);
    assert_whole(&bench);
}

/// An account that was read before, and of which this session does not know where it is, is not judged without its unit.
#[test]
fn an_override_for_a_unit_is_not_lost_with_the_list_of_accounts() {
    use crate::harness::{SHOP, account, unit};
    let mut organization = crate::harness::organization();
    organization.organizational_units = vec![unit("ou-root-aaaaaaaa", "Prod", None)];
    account(&mut organization, SHOP).organizational_unit = Some("ou-root-aaaaaaaa".to_owned());
    organization.answers.accounts_per_page = 1;
    organization.faults = vec![hang()];
    let bench = Bench::new(organization);
    let policy = bench.policy(
        "[[override]]\nname = \"prod\"\norganizational_units = [\"Root/Prod\"]\ndesired_encryption_level = \"cloudhsm\"\n",
    );
    killed(&bench, &["--policy", &policy], 6);
    // The first page is the management account's.
    bench.simulator.set_faults(vec![integration_tests::Fault { skip: 1, ..no_list_of_accounts() }]);
    let outcome = bench.scan(&["--resume", "--policy", &policy]);
    assert_eq!(outcome.status, 4, "{}", outcome.stderr);
    assert!(outcome.verdicts().iter().all(|verdict| !verdict.starts_with(SHOP)), "{:?}", outcome.verdicts());
    bench.simulator.set_faults(Vec::new());
    let outcome = bench.scan(&["--resume", "--policy", &policy]);
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.finding(SHOP, "us-east-1", "app")["override"], "prod");
}
