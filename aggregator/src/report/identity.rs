//! What a finding is called in formats that follow it from run to run.

use std::fmt;

use crate::finding::FindingType;

/// What a finding is on. Shown, it is the same in every run, and no other finding's:
/// `111122223333/eu-central-1/repository/team-a/api`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity<'a> {
    /// The account that owns it.
    pub account_id: &'a str,
    /// The Region.
    pub region: &'a str,
    /// What it is.
    pub finding_type: FindingType,
    /// The repository's name, or the prefix.
    pub name: &'a str,
}

impl fmt::Display for Identity<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account_id, region, finding_type, name } = self;
        write!(formatter, "{account_id}/{region}/{}/{name}", finding_type.as_str())
    }
}

macro_rules! identity {
    ($($from:ty),+) => {
        $(impl<'a> From<&'a $from> for Identity<'a> {
            fn from(from: &'a $from) -> Self {
                Self {
                    account_id: &from.account_id,
                    region: &from.region,
                    finding_type: from.finding_type,
                    name: &from.repository_name,
                }
            }
        })+
    };
}

identity!(crate::finding::Finding, crate::history::change::Change);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::report::samples;

    #[test]
    fn each_finding_has_its_own() {
        let findings = samples::findings_with_templates();
        let shown: BTreeSet<_> = findings.iter().map(|finding| Identity::from(finding).to_string()).collect();
        assert_eq!(shown.len(), findings.len());
        assert!(shown.contains("111122223333/eu-central-1/repository/team-a/api"), "{shown:?}");
        assert!(shown.contains("111122223333/eu-central-1/repository-creation-template/docker-hub"), "{shown:?}");
    }
}
