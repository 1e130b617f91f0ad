//! What AWS Config recorded, beside what ECR told.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shelf::{Facts, Shelf};
use crate::account::AccountId;
use crate::coverage::{Cause, Coverage, NotCovered};
use crate::finding::{Finding, FindingType};
use crate::journal::Target;

/// How a repository differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// ECR has it, and AWS Config does not.
    NotRecorded,
    /// Both have it; AWS Config tells another encryption, key or time of creation, or none.
    Stale,
    /// AWS Config has it, and ECR no longer does.
    Missing,
}

/// One line of `differences.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// How it differs.
    pub kind: DifferenceKind,
    /// The account that owns the repository.
    pub account_id: String,
    /// The Region.
    pub region: String,
    /// The repository's name.
    pub repository_name: String,
    /// Of a stale one, what differs: `encryption_type`, `kms_key`, `created_at`.
    pub fields: Vec<String>,
    /// What ECR told; null where it does not have the repository.
    pub ecr: Option<Facts>,
    /// What AWS Config recorded; null where it does not have the repository.
    pub config: Option<Facts>,
}

/// The comparison of AWS Config's records with ECR, counted. The differences themselves are in `differences.jsonl`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The aggregator that was read.
    pub aggregator: String,
    /// Its Region.
    pub aggregator_region: String,
    /// Repositories that both have.
    pub compared: u64,
    /// In ECR, not in AWS Config.
    pub not_recorded: u64,
    /// AWS Config's encryption, key or time of creation is another than ECR's.
    pub stale: u64,
    /// In AWS Config, no longer in ECR.
    pub missing: u64,
    /// Regions whose records could not be read, and why: nothing was compared there.
    pub not_compared: Vec<NotCovered>,
}

/// Compares, finding by finding, in their order.
#[derive(Debug)]
pub struct Comparer {
    shelf: Shelf,
    /// The Regions of which everything that is recorded was read.
    regions: BTreeSet<String>,
    counted: Comparison,
    current: Option<(Target, BTreeMap<String, Facts>)>,
    /// What no finding was about, by target; few, unless much was deleted. `None`: not a finding of the target came yet.
    left: BTreeMap<Target, Option<BTreeMap<String, Facts>>>,
}

impl Comparer {
    /// Compares with what is on `shelf`, which has all that is recorded in `regions`.
    pub fn new(shelf: Shelf, regions: BTreeSet<String>, counted: Comparison) -> Self {
        let left = shelf.targets().into_iter().map(|target| (target, None)).collect();
        Self { shelf, regions, counted, current: None, left }
    }

    /// Takes the next finding, and gives its difference to `take`.
    ///
    /// # Errors
    /// The shelf cannot be read, or `take` fails.
    pub fn finding(&mut self, finding: &Finding, take: impl FnOnce(&Difference) -> io::Result<()>) -> io::Result<()> {
        // AWS Config is asked for repositories, and not for what decides how the next ones are encrypted.
        if finding.finding_type != FindingType::Repository || !self.regions.contains(&finding.region) {
            return Ok(());
        }
        let Some(account_id) = AccountId::parse(&finding.account_id) else { return Ok(()) };
        let is_current = |target: &Target| target.account_id == account_id && target.region == finding.region;
        if !self.current.as_ref().is_some_and(|(target, _)| is_current(target)) {
            self.put_back();
            let target = Target { account_id, region: finding.region.clone() };
            let recorded = self.shelf.get(&target)?;
            self.current = Some((target, recorded));
        }
        let recorded = self.current.as_mut().and_then(|(_, recorded)| recorded.remove(&finding.repository_name));
        let ecr = Facts::of_finding(finding);
        let difference = |kind, fields: Vec<String>, config| Difference {
            kind,
            account_id: finding.account_id.clone(),
            region: finding.region.clone(),
            repository_name: finding.repository_name.clone(),
            fields,
            ecr: Some(ecr.clone()),
            config,
        };
        let Some(config) = recorded else {
            self.counted.not_recorded += 1;
            return take(&difference(DifferenceKind::NotRecorded, Vec::new(), None));
        };
        self.counted.compared += 1;
        let fields = differing(&ecr, &config);
        if fields.is_empty() {
            return Ok(());
        }
        self.counted.stale += 1;
        take(&difference(DifferenceKind::Stale, fields, Some(config)))
    }

    /// Remembers what the target that is done has left.
    fn put_back(&mut self) {
        if let Some((target, left)) = self.current.take() {
            self.left.insert(target, Some(left));
        }
    }

    /// Gives what is left to `take`: what AWS Config has of targets that were read whole, and ECR does not. `was_scanned`
    /// tells whether an account was to be scanned.
    ///
    /// # Errors
    /// The shelf cannot be read, or `take` fails.
    pub fn finish(
        mut self,
        coverage: &Coverage,
        was_scanned: impl Fn(AccountId) -> bool,
        mut take: impl FnMut(&Difference) -> io::Result<()>,
    ) -> io::Result<Comparison> {
        self.put_back();
        let unseen = Unseen::of(coverage, &self.left);
        for (target, left) in std::mem::take(&mut self.left) {
            if !self.regions.contains(&target.region) || !was_scanned(target.account_id) || unseen.has(&target) {
                continue;
            }
            let left = match left {
                Some(left) => left,
                None => self.shelf.get(&target)?,
            };
            for (repository_name, config) in left {
                self.counted.missing += 1;
                take(&Difference {
                    kind: DifferenceKind::Missing,
                    account_id: target.account_id.to_string(),
                    region: target.region.clone(),
                    repository_name,
                    fields: Vec::new(),
                    ecr: None,
                    config: Some(config),
                })?;
            }
        }
        Ok(self.counted)
    }
}

/// What was not read whole.
struct Unseen {
    everything: bool,
    places: BTreeSet<(Option<AccountId>, Option<String>)>,
}

impl Unseen {
    /// `recorded` are the targets that have records. Of disabled Regions, which are many, only those among them matter.
    fn of<T>(coverage: &Coverage, recorded: &BTreeMap<Target, T>) -> Self {
        let mut places = BTreeSet::new();
        for entry in coverage.not_covered.iter() {
            let account_id = entry.account_id.as_deref().and_then(AccountId::parse);
            let region = entry.region.clone();
            if entry.cause == Cause::RegionDisabled
                && let (Some(account_id), Some(region)) = (account_id, region.clone())
                && !recorded.contains_key(&Target { account_id, region })
            {
                continue;
            }
            places.insert((account_id, region));
        }
        Self { everything: places.contains(&(None, None)), places }
    }

    fn has(&self, target: &Target) -> bool {
        let (account, region) = (Some(target.account_id), Some(target.region.clone()));
        self.everything
            || [(account, None), (account, region.clone()), (None, region)]
                .iter()
                .any(|place| self.places.contains(place))
    }
}

/// The fields in which AWS Config's facts are other than ECR's. A time of creation that one of them does not tell is none.
fn differing(ecr: &Facts, config: &Facts) -> Vec<String> {
    let mut fields = Vec::new();
    if ecr.encryption_type != config.encryption_type {
        fields.push("encryption_type".to_owned());
    }
    if ecr.kms_key != config.kms_key {
        fields.push("kms_key".to_owned());
    }
    if let (Some(one), Some(other)) = (ecr.created_at, config.created_at)
        && one.as_second() != other.as_second()
    {
        fields.push("created_at".to_owned());
    }
    fields
}

#[cfg(test)]
mod tests;
