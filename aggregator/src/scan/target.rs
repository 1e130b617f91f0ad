//! One account in one Region.

use std::collections::BTreeSet;

use ecr_encryption_core::{Repository, Tags};
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use ecr_encryption_rule::keys::{KeyAnswer, KeyId};
use ecr_encryption_rule::lookup::{Access, Lookup, RepositoryDescription};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;

use super::{Scan, ScanError};
use crate::account::Account;
use crate::spool::{ReadRepository, Target};

impl<L: Lookup + 'static> Scan<L> {
    /// Reads the repositories of a target, their tags where the policy needs them, and the keys of its own account.
    pub(super) async fn target(&self, account: &Account, target: Target) -> Result<(), ScanError> {
        let access = Access { credentials: self.credentials_of(&target.account_id), region: target.region.clone() };
        let (mut described, mut fault) = self.repositories(&access).await;
        let tags = match self.tags(&access, &described).await {
            Ok(tags) => tags,
            // Without its tags a repository that is exempt would be a finding.
            Err(tags_fault) => {
                described.clear();
                fault.get_or_insert(tags_fault);
                Vec::new()
            }
        };
        let mut repositories: Vec<ReadRepository> = described
            .into_iter()
            .zip(tags)
            .map(|(RepositoryDescription { name, arn, uri, created_at, encryption }, tags)| ReadRepository {
                repository: Repository {
                    account_id: target.account_id.clone(),
                    region: target.region.clone(),
                    name,
                    arn,
                    uri,
                    encryption,
                    tags,
                },
                created_at,
                recorded_at: None,
            })
            .collect();

        // A list that changes while it is read may show a repository on two pages.
        repositories.sort_by(|one, other| one.repository.name.cmp(&other.repository.name));
        repositories.dedup_by(|one, other| one.repository.name == other.repository.name);

        let keys: BTreeSet<KeyId> = repositories.iter().filter_map(|read| KeyId::of(&read.repository)).collect();
        let (own, foreign): (Vec<KeyId>, Vec<KeyId>) = keys.into_iter().partition(|key| key.owner == target.account_id);
        for key in foreign {
            self.keys.used_by(&key, &target.account_id);
        }
        let mut asked: FuturesUnordered<_> = own.into_iter().map(|key| self.describe_own(key)).collect();
        while asked.next().await.is_some() {}

        let count = repositories.len();
        if count > 0 {
            self.spool.add(target.clone(), &repositories, Timestamp::now())?;
        }
        match fault {
            None => self.ledger.target_read(&target, count),
            Some(fault) => {
                let message = if count == 0 {
                    fault.message.clone()
                } else {
                    format!("after {count} repositories: {}", fault.message)
                };
                let entry = self.fault_entry(account, Some(target.region.clone()), &fault, message);
                self.ledger.target_lost(&target, count, entry);
            }
        }
        Ok(())
    }

    /// All pages of repositories; what came before a fault is kept.
    async fn repositories(&self, access: &Access) -> (Vec<RepositoryDescription>, Option<AwsFault>) {
        let mut repositories = Vec::new();
        let mut token = None;
        loop {
            let permit = self.permit().await;
            let page = self.lookup.repositories(access, token).await;
            drop(permit);
            match page {
                Ok(page) => {
                    repositories.extend(page.repositories);
                    token = page.next_token;
                }
                Err(fault) => return (repositories, Some(fault)),
            }
            if token.is_none() {
                return (repositories, None);
            }
        }
    }

    /// The tags of each repository, in the order of `repositories`. A refusal is a fact; any other fault is none.
    async fn tags(&self, access: &Access, repositories: &[RepositoryDescription]) -> Result<Vec<Tags>, AwsFault> {
        let Some(tag_key) = self.tag_key.as_ref().filter(|_| !repositories.is_empty()) else {
            return Ok(vec![Tags::NotRead; repositories.len()]);
        };
        let _permit = self.permit().await;
        match self.lookup.tags(access, tag_key).await {
            Ok(by_arn) => {
                let tags = |one: &RepositoryDescription| by_arn.get(&one.arn).cloned().unwrap_or_default();
                Ok(repositories.iter().map(|one| Tags::Read(tags(one))).collect())
            }
            Err(fault) if fault.kind == FaultKind::Denied && fault.action != "sts:AssumeRole" => {
                let error_code = fault.code_or_status().unwrap_or(fault.message);
                Ok(vec![Tags::Denied { error_code }; repositories.len()])
            }
            Err(fault) => Err(fault),
        }
    }

    /// Describes a key with the credentials of its own account, once for all who wait for it.
    pub(super) async fn describe_own(&self, key: KeyId) {
        let cell = self.keys.own(&key);
        cell.get_or_init(|| async {
            let access = Access { credentials: self.credentials_of(&key.owner), region: key.region.clone() };
            let _permit = self.permit().await;
            KeyAnswer::of_owner(self.lookup.key(&access, &key.name).await)
        })
        .await;
    }
}
