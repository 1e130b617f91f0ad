//! The function under a local runtime API, with a simulated AWS, and a bucket on moto.

use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_s3::Client;
use integration_tests::lambda::{Function, FunctionOptions, Invocation, LogLine};
use integration_tests::{Account, Caller, Effect, Fault, Key, Organization, Repository, Simulator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::endpoint::{bucket, keys, moto};

/// The management account, whose function it is.
pub const HOME: &str = "111111111111";
/// A member.
pub const SHOP: &str = "222222222222";
/// Another.
pub const BANK: &str = "333333333333";
/// The Regions of every account.
pub const REGIONS: [&str; 2] = ["eu-central-1", "us-east-1"];

/// Three accounts and two Regions, a repository under a customer-managed key in each; one with AES256 beside them.
pub fn organization() -> Organization {
    let mut organization = Organization {
        management_account: HOME.to_owned(),
        caller: Caller { account: HOME.to_owned(), role: Some("scan".to_owned()), ..Caller::default() },
        regions: REGIONS.map(str::to_owned).to_vec(),
        ..Organization::default()
    };
    for account in [HOME, SHOP, BANK] {
        organization.accounts.push(Account { id: account.to_owned(), name: account.to_owned(), ..Account::default() });
        for region in REGIONS {
            let key = format!("{account}-{region}");
            organization.keys.push(Key {
                name: key.clone(),
                account: account.to_owned(),
                region: region.to_owned(),
                ..Key::default()
            });
            organization.repositories.push(Repository {
                encryption_type: Some("KMS".to_owned()),
                key: Some(key),
                ..repository(account, region, "app")
            });
        }
    }
    organization.repositories.push(repository(SHOP, REGIONS[0], "plain"));
    organization
}

fn repository(account: &str, region: &str, name: &str) -> Repository {
    Repository {
        account: account.to_owned(),
        region: region.to_owned(),
        name: name.to_owned(),
        encryption_type: Some("AES256".to_owned()),
        ..Repository::default()
    }
}

/// Never answers.
pub fn hang(operation: &str) -> Fault {
    Fault { operation: Some(operation.to_owned()), effect: Effect::Hang, ..Fault::default() }
}

/// The function with a bucket of its own.
pub struct Bench {
    function: Function,
    options: FunctionOptions,
    pub simulator: Simulator,
    client: Client,
    runtime: Runtime,
    bucket: String,
    work: TempDir,
}

impl Bench {
    pub fn new(bucket: &str, organization: Organization) -> Self {
        Self::with(bucket, organization, &[])
    }

    /// With other settings beside the usual.
    pub fn with(name: &str, organization: Organization, settings: &[(&str, &str)]) -> Self {
        let runtime = Runtime::new().unwrap();
        let client = runtime.block_on(bucket(name, "eu-central-1"));
        let simulator = Simulator::start_blocking(organization).unwrap();
        let program = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("ecr-encryption");
        assert!(program.exists(), "{} is missing: run `make test`, or `make build` first", program.display());
        let set = [
            ("AWS_ENDPOINT_URL_S3", moto()),
            ("AWS_ENDPOINT_URL_SNS", moto()),
            ("ECR_ENCRYPTION_OUTPUT", &format!("s3://{name}/ecr")),
            ("ECR_ENCRYPTION_FORMAT", "jsonl,html"),
            ("ECR_ENCRYPTION_EXTERNAL_ID", "an-external-id"),
        ];
        let variables = set.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let options = FunctionOptions::new(program)
            .name("ecr-encryption")
            .account(HOME)
            .environment(simulator.environment())
            .environment(variables)
            .timeout(Duration::from_mins(15));
        let (function, work) = instance(&options);
        Self { function, options, simulator, client, runtime, bucket: name.to_owned(), work }
    }

    /// From now on events go to another instance, whose `/tmp` is empty.
    pub fn fresh_instance(&mut self) {
        (self.function, self.work) = instance(&self.options);
    }

    /// The same, without its `/tmp` being gone: it is given to be put back.
    pub fn other_instance(&mut self) -> (Function, TempDir) {
        let (function, work) = instance(&self.options);
        (std::mem::replace(&mut self.function, function), std::mem::replace(&mut self.work, work))
    }

    /// Puts an instance back.
    pub fn back(&mut self, (function, work): (Function, TempDir)) {
        (self.function, self.work) = (function, work);
    }

    /// The folder that this instance writes to, once it has.
    pub fn work_folder(&self) -> PathBuf {
        let mut folders = std::fs::read_dir(self.work.path()).unwrap();
        folders.next().unwrap().unwrap().path()
    }

    pub fn invoke(&self, event: &Value) -> Invocation {
        self.invoke_within(event, Duration::from_mins(15))
    }

    /// Every line is JSON, and none tells a secret.
    pub fn invoke_within(&self, event: &Value, time: Duration) -> Invocation {
        let invocation = self.function.invoke_raw(event.to_string(), time);
        for line in &invocation.log_lines {
            assert!(matches!(line, LogLine::Json(_)), "{line}");
            for (name, secret) in self.simulator.environment() {
                let is_secret = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].contains(&name.as_str());
                assert!(!is_secret || !line.to_string().contains(&secret), "{name} is in {line}");
            }
            assert!(!line.to_string().contains("an-external-id"), "{line}");
        }
        invocation
    }

    pub fn keys(&self) -> Vec<String> {
        self.runtime.block_on(keys(&self.client, &self.bucket))
    }

    pub fn object(&self, key: &str) -> Value {
        serde_json::from_slice(&self.content(key)).unwrap()
    }

    pub fn content(&self, key: &str) -> Vec<u8> {
        self.runtime.block_on(async {
            let object = self.client.get_object().bucket(&self.bucket).key(key).send().await.unwrap();
            object.body.collect().await.unwrap().into_bytes().to_vec()
        })
    }

    pub fn put(&self, key: &str, content: Vec<u8>) {
        let request = self.client.put_object().bucket(&self.bucket).key(key).body(content.into());
        self.runtime.block_on(request.send()).unwrap();
    }

    pub fn delete(&self, key: &str) {
        self.runtime.block_on(self.client.delete_object().bucket(&self.bucket).key(key).send()).unwrap();
    }

    pub fn calls(&self, service: &str, operation: &str) -> u64 {
        self.simulator.counters().calls_of(service, operation)
    }
}

fn instance(options: &FunctionOptions) -> (Function, TempDir) {
    let work = tempfile::tempdir().unwrap();
    let options = options.clone().variable("ECR_ENCRYPTION_WORK_DIR", work.path().to_str().unwrap());
    (Function::start(&options).unwrap_or_else(|error| panic!("{error}")), work)
}

/// The result of an invocation that has one.
#[track_caller]
pub fn result(invocation: &Invocation) -> &Value {
    invocation.response().unwrap_or_else(|| panic!("{invocation:#?}"))
}

/// The line with the metrics that were logged; absent where none were.
fn metrics_line(invocation: &Invocation) -> Option<Value> {
    let mut lines = invocation.json_lines().filter(|line| line["_aws"].is_object());
    let line = lines.next()?.clone();
    assert!(lines.next().is_none(), "{:#?}", invocation.log_lines);
    Some(line)
}

/// When the run had begun whose time was logged, to the second.
#[track_caller]
pub fn began(invocation: &Invocation) -> jiff::Timestamp {
    let line = metrics_line(invocation).unwrap_or_else(|| panic!("{invocation:#?}"));
    let took = jiff::SignedDuration::from_secs_f64(line["RunSeconds"].as_f64().unwrap());
    let ended = jiff::Timestamp::from_millisecond(line["_aws"]["Timestamp"].as_i64().unwrap()).unwrap();
    (ended - took).round(jiff::Unit::Second).unwrap()
}

/// The metrics that were logged, and the dimensions, by their names, without the time of the run; absent where none were.
pub fn metrics(invocation: &Invocation) -> Option<Value> {
    let mut line = metrics_line(invocation)?;
    let directive = line["_aws"]["CloudWatchMetrics"][0].take();
    assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("EcrEncryption"), &json!([[]])));
    let told = line.as_object_mut().unwrap();
    told.remove("_aws");
    let took = told.remove("RunSeconds").map(|took| took.as_f64().unwrap());
    assert!(took.map_or(!told.contains_key("Runs"), |took| took > 0.0), "{took:?}");
    Some(line)
}
