//! What the summary and the manifest of a run count.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::REGIONS;
use super::finding::Finding;

const STARTED_AT: &str = "2026-11-23T06:00:00Z";
const FINISHED_AT: &str = "2026-11-23T06:21:00Z";
const RUN_ID: &str = "019ab1f0-7c00-7000-8000-000000000001";
const VERSION: &str = "0.1.0";

/// What the summary counts.
#[derive(Debug, Default)]
pub(super) struct Totals {
    repositories: u64,
    by_status: Counts,
    by_level: BTreeMap<String, u64>,
    by_reason_code: BTreeMap<String, u64>,
    by_region: BTreeMap<String, Counts>,
    by_account: BTreeMap<String, Account>,
}

#[derive(Debug, Default, Clone, Serialize)]
struct Counts {
    compliant: u64,
    non_compliant: u64,
    undetermined: u64,
    exempt: u64,
}

#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the report's names")]
struct Account {
    account_name: String,
    organizational_unit_path: String,
    #[serde(flatten)]
    counts: Counts,
}

/// A file, as the manifest names it.
#[derive(Debug, Serialize)]
pub(super) struct ManifestFile {
    pub(super) name: &'static str,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Counts {
    fn add(&mut self, status: &str) {
        *match status {
            "COMPLIANT" => &mut self.compliant,
            "NON_COMPLIANT" => &mut self.non_compliant,
            "UNDETERMINED" => &mut self.undetermined,
            _ => &mut self.exempt,
        } += 1;
    }
}

impl Totals {
    pub(super) fn add(&mut self, finding: &Finding<'_>) {
        self.repositories += 1;
        self.by_status.add(finding.status);
        *self.by_level.entry(finding.encryption_level.to_owned()).or_default() += 1;
        *self.by_reason_code.entry(finding.reason_code.to_owned()).or_default() += 1;
        self.by_region.entry(finding.region.to_owned()).or_default().add(finding.status);
        let account = || Account {
            account_name: finding.account_name.to_owned(),
            organizational_unit_path: finding.organizational_unit_path.to_owned(),
            counts: Counts::default(),
        };
        self.by_account.entry(finding.account_id.to_owned()).or_insert_with(account).counts.add(finding.status);
    }

    pub(super) fn summary(&self, accounts: u64) -> Value {
        json!({
            "schema_version": 1,
            "run": {
                "id": RUN_ID, "started_at": STARTED_AT, "resumed_at": [], "finished_at": FINISHED_AT,
                "interrupted": false, "interruption": null, "tool_version": VERSION,
                "caller_account_id": "100000000000", "organization_id": "o-benchmark1",
                "policy": {"desired_encryption_level": "awscmk"}, "source": "api",
            },
            "totals": {
                "repositories": self.repositories, "by_status": self.by_status, "by_level": self.by_level,
                "by_account": self.by_account, "by_region": self.by_region, "by_reason_code": self.by_reason_code,
                "templates": null,
            },
            "coverage": {
                "accounts_found": accounts, "targets_scanned": accounts * REGIONS.len() as u64, "not_covered": [],
            },
            "api_calls": {}, "api_retries": 0, "comparison": null, "changes": null,
        })
    }

    pub(super) fn manifest(&self, accounts: u64, files: &[ManifestFile]) -> Value {
        json!({
            "schema_version": 1, "run_id": RUN_ID, "started_at": STARTED_AT, "finished_at": FINISHED_AT,
            "interrupted": false, "tool_version": VERSION, "caller_account_id": "100000000000",
            "organization_id": "o-benchmark1", "repositories": self.repositories, "by_status": self.by_status,
            "by_level": self.by_level, "accounts_found": accounts,
            "targets_scanned": accounts * REGIONS.len() as u64, "gaps": 0, "changes": null, "files": files,
            "dataset": null,
        })
    }
}
