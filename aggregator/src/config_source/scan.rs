//! A scan of what AWS Config recorded: the accounts as with ECR, everything else from the aggregator.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecr_encryption_core::{Policy, RequireUsableKey};
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::keys::{KeyAnswer, KeyId};
use ecr_encryption_rule::lookup::Lookup;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;
use tracing::info;

use super::aggregator::{Aggregator, choose};
use super::client::{AggregatorQueries, ConfigClient, DESCRIBE};
use super::compare::{Comparer, Comparison};
use super::keys::KeyReader;
use super::read::{ReadError, Rest, repositories};
use super::row::RecordedRepository;
use super::shelf::Shelf;
use super::survey::{Survey, Wanted, survey};
use super::words::Words;
use crate::account::{Account, AccountId};
use crate::args::{Regions, ScanArgs};
use crate::aws::caller::Caller;
use crate::coverage::NotCovered;
use crate::coverage::hint::hint;
use crate::error::RunError;
use crate::journal::{Block, Item, Target, now};
use crate::scan::listing::Listing;
use crate::scan::{Scan, ScanError, fatal};

/// An aggregator, and the client that asks it.
#[derive(Debug)]
pub struct ConfigSource {
    client: ConfigClient,
    aggregator: Aggregator,
}

/// What of the records is on the shelf.
#[derive(Debug, Default)]
pub struct Shelved {
    /// The Regions of which everything that is recorded is there.
    regions: BTreeSet<String>,
    not_compared: Vec<NotCovered>,
}

impl ConfigSource {
    /// Finds the aggregator.
    ///
    /// # Errors
    /// There is none, several, or not the one that was named; or they may not be described.
    pub async fn open(args: &ScanArgs, caller: &Caller, counter: &CallCounter) -> Result<Self, RunError> {
        let region = args.config_region.clone().unwrap_or_else(|| caller.region());
        let client = ConfigClient::new(caller, counter, region);
        let aggregators = client.aggregators().await.map_err(|fault| {
            let hint = hint(&fault, caller, None);
            RunError::CouldNotRun(
                anyhow::anyhow!(fault).context(format!("the configuration aggregators cannot be listed ({hint})")),
            )
        })?;
        let place = format!("account {} in {}", caller.account_id, client.region);
        let aggregator = choose(aggregators, args.config_aggregator.as_deref())
            .map_err(|unchosen| RunError::Usage(unchosen.told(&place)))?;
        info!(aggregator = aggregator.name, region = client.region, action = DESCRIBE, "the aggregator is known");
        Ok(Self { client, aggregator })
    }

    /// The aggregator, for people.
    fn named(&self) -> String {
        format!("the configuration aggregator {} in {}", self.aggregator.name, self.client.region)
    }

    fn queries(&self) -> AggregatorQueries<'_> {
        AggregatorQueries { client: &self.client, name: &self.aggregator.name }
    }

    /// Reads the accounts of `listing` from the aggregator: into the scan's books, its journal and its keys.
    ///
    /// What is read is never marked as complete, and answers about keys are not in the journal: a run that is resumed reads
    /// everything anew, and what an earlier session has left does not count.
    ///
    /// # Errors
    /// What was read cannot be kept, or the caller's credentials have expired.
    pub async fn scan<L: Lookup + 'static>(&self, scan: &Scan<L>, listing: Listing) -> Result<(), ScanError> {
        let accounts = listed(scan, listing).await?;
        let explain = |fault: &AwsFault| hint(fault, &scan.caller, None);
        let words = Words { aggregator: self.named(), hint: &explain };
        let wanted = Wanted {
            accounts: &accounts,
            regions: &scan.regions,
            own_regions: scan.own_regions.as_deref(),
            caller_account_id: scan.caller_id,
        };
        let failing = self.client.failing_sources(&self.aggregator.name).await;
        let survey = survey(&self.queries(), &self.aggregator, &wanted, failing.as_deref(), &words).await;
        if survey.daily > 0 {
            info!(targets = survey.daily, "AWS Config records daily there: what is younger than a day may be missing");
        }
        for id in accounts.keys() {
            let regions: Vec<String> =
                survey.targets.get(id).into_iter().flatten().map(|(name, _)| name.clone()).collect();
            scan.ledger.account_planned(*id, &regions, Vec::new());
        }
        // What AWS Config has of no particular place may be missing anywhere, and what is younger than a day too where it
        // records daily: that something is not there says nothing then.
        let is_of_no_place = |entry: &NotCovered| entry.account_id.is_none() && entry.region.is_none();
        if survey.daily > 0 || survey.not_covered.iter().any(is_of_no_place) {
            scan.ledger.doubt_all();
        }
        survey.not_covered.iter().cloned().for_each(|entry| scan.ledger.not_covered(entry));

        let reading =
            Reading { source: self, scan, survey: &survey, wanted: &wanted, words: &words, keys: Mutex::default() };
        let ids = wanted.account_ids();
        stream::iter(&survey.regions)
            .map(|region| reading.region(region, &ids))
            .buffer_unordered(survey.regions.len().max(1))
            .try_collect::<()>()
            .await?;
        let keys = reading.keys.into_inner().unwrap_or_else(PoisonError::into_inner);
        let reader = KeyReader {
            select: &self.queries(),
            lookup: &scan.lookup,
            credentials: &scan.caller.credentials,
            account_id: &scan.caller.account_id,
            partition: &scan.caller.partition,
            prove_state: must_prove_state(&scan.policy),
        };
        for (key, answer) in reader.answers(keys).await {
            if let KeyAnswer::Failed(fault) = &answer {
                fatal(fault.clone())?;
            }
            scan.keys.told_owner(key, answer);
        }
        Ok(())
    }

    /// Puts what is recorded in the wanted Regions into `records`, for a comparison; what came of it is in `shelved`, also where
    /// this future is dropped before its end.
    ///
    /// # Errors
    /// The shelf cannot be written.
    pub async fn shelve<L: Lookup + 'static>(
        &self,
        scan: &Scan<L>,
        accounts: Option<&BTreeSet<String>>,
        records: &Shelf,
        shelved: &Mutex<Shelved>,
    ) -> io::Result<()> {
        let names: BTreeSet<&str> = match &scan.regions {
            Regions::Named(names) => names.iter().map(String::as_str).collect(),
            Regions::All => scan.own_regions.iter().flatten().map(|region| region.name.as_str()).collect(),
        };
        let explain = |fault: &AwsFault| hint(fault, &scan.caller, None);
        let words = Words { aggregator: self.named(), hint: &explain };
        let ids: Option<Vec<AccountId>> =
            accounts.map(|ids| ids.iter().filter_map(|id| AccountId::parse(id)).collect());
        let (words, ids) = (&words, ids.as_deref());
        stream::iter(names.iter().copied())
            .map(|region| async move {
                // Where nothing is collected, nothing is recorded: that is what the comparison shall say.
                let read = if self.aggregator.has_region(region) {
                    let mut put = |account_id: AccountId, found: Vec<RecordedRepository>, _: Rest| {
                        records.put(Target { account_id, region: region.to_owned() }, &found)
                    };
                    repositories(&self.queries(), region, ids, &mut put).await.map(drop)
                } else {
                    Ok(())
                };
                let mut shelved = shelved.lock().unwrap_or_else(PoisonError::into_inner);
                match read {
                    Ok(()) => {
                        shelved.regions.insert(region.to_owned());
                    }
                    Err(ReadError::Kept(error)) => return Err(error),
                    Err(ReadError::Fault(fault, _)) => {
                        shelved.not_compared.push(words.fault(None, Some(region), &fault, fault.message.clone()));
                    }
                }
                Ok(())
            })
            .buffer_unordered(names.len().max(1))
            .try_collect::<()>()
            .await
    }

    /// Compares with `records`.
    pub fn comparer(&self, records: Shelf, shelved: Shelved) -> Comparer {
        let Shelved { regions, mut not_compared } = shelved;
        not_compared.sort();
        let counted = Comparison {
            aggregator: self.aggregator.name.clone(),
            aggregator_region: self.client.region.clone(),
            not_compared,
            ..Comparison::default()
        };
        Comparer::new(records, regions, counted)
    }
}

/// The accounts to be scanned that are active; the others are told.
async fn listed<L: Lookup + 'static>(
    scan: &Scan<L>,
    listing: Listing,
) -> Result<BTreeMap<AccountId, Arc<Account>>, ScanError> {
    let (sender, mut receiver) = mpsc::unbounded_channel::<Arc<Account>>();
    scan.ledger.listing_begins();
    listing.feed(sender, &scan.ledger, &scan.caller).await?;
    let mut accounts = BTreeMap::new();
    while let Some(account) = receiver.recv().await {
        if !scan.is_inactive(&account) {
            accounts.insert(account.id, account);
        }
    }
    Ok(accounts)
}

/// Whether a key's state must be proved anywhere.
fn must_prove_state(policy: &Policy) -> bool {
    let proven = RequireUsableKey::Proven;
    policy.demands.require_usable_key == proven
        || policy.overrides.iter().any(|one| one.changes.require_usable_key == Some(proven))
}

/// The Regions being read.
struct Reading<'a, L> {
    source: &'a ConfigSource,
    scan: &'a Scan<L>,
    survey: &'a Survey,
    wanted: &'a Wanted<'a>,
    words: &'a Words<'a>,
    keys: Mutex<BTreeSet<KeyId>>,
}

impl<L: Lookup + 'static> Reading<'_, L> {
    fn keys(&self) -> MutexGuard<'_, BTreeSet<KeyId>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn region(&self, region: &str, ids: &[AccountId]) -> Result<(), ScanError> {
        // How many repositories of each account were given.
        let mut given: BTreeMap<AccountId, u64> = BTreeMap::new();
        let mut take = |account_id: AccountId, found: Vec<RecordedRepository>, rest: Rest| {
            if !self.wanted.accounts.contains_key(&account_id) {
                return Ok(());
            }
            let count = given.entry(account_id).or_default();
            *count += found.len() as u64;
            let target = Target { account_id, region: region.to_owned() };
            self.keep(&target, found)?;
            if rest == Rest::Nothing {
                self.close(&target, *count);
            }
            Ok(())
        };
        let read = repositories(&self.source.queries(), region, Some(ids), &mut take).await;
        let (whole, fault) = match read {
            Ok(whole) => (whole, None),
            Err(ReadError::Fault(fault, whole)) => (whole, Some(fatal(fault)?)),
            Err(ReadError::Kept(error)) => return Err(error.into()),
        };
        for (&account_id, account) in self.wanted.accounts {
            if whole.contains(&account_id) {
                continue;
            }
            let target = Target { account_id, region: region.to_owned() };
            let Some(fault) = &fault else {
                self.close(&target, 0);
                continue;
            };
            let count = given.get(&account_id).copied().unwrap_or_default();
            let message = if count == 0 {
                fault.message.clone()
            } else {
                format!("after {count} repositories: {}", fault.message)
            };
            let entry = self.words.fault(Some(account), Some(region), fault, message);
            if self.survey.targets.get(&account_id).is_some_and(|regions| regions.contains_key(region)) {
                self.scan.ledger.target_lost(&target, count, entry.clone());
                // It may have been taken for whole before.
                self.scan.ledger.target_withdrawn(&target, entry);
            }
        }
        Ok(())
    }

    fn keep(&self, target: &Target, found: Vec<RecordedRepository>) -> io::Result<()> {
        let items: Vec<Item> = found.into_iter().map(Item::from).collect();
        let read = items.iter().map(|item| item.clone().into_read(target.account_id, &target.region));
        let keys: Vec<KeyId> = read.filter_map(|read| read.key()).collect();
        self.keys().extend(keys);
        self.scan.journal.add(Block::new(target.account_id, target.region.clone(), now()), &items)
    }

    /// Everything that is recorded of a target was read.
    fn close(&self, target: &Target, count: u64) {
        match self.survey.targets.get(&target.account_id).and_then(|regions| regions.get(&target.region)) {
            Some(None) => self.scan.ledger.target_read(target, count),
            Some(Some(gap)) => self.scan.ledger.target_lost(target, count, gap.clone()),
            // It is told with its account or Region as a whole.
            None => {}
        }
    }
}
