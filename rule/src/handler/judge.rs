//! Judges repositories: gets what the verdict needs, and decides.

use std::collections::BTreeSet;
use std::time::Instant;

use ecr_encryption_core::{AccountPlace, AwsManagedKey, Decision, KeyLookup, Repository, Status, Tags, decide};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::{Work, milliseconds};
use crate::aws::fault::AwsFault;
use crate::error::RuleError;
use crate::evaluations::Evaluation;
use crate::keys::{AWS_MANAGED, KeyAnswer, KeyId};
use crate::lookup::{Access, Lookup};

/// How many keys are asked for at once.
const KEYS_AT_ONCE: usize = 8;

/// A repository, with what AWS Config calls it.
pub(super) struct Subject {
    pub(super) repository: Repository,
    pub(super) resource_id: String,
}

impl Work<'_> {
    /// Judges `subjects`; their keys are asked for together, each once.
    pub(super) async fn judge(&mut self, subjects: &[Subject], at: Timestamp) -> Result<Vec<Evaluation>, RuleError> {
        let began = Instant::now();
        let keys: BTreeSet<KeyId> = subjects.iter().filter_map(|subject| KeyId::of(&subject.repository)).collect();
        let work: &Self = self;
        let mut answers = stream::iter(keys).map(|key| work.answer(key)).buffer_unordered(KEYS_AT_ONCE);
        while answers.next().await.is_some() {}
        drop(answers);

        let undetermined = self.parameters.policy.undetermined_compliance;
        let mut evaluations = Vec::with_capacity(subjects.len());
        for Subject { repository, resource_id } in subjects {
            let key = self.key(repository).await?;
            let decision = decide(&self.parameters.policy, repository, &key, AccountPlace::default(), Timestamp::now());
            self.tell(repository, &decision, began);
            self.metrics.add(decision.status);
            evaluations.push(Evaluation::of(&decision, undetermined, resource_id, at));
        }
        Ok(evaluations)
    }

    /// One line a repository; what complies is of interest to few.
    fn tell(&self, repository: &Repository, decision: &Decision, began: Instant) {
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    request_id = self.invocation.request_id,
                    account_id = repository.account_id,
                    region = repository.region,
                    repository = repository.name,
                    encryption_level = decision.level.level().map(|level| level.as_str()),
                    status = decision.status.as_str(),
                    reason_code = decision.reason_code.as_str(),
                    reason = decision.reason,
                    duration_ms = milliseconds(began),
                    "judged"
                )
            };
        }
        let one_of_many = matches!(self.event.trigger, crate::event::Trigger::Scheduled { .. });
        match decision.status {
            Status::Compliant | Status::Exempt if one_of_many => line!(debug),
            _ => line!(info),
        }
    }

    /// What is known of a repository's key.
    async fn key(&self, repository: &Repository) -> Result<KeyLookup, AwsFault> {
        let Some(key) = KeyId::of(repository) else { return Ok(KeyLookup::NotNeeded) };
        let own = key.owner == repository.account_id;
        let region = key.region.clone();
        let is_managed = key.name == AWS_MANAGED;
        match self.answer(key).await {
            KeyAnswer::Described(facts) => Ok(KeyLookup::Described(facts)),
            KeyAnswer::NotFound => Ok(KeyLookup::NotFound),
            KeyAnswer::NotFoundElsewhere => Ok(KeyLookup::NotFoundElsewhere),
            KeyAnswer::Failed(fault) => Err(fault),
            KeyAnswer::Denied(error_code) => {
                let aws_managed_key = if own && !is_managed {
                    match self.answer(KeyId::aws_managed(&repository.account_id, &region)).await {
                        KeyAnswer::Described(facts) => AwsManagedKey::Described(facts),
                        KeyAnswer::NotFound => AwsManagedKey::NotFound,
                        KeyAnswer::Denied(_) | KeyAnswer::NotFoundElsewhere => AwsManagedKey::NotReadable,
                        KeyAnswer::Failed(fault) => return Err(fault),
                    }
                } else {
                    AwsManagedKey::NotReadable
                };
                Ok(KeyLookup::Denied { error_code, aws_managed_key })
            }
        }
    }

    /// KMS's answer about a key, asked with the credentials of the event's account, or remembered.
    pub(super) async fn answer(&self, key: KeyId) -> KeyAnswer {
        let account_id = &self.event.account_id;
        if let Some(answer) = self.rule.keys.get(account_id, &key, Instant::now()) {
            return answer;
        }
        let access = Access { region: key.region.clone(), ..self.access.clone() };
        let asked = self.rule.lookup.key(&access, &key.name).await;
        let answer = if key.owner == *account_id { KeyAnswer::of_owner(asked) } else { KeyAnswer::of_other(asked) };
        self.rule.keys.put(account_id, key, &answer, Instant::now());
        answer
    }

    /// The tags of all repositories of the account in this Region that have the exemption's tag, where the policy needs
    /// them. Tags that may not be read exempt nothing; a fault that passes is one.
    pub(super) async fn tags(&self) -> Result<impl Fn(&str) -> Tags + use<>, RuleError> {
        let read = match &self.parameters.policy.exemptions.exempt_tag_key {
            None => Err(Tags::NotRead),
            Some(tag_key) => match self.rule.lookup.tags(&self.access, tag_key).await.map_err(RuleError::from) {
                Ok(by_arn) => Ok(by_arn),
                Err(error) => match Self::denied_code(&error) {
                    Some(error_code) => Err(Tags::Denied { error_code }),
                    None => return Err(error),
                },
            },
        };
        Ok(move |arn: &str| match &read {
            Ok(by_arn) => Tags::Read(by_arn.get(arn).cloned().unwrap_or_default()),
            Err(tags) => tags.clone(),
        })
    }
}
