//! Lists the accounts, while those that are known are being scanned already.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ecr_encryption_core::Policy;
use ecr_encryption_rule::aws::fault::AwsFault;
use tokio::sync::mpsc;
use tracing::warn;

use super::{ScanError, fatal};
use crate::account::{Account, AccountId};
use crate::aws::caller::Caller;
use crate::aws::organizations::{AccountPage, Organizations, is_without_organization};
use crate::coverage::hint::hint;
use crate::coverage::{Cause, NotCovered};
use crate::error::RunError;
use crate::selection::{Selection, names_units};

const NOT_LISTED: &str = "the organization's accounts could not be listed";
const NOT_LISTED_TO_THE_END: &str = "the organization's accounts could not be listed to the end";

/// Hears which accounts there are.
pub trait AccountBook: Sync {
    /// The organization has this account.
    fn account_known(&self, account: Arc<Account>);
    /// An account is to be looked at. `false` where it was found before: a list may show an account on two pages.
    fn account_found(&self, account: &Arc<Account>) -> bool;
    /// The list cannot be read, or not to its end: `what`, and why.
    fn not_listed(&self, what: &str, fault: &AwsFault, caller: &Caller);
    /// There are no more accounts, or none that could be listed.
    fn listing_ends(&self);
}

/// The accounts of a run, as far as they were listed before it.
pub struct Listing {
    organizations: Organizations,
    selection: Selection,
    listed: Vec<Account>,
    next_token: Option<String>,
    in_organization: bool,
    /// Whether there is an organization, whose accounts cannot be listed.
    is_unreadable: bool,
    /// The organization's id; `None` where there is none, or it may not be read.
    pub organization_id: Option<String>,
    /// Its management account, where an account that is listed before the run tells it.
    pub management_account_id: Option<AccountId>,
    /// What the user should know about where the accounts come from.
    pub note: Option<String>,
    /// What could not be listed, and why.
    gap: Option<(&'static str, AwsFault)>,
}

impl Listing {
    /// Lists the first accounts; all of them, where the user or the policy names accounts that must be checked.
    ///
    /// # Errors
    /// A named account that the organization does not have.
    pub async fn begin(
        mut organizations: Organizations,
        selection: Selection,
        policy: &Policy,
        caller: &Caller,
    ) -> Result<Self, RunError> {
        let first = organizations.accounts(None).await;
        let mut listing = Self {
            organizations,
            selection,
            listed: Vec::new(),
            next_token: None,
            in_organization: first.is_ok(),
            is_unreadable: false,
            organization_id: None,
            management_account_id: None,
            note: None,
            gap: None,
        };
        match first {
            Ok(page) => listing.take(page),
            // Whoever is under which unit decides what is scanned or demanded: that must not be lost in silence.
            Err(fault) if listing.selection.names_units() || names_units(policy) => {
                return Err(RunError::CouldNotRun(anyhow::anyhow!(fault).context(
                    "the policy or the flags name organizational units, and which accounts are under them cannot be read",
                )));
            }
            Err(fault) => listing.without_organization(&fault, caller),
        }
        listing.check(policy).await?;
        Ok(listing)
    }

    fn take(&mut self, page: AccountPage) {
        self.listed.extend(page.accounts);
        self.organization_id = self.organization_id.take().or(page.organization_id);
        self.management_account_id = self.management_account_id.or(page.management_account_id);
        self.next_token = page.next_token;
    }

    /// Accounts that the user named are scanned all the same; else the caller's account alone.
    fn without_organization(&mut self, fault: &AwsFault, caller: &Caller) {
        let in_use = !is_without_organization(fault);
        self.is_unreadable = in_use;
        let why = if in_use {
            format!("AWS Organizations cannot be read ({fault})")
        } else {
            "AWS Organizations is not in use".to_owned()
        };
        if let Some(accounts) = &self.selection.accounts {
            self.listed = accounts.iter().filter_map(|id| AccountId::parse(id)).map(Account::by_id).collect();
            self.note = Some(format!("{why}: looking at the accounts that were named, without their names and units"));
            return;
        }
        self.listed = AccountId::parse(&caller.account_id).map(Account::by_id).into_iter().collect();
        self.note = Some(format!("{why}: looking at the caller's account {} alone", caller.account_id));
        if in_use {
            self.gap = Some((NOT_LISTED, fault.clone()));
        }
    }

    /// Ids that the organization does not have are errors: a typing error must not become an empty report, nor an
    /// override that never applies. An account that is left out is told only: once it is closed and forgotten, a scan that
    /// runs by itself must not end for it, and a typing error there loses nothing.
    async fn check(&mut self, policy: &Policy) -> Result<(), RunError> {
        let mut named: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
        if let Some(accounts) = self.selection.accounts.as_ref().filter(|_| self.in_organization) {
            named.entry("--accounts".to_owned()).or_default().extend(accounts);
        }
        if self.in_organization && !self.selection.exclude_accounts.is_empty() {
            named.entry(EXCLUDED.to_owned()).or_default().extend(&self.selection.exclude_accounts);
        }
        for one in &policy.overrides {
            if let Some(accounts) = &one.accounts {
                named.entry(format!("override `{}`", one.name)).or_default().extend(accounts);
            }
        }
        // What cannot be listed cannot be told from what does not exist.
        if named.is_empty() || self.is_unreadable {
            return Ok(());
        }
        let named: BTreeMap<String, BTreeSet<String>> =
            named.into_iter().map(|(by, ids)| (by, ids.into_iter().cloned().collect())).collect();
        while let Some(token) = self.next_token.take() {
            match self.organizations.accounts(Some(token)).await {
                Ok(page) => self.take(page),
                Err(fault) => {
                    self.gap = Some((NOT_LISTED_TO_THE_END, fault));
                    // What is not listed cannot be told from what does not exist.
                    return Ok(());
                }
            }
        }
        let known: BTreeSet<String> = self.listed.iter().map(|account| account.id.to_string()).collect();
        for (by, ids) in named {
            let unknown: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !known.contains(*id)).collect();
            if by == EXCLUDED && !unknown.is_empty() {
                warn!("{by}: not in the organization, so there is nothing to leave out: {}", unknown.join(", "));
            } else if !unknown.is_empty() {
                if self.in_organization {
                    return Err(not_in_organization(&by, &unknown.join(", "), known.len()));
                }
                let (unknown, allowed) = (unknown.join(", "), known.into_iter().collect::<Vec<_>>().join(", "));
                return Err(RunError::Usage(format!(
                    "{by}: not among the accounts of this scan: {unknown}; allowed: {allowed}"
                )));
            }
        }
        Ok(())
    }

    /// Whether the caller's account is in no organization.
    pub fn is_without_organization(&self) -> bool {
        !self.in_organization && !self.is_unreadable
    }

    /// An account of the organization, which is listed as far as it takes to find it; `by` names it. `None` where that cannot be
    /// listed.
    ///
    /// # Errors
    /// The organization does not have it.
    pub async fn account(&mut self, by: &str, id: &str) -> Result<Option<Account>, RunError> {
        if !self.in_organization {
            return Ok(None);
        }
        let wanted = AccountId::parse(id);
        let mut looked_at = 0;
        loop {
            let page = self.listed.get(looked_at..).unwrap_or_default();
            if let Some(account) = page.iter().find(|account| Some(account.id) == wanted) {
                return Ok(Some(account.clone()));
            }
            looked_at = self.listed.len();
            let Some(token) = self.next_token.take() else { break };
            match self.organizations.accounts(Some(token)).await {
                Ok(page) => self.take(page),
                Err(fault) => self.gap = Some((NOT_LISTED_TO_THE_END, fault)),
            }
        }
        // What is not listed cannot be told from what does not exist.
        if self.gap.is_some() { Ok(None) } else { Err(not_in_organization(by, id, looked_at)) }
    }

    /// Gives the accounts that are to be looked at to `accounts`, and lists the rest meanwhile.
    ///
    /// # Errors
    /// The caller's credentials have expired. Any other fault is a gap in the book.
    pub async fn feed(
        mut self,
        accounts: mpsc::UnboundedSender<Arc<Account>>,
        book: &impl AccountBook,
        caller: &Caller,
    ) -> Result<(), ScanError> {
        let mut listed_any = false;
        loop {
            for account in std::mem::take(&mut self.listed) {
                listed_any = true;
                let account = Arc::new(account);
                book.account_known(account.clone());
                // Nobody receives any more where the run was stopped; that is in the book already.
                if self.selection.takes(&account) && book.account_found(&account) && accounts.send(account).is_err() {
                    return Ok(());
                }
            }
            let Some(token) = self.next_token.take() else { break };
            match self.organizations.accounts(Some(token)).await {
                Ok(page) => self.take(page),
                Err(fault) => {
                    let fault = fatal(fault)?;
                    self.gap = Some((NOT_LISTED_TO_THE_END, fault));
                }
            }
        }
        if !listed_any && self.gap.is_none() {
            // Every organization has its management account: an empty list is no list.
            let fault = AwsFault::other("organizations:ListAccounts", "the list is empty");
            self.gap = Some((NOT_LISTED, fault));
        }
        if let Some((what, fault)) = self.gap.take() {
            book.not_listed(what, &fault, caller);
        }
        book.listing_ends();
        Ok(())
    }
}

fn not_in_organization(by: &str, unknown: &str, accounts: usize) -> RunError {
    RunError::Usage(format!("{by}: not in the organization: {unknown}; allowed: the ids of its {accounts} accounts"))
}

const EXCLUDED: &str = "--exclude-accounts";

/// What a report tells of accounts that could not be listed.
pub fn unlisted(what: &str, fault: &AwsFault, caller: &Caller) -> NotCovered {
    NotCovered {
        account_id: None,
        account_name: None,
        region: None,
        cause: Cause::of(fault),
        error_code: fault.code_or_status(),
        message: format!("{what}: {}", fault.message),
        hint: hint(fault, caller, None),
    }
}
