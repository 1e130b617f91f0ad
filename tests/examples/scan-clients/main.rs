//! What `make bench-scan` measures the scanner against: the calls of a scan and nothing else, and
//! the same request over and over.

mod load;
mod reference;

use clap::Parser;

/// Calls the simulator.
#[derive(Debug, Parser)]
enum Arguments {
    /// Make the calls of a scan with the AWS SDK, and throw the answers away
    Reference(reference::Options),
    /// Send one request again and again, as fast as the server answers
    Load(load::Options),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse() {
        Arguments::Reference(options) => reference::run(options).await,
        Arguments::Load(options) => load::run(&options).await,
    }
}
