//! Sends what is to be done, batch by batch, and items that were not taken again.

use std::collections::{BTreeMap, HashMap};

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use ecr_encryption_rule::lookup::Access;
use tokio::time::sleep;

use super::asff::AsffFinding;
use super::decide::{Import, WorkflowChange};
use super::hub::{Hub, IMPORT_FINDINGS, ItemFault, WorkflowUpdate};
use super::limits::{BATCH, BATCH_BYTES, FINDING_BYTES};
use super::outcome::HubOutcome;
use crate::pace::backoff;

/// How often an item is sent while what keeps it from being taken may pass.
const ATTEMPTS: u32 = 6;

/// Why a whole call failed, or one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The finding; `None` for all that was to be sent.
    pub finding_id: Option<String>,
    /// Why.
    pub fault: AwsFault,
}

/// What is to be sent to one account and Region.
#[derive(Debug)]
pub struct Sender<'a, H> {
    hub: &'a H,
    access: &'a Access,
    imports: Vec<(AsffFinding, Import)>,
    bytes: usize,
    /// By suppressed or not, and the note.
    updates: BTreeMap<(bool, String), Vec<String>>,
    waiting_updates: usize,
    product_arn: String,
    /// What was sent.
    pub outcome: HubOutcome,
    /// What was not.
    pub failures: Vec<Failure>,
}

impl<'a, H: Hub> Sender<'a, H> {
    pub fn new(hub: &'a H, access: &'a Access, product_arn: String) -> Self {
        Self {
            hub,
            access,
            imports: Vec::new(),
            bytes: 0,
            updates: BTreeMap::new(),
            waiting_updates: 0,
            product_arn,
            outcome: HubOutcome::default(),
            failures: Vec::new(),
        }
    }

    /// Brings a finding, with those that come after it.
    ///
    /// # Errors
    /// A fault after which nothing more is to be sent here.
    pub async fn import(&mut self, finding: AsffFinding, import: Import) -> Result<(), AwsFault> {
        let bytes = finding.bytes();
        if bytes > FINDING_BYTES {
            let message = format!("the finding has {bytes} bytes, and {FINDING_BYTES} are allowed");
            let fault = AwsFault::other(IMPORT_FINDINGS, message);
            self.failures.push(Failure { finding_id: Some(finding.id), fault });
            return Ok(());
        }
        if self.bytes + bytes > BATCH_BYTES {
            self.flush_imports().await?;
        }
        self.imports.push((finding, import));
        self.bytes += bytes;
        if self.imports.len() >= BATCH { self.flush_imports().await } else { Ok(()) }
    }

    /// Changes what users decide on, after everything was brought that came before.
    pub fn update(&mut self, id: String, change: WorkflowChange) {
        let key = match change {
            WorkflowChange::Suppress(note) => (true, note),
            WorkflowChange::TakeBack(note) => (false, note),
        };
        self.updates.entry(key).or_default().push(id);
        self.waiting_updates += 1;
    }

    /// How many changes wait.
    pub fn waiting_updates(&self) -> usize {
        self.waiting_updates
    }

    /// Sends all that waits.
    ///
    /// # Errors
    /// A fault after which nothing more is to be sent here.
    pub async fn flush(&mut self) -> Result<(), AwsFault> {
        self.flush_imports().await?;
        self.waiting_updates = 0;
        for ((suppressed, note), ids) in std::mem::take(&mut self.updates) {
            for ids in ids.chunks(BATCH) {
                self.send_update(suppressed, &note, ids.to_vec()).await?;
            }
        }
        Ok(())
    }

    async fn flush_imports(&mut self) -> Result<(), AwsFault> {
        self.bytes = 0;
        let (findings, imports): (Vec<AsffFinding>, Vec<Import>) =
            std::mem::take(&mut self.imports).into_iter().unzip();
        if findings.is_empty() {
            return Ok(());
        }
        let imports: HashMap<String, Import> = findings.iter().map(|finding| finding.id.clone()).zip(imports).collect();
        let mut parts = vec![findings];
        while let Some(mut part) = parts.pop() {
            match self.send_import(&mut part, &imports).await {
                Ok(()) => {}
                // One that is wrong must not keep the others out.
                Err(fault) if is_invalid(&fault) && part.len() > 1 => {
                    let rest = part.split_off(part.len() / 2);
                    parts.extend([rest, part]);
                }
                Err(fault) if is_invalid(&fault) => {
                    let finding_id = part.pop().map(|finding| finding.id);
                    self.failures.push(Failure { finding_id, fault });
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Brings findings until all were taken or refused for good; those that were are removed from `findings`.
    async fn send_import(
        &mut self,
        findings: &mut Vec<AsffFinding>,
        imports: &HashMap<String, Import>,
    ) -> Result<(), AwsFault> {
        let mut attempt = 1;
        while !findings.is_empty() {
            let faults = by_id(self.hub.import(self.access, findings).await?);
            let (refused, taken): (Vec<AsffFinding>, Vec<AsffFinding>) =
                std::mem::take(findings).into_iter().partition(|finding| faults.contains_key(&finding.id));
            for finding in taken {
                let count = match imports.get(&finding.id) {
                    Some(Import::New) | None => &mut self.outcome.imported,
                    Some(Import::Changed) => &mut self.outcome.updated,
                    Some(Import::Refreshed) => &mut self.outcome.refreshed,
                    Some(Import::Gone) => &mut self.outcome.archived,
                };
                *count += 1;
            }
            let again = |fault: &AwsFault| fault.kind.is_passing() && attempt < ATTEMPTS;
            let mut wait = None;
            for finding in refused {
                match faults.get(&finding.id) {
                    Some(fault) if again(fault) => {
                        wait = Some(fault);
                        findings.push(finding);
                    }
                    Some(fault) => {
                        self.failures.push(Failure { finding_id: Some(finding.id), fault: fault.clone() });
                    }
                    None => {}
                }
            }
            if let Some(fault) = wait {
                sleep(backoff(fault, attempt)).await;
            }
            attempt += 1;
        }
        Ok(())
    }

    async fn send_update(&mut self, suppressed: bool, note: &str, ids: Vec<String>) -> Result<(), AwsFault> {
        let mut update =
            WorkflowUpdate { product_arn: self.product_arn.clone(), ids, suppressed, note: note.to_owned() };
        let mut attempt = 1;
        while !update.ids.is_empty() {
            let faults = by_id(self.hub.update(self.access, &update).await?);
            let taken = (update.ids.len() - update.ids.iter().filter(|id| faults.contains_key(*id)).count()) as u64;
            let count = if suppressed { &mut self.outcome.suppressed } else { &mut self.outcome.taken_back };
            *count += taken;
            // What was brought a moment ago may not be found yet.
            let may_pass = |fault: &AwsFault| fault.kind.is_passing() || fault.kind == FaultKind::NotFound;
            let (again, refused): (Vec<_>, Vec<_>) =
                faults.into_iter().partition(|(_, fault)| may_pass(fault) && attempt < ATTEMPTS);
            self.failures.extend(refused.into_iter().map(|(id, fault)| Failure { finding_id: Some(id), fault }));
            if let Some((_, fault)) = again.first() {
                sleep(backoff(fault, attempt)).await;
            }
            update.ids = again.into_iter().map(|(id, _)| id).collect();
            attempt += 1;
        }
        Ok(())
    }
}

/// Whether it is something in the request that is wrong.
fn is_invalid(fault: &AwsFault) -> bool {
    matches!(fault.code.as_deref(), Some("InvalidInputException" | "ValidationException"))
}

fn by_id(faults: Vec<ItemFault>) -> BTreeMap<String, AwsFault> {
    faults.into_iter().map(|ItemFault { id, fault }| (id, fault)).collect()
}
