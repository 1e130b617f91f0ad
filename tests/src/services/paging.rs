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

    /// The position after its last item.
    pub fn end(self) -> usize {
        self.first.saturating_add(self.limit)
    }

    /// The token of the next page, if there is one.
    pub fn next(self, tokens: &PageTokens, list: &[&str], count: usize) -> Option<String> {
        (self.end() < count).then(|| tokens.issue(list, self.end() as u64))
    }
}
