//! A caller that signs raw requests, and reads raw answers.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use hmac::{Hmac, KeyInit as _, Mac as _};
use integration_tests::Simulator;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const TIME: &str = "20270131T120000Z";
const DATE: &str = "20270131";

/// Credentials, a Region, and where the simulator is.
#[derive(Debug, Clone)]
pub struct Client {
    pub address: SocketAddr,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub token: Option<String>,
    pub region: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Client {
    /// The caller of the description.
    pub fn new(simulator: &Simulator) -> Self {
        let caller = &simulator.world().organization().caller;
        Self {
            address: simulator.address(),
            access_key_id: caller.access_key_id.clone(),
            secret_access_key: caller.secret_access_key.clone(),
            token: caller.session_token.clone(),
            region: "eu-west-1".to_owned(),
        }
    }

    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// awsJson1.1. `target` is `Prefix.Operation`.
    pub fn json(&self, service: &str, target: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
        self.send(service, "/", &headers, body.to_string().as_bytes())
    }

    pub fn organizations(&self, operation: &str, body: &Value) -> Answer {
        self.json("organizations", &format!("AWSOrganizationsV20161128.{operation}"), body)
    }

    pub fn ecr(&self, operation: &str, body: &Value) -> Answer {
        self.json("ecr", &format!("AmazonEC2ContainerRegistry_V20150921.{operation}"), body)
    }

    pub fn describe_key(&self, key: &str) -> Answer {
        self.json("kms", "TrentService.DescribeKey", &serde_json::json!({ "KeyId": key }))
    }

    pub fn config(&self, operation: &str, body: &Value) -> Answer {
        self.json("config", &format!("StarlingDoveService.{operation}"), body)
    }

    pub fn get_resources(&self, body: &Value) -> Answer {
        self.json("tagging", "ResourceGroupsTaggingAPI_20170126.GetResources", body)
    }

    pub fn list_regions(&self, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send("account", "/listRegions", &headers, body.to_string().as_bytes())
    }

    pub fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query("sts", &format!("Action={action}&Version=2011-06-15"), parameters)
    }

    pub fn cloudformation(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query("cloudformation", &format!("Action={action}&Version=2010-05-15"), parameters)
    }

    /// awsQuery. `start`: the action and the version of the API.
    fn query(&self, service: &str, start: &str, parameters: &[(&str, &str)]) -> Answer {
        let mut body = start.to_owned();
        for (name, value) in parameters {
            let _ = write!(body, "&{name}=");
            for byte in value.bytes() {
                let _ = write!(body, "%{byte:02X}");
            }
        }
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send(service, "/", &headers, body.as_bytes())
    }

    /// Assumes the default role of an account; panics where that is refused.
    pub fn assume(&self, account: &str) -> Self {
        let arn = format!("arn:aws:iam::{account}:role/EcrEncryptionAudit");
        let answer = self.sts("AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", "test")]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.with_credentials_of(&answer)
    }

    pub fn with_credentials_of(&self, answer: &Answer) -> Self {
        Self {
            access_key_id: answer.element("AccessKeyId"),
            secret_access_key: answer.element("SecretAccessKey"),
            token: Some(answer.element("SessionToken")),
            ..self.clone()
        }
    }

    /// A signed POST.
    pub fn send(&self, service: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(service, path, headers, body).expect("an answer")
    }

    /// A signed POST that may be cut off.
    pub fn try_send(
        &self,
        service: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let host = self.address.to_string();
        let mut all: Vec<(&str, &str)> = vec![("host", &host), ("x-amz-date", TIME)];
        all.extend(headers);
        if let Some(token) = &self.token {
            all.push(("x-amz-security-token", token));
        }
        all.sort_unstable();
        let authorization = self.authorization(service, path, &all, body);
        all.push(("authorization", &authorization));
        raw(self.address, "POST", path, &all, body)
    }

    fn authorization(&self, service: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let mut canonical = format!("POST\n{path}\n\n");
        for (name, value) in headers {
            let _ = writeln!(canonical, "{name}:{value}");
        }
        let _ = write!(canonical, "\n{names}\n{}", hex(&Sha256::digest(body)));
        let scope = format!("{DATE}/{}/{service}/aws4_request", self.region);
        let text = format!("AWS4-HMAC-SHA256\n{TIME}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let mut key = format!("AWS4{}", self.secret_access_key).into_bytes();
        for part in [DATE, &self.region, service, "aws4_request"] {
            key = hmac(&key, part.as_bytes());
        }
        let signature = hex(&hmac(&key, text.as_bytes()));
        let id = &self.access_key_id;
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }
}

/// One request on a connection of its own.
pub fn raw(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "host") {
        head.push_str("host: simulator\r\n");
    }
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let cut = || std::io::Error::other("the connection ended early");
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").ok_or_else(cut)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let body = bytes[end + 4..].to_vec();
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    if promised.is_some_and(|length| length.parse() != Ok(body.len())) {
        return Err(cut());
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
    Ok(Answer { status, head, body })
}

/// A request to the simulator's own interface.
pub fn admin(simulator: &Simulator, method: &str, page: &str, body: &str) -> Answer {
    let path = format!("/_simulator/{page}");
    raw(simulator.address(), method, &path, &[], body.as_bytes()).expect("an answer")
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body of a successful answer.
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.value()
    }

    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let start = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(start.as_str()))
    }

    /// The error code, wherever the protocol has it.
    pub fn code(&self) -> String {
        if self.body.starts_with(b"<") {
            return self.element("Code");
        }
        match self.value()["__type"].as_str() {
            Some(code) => code.to_owned(),
            None => self.header("x-amzn-errortype").unwrap_or_default().to_owned(),
        }
    }

    pub fn message(&self) -> String {
        if self.body.starts_with(b"<") {
            return self.element("Message");
        }
        let value = self.value();
        let message = value.get("message").or_else(|| value.get("Message"));
        message.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The text of the first XML element with this name.
    pub fn element(&self, name: &str) -> String {
        let text = self.text();
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let rest = text.split_once(&open).unwrap_or_else(|| panic!("no {name} in {text}")).1;
        rest.split_once(&close).expect("a closing tag").0.to_owned()
    }
}

/// The texts of all XML elements with this name.
pub fn elements(answer: &Answer, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let text = answer.text();
    text.split(&open).skip(1).map(|rest| rest.split_once(&close).expect("a closing tag").0.to_owned()).collect()
}

/// The strings at `member` of each element of an array.
pub fn strings(array: &Value, member: &str) -> Vec<String> {
    let items = array.as_array().expect("an array").iter();
    items.map(|item| item[member].as_str().expect("a string").to_owned()).collect()
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
