//! One session of a scan, and what happens to it.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::caller_credentials::renewing;
use crate::harness::{Bench, Outcome};
use crate::output::names;
use crate::resume::signal;

/// What happens to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disturbance {
    /// SIGKILL, after so many calls.
    Killed { after: u64 },
    /// SIGTERM, after so many calls; the second one at once.
    Terminated { after: u64, twice: bool },
    /// No file may be larger than so many blocks of 512 bytes.
    FileTooLarge { blocks: u64 },
    /// The folder is on a file system of so many KiB.
    DiskFull { kibibytes: u64 },
    /// The caller gets credentials so often, and no more.
    CallerExpires { renewals: u64 },
}

impl Disturbance {
    pub fn drawn(draw: &mut fastrand::Rng) -> Self {
        match draw.u32(0..6) {
            0 | 1 => Self::Killed { after: draw.u64(0..200) },
            2 => Self::Terminated { after: draw.u64(0..200), twice: draw.u32(0..4) == 0 },
            3 => Self::FileTooLarge { blocks: draw.u64(0..120) },
            4 if *MAY_MOUNT => Self::DiskFull { kibibytes: 4 * draw.u64(1..40) },
            4 => Self::FileTooLarge { blocks: draw.u64(0..80) },
            _ => Self::CallerExpires { renewals: draw.u64(0..3) },
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Killed { .. } => "killed",
            Self::Terminated { .. } => "terminated",
            Self::FileTooLarge { .. } => "file too large",
            Self::DiskFull { .. } => "disk full",
            Self::CallerExpires { .. } => "caller expired",
        }
    }
}

/// Whether this machine lets us mount a small file system of our own.
static MAY_MOUNT: LazyLock<bool> = LazyLock::new(|| {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=4k tmpfs /tmp"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
});

/// How a session ended.
#[derive(Debug)]
pub enum Ended {
    /// Without a report.
    Without,
    /// With one of what it had found until then.
    Interrupted(Outcome),
    /// With the report.
    Finished(Outcome),
}

/// What all sessions of a seed share.
pub struct Session<'a> {
    pub bench: &'a Bench,
    pub policy: String,
}

impl Session<'_> {
    /// Goes on with the scan, as far as it gets.
    pub fn run(&self, disturbance: Option<&Disturbance>) -> Ended {
        let folder = self.bench.output();
        let renewals = match disturbance {
            Some(Disturbance::CallerExpires { renewals }) => Some(*renewals),
            _ => None,
        };
        self.bench.simulator.set_caller_renewals(renewals);
        let output = self.output(disturbance);
        let told = format!("{disturbance:?}: {output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        // What passes is nothing to tell.
        assert!(!stderr.contains("ERROR"), "{told}");
        if folder.join("latest").exists() {
            let outcome = Outcome::new(output, &self.bench.report());
            assert_eq!(outcome.summary["run"]["interrupted"], false, "{told}");
            return Ended::Finished(outcome);
        }
        let interruption = match (output.status.code(), output.status.signal(), disturbance) {
            (None, Some(9), Some(Disturbance::Killed { .. }))
            | (Some(130), _, Some(Disturbance::Terminated { .. })) => {
                return Ended::Without;
            }
            (Some(1), _, Some(Disturbance::FileTooLarge { .. } | Disturbance::DiskFull { .. })) => {
                let full = stderr.contains("File too large") || stderr.contains("No space left on device");
                assert!(full, "{told}");
                return Ended::Without;
            }
            (Some(1), _, Some(Disturbance::CallerExpires { .. })) => {
                // There may have been none at all, when it began.
                assert!(stderr.contains("credentials"), "{told}");
                return Ended::Without;
            }
            (Some(3 | 4), _, Some(Disturbance::Terminated { .. })) => "the run was stopped",
            (Some(3 | 4), _, Some(Disturbance::CallerExpires { .. })) => "the caller's credentials have expired: ",
            _ => panic!("no such end was to be expected of {told}"),
        };
        let reports: Vec<String> = names(&folder).into_iter().filter(|name| name.starts_with("interrupted-")).collect();
        assert_eq!(reports.len(), 1, "{told}");
        let outcome = Outcome::new(output, &folder.join(&reports[0]));
        assert_eq!(outcome.summary["run"]["interrupted"], true, "{told}");
        assert!(outcome.summary["run"]["interruption"].as_str().unwrap().starts_with(interruption), "{told}");
        assert!(outcome.stdout.contains("--resume"), "{told}");
        Ended::Interrupted(outcome)
    }

    fn output(&self, disturbance: Option<&Disturbance>) -> Output {
        let folder = self.bench.output();
        let scan = renewing(self.bench, &["--resume", "--policy", &self.policy]);
        match disturbance {
            Some(Disturbance::FileTooLarge { blocks }) => {
                self.watched(around(&scan, &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), &folder), None)
            }
            Some(Disturbance::DiskFull { kibibytes }) => {
                std::fs::create_dir_all(&folder).unwrap();
                let kept = folder.with_extension("kept");
                let output = self.watched(on_a_disk_of(&scan, kibibytes + kibibytes_in(&folder), &folder), None);
                assert!(!matches!(output.status.code(), Some(98 | 99)), "no disk of {kibibytes} KiB: {output:?}");
                std::fs::remove_dir_all(&folder).unwrap();
                std::fs::rename(kept, &folder).unwrap();
                output
            }
            Some(Disturbance::Killed { after }) => self.watched(scan, Some((*after, &["KILL"]))),
            Some(Disturbance::Terminated { after, twice: false }) => self.watched(scan, Some((*after, &["TERM"]))),
            Some(Disturbance::Terminated { after, .. }) => self.watched(scan, Some((*after, &["TERM", "TERM"]))),
            Some(Disturbance::CallerExpires { .. }) | None => self.watched(scan, None),
        }
    }

    /// Runs it to its end, and sends the signals after so many calls.
    fn watched(&self, mut command: Command, mut signals: Option<(u64, &[&str])>) -> Output {
        let calls = || self.bench.simulator.counters().total_calls();
        let (before, began) = (calls(), Instant::now());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() {
            if signals.is_some_and(|(after, _)| calls() >= before + after) {
                let (_, names) = signals.take().unwrap();
                for name in names {
                    signal(name, &child);
                }
            }
            if began.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("it does not end: {:?}", child.wait_with_output());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        child.wait_with_output().unwrap()
    }
}

/// A session that takes longer hangs: six attempts of a call wait half a minute at most.
const PATIENCE: Duration = Duration::from_mins(4);

/// The scan with its folder on a file system of its own; what is in that is kept beside the folder.
fn on_a_disk_of(scan: &Command, kibibytes: u64, folder: &Path) -> Command {
    let script = format!(
        "cp -a \"$0\" \"$0.kept\" && mount -t tmpfs -o size={kibibytes}k tmpfs \"$0\" && cp -a \"$0.kept/.\" \"$0\" \
         || exit 99; \"$@\"; status=$?; rm -rf \"$0.kept\" && cp -a \"$0\" \"$0.kept\" || exit 98; exit $status"
    );
    let inner = around(scan, &script, folder);
    let mut outer = Command::new("unshare");
    outer.args(["--user", "--map-root-user", "--mount"]).arg(inner.get_program()).args(inner.get_args());
    with_environment(outer, scan)
}

fn kibibytes_in(folder: &Path) -> u64 {
    let sizes = std::fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            kibibytes_in(&entry.path())
        } else {
            entry.metadata().unwrap().len().div_ceil(4096) * 4
        }
    });
    sizes.sum()
}

fn around(scan: &Command, script: &str, folder: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).arg(folder).arg(scan.get_program()).args(scan.get_args());
    with_environment(shell, scan)
}

fn with_environment(mut command: Command, scan: &Command) -> Command {
    command.env_clear().envs(scan.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}
