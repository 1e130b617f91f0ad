//! How fast each service may be asked.

/// The services that are asked, as far as AWS counts their requests apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// `ecr:DescribeRepositories`.
    Ecr,
    /// `kms:DescribeKey`.
    Kms,
    /// `tag:GetResources`.
    Tagging,
    /// `account:ListRegions`.
    Account,
    /// `sts:AssumeRole` and `sts:GetCallerIdentity`: one budget for the whole run, the caller's.
    Sts,
    /// AWS Organizations: one budget for the whole run, the organization's.
    Organizations,
    /// AWS Config: its aggregator, recorders and rules.
    Config,
    /// `CloudFormation`, in the caller's account.
    CloudFormation,
    /// `securityhub:GetFindings`.
    SecurityHubFindings,
    /// `securityhub:BatchImportFindings`.
    SecurityHubImport,
    /// `securityhub:BatchUpdateFindings`.
    SecurityHubUpdate,
}

/// What a lane may send when nobody complains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quota {
    /// Requests per second.
    pub rate: f64,
    /// How many may follow each other at once after a silence.
    pub burst: f64,
    /// The share of throttled answers that is nobody's fault. A lane that works for all accounts meets the odd account
    /// that is throttled whatever it does, and must not slow down the others for it.
    pub tolerated_throttles: f64,
    /// Whether nobody gets a turn before whoever had the last one has sent his request, however long that waits for others.
    /// Else the requests of a lane that have waited together may be sent together.
    pub keeps_line: bool,
}

impl Service {
    /// A careful share of what AWS allows, because the account's own builds and deployments live on the same quotas.
    ///
    /// | service | AWS allows (per account and Region) | default |
    /// |---|---|---|
    /// | ECR | `DescribeRepositories`: not published; users report throttling | 10/s: a target of 10,000 repositories needs ten calls, while a pipeline may call at any time |
    /// | KMS | `DescribeKey` 2,000/s | 200/s, 10 %: encryption in the account goes first |
    /// | Resource Groups Tagging | not published | 5/s, 100 resources each |
    /// | Account | `ListRegions` 5/s per account | 2/s; a scan asks once |
    /// | STS | 600/s of the calling account | 480/s, 80 %: others work in that account too |
    /// | Organizations | not published | 20/s, after 40 at once; pages come one after the other anyway |
    /// | AWS Config | queries of an aggregator: not published; users report throttling of its other calls | 10/s, after 20 at once: 1,000 repositories a second, while the account's own rules and dashboards ask too |
    /// | CloudFormation | not published; users report throttling of its lists | 5/s: 500 stack instances a second |
    /// | Security Hub | `GetFindings` 3/s, 6 at once | 2/s, after 4 at once: 200 findings a second; its dashboards ask too |
    /// | Security Hub | `BatchImportFindings` 10/s, 30 at once; `BatchUpdateFindings` as many | 5/s each, after 10 at once: 500 findings a second; scanners and automations send too |
    ///
    /// `max_rate` (`--max-rate`) takes the place of the default for all that belongs to one account, up to what AWS is known
    /// to allow. The caller's budgets, STS and Organizations, are shared by the whole run and keep their own.
    pub(super) fn quota(self, max_rate: Option<u32>) -> Quota {
        let (rate, burst, allowed) = match self {
            Self::Ecr => (10.0, 10.0, f64::INFINITY),
            Self::Kms => (200.0, 50.0, 2_000.0),
            Self::Tagging | Self::CloudFormation => (5.0, 5.0, f64::INFINITY),
            Self::Account => (2.0, 2.0, 5.0),
            Self::Config => (10.0, 20.0, f64::INFINITY),
            Self::SecurityHubFindings => (2.0, 4.0, 3.0),
            Self::SecurityHubImport | Self::SecurityHubUpdate => (5.0, 10.0, 10.0),
            Self::Sts => return Quota { rate: 480.0, burst: 48.0, tolerated_throttles: 0.1, keeps_line: false },
            Self::Organizations => {
                return Quota { rate: 20.0, burst: 40.0, tolerated_throttles: 0.0, keeps_line: false };
            }
        };
        match max_rate {
            None => Quota { rate, burst, tolerated_throttles: 0.0, keeps_line: false },
            Some(max_rate) => {
                let rate = f64::from(max_rate).min(allowed);
                // A twentieth of a second: no second has more requests than were asked for, and timers may be late.
                Quota { rate, burst: (rate / 20.0).max(1.0), tolerated_throttles: 0.0, keeps_line: true }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Service::Ecr, None, 10.0)]
    #[case(Service::Ecr, Some(3), 3.0)]
    #[case(Service::Kms, Some(5_000), 2_000.0)]
    #[case(Service::Account, Some(50), 5.0)]
    #[case(Service::Config, None, 10.0)]
    #[case(Service::Config, Some(50), 50.0)]
    #[case(Service::SecurityHubFindings, None, 2.0)]
    #[case(Service::SecurityHubFindings, Some(50), 3.0)]
    #[case(Service::SecurityHubImport, Some(50), 10.0)]
    #[case(Service::SecurityHubUpdate, Some(1), 1.0)]
    #[case(Service::Sts, Some(1), 480.0)]
    fn rates(#[case] service: Service, #[case] max_rate: Option<u32>, #[case] rate: f64) {
        let quota = service.quota(max_rate);
        assert!((quota.rate - rate).abs() < f64::EPSILON && quota.burst >= 1.0, "{quota:?}");
    }
}
