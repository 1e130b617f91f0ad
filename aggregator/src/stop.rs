//! The wish that a run ends before it is done: of the user, or because its time runs out.

use tokio::sync::watch;

/// What a run was asked.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    times: u32,
    to_read_no_more: bool,
    to_tell_no_more: bool,
}

/// Tells a run that it is to stop.
#[derive(Debug)]
pub struct Stopper(watch::Sender<Asked>);

/// What a run hears of it.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Asked>);

/// The two ends. A run whose [`Stopper`] is gone is never stopped.
pub fn channel() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(Asked::default());
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Asks the run to stop; asked again, it ends at once. Tells how often it was asked.
    pub fn stop(&self) -> u32 {
        self.0.send_modify(|asked| asked.times = asked.times.saturating_add(1));
        self.0.borrow().times
    }

    /// Asks the run to read no more, and to bring to its end what comes after that: a report that is being written is.
    pub fn read_no_more(&self) {
        self.0.send_modify(|asked| asked.to_read_no_more = true);
    }

    /// Asks the run to wait no longer for those who are told of it.
    pub fn tell_no_more(&self) {
        self.0.send_modify(|asked| asked.to_tell_no_more = true);
    }
}

impl Stop {
    /// How often the run was asked to stop.
    pub fn times(&self) -> u32 {
        self.0.borrow().times
    }

    /// Ready once the run was asked to stop so many times.
    pub async fn asked(&self, times: u32) {
        self.heard(|asked| asked.times >= times).await;
    }

    /// Ready once the run is to read no more, or was asked to stop.
    pub async fn ends_reading(&self) {
        self.heard(|asked| asked.to_read_no_more || asked.times > 0).await;
    }

    /// Ready once the time for reading is over, whether or not there was anything left to read.
    pub async fn time_is_over(&self) {
        self.heard(|asked| asked.to_read_no_more).await;
    }

    /// Ready once nobody is to be waited for any more who is told of the run.
    pub async fn ends_telling(&self) {
        self.heard(|asked| asked.to_tell_no_more).await;
    }

    async fn heard(&self, is_it: impl Fn(&Asked) -> bool) {
        if self.0.clone().wait_for(is_it).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn what_was_asked_before_is_heard_too() {
        let (stopper, stop) = channel();
        assert_eq!((stop.times(), stop.asked(1).now_or_never()), (0, None));
        assert_eq!(stopper.stop(), 1);
        assert_eq!((stop.times(), stop.asked(1).now_or_never()), (1, Some(())));
        assert_eq!(stop.asked(2).now_or_never(), None);
        assert_eq!(stopper.stop(), 2);
        assert_eq!((stop.times(), stop.asked(2).now_or_never()), (2, Some(())));
    }

    #[test]
    fn what_has_no_more_time_to_read_may_still_write() {
        let (stopper, stop) = channel();
        assert_eq!(stop.ends_reading().now_or_never(), None);
        stopper.read_no_more();
        assert_eq!((stop.times(), stop.ends_reading().now_or_never()), (0, Some(())));
        assert_eq!((stop.asked(1).now_or_never(), stop.time_is_over().now_or_never()), (None, Some(())));
        assert_eq!(stop.ends_telling().now_or_never(), None, "nor need it be silent");
        stopper.tell_no_more();
        assert_eq!((stop.times(), stop.ends_telling().now_or_never()), (0, Some(())));
    }

    #[test]
    fn what_is_stopped_reads_no_more() {
        let (stopper, stop) = channel();
        stopper.stop();
        assert_eq!((stop.ends_reading().now_or_never(), stop.time_is_over().now_or_never()), (Some(()), None));
    }

    #[test]
    fn nobody_left_to_ask_is_not_a_wish_to_stop() {
        let (stopper, stop) = channel();
        drop(stopper);
        assert_eq!(stop.asked(1).now_or_never(), None);
    }
}
