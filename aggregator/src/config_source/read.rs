//! Reads the repositories of a Region, account by account.

use std::collections::BTreeSet;
use std::io;

use ecr_encryption_rule::aws::fault::AwsFault;

use super::client::{SELECT, Select};
use super::query;
use super::row::Row;
use crate::spool::ReadRepository;

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

/// Takes the repositories of an account, and whether they are all of it.
pub type Take<'a> = dyn FnMut(&str, Vec<ReadRepository>, bool) -> io::Result<()> + Send + 'a;

/// What ends the reading of a Region.
#[derive(Debug)]
pub enum ReadError {
    /// AWS said so, or a row could not be understood; with the accounts that were given whole before.
    Fault(AwsFault, BTreeSet<String>),
    /// What was read could not be kept.
    Kept(io::Error),
}

/// Gives the repositories of each account that has any to `take`, in the order of their names, and whether they are all of
/// it. Returns the accounts that were given whole: what is not among them has no repositories that were recorded.
///
/// # Errors
/// See [`ReadError`]. An account that was begun is given with what there is of it, as not whole.
pub async fn repositories<S: Select>(
    select: &S,
    region: &str,
    accounts: Option<&[String]>,
    take: &mut Take<'_>,
) -> Result<BTreeSet<String>, ReadError> {
    let expression = query::repositories(region, accounts);
    let mut whole = BTreeSet::new();
    let mut current: Option<(String, Vec<ReadRepository>)> = None;
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
            let id = row.account_id.clone();
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
                Some((account, repositories)) if *account == id => repositories.push(repository),
                _ => {
                    if let Some((account, repositories)) = current.replace((id, vec![repository])) {
                        take(&account, sorted(repositories), true).map_err(ReadError::Kept)?;
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
        take(&account, sorted(repositories), fault.is_none()).map_err(ReadError::Kept)?;
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
fn sorted(mut repositories: Vec<ReadRepository>) -> Vec<ReadRepository> {
    repositories.sort_by(|one, other| one.repository.name.cmp(&other.repository.name));
    repositories.dedup_by(|one, other| one.repository.name == other.repository.name);
    repositories
}

#[cfg(test)]
mod tests;
