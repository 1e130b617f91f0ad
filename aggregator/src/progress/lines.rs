//! Progress as a line now and then, where there is no terminal: in a log it should be seen that the scan lives, and no more.

use std::io::Write;
use std::time::Duration;

use super::forecast::Forecast;
use super::{Display, Snapshot, words};

/// A line every half minute.
#[derive(Debug)]
pub(super) struct Lines;

impl Display for Lines {
    fn interval(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn show(&mut self, now: &Snapshot, forecast: &Forecast) {
        // Nobody reads standard error: nothing is lost but this line.
        let _closed = writeln!(anstream::stderr(), "{}", line(now, forecast));
    }

    fn end(&mut self, _now: &Snapshot, _forecast: &Forecast) {}
}

pub(super) fn line(now: &Snapshot, forecast: &Forecast) -> String {
    format!("{}: {} ({})", now.phase, words::parts(now, forecast).join(", "), words::duration(now.elapsed))
}
