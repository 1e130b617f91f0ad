//! What this process knows of the report that it writes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

/// What is known of the report that is being written.
#[derive(Debug, Default)]
pub(super) struct Writing {
    /// The lock that keeps others out, and how long it does, by the clock that they go by too: unlike a timer, it goes on while
    /// a machine sleeps. `None` where nobody is kept out.
    lock: Mutex<Option<(String, Timestamp)>>,
    /// Whether its manifest was sent.
    was_sent: AtomicBool,
}

impl Writing {
    fn lock(&self) -> MutexGuard<'_, Option<(String, Timestamp)>> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Others are kept out by the lock of this name, until then.
    pub(super) fn keep_out(&self, name: &str, until: Timestamp) {
        *self.lock() = Some((name.to_owned(), until));
    }

    /// Nobody is any more.
    pub(super) fn let_in(&self) {
        *self.lock() = None;
    }

    /// The lock that no longer keeps others out, although it is needed.
    pub(super) fn overdue(&self, now: Timestamp) -> Option<String> {
        self.lock().as_ref().filter(|(_, until)| *until <= now).map(|(name, _)| name.clone())
    }

    /// The manifest is being sent: from now on the run may be there.
    pub(super) fn send_manifest(&self) {
        self.was_sent.store(true, Ordering::Relaxed);
    }

    /// Whether it was.
    pub(super) fn may_have_finished(&self) -> bool {
        self.was_sent.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_slept_through_its_term_goes_on_no_more() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let writing = Writing::default();
        assert_eq!(writing.overdue(at(9)), None, "it needs no lock");
        writing.keep_out("lock.json", at(180));
        assert_eq!(writing.overdue(at(179)), None);
        assert_eq!(writing.overdue(at(180)).as_deref(), Some("lock.json"));
        writing.keep_out("lock.json", at(400));
        assert_eq!(writing.overdue(at(180)), None);
        writing.let_in();
        assert_eq!(writing.overdue(at(900)), None);
    }
}
