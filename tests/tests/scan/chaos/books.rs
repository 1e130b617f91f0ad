//! Whether a report says what is there, and of what it doesn't say, that it doesn't.

use std::collections::{BTreeMap, BTreeSet};

use integration_tests::World;
use serde_json::{Map, Value, json};

use super::world::{Seen, Verdict, expected};
use crate::harness::Outcome;
use crate::output::without_times;

/// What every report of an organization is measured by.
pub struct Books<'a> {
    expected: BTreeMap<String, Seen>,
    undisturbed: &'a Outcome,
}

type Check = Result<(), String>;

/// What a report tells as not seen.
#[derive(Default)]
struct Told {
    /// Accounts, with the causes.
    accounts: BTreeMap<String, BTreeSet<String>>,
    /// Accounts and Regions, with the causes.
    targets: BTreeMap<(String, String), BTreeSet<String>>,
    /// The list of accounts itself.
    list: bool,
}

impl Told {
    fn of(outcome: &Outcome) -> Self {
        let mut told = Self::default();
        for entry in outcome.entries() {
            let cause = text(entry, "cause");
            match (entry["account_id"].as_str(), entry["region"].as_str()) {
                (None, _) => told.list = true,
                (Some(account), None) => drop(told.accounts.entry(account.to_owned()).or_default().insert(cause)),
                (Some(account), Some(region)) => {
                    let target = (account.to_owned(), region.to_owned());
                    told.targets.entry(target).or_default().insert(cause);
                }
            }
        }
        told
    }

    fn has(&self, account: &str, region: &str) -> bool {
        self.accounts.contains_key(account) || self.targets.contains_key(&(account.to_owned(), region.to_owned()))
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn ensure(holds: bool, problem: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(problem()) }
}

impl<'a> Books<'a> {
    pub fn new(world: &World, undisturbed: &'a Outcome) -> Self {
        Self { expected: expected(world), undisturbed }
    }

    /// Checks a report against the world: of what isn't told as not seen, everything is there, once, with its verdict; and
    /// nothing is there that the world doesn't have.
    pub fn check(&self, outcome: &Outcome) -> Check {
        let told = Told::of(outcome);
        let mut found: BTreeMap<(String, String), BTreeMap<String, &Value>> = BTreeMap::new();
        for finding in &outcome.findings {
            let (target, name) =
                ((text(finding, "account_id"), text(finding, "region")), text(finding, "repository_name"));
            let twice = found.entry(target).or_default().insert(name, finding);
            ensure(twice.is_none(), || format!("found twice: {finding}"))?;
        }
        let nothing = BTreeMap::new();
        let is_interrupted = outcome.summary["run"]["interrupted"] == true;
        let (mut scanned, mut listed) = (BTreeSet::new(), 0_u64);
        for (account, seen) in &self.expected {
            let causes = told.accounts.get(account);
            let has_findings = found.keys().any(|(of, _)| of == account);
            // Every account that was listed is told as a whole, or has Regions that it has not enabled.
            let is_planned =
                |(of, causes): (&String, &BTreeSet<String>)| of == account && causes.contains("region-disabled");
            let is_listed = causes.is_some() || told.targets.iter().any(|((of, _), causes)| is_planned((of, causes)));
            ensure(is_listed || told.list, || format!("nothing is told of {account}"))?;
            listed += u64::from(is_listed);
            let regions = match seen {
                Seen::Regions(regions) => regions,
                Seen::NotActive | Seen::Denied => {
                    let cause = if *seen == Seen::Denied { "assume-role-denied" } else { "account-not-active" };
                    let is_told = |cause: &str| causes.is_some_and(|causes| causes.contains(cause));
                    let known = !is_listed || is_told(cause) || (is_interrupted && is_told("interrupted"));
                    ensure(known && !has_findings, || format!("{account} is {seen:?}, and told as {causes:?}"))?;
                    continue;
                }
            };
            for (region, repositories) in regions {
                let target = (account.clone(), region.clone());
                // What an earlier session has read of an account that this one did not get to may be there too.
                let is_told = !is_listed || told.has(account, region);
                let found = found.remove(&target);
                let Some(repositories) = repositories else {
                    ensure(is_told && found.is_none(), || format!("{target:?} is not enabled, and not told so"))?;
                    continue;
                };
                let found = found.as_ref().unwrap_or(&nothing);
                check_target(&target, repositories, found, is_told, is_interrupted)?;
                if !is_told {
                    scanned.insert(target);
                }
            }
        }
        ensure(found.is_empty(), || format!("found where nothing is: {:?}", found.keys()))?;
        let coverage = &outcome.summary["coverage"];
        ensure(coverage["accounts_found"].as_u64() == Some(listed), || {
            format!("{} accounts found instead of {listed}", coverage["accounts_found"])
        })?;
        ensure(outcome.targets_scanned() == scanned.len() as u64, || {
            format!("{} targets scanned instead of {scanned:?}: {}", outcome.targets_scanned(), gaps(outcome))
        })?;
        check_totals(outcome)?;
        check_status(outcome)
    }

    /// Compares with the undisturbed run, word for word, and tells how many targets or accounts are told as not seen beyond
    /// what that run hasn't seen either.
    pub fn compare(&self, outcome: &Outcome) -> Result<usize, String> {
        let (told, before) = (Told::of(outcome), Told::of(self.undisturbed));
        let is_told = |finding: &Value| told.has(&text(finding, "account_id"), &text(finding, "region"));
        let whole = |outcome: &Outcome| -> Vec<Value> {
            outcome.findings.iter().filter(|one| !is_told(one)).cloned().map(without_times).collect()
        };
        let (now, then) = (whole(outcome), whole(self.undisturbed));
        for (now, then) in now.iter().zip(&then) {
            ensure(now == then, || format!("not as in the undisturbed run: {now}\n{then}"))?;
        }
        ensure(now.len() == then.len(), || format!("{} findings instead of {}", now.len(), then.len()))?;
        for entry in self.undisturbed.entries() {
            let known = outcome.entries().contains(entry)
                || entry["account_id"].as_str().is_some_and(|account| told.accounts.contains_key(account));
            ensure(known, || format!("no longer told: {entry}"))?;
        }
        let lost = usize::from(told.list)
            + told.accounts.keys().filter(|account| !before.accounts.contains_key(*account)).count()
            + told.targets.keys().filter(|(account, region)| !before.has(account, region)).count();
        if lost == 0 {
            for field in ["totals", "coverage"] {
                let (now, then) = (&outcome.summary[field], &self.undisturbed.summary[field]);
                ensure(now == then, || format!("{field}, not as in the undisturbed run: {now}\n{then}"))?;
            }
        }
        Ok(lost)
    }
}

/// What isn't told of disabled Regions.
pub fn gaps(outcome: &Outcome) -> String {
    let enabled = outcome.entries().iter().filter(|entry| entry["cause"] != "region-disabled");
    enabled.map(Value::to_string).collect::<Vec<_>>().join("\n  ")
}

fn check_target(
    target: &(String, String),
    expected: &BTreeMap<String, Verdict>,
    found: &BTreeMap<String, &Value>,
    is_told: bool,
    is_interrupted: bool,
) -> Check {
    for (name, finding) in found {
        let known = expected.get(name).ok_or_else(|| format!("no such repository: {finding}"))?;
        let Verdict { status, reason_code, level } = known;
        // An exempt repository's key is not waited for.
        let is_unasked = is_interrupted && *status == "EXEMPT" && finding["encryption_level_is_lower_bound"] == true;
        let right = finding["status"] == *status
            && finding["reason_code"] == *reason_code
            && (finding["encryption_level"] == *level || is_unasked);
        ensure(right, || format!("not {known:?}: {finding}"))?;
    }
    let missing: Vec<&String> = expected.keys().filter(|name| !found.contains_key(*name)).collect();
    ensure(is_told || missing.is_empty(), || format!("missing in {target:?}, and not told: {missing:?}"))
}

/// The totals are those of the findings.
fn check_totals(outcome: &Outcome) -> Check {
    let totals = &outcome.summary["totals"];
    let counted = |field: &str| {
        let mut counts = Map::new();
        for finding in &outcome.findings {
            let count = counts.entry(text(finding, field)).or_insert(json!(0));
            *count = json!(count.as_u64().unwrap() + 1);
        }
        Value::Object(counts)
    };
    ensure(totals["repositories"] == outcome.findings.len(), || format!("{totals}"))?;
    for (total, field) in [("by_level", "encryption_level"), ("by_reason_code", "reason_code")] {
        ensure(totals[total] == counted(field), || format!("{total}: {} is not {}", totals[total], counted(field)))?;
    }
    let sum = |counts: &Value| -> u64 { STATUSES.iter().map(|name| counts[*name].as_u64().unwrap()).sum() };
    for (total, field) in [("by_account", "account_id"), ("by_region", "region")] {
        let sums = totals[total].as_object().unwrap().iter().map(|(name, counts)| (name.clone(), json!(sum(counts))));
        let sums = Value::Object(sums.collect());
        ensure(sums == counted(field), || format!("{total}: {sums} is not {}", counted(field)))?;
    }
    let by_status = counted("status");
    for name in STATUSES {
        let count = by_status.get(name.to_uppercase()).and_then(Value::as_u64).unwrap_or_default();
        ensure(totals["by_status"][name] == count, || format!("{name}: {totals} is not {by_status}"))?;
    }
    Ok(())
}

const STATUSES: [&str; 4] = ["compliant", "non_compliant", "undetermined", "exempt"];

/// What the exit status must be, by what the summary says. A session that was killed has none.
fn check_status(outcome: &Outcome) -> Check {
    let count = |name: &str| outcome.summary["totals"]["by_status"][name].as_u64().unwrap();
    let harmless = ["region-disabled", "account-not-active"];
    let gap = outcome.entries().iter().any(|entry| !harmless.contains(&text(entry, "cause").as_str()));
    let expected = match (count("non_compliant"), count("undetermined"), gap) {
        (1.., ..) => 3,
        (0, 1.., _) | (0, 0, true) => 4,
        (0, 0, false) => 0,
    };
    ensure([expected, -1].contains(&outcome.status), || format!("exit status {} and not {expected}", outcome.status))
}
