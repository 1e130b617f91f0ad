//! How gaps of AWS Config's records are told.

use ecr_encryption_rule::aws::fault::AwsFault;

use super::query;
use crate::account::Account;
use crate::coverage::{Cause, NotCovered};

/// What the words of a gap need.
pub struct Words<'a> {
    /// The aggregator, for people.
    pub aggregator: String,
    /// What helps against a fault.
    pub hint: &'a (dyn Fn(&AwsFault) -> String + Sync),
}

impl Words<'_> {
    fn hint_to_record(&self) -> String {
        format!(
            "record {} with AWS Config there and see that {} collects it, leave it out with --regions or \
             --exclude-accounts, or scan with --source api",
            query::REPOSITORY,
            self.aggregator
        )
    }

    /// A gap.
    pub fn entry(&self, account: Option<&Account>, region: Option<&str>, cause: Cause, message: String) -> NotCovered {
        NotCovered {
            account_id: account.map(|account| account.id.to_string()),
            account_name: account.and_then(|account| account.name.as_deref().map(str::to_owned)),
            region: region.map(str::to_owned),
            cause,
            error_code: None,
            message,
            hint: self.hint_to_record(),
        }
    }

    /// A gap that AWS's answer made.
    pub fn fault(
        &self,
        account: Option<&Account>,
        region: Option<&str>,
        fault: &AwsFault,
        message: String,
    ) -> NotCovered {
        NotCovered {
            error_code: fault.code_or_status(),
            hint: (self.hint)(fault),
            ..self.entry(account, region, Cause::of(fault), message)
        }
    }
}
