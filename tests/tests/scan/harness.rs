//! Runs the binary against a simulator, and reads what it wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;

use integration_tests::{
    Account, Caller, Deny, DenyKind, Fault, Key, Organization, OrganizationalUnit, Repository, Simulator,
};
use jsonschema::Validator;
use serde_json::Value;
use tempfile::TempDir;

/// The management account, whose user runs the scans.
pub const HOME: &str = "111111111111";
/// Another account.
pub const SHOP: &str = "222222222222";
/// A third.
pub const BANK: &str = "333333333333";

/// The Regions of every account.
pub const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

/// Three accounts and two Regions, with nothing in them.
pub fn empty_organization() -> Organization {
    let account = |id: &str, name: &str| Account { id: id.to_owned(), name: name.to_owned(), ..Account::default() };
    Organization {
        management_account: HOME.to_owned(),
        caller: Caller { account: HOME.to_owned(), ..Caller::default() },
        regions: REGIONS.map(str::to_owned).to_vec(),
        accounts: vec![account(HOME, "Home"), account(SHOP, "Shop"), account(BANK, "Bank")],
        ..Organization::default()
    }
}

/// The same, with a repository `app` under a customer-managed key in each account and Region: all compliant.
pub fn organization() -> Organization {
    let mut organization = empty_organization();
    for account in [HOME, SHOP, BANK] {
        for region in REGIONS {
            let name = format!("{account}-{region}");
            organization.keys.push(key(&name, account, region));
            organization.repositories.push(repository(account, region, "app", &name));
        }
    }
    organization
}

/// An organizational unit; without a parent it is under the root.
pub fn unit(id: &str, name: &str, parent: Option<&str>) -> OrganizationalUnit {
    OrganizationalUnit { id: id.to_owned(), name: name.to_owned(), parent: parent.map(str::to_owned) }
}

/// A customer-managed key.
pub fn key(name: &str, account: &str, region: &str) -> Key {
    Key { name: name.to_owned(), account: account.to_owned(), region: region.to_owned(), ..Key::default() }
}

/// A repository under a described key.
pub fn repository(account: &str, region: &str, name: &str, key: &str) -> Repository {
    Repository { encryption_type: Some("KMS".to_owned()), key: Some(key.to_owned()), ..plain(account, region, name) }
}

/// A repository with `AES256`.
pub fn aes256(account: &str, region: &str, name: &str) -> Repository {
    Repository { encryption_type: Some("AES256".to_owned()), ..plain(account, region, name) }
}

fn plain(account: &str, region: &str, name: &str) -> Repository {
    Repository {
        account: account.to_owned(),
        region: region.to_owned(),
        name: name.to_owned(),
        ..Repository::default()
    }
}

/// The account with this id.
pub fn account<'a>(organization: &'a mut Organization, id: &str) -> &'a mut Account {
    organization.accounts.iter_mut().find(|account| account.id == id).unwrap()
}

/// What may not be done.
pub fn deny(action: &str, regions: &[&str], kind: DenyKind) -> Deny {
    Deny {
        action: action.to_owned(),
        regions: regions.iter().map(|&region| region.to_owned()).collect(),
        kind: Some(kind),
    }
}

/// A fault in the Shop account, in us-east-1 unless it is a global service's.
pub fn fault(operation: &str) -> Fault {
    Fault { operation: Some(operation.to_owned()), account: Some(SHOP.to_owned()), ..Fault::default() }
}

/// The binary that this test's build has made.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().unwrap().parent().unwrap().join("ecr-encryption");
    assert!(binary.exists(), "{} is missing: run `make test`, or `make build` first", binary.display());
    binary
}

/// A simulator and a folder for the report.
pub struct Bench {
    pub simulator: Simulator,
    pub directory: TempDir,
}

impl Bench {
    pub fn new(organization: Organization) -> Self {
        Self { simulator: Simulator::start_blocking(organization).unwrap(), directory: tempfile::tempdir().unwrap() }
    }

    /// Where reports go.
    pub fn output(&self) -> PathBuf {
        self.directory.path().join("report")
    }

    /// The newest report.
    pub fn report(&self) -> PathBuf {
        self.output().join("latest")
    }

    /// `ecr-encryption scan` with `arguments`, as the simulator's caller.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = plain_command();
        command.envs(self.simulator.environment());
        command.arg("scan").arg("--output").arg(self.output()).args(arguments);
        command
    }

    pub fn scan(&self, arguments: &[&str]) -> Outcome {
        Outcome::new(self.command(arguments).output().unwrap(), &self.report())
    }

    /// Starts a scan, to be stopped.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Writes a policy file, and gives its path.
    pub fn policy(&self, text: &str) -> String {
        let path = self.directory.path().join("policy.toml");
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// The binary, with nothing of this machine's AWS configuration.
pub fn plain_command() -> Command {
    let mut command = Command::new(binary());
    command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    command.stdin(Stdio::null());
    command
}

/// Scans an organization once.
pub fn scan(organization: Organization, arguments: &[&str]) -> Outcome {
    Bench::new(organization).scan(arguments)
}

/// What a scan left behind.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    pub findings: Vec<Value>,
    pub summary: Value,
}

static SCHEMAS: LazyLock<[Validator; 2]> = LazyLock::new(|| {
    [
        include_str!("../../../aggregator/schema/finding.schema.json"),
        include_str!("../../../aggregator/schema/summary.schema.json"),
    ]
    .map(|text| jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap())
});

impl Outcome {
    pub fn new(output: Output, directory: &Path) -> Self {
        let [finding_schema, summary_schema] = &*SCHEMAS;
        let read = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap_or_default();
        let findings: Vec<Value> =
            read("findings.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let summary: Value = match read("summary.json").as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap(),
        };
        for finding in &findings {
            finding_schema.validate(finding).unwrap_or_else(|error| panic!("{error}: {finding}"));
        }
        if !summary.is_null() {
            summary_schema.validate(&summary).unwrap_or_else(|error| panic!("{error}: {summary}"));
            if directory.join("findings.jsonl").exists() {
                let repositories = findings.iter().filter(|finding| finding["finding_type"] == "repository").count();
                assert_eq!(summary["totals"]["repositories"], repositories, "the totals are not those of the findings");
                let templates = &summary["totals"]["templates"];
                let counted: u64 = ["repository_creation_templates", "pull_through_cache_rules"]
                    .iter()
                    .flat_map(|kind| templates[kind].as_object().into_iter().flat_map(|counts| counts.values()))
                    .filter_map(Value::as_u64)
                    .sum();
                assert_eq!(counted, (findings.len() - repositories) as u64, "a template or rule is not counted");
            }
        }
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            findings,
            summary,
        }
    }

    /// `account region name: status reason-code`, of each finding.
    pub fn verdicts(&self) -> Vec<String> {
        let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
        self.findings
            .iter()
            .map(|finding| {
                format!(
                    "{} {} {}: {} {}",
                    text(finding, "account_id"),
                    text(finding, "region"),
                    text(finding, "repository_name"),
                    text(finding, "status"),
                    text(finding, "reason_code")
                )
            })
            .collect()
    }

    /// The finding on a repository.
    pub fn finding(&self, account: &str, region: &str, name: &str) -> &Value {
        self.findings
            .iter()
            .find(|finding| {
                finding["account_id"] == account && finding["region"] == region && finding["repository_name"] == name
            })
            .unwrap_or_else(|| panic!("no finding on {account} {region} {name} in {:?}", self.verdicts()))
    }

    /// `account region cause code`, of everything that was not covered; `-` for null.
    pub fn not_covered(&self) -> Vec<String> {
        self.entries()
            .iter()
            .map(|entry| {
                let text = |name: &str| entry[name].as_str().unwrap_or("-").to_owned();
                format!("{} {} {} {}", text("account_id"), text("region"), text("cause"), text("error_code"))
            })
            .collect()
    }

    /// What was not covered.
    pub fn entries(&self) -> &Vec<Value> {
        self.summary["coverage"]["not_covered"].as_array().unwrap_or_else(|| panic!("no summary: {}", self.stderr))
    }

    pub fn targets_scanned(&self) -> u64 {
        self.summary["coverage"]["targets_scanned"].as_u64().unwrap()
    }

    /// The attempts that the summary tells.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        let services = self.summary["api_calls"].as_object().unwrap();
        services
            .iter()
            .flat_map(|(service, operations)| {
                operations
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(move |(operation, count)| (format!("{service}:{operation}"), count.as_u64().unwrap()))
            })
            .collect()
    }
}
