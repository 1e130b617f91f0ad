//! Opaque page tokens that only work for the list that they were issued for.

use crate::world::{hash_numbers, hash_text};

/// Makes and reads page tokens.
#[derive(Debug)]
pub struct PageTokens {
    seed: u64,
}

impl PageTokens {
    /// Tokens of one server.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The token for a position in the list called `list`.
    pub fn issue(&self, list: &[&str], position: u64) -> String {
        let salt = self.salt(list);
        let hidden = position ^ hash_numbers(&[salt]);
        let seal = hash_numbers(&[salt, position]);
        format!("{hidden:016x}{seal:016x}")
    }

    /// The position that a token was issued for, if it was issued for this list.
    pub fn read(&self, list: &[&str], token: &str) -> Option<u64> {
        if token.len() != 32 {
            return None;
        }
        let hidden = u64::from_str_radix(token.get(..16)?, 16).ok()?;
        let seal = u64::from_str_radix(token.get(16..)?, 16).ok()?;
        let salt = self.salt(list);
        let position = hidden ^ hash_numbers(&[salt]);
        (hash_numbers(&[salt, position]) == seal).then_some(position)
    }

    fn salt(&self, list: &[&str]) -> u64 {
        list.iter().fold(hash_numbers(&[self.seed]), |salt, part| hash_numbers(&[salt, hash_text(part)]))
    }
}
