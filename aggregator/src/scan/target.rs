//! One account in one Region, page by page: a registry of 100,000 repositories is held no more than one of ten.

use std::collections::{BTreeSet, HashMap};

use ecr_encryption_core::{KeyLookup, Tags};
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use ecr_encryption_rule::keys::{KeyAnswer, KeyId};
use ecr_encryption_rule::lookup::{Access, Lookup, RepositoryDescription, TagsByArn};
use futures_util::{StreamExt, stream};

use super::account::AccountRun;
use super::{Scan, ScanError, fatal};
use crate::account::AccountId;
use crate::journal::{Block, Item, StoredAnswer, Target, Verdict, now};
use crate::judge;
use crate::read::Read;

/// How many keys of one page are described at once.
const KEYS_AT_ONCE: usize = 16;

/// The tags of a target's repositories.
enum TargetTags {
    NotNeeded,
    Read(TagsByArn),
    Denied { error_code: String },
}

/// What was read of a target so far.
#[derive(Default)]
struct Progress {
    repositories: u64,
    /// Whether a key could not be asked for: then what hangs on it is to be read again by a later session.
    lacks_keys: bool,
}

impl<L: Lookup + 'static> Scan<L> {
    /// Reads the repositories of a target, their tags where the policy needs them, and the keys of its own account.
    pub(super) async fn target(&self, run: &AccountRun, region: &str) -> Result<(), ScanError> {
        let target = Target { account_id: run.account.id, region: region.to_owned() };
        let account_id = run.account.id.to_string();
        let access = Access { account_id, credentials: run.credentials.clone(), region: target.region.clone() };
        let mut progress = Progress::default();
        let fault = self.pages(run, &target, &access, &mut progress).await?;
        // An account that cannot be entered was told already.
        let entered = fault.as_ref().is_none_or(|fault| fault.action != "sts:AssumeRole");
        if let Some(registry) = self.registry.as_ref().filter(|_| entered) {
            let read = self.next_repositories(registry, &run.account, &target, &access).await?;
            let is_last = fault.is_none() && read.is_whole;
            self.keep(run, &target, read.items, is_last, &mut progress).await?;
        }
        match fault {
            None => self.ledger.target_read(&target, progress.repositories),
            Some(fault) => {
                let fault = fatal(fault)?;
                let message = match progress.repositories {
                    0 => fault.message.clone(),
                    count => format!("after {count} repositories: {}", fault.message),
                };
                let entry = self.fault_entry(&run.account, Some(target.region.clone()), &fault, message);
                self.ledger.target_lost(&target, progress.repositories, entry);
            }
        }
        Ok(())
    }

    /// Reads all pages; what came before a fault is kept.
    async fn pages(
        &self,
        run: &AccountRun,
        target: &Target,
        access: &Access,
        progress: &mut Progress,
    ) -> Result<Option<AwsFault>, ScanError> {
        let mut token = None;
        let mut tags = None;
        loop {
            let page = match self.lookup.repositories(access, token).await {
                Ok(page) => page,
                Err(fault) => return Ok(Some(fault)),
            };
            if tags.is_none() && !page.repositories.is_empty() {
                match self.tags(access).await {
                    Ok(read) => tags = Some(read),
                    // Without its tags a repository that is exempt would be a finding.
                    Err(fault) => return Ok(Some(fault)),
                }
            }
            token = page.next_token;
            let tags = tags.as_ref().unwrap_or(&TargetTags::NotNeeded);
            let items = page.repositories.into_iter().map(|one| tags.join(one)).collect();
            // What the registry is set up to create comes last, where it is asked for.
            let is_last = token.is_none() && self.registry.is_none();
            self.keep(run, target, items, is_last, progress).await?;
            if token.is_none() {
                return Ok(None);
            }
        }
    }

    /// Describes the keys of what was read, and keeps it.
    async fn keep(
        &self,
        run: &AccountRun,
        target: &Target,
        mut items: Vec<Item>,
        is_last: bool,
        progress: &mut Progress,
    ) -> Result<(), ScanError> {
        let mut block = Block::new(target.account_id, target.region.clone(), now());
        // A list that changes while it is read may show a repository twice.
        items.sort_by(|one, other| one.place().cmp(&other.place()));
        items.dedup_by(|one, other| one.place() == other.place());
        let described: Vec<Read> =
            items.iter().map(|item| item.clone().into_read(target.account_id, &target.region)).collect();
        let keys: BTreeSet<KeyId> = described.iter().filter_map(Read::key).collect();
        let is_own = |key: &KeyId| AccountId::parse(&key.owner) == Some(target.account_id);
        let (own, foreign): (Vec<KeyId>, Vec<KeyId>) = keys.into_iter().partition(is_own);
        for key in &foreign {
            self.keys.used_by(key, target.account_id);
            if let Some(owner) = AccountId::parse(&key.owner) {
                self.sessions.needs(owner);
            }
        }
        let answers: HashMap<KeyId, KeyAnswer> = stream::iter(own)
            .map(|key| async move {
                let answer = run.keys.cell(&key).get_or_init(|| self.ask_owner(run, &key)).await.clone();
                (key, answer)
            })
            .buffer_unordered(KEYS_AT_ONCE)
            .collect()
            .await;
        for (key, answer) in &answers {
            match answer {
                KeyAnswer::Failed(fault) => {
                    fatal(fault.clone())?;
                    progress.lacks_keys = true;
                    self.keys.told_owner(key.clone(), answer.clone());
                }
                KeyAnswer::Denied(_) => self.keys.denied_to_its_own(target.account_id, &key.region),
                KeyAnswer::Described(_) | KeyAnswer::NotFound | KeyAnswer::NotFoundElsewhere => {}
            }
        }
        for (item, read) in items.iter_mut().zip(&described) {
            item.verdict = self.early_verdict(run, read, &answers, &block);
            if let Some(verdict) = item.verdict.filter(|_| item.is_repository()) {
                *block.verdicts.entry(verdict.status).or_default() += 1;
            }
        }
        let mut own_keys: Vec<_> =
            answers.iter().filter_map(|(key, answer)| Some((key.clone(), StoredAnswer::of(answer)?))).collect();
        own_keys.sort_by(|(one, _), (other, _)| one.cmp(other));
        block.own_keys = own_keys;
        block.foreign_keys = foreign;
        block.complete = is_last && !progress.lacks_keys;
        for (status, count) in &block.verdicts {
            self.reporter.judged(*status, *count);
        }
        self.journal.add(block, &items)?;
        progress.repositories += items.iter().filter(|item| item.is_repository()).count() as u64;
        Ok(())
    }

    /// The verdict on what was read, where nothing that is asked for later can change it.
    fn early_verdict(
        &self,
        run: &AccountRun,
        read: &Read,
        answers: &HashMap<KeyId, KeyAnswer>,
        block: &Block,
    ) -> Option<Verdict> {
        let key = match read.key() {
            None => KeyLookup::NotNeeded,
            Some(key) => match answers.get(&key)? {
                KeyAnswer::Described(facts) => KeyLookup::Described(facts.clone()),
                KeyAnswer::NotFound => KeyLookup::NotFound,
                KeyAnswer::NotFoundElsewhere | KeyAnswer::Denied(_) | KeyAnswer::Failed(_) => return None,
            },
        };
        Some(judge::verdict(&self.policy, &run.account, read, &key, block.read_at))
    }

    /// All tags of the target's repositories. A refusal is a fact; any other fault is none.
    async fn tags(&self, access: &Access) -> Result<TargetTags, AwsFault> {
        let Some(tag_key) = &self.policy.exemptions.exempt_tag_key else { return Ok(TargetTags::NotNeeded) };
        match self.lookup.tags(access, tag_key).await {
            Ok(by_arn) => Ok(TargetTags::Read(by_arn)),
            Err(fault) if fault.kind == FaultKind::Denied && fault.action != "sts:AssumeRole" => {
                Ok(TargetTags::Denied { error_code: fault.code_or_status().unwrap_or(fault.message) })
            }
            Err(fault) => Err(fault),
        }
    }

    async fn ask_owner(&self, run: &AccountRun, key: &KeyId) -> KeyAnswer {
        let credentials = run.credentials.clone();
        let access = Access { account_id: key.owner.clone(), credentials, region: key.region.clone() };
        KeyAnswer::of_owner(self.lookup.key(&access, &key.name).await)
    }
}

impl TargetTags {
    fn join(&self, described: RepositoryDescription) -> Item {
        let tags = match self {
            Self::NotNeeded => Tags::NotRead,
            Self::Read(by_arn) => Tags::Read(by_arn.get(&described.arn).cloned().unwrap_or_default()),
            Self::Denied { error_code } => Tags::Denied { error_code: error_code.clone() },
        };
        Item::repository(described, tags)
    }
}
