//! Whether a run may replace the report of an older one.

use crate::coverage::NotCovered;
use crate::summary::Summary;

/// Why the files of a run stand in a folder of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// It was stopped.
    Interrupted,
    /// There was nothing to scan: the accounts are not active, or the Regions not enabled.
    Empty,
    /// It read no Region whole.
    SawNothing,
    /// It does not know which accounts there are.
    AccountsUnknown,
    /// It lost every account but the caller's own.
    OthersLost,
}

impl Apart {
    /// What the names of all such folders begin with.
    pub const FOLDERS: [&'static str; 3] = ["interrupted", "empty", "failed"];

    /// What the folder's name begins with; the run's id follows.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Empty => "empty",
            Self::SawNothing | Self::AccountsUnknown | Self::OthersLost => "failed",
        }
    }

    /// Why, for people.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Interrupted => "this run was stopped",
            Self::Empty => "this run had nothing to scan",
            Self::SawNothing => "this run read no Region whole",
            Self::AccountsUnknown => "this run does not know whether it saw all of the organization's accounts",
            Self::OthersLost => "this run lost every account but the caller's own",
        }
    }
}

/// The rule: an older report is replaced only by a run that finished and saw the organization at least in part beyond the
/// caller's account, as far as it was to. An interrupted run never stands in the place of a finished one, even where there
/// is none yet.
///
/// `read_others`: whether a Region of another account than the caller's was read whole.
pub(super) fn apart(older_report: bool, read_others: bool, summary: &Summary) -> Option<Apart> {
    let coverage = &summary.coverage;
    let lost = |is: &dyn Fn(&NotCovered) -> bool| coverage.gaps().any(is);
    let is_of_another =
        |gap: &NotCovered| gap.account_id.as_ref().is_some_and(|id| *id != summary.run.caller_account_id);
    if summary.run.interrupted {
        Some(Apart::Interrupted)
    } else if !older_report {
        None
    } else if coverage.targets_scanned == 0 && coverage.is_complete() {
        Some(Apart::Empty)
    } else if coverage.targets_scanned == 0 {
        Some(Apart::SawNothing)
    } else if lost(&|gap| gap.account_id.is_none() && gap.region.is_none()) {
        Some(Apart::AccountsUnknown)
    } else if !read_others && lost(&is_of_another) {
        Some(Apart::OthersLost)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::coverage::{Cause, Coverage};
    use crate::report::samples;

    const CALLER: &str = "111122223333";
    const OTHER: &str = "222233334444";

    fn entry(account_id: Option<&str>, cause: Cause) -> NotCovered {
        NotCovered {
            account_id: account_id.map(str::to_owned),
            account_name: None,
            region: None,
            cause,
            error_code: None,
            message: String::new(),
            hint: String::new(),
        }
    }

    #[rstest]
    #[case::everything(6, true, &[], None)]
    #[case::the_callers_account_alone(2, false, &[], None)]
    #[case::another_lost_but_not_all(4, true, &[(Some(OTHER), Cause::AssumeRoleDenied)], None)]
    #[case::the_callers_lost(4, true, &[(Some(CALLER), Cause::AccessDenied)], None)]
    #[case::a_region_of_the_caller_lost(1, false, &[(Some(CALLER), Cause::AccessDenied)], None)]
    #[case::the_others_are_not_active(2, false, &[(Some(OTHER), Cause::AccountNotActive)], None)]
    #[case::the_others_lack_the_region(2, false, &[(Some(OTHER), Cause::RegionDisabled)], None)]
    #[case::all_others_lost(2, false, &[(Some(OTHER), Cause::AssumeRoleDenied)], Some(Apart::OthersLost))]
    #[case::accounts_not_listed(2, false, &[(None, Cause::AccessDenied)], Some(Apart::AccountsUnknown))]
    #[case::accounts_not_listed_to_the_end(4, true, &[(None, Cause::Throttled)], Some(Apart::AccountsUnknown))]
    #[case::no_target(0, false, &[], Some(Apart::Empty))]
    #[case::no_active_account(0, false, &[(Some(OTHER), Cause::AccountNotActive)], Some(Apart::Empty))]
    #[case::no_enabled_region(0, false, &[(Some(CALLER), Cause::RegionDisabled)], Some(Apart::Empty))]
    #[case::all_lost(0, false, &[(Some(CALLER), Cause::Failed)], Some(Apart::SawNothing))]
    fn an_older_report_is_replaced_by_a_run_that_saw_enough(
        #[case] targets_scanned: u64,
        #[case] read_others: bool,
        #[case] not_covered: &[(Option<&str>, Cause)],
        #[case] expected: Option<Apart>,
    ) {
        let mut summary = samples::summary(&[]);
        summary.run.caller_account_id = CALLER.to_owned();
        let not_covered = not_covered.iter().map(|(id, cause)| entry(*id, *cause)).collect();
        summary.coverage = Coverage { accounts_found: 3, targets_scanned, not_covered };
        assert_eq!(apart(true, read_others, &summary), expected);
        assert_eq!(apart(false, read_others, &summary), None, "without an older report");

        summary.run.interrupted = true;
        for older_report in [true, false] {
            assert_eq!(apart(older_report, read_others, &summary), Some(Apart::Interrupted));
        }
    }
}
