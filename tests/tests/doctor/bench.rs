//! Runs the binary against a simulator.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use integration_tests::{Organization, Simulator};
use jsonschema::Validator;
use serde_json::Value;

/// The management account, whose user asks unless a test says otherwise.
pub const MANAGEMENT: &str = "111111111111";
/// Another account.
pub const SHOP: &str = "222222222222";
/// A third.
pub const BANK: &str = "333333333333";

/// Three accounts, two of them in a unit, and two Regions: all is as a deployment and its scans need it.
pub const PREPARED: &str = r#"
management_account = "111111111111"
regions = ["eu-central-1", "us-east-1"]

[caller]
account = "111111111111"
user = "admin"

[[organizational_unit]]
id = "ou-root-workload"
name = "Workloads"

[[account]]
id = "111111111111"
name = "Management"

[[account]]
id = "222222222222"
name = "Shop"
organizational_unit = "ou-root-workload"

[[account]]
id = "333333333333"
name = "Bank"
organizational_unit = "ou-root-workload"

[[security_hub.enabled]]

[[config.aggregator]]
name = "ecr-encryption"
account = "111111111111"
region = "eu-central-1"
"#;

/// What all tests ask for, unless they say otherwise.
pub const BOTH_REGIONS: [&str; 2] = ["--rule-regions", "eu-central-1,us-east-1"];

/// [`PREPARED`], with `before` in front of its tables and `after` behind them.
pub fn prepared_but(before: &str, after: &str) -> Organization {
    described(&format!("{before}\n{PREPARED}\n{after}"))
}

/// What a description in TOML says.
pub fn described(toml: &str) -> Organization {
    Organization::parse(toml).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

/// The binary, with nothing of this machine's AWS configuration.
pub fn plain_command() -> Command {
    let test = std::env::current_exe().unwrap();
    let binary: PathBuf = test.parent().unwrap().parent().unwrap().join("ecr-encryption");
    assert!(binary.exists(), "{} is missing: run `make test`, or `make build` first", binary.display());
    let mut command = Command::new(binary);
    command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    command.stdin(Stdio::null());
    command
}

/// A simulator to run against.
pub struct Bench(pub Simulator);

impl Bench {
    pub fn new(organization: Organization) -> Self {
        Self(Simulator::start_blocking(organization).unwrap())
    }

    /// `ecr-encryption doctor` with `arguments`, as the simulator's caller.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = plain_command();
        command.envs(self.0.environment()).arg("doctor").args(arguments);
        command
    }

    /// What it prints for people.
    pub fn text(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command(arguments).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    /// What it prints for machines.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.command(&[arguments, &["--summary", "json", "--no-progress"]].concat()).output().unwrap())
    }
}

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let text = include_str!("../../../aggregator/schema/doctor.schema.json");
    jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
});

/// What a preflight has printed for machines.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    pub stderr: String,
    pub document: Value,
}

impl Outcome {
    pub fn of(output: Output) -> Self {
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let document: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
        SCHEMA.validate(&document).unwrap_or_else(|error| panic!("{error}: {document}"));
        let outcome = Self { status: output.status.code().unwrap(), stderr, document };
        outcome.check_counts();
        outcome
    }

    /// The table says what the list says.
    fn check_counts(&self) {
        for check in self.document["checks"].as_array().unwrap() {
            for (state, field) in [("missing", "missing"), ("unknown", "unknown"), ("to-come", "to_come")] {
                let listed =
                    self.findings().iter().filter(|one| one["check"] == check["check"] && one["state"] == state);
                assert_eq!(listed.count() as u64, check[field].as_u64().unwrap(), "{check}");
            }
        }
    }

    pub fn findings(&self) -> &Vec<Value> {
        self.document["findings"].as_array().unwrap()
    }

    /// How many places of a check are all right.
    pub fn ok(&self, check: &str) -> u64 {
        let checks = self.document["checks"].as_array().unwrap();
        checks.iter().find(|one| one["check"] == check).unwrap()["ok"].as_u64().unwrap()
    }

    /// `check state account Region: cause`, of what is not all right; `-` where there is none.
    pub fn lines(&self) -> Vec<String> {
        let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or("-").to_owned();
        self.findings()
            .iter()
            .map(|finding| {
                format!(
                    "{} {} {} {}: {}",
                    text(finding, "check"),
                    text(finding, "state"),
                    text(finding, "account_id"),
                    text(finding, "region"),
                    text(finding, "cause")
                )
            })
            .collect()
    }

    /// All commands, each once.
    pub fn commands(&self) -> Vec<String> {
        let commands = self.findings().iter().flat_map(|finding| finding["commands"].as_array().unwrap());
        let mut commands: Vec<String> = commands.map(|line| line.as_str().unwrap().to_owned()).collect();
        commands.sort();
        commands.dedup();
        commands
    }
}
