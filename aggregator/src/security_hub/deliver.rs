//! All accounts and Regions of a run.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::lookup::Access;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc};

use super::hub::Hub;
use super::outcome::{HubOutcome, NotDelivered};
use super::target::{self, TargetError, WhatIsWhole};
use super::walk::{HubTarget, Walk, WalkError};
use crate::account::AccountId;
use crate::stop::Stop;

/// How many targets may be under way at once: their calls are bounded by their pace, and each waits for its own lane.
const TARGETS_AT_ONCE: usize = 256;
/// How many findings the targets under way may have together: of each some 200 bytes are held.
const FINDINGS_AT_ONCE: u32 = 200_000;
/// How many targets may be known before they are begun.
const TARGETS_WAITING: usize = 256;

/// What is delivered, and how.
pub struct Delivery<'a> {
    /// The run's `findings.jsonl`.
    pub findings: &'a Path,
    /// The run's `targets.jsonl`.
    pub targets: &'a Path,
    /// The credentials of an account.
    pub credentials: &'a (dyn Fn(AccountId) -> AccountCredentials + Send + Sync),
    /// Whether the creation templates and pull-through cache rules of an account and Region were read whole: else nothing
    /// follows from there being no finding on one.
    pub templates_read: &'a (dyn Fn(AccountId, &str) -> bool + Send + Sync),
    /// What helps against a fault in an account.
    pub hint: &'a (dyn Fn(&AwsFault, &str) -> String + Send + Sync),
    /// What time it is.
    pub now: Timestamp,
    /// Ends it before its time, between two targets.
    pub stop: &'a Stop,
}

impl std::fmt::Debug for Delivery<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Delivery").field("findings", &self.findings).finish_non_exhaustive()
    }
}

/// Delivers a run. What goes wrong is told in the outcome; the next delivery makes up for it.
pub async fn deliver<H: Hub>(hub: &H, delivery: &Delivery<'_>) -> HubOutcome {
    let (sender, receiver) = mpsc::channel(TARGETS_WAITING);
    let (findings, targets) = (delivery.findings.to_owned(), delivery.targets.to_owned());
    let walking = tokio::task::spawn_blocking(move || walk(&findings, &targets, &sender));
    let room = Semaphore::new(FINDINGS_AT_ONCE as usize);
    let ended = AtomicBool::new(false);
    let times_stopped = delivery.stop.times();
    let begun = stream::unfold(receiver, async |mut receiver: mpsc::Receiver<HubTarget>| {
        receiver.recv().await.map(|target| (target, receiver))
    });
    let mut all = HubOutcome::default();
    let mut outcomes = std::pin::pin!(
        begun
            .map(|target| {
                let is_over = || ended.load(Ordering::Relaxed) || delivery.stop.times() > times_stopped;
                one(hub, delivery, target, &room, &ended, is_over)
            })
            .buffer_unordered(TARGETS_AT_ONCE)
    );
    while let Some(outcome) = outcomes.next().await {
        all.add(outcome);
    }
    match walking.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => all.fail(NotDelivered::unreadable(error.to_string())),
        Err(error) => all.fail(NotDelivered::unreadable(error.to_string())),
    }
    all.sort();
    all
}

fn walk(findings: &Path, targets: &Path, sender: &mpsc::Sender<HubTarget>) -> Result<(), WalkError> {
    let mut walk = Walk::begin(findings, targets)?;
    while let Some(target) = walk.next_target()? {
        if sender.blocking_send(target).is_err() {
            break;
        }
    }
    Ok(())
}

async fn one<H: Hub>(
    hub: &H,
    delivery: &Delivery<'_>,
    target: HubTarget,
    room: &Semaphore,
    ended: &AtomicBool,
    is_over: impl Fn() -> bool,
) -> HubOutcome {
    let findings = u32::try_from(target.findings).unwrap_or(u32::MAX).clamp(1, FINDINGS_AT_ONCE);
    // Nobody closes it.
    let _room = room.acquire_many(findings).await;
    if is_over() {
        return HubOutcome { left_out: 1, ..HubOutcome::default() };
    }
    let (account_id, region) = (target.account_id.to_string(), Arc::clone(&target.region));
    let credentials = (delivery.credentials)(target.account_id);
    let access = Access { account_id: account_id.clone(), credentials, region: region.to_string() };
    let whole = WhatIsWhole {
        repositories: target.whole,
        templates: target.whole && (delivery.templates_read)(target.account_id, &region),
    };
    let done = target::deliver(hub, &access, &target, whole, delivery).await;
    let mut outcome = done.outcome;
    let mut fail = |fault: &AwsFault, finding_id| {
        let hint = (delivery.hint)(fault, &account_id);
        outcome.fail(NotDelivered::of(fault, (&account_id, &region), finding_id, hint));
    };
    for failure in &done.failures {
        fail(&failure.fault, failure.finding_id.clone());
    }
    match done.error {
        None => {}
        Some(TargetError::Off) => {
            outcome.off.entry(account_id).or_default().insert(region.to_string());
        }
        Some(TargetError::Fault(fault)) => {
            // Every other call would fail alike.
            if fault.is_callers_expiry() {
                ended.store(true, Ordering::Relaxed);
            }
            fail(&fault, None);
        }
        Some(TargetError::Unreadable(error)) => outcome.fail(NotDelivered::unreadable(error.to_string())),
    }
    outcome
}
