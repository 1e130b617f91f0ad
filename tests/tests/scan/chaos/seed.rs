//! What a seed stands for: an organization, the faults in it, and what happens to the sessions that scan it.

use std::fmt;
use std::iter::Sum;

use integration_tests::{Answers, Caller, Chaos, Generate, Organization};

use super::books::{Books, gaps};
use super::session::{Disturbance, Ended, Session};
use crate::harness::{Bench, Outcome};
use crate::output::{ALL_FILES, beside_runs, report_files};

/// Accounts × Regions that may be lost by a seed although nobody is denied anything: six attempts of one call can all be
/// struck where many calls go to one place at once.
const MOST_LOST: usize = 4;

/// What has happened in a seed, or in many.
#[derive(Debug, Default)]
pub struct Story {
    sessions: usize,
    disturbed: Vec<&'static str>,
    findings: usize,
    calls: u64,
    retries: u64,
    lost: usize,
}

impl fmt::Display for Story {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sessions, disturbed, findings, calls, retries, lost } = self;
        let mut kinds = disturbed.clone();
        kinds.sort_unstable();
        let counted = kinds.chunk_by(|one, other| one == other);
        let counted = counted.map(|kind| format!("{} {}", kind.len(), kind[0])).collect::<Vec<_>>().join(", ");
        let counted = if counted.is_empty() { String::new() } else { format!(" ({counted})") };
        write!(
            formatter,
            "{sessions} sessions{counted}, {calls} calls ({retries} retries in the last sessions), {findings} findings, \
             {lost} gaps told"
        )
    }
}

impl Sum for Story {
    fn sum<I: Iterator<Item = Self>>(stories: I) -> Self {
        stories.fold(Self::default(), |mut all, story| {
            all.disturbed.extend(story.disturbed);
            Self {
                sessions: all.sessions + story.sessions,
                disturbed: all.disturbed,
                findings: all.findings + story.findings,
                calls: all.calls + story.calls,
                retries: all.retries + story.retries,
                lost: all.lost + story.lost,
            }
        })
    }
}

/// Small, so that a seed takes seconds although the waits between attempts add up.
fn organization(seed: u64, draw: &mut fastrand::Rng) -> Organization {
    let sizes = Generate {
        accounts: 12,
        regions: 4,
        repositories: 3,
        uneven: true,
        organizational_units: 5,
        without_role_per_mille: 50,
        suspended_per_mille: 60,
        exempt_per_mille: 100,
        ..Generate::default()
    };
    let chaos = Chaos {
        seed,
        slow_accounts_per_mille: 100,
        slow_milliseconds: 40,
        denied_accounts_per_mille: 60,
        ..Chaos::default()
    };
    let generated = Organization::generated(sizes);
    Organization {
        seed,
        chaos: Some(chaos),
        credential_lifetime_seconds: draw.choice([6, 10, 30]),
        caller: Caller { lifetime_seconds: draw.choice([6, 10, 30]).unwrap(), ..generated.caller.clone() },
        answers: Answers {
            repositories_per_page: draw.usize(1..=4),
            accounts_per_page: draw.usize(3..=12),
            empty_page_every: draw.usize(0..=3),
            ..Answers::default()
        },
        ..generated
    }
}

/// The same, where nothing goes wrong but that the same accounts are denied.
fn undisturbed(organization: &Organization) -> Organization {
    let chaos = organization.chaos.clone().map(|chaos| Chaos {
        throttles_per_mille: 0,
        errors_per_mille: 0,
        resets_per_mille: 0,
        slow_accounts_per_mille: 0,
        ..chaos
    });
    Organization { chaos, credential_lifetime_seconds: None, ..organization.clone() }
}

const POLICY: &str = "exempt_tag_key = \"encryption-exempt\"";

/// Scans until a session gets to the end, and checks every report on the way.
pub fn run(seed: u64) -> Story {
    let mut draw = fastrand::Rng::with_seed(seed);
    let organization = organization(seed, &mut draw);
    let calm = Bench::new(undisturbed(&organization));
    let calm_policy = calm.policy(POLICY);
    let undisturbed = calm.scan(&["--policy", &calm_policy]);
    let bench = Bench::new(organization);
    let books = Books::new(bench.simulator.world(), &undisturbed);
    books.check(&undisturbed).unwrap_or_else(|problem| panic!("the undisturbed run: {problem}"));

    let mut story = Story::default();
    // A quarter of the seeds is left alone but for what AWS does.
    let mut disturbances: Vec<Disturbance> = match seed % 4 {
        0 => Vec::new(),
        _ => (0..draw.usize(1..=5)).map(|_| Disturbance::drawn(&mut draw)).collect(),
    };
    disturbances.reverse();
    let session = Session { bench: &bench, policy: bench.policy(POLICY) };
    loop {
        let disturbance = disturbances.pop();
        story.sessions += 1;
        story.disturbed.extend(disturbance.as_ref().map(Disturbance::name));
        let told = format!("session {} under {disturbance:?}", story.sessions);
        let ended = session.run(disturbance.as_ref());
        match ended {
            Ended::Without => {}
            Ended::Interrupted(outcome) => {
                books.check(&outcome).unwrap_or_else(|problem| panic!("{told}: {problem}\n{}", outcome.stderr));
            }
            // Killed when the report was there, and before everything else was gone: that is for the next session.
            Ended::Finished(outcome) if outcome.status == -1 && !beside_runs(&bench).is_empty() => {
                books.check(&outcome).unwrap_or_else(|problem| panic!("{told}: {problem}"));
                disturbances.clear();
            }
            Ended::Finished(outcome) => {
                let lost = finished(&bench, &books, &outcome)
                    .unwrap_or_else(|problem| panic!("{told}: {problem}\n{}", outcome.stderr));
                story.lost = lost;
                story.findings = outcome.findings.len();
                story.retries = outcome.summary["api_retries"].as_u64().unwrap();
                story.calls = bench.simulator.counters().total_calls();
                return story;
            }
        }
        assert!(story.sessions < 20, "{told}: it does not get on");
    }
}

/// How much is told as lost of what the undisturbed run has seen.
fn finished(bench: &Bench, books: &Books<'_>, outcome: &Outcome) -> Result<usize, String> {
    books.check(outcome)?;
    let lost = books.compare(outcome)?;
    if lost > MOST_LOST {
        return Err(format!("{lost} accounts or Regions are lost: {}", gaps(outcome)));
    }
    let (files, left) = (report_files(&bench.report()), beside_runs(bench));
    if files != ALL_FILES || !left.is_empty() {
        return Err(format!("beside the report there is something left: {left:?}"));
    }
    let csv = std::fs::read_to_string(bench.report().join("findings.csv")).map_err(|error| error.to_string())?;
    let rows = csv.lines().filter(|line| line.contains(":repository/")).count();
    if rows != outcome.findings.len() {
        return Err(format!("{rows} rows in the CSV for {} findings", outcome.findings.len()));
    }
    Ok(lost)
}
