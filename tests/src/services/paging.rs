//! Pages: where they begin, how long they are, what stands for the next.

use crate::aws::{AwsError, PageTokens};

/// The part of a list that a call gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The position of its first item.
    pub first: usize,
    /// Most items.
    pub limit: usize,
}

impl Page {
    /// Reads the token; `invalid` makes the error for one that wasn't issued for this list.
    pub fn at(
        tokens: &PageTokens,
        list: &[&str],
        token: Option<&str>,
        limit: usize,
        invalid: impl FnOnce() -> AwsError,
    ) -> Result<Self, AwsError> {
        let first = match token {
            None => 0,
            Some(token) => {
                tokens.read(list, token).and_then(|position| usize::try_from(position).ok()).ok_or_else(invalid)?
            }
        };
        Ok(Self { first, limit })
    }

    /// The same where every `empty_every`-th page (0: none) comes after an empty one; also the token that an empty page
    /// carries, if this one is to be empty. Its tokens are those of [`token_at`](Self::token_at) and hold twice the position,
    /// plus one where the empty page has been given already.
    pub fn at_or_empty(
        tokens: &PageTokens,
        list: &[&str],
        token: Option<&str>,
        (limit, empty_every): (usize, usize),
        invalid: impl FnOnce() -> AwsError,
    ) -> Result<(Self, Option<String>), AwsError> {
        let read = Self::at(tokens, list, token, limit, invalid)?;
        let (first, emptied) = (read.first / 2, read.first % 2 == 1);
        let due = (first / limit + 1).checked_rem(empty_every) == Some(0) && !emptied;
        let empty = due.then(|| tokens.issue(list, 2 * first as u64 + 1));
        Ok((Self { first, limit }, empty))
    }

    /// The token of a position, for [`at_or_empty`](Self::at_or_empty).
    pub fn token_at(tokens: &PageTokens, list: &[&str], position: usize) -> String {
        tokens.issue(list, 2 * position as u64)
    }

    /// The position after its last item.
    pub fn end(self) -> usize {
        self.first.saturating_add(self.limit)
    }

    /// The token of the next page, if there is one.
    pub fn next(self, tokens: &PageTokens, list: &[&str], count: usize) -> Option<String> {
        (self.end() < count).then(|| tokens.issue(list, self.end() as u64))
    }
}
