//! moto's server, filled by `seed_moto.py`, and the calls that it got.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use integration_tests::moto::{MotoServer, python};
use serde::Deserialize;
use serde_json::Value;

/// What `seed_moto.py` made.
#[derive(Debug, Deserialize)]
pub struct Facts {
    pub regions: Vec<String>,
    pub accounts: Vec<Account>,
    pub repositories: Vec<Repository>,
}

#[derive(Debug, Deserialize)]
pub struct Account {
    pub id: String,
    pub name: String,
    pub organizational_unit_path: String,
    pub state: String,
}

#[derive(Debug, Deserialize)]
pub struct Repository {
    pub account_id: String,
    pub region: String,
    pub name: String,
    pub arn: String,
    pub encryption_type: String,
    pub kms_key: Option<String>,
    pub key: Option<Key>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub struct Key {
    pub arn: String,
    pub origin: String,
    pub manager: String,
    pub state: String,
}

impl Facts {
    pub fn active(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter().filter(|account| account.state == "ACTIVE")
    }

    pub fn account(&self, id: &str) -> &Account {
        self.accounts.iter().find(|account| account.id == id).expect("an account of the organization")
    }

    pub fn id_of(&self, name: &str) -> &str {
        &self.accounts.iter().find(|account| account.name == name).expect("an account of the organization").id
    }
}

/// A running server, filled.
pub struct Moto {
    pub endpoint: String,
    recording: PathBuf,
    _server: MotoServer,
}

impl Moto {
    /// Starts the server and fills it. `recording` is the file that the calls are recorded in.
    pub fn start(recording: &Path) -> (Self, Facts) {
        let server = MotoServer::start(Some(recording)).expect("moto");
        let endpoint = server.endpoint().to_owned();
        let seeding = python("seed_moto.py").expect("a Python").arg(&endpoint).stderr(Stdio::inherit()).output();
        let seeded = seeding.expect("seed_moto.py");
        assert!(seeded.status.success(), "seed_moto.py failed");
        let facts = serde_json::from_slice(&seeded.stdout).expect("facts");
        (Self { endpoint, recording: recording.to_owned(), _server: server }, facts)
    }

    /// Does `work`, and tells the signed calls that the server's own recorder got meanwhile.
    pub fn record<T>(&self, work: impl FnOnce() -> T) -> (T, Vec<Call>) {
        self.recorder("start-recording");
        let done = work();
        self.recorder("stop-recording");
        let text = std::fs::read_to_string(&self.recording).expect("moto's recording");
        let calls = text
            .lines()
            .filter_map(|line| Call::of(&serde_json::from_str(line).expect("a recorded request")))
            .collect();
        (done, calls)
    }

    fn recorder(&self, order: &str) {
        let host = self.endpoint.strip_prefix("http://").expect("an endpoint without TLS");
        let mut stream = TcpStream::connect(host).expect("a connection");
        write!(
            stream,
            "POST /moto-api/recorder/{order} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{order}: {answer}");
    }
}

/// A signed call: who made it, where, and what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    pub service: String,
    pub region: String,
    pub access_key_id: String,
    /// The body as moto keeps it: Base64.
    pub body: String,
}

impl Call {
    /// The credential scope of a SigV4 signature tells key id, day, Region and service.
    fn of(request: &Value) -> Option<Self> {
        let (_, signature) = request["headers"]["Authorization"].as_str()?.split_once("Credential=")?;
        let mut scope = signature.split('/');
        let access_key_id = scope.next()?.to_owned();
        let (region, service) = (scope.nth(1)?.to_owned(), scope.next()?.to_owned());
        Some(Self { service, region, access_key_id, body: request["body"].to_string() })
    }
}
