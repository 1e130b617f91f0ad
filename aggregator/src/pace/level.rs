//! Finds out how many calls may be under way at once, from what AWS answers and how fast.
//!
//! The idea is that of TCP Vegas: as long as nothing queues anywhere, an answer takes as long as it takes, however many are
//! asked for at once; once something queues (AWS, the network, or this machine's own processor), each further call under
//! way makes all of them slower, and no more of them are answered. So the level rises while answers are about as fast as
//! they can be, stays where they are a little slower, and falls where they are much slower.
//!
//! Answers are compared with the fastest of the same service and Region ([`super::fastest`]), and averaged over a window:
//! about as many answers as calls may be under way, which is a round trip. After a change of the level a round trip goes by
//! before the next window, as what was sent before says nothing of the new level, and what comes back first is what is
//! fast.
//!
//! A full page takes longer than an empty one, with no queue anywhere. Where most pages are heavy, the level falls twice; when
//! that makes nothing faster, it goes back, and that average is from then on the normal one.

use std::collections::HashSet;
use std::mem;
use std::ops::RangeInclusive;

use tokio::time::Instant;

/// Up to this times the normal time to an answer, nothing queues.
const FAST: f64 = 1.25;
/// From this times the normal time on, too much does. Between the two the level stays: it is wider than a step up.
const SLOW: f64 = 1.6;
/// What is left of the level when it falls, at the least and at the most.
const LEFT: RangeInclusive<f64> = 0.4..=0.9;
/// After so many windows at a level that is a little slow, it is found out whether a lower one is faster …
const HELD: u32 = 30;
/// … by leaving so much of it.
const LEFT_OF_HELD: f64 = 0.75;
/// What is left of the level when accounts are throttled all over.
const LEFT_OF_THROTTLED: f64 = 0.7;
/// So many throttled accounts, and this share of all that were asked, are more than bad luck.
const THROTTLED_ACCOUNTS: (usize, usize) = (3, 5);
/// How many answers a window has: as many as may be under way, within these bounds.
const WINDOW: (usize, usize) = (24, 256);
/// So many timed answers tell something.
const TIMED: u32 = 8;

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Answer {
    /// AWS did what was asked, in so many times the shortest time that it ever took.
    Timed(f64),
    /// AWS asked for fewer requests.
    Throttled,
    /// Anything else, which tells nothing about how much is too much: a refusal is fast, a broken connection is anything.
    Other,
}

/// One attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub sent_at: Instant,
    pub answer: Answer,
    /// The account that was asked.
    pub account: u64,
    /// Whether no more could be under way when it ended.
    pub at_level: bool,
    /// Whether no more were under way than the level allows.
    pub is_settled: bool,
}

/// The level: how many calls may be under way.
#[derive(Debug)]
pub(super) struct Level {
    least: usize,
    most: usize,
    now: usize,
    window: Window,
    /// The ratio that is normal: 1 where answers are as fast as the fastest.
    normal: f64,
    /// Whether the level has never fallen: then it rises in great steps.
    is_first_rise: bool,
    fell: Option<Fall>,
    /// For how many windows it has stayed because answers were a little slow.
    held: u32,
    /// How many answers to what was sent since the last change are still to go by, and when that change was done.
    unsettled: Option<(usize, Instant)>,
}

#[derive(Debug)]
struct Fall {
    /// Where it fell from, before the first of the falls that made nothing faster.
    from: usize,
    ratio: f64,
    left: f64,
    is_second: bool,
}

#[derive(Debug, Default)]
struct Window {
    samples: usize,
    /// How many of them found that no more calls could be under way.
    at_level: usize,
    timed: u32,
    /// The sum of the logarithms of the ratios: their geometric mean is what counts, which the odd slow answer does not
    /// move much.
    logarithms: f64,
    accounts: HashSet<u64>,
    throttled: HashSet<u64>,
}

impl Level {
    pub fn new(bounds: RangeInclusive<usize>, now: usize) -> Self {
        Self {
            least: *bounds.start(),
            most: *bounds.end(),
            now,
            window: Window::default(),
            normal: 1.0,
            is_first_rise: true,
            fell: None,
            held: 0,
            unsettled: None,
        }
    }

    /// Takes an attempt into account; the new level, if it changes.
    pub fn add(&mut self, sample: Sample, now: Instant) -> Option<usize> {
        let size = self.now.clamp(WINDOW.0, WINDOW.1);
        if let Some((left, since)) = &mut self.unsettled {
            if !sample.is_settled {
                *since = now;
            } else if sample.sent_at >= *since {
                *left -= 1;
            }
            if *left == 0 {
                self.unsettled = None;
            }
            return None;
        }
        self.window.add(sample);
        if self.window.samples < size {
            return None;
        }
        let level = self.decide().clamp(self.least, self.most);
        self.window.restart();
        if level == self.now {
            return None;
        }
        self.unsettled = Some((level.clamp(WINDOW.0, WINDOW.1), now));
        self.now = level;
        Some(level)
    }

    fn decide(&mut self) -> usize {
        let (fell, held) = (self.fell.take(), mem::take(&mut self.held));
        if self.window.is_throttled_all_over() {
            self.is_first_rise = false;
            return scaled(self.now, LEFT_OF_THROTTLED);
        }
        let Some(ratio) = self.window.ratio() else { return self.now };
        let queued = ratio / self.normal;
        let left = (FAST / queued).clamp(*LEFT.start(), *LEFT.end());
        match fell.filter(|fall| ratio > fall.ratio * f64::midpoint(1.0, fall.left)) {
            None => {}
            // Once is not enough to say so: whatever made answers slow may have begun in the middle of a window.
            Some(in_vain) if !in_vain.is_second => return self.fall(ratio, left.min(in_vain.left), Some(in_vain.from)),
            // Fewer at once make nothing faster: it is not for what queues that answers take so long.
            Some(in_vain) => {
                self.normal = ratio;
                return in_vain.from;
            }
        }
        if ratio < self.normal {
            // Slowly: a few light pages are no reason to take all others for queued.
            self.normal += (ratio - self.normal) / 5.0;
        }
        if !self.window.is_used() {
            self.now
        } else if queued <= FAST {
            let step = if self.is_first_rise { self.now / 2 } else { self.now / 10 };
            self.now + step.max(1)
        } else if queued >= SLOW {
            self.is_first_rise = false;
            self.fall(ratio, left, None)
        } else if held < HELD {
            self.held = held + 1;
            self.now
        } else {
            self.fall(ratio, LEFT_OF_HELD, None)
        }
    }

    /// Lowers the level; `from` is where it was before an earlier fall that was in vain.
    fn fall(&mut self, ratio: f64, left: f64, from: Option<usize>) -> usize {
        let level = scaled(self.now, left).max(self.least);
        if level >= self.now {
            // It cannot fall, so this is as fast as it gets.
            self.normal = ratio;
            return from.unwrap_or(self.now);
        }
        self.fell = Some(Fall { from: from.unwrap_or(self.now), ratio, left, is_second: from.is_some() });
        level
    }
}

impl Window {
    /// The sets keep their memory.
    fn restart(&mut self) {
        self.samples = 0;
        self.at_level = 0;
        self.timed = 0;
        self.logarithms = 0.0;
        self.accounts.clear();
        self.throttled.clear();
    }

    fn add(&mut self, sample: Sample) {
        self.samples += 1;
        self.at_level += usize::from(sample.at_level);
        self.accounts.insert(sample.account);
        match sample.answer {
            Answer::Timed(ratio) => {
                self.timed += 1;
                self.logarithms += ratio.ln();
            }
            Answer::Throttled => {
                self.throttled.insert(sample.account);
            }
            Answer::Other => {}
        }
    }

    /// Whether the level is what keeps calls waiting.
    fn is_used(&self) -> bool {
        self.at_level * 2 >= self.samples
    }

    fn is_throttled_all_over(&self) -> bool {
        let (least, share) = THROTTLED_ACCOUNTS;
        self.throttled.len() >= least && self.throttled.len() * share >= self.accounts.len()
    }

    /// How many times longer than the fastest ones the answers took.
    fn ratio(&self) -> Option<f64> {
        (self.timed >= TIMED).then(|| (self.logarithms / f64::from(self.timed)).exp())
    }
}

/// A share of a level; no level is large enough to lose anything on the way.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a level is at most a few hundred, and a share is from 0 to 1"
)]
fn scaled(level: usize, share: f64) -> usize {
    (level as f64 * share).round() as usize
}
