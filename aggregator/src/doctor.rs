//! A preflight: what a deployment and its scans need, checked with the user's credentials. It changes nothing.
//!
//! What is decided is apart from what is asked: `organization`, `stack_set`, `rule`, `aggregator`, `recorder`, `access` and
//! `rights` make problems of facts, `mend` the commands that mend them. `groundwork` and `rules` ask what there is once, `visit`
//! what there is in each account, in those of its `regions` where something is needed, `survey` sends it there. `book` holds
//! what was found, and `text` shows it.

mod access;
mod aggregator;
mod book;
mod check;
mod diagnosis;
mod groundwork;
mod mend;
pub mod organization;
mod problem;
pub mod recorder;
mod regions;
mod rights;
pub mod rule;
mod rules;
#[cfg(test)]
mod samples;
mod shell;
pub mod stack_set;
mod survey;
pub mod text;
mod visit;

use std::collections::BTreeSet;
use std::sync::Arc;

use ecr_encryption_core::Policy;
use ecr_encryption_rule::aws::calls::CallCounter;
use tracing::warn;

use crate::account::Account;
use crate::args::Regions;
use crate::args::doctor::DoctorArgs;
use crate::aws::caller::Caller;
use crate::aws::organizations::Organizations;
use crate::aws::regions::{AccountRegion, RegionLister};
use crate::config_source::reading::SourceFlags;
use crate::error::RunError;
use crate::journal::now;
use crate::policy_file;
use crate::reporter::Reporter;
use crate::scan::listing::Listing;
use crate::selection::{SELECTS_NOTHING, check_regions, needs_units, select};
use crate::stop::Stop;
use book::Found;
pub use check::{Check, State};
pub use diagnosis::{Diagnosis, Document, Preflight, Verdict};
use groundwork::Groundwork;
use survey::Survey;

/// Checks everything, and tells what it has found until it is stopped.
///
/// # Errors
/// It cannot even begin: there are no credentials, or the command line or the policy names what is not there.
pub async fn run(args: &DoctorArgs, reporter: Arc<dyn Reporter>, stop: &Stop) -> Result<Diagnosis, RunError> {
    let started_at = now();
    SourceFlags::from(args).check()?;
    let policy = match &args.policy {
        Some(path) => policy_file::read(path).map_err(|error| RunError::Usage(error.to_string()))?,
        None => Policy::default(),
    };
    let counter = CallCounter::default();
    reporter.phase("finding out which accounts there are");
    let prepared = tokio::select! {
        prepared = Box::pin(prepare(args, &policy, &counter)) => prepared?,
        () = stop.ends_reading() => return Err(RunError::StoppedUnchecked),
    };
    let Prepared { caller, region_lister, own_regions, rule_regions, listing, home_state } = prepared;
    let pacer = caller.pacer.clone();
    reporter.watches(Box::new(move || pacer.stats()));
    let mut preflight = Preflight {
        started_at,
        finished_at: started_at,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        caller_account_id: caller.account_id.clone(),
        caller_arn: caller.arn.clone(),
        region: caller.region(),
        home_account_id: survey::home_account(args, &caller).to_owned(),
        organization_id: None,
        management_account_id: None,
        role_name: args.scope.role_name.clone(),
        rule_regions: rule_regions.iter().cloned().collect(),
        note: if survey::is_of_one_account(args, &caller) {
            Some(ONE_ACCOUNT.to_owned())
        } else {
            listing.note.clone()
        },
        interruption: None,
    };
    let survey =
        Survey::new(args, &policy, caller, &counter, region_lister, own_regions, rule_regions, home_state, reporter);
    let survey = Arc::new(survey);
    let ended = tokio::select! {
        ended = Box::pin(check_all(&survey, listing, &mut preflight)) => ended,
        () = stop.ends_reading() => Err("it was stopped".to_owned()),
    };
    survey.end().await;
    survey.reporter.done();
    if let Err(why) = ended {
        warn!("{why}: the rest is not looked at");
        preflight.interruption = Some(why);
    }
    preflight.finished_at = now();
    let calls = counter.calls();
    let found = survey.book.close();
    // Nobody asks in order to be told that nothing is wrong with no account.
    if found.selects_nothing() && preflight.interruption.is_none() {
        return Err(RunError::Usage(nothing_to_look_at(&found)));
    }
    Ok(Diagnosis {
        preflight,
        found,
        api_calls: calls.attempts,
        api_retries: calls.retries,
        was_stopped: stop.times() > 0,
    })
}

/// What is said where the user has named the caller's account alone, as a deployment to a single account does.
const ONE_ACCOUNT: &str = "Only the caller's account was named: what an organization must allow is left out";

/// Checks the organization, and then its accounts.
///
/// # Errors
/// Why it has ended before its time.
async fn check_all(survey: &Arc<Survey>, listing: Listing, preflight: &mut Preflight) -> Result<(), String> {
    survey.reporter.phase("looking at the organization");
    let groundwork = Groundwork::lay(survey, listing.management_account_id).await.map_err(|error| error.to_string())?;
    preflight.organization_id = groundwork.organization_id.clone().or_else(|| listing.organization_id.clone());
    preflight.management_account_id.clone_from(&groundwork.management_account);
    survey.reporter.phase("looking at the accounts");
    survey.accounts(listing, groundwork).await.map_err(|error| error.to_string())
}

/// What must be right before anything is checked.
struct Prepared {
    caller: Caller,
    region_lister: RegionLister,
    own_regions: Option<Vec<AccountRegion>>,
    rule_regions: BTreeSet<String>,
    listing: Listing,
    home_state: Option<Box<str>>,
}

async fn prepare(args: &DoctorArgs, policy: &Policy, counter: &CallCounter) -> Result<Prepared, RunError> {
    let (caller, _attempts) = Caller::begin(&args.scope, args.calls, args.profile.as_deref(), counter).await?;
    let home_account = survey::home_account(args, &caller);
    if survey::is_of_one_account(args, &caller) {
        check_home_is_own(home_account, &caller)?;
    }
    let rule_regions = args.rule_regions.clone().map_or_else(|| [caller.region()].into(), |regions| regions.0);
    let region_lister = RegionLister::new(&caller.sdk_config, counter, caller.pacer.clone());
    let mut named = vec![("--rule-regions".to_owned(), &rule_regions)];
    if let Regions::Named(regions) = &args.scope.regions {
        named.push(("--regions".to_owned(), regions));
    }
    let own_regions = match region_lister.regions(&caller.account_id, &caller.credentials).await {
        Ok(regions) => {
            check_regions(&named, &regions)?;
            Some(regions)
        }
        // It is asked for once more with the account, and told there.
        Err(_) => None,
    };
    let mut organizations = Organizations::new(&caller, counter, needs_units(&args.scope, policy));
    let (selection, policy) = select(&args.scope, policy, &mut organizations).await?;
    let mut listing = Listing::begin(organizations, selection, &policy, &caller).await?;
    if listing.is_without_organization() {
        check_home_is_own(home_account, &caller)?;
    }
    let home_state = if home_account == caller.account_id {
        None
    } else {
        listing.account("--home-account", home_account).await?.and_then(|account| account.inactive_state)
    };
    Ok(Prepared { caller, region_lister, own_regions, rule_regions, listing, home_state })
}

/// What an account needs that is looked at alone is seen with its own credentials: those of another would tell of that one.
fn check_home_is_own(home_account: &str, caller: &Caller) -> Result<(), RunError> {
    if home_account == caller.account_id {
        return Ok(());
    }
    Err(RunError::Usage(format!(
        "--home-account: it is `{home_account}`, and the credentials are those of `{}`; where there is no organization, or one \
         account is looked at alone, allowed: those of `{home_account}`",
        caller.account_id
    )))
}

/// Why the flags leave no account.
fn nothing_to_look_at(found: &Found) -> String {
    let not_active: Vec<String> = found.accounts.not_active.iter().map(ToString::to_string).collect();
    if not_active.is_empty() {
        return SELECTS_NOTHING.to_owned();
    }
    format!(
        "the flags leave no account that is active; allowed: more than those that are not: {}",
        not_active.join(", ")
    )
}

/// Whether an account can be looked at.
const fn is_active(account: &Account) -> bool {
    account.inactive_state.is_none()
}
