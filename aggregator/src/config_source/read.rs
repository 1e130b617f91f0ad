//! Reads the repositories of a Region, account by account.

use std::collections::BTreeSet;
use std::io;

use ecr_encryption_rule::aws::fault::AwsFault;

use super::client::{SELECT, Select};
use super::query;
use super::row::{RecordedRepository, Row};
use crate::account::AccountId;

/// Gives every row of the answer to `expression` to `take`, page by page.
///
/// # Errors
/// What AWS said, after retries, or what `take` made of a row. The rows before were taken.
pub async fn follow<S: Select>(
    select: &S,
    expression: &str,
    mut take: impl FnMut(&str) -> Result<(), AwsFault>,
) -> Result<(), AwsFault> {
    let mut token = None;
    loop {
        let page = select.page(expression, token).await?;
        page.rows.iter().try_for_each(|row| take(row))?;
        token = match page.next_token {
            None => return Ok(()),
            some => some,
        };
    }
}

/// How much of an account is given at once: one of 100,000 repositories is held no more than one of a thousand.
const AT_ONCE: usize = 1_000;

/// What follows what is given of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// More of it.
    Follows,
    /// Nothing: all of it was given.
    Nothing,
    /// What is not known, as it could not be read.
    Lost,
}

/// Takes repositories of an account, in the order of their names, and what follows them.
pub type Take<'a> = dyn FnMut(AccountId, Vec<RecordedRepository>, Rest) -> io::Result<()> + Send + 'a;

/// What ends the reading of a Region.
#[derive(Debug)]
pub enum ReadError {
    /// AWS said so, or a row could not be understood; with the accounts that were given whole before.
    Fault(AwsFault, BTreeSet<AccountId>),
    /// What was read could not be kept.
    Kept(io::Error),
}

/// Gives the repositories of each account that has any to `take`, part by part. Returns the accounts that were given whole: what is not among them has no repositories that were recorded.
///
/// # Errors
/// See [`ReadError`]. An account that was begun is given with what there is of it, and the rest as lost.
pub async fn repositories<S: Select>(
    select: &S,
    region: &str,
    accounts: Option<&[AccountId]>,
    take: &mut Take<'_>,
) -> Result<BTreeSet<AccountId>, ReadError> {
    let expression = query::repositories(region, accounts);
    let mut whole = BTreeSet::new();
    let mut current: Option<(AccountId, Vec<RecordedRepository>)> = None;
    let mut token = None;
    let fault = 'read: loop {
        let page = match select.page(&expression, token).await {
            Ok(page) => page,
            Err(fault) => break Some(fault),
        };
        for text in &page.rows {
            let row = match Row::parse(text, region) {
                Ok(row) => row,
                Err(fault) => break 'read Some(fault),
            };
            let id = row.account_id;
            let repository = match row.repository() {
                Ok(Some(repository)) => repository,
                Ok(None) => continue,
                Err(fault) => break 'read Some(fault),
            };
            if whole.remove(&id) {
                // Not ordered as asked for: what was given as whole was not.
                let message =
                    format!("rows of account {id} come after those of another account, although they are ordered");
                break 'read Some(AwsFault::other(SELECT, message));
            }
            match &mut current {
                Some((account, repositories)) if *account == id => {
                    if repositories.len() >= AT_ONCE {
                        let part = std::mem::take(repositories);
                        take(id, sorted(part), Rest::Follows).map_err(ReadError::Kept)?;
                    }
                    repositories.push(repository);
                }
                _ => {
                    if let Some((account, repositories)) = current.replace((id, vec![repository])) {
                        take(account, sorted(repositories), Rest::Nothing).map_err(ReadError::Kept)?;
                        whole.insert(account);
                    }
                }
            }
        }
        token = match page.next_token {
            None => break None,
            some => some,
        };
    };
    if let Some((account, repositories)) = current {
        let rest = if fault.is_none() { Rest::Nothing } else { Rest::Lost };
        take(account, sorted(repositories), rest).map_err(ReadError::Kept)?;
        if fault.is_none() {
            whole.insert(account);
        }
    }
    match fault {
        None => Ok(whole),
        Some(fault) => Err(ReadError::Fault(fault, whole)),
    }
}

/// A list that changes while it is read may show a repository on two pages.
fn sorted(mut repositories: Vec<RecordedRepository>) -> Vec<RecordedRepository> {
    repositories.sort_by(|one, other| one.described.name.cmp(&other.described.name));
    repositories.dedup_by(|one, other| one.described.name == other.described.name);
    repositories
}

#[cfg(test)]
mod tests;
