//! The whole program against moto: AWS's answers as others wrote them, where our own simulator could share our mistakes.
//!
//! What moto answers otherwise than AWS stands in `tests/python/seed_moto.py`, and here where an expectation is odd.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod oracle;
mod other_scans;
mod report;
mod scan;
mod security_hub;
mod server;
mod verdicts;

use std::sync::OnceLock;

use jiff::tz::TimeZone;
use scan::Scan;
use serde_json::{Value, json};
use server::{Call, Facts, Moto, Repository};

/// The server, and one scan of all that is in it.
struct Organization {
    moto: Moto,
    facts: Facts,
    full: Scan,
    /// What the server got from that scan.
    calls: Vec<Call>,
}

/// Made once, by the test that comes first. The server ends with the test's process.
fn organization() -> &'static Organization {
    static ORGANIZATION: OnceLock<Organization> = OnceLock::new();
    ORGANIZATION.get_or_init(|| {
        // Before the server is filled, which takes seconds.
        scan::program();
        // Nothing drops a static: what must not stay behind is dropped here.
        let folder = tempfile::tempdir().expect("a folder");
        let (moto, facts) = Moto::start(&folder.path().join("recording"));
        let (full, calls) = moto.record(|| Scan::run(&moto.endpoint, &[]));
        assert_eq!(full.status, Some(3), "{}", full.stderr);
        Organization { moto, facts, full, calls }
    })
}

impl Organization {
    fn scan(&self, flags: &[&str]) -> Scan {
        Scan::run(&self.moto.endpoint, flags)
    }

    /// The findings that a scan of these accounts alone must repeat.
    fn lines_of(&self, accounts: &[&str]) -> Vec<String> {
        let ids: Vec<String> =
            accounts.iter().map(|name| format!(r#"{{"account_id":"{}","#, self.facts.id_of(name))).collect();
        self.full.lines().into_iter().filter(|line| ids.iter().any(|id| line.starts_with(id))).collect()
    }

    fn expected(&self, repository: &Repository) -> Value {
        let account = self.facts.account(&repository.account_id);
        let today = TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
        let verdict = oracle::verdict(repository, today);
        let key = repository.key.as_ref();
        json!({
            "account_id": account.id,
            "account_name": account.name,
            "organizational_unit_path": account.organizational_unit_path,
            "region": repository.region,
            "repository_name": repository.name,
            "repository_arn": repository.arn,
            "encryption_type": repository.encryption_type,
            "kms_key": repository.kms_key,
            "kms_key_arn": key.map(|key| &key.arn),
            "key_manager": key.map(|key| &key.manager),
            "key_origin": key.map(|key| &key.origin),
            "key_state": key.map(|key| &key.state),
            "encryption_level": verdict.level,
            "encryption_level_is_lower_bound": verdict.level_is_lower_bound,
            "desired_encryption_level": "awscmk",
            "status": verdict.status,
            "reason_code": verdict.reason_code,
            "override": null,
            "exempt_until": verdict.exempt_until,
        })
    }
}
