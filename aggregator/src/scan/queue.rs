//! The targets that wait to be read, by Region.
//!
//! Every Region has hosts of its own, and connections are bounded: reading targets in any order would open a connection for
//! nearly every call, with a TLS handshake each. Whoever has read a target takes the next one in the same Region.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::account::AccountRun;

/// Targets that wait.
pub(super) struct Queue<T = AccountRun> {
    by_region: HashMap<Arc<str>, VecDeque<Arc<T>>>,
    length: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { by_region: HashMap::new(), length: 0 }
    }
}

impl<T> Queue<T> {
    /// Adds the targets of an account.
    pub(super) fn add(&mut self, account: &Arc<T>, regions: Vec<String>) {
        self.length += regions.len();
        for region in regions {
            if let Some(waiting) = self.by_region.get_mut(region.as_str()) {
                waiting.push_back(account.clone());
            } else {
                self.by_region.insert(region.into(), [account.clone()].into());
            }
        }
    }

    /// How many targets wait.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// The next target: in `region`, where one waits there, else where most wait.
    pub(super) fn next(&mut self, region: Option<&str>) -> Option<(Arc<T>, Arc<str>)> {
        let waits = |region: &str| self.by_region.get(region).is_some_and(|waiting| !waiting.is_empty());
        let region = match region.filter(|region| waits(region)) {
            Some(region) => self.by_region.get_key_value(region)?.0.clone(),
            None => self.by_region.iter().max_by_key(|(region, waiting)| (waiting.len(), *region))?.0.clone(),
        };
        let account = self.by_region.get_mut(&region)?.pop_front()?;
        self.length -= 1;
        Some((account, region))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(queue: &mut Queue<&'static str>, region: Option<&str>) -> Option<(&'static str, String)> {
        queue.next(region).map(|(account, region)| (*account, region.to_string()))
    }

    #[test]
    fn the_next_target_is_in_the_same_region_as_long_as_there_is_one() {
        let mut queue = Queue::default();
        for (account, regions) in [("one", vec!["a", "b", "c"]), ("two", vec!["b", "c"]), ("three", vec!["c"])] {
            queue.add(&Arc::new(account), regions.into_iter().map(str::to_owned).collect());
        }
        assert_eq!(queue.len(), 6);
        assert_eq!(next(&mut queue, Some("b")), Some(("one", "b".to_owned())));
        assert_eq!(next(&mut queue, Some("b")), Some(("two", "b".to_owned())));
        // Nothing waits there any more: on to where most wait.
        assert_eq!(next(&mut queue, Some("b")), Some(("one", "c".to_owned())));
        assert_eq!(next(&mut queue, Some("c")), Some(("two", "c".to_owned())));
        assert_eq!(next(&mut queue, Some("nowhere")), Some(("three", "c".to_owned())));
        assert_eq!(next(&mut queue, None), Some(("one", "a".to_owned())));
        assert_eq!((next(&mut queue, None), queue.len()), (None, 0));
    }
}
