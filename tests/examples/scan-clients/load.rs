//! The simulator's ceiling: one request on many connections, again and again, with nothing done to
//! the answers but finding their end.

use std::fmt::Write as _;

use anyhow::{Context as _, ensure};
use clap::{Parser, ValueEnum};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The simulator takes signatures of any age.
const DATE: &str = "20270131";
const TIME: &str = "20270131T120000Z";
/// Room for an answer's head and body.
const ROOM: usize = 64 * 1024;

/// Which request, and how often.
#[derive(Debug, Parser)]
pub struct Options {
    /// The operation
    #[arg(long, value_enum)]
    operation: Kind,

    /// Requests in all
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    requests: usize,

    /// Connections, each with one request at a time
    #[arg(long, value_name = "N", default_value_t = 16)]
    connections: usize,

    /// The account that is entered
    #[arg(long, value_name = "ID", default_value = "200000000001")]
    account: String,

    /// The key that is described
    #[arg(long, value_name = "ID", default_value = "00000000-0000-4000-8000-000000000000")]
    key: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    DescribeRepositories,
    DescribeKey,
    AssumeRole,
    ListRegions,
}

/// Sends the requests; fails where one isn't answered with status 200.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let variable = |name: &str| std::env::var(name).with_context(|| format!("`{name}` is not set"));
    let endpoint = variable("AWS_ENDPOINT_URL")?;
    let address = endpoint.strip_prefix("http://").context("the endpoint is not plain HTTP")?.to_owned();
    let signer = Signer {
        id: variable("AWS_ACCESS_KEY_ID")?,
        secret: variable("AWS_SECRET_ACCESS_KEY")?,
        region: variable("AWS_REGION")?,
    };
    let request = signer.request(options, &address);
    let mut connections = JoinSet::new();
    let share = options.requests / options.connections.max(1);
    for _ in 0..options.connections {
        connections.spawn(connection(address.clone(), request.clone(), share));
    }
    while let Some(done) = connections.join_next().await {
        done??;
    }
    Ok(())
}

async fn connection(address: String, request: String, count: usize) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut room = vec![0; ROOM];
    for _ in 0..count {
        stream.write_all(request.as_bytes()).await?;
        let mut filled = 0;
        let whole = loop {
            let free = room.get_mut(filled..).context("an answer is too long")?;
            let read = stream.read(free).await?;
            ensure!(read > 0, "the connection was closed");
            filled += read;
            if let Some(length) = length(room.get(..filled).unwrap_or_default())? {
                break length;
            }
        };
        while filled < whole {
            let free = room.get_mut(filled..).context("an answer is too long")?;
            let read = stream.read(free).await?;
            ensure!(read > 0, "the connection was closed");
            filled += read;
        }
    }
    Ok(())
}

/// The length of the answer, head and body, once the head is there.
fn length(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "{}", String::from_utf8_lossy(bytes));
    let body = head.lines().find_map(|line| line.strip_prefix("content-length: ")).context("no length")?;
    Ok(Some(end + 4 + body.trim().parse::<usize>()?))
}

struct Signer {
    id: String,
    secret: String,
    region: String,
}

impl Signer {
    /// The request as bytes of HTTP, signed.
    fn request(&self, options: &Options, host: &str) -> String {
        let json = "application/x-amz-json-1.1";
        let (service, path, target, kind, body) = match options.operation {
            Kind::DescribeRepositories => {
                let target = "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories";
                ("ecr", "/", Some(target), json, r#"{"maxResults":1000}"#.to_owned())
            }
            Kind::DescribeKey => {
                ("kms", "/", Some("TrentService.DescribeKey"), json, format!(r#"{{"KeyId":"{}"}}"#, options.key))
            }
            Kind::AssumeRole => {
                let arn = format!("arn%3Aaws%3Aiam%3A%3A{}%3Arole%2FEcrEncryptionAudit", options.account);
                let body = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={arn}&RoleSessionName=load");
                ("sts", "/", None, "application/x-www-form-urlencoded", body)
            }
            Kind::ListRegions => {
                let body = r#"{"MaxResults":50,"RegionOptStatusContains":["ENABLED","ENABLED_BY_DEFAULT"]}"#;
                ("account", "/listRegions", None, "application/json", body.to_owned())
            }
        };
        let mut headers = vec![("content-type", kind), ("host", host), ("x-amz-date", TIME)];
        headers.extend(target.map(|target| ("x-amz-target", target)));
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let mut canonical = format!("POST\n{path}\n\n");
        let mut request = format!("POST {path} HTTP/1.1\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in &headers {
            // Writing to a String cannot fail.
            let _ = writeln!(canonical, "{name}:{value}");
            let _ = write!(request, "{name}: {value}\r\n");
        }
        let _ = write!(canonical, "\n{names}\n{}", hex(&Sha256::digest(body.as_bytes())));
        let scope = format!("{DATE}/{}/{service}/aws4_request", self.region);
        let text = format!("AWS4-HMAC-SHA256\n{TIME}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let key = [DATE, &self.region, service, "aws4_request"]
            .iter()
            .fold(format!("AWS4{}", self.secret).into_bytes(), |key, part| authenticated(&key, part.as_bytes()));
        let signature = hex(&authenticated(&key, text.as_bytes()));
        let credential = format!("Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", self.id);
        let _ = write!(request, "authorization: AWS4-HMAC-SHA256 {credential}\r\n\r\n{body}");
        request
    }
}

fn authenticated(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
