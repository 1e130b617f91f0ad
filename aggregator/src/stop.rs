//! The user's wish that a run ends before it is done.

use tokio::sync::watch;

/// Tells a run that it is to stop.
#[derive(Debug)]
pub struct Stopper(watch::Sender<u32>);

/// What a run hears of it.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<u32>);

/// The two ends. A run whose [`Stopper`] is gone is never stopped.
pub fn channel() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(0);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Asks the run to stop; asked again, it ends at once. Tells how often it was asked.
    pub fn stop(&self) -> u32 {
        self.0.send_modify(|times| *times = times.saturating_add(1));
        *self.0.borrow()
    }
}

impl Stop {
    /// How often the run was asked to stop.
    pub fn times(&self) -> u32 {
        *self.0.borrow()
    }

    /// Ready once the run was asked to stop so many times.
    pub async fn asked(&self, times: u32) {
        if self.0.clone().wait_for(|asked| *asked >= times).await.is_err() {
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
    fn nobody_left_to_ask_is_not_a_wish_to_stop() {
        let (stopper, stop) = channel();
        drop(stopper);
        assert_eq!(stop.asked(1).now_or_never(), None);
    }
}
