//! How a scan tells what it is doing, whoever listens.

use ecr_encryption_core::Status;

/// Hears about the progress of a scan.
pub trait Reporter: Send + Sync {
    /// An account was found that is to be scanned.
    fn account_found(&self);
    /// All accounts were found.
    fn accounts_listed(&self);
    /// An account is planned: so many of its Regions will be scanned.
    fn account_planned(&self, targets: usize);
    /// A target was read, with so many repositories.
    fn target_read(&self, repositories: u64);
    /// A verdict that nothing can change any more.
    fn judged(&self, status: Status);
    /// Something that may hide repositories could not be read.
    fn gap(&self);
    /// A new phase of the scan, in words.
    fn phase(&self, text: &'static str);
    /// The scan is over.
    fn done(&self);
}

/// Nobody listens.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Reporter for Silent {
    fn account_found(&self) {}
    fn accounts_listed(&self) {}
    fn account_planned(&self, _targets: usize) {}
    fn target_read(&self, _repositories: u64) {}
    fn judged(&self, _status: Status) {}
    fn gap(&self) {}
    fn phase(&self, _text: &'static str) {}
    fn done(&self) {}
}
