//! What an earlier run told, one finding after the other: its own findings, and those before it that it had not seen.

use std::cmp::Ordering;
use std::io;
use std::sync::Arc;

use jiff::Timestamp;

use super::aspects::is_open;
use super::change::{Change, ChangeKind, Facts};
use super::compare::EarlierRun;
use super::place::Place;
use crate::finding::{Finding, FindingType};

/// What an earlier run told of a finding.
#[derive(Debug)]
pub(super) struct Known {
    account_id: String,
    account_name: Option<Arc<str>>,
    organizational_unit_path: Option<Arc<str>>,
    region: String,
    finding_type: FindingType,
    repository_name: String,
    repository_arn: Option<String>,
    /// When it was created, and whether AWS Config told it.
    created: Option<(Timestamp, bool)>,
    /// Of an open one, since the start of which run it is so.
    pub(super) open_since: Option<Timestamp>,
    pub(super) facts: Facts,
}

impl Known {
    fn of_finding(finding: Finding, run_started_at: Timestamp) -> Self {
        Self {
            created: finding.created_at.map(|at| (at, finding.recorded_at.is_some())),
            open_since: is_open(finding.status).then(|| finding.open_since.unwrap_or(run_started_at)),
            facts: Facts {
                status: finding.status,
                reason_code: finding.reason_code,
                reason: finding.reason,
                encryption_type: finding.encryption_type,
                encryption_level: finding.encryption_level,
                encryption_level_is_lower_bound: finding.encryption_level_is_lower_bound,
                desired_encryption_level: finding.desired_encryption_level,
                kms_key: finding.kms_key,
                kms_key_arn: finding.kms_key_arn,
                key_state: finding.key_state,
                override_name: finding.override_name,
                exempt_until: finding.exempt_until,
                evaluated_at: finding.evaluated_at,
            },
            account_id: finding.account_id,
            account_name: finding.account_name,
            organizational_unit_path: finding.organizational_unit_path,
            region: finding.region,
            finding_type: finding.finding_type,
            repository_name: finding.repository_name,
            repository_arn: finding.repository_arn,
        }
    }

    /// What a finding was when it was last seen; `None` of a line that does not tell.
    fn of_unseen(change: Change, run_started_at: Timestamp) -> Option<Self> {
        let facts = change.before?;
        Some(Self {
            created: None,
            open_since: is_open(facts.status).then(|| change.open_since.unwrap_or(run_started_at)),
            facts,
            account_id: change.account_id,
            account_name: change.account_name,
            organizational_unit_path: change.organizational_unit_path,
            region: change.region,
            finding_type: change.finding_type,
            repository_name: change.repository_name,
            repository_arn: change.repository_arn,
        })
    }

    pub(super) fn place(&self) -> Place<'_> {
        Place {
            account_id: &self.account_id,
            region: &self.region,
            finding_type: self.finding_type,
            name: &self.repository_name,
        }
    }

    /// Whether it was deleted, and what has its name now was created anew. AWS Config tells another time than ECR, so only
    /// times of the same source are compared, and no finer than both can tell them.
    pub(super) fn is_replaced_by(&self, finding: &Finding) -> bool {
        self.created.zip(finding.created_at).is_some_and(|((before, recorded), after)| {
            recorded == finding.recorded_at.is_some() && before.as_second() != after.as_second()
        })
    }

    /// That it is not there, or was not seen.
    pub(super) fn into_missing(self, change: ChangeKind) -> Change {
        Change {
            account_id: self.account_id,
            account_name: self.account_name,
            organizational_unit_path: self.organizational_unit_path,
            region: self.region,
            finding_type: self.finding_type,
            repository_name: self.repository_name,
            repository_arn: self.repository_arn,
            change,
            why: Vec::new(),
            open_since: self.open_since,
            before: Some(self.facts),
            after: None,
        }
    }
}

/// The findings of an earlier run and those that it had not seen itself, as one stream.
pub(super) struct Earlier {
    run: EarlierRun,
    finding: Option<Known>,
    unseen: Option<Known>,
}

impl Earlier {
    pub(super) fn begin(run: EarlierRun) -> io::Result<Self> {
        let mut earlier = Self { run, finding: None, unseen: None };
        earlier.next_finding()?;
        earlier.next_unseen()?;
        Ok(earlier)
    }

    pub(super) fn run_id(&self) -> &str {
        &self.run.id
    }

    pub(super) fn started_at(&self) -> Timestamp {
        self.run.started_at
    }

    fn next_finding(&mut self) -> io::Result<Option<Known>> {
        let next = self.run.findings.next().transpose()?;
        let next = next.map(|finding| Known::of_finding(finding, self.run.started_at));
        Ok(std::mem::replace(&mut self.finding, next))
    }

    fn next_unseen(&mut self) -> io::Result<Option<Known>> {
        let next = loop {
            match self.run.unseen.next().transpose()? {
                None => break None,
                Some(change) if change.change != ChangeKind::NoLongerSeen => {}
                Some(change) => match Known::of_unseen(change, self.run.started_at) {
                    None => {}
                    known => break known,
                },
            }
        };
        Ok(std::mem::replace(&mut self.unseen, next))
    }

    /// Where the next one stands.
    pub(super) fn place(&self) -> Option<Place<'_>> {
        self.finding.iter().chain(&self.unseen).map(Known::place).min()
    }

    /// The next one. What the run saw counts where it says also that it did not see it.
    pub(super) fn next(&mut self) -> io::Result<Option<Known>> {
        let order = match (&self.finding, &self.unseen) {
            (Some(finding), Some(unseen)) => finding.place().cmp(&unseen.place()),
            (_, None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        };
        match order {
            Ordering::Less => self.next_finding(),
            Ordering::Greater => self.next_unseen(),
            Ordering::Equal => {
                self.next_unseen()?;
                self.next_finding()
            }
        }
    }
}
