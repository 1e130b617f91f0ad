//! A finding as a page holds it: numbers of texts, some hundred bytes where the finding itself has thousands.

use ecr_encryption_core::EncryptionLevel;

use crate::finding::Finding;
use crate::history::change::Change;

use super::pattern::Places;
use super::strings::Strings;

/// What is between the steps of a remediation.
pub(super) const BETWEEN_STEPS: &str = "\u{1e}";

/// The columns, by the names that the page's script reads them by.
pub(super) const COLUMNS: [&str; 29] = [
    "account_id",
    "account_name",
    "organizational_unit_path",
    "region",
    "repository_name",
    "repository_arn",
    "created_at",
    "encryption_type",
    "kms_key",
    "kms_key_arn",
    "key_manager",
    "key_origin",
    "key_state",
    "encryption_level",
    "encryption_level_is_lower_bound",
    "desired_encryption_level",
    "status",
    "reason_code",
    "reason",
    "override",
    "exempt_until",
    "remediation",
    "evaluated_at",
    "finding_type",
    "recorded_at",
    "key_recorded_at",
    "open_since",
    "change",
    "change_why",
];

const ACCOUNT: usize = 0;
const REGION: usize = 3;
const NAME: usize = 4;
const TYPE: usize = 23;
const CHANGE: usize = 27;

/// No text.
const NONE: u32 = u32::MAX;

/// The numbers of a finding's texts, in the order of [`COLUMNS`].
#[derive(Debug, Clone)]
pub(super) struct Row([u32; COLUMNS.len()]);

impl Row {
    /// Holds the texts of `finding`.
    pub(super) fn new(finding: &Finding, strings: &mut Strings) -> Self {
        let places = Places::of(finding);
        let arn = finding.repository_arn.as_deref().map(|arn| Places::of(finding).without_arn().open(arn));
        let remediation = finding.remediation.join(BETWEEN_STEPS);
        let remediation = (!remediation.is_empty()).then(|| places.open(&remediation));
        let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
        let mut hold = |text: Option<&str>| text.map_or(NONE, |text| strings.hold(text));
        Self([
            hold(Some(&finding.account_id)),
            hold(finding.account_name.as_deref()),
            hold(finding.organizational_unit_path.as_deref()),
            hold(Some(&finding.region)),
            hold(Some(&finding.repository_name)),
            hold(arn.as_deref()),
            hold(time(finding.created_at).as_deref()),
            hold(finding.encryption_type.as_deref()),
            hold(finding.kms_key.as_deref()),
            hold(finding.kms_key_arn.as_deref()),
            hold(finding.key_manager.as_deref()),
            hold(finding.key_origin.as_deref()),
            hold(finding.key_state.as_deref()),
            hold(finding.encryption_level.map(EncryptionLevel::as_str)),
            hold(finding.encryption_level_is_lower_bound.then_some("true")),
            hold(Some(finding.desired_encryption_level.as_str())),
            hold(Some(finding.status.as_str())),
            hold(Some(finding.reason_code.as_str())),
            hold(Some(&places.open(&finding.reason))),
            hold(finding.override_name.as_deref()),
            hold(finding.exempt_until.map(|date| date.to_string()).as_deref()),
            hold(remediation.as_deref()),
            hold(Some(&finding.evaluated_at.to_string())),
            hold(Some(finding.finding_type.as_str())),
            hold(time(finding.recorded_at).as_deref()),
            hold(time(finding.key_recorded_at).as_deref()),
            hold(time(finding.open_since).as_deref()),
            NONE,
            NONE,
        ])
    }

    /// Gives the texts back.
    pub(super) fn release(self, strings: &mut Strings) {
        for number in self.0 {
            if number != NONE {
                strings.release(number);
            }
        }
    }

    /// The numbers by which a change finds its row; `None` where no row can be meant.
    pub(super) fn key(change: &Change, strings: &Strings) -> Option<[u32; 4]> {
        Some([
            strings.find(&change.account_id)?,
            strings.find(&change.region)?,
            strings.find(change.finding_type.as_str())?,
            strings.find(&change.repository_name)?,
        ])
    }

    /// Whether this is the row with `key`.
    pub(super) fn has_key(&self, key: [u32; 4]) -> bool {
        let Self(numbers) = self;
        let [account, region, kind, name] = key;
        numbers[NAME] == name && numbers[REGION] == region && numbers[ACCOUNT] == account && numbers[TYPE] == kind
    }

    /// Whether the row is of the account with this number.
    pub(super) fn is_of(&self, account: u32) -> bool {
        self.0[ACCOUNT] == account
    }

    /// Says what has become of it.
    pub(super) fn mark(&mut self, kind: &str, why: &str, strings: &mut Strings) {
        let [.., change, because] = &mut self.0;
        for (place, text) in [(change, kind), (because, why)] {
            if *place != NONE {
                strings.release(*place);
            }
            *place = if text.is_empty() { NONE } else { strings.hold(text) };
        }
        debug_assert_eq!(COLUMNS[CHANGE], "change");
    }

    /// The number of the text in a column; `None` where there is none.
    pub(super) fn number(&self, column: usize) -> Option<u32> {
        self.0.get(column).copied().filter(|number| *number != NONE)
    }
}
