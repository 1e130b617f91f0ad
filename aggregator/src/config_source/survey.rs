//! What an aggregator covers, found out before its repositories are read: every account and Region that is to be covered,
//! and what keeps it from being covered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ecr_encryption_rule::aws::fault::AwsFault;
use futures_util::{StreamExt, stream};

use super::aggregator::Aggregator;
use super::client::{FailingSource, Select};
use super::query;
use super::read::follow;
use super::recording::Recording;
use super::row::Row;
use super::words::Words;
use crate::account::{Account, AccountId};
use crate::args::Regions;
use crate::aws::regions::AccountRegion;
use crate::coverage::{Cause, NotCovered};

/// What is to be covered.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The accounts: those that are selected and active, by their ids.
    pub accounts: &'a BTreeMap<AccountId, Arc<Account>>,
    /// The Regions.
    pub regions: &'a Regions,
    /// The Regions of the caller's own account, which names all of the partition; `None` where they could not be listed.
    pub own_regions: Option<&'a [AccountRegion]>,
    /// The caller's account.
    pub caller_account_id: AccountId,
}

impl Wanted<'_> {
    /// The ids of the accounts, for a query.
    pub fn account_ids(&self) -> Vec<AccountId> {
        self.accounts.keys().copied().collect()
    }
}

/// What a Region is to an account that says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Every account has it, or the user named it: it is to be covered.
    Expected,
    /// An account may or may not have enabled it, which nobody but the account tells.
    OptIn,
}

/// What was found out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// The Regions to read.
    pub regions: BTreeSet<String>,
    /// What is to be covered, by account and Region, with what keeps it from being so.
    pub targets: BTreeMap<AccountId, BTreeMap<String, Option<NotCovered>>>,
    /// What is not covered, and is no target.
    pub not_covered: Vec<NotCovered>,
    /// How many targets are recorded once a day only.
    pub daily: u64,
}

/// The recorders of a Region, by account; and what could not be read of them.
type Recorders = (BTreeMap<AccountId, Recording>, Option<AwsFault>);

/// The configuration recorders of a Region.
pub async fn recorders<S: Select>(select: &S, region: &str, accounts: &[AccountId]) -> Recorders {
    let mut recorders: BTreeMap<AccountId, Recording> = BTreeMap::new();
    let expression = query::recorders(region, Some(accounts));
    let fault = follow(select, &expression, |text| {
        let row = Row::parse(text, region)?;
        if let Some(recording) = row.recording()? {
            // An account may have recorders of AWS's services beside its own: the best counts.
            let best = recorders.remove(&row.account_id).map_or(recording.clone(), |other| other.min(recording));
            recorders.insert(row.account_id, best);
        }
        Ok(())
    })
    .await
    .err();
    (recorders, fault)
}

/// Finds out what `aggregator` covers of what is wanted. `failing` are its sources whose data are not those of today.
pub async fn survey<S: Select>(
    select: &S,
    aggregator: &Aggregator,
    wanted: &Wanted<'_>,
    failing: Result<&[FailingSource], &AwsFault>,
    words: &Words<'_>,
) -> Survey {
    let mut survey = Survey::default();
    let regions = survey.plan_regions(aggregator, wanted, words);
    let ids = wanted.account_ids();
    let read: BTreeMap<String, Recorders> = stream::iter(regions.keys().cloned())
        .map(|region| {
            let ids = &ids;
            async move {
                let recorders = recorders(select, &region, ids).await;
                (region, recorders)
            }
        })
        .buffer_unordered(regions.len().max(1))
        .collect()
        .await;
    for (region, (recorders, fault)) in read {
        let standing = regions.get(&region).copied().unwrap_or(Standing::Expected);
        survey.add_region(aggregator, wanted, &region, standing, recorders, fault.as_ref(), words);
    }
    match failing {
        Ok(sources) => sources.iter().for_each(|source| survey.add_failing(wanted, source, words)),
        Err(fault) => {
            let message =
                format!("whether the data of {} are of today is not known: {}", words.aggregator, fault.message);
            survey.not_covered.push(words.fault(None, None, fault, message));
        }
    }
    survey.fold_lost_accounts(wanted, words);
    survey
}

impl Survey {
    /// The Regions to read, and what they are to an account.
    fn plan_regions(
        &mut self,
        aggregator: &Aggregator,
        wanted: &Wanted<'_>,
        words: &Words<'_>,
    ) -> BTreeMap<String, Standing> {
        let listed = wanted.own_regions.unwrap_or_default();
        let is_default = |region: &AccountRegion| region.opt_status == "ENABLED_BY_DEFAULT";
        let planned: BTreeMap<&String, Standing> = match wanted.regions {
            Regions::Named(names) => names.iter().map(|name| (name, Standing::Expected)).collect(),
            Regions::All => listed
                .iter()
                .map(|region| (&region.name, if is_default(region) { Standing::Expected } else { Standing::OptIn }))
                .collect(),
        };
        let mut regions = BTreeMap::new();
        for (region, standing) in planned {
            if aggregator.has_region(region) {
                regions.insert(region.clone(), standing);
                continue;
            }
            let also = match standing {
                Standing::Expected => "",
                Standing::OptIn => "; whether an account has enabled it is not known",
            };
            let message = format!("{} does not collect from this Region{also}", words.aggregator);
            self.not_covered.push(words.entry(None, Some(region), Cause::NotRecorded, message));
        }
        self.regions = regions.keys().cloned().collect();
        regions
    }

    #[expect(clippy::too_many_arguments, reason = "one Region's facts, each of another kind")]
    fn add_region(
        &mut self,
        aggregator: &Aggregator,
        wanted: &Wanted<'_>,
        region: &str,
        standing: Standing,
        mut recorders: BTreeMap<AccountId, Recording>,
        fault: Option<&AwsFault>,
        words: &Words<'_>,
    ) {
        let own = wanted.own_regions.unwrap_or_default().iter().find(|listed| listed.name == region);
        let mut silent: Vec<AccountId> = Vec::new();
        for (&id, account) in wanted.accounts {
            let found = recorders.remove(&id);
            let own_status = own.filter(|_| id == wanted.caller_account_id).map(|listed| listed.opt_status.as_str());
            if own_status == Some("DISABLED") && found.is_none() {
                self.not_covered.push(NotCovered {
                    hint: "nothing to do, unless the Region is to be used".to_owned(),
                    ..words.entry(
                        Some(account),
                        Some(region),
                        Cause::RegionDisabled,
                        "the Region's opt-in status is DISABLED".to_owned(),
                    )
                });
                continue;
            }
            let recording = match (found, fault) {
                (Some(recording), _) => recording,
                (None, None) if standing == Standing::OptIn && own_status.is_none() => {
                    silent.push(id);
                    continue;
                }
                (None, _) => Recording::NoRecorder,
            };
            self.daily += u64::from(recording == Recording::Daily);
            let gap = match (fault, &recording) {
                // Without the rest of the recorders, a missing one is not one that is not there.
                (Some(fault), Recording::NoRecorder) => {
                    let message = format!("whether repositories are recorded is not known: {}", fault.message);
                    Some(words.fault(Some(account), Some(region), fault, message))
                }
                _ if !aggregator.has(id, region) => {
                    let message = format!("{} does not collect from this account and Region", words.aggregator);
                    Some(words.entry(Some(account), Some(region), Cause::NotRecorded, message))
                }
                _ => {
                    recording.gap().map(|message| words.entry(Some(account), Some(region), Cause::NotRecorded, message))
                }
            };
            self.targets.entry(id).or_default().insert(region.to_owned(), gap);
        }
        if !silent.is_empty() {
            const NAMED: usize = 5;
            let named = silent.iter().take(NAMED).map(AccountId::to_string).collect::<Vec<_>>().join(", ");
            let more = silent.len().saturating_sub(NAMED);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let message = format!(
                "not every account has this Region, and {} has no configuration recorder there of {} accounts ({named}{more}): \
                 whether they have enabled it is not known",
                words.aggregator,
                silent.len()
            );
            let hint = format!(
                "name the Regions that are in use with --regions, or record {} there with AWS Config, or scan with --source \
                 api",
                query::REPOSITORY
            );
            let entry = words.entry(None, Some(region), Cause::NotRecorded, message);
            self.not_covered.push(NotCovered { hint, ..entry });
        }
    }

    /// A source whose data are old, or could not be moved: what is there is judged, and told as incomplete.
    fn add_failing(&mut self, wanted: &Wanted<'_>, source: &FailingSource, words: &Words<'_>) {
        let last = source.last_update.as_ref().map_or_else(String::new, |time| format!(" (last moved at {time})"));
        let told = source.error_message.as_ref().map_or_else(String::new, |message| format!(": {message}"));
        let (cause, what) = match source.status.as_str() {
            "OUTDATED" => (Cause::Outdated, "are not the most recent".to_owned()),
            "FAILED" => (Cause::Failed, "could not be moved to the aggregator".to_owned()),
            other => (Cause::Failed, format!("have the status `{other}`, which is unknown to this version")),
        };
        let message = format!("the data that AWS Config has of it {what}{last}{told}");
        let hint = format!(
            "see in AWS Config how {} fares with it (config:DescribeConfigurationAggregatorSourcesStatus), or scan with \
             --source api",
            words.aggregator
        );
        let entry = |account: Option<&Account>, region: Option<&str>| NotCovered {
            error_code: source.error_code.clone(),
            hint: hint.clone(),
            ..words.entry(account, region, cause, message.clone())
        };
        let Some(id) = source.account_id else {
            // The organization's own source: which accounts there are is what the aggregator may have missed.
            self.not_covered.push(entry(None, None));
            return;
        };
        let Some(account) = wanted.accounts.get(&id) else { return };
        let Some(region) = &source.region else {
            let regions = self.targets.entry(id).or_default();
            for (region, gap) in regions {
                gap.get_or_insert_with(|| entry(Some(account), Some(region)));
            }
            return;
        };
        if !self.regions.contains(region) {
            return;
        }
        let gap = self.targets.entry(id).or_default().entry(region.clone()).or_default();
        // Why the recorder is not there is better told by the source that could not be read.
        if gap.as_ref().is_none_or(|known| known.cause == Cause::NotRecorded) {
            *gap = Some(entry(Some(account), Some(region)));
        }
    }

    /// An account that is lost in every Region, and for the same reason, is told once and not once a Region.
    fn fold_lost_accounts(&mut self, wanted: &Wanted<'_>, words: &Words<'_>) {
        let reason = |gap: &Option<NotCovered>| {
            gap.as_ref().filter(|gap| gap.cause == Cause::NotRecorded).map(|gap| gap.message.clone())
        };
        let lost: Vec<(AccountId, String)> = self
            .targets
            .iter()
            .filter(|(_, regions)| regions.len() > 1)
            .filter_map(|(id, regions)| {
                let first = regions.values().next().and_then(reason)?;
                regions.values().all(|gap| reason(gap).as_ref() == Some(&first)).then_some((*id, first))
            })
            .collect();
        for (id, reason) in lost {
            let regions = self.targets.remove(&id).unwrap_or_default();
            let message = format!("in each of its {} Regions: {reason}", regions.len());
            let account = wanted.accounts.get(&id).map(AsRef::as_ref);
            self.not_covered.push(words.entry(account, None, Cause::NotRecorded, message));
        }
    }
}

#[cfg(test)]
mod tests;
