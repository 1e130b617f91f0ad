//! A simulated AWS and a local Lambda with the real rule in it.

use std::path::PathBuf;
use std::time::Duration;

use integration_tests::lambda::{Function, FunctionOptions, Invocation};
use integration_tests::{
    Account, Caller, ConfigRule, Fault, Key, Organization, RecordedEvaluation, Repository, Role, Simulator,
};
use serde_json::Value;

use crate::event::{Event, pascal_case};

/// The function's own account.
pub const HOME: &str = "222222222222";
/// A member account that has the role.
pub const SHOP: &str = "333333333333";
/// A member account that has not.
pub const BANK: &str = "444444444444";
/// The Region of everything.
pub const REGION: &str = "eu-west-1";
/// The role in the member accounts, as the parameter names it.
pub const ROLE: &str = "compliance/EcrEncryptionRule";

/// The time for an event that can't succeed: enough to try more than once, and no longer than that.
pub const SHORT: Duration = Duration::from_millis(2500);

/// The result token of an account's rule.
pub fn token(account: &str) -> String {
    format!("token-of-the-rule-in-{account}")
}

/// The name of an account's rule.
pub fn rule_name(account: &str) -> String {
    if account == HOME { "ecr-encryption".to_owned() } else { "OrgConfigRule-ecr-encryption-0a1b2c3d".to_owned() }
}

/// The function's account and two members, with nothing in them.
pub fn organization() -> Organization {
    let account = |id: &str, roles| Account { id: id.to_owned(), name: id.to_owned(), roles, ..Account::default() };
    let role = Role {
        name: "EcrEncryptionRule".to_owned(),
        path: "/compliance/".to_owned(),
        trusted: Some(vec![format!("arn:aws:iam::{HOME}:role/ecr-encryption-rule")]),
        ..Role::default()
    };
    let config_rule = |account: &str| ConfigRule {
        name: rule_name(account),
        account: account.to_owned(),
        region: REGION.to_owned(),
        result_token: token(account),
        ..ConfigRule::default()
    };
    let mut organization = Organization {
        management_account: HOME.to_owned(),
        regions: vec![REGION.to_owned()],
        caller: Caller {
            access_key_id: "ASIASIMULATOREXAMPLE".to_owned(),
            session_token: Some("simulated-session-token".to_owned()),
            account: HOME.to_owned(),
            role: Some("ecr-encryption-rule".to_owned()),
            ..Caller::default()
        },
        accounts: vec![
            account(HOME, Some(Vec::new())),
            account(SHOP, Some(vec![role])),
            account(BANK, Some(Vec::new())),
        ],
        ..Organization::default()
    };
    organization.config.rules = [HOME, SHOP, BANK].map(config_rule).to_vec();
    organization
}

/// The role of the member account.
pub fn shop_role(organization: &mut Organization) -> &mut Role {
    let shop = organization.accounts.iter_mut().find(|account| account.id == SHOP).unwrap();
    &mut shop.roles.as_mut().unwrap()[0]
}

/// A customer-managed key of an account. Its name is its id, too, filled up.
pub fn key(account: &str, name: &str) -> Key {
    Key { name: name.to_owned(), account: account.to_owned(), region: REGION.to_owned(), ..Key::default() }
}

/// A repository without encryption, to be completed.
pub fn repository(account: &str, name: &str) -> Repository {
    Repository {
        account: account.to_owned(),
        region: REGION.to_owned(),
        name: name.to_owned(),
        encryption_type: Some("AES256".to_owned()),
        ..Repository::default()
    }
}

/// A repository under a described key.
pub fn under(account: &str, name: &str, key: &str) -> Repository {
    Repository { encryption_type: Some("KMS".to_owned()), key: Some(key.to_owned()), ..repository(account, name) }
}

/// A fault of every call of an operation.
pub fn fault(operation: &str) -> Fault {
    Fault { operation: Some(operation.to_owned()), ..Fault::default() }
}

/// An error of every call of an operation.
pub fn error(operation: &str, code: &str) -> Fault {
    Fault {
        status: Some(400),
        code: Some(code.to_owned()),
        message: Some(format!("simulated {code}")),
        ..fault(operation)
    }
}

/// The function's binary, which this test's build has made.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().unwrap().parent().unwrap().join(name);
    assert!(binary.exists(), "{} is missing: run `make test`, or `make build` first", binary.display());
    binary
}

/// The function in its Lambda, and its AWS.
pub struct Bench {
    pub function: Function,
    pub simulator: Simulator,
}

impl Bench {
    pub fn new(organization: Organization) -> Self {
        Self::with(organization, |options| options)
    }

    /// With other options than the usual.
    pub fn with(organization: Organization, change: impl FnOnce(FunctionOptions) -> FunctionOptions) -> Self {
        let simulator = Simulator::start_blocking(organization).unwrap();
        let options =
            FunctionOptions::new(binary("ecr-encryption-rule")).account(HOME).environment(simulator.environment());
        let function = Function::start(&change(options)).unwrap_or_else(|error| panic!("{error}"));
        Self { function, simulator }
    }

    /// Hands over an event; what became of it, and what Config received.
    pub fn invoke(&self, event: &Event) -> Told {
        self.invoke_json(&event.json())
    }

    /// The same, with a time of its own.
    pub fn invoke_within(&self, event: &Event, timeout: Duration) -> Told {
        self.tell(|| self.function.invoke_raw(event.json().to_string(), timeout))
    }

    pub fn invoke_json(&self, event: &Value) -> Told {
        self.tell(|| self.function.invoke(event))
    }

    pub fn tell(&self, invoke: impl FnOnce() -> Invocation) -> Told {
        let before = self.simulator.evaluations().len();
        let invocation = invoke();
        let evaluations = self.simulator.evaluations().split_off(before);
        for evaluation in &evaluations {
            let annotation = evaluation.annotation.as_deref().unwrap_or("");
            assert!((1..=256).contains(&annotation.chars().count()), "{evaluation:?}");
        }
        Told { invocation, evaluations }
    }

    /// Calls of `DescribeKey`, say, until now.
    pub fn calls(&self, service: &str, operation: &str) -> u64 {
        self.simulator.counters().calls_of(service, operation)
    }

    /// The ARN of a described key.
    pub fn key_arn(&self, name: &str) -> String {
        let organization = self.simulator.world().organization();
        let key = organization.keys.iter().find(|key| key.name == name).unwrap();
        self.simulator.world().keys(&key.account, &key.region).iter().find(|known| known.name == name).unwrap().arn()
    }

    /// The configuration of a repository as its item should show it.
    pub fn configuration(&self, account: &str, name: &str) -> Value {
        let repository = self.simulator.world().repository(account, REGION, name).unwrap();
        pascal_case(name, repository.encryption_type.as_deref(), repository.kms_key.as_deref())
    }

    /// A change of a repository that exists.
    pub fn change_of(&self, account: &str, name: &str) -> Event {
        let configuration = self.configuration(account, name);
        Event::change(crate::event::item(account, name, configuration)).of(account)
    }
}

/// What became of an event.
#[derive(Debug)]
pub struct Told {
    pub invocation: Invocation,
    pub evaluations: Vec<RecordedEvaluation>,
}

impl Told {
    /// `name COMPLIANCE` of every evaluation that Config took, sorted.
    pub fn verdicts(&self) -> Vec<String> {
        let accepted = self.evaluations.iter().filter(|evaluation| evaluation.accepted);
        let verdict = |it: &RecordedEvaluation| format!("{} {}", it.compliance_resource_id, it.compliance_type);
        let mut verdicts: Vec<String> = accepted.map(verdict).collect();
        verdicts.sort_unstable();
        verdicts
    }

    /// Of an invocation that succeeded.
    #[track_caller]
    pub fn succeeded(&self) -> Vec<String> {
        assert!(self.invocation.response().is_some(), "{:#?}", self.invocation);
        self.verdicts()
    }

    /// The one evaluation of an invocation that succeeded.
    #[track_caller]
    pub fn one(&self) -> &RecordedEvaluation {
        self.succeeded();
        assert_eq!(self.evaluations.len(), 1, "{self:#?}");
        &self.evaluations[0]
    }

    /// The error of an invocation that failed.
    #[track_caller]
    pub fn failed(&self) -> &str {
        match self.invocation.error() {
            Some((_, message)) => message,
            None => panic!("no error: {self:#?}"),
        }
    }

    /// The error of an invocation that failed before Config was told anything.
    #[track_caller]
    pub fn refused(&self) -> &str {
        assert_eq!(self.evaluations, [], "{:?}", self.invocation.outcome);
        self.failed()
    }

    /// The log line about a repository.
    #[track_caller]
    pub fn log_of(&self, repository: &str) -> &Value {
        self.invocation
            .json_lines()
            .find(|line| line["repository"] == repository)
            .unwrap_or_else(|| panic!("no log line about {repository}: {:#?}", self.invocation.log_lines))
    }

    /// The stable code of the reason, as the log tells it.
    #[track_caller]
    pub fn reason_code(&self, repository: &str) -> &str {
        self.log_of(repository)["reason_code"].as_str().unwrap()
    }
}

/// Whether a text has all the parts, for messages that must name things.
#[track_caller]
pub fn assert_names(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in: {text}");
    }
}
