use std::fs;

use rstest::rstest;
use tempfile::TempDir;

use super::*;
use crate::report::samples;

fn finding(account: &str, region: &str, name: &str) -> Finding {
    Finding {
        account_id: account.to_owned(),
        region: region.to_owned(),
        repository_name: name.to_owned(),
        ..samples::compliant()
    }
}

fn lines<T: Serialize>(items: &[T]) -> String {
    items.iter().map(|item| serde_json::to_string(item).unwrap() + "\n").collect()
}

fn whole(account: &str, regions: &[(&str, u64)]) -> AccountTargets {
    AccountTargets {
        account_id: account.to_owned(),
        account_name: None,
        organizational_unit_path: None,
        regions: regions.iter().map(|(region, count)| ((*region).to_owned(), *count)).collect(),
    }
}

fn files(findings: &str, targets: &str) -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("findings.jsonl"), folder.path().join("targets.jsonl"));
    fs::write(&one, findings).unwrap();
    fs::write(&other, targets).unwrap();
    (folder, one, other)
}

fn walked(findings: &Path, targets: &Path) -> Result<Vec<HubTarget>, WalkError> {
    let mut walk = Walk::begin(findings, targets)?;
    let mut all = Vec::new();
    while let Some(target) = walk.next_target()? {
        all.push(target);
    }
    Ok(all)
}

const ONE: &str = "111111111111";
const TWO: &str = "222222222222";
const THREE: &str = "333333333333";

#[test]
fn each_target_with_its_findings_and_whether_it_was_read_whole() {
    let findings = lines(&[
        finding(ONE, "eu-west-1", "a"),
        finding(ONE, "eu-west-1", "b"),
        finding(ONE, "us-east-1", "a"),
        finding(THREE, "us-east-1", "é日本"),
        finding(THREE, "us-east-1", "z"),
    ]);
    let targets = lines(&[whole(ONE, &[("af-south-1", 0), ("us-east-1", 1)]), whole(TWO, &[("eu-west-1", 0)])]);
    let (_folder, findings, targets) = files(&findings, &targets);
    let mut told = Vec::new();
    for target in walked(&findings, &targets).unwrap() {
        let names: Vec<String> = if target.findings == 0 {
            Vec::new()
        } else {
            let mut reading = TargetFindings::open(&findings, &target.place).unwrap();
            let mut names = Vec::new();
            loop {
                let read = reading.read(1).unwrap();
                if read.is_empty() {
                    break names;
                }
                names.extend(read.into_iter().map(|finding| finding.repository_name));
            }
        };
        assert_eq!(names.len() as u64, target.findings);
        told.push(format!("{} {} {} {}", target.account_id, target.region, names.join("+"), target.whole));
    }
    assert_eq!(
        told,
        [
            "111111111111 af-south-1  true",
            "111111111111 eu-west-1 a+b false",
            "111111111111 us-east-1 a true",
            "222222222222 eu-west-1  true",
            "333333333333 us-east-1 é日本+z false",
        ]
    );
}

#[test]
fn nothing_found_is_nothing_to_walk_through() {
    let (_folder, findings, targets) = files("", "");
    assert_eq!(walked(&findings, &targets).unwrap(), []);
}

#[rstest]
#[case::accounts(&[finding(TWO, "eu-west-1", "a"), finding(ONE, "eu-west-1", "a")], &[], "findings.jsonl` is not in the order of accounts and Regions")]
#[case::regions(&[finding(ONE, "us-east-1", "a"), finding(ONE, "eu-west-1", "a")], &[], "findings.jsonl` is not in the order of accounts and Regions: line 2")]
#[case::targets(&[], &[whole(TWO, &[("a", 0)]), whole(ONE, &[("a", 0)])], "targets.jsonl` is not in the order of accounts and Regions: line 2")]
fn another_order_is_an_error(#[case] findings: &[Finding], #[case] targets: &[AccountTargets], #[case] expected: &str) {
    let (_folder, findings, targets) = files(&lines(findings), &lines(targets));
    let error = walked(&findings, &targets).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_file_that_was_cut_off_between_two_lines_is_an_error() {
    let (_folder, findings, targets) =
        files(&lines(&[finding(ONE, "eu-west-1", "a")]), &lines(&[whole(ONE, &[("eu-west-1", 2)])]));
    let error = walked(&findings, &targets).unwrap_err().to_string();
    assert!(error.ends_with("has 1 findings of account 111111111111 in eu-west-1, where `targets.jsonl` tells 2"));
}

#[test]
fn a_file_that_was_cut_off_is_an_error() {
    let text = lines(&[finding(ONE, "eu-west-1", "a"), finding(ONE, "eu-west-1", "b")]);
    let (_folder, findings, targets) = files(text.split_at(text.len() - 20).0, "");
    let error = walked(&findings, &targets).unwrap_err().to_string();
    assert!(error.contains("findings.jsonl` cannot be read: line 2: "), "{error}");
    let error = Walk::begin(&findings, Path::new("/nonexistent/targets.jsonl")).unwrap_err().to_string();
    assert!(error.starts_with("`/nonexistent/targets.jsonl` cannot be read: "), "{error}");
}
