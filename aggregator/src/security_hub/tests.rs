//! Deliveries to a Security Hub of our own, whose items can fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Mutex, MutexGuard};

use aws_credential_types::Credentials;
use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use ecr_encryption_rule::lookup::Access;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use tempfile::TempDir;

use super::asff::{AsffFinding, RecordState};
use super::hub::{
    FindingsPage, GET_FINDINGS, Hub, HubFinding, IMPORT_FINDINGS, ItemFault, Note, Workflow, WorkflowUpdate,
};
use super::{Delivery, HubOutcome, deliver};
use crate::finding::{Finding, FindingType};
use crate::history::targets::AccountTargets;
use crate::report::samples;
use crate::stop::{self, Stop};

const ONE: &str = "111111111111";
const TWO: &str = "222222222222";
const REGION: &str = "eu-west-1";

/// What the fault of a whole call says, by its number among all; `None` for an answer.
type CallFaults = Box<dyn Fn(&'static str, usize) -> Option<AwsFault> + Send + Sync>;

#[derive(Default)]
struct OwnHub {
    state: Mutex<State>,
    call_faults: Option<CallFaults>,
}

#[derive(Default)]
struct State {
    findings: BTreeMap<(String, String), Vec<HubFinding>>,
    /// How often items are refused, by id, and with which code.
    refused: BTreeMap<String, (usize, &'static str)>,
    /// Whole calls with such an item are refused.
    poison: BTreeSet<String>,
    calls: Vec<(&'static str, usize)>,
}

impl OwnHub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn call(&self, action: &'static str, items: usize) -> Result<(), AwsFault> {
        let mut state = self.state();
        let number = state.calls.len();
        state.calls.push((action, items));
        self.call_faults.as_ref().and_then(|faults| faults(action, number)).map_or(Ok(()), Err)
    }

    fn calls(&self, action: &str) -> Vec<usize> {
        self.state().calls.iter().filter(|(known, _)| *known == action).map(|(_, items)| *items).collect()
    }

    fn all(&self) -> Vec<HubFinding> {
        self.state().findings.values().flatten().cloned().collect()
    }

    fn change(&self, id_ends_with: &str, change: impl Fn(&mut HubFinding)) {
        let mut state = self.state();
        let found = state.findings.values_mut().flatten().find(|known| known.finding.id.ends_with(id_ends_with));
        change(found.unwrap());
    }
}

impl State {
    fn refuse(&mut self, action: &'static str, id: &str) -> Option<ItemFault> {
        let (times, code) = self.refused.get_mut(id)?;
        *times = times.checked_sub(1)?;
        Some(ItemFault { id: id.to_owned(), fault: AwsFault::of_item(action, *code, "refused") })
    }
}

fn place(access: &Access) -> (String, String) {
    (access.account_id.clone(), access.region.clone())
}

impl Hub for OwnHub {
    async fn findings(&self, access: &Access, next_token: Option<String>) -> Result<FindingsPage, AwsFault> {
        self.call(GET_FINDINGS, 0)?;
        let first: usize = next_token.map_or(0, |token| token.parse().unwrap());
        let state = self.state();
        let known = state.findings.get(&place(access)).map(Vec::as_slice).unwrap_or_default();
        let end = (first + 100).min(known.len());
        Ok(FindingsPage {
            findings: known[first..end].to_vec(),
            next_token: (end < known.len()).then(|| end.to_string()),
        })
    }

    async fn import(&self, access: &Access, findings: &[AsffFinding]) -> Result<Vec<ItemFault>, AwsFault> {
        assert!((1..=100).contains(&findings.len()));
        self.call(IMPORT_FINDINGS, findings.len())?;
        let mut state = self.state();
        if findings.iter().any(|finding| state.poison.contains(&finding.id)) {
            return Err(AwsFault::of_item(IMPORT_FINDINGS, "InvalidInputException", "something is wrong"));
        }
        let mut faults = Vec::new();
        for finding in findings {
            assert_eq!(finding.aws_account_id, access.account_id);
            assert!(finding.product_arn.contains(&format!(":{}:{}:", access.region, access.account_id)));
            if let Some(fault) = state.refuse(IMPORT_FINDINGS, &finding.id) {
                faults.push(fault);
                continue;
            }
            let known = state.findings.entry(place(access)).or_default();
            match known.iter_mut().find(|known| known.finding.id == finding.id) {
                Some(known) => {
                    let (new, old): (Timestamp, Timestamp) =
                        (finding.updated_at.parse().unwrap(), known.finding.updated_at.parse().unwrap());
                    assert!(new > old && finding.created_at == known.finding.created_at);
                    known.finding = finding.clone();
                }
                None => known.push(HubFinding { finding: finding.clone(), workflow: Workflow::New, note: None }),
            }
        }
        Ok(faults)
    }

    async fn update(&self, access: &Access, update: &WorkflowUpdate) -> Result<Vec<ItemFault>, AwsFault> {
        assert!((1..=100).contains(&update.ids.len()));
        self.call(super::hub::UPDATE_FINDINGS, update.ids.len())?;
        let mut state = self.state();
        let mut faults = Vec::new();
        for id in &update.ids {
            if let Some(fault) = state.refuse(super::hub::UPDATE_FINDINGS, id) {
                faults.push(fault);
                continue;
            }
            let known = state.findings.get_mut(&place(access)).unwrap();
            let known = known.iter_mut().find(|known| known.finding.id == *id).unwrap();
            known.workflow = if update.suppressed { Workflow::Suppressed } else { Workflow::New };
            known.note = Some(Note { text: update.note.clone(), updated_by: "ecr-encryption".to_owned() });
        }
        Ok(faults)
    }
}

/// The files of a run.
struct Run {
    folder: TempDir,
    templates_read: bool,
}

impl Run {
    fn new(findings: &[Finding], whole: &[(&str, &[&str])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines: String = findings.iter().map(|finding| serde_json::to_string(finding).unwrap() + "\n").collect();
        fs::write(folder.path().join("findings.jsonl"), lines).unwrap();
        let targets = whole.iter().map(|(account, regions)| AccountTargets {
            account_id: (*account).to_owned(),
            account_name: None,
            organizational_unit_path: None,
            regions: regions
                .iter()
                .map(|region| {
                    let is_here = |one: &&Finding| one.account_id == *account && one.region == *region;
                    ((*region).to_owned(), findings.iter().filter(is_here).count() as u64)
                })
                .collect(),
        });
        let lines: String = targets.map(|targets| serde_json::to_string(&targets).unwrap() + "\n").collect();
        fs::write(folder.path().join("targets.jsonl"), lines).unwrap();
        Self { folder, templates_read: true }
    }

    async fn deliver(&self, hub: &OwnHub) -> HubOutcome {
        let (_stopper, stop) = stop::channel();
        self.deliver_at(hub, "2026-11-23T14:00:00Z".parse().unwrap(), &stop).await
    }

    async fn deliver_at(&self, hub: &OwnHub, now: Timestamp, stop: &Stop) -> HubOutcome {
        let credentials = |_| AccountCredentials::fixed(Credentials::new("AKID", "secret", None, None, "test"));
        let delivery = Delivery {
            findings: &self.folder.path().join("findings.jsonl"),
            targets: &self.folder.path().join("targets.jsonl"),
            credentials: &credentials,
            templates_read: &|_, _| self.templates_read,
            hint: &|fault, account| format!("allow {} in {account}", fault.action),
            now,
            stop,
        };
        deliver(hub, &delivery).await
    }
}

fn finding(account: &str, name: &str) -> Finding {
    Finding {
        account_id: account.to_owned(),
        region: REGION.to_owned(),
        repository_name: name.to_owned(),
        repository_arn: Some(format!("arn:aws:ecr:{REGION}:{account}:repository/{name}")),
        ..samples::non_compliant()
    }
}

fn many(account: &str, count: usize) -> Vec<Finding> {
    (0..count).map(|number| finding(account, &format!("many/{number:05}"))).collect()
}

fn id(account: &str, name: &str) -> String {
    format!("ecr-encryption/{account}/{REGION}/repository/{name}")
}

fn complete(outcome: HubOutcome) -> HubOutcome {
    assert!(outcome.is_complete(), "{outcome:?}");
    outcome
}

const WHOLE: &[(&str, &[&str])] = &[(ONE, &[REGION]), (TWO, &[REGION])];

#[tokio::test(start_paused = true)]
async fn a_second_delivery_sends_nothing() {
    let mut findings = many(ONE, 250);
    findings.push(Finding { repository_name: "zz".to_owned(), ..samples::exempt() });
    findings[250].account_id = ONE.to_owned();
    findings[250].region = REGION.to_owned();
    findings.push(finding(TWO, "app"));
    let (hub, run) = (OwnHub::default(), Run::new(&findings, WHOLE));
    let first = complete(run.deliver(&hub).await);
    assert_eq!((first.targets, first.imported, first.suppressed, first.unchanged), (2, 252, 1, 0));
    assert_eq!(hub.calls(IMPORT_FINDINGS).iter().sum::<usize>(), 252);
    assert_eq!(hub.calls(IMPORT_FINDINGS).len(), 4, "batches are full");
    let calls = hub.state().calls.len();
    let second = complete(run.deliver(&hub).await);
    assert_eq!((second.written(), second.unchanged), (0, 252));
    // Three pages of one Region and one of another, and nothing else.
    assert_eq!(hub.state().calls.len() - calls, 4);
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_archived_where_the_region_was_read_whole() {
    let all = [many(ONE, 150), many(TWO, 150)].concat();
    let hub = OwnHub::default();
    complete(Run::new(&all, WHOLE).deliver(&hub).await);
    let left = [finding(ONE, "many/00003"), finding(TWO, "many/00004")];
    let later = complete(Run::new(&left, &[(ONE, &[REGION])]).deliver(&hub).await);
    assert_eq!((later.archived, later.unchanged), (149, 2));
    for known in hub.all() {
        let is_gone = known.finding.aws_account_id == ONE && !known.finding.id.ends_with("00003");
        assert_eq!(known.finding.record_state == RecordState::Archived, is_gone);
    }
    // Nothing is archived twice; what is back is active again.
    let back = [finding(ONE, "many/00003"), finding(ONE, "many/00007")];
    let third = complete(Run::new(&back, &[(ONE, &[REGION])]).deliver(&hub).await);
    assert_eq!((third.archived, third.updated, third.unchanged), (0, 1, 1));
    // And where nothing is left at all.
    let none = complete(Run::new(&[], &[(ONE, &[REGION])]).deliver(&hub).await);
    assert_eq!((none.archived, none.written()), (2, 2));
}

/// A run that did not look at templates does not know whether they exist.
#[tokio::test(start_paused = true)]
async fn a_template_is_gone_only_where_templates_were_read() {
    let template = Finding { finding_type: FindingType::RepositoryCreationTemplate, ..finding(ONE, "ROOT") };
    let hub = OwnHub::default();
    complete(Run::new(&[finding(ONE, "app"), template], WHOLE).deliver(&hub).await);
    let without = Run { templates_read: false, ..Run::new(&[], WHOLE) };
    assert_eq!(complete(without.deliver(&hub).await).archived, 1);
    let archived = |hub: &OwnHub| {
        let all = hub.all().into_iter().filter(|known| known.finding.record_state == RecordState::Archived);
        all.map(|known| known.finding.generator_id).collect::<Vec<_>>()
    };
    assert_eq!(archived(&hub), ["ecr-encryption/repository"]);
    assert_eq!(complete(Run::new(&[], WHOLE).deliver(&hub).await).archived, 1);
    assert_eq!(archived(&hub).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_users_have_decided_stays() {
    let hub = OwnHub::default();
    complete(Run::new(&many(ONE, 3), WHOLE).deliver(&hub).await);
    hub.change("00000", |known| known.workflow = Workflow::Resolved);
    hub.change("00001", |known| known.finding.record_state = RecordState::Archived);
    hub.change("00002", |known| {
        known.workflow = Workflow::Suppressed;
        known.note = Some(Note { text: "mine".to_owned(), updated_by: "alice".to_owned() });
    });
    let before = hub.all();
    let mut changed = many(ONE, 3);
    for finding in &mut changed {
        finding.reason = "another".to_owned();
    }
    let outcome = complete(Run::new(&changed, WHOLE).deliver(&hub).await);
    assert_eq!((outcome.updated, outcome.written()), (3, 3));
    for (before, after) in before.iter().zip(hub.all()) {
        assert_eq!((after.workflow, &after.note), (before.workflow, &before.note));
        assert_eq!(after.finding.record_state, before.finding.record_state);
        assert_eq!(after.finding.description, "another");
    }
}

#[tokio::test(start_paused = true)]
async fn an_exemption_comes_and_goes() {
    let exempt = Finding {
        status: ecr_encryption_core::Status::Exempt,
        reason_code: ecr_encryption_core::ReasonCode::ExemptByName,
        reason: "exempt by the policy's name pattern `app`".to_owned(),
        ..finding(ONE, "app")
    };
    let hub = OwnHub::default();
    let (exempt, again) = (Run::new(&[exempt], WHOLE), Run::new(&[finding(ONE, "app")], WHOLE));
    for _ in 0..2 {
        assert_eq!(complete(exempt.deliver(&hub).await).suppressed, 1);
        let known = hub.all().remove(0);
        assert_eq!(known.workflow, Workflow::Suppressed);
        assert!(known.note.unwrap().text.ends_with("exempt by the policy's name pattern `app`"));
        assert_eq!(complete(exempt.deliver(&hub).await).written(), 0);
        let outcome = complete(again.deliver(&hub).await);
        assert_eq!((outcome.updated, outcome.taken_back), (1, 1));
        assert_eq!(hub.all().remove(0).workflow, Workflow::New);
        assert_eq!(complete(again.deliver(&hub).await).written(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_would_be_forgotten_is_refreshed_once() {
    let (hub, run) = (OwnHub::default(), Run::new(&many(ONE, 2), WHOLE));
    complete(run.deliver(&hub).await);
    let (_stopper, stop) = stop::channel();
    let later = "2026-11-23T14:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * 60);
    assert_eq!(complete(run.deliver_at(&hub, later, &stop).await).refreshed, 2);
    assert_eq!(complete(run.deliver_at(&hub, later, &stop).await).written(), 0);
}

#[rstest]
#[case::passing("InternalException", 2, 0)]
#[case::passing_too("ThrottlingException", 5, 0)]
#[case::too_often("InternalException", 6, 1)]
#[case::for_good("InvalidInput", 1, 1)]
#[tokio::test(start_paused = true)]
async fn items_are_sent_again_where_that_helps(
    #[case] code: &'static str,
    #[case] times: usize,
    #[case] failures: u64,
) {
    let (hub, run) = (OwnHub::default(), Run::new(&many(ONE, 10), WHOLE));
    hub.state().refused.insert(id(ONE, "many/00004"), (times, code));
    let outcome = run.deliver(&hub).await;
    assert_eq!((outcome.imported, outcome.failures), (10 - failures, failures));
    // What was taken is not sent again.
    assert_eq!(hub.calls(IMPORT_FINDINGS).iter().filter(|items| **items == 10).count(), 1);
    if failures > 0 {
        let failed = &outcome.failed[0];
        assert_eq!(failed.finding_id.as_deref(), Some(id(ONE, "many/00004").as_str()));
        assert_eq!((failed.error_code.as_deref(), failed.message.as_str()), (Some(code), "refused"));
        assert_eq!((failed.account_id.as_deref(), failed.region.as_deref()), (Some(ONE), Some(REGION)));
        // The next run makes up for it.
        assert_eq!(complete(run.deliver(&hub).await).imported, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_just_brought_may_not_be_found_at_once() {
    let exempt = Finding { account_id: ONE.to_owned(), region: REGION.to_owned(), ..samples::exempt() };
    let (hub, run) = (OwnHub::default(), Run::new(std::slice::from_ref(&exempt), WHOLE));
    // Not for its import: its first two attempts are refused there too.
    hub.state().refused.insert(id(ONE, &exempt.repository_name), (3, "ConcurrentUpdateError"));
    let outcome = complete(run.deliver(&hub).await);
    assert_eq!((outcome.imported, outcome.suppressed), (1, 1));
    hub.change(&exempt.repository_name, |known| (known.workflow, known.note) = (Workflow::New, None));
    hub.state().refused.insert(id(ONE, &exempt.repository_name), (3, "FindingNotFound"));
    assert_eq!(complete(run.deliver(&hub).await).suppressed, 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_poisons_a_batch_keeps_no_other_out() {
    let (hub, run) = (OwnHub::default(), Run::new(&many(ONE, 100), WHOLE));
    hub.state().poison.insert(id(ONE, "many/00042"));
    let outcome = run.deliver(&hub).await;
    assert_eq!((outcome.imported, outcome.failures), (99, 1));
    assert_eq!(outcome.failed[0].finding_id.as_deref(), Some(id(ONE, "many/00042").as_str()));
    assert_eq!(hub.all().len(), 99);
}

fn failing(fault: impl Fn(&'static str, usize) -> Option<AwsFault> + Send + Sync + 'static) -> OwnHub {
    OwnHub { call_faults: Some(Box::new(fault)), ..OwnHub::default() }
}

#[tokio::test(start_paused = true)]
async fn where_security_hub_is_off_that_is_told_and_no_failure() {
    let hub = failing(|action, _| {
        Some(AwsFault::of_item(action, "InvalidAccessException", "Account 1 is not subscribed to AWS Security Hub"))
    });
    let outcome = complete(Run::new(&many(ONE, 3), WHOLE).deliver(&hub).await);
    let expected = [ONE, TWO].map(|account| (account.to_owned(), [REGION.to_owned()].into()));
    assert_eq!((outcome.off, outcome.targets), (expected.into(), 0));
    assert_eq!(hub.calls(GET_FINDINGS).len(), 2, "each is asked once");
}

#[tokio::test(start_paused = true)]
async fn what_is_denied_is_told_with_what_helps() {
    let hub = failing(|action, _| {
        (action == IMPORT_FINDINGS).then(|| AwsFault::of_item(action, "AccessDeniedException", "not authorized"))
    });
    let outcome = Run::new(&many(ONE, 300), WHOLE).deliver(&hub).await;
    assert_eq!((outcome.failures, outcome.imported, outcome.targets), (1, 0, 1));
    let failed = &outcome.failed[0];
    assert_eq!((failed.finding_id.as_deref(), failed.action), (None, Some(IMPORT_FINDINGS)));
    assert_eq!(failed.hint, format!("allow {IMPORT_FINDINGS} in {ONE}"));
    assert_eq!(hub.calls(IMPORT_FINDINGS).len(), 1, "it is not asked for again");
}

#[tokio::test(start_paused = true)]
async fn the_callers_expiry_ends_it() {
    let hub =
        failing(|_, _| Some(AwsFault { kind: FaultKind::CallerExpired, ..AwsFault::other(GET_FINDINGS, "expired") }));
    let accounts: Vec<String> = (1..=600).map(|number| format!("{number:012}")).collect();
    let whole: Vec<(&str, &[&str])> = accounts.iter().map(|account| (account.as_str(), [REGION].as_slice())).collect();
    let outcome = Run::new(&[], &whole).deliver(&hub).await;
    assert_eq!((outcome.failures, outcome.failed[0].account_id.as_deref()), (1, None));
    assert!(outcome.left_out >= 300, "{} were left out", outcome.left_out);
    assert!(!outcome.is_complete());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_begins_no_other_target() {
    let (stopper, stop) = stop::channel();
    let hub = failing(move |_, _| {
        stopper.stop();
        None
    });
    let accounts: Vec<String> = (1..=600).map(|number| format!("{number:012}")).collect();
    let whole: Vec<(&str, &[&str])> = accounts.iter().map(|account| (account.as_str(), [REGION].as_slice())).collect();
    let outcome = Run::new(&[], &whole).deliver_at(&hub, Timestamp::UNIX_EPOCH, &stop).await;
    assert_eq!(outcome.targets + outcome.left_out, 600);
    assert!(outcome.left_out > 0 && outcome.failures == 0);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_breaks_off_is_told_and_archives_nothing() {
    let hub = OwnHub::default();
    complete(Run::new(&many(ONE, 4), WHOLE).deliver(&hub).await);
    let run = Run::new(&many(ONE, 4), WHOLE);
    let path = run.folder.path().join("findings.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    // In the middle of a line, and between two.
    for length in [text.len() / 3, text.len() / 2] {
        fs::write(&path, text.split_at(length).0).unwrap();
        let outcome = run.deliver(&hub).await;
        assert_eq!((outcome.failures, outcome.written()), (1, 0));
        assert!(outcome.failed[0].message.contains("findings.jsonl"), "{:?}", outcome.failed);
    }
    assert!(hub.all().iter().all(|known| known.finding.record_state == RecordState::Active));
}
