//! How a scan tells what it is doing, whoever listens.

use ecr_encryption_core::Status;

use crate::pace::PaceStats;

/// Tells what the calls are doing, whenever it is asked.
pub type Watch = Box<dyn Fn() -> PaceStats + Send + Sync>;

/// Hears about the progress of a scan.
pub trait Reporter: Send + Sync {
    /// From now on, `watch` tells what the calls are doing.
    fn watches(&self, watch: Watch);
    /// An account was found that is to be scanned.
    fn account_found(&self);
    /// All accounts were found.
    fn accounts_listed(&self);
    /// An account is planned: so many of its Regions will be scanned.
    fn account_planned(&self, targets: usize);
    /// A target was read, with so many repositories.
    fn target_read(&self, repositories: u64);
    /// Verdicts that nothing can change any more.
    fn judged(&self, status: Status, count: u64);
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
    fn watches(&self, _watch: Watch) {}
    fn account_found(&self) {}
    fn accounts_listed(&self) {}
    fn account_planned(&self, _targets: usize) {}
    fn target_read(&self, _repositories: u64) {}
    fn judged(&self, _status: Status, _count: u64) {}
    fn gap(&self) {}
    fn phase(&self, _text: &'static str) {}
    fn done(&self) {}
}
