//! A resource changed.

use ecr_encryption_core::{KeyReference, ReasonCode, Repository, RepositoryEncryption, Tags};
use jiff::Timestamp;

use super::Work;
use super::judge::Subject;
use crate::error::RuleError;
use crate::evaluations::{Evaluation, KEY, REPOSITORY};
use crate::event::{ConfigurationItem, EventError, ItemStatus};
use crate::keys::{KeyAnswer, KeyId};
use crate::lookup::Lookup;

impl Work<'_> {
    /// The item is too large for a notification, so AWS Config is asked for it. Where it has none, ECR knows enough.
    pub(super) async fn oversized(&mut self, summary: &ConfigurationItem) -> Result<usize, RuleError> {
        // What is gone has no configuration that would be needed.
        if self.event.event_left_scope || matches!(summary.status, ItemStatus::Deleted | ItemStatus::NotRecorded) {
            return Box::pin(self.change(summary)).await;
        }
        let asked = self.rule.config.item(&self.access, summary);
        let raw = self.invocation.deadline.for_work("config:GetResourceConfigHistory", asked).await?;
        match raw {
            Some(raw) => {
                let captured_at = summary.captured_at.to_string();
                let item = ConfigurationItem::new(raw, Some(&captured_at))?;
                Box::pin(self.change(&item)).await
            }
            None => Box::pin(self.change(summary)).await,
        }
    }

    /// Judges what changed.
    pub(super) async fn change(&mut self, item: &ConfigurationItem) -> Result<usize, RuleError> {
        if let Some(account_id) = item.account_id.as_ref().filter(|id| **id != self.event.account_id) {
            return Err(RuleError::Event(EventError::Invalid {
                field: "configurationItem.awsAccountId",
                problem: format!("is {account_id}, and the event's accountId is {}", self.event.account_id),
            }));
        }
        // Another Region may have a resource of the same name.
        if let Some(region) = item.region.as_ref().filter(|region| **region != self.access.region) {
            return Err(RuleError::Event(EventError::Invalid {
                field: "configurationItem.awsRegion",
                problem: format!("is {region}, and this function serves {}", self.access.region),
            }));
        }
        let deadline = self.invocation.deadline;
        let evaluations = match item.resource_type.as_str() {
            REPOSITORY => {
                let judging = Box::pin(self.repository_changed(item));
                vec![deadline.for_work("judging the repository", judging).await?]
            }
            KEY => return self.key_changed(item).await,
            other => vec![not_applicable(item, &format!("{other} is not judged by this rule"))],
        };
        self.put(evaluations).await
    }

    async fn repository_changed(&mut self, item: &ConfigurationItem) -> Result<Evaluation, RuleError> {
        if self.event.event_left_scope || item.status == ItemStatus::NotRecorded {
            return Ok(Evaluation::withdrawn(&item.resource_id, ReasonCode::LeftScope, item.captured_at));
        }
        if item.status == ItemStatus::Deleted {
            return Ok(Evaluation::withdrawn(&item.resource_id, ReasonCode::RepositoryDeleted, item.captured_at));
        }
        let name = item.repository_name().to_owned();
        let arn = item.arn.clone().unwrap_or_else(|| self.repository_arn(&name));
        // A status that this version does not know may mean anything: ECR is asked whether the repository is there.
        let told = if item.status == ItemStatus::Present { item.encryption() } else { None };
        let encryption = match told {
            Some(encryption) => encryption,
            None => match self.rule.lookup.repository(&self.access, &name).await.map_err(RuleError::from) {
                Ok(description) => description.encryption,
                Err(error) if Self::is_not_found(&error) => {
                    return Ok(Evaluation::withdrawn(
                        &item.resource_id,
                        ReasonCode::RepositoryDeleted,
                        item.captured_at,
                    ));
                }
                Err(error) => match Self::denied_code(&error) {
                    Some(error_code) => {
                        self.metrics.lookup_errors += 1;
                        RepositoryEncryption::Denied { error_code }
                    }
                    None => return Err(error),
                },
            },
        };
        let tags = match item.tags() {
            Some(tags) => tags,
            None if self.parameters.policy.needs_tags() => (self.tags().await?)(&arn),
            None => Tags::NotRead,
        };
        let repository = Repository {
            account_id: self.event.account_id.clone(),
            region: self.access.region.clone(),
            name,
            arn,
            uri: None,
            encryption,
            tags,
        };
        let subject = Subject { repository, resource_id: item.resource_id.clone() };
        let mut evaluations = self.judge(std::slice::from_ref(&subject), item.captured_at).await?;
        evaluations.pop().ok_or_else(|| RuleError::Deadline { what: "the repository was not judged".to_owned() })
    }

    fn repository_arn(&self, name: &str) -> String {
        format!(
            "arn:{}:ecr:{}:{}:repository/{name}",
            self.invocation.partition(),
            self.access.region,
            self.event.account_id
        )
    }

    /// A key changed: the repositories under it, by whatever name they call it, are judged anew. The key itself is nothing
    /// that this rule judges.
    async fn key_changed(&mut self, item: &ConfigurationItem) -> Result<usize, RuleError> {
        let key_id = item.resource_id.rsplit('/').next().unwrap_or_default().to_owned();
        self.rule.keys.forget(&self.event.account_id, &self.access.region, &key_id);
        let told =
            self.put(vec![not_applicable(item, "keys are not judged themselves, the repositories under them are")]);
        let told = told.await?;
        if self.event.event_left_scope {
            return Ok(told);
        }
        let judged = self.judge_repositories_under(&key_id, item.captured_at).await?;
        Ok(told + judged)
    }

    /// Whether a repository is under the key with this id.
    pub(super) async fn is_under(&self, repository: &Repository, key_id: &str) -> bool {
        let Some(key) = KeyId::of(repository) else { return false };
        // An ARN or an id says which key it is.
        if let KeyReference::Key(_) | KeyReference::KeyId(_) = KeyReference::parse(&key.name) {
            return key.name.rsplit('/').next() == Some(key_id);
        }
        // By another name, such as an alias: KMS tells which key that is. Where it does not, the repository is judged too:
        // that costs a call, and leaving it out could leave a wrong verdict.
        match self.answer(key).await {
            KeyAnswer::Described(facts) => facts.arn.rsplit('/').next() == Some(key_id),
            KeyAnswer::NotFound | KeyAnswer::NotFoundElsewhere | KeyAnswer::Denied(_) | KeyAnswer::Failed(_) => true,
        }
    }
}

fn not_applicable(item: &ConfigurationItem, text: &str) -> Evaluation {
    Evaluation::not_applicable(&item.resource_type, &item.resource_id, text, item.captured_at)
}

impl Work<'_> {
    /// Judges the repositories under a key, and tells AWS Config.
    async fn judge_repositories_under(&mut self, key_id: &str, at: Timestamp) -> Result<usize, RuleError> {
        self.each_chunk(at, Some(key_id)).await.map(|seen| seen.told)
    }
}
