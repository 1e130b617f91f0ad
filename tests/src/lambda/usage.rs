//! What a process has used of the machine, from `/proc`.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Nanoseconds of one tick of `/proc/PID/stat`: `USER_HZ` is 100 everywhere.
const TICK_NANOSECONDS: u64 = 10_000_000;
/// How long to wait for the process to sleep.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a process has used since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// CPU time of the threads that live, user and system, exact to the nanosecond (the scheduler's
    /// count, `/proc/PID/task/*/schedstat`). Threads that have ended are missing; see `cpu_ticks`.
    pub cpu: Duration,
    /// CPU time of all threads that ever lived, user and system, in steps of 10 ms (`/proc/PID/stat`).
    pub cpu_ticks: Duration,
    /// Resident memory now, in bytes.
    pub resident_bytes: u64,
    /// The most that it ever was.
    pub peak_resident_bytes: u64,
    /// Threads that live.
    pub threads: usize,
}

impl Usage {
    /// Of a process. Waits up to 100 ms for all of its threads to sleep: the time of one that runs
    /// is counted up to its last tick only.
    ///
    /// # Errors
    ///
    /// When there is no such process, or `/proc` isn't what Linux has there.
    pub(super) fn of(pid: u32) -> io::Result<Self> {
        let process = PathBuf::from(format!("/proc/{pid}"));
        let patience = Instant::now() + PATIENCE;
        while !sleeps(&process)? && Instant::now() < patience {
            std::thread::sleep(Duration::from_micros(200));
        }
        let (mut cpu, mut threads) = (Duration::ZERO, 0);
        for task in tasks(&process)? {
            // A thread may end at any time.
            let Ok(text) = std::fs::read_to_string(task.join("schedstat")) else { continue };
            let nanoseconds = text.split(' ').next().and_then(|text| text.parse().ok()).ok_or_else(unreadable)?;
            cpu += Duration::from_nanos(nanoseconds);
            threads += 1;
        }
        let status = std::fs::read_to_string(process.join("status"))?;
        Ok(Self {
            cpu,
            cpu_ticks: ticks(&std::fs::read_to_string(process.join("stat"))?)?,
            resident_bytes: bytes(&status, "VmRSS:")?,
            peak_resident_bytes: bytes(&status, "VmHWM:")?,
            threads,
        })
    }
}

fn tasks(process: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::read_dir(process.join("task"))?.map(|entry| entry.map(|entry| entry.path())).collect()
}

fn sleeps(process: &Path) -> io::Result<bool> {
    let runs = |task: PathBuf| {
        std::fs::read_to_string(task.join("stat"))
            .is_ok_and(|stat| fields(&stat).next().is_some_and(|state| state == "R"))
    };
    Ok(!tasks(process)?.into_iter().any(runs))
}

/// The fields of `stat` after the name, which may itself hold spaces and parentheses: the state first.
fn fields(stat: &str) -> impl Iterator<Item = &str> {
    stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ')
}

fn ticks(stat: &str) -> io::Result<Duration> {
    // utime and stime are the 14th and 15th field of all, the state is the third.
    let mut times = fields(stat).skip(11).map(str::parse::<u64>);
    match (times.next(), times.next()) {
        (Some(Ok(user)), Some(Ok(system))) => Ok(Duration::from_nanos((user + system) * TICK_NANOSECONDS)),
        _ => Err(unreadable()),
    }
}

fn bytes(status: &str, name: &str) -> io::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or_else(unreadable)?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().map_err(|_| unreadable())?;
    Ok(kibibytes * 1024)
}

fn unreadable() -> io::Error {
    io::Error::other("`/proc` can't be read; this needs Linux")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 99 0 0 0 17 3 0 0 20 0 1 0 431127";
        assert_eq!(fields(stat).next(), Some("S"));
        assert_eq!(ticks(stat).unwrap(), Duration::from_millis(200));
        assert!(ticks("nonsense").is_err());
    }

    #[test]
    fn this_process_has_used_something() {
        let before = Usage::of(std::process::id()).unwrap();
        assert!(before.threads > 0 && before.resident_bytes > 0);
        assert!(before.peak_resident_bytes >= before.resident_bytes / 2);
    }

    #[test]
    fn no_such_process() {
        assert!(Usage::of(u32::MAX).is_err());
    }
}
