//! All repositories of the account in this Region.

use std::collections::BTreeSet;

use ecr_encryption_core::{ReasonCode, Repository};
use jiff::Timestamp;

use super::Work;
use super::judge::Subject;
use crate::aws::fault::AwsFault;
use crate::deadline::Deadline;
use crate::error::RuleError;
use crate::evaluations::{BATCH, Evaluation};
use crate::event::EventError;
use crate::lookup::{Lookup, RepositoryDescription};

/// What a sweep has done.
#[derive(Default)]
pub(super) struct Seen {
    /// The names of the repositories that are there.
    names: BTreeSet<String>,
    /// How many results AWS Config was told.
    pub(super) told: usize,
}

impl Work<'_> {
    /// Judges every repository, and withdraws the results for those that are gone.
    pub(super) async fn sweep(&mut self, at: Timestamp) -> Result<usize, RuleError> {
        // Without the rule's name, what is gone could not be withdrawn.
        if self.event.config_rule_name.is_empty() {
            return Err(RuleError::Event(EventError::Missing { field: "configRuleName" }));
        }
        let Seen { names, told } = self.each_chunk(at, None).await?;
        let deadline = self.invocation.deadline;
        // Read to its end before any of it is withdrawn: the list may change by that.
        let mut gone = BTreeSet::new();
        let mut token: Option<String> = None;
        if self.rule_is_gone {
            return Ok(told);
        }
        loop {
            let asked_with = token.clone();
            let page = self.rule.config.evaluated(&self.access, &self.event.config_rule_name, token);
            let what = "withdrawing the results for repositories that are gone";
            let (evaluated, next) = match deadline.for_work(what, page).await {
                Ok(page) => page,
                // The rule is gone: nothing is owed.
                Err(RuleError::Aws(fault)) if fault.code.as_deref() == Some("NoSuchConfigRuleException") => break,
                Err(error) => return Err(error),
            };
            gone.extend(evaluated.into_iter().filter(|name| !names.contains(name)));
            match next {
                Some(next) if asked_with.as_ref() == Some(&next) => {
                    return Err(AwsFault::repeated_token("config:GetComplianceDetailsByConfigRule").into());
                }
                Some(next) => token = Some(next),
                None => break,
            }
        }
        let withdrawn = gone.into_iter().map(|name| Evaluation::withdrawn(name, ReasonCode::RepositoryDeleted, at));
        Ok(told + self.put(withdrawn.collect()).await?)
    }

    /// Judges the repositories, those under one key or all, a hundred at a time, and tells AWS Config each time: where time
    /// runs out, nothing is lost that was judged.
    pub(super) async fn each_chunk(&mut self, at: Timestamp, key_id: Option<&str>) -> Result<Seen, RuleError> {
        let deadline = self.invocation.deadline.with_reserve();
        let mut seen = Seen::default();
        let tags = deadline.for_work("reading the tags", self.tags()).await?;
        let mut token = None;
        loop {
            let page = self.rule.lookup.repositories(&self.access, token);
            let page = in_time(deadline.for_work("listing the repositories", page).await, &seen)?;
            seen.names.extend(page.repositories.iter().map(|description| description.name.clone()));
            let mut subjects = Vec::new();
            for description in page.repositories {
                let subject = self.subject(description, &tags);
                if let Some(key_id) = key_id {
                    let under = async { Ok::<_, RuleError>(self.is_under(&subject.repository, key_id).await) };
                    if !in_time(deadline.for_work("finding the repositories under the key", under).await, &seen)? {
                        continue;
                    }
                }
                subjects.push(subject);
            }
            for chunk in subjects.chunks(BATCH) {
                let evaluations = self.judge_in_time(chunk, at, deadline).await;
                let evaluations = in_time(evaluations, &seen)?;
                seen.told += self.put(evaluations).await?;
                if self.rule_is_gone {
                    return Ok(seen);
                }
            }
            match page.next_token {
                Some(next) => token = Some(next),
                None => return Ok(seen),
            }
        }
    }

    async fn judge_in_time(
        &mut self,
        chunk: &[Subject],
        at: Timestamp,
        deadline: Deadline,
    ) -> Result<Vec<Evaluation>, RuleError> {
        deadline.for_work("judging the repositories", self.judge(chunk, at)).await
    }

    fn subject(
        &self,
        description: RepositoryDescription,
        tags: &impl Fn(&str) -> ecr_encryption_core::Tags,
    ) -> Subject {
        let RepositoryDescription { name, arn, uri, encryption, .. } = description;
        Subject {
            resource_id: name.clone(),
            repository: Repository {
                account_id: self.event.account_id.clone(),
                region: self.access.region.clone(),
                tags: tags(&arn),
                name,
                arn,
                uri,
                encryption,
            },
        }
    }
}

/// Says how far a sweep got that runs out of time.
fn in_time<T>(done: Result<T, RuleError>, seen: &Seen) -> Result<T, RuleError> {
    done.map_err(|error| match error {
        RuleError::Deadline { what } => RuleError::Deadline {
            what: format!("the sweep stopped after {} repositories, which AWS Config was told of: {what}", seen.told),
        },
        error => error,
    })
}
