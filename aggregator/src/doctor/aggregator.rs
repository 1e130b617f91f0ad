//! The configuration aggregator that a scan reads.

use ecr_encryption_rule::aws::fault::AwsFault;

use super::mend;
use super::problem::Problem;
use crate::account::AccountId;
use crate::config_source::aggregator::{Aggregator, Unchosen, choose};

/// The one that the deployment makes, in its Region.
pub const DEPLOYED: &str = "ecr-encryption";

/// Which one a scan reads, and what keeps it from doing so; `wanted` is the one that the user has named, `comes` whether
/// the deployment brings one of that name there, `who` asks, and `place` says where.
pub fn standing(
    read: Result<Vec<Aggregator>, AwsFault>,
    wanted: Option<&str>,
    comes: bool,
    who: &str,
    place: &str,
) -> Result<Aggregator, Problem> {
    let aggregators = match read {
        Ok(aggregators) => aggregators,
        Err(fault) if fault.action == "sts:AssumeRole" => {
            return Err(Problem::unread(&fault, who).hint(
                "the aggregator is the home account's: ask from there, or with a role there that trusts the caller \
                 (--role-name)",
            ));
        }
        Err(fault) => return Err(Problem::unread(&fault, who)),
    };
    choose(aggregators, wanted).map_err(|unchosen| {
        let elsewhere =
            "if it is in another Region, say so: --config-region; if it has another name: --config-aggregator";
        let to_come = |cause: String, hint: String| {
            if comes {
                Problem::to_come(cause).hint(hint).mend(mend::deploy("EcrEncryptionAggregator"))
            } else {
                Problem::missing(cause)
                    .hint(format!("{hint}; the deployment makes `{DEPLOYED}` in the home Region, and no other"))
            }
        };
        let told = unchosen.told(place);
        match unchosen {
            Unchosen::None => to_come("there is no configuration aggregator".to_owned(), elsewhere.to_owned()),
            Unchosen::NotThere { name, there } => to_come(
                format!("there is no configuration aggregator `{name}`"),
                format!("{elsewhere}; there are: {there}"),
            ),
            Unchosen::Several { .. } => {
                Problem::missing("the scan cannot tell which configuration aggregator to read").hint(told)
            }
            Unchosen::WithoutRepositories { name, .. } => {
                Problem::missing(format!("the configuration aggregator `{name}` collects no AWS::ECR::Repository"))
                    .hint(told)
            }
        }
    })
}

/// Whether it collects from an account in a Region.
pub fn collects(aggregator: &Aggregator, account_id: AccountId, region: &str) -> Option<Problem> {
    (!aggregator.has(account_id, region)).then(|| {
        Problem::missing("the configuration aggregator does not collect from there").hint(format!(
            "add the account and the Region to the sources of {}, or leave them out of the scan: --exclude-accounts, --regions",
            aggregator.name
        ))
    })
}

#[cfg(test)]
mod tests;
