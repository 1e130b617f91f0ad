//! One account and Region: what Security Hub has, beside what the run has found.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::lookup::Access;
use sha2::{Digest, Sha256};

use super::asff::AsffFinding;
use super::compose::{compose, exemption, finding_id, generator_id};
use super::decide::{Import, Known, archived, decide};
use super::deliver::Delivery;
use super::hub::Hub;
use super::outcome::HubOutcome;
use super::partition::product_arn;
use super::send::{Failure, Sender};
use super::walk::{HubTarget, TargetFindings, WalkError};
use crate::finding::{Finding, FindingType};

/// How many findings are read at once.
const READ_AT_ONCE: usize = 1_000;
/// So many changes of workflows wait at most.
const UPDATES_WAITING: usize = 1_000;

/// An id, in short: there may be 100,000 in a Region.
type Digest128 = [u8; 16];

/// Why a target was not delivered to its end.
#[derive(Debug)]
pub enum TargetError {
    /// Security Hub is not enabled.
    Off,
    /// A call failed.
    Fault(AwsFault),
    /// The file cannot be read.
    Unreadable(WalkError),
}

impl From<AwsFault> for TargetError {
    fn from(fault: AwsFault) -> Self {
        if fault.says_service_is_off() { Self::Off } else { Self::Fault(fault) }
    }
}

/// What has come of a target.
#[derive(Debug)]
pub struct TargetOutcome {
    /// What was sent.
    pub outcome: HubOutcome,
    /// What was not.
    pub failures: Vec<Failure>,
    /// What ended it before its time.
    pub error: Option<TargetError>,
}

/// What was read whole of a target: what has no finding there does not exist.
#[derive(Debug, Clone, Copy)]
pub struct WhatIsWhole {
    /// The repositories.
    pub repositories: bool,
    /// The creation templates and pull-through cache rules.
    pub templates: bool,
}

impl WhatIsWhole {
    fn is_of(self, finding: &AsffFinding) -> bool {
        if finding.generator_id == generator_id(FindingType::Repository) { self.repositories } else { self.templates }
    }
}

/// Delivers the findings of one account and Region.
pub async fn deliver<H: Hub>(
    hub: &H,
    access: &Access,
    target: &HubTarget,
    whole: WhatIsWhole,
    delivery: &Delivery<'_>,
) -> TargetOutcome {
    let mut sender = Sender::new(hub, access, product_arn(&access.account_id, &access.region));
    let error = compare(&mut sender, hub, access, target, whole, delivery).await.err();
    let Sender { mut outcome, failures, .. } = sender;
    outcome.targets = u64::from(error.is_none());
    TargetOutcome { outcome, failures, error }
}

async fn compare<H: Hub>(
    sender: &mut Sender<'_, H>,
    hub: &H,
    access: &Access,
    target: &HubTarget,
    whole: WhatIsWhole,
    delivery: &Delivery<'_>,
) -> Result<(), TargetError> {
    let Delivery { findings, now, .. } = *delivery;
    let mut known = ids(findings, target).await?;
    let mut archived_ids = HashSet::new();
    let mut token = None;
    loop {
        let page = hub.findings(access, token).await?;
        for found in page.findings {
            let digest = digest(&found.finding.id);
            let state = Known::of(&found);
            match known.get_mut(&digest) {
                Some(place) => *place = Some(state),
                // A page may repeat what another one has told.
                None if whole.is_of(&found.finding) && state.is_active() && archived_ids.insert(digest) => {
                    sender.import(archived(found.finding, &state, now), Import::Gone).await?;
                }
                None => {}
            }
        }
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let mut reading = Reading::begin(findings, target).await?;
    while let Some(read) = reading.next().await? {
        for finding in read {
            let asff = compose(&finding);
            let id = asff.id.clone();
            let known = known.get(&digest(&id)).and_then(Option::as_ref);
            let decision = decide(asff, known, exemption(&finding).as_deref(), now);
            match decision.import {
                Some((asff, import)) => sender.import(asff, import).await?,
                None => sender.outcome.unchanged += 1,
            }
            if let Some(change) = decision.workflow {
                sender.update(id, change);
                if sender.waiting_updates() >= UPDATES_WAITING {
                    sender.flush().await?;
                }
            }
        }
    }
    Ok(sender.flush().await?)
}

/// The ids of the findings of a target.
async fn ids(findings: &Path, target: &HubTarget) -> Result<HashMap<Digest128, Option<Known>>, TargetError> {
    let mut ids = HashMap::new();
    let mut reading = Reading::begin(findings, target).await?;
    while let Some(read) = reading.next().await? {
        ids.extend(read.iter().map(|finding| (digest(&finding_id(finding)), None)));
    }
    Ok(ids)
}

fn digest(id: &str) -> Digest128 {
    let mut digest = [0; 16];
    digest.copy_from_slice(Sha256::digest(id).split_at(16).0);
    digest
}

/// Reads the findings of a target where waiting for the disk keeps nobody else.
struct Reading(Option<TargetFindings>);

impl Reading {
    async fn begin(path: &Path, target: &HubTarget) -> Result<Self, TargetError> {
        if target.findings == 0 {
            return Ok(Self(None));
        }
        let (path, place) = (path.to_owned(), target.place.clone());
        blocking(move || TargetFindings::open(&path, &place)).await.map(|findings| Self(Some(findings)))
    }

    async fn next(&mut self) -> Result<Option<Vec<Finding>>, TargetError> {
        let Some(mut findings) = self.0.take() else { return Ok(None) };
        let (read, findings) = blocking(move || findings.read(READ_AT_ONCE).map(|read| (read, findings))).await?;
        if read.is_empty() {
            return Ok(None);
        }
        self.0 = Some(findings);
        Ok(Some(read))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WalkError> + Send + 'static,
) -> Result<T, TargetError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(TargetError::Unreadable),
        Err(ended) => Err(AwsFault::other(super::hub::IMPORT_FINDINGS, ended.to_string()).into()),
    }
}
